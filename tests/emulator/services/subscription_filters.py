# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscription filters: where a log group's events are forwarded to, and the logical destinations of other accounts.

Streams are moto's. Whether CloudWatch Logs may deliver is asked when a filter is put, and at every delivery; what is
not delivered counts in the metric DeliveryErrors.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Callable

from moto.backends import get_backend

from .. import clock, filters, patterns, policies
from ..errors import AwsError
from ..registry import Scope, page
from . import cloudwatch_metrics, contexts, delivery, lambda_functions, lambda_invocations, logs
from .cloudwatch_metrics import Datum
from .log_events import LISTENERS, Batch
from .logs import Params, Region, service

FILTERS_PER_GROUP = 2
PRINCIPAL = "logs.amazonaws.com"
_DESTINATION = re.compile(r"arn:aws[a-z-]*:logs:(?P<region>[a-z0-9-]+):(?P<account>\d{12}):destination:(?P<name>.+)")
_ARN = re.compile(r"arn:aws[a-z-]*:(?P<vendor>lambda|kinesis|firehose):(?P<region>[a-z0-9-]+):(?P<account>\d{12}):\S+")


def _principals(region: str) -> tuple[str, ...]:
    """What trust policies of roles may call CloudWatch Logs."""
    return PRINCIPAL, f"logs.{region}.amazonaws.com"


def _group_arn(scope: Scope, group: str) -> str:
    return scope.arn("logs", f"log-group:{group}:*")


# --- filters --------------------------------------------------------------------------------------------------------


@service.operation("PutSubscriptionFilter")
def put_subscription_filter(params: Params, scope: Scope, state: Region) -> None:
    group, name, target = params["logGroupName"], params["filterName"], params["destinationArn"]
    logs.find_group(group, scope)
    if state.classes.get(group, "STANDARD") != "STANDARD":
        raise AwsError("InvalidOperationException", "Subscription filters need a log group of class STANDARD.")
    try:
        shape = patterns.check(params["filterPattern"])
    except patterns.InvalidPattern as failure:
        raise logs.invalid(str(failure)) from None
    present = state.subscriptions.setdefault(group, {})
    others = [one for one in present.values() if one["filterName"] != name]
    if len(others) >= FILTERS_PER_GROUP:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    with_regex = sum(patterns.check(one["filterPattern"]).regexes > 0 for one in others)
    with_regex += sum(patterns.check(one["filterPattern"]).regexes > 0 for one in state.filters.get(group, {}).values())
    if shape.regexes and with_regex >= logs.REGEX_FILTERS_PER_GROUP:
        raise AwsError("LimitExceededException", "A log group can have 5 filter patterns with regular expressions.")
    distribution = params.get("distribution", "ByLogStream")
    if _DESTINATION.fullmatch(target):
        _check_destination(params, scope)
    else:
        _check_vendor(params, scope)
    present[name] = {
        **{key: params[key] for key in ("filterName", "logGroupName", "filterPattern", "destinationArn")},
        **{key: params[key] for key in ("roleArn", "fieldSelectionCriteria", "emitSystemFields") if key in params},
        "distribution": distribution,
        "applyOnTransformedLogs": params.get("applyOnTransformedLogs", False),
        "creationTime": present.get(name, {}).get("creationTime", clock.milliseconds()),
    }


def _check_vendor(params: Params, scope: Scope) -> None:
    parts, role_arn = _ARN.fullmatch(params["destinationArn"]), params.get("roleArn")
    if parts is None:
        raise logs.invalid(
            f"PutSubscriptionFilter operation cannot work with destinationArn {params['destinationArn']}"
        )
    vendor = parts["vendor"]
    if parts["account"] != scope.account or parts["region"] != scope.region:
        raise logs.invalid(f"destinationArn for vendor {vendor} must be of the account and Region of the log group")
    if vendor == "lambda" and role_arn:
        raise logs.invalid("destinationArn for vendor lambda cannot be used with roleArn")
    if vendor != "lambda" and not role_arn:
        raise logs.invalid(f"destinationArn for vendor {vendor} cannot be used without roleArn")
    if role_arn and role_arn.split(":")[4] != scope.account:
        raise logs.invalid("Cross-account pass role is not allowed.")
    if vendor == "lambda":
        function = lambda_functions.at(params["destinationArn"])
        context = contexts.of_service(scope, _group_arn(scope, params["logGroupName"]))
        if function is None or not any(
            lambda_functions.lets(function, one, context) for one in _principals(scope.region)
        ):
            raise logs.invalid(
                "Could not execute the lambda function. Make sure you have given CloudWatch Logs permission to execute "
                "your function."
            )
    elif not _DELIVERIES[vendor](scope, params["destinationArn"], str(role_arn), "control", _control_message(vendor)):
        product = {"kinesis": "kinesis", "firehose": "Firehose"}[vendor]
        raise logs.invalid(
            f"Could not deliver test message to specified {product.capitalize()} stream. Check if the given {product} "
            "stream is in ACTIVE state."
        )


