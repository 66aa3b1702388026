# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service control policies, enforced: what an organization forbids its member accounts, whoever calls.

A call needs an Allow at every level - root, each organizational unit, account - and a Deny nowhere. The management
account and service-linked roles are exempt.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import policies
from .actions import iam_action
from .faults import access_denied
from .policies import Context
from .registry import SERVICES, Scope
from .services import contexts, delivery, organizations
from .services.organizations import SCP, Policy

Params = dict[str, Any]

#: What no policy can forbid.
_UNGOVERNED = frozenset({"sts:GetCallerIdentity"})


def is_closed(scope: Scope) -> bool:
    """Whether the caller's account is closed, so that its credentials no longer work."""
    organization = organizations.organization_of(scope)
    return organization is not None and organization.accounts[scope.account].status == "SUSPENDED"


def applies(scope: Scope) -> bool:
    """Whether service control policies govern the caller."""
    organization = organizations.organization_of(scope)
    if organization is None or SCP not in organization.policy_types or scope.account == organization.management:
        return False
    return ":assumed-role/AWSServiceRoleFor" not in scope.principal


def check(service: str, operation: str, params: Params, scope: Scope) -> None:
    """Raise the service's denial unless the policies of every level allow the call on all resources it names."""
    action = iam_action(service, operation)
    organization = organizations.organization_of(scope)
    if organization is None or action in _UNGOVERNED:
        return
    levels = [organization.policies_of(target, SCP) for target in organization.lineage(scope.account)]
    context = contexts.of_caller(scope, _key_aliases(params, scope) if service == "kms" else None)
    for resource in resources(service, params, scope):
        reason = _denial(levels, action, resource, context)
        if reason is not None:
            raise access_denied(service, operation, scope.principal, resource=resource, reason=reason)


def _denial(levels: list[list[Policy]], action: str, resource: str, context: Context) -> str | None:
    """Why an action on a resource is denied, in AWS's words; None when it is allowed."""
    allowed_at = 0
    for level in levels:
        effects = [(one, policies.effects(one.document, "", action, resource, context)) for one in level]
        denying = next((one for one, effect in effects if "Deny" in effect), None)
        if denying is not None:
            return f"with an explicit deny in a service control policy: {denying.arn}"
        allowed_at += any("Allow" in effect for _, effect in effects)
    return None if allowed_at == len(levels) else "because no service control policy allows the {action} action"


def _key_aliases(params: Params, scope: Scope) -> Context:
    """What conditions on a key's aliases are told."""
    reference = _first(params, "KeyId", "TargetKeyId")
    key = delivery.find_key(reference, scope) if reference else None
    return {"kms:ResourceAliases": sorted(key.aliases)} if key is not None and key.aliases else {}


# --- resources ------------------------------------------------------------------------------------------------------


def resources(service: str, params: Params, scope: Scope) -> list[str]:
    """ARNs of what a call is about, of the kinds that guardrails protect; C(*) where the emulator does not know.

    C(*) is matched by the resource C(*) of a statement only.
    """
    find = _RESOURCES.get(service)
    return (find(params, scope) if find else []) or ["*"]


def _first(params: Params, *names: str) -> str | None:
    """The first of the parameters that is given, as text; of a list its first element."""
    for name in names:
        value = params.get(name)
        if value:
            return str(value[0] if isinstance(value, list) else value)
    return None


def _trail(params: Params, scope: Scope) -> list[str]:
    name = _first(params, "Name", "TrailName", "ResourceId", "ResourceIdList")
    if name is None:
        return []
    return [name if name.startswith("arn:") else scope.arn("cloudtrail", f"trail/{name}")]


def _log_group(params: Params, scope: Scope) -> list[str]:
    name = _first(params, "logGroupName", "logGroupIdentifier", "resourceArn")
    if name is None:
        return []
    if "resourceArn" in params:  # tags are the only thing that is asked for by the ARN of the group itself
        return [name]
    if name.startswith("arn:"):
        name = name.split(":")[6]
    return [scope.arn("logs", f"log-group:{name}:log-stream:{params.get('logStreamName', '')}")]


def _bucket(params: Params, scope: Scope) -> list[str]:
    if "Bucket" not in params:
        return []
    arn = f"arn:{scope.partition}:s3:::{params['Bucket']}"
    return [f"{arn}/{params['Key']}" if "Key" in params else arn]


