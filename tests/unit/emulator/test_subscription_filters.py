# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Subscription filters: what is refused, and what reaches functions, streams and the destinations of other accounts."""

from __future__ import annotations

import gzip
import json
import time
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support import pipeline

from .support import ACCOUNT, OTHER_ACCOUNT, REGION, document, make_role, refused, root, statement
from .test_lambda import let, make_function

GROUP = "trail"
GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}:*"
FUNCTION = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:forward"
STREAM = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/records"
#: Decodes what CloudWatch Logs sends and puts it into a queue.
DECODE = """
    import base64, boto3, gzip, json
    def handler(event, context):
        text = gzip.decompress(base64.b64decode(event["awslogs"]["data"])).decode()
        sqs = boto3.client("sqs")
        sqs.send_message(QueueUrl=sqs.get_queue_url(QueueName="queue")["QueueUrl"], MessageBody=text)
"""


@pytest.fixture
def logs(emulator: Emulator) -> Any:
    client = emulator.client("logs")
    client.create_log_group(logGroupName=GROUP)
    client.create_log_stream(logGroupName=GROUP, logStreamName="s")
    return client


def subscribe(logs: Any, destination: str, pattern: str = "", name: str = "forward", **more: Any) -> None:
    logs.put_subscription_filter(
        logGroupName=GROUP, filterName=name, filterPattern=pattern, destinationArn=destination, **more
    )


def put(logs: Any, *messages: str) -> None:
    events = [{"timestamp": int(time.time() * 1000), "message": message} for message in messages]
    logs.put_log_events(logGroupName=GROUP, logStreamName="s", logEvents=events)


def make_stream(emulator: Emulator, account: str = ACCOUNT) -> None:
    emulator.client("kinesis", account_id=account).create_stream(StreamName="records", ShardCount=1)


