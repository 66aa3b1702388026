# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Config rules in two regions that have a recorder."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

OTHER_REGION = "us-east-1"
PREFIX = "test--"
PASSWORD = f"{PREFIX}password"
SSH = f"{PREFIX}ssh"
TAGGED = f"{PREFIX}tagged"

TAGS = st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"]))

PASSWORD_RULE = st.fixed_dictionaries(
    {
        "name": st.just(PASSWORD),
        "identifier": st.just("IAM_PASSWORD_POLICY"),
        "scope": st.sampled_from(["all", "home"]),
    },
    optional={
        "description": st.sampled_from(["", "Passwords are long"]),
        "maximum_execution_frequency": st.sampled_from(["One_Hour", "Six_Hours"]),
        "input_parameters": st.fixed_dictionaries(
            {},
            optional={
                "RequireNumbers": st.booleans(),
                "MinimumPasswordLength": st.sampled_from([14, "16"]),
            },
        ),
        "tags": TAGS,
    },
)
SSH_RULE = st.fixed_dictionaries(
    {"name": st.just(SSH), "identifier": st.just("INCOMING_SSH_DISABLED")},
    optional={
        "compliance_resource_types": st.sampled_from([[], ["AWS::EC2::SecurityGroup"]]),
        "tags": TAGS,
    },
)
TAGGED_RULE = st.fixed_dictionaries(
    {"name": st.just(TAGGED), "identifier": st.just("S3_BUCKET_SSL_REQUESTS_ONLY"), "tag_key": st.just("Env")},
    optional={"tag_value": st.sampled_from(["prod", "test"])},
)
ABSENT_RULE = st.fixed_dictionaries({"name": st.just(SSH), "state": st.just("absent")})

RULES = st.tuples(PASSWORD_RULE | st.none(), SSH_RULE | ABSENT_RULE | st.none(), TAGGED_RULE | st.none()).map(
    lambda rules: [rule for rule in rules if rule]
)

ARGUMENTS = st.fixed_dictionaries(
    {"regions": st.just([HOME_REGION, OTHER_REGION]), "rules": RULES, "purge": st.booleans()}
).map(lambda arguments: {**arguments, "purge_prefix": PREFIX})

TYPICAL = {
    "regions": [HOME_REGION, OTHER_REGION],
    "rules": [
        {
            "name": PASSWORD,
            "identifier": "IAM_PASSWORD_POLICY",
            "description": "Passwords are long",
            "maximum_execution_frequency": "One_Hour",
            "input_parameters": {"RequireNumbers": True, "MinimumPasswordLength": 14},
            "tags": {"Team": "infosec"},
        },
        {
            "name": SSH,
            "identifier": "INCOMING_SSH_DISABLED",
            "compliance_resource_types": ["AWS::EC2::SecurityGroup"],
        },
    ],
    "purge": True,
    "purge_prefix": PREFIX,
}


def prepare(emulator: Emulator) -> None:
    emulator.client("iam", HOME_REGION, ACCOUNT_ID).create_service_linked_role(AWSServiceName="config.amazonaws.com")
    for region in (HOME_REGION, OTHER_REGION):
        role = f"arn:aws:iam::{ACCOUNT_ID}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
        recorder = {"name": "default", "roleARN": role}
        emulator.client("config", region, ACCOUNT_ID).put_configuration_recorder(ConfigurationRecorder=recorder)


def _config(emulator: Emulator) -> t.Any:
    return emulator.client("config", OTHER_REGION, ACCOUNT_ID)


def _rule(emulator: Emulator, name: str) -> dict[str, t.Any] | None:
    rules = _config(emulator).describe_config_rules()["ConfigRules"]
    return next((rule for rule in rules if rule["ConfigRuleName"] == name), None)


def _put(emulator: Emulator, name: str, **changes: t.Any) -> None:
    rule = _rule(emulator, name)
    if rule:
        kept = ("ConfigRuleName", "Source", "Description", "InputParameters", "MaximumExecutionFrequency", "Scope")
        _config(emulator).put_config_rule(ConfigRule={key: rule[key] for key in kept if key in rule} | changes)


def parameters_edited(emulator: Emulator) -> None:
    _put(emulator, PASSWORD, InputParameters='{"MinimumPasswordLength": "8"}')


def frequency_edited(emulator: Emulator) -> None:
    _put(emulator, PASSWORD, MaximumExecutionFrequency="TwentyFour_Hours")


def description_edited(emulator: Emulator) -> None:
    _put(emulator, PASSWORD, Description="Passwords may be short")


def scope_edited(emulator: Emulator) -> None:
    _put(emulator, SSH, Scope={"ComplianceResourceTypes": ["AWS::EC2::Instance"]})


def rule_deleted(emulator: Emulator) -> None:
    if _rule(emulator, SSH):
        _config(emulator).delete_config_rule(ConfigRuleName=SSH)


def tags_removed(emulator: Emulator) -> None:
    rule = _rule(emulator, PASSWORD)
    if rule:
        _config(emulator).untag_resource(ResourceArn=rule["ConfigRuleArn"], TagKeys=["Team"])


def _new_rule(emulator: Emulator, name: str) -> None:
    rule = {"ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": "S3_BUCKET_LOGGING_ENABLED"}}
    _config(emulator).put_config_rule(ConfigRule=rule)


def rule_of_ours_left_over(emulator: Emulator) -> None:
    _new_rule(emulator, f"{PREFIX}left-over")


def foreign_rule_added(emulator: Emulator) -> None:
    _new_rule(emulator, "somebody-elses")


CASES = [
    Case(
        module="config_rules",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::Config::ConfigRule"}),
        drifts=(
            parameters_edited,
            frequency_edited,
            description_edited,
            scope_edited,
            rule_deleted,
            tags_removed,
            rule_of_ours_left_over,
            foreign_rule_added,
        ),
        prepare=prepare,
    ),
]
