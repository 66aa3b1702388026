# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""IAM: groups, roles, policies, account details, password policy."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, OTHER_ACCOUNT, document, refused, root, statement

TRUST = document(statement("ec2.amazonaws.com", "sts:AssumeRole"))
ALLOW = document(statement(None, "s3:GetObject", "*"))
POLICY_ARN = f"arn:aws:iam::{ACCOUNT}:policy/readers"
AWS_POLICY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@pytest.fixture
def iam(emulator: Emulator) -> Any:
    return emulator.client("iam")


def details(iam: Any, *kinds: str) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for found in iam.get_paginator("get_account_authorization_details").paginate(Filter=list(kinds)):
        for key in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"):
            merged.setdefault(key, []).extend(found[key])
    return merged


@pytest.mark.parametrize(
    "trust",
    [
        "nonsense",
        "{}",
        document(statement("ec2.amazonaws.com", "sts:AssumeRole", "*")),
        document(statement("ec2.amazonaws.com", "s3:GetObject")),
        document(statement("ec2", "sts:AssumeRole")),
        document(statement(None, "sts:AssumeRole")),
        document(statement("ec2.amazonaws.com", "*")),
        document(statement({"AWS": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "sts:AssumeRole")),
    ],
)
def test_bad_trust_policies(iam: Any, trust: str) -> None:
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="one", AssumeRolePolicyDocument=trust)
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName="one", PolicyDocument=trust)


@pytest.mark.parametrize(
    "policy",
    ["nonsense", "{}", document(statement(root(), "s3:GetObject", "*")), document(statement(None, "s3:GetObject")),
     document(statement(None, "GetObject", "*")), document(statement(None, "s3:GetObject", "bucket"))],
)  # fmt: skip
def test_bad_identity_policies(iam: Any, policy: str) -> None:
    iam.create_group(GroupName="one")
    with refused("MalformedPolicyDocument"):
        iam.create_policy(PolicyName="readers", PolicyDocument=policy)
    with refused("MalformedPolicyDocument"):
        iam.put_group_policy(GroupName="one", PolicyName="p", PolicyDocument=policy)
    iam.create_policy(PolicyName="readers", PolicyDocument=ALLOW)
    with refused("MalformedPolicyDocument"):
        iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=policy)


def test_documents_have_a_size(iam: Any) -> None:
    long = document(statement(None, [f"s3:Get{'x' * 60}{n}" for n in range(100)], "*"))
    with refused("LimitExceeded"):
        iam.create_policy(PolicyName="readers", PolicyDocument=long)
    iam.create_group(GroupName="one")
    with refused("LimitExceeded"):
        iam.put_group_policy(GroupName="one", PolicyName="p", PolicyDocument=long)


def test_names_are_taken_once_whatever_their_case(iam: Any) -> None:
    iam.create_group(GroupName="Readers")
    iam.create_user(UserName="Ann")
    iam.create_role(RoleName="Runner", AssumeRolePolicyDocument=TRUST)
    iam.create_policy(PolicyName="Readers", PolicyDocument=ALLOW)
    for create in (
        lambda: iam.create_group(GroupName="readers"),
        lambda: iam.create_user(UserName="ann"),
        lambda: iam.create_role(RoleName="runner", AssumeRolePolicyDocument=TRUST),
        lambda: iam.create_policy(PolicyName="readers", PolicyDocument=ALLOW),
    ):
        with refused("EntityAlreadyExists"):
            create()


def test_versions(iam: Any) -> None:
    iam.create_policy(PolicyName="readers", PolicyDocument=ALLOW, Description="d")
    for _ in range(4):
        iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=ALLOW, SetAsDefault=True)
    with refused("LimitExceeded"):
        iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=ALLOW)
    with refused("DeleteConflict"):
        iam.delete_policy_version(PolicyArn=POLICY_ARN, VersionId="v5")
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=POLICY_ARN)
    for number in range(1, 5):
        iam.delete_policy_version(PolicyArn=POLICY_ARN, VersionId=f"v{number}")
    version = iam.get_policy_version(PolicyArn=POLICY_ARN, VersionId="v5")["PolicyVersion"]
    assert (version["Document"], version["IsDefaultVersion"]) == (json.loads(ALLOW), True)
    iam.delete_policy(PolicyArn=POLICY_ARN)
    with refused("NoSuchEntity"):
        iam.get_policy(PolicyArn=POLICY_ARN)


def test_aws_policies_are_there_and_not_ours(iam: Any) -> None:
    assert iam.get_policy(PolicyArn=AWS_POLICY)["Policy"]["AttachmentCount"] == 0
    for call in (
        lambda: iam.delete_policy(PolicyArn=AWS_POLICY),
        lambda: iam.create_policy_version(PolicyArn=AWS_POLICY, PolicyDocument=ALLOW),
    ):
        with refused("AccessDenied"):
            call()


