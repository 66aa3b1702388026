# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service control policies hold in member accounts, at every level, with AWS's words.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_evaluation.html
https://aws.amazon.com/blogs/security/enhanced-access-denied-error-messages-with-policy-arns
"""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from tests.emulator.client import Emulator
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, ORGANIZATION_ID, organization

from .support import document, refused, root, statement

SCP, FULL_ACCESS = "SERVICE_CONTROL_POLICY", "p-FullAWSAccess"
MEMBER = MEMBERS[0]


class Guardrails:
    """An organization with a member account in Workloads/Production, and its policies."""

    def __init__(self, emulator: Emulator) -> None:
        organization(emulator, {MEMBER: {"ou": "Workloads/Production"}}, policy_types=[SCP])
        self.client = emulator.client("organizations", account_id=MANAGEMENT)
        production = self._parent(MEMBER)
        workloads = self._parent(production)
        self.levels = {
            "account": MEMBER, "production": production, "workloads": workloads, "root": self._parent(workloads),
        }  # fmt: skip

    def _parent(self, child: str) -> str:
        return str(self.client.list_parents(ChildId=child)["Parents"][0]["Id"])

    def attach(self, level: str, effect: str, action: Any, resource: Any = "*", **more: Any) -> str:
        """A policy of one statement at a level; its ARN."""
        content = document({"Effect": effect, "Action": action, "Resource": resource, **more})
        name = f"{level} {effect} {action}"
        policy = self.client.create_policy(Name=name, Description="", Type=SCP, Content=content)["Policy"]
        self.client.attach_policy(PolicyId=policy["PolicySummary"]["Id"], TargetId=self.levels[level])
        return str(policy["PolicySummary"]["Arn"])


@pytest.fixture
def guardrails(emulator: Emulator) -> Guardrails:
    return Guardrails(emulator)


@pytest.mark.parametrize("level", ["account", "production", "workloads", "root"])
def test_deny_at_any_level(emulator: Emulator, guardrails: Guardrails, level: str) -> None:
    arn = guardrails.attach(level, "Deny", "sns:Create*")
    sns = emulator.client("sns", account_id=MEMBER)
    topic = f"arn:aws:sns:us-east-1:{MEMBER}:topic"
    denial = (
        f"User: arn:aws:iam::{MEMBER}:user/emulator is not authorized to perform: sns:CreateTopic on resource: {topic} "
        f"with an explicit deny in a service control policy: {arn}"
    )
    with refused("AuthorizationError", denial):
        sns.create_topic(Name="topic")
    assert arn.startswith(f"arn:aws:organizations::{MANAGEMENT}:policy/{ORGANIZATION_ID}/service_control_policy/p-")
    sns.list_topics()
    emulator.client("sns", account_id=MANAGEMENT).create_topic(Name="topic")
    call = emulator.calls(action="sns:CreateTopic", account=MEMBER)[0]
    assert (call.error, call.injected) == ("AuthorizationError", False)


def test_policies_hold_below_only(emulator: Emulator, guardrails: Guardrails) -> None:
    guardrails.attach("workloads", "Deny", "sns:*")
    emulator.client("sns", account_id=LOG_ARCHIVE).list_topics()


@pytest.mark.parametrize("level", ["account", "production", "workloads", "root"])
def test_allow_at_every_level(emulator: Emulator, guardrails: Guardrails, level: str) -> None:
    guardrails.attach(level, "Allow", ["logs:*", "sts:*"])
    guardrails.client.detach_policy(PolicyId=FULL_ACCESS, TargetId=guardrails.levels[level])
    emulator.client("logs", account_id=MEMBER).describe_log_groups()
    with refused("AuthorizationError", "because no service control policy allows the sns:ListTopics action"):
        emulator.client("sns", account_id=MEMBER).list_topics()


def test_policies_change_and_go(emulator: Emulator, guardrails: Guardrails) -> None:
    policy = guardrails.attach("root", "Deny", "sns:*").rsplit("/", 1)[1]
    sns = emulator.client("sns", account_id=MEMBER)
    with refused("AuthorizationError"):
        sns.list_topics()
    content = document({"Effect": "Deny", "Action": "sqs:*", "Resource": "*"})
    guardrails.client.update_policy(PolicyId=policy, Content=content)
    sns.list_topics()
    with refused("AccessDeniedException"):
        emulator.client("sqs", account_id=MEMBER).list_queues()
    guardrails.client.disable_policy_type(RootId=guardrails.levels["root"], PolicyType=SCP)
    emulator.client("sqs", account_id=MEMBER).list_queues()


def test_services_the_emulator_does_not_serve_are_governed(emulator: Emulator, guardrails: Guardrails) -> None:
    guardrails.attach("root", "Deny", ["lambda:ListFunctions", "ec2:DescribeVpcs"])
    with refused("AccessDeniedException", "lambda:ListFunctions"):
        emulator.client("lambda", account_id=MEMBER).list_functions()
    with refused("UnauthorizedOperation", "You are not authorized to perform this operation. User:"):
        emulator.client("ec2", account_id=MEMBER).describe_vpcs()


def test_nothing_forbids_to_ask_who_one_is(emulator: Emulator, guardrails: Guardrails) -> None:
    guardrails.attach("root", "Deny", "sts:*")
    emulator.client("sts", account_id=MEMBER).get_caller_identity()


@pytest.mark.parametrize(
    ("service", "method", "parameters", "resource"),
    [
        ("cloudtrail", "stop_logging", {"Name": "org"}, "arn:aws:cloudtrail:*:*:trail/org"),
        (
            "cloudtrail",
            "delete_trail",
            {"Name": f"arn:aws:cloudtrail:us-east-1:{MANAGEMENT}:trail/org"},
            "arn:aws:cloudtrail:*:*:trail/org",
        ),
        (
            "cloudtrail",
            "put_event_selectors",
            {"TrailName": "org", "EventSelectors": [{}]},
            "arn:aws:cloudtrail:*:*:trail/org",
        ),
        ("logs", "delete_log_group", {"logGroupName": "/aws/org"}, "arn:aws:logs:*:*:log-group:/aws/org:*"),
        (
            "logs",
            "put_retention_policy",
            {"logGroupName": "/aws/org", "retentionInDays": 1},
            "arn:aws:logs:*:*:log-group:/aws/*",
        ),
        ("s3", "delete_bucket", {"Bucket": "archive"}, "arn:aws:s3:::archive"),
        ("s3", "put_object", {"Bucket": "archive", "Key": "a/b"}, "arn:aws:s3:::archive/*"),
        ("kms", "disable_key", {"KeyId": "00000000-0000-0000-0000-000000000000"}, "arn:aws:kms:*:*:key/0*"),
        (
            "iam",
            "delete_role",
            {"RoleName": "OrganizationAccountAccessRole"},
            "arn:aws:iam::*:role/OrganizationAccountAccessRole",
        ),
        (
            "iam",
            "attach_role_policy",
            {"RoleName": "new", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"},
            "arn:aws:iam::*:role/new",
        ),
        (
            "iam",
            "delete_role",
            {"RoleName": "AWSServiceRoleForOrganizations"},
            "arn:aws:iam::*:role/aws-service-role/*",
        ),
        (
            "config",
            "stop_configuration_recorder",
            {"ConfigurationRecorderName": "r"},
            "arn:aws:config:*:*:configuration-recorder/r/*",
        ),
        ("guardduty", "delete_detector", {"DetectorId": "d"}, "arn:aws:guardduty:*:*:detector/*"),
        ("cloudwatch", "delete_alarms", {"AlarmNames": ["mine", "ours-1"]}, "arn:aws:cloudwatch:*:*:alarm:ours-*"),
        ("sns", "delete_topic", {"TopicArn": f"arn:aws:sns:us-east-1:{MEMBER}:ours"}, "arn:aws:sns:*:*:ours"),
        ("events", "delete_rule", {"Name": "ours"}, "arn:aws:events:*:*:rule/ours"),
    ],
)
def test_resources(
    emulator: Emulator, guardrails: Guardrails, service: str, method: str, parameters: dict[str, Any], resource: str
) -> None:
    guardrails.attach("root", "Deny", f"{service}:*", f"{resource}-other")
    client = emulator.client(service, account_id=MEMBER)
    try:
        getattr(client, method)(**parameters)
    except client.exceptions.ClientError as failure:
        assert "service control policy" not in str(failure), failure
    guardrails.attach("workloads", "Deny", f"{service}:*", resource)
    with pytest.raises(client.exceptions.ClientError, match="explicit deny in a service control policy"):
        getattr(client, method)(**parameters)


def test_unknown_resources_are_matched_by_everything_only(emulator: Emulator, guardrails: Guardrails) -> None:
    guardrails.attach("root", "Deny", "sqs:*", "arn:aws:sqs:*:*:*")
    emulator.client("sqs", account_id=MEMBER).list_queues()
    guardrails.attach("root", "Deny", "sqs:List*", "*")
    with refused("AccessDeniedException", "on resource: * with an explicit deny"):
        emulator.client("sqs", account_id=MEMBER).list_queues()


def test_conditions(emulator: Emulator, guardrails: Guardrails) -> None:
    """Regions that are not allowed, roles that are exempt, and the organization itself."""
    guardrails.attach(
        "root",
        "Deny",
        "*",
        Condition={
            "StringNotEquals": {"aws:RequestedRegion": ["us-east-1"], "aws:PrincipalAccount": LOG_ARCHIVE},
            "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION_ID},
            "ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/exempt/*"},
            "Bool": {"aws:ViaAWSService": "false"},
        },
    )
    emulator.client("sns", account_id=MEMBER).list_topics()
    emulator.client("iam", "eu-west-1", MEMBER).list_users()
    emulator.client("sns", "eu-west-1", LOG_ARCHIVE).list_topics()
    with refused("AuthorizationError"):
        emulator.client("sns", "eu-west-1", MEMBER).list_topics()
    trust = document(statement(root(MEMBER), "sts:AssumeRole"))
    iam = emulator.client("iam", account_id=MEMBER)
    for name, path in (("Builder", "/exempt/"), ("Reader", "/")):
        iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=trust)
    session(emulator, f"arn:aws:iam::{MEMBER}:role/exempt/Builder", "sns", "eu-west-1").list_topics()
    with refused("AuthorizationError", f"User: arn:aws:sts::{MEMBER}:assumed-role/Reader/test is not authorized"):
        session(emulator, f"arn:aws:iam::{MEMBER}:role/Reader", "sns", "eu-west-1").list_topics()


def test_keys_by_their_aliases(emulator: Emulator, guardrails: Guardrails) -> None:
    kms = emulator.client("kms", account_id=MEMBER)
    ours, theirs = (kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(2))
    kms.create_alias(AliasName="alias/ours", TargetKeyId=ours)
    condition = {"ForAnyValue:StringLike": {"kms:ResourceAliases": ["alias/our*"]}}
    guardrails.attach("root", "Deny", "kms:DisableKey*", Condition=condition)
    guardrails.attach("root", "Deny", "kms:DeleteAlias", "arn:aws:kms:*:*:alias/ours")
    for call in (
        lambda: kms.disable_key(KeyId=ours),
        lambda: kms.disable_key_rotation(KeyId=ours),
        lambda: kms.delete_alias(AliasName="alias/ours"),
    ):
        with refused("AccessDeniedException", "explicit deny in a service control policy"):
            call()
    kms.disable_key(KeyId=theirs)


def session(emulator: Emulator, role: str, service: str, region: str) -> Any:
    sts = emulator.client("sts", account_id=role.split(":")[4])
    credentials = sts.assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=emulator.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
