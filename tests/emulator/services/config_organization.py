# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Config: conformance packs, and rules and packs of an organization.

AWS answers before it has done the work. Here the work is done when somebody has asked for the status SETTLES_AFTER
times; accounts without a recorder at that moment fail.
https://docs.aws.amazon.com/config/latest/developerguide/config-rule-multi-account-deployment.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from ..config_templates import TemplateError, parse
from ..errors import AwsError
from ..registry import Scope, page, random_hex
from . import delivery, iam, s3
from .config import Deployment, Pack, Region, Rule, check_rule, own_tags, service
from .organizations import Organization, organization_of

Params = dict[str, Any]

SETTLES_AFTER = 2

#: Who deploys an organization's rules and packs, and who a pack's rules.
MULTI_ACCOUNT = "config-multiaccountsetup.amazonaws.com"
CONFORMS = "config-conforms.amazonaws.com"

_MOST_ORGANIZATION_RULES = 150
_MOST_PACKS = 50
_BODY_BYTES, _OBJECT_BYTES = 51200, 300 * 1024
_NO_RECORDER = "NoAvailableConfigurationRecorder"
_RULE_METADATA = {
    "Description": "Description",
    "InputParameters": "InputParameters",
    "MaximumExecutionFrequency": "MaximumExecutionFrequency",
}
_RULE_SCOPE = {
    "ResourceTypesScope": "ComplianceResourceTypes",
    "ResourceIdScope": "ComplianceResourceId",
    "TagKeyScope": "TagKey",
    "TagValueScope": "TagValue",
}


# --- who may ask ----------------------------------------------------------------------------------------------------


def administered(scope: Scope, principal: str) -> Organization:
    """The organization, for its management account and the delegated administrators of a service that is trusted."""
    organization = organization_of(scope)
    if organization is None or not organization.may_administer(scope.account, principal):
        raise AwsError(
            "OrganizationAccessDeniedException",
            "This action can only be performed if you are a registered delegated administrator for AWS Config with "
            "permissions to call ListDelegatedAdministrators API.",
        )
    if scope.account != organization.management and not organization.trusts(principal):
        raise AwsError("OrganizationAccessDeniedException", f"Trusted access of {principal} is not enabled.")
    return organization


def changed(scope: Scope, principal: str) -> Organization:
    """As administered; the management account's writes enable trusted access, and make the service-linked role."""
    if organization_of(scope) is None:
        raise AwsError("NoAvailableOrganizationException", "Organization is no longer available.")
    organization = administered(scope, principal)
    organization.trusted.setdefault(principal, datetime.now(UTC))
    if principal == MULTI_ACCOUNT:
        iam.ensure_service_linked_role(principal, scope)
    return organization


def _page(rows: list[Any], params: Params) -> tuple[list[Any], str | None]:
    return page(rows, params, token="NextToken", error="InvalidNextTokenException", limit="Limit", default=100)


# --- conformance packs of an account --------------------------------------------------------------------------------


def _template(params: Params, scope: Scope, code: str) -> dict[str, Params]:
    """The rules of the template that a request names. code: of the error when it is none."""
    body, uri = params.get("TemplateBody"), params.get("TemplateS3Uri")
    if uri:
        name, _, key = uri.removeprefix("s3://").partition("/")
        try:
            bucket, content = s3.read_object(name, key, scope)
        except AwsError as error:
            if error.code == "AccessDenied":
                raise AwsError("InsufficientPermissionsException", f"No permission to read {uri}.") from None
            raise AwsError(code, f"The template {uri} cannot be read: {error.message}") from None
        if bucket.region_name != scope.region:
            raise AwsError(code, f"The bucket {name} is not in the Region {scope.region}.")
        body, most = content.decode(), _OBJECT_BYTES
    else:
        most = _BODY_BYTES
    if not body or len(body.encode()) > most:
        raise AwsError(code, f"A template of 1 to {most} bytes is needed.")
    values = {one["ParameterName"]: one["ParameterValue"] for one in params.get("ConformancePackInputParameters", [])}
    try:
        return parse(body, values)
    except TemplateError as error:
        raise AwsError(code, str(error)) from None


def _rule_name(name: str, suffix: str) -> str:
    return f"{name}-conformance-pack-{suffix}"


