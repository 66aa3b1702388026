# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Invocations of Lambda functions: by callers, who wait, and by services, which do not.

An asynchronous invocation that fails is retried at once, as often as the function's settings say (AWS lets minutes
pass in between), and then the event goes to the on-failure destination and to the dead-letter queue.
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async.html
"""

from __future__ import annotations

import base64
import json
from typing import Any

from moto.backends import get_backend

from .. import clock, policies
from ..errors import AwsError
from ..registry import Scope, random_hex
from . import (
    alarm_evaluation,
    cloudwatch_metrics,
    contexts,
    delivery,
    event_delivery,
    lambda_runtime,
    log_events,
    notifications,
)
from .cloudwatch import Alarm
from .cloudwatch_metrics import Datum
from .lambda_functions import VERSION, Function, Functions, Params, at, find, lets, role_of, service
from .lambda_runtime import Outcome

#: So often may a function set itself off, perhaps by others; AWS stops such loops too, after some 16 rounds.
ROUNDS = 2
RETRIES = 2
_under_way: list[Function] = []


# --- running --------------------------------------------------------------------------------------------------------


def _run(function: Function, payload: str, request_id: str) -> Outcome:
    """One attempt: run the code, write its log, count it."""
    stream = f"{clock.moment():%Y/%m/%d}/[{VERSION}]{random_hex(32)}"
    outcome = lambda_runtime.run(function, payload, request_id, stream)
    _write_log(function, stream, outcome)
    metrics = {"Invocations": 1.0, "Errors": float(outcome.error is not None)}
    _count(function, metrics)
    return outcome


def _count(function: Function, values: dict[str, float]) -> None:
    dimensions = {"FunctionName": function.name}
    data = [
        Datum.of_value(cloudwatch_metrics.metric("AWS/Lambda", name, dimensions), clock.now(), value, unit="Count")
        for name, value in values.items()
    ]
    cloudwatch_metrics.put(function.scope, data)


def _write_log(function: Function, stream: str, outcome: Outcome) -> None:
    """Write what an invocation printed to the function's log group, as far as its role lets it."""
    role, group, scope = role_of(function), function.log_group, function.scope
    if role is None:
        return
    arn = scope.arn("logs", f"log-group:{group}")
    if not delivery.log_group_exists(group, scope):
        if not delivery.role_allows(role, "logs:CreateLogGroup", f"{arn}:*"):
            return
        scope.moto("logs").create_log_group(group, {})
    resource = f"{arn}:log-stream:{stream}"
    if not all(delivery.role_allows(role, one, resource) for one in ("logs:CreateLogStream", "logs:PutLogEvents")):
        return
    lines = [
        f"START RequestId: {outcome.request_id} Version: {VERSION}",
        *(line for line in outcome.output if line.strip()),
        f"END RequestId: {outcome.request_id}",
        f"REPORT RequestId: {outcome.request_id}\tMemory Size: {function.settings['MemorySize']} MB",
    ]
    log_events.append(scope, group, stream, lines)


# --- without waiting ------------------------------------------------------------------------------------------------


def invoke_for(principal: str, context: policies.Context, arn: str, event: Any) -> bool:
    """Let a service invoke a function without waiting for it; False when the function does not let it, or is not."""
    function = at(arn)
    if function is None or not lets(function, principal, context):
        return False
    start(function, json.dumps(event))
    return True


def start(function: Function, payload: str) -> str:
    """Invoke a function asynchronously; the request's id."""
    function.settle()
    request_id = notifications.random_uuid()
    if _under_way.count(function) < ROUNDS:
        _under_way.append(function)
        try:
            _finish(function, payload, *_attempts(function, payload, request_id))
        finally:
            _under_way.pop()
    return request_id


def _attempts(function: Function, payload: str, request_id: str) -> tuple[Outcome, int]:
    """The outcome that counts, and how many attempts it took."""
    if function.concurrency == 0:
        body = json.dumps({"errorMessage": "Rate Exceeded.", "errorType": "TooManyRequestsException"})
        return Outcome(body, "Throttled", request_id, []), 0
    settings = function.asynchronous or {}
    outcome, most = _run(function, payload, request_id), 1 + int(settings.get("MaximumRetryAttempts", RETRIES))
    count = 1
    while outcome.error is not None and count < most:
        outcome, count = _run(function, payload, request_id), count + 1
    return outcome, count


def _finish(function: Function, payload: str, outcome: Outcome, count: int) -> None:
    destinations = (function.asynchronous or {}).get("DestinationConfig", {})
    kind = "OnSuccess" if outcome.error is None else "OnFailure"
    target = destinations.get(kind, {}).get("Destination")
    if target:
        _tell(function, target, _record(function, payload, outcome, count))
    dead_letters = function.settings.get("DeadLetterConfig", {}).get("TargetArn")
    if (
        outcome.error is not None
        and dead_letters
        and not _send(
            function,
            dead_letters,
            payload,
            {"RequestID": outcome.request_id, "ErrorCode": "200", "ErrorMessage": _message(outcome)[:1024]},
        )
    ):
        _count(function, {"DeadLetterErrors": 1.0})


def _message(outcome: Outcome) -> str:
    return str(json.loads(outcome.payload).get("errorMessage", ""))