def _key(params: Params, scope: Scope) -> list[str]:
    found = [scope.arn("kms", params["AliasName"])] if "AliasName" in params else []
    reference = _first(params, "KeyId", "TargetKeyId")
    if reference is not None:
        key, arn = delivery.find_key(reference, scope), reference.startswith("arn:")
        found.append(key.arn if key is not None else reference if arn else scope.arn("kms", f"key/{reference}"))
    return found


def _identity(params: Params, scope: Scope) -> list[str]:
    """The role, user, group or policy; those that exist with their path."""
    iam = scope.moto("iam")
    for kind, existing in (("Role", iam.roles), ("Group", iam.groups), ("User", iam.users)):
        name = params.get(f"{kind}Name")
        if name is not None:
            arn = next((one.arn for one in existing.values() if one.name == name), None)
            path = params.get("Path", "/")
            return [arn or scope.arn("iam", f"{kind.lower()}{path}{name}", region="")]
    if "AWSServiceName" in params:
        return [scope.arn("iam", f"role/aws-service-role/{params['AWSServiceName']}/*", region="")]
    if "PolicyName" in params:
        return [scope.arn("iam", f"policy{params.get('Path', '/')}{params['PolicyName']}", region="")]
    return [params["PolicyArn"]] if "PolicyArn" in params else []


def _configuration(params: Params, scope: Scope) -> list[str]:
    """The recorder or rule, which AWS gives an identifier: those that exist."""
    state = SERVICES["config"].state(scope)
    declared = params.get("ConfigurationRecorder", {})
    recorder = _first(params, "ConfigurationRecorderName") or declared.get("name")
    if recorder is not None:
        known = state.recorder is not None and state.recorder.row["name"] == recorder
        return [state.recorder.row["arn"] if known else scope.arn("config", f"configuration-recorder/{recorder}/*")]
    rule = _first(params, "ConfigRuleName") or params.get("ConfigRule", {}).get("ConfigRuleName")
    if rule is not None:
        return [state.rules[rule].row["ConfigRuleArn"] if rule in state.rules else scope.arn("config", "config-rule/*")]
    return [params["ResourceArn"]] if "ResourceArn" in params else []


def _detector(params: Params, scope: Scope) -> list[str]:
    if "DetectorId" not in params:
        return [params["ResourceArn"]] if "ResourceArn" in params else []
    arn = scope.arn("guardduty", f"detector/{params['DetectorId']}")
    for parameter, kind in (
        ("DestinationId", "publishingDestination"),
        ("FilterName", "filter"),
        ("IpSetId", "ipset"),
        ("ThreatIntelSetId", "threatintelset"),
    ):
        if parameter in params:
            arn += f"/{kind}/{params[parameter]}"
    return [arn]


def _alarm(params: Params, scope: Scope) -> list[str]:
    names = [params["AlarmName"]] if "AlarmName" in params else params.get("AlarmNames", [])
    found = [scope.arn("cloudwatch", f"alarm:{name}") for name in names]
    return found or ([params["ResourceARN"]] if "ResourceARN" in params else [])


def _topic(params: Params, scope: Scope) -> list[str]:
    arn = _first(params, "TopicArn", "ResourceArn", "TargetArn", "SubscriptionArn")
    if arn is None:
        return [scope.arn("sns", params["Name"])] if "Name" in params else []
    return [":".join(arn.split(":")[:6])]


def _event_rule(params: Params, scope: Scope) -> list[str]:
    name, bus = _first(params, "Rule", "Name"), params.get("EventBusName", "default").rsplit("/", 1)[-1]
    if name is None:
        return [params["ResourceARN"]] if "ResourceARN" in params else []
    return [scope.arn("events", f"rule/{name}" if bus == "default" else f"rule/{bus}/{name}")]


def _hub(params: Params, scope: Scope) -> list[str]:
    return [scope.arn("securityhub", "hub/default")]


def _assumed(params: Params, scope: Scope) -> list[str]:
    return [params["RoleArn"]] if "RoleArn" in params else []


_RESOURCES: dict[str, Callable[[Params, Scope], list[str]]] = {
    "cloudtrail": _trail,
    "cloudwatch": _alarm,
    "config": _configuration,
    "events": _event_rule,
    "guardduty": _detector,
    "iam": _identity,
    "kms": _key,
    "logs": _log_group,
    "s3": _bucket,
    "securityhub": _hub,
    "sns": _topic,
    "sts": _assumed,
}
