# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Config: recorder, channel, rules, retention."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    document,
    make_bucket,
    make_key,
    make_role,
    make_topic,
    refused,
    statement,
)

SERVICE = "config.amazonaws.com"
RULE = {"ConfigRuleName": "mfa", "Source": {"Owner": "AWS", "SourceIdentifier": "ROOT_ACCOUNT_MFA_ENABLED"}}


@pytest.fixture
def config(emulator: Emulator) -> Any:
    return emulator.client("config")


@pytest.fixture
def role(emulator: Emulator) -> str:
    """The service-linked role; it may not write to S3 by itself."""
    created = emulator.client("iam").create_service_linked_role(AWSServiceName=SERVICE)
    return str(created["Role"]["Arn"])


@pytest.fixture
def recorder(config: Any, role: str) -> Any:
    """A Config client of a region that has a recorder."""
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role})
    return config


def put_recorder(config: Any, role: str, **more: Any) -> None:
    config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": role, **more})


def put_channel(config: Any, **more: Any) -> None:
    config.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "config-logs", **more})


def test_recorder_is_kept_whole(config: Any, role: str) -> None:
    mode = {
        "recordingFrequency": "CONTINUOUS",
        "recordingModeOverrides": [
            {"description": "d", "resourceTypes": ["AWS::EC2::Instance"], "recordingFrequency": "DAILY"}
        ],
    }
    config.put_configuration_recorder(
        ConfigurationRecorder={
            "name": "default",
            "roleARN": role,
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True},
            "recordingMode": mode,
        },
        Tags=[{"Key": "a", "Value": "1"}],
    )
    got = config.describe_configuration_recorders()["ConfigurationRecorders"][0]
    assert (got["roleARN"], got["recordingMode"]) == (role, mode)
    assert got["recordingGroup"] == {
        "allSupported": True,
        "includeGlobalResourceTypes": True,
        "resourceTypes": [],
        "exclusionByResourceTypes": {"resourceTypes": []},
        "recordingStrategy": {"useOnly": "ALL_SUPPORTED_RESOURCE_TYPES"},
    }
    assert config.list_tags_for_resource(ResourceArn=got["arn"])["Tags"] == [{"Key": "a", "Value": "1"}]
    config.tag_resource(ResourceArn=got["arn"], Tags=[{"Key": "b", "Value": "2"}])
    config.untag_resource(ResourceArn=got["arn"], TagKeys=["a"])
    assert config.list_tags_for_resource(ResourceArn=got["arn"])["Tags"] == [{"Key": "b", "Value": "2"}]


def test_one_recorder_per_region(emulator: Emulator, recorder: Any, role: str) -> None:
    with refused("MaxNumberOfConfigurationRecordersExceededException"):
        recorder.put_configuration_recorder(ConfigurationRecorder={"name": "second", "roleARN": role})
    put_recorder(emulator.client("config", "eu-west-1"), role)


