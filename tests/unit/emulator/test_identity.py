# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who calls: accounts by key, assumed roles, regions."""

from __future__ import annotations

import boto3
import pytest

from tests.emulator.client import Emulator
from tests.support.organization import MANAGEMENT, MEMBERS, ORGANIZATION_ID, organization

from .support import ACCOUNT, OTHER_ACCOUNT, document, refused, root, statement

DEFAULT_REGIONS = {
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-west-1", "eu-west-2",
    "eu-west-3", "eu-north-1", "sa-east-1",
}  # fmt: skip


def assumed(emulator: Emulator, role_arn: str, service: str, **options: str) -> object:
    credentials = emulator.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test", **options)["Credentials"]
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=emulator.url,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )


@pytest.mark.parametrize("account", [ACCOUNT, "000000000001", "999999999999"])
def test_key_id_says_the_account(emulator: Emulator, account: str) -> None:
    identity = emulator.client("sts", account_id=account).get_caller_identity()
    assert (identity["Account"], identity["Arn"]) == (account, f"arn:aws:iam::{account}:user/emulator")


def test_partition_follows_the_region(emulator: Emulator) -> None:
    arn = emulator.client("sts", "cn-north-1").get_caller_identity()["Arn"]
    assert arn.startswith("arn:aws-cn:")
    topic = emulator.client("sns", "us-gov-west-1").create_topic(Name="t")["TopicArn"]
    assert topic.startswith("arn:aws-us-gov:sns:us-gov-west-1:")


def test_assumed_role_acts_in_its_account(emulator: Emulator) -> None:
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/path/Auditor"
    identity = assumed(emulator, role, "sts").get_caller_identity()  # type: ignore[attr-defined]
    assert identity["Account"] == OTHER_ACCOUNT
    assert identity["Arn"] == f"arn:aws:sts::{OTHER_ACCOUNT}:assumed-role/Auditor/test"
    assumed(emulator, role, "logs").create_log_group(logGroupName="theirs")  # type: ignore[attr-defined]
    assert emulator.client("logs").describe_log_groups()["logGroups"] == []
    assert len(emulator.client("logs", account_id=OTHER_ACCOUNT).describe_log_groups()["logGroups"]) == 1


def test_keys_made_in_iam_belong_to_their_account(emulator: Emulator) -> None:
    iam = emulator.client("iam", account_id=OTHER_ACCOUNT)
    iam.create_user(UserName="someone")
    key = iam.create_access_key(UserName="someone")["AccessKey"]
    client = boto3.client(
        "sts", endpoint_url=emulator.url, region_name="us-east-1", aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )  # fmt: skip
    assert client.get_caller_identity()["Account"] == OTHER_ACCOUNT


def test_existing_role_decides_by_its_trust_policy(emulator: Emulator) -> None:
    iam, sts = emulator.client("iam", account_id=OTHER_ACCOUNT), emulator.client("sts")
    role = f"arn:aws:iam::{OTHER_ACCOUNT}:role/guarded"
    condition = {"StringEquals": {"sts:ExternalId": "secret"}}
    trust = document(statement(root(ACCOUNT), "sts:AssumeRole", Condition=condition))
    iam.create_role(RoleName="guarded", AssumeRolePolicyDocument=trust)
    with refused("AccessDenied", "not authorized to perform: sts:AssumeRole"):
        sts.assume_role(RoleArn=role, RoleSessionName="test")
    with refused("ValidationError", "MaxSessionDuration"):
        sts.assume_role(RoleArn=role, RoleSessionName="test", ExternalId="secret", DurationSeconds=7200)
    sts.assume_role(RoleArn=role, RoleSessionName="test", ExternalId="secret")


def test_roles_of_an_organization_have_to_exist(emulator: Emulator) -> None:
    organization(emulator)
    sts = emulator.client("sts", account_id=MANAGEMENT)
    sts.assume_role(RoleArn=f"arn:aws:iam::{MEMBERS[0]}:role/OrganizationAccountAccessRole", RoleSessionName="test")
    for caller, role in (
        (sts, f"{MEMBERS[0]}:role/absent"),
        (sts, f"{MEMBERS[0]}:role/path/OrganizationAccountAccessRole"),
        (sts, f"{MANAGEMENT}:role/OrganizationAccountAccessRole"),
        (emulator.client("sts", account_id=MEMBERS[1]), f"{MEMBERS[0]}:role/OrganizationAccountAccessRole"),
        (emulator.client("sts"), f"{MEMBERS[0]}:role/OrganizationAccountAccessRole"),
    ):
        with refused("AccessDenied", f"not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::{role}"):
            caller.assume_role(RoleArn=f"arn:aws:iam::{role}", RoleSessionName="test")


