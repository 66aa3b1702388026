#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: organization
version_added: 0.1.0
short_description: Manage trusted access, delegated administrators and policies of an organization
description:
  - Lets services act for all accounts of an AWS organization (trusted access), makes member accounts their delegated
    administrators, and keeps service control policies and other policies of the organization as declared.
  - Works in the management account of an organization with all features, which must be there.
  - Everything that is not listed is left alone. Trusted access ends, and an administrator is deregistered, only for
    items with O(trusted_services[].state=absent) or O(delegated_administrators[].state=absent).
author:
  - The secops.aws_baseline authors (@secops)
options:
  service_linked_roles:
    description:
      - Service principals whose service-linked role the management account should have, such as
        V(cloudtrail.amazonaws.com). One that exists is accepted.
      - They are made first. Otherwise services that are trusted make theirs when they need it.
    type: list
    elements: str
    default: []
  trusted_services:
    description: Services that may act for all accounts of the organization.
    type: list
    elements: dict
    default: []
    suboptions:
      service_principal:
        description: The service's principal, such as V(config.amazonaws.com).
        type: str
        required: true
      state:
        description:
          - V(present) enables trusted access.
          - V(existing) demands that it is enabled, and changes nothing.
          - V(absent) disables it. AWS refuses that while the service has a delegated administrator.
        type: str
        choices: [present, existing, absent]
        default: present
  delegated_administrators:
    description:
      - Member accounts that administer a service for the organization. The service needs trusted access.
      - CloudTrail, GuardDuty and Security Hub are told by their own API, the last two in every region of O(regions).
        All other services are told by AWS Organizations.
      - GuardDuty and Security Hub have one administrator. Both are enabled for it in every region where it is
        designated, and billed.
    type: list
    elements: dict
    default: []
    suboptions:
      service_principal:
        description: The service's principal, such as V(config.amazonaws.com).
        type: str
        required: true
      account_id:
        description: The account, 12 digits.
        type: str
        required: true
      state:
        description:
          - V(present) makes the account a delegated administrator.
          - V(existing) demands that it is one, and changes nothing.
          - V(absent) takes that from it. What it administers for the organization may be deleted by the service.
        type: str
        choices: [present, existing, absent]
        default: present
  policy_types:
    description:
      - Types of policies to switch on for the root, such as V(SERVICE_CONTROL_POLICY). AWS does it in the background,
        and policies of the type are attached when it is done.
      - Types that are not listed are left alone. None is ever switched off.
    type: list
    elements: str
    default: []
  policies:
    description: Policies of the organization.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the policy, unique within its type. A policy that has it already is taken over.
        type: str
        required: true
      type:
        description: Type of the policy. Accepted are all that the installed botocore knows.
        type: str
        default: SERVICE_CONTROL_POLICY
      state:
        description:
          - V(present) creates the policy or brings it into line.
          - V(existing) demands that it is as declared, and changes nothing.
          - V(absent) detaches the policy from all its targets and deletes it.
        type: str
        choices: [present, existing, absent]
        default: present
      description:
        description: Description of the policy, up to 512 characters.
        type: str
      content:
        description:
          - The policy document. Required if O(policies[].state=present).
          - Service control policies may have 10240 characters, resource control policies 5120, without white space.
          - C(${AWS::Partition}) and its like are replaced.
        type: dict
      targets:
        description:
          - What the policy is attached to, ids of organizational units and accounts, or V(root) for the root.
          - When omitted, targets are left alone.
        type: list
        elements: str
      purge_targets:
        description: Whether to detach the policy from targets that are not listed in O(policies[].targets).
        type: bool
        default: false
      tags:
        description: Tags of the policy. Others are removed.
        type: dict
  resource_policy:
    description:
      - What member accounts may do in AWS Organizations itself, such as manage its policies. An organization has one
        resource-based policy for that, in which other parties may have statements too.
    type: dict
    suboptions:
      state:
        description:
          - V(present) puts the statements into the policy, which is made if there is none.
          - V(existing) demands that they are in it, and changes nothing.
          - V(absent) deletes the policy with all its statements.
        type: str
        choices: [present, existing, absent]
        default: present
      statements:
        description:
          - Statements, each with a C(Sid) of its own, by which it is known. Others are left alone.
          - Required unless O(resource_policy.state=absent).
        type: list
        elements: dict
      purge_statements:
        description: Whether to remove other statements.
        type: bool
        default: false
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - name: AWS services that you can use with AWS Organizations
    description: Which services know trusted access and delegated administrators.
    link: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html
  - name: Service control policies
    description: What they do and do not restrict.
    link: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html
