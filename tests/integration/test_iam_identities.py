# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the properties of iam_identities cannot show: what is refused, how errors read, what an unchanged run costs."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import resource_type
from tests.emulator.client import Emulator
from tests.integration.cases.iam_identities import (
    CASES,
    FOREIGN_POLICY,
    POLICY,
    document,
    policy_edited_until_versions_are_full,
    trust,
)
from tests.support.cases import ACCOUNT_ID
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")

TYPICAL = CASES[0].typical
EC2_TRUST = trust("ec2.amazonaws.com")


def run(emulator: Emulator, check_mode: bool = False, **arguments: t.Any) -> dict[str, t.Any]:
    return converge(emulator, "iam_identities", arguments, check_mode)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"managed_policies": [{"name": "P"}]}, "document"),
        ({"managed_policies": [{"name": "P", "document": {"Version": "2012-10-17"}}]}, "managed_policies[0].document"),
        ({"managed_policies": [{"name": "a b", "document": document("s3:*")}]}, "managed_policies[0].name"),
        ({"managed_policies": [{"name": "P", "path": "x", "document": document("s3:*")}]}, "managed_policies[0].path"),
        ({"groups": [{"name": "G"}, {"name": "G" * 129}]}, "groups[1].name"),
        ({"groups": [{"name": "G", "path": "/x"}]}, "groups[0].path"),
        ({"roles": [{"name": "R"}]}, "assume_role_policy"),
        ({"roles": [{"name": "R" * 65, "assume_role_policy": EC2_TRUST}]}, "roles[0].name"),
        ({"roles": [{"name": "R", "assume_role_policy": document("s3:*")}]}, "roles[0].assume_role_policy"),
        (
            {"roles": [{"name": "R", "assume_role_policy": EC2_TRUST, "max_session_duration": 900}]},
            "roles[0].max_session_duration",
        ),
        (
            {"roles": [{"name": "R", "assume_role_policy": EC2_TRUST, "inline_policies": {"one": EC2_TRUST}}]},
            "roles[0].inline_policies.one",
        ),
        (
            {
                "managed_policies": [{"name": "P", "state": "absent"}],
                "groups": [{"name": "G", "managed_policies": ["P"]}],
            },
            "groups[0].managed_policies",
        ),
    ],
)
def test_bad_options_are_refused_before_the_first_call(
    emulator: Emulator, arguments: dict[str, t.Any], message: str
) -> None:
    result = run(emulator, **arguments)
    assert result["failed"]
    assert message in result["msg"]
    assert emulator.calls() == []


def test_a_document_of_the_largest_size_may_contain_pseudo_parameters(emulator: Emulator) -> None:
    """They are longer than what they stand for, which is what AWS counts."""
    resources = ["arn:${AWS::Partition}:iam::${AWS::AccountId}:user/" + "u" * 50] * 66
    large = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "iam:*", "Resource": resources}]}
    assert len(json.dumps(large, separators=(",", ":"))) > 6144
    assert not run(emulator, managed_policies=[{"name": "Large", "document": large}]).get("failed")


@pytest.mark.parametrize("check_mode", [True, False])
def test_unknown_members_are_named_and_nothing_is_written(emulator: Emulator, check_mode: bool) -> None:
    result = run(emulator, check_mode, groups=[{"name": "First"}, {"name": "Group", "members": ["nobody"]}])
    assert result["failed"]
    assert "members of group Group: ['nobody']" in result["msg"]
    assert emulator.writes() == []


@pytest.mark.parametrize("check_mode", [True, False])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("managed_policies", {"document": document("s3:*")}),
        ("roles", {"assume_role_policy": EC2_TRUST, "instance_profile": True}),
    ],
)
def test_another_path_is_an_error_and_nothing_is_written(
    emulator: Emulator, kind: str, options: dict[str, t.Any], check_mode: bool
) -> None:
    run(emulator, **{kind: [{"name": "Name", "path": "/old/", **options}]})
    emulator.clear_calls()
    result = run(emulator, check_mode, groups=[{"name": "G"}], **{kind: [{"name": "Name", "path": "/new/", **options}]})
    assert result["failed"]
    assert "Name: '/new/' is not accepted. Allowed: the one it has, /old/" in result["msg"]
    assert emulator.writes() == []


