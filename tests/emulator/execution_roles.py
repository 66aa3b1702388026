# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a Lambda function may call: that which its execution role's policies allow.

Other callers of the emulator may call all that no guardrail forbids. A function's role is part of what is tested:
what it lacks has to fail here, as on AWS.
"""

from __future__ import annotations

from typing import Any

from . import guardrails, policies
from .actions import iam_action
from .errors import AwsError
from .faults import access_denied
from .registry import Scope
from .services import contexts, delivery, lambda_runtime

_FREE = frozenset({"sts:GetCallerIdentity"})


def applies(scope: Scope) -> bool:
    """Whether the caller is a function that runs now."""
    return lambda_runtime.role_running_as(scope.principal) is not None


def check(service: str, operation: str, params: dict[str, Any], scope: Scope) -> None:
    """Raise the service's denial unless the role allows the call on all resources it names."""
    role, action = lambda_runtime.role_running_as(scope.principal), iam_action(service, operation)
    if role is None or action in _FREE:
        return
    for resource in guardrails.resources(service, params, scope):
        statements = delivery.role_statements(role)
        if resource == "*":  # also of calls whose resource the emulator does not know: any will do
            statements = [_without_resource(one) if one["Effect"] == "Allow" else one for one in statements]
        if not policies.allows({"Statement": statements}, role.arn, action, resource, contexts.of_caller(scope)):
            raise access_denied(service, operation, scope.principal, resource=resource)
    topic = delivery.find_topic(params.get("TopicArn", "")) if (service, operation) == ("sns", "Publish") else None
    key_id = topic.attributes.get("KmsMasterKeyId") if topic else None
    if key_id and not delivery.role_may_encrypt(role, key_id, scope):
        raise AwsError(
            "KMSAccessDenied",
            f"User: {scope.principal} is not authorized to perform: kms:GenerateDataKey on the key of the topic",
        )


def _without_resource(statement: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key not in ("Resource", "NotResource")}
