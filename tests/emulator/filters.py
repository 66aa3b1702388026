# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which log events a filter pattern matches, and the values that metrics take from them.

The emulator has no evaluator of its own: `matches` asks the collection's, which is tested by itself against what AWS
documents and what users of AWS have observed.
"""

from __future__ import annotations

import functools
import json
import re
from typing import Any

from ansible_collections.secops.aws_baseline.plugins.module_utils import filter_pattern

from .errors import LackingOperation

_STEP = re.compile(r"\.?\['([^']*)'\]|\[(\d+)\]|\.([\w-]+)")


@functools.lru_cache(maxsize=4096)
def _parsed(pattern: str) -> filter_pattern.Pattern:
    try:
        return filter_pattern.parse(pattern)
    except filter_pattern.FilterPatternError as failure:  # what is no pattern at all was refused when it came
        raise LackingOperation("logs", "PutMetricFilter", f"{pattern}: {failure}") from None


def matches(pattern: str, message: str) -> bool:
    """Whether the collection's evaluator lets the pattern match a message."""
    return _parsed(pattern).matches(message)


def words(pattern: str, message: str) -> dict[str, str]:
    """What a space-delimited pattern extracts from a message that it matches: `$name`, or `$number` without a name."""
    return _parsed(pattern).extract(message) or {}


def value(pattern: str, reference: str, message: str) -> str | None:
    """What a metric takes from a message by `$.property` or `$word`, as text; None when it is not there."""
    if reference.startswith(("$.", "$[")):
        return _property(reference, message)
    return words(pattern, message).get(reference)


def _property(selector: str, message: str) -> str | None:
    try:
        node: Any = json.loads(message)
    except ValueError:
        return None
    for quoted, index, name in _STEP.findall(selector[1:]):
        if index:
            node = node[int(index)] if isinstance(node, list) and int(index) < len(node) else None
        else:
            node = node.get(quoted or name) if isinstance(node, dict) else None
    if isinstance(node, bool | dict | list) or node is None:
        return None
    return str(node)
