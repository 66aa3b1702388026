# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the trail's module refuses, takes over and reports, and what the role's policies let whom do."""

from __future__ import annotations

import copy
import json
import typing as t

import pytest

from tests.emulator import policies
from tests.emulator.client import Emulator
from tests.integration.cases.cloudtrail import ALIAS, BUCKET, BUCKET_STATEMENTS, TRAIL, TYPICAL, document
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.playbook import ansible_playbook
from tests.support.run import converge

OTHER_ACCOUNT = "222222222222"
TRAIL_ARN = f"arn:aws:cloudtrail:{HOME_REGION}:{ACCOUNT_ID}:trail/{TRAIL}"
EXISTING = {"trail": {"name": TRAIL, "state": "existing"}}

pytestmark = pytest.mark.usefixtures("no_aws_environment")


def edited(*path: str | int, value: t.Any) -> dict[str, t.Any]:
    """The typical options with one value, at the end of I(path), replaced."""
    options = copy.deepcopy(TYPICAL)
    place: t.Any = options
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return options


def succeeded(result: dict[str, t.Any]) -> dict[str, t.Any]:
    assert not result.get("failed"), result["msg"]
    return result


def operations(result: dict[str, t.Any]) -> list[str]:
    return [operation for change in result["changes"] for operation in change["operations"]]


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [
        (("log_group", "retention_in_days"), 42, "log_group.retention_in_days: 42"),
        (("log_group", "name"), "with blank", "log_group.name"),
        (("bucket", "name"), "Upper", "bucket.name"),
        (("bucket", "name"), "192.168.0.1", "bucket.name"),
        (("bucket", "policy"), {"Version": "2012-10-17", "Statement": []}, "bucket.policy"),
        (("bucket", "policy"), document({**BUCKET_STATEMENTS[0], "Sid": " blank"}), "Sid"),
        (("bucket", "encryption"), {"sse_algorithm": "AES256", "kms_master_key_id": ALIAS}, "kms_master_key_id"),
        (("bucket", "encryption", "kms_master_key_id"), "cloudtrail", "bucket.encryption.kms_master_key_id"),
        (("bucket", "lifecycle_rules"), [{"id": "nothing"}], "bucket.lifecycle_rules[0]"),
        (("bucket", "lifecycle_rules"), [{"id": "a", "expiration": {"days": 0}}], "expiration.days: 0"),
        (
            ("bucket", "lifecycle_rules", 0, "transitions"),
            [{"days": 7, "storage_class": "STANDARD_IA"}],
            "STANDARD_IA",
        ),
        (
            ("bucket", "lifecycle_rules", 0, "transitions"),
            [{"days": 2555, "storage_class": "GLACIER"}],
            "less than 2555",
        ),
        (("key", "name"), "alias/aws/s3", "key.name"),
        (("key", "policy"), {}, "key.policy"),
        (("key", "rotation_period_in_days"), 30, "90 to 2560"),
        (("role", "assume_role_policy"), {}, "assume_role_policy"),
        (("topic", "policy"), {"Version": "2012-10-17"}, "topic.policy"),
        (("queue", "message_retention_period"), 5, "queue.message_retention_period"),
        (("trail", "name"), "a--b", "trail.name"),
        (("trail", "s3_key_prefix"), "logs/", "trail.s3_key_prefix"),
        (("trail", "sns_topic_name"), "no topic", "trail.sns_topic_name"),
        (("trail", "include_global_service_events"), False, "trail.include_global_service_events"),
        (("trail", "cloud_watch_logs_role_arn"), "", "cloud_watch_logs_role_arn"),
        (("trail", "event_selectors"), [{}], "trail.event_selectors"),
        (("bucket",), None, "trail.s3_bucket_name"),
    ],
)
def test_bad_input_is_refused_before_the_first_call(
    emulator: Emulator, path: tuple[str | int, ...], value: t.Any, named: str
) -> None:
    result = converge(emulator, "cloudtrail", edited(*path, value=value))
    assert result["failed"] and named in result["msg"], result["msg"]
    assert not emulator.calls()


