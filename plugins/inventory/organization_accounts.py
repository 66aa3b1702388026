# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: organization_accounts
version_added: 0.1.0
short_description: The accounts of an AWS organization as hosts
description:
  - Every account of an AWS organization that is in use is a host, so that new accounts are covered by the next run
    without anybody adding them.
  - Accounts that are suspended or being closed are left out. A warning names them, and so does the variable
    C(aws_baseline_left_out_accounts) of all hosts.
  - Needs credentials of the organization's management account or of a delegated administrator of any service, or a
    role to assume there.
  - The file must be named C(*organization.yml) or C(*organization_accounts.yml) (or C(.yaml)).
author:
  - The secops.aws_baseline authors (@secops)
options:
  plugin:
    description: The name of this plugin.
    type: str
    required: true
    choices: [secops.aws_baseline.organization_accounts]
  assume_role_arn:
    description: ARN of an IAM role to assume first, by C(sts:AssumeRole) with the credentials at hand.
    type: str
    aliases: [iam_role_arn]
  assume_role_external_id:
    description: External id that the role's trust policy asks for.
    type: str
  assume_role_session_name:
    description:
      - Name of the session, by which CloudTrail shows who acted.
      - The default is C(secops.aws_baseline@) and the name of the user who runs Ansible.
    type: str
  hostname:
    description:
      - What hosts are called.
      - V(name) is the name of the account, in lower case and with hyphens in place of characters that names of hosts do
        not have. What an account that joined earlier is called, or a group, gets the account's id appended.
      - V(id) is the id of the account.
      - Anything else is a Jinja2 expression of the host's variables, without braces, such as
        V(account_name ~ '.aws'). It must give every account another name.
    type: str
    default: name
  group:
    description: The group of all accounts. It has the variables that tell who is who in the organization.
    type: str
    default: aws_accounts
  log_archive_account:
    description:
      - The account that keeps the logs of all accounts, by id, name, or tag as in V(tag:Role=log-archive).
      - It is the only host of the group C(log_archive), and its id is the variable
        C(aws_baseline_log_archive_account_id) of all accounts.
    type: str
  security_account:
    description:
      - The account that administers security services, by id, name, or tag.
      - It is the only host of the group C(security), and its id is the variable
        C(aws_baseline_security_account_id) of all accounts.
    type: str
  include:
    description:
      - Which accounts to take, those that fulfil any of the criteria. All when omitted.
      - A criterion that nothing in the organization fulfils is an error.
    type: dict
    suboptions:
      account_ids:
        description: Account ids, in quotes.
        type: list
        elements: str
      account_names:
        description: Names of accounts, with C(*) and C(?) as wildcards.
        type: list
        elements: str
      ou_paths:
        description:
          - Organizational units by their path below the root, such as V(/Workloads/Prod), with wildcards. Accounts of
            the units below are meant too.
        type: list
        elements: str
      account_tags:
        description: Tags of accounts, each with a value or a list of values, with wildcards.
        type: dict
  exclude:
    description:
      - Which accounts not to take, those that fulfil any of the criteria. They are the same as in O(include).
      - A criterion that nothing fulfils is warned of.
    type: dict
    suboptions:
      account_ids:
        description: See O(include.account_ids).
        type: list
        elements: str
      account_names:
        description: See O(include.account_names).
        type: list
        elements: str
      ou_paths:
        description: See O(include.ou_paths).
        type: list
        elements: str
      account_tags:
        description: See O(include.account_tags).
        type: dict
  fetch_tags:
    description:
      - Whether to ask for the tags of the accounts, which takes a call for each account.
      - They are asked for anyway when O(include), O(exclude), O(log_archive_account) or O(security_account) need them.
    type: bool
    default: false
extends_documentation_fragment:
  - ansible.builtin.constructed
  - ansible.builtin.inventory_cache
  - amazon.aws.boto3
  - amazon.aws.common.plugins
  - amazon.aws.region.plugins
notes:
  - Hosts have the variables C(account_id), C(account_name), C(account_email), C(account_arn), C(account_status),
    C(account_joined_method), C(account_joined_timestamp), C(account_tags) (empty unless asked for), C(ou_path) and
    C(ou_id).
  - The group O(group) has the variables C(aws_baseline_organization_id) and C(aws_baseline_management_account_id), and
    those of O(log_archive_account) and O(security_account), and C(ansible_connection=local) with the Python that runs
    Ansible. Files in C(group_vars) go before them.
  - Below it are the groups C(management), C(log_archive), C(security) and C(workload), of which every host is in one or
    more, and a group for each organizational unit, such as C(ou_workloads) and below it C(ou_workloads_prod).
    An account directly in the root is in none for a unit.
  - O(region) only decides the partition. Without one it is C(aws).
  - All options but those of O(compose), O(groups) and O(keyed_groups) may contain templates.
