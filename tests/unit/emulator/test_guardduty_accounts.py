# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GuardDuty of many accounts: through an organization, and by invitation."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, NAMES, SECURITY, organization

from .support import OTHER_ACCOUNT, refused

REGION = "eu-central-1"
OTHER_REGION = "eu-west-1"
PRINCIPAL = "guardduty.amazonaws.com"


def guardduty(emulator: Emulator, account: str, region: str = REGION) -> Any:
    return emulator.client("guardduty", region, account)


def detector(emulator: Emulator, account: str, region: str = REGION) -> str:
    """The id of the account's detector, which is made if there is none."""
    client = guardduty(emulator, account, region)
    found = client.list_detectors()["DetectorIds"]
    return found[0] if found else client.create_detector(Enable=True)["DetectorId"]


def details(*accounts: str) -> list[dict[str, str]]:
    return [{"AccountId": one, "Email": f"{NAMES.get(one, one)}@acme.example"} for one in accounts]


def statuses(emulator: Emulator, account: str = SECURITY) -> dict[str, str]:
    rows = guardduty(emulator, account).list_members(DetectorId=detector(emulator, account), OnlyAssociated="false")
    return {row["AccountId"]: row["RelationshipStatus"] for row in rows["Members"]}


def features(client: Any, identifier: str) -> dict[str, str]:
    return {row["Name"]: row["Status"] for row in client.get_detector(DetectorId=identifier)["Features"]}


@pytest.fixture
def in_organization(emulator: Emulator) -> Emulator:
    organization(emulator)
    return emulator


@pytest.fixture
def delegated(in_organization: Emulator) -> Emulator:
    guardduty(in_organization, MANAGEMENT).enable_organization_admin_account(AdminAccountId=SECURITY)
    return in_organization


# --- the organization's administrator -------------------------------------------------------------------------------


def test_designating_the_administrator(delegated: Emulator) -> None:
    organizations = delegated.client("organizations", account_id=MANAGEMENT)
    trusted = organizations.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [one["ServicePrincipal"] for one in trusted] == [PRINCIPAL]
    delegates = organizations.list_delegated_administrators(ServicePrincipal=PRINCIPAL)["DelegatedAdministrators"]
    assert [one["Id"] for one in delegates] == [SECURITY]
    assert guardduty(delegated, SECURITY).list_detectors()["DetectorIds"]
    assert guardduty(delegated, SECURITY, OTHER_REGION).list_detectors()["DetectorIds"] == []
    assert guardduty(delegated, MANAGEMENT).list_organization_admin_accounts()["AdminAccounts"] == [
        {"AdminAccountId": SECURITY, "AdminStatus": "ENABLED"}
    ]
    assert guardduty(delegated, MANAGEMENT, OTHER_REGION).list_organization_admin_accounts()["AdminAccounts"] == []


def test_one_administrator_for_all_regions(delegated: Emulator) -> None:
    for region in (REGION, OTHER_REGION):
        with refused("BadRequestException", "another account is already enabled"):
            guardduty(delegated, MANAGEMENT, region).enable_organization_admin_account(AdminAccountId=LOG_ARCHIVE)
    guardduty(delegated, MANAGEMENT, OTHER_REGION).enable_organization_admin_account(AdminAccountId=SECURITY)
    with refused("BadRequestException", "not member of AWS Organizations"):
        guardduty(delegated, MANAGEMENT).enable_organization_admin_account(AdminAccountId=OTHER_ACCOUNT)


def test_only_the_management_account_designates(in_organization: Emulator) -> None:
    for account in (SECURITY, OTHER_ACCOUNT):
        with refused("BadRequestException", "Organization master permission"):
            guardduty(in_organization, account).enable_organization_admin_account(AdminAccountId=SECURITY)
        with refused("BadRequestException", "Organization master permission"):
            guardduty(in_organization, account).list_organization_admin_accounts()


def test_removing_the_administrator_keeps_guardduty_on(delegated: Emulator) -> None:
    security = guardduty(delegated, SECURITY)
    security.create_members(DetectorId=detector(delegated, SECURITY), AccountDetails=details(MEMBERS[0]))
    guardduty(delegated, MANAGEMENT).disable_organization_admin_account(AdminAccountId=SECURITY)
    assert statuses(delegated) == {}
    assert guardduty(delegated, MEMBERS[0]).list_detectors()["DetectorIds"]
    delegates = delegated.client("organizations", account_id=MANAGEMENT).list_delegated_administrators()
    assert delegates["DelegatedAdministrators"] == []
    guardduty(delegated, MANAGEMENT).enable_organization_admin_account(AdminAccountId=LOG_ARCHIVE)


