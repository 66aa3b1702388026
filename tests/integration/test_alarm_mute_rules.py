# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What properties do not show of rules that mute alarms."""

from __future__ import annotations

import typing as t
from datetime import UTC, datetime

import pytest

from ansible_collections.secops.aws_baseline.plugins.modules import alarm_mute_rules
from tests.emulator.client import Emulator
from tests.integration.cases.alarm_mute_rules import ALARMS, NIGHTS, TYPICAL, alarms_exist
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.log import planned_writes, writes
from tests.support.playbook import ansible_playbook
from tests.support.run import converge

MODULE = "alarm_mute_rules"
RULE = TYPICAL["mute_rules"][0]


def one(**options: t.Any) -> dict[str, t.Any]:
    return {"mute_rules": [{**RULE, **options}]}


@pytest.mark.parametrize(
    ("options", "option"),
    [
        ({"name": ""}, "name"),
        ({"expression": "cron(0 22 ? * * *)"}, "expression"),
        ({"expression": "rate(1 day)"}, "expression"),
        ({"duration": "8h"}, "duration"),
        ({"duration": "P16D"}, "duration"),
        ({"duration": "PT0M"}, "duration"),
        ({"alarm_names": []}, "alarm_names"),
        ({"alarm_names": [str(number) for number in range(101)]}, "alarm_names"),
    ],
)
def test_wrong_options_are_refused_before_the_first_call(
    emulator: Emulator, options: dict[str, t.Any], option: str
) -> None:
    result = converge(emulator, MODULE, one(**options))
    assert result["failed"] and result["msg"].startswith(f"mute_rules[0].{option}: "), result["msg"]
    assert not emulator.calls()


def test_how_long_a_rule_holds_is_kept(emulator: Emulator) -> None:
    alarms_exist(emulator)
    cloudwatch = emulator.client("cloudwatch", HOME_REGION, ACCOUNT_ID)
    expires = datetime(2031, 1, 1, tzinfo=UTC)
    cloudwatch.put_alarm_mute_rule(
        Name=NIGHTS,
        Rule={"Schedule": {"Expression": "cron(0 22 * * *)", "Duration": "PT4H"}},
        MuteTargets={"AlarmNames": ALARMS},
        ExpireDate=expires,
    )
    result = converge(emulator, MODULE, one())
    (change,) = result["changes"]
    assert change["operations"] == ["cloudwatch:PutAlarmMuteRule"]
    assert change["before"] == {"description": "", "duration": "PT4H", "timezone": "UTC"}
    rule = cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName=NIGHTS)
    assert rule["ExpireDate"] == expires
    assert rule["Rule"]["Schedule"]["Timezone"] == "Europe/Berlin"


def test_a_muted_alarm_changes_its_state_and_tells_nobody(emulator: Emulator) -> None:
    alarms_exist(emulator)
    cloudwatch = emulator.client("cloudwatch", HOME_REGION, ACCOUNT_ID)
    name = ALARMS[0]

    def told() -> int:
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="test")
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
        history = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")
        return len(history["AlarmHistoryItems"])

    alarm = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    topic = emulator.client("sns", HOME_REGION, ACCOUNT_ID).create_topic(Name="t")["TopicArn"]
    keys = ("MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator")
    cloudwatch.put_metric_alarm(AlarmName=name, AlarmActions=[topic], **{key: alarm[key] for key in keys})
    assert told() == 1
    # a window of a whole day from each hour on
    converge(emulator, MODULE, one(expression="cron(0 * * * *)", duration="PT24H", timezone="UTC"))
    assert told() == 1
    converge(emulator, MODULE, {"mute_rules": [{"name": NIGHTS, "state": "absent"}]})
    assert told() == 2


def test_a_rule_for_an_alarm_that_is_not_there_is_refused_as_by_aws(emulator: Emulator) -> None:
    result = converge(emulator, MODULE, one())
    assert result["failed"]
    assert result["errors"][0]["operation"] == "cloudwatch:PutAlarmMuteRule"
    assert "does not exist" in result["errors"][0]["message"]


def test_the_role_excludes_and_mutes_and_says_what_that_costs(emulator: Emulator) -> None:
    """From nothing, planned and run alike, and with nothing left to do."""
    variables = {
        "alarms_overrides": {
            "iam-change": {"exclude": {"principals": ["*:role/infrastructure-pipeline"]}},
            "cloudformation-change": {"mute": [{"from": "02:00", "to": "03:30", "time_zone": "Europe/Berlin"}]},
        },
        "alarms_cis_evidence": False,
    }

    def run(*arguments: str) -> t.Any:
        tags = ("--tags", "cloudtrail,alarms")
        result = ansible_playbook(emulator, "baseline.yml", "inventories/demo", *tags, *arguments, variables=variables)
        assert result.returncode == 0, result.messages() or result.stdout + result.stderr
        return result

    def lost(result: t.Any) -> list[str]:
        said = [task["msg"] for task in result.tasks() if isinstance(task.get("msg"), dict)]
        return [row["control"] for one in said for row in one.get("cis_controls_lost", ())]

    rules = [change for change in run("--check").changes() if change["type"] == "AWS::CloudWatch::AlarmMuteRule"]
    assert [change["action"] for change in rules] == ["create"]
    made = run()
    assert planned_writes(made.changes()) == writes(emulator)
    assert lost(made) == ["4.4"]
    cloudwatch, logs = emulator.client("cloudwatch", HOME_REGION, ACCOUNT_ID), emulator.client("logs", HOME_REGION)
    schedule = cloudwatch.get_alarm_mute_rule(AlarmMuteRuleName=rules[0]["key"])["Rule"]["Schedule"]
    assert schedule == {"Expression": "cron(0 2 * * *)", "Duration": "PT1H30M", "Timezone": "Europe/Berlin"}
    filters = logs.get_paginator("describe_metric_filters").paginate().build_full_result()["metricFilters"]
    excluded = [one["filterName"] for one in filters if "infrastructure-pipeline" in one["filterPattern"]]
    assert [name.partition("--")[2] for name in excluded] == ["CloudtrailIAMChanges", "CloudtrailIAMChanges-2"]
    assert not run().changes()


def test_an_sdk_that_does_not_know_the_rules_is_told_of(
    emulator: Emulator, no_aws_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Old:
        def load_service_model(self, *_: str) -> dict[str, t.Any]:
            return {"operations": {}}

    monkeypatch.setattr(alarm_mute_rules, "shared_loader", Old)
    refused = converge(emulator, MODULE, one())
    assert refused["failed"] and "newer botocore" in refused["msg"]
    # a purge of alarms goes on: there can be no rules that this SDK has made
    purged = converge(emulator, MODULE, {"mute_rules": [], "purge": True, "purge_prefix": "baseline--"})
    assert not purged.get("failed") and not purged["changes"] and "newer botocore" in purged["warnings"][0]
