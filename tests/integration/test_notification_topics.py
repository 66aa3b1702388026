# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What properties do not show of topics, subscriptions and queues."""

from __future__ import annotations

import typing as t

import pytest

from tests.emulator.client import Emulator
from tests.integration.cases.notification_topics import DEAD_LETTERS, EMAIL, KEY, PHONE, QUEUE, QUEUE_ARN, REDRIVE
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.run import converge

MODULE = "notification_topics"
TOPIC_ARN = f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:infosec"
OTHER_ACCOUNT = "210987654321"


def with_subscriptions(*subscriptions: dict[str, t.Any], **options: t.Any) -> dict[str, t.Any]:
    return {"topics": [{"name": "infosec", "subscriptions": list(subscriptions), **options}]}


def operations(emulator: Emulator) -> list[str]:
    return [call.operation for call in emulator.writes()]


def changed(result: dict[str, t.Any]) -> list[tuple[str, str, str]]:
    return [(change["action"], change["type"], change["key"]) for change in result["changes"]]


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        ({"topics": [{"name": "with space"}]}, "topics[0].name"),
        ({"topics": [{"name": "ordered.fifo"}]}, "topics[0].name"),
        ({"topics": [{"name": "a", "display_name": "x" * 101}]}, "topics[0].display_name"),
        ({"topics": [{"name": "a", "policy": {"Version": "2012-10-17", "Statement": []}}]}, "topics[0].policy"),
        (with_subscriptions({"protocol": "email", "endpoint": "nobody"}), "topics[0].subscriptions[0].endpoint"),
        (with_subscriptions({"protocol": "sms", "endpoint": "0151 1234"}), "topics[0].subscriptions[0].endpoint"),
        (with_subscriptions({"protocol": "sqs", "endpoint": "a-queue"}), "topics[0].subscriptions[0].endpoint"),
        (with_subscriptions({"protocol": "lambda", "endpoint": QUEUE_ARN}), "topics[0].subscriptions[0].endpoint"),
        (
            with_subscriptions({"protocol": "https", "endpoint": "http://siem.example.com"}),
            "topics[0].subscriptions[0].endpoint",
        ),
        (
            with_subscriptions(EMAIL | {"raw_message_delivery": True}),
            "topics[0].subscriptions[0].raw_message_delivery",
        ),
        (
            with_subscriptions(EMAIL | {"subscription_role_arn": "arn:aws:iam::123456789012:role/a"}),
            "topics[0].subscriptions[0].subscription_role_arn",
        ),
        ({"queues": [{"name": "ordered.fifo"}]}, "queues[0].name"),
        ({"queues": [{"name": "a", "message_retention_period": 59}]}, "queues[0].message_retention_period"),
        ({"queues": [{"name": "a", "visibility_timeout": 43201}]}, "queues[0].visibility_timeout"),
        (
            {"queues": [{"name": "a", "kms_master_key_id": KEY, "sqs_managed_sse_enabled": True}]},
            "queues[0].sqs_managed_sse_enabled",
        ),
        (
            {"queues": [{"name": "a", "redrive_policy": {"dead_letter_target_arn": "b"}}]},
            "queues[0].redrive_policy.dead_letter_target_arn",
        ),
        (
            {"queues": [{"name": "a", "redrive_policy": REDRIVE | {"max_receive_count": 0}}]},
            "queues[0].redrive_policy.max_receive_count",
        ),
        ({"queues": [{"name": "a", "kms_master_key_id": "my key"}]}, "queues[0].kms_master_key_id"),
        ({"topics": [{"name": "a", "kms_master_key_id": "my key"}]}, "topics[0].kms_master_key_id"),
        ({"key": {"name": "notifications"}}, "key.name"),
    ],
)
def test_wrong_options_are_refused_before_the_first_call(
    emulator: Emulator, arguments: dict[str, t.Any], option: str
) -> None:
    result = converge(emulator, MODULE, arguments)
    assert result["failed"] and result["msg"].startswith(f"{option}: ")
    assert not emulator.calls()