def test_check_mode_knows_what_a_run_returns(emulator: Emulator) -> None:
    returned = {
        "trail_arn": TRAIL_ARN,
        "s3_bucket_name": BUCKET,
        "kms_key_alias": ALIAS,
        "log_group_name": TYPICAL["log_group"]["name"],
        "role_arn": f"arn:aws:iam::{ACCOUNT_ID}:role/audit/audit-writer",
        "topic_arn": f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:audit-files",
        "queue_arn": f"arn:aws:sqs:{HOME_REGION}:{ACCOUNT_ID}:audit-queue",
    }
    for check_mode in (True, False):
        result = succeeded(converge(emulator, "cloudtrail", TYPICAL, check_mode=check_mode))
        assert {name: result[name] for name in returned} == returned
    trail = emulator.client("cloudtrail", HOME_REGION).get_trail(Name=TRAIL)["Trail"]
    key = emulator.client("kms", HOME_REGION).describe_key(KeyId=ALIAS)["KeyMetadata"]
    assert trail["TrailARN"] == returned["trail_arn"]
    assert trail["KmsKeyId"] == key["Arn"]
    assert trail["CloudWatchLogsRoleArn"] == returned["role_arn"]
    assert trail["SnsTopicARN"] == returned["topic_arn"]


def test_unchanged_run_reads_little(emulator: Emulator) -> None:
    options = edited("trail", value={"name": TRAIL})
    del options["key"]["tags"], options["bucket"]["tags"], options["log_group"]["tags"]
    succeeded(converge(emulator, "cloudtrail", options))
    emulator.clear_calls()
    succeeded(converge(emulator, "cloudtrail", options))
    reads = [f"{call.service}:{call.operation}" for call in emulator.calls()]
    assert sorted(reads) == [
        "cloudtrail:DescribeTrails",
        "cloudtrail:GetTrailStatus",
        "iam:GetAccountAuthorizationDetails",
        "kms:DescribeKey",
        "kms:GetKeyPolicy",
        "kms:GetKeyRotationStatus",
        "logs:DescribeLogGroups",
        "s3:GetBucketEncryption",
        "s3:GetBucketLifecycleConfiguration",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketVersioning",
        "s3:GetPublicAccessBlock",
        "s3:HeadBucket",
        "sns:GetTopicAttributes",
        "sns:ListSubscriptionsByTopic",
        "sqs:GetQueueAttributes",
        "sqs:GetQueueUrl",
        "sts:GetCallerIdentity",
    ]


def test_what_is_not_given_is_left_alone(emulator: Emulator) -> None:
    """S000-05: parts that are there already are used, and what another team set stays."""
    succeeded(converge(emulator, "cloudtrail", TYPICAL))
    result = succeeded(converge(emulator, "cloudtrail", {"trail": {"name": TRAIL, "s3_bucket_name": BUCKET}}))
    assert result["changes"] == []
    result = succeeded(
        converge(emulator, "cloudtrail", {"trail": {"name": TRAIL, "s3_bucket_name": BUCKET, "sns_topic_name": ""}})
    )
    assert operations(result) == ["cloudtrail:UpdateTrail"]
    trail = emulator.client("cloudtrail", HOME_REGION).get_trail(Name=TRAIL)["Trail"]
    assert "SnsTopicARN" not in trail and trail["KmsKeyId"] and trail["CloudWatchLogsLogGroupArn"]


def test_alias_that_is_declared_elsewhere_must_exist(emulator: Emulator) -> None:
    options = {"log_group": {"name": "audit", "kms_key_id": ALIAS}}
    result = converge(emulator, "cloudtrail", options)
    assert [error["code"] for error in result["errors"]] == ["NotAsRequired", "PrerequisiteFailed"]
    assert not emulator.writes()
    succeeded(converge(emulator, "cloudtrail", {"key": TYPICAL["key"]}))
    assert operations(succeeded(converge(emulator, "cloudtrail", options))) == ["logs:CreateLogGroup"]


def test_bucket_of_another_account_stops_the_trail_only(emulator: Emulator) -> None:
    emulator.client("s3", HOME_REGION, OTHER_ACCOUNT).create_bucket(
        Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": HOME_REGION}
    )
    for check_mode in (True, False):
        result = converge(emulator, "cloudtrail", TYPICAL, check_mode=check_mode)
        errors = {error["type"]: error for error in result["errors"]}
        assert errors.keys() == {"AWS::S3::Bucket", "AWS::CloudTrail::Trail"}
        assert "belongs to another account" in errors["AWS::S3::Bucket"]["message"]
        assert errors["AWS::S3::Bucket"]["permission"] == "s3:ListBucket"
        assert errors["AWS::CloudTrail::Trail"]["code"] == "PrerequisiteFailed"
        assert {change["type"] for change in result["changes"]} >= {"AWS::KMS::Key", "AWS::Logs::LogGroup"}
    assert not emulator.writes(service="s3", account=ACCOUNT_ID)


def test_bucket_in_another_region_is_named(emulator: Emulator) -> None:
    emulator.client("s3", "us-east-1").create_bucket(Bucket=BUCKET)
    result = converge(emulator, "cloudtrail", {"bucket": TYPICAL["bucket"], "key": TYPICAL["key"]})
    assert [error["code"] for error in result["errors"]] == ["WrongRegion"]
    assert "us-east-1" in result["msg"]


