# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter plugin: what raises the alarms of a plan, and what looks like it and must not."""

from __future__ import annotations

DOCUMENTATION = r"""
name: alarm_stories
short_description: Tell which events raise the alarms of a plan, and which must not
version_added: 0.1.0
author:
  - The secops.aws_baseline authors
description:
  - Returns the events, as records of CloudTrail, of all alarms of a plan that have some. Those that the role
    P(secops.aws_baseline.alarms#role) ships do, alarms of your own do not.
  - M(secops.aws_baseline.alarm_rehearsal) tries them on the filters of an account.
positional: _input
options:
  _input:
    description: The plan, as the filter P(secops.aws_baseline.alarm_catalogue#filter) composes it.
    type: dict
    required: true
  environment:
    description:
      - The lists of values that the patterns of the plan were filled in with, as for
        P(secops.aws_baseline.alarm_catalogue#filter), and C(account_id) and C(region) of the events.
    type: dict
    default: {}
"""

EXAMPLES = r"""
- name: Show what raises the alarms
  ansible.builtin.debug:
    msg: "{{ plan | secops.aws_baseline.alarm_stories({'region': 'eu-central-1'}) | map(attribute='title') }}"
"""

RETURN = r"""
_value:
  description: As the option O(secops.aws_baseline.alarm_rehearsal#module:stories).
  type: list
  elements: dict
"""

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import StoryError, alarm_ids, stories
from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import partition_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError


def alarm_stories(plan: dict[str, t.Any], environment: dict[str, t.Any] | None = None) -> list[dict[str, t.Any]]:
    """The stories of all alarms of a plan. Raises AnsibleFilterError when one cannot be told."""
    environment = dict(environment or {})
    if environment.get("region"):
        try:
            environment["partition"] = partition_of(environment["region"])[0]
        except OptionError as error:
            raise AnsibleFilterError(f"alarm_stories: {error}") from error
    known = set(alarm_ids())
    found = []
    for entry in plan["entries"]:
        if entry["id"] not in known:
            continue
        try:
            raising, near_misses = stories(entry["id"], environment)
        except StoryError as error:
            raise AnsibleFilterError(f"alarm_stories: {error}") from error
        for story in (*raising, *near_misses):
            found.append(
                {
                    "alarm_id": story.alarm_id,
                    "title": story.title,
                    "record": story.record,
                    "is_raising": story in raising,
                    "times": story.times,
                    "within": story.within,
                }
            )
    return found


class FilterModule:
    """Ansible's entry to the filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters by name."""
        return {"alarm_stories": alarm_stories}
