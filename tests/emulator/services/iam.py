# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM: moto keeps users, groups, roles and policies; here are the refusals, the pages and the names it lacks.

https://docs.aws.amazon.com/IAM/latest/APIReference/
"""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from moto.iam import models
from moto.iam.utils import generate_access_key_id_from_account_id
from moto.moto_api._internal import mock_random

from .. import policies
from ..errors import AwsError
from ..registry import Scope, Service

Params = dict[str, Any]

service = Service("iam")

#: Names of service-linked roles, and the managed policy AWS attaches to each.
_SERVICE_LINKED_ROLES = {
    "access-analyzer.amazonaws.com": ("AWSServiceRoleForAccessAnalyzer", "AccessAnalyzerServiceRolePolicy"),
    "autoscaling.amazonaws.com": ("AWSServiceRoleForAutoScaling", "AutoScalingServiceRolePolicy"),
    "cloudtrail.amazonaws.com": ("AWSServiceRoleForCloudTrail", "CloudTrailServiceRolePolicy"),
    "config.amazonaws.com": ("AWSServiceRoleForConfig", "AWSConfigServiceRolePolicy"),
    "config-conforms.amazonaws.com": ("AWSServiceRoleForConfigConforms", "ConfigConformsServiceRolePolicy"),
    "config-multiaccountsetup.amazonaws.com": (
        "AWSServiceRoleForConfigMultiAccountSetup",
        "AWSConfigMultiAccountSetupPolicy",
    ),
    "context.cloudtrail.amazonaws.com": ("AWSServiceRoleForCloudTrailEventContext", "CloudTrailEventContext"),
    "delivery.logs.amazonaws.com": ("AWSServiceRoleForLogDelivery", "AWSLogDeliveryServiceRolePolicy"),
    "detective.amazonaws.com": ("AWSServiceRoleForDetective", "AmazonDetectiveServiceLinkedRolePolicy"),
    "events.amazonaws.com": ("AWSServiceRoleForCloudWatchEvents", "CloudWatchEventsServiceRolePolicy"),
    "fms.amazonaws.com": ("AWSServiceRoleForFMS", "FMSServiceRolePolicy"),
    "guardduty.amazonaws.com": ("AWSServiceRoleForAmazonGuardDuty", "AmazonGuardDutyServiceRolePolicy"),
    "inspector2.amazonaws.com": ("AWSServiceRoleForAmazonInspector2", "AmazonInspector2ServiceRolePolicy"),
    "macie.amazonaws.com": ("AWSServiceRoleForAmazonMacie", "AmazonMacieServiceRolePolicy"),
    "malware-protection.guardduty.amazonaws.com": (
        "AWSServiceRoleForAmazonGuardDutyMalwareProtection",
        "AmazonGuardDutyMalwareProtectionServiceRolePolicy",
    ),
    "member.org.stacksets.cloudformation.amazonaws.com": (
        "AWSServiceRoleForCloudFormationStackSetsOrgMember",
        "CloudFormationStackSetsOrgMemberServiceRolePolicy",
    ),
    "organizations.amazonaws.com": ("AWSServiceRoleForOrganizations", "AWSOrganizationsServiceTrustPolicy"),
    "remediation.config.amazonaws.com": (
        "AWSServiceRoleForConfigRemediation",
        "AWSConfigRemediationServiceRolePolicy",
    ),
    "securityhub.amazonaws.com": ("AWSServiceRoleForSecurityHub", "AWSSecurityHubServiceRolePolicy"),
    "sso.amazonaws.com": ("AWSServiceRoleForSSO", "AWSSSOServiceRolePolicy"),
    "stacksets.cloudformation.amazonaws.com": (
        "AWSServiceRoleForCloudFormationStackSetsOrgAdmin",
        "CloudFormationStackSetsOrgAdminServiceRolePolicy",
    ),
    "support.amazonaws.com": ("AWSServiceRoleForSupport", "AWSSupportServiceRolePolicy"),
    "trustedadvisor.amazonaws.com": ("AWSServiceRoleForTrustedAdvisor", "AWSTrustedAdvisorServiceRolePolicy"),
}
_CUSTOM_SUFFIX_ALLOWED = frozenset({"autoscaling.amazonaws.com"})
_MANAGED_POLICIES_PER_ENTITY = 10
#: Characters (without white space) an entity's documents may have; per document for trust, in sum for inline.
_TRUST_SIZE, _MANAGED_SIZE = 2048, 6144
_INLINE_SIZE = {"User": 2048, "Group": 5120, "Role": 10240}


def _no_such(what: str) -> AwsError:
    return AwsError("NoSuchEntity", f"The {what} cannot be found.")


def _conflict(message: str) -> AwsError:
    return AwsError("DeleteConflict", message)


def _user(scope: Scope, name: str) -> Any:
    user = scope.moto("iam").users.get(name)
    if user is None:
        raise _no_such(f"user with name {name}")
    return user


def _group(scope: Scope, name: str) -> Any:
    group = scope.moto("iam").groups.get(name)
    if group is None:
        raise _no_such(f"group with name {name}")
    return group


def _role(scope: Scope, name: str) -> Any:
    role = next((one for one in scope.moto("iam").roles.values() if one.name == name), None)
    if role is None:
        raise _no_such(f"role with name {name}")
    return role


def _policy(scope: Scope, arn: str) -> Any:
    policy = scope.moto("iam").managed_policies.get(arn)
    if policy is None:
        raise AwsError("NoSuchEntity", f"Policy {arn} does not exist or is not attachable.")
    return policy


def _entity(scope: Scope, params: Params) -> tuple[str, Any]:
    """The user, group or role a request names, and which of the three it is."""
    if "UserName" in params:
        return "User", _user(scope, params["UserName"])
    if "GroupName" in params:
        return "Group", _group(scope, params["GroupName"])
    return "Role", _role(scope, params["RoleName"])


# --- moto's models, mended ------------------------------------------------------------------------------------------


def _give_aws_ids(model: Any, prefix: str) -> None:
    """moto's ids of these models are twenty arbitrary characters; AWS's begin with the kind."""
    original = model.__init__

    @functools.wraps(original)
    def initialise(self: Any, *arguments: Any, **named: Any) -> None:
        original(self, *arguments, **named)
        self.id = generate_access_key_id_from_account_id(self.account_id, prefix, 21)

    model.__init__ = initialise


for _model, _prefix in (
    (models.User, "AIDA"),
    (models.Group, "AGPA"),
    (models.InstanceProfile, "AIPA"),
    (models.ManagedPolicy, "ANPA"),
):
    _give_aws_ids(_model, _prefix)

_read_aws_policies = models.IAMBackend._init_aws_policies
_aws_policies: dict[str, list[Any]] = {}


def _copies_of_aws_policies(backend: Any) -> list[Any]:
    """The AWS managed policies of a new account; reading moto's 1,600 documents takes long, copying does not."""
    if backend.partition not in _aws_policies:
        # done once per process, so that what it draws must not be missing from the next run's identifiers
        drawn = mock_random.getstate()
        _aws_policies[backend.partition] = _read_aws_policies(backend)
        mock_random.setstate(drawn)
    copies = []
    for policy in _aws_policies[backend.partition]:
        duplicate = copy.copy(policy)
        duplicate.account_id, duplicate.attachment_count = backend.account_id, 0
        copies.append(duplicate)
    return copies


