# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Organizations, wholly: one organization seen from all of its accounts, and who may ask or change what.

moto keeps an organization in its management account only, knows few service principals and enforces nothing. Here are
the organization, its accounts, trusted access and delegated administrators; roots, units and tags are in
organization_tree.py, policies in organization_policies.py.

https://docs.aws.amazon.com/organizations/latest/APIReference/
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services_list.html
https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_accounts_account_state.html
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.moto_api._internal import mock_random

from .. import policies
from ..errors import AwsError
from ..registry import Scope, Service, page
from . import iam

Params = dict[str, Any]

PRINCIPAL = "organizations.amazonaws.com"
ACCESS_ROLE = "OrganizationAccountAccessRole"
#: What an account can be: in use, on the way to be closed, closed by its owner, suspended by AWS.
STATES = ("ACTIVE", "PENDING_CLOSURE", "CLOSED", "SUSPENDED")
SCP = "SERVICE_CONTROL_POLICY"
#: The policy AWS attaches to everything in a root as soon as its type is enabled there.
DEFAULT_POLICIES = {SCP: "p-FullAWSAccess", "RESOURCE_CONTROL_POLICY": "p-RCPFullAWSAccess"}
TAGS_PER_RESOURCE = 50
_PAGE = 20


@dataclass
class Account:
    """An account of an organization. parent: id of a root or an organizational unit. state: one of STATES."""

    id: str
    arn: str
    name: str
    email: str
    parent: str
    joined: datetime
    state: str = "ACTIVE"
    joined_method: str = "CREATED"
    tags: dict[str, str] = field(default_factory=dict)
    closing: bool = False

    @property
    def status(self) -> str:
        """What was said of an account before there were states: one that is closed is suspended."""
        return "SUSPENDED" if self.state == "CLOSED" else self.state

    def row(self) -> Params:
        return {
            "Id": self.id,
            "Arn": self.arn,
            "Email": self.email,
            "Name": self.name,
            "Status": self.status,
            "State": self.state,
            "JoinedMethod": self.joined_method,
            "JoinedTimestamp": self.joined,
        }


@dataclass
class Unit:
    """An organizational unit, or the root, which has no parent."""

    id: str
    arn: str
    name: str
    parent: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


@dataclass
class Policy:
    """A policy of any type; document is its content, parsed."""

    id: str
    arn: str
    name: str
    description: str
    type: str
    content: str
    document: Params
    tags: dict[str, str] = field(default_factory=dict)

    @property
    def aws_managed(self) -> bool:
        return self.id in DEFAULT_POLICIES.values()


@dataclass
class Organization:
    """An organization with all features. accounts: by id, the management account first.

    units: by id, the root first. trusted: service principals with trusted access. delegated: service principal ->
    account id -> since when. policies: by id. policy_types: those enabled in the root. attached: id of a root, unit or
    account -> ids of the policies attached to it. resource_policy: what member accounts may do here.
    """

    id: str
    arn: str
    management: str
    root: str
    accounts: dict[str, Account] = field(default_factory=dict)
    units: dict[str, Unit] = field(default_factory=dict)
    trusted: dict[str, datetime] = field(default_factory=dict)
    delegated: dict[str, dict[str, datetime]] = field(default_factory=dict)
    requests: dict[str, Params] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    policy_types: list[str] = field(default_factory=list)
    attached: dict[str, list[str]] = field(default_factory=dict)
    resource_policy: Params | None = None

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
        return [account.id for account in self.accounts.values() if account.state == "ACTIVE"]

    def lineage(self, child: str) -> list[str]:
        """Ids of the root, the units from the outermost on, and the account or unit: what has policies for it."""
        levels = [child]
        while (parent := (self.accounts.get(levels[-1]) or self.units[levels[-1]]).parent) is not None:
            levels.append(parent)
        return levels[::-1]

    def path(self, account: str) -> str:
        """Where the account is, as C(aws:PrincipalOrgPaths) and C(aws:SourceOrgPaths) say it."""
        return "/".join([self.id, *self.lineage(account)[:-1]]) + "/"

    def own_path(self, child: str) -> str:
        """The path of an account or unit with itself at the end, as this service says it."""
        return "/".join([self.id, *self.lineage(child)]) + "/"

    def policies_of(self, target: str, kind: str) -> list[Policy]:
        """The policies of a type that are attached to a root, unit or account itself."""
        return [one for key in self.attached.get(target, ()) if (one := self.policies[key]).type == kind]

    def begin(self, target: str) -> None:
        """Attach to a new unit or account what AWS attaches by default."""
        self.attached[target] = [one for kind, one in DEFAULT_POLICIES.items() if kind in self.policy_types]


