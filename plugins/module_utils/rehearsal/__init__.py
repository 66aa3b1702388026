# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Would an alarm tell anybody? The way from the event to a person, looked at link by link without changing anything.

C(subjects) takes a plan of alarms apart, C(rehearse) says what holds of each, C(table) is for people to read. To see a
message arrive, C(drill) sets an alarm off on purpose.
"""

from __future__ import annotations

import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal.facts import Facts, Row
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal.links import LINKS, Story, Subject, judge

__all__ = ["LINKS", "Facts", "Story", "Subject", "chosen", "rehearse", "subjects", "summary", "table"]

PARTS = {
    "filters": ("name", "pattern", "metric_name", "metric_namespace"),
    "alarms": ("name", "metric_name", "namespace", "period", "threshold", "comparison_operator"),
    "entries": ("id", "alarm"),
}
"""What a plan must hold, and each item of it."""


def check_plan(plan: t.Mapping[str, t.Any]) -> None:
    """Refuse what is no plan of alarms. Raises OptionError."""
    for part, needed in PARTS.items():
        if not isinstance(plan.get(part), list):
            raise OptionError(f"plan.{part}", plan.get(part), "a list, as the filter alarm_catalogue returns it")
        for index, item in enumerate(plan[part]):
            lacking = [name for name in needed if not isinstance(item, dict) or item.get(name) in (None, "")]
            if lacking:
                raise OptionError(f"plan.{part}[{index}]", item, f"a dictionary with {', '.join(needed)}")
    known = {item["name"] for item in plan["alarms"]}
    for index, entry in enumerate(plan["entries"]):
        if entry["alarm"] not in known:
            raise OptionError(f"plan.entries[{index}].alarm", entry["alarm"], f"one of {', '.join(sorted(known))}")


def entries_of(plan: t.Mapping[str, t.Any]) -> list[Row]:
    """C(id), C(alarm) and C(runbook) of every alarm. One that holds a CIS text has no entry, and its name as id."""
    entries = {entry["alarm"]: entry for entry in plan["entries"]}
    return [entries.get(item["name"], {"id": item["name"], "alarm": item["name"]}) for item in plan["alarms"]]


def chosen(option: str, names: t.Sequence[str], plan: t.Mapping[str, t.Any]) -> list[str]:
    """Names of the alarms that are meant by ids of the catalogue or names. Raises OptionError."""
    entries = entries_of(plan)
    found: list[str] = []
    for name in names:
        meant = [entry["alarm"] for entry in entries if name in (entry["id"], entry["alarm"])]
        if not meant:
            known = ", ".join(entry["id"] for entry in entries)
            raise OptionError(option, name, f"the id or the name of an alarm that is wanted here: {known}")
        found += meant
    return list(dict.fromkeys(found))


def subjects(
    plan: t.Mapping[str, t.Any], stories: t.Sequence[Row], names: t.Container[str], **common: t.Any
) -> list[Subject]:
    """The alarms with the I(names), each with what belongs to it. common: fields of C(Subject) that all share.

    plan: with the account's values in place of pseudo parameters.
    """
    told: dict[str, list[Story]] = {}
    for one in stories:
        story = Story(one["title"], one["record"], one["is_raising"], one.get("times") or 1, one.get("within") or 0)
        told.setdefault(one["alarm_id"], []).append(story)
    alarms = {item["name"]: item for item in plan["alarms"]}
    found = []
    for entry in entries_of(plan):
        if entry["alarm"] not in names:
            continue
        alarm = alarms[entry["alarm"]]
        metric = (alarm["namespace"], alarm["metric_name"])
        filters = [item for item in plan["filters"] if (item["metric_namespace"], item["metric_name"]) == metric]
        runbook = " ".join(entry.get("runbook", "").split())
        stories_of = tuple(told.get(entry["id"], ()))
        found.append(Subject(entry["id"], alarm, tuple(filters), stories_of, runbook, **common))
    return found


def rehearse(facts: Facts, wanted: t.Sequence[Subject]) -> list[Row]:
    """What holds of each alarm: C(fires), C(because) of the first broken link, and C(links)."""
    facts.prepare()
    found = []
    for subject in wanted:
        links = judge(facts, subject)
        broken = next((link for link in links if not link["ok"]), None)
        found.append(
            {
                "alarm": subject.name,
                "id": subject.id,
                "fires": broken is None,
                "because": f"{broken['link']}: {broken['detail']}" if broken else "every link holds",
                "links": links,
                "runbook": subject.runbook,
            }
        )
    return found


def table(rehearsal: t.Sequence[Row]) -> list[str]:
    """A line per alarm for people, those that cannot fire first."""
    rows = sorted(rehearsal, key=lambda row: row["fires"])
    width = max((len(row["alarm"]) for row in rows), default=0)
    lines = []
    for row in rows:
        if row["fires"]:
            notes = [f"{link['link']}: {link['detail']}" for link in row["links"] if "note: " in link["detail"]]
            lines.append(f"fires        {row['alarm']:<{width}}{''.join(f'  ({one})' for one in notes)}".rstrip())
        else:
            lines.append(f"CANNOT FIRE  {row['alarm']:<{width}}  because {row['because']}")
    return lines


def summary(rehearsal: t.Sequence[Row]) -> str:
    """How it went, in a sentence or two."""
    broken = [row for row in rehearsal if not row["fires"]]
    if not rehearsal:
        return "There is no alarm to rehearse."
    if not broken:
        return f"All {len(rehearsal)} alarms fire."
    named = "; ".join(f"{row['id']} ({row['because']})" for row in broken)
    return f"{len(broken)} of {len(rehearsal)} alarms cannot fire: {named}"
