# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Organizations, wholly: one organization seen from all of its accounts, and who may ask or change what.

moto keeps an organization in its management account only, knows few service principals and enforces nothing.
https://docs.aws.amazon.com/organizations/latest/APIReference/
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.moto_api._internal import mock_random

from ..errors import AwsError
from ..registry import Scope, Service, page

Params = dict[str, Any]

ACCESS_ROLE = "OrganizationAccountAccessRole"
_PAGE = 20


@dataclass
class Account:
    """An account of an organization. parent: id of a root or an organizational unit."""

    id: str
    arn: str
    name: str
    email: str
    parent: str
    joined: datetime
    status: str = "ACTIVE"
    joined_method: str = "CREATED"
    tags: dict[str, str] = field(default_factory=dict)

    def row(self) -> Params:
        return {
            "Id": self.id,
            "Arn": self.arn,
            "Email": self.email,
            "Name": self.name,
            "Status": self.status,
            "State": self.status,
            "JoinedMethod": self.joined_method,
            "JoinedTimestamp": self.joined,
        }


@dataclass
class Organization:
    """An organization with all features. accounts: by id, the management account first.

    trusted: service principals with trusted access. delegated: service principal -> account id -> since when.
    """

    id: str
    arn: str
    management: str
    root: str
    accounts: dict[str, Account] = field(default_factory=dict)
    trusted: dict[str, datetime] = field(default_factory=dict)
    delegated: dict[str, dict[str, datetime]] = field(default_factory=dict)

    def trusts(self, principal: str) -> bool:
        """Whether the service has trusted access."""
        return principal in self.trusted

    def administrators(self, principal: str) -> list[str]:
        """Ids of the accounts that are delegated administrators for a service."""
        return list(self.delegated.get(principal, {}))

    def may_administer(self, account: str, principal: str) -> bool:
        """Whether an account is the management account or a delegated administrator for the service."""
        return account == self.management or account in self.delegated.get(principal, {})

    def active(self) -> list[str]:
        """Ids of the accounts that are in use."""
        return [account.id for account in self.accounts.values() if account.status == "ACTIVE"]


@dataclass
class State:
    """What the management account holds."""

    organization: Organization | None = None
    requests: dict[str, Params] = field(default_factory=dict)


service = Service("organizations", state=State, whole=True)

JoinHook = Callable[[Organization, Scope, str], None]
_JOINED: list[JoinHook] = []


# --- for other services ---------------------------------------------------------------------------------------------


def organization_of(scope: Scope) -> Organization | None:
    """The organization that the scope's account belongs to, seen from any of its accounts."""
    for (_account, partition), state in service.states().items():
        organization = state.organization
        if organization is not None and partition == scope.partition and scope.account in organization.accounts:
            return organization
    return None


# --- who may ask ----------------------------------------------------------------------------------------------------


def _not_in_use() -> AwsError:
    return AwsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")


def _denied() -> AwsError:
    return AwsError("AccessDeniedException", "You don't have permissions to access this resource.")


def _member(scope: Scope) -> Organization:
    organization = organization_of(scope)
    if organization is None:
        raise _not_in_use()
    return organization


def _reader(scope: Scope) -> Organization:
    """The organization, for the management account and delegated administrators of any service."""
    organization = _member(scope)
    delegates = {account for accounts in organization.delegated.values() for account in accounts}
    if scope.account not in {organization.management, *delegates}:
        raise _denied()
    return organization


def _manager(scope: Scope) -> Organization:
    organization = _member(scope)
    if scope.account != organization.management:
        raise _denied()
    return organization


def _page(items: list[Any], params: Params) -> tuple[list[Any], str | None]:
    return page(items, params, token="NextToken", error="InvalidInputException", limit="MaxResults", default=_PAGE)


def _invalid(reason: str, message: str) -> AwsError:
    return AwsError("InvalidInputException", f"{reason}: {message}")


# --- the organization and its accounts ------------------------------------------------------------------------------


def create(
    scope: Scope, name: str = "management", email: str = "management@example.com", identifier: str | None = None
) -> Organization:
    """An organization whose management account is the scope's."""
    identifier = identifier or f"o-{_letters(10)}"
    root = f"r-{_letters(4)}"
    organization = Organization(
        identifier,
        scope.arn("organizations", f"organization/{identifier}", region=""),
        scope.account,
        root,
    )
    service.state(scope).organization = organization
    join(organization, scope, scope.account, name, email, "INVITED")
    return organization


