# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validation of policy documents: what AWS takes passes, what it refuses is named with its place."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.policy_document import (
    LIMITS,
    PolicyDocumentError,
    size,
    validate,
)

BUCKET = "arn:${AWS::Partition}:s3:::example"
VALID: dict[str, dict[str, Any]] = {
    "identity": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Action": ["s3:Get*", "s3:ListBucket"],
                "Resource": [BUCKET, f"{BUCKET}/${{aws:username}}/*"],
                "Condition": {
                    "BoolIfExists": {"aws:MultiFactorAuthPresent": True},
                    "NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]},
                    "ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-1/*"},
                    "Null": {"aws:TokenIssueTime": "false"},
                    "NumericLessThan": {"aws:MultiFactorAuthAge": 3600},
                },
            },
            {"Sid": "", "Effect": "Deny", "NotAction": "iam:*", "NotResource": BUCKET},
        ],
    },
    "resource": {
        "Version": "2008-10-17",
        "Id": "policy",
        "Statement": {
            "Sid": "Enable IAM User Permissions",
            "Effect": "Allow",
            "Principal": {"AWS": ["123456789012", "*"], "Service": "logs.eu-central-1.amazonaws.com"},
            "Action": "kms:*",
            "Resource": "*",
        },
    },
    "trust": {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
        ],
    },
    "service_control": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Stay",
                "Effect": "Deny",
                "NotAction": ["iam:*", "organizations:Describe*"],
                "Resource": "*",
                "Condition": {"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/baseline"}},
            },
        ],
    },
}


def statement(document: dict[str, Any]) -> dict[str, Any]:
    return document["Statement"] if isinstance(document["Statement"], dict) else document["Statement"][0]


@pytest.mark.parametrize("kind", VALID)
def test_what_aws_takes_passes(kind: str) -> None:
    validate(VALID[kind], kind)


DROP = object()

# kind, element of the first statement, new value (DROP: without it), how the message begins
BROKEN = [
    ("identity", "Effect", "allow", "Statement[0].Effect:"),
    ("identity", "Effect", DROP, "Statement[0].Effect:"),
    ("identity", "Action", DROP, "Statement[0]: must have exactly one of Action and NotAction"),
    ("identity", "NotAction", "s3:*", "Statement[0]: must have exactly one of Action and NotAction"),
    ("identity", "Action", "GetObject", "Statement[0].Action: 'GetObject'"),
    ("identity", "Action", ["s3:Get*", "s3 :Put"], "Statement[0].Action[1]: 's3 :Put'"),
    ("identity", "Action", "*:Get", "Statement[0].Action: '*:Get'"),
    ("identity", "Action", [], "Statement[0].Action:"),
    ("identity", "Action", "", "Statement[0].Action:"),
    ("identity", "Resource", DROP, "Statement[0]: must have exactly one of Resource and NotResource"),
    ("identity", "Resource", [BUCKET, "example"], "Statement[0].Resource[1]: 'example'"),
    ("identity", "Principal", "*", "Statement[0].Principal: not allowed"),
    ("identity", "Sid", " Read", "Statement[0].Sid:"),
    ("identity", "Sid", "with blank", "Statement[0].Sid:"),
    ("identity", "sid", "Read", "Statement[0]: unknown element sid"),
    ("identity", "Condition", [], "Statement[0].Condition: must be a mapping"),
    ("identity", "Condition", {"StringIs": {"aws:x": "y"}}, "Statement[0].Condition.StringIs:"),
    ("identity", "Condition", {"NullIfExists": {"aws:x": "true"}}, "Statement[0].Condition.NullIfExists:"),
    ("identity", "Condition", {"AnyValue:StringLike": {"aws:x": "y"}}, "Statement[0].Condition.AnyValue:StringLike:"),
    ("identity", "Condition", {"Bool": {}}, "Statement[0].Condition.Bool: must name at least one"),
    ("identity", "Condition", {"Bool": {"aws:x": "yes"}}, "Statement[0].Condition.Bool.aws:x: 'yes'"),
    ("identity", "Condition", {"StringLike": {"SourceIp": "y"}}, "Statement[0].Condition.StringLike.SourceIp:"),
    ("identity", "Condition", {"StringLike": {"aws:x": []}}, "Statement[0].Condition.StringLike.aws:x:"),
    ("identity", "Condition", {"StringLike": {"aws:x": {}}}, "Statement[0].Condition.StringLike.aws:x:"),
    ("identity", "Condition", {"IpAddress": {"aws:x": ["10.0.0.0/33"]}}, "Statement[0].Condition.IpAddress.aws:x[0]:"),
    ("resource", "Principal", DROP, "Statement[0]: must have exactly one of Principal and NotPrincipal"),
    ("resource", "Principal", {"User": "x"}, "Statement[0].Principal: unknown element User"),
    ("resource", "Principal", {}, "Statement[0].Principal: must name at least one principal"),
    ("resource", "Principal", {"Service": "ec2"}, "Statement[0].Principal.Service: 'ec2'"),
    ("resource", "Sid", " AWSConfigBucketDelivery", "Statement[0].Sid:"),
    ("resource", "Condition", {"StringLike": {"aws:x": "${aws:username}"}}, "Version: policy variables"),
    ("trust", "Resource", "*", "Statement[0].Resource: not allowed"),
    ("trust", "NotPrincipal", "*", "Statement[0].NotPrincipal: not allowed"),
    ("trust", "Action", "s3:GetObject", "Statement[0].Action: 's3:GetObject'"),
    ("service_control", "Principal", "*", "Statement[0].Principal: not allowed"),
    ("service_control", "NotPrincipal", "*", "Statement[0].NotPrincipal: not allowed"),
    ("service_control", "Resource", DROP, "Statement[0]: must have exactly one of Resource and NotResource"),
]


