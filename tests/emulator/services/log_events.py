# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log events: how they come in, who is told of them, and how they are found again. moto keeps the streams.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import clock, filters, patterns
from ..errors import AwsError
from ..registry import Scope, page
from . import logs
from .logs import Params, Region, service

EVENTS_PER_PUT = 10_000
BYTES_PER_PUT = 1_048_576
_OVERHEAD = 26
_HOUR, _DAY = 3_600_000, 86_400_000
_OLDEST, _NEWEST, _SPAN = 14 * _DAY, 2 * _HOUR, _DAY


@dataclass(frozen=True)
class Batch:
    """Events that came in together: id, timestamp (milliseconds) and message of each."""

    scope: Scope
    group: str
    stream: str
    events: list[Params]


#: Who is told of events that came in; metric filters and subscription filters register here.
LISTENERS: list[Callable[[Batch], None]] = []


def append(scope: Scope, group: str, stream: str, messages: list[str]) -> None:
    """Put messages into a stream now, and make the stream if it is not there: what services do that write logs."""
    stored = scope.moto("logs")
    if stream not in stored.groups[group].streams:
        stored.create_log_stream(group, stream)
    now = clock.milliseconds()
    _store(scope, group, stream, [{"timestamp": now, "message": message} for message in messages])


def _store(scope: Scope, group: str, name: str, events: list[Params]) -> None:
    stream = scope.moto("logs").groups[group].streams[name]
    already = len(stream.events)
    stream.put_log_events(events)
    added = stream.events[already:]
    for event in added:
        event.ingestion_time = clock.milliseconds()
    rows = [{"id": _identifier(one), "timestamp": one.timestamp, "message": one.message} for one in added]
    if rows:
        for listener in LISTENERS:
            listener(Batch(scope, group, name, rows))


def _identifier(event: Any) -> str:
    return f"{event.event_id:056d}"


@service.operation("PutLogEvents")
def put_log_events(params: Params, scope: Scope, state: Region) -> Params:
    group = logs.find_group(params["logGroupName"], scope)
    stream = group.streams.get(params["logStreamName"])
    if stream is None:
        raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    events = params["logEvents"]
    _check_batch(events)
    taken, rejected = _sort_out(events, int(group.retention_in_days or 0))
    _store(scope, group.name, params["logStreamName"], taken)
    answer: Params = {"nextSequenceToken": f"{stream.upload_sequence_token:056d}"}
    return answer | ({"rejectedLogEventsInfo": rejected} if rejected else {})


def _check_batch(events: list[Params]) -> None:
    times = [event["timestamp"] for event in events]
    if times != sorted(times):
        raise logs.invalid("Log events in a single PutLogEvents request must be in chronological order.")
    if times[-1] - times[0] > _SPAN:
        raise logs.invalid("The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
    size = sum(len(event["message"].encode()) + _OVERHEAD for event in events)
    if size > BYTES_PER_PUT:
        raise logs.invalid(f"Upload too large: {size} bytes exceeds limit of {BYTES_PER_PUT}")


def _sort_out(events: list[Params], retention: int) -> tuple[list[Params], Params]:
    """The events that are neither too old nor too new, and what the answer tells of the others."""
    now = clock.milliseconds()
    rejected: Params = {}
    old = sum(event["timestamp"] < now - _OLDEST for event in events)
    expired = sum(event["timestamp"] < now - retention * _DAY for event in events) if retention else 0
    new = next((number for number, one in enumerate(events) if one["timestamp"] > now + _NEWEST), len(events))
    if old:
        rejected["tooOldLogEventEndIndex"] = old
    if expired > old:
        rejected["expiredLogEventEndIndex"] = expired
    if new < len(events):
        rejected["tooNewLogEventStartIndex"] = new
    return events[max(old, expired) : new], rejected


# --- finding --------------------------------------------------------------------------------------------------------


def _check_pattern(pattern: str) -> None:
    try:
        patterns.check(pattern)
    except patterns.InvalidPattern as failure:
        raise logs.invalid(str(failure)) from None


@service.operation("FilterLogEvents")
def filter_log_events(params: Params, scope: Scope, state: Region) -> Params:
    identifier = params.get("logGroupIdentifier", "").removeprefix(scope.arn("logs", "log-group:"))
    if bool(identifier) == ("logGroupName" in params):
        raise logs.invalid("Specify either logGroupName or logGroupIdentifier.")
    group = logs.find_group(identifier or params["logGroupName"], scope)
    prefix, names = params.get("logStreamNamePrefix"), params.get("logStreamNames")
    if prefix is not None and names is not None:
        raise logs.invalid("logStreamNamePrefix and logStreamNames are mutually exclusive.")
    for name in names or ():
        if name not in group.streams:
            raise AwsError("ResourceNotFoundException", "The specified log stream does not exist.")
    pattern = params.get("filterPattern", "")
    _check_pattern(pattern)
    start, end = params.get("startTime", 0), params.get("endTime", clock.milliseconds() + _NEWEST)
    rows = [
        {
            "logStreamName": name,
            "timestamp": event.timestamp,
            "message": event.message,
            "ingestionTime": event.ingestion_time,
            "eventId": _identifier(event),
        }
        for name, stream in group.streams.items()
        if (names is None or name in names) and name.startswith(prefix or "")
        for event in stream.events
        if start <= event.timestamp <= end and filters.matches(pattern, event.message)
    ]
    rows.sort(key=lambda row: (row["timestamp"], row["eventId"]))
    chosen, token = page(
        rows, params, token="nextToken", error="InvalidParameterException", limit="limit", default=10_000
    )
    return {"events": chosen, "searchedLogStreams": [], "nextToken": token}


@service.operation("TestMetricFilter")
def test_metric_filter(params: Params, scope: Scope, state: Region) -> Params:
    pattern = params["filterPattern"]
    _check_pattern(pattern)
    return {
        "matches": [
            {"eventNumber": number, "eventMessage": message, "extractedValues": filters.words(pattern, message)}
            for number, message in enumerate(params["logEventMessages"], 1)
            if filters.matches(pattern, message)
        ]
    }
