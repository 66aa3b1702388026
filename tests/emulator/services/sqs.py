# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQS: moto keeps queues and messages; attributes are checked here, and none is lost.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/
"""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

from moto.core.utils import get_service_model

from .. import policies
from ..errors import AwsError
from ..registry import Scope, Service
from . import iam

Params = dict[str, Any]
#: RedriveAllowPolicy by name of the queue; moto drops it.
RedriveAllowPolicies = dict[str, str]

service = Service("sqs")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")
_RANGES = {
    "DelaySeconds": (0, 900),
    "MaximumMessageSize": (1024, 1048576),
    "MessageRetentionPeriod": (60, 1209600),
    "ReceiveMessageWaitTimeSeconds": (0, 20),
    "VisibilityTimeout": (0, 43200),
    "KmsDataKeyReusePeriodSeconds": (60, 86400),
}
_VALUES = {
    "SqsManagedSseEnabled": ("true", "false"),
    "FifoQueue": ("true",),
    "ContentBasedDeduplication": ("true", "false"),
    "DeduplicationScope": ("messageGroup", "queue"),
    "FifoThroughputLimit": ("perQueue", "perMessageGroupId"),
}
_FIFO_ONLY = {"FifoQueue", "ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"}
_FREE = {"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"}
_READ_ONLY = {
    "All", "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed", "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp", "LastModifiedTimestamp", "QueueArn",
}  # fmt: skip


def _bad_value(name: str, why: str = "") -> AwsError:
    return AwsError("InvalidAttributeValue", f"Invalid value for the parameter {name}. {why}".strip())


def _check_attributes(attributes: dict[str, str], fifo: bool, scope: Scope) -> None:
    for name, value in attributes.items():
        if name not in _RANGES | dict.fromkeys(_FREE) | _VALUES or (name in _FIFO_ONLY and not fifo):
            raise AwsError("InvalidAttributeName", f"Unknown Attribute {name}.")
        if name in _RANGES:
            low, high = _RANGES[name]
            if not re.fullmatch(r"\d+", value) or not low <= int(value) <= high:
                raise _bad_value(name)
        elif name in _VALUES and value not in _VALUES[name]:
            raise _bad_value(name)
    if attributes.get("Policy"):
        try:
            policies.validate(
                attributes["Policy"],
                principal=True,
                resource=True,
                services=("sqs",),
                principal_exists=lambda arn: iam.principal_exists(arn, scope),
            )
        except policies.MalformedPolicy as failure:
            raise _bad_value("Policy", str(failure)) from None
    _check_redrive(attributes)


def _check_redrive(attributes: dict[str, str]) -> None:
    if attributes.get("RedrivePolicy"):
        policy = _object("RedrivePolicy", attributes["RedrivePolicy"])
        if set(policy) != {"deadLetterTargetArn", "maxReceiveCount"}:
            raise _bad_value("RedrivePolicy", "It has deadLetterTargetArn and maxReceiveCount.")
        if not re.fullmatch(r"\d+", str(policy["maxReceiveCount"])) or not 1 <= int(policy["maxReceiveCount"]) <= 1000:
            raise _bad_value("RedrivePolicy", "maxReceiveCount is between 1 and 1000.")
    if attributes.get("RedriveAllowPolicy"):
        policy = _object("RedriveAllowPolicy", attributes["RedriveAllowPolicy"])
        permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns", [])
        if permission not in ("allowAll", "denyAll", "byQueue") or bool(sources) != (permission == "byQueue"):
            raise _bad_value("RedriveAllowPolicy")


def _object(name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise _bad_value(name, "It is not a JSON object.")
    return value


def _missing() -> AwsError:
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")


def _queue(params: Params, scope: Scope) -> Any:
    path = [part for part in urlsplit(params["QueueUrl"]).path.split("/") if part]
    if len(path) > 1 and path[-2] != scope.account:
        raise _missing()
    queue = scope.moto("sqs").queues.get(path[-1] if path else "")
    if queue is None:
        raise _missing()
    return queue


def _attributes(queue: Any, state: RedriveAllowPolicies) -> dict[str, str]:
    """All attributes of a queue that have a value, as text."""
    attributes = {key: str(value) for key, value in queue.attributes.items() if value is not None}
    attributes["SqsManagedSseEnabled"] = str(queue.sqs_managed_sse_enabled).lower()
    if queue.kms_master_key_id:
        attributes["SqsManagedSseEnabled"] = "false"
    for key in ("CreatedTimestamp", "LastModifiedTimestamp"):
        attributes[key] = str(int(float(attributes[key])))
    if queue.name in state:
        attributes["RedriveAllowPolicy"] = state[queue.name]
    return attributes


def _same(first: str | None, second: str) -> bool:
    """Whether two attribute values are equal; policies are equal as JSON."""
    if first is None or not second.startswith("{"):
        return (first or "") == second
    return _object("", first) == _object("", second)


@service.operation("CreateQueue")
def create_queue(params: Params, scope: Scope, state: RedriveAllowPolicies) -> Params:
    name, attributes = params["QueueName"], dict(params.get("Attributes", {}))
    if not _NAME.fullmatch(name):
        raise AwsError(
            "InvalidParameterValue",
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        )
    fifo = attributes.get("FifoQueue") == "true"
    if fifo != name.endswith(".fifo"):
        raise AwsError("InvalidParameterValue", "The name of a FIFO queue, and of no other, ends with .fifo.")
    _check_attributes(attributes, fifo, scope)
    sqs = scope.moto("sqs")
    queue = sqs.queues.get(name)
    if queue is None:
        allow = attributes.pop("RedriveAllowPolicy", "")
        queue = sqs.create_queue(name, params.get("tags", {}), **attributes)
        if allow:
            state[name] = allow
    else:
        current = _attributes(queue, state)
        for key, value in attributes.items():
            if not _same(current.get(key), value):
                raise AwsError(
                    "QueueNameExists", f"A queue already exists with the same name and a different value for {key}"
                )
    return {"QueueUrl": queue.url(urlsplit(scope.endpoint))}


@service.operation("GetQueueAttributes")
def get_queue_attributes(params: Params, scope: Scope, state: RedriveAllowPolicies) -> Params:
    queue = _queue(params, scope)
    names = params.get("AttributeNames", [])
    known = _READ_ONLY | _FREE | set(_RANGES) | set(_VALUES)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise AwsError("InvalidAttributeName", f"Unknown Attribute {unknown[0]}.")
    attributes = _attributes(queue, state)
    chosen = attributes if "All" in names else {key: value for key, value in attributes.items() if key in names}
    return {"Attributes": chosen} if chosen else {}


@service.operation("SetQueueAttributes")
def set_queue_attributes(params: Params, scope: Scope, state: RedriveAllowPolicies) -> None:
    queue, attributes = _queue(params, scope), dict(params["Attributes"])
    if "FifoQueue" in attributes:
        raise AwsError("InvalidAttributeName", "FifoQueue can not be changed.")
    _check_attributes(attributes, queue.fifo_queue, scope)
    if "RedriveAllowPolicy" in attributes:
        allow = attributes.pop("RedriveAllowPolicy")
        state.pop(queue.name, None)
        if allow:
            state[queue.name] = allow
    attributes.setdefault("Policy", queue.policy)  # moto forgets the policy with every other change
    attributes = {key: value if value != "" else None for key, value in attributes.items()}
    if "SqsManagedSseEnabled" in attributes:
        attributes["SqsManagedSseEnabled"] = attributes["SqsManagedSseEnabled"] == "true"
    if attributes.get("SqsManagedSseEnabled"):
        attributes["KmsMasterKeyId"] = None
    if "RedrivePolicy" in attributes and attributes["RedrivePolicy"] is None:
        attributes["RedrivePolicy"] = "{}"
    queue._set_attributes(attributes)


@service.after("DeleteQueue")
def forget_queue(params: Params, scope: Scope, state: RedriveAllowPolicies) -> None:
    state.pop(params["QueueUrl"].rsplit("/", 1)[-1], None)


def _guard_remaining_operations() -> None:
    """Every operation on a queue's URL finds only queues of the caller's account."""
    model = get_service_model("sqs")
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if shape is not None and "QueueUrl" in shape.members and name not in service.operations:
            service.check(name)(lambda params, scope, state: _queue(params, scope))


_guard_remaining_operations()
