#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: metric_filters
version_added: 0.1.0
short_description: Manage the metric filters of a CloudWatch Logs log group
description:
  - Creates, changes and removes any number of metric filters of one log group, with one read and only the writes that
    are needed.
  - Patterns are checked before the first AWS call. What CloudWatch Logs takes, but leaves undefined or hardly anybody
    means, is a warning. The filter P(secops.aws_baseline.lint_filter_pattern#filter) tells the same, and the test
    P(secops.aws_baseline.matched_by#test) which events a pattern matches.
  - A log group that does not exist yet is no error in check mode.
author:
  - The secops.aws_baseline authors (@secops)
options:
  log_group_name:
    description: Name of the log group.
    type: str
    required: true
  filters:
    description: The metric filters. Filters that are not listed are left alone, unless O(purge) is set.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description:
          - Name of the filter, unique within the log group. 1 to 512 characters, none of them a colon, an asterisk or a
            vertical bar.
        type: str
        required: true
      state:
        description: Whether the filter should exist.
        type: str
        choices: [present, absent]
        default: present
      pattern:
        description:
          - Filter pattern, 1 to 1024 characters. Nothing but the pattern decides which events count. Dimensions, field
            selection criteria and the use of transformed logs, if somebody gave them to the filter, are removed.
          - Required for a filter that is V(present).
        type: str
      metric_name:
        description:
          - Name of the metric that matching events are counted in. Up to 255 characters without C(:), C(*) and C($).
          - Required for a filter that is V(present).
        type: str
      metric_namespace:
        description:
          - Namespace of the metric. Up to 255 characters without C(:), C(*) and C($).
          - Required for a filter that is V(present).
        type: str
      metric_value:
        description: What each matching event adds to the metric, a number or a field of the event such as C($.size).
        type: str
        default: '1'
      default_value:
        description: What the metric gets in minutes with events of which none matches.
        type: float
      unit:
        description: Unit of the metric. See the MetricDatum type of the CloudWatch API for allowed values.
        type: str
      accepted_findings:
        description:
          - What is known of the pattern and no warning, by the codes of the filter
            P(secops.aws_baseline.lint_filter_pattern#filter).
        type: list
        elements: str
        default: []
  purge:
    description: Whether to delete filters of the log group whose names start with O(purge_prefix) and are not listed.
    type: bool
    default: false
  purge_prefix:
    description:
      - What the names of the filters that are ours start with.
      - Required if O(purge) is V(true), and must not be empty.
    type: str
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.metric_alarms
  - plugin: secops.aws_baseline.lint_filter_pattern
    plugin_type: filter
  - plugin: secops.aws_baseline.matched_by
    plugin_type: test
  - module: amazon.aws.cloudwatchlogs_log_group_metric_filter
"""

EXAMPLES = r"""
- name: Count uses of the root user
  secops.aws_baseline.metric_filters:
    region: eu-central-1
    log_group_name: /aws/cloudtrail/baseline
    filters:
      - name: baseline--RootAccess
        pattern: '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) }'
        metric_name: RootAccessEventCount
        metric_namespace: CloudTrailMetrics
        default_value: 0

- name: Keep these filters and delete others that are ours
  secops.aws_baseline.metric_filters:
    region: eu-central-1
    log_group_name: /aws/cloudtrail/baseline
    filters: "{{ filters }}"
    purge: true
    purge_prefix: baseline--
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
      type: AWS::Logs::MetricFilter
      key: /aws/cloudtrail/baseline|baseline--RootAccess
      account_id: '123456789012'
      region: eu-central-1
      before:
        default_value: null
      after:
        default_value: 0.0
      operations:
        - logs:PutMetricFilter
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
      code: AccessDeniedException
      message: >-
        AWS::Logs::MetricFilter /aws/cloudtrail/baseline|baseline--RootAccess: logs:PutMetricFilter in account
        123456789012, region eu-central-1: AccessDeniedException: User is not authorized to perform logs:PutMetricFilter
      type: AWS::Logs::MetricFilter
      key: /aws/cloudtrail/baseline|baseline--RootAccess
      operation: logs:PutMetricFilter
      permission: logs:PutMetricFilter
"""

import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import (
    CODES,
    FilterPatternError,
    lint,
    validate,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import (
    SAMPLE_SCOPE,
    check_purge,
    fields_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.cloudwatch import UNITS
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.logs import MetricFilter, filter_key

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "log_group_name": {"type": "str", "required": True},
    "filters": {
        "type": "list",
        "elements": "dict",
        "required": True,
        "options": {
            "name": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "pattern": {"type": "str"},
            "metric_name": {"type": "str"},
            "metric_namespace": {"type": "str"},
            "metric_value": {"type": "str", "default": "1"},
            "default_value": {"type": "float"},
            "unit": {"type": "str"},
            "accepted_findings": {"type": "list", "elements": "str", "default": []},
        },
        "required_if": [("state", "present", ["pattern", "metric_name", "metric_namespace"])],
    },
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str"},
}


LOG_GROUP_NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
FILTER_NAME = re.compile(r"[^:*|]{1,512}")
METRIC_NAME = re.compile(r"[^:*$]{1,255}")
METRIC_VALUE = re.compile(r"-?\d+(\.\d+)?|\$\S{1,99}")


def check_filter(options: dict[str, t.Any], option: str) -> None:
    """Refuse what CloudWatch Logs would refuse. option: name of the option that the filter is given by."""
    if not FILTER_NAME.fullmatch(options["name"]):
        raise OptionError(f"{option}.name", options["name"], "1 to 512 characters without : * |")
    if options["state"] == "absent":
        return
    for name in ("metric_name", "metric_namespace"):
        if not METRIC_NAME.fullmatch(options[name]):
            raise OptionError(f"{option}.{name}", options[name], "1 to 255 characters without : * $")
    if not METRIC_VALUE.fullmatch(options["metric_value"]):
        raise OptionError(f"{option}.metric_value", options["metric_value"], "a number, or a field such as $.size")
    if options["unit"] and options["unit"] not in UNITS:
        raise OptionError(f"{option}.unit", options["unit"], ", ".join(UNITS))
    unknown = sorted(set(options["accepted_findings"]) - set(CODES))
    if unknown:
        raise OptionError(f"{option}.accepted_findings", unknown, ", ".join(sorted(CODES)))
    try:
        validate(options["pattern"])
    except FilterPatternError as error:
        raise OptionError(f"{option}.pattern ({options['name']})", options["pattern"], str(error)) from error


def warnings_of(options: dict[str, t.Any]) -> list[str]:
    """What is wrong with the pattern of a filter, though CloudWatch Logs would take it."""
    if options["state"] == "absent":
        return []
    warnings: dict[str, str] = {}
    for finding in lint(options["pattern"]):
        if finding.code not in options["accepted_findings"]:
            warnings.setdefault(finding.code, finding.message)  # the first of a kind is enough
    return [f"Pattern of {options['name']}: {message} [{code}]" for code, message in warnings.items()]


def converge(context: Context) -> dict[str, object]:
    """Bring the log group's filters to the declared state."""
    params = context.params
    group = params["log_group_name"]
    check_purge(params)
    if not LOG_GROUP_NAME.fullmatch(SAMPLE_SCOPE.substitute(group)):
        raise OptionError("log_group_name", group, "1 to 512 letters, digits and characters of . - _ / #")
    for index, item in enumerate(params["filters"]):
        check_filter(item, f"filters[{index}]")
        context.warnings += warnings_of(item)
    # whoever can restrict a filter could make it blind without touching its pattern
    desired = []
    for item in params["filters"]:
        fields = {**fields_of(item, "accepted_findings"), "restrictions": {}}
        desired.append(Desired(MetricFilter.type, filter_key(group, item["name"]), fields, item["state"]))
    purges = [Purge(MetricFilter.type, filter_key(group, params["purge_prefix"]))] if params["purge"] else []
    return context.result(context.reconcile(desired, purges))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