def join(
    organization: Organization, scope: Scope, account: str, name: str, email: str, method: str = "CREATED"
) -> Account:
    """Add an account to the organization, below its root. scope: of the management account."""
    arn = scope.arn("organizations", f"account/{organization.id}/{account}", region="")
    joined = Account(account, arn, name, email, organization.root, datetime.now(UTC), joined_method=method)
    organization.accounts[account] = joined
    for hook in _JOINED:
        hook(organization, scope, account)
    return joined


def when_joined(hook: JoinHook) -> JoinHook:
    """Call the hook with the organization, the scope of its management account and the id whenever an account joins."""
    _JOINED.append(hook)
    return hook


def grant_access(scope: Scope, account: str, role_name: str = ACCESS_ROLE) -> None:
    """Make the role with which the management account (the scope's) administers an account it has created."""
    principal = {"AWS": scope.arn("iam", "root", region="")}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    iam = scope.at(account=account).moto("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(role_name, document, "/", None, "", [], 3600)
    iam.managed_policies[f"arn:{scope.partition}:iam::aws:policy/AdministratorAccess"].attach_to(role)


def _letters(length: int) -> str:
    return "".join(mock_random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(length))


@service.operation("CreateOrganization")
def create_organization(params: Params, scope: Scope, state: State) -> Params:
    if organization_of(scope) is not None:
        raise AwsError("AlreadyInOrganizationException", "The provided account is already a member of an organization.")
    create(scope)
    return describe_organization(params, scope, state)


@service.operation("DescribeOrganization")
def describe_organization(params: Params, scope: Scope, state: State) -> Params:
    organization = _member(scope)
    management = organization.accounts[organization.management]
    return {
        "Organization": {
            "Id": organization.id,
            "Arn": organization.arn,
            "FeatureSet": "ALL",
            "MasterAccountArn": management.arn,
            "MasterAccountId": management.id,
            "MasterAccountEmail": management.email,
            "AvailablePolicyTypes": [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}],
        }
    }


@service.operation("CreateAccount")
def create_account(params: Params, scope: Scope, state: State) -> Params:
    organization = _manager(scope)
    now = datetime.now(UTC)
    row = {
        "Id": f"car-{_letters(32)}",
        "AccountName": params["AccountName"],
        "RequestedTimestamp": now,
        "CompletedTimestamp": now,
    }
    if any(one.email == params["Email"] for one in organization.accounts.values()):
        row |= {"State": "FAILED", "FailureReason": "EMAIL_ALREADY_EXISTS"}
    else:
        number = "".join(mock_random.choice("123456789") for _ in range(12))
        account = join(organization, scope, number, params["AccountName"], params["Email"])
        account.tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}
        grant_access(scope, number, params.get("RoleName", ACCESS_ROLE))
        row |= {"State": "SUCCEEDED", "AccountId": number}
    state.requests[row["Id"]] = row
    return {"CreateAccountStatus": row}


@service.operation("DescribeCreateAccountStatus")
def describe_create_account_status(params: Params, scope: Scope, state: State) -> Params:
    _reader(scope)
    row = state.requests.get(params["CreateAccountRequestId"])
    if row is None:
        raise AwsError("CreateAccountStatusNotFoundException", "There is no such request.")
    return {"CreateAccountStatus": row}


@service.operation("ListAccounts")
def list_accounts(params: Params, scope: Scope, state: State) -> Params:
    chosen, token = _page([account.row() for account in _reader(scope).accounts.values()], params)
    return {"Accounts": chosen, "NextToken": token}


@service.operation("DescribeAccount")
def describe_account(params: Params, scope: Scope, state: State) -> Params:
    return {"Account": _account(_reader(scope), params["AccountId"]).row()}


def _account(organization: Organization, identifier: str) -> Account:
    if identifier not in organization.accounts:
        raise AwsError("AccountNotFoundException", "You specified an account that doesn't exist in your organization.")
    return organization.accounts[identifier]


