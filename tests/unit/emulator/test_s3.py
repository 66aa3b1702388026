# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3 buckets."""

from __future__ import annotations

import functools
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.handlers import validate_bucket_name

from tests.emulator.client import Emulator

from .support import ACCOUNT, OTHER_ACCOUNT, document, refused, root, statement

BUCKET = "the-bucket"
ARN = f"arn:aws:s3:::{BUCKET}"


@pytest.fixture
def s3(emulator: Emulator) -> Any:
    client = emulator.client("s3")
    client.create_bucket(Bucket=BUCKET)
    return client


@pytest.mark.parametrize(
    "name", ["Bad_Name_UPPER", "a..b", "ab", "x" * 64, "-abc", "abc-", "192.168.5.4", "xn--abc", "abc-s3alias", "a_b_c"]
)
def test_bucket_names(emulator: Emulator, name: str) -> None:
    client = boto3.client(
        "s3", endpoint_url=emulator.url, region_name="us-east-1", aws_access_key_id=f"AKIAEMULATOR{ACCOUNT}",
        aws_secret_access_key="x",
    )  # fmt: skip
    client.meta.events.unregister("before-parameter-build.s3", validate_bucket_name)  # botocore's own, laxer check
    with refused("InvalidBucketName"):
        client.create_bucket(Bucket=name)


@pytest.mark.parametrize(
    ("region", "location", "code"),
    [
        ("us-east-1", "eu-west-1", "IllegalLocationConstraintException"),
        ("us-east-1", "us-east-1", "InvalidLocationConstraint"),
        ("eu-west-1", None, "IllegalLocationConstraintException"),
        ("eu-west-1", "eu-west-2", "IllegalLocationConstraintException"),
    ],
)
def test_location_constraint(emulator: Emulator, region: str, location: str | None, code: str) -> None:
    more = {"CreateBucketConfiguration": {"LocationConstraint": location}} if location else {}
    with refused(code):
        emulator.client("s3", region).create_bucket(Bucket=BUCKET, **more)


def test_names_are_global(emulator: Emulator, s3: Any) -> None:
    s3.create_bucket(Bucket=BUCKET)  # us-east-1 answers 200 to the owner
    with refused("BucketAlreadyExists"):
        emulator.client("s3", account_id=OTHER_ACCOUNT).create_bucket(Bucket=BUCKET)
    ireland = emulator.client("s3", "eu-west-1")
    location = {"LocationConstraint": "eu-west-1"}
    ireland.create_bucket(Bucket="irish-bucket", CreateBucketConfiguration=location)
    with refused("BucketAlreadyOwnedByYou"):
        ireland.create_bucket(Bucket="irish-bucket", CreateBucketConfiguration=location)
    assert ireland.head_bucket(Bucket="irish-bucket")["BucketRegion"] == "eu-west-1"
    assert {row["Name"] for row in s3.list_buckets()["Buckets"]} == {BUCKET, "irish-bucket"}
    s3.delete_bucket(Bucket=BUCKET)
    emulator.client("s3", account_id=OTHER_ACCOUNT).create_bucket(Bucket=BUCKET)


def test_new_bucket_has_the_defaults_of_2023(s3: Any) -> None:
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert list(block.values()) == [True] * 4
    rules = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rules == [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]
    ownership = s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"]
    assert ownership == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    assert "Status" not in s3.get_bucket_versioning(Bucket=BUCKET)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=BUCKET)


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("get_bucket_policy", "NoSuchBucketPolicy"),
        ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
        ("get_bucket_tagging", "NoSuchTagSet"),
    ],
)
def test_what_a_new_bucket_lacks(s3: Any, method: str, code: str) -> None:
    with refused(code):
        getattr(s3, method)(Bucket=BUCKET)
    with refused("NoSuchBucket"):
        getattr(s3, method)(Bucket="another-bucket")


