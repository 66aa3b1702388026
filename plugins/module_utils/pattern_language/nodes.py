# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filter patterns are made of.

Equal are parts that say the same; where they stand in a text, and whether in parentheses, is kept beside.
"""

from __future__ import annotations

import typing as t
from dataclasses import dataclass, field

MAXIMUM_LENGTH = 1024
MAXIMUM_REGEXES = 2
MAXIMUM_WILDCARD_SELECTORS = 3


class FilterPatternError(ValueError):
    """A text that is not a filter pattern.

    ``position`` counts characters from 0; it is ``None`` when the fault is the pattern as a whole.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        where = "" if position is None else f" (at character {position + 1})"
        super().__init__(f"{message}{where}")
        self.message = message
        self.position = position


class FilterPatternLimit(FilterPatternError):
    """A pattern that is too much for CloudWatch Logs: too long, too many regular expressions or wildcards."""


@dataclass(frozen=True)
class String:
    """Text to compare with; ``*`` at its start or end stands for anything. ``quoted`` is whether it was in quotes."""

    text: str
    quoted: bool


@dataclass(frozen=True)
class Number:
    """A number as written."""

    text: str

    @property
    def value(self) -> float:
        """What it amounts to; whole numbers exactly."""
        return number_of(self.text)


@dataclass(frozen=True)
class Regex:
    """The expression between two percent signs, searched anywhere in the value."""

    text: str


# In quotes, because ansible-test reads module_utils as Python 3.8, which cannot evaluate it.
Value: t.TypeAlias = "String | Number | Regex"


@dataclass(frozen=True)
class AnyKey:
    """The selector step ``.*``: every member of an object."""


@dataclass(frozen=True)
class AnyIndex:
    """The selector step ``[*]``: every element of an array."""


Step: t.TypeAlias = "str | int | AnyKey | AnyIndex"


@dataclass(frozen=True)
class Selector:
    """The way to a property: names, indexes and wildcards, outermost first. In a space-delimited pattern one name."""

    steps: tuple[Step, ...]

    @property
    def has_wildcard(self) -> bool:
        return any(isinstance(step, (AnyKey, AnyIndex)) for step in self.steps)


@dataclass(frozen=True)
class Comparison:
    """``operator`` is one of = != < > <= >=."""

    selector: Selector
    operator: str
    value: Value
    position: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Is:
    """``what`` is one of NULL, TRUE, FALSE."""

    selector: Selector
    what: str
    position: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class NotExists:
    """The property is absent."""

    selector: Selector
    position: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class And:
    """Every part holds. ``grouped`` is whether it was in parentheses of its own."""

    parts: tuple[Expression, ...]
    position: int | None = field(default=None, compare=False, repr=False)
    grouped: bool = field(default=False, compare=False, repr=False)


@dataclass(frozen=True)
class Or:
    """At least one part holds."""

    parts: tuple[Expression, ...]
    position: int | None = field(default=None, compare=False, repr=False)
    grouped: bool = field(default=False, compare=False, repr=False)


Condition: t.TypeAlias = "Comparison | Is | NotExists"
Expression: t.TypeAlias = "Comparison | Is | NotExists | And | Or"


@dataclass(frozen=True)
class Field:
    """One place of a space-delimited pattern; ``...`` is ``ellipsis``, an unnamed place has no name."""

    name: str | None = None
    condition: Expression | None = None
    ellipsis: bool = False
    position: int | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True)
class Term:
    """``kind`` is ``all`` (plain term), ``any`` (``?term``) or ``none`` (``-term``)."""

    kind: str
    value: String | Regex
    position: int | None = field(default=None, compare=False, repr=False)


def number_of(text: str) -> float:
    """The number that a text spells, in the notation of patterns."""
    whole = text.lstrip("+-").isdecimal() and len(text) <= MAXIMUM_LENGTH
    return int(text) if whole else float(text)


def conditions_of(expression: Expression) -> t.Iterator[Condition]:
    """All conditions of an expression, from left to right."""
    if isinstance(expression, (And, Or)):
        for part in expression.parts:
            yield from conditions_of(part)
    else:
        yield expression
