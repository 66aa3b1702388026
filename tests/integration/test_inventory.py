# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The dynamic inventory, as ansible-inventory shows it."""

from __future__ import annotations

import collections
import json
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml

from scripts.emulated import BIN, ROOT, environment
from tests.emulator.client import Emulator
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, ORGANIZATION_ID, SECURITY, organization
from tests.support.playbook import ansible_playbook

PLUGIN = "secops.aws_baseline.organization_accounts"
SHOP, PAYMENTS, DATA = MEMBERS
DETAILS: dict[str, dict[str, t.Any]] = {
    LOG_ARCHIVE: {"ou": "Security"},
    SECURITY: {"ou": "Security", "tags": {"Role": "security"}},
    SHOP: {"ou": "Workloads/Prod", "tags": {"Team": "web"}},
    PAYMENTS: {"ou": "Workloads/Prod", "tags": {"Team": "money"}},
    DATA: {"ou": "Workloads/Test", "tags": {"Team": "web"}},
}
OPTIONS: dict[str, t.Any] = {"log_archive_account": "log-archive", "security_account": SECURITY}
READS = {"DescribeOrganization", "ListAccounts", "ListRoots", "ListOrganizationalUnitsForParent", "GetCallerIdentity"}


class Inventory:
    """What ansible-inventory says, and how."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.failed = done.returncode != 0
        self.stderr = " ".join(done.stderr.split())
        self.listed: dict[str, t.Any] = json.loads(done.stdout) if done.stdout.startswith("{") else {}

    def variables(self, host: str) -> dict[str, t.Any]:
        return dict(self.listed["_meta"]["hostvars"][host])

    def hosts(self, group: str = "aws_accounts") -> set[str]:
        """The hosts of a group and of those below it."""
        entry = self.listed.get(group, {})
        below = (self.hosts(child) for child in entry.get("children", ()))
        return set(entry.get("hosts", ())).union(*below)

    def children(self, group: str) -> set[str]:
        return set(self.listed[group].get("children", ()))


class Source:
    """A file of options for the plugin, and the one who reads it."""

    def __init__(self, emulator: Emulator, folder: Path) -> None:
        self.emulator = emulator
        self.path = folder / "organization.yml"

    def read(self, account_id: str = MANAGEMENT, *arguments: str, **options: t.Any) -> Inventory:
        self.path.write_text(yaml.safe_dump({"plugin": PLUGIN, **options}))
        command = [str(BIN / "ansible-inventory"), "-i", str(self.path), "--list", *arguments]
        variables = environment(self.emulator, account_id=account_id)
        return Inventory(subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False))


@pytest.fixture
def source(emulator: Emulator, tmp_path: Path) -> Source:
    organization(emulator, DETAILS)
    return Source(emulator, tmp_path)


def test_every_account_is_a_host(source: Source) -> None:
    """S001-59: which accounts there are, which units they are in, and who is who among them."""
    inventory = source.read(**OPTIONS)
    assert not inventory.failed, inventory.stderr
    assert "WARNING" not in inventory.stderr
    # groups are called like these two
    management, security = f"management-{MANAGEMENT}", f"security-{SECURITY}"
    assert inventory.hosts() == {management, "log-archive", security, "shop", "payments", "data"}
    assert inventory.hosts("management") == {management}
    assert inventory.hosts("log_archive") == {"log-archive"}
    assert inventory.hosts("security") == {security}
    assert inventory.hosts("workload") == {"shop", "payments", "data"}
    assert {"management", "log_archive", "security", "workload", "ou_security", "ou_workloads"} == inventory.children(
        "aws_accounts"
    )
    assert inventory.children("ou_workloads") == {"ou_workloads_prod", "ou_workloads_test"}
    assert inventory.hosts("ou_workloads_prod") == {"shop", "payments"}
    shop = inventory.variables("shop")
    assert shop.pop("account_joined_timestamp").startswith("20")
    assert shop.pop("ou_id").startswith("ou-")
    assert shop == {
        "account_id": SHOP,
        "account_name": "shop",
        "account_email": "shop@acme.example",
        "account_arn": f"arn:aws:organizations::{MANAGEMENT}:account/{ORGANIZATION_ID}/{SHOP}",
        "account_status": "ACTIVE",
        "account_joined_method": "CREATED",
        "account_tags": {},
        "ou_path": "/Workloads/Prod",
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "aws_baseline_organization_id": ORGANIZATION_ID,
        "aws_baseline_management_account_id": MANAGEMENT,
        "aws_baseline_log_archive_account_id": LOG_ARCHIVE,
        "aws_baseline_security_account_id": SECURITY,
        "aws_baseline_left_out_accounts": [],
    }
    assert inventory.variables(management)["ou_path"] == "/"


def test_each_unit_is_asked_once_and_nothing_is_written(emulator: Emulator, source: Source) -> None:
    source.read(**OPTIONS)
    assert emulator.writes() == []
    counts = collections.Counter(call.operation for call in emulator.calls())
    assert set(counts) == READS
    units = 1 + len({"Security", "Workloads", "Workloads/Prod", "Workloads/Test"})
    assert counts.pop("ListOrganizationalUnitsForParent") == units
    assert set(counts.values()) == {1}


def test_a_new_account_is_there_and_one_that_is_closed_is_reported(emulator: Emulator, source: Source) -> None:
    """S002-02, S002-14: whoever joins is covered without a change; whoever leaves is left out, and that is told."""
    organizations = emulator.client("organizations", account_id=MANAGEMENT)
    organizations.create_account(AccountName="New One", Email="new@acme.example")
    emulator.set_account_status(PAYMENTS, "SUSPENDED")
    emulator.set_account_status(DATA, "PENDING_CLOSURE")
    inventory = source.read(**OPTIONS)
    assert inventory.hosts("workload") == {"shop", "new-one"}
    assert f"payments ({PAYMENTS}) is SUSPENDED, data ({DATA}) is PENDING_CLOSURE" in inventory.stderr
    assert inventory.variables("shop")["aws_baseline_left_out_accounts"] == [
        {"account_id": PAYMENTS, "account_name": "payments", "account_status": "SUSPENDED"},
        {"account_id": DATA, "account_name": "data", "account_status": "PENDING_CLOSURE"},
    ]


PLAY = """
- hosts: aws_accounts
  gather_facts: false
  tasks:
    - secops.aws_baseline.account_info:
        account_id: "{{ account_id }}"
        region: eu-central-1
        assume_role_arn: "{{ role | default(omit) }}"