@pytest.mark.parametrize(
    "method",
    [
        "get_public_access_block", "get_bucket_encryption", "get_bucket_versioning", "get_bucket_ownership_controls",
        "get_bucket_policy", "get_bucket_lifecycle_configuration", "get_bucket_logging", "get_bucket_tagging",
        "delete_bucket_policy", "delete_bucket", "get_bucket_acl", "list_objects_v2",
    ],
)  # fmt: skip
def test_foreign_accounts_and_unexpected_owners_are_refused(emulator: Emulator, s3: Any, method: str) -> None:
    with refused("AccessDenied"):
        getattr(emulator.client("s3", account_id=OTHER_ACCOUNT), method)(Bucket=BUCKET)
    with refused("AccessDenied"):
        getattr(s3, method)(Bucket=BUCKET, ExpectedBucketOwner=OTHER_ACCOUNT)


def test_head_bucket_of_others_and_of_nobody(emulator: Emulator, s3: Any) -> None:
    with refused("403"):
        emulator.client("s3", account_id=OTHER_ACCOUNT).head_bucket(Bucket=BUCKET)
    with refused("404"):
        s3.head_bucket(Bucket="another-bucket")


def test_a_denial_holds_on_its_condition_only(s3: Any) -> None:
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    denial = statement("*", "s3:*", [ARN, f"{ARN}/*"], Condition=insecure) | {"Effect": "Deny"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(denial))
    s3.put_object(Bucket=BUCKET, Key="x", Body=b"x")
    assert s3.get_object(Bucket=BUCKET, Key="x")["Body"].read() == b"x"
    always = statement("*", "s3:PutObject", f"{ARN}/*") | {"Effect": "Deny"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(always))
    with refused("AccessDenied"):
        s3.put_object(Bucket=BUCKET, Key="x", Body=b"x")


def test_policy_lets_foreign_accounts_in(emulator: Emulator, s3: Any) -> None:
    other = emulator.client("s3", account_id=OTHER_ACCOUNT)
    with refused("AccessDenied"):
        other.put_object(Bucket=BUCKET, Key="x", Body=b"x")
    policy = document(statement(root(OTHER_ACCOUNT), "s3:PutObject", f"{ARN}/*"))
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    other.put_object(Bucket=BUCKET, Key="x", Body=b"x")
    with refused("AccessDenied"):
        other.put_bucket_policy(Bucket=BUCKET, Policy=policy)


def test_public_access_block(s3: Any) -> None:
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    block = s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"]
    assert block == {
        "BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": False, "RestrictPublicBuckets": False,
    }  # fmt: skip
    s3.delete_public_access_block(Bucket=BUCKET)
    with refused("NoSuchPublicAccessBlockConfiguration"):
        s3.get_public_access_block(Bucket=BUCKET)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "bogus"}}], "MalformedXML"),
        ([], "MalformedXML"),
        (
            [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256", "KMSMasterKeyID": "x"}}],
            "InvalidArgument",
        ),
    ],
)
def test_bad_encryption(s3: Any, rules: list[Any], code: str) -> None:
    with refused(code):
        s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": rules})


def test_encryption(s3: Any) -> None:
    rule = {
        "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/x"},
        "BucketKeyEnabled": True,
    }
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
    got = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert got == [rule]
    s3.delete_bucket_encryption(Bucket=BUCKET)
    got = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert got[0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


def test_ownership_and_acl(s3: Any) -> None:
    with refused("AccessControlListNotSupported"):
        s3.put_bucket_acl(Bucket=BUCKET, ACL="log-delivery-write")
    controls = {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls=controls)
    assert s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"] == controls
    s3.put_bucket_acl(Bucket=BUCKET, ACL="log-delivery-write")
    s3.delete_bucket_ownership_controls(Bucket=BUCKET)
    with refused("OwnershipControlsNotFoundError"):
        s3.get_bucket_ownership_controls(Bucket=BUCKET)
    with refused("MalformedXML"):
        s3.put_bucket_ownership_controls(Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "x"}]})
    with refused("InvalidBucketAclWithObjectOwnership"):
        s3.create_bucket(Bucket="public-bucket", ACL="public-read")


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("nonsense", "MalformedPolicy"),
        (document(statement(root(), "s3:PutObject", "arn:aws:s3:::other/*")), "MalformedPolicy"),
        (document(statement(root(), "iam:PassRole", ARN)), "MalformedPolicy"),
        (document(statement({"AWS": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "s3:*", ARN)), "MalformedPolicy"),
        (document(statement("*", "s3:GetObject", f"{ARN}/*")), "AccessDenied"),
    ],
)
def test_bad_bucket_policies(s3: Any, policy: str, code: str) -> None:
    with refused(code):
        s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)


