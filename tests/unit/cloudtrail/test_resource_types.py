# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The forms in which buckets, keys and trails are compared, and the calls that change them."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import cloudtrail, kms, s3
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Observed, Ref
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

SCOPE = Scope("123456789012", "eu-central-1")
KEY_ARN = "arn:aws:kms:eu-central-1:123456789012:key/11111111-2222-3333-4444-555555555555"


def options(spec: dict[str, t.Any], **values: t.Any) -> dict[str, t.Any]:
    validation = ArgumentSpecValidator(spec).validate(values)
    assert not validation.error_messages
    return validation.validated_parameters


def operations(calls: list[t.Any]) -> list[str]:
    return [call.operation for call in calls]


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (None, None),
        ("", ""),
        ("alias/aws/sns", "alias/aws/sns"),
        ("alias/audit", Ref("AWS::KMS::Key", "alias/audit")),
        (KEY_ARN, KEY_ARN),
        (KEY_ARN.rpartition("/")[2], KEY_ARN),
        (
            "arn:${AWS::Partition}:kms:${AWS::Region}:222222222222:alias/audit",
            Ref("AWS::KMS::Key", "arn:aws:kms:eu-central-1:222222222222:alias/audit"),
        ),
        (f"{KEY_ARN.partition(':key/')[0]}:alias/aws/s3", f"{KEY_ARN.partition(':key/')[0]}:alias/aws/s3"),
    ],
)
def test_a_key_is_named_in_many_ways(given: str | None, meant: t.Any) -> None:
    assert SCOPE.substitute(kms.reference("key", given)) == meant


def test_what_is_no_key_is_refused() -> None:
    with pytest.raises(OptionError, match=r"trail\.kms_key_id"):
        kms.reference("trail.kms_key_id", "audit")


def test_keys_that_are_referred_to_must_exist() -> None:
    ref = Ref(kms.Key.type, "alias/audit")
    group = Desired("AWS::Logs::LogGroup", "audit", {"kms_key_id": ref})
    bucket = Desired("AWS::S3::Bucket", "audit", {"encryption": {"kms_master_key_id": ref}}, region="us-east-1")
    key = Desired(kms.Key.type, "alias/audit")
    added = kms.with_referenced([group, bucket])[2:]
    assert [(item.key, item.state, item.region) for item in added] == [
        ("alias/audit", "existing", None),
        ("alias/audit", "existing", "us-east-1"),
    ]
    assert kms.with_referenced([group, key]) == [group, key]


def test_keys_of_another_account_are_expected() -> None:
    alias = "arn:aws:kms:eu-central-1:222222222222:alias/audit"
    group = Desired("AWS::Logs::LogGroup", "audit", {"kms_key_id": Ref(kms.Key.type, alias)})
    assert kms.with_referenced([group])[1:] == [Desired(kms.Key.type, alias, state="expected")]


@pytest.mark.parametrize(
    ("enabled", "wanted", "made"),
    [
        (False, True, ["EnableKey", "EnableKeyRotation"]),
        ("PendingDeletion", True, ["CancelKeyDeletion", "EnableKey", "EnableKeyRotation"]),
        (True, False, ["EnableKeyRotation", "DisableKey"]),
    ],
)
def test_a_key_is_usable_while_it_is_changed(enabled: t.Any, wanted: bool, made: list[str]) -> None:
    before = Observed({"enabled": enabled, "enable_key_rotation": False}, {"arn": KEY_ARN, "key_id": "k"})
    after = {"enabled": wanted, "enable_key_rotation": True}
    calls = kms.Key().update("alias/audit", before, after, {"enabled", "enable_key_rotation"}, SCOPE)
    assert operations(calls) == made


@pytest.mark.parametrize(
    ("state", "enabled", "rotation"),
    [
        ("Enabled", True, {"enable_key_rotation": False, "rotation_period_in_days": None}),
        ("Enabled", False, {"enable_key_rotation": False, "rotation_period_in_days": None}),
        ("Disabled", True, {"enable_key_rotation": False, "rotation_period_in_days": None}),
        # what AWS says is not what it is after the deletion is cancelled
        ("PendingDeletion", True, {"enable_key_rotation": None, "rotation_period_in_days": None}),
        # what cannot be changed is no difference
        ("PendingDeletion", False, {"enable_key_rotation": True, "rotation_period_in_days": 365}),
        ("Disabled", False, {"enable_key_rotation": True, "rotation_period_in_days": 365}),
    ],
)
def test_rotation_of_a_key_that_is_not_enabled(state: str, enabled: bool, rotation: dict[str, t.Any]) -> None:
    class Client:
        scope = SCOPE

        def call(self, operation: str, *_absent: t.Any, **_parameters: t.Any) -> dict[str, t.Any]:
            metadata = {"Arn": KEY_ARN, "KeyId": "k", "KeyState": state}
            return {"DescribeKey": {"KeyMetadata": metadata}, "GetKeyRotationStatus": {"KeyRotationEnabled": False}}[
                operation
            ]

        optional = call

    declared = {"enabled": enabled, "enable_key_rotation": True, "rotation_period_in_days": 365}
    observed = kms.Key().read(t.cast(t.Any, Client()), {"alias/audit": declared}, ())["alias/audit"].fields
    assert {name: observed[name] for name in rotation} == rotation


