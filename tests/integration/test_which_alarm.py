# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook that tells which alarms records would raise, as a user runs it: without AWS."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import stories
from tests.emulator.client import Emulator
from tests.support.playbook import ansible_playbook

INVENTORY = "inventories/prod"


def test_the_alarms_of_an_account_are_asked(emulator: Emulator, tmp_path: Path) -> None:
    """Thresholds of the inventory count: six terminations are enough there, by its override."""
    export, report = tmp_path / "export.json.gz", tmp_path / "report.json"
    events = stories("massive-terminations", {})[1][0].events()[:6]
    export.write_bytes(gzip.compress(json.dumps({"Records": events}).encode()))
    run = ansible_playbook(
        emulator, "which_alarm.yml", INVENTORY, variables={"records": str(export), "report": str(report)}
    )
    assert run.returncode == 0, run.stdout + run.stderr
    # of the accounts of the organization, the one that has the alarms
    (said,) = [
        task["msg"]
        for task in run.tasks()
        if task["task"].endswith("Say which alarms they raise") and not task.get("skipped")
    ]
    assert any(line.startswith("critical: massive-terminations fires, 6 events") for line in said["fire"])
    assert any("massive-operations does not fire" in line for line in said["match_too_seldom"])
    assert "Disable the credentials" in said["what_to_do"]["massive-terminations"]
    assert {one["id"] for one in json.loads(report.read_text())["alarms"]} >= {"massive-terminations"}
    assert not emulator.calls()