@pytest.mark.parametrize(
    "group",
    [
        {"allSupported": True, "resourceTypes": ["AWS::S3::Bucket"]},
        {"allSupported": False},
        {"allSupported": False, "includeGlobalResourceTypes": True, "resourceTypes": ["AWS::S3::Bucket"]},
        {"allSupported": True, "recordingStrategy": {"useOnly": "INCLUSION_BY_RESOURCE_TYPES"}},
        {"recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}},
    ],
)
def test_bad_recording_groups(config: Any, role: str, group: dict[str, Any]) -> None:
    with refused("InvalidRecordingGroupException"):
        put_recorder(config, role, recordingGroup=group)


@pytest.mark.parametrize(
    "group",
    [
        {"resourceTypes": ["AWS::S3::Bucket"]},
        {"exclusionByResourceTypes": {"resourceTypes": ["AWS::S3::Bucket"]},
         "recordingStrategy": {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}},
    ],
)  # fmt: skip
def test_other_recording_groups(config: Any, role: str, group: dict[str, Any]) -> None:
    put_recorder(config, role, recordingGroup=group)
    got = config.describe_configuration_recorders()["ConfigurationRecorders"][0]["recordingGroup"]
    assert group.items() <= got.items()
    assert got["allSupported"] is False


def test_recorder_role(emulator: Emulator, config: Any, role: str) -> None:
    wrong = [
        f"arn:aws:iam::{ACCOUNT}:role/absent",
        f"arn:aws:iam::{OTHER_ACCOUNT}:role/foreign",
        make_role(emulator, "untrusting", "cloudtrail.amazonaws.com"),
        "role",
    ]
    for one in wrong:
        with refused("InvalidRoleException"):
            put_recorder(config, one)
    put_recorder(config, make_role(emulator, "good", SERVICE))
    with refused("ValidationException"):
        put_recorder(config, role, recordingMode={"recordingFrequency": "HOURLY"})


def test_recording(emulator: Emulator, recorder: Any) -> None:
    with refused("NoAvailableDeliveryChannelException"):
        recorder.start_configuration_recorder(ConfigurationRecorderName="default")
    make_bucket(emulator, "config-logs", SERVICE)
    put_channel(recorder)
    with refused("NoRunningConfigurationRecorderException"):
        recorder.deliver_config_snapshot(deliveryChannelName="default")
    assert recorder.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]["recording"] is False
    recorder.start_configuration_recorder(ConfigurationRecorderName="default")
    status = recorder.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]
    assert (status["recording"], status["lastStatus"]) == (True, "SUCCESS")
    put_recorder(recorder, recorder.describe_configuration_recorders()["ConfigurationRecorders"][0]["roleARN"])
    assert recorder.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]["recording"] is True
    with refused("LastDeliveryChannelDeleteFailedException"):
        recorder.delete_delivery_channel(DeliveryChannelName="default")
    recorder.stop_configuration_recorder(ConfigurationRecorderName="default")
    recorder.delete_delivery_channel(DeliveryChannelName="default")
    recorder.delete_configuration_recorder(ConfigurationRecorderName="default")
    assert recorder.describe_configuration_recorders()["ConfigurationRecorders"] == []
    assert recorder.describe_delivery_channels()["DeliveryChannels"] == []


@pytest.mark.parametrize(
    ("method", "parameters", "code"),
    [
        ("start_configuration_recorder", {"ConfigurationRecorderName": "x"}, "NoSuchConfigurationRecorderException"),
        ("stop_configuration_recorder", {"ConfigurationRecorderName": "x"}, "NoSuchConfigurationRecorderException"),
        ("delete_configuration_recorder", {"ConfigurationRecorderName": "x"}, "NoSuchConfigurationRecorderException"),
        ("describe_configuration_recorders", {"ConfigurationRecorderNames": ["x"]},
         "NoSuchConfigurationRecorderException"),
        ("delete_delivery_channel", {"DeliveryChannelName": "x"}, "NoSuchDeliveryChannelException"),
        ("describe_delivery_channels", {"DeliveryChannelNames": ["x"]}, "NoSuchDeliveryChannelException"),
        ("put_delivery_channel", {"DeliveryChannel": {"name": "x", "s3BucketName": "b"}},
         "NoAvailableConfigurationRecorderException"),
        ("put_config_rule", {"ConfigRule": RULE}, "NoAvailableConfigurationRecorderException"),
        ("describe_config_rules", {"ConfigRuleNames": ["x"]}, "NoSuchConfigRuleException"),
        ("delete_config_rule", {"ConfigRuleName": "x"}, "NoSuchConfigRuleException"),
        ("delete_retention_configuration", {"RetentionConfigurationName": "default"},
         "NoSuchRetentionConfigurationException"),
        ("describe_retention_configurations", {"RetentionConfigurationNames": ["default"]},
         "NoSuchRetentionConfigurationException"),
    ],
)  # fmt: skip
def test_what_an_empty_region_lacks(config: Any, method: str, parameters: dict[str, Any], code: str) -> None:
    with refused(code):
        getattr(config, method)(**parameters)


