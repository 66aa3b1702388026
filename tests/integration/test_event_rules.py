# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the properties of event_rules do not show."""

from __future__ import annotations

import json
import typing as t

import pytest

from tests.emulator.client import Emulator
from tests.integration.cases import event_rules as case
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")

MODULE = "event_rules"
REGIONS = {"regions": [HOME_REGION]}
TARGET = {"id": "topic", "arn": case.TOPIC_ARN}


def one(**options: t.Any) -> dict[str, t.Any]:
    return {**REGIONS, "rules": [{"name": "findings", "event_pattern": case.SEVERE, **options}]}


def with_target(**options: t.Any) -> dict[str, t.Any]:
    return one(targets=[{**TARGET, **options}])


def run(emulator: Emulator, arguments: dict[str, t.Any]) -> list[dict[str, t.Any]]:
    result = converge(emulator, MODULE, arguments)
    assert not result.get("failed"), result["msg"]
    return list(result["changes"])


def events(emulator: Emulator, region: str = HOME_REGION) -> t.Any:
    return emulator.client("events", region, ACCOUNT_ID)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (one(name="a b"), "rules[0].name: 'a b'"),
        (one(event_bus_name="a b"), "rules[0].event_bus_name: 'a b'"),
        (one(event_pattern=None), "rules[0].event_pattern: None"),
        (
            one(event_pattern={"source": ["aws.guardduty"], "detail.severity": [{"numeric": [">", 6]}]}),
            'Write a level for each name: {"detail": {"severity": [{"numeric": [">", 6]}]}}',
        ),
        (one(event_pattern={"source": "aws.guardduty"}), "rules[0].event_pattern (findings)"),
        (one(schedule_expression="rate(1 hours)"), "rules[0].schedule_expression: 'rate(1 hours)'"),
        (one(schedule_expression="rate(1 hour)", event_bus_name="partner"), "rules[0].schedule_expression"),
        (one(description="d" * 513), "rules[0].description"),
        (one(rule_state="OFF"), "rule_state"),
        (one(targets=[TARGET, TARGET]), "rules[0].targets: ['topic', 'topic']"),
        (one(targets=[{**TARGET, "id": str(number)} for number in range(6)]), "up to 5 targets"),
        (with_target(id="a b"), "rules[0].targets[0].id: 'a b'"),
        (with_target(arn="findings"), "rules[0].targets[0].arn: 'findings'"),
        (with_target(role_arn="role"), "rules[0].targets[0].role_arn: 'role'"),
        (with_target(dead_letter_config={"arn": case.TOPIC_ARN}), "rules[0].targets[0].dead_letter_config.arn"),
        (with_target(retry_policy={"maximum_retry_attempts": 186}), "retry_policy.maximum_retry_attempts: 186"),
        (with_target(retry_policy={"maximum_event_age_in_seconds": 59}), "maximum_event_age_in_seconds: 59"),
        (with_target(input="{"), "rules[0].targets[0].input: '{'"),
        (with_target(input_path="detail"), "rules[0].targets[0].input_path: 'detail'"),
        (with_target(input="{}", input_path="$.detail"), "rules[0].targets[0].input_path: '$.detail'"),
        (
            with_target(input_transformer={"input_paths_map": {"a": "b"}, "input_template": "<a>"}),
            "input_transformer.input_paths_map.a: 'b'",
        ),
        (
            with_target(input_transformer={"input_paths_map": {"a b": "$.b"}, "input_template": "x"}),
            "input_transformer.input_paths_map: 'a b'",
        ),
        (with_target(input_transformer={"input_template": "<severity>"}), "input_template: '<severity>'"),
        ({**one(), "purge": True}, "purge_prefix"),
        ({**one(), "regions": ["nowhere-1"]}, "regions"),
    ],
)
def test_wrong_options_are_refused_before_the_first_call(
    emulator: Emulator, arguments: dict[str, t.Any], message: str
) -> None:
    """T-11: a flattened key is refused with what to write instead."""
    result = converge(emulator, MODULE, arguments)
    assert result["failed"]
    assert message in result["msg"]
    assert not emulator.calls()


