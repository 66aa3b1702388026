# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What policy documents let a service do, by AWS's rules and as the emulator's own evaluator decides."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.module_utils.resource_policy import Question, decide
from tests.emulator import policies

CLOUDWATCH = "cloudwatch.amazonaws.com"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alerts"
ROLE = "arn:aws:iam::123456789012:role/writer"
ALARM = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:prod--RootAccess"
CONTEXT = {"aws:SourceAccount": "123456789012", "aws:SourceArn": ALARM, "aws:SecureTransport": "true"}
QUESTION = Question(CLOUDWATCH, "sns:Publish", TOPIC, CONTEXT)


def statement(**changes: t.Any) -> dict[str, t.Any]:
    whole = {"Effect": "Allow", "Principal": {"Service": CLOUDWATCH}, "Action": "sns:Publish", "Resource": TOPIC}
    merged = {**whole, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def document(*statements: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({}, True),
        ({"Action": "SNS:publish"}, True),
        ({"Action": ["sns:Get*", "sns:Pub?ish"]}, True),
        ({"Action": "sns:Subscribe"}, False),
        ({"Action": None, "NotAction": "sns:Subscribe"}, True),
        ({"Principal": "*"}, True),
        ({"Principal": {"AWS": "*"}}, True),
        ({"Principal": {"AWS": "arn:aws:iam::123456789012:root"}}, False),
        ({"Principal": {"Service": ["events.amazonaws.com", CLOUDWATCH]}}, True),
        ({"Principal": None, "NotPrincipal": {"Service": CLOUDWATCH}}, False),
        ({"Resource": "*"}, True),
        ({"Resource": TOPIC + "-2"}, False),
        ({"Resource": None, "NotResource": TOPIC}, False),
        ({"Condition": {"StringEquals": {"AWS:sourceaccount": ["1", "123456789012"]}}}, True),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "1"}}}, False),
        ({"Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}}}, False),
        ({"Condition": {"StringEqualsIfExists": {"aws:SourceOrgID": "o-1"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceOrgID": "o-1"}}}, True),
        ({"Condition": {"ForAllValues:StringEquals": {"aws:SourceOrgID": "o-1"}}}, True),
        ({"Condition": {"ForAnyValue:StringNotEquals": {"aws:SourceOrgID": "o-1"}}}, False),
        ({"Condition": {"ArnLike": {"aws:SourceArn": "arn:*:cloudwatch:*:123456789012:alarm:prod--*"}}}, True),
        ({"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:cloudwatch:*:alarm:prod--*"}}}, False),
        ({"Condition": {"Bool": {"aws:SecureTransport": True}}}, True),
        ({"Condition": {"Null": {"aws:SourceArn": "false"}}}, True),
        ({"Condition": {"Null": {"aws:SourceArn": True}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({"Condition": {"StringSounds": {"aws:SourceArn": ALARM}}}, False),
        ({"Condition": {"StringEquals": {"aws:SourceAccount": "${aws:PrincipalAccount}"}}}, False),
    ],
    ids=str,
)
def test_a_statement_allows(changes: dict[str, t.Any], allowed: bool) -> None:
    assert bool(decide(document(statement(**changes)), QUESTION)) is allowed


def test_a_denial_is_stronger_and_named() -> None:
    denial = statement(Sid="TLSOnly", Effect="Deny", Principal="*")
    decision = decide(document(statement(), denial), QUESTION)
    assert not decision and decision.denied_by == "TLSOnly"
    harmless = {**denial, "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    assert decide(document(harmless, statement()), QUESTION)
    unknown = {**denial, "Condition": {"StringSounds": {"aws:SourceArn": "x"}}, "Sid": None}
    assert decide(document(statement(), unknown), QUESTION).denied_by == "Statement[1]"


def test_nothing_allows_nothing() -> None:
    assert not decide(None, QUESTION)
    assert not decide({}, QUESTION)


def test_policies_of_identities_name_no_principal() -> None:
    question = Question(
        ROLE, "logs:PutLogEvents", "arn:aws:logs:eu-central-1:123456789012:log-group:g:log-stream:s", {}
    )
    allowed = {"Effect": "Allow", "Action": "logs:*", "Resource": "arn:aws:logs:*:*:log-group:g:*"}
    assert decide({"Statement": allowed}, question, of_identity=True)
    assert not decide({"Statement": allowed}, question)


SOME = {
    "Effect": st.sampled_from(["Allow", "Deny"]),
    "Principal": st.sampled_from(["*", {"Service": CLOUDWATCH}, {"Service": ["x.amazonaws.com"]}, {"AWS": "*"}]),
    "Action": st.sampled_from(["sns:Publish", "sns:*", "*", ["sns:Subscribe", "SNS:Publish"], "sns:Subscribe"]),
    "Resource": st.sampled_from([TOPIC, "*", "arn:aws:sns:*:*:*", TOPIC + "x"]),
    "Condition": st.dictionaries(
        st.sampled_from(["StringEquals", "StringNotEquals", "StringLikeIfExists", "ArnLike", "ArnNotLike", "Null"]),
        st.dictionaries(
            st.sampled_from(["aws:SourceAccount", "aws:SourceArn", "AWS:SourceOrgID"]),
            st.sampled_from(["123456789012", ALARM, "arn:aws:cloudwatch:*:*:alarm:*", "true", "false"]),
            min_size=1,
            max_size=2,
        ),
        max_size=2,
    ),
}


@settings(max_examples=200, deadline=None)
@given(st.lists(st.fixed_dictionaries(SOME), max_size=3))
def test_the_emulator_decides_the_same(statements: list[dict[str, t.Any]]) -> None:
    """Two evaluators, written apart from each other."""
    ours = bool(decide(document(*statements), QUESTION))
    assert ours is policies.allows(document(*statements), CLOUDWATCH, "sns:Publish", TOPIC, CONTEXT)
