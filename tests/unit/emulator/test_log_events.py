# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Log events: which are taken, how they are found, and the data points that metric filters make of them."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import refused

HOUR, DAY = 3_600_000, 86_400_000
GROUP, STREAM = "app", "one"


@pytest.fixture
def logs(emulator: Emulator) -> Any:
    client = emulator.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName=STREAM)
    return client


def now() -> int:
    return int(time.time() * 1000)


def put(logs: Any, *messages: Any, ago: int = 0, stream: str = STREAM) -> dict[str, Any]:
    """Put texts, or objects as JSON, into the stream: so many milliseconds ago."""
    texts = [one if isinstance(one, str) else json.dumps(one) for one in messages]
    events = [{"timestamp": now() - ago, "message": text} for text in texts]
    return dict(logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events))


def put_filter(logs: Any, pattern: str, name: str = "filter", **transformation: Any) -> None:
    whole = {"metricNamespace": "App", "metricName": "Errors", "metricValue": "1", **transformation}
    logs.put_metric_filter(logGroupName=GROUP, filterName=name, filterPattern=pattern, metricTransformations=[whole])


def measured(emulator: Emulator, *statistics: str, **more: Any) -> list[dict[str, Any]]:
    """Statistics of the metric, by minute, over the last hour."""
    here = datetime.now(UTC)
    rows = emulator.client("cloudwatch").get_metric_statistics(
        Namespace="App", MetricName="Errors", Period=60, Statistics=statistics,
        StartTime=here - timedelta(hours=1), EndTime=here + timedelta(hours=1), **more,
    )["Datapoints"]  # fmt: skip
    return [{name: row[name] for name in statistics} for row in rows]


# --- coming in ------------------------------------------------------------------------------------------------------


def test_events_that_are_too_old_or_too_new_are_left_out(logs: Any) -> None:
    times = [now() - 14 * DAY - HOUR, now() - 13 * DAY]
    answer = logs.put_log_events(
        logGroupName=GROUP, logStreamName=STREAM,
        logEvents=[{"timestamp": one, "message": "m"} for one in (times[0], times[0] + 2 * HOUR)],
    )  # fmt: skip
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    logs.put_retention_policy(logGroupName=GROUP, retentionInDays=7)
    assert put(logs, "m", ago=8 * DAY)["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    assert put(logs, "m", ago=-3 * HOUR)["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 0}
    assert "rejectedLogEventsInfo" not in put(logs, "m")
    assert len(logs.filter_log_events(logGroupName=GROUP)["events"]) == 2


def test_bad_batches(logs: Any) -> None:
    for events, text in (
        ([(0, "b"), (-1, "a")], "chronological order"),
        ([(-DAY - HOUR, "a"), (0, "b")], "24 hours"),
        ([(0, "a" * 1_048_576)], "Upload too large"),
    ):
        rows = [{"timestamp": now() + offset, "message": message} for offset, message in events]
        with refused("InvalidParameterException", text):
            logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=rows)
    with refused("ResourceNotFoundException", "log stream"):
        put(logs, "m", stream="absent")


# --- finding --------------------------------------------------------------------------------------------------------


def test_events_are_found_by_pattern_time_and_stream(logs: Any) -> None:
    logs.create_log_stream(logGroupName=GROUP, logStreamName="two")
    put(logs, "ERROR disk", ago=2 * HOUR)
    put(logs, "ERROR net", "fine")
    put(logs, {"level": "ERROR"}, stream="two")

    def found(**query: Any) -> list[str]:
        return [event["message"] for event in logs.filter_log_events(logGroupName=GROUP, **query)["events"]]

    assert found(filterPattern="ERROR") == ["ERROR disk", "ERROR net", '{"level": "ERROR"}']
    assert found(filterPattern='{ $.level = "ERROR" }') == ['{"level": "ERROR"}']
    assert found(filterPattern="ERROR", startTime=now() - HOUR, logStreamNames=[STREAM]) == ["ERROR net"]
    assert found(endTime=now() - HOUR) == ["ERROR disk"]
    assert found(logStreamNamePrefix="t") == ['{"level": "ERROR"}']
    first = logs.filter_log_events(logGroupName=GROUP, limit=3)
    second = logs.filter_log_events(logGroupName=GROUP, limit=3, nextToken=first["nextToken"])
    assert (len(first["events"]), len(second["events"])) == (3, 1)
    assert "nextToken" not in second
    with refused("InvalidParameterException"):
        found(filterPattern="{ $.level = }")


