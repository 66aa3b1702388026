# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lambda: what is refused and kept, how code runs, and what becomes of invocations that fail."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import textwrap
import zipfile
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support import pipeline

from .support import ACCOUNT, REGION, document, make_key, make_role, refused, statement

ARN = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:forward"
TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:queue"
ECHO = "def handler(event, context):\n    return event"


def package(code: str, **more: str) -> bytes:
    """A deployment package of index.py and more modules."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, text in {"index": code, **more}.items():
            archive.writestr(f"{name}.py", textwrap.dedent(text))
    return content.getvalue()


def make_function(emulator: Emulator, code: str = ECHO, *allowed: str, **settings: Any) -> Any:
    """A function `forward` whose role allows the actions; the client of Lambda."""
    client = emulator.client("lambda")
    role = settings.pop("Role", None) or make_role(emulator, "forward", "lambda.amazonaws.com", *allowed)
    client.create_function(
        FunctionName="forward", Role=role, Code={"ZipFile": settings.pop("ZipFile", package(code))},
        **{"Runtime": "python3.13", "Handler": "index.handler", **settings},
    )  # fmt: skip
    client.get_waiter("function_active_v2").wait(FunctionName="forward")
    return client


def invoke(client: Any, event: Any = None, **options: Any) -> tuple[Any, str | None]:
    """Payload and FunctionError of a synchronous invocation."""
    answer = client.invoke(FunctionName="forward", Payload=json.dumps(event or {}), **options)
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def let(client: Any, service: str, source: str | None = None, **more: str) -> None:
    about = {"SourceArn": source} if source else {}
    client.add_permission(
        FunctionName="forward", StatementId=service.split(".")[0], Action="lambda:InvokeFunction", Principal=service,
        **about, **more,
    )  # fmt: skip


def make_queue(emulator: Emulator) -> None:
    emulator.client("sqs").create_queue(QueueName="queue")


def queued(emulator: Emulator) -> list[Any]:
    return [one.body for one in pipeline.messages(emulator, "queue", ACCOUNT, REGION)]


# --- functions ------------------------------------------------------------------------------------------------------


def test_settings_are_kept(emulator: Emulator) -> None:
    make_queue(emulator)
    settings = {
        "Description": "d", "Timeout": 30, "MemorySize": 256, "DeadLetterConfig": {"TargetArn": QUEUE},
        "Environment": {"Variables": {"TOPIC": TOPIC}}, "LoggingConfig": {"LogFormat": "JSON", "LogGroup": "/forward"},
        "TracingConfig": {"Mode": "Active"}, "KMSKeyArn": make_key(emulator), "EphemeralStorage": {"Size": 1024},
    }  # fmt: skip
    client = make_function(emulator, ECHO, "sqs:SendMessage", **settings, Architectures=["arm64"], Tags={"a": "b"})
    found = client.get_function(FunctionName=ARN)
    configuration = found["Configuration"]
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    assert configuration["LoggingConfig"] == {**settings.pop("LoggingConfig"), **levels}
    assert settings.items() <= configuration.items()
    assert (configuration["State"], configuration["LastUpdateStatus"]) == ("Active", "Successful")
    assert (configuration["Architectures"], found["Tags"]) == (["arm64"], {"a": "b"})
    code = package(ECHO)
    assert configuration["CodeSha256"] == base64.b64encode(hashlib.sha256(code).digest()).decode()
    assert configuration["CodeSize"] == len(code)
    client.update_function_configuration(FunctionName="forward", DeadLetterConfig={"TargetArn": ""}, KMSKeyArn="")
    changed = client.get_function_configuration(FunctionName="forward")
    assert "KMSKeyArn" not in changed
    assert not changed.get("DeadLetterConfig", {}).get("TargetArn")
    assert changed["RevisionId"] != configuration["RevisionId"]


def test_a_second_write_waits_for_the_first(emulator: Emulator) -> None:
    client = make_function(emulator)
    answer = client.update_function_code(FunctionName="forward", ZipFile=package("def handler(e, c): return 2"))
    assert answer["LastUpdateStatus"] == "InProgress"
    with refused("ResourceConflictException", "An update is in progress"):
        client.update_function_configuration(FunctionName="forward", Timeout=10)
    client.get_waiter("function_updated_v2").wait(FunctionName="forward")
    client.update_function_configuration(FunctionName="forward", Timeout=10)
    assert invoke(client) == (2, None)
    with refused("PreconditionFailedException"):
        client.get_function(FunctionName="forward")
        client.update_function_configuration(FunctionName="forward", Timeout=11, RevisionId="old")


@pytest.mark.parametrize(
    ("settings", "code", "text"),
    [
        ({"Runtime": "python3.8"}, "InvalidParameterValueException", "no longer supported"),
        ({"Handler": ""}, "ValidationException", "handler"),
        ({"Runtime": "cobol"}, "ValidationException", "enum"),
        ({"Timeout": 901}, "ValidationException", "timeout"),
        ({"ZipFile": b"no zip"}, "InvalidParameterValueException", "Could not unzip"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException", "reserved keys"),
        ({"Environment": {"Variables": {"A1": "x" * 4096}}}, "InvalidParameterValueException", "4KB"),
        ({"DeadLetterConfig": {"TargetArn": QUEUE}}, "InvalidParameterValueException", "SendMessage on SQS"),
        ({"Role": f"arn:aws:iam::{ACCOUNT}:role/absent"}, "InvalidParameterValueException", "cannot be assumed"),
        ({"Tags": {"aws:a": "b"}}, "InvalidParameterValueException", "aws:"),
    ],
)
def test_bad_functions(emulator: Emulator, settings: dict[str, Any], code: str, text: str) -> None:
    with refused(code, text):
        make_function(emulator, **settings)


def test_the_role_must_trust_lambda(emulator: Emulator) -> None:
    role = make_role(emulator, "other", "ec2.amazonaws.com")
    with refused("InvalidParameterValueException", "cannot be assumed by Lambda"):
        make_function(emulator, Role=role)


def test_permissions(emulator: Emulator) -> None:
    client = make_function(emulator)
    with refused("ResourceNotFoundException"):
        client.get_policy(FunctionName="forward")
    let(client, "logs.amazonaws.com", f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*", SourceAccount=ACCOUNT)
    with refused("ResourceConflictException", "already exists"):
        let(client, "logs.amazonaws.com")
    with refused("InvalidParameterValueException", "principal was invalid"):
        let(client, "nonsense")
    [found] = json.loads(client.get_policy(FunctionName="forward")["Policy"])["Statement"]
    assert found == {
        "Sid": "logs", "Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"},
        "Action": "lambda:InvokeFunction", "Resource": ARN,
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": ACCOUNT},
            "ArnLike": {"AWS:SourceArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*"},
        },
    }  # fmt: skip
    client.remove_permission(FunctionName="forward", StatementId="logs")
    with refused("ResourceNotFoundException"):
        client.remove_permission(FunctionName="forward", StatementId="logs")


def test_tags_concurrency_and_asynchronous_settings(emulator: Emulator) -> None:
    client = make_function(emulator, Tags={"a": "1"})
    client.tag_resource(Resource=ARN, Tags={"b": "2"})
    client.untag_resource(Resource=ARN, TagKeys=["a"])
    assert client.list_tags(Resource=ARN)["Tags"] == {"b": "2"}
    client.put_function_concurrency(FunctionName="forward", ReservedConcurrentExecutions=5)
    assert client.get_function_concurrency(FunctionName="forward")["ReservedConcurrentExecutions"] == 5
    with refused("InvalidParameterValueException"):
        client.put_function_concurrency(FunctionName="forward", ReservedConcurrentExecutions=901)
    client.delete_function_concurrency(FunctionName="forward")
    with refused("ResourceNotFoundException"):
        client.get_function_event_invoke_config(FunctionName="forward")
    client.put_function_event_invoke_config(FunctionName="forward", MaximumRetryAttempts=0)
    client.update_function_event_invoke_config(FunctionName="forward", MaximumEventAgeInSeconds=60)
    found = client.get_function_event_invoke_config(FunctionName="forward")
    assert (found["MaximumRetryAttempts"], found["MaximumEventAgeInSeconds"]) == (0, 60)
    with refused("InvalidParameterValueException", "SendMessage"):
        client.put_function_event_invoke_config(
            FunctionName="forward", DestinationConfig={"OnFailure": {"Destination": QUEUE}}
        )
    assert [one["FunctionName"] for one in client.list_functions()["Functions"]] == ["forward"]
    client.delete_function(FunctionName="forward")
    with refused("ResourceNotFoundException"):
        client.get_function(FunctionName="forward")


# --- running --------------------------------------------------------------------------------------------------------


def test_code_runs_with_its_variables_and_modules(emulator: Emulator) -> None:
    code = """
        import os
        import part
        def handler(event, context):
            print("hello", event["name"])
            return {
                "variable": os.environ["KIND"], "part": part.NAME, "name": context.function_name,
                "left": context.get_remaining_time_in_millis(), "region": os.environ["AWS_REGION"],
            }
    """
    client = make_function(
        emulator, ZipFile=package(code, part="NAME = 'part'"), Environment={"Variables": {"KIND": "x"}}, Timeout=5
    )
    answer = client.invoke(FunctionName="forward", Payload=b'{"name": "you"}', LogType="Tail")
    assert json.loads(answer["Payload"].read()) == {
        "variable": "x", "part": "part", "name": "forward", "left": 5000, "region": REGION,
    }  # fmt: skip
    assert base64.b64decode(answer["LogResult"]).decode() == "hello you"


def test_code_calls_aws_as_its_role(emulator: Emulator) -> None:
    code = """
        import boto3
        sts, sns = boto3.client("sts"), boto3.client("sns")
        def handler(event, context):
            sns.publish(TopicArn=event["topic"], Subject="s", Message="m")
            return sts.get_caller_identity()["Arn"]
    """
    client = make_function(emulator, code)
    emulator.client("sns").create_topic(Name="alarms")
    result, error = invoke(client, {"topic": TOPIC})
    assert error == "Unhandled"
    assert result["errorType"] == "AuthorizationErrorException"
    assert f"is not authorized to perform: sns:Publish on resource: {TOPIC}" in result["errorMessage"]
    allowed = document(statement(None, "sns:Publish", TOPIC))
    emulator.client("iam").put_role_policy(RoleName="forward", PolicyName="allowed", PolicyDocument=allowed)
    assert invoke(client, {"topic": TOPIC}) == (f"arn:aws:sts::{ACCOUNT}:assumed-role/forward/forward", None)
    assert emulator.calls(action="sns:Publish")[-1].error is None


@pytest.mark.parametrize("alias", ["alias/topics", "alias/others"])
def test_code_needs_the_key_of_an_encrypted_topic(emulator: Emulator, alias: str) -> None:
    """Keys go by their aliases in the role's policy."""
    key = make_key(emulator)
    emulator.client("kms").create_alias(AliasName="alias/topics", TargetKeyId=key)
    emulator.client("sns").create_topic(Name="alarms", Attributes={"KmsMasterKeyId": "alias/topics"})
    code = """
        import boto3
        def handler(event, context):
            boto3.client("sns").publish(TopicArn=event["topic"], Message="m")
    """
    client = make_function(emulator, code)
    condition = {"ForAnyValue:StringEquals": {"kms:ResourceAliases": alias}}
    allowed = document(
        statement(None, "sns:Publish", TOPIC),
        statement(
            None, ["kms:GenerateDataKey", "kms:Decrypt"], f"arn:aws:kms:{REGION}:{ACCOUNT}:key/*", Condition=condition
        ),
    )
    emulator.client("iam").put_role_policy(RoleName="forward", PolicyName="allowed", PolicyDocument=allowed)
    result, error = invoke(client, {"topic": TOPIC})
    assert (error is None) == (alias == "alias/topics"), result


