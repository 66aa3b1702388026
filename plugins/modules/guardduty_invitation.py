#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guardduty_invitation
version_added: 0.1.0
short_description: Accept the invitation of a GuardDuty administrator
description:
  - Makes the account follow another one in GuardDuty, by accepting its invitation, in all regions in parallel.
  - The invitation is made by M(secops.aws_baseline.guardduty_members) in the administrator's account. In check mode it
    may be missing.
  - Nothing is done where the account follows the administrator already, by whichever way. That it follows another one
    is an error, because it would have to leave that one.
  - The account needs a detector in every region.
author:
  - The secops.aws_baseline authors (@secops)
options:
  administrator_account_id:
    description: The account whose invitation to accept.
    type: str
    required: true
  state:
    description:
      - V(present) makes sure that the account follows the administrator.
      - V(absent) makes it leave the administrator. AWS does not let members of an organization leave.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.guardduty_members
  - name: Managing GuardDuty accounts by invitation
    description: What administrator and members may do.
    link: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_invitations.html
"""

EXAMPLES = r"""
- name: Follow the security account in all regions
  secops.aws_baseline.guardduty_invitation:
    region: eu-central-1
    administrator_account_id: "100000000003"
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
      type: AWS::GuardDuty::Master
      key: '100000000003'
      account_id: '100000000011'
      region: us-east-1
      before: null
      after:
        administrator_id: '100000000003'
      operations:
        - guardduty:AcceptAdministratorInvitation
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
        - V(AnotherAdministrator) if the account follows another administrator.
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
      region: us-east-1
      code: AnotherAdministrator
      message: >-
        AWS::GuardDuty::Master: guardduty:GetAdministratorAccount in account 100000000011, region us-east-1:
        AnotherAdministrator: The account follows 100000000002, whose invitation it accepted. It can follow one account
        only. Disassociate it from 100000000002 first, before it accepts an invitation of 100000000003.
      type: AWS::GuardDuty::Master
      operation: guardduty:GetAdministratorAccount
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import guardduty
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import guardduty_organization as accounts

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    "administrator_account_id": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
}


def converge(context: Context) -> dict[str, object]:
    """Accept the invitation in all regions, or leave the administrator."""
    params = context.params
    wanted = accounts.followed(params["administrator_account_id"], params["state"], params["account_id"])
    return context.result(context.reconcile(guardduty.in_regions(wanted, context.regions())))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