"""

EXAMPLES = r"""
# inventories/prod/organization.yml: all accounts, with a role in each that the credentials at hand may assume
plugin: secops.aws_baseline.organization_accounts
log_archive_account: Log Archive
security_account: Audit
exclude:
  ou_paths: [/Suspended, /Sandbox]
compose:
  aws_baseline_assume_role_arn: "'arn:aws:iam::' ~ account_id ~ ':role/SecurityBaseline'"
cache: true
cache_plugin: ansible.builtin.jsonfile
cache_connection: .cache/inventory
cache_timeout: 900

---
# Read by a delegated administrator; production accounts only, in a group for each value of the tag Team
plugin: secops.aws_baseline.organization_accounts
assume_role_arn: arn:aws:iam::111111111111:role/OrganizationReader
hostname: account_name ~ '-' ~ account_id
security_account: tag:Role=security
include:
  account_tags:
    Environment: [prod, dr-*]
keyed_groups:
  - key: account_tags.Team
    prefix: team
groups:
  payment: "'payment' in account_name"
"""

import collections.abc as c
import re
import types
import typing as t

from ansible.errors import AnsibleParserError
from ansible.inventory.data import InventoryData
from ansible.module_utils.basic import missing_required_lib
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.inventory import BaseInventoryPlugin, Cacheable, Constructable
from ansible.template import trust_as_template
from ansible_collections.amazon.aws.plugins.module_utils.botocore import HAS_BOTO3, get_aws_connection_info

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Connection
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError, OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import role_to_assume
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
)

FILES = tuple(f"{name}.{suffix}" for name in ("organization", "organization_accounts") for suffix in ("yml", "yaml"))
ROLE_OPTIONS = ("assume_role_arn", "assume_role_external_id", "assume_role_session_name")
CONNECTION_OPTIONS = (
    *("access_key", "secret_key", "session_token", "profile"),
    *("region", "endpoint_url", "aws_ca_bundle", "validate_certs", "aws_config"),
)
TEMPLATE = re.compile(r"[{#]")
"""What every template has, and every line that changes how templates are written."""
ANY_REGION = "us-east-1"
"""Organizations has no regions; any one leads to the partition C(aws)."""
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
"""Accounts are reached through AWS's APIs from where Ansible runs."""
SPECIAL = {"log_archive": "log_archive_account", "security": "security_account"}
"""Groups of one account, and the options that name it."""
MANAGEMENT = "management"
WORKLOAD = "workload"


