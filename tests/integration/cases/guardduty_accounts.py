# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty of many accounts in two regions: through the organization, and by invitation from both sides."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import HOME_REGION, Case
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, NAMES, SECURITY, organization

OTHER_REGION = "us-east-1"
REGIONS = [HOME_REGION, OTHER_REGION]
PARTNER = "210987654321"
"""An account of nobody's organization."""


def client(emulator: Emulator, account: str = SECURITY, region: str = OTHER_REGION) -> t.Any:
    return emulator.client("guardduty", region, account)


def detector(emulator: Emulator, account: str = SECURITY, region: str = OTHER_REGION) -> str:
    """The id of an account's detector, which is made if there is none."""
    found = client(emulator, account, region).list_detectors()["DetectorIds"]
    return found[0] if found else client(emulator, account, region).create_detector(Enable=True)["DetectorId"]


def email(account: str) -> str:
    return f"{NAMES.get(account, 'partner')}@acme.example"


def member(account: str, **more: str) -> dict[str, str]:
    return {"account_id": account, "email": email(account), **more}


def detectors_everywhere(emulator: Emulator) -> None:
    """An organization whose accounts have detectors, and a partner with one."""
    organization(emulator)
    for region in REGIONS:
        for account in (MANAGEMENT, SECURITY, LOG_ARCHIVE, *MEMBERS, PARTNER):
            detector(emulator, account, region)


def delegated(emulator: Emulator) -> None:
    """The same, with an administrator."""
    detectors_everywhere(emulator)
    for region in REGIONS:
        client(emulator, MANAGEMENT, region).enable_organization_admin_account(AdminAccountId=SECURITY)


# --- through the organization ---------------------------------------------------------------------------------------

AUTO_ENABLE = st.sampled_from(["ALL", "NEW", "NONE"])

ORGANIZATION_ARGUMENTS = st.fixed_dictionaries(
    {"regions": st.sampled_from([[HOME_REGION], REGIONS])},
    optional={
        "auto_enable_organization_members": AUTO_ENABLE,
        "features": st.fixed_dictionaries(
            {},
            optional={
                "S3_DATA_EVENTS": st.fixed_dictionaries({"auto_enable": AUTO_ENABLE}),
                "RUNTIME_MONITORING": st.sampled_from(
                    [
                        {"auto_enable": "NONE"},
                        {"auto_enable": "ALL", "additional_configuration": {"EC2_AGENT_MANAGEMENT": "ALL"}},
                        {"auto_enable": "NEW", "additional_configuration": {"EC2_AGENT_MANAGEMENT": "NONE"}},
                    ]
                ),
            },
        ),
        "members": st.sampled_from([[], [member(MEMBERS[0])], [member(MANAGEMENT), member(MEMBERS[1])]]),
    },
)

ORGANIZATION_TYPICAL = {
    "regions": REGIONS,
    "auto_enable_organization_members": "NEW",
    "features": {
        "S3_DATA_EVENTS": {"auto_enable": "ALL"},
        "RUNTIME_MONITORING": {"auto_enable": "NEW", "additional_configuration": {"EC2_AGENT_MANAGEMENT": "NEW"}},
    },
    "members": [member(MANAGEMENT), member(MEMBERS[0])],
}


def settings_edited(emulator: Emulator) -> None:
    s3 = {"Name": "S3_DATA_EVENTS", "AutoEnable": "NONE"}
    client(emulator).update_organization_configuration(
        DetectorId=detector(emulator), AutoEnableOrganizationMembers="NONE", Features=[s3]
    )


def feature_part_edited(emulator: Emulator) -> None:
    part = {"Name": "EC2_AGENT_MANAGEMENT", "AutoEnable": "NONE"}
    runtime = {"Name": "RUNTIME_MONITORING", "AutoEnable": "NEW", "AdditionalConfiguration": [part]}
    found = client(emulator).describe_organization_configuration(DetectorId=detector(emulator))
    client(emulator).update_organization_configuration(
        DetectorId=detector(emulator),
        AutoEnableOrganizationMembers=found["AutoEnableOrganizationMembers"],
        Features=[runtime],
    )


def auto_enabled(emulator: Emulator) -> bool:
    """Whether AWS lets no member go."""
    found = client(emulator).describe_organization_configuration(DetectorId=detector(emulator))
    return found["AutoEnableOrganizationMembers"] == "ALL"


def member_suspended(emulator: Emulator) -> None:
    if not auto_enabled(emulator):
        client(emulator).stop_monitoring_members(DetectorId=detector(emulator), AccountIds=[MEMBERS[0]])


def member_removed(emulator: Emulator) -> None:
    if not auto_enabled(emulator):
        client(emulator).disassociate_members(DetectorId=detector(emulator), AccountIds=[MEMBERS[0]])


def member_forgotten(emulator: Emulator) -> None:
    if not auto_enabled(emulator):
        member_removed(emulator)
        client(emulator).delete_members(DetectorId=detector(emulator), AccountIds=[MEMBERS[0]])


def foreign_member_added(emulator: Emulator) -> None:
    details = [{"AccountId": LOG_ARCHIVE, "Email": email(LOG_ARCHIVE)}]
    client(emulator).create_members(DetectorId=detector(emulator), AccountDetails=details)


