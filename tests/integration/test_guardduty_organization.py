# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The guardduty role in all accounts of an organization: by delegated administrator, and by invitation."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.emulator.client import Emulator
from tests.support.cases import HOME_REGION
from tests.support.log import planned_writes, writes
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, NAMES, ORGANIZATION_ID, SECURITY, organization
from tests.support.playbook import Run, ansible_playbook

OTHER_REGION = "eu-west-1"
REGIONS = [HOME_REGION, OTHER_REGION]
GROUPS = {"management": (MANAGEMENT,), "log_archive": (LOG_ARCHIVE,), "security": (SECURITY,), "workload": MEMBERS}
ACCESS = "arn:aws:iam::{{ account_id }}:role/OrganizationAccountAccessRole"
CUSTOM = "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom"
SEVERE = "CryptoCurrency:EC2/BitcoinTool.B!DNS"
QUEUE = f"arn:aws:sqs:{HOME_REGION}:{SECURITY}:siem"


def inventory() -> dict[str, t.Any]:
    """All accounts, reached from the management account."""
    children = {
        group: {
            "hosts": {
                NAMES[account]: {"account_id": account, "account_email": f"{NAMES[account]}@acme.example"}
                for account in accounts
            }
        }
        for group, accounts in GROUPS.items()
    }
    children["management"]["vars"] = {"aws_baseline_assume_role_arn": "{{ omit }}"}
    common = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "aws_baseline_home_region": HOME_REGION,
        "aws_baseline_regions": REGIONS,
        "aws_baseline_name_prefix": "acme",
        "aws_baseline_organization_id": ORGANIZATION_ID,
        "aws_baseline_management_account_id": MANAGEMENT,
        "aws_baseline_log_archive_account_id": LOG_ARCHIVE,
        "aws_baseline_security_account_id": SECURITY,
        "aws_baseline_assume_role_arn": ACCESS,
    }
    return {"aws_accounts": {"children": children, "vars": common}}


def play(hosts: str, *tasks: dict[str, t.Any]) -> dict[str, t.Any]:
    """Tasks in the accounts of a group, as playbooks/baseline.yml has them."""
    defaults = {
        "account_id": "{{ account_id }}",
        "region": "{{ aws_baseline_home_region }}",
        "assume_role_arn": "{{ aws_baseline_assume_role_arn | default(omit) }}",
    }
    return {
        "hosts": hosts,
        "gather_facts": False,
        "module_defaults": {"group/secops.aws_baseline.baseline": defaults},
        "tasks": list(tasks),
    }


def role(tasks_from: str = "main") -> dict[str, t.Any]:
    name = "secops.aws_baseline.guardduty"
    return {"name": tasks_from, "ansible.builtin.import_role": {"name": name, "tasks_from": tasks_from}}


DELEGATION = {
    "name": "delegation",
    "secops.aws_baseline.organization": {
        "regions": REGIONS,
        "trusted_services": [{"service_principal": "guardduty.amazonaws.com"}],
        "delegated_administrators": [{"service_principal": "guardduty.amazonaws.com", "account_id": SECURITY}],
    },
    "when": "guardduty_organization_mode | default('organization') == 'organization'",
}


