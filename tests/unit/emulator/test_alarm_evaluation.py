# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics by themselves, and the states that alarms take from them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import refused

ALARM: dict[str, Any] = {
    "AlarmName": "a", "Namespace": "App", "MetricName": "Load", "Statistic": "Sum", "Period": 60,
    "EvaluationPeriods": 3, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}  # fmt: skip


@pytest.fixture
def cloudwatch(emulator: Emulator) -> Any:
    return emulator.client("cloudwatch")


def put(cloudwatch: Any, *values: float, minutes_ago: float = 0, **more: Any) -> None:
    if minutes_ago:
        more["Timestamp"] = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    data = [{"MetricName": "Load", "Value": value, **more} for value in values]
    cloudwatch.put_metric_data(Namespace="App", MetricData=data)


def evaluated(emulator: Emulator, points: str, **changes: Any) -> str:
    """The state of an alarm after a last evaluation of minutes that breach (X), do not (0) or are missing (-)."""
    cloudwatch = emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(**{**ALARM, **changes})
    now = emulator.advance(60 - datetime.now(UTC).second)  # a minute begins, so that none ends in between
    start = now.replace(second=0, microsecond=0) - timedelta(minutes=len(points) - 1)
    data = [
        {"MetricName": "Load", "Value": float(point == "X"), "Timestamp": start + timedelta(minutes=minute)}
        for minute, point in enumerate(points)
        if point != "-"
    ]
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="OK", StateReason="start")
    if data:
        cloudwatch.put_metric_data(Namespace="App", MetricData=data)
    emulator.advance(1)
    return str(cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"])


TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")
OK, ALARMED, NO_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"


@pytest.mark.parametrize(
    ("points", "to_alarm", "states"),
    [
        # the two tables of "Configuring how CloudWatch alarms treat missing data"; what is retained is OK here
        ("0-X-X", 3, (OK, OK, OK, OK)),
        ("0----", 3, (OK, OK, OK, OK)),
        ("-----", 3, (NO_DATA, OK, ALARMED, OK)),
        ("0XX-X", 3, (ALARMED, ALARMED, ALARMED, ALARMED)),
        ("--X--", 3, (ALARMED, OK, ALARMED, OK)),
        ("0-X-X", 2, (ALARMED, ALARMED, ALARMED, ALARMED)),
        ("00X0X", 2, (ALARMED, ALARMED, ALARMED, ALARMED)),
        ("0-X--", 2, (OK, OK, ALARMED, OK)),
        ("----0", 2, (OK, OK, ALARMED, OK)),
        ("---X-", 2, (ALARMED, OK, ALARMED, OK)),
        # and what it says below them: a breach too young for its M periods does not alarm yet
        ("----X", 2, (OK, OK, ALARMED, OK)),
    ],
)
def test_missing_data(emulator: Emulator, points: str, to_alarm: int, states: tuple[str, ...]) -> None:
    found = [
        (emulator.reset(), evaluated(emulator, points, DatapointsToAlarm=to_alarm, TreatMissingData=one))[1]
        for one in TREATMENTS
    ]
    assert tuple(found) == states


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"Statistic": "Sum", "Threshold": 60}, ALARMED),
        ({"Statistic": "Average", "Threshold": 20}, ALARMED),
        ({"Statistic": "Average", "Threshold": 21}, OK),
        ({"Statistic": "Maximum", "Threshold": 30}, ALARMED),
        ({"Statistic": "Minimum", "Threshold": 11}, OK),
        ({"Statistic": "SampleCount", "Threshold": 3}, ALARMED),
        ({"Statistic": "Sum", "Threshold": 60, "ComparisonOperator": "GreaterThanThreshold"}, OK),
        ({"Statistic": "Minimum", "Threshold": 10, "ComparisonOperator": "LessThanOrEqualToThreshold"}, ALARMED),
        ({"ExtendedStatistic": "p50", "Threshold": 20}, ALARMED),
        ({"ExtendedStatistic": "p50", "Threshold": 21}, OK),
        ({"Unit": "Count"}, NO_DATA),
        ({"Dimensions": [{"Name": "Host", "Value": "a"}]}, NO_DATA),
    ],
)
def test_statistics(cloudwatch: Any, changes: dict[str, Any], state: str) -> None:
    alarm = {**ALARM, "EvaluationPeriods": 1, **changes}
    if "ExtendedStatistic" in alarm:
        del alarm["Statistic"]
    cloudwatch.put_metric_alarm(**alarm)
    put(cloudwatch, 10, 20, 30)
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == state