@pytest.mark.parametrize("user", ["user:a-password", "a-password", "user:a-pass@word"])
def test_a_password_in_a_url_is_refused_and_not_shown(emulator: Emulator, user: str) -> None:
    arguments = with_subscriptions({"protocol": "https", "endpoint": f"https://{user}@siem.example.com/in?from=sns"})
    result = converge(emulator, MODULE, arguments)
    assert result["failed"] and "without user name and password" in result["msg"]
    assert "'https://***@siem.example.com/in?from=sns'" in result["msg"]
    assert not emulator.calls()


def test_subscriptions_are_asked_for_once_and_reported_until_confirmed(emulator: Emulator) -> None:
    arguments = with_subscriptions(EMAIL, PHONE)
    waiting = [{"topic": "infosec", **EMAIL}]

    assert converge(emulator, MODULE, arguments, check_mode=True)["unconfirmed_subscriptions"] == waiting
    assert converge(emulator, MODULE, arguments)["unconfirmed_subscriptions"] == waiting

    again = converge(emulator, MODULE, arguments)
    assert not again["changed"] and again["unconfirmed_subscriptions"] == waiting

    emulator.confirm_subscription(TOPIC_ARN, EMAIL["endpoint"])
    confirmed = converge(emulator, MODULE, arguments)
    assert not confirmed["changed"] and confirmed["unconfirmed_subscriptions"] == []


def test_a_queue_of_another_account_has_to_confirm(emulator: Emulator) -> None:
    foreign = {"protocol": "sqs", "endpoint": f"arn:aws:sqs:{HOME_REGION}:{OTHER_ACCOUNT}:siem"}
    result = converge(emulator, MODULE, with_subscriptions(foreign))
    assert result["unconfirmed_subscriptions"] == [{"topic": "infosec", **foreign}]
    assert converge(emulator, MODULE, with_subscriptions(foreign))["unconfirmed_subscriptions"] == [
        {"topic": "infosec", **foreign}
    ]


def test_purging_leaves_pending_subscriptions_which_cannot_be_deleted(emulator: Emulator) -> None:
    converge(emulator, MODULE, with_subscriptions(EMAIL, PHONE))
    result = converge(emulator, MODULE, with_subscriptions(purge_subscriptions=True))
    assert changed(result) == [("delete", "AWS::SNS::Subscription", "infosec|sms|+4915112345678")]
    assert not converge(emulator, MODULE, with_subscriptions(purge_subscriptions=True))["changed"]


def test_one_task_makes_key_queues_topic_and_subscription_in_order(emulator: Emulator) -> None:
    arguments = {
        "key": {"name": KEY, "enable_key_rotation": False},
        "topics": [
            {
                "name": "infosec",
                "kms_master_key_id": KEY,
                "subscriptions": [{"protocol": "sqs", "endpoint": QUEUE_ARN, "raw_message_delivery": True}],
            }
        ],
        "queues": [{"name": QUEUE, "kms_master_key_id": KEY, "redrive_policy": REDRIVE}, {"name": DEAD_LETTERS}],
    }
    result = converge(emulator, MODULE, arguments)
    assert not result.get("failed"), result["msg"]
    written = operations(emulator)
    assert sorted(written) == ["CreateAlias", "CreateKey", "CreateQueue", "CreateQueue", "CreateTopic", "Subscribe"]
    assert written[:2] == ["CreateKey", "CreateAlias"] and written[-1] == "Subscribe"
    queues = [change["key"] for change in result["changes"] if change["type"] == "AWS::SQS::Queue"]
    assert queues == [DEAD_LETTERS, QUEUE]


