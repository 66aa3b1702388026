#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alarm_mute_rules
version_added: 0.1.0
short_description: Manage rules that mute CloudWatch alarms at certain times
description:
  - Creates, changes and removes any number of rules by which alarms do nothing at certain times. Their states go on
    changing.
  - When a rule begins and ends to hold at all, and its tags, are left as they are.
  - Options are checked before the first AWS call.
author:
  - The secops.aws_baseline authors (@secops)
options:
  mute_rules:
    description: The rules. Rules that are not listed are left alone, unless O(purge) is set.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the rule, 1 to 255 characters.
        type: str
        required: true
      state:
        description: Whether the rule should exist.
        type: str
        choices: [present, absent]
        default: present
      description:
        description: What the rule is for. Empty to have none.
        type: str
      expression:
        description:
          - When alarms are muted, as C(cron) with minutes, hours, days of the month, months and days of the week, or
            once with C(at).
          - Required for a rule that is V(present).
        type: str
      duration:
        description:
          - For how long each time, from V(PT1M) to V(P15D).
          - Required for a rule that is V(present).
        type: str
      timezone:
        description: Time zone of O(mute_rules[].expression), such as V(Europe/Berlin). A new rule has V(UTC).
        type: str
      alarm_names:
        description:
          - Names of the alarms to mute, 1 to 100. Alarms must exist.
          - Required for a rule that is V(present).
        type: list
        elements: str
  purge:
    description: Whether to delete rules whose names start with O(purge_prefix) and are not listed.
    type: bool
    default: false
  purge_prefix:
    description: What the names of rules that are ours start with. Required when O(purge) is set.
    type: str
requirements:
  - a botocore that knows alarm mute rules
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.metric_filters
  - module: secops.aws_baseline.notification_topics
  - module: amazon.aws.cloudwatch_metric_alarm
"""

EXAMPLES = r"""
- name: Do not tell anybody of stacks that the nightly deployment changes
  secops.aws_baseline.alarm_mute_rules:
    region: eu-central-1
    mute_rules:
      - name: baseline--CloudFormationChange
        expression: cron(0 2 * * MON,TUE,WED,THU,FRI)
        duration: PT1H30M
        timezone: Europe/Berlin
        alarm_names:
          - baseline--CloudFormationChange
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
      type: AWS::CloudWatch::AlarmMuteRule
      key: baseline--RootAccess
      account_id: '123456789012'
      region: eu-central-1
      before:
        duration: PT4H
      after:
        duration: PT8H
      operations:
        - cloudwatch:PutAlarmMuteRule
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
      region: eu-central-1
      code: AccessDenied
      message: >-
        AWS::CloudWatch::AlarmMuteRule baseline--RootAccess: cloudwatch:PutAlarmMuteRule in account 123456789012, region
        eu-central-1: AccessDenied: User is not authorized to perform cloudwatch:PutAlarmMuteRule
      type: AWS::CloudWatch::AlarmMuteRule
      key: baseline--RootAccess
      operation: cloudwatch:PutAlarmMuteRule
      permission: cloudwatch:PutAlarmMuteRule
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import shared_loader
from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import check_purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import cloudwatch
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Purge

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "mute_rules": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": cloudwatch.MUTE_RULE_OPTIONS,
        "required_if": [("state", "present", ("expression", "duration", "alarm_names"))],
    },
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str"},
}


def converge(context: Context) -> dict[str, object]:
    """Bring the rules to the declared state."""
    params = context.params
    check_purge(params)
    desired = [cloudwatch.mute_rule(item, f"mute_rules[{index}]") for index, item in enumerate(params["mute_rules"])]
    purges = [Purge(cloudwatch.AlarmMuteRule.type, params["purge_prefix"])] if params["purge"] else []
    if "PutAlarmMuteRule" not in shared_loader().load_service_model("cloudwatch", "service-2")["operations"]:
        too_old = "alarm mute rules need a newer botocore: the installed one does not know them"
        if desired:
            raise BaselineError(too_old)
        context.warnings.append(f"{too_old}. Rules that are no longer declared were not looked for.")
        purges = []
    return context.result(context.reconcile(desired, purges))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
