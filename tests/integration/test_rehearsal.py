# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rehearsal: whatever breaks on the way from an event to a person, it is named, and indeed nobody is told."""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from tests.emulator.client import Emulator
from tests.integration.test_detection import VARIABLES
from tests.support import pipeline
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.playbook import ansible_playbook
from tests.support.run import converge

MODULE = "alarm_rehearsal"
ROOT_ACCESS = "demo--RootAccess"
EVERYBODY = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
ELSEWHERE = "eu-west-1"
RECORD = {
    "eventSource": "ec2.amazonaws.com",
    "eventName": "RunInstances",
    "eventType": "AwsApiCall",
    "readOnly": False,
    "userIdentity": {"type": "Root", "accountId": ACCOUNT_ID, "arn": f"arn:aws:iam::{ACCOUNT_ID}:root"},
}


@dataclasses.dataclass(frozen=True)
class Recorded:
    """The tasks of a baseline with a single alarm, and that of its rehearsal: module and options of each.

    whole: what the rehearsal said of the baseline with all alarms.
    """

    tasks: list[tuple[str, dict[str, t.Any]]]
    whole: dict[str, t.Any]


@pytest.fixture(scope="module")
def recorded(emulator_process: Emulator) -> Recorded:
    emulator_process.reset()
    found = [*run_playbook(emulator_process, "baseline.yml", "--tags", "cloudtrail,alarms")]
    for message in emulator_process.confirmations():
        emulator_process.confirm_subscription(message["topic_arn"], message["endpoint"])
    found += run_playbook(emulator_process, "rehearse.yml")
    tasks = [
        (task["action"].removeprefix("secops.aws_baseline."), options_of(task["invocation"]["module_args"]))
        for task in found
        if task["action"].startswith("secops.aws_baseline.")
    ]
    mine = [(module, only_root_access(options)) for module, options in tasks if not options.get("validate_only")]
    return Recorded(mine, next(task for task in found if "rehearsal" in task))


def run_playbook(emulator: Emulator, name: str, *arguments: str) -> list[dict[str, t.Any]]:
    """Results of the tasks of a playbook that succeeds, with their options."""
    shows_options = {"ANSIBLE_INJECT_INVOCATION": "true"}
    run = ansible_playbook(
        emulator, name, "inventories/demo", *arguments, variables=VARIABLES, extra_environment=shows_options
    )
    assert run.returncode == 0, run.messages() or run.stdout[-3000:]
    return [task for task in run.tasks() if "invocation" in task]


def options_of(arguments: dict[str, t.Any]) -> dict[str, t.Any]:
    """The options that a task was given, without those that say how to connect."""
    connection = ("access_key", "secret_key", "session_token", "endpoint_url", "profile", "region", "aws_ca_bundle")
    return {name: value for name, value in given(arguments).items() if name not in connection}


def given(value: t.Any) -> t.Any:
    """A value without the options in it that nobody gave."""
    if isinstance(value, dict):
        return {name: given(item) for name, item in value.items() if item is not None}
    return [given(item) for item in value] if isinstance(value, list) else value


def only_root_access(options: dict[str, t.Any]) -> dict[str, t.Any]:
    options = copy.deepcopy(options)
    for holder in (options, options.get("plan", {})):
        for part in ("filters", "alarms"):
            if holder.get(part):
                holder[part] = [item for item in holder[part] if item["name"] == ROOT_ACCESS]
    if "plan" in options:
        options["plan"]["entries"] = [one for one in options["plan"]["entries"] if one["alarm"] == ROOT_ACCESS]
        options["stories"] = [one for one in options["stories"] if one["alarm_id"] == "root-access"]
    return options


