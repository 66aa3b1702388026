# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event patterns: what is refused with what to write instead, and which patterns mean the same."""

from __future__ import annotations

import datetime
import json
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.event_pattern import (
    EventPatternError,
    as_json,
    same,
    validate,
)
from tests.emulator import event_patterns

NUMERIC: dict[str, t.Any] = {"numeric": [">", 6]}


def severity(*conditions: t.Any) -> dict[str, t.Any]:
    return {"source": ["aws.guardduty"], "detail": {"severity": list(conditions)}}


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.guardduty"]},
        {"detail": {"type": ["UnauthorizedAccess:EC2/MaliciousIPCaller.Custom"]}},
        severity(NUMERIC),
        severity({"numeric": [">=", 4, "<", 7]}, 8, 8.5),
        severity({"anything-but": [1, 2]}, {"exists": False}, None, True),
        {"source": [{"prefix": "aws."}, {"suffix": ".x"}, {"equals-ignore-case": "Aws"}, {"wildcard": "a*\\*b*"}]},
        {"source": [{"prefix": {"equals-ignore-case": "aws."}}]},
        {"source": [{"anything-but": "aws.ec2"}, {"anything-but": {"prefix": ["aws.", "my."]}}]},
        {"source": [{"anything-but": {"wildcard": "*x*"}}, {"anything-but": {"equals-ignore-case": "a"}}]},
        {"detail": {"sourceIPAddress": [{"cidr": "10.0.0.0/8"}, {"cidr": "2001:db8::/32"}]}},
        {"detail": {"requestParameters": {"prefix": ["logs/"], "numeric": ["a"], "exists": [True]}}},
        {"$or": [{"source": ["a"]}, {"detail": {"$or": [{"a": [1]}, {"b": {"c": [2]}}]}}]},
        {"resources": ["arn:aws:s3:::bucket"], "account": ["123456789012"], "version": ["0"]},
    ],
    ids=json.dumps,
)
def test_patterns_that_eventbridge_takes(pattern: dict[str, t.Any]) -> None:
    validate(pattern)
    event_patterns.parse(as_json(pattern))


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        # the traps
        (
            {"source": ["aws.guardduty"], "detail.severity": [NUMERIC]},
            "'detail.severity' is one name with a dot in it. Write a level for each name: "
            '{"detail": {"severity": [{"numeric": [">", 6]}]}}',
        ),
        (
            {"detail": {"service.action": ["x"]}},
            "detail: 'service.action' is one name with a dot in it. Write a level for each name: "
            '{"service": {"action": ["x"]}}',
        ),
        (
            {"detail": {"severity": NUMERIC}},
            'detail.severity: numeric stands in a list. Write [{"numeric": [">", 6]}]',
        ),
        ({"detail": {"a": {"exists": True}}}, 'detail.a: exists stands in a list. Write [{"exists": true}]'),
        ({"detail": {"a": {"anything-but": ["b"]}}}, 'stands in a list. Write [{"anything-but": ["b"]}]'),
        ({"source": "aws.guardduty"}, 'source: must be a list. Write ["aws.guardduty"]'),
        ({"detail_type": ["GuardDuty Finding"]}, "detail_type: is no field that events have at the top. Write detail-"),
        ({"DetailType": ["GuardDuty Finding"]}, "Write detail-type"),
        ({"severity": [8]}, "Those are version, id, detail-type"),
        ({"account": [123456789012]}, 'account[0]: 123456789012 is a number, which account never is. Write "1234'),
        ({"time": [datetime.date(2026, 1, 1)]}, 'time[0]: must be text, a number, true, false or null. Write "2026-01'),
        (severity({"numeric": [">", "6"]}), 'detail.severity[0].numeric: "6" is no number'),
        # what EventBridge refuses
        ([], "an event pattern is a dictionary"),
        ({}, "is empty"),
        ({"detail": {}}, "detail: is empty"),
        ({"detail": ["x"]}, "detail: must be a dictionary"),
        ({"source": []}, "source: is an empty list"),
        ({"source": [["aws.guardduty"]]}, "source[0]: must be a value or a condition"),
        ({"detail": {1: ["x"]}}, "detail.1: names of fields are text"),
        (severity({"numeric": ">6"}), "detail.severity[0].numeric: must be a list of an operator and a number"),
        (severity({"numeric": ["!=", 6]}), "operators are = < <= > >=, not '!='"),
        (severity({"numeric": ["<", 7, ">", 4]}), "a range begins with"),
        (severity({"numeric": [">", 7, "<", 4]}), "a range begins with"),
        (severity({"numeric": [">", 6e9]}), "is not between"),
        (severity(float("nan")), "detail.severity[0]: must be text, a number"),
        (severity({"regex": "x"}), "detail.severity[0].regex: is no operator. There are prefix"),
        (severity({"prefix": "a", "suffix": "b"}), "detail.severity[0]: has 2 operators"),
        (severity({"exists": "true"}), "must be true or false, not 'true'"),
        (severity({"prefix": 1}), "detail.severity[0].prefix: must be text, not 1"),
        (severity({"prefix": {"wildcard": "a"}}), "or a dictionary of equals-ignore-case"),
        (severity({"wildcard": "a**"}), "no two stars in a row"),
        (severity({"wildcard": "a\\b"}), "no two stars in a row, and a backslash"),
        (severity({"cidr": "10.0.0.1"}), "must be a network such as 10.0.0.0/8"),
        (severity({"anything-but": [1, "a"]}), "text or numbers, not both"),
        (severity({"anything-but": []}), "text or numbers"),
        (severity({"anything-but": {"numeric": [">", 1]}}), "a dictionary of one of prefix"),
        (severity({"anything-but": {"prefix": ""}}), "must not be empty"),
        ({"$or": [{"source": ["a"]}]}, "$or: must be a list of two or more"),
        ({"$or": [{"source": ["a"]}, ["b"]]}, "$or[1]: must be a dictionary of fields"),
        ({"detail": {"$or": [{"prefix": ["a"]}, {"b": ["c"]}]}}, "detail.$or[0].prefix: no field within $or"),
        ({"source": ["x" * 5000]}, "at most 4096 are allowed"),
        ({"$or": [{"detail": {f"k{number}": [number]}} for number in range(1001)]}, "1000 combinations"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_refused_says_where_and_what_to_write(pattern: t.Any, message: str) -> None:
    """T-11, and mistakes like it: patterns that EventBridge takes, or refuses without a word on the place."""
    with pytest.raises(EventPatternError) as caught:
        validate(pattern)
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        ({"a": [1], "b": ["x", "y"]}, {"b": ["y", "x"], "a": [1]}, True),
        ({"$or": [{"a": [1]}, {"b": [2]}]}, {"$or": [{"b": [2]}, {"a": [1]}]}, True),
        ({"a": [{"anything-but": ["x", "y"]}]}, {"a": [{"anything-but": ["y", "x"]}]}, True),
        ({"a": [{"numeric": [">", 1, "<", 2]}]}, {"a": [{"numeric": [">", 1, "<", 3]}]}, False),
        ({"a": [1]}, {"a": [True]}, False),
        ({"a": [1]}, {"a": ["1"]}, False),
        ({"a": ["x"]}, {"a": {"x": ["y"]}}, False),
        ({"a": ["x"]}, {"a": ["x", "y"]}, False),
    ],
)
def test_which_patterns_mean_the_same(first: t.Any, second: t.Any, equal: bool) -> None:
    assert same(first, second) is equal
    assert same(first, first)