def test_settings_need_the_administrator_and_one_way_to_say_them(delegated: Emulator) -> None:
    member = guardduty(delegated, MEMBERS[0])
    identifier = detector(delegated, MEMBERS[0])
    with refused("BadRequestException", "Organization master permission"):
        member.describe_organization_configuration(DetectorId=identifier)
    with refused("BadRequestException", "Organization master permission"):
        member.update_organization_configuration(DetectorId=identifier, AutoEnableOrganizationMembers="ALL")
    security, identifier = guardduty(delegated, SECURITY), detector(delegated, SECURITY)
    found = security.describe_organization_configuration(DetectorId=identifier)
    assert found["AutoEnableOrganizationMembers"] == "NONE" and not found["AutoEnable"]
    assert {row["AutoEnable"] for row in found["Features"]} == {"NONE"}
    for wrong in ({}, {"AutoEnable": True, "AutoEnableOrganizationMembers": "ALL"}):
        with refused("BadRequestException", "but not both"):
            security.update_organization_configuration(DetectorId=identifier, **wrong)


def test_all_makes_members_of_existing_and_of_new_accounts(delegated: Emulator) -> None:
    security, identifier = guardduty(delegated, SECURITY), detector(delegated, SECURITY)
    detector(delegated, MEMBERS[0])
    runtime = {
        "Name": "RUNTIME_MONITORING",
        "AutoEnable": "ALL",
        "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "AutoEnable": "ALL"}],
    }
    security.update_organization_configuration(
        DetectorId=identifier,
        AutoEnableOrganizationMembers="ALL",
        Features=[{"Name": "S3_DATA_EVENTS", "AutoEnable": "ALL"}, runtime],
    )
    # the management account has to switch GuardDuty on itself
    assert statuses(delegated) == dict.fromkeys((LOG_ARCHIVE, *MEMBERS), "Enabled")
    detector(delegated, MANAGEMENT)
    security.create_members(DetectorId=identifier, AccountDetails=details(MANAGEMENT))
    assert statuses(delegated)[MANAGEMENT] == "Enabled"
    archive = features(guardduty(delegated, LOG_ARCHIVE), detector(delegated, LOG_ARCHIVE))
    assert (archive["S3_DATA_EVENTS"], archive["RUNTIME_MONITORING"]) == ("ENABLED", "ENABLED")
    assert archive["EKS_AUDIT_LOGS"] == "DISABLED"

    created = delegated.client("organizations", account_id=MANAGEMENT).create_account(
        AccountName="new", Email="new@acme.example"
    )
    new = created["CreateAccountStatus"]["AccountId"]
    assert statuses(delegated)[new] == "Enabled"
    for refuse in (security.disassociate_members, security.delete_members, security.stop_monitoring_members):
        with refused("BadRequestException", "is ALL"):
            refuse(DetectorId=identifier, AccountIds=[MEMBERS[0]])


def test_new_leaves_existing_accounts_alone(delegated: Emulator) -> None:
    security, identifier = guardduty(delegated, SECURITY), detector(delegated, SECURITY)
    s3 = {"Name": "S3_DATA_EVENTS", "AutoEnable": "NEW"}
    security.update_organization_configuration(
        DetectorId=identifier, AutoEnableOrganizationMembers="NEW", Features=[s3]
    )
    assert statuses(delegated) == {}
    organizations = delegated.client("organizations", account_id=MANAGEMENT)
    new = organizations.create_account(AccountName="new", Email="new@acme.example")["CreateAccountStatus"]["AccountId"]
    assert statuses(delegated) == {new: "Enabled"}
    assert features(guardduty(delegated, new), detector(delegated, new))["S3_DATA_EVENTS"] == "ENABLED"


# --- members of an organization -------------------------------------------------------------------------------------


def test_adding_an_account_of_the_organization_enables_it(delegated: Emulator) -> None:
    security, identifier = guardduty(delegated, SECURITY), detector(delegated, SECURITY)
    answer = security.create_members(DetectorId=identifier, AccountDetails=details(MEMBERS[0], MANAGEMENT, SECURITY))
    reasons = {one["AccountId"]: one["Result"] for one in answer["UnprocessedAccounts"]}
    assert "must first enable GuardDuty" in reasons.pop(MANAGEMENT)
    assert "member of itself" in reasons.pop(SECURITY)
    assert not reasons
    member = security.get_members(DetectorId=identifier, AccountIds=[MEMBERS[0]])["Members"][0]
    assert (member["RelationshipStatus"], member["Email"]) == ("Enabled", "")
    assert member["DetectorId"] == detector(delegated, MEMBERS[0])
    administrator = guardduty(delegated, MEMBERS[0]).get_administrator_account(DetectorId=member["DetectorId"])
    assert administrator["Administrator"]["AccountId"] == SECURITY
    assert "InvitationId" not in administrator["Administrator"]
    again = security.create_members(DetectorId=identifier, AccountDetails=details(MEMBERS[0]))
    assert "already a member" in again["UnprocessedAccounts"][0]["Result"]