@pytest.mark.parametrize(
    ("code", "kind", "message"),
    [
        ("import absent", "Runtime.ImportModuleError", "Unable to import module 'index': No module named 'absent'"),
        ("x = 1", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'index'"),
        ("def handler(e, c): return e['no']", "KeyError", "'no'"),
        ("def handler(e, c): return {1, 2}", "Runtime.MarshalError", "Unable to marshal response"),
        ("import time\ndef handler(e, c): time.sleep(60)", "Sandbox.Timedout", "Task timed out after 3.00 seconds"),
        ("def handler(e, c): exit()", "Runtime.ExitError", "Runtime exited"),
        ("def handler(e c): pass", "Runtime.UserCodeSyntaxError", "Syntax error in module 'index'"),
    ],
)
def test_failing_code(emulator: Emulator, code: str, kind: str, message: str) -> None:
    result, error = invoke(make_function(emulator, code))
    assert error == "Unhandled"
    assert result["errorType"] == kind
    assert message in result["errorMessage"]


def test_the_log_is_written_if_the_role_lets(emulator: Emulator) -> None:
    client = make_function(emulator, "def handler(e, c): print('seen')")
    logs = emulator.client("logs")
    invoke(client)
    assert logs.describe_log_groups()["logGroups"] == []
    allowed = document(statement(None, ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], "*"))
    emulator.client("iam").put_role_policy(RoleName="forward", PolicyName="logs", PolicyDocument=allowed)
    invoke(client)
    messages = [one["message"] for one in logs.filter_log_events(logGroupName="/aws/lambda/forward")["events"]]
    assert [one.split()[0] for one in messages] == ["START", "seen", "END", "REPORT"]


