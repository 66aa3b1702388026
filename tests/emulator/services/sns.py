# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SNS topics and subscriptions, wholly: moto confirms every subscription at once and loses and accepts too much.

How messages reach subscribers: `notifications`.

https://docs.aws.amazon.com/sns/latest/api/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend

from .. import policies
from ..errors import AwsError
from ..registry import Scope, Service, page, random_hex
from . import contexts, delivery, iam, notifications

Params = dict[str, Any]

_TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo")
_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]+):(\d{12}):([A-Za-z0-9_-]+(\.fifo)?)")
_FEEDBACK = {
    f"{kind}{what}"
    for kind in ("HTTP", "Firehose", "Lambda", "Application", "SQS")
    for what in ("SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate", "FailureFeedbackRoleArn")
}
_SETTABLE = {
    "DeliveryPolicy", "DisplayName", "Policy", "TracingConfig", "KmsMasterKeyId", "SignatureVersion",
    "ContentBasedDeduplication", "ArchivePolicy", "FifoThroughputScope", *_FEEDBACK,
}  # fmt: skip
_FIFO_ONLY = {"ContentBasedDeduplication", "ArchivePolicy", "FifoThroughputScope"}
_VALUES = {"TracingConfig": ("PassThrough", "Active"), "SignatureVersion": ("1", "2")}
_JSON_ATTRIBUTES = {"DeliveryPolicy", "ArchivePolicy", "FilterPolicy", "RedrivePolicy", "ReplayPolicy"}
_SUBSCRIPTION_SETTABLE = {
    "DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy",
    "SubscriptionRoleArn", "ReplayPolicy",
}  # fmt: skip
#: What an endpoint of each protocol looks like.
_ENDPOINTS = {
    "email": re.compile(r"[^@\s,;<>()]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
    "email-json": re.compile(r"[^@\s,;<>()]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+"),
    "sms": re.compile(r"\+?[1-9][0-9 -]{6,18}[0-9]"),
    "http": re.compile(r"http://[^\s/]+\S*"),
    "https": re.compile(r"https://[^\s/]+\S*"),
    "sqs": re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}(\.fifo)?"),
    "lambda": re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[\w-]+(:[\w$-]+)?"),
    "firehose": re.compile(r"arn:aws[a-z-]*:firehose:[a-z0-9-]+:\d{12}:deliverystream/[\w.-]+"),
    "application": re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:endpoint/\S+"),
}
#: Endpoints whose owner has to confirm; the others are confirmed at once when they are of the topic's account.
_CONFIRMED_BY_PERSON = ("email", "email-json", "http", "https")
_DEFAULT_DELIVERY = (
    '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,'
    '"numMaxDelayRetries":0,"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},'
    '"disableSubscriptionOverrides":false,"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}'
)


@dataclass
class Subscription:
    """A subscription; attributes are those that were set."""

    arn: str
    topic_arn: str
    owner: str
    protocol: str
    endpoint: str
    attributes: dict[str, str]
    token: str
    confirmed: bool

    def row(self) -> Params:
        return {
            "SubscriptionArn": self.arn if self.confirmed else "PendingConfirmation",
            "Owner": self.owner,
            "Protocol": self.protocol,
            "Endpoint": self.endpoint,
            "TopicArn": self.topic_arn,
        }


@dataclass
class Topic:
    """A topic; attributes always have a Policy."""

    arn: str
    owner: str
    attributes: dict[str, str]
    tags: dict[str, str]
    subscriptions: list[Subscription] = field(default_factory=list)
    deleted: int = 0


@dataclass
class Topics:
    """Topics by ARN, and what went to subscribers outside of AWS."""

    topics: dict[str, Topic] = field(default_factory=dict)
    outbox: list[Params] = field(default_factory=list)


service = Service("sns", state=Topics, whole=True)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameter", f"Invalid parameter: {message}")


def _find(arn: str, scope: Scope) -> Topic:
    parts = _TOPIC_ARN.fullmatch(arn)
    if parts is None:
        raise _invalid("TopicArn")
    if parts[1] != scope.region:
        raise _invalid("TopicArn: the topic is in another region")
    if parts[2] != scope.account:
        raise AwsError("AuthorizationError", f"User: {scope.principal} is not authorized to access {arn}", 403)
    topic = service.state(scope).topics.get(arn)
    if topic is None:
        raise AwsError("NotFound", "Topic does not exist")
    return topic


def _default_policy(arn: str, account: str) -> str:
    actions = (
        "GetTopicAttributes SetTopicAttributes AddPermission RemovePermission DeleteTopic Subscribe "
        "ListSubscriptionsByTopic Publish"
    )
    statement = {
        "Sid": "__default_statement_ID",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": [f"SNS:{action}" for action in actions.split()],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
    }
    document = {"Version": "2008-10-17", "Id": "__default_policy_ID", "Statement": [statement]}
    return json.dumps(document, separators=(",", ":"))


