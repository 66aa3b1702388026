# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook as a user runs it, on the inventories of the project."""

from __future__ import annotations

import typing as t

import pytest
import yaml

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.log import known, planned_writes, writes
from tests.support.playbook import ROOT, Run, ansible_playbook

PLAYBOOK = "baseline.yml"
DEMO = "inventories/demo"
ENVIRONMENTS = ("dev", "staging", "prod", "dr")


def baseline(emulator: Emulator, *arguments: str, inventory: str = DEMO, **options: t.Any) -> Run:
    return ansible_playbook(emulator, PLAYBOOK, inventory, *arguments, **options)


def succeeded(run: Run) -> Run:
    assert run.returncode == 0, run.messages() or run.stdout[-3000:] + run.stderr[-3000:]
    return run


def whose(emulator: Emulator, inventory: str) -> str:
    """The account that runs an inventory. Where that is an organization's management account, the organization is made,
    with the role that the inventory assumes."""
    groups = yaml.safe_load((ROOT / inventory / "hosts.yml").read_text(encoding="utf-8"))["aws_accounts"]["children"]
    if not groups["management"]:
        return ACCOUNT_ID
    hosts = {name: host["account_id"] for group in groups.values() for name, host in group["hosts"].items()}
    accounts = [{"id": one, "name": name, "email": f"{name}@acme.example"} for name, one in hosts.items()]
    organization = variables_of(inventory.rpartition("/")[2])["aws_baseline_organization_id"]
    emulator.create_organization(accounts, organization, role_name="baseline")
    return str(accounts[0]["id"])


@pytest.mark.parametrize("inventory", [DEMO, *(f"inventories/{name}" for name in ENVIRONMENTS)])
def test_from_nothing_to_unchanged(emulator: Emulator, inventory: str) -> None:
    options: dict[str, t.Any] = {"inventory": inventory, "account_id": whose(emulator, inventory)}
    if options["account_id"] != ACCOUNT_ID:
        # many accounts in all regions take minutes, and say no more than one account in all regions does
        options["variables"] = {"aws_baseline_regions": ["eu-central-1", "eu-west-1", "us-east-1"]}
    plan = succeeded(baseline(emulator, "--check", "--diff", **options))
    assert not emulator.writes()
    assert plan.changes()

    run = succeeded(baseline(emulator, **options))
    assert known(plan.changes(), run.changes()) == run.changes()
    assert planned_writes(run.changes()) == writes(emulator)

    emulator.clear_calls()
    again = succeeded(baseline(emulator, **options))
    assert all(stats["changed"] == 0 for stats in again.stats.values())
    assert not emulator.writes()


DIFFERENCES = {
    "regions": ("aws_baseline_home_region", "aws_baseline_regions"),
    "thresholds": ("alarms_overrides",),
    "critical ids": ("alarms_critical_instance_ids", "alarms_critical_volume_ids"),
    "who is told": (
        "alarms_infosec_emails",
        "alarms_devops_emails",
        "alarms_infosec_sms_numbers",
        "alarms_devops_sms_numbers",
    ),
    "retention": ("cloudtrail_log_group_retention_in_days",),
}


def variables_of(environment: str) -> dict[str, t.Any]:
    """Values of an inventory's environment."""
    paths = sorted((ROOT / "inventories" / environment / "group_vars").rglob("*.yml"))
    documents = [yaml.safe_load(path.read_text(encoding="utf-8")) or {} for path in paths]
    return {name: value for document in documents for name, value in document.items()}


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_every_environment_differs_where_real_ones_do(difference: str) -> None:
    """S004-56, 57, 64, 67."""
    variables = {name: variables_of(name) for name in ENVIRONMENTS}
    values = {
        name: repr([variables[name].get(variable) for variable in DIFFERENCES[difference]]) for name in ENVIRONMENTS
    }
    assert len(set(values.values())) == len(ENVIRONMENTS), values


def test_parts_can_be_run_alone(emulator: Emulator) -> None:
    run = succeeded(baseline(emulator, "--check", "--tags", "guardduty"))
    assert {change["type"] for change in run.changes()} == {"AWS::GuardDuty::Detector"}


