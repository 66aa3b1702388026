# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes and writes, as results claim them and as the emulator saw them."""

from __future__ import annotations

import collections
import collections.abc as c
import typing as t

from tests.emulator.calls import Call
from tests.emulator.client import Emulator

Writes = collections.Counter[tuple[str, str, str]]
"""How often which (account, region, operation) was written."""


UNKNOWN = "known after it is created"


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


def known(value: t.Any, other: t.Any) -> t.Any:
    """I(value) without what a plan could not know yet, which I(other) has in its place.

    That is what AWS chooses, and what it does not tell (None) an account before that is an administrator.
    """
    if value is None or (isinstance(value, str) and UNKNOWN in value):
        return other
    if isinstance(value, dict) and isinstance(other, dict):
        return {name: known(item, other.get(name)) for name, item in value.items()}
    if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
        return [known(*pair) for pair in zip(value, other, strict=True)]
    return value
