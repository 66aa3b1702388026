# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who administers Security Hub for an organization."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support.organization import MANAGEMENT, MEMBERS, SECURITY, organization

from .support import OTHER_ACCOUNT, refused

REGION, OTHER_REGION = "eu-central-1", "eu-west-1"


def hub(emulator: Emulator, account: str = MANAGEMENT, region: str = REGION) -> Any:
    return emulator.client("securityhub", region, account)


@pytest.fixture
def designated(emulator: Emulator) -> Emulator:
    organization(emulator)
    hub(emulator).enable_organization_admin_account(AdminAccountId=SECURITY)
    return emulator


def test_designating_trusts_delegates_and_enables(designated: Emulator) -> None:
    assert hub(designated).list_organization_admin_accounts()["AdminAccounts"] == [
        {"AccountId": SECURITY, "Status": "ENABLED"}
    ]
    organizations = designated.client("organizations", account_id=MANAGEMENT)
    services = organizations.list_delegated_services_for_account(AccountId=SECURITY)["DelegatedServices"]
    assert [row["ServicePrincipal"] for row in services] == ["securityhub.amazonaws.com"]
    assert hub(designated, SECURITY).describe_hub()["HubArn"].startswith(f"arn:aws:securityhub:{REGION}:{SECURITY}:")


def test_a_region_by_itself_and_the_same_account_in_all(designated: Emulator) -> None:
    assert hub(designated, region=OTHER_REGION).list_organization_admin_accounts()["AdminAccounts"] == []
    with refused("InvalidInputException", "Another account"):
        hub(designated, region=OTHER_REGION).enable_organization_admin_account(AdminAccountId=MEMBERS[0])
    hub(designated, region=OTHER_REGION).enable_organization_admin_account(AdminAccountId=SECURITY)


def test_removing_the_last_one_ends_the_delegation(designated: Emulator) -> None:
    hub(designated).disable_organization_admin_account(AdminAccountId=SECURITY)
    organizations = designated.client("organizations", account_id=MANAGEMENT)
    assert organizations.list_delegated_administrators()["DelegatedAdministrators"] == []
    with refused("InvalidInputException"):
        hub(designated).disable_organization_admin_account(AdminAccountId=SECURITY)


def test_only_the_management_account_designates_and_only_members(designated: Emulator) -> None:
    with refused("InvalidAccessException"):
        hub(designated, SECURITY).enable_organization_admin_account(AdminAccountId=SECURITY)
    with refused("InvalidInputException", "not an active member"):
        hub(designated).enable_organization_admin_account(AdminAccountId=OTHER_ACCOUNT)
