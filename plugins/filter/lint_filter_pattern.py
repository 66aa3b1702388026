# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter plugin: what a filter pattern of CloudWatch Logs probably gets wrong."""

from __future__ import annotations

DOCUMENTATION = r"""
name: lint_filter_pattern
short_description: Find what a filter pattern of CloudWatch Logs probably gets wrong
version_added: 0.1.0
author:
  - The secops.aws_baseline authors
description:
  - Names what AWS leaves undefined, what can never hold or never matters, and what has another meaning than it seems to
    have. A valid pattern can have all of these, and an alarm on it then stays silent, or never does.
  - What a CloudTrail record always has, and which values its properties take, is known.
positional: _input
options:
  _input:
    description: The filter pattern.
    type: str
    required: true
seealso:
  - plugin: secops.aws_baseline.matched_by
    plugin_type: test
  - module: secops.aws_baseline.metric_filters
"""

EXAMPLES = r"""
- name: Patterns of our own mean what they say
  ansible.builtin.assert:
    that: findings == []
    fail_msg: "{{ findings }}"
  vars:
    findings: "{{ pattern | secops.aws_baseline.lint_filter_pattern }}"
    pattern: '{ ($.eventSource = "ec2.amazonaws.com") && ($.eventName = "CreateVpc") }'
"""

RETURN = r"""
_value:
  description: The findings, in the order of the text. Empty if there are none.
  type: list
  elements: dict
  contains:
    code:
      description:
        - What is wrong, in a word that stays the same.
        - V(syntax) and V(limit) are for texts that CloudWatch Logs does not take.
        - 'Others are V(absent-field), V(boolean-text), V(contradiction), V(duplicate), V(first-element),
          V(matches-everything), V(middle-wildcard), V(mixed-operators), V(near-limit), V(never-true),
          V(no-event-source), V(number-of-text), V(or-of-exclusions), V(part-of-number), V(quoted-regex), V(subsumed),
          V(unlikely-value), V(unquoted) and V(unused-term).'
      type: str
    message:
      description: What is wrong, and often what to write instead.
      type: str
    position:
      description: Where it is, in characters from 0. Null for the pattern as a whole.
      type: int
  sample:
    - code: absent-field
      message: '$.errorCode != is false where $.errorCode is absent: ($.errorCode NOT EXISTS) || (...)'
      position: 2
"""

import dataclasses
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import lint


def lint_filter_pattern(pattern: str) -> list[dict[str, t.Any]]:
    """``lint`` for templates."""
    return [dataclasses.asdict(finding) for finding in lint(pattern)]


class FilterModule:
    """Ansible's entry to the filters of this file."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """The filters by name."""
        return {"lint_filter_pattern": lint_filter_pattern}
