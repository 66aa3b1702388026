# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon S3: buckets that logs are delivered to, and small objects that services read."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import ipaddress
import json
import re
import typing as t

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict, snake_dict_to_camel_dict
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import (
    ACCESS_DENIED_CODES,
    OperationError,
    OptionError,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, check_policy, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import kms
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    ResourceType,
    own_tags,
    register,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope, Verbatim

STORAGE_CLASSES = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
"""Storage classes that a lifecycle rule can move objects to."""

LIFECYCLE_RULE_OPTIONS: dict[str, t.Any] = {
    "id": {"type": "str", "required": True},
    "status": {"type": "str", "choices": ["Enabled", "Disabled"], "default": "Enabled"},
    "prefix": {"type": "str", "default": ""},
    "transitions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "days": {"type": "int", "required": True},
            "storage_class": {"type": "str", "choices": list(STORAGE_CLASSES), "required": True},
        },
    },
    "expiration": {
        "type": "dict",
        "options": {"days": {"type": "int"}, "expired_object_delete_marker": {"type": "bool"}},
    },
    "noncurrent_version_transitions": {
        "type": "list",
        "elements": "dict",
        "options": {
            "noncurrent_days": {"type": "int", "required": True},
            "newer_noncurrent_versions": {"type": "int"},
            "storage_class": {"type": "str", "choices": list(STORAGE_CLASSES), "required": True},
        },
    },
    "noncurrent_version_expiration": {
        "type": "dict",
        "options": {
            "noncurrent_days": {"type": "int", "required": True},
            "newer_noncurrent_versions": {"type": "int"},
        },
    },
    "abort_incomplete_multipart_upload": {
        "type": "dict",
        "options": {"days_after_initiation": {"type": "int", "required": True}},
    },
}

BUCKET_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "public_access_block": {
        "type": "dict",
        "options": {
            "block_public_acls": {"type": "bool", "default": True},
            "ignore_public_acls": {"type": "bool", "default": True},
            "block_public_policy": {"type": "bool", "default": True},
            "restrict_public_buckets": {"type": "bool", "default": True},
        },
    },
    "encryption": {
        "type": "dict",
        "options": {
            "sse_algorithm": {"type": "str", "choices": ["AES256", "aws:kms", "aws:kms:dsse"], "required": True},
            "kms_master_key_id": {"type": "str"},
            "bucket_key_enabled": {"type": "bool"},
        },
    },
    "versioning": {"type": "str", "choices": ["Enabled", "Suspended"]},
    "object_ownership": {
        "type": "str",
        "choices": ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"],
    },
    "policy": {"type": "dict"},
    "lifecycle_rules": {"type": "list", "elements": "dict", "options": LIFECYCLE_RULE_OPTIONS},
    "logging": {
        "type": "dict",
        "options": {"target_bucket": {"type": "str"}, "target_prefix": {"type": "str", "default": ""}},
    },
    "tags": {"type": "dict"},
}
"""Suboptions of every option that declares a bucket, documented in the fragment C(bucket)."""

NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")

NEW_BUCKET: Fields = {
    "public_access_block": dict.fromkeys(BUCKET_OPTIONS["public_access_block"]["options"], True),
    "encryption": {"sse_algorithm": "AES256"},
    "object_ownership": "BucketOwnerEnforced",
}
"""What AWS gives to every new bucket since April 2023."""


def check_name(option: str, name: str) -> None:
    """Refuse a bucket name that S3 would refuse (Bucket naming rules). Raises OptionError."""
    actual = SAMPLE_SCOPE.substitute(name)
    if (
        not NAME.fullmatch(actual)
        or ".." in actual
        or actual.startswith(RESERVED_PREFIXES)
        or actual.endswith(RESERVED_SUFFIXES)
        or _is_ip_address(actual)
    ):
        raise OptionError(option, name, "3 to 63 lower case letters, digits, dots and hyphens, by S3's naming rules")


def _is_ip_address(name: str) -> bool:
    try:
        ipaddress.IPv4Address(name)
    except ValueError:
        return False
    return True


