# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles cloudtrail and alarms on the accounts of an organization: one trail, one archive, one set of alarms."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.emulator import policies
from tests.emulator.client import Emulator
from tests.integration.cases.cloudtrail import trust_cloudtrail
from tests.support.cases import HOME_REGION
from tests.support.log import planned_writes, writes
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, NAMES, ORGANIZATION_ID, SECURITY, organization
from tests.support.playbook import ROOT, Run, ansible_playbook

GROUPS = {MANAGEMENT: "management", LOG_ARCHIVE: "log_archive", SECURITY: "security"}
ACCOUNTS = (MANAGEMENT, LOG_ARCHIVE, SECURITY, MEMBERS[0])
MEMBER = MEMBERS[0]
COMMON = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "aws_baseline_assume_role_arn": "arn:aws:iam::{{ account_id }}:role/OrganizationAccountAccessRole",
    "aws_baseline_home_region": HOME_REGION,
    "aws_baseline_name_prefix": "acme",
    "aws_baseline_organization_id": ORGANIZATION_ID,
    "aws_baseline_management_account_id": MANAGEMENT,
    "aws_baseline_log_archive_account_id": LOG_ARCHIVE,
    "aws_baseline_security_account_id": SECURITY,
}
ROLE = {"import_role": {"name": "secops.aws_baseline.cloudtrail"}}
DEFAULTS = {
    "group/secops.aws_baseline.baseline": {
        "account_id": "{{ account_id }}",
        "region": "{{ aws_baseline_home_region }}",
        "assume_role_arn": "{{ aws_baseline_assume_role_arn }}",
    }
}
TRAIL = "acme"
TRAIL_ARN = f"arn:aws:cloudtrail:{HOME_REGION}:{MANAGEMENT}:trail/{TRAIL}"
BUCKET = f"acme-cloudtrail-{LOG_ARCHIVE}"
LOG_GROUP = "/aws/cloudtrail/baseline"
CLOUDTRAIL = "cloudtrail.amazonaws.com"


class Accounts:
    """The accounts of the organization, and the part of the baseline that is tested here."""

    def __init__(self, emulator: Emulator, place: Path) -> None:
        self.emulator = emulator
        self.playbook = place / "play.yml"
        self.inventory = place / "hosts.yml"
        hosts: dict[str, t.Any] = {}
        for account in ACCOUNTS:
            group = hosts.setdefault(GROUPS.get(account, "workload"), {"hosts": {}})
            group["hosts"][NAMES[account]] = {"account_id": account}
        hosts["management"]["vars"] = {"aws_baseline_assume_role_arn": ""}
        self.inventory.write_text(yaml.safe_dump({"aws_accounts": {"vars": COMMON, "children": hosts}}))
        archive = {"import_role": {**ROLE["import_role"], "tasks_from": "archive"}}
        alarms = {"import_role": {"name": "secops.aws_baseline.alarms"}}
        plays = [("log_archive", [archive]), ("aws_accounts", [ROLE, alarms])]
        self.playbook.write_text(
            yaml.safe_dump(
                [
                    {"hosts": name, "gather_facts": False, "module_defaults": DEFAULTS, "tasks": tasks}
                    for name, tasks in plays
                ]
            )
        )

    def run(self, *arguments: str, **variables: t.Any) -> Run:
        """One run; it may fail."""
        self.emulator.clear_calls()
        return ansible_playbook(
            self.emulator,
            self.playbook,
            self.inventory,
            *arguments,
            variables={"alarms_infosec_emails": ["infosec@acme.example"], **variables},
            extra_environment=self.emulator.environment(MANAGEMENT, HOME_REGION),
        )

    def converge(self, *arguments: str, **variables: t.Any) -> Run:
        """Plan, run and run again; the run that changed something."""
        plan = succeeded(self.run("--check", *arguments, **variables))
        assert not self.emulator.writes(), "check mode writes"
        run = succeeded(self.run(*arguments, **variables))
        assert outline(run) == outline(plan), "check mode plans something else than a run does"
        assert planned_writes(run.changes()) == writes(self.emulator)
        again = succeeded(self.run(*arguments, **variables))
        assert again.changes() == [] and not self.emulator.writes(), "the second run changes something"
        return run

    def client(self, service: str, account: str) -> t.Any:
        return self.emulator.client(service, HOME_REGION, account)

    def trails(self, account: str) -> list[dict[str, t.Any]]:
        """The account's own, and the organization's."""
        return list(self.client("cloudtrail", account).describe_trails()["trailList"])

    def bucket_policy(self) -> dict[str, t.Any]:
        return dict(json.loads(self.client("s3", LOG_ARCHIVE).get_bucket_policy(Bucket=BUCKET)["Policy"]))

    def key(self) -> dict[str, t.Any]:
        kms = self.client("kms", LOG_ARCHIVE)
        metadata = dict(kms.describe_key(KeyId="alias/CloudTrailEncKey")["KeyMetadata"])
        policy = json.loads(kms.get_key_policy(KeyId=metadata["KeyId"], PolicyName="default")["Policy"])
        return metadata | {"Policy": policy}

    def may_put(self, trail: str, folder: str) -> bool:
        """Whether CloudTrail may write for a trail into a folder below AWSLogs."""
        context = {
            "aws:SourceArn": trail,
            "aws:SecureTransport": "true",
            "s3:x-amz-acl": "bucket-owner-full-control",
        }
        resource = f"arn:aws:s3:::{BUCKET}/AWSLogs/{folder}/CloudTrail/x.json.gz"
        return policies.allows(self.bucket_policy(), CLOUDTRAIL, "s3:PutObject", resource, context)


