# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""STS: who calls. A role's trust policy decides who may assume it.

In the accounts of an organization, a role has to exist. In any other account, where tests do not make accounts first,
a role that does not exist may be assumed.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .. import identify, policies
from ..errors import AwsError
from ..registry import Scope, Service, random_hex
from . import contexts, organizations

SESSION_KEY_PREFIX = "ASIAEMULATOR"
_ROLE = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/(?:.*/)?([\w+=,.@-]{1,64})")


@dataclass(frozen=True)
class Session:
    """Temporary credentials: the account they belong to, the ARN of the principal, its unique id."""

    account: str
    principal: str
    unique_id: str


service = Service("sts")
_SESSIONS = Scope("global", "global")


def _sessions() -> dict[str, Session]:
    return service.state(_SESSIONS)


def account_of(access_key: str) -> str:
    session = _sessions().get(access_key)
    return session.account if session else identify.account_of(access_key)


def principal_of(access_key: str, account: str, region: str) -> str:
    """The ARN of who calls with the key; a key of an account's own is the key of its user `emulator`."""
    session = _sessions().get(access_key)
    return session.principal if session else Scope(account, region).arn("iam", "user/emulator", region="")


def issue(account: str, principal: str, unique_id: str | None = None) -> str:
    """Temporary credentials of a principal; their access key."""
    key = f"{SESSION_KEY_PREFIX}{random_hex(12).upper()}"
    _sessions()[key] = Session(account, principal, unique_id or f"AROA{random_hex(17).upper()}")
    return key


@service.operation("GetCallerIdentity")
def get_caller_identity(params: dict[str, Any], scope: Scope, state: Any) -> dict[str, Any]:
    unique_id = next((s.unique_id for s in _sessions().values() if s.principal == scope.principal), None)
    return {"UserId": unique_id or "AIDAEMULATOR000000001", "Account": scope.account, "Arn": scope.principal}


@service.operation("AssumeRole")
def assume_role(params: dict[str, Any], scope: Scope, state: Any) -> dict[str, Any]:
    role = _ROLE.fullmatch(params["RoleArn"])
    if role is None or role[1] != scope.partition:
        raise AwsError("ValidationError", f"{params['RoleArn']} is invalid")
    duration = params.get("DurationSeconds", 3600)
    if ":assumed-role/" in scope.principal and duration > 3600:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        )
    account, name, session_name = role[2], role[3], params["RoleSessionName"]
    target = scope.at(account=account)
    known = next((one for one in target.moto("iam").roles.values() if one.name == name), None)
    organization = organizations.organization_of(target)
    if organization is not None:
        in_use = organization.accounts[account].status != "SUSPENDED"
        if known is None or known.arn != params["RoleArn"] or not in_use:
            raise _denied(params["RoleArn"], scope)
    if known is not None:
        _check_trust(known, params, scope, duration)
    unique_id = f"AROA{random_hex(17).upper()}:{session_name}"
    principal = f"arn:{role[1]}:sts::{account}:assumed-role/{name}/{session_name}"
    key = issue(account, principal, unique_id)
    expiration = datetime.now(UTC) + timedelta(seconds=duration)
    return {
        "Credentials": {
            "AccessKeyId": key,
            "SecretAccessKey": random_hex(40),
            "SessionToken": random_hex(64),
            "Expiration": expiration,
        },
        "AssumedRoleUser": {"AssumedRoleId": unique_id, "Arn": principal},
        "PackedPolicySize": 0,
    }


def _denied(role: str, scope: Scope) -> AwsError:
    message = f"User: {scope.principal} is not authorized to perform: sts:AssumeRole on resource: {role}"
    return AwsError("AccessDenied", message, 403)


def _check_trust(role: Any, params: dict[str, Any], scope: Scope, duration: int) -> None:
    context = contexts.of_caller(scope, {"sts:RoleSessionName": params["RoleSessionName"]})
    if "ExternalId" in params:
        context["sts:ExternalId"] = params["ExternalId"]
    if not policies.allows(role.assume_role_policy_document, scope.principal, "sts:AssumeRole", role.arn, context):
        raise _denied(role.arn, scope)
    if duration > int(role.max_session_duration or 3600):
        raise AwsError(
            "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )
