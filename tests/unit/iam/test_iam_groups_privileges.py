# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the shipped groups and roles may do: no privilege escalation (T-25), no enrolment deadlock (T-24)."""

from __future__ import annotations

from collections.abc import Callable

import botocore.session
import pytest

from tests.unit.iam.conftest import ACCOUNT, AWS_MANAGED, RenderedRole
from tests.unit.iam.evaluator import Principal

IAM = f"arn:aws:iam::{ACCOUNT}"
OWN_USER = f"{IAM}:user/alice"
OTHER_USERS = (f"{IAM}:user/root-admin", f"{IAM}:user/infosec/admins/bob")
MANAGED_USER = f"{IAM}:user/infosec/users/carol"
ADMIN_ROLE = f"{IAM}:role/Admin"
BASELINE_GROUPS = ("InfosecGroup", "SuperAdminGroup")
TEAM = "/infosec/teams/"
BOUNDARY = f"{IAM}:policy/infosec/policy/TeamPermissionsBoundary"
ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"

TEAM_GROUPS = ("DBAGroup", "DevOpsGroup", "InfosecGroup")
HUMAN_GROUPS = (*TEAM_GROUPS, "SuperAdminGroup")
INSTANCE_ROLES = ("DomainJoin", "SQLDataBaseInstanceRole", "SaltMaster")

# Ways to an administrator that one call opens: (action, resources a privileged principal hangs on).
_GROUPS = tuple(f"{IAM}:group/infosec/groups/{name}" for name in BASELINE_GROUPS)
_OWN_GROUPS = tuple(f"{IAM}:group/infosec/groups/{name}" for name in TEAM_GROUPS)
_POLICIES = tuple(f"{IAM}:policy/infosec/policy/{name}" for name in ("DevOpsPolicy", "TeamPermissionsBoundary"))
_ROLES = (ADMIN_ROLE, f"{IAM}:role/infosec/services/SaltMaster", f"{IAM}:role/ITOrganizationAccountAccessRole")
_USERS = (OWN_USER, MANAGED_USER, *OTHER_USERS)
ESCALATIONS: list[tuple[str, tuple[str, ...]]] = [
    ("iam:CreatePolicyVersion", _POLICIES),
    ("iam:SetDefaultPolicyVersion", _POLICIES),
    ("iam:DeletePolicyVersion", _POLICIES),
    ("iam:DeletePolicy", _POLICIES),
    ("iam:CreatePolicy", _POLICIES),
    ("iam:AttachUserPolicy", _USERS),
    ("iam:PutUserPolicy", _USERS),
    ("iam:DetachUserPolicy", _USERS),
    ("iam:PutUserPermissionsBoundary", _USERS),
    ("iam:DeleteUserPermissionsBoundary", _USERS),
    ("iam:AttachGroupPolicy", _GROUPS + _OWN_GROUPS),
    ("iam:DetachGroupPolicy", _GROUPS + _OWN_GROUPS),
    ("iam:PutGroupPolicy", (*_GROUPS, *_OWN_GROUPS, f"{IAM}:group{TEAM}x")),
    ("iam:DeleteGroup", _GROUPS + _OWN_GROUPS),
    ("iam:UpdateGroup", (*_GROUPS, *_OWN_GROUPS, f"{IAM}:group{TEAM}x")),
    ("iam:AddUserToGroup", _GROUPS),
    ("iam:RemoveUserFromGroup", _GROUPS),
    ("iam:AttachRolePolicy", _ROLES),
    ("iam:PutRolePolicy", _ROLES),
    ("iam:UpdateAssumeRolePolicy", _ROLES),
    ("iam:DeleteRolePermissionsBoundary", (*_ROLES, f"{IAM}:role{TEAM}x")),
    ("iam:PutRolePermissionsBoundary", _ROLES),
    ("iam:CreateRole", (*_ROLES, f"{IAM}:role{TEAM}x")),
    ("iam:AddRoleToInstanceProfile", (f"{IAM}:instance-profile/x",)),
    ("iam:CreateUser", (f"{IAM}:user/mallory",)),
    ("iam:UpdateUser", _USERS),
    ("iam:CreateLoginProfile", OTHER_USERS),
    ("iam:UpdateLoginProfile", (MANAGED_USER, *OTHER_USERS)),
    ("iam:CreateAccessKey", (MANAGED_USER, *OTHER_USERS)),
    ("iam:UpdateAccessKey", (MANAGED_USER, *OTHER_USERS)),
    ("iam:UploadSSHPublicKey", (MANAGED_USER, *OTHER_USERS)),
    ("iam:CreateServiceSpecificCredential", (OWN_USER, MANAGED_USER, *OTHER_USERS)),
    ("iam:DeactivateMFADevice", (MANAGED_USER, *OTHER_USERS)),
    ("iam:EnableMFADevice", (MANAGED_USER, *OTHER_USERS)),
    ("iam:CreateSAMLProvider", (f"{IAM}:saml-provider/x",)),
    ("iam:UpdateSAMLProvider", (f"{IAM}:saml-provider/x",)),
    ("iam:CreateOpenIDConnectProvider", (f"{IAM}:oidc-provider/x",)),
    ("iam:UpdateAccountPasswordPolicy", ("*",)),
    ("iam:DeleteAccountPasswordPolicy", ("*",)),
    ("organizations:LeaveOrganization", ("*",)),
    ("organizations:DetachPolicy", ("*",)),
    ("account:CloseAccount", ("*",)),
    ("sso:CreateAccountAssignment", ("*",)),
    ("sso:AttachManagedPolicyToPermissionSet", ("*",)),
    ("identitystore:CreateGroupMembership", ("*",)),
    ("cloudformation:CreateStackInstances", ("*",)),
    ("sts:AssumeRoot", ("*",)),
    ("sts:AssumeRole", ("arn:aws:iam::210987654321:role/OrganizationAccountAccessRole",)),
    ("sts:AssumeRole", (f"{IAM}:role/ITOrganizationAccountAccessRole",)),
]

