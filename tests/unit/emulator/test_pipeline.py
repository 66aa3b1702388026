# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of an alarm from a CloudTrail record to a message, and that each broken link ends it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support import pipeline

from .support import ACCOUNT, OTHER_ACCOUNT, REGION, document, make_bucket, make_key, make_role, root, statement

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:alarms"
ALARM_ARN = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:root"
GROUP = "trail"
ROOT_LOGIN = {"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin", "userIdentity": {"type": "Root"}}
PATTERN = '{ $.userIdentity.type = "Root" }'
ALARM: dict[str, Any] = {
    "AlarmName": "root", "Namespace": "Security", "MetricName": "Root", "Statistic": "Sum", "Period": 300,
    "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold",
    "TreatMissingData": "notBreaching", "AlarmActions": [TOPIC], "AlarmDescription": "Root has signed in",
}  # fmt: skip


def put_filter(emulator: Emulator, pattern: str = PATTERN, **transformation: Any) -> None:
    whole = {"metricNamespace": "Security", "metricName": "Root", "metricValue": "1", **transformation}
    emulator.client("logs").put_metric_filter(
        logGroupName=GROUP, filterName="root", filterPattern=pattern, metricTransformations=[whole]
    )


def put_alarm(emulator: Emulator, **changes: Any) -> None:
    whole = {key: value for key, value in {**ALARM, **changes}.items() if value is not None}
    emulator.client("cloudwatch").put_metric_alarm(**whole)


def make_queue(emulator: Emulator, name: str = "alarms", **attributes: str) -> None:
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    policy = document(
        statement("sns.amazonaws.com", "sqs:SendMessage", arn, Condition={"ArnEquals": {"aws:SourceArn": TOPIC}})
    )
    emulator.client("sqs").create_queue(QueueName=name, Attributes={"Policy": policy, **attributes})


def make_trail(emulator: Emulator, **settings: Any) -> None:
    make_bucket(emulator, "trail-of-tests", "cloudtrail.amazonaws.com")
    emulator.client("logs").create_log_group(logGroupName=GROUP)
    cloudtrail = emulator.client("cloudtrail")
    cloudtrail.create_trail(
        Name="main",
        S3BucketName="trail-of-tests",
        CloudWatchLogsLogGroupArn=f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}:*",
        CloudWatchLogsRoleArn=make_role(
            emulator, "to-logs", "cloudtrail.amazonaws.com", "logs:CreateLogStream", "logs:PutLogEvents"
        ),
        **settings,
    )
    cloudtrail.start_logging(Name="main")


@pytest.fixture
def chain(emulator: Emulator) -> Emulator:
    """Everything that it takes for a queue to be told that root has signed in."""
    make_trail(emulator)
    put_filter(emulator)
    emulator.client("sns").create_topic(Name="alarms")
    make_queue(emulator)
    emulator.client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=QUEUE)
    put_alarm(emulator)
    return emulator


def happens(emulator: Emulator, record: dict[str, Any] = ROOT_LOGIN, **more: Any) -> list[str]:
    return pipeline.raise_event(emulator, record, ACCOUNT, REGION, **more)


def told(emulator: Emulator, queue: str = "alarms") -> list[pipeline.Message]:
    return pipeline.messages(emulator, queue, ACCOUNT, REGION)


def state(emulator: Emulator) -> str:
    return pipeline.states(emulator, ACCOUNT, REGION)["root"]


def history(emulator: Emulator, kind: str) -> list[str]:
    rows = emulator.client("cloudwatch").describe_alarm_history(AlarmName="root", HistoryItemType=kind)
    return [row["HistorySummary"] for row in rows["AlarmHistoryItems"]]


