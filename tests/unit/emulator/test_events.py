# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge: what is refused, and where events that match a rule go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, OTHER_ACCOUNT, REGION, document, make_key, make_role, refused, root, statement

PATTERN = json.dumps({"source": ["test"]})
RULE = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/findings"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:findings"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:findings"
OF_RULE = {"ArnEquals": {"aws:SourceArn": RULE}}


@pytest.fixture
def events(emulator: Emulator) -> Any:
    return emulator.client("events")


def put_event(events: Any, detail: dict[str, Any] | None = None, **entry: Any) -> dict[str, Any]:
    put = {"Source": "test", "DetailType": "Finding", "Detail": json.dumps(detail or {"severity": 8}), **entry}
    return events.put_events(Entries=[put])["Entries"][0]


def rule(events: Any, *targets: dict[str, Any], name: str = "findings", **parameters: Any) -> None:
    events.put_rule(Name=name, **{"EventPattern": PATTERN, **parameters})
    if targets:
        bus = {key: parameters[key] for key in ("EventBusName",) if key in parameters}
        events.put_targets(Rule=name, Targets=list(targets), **bus)


def queue(emulator: Emulator, *statements: dict[str, Any], name: str = "findings", **attributes: str) -> str:
    if statements:
        attributes["Policy"] = document(*statements)
    return str(emulator.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"])


def received(emulator: Emulator, url: str) -> list[dict[str, Any]]:
    answer = emulator.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return list(answer.get("Messages", []))


# --- rules and targets ----------------------------------------------------------------------------------------------


def test_a_rule_is_replaced_and_keeps_its_tags(events: Any) -> None:
    created = events.put_rule(Name="findings", EventPattern=PATTERN, Description="d", Tags=[{"Key": "a", "Value": "b"}])
    assert created["RuleArn"] == RULE
    events.put_rule(Name="findings", EventPattern=PATTERN, Tags=[{"Key": "a", "Value": "other"}])
    found = events.describe_rule(Name="findings")
    assert "Description" not in found
    assert (found["State"], found["EventBusName"]) == ("ENABLED", "default")
    assert events.list_tags_for_resource(ResourceARN=RULE)["Tags"] == [{"Key": "a", "Value": "b"}]
    events.disable_rule(Name="findings")
    assert events.list_rules(NamePrefix="find")["Rules"][0]["State"] == "DISABLED"
    assert events.list_rules(NamePrefix="other")["Rules"] == []


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "ValidationException"),
        ({"EventPattern": "{"}, "InvalidEventPatternException"),
        ({"EventPattern": '{"source": "test"}'}, "InvalidEventPatternException"),
        ({"ScheduleExpression": "rate(1 hours)"}, "ValidationException"),
        ({"EventPattern": PATTERN, "EventBusName": "nowhere"}, "ResourceNotFoundException"),
        ({"EventPattern": PATTERN, "State": "OFF"}, "ValidationException"),
        ({"EventPattern": PATTERN, "Description": "d" * 513}, "ValidationException"),
        ({"EventPattern": PATTERN, "Name": "a b"}, "ValidationException"),
        ({"EventPattern": PATTERN, "Tags": [{"Key": "aws:a", "Value": "b"}]}, "ValidationException"),
    ],
)
def test_bad_rules(events: Any, parameters: dict[str, Any], code: str) -> None:
    with refused(code):
        events.put_rule(**{"Name": "findings", **parameters})


