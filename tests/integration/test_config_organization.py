# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Config across accounts: what the properties of the modules cannot show, and the role in an organization."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.secops.aws_baseline.plugins.module_utils import reconcile
from tests.emulator.client import Emulator
from tests.integration.cases import config_aggregator as aggregator_case
from tests.integration.cases import config_archive as archive_case
from tests.integration.cases import config_conformance_packs as packs_case
from tests.support import config_organization as support
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.organization import (
    LOG_ARCHIVE,
    MANAGEMENT,
    MEMBERS,
    NAMES,
    ORGANIZATION_ID,
    SECURITY,
    organization,
)
from tests.support.playbook import ROOT, Run, ansible_playbook
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")

OTHER_REGION = "us-east-1"
SSH = {"name": "OrganizationRestrictedSSH", "identifier": "INCOMING_SSH_DISABLED", "description": "restricted-ssh"}
RULES = {"regions": [HOME_REGION], "rules": [SSH]}
PACK = {"name": "SecurityServices", "template_body": packs_case.GUARDDUTY, "template_s3_key": "security-services.yml"}
PACKS = {
    "regions": [HOME_REGION],
    "scope": "organization",
    "bucket": {"name": "acme-conformance-pack", "public_access_block": {}, "encryption": {"sse_algorithm": "AES256"}},
    "packs": [PACK],
}


def run(emulator: Emulator, module: str, arguments: dict[str, t.Any], **more: t.Any) -> dict[str, t.Any]:
    """A module's result in the security account."""
    return converge(emulator, module, arguments, **{"credentials_of": SECURITY, **more})


def operations(result: dict[str, t.Any]) -> list[str]:
    return [operation for change in result["changes"] for operation in change["operations"]]


def rules_of(emulator: Emulator, account: str, region: str = HOME_REGION) -> dict[str, dict[str, t.Any]]:
    pages = support.config(emulator, account, region).get_paginator("describe_config_rules").paginate()
    return {rule["ConfigRuleName"]: rule for page in pages for rule in page["ConfigRules"]}


# rules of the organization


def test_a_rule_reaches_all_accounts(emulator: Emulator) -> None:
    """S001-38, S001-39: OrganizationRestrictedSSH is in every account, where AWS evaluates it, when the run ends."""
    support.deployable(emulator)
    emulator.clear_calls()
    result = run(emulator, "config_organization_rules", RULES)
    assert not result.get("failed"), result["msg"]
    assert operations(result) == ["config:PutOrganizationConfigRule"]
    # waiting is looking
    assert [call.operation for call in emulator.writes()] == ["PutOrganizationConfigRule"]
    for account in NAMES:
        ((name, rule),) = rules_of(emulator, account).items()
        assert name.startswith("OrgConfigRule-OrganizationRestrictedSSH-")
        assert (rule["Description"], rule["ConfigRuleState"]) == ("restricted-ssh", "ACTIVE")


def test_accounts_where_it_failed_are_named_and_the_next_run_tries_again(emulator: Emulator) -> None:
    """S001-37: rules need the recorders of all accounts."""
    organization(emulator)
    support.delegate(emulator, support.MULTI_ACCOUNT)
    support.record(emulator, *(set(NAMES) - {MEMBERS[0], MEMBERS[2]}))
    result = run(emulator, "config_organization_rules", RULES)
    assert result["failed"] and result["changed"]
    assert [(error["account_id"], error["code"]) for error in result["errors"]] == [
        (MEMBERS[0], "NoAvailableConfigurationRecorder"),
        (MEMBERS[2], "NoAvailableConfigurationRecorder"),
    ]
    assert f"CREATE_FAILED in account {MEMBERS[2]}, region {HOME_REGION}" in result["msg"]

    plan = run(emulator, "config_organization_rules", RULES, check_mode=True)
    assert not plan.get("failed")
    assert plan["changes"][0]["before"] == {"status": "CREATE_FAILED"}
    support.record(emulator, MEMBERS[0], MEMBERS[2])
    again = run(emulator, "config_organization_rules", RULES)
    assert not again.get("failed"), again["msg"]
    assert again["changes"] == plan["changes"]
    assert not run(emulator, "config_organization_rules", RULES)["changed"]


def test_excluded_accounts_need_no_recorder(emulator: Emulator) -> None:
    organization(emulator)
    support.delegate(emulator, support.MULTI_ACCOUNT)
    support.record(emulator, SECURITY)
    excluded = [account for account in NAMES if account != SECURITY]
    rules = {**RULES, "rules": [{**SSH, "excluded_accounts": excluded}]}
    assert not run(emulator, "config_organization_rules", rules).get("failed")


