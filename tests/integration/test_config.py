# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the properties of config_recorder and config_rules cannot show, and the role config."""

from __future__ import annotations

import collections
import json
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import config as resources
from tests.emulator.client import Emulator
from tests.integration.cases import config_recorder as recorder_case
from tests.integration.cases import config_rules as rules_case
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.playbook import Run, ansible_playbook
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")

OTHER_REGION = recorder_case.OTHER_REGION
LEAST_REGIONS = 17
MOST_READS = 3
EVERYWHERE = {
    "bucket": recorder_case.TYPICAL["bucket"],
    "recording_group": {},
    "recording_mode": {},
    "delivery_channel": {"delivery_frequency": "One_Hour"},
}


def config(emulator: Emulator, region: str = OTHER_REGION) -> t.Any:
    return emulator.client("config", region, ACCOUNT_ID)


def recorder(emulator: Emulator, region: str = OTHER_REGION) -> dict[str, t.Any]:
    return config(emulator, region).describe_configuration_recorders()["ConfigurationRecorders"][0]


def is_recording(emulator: Emulator, region: str) -> bool:
    return config(emulator, region).describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0][
        "recording"
    ]


def config_rules(emulator: Emulator, region: str) -> list[dict[str, t.Any]]:
    pages = config(emulator, region).get_paginator("describe_config_rules").paginate()
    return [rule for page in pages for rule in page["ConfigRules"]]


def reads_by_region(emulator: Emulator, service: str) -> collections.Counter[str]:
    return collections.Counter(call.region for call in emulator.calls(service=service, access="read"))


# config_recorder


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"retention_period_in_days": 29}, "retention_period_in_days: 29"),
        ({"recording_group": {"resource_types": ["AWS::EC2::VPC"]}}, "recording_group.resource_types"),
        (
            {
                "recording_group": {
                    "recording_strategy": "INCLUSION_BY_RESOURCE_TYPES",
                    "resource_types": ["AWS::No::X"],
                }
            },
            "recording_group.resource_types: ['AWS::No::X']",
        ),
        ({"recording_group": {"global_resource_types_region": "mars"}}, "global_resource_types_region: 'mars'"),
        (
            {
                "recording_mode": {
                    "recording_mode_overrides": [
                        {"resource_types": ["AWS::EC2::VPC"], "recording_frequency": "DAILY"},
                        {"resource_types": ["AWS::EC2::Subnet"], "recording_frequency": "CONTINUOUS"},
                    ]
                }
            },
            "recording_mode.recording_mode_overrides: ",
        ),
        ({"delivery_channel": {"s3_key_prefix": "config/"}}, "delivery_channel.s3_key_prefix: 'config/'"),
        ({"delivery_channel": {"s3_kms_key_arn": "alias/x"}}, "delivery_channel.s3_kms_key_arn: 'alias/x'"),
        ({"delivery_channel": {"sns_topic_arn": "topic"}}, "delivery_channel.sns_topic_arn: 'topic'"),
        ({"topic": {"name": "t", "kms_master_key_id": "alias/x"}}, "topic.kms_master_key_id"),
        ({"role_arn": "role"}, "role_arn: 'role'"),
        ({"role_arn": recorder_case.ROLE_ARN, "role": {"name": "r"}}, "role_arn"),
        ({"state": "existing"}, "bucket: 'config-123456789012'"),
        ({"name": ""}, "name: ''"),
    ],
)
def test_bad_options_are_refused_before_the_first_call(
    emulator: Emulator, arguments: dict[str, t.Any], message: str
) -> None:
    result = converge(emulator, "config_recorder", {**EVERYWHERE, **arguments})
    assert result["failed"]
    assert message in result["msg"]
    assert emulator.calls() == []


def test_a_recorder_needs_a_bucket(emulator: Emulator) -> None:
    result = converge(emulator, "config_recorder", {"recording_group": {}})
    assert "delivery_channel.s3_bucket_name" in result["msg"]
    assert emulator.calls() == []


