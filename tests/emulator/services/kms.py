# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS: moto keeps keys and does the cryptography; policies, states, aliases and rotation are repaired here.

https://docs.aws.amazon.com/kms/latest/APIReference/
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.core.utils import utcnow
from moto.kms.utils import RESERVED_ALIASES

from .. import policies
from ..errors import AwsError
from ..registry import Scope, Service, page
from . import contexts, delivery, iam

Params = dict[str, Any]
#: Rotation period in days of the keys that rotate, by key id.
Periods = dict[str, int]

service = Service("kms")

_DEFAULT_PERIOD = 365
_ALIAS = re.compile(r"alias/[a-zA-Z0-9/_-]+")
_ARN = re.compile(rf"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{{12}}:(key/[a-zA-Z0-9-]+|{_ALIAS.pattern})")


def _key(params: Params, scope: Scope, *, by_alias: bool = False, name: str = "KeyId") -> Any:
    reference = params[name]
    if not by_alias and (reference.startswith("alias/") or ":alias/" in reference):
        raise AwsError("NotFoundException", f"Invalid keyId {reference}: this operation takes no alias")
    key = delivery.find_key(reference, scope)
    if key is None or key.account_id != scope.account or key.region != scope.region:
        raise AwsError("NotFoundException", f"Key '{scope.arn('kms', f'key/{reference}')}' does not exist")
    return key


def _refuse_states(key: Any, *states: str) -> None:
    if key.key_state == "PendingDeletion" and "PendingDeletion" in states:
        raise AwsError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    if key.key_state == "Disabled" and "Disabled" in states:
        raise AwsError("DisabledException", f"{key.arn} is disabled.")


@service.operation("DescribeKey")
def describe_key(params: Params, scope: Scope, state: Periods) -> Params:
    """A key of this account, or one of another account whose policy lets the caller ask."""
    reference = params["KeyId"]
    if reference.startswith("alias/aws/"):
        scope.moto("kms").get_key_id_from_alias(reference)  # AWS makes its own keys when somebody asks for them
    if reference.startswith("arn:"):
        if not _ARN.fullmatch(reference):
            raise AwsError("InvalidArnException", f"Invalid arn {reference}")
        if reference.split(":")[3] != scope.region:
            raise AwsError("NotFoundException", f"Invalid arn {reference.split(':')[3]}")
    key = delivery.find_key(reference, scope)
    if key is None:
        what = "Alias" if "alias/" in reference else "Key"
        raise AwsError("NotFoundException", f"{what} {reference} is not found.")
    if key.account_id != scope.account:
        _check_use_by_another_account(key, scope, "kms:DescribeKey")
    metadata: Params = scope.at(account=key.account_id).moto("kms").describe_key(key.id).to_dict()
    return metadata


def _check_use_by_another_account(key: Any, scope: Scope, action: str) -> None:
    context = contexts.of_caller(scope, {"kms:CallerAccount": scope.account})
    if not policies.allows(key.policy, scope.principal, action, key.arn, context):
        raise AwsError(
            "AccessDeniedException",
            f"User: {scope.principal} is not authorized to perform: {action} on resource: {key.arn} because no "
            f"resource-based policy allows the {action} action",
        )


# --- policies -------------------------------------------------------------------------------------------------------


def _check_policy(text: str, bypass: bool, scope: Scope) -> None:
    try:
        document = policies.validate(
            text,
            principal=True,
            resource=True,
            services=("kms",),
            principal_exists=lambda arn: iam.principal_exists(arn, scope),
        )
    except policies.MalformedPolicy as failure:
        raise AwsError("MalformedPolicyDocumentException", str(failure)) from None
    own_key = scope.arn("kms", "key/00000000-0000-0000-0000-000000000000")
    if not bypass and not policies.allows(document, scope.principal, "kms:PutKeyPolicy", own_key):
        raise AwsError(
            "MalformedPolicyDocumentException",
            "The new key policy will not allow you to update the key policy in the future.",
        )


@service.check("CreateKey")
def check_create_key(params: Params, scope: Scope, state: Periods) -> None:
    if "Policy" in params:
        _check_policy(params["Policy"], params.get("BypassPolicyLockoutSafetyCheck", False), scope)
    _check_tags(params.get("Tags", []))


