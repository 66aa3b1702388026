# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation names exists, and pages that scripts write are up to date."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts import controls, permissions

ROOT = controls.ROOT
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("roles/*/README.md")])
INVENTORIES = sorted(ROOT.glob("inventories/**/*.yml"))
ROLES = sorted(path.parents[1].name for path in ROOT.glob("roles/*/meta/argument_specs.yml"))

# Not members of something (alarms.yml), parts of a longer name, or groups of variables (config_*).
VARIABLE = re.compile(rf"(?<![\w./-])((?:{'|'.join(ROLES)}|aws_baseline)_[a-z0-9_]*[a-z0-9])(?![\w/*-]|\.\w)")
CODE = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def modules() -> set[str]:
    """Names of modules, some of which begin like variables."""
    return {path.stem for path in ROOT.glob("plugins/modules/*.py")}


def tags() -> set[str]:
    """Tags of the roles' tasks, which are called like variables."""
    found: set[str] = set()
    for path in ROOT.glob("roles/*/tasks/*.yml"):
        for task in yaml.safe_load(path.read_text()):
            found.update(task.get("tags", ()))
    return found


def role_variables() -> set[str]:
    found: set[str] = set()
    for role in ROLES:
        specs = yaml.safe_load((ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
        found.update(name for spec in specs.values() for name in spec["options"])
    return found


def common_variables() -> set[str]:
    """Variables that belong to no role: the table in README.md is where they are described."""
    rows = [line.split("|")[1] for line in (ROOT / "README.md").read_text().splitlines() if line.startswith("| `")]
    return {name for row in rows for name in re.findall(r"`(aws_baseline_\w+|account_id)`", row)}


def unknown(text: str) -> list[str]:
    known = role_variables() | common_variables() | modules() | tags()
    return sorted(set(VARIABLE.findall(text)) - known - {"aws_baseline"})


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_name_variables_that_exist(page: Path) -> None:
    assert unknown("\n".join(CODE.findall(page.read_text()))) == []


def test_inventories_set_variables_that_exist() -> None:
    assert INVENTORIES
    for path in INVENTORIES:
        assert unknown(path.read_text()) == [], path


def test_common_variables_are_those_that_roles_playbooks_and_plugins_know() -> None:
    used: set[str] = set()
    plugins = [path for kind in ("plugin_utils", "inventory") for path in ROOT.glob(f"plugins/{kind}/*.py")]
    for path in [*ROOT.glob("roles/**/*.yml"), *ROOT.glob("playbooks/*.yml"), *plugins]:
        used.update(re.findall(r"(?<![\w.])aws_baseline_[a-z_]+", path.read_text()))
    assert common_variables() - {"account_id"} == used


def headings(page: Path) -> set[str]:
    """Anchors of a page, as GitHub makes them."""
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in HEADING.findall(page.read_text())}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_resolve(page: Path) -> None:
    for link in LINK.findall(CODE.sub("", page.read_text())):
        target, _, anchor = link.partition("#")
        if target.startswith(("https://", "http://")):
            continue
        there = (page.parent / target).resolve() if target else page
        assert there.exists(), link
        assert not anchor or anchor in headings(there), link


def overridden(document: Any) -> set[str]:
    """Ids of alarms that a YAML document changes."""
    return set((document or {}).get("alarms_overrides") or ())


def test_changed_alarms_are_in_the_catalogue() -> None:
    known = {alarm["id"] for alarm in controls.alarms()}
    for path in INVENTORIES:
        assert overridden(yaml.safe_load(path.read_text())) <= known, path
    for page in PAGES:
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.DOTALL):
            document = yaml.safe_load(block)
            if isinstance(document, dict):
                assert overridden(document) <= known, page


def test_alarms_and_rules_named_on_pages_are_in_the_catalogues() -> None:
    known = {alarm["id"] for alarm in controls.alarms()} | {rule["name"] for rule in controls.rules()}
    control_page = (ROOT / "docs" / "controls.md").read_text()
    assert set(re.findall(r"(?:alarm|rule) `([^`]+)`", control_page)) <= known
    # what has the form of an id, in prose, must be one
    for page in (ROOT / "docs" / "operations.md", ROOT / "roles" / "alarms" / "README.md"):
        named = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", re.sub(r"```.*?```", "", page.read_text(), flags=re.S)))
        assert named - known <= {"acme-prod", "secret-read"}, page


def test_every_rule_stands_for_one_control_or_more() -> None:
    numbers = [number for control in controls.read("scripts/controls.yml") for number in controls.numbers(control)]
    assert len(numbers) == len(set(numbers))
    assert {number for rule in controls.rules() for number in rule["cis"]} <= set(numbers)
    alarm_numbers = {f"{controls.ALARMS_VERSION}:{n}" for alarm in controls.alarms() for n in alarm.get("cis", ())}
    assert alarm_numbers <= set(numbers)


@pytest.mark.parametrize("script", [controls, permissions], ids=lambda script: script.__name__)
def test_written_pages_are_up_to_date(script: Any) -> None:
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), f"run python -m {script.__name__}"


@pytest.mark.parametrize(
    ("page", "section", "words"),
    [
        # S001-01: which account of an organization is for what
        ("docs/organization.md", "Who is who", ("management", "log_archive", "security", "workload")),
        # S001-61: budgets and cost reports are told to be elsewhere
        ("docs/organization.md", "What it does not do", ("Budgets", "cost")),
        # S002-01, S002-03, S002-15: root credentials come first, and what people do about an alarm is agreed on
        (
            "roles/alarms/README.md",
            "An organization",
            ("Agree first what follows", "root user's credentials", "runbook"),
        ),
        # S001-40, S001-49: conformance packs instead of many rules, and the work that begins then
        ("roles/config/README.md", "In an organization", ("tedious", "conformance pack", "Compliance is work")),
    ],
)
def test_policies_have_a_section(page: str, section: str, words: tuple[str, ...]) -> None:
    """What no program can do is at least said."""
    text = (ROOT / page).read_text(encoding="utf-8")
    _before, _heading, rest = text.partition(f"\n## {section}\n")
    body = rest.partition("\n## ")[0]
    assert [word for word in words if word not in body] == []
