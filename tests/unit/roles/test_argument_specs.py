# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The argument specification is the interface of a role: its defaults are the role's, and the README names it all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROLES = sorted(path.parents[1] for path in Path(__file__).resolve().parents[3].glob("roles/*/meta/argument_specs.yml"))
TYPES = {
    "str": str,
    "int": int,
    "float": (int, float),
    "bool": bool,
    "list": list,
    "dict": dict,
    "path": str,
    "raw": object,
}

pytestmark = pytest.mark.parametrize("role", ROLES, ids=[role.name for role in ROLES])


def options(role: Path) -> dict[str, dict[str, Any]]:
    specs = yaml.safe_load((role / "meta" / "argument_specs.yml").read_text())["argument_specs"]
    return {name: option for spec in specs.values() for name, option in (spec.get("options") or {}).items()}


def defaults(role: Path) -> dict[str, Any]:
    file = role / "defaults" / "main.yml"
    return (yaml.safe_load(file.read_text()) or {}) if file.exists() else {}


def test_defaults_equal_the_specification(role: Path) -> None:
    """A default that is computed, and not a text, cannot stand there: documentation checks the type of its template."""
    specified = {name: option["default"] for name, option in options(role).items() if "default" in option}
    computed = {
        name
        for name, value in defaults(role).items()
        if isinstance(value, str) and "{{" in value and options(role)[name]["type"] in ("bool", "dict", "list")
    }
    assert {name: value for name, value in defaults(role).items() if name in specified or name not in computed} == (
        specified
    )


def test_defaults_have_the_specified_type(role: Path) -> None:
    for name, value in defaults(role).items():
        expected = options(role)[name]["type"]
        rendered = isinstance(value, str) and "{{" in value
        assert rendered or isinstance(value, TYPES[expected]), name
        assert rendered or expected == "bool" or not isinstance(value, bool), name


def test_names_carry_the_role_and_a_description(role: Path) -> None:
    for name, option in options(role).items():
        assert name.startswith(f"{role.name}_"), name
        assert option.get("description"), name
        assert option["type"] != "list" or option.get("elements"), name


def test_readme_names_every_variable(role: Path) -> None:
    text = (role / "README.md").read_text()
    assert [name for name in options(role) if f"`{name}`" not in text] == []
