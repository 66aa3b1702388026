# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the text of a filter pattern to its parts.

The grammar is the one CloudWatch Logs documents for metric and subscription filters ("Filter pattern syntax" in its
user guide): JSON patterns in braces, space-delimited patterns in brackets, and text terms. Only what is documented is
accepted; a pattern that AWS might take by accident is refused here with the position of the fault.
"""

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass, field, replace

from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language import regex
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.nodes import (
    MAXIMUM_LENGTH,
    MAXIMUM_REGEXES,
    MAXIMUM_WILDCARD_SELECTORS,
    And,
    AnyIndex,
    AnyKey,
    Comparison,
    Expression,
    Field,
    FilterPatternError,
    FilterPatternLimit,
    Is,
    NotExists,
    Number,
    Or,
    Regex,
    Selector,
    Step,
    String,
    Term,
    Value,
    conditions_of,
)

BLANKS = " \t\r\n\f\v"

STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_REGEX = re.compile(r"%([^%]*)%")
NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.*:/-])")
BARE = re.compile(r"[A-Za-z0-9_.*:/-]+")
_OPERATOR = re.compile(r"!=|<=|>=|=|<|>")
NAME = re.compile(r"[A-Za-z0-9_-]+")
TERM = re.compile(r"[A-Za-z0-9_]+")
_SPACE = re.compile(rf"[{BLANKS}]*")
_BRACKET = re.compile(r"\[(?:([0-9]+)|(\*))\]")
_QUOTED_NAME = re.compile(r"\.?\['([^']+)'\]")

_QUOTED = re.compile(rf"{STRING.pattern}|{_QUOTED_NAME.pattern}", re.DOTALL)
_TYPOGRAPHIC_QUOTE = re.compile("[\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb]")

_KINDS = {"": "all", "?": "any", "-": "none"}


class _Reader:
    """A place in a text and what can be read from there. ``end`` is one past the last character it may read."""

    def __init__(self, text: str, start: int, end: int, maximum_regexes: float = MAXIMUM_REGEXES) -> None:
        self.text = text
        self.position = start
        self.end = end
        self.maximum_regexes = maximum_regexes
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
        match = re.compile(rf"[{BLANKS}]+".join(words) + r"(?![A-Za-z0-9_])").match(self.text, self.position, self.end)
        if match:
            self.position = match.end()
        return bool(match)

    def fail(self, message: str, position: int | None = None) -> t.NoReturn:
        raise FilterPatternError(message, self.position if position is None else position)

    def string(self) -> String | None:
        if not self.text.startswith('"', self.position, self.end):
            return None
        match = self.take_match(STRING)
        if not match:
            self.fail("a quoted string is not closed")
        return String(re.sub(r"\\(.)", r"\1", match.group()[1:-1], flags=re.DOTALL), quoted=True)

    def regex(self) -> Regex | None:
        if not self.text.startswith("%", self.position, self.end):
            return None
        start = self.position
        match = self.take_match(_REGEX)
        if not match:
            self.fail("a regular expression is not closed with %")
        self.regexes += 1
        if self.regexes > self.maximum_regexes:
            raise FilterPatternLimit(f"more than {MAXIMUM_REGEXES} regular expressions in one pattern", start)
        try:
            regex.parse(match.group(1))
        except regex.RegexError as error:
            self.fail(error.message, start + 1 + error.position)
        return Regex(match.group(1))

    def value(self) -> Value:
        self.skip()
        if self.text.startswith("'", self.position, self.end):
            self.fail("single quotes do not delimit a string, use double quotes")
        found: Value | None = self.string() or self.regex()
        if found:
            return found
        number = self.take_match(NUMBER)
        if number:
            return Number(number.group())
        bare = self.take_match(BARE)
        if bare:
            return String(bare.group(), quoted=False)
        return self.fail("expected a value: a string in double quotes, a number or a %regular expression%")


@dataclass
class _Group:
    """What has been read of a parenthesis, or of the whole: alternatives, and the conjunction being read."""

    start: int
    alternatives: list[Expression] = field(default_factory=list)
    conjuncts: list[Expression] = field(default_factory=list)

    def end_conjunction(self) -> None:
        first = self.conjuncts[0]
        whole = first if len(self.conjuncts) == 1 else And(tuple(self.conjuncts), first.position)
        self.alternatives.append(whole)
        self.conjuncts = []

    def expression(self) -> Expression:
        self.end_conjunction()
        first = self.alternatives[0]
        return first if len(self.alternatives) == 1 else Or(tuple(self.alternatives), first.position)


def _expression(reader: _Reader, condition: t.Callable[[], Expression]) -> Expression:
    """Reads conditions joined by && and ||, && binding tighter, with parentheses of any depth."""
    groups = [_Group(reader.position)]
    while True:
        reader.skip()
        start = reader.position
        if reader.take("("):
            groups.append(_Group(start))
            continue
        groups[-1].conjuncts.append(condition())
        while len(groups) > 1 and reader.take(")"):
            inner = groups.pop().expression()
            if isinstance(inner, (And, Or)):
                inner = replace(inner, grouped=True)
            groups[-1].conjuncts.append(inner)
        if reader.take("&&"):
            continue
        if reader.take("||"):
            groups[-1].end_conjunction()
            continue
        if len(groups) == 1:
            return groups[0].expression()
        if reader.at_end():
            reader.fail("a parenthesis is not closed", groups[-1].start)
        reader.fail("expected &&, || or )")


def _condition(reader: _Reader, selector: t.Callable[[_Reader], Selector], json: bool) -> Expression:
    reader.skip()
    position = reader.position
    read = selector(reader)
    reader.skip()
    if json and reader.take_words("NOT", "EXISTS"):
        return NotExists(read, position)
    for what in ("NULL", "TRUE", "FALSE"):
        if json and reader.take_words("IS", what):
            return Is(read, what, position)
    operator = reader.take_match(_OPERATOR)
    if not operator:
        reader.fail("expected =, !=, <, >, <= or >=" + (", IS NULL, IS TRUE, IS FALSE or NOT EXISTS" if json else ""))
    reader.skip()
    start = reader.position
    value = reader.value()
    if operator.group() not in ("=", "!=") and not isinstance(value, Number):
        reader.fail(f"{operator.group()} compares numbers only", start)
    return Comparison(read, operator.group(), value, position)


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
    wildcards = sum(isinstance(step, (AnyKey, AnyIndex)) for step in steps)
    reader.wildcards += wildcards
    if wildcards > 1:
        raise FilterPatternLimit("more than one wildcard in one selector", start)
    if reader.wildcards > MAXIMUM_WILDCARD_SELECTORS:
        raise FilterPatternLimit(f"more than {MAXIMUM_WILDCARD_SELECTORS} wildcard selectors in one pattern", start)
    return Selector(tuple(steps))


def _step(reader: _Reader) -> Step | None:
    text, start = reader.text, reader.position
    quoted = reader.take_match(_QUOTED_NAME)
    if quoted:
        return t.cast(str, quoted.group(1))
    bracket = reader.take_match(_BRACKET)
    if bracket:
        return AnyIndex() if bracket.group(2) else int(bracket.group(1))
    if text.startswith(".*", start, reader.end):
        reader.position += 2
        return AnyKey()
    if text.startswith(".", start, reader.end):
        reader.position += 1
        name = reader.take_match(NAME)
        if name:
            return t.cast(str, name.group())
    if text.startswith((".", "["), start, reader.end):
        reader.fail("expected a property name, [index], [*] or ['name']")
    return None


def _json(reader: _Reader) -> Expression:
    if reader.at_end():
        reader.fail("there is no condition between the braces")
    expression = _expression(reader, lambda: _condition(reader, _json_selector, json=True))
    if not reader.at_end():
        reader.fail("a parenthesis is closed that was not opened" if reader.rest[0] == ")" else "expected && or ||")
    return expression


def _field(reader: _Reader) -> Field:
    reader.skip()
    start = reader.position
    if reader.take("..."):
        return Field(ellipsis=True, position=start)
    if reader.at_end() or reader.rest[0] == ",":
        return Field(position=start)
    match = reader.take_match(NAME)
    if match and (reader.at_end() or reader.rest[0] == ","):
        return Field(match.group(), position=start)
    reader.position = start
    condition = _expression(reader, lambda: _condition(reader, _field_name, json=False))
    names = {one.selector for one in conditions_of(condition)}
    if len(names) > 1:
        reader.fail("the condition of a field may only name that field", start)
    return Field(t.cast(str, names.pop().steps[0]), condition, position=start)


def _field_name(reader: _Reader) -> Selector:
    match = reader.take_match(NAME)
    if not match:
        reader.fail("expected a field name")
    return Selector((match.group(),))


def _fields(reader: _Reader) -> tuple[Field, ...]:
    if reader.at_end():
        return ()
    fields = [_field(reader)]
    while reader.take(","):
        fields.append(_field(reader))
    if not reader.at_end():
        reader.fail("expected a comma between fields")
    if sum(one.ellipsis for one in fields) > 1:
        reader.fail("... may occur once")
    return tuple(fields)


def _terms(reader: _Reader) -> tuple[Term, ...]:
    terms: list[Term] = []
    while not reader.at_end():
        start = reader.position
        sign = next((mark for mark in "?-" if reader.take(mark)), "")
        if sign == "-":
            reader.skip()  # as in the user guide's "ERROR" - "Exiting"
        value: String | Regex | None = reader.string() or reader.regex()
        if value is None:
            word = reader.take_match(TERM)
            if not word:
                reader.fail("a term with other characters than letters, digits and _ needs double quotes")
            value = String(word.group(), quoted=False)
        if reader.rest and reader.rest[0] not in BLANKS:
            reader.fail("a term with other characters than letters, digits and _ needs double quotes")
        terms.append(Term(_KINDS[sign], value, start))
    return tuple(terms)


Read: t.TypeAlias = "tuple[str, t.Any]"


def read(text: t.Any) -> Read:
    """The kind of a pattern, one of json, space and text, and its expression, fields or terms."""
    if not isinstance(text, str):
        raise FilterPatternError(f"a text is needed, not {type(text).__name__}")
    if len(text) > MAXIMUM_LENGTH:
        raise FilterPatternLimit(f"{len(text)} characters, CloudWatch Logs takes up to {MAXIMUM_LENGTH}")
    outside = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), text)
    typographic = _TYPOGRAPHIC_QUOTE.search(outside)
    if typographic:
        message = f'typographic quote {typographic.group()}, use the plain double quote "'
        raise FilterPatternError(message, typographic.start())
    end = len(text.rstrip(BLANKS))
    start = end - len(text[:end].lstrip(BLANKS))
    for opening, closing, what in (("{", "}", "brace"), ("[", "]", "bracket")):
        if text.startswith(opening, start, end):
            if end - start < 2 or not text.endswith(closing, start, end):
                message = f"a {what} is not closed: a pattern that starts with {opening} ends with {closing}"
                raise FilterPatternError(message, start)
            reader = _Reader(text, start + 1, end - 1)
            return ("json", _json(reader)) if what == "brace" else ("space", _fields(reader))
    # the quota is documented for the other two kinds
    return "text", _terms(_Reader(text, start, end, maximum_regexes=float("inf")))