# --- asynchronously -------------------------------------------------------------------------------------------------

FAILS = "def handler(event, context):\n    print('try')\n    raise ValueError('no')"


@pytest.mark.parametrize(("retries", "count"), [(None, 3), (0, 1)])
def test_what_fails_is_retried_and_then_a_dead_letter(emulator: Emulator, retries: int | None, count: int) -> None:
    make_queue(emulator)
    client = make_function(emulator, FAILS, "sqs:SendMessage", DeadLetterConfig={"TargetArn": QUEUE})
    if retries is not None:
        client.put_function_event_invoke_config(FunctionName="forward", MaximumRetryAttempts=retries)
    client.invoke(FunctionName="forward", InvocationType="Event", Payload=b'{"a": 1}')
    assert queued(emulator) == [{"a": 1}]
    found = emulator.client("cloudwatch").list_metrics(Namespace="AWS/Lambda", MetricName="Errors")["Metrics"]
    assert [one["Dimensions"] for one in found] == [[{"Name": "FunctionName", "Value": "forward"}]]
    client.update_function_configuration(FunctionName="forward", DeadLetterConfig={"TargetArn": ""})
    client.put_function_event_invoke_config(
        FunctionName="forward",
        DestinationConfig={"OnFailure": {"Destination": QUEUE}},
        **({} if retries is None else {"MaximumRetryAttempts": retries}),
    )
    client.invoke(FunctionName="forward", InvocationType="Event", Payload=b'{"a": 2}')
    [record] = queued(emulator)
    assert record["requestPayload"] == {"a": 2}
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == count
    assert record["responsePayload"]["errorMessage"] == "no"


