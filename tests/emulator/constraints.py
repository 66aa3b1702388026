# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses parameters that break what the service's model says: required, enum values, lengths, ranges, patterns.

botocore checks only types and minimum lengths before it sends, and moto hardly anything; AWS checks all of it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from moto.core.model import OperationModel

from .errors import AwsError

#: The code with which a service refuses what its model forbids. Services not named here are moto's business alone.
VALIDATION_CODES = {
    "cloudtrail": "ValidationException",
    "cloudwatch": "ValidationError",
    "config": "ValidationException",
    "events": "ValidationException",
    "guardduty": "BadRequestException",
    "iam": "ValidationError",
    "kms": "ValidationException",
    "lambda": "ValidationException",
    "logs": "InvalidParameterException",
    "organizations": "InvalidInputException",
    "s3": "MalformedXML",
    "sns": "InvalidParameter",
    "sts": "ValidationError",
}

#: Enumerations that are open in practice: the service takes values its model does not list.
_OPEN_ENUMS = frozenset({"BucketLocationConstraint", "BucketCannedACL"})


def check(service: str, operation: OperationModel, params: dict[str, Any]) -> None:
    """Raise the service's validation error unless params satisfy the operation's input shape."""
    code = VALIDATION_CODES.get(service)
    if code is None or operation.input_shape is None:
        return
    problems: list[str] = []
    _check(operation.input_shape, params, "", problems)
    if problems:
        count = len(problems)
        text = "; ".join(problems)
        noun = "error" if count == 1 else "errors"
        raise AwsError(code, f"{count} validation {noun} detected: {text}")


def _check(shape: Any, value: Any, path: str, problems: list[str]) -> None:
    """Append to problems what is wrong with a value of the shape."""
    if shape.type_name == "structure":
        _check_structure(shape, value, path, problems)
        return
    name = path[:1].lower() + path[1:]
    for constraint in _broken_constraints(shape, value):
        problems.append(f"Value '{value}' at '{name}' failed to satisfy constraint: Member must {constraint}")
    if shape.type_name == "list":
        for number, member in enumerate(value, 1):
            _check(shape.member, member, f"{path}.{number}.member", problems)
    elif shape.type_name == "map":
        for key, member in value.items():
            _check(shape.key, key, f"{path}.key", problems)
            _check(shape.value, member, f"{path}.{key}", problems)


def _check_structure(shape: Any, value: dict[str, Any], path: str, problems: list[str]) -> None:
    for name in shape.required_members:
        if name not in value:
            problems.append(
                f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
            )
    for name, member in shape.members.items():
        if value.get(name) is not None:
            _check(member, value[name], _join(path, name), problems)


def _broken_constraints(shape: Any, value: Any) -> Iterator[str]:
    kind = shape.type_name
    sized = kind in ("list", "map", "string")
    if sized or kind in ("integer", "long", "float", "double"):
        measure, noun = (len(value), "length") if sized else (value, "value")
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        if low is not None and measure < low:
            yield f"have {noun} greater than or equal to {low}"
        if high is not None and measure > high:
            yield f"have {noun} less than or equal to {high}"
    if kind == "string":
        if getattr(shape, "enum", None) and value not in shape.enum and shape.name not in _OPEN_ENUMS:
            yield f"satisfy enum value set: [{', '.join(shape.enum)}]"
        pattern = _compiled(shape.metadata.get("pattern"))
        if pattern is not None and not pattern.fullmatch(value):
            yield f"satisfy regular expression pattern: {shape.metadata['pattern']}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


@functools.cache
def _compiled(pattern: str | None) -> re.Pattern[str] | None:
    """The pattern, or None where the model has none or one in a dialect (Java's) that Python cannot read."""
    if pattern is None:
        return None
    try:
        return re.compile(pattern, re.DOTALL)
    except re.error:
        return None
