# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Metric filters of one log group."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

GROUP = "/aws/cloudtrail/test"
PREFIX = "test--"
ROOT = f"{PREFIX}RootAccess"
DENIED = f"{PREFIX}Denied"
ROOT_PATTERN = '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) }'
DENIED_PATTERN = '{ $.errorCode = "AccessDenied*" }'


def _filter(name: str) -> st.SearchStrategy[dict[str, t.Any]]:
    present = st.fixed_dictionaries(
        {
            "name": st.just(name),
            "pattern": st.sampled_from([ROOT_PATTERN, DENIED_PATTERN]),
            "metric_name": st.sampled_from(["RootAccessEventCount", "Other"]),
            "metric_namespace": st.sampled_from(["CloudTrailMetrics", "Other"]),
        },
        optional={
            "metric_value": st.sampled_from(["1", "$.size"]),
            "default_value": st.sampled_from([0, 1.5]),
            "unit": st.sampled_from(["Count", "None"]),
        },
    )
    return present | st.just({"name": name, "state": "absent"})


FILTERS = st.tuples(_filter(ROOT) | st.none(), _filter(DENIED) | st.none()).map(
    lambda filters: [item for item in filters if item]
)

ARGUMENTS = st.fixed_dictionaries(
    {"log_group_name": st.just(GROUP), "filters": FILTERS, "purge": st.booleans(), "purge_prefix": st.just(PREFIX)}
)

TYPICAL = {
    "log_group_name": GROUP,
    "filters": [
        {
            "name": ROOT,
            "pattern": ROOT_PATTERN,
            "metric_name": "RootAccessEventCount",
            "metric_namespace": "CloudTrailMetrics",
            "default_value": 0,
            "unit": "Count",
        },
        {
            "name": DENIED,
            "pattern": DENIED_PATTERN,
            "metric_name": "DeniedEventCount",
            "metric_namespace": "CloudTrailMetrics",
        },
    ],
    "purge": True,
    "purge_prefix": PREFIX,
}


def prepare(emulator: Emulator) -> None:
    _logs(emulator).create_log_group(logGroupName=GROUP)


def _logs(emulator: Emulator) -> t.Any:
    return emulator.client("logs", HOME_REGION, ACCOUNT_ID)


def _put(emulator: Emulator, name: str, pattern: str, **changes: t.Any) -> None:
    transformation = {
        "metricName": "RootAccessEventCount",
        "metricNamespace": "CloudTrailMetrics",
        "metricValue": "1",
        "defaultValue": 0.0,
        "unit": "Count",
        **changes,
    }
    _logs(emulator).put_metric_filter(
        logGroupName=GROUP,
        filterName=name,
        filterPattern=pattern,
        metricTransformations=[{key: value for key, value in transformation.items() if value is not None}],
    )


def _edit(emulator: Emulator, pattern: str = ROOT_PATTERN, **changes: t.Any) -> None:
    if _logs(emulator).describe_metric_filters(logGroupName=GROUP, filterNamePrefix=ROOT)["metricFilters"]:
        _put(emulator, ROOT, pattern, **changes)


def filter_deleted(emulator: Emulator) -> None:
    if _logs(emulator).describe_metric_filters(logGroupName=GROUP, filterNamePrefix=ROOT)["metricFilters"]:
        _logs(emulator).delete_metric_filter(logGroupName=GROUP, filterName=ROOT)


def pattern_edited(emulator: Emulator) -> None:
    _edit(emulator, '{ $.userIdentity.type = "Nobody" }')


def default_value_removed(emulator: Emulator) -> None:
    _edit(emulator, defaultValue=None)


def metric_edited(emulator: Emulator) -> None:
    _edit(emulator, metricName="Elsewhere")


def value_edited(emulator: Emulator) -> None:
    _edit(emulator, metricValue="0")


def unit_edited(emulator: Emulator) -> None:
    _edit(emulator, unit="Bytes")


def dimensions_added(emulator: Emulator) -> None:
    _edit(emulator, defaultValue=None, dimensions={"Region": "$.awsRegion"})


def events_restricted(emulator: Emulator) -> None:
    found = _logs(emulator).describe_metric_filters(logGroupName=GROUP, filterNamePrefix=ROOT)["metricFilters"]
    if found:
        _logs(emulator).put_metric_filter(
            logGroupName=GROUP,
            filterName=ROOT,
            filterPattern=ROOT_PATTERN,
            metricTransformations=found[0]["metricTransformations"],
            fieldSelectionCriteria='@aws.account = "000000000000"',
        )


def filter_of_ours_left_over(emulator: Emulator) -> None:
    _put(emulator, f"{PREFIX}left-over", ROOT_PATTERN)


def foreign_filter_added(emulator: Emulator) -> None:
    _put(emulator, "somebody-elses", ROOT_PATTERN)


CASES = [
    Case(
        module="metric_filters",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::Logs::MetricFilter"}),
        prepare=prepare,
        drifts=(
            filter_deleted,
            pattern_edited,
            default_value_removed,
            metric_edited,
            value_edited,
            unit_edited,
            dimensions_added,
            events_restricted,
            filter_of_ours_left_over,
            foreign_filter_added,
        ),
    )
]