"""

EXAMPLES = r"""
- name: Let CloudTrail and AWS Config act for the organization, and the security account administer Config
  secops.aws_baseline.organization:
    region: eu-central-1
    service_linked_roles:
      - cloudtrail.amazonaws.com
    trusted_services:
      - service_principal: cloudtrail.amazonaws.com
      - service_principal: config.amazonaws.com
    delegated_administrators:
      - service_principal: config.amazonaws.com
        account_id: "123456789012"

- name: Make the security account GuardDuty's administrator in all enabled regions
  secops.aws_baseline.organization:
    region: eu-central-1
    delegated_administrators:
      - service_principal: guardduty.amazonaws.com
        account_id: "123456789012"

- name: Verify what a landing zone has set up, and change nothing
  secops.aws_baseline.organization:
    region: eu-central-1
    trusted_services:
      - service_principal: cloudtrail.amazonaws.com
        state: existing

- name: Let the security account look at the organization
  secops.aws_baseline.organization:
    region: eu-central-1
    resource_policy:
      statements:
        - Sid: SecurityReads
          Effect: Allow
          Principal:
            AWS: arn:${AWS::Partition}:iam::123456789012:root
          Action:
            - organizations:Describe*
            - organizations:List*
          Resource: "*"

- name: Keep accounts in the organization
  secops.aws_baseline.organization:
    region: eu-central-1
    policy_types:
      - SERVICE_CONTROL_POLICY
    policies:
      - name: stay
        description: Accounts cannot leave
        targets:
          - root
        content:
          Version: "2012-10-17"
          Statement:
            - Effect: Deny
              Action: organizations:LeaveOrganization
              Resource: "*"
"""

RETURN = r"""
account_id:
  description: The account that was worked on.
  returned: when the credentials were accepted
  type: str
  sample: '123456789012'
changes:
  description:
    - What is not as declared, in the order in which it is put right.
    - In check mode what a run would do. Otherwise what was done, even if the module failed later.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    action:
      description: What happens to the resource, one of V(create), V(update) and V(delete).
      type: str
    type:
      description: CloudFormation's name of the resource type.
      type: str
    key:
      description: What identifies the resource among those of its type in the region, usually its name.
      type: str
    account_id:
      description: The account that the resource belongs to.
      type: str
    region:
      description: The region of the resource, or V(global) for services without regions.
      type: str
    before:
      description: The values that change, as they were. All fields for V(delete), null for V(create).
      type: dict
    after:
      description: The values as declared. Null for V(delete).
      type: dict
    operations:
      description: The writing API calls, by service and operation.
      type: list
      elements: str
  sample:
    - action: create
      type: AWS::Organizations::DelegatedAdministrator
      key: config.amazonaws.com/123456789012
      account_id: '111122223333'
      region: global
      before: null
      after: {}
      operations:
        - organizations:RegisterDelegatedAdministrator
errors:
  description: What failed. One failure does not keep other regions and resources from being put right.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    account_id:
      description: The account in which it failed.
      type: str
    region:
      description: The region in which it failed.
      type: str
    code:
      description:
        - The error code as AWS returned it.
        - V(PrerequisiteFailed) if it was not tried because something that it needs failed before.
        - V(NotAsRequired) if something that must be there already is missing or different.
      type: str
    message:
      description: What failed, in words.
      type: str
    type:
      description: CloudFormation's name of the resource type.
      type: str
    key:
      description: What identifies the resource.
      returned: when one resource failed, not the reading of all
      type: str
    operation:
      description: The API call that failed, by service and operation.
      returned: when AWS refused a call
      type: str
    permission:
      description: The IAM action that was denied.
      returned: when access was denied
      type: str
    denied_by:
      description:
        - The kind of policy that denied it, such as V(service control policy), as far as AWS says so.
        - A permission that is merely missing is denied by none.
      returned: when a policy denied access
      type: str
  sample:
    - account_id: '111122223333'
      region: global
      code: AccessDeniedException
      message: >-
        AWS::Organizations::ServiceAccess cloudtrail.amazonaws.com: organizations:EnableAWSServiceAccess in account
        111122223333, region eu-central-1: AccessDeniedException: User is not authorized to perform
        organizations:EnableAWSServiceAccess
      type: AWS::Organizations::ServiceAccess
      key: cloudtrail.amazonaws.com
      operation: organizations:EnableAWSServiceAccess
      permission: organizations:EnableAWSServiceAccess
