# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarms at work: the state that data points give, the history of states, and the actions of a transition.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html. An alarm is evaluated when its
metric gets data, and at every minute over which the control API moves the clock; nothing runs in the background. As on
AWS it looks back further than its evaluation periods when data points are missing there, by PERIODS_BEYOND: an event
that is a single data point keeps an alarm of one period in ALARM for three.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .. import clock
from ..registry import Scope, page
from . import alarm_mute_rules, cloudwatch_metrics, contexts, notifications
from .cloudwatch import Alarm, Params, Region, find, remember, service
from .cloudwatch_metrics import Metric

PRINCIPAL = "cloudwatch.amazonaws.com"
PERIODS_BEYOND = 2
OK, ALARM, NO_DATA = "OK", "ALARM", "INSUFFICIENT_DATA"

_ACTIONS = {OK: "OKActions", ALARM: "AlarmActions", NO_DATA: "InsufficientDataActions"}
_COMPARISONS: dict[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanOrEqualToThreshold": (lambda value, limit: value >= limit, "greater than or equal to"),
    "GreaterThanThreshold": (lambda value, limit: value > limit, "greater than"),
    "LessThanThreshold": (lambda value, limit: value < limit, "less than"),
    "LessThanOrEqualToThreshold": (lambda value, limit: value <= limit, "less than or equal to"),
}
_REGION_NAMES = {
    "us-east-1": "US East (N. Virginia)", "us-east-2": "US East (Ohio)", "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)", "eu-west-1": "EU (Ireland)", "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)", "eu-central-1": "EU (Frankfurt)", "eu-north-1": "EU (Stockholm)",
}  # fmt: skip

#: What carries out an action, by the service in its ARN; it raises notifications.Refused when it may not.
ACTIONS: dict[str, Callable[[Scope, Alarm, str, str], None]] = {}


@dataclass(frozen=True)
class Watched:
    """What an alarm watches: a metric and how it is aggregated."""

    metric: Metric
    statistic: str
    period: int
    unit: str | None


def watched(row: Params) -> Watched | None:
    """What an alarm watches; None of metric math, which is not evaluated here."""
    if "Metrics" not in row:
        name = row.get("Statistic") or row["ExtendedStatistic"]
        return Watched(cloudwatch_metrics.metric_of(row), name, row["Period"], row.get("Unit"))
    [query] = [one for one in row["Metrics"] if one.get("ReturnData", True)]
    if "MetricStat" not in query:
        return None
    asked = query["MetricStat"]
    return Watched(cloudwatch_metrics.metric_of(asked["Metric"]), asked["Stat"], asked["Period"], asked.get("Unit"))


def _on_data(scope: Scope, metrics: set[Metric]) -> None:
    for alarm in list(service.state(scope).alarms.values()):
        subject = watched(alarm.row)
        if subject is not None and subject.metric in metrics:
            evaluate(scope, alarm)


cloudwatch_metrics.LISTENERS.append(_on_data)


def pass_time(seconds: int) -> None:
    """Move the clock ahead and evaluate all alarms at every minute on the way."""
    while seconds > 0:
        step = min(60, seconds)
        clock.advance(step)
        seconds -= step
        for (account, region), state in list(service.states().items()):
            for alarm in list(state.alarms.values()):
                evaluate(Scope(account, region), alarm)


# --- evaluation -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Point:
    """A data point: when its period begins, and the statistic."""

    begin: float
    value: float


def evaluate(scope: Scope, alarm: Alarm) -> None:
    """Give an alarm the state that its metric's data have now."""
    subject = watched(alarm.row)
    if subject is None:
        return
    needed = alarm.row["EvaluationPeriods"]
    points = _points(scope, subject, needed + PERIODS_BEYOND)
    state = decide(alarm.row, points)
    if state is not None and state != alarm.row["StateValue"]:
        used = [point for point in points if point is not None][-needed:]
        transition(scope, alarm, state, _reason(alarm.row, state, used), _reason_data(alarm.row, subject, used))


def _points(scope: Scope, subject: Watched, count: int) -> list[Point | None]:
    """The latest data points, oldest first; the youngest period ends with this minute."""
    step = min(60, subject.period)
    end = clock.now() // step * step + step
    points: list[Point | None] = []
    for number in range(count, 0, -1):
        begin = end - number * subject.period
        data = cloudwatch_metrics.between(scope, subject.metric, begin, begin + subject.period, subject.unit)
        value = cloudwatch_metrics.statistic(subject.statistic, data)
        points.append(None if value is None else Point(begin, value))
    return points


