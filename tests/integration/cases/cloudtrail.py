# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A trail with its key, bucket, log group, role, topic and queue."""

from __future__ import annotations

import collections.abc as c
import contextlib
import functools
import json
import typing as t

from botocore.exceptions import ClientError
from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, ORGANIZATION_ID, SECURITY, organization

TRAIL = "audit"
ALIAS = "alias/audit"
BUCKET = f"audit-{ACCOUNT_ID}"
LOG_GROUP = "/aws/cloudtrail/audit"
ROLE = "audit-writer"
TOPIC = "audit-files"
QUEUE = "audit-queue"

TRAIL_ARN = "arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/" + TRAIL
BUCKET_ARN = "arn:${AWS::Partition}:s3:::audit-${AWS::AccountId}"
LOG_GROUP_ARN = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:" + LOG_GROUP
TOPIC_ARN = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + TOPIC
QUEUE_ARN = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + QUEUE
CLOUDTRAIL = {"Service": "cloudtrail.amazonaws.com"}
THIS_TRAIL = {"StringEquals": {"aws:SourceArn": TRAIL_ARN}}


def document(*statements: dict[str, t.Any]) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(principal: t.Any, actions: list[str], resource: t.Any, condition: t.Any = None) -> dict[str, t.Any]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": actions, "Resource": resource}
    return statement | ({"Condition": condition} if condition else {})