@pytest.mark.parametrize(
    "target",
    [
        {"Arn": "findings"},
        {"Arn": TOPIC.replace(REGION, "eu-west-1")},
        {"Arn": TOPIC, "Input": "no json"},
        {"Arn": TOPIC, "Input": "{}", "InputPath": "$.detail"},
        {"Arn": TOPIC, "InputPath": "detail"},
        {"Arn": TOPIC, "InputTransformer": {"InputPathsMap": {"a": "$.id"}, "InputTemplate": '"<b>"'}},
        {"Arn": TOPIC, "DeadLetterConfig": {"Arn": TOPIC}},
        {"Arn": TOPIC, "RetryPolicy": {"MaximumRetryAttempts": 186}},
        {"Arn": TOPIC, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/absent"},
        {"Arn": f"arn:aws:events:{REGION}:{OTHER_ACCOUNT}:event-bus/default"},
    ],
)
def test_bad_targets(events: Any, target: dict[str, Any]) -> None:
    rule(events)
    with refused("ValidationException"):
        events.put_targets(Rule="findings", Targets=[{"Id": "t", **target}])


def test_five_targets_and_none_when_a_rule_is_deleted(events: Any) -> None:
    with refused("ResourceNotFoundException", "Rule findings does not exist"):
        events.put_targets(Rule="findings", Targets=[{"Id": "t", "Arn": TOPIC}])
    rule(events, *({"Id": str(number), "Arn": TOPIC} for number in range(5)))
    with refused("LimitExceededException"):
        events.put_targets(Rule="findings", Targets=[{"Id": "5", "Arn": TOPIC}])
    with refused("ValidationException", "has targets"):
        events.delete_rule(Name="findings")
    answer = events.remove_targets(Rule="findings", Ids=[*map(str, range(5)), "9"])
    assert [entry["TargetId"] for entry in answer["FailedEntries"]] == ["9"]
    events.delete_rule(Name="findings")
    events.delete_rule(Name="findings")
    with refused("ResourceNotFoundException"):
        events.describe_rule(Name="findings")


def test_rules_of_a_service_are_left_to_it(emulator: Emulator, events: Any) -> None:
    emulator.create_managed_rule("DO-NOT-DELETE", "inspector2.amazonaws.com", {"source": ["aws.ecr"]})
    assert events.describe_rule(Name="DO-NOT-DELETE")["ManagedBy"] == "inspector2.amazonaws.com"
    with refused("ManagedRuleException"):
        events.put_rule(Name="DO-NOT-DELETE", EventPattern=PATTERN)
    with refused("ManagedRuleException"):
        events.put_targets(Rule="DO-NOT-DELETE", Targets=[{"Id": "t", "Arn": TOPIC}])
    with refused("ManagedRuleException"):
        events.delete_rule(Name="DO-NOT-DELETE")
    events.delete_rule(Name="DO-NOT-DELETE", Force=True)


def test_a_bus_with_rules_stays(events: Any) -> None:
    events.create_event_bus(Name="partner")
    rule(events, EventBusName="partner")
    assert events.list_rules(EventBusName="partner")["Rules"][0]["Arn"].endswith(":rule/partner/findings")
    with refused("ValidationException", "has rules"):
        events.delete_event_bus(Name="partner")
    with refused("ValidationException", "default event bus"):
        events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)", EventBusName="partner")
    events.delete_rule(Name="findings", EventBusName="partner")
    events.delete_event_bus(Name="partner")


def test_patterns_can_be_tried(events: Any) -> None:
    event = {"id": "1", "account": ACCOUNT, "source": "test", "time": "2026-01-01T00:00:00Z", "region": REGION,
             "resources": [], "detail-type": "Finding"}  # fmt: skip
    assert events.test_event_pattern(EventPattern=PATTERN, Event=json.dumps(event))["Result"] is True
    event["source"] = "other"
    assert events.test_event_pattern(EventPattern=PATTERN, Event=json.dumps(event))["Result"] is False
    with refused("InvalidEventPatternException"):
        events.test_event_pattern(EventPattern="{}", Event=json.dumps(event))


# --- delivery -------------------------------------------------------------------------------------------------------


def test_an_event_reaches_the_queue_behind_a_topic(emulator: Emulator, events: Any) -> None:
    sns = emulator.client("sns")
    sns.create_topic(Name="findings")
    url = queue(emulator, statement("sns.amazonaws.com", "sqs:SendMessage", QUEUE))
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE, Attributes={"RawMessageDelivery": "true"})
    rule(events, {"Id": "topic", "Arn": TOPIC})
    put_event(events)
    assert received(emulator, url) == []  # the default policy of a topic does not let EventBridge publish
    for allowed in (RULE.replace("findings", "other"), RULE):
        condition = {"ArnEquals": {"aws:SourceArn": allowed}}
        policy = document(statement("events.amazonaws.com", "sns:Publish", TOPIC, Condition=condition))
        sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy)
        put_event(events, Resources=["arn:aws:ec2:::x"])
    messages = received(emulator, url)
    assert len(messages) == 1
    event = json.loads(messages[0]["Body"])
    assert event.pop("id")
    assert event.pop("time").endswith("Z")
    assert event == {
        "version": "0",
        "detail-type": "Finding",
        "source": "test",
        "account": ACCOUNT,
        "region": REGION,
        "resources": ["arn:aws:ec2:::x"],
        "detail": {"severity": 8},
    }


@pytest.mark.parametrize("let", [True, False])
def test_the_key_of_an_encrypted_topic_must_let_eventbridge_use_it(emulator: Emulator, events: Any, let: bool) -> None:
    key = make_key(emulator, *(["events.amazonaws.com"] if let else []))
    policy = document(statement("events.amazonaws.com", "sns:Publish", TOPIC))
    sns = emulator.client("sns")
    sns.create_topic(Name="findings", Attributes={"KmsMasterKeyId": key, "Policy": policy})
    url = queue(emulator, statement("sns.amazonaws.com", "sqs:SendMessage", QUEUE))
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)
    rule(events, {"Id": "topic", "Arn": TOPIC})
    put_event(events)
    assert len(received(emulator, url)) == let


