# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch metric alarms: moto validates nothing, never pages, starts alarms as OK and never evaluates them.

Here is what an alarm is; how it gets its state: `alarm_evaluation`, its data: `cloudwatch_metrics`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from .. import clock
from ..errors import AwsError
from ..registry import Scope, Service, page

Params = dict[str, Any]


@dataclass
class Alarm:
    """An alarm: the row DescribeAlarms gives, and its tags."""

    row: Params
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Region:
    """Alarms and mute rules by name, what happened to alarms (oldest first), and the data points of metrics."""

    alarms: dict[str, Alarm] = field(default_factory=dict)
    history: list[Params] = field(default_factory=list)
    metrics: dict[Any, list[Any]] = field(default_factory=dict)
    mute_rules: dict[str, Params] = field(default_factory=dict)


service = Service("cloudwatch", state=Region)

_ACTION_LISTS = ("OKActions", "AlarmActions", "InsufficientDataActions")
_STATIC_OPERATORS = frozenset(
    {
        "GreaterThanOrEqualToThreshold",
        "GreaterThanThreshold",
        "LessThanThreshold",
        "LessThanOrEqualToThreshold",
    }
)
_EXTENDED_STATISTIC = re.compile(
    r"p(\d{1,2}(\.\d{0,10})?|100)|(tm|tc|ts|wm)\d{1,2}(\.\d{0,10})?|IQM|(PR|TM|TC|TS|WM)\([^()]*:[^()]*\)", re.ASCII
)
_ACTION = re.compile(
    r"arn:aws[a-z-]*:("
    r"sns:(?P<region>[a-z0-9-]+):\d{12}:[\w.-]{1,256}"
    r"|automate:[a-z0-9-]+:ec2:(stop|terminate|recover|reboot)"
    r"|swf:[a-z0-9-]+:\d{12}:action/actions/AWS_EC2\.InstanceId\.\w+/1\.0"
    r"|autoscaling:[a-z0-9-]+:\d{12}:scalingPolicy:\S+"
    r"|lambda:[a-z0-9-]+:\d{12}:function:\S+"
    r"|ssm:[a-z0-9-]+:\d{12}:opsitem:\S+"
    r"|ssm-incidents::\d{12}:response-plan/\S+"
    r"|aiops:[a-z0-9-]+:\d{12}:investigation-group:\S+)"
)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationError", message)


def find(name: str, state: Region) -> Alarm:
    if name not in state.alarms:
        raise AwsError("ResourceNotFound", f"Unknown alarm: {name}")
    return state.alarms[name]


def remember(scope: Scope, name: str, kind: str, summary: str, data: Params) -> None:
    """Add an item to the history of an alarm."""
    service.state(scope).history.append(
        {
            "AlarmName": name,
            "AlarmType": "MetricAlarm",
            "Timestamp": clock.moment(),
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps({"version": "1.0", **data}),
        }
    )


@service.operation("PutMetricAlarm")
def put_metric_alarm(params: Params, scope: Scope, state: Region) -> None:
    name = params["AlarmName"]
    if "Metrics" in params:
        _check_metric_queries(params)
    else:
        _check_metric(params)
    _check_threshold(params)
    for key in _ACTION_LISTS:
        _check_actions(params.get(key, []), scope)
    now = clock.moment()
    existing = state.alarms.get(name)
    row = {
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [],
        "InsufficientDataActions": [],
        **{key: value for key, value in params.items() if key != "Tags"},
        "AlarmArn": scope.arn("cloudwatch", f"alarm:{name}"),
        "AlarmConfigurationUpdatedTimestamp": now,
    }
    if "Metrics" not in params:
        row.setdefault("Dimensions", [])
    if existing is not None:
        row |= {key: value for key, value in existing.row.items() if key.startswith("State")}
        existing.row = row
        remember(scope, name, "ConfigurationUpdate", f'Alarm "{name}" updated', {"type": "Update"})
        return
    row |= {
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": now,
        "StateTransitionedTimestamp": now,
    }
    state.alarms[name] = Alarm(row, _tags(params.get("Tags", [])))
    remember(scope, name, "ConfigurationUpdate", f'Alarm "{name}" created', {"type": "Create"})