setattr(models.IAMBackend, "_init_aws_policies", _copies_of_aws_policies)  # noqa: B010


# --- documents ------------------------------------------------------------------------------------------------------


def _check_trust_policy(text: str, scope: Scope) -> None:
    try:
        document = policies.validate(
            text,
            principal=True,
            resource=False,
            services=("sts",),
            principal_exists=lambda arn: principal_exists(arn, scope),
        )
    except policies.MalformedPolicy as failure:
        raise AwsError("MalformedPolicyDocument", str(failure)) from None
    for statement in policies.as_list(document["Statement"]):
        if "*" in policies.as_list(statement.get("Action")):
            raise AwsError("MalformedPolicyDocument", "AssumeRole policy may only specify STS AssumeRole actions.")
    _check_size(text, _TRUST_SIZE, "ACLSizePerRole")


def _check_size(text: str, limit: int, quota: str) -> None:
    if len(re.sub(r"\s", "", text)) > limit:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for {quota}: {limit}")


def principal_exists(arn: str, scope: Scope) -> bool:
    """Whether a role or user of this account exists; those of other accounts are taken to."""
    parts = arn.split(":", 5)
    if parts[2] != "iam" or parts[4] != scope.account or not parts[5].startswith(("role/", "user/")):
        return True
    iam = scope.moto("iam")
    return arn == scope.principal or any(one.arn == arn for one in [*iam.roles.values(), *iam.users.values()])


