# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty of many accounts: what is called, what is refused, and what AWS does not let happen."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils import reconcile
from tests.emulator.client import Emulator
from tests.integration.cases import guardduty_accounts as case
from tests.support.cases import HOME_REGION
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, SECURITY
from tests.support.run import converge

HOME = {"regions": [HOME_REGION]}
Operations = list[tuple[str, str, list[str]]]


@pytest.fixture(autouse=True)
def impatient(no_aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot succeed here need not be waited for."""
    monkeypatch.setattr(reconcile, "PROPAGATION_SECONDS", 0.0)


def run(emulator: Emulator, module: str, account: str = SECURITY, **arguments: t.Any) -> dict[str, t.Any]:
    return converge(emulator, module, {**HOME, **arguments}, credentials_of=account)


def operations(result: dict[str, t.Any]) -> Operations:
    assert not result.get("failed"), result["msg"]
    return [(change["action"], change["key"], change["operations"]) for change in result["changes"]]


def statuses(emulator: Emulator, administrator: str = SECURITY) -> dict[str, str]:
    listed = case.client(emulator, administrator, HOME_REGION).list_members(
        DetectorId=case.detector(emulator, administrator, HOME_REGION), OnlyAssociated="false"
    )
    return {row["AccountId"]: row["RelationshipStatus"] for row in listed["Members"]}


# --- through the organization ---------------------------------------------------------------------------------------


def test_settings_are_one_call_and_members_come_first(emulator: Emulator) -> None:
    """S001-53."""
    case.delegated(emulator)
    features = {"S3_DATA_EVENTS": {"auto_enable": "ALL"}, "EKS_AUDIT_LOGS": {"auto_enable": "NEW"}}
    members = [case.member(MANAGEMENT), case.member(MEMBERS[0])]
    result = run(emulator, "guardduty_organization", features=features, members=members)
    assert operations(result) == [
        ("create", MANAGEMENT, ["guardduty:CreateMembers"]),
        ("create", MEMBERS[0], ["guardduty:CreateMembers"]),
        ("update", "organization", ["guardduty:UpdateOrganizationConfiguration"]),
    ]
    assert result["changes"][-1]["before"] == {
        "auto_enable_organization_members": "NONE",
        "features.EKS_AUDIT_LOGS": "NONE",
        "features.S3_DATA_EVENTS": "NONE",
    }
    assert statuses(emulator) == dict.fromkeys((MANAGEMENT, LOG_ARCHIVE, *MEMBERS), "Enabled")
    # a feature that is no longer declared is left alone
    assert operations(run(emulator, "guardduty_organization", members=members)) == []
    off = {"S3_DATA_EVENTS": {"auto_enable": "NONE"}}
    changed = run(emulator, "guardduty_organization", features=off)
    assert changed["changes"][0]["after"] == {"features.S3_DATA_EVENTS": "NONE"}


def test_before_the_administrator_is_designated_all_is_planned_and_a_run_says_so(emulator: Emulator) -> None:
    case.detectors_everywhere(emulator)
    arguments = {**HOME, "members": [case.member(MEMBERS[2])]}
    plan = converge(emulator, "guardduty_organization", arguments, check_mode=True, credentials_of=SECURITY)
    assert [change["type"] for change in plan["changes"]] == [
        "AWS::GuardDuty::Member",
        "AWS::GuardDuty::OrganizationConfiguration",
    ]
    assert not plan.get("failed")
    result = run(emulator, "guardduty_organization")
    assert "do not have required AWS Organization master permission" in result["msg"]


def test_without_a_detector_all_is_planned_and_a_run_says_so(emulator: Emulator) -> None:
    plan = converge(emulator, "guardduty_members", {**HOME, "members": [case.member(MEMBERS[0])]}, check_mode=True)
    assert [change["operations"] for change in plan["changes"]] == [
        ["guardduty:CreateMembers", "guardduty:InviteMembers"]
    ]
    result = converge(emulator, "guardduty_members", {**HOME, "members": [case.member(MEMBERS[0])]})
    assert {error["code"] for error in result["errors"]} == {"NotAsRequired", "PrerequisiteFailed"}
    assert "AWS::GuardDuty::Detector detector: must exist" in result["msg"]


def test_an_account_that_left_or_was_suspended_comes_back(emulator: Emulator) -> None:
    case.delegated(emulator)
    arguments = {"auto_enable_organization_members": "NONE", "members": [case.member(MEMBERS[0])]}
    run(emulator, "guardduty_organization", **arguments)
    security, identifier = (
        case.client(emulator, SECURITY, HOME_REGION),
        case.detector(emulator, SECURITY, HOME_REGION),
    )
    security.stop_monitoring_members(DetectorId=identifier, AccountIds=[MEMBERS[0]])
    resumed = operations(run(emulator, "guardduty_organization", **arguments))
    assert resumed == [("update", MEMBERS[0], ["guardduty:StartMonitoringMembers"])]
    security.disassociate_members(DetectorId=identifier, AccountIds=[MEMBERS[0]])
    returned = operations(run(emulator, "guardduty_organization", **arguments))
    assert returned == [("update", MEMBERS[0], ["guardduty:CreateMembers"])]


def test_who_was_invited_becomes_a_member_through_the_organization(emulator: Emulator) -> None:
    """T-10."""
    case.detectors_everywhere(emulator)
    members = [case.member(MEMBERS[0])]
    run(emulator, "guardduty_members", members=members)
    case.client(emulator, MANAGEMENT, HOME_REGION).enable_organization_admin_account(AdminAccountId=SECURITY)
    result = run(emulator, "guardduty_organization", members=members)
    assert operations(result)[0] == (
        "update",
        MEMBERS[0],
        ["guardduty:DeleteMembers", "guardduty:CreateMembers"],
    )
    assert statuses(emulator)[MEMBERS[0]] == "Enabled"


def test_what_aws_leaves_out_is_an_error_and_stops_nothing_else(emulator: Emulator) -> None:
    """T-10: an account that follows another administrator is not taken from it."""
    case.delegated(emulator)
    case.invite(emulator, MEMBERS[0], LOG_ARCHIVE, HOME_REGION)
    assert case.accepted(emulator, MEMBERS[0], LOG_ARCHIVE, HOME_REGION)
    members = [case.member(MEMBERS[0]), case.member(MEMBERS[1])]
    result = run(emulator, "guardduty_organization", members=members)
    (error,) = result["errors"]
    assert (error["code"], error["key"], error["operation"]) == (
        "NotProcessed", MEMBERS[0], "guardduty:CreateMembers",
    )  # fmt: skip
    assert "associated member of another administrator" in error["message"]
    assert statuses(emulator)[MEMBERS[1]] == "Enabled"


# --- by invitation --------------------------------------------------------------------------------------------------


def test_an_invitation_takes_two_calls_and_no_mail(emulator: Emulator) -> None:
    """S001-52."""
    case.detectors_everywhere(emulator)
    members = [case.member(MEMBERS[0])]
    result = run(emulator, "guardduty_members", members=members)
    assert operations(result) == [("create", MEMBERS[0], ["guardduty:CreateMembers", "guardduty:InviteMembers"])]
    assert result["changes"][0]["after"]["disable_email_notification"] is True
    case.client(emulator, MEMBERS[0], HOME_REGION).decline_invitations(AccountIds=[SECURITY])
    again = operations(run(emulator, "guardduty_members", members=members))
    assert again == [("update", MEMBERS[0], ["guardduty:InviteMembers"])]
    gone = [{"account_id": MEMBERS[0], "state": "absent"}]
    removed = operations(run(emulator, "guardduty_members", members=gone))
    assert removed == [("delete", MEMBERS[0], ["guardduty:DeleteMembers"])]


def test_an_address_is_changed_by_asking_anew(emulator: Emulator) -> None:
    case.detectors_everywhere(emulator)
    wrong = {"account_id": MEMBERS[0], "email": "somebody@else.example"}
    run(emulator, "guardduty_members", members=[wrong])
    assert statuses(emulator) == {MEMBERS[0]: "EmailVerificationFailed"}
    result = run(emulator, "guardduty_members", members=[case.member(MEMBERS[0])])
    calls = ["guardduty:DeleteMembers", "guardduty:CreateMembers", "guardduty:InviteMembers"]
    assert operations(result) == [("update", MEMBERS[0], calls)]
    assert statuses(emulator) == {MEMBERS[0]: "Invited"}


def test_accepting_and_leaving(emulator: Emulator) -> None:
    """S001-51."""
    case.invited(emulator)
    arguments = {"account": MEMBERS[2], "administrator_account_id": LOG_ARCHIVE}
    accepted = operations(run(emulator, "guardduty_invitation", **arguments))
    assert accepted == [("create", LOG_ARCHIVE, ["guardduty:AcceptAdministratorInvitation"])]
    left = operations(run(emulator, "guardduty_invitation", **arguments, state="absent"))
    assert left == [("delete", LOG_ARCHIVE, ["guardduty:DisassociateFromAdministratorAccount"])]


def test_an_invitation_may_be_missing_from_a_plan_only(emulator: Emulator) -> None:
    case.detectors_everywhere(emulator)
    arguments = {**HOME, "administrator_account_id": SECURITY}
    plan = converge(emulator, "guardduty_invitation", arguments, check_mode=True, credentials_of=MEMBERS[0])
    assert [change["type"] for change in plan["changes"]] == ["AWS::GuardDuty::Master"]
    result = run(emulator, "guardduty_invitation", MEMBERS[0], administrator_account_id=SECURITY)
    assert f"AWS::GuardDuty::Invitation {SECURITY}: must exist, but does not." in result["msg"]
    assert not emulator.writes(service="guardduty", operation="Accept*")


def test_members_of_the_organization_are_told_why_they_cannot_accept(emulator: Emulator) -> None:
    """T-10: mixing both ways, with an administrator each."""
    case.delegated(emulator)
    run(emulator, "guardduty_organization", auto_enable_organization_members="ALL")
    for check_mode in (True, False):
        arguments = {**HOME, "administrator_account_id": MEMBERS[1]}
        result = converge(emulator, "guardduty_invitation", arguments, check_mode, credentials_of=MEMBERS[0])
        (error,) = result["errors"]
        assert error["code"] == "AnotherAdministrator"
        assert f"follows {SECURITY}, the GuardDuty administrator of its organization" in error["message"]
        assert "Members of an organization need no invitation" in error["message"]
    # the same administrator is no contradiction
    assert operations(run(emulator, "guardduty_invitation", MEMBERS[0], administrator_account_id=SECURITY)) == []


# --- refused input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "arguments", "named"),
    [
        ("guardduty_organization", {"features": {"NONSENSE": {"auto_enable": "ALL"}}}, "features: 'NONSENSE'"),
        (
            "guardduty_organization",
            {"features": {"S3_DATA_EVENTS": {"status": "ENABLED"}}},
            "dictionary of auto_enable",
        ),
        ("guardduty_organization", {"features": {"S3_DATA_EVENTS": {"auto_enable": "YES"}}}, "ALL or NEW or NONE"),
        (
            "guardduty_organization",
            {
                "features": {
                    "RUNTIME_MONITORING": {
                        "auto_enable": "NONE",
                        "additional_configuration": {"EC2_AGENT_MANAGEMENT": "ALL"},
                    }
                }
            },
            "NONE, because the feature is NONE",
        ),
        ("guardduty_organization", {"members": [case.member(MEMBERS[0])] * 2}, "members[1].account_id"),
        ("guardduty_organization", {"members": [{"account_id": MEMBERS[0], "email": "nobody"}]}, "members[0].email"),
        ("guardduty_members", {"members": [{"account_id": "1", "email": "a@b.example"}]}, "12 digits"),
        ("guardduty_members", {"members": [{"account_id": MEMBERS[0]}]}, "members[0].email"),
        ("guardduty_members", {"members": [case.member(SECURITY)]}, "another account than the one"),
        ("guardduty_invitation", {"administrator_account_id": "security"}, "administrator_account_id"),
        ("guardduty_invitation", {"administrator_account_id": SECURITY}, "another account than the one"),
    ],
)
def test_bad_input_is_refused_before_any_call(
    emulator: Emulator, module: str, arguments: dict[str, t.Any], named: str
) -> None:
    validated = {**arguments, "validate_only": True}
    result = converge(emulator, module, validated, credentials_of=SECURITY, account_id=SECURITY)
    assert result["failed"] and named in result["msg"]
    assert not emulator.calls()
