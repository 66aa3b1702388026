# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline on an emulated organization: run, plan, an account that joins, what stands, and an alarm that fires."""

from __future__ import annotations

import signal
import sys
import time
from typing import Any

import tests.plugins.collection_loader  # noqa: F401  (makes the collection importable)

# isort: split

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import stories
from scripts.emulated import playbook
from tests.emulator.client import Emulator
from tests.emulator.process import EmulatorProcess
from tests.support.organization import (
    DETAILS,
    MANAGEMENT,
    MEMBERS,
    NAMES,
    SECURITY,
    TEAM_QUEUE,
    make_team_queue,
    organization,
)
from tests.support.pipeline import messages, raise_event

INVENTORY = "inventories/organization"
HOME = "eu-central-1"
COLUMNS = ("Account", "Id", "Trail", "Alarms", "Topics", "Recorders", "Rules", "Detectors", "GuardDuty", "Roles")


class Account:
    """What stands in an account, read by boto3 and not by the collection."""

    def __init__(self, emulator: Emulator, identifier: str) -> None:
        self.emulator = emulator
        self.id = identifier
        regions = self.client("ec2").describe_regions()["Regions"]
        self.regions = sorted(region["RegionName"] for region in regions)

    def client(self, service: str, region: str = HOME) -> Any:
        return self.emulator.client(service, region, self.id)

    def everything(self, service: str, operation: str, key: str, region: str = HOME, **arguments: Any) -> list[Any]:
        """What all pages of an operation list under a key."""
        paginator = self.client(service, region).get_paginator(operation)
        return paginator.paginate(**arguments).build_full_result().get(key, [])

    def everywhere(self, service: str, operation: str, key: str) -> list[Any]:
        """The same for all regions together."""
        return [item for region in self.regions for item in self.everything(service, operation, key, region)]

    def trails(self) -> list[str]:
        """Trails that the account sees at home: whose they are, and whether they log."""
        client = self.client("cloudtrail")
        shown = []
        for trail in client.describe_trails()["trailList"]:
            logs = "logging" if client.get_trail_status(Name=trail["TrailARN"])["IsLogging"] else "stopped"
            scope = "organization's, " if trail["IsOrganizationTrail"] else ""
            shown.append(f"{trail['Name']} ({scope}{logs})")
        return shown

    def recorders(self) -> int:
        """In how many regions AWS Config records."""
        return sum(
            status["recording"]
            for region in self.regions
            for status in self.client("config", region).describe_configuration_recorder_status()[
                "ConfigurationRecordersStatus"
            ]
        )

    def administrator(self) -> str:
        """Who administers the account's GuardDuty at home."""
        for detector in self.everything("guardduty", "list_detectors", "DetectorIds"):
            found = self.client("guardduty").get_administrator_account(DetectorId=detector).get("Administrator") or {}
            if found:
                return f"led by {found['AccountId']}"
            members = self.everything("guardduty", "list_members", "Members", DetectorId=detector)
            return f"leads {len(members)} accounts" if members else "-"
        return "-"

    def row(self, name: str) -> tuple[str, ...]:
        """One cell for each of COLUMNS."""
        counts = (
            len(self.everything("cloudwatch", "describe_alarms", "MetricAlarms")),
            len(self.everywhere("sns", "list_topics", "Topics")),
            self.recorders(),
            len(self.everywhere("config", "describe_config_rules", "ConfigRules")),
            len(self.everywhere("guardduty", "list_detectors", "DetectorIds")),
        )
        roles = len(self.everything("iam", "list_roles", "Roles"))
        cells = [str(count or "-") for count in counts]
        return (name, self.id, ", ".join(self.trails()) or "-", *cells, self.administrator(), str(roles))