service = Service("organizations", whole=True)

JoinHook = Callable[[Organization, Scope, str], None]
_JOINED: list[JoinHook] = []


# --- for other services ---------------------------------------------------------------------------------------------


def _memberships(scope: Scope) -> dict[str, Organization]:
    """Account id -> organization, of all accounts of the scope's partition."""
    return service.state(Scope("", scope.region))


def organization_of(scope: Scope) -> Organization | None:
    """The organization that the scope's account belongs to, seen from any of its accounts."""
    return _memberships(scope).get(scope.account)


# --- who may ask ----------------------------------------------------------------------------------------------------


def _denied() -> AwsError:
    return AwsError("AccessDeniedException", "You don't have permissions to access this resource.")


def member(scope: Scope) -> Organization:
    """The organization, for all of its accounts."""
    organization = organization_of(scope)
    if organization is None:
        raise AwsError("AWSOrganizationsNotInUseException", "Your account is not a member of an organization.")
    return organization


def reader(scope: Scope) -> Organization:
    """The organization, for the management account and delegated administrators of any service."""
    organization = member(scope)
    delegates = {account for accounts in organization.delegated.values() for account in accounts}
    may_read = policies.allows(organization.resource_policy, scope.account, "organizations:ListPolicies", "*")
    if scope.account not in {organization.management, *delegates} and not may_read:
        raise _denied()
    return organization


def manager(scope: Scope) -> Organization:
    """The organization, for its management account."""
    organization = member(scope)
    if scope.account != organization.management:
        raise _denied()
    return organization


def delegate_of(scope: Scope, operation: str, kind: str) -> Organization:
    """The organization, for its management account and those that its resource policy lets do this to such policies."""
    organization = member(scope)
    context = {"organizations:PolicyType": kind}
    action = f"organizations:{operation}"
    if scope.account != organization.management and not policies.allows(
        organization.resource_policy, scope.account, action, "*", context
    ):
        raise _denied()
    return organization


def paged(key: str, rows: list[Any], params: Params) -> Params:
    """A page of rows, as every List operation of this service answers."""
    chosen, token = page(
        rows, params, token="NextToken", error="InvalidInputException", limit="MaxResults", default=_PAGE
    )
    return {key: chosen, "NextToken": token}


def invalid(reason: str, message: str) -> AwsError:
    return AwsError("InvalidInputException", f"{reason}: {message}")


def violation(reason: str, message: str) -> AwsError:
    return AwsError("ConstraintViolationException", f"{reason}: {message}")


# --- the organization -----------------------------------------------------------------------------------------------


def create(
    scope: Scope, name: str = "management", email: str = "management@example.com", identifier: str | None = None
) -> Organization:
    """An organization whose management account is the scope's, without any policy type enabled."""
    if organization_of(scope) is not None:
        raise AwsError("AlreadyInOrganizationException", "The provided account is already a member of an organization.")
    identifier = identifier or f"o-{letters(10)}"
    root = f"r-{letters(4)}"
    arn = scope.arn("organizations", f"organization/{identifier}", region="")
    organization = Organization(identifier, arn, scope.account, root)
    root_arn = scope.arn("organizations", f"root/{identifier}/{root}", region="")
    organization.units[root] = Unit(root, root_arn, "Root")
    organization.begin(root)
    for kind, policy in DEFAULT_POLICIES.items():
        organization.policies[policy] = _aws_managed(scope, kind, policy)
    join(organization, scope, scope.account, name, email, "INVITED")
    return organization


def _aws_managed(scope: Scope, kind: str, identifier: str) -> Policy:
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    if kind != SCP:
        statement["Principal"] = "*"
    document = {"Version": "2012-10-17", "Statement": [statement]}
    arn = f"arn:{scope.partition}:organizations::aws:policy/{kind.lower()}/{identifier}"
    name, description = identifier.removeprefix("p-"), "Allows access to every operation"
    return Policy(identifier, arn, name, description, kind, json.dumps(document), document)


def join(
    organization: Organization, scope: Scope, account: str, name: str, email: str, method: str = "CREATED"
) -> Account:
    """Add an account to the organization, below its root. scope: of the management account."""
    arn = scope.arn("organizations", f"account/{organization.id}/{account}", region="")
    joined = Account(account, arn, name, email, organization.root, datetime.now(UTC), joined_method=method)
    organization.accounts[account] = joined
    organization.begin(account)
    _memberships(scope)[account] = organization
    iam.ensure_service_linked_role(PRINCIPAL, scope.at(account=account))
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
    backend = scope.at(account=account).moto("iam")
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = backend.create_role(role_name, document, "/", None, "", [], 3600)
    backend.managed_policies[f"arn:{scope.partition}:iam::aws:policy/AdministratorAccess"].attach_to(role)