def test_a_new_bucket_is_not_told_what_it_has_anyway() -> None:
    declared = s3.bucket(
        options(
            s3.BUCKET_OPTIONS,
            name="audit",
            public_access_block={},
            encryption={"sse_algorithm": "AES256"},
            object_ownership="BucketOwnerEnforced",
            logging={},
            tags={},
        )
    )
    calls = s3.Bucket().create("audit", declared.fields, SCOPE)
    assert operations(calls) == ["CreateBucket"]
    assert calls[0].parameters["CreateBucketConfiguration"] == {"LocationConstraint": "eu-central-1"}


def test_every_change_of_a_bucket_names_its_owner() -> None:
    declared = s3.bucket(options(s3.BUCKET_OPTIONS, name="audit", versioning="Enabled", tags={"a": 1}))
    calls = s3.Bucket().update("audit", Observed({}), declared.fields, set(declared.fields), SCOPE)
    assert operations(calls) == ["PutBucketVersioning", "PutBucketTagging"]
    assert {call.parameters["ExpectedBucketOwner"] for call in calls} == {"123456789012"}
    assert calls[1].parameters["Tagging"] == {"TagSet": [{"Key": "a", "Value": "1"}]}


def test_lifecycle_rules_come_back_as_they_went() -> None:
    rule = {
        "id": "Keep",
        "prefix": "AWSLogs/",
        "transitions": [{"days": 90, "storage_class": "GLACIER"}, {"days": 0, "storage_class": "INTELLIGENT_TIERING"}],
        "expiration": {"days": 2555},
        "noncurrent_version_expiration": {"noncurrent_days": 30, "newer_noncurrent_versions": 2},
        "noncurrent_version_transitions": [{"noncurrent_days": 0, "storage_class": "GLACIER_IR"}],
        "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
    }
    declared = s3.bucket(options(s3.BUCKET_OPTIONS, name="audit", lifecycle_rules=[rule])).fields["lifecycle_rules"]
    sent = s3._aws_rule(declared[0])
    assert sent["Transitions"][0] == {"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}
    assert s3.Bucket().same("lifecycle_rules", [s3._observed_rule(sent)], declared)
    by_tag = {**sent, "Filter": {"Prefix": "AWSLogs/", "Tag": {"Key": "a", "Value": "b"}}}
    assert not s3.Bucket().same("lifecycle_rules", [s3._observed_rule(by_tag)], declared)


def test_selectors_are_compared_without_order_and_emptiness() -> None:
    declared = cloudtrail.clean(
        [{"field_selectors": [{"field": "eventName", "equals": ["b", "a"], "starts_with": None}], "name": ""}]
    )
    assert declared == [{"field_selectors": [{"equals": ["a", "b"], "field": "eventName"}]}]


@pytest.mark.parametrize("name", ["event_selectors", "advanced_event_selectors"])
def test_no_selectors_mean_all_management_events(name: str) -> None:
    declared = cloudtrail.trail(options(cloudtrail.TRAIL_OPTIONS, name="audit", s3_bucket_name="audit", **{name: []}))
    assert declared.fields["event_selectors"] == cloudtrail.DEFAULT_EVENT_SELECTORS
    assert operations(cloudtrail.Trail().create("audit", declared.fields, SCOPE)) == ["CreateTrail", "StartLogging"]


def test_log_group_and_role_of_a_trail_are_set_together() -> None:
    before = Observed({"cloud_watch_logs_log_group_arn": "old", "cloud_watch_logs_role_arn": "role"}, {"arn": "trail"})
    after = {"cloud_watch_logs_log_group_arn": "new", "cloud_watch_logs_role_arn": "role"}
    (call,) = cloudtrail.Trail().update("audit", before, after, {"cloud_watch_logs_log_group_arn"}, SCOPE)
    assert call.parameters == {
        "Name": "trail",
        "CloudWatchLogsLogGroupArn": "new",
        "CloudWatchLogsRoleArn": "role",
    }
