# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""That the alarms of the baseline fire: from a CloudTrail record to a message, through everything the roles set up."""

from __future__ import annotations

import dataclasses
import json
import typing as t
from collections.abc import Iterator

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import alarm_ids, stories
from tests.emulator.client import Emulator
from tests.support import pipeline, record_for
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.catalogue import catalogue
from tests.support.playbook import ansible_playbook

VARIABLES = {
    "alarms_infosec_emails": ["infosec@acme.example"],
    "alarms_devops_emails": ["devops@acme.example"],
    "alarms_infosec_sms_numbers": ["+12065550100"],
    "alarms_devops_sms_numbers": ["+12065550101"],
    "alarms_evidence_subscriptions": [{"protocol": "email", "endpoint": "auditor@acme.example"}],
    "alarms_elevated_roles": ["elevated-security-role"],
}
ENVIRONMENT = {
    "account_id": ACCOUNT_ID,
    "region": HOME_REGION,
    "critical_instance_ids": ["i-0123456789abcdef0"],
    "critical_volume_ids": ["vol-0123456789abcdef0"],
    "elevated_roles": VARIABLES["alarms_elevated_roles"],
    "office_cidrs": ["192.0.2.0/24"],
}
"""What the inventory says of itself, for the stories."""
HARMLESS = {"eventSource": "ec2.amazonaws.com", "eventName": "DescribeInstances", "sourceIPAddress": "192.0.2.10"}
#: So many periods of an alarm may go by until one of its events is forgotten.
REMEMBERED = 3
LONGEST_MEMORY = (1 + REMEMBERED) * 300


@dataclasses.dataclass(frozen=True)
class Detection:
    """What the roles set up: alarms by name, and the filters that feed each."""

    emulator: Emulator
    alarms: dict[str, dict[str, t.Any]]
    filters: dict[str, list[dict[str, t.Any]]]


@pytest.fixture(scope="module")
def detection(emulator_process: Emulator) -> Iterator[Detection]:
    """Trail, filters, alarms and topics of the demo inventory, and subscribers who have confirmed."""
    emulator_process.reset()
    run = ansible_playbook(
        emulator_process, "baseline.yml", "inventories/demo", "--tags", "cloudtrail,alarms", variables=VARIABLES
    )
    assert run.returncode == 0, run.messages() or run.stdout[-3000:] + run.stderr[-3000:]
    for message in emulator_process.confirmations():
        emulator_process.confirm_subscription(message["topic_arn"], message["endpoint"])
    cloudwatch, logs = (emulator_process.client(one, HOME_REGION) for one in ("cloudwatch", "logs"))
    pages = cloudwatch.get_paginator("describe_alarms").paginate()
    alarms = {alarm["AlarmName"]: alarm for page in pages for alarm in page["MetricAlarms"]}
    pages = logs.get_paginator("describe_metric_filters").paginate()
    filters = [one for page in pages for one in page["metricFilters"]]
    feeding = {
        name: [
            one
            for one in filters
            for metric in one["metricTransformations"]
            if (metric["metricNamespace"], metric["metricName"]) == (alarm["Namespace"], alarm["MetricName"])
        ]
        for name, alarm in alarms.items()
    }
    yield Detection(emulator_process, alarms, feeding)
    assert not emulator_process.lacking()


def test_every_alarm_is_fed(detection: Detection) -> None:
    assert len(detection.alarms) > 30
    assert all(detection.filters.values())


def test_nothing_harmless_is_told(detection: Detection) -> None:
    before = len(detection.emulator.outbox())
    assert pipeline.raise_event(detection.emulator, HARMLESS)
    detection.emulator.advance(60)
    assert set(pipeline.states(detection.emulator).values()) == {"OK"}
    assert len(detection.emulator.outbox()) == before


def test_every_filter_sets_off_its_alarm_and_every_topic_tells(detection: Detection) -> None:
    """One record after the other that the pattern is about, as often as the threshold says."""
    emulator = detection.emulator
    silent = []
    for name, alarm in detection.alarms.items():
        for one in detection.filters[name]:
            emulator.advance((alarm["EvaluationPeriods"] + REMEMBERED) * alarm["Period"])
            before = len(emulator.outbox())
            record = record_for.pattern(one["filterPattern"])
            more = alarm["ComparisonOperator"] == "GreaterThanThreshold"
            pipeline.raise_event(emulator, record, times=int(alarm["Threshold"]) + more)
            mails = emulator.outbox()[before:]
            topics = {mail["topic"] for mail in mails if json.loads(mail["message"])["AlarmName"] == name}
            if not alarm["AlarmActions"] or topics != set(alarm["AlarmActions"]):
                silent.append((one["filterName"], record, alarm["AlarmActions"], topics))
    assert silent == []


def told(emulator: Emulator, records: list[dict[str, t.Any]]) -> dict[str, set[str]]:
    """The topics that tell of each alarm, by its name, when records arrive after what came before is forgotten."""
    emulator.advance(LONGEST_MEMORY)
    before = len(emulator.outbox())
    emulator.cloudtrail_events(records, ACCOUNT_ID, HOME_REGION)
    found: dict[str, set[str]] = {}
    for mail in emulator.outbox()[before:]:
        found.setdefault(json.loads(mail["message"])["AlarmName"], set()).add(mail["topic"])
    return found


@pytest.mark.parametrize("alarm_id", alarm_ids())
def test_every_story_is_told_and_no_near_miss(detection: Detection, alarm_id: str) -> None:
    """S000-29, S002-13: what must raise an alarm does, through all links, for the right people, and raises no other."""
    names = {one["id"]: f"demo--{one['suffix']}" for one in catalogue()}
    ids = {name: one for one, name in names.items()}
    raising, near_misses = stories(alarm_id, ENVIRONMENT)
    for story in raising:
        found = told(detection.emulator, story.events())
        assert found.get(names[alarm_id]) == set(detection.alarms[names[alarm_id]]["AlarmActions"]), story.title
        others = {ids[name] for name in found if name in ids} - {alarm_id}
        assert others <= set(story.also), story.title
    for story in near_misses:
        assert names[alarm_id] not in told(detection.emulator, story.events()), story.title
