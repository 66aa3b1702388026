# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policy documents: are they well formed, are they public, and do they let a principal do an action on a resource.

The evaluator serves the delivery checks (may CloudTrail write to that bucket, may CloudWatch Logs use that key): it
knows Allow and Deny, Principal, Action and Resource with wildcards, their Not forms, and the condition operators that
occur in such policies. A condition it does not know counts as not met for Allow and as met for Deny: strict.
"""

from __future__ import annotations

import functools
import ipaddress
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Document = dict[str, Any]
Context = Mapping[str, str | list[str]]

VERSIONS = ("2012-10-17", "2008-10-17")
_DOCUMENT_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset(
    {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
)
_PRINCIPAL_KINDS = frozenset({"AWS", "Service", "Federated", "CanonicalUser"})
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_SERVICE_PRINCIPAL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)")
_AWS_PRINCIPAL = re.compile(
    r"\*|\d{12}|arn:aws[a-z-]*:(iam::(\d{12}|cloudfront):(root|(user|role)/.+|federated-user/.+)|sts::\d{12}:.+)"
    r"|A(IDA|ROA|GPA|NPA)[A-Z0-9]{8,}"
)


class MalformedPolicy(ValueError):
    """A policy document AWS would refuse; the text says why."""


def as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def parse(text: str) -> Document:
    """The document as a dictionary; MalformedPolicy when it is not a JSON object."""
    try:
        document = json.loads(text, object_pairs_hook=_no_duplicates)
    except ValueError as failure:
        raise MalformedPolicy(f"This policy contains invalid Json: {failure}") from None
    if not isinstance(document, dict):
        raise MalformedPolicy("Policies must be valid JSON and the first byte must be '{'")
    return document


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise MalformedPolicy(f"Duplicate key: {key}")
    return dict(pairs)


def validate(
    text: str,
    *,
    principal: bool,
    resource: bool,
    services: Iterable[str] = (),
    principal_exists: Callable[[str], bool] | None = None,
    check_resource: Callable[[str], bool] | None = None,
) -> Document:
    """The parsed document, or MalformedPolicy.

    principal: statements need (True) or must not have (False) a principal; resource: likewise a resource.
    services: prefixes actions may have (empty: any). principal_exists tells whether an IAM principal's ARN exists.
    check_resource tells whether a resource may stand in this policy.
    """
    document = parse(text)
    if document.get("Version", VERSIONS[1]) not in VERSIONS:
        raise MalformedPolicy(f"Policy document must be version {VERSIONS[0]} or {VERSIONS[1]}")
    if unknown := set(document) - _DOCUMENT_KEYS:
        raise MalformedPolicy(f"Syntax errors in policy: unknown field {sorted(unknown)[0]}")
    statements = as_list(document.get("Statement"))
    if not statements:
        raise MalformedPolicy("Missing required field Statement")
    sids = []
    for statement in statements:
        if not isinstance(statement, dict):
            raise MalformedPolicy("Syntax errors in policy: a statement is not an object")
        _validate_statement(statement, principal, resource, tuple(services), principal_exists, check_resource)
        if statement.get("Sid"):
            sids.append(statement["Sid"])
    if len(sids) != len(set(sids)):
        raise MalformedPolicy("Statement IDs (SID) in a single policy must be unique.")
    return document


def _validate_statement(
    statement: Document,
    principal: bool,
    resource: bool,
    services: tuple[str, ...],
    principal_exists: Callable[[str], bool] | None,
    check_resource: Callable[[str], bool] | None,
) -> None:
    if unknown := set(statement) - _STATEMENT_KEYS:
        raise MalformedPolicy(f"Syntax errors in policy: unknown field {sorted(unknown)[0]}")
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicy("Invalid effect: a statement needs the Effect Allow or Deny")
    if not isinstance(statement.get("Sid", ""), str):
        raise MalformedPolicy("Syntax errors in policy: Sid is not a string")
    _validate_actions(statement, services)
    _validate_resources(statement, resource, check_resource)
    present = [key for key in ("Principal", "NotPrincipal") if key in statement]
    if len(present) > 1:
        raise MalformedPolicy("Statement has both Principal and NotPrincipal")
    if principal and not present:
        raise MalformedPolicy("Missing required field Principal")
    if not principal and present:
        raise MalformedPolicy("Policy document should not specify a principal.")
    for key in present:
        _validate_principal(statement[key], principal_exists)
    if "Condition" in statement:
        _validate_condition(statement["Condition"])


def _validate_actions(statement: Document, services: tuple[str, ...]) -> None:
    present = [key for key in ("Action", "NotAction") if key in statement]
    if len(present) != 1:
        raise MalformedPolicy("Policy statement must contain actions.")
    actions = as_list(statement[present[0]])
    if not actions:
        raise MalformedPolicy("Policy statement must contain actions.")
    for action in actions:
        if not isinstance(action, str) or not _ACTION.fullmatch(action):
            raise MalformedPolicy(f"Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2: {action}")
        if services and action != "*" and action.split(":")[0].lower() not in services:
            raise MalformedPolicy(f"Policy has invalid action {action}")


def _validate_resources(statement: Document, wanted: bool, check_resource: Callable[[str], bool] | None) -> None:
    present = [key for key in ("Resource", "NotResource") if key in statement]
    if len(present) > 1:
        raise MalformedPolicy("Statement has both Resource and NotResource")
    if not wanted:
        if present:
            raise MalformedPolicy("Has prohibited field Resource")
        return
    if not present or not as_list(statement[present[0]]):
        raise MalformedPolicy("Policy statement must contain resources.")
    for resource in as_list(statement[present[0]]):
        if not isinstance(resource, str) or not (resource == "*" or resource.startswith("arn:")):
            raise MalformedPolicy(f'Resource {resource} must be in ARN format or "*".')
        if resource != "*" and resource.count(":") < 5:
            raise MalformedPolicy(f"The policy failed legacy parsing: resource {resource}")
        if check_resource is not None and not check_resource(resource):
            raise MalformedPolicy(f"Policy has invalid resource {resource}")


def _validate_principal(principal: Any, exists: Callable[[str], bool] | None) -> None:
    if principal == "*":
        return
    if not isinstance(principal, dict) or not principal:
        raise MalformedPolicy(f"Invalid principal in policy: {principal}")
    for kind, values in principal.items():
        if kind not in _PRINCIPAL_KINDS:
            raise MalformedPolicy(f"Invalid principal in policy: {kind}")
        if not as_list(values):
            raise MalformedPolicy("Invalid principal in policy: empty list")
        for value in as_list(values):
            good = isinstance(value, str)
            if good and kind == "AWS":
                good = bool(_AWS_PRINCIPAL.fullmatch(value))
                if good and exists is not None and value.startswith("arn:") and not value.endswith(":root"):
                    good = exists(value)
            elif good and kind == "Service":
                good = bool(_SERVICE_PRINCIPAL.fullmatch(value))
            if not good:
                raise MalformedPolicy(f'Invalid principal in policy: "{kind}":"{value}"')


def _validate_condition(condition: Any) -> None:
    if not isinstance(condition, dict):
        raise MalformedPolicy("Syntax errors in policy: Condition is not an object")
    for operator, tests in condition.items():
        if _operator(operator) is None:
            raise MalformedPolicy(f"Unknown condition operator {operator}")
        if not isinstance(tests, dict) or not tests:
            raise MalformedPolicy(f"Syntax errors in policy: condition {operator} is not an object")
        for key, values in tests.items():
            if ":" not in key:
                raise MalformedPolicy(f"Actions/Conditions must be prefaced by a vendor: {key}")
            if any(isinstance(value, dict | list) for value in as_list(values)):
                raise MalformedPolicy(f"Syntax errors in policy: condition {key} is not a string")


# --- evaluation -----------------------------------------------------------------------------------------------------


def allows(
    document: Document | str | None, principal: str, action: str, resource: str, context: Context | None = None
) -> bool:
    """Whether the document by itself lets principal (a service's DNS name, an ARN or an account id) do the action."""
    if document is None:
        return False
    parsed: Document = json.loads(document) if isinstance(document, str) else document
    return effects(parsed, principal, action, resource, context or {}) == {"Allow"}


def effects(document: Document, principal: str, action: str, resource: str, context: Context) -> set[str]:
    """The effects (Allow, Deny) of the statements that apply: both, one or none."""
    return {
        statement["Effect"]
        for statement in as_list(document.get("Statement"))
        if _matches(statement, principal, action, resource, context)
    }


def _matches(statement: Document, principal: str, action: str, resource: str, context: Context) -> bool:
    actions, resources = _subject(statement, "Action"), _subject(statement, "Resource")
    return (
        _principal_matches(statement, principal)
        and any(_glob(one.lower(), action.lower()) for one in actions[0]) is actions[1]
        and (not _has(statement, "Resource") or any(_glob(one, resource) for one in resources[0]) is resources[1])
        and _conditions_met(statement, context)
    )


def _has(statement: Document, key: str) -> bool:
    return key in statement or f"Not{key}" in statement


def _subject(statement: Document, key: str) -> tuple[list[str], bool]:
    if key in statement:
        return as_list(statement[key]), True
    return as_list(statement.get(f"Not{key}")), False


def _principal_matches(statement: Document, principal: str) -> bool:
    if "Principal" in statement:
        return _principal_in(statement["Principal"], principal)
    if "NotPrincipal" in statement:
        return not _principal_in(statement["NotPrincipal"], principal)
    return True


def _principal_in(declared: Any, principal: str) -> bool:
    if declared == "*":
        return True
    if not isinstance(declared, dict):
        return False
    if principal in as_list(declared.get("Service")):
        return True
    account = principal if re.fullmatch(r"\d{12}", principal) else _account(principal)
    for one in as_list(declared.get("AWS")):
        if one in ("*", principal):
            return True
        if account and (one == account or re.fullmatch(rf"arn:aws[a-z-]*:iam::{account}:root", one)):
            return True
        if one == _role_of_session(principal):
            return True
    return False


def _account(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[4] if len(parts) > 5 and parts[2] in ("iam", "sts") else None


def _role_of_session(arn: str) -> str:
    session = re.fullmatch(r"(arn:aws[a-z-]*):sts::(\d{12}):assumed-role/([^/]+)/.*", arn)
    return f"{session[1]}:iam::{session[2]}:role/{session[3]}" if session else arn


def _glob(pattern: str, value: str) -> bool:
    return _compiled_glob(pattern).fullmatch(value) is not None


@functools.lru_cache(maxsize=4096)
def _compiled_glob(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)


def _conditions_met(statement: Document, context: Context) -> bool:
    unknown_counts_as_met = statement["Effect"] == "Deny"
    lowered = {key.lower(): value for key, value in context.items()}
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, values in tests.items():
            met = _condition(operator, lowered.get(key.lower()), [_text(value) for value in as_list(values)])
            if not (unknown_counts_as_met if met is None else met):
                return False
    return True


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _condition(operator: str, actual: str | list[str] | None, wanted: list[str]) -> bool | None:
    known = _operator(operator)
    if known is None:
        return None
    test, negated, if_exists, quantifier = known
    if operator == "Null":
        return (actual is None) is (wanted[:1] == ["true"])
    if actual is None:
        return True if if_exists or quantifier == "ForAllValues" else negated
    values = [actual] if isinstance(actual, str) else actual
    hits = [any(test(value, one) for one in wanted) is not negated for value in values]
    return all(hits) if quantifier == "ForAllValues" else any(hits)


def _arn_like(actual: str, pattern: str) -> bool:
    left, right = actual.split(":", 5), pattern.split(":", 5)
    return len(left) == len(right) and all(_glob(want, have) for have, want in zip(left, right, strict=True))


def _in_network(actual: str, network: str) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, wanted: actual == wanted,
    "StringEqualsIgnoreCase": lambda actual, wanted: actual.lower() == wanted.lower(),
    "StringLike": lambda actual, wanted: _glob(wanted, actual),
    "ArnEquals": _arn_like,
    "ArnLike": _arn_like,
    "Bool": lambda actual, wanted: actual.lower() == wanted.lower(),
    "BinaryEquals": lambda actual, wanted: actual == wanted,
    "IpAddress": _in_network,
    "NumericEquals": lambda actual, wanted: float(actual) == float(wanted),
    "NumericLessThan": lambda actual, wanted: float(actual) < float(wanted),
    "NumericLessThanEquals": lambda actual, wanted: float(actual) <= float(wanted),
    "NumericGreaterThan": lambda actual, wanted: float(actual) > float(wanted),
    "NumericGreaterThanEquals": lambda actual, wanted: float(actual) >= float(wanted),
    "DateEquals": lambda actual, wanted: actual == wanted,
    "DateLessThan": lambda actual, wanted: actual < wanted,
    "DateLessThanEquals": lambda actual, wanted: actual <= wanted,
    "DateGreaterThan": lambda actual, wanted: actual > wanted,
    "DateGreaterThanEquals": lambda actual, wanted: actual >= wanted,
    "Null": lambda actual, wanted: False,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}


def _operator(name: str) -> tuple[Callable[[str, str], bool], bool, bool, str] | None:
    """(test, negated, if_exists, quantifier) of a condition operator, or None when IAM has no such operator."""
    quantifier, _, base = name.rpartition(":")
    if quantifier not in ("", "ForAllValues", "ForAnyValue"):
        return None
    if_exists = base.endswith("IfExists")
    base = base.removesuffix("IfExists")
    negated = base in _NEGATED
    test = _TESTS.get(_NEGATED.get(base, base))
    return None if test is None else (test, negated, if_exists, quantifier)


# --- public or not --------------------------------------------------------------------------------------------------

#: Condition keys that pin a wildcard principal down (Amazon S3, "the meaning of public").
_PINNING_KEYS = frozenset({
    "aws:sourcearn", "aws:sourceaccount", "aws:principalarn", "aws:principalaccount", "aws:principalorgid",
    "aws:principalorgpaths", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpc", "aws:sourcevpce", "aws:userid",
    "aws:sourceowner", "aws:sourceip", "s3:dataaccesspointarn", "s3:dataaccesspointaccount", "kms:calleraccount",
})  # fmt: skip


def is_public(document: Document) -> bool:
    """Whether an Allow statement is open to everybody in the sense of S3's Block Public Access."""
    return any(_open_to_all(statement) for statement in as_list(document.get("Statement")))


def _open_to_all(statement: Document) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    declared = statement.get("Principal", {})
    everybody = declared == "*" or (isinstance(declared, dict) and "*" in as_list(declared.get("AWS")))
    if not everybody and "NotPrincipal" not in statement:
        return False
    for operator, tests in (statement.get("Condition") or {}).items():
        known = _operator(operator)
        if known is None or known[1] or known[2]:
            continue
        for key, values in tests.items():
            fixed = [value for value in as_list(values) if value not in ("*", "0.0.0.0/0", "::/0")]
            if key.lower() in _PINNING_KEYS and len(fixed) == len(as_list(values)):
                return False
    return True
