#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guardduty_members
version_added: 0.1.0
short_description: Invite accounts to follow a GuardDuty administrator
description:
  - Makes accounts known to the account that is to administer GuardDuty for them, and invites them, in all regions in
    parallel. Each accepts with M(secops.aws_baseline.guardduty_invitation).
  - For accounts of one organization M(secops.aws_baseline.guardduty_organization) is the better way, and needs no
    consent. Members through the organization count as invited here, so that nothing is changed for them.
  - The administrator needs a detector in every region.
author:
  - The secops.aws_baseline authors (@secops)
options:
  members:
    description: The accounts. Accounts that are not listed are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      account_id:
        description: The account. Not the administrator itself.
        type: str
        required: true
      email:
        description:
          - The e-mail address of the account's root user. AWS compares it with what it knows, and does not invite the
            account if it is another.
          - Required if O(members[].state) is V(present).
        type: str
      state:
        description:
          - V(present) makes sure that the account is known and invited, or follows already.
          - V(absent) disassociates it, and forgets it. GuardDuty stays on in the account.
        type: str
        choices: [present, absent]
        default: present
  invite:
    description: Whether to invite the accounts. V(false) only makes them known.
    type: bool
    default: true
  disable_email_notification:
    description: Whether to invite without an e-mail to the root user. The invitation is there all the same.
    type: bool
    default: true
  invitation_message:
    description: What to say in the invitation.
    type: str
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.guardduty_invitation
  - module: secops.aws_baseline.guardduty_organization
  - name: Managing GuardDuty accounts by invitation
    description: What administrator and members may do.
    link: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_invitations.html
"""

EXAMPLES = r"""
- name: Invite two accounts, without e-mail
  secops.aws_baseline.guardduty_members:
    region: eu-central-1
    members:
      - account_id: "100000000011"
        email: shop@example.com
      - account_id: "100000000012"
        email: payments@example.com

- name: Let an account go
  secops.aws_baseline.guardduty_members:
    region: eu-central-1
    members:
      - account_id: "100000000012"
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
    - action: create
      type: AWS::GuardDuty::Member
      key: '100000000011'
      account_id: '100000000003'
      region: us-east-1
      before: null
      after:
        disable_email_notification: true
        email: shop@example.com
        status: Invited
      operations:
        - guardduty:CreateMembers
        - guardduty:InviteMembers
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
        - V(NotProcessed) if GuardDuty answered with success, and said that it did not do it.
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
    - account_id: '100000000003'
      region: us-east-1
      code: NotProcessed
      message: >-
        AWS::GuardDuty::Member 100000000011: guardduty:InviteMembers in account 100000000003, region us-east-1:
        NotProcessed: The request is rejected because the current account has already invited or is already the
        GuardDuty master of the given member account ID.
      type: AWS::GuardDuty::Member
      key: '100000000011'
      operation: guardduty:InviteMembers
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
    "members": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "account_id": {"type": "str", "required": True},
            "email": {"type": "str"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
    },
    "invite": {"type": "bool", "default": True},
    "disable_email_notification": {"type": "bool", "default": True},
    "invitation_message": {"type": "str"},
}


def converge(context: Context) -> dict[str, object]:
    """Bring the members of all regions to the declared state."""
    params = context.params
    common: dict[str, object] = {"status": "Created"}
    if params["invite"]:
        common = {"status": "Invited", "disable_email_notification": params["disable_email_notification"]}
        if params["invitation_message"] is not None:
            common["message"] = params["invitation_message"]
    wanted = accounts.members(params["members"], common, params["account_id"])
    return context.result(context.reconcile(guardduty.in_regions(wanted, context.regions())))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
