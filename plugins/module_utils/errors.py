# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can go wrong, in the words that a user needs to put it right."""

from __future__ import annotations

import re
import typing as t

# The IAM action that allows an API operation, where the two names differ (Service Authorization Reference).
IAM_ACTIONS: dict[str, str] = {
    "s3:DeleteBucketLifecycle": "s3:PutLifecycleConfiguration",
    "s3:DeleteBucketTagging": "s3:PutBucketTagging",
    "s3:DeletePublicAccessBlock": "s3:PutBucketPublicAccessBlock",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
    "s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListBuckets": "s3:ListAllMyBuckets",
    "s3:PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "s3:PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "s3:PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}

ACCESS_DENIED_CODES = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthorizationError",
        "AuthorizationErrorException",
        "UnauthorizedOperation",
        "403",
    }
)


# How AWS names the kind of policy that stood in the way, beside a permission that nobody gave.
_DENIED_BY = re.compile(r"(?:explicit deny in an? |because no )(?!identity-based)([a-z][a-z -]*?(?:policy|boundary))\b")
ORGANIZATION_POLICIES = frozenset({"service control policy", "resource control policy"})
"""Kinds of policies that hold for accounts of an organization, whatever their roles may do."""


class BaselineError(Exception):
    """Any failure that ends a module with a message instead of a traceback."""


class OptionError(BaselineError):
    """An option has a value that AWS or this collection does not accept. Raised before the first AWS call."""

    def __init__(self, option: str, value: t.Any, allowed: str) -> None:
        """option: its full name, such as C(log_group.retention_in_days). allowed: what would be accepted."""
        super().__init__(f"{option}: {value!r} is not accepted. Allowed: {allowed}")
        self.option = option


class OperationError(BaselineError):
    """An AWS operation failed: who called what, where, and AWS's answer."""

    def __init__(self, account_id: str, region: str, operation: str, code: str, message: str) -> None:
        """operation: as in C(logs:PutMetricFilter). code and message: as AWS returned them."""
        super().__init__(f"{operation} in account {account_id}, region {region}: {code}: {message}")
        self.account_id = account_id
        self.region = region
        self.operation = operation
        self.code = code
        self.message = message

    @property
    def is_final(self) -> bool:
        """Whether IAM itself said no, which waiting does not change. Services use its codes for their own doubts."""
        return self.code in ACCESS_DENIED_CODES and "not authorized to perform" in self.message

    @property
    def denied_by(self) -> str | None:
        """The kind of policy that denied the call, such as C(service control policy); None when AWS names none.

        A permission that is merely missing is denied by no policy.
        """
        found = _DENIED_BY.search(self.message) if self.code in ACCESS_DENIED_CODES else None
        return found[1] if found else None

    def __str__(self) -> str:
        if self.denied_by in ORGANIZATION_POLICIES:
            return f"{super().__str__()} (A {self.denied_by} of the organization denies it, no missing permission.)"
        return super().__str__()

    @property
    def permission(self) -> str | None:
        """The IAM action that was denied, or None when the failure is not about permissions."""
        if self.code in ACCESS_DENIED_CODES:
            return iam_action(self.operation)
        return None


def iam_action(operation: str) -> str:
    """The IAM action that allows an API operation; both as in C(s3:GetBucketPolicy)."""
    return IAM_ACTIONS.get(operation, operation)