def principal_arn(scope: Scope) -> str:
    """The ARN of who calls as policies know it: of the role itself, path and all, when a session of it calls."""
    _, session, name = scope.principal.partition(":assumed-role/")
    if not session:
        return scope.principal
    role_name = name.split("/")[0]
    roles = scope.moto("iam").roles.values()
    found = next((role.arn for role in roles if role.name == role_name), None)
    return str(found or scope.arn("iam", f"role/{role_name}", region=""))


@service.check("CreateRole")
def check_create_role(params: Params, scope: Scope, state: Any) -> None:
    _check_trust_policy(params["AssumeRolePolicyDocument"], scope)
    name = params["RoleName"].lower()
    if any(role.name.lower() == name for role in scope.moto("iam").roles.values()):
        raise AwsError("EntityAlreadyExists", f"Role with name {params['RoleName']} already exists.")
    if params.get("Path", "/").startswith("/aws-service-role/"):
        raise AwsError("ValidationError", "Roles under /aws-service-role/ are created by CreateServiceLinkedRole.")
    if "PermissionsBoundary" in params:
        _policy(scope, params["PermissionsBoundary"])


@service.check("UpdateAssumeRolePolicy")
def check_update_trust(params: Params, scope: Scope, state: Any) -> None:
    _modifiable_role(scope, params["RoleName"])
    _check_trust_policy(params["PolicyDocument"], scope)


@service.check("CreatePolicy", "CreatePolicyVersion")
def check_policy(params: Params, scope: Scope, state: Any) -> None:
    _check_identity_policy(params["PolicyDocument"])
    _check_size(params["PolicyDocument"], _MANAGED_SIZE, "PolicySize")
    if "PolicyName" in params:
        names = [p.name.lower() for p in scope.moto("iam").managed_policies.values() if ":iam::aws:" not in p.arn]
        if params["PolicyName"].lower() in names:
            raise AwsError("EntityAlreadyExists", f"A policy called {params['PolicyName']} already exists.")


@service.check("PutUserPolicy", "PutGroupPolicy", "PutRolePolicy")
def check_inline_policy(params: Params, scope: Scope, state: Any) -> None:
    kind, entity = _entity(scope, params)
    _refuse_service_linked(kind, entity)
    _check_identity_policy(params["PolicyDocument"])
    others = "".join(text for name, text in entity.policies.items() if name != params["PolicyName"])
    _check_size(others + params["PolicyDocument"], _INLINE_SIZE[kind], f"{kind}PolicySize")


def _check_identity_policy(text: str) -> None:
    try:
        policies.validate(text, principal=False, resource=True)
    except policies.MalformedPolicy as failure:
        raise AwsError("MalformedPolicyDocument", str(failure)) from None


# --- attaching ------------------------------------------------------------------------------------------------------


@service.operation("AttachUserPolicy", "AttachGroupPolicy", "AttachRolePolicy")
def attach_policy(params: Params, scope: Scope, state: Any) -> None:
    kind, entity = _entity(scope, params)
    _refuse_service_linked(kind, entity)
    policy = _policy(scope, params["PolicyArn"])
    if "/aws-service-role/" in policy.arn:
        raise AwsError("PolicyNotAttachable", "Cannot attach a Service Role Policy to a Customer Role.")
    if policy.arn in entity.managed_policies:
        return
    if len(entity.managed_policies) >= _MANAGED_POLICIES_PER_ENTITY:
        raise AwsError("LimitExceeded", f"Cannot exceed quota for PoliciesPer{kind}: {_MANAGED_POLICIES_PER_ENTITY}")
    policy.attach_to(entity)


@service.check("DetachRolePolicy", "DeleteRolePolicy", "TagRole", "UntagRole")
def check_role_is_modifiable(params: Params, scope: Scope, state: Any) -> None:
    _modifiable_role(scope, params["RoleName"])


def _modifiable_role(scope: Scope, name: str) -> Any:
    role = _role(scope, name)
    _refuse_service_linked("Role", role)
    return role


def _refuse_service_linked(kind: str, entity: Any) -> None:
    if kind == "Role" and entity.path.startswith("/aws-service-role/"):
        raise AwsError(
            "UnmodifiableEntity",
            f"Cannot perform the operation on the protected role '{entity.name}' - this role is only modifiable by AWS",
        )


# --- deleting -------------------------------------------------------------------------------------------------------


@service.check("DeleteRole")
def check_delete_role(params: Params, scope: Scope, state: Any) -> None:
    _modifiable_role(scope, params["RoleName"])


