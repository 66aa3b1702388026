# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role organization: what it gives to the module, what its guardrails deny in member accounts, and what not."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from botocore.exceptions import ClientError

from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE
from ansible_collections.secops.aws_baseline.plugins.module_utils.policy_document import size, validate
from tests.emulator import policies
from tests.emulator.client import Emulator
from tests.integration.cases.organization import ALLOW_ALL, CLOUDTRAIL, client
from tests.support.cases import HOME_REGION
from tests.support.log import planned_writes, writes
from tests.support.organization import MANAGEMENT, MEMBERS, SECURITY, organization
from tests.support.playbook import ROOT, Run, ansible_playbook
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")

ROLE = ROOT / "roles" / "organization"
MEMBER = MEMBERS[0]
REGIONS = [HOME_REGION, "us-east-1"]
ACCESS_ROLE = "arn:aws:iam::{}:role/OrganizationAccountAccessRole"
SMALLEST_QUOTA = 5120
"""Characters that AWS took until 2026: the shipped guardrails are no larger."""

VARIABLES = {
    "account_id": MANAGEMENT,
    "aws_baseline_home_region": HOME_REGION,
    "aws_baseline_management_account_id": MANAGEMENT,
    "aws_baseline_security_account_id": SECURITY,
    "aws_baseline_regions": REGIONS,
    "organization_guardrails": True,
    "organization_guardrail_deny_other_regions": True,
    "groups": {},
    "hostvars": {},
}


def rendered(name: str, **variables: t.Any) -> t.Any:
    """A variable of the role as its tasks see it."""
    loader = DataLoader()
    merged: dict[str, t.Any] = {}
    for path in [ROLE / "defaults" / "main.yml", *sorted((ROLE / "vars" / "main").glob("*.yml"))]:
        merged |= loader.load_from_file(str(path), cache="none", trusted_as_template=True)
    templar = Templar(loader, variables=merged | VARIABLES | variables)
    return json.loads(json.dumps(templar.template(templar.available_variables[name])))


# --- documents -------------------------------------------------------------------------------------------------------


def test_guardrails_are_what_aws_takes() -> None:
    for policy in rendered("__organization_policies", aws_baseline_name_prefix="acme-prod"):
        document = SAMPLE_SCOPE.substitute(policy["content"])
        validate(document, "service_control", "service_control")
        assert size(document) <= SMALLEST_QUOTA, policy["name"]
        assert {statement["Effect"] for statement in document["Statement"]} == {"Deny"}


def test_the_security_account_manages_service_control_policies_on_request(emulator: Emulator) -> None:
    """CIS 7.0, 2.1.5."""
    organization(emulator)
    arguments = {
        "regions": REGIONS,
        "policy_types": ["SERVICE_CONTROL_POLICY", "TAG_POLICY"],
        "resource_policy": {"statements": rendered("__organization_delegation")},
    }
    result = converge(emulator, "organization", arguments, credentials_of=MANAGEMENT)
    assert not result.get("failed"), result["msg"]
    security = emulator.client("organizations", account_id=SECURITY)
    new = {"Name": "guard", "Description": "", "Content": ALLOW_ALL}
    policy = security.create_policy(Type="SERVICE_CONTROL_POLICY", **new)["Policy"]["PolicySummary"]["Id"]
    security.attach_policy(PolicyId=policy, TargetId=MEMBER)
    with pytest.raises(security.exceptions.AccessDeniedException):
        security.create_policy(Type="TAG_POLICY", **new)
    with pytest.raises(security.exceptions.AccessDeniedException):
        emulator.client("organizations", account_id=MEMBER).list_policies(Filter="SERVICE_CONTROL_POLICY")


def test_keys_are_protected_by_their_aliases() -> None:
    document = SAMPLE_SCOPE.substitute(rendered("__organization_guardrail"))

    def denied(action: str, alias: str, principal: str = f"arn:aws:iam::{MEMBER}:user/devops") -> bool:
        context = {"aws:PrincipalArn": principal, "kms:ResourceAliases": [f"alias/{alias}"]}
        resource = f"arn:aws:kms:{HOME_REGION}:{MEMBER}:key/1"
        return "Deny" in policies.effects(document, "", action, resource, context)

    for action in ("kms:DisableKey", "kms:DisableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"):
        assert denied(action, "CloudTrailEncKey")
        assert not denied(action, "CloudTrailEncKey", ACCESS_ROLE.format(MEMBER))
        assert not denied(action, "shop")
    assert not denied("kms:Decrypt", "CloudTrailEncKey")


