# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Config's recorders in two regions, with bucket, topics and queue."""

from __future__ import annotations

import json
import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

OTHER_REGION = "us-east-1"
REGIONS = [HOME_REGION, OTHER_REGION]
BUCKET = "config-123456789012"
TOPIC = "baseline-config"
QUEUE = "baseline-config"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"

SERVICE = {"Service": "config.amazonaws.com"}
OF_THIS_ACCOUNT = {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}}

BUCKET_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Check",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": ["s3:GetBucketAcl", "s3:ListBucket"],
            "Resource": "arn:${AWS::Partition}:s3:::" + BUCKET,
            "Condition": OF_THIS_ACCOUNT,
        },
        {
            "Sid": "Deliver",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": "s3:PutObject",
            "Resource": "arn:${AWS::Partition}:s3:::" + BUCKET + "/*",
            "Condition": OF_THIS_ACCOUNT,
        },
    ],
}

TOPIC_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Publish",
            "Effect": "Allow",
            "Principal": SERVICE,
            "Action": "sns:Publish",
            "Resource": "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + TOPIC,
            "Condition": OF_THIS_ACCOUNT,
        }
    ],
}

QUEUE_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Receive",
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + QUEUE,
            "Condition": {"ArnLike": {"aws:SourceArn": "arn:${AWS::Partition}:sns:*:${AWS::AccountId}:" + TOPIC}},
        }
    ],
}

GLOBAL_AND_REGIONAL = ["AWS::IAM::Role", "AWS::EC2::Instance", "AWS::S3::Bucket"]

GROUPS = st.one_of(
    st.just({}),
    st.just({"global_resource_types_region": OTHER_REGION}),
    st.fixed_dictionaries(
        {
            "recording_strategy": st.sampled_from(["INCLUSION_BY_RESOURCE_TYPES", "EXCLUSION_BY_RESOURCE_TYPES"]),
            "resource_types": st.sampled_from([GLOBAL_AND_REGIONAL, GLOBAL_AND_REGIONAL[1:]]),
        }
    ),
)

MODES = st.fixed_dictionaries(
    {"recording_frequency": st.sampled_from(["CONTINUOUS", "DAILY"])},
    optional={
        "recording_mode_overrides": st.sampled_from(
            [
                [],
                [{"resource_types": GLOBAL_AND_REGIONAL[:2], "recording_frequency": "DAILY", "description": "Costs"}],
            ]
        )
    },
)

CHANNELS = st.fixed_dictionaries(
    {},
    optional={
        "s3_key_prefix": st.sampled_from(["", "config"]),
        "delivery_frequency": st.sampled_from(["", "One_Hour", "TwentyFour_Hours"]),
        "sns_topic_arn": st.just(""),
    },
)

PRESENT = st.fixed_dictionaries(
    {"regions": st.just(REGIONS), "bucket": st.just({"name": BUCKET, "policy": BUCKET_POLICY})},
    optional={
        "name": st.sampled_from(["default", "baseline"]),
        "recording": st.booleans(),
        "recording_group": GROUPS,
        "recording_mode": MODES,
        "delivery_channel": CHANNELS,
        "retention_period_in_days": st.sampled_from([30, 365]),
        "topic": st.just({"name": TOPIC, "policy": TOPIC_POLICY}),
        "queue": st.just({"name": QUEUE, "policy": QUEUE_POLICY}),
    },
)
ABSENT = st.just({"regions": REGIONS, "state": "absent"})

TYPICAL = {
    "regions": REGIONS,
    "recording_group": {},
    "recording_mode": {"recording_frequency": "CONTINUOUS"},
    "delivery_channel": {"delivery_frequency": "One_Hour", "s3_key_prefix": "config"},
    "retention_period_in_days": 365,
    "bucket": {"name": BUCKET, "policy": BUCKET_POLICY},
    "topic": {"name": TOPIC, "policy": TOPIC_POLICY},
    "queue": {"name": QUEUE, "policy": QUEUE_POLICY},
}


def prepare(emulator: Emulator) -> None:
    emulator.client("iam", HOME_REGION, ACCOUNT_ID).create_service_linked_role(AWSServiceName="config.amazonaws.com")


def _config(emulator: Emulator) -> t.Any:
    return emulator.client("config", OTHER_REGION, ACCOUNT_ID)


def _recorders(emulator: Emulator) -> list[dict[str, t.Any]]:
    return _config(emulator).describe_configuration_recorders()["ConfigurationRecorders"]


