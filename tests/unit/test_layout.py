# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lists that must name every file of a kind."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"


def names(folder: Path) -> set[str]:
    return {path.stem for path in folder.glob("*.py")} - {"__init__"}


def test_every_module_is_in_the_action_group() -> None:
    runtime = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))
    group = {member for member in runtime["action_groups"]["baseline"] if isinstance(member, str)}
    assert group == names(PLUGINS / "modules")


def test_every_module_has_its_action_plugin() -> None:
    assert names(PLUGINS / "action") == names(PLUGINS / "modules")


def test_every_file_of_resource_types_is_imported() -> None:
    folder = PLUGINS / "module_utils" / "resources"
    text = (folder / "__init__.py").read_text(encoding="utf-8")
    imported = set(re.findall(r"import (\w+)|^    (\w+),", text, re.MULTILINE))
    found = {name for pair in imported for name in pair if name}
    assert names(folder) - {"base"} <= found
