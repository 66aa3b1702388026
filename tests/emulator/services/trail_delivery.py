# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudTrail at work: which trails take a record of something that happened, and how it gets into their log group.

What a trail takes, other than reads, is an event of EventBridge too.
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/send-cloudtrail-events-to-cloudwatch-logs.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from .. import calls, clock
from ..registry import Scope
from . import delivery, events, log_events, notifications, organizations
from .cloudtrail import PRINCIPAL, Params, Trail, service

Record = dict[str, Any]

#: CloudTrail sends no larger record to CloudWatch Logs.
LARGEST_RECORD = 262_144
#: Services whose calls happen in one region for all; trails can leave them out.
_GLOBAL_SOURCES = frozenset({"iam.amazonaws.com", "sts.amazonaws.com", "cloudfront.amazonaws.com"})
_DETAIL_TYPES = {
    "AwsConsoleSignIn": "AWS Console Sign In via CloudTrail",
    "AwsServiceEvent": "AWS Service Event via CloudTrail",
}
_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def record_events(scope: Scope, records: list[Record]) -> list[str]:
    """Let records of what happened in an account and region reach the log groups of the trails that take them.

    A record says at least eventSource and eventName; what every record has (eventVersion, eventTime, awsRegion,
    recipientAccountId, ...) is added. The ARNs of trails that delivered something to a log group.
    """
    whole = [_completed(record, scope) for record in records]
    trails = [trail for state in list(service.states().values()) for trail in list(state.values())]
    delivered = []
    for trail in trails:
        taken = [record for record in whole if _takes(trail, scope, record)]
        if taken and _to_log_group(trail, scope, taken):
            delivered.append(trail.arn)
    for record in whole:
        if not record["readOnly"] and any(_takes(trail, scope, record) for trail in trails):
            _to_event_bus(scope, record)
    return delivered


def _to_event_bus(scope: Scope, record: Record) -> None:
    kind = _DETAIL_TYPES.get(record["eventType"], "AWS API Call via CloudTrail")
    source = f"aws.{record['eventSource'].split('.')[0]}"
    events.emit(scope, {"source": source, "detail-type": kind, "detail": record})


def _completed(record: Record, scope: Scope) -> Record:
    for name in ("eventSource", "eventName"):
        if not isinstance(record.get(name), str):
            raise ValueError(f"a CloudTrail record has a text {name}")
    prefix = record["eventSource"].split(".")[0]
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "accountId": scope.account, "arn": scope.arn("iam", "user/x", region="")},
        "eventTime": f"{clock.moment():%Y-%m-%dT%H:%M:%SZ}",
        "awsRegion": scope.region,
        "sourceIPAddress": "192.0.2.1",
        "userAgent": "aws-cli",
        "requestParameters": None,
        "responseElements": None,
        "requestID": notifications.random_uuid(),
        "eventID": notifications.random_uuid(),
        "readOnly": calls.access(prefix, record["eventName"]) == "read",
        "eventType": "AwsConsoleSignIn" if prefix == "signin" else "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": scope.account,
        "eventCategory": "Management",
        **record,
    }


# --- which trails ---------------------------------------------------------------------------------------------------


def _takes(trail: Trail, scope: Scope, record: Record) -> bool:
    return trail.logging and _covers(trail, scope, record) and _selects(trail, record)


def _covers(trail: Trail, scope: Scope, record: Record) -> bool:
    if trail.home.partition != scope.partition:
        return False
    if trail.home.region != scope.region and not trail.settings["IsMultiRegionTrail"]:
        return False
    if record["eventSource"] in _GLOBAL_SOURCES and not trail.settings["IncludeGlobalServiceEvents"]:
        return False
    return trail.home.account == scope.account or _organization_of(trail, scope) is not None


def _organization_of(trail: Trail, scope: Scope) -> str | None:
    """The id of the organization whose trail this is, if it reaches the scope's account."""
    if not trail.settings["IsOrganizationTrail"]:
        return None
    organization = organizations.organization_of(scope)
    if organization is None or organization.management != trail.home.account:
        return None
    return organization.id if scope.account in organization.active() else None


