# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A function and a stream that get events of a log group."""

from __future__ import annotations

import io
import typing as t
import zipfile

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

GROUP = "/aws/cloudtrail/test"
FUNCTION = "test-log-forwarding"
STREAM = "test-security-events"
QUEUE = "test-dead-letters"
STREAM_ROLE = "test-log-streaming"
FIRST, SECOND = "test--forwarding-1", "test--forwarding-2"
SCOPE = "${AWS::Region}:${AWS::AccountId}"
TOPIC_ARN = f"arn:${{AWS::Partition}}:sns:{SCOPE}:infosec"
QUEUE_ARN = f"arn:${{AWS::Partition}}:sqs:{SCOPE}:{QUEUE}"
STREAM_ARN = f"arn:${{AWS::Partition}}:kinesis:{SCOPE}:stream/{STREAM}"
STATEMENT = "AllowCloudWatchLogs"
ROOT_PATTERN = '{ ($.userIdentity.type = "Root") && ($.userIdentity.invokedBy NOT EXISTS) }'
DENIED_PATTERN = '{ $.errorCode = "AccessDenied*" }'


def alarm(name: str, pattern: str, **options: t.Any) -> dict[str, t.Any]:
    return {"id": name, "title": f"{name} happened", "patterns": [pattern], "topics": [TOPIC_ARN], **options}


ROOT = alarm("root-access", ROOT_PATTERN, severity="critical", why="Nobody needs it.", runbook="Ask the owner.")
DENIED = alarm("unauthorised", DENIED_PATTERN)


def trust(service: str) -> dict[str, t.Any]:
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {"Version": "2012-10-17", "Statement": [statement]}


def allowing(**actions: list[str]) -> dict[str, t.Any]:
    """A policy; its statements by the resource, a name of this file."""
    statements = [
        {"Effect": "Allow", "Action": names, "Resource": globals()[resource]} for resource, names in actions.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}


ROLE = {
    "name": FUNCTION,
    "assume_role_policy": trust("lambda.amazonaws.com"),
    "inline_policies": {"forward": allowing(TOPIC_ARN=["sns:Publish"], QUEUE_ARN=["sqs:SendMessage"])},
}
WRITER = {
    "name": STREAM_ROLE,
    "path": "/infosec/services/",
    "assume_role_policy": trust("logs.${AWS::Region}.${AWS::URLSuffix}"),
    "inline_policies": {"write": allowing(STREAM_ARN=["kinesis:PutRecord", "kinesis:PutRecords"])},
}
TO_FUNCTION = {"name": FIRST, "pattern": ROOT_PATTERN}
TO_STREAM = {"name": SECOND, "pattern": "", "destination_arn": STREAM_ARN}
GONE = {"name": SECOND, "state": "absent"}
BASE = {
    "log_group_name": GROUP,
    "role": ROLE,
    "queue": {"name": QUEUE, "sqs_managed_sse_enabled": True},
    "log_group": {"name": f"/aws/lambda/{FUNCTION}", "retention_in_days": 90},
}

_FUNCTION = st.fixed_dictionaries(
    {"name": st.just(FUNCTION), "alarms": st.sampled_from([[ROOT], [ROOT, DENIED]])},
    optional={
        "timeout": st.sampled_from([30, 60]),
        "reserved_concurrent_executions": st.sampled_from([-1, 5]),
        "dead_letter_target_arn": st.just(""),
        "architecture": st.sampled_from(["arm64", "x86_64"]),
        "tags": st.sampled_from([{"Team": "infosec"}, {}]),
    },
)
_STREAM = st.fixed_dictionaries(
    {"name": st.just(STREAM)},
    optional={
        "retention_period_hours": st.sampled_from([24, 48]),
        "kms_key_id": st.sampled_from(["", "alias/aws/kinesis"]),
        "tags": st.sampled_from([{"Team": "infosec"}, {}]),
    },
)
_FILTERS = st.sampled_from(
    [[TO_FUNCTION, GONE], [TO_FUNCTION, TO_STREAM], [{**TO_FUNCTION, "pattern": DENIED_PATTERN}, GONE]]
)
ARGUMENTS = st.builds(
    lambda function, stream, filters: {
        **BASE,
        "function": function,
        "stream": stream,
        "stream_role": WRITER,
        "subscription_filters": filters,
    },
    _FUNCTION,
    _STREAM,
    _FILTERS,
)

TYPICAL = {
    **BASE,
    "subscription_filters": [TO_FUNCTION, TO_STREAM],
    "function": {
        "name": FUNCTION,
        "alarms": [ROOT, DENIED],
        "reserved_concurrent_executions": 5,
        "description": "Tells people",
        "tags": {"Team": "infosec"},
    },
    "stream": {
        "name": STREAM,
        "retention_period_hours": 48,
        "kms_key_id": "alias/aws/kinesis",
        "tags": {"Team": "infosec"},
    },
    "stream_role": WRITER,
}


def prepare(emulator: Emulator) -> None:
    emulator.client("logs", HOME_REGION).create_log_group(logGroupName=GROUP)


def client(emulator: Emulator, service: str) -> t.Any:
    return emulator.client(service, HOME_REGION, ACCOUNT_ID)


def _has_function(emulator: Emulator) -> bool:
    names = [row["FunctionName"] for row in client(emulator, "lambda").list_functions()["Functions"]]
    return FUNCTION in names