def _check_attribute(name: str, value: str, fifo: bool, scope: Scope) -> None:
    if name not in _SETTABLE or (name in _FIFO_ONLY and not fifo):
        raise _invalid(f"AttributeName: {name}")
    if name in _VALUES and value not in _VALUES[name]:
        raise _invalid(f"{name}: {value}")
    if name == "DisplayName" and len(value) > 100:
        raise _invalid("DisplayName: longer than 100 characters")
    if name in _JSON_ATTRIBUTES and value:
        _check_json(name, value)
    if name == "Policy":
        try:
            policies.validate(
                value,
                principal=True,
                resource=True,
                services=("sns",),
                principal_exists=lambda arn: iam.principal_exists(arn, scope),
            )
        except policies.MalformedPolicy as failure:
            raise _invalid(f"Policy Error: {failure}") from None


def _check_json(name: str, value: str) -> None:
    try:
        good = isinstance(json.loads(value), dict)
    except ValueError:
        good = False
    if not good:
        raise _invalid(f"{name}: not a JSON object")


# --- topics ---------------------------------------------------------------------------------------------------------


@service.operation("CreateTopic")
def create_topic(params: Params, scope: Scope, state: Topics) -> Params:
    name = params["Name"]
    if not _TOPIC_NAME.fullmatch(name):
        raise _invalid("Topic Name")
    attributes = dict(params.get("Attributes", {}))
    fifo = attributes.pop("FifoTopic", "false") == "true"
    if fifo != name.endswith(".fifo"):
        raise _invalid("Fifo Topic names must end with .fifo and must be made up of letters, numbers, -, _")
    for key, value in attributes.items():
        _check_attribute(key, value, fifo, scope)
    tags = _tags(params.get("Tags", []))
    arn = scope.arn("sns", name)
    existing = state.topics.get(arn)
    if existing is not None:
        if any(existing.attributes.get(key, "") != value for key, value in attributes.items()):
            raise _invalid("Attributes Reason: Topic already exists with different attributes")
        if tags and tags != existing.tags:
            raise _invalid("Tags Reason: Topic already exists with different tags")
        return {"TopicArn": arn}
    if fifo:
        attributes["FifoTopic"] = "true"
        attributes.setdefault("ContentBasedDeduplication", "false")
    attributes.setdefault("Policy", _default_policy(arn, scope.account))
    state.topics[arn] = Topic(arn, scope.account, attributes, tags)
    return {"TopicArn": arn}


@service.operation("DeleteTopic")
def delete_topic(params: Params, scope: Scope, state: Topics) -> None:
    state.topics.pop(params["TopicArn"], None)


@service.operation("ListTopics")
def list_topics(params: Params, scope: Scope, state: Topics) -> Params:
    rows = [{"TopicArn": arn} for arn in state.topics]
    chosen, token = page(rows, params, token="NextToken", error="InvalidParameter", default=100)
    return {"Topics": chosen, "NextToken": token}


@service.operation("GetTopicAttributes")
def get_topic_attributes(params: Params, scope: Scope, state: Topics) -> Params:
    topic = _find(params["TopicArn"], scope)
    confirmed = sum(one.confirmed for one in topic.subscriptions)
    attributes = {
        "TopicArn": topic.arn,
        "Owner": topic.owner,
        "DisplayName": "",
        "SubscriptionsConfirmed": str(confirmed),
        "SubscriptionsPending": str(len(topic.subscriptions) - confirmed),
        "SubscriptionsDeleted": str(topic.deleted),
        "EffectiveDeliveryPolicy": topic.attributes.get("DeliveryPolicy") or _DEFAULT_DELIVERY,
    }
    return {"Attributes": attributes | {key: value for key, value in topic.attributes.items() if value != ""}}


@service.operation("SetTopicAttributes")
def set_topic_attributes(params: Params, scope: Scope, state: Topics) -> None:
    topic = _find(params["TopicArn"], scope)
    name, value = params["AttributeName"], params.get("AttributeValue", "")
    _check_attribute(name, value, topic.arn.endswith(".fifo"), scope)
    topic.attributes[name] = value


# --- subscriptions --------------------------------------------------------------------------------------------------


