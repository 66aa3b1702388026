# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

SUBOPTIONS = r"""
      name:
        description: Name of the queue, 1 to 80 letters, digits, hyphens and underscores. FIFO queues are not supported.
        type: str
        required: true
      state:
        description:
          - Whether the queue should exist.
          - A queue is deleted with all messages in it.
          - After a queue was deleted, AWS takes a minute until one of the same name can be created.
        type: str
        choices: [present, absent]
        default: present
      message_retention_period:
        description: For how long the queue keeps a message, 60 to 1209600 seconds. A new queue has 345600.
        type: int
      visibility_timeout:
        description:
          - For how long a message that was received is hidden from others, 0 to 43200 seconds. A new queue has 30.
        type: int
      receive_message_wait_time_seconds:
        description:
          - For how long a receiver waits for a message to arrive, 0 to 20 seconds. More than 0 is long polling.
          - A new queue has 0.
        type: int
      kms_master_key_id:
        description:
          - KMS key that encrypts the messages, as alias, key id or ARN. Empty for no KMS key.
          - The key of the alias V(alias/aws/sqs) cannot be used by other AWS services, so that nothing arrives that an
            SNS topic sends.
        type: str
      sqs_managed_sse_enabled:
        description:
          - Whether SQS encrypts the messages with keys of its own, as it does for a new queue.
          - A queue is encrypted in one way. V(true) takes a KMS key away.
        type: bool
      policy:
        description:
          - The queue's policy.
          - For messages from an SNS topic it must allow C(sqs:SendMessage) to C(sns.amazonaws.com), and should do so
            for that topic only, by a condition on C(aws:SourceArn).
          - An empty dictionary takes the policy away.
        type: dict
      redrive_policy:
        description:
          - Where messages go that nobody could process.
        type: dict
        suboptions:
          dead_letter_target_arn:
            description: ARN of a queue in the same account and region. Empty to have no redrive policy.
            type: str
            required: true
          max_receive_count:
            description: After how many times of being received a message goes there, 1 to 1000.
            type: int
            default: 10
      tags:
        description: Tags of the queue. Others are removed.
        type: dict
"""


class ModuleDocFragment:
    """Options of modules that manage queues: one with the option C(queue), or several with C(queues)."""

    # Annotated, because ansible-test's yamllint reads each plain assignment here as a string constant.
    DOCUMENTATION: str = f"""
options:
  queue:
    description: An SQS queue. What is not given is left as it is.
    type: dict
    suboptions:{SUBOPTIONS}"""

    QUEUES: str = f"""
options:
  queues:
    description:
      - SQS queues. What is not given is left as it is, and so are queues that are not listed.
    type: list
    elements: dict
    default: []
    suboptions:{SUBOPTIONS}"""
