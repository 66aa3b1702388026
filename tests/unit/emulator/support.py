# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator's tests share: refusals, policy documents, and the things services deliver to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.client import Emulator

ACCOUNT = "123456789012"
OTHER_ACCOUNT = "210987654321"
REGION = "us-east-1"


@contextmanager
def refused(code: str, text: str = "") -> Iterator[None]:
    """The block's call is answered with this error code (and this text in its message)."""
    with pytest.raises(ClientError) as caught:
        yield
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    assert text in error["Message"], error


def statement(principal: Any, action: Any, resource: Any = None, **more: Any) -> dict[str, Any]:
    """An Allow statement; a principal given as text is a service's."""
    principal = {"Service": principal} if isinstance(principal, str) and principal != "*" else principal
    made = {"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource, **more}
    return {key: value for key, value in made.items() if value is not None}


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def root(account: str = ACCOUNT) -> dict[str, str]:
    return {"AWS": f"arn:aws:iam::{account}:root"}


def make_role(emulator: Emulator, name: str, service: str, *actions: str) -> str:
    """A role the service may assume, with an inline policy that allows the actions; its ARN."""
    iam = emulator.client("iam")
    trust = document(statement(service, "sts:AssumeRole"))
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if actions:
        allowed = document(statement(None, list(actions), "*"))
        iam.put_role_policy(RoleName=name, PolicyName="allowed", PolicyDocument=allowed)
    return str(arn)


def make_bucket(emulator: Emulator, name: str, *services: str) -> None:
    """A bucket to which the services may deliver."""
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=name)
    arn = f"arn:aws:s3:::{name}"
    if services:
        statements = [statement(list_, "s3:GetBucketAcl", arn) for list_ in services]
        statements += [statement(one, "s3:PutObject", f"{arn}/*") for one in services]
        s3.put_bucket_policy(Bucket=name, Policy=document(*statements))


def make_key(emulator: Emulator, *services: str, region: str = REGION) -> str:
    """A key the services may use; its ARN."""
    statements = [statement(root(), "kms:*", "*")]
    statements += [statement(one, ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                                   "kms:Describe*"], "*") for one in services]  # fmt: skip
    policy = document(*statements)
    return str(emulator.client("kms", region).create_key(Policy=policy)["KeyMetadata"]["Arn"])


def make_topic(emulator: Emulator, name: str, *services: str) -> str:
    """A topic the services may publish to; its ARN."""
    sns = emulator.client("sns")
    arn = str(sns.create_topic(Name=name)["TopicArn"])
    if services:
        policy = document(*(statement(one, "sns:Publish", arn) for one in services))
        sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    return arn
