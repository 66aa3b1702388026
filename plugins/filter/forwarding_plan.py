# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter ``forwarding_plan``: from alarms to what is forwarded."""

from __future__ import annotations

DOCUMENTATION = r"""
name: forwarding_plan
version_added: 0.1.0
short_description: Compose subscription filters of what alarms look for
description:
  - Chooses alarms by id and aggregates their patterns, so that they fit into the few subscription filters that a log
    group takes.
  - No event is missed. What is forwarded too much, because the patterns are too long for 1024 characters or use regular
    expressions, is left to whoever receives it, as the function of M(secops.aws_baseline.log_forwarding) selects.
  - An unknown alarm is refused.
positional: _input
author:
  - The secops.aws_baseline authors (@secops)
options:
  _input:
    description: RV(secops.aws_baseline.alarm_catalogue#filter:_value.entries).
    type: list
    elements: dict
    required: true
  alarms:
    description: Ids of the alarms whose events are forwarded.
    type: list
    elements: str
    required: true
  known:
    description: Ids of all alarms that there could be.
    type: list
    elements: str
    required: true
  destinations:
    description: Who receives them. Destinations share the subscription filters.
    type: list
    elements: dict
    required: true
    suboptions:
      destination_arn:
        description: ARN of the function or stream.
        type: str
        required: true
      role_arn:
        description: ARN of the role that may write to the stream.
        type: str
      events:
        description: Whether all events go there, or those that are selected.
        type: str
        choices: [selected, all]
        required: true
  name_prefix:
    description: What the names of the subscription filters start with.
    type: str
    required: true
  most_filters:
    description: How many subscription filters there may be.
    type: int
    default: 2
"""

EXAMPLES = r"""
- name: Show what is forwarded
  ansible.builtin.debug:
    msg: >-
      {{ [alarm] | secops.aws_baseline.forwarding_plan(alarms=['root-access'], known=['root-access'],
                                                           destinations=[siem], name_prefix='acme') }}
  vars:
    siem:
      destination_arn: arn:aws:kinesis:eu-central-1:123456789012:stream/siem
      role_arn: arn:aws:iam::123456789012:role/siem-writer
      events: selected
    alarm:
      id: root-access
      title: The root user did something
      severity: critical
      why: Nobody needs it.
      runbook: Ask.
      topics:
        - arn:aws:sns:eu-central-1:123456789012:infosec
      patterns:
        - '{ $.userIdentity.type = "Root" }'
"""

RETURN = r"""
_value:
  description: What is forwarded.
  type: dict
  contains:
    alarms:
      description: As the option O(secops.aws_baseline.log_forwarding#module:function.alarms).
      type: list
      elements: dict
    subscription_filters:
      description: As the option O(secops.aws_baseline.log_forwarding#module:subscription_filters).
      type: list
      elements: dict
    topics:
      description: ARNs of the topics that are told.
      type: list
      elements: str
    left_out:
      description: Ids of alarms that are off or lack their values of the environment.
      type: list
      elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import AlarmCatalogueError, forward


def forwarding_plan(entries: list[dict[str, t.Any]], **settings: t.Any) -> dict[str, t.Any]:
    """``forward`` for templates. Raises AnsibleFilterError with every problem."""
    try:
        return forward(entries, **settings)
    except AlarmCatalogueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's entry to the filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters by name."""
        return {"forwarding_plan": forwarding_plan}