DENY_PLAIN = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": [BUCKET_ARN, BUCKET_ARN + "/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
BUCKET_STATEMENTS = [
    allow(CLOUDTRAIL, ["s3:GetBucketAcl"], BUCKET_ARN, THIS_TRAIL),
    allow(
        CLOUDTRAIL,
        ["s3:PutObject"],
        [BUCKET_ARN + "/AWSLogs/${AWS::AccountId}/*", BUCKET_ARN + "/logs/AWSLogs/${AWS::AccountId}/*"],
        THIS_TRAIL,
    ),
]
KEY_STATEMENTS = [
    allow({"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}, ["kms:*"], "*"),
    allow(CLOUDTRAIL, ["kms:GenerateDataKey*", "kms:DescribeKey", "kms:Decrypt"], "*"),
    allow(
        {"Service": "logs.${AWS::Region}.${AWS::URLSuffix}"},
        ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "*",
    ),
]
ALLOW_TOPIC = allow({"Service": "sns.amazonaws.com"}, ["kms:Decrypt", "kms:GenerateDataKey*"], "*")
TRUST = {"Effect": "Allow", "Principal": CLOUDTRAIL, "Action": "sts:AssumeRole"}
WRITE = {
    "Effect": "Allow",
    "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
    "Resource": LOG_GROUP_ARN + ":log-stream:*",
}
TAGS = st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"]))

KEY = st.fixed_dictionaries(
    {
        "name": st.just(ALIAS),
        "policy": st.sampled_from([document(*KEY_STATEMENTS), document(*KEY_STATEMENTS, ALLOW_TOPIC)]),
    },
    optional={"description": st.sampled_from(["", "Audit"]), "tags": TAGS},
).flatmap(
    lambda key: st.sampled_from(
        [key, key | {"enable_key_rotation": False}, key | {"rotation_period_in_days": 90}, key | {"enabled": True}]
    )
)
RULE = st.fixed_dictionaries(
    {"id": st.sampled_from(["a", "b"]), "expiration": st.just({"days": 400})},
    optional={
        "status": st.sampled_from(["Enabled", "Disabled"]),
        "prefix": st.sampled_from(["", "logs/"]),
        "transitions": st.permutations(
            [{"days": 30, "storage_class": "STANDARD_IA"}, {"days": 90, "storage_class": "GLACIER"}]
        ),
        "noncurrent_version_expiration": st.fixed_dictionaries(
            {"noncurrent_days": st.just(30)}, optional={"newer_noncurrent_versions": st.just(3)}
        ),
        "abort_incomplete_multipart_upload": st.just({"days_after_initiation": 7}),
    },
)
BUCKET_OPTIONS = st.fixed_dictionaries(
    {"name": st.just("audit-${AWS::AccountId}"), "policy": st.just(document(*BUCKET_STATEMENTS, DENY_PLAIN))},
    optional={
        "public_access_block": st.sampled_from([{}, {"restrict_public_buckets": False}]),
        "encryption": st.sampled_from(
            [
                {"sse_algorithm": "AES256"},
                {"sse_algorithm": "aws:kms", "kms_master_key_id": ALIAS},
                {"sse_algorithm": "aws:kms", "kms_master_key_id": ALIAS, "bucket_key_enabled": True},
            ]
        ),
        "versioning": st.sampled_from(["Enabled", "Suspended"]),
        "object_ownership": st.sampled_from(["BucketOwnerEnforced", "BucketOwnerPreferred"]),
        "lifecycle_rules": st.lists(RULE, max_size=2, unique_by=lambda rule: rule["id"]),
        "logging": st.just({}),
        "tags": TAGS,
    },
)
LOG_GROUP_OPTIONS = st.fixed_dictionaries(
    {"name": st.just(LOG_GROUP)},
    optional={
        "retention_in_days": st.sampled_from([0, 365, 400]),
        "kms_key_id": st.sampled_from(["", ALIAS]),
        "tags": TAGS,
    },
)
ROLE_OPTIONS = st.fixed_dictionaries(
    {
        "name": st.just(ROLE),
        "path": st.just("/audit/"),
        "assume_role_policy": st.sampled_from([document(TRUST), document(TRUST | {"Sid": "CloudTrail"})]),
        "inline_policies": st.just({"write": document(WRITE)}),
    }
)
TOPIC_OPTIONS = st.fixed_dictionaries(
    {
        "name": st.just(TOPIC),
        "policy": st.sampled_from(
            [
                document(allow(CLOUDTRAIL, ["sns:Publish"], TOPIC_ARN)),
                document(allow(CLOUDTRAIL, ["sns:Publish"], TOPIC_ARN, THIS_TRAIL)),
            ]
        ),
    },
    optional={
        "kms_master_key_id": st.sampled_from(["", ALIAS]),
        "display_name": st.sampled_from(["", "Audit"]),
        "subscriptions": st.just([{"protocol": "sqs", "endpoint": QUEUE_ARN}]),
    },
)
QUEUE_OPTIONS = st.fixed_dictionaries(
    {
        "name": st.just(QUEUE),
        "policy": st.just(
            document(
                allow(
                    {"Service": "sns.amazonaws.com"},
                    ["sqs:SendMessage"],
                    QUEUE_ARN,
                    {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}},
                )
            )
        ),
    },
    optional={"message_retention_period": st.sampled_from([3600, 345600])},
)
MANAGEMENT_EVENTS = {"field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]}
OBJECT_WRITES = {
    "name": "Writes",
    "field_selectors": [
        {"field": "eventCategory", "equals": ["Data"]},
        {"field": "resources.type", "equals": ["AWS::S3::Object"]},
        {"field": "readOnly", "equals": ["false"]},
    ],
}
OBJECTS = {
    "read_write_type": "WriteOnly",
    "include_management_events": False,
    "data_resources": [{"type": "AWS::S3::Object", "values": ["arn:${AWS::Partition}:s3"]}],
}
TRAIL_OPTIONS = st.fixed_dictionaries(
    {"name": st.just(TRAIL)},
    optional={
        "s3_key_prefix": st.sampled_from(["", "logs"]),
        "sns_topic_name": st.sampled_from(["", TOPIC]),
        "kms_key_id": st.sampled_from(["", ALIAS]),
        "is_multi_region_trail": st.booleans(),
        "enable_log_file_validation": st.booleans(),
        "is_logging": st.booleans(),
        "insight_selectors": st.lists(st.sampled_from(["ApiCallRateInsight", "ApiErrorRateInsight"]), unique=True),
        "tags": TAGS,
    },
).flatmap(
    lambda trail: st.sampled_from(
        [
            trail,
            trail | {"event_selectors": []},
            trail | {"event_selectors": [{"exclude_management_event_sources": ["kms.amazonaws.com"]}]},
            trail | {"event_selectors": [OBJECTS, {}]},
            trail | {"advanced_event_selectors": [MANAGEMENT_EVENTS, OBJECT_WRITES]},
            trail | {"cloud_watch_logs_log_group_arn": "", "cloud_watch_logs_role_arn": ""},
        ]
    )
)
WHOLE = st.fixed_dictionaries(
    {
        "key": KEY,
        "bucket": BUCKET_OPTIONS,
        "log_group": LOG_GROUP_OPTIONS,
        "role": ROLE_OPTIONS,
        "topic": TOPIC_OPTIONS,
        "queue": QUEUE_OPTIONS,
        "trail": TRAIL_OPTIONS,
    }
)
PARTS = st.fixed_dictionaries(
    {"key": KEY},
    optional={
        "bucket": BUCKET_OPTIONS,
        "log_group": LOG_GROUP_OPTIONS,
        "role": ROLE_OPTIONS,
        "queue": QUEUE_OPTIONS,
        "trail": st.just({"name": TRAIL, "state": "absent"}),
    },
)

TYPICAL = {
    "key": {
        "name": ALIAS,
        "description": "Audit",
        "policy": document(*KEY_STATEMENTS, ALLOW_TOPIC),
        "rotation_period_in_days": 365,
        "tags": {"Team": "infosec"},
    },
    "bucket": {
        "name": "audit-${AWS::AccountId}",
        "public_access_block": {},
        "encryption": {"sse_algorithm": "aws:kms", "kms_master_key_id": ALIAS},
        "versioning": "Enabled",
        "object_ownership": "BucketOwnerEnforced",
        "policy": document(*BUCKET_STATEMENTS, DENY_PLAIN),
        "lifecycle_rules": [{"id": "expire", "expiration": {"days": 2555}}],
        "tags": {"Team": "infosec"},
    },
    "log_group": {"name": LOG_GROUP, "retention_in_days": 365, "kms_key_id": ALIAS, "tags": {"Team": "infosec"}},
    "role": {
        "name": ROLE,
        "path": "/audit/",
        "assume_role_policy": document(TRUST),
        "inline_policies": {"write": document(WRITE)},
    },
    "topic": {
        "name": TOPIC,
        "display_name": "Audit",
        "kms_master_key_id": ALIAS,
        "policy": document(allow(CLOUDTRAIL, ["sns:Publish"], TOPIC_ARN, THIS_TRAIL)),
        "subscriptions": [{"protocol": "sqs", "endpoint": QUEUE_ARN}],
    },
    "queue": {
        "name": QUEUE,
        "message_retention_period": 345600,
        "kms_master_key_id": ALIAS,
        "policy": document(
            allow(
                {"Service": "sns.amazonaws.com"},
                ["sqs:SendMessage"],
                QUEUE_ARN,
                {"ArnEquals": {"aws:SourceArn": TOPIC_ARN}},
            )
        ),
    },
    "trail": {
        "name": TRAIL,
        "advanced_event_selectors": [MANAGEMENT_EVENTS, OBJECT_WRITES],
        "insight_selectors": ["ApiCallRateInsight"],
        "tags": {"Team": "infosec"},
    },
}

Drift = c.Callable[[Emulator], None]
DRIFTS: list[Drift] = []


def drift(function: Drift) -> Drift:
    """Add to DRIFTS; what AWS refuses, because nothing is there, is no drift."""

    @functools.wraps(function)
    def drifted(emulator: Emulator) -> None:
        with contextlib.suppress(ClientError):
            function(emulator)

    DRIFTS.append(drifted)
    return drifted


def arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{HOME_REGION}:{ACCOUNT_ID}:{resource}"


def key_id(emulator: Emulator) -> str:
    return str(emulator.client("kms", HOME_REGION).describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"])


@drift
def stop_logging(emulator: Emulator) -> None:
    emulator.client("cloudtrail", HOME_REGION).stop_logging(Name=TRAIL)


@drift
def delete_trail(emulator: Emulator) -> None:
    emulator.client("cloudtrail", HOME_REGION).delete_trail(Name=TRAIL)


@drift
def switch_validation_off(emulator: Emulator) -> None:
    emulator.client("cloudtrail", HOME_REGION).update_trail(Name=TRAIL, EnableLogFileValidation=False)


@drift
def record_one_region_only(emulator: Emulator) -> None:
    emulator.client("cloudtrail", HOME_REGION).update_trail(
        Name=TRAIL, IsMultiRegionTrail=False, IncludeGlobalServiceEvents=False
    )


@drift
def detach_trail_from_everything(emulator: Emulator) -> None:
    emulator.client("cloudtrail", HOME_REGION).update_trail(
        Name=TRAIL, CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="", SnsTopicName="", KmsKeyId=""
    )


@drift
def record_writes_only(emulator: Emulator) -> None:
    emulator.client("cloudtrail", HOME_REGION).put_event_selectors(
        TrailName=TRAIL, EventSelectors=[{"ReadWriteType": "WriteOnly"}]
    )


@drift
def switch_insights_off(emulator: Emulator) -> None:
    emulator.client("cloudtrail", HOME_REGION).put_insight_selectors(TrailName=TRAIL, InsightSelectors=[])


@drift
def retag_trail(emulator: Emulator) -> None:
    emulator.client("cloudtrail", HOME_REGION).add_tags(
        ResourceId=arn("cloudtrail", f"trail/{TRAIL}"), TagsList=[{"Key": "Other", "Value": "x"}]
    )


@drift
def delete_bucket(emulator: Emulator) -> None:
    emulator.client("s3", HOME_REGION).delete_bucket(Bucket=BUCKET)


@drift
def delete_bucket_policy(emulator: Emulator) -> None:
    emulator.client("s3", HOME_REGION).delete_bucket_policy(Bucket=BUCKET)


@drift
def edit_bucket_policy(emulator: Emulator) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
    }
    emulator.client("s3", HOME_REGION).put_bucket_policy(Bucket=BUCKET, Policy=json.dumps(document(statement)))


@drift
def suspend_versioning(emulator: Emulator) -> None:
    emulator.client("s3", HOME_REGION).put_bucket_versioning(
        Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}
    )


@drift
def remove_public_access_block(emulator: Emulator) -> None:
    emulator.client("s3", HOME_REGION).delete_public_access_block(Bucket=BUCKET)


@drift
def reset_bucket_encryption(emulator: Emulator) -> None:
    emulator.client("s3", HOME_REGION).delete_bucket_encryption(Bucket=BUCKET)


@drift
def allow_acls(emulator: Emulator) -> None:
    emulator.client("s3", HOME_REGION).put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )


