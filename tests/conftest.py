# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures every test may use: the emulator (one process per pytest worker) and a clean AWS environment."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.emulator.client import Emulator
from tests.emulator.process import EmulatorProcess


@pytest.fixture(scope="session")
def emulator_process() -> Iterator[Emulator]:
    """One emulator for all tests of this worker; use `emulator` unless state may leak on purpose."""
    with EmulatorProcess() as emulator:
        yield emulator


@pytest.fixture
def emulator(emulator_process: Emulator) -> Iterator[Emulator]:
    """An emulator without any state; a call it cannot serve fails the test."""
    emulator_process.reset()
    yield emulator_process
    lacking = emulator_process.lacking()
    assert not lacking, f"the emulator lacks what this test called: {', '.join(lacking)}"


@pytest.fixture
def no_aws_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No AWS_* variable of the developer's shell reaches the test."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def aws_env(emulator: Emulator, no_aws_environment: None) -> dict[str, str]:
    """The variables of the default account (123456789012, us-east-1), for a subprocess or for monkeypatch."""
    return emulator.environment()
