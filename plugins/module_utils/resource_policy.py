# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a policy document lets somebody do, as AWS decides it.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html. For the policies of topics,
keys, queues, functions and roles, asked of one document at a time. What cannot be told, such as a condition operator
that is not known, is decided against whoever asks: an Allow does not apply, a Deny does.
"""

from __future__ import annotations

import functools
import ipaddress
import re
import typing as t
from dataclasses import dataclass

Document = t.Mapping[str, t.Any]
Context = t.Mapping[str, "str | list[str]"]

_VARIABLE = re.compile(r"\$\{([^}]+)\}")
_CHARACTERS = ("*", "?", "$")
_ACCOUNT = re.compile(r"\d{12}")


@dataclass(frozen=True)
class Question:
    """Who wants to do what to which resource.

    principal: a service's DNS name or the ARN of a user or role. context: condition keys of the request, by name in any
    case. A key that is not in it is one that the request does not have.
    """

    principal: str
    action: str
    resource: str
    context: t.Mapping[str, t.Any]

    def value_of(self, key: str) -> t.Any:
        """The value of a condition key; None when the request does not have it."""
        return self._lowered.get(key.lower())

    @functools.cached_property
    def _lowered(self) -> dict[str, t.Any]:
        return {key.lower(): value for key, value in self.context.items()}


@dataclass(frozen=True)
class Decision:
    """What a document says. denied_by: the Sid, or number, of a statement that denies it."""

    is_allowed: bool
    denied_by: str | None = None

    def __bool__(self) -> bool:
        return self.is_allowed


def decide(document: Document | None, question: Question, *, of_identity: bool = False) -> Decision:
    """What one document by itself says to a question. of_identity: it is attached to the principal, and names none."""
    allowed = False
    for number, statement in enumerate(_listed((document or {}).get("Statement"))):
        if not _applies(statement, question, of_identity):
            continue
        if statement.get("Effect") == "Deny":
            return Decision(False, str(statement.get("Sid") or f"Statement[{number}]"))
        allowed = allowed or statement.get("Effect") == "Allow"
    return Decision(allowed)


def _listed(value: t.Any) -> list[t.Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _applies(statement: Document, question: Question, of_identity: bool) -> bool:
    return (
        (of_identity or _concerns(statement, "Principal", lambda named: _is_among(named, question.principal)))
        and _concerns(statement, "Action", lambda names: _any_like(names, question.action.lower(), str.lower))
        # a trust policy belongs to its role and names no resource
        and (
            not {"Resource", "NotResource"} & set(statement)
            or _concerns(statement, "Resource", lambda names: _any_like(names, question.resource, _filled(question)))
        )
        and _conditions_hold(statement, question)
    )


def _concerns(statement: Document, element: str, test: t.Callable[[t.Any], bool]) -> bool:
    """Whether an element of a statement, or its Not form, is about what the test knows."""
    if element in statement:
        return test(statement[element])
    return f"Not{element}" in statement and not test(statement[f"Not{element}"])


def _is_among(named: t.Any, principal: str) -> bool:
    if named == "*":
        return True
    if not isinstance(named, dict):
        return False
    if principal in _listed(named.get("Service")):
        return True
    parts = principal.split(":")
    account = parts[4] if len(parts) > 5 else None
    return any(
        one in ("*", principal)
        or (account is not None and (one == account or (one.endswith(":root") and one.split(":")[4] == account)))
        for one in _listed(named.get("AWS"))
    )


def _any_like(patterns: t.Any, value: str, prepared: t.Callable[[str], str | None]) -> bool:
    wanted = (prepared(pattern) for pattern in _listed(patterns))
    return any(one is not None and _like(one, value) for one in wanted)


def _filled(question: Question) -> t.Callable[[str], str | None]:
    """Replaces policy variables; None for a text with one whose value is not known."""

    def fill(text: str) -> str | None:
        unknown = []

        def value(found: re.Match[str]) -> str:
            if found[1] in _CHARACTERS:
                return found[1]
            known = question.value_of(found[1])
            if not isinstance(known, str):
                unknown.append(found[1])
            return str(known)

        filled = _VARIABLE.sub(value, text)
        return None if unknown else filled

    return fill


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _like(pattern: str, value: str) -> bool:
    return _compiled(pattern).fullmatch(value) is not None


# --- conditions ------------------------------------------------------------------------------------------------------


def _arn_like(actual: str, wanted: str) -> bool:
    """ARNs by their six parts: a wildcard does not reach over a colon of the first five."""
    left, right = actual.split(":", 5), wanted.split(":", 5)
    return len(left) == len(right) and all(_like(one, other) for one, other in zip(right, left, strict=True))


def _within(actual: str, wanted: str) -> bool:
    return ipaddress.ip_address(actual) in ipaddress.ip_network(wanted, strict=False)


_TESTS: dict[str, t.Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": lambda actual, wanted: _like(wanted, actual),
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "BinaryEquals": lambda actual, wanted: actual == wanted,
    "IpAddress": _within,
    "NumericEquals": lambda actual, wanted: float(actual) == float(wanted),
    "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted),
    "NumericLessThanEquals": lambda actual, wanted: float(actual) <= float(wanted),
    "NumericGreaterThan": lambda actual, wanted: float(actual) > float(wanted),
    "NumericGreaterThanEquals": lambda actual, wanted: float(actual) >= float(wanted),
    # dates of policies and requests are of one form, which sorts as text
    "DateEquals": lambda actual, wanted: actual == wanted,
    "DateLessThan": lambda actual, wanted: actual < wanted,
    "DateLessThanEquals": lambda actual, wanted: actual <= wanted,
    "DateGreaterThan": lambda actual, wanted: actual > wanted,
    "DateGreaterThanEquals": lambda actual, wanted: actual >= wanted,
}
_OPERATOR = re.compile(r"(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?")
_NEGATED = {
    **{f"{kind}Not{rest}": f"{kind}{rest}" for kind in ("String", "Arn") for rest in ("Equals", "Like")},
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
    "NotIpAddress": "IpAddress",
}


def _conditions_hold(statement: Document, question: Question) -> bool:
    in_doubt = statement.get("Effect") == "Deny"
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, wanted in tests.items():
            texts = [str(one).lower() if isinstance(one, bool) else str(one) for one in _listed(wanted)]
            filled = [one for one in map(_filled(question), texts) if one is not None]
            try:
                holds = _holds(operator, question.value_of(key), filled)
            except (ValueError, KeyError):
                holds = in_doubt
            if not holds:
                return False
    return True


def _holds(operator: str, actual: t.Any, wanted: list[str]) -> bool:
    """Raises KeyError for an operator that is not known, ValueError for values that it cannot compare."""
    if operator == "Null":
        return (actual is None) is (wanted[:1] == ["true"])
    parts = _OPERATOR.fullmatch(operator)
    if parts is None:
        raise KeyError(operator)
    quantifier, name, if_exists = parts.groups()
    is_negated = name in _NEGATED
    test = _TESTS[_NEGATED.get(name, name)]
    if actual is None or actual == []:
        return bool(if_exists) or quantifier == "ForAllValues" or (is_negated and not quantifier)
    hits = [any(test(value, one) for one in wanted) is not is_negated for value in _listed(actual)]
    return all(hits) if quantifier == "ForAllValues" or (is_negated and not quantifier) else any(hits)
