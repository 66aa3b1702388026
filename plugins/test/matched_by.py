# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test plugin: whether a pattern of CloudWatch Logs or of EventBridge matches an event."""

from __future__ import annotations

DOCUMENTATION = r"""
name: matched_by
short_description: Does a filter pattern or an event pattern match an event
version_added: 0.1.0
author:
  - The secops.aws_baseline authors
description:
  - Tells without AWS whether an alarm's filter pattern would count an event, or an EventBridge rule would see it.
  - Filter patterns are evaluated as CloudWatch Logs documents it. Where it documents nothing, the reading that matches
    less is taken. An absent property fulfils no comparison, V(!=) included.
  - A pattern that AWS would refuse is an error that names the place.
positional: pattern
options:
  _input:
    description:
      - The event, either as a dictionary or as the line of the log.
      - A filter pattern looks at what CloudTrail writes to a log group, an event pattern at what EventBridge delivers,
        where that is below C(detail).
    type: raw
    required: true
  pattern:
    description:
      - A filter pattern is a text, such as V({ $.eventName = "StopLogging" }).
      - An event pattern is a dictionary, or its JSON text.
    type: raw
    required: true
seealso:
  - plugin: secops.aws_baseline.lint_filter_pattern
    plugin_type: filter
  - module: secops.aws_baseline.metric_filters
  - module: secops.aws_baseline.event_rules
"""

EXAMPLES = r"""
- name: An alarm of our own sees who reads the secret
  ansible.builtin.assert:
    that:
      - event is secops.aws_baseline.matched_by(pattern)
      - "event | combine({'eventName': 'ListSecrets'}) is not secops.aws_baseline.matched_by(pattern)"
  vars:
    pattern: >-
      { ($.eventSource = "secretsmanager.amazonaws.com") && ($.eventName = "GetSecretValue") &&
      ($.requestParameters.secretId = "prod/*") }
    event:
      eventSource: secretsmanager.amazonaws.com
      eventName: GetSecretValue
      requestParameters:
        secretId: prod/database

- name: A rule sees findings with a severity above 6
  ansible.builtin.assert:
    that: "{'source': 'aws.guardduty', 'detail': {'severity': 8}} is secops.aws_baseline.matched_by(pattern)"
  vars:
    pattern:
      source:
        - aws.guardduty
      detail:
        severity:
          - numeric: ['>', 6]
"""

RETURN = r"""
_value:
  description: Whether the pattern matches the event.
  type: bool
"""

import functools
import re
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.secops.aws_baseline.plugins.module_utils import event_pattern, filter_pattern

# No filter pattern has a quote right behind its brace.
_JSON_OBJECT = re.compile(r'\s*\{\s*"')


@functools.lru_cache(maxsize=256)
def _parsed(text: str) -> filter_pattern.Pattern | event_pattern.EventPattern:
    return event_pattern.parse(text) if _JSON_OBJECT.match(text) else filter_pattern.parse(text)


def matched_by(event: t.Any, pattern: t.Any) -> bool:
    """``matches`` for templates. Raises AnsibleFilterError for what is no pattern."""
    try:
        parsed = _parsed(pattern) if isinstance(pattern, str) else event_pattern.parse(pattern)
    except (filter_pattern.FilterPatternError, event_pattern.EventPatternError) as error:
        raise AnsibleFilterError(f"matched_by: {pattern!r}: {error}") from error
    return parsed.matches(event)


class TestModule:
    """Ansible's entry to the tests of this file."""

    def tests(self) -> dict[str, t.Callable[..., bool]]:
        """The tests by name."""
        return {"matched_by": matched_by}
