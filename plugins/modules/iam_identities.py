#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_identities
version_added: 0.1.0
short_description: Manage managed policies, groups and roles of an AWS account
description:
  - Creates, changes and removes any number of customer managed policies, groups, roles and instance profiles of an
    account, with one to three reads for all of them and only the writes that are needed.
  - Policy documents, names and paths are checked before the first AWS call.
  - What is not listed is left alone. So is what is attached to, or a member of, something listed, unless it is purged.
  - A document that differs becomes a new default version of its policy. If there are five versions already, the oldest
    one that is not in use is deleted.
author:
  - The secops.aws_baseline authors (@secops)
options:
  managed_policies:
    description: Customer managed policies.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the policy, unique in the account whatever its path. 1 to 128 characters.
        type: str
        required: true
      state:
        description:
          - Whether the policy should exist.
          - A policy that is still attached to something is not deleted, but reported as an error. Groups and roles of
            the same call are put right first.
        type: str
        choices: [present, absent]
        default: present
      path:
        description:
          - Path of the policy, with a slash at both ends.
          - AWS cannot change the path of a policy. For a policy that has another one the module fails and changes
            nothing.
        type: str
        default: /
      description:
        description:
          - Description of the policy, up to 1000 characters.
          - Used when the policy is created. AWS cannot change it, so that later it is not compared.
        type: str
      document:
        description: Policy document. Required for a policy that is V(present).
        type: dict
      tags:
        description: Tags of the policy. Others are removed. Costs one more read for each policy that has this option.
        type: dict
  groups:
    description: Groups of users.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the group, 1 to 128 characters.
        type: str
        required: true
      state:
        description:
          - Whether the group should exist.
          - The members of a group that is V(absent) are removed from it, its policies are detached or deleted.
        type: str
        choices: [present, absent]
        default: present
      path:
        description: Path of the group, with a slash at both ends.
        type: str
      managed_policies:
        description:
          - Managed policies to attach, as ARNs or names.
          - A name means the policy of that name in O(managed_policies), otherwise one of AWS's own policies, with its
            path if it has one, such as V(job-function/SupportUser). A customer managed policy that is not in
            O(managed_policies) is named by its ARN.
        type: list
        elements: str
      purge_managed_policies:
        description: Whether to detach policies that are not in O(groups[].managed_policies), if that is given.
        type: bool
        default: false
      members:
        description:
          - Names of users to have in the group. They must exist; otherwise the module fails and changes nothing.
          - When omitted, memberships are left alone and users are not read.
        type: list
        elements: str
      purge_members:
        description: Whether to remove users that are not in O(groups[].members), if that is given.
        type: bool
        default: false
  roles:
    description: Roles.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the role, 1 to 64 characters.
        type: str
        required: true
      state:
        description:
          - Whether the role should exist.
          - With a role that is V(absent) goes its instance profile of the same name.
        type: str
        choices: [present, absent]
        default: present
      path:
        description:
          - Path of the role, with a slash at both ends.
          - AWS cannot change the path of a role. For a role that has another one the module fails and changes nothing.
        type: str
      description:
        description: Description of the role, up to 1000 characters. Empty to have none.
        type: str
      assume_role_policy:
        description: Trust policy, which says who may assume the role. Required for a role that is V(present).
        type: dict
      managed_policies:
        description:
          - Managed policies to attach, as ARNs or names.
          - A name means the policy of that name in O(managed_policies), otherwise one of AWS's own policies, with its
            path if it has one, such as V(service-role/AWS_ConfigRole).
        type: list
        elements: str
      purge_managed_policies:
        description: Whether to detach policies that are not in O(roles[].managed_policies), if that is given.
        type: bool
        default: false
      inline_policies:
        description: Inline policies, by name. Each is a policy document.
        type: dict
      purge_inline_policies:
        description: Whether to delete inline policies that are not in O(roles[].inline_policies), if that is given.
        type: bool
        default: false
      max_session_duration:
        description: For how long the role may be assumed at once, 3600 to 43200 seconds.
        type: int
      permissions_boundary:
        description: Managed policy that limits what the role can do, as ARN or name. Empty to have none.
        type: str
      tags:
        description: Tags of the role. Others are removed.
        type: dict
      instance_profile:
        description:
          - Whether an instance profile of the same name and path should exist, with the role in it.
          - When omitted, instance profiles are left alone.
        type: bool
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.iam_password_policy
"""

EXAMPLES = r"""
- name: A policy, a group that has it, and a role for machines
  secops.aws_baseline.iam_identities:
    region: eu-central-1
    managed_policies:
      - name: SelfService
        path: /infosec/policy/
        document:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Action: iam:ChangePassword
              Resource: arn:${AWS::Partition}:iam::${AWS::AccountId}:user/${aws:username}
    groups:
      - name: Auditors
        managed_policies:
          - SelfService
          - SecurityAudit
        purge_managed_policies: true
        members:
          - alice
    roles:
      - name: Machine
        path: /infosec/services/
        assume_role_policy:
          Version: "2012-10-17"
          Statement:
            - Effect: Allow
              Principal:
                Service: ec2.amazonaws.com
              Action: sts:AssumeRole
        managed_policies:
          - AmazonSSMManagedInstanceCore
        instance_profile: true