def outline(run: Run) -> list[tuple[t.Any, ...]]:
    """What is done where. The key of another account's alias has no ARN in a plan yet."""
    parts = ("account_id", "action", "type", "key", "operations")
    return [tuple(change[part] for part in parts) for change in run.changes()]


def succeeded(run: Run) -> Run:
    assert run.returncode == 0, run.messages() or run.stdout[-3000:] + run.stderr[-3000:]
    return run


@pytest.fixture
def accounts(emulator: Emulator, tmp_path: Path) -> Accounts:
    """An organization that trusts CloudTrail, with the security account as its delegated administrator."""
    organization(emulator)
    trust_cloudtrail(emulator)
    return Accounts(emulator, tmp_path)


def arn_of(account: str) -> str:
    return TRAIL_ARN.replace(MANAGEMENT, account)


def test_one_trail_for_all_accounts_and_one_archive(accounts: Accounts) -> None:
    """What the trail, its bucket, log group and role are, and who may write.

    S001-02, S001-06, S001-07, S001-08, S001-09, S001-10, S001-11, S001-12, S001-13, S001-14, S001-15, S001-16, S001-17,
    S001-18, S001-19, S001-20, S001-23, S001-24, S001-60, T-08.
    """
    run = accounts.converge()
    assert {change["account_id"] for change in run.changes()} == {MANAGEMENT, LOG_ARCHIVE}
    for account in ACCOUNTS:
        (trail,) = accounts.trails(account)
        assert trail["TrailARN"] == TRAIL_ARN
    key, s3 = accounts.key(), accounts.client("s3", LOG_ARCHIVE)
    settings = {
        "S3BucketName": BUCKET,
        "KmsKeyId": key["Arn"],
        "IsOrganizationTrail": True,
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False,
        "CloudWatchLogsLogGroupArn": f"arn:aws:logs:{HOME_REGION}:{MANAGEMENT}:log-group:{LOG_GROUP}:*",
    }
    assert settings.items() <= trail.items()
    assert accounts.client("cloudtrail", MANAGEMENT).get_trail_status(Name=TRAIL)["IsLogging"]

    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    assert s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]["Expiration"]["Days"] == 2555
    default = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert default["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key["Arn"]
    (group,) = accounts.client("logs", MANAGEMENT).describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"]
    assert group["retentionInDays"] == 365
    assert group["kmsKeyId"].split(":")[4] == MANAGEMENT

    assert accounts.may_put(TRAIL_ARN, ORGANIZATION_ID) and accounts.may_put(TRAIL_ARN, MANAGEMENT)
    assert not accounts.may_put(TRAIL_ARN, MEMBER)
    assert not accounts.may_put(arn_of(MEMBER), ORGANIZATION_ID)
    assert not accounts.may_put(TRAIL_ARN + "-other", ORGANIZATION_ID)

    role = accounts.client("iam", MANAGEMENT).get_role_policy(
        RoleName="acme-cloudtrail", PolicyName="write-cloudtrail-log-group"
    )
    (statement,) = role["PolicyDocument"]["Statement"]
    prefix = settings["CloudWatchLogsLogGroupArn"].replace(":*", ":log-stream:")
    assert statement["Resource"] == [
        f"{prefix}{MANAGEMENT}_CloudTrail_{HOME_REGION}*",
        f"{prefix}{ORGANIZATION_ID}_*",
    ]


def test_key_of_the_archive_serves_the_trail_and_readers_only(accounts: Accounts) -> None:
    """S001-24."""
    succeeded(accounts.run("--tags", "cloudtrail", cloudtrail_reader_account_ids=[SECURITY]))
    key = accounts.key()

    def may(principal: str, action: str, **context: str) -> bool:
        return policies.allows(key["Policy"], principal, action, key["Arn"], context)

    def reads(account: str) -> bool:
        context = {"kms:CallerAccount": account, "kms:EncryptionContext:aws:cloudtrail:arn": TRAIL_ARN}
        return may(f"arn:aws:iam::{account}:role/reader", "kms:Decrypt", **context)

    def encrypts(trail: str) -> bool:
        context = {"aws:SourceArn": trail, "kms:EncryptionContext:aws:cloudtrail:arn": trail}
        return may(CLOUDTRAIL, "kms:GenerateDataKey", **context)

    assert encrypts(TRAIL_ARN) and not encrypts(arn_of(MEMBER))
    assert [reads(account) for account in (LOG_ARCHIVE, SECURITY, MANAGEMENT, MEMBER)] == [True, True, False, False]
    for organization_id, allowed in ((ORGANIZATION_ID, True), ("o-elsewhere00", False)):
        manager = f"arn:aws:iam::{MANAGEMENT}:role/baseline"
        assert may(manager, "kms:DescribeKey", **{"aws:PrincipalOrgID": organization_id}) is allowed
        assert not may(manager, "kms:Encrypt", **{"aws:PrincipalOrgID": organization_id})

    def fetches(account: str, organization_id: str) -> bool:
        resource = f"arn:aws:s3:::{BUCKET}/AWSLogs/{ORGANIZATION_ID}/x"
        context = {"aws:PrincipalOrgID": organization_id, "aws:SecureTransport": "true"}
        principal = f"arn:aws:iam::{account}:role/reader"
        return policies.allows(accounts.bucket_policy(), principal, "s3:GetObject", resource, context)

    assert fetches(SECURITY, ORGANIZATION_ID)
    assert not fetches(SECURITY, "o-elsewhere00") and not fetches(MEMBER, ORGANIZATION_ID)


def test_delegated_administrator_manages_the_trail(accounts: Accounts) -> None:
    """Log group, role and alarms are where the trail is managed; the trail belongs to the management account."""
    run = succeeded(accounts.run(cloudtrail_trail_account_id=SECURITY))
    assert {change["account_id"] for change in run.changes()} == {SECURITY, LOG_ARCHIVE}
    (trail,) = accounts.trails(MANAGEMENT)
    assert trail["TrailARN"] == TRAIL_ARN
    assert trail["CloudWatchLogsLogGroupArn"].split(":")[4] == SECURITY
    assert accounts.client("cloudwatch", SECURITY).describe_alarms()["MetricAlarms"]
    assert not accounts.client("cloudwatch", MANAGEMENT).describe_alarms()["MetricAlarms"]


@pytest.mark.parametrize("watching", [MANAGEMENT, SECURITY], ids=NAMES.get)
def test_the_alarms_are_rehearsed_where_they_are(accounts: Accounts, watching: str) -> None:
    """Of the organization's trail, which the management account owns; other accounts have nothing to rehearse."""
    variables = {"cloudtrail_trail_account_id": watching, "alarms_devops_emails": ["devops@acme.example"]}
    succeeded(accounts.run(**variables))
    for message in accounts.emulator.confirmations():
        accounts.emulator.confirm_subscription(message["topic_arn"], message["endpoint"])
    accounts.playbook = ROOT / "rehearse.yml"

    def shown(run: Run) -> dict[str, t.Any]:
        return {task["host"]: task["msg"] for task in run.tasks() if "Show" in task["task"]}

    run = succeeded(accounts.run(**variables))
    assert accounts.emulator.writes() == []
    lines = shown(run)
    assert lines.pop(NAMES[watching])[0].endswith("alarms fire.")
    assert set(lines) == {NAMES[account] for account in ACCOUNTS if account != watching}
    assert all(text.startswith("There is nothing to rehearse") and watching in text for text in lines.values())

    trail = accounts.client("cloudtrail", MANAGEMENT)
    trail.update_trail(Name=TRAIL, IsOrganizationTrail=False)
    again = accounts.run(**variables)
    assert again.returncode == 2
    reason = "no trail delivers" if watching == SECURITY else "records its own account only, and not the organization"
    assert reason in shown(again)[NAMES[watching]][0]


def test_the_log_archive_account_may_be_the_delegated_administrator(accounts: Accounts) -> None:
    accounts.client("cloudtrail", MANAGEMENT).register_organization_delegated_admin(MemberAccountId=LOG_ARCHIVE)
    """S001-21, S001-22: with data events of all buckets but the trail's own, and of functions."""
    variables = {"cloudtrail_trail_account_id": LOG_ARCHIVE, "cloudtrail_data_events": "all"}
    run = accounts.converge("--tags", "cloudtrail", **variables)
    assert {change["account_id"] for change in run.changes()} == {LOG_ARCHIVE}
    selectors = accounts.client("cloudtrail", MANAGEMENT).get_event_selectors(TrailName=TRAIL)["AdvancedEventSelectors"]
    named = {one["Name"]: {field["Field"]: field for field in one["FieldSelectors"]} for one in selectors}
    assert named["S3 objects"]["resources.ARN"]["NotStartsWith"] == [f"arn:aws:s3:::{BUCKET}/"]
    assert named["Lambda functions"]["resources.type"]["Equals"] == ["AWS::Lambda::Function"]
    assert "Management events" in named
    (trail,) = accounts.trails(MANAGEMENT)
    assert trail["KmsKeyId"] == accounts.key()["Arn"]
    (group,) = accounts.client("logs", LOG_ARCHIVE).describe_log_groups(logGroupNamePrefix=LOG_GROUP)["logGroups"]
    assert group["kmsKeyId"] == accounts.key()["Arn"]


def test_falling_back_to_a_trail_per_account_and_back(accounts: Accounts) -> None:
    """S001-13: both folders are allowed all the time, and nothing of what was written is lost."""
    succeeded(accounts.run("--tags", "cloudtrail"))
    fallen = accounts.converge("--tags", "cloudtrail", cloudtrail_is_organization_trail=False)
    assert {change["account_id"] for change in fallen.changes()} == set(ACCOUNTS)
    for account in ACCOUNTS:
        (trail,) = accounts.trails(account)
        assert trail["TrailARN"] == arn_of(account) and not trail["IsOrganizationTrail"]
        assert trail["S3BucketName"] == BUCKET and trail["KmsKeyId"] == accounts.key()["Arn"]
        assert accounts.client("cloudtrail", account).get_trail_status(Name=TRAIL)["IsLogging"]
        assert accounts.may_put(arn_of(account), account)
    assert accounts.may_put(TRAIL_ARN, ORGANIZATION_ID)
    stranger = MEMBERS[1]
    assert not accounts.may_put(arn_of(stranger), stranger)

    plan = succeeded(accounts.run("--tags", "alarms", "--check", cloudtrail_is_organization_trail=False))
    assert {change["account_id"] for change in plan.changes()} == set(ACCOUNTS)

    # first the organization's trail again, while the accounts' own still write; then these are removed
    succeeded(accounts.run("--tags", "cloudtrail", cloudtrail_archive_account_ids=list(ACCOUNTS)))
    assert {trail["TrailARN"] for trail in accounts.trails(MEMBER)} == {TRAIL_ARN, arn_of(MEMBER)}
    assert accounts.may_put(TRAIL_ARN, ORGANIZATION_ID) and accounts.may_put(arn_of(MEMBER), MEMBER)
    leaving = {"cloudtrail_mode": "absent", "cloudtrail_archive_account_ids": list(ACCOUNTS)}
    succeeded(accounts.run("--tags", "cloudtrail", "--limit", "!management", **leaving))
    deleted = [(call.account, call.operation) for call in accounts.emulator.writes()]
    assert sorted(deleted) == [(account, "DeleteTrail") for account in ACCOUNTS if account != MANAGEMENT]
    succeeded(accounts.run("--tags", "cloudtrail"))
    assert not accounts.may_put(arn_of(MEMBER), MEMBER)

    # by the same way, the organization's is never removed
    succeeded(accounts.run("--tags", "cloudtrail", cloudtrail_mode="absent"))
    assert not accounts.emulator.writes()
    for account in ACCOUNTS:
        (trail,) = accounts.trails(account)
        assert trail["TrailARN"] == TRAIL_ARN and trail["IsOrganizationTrail"]


@pytest.mark.parametrize(
    "variables",
    [
        {"cloudtrail_reader_account_ids": ["security"]},
        {"cloudtrail_bucket_account_id": LOG_ARCHIVE, "cloudtrail_management_account_id": ""},
    ],
    ids=["no account", "nobody to write"],
)
def test_what_cannot_be_is_refused_before_the_first_call(accounts: Accounts, variables: dict[str, t.Any]) -> None:
    run = accounts.run("--tags", "cloudtrail", "--limit", "log_archive", **variables)
    assert run.returncode != 0
    assert "accounts are given by their ids of 12 digits" in run.messages()
    assert not accounts.emulator.calls()


# --- alarms, and Control Tower's trail ------------------------------------------------------------------------------

THEIR_TRAIL, THEIR_LOG_GROUP = "aws-controltower-BaselineCloudTrail", "aws-controltower/CloudTrailLogs"
CONTROL_TOWER = {
    "cloudtrail_mode": "existing",
    "cloudtrail_trail_name": THEIR_TRAIL,
    "aws_baseline_trail_log_group": THEIR_LOG_GROUP,
}
ELEVATED = f"arn:aws:iam::{MEMBER}:role/elevated-security-role"
ELEVATED_ALARM = {
    "alarms_elevated_roles": [ELEVATED],
    "alarms_overrides": {
        "switch-elevated-role": {
            "title": "Security switched to Elevated Role in Prod",
            "notify": ["elevated"],
        }
    },
    "alarms_extra_topics": [
        {
            "key": "elevated",
            "name": "acme-switch-elevatedrole-alarm-notification",
            "display_name": "Elevated role",
            "subscriptions": [
                {"protocol": "email", "endpoint": "infosec@acme.example"},
                {"protocol": "email", "endpoint": "soc@acme.example"},
            ],
        }
    ],
}


def make_landing_zone(accounts: Accounts) -> None:
    """What Control Tower makes: a trail of the organization into the log archive, and a log group."""
    s3, bucket = accounts.client("s3", LOG_ARCHIVE), "aws-controltower-logs"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": HOME_REGION})
    allow = {"Effect": "Allow", "Principal": {"Service": CLOUDTRAIL}, "Action": ["s3:GetBucketAcl", "s3:PutObject"]}
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    s3.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{**allow, "Resource": resources}]})
    )
    logs, iam = accounts.client("logs", MANAGEMENT), accounts.client("iam", MANAGEMENT)
    logs.create_log_group(logGroupName=THEIR_LOG_GROUP)
    trust = {"Effect": "Allow", "Principal": {"Service": CLOUDTRAIL}, "Action": "sts:AssumeRole"}
    write = {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}
    role = iam.create_role(
        RoleName="aws-controltower-CloudTrailRole",
        Path="/service-role/",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
    )["Role"]
    iam.put_role_policy(
        RoleName=role["RoleName"],
        PolicyName="write",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [write]}),
    )
    cloudtrail = accounts.client("cloudtrail", MANAGEMENT)
    cloudtrail.create_trail(
        Name=THEIR_TRAIL,
        S3BucketName=bucket,
        IsOrganizationTrail=True,
        IsMultiRegionTrail=True,
        EnableLogFileValidation=True,
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{HOME_REGION}:{MANAGEMENT}:log-group:{THEIR_LOG_GROUP}:*",
        CloudWatchLogsRoleArn=role["Arn"],
    )
    cloudtrail.start_logging(Name=THEIR_TRAIL)


