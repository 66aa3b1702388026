# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs filter patterns: reading, checking, printing and evaluating them without AWS.

``parse`` turns a text into a pattern, which knows whether it ``matches`` a message, what it can ``extract`` from one,
and prints as a text that means the same. ``lint`` names what a valid pattern probably gets wrong. ``Matcher`` asks many
patterns at once.

What each part means, and how certain that is, is documented in ``pattern_language.evaluation``; what the texts may look
like in ``pattern_language.reading``; regular expressions have their own module, ``pattern_language.regex``.
"""

from __future__ import annotations

import functools
import typing as t
from dataclasses import dataclass

from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language import (
    evaluation,
    linting,
    printing,
    reading,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.linting import CODES, Finding
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.matching import Index
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
    String,
    Term,
)

__all__ = [
    "CODES",
    "MAXIMUM_LENGTH",
    "MAXIMUM_REGEXES",
    "MAXIMUM_WILDCARD_SELECTORS",
    "And",
    "AnyIndex",
    "AnyKey",
    "Comparison",
    "Expression",
    "Field",
    "FilterPatternError",
    "FilterPatternLimit",
    "Finding",
    "Is",
    "JsonPattern",
    "Matcher",
    "NotExists",
    "Number",
    "Or",
    "Pattern",
    "Regex",
    "Selector",
    "SpacePattern",
    "String",
    "Term",
    "TextPattern",
    "has_regex",
    "lint",
    "parse",
    "validate",
]


class _Compiled:
    """A pattern compiles itself when it is first asked; copies and pickles leave that behind."""

    def __getstate__(self) -> dict[str, t.Any]:
        return {name: value for name, value in self.__dict__.items() if name != "_test"}


@dataclass(frozen=True)
class JsonPattern(_Compiled):
    """``{ ... }``: a condition on the properties of a JSON message."""

    expression: Expression

    @functools.cached_property
    def _test(self) -> t.Callable[[t.Any], bool]:
        return evaluation.compile_expression(self.expression)

    def matches(self, message: t.Any) -> bool:
        """Whether a message, a line or what it decodes to, fulfils the condition. A line that is no JSON does not."""
        record = evaluation.decode(message)
        return record is not evaluation.ABSENT and self._test(record)

    def extract(self, message: t.Any) -> dict[str, str] | None:
        """An empty dictionary for a message that matches, None for others: only words of a line are extracted."""
        return {} if self.matches(message) else None

    def __str__(self) -> str:
        return printing.write_json(self.expression)


@dataclass(frozen=True)
class SpacePattern(_Compiled):
    """``[ ... ]``: names and conditions for the words of a message."""

    fields: tuple[Field, ...]

    @functools.cached_property
    def _test(self) -> evaluation.Extract:
        return evaluation.compile_fields(self.fields)

    def matches(self, message: t.Any) -> bool:
        """Whether the words of a line fulfil the conditions. A decoded record counts as its line without blanks."""
        return self.extract(message) is not None

    def extract(self, message: t.Any) -> dict[str, str] | None:
        """The words by name, C($status) and, where the pattern has none, number, C($7). None if it does not match."""
        return self._test(evaluation.encode(message))

    def __str__(self) -> str:
        return printing.write_fields(self.fields)


@dataclass(frozen=True)
class TextPattern(_Compiled):
    """Words to look for; no term matches every message."""

    terms: tuple[Term, ...]

    @functools.cached_property
    def _test(self) -> evaluation.TextTest:
        return evaluation.compile_terms(self.terms)

    def matches(self, message: t.Any) -> bool:
        """Whether a line has what is looked for. A decoded record counts as its line without blanks."""
        return self._test(evaluation.encode(message))

    def extract(self, message: t.Any) -> dict[str, str] | None:
        """An empty dictionary for a message that matches, None for others: only words of a line are extracted."""
        return {} if self.matches(message) else None

    def __str__(self) -> str:
        return printing.write_terms(self.terms)


# In quotes, because ansible-test reads module_utils as Python 3.8, which cannot evaluate it.
Pattern: t.TypeAlias = "JsonPattern | SpacePattern | TextPattern"

_KINDS: dict[str, type] = {"json": JsonPattern, "space": SpacePattern, "text": TextPattern}


def parse(text: str) -> Pattern:
    """Reads a filter pattern.

    Raises FilterPatternError when the text is not one, or exceeds a limit of CloudWatch Logs: 1024 characters, two
    regular expressions (but any number in a text pattern), three wildcard selectors.
    """
    kind, content = reading.read(text)
    return _KINDS[kind](content)


def validate(text: str) -> None:
    """Checks a pattern that an alarm is to rest on: as parse, and an empty one (it matches everything) is refused."""
    if not text.strip():
        raise FilterPatternError("the pattern is empty and would match every event")
    parse(text)


def has_regex(text: str) -> bool:
    """Whether a valid pattern uses a regular expression; CloudWatch Logs allows five such patterns per log group."""
    return "%" in reading.STRING.sub("", text)


def lint(pattern: Pattern | str) -> list[Finding]:
    """What is undefined, can never hold or is probably not meant in a pattern, in the order of the text.

    A text that is no pattern is a finding too, with the code C(syntax), or C(limit) if it is only too much. For a
    pattern instead of a text positions are as in the text that it was read from.
    """
    length = 0
    if isinstance(pattern, str):
        length = len(pattern)
        try:
            pattern = parse(pattern)
        except FilterPatternError as error:
            code = "limit" if isinstance(error, FilterPatternLimit) else "syntax"
            return [Finding(code, error.message, error.position)]
    if isinstance(pattern, JsonPattern):
        findings = linting.of_expression(pattern.expression)
    elif isinstance(pattern, SpacePattern):
        findings = linting.of_fields(pattern.fields)
    else:
        findings = linting.of_terms(pattern.terms)
    return linting.of_length(length or len(str(pattern))) + findings


class Matcher:
    """Many patterns, by name, that are asked at once."""

    def __init__(self, patterns: t.Mapping[str, Pattern | str]) -> None:
        parsed = {name: parse(one) if isinstance(one, str) else one for name, one in patterns.items()}
        self.patterns: dict[str, Pattern] = parsed
        json = [(name, one) for name, one in parsed.items() if isinstance(one, JsonPattern)]
        self._index = Index([one.expression for _name, one in json])
        self._json = [(name, one._test) for name, one in json]
        self._others = [(name, one) for name, one in parsed.items() if not isinstance(one, JsonPattern)]

    def matching(self, message: t.Any) -> list[str]:
        """The names, in the order given, of the patterns that match a message, a line or what it decodes to."""
        record = evaluation.decode(message)
        found = []
        if record is not evaluation.ABSENT:
            for number in self._index.possible(record):
                name, test = self._json[number]
                if test(record):
                    found.append(name)
        if not self._others:
            return found
        line = evaluation.encode(message)
        chosen = {*found, *(name for name, one in self._others if one.matches(line))}
        return [name for name in self.patterns if name in chosen]
