# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The bucket of a log archive account, which AWS Config of all accounts of the organization delivers to."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import HOME_REGION, Case
from tests.support.config_organization import CONFIG
from tests.support.organization import LOG_ARCHIVE, ORGANIZATION_ID

BUCKET = "test-config-archive"
KEY = "alias/test-config-archive"
FROM_THE_ORGANIZATION = {"StringEquals": {"aws:SourceOrgID": ORGANIZATION_ID}}


def statement(sid: str, action: t.Any, resource: str) -> dict[str, t.Any]:
    """One that lets AWS Config act for accounts of the organization."""
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": CONFIG},
        "Action": action,
        "Resource": resource,
        "Condition": FROM_THE_ORGANIZATION,
    }


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        statement("Check", ["s3:GetBucketAcl", "s3:ListBucket"], f"arn:aws:s3:::{BUCKET}"),
        statement("Deliver", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/AWSLogs/*/Config/*"),
    ],
}
ADMINISTRATION = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [ADMINISTRATION, statement("Encrypt", ["kms:Decrypt", "kms:GenerateDataKey"], "*")],
}
ENCRYPTED = {"sse_algorithm": "aws:kms", "kms_master_key_id": KEY}

ARGUMENTS = st.fixed_dictionaries(
    {
        "bucket": st.fixed_dictionaries(
            {"name": st.just(BUCKET)},
            optional={"policy": st.just(POLICY), "versioning": st.sampled_from(["Enabled", "Suspended"])},
        )
    },
    optional={"key": st.just({"name": KEY, "policy": KEY_POLICY})},
)
TYPICAL = {
    "bucket": {"name": BUCKET, "policy": POLICY, "versioning": "Enabled", "encryption": ENCRYPTED},
    "key": {"name": KEY, "policy": KEY_POLICY},
}


def policy_deleted(emulator: Emulator) -> None:
    client = emulator.client("s3", HOME_REGION, LOG_ARCHIVE)
    if any(bucket["Name"] == BUCKET for bucket in client.list_buckets()["Buckets"]):
        client.delete_bucket_policy(Bucket=BUCKET)


CASES = [
    Case(
        module="config_archive",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::KMS::Key", "AWS::S3::Bucket"}),
        drifts=(policy_deleted,),
        account_id=LOG_ARCHIVE,
    ),
]
