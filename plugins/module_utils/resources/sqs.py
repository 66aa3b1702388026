# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon SQS: queues."""

from __future__ import annotations

import collections.abc as c
import json
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, check_policy, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    EMPTY,
    Call,
    Desired,
    Fields,
    Observed,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.kms import reference
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

QUEUE_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "message_retention_period": {"type": "int"},
    "visibility_timeout": {"type": "int"},
    "receive_message_wait_time_seconds": {"type": "int"},
    "kms_master_key_id": {"type": "str"},
    "sqs_managed_sse_enabled": {"type": "bool"},
    "policy": {"type": "dict"},
    "redrive_policy": {
        "type": "dict",
        "options": {
            "dead_letter_target_arn": {"type": "str", "required": True},
            "max_receive_count": {"type": "int", "default": 10},
        },
    },
    "tags": {"type": "dict"},
}
"""Suboptions of every option that declares a queue, documented in the fragment C(queue)."""

NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")
QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}")
SECONDS = {
    "message_retention_period": range(60, 1209601),
    "visibility_timeout": range(43201),
    "receive_message_wait_time_seconds": range(21),
}
"""Values that C(sqs:SetQueueAttributes) accepts."""
RECEIVE_COUNTS = range(1, 1001)

NOT_FOUND = frozenset({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"})

ATTRIBUTES = {
    "message_retention_period": "MessageRetentionPeriod",
    "visibility_timeout": "VisibilityTimeout",
    "receive_message_wait_time_seconds": "ReceiveMessageWaitTimeSeconds",
    "kms_master_key_id": "KmsMasterKeyId",
    "sqs_managed_sse_enabled": "SqsManagedSseEnabled",
    "policy": "Policy",
    "redrive_policy": "RedrivePolicy",
}
"""The fields that are attributes of a queue, and what AWS calls them."""


def queue(options: Fields, option: str = "queue") -> Desired:
    """The queue that an option with QUEUE_OPTIONS declares. option: its name. Raises OptionError."""
    if not NAME.fullmatch(options["name"]):
        raise OptionError(f"{option}.name", options["name"], "1 to 80 letters, digits, hyphens and underscores")
    for name, allowed in SECONDS.items():
        if options[name] is not None and options[name] not in allowed:
            raise OptionError(f"{option}.{name}", options[name], f"{allowed.start} to {allowed.stop - 1} seconds")
    if options["kms_master_key_id"] and options["sqs_managed_sse_enabled"]:
        allowed = "false when kms_master_key_id is set: a queue is encrypted in one way"
        raise OptionError(f"{option}.sqs_managed_sse_enabled", True, allowed)
    if options["policy"]:
        check_policy(f"{option}.policy", options["policy"], "resource")
    fields = fields_of(options)
    if options["kms_master_key_id"]:
        fields["kms_master_key_id"] = key_arn(f"{option}.kms_master_key_id", options["kms_master_key_id"])
    if options["redrive_policy"]:
        fields["redrive_policy"] = _redrive_policy(options["redrive_policy"], f"{option}.redrive_policy")
    return Desired(Queue.type, options["name"], fields, options["state"])


def _redrive_policy(redrive: Fields, option: str) -> Fields:
    target, count = redrive["dead_letter_target_arn"], redrive["max_receive_count"]
    if not target:
        return {}
    if not QUEUE_ARN.fullmatch(SAMPLE_SCOPE.substitute(target)):
        raise OptionError(f"{option}.dead_letter_target_arn", target, "the ARN of a queue")
    if count not in RECEIVE_COUNTS:
        allowed = f"{RECEIVE_COUNTS.start} to {RECEIVE_COUNTS.stop - 1}"
        raise OptionError(f"{option}.max_receive_count", count, allowed)
    return redrive


def key_arn(option: str, key_id: str | None) -> str | None:
    """ARN, with pseudo parameters, of the KMS key that an option names by alias, key id or ARN. Raises OptionError.

    Names are compared as ARNs, because a key of the same alias in another account is another key.
    """
    reference(option, key_id)
    return expanded_key(key_id)


def expanded_key(key_id: str | None) -> str | None:
    """The ARN of a key that C(KmsMasterKeyId) names, with pseudo parameters. Nothing and empty are as they are."""
    if not key_id or key_id.startswith("arn:"):
        return key_id
    resource = key_id if key_id.startswith("alias/") else f"key/{key_id}"
    return "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:" + resource


@register
class Queue(ResourceType):
    """A standard queue. Key: its name. Attributes: arn, url.

    Fields: message_retention_period, visibility_timeout, receive_message_wait_time_seconds (all in seconds),
    kms_master_key_id (ARN of a key or alias; empty: none), sqs_managed_sse_enabled, policy,
    redrive_policy (dead_letter_target_arn, max_receive_count), tags.
    """

    type = "AWS::SQS::Queue"
    service = "sqs"
    after = ("AWS::KMS::Key",)
    # for a minute after a queue was deleted AWS makes none of the same name
    busy_errors = frozenset({"AWS.SimpleQueueService.QueueDeletedRecently", "QueueDeletedRecently"})
    policies = frozenset({"policy"})
    permissions = {
        "read": ("sqs:GetQueueUrl", "sqs:GetQueueAttributes", "sqs:ListQueueTags"),
        "write": (
            "sqs:CreateQueue",
            "sqs:SetQueueAttributes",
            "sqs:TagQueue",
            "sqs:UntagQueue",
            "sqs:DeleteQueue",
        ),
    }

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": scope.arn("sqs", key)}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = in_parallel(lambda item: self._read_one(client, *item), wanted.items())
        return {name: observed for name, observed in zip(wanted, found, strict=True) if observed}

    def _read_one(self, client: Client, name: str, declared: Fields) -> Observed | None:
        answer = client.optional("GetQueueUrl", NOT_FOUND, QueueName=name)
        if answer is None:
            return None
        url = answer["QueueUrl"]
        answer = client.optional("GetQueueAttributes", NOT_FOUND, QueueUrl=url, AttributeNames=["All"])
        if answer is None:
            return None
        fields = {field: _field(field, answer["Attributes"].get(name)) for field, name in ATTRIBUTES.items()}
        fields["kms_master_key_id"] = client.scope.substitute(expanded_key(fields["kms_master_key_id"]))
        if "tags" in declared:
            fields["tags"] = own_tags(client.call("ListQueueTags", QueueUrl=url).get("Tags", {}))
        return Observed(fields, {**self.attributes(name, client.scope), "url": url})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters: Fields = {"QueueName": key}
        attributes = {
            name: _text(fields[field]) for field, name in ATTRIBUTES.items() if fields.get(field) not in EMPTY
        }
        if attributes:
            parameters["Attributes"] = attributes
        if fields.get("tags"):
            parameters["tags"] = fields["tags"]
        return [Call("CreateQueue", parameters, {"url": "QueueUrl"})]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        url = before.attributes["url"]
        calls = []
        attributes = {name: _text(after[field]) for field, name in ATTRIBUTES.items() if field in changed}
        if attributes.get("SqsManagedSseEnabled") == "true" and before.fields["kms_master_key_id"]:
            # a queue is encrypted in one way only
            attributes["KmsMasterKeyId"] = ""
        if attributes:
            calls.append(Call("SetQueueAttributes", {"QueueUrl": url, "Attributes": attributes}))
        if "tags" in changed:
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("TagQueue", {"QueueUrl": url, "Tags": tags}),
                lambda names: Call("UntagQueue", {"QueueUrl": url, "TagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteQueue", {"QueueUrl": before.attributes["url"]})]


def _field(field: str, text: str | None) -> t.Any:
    """A field's value out of an attribute, which is always text."""
    if not text:
        return None
    if field in SECONDS:
        return int(text)
    if field == "sqs_managed_sse_enabled":
        return text == "true"
    if field == "policy":
        return json.loads(text)
    if field == "redrive_policy":
        policy = json.loads(text)
        return {
            "dead_letter_target_arn": policy["deadLetterTargetArn"],
            "max_receive_count": int(policy["maxReceiveCount"]),
        }
    return text


def _text(value: t.Any) -> str:
    """An attribute out of a field's value. Empty for what is to be removed."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict) and "dead_letter_target_arn" in value:
        policy = {
            "deadLetterTargetArn": value["dead_letter_target_arn"],
            "maxReceiveCount": value["max_receive_count"],
        }
        return json.dumps(policy)
    if isinstance(value, dict):
        return json.dumps(value) if value else ""
    return str(value)