# PassRole opens a way with any service that then runs something for the caller.
PASSED_TO = (
    "cloudformation.amazonaws.com",
    "codebuild.amazonaws.com",
    "datapipeline.amazonaws.com",
    "ec2.amazonaws.com",
    "ecs-tasks.amazonaws.com",
    "glue.amazonaws.com",
    "lambda.amazonaws.com",
    "sagemaker.amazonaws.com",
    "scheduler.amazonaws.com",
    "ssm.amazonaws.com",
    "states.amazonaws.com",
)


def principals(role: RenderedRole) -> dict[str, Principal]:
    return {name: role.member(name) for name in (*TEAM_GROUPS, "ServiceAccountsGroup")} | {
        name: role.role(name) for name in (*INSTANCE_ROLES, "VPCFlowLogRole", "SupportRole")
    }


LIMITED = (*TEAM_GROUPS, "ServiceAccountsGroup", *INSTANCE_ROLES, "VPCFlowLogRole", "SupportRole")


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize(("action", "resources"), ESCALATIONS, ids=[action for action, _ in ESCALATIONS])
def test_no_single_call_leads_to_an_administrator(
    role: RenderedRole, name: str, action: str, resources: tuple[str, ...]
) -> None:
    principal = principals(role)[name]
    assert [r for r in resources if principal.allowed(action, r, iam__PolicyARN=ADMINISTRATOR)] == []


def test_the_escalations_would_be_found() -> None:
    """An administrator can do them all: the list has no misspelt action that nobody could be allowed."""
    administrator = Principal((AWS_MANAGED["AdministratorAccess"],))
    operations = set(botocore.session.get_session().get_service_model("iam").operation_names)
    for action, resources in ESCALATIONS:
        assert all(administrator.allowed(action, resource) for resource in resources)
        service, _, operation = action.partition(":")
        assert service != "iam" or operation in operations


@pytest.mark.parametrize("name", LIMITED)
@pytest.mark.parametrize("service", PASSED_TO)
def test_no_administrator_role_can_be_passed(role: RenderedRole, name: str, service: str) -> None:
    assert not principals(role)[name].allowed("iam:PassRole", ADMIN_ROLE, iam__PassedToService=service)


@pytest.mark.parametrize("name", LIMITED)
def test_passing_a_role_names_the_service(role: RenderedRole, name: str) -> None:
    for path in ("/infosec/services/", TEAM):
        for service in ("cloudformation.amazonaws.com", "glue.amazonaws.com", "codebuild.amazonaws.com"):
            resource = f"{IAM}:role{path}x"
            assert not principals(role)[name].allowed("iam:PassRole", resource, iam__PassedToService=service)


