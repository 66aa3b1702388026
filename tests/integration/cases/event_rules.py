# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Two rules in two regions, one of which sends to a topic and a queue."""

from __future__ import annotations

import json
import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

OTHER_REGION = "us-east-1"
FINDINGS, ROOT = "baseline-findings", "baseline-root"
HERE = "${AWS::Region}:${AWS::AccountId}"
TOPIC_ARN = f"arn:${{AWS::Partition}}:sns:{HERE}:findings"
QUEUE_ARN = f"arn:${{AWS::Partition}}:sqs:{HERE}:undelivered"
SEVERE = {"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">", 6]}]}}
ALL = {"source": ["aws.guardduty", "aws.securityhub"], "account": ["${AWS::AccountId}"]}
FORWARDING = {
    "name": "forward-events",
    "assume_role_policy": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}},
            }
        ],
    },
}
HOME = {
    "id": "home",
    "arn": f"arn:${{AWS::Partition}}:events:{HOME_REGION}:${{AWS::AccountId}}:event-bus/default",
    "role_arn": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/forward-events",
}
TAGS = st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"]))

_input = st.sampled_from(
    [
        {},
        {"input": {"text": "finding"}},
        {"input_path": "$.detail"},
        {"input_transformer": {"input_template": '"<aws.events.rule-name>"'}},
        {"input_transformer": {"input_paths_map": {"n": "$.detail.severity"}, "input_template": '{"severity": <n>}'}},
    ]
)
_topic = st.fixed_dictionaries(
    {"id": st.just("topic"), "arn": st.just(TOPIC_ARN)},
    optional={
        "dead_letter_config": st.just({"arn": QUEUE_ARN}),
        "retry_policy": st.sampled_from([{}, {"maximum_retry_attempts": 3}]),
    },
)
_queue = st.just({"id": "queue", "arn": QUEUE_ARN})
_targets = st.builds(
    lambda topic, how, queue: [target for target in (topic and {**topic, **how}, queue) if target],
    _topic | st.none(),
    _input,
    _queue | st.none(),
)
_findings = st.fixed_dictionaries(
    {"name": st.just(FINDINGS), "event_pattern": st.sampled_from([SEVERE, ALL])},
    optional={
        "description": st.sampled_from(["", "Findings"]),
        "rule_state": st.sampled_from(["ENABLED", "DISABLED"]),
        "targets": _targets,
        "tags": TAGS,
    },
)
_root = st.fixed_dictionaries(
    {"name": st.just(ROOT), "schedule_expression": st.sampled_from(["rate(1 hour)", "cron(0 8 * * ? *)"])}
)
_absent = st.fixed_dictionaries({"name": st.sampled_from([FINDINGS, ROOT]), "state": st.just("absent")})

ARGUMENTS = st.fixed_dictionaries(
    {
        "regions": st.sampled_from([[HOME_REGION], [HOME_REGION, OTHER_REGION]]),
        "rules": st.lists(_findings | _root | _absent, max_size=2, unique_by=lambda rule: rule["name"]),
    },
    optional={"purge": st.booleans(), "purge_prefix": st.just("baseline-")},
).map(lambda arguments: {"purge_prefix": "baseline-", **arguments})

TYPICAL: dict[str, t.Any] = {
    "regions": [HOME_REGION, OTHER_REGION],
    "role": FORWARDING,
    "rules": [
        {
            "name": FINDINGS,
            "description": "Findings",
            "event_pattern": SEVERE,
            "targets": [
                {
                    "id": "topic",
                    "arn": TOPIC_ARN,
                    "input_transformer": {
                        "input_paths_map": {"severity": "$.detail.severity"},
                        "input_template": '"Severity <severity>"',
                    },
                    "dead_letter_config": {"arn": QUEUE_ARN},
                    "retry_policy": {"maximum_event_age_in_seconds": 3600},
                },
                {"id": "queue", "arn": QUEUE_ARN, "input": {"text": "finding"}},
                HOME,
            ],
            "tags": {"Team": "infosec"},
        },
        {"name": ROOT, "schedule_expression": "rate(1 hour)", "rule_state": "DISABLED", "targets": []},
    ],
    "purge": True,
    "purge_prefix": "baseline-",
}


