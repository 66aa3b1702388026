# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Events that an alarm is not to count: from C(exclude) of an override to further conditions of its patterns.

A comparison with an absent property is false, C(!=) too, so each condition says first what holds without the property.
Patterns that become too long are divided at their alternatives.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import (
    MAXIMUM_LENGTH,
    And,
    Comparison,
    Expression,
    FilterPatternError,
    JsonPattern,
    Or,
    String,
    parse,
)

Exclusions = t.Mapping[str, t.Any]

_ARN = "$.userIdentity.arn"
_ISSUER = "$.userIdentity.sessionContext.sessionIssuer.arn"
_ISSUER_NAME = "$.userIdentity.sessionContext.sessionIssuer.userName"
_PROVIDER = "$.userIdentity.sessionContext.webIdFederationData.federatedProvider"

_GLOB = r"\*?[^*\"\\]+\*?"
_SERVICE = r"(?:\*|[a-z0-9-]+)(?:\.[a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?"
_LISTS: dict[str, tuple[re.Pattern[str], str]] = {
    "principals": (
        re.compile(rf"(?=[^:/]*[:/]){_GLOB}"),
        "the ARN of a user, role or session is needed, or a part of it with * at the start, the end or both, such as "
        "*:role/deploy-*",
    ),
    "services": (
        re.compile(rf"{_SERVICE}|AWS Internal"),
        "a service such as autoscaling.amazonaws.com is needed, or AWS Internal",
    ),
    "error_sources": (re.compile(_SERVICE), "a service such as kms.amazonaws.com is needed"),
    "events": (
        re.compile(r"\*?[A-Za-z0-9_]{3,}\*?"),
        "the name of an event is needed, such as CreateDBSnapshot, or its start or end with *",
    ),
    "accounts": (re.compile(r"[0-9]{12}"), "an account id of 12 digits, quoted in YAML, is needed"),
}
_SWITCHES = ("federated", "read_only")
FIELDS = (*_LISTS, *_SWITCHES)

FINDINGS_OF_EXCLUSIONS = ("contradiction", "or-of-exclusions")
"""What C(lint) finds in conditions that leave a choice which a pattern has made already: they are written for all."""
TOO_LONG = f"it exceeds {MAXIMUM_LENGTH} characters: exclude less, or by * at the start or end of a value"
_NOT_JSON = "only patterns of JSON messages, in braces, can leave events out"


def problems_of(where: str, exclude: t.Any) -> list[str]:
    """What is wrong with exclusions; ``where`` is what they are called."""
    if not isinstance(exclude, dict):
        return [f"{where} is {exclude!r}: a dictionary is needed, with any of {', '.join(FIELDS)}"]
    found = []
    for name, value in exclude.items():
        if name in _SWITCHES:
            if not isinstance(value, bool):
                found.append(f"{where}.{name} is {value!r}: true or false is needed")
        elif name not in _LISTS:
            found.append(f"{where} has {name!r}, which is none of {', '.join(FIELDS)}")
        elif not isinstance(value, list):
            found.append(f"{where}.{name} is {value!r}: a list is needed")
        else:
            expression, needed = _LISTS[name]
            wrong = [one for one in value if not isinstance(one, str) or not expression.fullmatch(one)]
            found += [f"{where}.{name} is {one!r}: {needed}" for one in wrong]
    return found


def conditions(exclude: Exclusions) -> list[str]:
    """What must hold for an event that is not excluded, as conditions of a filter pattern."""
    of_caller, of_issuer = [], []
    for principal in exclude.get("principals", ()):
        if not re.search(r":(user|assumed-role|federated-user)/|:root\b", principal):
            of_issuer.append(principal)
        if not re.search(r":role/", principal):
            of_caller.append(principal)
    services = exclude.get("services", ())
    found = [
        *_unequal(_ARN, of_caller),
        *_unequal(_ISSUER, of_issuer),
        *_unequal("$.userIdentity.invokedBy", services),
        *_unequal("$.sourceIPAddress", services),
        *_unequal("$.eventName", exclude.get("events", ())),
        *_unequal("$.recipientAccountId", exclude.get("accounts", ())),
    ]
    sources = exclude.get("error_sources", ())
    if sources:
        found.append(f"(($.errorCode NOT EXISTS) || {_all_unequal('$.eventSource', sources)})")
    if exclude.get("read_only"):
        found.append("(($.readOnly NOT EXISTS) || ($.readOnly IS FALSE))")
    if exclude.get("federated"):
        kinds = ("SAMLUser", "WebIdentityUser", "FederatedUser", "IdentityCenterUser")
        found += _unequal("$.userIdentity.type", kinds)
        found += _unequal(_ISSUER_NAME, ("AWSReservedSSO_*",))
        found.append(f"({_PROVIDER} NOT EXISTS)")
        found.append("($.additionalEventData.SamlProviderArn NOT EXISTS)")
    return found