def test_without_concurrency_everything_is_a_dead_letter(emulator: Emulator) -> None:
    make_queue(emulator)
    client = make_function(emulator, ECHO, "sqs:SendMessage", DeadLetterConfig={"TargetArn": QUEUE})
    client.put_function_concurrency(FunctionName="forward", ReservedConcurrentExecutions=0)
    client.invoke(FunctionName="forward", InvocationType="Event", Payload=b'{"a": 1}')
    assert queued(emulator) == [{"a": 1}]
    with refused("TooManyRequestsException"):
        invoke(client)


# --- by services ----------------------------------------------------------------------------------------------------

TO_QUEUE = """
    import boto3, json
    def handler(event, context):
        sqs = boto3.client("sqs")
        url = sqs.get_queue_url(QueueName="queue")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody=json.dumps(event))
"""


def test_a_topic_invokes_what_lets_it(emulator: Emulator) -> None:
    make_queue(emulator)
    client = make_function(emulator, TO_QUEUE, "sqs:*")
    sns = emulator.client("sns")
    sns.create_topic(Name="alarms")
    sns.subscribe(TopicArn=TOPIC, Protocol="lambda", Endpoint=ARN)
    sns.publish(TopicArn=TOPIC, Message="m", Subject="s")
    assert queued(emulator) == []
    let(client, "sns.amazonaws.com", TOPIC)
    sns.publish(TopicArn=TOPIC, Message="m", Subject="s")
    [event] = queued(emulator)
    [record] = event["Records"]
    assert (record["EventSource"], record["Sns"]["Message"], record["Sns"]["Subject"]) == ("aws:sns", "m", "s")


def test_a_rule_invokes_what_lets_it(emulator: Emulator) -> None:
    make_queue(emulator)
    client = make_function(emulator, TO_QUEUE, "sqs:*")
    events = emulator.client("events")
    events.put_rule(Name="findings", EventPattern=json.dumps({"source": ["test"]}))
    events.put_targets(Rule="findings", Targets=[{"Id": "f", "Arn": ARN}])
    let(client, "events.amazonaws.com", f"arn:aws:events:{REGION}:{ACCOUNT}:rule/findings")
    events.put_events(Entries=[{"Source": "test", "DetailType": "t", "Detail": '{"a": 1}'}])
    assert [event["detail"] for event in queued(emulator)] == [{"a": 1}]


def test_an_alarm_invokes_what_lets_it(emulator: Emulator) -> None:
    make_queue(emulator)
    client = make_function(emulator, TO_QUEUE, "sqs:*")
    let(client, "lambda.alarms.cloudwatch.amazonaws.com", SourceAccount=ACCOUNT)
    cloudwatch = emulator.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="a", Namespace="App", MetricName="Load", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=[ARN],
    )  # fmt: skip
    cloudwatch.put_metric_data(Namespace="App", MetricData=[{"MetricName": "Load", "Value": 1}])
    assert [event["alarmData"]["state"]["value"] for event in queued(emulator)] == ["ALARM"]