- name: No such group any more
  secops.aws_baseline.iam_identities:
    region: eu-central-1
    groups:
      - name: Everything
        state: absent
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
    - action: update
      type: AWS::IAM::Group
      key: Auditors
      account_id: '123456789012'
      region: global
      before:
        managed_policies:
          - arn:aws:iam::aws:policy/SecurityAudit
      after:
        managed_policies:
          - arn:aws:iam::123456789012:policy/infosec/policy/SelfService
          - arn:aws:iam::aws:policy/SecurityAudit
      operations:
        - iam:AttachGroupPolicy
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
    - account_id: '123456789012'
      region: global
      code: AccessDenied
      message: >-
        AWS::IAM::Group Auditors: iam:AttachGroupPolicy in account 123456789012, region eu-central-1: AccessDenied: User
        is not authorized to perform iam:AttachGroupPolicy
      type: AWS::IAM::Group
      key: Auditors
      operation: iam:AttachGroupPolicy
      permission: iam:AttachGroupPolicy
"""

from collections.abc import Collection

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import check_policy
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import iam
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Fields

STATE = {"type": "str", "choices": ["present", "absent"], "default": "present"}

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "managed_policies": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "state": STATE,
            "path": {"type": "str", "default": "/"},
            "description": {"type": "str"},
            "document": {"type": "dict"},
            "tags": {"type": "dict"},
        },
        "required_if": [("state", "present", ["document"])],
    },
    "groups": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "name": {"type": "str", "required": True},
            "state": STATE,
            "path": {"type": "str"},
            "managed_policies": {"type": "list", "elements": "str"},
            "purge_managed_policies": {"type": "bool", "default": False},
            "members": {"type": "list", "elements": "str"},
            "purge_members": {"type": "bool", "default": False},
        },
    },
    "roles": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {**iam.ROLE_OPTIONS, "state": STATE, "instance_profile": {"type": "bool"}},
        "required_if": [("state", "present", ["assume_role_policy"])],
    },
}


def managed_policy(options: Fields, option: str) -> Desired:
    """The policy that I(options) declare. option: their name in messages."""
    iam.check_name(f"{option}.name", options["name"])
    if options["state"] == "absent":
        return Desired(iam.ManagedPolicy.type, options["name"], state="absent")
    iam.check_path(f"{option}.path", options["path"])
    check_policy(f"{option}.document", options["document"], "identity", "managed_policy")
    return Desired(iam.ManagedPolicy.type, options["name"], iam.declared_fields(options))


def group(options: Fields, option: str, declared: dict[str, str]) -> Desired:
    """The group that I(options) declare. declared: managed policies of the same call, name -> path."""
    iam.check_name(f"{option}.name", options["name"])
    if options["state"] == "absent":
        return Desired(iam.Group.type, options["name"], state="absent")
    iam.check_path(f"{option}.path", options["path"])
    fields = iam.declared_fields(options)
    if "managed_policies" in fields:
        fields["managed_policies"] = [iam.policy_arn(name, declared) for name in fields["managed_policies"]]
    requires = iam.policy_requirements(fields.get("managed_policies", ()), declared)
    return Desired(iam.Group.type, options["name"], fields, requires=requires)


def instance_profile(options: Fields) -> list[Desired]:
    """The instance profile of the role that I(options) declare, if they say anything about it."""
    name = options["name"]
    if options["state"] == "present" and options["instance_profile"]:
        fields = {"role": name, "path": options["path"]}
        return [Desired(iam.InstanceProfile.type, name, fields, requires=((iam.Role.type, name),))]
    if options["state"] == "absent" or options["instance_profile"] is False:
        return [Desired(iam.InstanceProfile.type, name, state="absent")]
    return []


def refuse_absent_policies(options: Fields, option: str, absent: Collection[str]) -> None:
    """Refuse to attach what the same call deletes."""
    named = [*(options["managed_policies"] or ()), options.get("permissions_boundary")]
    contradictory = sorted(set(absent).intersection(named))
    if contradictory and options["state"] == "present":
        raise OptionError(f"{option}.managed_policies", contradictory, "policies that are not absent in the same call")


def converge(context: Context) -> dict[str, object]:
    """Bring the account's policies, groups and roles to the declared state."""
    params = context.params
    policies, groups, roles = params["managed_policies"], params["groups"], params["roles"]
    declared = {item["name"]: item["path"] for item in policies if item["state"] == "present"}
    absent = {item["name"] for item in policies} - set(declared)
    desired = [managed_policy(item, f"managed_policies[{index}]") for index, item in enumerate(policies)]
    for index, item in enumerate(groups):
        refuse_absent_policies(item, f"groups[{index}]", absent)
        desired.append(group(item, f"groups[{index}]", declared))
    for index, item in enumerate(roles):
        refuse_absent_policies(item, f"roles[{index}]", absent)
        desired += [*iam.role(item, f"roles[{index}]", declared), *instance_profile(item)]
    return context.result(context.reconcile(desired))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
