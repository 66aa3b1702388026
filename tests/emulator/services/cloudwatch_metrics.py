# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics: data points from users and from metric filters, and the statistics that alarms and readers ask of them.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .. import clock
from ..errors import AwsError, LackingOperation
from ..registry import Scope, page
from .cloudwatch import Params, Region, service

#: Namespace, name, and the dimensions by name.
Metric = tuple[str, str, frozenset[tuple[str, str]]]

_OLDEST, _NEWEST = 14 * 86_400, 2 * 3_600
_LARGEST = 2**360


@dataclass(frozen=True, eq=False)
class Datum:
    """What was published at one time: single values with how often each occurred, or a set of statistics only."""

    metric: Metric
    time: float
    unit: str
    count: float
    total: float
    low: float
    high: float
    values: tuple[tuple[float, float], ...] = ()

    @classmethod
    def of_value(cls, metric: Metric, time: float, value: float, *, unit: str = "None") -> Datum:
        return cls.of_values(metric, time, unit, ((value, 1.0),))

    @classmethod
    def of_values(cls, metric: Metric, time: float, unit: str, values: tuple[tuple[float, float], ...]) -> Datum:
        numbers = [value for value, _ in values]
        total = sum(value * count for value, count in values)
        count = sum(count for _, count in values)
        return cls(metric, time, unit, count, total, min(numbers), max(numbers), values)


#: Who is told of metrics that have new data; alarms register here.
LISTENERS: list[Callable[[Scope, set[Metric]], None]] = []


def metric(namespace: str, name: str, dimensions: dict[str, str]) -> Metric:
    return namespace, name, frozenset(dimensions.items())


def metric_of(params: Params) -> Metric:
    """The metric that Namespace, MetricName and Dimensions name."""
    dimensions = {one["Name"]: one["Value"] for one in params.get("Dimensions", [])}
    return metric(params["Namespace"], params["MetricName"], dimensions)


def put(scope: Scope, data: list[Datum]) -> None:
    """Publish data points, and let what watches their metrics know."""
    metrics = service.state(scope).metrics
    for datum in data:
        metrics.setdefault(datum.metric, []).append(datum)
    for listener in LISTENERS:
        listener(scope, {datum.metric for datum in data})


def withdraw(scope: Scope, datum: Datum) -> None:
    """Take back the default value of a minute in which an event matched after all."""
    service.state(scope).metrics[datum.metric].remove(datum)


def between(scope: Scope, wanted: Metric, start: float, end: float, unit: str | None = None) -> list[Datum]:
    """Data of a metric from start up to, but not including, end; of one unit, or of any."""
    found = service.state(scope).metrics.get(wanted, ())
    return [one for one in found if start <= one.time < end and unit in (None, one.unit)]


# --- statistics -----------------------------------------------------------------------------------------------------

_STATISTICS: dict[str, Callable[[list[Datum]], float]] = {
    "SampleCount": lambda data: sum(one.count for one in data),
    "Sum": lambda data: sum(one.total for one in data),
    "Average": lambda data: sum(one.total for one in data) / sum(one.count for one in data),
    "Minimum": lambda data: min(one.low for one in data),
    "Maximum": lambda data: max(one.high for one in data),
}


def statistic(name: str, data: list[Datum]) -> float | None:
    """A statistic or percentile of data; None of none. Other extended statistics are lacking."""
    if not data:
        return None
    if name in _STATISTICS:
        return _STATISTICS[name](data)
    percentile = re.fullmatch(r"p(\d{1,3}(\.\d*)?)", name)
    if percentile is None:
        raise LackingOperation("cloudwatch", "PutMetricAlarm", f"statistic {name}")
    values = sorted(pair for one in data for pair in one.values)
    if not values:
        return None
    rank, seen = math.ceil(float(percentile[1]) / 100 * sum(count for _, count in values)), 0.0
    for value, count in values:
        seen += count
        if seen >= rank:
            return value
    return values[-1][0]


# --- operations -----------------------------------------------------------------------------------------------------


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValue", message)


@service.operation("PutMetricData")
def put_metric_data(params: Params, scope: Scope, state: Region) -> None:
    namespace = params["Namespace"]
    if namespace.startswith("AWS/"):
        raise _invalid("The value AWS/ for parameter Namespace is invalid.")
    rows = params.get("MetricData", [])
    if not rows:
        raise AwsError("MissingParameter", "The parameter MetricData is required.")
    put(scope, [_checked(namespace, row) for row in rows])


