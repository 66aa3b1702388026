# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the alarms would have said of records, without AWS.

Metric filters count matches per minute, and an alarm looks each minute at the sum of its last period: its window
slides. Both go here by the time of the event; on AWS by the minute in which CloudTrail delivered it, some minutes
later, so that a burst may fall into other minutes there.
"""

from __future__ import annotations

import collections
import operator
import typing as t
from dataclasses import dataclass, field

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import SEVERITIES
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import parse_time
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import Matcher
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope
from ansible_collections.secops.aws_baseline.plugins.module_utils.trail_records import RecordsError

Record = dict[str, t.Any]

COMPARISONS: dict[str, t.Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
MINUTE = 60
MOST_NAMED = 10
"""How many principals, events and accounts are named per alarm, the most frequent first."""


@dataclass
class _Seen:
    """What one alarm has matched so far."""

    events: int = 0
    first: str = ""
    last: str = ""
    minutes: dict[int, float] = field(default_factory=lambda: collections.defaultdict(float))
    principals: collections.Counter[str] = field(default_factory=collections.Counter)
    names: collections.Counter[str] = field(default_factory=collections.Counter)
    accounts: collections.Counter[str] = field(default_factory=collections.Counter)

    def add(self, record: Record, value: float) -> None:
        time = str(record.get("eventTime", ""))
        self.events += 1
        self.first = min(self.first or time, time)
        self.last = max(self.last, time)
        self.minutes[_minute(time)] += value
        self.principals[principal_of(record)] += 1
        self.names[str(record.get("eventName", ""))] += 1
        self.accounts[str(record.get("recipientAccountId", ""))] += 1


def principal_of(record: Record) -> str:
    """Who made a call, as briefly as can be told: an ARN, a user's name, a service, or the kind of caller."""
    identity = record.get("userIdentity") or {}
    issuer = (identity.get("sessionContext") or {}).get("sessionIssuer") or {}
    for value in (identity.get("arn"), issuer.get("arn"), identity.get("userName"), identity.get("invokedBy")):
        if value:
            return str(value)
    return str(identity.get("principalId") or identity.get("type") or "unknown")


def _minute(time: str) -> int:
    try:
        return int(parse_time(time).timestamp()) // MINUTE
    except ValueError as error:
        raise RecordsError(f"the time of an event is {time!r}: one such as 2026-03-09T09:00:00Z is needed") from error


def replay(records: t.Iterable[Record], plan: t.Mapping[str, t.Any], scope: Scope) -> dict[str, t.Any]:
    """What the alarms of a plan (as C(alarm_catalogue.compose) returns it) would have said.

    scope: the account and region that have the log group, for pseudo parameters in patterns.

    Returns C(records), C(first), C(last) and C(alarms): those that match, firing ones first, then by severity. Raises
    RecordsError for an event without a time.
    """
    filters = {item["name"]: item for item in plan["filters"]}
    by_metric = {_metric(alarm, "namespace"): alarm["name"] for alarm in plan["alarms"]}
    owner = {name: by_metric[_metric(item, "metric_namespace")] for name, item in filters.items()}
    told = {entry["alarm"] for entry in plan["entries"]}
    wanted = [name for name in filters if owner[name] in told]
    matcher = Matcher({name: scope.substitute(filters[name]["pattern"]) for name in wanted})
    values = {name: float(filters[name]["metric_value"]) for name in wanted}
    seen: dict[str, _Seen] = collections.defaultdict(_Seen)
    count, first, last = 0, "", ""
    for record in records:
        count += 1
        time = str(record.get("eventTime", ""))
        first = min(first or time, time)
        last = max(last, time)
        sums: dict[str, float] = {}
        for name in matcher.matching(record):
            sums[owner[name]] = sums.get(owner[name], 0) + values[name]
        for alarm, value in sums.items():
            seen[alarm].add(record, value)
    alarms = {alarm["name"]: alarm for alarm in plan["alarms"]}
    said = [
        _said(entry, alarms[entry["alarm"]], seen[entry["alarm"]])
        for entry in plan["entries"]
        if entry["alarm"] in seen
    ]
    said.sort(key=lambda one: (not one["fires"], SEVERITIES.index(one["severity"]), one["first"]))
    return {"records": count, "first": first, "last": last, "alarms": said}


def _metric(item: t.Mapping[str, t.Any], namespace: str) -> tuple[str, str]:
    return item[namespace], item["metric_name"]


def _said(entry: t.Mapping[str, t.Any], alarm: t.Mapping[str, t.Any], seen: _Seen) -> dict[str, t.Any]:
    highest, firings = _firings(seen.minutes, alarm)
    said = {
        **{name: entry[name] for name in ("id", "alarm", "title", "severity", "why", "runbook", "cis")},
        "fires": firings > 0,
        "firings": firings,
        "events": seen.events,
        "first": seen.first,
        "last": seen.last,
        "highest": highest,
        "threshold": alarm["threshold"],
        "period": alarm["period"],
        "comparison_operator": alarm["comparison_operator"],
        "principals": dict(seen.principals.most_common(MOST_NAMED)),
        "event_names": dict(seen.names.most_common(MOST_NAMED)),
        "accounts": dict(seen.accounts.most_common(MOST_NAMED)),
    }
    return {**said, "line": _line(said, len(seen.principals) - 1)}


def _firings(minutes: t.Mapping[int, float], alarm: t.Mapping[str, t.Any]) -> tuple[float, int]:
    """The highest sum of a period, and how often the alarm goes from quiet to breaching.

    Only minutes whose window holds a match are looked at: without one nothing breaches, as missing data does not.
    """
    length = max(int(alarm["period"]) // MINUTE, 1)
    breaches, threshold = COMPARISONS[alarm["comparison_operator"]], alarm["threshold"]
    ends = sorted({minute + later for minute in minutes for later in range(length)})
    highest, firings, before = 0.0, 0, None
    for end in ends:
        total = sum(minutes.get(minute, 0) for minute in range(end - length + 1, end + 1))
        highest = max(highest, total)
        if not breaches(total, threshold):
            continue
        firings += before != end - 1
        before = end
    return highest, firings


def _line(said: t.Mapping[str, t.Any], others: int) -> str:
    """One alarm in a line for people. others: how many principals there are beside the most frequent one."""
    often = f"fires {said['firings']} times" if said["firings"] > 1 else "fires" if said["fires"] else "does not fire"
    who = next(iter(said["principals"]))
    when = said["first"] if said["first"] == said["last"] else f"{said['first']} to {said['last']}"
    events = f"{said['events']} event{'s' if said['events'] > 1 else ''}"
    return (
        f"{said['severity']}: {said['id']} {often}, {events}, {when}, {who}"
        f"{f' and {others} more' if others else ''}. {said['title']}."
    )
