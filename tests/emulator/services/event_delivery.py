# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a rule to its targets: what a target is sent of an event, who may receive it, and where it goes otherwise."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from moto.backends import get_backend

from .. import policies
from ..policies import Context
from ..registry import SERVICES, Scope
from . import contexts, delivery, log_events, notifications

Params = dict[str, Any]
Event = dict[str, Any]

PRINCIPAL = "events.amazonaws.com"
_PLACEHOLDER = re.compile(r"<([\w.-]+)>")


class Undelivered(Exception):
    """A target did not take an event: error code and message as a dead-letter queue is told."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Sender:
    """A rule that sends: where it is, its ARN and its name."""

    scope: Scope
    arn: str
    name: str

    @property
    def context(self) -> Context:
        """What policies of targets are told of the rule."""
        return contexts.of_service(self.scope, self.arn)


def send(sender: Sender, target: Params, event: Event, to_bus: Callable[[str, Event], None]) -> None:
    """Deliver an event to a target, or else to its dead-letter queue. to_bus: delivers to a bus, by its ARN."""
    try:
        service = target["Arn"].split(":")[2]
        if service == "events":
            _check_role(target, "events:PutEvents")
            to_bus(target["Arn"], event)
        elif service in DELIVERIES:
            DELIVERIES[service](sender, target, payload(sender, target, event))
        else:
            raise Undelivered("SDK_CLIENT_ERROR", f"The emulator delivers nothing to {service}.")
    except Undelivered as failure:
        _to_dead_letters(sender, target, json.dumps(event), failure)


# --- what is sent ---------------------------------------------------------------------------------------------------


def payload(sender: Sender, target: Params, event: Event) -> str:
    """The text that a target is sent of an event: all of it, a part, something made of it, or a constant."""
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_at(event, target["InputPath"]))
    if "InputTransformer" in target:
        return _transformed(sender, target["InputTransformer"], event)
    return json.dumps(event)


def _at(event: Event, path: str) -> Any:
    """The part of an event that a JSONPath of names and indexes leads to; None when there is none."""
    node: Any = event
    for name, index in re.findall(r"\.([\w-]+)|\[(\d+)\]", path):
        if name:
            node = node.get(name) if isinstance(node, dict) else None
        else:
            node = node[int(index)] if isinstance(node, list) and int(index) < len(node) else None
    return node


def _transformed(sender: Sender, transformer: Params, event: Event) -> str:
    values = {name: _at(event, path) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {
        "aws.events.rule-arn": sender.arn,
        "aws.events.rule-name": sender.name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {key: value for key, value in event.items() if key != "detail"},
        "aws.events.event.json": event,
    }
    template = transformer["InputTemplate"]

    def filled(found: re.Match[str]) -> str:
        if found[1] not in values:
            return found[0]
        value = values[found[1]]
        if value is None:
            value = ""
        in_text = template[: found.start()].count('"') % 2 == 1
        if in_text and isinstance(value, str):
            return json.dumps(value)[1:-1]
        text = json.dumps(value)
        return text.replace('"', "") if in_text else text

    return _PLACEHOLDER.sub(filled, template)


# --- to whom --------------------------------------------------------------------------------------------------------


def _to_topic(sender: Sender, target: Params, text: str) -> None:
    arn = target["Arn"]
    topic = delivery.find_topic(arn)
    if topic is None:
        raise Undelivered("RESOURCE_NOT_FOUND", "Topic does not exist")
    if not _by_role(target, "sns:Publish") and not delivery.topic_allows(arn, PRINCIPAL, sender.context):
        raise Undelivered("NO_PERMISSIONS", f"{PRINCIPAL} is not authorized to perform: SNS:Publish on {arn}")
    _check_key(sender, topic.attributes.get("KmsMasterKeyId"), arn)
    notifications.deliver(topic, text)


def _to_queue(sender: Sender, target: Params, text: str) -> None:
    arn = target["Arn"]
    queue = delivery.find_queue(arn)
    if queue is None:
        raise Undelivered("RESOURCE_NOT_FOUND", "The specified queue does not exist.")
    if not _by_role(target, "sqs:SendMessage") and not delivery.queue_allows(arn, PRINCIPAL, sender.context):
        raise Undelivered("NO_PERMISSIONS", f"{PRINCIPAL} is not authorized to perform: sqs:SendMessage on {arn}")
    _check_key(sender, queue.kms_master_key_id, arn)
    group = target.get("SqsParameters", {}).get("MessageGroupId")
    _backend("sqs", arn).send_message(queue.name, text, group_id=group)


def _to_log_group(sender: Sender, target: Params, text: str) -> None:
    arn = target["Arn"].removesuffix(":*")
    name = arn.split(":", 6)[6]
    scope = Scope(arn.split(":")[4], arn.split(":")[3])
    if not delivery.log_group_exists(name, scope):
        raise Undelivered("RESOURCE_NOT_FOUND", "The specified log group does not exist.")
    documents = [row["policyDocument"] for row in SERVICES["logs"].state(scope).policies.values()]
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if not any(policies.allows(text, PRINCIPAL, action, f"{arn}:log-stream:{name}") for text in documents):
            raise Undelivered("NO_PERMISSIONS", f"{PRINCIPAL} is not authorized to perform: {action} on {arn}")
    log_events.append(scope, name, sender.name, [text])


DELIVERIES: dict[str, Callable[[Sender, Params, str], None]] = {
    "sns": _to_topic,
    "sqs": _to_queue,
    "logs": _to_log_group,
}


def _to_dead_letters(sender: Sender, target: Params, text: str, failure: Undelivered) -> None:
    arn = target.get("DeadLetterConfig", {}).get("Arn", "")
    queue = delivery.find_queue(arn)
    if queue is None or not delivery.queue_allows(arn, PRINCIPAL, sender.context):
        return
    told = {
        "RULE_ARN": sender.arn,
        "TARGET_ARN": target["Arn"],
        "ERROR_CODE": failure.code,
        "ERROR_MESSAGE": str(failure),
        "RETRY_ATTEMPTS": "0",
    }
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
    _backend("sqs", arn).send_message(queue.name, text, message_attributes=attributes)


def _backend(service: str, arn: str) -> Any:
    _, _, _, region, account, _ = arn.split(":", 5)
    return get_backend(service)[account][region]  # type: ignore[call-overload]


def _by_role(target: Params, action: str) -> bool:
    """Whether the target has a role, which must allow the action, in place of the target's own policy."""
    _check_role(target, action)
    return "RoleArn" in target


def _check_role(target: Params, action: str) -> None:
    if "RoleArn" in target:
        role = delivery.find_role(target["RoleArn"])
        if role is None or not delivery.role_allows(role, action, target["Arn"]):
            raise Undelivered("NO_PERMISSIONS", f"{target['RoleArn']} is not authorized to perform: {action}")


def _check_key(sender: Sender, key_id: str | None, arn: str) -> None:
    """The key of an encrypted topic or queue has to let EventBridge use it; AWS's own keys let it not."""
    if key_id:
        _, _, _, region, account, _ = arn.split(":", 5)
        key = delivery.find_key(key_id, Scope(account, region))
        if key is None or not delivery.key_allows(
            key, PRINCIPAL, ("kms:GenerateDataKey", "kms:Decrypt"), sender.context
        ):
            raise Undelivered("NO_PERMISSIONS", f"{PRINCIPAL} may not use the key {key_id} of {arn}")
