# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter plugin: what a catalogue of alarms would have said of records of CloudTrail."""

from __future__ import annotations

DOCUMENTATION = r"""
name: alarm_matches
short_description: Tell which alarms records of CloudTrail would raise
version_added: 0.1.0
author:
  - The secops.aws_baseline authors
description:
  - Asks the filter patterns of all alarms about records, sums the matches up as the alarms do, and tells which alarms
    would have fired, how often, and by whom. Makes no call to AWS.
  - A record goes by the time of its event. On AWS it counts when CloudTrail delivers it, some minutes later, so that a
    burst near the threshold can fall on two periods there, or together.
  - The playbook C(secops.aws_baseline.which_alarm) does this for an account of the inventory.
positional: _input
options:
  _input:
    description:
      - A record, a list or a dictionary that holds records, or the path of a file or folder on the controller. A list
        may mix all of them.
      - Files hold what a trail delivers to its bucket, an export of a log group, answers of
        C(aws logs filter-log-events) and C(aws cloudtrail lookup-events), or one record per line, as JSON, compressed
        or not.
    type: raw
    required: true
  plan:
    description: What P(secops.aws_baseline.alarm_catalogue#filter) returns.
    type: dict
    required: true
  account_id:
    description: The account that has the log group, for patterns with C(${AWS::AccountId}).
    type: str
    default: ''
  region:
    description: The region of the log group, for patterns with C(${AWS::Region}) or C(${AWS::Partition}).
    type: str
    default: us-east-1
seealso:
  - plugin: secops.aws_baseline.alarm_catalogue
    plugin_type: filter
  - plugin: secops.aws_baseline.matched_by
    plugin_type: test
"""

EXAMPLES = r"""
- name: Say what the alarms would have told last week
  ansible.builtin.debug:
    msg: "{{ ('trail/2026/03' | secops.aws_baseline.alarm_matches(plan)).alarms | map(attribute='line') }}"

- name: Make sure that a call of ours raises nothing
  ansible.builtin.assert:
    that: (record | secops.aws_baseline.alarm_matches(plan)).alarms | selectattr('fires') | length == 0
"""

RETURN = r"""
_value:
  description: What would have been said.
  type: dict
  contains:
    records:
      description: How many records there are.
      type: int
    first:
      description: Time of the first event.
      type: str
    last:
      description: Time of the last event.
      type: str
    alarms:
      description: Alarms that match an event at all, those that fire first, then by severity and time.
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
        line:
          description: All of it in a line for people.
          type: str
          sample: >-
            critical: root-access fires, 1 event, 2026-03-09T09:00:00Z, arn:aws:iam::111122223333:root. The root user
            did something.
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
        fires:
          description: Whether there are enough events in a period.
          type: bool
        firings:
          description: How often the alarm would have gone off.
          type: int
        events:
          description: How many events match.
          type: int
        first:
          description: Time of the first of them.
          type: str
        last:
          description: Time of the last of them.
          type: str
        highest:
          description: The highest sum within a period, which the threshold is compared with.
          type: float
        threshold:
          description: The threshold.
          type: int
        period:
          description: Seconds that are summed up.
          type: int
        comparison_operator:
          description: How the sum is compared with the threshold.
          type: str
        principals:
          description: Who did it, and how often; the ten most frequent.
          type: dict
        event_names:
          description: Which calls, and how often; the ten most frequent.
          type: dict
        accounts:
          description: In which accounts, and how often; the ten most frequent.
          type: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_replay import replay
from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import partition_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope
from ansible_collections.secops.aws_baseline.plugins.module_utils.trail_records import RecordsError, records_of


def alarm_matches(
    records: t.Any, plan: dict[str, t.Any], account_id: str = "", region: str = "us-east-1"
) -> dict[str, t.Any]:
    """``replay`` for templates. Raises AnsibleFilterError when there are no records to read."""
    try:
        return replay(records_of(records), plan, Scope(account_id, region, *partition_of(region)))
    except (RecordsError, BaselineError) as error:
        raise AnsibleFilterError(str(error)) from error


class FilterModule:
    """Ansible's entry to the filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters by name."""
        return {"alarm_matches": alarm_matches}