def bucket(options: Fields, option: str = "bucket") -> Desired:
    """The bucket that an option with BUCKET_OPTIONS declares. option: its name. Raises OptionError."""
    check_name(f"{option}.name", options["name"])
    fields = fields_of(options)
    if "encryption" in fields:
        fields["encryption"] = _encryption(fields["encryption"], f"{option}.encryption")
    if "lifecycle_rules" in fields:
        fields["lifecycle_rules"] = _lifecycle_rules(fields["lifecycle_rules"], f"{option}.lifecycle_rules")
    if "logging" in fields:
        fields["logging"] = _logging(fields["logging"], f"{option}.logging")
    if options["policy"]:
        check_policy(f"{option}.policy", options["policy"], "resource", "s3_bucket")
    return Desired(Bucket.type, options["name"], fields)


def _encryption(options: Fields, option: str) -> Fields:
    algorithm, key_id = options["sse_algorithm"], options["kms_master_key_id"]
    if algorithm == "AES256":
        if key_id:
            raise OptionError(f"{option}.kms_master_key_id", key_id, "a key only when sse_algorithm is aws:kms")
        return {"sse_algorithm": algorithm}
    encryption: Fields = {"sse_algorithm": algorithm, "bucket_key_enabled": bool(options["bucket_key_enabled"])}
    if key_id:
        encryption["kms_master_key_id"] = kms.reference(f"{option}.kms_master_key_id", key_id)
    return encryption


def _logging(options: Fields, option: str) -> Fields:
    if not options["target_bucket"]:
        return {}
    check_name(f"{option}.target_bucket", options["target_bucket"])
    return options


def _lifecycle_rules(rules: list[Fields], option: str) -> list[Fields]:
    seen: set[str] = set()
    clean_rules = [_clean_rule(rule) for rule in rules]
    for index, (rule, clean) in enumerate(zip(rules, clean_rules, strict=True)):
        where = f"{option}[{index}]"
        if rule["id"] in seen or not 0 < len(rule["id"]) <= 255:
            raise OptionError(f"{where}.id", rule["id"], "an id of 1 to 255 characters that no other rule has")
        seen.add(rule["id"])
        if not set(clean) - {"id", "status", "prefix"}:
            raise OptionError(where, rule["id"], "a rule that moves, expires or aborts something")
        if len(clean.get("expiration", {})) > 1:
            raise OptionError(f"{where}.expiration", clean["expiration"], "days or expired_object_delete_marker")
        _check_days(rule, where)
    return clean_rules


def _check_days(rule: Fields, where: str) -> None:
    for moved, removed, days in (
        ("transitions", "expiration", "days"),
        ("noncurrent_version_transitions", "noncurrent_version_expiration", "noncurrent_days"),
    ):
        last = (rule[removed] or {}).get(days)
        if last is not None and last < 1:
            raise OptionError(f"{where}.{removed}.{days}", last, "1 or more")
        for transition in rule[moved] or []:
            value, storage_class = transition[days], transition["storage_class"]
            least = 30 if storage_class in ("STANDARD_IA", "ONEZONE_IA") and days == "days" else 0
            if value < least or (last is not None and value >= last):
                allowed = f"at least {least}" + (f" and less than {last}, when objects expire" if last else "")
                raise OptionError(f"{where}.{moved}.{days} ({storage_class})", value, allowed)
    abort = (rule["abort_incomplete_multipart_upload"] or {}).get("days_after_initiation")
    if abort is not None and abort < 1:
        raise OptionError(f"{where}.abort_incomplete_multipart_upload.days_after_initiation", abort, "1 or more")


def _clean_rule(rule: Fields) -> Fields:
    """A lifecycle rule in the form in which rules are compared: sorted, and without what says nothing."""
    clean: Fields = {}
    for name in sorted(rule):
        value = rule[name]
        if isinstance(value, dict):
            value = {key: item for key, item in sorted(value.items()) if item is not None and item is not False}
        elif isinstance(value, list):
            parts = [{key: item for key, item in sorted(part.items()) if item is not None} for part in value]
            value = sorted(parts, key=repr)
        if value or name == "prefix":
            clean[name] = value
    return clean


