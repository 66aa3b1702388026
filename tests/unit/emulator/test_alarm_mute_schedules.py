# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that mute alarms again and again: what is refused, and when a rule is active."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import refused

ALARM: dict[str, Any] = {
    "AlarmName": "a", "Namespace": "App", "MetricName": "Load", "Statistic": "Sum", "Period": 60,
    "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}  # fmt: skip


@pytest.fixture
def cloudwatch(emulator: Emulator) -> Any:
    client = emulator.client("cloudwatch")
    client.put_metric_alarm(**ALARM)
    return client


def rule(name: str = "r", alarms: tuple[str, ...] = ("a",), **schedule: str) -> dict[str, Any]:
    given = {"Expression": "cron(0 2 * * SUN)", "Duration": "PT4H", **schedule}
    return {"Name": name, "Rule": {"Schedule": given}, "MuteTargets": {"AlarmNames": list(alarms)}}


@pytest.mark.parametrize(
    "wrong",
    [
        rule(Expression="cron(0 2 * * SUN *)"),
        rule(Expression="rate(5 minutes)"),
        rule(Duration="4h"),
        rule(Duration="P16D"),
        rule(Timezone="Mars/Olympus"),
        rule(alarms=("unknown",)),
    ],
)
def test_rules_that_cannot_work_are_refused(cloudwatch: Any, wrong: dict[str, Any]) -> None:
    with refused("ValidationError"):
        cloudwatch.put_alarm_mute_rule(**wrong)


def test_rules_are_kept_listed_and_deleted(cloudwatch: Any) -> None:
    cloudwatch.put_alarm_mute_rule(**rule())
    found = cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="r")
    assert found["Rule"]["Schedule"]["Expression"] == "cron(0 2 * * SUN)"
    assert found["MuteType"] == "RECURRING"
    assert found["AlarmMuteRuleArn"].endswith(":alarm-mute-rule:r")
    assert len(cloudwatch.list_alarm_mute_rules(AlarmName="a")["AlarmMuteRuleSummaries"]) == 1
    assert cloudwatch.list_alarm_mute_rules(AlarmName="b")["AlarmMuteRuleSummaries"] == []
    for _again in range(2):  # it is idempotent
        cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="r")
    with refused("ResourceNotFoundException"):
        cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="r")


@pytest.mark.parametrize(
    ("schedule", "status"),
    [
        ({"Expression": "cron(0 * * * *)", "Duration": "PT1H"}, "ACTIVE"),
        ({"Expression": "cron(0 0 * JAN-DEC MON-SAT,SUN)", "Duration": "P1D", "Timezone": "Europe/Berlin"}, "ACTIVE"),
        ({"Expression": "at(2001-01-01T00:00)", "Duration": "P15D"}, "EXPIRED"),
        ({"Expression": "cron(0 0 30 FEB *)", "Duration": "P15D"}, "SCHEDULED"),
    ],
)
def test_a_rule_is_active_in_its_windows(cloudwatch: Any, schedule: dict[str, str], status: str) -> None:
    cloudwatch.put_alarm_mute_rule(**rule(**schedule))
    assert cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="r")["Status"] == status
