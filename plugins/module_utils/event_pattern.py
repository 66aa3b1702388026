# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event patterns of EventBridge: checking them before anything is sent, and comparing them by meaning.

EventBridge refuses what is no pattern at all, but takes patterns that can never match: a name with a dot in it, an
operator without its list, a number in place of an account. Here these are refused too, with what to write instead.
"""

from __future__ import annotations

import collections.abc as c
import ipaddress
import json
import math
import re
import typing as t

MAXIMUM_LENGTH = 4096
MAXIMUM_COMBINATIONS = 1000
MAXIMUM_NUMBER = 5e9

OR = "$or"
DETAIL = "detail"
TEXT_FIELDS = ("version", "id", "detail-type", "source", "account", "time", "region", "resources", "replay-name")
"""The fields that every event has beside C(detail), all of them text; C(replay-name) if an archive sends it again."""

COMPARISONS = ("=", "<", "<=", ">", ">=")
TEXT_OPERATORS = ("prefix", "suffix", "wildcard", "equals-ignore-case")
OPERATORS = (*TEXT_OPERATORS, "anything-but", "numeric", "cidr", "exists")
RESERVED_IN_OR = frozenset({*OPERATORS, *COMPARISONS, "exactly"})
"""Names of fields that EventBridge does not take within C($or)."""

_BAD_WILDCARD = re.compile(r"(?:[^\\]|\\.)*?(?:\*\*|\\(?![*\\]))", re.DOTALL)

Path = tuple[str, ...]


class EventPatternError(ValueError):
    """A pattern that EventBridge would refuse, or that could never match. The message names the place."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{shown(path)}: {message}" if path else message)


def shown(path: Path) -> str:
    """A place in a pattern, such as C(detail.severity[0].numeric)."""
    return ".".join(path).replace(".[", "[")


def as_json(pattern: t.Any) -> str:
    """The text of a pattern as it is sent to AWS."""
    return json.dumps(pattern, separators=(",", ":"))


def validate(pattern: t.Any) -> None:
    """Raise EventPatternError unless I(pattern) is an event pattern that can match."""
    if not isinstance(pattern, dict):
        raise EventPatternError((), "an event pattern is a dictionary of fields of the event")
    _check_level(pattern, (), _check_event_field)
    if _combinations(pattern) > MAXIMUM_COMBINATIONS:
        raise EventPatternError((), f"the alternatives of {OR} make more than {MAXIMUM_COMBINATIONS} combinations")
    length = len(as_json(pattern))
    if length > MAXIMUM_LENGTH:
        raise EventPatternError((), f"the pattern has {length} characters, at most {MAXIMUM_LENGTH} are allowed")


def same(first: t.Any, second: t.Any) -> bool:
    """Whether two patterns mean the same: the order of fields and of alternatives means nothing."""
    return _canonical(first) == _canonical(second)


def _canonical(node: t.Any) -> str:
    """Text that is equal for nodes that mean the same. Values keep their JSON spelling: true is not 1, nor "1"."""
    if isinstance(node, dict):
        return json.dumps({key: _canonical_field(key, value) for key, value in node.items()}, sort_keys=True)
    return json.dumps(node)


def _canonical_field(key: str, value: t.Any) -> t.Any:
    if isinstance(value, list) and key != "numeric":
        return sorted(_canonical(item) for item in value)
    return _canonical(value)


Check = t.Callable[[str, t.Any, Path], None]


def _check_level(fields: t.Any, path: Path, check: Check, in_or: bool = False) -> None:
    """Check one level of a pattern. check: checks a field by its name, value and path."""
    if not fields:
        raise EventPatternError(path, "is empty. Name at least one field that has to match")
    for name, value in fields.items():
        here = (*path, str(name))
        if not isinstance(name, str):
            raise EventPatternError(here, "names of fields are text, in quotes")
        if name == OR:
            _check_alternatives(value, here, check)
        elif in_or and name in RESERVED_IN_OR:
            raise EventPatternError(here, f"no field within {OR} may have the name of an operator")
        elif "." in name:
            nested: t.Any = value
            for part in reversed(name.split(".")):
                nested = {part: nested}
            hint = json.dumps(nested, default=str)
            raise EventPatternError(path, f"{name!r} is one name with a dot in it. Write a level for each name: {hint}")
        else:
            check(name, value, here)


def _check_alternatives(alternatives: t.Any, path: Path, check: Check) -> None:
    if not isinstance(alternatives, list) or len(alternatives) < 2:
        raise EventPatternError(path, "must be a list of two or more alternatives")
    for index, alternative in enumerate(alternatives):
        here = (*path, f"[{index}]")
        if not isinstance(alternative, dict):
            raise EventPatternError(here, f"must be a dictionary of fields, like the level that {OR} stands in")
        _check_level(alternative, here, check, in_or=True)


def _check_event_field(name: str, value: t.Any, path: Path) -> None:
    if name == DETAIL:
        if not isinstance(value, dict):
            raise EventPatternError(path, "must be a dictionary of the fields below it")
        _check_level(value, path, _check_field)
    elif name in TEXT_FIELDS:
        _check_field(name, value, path)
        for index, condition in enumerate(value):
            if isinstance(condition, (int, float)):
                here = (*path, f"[{index}]")
                raise EventPatternError(here, f'{condition} is a number, which {name} never is. Write "{condition}"')
    else:
        spelt = re.sub(r"(?<=[a-z])(?=[A-Z])|_", "-", name).lower()
        allowed = ", ".join((*TEXT_FIELDS, DETAIL))
        hint = f"Write {spelt}" if spelt in (*TEXT_FIELDS, DETAIL) else f"Those are {allowed}; all others are below it"
        raise EventPatternError(path, f"is no field that events have at the top. {hint}")