def test_without_waiting_a_run_ends_at_once(emulator: Emulator) -> None:
    organization(emulator)
    support.delegate(emulator, support.MULTI_ACCOUNT)
    result = run(emulator, "config_organization_rules", {**RULES, "wait": False})
    assert not result.get("failed")
    assert not emulator.calls(operation="GetOrganizationConfigRuleDetailedStatus")


def test_waiting_for_no_time_is_refused(emulator: Emulator) -> None:
    assert "wait_timeout: 0" in run(emulator, "config_organization_rules", {**RULES, "wait_timeout": 0})["msg"]
    assert emulator.calls() == []


@pytest.mark.parametrize("module", ["config_organization_rules", "config_conformance_packs", "config_aggregator"])
def test_all_can_be_planned_before_anybody_is_delegated(emulator: Emulator, module: str) -> None:
    """S001-44, S001-45: without trusted access and delegation there is a plan; a run has AWS's own error."""
    arguments = {
        "config_organization_rules": RULES,
        "config_conformance_packs": PACKS,
        "config_aggregator": aggregator_case.TYPICAL,
    }[module]
    for prepare in (lambda: None, lambda: organization(emulator)):
        prepare()
        plan = run(emulator, module, arguments, check_mode=True)
        assert not plan.get("failed"), plan["msg"]
        assert {change["action"] for change in plan["changes"]} == {"create"}
        assert not emulator.writes(service="config")
    result = run(emulator, module, arguments)
    assert [error["code"] for error in result["errors"]] == ["OrganizationAccessDeniedException"]
    assert SECURITY in result["msg"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ({"name": "with space"}, "rules[0].name: 'with space'"),
        ({"name": "n" * 65}, "rules[0].name"),
        ({"identifier": "restricted-ssh"}, "identifier: 'restricted-ssh'"),
        ({"excluded_accounts": ["12345"]}, "excluded_accounts: ['12345']"),
        ({"resource_id_scope": "sg-1"}, "resource_types_scope"),
        ({"input_parameters": {"list": ["a"]}}, "input_parameters.list"),
    ],
)
def test_bad_rules_are_refused_before_the_first_call(emulator: Emulator, rule: dict[str, t.Any], message: str) -> None:
    result = run(emulator, "config_organization_rules", {**RULES, "rules": [{**SSH, **rule}]})
    assert message in result["msg"]
    assert emulator.calls() == []


# conformance packs


def test_a_template_is_uploaded_and_the_pack_reaches_all_accounts(emulator: Emulator) -> None:
    """S001-41, S001-42, S001-43: private bucket with all four blocks and AES256, template, pack from its URI."""
    support.deployable(emulator)
    result = run(emulator, "config_conformance_packs", PACKS)
    assert not result.get("failed"), result["msg"]
    assert operations(result) == ["s3:CreateBucket", "s3:PutObject", "config:PutOrganizationConformancePack"]
    assert result["changes"][2]["after"]["template_s3_uri"] == "s3://acme-conformance-pack/security-services.yml"
    s3 = emulator.client("s3", HOME_REGION, SECURITY)
    block = s3.get_public_access_block(Bucket="acme-conformance-pack")["PublicAccessBlockConfiguration"]
    assert len(block) == 4 and all(block.values())
    body = s3.get_object(Bucket="acme-conformance-pack", Key="security-services.yml")["Body"].read().decode()
    assert body == packs_case.GUARDDUTY
    for account in NAMES:
        (pack,) = support.config(emulator, account).describe_conformance_packs()["ConformancePackDetails"]
        assert pack["ConformancePackName"].startswith("OrgConformsPack-SecurityServices-")
        assert any(name.startswith("guardduty-conformance-pack-") for name in rules_of(emulator, account))


def test_a_changed_template_is_noticed_and_deployed(emulator: Emulator) -> None:
    support.deployable(emulator)
    run(emulator, "config_conformance_packs", PACKS)
    changed = {**PACKS, "packs": [{**PACK, "template_body": packs_case.SECURITY_HUB}]}
    plan = run(emulator, "config_conformance_packs", changed, check_mode=True)
    assert [change["type"] for change in plan["changes"]] == [
        "AWS::S3::Object",
        "AWS::Config::OrganizationConformancePack",
    ]
    assert "SECURITYHUB_ENABLED" in plan["diff"][0]["after"]
    result = run(emulator, "config_conformance_packs", changed)
    assert operations(result) == ["s3:PutObject", "config:PutOrganizationConformancePack", "config:TagResource"]
    assert any(name.startswith("securityhub-") for name in rules_of(emulator, MEMBERS[0]))
    assert not any(name.startswith("guardduty-") for name in rules_of(emulator, MEMBERS[0]))