def _observed_rule(rule: Fields) -> Fields:
    """A rule of C(s3:GetBucketLifecycleConfiguration) in terms of our options; what they lack keeps AWS's names."""
    rule = dict(rule)
    conditions = rule.pop("Filter", None) or {}
    prefix = conditions.pop("Prefix", "") or rule.pop("Prefix", "")
    if conditions:
        rule["Filter"] = json.dumps(conditions, sort_keys=True)
    if "Date" in rule.get("Expiration", {}):
        rule["Expiration"] = {"Date": str(rule["Expiration"]["Date"])}
    transitions = [
        {name: str(value) if name == "Date" else value for name, value in part.items()}
        for part in rule.pop("Transitions", [])
    ]
    return _clean_rule({**camel_dict_to_snake_dict({**rule, "Transitions": transitions}), "prefix": prefix})


def _aws_rule(rule: Fields) -> Fields:
    parts = snake_dict_to_camel_dict({name: rule[name] for name in rule if name not in ("id", "prefix")}, True)
    return {"ID": rule["id"], "Filter": {"Prefix": rule["prefix"]}, **parts}


@register
class Bucket(ResourceType):
    """A bucket of this account. Key: its name.

    Fields: public_access_block, encryption, versioning, object_ownership, policy, lifecycle_rules, logging, tags, in
    the form that C(bucket) gives them. A bucket is never deleted: it holds the evidence.
    """

    type = "AWS::S3::Bucket"
    service = "s3"
    after = ("AWS::KMS::Key",)
    propagation_errors = frozenset({"NoSuchBucket"})
    sets = frozenset({"lifecycle_rules"})
    policies = frozenset({"policy"})
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": (
            "s3:HeadBucket",
            "s3:GetPublicAccessBlock",
            "s3:GetBucketEncryption",
            "s3:GetBucketVersioning",
            "s3:GetBucketOwnershipControls",
            "s3:GetBucketPolicy",
            "s3:GetBucketLifecycleConfiguration",
            "s3:GetBucketLogging",
            "s3:GetBucketTagging",
        ),
        "write": (
            "s3:CreateBucket",
            "s3:PutPublicAccessBlock",
            "s3:PutBucketEncryption",
            "s3:PutBucketVersioning",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPolicy",
            "s3:DeleteBucketPolicy",
            "s3:PutBucketLifecycleConfiguration",
            "s3:DeleteBucketLifecycle",
            "s3:PutBucketLogging",
            "s3:PutBucketTagging",
            "s3:DeleteBucketTagging",
        ),
    }

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": f"arn:{scope.partition}:s3:::{key}"}

    # read

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = in_parallel(lambda item: self._read_one(client, *item), wanted.items())
        return {name: observed for name, observed in zip(wanted, found, strict=True) if observed}

    def _read_one(self, client: Client, name: str, declared: Fields) -> Observed | None:
        if not self._exists_here(client, name):
            return None
        readers = {
            "public_access_block": _read_public_access_block,
            "encryption": _read_encryption,
            "versioning": _read_versioning,
            "object_ownership": _read_object_ownership,
            "policy": _read_policy,
            "lifecycle_rules": _read_lifecycle_rules,
            "logging": _read_logging,
            "tags": _read_tags,
        }
        names = [field for field in readers if field in declared]
        values = in_parallel(lambda field: readers[field](_Reader(client, name)), names)
        return Observed(dict(zip(names, values, strict=True)), self.attributes(name, client.scope))

    @staticmethod
    def _exists_here(client: Client, name: str) -> bool:
        scope = client.scope
        try:
            answer = _Reader(client, name).get("HeadBucket", {"404", "NoSuchBucket"})
        except OperationError as error:
            if error.code not in ACCESS_DENIED_CODES:
                raise
            message = (
                f"The bucket {name} exists, but belongs to another account, or s3:ListBucket is not allowed. Bucket "
                "names are unique worldwide: choose another name, or run in the account that owns it."
            )
            raise OperationError(scope.account_id, scope.region, error.operation, error.code, message) from error
        if answer is None:
            return False
        region = answer.get("BucketRegion", scope.region)
        if region != scope.region:
            message = f"The bucket {name} is in region {region}, and a bucket cannot be moved."
            raise OperationError(scope.account_id, scope.region, "s3:HeadBucket", "WrongRegion", message)
        return True

    # write

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters: Fields = {"Bucket": key}
        if scope.region != "us-east-1":
            parameters["CreateBucketConfiguration"] = {"LocationConstraint": scope.region}
        if fields.get("object_ownership"):
            parameters["ObjectOwnership"] = fields["object_ownership"]
        created = {**NEW_BUCKET, "object_ownership": parameters.get("ObjectOwnership")}
        changed = {name for name, value in fields.items() if not self.same(name, created.get(name), value)}
        return [Call("CreateBucket", parameters), *self.update(key, Observed(created), fields, changed, scope)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        calls = {
            "object_ownership": lambda value: Call(
                "PutBucketOwnershipControls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": value}]}}
            ),
            "public_access_block": lambda value: Call(
                "PutPublicAccessBlock", {"PublicAccessBlockConfiguration": snake_dict_to_camel_dict(value, True)}
            ),
            "encryption": _put_encryption,
            "versioning": lambda value: Call("PutBucketVersioning", {"VersioningConfiguration": {"Status": value}}),
            "policy": _put_policy,
            "lifecycle_rules": _put_lifecycle_rules,
            "logging": _put_logging,
            "tags": _put_tags,
        }
        owner = {"Bucket": key, "ExpectedBucketOwner": scope.account_id}
        return [
            dataclasses.replace(call, parameters={**owner, **call.parameters})
            for call in (calls[name](after[name]) for name in calls if name in changed)
        ]