@service.operation("PutKeyPolicy")
def put_key_policy(params: Params, scope: Scope, state: Periods) -> None:
    key = _key(params, scope)
    _check_policy_name(params)
    _check_policy(params["Policy"], params.get("BypassPolicyLockoutSafetyCheck", False), scope)
    key.policy = params["Policy"]


@service.operation("GetKeyPolicy")
def get_key_policy(params: Params, scope: Scope, state: Periods) -> Params:
    key = _key(params, scope)
    _check_policy_name(params)
    return {"Policy": key.policy, "PolicyName": "default"}


def _check_policy_name(params: Params) -> None:
    if params.get("PolicyName", "default") != "default":
        raise AwsError("NotFoundException", "No such policy exists")


# --- rotation -------------------------------------------------------------------------------------------------------


def _rotating_key(params: Params, scope: Scope) -> Any:
    key = _key(params, scope)
    _refuse_states(key, "PendingDeletion", "Disabled")
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        raise AwsError("UnsupportedOperationException", f"{key.arn} can not be rotated automatically.")
    return key


@service.operation("EnableKeyRotation")
def enable_key_rotation(params: Params, scope: Scope, state: Periods) -> None:
    key = _rotating_key(params, scope)
    key.key_rotation_status = True
    state[key.id] = params.get("RotationPeriodInDays", state.get(key.id, _DEFAULT_PERIOD))


@service.operation("DisableKeyRotation")
def disable_key_rotation(params: Params, scope: Scope, state: Periods) -> None:
    key = _rotating_key(params, scope)
    key.key_rotation_status = False
    state.pop(key.id, None)


@service.operation("GetKeyRotationStatus")
def get_key_rotation_status(params: Params, scope: Scope, state: Periods) -> Params:
    key = _key(params, scope)
    if key.key_spec != "SYMMETRIC_DEFAULT":
        return {"KeyId": key.arn, "KeyRotationEnabled": False}
    if not key.key_rotation_status or key.key_state == "PendingDeletion":
        return {"KeyId": key.arn, "KeyRotationEnabled": False}
    period = state.get(key.id, _DEFAULT_PERIOD)
    created = datetime.fromtimestamp(key.creation_date, UTC)
    return {
        "KeyId": key.arn,
        "KeyRotationEnabled": True,
        "RotationPeriodInDays": period,
        "NextRotationDate": created + timedelta(days=period),
    }


# --- states ---------------------------------------------------------------------------------------------------------


@service.operation("EnableKey")
def enable_key(params: Params, scope: Scope, state: Periods) -> None:
    key = _key(params, scope)
    _refuse_states(key, "PendingDeletion")
    _set_state(key, "Enabled")


@service.operation("DisableKey")
def disable_key(params: Params, scope: Scope, state: Periods) -> None:
    key = _key(params, scope)
    _refuse_states(key, "PendingDeletion")
    _set_state(key, "Disabled")


def _set_state(key: Any, name: str) -> None:
    key.key_state, key.enabled = name, name == "Enabled"


@service.operation("ScheduleKeyDeletion")
def schedule_key_deletion(params: Params, scope: Scope, state: Periods) -> Params:
    key, days = _key(params, scope), params.get("PendingWindowInDays", 30)
    _refuse_states(key, "PendingDeletion")
    if not 7 <= days <= 30:
        raise AwsError("ValidationException", "PendingWindowInDays must be between 7 and 30")
    _set_state(key, "PendingDeletion")
    key.deletion_date = utcnow() + timedelta(days=days)
    return {
        "KeyId": key.arn,
        "DeletionDate": key.deletion_date,
        "KeyState": key.key_state,
        "PendingWindowInDays": days,
    }


@service.operation("CancelKeyDeletion")
def cancel_key_deletion(params: Params, scope: Scope, state: Periods) -> Params:
    key = _key(params, scope)
    if key.key_state != "PendingDeletion":
        raise AwsError("KMSInvalidStateException", f"{key.arn} is not pending deletion.")
    _set_state(key, "Disabled")
    key.deletion_date = None
    return {"KeyId": key.arn}


@service.check("UpdateKeyDescription")
def check_update_description(params: Params, scope: Scope, state: Periods) -> None:
    _refuse_states(_key(params, scope), "PendingDeletion")


