# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The organization as its accounts see it: accounts, tree, tags, trusted access, delegated administrators.

https://docs.aws.amazon.com/organizations/latest/APIReference/
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, NAMES, ORGANIZATION_ID, SECURITY, organization

from .support import ACCOUNT, refused

CLOUDTRAIL, CONFIG, GUARDDUTY = "cloudtrail.amazonaws.com", "config.amazonaws.com", "guardduty.amazonaws.com"


@pytest.fixture
def management(emulator: Emulator) -> Any:
    """Organizations as the management account calls it."""
    organization(emulator, details={MEMBERS[0]: {"ou": "Workloads/Production", "tags": {"team": "shop"}}})
    return emulator.client("organizations", account_id=MANAGEMENT)


@pytest.fixture
def member(emulator: Emulator, management: Any) -> Any:
    return emulator.client("organizations", account_id=MEMBERS[0])


def root_of(client: Any) -> str:
    return str(client.list_roots()["Roots"][0]["Id"])


def everything(client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
    return [row for page in client.get_paginator(operation).paginate(**parameters) for row in page[key]]


# --- the organization and its accounts ------------------------------------------------------------------------------


def test_every_account_sees_the_same_organization(emulator: Emulator, management: Any) -> None:
    for account in NAMES:
        seen = emulator.client("organizations", account_id=account).describe_organization()["Organization"]
        assert (seen["Id"], seen["MasterAccountId"]) == (ORGANIZATION_ID, MANAGEMENT)
    stranger = emulator.client("organizations", account_id=ACCOUNT)
    for method in ("describe_organization", "list_accounts", "list_roots"):
        with refused("AWSOrganizationsNotInUseException"):
            getattr(stranger, method)()


def test_only_management_and_delegated_administrators_read(emulator: Emulator, management: Any, member: Any) -> None:
    management.enable_aws_service_access(ServicePrincipal=CONFIG)
    management.register_delegated_administrator(AccountId=SECURITY, ServicePrincipal=CONFIG)
    security = emulator.client("organizations", account_id=SECURITY)
    assert {row["Id"] for row in security.list_accounts()["Accounts"]} == set(NAMES)
    assert security.describe_account(AccountId=MEMBERS[0])["Account"]["Name"] == "shop"
    root = root_of(security)
    assert member.describe_organization()
    for call in (
        member.list_accounts,
        lambda: member.list_parents(ChildId=MEMBERS[0]),
        lambda: security.create_organizational_unit(ParentId=root, Name="mine"),
        lambda: security.enable_policy_type(RootId=root, PolicyType="TAG_POLICY"),
    ):
        with refused("AccessDeniedException"):
            call()


def test_an_account_is_in_one_organization(emulator: Emulator, management: Any) -> None:
    with refused("AlreadyInOrganizationException"):
        emulator.client("organizations", account_id=MEMBERS[0]).create_organization()
    assert organization(emulator) == ORGANIZATION_ID


def test_partitions_are_apart(emulator: Emulator, management: Any) -> None:
    with refused("AWSOrganizationsNotInUseException"):
        emulator.client("organizations", "us-gov-west-1", MANAGEMENT).describe_organization()


def test_pages(emulator: Emulator, management: Any) -> None:
    for number in range(20):
        management.create_account(AccountName=f"n{number}", Email=f"n{number}@acme.example")
    assert len(management.list_accounts()["Accounts"]) == 20
    assert len(everything(management, "list_accounts", "Accounts")) == len(NAMES) + 20
    assert len(management.list_accounts(MaxResults=3)["Accounts"]) == 3
    for parameters in ({"MaxResults": 21}, {"NextToken": "nonsense"}):
        with refused("InvalidInputException"):
            management.list_accounts(**parameters)


def test_new_account(emulator: Emulator, management: Any) -> None:
    row = management.create_account(AccountName="new", Email="new@acme.example")["CreateAccountStatus"]
    assert row["State"] == "SUCCEEDED"
    assert management.describe_create_account_status(CreateAccountRequestId=row["Id"])["CreateAccountStatus"] == row
    again = management.create_account(AccountName="other", Email="new@acme.example")["CreateAccountStatus"]
    assert (again["State"], again["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    listed = management.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert [one["Id"] for one in listed] == [again["Id"]]
    roles = {role["RoleName"] for role in emulator.client("iam", account_id=row["AccountId"]).list_roles()["Roles"]}
    assert roles == {"OrganizationAccountAccessRole", "AWSServiceRoleForOrganizations"}


def test_closing(management: Any) -> None:
    with refused("ConstraintViolationException", "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"):
        management.close_account(AccountId=MANAGEMENT)
    management.close_account(AccountId=MEMBERS[0])
    rows = [management.describe_account(AccountId=MEMBERS[0])["Account"] for _ in range(2)]
    assert [row["State"] for row in rows] == ["PENDING_CLOSURE", "CLOSED"]
    assert [row["Status"] for row in rows] == ["PENDING_CLOSURE", "SUSPENDED"]
    with refused("AccountAlreadyClosedException"):
        management.close_account(AccountId=MEMBERS[0])
    with refused("AccountNotFoundException"):
        management.close_account(AccountId=ACCOUNT)


def test_state_by_control(emulator: Emulator, management: Any) -> None:
    for state in ("PENDING_CLOSURE", "CLOSED", "SUSPENDED", "ACTIVE"):
        emulator.set_account_status(MEMBERS[1], state)
        for _ in range(2):
            assert management.describe_account(AccountId=MEMBERS[1])["Account"]["State"] == state
    for account, state in ((ACCOUNT, "ACTIVE"), (MEMBERS[1], "OPEN")):
        with pytest.raises(RuntimeError):
            emulator.set_account_status(account, state)


def test_removing(management: Any, member: Any) -> None:
    with refused("MasterCannotLeaveOrganizationException"):
        management.remove_account_from_organization(AccountId=MANAGEMENT)
    with refused("MasterCannotLeaveOrganizationException"):
        management.leave_organization()
    with refused("ConstraintViolationException", "WAIT_PERIOD_ACTIVE"):
        management.remove_account_from_organization(AccountId=MEMBERS[0])
    with refused("ConstraintViolationException", "WAIT_PERIOD_ACTIVE"):
        member.leave_organization()
    management.enable_aws_service_access(ServicePrincipal=CONFIG)
    management.register_delegated_administrator(AccountId=SECURITY, ServicePrincipal=CONFIG)
    with refused("ConstraintViolationException", "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"):
        management.remove_account_from_organization(AccountId=SECURITY)


# --- the tree -------------------------------------------------------------------------------------------------------


def test_units(management: Any) -> None:
    root = root_of(management)
    unit = management.create_organizational_unit(ParentId=root, Name="Sandbox")["OrganizationalUnit"]
    assert unit["Arn"] == f"arn:aws:organizations::{MANAGEMENT}:ou/{ORGANIZATION_ID}/{unit['Id']}"
    assert management.describe_organizational_unit(OrganizationalUnitId=unit["Id"])["OrganizationalUnit"] == unit
    with refused("DuplicateOrganizationalUnitException"):
        management.create_organizational_unit(ParentId=root, Name="Sandbox")
    management.create_organizational_unit(ParentId=unit["Id"], Name="Sandbox")
    with refused("DuplicateOrganizationalUnitException"):
        management.update_organizational_unit(OrganizationalUnitId=unit["Id"], Name="Workloads")
    management.update_organizational_unit(OrganizationalUnitId=unit["Id"], Name="Play")
    names = [
        one["Name"] for one in management.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    ]
    assert names == ["Workloads", "Play"]
    with refused("OrganizationalUnitNotEmptyException"):
        management.delete_organizational_unit(OrganizationalUnitId=unit["Id"])
    child = management.list_children(ParentId=unit["Id"], ChildType="ORGANIZATIONAL_UNIT")["Children"][0]["Id"]
    for identifier in (child, unit["Id"]):
        management.delete_organizational_unit(OrganizationalUnitId=identifier)
    with refused("OrganizationalUnitNotFoundException"):
        management.describe_organizational_unit(OrganizationalUnitId=unit["Id"])
    with refused("ParentNotFoundException"):
        management.create_organizational_unit(ParentId=unit["Id"], Name="late")


def test_units_nest_five_deep(management: Any) -> None:
    parent = root_of(management)
    for level in range(5):
        answer = management.create_organizational_unit(ParentId=parent, Name=f"level {level}")
        parent = answer["OrganizationalUnit"]["Id"]
    with refused("ConstraintViolationException", "OU_DEPTH_LIMIT_EXCEEDED"):
        management.create_organizational_unit(ParentId=parent, Name="too deep")


def test_accounts_in_the_tree(management: Any) -> None:
    root = root_of(management)
    at_root = {one["Id"] for one in management.list_accounts_for_parent(ParentId=root)["Accounts"]}
    assert at_root == set(NAMES) - {MEMBERS[0]}
    production = management.list_parents(ChildId=MEMBERS[0])["Parents"]
    assert [one["Type"] for one in production] == ["ORGANIZATIONAL_UNIT"]
    workloads = management.list_parents(ChildId=production[0]["Id"])["Parents"][0]["Id"]
    path = f"{ORGANIZATION_ID}/{root}/{workloads}/{production[0]['Id']}/"
    unit = management.describe_organizational_unit(OrganizationalUnitId=production[0]["Id"])["OrganizationalUnit"]
    account = management.describe_account(AccountId=MEMBERS[0])["Account"]
    assert (unit["Path"], account["Paths"]) == (path, [f"{path}{MEMBERS[0]}/"])
    assert management.list_parents(ChildId=workloads)["Parents"] == [{"Id": root, "Type": "ROOT"}]
    move = {"AccountId": MEMBERS[0], "SourceParentId": production[0]["Id"], "DestinationParentId": root}
    with refused("DuplicateAccountException"):
        management.move_account(**move | {"DestinationParentId": production[0]["Id"]})
    management.move_account(**move)
    assert management.list_children(ParentId=production[0]["Id"], ChildType="ACCOUNT")["Children"] == []
    with refused("AccountNotFoundException"):
        management.move_account(**move)
    with refused("DestinationParentNotFoundException"):
        management.move_account(AccountId=MEMBERS[0], SourceParentId=root, DestinationParentId="ou-none-00000000")
    for child in (root, ACCOUNT):
        with pytest.raises(management.exceptions.ClientError, match=r"ChildNotFound|InvalidInput"):
            management.list_parents(ChildId=child)


def test_tags(management: Any, member: Any) -> None:
    policy = management.create_policy(
        Name="p", Description="", Type="TAG_POLICY", Content='{"tags": {}}', Tags=[{"Key": "team", "Value": "shop"}]
    )["Policy"]["PolicySummary"]["Id"]
    for resource in (MEMBERS[0], policy):
        assert management.list_tags_for_resource(ResourceId=resource)["Tags"] == [{"Key": "team", "Value": "shop"}]
    root = root_of(management)
    management.tag_resource(ResourceId=root, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    management.untag_resource(ResourceId=root, TagKeys=["a"])
    assert management.list_tags_for_resource(ResourceId=root)["Tags"] == [{"Key": "b", "Value": "2"}]
    for tags, code in (
        ([{"Key": "a", "Value": "1"}] * 2, "InvalidInputException"),
        ([{"Key": "aws:a", "Value": "1"}], "InvalidInputException"),
        ([{"Key": f"k{number}", "Value": ""} for number in range(50)], "ConstraintViolationException"),
    ):
        with refused(code):
            management.tag_resource(ResourceId=root, Tags=tags)
    with refused("TargetNotFoundException"):
        management.list_tags_for_resource(ResourceId=ACCOUNT)
    with refused("AccessDeniedException"):
        member.tag_resource(ResourceId=MEMBERS[0], Tags=[{"Key": "a", "Value": "1"}])


# --- trusted access and delegated administrators --------------------------------------------------------------------


@pytest.mark.parametrize("principal", ["nonsense.amazonaws.com", "cloudtrail", "config.amazonaws.com.cn"])
def test_unknown_principals(management: Any, principal: str) -> None:
    for method in ("enable_aws_service_access", "disable_aws_service_access"):
        with refused("InvalidInputException", "unrecognized service principal"):
            getattr(management, method)(ServicePrincipal=principal)


def test_trusted_access(management: Any, member: Any) -> None:
    for _ in range(2):
        management.enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
    management.enable_aws_service_access(ServicePrincipal="malware-protection.guardduty.amazonaws.com")
    rows = management.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [row["ServicePrincipal"] for row in rows] == [CLOUDTRAIL, "malware-protection.guardduty.amazonaws.com"]
    management.disable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
    assert len(management.list_aws_service_access_for_organization()["EnabledServicePrincipals"]) == 1
    with refused("AccessDeniedException"):
        member.enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)


def test_delegated_administrators(emulator: Emulator, management: Any) -> None:
    register = management.register_delegated_administrator
    with refused("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED"):
        register(AccountId=SECURITY, ServicePrincipal=GUARDDUTY)
    management.enable_aws_service_access(ServicePrincipal=GUARDDUTY)
    with refused("ConstraintViolationException", "CANNOT_REGISTER_MASTER"):
        register(AccountId=MANAGEMENT, ServicePrincipal=GUARDDUTY)
    with refused("AccountNotFoundException"):
        register(AccountId=ACCOUNT, ServicePrincipal=GUARDDUTY)
    emulator.set_account_status(LOG_ARCHIVE, "SUSPENDED")
    with refused("ConstraintViolationException", "CANNOT_REGISTER_SUSPENDED"):
        register(AccountId=LOG_ARCHIVE, ServicePrincipal=GUARDDUTY)
    register(AccountId=SECURITY, ServicePrincipal=GUARDDUTY)
    with refused("AccountAlreadyRegisteredException"):
        register(AccountId=SECURITY, ServicePrincipal=GUARDDUTY)
    with refused("ConstraintViolationException", "DELEGATED_ADMINISTRATOR_EXISTS"):
        register(AccountId=MEMBERS[0], ServicePrincipal=GUARDDUTY)
    with refused("ConstraintViolationException", "DELEGATED_ADMINISTRATOR_EXISTS"):
        management.disable_aws_service_access(ServicePrincipal=GUARDDUTY)
    listed = management.list_delegated_administrators(ServicePrincipal=GUARDDUTY)["DelegatedAdministrators"]
    assert [row["Id"] for row in listed] == [SECURITY]
    services = management.list_delegated_services_for_account(AccountId=SECURITY)["DelegatedServices"]
    assert [row["ServicePrincipal"] for row in services] == [GUARDDUTY]
    management.deregister_delegated_administrator(AccountId=SECURITY, ServicePrincipal=GUARDDUTY)
    for call in (
        lambda: management.deregister_delegated_administrator(AccountId=SECURITY, ServicePrincipal=GUARDDUTY),
        lambda: management.list_delegated_services_for_account(AccountId=SECURITY),
    ):
        with refused("AccountNotRegisteredException"):
            call()


def test_services_have_as_many_administrators_as_documented(management: Any) -> None:
    management.enable_aws_service_access(ServicePrincipal=CONFIG)
    for account in (SECURITY, LOG_ARCHIVE, MEMBERS[0]):
        management.register_delegated_administrator(AccountId=account, ServicePrincipal=CONFIG)
    with refused("ConstraintViolationException", "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED"):
        management.register_delegated_administrator(AccountId=MEMBERS[1], ServicePrincipal=CONFIG)


def test_services_without_administrators(management: Any) -> None:
    management.enable_aws_service_access(ServicePrincipal="ram.amazonaws.com")
    with refused("InvalidInputException"):
        management.register_delegated_administrator(AccountId=SECURITY, ServicePrincipal="ram.amazonaws.com")