@pytest.mark.parametrize("name", [*TEAM_GROUPS, *INSTANCE_ROLES])
def test_no_group_or_role_is_an_administrator(role: RenderedRole, name: str) -> None:
    principal = principals(role)[name]
    assert not principal.allowed("anything:AtAll") or name == "DevOpsGroup"  # PowerUserAccess is all services but IAM
    assert not principal.allowed("iam:CreateUser", "*")


def test_super_administrators_are(role: RenderedRole) -> None:
    assert role.member("SuperAdminGroup").allowed("iam:CreateUser", f"{IAM}:user/x")


class TestMasterAndManager:
    """S003-05 and S003-06: one creates groups and roles, the other users and memberships, nobody both."""

    def test_master_creates_groups_and_bounded_roles(self, role: RenderedRole) -> None:
        master = role.member("InfosecGroup")
        assert master.allowed("iam:CreateGroup", f"{IAM}:group{TEAM}x")
        assert master.allowed("iam:CreatePolicy", f"{IAM}:policy{TEAM}x")
        assert master.allowed("iam:CreateRole", f"{IAM}:role{TEAM}x", iam__PermissionsBoundary=BOUNDARY)
        assert master.allowed("iam:AttachRolePolicy", f"{IAM}:role{TEAM}x", iam__PermissionsBoundary=BOUNDARY)

    @pytest.mark.parametrize("boundary", [None, f"{IAM}:policy{TEAM}TeamPermissionsBoundary", ADMINISTRATOR])
    @pytest.mark.parametrize(
        "action", ["CreateRole", "AttachRolePolicy", "PutRolePolicy", "PutRolePermissionsBoundary"]
    )
    def test_master_cannot_leave_the_boundary(self, role: RenderedRole, action: str, boundary: str | None) -> None:
        context = {"iam__PermissionsBoundary": boundary} if boundary else {}
        assert not role.member("InfosecGroup").allowed(f"iam:{action}", f"{IAM}:role{TEAM}x", **context)

    def test_master_gives_groups_what_only_reads_or_denies(self, role: RenderedRole) -> None:
        master = role.member("InfosecGroup")
        group = f"{IAM}:group{TEAM}x"
        own = f"{IAM}:policy/infosec/policy/"
        readable = ("arn:aws:iam::aws:policy/ReadOnlyAccess", f"{own}EnforceMFAPolicy")
        assert all(master.allowed("iam:AttachGroupPolicy", group, iam__PolicyARN=arn) for arn in readable)
        powerful = (
            ADMINISTRATOR,
            "arn:aws:iam::aws:policy/IAMFullAccess",
            f"{IAM}:policy{TEAM}x",
            f"{own}DevOpsPolicy",
        )
        assert not any(master.allowed("iam:AttachGroupPolicy", group, iam__PolicyARN=arn) for arn in powerful)
        assert not master.allowed("iam:DetachGroupPolicy", group, iam__PolicyARN=f"{own}EnforceMFAPolicy")

    def test_master_does_not_manage_users(self, role: RenderedRole) -> None:
        master = role.member("InfosecGroup")
        for action in ("CreateUser", "DeleteUser", "CreateLoginProfile"):
            assert not master.allowed(f"iam:{action}", MANAGED_USER)
        assert not master.allowed("iam:AddUserToGroup", f"{IAM}:group{TEAM}x")

    def test_manager_creates_and_assigns_users(self, role: RenderedRole) -> None:
        manager = role.member("DevOpsGroup")
        for action in ("CreateUser", "CreateLoginProfile", "DeleteUser"):
            assert manager.allowed(f"iam:{action}", MANAGED_USER)
        for group in ("groups/DBAGroup", "groups/DevOpsGroup", "groups/ServiceAccountsGroup", "teams/x"):
            assert manager.allowed("iam:AddUserToGroup", f"{IAM}:group/infosec/{group}")

    def test_manager_defines_nothing(self, role: RenderedRole) -> None:
        manager = role.member("DevOpsGroup")
        for action, kind in (("CreateGroup", "group"), ("CreateRole", "role"), ("CreatePolicy", "policy")):
            resource = f"{IAM}:{kind}{TEAM}x"
            assert not manager.allowed(f"iam:{action}", resource, iam__PermissionsBoundary=BOUNDARY)

    def test_the_boundary_cannot_touch_identities(self, role: RenderedRole) -> None:
        document = role.policies["TeamPermissionsBoundary"]["document"]
        unlimited = Principal((AWS_MANAGED["AdministratorAccess"],), boundary=document)
        allowed = {
            f"iam:{operation}"
            for operation in botocore.session.get_session().get_service_model("iam").operation_names
            if unlimited.allowed(f"iam:{operation}", ADMIN_ROLE, iam__PassedToService="ec2.amazonaws.com")
        }
        assert allowed == {"iam:ListInstanceProfiles"}
        assert not unlimited.allowed("iam:PassRole", ADMIN_ROLE, iam__PassedToService="ec2.amazonaws.com")
        assert not unlimited.allowed("sts:AssumeRole", ADMIN_ROLE)


