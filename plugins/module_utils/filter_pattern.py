# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs filter patterns: reading and checking their text.

The grammar is the one CloudWatch Logs documents for metric and subscription filters ("Filter pattern syntax" in its
user guide): JSON patterns in braces, space-delimited patterns in brackets, and text terms. Only what is documented is
accepted; a pattern that AWS might take by accident is refused here with the position of the fault.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

MAXIMUM_LENGTH = 1024
MAXIMUM_REGEXES = 2
MAXIMUM_WILDCARD_SELECTORS = 3

TYPOGRAPHIC_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb"


class FilterPatternError(ValueError):
    """A text that is not a filter pattern.

    ``position`` counts characters from 0; it is ``None`` when the fault is the pattern as a whole.
    """

    def __init__(self, message: str, position: int | None = None) -> None:
        where = "" if position is None else f" (at character {position + 1})"
        super().__init__(f"{message}{where}")
        self.message = message
        self.position = position


@dataclass(frozen=True)
class String:
    """Text to compare with; ``*`` at its start or end stands for anything. ``quoted`` is whether it was in quotes."""

    text: str
    quoted: bool


@dataclass(frozen=True)
class Number:
    """A number as written; a ``*`` at its end stands for any digits."""

    text: str


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


@dataclass(frozen=True)
class Comparison:
    """``operator`` is one of = != < > <= >=."""

    selector: Selector
    operator: str
    value: Value


@dataclass(frozen=True)
class Is:
    """``what`` is one of NULL, TRUE, FALSE."""

    selector: Selector
    what: str


@dataclass(frozen=True)
class NotExists:
    """The property is absent."""

    selector: Selector


@dataclass(frozen=True)
class And:
    """Every part holds."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True)
class Or:
    """At least one part holds."""

    parts: tuple[Expression, ...]


Expression: t.TypeAlias = "Comparison | Is | NotExists | And | Or"


@dataclass(frozen=True)
class JsonPattern:
    """``{ ... }``: a condition on the properties of a JSON message."""

    expression: Expression


@dataclass(frozen=True)
class Field:
    """One place of a space-delimited pattern; ``...`` is ``ellipsis``, an unnamed place has no name."""

    name: str | None = None
    condition: Expression | None = None
    ellipsis: bool = False


@dataclass(frozen=True)
class SpacePattern:
    """``[ ... ]``: names and conditions for the words of a message."""

    fields: tuple[Field, ...]


@dataclass(frozen=True)
class Term:
    """``kind`` is ``all`` (plain term), ``any`` (``?term``) or ``none`` (``-term``)."""

    kind: str
    value: String | Regex


@dataclass(frozen=True)
class TextPattern:
    """Words to look for; no term matches every message."""

    terms: tuple[Term, ...]


Pattern: t.TypeAlias = "JsonPattern | SpacePattern | TextPattern"

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_REGEX = re.compile(r"%([^%]*)%")
_REGEX_ALLOWED = re.compile(r"[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]+")
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![\w.*-])")
_BARE = re.compile(r"[A-Za-z0-9_.*:/-]+")
_OPERATOR = re.compile(r"!=|<=|>=|=|<|>")
_NAME = re.compile(r"[A-Za-z0-9_-]+")
_TERM = re.compile(r"[A-Za-z0-9_]+")
_SPACE = re.compile(r"\s*")
_BRACKET = re.compile(r"\[(?:(\d+)|(\*)|'([^']*)')\]")

_KINDS = {"": "all", "?": "any", "-": "none"}


class _Reader:
    """A place in a text and what can be read from there. ``end`` is one past the last character it may read."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.position = start
        self.end = end
        self.regexes = 0
        self.wildcards = 0

    def skip(self) -> None:
        self.position = t.cast(re.Match[str], _SPACE.match(self.text, self.position, self.end)).end()

    @property
    def rest(self) -> str:
        return self.text[self.position : self.end]

    def at_end(self) -> bool:
        self.skip()
        return self.position >= self.end

    def take(self, literal: str) -> bool:
        self.skip()
        if self.text.startswith(literal, self.position, self.end):
            self.position += len(literal)
            return True
        return False

    def take_match(self, expression: re.Pattern[str]) -> re.Match[str] | None:
        match = expression.match(self.text, self.position, self.end)
        if match:
            self.position = match.end()
        return match

    def take_words(self, *words: str) -> bool:
        """Reads words that follow one another, separated by blanks."""
        match = re.compile(r"\s+".join(words) + r"(?![A-Za-z0-9_])").match(self.text, self.position, self.end)
        if match:
            self.position = match.end()
        return bool(match)

    def fail(self, message: str, position: int | None = None) -> t.NoReturn:
        raise FilterPatternError(message, self.position if position is None else position)

    def string(self) -> String | None:
        if not self.text.startswith('"', self.position, self.end):
            return None
        match = self.take_match(_STRING)
        if not match:
            self.fail("a quoted string is not closed")
        return String(re.sub(r"\\(.)", r"\1", match.group()[1:-1]), quoted=True)

    def regex(self) -> Regex | None:
        if not self.text.startswith("%", self.position, self.end):
            return None
        start = self.position
        match = self.take_match(_REGEX)
        if not match:
            self.fail("a regular expression is not closed with %")
        allowed = t.cast(str, match.group(1))
        fit = _REGEX_ALLOWED.match(allowed)
        read = fit.end() if fit else 0
        if read < len(allowed) or not allowed:
            self.fail("not a character that a regular expression may have here", start + 1 + read)
        self.regexes += 1
        if self.regexes > MAXIMUM_REGEXES:
            self.fail(f"more than {MAXIMUM_REGEXES} regular expressions in one pattern", start)
        return Regex(allowed)

    def value(self) -> Value:
        self.skip()
        if self.text.startswith("'", self.position, self.end):
            self.fail("single quotes do not delimit a string, use double quotes")
        found: Value | None = self.string() or self.regex()
        if found:
            return found
        number = self.take_match(_NUMBER)
        if number:
            return Number(number.group())
        bare = self.take_match(_BARE)
        if bare:
            return String(bare.group(), quoted=False)
        return self.fail("expected a value: a string in double quotes, a number or a %regular expression%")


