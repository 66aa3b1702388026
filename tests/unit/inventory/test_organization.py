# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choosing among the accounts of an organization, and names for them."""

from __future__ import annotations

import dataclasses
import datetime
import json
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError, OptionError
from ansible_collections.secops.aws_baseline.plugins.plugin_utils.organization import (
    Account,
    Organization,
    choose,
    criteria,
    distinct,
    find,
    host_name,
    needs_tags,
    ou_groups,
    read_organization,
    within,
)


def account(number: int, name: str, ou_path: str = "/", status: str = "ACTIVE", **tags: str) -> Account:
    return Account(
        id=f"{number:012d}",
        name=name,
        email=f"{name}@example.com",
        arn="arn",
        status=status,
        joined_method="CREATED",
        joined_timestamp="2026-01-01T00:00:00+00:00",
        ou_path=ou_path,
        ou_id="ou-1",
        tags=tags,
    )


ORGANIZATION = Organization(
    id="o-1234567890",
    management_account_id="000000000001",
    accounts=(
        account(1, "root"),
        account(2, "Log Archive", "/Security", Role="logs"),
        account(3, "Audit", "/Security", Role="security"),
        account(4, "shop-prod", "/Workloads/Prod", Env="prod", Owner="web"),
        account(5, "shop-test", "/Workloads/Test", Env="test", Owner="web"),
        account(6, "old-prod", "/Workloads/Prod", "SUSPENDED", Env="prod"),
    ),
    ou_paths=("/Empty", "/Security", "/Workloads", "/Workloads/Prod", "/Workloads/Test"),
    has_tags=True,
)


def chosen(include: t.Any = None, exclude: t.Any = None) -> list[str]:
    choice = choose(ORGANIZATION, criteria(include, "include"), criteria(exclude, "exclude"))
    return [one.name for one in choice.accounts]


@pytest.mark.parametrize(
    ("include", "exclude", "names"),
    [
        (None, None, ["root", "Log Archive", "Audit", "shop-prod", "shop-test"]),
        ({"account_ids": ["000000000004", "000000000001"]}, None, ["root", "shop-prod"]),
        ({"account_names": ["shop-*"]}, None, ["shop-prod", "shop-test"]),
        ({"ou_paths": ["/Workloads"]}, None, ["shop-prod", "shop-test"]),
        ({"ou_paths": ["Workloads/Prod/"]}, None, ["shop-prod"]),
        ({"ou_paths": ["/*/Test"]}, None, ["shop-test"]),
        ({"ou_paths": ["/Empty"]}, None, []),
        ({"ou_paths": ["/"]}, {"ou_paths": ["/Workloads"]}, ["root", "Log Archive", "Audit"]),
        ({"account_tags": {"Env": "prod"}}, None, ["shop-prod"]),
        ({"account_tags": {"Env": ["prod", "te*"], "Role": "logs"}}, None, ["Log Archive", "shop-prod", "shop-test"]),
        ({"account_names": ["Audit"], "ou_paths": ["/Workloads/Test"]}, None, ["Audit", "shop-test"]),
        (None, {"account_names": ["*-test", "root"]}, ["Log Archive", "Audit", "shop-prod"]),
        ({"account_names": ["shop-*"]}, {"account_tags": {"Env": "test"}}, ["shop-prod"]),
        ({"account_ids": ["000000000006"]}, None, []),
    ],
)
def test_accounts_that_fulfil_any_criterion(include: t.Any, exclude: t.Any, names: list[str]) -> None:
    assert chosen(include, exclude) == names


def test_accounts_that_are_not_in_use_are_left_out_and_told() -> None:
    choice = choose(ORGANIZATION, criteria({"account_names": ["*-prod"]}, "include"), [])
    assert [one.name for one in choice.left_out] == ["old-prod"]
    assert not choose(ORGANIZATION, [], criteria({"ou_paths": ["/Workloads/Prod"]}, "exclude")).left_out


@pytest.mark.parametrize(
    "include",
    [
        {"account_ids": ["999999999999"]},
        {"account_names": ["nobody*"]},
        {"ou_paths": ["/Nowhere"]},
        {"ou_paths": ["/workloads"]},
        {"account_tags": {"Env": "qa"}},
        {"account_names": ["shop-*", "nobody"]},
    ],
)
def test_what_nothing_fulfils_may_be_excluded_but_not_included(include: dict[str, t.Any]) -> None:
    with pytest.raises(OptionError, match="what occurs in the organization o-1234567890"):
        choose(ORGANIZATION, criteria(include, "include"), [])
    assert len(choose(ORGANIZATION, [], criteria(include, "exclude")).unmatched) == 1


@pytest.mark.parametrize(
    "options",
    [{"ids": ["000000000001"]}, {"account_ids": [1]}, {"account_ids": "1111"}, {"account_tags": ["Env"]}],
)
def test_criteria_that_cannot_be(options: dict[str, t.Any]) -> None:
    with pytest.raises(OptionError):
        criteria(options, "include")


@pytest.mark.parametrize(
    ("path", "pattern", "expected"),
    [
        ("/Workloads/Prod", "/Workloads", True),
        ("/Workloads2", "/Workloads", False),
        ("/Workloads", "/Workloads/Prod", False),
        ("/", "/", True),
        ("/Workloads/Prod", "/W*/P?od", True),
    ],
)
def test_paths(path: str, pattern: str, expected: bool) -> None:
    assert within(path, pattern) is expected


@pytest.mark.parametrize("reference", ["000000000003", "Audit", "tag:Role=security"])
def test_an_account_is_found_by_id_name_or_tag(reference: str) -> None:
    assert find(ORGANIZATION, reference, "security_account").name == "Audit"


