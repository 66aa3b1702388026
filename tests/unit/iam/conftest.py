# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role iam_groups as its tasks see it: every variable rendered by Ansible, pseudo parameters substituted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from moto.iam.aws_managed_policies import aws_managed_policies_data

from tests.unit.iam.evaluator import Document, Principal

ROLE = Path(__file__).resolve().parents[3] / "roles" / "iam_groups"
ACCOUNT = "123456789012"

PSEUDO_PARAMETERS = {"AWS::Partition": "aws", "AWS::AccountId": ACCOUNT, "AWS::Region": "eu-central-1"}

# The choices under which every policy, group and role of the catalogue is there.
EVERYTHING = {
    "iam_groups_office_cidrs": ["203.0.113.0/24", "2001:db8::/32"],
    "iam_groups_trusted_account_id": "210987654321",
    "iam_groups_siem_bucket_names": ["trail", "config"],
}


def substitute(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: substitute(item) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item) for item in value]
    if isinstance(value, str):
        for name, text in PSEUDO_PARAMETERS.items():
            value = value.replace(f"${{{name}}}", text)
    return value


class RenderedRole:
    """What the tasks of the role hand to the modules, for one choice of variables."""

    def __init__(self, **variables: Any) -> None:
        loader = DataLoader()
        files = [ROLE / "defaults" / "main.yml", *sorted((ROLE / "vars" / "main").glob("*.yml"))]
        merged: dict[str, Any] = {}
        for file in files:
            merged |= loader.load_from_file(str(file), cache="none", trusted_as_template=True)
        self._templar = Templar(loader, variables=merged | variables)
        self.raw_policies = self._by_name("managed_policies")
        self.policies = substitute(self.raw_policies)
        self.groups = substitute(self._by_name("groups"))
        self.roles = substitute(self._by_name("roles"))

    def _by_name(self, kind: str) -> dict[str, dict[str, Any]]:
        entries = json.loads(json.dumps(self.value(f"__iam_groups_{kind}")))
        assert len({entry["name"] for entry in entries}) == len(entries)
        return {entry["name"]: entry for entry in entries}

    def value(self, variable: str) -> Any:
        return self._templar.template(self._templar.available_variables[variable])

    def documents(self, names: list[str]) -> tuple[Document, ...]:
        """The documents of shipped or AWS-managed policies; a name that is neither is a KeyError."""
        return tuple(self.policies[n]["document"] if n in self.policies else AWS_MANAGED[n] for n in names)

    def member(self, group: str, **context: str) -> Principal:
        """A user in the group; with MFA and in the office unless the context says otherwise."""
        context = {"aws:MultiFactorAuthPresent": "true", "aws:SourceIp": "203.0.113.7"} | context
        known = {key: value for key, value in context.items() if value}
        return Principal(self.documents(self.groups[group]["managed_policies"]), context=known)

    def role(self, name: str) -> Principal:
        role = self.roles[name]
        boundary = role.get("permissions_boundary")
        document = self.policies[boundary.rsplit("/", 1)[-1]]["document"] if boundary else None
        return Principal(self.documents(role["managed_policies"]), boundary=document)


AWS_MANAGED: dict[str, Document] = {}
for _name, _entry in json.loads(aws_managed_policies_data).items():
    AWS_MANAGED[(_entry["Path"] + _name).removeprefix("/")] = _entry["Document"]


@pytest.fixture(scope="session")
def render() -> Callable[..., RenderedRole]:
    return RenderedRole


@pytest.fixture(scope="session")
def role() -> RenderedRole:
    return RenderedRole(**EVERYTHING)


@pytest.fixture(scope="session")
def default_role() -> RenderedRole:
    return RenderedRole()
