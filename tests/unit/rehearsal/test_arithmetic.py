# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which alarms can go off, and which never do."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal.arithmetic import (
    Burst,
    burst_for,
    obstacle,
)

ONE, FIVE = Burst(1, 0, 1.0), Burst(5, 240, 1.0)


def alarm(**changes: t.Any) -> dict[str, t.Any]:
    return {
        "statistic": "Sum",
        "extended_statistic": None,
        "period": 300,
        "evaluation_periods": 1,
        "datapoints_to_alarm": None,
        "threshold": 1,
        "comparison_operator": "GreaterThanOrEqualToThreshold",
        "treat_missing_data": "notBreaching",
        **changes,
    }


@pytest.mark.parametrize(
    ("changes", "burst", "has_default"),
    [
        ({}, ONE, True),
        ({"threshold": 5}, FIVE, True),
        ({"threshold": 5, "period": 240}, FIVE, True),
        ({"comparison_operator": "GreaterThanThreshold", "threshold": 10}, Burst(1, 0, 11.0), True),
        ({"statistic": "Maximum"}, ONE, True),
        ({"statistic": "SampleCount", "threshold": 3}, FIVE, True),
        ({"statistic": None, "extended_statistic": "p95"}, ONE, True),
        ({"statistic": None, "extended_statistic": "TM(10%:90%)", "threshold": 50}, ONE, True),
        ({"evaluation_periods": 5, "datapoints_to_alarm": 1}, ONE, True),
        ({"evaluation_periods": 3, "treat_missing_data": "breaching"}, ONE, False),
    ],
    ids=str,
)
def test_it_goes_off(changes: dict[str, t.Any], burst: Burst, has_default: bool) -> None:
    assert obstacle(alarm(**changes), burst, has_default) is None


@pytest.mark.parametrize(
    ("changes", "burst", "has_default", "why"),
    [
        ({"period": 10}, ONE, True, "by the minute"),
        ({"threshold": 2}, ONE, True, "but an event in a period make 1"),
        ({"threshold": 5, "period": 60}, FIVE, True, "but an event in a period make 1"),
        ({"threshold": 6}, FIVE, True, "but 5 events in a period make 5"),
        ({"statistic": "Average", "threshold": 2}, FIVE, True, "no number of events gets there"),
        ({"statistic": None, "extended_statistic": "p99", "threshold": 2}, ONE, True, "p99 must be at least 2"),
        ({"comparison_operator": "LessThanThreshold"}, ONE, True, "while nothing happens"),
        ({"evaluation_periods": 3}, ONE, True, "3 of 3 periods"),
        ({"evaluation_periods": 5, "datapoints_to_alarm": 2}, ONE, True, "2 of 5 periods"),
        ({"evaluation_periods": 3, "treat_missing_data": "breaching"}, ONE, True, "3 of 3 periods"),
        ({"period": None}, ONE, True, "not an alarm on one metric"),
        ({"comparison_operator": "GreaterThanUpperThreshold"}, ONE, True, "not an alarm on one metric"),
    ],
    ids=str,
)
def test_it_never_does(changes: dict[str, t.Any], burst: Burst, has_default: bool, why: str) -> None:
    """T-06 among others."""
    reason = obstacle(alarm(**changes), burst, has_default)
    assert reason is not None and why in reason


@pytest.mark.parametrize("operator", ["GreaterThanOrEqualToThreshold", "GreaterThanThreshold"])
@pytest.mark.parametrize("statistic", ["Sum", "SampleCount"])
@pytest.mark.parametrize("threshold", [1, 5, 10, 2.5])
@pytest.mark.parametrize("value", [1.0, 3.0, 11.0])
def test_the_burst_that_an_alarm_asks_for_sets_it_off(
    operator: str, statistic: str, threshold: float, value: float
) -> None:
    declared = alarm(comparison_operator=operator, statistic=statistic, threshold=threshold)
    assert obstacle(declared, burst_for(declared, value), True) is None
