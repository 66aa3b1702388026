# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What properties do not show of alarms."""

from __future__ import annotations

import typing as t

import pytest

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.run import converge

MODULE = "metric_alarms"
TOPIC = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:infosec"


def alarm(**options: t.Any) -> dict[str, t.Any]:
    """An alarm with these options; those that are None are left out."""
    given = {
        "name": "RootAccess",
        "metric_name": "RootAccessEventCount",
        "namespace": "CloudTrailMetrics",
        "statistic": "Sum",
        "period": 300,
        "evaluation_periods": 1,
        "threshold": 1,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        **options,
    }
    return {name: value for name, value in given.items() if value is not None}


def one(**options: t.Any) -> dict[str, t.Any]:
    return {"alarms": [alarm(**options)]}


def operations(emulator: Emulator) -> list[str]:
    return [call.operation for call in emulator.writes()]


def described(emulator: Emulator) -> dict[str, t.Any]:
    return emulator.client("cloudwatch", HOME_REGION, ACCOUNT_ID).describe_alarms()["MetricAlarms"][0]


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"alarm_description": "x" * 1025}, "alarm_description"),
        ({"namespace": ":a"}, "namespace"),
        ({"statistic": None}, "statistic"),
        ({"statistic": None, "extended_statistic": "p101"}, "extended_statistic"),
        ({"statistic": None, "extended_statistic": "Sum"}, "extended_statistic"),
        ({"period": 0}, "period"),
        ({"period": 7}, "period"),
        ({"period": 90}, "period"),
        ({"period": 60, "evaluation_periods": 1441}, "evaluation_periods"),
        ({"period": 3600, "evaluation_periods": 169}, "evaluation_periods"),
        ({"evaluation_periods": 0}, "evaluation_periods"),
        ({"datapoints_to_alarm": 2}, "datapoints_to_alarm"),
        ({"threshold": "nan"}, "threshold"),
        ({"unit": "Furlongs"}, "unit"),
        ({"alarm_actions": ["infosec"]}, "alarm_actions"),
        ({"ok_actions": [f"{TOPIC}-{number}" for number in range(6)]}, "ok_actions"),
        ({"insufficient_data_actions": [TOPIC, TOPIC]}, "insufficient_data_actions"),
        ({"dimensions": {str(number): "a" for number in range(31)}}, "dimensions"),
    ],
)
def test_wrong_options_are_refused_before_the_first_call(
    emulator: Emulator, options: dict[str, t.Any], option: str
) -> None:
    result = converge(emulator, MODULE, one(**options))
    assert result["failed"] and result["msg"].startswith(f"alarms[0].{option}: "), result["msg"]
    assert not emulator.calls()


@pytest.mark.parametrize(
    "options",
    [
        {"period": 10},
        {"period": 60, "evaluation_periods": 1440},
        {"period": 3600, "evaluation_periods": 168},
        *(
            {"statistic": None, "extended_statistic": name}
            for name in ("p99.9", "tm90", "IQM", "PR(1:10)", "TM(10%:90%)")
        ),
        {"alarm_actions": ["arn:aws:automate:eu-central-1:ec2:stop"]},
    ],
    ids=str,
)
def test_all_that_aws_accepts_is_accepted(emulator: Emulator, options: dict[str, t.Any]) -> None:
    result = converge(emulator, MODULE, one(**options))
    assert result["changed"], result.get("msg")
    assert not converge(emulator, MODULE, one(**options))["changed"]


def test_purging_needs_a_prefix(emulator: Emulator) -> None:
    result = converge(emulator, MODULE, {"alarms": [], "purge": True, "purge_prefix": ""})
    assert result["failed"] and result["msg"].startswith("purge_prefix: ")
    assert not emulator.calls()