@dataclasses.dataclass(frozen=True)
class Deployed:
    """A baseline with one alarm, and how to rehearse it."""

    emulator: Emulator
    options: dict[str, t.Any]

    def rehearse(self, check_mode: bool = False, **options: t.Any) -> dict[str, t.Any]:
        return converge(self.emulator, MODULE, {**self.options, **options}, check_mode)

    def client(self, service: str) -> t.Any:
        return self.emulator.client(service, HOME_REGION)

    @property
    def group(self) -> str:
        return self.options["log_group_name"]

    @property
    def trail(self) -> str:
        return self.client("cloudtrail").describe_trails()["trailList"][0]["TrailARN"]

    @property
    def role(self) -> str:
        found = self.client("cloudtrail").describe_trails()["trailList"][0]["CloudWatchLogsRoleArn"]
        return found.rpartition("/")[2]

    @property
    def alarm(self) -> dict[str, t.Any]:
        return self.client("cloudwatch").describe_alarms(AlarmNames=[ROOT_ACCESS])["MetricAlarms"][0]

    @property
    def topics(self) -> list[str]:
        return [
            f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:{arn.rpartition(':')[2]}"
            for arn in self.options["plan"]["alarms"][0]["alarm_actions"]
        ]

    @property
    def key(self) -> str:
        return self.client("kms").describe_key(KeyId="alias/security-notifications")["KeyMetadata"]["KeyId"]

    def put_alarm(self, **changes: t.Any) -> None:
        kept = {
            "AlarmName", "AlarmActions", "MetricName", "Namespace", "Statistic", "Period", "EvaluationPeriods",
            "Threshold", "ComparisonOperator", "TreatMissingData",
        }  # fmt: skip
        row = {name: value for name, value in self.alarm.items() if name in kept}
        self.client("cloudwatch").put_metric_alarm(**row | changes)

    def put_filter(self, pattern: str | None = None, **changes: t.Any) -> None:
        logs = self.client("logs")
        [row] = logs.describe_metric_filters(logGroupName=self.group)["metricFilters"]
        logs.put_metric_filter(
            logGroupName=self.group,
            filterName=row["filterName"],
            filterPattern=row["filterPattern"] if pattern is None else pattern,
            metricTransformations=[row["metricTransformations"][0] | changes],
        )

    def told(self, region: str = HOME_REGION) -> set[str]:
        """The topics that tell of an event that raises the alarm."""
        self.emulator.advance(600)
        before = len(self.emulator.outbox())
        pipeline.raise_event(self.emulator, RECORD, region=region, times=2)
        self.emulator.advance(60)
        return {mail["topic"] for mail in self.emulator.outbox()[before:] if ROOT_ACCESS in mail["message"]}


@pytest.fixture
def deployed(emulator: Emulator, no_aws_environment: None, recorded: Recorded) -> Deployed:
    """The recorded tasks once more, on an empty account, and subscribers who have confirmed."""
    for module, options in recorded.tasks:
        if module != MODULE:
            result = converge(emulator, module, options)
            assert not result.get("failed"), result["msg"]
    for message in emulator.confirmations():
        emulator.confirm_subscription(message["topic_arn"], message["endpoint"])
    emulator.clear_calls()
    [options] = [options for module, options in recorded.tasks if module == MODULE]
    return Deployed(emulator, options)


def test_every_alarm_of_the_baseline_fires(recorded: Recorded) -> None:
    """S000-29, S001-31, S002-13: with the stories of the catalogue, by AWS's evaluator too, and nothing to note."""
    rows = recorded.whole["rehearsal"]
    assert len(rows) > 40
    assert [row["because"] for row in rows if not row["fires"]] == []
    assert [line for line in recorded.whole["table"] if "(" in line] == []
    by_aws = [row["id"] for row in rows if any("by AWS as well" in link["detail"] for link in row["links"])]
    assert len(by_aws) > 30
    assert all(row["runbook"] for row in rows if row["id"] in by_aws)


def test_what_is_deployed_fires_and_nothing_is_written(deployed: Deployed) -> None:
    result = deployed.rehearse()
    assert not result.get("failed"), result["msg"]
    assert not result["changed"] and result["changes"] == []
    [row] = result["rehearsal"]
    assert row["fires"], row["because"]
    assert all(link["ok"] for link in row["links"])
    assert row["runbook"]
    assert result["table"] == [f"fires        {ROOT_ACCESS}"]
    assert deployed.emulator.writes() == []
    assert deployed.told() == set(deployed.topics)


# --- what may break: a function, the link that is to be named, and where the event happens


def stop_trail(it: Deployed) -> None:
    it.client("cloudtrail").stop_logging(Name=it.trail)


def narrow_trail(it: Deployed) -> None:
    it.client("cloudtrail").update_trail(Name=it.trail, IsMultiRegionTrail=False)


def detach_trail(it: Deployed) -> None:
    it.client("cloudtrail").update_trail(Name=it.trail, CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")


def only_reads(it: Deployed) -> None:
    selector = {"ReadWriteType": "ReadOnly", "IncludeManagementEvents": True}
    it.client("cloudtrail").put_event_selectors(TrailName=it.trail, EventSelectors=[selector])


def no_management_events(it: Deployed) -> None:
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
    ]
    selectors = [{"Name": "data", "FieldSelectors": fields}]
    it.client("cloudtrail").put_event_selectors(TrailName=it.trail, AdvancedEventSelectors=selectors)


