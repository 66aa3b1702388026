# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook on a whole organization: what one account needs of another, and what one account's failure does."""

from __future__ import annotations

import collections.abc as c
import json
import typing as t

import pytest
from botocore.exceptions import ClientError

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import iam_action
from ansible_collections.secops.aws_baseline.plugins.plugin_utils.organization import PERMISSIONS
from scripts.permissions import EVERY, KINDS, actions_of_kind
from tests.emulator.client import Emulator
from tests.emulator.process import EmulatorProcess
from tests.support.log import known, planned_writes, writes
from tests.support.organization import (
    DETAILS,
    LOG_ARCHIVE,
    MANAGEMENT,
    MEMBERS,
    NAMES,
    SECURITY,
    make_team_queue,
    organization,
)
from tests.support.playbook import Run, ansible_playbook

INVENTORY = "inventories/organization"
HOME = "eu-central-1"
REGIONS = [HOME, "eu-north-1", "eu-west-1", "us-east-1"]
ROLE = "OrganizationAccountAccessRole"
TRUSTS_NOBODY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


def baseline(emulator: Emulator, *arguments: str, **options: t.Any) -> Run:
    return ansible_playbook(
        emulator, "baseline.yml", options.pop("inventory", INVENTORY), *arguments, account_id=MANAGEMENT, **options
    )


def succeeded(run: Run) -> Run:
    assert run.returncode == 0, run.messages() or run.stdout[-3000:] + run.stderr[-3000:]
    return run


def unchanged(emulator: Emulator, *arguments: str, **options: t.Any) -> None:
    """A run that finds nothing to do, and writes nothing."""
    emulator.clear_calls()
    run = succeeded(baseline(emulator, *arguments, **options))
    assert not run.changes() and all(stats["changed"] == 0 for stats in run.stats.values())
    assert not emulator.writes()


class FromNothing(t.NamedTuple):
    """An organization that was brought to the baseline: the plan before, the run, and its calls."""

    emulator: Emulator
    plan: Run
    run: Run
    actions: dict[str, set[str]]


@pytest.fixture(scope="module")
def from_nothing() -> c.Iterator[FromNothing]:
    with EmulatorProcess() as emulator:
        organization(emulator, DETAILS, policy_types=["SERVICE_CONTROL_POLICY"])
        make_team_queue(emulator)
        emulator.clear_calls()
        plan = succeeded(baseline(emulator, "--check", "--diff"))
        assert not emulator.writes(), "check mode writes"
        run = succeeded(baseline(emulator))
        assert planned_writes(run.changes()) == writes(emulator)
        actions: dict[str, set[str]] = {}
        for call in emulator.calls():
            actions.setdefault(call.account, set()).add(f"{call.service}:{call.operation}")
        unchanged(emulator)
        yield FromNothing(emulator, plan, run, actions)
        assert not emulator.lacking()


def test_a_plan_of_nothing_is_what_the_run_does(from_nothing: FromNothing) -> None:
    """S001-04, S001-19, S001-44, S001-45, S001-51, S001-59: in this order, everything works from nothing."""
    planned, done = from_nothing.plan.changes(), from_nothing.run.changes()
    assert planned
    assert known(planned, done) == done


def test_nobody_needs_more_than_the_page_of_permissions_says(from_nothing: FromNothing) -> None:
    kinds = {MANAGEMENT: "management", LOG_ARCHIVE: "log archive", SECURITY: "security"}
    for account, used in from_nothing.actions.items():
        names = [EVERY, *(name for name in KINDS if f"The {kinds.get(account)} account" in name)]
        given = {action for name in names for purpose in ("read", "write") for action in actions_of_kind(name, purpose)}
        if account == MANAGEMENT:
            given |= {"sts:AssumeRole", *PERMISSIONS}  # of the inventory
        assert {iam_action(one) for one in used} <= given, NAMES[account]


def test_members_see_what_they_cannot_change(from_nothing: FromNothing) -> None:
    """S001-02, S001-23, S001-37: every account is recorded, and none can end that."""
    for member in MEMBERS:
        trails = from_nothing.emulator.client("cloudtrail", HOME, member)
        (trail,) = trails.describe_trails()["trailList"]
        assert trail["IsOrganizationTrail"] and f":{MANAGEMENT}:" in trail["TrailARN"]
        assert trails.get_trail_status(Name=trail["TrailARN"])["IsLogging"]
        with pytest.raises(ClientError, match=r"NotOrganization|AccessDenied"):
            trails.stop_logging(Name=trail["TrailARN"])
        for region in REGIONS:
            recorders = from_nothing.emulator.client("config", region, member)
            (status,) = recorders.describe_configuration_recorder_status()["ConfigurationRecordersStatus"]
            assert status["recording"], (member, region)