@pytest.mark.parametrize(("enabled", "operation"), [(True, "EnableAlarmActions"), (False, "DisableAlarmActions")])
def test_switching_actions_is_all_that_is_done_when_they_are_all_that_differs(
    emulator: Emulator, enabled: bool, operation: str
) -> None:
    converge(emulator, MODULE, one(actions_enabled=not enabled))
    emulator.clear_calls()
    result = converge(emulator, MODULE, one(actions_enabled=enabled))
    assert operations(emulator) == [operation]
    assert result["diff"] == [
        {
            "before_header": f"AWS::CloudWatch::Alarm RootAccess ({ACCOUNT_ID}, {HOME_REGION})",
            "after_header": f"AWS::CloudWatch::Alarm RootAccess ({ACCOUNT_ID}, {HOME_REGION})",
            "before": f"actions_enabled: {str(not enabled).lower()}\n",
            "after": f"actions_enabled: {str(enabled).lower()}\n",
        }
    ]


def test_silenced_alarms_are_put_right_unless_silence_is_declared(emulator: Emulator) -> None:
    converge(emulator, MODULE, one())
    emulator.client("cloudwatch", HOME_REGION, ACCOUNT_ID).disable_alarm_actions(AlarmNames=["RootAccess"])
    assert converge(emulator, MODULE, one(), check_mode=True)["changed"]
    assert not converge(emulator, MODULE, one(actions_enabled=False))["changed"]


def test_what_is_not_declared_survives(emulator: Emulator) -> None:
    declared = {
        "alarm_description": "Ask the owner",
        "alarm_actions": [TOPIC],
        "dimensions": {"Stage": "prod"},
        "treat_missing_data": "notBreaching",
        "unit": "Count",
    }
    converge(emulator, MODULE, one(**declared))
    before = described(emulator)
    result = converge(emulator, MODULE, one(threshold=5))
    assert result["changes"][0]["before"] == {"threshold": 1.0}
    after = described(emulator)
    changing = {"Threshold", "AlarmConfigurationUpdatedTimestamp"}
    assert {name for name in before if before[name] != after.get(name)} <= changing
    assert after["Threshold"] == 5


def test_parameters_without_an_option_survive(emulator: Emulator) -> None:
    cloudwatch = emulator.client("cloudwatch", HOME_REGION, ACCOUNT_ID)
    cloudwatch.put_metric_alarm(
        AlarmName="RootAccess",
        MetricName="RootAccessEventCount",
        Namespace="CloudTrailMetrics",
        ExtendedStatistic="p95",
        EvaluateLowSampleCountPercentile="ignore",
        Period=300,
        EvaluationPeriods=1,
        Threshold=2,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
    )
    converge(emulator, MODULE, one(statistic=None, extended_statistic="p95"))
    assert described(emulator)["EvaluateLowSampleCountPercentile"] == "ignore"
    assert described(emulator)["Threshold"] == 1


def test_a_hundred_alarms_are_one_read(emulator: Emulator) -> None:
    arguments = {"alarms": [alarm(name=f"alarm-{number}") for number in range(150)]}
    converge(emulator, MODULE, arguments)
    emulator.clear_calls()
    assert not converge(emulator, MODULE, arguments)["changed"]
    assert sorted(call.operation for call in emulator.calls()) == [
        "DescribeAlarms",
        "DescribeAlarms",
        "GetCallerIdentity",
    ]


def test_one_alarm_that_fails_does_not_keep_others_from_being_made(emulator: Emulator) -> None:
    elsewhere = f"arn:aws:sns:us-east-1:{ACCOUNT_ID}:infosec"
    arguments = {"alarms": [alarm(name="wrong", alarm_actions=[elsewhere]), alarm(name="right")]}
    result = converge(emulator, MODULE, arguments)
    assert result["failed"]
    assert [change["key"] for change in result["changes"]] == ["right"]
    assert [(error["key"], error["operation"]) for error in result["errors"]] == [
        ("wrong", "cloudwatch:PutMetricAlarm")
    ]
