# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a filter pattern's parts to functions that test messages.

Everything is decided once, when the pattern is compiled; what remains for a message are dictionary look-ups and
comparisons. Where CloudWatch Logs documents nothing, the reading that matches less is taken:

* An absent property fulfils no comparison, C(!=) included (observed, not documented). Neither does an array, an object,
  null, or a boolean: a selector must point to a string or a number, and there are C(IS NULL), C(IS TRUE), C(IS FALSE).
* Within an expression such a comparison is false by itself; other alternatives can still hold.
* A number equals a number only, a text without C(*) a string only. C(!=) is the opposite, for strings and numbers.
  C(*) and regular expressions look at a number's digits too (C(4*) is documented for status codes).
* C(*) counts at the start and at the end of a value, elsewhere it is an asterisk, and on its own any string or number.
* A wildcard selector needs one element that fulfils the condition, whichever the condition. C(NOT EXISTS) after one
  means that there is no such element at all.
"""

from __future__ import annotations

import json
import operator
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.nodes import (
    And,
    AnyIndex,
    AnyKey,
    Comparison,
    Expression,
    Field,
    Is,
    NotExists,
    Number,
    Or,
    Regex,
    Selector,
    String,
    Term,
    Value,
    number_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.regex import searcher

Test = t.Callable[[t.Any], bool]
TextTest = t.Callable[[str], bool]

ABSENT = object()

_ORDER: dict[str, t.Callable[[t.Any, t.Any], bool]] = {
    "<": operator.lt,
    ">": operator.gt,
    "<=": operator.le,
    ">=": operator.ge,
}
_NUMBER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")


# --- messages --------------------------------------------------------------------------------------------------------


def _long_integer(digits: str) -> float:
    return int(digits) if len(digits) < 1000 else float(digits)


def _no_constant(name: str) -> t.NoReturn:
    raise ValueError(f"{name} is not JSON")


def decode(message: t.Any) -> t.Any:
    """What a message says: itself when it is decoded, the value of its JSON text, or ABSENT when it is no JSON."""
    if isinstance(message, (bytes, bytearray)):
        message = message.decode(errors="replace")
    if not isinstance(message, str):
        return message
    try:
        return json.loads(message, parse_int=_long_integer, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return ABSENT


def encode(message: t.Any) -> str:
    """The line that a message is: itself when it is a text, or else as CloudTrail writes records, without blanks."""
    if isinstance(message, (bytes, bytearray)):
        return message.decode(errors="replace")
    if isinstance(message, str):
        return message
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False, default=str)


# --- values ----------------------------------------------------------------------------------------------------------


def is_exact(value: Value) -> bool:
    """Whether a value stands for one string only."""
    return isinstance(value, String) and not (value.text.startswith("*") or value.text.endswith("*"))


def glob(text: str) -> TextTest:
    """Whether a text is what a string with C(*) at its start, its end or both stands for."""
    if not text.strip("*"):
        return (lambda value: True) if text else (lambda value: not value)
    starts, ends = text.startswith("*"), text.endswith("*")
    core = text[starts : len(text) - ends]
    if starts and ends:
        return lambda value: core in value
    if starts:
        return lambda value: value.endswith(core)
    if ends:
        return lambda value: value.startswith(core)
    return lambda value: value == core


def digits_of(number: float) -> str:
    """A number of a decoded message as a text."""
    try:
        return repr(number)
    except ValueError:  # a whole number of more digits than Python writes
        return repr(float("inf") if number > 0 else float("-inf"))


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _equality(value: Value) -> Test:
    """Whether a JSON value equals a value of a pattern. Asked for strings and numbers only."""
    if isinstance(value, Number):
        number = value.value
        return lambda found: not isinstance(found, str) and found == number
    if is_exact(value):
        text = value.text
        return lambda found: found == text
    looks = searcher(value.text) if isinstance(value, Regex) else glob(value.text)
    return lambda found: looks(found if isinstance(found, str) else digits_of(found))


def value_test(comparison: str, value: Value) -> Test:
    """Whether a JSON value compares with a value of a pattern as asked."""
    if comparison in _ORDER:
        holds, number = _ORDER[comparison], t.cast(Number, value).value
        return lambda found: _is_number(found) and holds(found, number)
    if comparison == "=" and is_exact(value):
        text = value.text
        return lambda found: found == text
    equal = _equality(value)
    if comparison == "=":
        return lambda found: (isinstance(found, str) or _is_number(found)) and equal(found)
    return lambda found: (isinstance(found, str) or _is_number(found)) and not equal(found)


def word_test(comparison: str, value: Value) -> TextTest:
    """Whether a word of a message compares with a value of a pattern as asked. A word may spell a number."""
    if isinstance(value, Number):
        number = value.value
        holds = _ORDER.get(comparison, operator.eq)
        negated = comparison == "!="

        def test(word: str) -> bool:
            return (_NUMBER.fullmatch(word) is not None and holds(number_of(word), number)) is not negated

        return test
    looks = searcher(value.text) if isinstance(value, Regex) else glob(value.text)
    return looks if comparison == "=" else lambda word: not looks(word)


# --- JSON patterns ---------------------------------------------------------------------------------------------------


def reader(selector: Selector) -> t.Callable[[t.Any], t.Any]:
    """What a selector without wildcards points to in a message, or ABSENT."""
    steps = selector.steps
    if all(isinstance(step, str) for step in steps):
        *outer, last = steps

        def member(message: t.Any) -> t.Any:
            for name in outer:
                if not isinstance(message, dict):
                    return ABSENT
                message = message.get(name, ABSENT)
            return message.get(last, ABSENT) if isinstance(message, dict) else ABSENT

        return member

    def element(message: t.Any) -> t.Any:
        for step in steps:
            if isinstance(step, int):
                if not isinstance(message, list) or step >= len(message):
                    return ABSENT
                message = message[step]
            elif isinstance(message, dict):
                message = message.get(step, ABSENT)
            else:
                return ABSENT
        return message

    return element


def values_reader(selector: Selector) -> t.Callable[[t.Any], list[t.Any]]:
    """All that a selector points to in a message."""
    if not selector.has_wildcard:
        read = reader(selector)
        return lambda message: [found] if (found := read(message)) is not ABSENT else []
    place = next(index for index, step in enumerate(selector.steps) if isinstance(step, (AnyKey, AnyIndex)))
    before = reader(Selector(selector.steps[:place])) if place else lambda message: message
    after = values_reader(Selector(selector.steps[place + 1 :])) if selector.steps[place + 1 :] else None
    kind: type = dict if isinstance(selector.steps[place], AnyKey) else list

    def read_all(message: t.Any) -> list[t.Any]:
        found = before(message)
        if not isinstance(found, kind):
            return []
        values = list(found.values()) if kind is dict else found
        return values if after is None else [one for value in values for one in after(value)]

    return read_all


def compile_expression(expression: Expression) -> Test:
    """Whether an expression holds for a decoded message."""
    if isinstance(expression, (And, Or)):
        parts = [compile_expression(part) for part in expression.parts]
        return _all(parts) if isinstance(expression, And) else _any(expression, parts)
    selector = expression.selector
    test = _condition_test(expression)
    if not selector.has_wildcard:
        read = reader(selector)
        return lambda message: test(read(message))
    read_all = values_reader(selector)
    if isinstance(expression, NotExists):
        return lambda message: not read_all(message)
    return lambda message: any(map(test, read_all(message)))


def _condition_test(condition: Expression) -> Test:
    if isinstance(condition, NotExists):
        return lambda found: found is ABSENT
    if isinstance(condition, Is):
        wanted = {"NULL": None, "TRUE": True, "FALSE": False}[condition.what]
        return lambda found: found is wanted
    comparison = t.cast(Comparison, condition)
    return value_test(comparison.operator, comparison.value)


def _all(parts: list[Test]) -> Test:
    if len(parts) == 2:
        first, second = parts
        return lambda message: first(message) and second(message)

    def test(message: t.Any) -> bool:
        for part in parts:  # noqa: SIM110 - twice as fast as all()
            if not part(message):
                return False
        return True

    return test


def _any(expression: Or, parts: list[Test]) -> Test:
    """Alternatives that want one property to be one string or another are one look-up in a set."""
    texts: dict[Selector, set[str]] = {}
    rest = []
    for part, test in zip(expression.parts, parts, strict=True):
        if is_one_string(part):
            texts.setdefault(part.selector, set()).add(part.value.text)
        else:
            rest.append(test)
    rest = [_one_of(selector, frozenset(values)) for selector, values in texts.items()] + rest
    if len(rest) == 1:
        return rest[0]

    def test(message: t.Any) -> bool:
        for part in rest:  # noqa: SIM110 - twice as fast as any()
            if part(message):
                return True
        return False

    return test


def is_one_string(expression: Expression) -> bool:
    """Whether an expression says that one property is one string."""
    return (
        isinstance(expression, Comparison)
        and expression.operator == "="
        and is_exact(expression.value)
        and not expression.selector.has_wildcard
    )


def _one_of(selector: Selector, texts: frozenset[str]) -> Test:
    read = reader(selector)
    return lambda message: isinstance(found := read(message), str) and found in texts


# --- space-delimited patterns ----------------------------------------------------------------------------------------

_BLANKS = re.compile(r"[ \t\r\n\f\v]*")
_WORD = re.compile(r"[^ \t\r\n\f\v]+")
_CLOSING = {"[": "]", '"': '"'}


class Word(t.NamedTuple):
    """A field of a message, without its brackets or quotes, and where it starts in the message."""

    text: str
    start: int


def split(message: str) -> list[Word]:
    """The fields of a message: words, and what stands between brackets or double quotes.

    A bracket or quote counts when a blank or the end follows where it is closed first; otherwise it is a letter.
    """
    words = []
    closable = dict.fromkeys(_CLOSING, True)
    position = t.cast("re.Match[str]", _BLANKS.match(message)).end()
    while position < len(message):
        opening = message[position]
        end = -1
        if closable.get(opening):
            end = message.find(_CLOSING[opening], position + 1)
            closable[opening] = end >= 0
            if message[end + 1 : end + 2].strip(" \t\r\n\f\v"):
                end = -1
        if end >= 0:
            words.append(Word(message[position + 1 : end], position))
            end += 1
        else:
            match = t.cast("re.Match[str]", _WORD.match(message, position))
            words.append(Word(match.group(), position))
            end = match.end()
        position = t.cast("re.Match[str]", _BLANKS.match(message, end)).end()
    return words


Extract = t.Callable[[str], "dict[str, str] | None"]


def compile_fields(fields: tuple[Field, ...]) -> Extract:
    """What a space-delimited pattern extracts from a message that it matches, None from others.

    The keys are C($name), or C($number) for words without a name. Without C(...) the last field takes the rest of the
    message, as it is written there when it is more than one word; its condition is asked of all of that.
    """
    ellipsis = next((index for index, field in enumerate(fields) if field.ellipsis), None)
    named = [field for field in fields if not field.ellipsis]
    tests = [_field_test(field.condition) if field.condition else None for field in named]
    before = len(fields) if ellipsis is None else ellipsis

    def extract(message: str) -> dict[str, str] | None:
        words = split(message)
        if not fields:
            return {f"${number}": word.text for number, word in enumerate(words, start=1)}
        surplus = len(words) - len(named)
        if surplus < 0:
            return None
        texts = [word.text for word in words]
        if ellipsis is None and surplus:
            texts[before - 1 :] = [message[words[before - 1].start :].rstrip(" \t\r\n\f\v")]
        result = {}
        for index, text in enumerate(texts):
            place = index if index < before else index - surplus
            if place < before and index >= before:
                result[f"${index + 1}"] = text
                continue
            test = tests[place]
            if test is not None and not test(text):
                return None
            result[f"${named[place].name or index + 1}"] = text
        return result

    return extract


def _field_test(condition: Expression) -> TextTest:
    if isinstance(condition, And):
        parts = [_field_test(part) for part in condition.parts]
        return lambda word: all(part(word) for part in parts)
    if isinstance(condition, Or):
        parts = [_field_test(part) for part in condition.parts]
        return lambda word: any(part(word) for part in parts)
    comparison = t.cast(Comparison, condition)
    return word_test(comparison.operator, comparison.value)


# --- text patterns ---------------------------------------------------------------------------------------------------


def compile_terms(terms: tuple[Term, ...]) -> TextTest:
    """Whether a message has all plain terms and none of the excluded ones. Terms with C(?) count only among themselves:
    one of them is enough then, and beside any other term they are ignored."""
    tests = {kind: [_term_test(term) for term in terms if term.kind == kind] for kind in ("all", "any", "none")}
    wanted, either, unwanted = tests["all"], tests["any"], tests["none"]
    if either and not wanted and not unwanted:
        return lambda message: any(test(message) for test in either)
    return lambda message: all(test(message) for test in wanted) and not any(test(message) for test in unwanted)


def _term_test(term: Term) -> TextTest:
    if isinstance(term.value, Regex):
        return searcher(term.value.text)
    text = term.value.text
    if not text.strip():
        return lambda message: True
    return lambda message: text in message
