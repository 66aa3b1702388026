# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts and stops an emulator as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from .client import Emulator

REPOSITORY = Path(__file__).resolve().parents[2]
_READY = re.compile(r"emulator ready on (http://\S+)")


class EmulatorProcess:
    """`with EmulatorProcess() as emulator:` - an emulator on a free port, gone when the block ends."""

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> Emulator:
        """Start it and wait until it answers; RuntimeError when it does not come up."""
        command = [sys.executable, "-m", "tests.emulator", "--port", "0", *self._arguments]
        self._process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if ready := _READY.match(line):
                return Emulator(ready[1])
        raise RuntimeError(f"the emulator ended with exit code {self._process.wait()} before it was ready")

    def stop(self) -> int:
        """Ask it to end and return its exit code."""
        assert self._process is not None
        self._process.terminate()
        try:
            return self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()
        finally:
            if self._process.stdout:
                self._process.stdout.close()

    def __enter__(self) -> Emulator:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
