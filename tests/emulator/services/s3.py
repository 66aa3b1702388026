# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""S3 buckets: names, the defaults of new buckets (2023), bucket configuration kept whole, foreign accounts kept out."""

from __future__ import annotations

import json
import re
from datetime import datetime, time
from typing import Any

from moto.core.utils import get_service_model
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket, get_canned_acl, s3_backends

from .. import policies
from ..actions import iam_action
from ..errors import AwsError
from ..registry import Scope, Service
from . import contexts, iam

Params = dict[str, Any]
#: Configuration of a bucket by its name: public access block, encryption, ownership, lifecycle, logging.
Buckets = dict[str, dict[str, Any]]

service = Service("s3")

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_RESERVED_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_RESERVED_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")
_PUBLIC_ACCESS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
_AES256 = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}]


def find_bucket(name: str) -> FakeBucket | None:
    """The bucket of that name, whoever owns it."""
    if name not in s3_backends.bucket_accounts:
        return None
    partition, account = s3_backends.bucket_accounts[name]
    return s3_backends[account][partition].buckets.get(name)


def policy_of(bucket: FakeBucket) -> policies.Document | None:
    return json.loads(bucket.policy) if bucket.policy else None


def read_object(name: str, key: str, scope: Scope) -> tuple[FakeBucket, bytes]:
    """The bucket, and what the scope's identity reads in it, as services do on behalf of their callers.

    Raises AwsError with S3's code.
    """
    bucket = _own_bucket({"Bucket": name, "Key": key}, scope, "s3:GetObject")
    found = scope.at(account=bucket.account_id).moto("s3").get_object(name, key)
    if found is None or not hasattr(found, "value"):
        raise AwsError("NoSuchKey", "The specified key does not exist.", 404)
    return bucket, found.value


def _own_bucket(params: Params, scope: Scope, action: str) -> FakeBucket:
    """The bucket of the request; refused when it does not exist or the caller may not do action on it."""
    name = params["Bucket"]
    bucket = find_bucket(name)
    if bucket is None:
        raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
    if params.get("ExpectedBucketOwner", bucket.account_id) != bucket.account_id:
        raise AwsError("AccessDenied", "Access Denied", 403)
    resource = f"{bucket.arn}/{params['Key']}" if "Key" in params else bucket.arn
    _check_bucket_policy(bucket, scope, action, resource, params)
    return bucket


#: What bucket policies are told of a request's parameters.
_CONDITION_KEYS = {
    "ACL": "s3:x-amz-acl",
    "Prefix": "s3:prefix",
    "SSEKMSKeyId": "s3:x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "s3:x-amz-server-side-encryption",
}


def _check_bucket_policy(bucket: FakeBucket, scope: Scope, action: str, resource: str, params: Params) -> None:
    """Another account needs the policy's permission; the bucket's own account may do what it does not forbid."""
    told = {key: str(params[name]) for name, key in _CONDITION_KEYS.items() if name in params}
    context = contexts.of_caller(scope, told | {"aws:ResourceAccount": bucket.account_id})
    effects = policies.effects(policy_of(bucket) or {}, scope.principal, action, resource, context)
    if "Deny" in effects:
        reason = "with an explicit deny in a resource-based policy"
    elif bucket.account_id == scope.account or "Allow" in effects:
        return
    else:
        reason = f"because no resource-based policy allows the {action} action"
    message = f'User: {scope.principal} is not authorized to perform: {action} on resource: "{resource}" {reason}'
    raise AwsError("AccessDenied", message, 403)


def _settings(bucket: FakeBucket) -> dict[str, Any]:
    return service.state(Scope(bucket.account_id, bucket.region_name)).setdefault(bucket.name, _new_settings())


def _new_settings() -> dict[str, Any]:
    return {
        "public_access_block": dict.fromkeys(_PUBLIC_ACCESS, True),
        "encryption": _AES256,
        "ownership": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    }


# --- buckets --------------------------------------------------------------------------------------------------------


