# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon CloudWatch: alarms on metrics, and rules that mute alarms."""

from __future__ import annotations

import collections.abc as c
import math
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    ResourceType,
    register,
)
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

ALARM_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "alarm_description": {"type": "str"},
    "actions_enabled": {"type": "bool", "default": True},
    "alarm_actions": {"type": "list", "elements": "str"},
    "ok_actions": {"type": "list", "elements": "str"},
    "insufficient_data_actions": {"type": "list", "elements": "str"},
    "metric_name": {"type": "str"},
    "namespace": {"type": "str"},
    "dimensions": {"type": "dict"},
    "statistic": {"type": "str", "choices": list(STATISTICS)},
    "extended_statistic": {"type": "str"},
    "period": {"type": "int"},
    "evaluation_periods": {"type": "int"},
    "datapoints_to_alarm": {"type": "int"},
    "threshold": {"type": "float"},
    "comparison_operator": {"type": "str", "choices": list(COMPARISON_OPERATORS)},
    "treat_missing_data": {"type": "str", "choices": list(MISSING_DATA)},
    "unit": {"type": "str"},
}
"""Suboptions of an option that declares an alarm."""

REQUIRED_OPTIONS = (
    *("metric_name", "namespace", "period", "evaluation_periods"),
    *("threshold", "comparison_operator"),
)
"""What an alarm cannot be created without, beside one of the statistics."""

ACTION_OPTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")
MOST_ACTIONS = 5
LENGTHS = {"name": (1, 255), "alarm_description": (0, 1024), "metric_name": (1, 255), "namespace": (1, 255)}
"""Shortest and longest values that C(cloudwatch:PutMetricAlarm) accepts, in characters."""
MOST_DIMENSIONS = 30
SHORT_PERIODS = (10, 20, 30)
HOUR, DAY, WEEK = 3600, 86400, 604800
"""Seconds."""
ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12}|ec2)?:\S+")
PERCENTAGE = r"(100|\d{1,2}(\.\d{1,10})?)"
RANGE = r"\([\d.]*%?:[\d.]*%?\)"
EXTENDED_STATISTIC = re.compile(rf"(p|tm|tc|ts|wm){PERCENTAGE}|IQM|(PR|TC|TM|TS|WM){RANGE}", re.IGNORECASE)

UNITS = (
    *("Seconds", "Microseconds", "Milliseconds"),
    *("Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes"),
    *("Bits", "Kilobits", "Megabits", "Gigabits", "Terabits"),
    *("Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second"),
    *("Bits/Second", "Kilobits/Second", "Megabits/Second", "Gigabits/Second", "Terabits/Second"),
    *("Percent", "Count", "Count/Second", "None"),
)
"""Units of metrics."""

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

MUTE_RULE_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "description": {"type": "str"},
    "expression": {"type": "str"},
    "duration": {"type": "str"},
    "timezone": {"type": "str"},
    "alarm_names": {"type": "list", "elements": "str"},
}
"""Suboptions of an option that declares a rule that mutes alarms."""

MOST_MUTED = 100
DEFAULT_TIMEZONE = "UTC"
_CRON_FIELD = r"[A-Z0-9*,-]+"
EXPRESSION = re.compile(rf"cron\({_CRON_FIELD}(?: {_CRON_FIELD}){{4}}\)|at\(\d{{4}}-\d\d-\d\dT\d\d:\d\d\)")
DURATION = re.compile(r"P(?=\d|T\d)(?:(?P<days>\d+)D)?(?:T(?=\d)(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?)?")
LONGEST_MUTE = 15 * 24 * 60
"""Minutes."""


def alarm(options: Fields, option: str = "alarm") -> Desired:
    """The alarm that an option with ALARM_OPTIONS declares. option: its name. Raises OptionError."""
    for name, (shortest, longest) in LENGTHS.items():
        if options[name] is not None and not shortest <= len(options[name]) <= longest:
            raise OptionError(f"{option}.{name}", options[name], f"{shortest} to {longest} characters")
    if options["state"] == "present":
        _check_metric(options, option)
        _check_periods(options, option)
        _check_actions(options, option)
    return Desired(Alarm.type, options["name"], fields_of(options), options["state"])


def _check_metric(options: Fields, option: str) -> None:
    statistic, extended = options["statistic"], options["extended_statistic"]
    if not statistic and not extended:
        raise OptionError(f"{option}.statistic", statistic, f"one of {', '.join(STATISTICS)}, or extended_statistic")
    if extended and not EXTENDED_STATISTIC.fullmatch(extended):
        raise OptionError(f"{option}.extended_statistic", extended, "a statistic such as p95, tm90 or TM(10%:90%)")
    if options["namespace"].startswith(":"):
        raise OptionError(f"{option}.namespace", options["namespace"], "a name that does not start with a colon")
    if options["dimensions"] and len(options["dimensions"]) > MOST_DIMENSIONS:
        raise OptionError(f"{option}.dimensions", options["dimensions"], f"up to {MOST_DIMENSIONS} dimensions")
    if options["unit"] and options["unit"] not in UNITS:
        raise OptionError(f"{option}.unit", options["unit"], ", ".join(UNITS))
    if not math.isfinite(options["threshold"]):
        raise OptionError(f"{option}.threshold", options["threshold"], "a finite number")


