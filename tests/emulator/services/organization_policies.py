# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of an organization: their documents, types enabled in the root, what they are attached to, who manages them.

Service control policies are enforced (guardrails.py); the other types are kept and checked only.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps_syntax.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from .. import policies
from ..errors import AwsError
from ..registry import Scope
from . import organizations
from .organization_tree import root_row
from .organizations import DEFAULT_POLICIES, SCP, Organization, Params, Policy, invalid, manager, paged, reader, service

RCP = "RESOURCE_CONTROL_POLICY"
#: Characters a document may have, white space included, and how many policies a root, unit or account may have.
_SIZES = {SCP: 10_240, RCP: 5120, "AISERVICES_OPT_OUT_POLICY": 2500}
_SIZE = 10_000
_ATTACHMENTS = {SCP: 10, RCP: 5, "AISERVICES_OPT_OUT_POLICY": 5, "CHATBOT_POLICY": 5}
_ATTACHMENT = 10
_POLICIES = {SCP: 10_000}
_POLICY = 1_000
#: Services whose resources resource control policies may guard.
_RCP_SERVICES = (
    "s3", "sts", "kms", "sqs", "secretsmanager", "cognito-idp", "cognito-identity", "logs", "dynamodb", "ecr", "aoss",
)  # fmt: skip
#: Policy types that need trusted access of their service first.
_NEEDS_ACCESS = {
    "DECLARATIVE_POLICY_EC2": "ec2.amazonaws.com",
    "GUARDDUTY_POLICY": "guardduty.amazonaws.com",
    "INSPECTOR_POLICY": "inspector2.amazonaws.com",
    "SECURITYHUB_POLICY": "securityhub.amazonaws.com",
}


# --- documents ------------------------------------------------------------------------------------------------------


def _checked(kind: str, content: str) -> Params:
    """The document of a policy of this type, or what Organizations raises for it."""
    if len(content) > _SIZES.get(kind, _SIZE):
        raise organizations.violation(
            "POLICY_CONTENT_LIMIT_EXCEEDED", "You attempted to create a policy that is larger than the maximum size."
        )
    try:
        if kind == SCP:
            return policies.validate(content, principal=False, resource=True)
        if kind == RCP:
            return _checked_rcp(content)
        return policies.parse(content)
    except policies.MalformedPolicy as failure:
        raise AwsError(
            "MalformedPolicyDocumentException", f"The provided policy document is invalid: {failure}"
        ) from None


def _checked_rcp(content: str) -> Params:
    document = policies.validate(content, principal=True, resource=True, services=_RCP_SERVICES)
    for statement in policies.as_list(document["Statement"]):
        everything = "*" in policies.as_list(statement.get("Action"))
        if statement["Effect"] != "Deny" or statement.get("Principal") != "*" or everything:
            raise policies.MalformedPolicy("a statement of a resource control policy denies actions to Principal *")
    return document


def _policy(organization: Organization, identifier: str) -> Policy:
    if identifier not in organization.policies:
        raise AwsError("PolicyNotFoundException", "You specified a policy that doesn't exist.")
    return organization.policies[identifier]


def _managed(params: Params, scope: Scope, operation: str) -> Organization:
    """The organization, for those who may do this to the policy."""
    known = organizations.member(scope).policies.get(params["PolicyId"])
    return organizations.delegate_of(scope, operation, known.type if known else SCP)


def _own_policy(organization: Organization, identifier: str) -> Policy:
    policy = _policy(organization, identifier)
    if policy.aws_managed:
        raise invalid("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")
    return policy


def _summary(policy: Policy) -> Params:
    return {
        "Id": policy.id,
        "Arn": policy.arn,
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.type,
        "AwsManaged": policy.aws_managed,
    }


def _answer(policy: Policy) -> Params:
    return {"Policy": {"PolicySummary": _summary(policy), "Content": policy.content}}


def _check_name(organization: Organization, kind: str, name: str) -> None:
    if any(one.name == name and one.type == kind for one in organization.policies.values()):
        raise AwsError("DuplicatePolicyException", "A policy with the specified name and type already exists.")