def _events(emulator: Emulator) -> t.Any:
    return emulator.client("events", OTHER_REGION, ACCOUNT_ID)


def _rule(emulator: Emulator, name: str = FINDINGS) -> dict[str, t.Any] | None:
    rules = _events(emulator).list_rules(NamePrefix=name)["Rules"]
    return rules[0] if rules else None


def _put(emulator: Emulator, **changes: t.Any) -> None:
    rule = _rule(emulator)
    if rule:
        kept = ("Name", "Description", "EventPattern", "ScheduleExpression", "State")
        _events(emulator).put_rule(**{**{key: rule[key] for key in kept if key in rule}, **changes})


def _target_ids(emulator: Emulator) -> list[str]:
    if not _rule(emulator):
        return []
    return [target["Id"] for target in _events(emulator).list_targets_by_rule(Rule=FINDINGS)["Targets"]]


def rule_disabled(emulator: Emulator) -> None:
    if _rule(emulator):
        _events(emulator).disable_rule(Name=FINDINGS)


def rule_deleted(emulator: Emulator) -> None:
    targets_removed(emulator)
    _events(emulator).delete_rule(Name=FINDINGS)


def pattern_edited(emulator: Emulator) -> None:
    _put(emulator, EventPattern=json.dumps({**SEVERE, "detail": {"severity": [{"numeric": [">", 8]}]}}))


def description_edited(emulator: Emulator) -> None:
    _put(emulator, Description="Nothing")


def targets_removed(emulator: Emulator) -> None:
    ids = _target_ids(emulator)
    if ids:
        _events(emulator).remove_targets(Rule=FINDINGS, Ids=ids)


def target_edited(emulator: Emulator) -> None:
    if "topic" in _target_ids(emulator):
        target = {"Id": "topic", "Arn": f"arn:aws:sns:{OTHER_REGION}:{ACCOUNT_ID}:elsewhere"}
        _events(emulator).put_targets(Rule=FINDINGS, Targets=[target])


def target_added(emulator: Emulator) -> None:
    if _rule(emulator):
        target = {"Id": "somebody", "Arn": f"arn:aws:sns:{OTHER_REGION}:{ACCOUNT_ID}:elsewhere"}
        _events(emulator).put_targets(Rule=FINDINGS, Targets=[target])


def tags_edited(emulator: Emulator) -> None:
    rule = _rule(emulator)
    if rule:
        _events(emulator).untag_resource(ResourceARN=rule["Arn"], TagKeys=["Team"])
        _events(emulator).tag_resource(ResourceARN=rule["Arn"], Tags=[{"Key": "Other", "Value": "tag"}])


def rule_of_ours_left(emulator: Emulator) -> None:
    _events(emulator).put_rule(Name="baseline-old", EventPattern=json.dumps(SEVERE))
    target = {"Id": "topic", "Arn": f"arn:aws:sns:{OTHER_REGION}:{ACCOUNT_ID}:findings"}
    _events(emulator).put_targets(Rule="baseline-old", Targets=[target])


def foreign_rule_added(emulator: Emulator) -> None:
    _events(emulator).put_rule(Name="somebody-elses", EventPattern=json.dumps(SEVERE))


CASES = [
    Case(
        module="event_rules",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::Events::Rule", "AWS::IAM::Role"}),
        drifts=(
            rule_disabled,
            rule_deleted,
            pattern_edited,
            description_edited,
            targets_removed,
            target_edited,
            target_added,
            tags_edited,
            rule_of_ours_left,
            foreign_rule_added,
        ),
    )
]
