# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Event patterns of EventBridge: reading, checking, comparing and evaluating them without AWS.

C(parse) takes what EventBridge takes, and its result knows which events it C(matches). EventBridge also takes patterns
that can never match or are not meant as they stand: an operator without its list, a number in place of an account.
C(lint) names them, and C(validate), which the modules use, refuses the worst with what to write instead.

An event matches as it does in https://github.com/aws/event-ruler, which EventBridge runs on: names are joined by dots,
so that C(detail.state) is the same as a level C(detail) with C(state) in it, in the pattern and in the event; of the
objects in an array one has to fulfil everything that is asked of them; C(exists) looks at values only, and an empty
array or object has none; C(anything-but) needs a value, and null is one.
"""

from __future__ import annotations

import collections.abc as c
import functools
import ipaddress
import json
import math
import re
import typing as t
from dataclasses import dataclass
from operator import eq, ge, gt, le, lt

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

CODES = {
    "absent-field": "anything-but is false where the field is absent, and this one may be",
    "detail-of-fields": "detail holds fields, not values",
    "dotted-name": "a name with a dot, which only happens to mean two levels",
    "duplicate": "the same condition twice",
    "limit": "more than EventBridge takes",
    "number-of-text": "a number for a field that holds text",
    "operator-as-field": "an operator that stands where a field's name stands",
    "read-call": "a call that only reads, which rules see in one state only",
    "syntax": "not an event pattern",
    "unknown-field": "a field that events do not have at the top",
}
"""What the codes of findings mean. They stay what they are."""

REFUSED = frozenset(
    ["detail-of-fields", "dotted-name", "limit", "number-of-text", "operator-as-field", "unknown-field"]
)
"""Findings that C(validate) refuses."""

_BAD_WILDCARD = re.compile(r"(?:[^\\]|\\.)*?(?:\*\*|\\(?![*\\]))", re.DOTALL)

Path: t.TypeAlias = "tuple[str, ...]"


class EventPatternError(ValueError):
    """A pattern that EventBridge would refuse, or that could never match. The message names the place."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(f"{shown(path)}: {message}" if path else message)
        self.path = path
        self.message = message


@dataclass(frozen=True)
class Finding:
    """I(code) is one of C(CODES); I(path) is the place in the pattern."""

    code: str
    message: str
    path: Path = ()

    def __str__(self) -> str:
        return f"{shown(self.path)}: {self.message}" if self.path else self.message


def shown(path: Path) -> str:
    """A place in a pattern, such as C(detail.severity[0].numeric)."""
    return ".".join(path).replace(".[", "[")


def as_json(pattern: t.Any) -> str:
    """The text of a pattern as it is sent to AWS."""
    return json.dumps(pattern, separators=(",", ":"))


def parse(pattern: t.Any) -> EventPattern:
    """The pattern of a dictionary or of its JSON text, or EventPatternError if EventBridge would refuse it."""
    try:
        if isinstance(pattern, str):
            pattern = json.loads(pattern)
        return EventPattern(pattern, tuple(_check(pattern)))
    except EventPatternError:
        raise
    except RecursionError:
        raise EventPatternError((), "the pattern has too many levels") from None
    except ValueError as error:
        raise EventPatternError((), f"the pattern is no JSON: {error}") from error


def _check(pattern: t.Any) -> list[Finding]:
    """Raise EventPatternError for what EventBridge refuses; what else is wrong is returned."""
    if not isinstance(pattern, dict):
        raise EventPatternError((), "an event pattern is a dictionary of fields of the event")
    checker = _Checker()
    checker.level(pattern, (), checker.event_field)
    if _combinations(pattern) > MAXIMUM_COMBINATIONS:
        raise EventPatternError((), f"the alternatives of {OR} make more than {MAXIMUM_COMBINATIONS} combinations")
    length = len(as_json(pattern))
    if length > MAXIMUM_LENGTH:
        checker.add("limit", (), f"the pattern has {length} characters, at most {MAXIMUM_LENGTH} are allowed")
    return checker.findings


def validate(pattern: t.Any) -> None:
    """Raise EventPatternError unless I(pattern) is an event pattern that can match and is meant as it stands."""
    for finding in parse(pattern).findings:
        if finding.code in REFUSED:
            raise EventPatternError(finding.path, finding.message)