def test_trust_policies_know_the_organization(emulator: Emulator) -> None:
    organization(emulator)
    condition = {"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION_ID}}
    trust = document(statement({"AWS": "*"}, "sts:AssumeRole", Condition=condition))
    emulator.client("iam", account_id=MEMBERS[0]).create_role(RoleName="open", AssumeRolePolicyDocument=trust)
    role = {"RoleArn": f"arn:aws:iam::{MEMBERS[0]}:role/open", "RoleSessionName": "test"}
    emulator.client("sts", account_id=MEMBERS[1]).assume_role(**role)
    with refused("AccessDenied"):
        emulator.client("sts").assume_role(**role)


def test_closed_accounts_have_no_credentials(emulator: Emulator) -> None:
    organization(emulator)
    role = f"arn:aws:iam::{MEMBERS[0]}:role/OrganizationAccountAccessRole"
    options = {"RoleArn": role, "RoleSessionName": "test"}
    sts = emulator.client("sts", account_id=MANAGEMENT)
    sts.assume_role(**options)
    emulator.set_account_status(MEMBERS[0], "PENDING_CLOSURE")
    emulator.client("sts", account_id=MEMBERS[0]).get_caller_identity()
    emulator.set_account_status(MEMBERS[0], "SUSPENDED")
    with refused("AccessDenied"):
        sts.assume_role(**options)
    for service, method, code in (
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
        ("logs", "describe_log_groups", "UnrecognizedClientException"),
        ("s3", "list_buckets", "InvalidAccessKeyId"),
        ("ec2", "describe_regions", "AuthFailure"),
    ):
        with refused(code):
            getattr(emulator.client(service, account_id=MEMBERS[0]), method)()


@pytest.mark.parametrize(
    "parameters",
    [
        {"RoleArn": "arn:aws:iam::1234:role/short-account", "RoleSessionName": "test"},
        {"RoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:user/not-a-role", "RoleSessionName": "test"},
        {"RoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/one", "RoleSessionName": "with blank"},
        {"RoleArn": f"arn:aws:iam::{OTHER_ACCOUNT}:role/one", "RoleSessionName": "test", "DurationSeconds": 50000},
    ],
)
def test_malformed_assume_role_is_refused(emulator: Emulator, parameters: dict[str, object]) -> None:
    with refused("ValidationError"):
        emulator.client("sts").assume_role(**parameters)


def test_default_regions(emulator: Emulator) -> None:
    ec2 = emulator.client("ec2")
    assert {row["RegionName"] for row in ec2.describe_regions()["Regions"]} == DEFAULT_REGIONS
    rows = {row["RegionName"]: row["OptInStatus"] for row in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert {name for name, status in rows.items() if status == "opt-in-not-required"} == DEFAULT_REGIONS
    assert rows["af-south-1"] == "not-opted-in"
    assert [r["RegionName"] for r in ec2.describe_regions(RegionNames=["eu-west-1"])["Regions"]] == ["eu-west-1"]
    some = ec2.describe_regions(Filters=[{"Name": "region-name", "Values": ["eu-*"]}])["Regions"]
    assert len(some) == 5
    with refused("InvalidParameterValue"):
        ec2.describe_regions(RegionNames=["eu-west-99"])


@pytest.mark.parametrize(
    ("service", "method", "code"),
    [
        ("ec2", "describe_regions", "AuthFailure"),
        ("logs", "describe_log_groups", "UnrecognizedClientException"),
        ("guardduty", "list_detectors", "UnrecognizedClientException"),
        ("sns", "list_topics", "InvalidClientTokenId"),
        ("sts", "get_caller_identity", "InvalidClientTokenId"),
    ],
)
def test_regions_that_are_not_enabled_refuse(emulator: Emulator, service: str, method: str, code: str) -> None:
    client = emulator.client(service, "eu-south-1")
    with refused(code):
        getattr(client, method)()
    emulator.settings(opted_in_regions=["eu-south-1"])
    getattr(client, method)()
    regions = emulator.client("ec2").describe_regions()["Regions"]
    assert {"RegionName": "eu-south-1", "OptInStatus": "opted-in"}.items() <= regions[-1].items()