def _control_message(vendor: str) -> Params:
    """What CloudWatch Logs sends to see whether a stream can be reached."""
    return {
        "messageType": "CONTROL_MESSAGE",
        "owner": "CloudwatchLogs",
        "logGroup": "",
        "logStream": "",
        "subscriptionFilters": [],
        "logEvents": [
            {
                "id": "",
                "timestamp": clock.milliseconds(),
                "message": f"CWL CONTROL MESSAGE: Checking health of destination {vendor.capitalize()}.",
            }
        ],
    }


def _check_destination(params: Params, scope: Scope) -> None:
    found = _destination(params["destinationArn"])
    if found is None:
        raise logs.invalid(f"The destination {params['destinationArn']} does not exist.")
    if params["destinationArn"].split(":")[3] != scope.region:
        raise logs.invalid("The destination must be in the Region of the log group.")
    if not _destination_lets(found, scope):
        raise AwsError(
            "AccessDeniedException",
            f"User with accountId: {scope.account} is not authorized to perform: logs:PutSubscriptionFilter on "
            f"resource: {params['destinationArn']}",
        )


@service.operation("DescribeSubscriptionFilters")
def describe_subscription_filters(params: Params, scope: Scope, state: Region) -> Params:
    logs.find_group(params["logGroupName"], scope)
    rows = [
        one
        for name, one in sorted(state.subscriptions.get(params["logGroupName"], {}).items())
        if name.startswith(params.get("filterNamePrefix", ""))
    ]
    chosen, token = page(rows, params, token="nextToken", error="InvalidParameterException", limit="limit", default=50)
    return {"subscriptionFilters": chosen, "nextToken": token}


@service.operation("DeleteSubscriptionFilter")
def delete_subscription_filter(params: Params, scope: Scope, state: Region) -> None:
    logs.find_group(params["logGroupName"], scope)
    if state.subscriptions.get(params["logGroupName"], {}).pop(params["filterName"], None) is None:
        raise AwsError("ResourceNotFoundException", "The specified subscription filter does not exist.")


# --- delivery -------------------------------------------------------------------------------------------------------


def forward(batch: Batch) -> None:
    """Send the events of a batch that match to the destinations of the group's subscription filters."""
    for one in list(service.state(batch.scope).subscriptions.get(batch.group, {}).values()):
        events = [event for event in batch.events if filters.matches(one["filterPattern"], event["message"])]
        if events:
            _forward(batch, one, events)


LISTENERS.append(forward)


def _forward(batch: Batch, subscription: Params, events: list[Params]) -> None:
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": batch.scope.account,
        "logGroup": batch.group,
        "logStream": batch.stream,
        "subscriptionFilters": [subscription["filterName"]],
        "logEvents": events,
    }
    scope, target, role = batch.scope, subscription["destinationArn"], subscription.get("roleArn", "")
    destination = _destination(target) if _DESTINATION.fullmatch(target) else None
    if destination is not None and _destination_lets(destination, scope):
        target, role = destination["targetArn"], destination["roleArn"]
        scope = scope.at(account=destination["arn"].split(":")[4])
    vendor = target.split(":")[2]
    if vendor == "lambda":
        delivered = _to_function(batch, target, message)
    else:
        delivered = vendor in _DELIVERIES and _DELIVERIES[vendor](scope, target, role, batch.stream, message)
    _count(batch, subscription, vendor, len(events), delivered)


def _count(batch: Batch, subscription: Params, vendor: str, events: int, delivered: bool) -> None:
    dimensions = {
        "LogGroupName": batch.group,
        "DestinationType": {"lambda": "Lambda", "kinesis": "Kinesis Stream", "firehose": "Firehose"}.get(
            vendor, "Cross Account Destination"
        ),
        "FilterName": subscription["filterName"],
    }
    name = "ForwardedLogEvents" if delivered else "DeliveryErrors"
    metric = cloudwatch_metrics.metric("AWS/Logs", name, dimensions)
    cloudwatch_metrics.put(batch.scope, [Datum.of_value(metric, clock.now(), float(events))])


def _to_function(batch: Batch, arn: str, message: Params) -> bool:
    context = contexts.of_service(batch.scope, _group_arn(batch.scope, batch.group))
    event = {"awslogs": {"data": base64.b64encode(_packed(message)).decode()}}
    return any(lambda_invocations.invoke_for(one, context, arn, event) for one in _principals(batch.scope.region))


def _packed(message: Params) -> bytes:
    return gzip.compress(json.dumps(message).encode(), mtime=0)