def test_bucket_in_the_first_region(emulator: Emulator) -> None:
    bucket = {"name": BUCKET, "versioning": "Enabled"}
    succeeded(converge(emulator, "cloudtrail", {"bucket": bucket}, region="us-east-1"))
    location = emulator.client("s3", "us-east-1").get_bucket_location(Bucket=BUCKET)
    assert location["LocationConstraint"] is None


def test_alias_of_a_key_for_something_else_is_refused(emulator: Emulator) -> None:
    kms = emulator.client("kms", HOME_REGION)
    key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
    kms.create_alias(AliasName=ALIAS, TargetKeyId=key["KeyId"])
    emulator.clear_calls()
    result = converge(emulator, "cloudtrail", {"key": TYPICAL["key"]})
    assert [error["code"] for error in result["errors"]] == ["WrongKindOfKey"]
    assert key["Arn"] in result["msg"]
    assert not emulator.writes()


def test_missing_permission_is_named_and_the_rest_is_done(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "s3:PutBucketLifecycleConfiguration"}])
    result = converge(emulator, "cloudtrail", TYPICAL)
    errors = {error["type"]: error for error in result["errors"]}
    assert errors["AWS::S3::Bucket"]["permission"] == "s3:PutLifecycleConfiguration"
    assert errors["AWS::CloudTrail::Trail"]["code"] == "PrerequisiteFailed"
    assert "s3:PutBucketPolicy" in operations(result)
    emulator.settings(denials=[])
    assert "cloudtrail:CreateTrail" in operations(succeeded(converge(emulator, "cloudtrail", TYPICAL)))


def test_existing_trail_is_verified_and_never_changed(emulator: Emulator) -> None:
    result = converge(emulator, "cloudtrail", EXISTING)
    assert [error["code"] for error in result["errors"]] == ["NotAsRequired"]

    succeeded(converge(emulator, "cloudtrail", TYPICAL))
    emulator.clear_calls()
    result = succeeded(converge(emulator, "cloudtrail", EXISTING))
    assert result["trail_arn"] == TRAIL_ARN and not result["changed"]

    cloudtrail = emulator.client("cloudtrail", HOME_REGION)
    cloudtrail.stop_logging(Name=TRAIL)
    cloudtrail.update_trail(Name=TRAIL, EnableLogFileValidation=False)
    emulator.clear_calls()
    result = converge(emulator, "cloudtrail", EXISTING)
    assert "is_logging" in result["msg"] and "enable_log_file_validation" in result["msg"]
    assert not emulator.writes()


def test_existing_trail_may_have_its_home_elsewhere(emulator: Emulator) -> None:
    succeeded(converge(emulator, "cloudtrail", TYPICAL))
    result = succeeded(converge(emulator, "cloudtrail", EXISTING, region="eu-west-1"))
    assert result["trail_arn"] == TRAIL_ARN


def test_existing_trail_may_be_the_organization_s(emulator: Emulator) -> None:
    """S001-23: members see the organization's trail under the management account's ARN."""
    organizations = emulator.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    member = organizations.create_account(Email="member@example.com", AccountName="member")
    member_id = member["CreateAccountStatus"]["AccountId"]
    organization_id = organizations.describe_organization()["Organization"]["Id"]
    options = edited("trail", "is_organization_trail", value=True)
    folders = options["bucket"]["policy"]["Statement"][1]["Resource"]
    folders.append(f"arn:aws:s3:::{BUCKET}/AWSLogs/{organization_id}/*")
    succeeded(converge(emulator, "cloudtrail", options))

    credentials = emulator.environment(account_id=member_id)
    connection = {
        "access_key": credentials["AWS_ACCESS_KEY_ID"],
        "secret_key": credentials["AWS_SECRET_ACCESS_KEY"],
    }
    emulator.clear_calls()
    result = succeeded(converge(emulator, "cloudtrail", EXISTING, **connection))
    assert result["account_id"] == member_id and result["trail_arn"] == TRAIL_ARN
    assert not emulator.writes()


def test_deleting_a_trail_keeps_what_it_wrote(emulator: Emulator) -> None:
    succeeded(converge(emulator, "cloudtrail", TYPICAL))
    result = succeeded(converge(emulator, "cloudtrail", {"trail": {"name": TRAIL, "state": "absent"}}))
    assert operations(result) == ["cloudtrail:DeleteTrail"]
    assert emulator.client("s3", HOME_REGION).head_bucket(Bucket=BUCKET)