def _rule_row(declared: Params, name: str, created_by: str, scope: Scope) -> Params:
    """A rule that a service has made; its ARN stays once it is given."""
    existing = service.state(scope).rules.get(name)
    identifier = existing.row["ConfigRuleId"] if existing else f"config-rule-{random_hex(6)}"
    return {
        **declared,
        "ConfigRuleName": name,
        "ConfigRuleId": identifier,
        "ConfigRuleArn": scope.arn("config", f"config-rule/aws-service-rule/{created_by}/{identifier}"),
        "ConfigRuleState": "ACTIVE",
        "EvaluationModes": [{"Mode": "DETECTIVE"}],
        "CreatedBy": created_by,
    }


def _failure_of(rules: Iterable[Params], scope: Scope) -> tuple[str, str] | None:
    """Code and message of why an account cannot have these rules."""
    if service.state(scope).recorder is None:
        return _NO_RECORDER, "There is no configuration recorder available to record your resources."
    for rule in rules:
        try:
            check_rule({**rule, "InputParameters": _text(rule.get("InputParameters"))}, scope)
        except AwsError as error:
            return error.code.removesuffix("Exception"), f"{rule['ConfigRuleName']}: {error.message}"
    return None


def _text(parameters: Any) -> str:
    if isinstance(parameters, str):
        return parameters
    return json.dumps({name: str(value) for name, value in (parameters or {}).items()})


def _deploy_pack(pack: Pack, scope: Scope) -> tuple[str, str] | None:
    """Make the pack's rules, or leave things as they are and say why not."""
    failure = _failure_of(pack.template.values(), scope)
    verb = pack.status.split("_")[0]
    pack.status = f"{verb}_FAILED" if failure else f"{verb}_COMPLETE"
    pack.reason = ": ".join(failure) if failure else ""
    if failure:
        return failure
    rules, suffix = service.state(scope).rules, pack.row["ConformancePackId"].removeprefix("conformance-pack-")
    names = {_rule_name(rule["ConfigRuleName"], suffix): rule for rule in pack.template.values()}
    _remove_rules(suffix, scope, keep=names)
    for name, rule in names.items():
        declared = {**rule, "InputParameters": _text(rule.get("InputParameters"))}
        rules[name] = Rule(_rule_row(declared, name, CONFORMS, scope), {})
    return None


def _remove_rules(suffix: str, scope: Scope, keep: Iterable[str] = ()) -> None:
    rules = service.state(scope).rules
    for name in [name for name in rules if name.endswith(_rule_name("", suffix)) and name not in keep]:
        del rules[name]


def _look_at_pack(pack: Pack, scope: Scope) -> None:
    """One more look at a pack; its work is done after some of them."""
    if not pack.status.endswith("IN_PROGRESS") or pack.row.get("CreatedBy"):
        return
    pack.looks += 1
    if pack.looks >= SETTLES_AFTER:
        if pack.status.startswith("DELETE"):
            _remove_pack(pack.row["ConformancePackName"], scope)
        else:
            _deploy_pack(pack, scope)


def _remove_pack(name: str, scope: Scope) -> None:
    pack = service.state(scope).packs.pop(name, None)
    if pack is not None:
        _remove_rules(pack.row["ConformancePackId"].removeprefix("conformance-pack-"), scope)


def _refuse_pack_in_use(pack: Pack, scope: Scope) -> None:
    if pack.row.get("CreatedBy"):
        raise AwsError(
            "AccessDeniedException",
            f"The conformance pack {pack.row['ConformancePackName']} was created by {pack.row['CreatedBy']}. You do "
            "not have permissions to take action on it.",
        )
    if pack.status.endswith("IN_PROGRESS"):
        _look_at_pack(pack, scope)
        raise AwsError("ResourceInUseException", f"The conformance pack is in state {pack.status}. Try again later.")


def _new_pack(name: str, params: Params, scope: Scope, created_by: str | None = None) -> Params:
    suffix = random_hex(9)
    row = {
        "ConformancePackName": name,
        "ConformancePackArn": scope.arn("config", f"conformance-pack/{name}/conformance-pack-{suffix}"),
        "ConformancePackId": f"conformance-pack-{suffix}",
        "Type": "CUSTOM",
    }
    return row | _pack_members(params) | ({"CreatedBy": created_by} if created_by else {})


