# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every document the role iam_groups ships is one AWS takes, and every name it uses exists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.secops.aws_baseline.plugins.module_utils import policy_document
from tests.unit.iam.conftest import ACCOUNT, AWS_MANAGED, ROLE, RenderedRole

POLICIES = sorted(yaml.safe_load((ROLE / "vars/main/catalogue.yml").read_text())["__iam_groups_policy_catalogue"])
GROUPS = sorted(yaml.safe_load((ROLE / "vars/main/catalogue.yml").read_text())["__iam_groups_group_catalogue"])
ROLES = sorted(yaml.safe_load((ROLE / "vars/main/catalogue.yml").read_text())["__iam_groups_role_catalogue"])


@pytest.mark.parametrize("name", POLICIES)
def test_policy_is_valid_and_small_enough(role: RenderedRole, name: str) -> None:
    # the raw document counts: pseudo parameters are longer than what they stand for
    policy_document.validate(role.policies[name]["document"], "identity", "managed_policy")
    policy_document.validate(role.raw_policies[name]["document"], "identity", "managed_policy")


@pytest.mark.parametrize("name", ROLES)
def test_trust_policy_is_valid_and_small_enough(role: RenderedRole, name: str) -> None:
    policy_document.validate(role.roles[name]["assume_role_policy"], "trust", "trust")


@pytest.mark.parametrize("name", POLICIES)
def test_statements_have_sids_and_no_not_elements(role: RenderedRole, name: str) -> None:
    for statement in role.policies[name]["document"]["Statement"]:
        assert statement["Sid"]
        # what is allowed is always named; a Deny of all but something is the safe way round
        assert statement["Effect"] == "Deny" or not {"NotAction", "NotResource"} & statement.keys()


@pytest.mark.parametrize("name", POLICIES)
def test_no_statement_allows_everything(role: RenderedRole, name: str) -> None:
    allowed = [s for s in role.policies[name]["document"]["Statement"] if s["Effect"] == "Allow"]
    assert not any("*" in s["Action"] for s in allowed if isinstance(s["Action"], list))
    assert not any(s["Action"] == "*" for s in allowed)
    assert not any("iam:*" in s["Action"] for s in allowed)


def test_nothing_is_left_unrendered(role: RenderedRole) -> None:
    text = json.dumps([role.policies, role.groups, role.roles])
    assert "{{" not in text
    assert "${AWS::" not in text
    assert text.count("${") == text.count("${aws:username}")


@pytest.mark.parametrize("file", sorted(ROLE.rglob("*.yml")), ids=lambda file: str(file.relative_to(ROLE)))
def test_no_partition_is_written_out(file: Path) -> None:
    assert "arn:aws:" not in file.read_text()


def test_every_policy_name_exists(role: RenderedRole) -> None:
    for entry in [*role.groups.values(), *role.roles.values()]:
        assert role.documents(entry["managed_policies"]) is not None
        assert len(entry["managed_policies"]) <= 10, "AWS attaches at most ten managed policies"


def test_every_own_arn_exists(role: RenderedRole) -> None:
    """ARNs of policies, groups and roles inside the documents that name one object name one that is shipped."""
    known = {
        *(f"arn:aws:iam::{ACCOUNT}:policy{p['path']}{p['name']}" for p in role.policies.values()),
        *(f"arn:aws:iam::{ACCOUNT}:group{g['path']}{g['name']}" for g in role.groups.values()),
        *(f"arn:aws:iam::{ACCOUNT}:role{r['path']}{r['name']}" for r in role.roles.values()),
        *(f"arn:aws:iam::aws:policy/{name}" for name in AWS_MANAGED),
    }
    named = set()
    for entry in [*role.policies.values(), *role.roles.values()]:
        named |= {text for text in _strings(entry) if text.startswith("arn:aws:iam::") and not set(text) & set("*$")}
    named = {arn for arn in named if not arn.endswith(":root")}
    assert named
    assert named <= known


def test_defaults_ship_everything_that_needs_no_value(default_role: RenderedRole) -> None:
    assert sorted(default_role.policies) == sorted(set(POLICIES) - {"EnforceAccessFromOfficePolicy"})
    assert sorted(default_role.groups) == GROUPS
    assert sorted(default_role.roles) == sorted(set(ROLES) - {"ITOrganizationAccountAccessRole"})


def test_one_file_for_each_policy(role: RenderedRole) -> None:
    assert len(list((ROLE / "vars/main").glob("policy_*.yml"))) == len(POLICIES) == len(role.policies)


def _strings(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set().union(*map(_strings, value.values())) if value else set()
    if isinstance(value, list):
        return set().union(*map(_strings, value)) if value else set()
    return {value} if isinstance(value, str) else set()
