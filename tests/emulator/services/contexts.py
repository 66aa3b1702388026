# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Condition keys of requests: what resource policies are told of an account that calls, or a service that acts for one.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

from ..policies import Context
from ..registry import Scope
from . import iam, organizations


def of_service(scope: Scope, source_arn: str | None = None, more: Context | None = None) -> dict[str, str | list[str]]:
    """What a service says that acts for a resource of the scope's account."""
    context: dict[str, str | list[str]] = {
        "aws:SourceAccount": scope.account,
        "aws:PrincipalIsAWSService": "true",
        "aws:SecureTransport": "true",
    }
    if source_arn is not None:
        context["aws:SourceArn"] = source_arn
    organization = organizations.organization_of(scope)
    if organization is not None:
        context["aws:SourceOrgID"] = organization.id
        context["aws:SourceOrgPaths"] = [organization.path(scope.account)]
    return context | dict(more or {})


def of_caller(scope: Scope, more: Context | None = None) -> dict[str, str | list[str]]:
    """What is known of the principal that calls, and of the call."""
    context: dict[str, str | list[str]] = {
        "aws:PrincipalArn": iam.principal_arn(scope),
        "aws:PrincipalAccount": scope.account,
        "aws:PrincipalIsAWSService": "false",
        "aws:RequestedRegion": scope.region,
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
    }
    organization = organizations.organization_of(scope)
    if organization is not None:
        context["aws:PrincipalOrgID"] = organization.id
        context["aws:PrincipalOrgPaths"] = [organization.path(scope.account)]
    return context | dict(more or {})
