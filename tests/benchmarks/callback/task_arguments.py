# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: task_arguments
type: aggregate
short_description: Write down with which options each task ran
description: One JSON line per task, in the file that the environment variable TASK_ARGUMENTS names.
"""


class CallbackModule(CallbackBase):
    """For benchmarks that repeat what a playbook did."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "task_arguments"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: t.Any) -> None:
        """Note the task's action and options."""
        arguments = result._result.get("invocation", {}).get("module_args")
        if arguments is not None:
            with Path(os.environ["TASK_ARGUMENTS"]).open("a", encoding="utf-8") as file:
                file.write(json.dumps({"action": result._task.action, "arguments": arguments}) + "\n")