@pytest.mark.parametrize(
    ("group", "topic_arn", "message"),
    [
        (
            {"recording_strategy": "INCLUSION_BY_RESOURCE_TYPES", "resource_types": ["AWS::IAM::User"]},
            "",
            "recording_group.resource_types",
        ),
        ({}, f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:topic", "delivery_channel.sns_topic_arn"),
    ],
)
def test_what_suits_one_region_only_is_refused_for_many(
    emulator: Emulator, group: dict[str, t.Any], topic_arn: str, message: str
) -> None:
    arguments = {**EVERYWHERE, "recording_group": group, "delivery_channel": {"sns_topic_arn": topic_arn}}
    result = converge(emulator, "config_recorder", arguments)
    assert message in result["msg"]
    assert not emulator.writes()


def test_every_region_records_and_an_unchanged_run_is_cheap(emulator: Emulator) -> None:
    """S003-26, T-29, T-12, S001-33, S001-34: all regions, hourly snapshots, IAM recorded once."""
    assert not converge(emulator, "config_recorder", EVERYWHERE).get("failed")
    emulator.clear_calls()
    assert not converge(emulator, "config_recorder", EVERYWHERE)["changed"]
    reads = reads_by_region(emulator, "config")
    assert len(reads) >= LEAST_REGIONS
    assert max(reads.values()) <= MOST_READS
    assert not emulator.writes()

    groups = {region: recorder(emulator, region)["recordingGroup"] for region in reads}
    assert [region for region in groups if groups[region]["includeGlobalResourceTypes"]] == [HOME_REGION]
    assert all(group["allSupported"] for group in groups.values())
    assert all(is_recording(emulator, region) for region in reads)


def test_the_role_is_the_service_linked_one(emulator: Emulator) -> None:
    """T-09: not the superseded managed policy AWSConfigRole."""
    result = converge(emulator, "config_recorder", EVERYWHERE)
    assert "AWS::IAM::ServiceLinkedRole" in [change["type"] for change in result["changes"]]
    assert recorder(emulator)["roleARN"] == recorder_case.ROLE_ARN


def test_a_role_of_ones_own(emulator: Emulator) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": recorder_case.SERVICE, "Action": "sts:AssumeRole"}],
    }
    role = {
        "name": "Config",
        "path": "/infosec/",
        "assume_role_policy": trust,
        "managed_policies": ["service-role/AWS_ConfigRole"],
    }
    arguments = {**EVERYWHERE, "regions": recorder_case.REGIONS, "role": role}
    plan = converge(emulator, "config_recorder", arguments, check_mode=True)
    assert plan["changes"] == converge(emulator, "config_recorder", arguments)["changes"]
    assert recorder(emulator)["roleARN"] == f"arn:aws:iam::{ACCOUNT_ID}:role/infosec/Config"


def test_global_types_can_be_recorded_elsewhere_and_are_excluded_by_name(emulator: Emulator) -> None:
    group = {
        "recording_strategy": "EXCLUSION_BY_RESOURCE_TYPES",
        "resource_types": ["AWS::EC2::VPC"],
        "global_resource_types_region": OTHER_REGION,
    }
    converge(emulator, "config_recorder", {**EVERYWHERE, "regions": recorder_case.REGIONS, "recording_group": group})
    excluded = {
        region: set(recorder(emulator, region)["recordingGroup"]["exclusionByResourceTypes"]["resourceTypes"])
        for region in recorder_case.REGIONS
    }
    assert excluded[OTHER_REGION] == {"AWS::EC2::VPC"}
    iam = {"AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User"}
    assert excluded[HOME_REGION] == {"AWS::EC2::VPC"} | iam


def test_what_exists_under_another_name_is_adopted(emulator: Emulator) -> None:
    recorder_case.prepare(emulator)
    recorder_case.recorder_of_another_name(emulator)
    recorder_case.recording_group_edited(emulator)
    result = converge(emulator, "config_recorder", {**EVERYWHERE, "regions": [OTHER_REGION], "name": "ours"})
    assert not result.get("failed"), result["msg"]
    assert recorder(emulator)["name"] == "somebody-elses"
    assert is_recording(emulator, OTHER_REGION)


def test_what_is_not_declared_is_left_alone(emulator: Emulator) -> None:
    mode = {"recording_mode": {"recording_frequency": "DAILY"}, "regions": [OTHER_REGION]}
    converge(emulator, "config_recorder", {**EVERYWHERE, **mode})
    changed = {
        "bucket": EVERYWHERE["bucket"],
        "regions": [OTHER_REGION],
        "recording_group": {"recording_strategy": "INCLUSION_BY_RESOURCE_TYPES", "resource_types": ["AWS::EC2::VPC"]},
    }
    result = converge(emulator, "config_recorder", changed)
    assert [change["type"] for change in result["changes"]] == ["AWS::Config::ConfigurationRecorder"]
    assert recorder(emulator)["recordingMode"]["recordingFrequency"] == "DAILY"
    channel = config(emulator).describe_delivery_channels()["DeliveryChannels"][0]
    assert channel["configSnapshotDeliveryProperties"]["deliveryFrequency"] == "One_Hour"