def test_bucket_policy_is_kept_verbatim(s3: Any) -> None:
    policy = document(statement(root(), "s3:*", [ARN, f"{ARN}/*"]))
    s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    assert s3.get_bucket_policy(Bucket=BUCKET)["Policy"] == policy
    assert s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"] == {"IsPublic": False}
    s3.delete_bucket_policy(Bucket=BUCKET)
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(statement("*", "s3:GetObject", f"{ARN}/*")))
    assert s3.get_bucket_policy_status(Bucket=BUCKET)["PolicyStatus"] == {"IsPublic": True}


RULE: dict[str, Any] = {"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 365}}


def test_lifecycle_loses_nothing(s3: Any) -> None:
    rules = [
        {
            "ID": "all",
            "Status": "Enabled",
            "Filter": {"And": {"Prefix": "a/", "ObjectSizeGreaterThan": 1, "ObjectSizeLessThan": 9}},
            "Expiration": {"Days": 400},
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}, {"Days": 90, "StorageClass": "GLACIER"}],
            "NoncurrentVersionTransitions": [
                {"NoncurrentDays": 30, "NewerNoncurrentVersions": 2, "StorageClass": "GLACIER"}
            ],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 3},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {"ID": "off", "Status": "Disabled", "Filter": {}, "Expiration": {"ExpiredObjectDeleteMarker": True}},
    ]
    s3.put_bucket_lifecycle_configuration(
        Bucket=BUCKET,
        LifecycleConfiguration={"Rules": rules},
        TransitionDefaultMinimumObjectSize="varies_by_storage_class",
    )
    got = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)
    assert got["Rules"] == rules
    assert got["TransitionDefaultMinimumObjectSize"] == "varies_by_storage_class"
    s3.delete_bucket_lifecycle(Bucket=BUCKET)
    with refused("NoSuchLifecycleConfiguration"):
        s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ([], "MalformedXML"),
        ([{**RULE, "Status": "On"}], "MalformedXML"),
        ([{**RULE, "Prefix": ""}], "MalformedXML"),
        ([{"ID": "r", "Status": "Enabled", "Filter": {}}], "InvalidRequest"),
        ([RULE, RULE], "InvalidArgument"),
        ([{**RULE, "Expiration": {"Days": 0}}], "InvalidArgument"),
        ([{**RULE, "Transitions": [{"Days": 30, "StorageClass": "ICE"}]}], "MalformedXML"),
        ([{**RULE, "Transitions": [{"Days": 400, "StorageClass": "GLACIER"}]}], "InvalidArgument"),
        ([{**RULE, "Transitions": [{"Days": 10, "StorageClass": "STANDARD_IA"}]}], "InvalidArgument"),
        ([{**RULE, "NoncurrentVersionExpiration": {"NewerNoncurrentVersions": 3}}], "MalformedXML"),
    ],
)
def test_bad_lifecycle_rules(s3: Any, rules: list[Any], code: str) -> None:
    with refused(code):
        s3.put_bucket_lifecycle_configuration(Bucket=BUCKET, LifecycleConfiguration={"Rules": rules})


