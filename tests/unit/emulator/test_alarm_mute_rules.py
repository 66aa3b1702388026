# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarm mute rules: an alarm changes its state and tells nobody, as long as a window is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import refused

TOPIC = "arn:aws:sns:us-east-1:123456789012:alerts"
ALARM: dict[str, Any] = {
    "AlarmName": "a", "Namespace": "App", "MetricName": "Load", "Statistic": "Sum", "Period": 60, "Threshold": 1,
    "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "AlarmActions": [TOPIC],
}  # fmt: skip


@pytest.fixture
def cloudwatch(emulator: Emulator) -> Any:
    sns = emulator.client("sns")
    sns.create_topic(Name="alerts")
    sns.subscribe(TopicArn=TOPIC, Protocol="sms", Endpoint="+12065550100")
    client = emulator.client("cloudwatch")
    client.put_metric_alarm(**ALARM)
    return client


def mute(cloudwatch: Any, begin: datetime, duration: str = "PT1H", **more: Any) -> None:
    schedule = {"Expression": f"at({begin:%Y-%m-%dT%H:%M})", "Duration": duration}
    cloudwatch.put_alarm_mute_rule(Name="night", Rule={"Schedule": schedule}, **more)


def set_off(emulator: Emulator, cloudwatch: Any) -> int:
    """How many messages there are of an alarm that goes off."""
    before = len(emulator.outbox())
    for state in ("OK", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName="a", StateValue=state, StateReason="test")
    return len(emulator.outbox()) - before


def test_a_window_mutes_its_alarms_while_it_is_open(emulator: Emulator, cloudwatch: Any) -> None:
    assert set_off(emulator, cloudwatch) == 1
    mute(cloudwatch, datetime.now(UTC), MuteTargets={"AlarmNames": ["a"]})
    assert set_off(emulator, cloudwatch) == 0
    [rule] = cloudwatch.list_alarm_mute_rules(Statuses=["ACTIVE"])["AlarmMuteRuleSummaries"]
    assert rule["AlarmMuteRuleArn"].endswith(":alarm-mute-rule:night")
    assert cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="night")["MuteTargets"] == {"AlarmNames": ["a"]}
    emulator.advance(3700)
    assert set_off(emulator, cloudwatch) == 1
    assert cloudwatch.list_alarm_mute_rules(Statuses=["ACTIVE"])["AlarmMuteRuleSummaries"] == []
    assert cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="night")["Status"] == "EXPIRED"


def test_a_window_that_is_not_open_yet_or_for_others_mutes_nothing(emulator: Emulator, cloudwatch: Any) -> None:
    mute(cloudwatch, datetime.now(UTC) + timedelta(hours=2), MuteTargets={"AlarmNames": ["a"]})
    assert cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="night")["Status"] == "SCHEDULED"
    assert set_off(emulator, cloudwatch) == 1
    cloudwatch.put_metric_alarm(**{**ALARM, "AlarmName": "b"})
    mute(cloudwatch, datetime.now(UTC), MuteTargets={"AlarmNames": ["b"]})
    assert set_off(emulator, cloudwatch) == 1
    assert cloudwatch.list_alarm_mute_rules(AlarmName="a")["AlarmMuteRuleSummaries"] == []


def test_refusals(cloudwatch: Any) -> None:
    with refused("ResourceNotFoundException"):
        cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName="none")
    with refused("ValidationError"):
        mute(cloudwatch, datetime.now(UTC), "P16D")
    with refused("ValidationError"):
        cloudwatch.put_alarm_mute_rule(
            Name="night", Rule={"Schedule": {"Expression": "rate(1 day)", "Duration": "PT1H"}}
        )
    cloudwatch.delete_alarm_mute_rule(AlarmMuteRuleName="none")
