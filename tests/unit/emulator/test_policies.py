# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The policy evaluator and the checks of documents, without the emulator."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator import policies

from .support import document, root, statement

BUCKET = "arn:aws:s3:::bucket"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
ROLE = "arn:aws:iam::123456789012:role/path/one"
SESSION = "arn:aws:sts::123456789012:assumed-role/one/session"


def allow(condition: Any = None, **changes: Any) -> dict[str, Any]:
    made = statement(CLOUDTRAIL, "s3:PutObject", f"{BUCKET}/AWSLogs/*", **changes)
    return {**made, "Condition": condition} if condition else made


@pytest.mark.parametrize(
    ("statements", "context", "expected"),
    [
        ([allow()], {}, True),
        ([], {}, False),
        ([{**allow(), "Principal": {"Service": "config.amazonaws.com"}}], {}, False),
        ([{**allow(), "Principal": "*"}], {}, True),
        ([{**allow(), "Action": "s3:Put*"}], {}, True),
        ([{**allow(), "Action": "S3:putobject"}], {}, True),
        ([{**allow(), "Resource": f"{BUCKET}/other/*"}], {}, False),
        ([{**allow(), "Resource": f"{BUCKET}/AWSLogs/?/x"}], {}, True),
        ([allow(), {**allow(), "Effect": "Deny", "Principal": "*"}], {}, False),
        ([allow({"StringEquals": {"aws:SourceAccount": "1"}})], {"aws:SourceAccount": "1"}, True),
        ([allow({"StringEquals": {"AWS:sourceaccount": ["2", "1"]}})], {"aws:SourceAccount": "1"}, True),
        ([allow({"StringEquals": {"aws:SourceAccount": "1"}})], {"aws:SourceAccount": "2"}, False),
        ([allow({"StringEquals": {"aws:SourceAccount": "1"}})], {}, False),
        ([allow({"StringEqualsIfExists": {"aws:SourceAccount": "1"}})], {}, True),
        ([allow({"StringNotEquals": {"aws:SourceAccount": "1"}})], {}, True),
        ([allow({"StringNotEquals": {"aws:SourceAccount": "1"}})], {"aws:SourceAccount": "1"}, False),
        ([allow({"ArnLike": {"aws:SourceArn": "arn:aws:x:*:1:t/*"}})], {"aws:SourceArn": "arn:aws:x:r:1:t/n"}, True),
        ([allow({"ArnLike": {"aws:SourceArn": "arn:aws:x:*:2:t/*"}})], {"aws:SourceArn": "arn:aws:x:r:1:t/n"}, False),
        ([allow({"Null": {"aws:SourceArn": "true"}})], {}, True),
        ([allow({"Null": {"aws:SourceArn": "false"}})], {}, False),
        ([allow({"Bool": {"aws:SecureTransport": False}})], {"aws:SecureTransport": "true"}, False),
        ([allow({"ForAnyValue:StringLike": {"aws:TagKeys": "a*"}})], {"aws:TagKeys": ["b", "ab"]}, True),
        ([allow({"ForAllValues:StringLike": {"aws:TagKeys": "a*"}})], {"aws:TagKeys": ["b", "ab"]}, False),
        ([allow({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})], {"aws:SourceIp": "10.1.2.3"}, True),
    ],
)
def test_allows(statements: list[dict[str, Any]], context: dict[str, Any], expected: bool) -> None:
    allowed = policies.allows(document(*statements), CLOUDTRAIL, "s3:PutObject", f"{BUCKET}/AWSLogs/1/x", context)
    # AWSLogs/?/x matches AWSLogs/1/x
    assert allowed is expected