def test_each_change_takes_the_calls_that_it_needs(emulator: Emulator) -> None:
    """S001-54: a rule for GuardDuty's findings with the topic as its target; then S001-55 and S001-56."""

    def operations(arguments: dict[str, t.Any]) -> list[str]:
        return [name for change in run(emulator, arguments) for name in change["operations"]]

    put, targets = "events:PutRule", "events:PutTargets"
    assert operations(one(event_pattern={"source": ["aws.guardduty"]}, targets=[TARGET], tags={"a": "b"})) == [
        put,
        targets,
    ]
    kind = {"source": ["aws.guardduty"], "detail": {"type": ["UnauthorizedAccess:EC2/MaliciousIPCaller.Custom"]}}
    assert operations(one(event_pattern=kind)) == [put]
    assert operations(one(description="d", tags={"c": "d"})) == [put, "events:UntagResource", "events:TagResource"]
    assert operations(one(targets=[TARGET], tags={"c": "d"})) == []
    assert operations(one(targets=[{**TARGET, "retry_policy": {}}])) == []
    assert operations(one(targets=[{**TARGET, "input_path": "$.detail"}])) == [targets]
    assert operations(one(targets=[{**TARGET, "id": "other"}])) == ["events:RemoveTargets", targets]
    assert operations(one(rule_state="DISABLED")) == [put]
    found = events(emulator).describe_rule(Name="findings")
    assert (found["State"], found["Description"]) == ("DISABLED", "d")
    assert json.loads(found["EventPattern"]) == case.SEVERE
    assert operations({**REGIONS, "rules": [{"name": "findings", "state": "absent"}]}) == [
        "events:RemoveTargets",
        "events:DeleteRule",
    ]


def test_a_pattern_that_means_the_same_is_left_alone(emulator: Emulator) -> None:
    text = '{\n  "detail": {"severity": [{"numeric": [">", 6]}]},\n  "source": ["aws.securityhub", "aws.guardduty"]}'
    events(emulator).put_rule(Name="findings", EventPattern=text)
    pattern = {"source": ["aws.guardduty", "aws.securityhub"], "detail": {"severity": [{"numeric": [">", 6]}]}}
    assert run(emulator, one(event_pattern=pattern)) == []
    assert run(emulator, one(event_pattern=json.dumps(pattern))) == []


