# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge's event patterns: is this text one, and does it match an event.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html, and where that is silent
https://github.com/aws/event-ruler, which EventBridge runs on. Where both leave it open nothing matches: a pattern's
keys name one level each, so `detail.severity` finds no severity within detail.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

OR = "$or"
LARGEST_NUMBER = 5e9
COMBINATIONS = 1000
_RESERVED_IN_OR = frozenset({
    "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr", "=",
    "<", "<=", ">", ">=",
})  # fmt: skip
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda value, limit: value == limit,
    "<": lambda value, limit: value < limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    ">=": lambda value, limit: value >= limit,
}
_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "prefix": str.startswith,
    "suffix": str.endswith,
    "equals-ignore-case": lambda value, wanted: value.lower() == wanted.lower(),
    "wildcard": lambda value, wanted: _wildcard(wanted).fullmatch(value) is not None,
}


class InvalidEventPattern(ValueError):
    """The text is not an event pattern; the message is AWS's reason."""


# --- syntax ---------------------------------------------------------------------------------------------------------


def parse(text: str) -> dict[str, Any]:
    """The pattern, or InvalidEventPattern."""
    try:
        pattern = json.loads(text)
    except ValueError as failure:
        raise InvalidEventPattern(str(failure)) from None
    if not isinstance(pattern, dict):
        raise InvalidEventPattern("Filter is not an object")
    if _check_object(pattern, inside_or=False) > COMBINATIONS:
        raise InvalidEventPattern("Rule is too complex - try using fewer or combinations")
    return pattern


def _check_object(pattern: dict[str, Any], *, inside_or: bool) -> int:
    """Check one level and all below; into how many patterns without `$or` it unfolds."""
    if not pattern:
        raise InvalidEventPattern("Empty objects are not allowed")
    combinations = 1
    for key, value in pattern.items():
        if key == OR:
            combinations *= _check_or(value)
        elif inside_or and key in _RESERVED_IN_OR:
            raise InvalidEventPattern(f"{key} is Ruler reserved fieldName which cannot be used inside $or.")
        elif isinstance(value, dict):
            combinations *= _check_object(value, inside_or=inside_or)
        elif isinstance(value, list):
            _check_conditions(value)
        else:
            raise InvalidEventPattern(f'"{key}" must be an object or an array')
    return combinations


def _check_or(alternatives: Any) -> int:
    if not isinstance(alternatives, list):
        raise InvalidEventPattern("It must be an Array followed with $or.")
    if not all(isinstance(one, dict) for one in alternatives):
        raise InvalidEventPattern("Only JSON object is allowed in array of $or relationship.")
    if len(alternatives) < 2:
        raise InvalidEventPattern("There must have at least 2 Objects in $or relationship.")
    return sum(_check_object(one, inside_or=True) for one in alternatives)


def _check_conditions(conditions: list[Any]) -> None:
    if not conditions:
        raise InvalidEventPattern("Empty arrays are not allowed")
    for condition in conditions:
        if isinstance(condition, list):
            raise InvalidEventPattern("Match value must be String, number, true, false, or null")
        if isinstance(condition, dict):
            _check_condition(condition)


def _check_condition(condition: dict[str, Any]) -> None:
    operator, operand = _only_item(condition)
    if operator == "exists":
        if not isinstance(operand, bool):
            raise InvalidEventPattern("exists match pattern must be either true or false.")
    elif operator == "numeric":
        _check_numeric(operand)
    elif operator == "cidr":
        try:
            ipaddress.ip_network(operand, strict=False)
        except ValueError:
            raise InvalidEventPattern(f"Malformed CIDR, one '/' required: {operand}") from None
    elif operator == "anything-but":
        _check_anything_but(operand)
    elif operator in ("prefix", "suffix") and isinstance(operand, dict):
        nested, text = _only_item(operand)
        if nested != "equals-ignore-case":
            raise InvalidEventPattern(f"Unsupported {operator} pattern: {nested}")
        _check_text(operator, text)
    elif operator in _TEXT_TESTS:
        _check_text(operator, operand)
    else:
        raise InvalidEventPattern(f"Unrecognized match type {operator}")


def _only_item(condition: dict[str, Any]) -> tuple[str, Any]:
    if not condition:
        raise InvalidEventPattern("Match expression name not found")
    if len(condition) > 1:
        raise InvalidEventPattern("Only one key allowed in match expression")
    return next(iter(condition.items()))


def _check_text(operator: str, text: Any) -> None:
    if not isinstance(text, str):
        raise InvalidEventPattern(f"{operator} match pattern must be a string")
    if operator == "wildcard":
        _wildcard(text)


