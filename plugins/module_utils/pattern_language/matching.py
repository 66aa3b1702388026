# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many filter patterns on one message.

Most patterns need one of a few strings in one property, an event's name or source. Which, follows from their
expressions: a conjunction needs what each part needs, alternatives need what all of them have in common. For each such
property a table says which patterns a string leaves possible, and only those are asked.
"""

from __future__ import annotations

import collections
import functools
import operator
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.evaluation import (
    is_one_string,
    reader,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.nodes import (
    And,
    Expression,
    Or,
    Selector,
)

MAXIMUM_TABLES = 4


def needs_of(expression: Expression) -> dict[Selector, frozenset[str]]:
    """Properties that must have one of some strings when an expression holds."""
    if is_one_string(expression):
        return {expression.selector: frozenset([expression.value.text])}
    if isinstance(expression, And):
        needs: dict[Selector, frozenset[str]] = {}
        for part in expression.parts:
            for selector, texts in needs_of(part).items():
                needs[selector] = needs[selector] & texts if selector in needs else texts
        return needs
    if isinstance(expression, Or):
        first, *others = map(needs_of, expression.parts)
        for other in others:
            first = {selector: texts | other[selector] for selector, texts in first.items() if selector in other}
        return first
    return {}


class _Table:
    """Of one property: which patterns, as the bits of a number, each string leaves possible."""

    def __init__(self, selector: Selector, needs: t.Sequence[t.Mapping[Selector, frozenset[str]]]) -> None:
        self.read = reader(selector)
        self.others = 0
        by_text: dict[str, int] = collections.defaultdict(int)
        for number, need in enumerate(needs):
            if selector not in need:
                self.others |= 1 << number
            for text in need.get(selector, ()):
                by_text[text] |= 1 << number
        self.by_text = {text: patterns | self.others for text, patterns in by_text.items()}

    def possible(self, message: t.Any) -> int:
        found = self.read(message)
        return self.by_text.get(found, self.others) if isinstance(found, str) else self.others


class Index:
    """Which of some expressions can hold for a message at all."""

    def __init__(self, expressions: t.Sequence[Expression | None]) -> None:
        needs = [{} if expression is None else needs_of(expression) for expression in expressions]
        used = collections.Counter(selector for need in needs for selector in need)
        self.tables = [_Table(selector, needs) for selector, _count in used.most_common(MAXIMUM_TABLES)]
        self.all = (1 << len(expressions)) - 1

    def possible(self, message: t.Any) -> t.Iterator[int]:
        """The places, in order, of the expressions that can hold; all others cannot."""
        left = functools.reduce(operator.and_, [table.possible(message) for table in self.tables], self.all)
        while left:
            lowest = left & -left
            yield lowest.bit_length() - 1
            left ^= lowest