def test_a_pattern_can_be_tried(logs: Any) -> None:
    line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'
    answer = logs.test_metric_filter(
        filterPattern="[ip, id, user, time, request, status = 4*, size]", logEventMessages=["other", line]
    )
    [match] = answer["matches"]
    assert (match["eventNumber"], match["eventMessage"]) == (2, line)
    assert match["extractedValues"] == {
        "$ip": "127.0.0.1", "$id": "-", "$user": "frank", "$time": "10/Oct/2000:13:25:15 -0700",
        "$request": "GET /index.html HTTP/1.0", "$status": "404", "$size": "1534",
    }  # fmt: skip
    assert logs.test_metric_filter(filterPattern="{ $.a = 1 }", logEventMessages=['{"a": 2}'])["matches"] == []
    with refused("InvalidParameterException"):
        logs.test_metric_filter(filterPattern="{ $.a = “b” }", logEventMessages=["m"])
    with refused("InvalidParameterException"):
        logs.test_metric_filter(filterPattern="", logEventMessages=["m"] * 51)


# --- metrics --------------------------------------------------------------------------------------------------------


def test_only_events_after_the_filter_count(emulator: Emulator, logs: Any) -> None:
    put(logs, "ERROR")
    put_filter(logs, "ERROR")
    put(logs, "ERROR a", "ERROR b", "fine")
    assert sum(row["Sum"] for row in measured(emulator, "Sum")) == 2


def test_a_default_is_published_for_minutes_without_a_match(emulator: Emulator, logs: Any) -> None:
    put_filter(logs, "ERROR", defaultValue=0)
    minute = now() // 60_000 * 60_000 - 5 * 60_000
    for message, sums in (
        ("fine", [(0, 1)]),
        ("fine", [(0, 1)]),
        ("ERROR", [(1, 1)]),
        ("fine", [(1, 1)]),
    ):
        event = {"timestamp": minute, "message": message}
        logs.put_log_events(logGroupName=GROUP, logStreamName=STREAM, logEvents=[event])
        assert [(row["Sum"], row["SampleCount"]) for row in measured(emulator, "Sum", "SampleCount")] == sums


def test_values_units_and_dimensions_come_from_the_event(emulator: Emulator, logs: Any) -> None:
    put_filter(logs, "{ $.ms = * }", metricValue="$.ms", unit="Milliseconds", dimensions={"Path": "$.request.path"})
    put(logs, {"ms": 20, "request": {"path": "/a"}}, {"ms": 40, "request": {"path": "/a"}})
    put(logs, {"ms": 7}, {"ms": "slow", "request": {"path": "/a"}})
    dimensions = [{"Name": "Path", "Value": "/a"}]
    rows = measured(emulator, "Sum", "Maximum", Dimensions=dimensions, Unit="Milliseconds")
    assert sum(row["Sum"] for row in rows) == 60
    assert max(row["Maximum"] for row in rows) == 40
    assert measured(emulator, "Sum") == []
    [metric] = emulator.client("cloudwatch").list_metrics(Namespace="App")["Metrics"]
    assert metric == {"Namespace": "App", "MetricName": "Errors", "Dimensions": dimensions}


def test_values_come_from_words(emulator: Emulator, logs: Any) -> None:
    put_filter(logs, "[method, path, bytes]", metricValue="$bytes")
    put(logs, "GET /a 100", "GET /b 20")
    assert sum(row["Sum"] for row in measured(emulator, "Sum")) == 120