def test_a_pack_that_was_made_otherwise_is_taken_over(emulator: Emulator) -> None:
    support.deployable(emulator)
    support.config(emulator).put_organization_conformance_pack(
        OrganizationConformancePackName="SecurityServices", TemplateBody=packs_case.SECURITY_HUB
    )
    result = run(emulator, "config_conformance_packs", {**PACKS, "packs": [PACK]})
    assert not result.get("failed"), result["msg"]
    assert [change["action"] for change in result["changes"]] == ["create", "create", "update"]
    assert not run(emulator, "config_conformance_packs", PACKS)["changed"]


def test_templates_of_packs_speak_of_where_they_are_evaluated(emulator: Emulator) -> None:
    support.deployable(emulator)
    body = packs_case.GUARDDUTY + "# ${AWS::AccountId}\n"
    run(emulator, "config_conformance_packs", {**PACKS, "packs": [{**PACK, "template_body": body}]})
    s3 = emulator.client("s3", HOME_REGION, SECURITY)
    stored = s3.get_object(Bucket="acme-conformance-pack", Key="security-services.yml")["Body"].read().decode()
    assert stored == body


def test_a_template_may_come_from_a_file_or_another_bucket(emulator: Emulator, tmp_path: Path) -> None:
    """S001-40: a pack instead of many rules, for an account too."""
    support.record(emulator, ACCOUNT_ID)
    file = tmp_path / "keys.yml"
    file.write_text(packs_case.ACCESS_KEYS, encoding="utf-8")
    s3 = emulator.client("s3", HOME_REGION, ACCOUNT_ID)
    s3.create_bucket(Bucket="templates", CreateBucketConfiguration={"LocationConstraint": HOME_REGION})
    s3.put_object(Bucket="templates", Key="hub.yml", Body=packs_case.SECURITY_HUB)
    arguments = {
        "regions": [HOME_REGION],
        "packs": [
            {"name": "Keys", "template_file": str(file), "input_parameters": {"Age": 45}},
            {"name": "Hub", "template_s3_uri": "s3://templates/hub.yml"},
        ],
    }
    result = converge(emulator, "config_conformance_packs", arguments)
    assert not result.get("failed"), result["msg"]
    rules = {name.partition("-conformance-pack-")[0]: rule for name, rule in rules_of(emulator, ACCOUNT_ID).items()}
    assert json.loads(rules["keys"]["InputParameters"]) == {"maxAccessKeyAge": "45"}
    assert set(rules) == {"keys", "securityhub"}
    assert not converge(emulator, "config_conformance_packs", arguments)["changed"]


def test_a_pack_of_an_account_tells_why_it_failed(emulator: Emulator) -> None:
    arguments = {"regions": [HOME_REGION], "packs": [{"name": "Keys", "template_body": packs_case.ACCESS_KEYS}]}
    result = converge(emulator, "config_conformance_packs", arguments)
    assert [error["code"] for error in result["errors"]] == ["DeploymentFailed"]
    assert "NoAvailableConfigurationRecorder" in result["msg"]


def test_a_template_that_is_none_is_awss_error(emulator: Emulator) -> None:
    support.deployable(emulator)
    wrong = packs_case.GUARDDUTY.replace("ConfigRule\n", "Rule\n")
    result = run(emulator, "config_conformance_packs", {**PACKS, "packs": [{**PACK, "template_body": wrong}]})
    assert [error["code"] for error in result["errors"]] == ["OrganizationConformancePackTemplateValidationException"]


