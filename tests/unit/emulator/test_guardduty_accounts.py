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