def _pack_members(params: Params) -> Params:
    return {
        "DeliveryS3Bucket": params.get("DeliveryS3Bucket") or None,
        "DeliveryS3KeyPrefix": params.get("DeliveryS3KeyPrefix") or None,
        "ConformancePackInputParameters": params.get("ConformancePackInputParameters", []),
        "LastUpdateRequestedTime": datetime.now(UTC),
    }


@service.operation("PutConformancePack")
def put_conformance_pack(params: Params, scope: Scope, state: Region) -> Params:
    name = params["ConformancePackName"]
    if sum(bool(params.get(one)) for one in ("TemplateBody", "TemplateS3Uri")) != 1:
        raise AwsError("InvalidParameterValueException", "Specify one of TemplateS3Uri and TemplateBody.")
    template = _template(params, scope, "ConformancePackTemplateValidationException")
    pack = state.packs.get(name)
    if pack is None:
        if len(state.packs) >= _MOST_PACKS:
            raise AwsError("MaxNumberOfConformancePacksExceededException", f"There are {_MOST_PACKS} already.")
        pack = Pack(_new_pack(name, params, scope), own_tags(params.get("Tags", [])), template)
        state.packs[name] = pack
        iam.ensure_service_linked_role(CONFORMS, scope)
    else:
        _refuse_pack_in_use(pack, scope)
        pack.row |= _pack_members(params)
        pack.template, pack.status, pack.looks = template, "UPDATE_IN_PROGRESS", 0
    return {"ConformancePackArn": pack.row["ConformancePackArn"]}


def _pack(name: str, state: Region) -> Pack:
    if name not in state.packs:
        raise AwsError("NoSuchConformancePackException", f"The conformance pack {name} does not exist.")
    return state.packs[name]


@service.operation("DescribeConformancePacks")
def describe_conformance_packs(params: Params, scope: Scope, state: Region) -> Params:
    names = params.get("ConformancePackNames") or sorted(state.packs)
    chosen, token = page(
        [_pack(name, state).row for name in names],
        params,
        token="NextToken",
        error="InvalidNextTokenException",
        limit="Limit",
        default=20,
    )
    return {"ConformancePackDetails": chosen, "NextToken": token}


@service.operation("DescribeConformancePackStatus")
def describe_conformance_pack_status(params: Params, scope: Scope, state: Region) -> Params:
    wanted = params.get("ConformancePackNames") or sorted(state.packs)
    for name in wanted:
        if name in state.packs:
            _look_at_pack(state.packs[name], scope)
    keys = ("ConformancePackName", "ConformancePackArn", "ConformancePackId", "LastUpdateRequestedTime", "Type")
    rows = [
        {key: state.packs[name].row[key] for key in keys}
        | {"ConformancePackState": state.packs[name].status, "ConformancePackStatusReason": state.packs[name].reason}
        for name in wanted
        if name in state.packs
    ]
    chosen, token = page(rows, params, token="NextToken", error="InvalidNextTokenException", limit="Limit", default=20)
    return {"ConformancePackStatusDetails": chosen, "NextToken": token}


@service.operation("DeleteConformancePack")
def delete_conformance_pack(params: Params, scope: Scope, state: Region) -> None:
    pack = _pack(params["ConformancePackName"], state)
    _refuse_pack_in_use(pack, scope)
    pack.status, pack.looks = "DELETE_IN_PROGRESS", 0


# --- deployments to all accounts ------------------------------------------------------------------------------------


def _look_at(deployment: Deployment, scope: Scope, organization: Organization, kind: _Kind) -> None:
    """One more look at what is deployed; the work is done after some of them."""
    if deployment.status.endswith("IN_PROGRESS"):
        deployment.looks += 1
        if deployment.looks < SETTLES_AFTER:
            return
        verb = deployment.status.split("_")[0]
    elif set(deployment.members) != _targets(deployment, organization):
        verb = "UPDATE"  # an account has joined or left
    else:
        return
    targets = set() if verb == "DELETE" else _targets(deployment, organization)
    for account in set(deployment.members) - targets:
        kind.remove(deployment, scope.at(account=account))
        del deployment.members[account]
    for account in sorted(targets):
        failure = kind.deploy(deployment, scope.at(account=account))
        deployment.members[account] = {
            "AccountId": account,
            kind.member: kind.name_of(deployment),
            kind.member_status: f"{verb}_FAILED" if failure else f"{verb}_SUCCESSFUL",
            "ErrorCode": failure[0] if failure else None,
            "ErrorMessage": failure[1] if failure else None,
            "LastUpdateTime": datetime.now(UTC),
        }
    if verb == "DELETE":
        del kind.all_of(service.state(scope))[deployment.name]
    failed = any(row["ErrorCode"] for row in deployment.members.values())
    deployment.status = f"{verb}_FAILED" if failed else f"{verb}_SUCCESSFUL"