@drift
def expire_objects_tomorrow(emulator: Emulator) -> None:
    rule = {"ID": "gone", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
    emulator.client("s3", HOME_REGION).put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]}
    )


@drift
def expire_tagged_objects(emulator: Emulator) -> None:
    rule = {
        "ID": "expire",
        "Status": "Enabled",
        "Filter": {"Tag": {"Key": "a", "Value": "b"}},
        "Expiration": {"Days": 2555},
    }
    emulator.client("s3", HOME_REGION).put_bucket_lifecycle_configuration(
        Bucket=BUCKET, LifecycleConfiguration={"Rules": [rule]}
    )


@drift
def untag_bucket(emulator: Emulator) -> None:
    emulator.client("s3", HOME_REGION).delete_bucket_tagging(Bucket=BUCKET)


@drift
def disable_key(emulator: Emulator) -> None:
    emulator.client("kms", HOME_REGION).disable_key(KeyId=key_id(emulator))


@drift
def schedule_key_deletion(emulator: Emulator) -> None:
    emulator.client("kms", HOME_REGION).schedule_key_deletion(KeyId=key_id(emulator))


@drift
def disable_rotation(emulator: Emulator) -> None:
    emulator.client("kms", HOME_REGION).disable_key_rotation(KeyId=key_id(emulator))


