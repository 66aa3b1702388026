# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a topic to its subscribers: who may publish, whose filter policy lets a message through, and where it ends.

Queues of the emulator get messages if their policy, and that of the key that encrypts them, let the topic send. Mail,
text messages and web hooks leave AWS: they end in the outbox, which the control API shows.
https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html: what is not taken goes to the
subscription's dead-letter queue.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from .. import clock, event_patterns
from ..policies import Context
from ..registry import SERVICES, Scope, random_hex
from . import contexts, delivery

if TYPE_CHECKING:
    from .sns import Subscription, Topic

Params = dict[str, Any]

PRINCIPAL = "sns.amazonaws.com"
_OUTSIDE = ("email", "email-json", "sms", "http", "https")

#: What delivers to subscribers of a protocol, given topic, subscription and envelope; False: it was not taken.
DELIVERIES: dict[str, Callable[[Topic, Subscription, Params], bool]] = {}


class Refused(Exception):
    """A service may not publish to a topic; the text is what it is told."""


def publish_for(principal: str, context: Context, arn: str, message: str, subject: str | None = None) -> str:
    """Publish as an AWS service, if topic and key let it; the message's id. context: what policies are told."""
    topic = delivery.find_topic(arn)
    if topic is None:
        raise Refused("Topic does not exist (Service: AmazonSNS; Status Code: 404; Error Code: NotFound)")
    if not delivery.topic_allows(arn, principal, context):
        raise Refused(
            f"{principal} is not authorized to perform: SNS:Publish on resource: {arn} "
            "(Service: AmazonSNS; Status Code: 403; Error Code: AuthorizationError)"
        )
    key_id = topic.attributes.get("KmsMasterKeyId")
    if key_id and not _key_lets(key_id, arn, principal, context):
        raise Refused(
            f"{principal} is not authorized to use the key {key_id} of {arn} "
            "(Service: AWSKMS; Status Code: 400; Error Code: AccessDeniedException)"
        )
    return deliver(topic, message, subject)


def _key_lets(key_id: str, arn: str, principal: str, context: Context) -> bool:
    """Whether the key of a topic or queue, which may be named as in its account, lets a service encrypt with it."""
    _, _, _, region, account, _ = arn.split(":", 5)
    key = delivery.find_key(key_id, Scope(account, region))
    return (
        key is not None
        and key.key_state in delivery.USABLE_KEY_STATES
        and delivery.key_allows(key, principal, ("kms:GenerateDataKey", "kms:Decrypt"), context)
    )


def deliver(
    topic: Topic,
    message: str,
    subject: str | None = None,
    attributes: Params | None = None,
    texts: dict[str, str] | None = None,
) -> str:
    """Send a message to all who subscribe to the topic and have confirmed it; its id.

    texts: what is sent in place of the message, by protocol; C(default) for others.
    """
    identifier = random_uuid()
    envelope: Params = {"Type": "Notification", "MessageId": identifier, "TopicArn": topic.arn}
    if subject:
        envelope["Subject"] = subject
    now = clock.moment()
    envelope |= {
        "Message": message,
        "Timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
        "SignatureVersion": topic.attributes.get("SignatureVersion", "1"),
    }
    if attributes:
        envelope["MessageAttributes"] = {
            name: {"Type": one["DataType"], "Value": one.get("StringValue", "")} for name, one in attributes.items()
        }
    for one in list(topic.subscriptions):
        own = envelope if texts is None else {**envelope, "Message": texts.get(one.protocol, texts["default"])}
        if one.confirmed and _passes(one, message, attributes or {}) and not _send(topic, one, own):
            _to_dead_letters(topic, one, own)
    return identifier


def _passes(subscription: Subscription, message: str, attributes: Params) -> bool:
    """Whether a subscription's filter policy lets a message through."""
    policy = subscription.attributes.get("FilterPolicy")
    if not policy:
        return True
    if subscription.attributes.get("FilterPolicyScope") == "MessageBody":
        try:
            subject = json.loads(message)
        except ValueError:
            return False
    else:
        subject = {name: _attribute(one) for name, one in attributes.items()}
    return isinstance(subject, dict) and event_patterns.matches(event_patterns.parse(policy), subject)


def _attribute(attribute: Params) -> Any:
    text = attribute.get("StringValue", "")
    return text if attribute["DataType"] == "String" else json.loads(text)


def _send(topic: Topic, subscription: Subscription, envelope: Params) -> bool:
    if subscription.protocol in _OUTSIDE:
        _to_outbox(topic, subscription, envelope)
        return True
    perform = DELIVERIES.get(subscription.protocol)
    return perform is not None and perform(topic, subscription, envelope)


def _to_queue(topic: Topic, subscription: Subscription, envelope: Params) -> bool:
    raw = subscription.attributes.get("RawMessageDelivery") == "true"
    return _put(topic, subscription.endpoint, envelope["Message"] if raw else json.dumps(envelope))


DELIVERIES["sqs"] = _to_queue


def _put(topic: Topic, queue_arn: str, text: str) -> bool:
    """Put a text into a queue, if that and its key let the topic."""
    context = contexts.of_service(Scope(topic.owner, topic.arn.split(":")[3]), topic.arn)
    if not delivery.queue_allows(queue_arn, PRINCIPAL, context):
        return False
    key_id = delivery.find_queue(queue_arn).kms_master_key_id
    if key_id and not _key_lets(key_id, queue_arn, PRINCIPAL, context):
        return False
    _, _, _, region, account, name = queue_arn.split(":", 5)
    get_backend("sqs")[account][region].send_message(name, text)
    return True


def _to_dead_letters(topic: Topic, subscription: Subscription, envelope: Params) -> None:
    redrive = json.loads(subscription.attributes.get("RedrivePolicy") or "{}")
    if "deadLetterTargetArn" in redrive:
        _put(topic, redrive["deadLetterTargetArn"], json.dumps(envelope))


# --- outbox ---------------------------------------------------------------------------------------------------------


def _to_outbox(topic: Topic, subscription: Subscription, envelope: Params) -> None:
    whole = subscription.protocol in ("email-json", "http", "https")
    if subscription.attributes.get("RawMessageDelivery") == "true":
        whole = False
    state = SERVICES["sns"].state(Scope(topic.owner, topic.arn.split(":")[3]))
    state.outbox.append(
        {
            "topic": topic.arn,
            "protocol": subscription.protocol,
            "endpoint": subscription.endpoint,
            "subject": envelope.get("Subject"),
            "message": json.dumps(envelope) if whole else envelope["Message"],
            "time": envelope["Timestamp"],
        }
    )


def outbox() -> list[Params]:
    """All that left AWS, oldest first."""
    return sorted((one for state in SERVICES["sns"].states().values() for one in state.outbox), key=lambda o: o["time"])


def random_uuid() -> str:
    digits = random_hex(32)
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