def test_what_the_administrator_decides_members_cannot_change(delegated: Emulator) -> None:
    security, identifier = guardduty(delegated, SECURITY), detector(delegated, SECURITY)
    security.update_detector(DetectorId=identifier, FindingPublishingFrequency="FIFTEEN_MINUTES")
    member, own = guardduty(delegated, MEMBERS[0]), detector(delegated, MEMBERS[0])
    assert member.get_detector(DetectorId=own)["FindingPublishingFrequency"] == "SIX_HOURS"
    security.create_members(DetectorId=identifier, AccountDetails=details(MEMBERS[0]))
    assert member.get_detector(DetectorId=own)["FindingPublishingFrequency"] == "FIFTEEN_MINUTES"
    with refused("BadRequestException", "finding publishing frequency"):
        member.update_detector(DetectorId=own, FindingPublishingFrequency="ONE_HOUR")
    with refused("BadRequestException", "protection plans"):
        member.update_detector(DetectorId=own, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
    with refused("BadRequestException", "disassociate itself"):
        member.disassociate_from_administrator_account(DetectorId=own)
    security.update_member_detectors(
        DetectorId=identifier,
        AccountIds=[MEMBERS[0]],
        Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}],
    )
    rows = security.get_member_detectors(DetectorId=identifier, AccountIds=[MEMBERS[0]])
    found = {row["Name"]: row["Status"] for row in rows["MemberDataSourceConfigurations"][0]["Features"]}
    assert found["S3_DATA_EVENTS"] == "DISABLED"
    security.update_organization_configuration(DetectorId=identifier, AutoEnableOrganizationMembers="ALL")
    with refused("BadRequestException", "auto-enabled"):
        member.update_detector(DetectorId=own, Enable=False)
    with refused("BadRequestException", "auto-enabled"):
        member.delete_detector(DetectorId=own)


def test_an_account_that_was_removed_comes_back_without_invitation(delegated: Emulator) -> None:
    security, identifier = guardduty(delegated, SECURITY), detector(delegated, SECURITY)
    security.create_members(DetectorId=identifier, AccountDetails=details(MEMBERS[0]))
    security.disassociate_members(DetectorId=identifier, AccountIds=[MEMBERS[0]])
    assert statuses(delegated) == {MEMBERS[0]: "Removed"}
    answer = security.invite_members(DetectorId=identifier, AccountIds=[MEMBERS[0]])
    assert "through AWS Organizations" in answer["UnprocessedAccounts"][0]["Result"]
    security.create_members(DetectorId=identifier, AccountDetails=details(MEMBERS[0]))
    assert statuses(delegated) == {MEMBERS[0]: "Enabled"}


# --- members by invitation ------------------------------------------------------------------------------------------


def accept(emulator: Emulator, account: str, administrator: str) -> None:
    client = guardduty(emulator, account)
    invitations = {one["AccountId"]: one["InvitationId"] for one in client.list_invitations()["Invitations"]}
    client.accept_administrator_invitation(
        DetectorId=detector(emulator, account),
        AdministratorId=administrator,
        InvitationId=invitations.get(administrator, "none"),
    )


def invite(emulator: Emulator, account: str, administrator: str) -> list[dict[str, str]]:
    client, identifier = guardduty(emulator, administrator), detector(emulator, administrator)
    client.create_members(DetectorId=identifier, AccountDetails=details(account))
    return client.invite_members(DetectorId=identifier, AccountIds=[account])["UnprocessedAccounts"]


