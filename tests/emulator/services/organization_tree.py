# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tree of an organization: its root, organizational units, which account is where, and the tags of all of them.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_ous.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
"""

from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..registry import Scope
from . import organizations
from .organizations import Account, Organization, Params, Policy, Unit, invalid, manager, paged, reader, service

_DEPTH, _UNITS = 5, 2000


def _children(organization: Organization, parent: str) -> list[Unit]:
    return [unit for unit in organization.units.values() if unit.parent == parent]


def _accounts(organization: Organization, parent: str) -> list[Account]:
    return [account for account in organization.accounts.values() if account.parent == parent]


def _parent(organization: Organization, identifier: str, error: str = "ParentNotFoundException") -> Unit:
    if identifier not in organization.units:
        raise AwsError(error, "You specified a parent that doesn't exist.")
    return organization.units[identifier]


def _unit(organization: Organization, identifier: str) -> Unit:
    unit = organization.units.get(identifier)
    if unit is None or unit.parent is None:
        raise AwsError(
            "OrganizationalUnitNotFoundException", "You specified an organizational unit that doesn't exist."
        )
    return unit


def _row(organization: Organization, unit: Unit) -> Params:
    return {"Id": unit.id, "Arn": unit.arn, "Name": unit.name, "Path": organization.own_path(unit.id)}


# --- the root and organizational units ------------------------------------------------------------------------------


@service.operation("ListRoots")
def list_roots(params: Params, scope: Scope, state: Any) -> Params:
    return paged("Roots", [root_row(reader(scope))], params)


def root_row(organization: Organization) -> Params:
    types = [{"Type": kind, "Status": "ENABLED"} for kind in organization.policy_types]
    root = organization.units[organization.root]
    return {"Id": root.id, "Arn": root.arn, "Name": root.name, "PolicyTypes": types}


def create_unit(
    organization: Organization, scope: Scope, parent: str, name: str, tags: dict[str, str] | None = None
) -> Unit:
    """A new organizational unit; AwsError when there is one of that name already, or the tree gets too deep or big."""
    _check_name(organization, parent, name)
    depth, ancestor = 1, organization.units[parent]
    while ancestor.parent is not None:
        depth, ancestor = depth + 1, organization.units[ancestor.parent]
    if depth > _DEPTH:
        raise organizations.violation(
            "OU_DEPTH_LIMIT_EXCEEDED", "You attempted to create an OU tree that is too many levels deep."
        )
    if len(organization.units) > _UNITS:
        raise organizations.violation(
            "OU_NUMBER_LIMIT_EXCEEDED", "You attempted to exceed the number of OUs that you can have."
        )
    identifier = f"ou-{organization.root.removeprefix('r-')}-{organizations.letters(8)}"
    arn = scope.arn("organizations", f"ou/{organization.id}/{identifier}", region="")
    unit = Unit(identifier, arn, name, parent, tags or {})
    organization.units[identifier] = unit
    organization.begin(identifier)
    return unit


def _check_name(organization: Organization, parent: str, name: str) -> None:
    if any(unit.name == name for unit in _children(organization, parent)):
        raise AwsError("DuplicateOrganizationalUnitException", "An OU with the same name already exists.")


def unit_at(organization: Organization, scope: Scope, path: str) -> str:
    """The id of the unit at a path of names below the root (C(Workloads/Production)); what is missing is created."""
    parent = organization.root
    for name in filter(None, path.split("/")):
        found = next((unit for unit in _children(organization, parent) if unit.name == name), None)
        parent = (found or create_unit(organization, scope, parent, name)).id
    return parent


@service.operation("CreateOrganizationalUnit")
def create_organizational_unit(params: Params, scope: Scope, state: Any) -> Params:
    organization = manager(scope)
    parent = _parent(organization, params["ParentId"])
    tags = organizations.checked_tags(params.get("Tags", []))
    unit = create_unit(organization, scope, parent.id, params["Name"], tags)
    return {"OrganizationalUnit": _row(organization, unit)}


@service.operation("UpdateOrganizationalUnit")
def update_organizational_unit(params: Params, scope: Scope, state: Any) -> Params:
    organization = manager(scope)
    unit = _unit(organization, params["OrganizationalUnitId"])
    name = params.get("Name", unit.name)
    if name != unit.name:
        _check_name(organization, unit.parent or "", name)
        unit.name = name
    return {"OrganizationalUnit": _row(organization, unit)}


@service.operation("DeleteOrganizationalUnit")
def delete_organizational_unit(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    unit = _unit(organization, params["OrganizationalUnitId"])
    if _children(organization, unit.id) or _accounts(organization, unit.id):
        raise AwsError("OrganizationalUnitNotEmptyException", "The specified OU is not empty.")
    del organization.units[unit.id], organization.attached[unit.id]


@service.operation("DescribeOrganizationalUnit")
def describe_organizational_unit(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    return {"OrganizationalUnit": _row(organization, _unit(organization, params["OrganizationalUnitId"]))}


@service.operation("ListOrganizationalUnitsForParent")
def list_organizational_units(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    parent = _parent(organization, params["ParentId"])
    rows = [_row(organization, unit) for unit in _children(organization, parent.id)]
    return paged("OrganizationalUnits", rows, params)


# --- what is where --------------------------------------------------------------------------------------------------


@service.operation("ListAccountsForParent")
def list_accounts_for_parent(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    parent = _parent(organization, params["ParentId"])
    rows = [organizations.account_row(organization, account) for account in _accounts(organization, parent.id)]
    return paged("Accounts", rows, params)


@service.operation("ListChildren")
def list_children(params: Params, scope: Scope, state: Any) -> Params:
    organization, kind = reader(scope), params["ChildType"]
    parent = _parent(organization, params["ParentId"])
    children = _accounts(organization, parent.id) if kind == "ACCOUNT" else _children(organization, parent.id)
    return paged("Children", [{"Id": one.id, "Type": kind} for one in children], params)


@service.operation("ListParents")
def list_parents(params: Params, scope: Scope, state: Any) -> Params:
    organization, child = reader(scope), params["ChildId"]
    found = organization.accounts.get(child) or organization.units.get(child)
    if found is None or found.parent is None:
        raise AwsError("ChildNotFoundException", "You specified a child that doesn't exist.")
    kind = "ROOT" if found.parent == organization.root else "ORGANIZATIONAL_UNIT"
    return paged("Parents", [{"Id": found.parent, "Type": kind}], params)


@service.operation("MoveAccount")
def move_account(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    account = organizations.find_account(organization, params["AccountId"])
    source = _parent(organization, params["SourceParentId"], "SourceParentNotFoundException")
    destination = _parent(organization, params["DestinationParentId"], "DestinationParentNotFoundException")
    if account.parent != source.id:
        raise AwsError("AccountNotFoundException", "The account is not in the source container.")
    if source is destination:
        raise AwsError("DuplicateAccountException", "That account is already present in the specified destination.")
    account.parent = destination.id


# --- tags -----------------------------------------------------------------------------------------------------------


def _tagged(organization: Organization, identifier: str) -> Account | Unit | Policy:
    for resources in (organization.accounts, organization.units, organization.policies):
        if identifier in resources:
            return resources[identifier]
    raise AwsError("TargetNotFoundException", "You specified a target that doesn't exist.")


def _taggable(organization: Organization, identifier: str) -> Account | Unit | Policy:
    resource = _tagged(organization, identifier)
    if isinstance(resource, Policy) and resource.aws_managed:
        raise invalid("IMMUTABLE_POLICY", "You specified a policy that is managed by AWS and can't be modified.")
    return resource


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: Any) -> None:
    resource = _taggable(manager(scope), params["ResourceId"])
    merged = resource.tags | organizations.checked_tags(params["Tags"])
    if len(merged) > organizations.TAGS_PER_RESOURCE:
        raise organizations.violation(
            "MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource."
        )
    resource.tags = merged


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: Any) -> None:
    resource = _taggable(manager(scope), params["ResourceId"])
    resource.tags = {key: value for key, value in resource.tags.items() if key not in params["TagKeys"]}


@service.operation("ListTagsForResource")
def list_tags_for_resource(params: Params, scope: Scope, state: Any) -> Params:
    tags = _tagged(reader(scope), params["ResourceId"]).tags
    return paged("Tags", [{"Key": key, "Value": value} for key, value in tags.items()], params)
