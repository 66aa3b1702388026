# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarm mute rules: alarms that change their state and tell nobody, for a time.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html. Only windows that happen once,
C(at(...)), in UTC: rules with C(cron(...)) or a time zone are refused as lacking.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .. import clock
from ..errors import AwsError, LackingOperation
from ..registry import Scope, page
from .cloudwatch import Params, Region, service

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2})\)")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=15)
_MOST_ALARMS = 100


@service.operation("PutAlarmMuteRule")
def put_alarm_mute_rule(params: Params, scope: Scope, state: Region) -> None:
    name, schedule = params["Name"], params["Rule"]["Schedule"]
    if schedule["Expression"].startswith("cron(") or schedule.get("Timezone", "UTC") != "UTC":
        raise LackingOperation("cloudwatch", "PutAlarmMuteRule", "schedules other than at(...) in UTC")
    if not _AT.fullmatch(schedule["Expression"]):
        raise AwsError("ValidationError", f"Invalid schedule expression: {schedule['Expression']}")
    if not _SHORTEST <= _duration(schedule["Duration"]) <= _LONGEST:
        raise AwsError("ValidationError", "Duration must be from PT1M to P15D")
    if len(params.get("MuteTargets", {}).get("AlarmNames", [])) > _MOST_ALARMS:
        raise AwsError("ValidationError", f"A mute rule has at most {_MOST_ALARMS} targets")
    state.mute_rules[name] = {
        **{key: value for key, value in params.items() if key != "Tags"},
        "AlarmMuteRuleArn": scope.arn("cloudwatch", f"alarm-mute-rule:{name}"),
        "LastUpdatedTimestamp": clock.moment(),
        "MuteType": "ONE_TIME",
    }


@service.operation("GetAlarmMuteRule")
def get_alarm_mute_rule(params: Params, scope: Scope, state: Region) -> Params:
    name = params["AlarmMuteRuleName"]
    if name not in state.mute_rules:
        raise AwsError("ResourceNotFoundException", f"Unknown alarm mute rule: {name}")
    return {**state.mute_rules[name], "Status": _status(state.mute_rules[name])}


@service.operation("ListAlarmMuteRules")
def list_alarm_mute_rules(params: Params, scope: Scope, state: Region) -> Params:
    kept = ("AlarmMuteRuleArn", "ExpireDate", "MuteType", "LastUpdatedTimestamp")
    rows = [
        {**{key: rule[key] for key in kept if key in rule}, "Status": _status(rule)}
        for _name, rule in sorted(state.mute_rules.items())
        if params.get("AlarmName") in (None, *_targets(rule))
    ]
    rows = [row for row in rows if row["Status"] in params.get("Statuses", [row["Status"]])]
    chosen, token = page(rows, params, token="NextToken", error="InvalidNextToken", limit="MaxRecords", default=50)
    return {"AlarmMuteRuleSummaries": chosen, "NextToken": token}


@service.operation("DeleteAlarmMuteRule")
def delete_alarm_mute_rule(params: Params, scope: Scope, state: Region) -> None:
    state.mute_rules.pop(params["AlarmMuteRuleName"], None)


def is_muted(name: str, state: Region) -> bool:
    """Whether an alarm's actions are muted now."""
    return any(name in _targets(rule) and _status(rule) == "ACTIVE" for rule in state.mute_rules.values())


def _targets(rule: Params) -> list[Any]:
    return list(rule.get("MuteTargets", {}).get("AlarmNames", []))


def _status(rule: Params) -> str:
    schedule = rule["Rule"]["Schedule"]
    [text] = _AT.fullmatch(schedule["Expression"]).groups()  # type: ignore[union-attr]  # checked when it came
    begin = max(
        datetime.fromisoformat(text).replace(tzinfo=UTC), rule.get("StartDate", datetime.min.replace(tzinfo=UTC))
    )
    end = datetime.fromisoformat(text).replace(tzinfo=UTC) + _duration(schedule["Duration"])
    end = min(end, rule.get("ExpireDate", end))
    if clock.moment() < begin:
        return "SCHEDULED"
    return "ACTIVE" if clock.moment() < end else "EXPIRED"


def _duration(text: str) -> timedelta:
    parts = _DURATION.fullmatch(text)
    if parts is None:
        raise AwsError("ValidationError", f"Invalid duration: {text}")
    days, hours, minutes = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