def test_role_gives_each_service_what_it_needs_and_no_more(emulator: Emulator) -> None:
    """R18-03, S003-31, S001-14, S001-17, R16-26, R16-27; T-03, T-04."""
    run = ansible_playbook(
        emulator,
        "baseline.yml",
        "inventories/demo",
        "--tags",
        "cloudtrail",
        variables={
            "cloudtrail_trail_name": TRAIL,
            "cloudtrail_bucket_name": BUCKET,
            "cloudtrail_queue": True,
            "cloudtrail_s3_key_prefix": "logs",
            "cloudtrail_data_events": "s3_write",
        },
    )
    assert run.returncode == 0, run.messages()
    trail = {"aws:SourceArn": TRAIL_ARN, "aws:SourceAccount": ACCOUNT_ID}
    stranger = {"aws:SourceArn": f"arn:aws:cloudtrail:{HOME_REGION}:{OTHER_ACCOUNT}:trail/{TRAIL}"}

    s3 = emulator.client("s3", HOME_REGION)
    bucket_policy = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])
    key = emulator.client("kms", HOME_REGION).describe_key(KeyId="alias/CloudTrailEncKey")["KeyMetadata"]

    def may_put(key_name: str = f"logs/AWSLogs/{ACCOUNT_ID}/CloudTrail/x.json.gz", **headers: str) -> bool:
        context = {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SecureTransport": "true", **trail}
        context |= {f"s3:x-amz-server-side-encryption{name}": value for name, value in headers.items()}
        resource = f"arn:aws:s3:::{BUCKET}/{key_name}"
        return policies.allows(bucket_policy, "cloudtrail.amazonaws.com", "s3:PutObject", resource, context)

    algorithm, key_header, customer = "", "-aws-kms-key-id", "-customer-algorithm"
    assert may_put()
    assert may_put(**{algorithm: "AES256"})
    assert may_put(**{algorithm: "aws:kms", key_header: key["Arn"]})
    assert not may_put(**{algorithm: "aws:kms", key_header: key["Arn"].replace(ACCOUNT_ID, OTHER_ACCOUNT)})
    assert not may_put(**{algorithm: "aws:fsx"})
    assert not may_put(**{customer: "AES256"})
    assert not may_put(f"logs/AWSLogs/{OTHER_ACCOUNT}/CloudTrail/x.json.gz")
    assert not may_put("AWSLogs/x.json.gz")
    assert not policies.allows(
        bucket_policy,
        "cloudtrail.amazonaws.com",
        "s3:PutObject",
        f"arn:aws:s3:::{BUCKET}/logs/AWSLogs/{ACCOUNT_ID}/x",
        {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SecureTransport": "true", **stranger},
    )

    key_policy = json.loads(
        emulator.client("kms", HOME_REGION).get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    )

    def may_use(principal: str, action: str, **context: str) -> bool:
        return policies.allows(key_policy, principal, action, key["Arn"], context)

    encryption = {"kms:EncryptionContext:aws:cloudtrail:arn": TRAIL_ARN}
    assert may_use("cloudtrail.amazonaws.com", "kms:GenerateDataKey", **trail, **encryption)
    assert may_use("cloudtrail.amazonaws.com", "kms:DescribeKey", **trail)
    assert not may_use("cloudtrail.amazonaws.com", "kms:GenerateDataKey", **stranger, **encryption)
    assert not may_use("cloudtrail.amazonaws.com", "kms:Decrypt", **trail, **encryption)
    for bucket, allowed in ((BUCKET, True), (f"{BUCKET}-other", False)):
        by_default = {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}/digest.json.gz"}
        assert may_use("cloudtrail.amazonaws.com", "kms:GenerateDataKey", **trail, **by_default) is allowed
    log_group = f"arn:aws:logs:{HOME_REGION}:{ACCOUNT_ID}:log-group:/aws/cloudtrail/baseline"
    logs = f"logs.{HOME_REGION}.amazonaws.com"
    assert may_use(logs, "kms:GenerateDataKey", **{"kms:EncryptionContext:aws:logs:arn": log_group})
    assert not may_use(logs, "kms:Decrypt", **{"kms:EncryptionContext:aws:logs:arn": log_group + "-other"})
    reader = f"arn:aws:iam::{ACCOUNT_ID}:role/reader"
    assert may_use(reader, "kms:Decrypt", **{"kms:CallerAccount": ACCOUNT_ID}, **encryption)
    visitor = f"arn:aws:iam::{OTHER_ACCOUNT}:role/reader"
    assert not may_use(visitor, "kms:Decrypt", **{"kms:CallerAccount": OTHER_ACCOUNT}, **encryption)

    topic_arn = f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:CloudTrail-Notification"
    topic = emulator.client("sns", HOME_REGION).get_topic_attributes(TopicArn=topic_arn)["Attributes"]
    for context, allowed in ((trail, True), (stranger, False)):
        principal = "cloudtrail.amazonaws.com"
        secure = {**context, "aws:SecureTransport": "true"}
        assert policies.allows(topic["Policy"], principal, "sns:Publish", topic_arn, secure) is allowed
    sqs = emulator.client("sqs", HOME_REGION)
    queue = sqs.get_queue_attributes(
        QueueUrl=sqs.get_queue_url(QueueName="CloudTrailQueue")["QueueUrl"], AttributeNames=["All"]
    )["Attributes"]
    for source, allowed in ((topic_arn, True), (topic_arn + "x", False)):
        context = {"aws:SourceArn": source, "aws:SecureTransport": "true"}
        principal = "sns.amazonaws.com"
        assert policies.allows(queue["Policy"], principal, "sqs:SendMessage", queue["QueueArn"], context) is allowed

    selectors = emulator.client("cloudtrail", HOME_REGION).get_event_selectors(TrailName=TRAIL)
    fields = {selector["Name"]: selector["FieldSelectors"] for selector in selectors["AdvancedEventSelectors"]}
    own_bucket = {"Field": "resources.ARN", "NotStartsWith": [f"arn:aws:s3:::{BUCKET}/"]}
    assert own_bucket in fields["Writes to S3 objects"]
    assert fields["Management events"] == [{"Field": "eventCategory", "Equals": ["Management"]}]


def test_role_lets_the_organization_s_trail_write_for_all_accounts(emulator: Emulator) -> None:
    """S001-13, S001-17: own account and organization, in the bucket and in the log group."""
    organizations = emulator.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    organization_id = organizations.describe_organization()["Organization"]["Id"]
    variables = {"cloudtrail_is_organization_trail": True, "cloudtrail_bucket_name": BUCKET}

    arguments = (emulator, "baseline.yml", "inventories/demo", "--tags", "cloudtrail")
    refused = ansible_playbook(*arguments, variables=variables)
    assert refused.returncode != 0 and "cloudtrail_organization_id" in refused.messages()
    assert not emulator.writes(service="cloudtrail")

    organization = {
        "aws_baseline_organization_id": organization_id,
        "aws_baseline_management_account_id": ACCOUNT_ID,
    }
    run = ansible_playbook(*arguments, variables=variables | organization)
    assert run.returncode == 0, run.messages()
    policy = json.loads(emulator.client("s3", HOME_REGION).get_bucket_policy(Bucket=BUCKET)["Policy"])
    folders = policy["Statement"][1]["Resource"]
    assert folders == [f"arn:aws:s3:::{BUCKET}/AWSLogs/{folder}/*" for folder in (ACCOUNT_ID, organization_id)]
    role = emulator.client("iam").get_role_policy(RoleName="demo-cloudtrail", PolicyName="write-cloudtrail-log-group")
    streams = [arn.split(":")[-1] for arn in role["PolicyDocument"]["Statement"][0]["Resource"]]
    assert streams == [f"{ACCOUNT_ID}_CloudTrail_{HOME_REGION}*", f"{organization_id}_*"]


@pytest.mark.parametrize(("mode", "failed"), [("existing", True), ("skip", False)])
def test_role_creates_nothing_unless_it_manages(emulator: Emulator, mode: str, failed: bool) -> None:
    run = ansible_playbook(
        emulator, "baseline.yml", "inventories/demo", "--tags", "cloudtrail", variables={"cloudtrail_mode": mode}
    )
    assert (run.returncode != 0) is failed
    assert not emulator.writes()


@pytest.mark.parametrize("check_mode", [True, False], ids=["check", "run"])
def test_an_existing_log_group_must_be_there(emulator: Emulator, check_mode: bool) -> None:
    """What is to be hung on it would be planned in vain."""
    result = converge(emulator, "cloudtrail", {"log_group": {"name": "/their/log", "state": "existing"}}, check_mode)
    assert result["failed"]
    assert [error["code"] for error in result["errors"]] == ["NotAsRequired"]
    assert "/their/log: must exist, but does not" in result["msg"]
    emulator.client("logs", HOME_REGION).create_log_group(logGroupName="/their/log")
    emulator.clear_calls()
    result = converge(emulator, "cloudtrail", {"log_group": {"name": "/their/log", "state": "existing"}}, check_mode)
    assert not result.get("failed") and not result["changed"]
    assert not emulator.writes()
