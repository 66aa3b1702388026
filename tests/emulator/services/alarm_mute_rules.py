# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Alarm mute rules: alarms that change their state and tell nobody, for a time.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-mute-rules.html. Which error a rule for an alarm
that does not exist gives is not documented; it is refused, since "the alarm names must match existing alarms".
"""

from __future__ import annotations

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from typing import Any

from .. import clock
from ..errors import AwsError
from ..registry import Scope, page
from .cloudwatch import Params, Region, service

_AT = re.compile(r"at\((\d{4}-\d{2}-\d{2}T\d{2}:\d{2})\)")
_FIELD = r"[A-Z0-9*,-]+"
_CRON = re.compile(rf"cron\(({_FIELD}) ({_FIELD}) ({_FIELD}) ({_FIELD}) ({_FIELD})\)")
_DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?")
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=15)
_MOST_ALARMS = 100


@service.operation("PutAlarmMuteRule")
def put_alarm_mute_rule(params: Params, scope: Scope, state: Region) -> None:
    name, schedule = params["Name"], params["Rule"]["Schedule"]
    if not (_AT.fullmatch(schedule["Expression"]) or _CRON.fullmatch(schedule["Expression"])):
        raise AwsError("ValidationError", f"Invalid schedule expression: {schedule['Expression']}")
    if not _SHORTEST <= _duration(schedule["Duration"]) <= _LONGEST:
        raise AwsError("ValidationError", "Duration must be from PT1M to P15D")
    if len(params.get("MuteTargets", {}).get("AlarmNames", [])) > _MOST_ALARMS:
        raise AwsError("ValidationError", f"A mute rule has at most {_MOST_ALARMS} targets")
    if schedule.get("Timezone", "UTC") not in zoneinfo.available_timezones():
        raise AwsError("ValidationError", f"Invalid time zone: {schedule['Timezone']}")
    for alarm in _targets(params):
        if alarm not in state.alarms:
            raise AwsError("ValidationError", f"The alarm {alarm} does not exist")
    state.mute_rules[name] = {
        **{key: value for key, value in params.items() if key != "Tags"},
        "AlarmMuteRuleArn": scope.arn("cloudwatch", f"alarm-mute-rule:{name}"),
        "LastUpdatedTimestamp": clock.moment(),
        "MuteType": "RECURRING" if schedule["Expression"].startswith("cron") else "ONE_TIME",
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
    now = clock.moment()
    if _aware(rule.get("ExpireDate", now + _LONGEST)) <= now:
        return "EXPIRED"
    if _aware(rule.get("StartDate", now)) > now:
        return "SCHEDULED"
    schedule = rule["Rule"]["Schedule"]
    zone, duration = zoneinfo.ZoneInfo(schedule.get("Timezone", "UTC")), _duration(schedule["Duration"])
    once = _AT.fullmatch(schedule["Expression"])
    if once:
        begin = datetime.fromisoformat(once.group(1)).replace(tzinfo=zone)
        return "SCHEDULED" if now < begin else "ACTIVE" if now < begin + duration else "EXPIRED"
    minute = now.astimezone(zone).replace(second=0, microsecond=0)
    began = (minute - timedelta(minutes=ago) for ago in range(int(duration.total_seconds() // 60)))
    return "ACTIVE" if any(_starts(schedule["Expression"], one) for one in began) else "SCHEDULED"


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _starts(expression: str, moment: datetime) -> bool:
    """Whether a window of C(cron(...)) begins at this minute."""
    found = _CRON.fullmatch(expression)
    values = (moment.minute, moment.hour, moment.day, moment.month, moment.isoweekday() % 7)
    names: tuple[tuple[str, ...], ...] = ((), (), (), _MONTHS, _DAYS)
    return found is not None and all(map(_fits, found.groups(), values, names))


def _fits(part: str, value: int, names: tuple[str, ...]) -> bool:
    def number(text: str) -> int:
        return names.index(text) if text in names else int(text)

    for one in part.split(","):
        first, dash, last = one.partition("-")
        if one == "*" or number(first) == value or (dash and number(first) <= value <= number(last)):
            return True
    return False


def _duration(text: str) -> timedelta:
    parts = _DURATION.fullmatch(text)
    if parts is None:
        raise AwsError("ValidationError", f"Invalid duration: {text}")
    days, hours, minutes = (int(part or 0) for part in parts.groups())
    return timedelta(days=days, hours=hours, minutes=minutes)