@service.operation("CreatePolicy")
def create_policy(params: Params, scope: Scope, state: Any) -> Params:
    kind = params["Type"]
    organization = organizations.delegate_of(scope, "CreatePolicy", kind)
    document = _checked(kind, params["Content"])
    _check_name(organization, kind, params["Name"])
    if sum(one.type == kind for one in organization.policies.values()) >= _POLICIES.get(kind, _POLICY):
        raise organizations.violation(
            "POLICY_NUMBER_LIMIT_EXCEEDED", "You attempted to exceed the number of policies that you can have."
        )
    tags = organizations.checked_tags(params.get("Tags", []))
    identifier = f"p-{organizations.letters(8)}"
    arn = scope.arn("organizations", f"policy/{organization.id}/{kind.lower()}/{identifier}", region="")
    policy = Policy(identifier, arn, params["Name"], params["Description"], kind, params["Content"], document, tags)
    organization.policies[identifier] = policy
    return _answer(policy)


@service.operation("UpdatePolicy")
def update_policy(params: Params, scope: Scope, state: Any) -> Params:
    organization = _managed(params, scope, "UpdatePolicy")
    policy = _own_policy(organization, params["PolicyId"])
    name, content = params.get("Name", policy.name), params.get("Content", policy.content)
    document = _checked(policy.type, content)
    if name != policy.name:
        _check_name(organization, policy.type, name)
    policy.name, policy.content, policy.document = name, content, document
    policy.description = params.get("Description", policy.description)
    return _answer(policy)


@service.operation("DeletePolicy")
def delete_policy(params: Params, scope: Scope, state: Any) -> None:
    organization = _managed(params, scope, "DeletePolicy")
    policy = _own_policy(organization, params["PolicyId"])
    if _targets(organization, policy):
        raise AwsError("PolicyInUseException", "This policy is attached to one or more entities.")
    del organization.policies[policy.id]


@service.operation("DescribePolicy")
def describe_policy(params: Params, scope: Scope, state: Any) -> Params:
    return _answer(_policy(reader(scope), params["PolicyId"]))


@service.operation("ListPolicies")
def list_policies(params: Params, scope: Scope, state: Any) -> Params:
    rows = [_summary(one) for one in reader(scope).policies.values() if one.type == params["Filter"]]
    return paged("Policies", rows, params)


# --- types ----------------------------------------------------------------------------------------------------------


def _check_root(organization: Organization, params: Params) -> None:
    if params["RootId"] != organization.root:
        raise AwsError("RootNotFoundException", "You specified a root that doesn't exist.")


@service.operation("EnablePolicyType")
def enable_policy_type(params: Params, scope: Scope, state: Any) -> Params:
    organization, kind = manager(scope), params["PolicyType"]
    _check_root(organization, params)
    if kind in organization.policy_types:
        raise AwsError("PolicyTypeAlreadyEnabledException", "The specified policy type is already enabled.")
    principal = _NEEDS_ACCESS.get(kind)
    if principal is not None and not organization.trusts(principal):
        raise organizations.violation(
            "SERVICE_ACCESS_NOT_ENABLED", f"You must enable service access of {principal} before the policy type."
        )
    organizations.enable_policy_type(organization, kind)
    return {"Root": root_row(organization)}


@service.operation("DisablePolicyType")
def disable_policy_type(params: Params, scope: Scope, state: Any) -> Params:
    organization, kind = manager(scope), params["PolicyType"]
    _check_root(organization, params)
    _check_enabled(organization, kind)
    organization.policy_types.remove(kind)
    for target, attached in organization.attached.items():
        organization.attached[target] = [one for one in attached if organization.policies[one].type != kind]
    return {"Root": root_row(organization)}


def _check_enabled(organization: Organization, kind: str) -> None:
    if kind not in organization.policy_types:
        raise AwsError(
            "PolicyTypeNotEnabledException", "This operation can be performed only for enabled policy types."
        )


# --- attaching ------------------------------------------------------------------------------------------------------


def _check_target(organization: Organization, identifier: str) -> None:
    if identifier not in organization.accounts and identifier not in organization.units:
        raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")


def _targets(organization: Organization, policy: Policy) -> list[str]:
    return [target for target, attached in organization.attached.items() if policy.id in attached]