class _Conditions:
    """Reads conditions joined by && and ||, && binding tighter."""

    def __init__(self, reader: _Reader, selector: t.Callable[[], Selector], stop: str = "") -> None:
        self.reader = reader
        self.selector = selector
        self.stop = stop

    def alternatives(self) -> Expression:
        parts = [self.conjunction()]
        while self.reader.take("||"):
            parts.append(self.conjunction())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def conjunction(self) -> Expression:
        parts = [self.primary()]
        while self.reader.take("&&"):
            parts.append(self.primary())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def primary(self) -> Expression:
        self.reader.skip()
        start = self.reader.position
        if not self.reader.take("("):
            return self.condition()
        inner = self.alternatives()
        if not self.reader.take(")"):
            if self.reader.at_end():
                self.reader.fail("a parenthesis is not closed", start)
            self.reader.fail("expected &&, || or )")
        return inner

    def condition(self) -> Expression:
        reader = self.reader
        selector = self.selector()
        reader.skip()
        if reader.take_words("NOT", "EXISTS"):
            return NotExists(selector)
        for what in ("NULL", "TRUE", "FALSE"):
            if reader.take_words("IS", what):
                return Is(selector, what)
        operator = reader.take_match(_OPERATOR)
        if not operator:
            reader.fail("expected =, !=, <, >, <=, >=, IS NULL, IS TRUE, IS FALSE or NOT EXISTS")
        reader.skip()
        start = reader.position
        value = reader.value()
        if operator.group() not in ("=", "!=") and not isinstance(value, Number):
            reader.fail(f"{operator.group()} compares numbers only", start)
        return Comparison(selector, operator.group(), value)


def _json_selector(reader: _Reader) -> Selector:
    reader.skip()
    start = reader.position
    if not reader.take("$"):
        reader.fail("expected a property such as $.eventName")
    steps: list[Step] = []
    while True:
        step = _step(reader)
        if step is None:
            break
        steps.append(step)
    if not steps:
        reader.fail("expected a property such as $.eventName", start)
    wildcards = sum(isinstance(step, AnyKey | AnyIndex) for step in steps)
    reader.wildcards += wildcards
    if wildcards > 1:
        reader.fail("more than one wildcard in one selector", start)
    if reader.wildcards > MAXIMUM_WILDCARD_SELECTORS:
        reader.fail(f"more than {MAXIMUM_WILDCARD_SELECTORS} wildcard selectors in one pattern", start)
    return Selector(tuple(steps))