def letters(length: int) -> str:
    """Letters and digits out of moto's generator, of which identifiers are made."""
    return "".join(mock_random.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(length))


@service.operation("CreateOrganization")
def create_organization(params: Params, scope: Scope, state: Any) -> Params:
    organization = create(scope)
    # "service control policies automatically enabled in the root", says the documentation of this operation
    enable_policy_type(organization, SCP)
    return describe_organization(params, scope, state)


def enable_policy_type(organization: Organization, kind: str) -> None:
    """Enable a policy type in the root, and attach AWS's default policy of the type to everything."""
    organization.policy_types.append(kind)
    if kind in DEFAULT_POLICIES:
        for target in (*organization.units, *organization.accounts):
            organization.attached.setdefault(target, []).append(DEFAULT_POLICIES[kind])


@service.operation("DescribeOrganization")
def describe_organization(params: Params, scope: Scope, state: Any) -> Params:
    organization = member(scope)
    management = organization.accounts[organization.management]
    return {
        "Organization": {
            "Id": organization.id,
            "Arn": organization.arn,
            "FeatureSet": "ALL",
            "MasterAccountArn": management.arn,
            "MasterAccountId": management.id,
            "MasterAccountEmail": management.email,
            "AvailablePolicyTypes": [{"Type": SCP, "Status": "ENABLED"}],
        }
    }


# --- accounts -------------------------------------------------------------------------------------------------------


@service.operation("CreateAccount")
def create_account(params: Params, scope: Scope, state: Any) -> Params:
    organization = manager(scope)
    now = datetime.now(UTC)
    row = {
        "Id": f"car-{letters(32)}",
        "AccountName": params["AccountName"],
        "RequestedTimestamp": now,
        "CompletedTimestamp": now,
    }
    tags = checked_tags(params.get("Tags", []))
    if any(one.email == params["Email"] for one in organization.accounts.values()):
        row |= {"State": "FAILED", "FailureReason": "EMAIL_ALREADY_EXISTS"}
    else:
        number = "".join(mock_random.choice("123456789") for _ in range(12))
        account = join(organization, scope, number, params["AccountName"], params["Email"])
        account.tags = tags
        grant_access(scope, number, params.get("RoleName", ACCESS_ROLE))
        row |= {"State": "SUCCEEDED", "AccountId": number}
    organization.requests[row["Id"]] = row
    return {"CreateAccountStatus": row}


@service.operation("DescribeCreateAccountStatus")
def describe_create_account_status(params: Params, scope: Scope, state: Any) -> Params:
    row = reader(scope).requests.get(params["CreateAccountRequestId"])
    if row is None:
        raise AwsError("CreateAccountStatusNotFoundException", "There is no such request.")
    return {"CreateAccountStatus": row}


@service.operation("ListCreateAccountStatus")
def list_create_account_status(params: Params, scope: Scope, state: Any) -> Params:
    wanted = params.get("States")
    rows = [row for row in reader(scope).requests.values() if not wanted or row["State"] in wanted]
    return paged("CreateAccountStatuses", rows, params)