@service.operation("Subscribe")
def subscribe(params: Params, scope: Scope, state: Topics) -> Params:
    topic = _find(params["TopicArn"], scope)
    protocol, endpoint = params["Protocol"], params.get("Endpoint", "")
    if protocol not in _ENDPOINTS:
        raise _invalid(f"Amazon SNS does not support this protocol string: {protocol}")
    if not _ENDPOINTS[protocol].fullmatch(endpoint):
        raise _invalid(f"Endpoint Reason: {endpoint!r} is not an endpoint of protocol {protocol}")
    if protocol == "sms":
        endpoint = "+" + re.sub(r"\D", "", endpoint)
    attributes = {key: value for key, value in params.get("Attributes", {}).items() if value != ""}
    for key, value in attributes.items():
        _check_subscription_attribute(key, value, protocol)
    subscription = next(
        (one for one in topic.subscriptions if (one.protocol, one.endpoint) == (protocol, endpoint)), None
    )
    if subscription is None:
        subscription = Subscription(
            f"{topic.arn}:{notifications.random_uuid()}",
            topic.arn,
            scope.account,
            protocol,
            endpoint,
            attributes,
            random_hex(64),
            protocol not in _CONFIRMED_BY_PERSON and _of_account(protocol, endpoint, scope),
        )
        topic.subscriptions.append(subscription)
    elif attributes and attributes != subscription.attributes:
        raise _invalid("Attributes Reason: Subscription already exists with different attributes")
    if subscription.confirmed or params.get("ReturnSubscriptionArn"):
        return {"SubscriptionArn": subscription.arn}
    return {"SubscriptionArn": "pending confirmation"}


def _of_account(protocol: str, endpoint: str, scope: Scope) -> bool:
    """Whether an AWS endpoint is of the topic's account; a queue of this account has to exist."""
    if protocol == "sms":
        return True
    _, _, _, region, account, name = endpoint.split(":", 5)
    if protocol == "sqs" and account == scope.account and name not in get_backend("sqs")[account][region].queues:
        raise _invalid(f"Endpoint Reason: queue {endpoint} does not exist")
    return account == scope.account


def _check_subscription_attribute(name: str, value: str, protocol: str) -> None:
    if name not in _SUBSCRIPTION_SETTABLE:
        raise _invalid(f"AttributeName: {name}")
    if name in _JSON_ATTRIBUTES and value:
        _check_json(name, value)
    if name == "RawMessageDelivery":
        if value not in ("true", "false"):
            raise _invalid(f"RawMessageDelivery: {value}")
        if value == "true" and protocol not in ("sqs", "http", "https", "firehose"):
            raise _invalid(f"Attributes Reason: Delivery protocol [{protocol}] does not support raw message delivery.")
    if name == "FilterPolicyScope" and value not in ("MessageAttributes", "MessageBody"):
        raise _invalid(f"FilterPolicyScope: {value}")


def _all(scope: Scope) -> list[Subscription]:
    return [one for topic in service.state(scope).topics.values() for one in topic.subscriptions]


def _find_subscription(arn: str, scope: Scope) -> Subscription:
    if not re.fullmatch(_TOPIC_ARN.pattern + r":[0-9a-f-]{36}", arn):
        raise _invalid("SubscriptionArn")
    found = next((one for one in _all(scope) if one.arn == arn), None)
    if found is None:
        raise AwsError("NotFound", "Subscription does not exist")
    return found


@service.operation("ConfirmSubscription")
def confirm_subscription(params: Params, scope: Scope, state: Topics) -> Params:
    topic = _find(params["TopicArn"], scope)
    for subscription in topic.subscriptions:
        if subscription.token == params["Token"]:
            subscription.confirmed = True
            return {"SubscriptionArn": subscription.arn}
    raise _invalid("Token")


def confirm(topic_arn: str, endpoint: str) -> str:
    """Confirm a subscription as its subscriber would; ValueError when there is none. The subscription's ARN."""
    for topics in service.states().values():
        for subscription in topics.topics[topic_arn].subscriptions if topic_arn in topics.topics else ():
            if subscription.endpoint == endpoint:
                subscription.confirmed = True
                return subscription.arn
    raise ValueError(f"{topic_arn} has no subscription of {endpoint}")


def pending_confirmations() -> list[dict[str, str]]:
    """The confirmation messages that are out."""
    return [
        {"topic_arn": one.topic_arn, "protocol": one.protocol, "endpoint": one.endpoint, "token": one.token}
        for topics in service.states().values()
        for topic in topics.topics.values()
        for one in topic.subscriptions
        if not one.confirmed
    ]


@service.operation("Unsubscribe")
def unsubscribe(params: Params, scope: Scope, state: Topics) -> None:
    subscription = _find_subscription(params["SubscriptionArn"], scope)
    if not subscription.confirmed:
        raise _invalid("SubscriptionArn Reason: This subscription is pending confirmation")
    topic = state.topics[subscription.topic_arn]
    topic.subscriptions.remove(subscription)
    topic.deleted += 1


