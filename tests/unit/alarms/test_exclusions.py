# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exclusions: what they leave out, and that they leave everything else in, told by the stories (T-14, T-16, T-21)."""

from __future__ import annotations

import re
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import AlarmCatalogueError
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_exclusions import FIELDS
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import alarm_ids, stories
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import lint, parse
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import cloudwatch

from .conftest import ENVIRONMENT, Compose
from .test_catalogue import SCANNER

ALARM = {"iam-change": "IAMEventCount", "unauthorised": "UnauthorisedAccess-CallEventCount"}
EVERYTHING = {
    "principals": ["*:role/acme-nobody", "arn:aws:iam::111122223333:user/nobody"],
    "services": ["nobody.amazonaws.com"],
    "error_sources": ["nobody.amazonaws.com"],
    "events": ["NobodyKnowsIt"],
    "accounts": ["000000000000"],
    "read_only": False,
    "federated": False,
}
"""Exclusions that leave nothing out."""


def patterns(plan: dict[str, t.Any], alarm_id: str) -> list[str]:
    alarm = next(entry["alarm"] for entry in plan["entries"] if entry["id"] == alarm_id)
    metric = next(one["metric_name"] for one in plan["alarms"] if one["name"] == alarm)
    return [one["pattern"] for one in plan["filters"] if one["metric_name"] == metric]


def raised(plan: dict[str, t.Any], alarm_id: str) -> dict[str, bool]:
    """By title, which of the alarm's own stories raise it."""
    parsed = [parse(pattern) for pattern in patterns(plan, alarm_id)]
    raising, _near_misses = stories(alarm_id, ENVIRONMENT)
    return {story.title: any(one.matches(story.record) for one in parsed) for story in raising}


def records(alarm_id: str) -> list[dict[str, t.Any]]:
    return [story.record for story in stories(alarm_id, ENVIRONMENT)[0]]


@pytest.mark.parametrize("field", FIELDS)
def test_excluding_what_nobody_does_changes_nothing(composed: Compose, field: str) -> None:
    """Whatever a record lacks: a condition on an absent property must not silence the alarm."""
    exclude = {field: EVERYTHING[field]}
    plan = composed(overrides={alarm_id: {"exclude": exclude} for alarm_id in alarm_ids() if alarm_id != "net-access"})
    for alarm_id in alarm_ids():
        assert all(raised(plan, alarm_id).values()), alarm_id
    for item in plan["filters"]:
        assert len(item["pattern"]) <= 1024
        assert {one.code for one in lint(item["pattern"])} <= {*item.get("accepted_findings", ()), "near-limit"}


@pytest.mark.parametrize(
    ("alarm_id", "exclude", "left_out"),
    [
        ("iam-change", {"principals": ["*:role/deploy"]}, ["A role's trust policy is opened to another account"]),
        ("iam-change", {"principals": ["arn:aws:iam::111122223333:user/al*"]}, 4),
        ("iam-change", {"federated": True}, 2),
        ("iam-change", {"events": ["Attach*"]}, ["Somebody attaches AdministratorAccess to a user"]),
        ("srt-instance", {"services": ["autoscaling.amazonaws.com"]}, ["Auto Scaling terminates an instance"]),
        ("unauthorised", {"error_sources": ["sns.amazonaws.com"]}, ["SNS says AuthorizationError"]),
        ("root-access", {"read_only": True}, 2),
        ("root-access", {"accounts": ["444455556666"]}, 1),
        ("net-access", {"principals": ["*:role/worker"]}, ["A role is used from an IPv6 address"]),
        ("critical-instance", {"principals": ["*:assumed-role/AWSReservedSSO_*"]}, ["A session is opened on it"]),
    ],
)
def test_what_is_excluded_is_left_out_and_nothing_else(
    composed: Compose, alarm_id: str, exclude: dict[str, t.Any], left_out: list[str] | int
) -> None:
    result = raised(composed(overrides={alarm_id: {"exclude": exclude}}), alarm_id)
    silent = [title for title, raises in result.items() if not raises]
    assert (len(silent) if isinstance(left_out, int) else silent) == left_out