def delete_trail(it: Deployed) -> None:
    it.client("cloudtrail").delete_trail(Name=it.trail)


def delete_log_group(it: Deployed) -> None:
    it.client("logs").delete_log_group(logGroupName=it.group)


def delete_role_policy(it: Deployed) -> None:
    iam = it.client("iam")
    for name in iam.list_role_policies(RoleName=it.role)["PolicyNames"]:
        iam.delete_role_policy(RoleName=it.role, PolicyName=name)


def delete_role(it: Deployed) -> None:
    delete_role_policy(it)
    it.client("iam").delete_role(RoleName=it.role)


def distrust_cloudtrail(it: Deployed) -> None:
    policy = document("sts:AssumeRole", {"Service": "config.amazonaws.com"})
    it.client("iam").update_assume_role_policy(RoleName=it.role, PolicyDocument=policy)


def document(action: str, principal: t.Any, resource: str | None = None, **more: t.Any) -> str:
    statement = {"Effect": "Allow", "Action": action, "Principal": principal, **more}
    if resource:
        statement["Resource"] = resource
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def change_pattern(it: Deployed) -> None:
    it.put_filter('{ $.userIdentity.type = "root" }')


def count_nothing(it: Deployed) -> None:
    it.put_filter(metricValue="0")


def delete_filter(it: Deployed) -> None:
    it.client("logs").delete_metric_filter(logGroupName=it.group, filterName=ROOT_ACCESS)


def change_metric_of_filter(it: Deployed) -> None:
    it.put_filter(metricName="RootAccess")


def change_namespace_of_alarm(it: Deployed) -> None:
    it.put_alarm(Namespace="LogMetrics")


def add_dimension(it: Deployed) -> None:
    it.put_alarm(Dimensions=[{"Name": "Region", "Value": HOME_REGION}])


def change_unit(it: Deployed) -> None:
    it.put_alarm(Unit="Count")


def delete_alarm(it: Deployed) -> None:
    it.client("cloudwatch").delete_alarms(AlarmNames=[ROOT_ACCESS])


def raise_threshold(it: Deployed) -> None:
    it.put_alarm(Threshold=1000)


def average_above_one(it: Deployed) -> None:
    it.put_alarm(Statistic="Average", ComparisonOperator="GreaterThanThreshold")


def turn_comparison(it: Deployed) -> None:
    it.put_alarm(ComparisonOperator="LessThanThreshold", Threshold=0)


def many_periods(it: Deployed) -> None:
    it.put_alarm(EvaluationPeriods=5, Period=60)


def switch_actions_off(it: Deployed) -> None:
    it.client("cloudwatch").disable_alarm_actions(AlarmNames=[ROOT_ACCESS])


def remove_actions(it: Deployed) -> None:
    it.put_alarm(AlarmActions=[])


def mute(it: Deployed) -> None:
    schedule = {"Expression": f"at({datetime.now(UTC):%Y-%m-%dT%H:%M})", "Duration": "PT4H"}
    targets = {"AlarmNames": [ROOT_ACCESS]}
    it.client("cloudwatch").put_alarm_mute_rule(Name="night", Rule={"Schedule": schedule}, MuteTargets=targets)


def delete_topics(it: Deployed) -> None:
    for arn in it.topics:
        it.client("sns").delete_topic(TopicArn=arn)


def set_topic_policies(it: Deployed, principal: t.Any, **more: t.Any) -> None:
    for arn in it.topics:
        policy = document("sns:Publish", principal, arn, **more)
        it.client("sns").set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def topics_for_events_only(it: Deployed) -> None:
    set_topic_policies(it, {"Service": "events.amazonaws.com"})


def topics_for_another_account(it: Deployed) -> None:
    condition = {"StringEquals": {"aws:SourceAccount": "999999999999"}}
    set_topic_policies(it, {"Service": "cloudwatch.amazonaws.com"}, Condition=condition)


def topics_for_another_alarm(it: Deployed) -> None:
    condition = {"ArnLike": {"aws:SourceArn": f"arn:aws:cloudwatch:*:{ACCOUNT_ID}:alarm:prod--*"}}
    set_topic_policies(it, {"Service": "cloudwatch.amazonaws.com"}, Condition=condition)


