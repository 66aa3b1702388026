# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An organization for tests: who is who, and how to make it."""

from __future__ import annotations

import json
from typing import Any

from tests.emulator.client import DEFAULT_ORGANIZATION, Emulator
from tests.support.accounts import HOME_REGION

MANAGEMENT = "100000000001"
LOG_ARCHIVE = "100000000002"
SECURITY = "100000000003"
MEMBERS = ("100000000011", "100000000012", "100000000013")
NAMES = {
    MANAGEMENT: "management",
    LOG_ARCHIVE: "log-archive",
    SECURITY: "security",
    MEMBERS[0]: "shop",
    MEMBERS[1]: "payments",
    MEMBERS[2]: "data",
}
ORGANIZATION_ID = DEFAULT_ORGANIZATION
DETAILS: dict[str, dict[str, Any]] = {
    MANAGEMENT: {"name": "acme-management"},
    LOG_ARCHIVE: {"name": "acme-log-archive"},
    SECURITY: {"name": "acme-security", "ou": "Security"},
    **{member: {"ou": "Workloads"} for member in MEMBERS},
}
"""What C(inventories/organization) is about: names that no group has, and organizational units."""
TEAM_QUEUE = "security-team"


def organization(emulator: Emulator, details: dict[str, dict[str, Any]] | None = None, **options: Any) -> str:
    """Make the organization of the accounts in NAMES, unless it is there; its id.

    details: more about some accounts, by id (ou, tags, status). options: as C(Emulator.create_organization) takes them.
    """
    more = details or {}
    accounts = [
        {"id": one, "name": name, "email": f"{name}@acme.example", **more.get(one, {})} for one, name in NAMES.items()
    ]
    return emulator.create_organization(accounts, ORGANIZATION_ID, **options)


def make_team_queue(emulator: Emulator) -> None:
    """The queue to which the topic of C(inventories/organization) sends, which only that topic may do."""
    arn = f"arn:aws:sns:{HOME_REGION}:{MANAGEMENT}:Security-Team"
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": f"arn:aws:sqs:{HOME_REGION}:{MANAGEMENT}:{TEAM_QUEUE}",
        "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    emulator.client("sqs", HOME_REGION, MANAGEMENT).create_queue(QueueName=TEAM_QUEUE, Attributes={"Policy": policy})
