# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The regular expressions of filter patterns.

CloudWatch Logs documents a small language: characters, ``.``, classes, ``^``, ``$``, ``|``, quantifiers, ``\\d``,
``\\s``, ``\\w`` and their opposites, ``\\xhh``, and a backslash before what would mean something else. There are no
parentheses, so an expression is alternatives of repeated single characters. That makes it easy to search in linear
time: Python's own engine is used where it must be quick, and a simulation of all its paths at once where it might take
forever.

Where the documentation is silent: the dot stands for line breaks too, a question mark after a quantifier (least
repetition) changes nothing for the question whether there is a match, and what else follows a quantifier is refused.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

MAXIMUM_REPEATS = 1000
QUICK_STEPS = 1_000_000

_FLAGS = re.ASCII | re.DOTALL
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]")
_CLASSES = frozenset("dDsSwW")
_HEX = re.compile(r"x([0-9A-Fa-f]{2})")
_BRACES = re.compile(r"\{([0-9]+)(?:(,)([0-9]*))?\}")
_SIMPLE_QUANTIFIERS: dict[str, tuple[int, int | None]] = {"*": (0, None), "+": (1, None), "?": (0, 1)}

Search = t.Callable[[str], bool]


class RegexError(ValueError):
    """Not a regular expression of filter patterns; ``position`` is the place of the fault in it."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.message = message
        self.position = position


@dataclass(frozen=True)
class Item:
    """One character, as Python's engine writes it, and how often it comes; or an anchor, ``^`` or ``$``."""

    source: str
    least: int = 1
    most: int | None = 1
    anchor: bool = False

    @property
    def varies(self) -> bool:
        return self.least != self.most


Sequence: t.TypeAlias = "tuple[Item, ...]"


def parse(text: str) -> tuple[Sequence, ...]:
    """The alternatives of an expression, or RegexError."""
    if not text:
        raise RegexError("an empty regular expression", 0)
    stranger = _NOT_ALLOWED.search(text)
    if stranger:
        raise RegexError("not a character that a regular expression may have here", stranger.start())
    return _Parser(text).alternatives()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def alternatives(self) -> tuple[Sequence, ...]:
        result: list[Sequence] = []
        items: list[Item] = []
        while self.position < len(self.text):
            if self.text[self.position] == "|":
                self.position += 1
                result.append(tuple(items))
                items = []
            else:
                items.append(self.item())
        return (*result, tuple(items))

    def item(self) -> Item:
        start = self.position
        character = self.text[start]
        self.position += 1
        if character in "^$":
            if self.quantifier():
                raise RegexError(f"there is nothing before {self.text[start + 1]} that could be repeated", start + 1)
            return Item(character, anchor=True)
        if character in "*+?{":
            raise RegexError(f"there is nothing before {character} that could be repeated", start)
        if character == ".":
            source = "."
        elif character == "[":
            source = self.character_class(start)
        elif character == "\\":
            source = self.escape()
        else:
            source = re.escape(character)
        least, most = self.quantifier() or (1, 1)
        return Item(source, least, most)

    def quantifier(self) -> tuple[int, int | None] | None:
        """What is read of ``*``, ``+``, ``?`` or braces, with a question mark after it."""
        start = self.position
        found = _SIMPLE_QUANTIFIERS.get(self.text[start : start + 1])
        if found:
            self.position += 1
        elif self.text.startswith("{", start):
            found = self.braces(start)
        else:
            return None
        if self.text.startswith("?", self.position):
            self.position += 1
        if self.text[self.position : self.position + 1] in ("*", "+", "?", "{"):
            raise RegexError("a quantifier cannot follow another", self.position)
        return found

    def braces(self, start: int) -> tuple[int, int | None]:
        match = _BRACES.match(self.text, start)
        if not match:
            message = "expected {n}, {n,} or {n,m}; a brace itself needs a backslash"
            raise RegexError(message, start)
        least = int(match[1])
        most = least if not match[2] else int(match[3]) if match[3] else None
        if max(least, most or 0) > MAXIMUM_REPEATS or (most is not None and most < least):
            raise RegexError(f"expected numbers up to {MAXIMUM_REPEATS}, the smaller first", start)
        self.position = match.end()
        return least, most

    def escape(self) -> str:
        """What follows a backslash, as Python's engine writes it."""
        following = self.text[self.position : self.position + 1]
        if following and following in _CLASSES:
            self.position += 1
            return "\\" + following
        hexadecimal = _HEX.match(self.text, self.position)
        if hexadecimal:
            self.position = hexadecimal.end()
            return re.escape(chr(int(hexadecimal[1], 16)))
        if not following or following.isalnum():
            raise RegexError(r"after a backslash only d D s S w W, xhh or a symbol is documented", self.position - 1)
        self.position += 1
        return re.escape(following)

    def character_class(self, start: int) -> str:
        """A class, from behind its opening bracket."""
        negated = self.text.startswith("^", self.position)
        self.position += negated
        members: list[str] = []
        while True:
            character = self.text[self.position : self.position + 1]
            if not character:
                raise RegexError("a character class is not closed", start)
            if character == "]":
                if not members:
                    raise RegexError("an empty character class; ] itself needs a backslash", start)
                self.position += 1
                return f"[{'^' if negated else ''}{''.join(members)}]"
            members.append(self.member())

    def member(self) -> str:
        """One character of a class, or a range of them."""
        first = self.single()
        if not self.text.startswith("-", self.position) or self.text.startswith("-]", self.position):
            return first
        dash = self.position
        self.position += 1
        if self.position >= len(self.text):
            return first
        last = self.single()
        if first in ("\\" + one for one in _CLASSES) or last in ("\\" + one for one in _CLASSES):
            raise RegexError("a range needs a character on both sides", dash)
        if first[-1] > last[-1]:
            raise RegexError("a range whose end comes before its start", dash)
        return f"{first}-{last}"

    def single(self) -> str:
        character = self.text[self.position]
        if character == "[":
            raise RegexError("a bracket within a character class needs a backslash", self.position)
        self.position += 1
        if character == "\\":
            found = self.escape()
            if found[1:] in _CLASSES and found[0] == "\\":
                return found
            character = found[-1]
        # every symbol with a backslash, so that none means anything to Python's engine, now or later
        return character if character.isalnum() else "\\" + character