def disable_key(it: Deployed) -> None:
    it.client("kms").disable_key(KeyId=it.key)


def key_for_administrators_only(it: Deployed) -> None:
    policy = document("kms:*", EVERYBODY, "*")
    it.client("kms").put_key_policy(KeyId=it.key, PolicyName="default", Policy=policy)


def key_of_aws(it: Deployed) -> None:
    """T-27."""
    for arn in it.topics:
        it.client("sns").set_topic_attributes(
            TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns"
        )


def of_all_subscriptions(it: Deployed) -> Iterator[dict[str, str]]:
    for arn in it.topics:
        yield from it.client("sns").list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]


def unsubscribe(it: Deployed) -> None:
    for one in of_all_subscriptions(it):
        it.client("sns").unsubscribe(SubscriptionArn=one["SubscriptionArn"])


def never_confirmed(it: Deployed) -> None:
    """S000-28, S002-12."""
    unsubscribe(it)
    for arn in it.topics:
        it.client("sns").subscribe(TopicArn=arn, Protocol="email", Endpoint="late@acme.example")


def filter_messages(it: Deployed) -> None:
    for one in of_all_subscriptions(it):
        it.client("sns").set_subscription_attributes(
            SubscriptionArn=one["SubscriptionArn"],
            AttributeName="FilterPolicy",
            AttributeValue='{"severity": ["critical"]}',
        )


BREAKS: dict[Callable[[Deployed], None], tuple[str, str]] = {
    stop_trail: ("trail", "does not log"),
    narrow_trail: ("trail", f"records {HOME_REGION} only"),
    detach_trail: ("trail", "no trail delivers"),
    only_reads: ("trail", "does not take such events"),
    no_management_events: ("trail", "does not take such events"),
    delete_trail: ("trail", "no trail delivers"),
    delete_log_group: ("log_group", "does not exist"),
    delete_role_policy: ("delivery", "may not logs:CreateLogStream"),
    delete_role: ("delivery", "does not exist"),
    distrust_cloudtrail: ("delivery", "does not trust CloudTrail"),
    change_pattern: ("filter", '$.userIdentity.type = "root"'),
    count_nothing: ("filter", "each event counts 0"),
    delete_filter: ("filter", "does not exist"),
    change_metric_of_filter: ("metric", "CloudTrailMetrics/RootAccess,"),
    change_namespace_of_alarm: ("metric", "LogMetrics"),
    add_dimension: ("metric", "Region"),
    change_unit: ("metric", "Count"),
    delete_alarm: ("alarm", "does not exist"),
    raise_threshold: ("threshold", "must be at least 1000"),
    average_above_one: ("threshold", "no number of events"),
    turn_comparison: ("threshold", "must be less than 0"),
    many_periods: ("threshold", "5 of 5 periods"),
    switch_actions_off: ("actions", "switched off"),
    remove_actions: ("actions", "does not tell"),
    mute: ("actions", "night"),
    delete_topics: ("topic", "does not exist"),
    topics_for_events_only: ("topic", "does not let CloudWatch publish"),
    topics_for_another_account: ("topic", "does not let CloudWatch publish"),
    topics_for_another_alarm: ("topic", "does not let CloudWatch publish"),
    disable_key: ("key", "Disabled"),
    key_for_administrators_only: ("key", "does not let CloudWatch do kms:GenerateDataKey"),
    key_of_aws: ("key", "a key that AWS manages"),
    unsubscribe: ("subscribers", "it has no subscriber"),
    never_confirmed: ("subscribers", "late@acme.example"),
    filter_messages: ("subscribers", "filter policy"),
}


@pytest.mark.parametrize("broken", BREAKS, ids=lambda function: function.__name__)
def test_whatever_breaks_is_named_and_nobody_is_told(deployed: Deployed, broken: Callable[[Deployed], None]) -> None:
    link, words = BREAKS[broken]
    broken(deployed)
    deployed.emulator.clear_calls()

    result = deployed.rehearse(fail_on_broken=True)

    assert deployed.emulator.writes() == []
    assert result["failed"]
    [row] = result["rehearsal"]
    assert not row["fires"]
    assert row["because"].startswith(f"{link}: "), row["because"]
    assert words in row["because"]
    assert result["broken"] == [ROOT_ACCESS]
    assert result["table"][0].startswith("CANNOT FIRE") and row["because"] in result["table"][0]
    assert deployed.told(ELSEWHERE if broken is narrow_trail else HOME_REGION) == set()


