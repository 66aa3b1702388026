# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS KMS: customer managed keys, known by their alias."""

from __future__ import annotations

import collections.abc as c
import json
import re
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OperationError, OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, check_policy, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    Ref,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

KEY_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "description": {"type": "str"},
    "policy": {"type": "dict"},
    "enabled": {"type": "bool", "default": True},
    "enable_key_rotation": {"type": "bool", "default": True},
    "rotation_period_in_days": {"type": "int"},
    "tags": {"type": "dict"},
}
"""Suboptions of every option that declares a key, documented in the fragment C(key)."""

ALIAS = re.compile(r"alias/[a-zA-Z0-9/_-]{1,250}")
ALIAS_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?!alias/aws/)alias/[a-zA-Z0-9/_-]{1,250}")
AWS_ALIAS = "alias/aws/"
KEY_ID = re.compile(r"(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})")
KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(key|alias)/.+")
ROTATION_DAYS = range(90, 2561)
"""Periods that C(kms:EnableKeyRotation) accepts."""

PENDING_DELETION = frozenset({"PendingDeletion", "PendingReplicaDeletion"})
"""Key states from which only C(kms:CancelKeyDeletion) leads back."""


def key(options: Fields, option: str = "key") -> Desired:
    """The key that an option with KEY_OPTIONS declares. option: its name. Raises OptionError."""
    name = options["name"]
    if not ALIAS.fullmatch(name) or name.startswith(AWS_ALIAS):
        raise OptionError(f"{option}.name", name, f"an alias such as alias/cloudtrail, but not {AWS_ALIAS}*")
    days = options["rotation_period_in_days"]
    if days is not None and days not in ROTATION_DAYS:
        allowed = f"{ROTATION_DAYS.start} to {ROTATION_DAYS.stop - 1} days"
        raise OptionError(f"{option}.rotation_period_in_days", days, allowed)
    if days is not None and not options["enable_key_rotation"]:
        raise OptionError(f"{option}.rotation_period_in_days", days, "a period only when enable_key_rotation is true")
    if options["policy"] == {}:
        raise OptionError(f"{option}.policy", {}, "a document with at least one statement: a key cannot be without")
    if options["policy"]:
        check_policy(f"{option}.policy", options["policy"], "resource", "kms_key")
    return Desired(Key.type, name, fields_of(options))


def reference(option: str, key_id: str | None) -> str | Ref | None:
    """What an option that names a key means: the key's ARN, or a Ref to the key of an alias, here or elsewhere.

    option: its name. key_id: alias, key id or ARN; pseudo parameters may occur. Nothing and an empty string, and the
    aliases of AWS's own keys, are returned as they are. Raises OptionError.
    """
    if not key_id or key_id.startswith(AWS_ALIAS):
        return key_id
    if ALIAS.fullmatch(key_id) or ALIAS_ARN.fullmatch(SAMPLE_SCOPE.substitute(key_id)):
        return Ref(Key.type, key_id)
    if KEY_ID.fullmatch(key_id):
        return "arn:${AWS::Partition}:kms:${AWS::Region}:${AWS::AccountId}:key/" + key_id
    if KEY_ARN.fullmatch(SAMPLE_SCOPE.substitute(key_id)):
        return key_id
    raise OptionError(option, key_id, "an alias such as alias/cloudtrail, the id of a key, or its ARN")


def with_referenced(desired: c.Iterable[Desired]) -> list[Desired]:
    """I(desired), and for each alias that a Ref in it names the key, which must exist unless declared in I(desired).

    The ARN of an alias is what names a key that another account, or another task, makes earlier in the same run.
    """
    desired = list(desired)
    known = {(item.region, item.key) for item in desired if item.type == Key.type}
    for item in list(desired):
        for ref in _key_references(item.fields):
            if (item.region, ref.key) not in known:
                known.add((item.region, ref.key))
                state = "expected" if ref.key.startswith("arn:") else "existing"
                desired.append(Desired(Key.type, ref.key, state=state, region=item.region))
    return desired


def _key_references(fields: Fields) -> c.Iterator[Ref]:
    for value in fields.values():
        for part in value.values() if isinstance(value, dict) else [value]:
            if isinstance(part, Ref) and part.type == Key.type:
                yield part


