# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs: groups are moto's; retention, keys, metric filters and resource policies are repaired here.

What happens to log events: `log_events`, `log_metrics`, `subscription_filters`.
https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from moto.core.utils import unix_time_millis

from .. import clock, patterns, policies
from ..errors import AwsError
from ..registry import Scope, Service, page
from . import contexts, delivery

Params = dict[str, Any]

FILTERS_PER_GROUP = 100
REGEX_FILTERS_PER_GROUP = 5
RESOURCE_POLICIES_PER_REGION = 10
RETENTION_DAYS = frozenset(
    {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
)
_KEY_ACTIONS = ("kms:Encrypt", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo", "kms:GenerateDataKey")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_FIELD = {"json": re.compile(r"\$[.\[].+"), "space": re.compile(r"\$[A-Za-z0-9_]+")}


@dataclass
class Region:
    """What moto does not keep: metric filters by group and name, classes of groups, resource policies by name.

    subscriptions: subscription filters by group and name. destinations: those of PutDestination by name.
    defaults: the default value that a filter has published for a minute (None: events of that minute matched).
    """

    filters: dict[str, dict[str, Params]] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    protected: dict[str, bool] = field(default_factory=dict)
    policies: dict[str, Params] = field(default_factory=dict)
    subscriptions: dict[str, dict[str, Params]] = field(default_factory=dict)
    destinations: dict[str, Params] = field(default_factory=dict)
    defaults: dict[tuple[str, str, int], Any] = field(default_factory=dict)


service = Service("logs", state=Region)


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def find_group(name: str, scope: Scope) -> Any:
    group = scope.moto("logs").groups.get(name)
    if group is None:
        raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _now() -> int:
    return clock.milliseconds()


# --- groups ---------------------------------------------------------------------------------------------------------


@service.check("CreateLogGroup")
def check_create_log_group(params: Params, scope: Scope, state: Region) -> None:
    name = params["logGroupName"]
    if name.startswith("aws/"):
        raise invalid("Log groups starting with AWS/ are reserved for AWS.")
    if name in scope.moto("logs").groups:
        raise AwsError("ResourceAlreadyExistsException", "The specified log group already exists")
    if "kmsKeyId" in params:
        _check_key(params["kmsKeyId"], name, scope)


@service.after("CreateLogGroup")
def remember_log_group(params: Params, scope: Scope, state: Region) -> None:
    state.classes[params["logGroupName"]] = params.get("logGroupClass", "STANDARD")
    state.protected[params["logGroupName"]] = params.get("deletionProtectionEnabled", False)


@service.check("DeleteLogGroup")
def check_delete_log_group(params: Params, scope: Scope, state: Region) -> None:
    find_group(params["logGroupName"], scope)
    if state.protected.get(params["logGroupName"]):
        raise AwsError("ValidationException", "Deletion protection is enabled on the log group.")


@service.after("DeleteLogGroup")
def forget_log_group(params: Params, scope: Scope, state: Region) -> None:
    for table in (state.filters, state.subscriptions, state.classes, state.protected):
        table.pop(params["logGroupName"], None)


@service.operation("DescribeLogGroups")
def describe_log_groups(params: Params, scope: Scope, state: Region) -> Params:
    prefix, part = params.get("logGroupNamePrefix"), params.get("logGroupNamePattern")
    if prefix is not None and part is not None:
        raise invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    groups = [group for _, group in sorted(scope.moto("logs").groups.items())]
    if prefix is not None:
        groups = [group for group in groups if group.name.startswith(prefix)]
    if part is not None:
        groups = [group for group in groups if part.lower() in group.name.lower()]
    if "logGroupIdentifiers" in params:
        wanted = params["logGroupIdentifiers"]
        groups = [group for group in groups if group.name in wanted or group.arn in wanted]
    if "logGroupClass" in params:
        groups = [one for one in groups if state.classes.get(one.name, "STANDARD") == params["logGroupClass"]]
    chosen, token = page(
        groups, params, token="nextToken", error="InvalidParameterException", limit="limit", default=50
    )
    return {"logGroups": [_group_row(group, state) for group in chosen], "nextToken": token}


def _group_row(group: Any, state: Region) -> Params:
    row = {
        "logGroupName": group.name,
        "creationTime": int(unix_time_millis(group.creation_time)),
        "metricFilterCount": len(state.filters.get(group.name, {})),
        "arn": f"{group.arn}:*",
        "logGroupArn": group.arn,
        "storedBytes": 0,
        "logGroupClass": state.classes.get(group.name, "STANDARD"),
        "deletionProtectionEnabled": state.protected.get(group.name, False),
    }
    if group.retention_in_days:
        row["retentionInDays"] = int(group.retention_in_days)
    if group.kms_key_id:
        row["kmsKeyId"] = group.kms_key_id
    return row


@service.check("PutRetentionPolicy")
def check_retention(params: Params, scope: Scope, state: Region) -> None:
    find_group(params["logGroupName"], scope)
    days = params["retentionInDays"]
    if days not in RETENTION_DAYS:
        values = ", ".join(str(one) for one in sorted(RETENTION_DAYS))
        raise invalid(
            f"1 validation error detected: Value '{days}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{values}]"
        )


@service.check("DeleteRetentionPolicy")
def check_group_exists(params: Params, scope: Scope, state: Region) -> None:
    find_group(params["logGroupName"], scope)


# --- keys -----------------------------------------------------------------------------------------------------------


def _check_key(reference: str, group: str, scope: Scope) -> None:
    if not re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/\S+", reference):
        raise invalid(f"The specified KMS Key Id {reference} is not the ARN of a key.")
    key = delivery.find_key(reference, scope)
    if key is None or key.region != scope.region or key.key_state not in delivery.USABLE_KEY_STATES:
        raise invalid("The specified KMS Key Id could not be found or is disabled.")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise invalid("The specified KMS key is not symmetric.")
    arn = scope.arn("logs", f"log-group:{group}")
    context = contexts.of_service(scope, arn, {"kms:EncryptionContext:aws:logs:arn": arn})
    suffix = "amazonaws.com.cn" if scope.partition == "aws-cn" else "amazonaws.com"
    principal = f"logs.{scope.region}.{suffix}"
    allowed = delivery.key_allows(key, principal, _KEY_ACTIONS, context)
    if not allowed or not delivery.key_allows(key, principal, ("kms:DescribeKey",), context):
        raise AwsError(
            "AccessDeniedException",
            f"The specified KMS key does not exist or is not allowed to be used with Arn '{arn}'",
        )


def _key_target(params: Params, scope: Scope) -> Any:
    identifier = params.get("resourceIdentifier")
    if (identifier is None) == ("logGroupName" not in params):
        raise invalid("Specify either logGroupName or resourceIdentifier.")
    prefix = scope.arn("logs", "log-group:")
    return find_group(identifier.removeprefix(prefix) if identifier else params["logGroupName"], scope)


@service.operation("AssociateKmsKey")
def associate_kms_key(params: Params, scope: Scope, state: Region) -> None:
    group = _key_target(params, scope)
    _check_key(params["kmsKeyId"], group.name, scope)
    group.kms_key_id = params["kmsKeyId"]


@service.operation("DisassociateKmsKey")
def disassociate_kms_key(params: Params, scope: Scope, state: Region) -> None:
    _key_target(params, scope).kms_key_id = None


# --- metric filters -------------------------------------------------------------------------------------------------


@service.operation("PutMetricFilter")
def put_metric_filter(params: Params, scope: Scope, state: Region) -> None:
    group, name = params["logGroupName"], params["filterName"]
    find_group(group, scope)
    if state.classes.get(group, "STANDARD") != "STANDARD":
        raise AwsError("InvalidOperationException", "Metric filters need a log group of class STANDARD.")
    try:
        shape = patterns.check(params["filterPattern"])
    except patterns.InvalidPattern as failure:
        raise invalid(str(failure)) from None
    if len(params["metricTransformations"]) != 1:
        raise invalid("A metric filter has exactly one metric transformation.")
    _check_transformation(params["metricTransformations"][0], shape)
    filters = state.filters.setdefault(group, {})
    others = [one for one in filters.values() if one["filterName"] != name]
    if len(others) >= FILTERS_PER_GROUP:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    with_regex = sum(patterns.check(one["filterPattern"]).regexes > 0 for one in others)
    if shape.regexes and with_regex >= REGEX_FILTERS_PER_GROUP:
        raise AwsError("LimitExceededException", "A log group can have 5 filter patterns with regular expressions.")
    filters[name] = {
        **params,
        "creationTime": _now(),
        "applyOnTransformedLogs": params.get("applyOnTransformedLogs", False),
    }


def _check_transformation(transformation: Params, shape: patterns.Shape) -> None:
    dimensions = transformation.get("dimensions", {})
    if dimensions and "defaultValue" in transformation:
        raise invalid("Invalid metric transformation: dimensions and default value are mutually exclusive properties.")
    if dimensions and not shape.has_fields:
        raise invalid("The specified filter pattern does not support dimensions")
    if len(dimensions) > 3:
        raise invalid("Invalid metric transformation: at most 3 dimensions can be assigned to a metric.")
    for value in [*dimensions.values(), transformation["metricValue"]]:
        number = value is transformation["metricValue"] and _NUMBER.fullmatch(value)
        selector = _FIELD.get(shape.kind)
        if not number and not (selector and selector.fullmatch(value)):
            raise invalid(f"Invalid metric transformation: {value!r} is neither a number nor a field of the pattern.")


@service.operation("DescribeMetricFilters")
def describe_metric_filters(params: Params, scope: Scope, state: Region) -> Params:
    group, prefix = params.get("logGroupName"), params.get("filterNamePrefix")
    if group is not None:
        find_group(group, scope)
    if ("metricName" in params) != ("metricNamespace" in params):
        raise invalid("metricName and metricNamespace go together.")
    rows = [
        one
        for name, filters in sorted(state.filters.items())
        if group in (None, name)
        for _, one in sorted(filters.items())
    ]
    if group is not None and prefix is not None:
        rows = [one for one in rows if one["filterName"].startswith(prefix)]
    if "metricName" in params:
        wanted = (params["metricName"], params["metricNamespace"])
        rows = [
            one
            for one in rows
            if any((t["metricName"], t["metricNamespace"]) == wanted for t in one["metricTransformations"])
        ]
    chosen, token = page(rows, params, token="nextToken", error="InvalidParameterException", limit="limit", default=50)
    return {"metricFilters": chosen, "nextToken": token}


@service.operation("DeleteMetricFilter")
def delete_metric_filter(params: Params, scope: Scope, state: Region) -> None:
    find_group(params["logGroupName"], scope)
    filters = state.filters.get(params["logGroupName"], {})
    if params["filterName"] not in filters:
        raise AwsError("ResourceNotFoundException", "The specified metric filter does not exist.")
    del filters[params["filterName"]]


# --- tags -----------------------------------------------------------------------------------------------------------


@service.check("TagResource", "UntagResource", "ListTagsForResource")
def check_tagged(params: Params, scope: Scope, state: Region) -> None:
    arn = params["resourceArn"]
    prefix = scope.arn("logs", "log-group:")
    if arn.endswith(":*"):
        raise invalid("1 validation error detected: the ARN of a log group has no ':*' here")
    if arn.startswith(prefix):
        find_group(arn.removeprefix(prefix), scope)
    if any(key.lower().startswith("aws:") for key in params.get("tags", {})):
        raise invalid("Tag keys must not begin with aws:")


# --- resource policies ----------------------------------------------------------------------------------------------


@service.operation("PutResourcePolicy")
def put_resource_policy(params: Params, scope: Scope, state: Region) -> Params:
    if "policyName" not in params or "policyDocument" not in params:
        raise invalid("policyName and policyDocument are needed.")
    try:
        policies.validate(params["policyDocument"], principal=True, resource=True, services=("logs",))
    except policies.MalformedPolicy as failure:
        raise invalid(f"Invalid policy document: {failure}") from None
    name = params["policyName"]
    if name not in state.policies and len(state.policies) >= RESOURCE_POLICIES_PER_REGION:
        raise AwsError("LimitExceededException", "Resource limit exceeded.")
    state.policies[name] = {
        "policyName": name,
        "policyDocument": params["policyDocument"],
        "lastUpdatedTime": _now(),
        "policyScope": "ACCOUNT",
    }
    return {"resourcePolicy": state.policies[name]}


@service.operation("DescribeResourcePolicies")
def describe_resource_policies(params: Params, scope: Scope, state: Region) -> Params:
    rows = [row for _, row in sorted(state.policies.items())]
    chosen, token = page(rows, params, token="nextToken", error="InvalidParameterException", limit="limit", default=50)
    return {"resourcePolicies": chosen, "nextToken": token}


@service.operation("DeleteResourcePolicy")
def delete_resource_policy(params: Params, scope: Scope, state: Region) -> None:
    if params.get("policyName") not in state.policies:
        raise AwsError("ResourceNotFoundException", f"Policy with name [{params.get('policyName')}] does not exist")
    del state.policies[params["policyName"]]