def test_inviting_and_accepting(in_organization: Emulator) -> None:
    client = guardduty(in_organization, MEMBERS[0])
    assert client.get_invitations_count()["InvitationsCount"] == 0
    answer = guardduty(in_organization, SECURITY).invite_members(
        DetectorId=detector(in_organization, SECURITY), AccountIds=[MEMBERS[0]]
    )
    assert "email address is missing" in answer["UnprocessedAccounts"][0]["Result"]
    assert invite(in_organization, MEMBERS[0], SECURITY) == []
    assert statuses(in_organization) == {MEMBERS[0]: "Invited"}
    assert client.get_invitations_count()["InvitationsCount"] == 1
    assert "already invited" in invite(in_organization, MEMBERS[0], SECURITY)[0]["Result"]
    with refused("BadRequestException", "does not have an invitation"):
        accept(in_organization, MEMBERS[0], LOG_ARCHIVE)
    accept(in_organization, MEMBERS[0], SECURITY)
    assert statuses(in_organization) == {MEMBERS[0]: "Enabled"}
    assert client.get_invitations_count()["InvitationsCount"] == 0
    own = detector(in_organization, MEMBERS[0])
    administrator = client.get_administrator_account(DetectorId=own)["Administrator"]
    assert administrator["RelationshipStatus"] == "Enabled"
    # it may change its protection plans, and may leave
    client.update_detector(DetectorId=own, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
    with refused("BadRequestException", "finding publishing frequency"):
        client.update_detector(DetectorId=own, FindingPublishingFrequency="ONE_HOUR")
    client.disassociate_from_administrator_account(DetectorId=own)
    assert statuses(in_organization) == {MEMBERS[0]: "Resigned"}
    assert "Administrator" not in client.get_administrator_account(DetectorId=own)


def test_one_administrator_at_a_time(in_organization: Emulator) -> None:
    for administrator in (SECURITY, LOG_ARCHIVE):
        invite(in_organization, MEMBERS[0], administrator)
    accept(in_organization, MEMBERS[0], SECURITY)
    with refused("BadRequestException", "already a member"):
        accept(in_organization, MEMBERS[0], LOG_ARCHIVE)
    guardduty(in_organization, MEMBERS[0]).decline_invitations(AccountIds=[LOG_ARCHIVE])
    assert statuses(in_organization, LOG_ARCHIVE) == {MEMBERS[0]: "Resigned"}
    with refused("BadRequestException", "already a member of another account"):
        guardduty(in_organization, MEMBERS[0]).create_members(
            DetectorId=detector(in_organization, MEMBERS[0]), AccountDetails=details(MEMBERS[1])
        )


def test_an_administrator_cannot_accept_and_keeps_its_detector(in_organization: Emulator) -> None:
    invite(in_organization, MEMBERS[0], SECURITY)
    invite(in_organization, SECURITY, LOG_ARCHIVE)
    with refused("BadRequestException", "contains created, invited, or associated members"):
        accept(in_organization, SECURITY, LOG_ARCHIVE)
    with refused("BadRequestException", "invited or associated members"):
        guardduty(in_organization, SECURITY).delete_detector(DetectorId=detector(in_organization, SECURITY))


def test_a_wrong_address_is_found_out(in_organization: Emulator) -> None:
    client, identifier = guardduty(in_organization, SECURITY), detector(in_organization, SECURITY)
    wrong = {"AccountId": MEMBERS[0], "Email": "somebody@else.example"}
    client.create_members(DetectorId=identifier, AccountDetails=[wrong])
    client.invite_members(DetectorId=identifier, AccountIds=[MEMBERS[0]])
    assert statuses(in_organization) == {MEMBERS[0]: "EmailVerificationFailed"}


def test_from_invitation_to_organization(in_organization: Emulator) -> None:
    """T-10: the same administrator keeps its members, which are the organization's now; others stay where they are."""
    for account, administrator in ((MEMBERS[0], SECURITY), (MEMBERS[1], LOG_ARCHIVE)):
        invite(in_organization, account, administrator)
        accept(in_organization, account, administrator)
    guardduty(in_organization, MANAGEMENT).enable_organization_admin_account(AdminAccountId=SECURITY)
    security, identifier = guardduty(in_organization, SECURITY), detector(in_organization, SECURITY)
    security.update_organization_configuration(DetectorId=identifier, AutoEnableOrganizationMembers="ALL")
    found = statuses(in_organization)
    assert found[MEMBERS[0]] == "Enabled" and MEMBERS[1] not in found
    answer = security.create_members(DetectorId=identifier, AccountDetails=details(MEMBERS[1]))
    assert "another administrator" in answer["UnprocessedAccounts"][0]["Result"]
    with refused("BadRequestException", "disassociate itself"):
        guardduty(in_organization, MEMBERS[0]).disassociate_from_administrator_account(
            DetectorId=detector(in_organization, MEMBERS[0])
        )
    with refused("BadRequestException", "associated member of another administrator"):
        guardduty(in_organization, MANAGEMENT, REGION).disable_organization_admin_account(AdminAccountId=SECURITY)
        guardduty(in_organization, MANAGEMENT).enable_organization_admin_account(AdminAccountId=MEMBERS[1])