# --- what does not break it


def test_what_is_odd_but_works_is_a_note(deployed: Deployed) -> None:
    it = deployed
    it.client("sns").subscribe(TopicArn=it.topics[0], Protocol="email", Endpoint="late@acme.example")
    it.put_alarm(AlarmActions=[*it.topics, f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:DevOps-Email-Notification"])
    result = it.rehearse()
    [row] = result["rehearsal"]
    assert row["fires"], row["because"]
    [line] = result["table"]
    assert "not confirmed yet" in line and "late@acme.example" in line
    assert "not declared" in line and "DevOps-Email-Notification" in line
    assert it.told() >= set(it.topics)


def test_a_queue_must_let_the_topic_send(deployed: Deployed) -> None:
    it = deployed
    unsubscribe(it)
    for arn in it.topics:
        subscribe_queue(it, arn, "nobody-may-send", None)
    result = it.rehearse()
    assert "the policy of the queue does not let the topic send" in result["rehearsal"][0]["because"]
    for arn in it.topics:
        subscribe_queue(it, arn, "soc", arn)
    result = it.rehearse()
    assert result["rehearsal"][0]["fires"]


def subscribe_queue(it: Deployed, topic: str, name: str, sender: str | None) -> str:
    """A queue for a topic; sender: who may send to it, by its ARN."""
    sqs = it.client("sqs")
    queue_name = f"{name}-{topic.rpartition(':')[2]}"
    arn = f"arn:aws:sqs:{HOME_REGION}:{ACCOUNT_ID}:{queue_name}"
    condition = {"ArnEquals": {"aws:SourceArn": sender}}
    policy = document("sqs:SendMessage", {"Service": "sns.amazonaws.com"}, arn, Condition=condition) if sender else ""
    sqs.create_queue(QueueName=queue_name, Attributes={"Policy": policy} if policy else {})
    it.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return queue_name


def test_a_link_that_cannot_be_looked_at_does_not_hold(deployed: Deployed) -> None:
    deployed.emulator.settings(denials=[{"action": "sns:GetTopicAttributes"}])
    result = deployed.rehearse()
    assert not result.get("failed")
    [row] = result["rehearsal"]
    assert row["because"].startswith("topic: could not be looked at: sns:GetTopicAttributes")


def test_the_key_of_the_log_group_is_looked_at(deployed: Deployed) -> None:
    key = deployed.client("kms").describe_key(KeyId="alias/CloudTrailEncKey")["KeyMetadata"]["KeyId"]
    deployed.client("kms").disable_key(KeyId=key)
    [row] = deployed.rehearse()["rehearsal"]
    assert row["because"].startswith("log_group: the key ") and "Disabled" in row["because"]


def test_without_the_permission_to_test_patterns_ours_decides(deployed: Deployed) -> None:
    """S002-16."""
    deployed.emulator.settings(denials=[{"action": "logs:TestMetricFilter"}])
    [row] = deployed.rehearse()["rehearsal"]
    assert row["fires"]
    [events] = [link["detail"] for link in row["links"] if link["link"] == "events"]
    assert "by our evaluator" in events and "AWS was not asked" in events


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"alarms": ["root-acces"]}, "alarms: 'root-acces'"),
        ({"drill": ["nothing"]}, "drill: 'nothing'"),
        ({"plan": {}}, "plan.filters"),
        ({"plan": {"filters": [], "alarms": [{"name": "x"}], "entries": []}}, "plan.alarms[0]"),
        ({"log_group_name": "no blanks"}, "log_group_name: 'no blanks'"),
        ({"drill_timeout": 0}, "drill_timeout: 0"),
    ],
    ids=str,
)
def test_bad_options_are_refused_before_the_first_call(
    deployed: Deployed, options: dict[str, t.Any], named: str
) -> None:
    result = deployed.rehearse(**options)
    assert result["failed"] and named in result["msg"]
    assert deployed.emulator.calls() == []


# --- drills