def test_drift_in_one_member_is_found_and_put_right(from_nothing: FromNothing) -> None:
    emulator, member = from_nothing.emulator, MEMBERS[1]
    recorder = emulator.client("config", "eu-west-1", member)
    name = recorder.describe_configuration_recorders()["ConfigurationRecorders"][0]["name"]
    recorder.stop_configuration_recorder(ConfigurationRecorderName=name)
    emulator.client("iam", HOME, member).delete_account_password_policy()

    run = succeeded(baseline(emulator, "--limit", NAMES[member]))

    assert {(change["account_id"], change["type"], change["region"]) for change in run.changes()} == {
        (member, "AWS::Config::ConfigurationRecorderStatus", "eu-west-1"),
        (member, "AWS::IAM::AccountPasswordPolicy", "global"),
    }


def test_an_account_that_joins_is_served_without_an_edit(from_nothing: FromNothing) -> None:
    """S001-02, S002-02, S002-14, S001-59."""
    emulator = from_nothing.emulator
    joined = join(emulator, "analytics")

    run = succeeded(baseline(emulator))

    assert run.stats["analytics"]["changed"]
    elsewhere = {change["account_id"] for change in run.changes()} - {joined}
    # whoever leads all accounts may have to add it to a list
    assert elsewhere <= {SECURITY}
    unchanged(emulator, "--limit", "analytics,acme-security")


def test_each_failing_account_says_why_and_the_others_are_served(from_nothing: FromNothing) -> None:
    """S002-05: a member without the role, one with a region denied by a policy, and a suspended one."""
    emulator = from_nothing.emulator
    without_role, denied, drifted = MEMBERS
    iam = emulator.client("iam", HOME, without_role)
    trust = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(TRUSTS_NOBODY))
    region = "eu-north-1"
    policy = attach_denial(emulator, denied, region)
    emulator.client("iam", HOME, drifted).delete_account_password_policy()
    emulator.set_account_status(join(emulator, "gone"), "SUSPENDED")

    run = baseline(emulator)

    assert run.returncode == 2
    failed = {task["host"]: task for task in run.tasks() if task.get("failed")}
    assert set(failed) == {NAMES[without_role], NAMES[denied]}
    assert f"sts:AssumeRole on resource: arn:aws:iam::{without_role}:role/{ROLE}" in failed[NAMES[without_role]]["msg"]
    errors = failed[NAMES[denied]]["errors"]
    assert {(error["account_id"], error["region"], error["denied_by"]) for error in errors} == {
        (denied, region, "service control policy")
    }
    assert "policy of the organization denies it" in failed[NAMES[denied]]["msg"]
    assert "gone" not in run.stats and "gone" in run.stderr
    # what could be done was done
    assert {change["account_id"] for change in run.changes()} >= {drifted}
    named = next(task for task in run.tasks() if task["task"].startswith("Name the accounts that failed"))
    assert named["msg"]["accounts_that_failed"] == {NAMES[without_role]: without_role, NAMES[denied]: denied}

    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=json.dumps(trust))
    detach_denial(emulator, denied, policy)
    unchanged(emulator)


def join(emulator: Emulator, name: str) -> str:
    """Let the management account make an account; its id."""
    client = emulator.client("organizations", account_id=MANAGEMENT)
    answer = client.create_account(AccountName=name, Email=f"{name}@acme.example")
    return str(answer["CreateAccountStatus"]["AccountId"])


def attach_denial(emulator: Emulator, account: str, region: str) -> str:
    """Deny an account all but global services in a region, as landing zones do; the policy's id."""
    client = emulator.client("organizations", account_id=MANAGEMENT)
    statement = {
        "Effect": "Deny",
        "NotAction": ["iam:*", "sts:*", "organizations:*"],
        "Resource": "*",
        "Condition": {"StringEquals": {"aws:RequestedRegion": region}},
    }
    content = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = client.create_policy(Name="deny-region", Description="", Type="SERVICE_CONTROL_POLICY", Content=content)[
        "Policy"
    ]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=policy, TargetId=account)
    return str(policy)


def detach_denial(emulator: Emulator, account: str, policy: str) -> None:
    client = emulator.client("organizations", account_id=MANAGEMENT)
    client.detach_policy(PolicyId=policy, TargetId=account)
    client.delete_policy(PolicyId=policy)


def test_throttled_organization_converges(emulator: Emulator) -> None:
    organization(emulator, DETAILS)
    make_team_queue(emulator)
    variables = {"aws_baseline_regions": [HOME]}
    emulator.settings(fault_rate=0.3, fault_kind="throttle", seed=3)
    succeeded(baseline(emulator, variables=variables))
    emulator.settings(fault_rate=0.0)
    unchanged(emulator, variables=variables)
