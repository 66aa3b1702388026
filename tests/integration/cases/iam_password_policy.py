# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import Case

STRONG = {
    "minimum_password_length": 14,
    "require_symbols": True,
    "require_numbers": True,
    "require_uppercase_characters": True,
    "require_lowercase_characters": True,
    "allow_users_to_change_password": True,
    "max_password_age": 90,
    "password_reuse_prevention": 24,
    "hard_expiry": True,
}


def policy_deleted(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    with contextlib.suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_account_password_policy()


def policy_weakened(emulator: Emulator) -> None:
    emulator.client("iam").update_account_password_policy(MinimumPasswordLength=6, AllowUsersToChangePassword=False)


values = st.fixed_dictionaries(
    {},
    optional={
        "minimum_password_length": st.sampled_from([6, 14, 128]),
        "max_password_age": st.sampled_from([0, 1, 90, 1095]),
        "password_reuse_prevention": st.sampled_from([0, 1, 24]),
        **{name: st.booleans() for name, value in STRONG.items() if value is True},
    },
)


def is_accepted(options: dict[str, t.Any]) -> bool:
    return not options.get("hard_expiry") or bool(options.get("max_password_age"))


CASES = [
    Case(
        module="iam_password_policy",
        arguments=values.filter(is_accepted) | st.just({"state": "absent"}),
        typical=STRONG,
        types=frozenset({"AWS::IAM::AccountPasswordPolicy"}),
        drifts=(policy_deleted, policy_weakened),
    )
]