def decide(row: Params, points: list[Point | None]) -> str | None:
    """The state that data points give, by the tables that AWS documents; None: it stays what it is."""
    needed = row["EvaluationPeriods"]
    enough = row.get("DatapointsToAlarm", needed)
    existing = [point for point in points if point is not None][-needed:]
    breaching = sum(_breaches(row, point) for point in existing)
    if len(existing) >= needed:
        return ALARM if breaching >= enough else OK
    missing, treatment = needed - len(existing), row.get("TreatMissingData", "missing")
    if treatment in ("breaching", "notBreaching"):
        return ALARM if breaching + (missing if treatment == "breaching" else 0) >= enough else OK
    if not existing:
        return NO_DATA if treatment == "missing" else None
    if breaching >= enough:
        return ALARM
    if breaching < len(existing):
        return OK
    oldest = next(len(points) - number for number, point in enumerate(points) if point is not None)
    return ALARM if treatment == "missing" and oldest >= enough else None


def _breaches(row: Params, point: Point) -> bool:
    return _COMPARISONS[row["ComparisonOperator"]][0](point.value, row["Threshold"])


def _reason(row: Params, state: str, used: list[Point]) -> str:
    needed = row["EvaluationPeriods"]
    enough = row.get("DatapointsToAlarm", needed)
    if state == NO_DATA:
        return f"Insufficient Data: {_count(needed, 'datapoint')} {_were(needed)} unknown."
    told = [point for point in used if _breaches(row, point) is (state == ALARM)]
    if not told:
        missing, treated = needed - len(used), "Breaching" if state == ALARM else "NonBreaching"
        return (
            f"Threshold Crossed: no datapoints were received for {_count(missing, 'period')} and "
            f"{_count(missing, 'missing datapoint')} {_were(missing)} treated as [{treated}]."
        )
    listed = ", ".join(
        f"{point.value} ({datetime.fromtimestamp(point.begin, UTC):%d/%m/%y %H:%M:%S})" for point in reversed(told)
    )
    crossed = f"{_were(len(told))} {'' if state == ALARM else 'not '}{_COMPARISONS[row['ComparisonOperator']][1]}"
    minimum = enough if state == ALARM else needed - enough + 1
    return (
        f"Threshold Crossed: {len(told)} out of the last {needed} datapoints [{listed}] {crossed} the threshold "
        f"({float(row['Threshold'])}) (minimum {_count(minimum, 'datapoint')} for {row['StateValue']} -> {state} "
        "transition)."
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _reason_data(row: Params, subject: Watched, used: list[Point]) -> str:
    data: Params = {
        "version": "1.0",
        "queryDate": _stamp(clock.moment()),
        "statistic": subject.statistic,
        "period": subject.period,
        "recentDatapoints": [point.value for point in used],
        "threshold": float(row["Threshold"]),
    }
    if used:
        data["startDate"] = _stamp(datetime.fromtimestamp(used[0].begin, UTC))
    return json.dumps(data)


# --- transitions ----------------------------------------------------------------------------------------------------


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


def transition(scope: Scope, alarm: Alarm, state: str, reason: str, data: str | None = None) -> None:
    """Give an alarm another state, and carry out its actions for it."""
    row, now = alarm.row, clock.moment()
    old = row["StateValue"]
    before = {"stateValue": old, "stateReason": row["StateReason"]}
    row |= {"StateValue": state, "StateReason": reason, "StateUpdatedTimestamp": now, "StateTransitionedTimestamp": now}
    row.pop("StateReasonData", None)
    after: Params = {"stateValue": state, "stateReason": reason}
    if data:
        row["StateReasonData"] = data
        after["stateReasonData"] = json.loads(data)
    remember(
        scope,
        row["AlarmName"],
        "StateUpdate",
        f"Alarm updated from {old} to {state}",
        {"oldState": before, "newState": after},
    )
    if row["ActionsEnabled"] and not alarm_mute_rules.is_muted(row["AlarmName"], service.state(scope)):
        for arn in row[_ACTIONS[state]]:
            _act(scope, alarm, old, arn)


def _act(scope: Scope, alarm: Alarm, old: str, arn: str) -> None:
    perform = ACTIONS.get(arn.split(":")[2])
    if perform is None:
        return
    data: Params = {
        "actionState": "Succeeded",
        "stateUpdateTimestamp": int(clock.now() * 1000),
        "notificationResource": arn,
    }
    try:
        perform(scope, alarm, old, arn)
    except notifications.Refused as refusal:
        data |= {"actionState": "Failed", "error": str(refusal)}
        summary = f'Failed to execute action {arn}. Received error: "{refusal}"'
    else:
        summary = f"Successfully executed action {arn}"
    remember(scope, alarm.row["AlarmName"], "Action", summary, data)


def _notify(scope: Scope, alarm: Alarm, old: str, arn: str) -> None:
    row = alarm.row
    # CloudWatch publishes for the alarm's account, which is what the default policy of topics asks for
    context = contexts.of_service(scope, row["AlarmArn"], {"aws:SourceOwner": scope.account})
    subject = f'{row["StateValue"]}: "{row["AlarmName"]}" in {_region_name(scope)}'
    message = json.dumps(notification(scope, row, old))
    notifications.publish_for(PRINCIPAL, context, arn, message, subject[:100])


ACTIONS["sns"] = _notify


def _region_name(scope: Scope) -> str:
    return _REGION_NAMES.get(scope.region, scope.region)


def notification(scope: Scope, row: Params, old: str) -> Params:
    """What CloudWatch tells a topic of a transition."""
    told: Params = {
        "AlarmName": row["AlarmName"],
        "AlarmDescription": row.get("AlarmDescription"),
        "AWSAccountId": scope.account,
        "AlarmConfigurationUpdatedTimestamp": _stamp(row["AlarmConfigurationUpdatedTimestamp"]),
        "NewStateValue": row["StateValue"],
        "NewStateReason": row["StateReason"],
        "StateChangeTime": _stamp(row["StateUpdatedTimestamp"]),
        "Region": _region_name(scope),
        "AlarmArn": row["AlarmArn"],
        "OldStateValue": old,
        **{key: row[key] for key in _ACTIONS.values()},
        "Trigger": _trigger(row),
    }
    return told


def _trigger(row: Params) -> Params:
    trigger: Params = {
        "EvaluationPeriods": row["EvaluationPeriods"],
        "DatapointsToAlarm": row.get("DatapointsToAlarm", row["EvaluationPeriods"]),
        "ComparisonOperator": row["ComparisonOperator"],
        "Threshold": row["Threshold"],
        "TreatMissingData": row.get("TreatMissingData", ""),
        "EvaluateLowSampleCountPercentile": row.get("EvaluateLowSampleCountPercentile", ""),
    }
    if "Metrics" in row:
        return trigger | {"Metrics": row["Metrics"]}
    extended = "ExtendedStatistic" in row
    measured: dict[str, Any] = {
        "MetricName": row["MetricName"],
        "Namespace": row["Namespace"],
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        "Dimensions": [{"name": one["Name"], "value": one["Value"]} for one in row["Dimensions"]],
        "Unit": row.get("Unit"),
        "Period": row["Period"],
    }
    if extended:
        measured["ExtendedStatistic"] = row["ExtendedStatistic"]
    else:
        measured["Statistic"] = row["Statistic"].upper()
    return measured | trigger


# --- asked from outside ---------------------------------------------------------------------------------------------


@service.operation("SetAlarmState")
def set_alarm_state(params: Params, scope: Scope, state: Region) -> None:
    """As if data had given that state; the next evaluation puts it back."""
    alarm = find(params["AlarmName"], state)
    value, reason, data = params["StateValue"], params["StateReason"], params.get("StateReasonData")
    if value != alarm.row["StateValue"]:
        transition(scope, alarm, value, reason, data)
        return
    alarm.row |= {"StateReason": reason, "StateUpdatedTimestamp": clock.moment()}
    if data:
        alarm.row["StateReasonData"] = data


@service.operation("DescribeAlarmHistory")
def describe_alarm_history(params: Params, scope: Scope, state: Region) -> Params:
    rows = [
        item
        for item in state.history
        if params.get("AlarmName") in (None, item["AlarmName"])
        and item["AlarmType"] in params.get("AlarmTypes", ["MetricAlarm"])
        and params.get("HistoryItemType") in (None, item["HistoryItemType"])
        and ("StartDate" not in params or item["Timestamp"] >= params["StartDate"])
        and ("EndDate" not in params or item["Timestamp"] <= params["EndDate"])
    ]
    if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
        rows.reverse()
    chosen, token = page(rows, params, token="NextToken", error="InvalidNextToken", limit="MaxRecords", default=100)
    return {"AlarmHistoryItems": chosen, "NextToken": token}