def test_logging_needs_a_target_that_lets_it(emulator: Emulator, s3: Any) -> None:
    logging = {"LoggingEnabled": {"TargetBucket": "log-bucket", "TargetPrefix": "p/", "TargetObjectKeyFormat": {
        "PartitionedPrefix": {"PartitionDateSource": "EventTime"}}}}  # fmt: skip
    with refused("InvalidTargetBucketForLogging"):
        s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus=logging)
    s3.create_bucket(Bucket="log-bucket")
    with refused("InvalidTargetBucketForLogging"):
        s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus=logging)
    condition = {"ArnLike": {"aws:SourceArn": ARN}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    allowed = statement("logging.s3.amazonaws.com", "s3:PutObject", "arn:aws:s3:::log-bucket/p/*", Condition=condition)
    s3.put_bucket_policy(Bucket="log-bucket", Policy=document(allowed))
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus=logging)
    assert s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"] == logging["LoggingEnabled"]
    s3.put_bucket_logging(Bucket=BUCKET, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=BUCKET)


def test_versioning(s3: Any) -> None:
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    with refused("MalformedXML"):
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "On"})
    with refused("AccessDenied"):
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"})


@pytest.mark.parametrize(
    "tags",
    [
        [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
        [{"Key": "aws:a", "Value": "1"}],
        [{"Key": "x" * 129, "Value": "1"}],
    ],
)
def test_bad_tags(s3: Any, tags: list[Any]) -> None:
    with refused("InvalidTag"):
        s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags})


def test_tags(s3: Any) -> None:
    tags = [{"Key": "owner", "Value": "secops"}]
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": tags})
    assert s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"] == tags
    s3.delete_bucket_tagging(Bucket=BUCKET)
    with refused("NoSuchTagSet"):
        s3.get_bucket_tagging(Bucket=BUCKET)


# --- other accounts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "method", "parameters"),
    [
        ("s3:GetBucketPolicy", "get_bucket_policy", {}),
        ("s3:PutBucketPolicy", "put_bucket_policy", {"Policy": "{}"}),
        ("s3:GetBucketVersioning", "get_bucket_versioning", {}),
        ("s3:GetEncryptionConfiguration", "get_bucket_encryption", {}),
        ("s3:PutLifecycleConfiguration", "delete_bucket_lifecycle", {}),
        ("s3:ListBucket", "list_objects_v2", {}),
        ("s3:PutObject", "put_object", {"Key": "theirs", "Body": b""}),
        ("s3:GetObject", "get_object", {"Key": "ours"}),
        ("s3:GetObject", "head_object", {"Key": "ours"}),
        ("s3:DeleteObject", "delete_object", {"Key": "ours"}),
        ("s3:DeleteBucket", "delete_bucket", {}),
    ],
)
def test_other_accounts_need_the_policy(
    emulator: Emulator, s3: Any, action: str, method: str, parameters: dict[str, Any]
) -> None:
    s3.put_object(Bucket=BUCKET, Key="ours", Body=b"text")
    call = functools.partial(getattr(emulator.client("s3", account_id=OTHER_ACCOUNT), method), Bucket=BUCKET)
    code, text = ("403", "") if method.startswith("head") else ("AccessDenied", f"{action} on resource:")
    others = [one for one in ("s3:PutBucketTagging", "s3:GetBucketAcl") if one != action]
    for allowed in (others, action):
        with refused(code, text):
            call(**parameters)
        policy = document(statement(root(OTHER_ACCOUNT), allowed, [ARN, f"{ARN}/*"]))
        s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)
    try:
        call(**parameters)
    except ClientError as failure:  # it may be asked for; whether it can be done is another question
        assert failure.response["Error"]["Code"] not in ("AccessDenied", "403")


def test_a_policy_denies_its_own_account_as_well(s3: Any) -> None:
    forbidden = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": ARN}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(forbidden))
    with refused("AccessDenied", "with an explicit deny in a resource-based policy"):
        s3.delete_bucket(Bucket=BUCKET)
    s3.delete_bucket_policy(Bucket=BUCKET)
    s3.delete_bucket(Bucket=BUCKET)
