# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudTrail records made to measure: the smallest record that a filter pattern matches."""

from __future__ import annotations

import itertools
import re._parser as regex_parser  # type: ignore[import-not-found]
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils import filter_pattern as fp

Conditions = tuple[t.Any, ...]

_TRIES = 5000


def pattern(text: str) -> dict[str, t.Any]:
    """A record with an event's source and name that the pattern matches; LookupError when none is found."""
    parsed = fp.parse(text)
    assert isinstance(parsed, fp.JsonPattern), text
    ways = (way for conditions in _ways(parsed.expression) for way in _records(conditions))
    for record in itertools.islice(ways, _TRIES):
        if parsed.matches(record):
            return record
    raise LookupError(f"no record found for {text}")


def _ways(expression: t.Any) -> t.Iterator[Conditions]:
    """The conjunctions of which one has to hold."""
    if isinstance(expression, fp.Or):
        for part in expression.parts:
            yield from _ways(part)
    elif isinstance(expression, fp.And):
        for parts in itertools.product(*(list(_ways(part)) for part in expression.parts)):
            yield tuple(condition for part in parts for condition in part)
    else:
        yield (expression,)


def _records(conditions: Conditions) -> t.Iterator[dict[str, t.Any]]:
    """Records with every value that the conditions suggest for their properties."""
    values: dict[tuple[t.Any, ...], list[t.Any]] = {}
    for condition in conditions:
        if not isinstance(condition, fp.NotExists):
            values.setdefault(condition.selector.steps, []).extend(_suggested(condition))
    for chosen in itertools.product(*values.values()):
        record: dict[str, t.Any] = {}
        for steps, value in zip(values, chosen, strict=True):
            _put(record, steps, value)
        yield {"eventSource": "ec2.amazonaws.com", "eventName": "ModifySomething", **record}


def _suggested(condition: t.Any) -> list[t.Any]:
    if isinstance(condition, fp.Is):
        return [{"NULL": None, "TRUE": True, "FALSE": False}[condition.what]]
    value = condition.value
    if isinstance(value, fp.Number):
        number = float(value.text)
        return [int(one) if one.is_integer() else one for one in (number, number + 1, number - 1)]
    if isinstance(value, fp.Regex):
        return [_shortest(value.text), "other"]
    if condition.operator == "!=":
        return ["other"]
    return [value.text.strip("*"), value.text.replace("*", "x1")]


def _put(record: t.Any, steps: tuple[t.Any, ...], value: t.Any) -> None:
    """Set a property, and make the objects and lists on the way."""
    for step, following in itertools.pairwise((*steps, None)):
        key = step if isinstance(step, str | int) else "any" if isinstance(step, fp.AnyKey) else 0
        if isinstance(key, int):
            record.extend({} for _ in range(key + 1 - len(record)))
        if following is None:
            record[key] = value
            return
        inner: t.Any = [] if isinstance(following, int | fp.AnyIndex) else {}
        if isinstance(key, int) and isinstance(inner, dict):
            record = record[key]
        elif isinstance(key, int):
            record[key] = inner
            record = inner
        else:
            record = record.setdefault(key, inner)


def _shortest(expression: str) -> str:
    """A text, as short as possible, in which a regular expression is found."""
    return "".join(_texts(regex_parser.parse(expression)))


def _texts(parsed: t.Iterable[tuple[t.Any, t.Any]]) -> t.Iterator[str]:
    for kind, detail in parsed:
        name = str(kind)
        if name == "LITERAL":
            yield chr(detail)
        elif name == "ANY":
            yield "x"
        elif name == "IN":
            yield _member(detail)
        elif name in ("MAX_REPEAT", "MIN_REPEAT"):
            least, _most, repeated = detail
            yield "".join(_texts(repeated)) * least
        elif name == "BRANCH":
            yield "".join(_texts(detail[1][0]))
        elif name == "SUBPATTERN":
            yield "".join(_texts(detail[-1]))


def _member(members: list[tuple[t.Any, t.Any]]) -> str:
    """A character of a set; of one that excludes, a character that is seldom excluded."""
    kind, detail = str(members[0][0]), members[0][1]
    if kind == "LITERAL":
        return chr(detail)
    if kind == "RANGE":
        return chr(detail[0])
    return {"CATEGORY_DIGIT": "1", "CATEGORY_SPACE": " "}.get(str(detail), "x")