class InventoryModule(BaseInventoryPlugin, Constructable, Cacheable):
    """The inventory. What it does with the accounts is in C(plugin_utils/organization.py)."""

    NAME = "secops.aws_baseline.organization_accounts"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith(FILES)

    def parse(self, inventory: InventoryData, loader: DataLoader, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        if not HAS_BOTO3:
            raise AnsibleParserError(missing_required_lib("botocore and boto3"))
        config = self._read_config_data(path)
        try:
            self._check_names(config)
            self._populate(path, cache)
        except BaselineError as error:
            raise AnsibleParserError(str(error)) from error

    def _check_names(self, config: c.Mapping[str, t.Any]) -> None:
        """Refuse options that there are not, which Ansible ignores: accounts must not slip in by a typing error."""
        known = set(self.option_definitions)
        for definition in self.option_definitions.values():
            known.update(
                alias if isinstance(alias, str) else alias["name"] for alias in definition.get("aliases") or ()
            )
        for name in config:
            if name not in known:
                raise OptionError(str(name), config[name], f"only options, which are {', '.join(sorted(known))}")

    def _option(self, name: str) -> t.Any:
        """An option with its templates filled in."""
        return self.templar.template(self.get_option(name))

    # the organization

    def _organization(self, path: str, cache: bool, with_tags: bool) -> Organization:
        """The organization, from the cache if that is on, still good, and not to be refreshed."""
        is_cached, key = self.get_option("cache"), self.get_cache_key(path)
        if is_cached and cache:
            try:
                known = Organization.from_data(self._cache[key])
            except (KeyError, TypeError):
                known = None
            if known and (known.has_tags or not with_tags):
                return known
        organization = read_organization(self._client(), with_tags)
        if is_cached:
            self._cache[key] = organization.as_data()
        return organization

    def _client(self) -> t.Any:
        params = {name: self._option(name) if self.has_option(name) else None for name in CONNECTION_OPTIONS}
        params["region"] = params["region"] or ANY_REGION
        asking = types.SimpleNamespace(params=params, fail_json=_fail)
        role = role_to_assume({name: self._option(name) for name in ROLE_OPTIONS})
        connection = Connection(get_aws_connection_info(asking), role)
        return connection.client("organizations", connection.home.region)

    # the inventory

    def _populate(self, path: str, cache: bool) -> None:
        include, exclude = (criteria(self._option(name), name) for name in ("include", "exclude"))
        references = {group: self._option(option) for group, option in SPECIAL.items()}
        with_tags = self._option("fetch_tags") or needs_tags([*include, *exclude], references.values())
        organization = self._organization(path, cache, with_tags)
        special = {
            group: find(organization, str(reference), SPECIAL[group]).id
            for group, reference in references.items()
            if reference
        }
        choice = choose(organization, include, exclude)
        for name, wanted in choice.unmatched:
            self.display.warning(f"exclude.{name}: nothing in the organization {organization.id} is {wanted!r}.")
        self._report(choice.left_out)
        self._add_groups(organization, special)
        for account, host in self._named(choice.accounts):
            self._add(account, host, {MANAGEMENT: organization.management_account_id, **special})

    def _report(self, left_out: c.Sequence[Account]) -> None:
        rows = [
            {"account_id": account.id, "account_name": account.name, "account_status": account.status}
            for account in left_out
        ]
        self._set_variable("all", "aws_baseline_left_out_accounts", rows)
        if rows:
            named = ", ".join(f"{account.title} is {account.status}" for account in left_out)
            self.display.warning(f"Accounts that are left out of the inventory: {named}.")

    def _add_groups(self, organization: Organization, special: c.Mapping[str, str]) -> None:
        group = self.inventory.add_group(self._option("group"))
        for name in (MANAGEMENT, *SPECIAL, WORKLOAD):
            self.inventory.add_child(group, self.inventory.add_group(name))
        for name, text in LOCAL.items():
            self.inventory.set_variable(group, name, trust_as_template(text))
        self._set_variable(group, "aws_baseline_organization_id", organization.id)
        for name, account_id in {MANAGEMENT: organization.management_account_id, **special}.items():
            self._set_variable(group, f"aws_baseline_{name}_account_id", account_id)

    def _set_variable(self, entity: str, name: str, value: t.Any) -> None:
        self.inventory.set_variable(entity, name, without_templates(value))

    def _named(self, accounts: c.Sequence[Account]) -> list[tuple[Account, str]]:
        """The accounts and what their hosts are called."""
        how = self._option("hostname")
        if how == "id":
            return [(account, account.id) for account in accounts]
        if how == "name":
            return distinct([(account, host_name(account.name)) for account in accounts], set(self.inventory.groups))
        named = [(account, str(self._compose(how, _variables(account)))) for account in accounts]
        for account, unique in distinct(named, ()):
            if (account, unique) not in named:
                raise OptionError("hostname", how, f"an expression that gives {account.title} a name of its own")
        return named

    def _add(self, account: Account, host: str, special: c.Mapping[str, str]) -> None:
        group = self._option("group")
        roles = [name for name, account_id in special.items() if account_id == account.id] or [WORKLOAD]
        self.inventory.add_host(host, group)
        for role in roles:
            self.inventory.add_host(host, role)
        parent = group
        for unit in ou_groups(account.ou_path):
            self.inventory.add_child(parent, self.inventory.add_group(unit))
            parent = unit
        if parent != group:
            self.inventory.add_host(host, parent)
        variables = _variables(account)
        for name, value in variables.items():
            self._set_variable(host, name, value)
        strict, compose = self.get_option("strict"), self.get_option("compose")
        self._set_composite_vars(compose, variables, host, strict=strict)
        composed = self.inventory.get_host(host).vars
        for name in compose.keys() & composed.keys():
            self._set_variable(host, name, composed[name])
        self._add_host_to_composed_groups(self.get_option("groups"), variables, host, strict=strict)
        self._add_host_to_keyed_groups(self.get_option("keyed_groups"), variables, host, strict=strict)


def _variables(account: Account) -> dict[str, t.Any]:
    """Variables of an account's host."""
    return {
        "account_id": account.id,
        "account_name": account.name,
        "account_email": account.email,
        "account_arn": account.arn,
        "account_status": account.status,
        "account_joined_method": account.joined_method,
        "account_joined_timestamp": account.joined_timestamp,
        "account_tags": account.tags,
        "ou_path": account.ou_path,
        "ou_id": account.ou_id,
    }


def without_templates(value: t.Any) -> t.Any:
    """A value whose text is plain wherever no template can be in it.

    What AWS says is not to be trusted: accounts are named and tagged by many. Ansible shows text that it does not trust
    as C({"__ansible_unsafe": "..."}) in the output of C(ansible-inventory), even where it makes no difference.
    """
    if isinstance(value, str):
        return value if TEMPLATE.search(value) else trust_as_template(value)
    if isinstance(value, dict):
        return {name: without_templates(item) for name, item in value.items()}
    if isinstance(value, list):
        return [without_templates(item) for item in value]
    return value


def _fail(msg: str, **_details: t.Any) -> t.NoReturn:
    raise AnsibleParserError(msg)
