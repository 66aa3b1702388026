# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an alarm on the metric of metric filters can go off at all: what data points make of its settings.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html. A metric filter publishes its
value for each event that it matches, in whole minutes, and its default value for a minute in which none matched.
"""

from __future__ import annotations

import math
import typing as t
from dataclasses import dataclass

Alarm = t.Mapping[str, t.Any]

SHORTEST_PERIOD = 60
"""Seconds. Metric filters publish with standard resolution."""

_COMPARISONS: dict[str, t.Callable[[float, float], bool]] = {
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_WORDS = {
    "GreaterThanOrEqualToThreshold": "at least",
    "GreaterThanThreshold": "more than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "at most",
}
MOST_EVENTS = 100_000
"""More than that in a period nobody means."""


@dataclass(frozen=True)
class Burst:
    """What happens when it happens: so many events within so many seconds, each of which counts so much."""

    times: int
    within: float
    value: float

    def of_period(self, period: int) -> int:
        """How many of the events one period holds."""
        return self.times if self.within <= period else max(1, int(self.times * period / self.within))


def burst_for(alarm: Alarm, value: float) -> Burst:
    """The smallest burst that sets an alarm off; a single event for one that no number of events sets off."""
    period, threshold = alarm["period"], alarm["threshold"]
    if value > 0 and alarm.get("statistic") == "Sum":
        needed = max(1, math.ceil(threshold / value))
        if _COMPARISONS[alarm["comparison_operator"]](needed * value, threshold):
            return Burst(needed, period, value)
        return Burst(needed + 1, period, value)
    if alarm.get("statistic") == "SampleCount":
        return Burst(max(1, math.ceil(threshold) + 1), period, value)
    return Burst(1, period, value)


def obstacle(alarm: Alarm, burst: Burst, has_default: bool) -> str | None:
    """Why a burst does not set an alarm off; None when it does. has_default: filters publish when nothing matches."""
    period, operator, threshold = alarm["period"], alarm["comparison_operator"], alarm["threshold"]
    if period is None or threshold is None or operator not in _COMPARISONS:
        return "it is not an alarm on one metric with a fixed threshold"
    if period < SHORTEST_PERIOD:
        return (
            f"its period is {period} seconds, but metric filters publish by the minute, so that it loses its data again"
        )
    number = burst.of_period(period)
    statistic = alarm.get("statistic") or alarm.get("extended_statistic")
    value = _statistic(statistic, number, burst.value)
    if value is None:
        return None
    if not _COMPARISONS[operator](value, threshold):
        return _never(statistic, operator, threshold, number, value)
    return _too_few(alarm, has_default)


def _statistic(name: str | None, number: int, value: float) -> float | None:
    """The statistic of data points that are all the same; None of one that cannot be told."""
    if name == "Sum":
        return number * value
    if name == "SampleCount":
        return float(number)
    if name in ("Average", "Minimum", "Maximum") or (name and name[0] in "pt" and name[1:2].isdigit()):
        return value
    return None


def _never(statistic: str | None, operator: str, threshold: float, number: int, value: float) -> str:
    wanted = f"{statistic} must be {_WORDS[operator]} {_number(threshold)}"
    if operator.startswith("Less"):
        return f"{wanted}, which is so while nothing happens, and not when it does"
    events = "an event" if number == 1 else f"{number} events"
    if statistic in ("Average", "Minimum", "Maximum"):
        return f"{wanted}, but each event counts {_number(value)}, so that no number of events gets there"
    return f"{wanted}, but {events} in a period make {_number(value)}"


def _number(value: float) -> str:
    return f"{value:g}"


def _too_few(alarm: Alarm, has_default: bool) -> str | None:
    """Why one period that breaches is not enough; None when it is."""
    periods = alarm.get("evaluation_periods") or 1
    needed = alarm.get("datapoints_to_alarm") or periods
    if needed == 1:
        return None
    missing = alarm.get("treat_missing_data") or "missing"
    if not has_default and missing in ("breaching", "missing"):
        return None
    return f"{needed} of {periods} periods must breach, but what happens once breaches one"