def other_code() -> bytes:
    """A package that is not ours."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("forwarder.py", "def handler(event, context):\n    return None\n")
    return content.getvalue()


def code_replaced(emulator: Emulator) -> None:
    if _has_function(emulator):
        client(emulator, "lambda").update_function_code(FunctionName=FUNCTION, ZipFile=other_code())
        client(emulator, "lambda").get_function(FunctionName=FUNCTION)


def function_edited(emulator: Emulator) -> None:
    if _has_function(emulator):
        client(emulator, "lambda").update_function_configuration(
            FunctionName=FUNCTION, Timeout=3, MemorySize=128, DeadLetterConfig={"TargetArn": ""}
        )
        client(emulator, "lambda").get_function(FunctionName=FUNCTION)


def code_and_settings_edited(emulator: Emulator) -> None:
    code_replaced(emulator)
    function_edited(emulator)


def concurrency_removed(emulator: Emulator) -> None:
    if _has_function(emulator):
        client(emulator, "lambda").delete_function_concurrency(FunctionName=FUNCTION)


def function_tags_edited(emulator: Emulator) -> None:
    if _has_function(emulator):
        arn = f"arn:aws:lambda:{HOME_REGION}:{ACCOUNT_ID}:function:{FUNCTION}"
        client(emulator, "lambda").tag_resource(Resource=arn, Tags={"Team": "nobody", "More": "yes"})


def function_deleted(emulator: Emulator) -> None:
    if _has_function(emulator):
        client(emulator, "lambda").delete_function(FunctionName=FUNCTION)


def _statements(emulator: Emulator) -> str:
    functions = client(emulator, "lambda")
    try:
        return functions.get_policy(FunctionName=FUNCTION)["Policy"]
    except functions.exceptions.ResourceNotFoundException:
        return ""


def permission_removed(emulator: Emulator) -> None:
    if STATEMENT in _statements(emulator):
        client(emulator, "lambda").remove_permission(FunctionName=FUNCTION, StatementId=STATEMENT)


def permission_widened(emulator: Emulator) -> None:
    if STATEMENT in _statements(emulator):
        permission_removed(emulator)
        client(emulator, "lambda").add_permission(
            FunctionName=FUNCTION,
            StatementId=STATEMENT,
            Action="lambda:InvokeFunction",
            Principal=f"logs.{HOME_REGION}.amazonaws.com",
        )


def foreign_permission_added(emulator: Emulator) -> None:
    if _has_function(emulator) and "Foreign" not in _statements(emulator):
        client(emulator, "lambda").add_permission(
            FunctionName=FUNCTION,
            StatementId="Foreign",
            Action="lambda:InvokeFunction",
            Principal="events.amazonaws.com",
        )


def _filters(emulator: Emulator) -> dict[str, dict[str, t.Any]]:
    rows = client(emulator, "logs").describe_subscription_filters(logGroupName=GROUP)["subscriptionFilters"]
    return {row["filterName"]: row for row in rows}


def filter_removed(emulator: Emulator) -> None:
    if FIRST in _filters(emulator):
        client(emulator, "logs").delete_subscription_filter(logGroupName=GROUP, filterName=FIRST)


def filter_narrowed(emulator: Emulator) -> None:
    row = _filters(emulator).get(FIRST)
    if row:
        client(emulator, "logs").put_subscription_filter(
            logGroupName=GROUP,
            filterName=FIRST,
            filterPattern='{ $.eventName = "Nothing" }',
            destinationArn=row["destinationArn"],
        )


def _has_stream(emulator: Emulator) -> bool:
    return STREAM in client(emulator, "kinesis").list_streams()["StreamNames"]


def stream_retention_shortened(emulator: Emulator) -> None:
    if _has_stream(emulator):
        summary = client(emulator, "kinesis").describe_stream_summary(StreamName=STREAM)["StreamDescriptionSummary"]
        if summary["RetentionPeriodHours"] > 24:
            client(emulator, "kinesis").decrease_stream_retention_period(StreamName=STREAM, RetentionPeriodHours=24)


def stream_decrypted(emulator: Emulator) -> None:
    if _has_stream(emulator):
        client(emulator, "kinesis").stop_stream_encryption(
            StreamName=STREAM, EncryptionType="KMS", KeyId="alias/aws/kinesis"
        )


def stream_tags_edited(emulator: Emulator) -> None:
    if _has_stream(emulator):
        client(emulator, "kinesis").add_tags_to_stream(StreamName=STREAM, Tags={"Team": "nobody", "More": "yes"})


def stream_deleted(emulator: Emulator) -> None:
    if _has_stream(emulator):
        client(emulator, "kinesis").delete_stream(StreamName=STREAM)


CASES = [
    Case(
        module="log_forwarding",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset(
            {
                "AWS::IAM::Role",
                "AWS::Kinesis::Stream",
                "AWS::Lambda::Function",
                "AWS::Lambda::Permission",
                "AWS::Logs::LogGroup",
                "AWS::Logs::SubscriptionFilter",
                "AWS::SQS::Queue",
            }
        ),
        prepare=prepare,
        drifts=(
            code_replaced,
            function_edited,
            code_and_settings_edited,
            concurrency_removed,
            function_tags_edited,
            function_deleted,
            permission_removed,
            permission_widened,
            foreign_permission_added,
            filter_removed,
            filter_narrowed,
            stream_retention_shortened,
            stream_decrypted,
            stream_tags_edited,
            stream_deleted,
        ),
    )
]