def _unequal(selector: str, values: t.Sequence[str]) -> list[str]:
    """That a property is absent, or none of the values."""
    return [f"(({selector} NOT EXISTS) || {_all_unequal(selector, values)})"] if values else []


def _all_unequal(selector: str, values: t.Sequence[str]) -> str:
    unequal = [f'({selector} != "{value}")' for value in dict.fromkeys(values)]
    return unequal[0] if len(unequal) == 1 else f"({' && '.join(unequal)})"


def with_conditions(pattern: str, further: t.Sequence[str]) -> str:
    """A JSON pattern, or what becomes one when its placeholders are filled in, with further conditions."""
    inner = pattern.strip()
    if not (inner.startswith("{") and inner.endswith("}")):
        raise FilterPatternError(_NOT_JSON)
    return f"{{ ({inner[1:-1].strip()}) && {' && '.join(further)} }}"


def narrowed(pattern: str, further: t.Sequence[str], once: bool) -> list[str]:
    """A pattern with further conditions: one, or as many as CloudWatch Logs needs.

    once: whether no event may match two of them.

    Raises FilterPatternError when they cannot be made short enough.
    """
    text = with_conditions(pattern, further)
    if len(text) <= MAXIMUM_LENGTH:
        return [text]
    if sum(map(len, further)) > MAXIMUM_LENGTH:
        raise FilterPatternError(TOO_LONG)
    expression = _expression(pattern)
    rest = [_expression(f"{{ {condition} }}") for condition in further]
    whole = str(JsonPattern(And((*_parts(expression), *rest))))
    return [whole] if len(whole) <= MAXIMUM_LENGTH else _divided(expression, rest, once)


def _expression(pattern: str) -> Expression:
    parsed = parse(pattern)
    if not isinstance(parsed, JsonPattern):
        raise FilterPatternError(_NOT_JSON)
    return parsed.expression


def _parts(expression: Expression) -> tuple[Expression, ...]:
    return expression.parts if isinstance(expression, And) else (expression,)


def _divided(expression: Expression, rest: list[Expression], once: bool) -> list[str]:
    """Patterns that have some alternatives of the expression each, and everything else of it."""
    parts = _parts(expression)
    widest = max((part for part in parts if isinstance(part, Or)), key=lambda part: len(part.parts), default=None)
    if widest is None or (once and not _are_names(widest.parts)):
        raise FilterPatternError(TOO_LONG)

    def written(alternatives: tuple[Expression, ...]) -> str:
        chosen = alternatives[0] if len(alternatives) == 1 else Or(alternatives)
        return str(JsonPattern(And((*(chosen if part is widest else part for part in parts), *rest))))

    result, group = [], widest.parts[:1]
    for alternative in widest.parts[1:]:
        if len(written((*group, alternative))) > MAXIMUM_LENGTH:
            result.append(written(group))
            group = ()
        group = (*group, alternative)
    result.append(written(group))
    if max(map(len, result)) > MAXIMUM_LENGTH:
        raise FilterPatternError(TOO_LONG)
    return result


def _are_names(alternatives: t.Sequence[Expression]) -> bool:
    """Whether alternatives compare one property with different texts, so that no event fulfils two of them."""
    texts = [
        (one.selector, one.value.text)
        for one in alternatives
        if isinstance(one, Comparison) and one.operator == "=" and isinstance(one.value, String)
    ]
    alike = len({selector for selector, _text in texts}) == 1 and len(set(texts)) == len(alternatives)
    return alike and not any("*" in text for _selector, text in texts)