def _check_periods(options: Fields, option: str) -> None:
    period, periods, datapoints = options["period"], options["evaluation_periods"], options["datapoints_to_alarm"]
    if period not in SHORT_PERIODS and (period < 1 or period % 60):
        raise OptionError(f"{option}.period", period, "10, 20, 30, or a multiple of 60, in seconds")
    longest = WEEK if period >= HOUR else DAY
    if not 1 <= periods <= longest // period:
        allowed = f"1 to {longest // period} periods of {period} seconds, together at most {longest} seconds"
        raise OptionError(f"{option}.evaluation_periods", periods, allowed)
    if datapoints is not None and not 1 <= datapoints <= periods:
        raise OptionError(f"{option}.datapoints_to_alarm", datapoints, f"1 to {periods}, the evaluation_periods")


def _check_actions(options: Fields, option: str) -> None:
    for name in ACTION_OPTIONS:
        actions = options[name] or []
        if len(actions) > MOST_ACTIONS or len(actions) != len(set(actions)):
            raise OptionError(f"{option}.{name}", actions, f"up to {MOST_ACTIONS} ARNs, each once")
        for action in actions:
            if not ARN.fullmatch(SAMPLE_SCOPE.substitute(action)):
                raise OptionError(f"{option}.{name}", action, "ARNs, such as that of an SNS topic")


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

        return {alarm["AlarmName"]: self.observed(alarm) for found in in_parallel(alarms, queries) for alarm in found}

    @staticmethod
    def observed(alarm: Fields) -> Observed:
        """An alarm as C(cloudwatch:DescribeAlarms) describes it."""
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


def mute_rule(options: Fields, option: str = "mute_rule") -> Desired:
    """The rule that an option with MUTE_RULE_OPTIONS declares. option: its name. Raises OptionError."""
    if not 1 <= len(options["name"]) <= 255:
        raise OptionError(f"{option}.name", options["name"], "1 to 255 characters")
    if options["state"] == "present":
        _check_mute_rule(options, option)
    return Desired(AlarmMuteRule.type, options["name"], fields_of(options), options["state"])


def _check_mute_rule(options: Fields, option: str) -> None:
    if not EXPRESSION.fullmatch(options["expression"]):
        allowed = "cron(0 2 * * SUN), with minutes, hours, days, months and weekdays, or at(2027-12-24T00:00), or alike"
        raise OptionError(f"{option}.expression", options["expression"], allowed)
    parts = DURATION.fullmatch(options["duration"])
    days, hours, minutes = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0)
    if not 1 <= days * 24 * 60 + hours * 60 + minutes <= LONGEST_MUTE:
        raise OptionError(f"{option}.duration", options["duration"], "a duration such as PT8H or P2DT12H, PT1M to P15D")
    if not 1 <= len(set(options["alarm_names"])) <= MOST_MUTED:
        raise OptionError(f"{option}.alarm_names", options["alarm_names"], f"1 to {MOST_MUTED} names of alarms")


@register
class AlarmMuteRule(ResourceType):
    """A rule by which alarms do nothing at certain times. Key: its name. Attributes: arn.

    Fields: description, expression, duration, timezone, alarm_names. Whoever creates one declares expression, duration
    and alarm_names. When it begins and ends to hold at all, and its tags, are left as they are.
    """

    type = "AWS::CloudWatch::AlarmMuteRule"
    service = "cloudwatch"
    after = ("AWS::CloudWatch::Alarm",)
    sets = frozenset({"alarm_names"})
    permissions = {
        "read": ("cloudwatch:ListAlarmMuteRules", "cloudwatch:GetAlarmMuteRule"),
        "write": ("cloudwatch:PutAlarmMuteRule", "cloudwatch:DeleteAlarmMuteRule"),
    }

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": scope.arn("cloudwatch", f"alarm-mute-rule:{key}")}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        rows = client.pages("ListAlarmMuteRules", "AlarmMuteRuleSummaries")
        names = [row["AlarmMuteRuleArn"].partition(":alarm-mute-rule:")[2] for row in rows]
        named = [name for name in names if name in wanted or name.startswith(tuple(prefixes))]

        def rule(name: str) -> Fields | None:
            return client.optional("GetAlarmMuteRule", {"ResourceNotFoundException"}, AlarmMuteRuleName=name)

        return {name: self._observed(row) for name, row in zip(named, in_parallel(rule, named), strict=True) if row}

    @staticmethod
    def _observed(row: Fields) -> Observed:
        schedule = row["Rule"]["Schedule"]
        fields = {
            "description": row.get("Description") or "",
            "expression": schedule["Expression"],
            "duration": schedule["Duration"],
            "timezone": schedule.get("Timezone") or DEFAULT_TIMEZONE,
            "alarm_names": row.get("MuteTargets", {}).get("AlarmNames", []),
        }
        kept = {name: row[name] for name in ("StartDate", "ExpireDate") if row.get(name)}
        return Observed(fields, {"arn": row["AlarmMuteRuleArn"], "kept": kept})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [self._put(key, fields, {})]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return [self._put(key, after, before.attributes["kept"])]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteAlarmMuteRule", {"AlarmMuteRuleName": key})]

    @staticmethod
    def _put(key: str, fields: Fields, kept: Fields) -> Call:
        schedule = {"Expression": fields["expression"], "Duration": fields["duration"]}
        parameters: Fields = {
            "Name": key,
            "Rule": {"Schedule": {**schedule, "Timezone": fields.get("timezone") or DEFAULT_TIMEZONE}},
            "MuteTargets": {"AlarmNames": sorted(fields["alarm_names"])},
            **kept,
        }
        if fields.get("description"):
            parameters["Description"] = fields["description"]
        return Call("PutAlarmMuteRule", parameters)