def test_what_does_not_arrive_goes_to_the_dead_letter_queue(emulator: Emulator, events: Any) -> None:
    url = queue(emulator, statement("events.amazonaws.com", "sqs:SendMessage", QUEUE, Condition=OF_RULE))
    rule(events, {"Id": "topic", "Arn": TOPIC, "DeadLetterConfig": {"Arn": QUEUE}})
    put_event(events)
    message = received(emulator, url)[0]
    assert json.loads(message["Body"])["detail"] == {"severity": 8}
    told = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert (told["RULE_ARN"], told["TARGET_ARN"], told["ERROR_CODE"]) == (RULE, TOPIC, "RESOURCE_NOT_FOUND")


@pytest.mark.parametrize(
    ("target", "body"),
    [
        ({"Input": '{"a": 1}'}, {"a": 1}),
        ({"InputPath": "$.detail.severity"}, 8),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {"n": "$.detail.severity", "type": "$.detail-type"},
                    "InputTemplate": '{"n": <n>, "kind": <type>, "in": "<type> of <aws.events.rule-name>"}',
                }
            },
            {"n": 8, "kind": "Finding", "in": "Finding of findings"},
        ),
        ({"InputTransformer": {"InputPathsMap": {"no": "$.detail.none"}, "InputTemplate": '"a <no> b"'}}, "a  b"),
    ],
)
def test_inputs(emulator: Emulator, events: Any, target: dict[str, Any], body: Any) -> None:
    url = queue(emulator, statement("events.amazonaws.com", "sqs:SendMessage", QUEUE))
    rule(events, {"Id": "queue", "Arn": QUEUE, **target})
    put_event(events)
    assert json.loads(received(emulator, url)[0]["Body"]) == body


def test_disabled_rules_and_other_events_deliver_nothing(emulator: Emulator, events: Any) -> None:
    url = queue(emulator, statement("events.amazonaws.com", "sqs:SendMessage", QUEUE))
    rule(events, {"Id": "queue", "Arn": QUEUE}, State="DISABLED")
    put_event(events)
    events.enable_rule(Name="findings")
    put_event(events, Source="other")
    assert received(emulator, url) == []


def test_bad_events(events: Any) -> None:
    assert put_event(events, Source="aws.guardduty")["ErrorCode"] == "NotAuthorizedForSourceException"
    assert put_event(events, Detail="[]")["ErrorCode"] == "MalformedDetail"
    assert put_event(events, Source="")["ErrorCode"] == "InvalidArgument"
    assert put_event(events, EventBusName="nowhere")["EventId"]


def test_log_groups_need_a_resource_policy(emulator: Emulator, events: Any) -> None:
    logs = emulator.client("logs")
    logs.create_log_group(logGroupName="/aws/events/findings")
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/events/findings"
    rule(events, {"Id": "logs", "Arn": arn})
    put_event(events)
    services = {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}
    allowed = statement(services, ["logs:CreateLogStream", "logs:PutLogEvents"], f"{arn}:*")
    logs.put_resource_policy(policyName="events", policyDocument=document(allowed))
    put_event(events)
    assert len(logs.filter_log_events(logGroupName="/aws/events/findings")["events"]) == 1


def test_other_accounts_put_events_on_a_bus_that_lets_them(emulator: Emulator, events: Any) -> None:
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
    url = queue(emulator, statement("events.amazonaws.com", "sqs:SendMessage", QUEUE))
    rule(events, {"Id": "queue", "Arn": QUEUE})
    other = emulator.client("events", account_id=OTHER_ACCOUNT)
    with refused("AccessDeniedException"):
        put_event(other, EventBusName=bus)
    allowed = document(statement(root(OTHER_ACCOUNT), "events:PutEvents", bus, Sid="other"))
    events.put_permission(Policy=allowed)
    put_event(other, EventBusName=bus)
    assert [json.loads(one["Body"])["account"] for one in received(emulator, url)] == [OTHER_ACCOUNT]
    events.remove_permission(StatementId="other")
    with refused("AccessDeniedException"):
        put_event(other, EventBusName=bus)


def test_a_rule_sends_to_a_bus_with_its_role(emulator: Emulator, events: Any) -> None:
    events.create_event_bus(Name="security")
    bus = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/security"
    url = queue(emulator, statement("events.amazonaws.com", "sqs:SendMessage", QUEUE))
    rule(events, {"Id": "queue", "Arn": QUEUE}, EventBusName="security")
    role = make_role(emulator, "to-bus", "events.amazonaws.com", "events:PutEvents")
    rule(events, {"Id": "bus", "Arn": bus, "RoleArn": role}, name="forward")
    put_event(events)
    assert len(received(emulator, url)) == 1
