# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The accounts of an organization: reading them, choosing among them, and names for them. Knows no inventory."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import fnmatch
import re
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.tagging import boto3_tag_list_to_ansible_dict

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_ID
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import (
    ACCESS_DENIED_CODES,
    BaselineError,
    OperationError,
    OptionError,
)

PERMISSIONS = (
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListRoots",
    "organizations:ListTagsForResource",
)
"""API operations that reading may need. The last one is for tags only, and C(ListAccountsForParent) for old SDKs."""

ACTIVE = "ACTIVE"
ROOT_PATH = "/"
CRITERIA = ("account_ids", "account_names", "ou_paths", "account_tags")
"""What accounts are chosen by."""
PLACE = re.compile(r"(?:r|ou)-[0-9a-z-]+")
"""Ids of a root and of units within an account's path."""
TAG_REFERENCE = re.compile(r"tag:([^=]+)=(.*)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Account:
    """An account. ou_path: names of the units that it is in, such as C(/Workloads/Prod); C(/) directly in the root.

    ou_id: id of the innermost of them, or of the root. joined_timestamp: ISO 8601.
    """

    id: str
    name: str
    email: str
    arn: str
    status: str
    joined_method: str
    joined_timestamp: str
    ou_path: str
    ou_id: str
    tags: dict[str, str]

    @property
    def title(self) -> str:
        """The account as messages name it."""
        return f"{self.name} ({self.id})"


@dataclasses.dataclass(frozen=True)
class Organization:
    """An organization. accounts: those that joined first come first. ou_paths: of all units, also of empty ones.

    has_tags: whether the tags of the accounts were asked for.
    """

    id: str
    management_account_id: str
    accounts: tuple[Account, ...]
    ou_paths: tuple[str, ...]
    has_tags: bool

    def as_data(self) -> dict[str, t.Any]:
        """The organization as a cache keeps it."""
        return {**dataclasses.asdict(self), "accounts": [dataclasses.asdict(account) for account in self.accounts]}

    @classmethod
    def from_data(cls, data: c.Mapping[str, t.Any]) -> Organization:
        """What C(as_data) made. Raises KeyError and TypeError for anything else."""
        accounts = tuple(Account(**account) for account in data["accounts"])
        return cls(**{**data, "accounts": accounts, "ou_paths": tuple(data["ou_paths"])})


# --- reading --------------------------------------------------------------------------------------------------------


def read_organization(client: Client, with_tags: bool) -> Organization:
    """Read the organization of the client's account. Raises BaselineError with what to do about it."""
    management = None
    try:
        described = client.call("DescribeOrganization")["Organization"]
        management = described["MasterAccountId"]
        rows, paths = in_parallel(lambda read: read(client), (_accounts, _paths))
        units = _units_of(client, rows, paths)
        tags = in_parallel(lambda row: _tags(client, row["Id"]) if with_tags else {}, rows)
    except OperationError as error:
        raise BaselineError(_explained(error, client, management)) from error
    if not paths.keys() >= set(units):
        raise BaselineError(f"Somebody changed the units of organization {described['Id']} meanwhile. Try again.")
    return Organization(
        id=described["Id"],
        management_account_id=management,
        accounts=tuple(_account(row, paths[unit], unit, of) for row, unit, of in zip(rows, units, tags, strict=True)),
        ou_paths=tuple(sorted(set(paths.values()) - {ROOT_PATH})),
        has_tags=with_tags,
    )


def _accounts(client: Client) -> list[dict[str, t.Any]]:
    """All accounts, those that joined first first."""
    return sorted(client.pages("ListAccounts", "Accounts"), key=lambda row: (row["JoinedTimestamp"], row["Id"]))


def _paths(client: Client) -> dict[str, str]:
    """Paths of the root and all units, by id. A level at a time."""
    level = {root["Id"]: ROOT_PATH for root in client.pages("ListRoots", "Roots")}
    paths: dict[str, str] = {}
    while level:
        paths.update(level)
        below = in_parallel(
            lambda unit: client.pages("ListOrganizationalUnitsForParent", "OrganizationalUnits", ParentId=unit), level
        )
        level = {
            unit["Id"]: f"{path.rstrip('/')}/{unit['Name']}"
            for path, units in zip(level.values(), below, strict=True)
            for unit in units
        }
    return paths


def _units_of(client: Client, rows: list[dict[str, t.Any]], units: c.Iterable[str]) -> list[str | None]:
    """Id of the unit, or root, that each account is in; None if that cannot be told."""
    known: dict[str, str] = {}
    if all(row.get("Paths") for row in rows):
        known = {row["Id"]: PLACE.findall(row["Paths"][0])[-1] for row in rows}
    else:  # an SDK that does not know them yet
        units = list(units)
        found = in_parallel(lambda unit: client.pages("ListAccountsForParent", "Accounts[].Id", ParentId=unit), units)
        known = {account: unit for unit, ids in zip(units, found, strict=True) for account in ids}
    return [known.get(row["Id"]) for row in rows]


def _tags(client: Client, account_id: str) -> dict[str, str]:
    return boto3_tag_list_to_ansible_dict(client.pages("ListTagsForResource", "Tags", ResourceId=account_id))


def _account(row: dict[str, t.Any], ou_path: str, ou_id: str, tags: dict[str, str]) -> Account:
    return Account(
        id=row["Id"],
        name=row["Name"],
        email=row["Email"],
        arn=row["Arn"],
        # AWS replaces the one by the other, which tells more
        status=row.get("State") or row["Status"],
        joined_method=row["JoinedMethod"],
        joined_timestamp=row["JoinedTimestamp"].isoformat(),
        ou_path=ou_path,
        ou_id=ou_id,
        tags=tags,
    )


def _explained(error: OperationError, client: Client, management: str | None) -> str:
    asking = client.scope.account_id
    if error.code == "AWSOrganizationsNotInUseException":
        return (
            f"Account {asking} is in no organization. Use credentials of the management account of an organization, or "
            "of a delegated administrator, or assume a role there."
        )
    if error.code in ACCESS_DENIED_CODES and management and not error.is_final:
        return (
            f"Account {asking} may not list the accounts of its organization. Only the management account "
            f"({management}) and delegated administrators may. Use their credentials, or assume a role there. ({error})"
        )
    if error.permission:
        return f"{error} The identity needs {error.permission}."
    return str(error)


# --- choosing -------------------------------------------------------------------------------------------------------


def criteria(options: c.Mapping[str, t.Any] | None, option: str) -> list[tuple[str, t.Any]]:
    """The criteria of a filter option: C((name, value)) pairs. option: its name. Raises OptionError."""
    found: list[tuple[str, t.Any]] = []
    for name, value in (options or {}).items():
        if name not in CRITERIA:
            raise OptionError(option, name, f"a dictionary of {', '.join(CRITERIA)}")
        if name == "account_tags":
            if not isinstance(value, dict):
                raise OptionError(f"{option}.{name}", value, "a dictionary of tags and their values")
            found += [(name, (tag, _texts(values))) for tag, values in value.items()]
            continue
        for item in _texts(value):
            if name == "account_ids" and not ACCOUNT_ID.fullmatch(item):
                raise OptionError(f"{option}.{name}", item, "12 digits, quoted in YAML")
            found.append((name, item))
    return found


def _texts(value: t.Any) -> list[str]:
    return [str(item) for item in (value if isinstance(value, (list, tuple)) else [value])]


def matches(account: Account, criterion: tuple[str, t.Any]) -> bool:
    """Whether an account fulfils a criterion."""
    name, wanted = criterion
    if name == "account_ids":
        return account.id == wanted
    if name == "account_names":
        return fnmatch.fnmatchcase(account.name, wanted)
    if name == "ou_paths":
        return within(account.ou_path, wanted)
    tag, values = wanted
    return tag in account.tags and any(fnmatch.fnmatchcase(account.tags[tag], value) for value in values)


def within(path: str, pattern: str) -> bool:
    """Whether a path of units is one that the pattern names, or below one."""
    wanted = f"/{pattern.strip('/')}".rstrip("/")
    return fnmatch.fnmatchcase(path, wanted or "*") or fnmatch.fnmatchcase(path, f"{wanted}/*")


@dataclasses.dataclass(frozen=True)
class Choice:
    """Which accounts are hosts. left_out: those that would be, were they in use. unmatched: needless exclusions."""

    accounts: tuple[Account, ...]
    left_out: tuple[Account, ...]
    unmatched: tuple[tuple[str, t.Any], ...]


def choose(
    organization: Organization, include: c.Sequence[tuple[str, t.Any]], exclude: c.Sequence[tuple[str, t.Any]]
) -> Choice:
    """Choose the accounts that fulfil any criterion of I(include), if there are any, and none of I(exclude).

    Raises OptionError for a criterion of I(include) that nothing fulfils.
    """
    for criterion in include:
        if not _is_met(organization, criterion):
            name, wanted = criterion
            raise OptionError(f"include.{name}", wanted, f"what occurs in the organization {organization.id}")
    chosen = [
        account
        for account in organization.accounts
        if (not include or any(matches(account, one) for one in include))
        and not any(matches(account, one) for one in exclude)
    ]
    return Choice(
        accounts=tuple(account for account in chosen if account.status == ACTIVE),
        left_out=tuple(account for account in chosen if account.status != ACTIVE),
        unmatched=tuple(one for one in exclude if not _is_met(organization, one)),
    )


def _is_met(organization: Organization, criterion: tuple[str, t.Any]) -> bool:
    if criterion[0] == "ou_paths" and any(within(path, criterion[1]) for path in organization.ou_paths):
        return True
    return any(matches(account, criterion) for account in organization.accounts)


def needs_tags(criteria_: c.Iterable[tuple[str, t.Any]], references: c.Iterable[str | None]) -> bool:
    """Whether tags must be known to choose by these criteria, or to find these references (see C(find))."""
    by_tag = any(name == "account_tags" for name, _wanted in criteria_)
    return by_tag or any(TAG_REFERENCE.fullmatch(reference) for reference in references if reference)


def find(organization: Organization, reference: str, option: str) -> Account:
    """The one account in use with an id, a name, or a tag (C(tag:NAME=VALUE)). option: says so. Raises OptionError."""
    tag = TAG_REFERENCE.fullmatch(reference)
    if tag:
        found = [account for account in organization.accounts if account.tags.get(tag[1]) == tag[2]]
    else:
        found = [account for account in organization.accounts if reference in (account.id, account.name)]
    found = [account for account in found if account.status == ACTIVE] or found
    if len(found) > 1:
        titles = ", ".join(account.title for account in found)
        raise OptionError(option, reference, f"what only one account of the organization has, unlike {titles}")
    if not found or found[0].status != ACTIVE:
        why = f", unlike {found[0].title}, which is {found[0].status}" if found else ""
        raise OptionError(option, reference, f"id, name or tag:NAME=VALUE of an account in use{why}")
    return found[0]


# --- names ----------------------------------------------------------------------------------------------------------


def host_name(account_name: str) -> str:
    """A name of a host out of that of an account; empty if there is nothing to make one of."""
    return re.sub(r"[^\w.-]+", "-", account_name.lower()).strip("-.")


def distinct(names: c.Sequence[tuple[Account, str]], taken: c.Container[str]) -> list[tuple[Account, str]]:
    """Names of hosts of which no two are equal: what is taken, and what an earlier account has, gets the id."""
    used: set[str] = set()
    result = []
    for account, name in names:
        unique = name or account.id
        if unique in used or unique in taken:
            unique = f"{unique}-{account.id}"
        used.add(unique)
        result.append((account, unique))
    return result


def ou_groups(path: str) -> list[str]:
    """Names of the groups of a path of units, the outermost first. None for the root."""
    names = path.strip("/").split("/") if path != ROOT_PATH else []
    parts = [re.sub(r"\W+", "_", name.lower()).strip("_") for name in names]
    return ["_".join(["ou", *parts[: index + 1]]) for index in range(len(parts))]