def _check_field(name: str, value: t.Any, path: Path) -> None:
    """Check a field: a dictionary of the fields below it, or a list of values and conditions."""
    if isinstance(value, dict):
        operators = [key for key, operand in value.items() if _is_operator(key, operand)]
        if operators:
            hint = json.dumps([{operators[0]: value[operators[0]]}], default=str)
            raise EventPatternError(path, f"{operators[0]} stands in a list. Write {hint}")
        _check_level(value, path, _check_field)
    elif isinstance(value, list):
        if not value:
            raise EventPatternError(path, "is an empty list, which nothing matches")
        for index, condition in enumerate(value):
            _check_condition(condition, (*path, f"[{index}]"))
    else:
        raise EventPatternError(path, f"must be a list. Write {json.dumps([value], default=str)}")


def _is_operator(name: str, operand: t.Any) -> bool:
    """Whether somebody meant an operator by what EventBridge takes for a field of that name."""
    if name not in OPERATORS or isinstance(operand, dict):
        return name == "anything-but"
    if isinstance(operand, list):
        return name == "anything-but" or (name == "numeric" and bool(operand) and operand[0] in COMPARISONS)
    return True


def _check_condition(condition: t.Any, path: Path) -> None:
    if not isinstance(condition, dict):
        _check_value(condition, path)
        return
    if len(condition) != 1:
        raise EventPatternError(path, f"has {len(condition)} operators. Write each as an item of its own")
    operator, operand = next(iter(condition.items()))
    here = (*path, str(operator))
    if operator == "exists":
        if not isinstance(operand, bool):
            raise EventPatternError(here, f"must be true or false, not {operand!r}")
    elif operator == "numeric":
        _check_numeric(operand, here)
    elif operator == "cidr":
        _check_network(operand, here)
    elif operator == "anything-but":
        _check_anything_but(operand, here)
    elif operator in ("prefix", "suffix") and isinstance(operand, dict):
        if list(operand) != ["equals-ignore-case"]:
            raise EventPatternError(here, "must be text, or a dictionary of equals-ignore-case")
        _check_text(operator, operand["equals-ignore-case"], (*here, "equals-ignore-case"))
    elif operator in TEXT_OPERATORS:
        _check_text(operator, operand, here)
    else:
        raise EventPatternError(here, f"is no operator. There are {', '.join(OPERATORS)}")


def _check_value(value: t.Any, path: Path) -> None:
    if isinstance(value, list):
        raise EventPatternError(path, "must be a value or a condition, not a list within the list")
    if not (value is None or isinstance(value, (str, bool)) or _is_number(value)):
        raise EventPatternError(path, f'must be text, a number, true, false or null. Write "{value}"')


def _check_text(operator: str, text: t.Any, path: Path) -> None:
    if not isinstance(text, str):
        raise EventPatternError(path, f"must be text, not {json.dumps(text, default=str)}")
    if operator == "wildcard" and _BAD_WILDCARD.match(text):
        raise EventPatternError(path, "must have no two stars in a row, and a backslash only before * and \\")


def _check_anything_but(operand: t.Any, path: Path) -> None:
    if isinstance(operand, dict):
        if len(operand) != 1 or next(iter(operand)) not in TEXT_OPERATORS:
            raise EventPatternError(path, f"must be values, or a dictionary of one of {', '.join(TEXT_OPERATORS)}")
        operator, texts = next(iter(operand.items()))
        here = (*path, operator)
        for text in texts if isinstance(texts, list) and texts else [texts]:
            _check_text(operator, text, here)
            if not text:
                raise EventPatternError(here, "must not be empty")
        return
    values = operand if isinstance(operand, list) else [operand]
    if not values or not (all(isinstance(item, str) for item in values) or all(map(_is_number, values))):
        raise EventPatternError(path, "must be text or numbers, not both, and neither true, false nor null")


def _check_numeric(operand: t.Any, path: Path) -> None:
    allowed = 'must be a list of an operator and a number, such as [">", 6], or of two such as [">=", 4, "<", 7]'
    if not isinstance(operand, list) or len(operand) not in (2, 4):
        raise EventPatternError(path, allowed)
    operators, limits = operand[::2], operand[1::2]
    for limit in limits:
        if not _is_number(limit):
            raise EventPatternError(path, f"{json.dumps(limit, default=str)} is no number. {allowed}")
        if abs(limit) > MAXIMUM_NUMBER:
            raise EventPatternError(path, f"{limit} is not between -5.0e9 and 5.0e9")
    if any(operator not in COMPARISONS for operator in operators):
        raise EventPatternError(path, f"operators are {' '.join(COMPARISONS)}, not {operators[0]!r}. {allowed}")
    if len(operators) == 2 and not (
        operators[0] in (">", ">=") and operators[1] in ("<", "<=") and limits[0] < limits[1]
    ):
        raise EventPatternError(path, "a range begins with > or >= and its lower end, then < or <= and its upper end")


def _check_network(operand: t.Any, path: Path) -> None:
    try:
        good = isinstance(operand, str) and "/" in operand and bool(ipaddress.ip_network(operand, strict=False))
    except ValueError:
        good = False
    if not good:
        raise EventPatternError(path, f"must be a network such as 10.0.0.0/8, not {operand!r}")


def _is_number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _combinations(fields: c.Mapping[str, t.Any]) -> int:
    """How many patterns without C($or) a pattern stands for."""
    product = 1
    for name, value in fields.items():
        if name == OR:
            product *= sum(_combinations(alternative) for alternative in value)
        elif isinstance(value, dict):
            product *= _combinations(value)
    return product