def table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def standing(emulator: Emulator) -> str:
    """The organization and its accounts as they are."""
    management, security = Account(emulator, MANAGEMENT), Account(emulator, SECURITY)
    accounts = management.everything("organizations", "list_accounts", "Accounts")
    parts = [table([COLUMNS, *(Account(emulator, one["Id"]).row(one["Name"]) for one in accounts)])]
    delegated = management.everything("organizations", "list_delegated_administrators", "DelegatedAdministrators")
    found = {
        "Services with trusted access": [
            one["ServicePrincipal"]
            for one in management.everything(
                "organizations", "list_aws_service_access_for_organization", "EnabledServicePrincipals"
            )
        ],
        "Delegated administrator for": [
            f"{one['ServicePrincipal']}: {account['Name']}"
            for account in delegated
            for one in management.everything(
                "organizations", "list_delegated_services_for_account", "DelegatedServices", AccountId=account["Id"]
            )
        ],
        "Organization rules and conformance packs": [
            *(
                rule["OrganizationConfigRuleName"]
                for rule in security.everything(
                    "config", "describe_organization_config_rules", "OrganizationConfigRules"
                )
            ),
            *(
                pack["OrganizationConformancePackName"]
                for pack in security.everything(
                    "config", "describe_organization_conformance_packs", "OrganizationConformancePacks"
                )
            ),
        ],
        "Log groups of the management account": [
            f"{group['logGroupName']} ({group.get('retentionInDays', 'for ever')} d)"
            for group in management.everything("logs", "describe_log_groups", "logGroups")
        ],
    }
    parts += [f"{title}:\n  " + ("\n  ".join(names) or "none") for title, names in found.items()]
    return "\n\n".join(parts)


def baseline(emulator: Emulator, *arguments: str) -> int:
    """Run the playbook from the management account; how many tasks changed something."""
    return playbook(emulator, "baseline.yml", "-i", INVENTORY, *arguments, account_id=MANAGEMENT)


def join(emulator: Emulator, name: str) -> None:
    """Let the management account make another account."""
    print(f"\nA new account, {name}, joins the organization. The inventory is not edited.")
    client = emulator.client("organizations", account_id=MANAGEMENT)
    client.create_account(AccountName=name, Email=f"{name}@acme.example")


def confirm_subscriptions(emulator: Emulator) -> None:
    """Do what people do who are asked by mail whether they want to be told."""
    asked = emulator.confirmations()
    for one in asked:
        emulator.confirm_subscription(one["topic_arn"], one["endpoint"])
    print(f"\n{len(asked)} subscribers confirm that they want to be told.")


def sign_in_as_root(emulator: Emulator) -> str:
    """Let somebody sign in as the root user of a member account; what the team reads in its queue."""
    member = MEMBERS[0]
    print(f"Somebody signs in as the root user of the account {NAMES[member]}.")
    story = stories("root-access", {"account_id": member, "region": HOME})[0][0]
    raise_event(emulator, story.record, member, "us-east-1")
    found = messages(emulator, TEAM_QUEUE, MANAGEMENT, HOME)
    if not found:
        raise SystemExit("Nobody was told.")
    body = found[0].body
    lines = [found[0].subject, body["NewStateReason"], *body["AlarmDescription"].splitlines()]
    return "\n".join(f"  {line}" for line in lines if line)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the emulator is stopped, too
    started = time.monotonic()
    with EmulatorProcess() as emulator:
        organization(emulator, DETAILS)
        make_team_queue(emulator)
        changed = baseline(emulator)
        if not changed:
            raise SystemExit("The baseline changed nothing in an empty organization.")
        planned = baseline(emulator, "--check", "--diff")
        if planned:
            raise SystemExit(f"\nThe plan after the run would change {planned} more tasks.")
        join(emulator, "analytics")
        changed_for_new = baseline(emulator)
        print("What stands now:\n")
        print(standing(emulator))
        confirm_subscriptions(emulator)
        playbook(emulator, "rehearse.yml", "-i", INVENTORY, account_id=MANAGEMENT)
        print(f"\nThe queue of the security team gets:\n\n{sign_in_as_root(emulator)}")
    print(
        f"\n{changed} tasks changed something, the plan after that finds nothing, "
        f"{changed_for_new} served the new account: {time.monotonic() - started:.0f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
