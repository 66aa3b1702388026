# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty of many accounts: who administers it, which accounts follow, and what is on in them."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    EMPTY,
    Call,
    Desired,
    Fields,
    Observed,
    Ref,
    ResourceType,
    register,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.guardduty import (
    DETECTOR_ID,
    Detector,
    FeatureOption,
    detector_id,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

ACCOUNT_ID = re.compile(r"\d{12}")
EMAIL = re.compile(r"(?=.{6,64}$)[^@\s]+@[^@\s]+")
"""What GuardDuty takes for an e-mail address."""

ORGANIZATION_KEY = "organization"
"""Key of a region's organization configuration, which has no name."""

AUTO_ENABLE = ("ALL", "NEW", "NONE")

ORGANIZATION_FEATURES = FeatureOption(
    "auto_enable", "AutoEnable", AUTO_ENABLE, "NONE", "OrgFeature", "OrgFeatureAdditionalConfiguration"
)
"""Features of the organization's members."""

UNPROCESSED = "UnprocessedAccounts[].Result"
"""Where GuardDuty says of accounts why it left them out."""

ASSOCIATED = frozenset({"Enabled", "Disabled"})
"""Relationship statuses of accounts that follow their administrator. C(Disabled) are those that it has suspended."""

INVITED = ASSOCIATED | {"Invited", "EmailVerificationInProgress"}
"""Relationship statuses of accounts that need no further invitation."""

REMOVED = frozenset({"Removed", "Resigned"})
"""Relationship statuses of accounts that followed once."""

BAD_REQUEST = frozenset({"BadRequestException"})
"""GuardDuty's only code for what an account may not ask, or not yet."""


def organization_admin(account_id: str, region: str | None = None) -> Desired:
    """That an account administers GuardDuty for the organization in a region. For the management account."""
    return Desired(OrganizationAdminAccount.type, account_id, region=region)


@register
class OrganizationAdminAccount(ResourceType):
    """The account that administers GuardDuty for the organization in a region. Key: its id. No fields.

    AWS gives GuardDuty trusted access on the way, registers the account as delegated administrator, and makes its
    detector if there is none. An organization has one such account, the same in all regions; AWS refuses another.
    """

    type = "AWS::GuardDuty::OrganizationAdminAccount"
    service = "guardduty"
    after = ("AWS::Organizations::ServiceAccess",)
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("guardduty:ListOrganizationAdminAccounts",),
        "write": (
            "guardduty:EnableOrganizationAdminAccount",
            "guardduty:DisableOrganizationAdminAccount",
            # GuardDuty asks and tells AWS Organizations in the name of the caller
            "organizations:DescribeAccount",
            "organizations:DescribeOrganization",
            "organizations:DescribeOrganizationalUnit",
            "organizations:EnableAWSServiceAccess",
            "organizations:ListAWSServiceAccessForOrganization",
            "organizations:ListDelegatedAdministrators",
            "organizations:RegisterDelegatedAdministrator",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        accounts = client.pages("ListOrganizationAdminAccounts", "AdminAccounts", BAD_REQUEST)
        return {item["AdminAccountId"]: Observed({}) for item in accounts if item["AdminStatus"] == "ENABLED"}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("EnableOrganizationAdminAccount", {"AdminAccountId": key})]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DisableOrganizationAdminAccount", {"AdminAccountId": key})]


@register
class Member(ResourceType):
    """An account that follows this administrator. Key: its id.

    Fields: email, the account's address, which no longer matters once it follows; status, C(Created) to know
    the account, C(Invited) to have asked it, or C(Enabled) to have it, which only the administrator of its organization
    can see to; message and disable_email_notification, used when it is invited, and never read.
    """

    type = "AWS::GuardDuty::Member"
    service = "guardduty"
    after = (Detector.type, OrganizationAdminAccount.type)
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("guardduty:ListDetectors", "guardduty:ListMembers"),
        "write": (
            "guardduty:CreateMembers",
            "guardduty:InviteMembers",
            "guardduty:StartMonitoringMembers",
            "guardduty:DisassociateMembers",
            "guardduty:DeleteMembers",
            "organizations:DescribeAccount",
            "organizations:DescribeOrganization",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        identifier = detector_id(client)
        if identifier is None:
            return {}
        members = client.pages("ListMembers", "Members", DetectorId=identifier, OnlyAssociated="false")
        attributes = {"detector_id": identifier}
        return {
            item["AccountId"]: Observed(self._fields(item, wanted.get(item["AccountId"], {})), attributes)
            for item in members
        }

    @staticmethod
    def _fields(item: Fields, declared: Fields) -> Fields:
        status = item["RelationshipStatus"]
        return {
            "email": declared.get("email") if status in ASSOCIATED else item.get("Email"),
            "status": status,
            "message": declared.get("message"),
            "disable_email_notification": declared.get("disable_email_notification"),
        }

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        if field == "status":
            return before == after or after == "Created" or (after == "Invited" and before in INVITED)
        if field == "email" and before not in EMPTY:
            return bool(before.lower() == after.lower())
        return super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        details = [{"AccountId": key, "Email": fields["email"]}]
        created = Call("CreateMembers", {"DetectorId": DETECTOR_ID, "AccountDetails": details}, refusals=UNPROCESSED)
        return [created, self._invitation(key, fields)] if fields["status"] == "Invited" else [created]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        status, detector = before.fields["status"], before.attributes["detector_id"]
        if status == "Disabled":
            return [self._of_member("StartMonitoringMembers", key, detector)]
        if after["status"] == "Enabled" and status in REMOVED:
            return self.create(key, after, scope)
        if after["status"] == "Enabled" or "email" in changed:
            # an address cannot be changed, and who was asked before is not simply taken
            return [self._of_member("DeleteMembers", key, detector), *self.create(key, after, scope)]
        return [self._invitation(key, after)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        detector = before.attributes["detector_id"]
        deleted = self._of_member("DeleteMembers", key, detector)
        if before.fields["status"] not in ASSOCIATED:
            return [deleted]
        return [self._of_member("DisassociateMembers", key, detector), deleted]

    def _invitation(self, key: str, fields: Fields) -> Call:
        parameters: Fields = {"DisableEmailNotification": bool(fields.get("disable_email_notification"))}
        if fields.get("message"):
            parameters["Message"] = fields["message"]
        return self._of_member("InviteMembers", key, DETECTOR_ID, **parameters)

    @staticmethod
    def _of_member(operation: str, key: str, detector: str | Ref, **parameters: t.Any) -> Call:
        return Call(operation, {"DetectorId": detector, "AccountIds": [key], **parameters}, refusals=UNPROCESSED)


@register
class OrganizationConfiguration(ResourceType):
    """What the organization's administrator has GuardDuty do by itself with members. Key: C(ORGANIZATION_KEY).

    Fields: auto_enable_organization_members, and those of C(ORGANIZATION_FEATURES). It is always there, and nothing is
    known of it for any account but the administrator.
    """

    type = "AWS::GuardDuty::OrganizationConfiguration"
    service = "guardduty"
    # what is to be done at once is done before AWS begins to do the same in its own time
    after = (Detector.type, Member.type)
    # the administrator may have been designated a moment ago
    propagation_errors = BAD_REQUEST
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("guardduty:ListDetectors", "guardduty:DescribeOrganizationConfiguration"),
        "write": ("guardduty:UpdateOrganizationConfiguration",),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        identifier = detector_id(client)
        found: Fields = {}
        if identifier is not None:
            found = (
                client.optional("DescribeOrganizationConfiguration", BAD_REQUEST, DetectorId=identifier, MaxResults=50)
                or {}
            )
        fields = ORGANIZATION_FEATURES.observed(found.get("Features", []))
        return {
            ORGANIZATION_KEY: Observed(
                {"auto_enable_organization_members": found.get("AutoEnableOrganizationMembers"), **fields}
            )
        }

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        parameters = {
            "DetectorId": DETECTOR_ID,
            # AWS wants this in every call
            "AutoEnableOrganizationMembers": after["auto_enable_organization_members"],
        }
        features = ORGANIZATION_FEATURES.parameters(after, changed)
        if features:
            parameters["Features"] = features
        return [Call("UpdateOrganizationConfiguration", parameters)]


def _other(administrator: Fields, wanted: str) -> str:
    """Why an account that follows an administrator cannot accept the invitation of another one, and what to do."""
    account = administrator["AccountId"]
    if administrator.get("InvitationId"):
        how, remedy = "whose invitation it accepted", f"Disassociate it from {account} first"
    else:
        how = "the GuardDuty administrator of its organization"
        remedy = (
            f"Members of an organization need no invitation: leave it with {account}, or disassociate it there first"
        )
    return (
        f"The account follows {account}, {how}. It can follow one account only. {remedy}, before it accepts an "
        f"invitation of {wanted}."
    )


def _administrator(client: Client) -> Fields | None:
    """The account that this one follows in the region, as GuardDuty tells it. Asked only once."""
    identifier = detector_id(client)
    if identifier is None:
        return None
    return client.pages_once("GetAdministratorAccount", "[Administrator]", DetectorId=identifier)[0]


@register
class Invitation(ResourceType):
    """An administrator's invitation to this account. Key: the administrator's id. No fields. Attributes: id.

    It is the administrator who makes it. When this account follows somebody already, it counts as there.
    """

    type = "AWS::GuardDuty::Invitation"
    service = "guardduty"
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("guardduty:ListDetectors", "guardduty:GetAdministratorAccount", "guardduty:ListInvitations"),
        "write": (),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        if _administrator(client):
            # none is needed; whether it is the right administrator is for Master to say
            return {key: Observed({}) for key in wanted}
        invitations = client.pages("ListInvitations", "Invitations")
        return {item["AccountId"]: Observed({}, {"id": item["InvitationId"]}) for item in invitations}


@register
class Master(ResourceType):
    """That this account follows an administrator. Key: the administrator's id. Fields: administrator_id, the same.

    An account follows one administrator. That it has another one, and would have to leave it, is an error.
    """

    type = "AWS::GuardDuty::Master"
    service = "guardduty"
    after = (Detector.type, Invitation.type)
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("guardduty:ListDetectors", "guardduty:GetAdministratorAccount"),
        "write": ("guardduty:AcceptAdministratorInvitation", "guardduty:DisassociateFromAdministratorAccount"),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        administrator = _administrator(client)
        if not administrator:
            return {}
        account = administrator["AccountId"]
        missed = [key for key, declared in wanted.items() if declared and key != account]
        if missed:
            raise client.failure("GetAdministratorAccount", "AnotherAdministrator", _other(administrator, missed[0]))
        return {account: Observed({"administrator_id": account}, {"detector_id": detector_id(client)})}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {
            "DetectorId": DETECTOR_ID,
            "AdministratorId": key,
            "InvitationId": Ref(Invitation.type, key, "id"),
        }
        return [Call("AcceptAdministratorInvitation", parameters)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DisassociateFromAdministratorAccount", {"DetectorId": before.attributes["detector_id"]})]


def organization_configuration(auto_enable: str, features: Fields) -> Desired:
    """What GuardDuty does by itself with the organization's members. features: of ORGANIZATION_FEATURES, checked."""
    fields = {"auto_enable_organization_members": auto_enable, **features}
    return Desired(OrganizationConfiguration.type, ORGANIZATION_KEY, fields)


def members(options: list[Fields], common: Fields, own_id: str | None, option: str = "members") -> list[Desired]:
    """The members that an option declares by account_id, email and, optionally, state. Raises OptionError.

    common: fields that all of them have. own_id: the administrator's account, as far as it is known.
    """
    seen: set[str] = set()
    desired = []
    for index, item in enumerate(options):
        where = f"{option}[{index}]"
        account_id, email = item["account_id"], item.get("email")
        _check_account(f"{where}.account_id", account_id, own_id)
        if account_id in seen:
            raise OptionError(f"{where}.account_id", account_id, "each account only once")
        seen.add(account_id)
        if item.get("state") == "absent":
            desired.append(Desired(Member.type, account_id, state="absent"))
            continue
        if not email or not EMAIL.fullmatch(email):
            raise OptionError(f"{where}.email", email, "the e-mail address of the account, 6 to 64 characters")
        desired.append(Desired(Member.type, account_id, {"email": email, **common}))
    return desired


def followed(administrator_id: str, state: str, own_id: str | None) -> list[Desired]:
    """That this account follows an administrator, whose invitation must be there, or no longer. Raises OptionError."""
    _check_account("administrator_account_id", administrator_id, own_id)
    if state == "absent":
        return [Desired(Master.type, administrator_id, state="absent")]
    fields = {"administrator_id": administrator_id}
    return [
        Desired(Invitation.type, administrator_id, state="expected"),
        Desired(Master.type, administrator_id, fields, requires=((Invitation.type, administrator_id),)),
    ]


def _check_account(option: str, account_id: str, own_id: str | None) -> None:
    if not ACCOUNT_ID.fullmatch(account_id):
        raise OptionError(option, account_id, "12 digits, quoted in YAML")
    if account_id == own_id:
        raise OptionError(option, account_id, "another account than the one that is worked on")
