# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which events an event pattern matches, by AWS's documentation and compared with the emulator's own evaluator.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html,
https://github.com/aws/event-ruler.
"""

from __future__ import annotations

import json
import time
import typing as t

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.module_utils.event_pattern import (
    CODES,
    EventPatternError,
    lint,
    parse,
)
from tests.emulator import event_patterns

EVENT: dict[str, t.Any] = {
    "source": "aws.guardduty",
    "detail-type": "GuardDuty Finding",
    "resources": ["arn:aws:ec2:us-east-1:123456789012:instance/i-1", "arn:aws:ec2:us-east-1:123456789012:instance/i-2"],
    "detail": {
        "severity": 8,
        "ratio": 0.5,
        "type": "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom",
        "archived": False,
        "reason": None,
        "empty": "",
        "none": [],
        "nothing": {},
        "star": "a*b\\c",
        "ip": "10.0.0.33",
        "ip6": "2001:db8::1",
        "path": "dir/image.PNG",
        "dotted.name": {"x.y": "z"},
        "actors": [{"name": "Anna", "city": "Rome"}, {"name": "John", "city": "Bern", "tags": [{"k": 1}, {"k": 2}]}],
    },
}


def detail(key: str, *conditions: t.Any) -> dict[str, t.Any]:
    return {"detail": {key: list(conditions)}}


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.ec2", "aws.guardduty"], "detail-type": ["GuardDuty Finding"]},
        {"resources": [{"suffix": "i-2"}]},
        detail("severity", 8),
        detail("severity", 8.0),
        detail("severity", {"numeric": ["=", 8.0]}),
        detail("severity", {"numeric": [">=", 8, "<", 9]}),
        detail("ratio", {"numeric": [">", 0.25, "<=", 0.5]}),
        detail("type", {"prefix": "UnauthorizedAccess:"}),
        detail("type", {"prefix": ""}),
        detail("type", {"prefix": {"equals-ignore-case": "UNAUTHORIZEDaccess:"}}),
        detail("path", {"suffix": {"equals-ignore-case": ".png"}}),
        detail("path", {"equals-ignore-case": "DIR/image.png"}),
        detail("type", {"wildcard": "*:EC2/*.Custom"}),
        detail("type", {"wildcard": "Un*"}),
        detail("path", {"wildcard": "dir/image.PNG"}),
        detail("path", {"wildcard": "*dir/image.PNG*"}),
        detail("star", {"wildcard": "a\\*b\\\\*"}),
        detail("empty", {"wildcard": "*"}),
        detail("empty", {"wildcard": ""}),
        detail("empty", ""),
        detail("reason", None),
        detail("archived", False),
        detail("type", {"anything-but": ["Recon:EC2/Portscan"]}),
        detail("type", {"anything-but": {"prefix": ["Recon:", "Policy:"]}}),
        detail("type", {"anything-but": {"equals-ignore-case": "recon"}}),
        detail("severity", {"anything-but": [1, 2]}),
        detail("severity", {"anything-but": "8"}),
        # there is a value, and it is none of the unwanted ones
        detail("severity", {"anything-but": {"prefix": "8"}}),
        detail("reason", {"anything-but": "x"}),
        detail("reason", {"anything-but": {"wildcard": "*x*"}}),
        detail("archived", {"anything-but": {"suffix": "x"}}),
        {"resources": [{"anything-but": {"suffix": "i-1"}}]},
        detail("ip", {"cidr": "10.0.0.0/24"}),
        detail("ip", {"cidr": "10.0.0.1/24"}),
        detail("ip6", {"cidr": "2001:db8::/32"}),
        detail("missing", {"exists": False}),
        detail("ip", {"exists": True}),
        detail("reason", {"exists": True}),
        # only values exist
        detail("actors", {"exists": False}),
        detail("none", {"exists": False}),
        detail("nothing", {"exists": False}),
        detail("missing", "x", {"exists": False}),
        {"detail": {"actors": {"name": ["John"], "city": ["Bern"], "tags": {"k": [2]}}}},
        # names are joined
        {"detail.severity": [8]},
        {"detail": {"dotted": {"name": {"x": {"y": ["z"]}}}}},
        {"detail": {"dotted.name": {"x.y": ["z"]}}},
        {"detail.actors.name": ["John"], "detail": {"actors": {"city": ["Bern"]}}},
        {"$or": [{"source": ["aws.ec2"]}, {"detail": {"severity": [{"numeric": [">", 6]}]}}]},
        {"detail": {"$or": [{"missing": ["x"]}, {"$or": [{"ip": ["x"]}, {"severity": [8], "archived": [False]}]}]}},
        {"detail": {"actors": {"city": ["Bern"], "$or": [{"name": ["Nobody"]}, {"name": ["John"]}]}}},
    ],
    ids=json.dumps,
)
def test_matches(pattern: dict[str, t.Any]) -> None:
    assert parse(pattern).matches(EVENT)
    assert parse(json.dumps(pattern)).matches(json.dumps(EVENT))


@pytest.mark.parametrize(
    "pattern",
    [
        {"source": ["aws.ec2"]},
        {"source": ["aws.guardduty"], "detail-type": ["guardduty finding"]},
        {"Source": ["aws.guardduty"]},
        {"account": ["123456789012"]},
        detail("severity", "8"),
        detail("severity", True),
        detail("severity", {"numeric": ["<", 8]}),
        detail("severity", {"prefix": "8"}),
        detail("severity", {"equals-ignore-case": "8"}),
        detail("type", {"numeric": [">", 6]}),
        detail("archived", {"numeric": ["=", 0]}),
        detail("archived", 0),
        detail("archived", None),
        detail("reason", ""),
        detail("empty", None),
        detail("none", None),
        detail("missing", None),
        detail("missing", {"exists": True}),
        detail("none", {"exists": True}),
        detail("actors", {"exists": True}),
        detail("ip", {"exists": False}),
        detail("missing", {"anything-but": "x"}),
        detail("missing", {"anything-but": {"prefix": "x"}}),
        detail("none", {"anything-but": "x"}),
        detail("severity", {"anything-but": [8, 9]}),
        detail("type", {"anything-but": {"wildcard": "*MaliciousIPCaller*"}}),
        detail("path", {"anything-but": {"equals-ignore-case": ["x", "dir/IMAGE.png"]}}),
        detail("path", {"wildcard": "dir/*.png"}),
        detail("path", {"wildcard": "dir/image*image.PNG"}),
        detail("star", {"wildcard": "a\\*c*"}),
        detail("ip", {"cidr": "10.0.1.0/24"}),
        detail("ip6", {"cidr": "10.0.0.0/8"}),
        detail("severity", {"cidr": "0.0.0.0/0"}),
        detail("path", {"cidr": "0.0.0.0/0"}),
        {"detail": {"actors": {"name": ["Anna"], "city": ["Bern"]}}},
        {"detail.actors.name": ["Anna"], "detail": {"actors": {"city": ["Bern"]}}},
        {"detail": {"actors": {"city": ["Rome"], "tags": {"k": [1]}}}},
        {"detail": {"severity": {"below": [8]}}},
        {"detail": {"actors": {"city": ["Bern"], "$or": [{"name": ["Nobody"]}, {"name": ["Anna"]}]}}},
    ],
    ids=json.dumps,
)
def test_does_not_match(pattern: dict[str, t.Any]) -> None:
    assert not parse(pattern).matches(EVENT)


@pytest.mark.parametrize("event", ["", "text", "[]", "null", 1, None, [EVENT], "[" * 100_000])
def test_what_is_no_event_matches_nothing(event: t.Any) -> None:
    assert not parse(detail("missing", {"exists": False})).matches(event)


@pytest.mark.parametrize("pattern", ["", "{", "[]", "1", '"x"', "{}", None, 1, [], "[" * 100_000, '{"a":' * 5000])
def test_what_is_no_pattern(pattern: t.Any) -> None:
    with pytest.raises(EventPatternError):
        parse(pattern)
    assert [finding.code for finding in lint(pattern)] == ["syntax"]


def test_deep_patterns_are_refused() -> None:
    pattern: dict[str, t.Any] = {"a": ["x"]}
    for _level in range(5000):
        pattern = {"a": pattern}
    with pytest.raises(EventPatternError, match="too many levels"):
        parse(pattern)


@pytest.mark.parametrize(
    ("pattern", "codes"),
    [
        ({"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">", 6]}]}}, []),
        ({"source": ["aws.guardduty"], "detail.severity": [{"numeric": [">", 6]}]}, ["dotted-name"]),  # T-11
        ({"account": [123456789012]}, ["number-of-text"]),
        ({"detail": {"severity": {"numeric": [">", 6]}}}, ["operator-as-field"]),
        ({"detail": ["x"]}, ["detail-of-fields"]),
        ({"severity": [8]}, ["unknown-field"]),
        ({"source": ["a", "a"]}, ["duplicate"]),
        (detail("errorCode", {"anything-but": "x"}), ["absent-field"]),
        (detail("errorCode", {"anything-but": "x"}, {"exists": False}), []),
        (detail("eventName", "GetObject", "PutObject"), ["read-call"]),
        (detail("x", {"regex": "x"}), ["syntax"]),
        (detail("x", "y" * 5000), ["limit"]),
    ],
    ids=json.dumps,
)
def test_findings(pattern: t.Any, codes: list[str]) -> None:
    assert [finding.code for finding in lint(pattern)] == codes
    assert set(codes) <= set(CODES)
    assert all(str(finding) for finding in lint(pattern))


def test_arrays_do_not_multiply() -> None:
    event = {"detail": {f"list{number}": [{"v": place} for place in range(60)] for number in range(6)}}
    pattern = {"detail": {f"list{number}": {"v": [{"exists": True}]} for number in range(6)}}
    pattern["detail"]["none"] = [{"exists": True}]
    started = time.perf_counter()
    assert not parse(pattern).matches(event)
    assert time.perf_counter() - started < 2


def test_wildcards_take_no_time() -> None:
    started = time.perf_counter()
    assert not parse(detail("a", {"wildcard": "a*" * 500 + "b"})).matches({"detail": {"a": "a" * 100_000}})
    assert time.perf_counter() - started < 2


# --- compared with the emulator's evaluator --------------------------------------------------------------------------

names = st.sampled_from(["a", "b", "c"])
texts = st.sampled_from(["x", "xy", "Xyx", "y", "", "a*b", "10.0.0.1", "10.1.0.1", "8"])
figures = st.sampled_from([0, 1, 8, 8.0, -1, 1.5])
constants = st.sampled_from([None, True, False])
operators = st.one_of(
    st.fixed_dictionaries({"prefix": texts | st.fixed_dictionaries({"equals-ignore-case": texts})}),
    st.fixed_dictionaries({"suffix": texts | st.fixed_dictionaries({"equals-ignore-case": texts})}),
    st.fixed_dictionaries({"equals-ignore-case": texts}),
    st.fixed_dictionaries({"wildcard": st.sampled_from(["*", "x*", "*y", "x*x", "a\\*b", "", "*x*y*"])}),
    st.fixed_dictionaries({"anything-but": texts | figures | st.lists(texts, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"anything-but": st.fixed_dictionaries({"prefix": texts.filter(bool)})}),
    st.fixed_dictionaries({"anything-but": st.fixed_dictionaries({"wildcard": st.sampled_from(["x*", "*y"])})}),
    st.fixed_dictionaries({"numeric": st.sampled_from([[">", 0], ["<=", 8], [">=", 1, "<", 8], ["=", 8]])}),
    st.fixed_dictionaries({"cidr": st.sampled_from(["10.0.0.0/16", "10.0.0.0/8", "2001:db8::/32"])}),
)
conditions = texts | figures | constants | operators
leaves = st.lists(conditions, min_size=1, max_size=3)
patterns = st.recursive(
    st.dictionaries(names, leaves, min_size=1, max_size=2),
    lambda inner: (
        st.dictionaries(names, leaves | inner, min_size=1, max_size=3)
        | st.lists(inner, min_size=2, max_size=3).map(lambda alternatives: {"$or": alternatives})
    ),
    max_leaves=5,
)
scalars = texts | figures | constants
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, min_size=1, max_size=3),
    max_leaves=8,
)
events = st.dictionaries(names, values, min_size=1, max_size=3)


def nests_arrays(node: t.Any) -> bool:
    """Arrays directly within arrays: which element is whose is beyond what the emulator tells."""
    if isinstance(node, dict):
        return any(map(nests_arrays, node.values()))
    return isinstance(node, list) and any(isinstance(item, list) or nests_arrays(item) for item in node)


@settings(max_examples=200, deadline=None)
@given(patterns, events)
def test_two_evaluators_agree(pattern: dict[str, t.Any], event: dict[str, t.Any]) -> None:
    assume(not nests_arrays(event))
    expected = event_patterns.matches(event_patterns.parse(json.dumps(pattern)), event)
    assert parse(pattern).matches(event) is expected


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(names | st.just("a.b"), leaves, min_size=1, max_size=3), st.dictionaries(names, scalars))
def test_absence_is_the_opposite_of_presence(pattern: dict[str, t.Any], event: dict[str, t.Any]) -> None:
    for name in pattern:
        there = parse({name: [{"exists": True}]}).matches(event)
        assert there is not parse({name: [{"exists": False}]}).matches(event)
        assert there or not parse({name: pattern[name]}).matches(event)
