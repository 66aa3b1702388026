# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An aggregator of AWS Config, of the organization or of a list of accounts."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import HOME_REGION, Case
from tests.support.config_organization import CONFIG, config, delegate
from tests.support.organization import MEMBERS, SECURITY, organization

NAME = "TestAggregator"
ROLE = {
    "name": "test-configaggregator-role",
    "path": "/",
    "assume_role_policy": {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": CONFIG}, "Action": "sts:AssumeRole"}],
    },
    "managed_policies": ["service-role/AWSConfigRoleForOrganizations"],
}
SOURCES = st.sampled_from([{"role": ROLE}, {"account_ids": [MEMBERS[0]]}, {"account_ids": [*MEMBERS]}])
MORE = st.fixed_dictionaries(
    {},
    optional={
        "aws_regions": st.sampled_from([[], [HOME_REGION], [HOME_REGION, "us-east-1"]]),
        "tags": st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"])),
    },
)
ARGUMENTS = st.tuples(SOURCES, MORE).map(lambda parts: {"name": NAME, **parts[0], **parts[1]}) | st.just(
    {"name": NAME, "state": "absent"}
)
TYPICAL = {"name": NAME, "role": ROLE, "aws_regions": [HOME_REGION], "tags": {"Team": "infosec"}}


def prepare(emulator: Emulator) -> None:
    organization(emulator)
    delegate(emulator, CONFIG)


def _aggregator(emulator: Emulator) -> dict[str, t.Any] | None:
    listed = config(emulator).describe_configuration_aggregators()["ConfigurationAggregators"]
    return next((one for one in listed if one["ConfigurationAggregatorName"] == NAME), None)


def source_edited(emulator: Emulator) -> None:
    if _aggregator(emulator):
        sources = [{"AccountIds": [SECURITY], "AllAwsRegions": True}]
        config(emulator).put_configuration_aggregator(
            ConfigurationAggregatorName=NAME, AccountAggregationSources=sources
        )


def regions_edited(emulator: Emulator) -> None:
    found = _aggregator(emulator)
    if found and found.get("OrganizationAggregationSource"):
        source = {"RoleArn": found["OrganizationAggregationSource"]["RoleArn"], "AllAwsRegions": True}
        config(emulator).put_configuration_aggregator(
            ConfigurationAggregatorName=NAME, OrganizationAggregationSource=source
        )


def aggregator_deleted(emulator: Emulator) -> None:
    if _aggregator(emulator):
        config(emulator).delete_configuration_aggregator(ConfigurationAggregatorName=NAME)


def tags_removed(emulator: Emulator) -> None:
    found = _aggregator(emulator)
    if found:
        config(emulator).untag_resource(ResourceArn=found["ConfigurationAggregatorArn"], TagKeys=["Team"])


CASES = [
    Case(
        module="config_aggregator",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::Config::ConfigurationAggregator", "AWS::IAM::Role"}),
        drifts=(source_edited, regions_edited, aggregator_deleted, tags_removed),
        prepare=prepare,
        account_id=SECURITY,
    ),
]