def test_other_alarms_stay_as_they_are(composed: Compose) -> None:
    before, after = composed(), composed(overrides={"iam-change": {"exclude": {"principals": ["*:role/deploy"]}}})
    changed = [one for one in after["filters"] if one not in before["filters"]]
    assert {one["metric_name"] for one in changed} == {"IAMEventCount"}


def test_a_long_pattern_is_divided_so_that_each_event_is_in_one(composed: Compose) -> None:
    exclude = {"principals": [f"*:role/infrastructure/pipeline-{number}" for number in range(8)]}
    for alarm_id in ("massive-operations", "create-delete-vpc", "route-change"):
        plan = composed(overrides={alarm_id: {"exclude": exclude}})
        found = patterns(plan, alarm_id)
        assert all(len(pattern) <= 1024 for pattern in found)
        parsed = [parse(pattern) for pattern in found]
        for record in records(alarm_id):
            assert sum(one.matches(record) for one in parsed) == 1
    assert len(patterns(composed(), "create-delete-vpc")) == 1
    assert len(patterns(composed(overrides={"create-delete-vpc": {"exclude": exclude}}), "create-delete-vpc")) > 1


def test_scanners_still_know_a_pattern_that_was_not_divided(
    composed: Compose, catalogue: list[dict[str, t.Any]]
) -> None:
    exclude = {"principals": ["*:role/deploy"]}
    cis = {entry["cis"][0]: entry["id"] for entry in catalogue if entry.get("cis")}
    plan = composed(overrides={alarm_id: {"exclude": exclude} for alarm_id in cis.values()})
    for control, alarm_id in cis.items():
        found = patterns(plan, alarm_id)
        assert any(re.search(SCANNER[control], pattern, re.DOTALL) for pattern in found), control


@pytest.mark.parametrize(
    ("alarm_id", "exclude", "message"),
    [
        ("iam-change", {"principals": ["*"]}, "principals is '\\*': the ARN"),
        ("iam-change", {"principals": ["arn:aws:iam::*:role/x"]}, "with \\* at the start, the end or both"),
        ("iam-change", {"services": ["autoscaling"]}, "services is 'autoscaling': a service such as"),
        ("iam-change", {"accounts": [111122223333]}, "accounts is 111122223333: an account id of 12 digits, quoted"),
        ("iam-change", {"events": ["*"]}, "events is '\\*': the name of an event"),
        ("iam-change", {"federated": "yes"}, "federated is 'yes': true or false"),
        ("iam-change", {"principal": []}, "'principal', which is none of principals"),
        ("iam-change", ["x"], "exclude is \\['x'\\]: a dictionary is needed"),
        ("root-access", {"principals": ["*:root"]}, "exclude .*would never fire"),
        ("cloudtrail-change", {"principals": ["*:user/*", "*:role/*"]}, "exclude .*would never fire"),
        ("vpc-flow-logs", {"events": ["*FlowLogs"]}, "exclude .*would never fire"),
        ("cmk-disable-delete", {"accounts": ["111122223333"]}, "exclude .*would never fire"),
        (
            "iam-change",
            {"principals": [f"*:role/pipeline-number-{n}" for n in range(40)]},
            "exceeds 1024 .*exclude less",
        ),
    ],
)
def test_exclusions_that_cannot_work_are_refused(
    composed: Compose, alarm_id: str, exclude: t.Any, message: str
) -> None:
    with pytest.raises(AlarmCatalogueError, match=f"(?s)alarms_overrides\\['{alarm_id}'\\].*{message}"):
        composed(overrides={alarm_id: {"exclude": exclude}})