def _record(function: Function, payload: str, outcome: Outcome, count: int) -> Params:
    record: Params = {
        "version": "1.0",
        "timestamp": f"{clock.moment():%Y-%m-%dT%H:%M:%S.000Z}",
        "requestContext": {
            "requestId": outcome.request_id,
            "functionArn": f"{function.arn}:{VERSION}",
            "condition": "Success" if outcome.error is None else "RetriesExhausted",
            "approximateInvokeCount": count,
        },
        "requestPayload": json.loads(payload),
        "responseContext": {"statusCode": 200, "executedVersion": VERSION},
        "responsePayload": json.loads(outcome.payload),
    }
    if outcome.error is not None:
        record["responseContext"]["functionError"] = "Unhandled"
    return record


def _tell(function: Function, target: str, record: Params) -> None:
    if not _send(function, target, json.dumps(record), {}):
        _count(function, {"DestinationDeliveryFailures": 1.0})


def _send(function: Function, target: str, text: str, attributes: dict[str, str]) -> bool:
    """Send a text to a queue, topic or function with the execution role; False when it may not."""
    role, kind = role_of(function), target.split(":")[2]
    told = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
    if kind == "sqs":
        queue = delivery.find_queue(target)
        if queue is None or not _may(role, "sqs:SendMessage", target, queue.kms_master_key_id):
            return False
        _, _, _, region, account, name = target.split(":", 5)
        get_backend("sqs")[account][region].send_message(name, text, message_attributes=told)
        return True
    if kind == "sns":
        topic = delivery.find_topic(target)
        if topic is None or not _may(role, "sns:Publish", target, topic.attributes.get("KmsMasterKeyId")):
            return False
        notifications.deliver(topic, text, None, told)
        return True
    other = at(target) if kind == "lambda" else None
    if other is None or not _may(role, "lambda:InvokeFunction", target, None):
        return False
    start(other, text)
    return True


def _may(role: Any, action: str, target: str, key_id: str | None) -> bool:
    if role is None or not delivery.role_allows(role, action, target):
        return False
    if not key_id:
        return True
    _, _, _, region, account, _ = target.split(":", 5)
    return delivery.role_may_encrypt(role, key_id, Scope(account, region))


# --- by callers -----------------------------------------------------------------------------------------------------


@service.operation("Invoke")
def invoke(params: Params, scope: Scope, state: Functions) -> Params:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    payload = params.get("Payload") or b"{}"
    text = payload.decode() if isinstance(payload, bytes) else str(payload)
    try:
        json.loads(text)
    except ValueError as failure:
        raise AwsError("InvalidRequestContentException", f"Could not parse request body into json: {failure}") from None
    kind = params.get("InvocationType", "RequestResponse")
    if kind == "DryRun":
        return {"StatusCode": 204}
    if kind == "Event":
        start(function, text)
        return {"StatusCode": 202}
    if function.settling and function.new:
        raise AwsError(
            "ResourceConflictException",
            "The operation cannot be performed at this time. The function is currently in the following state: Pending",
        )
    if function.concurrency == 0:
        raise AwsError("TooManyRequestsException", "Rate Exceeded.", 429)
    if _under_way.count(function) >= ROUNDS:
        raise AwsError("RecursiveInvocationException", "Lambda has detected your function being invoked in a loop.")
    _under_way.append(function)
    try:
        outcome = _run(function, text, notifications.random_uuid())
    finally:
        _under_way.pop()
    answer: Params = {"StatusCode": 200, "ExecutedVersion": VERSION, "Payload": outcome.payload.encode()}
    if outcome.error is not None:
        answer["FunctionError"] = "Unhandled"
    if params.get("LogType") == "Tail":
        answer["LogResult"] = base64.b64encode("\n".join(outcome.output).encode()[-4096:]).decode()
    return answer


# --- by services ----------------------------------------------------------------------------------------------------


def _for_topic(topic: Any, subscription: Any, envelope: Params) -> bool:
    context = contexts.of_service(Scope(topic.owner, topic.arn.split(":")[3]), topic.arn)
    told = {"MessageAttributes": {}, "Subject": None, **envelope}
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription.arn, "Sns": told}
    return invoke_for(notifications.PRINCIPAL, context, subscription.endpoint, {"Records": [record]})


notifications.DELIVERIES["lambda"] = _for_topic


def _for_alarm(scope: Scope, alarm: Alarm, old: str, arn: str) -> None:
    row = alarm.row
    told = alarm_evaluation.notification(scope, row, old)
    state = {"value": row["StateValue"], "reason": row["StateReason"], "timestamp": told["StateChangeTime"]}
    event = {
        "source": "aws.cloudwatch",
        "alarmArn": row["AlarmArn"],
        "accountId": scope.account,
        "time": told["StateChangeTime"],
        "region": scope.region,
        "alarmData": {"alarmName": row["AlarmName"], "state": state, "previousState": {"value": old}},
    }
    context = contexts.of_service(scope, row["AlarmArn"])
    if not invoke_for("lambda.alarms.cloudwatch.amazonaws.com", context, arn, event):
        raise notifications.Refused(f"CloudWatch Alarms is not authorized to perform: lambda:InvokeFunction on {arn}")


alarm_evaluation.ACTIONS["lambda"] = _for_alarm


def _for_rule(sender: event_delivery.Sender, target: Params, text: str) -> None:
    if not invoke_for(event_delivery.PRINCIPAL, sender.context, target["Arn"], json.loads(text)):
        raise event_delivery.Undelivered(
            "NO_PERMISSIONS", f"{event_delivery.PRINCIPAL} is not authorized to perform: lambda:InvokeFunction"
        )


event_delivery.DELIVERIES["lambda"] = _for_rule
