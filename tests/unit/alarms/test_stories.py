# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The stories of the alarms, told to the patterns (S000-03, S002-15, S003-20 to S003-25, T-02, T-05 to T-21)."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import (
    FILES,
    Story,
    StoryError,
    alarm_ids,
    expand,
    parse_time,
    stories,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import Pattern, parse
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

from .conftest import ENVIRONMENT, ROLE, Compose

ENVIRONMENTS: dict[str, dict[str, t.Any]] = {
    "one of each": ENVIRONMENT,
    "an organization": {
        "account_id": "100000000001",
        "member_account_id": "100000000012",
        "region": "eu-west-1",
        "critical_instance_ids": [f"i-0123456789abcd{number:03x}" for number in range(30)],
        "critical_volume_ids": [f"vol-0123456789abcd{number:03x}" for number in range(40)],
        "elevated_roles": ["arn:aws:iam::100000000011:role/security/elevated-security-role", "break-glass"],
        "office_cidrs": ["203.0.113.0/24", "198.51.100.0/25", "2001:db8:12::/48"],
    },
    "another partition": {
        "region": "us-gov-west-1",
        "partition": "aws-us-gov",
        "critical_instance_ids": ["i-12345678"],
        "critical_volume_ids": ["vol-0123456789abcdef1"],
        "elevated_roles": ["arn:${AWS::Partition}:iam::${AWS::AccountId}:role/elevated"],
        "office_cidrs": ["192.0.2.0/26"],
    },
}
ACCOUNT_ID = "111122223333"
ALWAYS = {
    "eventVersion",
    "userIdentity",
    "eventTime",
    "eventSource",
    "eventName",
    "awsRegion",
    "sourceIPAddress",
    "userAgent",
    "requestParameters",
    "responseElements",
    "eventID",
    "readOnly",
    "eventType",
    "managementEvent",
    "recipientAccountId",
    "eventCategory",
}
"""Fields that every record of a management or data event has."""
EVENT_TYPES = {"AwsApiCall", "AwsServiceEvent", "AwsConsoleSignIn"}
IDENTITIES = {
    "Root": {"principalId", "arn", "accountId"},
    "IAMUser": {"accountId", "userName"},
    "AssumedRole": {"principalId", "arn", "accountId"},
    "FederatedUser": {"principalId", "arn", "accountId", "sessionContext"},
    "AWSAccount": {"principalId", "accountId"},
    "AWSService": {"invokedBy"},
    "IdentityCenterUser": {"onBehalfOf", "credentialId"},
    "SAMLUser": {"principalId", "userName", "identityProvider"},
    "WebIdentityUser": {"principalId", "userName", "identityProvider"},
}
"""What CloudTrail writes of each kind of caller at least."""

Patterns = dict[str, list[tuple[Pattern, float]]]


class Told:
    """A catalogue composed for one environment, and its stories."""

    def __init__(self, name: str, composed: Compose) -> None:
        self.environment = ENVIRONMENTS[name]
        self.plan = composed(environment=self.environment)
        scope = Scope(
            self.environment.get("account_id", ACCOUNT_ID),
            self.environment.get("region", "eu-central-1"),
            self.environment.get("partition", "aws"),
        )
        alarms = {alarm["name"]: alarm for alarm in self.plan["alarms"]}
        self.alarms = {entry["id"]: alarms[entry["alarm"]] for entry in self.plan["entries"]}
        by_metric = {alarm["metric_name"]: alarm_id for alarm_id, alarm in self.alarms.items()}
        self.patterns: Patterns = {alarm_id: [] for alarm_id in self.alarms}
        for item in self.plan["filters"]:
            pattern = parse(scope.substitute(item["pattern"]))
            self.patterns[by_metric[item["metric_name"]]].append((pattern, float(item["metric_value"])))

    def matching(self, record: dict[str, t.Any]) -> set[str]:
        return {alarm_id for alarm_id in self.patterns if self.value(alarm_id, record)}

    def value(self, alarm_id: str, record: dict[str, t.Any]) -> float:
        """What a record adds to the alarm's metric."""
        return sum(value for pattern, value in self.patterns[alarm_id] if pattern.matches(record))

    def fires(self, story: Story) -> bool:
        alarm = self.alarms[story.alarm_id]
        total = sum(self.value(story.alarm_id, event) for event in story.events())
        if alarm["comparison_operator"] == "GreaterThanThreshold":
            return total > alarm["threshold"]
        return total >= alarm["threshold"]


@pytest.fixture(params=ENVIRONMENTS)
def told(request: pytest.FixtureRequest, composed: Compose) -> Told:
    return Told(request.param, composed)


@pytest.fixture(scope="module")
def every_story() -> list[Story]:
    return [story for alarm_id in alarm_ids() for kind in stories(alarm_id, ENVIRONMENT) for story in kind]


def test_every_alarm_has_at_least_three_that_raise_it_and_two_near_misses(catalogue: list[dict[str, t.Any]]) -> None:
    assert alarm_ids() == sorted(entry["id"] for entry in catalogue)
    for alarm_id in alarm_ids():
        raising, near_misses = stories(alarm_id, ENVIRONMENT)
        assert len(raising) >= 3, alarm_id
        assert len(near_misses) >= 2, alarm_id
        titles = [story.title for story in raising + near_misses]
        assert len(set(titles)) == len(titles), alarm_id


def test_stories_that_raise_do(told: Told) -> None:
    for alarm_id in alarm_ids():
        for story in stories(alarm_id, told.environment)[0]:
            assert told.fires(story), f"{alarm_id}: {story.title}"
            assert story.within < told.alarms[alarm_id]["period"]


