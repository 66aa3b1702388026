# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The time of logs, metrics and alarms: the machine's, and however far the control API has moved it ahead."""

from __future__ import annotations

import time
from datetime import UTC, datetime

_ahead = 0.0


def now() -> float:
    """Seconds since the epoch."""
    return time.time() + _ahead


def milliseconds() -> int:
    return int(now() * 1000)


def moment() -> datetime:
    return datetime.fromtimestamp(now(), UTC)


def advance(seconds: float) -> None:
    global _ahead  # noqa: PLW0603  # one clock, as there is one time
    _ahead += seconds


def reset() -> None:
    global _ahead  # noqa: PLW0603
    _ahead = 0.0