def test_an_alarm_on_one_metric_of_a_list_is_evaluated(cloudwatch: Any) -> None:
    metric = {"Namespace": "App", "MetricName": "Load"}
    query = {"Id": "m", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "Sum"}, "ReturnData": True}
    kept = {key: ALARM[key] for key in ("AlarmName", "Threshold", "ComparisonOperator")}
    cloudwatch.put_metric_alarm(**kept, EvaluationPeriods=1, Metrics=[query])
    put(cloudwatch, 1)
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["StateValue"] == ALARMED


def test_the_history_is_kept_and_paged(emulator: Emulator, cloudwatch: Any) -> None:
    cloudwatch.put_metric_alarm(**{**ALARM, "EvaluationPeriods": 1, "TreatMissingData": "notBreaching"})
    put(cloudwatch, 5)
    emulator.advance(600)
    cloudwatch.delete_alarms(AlarmNames=["a"])
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName="a", ScanBy="TimestampAscending", PaginationConfig={"PageSize": 3}
    )
    rows = [row for page in pages for row in page["AlarmHistoryItems"]]
    assert [(row["HistoryItemType"], row["HistorySummary"]) for row in rows] == [
        ("ConfigurationUpdate", 'Alarm "a" created'),
        ("StateUpdate", "Alarm updated from INSUFFICIENT_DATA to ALARM"),
        ("StateUpdate", "Alarm updated from ALARM to OK"),
        ("ConfigurationUpdate", 'Alarm "a" deleted'),
    ]


# --- metrics --------------------------------------------------------------------------------------------------------


def test_statistics_can_be_read(cloudwatch: Any) -> None:
    put(cloudwatch, 1, 3, Unit="Count")
    put(cloudwatch, 10, minutes_ago=30)
    span = {"StartTime": datetime.now(UTC) - timedelta(hours=1), "EndTime": datetime.now(UTC) + timedelta(minutes=1)}
    stat = {"Metric": {"Namespace": "App", "MetricName": "Load"}, "Period": 300, "Stat": "Sum"}
    [result] = cloudwatch.get_metric_data(MetricDataQueries=[{"Id": "m", "MetricStat": stat}], **span)[
        "MetricDataResults"
    ]
    assert (result["Label"], result["Values"]) == ("Load", [4, 10])
    rows = cloudwatch.get_metric_statistics(
        Namespace="App", MetricName="Load", Period=300, Statistics=["Average"], Unit="Count", **span
    )["Datapoints"]
    assert [(row["Average"], row["Unit"]) for row in rows] == [(2, "Count")]


@pytest.mark.parametrize(
    ("datum", "code"),
    [
        ({"Value": 1, "Values": [1]}, "InvalidParameterCombination"),
        ({}, "InvalidParameterCombination"),
        ({"Value": 1, "Timestamp": datetime(2020, 1, 1, tzinfo=UTC)}, "InvalidParameterValue"),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterValue"),
        ({"Value": 1, "Dimensions": [{"Name": "a", "Value": "b"}] * 2}, "InvalidParameterValue"),
    ],
)
def test_bad_data(cloudwatch: Any, datum: dict[str, Any], code: str) -> None:
    with refused(code):
        cloudwatch.put_metric_data(Namespace="App", MetricData=[{"MetricName": "Load", **datum}])