@drift
def rotate_less_often(emulator: Emulator) -> None:
    emulator.client("kms", HOME_REGION).enable_key_rotation(KeyId=key_id(emulator), RotationPeriodInDays=2560)


@drift
def edit_key_policy(emulator: Emulator) -> None:
    root = allow({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, ["kms:*"], "*")
    emulator.client("kms", HOME_REGION).put_key_policy(
        KeyId=key_id(emulator), PolicyName="default", Policy=json.dumps(document(root))
    )


@drift
def describe_key_otherwise(emulator: Emulator) -> None:
    emulator.client("kms", HOME_REGION).update_key_description(KeyId=key_id(emulator), Description="Something else")


@drift
def retag_key(emulator: Emulator) -> None:
    emulator.client("kms", HOME_REGION).tag_resource(
        KeyId=key_id(emulator), Tags=[{"TagKey": "Team", "TagValue": "other"}]
    )


@drift
def delete_alias(emulator: Emulator) -> None:
    emulator.client("kms", HOME_REGION).delete_alias(AliasName=ALIAS)


@drift
def delete_log_group(emulator: Emulator) -> None:
    emulator.client("logs", HOME_REGION).delete_log_group(logGroupName=LOG_GROUP)


@drift
def shorten_retention(emulator: Emulator) -> None:
    emulator.client("logs", HOME_REGION).put_retention_policy(logGroupName=LOG_GROUP, retentionInDays=1)


@drift
def decrypt_log_group(emulator: Emulator) -> None:
    emulator.client("logs", HOME_REGION).disassociate_kms_key(logGroupName=LOG_GROUP)


@drift
def edit_role_policy(emulator: Emulator) -> None:
    everything = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    emulator.client("iam").put_role_policy(
        RoleName=ROLE, PolicyName="write", PolicyDocument=json.dumps(document(everything))
    )


@drift
def trust_anybody_in_the_account(emulator: Emulator) -> None:
    anybody = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
        "Action": "sts:AssumeRole",
    }
    emulator.client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(document(anybody)))