def test_changed_attributes_of_a_queue_are_one_call(emulator: Emulator) -> None:
    converge(emulator, MODULE, {"queues": [{"name": QUEUE, "kms_master_key_id": KEY, "visibility_timeout": 10}]})
    emulator.clear_calls()
    wanted = {"name": QUEUE, "sqs_managed_sse_enabled": True, "visibility_timeout": 20, "message_retention_period": 60}
    result = converge(emulator, MODULE, {"queues": [wanted]})
    assert operations(emulator) == ["SetQueueAttributes"]
    assert result["diff"][0]["before"] == (
        "message_retention_period: 345600\nsqs_managed_sse_enabled: false\nvisibility_timeout: 10\n"
    )
    url = emulator.client("sqs", HOME_REGION, ACCOUNT_ID).get_queue_url(QueueName=QUEUE)["QueueUrl"]
    attributes = emulator.client("sqs", HOME_REGION, ACCOUNT_ID).get_queue_attributes(
        QueueUrl=url, AttributeNames=["All"]
    )["Attributes"]
    assert "KmsMasterKeyId" not in attributes


@pytest.mark.parametrize("name", [KEY, f"arn:aws:kms:{HOME_REGION}:{ACCOUNT_ID}:{KEY}"])
def test_a_key_by_alias_and_by_arn_is_the_same(emulator: Emulator, name: str) -> None:
    sns = emulator.client("sns", HOME_REGION, ACCOUNT_ID)
    for topic, key in (("by-alias", KEY), ("by-arn", f"arn:aws:kms:{HOME_REGION}:{ACCOUNT_ID}:{KEY}")):
        sns.create_topic(Name=topic, Attributes={"KmsMasterKeyId": key})
    wanted = [{"name": topic, "kms_master_key_id": name} for topic in ("by-alias", "by-arn")]
    assert not converge(emulator, MODULE, {"topics": wanted})["changed"]


def test_a_key_of_another_account_is_another(emulator: Emulator) -> None:
    foreign = f"arn:aws:kms:{HOME_REGION}:{OTHER_ACCOUNT}:{KEY}"
    emulator.client("sns", HOME_REGION, ACCOUNT_ID).create_topic(Name="infosec", Attributes={"KmsMasterKeyId": foreign})
    for wanted in (KEY, f"arn:${{AWS::Partition}}:kms:${{AWS::Region}}:${{AWS::AccountId}}:{KEY}"):
        result = converge(
            emulator, MODULE, {"topics": [{"name": "infosec", "kms_master_key_id": wanted}]}, check_mode=True
        )
        assert result["changed"], wanted


def test_deleting_a_topic_takes_its_subscriptions_along(emulator: Emulator) -> None:
    converge(emulator, MODULE, with_subscriptions(PHONE))
    result = converge(emulator, MODULE, with_subscriptions(PHONE, state="absent"))
    assert changed(result) == [("delete", "AWS::SNS::Topic", "infosec")]


def test_a_topic_that_cannot_be_made_is_named_and_its_subscriptions_are_not_tried(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "sns:CreateTopic"}])
    result = converge(emulator, MODULE, with_subscriptions(PHONE) | {"queues": [{"name": QUEUE}]})
    assert result["failed"]
    assert [(error["key"], error["code"], error.get("permission")) for error in result["errors"]] == [
        ("infosec|sms|+4915112345678", "PrerequisiteFailed", None),
        ("infosec", "AuthorizationError", "sns:CreateTopic"),
    ]
    assert changed(result) == [("create", "AWS::SQS::Queue", QUEUE)]


def test_an_unchanged_run_reads_little(emulator: Emulator) -> None:
    arguments = with_subscriptions(EMAIL, PHONE) | {"queues": [{"name": QUEUE}]}
    converge(emulator, MODULE, arguments)
    emulator.clear_calls()
    converge(emulator, MODULE, arguments)
    assert sorted(call.operation for call in emulator.calls()) == [
        "GetCallerIdentity",
        "GetQueueAttributes",
        "GetQueueUrl",
        "GetTopicAttributes",
        "ListSubscriptionsByTopic",
    ]
