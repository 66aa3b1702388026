# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/permissions.md from what the resource types declare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import yaml

import tests.plugins.collection_loader  # noqa: F401  (makes the collection importable)

# isort: split

from ansible_collections.secops.aws_baseline.plugins.module_utils import resources  # noqa: F401  (registers all types)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import iam_action
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal import drill, facts
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    all_resource_types,
    resource_type,
)
from ansible_collections.secops.aws_baseline.plugins.plugin_utils import organization
from tests.support.cases import all_cases

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "permissions.md"
MODULES = "secops.aws_baseline."

# What the playbook runs where: kinds of accounts, and the roles' entry points that do something there by default.
EVERY = "Every account of an organization"
KINDS = {
    "An account by itself": [
        ("guardduty", "main"), ("iam_groups", "main"), ("cloudtrail", "main"), ("alarms", "main"),
        ("log_forwarding", "main"), ("config", "main"),
    ],
    EVERY: [
        ("guardduty", "main"), ("guardduty", "member"), ("iam_groups", "main"), ("config", "main"),
    ],
    "The management account, in addition": [
        ("organization", "main"), ("cloudtrail", "main"), ("alarms", "main"), ("log_forwarding", "main"),
    ],
    "The log archive account, in addition": [
        ("cloudtrail", "archive"), ("config", "archive"), ("guardduty", "archive"),
    ],
    "The security account, in addition": [
        ("guardduty", "administrator"), ("config", "aggregator"), ("config", "organization"),
    ],
}  # fmt: skip
CONNECTION = {"sts:GetCallerIdentity", "ec2:DescribeRegions"}
HEADER = """<!--
Copyright (c) 2026, The secops.aws_baseline authors
SPDX-License-Identifier: GPL-3.0-or-later
Written by scripts/permissions.py; edit the permissions of the resource types instead.
-->

# Permissions

What the collection needs at AWS, and nothing else: the tests compare these lists with the calls that are made.

To plan (`--check`) a role needs the first policy of its kind of account, to apply it needs both. Narrow `Resource` to
your own names where your account's rules ask for it. With `aws_baseline_assume_role_arn` the identity at hand needs
`sts:AssumeRole` on the roles of the accounts only. [Organization](organization.md) says which account is of which kind.
"""


def modules_of(role: str, entry_point: str) -> set[str]:
    """Short names of the modules that a role's entry point calls."""
    tasks = yaml.safe_load((ROOT / "roles" / role / "tasks" / f"{entry_point}.yml").read_text(encoding="utf-8"))
    return {key.removeprefix(MODULES) for task in tasks for key in task if key.startswith(MODULES)}


def types_of(modules: Iterable[str]) -> set[str]:
    """The resource types that modules work on, as their test cases say."""
    wanted = set(modules)
    return {name for case in all_cases() if case.module in wanted for name in case.types}


def actions(types: Iterable[str], purpose: str) -> list[str]:
    """IAM actions for a purpose, read or write, of resource types."""
    operations = {operation for name in types for operation in resource_type(name).permissions[purpose]}
    if purpose == "read":
        operations |= CONNECTION
    return sorted({iam_action(operation) for operation in operations})


INVENTORY = """## For the dynamic inventory

In the management account of the organization, or in that of a delegated administrator, for
`secops.aws_baseline.organization_accounts`. `ListTagsForResource` only if tags are asked for, and
`ListAccountsForParent` only with a botocore that does not know the paths of accounts.
"""


REHEARSAL = """## To rehearse the alarms

For `rehearse.yml`, which changes nothing. Without `logs:TestMetricFilter` the collection's own evaluator decides.
"""
DRILL = """For a drill, in addition. `sqs:ReceiveMessage` only for `alarms_drill_queues`.
"""


def actions_of_kind(kind: str, purpose: str) -> list[str]:
    """IAM actions that one of KINDS needs."""
    modules = {module for role, entry_point in KINDS[kind] for module in modules_of(role, entry_point)}
    given = set(actions_of_kind(EVERY, purpose)) if kind.endswith("in addition") else set()
    return [action for action in actions(types_of(modules), purpose) if action not in given]


def policy(allowed: Iterable[str]) -> str:
    statement = {"Effect": "Allow", "Action": sorted(allowed), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def page() -> str:
    """The whole page."""
    parts = [HEADER]
    for kind in KINDS:
        parts.append(f"## {kind}\n")
        for purpose, title in (("read", "To plan"), ("write", "To apply, in addition")):
            parts.append(f"{title}:\n\n```json\n{policy(actions_of_kind(kind, purpose))}\n```\n")
    parts.append(f"{INVENTORY}\n```json\n{policy(['sts:GetCallerIdentity', *organization.PERMISSIONS])}\n```\n")
    reads = {"sts:GetCallerIdentity", *map(iam_action, facts.READS)}
    parts.append(f"{REHEARSAL}\n```json\n{policy(reads)}\n```\n")
    parts.append(f"{DRILL}\n```json\n{policy({*drill.READS, *drill.WRITES} - reads)}\n```\n")
    parts.append("## By resource type\n\n| Type | To plan | To apply |\n|---|---|---|")
    for resource in all_resource_types():
        cells = [
            ", ".join(f"`{action}`" for action in dict.fromkeys(map(iam_action, resource.permissions[purpose])))
            for purpose in ("read", "write")
        ]
        parts.append(f"| `{resource.type}` | {cells[0]} | {cells[1]} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
