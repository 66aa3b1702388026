# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes as C(--diff) shows them: which field of which resource, where, from what to what."""

from __future__ import annotations

import collections.abc as c
import typing as t


def ansible_diff(change: dict[str, t.Any]) -> dict[str, str]:
    """One item of a result's C(diff), made of one item of its C(changes)."""
    title = f"{change['type']} {change['key']} ({change['account_id']}, {change['region']})"
    return {
        "before_header": title if change["before"] is not None else f"{title} does not exist",
        "after_header": title if change["after"] is not None else f"{title} does not exist",
        "before": text(change["before"]),
        "after": text(change["after"]),
    }


def text(value: dict[str, t.Any] | None) -> str:
    """Fields as lines in the manner of YAML, by name. Empty when there is no resource."""
    return "".join(f"{line}\n" for line in _lines(value)) if value else ""


def _lines(value: t.Any) -> c.Iterator[str]:
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _entry(f"{name}:", value[name])
    elif isinstance(value, list):
        for item in value:
            yield from _entry("-", item)
    else:
        yield _scalar(value)


def _entry(label: str, value: t.Any) -> c.Iterator[str]:
    if not isinstance(value, (dict, list)) or not value:
        yield f"{label} {_scalar(value)}"
        return
    lines = list(_lines(value))
    if label == "-":
        yield f"- {lines[0]}"
        yield from (f"  {line}" for line in lines[1:])
    else:
        yield label
        yield from (f"  {line}" for line in lines)


def _scalar(value: t.Any) -> str:
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)