@pytest.mark.parametrize(
    ("more", "pack", "message"),
    [
        ({}, {"name": "1st"}, "packs[0].name: '1st'"),
        ({"scope": "account"}, {"excluded_accounts": [MEMBERS[0]]}, "excluded_accounts"),
        ({}, {"excluded_accounts": ["1"]}, "excluded_accounts: ['1']"),
        ({}, {"delivery_s3_bucket": "acme"}, "delivery_s3_bucket: 'acme'"),
        ({}, {"template_body": " "}, "template_body: '1 bytes'"),
        ({"bucket": None}, {}, "template_s3_key"),
        ({"bucket": None}, {"template_body": "x" * 51201, "template_s3_key": None}, "1 to 51200 bytes"),
        ({"regions": None}, {}, "bucket.name"),
        ({}, {"template_body": None, "template_file": "/nowhere.yml"}, "template_file: '/nowhere.yml'"),
        (
            {},
            {"template_body": None, "template_s3_key": None, "template_s3_uri": "https://x/y"},
            "template_s3_uri: 'https://x/y'",
        ),
        ({}, {"template_s3_uri": "s3://a/b"}, "mutually exclusive"),
        ({}, {"input_parameters": {"a": ["b"]}}, "input_parameters.a"),
        ({}, {"tags": {"secops.aws_baseline/template-sha256": "x"}}, "tags"),
        ({"purge": True}, {}, "purge_prefix"),
    ],
)
def test_bad_packs_are_refused_before_the_first_call(
    emulator: Emulator, more: dict[str, t.Any], pack: dict[str, t.Any], message: str
) -> None:
    declared = {name: value for name, value in {**PACK, **pack}.items() if value is not None}
    result = run(emulator, "config_conformance_packs", {**PACKS, **more, "packs": [declared]})
    assert message in result["msg"]
    assert emulator.calls() == []


def test_buckets_of_templates_are_in_the_regions_of_their_packs(emulator: Emulator) -> None:
    regions = [HOME_REGION, OTHER_REGION]
    support.deployable(emulator, regions)
    bucket = {"name": "acme-conformance-pack-${AWS::Region}"}
    result = run(emulator, "config_conformance_packs", {**PACKS, "regions": regions, "bucket": bucket})
    assert not result.get("failed"), result["msg"]
    s3 = emulator.client("s3", HOME_REGION, SECURITY)
    assert {item["Name"] for item in s3.list_buckets()["Buckets"]} == {
        f"acme-conformance-pack-{region}" for region in regions
    }


# the aggregator


def test_the_aggregator_sees_all_accounts(emulator: Emulator) -> None:
    """S001-46, S001-47, S001-48: role with today's managed policy, one region, all accounts of the organization."""
    support.deployable(emulator)
    support.delegate(emulator, support.CONFIG)
    result = run(emulator, "config_aggregator", aggregator_case.TYPICAL)
    assert not result.get("failed"), result["msg"]
    assert operations(result) == ["iam:CreateRole", "iam:AttachRolePolicy", "config:PutConfigurationAggregator"]
    client = support.config(emulator)
    (found,) = client.describe_configuration_aggregators()["ConfigurationAggregators"]
    source = found["OrganizationAggregationSource"]
    assert source["AwsRegions"] == [HOME_REGION] and not source.get("AllAwsRegions")
    assert source["RoleArn"] == f"arn:aws:iam::{SECURITY}:role/{aggregator_case.ROLE['name']}"
    status = client.describe_configuration_aggregator_sources_status(ConfigurationAggregatorName=aggregator_case.NAME)
    assert {row["SourceId"] for row in status["AggregatedSourceStatusList"]} == set(NAMES)


def test_without_regions_all_are_collected_from(emulator: Emulator) -> None:
    aggregator_case.prepare(emulator)
    run(emulator, "config_aggregator", {**aggregator_case.TYPICAL, "aws_regions": []})
    (found,) = support.config(emulator).describe_configuration_aggregators()["ConfigurationAggregators"]
    assert found["OrganizationAggregationSource"]["AllAwsRegions"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "account_ids: None"),
        ({"account_ids": [MEMBERS[0]], "role_arn": "arn:aws:iam::123456789012:role/r"}, "account_ids"),
        ({"account_ids": ["1"]}, "account_ids: ['1']"),
        ({"role_arn": "r"}, "role_arn: 'r'"),
        ({"account_ids": [MEMBERS[0]], "aws_regions": ["mars"]}, "aws_regions: ['mars']"),
        ({"account_ids": [MEMBERS[0]], "name": "a b"}, "name: 'a b'"),
        ({"account_ids": [MEMBERS[0]], "state": "absent"}, "nothing, unless state is present"),
    ],
)
def test_bad_aggregators_are_refused_before_the_first_call(
    emulator: Emulator, arguments: dict[str, t.Any], message: str
) -> None:
    assert message in run(emulator, "config_aggregator", {"name": "All", **arguments})["msg"]
    assert emulator.calls() == []


# the archive


