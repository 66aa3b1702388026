# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS topics and subscriptions."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, OTHER_ACCOUNT, REGION, document, refused, statement

ARN = f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"


@pytest.fixture
def sns(emulator: Emulator) -> Any:
    client = emulator.client("sns")
    client.create_topic(Name="alerts")
    return client


def test_attributes_are_kept(sns: Any) -> None:
    attributes = sns.get_topic_attributes(TopicArn=ARN)["Attributes"]
    assert {"TopicArn": ARN, "Owner": ACCOUNT, "SubscriptionsConfirmed": "0"}.items() <= attributes.items()
    assert json.loads(attributes["Policy"])["Id"] == "__default_policy_ID"
    wanted = {
        "DisplayName": "Alerts",
        "KmsMasterKeyId": "alias/x",
        "TracingConfig": "Active",
        "SignatureVersion": "2",
        "Policy": document(statement("cloudwatch.amazonaws.com", "sns:Publish", ARN)),
    }
    for name, value in wanted.items():
        sns.set_topic_attributes(TopicArn=ARN, AttributeName=name, AttributeValue=value)
    assert wanted.items() <= sns.get_topic_attributes(TopicArn=ARN)["Attributes"].items()
    sns.set_topic_attributes(TopicArn=ARN, AttributeName="KmsMasterKeyId", AttributeValue="")
    assert "KmsMasterKeyId" not in sns.get_topic_attributes(TopicArn=ARN)["Attributes"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Nonsense", "x"),
        ("Policy", "nonsense"),
        ("Policy", ""),
        ("Policy", document(statement("cloudwatch.amazonaws.com", "s3:PutObject", ARN))),
        ("Policy", document(statement({"AWS": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "sns:Publish", ARN))),
        ("TracingConfig", "On"),
        ("SignatureVersion", "3"),
        ("DisplayName", "x" * 101),
        ("DeliveryPolicy", "nonsense"),
        ("ContentBasedDeduplication", "true"),
        ("FifoTopic", "true"),
    ],
)
def test_bad_attributes(sns: Any, name: str, value: str) -> None:
    with refused("InvalidParameter"):
        sns.set_topic_attributes(TopicArn=ARN, AttributeName=name, AttributeValue=value)


def test_create_again(sns: Any) -> None:
    assert sns.create_topic(Name="alerts")["TopicArn"] == ARN
    with refused("InvalidParameter", "different attributes"):
        sns.create_topic(Name="alerts", Attributes={"DisplayName": "other"})
    with refused("InvalidParameter", "different tags"):
        sns.create_topic(Name="alerts", Tags=[{"Key": "a", "Value": "b"}])
    for name in ("", "with blank", "x" * 257, "fifo.fifo"):
        with refused("InvalidParameter"):
            sns.create_topic(Name=name)


def test_whose_topic(emulator: Emulator, sns: Any) -> None:
    with refused("NotFound"):
        sns.get_topic_attributes(TopicArn=ARN + "-absent")
    with refused("AuthorizationError"):
        emulator.client("sns", account_id=OTHER_ACCOUNT).get_topic_attributes(TopicArn=ARN)
    with refused("InvalidParameter"):
        emulator.client("sns", "eu-west-1").get_topic_attributes(TopicArn=ARN)
    sns.delete_topic(TopicArn=ARN)
    sns.delete_topic(TopicArn=ARN)
    assert sns.list_topics()["Topics"] == []


def test_email_waits_for_confirmation(emulator: Emulator, sns: Any) -> None:
    parameters = {"TopicArn": ARN, "Protocol": "email", "Endpoint": "ops@example.com"}
    assert sns.subscribe(**parameters)["SubscriptionArn"] == "pending confirmation"
    arn = sns.subscribe(**parameters, ReturnSubscriptionArn=True)["SubscriptionArn"]
    assert arn.startswith(ARN + ":")
    rows = sns.list_subscriptions_by_topic(TopicArn=ARN)["Subscriptions"]
    assert [row["SubscriptionArn"] for row in rows] == ["PendingConfirmation"]
    attributes = sns.get_topic_attributes(TopicArn=ARN)["Attributes"]
    assert (attributes["SubscriptionsPending"], attributes["SubscriptionsConfirmed"]) == ("1", "0")
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "true"
    with refused("InvalidParameter"):
        sns.unsubscribe(SubscriptionArn=arn)
    with refused("InvalidParameter"):
        sns.unsubscribe(SubscriptionArn="PendingConfirmation")
    with refused("InvalidParameter"):
        sns.confirm_subscription(TopicArn=ARN, Token="0" * 64)
    message = emulator.confirmations()[0]
    assert (message["endpoint"], message["protocol"]) == ("ops@example.com", "email")
    assert sns.confirm_subscription(TopicArn=ARN, Token=message["token"])["SubscriptionArn"] == arn
    assert sns.list_subscriptions()["Subscriptions"][0]["SubscriptionArn"] == arn
    assert emulator.confirmations() == []
    sns.unsubscribe(SubscriptionArn=arn)
    assert sns.list_subscriptions()["Subscriptions"] == []
    with refused("NotFound"):
        sns.unsubscribe(SubscriptionArn=arn)