def test_given_names_replace_those_of_their_kind() -> None:
    arns = rendered("__organization_arns", organization_guardrail_names={"trails": ["central-orgtrail"]})
    assert arns["trails"] == ["arn:${AWS::Partition}:cloudtrail:*:*:trail/central-orgtrail"]
    assert arns["alarms"] == ["arn:${AWS::Partition}:cloudwatch:*:*:alarm:baseline--*"]


def test_roles_of_the_inventory_are_exempt_in_every_account() -> None:
    hosts = {
        "management": {"aws_baseline_assume_role_arn": ""},
        "shop": {"aws_baseline_assume_role_arn": f"arn:aws-us-gov:iam::{MEMBER}:role/ops/baseline"},
        "payments": {"aws_baseline_assume_role_arn": f"arn:aws-us-gov:iam::{MEMBERS[1]}:role/ops/baseline"},
        "data": {},
    }
    exempt = rendered("__organization_exempt_principals", groups={"aws_accounts": [*hosts]}, hostvars=hosts)
    assert exempt[-1] == "arn:aws-us-gov:iam::*:role/ops/baseline"
    assert len(exempt) == len(rendered("organization_guardrail_exempt_principals")) + 1


@pytest.mark.parametrize(
    ("variables", "mode"),
    [
        ({}, "manage"),
        ({"account_id": MEMBER}, "skip"),
        ({"aws_baseline_management_account_id": ""}, "skip"),
    ],
)
def test_it_works_in_the_management_account_only(variables: dict[str, str], mode: str) -> None:
    assert rendered("organization_mode", **variables) == mode


# --- what they deny, and what not ------------------------------------------------------------------------------------


@pytest.fixture
def guarded(emulator: Emulator) -> Emulator:
    """An organization with both guardrails on its root."""
    organization(emulator)
    arguments = {
        "regions": REGIONS,
        "policy_types": rendered("__organization_policy_types"),
        "policies": rendered("__organization_policies"),
    }
    result = converge(emulator, "organization", arguments, credentials_of=MANAGEMENT)
    assert not result.get("failed"), result["msg"]
    return emulator


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "sts:AssumeRole"}],
    }
)
TOPIC = f"arn:aws:sns:{HOME_REGION}:{MEMBER}:" + "{}"
RECORDER = {"name": "default", "roleARN": f"arn:aws:iam::{MEMBER}:role/aws-service-role/config.amazonaws.com/x"}
DETECTOR = "0" * 32

DENIED: list[tuple[str, str, dict[str, t.Any]]] = [
    ("organizations", "leave_organization", {}),
    ("cloudtrail", "stop_logging", {"Name": "baseline"}),
    ("cloudtrail", "delete_trail", {"Name": f"arn:aws:cloudtrail:{HOME_REGION}:{MEMBER}:trail/baseline"}),
    ("cloudtrail", "update_trail", {"Name": "baseline", "IsMultiRegionTrail": False}),
    ("cloudtrail", "put_event_selectors", {"TrailName": "baseline", "EventSelectors": [{"ReadWriteType": "ReadOnly"}]}),
    ("config", "stop_configuration_recorder", {"ConfigurationRecorderName": "default"}),
    ("config", "delete_configuration_recorder", {"ConfigurationRecorderName": "default"}),
    ("config", "put_configuration_recorder", {"ConfigurationRecorder": RECORDER}),
    ("config", "delete_delivery_channel", {"DeliveryChannelName": "default"}),
    ("guardduty", "delete_detector", {"DetectorId": DETECTOR}),
    ("guardduty", "update_detector", {"DetectorId": DETECTOR, "Enable": False}),
    ("guardduty", "delete_publishing_destination", {"DetectorId": DETECTOR, "DestinationId": "1"}),
    ("guardduty", "disassociate_from_administrator_account", {"DetectorId": DETECTOR}),
    ("cloudwatch", "delete_alarms", {"AlarmNames": ["shop", "baseline--RootAccess"]}),
    ("cloudwatch", "disable_alarm_actions", {"AlarmNames": ["baseline--RootAccess"]}),
    ("logs", "delete_log_group", {"logGroupName": "/aws/cloudtrail/baseline"}),
    (
        "logs",
        "delete_metric_filter",
        {"logGroupName": "/aws/cloudtrail/baseline", "filterName": "baseline--Root"},
    ),
    ("logs", "put_retention_policy", {"logGroupName": "/aws/cloudtrail/baseline", "retentionInDays": 1}),
    ("events", "disable_rule", {"Name": "baseline-guardduty-findings"}),
    ("events", "remove_targets", {"Rule": "baseline-guardduty-findings", "Ids": ["topic"]}),
    ("sns", "delete_topic", {"TopicArn": TOPIC.format("Infosec-Email-Notification")}),
    (
        "sns",
        "set_topic_attributes",
        {"TopicArn": TOPIC.format("AWS-Config-Notification"), "AttributeName": "Policy", "AttributeValue": "{}"},
    ),
    ("s3", "delete_bucket", {"Bucket": f"baseline-cloudtrail-{MEMBER}"}),
    ("s3", "delete_bucket_policy", {"Bucket": f"baseline-config-{MEMBER}"}),
    ("s3", "delete_object", {"Bucket": f"baseline-cloudtrail-{MEMBER}", "Key": "AWSLogs/x", "VersionId": "1"}),
    (
        "s3",
        "put_bucket_versioning",
        {"Bucket": f"baseline-cloudtrail-{MEMBER}", "VersioningConfiguration": {"Status": "Suspended"}},
    ),
    ("kms", "delete_alias", {"AliasName": "alias/CloudTrailEncKey"}),
    ("iam", "delete_role", {"RoleName": "baseline-cloudtrail"}),
    ("iam", "put_role_policy", {"RoleName": "baseline-cloudtrail", "PolicyName": "x", "PolicyDocument": TRUST}),
    (
        "iam",
        "update_assume_role_policy",
        {"RoleName": "OrganizationAccountAccessRole", "PolicyDocument": TRUST},
    ),
    ("iam", "create_role", {"RoleName": "AWSControlTowerExecution", "AssumeRolePolicyDocument": TRUST}),
]


