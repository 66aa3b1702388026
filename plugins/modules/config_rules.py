#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_rules
version_added: 0.1.0
short_description: Manage AWS Config rules in all regions of an account
description:
  - Creates, changes and removes any number of AWS Config rules in all enabled regions, with one read per region and
    only the writes that are needed.
  - Manages rules that AWS provides (AWS managed rules). Rules with a Lambda function or a Guard policy of your own are
    left alone.
  - AWS Config refuses rules in a region without a configuration recorder.
author:
  - The secops.aws_baseline authors (@secops)
options:
  rules:
    description: The rules. Rules that are not listed are left alone, unless O(purge) is set.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the rule, unique within the region. 1 to 128 characters.
        type: str
        required: true
      state:
        description: Whether the rule should exist.
        type: str
        choices: [present, absent]
        default: present
      scope:
        description:
          - Where the rule should be, V(all) for every region or V(home) for the home region, O(region), only.
          - V(home) suits rules about what exists once per account, such as the password policy.
        type: str
        choices: [all, home]
        default: all
      identifier:
        description:
          - Identifier of the managed rule, such as V(IAM_PASSWORD_POLICY).
          - Required for a rule that is V(present).
        type: str
      description:
        description: Description of the rule, up to 256 characters. Empty to have none.
        type: str
      input_parameters:
        description:
          - Parameters of the rule, by name. AWS Config keeps all values as text, so V(90) and text of it are the same.
          - Empty to have none.
        type: dict
      maximum_execution_frequency:
        description: How often AWS Config evaluates a periodic rule.
        type: str
        choices: [One_Hour, Three_Hours, Six_Hours, Twelve_Hours, TwentyFour_Hours]
      compliance_resource_types:
        description: Resource types, such as V(AWS::S3::Bucket), that the rule looks at. Empty for all it can look at.
        type: list
        elements: str
      compliance_resource_id:
        description:
          - Id of the only resource that the rule looks at.
          - Needs exactly one item in O(rules[].compliance_resource_types).
        type: str
      tag_key:
        description: The rule looks at resources with this tag only.
        type: str
      tag_value:
        description: Value that the tag O(rules[].tag_key) must have.
        type: str
      tags:
        description: Tags of the rule. Others are removed. They cost one more read per rule and region.
        type: dict
  purge:
    description: Whether to delete rules whose names start with O(purge_prefix) and are not listed.
    type: bool
    default: false
  purge_prefix:
    description:
      - What the names of the rules that are ours start with.
      - Required if O(purge) is V(true), and must not be empty.
      - Rules that another AWS service made for itself are never deleted.
    type: str
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.config_recorder
  - name: List of AWS Config managed rules
    description: Identifiers and parameters.
    link: https://docs.aws.amazon.com/config/latest/developerguide/managed-rules-by-aws-config.html
"""

EXAMPLES = r"""
- name: Evaluate security groups in every region and the password policy in the home region
  secops.aws_baseline.config_rules:
    region: eu-central-1
    rules:
      - name: baseline--restricted-ssh
        identifier: INCOMING_SSH_DISABLED
      - name: baseline--iam-password-policy
        identifier: IAM_PASSWORD_POLICY
        scope: home
        maximum_execution_frequency: One_Hour
        input_parameters:
          MinimumPasswordLength: 14
          PasswordReusePrevention: 24

- name: Keep these rules and delete others that are ours
  secops.aws_baseline.config_rules:
    region: eu-central-1
    rules: "{{ rules }}"
    purge: true
    purge_prefix: baseline--
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
      type: AWS::Config::ConfigRule
      key: baseline--restricted-ssh
      account_id: '123456789012'
      region: us-east-1
      before:
        description: Restrict SSH
      after:
        description: No security group opens SSH to the world
      operations:
        - config:PutConfigRule
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
      region: us-east-1
      code: AccessDeniedException
      message: >-
        AWS::Config::ConfigRule baseline--restricted-ssh: config:PutConfigRule in account
        123456789012, region us-east-1: AccessDeniedException: User is not authorized to perform
        config:PutConfigRule
      type: AWS::Config::ConfigRule
      key: baseline--restricted-ssh
      operation: config:PutConfigRule
      permission: config:PutConfigRule
"""

import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import check_purge, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.reconcile import Purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import config
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Fields

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    "rules": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "scope": {"type": "str", "choices": ["all", "home"], "default": "all"},
            "identifier": {"type": "str"},
            "description": {"type": "str"},
            "input_parameters": {"type": "dict"},
            "maximum_execution_frequency": {"type": "str", "choices": list(config.FREQUENCIES)},
            "compliance_resource_types": {"type": "list", "elements": "str"},
            "compliance_resource_id": {"type": "str"},
            "tag_key": {"type": "str", "no_log": False},
            "tag_value": {"type": "str"},
            "tags": {"type": "dict"},
        },
        "required_if": [("state", "present", ["identifier"])],
        "required_by": {"tag_value": ["tag_key"]},
    },
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str"},
}

MOST_NAME = 128


def _fields(rule: dict[str, t.Any], option: str) -> Fields:
    """The declared fields of a rule. Raises OptionError for what AWS Config would refuse."""
    if not rule["name"].strip() or len(rule["name"]) > MOST_NAME:
        raise OptionError(f"{option}.name", rule["name"], f"1 to {MOST_NAME} characters, not only spaces")
    if rule["state"] == "absent":
        return {}
    option = f"{option} ({rule['name']})"
    fields = fields_of(rule, "scope")
    config.check_managed_rule(fields, option)
    if rule["compliance_resource_id"] and len(rule["compliance_resource_types"] or []) != 1:
        allowed = "exactly one resource type, because compliance_resource_id is set"
        raise OptionError(f"{option}.compliance_resource_types", rule["compliance_resource_types"], allowed)
    return fields


def converge(context: Context) -> dict[str, object]:
    """Bring the rules of all regions to the declared state."""
    params = context.params
    check_purge(params)
    seen: set[str] = set()
    declared = []
    for index, rule in enumerate(params["rules"]):
        declared.append((rule, _fields(rule, f"rules[{index}]")))
        if rule["name"] in seen:
            raise OptionError(f"rules[{index}].name", rule["name"], "a name that no other rule has")
        seen.add(rule["name"])
    regions = context.regions()
    home = context.connection.home.region
    desired = [
        Desired(config.ConfigRule.type, rule["name"], fields, rule["state"], region)
        for region in regions
        for rule, fields in declared
        if rule["scope"] == "all" or region == home
    ]
    purges = [Purge(config.ConfigRule.type, params["purge_prefix"], region) for region in regions if params["purge"]]
    return context.result(context.reconcile(desired, purges))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