@service.operation("ListSubscriptions")
def list_subscriptions(params: Params, scope: Scope, state: Topics) -> Params:
    return _subscription_page(_all(scope), params)


@service.operation("ListSubscriptionsByTopic")
def list_subscriptions_by_topic(params: Params, scope: Scope, state: Topics) -> Params:
    return _subscription_page(_find(params["TopicArn"], scope).subscriptions, params)


def _subscription_page(subscriptions: list[Subscription], params: Params) -> Params:
    rows = [one.row() for one in subscriptions]
    chosen, token = page(rows, params, token="NextToken", error="InvalidParameter", default=100)
    return {"Subscriptions": chosen, "NextToken": token}


@service.operation("GetSubscriptionAttributes")
def get_subscription_attributes(params: Params, scope: Scope, state: Topics) -> Params:
    one = _find_subscription(params["SubscriptionArn"], scope)
    attributes = {
        "SubscriptionArn": one.arn,
        "TopicArn": one.topic_arn,
        "Owner": one.owner,
        "Protocol": one.protocol,
        "Endpoint": one.endpoint,
        "PendingConfirmation": str(not one.confirmed).lower(),
        "ConfirmationWasAuthenticated": str(one.confirmed and one.protocol not in _CONFIRMED_BY_PERSON).lower(),
        "RawMessageDelivery": "false",
        "SubscriptionPrincipal": scope.principal,
    }
    return {"Attributes": attributes | one.attributes}


@service.operation("SetSubscriptionAttributes")
def set_subscription_attributes(params: Params, scope: Scope, state: Topics) -> None:
    subscription = _find_subscription(params["SubscriptionArn"], scope)
    name, value = params["AttributeName"], params.get("AttributeValue", "")
    _check_subscription_attribute(name, value, subscription.protocol)
    if value in ("", "{}"):
        subscription.attributes.pop(name, None)
    else:
        subscription.attributes[name] = value


# --- tags and messages ----------------------------------------------------------------------------------------------


def _tags(tags: list[Params]) -> dict[str, str]:
    keys = [tag["Key"] for tag in tags]
    if len(keys) != len(set(keys)):
        raise _invalid("Duplicated keys are not allowed.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise _invalid("Tag keys must not begin with aws:")
    return {tag["Key"]: tag["Value"] for tag in tags}


def _tagged(params: Params, scope: Scope) -> Topic:
    topic = service.state(scope).topics.get(params["ResourceArn"])
    if topic is None:
        raise AwsError("ResourceNotFound", "Resource does not exist", 404)
    return topic


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: Topics) -> None:
    topic = _tagged(params, scope)
    merged = topic.tags | _tags(params["Tags"])
    if len(merged) > 50:
        raise AwsError("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded")
    topic.tags = merged


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: Topics) -> None:
    topic = _tagged(params, scope)
    topic.tags = {key: value for key, value in topic.tags.items() if key not in params["TagKeys"]}


@service.operation("ListTagsForResource")
def list_tags_for_resource(params: Params, scope: Scope, state: Topics) -> Params:
    return {"Tags": [{"Key": key, "Value": value} for key, value in _tagged(params, scope).tags.items()]}


@service.operation("Publish")
def publish(params: Params, scope: Scope, state: Topics) -> Params:
    topic = _published(params.get("TopicArn") or params.get("TargetArn", ""), scope)
    subject, attributes = params.get("Subject"), params.get("MessageAttributes")
    if subject is not None and not (0 < len(subject) <= 100 and subject.isascii() and subject.isprintable()):
        raise _invalid("Subject")
    texts = None
    if "MessageStructure" in params:
        texts = _texts_by_protocol(params["MessageStructure"], params["Message"])
    return {"MessageId": notifications.deliver(topic, params["Message"], subject, attributes, texts)}


def _texts_by_protocol(structure: str, message: str) -> dict[str, str]:
    """The texts of a message that has one for each protocol, and one for all others."""
    try:
        texts = json.loads(message) if structure == "json" else None
    except ValueError:
        raise _invalid("Message Structure - JSON message body failed to parse") from None
    if not isinstance(texts, dict):
        raise _invalid("MessageStructure")
    if not isinstance(texts.get("default"), str):
        raise _invalid("Message Structure - No default entry in JSON message body")
    return texts


def _published(arn: str, scope: Scope) -> Topic:
    """A topic of the caller's account, or one of another that lets the caller publish."""
    topic = delivery.find_topic(arn)
    if topic is not None and topic.owner != scope.account and arn.split(":")[3] == scope.region:
        policy, context = topic.attributes["Policy"], contexts.of_caller(scope)
        if policies.allows(policy, scope.principal, "sns:Publish", arn, context):
            return topic
    return _find(arn, scope)