class TestMfa:
    """T-24: who has no MFA yet can enrol, and can do nothing else."""

    STEPS = (
        ("iam:ListMFADevices", OWN_USER),
        ("iam:ListVirtualMFADevices", "*"),
        ("iam:GetAccountPasswordPolicy", "*"),
        ("iam:ChangePassword", OWN_USER),
        ("iam:GetUser", OWN_USER),
        ("iam:CreateVirtualMFADevice", f"{IAM}:mfa/alice"),
        ("iam:CreateVirtualMFADevice", f"{IAM}:mfa/alice-second-try"),
        ("iam:EnableMFADevice", OWN_USER),
        ("iam:ResyncMFADevice", OWN_USER),
    )
    PATHS = ("", "infosec/users/")

    @pytest.mark.parametrize("mfa", ["", "false"], ids=["access key", "password"])
    @pytest.mark.parametrize("group", HUMAN_GROUPS)
    @pytest.mark.parametrize(("action", "resource"), STEPS)
    def test_each_step_of_the_enrolment(
        self, default_role: RenderedRole, group: str, action: str, resource: str, mfa: str
    ) -> None:
        user = default_role.member(group, **{"aws:MultiFactorAuthPresent": mfa})
        for path in self.PATHS:
            assert user.allowed(action, resource.replace("user/", f"user/{path}"))

    @pytest.mark.parametrize("group", HUMAN_GROUPS)
    def test_not_for_somebody_else(self, default_role: RenderedRole, group: str) -> None:
        user = default_role.member(group, **{"aws:MultiFactorAuthPresent": "false"})
        allowed = [action for action, _ in self.STEPS if user.allowed(action, f"{IAM}:user/bob")]
        unrestricted = {
            "iam:ListVirtualMFADevices",
            "iam:GetAccountPasswordPolicy",
            "iam:ListMFADevices",
            "iam:GetUser",
        }
        if group != "SuperAdminGroup":
            assert set(allowed) <= unrestricted
            assert not user.allowed("iam:CreateVirtualMFADevice", f"{IAM}:mfa/bob")

    @pytest.mark.parametrize("mfa", ["", "false"], ids=["access key", "password"])
    @pytest.mark.parametrize("group", HUMAN_GROUPS)
    def test_nothing_else(self, default_role: RenderedRole, group: str, mfa: str) -> None:
        user = default_role.member(group, **{"aws:MultiFactorAuthPresent": mfa})
        operations = botocore.session.get_session().get_service_model("iam").operation_names
        enrolment = {action for action, _ in self.STEPS} | {
            "iam:GetAccountSummary",
            "iam:GetMFADevice",
            "iam:ListUsers",
        }
        targets = (OWN_USER, f"{IAM}:mfa/alice", "*")
        allowed = {f"iam:{o}" for o in operations if any(user.allowed(f"iam:{o}", t) for t in targets)}
        assert allowed == enrolment
        for action in ("ec2:RunInstances", "s3:GetObject", "rds:DeleteDBInstance", "sts:AssumeRole", "kms:Decrypt"):
            assert not user.allowed(action, "*")

    @pytest.mark.parametrize("group", HUMAN_GROUPS)
    def test_keys_can_be_exchanged_for_a_session_with_mfa(self, default_role: RenderedRole, group: str) -> None:
        """sts:GetSessionToken needs no Allow at all: it must only not be denied."""
        grant = {"Statement": [{"Effect": "Allow", "Action": "sts:*", "Resource": "*"}]}
        names = default_role.groups[group]["managed_policies"]
        user = Principal((*default_role.documents(names), grant))
        assert user.allowed("sts:GetSessionToken")
        assert user.allowed("sts:GetCallerIdentity")
        assert not user.allowed("sts:AssumeRole", ADMIN_ROLE)

    def test_giving_up_the_device_needs_it(self, default_role: RenderedRole) -> None:
        for mfa, expected in (("true", True), ("false", False)):
            user = default_role.member("DBAGroup", **{"aws:MultiFactorAuthPresent": mfa})
            assert user.allowed("iam:DeactivateMFADevice", OWN_USER) is expected
            assert user.allowed("iam:DeleteVirtualMFADevice", f"{IAM}:mfa/alice") is expected

    def test_every_service_is_covered(self, role: RenderedRole) -> None:
        """The services AWS reads in ReadOnlyAccess, and one that AWS has yet to invent."""
        statements = AWS_MANAGED["ReadOnlyAccess"]["Statement"]
        services = {action.split(":")[0] for statement in statements for action in statement["Action"]}
        user = Principal((AWS_MANAGED["AdministratorAccess"], role.policies["EnforceMFAPolicy"]["document"]))
        assert {service for service in services | {"tomorrow"} if user.allowed(f"{service}:Anything")} == set()

    def test_service_accounts_are_not_asked_for_a_device(self, default_role: RenderedRole) -> None:
        assert default_role.groups["ServiceAccountsGroup"]["managed_policies"] == []


