# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Validation of IAM policy documents before anything is sent to AWS.

AWS answers a wrong document with ``MalformedPolicyDocument`` and little more; here every complaint names the place
inside the document. Grammar and quotas follow the IAM user guide ("Grammar of the IAM JSON policy language",
"IAM and AWS STS quotas") and the quotas of Amazon S3, AWS KMS, Amazon SNS and AWS Organizations.
"""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

KINDS = ("identity", "resource", "trust", "service_control")
VERSIONS = ("2012-10-17", "2008-10-17")
DOCUMENT_KEYS = {"Version", "Id", "Statement"}
STATEMENT_KEYS = {"Sid", "Effect", "Condition"} | {
    prefix + element for prefix in ("", "Not") for element in ("Principal", "Action", "Resource")
}
PRINCIPAL_TYPES = {"AWS", "Service", "Federated", "CanonicalUser"}

CONDITION_OPERATORS = {
    *(f"String{name}" for name in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase")),
    *(f"String{name}" for name in ("Like", "NotLike")),
    *(f"Arn{name}" for name in ("Equals", "NotEquals", "Like", "NotLike")),
    *(
        f"{kind}{name}"
        for kind in ("Numeric", "Date")
        for name in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    ),
    "Bool",
    "BinaryEquals",
    "IpAddress",
    "NotIpAddress",
}

_OPERATOR = re.compile(r"(?:(?:ForAllValues|ForAnyValue):)?(?P<name>[A-Za-z]+?)(?:IfExists)?")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")
_IAM_SID = re.compile(r"[A-Za-z0-9]+")
_RESOURCE_SID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9 ._-]*[A-Za-z0-9])?")
_CONDITION_KEY = re.compile(r"[A-Za-z0-9-]+:.+")
_POLICY_VARIABLE = re.compile(r"\$\{[a-z][A-Za-z0-9-]*:(?!:)")


class Limit(NamedTuple):
    """The largest document AWS takes, in characters (IAM) or in UTF-8 bytes (resource policies)."""

    size: int
    unit: str


LIMITS = {
    "managed_policy": Limit(6144, "characters"),
    "role_inline": Limit(10240, "characters"),
    "group_inline": Limit(5120, "characters"),
    "user_inline": Limit(2048, "characters"),
    "trust": Limit(2048, "characters"),
    "trust_raised": Limit(4096, "characters"),
    "s3_bucket": Limit(20 * 1024, "bytes"),
    "kms_key": Limit(32 * 1024, "bytes"),
    "sns_topic": Limit(30 * 1024, "bytes"),
    "service_control": Limit(10240, "characters"),
    "resource_control": Limit(5120, "characters"),
    "organization": Limit(40000, "characters"),
}


class PolicyDocumentError(ValueError):
    """A policy document AWS would refuse, or would silently understand otherwise. The message names the place."""


def size(document: Mapping[str, Any], unit: str = "characters") -> int:
    """The size of the document as AWS counts it: without the white space between its elements."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) if unit == "bytes" else len(text)