@register
class Key(ResourceType):
    """A symmetric customer managed key. Key: its alias, as in C(alias/cloudtrail).

    A key of another account is known by the ARN of its alias, and can only be looked up.

    Fields: description, policy, enabled, enable_key_rotation, rotation_period_in_days, tags. C(enabled) of a key that
    is about to be deleted is its state, as in C(PendingDeletion).
    A key is never deleted: what was encrypted with it would be lost.
    A new key gets its alias in a call of its own. When that is refused (C(kms:CreateAlias) is needed for the alias and
    for the key), the error says so, and the key stays behind without a name and without use. It can be given the alias,
    or be scheduled for deletion, by hand; the next run makes another one.
    """

    type = "AWS::KMS::Key"
    service = "kms"
    # a new key takes a moment until all of AWS KMS sees it
    propagation_errors = frozenset({"NotFoundException"})
    policies = frozenset({"policy"})
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"),
        "write": (
            "kms:CreateKey",
            "kms:CreateAlias",
            "kms:CancelKeyDeletion",
            "kms:EnableKey",
            "kms:DisableKey",
            "kms:UpdateKeyDescription",
            "kms:PutKeyPolicy",
            "kms:EnableKeyRotation",
            "kms:DisableKeyRotation",
            "kms:TagResource",
            "kms:UntagResource",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = in_parallel(lambda item: self._read_one(client, *item), wanted.items())
        return {alias: observed for alias, observed in zip(wanted, found, strict=True) if observed}

    def _read_one(self, client: Client, alias: str, declared: Fields) -> Observed | None:
        answer = client.optional("DescribeKey", {"NotFoundException"}, KeyId=alias)
        if answer is None:
            return None
        metadata = answer["KeyMetadata"]
        self._refuse_other_kinds(client, alias, metadata)
        key_id, state = metadata["KeyId"], metadata["KeyState"]
        fields: Fields = {
            "description": metadata.get("Description", ""),
            "enabled": state if state in PENDING_DELETION else state != "Disabled",
        }
        readers: dict[str, c.Callable[[], Fields]] = {
            "policy": lambda: {
                "policy": json.loads(client.call("GetKeyPolicy", KeyId=key_id, PolicyName="default")["Policy"])
            },
            "enable_key_rotation": lambda: self._rotation(client, key_id, state, declared),
            "tags": lambda: {"tags": self._tags(client.pages("ListResourceTags", "Tags", KeyId=key_id))},
        }
        for part in in_parallel(lambda reader: reader(), [readers[name] for name in readers if name in declared]):
            fields.update(part)
        return Observed(fields, {"arn": metadata["Arn"], "key_id": key_id})

    @staticmethod
    def _tags(items: list[Fields]) -> dict[str, str]:
        return own_tags(boto3_tag_list_to_ansible_dict(items, "TagKey", "TagValue"))

    @staticmethod
    def _tag_list(tags: dict[str, str]) -> list[Fields]:
        return ansible_dict_to_boto3_tag_list(tags, "TagKey", "TagValue")

    @staticmethod
    def _rotation(client: Client, key_id: str, state: str, declared: Fields) -> Fields:
        if state != "Enabled" and declared.get("enabled") is False:
            # it does not rotate, and as long as it is not enabled AWS lets nobody say whether it would
            return {name: declared.get(name) for name in ("enable_key_rotation", "rotation_period_in_days")}
        if state in PENDING_DELETION:
            # AWS says no, and after the deletion is cancelled what it was before
            return {"enable_key_rotation": None, "rotation_period_in_days": None}
        answer = client.call("GetKeyRotationStatus", KeyId=key_id)
        return {
            "enable_key_rotation": answer["KeyRotationEnabled"],
            "rotation_period_in_days": answer.get("RotationPeriodInDays"),
        }

    @staticmethod
    def _refuse_other_kinds(client: Client, alias: str, metadata: Fields) -> None:
        spec = metadata.get("KeySpec", "SYMMETRIC_DEFAULT")
        if metadata.get("KeyManager") == "AWS" or spec != "SYMMETRIC_DEFAULT":
            kind = "managed by AWS" if metadata.get("KeyManager") == "AWS" else f"of the kind {spec}"
            message = f"{alias} is the alias of {metadata['Arn']}, which is {kind}; a symmetric customer key is needed."
            scope = client.scope
            raise OperationError(scope.account_id, scope.region, "kms:DescribeKey", "WrongKindOfKey", message)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters: Fields = {}
        if fields.get("description"):
            parameters["Description"] = fields["description"]
        if fields.get("policy"):
            parameters["Policy"] = json.dumps(fields["policy"])
        if fields.get("tags"):
            parameters["Tags"] = self._tag_list(fields["tags"])
        key_id = Ref(self.type, key, "key_id")
        calls = [
            Call("CreateKey", parameters, {"arn": "KeyMetadata.Arn", "key_id": "KeyMetadata.KeyId"}),
            Call("CreateAlias", {"AliasName": key, "TargetKeyId": key_id}),
        ]
        if fields.get("enable_key_rotation"):
            calls.append(self._rotate(key_id, fields))
        if fields.get("enabled") is False:
            calls.append(Call("DisableKey", {"KeyId": key_id}))
        return calls

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        key_id = before.attributes["key_id"]
        calls = []
        # nothing else may be written to a key that is pending deletion, and no rotation to a disabled one
        if "enabled" in changed:
            if before.fields["enabled"] in PENDING_DELETION:
                calls.append(Call("CancelKeyDeletion", {"KeyId": key_id}))
            if after["enabled"]:
                calls.append(Call("EnableKey", {"KeyId": key_id}))
        if "description" in changed:
            calls.append(Call("UpdateKeyDescription", {"KeyId": key_id, "Description": after["description"]}))
        if "policy" in changed:
            policy = json.dumps(after["policy"])
            calls.append(Call("PutKeyPolicy", {"KeyId": key_id, "PolicyName": "default", "Policy": policy}))
        if changed & {"enable_key_rotation", "rotation_period_in_days"}:
            calls.append(self._rotate(key_id, after))
        if "tags" in changed:
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("TagResource", {"KeyId": key_id, "Tags": self._tag_list(tags)}),
                lambda names: Call("UntagResource", {"KeyId": key_id, "TagKeys": names}),
            )
        if "enabled" in changed and before.fields["enabled"] is True:
            calls.append(Call("DisableKey", {"KeyId": key_id}))
        return calls

    @staticmethod
    def _rotate(key_id: str | Ref, fields: Fields) -> Call:
        if not fields["enable_key_rotation"]:
            return Call("DisableKeyRotation", {"KeyId": key_id})
        parameters = {"KeyId": key_id}
        if fields.get("rotation_period_in_days"):
            parameters["RotationPeriodInDays"] = fields["rotation_period_in_days"]
        return Call("EnableKeyRotation", parameters)
