# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What properties do not show of metric filters."""

from __future__ import annotations

import typing as t

import pytest

from tests.emulator.client import Emulator
from tests.integration.cases.metric_filters import GROUP, ROOT_PATTERN, prepare
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.run import converge

MODULE = "metric_filters"


def one(group: str = GROUP, **options: t.Any) -> dict[str, t.Any]:
    item = {
        "name": "RootAccess",
        "pattern": ROOT_PATTERN,
        "metric_name": "RootAccessEventCount",
        "metric_namespace": "CloudTrailMetrics",
        **options,
    }
    return {"log_group_name": group, "filters": [item]}


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (one(group="with space"), "log_group_name"),
        (one(name="a:b"), "filters[0].name"),
        (one(metric_name="a$b"), "filters[0].metric_name"),
        (one(metric_namespace=""), "filters[0].metric_namespace"),
        (one(metric_value="many"), "filters[0].metric_value"),
        (one(unit="Furlongs"), "filters[0].unit"),
        (one(pattern=""), "filters[0].pattern (RootAccess)"),
        (one(pattern='{ ($.userIdentity.type = "Root" }'), "filters[0].pattern (RootAccess)"),
        (one(pattern="x" * 1025), "filters[0].pattern (RootAccess)"),
        ({**one(), "purge": True}, "purge_prefix"),
    ],
)
def test_wrong_options_are_refused_before_the_first_call(
    emulator: Emulator, arguments: dict[str, t.Any], option: str
) -> None:
    result = converge(emulator, MODULE, arguments)
    assert result["failed"] and result["msg"].startswith(f"{option}: "), result["msg"]
    assert not emulator.calls()


def test_a_log_group_that_is_not_there_yet_is_no_error_in_check_mode(emulator: Emulator) -> None:
    assert converge(emulator, MODULE, one(), check_mode=True)["changed"]
    result = converge(emulator, MODULE, one())
    assert [(error["code"], error["operation"]) for error in result["errors"]] == [
        ("ResourceNotFoundException", "logs:PutMetricFilter")
    ]


def test_what_is_not_declared_survives(emulator: Emulator) -> None:
    prepare(emulator)
    converge(emulator, MODULE, one(default_value=0, unit="Count"))
    result = converge(emulator, MODULE, one(metric_value="$.size"))
    assert result["diff"][0]["before"] == "metric_value: 1\n"
    assert result["diff"][0]["after"] == "metric_value: $.size\n"
    logs = emulator.client("logs", HOME_REGION, ACCOUNT_ID)
    transformation = logs.describe_metric_filters(logGroupName=GROUP)["metricFilters"][0]["metricTransformations"][0]
    assert (transformation["metricValue"], transformation["defaultValue"], transformation["unit"]) == (
        *("$.size", 0.0),
        "Count",
    )


def test_a_filter_of_a_similar_name_is_another(emulator: Emulator) -> None:
    prepare(emulator)
    converge(emulator, MODULE, one(name="RootAccess-2"))
    assert [change["action"] for change in converge(emulator, MODULE, one())["changes"]] == ["create"]


def test_an_unchanged_run_reads_once(emulator: Emulator) -> None:
    prepare(emulator)
    converge(emulator, MODULE, one())
    emulator.clear_calls()
    converge(emulator, MODULE, one())
    assert sorted(call.operation for call in emulator.calls()) == ["DescribeMetricFilters", "GetCallerIdentity"]