class _Reader:
    """Reads of one bucket, each refused by S3 when the bucket is not of this account."""

    def __init__(self, client: Client, name: str) -> None:
        self.client = client
        self.name = name

    def get(self, operation: str, absent: c.Container[str] = frozenset()) -> Fields | None:
        """The answer, or None when AWS answers with an error code in I(absent)."""
        owner = self.client.scope.account_id
        return self.client.optional(operation, absent, Bucket=self.name, ExpectedBucketOwner=owner)


def _read_public_access_block(bucket: _Reader) -> Fields:
    answer = bucket.get("GetPublicAccessBlock", {"NoSuchPublicAccessBlockConfiguration"}) or {}
    flags = camel_dict_to_snake_dict(answer.get("PublicAccessBlockConfiguration", {}))
    return {name: flags.get(name, False) for name in NEW_BUCKET["public_access_block"]}


def _read_encryption(bucket: _Reader) -> Fields | None:
    answer = bucket.get("GetBucketEncryption", {"ServerSideEncryptionConfigurationNotFoundError"})
    if answer is None:
        return None
    rule = answer["ServerSideEncryptionConfiguration"]["Rules"][0]
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    encryption: Fields = {"sse_algorithm": default.get("SSEAlgorithm")}
    if encryption["sse_algorithm"] != "AES256":
        encryption["bucket_key_enabled"] = rule.get("BucketKeyEnabled", False)
    key_id = default.get("KMSMasterKeyID")
    if key_id:
        scope = bucket.client.scope
        resource = key_id if key_id.startswith("alias/") else f"key/{key_id}"
        encryption["kms_master_key_id"] = key_id if key_id.startswith("arn:") else scope.arn("kms", resource)
    return encryption


def _read_versioning(bucket: _Reader) -> str | None:
    return (bucket.get("GetBucketVersioning") or {}).get("Status")


def _read_object_ownership(bucket: _Reader) -> str | None:
    answer = bucket.get("GetBucketOwnershipControls", {"OwnershipControlsNotFoundError"})
    return answer["OwnershipControls"]["Rules"][0]["ObjectOwnership"] if answer else None