@service.operation("ListAccounts")
def list_accounts(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    return paged("Accounts", [account_row(organization, one) for one in organization.accounts.values()], params)


def account_row(organization: Organization, account: Account) -> Params:
    return account.row() | {"Paths": [organization.own_path(account.id)]}


@service.operation("DescribeAccount")
def describe_account(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    account = find_account(organization, params["AccountId"])
    row = account_row(organization, account)
    if account.closing:  # closing takes a while: whoever looks sees it once, and then that it is done
        account.closing, account.state = False, "CLOSED"
    return {"Account": row}


def find_account(organization: Organization, identifier: str) -> Account:
    if identifier not in organization.accounts:
        raise AwsError("AccountNotFoundException", "You specified an account that doesn't exist in your organization.")
    return organization.accounts[identifier]


@service.operation("CloseAccount")
def close_account(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    account = find_account(organization, params["AccountId"])
    if account.id == organization.management:
        raise violation("CANNOT_CLOSE_MANAGEMENT_ACCOUNT", "You cannot close the management account.")
    if account.state != "ACTIVE":
        raise AwsError("AccountAlreadyClosedException", "You attempted to close an account that is already closed.")
    account.closing, account.state = True, "PENDING_CLOSURE"


def set_state(account: str, state: str, scope: Scope) -> None:
    """Give an account one of STATES at once, as if it had been closed or reopened; ValueError when that cannot be."""
    organization = organization_of(scope.at(account=account))
    if organization is None:
        raise ValueError(f"{account} is not an account of an organization")
    if state not in STATES:
        raise ValueError(f"the state of an account is one of {', '.join(STATES)}")
    organization.accounts[account].closing, organization.accounts[account].state = False, state


@service.operation("RemoveAccountFromOrganization")
def remove_account(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    _depart(organization, find_account(organization, params["AccountId"]), scope)


@service.operation("LeaveOrganization")
def leave_organization(params: Params, scope: Scope, state: Any) -> None:
    organization = member(scope)
    _depart(organization, organization.accounts[scope.account], scope)


def _depart(organization: Organization, account: Account, scope: Scope) -> None:
    if account.id == organization.management:
        raise AwsError("MasterCannotLeaveOrganizationException", "You can't remove the management account.")
    if any(account.id in accounts for accounts in organization.delegated.values()):
        raise violation(
            "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG",
            "You must deregister the account as a delegated administrator first.",
        )
    if account.joined_method == "CREATED":
        raise violation("WAIT_PERIOD_ACTIVE", "You must wait until at least four days after the account was created.")
    del organization.accounts[account.id], organization.attached[account.id], _memberships(scope)[account.id]


def checked_tags(tags: list[Params]) -> dict[str, str]:
    """Tags by key, as a request gives them."""
    keys = [tag["Key"] for tag in tags]
    if len(set(keys)) != len(keys):
        raise invalid("DUPLICATE_TAG_KEY", "You have specified duplicate tag keys.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise invalid("INVALID_SYSTEM_TAGS_PARAMETER", "You specified a tag key that is a system tag.")
    if len(keys) > TAGS_PER_RESOURCE:
        raise violation("MAX_TAG_LIMIT_EXCEEDED", "You have exceeded the number of tags allowed on this resource.")
    return {tag["Key"]: tag["Value"] for tag in tags}


# --- trusted access and delegated administrators --------------------------------------------------------------------

#: Services that support delegated administrators, and how many of them (None: no number is documented).
_DELEGATING: dict[str, int | None] = {
    "access-analyzer": 1,
    "account": 1,
    "auditmanager": 1,
    "backup": None,
    "cloudtrail": 3,
    "compute-optimizer": 1,
    "config": 3,
    "config-multiaccountsetup": 3,
    "cost-optimization-hub.bcm": 1,
    "detective": 1,
    "devops-guru": 1,
    "fms": 10,
    "guardduty": 1,
    "health": 5,
    "iam": 1,
    "inspector2": 1,
    "ipam": 1,
    "license-manager": 1,
    "license-manager-linux-subscriptions": 1,
    "macie": 1,
    "member.org.stacksets.cloudformation": 5,
    "networkmanager": 1,
    "notifications": 5,
    "observabilityadmin": 1,
    "private-marketplace.marketplace": 1,
    "reachabilityanalyzer.networkinsights": 5,
    "reporting.trustedadvisor": 5,
    "resource-explorer-2": 1,
    "security-ir": 1,
    "securityhub": 1,
    "securitylake": 1,
    "servicecatalog": 50,
    "ssm": 1,
    "ssm-quicksetup": 1,
    "sso": 1,
    "storage-lens.s3": 5,
}
#: Services that support trusted access only.
_TRUSTED_ONLY = (
    "aws-artifact-account-sync", "controltower", "ds", "ec2", "license-management.marketplace",
    "license-manager.member-account", "malware-protection.guardduty", "mgn", "networkflowmonitor", "ram",
    "selfservicereporting.managedservices", "servicequotas", "stacksets.cloudformation", "tagpolicies.tag",
    "user-subscriptions", "wellarchitected",
)  # fmt: skip
_DOMAIN = ".amazonaws.com"


def _check_principal(principal: str, *, delegating: bool = False) -> None:
    name = principal.removesuffix(_DOMAIN)
    known = name in _DELEGATING or (not delegating and name in _TRUSTED_ONLY)
    if not principal.endswith(_DOMAIN) or not known:
        raise invalid("UNRECOGNIZED_SERVICE_PRINCIPAL", "You specified an unrecognized service principal.")


def trust(organization: Organization, principal: str) -> None:
    """Give a service trusted access, as services do themselves when one of their own operations needs it."""
    organization.trusted.setdefault(principal, datetime.now(UTC))


@service.operation("EnableAWSServiceAccess")
def enable_aws_service_access(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    _check_principal(params["ServicePrincipal"])
    trust(organization, params["ServicePrincipal"])


@service.operation("DisableAWSServiceAccess")
def disable_aws_service_access(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    principal = params["ServicePrincipal"]
    _check_principal(principal)
    if organization.delegated.get(principal):
        raise violation(
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE",
            "You must first deregister the existing delegated administrators for this service.",
        )
    organization.trusted.pop(principal, None)


@service.operation("ListAWSServiceAccessForOrganization")
def list_aws_service_access(params: Params, scope: Scope, state: Any) -> Params:
    rows = [{"ServicePrincipal": one, "DateEnabled": since} for one, since in sorted(reader(scope).trusted.items())]
    return paged("EnabledServicePrincipals", rows, params)


def delegate(organization: Organization, account: str, principal: str) -> None:
    """Make an account the delegated administrator for a service, as services do when they are told by their own API."""
    organization.delegated.setdefault(principal, {}).setdefault(account, datetime.now(UTC))


def undelegate(organization: Organization, account: str, principal: str) -> None:
    """Undo C(delegate); nothing happens when the account is not a delegated administrator for the service."""
    organization.delegated.get(principal, {}).pop(account, None)


@service.operation("RegisterDelegatedAdministrator")
def register_delegated_administrator(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    principal = params["ServicePrincipal"]
    _check_principal(principal, delegating=True)
    account = find_account(organization, params["AccountId"])
    check_delegate(organization, account, principal)
    if not organization.trusts(principal):
        raise violation(
            "SERVICE_ACCESS_NOT_ENABLED",
            "You must enable service access before registering a delegated administrator.",
        )
    delegate(organization, account.id, principal)


def check_delegate(organization: Organization, account: Account, principal: str) -> None:
    """Raise what Organizations raises when an account cannot become a delegated administrator for a service."""
    if account.id == organization.management:
        raise violation(
            "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR", "You cannot register the management account."
        )
    if account.state != "ACTIVE":
        raise violation(
            "CANNOT_REGISTER_SUSPENDED_ACCOUNT_AS_DELEGATED_ADMINISTRATOR", "You cannot register a suspended account."
        )
    administrators = organization.administrators(principal)
    if account.id in administrators:
        raise AwsError("AccountAlreadyRegisteredException", "The account is already a delegated administrator.")
    most = _DELEGATING[principal.removesuffix(_DOMAIN)]
    if most == len(administrators) == 1:
        raise violation(
            "DELEGATED_ADMINISTRATOR_EXISTS_FOR_THIS_SERVICE", "This service already has a delegated administrator."
        )
    if most is not None and len(administrators) >= most:
        raise violation(
            "MAX_DELEGATED_ADMINISTRATORS_FOR_SERVICE_LIMIT_EXCEEDED",
            "You attempted to register more delegated administrators than allowed for the service principal.",
        )


@service.operation("DeregisterDelegatedAdministrator")
def deregister_delegated_administrator(params: Params, scope: Scope, state: Any) -> None:
    organization = manager(scope)
    principal = params["ServicePrincipal"]
    _check_principal(principal, delegating=True)
    account = find_account(organization, params["AccountId"])
    if account.id not in organization.administrators(principal):
        raise AwsError("AccountNotRegisteredException", "The account isn't a delegated administrator for this service.")
    undelegate(organization, account.id, principal)


@service.operation("ListDelegatedAdministrators")
def list_delegated_administrators(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    wanted = params.get("ServicePrincipal")
    if wanted:
        _check_principal(wanted)
    since: dict[str, datetime] = {}
    for principal, accounts in organization.delegated.items():
        if wanted in (None, principal):
            for account, moment in accounts.items():
                since[account] = min(moment, since.get(account, moment))
    rows = [organization.accounts[one].row() | {"DelegationEnabledDate": since[one]} for one in sorted(since)]
    return paged("DelegatedAdministrators", rows, params)


@service.operation("ListDelegatedServicesForAccount")
def list_delegated_services(params: Params, scope: Scope, state: Any) -> Params:
    organization = reader(scope)
    account = find_account(organization, params["AccountId"]).id
    rows = [
        {"ServicePrincipal": principal, "DelegationEnabledDate": accounts[account]}
        for principal, accounts in sorted(organization.delegated.items())
        if account in accounts
    ]
    if not rows:
        raise AwsError("AccountNotRegisteredException", "The account isn't a delegated administrator.")
    return paged("DelegatedServices", rows, params)
