# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter plugin: what a catalogue of alarms asks of CloudWatch and SNS."""

from __future__ import annotations

DOCUMENTATION = r"""
name: alarm_catalogue
short_description: Compose metric filters, alarms and topics from a catalogue of alarms
version_added: 0.1.0
author:
  - The secops.aws_baseline authors
description:
  - Applies overrides to a catalogue of alarms, fills its patterns in with values of the environment, and returns what
    M(secops.aws_baseline.metric_filters), M(secops.aws_baseline.metric_alarms) and
    M(secops.aws_baseline.notification_topics) are to bring about.
  - Whatever AWS would refuse, or would accept and never fire, is an error that names the variable, its value and what
    is allowed. All such errors are reported at once.
  - The role P(secops.aws_baseline.alarms#role) uses it; the role's README describes the entries of a catalogue.
positional: _input
options:
  _input:
    description: The catalogue.
    type: list
    elements: dict
    required: true
  name_prefix:
    description: What the names of alarms and filters start with, before two hyphens.
    type: str
    required: true
  metric_namespace:
    description: Namespace of the metrics.
    type: str
    required: true
  topics:
    description: Topics that entries can name by their key.
    type: list
    elements: dict
    required: true
  topic_policy:
    description: Policy document of each topic, with C(${TopicName}) for its name.
    type: dict
  topics_exist:
    description: Whether every topic counts as there, with or without subscriptions.
    type: bool
    default: false
  environment:
    description:
      - Lists of values that patterns refer to. Known are V(critical_instance_ids), V(critical_volume_ids),
        V(elevated_roles) and V(office_cidrs).
      - An alarm whose values are missing or empty is left out.
    type: dict
    default: {}
  overrides:
    description: Changes to entries, by the id of the entry.
    type: dict
    default: {}
  extra:
    description: Entries to add to the catalogue.
    type: list
    elements: dict
    default: []
  detection:
    description: Whether alarms that tell people are wanted, unless an override says otherwise.
    type: bool
    default: true
  cis_evidence:
    description: Whether filters with the literal CIS text are wanted, unless an override says otherwise.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Show the patterns
  ansible.builtin.debug:
    msg: "{{ plan.filters | items2dict(key_name='name', value_name='pattern') }}"
  vars:
    plan: >-
      {{ catalogue | secops.aws_baseline.alarm_catalogue(name_prefix='acme-prod', metric_namespace='CloudTrailMetrics',
                                                         topics=topics) }}
    topics:
      - key: infosec_email
        name: Infosec-Email-Notification
        display_name: Infosec-Email
        subscriptions:
          - protocol: email
            endpoint: infosec@example.com
    catalogue:
      - id: root-access
        suffix: RootAccess
        metric: RootAccessEventCount
        title: The root user did something
        notify:
          - infosec_email
        detection:
          - pattern: '{ $.userIdentity.type = "Root" }'
"""

RETURN = r"""
_value:
  description: What is to be there.
  type: dict
  contains:
    filters:
      description: As the option O(secops.aws_baseline.metric_filters#module:filters).
      type: list
      elements: dict
    alarms:
      description: As the option O(secops.aws_baseline.metric_alarms#module:alarms).
      type: list
      elements: dict
    mute_rules:
      description: As the option O(secops.aws_baseline.alarm_mute_rules#module:mute_rules).
      type: list
      elements: dict
    entries:
      description: What each alarm that tells people is about, in the order of the catalogue.
      type: list
      elements: dict
      contains:
        id:
          description: The entry of the catalogue.
          type: str
        alarm:
          description: Name of the alarm.
          type: str
        title:
          description: What happened.
          type: str
        severity:
          description: How bad it is.
          type: str
        why:
          description: Why it matters.
          type: str
        runbook:
          description: What to do.
          type: str
        cis:
          description: Controls of CIS 1.4.
          type: list
          elements: str
        patterns:
          description: What it looks for.
          type: list
          elements: str
        topics:
          description: ARNs of the topics that are told.
          type: list
          elements: str
    controls:
      description: What stands for each control of CIS 1.4.
      type: list
      elements: dict
      contains:
        control:
          description: Number of the control.
          type: str
        id:
          description: The entry of the catalogue.
          type: str
        kept_by:
          description:
            - C(detection) when people are told of everything that the control asks for, C(evidence) when there is a
              filter with its literal text. The control is lost when there is neither.
          type: list
          elements: str
        narrowed_by:
          description: The fields of an override by which people are told of less.
          type: list
          elements: str
    topics:
      description: As the option O(secops.aws_baseline.notification_topics#module:topics), without the key.
      type: list
      elements: dict
    left_out:
      description: Alarms whose values of the environment are missing, by RV(_value.left_out[].id).
      type: list
      elements: dict
      contains:
        id:
          description: The alarm.
          type: str
        variables:
          description: The variables that are empty.
          type: list
          elements: str
    without_subscriber:
      description: Names of topics that have no subscription.
      type: list
      elements: str
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import AlarmCatalogueError, compose


def alarm_catalogue(catalogue: list[dict[str, t.Any]], **settings: t.Any) -> dict[str, t.Any]:
    """``compose`` for templates. Raises AnsibleFilterError with every problem."""
    try:
        return compose(catalogue, **settings)
    except AlarmCatalogueError as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's entry to the filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters by name."""
        return {"alarm_catalogue": alarm_catalogue}