@pytest.mark.parametrize("kind", ["group", "role", "user"])
def test_attaching(emulator: Emulator, iam: Any, kind: str) -> None:
    name = {f"{kind.capitalize()}Name": "one"}
    trust = {"AssumeRolePolicyDocument": TRUST} if kind == "role" else {}
    getattr(iam, f"create_{kind}")(**name, **trust)
    attach, detach = getattr(iam, f"attach_{kind}_policy"), getattr(iam, f"detach_{kind}_policy")
    with refused("NoSuchEntity"):
        attach(**name, PolicyArn=POLICY_ARN)
    iam.create_policy(PolicyName="readers", PolicyDocument=ALLOW)
    attach(**name, PolicyArn=POLICY_ARN)
    attach(**name, PolicyArn=POLICY_ARN)
    attach(**name, PolicyArn=AWS_POLICY)
    assert iam.get_policy(PolicyArn=POLICY_ARN)["Policy"]["AttachmentCount"] == 1
    attached = getattr(iam, f"list_attached_{kind}_policies")(**name)["AttachedPolicies"]
    assert {one["PolicyArn"] for one in attached} == {POLICY_ARN, AWS_POLICY}
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=POLICY_ARN)
    with refused("DeleteConflict"):
        getattr(iam, f"delete_{kind}")(**name)
    detach(**name, PolicyArn=POLICY_ARN)
    with refused("NoSuchEntity"):
        detach(**name, PolicyArn=POLICY_ARN)
    detach(**name, PolicyArn=AWS_POLICY)
    getattr(iam, f"put_{kind}_policy")(**name, PolicyName="inline", PolicyDocument=ALLOW)
    got = getattr(iam, f"get_{kind}_policy")(**name, PolicyName="inline")
    assert got["PolicyDocument"] == json.loads(ALLOW)
    assert getattr(iam, f"list_{kind}_policies")(**name)["PolicyNames"] == ["inline"]
    with refused("DeleteConflict"):
        getattr(iam, f"delete_{kind}")(**name)
    getattr(iam, f"delete_{kind}_policy")(**name, PolicyName="inline")
    getattr(iam, f"delete_{kind}")(**name)
    # policies of one account are not those of another
    other = emulator.client("iam", account_id=OTHER_ACCOUNT)
    assert other.get_policy(PolicyArn=AWS_POLICY)["Policy"]["AttachmentCount"] == 0


def test_ten_policies_per_entity(iam: Any) -> None:
    iam.create_group(GroupName="one")
    for number in range(11):
        arn = iam.create_policy(PolicyName=f"p{number}", PolicyDocument=ALLOW)["Policy"]["Arn"]
        if number < 10:
            iam.attach_group_policy(GroupName="one", PolicyArn=arn)
    with refused("LimitExceeded"):
        iam.attach_group_policy(GroupName="one", PolicyArn=arn)


def test_delete_conflicts_of_users_and_groups(iam: Any) -> None:
    iam.create_group(GroupName="one")
    iam.create_user(UserName="ann")
    iam.add_user_to_group(GroupName="one", UserName="ann")
    with refused("DeleteConflict"):
        iam.delete_group(GroupName="one")
    with refused("DeleteConflict"):
        iam.delete_user(UserName="ann")
    iam.remove_user_from_group(GroupName="one", UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]["AccessKeyId"]
    with refused("DeleteConflict"):
        iam.delete_user(UserName="ann")
    iam.delete_access_key(UserName="ann", AccessKeyId=key)
    iam.create_login_profile(UserName="ann", Password="correct horse battery staple")
    with refused("DeleteConflict"):
        iam.delete_user(UserName="ann")
    iam.delete_login_profile(UserName="ann")
    iam.delete_user(UserName="ann")
    iam.delete_group(GroupName="one")


