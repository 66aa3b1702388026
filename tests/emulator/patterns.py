# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is this text a CloudWatch Logs filter pattern? Syntax only; nothing is matched here.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_SELECTOR = re.compile(r"\$(?:\.\*|\.[A-Za-z0-9_-]+|\[\d+\]|\[\*\]|\.?\['[^']+'\])+")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_REGEX = re.compile(r"%[A-Za-z0-9:_#=@/;,\-^$?\[\]{}|\\*+. ]+%")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.*-])")
_BARE = re.compile(r"[A-Za-z0-9_.*-]+")
_BLANK = re.compile(r"\s*")
_JSON_OPERATOR = re.compile(r"!=|<=|>=|=|<|>")
_TEXT_TERM = re.compile(rf"[-?]?(?:{_STRING.pattern}|{_REGEX.pattern}|[A-Za-z0-9_]+)(?=\s|$)")
_FIELD_NAME = re.compile(r"[A-Za-z0-9_$-]+")
REGEXES_PER_PATTERN = 2


class InvalidPattern(ValueError):
    """The text is not a filter pattern; the message is for the error AWS would give."""


@dataclass(frozen=True)
class Shape:
    """What kind of pattern it is ('json', 'space' or 'text') and how many regular expressions it has."""

    kind: str
    regexes: int

    @property
    def has_fields(self) -> bool:
        """Whether metric values and dimensions may refer to fields of the event."""
        return self.kind != "text"


def check(pattern: str) -> Shape:
    """The pattern's shape, or InvalidPattern."""
    text = pattern.strip()
    if text.startswith("{"):
        if not text.endswith("}"):
            raise InvalidPattern("If a filter pattern starts with '{' it must end with '}'")
        reader = _Reader(text[1:-1])
        _either(reader, _json_condition)
        kind = "json"
    elif text.startswith("["):
        if not text.endswith("]"):
            raise InvalidPattern("If a filter pattern starts with '[' it must end with ']'")
        reader = _Reader(text[1:-1])
        _fields(reader)
        kind = "space"
    else:
        reader = _Reader(text)
        reader.blank()
        while not reader.done:
            term = reader.take(_TEXT_TERM)
            reader.regexes += term.lstrip("-?").startswith("%")
            reader.blank()
        kind = "text"
    reader.blank()
    if not reader.done:
        raise reader.error()
    if kind != "text" and reader.regexes > REGEXES_PER_PATTERN:
        raise InvalidPattern("A filter pattern can have at most 2 regular expressions")
    return Shape(kind, reader.regexes)


class _Reader:
    """Reads tokens from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.regexes = 0

    @property
    def done(self) -> bool:
        return self.at >= len(self.text)

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def try_take(self, token: re.Pattern[str] | str) -> str | None:
        if isinstance(token, str):
            if self.text.startswith(token, self.at):
                self.at += len(token)
                return token
            return None
        match = token.match(self.text, self.at)
        if match is None or not match[0]:
            return None
        self.at = match.end()
        return match[0]

    def take(self, token: re.Pattern[str] | str) -> str:
        taken = self.try_take(token)
        if taken is None:
            raise self.error()
        return taken

    def error(self) -> InvalidPattern:
        rest = self.text[self.at :].strip()
        what = f"near {rest[:20]!r}" if rest else "at its end"
        return InvalidPattern(f"Invalid metric filter pattern {what}")


def _either(reader: _Reader, condition: object) -> None:
    _both(reader, condition)
    reader.blank()
    while reader.try_take("||"):
        _both(reader, condition)
        reader.blank()


def _both(reader: _Reader, condition: object) -> None:
    _primary(reader, condition)
    reader.blank()
    while reader.try_take("&&"):
        _primary(reader, condition)
        reader.blank()


def _primary(reader: _Reader, condition: object) -> None:
    reader.blank()
    if reader.try_take("("):
        _either(reader, condition)
        reader.blank()
        reader.take(")")
    else:
        assert callable(condition)
        condition(reader)


def _json_condition(reader: _Reader) -> None:
    reader.take(_SELECTOR)
    reader.blank()
    if reader.try_take(re.compile(r"IS\s+(NULL|TRUE|FALSE)\b|NOT\s+EXISTS\b")):
        return
    _comparison(reader)


def _comparison(reader: _Reader) -> None:
    operator = reader.take(_JSON_OPERATOR)
    reader.blank()
    if operator not in ("=", "!="):
        reader.take(_NUMBER)
        return
    if reader.try_take(_STRING):
        return
    if reader.try_take(_REGEX):
        reader.regexes += 1
        return
    reader.take(_BARE)


def _fields(reader: _Reader) -> None:
    ellipses = 0
    while True:
        reader.blank()
        if reader.try_take("..."):
            ellipses += 1
        elif not reader.done and reader.text[reader.at] != ",":
            _either(reader, _FieldCondition())
        reader.blank()
        if reader.done:
            break
        reader.take(",")
    if ellipses > 1:
        raise InvalidPattern("Invalid metric filter pattern: '...' occurs more than once")


class _FieldCondition:
    """`name` or `name = value`; all conditions of one field name the same field."""

    def __init__(self) -> None:
        self._name: str | None = None

    def __call__(self, reader: _Reader) -> None:
        name = reader.take(_FIELD_NAME)
        if self._name not in (None, name):
            raise InvalidPattern(f"Invalid metric filter pattern: a condition of {self._name} names {name}")
        self._name = name
        reader.blank()
        if _JSON_OPERATOR.match(reader.text, reader.at):
            _comparison(reader)