def test_existing_verifies_and_never_writes(emulator: Emulator) -> None:
    existing = {"state": "existing", "regions": recorder_case.REGIONS}
    missing = converge(emulator, "config_recorder", existing)
    assert {error["code"] for error in missing["errors"]} == {"NotAsRequired", "PrerequisiteFailed"}
    assert not emulator.writes()

    converge(emulator, "config_recorder", {**EVERYWHERE, "regions": recorder_case.REGIONS})
    assert not converge(emulator, "config_recorder", existing).get("failed")

    recorder_case.recorder_stopped(emulator)
    emulator.clear_calls()
    stopped = converge(emulator, "config_recorder", existing)
    assert [(error["region"], error["code"]) for error in stopped["errors"]] == [(OTHER_REGION, "NotAsRequired")]
    assert "recording is False, must be True" in stopped["msg"]
    assert not emulator.writes()


def test_a_region_that_is_denied_keeps_no_other_from_converging(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "config:PutConfigurationRecorder", "region": "eu-west-1"}])
    result = converge(emulator, "config_recorder", EVERYWHERE)
    assert result["failed"]
    first = next(error for error in result["errors"] if error["code"] != "PrerequisiteFailed")
    assert first["account_id"] == ACCOUNT_ID
    assert first["region"] == "eu-west-1"
    assert first["permission"] == "config:PutConfigurationRecorder"
    assert ACCOUNT_ID in result["msg"]
    assert "eu-west-1" in result["msg"]
    assert {error["region"] for error in result["errors"]} == {"eu-west-1"}

    started = {change["region"] for change in result["changes"] if change["type"].endswith("RecorderStatus")}
    assert len(started) >= LEAST_REGIONS - 1
    assert "eu-west-1" not in started
    assert all(is_recording(emulator, region) for region in started)


def test_an_empty_account_can_be_planned(emulator: Emulator) -> None:
    plan = converge(emulator, "config_recorder", recorder_case.TYPICAL, check_mode=True)
    assert not plan.get("failed")
    started = [change for change in plan["changes"] if change["type"] == "AWS::Config::ConfigurationRecorderStatus"]
    assert [change["operations"] for change in started] == [["config:StartConfigurationRecorder"]] * 2


def test_the_queue_is_subscribed_to_every_topic(emulator: Emulator) -> None:
    """S004-37, R16-30: one queue for the SIEM, although each region has its own topic."""
    converge(emulator, "config_recorder", recorder_case.TYPICAL)
    for region in recorder_case.REGIONS:
        listed = emulator.client("sns", region, ACCOUNT_ID).list_subscriptions()["Subscriptions"]
        assert [item["Endpoint"] for item in listed] == [
            f"arn:aws:sqs:{HOME_REGION}:{ACCOUNT_ID}:{recorder_case.QUEUE}"
        ]
        channel = config(emulator, region).describe_delivery_channels()["DeliveryChannels"][0]
        assert channel["snsTopicARN"] == f"arn:aws:sns:{region}:{ACCOUNT_ID}:{recorder_case.TOPIC}"


def test_the_diff_names_what_changes(emulator: Emulator) -> None:
    converge(emulator, "config_recorder", recorder_case.TYPICAL)
    recorder_case.channel_edited(emulator)
    diff = converge(emulator, "config_recorder", recorder_case.TYPICAL, check_mode=True)["diff"]
    assert len(diff) == 1
    assert diff[0]["before_header"] == f"AWS::Config::DeliveryChannel default ({ACCOUNT_ID}, {OTHER_REGION})"
    assert diff[0]["before"] == "delivery_frequency: Three_Hours\n"
    assert diff[0]["after"] == "delivery_frequency: One_Hour\n"


