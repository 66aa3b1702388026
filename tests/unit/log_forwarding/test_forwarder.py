# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The function that tells people who did what (R16-33, S004-38)."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils import forwarder

from .conftest import EMAIL, IAM, PHONE, Topics, event, record

ROOT_IDENTITY = {"type": "Root", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:root"}
SECOND = {"subscriptionFilters": ["acme--forwarding-2"]}


def run(*records: t.Any, **changes: t.Any) -> dict[str, int]:
    return forwarder.handler(event(*records, **changes), None)


def numbered(count: int, **changes: t.Any) -> list[dict[str, t.Any]]:
    return [record(eventID=f"id-{number}", **changes) for number in range(count)]


def test_a_message_says_who_did_what_where_from_where_when_and_what_to_do(topics: Topics) -> None:
    """S004-38: not "alarm X is in ALARM"."""
    assert run(record(errorCode="AccessDenied"), **SECOND) == {"records": 1, "selected": 1, "published": 1}
    (message,) = topics.to(EMAIL)
    assert message["Subject"] == "[high] iam:CreateAccessKey by mallory (IAMUser): IAM was changed"
    assert topics.texts() == [
        "IAM was changed.\n\n"
        "Who:        mallory (IAMUser)\n"
        "What:       iam:CreateAccessKey\n"
        "Outcome:    refused or failed: AccessDenied\n"
        "Where:      account 111122223333, us-east-1\n"
        "From where: 198.51.100.7, aws-cli/2.30\n"
        "When:       2026-11-28T02:03:04Z\n"
        "On:         alice\n\n"
        "Event id:   11111111-0000-4000-8000-000000000001\n\n"
        "Alarm iam-change (high): IAM was changed.\n"
        "What to do: Compare with the change."
    ]


@pytest.mark.parametrize(
    ("identity", "told"),
    [
        (ROOT_IDENTITY, "the root user of account 111122223333"),
        (
            {"type": "AssumedRole", "arn": "arn:aws:sts::111122223333:assumed-role/Admin/alice@example.com"},
            "alice@example.com in role Admin",
        ),
        ({"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}, "ec2.amazonaws.com (AWSService)"),
        ({"type": "IAMUser", "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}, "an unnamed caller (IAMUser)"),
        ({"type": "AWSAccount", "principalId": "AROA:x"}, "AROA:x (AWSAccount)"),
        (None, "an unnamed caller (unknown identity)"),
        ("nonsense", "an unnamed caller (unknown identity)"),
    ],
)
def test_callers_have_the_name_that_people_know(identity: t.Any, told: str) -> None:
    assert forwarder.who(record(userIdentity=identity)) == told


def test_parameters_are_not_repeated_but_for_names_and_ids(topics: Topics) -> None:
    secrets = {"password": "hunter2", "masterUserPassword": "hunter2", "userData": "hunter2", "tags": ["hunter2"]}
    parameters = {"userName": "alice", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess", **secrets}
    run(record(requestParameters=parameters, errorCode="ValidationError", errorMessage="Value 'hunter2'"), **SECOND)
    (text,) = topics.texts()
    assert "hunter2" not in json.dumps(topics.published)
    assert "On:         arn:aws:iam::aws:policy/AdministratorAccess, alice" in text


def test_instances_and_resources_are_named() -> None:
    parameters = {"instancesSet": {"items": [{"instanceId": "i-1"}, {}, "odd"]}, "instanceIds": ["i-2", 3]}
    found = forwarder.resources_of(record(requestParameters=parameters, resources=[{"ARN": "arn:x"}, "odd"]))
    assert found == ["arn:x", "i-1", "i-2"]


def test_callers_do_not_write_the_message(topics: Topics) -> None:
    """What a caller chooses stays one line, and the subject one that SNS accepts."""
    agent = "x\r\nWho:        nobody\nWhat to do: nothing" + "y" * 500
    identity = {"type": "IAMUser", "userName": "m\u00fcll\u00e9r\nSubject: all is well\x00" + "z" * 200}
    run(record(userAgent=agent, userIdentity=identity), **SECOND)
    (message,) = topics.to(EMAIL)
    assert message["Subject"].isascii() and message["Subject"].isprintable() and len(message["Subject"]) <= 100
    lines = topics.texts()[0].splitlines()
    assert sum(line.startswith("Who:") for line in lines) == 1 and not any("\x00" in line for line in lines)
    assert max(map(len, lines)) < 300


def test_text_messages_are_short(topics: Topics) -> None:
    run(record(userIdentity=ROOT_IDENTITY))
    (message,) = topics.to(PHONE)
    short = json.loads(message["Message"])["sms"]
    assert message["MessageStructure"] == "json" and short.isascii() and len(short) <= 140
    assert short.startswith("The root user did something: iam:CreateAccessKey by the root user")


def test_an_event_of_two_alarms_is_one_message_for_who_is_told_of_both(topics: Topics) -> None:
    run(record(userIdentity=ROOT_IDENTITY))
    assert len(topics.to(EMAIL)) == len(topics.to(PHONE)) == 1
    assert "Alarm root-access (critical)" in topics.texts()[0] and "Alarm iam-change (high)" in topics.texts()[0]
    assert "iam-change" not in topics.texts(PHONE)[0]


def test_alike_events_are_one_message(topics: Topics) -> None:
    run(*numbered(5), record(eventID="later", eventTime="2026-11-28T02:05:00Z"), **SECOND)
    (text,) = topics.texts()
    assert "iam:CreateAccessKey (6 times)" in text and "2026-11-28T02:03:04Z to 2026-11-28T02:05:00Z" in text


def test_what_exceeds_the_limit_is_one_summary(topics: Topics) -> None:
    names = [f"CreateThing{number}" for number in range(60)]
    result = run(*[record(eventID=name, eventName=name) for name in names], **SECOND)
    assert result == {"records": 60, "selected": 60, "published": 4}
    summary = topics.texts()[-1]
    assert summary.startswith("57 more events") and "and 7 more kinds of events" in summary
    assert "/aws/cloudtrail/baseline" in summary and "1 x iam:CreateThing3 by mallory (IAMUser)" in summary


def test_the_worst_is_told_first(topics: Topics) -> None:
    others = [record(eventID=name, eventName=name) for name in ("CreateA", "CreateB", "CreateC", "CreateD")]
    run(*others, record(userIdentity=ROOT_IDENTITY))
    # the second filter brings the others
    assert topics.to(EMAIL)[0]["MessageAttributes"]["severity"]["StringValue"] == "critical"


def test_an_event_that_two_filters_bring_is_told_by_the_first(topics: Topics) -> None:
    """An aggregate that is split brings an event twice when it is of both parts (T-22)."""
    both = record(userIdentity=ROOT_IDENTITY)
    assert run(both)["selected"] == 1
    assert run(both, **SECOND)["selected"] == 0
    assert run(record(), **SECOND)["selected"] == 1


def test_a_wide_filter_leaves_selecting_to_the_function(topics: Topics) -> None:
    reading = record(eventName="GetUser")
    assert run(reading, "no json", "[1]", record(), **SECOND) == {"records": 4, "selected": 1, "published": 1}


def test_control_messages_are_ignored(topics: Topics) -> None:
    assert run("CWL CONTROL MESSAGE", messageType="CONTROL_MESSAGE")["records"] == 0
    assert not topics.published


def test_one_failure_keeps_no_other_message_back_and_fails_the_batch(topics: Topics) -> None:
    topics.refusing.add(PHONE)
    with pytest.raises(forwarder.UndeliveredError, match=r"1 of 2 messages were not published: .*AuthorizationError"):
        run(record(userIdentity=ROOT_IDENTITY))
    assert len(topics.to(EMAIL)) == 1


def test_another_attempt_repeats_only_what_was_not_published(topics: Topics) -> None:
    topics.refusing.add(PHONE)
    for _attempt in range(2):
        with pytest.raises(forwarder.UndeliveredError):
            run(record(userIdentity=ROOT_IDENTITY))
    topics.refusing.clear()
    assert run(record(userIdentity=ROOT_IDENTITY))["published"] == 1
    assert len(topics.to(EMAIL)) == len(topics.to(PHONE)) == 1


def test_memory_of_what_was_published_is_bounded(topics: Topics, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forwarder, "MOST_REMEMBERED", 2)
    for one in numbered(3):
        run(one, **SECOND)
    assert len(forwarder._published) == 2


def test_a_batch_that_is_none_fails() -> None:
    with pytest.raises(ValueError):
        forwarder.decode({"awslogs": {"data": "%%%"}})


def test_severities_are_those_of_the_catalogue() -> None:
    from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import SEVERITIES

    assert forwarder.SEVERITIES == SEVERITIES
    assert IAM["severity"] in SEVERITIES
