# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/controls.md from scripts/controls.yml and the catalogues of alarms and of AWS Config rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

import tests.plugins.collection_loader  # noqa: F401  (makes the collection importable)
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import compose

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "controls.md"
VERSIONS = ("1.2", "1.4", "3.0", "5.0", "6.0", "7.0")
ALARMS_VERSION = "1.4"
"""The version whose numbers the catalogue of alarms has."""
COMPARISONS = {"GreaterThanOrEqualToThreshold": "≥", "GreaterThanThreshold": ">"}
HEADER = """<!--
Copyright (c) 2026, The secops.aws_baseline authors
SPDX-License-Identifier: GPL-3.0-or-later
Written by scripts/controls.py; edit scripts/controls.yml and the catalogues of the roles instead.
-->

# Controls

What a run with the roles' defaults does for each control of the CIS AWS Foundations Benchmark, and what it does not.

* **Set**: a run brings it into line, by the variable or role that is named.
* **Watched**: an alarm tells people, or an AWS Config rule reports. Both only say it; nothing is put right by them.
  Alarms see what the trail records; rules are evaluated where AWS Config records.
* **Missing**: what remains to be done by you. *Not yet* names the part that this collection does not have so far:
  account settings, network, organization, or an audit of what can only be looked at.

"""
ALARMS = """
## Alarms

Id is what `alarms_overrides` and this page call an alarm. Who is told are the topics of the
[role alarms](../roles/alarms/README.md#who-is-told). The numbers are those of CIS 1.4, 3.0 and 5.0; in 6.0 and 7.0 the
section is 5.

"""
SETTINGS = """
## What a setting does to CIS

A control is lost when the alarm that stands for it tells of less than CIS asks for, unless the filter with the literal
text of CIS stays beside it (`alarms_cis_evidence`, which has none for 4.15). The columns say which controls are then
left if the setting is made for every alarm; fields are those of
[`alarms_overrides`](../roles/alarms/README.md#overrides).

"""
EXCLUDE = {"principals": ["*:role/acme-pipeline"]}
OVERRIDES: dict[str, dict[str, Any]] = {
    "none of these": {},
    "`notify`, `severity`, `period`, texts": {"period": 60, "severity": "low", "runbook": "Ask the caller."},
    "`mute`": {"mute": [{"from": "02:00", "to": "04:00"}]},
    "a higher `threshold`": {"threshold": 50},
    "`exclude`": {"exclude": EXCLUDE},
    "`pattern` or `patterns`": {"pattern": '{ $.eventName = "Mine" }'},
    "`detection: false`": {"detection": False},
    "`enabled: false`": {"enabled": False},
}
RULES = """
## AWS Config rules

Names get the prefix `config_name_prefix` and two hyphens. *All* rules are in every region, *home* rules in the home
region.

"""


def read(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def alarms() -> list[dict[str, Any]]:
    return read("roles/alarms/vars/main/catalogue.yml")["__alarms_catalogue"]


def rules() -> list[dict[str, Any]]:
    return read("roles/config/vars/main/rules.yml")["__config_rule_catalogue"]


def numbers(control: dict[str, Any]) -> set[str]:
    """A control's numbers, as <version>:<number>."""
    return {
        f"{version}:{number}"
        for version, cell in zip(VERSIONS, control["numbers"], strict=True)
        for number in cell.split(", ")
        if number != "-"
    }


def watched(control: dict[str, Any]) -> str:
    """The alarms and rules that stand for a control."""
    known = numbers(control)
    told = [f"alarm `{a['id']}`" for a in alarms() if known & {f"{ALARMS_VERSION}:{n}" for n in a.get("cis", ())}]
    return ", ".join(told + [f"rule `{rule['name']}`" for rule in rules() if known & set(rule["cis"])])


def table(header: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = ["|" + "---|" * len(header), *("| " + " | ".join(cell or "-" for cell in row) + " |" for row in rows)]
    return "\n".join(["| " + " | ".join(header) + " |", *lines]) + "\n"


def condition(alarm: dict[str, Any]) -> str:
    """When an alarm fires, as in C(≥ 1 in 300 s)."""
    sign = COMPARISONS[alarm.get("comparison_operator", "GreaterThanOrEqualToThreshold")]
    return f"{sign} {alarm['threshold']} in {alarm['period']} s"


def kept(override: dict[str, Any], cis_evidence: bool) -> str:
    """Which of the controls are left when every alarm has an override."""
    topic = {"key": "", "name": "t", "display_name": "t", "subscriptions": [], "always": True}
    plan = compose(
        alarms(),
        name_prefix="baseline",
        metric_namespace="CloudTrailMetrics",
        topics=[{**topic, "key": key, "name": key} for key in sorted({key for a in alarms() for key in a["notify"]})],
        overrides={a["id"]: override for a in alarms() if a.get("cis")},
        cis_evidence=cis_evidence,
    )
    left = [row["control"] for row in plan["controls"] if row["kept_by"]]
    lost = [row["control"] for row in plan["controls"] if not row["kept_by"]]
    return "all" if not lost else "none" if not left else f"all but {', '.join(lost)}"


def page() -> str:
    """The whole page."""
    controls = table(
        ("Control", *(f"v{version}" for version in VERSIONS), "Set", "Watched", "Missing"),
        [
            (
                control["title"],
                *control["numbers"],
                control.get("sets", ""),
                watched(control),
                control.get("lacks", ""),
            )
            for control in read("scripts/controls.yml")
        ],
    )
    told = table(
        ("Id", "It tells", "Events", "Severity", "Who is told", "CIS"),
        [
            (
                f"`{alarm['id']}`",
                alarm["title"],
                condition(alarm),
                alarm["severity"],
                ", ".join(f"`{topic}`" for topic in alarm["notify"]),
                ", ".join(alarm.get("cis", ())),
            )
            for alarm in alarms()
        ],
    )
    reported = table(
        ("Rule", "It checks", "Where"),
        [(f"`{rule['name']}`", rule["description"], rule["scope"]) for rule in rules()],
    )
    settings = table(
        ("Setting", "Left without evidence", "Left with `alarms_cis_evidence: true`"),
        [(name, kept(override, False), kept(override, True)) for name, override in OVERRIDES.items()],
    )
    return HEADER + controls + ALARMS + told + SETTINGS + settings + RULES + reported


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