# config_rules


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"identifier": "restricted-ssh"}, "identifier: 'restricted-ssh'"),
        ({"name": " "}, "rules[0].name: ' '"),
        ({"name": "n" * 129}, "rules[0].name"),
        ({"description": "d" * 257}, "description"),
        ({"input_parameters": {"list": ["a", "b"]}}, "input_parameters.list: ['a', 'b']"),
        ({"input_parameters": {"long": "x" * 1024}}, "input_parameters"),
        ({"compliance_resource_id": "sg-1"}, "compliance_resource_types"),
    ],
)
def test_bad_rules_are_refused_before_the_first_call(emulator: Emulator, rule: dict[str, t.Any], message: str) -> None:
    arguments = {"rules": [{"name": "ssh", "identifier": "INCOMING_SSH_DISABLED", **rule}]}
    result = converge(emulator, "config_rules", arguments)
    assert result["failed"]
    assert message in result["msg"]
    assert emulator.calls() == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rules": [{"name": "a", "state": "absent"}, {"name": "a", "state": "absent"}]}, "rules[1].name: 'a'"),
        ({"rules": [], "purge": True}, "purge_prefix"),
        ({"rules": [], "purge": True, "purge_prefix": ""}, "purge_prefix"),
    ],
)
def test_bad_lists_are_refused_before_the_first_call(
    emulator: Emulator, arguments: dict[str, t.Any], message: str
) -> None:
    assert message in converge(emulator, "config_rules", arguments)["msg"]
    assert emulator.calls() == []


def test_parameters_are_compared_as_aws_keeps_them(emulator: Emulator) -> None:
    rules_case.prepare(emulator)
    rule = {"name": "password", "identifier": "IAM_PASSWORD_POLICY", "scope": "home"}
    first = {"RequireNumbers": True, "MinimumPasswordLength": 14}
    second = {"MinimumPasswordLength": "14", "RequireNumbers": "true"}
    regions = [HOME_REGION, OTHER_REGION]
    made = converge(emulator, "config_rules", {"rules": [{**rule, "input_parameters": first}], "regions": regions})
    assert [change["region"] for change in made["changes"]] == [HOME_REGION]
    found = config_rules(emulator, HOME_REGION)[0]
    assert json.loads(found["InputParameters"]) == {"MinimumPasswordLength": "14", "RequireNumbers": "true"}
    again = converge(emulator, "config_rules", {"rules": [{**rule, "input_parameters": second}], "regions": regions})
    assert not again["changed"]


class Listing:
    """A client whose answers the emulator would not give."""

    def __init__(self, *items: dict[str, t.Any]) -> None:
        self.items = items

    def pages(self, operation: str, items: str) -> list[dict[str, t.Any]]:
        return list(self.items)


def test_rules_of_aws_services_are_never_purged() -> None:
    def rule(name: str, **members: str) -> dict[str, t.Any]:
        identity = {"ConfigRuleName": name, "ConfigRuleArn": f"arn:{name}"}
        return {**identity, "Source": {"Owner": "AWS", "SourceIdentifier": "X"}, **members}

    listing = Listing(
        rule("our--rule"),
        rule("our--rule-of-a-service", CreatedBy="securityhub.amazonaws.com"),
        rule("our--rule-on-its-way-out", ConfigRuleState="DELETING"),
        rule("other"),
    )
    assert set(resources.ConfigRule().read(listing, {}, ["our--"])) == {"our--rule"}
    assert set(resources.ConfigRule().read(listing, {"our--rule-on-its-way-out": {}}, [])) == set()


def test_recorders_of_aws_services_are_not_ours() -> None:
    of_a_service = {"name": "theirs", "servicePrincipal": "observabilityadmin.amazonaws.com", "recording": True}
    listing = Listing(of_a_service)
    assert resources.ConfigurationRecorder().read(listing, {"default": {}}, []) == {}
    status = resources.ConfigurationRecorderStatus().read(listing, {"default": {"recording": True}}, [])
    assert status["default"].fields == {"recording": False}


