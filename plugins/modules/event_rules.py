#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: event_rules
version_added: 0.1.0
short_description: Manage EventBridge rules and their targets in all regions of an account
description:
  - Creates, changes and removes any number of rules and their targets, in all regions in parallel, so that findings and
    other events reach somebody.
  - Event patterns are checked before the first AWS call. What EventBridge takes although it can never match is refused
    too, such as the name C(detail.severity) in place of a level for each of its parts.
  - Patterns are compared by meaning, not as text. A rule that exists is taken over.
  - Rules that AWS services made for themselves are never changed.
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
        description: Name of the rule, 1 to 64 letters, digits and characters of C(. - _).
        type: str
        required: true
      state:
        description: Whether the rule should exist. A rule is removed with all of its targets.
        type: str
        choices: [present, absent]
        default: present
      event_bus_name:
        description: Name of the event bus of the account whose events are meant. AWS services use the default one.
        type: str
        default: default
      description:
        description: What the rule is for, up to 512 characters. Empty to have none.
        type: str
      event_pattern:
        description:
          - Which events the rule is for, as a dictionary (or its JSON text) of fields of the event.
          - A rule that is V(present) needs this or O(rules[].schedule_expression).
        type: dict
      schedule_expression:
        description:
          - When to send an event of its own to the targets, such as V(rate(5 minutes\)) or V(cron(0 8 * * ? *\)).
          - For the default event bus only.
        type: str
      rule_state:
        description:
          - Whether the rule does anything.
          - V(ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS) includes the management events of CloudTrail that only
            read, which rules otherwise do not see.
        type: str
        choices: [ENABLED, DISABLED, ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS]
        default: ENABLED
      targets:
        description:
          - Who is sent the events, up to 5. Other targets of the rule are removed.
          - When omitted, targets are left alone.
          - Policies of the targets must let C(events.amazonaws.com) send, and so must that of the key that encrypts a
            topic or queue. AWS's own keys, such as C(alias/aws/sns), do not.
        type: list
        elements: dict
        suboptions:
          id:
            description: What tells the target from others of the rule, as a name of a rule.
            type: str
            required: true
          arn:
            description: ARN of the topic, queue, log group, function, event bus or whatever else receives the events.
            type: str
            required: true
          role_arn:
            description: ARN of the role with which EventBridge sends, for targets that need one, such as event buses.
            type: str
          input:
            description:
              - JSON that is sent in place of the event.
              - At most one of this, O(rules[].targets[].input_path) and O(rules[].targets[].input_transformer).
            type: json
          input_path:
            description: JSONPath of the part of the event that is sent, such as C($.detail).
            type: str
          input_transformer:
            description: How to make what is sent out of the event.
            type: dict
            suboptions:
              input_paths_map:
                description: JSONPaths into the event, by the names that the template has for them.
                type: dict
              input_template:
                description: Text or JSON with such names in angle brackets, such as V("Severity <severity>").
                type: str
                required: true
          dead_letter_config:
            description: Where events go that cannot be delivered. Without it they are lost.
            type: dict
            suboptions:
              arn:
                description: ARN of an SQS queue, not FIFO, of the same region.
                type: str
                required: true
          retry_policy:
            description: How long to try. AWS tries for a day, at most 185 times, if a target does not say.
            type: dict
            suboptions:
              maximum_retry_attempts:
                description: How often to try again, 0 to 185 times.
                type: int
                default: 185
              maximum_event_age_in_seconds:
                description: For how long to try, 60 to 86400 seconds.
                type: int
                default: 86400
      tags:
        description: Tags of the rule. Others are removed.
        type: dict
  purge:
    description:
      - Whether to delete rules whose names start with O(purge_prefix) and are not listed, on the default event bus and
        on those that O(rules) name.
    type: bool
    default: false
  purge_prefix:
    description:
      - What the names of the rules that are ours start with.
      - Required if O(purge) is V(true), and must not be empty.
    type: str
extends_documentation_fragment:
  - secops.aws_baseline.role
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.notification_topics
  - name: Amazon EventBridge event patterns
    description: Fields and operators of event patterns.
    link: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
"""

EXAMPLES = r"""
- name: Tell the security team of GuardDuty findings with a severity above 6
  secops.aws_baseline.event_rules:
    region: eu-central-1
    rules:
      - name: baseline-guardduty-findings
        description: GuardDuty findings of high severity go to the security team.
        event_pattern:
          source:
            - aws.guardduty
          detail-type:
            - GuardDuty Finding
          detail:
            severity:
              - numeric: ['>', 6]
        targets:
          - id: FindingsTopic
            arn: arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:guardduty-findings
            input_transformer:
              input_paths_map:
                severity: $.detail.severity
                title: $.detail.title
                account: $.account
              input_template: '"Severity <severity> in account <account>: <title>"'
            dead_letter_config:
              arn: arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:undelivered-findings

- name: Send the findings of all other regions to the home region, where the rule above tells of them
  secops.aws_baseline.event_rules:
    region: eu-central-1
    exclude_regions: [eu-central-1]
    role:
      name: baseline-forward-findings
      assume_role_policy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: events.amazonaws.com
            Action: sts:AssumeRole
      inline_policies:
        forward:
          Version: '2012-10-17'
          Statement:
            - Effect: Allow
              Action: events:PutEvents
              Resource: arn:${AWS::Partition}:events:eu-central-1:${AWS::AccountId}:event-bus/default
    rules:
      - name: baseline-guardduty-findings
        event_pattern:
          source:
            - aws.guardduty
        targets:
          - id: Home
            arn: arn:${AWS::Partition}:events:eu-central-1:${AWS::AccountId}:event-bus/default
            role_arn: arn:${AWS::Partition}:iam::${AWS::AccountId}:role/baseline-forward-findings

- name: Keep these rules and delete others that are ours, in two regions
  secops.aws_baseline.event_rules:
    region: eu-central-1
    regions: [eu-central-1, us-east-1]
    rules: "{{ rules }}"
    purge: true
    purge_prefix: baseline-
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
      type: AWS::Events::Rule
      key: baseline-guardduty-findings
      account_id: '123456789012'
      region: us-east-1
      before:
        rule_state: DISABLED
      after:
        rule_state: ENABLED
      operations:
        - events:PutRule
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
        - V(ManagedByService) if an AWS service made the rule for itself.
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
        AWS::Events::Rule baseline-guardduty-findings: events:PutTargets in account 123456789012, region us-east-1:
        AccessDeniedException: User is not authorized to perform events:PutTargets
      type: AWS::Events::Rule
      key: baseline-guardduty-findings
      operation: events:PutTargets
      permission: events:PutTargets
"""

import dataclasses

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import check_purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import events, iam
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Purge

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    "rules": {"type": "list", "elements": "dict", "required": True, "options": events.RULE_OPTIONS},
    "role": {"type": "dict", "options": iam.ROLE_OPTIONS},
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str"},
}


def converge(context: Context) -> dict[str, object]:
    """Bring the rules of all regions to the declared state."""
    params = context.params
    check_purge(params)
    rules = [events.rule(item, f"rules[{index}]") for index, item in enumerate(params["rules"])]
    role = iam.role(params["role"]) if params["role"] else []
    regions = context.regions()
    desired = [*role, *(dataclasses.replace(rule, region=region) for region in regions for rule in rules)]
    purges = [Purge(events.Rule.type, params["purge_prefix"], region) for region in regions] if params["purge"] else []
    return context.result(context.reconcile(desired, purges))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