def validate(document: Any, kind: str = "identity", limit: str | None = None) -> None:
    """Check one policy document.

    ``kind`` is ``identity`` (attached to users, groups, roles), ``resource`` (bucket, topic, key...), ``trust``
    (the assume role policy of a role) or ``service_control`` (what accounts of an organization may do at most).
    ``limit`` is a key of ``LIMITS``; without it the size is not checked. The quotas of inline policies are AWS's sums
    over all inline policies of one user, group or role.

    Raises ``PolicyDocumentError``; ``ValueError`` for an unknown ``kind`` or ``limit``.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(KINDS)}, not {kind!r}")
    if limit is not None and limit not in LIMITS:
        raise ValueError(f"limit must be one of {', '.join(LIMITS)}, not {limit!r}")
    _require_mapping(document, "document", DOCUMENT_KEYS)
    if document.get("Version") not in VERSIONS:
        raise PolicyDocumentError(f"Version: must be one of {', '.join(VERSIONS)}, not {document.get('Version')!r}")
    for index, statement in enumerate(_statements(document)):
        _validate_statement(statement, f"Statement[{index}]", kind)
    _refuse_repeated_sids(_statements(document))
    if document["Version"] != VERSIONS[0] and _POLICY_VARIABLE.search(json.dumps(document)):
        raise PolicyDocumentError(f"Version: policy variables are plain text to AWS before version {VERSIONS[0]}")
    if limit is not None:
        _validate_size(document, limit)


def _validate_size(document: Mapping[str, Any], limit: str) -> None:
    maximum, unit = LIMITS[limit]
    actual = size(document, unit)
    if actual > maximum:
        raise PolicyDocumentError(f"document: {actual} {unit} are more than the {maximum} AWS takes here ({limit})")


def _statements(document: Mapping[str, Any]) -> list[Any]:
    statements = document.get("Statement")
    if isinstance(statements, Mapping):
        return [statements]
    if not isinstance(statements, list) or not statements:
        raise PolicyDocumentError("Statement: must be a list with at least one statement")
    return statements


def _refuse_repeated_sids(statements: list[Any]) -> None:
    seen: dict[str, int] = {}
    for index, statement in enumerate(statements):
        sid = statement.get("Sid")
        if sid and sid in seen:
            raise PolicyDocumentError(f"Statement[{index}].Sid: {sid!r} is already used by Statement[{seen[sid]}]")
        seen[sid] = index


def _validate_statement(statement: Any, path: str, kind: str) -> None:
    _require_mapping(statement, path, STATEMENT_KEYS)
    _validate_sid(statement, path, kind)
    if statement.get("Effect") not in ("Allow", "Deny"):
        raise PolicyDocumentError(f"{path}.Effect: must be Allow or Deny, not {statement.get('Effect')!r}")
    for action_path, action in _strings(statement, path, _exactly_one(statement, path, "Action", "NotAction")):
        _validate_action(action, action_path, kind)
    if kind == "trust":
        _forbid(
            statement, path, ("Resource", "NotResource"), "a trust policy belongs to its role, it names no resource"
        )
        _forbid(statement, path, ("NotPrincipal",), "a trust policy names whom it trusts")
    else:
        element = _exactly_one(statement, path, "Resource", "NotResource")
        for resource_path, resource in _strings(statement, path, element):
            _validate_resource(resource, resource_path)
    if kind == "identity":
        _forbid(statement, path, ("Principal", "NotPrincipal"), "an identity policy applies to whom it is attached")
    elif kind == "service_control":
        _forbid(statement, path, ("Principal", "NotPrincipal"), "a service control policy applies to whole accounts")
    else:
        element = _exactly_one(statement, path, "Principal", "NotPrincipal")
        _validate_principal(statement[element], f"{path}.{element}")
    if "Condition" in statement:
        _validate_condition(statement["Condition"], f"{path}.Condition")


def _validate_sid(statement: Mapping[str, Any], path: str, kind: str) -> None:
    sid = statement.get("Sid", "")
    pattern = _RESOURCE_SID if kind == "resource" else _IAM_SID
    if not isinstance(sid, str) or (sid and not pattern.fullmatch(sid)):
        allowed = "letters, digits and inner blanks, dots, hyphens or underscores"
        raise PolicyDocumentError(
            f"{path}.Sid: {sid!r} may have {allowed if kind == 'resource' else 'letters and digits'} only"
        )


def _validate_action(action: str, path: str, kind: str) -> None:
    if not _ACTION.fullmatch(action):
        raise PolicyDocumentError(f"{path}: {action!r} is not of the form service:Action (or *)")
    if kind == "trust" and not action.lower().startswith("sts:"):
        raise PolicyDocumentError(f"{path}: {action!r} is not an action of sts, which is all a trust policy speaks of")


def _validate_resource(resource: str, path: str) -> None:
    if resource != "*" and not (resource.startswith("arn:") and resource.count(":") >= 5):
        raise PolicyDocumentError(f"{path}: {resource!r} is neither * nor an ARN")


def _validate_principal(principal: Any, path: str) -> None:
    if principal == "*":
        return
    _require_mapping(principal, path, PRINCIPAL_TYPES)
    if not principal:
        raise PolicyDocumentError(f"{path}: must name at least one principal")
    for principal_type in principal:
        for value_path, value in _strings(principal, path, principal_type):
            if principal_type == "Service" and not re.fullmatch(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?", value):
                raise PolicyDocumentError(f"{value_path}: {value!r} is not a service principal")


def _validate_condition(condition: Any, path: str) -> None:
    _require_mapping(condition, path)
    for operator, keys in condition.items():
        operator_path = f"{path}.{operator}"
        match = _OPERATOR.fullmatch(operator)
        name = match["name"] if match else None
        if operator != "Null" and name not in CONDITION_OPERATORS:
            raise PolicyDocumentError(f"{operator_path}: is not a condition operator")
        _require_mapping(keys, operator_path)
        if not keys:
            raise PolicyDocumentError(f"{operator_path}: must name at least one condition key")
        for key in keys:
            if not _CONDITION_KEY.fullmatch(key):
                raise PolicyDocumentError(f"{operator_path}.{key}: is not a condition key such as aws:SourceIp")
            for value_path, value in _strings(keys, operator_path, key, scalars=(str, bool, int, float)):
                _validate_condition_value(name or operator, value, value_path)


def _validate_condition_value(operator: str, value: Any, path: str) -> None:
    text = str(value)
    if operator in ("Bool", "Null") and text.lower() not in ("true", "false"):
        raise PolicyDocumentError(f"{path}: {value!r} is neither true nor false")
    if operator in ("IpAddress", "NotIpAddress"):
        try:
            ipaddress.ip_network(text, strict=False)
        except ValueError:
            raise PolicyDocumentError(f"{path}: {value!r} is not an IP address or CIDR block") from None


def _require_mapping(value: Any, path: str, keys: set[str] | None = None) -> None:
    if not isinstance(value, Mapping):
        raise PolicyDocumentError(f"{path}: must be a mapping, not {type(value).__name__}")
    unknown = sorted(str(key) for key in value if keys is not None and key not in keys)
    if unknown:
        raise PolicyDocumentError(f"{path}: unknown element {', '.join(unknown)}")


def _exactly_one(statement: Mapping[str, Any], path: str, *elements: str) -> str:
    present = [element for element in elements if element in statement]
    if len(present) != 1:
        raise PolicyDocumentError(f"{path}: must have exactly one of {' and '.join(elements)}")
    return present[0]


def _forbid(statement: Mapping[str, Any], path: str, elements: tuple[str, ...], reason: str) -> None:
    for element in elements:
        if element in statement:
            raise PolicyDocumentError(f"{path}.{element}: not allowed, {reason}")


def _strings(
    mapping: Mapping[str, Any], path: str, element: str, scalars: tuple[type, ...] = (str,)
) -> list[tuple[str, Any]]:
    """The values of an element that may be one value or a list of them, each with its path."""
    value = mapping[element]
    if isinstance(value, scalars) and value != "":
        return [(f"{path}.{element}", value)]
    if not isinstance(value, list) or not value:
        raise PolicyDocumentError(f"{path}.{element}: must be a value or a list with at least one")
    for index, item in enumerate(value):
        if not isinstance(item, scalars) or item == "":
            raise PolicyDocumentError(f"{path}.{element}[{index}]: {item!r} is not a value")
    return [(f"{path}.{element}[{index}]", item) for index, item in enumerate(value)]