def test_recorders_from_before_there_were_strategies_are_understood() -> None:
    listing = Listing({"name": "old", "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}})
    found = resources.ConfigurationRecorder().read(listing, {"default": {}}, [])["default"]
    assert found.fields["recording_group"] == resources.recording_group(resources.ALL_SUPPORTED, [], True)
    assert found.fields["recording_mode"] == resources.recording_mode("CONTINUOUS")
    assert found.attributes == {"name": "old"}


def test_many_rules_cost_one_read_per_region(emulator: Emulator) -> None:
    converge(emulator, "config_recorder", EVERYWHERE)
    rules = [{"name": f"rule-{number}", "identifier": "INCOMING_SSH_DISABLED"} for number in range(20)]
    converge(emulator, "config_rules", {"rules": rules})
    emulator.clear_calls()
    assert not converge(emulator, "config_rules", {"rules": rules})["changed"]
    reads = reads_by_region(emulator, "config")
    assert len(reads) >= LEAST_REGIONS
    assert set(reads.values()) == {1}


def test_without_a_recorder_the_region_is_named(emulator: Emulator) -> None:
    rules = [{"name": "ssh", "identifier": "INCOMING_SSH_DISABLED"}]
    result = converge(emulator, "config_rules", {"rules": rules, "regions": [OTHER_REGION]})
    assert result["errors"][0]["code"] == "NoAvailableConfigurationRecorderException"
    assert result["errors"][0]["region"] == OTHER_REGION


# the role


@pytest.fixture
def play(emulator: Emulator, tmp_path: t.Any) -> t.Callable[..., Run]:
    """Run the role with variables."""
    playbook = tmp_path / "play.yml"
    defaults = {"account_id": ACCOUNT_ID, "region": HOME_REGION}
    role = {"name": "Config", "ansible.builtin.import_role": {"name": "secops.aws_baseline.config"}}
    document = {
        "hosts": "all",
        "gather_facts": False,
        "module_defaults": {"group/secops.aws_baseline.baseline": defaults},
        "tasks": [role],
    }
    playbook.write_text(json.dumps([document]), encoding="utf-8")

    def run(*arguments: str, **variables: t.Any) -> Run:
        return ansible_playbook(
            emulator,
            playbook,
            "inventories/demo",
            *arguments,
            variables={"config_name_prefix": "baseline", **variables},
        )

    return run


def test_the_role_plans_what_it_does_and_is_content_after(emulator: Emulator, play: t.Callable[..., Run]) -> None:
    variables: dict[str, t.Any] = {
        "config_regions": recorder_case.REGIONS,
        "config_key_alias": "alias/config",
        "config_retention_period_in_days": 365,
        "config_rules_purge": True,
        "config_rules_overrides": {
            "access-keys-rotated": {"input_parameters": {"maxAccessKeyAge": 60}},
            "restricted-ssh": {"enabled": False},
        },
        "config_rules_extra": [{"name": "extra", "identifier": "EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK"}],
    }
    plan = play("--check", **variables)
    assert plan.returncode == 0, plan.messages()
    assert not emulator.writes()
    run = play(**variables)
    assert run.returncode == 0, run.messages()
    assert run.changes() == plan.changes()
    assert play(**variables).changes() == []

    rules = {rule["ConfigRuleName"]: rule for rule in config_rules(emulator, HOME_REGION)}
    assert json.loads(rules["baseline--access-keys-rotated"]["InputParameters"]) == {"maxAccessKeyAge": "60"}
    assert "baseline--extra" in rules
    assert "baseline--restricted-ssh" not in rules
    there = [rule["ConfigRuleName"] for rule in config_rules(emulator, OTHER_REGION)]
    assert "baseline--access-keys-rotated" not in there


def test_the_role_can_make_an_iam_role(emulator: Emulator, play: t.Callable[..., Run]) -> None:
    """R16-31, S001-35, S001-36 with today's managed policy."""
    run = play(config_regions=recorder_case.REGIONS, config_role_name="AWSConfigRole", config_rules=False)
    assert run.returncode == 0, run.messages()
    assert recorder(emulator)["roleARN"] == f"arn:aws:iam::{ACCOUNT_ID}:role/infosec/services/AWSConfigRole"


def test_the_role_refuses_overrides_of_unknown_rules_before_it_changes_anything(
    emulator: Emulator, play: t.Callable[..., Run]
) -> None:
    run = play(config_rules_overrides={"restricted-shh": {"enabled": False}})
    assert run.returncode != 0
    assert "restricted-shh" in run.messages()
    assert emulator.calls() == []


def test_the_role_leaves_an_existing_recorder_alone(emulator: Emulator, play: t.Callable[..., Run]) -> None:
    run = play(config_mode="existing", config_rules=False, config_regions=[OTHER_REGION])
    assert "must exist, but does not" in run.messages()
    assert not emulator.writes()