def searcher(text: str) -> Search:
    """Whether an expression is found anywhere in a value, or RegexError."""
    alternatives = parse(text)
    source = "|".join(map(_python_source, alternatives))
    quick = re.compile(source, _FLAGS).search
    degree = max(map(_degree, alternatives))
    patient: list[_Paths] = []

    def search(value: str) -> bool:
        if degree < 2 or (len(value) + 1) ** degree <= QUICK_STEPS:
            return quick(value) is not None
        if not patient:
            patient.extend(map(_Paths, alternatives))
        return any(paths.search(value) for paths in patient)

    return search


def matches_everything(text: str) -> bool:
    """Whether a valid expression is found in any text, because one of its alternatives needs no character."""
    return any(
        all(item.least == 0 or item.anchor for item in sequence) and sum(item.anchor for item in sequence) < 2
        for sequence in parse(text)
    )


def _python_source(sequence: Sequence) -> str:
    return "".join(map(_item_source, sequence))


def _item_source(item: Item) -> str:
    if item.anchor:
        return r"\A" if item.source == "^" else r"\Z"
    if (item.least, item.most) == (1, 1):
        return item.source
    most = "" if item.most is None else item.most
    return f"{item.source}{{{item.least},{most}}}"


def _degree(sequence: Sequence) -> int:
    """The exponent of the steps that backtracking may need: one for each choice, and one for where to start."""
    anchored = bool(sequence) and sequence[0] == Item("^", anchor=True)
    return sum(item.varies for item in sequence) + (not anchored)


class _Closure:
    """From a set of states to all that are reached from it without reading a character.

    A set is a number whose bit i is state i. Passing from i to i + 1 is free for the bits in ``free``; a run of them is
    followed at once: subtracting the run's first state from the set turns over everything up to the lowest state in it.
    """

    def __init__(self, free: int) -> None:
        self.reached = free << 1
        self.ends = self.reached & ~free
        self.starts = free & ~self.reached

    def __call__(self, states: int) -> int:
        bounded = states | self.ends
        return states | (self.reached & ~((bounded - self.starts) ^ bounded))


class _Paths:
    """All ways through one alternative at once. State i is before its i-th character, the last one is the match."""

    def __init__(self, sequence: Sequence) -> None:
        self.sources: list[str] = []
        self.stays = 0
        free, at_start, at_end = 0, 0, 0
        for item in sequence:
            if item.anchor:
                mark = self._add("")
                if item.source == "^":
                    at_start |= mark
                else:
                    at_end |= mark
                continue
            for _copy in range(item.least):
                self._add(item.source)
            if item.most is None:
                mark = self._add(item.source)
                self.stays |= mark
                free |= mark
            else:
                for _copy in range(item.most - item.least):
                    free |= self._add(item.source)
        self.accepting = 1 << len(self.sources)
        self.closures = {
            (start, end): _Closure(free | (at_start if start else 0) | (at_end if end else 0))
            for start in (False, True)
            for end in (False, True)
        }
        self.by_source: dict[str, int] = {}
        for state, source in enumerate(self.sources):
            self.by_source[source] = self.by_source.get(source, 0) | (1 << state)
        self.by_source.pop("", None)
        self.takers = {source: re.compile(source, _FLAGS) for source in self.by_source}
        self.by_character: dict[str, int] = {}

    def _add(self, source: str) -> int:
        self.sources.append(source)
        return 1 << (len(self.sources) - 1)

    def _taking(self, character: str) -> int:
        """The states in which a character can be read."""
        found = self.by_character.get(character)
        if found is None:
            found = 0
            for source, states in self.by_source.items():
                if self.takers[source].match(character):
                    found |= states
            self.by_character[character] = found
        return found

    def search(self, value: str) -> bool:
        states = 0
        closure = self.closures[True, False]
        within = self.closures[False, False]
        for character in value:
            states = closure(states | 1)
            if states & self.accepting:
                return True
            read = states & self._taking(character)
            states = ((read & ~self.stays) << 1) | (read & self.stays)
            closure = within
        return bool(self.closures[not value, True](states | 1) & self.accepting)
