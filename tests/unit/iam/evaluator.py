# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a user or role may do, given its identity policies: AWS's evaluation logic, as far as our documents use it.

An explicit Deny wins, an Allow is needed, a permissions boundary must allow too. A condition operator or policy
variable this evaluator does not know is an error, never a guess.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Document = Mapping[str, Any]


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def matches(pattern: str, text: str, ignore_case: bool = False) -> bool:
    return _compiled(pattern, ignore_case).fullmatch(text) is not None


@functools.cache
def _compiled(pattern: str, ignore_case: bool) -> re.Pattern[str]:
    expression = "".join({"*": ".*", "?": "."}.get(character, re.escape(character)) for character in pattern)
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


@dataclass(frozen=True)
class Principal:
    """A user or role with the documents that apply to it."""

    policies: tuple[Document, ...]
    name: str = "alice"
    boundary: Document | None = None
    context: Mapping[str, str] = field(default_factory=dict)

    def allowed(self, action: str, resource: str = "*", **context: str | list[str]) -> bool:
        """Whether the call is allowed. Context keys are given with `__` for `:`, as in aws__SourceIp."""
        keys = {"aws:username": self.name, "aws:ViaAWSService": "false", **self.context}
        keys |= {
            key.replace("__", ":").replace("ResourceTag_", "ResourceTag/"): value for key, value in context.items()
        }
        request = (action, resource, {key.lower(): value for key, value in keys.items()})
        return _decide(self.policies, *request) and (self.boundary is None or _decide((self.boundary,), *request))


def _decide(policies: Iterable[Document], action: str, resource: str, context: Mapping[str, Any]) -> bool:
    effects = {
        statement["Effect"]
        for policy in policies
        for statement in as_list(policy["Statement"])
        if _applies(statement, action, resource, context)
    }
    return effects == {"Allow"}


def _applies(statement: Document, action: str, resource: str, context: Mapping[str, Any]) -> bool:
    if "NotAction" in statement:
        action_hit = not any(matches(pattern, action, True) for pattern in as_list(statement["NotAction"]))
    else:
        action_hit = any(matches(pattern, action, True) for pattern in as_list(statement["Action"]))
    if "NotResource" in statement:
        hit = any(matches(_fill(pattern, context), resource) for pattern in as_list(statement["NotResource"]))
        resource_hit = not hit
    else:
        resource_hit = any(matches(_fill(pattern, context), resource) for pattern in as_list(statement["Resource"]))
    return action_hit and resource_hit and _conditions_met(statement.get("Condition", {}), context)


def _fill(text: str, context: Mapping[str, Any]) -> str:
    return re.sub(r"\$\{([^}]+)}", lambda match: context[match[1].lower()], text)


def _conditions_met(condition: Document, context: Mapping[str, Any]) -> bool:
    return all(
        _operator_met(operator, [_fill(str(item), context) for item in as_list(expected)], context.get(key.lower()))
        for operator, keys in condition.items()
        for key, expected in keys.items()
    )


def _operator_met(operator: str, expected: list[str], actual: Any) -> bool:
    operator = operator.removeprefix("ForAnyValue:")
    if operator.endswith("IfExists"):
        if actual is None:
            return True
        operator = operator.removesuffix("IfExists")
    if actual is None:
        return operator.startswith("Not") or operator.removeprefix("String").removeprefix("Arn").startswith("Not")
    return any(_compare(operator, expected, str(value)) for value in as_list(actual))


def _compare(operator: str, expected: list[str], actual: str) -> bool:
    if operator in ("StringEquals", "Bool"):
        return actual in expected
    if operator == "StringNotEquals":
        return actual not in expected
    if operator in ("StringLike", "ArnLike", "ArnEquals"):
        return any(matches(pattern, actual) for pattern in expected)
    if operator in ("StringNotLike", "ArnNotLike", "ArnNotEquals"):
        return not any(matches(pattern, actual) for pattern in expected)
    if operator in ("IpAddress", "NotIpAddress"):
        inside = any(ipaddress.ip_address(actual) in ipaddress.ip_network(network) for network in expected)
        return inside == (operator == "IpAddress")
    raise NotImplementedError(operator)