def _step(reader: _Reader) -> Step | None:
    text, position = reader.text, reader.position
    dot = text.startswith(".", position, reader.end)
    if dot:
        reader.position += 1
        if text.startswith("*", reader.position, reader.end):
            reader.position += 1
            return AnyKey()
        name = reader.take_match(_NAME)
        if name:
            return name.group()
    bracket = reader.take_match(_BRACKET)
    if bracket:
        index, every, quoted = bracket.groups()
        if quoted is not None:
            return quoted
        return AnyIndex() if every else int(index)
    if dot or text.startswith("[", reader.position, reader.end):
        reader.fail("expected a property name, [index], [*] or ['name']")
    return None


def _parse_json(reader: _Reader) -> JsonPattern:
    if reader.at_end():
        reader.fail("there is no condition between the braces")
    expression = _Conditions(reader, lambda: _json_selector(reader)).alternatives()
    if not reader.at_end():
        reader.fail("a parenthesis is closed that was not opened" if reader.rest[0] == ")" else "expected && or ||")
    return JsonPattern(expression)


def _field(reader: _Reader) -> Field:
    reader.skip()
    if reader.take("..."):
        return Field(ellipsis=True)
    if reader.at_end() or reader.rest[0] == ",":
        return Field()
    start = reader.position
    names: list[str] = []

    def selector() -> Selector:
        reader.skip()
        match = reader.take_match(_NAME)
        if not match:
            reader.fail("expected a field name")
        names.append(match.group())
        return Selector((match.group(),))

    match = reader.take_match(_NAME)
    if match and (reader.at_end() or reader.rest[0] == ","):
        return Field(match.group())
    reader.position = start
    condition = _Conditions(reader, selector).alternatives()
    if len(set(names)) > 1:
        reader.fail("the condition of a field may only name that field", start)
    return Field(names[0], condition)


def _parse_space(reader: _Reader) -> SpacePattern:
    if reader.at_end():
        return SpacePattern(())
    fields = [_field(reader)]
    while reader.take(","):
        fields.append(_field(reader))
    if not reader.at_end():
        reader.fail("expected a comma between fields")
    if sum(field.ellipsis for field in fields) > 1:
        reader.fail("... may occur once")
    return SpacePattern(tuple(fields))


def _parse_text(reader: _Reader) -> TextPattern:
    terms: list[Term] = []
    while not reader.at_end():
        sign = next((mark for mark in "?-" if reader.take(mark)), "")
        value: String | Regex | None = reader.string() or reader.regex()
        if value is None:
            word = reader.take_match(_TERM)
            if not word:
                reader.fail("a term with other characters than letters, digits and _ needs double quotes")
            value = String(word.group(), quoted=False)
        terms.append(Term(_KINDS[sign], value))
    return TextPattern(tuple(terms))


def parse(text: str) -> Pattern:
    """Reads a filter pattern.

    Raises FilterPatternError when the text is not one, or exceeds a limit of CloudWatch Logs: 1024 characters, two
    regular expressions, three wildcard selectors.
    """
    if len(text) > MAXIMUM_LENGTH:
        raise FilterPatternError(f"{len(text)} characters, CloudWatch Logs takes up to {MAXIMUM_LENGTH}")
    for position, character in enumerate(text):
        if character in TYPOGRAPHIC_QUOTES:
            raise FilterPatternError(f'typographic quote {character}, use the plain double quote "', position)
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    for opening, closing, what, read in (("{", "}", "brace", _parse_json), ("[", "]", "bracket", _parse_space)):
        if text.startswith(opening, start, end):
            if end - start < 2 or not text.endswith(closing, start, end):
                message = f"a {what} is not closed: a pattern that starts with {opening} ends with {closing}"
                raise FilterPatternError(message, start)
            return read(_Reader(text, start + 1, end - 1))
    return _parse_text(_Reader(text, start, end))


def validate(text: str) -> None:
    """Checks a pattern that an alarm is to rest on: as parse, and an empty one (it matches everything) is refused."""
    if not text.strip():
        raise FilterPatternError("the pattern is empty and would match every event")
    parse(text)


def has_regex(text: str) -> bool:
    """Whether a valid pattern uses a regular expression; CloudWatch Logs allows five such patterns per log group."""
    return "%" in _STRING.sub("", text)