@service.operation("AttachPolicy")
def attach_policy(params: Params, scope: Scope, state: Any) -> None:
    organization, target = _managed(params, scope, "AttachPolicy"), params["TargetId"]
    policy = _policy(organization, params["PolicyId"])
    _check_target(organization, target)
    _check_enabled(organization, policy.type)
    attached = organization.attached[target]
    if policy.id in attached:
        raise AwsError(
            "DuplicatePolicyAttachmentException", "The selected policy is already attached to the specified target."
        )
    if len(organization.policies_of(target, policy.type)) >= _ATTACHMENTS.get(policy.type, _ATTACHMENT):
        raise organizations.violation(
            "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You attempted to exceed the number of policies of a certain type that can be attached to an entity.",
        )
    attached.append(policy.id)


@service.operation("DetachPolicy")
def detach_policy(params: Params, scope: Scope, state: Any) -> None:
    organization, target = _managed(params, scope, "DetachPolicy"), params["TargetId"]
    policy = _policy(organization, params["PolicyId"])
    _check_target(organization, target)
    attached = organization.attached[target]
    if policy.id not in attached:
        raise AwsError("PolicyNotAttachedException", "The policy isn't attached to the specified target.")
    if policy.id == DEFAULT_POLICIES[RCP]:
        raise invalid("NON_DETACHABLE_POLICY", "You can't detach this AWS Managed Policy.")
    if policy.type == SCP and len(organization.policies_of(target, SCP)) == 1:
        raise organizations.violation(
            "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED",
            "You cannot remove the last policy attached to the specified target. You must have at least one attached "
            "at all times.",
        )
    attached.remove(policy.id)


@service.operation("ListPoliciesForTarget")
def list_policies_for_target(params: Params, scope: Scope, state: Any) -> Params:
    organization, target = reader(scope), params["TargetId"]
    _check_target(organization, target)
    return paged("Policies", [_summary(one) for one in organization.policies_of(target, params["Filter"])], params)


@service.operation("ListTargetsForPolicy")
def list_targets_for_policy(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    rows = [_target_row(organization, one) for one in _targets(organization, _policy(organization, params["PolicyId"]))]
    return paged("Targets", rows, params)


def _target_row(organization: Organization, identifier: str) -> Params:
    target = organization.accounts.get(identifier) or organization.units[identifier]
    kind = "ROOT" if identifier == organization.root else "ORGANIZATIONAL_UNIT"
    if identifier in organization.accounts:
        kind = "ACCOUNT"
    return {"TargetId": identifier, "Arn": target.arn, "Name": target.name, "Type": kind}


# --- delegation -----------------------------------------------------------------------------------------------------


@service.operation("PutResourcePolicy")
def put_resource_policy(params: Params, scope: Scope, state: Any) -> Params:
    organization = manager(scope)
    try:
        document = policies.validate(params["Content"], principal=True, resource=True, services=("organizations",))
    except policies.MalformedPolicy as failure:
        raise invalid("INVALID_RESOURCE_POLICY_JSON", f"The provided resource policy is invalid: {failure}") from None
    for statement in policies.as_list(document["Statement"]):
        named = {account for one in policies.as_list(_accounts(statement)) for account in _DIGITS.findall(str(one))}
        if not named or named - organization.accounts.keys() or organization.management in named:
            raise invalid("INVALID_PRINCIPAL", "You specified an invalid principal element in the policy.")
    organization.resource_policy = document | {"Statement": policies.as_list(document["Statement"])}
    return describe_resource_policy(params, scope, state)


_DIGITS = re.compile(r"\d{12}")


def _accounts(statement: Params) -> Any:
    principal = statement.get("Principal")
    return principal.get("AWS") if isinstance(principal, dict) else principal


def _delegation(organization: Organization) -> Params:
    if organization.resource_policy is None:
        raise AwsError("ResourcePolicyNotFoundException", "We can't find a resource policy request.")
    return organization.resource_policy


@service.operation("DescribeResourcePolicy")
def describe_resource_policy(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    content = json.dumps(_delegation(organization))
    arn = scope.arn(
        "organizations",
        f"resourcepolicy/{organization.id}/rp-{organization.root.removeprefix('r-')}",
        region="",
        account=organization.management,
    )
    summary = {"Id": arn.rsplit("/", 1)[1], "Arn": arn}
    return {"ResourcePolicy": {"ResourcePolicySummary": summary, "Content": content}}


@service.operation("DeleteResourcePolicy")
def delete_resource_policy(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    _delegation(organization)
    organization.resource_policy = None
