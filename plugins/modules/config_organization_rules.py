#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_organization_rules
version_added: 0.1.0
short_description: Manage AWS Config rules of an organization, in all regions
description:
  - Creates, changes and removes any number of AWS Config rules that AWS deploys to all accounts of the organization, in
    all enabled regions. Accounts that join later get them too, and no account can change them.
  - To be run in the organization's management account, or in the delegated administrator for
    C(config-multiaccountsetup.amazonaws.com). Each sees and manages only the rules that were made from it.
  - Manages rules that AWS provides (AWS managed rules). Others are left alone.
  - Every account that is not excluded needs a configuration recorder in the region. Where one is missing, the module
    fails after it has waited, and names the accounts. A rule whose deployment failed is written again by the next run.
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
        description: Name of the rule, 1 to 64 letters, digits, hyphens and underscores.
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
          - V(home) suits rules about what an account has once, such as the password policy.
        type: str
        choices: [all, home]
        default: all
      identifier:
        description:
          - Identifier of the managed rule, such as V(INCOMING_SSH_DISABLED).
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
      resource_types_scope:
        description: Resource types, such as V(AWS::S3::Bucket), that the rule looks at. Empty for all it can look at.
        type: list
        elements: str
      resource_id_scope:
        description:
          - Id of the only resource that the rule looks at.
          - Needs exactly one item in O(rules[].resource_types_scope).
        type: str
      tag_key_scope:
        description: The rule looks at resources with this tag only.
        type: str
      tag_value_scope:
        description: Value that the tag O(rules[].tag_key_scope) must have.
        type: str
      excluded_accounts:
        description: Accounts that do not get the rule, 12 digits each. Empty for none.
        type: list
        elements: str
      tags:
        description: Tags of the rule. Others are removed. They cost one more read per rule and region.
        type: dict
  purge:
    description: Whether to delete rules of the organization whose names start with O(purge_prefix) and are not listed.
    type: bool
    default: false
  purge_prefix:
    description:
      - What the names of the rules that are ours start with.
      - Required if O(purge) is V(true), and must not be empty.
    type: str
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - secops.aws_baseline.wait
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.config_rules
  - module: secops.aws_baseline.config_conformance_packs
  - name: AWS Config rules across all accounts of an organization
    description: How AWS deploys them.
    link: https://docs.aws.amazon.com/config/latest/developerguide/config-rule-multi-account-deployment.html
"""

EXAMPLES = r"""
- name: No security group of the organization opens SSH to the world
  secops.aws_baseline.config_organization_rules:
    region: eu-central-1
    rules:
      - name: OrganizationRestrictedSSH
        identifier: INCOMING_SSH_DISABLED
        description: restricted-ssh
        excluded_accounts:
          - '100000000099'

- name: Keep these rules and delete others that are ours, without waiting
  secops.aws_baseline.config_organization_rules:
    region: eu-central-1
    regions: [eu-central-1]
    rules: "{{ rules }}"
    purge: true
    purge_prefix: Organization
    wait: false
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
      type: AWS::Config::OrganizationConfigRule
      key: OrganizationRestrictedSSH
      account_id: '123456789012'
      region: eu-central-1
      before:
        description: SSH
      after:
        description: restricted-ssh
      operations:
        - config:PutOrganizationConfigRule
errors:
  description: What failed. One failure does not keep other regions and resources from being put right.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    account_id:
      description: The account in which it failed, which may be another one of the organization.
      type: str
    region:
      description: The region in which it failed.
      type: str
    code:
      description:
        - The error code as AWS returned it.
        - V(PrerequisiteFailed) if it was not tried because something that it needs failed before.
        - V(NotAsRequired) if something that must be there already is missing or different.
        - V(NotSettled) if AWS had not done what was written within O(wait_timeout).
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
    - account_id: '100000000011'
      region: eu-central-1
      code: NoAvailableConfigurationRecorder
      message: >-
        AWS::Config::OrganizationConfigRule OrganizationRestrictedSSH: CREATE_FAILED in account 100000000011, region
        eu-central-1: NoAvailableConfigurationRecorder: There is no configuration recorder available to record your
        resources.
      type: AWS::Config::OrganizationConfigRule
      key: OrganizationRestrictedSSH
"""

import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    WAIT_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import (
    check_account_ids,
    check_purge,
    check_wait,
    fields_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.reconcile import Purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import config, config_organization
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Fields

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    **WAIT_OPTIONS,
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
            "resource_types_scope": {"type": "list", "elements": "str"},
            "resource_id_scope": {"type": "str"},
            "tag_key_scope": {"type": "str", "no_log": False},
            "tag_value_scope": {"type": "str"},
            "excluded_accounts": {"type": "list", "elements": "str"},
            "tags": {"type": "dict"},
        },
        "required_if": [("state", "present", ["identifier"])],
        "required_by": {"tag_value_scope": ["tag_key_scope"]},
    },
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str"},
}

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def _fields(rule: dict[str, t.Any], option: str) -> Fields:
    """The declared fields of a rule. Raises OptionError for what AWS Config would refuse."""
    if not NAME.fullmatch(rule["name"]):
        raise OptionError(f"{option}.name", rule["name"], "1 to 64 letters, digits, hyphens and underscores")
    if rule["state"] == "absent":
        return {}
    option = f"{option} ({rule['name']})"
    fields = fields_of(rule, "scope")
    config.check_managed_rule(fields, option)
    check_account_ids(f"{option}.excluded_accounts", rule["excluded_accounts"])
    if rule["resource_id_scope"] and len(rule["resource_types_scope"] or []) != 1:
        allowed = "exactly one resource type, because resource_id_scope is set"
        raise OptionError(f"{option}.resource_types_scope", rule["resource_types_scope"], allowed)
    return {**fields, "status": config_organization.SUCCESSFUL}


def converge(context: Context) -> dict[str, object]:
    """Bring the organization's rules of all regions to the declared state."""
    params = context.params
    check_purge(params)
    check_wait(params)
    seen: set[str] = set()
    declared = []
    for index, rule in enumerate(params["rules"]):
        declared.append((rule, _fields(rule, f"rules[{index}]")))
        if rule["name"] in seen:
            raise OptionError(f"rules[{index}].name", rule["name"], "a name that no other rule has")
        seen.add(rule["name"])
    regions = context.regions()
    home = context.connection.home.region
    kind = config_organization.OrganizationConfigRule.type
    desired = [
        Desired(kind, rule["name"], fields, rule["state"], region)
        for region in regions
        for rule, fields in declared
        if rule["scope"] == "all" or region == home
    ]
    purges = [Purge(kind, params["purge_prefix"], region) for region in regions if params["purge"]]
    return context.result(context.reconcile(desired, purges))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
