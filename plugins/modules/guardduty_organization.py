#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guardduty_organization
version_added: 0.1.0
short_description: Manage GuardDuty for all accounts of an organization
description:
  - Says, in all regions in parallel, in which accounts of the organization GuardDuty switches itself on, and with which
    features, and makes accounts members at once instead of in AWS's own time.
  - Runs in the account that administers GuardDuty for the organization. It is the management account that designates
    it, once in every region. As long as it has not, everything is planned, and a run fails with the answer of AWS.
  - The administrator needs a detector in every region, and the management account one of its own before it can become a
    member.
  - Accounts that followed the administrator by invitation become members through the organization by themselves. An
    account that follows another administrator is reported, and stays where it is until it is disassociated there.
author:
  - The secops.aws_baseline authors (@secops)
options:
  auto_enable_organization_members:
    description:
      - V(ALL) makes all accounts members, also those that exist, were suspended or were removed. AWS takes up to a day
        for it, and lets no account go as long as it is set.
      - V(NEW) makes members of accounts that join the organization from now on.
      - V(NONE) leaves it to O(members).
    type: str
    choices: [ALL, NEW, NONE]
    default: ALL
  features:
    description:
      - The features to switch on in members, by name. Features that are not given are left alone.
      - Every feature has C(auto_enable), V(ALL) for all members, V(NEW) for new ones or V(NONE), and optionally
        C(additional_configuration), a dictionary of names to V(ALL), V(NEW) or V(NONE). V(NONE) switches nothing off.
      - Names are those of the GuardDuty API, such as V(S3_DATA_EVENTS), V(EKS_AUDIT_LOGS), V(EBS_MALWARE_PROTECTION),
        V(RDS_LOGIN_EVENTS), V(LAMBDA_NETWORK_LOGS) and V(RUNTIME_MONITORING). Accepted are all that the installed
        botocore knows.
      - GuardDuty does not take V(RUNTIME_MONITORING) and V(EKS_RUNTIME_MONITORING) together.
    type: dict
  members:
    description:
      - Accounts of the organization that are to be members when the module returns, with GuardDuty switched on.
        Accounts that are not listed are left alone.
      - With O(auto_enable_organization_members=ALL) this is only about time.
    type: list
    elements: dict
    default: []
    suboptions:
      account_id:
        description: The account. Not the administrator itself.
        type: str
        required: true
      email:
        description: The e-mail address of the account, which GuardDuty asks for, and does not write to.
        type: str
        required: true
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.guardduty_detector
  - module: secops.aws_baseline.guardduty_members
  - name: Managing GuardDuty accounts with AWS Organizations
    description: What administrator and members may do.
    link: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_organizations.html
"""

EXAMPLES = r"""
- name: GuardDuty in all accounts of the organization, with the protection of S3 in each
  secops.aws_baseline.guardduty_organization:
    region: eu-central-1
    auto_enable_organization_members: ALL
    features:
      S3_DATA_EVENTS:
        auto_enable: ALL

- name: The same, without waiting for AWS
  secops.aws_baseline.guardduty_organization:
    region: eu-central-1
    members:
      - account_id: "100000000001"
        email: management@example.com
      - account_id: "100000000011"
        email: shop@example.com
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
      type: AWS::GuardDuty::OrganizationConfiguration
      key: organization
      account_id: '100000000003'
      region: us-east-1
      before:
        auto_enable_organization_members: NONE
      after:
        auto_enable_organization_members: ALL
      operations:
        - guardduty:UpdateOrganizationConfiguration
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
      code: BadRequestException
      message: >-
        AWS::GuardDuty::OrganizationConfiguration organization: guardduty:UpdateOrganizationConfiguration in account
        100000000003, region us-east-1: BadRequestException: The request failed because you do not have required AWS
        Organization master permission.
      type: AWS::GuardDuty::OrganizationConfiguration
      key: organization
      operation: guardduty:UpdateOrganizationConfiguration
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
    "auto_enable_organization_members": {"type": "str", "choices": list(accounts.AUTO_ENABLE), "default": "ALL"},
    "features": {"type": "dict"},
    "members": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "account_id": {"type": "str", "required": True},
            "email": {"type": "str", "required": True},
        },
    },
}


def converge(context: Context) -> dict[str, object]:
    """Bring the organization's settings and members of all regions to the declared state."""
    params = context.params
    features = accounts.ORGANIZATION_FEATURES.checked(params["features"] or {})
    wanted = accounts.members(params["members"], {"status": "Enabled"}, params["account_id"])
    configuration = accounts.organization_configuration(params["auto_enable_organization_members"], features)
    desired = guardduty.in_regions([configuration, *wanted], context.regions())
    return context.result(context.reconcile(desired))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
