# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run ansible-playbook as a user does, with the emulator in AWS's place."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import typing as t
from pathlib import Path

from scripts.emulated import BIN, ROOT, environment
from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION

JSON_OUTPUT = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_DEPRECATION_WARNINGS": "false"}


@dataclasses.dataclass(frozen=True)
class Run:
    """What a run of ansible-playbook gave. output: the JSON callback's document, if it was asked for."""

    returncode: int
    stdout: str
    stderr: str
    output: dict[str, t.Any]

    @property
    def stats(self) -> dict[str, dict[str, int]]:
        """Recap by host."""
        return self.output["stats"]

    def tasks(self) -> list[dict[str, t.Any]]:
        """Results of all tasks on all hosts, in order."""
        return [
            host | {"host": name, "task": task["task"]["name"]}
            for play in self.output["plays"]
            for task in play["tasks"]
            for name, host in task["hosts"].items()
        ]

    def changes(self) -> list[dict[str, t.Any]]:
        """C(changes) of all tasks."""
        return [change for task in self.tasks() for change in task.get("changes", ())]

    def messages(self) -> str:
        """C(msg) of all failed tasks."""
        return "\n".join(str(task.get("msg")) for task in self.tasks() if task.get("failed"))


def ansible_playbook(
    emulator: Emulator,
    playbook: Path | str,
    inventory: Path | str,
    *arguments: str,
    variables: dict[str, t.Any] | None = None,
    extra_environment: dict[str, str] | None = None,
    json_output: bool = True,
    account_id: str = ACCOUNT_ID,
) -> Run:
    """Run a playbook with an account's credentials; paths are relative to the project."""
    command = [str(BIN / "ansible-playbook"), str(ROOT / playbook), "-i", str(ROOT / inventory)]
    command += [*arguments, *(("-e", json.dumps(variables)) if variables else ())]
    full_environment = (
        environment(emulator, account_id=account_id, region=HOME_REGION)
        | (JSON_OUTPUT if json_output else {})
        | (extra_environment or {})
    )
    done = subprocess.run(command, cwd=ROOT, env=full_environment, capture_output=True, text=True, check=False)
    output = json.loads(done.stdout) if json_output and done.stdout.startswith("{") else {}
    return Run(done.returncode, done.stdout, done.stderr, output)
