# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is said of a denial."""

from __future__ import annotations

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OperationError

PRINCIPAL = "User: arn:aws:sts::123456789012:assumed-role/baseline/me"
REFUSED = f"{PRINCIPAL} is not authorized to perform: cloudtrail:StopLogging on resource: *"


def error(message: str, code: str = "AccessDeniedException") -> OperationError:
    return OperationError("123456789012", "eu-west-1", "cloudtrail:StopLogging", code, message)


@pytest.mark.parametrize(
    ("reason", "policy"),
    [
        ("with an explicit deny in a service control policy", "service control policy"),
        (
            "with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o-1/p-1",
            "service control policy",
        ),
        ("because no service control policy allows the cloudtrail:StopLogging action", "service control policy"),
        ("with an explicit deny in a resource control policy", "resource control policy"),
        ("with an explicit deny in a resource-based policy", "resource-based policy"),
        ("because no permissions boundary allows the cloudtrail:StopLogging action", "permissions boundary"),
        ("because no identity-based policy allows the cloudtrail:StopLogging action", None),
        ("", None),
    ],
)
def test_a_denial_names_the_policy_that_denies(reason: str, policy: str | None) -> None:
    """S002-05: behind a landing zone, an SCP's denial is not mistaken for a missing permission."""
    refused = error(f"{REFUSED} {reason}")
    assert refused.denied_by == policy
    assert refused.permission == "cloudtrail:StopLogging"
    assert ("of the organization denies it" in str(refused)) is (
        policy in ("service control policy", "resource control policy")
    )


def test_other_failures_are_denied_by_nobody() -> None:
    refused = error("explicit deny in a service control policy", code="ValidationException")
    assert refused.denied_by is refused.permission is None