class TestOffice:
    OUTSIDE = "198.51.100.9"

    @pytest.mark.parametrize("group", HUMAN_GROUPS)
    def test_attached_to_people_when_there_is_an_office(
        self, role: RenderedRole, default_role: RenderedRole, group: str
    ) -> None:
        assert "EnforceAccessFromOfficePolicy" in role.groups[group]["managed_policies"]
        assert "EnforceAccessFromOfficePolicy" not in default_role.groups[group]["managed_policies"]

    @pytest.mark.parametrize("action", ["iam:CreateUser", "route53:CreateHostedZone", "cloudformation:CreateStack"])
    def test_only_from_the_office(self, role: RenderedRole, action: str) -> None:
        user = role.member("SuperAdminGroup")
        assert user.allowed(action)
        assert user.allowed(action, aws__SourceIp="2001:db8::1")
        assert not user.allowed(action, aws__SourceIp=self.OUTSIDE)

    def test_what_aws_does_for_the_caller_goes_on(self, role: RenderedRole) -> None:
        user = role.member("SuperAdminGroup", **{"aws:SourceIp": self.OUTSIDE})
        assert user.allowed("ec2:CreateVpc", aws__ViaAWSService="true")
        assert not user.allowed("ec2:CreateVpc", aws__ViaAWSService="false")

    def test_reading_is_possible_from_anywhere(self, role: RenderedRole) -> None:
        assert role.member("DBAGroup").allowed("ec2:DescribeInstances", aws__SourceIp=self.OUTSIDE)


class TestProtectProd:
    def test_network_and_critical_instances(self, role: RenderedRole) -> None:
        user = role.member("DevOpsGroup")
        assert not user.allowed("ec2:DeleteVpc")
        assert user.allowed("ec2:TerminateInstances", ec2__ResourceTag_Critical="false")
        for action in ("ec2:TerminateInstances", "ec2:StopInstances", "ec2:DeleteTags"):
            assert not user.allowed(action, ec2__ResourceTag_Critical="true")

    def test_buckets_and_objects(self, role: RenderedRole, default_role: RenderedRole) -> None:
        protect = (AWS_MANAGED["AdministratorAccess"], role.policies["ProtectProdEnvironment"]["document"])
        user = Principal(protect)
        assert not user.allowed("s3:DeleteBucket", aws__MultiFactorAuthPresent="false")
        assert user.allowed("s3:DeleteBucket", aws__MultiFactorAuthPresent="true")
        assert not user.allowed("s3:DeleteObject", aws__SourceIp="198.51.100.9")
        assert user.allowed("s3:DeleteObject", aws__SourceIp="203.0.113.9")
        sids = {s["Sid"] for s in default_role.policies["ProtectProdEnvironment"]["document"]["Statement"]}
        assert len(sids) == 3