# --- by invitation, with the log archive's account as administrator ---------------------------------------------------

INVITATION_MEMBERS = st.sampled_from(
    [
        [member(MEMBERS[1])],
        [member(MEMBERS[1]), member(PARTNER)],
        [{"account_id": MEMBERS[1], "state": "absent"}, member(PARTNER)],
        [{"account_id": PARTNER, "email": "other@acme.example"}],
    ]
)

MEMBERS_ARGUMENTS = st.fixed_dictionaries(
    {"regions": st.sampled_from([[HOME_REGION], REGIONS]), "members": INVITATION_MEMBERS},
    optional={"invite": st.booleans(), "disable_email_notification": st.booleans()},
)

MEMBERS_TYPICAL = {
    "regions": REGIONS,
    "members": [member(MEMBERS[1]), member(PARTNER)],
    "invitation_message": "Follow the log archive.",
}


def accepted(emulator: Emulator, account: str, administrator: str, region: str = OTHER_REGION) -> bool:
    """Accept the administrator's invitation; whether there was one."""
    asked = client(emulator, account, region)
    for invitation in asked.list_invitations()["Invitations"]:
        if invitation["AccountId"] == administrator and invitation["RelationshipStatus"] == "Invited":
            asked.accept_administrator_invitation(
                DetectorId=detector(emulator, account, region),
                AdministratorId=administrator,
                InvitationId=invitation["InvitationId"],
            )
            return True
    return False


def invitation_declined(emulator: Emulator) -> None:
    client(emulator, MEMBERS[1]).decline_invitations(AccountIds=[LOG_ARCHIVE])


def invited_forgotten(emulator: Emulator) -> None:
    archive = client(emulator, LOG_ARCHIVE)
    archive.delete_members(DetectorId=detector(emulator, LOG_ARCHIVE), AccountIds=[MEMBERS[1]])


def invitation_accepted_and_left(emulator: Emulator) -> None:
    if accepted(emulator, MEMBERS[1], LOG_ARCHIVE):
        own = detector(emulator, MEMBERS[1])
        client(emulator, MEMBERS[1]).disassociate_from_administrator_account(DetectorId=own)


def foreign_invitation_accepted(emulator: Emulator) -> None:
    """What was asked for: nothing is left to do."""
    accepted(emulator, PARTNER, LOG_ARCHIVE)


# --- the side of the member -----------------------------------------------------------------------------------------

INVITATION_ARGUMENTS = st.fixed_dictionaries(
    {"administrator_account_id": st.just(LOG_ARCHIVE), "regions": st.sampled_from([[HOME_REGION], REGIONS])},
    optional={"state": st.sampled_from(["present", "absent"])},
)

INVITATION_TYPICAL = {"administrator_account_id": LOG_ARCHIVE, "regions": REGIONS}


def invite(emulator: Emulator, account: str, administrator: str, region: str = OTHER_REGION) -> None:
    """Invite an account, again if need be."""
    inviting, identifier = client(emulator, administrator, region), detector(emulator, administrator, region)
    inviting.create_members(DetectorId=identifier, AccountDetails=[{"AccountId": account, "Email": email(account)}])
    inviting.invite_members(DetectorId=identifier, AccountIds=[account])


def invited(emulator: Emulator) -> None:
    detectors_everywhere(emulator)
    for region in REGIONS:
        invite(emulator, MEMBERS[2], LOG_ARCHIVE, region)


def removed_and_invited_again(emulator: Emulator) -> None:
    archive = client(emulator, LOG_ARCHIVE)
    archive.disassociate_members(DetectorId=detector(emulator, LOG_ARCHIVE), AccountIds=[MEMBERS[2]])
    invite(emulator, MEMBERS[2], LOG_ARCHIVE)


CASES = [
    Case(
        module="guardduty_organization",
        arguments=ORGANIZATION_ARGUMENTS,
        typical=ORGANIZATION_TYPICAL,
        types=frozenset(
            {"AWS::GuardDuty::Detector", "AWS::GuardDuty::Member", "AWS::GuardDuty::OrganizationConfiguration"}
        ),
        drifts=(
            settings_edited,
            feature_part_edited,
            member_suspended,
            member_removed,
            member_forgotten,
            foreign_member_added,
        ),
        prepare=delegated,
        account_id=SECURITY,
    ),
    Case(
        module="guardduty_members",
        arguments=MEMBERS_ARGUMENTS,
        typical=MEMBERS_TYPICAL,
        types=frozenset({"AWS::GuardDuty::Detector", "AWS::GuardDuty::Member"}),
        drifts=(
            invitation_declined,
            invited_forgotten,
            invitation_accepted_and_left,
            foreign_invitation_accepted,
        ),
        prepare=detectors_everywhere,
        account_id=LOG_ARCHIVE,
    ),
    Case(
        module="guardduty_invitation",
        arguments=INVITATION_ARGUMENTS,
        typical=INVITATION_TYPICAL,
        types=frozenset({"AWS::GuardDuty::Detector", "AWS::GuardDuty::Invitation", "AWS::GuardDuty::Master"}),
        drifts=(removed_and_invited_again,),
        prepare=invited,
        account_id=MEMBERS[2],
    ),
]