def test_update_group(iam: Any) -> None:
    iam.create_group(GroupName="one")
    iam.create_group(GroupName="two")
    iam.update_group(GroupName="one", NewPath="/team/")
    assert iam.get_group(GroupName="one")["Group"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/team/one"
    with refused("EntityAlreadyExists"):
        iam.update_group(GroupName="one", NewGroupName="two")
    iam.update_group(GroupName="one", NewGroupName="three")
    assert [row["GroupName"] for row in iam.list_groups()["Groups"]] == ["three", "two"]
    with refused("NoSuchEntity"):
        iam.update_group(GroupName="one", NewPath="/")


def test_update_role(iam: Any) -> None:
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=TRUST, Description="d", MaxSessionDuration=7200)
    iam.update_role(RoleName="one", Description="e", MaxSessionDuration=3600)
    role = iam.get_role(RoleName="one")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("e", 3600)
    iam.update_role_description(RoleName="one", Description="f")
    iam.tag_role(RoleName="one", Tags=[{"Key": "a", "Value": "1"}])
    role = iam.get_role(RoleName="one")["Role"]
    assert (role["Description"], role["Tags"]) == ("f", [{"Key": "a", "Value": "1"}])
    with refused("ValidationError"):
        iam.update_role(RoleName="one", MaxSessionDuration=43201)


def test_membership_and_pages(iam: Any) -> None:
    iam.create_group(GroupName="one")
    for number in range(105):
        iam.create_user(UserName=f"user-{number:03}", Path="/staff/" if number % 2 else "/")
        iam.add_user_to_group(GroupName="one", UserName=f"user-{number:03}")
    for operation, parameters in (("list_users", {}), ("get_group", {"GroupName": "one"})):
        pages = list(iam.get_paginator(operation).paginate(**parameters))
        assert [len(found["Users"]) for found in pages] == [100, 5]
    assert len(iam.list_users(PathPrefix="/staff/")["Users"]) == 52
    assert iam.list_groups_for_user(UserName="user-001")["Groups"][0]["GroupName"] == "one"
    assert iam.list_users(MaxItems=1)["IsTruncated"] is True


def test_account_authorization_details(iam: Any) -> None:
    iam.create_user(UserName="ann", Tags=[{"Key": "a", "Value": "1"}])
    iam.create_group(GroupName="team", Path="/x/")
    iam.add_user_to_group(GroupName="team", UserName="ann")
    iam.put_user_policy(UserName="ann", PolicyName="inline", PolicyDocument=ALLOW)
    iam.put_group_policy(GroupName="team", PolicyName="inline", PolicyDocument=ALLOW)
    iam.create_policy(PolicyName="readers", PolicyDocument=ALLOW)
    iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=ALLOW, SetAsDefault=True)
    iam.attach_group_policy(GroupName="team", PolicyArn=POLICY_ARN)
    iam.attach_group_policy(GroupName="team", PolicyArn=AWS_POLICY)
    iam.create_role(RoleName="runner", AssumeRolePolicyDocument=TRUST, Tags=[{"Key": "b", "Value": "2"}])
    iam.put_role_policy(RoleName="runner", PolicyName="inline", PolicyDocument=ALLOW)
    iam.attach_role_policy(RoleName="runner", PolicyArn=POLICY_ARN)
    iam.create_instance_profile(InstanceProfileName="profile")
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="runner")
    found = details(iam)
    user, group, role = found["UserDetailList"][0], found["GroupDetailList"][0], found["RoleDetailList"][0]
    inline = [{"PolicyName": "inline", "PolicyDocument": json.loads(ALLOW)}]
    attached = {"PolicyName": "readers", "PolicyArn": POLICY_ARN}
    assert (user["GroupList"], user["UserPolicyList"]) == (["team"], inline)
    assert (user["Tags"], user["UserId"][:4]) == ([{"Key": "a", "Value": "1"}], "AIDA")
    assert (group["Path"], group["GroupPolicyList"], group["GroupId"][:4]) == ("/x/", inline, "AGPA")
    assert attached in group["AttachedManagedPolicies"]
    assert (role["AssumeRolePolicyDocument"], role["RolePolicyList"]) == (json.loads(TRUST), inline)
    assert (role["AttachedManagedPolicies"], role["Tags"]) == ([attached], [{"Key": "b", "Value": "2"}])
    assert [one["InstanceProfileName"] for one in role["InstanceProfileList"]] == ["profile"]
    policies = {one["Arn"]: one for one in found["Policies"]}
    assert set(policies) == {POLICY_ARN, AWS_POLICY}
    assert (policies[POLICY_ARN]["DefaultVersionId"], policies[POLICY_ARN]["AttachmentCount"]) == ("v2", 2)
    versions = {one["VersionId"]: one["IsDefaultVersion"] for one in policies[POLICY_ARN]["PolicyVersionList"]}
    assert versions == {"v1": False, "v2": True}
    only = details(iam, "Group", "LocalManagedPolicy")
    assert [len(only[key]) for key in ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")] == [
        0, 1, 0, 1,
    ]  # fmt: skip