def received(emulator: Emulator, account: str = ACCOUNT) -> list[dict[str, Any]]:
    """All that is in the stream, decoded."""
    kinesis = emulator.client("kinesis", account_id=account)
    [shard] = kinesis.list_shards(StreamName="records")["Shards"]
    iterator = kinesis.get_shard_iterator(
        StreamName="records", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    return [json.loads(gzip.decompress(one["Data"])) for one in kinesis.get_records(ShardIterator=iterator)["Records"]]


def texts(message: dict[str, Any]) -> list[str]:
    return [event["message"] for event in message["logEvents"]]


def test_filters_are_kept_and_no_more_than_two(emulator: Emulator, logs: Any) -> None:
    client = make_function(emulator)
    let(client, "logs.amazonaws.com", GROUP_ARN, SourceAccount=ACCOUNT)
    subscribe(logs, FUNCTION, "ERROR")
    subscribe(logs, FUNCTION, "{ $.a = 1 }", name="second")
    subscribe(logs, FUNCTION, "WARN")
    with refused("LimitExceededException"):
        subscribe(logs, FUNCTION, name="third")
    rows = logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"]
    assert [(row["filterName"], row["filterPattern"], row["distribution"]) for row in rows] == [
        ("forward", "WARN", "ByLogStream"),
        ("second", "{ $.a = 1 }", "ByLogStream"),
    ]
    rows = logs.describe_subscription_filters(logGroupName=GROUP, filterNamePrefix="s")["subscriptionFilters"]
    assert len(rows) == 1
    logs.delete_subscription_filter(logGroupName=GROUP, filterName="second")
    with refused("ResourceNotFoundException"):
        logs.delete_subscription_filter(logGroupName=GROUP, filterName="second")
    logs.delete_log_group(logGroupName=GROUP)
    logs.create_log_group(logGroupName=GROUP)
    assert logs.describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"] == []


def test_a_function_gets_what_matches(emulator: Emulator, logs: Any) -> None:
    emulator.client("sqs").create_queue(QueueName="queue")
    client = make_function(emulator, DECODE, "sqs:*")
    with refused("InvalidParameterException", "permission to execute"):
        subscribe(logs, FUNCTION, "ERROR")
    let(client, f"logs.{REGION}.amazonaws.com", GROUP_ARN, SourceAccount=ACCOUNT)
    subscribe(logs, FUNCTION, "ERROR")
    put(logs, "ERROR a", "fine", "ERROR b")
    put(logs, "fine")
    [message] = [one.body for one in pipeline.messages(emulator, "queue", ACCOUNT, REGION)]
    assert {**message, "logEvents": texts(message)} == {
        "messageType": "DATA_MESSAGE", "owner": ACCOUNT, "logGroup": GROUP, "logStream": "s",
        "subscriptionFilters": ["forward"], "logEvents": ["ERROR a", "ERROR b"],
    }  # fmt: skip
    assert all(set(event) == {"id", "timestamp", "message"} for event in message["logEvents"])
    client.remove_permission(FunctionName="forward", StatementId="logs")
    put(logs, "ERROR c")
    assert pipeline.messages(emulator, "queue", ACCOUNT, REGION) == []
    names = {one["MetricName"] for one in emulator.client("cloudwatch").list_metrics(Namespace="AWS/Logs")["Metrics"]}
    assert names == {"ForwardedLogEvents", "DeliveryErrors"}


def test_a_function_that_is_sent_its_own_log_does_not_run_for_ever(emulator: Emulator, logs: Any) -> None:
    client = make_function(emulator, "def handler(e, c): raise ValueError", "logs:*", LoggingConfig={"LogGroup": GROUP})
    let(client, "logs.amazonaws.com")
    subscribe(logs, FUNCTION)
    put(logs, "m")
    lines = [event["message"] for event in logs.filter_log_events(logGroupName=GROUP)["events"]]
    assert 3 <= sum(line.startswith("START") for line in lines) <= 12


@pytest.mark.parametrize(
    "condition",
    [{"SourceArn": GROUP_ARN.replace(GROUP, "other")}, {"SourceAccount": OTHER_ACCOUNT}],
)
def test_the_function_s_policy_names_group_and_account(
    emulator: Emulator, logs: Any, condition: dict[str, str]
) -> None:
    client = make_function(emulator)
    let(client, "logs.amazonaws.com", condition.pop("SourceArn", None), **condition)
    with refused("InvalidParameterException", "permission to execute"):
        subscribe(logs, FUNCTION)


def test_a_stream_gets_what_matches(emulator: Emulator, logs: Any) -> None:
    make_stream(emulator)
    role = make_role(emulator, "to-stream", f"logs.{REGION}.amazonaws.com", "kinesis:PutRecord")
    subscribe(logs, STREAM, "{ $.eventName = * }", roleArn=role, distribution="Random")
    put(logs, '{"eventName": "CreateUser"}', "{}")
    control, data = received(emulator)
    assert control["messageType"] == "CONTROL_MESSAGE"
    assert (data["messageType"], texts(data)) == ("DATA_MESSAGE", ['{"eventName": "CreateUser"}'])
    emulator.client("iam").delete_role_policy(RoleName="to-stream", PolicyName="allowed")
    put(logs, '{"eventName": "CreateUser"}')
    assert len(received(emulator)) == 2


def test_streams_need_a_role(emulator: Emulator, logs: Any) -> None:
    make_stream(emulator)
    with refused("InvalidParameterException", "cannot be used without roleArn"):
        subscribe(logs, STREAM)
    distrusted = make_role(emulator, "distrusted", "lambda.amazonaws.com", "kinesis:PutRecord")
    powerless = make_role(emulator, "powerless", "logs.amazonaws.com", "kinesis:GetRecords")
    good = make_role(emulator, "good", "logs.amazonaws.com", "kinesis:PutRecord")
    for stream, role in ((STREAM, distrusted), (STREAM, powerless), (f"{STREAM}-absent", good)):
        with refused("InvalidParameterException", "Could not deliver test message to specified Kinesis stream."):
            subscribe(logs, stream, roleArn=role)
    with refused("InvalidParameterException", "cannot be used with roleArn"):
        subscribe(logs, FUNCTION, roleArn=good)
    with refused("InvalidParameterException", "account and Region"):
        subscribe(logs, STREAM.replace(ACCOUNT, OTHER_ACCOUNT), roleArn=good)
    with refused("InvalidParameterException"):
        subscribe(logs, f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue")
    with refused("InvalidParameterException"):
        subscribe(logs, STREAM, "{ $.a = }", roleArn=good)


def test_another_account_is_reached_by_its_destination(emulator: Emulator, logs: Any) -> None:
    arn = f"arn:aws:logs:{REGION}:{OTHER_ACCOUNT}:destination:central"
    make_stream(emulator, OTHER_ACCOUNT)
    iam = emulator.client("iam", account_id=OTHER_ACCOUNT)
    role = iam.create_role(
        RoleName="to-stream", AssumeRolePolicyDocument=document(statement("logs.amazonaws.com", "sts:AssumeRole"))
    )["Role"]["Arn"]
    allowed = document(statement(None, "kinesis:PutRecord", "*"))
    iam.put_role_policy(RoleName="to-stream", PolicyName="allowed", PolicyDocument=allowed)
    other = emulator.client("logs", account_id=OTHER_ACCOUNT)
    with refused("InvalidParameterException"):
        subscribe(logs, arn)
    target = STREAM.replace(ACCOUNT, OTHER_ACCOUNT)
    other.put_destination(destinationName="central", targetArn=target, roleArn=role)
    with refused("AccessDeniedException", "logs:PutSubscriptionFilter"):
        subscribe(logs, arn)
    policy = document(statement(root(), "logs:PutSubscriptionFilter", arn))
    other.put_destination_policy(destinationName="central", accessPolicy=policy)
    assert other.describe_destinations()["destinations"][0]["accessPolicy"] == policy
    subscribe(logs, arn)
    put(logs, "m")
    assert [(one["owner"], texts(one)) for one in received(emulator, OTHER_ACCOUNT)][-1] == (ACCOUNT, ["m"])
    other.delete_destination(destinationName="central")
    put(logs, "m")
    assert len(received(emulator, OTHER_ACCOUNT)) == 2