def _to_stream(scope: Scope, arn: str, role_arn: str, stream: str, message: Params) -> bool:
    backend = get_backend("kinesis")[arn.split(":")[4]][arn.split(":")[3]]
    name = arn.rsplit("/", 1)[-1]
    if name not in backend.streams or not _role_may(role_arn, scope, arn, "kinesis:PutRecord", "kinesis:PutRecords"):
        return False
    key_id, owner = backend.streams[name].key_id, scope.at(account=arn.split(":")[4], region=arn.split(":")[3])
    if key_id and not delivery.role_may_encrypt(delivery.find_role(role_arn), key_id, owner):
        return False
    data = base64.b64encode(_packed(message)).decode()
    backend.put_record(arn, name, stream or "control", "", data)
    return True


def _to_firehose(scope: Scope, arn: str, role_arn: str, stream: str, message: Params) -> bool:
    backend = get_backend("firehose")[arn.split(":")[4]][arn.split(":")[3]]
    actions = ("firehose:PutRecord", "firehose:PutRecordBatch")
    if backend.lookup_name_from_arn(arn) is None or not _role_may(role_arn, scope, arn, *actions):
        return False
    backend.put_record(arn.rsplit("/", 1)[-1], {"Data": base64.b64encode(_packed(message))})
    return True


#: By the service in a destination's ARN; given who delivers, the ARN, the role, the log stream and the message.
_DELIVERIES: dict[str, Callable[[Scope, str, str, str, Params], bool]] = {
    "kinesis": _to_stream,
    "firehose": _to_firehose,
}


def _role_may(role_arn: str, scope: Scope, target: str, *actions: str) -> bool:
    """Whether CloudWatch Logs can assume a role, and that may do one of the actions."""
    role = delivery.find_role(role_arn)
    context = contexts.of_service(scope, scope.arn("logs", "*"))
    return (
        role is not None
        and any(delivery.role_trusts(role, one, context) for one in _principals(scope.region))
        and any(delivery.role_allows(role, one, target) for one in actions)
    )


# --- logical destinations -------------------------------------------------------------------------------------------


def _destination(arn: str) -> Params | None:
    parts = _DESTINATION.fullmatch(arn)
    if parts is None:
        return None
    found: Params | None = service.state(Scope(parts["account"], parts["region"])).destinations.get(parts["name"])
    return found


def _destination_lets(destination: Params, scope: Scope) -> bool:
    """Whether a destination's access policy lets an account subscribe."""
    context = contexts.of_caller(scope)
    policy, arn = destination.get("accessPolicy"), destination["arn"]
    return policies.allows(policy, scope.account, "logs:PutSubscriptionFilter", arn, context)


@service.operation("PutDestination")
def put_destination(params: Params, scope: Scope, state: Region) -> Params:
    name, target = params["destinationName"], _ARN.fullmatch(params["targetArn"])
    if target is None or target["vendor"] not in _DELIVERIES:
        raise logs.invalid("The target of a destination is a Kinesis data stream or a Firehose stream.")
    message = _control_message(target["vendor"])
    if not _DELIVERIES[target["vendor"]](scope, params["targetArn"], params["roleArn"], "control", message):
        raise logs.invalid(
            "Could not deliver test message to specified destination. Check if the destination is valid."
        )
    present = state.destinations.get(name, {"creationTime": clock.milliseconds()})
    state.destinations[name] = {
        **present,
        "destinationName": name,
        "targetArn": params["targetArn"],
        "roleArn": params["roleArn"],
        "arn": scope.arn("logs", f"destination:{name}"),
    }
    return {"destination": state.destinations[name]}


@service.operation("PutDestinationPolicy")
def put_destination_policy(params: Params, scope: Scope, state: Region) -> None:
    destination = _existing(params, state)
    try:
        policies.validate(params["accessPolicy"], principal=True, resource=True, services=("logs",))
    except policies.MalformedPolicy as failure:
        raise logs.invalid(f"Invalid access policy: {failure}") from None
    destination["accessPolicy"] = params["accessPolicy"]


def _existing(params: Params, state: Region) -> Params:
    if params["destinationName"] not in state.destinations:
        raise AwsError("ResourceNotFoundException", "The specified destination does not exist.")
    return state.destinations[params["destinationName"]]


@service.operation("DescribeDestinations")
def describe_destinations(params: Params, scope: Scope, state: Region) -> Params:
    prefix = params.get("DestinationNamePrefix", "")
    rows = [one for name, one in sorted(state.destinations.items()) if name.startswith(prefix)]
    chosen, token = page(rows, params, token="nextToken", error="InvalidParameterException", limit="limit", default=50)
    return {"destinations": chosen, "nextToken": token}


@service.operation("DeleteDestination")
def delete_destination(params: Params, scope: Scope, state: Region) -> None:
    _existing(params, state)
    del state.destinations[params["destinationName"]]
