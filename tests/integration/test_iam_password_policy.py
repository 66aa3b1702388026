# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the properties of iam_password_policy cannot show."""

from __future__ import annotations

import typing as t

import pytest

from tests.emulator.client import Emulator
from tests.integration.cases.iam_password_policy import STRONG
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")


def policy(emulator: Emulator) -> dict[str, t.Any]:
    return emulator.client("iam").get_account_password_policy()["PasswordPolicy"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("minimum_password_length", 5),
        ("minimum_password_length", 129),
        ("max_password_age", -1),
        ("max_password_age", 1096),
        ("password_reuse_prevention", 25),
        ("hard_expiry", True),
    ],
)
def test_bad_values_are_refused_before_the_first_call(emulator: Emulator, option: str, value: int) -> None:
    result = converge(emulator, "iam_password_policy", {option: value})
    assert result["failed"]
    assert result["msg"].startswith(f"{option}: {value!r} is not accepted")
    assert emulator.calls() == []


def test_what_is_not_given_is_kept(emulator: Emulator) -> None:
    converge(emulator, "iam_password_policy", STRONG)
    before = policy(emulator)
    result = converge(emulator, "iam_password_policy", {"minimum_password_length": 20})
    assert result["changes"][0]["before"] == {"minimum_password_length": 14}
    assert policy(emulator) == {**before, "MinimumPasswordLength": 20}


def test_zero_means_never_and_none(emulator: Emulator) -> None:
    converge(emulator, "iam_password_policy", STRONG)
    converge(emulator, "iam_password_policy", {"max_password_age": 0, "password_reuse_prevention": 0})
    after = policy(emulator)
    assert not after["ExpirePasswords"]
    assert "PasswordReusePrevention" not in after


def test_an_unchanged_run_costs_one_read(emulator: Emulator) -> None:
    converge(emulator, "iam_password_policy", STRONG)
    emulator.clear_calls()
    assert not converge(emulator, "iam_password_policy", STRONG)["changed"]
    assert [call.operation for call in emulator.calls(service="iam")] == ["GetAccountPasswordPolicy"]
