# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes, as results claim them and as the emulator saw them."""

from __future__ import annotations

import collections
import collections.abc as c
import typing as t

from tests.emulator.calls import Call
from tests.emulator.client import Emulator

Writes = collections.Counter[tuple[str, str, str]]
"""How often which (account, region, operation) was written."""


def planned_writes(changes: c.Iterable[dict[str, t.Any]]) -> Writes:
    """All writes that changes claim."""
    return collections.Counter(
        (change["account_id"], change["region"], operation) for change in changes for operation in change["operations"]
    )


def writes(emulator: Emulator) -> Writes:
    """All writes that the emulator saw."""
    return collections.Counter(
        (call.account, region_of(call), f"{call.service}:{call.operation}") for call in emulator.writes()
    )


def region_of(call: Call) -> str:
    """The region as results name it. A global service's one endpoint is signed for with a region that means nothing."""
    return "global" if call.service in ("iam", "organizations") else call.region