def test_an_unchanged_run_costs_three_reads(emulator: Emulator) -> None:
    CASES[0].prepare(emulator)
    untagged = [{**policy, "tags": None} for policy in TYPICAL["managed_policies"]]
    many = [{"name": f"Extra{number}", "document": document("s3:*")} for number in range(10)]
    arguments = {**TYPICAL, "managed_policies": untagged + many}
    run(emulator, **arguments)
    emulator.clear_calls()
    result = run(emulator, **arguments)
    assert not result["changed"]
    operations = [call.operation for call in emulator.calls(service="iam")]
    assert sorted(operations) == ["GetAccountAuthorizationDetails", "GetAccountAuthorizationDetails", "ListRoles"]


def test_users_are_not_read_unless_members_are_declared(emulator: Emulator) -> None:
    group = {"name": "Group", "managed_policies": ["SecurityAudit"]}
    run(emulator, groups=[group])
    emulator.clear_calls()
    run(emulator, groups=[group])
    assert [call.operation for call in emulator.calls(service="iam")] == ["GetAccountAuthorizationDetails"]


def test_a_name_is_a_policy_of_the_same_call_or_one_of_aws(emulator: Emulator) -> None:
    result = run(
        emulator,
        managed_policies=[{"name": "SecurityAudit", "path": "/own/", "document": document("s3:ListAllMyBuckets")}],
        groups=[{"name": "Group", "managed_policies": ["SecurityAudit", "service-role/AWS_ConfigRole", POLICY]}],
        check_mode=True,
    )
    assert set(result["changes"][-1]["after"]["managed_policies"]) == {
        f"arn:aws:iam::{ACCOUNT_ID}:policy/own/SecurityAudit",
        "arn:aws:iam::aws:policy/service-role/AWS_ConfigRole",
        POLICY,
    }


def test_names_hold_in_other_partitions(emulator: Emulator) -> None:
    arguments = {
        "managed_policies": [{"name": "P", "document": document("s3:ListAllMyBuckets")}],
        "groups": [{"name": "Group", "managed_policies": ["P", "SecurityAudit"]}],
    }
    result = converge(emulator, "iam_identities", arguments, region="us-gov-west-1")
    assert not result.get("failed"), result["msg"]
    assert set(result["changes"][-1]["after"]["managed_policies"]) == {
        f"arn:aws-us-gov:iam::{ACCOUNT_ID}:policy/P",
        "arn:aws-us-gov:iam::aws:policy/SecurityAudit",
    }


def test_the_oldest_unused_version_makes_room(emulator: Emulator) -> None:
    CASES[0].prepare(emulator)
    run(emulator, **TYPICAL)
    for _round in range(2):
        policy_edited_until_versions_are_full(emulator)
    versions = emulator.client("iam").list_policy_versions(PolicyArn=POLICY)["Versions"]
    assert {"v9", "v10"} < {version["VersionId"] for version in versions}, "numbers that sort otherwise as text"
    oldest = min(int(version["VersionId"][1:]) for version in versions)
    change = run(emulator, **TYPICAL)["changes"][0]
    assert change["operations"] == ["iam:DeletePolicyVersion", "iam:CreatePolicyVersion"]
    left = emulator.client("iam").list_policy_versions(PolicyArn=POLICY)["Versions"]
    assert f"v{oldest}" not in [version["VersionId"] for version in left]
    assert len(left) == len(versions)


