# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""KMS keys, their policies, aliases and rotation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, OTHER_ACCOUNT, REGION, document, refused, root, statement


@pytest.fixture
def kms(emulator: Emulator) -> Any:
    return emulator.client("kms")


@pytest.fixture
def key(kms: Any) -> str:
    return str(kms.create_key(Description="one")["KeyMetadata"]["Arn"])


LOCKED_OUT = document(statement(root(OTHER_ACCOUNT), "kms:*", "*"))


@pytest.mark.parametrize(
    "policy",
    [
        "nonsense",
        "{}",
        document(statement(root(), "s3:*", "*")),
        document(
            statement({"AWS": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "kms:*", "*"), statement(root(), "kms:*", "*")
        ),
        document(statement(root(), "kms:*")),
        LOCKED_OUT,
        document(statement(root(), "kms:Get*", "*")),
    ],
)
def test_bad_policies(kms: Any, key: str, policy: str) -> None:
    with refused("MalformedPolicyDocumentException"):
        kms.create_key(Policy=policy)
    with refused("MalformedPolicyDocumentException"):
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy)


def test_policy(kms: Any, key: str) -> None:
    kms.put_key_policy(KeyId=key, Policy=LOCKED_OUT, BypassPolicyLockoutSafetyCheck=True)
    got = kms.get_key_policy(KeyId=key)
    assert (got["Policy"], got["PolicyName"]) == (LOCKED_OUT, "default")
    assert kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"] == LOCKED_OUT
    with refused("NotFoundException"):
        kms.get_key_policy(KeyId=key, PolicyName="other")


@pytest.mark.parametrize("form", ["arn", "id"])
def test_rotation(kms: Any, key: str, form: str) -> None:
    reference = key if form == "arn" else key.rsplit("/", 1)[1]
    assert kms.get_key_rotation_status(KeyId=reference)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=reference)
    assert kms.get_key_rotation_status(KeyId=reference)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=reference, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=reference)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)
    with refused("ValidationException"):
        kms.enable_key_rotation(KeyId=reference, RotationPeriodInDays=2561)
    kms.disable_key_rotation(KeyId=reference)
    assert "RotationPeriodInDays" not in kms.get_key_rotation_status(KeyId=reference)


def test_asymmetric_keys_do_not_rotate(kms: Any) -> None:
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
    with refused("UnsupportedOperationException"):
        kms.enable_key_rotation(KeyId=key)


