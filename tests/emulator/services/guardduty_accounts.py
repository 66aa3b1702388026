# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GuardDuty of many accounts: an organization's administrator, its members, and members by invitation.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_accounts.html
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..errors import AwsError
from ..registry import Scope, page, random_hex
from . import organizations
from .guardduty import (
    PRINCIPAL,
    Detector,
    Member,
    Params,
    State,
    administrator_of,
    bad_request,
    data_sources,
    declared_features,
    feature_rows,
    find_detector,
    is_kept_enabled,
    iso,
    merge_features,
    new_detector,
    service,
)
from .organizations import Organization

_ALL, _NONE = "ALL", "NONE"
#: Statuses from which an organization's administrator can make a known account a member.
_REASSOCIABLE = ("Created", "Removed", "Resigned")


def _failed(reason: str) -> AwsError:
    return AwsError("BadRequestException", f"The request failed because {reason}")


def _page(items: list[Any], params: Params) -> tuple[list[Any], str | None]:
    return page(items, params, token="NextToken", error="BadRequestException", limit="MaxResults", default=50)


def _each(params: Params, do: Callable[[str], None]) -> Params:
    """Do it for each account of the request; those refused are told, and do not stop the others."""
    refused = []
    for account in params["AccountIds"]:
        try:
            do(account)
        except AwsError as failure:
            refused.append({"AccountId": account, "Result": failure.message})
    return {"UnprocessedAccounts": refused}


# --- the organization's administrator -------------------------------------------------------------------------------


def _managed(scope: Scope) -> Organization:
    organization = organizations.organization_of(scope)
    if organization is None or scope.account != organization.management:
        raise _failed("you do not have required AWS Organization master permission.")
    return organization


def _states_of(organization: Organization) -> list[State]:
    """What the management account holds in each region."""
    return [state for (account, _region), state in service.states().items() if account == organization.management]


@service.operation("EnableOrganizationAdminAccount")
def enable_organization_admin_account(params: Params, scope: Scope, state: State) -> None:
    """Gives GuardDuty trusted access, registers the delegated administrator and makes its detector, as AWS does."""
    organization = _managed(scope)
    account = params["AdminAccountId"]
    if account not in organization.active():
        raise _failed("admin account passed is not member of AWS Organizations.")
    if state.administrator == account:
        raise _failed("the account is already enabled as GuardDuty delegated administrator for the organization.")
    if any(other.administrator not in (None, account) for other in _states_of(organization)) or set(
        organization.administrators(PRINCIPAL)
    ) - {account}:
        raise _failed("another account is already enabled as GuardDuty delegated administrator for the organization.")
    there = scope.at(account=account)
    if administrator_of(there) is not None:
        raise _failed("the account is an associated member of another administrator account.")
    organization.trusted.setdefault(PRINCIPAL, datetime.now(UTC))
    if account != organization.management:
        organizations.delegate(organization, account, PRINCIPAL)
    administered = service.state(there)
    if not administered.detectors:
        new_detector(there)
    for member in administered.members.values():
        member.by_organization = member.associated and member.account in organization.accounts
    state.administrator = account


@service.operation("DisableOrganizationAdminAccount")
def disable_organization_admin_account(params: Params, scope: Scope, state: State) -> None:
    """Its members are members no longer, and keep GuardDuty."""
    organization = _managed(scope)
    account = params["AdminAccountId"]
    if state.administrator != account:
        raise _failed("the account is not the GuardDuty delegated administrator of the organization.")
    state.administrator = None
    administered = service.state(scope.at(account=account))
    administered.members.clear()
    administered.organization = type(administered.organization)()
    if not any(other.administrator for other in _states_of(organization)):
        organization.delegated.get(PRINCIPAL, {}).pop(account, None)


@service.operation("ListOrganizationAdminAccounts")
def list_organization_admin_accounts(params: Params, scope: Scope, state: State) -> Params:
    _managed(scope)
    accounts = [state.administrator] if state.administrator else []
    return {"AdminAccounts": [{"AdminAccountId": account, "AdminStatus": "ENABLED"} for account in accounts]}


def _administered(scope: Scope) -> Organization | None:
    """The organization whose GuardDuty the scope's account administers in the scope's region."""
    organization = organizations.organization_of(scope)
    if organization is None:
        return None
    state: State = service.state(scope.at(account=organization.management))
    return organization if state.administrator == scope.account else None


def _required(scope: Scope) -> Organization:
    organization = _administered(scope)
    if organization is None:
        raise _failed("you do not have required AWS Organization master permission.")
    return organization


