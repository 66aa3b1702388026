#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: alarm_rehearsal
version_added: 0.1.0
short_description: Say for every alarm whether it would tell anybody, and if not, why
description:
  - Looks at the whole way of an alarm in the account as it is, link by link, and names the first link that does not
    hold. The links are, in this order,
    V(trail) (it logs, covers what it should, and takes the events),
    V(log_group) (it exists, and its key can be used),
    V(delivery) (the trail's role may write to it, and the trail does),
    V(filter) (as declared),
    V(events) (what should raise the alarm matches, by the collection's evaluator and by AWS's),
    V(alarm) (it exists),
    V(metric) (filters count into the metric that the alarm watches),
    V(threshold) (what happens then can set it off),
    V(actions) (switched on, not muted, and the declared topics),
    V(topic) (it exists, and CloudWatch may publish for this alarm),
    V(key) (of an encrypted topic; CloudWatch may encrypt with it), and
    V(subscribers) (somebody has confirmed and can be reached, by each of the topics).
  - Only reads, unless O(drill) is given. Each thing is asked for once, whatever the number of alarms.
  - A link that could not be looked at, such as for lack of a permission, counts as one that does not hold.
  - With O(drill), sets alarms off on purpose, to see messages arrive. B(Whoever is subscribed gets them.)
author:
  - The secops.aws_baseline authors (@secops)
options:
  log_group_name:
    description: The log group that the trail delivers to.
    type: str
    required: true
  plan:
    description:
      - The alarms as declared, as the filter P(secops.aws_baseline.alarm_catalogue#filter) composes them, with
        C(filters), C(alarms) and C(entries).
    type: dict
    required: true
  stories:
    description:
      - Events that raise alarms, and such that look like it and must not. Alarms without are judged by the text of
        their patterns.
    type: list
    elements: dict
    default: []
    suboptions:
      alarm_id:
        description: The entry of the catalogue.
        type: str
        required: true
      title:
        description: What happens.
        type: str
        required: true
      record:
        description: The event as CloudTrail records it.
        type: dict
        required: true
      is_raising:
        description: Whether it raises the alarm.
        type: bool
        required: true
      times:
        description: How many such events it takes.
        type: int
        default: 1
      within:
        description: Seconds within which they happen.
        type: int
        default: 0
  alarms:
    description: Ids or names of the alarms to look at. By default all of O(plan).
    type: list
    elements: str
    default: []
  multi_region:
    description: Whether the trail must record all regions.
    type: bool
    default: true
  organization_id:
    description: Id of the organization whose accounts the trail must record. Empty for the trail's own account only.
    type: str
  test_metric_filter:
    description:
      - Whether to ask AWS, too, if patterns match the O(stories), by C(logs:TestMetricFilter). AWS takes five such
        calls a second and its answer counts. Without the permission the collection's own evaluator decides.
    type: bool
    default: true
  fail_on_broken:
    description: Whether an alarm that cannot fire is a failure.
    type: bool
    default: false
  drill:
    description:
      - Ids or names of alarms to set off. Each is set to C(ALARM), followed to its topics by its history, and put back
        to the state that it had.
      - In check mode only says what would be done.
      - An alarm that is in the state C(ALARM) already, or has no actions, is a failure.
    type: list
    elements: str
    default: []
  drill_timeout:
    description: How long to wait for the actions of one alarm, in seconds.
    type: int
    default: 60
  drill_queues:
    description:
      - Whether to look for the message of a drill in queues of this account that are subscribed. It is left there. Each
        look counts as one receipt for the queue's dead-letter policy.
    type: bool
    default: false
attributes:
  check_mode:
    description: Looks at everything, and says what a drill would do.
  diff_mode:
    description: A drill leaves nothing different, so there is nothing to show.
    support: none
  idempotent:
    description: Changes nothing without O(drill), and with it every time.
    support: partial
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.metric_filters
  - module: secops.aws_baseline.metric_alarms
  - module: secops.aws_baseline.notification_topics
"""

EXAMPLES = r"""
- name: Find out which alarms would tell nobody
  secops.aws_baseline.alarm_rehearsal:
    region: eu-central-1
    log_group_name: /aws/cloudtrail/baseline
    plan: "{{ plan }}"
    fail_on_broken: true

- name: See the message of one alarm arrive
  secops.aws_baseline.alarm_rehearsal:
    region: eu-central-1
    log_group_name: /aws/cloudtrail/baseline
    plan: "{{ plan }}"
    alarms:
      - root-access
    drill:
      - root-access
"""

RETURN = r"""
msg:
  description: How it went, in a sentence.
  returned: when the credentials were accepted
  type: str
  sample: '1 of 38 alarms cannot fire: root-access (actions: its actions are switched off)'
account_id:
  description: The account that was looked at.
  returned: when the credentials were accepted
  type: str
  sample: '123456789012'
rehearsal:
  description: What was found of each alarm.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    alarm:
      description: Name of the alarm.
      type: str
    id:
      description: Its entry in the catalogue.
      type: str
    fires:
      description: Whether every link holds.
      type: bool
    because:
      description: The first link that does not hold, and why.
      type: str
    links:
      description: All links that there are.
      type: list
      elements: dict
      contains:
        link:
          description: The link, see the module's description.
          type: str
        ok:
          description: Whether it holds.
          type: bool
        detail:
          description: What was found.
          type: str
    runbook:
      description: What the person who is told does.
      type: str
  sample:
    - alarm: baseline--RootAccess
      id: root-access
      fires: false
      because: 'actions: its actions are switched off'
      links:
        - link: actions
          ok: false
          detail: its actions are switched off
      runbook: Ask the holder of the root credentials whether it was them and for which task.
broken:
  description: Names of the alarms that cannot fire.
  returned: when the credentials were accepted
  type: list
  elements: str
  sample:
    - baseline--RootAccess
table:
  description: A line per alarm for people to read, those that cannot fire first, and what became of a drill.
  returned: when the credentials were accepted
  type: list
  elements: str
  sample:
    - 'CANNOT FIRE  baseline--RootAccess  because actions: its actions are switched off'
drill:
  description: What became of each alarm of O(drill).
  returned: when O(drill) is given
  type: list
  elements: dict
  contains:
    alarm:
      description: Name of the alarm.
      type: str
    state_before:
      description: The state that it had, and has again.
      type: str
    actions:
      description: ARNs of the topics that it tells.
      type: list
      elements: str
    told:
      description: What became of each action.
      returned: when it was set off
      type: list
      elements: dict
      contains:
        action:
          description: ARN of the topic.
          type: str
        ok:
          description: Whether the message was published.
          type: bool
        detail:
          description: What CloudWatch says.
          type: str
    received:
      description: In which queues the message was found, with O(drill_queues).
      returned: when it was set off
      type: list
      elements: dict
      contains:
        queue:
          description: ARN of the queue.
          type: str
        ok:
          description: Whether the message was in it.
          type: bool
        detail:
          description: What was found.
          type: str
    is_put_back:
      description: Whether the alarm has its former state again.
      returned: when it was set off
      type: bool
    operations:
      description: The writing API calls, by service and operation.
      returned: when it was set off
      type: list
      elements: str
    problem:
      description: What went wrong, or why nothing was done. Null if all went well.
      type: str
changes:
  description: What a drill did, or in check mode would do.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    action:
      description: Always V(update).
      type: str
    type:
      description: CloudFormation's name of the resource type.
      type: str
    key:
      description: Name of the alarm.
      type: str
    account_id:
      description: The account of the alarm.
      type: str
    region:
      description: The region of the alarm.
      type: str
    before:
      description: The state before.
      type: dict
    after:
      description: The states after, one after the other.
      type: dict
    operations:
      description: The writing API calls, by service and operation.
      type: list
      elements: str
"""

import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils import rehearsal
from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    Context,
    run_module,
    silent,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal.drill import Drill, change
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.logs import LOG_GROUP_NAME

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "log_group_name": {"type": "str", "required": True},
    "plan": {"type": "dict", "required": True},
    "stories": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": {
            "alarm_id": {"type": "str", "required": True},
            "title": {"type": "str", "required": True},
            "record": {"type": "dict", "required": True},
            "is_raising": {"type": "bool", "required": True},
            "times": {"type": "int", "default": 1},
            "within": {"type": "int", "default": 0},
        },
    },
    "alarms": {"type": "list", "elements": "str", "default": []},
    "multi_region": {"type": "bool", "default": True},
    "organization_id": {"type": "str"},
    "test_metric_filter": {"type": "bool", "default": True},
    "fail_on_broken": {"type": "bool", "default": False},
    "drill": {"type": "list", "elements": "str", "default": []},
    "drill_timeout": {"type": "int", "default": 60},
    "drill_queues": {"type": "bool", "default": False},
}


def check_options(params: dict[str, t.Any]) -> None:
    """Refuse what cannot be meant, before AWS is asked. Raises OptionError."""
    rehearsal.check_plan(params["plan"])
    group = params["log_group_name"]
    if not LOG_GROUP_NAME.fullmatch(SAMPLE_SCOPE.substitute(group)):
        raise OptionError("log_group_name", group, "1 to 512 letters, digits and characters of ._-/#")
    rehearsal.chosen("alarms", params["alarms"], params["plan"])
    rehearsal.chosen("drill", params["drill"], params["plan"])
    if params["drill_timeout"] < 1:
        raise OptionError("drill_timeout", params["drill_timeout"], "1 or more seconds")


def rehearsed(context: Context, plan: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """What is found of the alarms."""
    params, connection = context.params, context.connection
    names = rehearsal.chosen("alarms", params["alarms"], plan) or [item["name"] for item in plan["alarms"]]
    wanted = rehearsal.subjects(
        plan,
        params["stories"],
        names,
        is_multi_region=params["multi_region"],
        is_organization=bool(params["organization_id"]),
        organization_id=params["organization_id"] or None,
        asks_aws=params["test_metric_filter"],
    )
    topics = list(dict.fromkeys(arn for subject in wanted for arn in subject.topics))
    group = connection.home.substitute(params["log_group_name"])
    facts = rehearsal.Facts(connection, group, [subject.name for subject in wanted], topics)
    return rehearsal.rehearse(facts, wanted)


def drilled(context: Context, plan: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    """What became of the alarms to set off; in check mode what would be done."""
    params, connection = context.params, context.connection
    tell = getattr(context.module, "tell", silent)
    drill = Drill(connection, connection.identity, params["drill_timeout"], params["drill_queues"], tell)
    planned = drill.plan(rehearsal.chosen("drill", params["drill"], plan))
    context.warnings += [
        f"DRILL: {row['alarm']} {'would be' if context.module.check_mode else 'was'} set off. "
        f"Everybody who is subscribed to {', '.join(row['actions'])} gets a message."
        for row in planned
        if not row["problem"]
    ]
    return planned if context.module.check_mode else [drill.run(row) for row in planned]


def drill_lines(rows: list[dict[str, t.Any]], check_mode: bool) -> list[str]:
    """What became of a drill, for people to read."""
    lines = []
    for row in rows:
        if row["problem"]:
            lines.append(f"DRILL        {row['alarm']}: {row['problem']}")
        elif check_mode:
            lines.append(f"DRILL        {row['alarm']}: would be set to ALARM and back to {row['state_before']}")
        else:
            lines += [f"DRILL        {row['alarm']}: {one['detail']}" for one in row["told"]]
            lines += [f"DRILL        {row['alarm']}: {one['detail']} in {one['queue']}" for one in row["received"]]
            lines.append(f"DRILL        {row['alarm']}: is {row['state_before']} again")
    return lines


def converge(context: Context) -> dict[str, object]:
    """Look at the alarms, and set off those that are to be drilled."""
    params = context.params
    check_options(params)
    connection = context.connection
    plan = connection.home.substitute(params["plan"])
    connection.verify()
    found = rehearsed(context, plan)
    broken = [row["alarm"] for row in found if not row["fires"]]
    result: dict[str, t.Any] = {
        "changed": False,
        "account_id": connection.home.account_id,
        "msg": rehearsal.summary(found),
        "rehearsal": found,
        "broken": broken,
        "table": rehearsal.table(found),
        "changes": [],
    }
    problems = [result["msg"]] if broken and params["fail_on_broken"] else []
    if params["drill"]:
        rows = drilled(context, plan)
        home = connection.home
        result["drill"] = rows
        result["table"] += drill_lines(rows, context.module.check_mode)
        result["changes"] = [
            change(row, home.account_id, home.region)
            for row in rows
            if row["state_before"] and (row.get("operations") or not row["problem"])
        ]
        result["changed"] = bool(result["changes"])
        problems += [f"Drill of {row['alarm']}: {row['problem']}" for row in rows if row["problem"]]
    return {**result, "failed": True, "msg": "\n".join(problems)} if problems else result


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
