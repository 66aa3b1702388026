# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses parameters that break what the service's model says: required, enum values, lengths, ranges, patterns.

botocore checks only types and minimum lengths before it sends, and moto hardly anything; AWS checks all of it.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from moto.core.model import OperationModel

from .errors import AwsError

#: The code with which a service refuses what its model forbids. Services not named here are moto's business alone.
VALIDATION_CODES = {
    "cloudtrail": "ValidationException",
    "cloudwatch": "ValidationError",
    "config": "ValidationException",
    "guardduty": "BadRequestException",
    "iam": "ValidationError",
    "kms": "ValidationException",
    "logs": "InvalidParameterException",
    "s3": "MalformedXML",
    "sns": "InvalidParameter",
    "sts": "ValidationError",
}

#: Enumerations that are open in practice: the service takes values its model does not list.
_OPEN_ENUMS = frozenset({"BucketLocationConstraint"})


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
    def fail(constraint: str) -> None:
        name = path[:1].lower() + path[1:]
        problems.append(f"Value '{value}' at '{name}' failed to satisfy constraint: Member must {constraint}")

    kind = shape.type_name
    if kind == "structure":
        for name in shape.required_members:
            if name not in value:
                problems.append(
                    f"Value null at '{_join(path, name)}' failed to satisfy constraint: Member must not be null"
                )
        for name, member in shape.members.items():
            if name in value and value[name] is not None:
                _check(member, value[name], _join(path, name), problems)
        return
    low, high = shape.metadata.get("min"), shape.metadata.get("max")
    if kind in ("list", "map"):
        _check_size(len(value), low, high, fail)
        members = value.items() if kind == "map" else enumerate(value, 1)
        for key, member in members:
            if kind == "map":
                _check(shape.key, key, f"{path}.key", problems)
                _check(shape.value, member, f"{path}.{key}", problems)
            else:
                _check(shape.member, member, f"{path}.{key}.member", problems)
    elif kind in ("integer", "long", "float", "double"):
        if low is not None and value < low:
            fail(f"have value greater than or equal to {low}")
        if high is not None and value > high:
            fail(f"have value less than or equal to {high}")
    elif kind == "string" and isinstance(value, str):
        if getattr(shape, "enum", None) and value not in shape.enum and shape.name not in _OPEN_ENUMS:
            fail(f"satisfy enum value set: [{', '.join(shape.enum)}]")
        _check_size(len(value), low, high, fail)
        pattern = _compiled(shape.metadata.get("pattern"))
        if pattern is not None and not pattern.fullmatch(value):
            fail(f"satisfy regular expression pattern: {shape.metadata['pattern']}")


def _check_size(size: int, low: int | None, high: int | None, fail: Any) -> None:
    if low is not None and size < low:
        fail(f"have length greater than or equal to {low}")
    if high is not None and size > high:
        fail(f"have length less than or equal to {high}")


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