@service.operation("DescribeOrganizationConfiguration")
def describe_organization_configuration(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    _required(scope)
    configuration = state.organization
    automatic = {name: auto != _NONE for name, (auto, _parts) in configuration.features.items()}
    return {
        "AutoEnable": configuration.members != _NONE,
        "AutoEnableOrganizationMembers": configuration.members,
        "MemberAccountLimitReached": False,
        "DataSources": {
            "S3Logs": {"AutoEnable": automatic["S3_DATA_EVENTS"]},
            "Kubernetes": {"AuditLogs": {"AutoEnable": automatic["EKS_AUDIT_LOGS"]}},
            "MalwareProtection": {
                "ScanEc2InstanceWithFindings": {"EbsVolumes": {"AutoEnable": automatic["EBS_MALWARE_PROTECTION"]}}
            },
        },
        "Features": [
            {
                "Name": name,
                "AutoEnable": auto,
                "AdditionalConfiguration": [{"Name": part, "AutoEnable": value} for part, value in parts.items()],
            }
            for name, (auto, parts) in configuration.features.items()
        ],
    }


@service.operation("UpdateOrganizationConfiguration")
def update_organization_configuration(params: Params, scope: Scope, state: State) -> None:
    find_detector(params, state)
    organization = _required(scope)
    if ("AutoEnable" in params) == ("AutoEnableOrganizationMembers" in params):
        raise bad_request("either autoEnable or autoEnableOrganizationMembers must be provided, but not both.")
    configuration = state.organization
    features = dict(configuration.features)
    for feature in params.get("Features", []):
        name = feature["Name"]
        if name not in features:
            raise bad_request(f"the feature {name} is not available in this Region.")
        parts = {one["Name"]: one["AutoEnable"] for one in feature.get("AdditionalConfiguration", [])}
        if set(parts) - set(features[name][1]):
            raise bad_request(f"an additional configuration of {name} is invalid.")
        features[name] = (feature["AutoEnable"], {**features[name][1], **parts})
    if all(features[name][0] != _NONE for name in ("RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING")):
        raise bad_request("EKS_RUNTIME_MONITORING and RUNTIME_MONITORING can't be enabled together.")
    configuration.features = features
    configuration.members = params.get("AutoEnableOrganizationMembers") or ("NEW" if params["AutoEnable"] else _NONE)
    if configuration.members == _ALL:
        for account in organization.active():
            _enroll(account, organization, scope, state)
    for member in state.members.values():
        if member.associated and member.by_organization:
            _auto_enable(_detector_of(member.account, scope), state, {_ALL})


def _enroll(account: str, organization: Organization, scope: Scope, state: State) -> None:
    """Make an account of the organization a member, as far as that is possible without asking it."""
    there = scope.at(account=account)
    found = administrator_of(there)
    if account == scope.account or (found is not None and found[0] != scope.account):
        return
    if account == organization.management and not service.state(there).detectors:
        return
    _associate(account, scope, state)


def _associate(account: str, scope: Scope, state: State) -> None:
    """Make an account of the organization a member, with GuardDuty on and what the organization's settings say."""
    there = scope.at(account=account)
    member = state.members.get(account)
    existing = service.state(there).detectors
    if not existing:
        off = [{"Name": name, "Status": "DISABLED"} for name in state.organization.features]
        new_detector(there, features=off)
    detector = next(iter(existing.values()))
    detector.enabled = True
    _auto_enable(detector, state, {_ALL} if member is not None and member.associated else {_ALL, "NEW"})
    state.members[account] = Member(account, "", "Enabled", datetime.now(UTC), by_organization=True)


def _auto_enable(detector: Detector, state: State, when: set[str]) -> None:
    """Switch on what the organization's settings switch on for such members."""
    features: list[Params] = [
        {
            "Name": name,
            "Status": "ENABLED",
            "AdditionalConfiguration": [
                {"Name": part, "Status": "ENABLED"} for part, value in parts.items() if value in when
            ],
        }
        for name, (auto, parts) in state.organization.features.items()
        if auto in when
    ]
    detector.features = merge_features(detector.features, features)


def _detector_of(account: str, scope: Scope) -> Detector:
    return next(iter(service.state(scope.at(account=account)).detectors.values()))


@organizations.when_joined
def _join(organization: Organization, scope: Scope, account: str) -> None:
    """A new account becomes a member in every region in which the administrator wants that."""
    for (owner, region), state in list(service.states().items()):
        administrator = scope.at(account=owner, region=region)
        if state.organization.members != _NONE and _administered(administrator) is organization:
            _enroll(account, organization, administrator, state)


# --- members, as their administrator sees them ----------------------------------------------------------------------


def _row(member: Member, scope: Scope) -> Params:
    """A member as AWS tells it; e-mail address and time of the invitation only of those that were invited."""
    row = {
        "AccountId": member.account,
        "MasterId": scope.account,
        "AdministratorId": scope.account,
        "Email": "" if member.by_organization else member.email,
        "RelationshipStatus": member.status,
        "UpdatedAt": iso(member.updated),
    }
    if member.invited and not member.by_organization:
        row["InvitedAt"] = iso(member.invited)
    if member.associated:
        row["DetectorId"] = _detector_of(member.account, scope).identifier
    return row


def _member(account: str, state: State, *, associated: bool = False) -> Member:
    member = state.members.get(account)
    if member is None or (associated and not member.associated):
        raise bad_request("the given account ID is not an associated member of the current account.")
    return member


def _set_status(member: Member, status: str) -> None:
    member.status, member.updated = status, datetime.now(UTC)


@service.operation("CreateMembers")
def create_members(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    emails = {one["AccountId"]: one["Email"] for one in params["AccountDetails"]}
    organization = _administered(scope)
    if administrator_of(scope) is not None:
        raise bad_request("the current account cannot create members since it is already a member of another account.")

    def create(account: str) -> None:
        known = state.members.get(account)
        if account == scope.account:
            raise bad_request("an account cannot become a member of itself.")
        of_organization = organization is not None and account in organization.accounts
        if known is not None and not (of_organization and known.status in _REASSOCIABLE):
            raise bad_request("the given account ID is already a member or associated member of the current account.")
        if organization is None or not of_organization:
            state.members[account] = Member(account, emails[account], "Created", datetime.now(UTC))
            return
        there = scope.at(account=account)
        if administrator_of(there) is not None:
            raise bad_request("the given account ID is an associated member of another administrator account.")
        if account == organization.management and not service.state(there).detectors:
            raise AwsError(
                "BadRequestException",
                "Operation failed because your organization master must first enable GuardDuty to be added as a member",
            )
        _associate(account, scope, state)

    return _each({"AccountIds": list(emails)}, create)


@service.operation("InviteMembers")
def invite_members(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    if administrator_of(scope) is not None:
        raise bad_request(
            "the current account cannot invite other accounts since it is already an associated member of another "
            "master account."
        )

    def invite(account: str) -> None:
        member = state.members.get(account)
        if account == scope.account:
            raise bad_request("the current account cannot invite itself.")
        if member is None:
            raise bad_request("member account's email address is missing.")
        if member.associated or member.status == "Invited":
            raise bad_request(
                "the current account has already invited or is already the GuardDuty master of the given member "
                "account ID."
            )
        if member.by_organization:
            raise bad_request("the given account ID was a member through AWS Organizations and can't be invited.")
        member.invitation, member.invited = random_hex(32), datetime.now(UTC)
        _set_status(member, "Invited" if _is_email_of(member, scope) else "EmailVerificationFailed")

    return _each(params, invite)


def _is_email_of(member: Member, scope: Scope) -> bool:
    """Whether the address is the account's, as far as the emulator knows the account."""
    organization = organizations.organization_of(scope.at(account=member.account))
    return organization is None or organization.accounts[member.account].email.lower() == member.email.lower()


@service.operation("ListMembers")
def list_members(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    everyone = str(params.get("OnlyAssociated", "true")).lower() == "false"
    members = [one for one in state.members.values() if everyone or one.associated or one.status == "Invited"]
    chosen, token = _page([_row(one, scope) for one in members], params)
    return {"Members": chosen, "NextToken": token}


@service.operation("GetMembers")
def get_members(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    rows: list[Params] = []
    return _each(params, lambda account: rows.append(_row(_member(account, state), scope))) | {"Members": rows}


def _check_not_kept(params: Params, scope: Scope, state: State) -> None:
    """Refuse to let go of members that the organization's settings make members again."""
    kept = [one for one in params["AccountIds"] if one in state.members and is_kept_enabled(scope.at(account=one))]
    if kept:
        raise bad_request("autoEnableOrganizationMembers of the organization is ALL.")


@service.operation("DisassociateMembers")
def disassociate_members(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    _check_not_kept(params, scope, state)
    return _each(params, lambda account: _set_status(_member(account, state, associated=True), "Removed"))


@service.operation("DeleteMembers")
def delete_members(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    _check_not_kept(params, scope, state)

    def delete(account: str) -> None:
        if _member(account, state).associated:
            raise bad_request(
                "the current account cannot delete the given member account ID since it is still associated to it."
            )
        del state.members[account]

    return _each(params, delete)


@service.operation("StartMonitoringMembers")
def start_monitoring_members(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    return _each(params, lambda account: _monitor(_member(account, state, associated=True), scope, enabled=True))


@service.operation("StopMonitoringMembers")
def stop_monitoring_members(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    _check_not_kept(params, scope, state)
    return _each(params, lambda account: _monitor(_member(account, state, associated=True), scope, enabled=False))


def _monitor(member: Member, scope: Scope, *, enabled: bool) -> None:
    _detector_of(member.account, scope).enabled = enabled
    _set_status(member, "Enabled" if enabled else "Disabled")


@service.operation("GetMemberDetectors")
def get_member_detectors(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    rows: list[Params] = []

    def describe(account: str) -> None:
        detector = _detector_of(_member(account, state, associated=True).account, scope)
        rows.append({"AccountId": account, "DataSources": data_sources(detector), "Features": feature_rows(detector)})

    return _each(params, describe) | {"MemberDataSourceConfigurations": rows}


@service.operation("UpdateMemberDetectors")
def update_member_detectors(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    features = declared_features(params)

    def update(account: str) -> None:
        detector = _detector_of(_member(account, state, associated=True).account, scope)
        detector.features = merge_features(detector.features, features)
        detector.updated = datetime.now(UTC)

    return _each(params, update)


# --- invitations, as those see them that were invited ---------------------------------------------------------------


def _invitations(scope: Scope) -> dict[str, Member]:
    """What the scope's account was invited to, by the account that did, and the one that it has accepted."""
    members = {owner: state.members.get(scope.account) for (owner, region), state in service.states().items()
               if region == scope.region}  # fmt: skip
    return {
        owner: member
        for owner, member in members.items()
        if member is not None and member.invitation and (member.associated or member.status == "Invited")
    }


def _invitation_row(owner: str, member: Member) -> Params:
    row = {"AccountId": owner, "RelationshipStatus": member.status}
    if member.invitation:
        row |= {"InvitationId": member.invitation, "InvitedAt": iso(member.invited) if member.invited else ""}
    return row


@service.operation("ListInvitations")
def list_invitations(params: Params, scope: Scope, state: State) -> Params:
    chosen, token = _page([_invitation_row(*one) for one in _invitations(scope).items()], params)
    return {"Invitations": chosen, "NextToken": token}


@service.operation("GetInvitationsCount")
def get_invitations_count(params: Params, scope: Scope, state: State) -> Params:
    return {"InvitationsCount": sum(not one.associated for one in _invitations(scope).values())}


@service.operation("AcceptAdministratorInvitation", "AcceptInvitation")
def accept_administrator_invitation(params: Params, scope: Scope, state: State) -> None:
    find_detector(params, state)
    if administrator_of(scope) is not None:
        raise bad_request(
            "the current account cannot accept invitations because it is already a member of a master account."
        )
    if state.members:
        raise bad_request(
            "the current account cannot accept invitations because the account contains created, invited, or "
            "associated members."
        )
    member = _invitations(scope).get(params.get("AdministratorId") or params.get("MasterId", ""))
    if member is None or member.invitation != params["InvitationId"]:
        raise bad_request("the current account does not have an invitation from the requested master account.")
    _set_status(member, "Enabled")


@service.operation("DeclineInvitations", "DeleteInvitations")
def decline_invitations(params: Params, scope: Scope, state: State) -> Params:
    def decline(account: str) -> None:
        member = _invitations(scope).get(account)
        if member is None or member.associated:
            raise bad_request("the current account does not have an invitation from the requested master account.")
        member.invitation = ""
        _set_status(member, "Resigned")

    return _each(params, decline)


@service.operation("GetAdministratorAccount", "GetMasterAccount")
def get_administrator_account(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    found = administrator_of(scope)
    if found is None:
        return {}
    row = _invitation_row(*found)
    return {"Administrator": row, "Master": row}


@service.operation("DisassociateFromAdministratorAccount", "DisassociateFromMasterAccount")
def disassociate_from_administrator_account(params: Params, scope: Scope, state: State) -> None:
    find_detector(params, state)
    found = administrator_of(scope)
    if found is None:
        raise bad_request("the current account is not associated to a master account.")
    if found[1].by_organization:
        raise bad_request("a member account of an organization can't disassociate itself from its administrator.")
    _set_status(found[1], "Resigned")