def test_accounts_that_are_not_in_use_are_in_nobodys_way() -> None:
    assert find(ORGANIZATION, "tag:Env=prod", "security_account").name == "shop-prod"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("audit", "in use"),
        ("tag:Owner=web", r"only one account of the organization has, unlike shop-prod \(000000000004\), shop-test"),
        ("old-prod", r"unlike old-prod \(000000000006\), which is SUSPENDED"),
    ],
)
def test_a_reference_that_leads_to_no_one_account(reference: str, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        find(ORGANIZATION, reference, "security_account")


def test_tags_are_asked_for_when_something_needs_them() -> None:
    assert needs_tags([("account_tags", ("Env", ["prod"]))], [])
    assert needs_tags([], [None, "tag:Role=security"])
    assert not needs_tags([("account_names", "a")], [None, "Audit"])


@pytest.mark.parametrize(
    ("name", "host"),
    [("Log Archive", "log-archive"), ("ACME (prod) #2", "acme-prod-2"), ("a.b_c-d", "a.b_c-d"), ("§", "")],
)
def test_names_of_hosts(name: str, host: str) -> None:
    assert host_name(name) == host


def test_no_two_hosts_are_called_the_same() -> None:
    first, second, third, fourth = (account(number, "x") for number in range(1, 5))
    names = distinct([(first, "shop"), (second, "shop"), (third, "security"), (fourth, "")], {"security"})
    assert [name for _account, name in names] == [
        "shop",
        "shop-000000000002",
        "security-000000000003",
        "000000000004",
    ]


@pytest.mark.parametrize(
    ("path", "groups"),
    [
        ("/", []),
        ("/Workloads/Prod", ["ou_workloads", "ou_workloads_prod"]),
        ("/Policy Staging/EU (West)", ["ou_policy_staging", "ou_policy_staging_eu_west"]),
    ],
)
def test_groups_of_units(path: str, groups: list[str]) -> None:
    assert ou_groups(path) == groups


class FakeClient:
    """An organization with two accounts. with_paths: whether the SDK knows the paths of accounts."""

    def __init__(self, with_paths: bool) -> None:
        self.with_paths = with_paths
        self.units = {"r-root": [("ou-root-workloads", "Workloads")], "ou-root-workloads": [("ou-root-prod", "Prod")]}
        self.accounts = {"r-root": ["000000000001"], "ou-root-prod": ["000000000002"]}
        self.asked: list[str] = []

    def call(self, operation: str) -> dict[str, t.Any]:
        assert operation == "DescribeOrganization"
        return {"Organization": {"Id": "o-1", "MasterAccountId": "000000000001"}}

    def pages(self, operation: str, items: str, **parameters: str) -> list[t.Any]:
        self.asked.append(operation)
        parent = parameters.get("ParentId", "")
        answers: dict[str, t.Callable[[], list[t.Any]]] = {
            "ListAccounts": lambda: [self.row("000000000002", 2), self.row("000000000001", 1)],
            "ListRoots": lambda: [{"Id": "r-root"}],
            "ListOrganizationalUnitsForParent": lambda: [
                {"Id": unit, "Name": name} for unit, name in self.units.get(parent, [])
            ],
            "ListAccountsForParent": lambda: self.accounts.get(parent, []),
            "ListTagsForResource": lambda: [{"Key": "Id", "Value": parameters["ResourceId"]}],
        }
        return answers[operation]()

    def row(self, identifier: str, day: int) -> dict[str, t.Any]:
        row = {"Id": identifier, "Name": "n", "Email": "e", "Arn": "a", "Status": "ACTIVE", "JoinedMethod": "CREATED"}
        row["JoinedTimestamp"] = datetime.datetime(2026, 1, day, tzinfo=datetime.UTC)
        place = {"000000000001": "r-root", "000000000002": "r-root/ou-root-workloads/ou-root-prod"}[identifier]
        return {**row, "Paths": [f"o-1/{place}/{identifier}/"]} if self.with_paths else row


@pytest.mark.parametrize("with_paths", [True, False])
def test_accounts_and_where_they_are(with_paths: bool) -> None:
    client: t.Any = FakeClient(with_paths)
    found = read_organization(client, with_tags=True)
    assert [(one.id, one.ou_path, one.ou_id, one.tags) for one in found.accounts] == [
        ("000000000001", "/", "r-root", {"Id": "000000000001"}),
        ("000000000002", "/Workloads/Prod", "ou-root-prod", {"Id": "000000000002"}),
    ]
    assert found.ou_paths == ("/Workloads", "/Workloads/Prod")
    assert client.asked.count("ListAccountsForParent") == (0 if with_paths else len(found.ou_paths) + 1)


@pytest.mark.parametrize("with_paths", [True, False])
def test_an_organization_that_changes_while_it_is_read_is_not_half_told(with_paths: bool) -> None:
    client: t.Any = FakeClient(with_paths)
    del client.units["ou-root-workloads"]
    with pytest.raises(BaselineError, match="Try again"):
        read_organization(client, with_tags=False)


def test_a_cache_keeps_all_of_an_organization() -> None:
    assert Organization.from_data(json.loads(json.dumps(ORGANIZATION.as_data()))) == ORGANIZATION
    with pytest.raises((KeyError, TypeError)):
        Organization.from_data({**ORGANIZATION.as_data(), "version": 2})
    with pytest.raises((KeyError, TypeError)):
        Organization.from_data({"accounts": []})
    assert dataclasses.is_dataclass(ORGANIZATION)