def test_channel_needs_a_bucket_that_lets_config_write(emulator: Emulator, recorder: Any) -> None:
    s3, arn = emulator.client("s3"), "arn:aws:s3:::config-logs"
    with refused("NoSuchBucketException"):
        put_channel(recorder)
    make_bucket(emulator, "config-logs")
    for policy in (
        None,
        document(statement(SERVICE, "s3:PutObject", f"{arn}/*")),
        document(
            statement(SERVICE, "s3:GetBucketAcl", arn),
            statement(SERVICE, "s3:PutObject", f"{arn}/AWSLogs/{OTHER_ACCOUNT}/Config/*"),
        ),
    ):
        if policy:
            s3.put_bucket_policy(Bucket="config-logs", Policy=policy)
        with refused("InsufficientDeliveryPolicyException"):
            put_channel(recorder)
    condition = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "AWS:SourceAccount": ACCOUNT}}
    policy = document(
        statement(SERVICE, ["s3:GetBucketAcl", "s3:ListBucket"], arn),
        statement(SERVICE, "s3:PutObject", f"{arn}/p/AWSLogs/{ACCOUNT}/Config/*", Condition=condition),
    )
    s3.put_bucket_policy(Bucket="config-logs", Policy=policy)
    with refused("InsufficientDeliveryPolicyException"):
        put_channel(recorder)
    with refused("InvalidS3KeyPrefixException"):
        put_channel(recorder, s3KeyPrefix="p/")
    properties = {"deliveryFrequency": "Six_Hours"}
    put_channel(recorder, s3KeyPrefix="p", configSnapshotDeliveryProperties=properties)
    channel = recorder.describe_delivery_channels()["DeliveryChannels"][0]
    assert channel == {
        "name": "default", "s3BucketName": "config-logs", "s3KeyPrefix": "p",
        "configSnapshotDeliveryProperties": properties,
    }  # fmt: skip
    with refused("MaxNumberOfDeliveryChannelsExceededException"):
        put_channel(recorder, name="second")
    with refused("ValidationException"):
        put_channel(recorder, configSnapshotDeliveryProperties={"deliveryFrequency": "Often"})


def test_role_may_deliver_instead_of_the_service(emulator: Emulator, config: Any) -> None:
    make_bucket(emulator, "config-logs")
    put_recorder(config, make_role(emulator, "writer", SERVICE, "s3:PutObject", "sns:Publish"))
    put_channel(config, snsTopicARN=make_topic(emulator, "config"))