def test_what_is_not_declared_survives(emulator: Emulator) -> None:
    """A rule that exists is taken over, with its role, its targets and its tags."""
    trusted = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}
    trust = {"Version": "2012-10-17", "Statement": [trusted]}
    iam = emulator.client("iam", HOME_REGION, ACCOUNT_ID)
    role = iam.create_role(RoleName="events", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    pattern = json.dumps({"source": ["aws.guardduty"]})
    tags = [{"Key": "a", "Value": "b"}]
    events(emulator).put_rule(Name="findings", EventPattern=pattern, RoleArn=role, Description="d", Tags=tags)
    topic = f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:elsewhere"
    events(emulator).put_targets(Rule="findings", Targets=[{"Id": "t", "Arn": topic}])
    changes = run(emulator, one())
    assert [(change["action"], sorted(change["before"])) for change in changes] == [("update", ["event_pattern"])]
    found = events(emulator).describe_rule(Name="findings")
    assert (found["RoleArn"], found["Description"]) == (role, "d")
    assert len(events(emulator).list_targets_by_rule(Rule="findings")["Targets"]) == 1
    assert events(emulator).list_tags_for_resource(ResourceARN=found["Arn"])["Tags"] == tags


def test_other_settings_of_a_declared_target_are_removed(emulator: Emulator) -> None:
    run(emulator, one())
    queue = f"arn:aws:sqs:{HOME_REGION}:{ACCOUNT_ID}:undelivered"
    target = {"Id": "queue", "Arn": queue, "SqsParameters": {"MessageGroupId": "g"}}
    events(emulator).put_targets(Rule="findings", Targets=[target])
    run(emulator, one(targets=[{"id": "queue", "arn": case.QUEUE_ARN}]))
    assert events(emulator).list_targets_by_rule(Rule="findings")["Targets"] == [{"Id": "queue", "Arn": queue}]


def test_rules_of_aws_services_are_never_touched(emulator: Emulator) -> None:
    for name in ("baseline-managed", "findings"):
        emulator.create_managed_rule(name, "inspector2.amazonaws.com", {"source": ["aws.ecr"]}, ACCOUNT_ID, HOME_REGION)
    arguments = one()
    arguments["rules"].append({"name": "other", "event_pattern": case.SEVERE})
    for check_mode in (True, False):
        result = converge(emulator, MODULE, {**arguments, "purge": True, "purge_prefix": "baseline-"}, check_mode)
        assert [(error["key"], error["code"]) for error in result["errors"]] == [("findings", "ManagedByService")]
        assert "inspector2.amazonaws.com manages it" in result["msg"]
        assert [(change["action"], change["key"]) for change in result["changes"]] == [("create", "other")]
    assert [call.operation for call in emulator.writes(service="events")] == ["PutRule"]


def test_a_bus_of_ones_own(emulator: Emulator) -> None:
    arguments = {**one(event_bus_name="partner", targets=[TARGET]), "purge": True, "purge_prefix": "f"}
    planned = converge(emulator, MODULE, arguments, check_mode=True)
    assert [change["key"] for change in planned["changes"]] == ["findings@partner"]
    failed = converge(emulator, MODULE, arguments)
    assert [(error["code"], error["operation"]) for error in failed["errors"]] == [
        ("ResourceNotFoundException", "events:PutRule")
    ]
    events(emulator).create_event_bus(Name="partner")
    run(emulator, arguments)
    for name in ("f-old", "other"):
        events(emulator).put_rule(Name=name, EventPattern=json.dumps(case.SEVERE), EventBusName="partner")
    changes = run(emulator, arguments)
    assert [(change["action"], change["key"]) for change in changes] == [("delete", "f-old@partner")]


def test_every_enabled_region_has_the_rule_and_an_unchanged_run_is_cheap(emulator: Emulator) -> None:
    arguments = {"rules": one(targets=[TARGET])["rules"], "exclude_regions": ["us-east-1"]}
    changes = run(emulator, arguments)
    assert len(changes) > 15
    assert "us-east-1" not in {change["region"] for change in changes}
    emulator.clear_calls()
    assert run(emulator, arguments) == []
    assert {call.operation for call in emulator.calls(service="events")} == {"ListRules", "ListTargetsByRule"}
    assert len(emulator.calls(service="events")) == 2 * len(changes)
    targets = events(emulator, "eu-west-1").list_targets_by_rule(Rule="findings")["Targets"]
    assert targets == [{"Id": "topic", "Arn": f"arn:aws:sns:eu-west-1:{ACCOUNT_ID}:findings"}]


def test_a_region_that_is_denied_keeps_no_other_from_converging(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "events:PutTargets", "region": "us-east-1"}])
    arguments = {**one(targets=[TARGET]), "regions": [HOME_REGION, "us-east-1"]}
    result = converge(emulator, MODULE, arguments)
    assert [(error["region"], error["permission"]) for error in result["errors"]] == [
        ("us-east-1", "events:PutTargets")
    ]
    assert [(change["region"], change["operations"]) for change in result["changes"]] == [
        (HOME_REGION, ["events:PutRule", "events:PutTargets"]),
        ("us-east-1", ["events:PutRule"]),
    ]
    emulator.settings(denials=[])
    assert [change["operations"] for change in run(emulator, arguments)] == [["events:PutTargets"]]