class Organization:
    """The plays in their order, run as the management account."""

    def __init__(self, emulator: Emulator, directory: Path) -> None:
        self.emulator = emulator
        self.inventory = directory / "hosts.yml"
        self.inventory.write_text(json.dumps(inventory()), encoding="utf-8")
        self.playbook = directory / "guardduty.yml"
        plays = [
            play("aws_accounts", role()),
            play("management", DELEGATION),
            play("log_archive", role("archive")),
            play("security", role("administrator")),
            play("aws_accounts", role("member")),
        ]
        self.playbook.write_text(json.dumps(plays), encoding="utf-8")
        organization(emulator)
        queue = emulator.client("sqs", HOME_REGION, SECURITY)
        url = queue.create_queue(QueueName="siem")["QueueUrl"]
        allow = {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage"}
        policy = {"Version": "2012-10-17", "Statement": [allow | {"Resource": QUEUE}]}
        queue.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        self.queue, self.queue_url = queue, url
        emulator.clear_calls()

    def run(self, *arguments: str, **variables: t.Any) -> Run:
        variables = {"guardduty_findings_subscriptions": [{"protocol": "sqs", "endpoint": QUEUE}], **variables}
        credentials = self.emulator.environment(account_id=MANAGEMENT, region=HOME_REGION)
        return ansible_playbook(
            self.emulator,
            self.playbook,
            self.inventory,
            *arguments,
            variables=variables,
            extra_environment=credentials,
        )

    def client(self, account: str, region: str = HOME_REGION) -> t.Any:
        return self.emulator.client("guardduty", region, account)

    def detector(self, account: str, region: str = HOME_REGION) -> str:
        return self.client(account, region).list_detectors()["DetectorIds"][0]

    def members(self, region: str) -> dict[str, str]:
        listed = self.client(SECURITY, region).list_members(
            DetectorId=self.detector(SECURITY, region), OnlyAssociated="false"
        )
        return {row["AccountId"]: row["RelationshipStatus"] for row in listed["Members"]}

    def told(self) -> list[tuple[str, str, str]]:
        """Type, account and region of the findings that somebody was told of since the last time."""
        found = []
        while messages := self.queue.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                event = json.loads(json.loads(message["Body"])["Message"])
                found.append((event["detail"]["type"], event["detail"]["accountId"], event["region"]))
                self.queue.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
        return sorted(found)


@pytest.fixture
def accounts(emulator: Emulator, tmp_path: Path) -> Organization:
    return Organization(emulator, tmp_path)


def succeeded(run: Run) -> Run:
    assert run.returncode == 0, run.messages() or run.stdout[-3000:] + run.stderr[-3000:]
    return run


def shown(run: Run) -> list[tuple[str, ...]]:
    """What changes where, by which calls: a plan cannot know the ids that AWS chooses."""
    keys = ("account_id", "region", "action", "type", "key")
    return [(*(change[key] for key in keys), *change["operations"]) for change in run.changes()]


def test_one_administrator_for_the_organization(accounts: Organization) -> None:
    """S001-50, S001-53 to S001-57, T-10, T-11, T-28: from nothing to one account that sees, keeps and tells all."""
    emulator = accounts.emulator
    plan = succeeded(accounts.run("--check", guardduty_findings_severity_above=6))
    assert not emulator.writes()
    run = succeeded(accounts.run(guardduty_findings_severity_above=6))
    assert shown(run) == shown(plan)
    assert planned_writes(run.changes()) == writes(emulator)

    others = {MANAGEMENT, LOG_ARCHIVE, *MEMBERS}
    for region in REGIONS:
        assert accounts.members(region) == dict.fromkeys(others, "Enabled")
        for account in (*others, SECURITY):
            found = accounts.client(account, region).get_detector(DetectorId=accounts.detector(account, region))
            assert (found["Status"], found["FindingPublishingFrequency"]) == ("ENABLED", "FIFTEEN_MINUTES")
        destinations = accounts.client(SECURITY, region).list_publishing_destinations(
            DetectorId=accounts.detector(SECURITY, region)
        )["Destinations"]
        assert [item["Status"] for item in destinations] == ["PUBLISHING"]
        rule = emulator.client("events", region, SECURITY).describe_rule(Name="acme-guardduty-findings-rule")
        assert json.loads(rule["EventPattern"]) == {
            "source": ["aws.guardduty"],
            "detail": {"severity": [{"numeric": [">", 6]}]},
        }
    topics = emulator.client("sns", HOME_REGION, SECURITY)
    arn = f"arn:aws:sns:{HOME_REGION}:{SECURITY}:acme-guardduty-findings-notification"
    assert topics.get_topic_attributes(TopicArn=arn)["Attributes"]["DisplayName"] == "GuardDuty Findings"
    subscriptions = topics.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
    assert [item["Protocol"] for item in subscriptions] == ["sqs"]

    for account, region in ((MEMBERS[0], HOME_REGION), (MEMBERS[1], OTHER_REGION), (SECURITY, OTHER_REGION)):
        accounts.client(account, region).create_sample_findings(
            DetectorId=accounts.detector(account, region), FindingTypes=[SEVERE, CUSTOM]
        )
    assert accounts.told() == [
        (SEVERE, SECURITY, OTHER_REGION),
        (SEVERE, MEMBERS[0], HOME_REGION),
        (SEVERE, MEMBERS[1], OTHER_REGION),
    ]

    emulator.clear_calls()
    again = succeeded(accounts.run(guardduty_findings_severity_above=6))
    assert all(stats["changed"] == 0 for stats in again.stats.values())
    assert not emulator.writes()

    # the variant by type (S001-55) and another frequency, which members follow without being told
    other = {"guardduty_findings_types": [CUSTOM], "guardduty_finding_publishing_frequency": "ONE_HOUR"}
    changed = succeeded(accounts.run(**other))
    assert {(change["type"], change["account_id"]) for change in changed.changes()} == {
        ("AWS::Events::Rule", SECURITY),
        ("AWS::GuardDuty::Detector", SECURITY),
    }
    accounts.client(MEMBERS[0], OTHER_REGION).create_sample_findings(
        DetectorId=accounts.detector(MEMBERS[0], OTHER_REGION), FindingTypes=[SEVERE, CUSTOM]
    )
    assert accounts.told() == [(CUSTOM, MEMBERS[0], OTHER_REGION)]


def test_by_invitation_and_then_by_organization(accounts: Organization) -> None:
    """S001-51, S001-52, T-10: each account is invited without e-mail and accepts; later the organization takes over."""
    emulator = accounts.emulator
    invitation = {"guardduty_organization_mode": "invitation"}
    plan = succeeded(accounts.run("--check", **invitation))
    assert not emulator.writes()
    run = succeeded(accounts.run(**invitation))
    assert shown(run) == shown(plan)
    others = {MANAGEMENT, LOG_ARCHIVE, *MEMBERS}
    for region in REGIONS:
        assert accounts.members(region) == dict.fromkeys(others, "Enabled")
    assert not emulator.writes(service="organizations")

    moved = succeeded(accounts.run())
    assert {change["type"] for change in moved.changes()} == {
        "AWS::GuardDuty::OrganizationAdminAccount",
        "AWS::GuardDuty::OrganizationConfiguration",
        "AWS::Organizations::ServiceAccess",
    }
    for region in REGIONS:
        assert accounts.members(region) == dict.fromkeys(others, "Enabled")
    # members through the organization count as invited, and as having accepted
    again = succeeded(accounts.run(**invitation))
    assert all(stats["changed"] == 0 for stats in again.stats.values())


def test_an_account_with_another_administrator_is_told_what_to_do(accounts: Organization) -> None:
    """T-10: nothing is taken from the other administrator, and all others are served."""
    emulator = accounts.emulator
    partner = "210987654321"
    theirs = emulator.client("guardduty", OTHER_REGION, partner)
    detector = theirs.create_detector(Enable=True)["DetectorId"]
    email = f"{NAMES[MEMBERS[0]]}@acme.example"
    theirs.create_members(DetectorId=detector, AccountDetails=[{"AccountId": MEMBERS[0], "Email": email}])
    theirs.invite_members(DetectorId=detector, AccountIds=[MEMBERS[0]])
    member = accounts.client(MEMBERS[0], OTHER_REGION)
    own = member.create_detector(Enable=True)["DetectorId"]
    (invitation,) = member.list_invitations()["Invitations"]
    member.accept_administrator_invitation(
        DetectorId=own, AdministratorId=partner, InvitationId=invitation["InvitationId"]
    )
    run = accounts.run(guardduty_organization_mode="invitation")
    assert run.returncode != 0
    assert f"follows {partner}, whose invitation it accepted" in run.messages()
    assert accounts.members(OTHER_REGION)[MEMBERS[0]] == "Invited"
    assert accounts.members(OTHER_REGION)[MEMBERS[1]] == "Enabled"
    assert accounts.members(HOME_REGION)[MEMBERS[0]] == "Enabled"
