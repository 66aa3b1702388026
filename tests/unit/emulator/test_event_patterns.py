# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge's event patterns: syntax and matching."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.event_patterns import InvalidEventPattern, matches, parse

EVENT = {
    "source": "aws.guardduty",
    "detail-type": "GuardDuty Finding",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-1", "arn:aws:ec2:us-east-1:123456789012:instance/i-2"],
    "detail": {
        "severity": 8,
        "type": "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom",
        "archived": False,
        "reason": None,
        "empty": "",
        "ip": "10.0.0.33",
        "path": "dir/image.PNG",
        "actors": [{"name": "Anna", "city": "Rome"}, {"name": "John", "city": "Bern"}],
    },
}


def detail(key: str, *conditions: Any) -> dict[str, Any]:
    return {"detail": {key: list(conditions)}}


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.guardduty"]},
        {"source": ["aws.ec2", "aws.guardduty"], "detail-type": ["GuardDuty Finding"]},
        {"resources": [{"suffix": "i-2"}]},
        detail("severity", 8),
        detail("severity", {"numeric": [">", 6]}),
        detail("severity", {"numeric": [">=", 7, "<", 9]}),
        detail("severity", {"numeric": ["=", 8.0]}),
        detail("type", {"prefix": "UnauthorizedAccess:"}),
        detail("type", {"prefix": {"equals-ignore-case": "unauthorizedaccess:"}}),
        detail("type", {"wildcard": "*:EC2/*.Custom"}),
        detail("type", {"equals-ignore-case": "UNAUTHORIZEDACCESS:EC2/MALICIOUSIPCALLER.CUSTOM"}),
        detail("type", {"anything-but": ["Recon:EC2/Portscan"]}),
        detail("type", {"anything-but": {"prefix": ["Recon:", "Policy:"]}}),
        detail("severity", {"anything-but": [1, 2]}),
        detail("severity", {"anything-but": {"prefix": "x"}}),
        detail("reason", {"anything-but": {"suffix": ["x", "y"]}}),
        detail("archived", False),
        detail("reason", None),
        detail("empty", ""),
        detail("ip", {"cidr": "10.0.0.0/24"}),
        detail("path", {"suffix": {"equals-ignore-case": ".png"}}),
        detail("missing", {"exists": False}),
        detail("ip", {"exists": True}),
        detail("actors", {"exists": False}),  # it has no value of its own
        {"detail": {"actors": {"name": ["Anna"], "city": ["Rome"]}}},
        {"$or": [{"source": ["aws.ec2"]}, {"detail": {"severity": [{"numeric": [">", 6]}]}}]},
    ],
    ids=json.dumps,
)
def test_matches(pattern: dict[str, Any]) -> None:
    assert matches(parse(json.dumps(pattern)), EVENT)


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.ec2"]},
        {"source": ["aws.guardduty"], "detail-type": ["guardduty finding"]},
        {"account": ["123456789012"]},
        detail("severity", "8"),
        detail("severity", {"numeric": ["<", 8]}),
        detail("severity", {"prefix": "8"}),
        detail("archived", 0),
        detail("type", {"numeric": [">", 6]}),
        detail("type", {"anything-but": {"wildcard": "*MaliciousIPCaller*"}}),
        detail("missing", {"anything-but": "x"}),
        detail("ip", {"cidr": "10.0.1.0/24"}),
        detail("ip", {"exists": False}),
        {"detail": {"actors": {"name": ["Anna"], "city": ["Bern"]}}},
        {"detail.severity": [{"numeric": [">", 6]}]},
    ],
    ids=json.dumps,
)
def test_does_not_match(pattern: dict[str, Any]) -> None:
    assert not matches(parse(json.dumps(pattern)), EVENT)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ([], "not an object"),
        ({}, "Empty objects"),
        ({"source": []}, "Empty arrays"),
        ({"detail": {}}, "Empty objects"),
        ({"source": "aws.guardduty"}, '"source" must be an object or an array'),
        ({"source": [["aws.guardduty"]]}, "Match value"),
        (detail("severity", {"numeric": ">6"}), "must be an array"),
        (detail("severity", {"numeric": [">", "6"]}), "must be numeric"),
        (detail("severity", {"numeric": ["!=", 6]}), "Unrecognized numeric range operator"),
        (detail("severity", {"numeric": ["<", 9, ">", 6]}), "Too many elements"),
        (detail("severity", {"numeric": [">", 9, "<", 6]}), "Bottom must be less"),
        (detail("severity", {"numeric": [">", 6e9]}), "between"),
        (detail("severity", {"numeric": []}), "Invalid member"),
        (detail("type", {"prefix": 1}), "must be a string"),
        (detail("type", {"wildcard": "a**b"}), "Consecutive"),
        (detail("type", {"wildcard": "a\\b"}), "escape"),
        (detail("type", {"regex": "a.*"}), "Unrecognized match type regex"),
        (detail("type", {"prefix": "a", "suffix": "b"}), "Only one key"),
        (detail("type", {"exists": "true"}), "true or false"),
        (detail("ip", {"cidr": "10.0.0.300/8"}), "CIDR"),
        (detail("type", {"anything-but": [1, "a"]}), "mixed type"),
        (detail("type", {"anything-but": {"exists": True}}), "Unsupported anything-but"),
        ({"$or": [{"source": ["a"]}]}, "at least 2"),
        ({"$or": [{"prefix": ["a"]}, {"source": ["a"]}]}, "reserved"),
    ],
    ids=json.dumps,
)
def test_is_no_pattern(pattern: Any, reason: str) -> None:
    with pytest.raises(InvalidEventPattern, match=reason.replace("(", r"\(")):
        parse(json.dumps(pattern))


def test_combinations_are_limited() -> None:
    alternatives = [{f"key{number}": ["a"]} for number in range(11)]
    nested = {"detail": {"$or": alternatives, "a": {"$or": alternatives, "b": {"$or": alternatives}}}}
    with pytest.raises(InvalidEventPattern, match="complex"):
        parse(json.dumps(nested))
