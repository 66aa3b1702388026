# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Alarms on metrics of the kind that metric filters make."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

PREFIX = "test--"
ROOT = f"{PREFIX}RootAccess"
LATENCY = f"{PREFIX}Latency"
TOPICS = [f"arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:{name}" for name in ("email", "sms")]

ACTIONS = st.lists(st.sampled_from(TOPICS), unique=True)

COMMON: dict[str, t.Any] = {
    "alarm_description": st.sampled_from(["", "The root user was used"]),
    "actions_enabled": st.booleans(),
    "alarm_actions": ACTIONS,
    "ok_actions": ACTIONS,
    "insufficient_data_actions": ACTIONS,
    "dimensions": st.dictionaries(st.sampled_from(["Stage", "Region"]), st.sampled_from(["a", "b"])),
    "datapoints_to_alarm": st.just(1),
    "treat_missing_data": st.sampled_from(["notBreaching", "missing", "breaching"]),
    "unit": st.sampled_from(["", "Count"]),
}
REQUIRED: dict[str, t.Any] = {
    "metric_name": st.sampled_from(["RootAccessEventCount", "Latency"]),
    "namespace": st.just("CloudTrailMetrics"),
    "period": st.sampled_from([60, 300]),
    "evaluation_periods": st.sampled_from([1, 3]),
    "threshold": st.sampled_from([0, 1, 0.5]),
    "comparison_operator": st.sampled_from(["GreaterThanOrEqualToThreshold", "LessThanThreshold"]),
}


def _alarm(name: str) -> st.SearchStrategy[dict[str, t.Any]]:
    statistic = st.fixed_dictionaries({"statistic": st.sampled_from(["Sum", "Maximum"])})
    extended = st.fixed_dictionaries({"extended_statistic": st.sampled_from(["p95", "tm90"])})
    alarm = st.fixed_dictionaries({"name": st.just(name), **REQUIRED}, optional=COMMON)
    present = st.tuples(alarm, statistic | extended).map(lambda parts: parts[0] | parts[1])
    return present | st.just({"name": name, "state": "absent"})


ALARMS = st.tuples(_alarm(ROOT) | st.none(), _alarm(LATENCY) | st.none()).map(
    lambda alarms: [alarm for alarm in alarms if alarm]
)

ARGUMENTS = st.fixed_dictionaries({"alarms": ALARMS, "purge": st.booleans(), "purge_prefix": st.just(PREFIX)})

TYPICAL = {
    "alarms": [
        {
            "name": ROOT,
            "alarm_description": "The root user was used",
            "metric_name": "RootAccessEventCount",
            "namespace": "CloudTrailMetrics",
            "dimensions": {"Stage": "prod"},
            "statistic": "Sum",
            "period": 60,
            "evaluation_periods": 3,
            "datapoints_to_alarm": 1,
            "threshold": 1,
            "comparison_operator": "GreaterThanOrEqualToThreshold",
            "treat_missing_data": "notBreaching",
            "unit": "Count",
            "alarm_actions": TOPICS,
            "ok_actions": TOPICS[:1],
            "insufficient_data_actions": [],
        },
    ],
    "purge": True,
    "purge_prefix": PREFIX,
}


def _cloudwatch(emulator: Emulator) -> t.Any:
    return emulator.client("cloudwatch", HOME_REGION, ACCOUNT_ID)


def _exists(emulator: Emulator) -> bool:
    return bool(_cloudwatch(emulator).describe_alarms(AlarmNames=[ROOT])["MetricAlarms"])


def _put(emulator: Emulator, name: str, **changes: t.Any) -> None:
    alarm = {
        "AlarmName": name,
        "MetricName": "RootAccessEventCount",
        "Namespace": "CloudTrailMetrics",
        "Dimensions": [{"Name": "Stage", "Value": "prod"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "TreatMissingData": "notBreaching",
        "Unit": "Count",
        "AlarmActions": [f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:email"],
        **changes,
    }
    _cloudwatch(emulator).put_metric_alarm(**{key: value for key, value in alarm.items() if value is not None})


def alarm_deleted(emulator: Emulator) -> None:
    if _exists(emulator):
        _cloudwatch(emulator).delete_alarms(AlarmNames=[ROOT])


def actions_disabled(emulator: Emulator) -> None:
    if _exists(emulator):
        _cloudwatch(emulator).disable_alarm_actions(AlarmNames=[ROOT])


def actions_emptied(emulator: Emulator) -> None:
    if _exists(emulator):
        _put(emulator, ROOT, AlarmActions=[])


def threshold_edited(emulator: Emulator) -> None:
    if _exists(emulator):
        _put(emulator, ROOT, Threshold=100.0)


def statistic_edited(emulator: Emulator) -> None:
    if _exists(emulator):
        _put(emulator, ROOT, Statistic=None, ExtendedStatistic="p99", EvaluateLowSampleCountPercentile="ignore")


def missing_data_edited(emulator: Emulator) -> None:
    if _exists(emulator):
        _put(emulator, ROOT, TreatMissingData="ignore")


def datapoints_edited(emulator: Emulator) -> None:
    if _exists(emulator):
        _put(emulator, ROOT, EvaluationPeriods=5, DatapointsToAlarm=5)


def turned_into_metric_math(emulator: Emulator) -> None:
    if not _exists(emulator):
        return
    stat = {"Metric": {"Namespace": "CloudTrailMetrics", "MetricName": "Other"}, "Period": 60, "Stat": "Sum"}
    of_one_metric = dict.fromkeys(("MetricName", "Namespace", "Dimensions", "Statistic", "Period", "Unit"))
    _put(emulator, ROOT, Metrics=[{"Id": "m1", "MetricStat": stat}], **of_one_metric)


def alarm_of_ours_left_over(emulator: Emulator) -> None:
    _put(emulator, f"{PREFIX}left-over")


def foreign_alarm_added(emulator: Emulator) -> None:
    _put(emulator, "somebody-elses")


CASES = [
    Case(
        module="metric_alarms",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::CloudWatch::Alarm"}),
        drifts=(
            alarm_deleted,
            actions_disabled,
            actions_emptied,
            threshold_edited,
            statistic_edited,
            missing_data_edited,
            datapoints_edited,
            turned_into_metric_math,
            alarm_of_ours_left_over,
            foreign_alarm_added,
        ),
    )
]