def _selects(trail: Trail, record: Record) -> bool:
    if record["eventCategory"] == "Insight":
        return bool(trail.insight_selectors)
    if trail.advanced_selectors is not None:
        return any(_advanced(selector["FieldSelectors"], record) for selector in trail.advanced_selectors)
    if trail.selectors is None:
        return record["eventCategory"] == "Management"
    return any(_basic(selector, record) for selector in trail.selectors)


def _basic(selector: Params, record: Record) -> bool:
    if selector["ReadWriteType"] not in ("All", "ReadOnly" if record["readOnly"] else "WriteOnly"):
        return False
    if record["eventCategory"] == "Management":
        return (
            selector["IncludeManagementEvents"]
            and record["eventSource"] not in selector["ExcludeManagementEventSources"]
        )
    resources = [(one.get("type"), one.get("ARN", "")) for one in record.get("resources", [])]
    return record["eventCategory"] == "Data" and any(
        kind == one["Type"] and arn.startswith(value)
        for one in selector["DataResources"]
        for value in one["Values"]
        for kind, arn in resources
    )


def _advanced(fields: list[Params], record: Record) -> bool:
    return all(_field(field, _values(field["Field"], record)) for field in fields)


def _values(field: str, record: Record) -> list[str]:
    """The values that a record has in a field of advanced selectors."""
    if field.startswith("resources."):
        return [str(one.get(field.removeprefix("resources."), "")) for one in record.get("resources", [])]
    node: Any = record
    for name in field.split("."):
        node = node.get(name) if isinstance(node, dict) else None
    if isinstance(node, bool):
        return [str(node).lower()]
    return [] if node is None else [str(node)]


def _field(field: Params, values: list[str]) -> bool:
    """Whether every operator of a field selector is satisfied; one that is given several values, by one of them."""
    for operator, test in _OPERATORS.items():
        wanted, unwanted = field.get(operator, []), field.get(f"Not{operator}", [])
        if wanted and not any(test(value, one) for value in values for one in wanted):
            return False
        if any(test(value, one) for value in values for one in unwanted):
            return False
    return True


# --- into the log group ---------------------------------------------------------------------------------------------


def _to_log_group(trail: Trail, scope: Scope, records: list[Record]) -> bool:
    """Deliver records to the trail's log group, if there is one and the role lets CloudTrail write there now."""
    arn, role_arn = trail.settings.get("CloudWatchLogsLogGroupArn"), trail.settings.get("CloudWatchLogsRoleArn")
    if not arn or not role_arn:
        return False
    _, _, _, region, account, _, group = arn.removesuffix(":*").split(":", 6)
    holder = Scope(account, region)
    stream = f"{scope.account}_CloudTrail_{trail.home.region}"
    if scope.account != trail.home.account:
        stream = f"{_organization_of(trail, scope)}_{stream}"
    failure = _refusal(holder, group, stream, role_arn)
    if failure is not None:
        trail.log_delivery["LatestCloudWatchLogsDeliveryError"] = failure
        return False
    texts = [json.dumps(record) for record in records]
    log_events.append(holder, group, stream, [text for text in texts if len(text.encode()) <= LARGEST_RECORD])
    trail.log_delivery.clear()
    trail.log_delivery["LatestCloudWatchLogsDeliveryTime"] = clock.moment()
    return True


def _refusal(holder: Scope, group: str, stream: str, role_arn: str) -> str | None:
    """Why CloudTrail cannot write to a log stream; None when it can."""
    if not delivery.log_group_exists(group, holder):
        return "The specified log group does not exist."
    role = delivery.find_role(role_arn)
    if role is None or not delivery.role_trusts(role, PRINCIPAL, {}):
        return "Access denied: CloudTrail cannot assume the role."
    resource = holder.arn("logs", f"log-group:{group}:log-stream:{stream}")
    for action in ("logs:CreateLogStream", "logs:PutLogEvents"):
        if not delivery.role_allows(role, action, resource):
            return f"Access denied: {role_arn} is not authorized to perform: {action} on resource: {resource}"
    return None