def test_channel_topic_and_key(emulator: Emulator, recorder: Any) -> None:
    make_bucket(emulator, "config-logs", SERVICE)
    with refused("InvalidSNSTopicARNException"):
        put_channel(recorder, snsTopicARN="topic")
    for topic in (f"arn:aws:sns:{REGION}:{ACCOUNT}:absent", make_topic(emulator, "closed")):
        with refused("InsufficientDeliveryPolicyException"):
            put_channel(recorder, snsTopicARN=topic)
    for key in ("key", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/absent"):
        with refused("InvalidS3KmsKeyArnException"):
            put_channel(recorder, s3KmsKeyArn=key)
    with refused("InsufficientDeliveryPolicyException"):
        put_channel(recorder, s3KmsKeyArn=make_key(emulator))
    topic, key = make_topic(emulator, "open", SERVICE), make_key(emulator, SERVICE)
    put_channel(recorder, snsTopicARN=topic, s3KmsKeyArn=key)
    channel = recorder.describe_delivery_channels()["DeliveryChannels"][0]
    assert (channel["snsTopicARN"], channel["s3KmsKeyArn"]) == (topic, key)


def test_rules(recorder: Any) -> None:
    recorder.put_config_rule(ConfigRule=RULE, Tags=[{"Key": "a", "Value": "1"}])
    rule = recorder.describe_config_rules()["ConfigRules"][0]
    assert RULE.items() <= rule.items()
    assert (rule["ConfigRuleState"], rule["EvaluationModes"]) == ("ACTIVE", [{"Mode": "DETECTIVE"}])
    changed = {**RULE, "Description": "d", "MaximumExecutionFrequency": "One_Hour"}
    recorder.put_config_rule(ConfigRule=changed, Tags=[{"Key": "a", "Value": "2"}])
    again = recorder.describe_config_rules(ConfigRuleNames=["mfa"])["ConfigRules"][0]
    assert changed.items() <= again.items()
    assert again["ConfigRuleArn"] == rule["ConfigRuleArn"]
    tags = recorder.list_tags_for_resource(ResourceArn=rule["ConfigRuleArn"])["Tags"]
    assert tags == [{"Key": "a", "Value": "1"}], "tags of a rule that exists are not changed by PutConfigRule"
    recorder.delete_config_rule(ConfigRuleName="mfa")
    assert recorder.describe_config_rules()["ConfigRules"] == []


def test_custom_policy_rule(recorder: Any) -> None:
    source = {
        "Owner": "CUSTOM_POLICY",
        "SourceDetails": [{"EventSource": "aws.config", "MessageType": "ConfigurationItemChangeNotification"}],
        "CustomPolicyDetails": {"PolicyRuntime": "guard-2.x.x", "PolicyText": "rule x { }"},
    }
    recorder.put_config_rule(ConfigRule={"ConfigRuleName": "guard", "Source": source})
    assert recorder.describe_config_rules()["ConfigRules"][0]["Source"] == source
    with refused("InvalidParameterValueException"):
        recorder.put_config_rule(ConfigRule={"ConfigRuleName": "guard", "Source": {"Owner": "CUSTOM_POLICY"}})


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"Source": {"Owner": "AWS", "SourceIdentifier": "NONSENSE"}}, "InvalidParameterValueException"),
        ({"Source": {"Owner": "Nobody", "SourceIdentifier": "X"}}, "ValidationException"),
        ({"InputParameters": "nonsense"}, "InvalidParameterValueException"),
        ({"InputParameters": '{"unknown": "1"}'}, "InvalidParameterValueException"),
        ({"MaximumExecutionFrequency": "Often"}, "ValidationException"),
        ({"ConfigRuleArn": "arn:aws:config:x"}, "InvalidParameterValueException"),
        ({"ConfigRuleName": "x" * 129}, "ValidationException"),
        ({"Source": {"Owner": "AWS", "SourceIdentifier": "ACCESS_KEYS_ROTATED"}}, "InvalidParameterValueException"),
    ],
)
def test_bad_rules(recorder: Any, changes: dict[str, Any], code: str) -> None:
    with refused(code):
        recorder.put_config_rule(ConfigRule={**RULE, **changes})
    assert recorder.describe_config_rules()["ConfigRules"] == []


def test_pages_of_rules(recorder: Any) -> None:
    for number in range(60):
        recorder.put_config_rule(ConfigRule={**RULE, "ConfigRuleName": f"rule-{number:02}"})
    sizes = [len(found["ConfigRules"]) for found in recorder.get_paginator("describe_config_rules").paginate()]
    assert sizes == [25, 25, 10]
    with refused("InvalidNextTokenException"):
        recorder.describe_config_rules(NextToken="nonsense")


def test_retention(config: Any) -> None:
    assert config.describe_retention_configurations()["RetentionConfigurations"] == []
    for days in (400, 2557):
        config.put_retention_configuration(RetentionPeriodInDays=days)
        row = {"Name": "default", "RetentionPeriodInDays": days}
        assert config.describe_retention_configurations()["RetentionConfigurations"] == [row]
    with refused("ValidationException"):
        config.put_retention_configuration(RetentionPeriodInDays=2558)
    config.delete_retention_configuration(RetentionConfigurationName="default")
    assert config.describe_retention_configurations()["RetentionConfigurations"] == []