@service.check("DeleteGroup")
def check_delete_group(params: Params, scope: Scope, state: Any) -> None:
    group = _group(scope, params["GroupName"])
    if group.users:
        raise _conflict("Cannot delete entity, must remove users from group first.")
    if group.managed_policies:
        raise _conflict("Cannot delete entity, must detach all policies first.")
    if group.policies:
        raise _conflict("Cannot delete entity, must delete policies first.")


@service.check("DeleteUser")
def check_delete_user(params: Params, scope: Scope, state: Any) -> None:
    user = _user(scope, params["UserName"])
    if any(user in group.users for group in scope.moto("iam").groups.values()):
        raise _conflict("Cannot delete entity, must remove user from group first.")
    if user.access_keys:
        raise _conflict("Cannot delete entity, must delete access keys first.")
    if user.password is not None:
        raise _conflict("Cannot delete entity, must delete login profile first.")
    if user.mfa_devices:
        raise _conflict("Cannot delete entity, must delete MFA device first.")


@service.check("DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion", "SetDefaultPolicyVersion", "TagPolicy")
def check_customer_managed(params: Params, scope: Scope, state: Any) -> None:
    if ":iam::aws:policy/" in params["PolicyArn"]:
        message = f"User: {scope.principal} is not authorized to perform this on resource: policy {params['PolicyArn']}"
        raise AwsError("AccessDenied", message, 403)
    _policy(scope, params["PolicyArn"])


@service.check("DeletePolicy")
def check_delete_policy(params: Params, scope: Scope, state: Any) -> None:
    policy = _policy(scope, params["PolicyArn"])
    if policy.attachment_count:
        raise _conflict("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise _conflict(
            "This policy has more than one version. Before you delete a policy, you must delete its versions."
        )


# --- groups, users, roles -------------------------------------------------------------------------------------------


@service.check("CreateGroup", "CreateUser")
def check_name_is_free(params: Params, scope: Scope, state: Any) -> None:
    kind, entities = ("Group", "groups") if "GroupName" in params else ("User", "users")
    name = params[f"{kind}Name"]
    if any(one.lower() == name.lower() for one in getattr(scope.moto("iam"), entities)):
        raise AwsError("EntityAlreadyExists", f"{kind} with name {name} already exists.")


@service.operation("UpdateGroup")
def update_group(params: Params, scope: Scope, state: Any) -> None:
    group, groups = _group(scope, params["GroupName"]), scope.moto("iam").groups
    name = params.get("NewGroupName", group.name)
    if name != group.name and name in groups:
        raise AwsError("EntityAlreadyExists", f"Group with name {name} already exists.")
    group.path = params.get("NewPath", group.path)
    del groups[group.name]
    group.name = name
    groups[name] = group


@service.operation("UpdateRole")
def update_role(params: Params, scope: Scope, state: Any) -> Params:
    role = _modifiable_role(scope, params["RoleName"])
    role.description = params.get("Description", role.description)
    role.max_session_duration = params.get("MaxSessionDuration", 3600)
    return {}


@service.check("UpdateRoleDescription")
def check_update_role_description(params: Params, scope: Scope, state: Any) -> None:
    _modifiable_role(scope, params["RoleName"])


@service.operation("ListUsers")
def list_users(params: Params, scope: Scope, state: Any) -> Params:
    return _entity_page("Users", scope.moto("iam").users.values(), _user_row, params)


@service.operation("ListGroups")
def list_groups(params: Params, scope: Scope, state: Any) -> Params:
    return _entity_page("Groups", scope.moto("iam").groups.values(), _group_row, params)


@service.operation("GetGroup")
def get_group(params: Params, scope: Scope, state: Any) -> Params:
    group = _group(scope, params["GroupName"])
    return {"Group": _group_row(group), **_entity_page("Users", group.users, _user_row, params)}


@service.operation("ListGroupsForUser")
def list_groups_for_user(params: Params, scope: Scope, state: Any) -> Params:
    user = _user(scope, params["UserName"])
    groups = [group for group in scope.moto("iam").groups.values() if user in group.users]
    return _entity_page("Groups", groups, _group_row, params)


@service.operation("ListGroupPolicies", "ListUserPolicies", "ListRolePolicies")
def list_inline_policies(params: Params, scope: Scope, state: Any) -> Params:
    _, entity = _entity(scope, params)
    names, more = _page(sorted(entity.policies), params)
    return {"PolicyNames": names, **more}