def test_a_record_becomes_a_message(chain: Emulator) -> None:
    assert happens(chain) == [f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"]
    [message] = told(chain)
    assert message.subject == 'ALARM: "root" in US East (N. Virginia)'
    assert message.topic == TOPIC
    body = message.body
    assert (body["AlarmName"], body["NewStateValue"], body["OldStateValue"]) == ("root", "ALARM", "INSUFFICIENT_DATA")
    assert (body["AWSAccountId"], body["AlarmArn"]) == (ACCOUNT, ALARM_ARN)
    assert body["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [1.0 (")
    assert body["NewStateReason"].endswith(
        "was greater than or equal to the threshold (1.0) (minimum 1 datapoint for INSUFFICIENT_DATA -> ALARM "
        "transition)."
    )
    assert body["Trigger"] == {
        "MetricName": "Root", "Namespace": "Security", "StatisticType": "Statistic", "Statistic": "SUM", "Unit": None,
        "Dimensions": [], "Period": 300, "EvaluationPeriods": 1, "DatapointsToAlarm": 1, "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
        "EvaluateLowSampleCountPercentile": "",
    }  # fmt: skip
    assert history(chain, "StateUpdate") == ["Alarm updated from INSUFFICIENT_DATA to ALARM"]
    assert history(chain, "Action") == [f"Successfully executed action {TOPIC}"]


def test_it_is_told_once_until_the_alarm_is_over(chain: Emulator) -> None:
    put_alarm(chain, OKActions=[TOPIC])
    happens(chain)
    happens(chain)
    assert [one.body["NewStateValue"] for one in told(chain)] == ["ALARM"]
    chain.advance(1200)
    assert [one.body["NewStateValue"] for one in told(chain)] == ["OK"]
    happens(chain)
    assert [one.body["NewStateValue"] for one in told(chain)] == ["ALARM"]


def test_other_events_are_not_told(chain: Emulator) -> None:
    assert happens(chain, {**ROOT_LOGIN, "userIdentity": {"type": "IAMUser"}})
    assert told(chain) == []
    assert state(chain) == "INSUFFICIENT_DATA"
    chain.advance(60)
    assert state(chain) == "OK"


@pytest.mark.parametrize(("statistic", "times", "count"), [("Sum", 4, 0), ("Sum", 5, 1), ("Maximum", 5, 0)])
def test_the_threshold_counts_events(chain: Emulator, statistic: str, times: int, count: int) -> None:
    put_alarm(chain, Threshold=5, Statistic=statistic)
    happens(chain, times=times)
    assert len(told(chain)) == count


# --- broken links ---------------------------------------------------------------------------------------------------


def _stop_the_trail(emulator: Emulator) -> None:
    emulator.client("cloudtrail").stop_logging(Name="main")


def _select_reads_only(emulator: Emulator) -> None:
    emulator.client("cloudtrail").put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "ReadOnly"}])


def _take_the_role_s_policy(emulator: Emulator) -> None:
    emulator.client("iam").delete_role_policy(RoleName="to-logs", PolicyName="allowed")


def _distrust_cloudtrail(emulator: Emulator) -> None:
    trust = document(statement("config.amazonaws.com", "sts:AssumeRole"))
    emulator.client("iam").update_assume_role_policy(RoleName="to-logs", PolicyDocument=trust)


def _delete_the_log_group(emulator: Emulator) -> None:
    emulator.client("logs").delete_log_group(logGroupName=GROUP)


def _delete_the_filter(emulator: Emulator) -> None:
    emulator.client("logs").delete_metric_filter(logGroupName=GROUP, filterName="root")


def _misspell_the_pattern(emulator: Emulator) -> None:
    put_filter(emulator, '{ $.userIdentity.type = "root" }')


def _misspell_the_metric(emulator: Emulator) -> None:
    put_filter(emulator, metricName="root")


def _misspell_the_namespace(emulator: Emulator) -> None:
    put_filter(emulator, metricNamespace="security")


def _add_a_dimension(emulator: Emulator) -> None:
    put_filter(emulator, dimensions={"Event": "$.eventName"})


def _count_another_unit(emulator: Emulator) -> None:
    put_alarm(emulator, Unit="Seconds")


def _compare_with_more(emulator: Emulator) -> None:
    put_alarm(emulator, ComparisonOperator="GreaterThanThreshold")


def _wait_for_a_second_period(emulator: Emulator) -> None:
    put_alarm(emulator, EvaluationPeriods=2)


def _disable_the_actions(emulator: Emulator) -> None:
    emulator.client("cloudwatch").disable_alarm_actions(AlarmNames=["root"])


def _take_the_action(emulator: Emulator) -> None:
    put_alarm(emulator, AlarmActions=[])


def _delete_the_topic(emulator: Emulator) -> None:
    emulator.client("sns").delete_topic(TopicArn=TOPIC)


def _let_only_eventbridge_publish(emulator: Emulator) -> None:
    _set_topic_policy(emulator, statement("events.amazonaws.com", "sns:Publish", TOPIC))