def test_account_authorization_details_in_pages(iam: Any) -> None:
    for number in range(7):
        iam.create_group(GroupName=f"g{number}")
        iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=TRUST)
    first = iam.get_account_authorization_details(MaxItems=10)
    assert (len(first["GroupDetailList"]), len(first["RoleDetailList"]), first["IsTruncated"]) == (7, 3, True)
    rest = iam.get_account_authorization_details(MaxItems=10, Marker=first["Marker"])
    assert (len(rest["RoleDetailList"]), rest["IsTruncated"]) == (4, False)


@pytest.mark.parametrize(
    ("service", "name"),
    [
        ("config.amazonaws.com", "AWSServiceRoleForConfig"),
        ("guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDuty"),
        ("cloudtrail.amazonaws.com", "AWSServiceRoleForCloudTrail"),
        ("context.cloudtrail.amazonaws.com", "AWSServiceRoleForCloudTrailEventContext"),
        ("config-conforms.amazonaws.com", "AWSServiceRoleForConfigConforms"),
        ("config-multiaccountsetup.amazonaws.com", "AWSServiceRoleForConfigMultiAccountSetup"),
        ("remediation.config.amazonaws.com", "AWSServiceRoleForConfigRemediation"),
        ("malware-protection.guardduty.amazonaws.com", "AWSServiceRoleForAmazonGuardDutyMalwareProtection"),
        ("access-analyzer.amazonaws.com", "AWSServiceRoleForAccessAnalyzer"),
        ("securityhub.amazonaws.com", "AWSServiceRoleForSecurityHub"),
        ("organizations.amazonaws.com", "AWSServiceRoleForOrganizations"),
        ("member.org.stacksets.cloudformation.amazonaws.com", "AWSServiceRoleForCloudFormationStackSetsOrgMember"),
    ],
)
def test_service_linked_roles(iam: Any, service: str, name: str) -> None:
    role = iam.create_service_linked_role(AWSServiceName=service)["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/{service}/{name}"
    [policy] = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    assert policy["PolicyArn"].startswith("arn:aws:iam::aws:policy/aws-service-role/")
    with refused("InvalidInput", "has been taken"):
        iam.create_service_linked_role(AWSServiceName=service)
    for call in (
        lambda: iam.delete_role(RoleName=name),
        lambda: iam.attach_role_policy(RoleName=name, PolicyArn=AWS_POLICY),
        lambda: iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=ALLOW),
        lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=TRUST),
    ):
        with refused("UnmodifiableEntity"):
            call()


def test_no_service_linked_roles_for_unknown_services(iam: Any) -> None:
    with refused("InvalidInput"):
        iam.create_service_linked_role(AWSServiceName="nonsense.amazonaws.com")
    with refused("InvalidInput"):
        iam.create_service_linked_role(AWSServiceName="config.amazonaws.com", CustomSuffix="x")


def test_password_policy(iam: Any) -> None:
    with refused("NoSuchEntity"):
        iam.get_account_password_policy()
    iam.update_account_password_policy(MinimumPasswordLength=14, MaxPasswordAge=90, PasswordReusePrevention=24)
    got = iam.get_account_password_policy()["PasswordPolicy"]
    assert (got["ExpirePasswords"], got["MaxPasswordAge"], got["PasswordReusePrevention"]) == (True, 90, 24)
    iam.update_account_password_policy(RequireSymbols=True)
    got = iam.get_account_password_policy()["PasswordPolicy"]
    assert (got["MinimumPasswordLength"], got["RequireSymbols"], got["ExpirePasswords"]) == (6, True, False)
    assert not {"MaxPasswordAge", "PasswordReusePrevention", "HardExpiry"} & set(got)
    for bad in ({"MinimumPasswordLength": 129}, {"MaxPasswordAge": 1096}, {"PasswordReusePrevention": 25}):
        with refused("ValidationError"):
            iam.update_account_password_policy(**bad)
    iam.delete_account_password_policy()
    with refused("NoSuchEntity"):
        iam.delete_account_password_policy()


def test_instance_profiles(iam: Any) -> None:
    iam.create_role(RoleName="one", AssumeRolePolicyDocument=TRUST)
    profile = iam.create_instance_profile(InstanceProfileName="p", Path="/x/")["InstanceProfile"]
    assert profile["InstanceProfileId"].startswith("AIPA")
    iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="one")
    with refused("LimitExceeded"):
        iam.add_role_to_instance_profile(InstanceProfileName="p", RoleName="one")
    with refused("DeleteConflict"):
        iam.delete_role(RoleName="one")
    with refused("DeleteConflict"):
        iam.delete_instance_profile(InstanceProfileName="p")
    iam.remove_role_from_instance_profile(InstanceProfileName="p", RoleName="one")
    iam.delete_instance_profile(InstanceProfileName="p")
    iam.delete_role(RoleName="one")
