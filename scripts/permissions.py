# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write docs/permissions.md from what the resource types declare."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import tests.plugins.collection_loader  # noqa: F401  (makes the collection importable)

# isort: split

from ansible_collections.secops.aws_baseline.plugins.module_utils import resources  # noqa: F401  (registers all types)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import iam_action
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal import drill, facts
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import all_resource_types
from ansible_collections.secops.aws_baseline.plugins.plugin_utils import organization

PAGE = Path(__file__).resolve().parents[1] / "docs" / "permissions.md"
CONNECTION = {"sts:GetCallerIdentity", "ec2:DescribeRegions"}
HEADER = """<!--
Copyright (c) 2026, The secops.aws_baseline authors
SPDX-License-Identifier: GPL-3.0-or-later
Written by scripts/permissions.py; edit the permissions of the resource types instead.
-->

# Permissions

What the collection needs at AWS, and nothing else: the tests compare these lists with the calls that are made.

To plan (`--check`) a role needs the first policy, to apply it needs both. Narrow `Resource` to your own names where
your account's rules ask for it. With `aws_baseline_assume_role_arn` the identity at hand needs `sts:AssumeRole` on that
role only.
"""


def actions(purpose: str) -> list[str]:
    """IAM actions for a purpose, read or write, of all resource types."""
    operations = {operation for kind in all_resource_types() for operation in kind.permissions[purpose]}
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


def policy(allowed: Iterable[str]) -> str:
    statement = {"Effect": "Allow", "Action": sorted(allowed), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)


def page() -> str:
    """The whole page."""
    parts = [HEADER]
    for purpose, title in (("read", "To plan"), ("write", "To apply, in addition")):
        parts.append(f"## {title}\n\n```json\n{policy(actions(purpose))}\n```\n")
    parts.append(f"{INVENTORY}\n```json\n{policy(['sts:GetCallerIdentity', *organization.PERMISSIONS])}\n```\n")
    reads = {"sts:GetCallerIdentity", *map(iam_action, facts.READS)}
    parts.append(f"{REHEARSAL}\n```json\n{policy(reads)}\n```\n")
    parts.append(f"{DRILL}\n```json\n{policy({*drill.READS, *drill.WRITES} - reads)}\n```\n")
    parts.append("## By resource type\n\n| Type | To plan | To apply |\n|---|---|---|")
    for kind in all_resource_types():
        cells = [
            ", ".join(f"`{action}`" for action in dict.fromkeys(map(iam_action, kind.permissions[purpose])))
            for purpose in ("read", "write")
        ]
        parts.append(f"| `{kind.type}` | {cells[0]} | {cells[1]} |")
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