def _let_only_another_account_publish(emulator: Emulator) -> None:
    condition = {"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}
    _set_topic_policy(emulator, statement("cloudwatch.amazonaws.com", "sns:Publish", TOPIC, Condition=condition))


def _set_topic_policy(emulator: Emulator, *statements: dict[str, Any]) -> None:
    emulator.client("sns").set_topic_attributes(
        TopicArn=TOPIC, AttributeName="Policy", AttributeValue=document(*statements)
    )


def _encrypt_the_topic_by_aws_s_key(emulator: Emulator) -> None:
    _encrypt_topic(emulator, "alias/aws/sns")


def _encrypt_the_topic_without_cloudwatch(emulator: Emulator) -> None:
    _encrypt_topic(emulator, make_key(emulator, "events.amazonaws.com"))


def _encrypt_topic(emulator: Emulator, key: str) -> None:
    emulator.client("sns").set_topic_attributes(TopicArn=TOPIC, AttributeName="KmsMasterKeyId", AttributeValue=key)


def _let_nobody_send_to_the_queue(emulator: Emulator) -> None:
    _set_queue(emulator, Policy=document(statement(root(), "sqs:SendMessage", QUEUE)))


def _encrypt_the_queue_without_sns(emulator: Emulator) -> None:
    _set_queue(emulator, KmsMasterKeyId=make_key(emulator))


def _set_queue(emulator: Emulator, **attributes: str) -> None:
    sqs = emulator.client("sqs")
    sqs.set_queue_attributes(QueueUrl=sqs.get_queue_url(QueueName="alarms")["QueueUrl"], Attributes=attributes)


def _filter_the_subscription(emulator: Emulator) -> None:
    sns = emulator.client("sns")
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    for name, value in (("FilterPolicyScope", "MessageBody"), ("FilterPolicy", '{"NewStateValue": ["OK"]}')):
        sns.set_subscription_attributes(
            SubscriptionArn=subscription["SubscriptionArn"], AttributeName=name, AttributeValue=value
        )


@pytest.mark.parametrize(
    "break_link",
    [
        _stop_the_trail, _select_reads_only, _take_the_role_s_policy, _distrust_cloudtrail, _delete_the_log_group,
        _delete_the_filter, _misspell_the_pattern, _misspell_the_metric, _misspell_the_namespace, _add_a_dimension,
        _count_another_unit, _compare_with_more, _wait_for_a_second_period, _disable_the_actions, _take_the_action,
        _delete_the_topic, _let_only_eventbridge_publish, _let_only_another_account_publish,
        _encrypt_the_topic_by_aws_s_key, _encrypt_the_topic_without_cloudwatch, _let_nobody_send_to_the_queue,
        _encrypt_the_queue_without_sns, _filter_the_subscription,
    ],
)  # fmt: skip
def test_one_broken_link_and_nobody_is_told(chain: Emulator, break_link: Callable[[Emulator], None]) -> None:
    break_link(chain)
    happens(chain)
    assert told(chain) == []


@pytest.mark.parametrize(
    "break_link", [_delete_the_topic, _let_only_eventbridge_publish, _encrypt_the_topic_by_aws_s_key]
)
def test_the_history_tells_of_a_failed_action(chain: Emulator, break_link: Callable[[Emulator], None]) -> None:
    break_link(chain)
    happens(chain)
    assert state(chain) == "ALARM"
    [summary] = history(chain, "Action")
    assert summary.startswith(f"Failed to execute action {TOPIC}. Received error:")


def test_keys_that_let_cloudwatch_and_sns_do_not_break_it(chain: Emulator) -> None:
    _encrypt_topic(chain, make_key(chain, "cloudwatch.amazonaws.com"))
    _set_queue(chain, KmsMasterKeyId=make_key(chain, "sns.amazonaws.com"))
    condition = {"ArnLike": {"aws:SourceArn": ALARM_ARN}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    _set_topic_policy(chain, statement("cloudwatch.amazonaws.com", "sns:Publish", TOPIC, Condition=condition))
    happens(chain)
    assert len(told(chain)) == 1


# --- who is told ----------------------------------------------------------------------------------------------------


def test_mail_goes_to_the_outbox_once_it_is_confirmed(chain: Emulator) -> None:
    chain.client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="soc@acme.example")
    happens(chain)
    assert chain.outbox() == []
    chain.advance(1200)
    chain.confirm_subscription(TOPIC, "soc@acme.example")
    happens(chain)
    [mail] = chain.outbox()
    assert (mail["topic"], mail["protocol"], mail["endpoint"]) == (TOPIC, "email", "soc@acme.example")
    assert mail["subject"] == 'ALARM: "root" in US East (N. Virginia)'
    assert json.loads(mail["message"])["AlarmName"] == "root"


def test_what_a_queue_does_not_take_goes_to_the_dead_letters(chain: Emulator) -> None:
    make_queue(chain, "dead")
    sns = chain.client("sns")
    [subscription] = sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"]
    redrive = json.dumps({"deadLetterTargetArn": QUEUE.replace(":alarms", ":dead")})
    sns.set_subscription_attributes(
        SubscriptionArn=subscription["SubscriptionArn"], AttributeName="RedrivePolicy", AttributeValue=redrive
    )
    _let_nobody_send_to_the_queue(chain)
    happens(chain)
    assert told(chain) == []
    assert [one.body["AlarmName"] for one in told(chain, "dead")] == ["root"]


def test_setting_a_state_by_hand_publishes_and_does_not_last(chain: Emulator) -> None:
    cloudwatch = chain.client("cloudwatch")
    for _ in range(2):
        cloudwatch.set_alarm_state(AlarmName="root", StateValue="ALARM", StateReason="rehearsal")
    assert [one.body["NewStateReason"] for one in told(chain)] == ["rehearsal"]
    chain.advance(60)
    assert state(chain) == "OK"


def test_a_mistaken_control_call_says_so(emulator: Emulator) -> None:
    with pytest.raises(RuntimeError, match="eventName"):
        emulator.cloudtrail_events([{"eventSource": "s3.amazonaws.com"}])
    with pytest.raises(RuntimeError, match="seconds"):
        emulator.advance(0)