@service.operation("CreateBucket")
def create_bucket(params: Params, scope: Scope, state: Buckets) -> Params:
    name = params["Bucket"]
    if (
        not _NAME.fullmatch(name)
        or ".." in name
        or re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name)
        or name.startswith(_RESERVED_PREFIXES)
        or name.endswith(_RESERVED_SUFFIXES)
    ):
        raise AwsError("InvalidBucketName", "The specified bucket is not valid.")
    location = (params.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    if scope.region == "us-east-1":
        if location == "us-east-1":
            raise AwsError("InvalidLocationConstraint", "The specified location-constraint is not valid")
        if location:
            raise AwsError(
                "IllegalLocationConstraintException",
                f"The {location} location constraint is incompatible for the region specific endpoint.",
            )
    elif location != scope.region:
        raise AwsError(
            "IllegalLocationConstraintException",
            f"The {location or 'unspecified'} location constraint is incompatible for the region specific endpoint "
            "this request was sent to.",
        )
    ownership = params.get("ObjectOwnership", "BucketOwnerEnforced")
    acl = params.get("ACL", "private")
    if ownership == "BucketOwnerEnforced" and acl != "private":
        raise AwsError(
            "InvalidBucketAclWithObjectOwnership",
            "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced",
        )
    existing = find_bucket(name)
    if existing is not None:
        if existing.account_id != scope.account:
            raise AwsError("BucketAlreadyExists", "The requested bucket name is not available.", 409)
        if not scope.region == existing.region_name == "us-east-1":
            raise AwsError("BucketAlreadyOwnedByYou", "Your previous request to create the bucket succeeded.", 409)
        return {"Location": f"/{name}"}
    bucket = scope.moto("s3").create_bucket(name, scope.region)
    bucket.set_acl(get_canned_acl(acl))
    if params.get("ObjectLockEnabledForBucket"):
        bucket.object_lock_enabled = True
        bucket.versioning_status = "Enabled"
    state[name] = _new_settings()
    state[name]["ownership"] = {"Rules": [{"ObjectOwnership": ownership}]}
    tags = (params.get("CreateBucketConfiguration") or {}).get("Tags")
    if tags:
        scope.moto("s3").put_bucket_tagging(name, {tag["Key"]: tag["Value"] for tag in tags})
    location_url = f"/{name}" if scope.region == "us-east-1" else f"http://{name}.s3.amazonaws.com/"
    return {"Location": location_url, "BucketArn": bucket.arn}


@service.operation("HeadBucket")
def head_bucket(params: Params, scope: Scope, state: Buckets) -> Params:
    bucket = _own_bucket(params, scope, "s3:ListBucket")
    return {"BucketArn": bucket.arn, "BucketRegion": bucket.region_name, "AccessPointAlias": False}


@service.after("DeleteBucket")
def forget_bucket(params: Params, scope: Scope, state: Buckets) -> None:
    state.pop(params["Bucket"], None)


# --- public access block --------------------------------------------------------------------------------------------


@service.operation("GetPublicAccessBlock")
def get_public_access_block(params: Params, scope: Scope, state: Buckets) -> Params:
    bucket = _own_bucket(params, scope, "s3:GetBucketPublicAccessBlock")
    block = _settings(bucket)["public_access_block"]
    if block is None:
        raise AwsError("NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
    return {"PublicAccessBlockConfiguration": block}


@service.operation("PutPublicAccessBlock")
def put_public_access_block(params: Params, scope: Scope, state: Buckets) -> None:
    bucket = _own_bucket(params, scope, "s3:PutBucketPublicAccessBlock")
    declared = params["PublicAccessBlockConfiguration"]
    _settings(bucket)["public_access_block"] = {key: declared.get(key, False) for key in _PUBLIC_ACCESS}


@service.operation("DeletePublicAccessBlock")
def delete_public_access_block(params: Params, scope: Scope, state: Buckets) -> None:
    _settings(_own_bucket(params, scope, "s3:PutBucketPublicAccessBlock"))["public_access_block"] = None


# --- encryption -----------------------------------------------------------------------------------------------------


@service.operation("GetBucketEncryption")
def get_bucket_encryption(params: Params, scope: Scope, state: Buckets) -> Params:
    bucket = _own_bucket(params, scope, "s3:GetEncryptionConfiguration")
    return {"ServerSideEncryptionConfiguration": {"Rules": _settings(bucket)["encryption"]}}


@service.operation("PutBucketEncryption")
def put_bucket_encryption(params: Params, scope: Scope, state: Buckets) -> None:
    bucket = _own_bucket(params, scope, "s3:PutEncryptionConfiguration")
    rules = params["ServerSideEncryptionConfiguration"]["Rules"]
    if len(rules) != 1:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed: there must be exactly one rule")
    rule = dict(rules[0])
    default = rule.get("ApplyServerSideEncryptionByDefault")
    if default is None:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed")
    if default["SSEAlgorithm"] == "AES256" and default.get("KMSMasterKeyID"):
        raise AwsError(
            "InvalidArgument", "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms"
        )
    rule.setdefault("BucketKeyEnabled", False)
    _settings(bucket)["encryption"] = [rule]


@service.operation("DeleteBucketEncryption")
def delete_bucket_encryption(params: Params, scope: Scope, state: Buckets) -> None:
    _settings(_own_bucket(params, scope, "s3:PutEncryptionConfiguration"))["encryption"] = _AES256


# --- ownership and ACL ----------------------------------------------------------------------------------------------


@service.operation("GetBucketOwnershipControls")
def get_bucket_ownership_controls(params: Params, scope: Scope, state: Buckets) -> Params:
    bucket = _own_bucket(params, scope, "s3:GetBucketOwnershipControls")
    if _settings(bucket)["ownership"] is None:
        raise AwsError("OwnershipControlsNotFoundError", "The bucket ownership controls were not found", 404)
    return {"OwnershipControls": _settings(bucket)["ownership"]}


@service.operation("PutBucketOwnershipControls")
def put_bucket_ownership_controls(params: Params, scope: Scope, state: Buckets) -> None:
    bucket = _own_bucket(params, scope, "s3:PutBucketOwnershipControls")
    if len(params["OwnershipControls"]["Rules"]) != 1:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed: there must be exactly one rule")
    _settings(bucket)["ownership"] = params["OwnershipControls"]


@service.operation("DeleteBucketOwnershipControls")
def delete_bucket_ownership_controls(params: Params, scope: Scope, state: Buckets) -> None:
    _settings(_own_bucket(params, scope, "s3:PutBucketOwnershipControls"))["ownership"] = None


@service.check("PutBucketAcl")
def acl_needs_ownership(params: Params, scope: Scope, state: Buckets) -> None:
    bucket = _own_bucket(params, scope, "s3:PutBucketAcl")
    ownership = _settings(bucket)["ownership"]
    if ownership and ownership["Rules"][0]["ObjectOwnership"] == "BucketOwnerEnforced":
        raise AwsError("AccessControlListNotSupported", "The bucket does not allow ACLs")


# --- policy ---------------------------------------------------------------------------------------------------------


@service.operation("GetBucketPolicy")
def get_bucket_policy(params: Params, scope: Scope, state: Buckets) -> Params:
    bucket = _own_bucket(params, scope, "s3:GetBucketPolicy")
    if not bucket.policy:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"Policy": bucket.policy.decode()}


@service.operation("PutBucketPolicy")
def put_bucket_policy(params: Params, scope: Scope, state: Buckets) -> None:
    bucket = _own_bucket(params, scope, "s3:PutBucketPolicy")
    text = params["Policy"]
    own = re.compile(re.escape(bucket.arn) + r"(/.*)?", re.DOTALL)
    try:
        document = policies.validate(
            text,
            principal=True,
            resource=True,
            services=("s3",),
            principal_exists=lambda arn: iam.principal_exists(arn, scope),
            check_resource=lambda resource: bool(own.fullmatch(resource)),
        )
    except policies.MalformedPolicy as failure:
        raise AwsError("MalformedPolicy", str(failure)) from None
    block = _settings(bucket)["public_access_block"] or {}
    if block.get("BlockPublicPolicy") and policies.is_public(document):
        raise AwsError(
            "AccessDenied",
            f"User: {scope.principal} is not authorized to perform: s3:PutBucketPolicy because public policies are "
            "prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
            403,
        )
    bucket.policy = text.encode()


@service.operation("DeleteBucketPolicy")
def delete_bucket_policy(params: Params, scope: Scope, state: Buckets) -> None:
    _own_bucket(params, scope, "s3:DeleteBucketPolicy").policy = None


@service.operation("GetBucketPolicyStatus")
def get_bucket_policy_status(params: Params, scope: Scope, state: Buckets) -> Params:
    bucket = _own_bucket(params, scope, "s3:GetBucketPolicyStatus")
    document = policy_of(bucket)
    if document is None:
        raise AwsError("NoSuchBucketPolicy", "The bucket policy does not exist", 404)
    return {"PolicyStatus": {"IsPublic": policies.is_public(document)}}


# --- lifecycle ------------------------------------------------------------------------------------------------------

#: Storage classes from warm to cold; a later transition goes to a colder class.
_CLASSES = ("STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER", "DEEP_ARCHIVE")
_ACTIONS = (
    "Expiration", "Transitions", "NoncurrentVersionExpiration", "NoncurrentVersionTransitions",
    "AbortIncompleteMultipartUpload",
)  # fmt: skip


@service.operation("GetBucketLifecycleConfiguration")
def get_bucket_lifecycle_configuration(params: Params, scope: Scope, state: Buckets) -> Params:
    lifecycle = _settings(_own_bucket(params, scope, "s3:GetLifecycleConfiguration")).get("lifecycle")
    if lifecycle is None:
        raise AwsError("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", 404)
    return lifecycle


@service.operation("PutBucketLifecycleConfiguration")
def put_bucket_lifecycle_configuration(params: Params, scope: Scope, state: Buckets) -> Params:
    bucket = _own_bucket(params, scope, "s3:PutLifecycleConfiguration")
    rules = [dict(rule) for rule in (params.get("LifecycleConfiguration") or {}).get("Rules", [])]
    if not 1 <= len(rules) <= 1000:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed")
    for number, rule in enumerate(rules, 1):
        rule.setdefault("ID", f"emulator-rule-{number}")
        _check_lifecycle_rule(rule)
    identifiers = [rule["ID"] for rule in rules]
    if len(set(identifiers)) != len(identifiers):
        raise AwsError("InvalidArgument", "Rule ID must be unique. Found same ID for more than one rule")
    minimum = params.get("TransitionDefaultMinimumObjectSize", "all_storage_classes_128K")
    _settings(bucket)["lifecycle"] = {"Rules": rules, "TransitionDefaultMinimumObjectSize": minimum}
    return {"TransitionDefaultMinimumObjectSize": minimum}


@service.operation("DeleteBucketLifecycle")
def delete_bucket_lifecycle(params: Params, scope: Scope, state: Buckets) -> None:
    _settings(_own_bucket(params, scope, "s3:PutLifecycleConfiguration")).pop("lifecycle", None)


def _check_lifecycle_rule(rule: Params) -> None:
    if len(rule["ID"]) > 255:
        raise AwsError("InvalidArgument", "ID length should not exceed allowed limit of 255")
    if ("Filter" in rule) == ("Prefix" in rule):
        raise AwsError("MalformedXML", "The XML you provided was not well-formed: a rule has a Filter or a Prefix")
    if not any(rule.get(action) for action in _ACTIONS):
        raise AwsError("InvalidRequest", "At least one action needs to be specified in a rule")
    conditions = rule.get("Filter") or {}
    if len(conditions) > 1:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed: Filter has more than one condition")
    if "And" in conditions and len(conditions["And"]) + len(conditions["And"].get("Tags", [])) < 2:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed: And needs two conditions")
    expiration = rule.get("Expiration") or {}
    if expiration and len(expiration) != 1:
        raise AwsError("MalformedXML", "The XML you provided was not well-formed: Expiration has one member")
    _check_days(expiration, "Days", "Expiration")
    if "ExpiredObjectDeleteMarker" in expiration and ("Tag" in conditions or "Tags" in conditions.get("And", {})):
        raise AwsError("InvalidRequest", "ExpiredObjectDeleteMarker cannot be specified with Tags")
    abort = rule.get("AbortIncompleteMultipartUpload") or {}
    _check_days(abort, "DaysAfterInitiation", "AbortIncompleteMultipartUpload")
    if abort and ("Tag" in conditions or "Tags" in conditions.get("And", {})):
        raise AwsError("InvalidRequest", "AbortIncompleteMultipartUpload cannot be specified with Tags")
    noncurrent = rule.get("NoncurrentVersionExpiration") or {}
    _check_noncurrent(noncurrent)
    for transition in rule.get("NoncurrentVersionTransitions", []):
        _check_noncurrent(transition)
    _check_transitions(rule.get("Transitions", []), "Days", expiration.get("Days"))
    _check_transitions(rule.get("NoncurrentVersionTransitions", []), "NoncurrentDays", noncurrent.get("NoncurrentDays"))
    dates = [part["Date"] for part in [expiration, *rule.get("Transitions", [])] if "Date" in part]
    if any(isinstance(date, datetime) and date.time() != time() for date in dates):
        raise AwsError("InvalidArgument", "'Date' must be at midnight GMT")


def _check_days(part: Params, key: str, where: str) -> None:
    if key in part and part[key] < 1:
        raise AwsError("InvalidArgument", f"'{key}' for {where} action must be a positive integer")


def _check_noncurrent(part: Params) -> None:
    if part:
        if "NoncurrentDays" not in part:
            raise AwsError("MalformedXML", "The XML you provided was not well-formed: NoncurrentDays is missing")
        _check_days(part, "NoncurrentDays", "Noncurrent version")
        if not 1 <= part.get("NewerNoncurrentVersions", 1) <= 100:
            raise AwsError("InvalidArgument", "'NewerNoncurrentVersions' must be between 1 and 100")


def _check_transitions(transitions: list[Params], key: str, expires: int | None) -> None:
    for transition in transitions:
        if "StorageClass" not in transition or (key not in transition and "Date" not in transition):
            raise AwsError("MalformedXML", "The XML you provided was not well-formed: a transition lacks a member")
        days, storage_class = transition.get(key), transition["StorageClass"]
        if days is None:
            continue
        if days < 0:
            raise AwsError("InvalidArgument", f"'{key}' in Transition action must be nonnegative")
        if storage_class in ("STANDARD_IA", "ONEZONE_IA") and days < 30 and key == "Days":
            raise AwsError(
                "InvalidArgument",
                f"'Days' in Transition action must be greater than or equal to 30 for storageClass '{storage_class}'",
            )
        if expires is not None and expires <= days:
            raise AwsError(
                "InvalidArgument", f"'{key}' in the Expiration action must be greater than '{key}' in Transition"
            )
    dated = [one for one in transitions if key in one]
    for one in dated:
        for other in dated:
            colder = _CLASSES.index(other["StorageClass"]) > _CLASSES.index(one["StorageClass"])
            if colder and other[key] <= one[key]:
                raise AwsError("InvalidArgument", f"'{key}' must be greater for the colder storage class")
    if len({one["StorageClass"] for one in transitions}) != len(transitions):
        raise AwsError("InvalidRequest", "'StorageClass' must be different for transition actions in same rule")


# --- logging, versioning, tagging -----------------------------------------------------------------------------------


@service.operation("GetBucketLogging")
def get_bucket_logging(params: Params, scope: Scope, state: Buckets) -> Params:
    logging = _settings(_own_bucket(params, scope, "s3:GetBucketLogging")).get("logging")
    return {"LoggingEnabled": logging} if logging else {}


@service.operation("PutBucketLogging")
def put_bucket_logging(params: Params, scope: Scope, state: Buckets) -> None:
    bucket = _own_bucket(params, scope, "s3:PutBucketLogging")
    logging = (params.get("BucketLoggingStatus") or {}).get("LoggingEnabled")
    if logging:
        target = find_bucket(logging["TargetBucket"])
        if target is None or target.account_id != bucket.account_id:
            raise AwsError("InvalidTargetBucketForLogging", "The target bucket for logging does not exist")
        if target.region_name != bucket.region_name:
            raise AwsError("CrossLocationLoggingProhibitted", "Cross S3 location logging not allowed.", 403)
        context = contexts.of_service(scope.at(account=bucket.account_id), bucket.arn)
        resource = f"{target.arn}/{logging['TargetPrefix']}2026-01-01-00-00-00-0123456789ABCDEF"
        service_name = "logging.s3.amazonaws.com"
        by_policy = policies.allows(policy_of(target), service_name, "s3:PutObject", resource, context)
        if not by_policy and not bucket._log_permissions_enabled_acl(target):
            raise AwsError(
                "InvalidTargetBucketForLogging",
                "You must give the logging service permission to write to the target bucket",
            )
    _settings(bucket)["logging"] = logging


@service.check("PutBucketVersioning")
def check_versioning(params: Params, scope: Scope, state: Buckets) -> None:
    configuration = params["VersioningConfiguration"]
    if "Status" not in configuration:
        raise AwsError("IllegalVersioningConfigurationException", "The Versioning element must be specified")
    if "MFADelete" in configuration and not params.get("MFA"):
        raise AwsError("AccessDenied", "Mfa Authentication must be used for this request", 403)
    bucket = _own_bucket(params, scope, "s3:PutBucketVersioning")
    if configuration["Status"] == "Suspended" and bucket.object_lock_enabled:
        raise AwsError("InvalidBucketState", "An Object Lock configuration is present on this bucket", 409)


@service.check("PutBucketTagging")
def check_tags(params: Params, scope: Scope, state: Buckets) -> None:
    tags = params["Tagging"]["TagSet"]
    keys = [tag["Key"] for tag in tags]
    if len(keys) != len(set(keys)):
        raise AwsError("InvalidTag", "Cannot provide multiple Tags with the same key")
    if len(keys) > 50:
        raise AwsError("BadRequest", "Bucket tag count cannot be greater than 50")
    for tag in tags:
        if tag["Key"].lower().startswith("aws:"):
            raise AwsError("InvalidTag", "System tags cannot be added/updated by requester")
        if len(tag["Key"]) > 128 or len(tag["Value"]) > 256:
            raise AwsError("InvalidTag", "The TagKey or TagValue you have provided is too long")


# --- everything else on a bucket ------------------------------------------------------------------------------------


def _check_owner(operation: str) -> None:
    @service.check(operation)
    def check(params: Params, scope: Scope, state: Buckets) -> None:
        _own_bucket(params, scope, iam_action("s3", operation))


def _guard_remaining_operations() -> None:
    model = get_service_model("s3")
    for name in model.operation_names:
        shape = model.operation_model(name).input_shape
        if shape is not None and "Bucket" in shape.members and name not in service.operations:
            _check_owner(name)


_guard_remaining_operations()


def _neutral(bucket: FakeBucket, action: str, resource: str) -> PermissionResult:
    """Policies were asked before moto is, which knows no conditions."""
    return PermissionResult.NEUTRAL


setattr(FakeBucket, "get_permission", _neutral)  # noqa: B010