def _read_policy(bucket: _Reader) -> Fields | None:
    answer = bucket.get("GetBucketPolicy", {"NoSuchBucketPolicy"})
    return json.loads(answer["Policy"]) if answer else None


def _read_lifecycle_rules(bucket: _Reader) -> list[Fields]:
    answer = bucket.get("GetBucketLifecycleConfiguration", {"NoSuchLifecycleConfiguration"}) or {}
    return [_observed_rule(rule) for rule in answer.get("Rules", [])]


def _read_logging(bucket: _Reader) -> Fields:
    target = (bucket.get("GetBucketLogging") or {}).get("LoggingEnabled")
    return {"target_bucket": target["TargetBucket"], "target_prefix": target["TargetPrefix"]} if target else {}


def _read_tags(bucket: _Reader) -> dict[str, str]:
    answer = bucket.get("GetBucketTagging", {"NoSuchTagSet"}) or {}
    return own_tags(boto3_tag_list_to_ansible_dict(answer.get("TagSet", [])))


def _put_encryption(value: Fields) -> Call:
    default = {"SSEAlgorithm": value["sse_algorithm"]}
    if value.get("kms_master_key_id"):
        default["KMSMasterKeyID"] = value["kms_master_key_id"]
    rule: Fields = {"ApplyServerSideEncryptionByDefault": default}
    if "bucket_key_enabled" in value:
        rule["BucketKeyEnabled"] = value["bucket_key_enabled"]
    return Call("PutBucketEncryption", {"ServerSideEncryptionConfiguration": {"Rules": [rule]}})


def _put_policy(value: Fields) -> Call:
    return Call("PutBucketPolicy", {"Policy": json.dumps(value)}) if value else Call("DeleteBucketPolicy")


def _put_lifecycle_rules(value: list[Fields]) -> Call:
    if not value:
        return Call("DeleteBucketLifecycle")
    rules = [_aws_rule(rule) for rule in value]
    return Call("PutBucketLifecycleConfiguration", {"LifecycleConfiguration": {"Rules": rules}})


def _put_logging(value: Fields) -> Call:
    status = {"LoggingEnabled": snake_dict_to_camel_dict(value, True)} if value else {}
    return Call("PutBucketLogging", {"BucketLoggingStatus": status})


def _put_tags(value: dict[str, str]) -> Call:
    if not value:
        return Call("DeleteBucketTagging")
    return Call("PutBucketTagging", {"Tagging": {"TagSet": ansible_dict_to_boto3_tag_list(value)}})


@register
class Object(ResourceType):
    """A small text in a bucket of this account and region. Key: bucket and key with a slash between, see C(object_key).

    Fields: content (Verbatim). It is read as a whole to be compared. An object is never deleted.
    Not a type of CloudFormation; named in its style.
    """

    type = "AWS::S3::Object"
    service = "s3"
    after = ("AWS::S3::Bucket",)
    propagation_errors = frozenset({"NoSuchBucket"})
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {"read": ("s3:GetObject",), "write": ("s3:PutObject",)}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = in_parallel(lambda key: self._read_one(client, key), wanted)
        return {key: observed for key, observed in zip(wanted, found, strict=True) if observed}

    @staticmethod
    def _read_one(client: Client, key: str) -> Observed | None:
        name, path = key.split("/", 1)
        answer = client.optional(
            "GetObject",
            {"NoSuchBucket", "NoSuchKey"},
            Bucket=name,
            Key=path,
            ExpectedBucketOwner=client.scope.account_id,
        )
        return Observed({"content": Verbatim(answer["Body"].read().decode(errors="replace"))}) if answer else None

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        name, path = key.split("/", 1)
        parameters = {
            "Bucket": name,
            "Key": path,
            "ExpectedBucketOwner": scope.account_id,
            "Body": fields["content"].text.encode(),
            "ContentType": "text/plain; charset=utf-8",
        }
        return [Call("PutObject", parameters)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return self.create(key, after, scope)


def object_key(bucket_name: str, path: str) -> str:
    """The key of an Object."""
    return f"{bucket_name}/{path}"
