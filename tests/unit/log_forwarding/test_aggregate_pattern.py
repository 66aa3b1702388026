# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many patterns as few: nothing is missed, and limits of CloudWatch Logs are kept (R16-35, S004-39, S004-40, T-22)."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.module_utils.aggregate_pattern import EVERYTHING, aggregate
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import (
    AlarmCatalogueError,
    compose,
    forward,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import (
    MAXIMUM_LENGTH,
    has_regex,
    parse,
)

ROLES = Path(__file__).resolve().parents[3] / "roles"
CATALOGUE = yaml.safe_load((ROLES / "alarms/vars/main/catalogue.yml").read_text())["__alarms_catalogue"]
SEVERE = yaml.safe_load((ROLES / "log_forwarding/defaults/main.yml").read_text())["log_forwarding_alarms"]
KNOWN = [entry["id"] for entry in CATALOGUE]
TOPICS = [
    {"key": key, "name": key, "display_name": key, "protocol": "email", "endpoints": [], "always": True}
    for key in ("infosec_email", "devops_email", "infosec_sms", "devops_sms", "evidence")
]
FUNCTION = {"destination_arn": "arn:aws:lambda:eu-central-1:111122223333:function:f", "events": "selected"}
STREAM = {
    "destination_arn": "arn:aws:kinesis:eu-central-1:111122223333:stream/s",
    "role_arn": "arn:aws:iam::111122223333:role/r",
    "events": "selected",
}


def ids(count: int) -> list[str]:
    return [f"i-{number:017x}" for number in range(0x1000, 0x1000 + count)]


def entries(instances: int = 0, offices: t.Sequence[str] = (), **options: t.Any) -> list[dict[str, t.Any]]:
    environment = {"critical_instance_ids": ids(instances), "office_cidrs": list(offices)}
    plan = compose(
        CATALOGUE, name_prefix="acme", metric_namespace="x", topics=TOPICS, environment=environment, **options
    )
    return plan["entries"]


def severe(instances: int = 0, offices: t.Sequence[str] = ()) -> list[str]:
    found = entries(instances, offices)
    return [pattern for one in found if one["id"] in SEVERE for pattern in one["patterns"]]


def planned(found: list[dict[str, t.Any]], **changes: t.Any) -> dict[str, t.Any]:
    options = {"alarms": SEVERE, "known": KNOWN, "destinations": [FUNCTION], "name_prefix": "acme", **changes}
    return forward(found, **options)


# values that the severe patterns ask for, and neighbours of them
NAMES = st.sampled_from([
    "GetUser", "CreateUser", "DeleteGroupPolicy", "StopLogging", "DescribeTrails", "StopInstances", "DetachVolume",
    "DescribeInstances", "PutInventory", "UpdateInstanceInformation", "SimulateX", "ConsoleLogin",
])  # fmt: skip
INSTANCE = st.sampled_from([*ids(4), "i-0123456789abcdef0", "vol-1"])
PARAMETERS = st.fixed_dictionaries(
    {},
    optional={
        "instancesSet": st.fixed_dictionaries(
            {"items": st.lists(st.builds(lambda one: {"instanceId": one}, INSTANCE))}
        ),
        "instanceIds": st.lists(INSTANCE),
        "instanceId": INSTANCE,
        "target": INSTANCE,
        "force": st.booleans(),
    },
)
IDENTITY = st.fixed_dictionaries(
    {"type": st.sampled_from(["Root", "IAMUser"])}, optional={"invokedBy": st.just("ec2.amazonaws.com")}
)
RECORDS = st.fixed_dictionaries(
    {},
    optional={
        "eventName": NAMES,
        "eventSource": st.sampled_from([f"{name}.amazonaws.com" for name in ("iam", "ec2", "cloudtrail", "signin")]),
        "eventType": st.sampled_from(["AwsApiCall", "AwsServiceEvent"]),
        "errorCode": st.sampled_from(["AccessDenied", "Client.UnauthorizedOperation", "Throttling", "Forbidden"]),
        "sourceIPAddress": st.sampled_from(["198.51.100.7", "203.0.113.9", "2001:db8::1", "ec2.amazonaws.com"]),
        "userIdentity": IDENTITY,
        "requestParameters": PARAMETERS | st.none(),
    },
)


def matching(patterns: t.Iterable[str], record: dict[str, t.Any]) -> bool:
    return any(parse(pattern).matches(record) for pattern in patterns)


@pytest.mark.parametrize("most", [1, 2])
@pytest.mark.parametrize(("instances", "offices"), [(0, ()), (1, ()), (3, ()), (25, ()), (2, ("203.0.113.0/24",))])
def test_no_event_is_missed_and_limits_are_kept(instances: int, offices: tuple[str, ...], most: int) -> None:
    """T-22: real ids of 17 characters pass 1024."""
    patterns = severe(instances, offices)
    aggregates = aggregate(patterns, most)
    assert 1 <= len(aggregates) <= most
    assert all(len(text) <= MAXIMUM_LENGTH and not has_regex(text) for text in aggregates)

    @settings(max_examples=80, deadline=None)
    @given(RECORDS)
    def nothing_is_missed(record: dict[str, t.Any]) -> None:
        assert matching(aggregates, record) or not matching(patterns, record)

    nothing_is_missed()


def test_two_filters_hold_the_severe_alarms_exactly() -> None:
    """R16-35, S004-39: nothing needs to be dropped as long as no critical instances are named."""
    patterns = severe()
    aggregates = aggregate(patterns, 2)
    assert len(aggregates) == 2 and sum(map(len, patterns)) > 2 * MAXIMUM_LENGTH

    @settings(max_examples=150, deadline=None)
    @given(RECORDS)
    def is_the_same(record: dict[str, t.Any]) -> None:
        assert matching(aggregates, record) == matching(patterns, record)

    is_the_same()


def test_many_ids_become_what_they_have_in_common() -> None:
    aggregates = aggregate(severe(25), 2)
    assert f'$.requestParameters.instanceIds[*]="i-{"0" * 13}10*"' in "".join(aggregates)
    assert not matching(aggregates, {"eventName": "CreateVpc", "eventSource": "ec2.amazonaws.com"})


def test_networks_cannot_be_told_by_a_filter() -> None:
    """With net-access the function selects, and no filter with a regular expression is used up."""
    assert aggregate(severe(0, ["203.0.113.0/24"]), 2) == [EVERYTHING]


@pytest.mark.parametrize("pattern", ["ERROR", "[ip, user, ...]", "{ $.a != %x% }", "{ $.a = %x% }"])
def test_what_a_filter_cannot_narrow_is_everything(pattern: str) -> None:
    assert aggregate([pattern], 2) == [EVERYTHING]


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        (['{ $.a = "x" }', '{ ($.a = "x") && ($.b = 1) }'], '{$.a="x"}'),
        (['{ ($.a = "x") && ($.b != "y") }', '{ ($.a = "x") && ($.b = "y") }'], '{$.a="x"}'),
        (['{ ($.a = "x") || ($.b = "y*") }', '{ $.b = "yes" }'], '{($.a="x")||($.b="y*")}'),
        (["{ $.a = %^i-01$|^i-02$% }"], '{$.a="i-0*"}'),
        (["{ $.a = %^i-01$% }"], '{$.a="i-01"}'),
        (["{ $.a = %^i-012$|^i-013$% }", "{ $.a = %^i-021$|^i-032$% }"], '{$.a="i-0*"}'),
    ],
)
def test_needless_conditions_are_left_out(patterns: list[str], expected: str) -> None:
    (found,) = aggregate(patterns, 2)
    assert found == expected