def test_control_tower_s_trail_is_verified_and_its_log_group_watched(accounts: Accounts) -> None:
    """One set of alarms for all accounts, those of the future included, and nothing of theirs changed.

    S002-02, S002-04, S002-05, S002-06, S002-07, S002-08, S002-09, S002-10, S002-11, S002-12, S002-14, T-05.
    """
    make_landing_zone(accounts)
    theirs = accounts.trails(MEMBER)
    run = accounts.converge(**CONTROL_TOWER, **ELEVATED_ALARM)
    assert {change["account_id"] for change in run.changes()} == {MANAGEMENT}
    assert {change["type"] for change in run.changes()} == {
        "AWS::CloudWatch::Alarm",
        "AWS::KMS::Key",
        "AWS::Logs::MetricFilter",
        "AWS::SNS::Subscription",
        "AWS::SNS::Topic",
    }
    assert accounts.trails(MEMBER) == theirs
    logs = accounts.client("logs", MANAGEMENT)
    filters = {one["filterName"]: one for one in logs.describe_metric_filters()["metricFilters"]}
    assert {one["logGroupName"] for one in filters.values()} == {THEIR_LOG_GROUP}
    root = filters["acme--RootAccess"]
    assert root["metricTransformations"][0]["metricValue"] == "1"
    assert '$.userIdentity.type = "Root"' in root["filterPattern"]
    assert "“" not in root["filterPattern"]
    (alarm,) = accounts.client("cloudwatch", MANAGEMENT).describe_alarms(AlarmNames=["acme--RootAccess"])[
        "MetricAlarms"
    ]
    assert (alarm["ComparisonOperator"], alarm["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)


def test_elevated_role_of_another_account_is_watched_in_the_management_account(accounts: Accounts) -> None:
    """In the console and by programs, this very role, told to subscribers of its own.

    S001-25, S001-26, S001-27, S001-28, S001-29, S001-30, S001-31, T-06, T-07, T-27.
    """
    succeeded(accounts.run("--limit", "management,log_archive", **ELEVATED_ALARM))
    (metric_filter,) = accounts.client("logs", MANAGEMENT).describe_metric_filters(
        logGroupName=LOG_GROUP, filterNamePrefix="acme--SwitchElevatedRole"
    )["metricFilters"]
    session = f"arn:aws:sts::{MEMBER}:assumed-role/elevated-security-role/*"
    for part in (
        f'($.eventName = "SwitchRole") && ($.userIdentity.arn = "{session}")',
        f'($.eventName = "AssumeRole*") && ($.requestParameters.roleArn = "{ELEVATED}")',
    ):
        assert part in " ".join(metric_filter["filterPattern"].split())
    (alarm,) = accounts.client("cloudwatch", MANAGEMENT).describe_alarms(AlarmNames=["acme--SwitchElevatedRole"])[
        "MetricAlarms"
    ]
    assert alarm["AlarmDescription"].startswith("Security switched to Elevated Role in Prod. ")
    assert alarm["AlarmDescription"].endswith(f"Watched: {ELEVATED}.")
    assert (alarm["Statistic"], alarm["Period"], alarm["EvaluationPeriods"], alarm["Threshold"]) == ("Sum", 60, 1, 1)
    assert alarm["TreatMissingData"] == "notBreaching"
    (topic,) = alarm["AlarmActions"]
    assert topic.endswith(":acme-switch-elevatedrole-alarm-notification")
    sns = accounts.client("sns", MANAGEMENT)
    told = {one["Endpoint"] for one in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]}
    assert told == {"infosec@acme.example", "soc@acme.example"}
    attributes = sns.get_topic_attributes(TopicArn=topic)["Attributes"]
    context = {
        "aws:SourceAccount": MANAGEMENT,
        "aws:SourceArn": alarm["AlarmArn"],
        "aws:SecureTransport": "true",
    }
    assert policies.allows(attributes["Policy"], "cloudwatch.amazonaws.com", "sns:Publish", topic, context)
    kms = accounts.client("kms", MANAGEMENT)
    key = kms.describe_key(KeyId=attributes["KmsMasterKeyId"])["KeyMetadata"]
    policy = kms.get_key_policy(KeyId=key["KeyId"], PolicyName="default")["Policy"]
    assert policies.allows(policy, "cloudwatch.amazonaws.com", "kms:GenerateDataKey", key["Arn"], context)


def test_a_landing_zone_that_does_not_record_is_reported_by_every_account(accounts: Accounts) -> None:
    """S002-05, S002-06: before anything hangs on it."""
    make_landing_zone(accounts)
    cloudtrail, logs = accounts.client("cloudtrail", MANAGEMENT), accounts.client("logs", MANAGEMENT)
    cloudtrail.stop_logging(Name=THEIR_TRAIL)
    logs.delete_log_group(logGroupName=THEIR_LOG_GROUP)
    run = accounts.run("--check", **CONTROL_TOWER)
    assert run.returncode != 0
    for account in ACCOUNTS:
        assert run.stats[NAMES[account]]["failures"] == 1, account
    assert "is_logging is False, must be True" in run.messages()
    assert f"{THEIR_LOG_GROUP}: must exist, but does not" in run.messages()
    assert not accounts.emulator.writes()


def test_a_guardrail_s_denial_is_reported_as_what_it_is(accounts: Accounts) -> None:
    succeeded(accounts.run("--tags", "cloudtrail"))
    guardrail = {"action": "cloudtrail:UpdateTrail", "policy": "service control policy"}
    accounts.emulator.settings(denials=[guardrail])
    run = accounts.run("--tags", "cloudtrail", "--limit", "management", cloudtrail_enable_log_file_validation=False)
    assert run.returncode != 0
    assert "A service control policy of the organization denies it" in run.messages()
