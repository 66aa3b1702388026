# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch metric alarms."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, REGION, refused

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"
ALARM: dict[str, Any] = {
    "AlarmName": "one",
    "AlarmDescription": "d",
    "MetricName": "Count",
    "Namespace": "Trail",
    "Statistic": "Sum",
    "Period": 300,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": [TOPIC],
}


@pytest.fixture
def cloudwatch(emulator: Emulator) -> Any:
    return emulator.client("cloudwatch")


def test_alarm_is_kept_and_starts_without_data(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**ALARM)
    alarm = cloudwatch.describe_alarms()["MetricAlarms"][0]
    assert ALARM.items() <= alarm.items()
    assert alarm["StateValue"] == "INSUFFICIENT_DATA"
    assert alarm["AlarmArn"] == f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:one"
    assert (alarm["ActionsEnabled"], alarm["OKActions"], alarm["Dimensions"]) == (True, [], [])
    cloudwatch.set_alarm_state(AlarmName="one", StateValue="ALARM", StateReason="test")
    changed = {key: value for key, value in ALARM.items() if key != "AlarmDescription"} | {"Threshold": 5.0}
    cloudwatch.put_metric_alarm(**changed)
    alarm = cloudwatch.describe_alarms()["MetricAlarms"][0]
    assert (alarm["StateValue"], alarm["Threshold"]) == ("ALARM", 5.0)
    assert "AlarmDescription" not in alarm


@pytest.mark.parametrize("period", [10, 20, 30, 60, 3600, 86400])
def test_good_periods(cloudwatch: Any, period: int) -> None:
    cloudwatch.put_metric_alarm(**ALARM | {"Period": period})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Period": 7}, "ValidationError"),
        ({"Period": 90}, "ValidationError"),
        ({"Period": None}, "ValidationError"),
        ({"Namespace": None}, "ValidationError"),
        ({"Namespace": ":x"}, "ValidationError"),
        ({"MetricName": None}, "ValidationError"),
        ({"Statistic": None}, "ValidationError"),
        ({"Statistic": "Median"}, "ValidationError"),
        ({"ExtendedStatistic": "p99"}, "InvalidParameterCombination"),
        ({"Statistic": None, "ExtendedStatistic": "p101"}, "ValidationError"),
        ({"ComparisonOperator": "Equals"}, "ValidationError"),
        ({"ComparisonOperator": None}, "ValidationError"),
        ({"ComparisonOperator": "LessThanLowerThreshold"}, "ValidationError"),
        ({"EvaluationPeriods": None}, "ValidationError"),
        ({"EvaluationPeriods": 289}, "ValidationError"),
        ({"DatapointsToAlarm": 2}, "ValidationError"),
        ({"Threshold": None}, "ValidationError"),
        ({"TreatMissingData": "ignored"}, "ValidationError"),
        ({"EvaluateLowSampleCountPercentile": "ignore"}, "ValidationError"),
        ({"Unit": "Furlongs"}, "ValidationError"),
        ({"AlarmName": "x" * 256}, "ValidationError"),
        ({"AlarmActions": ["alerts"]}, "ValidationError"),
        ({"AlarmActions": [TOPIC.replace(REGION, "eu-west-1")]}, "ValidationError"),
        ({"AlarmActions": [f"{TOPIC}-{n}" for n in range(6)]}, "ValidationError"),
        ({"Metrics": [{"Id": "a", "Expression": "1"}]}, "InvalidParameterCombination"),
        ({"Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]}, "ValidationError"),
    ],
)
def test_bad_alarms(cloudwatch: Any, changes: dict[str, Any], code: str) -> None:
    with refused(code):
        cloudwatch.put_metric_alarm(**{key: value for key, value in (ALARM | changes).items() if value is not None})
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_alarm_on_an_expression(cloudwatch: Any) -> None:
    stat = {"Metric": {"Namespace": "Trail", "MetricName": "Count"}, "Period": 300, "Stat": "Sum"}
    metrics = [
        {"Id": "errors", "MetricStat": stat, "ReturnData": False},
        {"Id": "rate", "Expression": "errors / 2", "Label": "Rate"},
    ]
    base = {key: ALARM[key] for key in ("AlarmName", "EvaluationPeriods", "Threshold", "ComparisonOperator")}
    cloudwatch.put_metric_alarm(**base, Metrics=metrics)
    alarm = cloudwatch.describe_alarms()["MetricAlarms"][0]
    assert [one["Id"] for one in alarm["Metrics"]] == ["errors", "rate"]
    both = [dict(one, ReturnData=True) for one in metrics]
    twice = [metrics[1], metrics[1]]
    for wrong in (both, twice, [{"Id": "Rate", "Expression": "1"}], [{"Id": "x"}]):
        with refused("ValidationError"):
            cloudwatch.put_metric_alarm(**base, Metrics=wrong)


def test_describe(cloudwatch: Any) -> None:
    for number in range(120):
        cloudwatch.put_metric_alarm(**ALARM | {"AlarmName": f"alarm-{number:03}"})
    first = cloudwatch.describe_alarms()
    assert len(first["MetricAlarms"]) == 50
    names = [
        row["AlarmName"]
        for found in cloudwatch.get_paginator("describe_alarms").paginate()
        for row in found["MetricAlarms"]
    ]
    assert names == [f"alarm-{number:03}" for number in range(120)]
    assert len(cloudwatch.describe_alarms(MaxRecords=100)["MetricAlarms"]) == 100
    assert len(cloudwatch.describe_alarms(AlarmNamePrefix="alarm-01")["MetricAlarms"]) == 10
    got = cloudwatch.describe_alarms(AlarmNames=["alarm-005", "absent"])["MetricAlarms"]
    assert [row["AlarmName"] for row in got] == ["alarm-005"]
    assert cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"] == []
    with refused("InvalidParameterCombination"):
        cloudwatch.describe_alarms(AlarmNames=["a"], AlarmNamePrefix="a")
    with refused("InvalidNextToken"):
        cloudwatch.describe_alarms(NextToken="nonsense")


def test_actions_are_switched(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**ALARM)
    for method, enabled in (("disable_alarm_actions", False), ("enable_alarm_actions", True)):
        getattr(cloudwatch, method)(AlarmNames=["one"])
        assert cloudwatch.describe_alarms()["MetricAlarms"][0]["ActionsEnabled"] is enabled


def test_delete(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**ALARM)
    with refused("ResourceNotFound"):
        cloudwatch.delete_alarms(AlarmNames=["one", "absent"])
    assert len(cloudwatch.describe_alarms()["MetricAlarms"]) == 1
    cloudwatch.delete_alarms(AlarmNames=["one"])
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_tags_are_those_of_the_first_put(cloudwatch: Any) -> None:
    arn = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:one"
    cloudwatch.put_metric_alarm(**ALARM, Tags=[{"Key": "a", "Value": "1"}])
    cloudwatch.put_metric_alarm(**ALARM, Tags=[{"Key": "a", "Value": "2"}])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "1"}]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "b", "Value": "2"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    with refused("ResourceNotFoundException"):
        cloudwatch.tag_resource(ResourceARN=arn + "-absent", Tags=[])


def test_alarms_of_a_metric(cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**ALARM)
    cloudwatch.put_metric_alarm(**ALARM | {"AlarmName": "two", "Dimensions": [{"Name": "a", "Value": "b"}]})
    found = cloudwatch.describe_alarms_for_metric(MetricName="Count", Namespace="Trail")["MetricAlarms"]
    assert [row["AlarmName"] for row in found] == ["one"]