def test_wildcards_are_spread() -> None:
    """A pattern takes three wildcard selectors."""
    patterns = [f'{{ $.{name}[*] = "x" }}' for name in "abcd"]
    assert [text.count("[*]") for text in aggregate(patterns, 2)] == [3, 1]
    assert aggregate([*patterns, *(f'{{ $.{name}[*] = "x" }}' for name in "efg")], 2) == [EVERYTHING]


def test_what_is_too_long_for_all_is_everything() -> None:
    patterns = [f'{{ $.{chr(97 + number) * 300} = "x" }}' for number in range(7)]
    assert aggregate(patterns, 2) == [EVERYTHING]


# --- plan ------------------------------------------------------------------------------------------------------------


def test_one_destination_has_both_filters_and_two_have_one_each() -> None:
    """S004-40, S004-55."""
    one = planned(entries(3))["subscription_filters"]
    assert [item["name"] for item in one] == ["acme--forwarding-1", "acme--forwarding-2"]
    assert {item["destination_arn"] for item in one} == {FUNCTION["destination_arn"]}
    both = planned(entries(3), destinations=[FUNCTION, STREAM])["subscription_filters"]
    assert [item["destination_arn"] for item in both] == [FUNCTION["destination_arn"], STREAM["destination_arn"]]
    assert both[1]["role_arn"] == STREAM["role_arn"] and "role_arn" not in both[0]


def test_filters_that_are_no_longer_needed_go() -> None:
    found = planned(entries(), alarms=["root-access"])["subscription_filters"]
    assert found[1] == {"name": "acme--forwarding-2", "state": "absent"}
    everything = planned(entries(), destinations=[{**STREAM, "events": "all"}])["subscription_filters"]
    assert everything[0]["pattern"] == "" and everything[1]["state"] == "absent"


def test_alarms_that_are_off_are_left_out() -> None:
    plan = planned(entries(overrides={"unauthorised": {"enabled": False}}))
    assert plan["left_out"] == ["critical-instance", "net-access", "unauthorised"]
    assert [alarm["id"] for alarm in plan["alarms"]] == [
        entry for entry in KNOWN if entry in SEVERE and entry not in plan["left_out"]
    ]
    nothing = planned(entries(), alarms=["net-access"])
    assert [item["state"] for item in nothing["subscription_filters"]] == ["absent", "absent"]


def test_an_unknown_alarm_is_refused() -> None:
    with pytest.raises(AlarmCatalogueError, match=r"log_forwarding_alarms has 'root-acces'.*did you mean root-access"):
        planned(entries(), alarms=["root-acces"])


def test_two_destinations_need_two_filters() -> None:
    with pytest.raises(AlarmCatalogueError, match="log_forwarding_most_filters is 1: 2 destinations"):
        planned(entries(), destinations=[FUNCTION, STREAM], most_filters=1)


def test_an_alarm_of_ones_own_can_be_forwarded() -> None:
    extra = [
        {"id": "secret-read", "title": "A secret was read", "notify": ["infosec_email"], "pattern": '{ $.a = "b" }'}
    ]
    plan = planned(entries(extra=extra), alarms=["secret-read"], known=[*KNOWN, "secret-read"])
    assert plan["subscription_filters"][0]["pattern"] == '{$.a="b"}'
    assert plan["topics"] == ["arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:infosec_email"]