def _check_metric(params: Params) -> None:
    for key in ("MetricName", "Namespace"):
        if not params.get(key):
            raise _invalid(f"Exactly one of MetricName and Metrics is needed, and {key} is missing")
    if "Statistic" in params and "ExtendedStatistic" in params:
        raise AwsError(
            "InvalidParameterCombination", "The parameters Statistic and ExtendedStatistic are mutually exclusive."
        )
    if "Statistic" not in params and "ExtendedStatistic" not in params:
        raise _invalid("Either Statistic or ExtendedStatistic is needed")
    if "ExtendedStatistic" in params and not _EXTENDED_STATISTIC.fullmatch(params["ExtendedStatistic"]):
        raise _invalid(f"The value {params['ExtendedStatistic']} for parameter ExtendedStatistic is not supported.")
    if "Period" not in params:
        raise _invalid("Period is needed")
    _check_period(params["Period"])
    if "ThresholdMetricId" in params:
        raise _invalid("ThresholdMetricId needs Metrics")
    names = [dimension["Name"] for dimension in params.get("Dimensions", [])]
    if len(names) != len(set(names)):
        raise _invalid("Duplicate dimension names")


def _check_period(period: int) -> None:
    if period not in (10, 20, 30) and (period % 60 or period <= 0):
        raise _invalid("Period must be 10, 20, 30 or a multiple of 60")


def _check_metric_queries(params: Params) -> None:
    forbidden = {"MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Dimensions", "Period", "Unit"}
    clash = forbidden & set(params)
    if clash:
        raise AwsError(
            "InvalidParameterCombination", f"The parameters {sorted(clash)[0]} and Metrics are mutually exclusive."
        )
    queries = params["Metrics"]
    identifiers = [query["Id"] for query in queries]
    if not queries or len(queries) > 20 or len(identifiers) != len(set(identifiers)):
        raise _invalid("Metrics must have 1 to 20 members with different Ids")
    for query in queries:
        if not re.fullmatch(r"[a-z][A-Za-z0-9_]*", query["Id"]):
            raise _invalid(f"The value {query['Id']} for parameter Id is invalid")
        if ("Expression" in query) == ("MetricStat" in query):
            raise _invalid("Each metric query has either an Expression or a MetricStat")
        if "MetricStat" in query:
            _check_period(query["MetricStat"]["Period"])
    returned = [query for query in queries if query.get("ReturnData", True)]
    band = params.get("ThresholdMetricId")
    if band is not None:
        if band not in identifiers:
            raise _invalid(f"ThresholdMetricId {band} is not the Id of a metric")
        returned = [query for query in returned if query["Id"] != band]
    if len(returned) != 1:
        raise _invalid("Exactly one element of the metrics list should return data.")


def _check_threshold(params: Params) -> None:
    for key in ("ComparisonOperator", "EvaluationPeriods"):
        if key not in params:
            raise _invalid(f"{key} is needed")
    if "ThresholdMetricId" in params:
        if "Threshold" in params or params["ComparisonOperator"] in _STATIC_OPERATORS:
            raise _invalid("ThresholdMetricId goes with an anomaly detection operator and without Threshold")
    elif "Threshold" not in params or params["ComparisonOperator"] not in _STATIC_OPERATORS:
        raise _invalid("A Threshold and a comparison with it are needed")
    periods = params["EvaluationPeriods"]
    if params.get("DatapointsToAlarm", 1) > periods:
        raise _invalid("DatapointsToAlarm must not be greater than EvaluationPeriods")
    period = params.get("Period", 60)
    span, limit = period * periods, 604800 if period >= 3600 else 86400
    if span > limit:
        raise _invalid(f"Metrics cannot be checked across more than {limit} seconds (EvaluationPeriods * Period)")
    if params.get("TreatMissingData", "missing") not in ("breaching", "notBreaching", "ignore", "missing"):
        raise _invalid(f"The value {params['TreatMissingData']} for parameter TreatMissingData is not supported.")
    low_samples = params.get("EvaluateLowSampleCountPercentile")
    if low_samples is not None and (low_samples not in ("evaluate", "ignore") or "ExtendedStatistic" not in params):
        raise _invalid("EvaluateLowSampleCountPercentile is evaluate or ignore, for percentiles only")


def _check_actions(actions: list[str], scope: Scope) -> None:
    for action in actions:
        parts = _ACTION.fullmatch(action)
        if parts is None:
            raise _invalid(f"Invalid arn syntax: {action}")
        if parts["region"] not in (None, scope.region):
            raise _invalid(f"Invalid region {parts['region']} specified. Only {scope.region} is supported.")
    if len(actions) != len(set(actions)):
        raise _invalid("Duplicate actions")


