# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Security Hub's administrator for an organization, which moto sets without telling anybody and cannot list or remove.

https://docs.aws.amazon.com/securityhub/latest/userguide/designate-orgs-admin-account.html
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import AwsError
from ..registry import Scope, Service
from . import iam, organizations
from .organizations import Organization

Params = dict[str, Any]

PRINCIPAL = "securityhub.amazonaws.com"


@dataclass
class State:
    """What the management account holds in a region."""

    administrator: str | None = None


service = Service("securityhub", state=State)


def _managed(scope: Scope) -> Organization:
    organization = organizations.organization_of(scope)
    if organization is None or scope.account != organization.management:
        raise AwsError("InvalidAccessException", "The account doesn't have permission to perform this action.")
    return organization


def _designated(organization: Organization) -> set[str]:
    """The administrators of all regions, of which AWS takes one and the same."""
    states = (state for (account, _region), state in service.states().items() if account == organization.management)
    return {state.administrator for state in states if state.administrator}


@service.operation("EnableOrganizationAdminAccount")
def enable_organization_admin_account(params: Params, scope: Scope, state: State) -> Params:
    """Gives Security Hub trusted access, registers the delegated administrator and enables it there, as AWS does."""
    organization = _managed(scope)
    account = params["AdminAccountId"]
    if account not in organization.active():
        raise AwsError("InvalidInputException", f"The account {account} is not an active member of the organization.")
    others = _designated(organization) | set(organization.administrators(PRINCIPAL))
    if others - {account, organization.management}:
        raise AwsError("InvalidInputException", "Another account is the Security Hub administrator already.")
    if state.administrator not in (None, account):
        raise AwsError("InvalidInputException", "Another account is the administrator in this Region already.")
    organization.trusted.setdefault(PRINCIPAL, datetime.now(UTC))
    iam.ensure_service_linked_role(PRINCIPAL, scope)
    if account != organization.management:
        organizations.delegate(organization, account, PRINCIPAL)
    there = scope.at(account=account)
    iam.ensure_service_linked_role(PRINCIPAL, there)
    there.moto("securityhub").enable_security_hub()
    state.administrator = account
    return {"AdminAccountId": account, "Feature": params.get("Feature", "SecurityHub")}


@service.operation("DisableOrganizationAdminAccount")
def disable_organization_admin_account(params: Params, scope: Scope, state: State) -> None:
    """The account keeps Security Hub."""
    organization = _managed(scope)
    if state.administrator != params["AdminAccountId"]:
        raise AwsError("InvalidInputException", "The account is not the Security Hub administrator.")
    state.administrator = None
    if params["AdminAccountId"] not in _designated(organization):
        organization.delegated.get(PRINCIPAL, {}).pop(params["AdminAccountId"], None)


@service.operation("ListOrganizationAdminAccounts")
def list_organization_admin_accounts(params: Params, scope: Scope, state: State) -> Params:
    _managed(scope)
    accounts = [state.administrator] if state.administrator else []
    return {
        "AdminAccounts": [{"AccountId": account, "Status": "ENABLED"} for account in accounts],
        "Feature": params.get("Feature", "SecurityHub"),
    }