class TestWork:
    """Least privilege is of no use if the work cannot be done."""

    @pytest.mark.parametrize(
        ("group", "action", "resource"),
        [
            ("DBAGroup", "rds:CreateDBInstance", "*"),
            ("DBAGroup", "sns:Publish", f"arn:aws:sns:eu-central-1:{ACCOUNT}:dba-alerts"),
            ("DevOpsGroup", "ec2:RunInstances", "*"),
            ("DevOpsGroup", "lambda:CreateFunction", "*"),
            ("InfosecGroup", "config:PutConfigRule", "*"),
            ("InfosecGroup", "guardduty:UpdateDetector", "*"),
            ("InfosecGroup", "sts:AssumeRole", f"{IAM}:role/infosec/services/SupportRole"),
            ("InfosecGroup", "s3:PutObject", f"arn:aws:s3:::infosec-{ACCOUNT}-evidence/x"),
        ],
    )
    def test_teams(self, role: RenderedRole, group: str, action: str, resource: str) -> None:
        assert role.member(group).allowed(action, resource)

    @pytest.mark.parametrize(
        ("group", "action"),
        [
            ("DevOpsGroup", "cloudtrail:StopLogging"),
            ("DevOpsGroup", "config:StopConfigurationRecorder"),
            ("DevOpsGroup", "guardduty:DeleteDetector"),
            ("InfosecGroup", "kms:Decrypt"),
            ("InfosecGroup", "logs:DeleteLogGroup"),
            ("InfosecGroup", "ec2:TerminateInstances"),
        ],
    )
    def test_teams_are_kept_from(self, role: RenderedRole, group: str, action: str) -> None:
        assert not role.member(group).allowed(action)

    @pytest.mark.parametrize(
        ("name", "action", "resource"),
        [
            ("DomainJoin", "ds:CreateComputer", "*"),
            ("DomainJoin", "ssm:UpdateInstanceInformation", "*"),
            ("DomainJoin", "ssmmessages:OpenDataChannel", "*"),
            ("SaltMaster", "ec2:RunInstances", "*"),
            ("SaltMaster", "ssm:SendCommand", "*"),
            ("SaltMaster", "codecommit:GitPull", f"arn:aws:codecommit:eu-central-1:{ACCOUNT}:salt-states"),
            ("SQLDataBaseInstanceRole", "s3:PutObject", f"arn:aws:s3:::sqldb-{ACCOUNT}/backup"),
            ("SQLDataBaseInstanceRole", "s3:ListBucket", f"arn:aws:s3:::sqldb-{ACCOUNT}"),
            (
                "VPCFlowLogRole",
                "logs:PutLogEvents",
                f"arn:aws:logs:eu-central-1:{ACCOUNT}:log-group:/aws/vpc/flow-logs/a:log-stream:b",
            ),
            ("SupportRole", "support:CreateCase", "*"),
        ],
    )
    def test_roles(self, role: RenderedRole, name: str, action: str, resource: str) -> None:
        assert role.role(name).allowed(action, resource)

    def test_salt_master_passes_its_two_roles(self, role: RenderedRole) -> None:
        master = role.role("SaltMaster")
        for name in ("DomainJoin", "SQLDataBaseInstanceRole"):
            resource = f"{IAM}:role/infosec/services/{name}"
            assert master.allowed("iam:PassRole", resource, iam__PassedToService="ec2.amazonaws.com")

    def test_siem(self, role: RenderedRole, render: Callable[..., RenderedRole]) -> None:
        queue = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:CloudTrailQueue"
        siem = Principal(role.documents(["SIEMAccessPolicy"]))
        assert siem.allowed("sqs:ReceiveMessage", queue)
        assert not siem.allowed("sqs:ReceiveMessage", queue + "x")
        assert siem.allowed("s3:GetObject", "arn:aws:s3:::trail/AWSLogs/x")
        key = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/x"
        decrypt = {"kms__ViaService": "s3.eu-central-1.amazonaws.com"}
        assert siem.allowed("kms:Decrypt", key, kms__ResourceAliases=["alias/CloudTrailEncKey"], **decrypt)
        assert not siem.allowed("kms:Decrypt", key, kms__ResourceAliases=["alias/other"], **decrypt)
        without = Principal(render().documents(["SIEMAccessPolicy"]))
        assert not without.allowed("s3:GetObject", "arn:aws:s3:::trail/AWSLogs/x")
