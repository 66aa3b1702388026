#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metric_alarms
version_added: 0.1.0
short_description: Manage CloudWatch alarms on metrics
description:
  - Creates, changes and removes any number of alarms, with one read for a hundred of them and only the writes that are
    needed.
  - Options are checked before the first AWS call.
  - What CloudWatch keeps of an alarm beyond the options given here is left as it is.
author:
  - The secops.aws_baseline authors (@secops)
options:
  alarms:
    description: The alarms. Alarms that are not listed are left alone, unless O(purge) is set.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: Name of the alarm, 1 to 255 characters.
        type: str
        required: true
      state:
        description: Whether the alarm should exist.
        type: str
        choices: [present, absent]
        default: present
      alarm_description:
        description: What the alarm is about and what to do about it, up to 1024 characters. Empty to have none.
        type: str
      actions_enabled:
        description: Whether the alarm does anything when its state changes.
        type: bool
        default: true
      alarm_actions:
        description: ARNs, such as of topics, of what is told when the state becomes C(ALARM). Up to 5.
        type: list
        elements: str
      ok_actions:
        description: ARNs of what is told when the state becomes C(OK). Up to 5.
        type: list
        elements: str
      insufficient_data_actions:
        description: ARNs of what is told when the state becomes C(INSUFFICIENT_DATA). Up to 5.
        type: list
        elements: str
      metric_name:
        description:
          - Name of the metric.
          - Required for an alarm that is V(present).
        type: str
      namespace:
        description:
          - Namespace of the metric.
          - Required for an alarm that is V(present).
        type: str
      dimensions:
        description: Dimensions of the metric, by name. An empty dictionary for a metric without dimensions.
        type: dict
      statistic:
        description:
          - What is compared with the threshold.
          - An alarm that is V(present) needs this or O(alarms[].extended_statistic).
        type: str
        choices: [SampleCount, Average, Sum, Minimum, Maximum]
      extended_statistic:
        description:
          - What is compared with the threshold, as a percentile or trimmed statistic such as V(p95) and V(tm90).
          - An alarm that is V(present) needs this or O(alarms[].statistic).
        type: str
      period:
        description:
          - Over which time the statistic is made, in seconds. 10, 20, 30, or a multiple of 60.
          - Less than 60 is for high-resolution metrics only, which those of metric filters are not.
          - Required for an alarm that is V(present).
        type: int
      evaluation_periods:
        description:
          - How many of the latest periods are looked at.
          - Together they are at most 86400 seconds long, or 604800 seconds if O(alarms[].period) is 3600 or more.
          - Required for an alarm that is V(present).
        type: int
      datapoints_to_alarm:
        description:
          - In how many of these periods the threshold must be breached. At most O(alarms[].evaluation_periods).
          - AWS takes all of them if an alarm does not say.
        type: int
      threshold:
        description:
          - The value to compare with.
          - Required for an alarm that is V(present).
        type: float
      comparison_operator:
        description:
          - How to compare.
          - Required for an alarm that is V(present).
        type: str
        choices:
          - GreaterThanOrEqualToThreshold
          - GreaterThanThreshold
          - LessThanThreshold
          - LessThanOrEqualToThreshold
      treat_missing_data:
        description:
          - What a period without data means. A new alarm has V(missing).
          - V(notBreaching) suits metrics that count rare events.
        type: str
        choices: [breaching, notBreaching, ignore, missing]
      unit:
        description:
          - Unit of the metric. See the MetricDatum type of the CloudWatch API for allowed values. Empty for any.
        type: str
  purge:
    description: Whether to delete metric alarms whose names start with O(purge_prefix) and are not listed.
    type: bool
    default: false
  purge_prefix:
    description:
      - What the names of the alarms that are ours start with.
      - Required if O(purge) is V(true), and must not be empty.
    type: str
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
- name: Tell the security team that the root user was used
  secops.aws_baseline.metric_alarms:
    region: eu-central-1
    alarms:
      - name: baseline--RootAccess
        alarm_description: The root user was used. Ask its owner. If it was somebody else, close the account's sessions.
        metric_name: RootAccessEventCount
        namespace: CloudTrailMetrics
        statistic: Sum
        period: 60
        evaluation_periods: 1
        threshold: 1
        comparison_operator: GreaterThanOrEqualToThreshold
        treat_missing_data: notBreaching
        alarm_actions:
          - arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:infosec-email

- name: Keep these alarms and delete others that are ours
  secops.aws_baseline.metric_alarms:
    region: eu-central-1
    alarms: "{{ alarms }}"
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
      type: AWS::CloudWatch::Alarm
      key: baseline--RootAccess
      account_id: '123456789012'
      region: eu-central-1
      before:
        actions_enabled: false
      after:
        actions_enabled: true
      operations:
        - cloudwatch:EnableAlarmActions
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
        AWS::CloudWatch::Alarm baseline--RootAccess: cloudwatch:PutMetricAlarm in account 123456789012, region
        eu-central-1: AccessDenied: User is not authorized to perform cloudwatch:PutMetricAlarm
      type: AWS::CloudWatch::Alarm
      key: baseline--RootAccess
      operation: cloudwatch:PutMetricAlarm
      permission: cloudwatch:PutMetricAlarm
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import check_purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import cloudwatch
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Purge

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "alarms": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": cloudwatch.ALARM_OPTIONS,
        "required_if": [("state", "present", cloudwatch.REQUIRED_OPTIONS)],
        "mutually_exclusive": [("statistic", "extended_statistic")],
    },
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str"},
}


def converge(context: Context) -> dict[str, object]:
    """Bring the alarms to the declared state."""
    params = context.params
    check_purge(params)
    desired = [cloudwatch.alarm(item, f"alarms[{index}]") for index, item in enumerate(params["alarms"])]
    purges = [Purge(cloudwatch.Alarm.type, params["purge_prefix"])] if params["purge"] else []
    return context.result(context.reconcile(desired, purges))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