"""


def test_a_play_reaches_whoever_has_joined(emulator: Emulator, source: Source, tmp_path: Path) -> None:
    """S002-14: the next run covers an account that was made since, with the role that the organization gave it."""
    emulator.client("organizations", account_id=MANAGEMENT).create_account(AccountName="new", Email="new@acme.example")
    role = "'arn:aws:iam::' ~ account_id ~ ':role/OrganizationAccountAccessRole'"
    options = {"plugin": PLUGIN, "compose": {"role": f"{role} if account_id != '{MANAGEMENT}' else omit"}}
    source.path.write_text(yaml.safe_dump(options))
    playbook = tmp_path / "play.yml"
    playbook.write_text(PLAY)
    run = ansible_playbook(emulator, playbook, source.path, extra_environment=emulator.environment(MANAGEMENT))
    assert run.returncode == 0, run.messages() or run.stderr
    assert len(run.stats) == len(DETAILS) + len([MANAGEMENT, "new"])
    assert len({task["account_id"] for task in run.tasks()}) == len(run.stats)


def test_filters_choose_accounts_and_leave_the_organization_as_it_is(source: Source) -> None:
    inventory = source.read(
        **OPTIONS, include={"ou_paths": ["/Workloads"]}, exclude={"account_tags": {"Team": "mon*"}, "account_ids": []}
    )
    assert inventory.hosts() == {"shop", "data"}
    assert inventory.hosts("security") == set()
    assert inventory.variables("shop")["aws_baseline_security_account_id"] == SECURITY
    assert inventory.variables("shop")["account_tags"] == {"Team": "web"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"include": {"account_ids": ["999999999999"]}}, "include.account_ids: '999999999999' is not accepted"),
        ({"excludes": {"account_names": ["shop"]}}, "excludes: {'account_names': ['shop']} is not accepted"),
        ({"security_account": "audit"}, "security_account: 'audit' is not accepted"),
        ({"hostname": "account_tags | length"}, "hostname: 'account_tags | length' is not accepted"),
        ({"assume_role_arn": "role"}, "assume_role_arn: 'role' is not accepted"),
    ],
)
def test_wrong_options_are_errors(source: Source, options: dict[str, t.Any], message: str) -> None:
    inventory = source.read(**options)
    assert inventory.failed
    assert message in inventory.stderr


def test_an_exclusion_of_nothing_is_a_warning(source: Source) -> None:
    inventory = source.read(exclude={"account_names": ["long-gone"]})
    assert len(inventory.hosts()) == len(DETAILS) + 1
    assert "exclude.account_names: nothing in the organization" in inventory.stderr


def test_constructed_groups_and_variables(source: Source) -> None:
    inventory = source.read(
        hostname="account_name ~ '-' ~ account_id[-2:]",
        group="accounts",
        security_account="tag:Role=security",
        strict=True,
        compose={"aws_baseline_assume_role_arn": "'arn:aws:iam::' ~ account_id ~ ':role/Baseline'"},
        groups={"production": "ou_path.endswith('/Prod')"},
        keyed_groups=[{"key": "account_tags.Team | default('')", "prefix": "team", "default_value": "nobody"}],
    )
    assert not inventory.failed, inventory.stderr
    assert inventory.hosts("accounts") == {"management-01", "log-archive-02", "security-03", "shop-11", "payments-12",
                                           "data-13"}  # fmt: skip
    assert inventory.hosts("production") == {"shop-11", "payments-12"}
    assert inventory.hosts("team_web") == {"shop-11", "data-13"}
    assert inventory.hosts("team_nobody") == {"management-01", "log-archive-02", "security-03"}
    assert inventory.hosts("security") == {"security-03"}
    assert inventory.variables("shop-11")["aws_baseline_assume_role_arn"] == f"arn:aws:iam::{SHOP}:role/Baseline"


def test_the_cache_saves_all_calls_until_it_lacks_something(emulator: Emulator, source: Source, tmp_path: Path) -> None:
    cached = {"cache": True, "cache_plugin": "ansible.builtin.jsonfile", "cache_connection": str(tmp_path / "cache")}
    first = source.read(**OPTIONS, **cached)
    emulator.clear_calls()
    assert source.read(**OPTIONS, **cached).listed == first.listed
    # what is chosen is no part of it
    assert source.read(**cached, include={"account_names": ["shop"]}).hosts() == {"shop"}
    assert emulator.calls() == []
    tagged = source.read(**OPTIONS, **cached, fetch_tags=True)
    assert tagged.variables("shop")["account_tags"] == {"Team": "web"}
    assert len(emulator.calls(operation="ListTagsForResource")) == len(DETAILS) + 1
    emulator.set_account_status(SHOP, "SUSPENDED")
    emulator.clear_calls()
    assert source.read(**OPTIONS, **cached).variables("shop")["account_tags"] == {"Team": "web"}
    assert emulator.calls() == []
    assert "shop" not in source.read(MANAGEMENT, "--flush-cache", **OPTIONS, **cached).hosts()
    assert "shop" not in source.read(**OPTIONS, **cached).hosts()


@pytest.mark.parametrize("fault_rate", [0, 0.3])
def test_a_large_organization_is_complete_even_when_throttled(
    emulator: Emulator, tmp_path: Path, fault_rate: float
) -> None:
    accounts = [
        {"id": str(200000000000 + number), "name": "acme", "email": f"{number}@acme.example", "ou": f"Unit{number % 4}"}
        for number in range(60)
    ]
    emulator.create_organization(accounts)
    emulator.settings(fault_rate=fault_rate, fault_action="organizations:*", seed=1)
    inventory = Source(emulator, tmp_path).read(accounts[0]["id"], fetch_tags=True)
    assert not inventory.failed, inventory.stderr
    hosts = inventory.hosts()
    assert {inventory.variables(host)["account_id"] for host in hosts} == {account["id"] for account in accounts}
    # all have the same name
    assert "acme" in hosts
    assert "acme-200000000059" in hosts
    assert {len(inventory.hosts(f"ou_unit{number}")) for number in range(4)} == {15}
    throttled = [call for call in emulator.calls(service="organizations") if call.status >= 400]
    assert bool(throttled) is bool(fault_rate)


def test_a_delegated_administrator_may_ask_and_others_are_told_why_not(emulator: Emulator, source: Source) -> None:
    refused = source.read(SECURITY)
    assert refused.failed
    assert f"Account {SECURITY} may not list the accounts of its organization" in refused.stderr
    assert f"Only the management account ({MANAGEMENT}) and delegated administrators may" in refused.stderr
    organizations = emulator.client("organizations", account_id=MANAGEMENT)
    organizations.enable_aws_service_access(ServicePrincipal="config.amazonaws.com")
    organizations.register_delegated_administrator(AccountId=SECURITY, ServicePrincipal="config.amazonaws.com")
    assert len(source.read(SECURITY).hosts()) == len(DETAILS) + 1


def test_a_role_may_be_assumed_in_the_management_account(emulator: Emulator, source: Source) -> None:
    trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{SHOP}:root"}, "Action": "sts:AssumeRole",
             "Condition": {"StringEquals": {"sts:ExternalId": "secret"}}}  # fmt: skip
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = emulator.client("iam", account_id=MANAGEMENT).create_role(RoleName="r", AssumeRolePolicyDocument=document)
    options = {"assume_role_arn": "{{ 'arn:aws:iam::' ~ account ~ ':role/r' }}".replace("account", f"'{MANAGEMENT}'")}
    assert options["assume_role_arn"] != role["Role"]["Arn"]  # templates are filled in
    assert len(source.read(SHOP, **options, assume_role_external_id="secret").hosts()) == len(DETAILS) + 1


@pytest.mark.parametrize(
    ("account_id", "denied", "message"),
    [
        ("300000000000", "", "Account 300000000000 is in no organization"),
        (MANAGEMENT, "organizations:ListRoots", "The identity needs organizations:ListRoots"),
        (MANAGEMENT, "organizations:DescribeOrganization", "The identity needs organizations:DescribeOrganization"),
    ],
)
def test_what_is_missing_is_named(
    emulator: Emulator, source: Source, account_id: str, denied: str, message: str
) -> None:
    emulator.settings(denials=[{"action": denied}] if denied else [])
    inventory = source.read(account_id)
    assert inventory.failed
    assert message in inventory.stderr


def test_templates_in_names_are_only_text(emulator: Emulator, tmp_path: Path) -> None:
    evil = "{{ lookup('ansible.builtin.pipe', 'id') }}"
    accounts = [{"id": MANAGEMENT, "name": evil, "email": "a@acme.example", "tags": {"Team": "{% if x %}"}}]
    emulator.create_organization(accounts)
    inventory = Source(emulator, tmp_path).read(fetch_tags=True, compose={"name": "account_name"})
    (host,) = inventory.hosts()
    assert host == "lookup-ansible.builtin.pipe-id"
    variables = inventory.variables(host)
    assert variables["account_name"] == variables["name"] == {"__ansible_unsafe": evil}
    assert variables["account_tags"] == {"Team": {"__ansible_unsafe": "{% if x %}"}}


def test_only_files_with_a_fitting_name_are_read(source: Source) -> None:
    source.path = source.path.with_name("accounts.yml")
    assert source.read().failed
    source.path = source.path.with_name("prod.organization_accounts.yaml")
    assert not source.read().failed