def test_a_control_is_kept_by_evidence_or_lost(composed: Compose) -> None:
    def kept(**settings: t.Any) -> dict[str, list[str]]:
        return {row["control"]: row["kept_by"] for row in composed(**settings)["controls"]}

    assert kept() == {f"4.{number}": ["detection"] for number in range(1, 16)}
    exclude = {"exclude": {"principals": ["*:role/deploy"]}}
    assert kept(overrides={"iam-change": exclude})["4.4"] == []
    assert kept(overrides={"iam-change": exclude}, cis_evidence=True)["4.4"] == ["evidence"]
    assert kept(overrides={"iam-change": {**exclude, "cis_evidence": True}})["4.4"] == ["evidence"]
    assert kept(overrides={"org-change": exclude}, cis_evidence=True)["4.15"] == []
    assert kept(overrides={"unauthorised": {"threshold": 20}})["4.1"] == []
    assert kept(overrides={"unauthorised": {"threshold": 3}})["4.1"] == ["detection"]
    assert kept(overrides={"root-access": {"enabled": False}}, cis_evidence=True)["4.3"] == []
    assert kept(detection=False, cis_evidence=True)["4.3"] == ["evidence"]


def test_mute_windows_become_rules(composed: Compose) -> None:
    assert composed()["mute_rules"] == []
    windows = [
        {"from": "22:00", "to": "06:00", "time_zone": "Europe/Berlin"},
        {"days": ["sun", "sat"], "from": "09:05", "to": "09:20"},
        {"days": ["mon"], "from": "00:00", "to": "00:00"},
    ]
    common = {"description": "Tells nobody then: Calls were refused for lack of permission"}
    common["alarm_names"] = ["acme--UnauthorisedCallAccess"]
    found = composed(overrides={"unauthorised": {"mute": windows}}, cis_evidence=True)["mute_rules"]
    assert found == [
        {
            **common,
            "name": "acme--UnauthorisedCallAccess",
            "expression": "cron(0 22 * * *)",
            "duration": "PT8H",
            "timezone": "Europe/Berlin",
        },
        {
            **common,
            "name": "acme--UnauthorisedCallAccess-2",
            "expression": "cron(5 9 * * SAT,SUN)",
            "duration": "PT15M",
            "timezone": "UTC",
        },
        {
            **common,
            "name": "acme--UnauthorisedCallAccess-3",
            "expression": "cron(0 0 * * MON)",
            "duration": "PT24H",
            "timezone": "UTC",
        },
    ]
    for number, rule in enumerate(found):
        cloudwatch.mute_rule({"state": "present", **rule}, f"mute_rules[{number}]")


@pytest.mark.parametrize(
    ("mute", "message"),
    [
        ({}, "mute is {}: a list of windows"),
        ([1], "mute\\[0\\] is 1: a dictionary"),
        ([{"from": 79200, "to": "06:00"}], 'from is 79200: a time such as "22:00", quoted in YAML'),
        ([{"from": "24:00", "to": "06:00"}], "from is '24:00'"),
        ([{"from": "22:00"}], "to is None"),
        ([{"from": "22:00", "to": "06:00", "days": ["monday"]}], "days is \\['monday'\\]: a list of mon, tue"),
        ([{"from": "22:00", "to": "06:00", "time_zone": "+1"}], "time_zone is '\\+1'"),
        ([{"from": "22:00", "to": "06:00", "until": 1}], "'until', which is none of days"),
        ([{"from": "22:00", "to": "22:00"}], "no minute of the week"),
        ([{"from": "22:00", "to": "06:00"}, {"from": "06:00", "to": "22:00"}], "no minute of the week"),
    ],
)
def test_mute_windows_that_cannot_work_are_refused(composed: Compose, mute: t.Any, message: str) -> None:
    with pytest.raises(AlarmCatalogueError, match=message):
        composed(overrides={"unauthorised": {"mute": mute}})


def test_alarms_of_ones_own_can_leave_events_out(composed: Compose) -> None:
    extra = {
        "id": "secret-read",
        "title": "A secret was read",
        "notify": ["infosec_email"],
        "pattern": '{ $.eventName = "GetSecretValue" }',
        "exclude": {"principals": ["*:role/worker"]},
    }
    (pattern,) = patterns(composed(extra=[extra]), "secret-read")
    assert pattern.startswith('{ ($.eventName = "GetSecretValue") && (($.userIdentity.arn NOT EXISTS) ||') is False
    record = {"eventName": "GetSecretValue", "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::1:user/x"}}
    assert parse(pattern).matches(record)
    with pytest.raises(AlarmCatalogueError, match="only patterns of JSON messages"):
        composed(extra=[{**extra, "pattern": "ERROR"}])