# --- aliases --------------------------------------------------------------------------------------------------------


def _check_alias(params: Params) -> str:
    name = str(params["AliasName"])
    if not _ALIAS.fullmatch(name):
        raise AwsError("InvalidAliasNameException", f"Alias name {name} is not valid: it begins with alias/")
    if name.startswith("alias/aws/"):
        raise AwsError("InvalidAliasNameException", "The prefix alias/aws/ is reserved for AWS managed keys.")
    return name


def _check_target(params: Params, scope: Scope) -> Any:
    key = _key(params, scope, name="TargetKeyId")
    _refuse_states(key, "PendingDeletion")
    return key


@service.check("CreateAlias")
def check_create_alias(params: Params, scope: Scope, state: Periods) -> None:
    _check_alias(params)
    _check_target(params, scope)


@service.operation("UpdateAlias")
def update_alias(params: Params, scope: Scope, state: Periods) -> None:
    name, target = _check_alias(params), _check_target(params, scope)
    current = delivery.find_key(name, scope)
    if current is None:
        raise AwsError("NotFoundException", f"Alias {scope.arn('kms', name)} is not found.")
    if (current.key_usage, current.key_spec) != (target.key_usage, target.key_spec):
        raise AwsError("ValidationException", "The current and the new key must be of the same type and usage.")
    scope.moto("kms").update_alias(target.id, name)


@service.check("DeleteAlias")
def check_delete_alias(params: Params, scope: Scope, state: Periods) -> None:
    if delivery.find_key(_check_alias(params), scope) is None:
        raise AwsError("NotFoundException", f"Alias {scope.arn('kms', params['AliasName'])} is not found.")


@service.operation("ListAliases")
def list_aliases(params: Params, scope: Scope, state: Periods) -> Params:
    """Aliases; those AWS reserves are listed without a key as long as no service uses them."""
    keys = [_key(params, scope)] if "KeyId" in params else list(scope.moto("kms").keys.values())
    rows = [
        {"AliasName": alias.alias_name, "AliasArn": alias.alias_arn, "TargetKeyId": alias.target_key_id}
        for key in keys
        for alias in key.aliases.values()
    ]
    if "KeyId" not in params:
        taken = {row["AliasName"] for row in rows}
        rows += [
            {"AliasName": name, "AliasArn": scope.arn("kms", name)} for name in RESERVED_ALIASES if name not in taken
        ]
    rows.sort(key=lambda row: row["AliasName"])
    return _marker_page("Aliases", rows, params)


@service.operation("ListKeys")
def list_keys(params: Params, scope: Scope, state: Periods) -> Params:
    rows = [{"KeyId": key.id, "KeyArn": key.arn} for key in scope.moto("kms").keys.values()]
    return _marker_page("Keys", rows, params, default=100)


def _marker_page(name: str, rows: list[Params], params: Params, default: int = 50) -> Params:
    chosen, token = page(rows, params, token="Marker", error="InvalidMarkerException", limit="Limit", default=default)
    return {name: chosen, "Truncated": token is not None, "NextMarker": token}


# --- tags -----------------------------------------------------------------------------------------------------------


def _check_tags(tags: list[Params]) -> None:
    keys = [tag["TagKey"] for tag in tags]
    if len(keys) != len(set(keys)):
        raise AwsError("TagException", "Duplicate tag keys")
    if any(key.lower().startswith("aws:") for key in keys):
        raise AwsError("TagException", "Tag keys must not begin with aws:")


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: Periods) -> None:
    key = _taggable(params, scope)
    _check_tags(params["Tags"])
    scope.moto("kms").tagger.tag_resource(key.id, params["Tags"])


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: Periods) -> None:
    key = _taggable(params, scope)
    scope.moto("kms").tagger.untag_resource_using_names(key.id, params["TagKeys"])


def _taggable(params: Params, scope: Scope) -> Any:
    key = _key(params, scope)
    _refuse_states(key, "PendingDeletion")
    return key


@service.operation("ListResourceTags")
def list_resource_tags(params: Params, scope: Scope, state: Periods) -> Params:
    key = _key(params, scope)
    return _marker_page("Tags", scope.moto("kms").tagger.list_tags_for_resource(key.id)["Tags"], params)