def _targets(deployment: Deployment, organization: Organization) -> set[str]:
    return set(organization.active()) - set(deployment.row.get("ExcludedAccounts", ()))


class _Kind:
    """What differs between an organization's rules and packs. word: as in the names of errors."""

    def __init__(
        self,
        word: str,
        resource: str,
        prefix: str,
        member: str,
        member_status: str,
        status: str,
        all_of: Callable[[Region], dict[str, Deployment]],
        deploy: Callable[[Deployment, Scope], tuple[str, str] | None],
        remove: Callable[[Deployment, Scope], None],
        most: int,
    ) -> None:
        self.word = word
        self.resource = resource
        self.prefix = prefix
        self.member = member
        self.member_status = member_status
        self.status = status
        self.all_of = all_of
        self.deploy = deploy
        self.remove = remove
        self.most = most

    def name_of(self, deployment: Deployment) -> str:
        return f"{self.prefix}-{deployment.name}-{deployment.suffix}"

    def put(self, name: str, members: Params, content: Params, tags: list[Params], scope: Scope) -> str:
        organization = changed(scope, MULTI_ACCOUNT)
        all_of_kind = self.all_of(service.state(scope))
        row = {**members, f"{self.word}Name": name, "LastUpdateTime": datetime.now(UTC)}
        deployment = all_of_kind.get(name)
        if deployment is None:
            if len(all_of_kind) >= self.most:
                raise AwsError(f"MaxNumberOf{self.word}sExceededException", f"There are {self.most} already.")
            suffix = random_hex(8)
            row[f"{self.word}Arn"] = scope.arn("config", f"{self.resource}/{name}-{suffix}")
            deployment = Deployment(row, own_tags(tags), name, suffix, content)
            all_of_kind[name] = deployment
        else:
            self.refuse_in_use(deployment, scope, organization)
            deployment.row = row | {f"{self.word}Arn": deployment.row[f"{self.word}Arn"]}
            deployment.content, deployment.status, deployment.looks = content, "UPDATE_IN_PROGRESS", 0
        return str(deployment.row[f"{self.word}Arn"])

    def refuse_in_use(self, deployment: Deployment, scope: Scope, organization: Organization) -> None:
        if deployment.status.endswith("IN_PROGRESS"):
            status = deployment.status
            _look_at(deployment, scope, organization, self)
            raise AwsError("ResourceInUseException", f"{deployment.name} is in state {status}. Try again later.")

    def named(self, name: str, scope: Scope) -> Deployment:
        found = self.all_of(service.state(scope)).get(name)
        if found is None:
            raise AwsError(f"NoSuch{self.word}Exception", f"{self.word} {name} does not exist.")
        return found

    def listed(self, params: Params, scope: Scope) -> list[Deployment]:
        names = params.get(f"{self.word}Names") or sorted(self.all_of(service.state(scope)))
        return [self.named(name, scope) for name in names]

    def describe(self, params: Params, scope: Scope) -> Params:
        administered(scope, MULTI_ACCOUNT)
        chosen, token = _page([one.row for one in self.listed(params, scope)], params)
        return {f"{self.word}s": chosen, "NextToken": token}

    def statuses(self, params: Params, scope: Scope) -> Params:
        organization = administered(scope, MULTI_ACCOUNT)
        for one in self.listed(params, scope):
            _look_at(one, scope, organization, self)
        rows = []
        for one in (one for one in self.all_of(service.state(scope)).values()):
            if one.name in (params.get(f"{self.word}Names") or [one.name]):
                row = {f"{self.word}Name": one.name, self.status: one.status, "LastUpdateTime": datetime.now(UTC)}
                failed = next((member for member in one.members.values() if member["ErrorCode"]), None)
                if failed and one.status.endswith("FAILED"):
                    row |= {"ErrorCode": failed["ErrorCode"], "ErrorMessage": failed["ErrorMessage"]}
                rows.append(row)
        chosen, token = _page(rows, params)
        return {f"{self.word}Statuses": chosen, "NextToken": token}

    def detailed(self, params: Params, scope: Scope) -> tuple[list[Params], str | None]:
        organization = administered(scope, MULTI_ACCOUNT)
        deployment = self.named(params[f"{self.word}Name"], scope)
        rows = []
        for account in sorted(_targets(deployment, organization) | set(deployment.members)):
            known = deployment.members.get(account)
            if known is None or deployment.status.endswith("IN_PROGRESS"):
                row = {"AccountId": account, self.member: self.name_of(deployment)}
                known = row | {self.member_status: deployment.status}
            rows.append(known)
        filters = params.get("Filters", {})
        for member, value in (("AccountId", filters.get("AccountId")), (self.member_status, _wanted_status(filters))):
            rows = [row for row in rows if value is None or row[member] == value]
        return _page(rows, params)

    def delete(self, name: str, scope: Scope) -> None:
        organization = administered(scope, MULTI_ACCOUNT)
        deployment = self.named(name, scope)
        self.refuse_in_use(deployment, scope, organization)
        deployment.status, deployment.looks = "DELETE_IN_PROGRESS", 0