def test_every_account_of_the_organization_may_deliver_and_nobody_else(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S001-32: also an account that joins later; not one that another organization's AWS Config acts for."""
    organization(emulator)
    archive = {"bucket": archive_case.TYPICAL["bucket"], "key": archive_case.TYPICAL["key"]}
    assert not converge(emulator, "config_archive", archive, credentials_of=LOG_ARCHIVE).get("failed")
    created = emulator.client("organizations", HOME_REGION, MANAGEMENT).create_account(
        AccountName="new", Email="new@acme.example"
    )
    recorder = {
        "regions": [HOME_REGION],
        "recording_group": {},
        "delivery_channel": {
            "s3_bucket_name": archive_case.BUCKET,
            "s3_kms_key_arn": f"arn:aws:kms:{HOME_REGION}:{LOG_ARCHIVE}:{archive_case.KEY}",
        },
    }
    for account in (MEMBERS[0], created["CreateAccountStatus"]["AccountId"]):
        result = converge(emulator, "config_recorder", recorder, credentials_of=account)
        assert not result.get("failed"), result["msg"]
    # what cannot succeed here need not be waited for
    monkeypatch.setattr(reconcile, "PROPAGATION_SECONDS", 1.0)
    stranger = converge(emulator, "config_recorder", recorder, credentials_of=ACCOUNT_ID)
    assert "InsufficientDeliveryPolicyException" in [error["code"] for error in stranger["errors"]]


# the role

HOSTS = {
    "management": {"hosts": {"management": {"account_id": MANAGEMENT}}},
    "log_archive": {"hosts": {"archive": {"account_id": LOG_ARCHIVE}}},
    "security": {"hosts": {"security": {"account_id": SECURITY}}},
    "workload": {"hosts": {NAMES[account]: {"account_id": account} for account in MEMBERS}},
}
VARIABLES = {
    "ansible_connection": "local",
    "ansible_python_interpreter": "{{ ansible_playbook_python }}",
    "aws_baseline_home_region": HOME_REGION,
    "aws_baseline_regions": [HOME_REGION, OTHER_REGION],
    "aws_baseline_name_prefix": "acme",
    "aws_baseline_organization_id": ORGANIZATION_ID,
    "aws_baseline_management_account_id": MANAGEMENT,
    "aws_baseline_log_archive_account_id": LOG_ARCHIVE,
    "aws_baseline_security_account_id": SECURITY,
    "aws_baseline_assume_role_arn": "arn:aws:iam::{{ account_id }}:role/OrganizationAccountAccessRole",
}


def play_of(hosts: str, entry_point: str) -> dict[str, t.Any]:
    defaults = {
        "account_id": "{{ account_id }}",
        "region": "{{ aws_baseline_home_region }}",
        "assume_role_arn": f"{{{{ omit if account_id == '{MANAGEMENT}' else aws_baseline_assume_role_arn }}}}",
    }
    return {
        "hosts": hosts,
        "gather_facts": False,
        "module_defaults": {"group/secops.aws_baseline.baseline": defaults},
        "tasks": [
            {
                "name": entry_point,
                "ansible.builtin.import_role": {"name": "secops.aws_baseline.config", "tasks_from": entry_point},
            }
        ],
    }


@pytest.fixture
def play(emulator: Emulator, tmp_path: Path) -> t.Callable[..., Run]:
    """Apply the role to the organization as baseline.yml does, with variables."""
    organization(emulator)
    playbook, inventory = tmp_path / "play.yml", tmp_path / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"aws_accounts": {"children": HOSTS, "vars": VARIABLES}}), encoding="utf-8")
    entry_points = [
        ("log_archive", "archive"),
        ("aws_accounts", "main"),
        ("aws_accounts", "aggregator"),
        ("aws_accounts", "organization"),
    ]
    playbook.write_text(json.dumps([play_of(*entry_point) for entry_point in entry_points]), encoding="utf-8")

    def run_play(*arguments: str, **variables: t.Any) -> Run:
        environment = emulator.environment(account_id=MANAGEMENT, region=HOME_REGION)
        return ansible_playbook(
            emulator, playbook, inventory, *arguments, variables=variables, extra_environment=environment
        )

    return run_play


