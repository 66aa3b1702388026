# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rules that mute alarms at certain times."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

PREFIX = "test--"
NIGHTS = f"{PREFIX}nights"
ALARMS = ["test--RootAccess", "test--Latency"]

PRESENT = st.fixed_dictionaries(
    {
        "name": st.just(NIGHTS),
        "expression": st.sampled_from(["cron(0 22 * * *)", "cron(30 1 * * SAT,SUN)"]),
        "duration": st.sampled_from(["PT8H", "P1DT30M"]),
        "alarm_names": st.lists(st.sampled_from(ALARMS), min_size=1, unique=True),
    },
    optional={
        "description": st.sampled_from(["", "Nightly deployment"]),
        "timezone": st.sampled_from(["UTC", "Europe/Berlin"]),
    },
)
RULES = st.lists(PRESENT | st.just({"name": NIGHTS, "state": "absent"}), max_size=1)
ARGUMENTS = st.fixed_dictionaries({"mute_rules": RULES, "purge": st.booleans(), "purge_prefix": st.just(PREFIX)})

TYPICAL = {
    "mute_rules": [
        {
            "name": NIGHTS,
            "description": "Nightly deployment",
            "expression": "cron(0 22 * * *)",
            "duration": "PT8H",
            "timezone": "Europe/Berlin",
            "alarm_names": ALARMS,
        }
    ],
    "purge": True,
    "purge_prefix": PREFIX,
}


def _cloudwatch(emulator: Emulator) -> t.Any:
    return emulator.client("cloudwatch", HOME_REGION, ACCOUNT_ID)


def alarms_exist(emulator: Emulator) -> None:
    for name in ALARMS:
        _cloudwatch(emulator).put_metric_alarm(
            AlarmName=name,
            MetricName="Count",
            Namespace="Test",
            Statistic="Sum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
        )


def _exists(emulator: Emulator) -> bool:
    return bool(_cloudwatch(emulator).list_alarm_mute_rules()["AlarmMuteRuleSummaries"])


def _put(emulator: Emulator, name: str, **schedule: str) -> None:
    _cloudwatch(emulator).put_alarm_mute_rule(
        Name=name,
        Rule={"Schedule": {"Expression": "cron(0 0 * * *)", "Duration": "PT8H", **schedule}},
        MuteTargets={"AlarmNames": ALARMS[:1]},
    )


def rule_deleted(emulator: Emulator) -> None:
    _cloudwatch(emulator).delete_alarm_mute_rule(AlarmMuteRuleName=NIGHTS)


def rule_edited(emulator: Emulator) -> None:
    if _exists(emulator):
        _put(emulator, NIGHTS, Duration="P15D")


def rule_of_ours_left_over(emulator: Emulator) -> None:
    _put(emulator, f"{PREFIX}left-over")


def foreign_rule_added(emulator: Emulator) -> None:
    _put(emulator, "somebody-elses")


CASES = [
    Case(
        module="alarm_mute_rules",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::CloudWatch::AlarmMuteRule"}),
        prepare=alarms_exist,
        drifts=(rule_deleted, rule_edited, rule_of_ours_left_over, foreign_rule_added),
    )
]