def _wanted_status(filters: Params) -> str | None:
    return filters.get("MemberAccountRuleStatus") or filters.get("Status")


def _excluded(params: Params) -> list[str]:
    return list(params.get("ExcludedAccounts", []))


# --- rules of an organization ---------------------------------------------------------------------------------------


def _deploy_rule(deployment: Deployment, scope: Scope) -> tuple[str, str] | None:
    failure = _failure_of([deployment.content], scope)
    if failure is None:
        name = RULES.name_of(deployment)
        row = _rule_row(deployment.content, name, MULTI_ACCOUNT, scope)
        service.state(scope).rules[name] = Rule(row, {})
    return failure


def _remove_rule(deployment: Deployment, scope: Scope) -> None:
    service.state(scope).rules.pop(RULES.name_of(deployment), None)


RULES = _Kind(
    "OrganizationConfigRule",
    "organization-config-rule",
    "OrgConfigRule",
    "ConfigRuleName",
    "MemberAccountRuleStatus",
    "OrganizationRuleStatus",
    lambda state: state.organization_rules,
    _deploy_rule,
    _remove_rule,
    _MOST_ORGANIZATION_RULES,
)


@service.operation("PutOrganizationConfigRule")
def put_organization_config_rule(params: Params, scope: Scope, state: Region) -> Params:
    kinds = [name for name in params if name.endswith("Metadata")]
    if len(kinds) != 1:
        raise AwsError("InvalidParameterValueException", "Specify one kind of metadata of the rule.")
    if kinds != ["OrganizationManagedRuleMetadata"]:
        raise AwsError("InvalidParameterValueException", "The emulator has organization rules of AWS only.")
    metadata = params[kinds[0]]
    name = params["OrganizationConfigRuleName"]
    content: Params = {
        "ConfigRuleName": name,
        "Source": {"Owner": "AWS", "SourceIdentifier": metadata["RuleIdentifier"]},
        **{member: metadata[key] for key, member in _RULE_METADATA.items() if key in metadata},
    }
    rule_scope = {member: metadata[key] for key, member in _RULE_SCOPE.items() if metadata.get(key)}
    if rule_scope:
        content["Scope"] = rule_scope
    check_rule(content, scope)
    members = {kinds[0]: metadata, "ExcludedAccounts": _excluded(params)}
    return {"OrganizationConfigRuleArn": RULES.put(name, members, content, params.get("Tags", []), scope)}


@service.operation("DescribeOrganizationConfigRules")
def describe_organization_config_rules(params: Params, scope: Scope, state: Region) -> Params:
    return RULES.describe(params, scope)


@service.operation("DescribeOrganizationConfigRuleStatuses")
def describe_organization_config_rule_statuses(params: Params, scope: Scope, state: Region) -> Params:
    return RULES.statuses(params, scope)


@service.operation("GetOrganizationConfigRuleDetailedStatus")
def get_organization_config_rule_detailed_status(params: Params, scope: Scope, state: Region) -> Params:
    rows, token = RULES.detailed(params, scope)
    return {"OrganizationConfigRuleDetailedStatus": rows, "NextToken": token}


@service.operation("DeleteOrganizationConfigRule")
def delete_organization_config_rule(params: Params, scope: Scope, state: Region) -> None:
    RULES.delete(params["OrganizationConfigRuleName"], scope)