def test_the_description_changes_without_the_session_duration(emulator: Emulator) -> None:
    role = {"name": "Role", "assume_role_policy": EC2_TRUST}
    run(emulator, roles=[{**role, "description": "old", "max_session_duration": 7200}])
    run(emulator, roles=[{**role, "description": "new"}])
    found = emulator.client("iam").get_role(RoleName="Role")["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("new", 7200)


def test_the_description_of_a_policy_is_not_compared(emulator: Emulator) -> None:
    policy = {"name": "P", "document": document("s3:ListAllMyBuckets")}
    run(emulator, managed_policies=[{**policy, "description": "old"}])
    assert not run(emulator, managed_policies=[{**policy, "description": "new"}])["changed"]


def test_tags_of_aws_are_not_ours() -> None:
    """CloudFormation sets some that nobody else can set or remove."""
    tags = [{"Key": "aws:cloudformation:stack-name", "Value": "s"}, {"Key": "owner", "Value": "o"}]
    role = {"RoleName": "R", "Path": "/", "Arn": "arn", "AssumeRolePolicyDocument": EC2_TRUST, "Tags": tags}

    class Client:
        def pages_once(self, operation: str, items: str, **parameters: t.Any) -> list[t.Any]:
            return [{"RoleDetailList": [role]}]

    observed = resource_type("AWS::IAM::Role").read(Client(), {"R": {"tags": {}}}, ())  # type: ignore[arg-type]
    assert observed["R"].fields["tags"] == {"owner": "o"}


def test_what_needs_a_policy_that_failed_is_not_tried_and_the_rest_is_done(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "iam:CreatePolicy"}])
    arguments = {
        "managed_policies": [{"name": "P", "document": document("s3:*")}],
        "groups": [{"name": "Needs", "managed_policies": ["P"]}, {"name": "Free", "managed_policies": []}],
        "roles": [{"name": "Bounded", "assume_role_policy": EC2_TRUST, "permissions_boundary": "P"}],
    }
    result = run(emulator, **arguments)
    assert result["failed"]
    assert [change["key"] for change in result["changes"]] == ["Free"]
    errors = {error["key"]: error for error in result["errors"]}
    assert errors["P"]["permission"] == "iam:CreatePolicy"
    assert errors["Needs"]["code"] == errors["Bounded"]["code"] == "PrerequisiteFailed"
    assert "AWS::IAM::ManagedPolicy P failed" in errors["Needs"]["message"]


def test_a_policy_in_use_elsewhere_is_not_deleted(emulator: Emulator) -> None:
    CASES[0].prepare(emulator)
    run(emulator, groups=[{"name": "Group", "managed_policies": [FOREIGN_POLICY]}])
    result = run(emulator, managed_policies=[{"name": "Foreign", "state": "absent"}])
    assert [error["code"] for error in result["errors"]] == ["DeleteConflict"]
    emulator.client("iam").get_policy(PolicyArn=FOREIGN_POLICY)


def test_everything_goes_in_one_call(emulator: Emulator) -> None:
    CASES[0].prepare(emulator)
    run(emulator, **TYPICAL)
    absent = {
        kind: [{"name": item["name"], "state": "absent"} for item in TYPICAL[kind]]
        for kind in ("managed_policies", "groups", "roles")
    }
    result = run(emulator, **absent)
    assert not result.get("failed"), result["msg"]
    types = [change["type"].rsplit("::")[-1] for change in result["changes"]]
    assert types.index("InstanceProfile") < types.index("Role") < types.index("ManagedPolicy")
    assert not run(emulator, **absent)["changed"]


def test_the_diff_names_what_is_attached(emulator: Emulator) -> None:
    CASES[0].prepare(emulator)
    group = {"name": "Group", "managed_policies": [FOREIGN_POLICY, "SecurityAudit"]}
    run(emulator, groups=[{**group, "managed_policies": [FOREIGN_POLICY]}])
    (diff,) = run(emulator, check_mode=True, groups=[group])["diff"]
    assert diff["before"] == f"managed_policies:\n  - {FOREIGN_POLICY}\n"
    assert diff["after"] == diff["before"] + "  - arn:aws:iam::aws:policy/SecurityAudit\n"
