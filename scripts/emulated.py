# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs commands of Ansible with the emulator in AWS's place, showing their output."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.emulator.calls import DEFAULT_ACCOUNT
from tests.emulator.client import Emulator

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
INVENTORY = ROOT / "inventories" / "demo"

_CHANGED = re.compile(r"\bchanged=(\d+)")


def environment(emulator: Emulator, **identity: str) -> dict[str, str]:
    """This process's environment without what steers AWS SDKs and Ansible, and with the emulator's account.

    identity: as C(Emulator.environment) takes it.
    """
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
    return inherited | {"ANSIBLE_HOME": str(ROOT / ".ansible")} | emulator.environment(**identity)


def playbook(
    emulator: Emulator,
    *arguments: str,
    cwd: Path = ROOT,
    account_id: str = DEFAULT_ACCOUNT,
    **variables: str,
) -> int:
    """Run ansible-playbook with an account's credentials; how many tasks changed something on all hosts.

    variables: further environment variables.

    SystemExit when it fails.
    """
    command = ["ansible-playbook", *arguments]
    print(f"\n$ {' '.join(command)}", flush=True)
    changed = 0
    recap = False
    with subprocess.Popen(
        [BIN / command[0], *arguments],
        cwd=cwd,
        env=environment(emulator, account_id=account_id)
        | {"ANSIBLE_FORCE_COLOR": str(sys.stdout.isatty())}
        | variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None  # noqa: S101
        for line in process.stdout:
            print(line, end="", flush=True)
            recap = recap or "PLAY RECAP" in line
            if recap and (found := _CHANGED.search(line)):
                changed += int(found[1])
    if process.returncode:
        raise SystemExit(f"{command[0]} failed with exit code {process.returncode}")
    if not recap:
        raise SystemExit(f"{command[0]} ran on no account")
    return changed
