# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The AWS calls, with parameters, that the tasks of a playbook made, for a script to repeat."""

from __future__ import annotations

import typing as t

import tests.plugins.collection_loader  # noqa: F401  (makes the collection importable)

# isort: split

from ansible_collections.secops.aws_baseline.plugins.module_utils import aws
from tests.emulator.client import Emulator
from tests.support.run import converge

MODULES = "secops.aws_baseline."


def reads_of_tasks(tasks: list[dict[str, t.Any]], emulator: Emulator) -> list[dict[str, t.Any]]:
    """Repeat the collection's own tasks in this process, in check mode, and note their calls.

    tasks: C(action) and C(arguments) of each, as the callback C(task_arguments) writes them.
    """
    reads: list[dict[str, t.Any]] = []

    class Recorder(aws.Client):
        def call(self, operation: str, **parameters: t.Any) -> dict[str, t.Any]:
            self._note(operation, parameters)
            return super().call(operation, **parameters)

        def pages(self, operation: str, items: str, *positional: t.Any, **parameters: t.Any) -> list[t.Any]:
            if self._client.can_paginate(self._methods[operation]):
                self._note(operation, {name: value for name, value in parameters.items() if name != "absent"})
            return super().pages(operation, items, *positional, **parameters)

        def _note(self, operation: str, parameters: dict[str, t.Any]) -> None:
            reads.append(
                {
                    "service": self.service,
                    "region": self.scope.region,
                    "method": self._methods[operation],
                    "parameters": parameters,
                }
            )

    original, aws.Client = aws.Client, Recorder
    try:
        for task in tasks:
            if task["action"].startswith(MODULES):
                arguments = without_connection(task["arguments"])
                converge(emulator, task["action"].removeprefix(MODULES), arguments, True)
    finally:
        aws.Client = original
    return reads


def without_connection(arguments: dict[str, t.Any]) -> dict[str, t.Any]:
    """A task's options without those that say how to connect."""
    connection = {"access_key", "secret_key", "session_token", "endpoint_url", "profile", "region"}
    return {name: value for name, value in arguments.items() if name not in connection and value is not None}