def test_a_drill_is_seen_to_arrive_and_leaves_no_trace(deployed: Deployed) -> None:
    it = deployed
    queue = subscribe_queue(it, it.topics[0], "soc", it.topics[0])
    before = it.alarm["StateValue"]
    it.emulator.clear_calls()

    plan = it.rehearse(check_mode=True, drill=["root-access"])
    assert plan["changed"]
    assert "would be set to ALARM" in plan["table"][-1]
    assert it.emulator.writes() == [] and it.alarm["StateValue"] == before

    result = it.rehearse(drill=["root-access"], drill_queues=True)

    assert not result.get("failed"), result["msg"]
    assert result["changes"] == plan["changes"]
    assert [call.action for call in it.emulator.writes() if call.service == "cloudwatch"] == [
        "cloudwatch:SetAlarmState"
    ] * 2
    [row] = result["drill"]
    assert {one["action"] for one in row["told"]} == set(it.topics) and all(one["ok"] for one in row["told"])
    assert [one["ok"] for one in row["received"]] == [True]
    assert row["is_put_back"] and it.alarm["StateValue"] == before
    assert any("DRILL" in warning and it.topics[0] in warning for warning in result["warnings"])
    [message] = pipeline.messages(it.emulator, queue)
    assert message.body["AlarmName"] == ROOT_ACCESS and "DRILL" in message.body["NewStateReason"]
    assert {mail["topic"] for mail in it.emulator.outbox() if "DRILL" in mail["message"]} == set(it.topics)


def test_a_drill_that_nobody_hears_of_fails_and_is_put_back(deployed: Deployed) -> None:
    it = deployed
    topics_for_events_only(it)
    before = it.alarm["StateValue"]
    result = it.rehearse(drill=[ROOT_ACCESS])
    assert result["failed"] and "Failed to execute action" in result["msg"]
    assert result["changed"] and it.alarm["StateValue"] == before


def test_an_alarm_that_is_in_alarm_is_not_drilled(deployed: Deployed) -> None:
    it = deployed
    it.client("cloudwatch").set_alarm_state(AlarmName=ROOT_ACCESS, StateValue="ALARM", StateReason="it happens")
    it.emulator.clear_calls()
    result = it.rehearse(drill=["root-access"])
    assert result["failed"] and "in the state ALARM already" in result["msg"]
    assert not result["changed"] and it.emulator.writes() == []


def test_a_drill_that_may_not_be_made_changes_nothing(deployed: Deployed) -> None:
    deployed.emulator.settings(denials=[{"action": "cloudwatch:SetAlarmState"}])
    result = deployed.rehearse(drill=["root-access"])
    assert result["failed"] and "cloudwatch:SetAlarmState" in result["msg"]
    assert not result["changed"] and result["changes"] == []


# --- the playbook


def rehearse(emulator: Emulator, **variables: t.Any) -> t.Any:
    return ansible_playbook(emulator, "rehearse.yml", "inventories/demo", variables={**VARIABLES, **variables})


def shown(run: t.Any) -> t.Any:
    return next(task["msg"] for task in run.tasks() if "Show" in task["task"])


def test_the_playbook_tells_people_and_fails_when_an_alarm_is_dead(deployed: Deployed) -> None:
    """S000-30: exit code 2, so that a job notices."""
    it = deployed
    switch_actions_off(it)
    it.emulator.clear_calls()

    run = rehearse(it.emulator, alarms_rehearse=["root-access"])

    assert run.returncode == 2
    summary, line = shown(run)
    assert summary == "1 of 1 alarms cannot fire: root-access (actions: its actions are switched off)"
    assert line == f"CANNOT FIRE  {ROOT_ACCESS}  because actions: its actions are switched off"
    assert summary in run.messages()
    assert it.emulator.writes() == []


def test_the_playbook_drills_the_alarm_that_is_named_and_no_other(deployed: Deployed) -> None:
    it = deployed
    run = rehearse(it.emulator, drill=True, drill_alarm="root-access")
    assert run.returncode == 0, run.messages()
    assert shown(run)[-1] == f"DRILL        {ROOT_ACCESS}: is INSUFFICIENT_DATA again"
    assert {json.loads(mail["message"])["AlarmName"] for mail in it.emulator.outbox()} == {ROOT_ACCESS}
    assert rehearse(it.emulator, drill=True).returncode != 0


def test_an_account_without_alarms_has_nothing_to_rehearse(emulator: Emulator) -> None:
    run = rehearse(emulator, alarms_log_group_account_id="999999999999")
    assert run.returncode == 0
    assert shown(run).startswith(f"There is nothing to rehearse in account {ACCOUNT_ID}")
    assert emulator.calls() == []