def _check_anything_but(operand: Any) -> None:
    if isinstance(operand, dict):
        operator, operand = _only_item(operand)
        if operator not in _TEXT_TESTS:
            raise InvalidEventPattern(f"Unsupported anything-but pattern: {operator}")
        values = operand if isinstance(operand, list) else [operand]
        if not values:
            raise InvalidEventPattern("Empty arrays are not allowed")
        for value in values:
            _check_text(operator, value)
            if operator in ("prefix", "suffix") and not value:
                raise InvalidEventPattern("Null prefix/suffix not allowed")
        return
    values = operand if isinstance(operand, list) else [operand]
    kinds = {"text" if isinstance(value, str) else "number" if _is_number(value) else "other" for value in values}
    if "other" in kinds:
        raise InvalidEventPattern("Inside anything but list, start|null|boolean is not supported.")
    if len(kinds) != 1:
        raise InvalidEventPattern(
            "Inside anything but list, either all values are number or string, mixed type is not supported"
        )


def _check_numeric(operand: Any) -> None:
    if not isinstance(operand, list):
        raise InvalidEventPattern("Value of numeric must be an array.")
    operators, limits = operand[::2], operand[1::2]
    for operator in operators:
        if operator not in _COMPARISONS:
            raise InvalidEventPattern(f"Unrecognized numeric range operator: {operator}")
    if not operand or len(operators) != len(limits):
        raise InvalidEventPattern("Invalid member in numeric match")
    for operator, limit in zip(operators, limits, strict=True):
        if not _is_number(limit):
            raise InvalidEventPattern(f"Value of {operator} must be numeric")
        if abs(limit) > LARGEST_NUMBER:
            raise InvalidEventPattern(f"Value must be between {-LARGEST_NUMBER} and {LARGEST_NUMBER}, inclusive")
    if len(operators) > 1:
        _check_range(operators, limits)


def _check_range(operators: list[str], limits: list[float]) -> None:
    if len(operators) > 2:
        raise InvalidEventPattern("Too many terms in numeric range expression")
    if operators[0] not in (">", ">="):
        raise InvalidEventPattern("Too many elements in numeric expression")
    if operators[1] not in ("<", "<="):
        raise InvalidEventPattern(f"Bad numeric range operator: {operators[1]}")
    if limits[0] >= limits[1]:
        raise InvalidEventPattern("Bottom must be less than top")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _wildcard(text: str) -> re.Pattern[str]:
    """A wildcard's expression; InvalidEventPattern for two stars in a row and for a backslash before anything else."""
    parts, escaped, star = [], False, False
    for character in text:
        if escaped and character not in "*\\":
            raise InvalidEventPattern("Invalid escape character at pos")
        if character == "*" and not escaped:
            if star:
                raise InvalidEventPattern("Consecutive wildcard characters at pos")
            parts.append(".*")
        elif character == "\\" and not escaped:
            escaped = True
            continue
        else:
            parts.append(re.escape(character))
        star = character == "*" and not escaped
        escaped = False
    if escaped:
        raise InvalidEventPattern("Invalid escape character at pos")
    return re.compile("".join(parts), re.DOTALL)


# --- matching -------------------------------------------------------------------------------------------------------


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    """Whether a pattern (of `parse`) matches an event."""
    return _object_matches(pattern, event)


def _object_matches(pattern: dict[str, Any], node: Any) -> bool:
    """Whether one object fulfils all of a level. Of an array some element has to, which fulfils all of it alone."""
    if isinstance(node, list):
        return any(_object_matches(pattern, item) for item in node or [{}])
    fields = node if isinstance(node, dict) else {}
    for key, wanted in pattern.items():
        if key == OR:
            met = any(_object_matches(alternative, fields) for alternative in wanted)
        elif isinstance(wanted, dict):
            met = _object_matches(wanted, fields.get(key, {}))
        else:
            values = list(_leaves(fields[key])) if key in fields else []
            met = any(_condition_met(condition, values) for condition in wanted)
        if not met:
            return False
    return True


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif not isinstance(value, dict):
        yield value


def _condition_met(condition: Any, values: list[Any]) -> bool:
    if isinstance(condition, dict) and "exists" in condition:
        return bool(values) is condition["exists"]
    return any(_value_matches(condition, value) for value in values)


def _value_matches(condition: Any, value: Any) -> bool:
    if not isinstance(condition, dict):
        return _equal(condition, value)
    operator, operand = next(iter(condition.items()))
    if operator == "numeric":
        pairs = zip(operand[::2], operand[1::2], strict=True)
        return _is_number(value) and all(_COMPARISONS[comparison](value, limit) for comparison, limit in pairs)
    if operator == "cidr":
        return isinstance(value, str) and _in_network(value, operand)
    if operator == "anything-but":
        if isinstance(operand, dict):
            operator, operand = next(iter(operand.items()))
            unwanted = operand if isinstance(operand, list) else [operand]
            # a number, true or null has no prefix and the like, and so is something else
            return not (isinstance(value, str) and any(_TEXT_TESTS[operator](value, one) for one in unwanted))
        unwanted = operand if isinstance(operand, list) else [operand]
        return not any(_equal(one, value) for one in unwanted)
    if not isinstance(value, str):
        return False
    if isinstance(operand, dict):
        value, operand = value.lower(), operand["equals-ignore-case"].lower()
    return _TEXT_TESTS[operator](value, operand)


def _equal(wanted: Any, value: Any) -> bool:
    """Equal in JSON, where true is not 1."""
    return isinstance(wanted, bool) is isinstance(value, bool) and wanted == value


def _in_network(value: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