@drift
def delete_role(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName="write")
    iam.delete_role(RoleName=ROLE)


@drift
def edit_topic_policy(emulator: Emulator) -> None:
    anybody = allow({"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}, ["sns:Publish"], arn("sns", TOPIC))
    emulator.client("sns", HOME_REGION).set_topic_attributes(
        TopicArn=arn("sns", TOPIC), AttributeName="Policy", AttributeValue=json.dumps(document(anybody))
    )


@drift
def delete_topic(emulator: Emulator) -> None:
    emulator.client("sns", HOME_REGION).delete_topic(TopicArn=arn("sns", TOPIC))


@drift
def unsubscribe_queue(emulator: Emulator) -> None:
    sns = emulator.client("sns", HOME_REGION)
    for subscription in sns.list_subscriptions_by_topic(TopicArn=arn("sns", TOPIC))["Subscriptions"]:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])


@drift
def empty_queue_policy(emulator: Emulator) -> None:
    sqs = emulator.client("sqs", HOME_REGION)
    url = sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})


@drift
def foreign_trail(emulator: Emulator) -> None:
    """Another trail beside ours concerns nobody."""
    s3 = emulator.client("s3", HOME_REGION)
    s3.create_bucket(Bucket="others", CreateBucketConfiguration={"LocationConstraint": HOME_REGION})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "cloudtrail.amazonaws.com"},
        "Action": ["s3:PutObject", "s3:GetBucketAcl"],
        "Resource": ["arn:aws:s3:::others", "arn:aws:s3:::others/*"],
    }
    s3.put_bucket_policy(Bucket="others", Policy=json.dumps(document(statement)))
    emulator.client("cloudtrail", HOME_REGION).create_trail(Name="others", S3BucketName="others")


# the organization's trail, managed by a delegated administrator, with bucket and key of the log archive account

ORGANIZATION_TRAIL_ARN = f"arn:aws:cloudtrail:{HOME_REGION}:{MANAGEMENT}:trail/{TRAIL}"
ARCHIVE = f"audit-{LOG_ARCHIVE}"
ARCHIVE_ALIAS = "arn:${AWS::Partition}:kms:${AWS::Region}:" + f"{LOG_ARCHIVE}:{ALIAS}"


def trust_cloudtrail(emulator: Emulator) -> None:
    """Let the organization trust CloudTrail and have a delegated administrator for it."""
    organizations = emulator.client("organizations", account_id=MANAGEMENT)
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    cloudtrail = emulator.client("cloudtrail", HOME_REGION, MANAGEMENT)
    cloudtrail.register_organization_delegated_admin(MemberAccountId=SECURITY)


