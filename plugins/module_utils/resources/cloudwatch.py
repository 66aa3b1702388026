# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon CloudWatch: alarms on metrics."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client
from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Call
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Fields
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Observed
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import ResourceType
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import register
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

COMPARISON_OPERATORS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
"""Those for a fixed threshold; the others are for anomaly detection."""
STATISTICS = ("SampleCount", "Average", "Sum", "Minimum", "Maximum")
MISSING_DATA = ("breaching", "notBreaching", "ignore", "missing")
DEFAULT_MISSING_DATA = "missing"

NAMES_PER_CALL = 100
PAGE_SIZE = 100

PARAMETERS = {
    "alarm_description": "AlarmDescription",
    "actions_enabled": "ActionsEnabled",
    "alarm_actions": "AlarmActions",
    "ok_actions": "OKActions",
    "insufficient_data_actions": "InsufficientDataActions",
    "metric_name": "MetricName",
    "namespace": "Namespace",
    "statistic": "Statistic",
    "extended_statistic": "ExtendedStatistic",
    "dimensions": "Dimensions",
    "period": "Period",
    "evaluation_periods": "EvaluationPeriods",
    "datapoints_to_alarm": "DatapointsToAlarm",
    "threshold": "Threshold",
    "comparison_operator": "ComparisonOperator",
    "treat_missing_data": "TreatMissingData",
    "unit": "Unit",
}
"""The fields of an alarm, and what the API calls them."""

KEPT = ("EvaluateLowSampleCountPercentile", "EvaluationWindow", "WarmUpConfiguration", "ActionConfiguration")
"""Parameters without a field here. C(cloudwatch:PutMetricAlarm) would reset them, so they are sent as they are."""


@register
class Alarm(ResourceType):
    """An alarm on one metric. Key: its name. Attributes: arn.

    Fields: as PARAMETERS. dimensions: a dictionary; period: seconds. Whoever creates one declares metric_name,
    namespace, period, evaluation_periods, threshold, comparison_operator, and statistic or extended_statistic.
    """

    type = "AWS::CloudWatch::Alarm"
    service = "cloudwatch"
    after = ("AWS::SNS::Topic", "AWS::Logs::MetricFilter")
    sets = frozenset({"alarm_actions", "ok_actions", "insufficient_data_actions"})
    permissions = {
        "read": ("cloudwatch:DescribeAlarms",),
        "write": (
            "cloudwatch:PutMetricAlarm",
            "cloudwatch:EnableAlarmActions",
            "cloudwatch:DisableAlarmActions",
            "cloudwatch:DeleteAlarms",
        ),
    }

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": scope.arn("cloudwatch", f"alarm:{key}")}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        names = [name for name in wanted if not name.startswith(tuple(prefixes))]
        queries: list[Fields] = [{"AlarmNamePrefix": prefix} for prefix in prefixes]
        for start in range(0, len(names), NAMES_PER_CALL):
            queries.append({"AlarmNames": names[start : start + NAMES_PER_CALL]})

        def alarms(query: Fields) -> list[Fields]:
            kind = ["MetricAlarm"]
            return client.pages("DescribeAlarms", "MetricAlarms", AlarmTypes=kind, MaxRecords=PAGE_SIZE, **query)

        return {alarm["AlarmName"]: self._observed(alarm) for found in in_parallel(alarms, queries) for alarm in found}

    @staticmethod
    def _observed(alarm: Fields) -> Observed:
        fields = {field: alarm.get(name) for field, name in PARAMETERS.items()}
        fields["dimensions"] = {item["Name"]: item["Value"] for item in alarm.get("Dimensions", [])}
        fields["treat_missing_data"] = alarm.get("TreatMissingData") or DEFAULT_MISSING_DATA
        kept = {name: alarm[name] for name in KEPT if alarm.get(name)}
        return Observed(fields, {"arn": alarm["AlarmArn"], "kept": kept})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [self._put(key, fields)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        if changed == {"actions_enabled"}:
            operation = "EnableAlarmActions" if after["actions_enabled"] else "DisableAlarmActions"
            return [Call(operation, {"AlarmNames": [key]})]
        fields, kept = dict(after), dict(before.attributes["kept"])
        if "statistic" in changed:
            fields["extended_statistic"] = None
            kept.pop("EvaluateLowSampleCountPercentile", None)
        elif "extended_statistic" in changed:
            fields["statistic"] = None
        if (fields["datapoints_to_alarm"] or 0) > fields["evaluation_periods"]:
            fields["datapoints_to_alarm"] = None
        return [self._put(key, fields, kept)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteAlarms", {"AlarmNames": [key]})]

    @staticmethod
    def _put(key: str, fields: Fields, kept: Fields | None = None) -> Call:
        parameters: dict[str, t.Any] = {"AlarmName": key, **(kept or {})}
        for field, name in PARAMETERS.items():
            value = fields.get(field)
            if field == "dimensions" and value:
                parameters[name] = [{"Name": item, "Value": value[item]} for item in sorted(value)]
            elif value not in (None, "", [], {}):
                parameters[name] = value
        return Call("PutMetricAlarm", parameters)
