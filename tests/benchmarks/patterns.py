# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How many records of CloudTrail a minute the whole catalogue of alarms is asked about, on one core."""

from __future__ import annotations

import json
import time
import typing as t

import tests.plugins.collection_loader  # noqa: F401  (makes the collection importable)

# isort: split

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import Matcher, parse
from tests.support.catalogue import shipped_patterns
from tests.support.records import records

RECORDS = 20_000


def measure(runs: int) -> list[tuple[str, str]]:
    """Rows of labels and figures; each figure is the best of some runs."""
    texts = shipped_patterns()
    decoded = list(records(RECORDS))
    lines = [json.dumps(record, separators=(",", ":")) for record in decoded]
    patterns = {name: parse(text) for name, text in texts.items()}
    matcher = Matcher(patterns)

    def one_after_another(record: t.Any) -> list[str]:
        return [name for name, pattern in patterns.items() if pattern.matches(record)]

    found = sum(len(matcher.matching(record)) for record in decoded)
    started = time.perf_counter()
    Matcher(texts)
    compiling = time.perf_counter() - started
    return [
        (f"reading {len(texts)} patterns", f"{compiling * 1000:.0f} ms"),
        ("alarms' matches per 1000 records", f"{1000 * found / RECORDS:.0f}"),
        ("decoded records a minute (aim: 100,000)", _a_minute(matcher.matching, decoded, runs)),
        ("lines of the log a minute", _a_minute(matcher.matching, lines, runs)),
        ("decoded records a minute, every pattern asked", _a_minute(one_after_another, decoded, runs)),
    ]


def _a_minute(ask: t.Callable[[t.Any], t.Any], messages: t.Sequence[t.Any], runs: int) -> str:
    best = float("inf")
    for _run in range(runs):
        started = time.perf_counter()
        for message in messages:
            ask(message)
        best = min(best, time.perf_counter() - started)
    return f"{60 * len(messages) / best:,.0f}"