def _checked(namespace: str, row: Params) -> Datum:
    given = [key for key in ("Value", "Values", "StatisticValues") if key in row]
    if len(given) != 1:
        raise AwsError("InvalidParameterCombination", "Specify one of Value, Values and StatisticValues.")
    names = [one["Name"] for one in row.get("Dimensions", [])]
    if len(names) > 30 or len(names) != len(set(names)):
        raise _invalid("A metric has up to 30 dimensions, each once.")
    now = clock.now()
    time = row["Timestamp"].timestamp() if "Timestamp" in row else now
    if not now - _OLDEST <= time <= now + _NEWEST:
        raise _invalid("The value for parameter Timestamp must be within two weeks before and two hours after now.")
    key, unit = metric_of({"Namespace": namespace, **row}), row.get("Unit", "None")
    if given == ["StatisticValues"]:
        told = row["StatisticValues"]
        return Datum(key, time, unit, told["SampleCount"], told["Sum"], told["Minimum"], told["Maximum"])
    values = row.get("Values", [row.get("Value")])
    counts = row.get("Counts", [1.0] * len(values))
    if not values or len(values) > 150 or len(values) != len(counts):
        raise _invalid("Values has 1 to 150 members, and Counts as many.")
    if any(not math.isfinite(value) or abs(value) > _LARGEST for value in values):
        raise _invalid("A value of the metric is not a number CloudWatch takes.")
    return Datum.of_values(key, time, unit, tuple(zip(values, counts, strict=True)))


def _periods(
    scope: Scope, wanted: Metric, span: tuple[datetime, datetime], period: int, unit: str | None
) -> list[tuple[datetime, list[Datum]]]:
    """Data within a span of time by period, oldest first; periods without data are left out."""
    by_period: dict[float, list[Datum]] = {}
    start = span[0].timestamp() // period * period
    for one in between(scope, wanted, start, span[1].timestamp(), unit):
        by_period.setdefault(one.time // period * period, []).append(one)
    return [(datetime.fromtimestamp(begin, UTC), data) for begin, data in sorted(by_period.items())]


def _check_span(params: Params, period: int) -> tuple[datetime, datetime]:
    if params["StartTime"] >= params["EndTime"]:
        raise _invalid("The parameter StartTime must be less than the parameter EndTime.")
    if period not in (1, 5, 10, 20, 30) and (period <= 0 or period % 60):
        raise _invalid("Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    return params["StartTime"], params["EndTime"]


@service.operation("GetMetricStatistics")
def get_metric_statistics(params: Params, scope: Scope, state: Region) -> Params:
    plain, extended = params.get("Statistics", []), params.get("ExtendedStatistics", [])
    if bool(plain) == bool(extended):
        raise AwsError("InvalidParameterCombination", "Specify either Statistics or ExtendedStatistics.")
    span = _check_span(params, params["Period"])
    rows = []
    for begin, data in _periods(scope, metric_of(params), span, params["Period"], params.get("Unit")):
        row: Params = {"Timestamp": begin, "Unit": data[0].unit}
        row |= {name: statistic(name, data) for name in plain}
        if extended:
            row["ExtendedStatistics"] = {name: statistic(name, data) for name in extended}
        rows.append(row)
    return {"Label": params["MetricName"], "Datapoints": rows}


@service.operation("GetMetricData")
def get_metric_data(params: Params, scope: Scope, state: Region) -> Params:
    results = []
    for query in params["MetricDataQueries"]:
        if "MetricStat" not in query:
            raise LackingOperation("cloudwatch", "GetMetricData", "metric math")
        asked = query["MetricStat"]
        span = _check_span(params, asked["Period"])
        found = _periods(scope, metric_of(asked["Metric"]), span, asked["Period"], asked.get("Unit"))
        if params.get("ScanBy", "TimestampDescending") == "TimestampDescending":
            found.reverse()
        if query.get("ReturnData", True):
            results.append(
                {
                    "Id": query["Id"],
                    "Label": query.get("Label", asked["Metric"]["MetricName"]),
                    "Timestamps": [begin for begin, _ in found],
                    "Values": [statistic(asked["Stat"], data) for _, data in found],
                    "StatusCode": "Complete",
                }
            )
    return {"MetricDataResults": results, "Messages": []}


@service.operation("ListMetrics")
def list_metrics(params: Params, scope: Scope, state: Region) -> Params:
    rows = [
        {
            "Namespace": namespace,
            "MetricName": name,
            "Dimensions": [{"Name": key, "Value": value} for key, value in sorted(dimensions)],
        }
        for (namespace, name, dimensions), data in state.metrics.items()
        if data
        and params.get("Namespace") in (None, namespace)
        and params.get("MetricName") in (None, name)
        and _has_dimensions(dimensions, params.get("Dimensions", []))
    ]
    chosen, token = page(rows, params, token="NextToken", error="InvalidParameterValue", default=500)
    return {"Metrics": chosen, "NextToken": token}


def _has_dimensions(dimensions: Iterable[tuple[str, str]], wanted: list[dict[str, Any]]) -> bool:
    have = dict(dimensions)
    return all(one["Name"] in have and one.get("Value") in (None, have[one["Name"]]) for one in wanted)