def test_the_role_brings_an_organization_to_the_baseline(emulator: Emulator, play: t.Callable[..., Run]) -> None:
    """S001-32 to S001-48, T-09, T-12: from nothing, planned and done, and the second run changes nothing."""
    variables = {"config_key_alias": "alias/acme-config"}
    plan = play("--check", **variables)
    assert plan.returncode == 0, plan.messages()
    assert not emulator.writes()

    support.delegate(emulator, support.CONFIG, support.MULTI_ACCOUNT)
    done = play(**variables)
    assert done.returncode == 0, done.messages()
    assert done.changes() == plan.changes()
    assert "OrganizationRestrictedSSH is CREATE_IN_PROGRESS" in done.stderr
    again = play(**variables)
    assert again.returncode == 0, again.messages()
    assert again.changes() == []

    owners = {(change["type"], change["account_id"]) for change in done.changes()}
    assert {account for name, account in owners if name == "AWS::Config::ConfigurationRecorder"} == set(NAMES)
    assert {account for name, account in owners if name == "AWS::Config::OrganizationConfigRule"} == {SECURITY}
    assert {account for name, account in owners if name == "AWS::S3::Bucket"} == {LOG_ARCHIVE, SECURITY}
    for account in NAMES:
        (channel,) = support.config(emulator, account).describe_delivery_channels()["DeliveryChannels"]
        assert channel["s3BucketName"] == f"acme-config-{LOG_ARCHIVE}"
        assert channel["s3KmsKeyArn"] == f"arn:aws:kms:{HOME_REGION}:{LOG_ARCHIVE}:alias/acme-config"
        assert channel["configSnapshotDeliveryProperties"]["deliveryFrequency"] == "One_Hour"
        rules = rules_of(emulator, account, OTHER_REGION)
        assert any(name.startswith("OrgConfigRule-OrganizationRestrictedSSH-") for name in rules)
        # nothing is evaluated twice
        identifiers = [rule["Source"]["SourceIdentifier"] for rule in rules.values()]
        assert len(identifiers) == len(set(identifiers))
        assert {"acme--vpc-flow-logs-enabled"} <= rules.keys()


def test_an_account_that_is_excluded_keeps_its_own_rules(emulator: Emulator, play: t.Callable[..., Run]) -> None:
    plan = play("--check", "--limit", "shop,data", config_organization_excluded_account_ids=[MEMBERS[0]])
    rules = {
        account: {change["key"] for change in plan.changes() if change["account_id"] == account} for account in MEMBERS
    }
    assert "acme--restricted-ssh" in rules[MEMBERS[0]]
    assert "acme--restricted-ssh" not in rules[MEMBERS[2]]


def test_recorders_of_control_tower_are_verified_and_left_alone(emulator: Emulator, play: t.Callable[..., Run]) -> None:
    """S001-33: whatever their name; and there is no other bucket of all accounts."""
    name = "aws-controltower-BaselineConfigRecorder"
    s3 = emulator.client("s3", HOME_REGION, LOG_ARCHIVE)
    s3.create_bucket(Bucket="controltower", CreateBucketConfiguration={"LocationConstraint": HOME_REGION})
    policy = json.dumps(archive_case.POLICY).replace(archive_case.BUCKET, "controltower")
    s3.put_bucket_policy(Bucket="controltower", Policy=policy)
    for account in MEMBERS[:2]:
        support.record(emulator, account)
        client = support.config(emulator, account)
        client.delete_configuration_recorder(ConfigurationRecorderName="default")
        role = f"arn:aws:iam::{account}:role/aws-service-role/{support.CONFIG}/AWSServiceRoleForConfig"
        client.put_configuration_recorder(ConfigurationRecorder={"name": name, "roleARN": role})
        channel = {"name": "aws-controltower-BaselineConfigDeliveryChannel", "s3BucketName": "controltower"}
        client.put_delivery_channel(DeliveryChannel=channel)
        client.start_configuration_recorder(ConfigurationRecorderName=name)
    emulator.clear_calls()
    variables = {"config_mode": "existing", "config_rules": False, "config_regions": [HOME_REGION]}
    done = play("--limit", f"archive,{NAMES[MEMBERS[0]]},{NAMES[MEMBERS[1]]}", "--skip-tags", "none", **variables)
    failed = {task["host"] for task in done.tasks() if task.get("failed")}
    assert failed == {"archive"}, done.messages()  # it has no recorder
    assert not emulator.writes()


def test_the_template_of_the_role_is_one(emulator: Emulator) -> None:
    """S001-42, S001-43: in our own words, and as AWS reads it; S001-49: what it reports has to be put right."""
    support.deployable(emulator)
    template = ROOT / "roles" / "config" / "files" / "security-services.yml"
    result = run(
        emulator, "config_conformance_packs", {**PACKS, "packs": [{"name": "P", "template_file": str(template)}]}
    )
    assert not result.get("failed"), result["msg"]
    assert len(rules_of(emulator, MEMBERS[0])) == 6
