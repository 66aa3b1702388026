#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_aggregator
version_added: 0.1.0
short_description: Manage an aggregator of AWS Config, and its role
description:
  - Manages an aggregator, which collects in one place what AWS Config knows of many accounts and regions. It is in the
    home region, O(region).
  - Its accounts are those of the organization, as they come and go, or those of a list.
  - For the organization it is to be made in the management account, or in the delegated administrator for
    C(config.amazonaws.com). It needs a role by which AWS Config reads which accounts there are.
  - Each account of a list has to authorize the aggregator's account beforehand, unless it is the same one.
author:
  - The secops.aws_baseline authors (@secops)
options:
  state:
    description: Whether the aggregator should exist. With it all that it has collected is deleted, but not its role.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the aggregator, 1 to 256 letters, digits, hyphens and underscores.
    type: str
    required: true
  account_ids:
    description:
      - The accounts to collect from, 12 digits each, instead of those of the organization.
      - An aggregator that is V(present) needs one of this, O(role) and O(role_arn).
    type: list
    elements: str
  role_arn:
    description: ARN of the role by which AWS Config reads which accounts the organization has.
    type: str
  aws_regions:
    description: Codes of the regions to collect from. All regions, future ones too, when omitted.
    type: list
    elements: str
    default: []
  tags:
    description: Tags of the aggregator. Others are removed.
    type: dict
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.config_recorder
  - name: Multi-account multi-region data aggregation
    description: What an aggregator shows, and what accounts have to authorize.
    link: https://docs.aws.amazon.com/config/latest/developerguide/aggregate-data.html
"""

EXAMPLES = r"""
- name: Collect from all accounts and regions of the organization
  secops.aws_baseline.config_aggregator:
    region: eu-west-2
    name: OrgConfigAggregator
    role:
      name: acme-configaggregator-role
      assume_role_policy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: config.amazonaws.com
            Action: sts:AssumeRole
      managed_policies:
        - service-role/AWSConfigRoleForOrganizations

- name: Collect from two accounts in one region
  secops.aws_baseline.config_aggregator:
    region: eu-west-2
    name: Shops
    account_ids:
      - '100000000011'
      - '100000000012'
    aws_regions:
      - eu-west-2
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
      type: AWS::Config::ConfigurationAggregator
      key: OrgConfigAggregator
      account_id: '123456789012'
      region: eu-west-2
      before:
        aws_regions: [eu-west-2]
      after:
        aws_regions: []
      operations:
        - config:PutConfigurationAggregator
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
      region: eu-west-2
      code: OrganizationAccessDeniedException
      message: >-
        AWS::Config::ConfigurationAggregator OrgConfigAggregator: config:PutConfigurationAggregator in account
        123456789012, region eu-west-2: OrganizationAccessDeniedException: This action can only be performed if you are
        a registered delegated administrator for AWS Config
      type: AWS::Config::ConfigurationAggregator
      key: OrgConfigAggregator
      operation: config:PutConfigurationAggregator
"""

import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import known_regions
from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import (
    ROLE_ARN,
    SAMPLE_SCOPE,
    check_account_ids,
    fields_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import config_organization, iam
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Ref

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "account_ids": {"type": "list", "elements": "str"},
    "role_arn": {"type": "str"},
    "aws_regions": {"type": "list", "elements": "str", "default": []},
    "tags": {"type": "dict"},
    "role": {"type": "dict", "options": iam.ROLE_OPTIONS},
}

SOURCES = ("account_ids", "role_arn", "role")
NAME = re.compile(r"[\w-]{1,256}", re.ASCII)


def checked(params: dict[str, t.Any]) -> list[Desired]:
    """The aggregator and its role as declared. Raises OptionError for what AWS would refuse."""
    kind, name = config_organization.ConfigurationAggregator.type, params["name"]
    if not NAME.fullmatch(name):
        raise OptionError("name", name, "1 to 256 letters, digits, hyphens and underscores")
    given = [option for option in SOURCES if params[option]]
    if params["state"] == "absent":
        if given:
            raise OptionError(given[0], params[given[0]], "nothing, unless state is present")
        return [Desired(kind, name, state="absent")]
    if len(given) != 1:
        raise OptionError("account_ids", params["account_ids"], f"exactly one of {', '.join(SOURCES)}")
    unknown = sorted(set(params["aws_regions"]) - set(known_regions()))
    if unknown:
        raise OptionError("aws_regions", unknown, f"region codes: {', '.join(known_regions())}")
    check_account_ids("account_ids", params["account_ids"])
    if params["role_arn"] and not ROLE_ARN.fullmatch(SAMPLE_SCOPE.substitute(params["role_arn"])):
        raise OptionError("role_arn", params["role_arn"], "the ARN of an IAM role")
    # all are declared, so that one source replaces another
    fields = {"aws_regions": params["aws_regions"], "account_ids": params["account_ids"] or []}
    fields |= fields_of({"tags": params["tags"]})
    role = iam.role(params["role"]) if params["role"] else []
    fields["role_arn"] = Ref(iam.Role.type, params["role"]["name"]) if role else params["role_arn"] or ""
    return [*role, Desired(kind, name, fields)]


def converge(context: Context) -> dict[str, object]:
    """Bring the aggregator and its role to the declared state."""
    return context.result(context.reconcile(checked(context.params)))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