def _channels(emulator: Emulator) -> list[dict[str, t.Any]]:
    return _config(emulator).describe_delivery_channels()["DeliveryChannels"]


def recorder_stopped(emulator: Emulator) -> None:
    for recorder in _recorders(emulator):
        _config(emulator).stop_configuration_recorder(ConfigurationRecorderName=recorder["name"])


def recorder_deleted(emulator: Emulator) -> None:
    recorder_stopped(emulator)
    for recorder in _recorders(emulator):
        _config(emulator).delete_configuration_recorder(ConfigurationRecorderName=recorder["name"])


def recorder_of_another_name(emulator: Emulator) -> None:
    recorder_deleted(emulator)
    recorder = {"name": "somebody-elses", "roleARN": ROLE_ARN}
    if emulator.client("iam", HOME_REGION, ACCOUNT_ID).list_roles()["Roles"]:
        _config(emulator).put_configuration_recorder(ConfigurationRecorder=recorder)


def recording_group_edited(emulator: Emulator) -> None:
    group = {"allSupported": False, "resourceTypes": ["AWS::EC2::VPC"]}
    for recorder in _recorders(emulator):
        changed = {"name": recorder["name"], "roleARN": recorder["roleARN"], "recordingGroup": group}
        _config(emulator).put_configuration_recorder(ConfigurationRecorder=changed)


def recording_mode_edited(emulator: Emulator) -> None:
    for recorder in _recorders(emulator):
        changed = {key: recorder[key] for key in ("name", "roleARN", "recordingGroup")}
        changed["recordingMode"] = {"recordingFrequency": "DAILY"}
        _config(emulator).put_configuration_recorder(ConfigurationRecorder=changed)


def channel_deleted(emulator: Emulator) -> None:
    recorder_stopped(emulator)
    for channel in _channels(emulator):
        _config(emulator).delete_delivery_channel(DeliveryChannelName=channel["name"])


def channel_of_another_name(emulator: Emulator) -> None:
    channels = _channels(emulator)
    channel_deleted(emulator)
    for channel in channels:
        kept = {"name": "somebody-elses", "s3BucketName": channel["s3BucketName"]}
        _config(emulator).put_delivery_channel(DeliveryChannel=kept)


def channel_edited(emulator: Emulator) -> None:
    for channel in _channels(emulator):
        channel["configSnapshotDeliveryProperties"] = {"deliveryFrequency": "Three_Hours"}
        _config(emulator).put_delivery_channel(DeliveryChannel=channel)


def retention_edited(emulator: Emulator) -> None:
    _config(emulator).put_retention_configuration(RetentionPeriodInDays=90)


def retention_deleted(emulator: Emulator) -> None:
    for item in _config(emulator).describe_retention_configurations()["RetentionConfigurations"]:
        _config(emulator).delete_retention_configuration(RetentionConfigurationName=item["Name"])


def bucket_policy_edited(emulator: Emulator) -> None:
    client = emulator.client("s3", HOME_REGION, ACCOUNT_ID)
    if any(bucket["Name"] == BUCKET for bucket in client.list_buckets()["Buckets"]):
        statement = {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:DeleteObject",
            "Resource": f"arn:aws:s3:::{BUCKET}/*",
        }
        client.put_bucket_policy(Bucket=BUCKET, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def topic_deleted(emulator: Emulator) -> None:
    emulator.client("sns", OTHER_REGION, ACCOUNT_ID).delete_topic(
        TopicArn=f"arn:aws:sns:{OTHER_REGION}:{ACCOUNT_ID}:{TOPIC}"
    )


CASES = [
    Case(
        module="config_recorder",
        arguments=PRESENT | ABSENT,
        typical=TYPICAL,
        types=frozenset(
            {
                "AWS::Config::ConfigurationRecorder",
                "AWS::Config::ConfigurationRecorderStatus",
                "AWS::Config::DeliveryChannel",
                "AWS::Config::RetentionConfiguration",
                "AWS::IAM::ServiceLinkedRole",
                "AWS::S3::Bucket",
                "AWS::SNS::Subscription",
                "AWS::SNS::Topic",
                "AWS::SQS::Queue",
            }
        ),
        drifts=(
            recorder_stopped,
            recorder_deleted,
            recorder_of_another_name,
            recording_group_edited,
            recording_mode_edited,
            channel_deleted,
            channel_of_another_name,
            channel_edited,
            retention_edited,
            retention_deleted,
            bucket_policy_edited,
            topic_deleted,
        ),
        prepare=prepare,
    ),
]
