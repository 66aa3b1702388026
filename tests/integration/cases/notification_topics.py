# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two topics, told to people and to a queue that sends on to a second queue what nobody could process."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

EMAIL_TOPIC, SIEM_TOPIC = "infosec-email", "infosec-siem"
QUEUE, DEAD_LETTERS = "infosec-siem", "infosec-dead-letters"
KEY = "alias/notifications"
PREFIX = f"{HOME_REGION}:{ACCOUNT_ID}"
PSEUDO = "${AWS::Region}:${AWS::AccountId}"
QUEUE_ARN = f"arn:${{AWS::Partition}}:sqs:{PSEUDO}:{QUEUE}"
TAGS = st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"]))


def topic_policy(name: str, *actions: str) -> dict[str, t.Any]:
    statement = {
        "Sid": "Alarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": list(actions),
        "Resource": f"arn:${{AWS::Partition}}:sns:{PSEUDO}:{name}",
        "Condition": {"StringEquals": {"AWS:SourceAccount": "${AWS::AccountId}"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def queue_policy(effect: str = "Allow") -> dict[str, t.Any]:
    statement = {
        "Sid": "Topic",
        "Effect": effect,
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": QUEUE_ARN,
        "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:${{AWS::Partition}}:sns:{PSEUDO}:{SIEM_TOPIC}"}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


REDRIVE = {"dead_letter_target_arn": f"arn:${{AWS::Partition}}:sqs:{PSEUDO}:{DEAD_LETTERS}", "max_receive_count": 5}
EMAIL = {"protocol": "email", "endpoint": "infosec@example.com"}
PHONE = {"protocol": "sms", "endpoint": "+4915112345678"}
URL = {"protocol": "https", "endpoint": "https://siem.example.com/notify?from=sns", "raw_message_delivery": True}

_topic: dict[str, t.Any] = {
    "display_name": st.sampled_from(["", "Infosec"]),
    "kms_master_key_id": st.sampled_from(["", KEY, f"arn:${{AWS::Partition}}:kms:{PSEUDO}:{KEY}"]),
    "tags": TAGS,
    "purge_subscriptions": st.booleans(),
}
_email_topic = st.fixed_dictionaries(
    {"name": st.just(EMAIL_TOPIC)},
    optional={
        **_topic,
        "policy": st.sampled_from([{}, topic_policy(EMAIL_TOPIC, "sns:Publish")]),
        "subscriptions": st.lists(st.sampled_from([EMAIL, PHONE, URL]), unique_by=str),
    },
)
_siem_subscription = st.fixed_dictionaries(
    {"protocol": st.just("sqs"), "endpoint": st.just(QUEUE_ARN)}, optional={"raw_message_delivery": st.booleans()}
)
_siem_topic = st.fixed_dictionaries(
    {"name": st.just(SIEM_TOPIC)}, optional={**_topic, "subscriptions": st.lists(_siem_subscription, max_size=1)}
)
_queue = st.fixed_dictionaries(
    {"name": st.just(QUEUE)},
    optional={
        "message_retention_period": st.sampled_from([60, 1209600]),
        "visibility_timeout": st.sampled_from([0, 30]),
        "receive_message_wait_time_seconds": st.sampled_from([0, 20]),
        "policy": st.sampled_from([{}, queue_policy()]),
        "redrive_policy": st.sampled_from([REDRIVE, {"dead_letter_target_arn": ""}]),
        "tags": TAGS,
    },
)
_encryption = st.sampled_from(
    [
        {},
        {"kms_master_key_id": KEY},
        {"kms_master_key_id": ""},
        {"kms_master_key_id": "", "sqs_managed_sse_enabled": True},
        {"sqs_managed_sse_enabled": True},
        {"sqs_managed_sse_enabled": False},
    ]
)

_absent_topic = st.just({"name": EMAIL_TOPIC, "state": "absent", "subscriptions": [EMAIL]})

ARGUMENTS = st.builds(
    lambda email, siem, queue, encryption, with_key: {
        # a queue is there before what subscribes it, and the queue that it sends on to
        "topics": [topic for topic in (email, siem) if topic],
        "queues": [queue | encryption, {"name": DEAD_LETTERS}],
        **({"key": {"name": KEY}} if with_key else {}),
    },
    _email_topic | _absent_topic | st.none(),
    _siem_topic | st.none(),
    _queue,
    _encryption,
    st.booleans(),
)

TYPICAL = {
    "key": {"name": KEY},
    "topics": [
        {
            "name": EMAIL_TOPIC,
            "display_name": "Infosec",
            "kms_master_key_id": KEY,
            "policy": topic_policy(EMAIL_TOPIC, "sns:Publish"),
            "tags": {"Team": "infosec"},
            "subscriptions": [EMAIL, PHONE],
        },
        {
            "name": SIEM_TOPIC,
            "policy": {},
            "subscriptions": [{"protocol": "sqs", "endpoint": QUEUE_ARN, "raw_message_delivery": True}],
            "purge_subscriptions": True,
        },
    ],
    "queues": [
        {
            "name": QUEUE,
            "message_retention_period": 1209600,
            "visibility_timeout": 60,
            "kms_master_key_id": KEY,
            "policy": queue_policy(),
            "redrive_policy": REDRIVE,
            "tags": {"Team": "infosec"},
        },
        {"name": DEAD_LETTERS, "sqs_managed_sse_enabled": True},
    ],
}


def _sns(emulator: Emulator) -> t.Any:
    return emulator.client("sns", HOME_REGION, ACCOUNT_ID)


def _sqs(emulator: Emulator) -> t.Any:
    return emulator.client("sqs", HOME_REGION, ACCOUNT_ID)


def _topic_arn(emulator: Emulator, name: str) -> str | None:
    arn = f"arn:aws:sns:{PREFIX}:{name}"
    return arn if {"TopicArn": arn} in _sns(emulator).list_topics()["Topics"] else None


def _set_topic(emulator: Emulator, name: str, attribute: str, value: str) -> None:
    arn = _topic_arn(emulator, name)
    if arn:
        _sns(emulator).set_topic_attributes(TopicArn=arn, AttributeName=attribute, AttributeValue=value)


def topic_deleted(emulator: Emulator) -> None:
    arn = _topic_arn(emulator, SIEM_TOPIC)
    if arn:
        _sns(emulator).delete_topic(TopicArn=arn)


def topic_policy_edited(emulator: Emulator) -> None:
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Publish", '
        f'"Resource": "arn:aws:sns:{PREFIX}:{EMAIL_TOPIC}"}}]}}'
    )
    _set_topic(emulator, EMAIL_TOPIC, "Policy", policy)


def default_policy_edited(emulator: Emulator) -> None:
    policy = (
        '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sns:Subscribe", '
        f'"Resource": "arn:aws:sns:{PREFIX}:{SIEM_TOPIC}"}}]}}'
    )
    _set_topic(emulator, SIEM_TOPIC, "Policy", policy)


def display_name_edited(emulator: Emulator) -> None:
    _set_topic(emulator, EMAIL_TOPIC, "DisplayName", "Somebody")


def topic_encryption_removed(emulator: Emulator) -> None:
    _set_topic(emulator, EMAIL_TOPIC, "KmsMasterKeyId", "")


def topic_tags_edited(emulator: Emulator) -> None:
    arn = _topic_arn(emulator, EMAIL_TOPIC)
    if arn:
        _sns(emulator).tag_resource(ResourceArn=arn, Tags=[{"Key": "Team", "Value": "nobody"}])


def _subscriptions(emulator: Emulator, protocol: str) -> list[str]:
    listed = _sns(emulator).list_subscriptions()["Subscriptions"]
    return [item["SubscriptionArn"] for item in listed if item["Protocol"] == protocol]


def subscription_removed(emulator: Emulator) -> None:
    for arn in _subscriptions(emulator, "sms"):
        _sns(emulator).unsubscribe(SubscriptionArn=arn)


def raw_delivery_switched_off(emulator: Emulator) -> None:
    for arn in _subscriptions(emulator, "sqs"):
        _sns(emulator).set_subscription_attributes(
            SubscriptionArn=arn, AttributeName="RawMessageDelivery", AttributeValue="false"
        )


def somebody_subscribed(emulator: Emulator) -> None:
    arn = _topic_arn(emulator, SIEM_TOPIC)
    if arn:
        _sns(emulator).subscribe(TopicArn=arn, Protocol="sms", Endpoint="+491710000000")


def _queue_url(emulator: Emulator) -> str | None:
    urls = _sqs(emulator).list_queues(QueueNamePrefix=QUEUE).get("QueueUrls", [])
    return urls[0] if urls else None


def _set_queue(emulator: Emulator, **attributes: str) -> None:
    url = _queue_url(emulator)
    if url:
        _sqs(emulator).set_queue_attributes(QueueUrl=url, Attributes=attributes)


def queue_attribute_edited(emulator: Emulator) -> None:
    _set_queue(emulator, MessageRetentionPeriod="60", VisibilityTimeout="1")


def queue_policy_removed(emulator: Emulator) -> None:
    _set_queue(emulator, Policy="")


def queue_encryption_removed(emulator: Emulator) -> None:
    _set_queue(emulator, KmsMasterKeyId="")


def redrive_policy_removed(emulator: Emulator) -> None:
    _set_queue(emulator, RedrivePolicy="")


def queue_tags_removed(emulator: Emulator) -> None:
    url = _queue_url(emulator)
    if url:
        _sqs(emulator).untag_queue(QueueUrl=url, TagKeys=["Team"])


def queue_deleted(emulator: Emulator) -> None:
    url = _queue_url(emulator)
    if url:
        _sqs(emulator).delete_queue(QueueUrl=url)


def foreign_topic_added(emulator: Emulator) -> None:
    _sns(emulator).create_topic(Name="somebody-elses")


def foreign_subscription_added(emulator: Emulator) -> None:
    arn = _topic_arn(emulator, EMAIL_TOPIC)
    if arn:
        _sns(emulator).subscribe(TopicArn=arn, Protocol="sms", Endpoint="+491710000000")


def foreign_queue_added(emulator: Emulator) -> None:
    _sqs(emulator).create_queue(QueueName="somebody-elses")


CASES = [
    Case(
        module="notification_topics",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::KMS::Key", "AWS::SNS::Topic", "AWS::SNS::Subscription", "AWS::SQS::Queue"}),
        drifts=(
            topic_deleted,
            topic_policy_edited,
            default_policy_edited,
            display_name_edited,
            topic_encryption_removed,
            topic_tags_edited,
            subscription_removed,
            raw_delivery_switched_off,
            somebody_subscribed,
            queue_deleted,
            queue_attribute_edited,
            queue_policy_removed,
            queue_encryption_removed,
            redrive_policy_removed,
            queue_tags_removed,
            foreign_topic_added,
            foreign_subscription_added,
            foreign_queue_added,
        ),
    )
]
