# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

SUBOPTIONS = r"""
      name:
        description:
          - Name of the topic, 1 to 256 letters, digits, hyphens and underscores.
          - FIFO topics are not supported.
        type: str
        required: true
      state:
        description: Whether the topic should exist. With a topic its subscriptions are deleted.
        type: str
        choices: [present, absent]
        default: present
      display_name:
        description: Name of the sender in e-mails, up to 100 characters. Empty to have none.
        type: str
      kms_master_key_id:
        description:
          - KMS key that encrypts the messages, as alias, key id or ARN. Empty for no encryption.
          - The key of the alias V(alias/aws/sns) cannot be used by other AWS services, so that no message of an alarm
            arrives. Use a key whose policy allows them C(kms:GenerateDataKey*) and C(kms:Decrypt).
        type: str
      policy:
        description:
          - The topic's policy. It replaces AWS's default, which lets the account do everything, as a whole.
          - No topic is without a policy. An empty dictionary gives it back AWS's default.
        type: dict
      tags:
        description: Tags of the topic. Others are removed.
        type: dict
      subscriptions:
        description:
          - Who is told. Subscriptions that are not listed are left alone unless purged.
          - AWS asks for confirmation before it sends to an e-mail address, to a URL, or to a resource of another
            account. Until then the subscription is pending. That counts as being there, so that nobody is asked again
            by each run. After two days AWS forgets a pending subscription, and the next run asks again.
        type: list
        elements: dict
        default: []
        suboptions:
          protocol:
            description: How to send. Without encryption, as C(http) does, nothing is sent.
            type: str
            choices: [email, email-json, sms, https, sqs, lambda, firehose]
            required: true
          endpoint:
            description:
              - Where to send. By protocol an e-mail address, a phone number such as V(+4915112345678), a URL or an ARN.
              - A URL with user name and password is refused, because AWS shows it to everyone who may list
                subscriptions.
            type: str
            required: true
          raw_message_delivery:
            description:
              - Whether to send the bare message, without what SNS adds to it.
              - For the protocols V(https), V(sqs) and V(firehose).
            type: bool
          subscription_role_arn:
            description:
              - Role by which SNS writes to the delivery stream.
              - Required for the protocol V(firehose), and for that only.
            type: str
      purge_subscriptions:
        description:
          - Whether to delete the topic's subscriptions that are not listed, whoever made them.
          - A pending subscription cannot be deleted.
        type: bool
        default: false
"""


class ModuleDocFragment:
    """Options of modules that manage topics: one with the option C(topic), or several with C(topics)."""

    # Annotated, because ansible-test's yamllint reads each plain assignment here as a string constant.
    DOCUMENTATION: str = f"""
options:
  topic:
    description: An SNS topic. What is not given is left as it is.
    type: dict
    suboptions:{SUBOPTIONS}"""

    TOPICS: str = f"""
options:
  topics:
    description:
      - SNS topics. What is not given is left as it is, and so are topics that are not listed.
    type: list
    elements: dict
    default: []
    suboptions:{SUBOPTIONS}"""