@pytest.mark.parametrize("form", ["arn", "id"])
def test_states(kms: Any, key: str, form: str) -> None:
    reference = key if form == "arn" else key.rsplit("/", 1)[1]

    def state() -> str:
        return str(kms.describe_key(KeyId=reference)["KeyMetadata"]["KeyState"])

    kms.disable_key(KeyId=reference)
    assert state() == "Disabled"
    with refused("DisabledException"):
        kms.enable_key_rotation(KeyId=reference)
    kms.enable_key(KeyId=reference)
    assert state() == "Enabled"
    with refused("KMSInvalidStateException"):
        kms.cancel_key_deletion(KeyId=reference)
    for days in (6, 31):
        with refused("ValidationException"):
            kms.schedule_key_deletion(KeyId=reference, PendingWindowInDays=days)
    assert kms.schedule_key_deletion(KeyId=reference, PendingWindowInDays=7)["KeyState"] == "PendingDeletion"
    assert state() == "PendingDeletion"
    assert "DeletionDate" in kms.describe_key(KeyId=reference)["KeyMetadata"]
    for method, more in (
        ("enable_key", {}),
        ("disable_key", {}),
        ("schedule_key_deletion", {}),
        ("enable_key_rotation", {}),
        ("tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
    ):
        with refused("KMSInvalidStateException"):
            getattr(kms, method)(KeyId=reference, **more)
    with refused("KMSInvalidStateException"):
        kms.create_alias(AliasName="alias/late", TargetKeyId=reference)
    kms.cancel_key_deletion(KeyId=reference)
    assert state() == "Disabled"


@pytest.mark.parametrize("name", ["alias/aws/mine", "alias/aws/s3", "alias/with blank", "mine"])
def test_bad_alias_names(kms: Any, key: str, name: str) -> None:
    with pytest.raises(kms.exceptions.ClientError, match=r"InvalidAliasNameException|ValidationException"):
        kms.create_alias(AliasName=name, TargetKeyId=key)


def test_aliases(kms: Any, key: str) -> None:
    other = kms.create_key()["KeyMetadata"]["KeyId"]
    with refused("NotFoundException"):
        kms.update_alias(AliasName="alias/main", TargetKeyId=key)
    kms.create_alias(AliasName="alias/main", TargetKeyId=key)
    with refused("AlreadyExistsException"):
        kms.create_alias(AliasName="alias/main", TargetKeyId=other)
    assert kms.describe_key(KeyId="alias/main")["KeyMetadata"]["Arn"] == key
    kms.update_alias(AliasName="alias/main", TargetKeyId=other)
    row = {
        "AliasName": "alias/main",
        "AliasArn": f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/main",
        "TargetKeyId": other,
    }
    assert kms.list_aliases(KeyId=other)["Aliases"] == [row]
    reserved = [one for one in kms.list_aliases()["Aliases"] if one != row]
    assert all(one["AliasName"].startswith("alias/aws/") and "TargetKeyId" not in one for one in reserved)
    with refused("NotFoundException"):
        kms.create_alias(AliasName="alias/none", TargetKeyId="0" * 8 + "-0000-0000-0000-" + "0" * 12)
    kms.delete_alias(AliasName="alias/main")
    with refused("NotFoundException"):
        kms.delete_alias(AliasName="alias/main")
    with refused("NotFoundException"):
        kms.describe_key(KeyId="alias/main")


def test_pages(kms: Any, key: str) -> None:
    for number in range(60):
        kms.create_alias(AliasName=f"alias/n{number}", TargetKeyId=key)
    first = kms.list_aliases(KeyId=key)
    assert (len(first["Aliases"]), first["Truncated"]) == (50, True)
    rest = kms.list_aliases(KeyId=key, Marker=first["NextMarker"])
    assert (len(rest["Aliases"]), rest["Truncated"]) == (10, False)
    assert len(kms.list_aliases(KeyId=key, Limit=7)["Aliases"]) == 7


def test_tags(kms: Any) -> None:
    key = kms.create_key(Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]["Arn"]
    kms.tag_resource(KeyId=key, Tags=[{"TagKey": "b", "TagValue": "2"}])
    kms.untag_resource(KeyId=key, TagKeys=["a"])
    assert kms.list_resource_tags(KeyId=key)["Tags"] == [{"TagKey": "b", "TagValue": "2"}]
    for tags in ([{"TagKey": "aws:a", "TagValue": "1"}], [{"TagKey": "a", "TagValue": "1"}] * 2):
        with refused("TagException"):
            kms.tag_resource(KeyId=key, Tags=tags)


def test_keys_are_of_one_account_and_region(emulator: Emulator, key: str) -> None:
    for client in (emulator.client("kms", "eu-west-1"), emulator.client("kms", account_id=OTHER_ACCOUNT)):
        with refused("NotFoundException"):
            client.get_key_policy(KeyId=key)


@pytest.mark.parametrize("reference", ["arn:aws:kms", "arn:aws:s3:::bucket", f"arn:aws:kms:{REGION}:{ACCOUNT}:main"])
def test_malformed_arns(kms: Any, reference: str) -> None:
    with refused("InvalidArnException"):
        kms.describe_key(KeyId=reference)


def test_other_accounts_name_a_key_by_arn(emulator: Emulator, kms: Any, key: str) -> None:
    """An alias by itself is one of the caller's own account."""
    kms.create_alias(AliasName="alias/main", TargetKeyId=key)
    policy = document(statement(root(), "kms:*", "*"), statement(root(OTHER_ACCOUNT), "kms:DescribeKey", "*"))
    kms.put_key_policy(KeyId=key, Policy=policy)
    other = emulator.client("kms", account_id=OTHER_ACCOUNT)
    for reference in (key, f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/main"):
        assert other.describe_key(KeyId=reference)["KeyMetadata"]["Arn"] == key
    for reference in ("alias/main", key.rsplit("/", 1)[1]):
        with refused("NotFoundException"):
            other.describe_key(KeyId=reference)
