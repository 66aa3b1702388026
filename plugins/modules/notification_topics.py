#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: notification_topics
version_added: 0.1.0
short_description: Manage SNS topics, their subscriptions, and SQS queues that receive from them
description:
  - Creates, changes and removes topics and subscriptions, so that alarms reach somebody.
  - Creates, changes and removes queues, from which for example a SIEM fetches what topics send. Topics, queues and the
    key that encrypts them can all be declared in one task.
  - Tells which subscriptions nobody has confirmed yet, because they deliver nothing.
author:
  - The secops.aws_baseline authors (@secops)
extends_documentation_fragment:
  - secops.aws_baseline.topic.topics
  - secops.aws_baseline.queue.queues
  - secops.aws_baseline.key
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.metric_alarms
"""

EXAMPLES = r"""
- name: Tell the security team by e-mail
  secops.aws_baseline.notification_topics:
    region: eu-central-1
    topics:
      - name: infosec-email
        display_name: Infosec
        subscriptions:
          - protocol: email
            endpoint: infosec@example.com
  register: topics

- name: Say who has to confirm
  ansible.builtin.debug:
    msg: "{{ item.endpoint }} has not confirmed yet and gets nothing from {{ item.topic }}."
  loop: "{{ topics.unconfirmed_subscriptions }}"

- name: Let a SIEM fetch from a queue what alarms say, encrypted by a key of our own
  secops.aws_baseline.notification_topics:
    region: eu-central-1
    key:
      name: alias/notifications
      policy: "{{ lookup('ansible.builtin.file', 'notifications-key.json') | from_json }}"
    topics:
      - name: infosec-siem
        kms_master_key_id: alias/notifications
        subscriptions:
          - protocol: sqs
            endpoint: arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:infosec-siem
            raw_message_delivery: true
        purge_subscriptions: true
    queues:
      - name: infosec-siem
        kms_master_key_id: alias/notifications
        message_retention_period: 1209600
        policy:
          Version: '2012-10-17'
          Statement:
            - Sid: ReceiveFromTopic
              Effect: Allow
              Principal:
                Service: sns.amazonaws.com
              Action: sqs:SendMessage
              Resource: arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:infosec-siem
              Condition:
                ArnEquals:
                  aws:SourceArn: arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:infosec-siem
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
      type: AWS::SNS::Topic
      key: infosec-email
      account_id: '123456789012'
      region: eu-central-1
      before:
        display_name: ''
      after:
        display_name: Infosec
      operations:
        - sns:SetTopicAttributes
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
      code: AuthorizationError
      message: >-
        AWS::SNS::Topic infosec-email: sns:SetTopicAttributes in account 123456789012, region eu-central-1:
        AuthorizationError: User is not authorized to perform SNS:SetTopicAttributes
      type: AWS::SNS::Topic
      key: infosec-email
      operation: sns:SetTopicAttributes
      permission: sns:SetTopicAttributes
unconfirmed_subscriptions:
  description:
    - Declared subscriptions that deliver nothing, because whoever receives has not confirmed yet.
    - Includes those that this run made and, in check mode, those that a run would make.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    topic:
      description: Name of the topic.
      type: str
    protocol:
      description: How the subscription delivers.
      type: str
    endpoint:
      description: Where it delivers to.
      type: str
  sample:
    - topic: infosec-email
      protocol: email
      endpoint: infosec@example.com
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import kms, sns, sqs

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "key": {"type": "dict", "no_log": False, "options": kms.KEY_OPTIONS},
    "topics": {"type": "list", "elements": "dict", "default": [], "options": sns.TOPIC_OPTIONS},
    "queues": {"type": "list", "elements": "dict", "default": [], "options": sqs.QUEUE_OPTIONS},
}


def converge(context: Context) -> dict[str, object]:
    """Bring key, topics, subscriptions and queues to the declared state."""
    params = context.params
    # first of all, because this censors what must not be in the result of a failure
    topics = sns.topics(params["topics"])
    key = [kms.key(params["key"])] if params["key"] else []
    queues = [sqs.queue(item, f"queues[{index}]") for index, item in enumerate(params["queues"])]
    # a queue can send on to another only when that is there
    queues.sort(key=lambda queue: bool(queue.fields.get("redrive_policy")))
    purges = [purge for item in params["topics"] for purge in sns.purges(item)]
    outcome = context.reconcile([*key, *queues, *topics], purges)
    return context.result(outcome, unconfirmed_subscriptions=sns.unconfirmed(outcome))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