@pytest.mark.parametrize(("kind", "element", "value", "message"), BROKEN)
def test_what_aws_refuses_is_named(kind: str, element: str, value: Any, message: str) -> None:
    document = copy.deepcopy(VALID[kind])
    if value is DROP:
        del statement(document)[element]
    else:
        statement(document)[element] = value
    with pytest.raises(PolicyDocumentError) as failure:
        validate(document, kind)
    assert str(failure.value).startswith(message)


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([], "document: must be a mapping"),
        ({"Statement": []}, "Version:"),
        ({"Version": "2012-10-18", "Statement": []}, "Version:"),
        ({"Version": "2012-10-17"}, "Statement:"),
        ({"Version": "2012-10-17", "Statement": []}, "Statement:"),
        ({"Version": "2012-10-17", "Statement": ["x"]}, "Statement[0]: must be a mapping"),
        ({"Version": "2012-10-17", "Statements": []}, "document: unknown element Statements"),
    ],
)
def test_the_frame(document: Any, message: str) -> None:
    with pytest.raises(PolicyDocumentError) as failure:
        validate(document)
    assert str(failure.value).startswith(message)


def test_a_sid_is_used_once() -> None:
    document = copy.deepcopy(VALID["identity"])
    document["Statement"][1]["Sid"] = "Read"
    with pytest.raises(PolicyDocumentError, match=r"Statement\[1\]\.Sid: 'Read' is already used by Statement\[0\]"):
        validate(document)


@pytest.mark.parametrize("limit", LIMITS)
def test_sizes_are_counted_without_white_space(limit: str) -> None:
    document = copy.deepcopy(VALID["identity"])
    room = LIMITS[limit].size - size(document, LIMITS[limit].unit)
    statement(document)["Resource"][0] += "x" * room
    validate(document, limit=limit)
    statement(document)["Resource"][0] += "x"
    with pytest.raises(PolicyDocumentError, match=f"document: {LIMITS[limit].size + 1} .* {LIMITS[limit].size}"):
        validate(document, limit=limit)


def test_bytes_and_characters_differ() -> None:
    document = {"Version": "2012-10-17", "Id": "ä"}
    assert size(document, "bytes") == size(document) + 1


@pytest.mark.parametrize("arguments", [{"kind": "bucket"}, {"limit": "bucket"}])
def test_wrong_use_is_a_plain_value_error(arguments: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="must be one of") as failure:
        validate(VALID["identity"], **arguments)
    assert not isinstance(failure.value, PolicyDocumentError)