def test_control_confirms_without_a_call(emulator: Emulator, sns: Any) -> None:
    sns.subscribe(TopicArn=ARN, Protocol="email-json", Endpoint="ops@example.com")
    emulator.clear_calls()
    arn = emulator.confirm_subscription(ARN, "ops@example.com")
    assert emulator.calls() == []
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["PendingConfirmation"] == "false"
    with pytest.raises(RuntimeError, match="no subscription"):
        emulator.confirm_subscription(ARN, "nobody@example.com")


def test_queues_of_the_account_and_phones_are_confirmed_at_once(emulator: Emulator, sns: Any) -> None:
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:alerts"
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=ARN, Protocol="sqs", Endpoint=queue)
    url = emulator.client("sqs").create_queue(QueueName="alerts")["QueueUrl"]
    assert sns.subscribe(TopicArn=ARN, Protocol="sqs", Endpoint=queue)["SubscriptionArn"].startswith(ARN)
    assert sns.subscribe(TopicArn=ARN, Protocol="sms", Endpoint="+491701234567")["SubscriptionArn"].startswith(ARN)
    foreign = queue.replace(ACCOUNT, OTHER_ACCOUNT)
    answer = sns.subscribe(TopicArn=ARN, Protocol="sqs", Endpoint=foreign)
    assert answer["SubscriptionArn"] == "pending confirmation"
    sns.publish(TopicArn=ARN, Message="lost", Subject="s")
    sqs = emulator.client("sqs")
    assert "Messages" not in sqs.receive_message(QueueUrl=url)  # without a policy nobody else sends to the queue
    one_topic = {"ArnEquals": {"aws:SourceArn": ARN}}
    policy = document(statement("sns.amazonaws.com", "sqs:SendMessage", queue, Condition=one_topic))
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    sns.publish(TopicArn=ARN, Message="hello", Subject="s")
    body = json.loads(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])
    assert (body["Message"], body["Subject"], body["TopicArn"]) == ("hello", "s", ARN)


def test_a_message_can_have_a_text_for_each_protocol(emulator: Emulator, sns: Any) -> None:
    sns.subscribe(TopicArn=ARN, Protocol="sms", Endpoint="+491701234567")
    sns.subscribe(TopicArn=ARN, Protocol="email", Endpoint="me@example.com")
    emulator.confirm_subscription(ARN, "me@example.com")
    texts = json.dumps({"default": "the whole text", "sms": "short"})
    sns.publish(TopicArn=ARN, Message=texts, MessageStructure="json")
    assert {one["protocol"]: one["message"] for one in emulator.outbox()} == {"sms": "short", "email": "the whole text"}


@pytest.mark.parametrize(
    "message",
    [
        {"MessageStructure": "json", "Message": "no json"},
        {"MessageStructure": "json", "Message": "[]"},
        {"MessageStructure": "json", "Message": '{"sms": "short"}'},
        {"MessageStructure": "xml", "Message": '{"default": "text"}'},
        {"Message": "m", "Subject": "x" * 101},
        {"Message": "m", "Subject": "two\nlines"},
        {"Message": "m", "Subject": "M\u00fcller"},
    ],
)
def test_messages_that_sns_refuses(sns: Any, message: dict[str, str]) -> None:
    with refused("InvalidParameter"):
        sns.publish(TopicArn=ARN, **message)


@pytest.mark.parametrize(
    ("protocol", "endpoint"),
    [
        ("email", "nobody"),
        ("email", "a@b"),
        ("email", "a b@example.com"),
        ("sms", "12"),
        ("sms", "call me"),
        ("https", "http://example.com"),
        ("sqs", "queue"),
        ("lambda", "function"),
        ("carrier-pigeon", "home"),
    ],
)
def test_bad_endpoints(sns: Any, protocol: str, endpoint: str) -> None:
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=ARN, Protocol=protocol, Endpoint=endpoint)


def test_subscription_attributes(sns: Any) -> None:
    arn = sns.subscribe(
        TopicArn=ARN, Protocol="sms", Endpoint="+491701234567", Attributes={"FilterPolicy": '{"a":["b"]}'}
    )["SubscriptionArn"]
    with refused("InvalidParameter", "different attributes"):
        sns.subscribe(
            TopicArn=ARN, Protocol="sms", Endpoint="+491701234567", Attributes={"FilterPolicy": '{"a":["c"]}'}
        )
    assert sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]["FilterPolicy"] == '{"a":["b"]}'
    for name, value in (("Nonsense", "x"), ("FilterPolicy", "x"), ("RawMessageDelivery", "true")):
        with refused("InvalidParameter"):
            sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName=name, AttributeValue=value)
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}")
    assert "FilterPolicy" not in sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]


def test_tags(sns: Any) -> None:
    sns.tag_resource(ResourceArn=ARN, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    sns.untag_resource(ResourceArn=ARN, TagKeys=["a"])
    assert sns.list_tags_for_resource(ResourceArn=ARN)["Tags"] == [{"Key": "b", "Value": "2"}]
    with refused("ResourceNotFound"):
        sns.tag_resource(ResourceArn=ARN + "-absent", Tags=[])
    with refused("InvalidParameter"):
        sns.tag_resource(ResourceArn=ARN, Tags=[{"Key": "aws:a", "Value": "1"}])


def test_pages(sns: Any) -> None:
    for number in range(105):
        sns.create_topic(Name=f"topic-{number}")
    first = sns.list_topics()
    assert len(first["Topics"]) == 100
    assert len(sns.list_topics(NextToken=first["NextToken"])["Topics"]) == 6
    with refused("InvalidParameter"):
        sns.list_topics(NextToken="nonsense")
