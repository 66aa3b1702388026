# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metric filters at work: from log events to data points of metrics.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/MonitoringLogData.html: only events that come in after a filter
was made count. A default value is published for a minute in which events come in and none of them matches.
"""

from __future__ import annotations

from .. import filters
from . import cloudwatch_metrics
from .cloudwatch_metrics import Datum
from .log_events import LISTENERS, Batch
from .logs import Params, service

_MINUTE = 60_000


def publish(batch: Batch) -> None:
    """Evaluate every metric filter of the group on the events that came in."""
    data: list[Datum] = []
    for metric_filter in list(service.state(batch.scope).filters.get(batch.group, {}).values()):
        data += _data(batch, metric_filter)
    if data:
        cloudwatch_metrics.put(batch.scope, data)


LISTENERS.append(publish)


def _data(batch: Batch, metric_filter: Params) -> list[Datum]:
    [transformation] = metric_filter["metricTransformations"]
    defaults = service.state(batch.scope).defaults
    data: list[Datum] = []
    for minute in sorted({event["timestamp"] // _MINUTE for event in batch.events}):
        key = (batch.group, metric_filter["filterName"], minute)
        found = [
            event
            for event in batch.events
            if event["timestamp"] // _MINUTE == minute
            and filters.matches(metric_filter["filterPattern"], event["message"])
        ]
        if found:
            published = defaults.get(key)
            if published is not None:
                cloudwatch_metrics.withdraw(batch.scope, published)
            defaults[key] = None
            data += [datum for event in found if (datum := _datum(metric_filter, transformation, event)) is not None]
        elif "defaultValue" in transformation and key not in defaults:
            default = _of(transformation, minute * _MINUTE, transformation["defaultValue"], {})
            defaults[key] = default
            data.append(default)
    return data


def _datum(metric_filter: Params, transformation: Params, event: Params) -> Datum | None:
    """The data point of an event; none when a value that it takes from the event is not there, or no number."""
    pattern, message = metric_filter["filterPattern"], event["message"]
    declared = transformation["metricValue"]
    text = filters.value(pattern, declared, message) if declared.startswith("$") else declared
    dimensions = {
        name: filters.value(pattern, reference, message)
        for name, reference in transformation.get("dimensions", {}).items()
    }
    try:
        number = float(text or "")
    except ValueError:
        return None
    if None in dimensions.values():
        return None
    return _of(transformation, event["timestamp"], number, {name: str(value) for name, value in dimensions.items()})


def _of(transformation: Params, timestamp: int, number: float, dimensions: dict[str, str]) -> Datum:
    metric = cloudwatch_metrics.metric(transformation["metricNamespace"], transformation["metricName"], dimensions)
    return Datum.of_value(metric, timestamp / 1000, number, unit=transformation.get("unit", "None"))