def _entity_page(key: str, entities: Iterable[Any], row: Callable[[Any], Params], params: Params) -> Params:
    prefix = params.get("PathPrefix", "/")
    chosen = sorted((one for one in entities if one.path.startswith(prefix)), key=lambda one: one.name)
    some, more = _page(chosen, params)
    return {key: [row(one) for one in some], **more}


def _page(items: list[Any], params: Params) -> tuple[list[Any], Params]:
    marker = params.get("Marker", "0")
    if not marker.isdigit():
        raise AwsError("ValidationError", "Invalid Marker.")
    start, size = int(marker), params.get("MaxItems", 100)
    following = start + size
    more = {"IsTruncated": True, "Marker": str(following)} if following < len(items) else {"IsTruncated": False}
    return items[start:following], more


def _user_row(user: Any) -> Params:
    row = {"Path": user.path, "UserName": user.name, "UserId": user.id, "Arn": user.arn, "CreateDate": user.create_date}
    if user.password_last_used:
        row["PasswordLastUsed"] = user.password_last_used
    return row


def _group_row(group: Any) -> Params:
    return {
        "Path": group.path,
        "GroupName": group.name,
        "GroupId": group.id,
        "Arn": group.arn,
        "CreateDate": group.create_date,
    }


def _role_row(role: Any) -> Params:
    return {
        "Path": role.path,
        "RoleName": role.name,
        "RoleId": role.id,
        "Arn": role.arn,
        "CreateDate": role.create_date,
        "AssumeRolePolicyDocument": quote(role.assume_role_policy_document),
    }


def _profile_row(profile: Any) -> Params:
    return {
        "Path": profile.path,
        "InstanceProfileName": profile.name,
        "InstanceProfileId": profile.id,
        "Arn": profile.arn,
        "CreateDate": profile.create_date,
        "Roles": [_role_row(role) for role in profile.roles],
    }


def _inline(entity: Any) -> list[Params]:
    return [{"PolicyName": name, "PolicyDocument": quote(text)} for name, text in sorted(entity.policies.items())]


def _attached(entity: Any) -> list[Params]:
    return [{"PolicyName": one.name, "PolicyArn": one.arn} for one in entity.managed_policies.values()]


# --- everything at once ---------------------------------------------------------------------------------------------


@service.operation("GetAccountAuthorizationDetails")
def get_account_authorization_details(params: Params, scope: Scope, state: Any) -> Params:
    """Users, groups, roles and policies as one paged sequence; of AWS managed policies those in use."""
    iam = scope.moto("iam")
    wanted = set(params.get("Filter", []))
    rows: list[tuple[str, Callable[[], Params]]] = []

    def add(kind: str, key: str, entities: Iterable[Any], row: Callable[[Any], Params]) -> None:
        if not wanted or kind in wanted:
            rows.extend((key, functools.partial(row, one)) for one in sorted(entities, key=lambda one: one.name))

    add("User", "UserDetailList", iam.users.values(), lambda user: _user_detail(user, iam))
    add("Group", "GroupDetailList", iam.groups.values(), _group_detail)
    add("Role", "RoleDetailList", iam.roles.values(), lambda role: _role_detail(role, iam))
    local = [one for one in iam.managed_policies.values() if ":iam::aws:" not in one.arn]
    used = [one for one in iam.managed_policies.values() if ":iam::aws:" in one.arn and one.attachment_count]
    add("LocalManagedPolicy", "Policies", local, lambda policy: _policy_detail(policy, iam))
    add("AWSManagedPolicy", "Policies", used, lambda policy: _policy_detail(policy, iam))
    chosen, more = _page(rows, params)
    answer: Params = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": [], **more}
    for key, make in chosen:
        answer[key].append(make())
    return answer


def _user_detail(user: Any, iam: Any) -> Params:
    return {
        **_user_row(user),
        "UserPolicyList": _inline(user),
        "GroupList": sorted(group.name for group in iam.groups.values() if user in group.users),
        "AttachedManagedPolicies": _attached(user),
        "Tags": user.tags or [],
    }


def _group_detail(group: Any) -> Params:
    return {**_group_row(group), "GroupPolicyList": _inline(group), "AttachedManagedPolicies": _attached(group)}