def call(emulator: Emulator, service: str, method: str, parameters: dict[str, t.Any], region: str = HOME_REGION) -> str:
    """How AWS answers a user of the member account who may do everything there: an error, or nothing."""
    try:
        getattr(emulator.client(service, region, MEMBER), method)(**parameters)
    except ClientError as error:
        return str(error)
    return ""


def test_members_cannot_touch_what_the_baseline_makes(guarded: Emulator) -> None:
    for service, method, parameters in DENIED:
        answer = call(guarded, service, method, parameters)
        assert "with an explicit deny in a service control policy" in answer, (service, method, answer)


def test_ordinary_work_goes_on(guarded: Emulator) -> None:
    bucket = {"LocationConstraint": HOME_REGION}
    for service, method, parameters in [
        ("logs", "create_log_group", {"logGroupName": "/aws/cloudtrail/baseline-shop"}),
        (
            "logs",
            "put_retention_policy",
            {"logGroupName": "/aws/cloudtrail/baseline-shop", "retentionInDays": 1},
        ),
        ("logs", "delete_log_group", {"logGroupName": "/aws/cloudtrail/baseline-shop"}),
        ("sns", "create_topic", {"Name": "orders"}),
        ("sns", "delete_topic", {"TopicArn": TOPIC.format("orders")}),
        ("s3", "create_bucket", {"Bucket": "baseline-shop", "CreateBucketConfiguration": bucket}),
        ("s3", "delete_bucket", {"Bucket": "baseline-shop"}),
        ("iam", "create_role", {"RoleName": "shop", "AssumeRolePolicyDocument": TRUST}),
        ("iam", "delete_role", {"RoleName": "shop"}),
        ("kms", "create_key", {}),
        ("cloudtrail", "describe_trails", {}),
        ("guardduty", "list_detectors", {}),
        ("cloudwatch", "delete_alarms", {"AlarmNames": []}),
    ]:
        assert not call(guarded, service, method, parameters), (service, method)


def test_other_regions_are_closed_and_global_services_open(guarded: Emulator) -> None:
    elsewhere = "ap-southeast-2"
    assert "service control policy" in call(guarded, "sns", "create_topic", {"Name": "orders"}, elsewhere)
    assert "service control policy" in call(guarded, "ec2", "describe_vpcs", {}, elsewhere)
    for service, method in [
        ("iam", "list_roles"),
        ("sts", "get_caller_identity"),
        ("s3", "list_buckets"),
        ("ec2", "describe_regions"),
    ]:
        assert not call(guarded, service, method, {}, elsewhere), (service, method)


# --- the role --------------------------------------------------------------------------------------------------------

Play = t.Callable[..., Run]