@service.operation("DescribeAlarms")
def describe_alarms(params: Params, scope: Scope, state: Region) -> Params:
    names, prefix = params.get("AlarmNames"), params.get("AlarmNamePrefix")
    if names and prefix:
        raise AwsError("InvalidParameterCombination", "AlarmNames and AlarmNamePrefix are mutually exclusive.")
    if "ChildrenOfAlarmName" in params or "ParentsOfAlarmName" in params:
        raise _invalid("Composite alarms are not emulated")
    if "MetricAlarm" not in params.get("AlarmTypes", ["MetricAlarm"]):
        return {"MetricAlarms": [], "CompositeAlarms": []}
    rows = [state.alarms[name].row for name in sorted(state.alarms)]
    if names:
        rows = [row for row in rows if row["AlarmName"] in names]
    if prefix:
        rows = [row for row in rows if row["AlarmName"].startswith(prefix)]
    if "StateValue" in params:
        rows = [row for row in rows if row["StateValue"] == params["StateValue"]]
    if "ActionPrefix" in params:
        wanted = params["ActionPrefix"]
        rows = [row for row in rows if any(one.startswith(wanted) for key in _ACTION_LISTS for one in row[key])]
    chosen, token = page(
        rows, params, token="NextToken", error="InvalidNextToken", limit="MaxRecords", default=100 if names else 50
    )
    return {"MetricAlarms": chosen, "CompositeAlarms": [], "NextToken": token}


@service.operation("DescribeAlarmsForMetric")
def describe_alarms_for_metric(params: Params, scope: Scope, state: Region) -> Params:
    keys = ("MetricName", "Namespace", "Statistic", "ExtendedStatistic", "Period", "Unit")
    dimensions = _dimension_set(params.get("Dimensions", []))
    rows = [
        alarm.row
        for alarm in state.alarms.values()
        if all(alarm.row.get(key) == params[key] for key in keys if key in params)
        and _dimension_set(alarm.row.get("Dimensions", [])) == dimensions
    ]
    return {"MetricAlarms": rows}


def _dimension_set(dimensions: list[Params]) -> set[tuple[str, str]]:
    return {(one["Name"], one["Value"]) for one in dimensions}


@service.operation("DeleteAlarms")
def delete_alarms(params: Params, scope: Scope, state: Region) -> None:
    names = params["AlarmNames"]
    if len(names) > 100:
        raise _invalid("At most 100 alarms can be deleted at once")
    unknown = [name for name in names if name not in state.alarms]
    if unknown:
        raise AwsError("ResourceNotFound", f"Unknown alarms: {', '.join(unknown)}")
    for name in names:
        if state.alarms.pop(name, None) is not None:
            remember(scope, name, "ConfigurationUpdate", f'Alarm "{name}" deleted', {"type": "Delete"})


@service.operation("EnableAlarmActions")
def enable_alarm_actions(params: Params, scope: Scope, state: Region) -> None:
    _switch_actions(params["AlarmNames"], True, state)


@service.operation("DisableAlarmActions")
def disable_alarm_actions(params: Params, scope: Scope, state: Region) -> None:
    _switch_actions(params["AlarmNames"], False, state)


def _switch_actions(names: list[str], enabled: bool, state: Region) -> None:
    for name in names:
        if name in state.alarms:
            state.alarms[name].row["ActionsEnabled"] = enabled


def _tags(tags: list[Params]) -> dict[str, str]:
    keys = [tag["Key"] for tag in tags]
    if len(keys) != len(set(keys)):
        raise _invalid("Duplicate tag keys")
    if any(key.lower().startswith("aws:") for key in keys):
        raise _invalid("Tag keys must not begin with aws:")
    return {tag["Key"]: tag["Value"] for tag in tags}


def _tagged(params: Params, state: Region) -> Alarm:
    found = next((alarm for alarm in state.alarms.values() if alarm.row["AlarmArn"] == params["ResourceARN"]), None)
    if found is None:
        raise AwsError("ResourceNotFoundException", f"Unknown resource: {params['ResourceARN']}")
    return found


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: Region) -> None:
    _tagged(params, state).tags.update(_tags(params["Tags"]))


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: Region) -> None:
    alarm = _tagged(params, state)
    alarm.tags = {key: value for key, value in alarm.tags.items() if key not in params["TagKeys"]}


@service.operation("ListTagsForResource")
def list_tags_for_resource(params: Params, scope: Scope, state: Region) -> Params:
    return {"Tags": [{"Key": key, "Value": value} for key, value in _tagged(params, state).tags.items()]}