# --- packs of an organization ---------------------------------------------------------------------------------------


def _deploy_organization_pack(deployment: Deployment, scope: Scope) -> tuple[str, str] | None:
    state, name = service.state(scope), PACKS.name_of(deployment)
    role = iam.ensure_service_linked_role(CONFORMS, scope)
    failure = _delivery_failure(deployment.row.get("DeliveryS3Bucket"), role, scope)
    if failure:
        return failure
    pack = state.packs.get(name)
    if pack is None:
        pack = state.packs[name] = Pack(_new_pack(name, deployment.row, scope, MULTI_ACCOUNT), {}, deployment.content)
    else:
        pack.row |= _pack_members(deployment.row)
        pack.template, pack.status = deployment.content, "UPDATE_IN_PROGRESS"
    return _deploy_pack(pack, scope)


def _delivery_failure(name: str | None, role: Any, scope: Scope) -> tuple[str, str] | None:
    """The role may use buckets with this prefix in its own account; another account's bucket must let it."""
    if not name:
        return None
    bucket, organization = s3.find_bucket(name), organization_of(scope)
    if bucket is None:
        return "NoSuchBucket", f"The bucket {name} does not exist."
    if bucket.account_id == scope.account:
        return None
    context = {"aws:PrincipalArn": role.arn, "aws:PrincipalOrgID": organization.id if organization else ""}
    folder = f"{bucket.arn}/AWSLogs/{scope.account}/Config/template"
    wanted = (("s3:GetBucketAcl", bucket.arn), ("s3:PutObject", folder), ("s3:GetObject", folder))
    context["s3:x-amz-acl"] = "bucket-owner-full-control"
    if all(delivery.bucket_allows(bucket, role.arn, action, resource, context) for action, resource in wanted):
        return None
    return "InsufficientPermissions", f"{role.arn} may not use the delivery bucket {name}."


def _remove_organization_pack(deployment: Deployment, scope: Scope) -> None:
    _remove_pack(PACKS.name_of(deployment), scope)


PACKS = _Kind(
    "OrganizationConformancePack",
    "organization-conformance-pack",
    "OrgConformsPack",
    "ConformancePackName",
    "Status",
    "Status",
    lambda state: state.organization_packs,
    _deploy_organization_pack,
    _remove_organization_pack,
    _MOST_PACKS,
)


@service.operation("PutOrganizationConformancePack")
def put_organization_conformance_pack(params: Params, scope: Scope, state: Region) -> Params:
    if not params.get("TemplateBody") and not params.get("TemplateS3Uri"):
        raise AwsError("ValidationException", "Specify TemplateS3Uri or TemplateBody.")
    bucket = params.get("DeliveryS3Bucket", "")
    if bucket and not bucket.startswith("awsconfigconforms"):
        raise AwsError("ValidationException", "The name of the delivery bucket must start with awsconfigconforms.")
    if organization_of(scope) is not None:
        administered(scope, MULTI_ACCOUNT)
    content = _template(params, scope, "OrganizationConformancePackTemplateValidationException")
    name = params["OrganizationConformancePackName"]
    members = {key: params[key] for key in ("DeliveryS3Bucket", "DeliveryS3KeyPrefix") if params.get(key)}
    members["ConformancePackInputParameters"] = params.get("ConformancePackInputParameters", [])
    members["ExcludedAccounts"] = _excluded(params)
    return {"OrganizationConformancePackArn": PACKS.put(name, members, content, params.get("Tags", []), scope)}


@service.operation("DescribeOrganizationConformancePacks")
def describe_organization_conformance_packs(params: Params, scope: Scope, state: Region) -> Params:
    return PACKS.describe(params, scope)


@service.operation("DescribeOrganizationConformancePackStatuses")
def describe_organization_conformance_pack_statuses(params: Params, scope: Scope, state: Region) -> Params:
    return PACKS.statuses(params, scope)


@service.operation("GetOrganizationConformancePackDetailedStatus")
def get_organization_conformance_pack_detailed_status(params: Params, scope: Scope, state: Region) -> Params:
    rows, token = PACKS.detailed(params, scope)
    return {"OrganizationConformancePackDetailedStatuses": rows, "NextToken": token}


@service.operation("DeleteOrganizationConformancePack")
def delete_organization_conformance_pack(params: Params, scope: Scope, state: Region) -> None:
    PACKS.delete(params["OrganizationConformancePackName"], scope)
