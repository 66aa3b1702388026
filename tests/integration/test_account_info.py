# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""account_info: what it says of an account, and when it stops a play."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.options import session_name
from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")

OTHER_ACCOUNT = "210987654321"


def run(emulator: Emulator, check_mode: bool = False, **arguments: t.Any) -> dict[str, t.Any]:
    return converge(emulator, "account_info", arguments, check_mode)


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_account_is_described(emulator: Emulator, check_mode: bool) -> None:
    result = run(emulator, check_mode, account_id=ACCOUNT_ID, exclude_regions=["us-east-1"])
    enabled = result.pop("enabled_regions")
    assert result == {
        "changed": False,
        "account_id": ACCOUNT_ID,
        "arn": f"arn:aws:iam::{ACCOUNT_ID}:user/emulator",
        "partition": "aws",
        "home_region": HOME_REGION,
        "regions": [region for region in enabled if region != "us-east-1"],
    }
    assert enabled == sorted(enabled)
    assert {HOME_REGION, "us-east-1"} < set(enabled)
    assert emulator.writes() == []


def test_regions_are_those_that_are_given(emulator: Emulator) -> None:
    assert run(emulator, regions=["us-east-1", "eu-west-1"])["regions"] == ["eu-west-1", "us-east-1"]


def test_credentials_of_another_account_stop_the_play(emulator: Emulator) -> None:
    result = run(emulator, account_id=OTHER_ACCOUNT)
    assert result["failed"]
    assert f"belong to account {ACCOUNT_ID}" in result["msg"]
    assert OTHER_ACCOUNT in result["msg"]
    assert emulator.writes() == []


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("account_id", "12345678901"),
        ("regions", ["eu-central-7"]),
        ("exclude_regions", ["eu-central-7"]),
        ("region", "eu-central-7"),
        ("assume_role_arn", "Baseline"),
    ],
)
def test_bad_options_are_refused_before_the_first_call(emulator: Emulator, option: str, value: t.Any) -> None:
    result = run(emulator, **{option: value})
    assert result["failed"]
    assert result["msg"].startswith(f"{option}: {value!r} is not accepted")
    assert emulator.calls() == []


def test_a_region_that_is_not_enabled_is_refused(emulator: Emulator) -> None:
    result = run(emulator, regions=["eu-central-1", "af-south-1"])
    assert result["failed"]
    assert result["msg"].startswith("regions: ['af-south-1'] is not accepted")


def test_the_role_that_was_assumed_is_named(emulator: Emulator) -> None:
    statement = {
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
    }
    trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    emulator.client("iam", account_id=OTHER_ACCOUNT).create_role(RoleName="Baseline", AssumeRolePolicyDocument=trust)
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/Baseline"
    result = run(emulator, account_id=OTHER_ACCOUNT, assume_role_arn=role)
    assert result["arn"] == f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/Baseline/{session_name()}"
    assert result["account_id"] == OTHER_ACCOUNT