@pytest.fixture
def play(emulator: Emulator, tmp_path: Path) -> Play:
    """Run the role in the management account and a baseline in a member account, with variables."""
    hosts = {
        "management": {"hosts": {"management": {"account_id": MANAGEMENT, "aws_baseline_assume_role_arn": ""}}},
        "workload": {
            "hosts": {"shop": {"account_id": MEMBER, "aws_baseline_assume_role_arn": ACCESS_ROLE.format(MEMBER)}}
        },
        "security": {"hosts": {"security": {"account_id": SECURITY, "aws_baseline_profile": "security"}}},
    }
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "aws_baseline_management_account_id": MANAGEMENT,
        "aws_baseline_security_account_id": SECURITY,
        "aws_baseline_home_region": HOME_REGION,
        "aws_baseline_regions": REGIONS,
        "organization_guardrails": True,
    }
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(yaml.safe_dump({"aws_accounts": {"children": hosts, "vars": variables}}), encoding="utf-8")
    options = {
        "account_id": "{{ account_id }}",
        "region": HOME_REGION,
        "assume_role_arn": "{{ aws_baseline_assume_role_arn }}",
    }
    plays = [
        {
            "hosts": group,
            "gather_facts": False,
            "module_defaults": {"group/secops.aws_baseline.baseline": options},
            "tasks": [
                {"name": role, "ansible.builtin.import_role": {"name": f"secops.aws_baseline.{role}"}} for role in roles
            ],
        }
        for group, roles in {
            "aws_accounts": ["organization"],
            "workload": ["cloudtrail", "guardduty"],
        }.items()
    ]
    playbook = tmp_path / "play.yml"
    playbook.write_text(json.dumps(plays), encoding="utf-8")

    def run(*arguments: str, **more: t.Any) -> Run:
        credentials = emulator.environment(account_id=MANAGEMENT, region=HOME_REGION)
        return ansible_playbook(
            emulator, playbook, inventory, *arguments, variables=more, extra_environment=credentials
        )

    return run


def test_behind_its_guardrails_the_baseline_still_works(emulator: Emulator, play: Play) -> None:
    """S001-02, S001-04, S001-44, S001-45: a plan, the run, and the way back from what a landing zone changed."""
    organization(emulator)
    plan = play("--check")
    assert plan.returncode == 0, plan.messages()
    assert not emulator.writes()
    assert [task["msg"] for task in plan.tasks() if "names no role to assume for security." in str(task.get("msg"))]

    run = play()
    assert run.returncode == 0, run.messages()
    assert run.changes() == plan.changes()
    assert planned_writes(run.changes()) == writes(emulator)
    assert "explicit deny" in call(emulator, "cloudtrail", "stop_logging", {"Name": "baseline"})

    stopped = {"trail": {"name": "baseline", "s3_bucket_name": f"baseline-cloudtrail-{MEMBER}", "is_logging": False}}
    landing_zone = {"credentials_of": MANAGEMENT, "assume_role_arn": ACCESS_ROLE.format(MEMBER)}
    assert not converge(emulator, "cloudtrail", stopped, **landing_zone).get("failed")
    emulator.clear_calls()
    again = play()
    assert again.returncode == 0, again.messages()
    assert [change["operations"] for change in again.changes()] == [["cloudtrail:StartLogging"]]


def test_an_organization_of_somebody_else_is_verified_only(emulator: Emulator, play: Play) -> None:
    organization(emulator)
    emulator.clear_calls()
    existing = {"organization_mode": "existing", "organization_trusted_services": [CLOUDTRAIL]}
    missing = play("--limit", "management", **existing, organization_delegated_administrators={})
    assert missing.returncode
    assert f"AWS::Organizations::ServiceAccess {CLOUDTRAIL}: must exist, but does not." in missing.messages()
    client(emulator).enable_aws_service_access(ServicePrincipal=CLOUDTRAIL)
    emulator.clear_calls()
    verified = play("--limit", "management", **existing, organization_delegated_administrators={})
    assert verified.returncode == 0, verified.messages()
    assert not emulator.writes()


@pytest.mark.parametrize(
    "variables",
    [
        {"organization_guardrail_exempt_principals": ["arn:aws:iam::*:role/*"]},
        {"organization_guardrail_names": {"trial": ["central-orgtrail"]}},
    ],
)
def test_guardrails_that_hold_for_nobody_are_refused(
    emulator: Emulator, play: Play, variables: dict[str, t.Any]
) -> None:
    refused = play("--limit", "management", **variables)
    assert refused.returncode
    assert "organization_guardrail_exempt_principals are ARNs" in refused.messages()
    assert emulator.calls() == []