def _role_detail(role: Any, iam: Any) -> Params:
    detail = {
        **_role_row(role),
        "InstanceProfileList": [_profile_row(one) for one in iam.instance_profiles.values() if role in one.roles],
        "RolePolicyList": _inline(role),
        "AttachedManagedPolicies": _attached(role),
        "Tags": role.tags,
        "RoleLastUsed": {"LastUsedDate": role.last_used} if role.last_used else {},
    }
    if role.permissions_boundary:
        detail["PermissionsBoundary"] = role.permissions_boundary
    return detail


def _policy_detail(policy: Any, iam: Any) -> Params:
    boundaries = sum(role.permissions_boundary_arn == policy.arn for role in iam.roles.values())
    detail = {
        "PolicyName": policy.name,
        "PolicyId": policy.id,
        "Arn": policy.arn,
        "Path": policy.path,
        "DefaultVersionId": policy.default_version_id,
        "AttachmentCount": policy.attachment_count,
        "PermissionsBoundaryUsageCount": boundaries,
        "IsAttachable": True,
        "CreateDate": policy.create_date,
        "UpdateDate": policy.update_date,
        "PolicyVersionList": policy.policy_version_list,
    }
    if policy.description:
        detail["Description"] = policy.description
    return detail


# --- service-linked roles -------------------------------------------------------------------------------------------


def _linked_role(principal: str) -> tuple[str, str]:
    if principal not in _SERVICE_LINKED_ROLES:
        raise AwsError("InvalidInput", f"Service {principal} does not support service-linked roles (in the emulator).")
    return _SERVICE_LINKED_ROLES[principal]


def service_linked_role_arn(principal: str, scope: Scope) -> str:
    return scope.arn("iam", f"role/aws-service-role/{principal}/{_linked_role(principal)[0]}", region="")


def ensure_service_linked_role(principal: str, scope: Scope, description: str = "", suffix: str = "") -> Any:
    """The service's role in the account, created as the services themselves do when they are switched on."""
    name, policy_name = _linked_role(principal)
    name = f"{name}_{suffix}" if suffix else name
    iam = scope.moto("iam")
    existing = next((role for role in iam.roles.values() if role.name == name), None)
    if existing is not None:
        return existing
    statement = {"Effect": "Allow", "Principal": {"Service": principal}, "Action": "sts:AssumeRole"}
    role = iam.create_role(
        name,
        json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        f"/aws-service-role/{principal}/",
        None,
        description,
        [],
        3600,
        principal,
    )
    arn = f"arn:{scope.partition}:iam::aws:policy/aws-service-role/{policy_name}"
    if arn in iam.managed_policies:
        iam.managed_policies[arn].attach_to(role)
    return role


@service.operation("CreateServiceLinkedRole")
def create_service_linked_role(params: Params, scope: Scope, state: Any) -> Params:
    principal, suffix = params["AWSServiceName"], params.get("CustomSuffix", "")
    name = _linked_role(principal)[0]
    if suffix and principal not in _CUSTOM_SUFFIX_ALLOWED:
        raise AwsError("InvalidInput", f"Custom suffix is not allowed for {principal}")
    name = f"{name}_{suffix}" if suffix else name
    if any(role.name == name for role in scope.moto("iam").roles.values()):
        raise AwsError(
            "InvalidInput",
            f"Service role name {name} has been taken in this account, please try a different suffix.",
        )
    role = ensure_service_linked_role(principal, scope, params.get("Description", ""), suffix)
    row = _role_row(role)
    return {"Role": row | ({"Description": role.description} if role.description else {})}


# --- password policy ------------------------------------------------------------------------------------------------


@service.operation("GetAccountPasswordPolicy")
def get_account_password_policy(params: Params, scope: Scope, state: Any) -> Params:
    policy = scope.moto("iam").account_password_policy
    if policy is None:
        raise _no_such(f"Password Policy with domain name {scope.account}")
    answer = {
        "MinimumPasswordLength": policy.minimum_password_length,
        "RequireSymbols": policy.require_symbols,
        "RequireNumbers": policy.require_numbers,
        "RequireUppercaseCharacters": policy.require_uppercase_characters,
        "RequireLowercaseCharacters": policy.require_lowercase_characters,
        "AllowUsersToChangePassword": policy.allow_users_to_change_password,
        "ExpirePasswords": bool(policy.max_password_age),
    }
    if policy.max_password_age:
        answer |= {"MaxPasswordAge": policy.max_password_age, "HardExpiry": bool(policy.hard_expiry)}
    if policy.password_reuse_prevention:
        answer["PasswordReusePrevention"] = policy.password_reuse_prevention
    return {"PasswordPolicy": answer}