# --- trusted access and delegated administrators --------------------------------------------------------------------

_PRINCIPAL = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com")


def _check_principal(principal: str) -> None:
    if not _PRINCIPAL.fullmatch(principal):
        raise _invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")


@service.operation("EnableAWSServiceAccess")
def enable_aws_service_access(params: Params, scope: Scope, state: State) -> None:
    organization = _manager(scope)
    _check_principal(params["ServicePrincipal"])
    organization.trusted.setdefault(params["ServicePrincipal"], datetime.now(UTC))


@service.operation("DisableAWSServiceAccess")
def disable_aws_service_access(params: Params, scope: Scope, state: State) -> None:
    organization = _manager(scope)
    principal = params["ServicePrincipal"]
    _check_principal(principal)
    if organization.delegated.get(principal):
        raise AwsError(
            "ConstraintViolationException",
            "CANNOT_DISABLE_SERVICE_ACCESS: Deregister the service's delegated administrators first.",
        )
    organization.trusted.pop(principal, None)


@service.operation("ListAWSServiceAccessForOrganization")
def list_aws_service_access(params: Params, scope: Scope, state: State) -> Params:
    rows = [{"ServicePrincipal": one, "DateEnabled": since} for one, since in sorted(_reader(scope).trusted.items())]
    chosen, token = _page(rows, params)
    return {"EnabledServicePrincipals": chosen, "NextToken": token}


def delegate(organization: Organization, account: str, principal: str) -> None:
    """Make an account the delegated administrator for a service, as services do when they are told by their own API."""
    organization.delegated.setdefault(principal, {}).setdefault(account, datetime.now(UTC))


@service.operation("RegisterDelegatedAdministrator")
def register_delegated_administrator(params: Params, scope: Scope, state: State) -> None:
    organization = _manager(scope)
    principal, account = params["ServicePrincipal"], params["AccountId"]
    _check_principal(principal)
    _account(organization, account)
    if account == organization.management:
        raise AwsError(
            "ConstraintViolationException",
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR: You cannot register the management account.",
        )
    if not organization.trusts(principal):
        raise AwsError(
            "ConstraintViolationException",
            "SERVICE_ACCESS_NOT_ENABLED: You must enable service access before registering a delegated administrator.",
        )
    if account in organization.administrators(principal):
        raise AwsError("AccountAlreadyRegisteredException", "The account is already a delegated administrator.")
    delegate(organization, account, principal)


@service.operation("DeregisterDelegatedAdministrator")
def deregister_delegated_administrator(params: Params, scope: Scope, state: State) -> None:
    organization = _manager(scope)
    principal, account = params["ServicePrincipal"], params["AccountId"]
    _check_principal(principal)
    if account not in organization.administrators(principal):
        raise AwsError("AccountNotRegisteredException", "The account isn't a delegated administrator for this service.")
    del organization.delegated[principal][account]


@service.operation("ListDelegatedAdministrators")
def list_delegated_administrators(params: Params, scope: Scope, state: State) -> Params:
    organization = _reader(scope)
    wanted = params.get("ServicePrincipal")
    if wanted:
        _check_principal(wanted)
    since: dict[str, datetime] = {}
    for principal, accounts in organization.delegated.items():
        if wanted in (None, principal):
            for account, moment in accounts.items():
                since[account] = min(moment, since.get(account, moment))
    rows = [organization.accounts[one].row() | {"DelegationEnabledDate": since[one]} for one in sorted(since)]
    for row in rows:
        row.pop("State")
    chosen, token = _page(rows, params)
    return {"DelegatedAdministrators": chosen, "NextToken": token}


@service.operation("ListDelegatedServicesForAccount")
def list_delegated_services(params: Params, scope: Scope, state: State) -> Params:
    organization = _reader(scope)
    account = _account(organization, params["AccountId"]).id
    rows = [
        {"ServicePrincipal": principal, "DelegationEnabledDate": accounts[account]}
        for principal, accounts in sorted(organization.delegated.items())
        if account in accounts
    ]
    if not rows:
        raise AwsError("AccountNotRegisteredException", "The account isn't a delegated administrator.")
    chosen, token = _page(rows, params)
    return {"DelegatedServices": chosen, "NextToken": token}