def test_near_misses_do_not(told: Told) -> None:
    """Those that come near by number match, too seldom; all others match no pattern of their alarm."""
    for alarm_id in alarm_ids():
        for story in stories(alarm_id, told.environment)[1]:
            assert not told.fires(story), f"{alarm_id}: {story.title}"
            assert bool(told.value(alarm_id, story.record)) == bool(story.within), f"{alarm_id}: {story.title}"


def test_what_else_a_story_matches_is_said(told: Told) -> None:
    for alarm_id in alarm_ids():
        for kind in stories(alarm_id, told.environment):
            for story in kind:
                others = told.matching(story.record) - {alarm_id}
                assert others == set(story.also), f"{alarm_id}: {story.title}"


def test_no_event_counts_twice(told: Told) -> None:
    """One record matches one pattern of an alarm at most, unless it names many of its instances."""
    for alarm_id in set(alarm_ids()) - {"critical-instance"}:
        for story in stories(alarm_id, told.environment)[0]:
            matches = [pattern for pattern, _value in told.patterns[alarm_id] if pattern.matches(story.record)]
            assert len(matches) == 1, f"{alarm_id}: {story.title}"


def test_records_have_the_shape_that_cloudtrail_writes(every_story: list[Story]) -> None:
    for story in every_story:
        record, where = story.record, f"{story.alarm_id}: {story.title}"
        assert set(record) >= ALWAYS, where
        assert record["eventVersion"] in {"1.08", "1.09", "1.10", "1.11"}, where
        assert record["eventType"] in EVENT_TYPES, where
        assert record["eventSource"].endswith(".amazonaws.com"), where
        assert ("requestID" in record) == (record["eventType"] == "AwsApiCall" or "ApiCall" in record["eventType"]) or (
            record["eventSource"] == "sso.amazonaws.com"
        ), where
        assert record["managementEvent"] is (record["eventCategory"] == "Management"), where
        assert isinstance(record["readOnly"], bool), where
        assert "$" not in str(record), where
        assert ("errorCode" in record) <= ("errorMessage" in record), where
        parse_time(record["eventTime"])
        check_identity(record["userIdentity"], record["eventType"], where)
        # what is written instead of an address is a service, and then there is no TLS of a client
        if record["sourceIPAddress"].endswith(".amazonaws.com"):
            assert "tlsDetails" not in record, where


def check_identity(identity: dict[str, t.Any], event_type: str, where: str) -> None:
    if "type" in identity:
        assert set(identity) >= IDENTITIES[identity["type"]], where
    else:
        assert event_type == "AwsServiceEvent", where
    session = identity.get("sessionContext", {})
    if "attributes" in session:
        assert session["attributes"].get("mfaAuthenticated", "false") in {"true", "false"}, where


def test_all_kinds_of_callers_occur(every_story: list[Story]) -> None:
    kinds = {story.record["userIdentity"].get("type") for story in every_story}
    assert kinds == {*IDENTITIES, None}
    assert {story.record["eventType"] for story in every_story} == EVENT_TYPES
    recipients = {story.record["recipientAccountId"] for story in every_story}
    assert len(recipients) > 1
    assert any(story.record.get("additionalEventData", "") is None for story in every_story)
    assert any("errorCode" in story.record for story in every_story)


def test_ids_are_the_same_each_time_and_differ_from_each_other(every_story: list[Story]) -> None:
    ids = [event["eventID"] for story in every_story for event in story.events()]
    assert len(set(ids)) == len(ids)
    again = [s.record for alarm_id in alarm_ids() for kind in stories(alarm_id, ENVIRONMENT) for s in kind]
    assert again == [story.record for story in every_story]
    other = stories("root-access", {"account_id": "999988887777"})[0][0].record
    assert other["eventID"] not in ids
    assert other["recipientAccountId"] == "999988887777"


def test_many_events_are_spread_over_the_time() -> None:
    story = stories("massive-terminations", ENVIRONMENT)[0][0]
    times = [parse_time(event["eventTime"]) for event in story.events()]
    assert len(times) == 11
    assert times == sorted(set(times))
    assert (times[-1] - times[0]).total_seconds() < 240


def test_a_story_without_its_value_says_which(composed: Compose) -> None:
    for alarm_id, variable in (
        ("critical-instance", "critical_instance"),
        ("change-critical-ebs", "critical_volume"),
        ("switch-elevated-role", "elevated_"),
    ):
        with pytest.raises(StoryError, match=variable):
            stories(alarm_id, {})
    left_out = {one["id"] for one in composed(environment={})["left_out"]}
    for alarm_id in set(alarm_ids()) - left_out:
        stories(alarm_id, {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": "nobody"}, "no base 'nobody'"),
        ({"titel": "x"}, "titel"),
        ({"without": ["userIdentity.shoeSize"]}, "no userIdentity.shoeSize"),
        ({"record": {"awsRegion": "${moon}"}}, "moon"),
    ],
)
def test_a_story_that_cannot_be_told_is_refused(change: dict[str, t.Any], message: str) -> None:
    document = {"raising": [{"title": "x", "base": "call", **change}], "near_misses": []}
    bases = {"call": {"userIdentity": {}}}
    before = copy.deepcopy(bases)
    with pytest.raises(StoryError, match=message):
        expand("x", document, bases)
    assert bases == before


def test_an_unknown_alarm_is_refused() -> None:
    with pytest.raises(StoryError, match=r"'root-acess' has no stories; known are .*root-access"):
        stories("root-acess")


def test_stories_lie_in_the_role() -> None:
    assert FILES == ROLE / "files"
