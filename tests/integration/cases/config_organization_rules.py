# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Config rules of an organization, from its delegated administrator in two regions."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import HOME_REGION, Case
from tests.support.config_organization import config, deployable, settle
from tests.support.organization import MANAGEMENT, MEMBERS, SECURITY

OTHER_REGION = "us-east-1"
REGIONS = [HOME_REGION, OTHER_REGION]
PREFIX = "Test"
SSH, PASSWORD = f"{PREFIX}SSH", f"{PREFIX}Password"

TAGS = st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"]))
SSH_RULE = st.fixed_dictionaries(
    {"name": st.just(SSH), "identifier": st.just("INCOMING_SSH_DISABLED")},
    optional={
        "description": st.sampled_from(["", "restricted-ssh"]),
        "excluded_accounts": st.sampled_from([[], [MEMBERS[0]], [MEMBERS[1], MANAGEMENT]]),
        "resource_types_scope": st.sampled_from([[], ["AWS::EC2::SecurityGroup"]]),
        "tags": TAGS,
    },
)
PASSWORD_RULE = st.fixed_dictionaries(
    {
        "name": st.just(PASSWORD),
        "identifier": st.just("IAM_PASSWORD_POLICY"),
        "scope": st.sampled_from(["all", "home"]),
    },
    optional={
        "maximum_execution_frequency": st.sampled_from(["One_Hour", "Six_Hours"]),
        "input_parameters": st.sampled_from([{}, {"RequireNumbers": True, "MinimumPasswordLength": 14}]),
    },
)
ABSENT = st.fixed_dictionaries({"name": st.just(SSH), "state": st.just("absent")})

ARGUMENTS = st.fixed_dictionaries(
    {
        "regions": st.just(REGIONS),
        "rules": st.tuples(SSH_RULE | ABSENT | st.none(), PASSWORD_RULE | st.none()).map(
            lambda rules: [rule for rule in rules if rule]
        ),
        "purge": st.booleans(),
        "purge_prefix": st.just(PREFIX),
        "wait": st.just(False),
    }
)

TYPICAL = {
    "regions": REGIONS,
    "rules": [
        {
            "name": SSH,
            "identifier": "INCOMING_SSH_DISABLED",
            "description": "restricted-ssh",
            "excluded_accounts": [MEMBERS[0]],
            "tags": {"Team": "infosec"},
        },
        {
            "name": PASSWORD,
            "identifier": "IAM_PASSWORD_POLICY",
            "maximum_execution_frequency": "One_Hour",
            "input_parameters": {"RequireNumbers": True},
        },
    ],
    "purge": True,
    "purge_prefix": PREFIX,
}


def prepare(emulator: Emulator) -> None:
    deployable(emulator, REGIONS)


def _client(emulator: Emulator) -> t.Any:
    """The client of the delegated administrator, after AWS has done what it was told."""
    client = config(emulator, SECURITY, OTHER_REGION)
    settle(client)
    return client


def _rule(emulator: Emulator, name: str) -> dict[str, t.Any] | None:
    rules = _client(emulator).describe_organization_config_rules()["OrganizationConfigRules"]
    return next((rule for rule in rules if rule["OrganizationConfigRuleName"] == name), None)


def _edit(emulator: Emulator, name: str, excluded: list[str] | None = None, **metadata: t.Any) -> None:
    rule = _rule(emulator, name)
    if rule:
        _client(emulator).put_organization_config_rule(
            OrganizationConfigRuleName=name,
            OrganizationManagedRuleMetadata=rule["OrganizationManagedRuleMetadata"] | metadata,
            ExcludedAccounts=rule["ExcludedAccounts"] if excluded is None else excluded,
        )
        settle(_client(emulator))


def description_edited(emulator: Emulator) -> None:
    _edit(emulator, SSH, Description="SSH may be open")


def nobody_excluded(emulator: Emulator) -> None:
    _edit(emulator, SSH, excluded=[])


def parameters_edited(emulator: Emulator) -> None:
    _edit(emulator, PASSWORD, InputParameters='{"RequireNumbers": "false"}')


def rule_deleted(emulator: Emulator) -> None:
    if _rule(emulator, SSH):
        _client(emulator).delete_organization_config_rule(OrganizationConfigRuleName=SSH)


def tags_removed(emulator: Emulator) -> None:
    rule = _rule(emulator, SSH)
    if rule:
        _client(emulator).untag_resource(ResourceArn=rule["OrganizationConfigRuleArn"], TagKeys=["Team"])


def _new_rule(emulator: Emulator, name: str) -> None:
    if not _rule(emulator, name):
        metadata = {"RuleIdentifier": "S3_BUCKET_LOGGING_ENABLED"}
        client = _client(emulator)
        client.put_organization_config_rule(OrganizationConfigRuleName=name, OrganizationManagedRuleMetadata=metadata)
        settle(client)


def rule_of_ours_left_over(emulator: Emulator) -> None:
    _new_rule(emulator, f"{PREFIX}LeftOver")


def foreign_rule_added(emulator: Emulator) -> None:
    _new_rule(emulator, "SomebodyElses")


CASES = [
    Case(
        module="config_organization_rules",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::Config::OrganizationConfigRule"}),
        drifts=(
            description_edited,
            nobody_excluded,
            parameters_edited,
            rule_deleted,
            tags_removed,
            rule_of_ours_left_over,
            foreign_rule_added,
        ),
        prepare=prepare,
        account_id=SECURITY,
    ),
]
