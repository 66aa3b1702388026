# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The function as Lambda has it, with an SNS that remembers."""

from __future__ import annotations

import base64
import gzip
import json
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils import forwarder

EMAIL = "arn:aws:sns:eu-central-1:111122223333:infosec-email"
PHONE = "arn:aws:sns:eu-central-1:111122223333:infosec-sms"
ROOT = {
    "id": "root-access",
    "title": "The root user did something",
    "severity": "critical",
    "why": "Nobody needs it.",
    "runbook": "Ask the owner of the account.",
    "topics": [PHONE, EMAIL],
    "patterns": ['{ $.userIdentity.type = "Root" }'],
}
IAM = {
    "id": "iam-change",
    "title": "IAM was changed",
    "severity": "high",
    "why": "",
    "runbook": "Compare with the change.",
    "topics": [EMAIL],
    "patterns": ['{ ($.eventSource = "iam.amazonaws.com") && ($.eventName != "Get*") }'],
}


def record(**changes: t.Any) -> dict[str, t.Any]:
    """What CloudTrail tells of a user who makes an access key."""
    return {
        "eventID": "11111111-0000-4000-8000-000000000001",
        "eventTime": "2026-11-28T02:03:04Z",
        "eventSource": "iam.amazonaws.com",
        "eventName": "CreateAccessKey",
        "awsRegion": "us-east-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.30",
        "recipientAccountId": "111122223333",
        "userIdentity": {"type": "IAMUser", "userName": "mallory", "arn": "arn:aws:iam::111122223333:user/mallory"},
        "requestParameters": {"userName": "alice"},
        **changes,
    }


def event(*records: t.Any, **changes: t.Any) -> dict[str, t.Any]:
    """What CloudWatch Logs invokes the function with."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in records]
    batch = {
        "messageType": "DATA_MESSAGE",
        "owner": "111122223333",
        "logGroup": "/aws/cloudtrail/baseline",
        "logStream": "111122223333_CloudTrail_eu-central-1",
        "subscriptionFilters": ["acme--forwarding-1"],
        "logEvents": [{"id": str(number), "timestamp": 0, "message": line} for number, line in enumerate(lines)],
        **changes,
    }
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()}}


class Topics:
    """SNS: what was published, and which topics refuse."""

    def __init__(self) -> None:
        self.published: list[dict[str, t.Any]] = []
        self.refusing: set[str] = set()

    def publish(self, **parameters: t.Any) -> None:
        if parameters["TopicArn"] in self.refusing:
            error = RuntimeError("no")
            error.response = {"Error": {"Code": "AuthorizationError"}}  # type: ignore[attr-defined]
            raise error
        self.published.append(parameters)

    def to(self, topic: str) -> list[dict[str, t.Any]]:
        return [one for one in self.published if one["TopicArn"] == topic]

    def texts(self, topic: str = EMAIL) -> list[str]:
        return [json.loads(one["Message"])["default"] for one in self.to(topic)]


@pytest.fixture
def settings() -> dict[str, t.Any]:
    filters = {"acme--forwarding-1": '{ $.userIdentity.type = "Root" }', "acme--forwarding-2": IAM["patterns"][0]}
    return {"alarms": [ROOT, IAM], "filters": filters, "most_messages": 3}


@pytest.fixture
def topics(monkeypatch: pytest.MonkeyPatch, settings: dict[str, t.Any]) -> Topics:
    """A fresh environment of the function. The other filter brings what is not the root user's."""
    found = Topics()
    monkeypatch.setattr(forwarder, "_topics", lambda region: found)
    monkeypatch.setattr(forwarder, "_published", forwarder.collections.OrderedDict())
    monkeypatch.setattr(forwarder, "_forwarder", lambda: forwarder.Forwarder(settings))
    return found