@pytest.mark.parametrize(
    ("principal", "caller", "expected"),
    [
        (root(), ROLE, True),
        ({"AWS": "123456789012"}, ROLE, True),
        (root("210987654321"), ROLE, False),
        ({"AWS": ROLE}, ROLE, True),
        ({"AWS": "arn:aws:iam::123456789012:role/one"}, SESSION, True),
        ({"AWS": "arn:aws:iam::123456789012:role/two"}, SESSION, False),
        ({"AWS": "*"}, SESSION, True),
    ],
)
def test_principals(principal: Any, caller: str, expected: bool) -> None:
    assert policies.allows(document(statement(principal, "sts:*", "*")), caller, "sts:AssumeRole", "*") is expected


def test_not_forms() -> None:
    text = document(
        {"Effect": "Allow", "NotPrincipal": {"AWS": ROLE}, "NotAction": "s3:Get*", "NotResource": "arn:aws:s3:::x/*"}
    )
    assert policies.allows(text, SESSION.replace("one", "two"), "s3:PutObject", BUCKET)
    assert not policies.allows(text, ROLE, "s3:PutObject", BUCKET)
    assert not policies.allows(text, CLOUDTRAIL, "s3:GetObject", BUCKET)
    assert not policies.allows(text, CLOUDTRAIL, "s3:PutObject", "arn:aws:s3:::x/y")


GOOD = statement(CLOUDTRAIL, "s3:PutObject", f"{BUCKET}/*")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        "{}",
        '{"Version": "2012-10-17", "Version": "2012-10-17", "Statement": []}',
        json.dumps({"Version": "2020-01-01", "Statement": [GOOD]}),
        json.dumps({"Version": "2012-10-17", "Statement": [GOOD], "Extra": 1}),
        document({**GOOD, "Effect": "allow"}),
        document({**GOOD, "Effekt": "x"}),
        document({**GOOD, "Action": "PutObject"}),
        document({**GOOD, "Action": "iam:PassRole"}),
        document({**GOOD, "Action": []}),
        document({**GOOD, "Resource": "bucket"}),
        document({**GOOD, "Resource": "arn:aws:s3"}),
        document({key: value for key, value in GOOD.items() if key != "Principal"}),
        document({key: value for key, value in GOOD.items() if key != "Action"}),
        document({**GOOD, "Principal": "somebody"}),
        document({**GOOD, "Principal": {"Servize": CLOUDTRAIL}}),
        document({**GOOD, "Principal": {"Service": "cloudtrail"}}),
        document({**GOOD, "Principal": {"AWS": "12345"}}),
        document({**GOOD, "NotPrincipal": "*"}),
        document({**GOOD, "Condition": {"StringEqual": {"aws:SourceArn": "x"}}}),
        document({**GOOD, "Condition": {"StringEquals": {"SourceArn": "x"}}}),
        document({**GOOD, "Condition": {"StringEquals": "x"}}),
        document({**GOOD, "Sid": "a"}, {**GOOD, "Sid": "a"}),
    ],
)
def test_malformed_documents_are_refused(text: str) -> None:
    with pytest.raises(policies.MalformedPolicy):
        policies.validate(text, principal=True, resource=True, services=("s3",))


def test_well_formed_documents_are_accepted() -> None:
    policies.validate(document(GOOD), principal=True, resource=True, services=("s3",))
    policies.validate(document({**GOOD, "Action": "*"}), principal=True, resource=True, services=("s3",))
    with pytest.raises(policies.MalformedPolicy):
        policies.validate(document(GOOD), principal=False, resource=True)
    with pytest.raises(policies.MalformedPolicy):
        policies.validate(document(GOOD), principal=True, resource=False)


@pytest.mark.parametrize(
    ("changes", "public"),
    [
        ({}, False),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": "*", "Effect": "Deny"}, False),
        ({"Principal": "*", "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}, False),
        ({"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalOrgID": "*"}}}, True),
        ({"Principal": "*", "Condition": {"StringEqualsIfExists": {"aws:SourceAccount": "1"}}}, True),
        ({"Principal": "*", "Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
    ],
)
def test_public_documents(changes: dict[str, Any], public: bool) -> None:
    assert policies.is_public(json.loads(document({**GOOD, **changes}))) is public