organization_id:
  description: Id of the organization.
  returned: when the account is the management account of an organization with all features
  type: str
  sample: o-a1b2c3d4e5
management_account_id:
  description: Id of the management account.
  returned: when the account is the management account of an organization with all features
  type: str
  sample: '111122223333'
root_id:
  description: Id of the organization's root.
  returned: when the account is the management account of an organization with all features
  type: str
  sample: r-a1b2
"""

import dataclasses
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_ID,
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError, OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, check_policy, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.policy_document import size
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import (
    guardduty_organization,
    organizations,
    securityhub,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Observed
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.iam import ServiceLinkedRole

STATES = ["present", "existing", "absent"]

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    "service_linked_roles": {"type": "list", "elements": "str", "default": []},
    "trusted_services": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "service_principal": {"type": "str", "required": True},
            "state": {"type": "str", "choices": STATES, "default": "present"},
        },
    },
    "delegated_administrators": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "service_principal": {"type": "str", "required": True},
            "account_id": {"type": "str", "required": True},
            "state": {"type": "str", "choices": STATES, "default": "present"},
        },
    },
    "policy_types": {"type": "list", "elements": "str", "default": []},
    "policies": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "type": {"type": "str", "default": organizations.SERVICE_CONTROL_POLICY},
            "state": {"type": "str", "choices": STATES, "default": "present"},
            "description": {"type": "str"},
            "content": {"type": "dict"},
            "targets": {"type": "list", "elements": "str"},
            "purge_targets": {"type": "bool", "default": False},
            "tags": {"type": "dict"},
        },
        "required_if": [("state", "present", ["content"])],
    },
    "resource_policy": {
        "type": "dict",
        "options": {
            "state": {"type": "str", "choices": STATES, "default": "present"},
            "statements": {"type": "list", "elements": "dict"},
            "purge_statements": {"type": "bool", "default": False},
        },
        "required_if": [("state", "present", ["statements"]), ("state", "existing", ["statements"])],
    },
}

PRINCIPAL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com(\.cn)?")
TARGET = re.compile(r"root|r-[0-9a-z]{4,32}|ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}|\d{12}")
NAME = re.compile(r"[ -~]{1,128}")
LONGEST_DESCRIPTION = 512
POLICY_SIZE = 10000
"""Characters of a policy that is neither a service nor a resource control policy. Some types may have less."""

REGIONAL_ADMINISTRATORS = {
    "guardduty.amazonaws.com": guardduty_organization.organization_admin,
    "securityhub.amazonaws.com": securityhub.organization_admin,
}
"""Services that are told who administers them in every region by their own API."""

FOREIGN_ADMINISTRATORS = frozenset(
    {
        "detective.amazonaws.com",
        "fms.amazonaws.com",
        "inspector2.amazonaws.com",
        "ipam.amazonaws.com",
        "macie.amazonaws.com",
    }
)
"""Services that only their own API can tell who administers them, and it is not used here."""


def _check_principal(option: str, principal: str) -> None:
    if not PRINCIPAL.fullmatch(principal):
        raise OptionError(option, principal, "a service principal, such as cloudtrail.amazonaws.com")


def _check_unique(option: str, values: list[t.Any], what: str) -> None:
    repeated = sorted({str(value) for value in values if values.count(value) > 1})
    if repeated:
        raise OptionError(option, repeated, f"each {what} once")


def _check_administrator(option: str, item: dict[str, t.Any], own_account: str | None) -> None:
    principal, account_id = item["service_principal"], item["account_id"]
    _check_principal(f"{option}.service_principal", principal)
    if principal in FOREIGN_ADMINISTRATORS:
        allowed = "services that are told by AWS Organizations, CloudTrail, GuardDuty and Security Hub"
        raise OptionError(f"{option}.service_principal", principal, allowed)
    if not ACCOUNT_ID.fullmatch(account_id):
        raise OptionError(f"{option}.account_id", account_id, "12 digits, quoted in YAML")
    if account_id == own_account and principal not in REGIONAL_ADMINISTRATORS:
        raise OptionError(f"{option}.account_id", account_id, "a member account; the management account is none")


def _check_policy_type(option: str, policy_type: str) -> None:
    if policy_type not in organizations.policy_types():
        raise OptionError(option, policy_type, f"one of {', '.join(sorted(organizations.policy_types()))}")


def _check_policy(option: str, policy: dict[str, t.Any]) -> None:
    """Refuse a policy that AWS would refuse."""
    _check_policy_type(f"{option}.type", policy["type"])
    if not NAME.fullmatch(policy["name"]):
        raise OptionError(f"{option}.name", policy["name"], "1 to 128 ASCII characters")
    if len(policy["description"] or "") > LONGEST_DESCRIPTION:
        raise OptionError(f"{option}.description", policy["description"], f"up to {LONGEST_DESCRIPTION} characters")
    for target in policy["targets"] or ():
        if not TARGET.fullmatch(target):
            raise OptionError(f"{option}.targets", target, "root, or the id of a root, organizational unit or account")
    _check_unique(f"{option}.targets", policy["targets"] or [], "target")
    if policy["purge_targets"] and policy["targets"] is None:
        raise OptionError(f"{option}.purge_targets", True, "only together with targets")
    if policy["content"] is not None:
        _check_content(f"{option}.content", policy["type"], policy["content"])


def _check_content(option: str, policy_type: str, content: dict[str, t.Any]) -> None:
    if policy_type == organizations.SERVICE_CONTROL_POLICY:
        check_policy(option, content, "service_control", "service_control")
    elif policy_type == organizations.RESOURCE_CONTROL_POLICY:
        check_policy(option, content, "resource", "resource_control")
    elif not content:
        raise OptionError(option, content, "a policy document")
    elif size(SAMPLE_SCOPE.substitute(content)) > POLICY_SIZE:
        raise BaselineError(f"{option}: more than the {POLICY_SIZE} characters that AWS takes")


def _check_resource_policy(statements: list[dict[str, t.Any]]) -> None:
    option = "resource_policy.statements"
    unnamed = [index for index, statement in enumerate(statements) if not statement.get("Sid")]
    if unnamed:
        raise OptionError(f"{option}[{unnamed[0]}].Sid", None, "a name for every statement")
    check_policy(option, {"Version": "2012-10-17", "Statement": statements}, "resource", "organization")


def _check(params: dict[str, t.Any]) -> None:
    """Refuse options that AWS would refuse."""
    for index, principal in enumerate(params["service_linked_roles"]):
        _check_principal(f"service_linked_roles[{index}]", principal)
    _check_unique("service_linked_roles", params["service_linked_roles"], "service principal")
    trusted = [item["service_principal"] for item in params["trusted_services"]]
    for index, principal in enumerate(trusted):
        _check_principal(f"trusted_services[{index}].service_principal", principal)
    _check_unique("trusted_services", trusted, "service principal")
    for index, item in enumerate(params["delegated_administrators"]):
        _check_administrator(f"delegated_administrators[{index}]", item, params["account_id"])
    administrators = params["delegated_administrators"]
    pairs = [(item["service_principal"], item["account_id"]) for item in administrators]
    _check_unique("delegated_administrators", pairs, "service principal and account")
    only = [
        item["service_principal"]
        for item in administrators
        if item["service_principal"] in REGIONAL_ADMINISTRATORS and item["state"] != "absent"
    ]
    _check_unique("delegated_administrators", only, "service that has one administrator")
    for index, policy_type in enumerate(params["policy_types"]):
        _check_policy_type(f"policy_types[{index}]", policy_type)
    _check_unique("policy_types", params["policy_types"], "type")
    for index, policy in enumerate(params["policies"]):
        _check_policy(f"policies[{index}]", policy)
    _check_unique("policies", [(policy["type"], policy["name"]) for policy in params["policies"]], "type and name")
    if params["resource_policy"] and params["resource_policy"]["state"] != "absent":
        _check_resource_policy(params["resource_policy"]["statements"])


def _check_organization(organization: Observed, account_id: str) -> None:
    """Refuse to work from a member account, or without the features that all of this needs."""
    identifier, management = organization.attributes["id"], organization.fields["management_account_id"]
    if management != account_id:
        raise BaselineError(
            f"Account {account_id} is a member of organization {identifier}. This is for its management account, "
            f"{management}. Nothing was changed."
        )
    if organization.fields["feature_set"] != organizations.ALL_FEATURES:
        raise BaselineError(
            f"Organization {identifier} has the features of consolidated billing only. Trusted access, delegated "
            "administrators and policies need all features: enable them in AWS Organizations, and let all accounts "
            "accept. Nothing was changed."
        )


def _administrators(items: list[dict[str, t.Any]], regions: list[str]) -> list[Desired]:
    desired = []
    for item in items:
        principal, account_id, state = item["service_principal"], item["account_id"], item["state"]
        if principal in REGIONAL_ADMINISTRATORS:
            admin = REGIONAL_ADMINISTRATORS[principal]
            desired += [dataclasses.replace(admin(account_id, region), state=state) for region in regions]
            continue
        if principal == organizations.TrailAdministrator.PRINCIPAL:
            kind, key = organizations.TrailAdministrator.type, account_id
        else:
            kind = organizations.DelegatedAdministrator.type
            key = organizations.delegation_key(principal, account_id)
        needs = ((organizations.ServiceAccess.type, principal),) if state == "present" else ()
        desired.append(Desired(kind, key, state=state, requires=needs))
    return desired


def _policy(options: dict[str, t.Any], root: str) -> Desired:
    kind = organizations.Policy.type
    key = organizations.policy_key(options["type"], options["name"])
    if options["state"] == "absent":
        return Desired(kind, key, state="absent")
    fields = fields_of(options, "type")
    if "targets" in fields:
        fields["targets"] = sorted({root if target == "root" else target for target in fields["targets"]})
    if not fields["purge_targets"]:
        del fields["purge_targets"]
    needs = ((organizations.PolicyType.type, options["type"]),)
    return Desired(kind, key, fields, options["state"], requires=needs)


def _resource_policy(options: dict[str, t.Any] | None) -> list[Desired]:
    kind, key = organizations.ResourcePolicy.type, organizations.THE_ORGANIZATION
    if options is None:
        return []
    if options["state"] == "absent":
        return [Desired(kind, key, state="absent")]
    fields = {"statements": {statement["Sid"]: statement for statement in options["statements"]}}
    if options["purge_statements"]:
        fields["purge_statements"] = True
    return [Desired(kind, key, fields, options["state"])]


def converge(context: Context) -> dict[str, object]:
    """Bring the organization to the declared state."""
    params = context.params
    _check(params)
    regions = context.regions()
    kind, key = organizations.Organization.type, organizations.THE_ORGANIZATION
    found = context.reconcile([Desired(kind, key, state="existing")])
    if found.errors:
        return context.result(found)
    home = context.connection.home
    organization = found.observed[(home.region, kind, key)]
    _check_organization(organization, home.account_id)
    root = organization.attributes["root_id"]
    desired = [
        *(Desired(ServiceLinkedRole.type, principal) for principal in params["service_linked_roles"]),
        *(
            Desired(organizations.ServiceAccess.type, item["service_principal"], state=item["state"])
            for item in params["trusted_services"]
        ),
        *_administrators(params["delegated_administrators"], regions),
        *(Desired(organizations.PolicyType.type, name, {"root_id": root}) for name in params["policy_types"]),
        *(_policy(policy, root) for policy in params["policies"]),
        *_resource_policy(params["resource_policy"]),
    ]
    return context.result(
        context.reconcile(desired),
        organization_id=organization.attributes["id"],
        management_account_id=home.account_id,
        root_id=root,
    )


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
