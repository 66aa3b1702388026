# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Condition keys about the organization in the policies of buckets, keys and topics.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support.organization import LOG_ARCHIVE, MEMBERS, ORGANIZATION_ID, organization

from .support import document, refused, statement

CLOUDTRAIL, TRAIL_BUCKET = "cloudtrail.amazonaws.com", "arn:aws:s3:::archive"


def deliver(emulator: Emulator, account: str, condition: dict[str, Any]) -> None:
    """An account's trail that writes to the log archive's bucket, whose policy has the condition."""
    policy = document(
        statement(CLOUDTRAIL, "s3:GetBucketAcl", TRAIL_BUCKET, Condition=condition),
        statement(CLOUDTRAIL, "s3:PutObject", f"{TRAIL_BUCKET}/*", Condition=condition),
    )
    archive = emulator.client("s3", account_id=LOG_ARCHIVE)
    archive.create_bucket(Bucket="archive")
    archive.put_bucket_policy(Bucket="archive", Policy=policy)
    emulator.client("cloudtrail", account_id=account).create_trail(Name="trail", S3BucketName="archive")


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceOrgID": ORGANIZATION_ID}},
        {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": f"{ORGANIZATION_ID}/*/ou-*/"}},
        {"Bool": {"aws:PrincipalIsAWSService": "true"}},
    ],
)
def test_services_act_for_an_organization(emulator: Emulator, condition: dict[str, Any]) -> None:
    organization(emulator, {MEMBERS[0]: {"ou": "Workloads"}})
    deliver(emulator, MEMBERS[0], condition)


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:SourceOrgID": "o-another0001"}},
        {"ForAnyValue:StringLike": {"aws:SourceOrgPaths": f"{ORGANIZATION_ID}/*/ou-*/"}},
    ],
)
def test_conditions_on_the_organization_are_evaluated(emulator: Emulator, condition: dict[str, Any]) -> None:
    organization(emulator, {MEMBERS[0]: {"ou": "Workloads"}})
    with refused("InsufficientS3BucketPolicyException"):
        deliver(emulator, MEMBERS[1], condition)


def test_accounts_without_an_organization_have_no_such_keys(emulator: Emulator) -> None:
    with refused("InsufficientS3BucketPolicyException"):
        deliver(emulator, MEMBERS[0], {"StringEquals": {"aws:SourceOrgID": ORGANIZATION_ID}})


def test_keys_know_the_organization_of_a_caller(emulator: Emulator) -> None:
    organization(emulator)
    condition = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION_ID}}
    policy = document(
        statement({"AWS": f"arn:aws:iam::{LOG_ARCHIVE}:root"}, "kms:*", "*"),
        statement({"AWS": "*"}, "kms:DescribeKey", "*", Condition=condition),
    )
    key = emulator.client("kms", account_id=LOG_ARCHIVE).create_key(Policy=policy)["KeyMetadata"]["Arn"]
    assert emulator.client("kms", account_id=MEMBERS[0]).describe_key(KeyId=key)["KeyMetadata"]["Arn"] == key
    with refused("AccessDeniedException"):
        emulator.client("kms").describe_key(KeyId=key)