def make_archive(emulator: Emulator) -> None:
    """Bucket and key of the log archive account, for the organization's trail and its manager."""
    source = {"StringEquals": {"aws:SourceArn": ORGANIZATION_TRAIL_ARN}}
    folders = [f"arn:aws:s3:::{ARCHIVE}/AWSLogs/{folder}/*" for folder in (MANAGEMENT, ORGANIZATION_ID)]
    policy = document(
        allow(CLOUDTRAIL, ["s3:GetBucketAcl"], f"arn:aws:s3:::{ARCHIVE}", source),
        allow(CLOUDTRAIL, ["s3:PutObject"], folders, source),
    )
    s3 = emulator.client("s3", HOME_REGION, LOG_ARCHIVE)
    s3.create_bucket(Bucket=ARCHIVE, CreateBucketConfiguration={"LocationConstraint": HOME_REGION})
    s3.put_bucket_policy(Bucket=ARCHIVE, Policy=json.dumps(policy))
    kms = emulator.client("kms", HOME_REGION, LOG_ARCHIVE)
    policy = document(
        allow({"AWS": f"arn:aws:iam::{LOG_ARCHIVE}:root"}, ["kms:*"], "*"),
        allow({"AWS": [f"arn:aws:iam::{one}:root" for one in (MANAGEMENT, SECURITY)]}, ["kms:DescribeKey"], "*"),
        allow(CLOUDTRAIL, ["kms:GenerateDataKey*", "kms:DescribeKey"], "*", source),
    )
    key = kms.create_key(Policy=json.dumps(policy))["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key)


def prepare_organization(emulator: Emulator) -> None:
    organization(emulator)
    trust_cloudtrail(emulator)
    make_archive(emulator)


def organization_trail(**options: t.Any) -> dict[str, t.Any]:
    """Options of the module for the organization's trail."""
    return {"trail": {"name": TRAIL, "is_organization_trail": True, "s3_bucket_name": ARCHIVE, **options}}


ORGANIZATION_OPTIONS = st.fixed_dictionaries(
    {},
    optional={
        "kms_key_id": st.sampled_from(["", ARCHIVE_ALIAS]),
        "is_multi_region_trail": st.booleans(),
        "is_logging": st.booleans(),
        "advanced_event_selectors": st.just([MANAGEMENT_EVENTS, OBJECT_WRITES]),
        "tags": TAGS,
    },
).map(lambda options: organization_trail(**options))
ORGANIZATION_TYPICAL = organization_trail(kms_key_id=ARCHIVE_ALIAS, tags={"Team": "infosec"})


def stop_organization_trail(emulator: Emulator) -> None:
    cloudtrail = emulator.client("cloudtrail", HOME_REGION, SECURITY)
    with contextlib.suppress(ClientError):
        cloudtrail.stop_logging(Name=ORGANIZATION_TRAIL_ARN)


def decrypt_organization_trail(emulator: Emulator) -> None:
    """The management account changes what it owns."""
    cloudtrail = emulator.client("cloudtrail", HOME_REGION, MANAGEMENT)
    with contextlib.suppress(ClientError):
        cloudtrail.update_trail(Name=TRAIL, KmsKeyId="", EnableLogFileValidation=False)


CASES = [
    Case(
        "cloudtrail",
        WHOLE | PARTS,
        TYPICAL,
        frozenset(
            {
                "AWS::CloudTrail::Trail",
                "AWS::IAM::Role",
                "AWS::KMS::Key",
                "AWS::Logs::LogGroup",
                "AWS::S3::Bucket",
                "AWS::SNS::Subscription",
                "AWS::SNS::Topic",
                "AWS::SQS::Queue",
            }
        ),
        tuple(DRIFTS),
    ),
    Case(
        "cloudtrail",
        ORGANIZATION_OPTIONS,
        ORGANIZATION_TYPICAL,
        frozenset({"AWS::CloudTrail::Trail", "AWS::KMS::Key"}),
        (stop_organization_trail, decrypt_organization_trail),
        prepare_organization,
        SECURITY,
    ),
]