def lint(pattern: t.Any) -> list[Finding]:
    """What can never match, or is probably not meant, in a pattern, a dictionary or a JSON text."""
    if isinstance(pattern, EventPattern):
        return list(pattern.findings)
    try:
        return list(parse(pattern).findings)
    except EventPatternError as error:
        return [Finding("syntax", error.message, error.path)]


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


class _Checker:
    """Checks a pattern level by level. Raises what EventBridge refuses, and collects what else is wrong."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, code: str, path: Path, message: str) -> None:
        self.findings.append(Finding(code, message, path))

    def level(self, fields: t.Any, path: Path, check: Check, in_or: bool = False) -> None:
        """Check one level of a pattern. check: checks a field by its name, value and path."""
        if not fields:
            raise EventPatternError(path, "is empty. Name at least one field that has to match")
        for name, value in fields.items():
            here = (*path, str(name))
            if not isinstance(name, str):
                raise EventPatternError(here, "names of fields are text, in quotes")
            if name == OR:
                self.alternatives(value, here, check)
            elif in_or and name in RESERVED_IN_OR:
                raise EventPatternError(here, f"no field within {OR} may have the name of an operator")
            elif "." in name:
                nested: t.Any = value
                for part in reversed(name.split(".")):
                    nested = {part: nested}
                hint = json.dumps(nested, default=str)
                message = f"{name!r} is one name with a dot in it. Write a level for each name: {hint}"
                self.add("dotted-name", path, message)
                self.field(name, value, here)
            else:
                check(name, value, here)

    def alternatives(self, alternatives: t.Any, path: Path, check: Check) -> None:
        if not isinstance(alternatives, list) or len(alternatives) < 2:
            raise EventPatternError(path, "must be a list of two or more alternatives")
        for index, alternative in enumerate(alternatives):
            here = (*path, f"[{index}]")
            if not isinstance(alternative, dict):
                raise EventPatternError(here, f"must be a dictionary of fields, like the level that {OR} stands in")
            self.level(alternative, here, check, in_or=True)

    def event_field(self, name: str, value: t.Any, path: Path) -> None:
        """Check a field at the top of events."""
        self.field(name, value, path)
        if name == DETAIL:
            if not isinstance(value, dict):
                self.add("detail-of-fields", path, "must be a dictionary of the fields below it")
        elif name in TEXT_FIELDS:
            for index, condition in enumerate(value):
                if isinstance(condition, (int, float)):
                    here = (*path, f"[{index}]")
                    message = f'{condition} is a number, which {name} never is. Write "{condition}"'
                    self.add("number-of-text", here, message)
        else:
            spelt = re.sub(r"(?<=[a-z])(?=[A-Z])|_", "-", name).lower()
            allowed = ", ".join((*TEXT_FIELDS, DETAIL))
            hint = (
                f"Write {spelt}" if spelt in (*TEXT_FIELDS, DETAIL) else f"Those are {allowed}; all others are below it"
            )
            self.add("unknown-field", path, f"is no field that events have at the top. {hint}")

    def field(self, name: str, value: t.Any, path: Path) -> None:
        """Check a field: a dictionary of the fields below it, or a list of values and conditions."""
        if isinstance(value, dict):
            operators = [key for key, operand in value.items() if _is_operator(key, operand)]
            if operators:
                hint = json.dumps([{operators[0]: value[operators[0]]}], default=str)
                message = f"{operators[0]} stands in a list. Write {hint}"
                if not isinstance(value[operators[0]], (list, dict)):
                    raise EventPatternError(path, message)
                self.add("operator-as-field", path, message)
            self.level(value, path, self.field)
        elif isinstance(value, list):
            if not value:
                raise EventPatternError(path, "is an empty list, which nothing matches")
            for index, condition in enumerate(value):
                _check_condition(condition, (*path, f"[{index}]"))
            self.conditions(name, value, path)
        else:
            raise EventPatternError(path, f"must be a list. Write {json.dumps([value], default=str)}")

    def conditions(self, name: str, conditions: list[t.Any], path: Path) -> None:
        """What can be said of the conditions on one field, which are valid each."""
        seen: list[str] = []
        for index, condition in enumerate(conditions):
            text = _canonical(condition)
            if text in seen:
                self.add("duplicate", (*path, f"[{index}]"), "is there before")
            seen.append(text)
            excludes = isinstance(condition, dict) and "anything-but" in condition
            if excludes and DETAIL in path[:-1] and {"exists": False} not in conditions:
                hint = 'is false where the field is absent. Add {"exists": false} if that is meant, too'
                self.add("absent-field", (*path, f"[{index}]", "anything-but"), hint)
            reads = isinstance(condition, str) and re.match(r"(?:Get|List|Describe)[A-Z]", condition)
            if reads and path[-2:] == (DETAIL, "eventName") and name == "eventName":
                message = (
                    "rules see calls that only read in the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS only"
                )
                self.add("read-call", (*path, f"[{index}]"), message)


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
            if not text and operator in ("prefix", "suffix"):
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
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _combinations(fields: c.Mapping[str, t.Any]) -> int:
    """How many patterns without C($or) a pattern stands for."""
    product = 1
    for name, value in fields.items():
        if name == OR:
            product *= sum(_combinations(alternative) for alternative in value)
        elif isinstance(value, dict):
            product *= _combinations(value)
    return product


# --- matching --------------------------------------------------------------------------------------------------------

Test = t.Callable[[t.Any], bool]
Membership: t.TypeAlias = "frozenset[tuple[int, int]]"
"""Of which arrays a value is an element, each by a number of its own, and at which place."""


@dataclass(frozen=True)
class _Leaf:
    """A field that has to have one of some values, or if I(absent) to have none."""

    path: str
    tests: tuple[Test, ...]
    absent: bool


@dataclass(frozen=True)
class _Or:
    alternatives: tuple[tuple[t.Any, ...], ...]


@dataclass(frozen=True)
class EventPattern:
    """An event pattern. I(content): as it was given."""

    content: dict[str, t.Any]
    findings: tuple[Finding, ...] = ()

    @functools.cached_property
    def _clauses(self) -> tuple[t.Any, ...]:
        return _compile(self.content, "")

    def matches(self, event: t.Any) -> bool:
        """Whether an event, a dictionary or its JSON text, matches. What is no JSON object matches nothing."""
        if isinstance(event, (str, bytes, bytearray)):
            try:
                event = json.loads(event)
            except (ValueError, RecursionError):
                return False
        if not isinstance(event, dict):
            return False
        return bool(_satisfying(self._clauses, _flat(event), {frozenset()}, frozenset()))

    def __str__(self) -> str:
        return as_json(self.content)


def _compile(fields: c.Mapping[str, t.Any], prefix: str) -> tuple[t.Any, ...]:
    clauses: list[t.Any] = []
    for name, value in fields.items():
        if name == OR:
            clauses.append(_Or(tuple(_compile(alternative, prefix) for alternative in value)))
        elif isinstance(value, dict):
            clauses.extend(_compile(value, f"{prefix}{name}."))
        else:
            tests = tuple(_test(condition) for condition in value if condition != {"exists": False})
            clauses.append(_Leaf(prefix + name, tests, {"exists": False} in value))
    return tuple(clauses)


Values: t.TypeAlias = "dict[str, list[tuple[t.Any, Membership]]]"


def _flat(event: c.Mapping[str, t.Any]) -> Values:
    """The values of an event by their paths."""
    values: Values = {}
    arrays = 0
    left: list[tuple[str, t.Any, Membership]] = [("", event, frozenset())]
    while left:
        path, node, membership = left.pop()
        if isinstance(node, dict):
            left += [(f"{path}.{name}" if path else str(name), value, membership) for name, value in node.items()]
        elif isinstance(node, list):
            arrays += 1
            left += [(path, value, membership | {(arrays, index)}) for index, value in enumerate(node)]
        else:
            values.setdefault(path, []).append((node, membership))
    return values


def _satisfying(
    clauses: tuple[t.Any, ...], values: Values, chosen: set[Membership], later: frozenset[int]
) -> set[Membership]:
    """The choices of array elements that fulfil all clauses, of those that fulfil what comes before.

    later: arrays that matter to what comes after. Choices in others are forgotten, so that they do not multiply.
    """
    arrays = [_arrays(clause, values) for clause in clauses]
    for place, clause in enumerate(clauses):
        after = later.union(*arrays[place + 1 :])
        if isinstance(clause, _Or):
            found = [_satisfying(alternative, values, chosen, after) for alternative in clause.alternatives]
            chosen = set().union(*found)
        else:
            there = values.get(clause.path, ())
            if clause.absent and not there:
                continue
            fitting = {member for value, member in there if any(test(value) for test in clause.tests)}
            both = (_joined(one, other) for one in chosen for other in fitting)
            chosen = {frozenset(pair for pair in one if pair[0] in after) for one in both if one is not None}
        if not chosen:
            break
    return chosen


def _arrays(clause: t.Any, values: Values) -> frozenset[int]:
    if isinstance(clause, _Or):
        return frozenset().union(*(_arrays(one, values) for several in clause.alternatives for one in several))
    return frozenset(array for _value, member in values.get(clause.path, ()) for array, _index in member)


def _joined(one: Membership, other: Membership) -> Membership | None:
    """Both choices, or None if they choose different elements of an array."""
    if not one or not other:
        return one or other
    both = one | other
    return both if len(both) == len({array for array, _index in both}) else None


_NUMERIC: dict[str, t.Callable[[t.Any, t.Any], bool]] = {
    "=": eq,
    "<": lt,
    "<=": le,
    ">": gt,
    ">=": ge,
}


def _test(condition: t.Any) -> Test:
    """Whether a value fulfils a condition other than absence."""
    if not isinstance(condition, dict):
        return _equality(condition)
    name, operand = next(iter(condition.items()))
    if name == "exists":
        return lambda value: True
    if name == "numeric":
        limits = [(_NUMERIC[sign], limit) for sign, limit in zip(operand[::2], operand[1::2], strict=True)]
        return lambda value: _is_number(value) and all(holds(value, limit) for holds, limit in limits)
    if name == "cidr":
        network = ipaddress.ip_network(operand, strict=False)
        return lambda value: isinstance(value, str) and _is_within(value, network)
    if name == "anything-but":
        return _anything_but(operand)
    test = _text_test(name, operand)
    return lambda value: isinstance(value, str) and test(value)


def _equality(wanted: t.Any) -> Test:
    """Whether a value is another, as in JSON: 1 is 1.0, and true is not 1."""
    if _is_number(wanted):
        return lambda value: _is_number(value) and value == wanted
    if isinstance(wanted, str):
        return lambda value: isinstance(value, str) and value == wanted
    return lambda value: value is wanted  # true, false or null


def _anything_but(operand: t.Any) -> Test:
    """Whether there is a value that is not among the unwanted; of which kind does not matter."""
    if isinstance(operand, dict):
        name, texts = next(iter(operand.items()))
        unwanted = [_text_test(name, text) for text in (texts if isinstance(texts, list) else [texts])]
        return lambda value: not (isinstance(value, str) and any(test(value) for test in unwanted))
    equal = [_equality(one) for one in (operand if isinstance(operand, list) else [operand])]
    return lambda value: not any(test(value) for test in equal)


def _text_test(name: str, operand: t.Any) -> t.Callable[[str], bool]:
    if isinstance(operand, dict):
        test = _text_test(name, operand["equals-ignore-case"].lower())
        return lambda value: test(value.lower())
    if name == "prefix":
        return lambda value: value.startswith(operand)
    if name == "suffix":
        return lambda value: value.endswith(operand)
    if name == "equals-ignore-case":
        folded = operand.lower()
        return lambda value: value.lower() == folded
    first, *others = [re.sub(r"\\(.)", r"\1", part, flags=re.DOTALL) for part in _parts(operand)]
    return lambda value: _fits(value, first, others)


def _parts(wildcard: str) -> list[str]:
    """What is between the stars of a wildcard; escapes are left as they are."""
    parts = [""]
    for piece in re.findall(r"\\.|[^\\*]+|\*", wildcard, re.DOTALL):
        if piece == "*":
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def _fits(value: str, first: str, others: list[str]) -> bool:
    """Whether a text consists of parts with anything in between: each as early as possible, the last at the end."""
    if not others:
        return value == first
    if not value.startswith(first):
        return False
    position = len(first)
    for part in others[:-1]:
        position = value.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return len(value) - len(others[-1]) >= position and value.endswith(others[-1])


def _is_within(value: str, network: t.Any) -> bool:
    try:
        return ipaddress.ip_address(value) in network
    except ValueError:
        return False