def test_wrong_account_stops_before_any_change(emulator: Emulator) -> None:
    run = baseline(emulator, variables={"account_id": "999999999999"})
    assert run.returncode != 0
    assert "999999999999" in run.messages() and "123456789012" in run.messages()
    assert not emulator.writes()


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"account_id": "12345678901"}, "account_id"),
        ({"aws_baseline_home_region": "eu-middle-1"}, "region"),
        ({"aws_baseline_organization_id": "acme"}, "acme"),
        ({"aws_baseline_organization_id": "o-acme000001"}, "aws_baseline_management_account_id"),
        ({"aws_baseline_security_account_id": "333"}, "333"),
        ({"aws_baseline_session_name": "somebody else"}, "somebody else"),
        ({"aws_baseline_regions": ["eu-central-1", "mars-north-1"]}, "mars-north-1"),
        ({"cloudtrail_log_group_retention_in_days": 42}, "42"),
        ({"alarms_overrides": {"no-such-alarm": {"threshold": 3}}}, "no-such-alarm"),
        ({"alarms_overrides": {"root-access": {"pattern": "{ $.a = " + "x" * 1024 + " }"}}}, "1024"),
        ({"alarms_overrides": {"root-access": {"pattern": "{ $.userIdentity.type = “Root” }"}}}, "“"),
        ({"alarms_office_cidrs": ["192.0.2.0/33"]}, "192.0.2.0/33"),
    ],
    ids=lambda value: value if isinstance(value, str) else next(iter(value)),
)
def test_bad_input_is_refused_before_any_change(emulator: Emulator, variables: dict[str, t.Any], named: str) -> None:
    run = baseline(emulator, variables=variables)
    assert run.returncode != 0
    assert named in run.messages()
    assert not emulator.writes()


def test_denied_action_in_one_region(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "guardduty:CreateDetector", "region": "eu-west-1"}])
    run = baseline(emulator, "--tags", "guardduty")
    assert run.returncode != 0
    for part in ("123456789012", "eu-west-1", "guardduty:CreateDetector"):
        assert part in run.messages()
    failed = next(task for task in run.tasks() if task.get("errors"))
    assert [error["permission"] for error in failed["errors"]] == ["guardduty:CreateDetector"]
    regions = {region["RegionName"] for region in emulator.client("ec2").describe_regions()["Regions"]}
    with_detector = {
        region for region in regions if emulator.client("guardduty", region).list_detectors()["DetectorIds"]
    }
    assert with_detector == regions - {"eu-west-1"}


def test_throttled_run_converges(emulator: Emulator) -> None:
    regions = [HOME_REGION]
    emulator.settings(fault_rate=0.3, fault_kind="throttle", seed=7)
    succeeded(baseline(emulator, variables={"aws_baseline_regions": regions}))
    emulator.settings(fault_rate=0.0)
    again = succeeded(baseline(emulator, variables={"aws_baseline_regions": regions}))
    assert all(stats["changed"] == 0 for stats in again.stats.values())


def test_no_secret_in_output(emulator: Emulator) -> None:
    secret = "S3cretThatMustNeverBeSeenAnywhere0123456"
    run = baseline(
        emulator,
        "-vvvv",
        "--check",
        "--diff",
        extra_environment={"AWS_SECRET_ACCESS_KEY": secret, "AWS_SESSION_TOKEN": f"{secret}Token"},
        variables={"aws_baseline_regions": [HOME_REGION]},
        json_output=False,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert "AWS::CloudTrail::Trail" in run.stdout
    assert secret not in run.stdout + run.stderr


def test_drift_is_put_right_and_named(emulator: Emulator) -> None:
    succeeded(baseline(emulator))
    trail = emulator.client("cloudtrail", HOME_REGION)
    name = trail.describe_trails()["trailList"][0]["Name"]
    trail.stop_logging(Name=name)
    alarms = emulator.client("cloudwatch", HOME_REGION)
    alarm = alarms.describe_alarms(MaxRecords=1)["MetricAlarms"][0]["AlarmName"]
    alarms.disable_alarm_actions(AlarmNames=[alarm])
    recorder = emulator.client("config", "eu-west-1")
    recorder.stop_configuration_recorder(
        ConfigurationRecorderName=recorder.describe_configuration_recorders()["ConfigurationRecorders"][0]["name"]
    )
    run = succeeded(baseline(emulator, "--diff"))
    assert {(change["type"], change["region"]) for change in run.changes()} == {
        ("AWS::CloudTrail::Trail", HOME_REGION),
        ("AWS::CloudWatch::Alarm", HOME_REGION),
        ("AWS::Config::ConfigurationRecorderStatus", "eu-west-1"),
    }
