# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What properties do not show of forwarding: calls, refusals, and the way from a record to a message that says who."""

from __future__ import annotations

import base64
import copy
import gzip
import json
import typing as t
from pathlib import Path

import pytest
import yaml

from tests.emulator.client import Emulator
from tests.integration.cases import log_forwarding as case
from tests.integration.cases.log_forwarding import FIRST, FUNCTION, GROUP, STREAM, STREAM_ARN, TYPICAL
from tests.support import pipeline
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.playbook import Run, ansible_playbook
from tests.support.run import converge

MODULE = "log_forwarding"


@pytest.fixture(autouse=True)
def group(emulator: Emulator) -> None:
    case.prepare(emulator)


def options(**changes: t.Any) -> dict[str, t.Any]:
    """The typical options; changes of the function's by C(function)."""
    found = copy.deepcopy(TYPICAL)
    function = {**found["function"], **changes.pop("function", {})}
    return {**found, "function": function, **changes}


def converged(emulator: Emulator, **changes: t.Any) -> list[str]:
    """The writing calls of a run that must succeed."""
    emulator.clear_calls()
    result = converge(emulator, MODULE, options(**changes))
    assert not result.get("failed"), result["msg"]
    return [name for change in result["changes"] for name in change["operations"]]


def code_of(emulator: Emulator) -> str:
    return emulator.client("lambda", HOME_REGION).get_function(FunctionName=FUNCTION)["Configuration"]["CodeSha256"]


def test_everything_is_made_in_order(emulator: Emulator) -> None:
    made = converged(emulator)
    assert made.index("lambda:CreateFunction") > max(
        made.index(name) for name in ("iam:CreateRole", "sqs:CreateQueue", "logs:CreateLogGroup")
    )
    assert made[-4:] == [
        "lambda:PutFunctionConcurrency",
        "lambda:AddPermission",
        "logs:PutSubscriptionFilter",
        "logs:PutSubscriptionFilter",
    ]
    assert "kinesis:StartStreamEncryption" in made


def test_an_unchanged_function_is_no_change(emulator: Emulator) -> None:
    """S004-66: the code is pinned by its hash."""
    converged(emulator)
    before = code_of(emulator)
    assert converged(emulator) == [] and code_of(emulator) == before
    assert {call.operation for call in emulator.calls()} <= {
        "DescribeLogGroups",
        "DescribeStreamSummary",
        "DescribeSubscriptionFilters",
        "GetAccountAuthorizationDetails",
        "GetCallerIdentity",
        "GetFunction",
        "GetPolicy",
        "GetQueueAttributes",
        "GetQueueUrl",
        "ListTagsForStream",
    }


def test_another_alarm_is_other_code_and_nothing_else(emulator: Emulator) -> None:
    converged(emulator)
    assert converged(emulator, function={"alarms": [case.ROOT]}) == ["lambda:UpdateFunctionCode"]
    both = converged(emulator, function={"timeout": 30, "runtime": "python3.12"})
    assert both == ["lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"]
    # the filters are part of the code, which knows what the others bring
    filters = [{"name": FIRST, "pattern": case.DENIED_PATTERN}, {**case.GONE}]
    assert converged(emulator, subscription_filters=filters) == [
        "lambda:UpdateFunctionCode",
        "lambda:UpdateFunctionConfiguration",
        "logs:PutSubscriptionFilter",
        "logs:DeleteSubscriptionFilter",
    ]


def test_results_show_hashes_in_place_of_code(emulator: Emulator) -> None:
    result = converge(emulator, MODULE, options(), check_mode=True)
    (function,) = [change for change in result["changes"] if change["type"] == "AWS::Lambda::Function"]
    assert len(base64.b64decode(function["after"]["code"])) == 32
    assert function["after"]["role_arn"] == f"arn:aws:iam::{ACCOUNT_ID}:role/{FUNCTION}"
    assert result["function_arn"] == f"arn:aws:lambda:{HOME_REGION}:{ACCOUNT_ID}:function:{FUNCTION}"


def test_only_cloudwatch_logs_may_invoke_for_this_group_of_this_account(emulator: Emulator) -> None:
    """R16-34, T-04."""
    converged(emulator)
    policy = json.loads(emulator.client("lambda", HOME_REGION).get_policy(FunctionName=FUNCTION)["Policy"])
    (statement,) = policy["Statement"]
    assert statement["Principal"] == {"Service": f"logs.{HOME_REGION}.amazonaws.com"}
    assert statement["Condition"] == {
        "StringEquals": {"AWS:SourceAccount": ACCOUNT_ID},
        "ArnLike": {"AWS:SourceArn": f"arn:aws:logs:{HOME_REGION}:{ACCOUNT_ID}:log-group:{GROUP}:*"},
    }


def test_a_filter_that_changes_its_destination_forgets_its_role(emulator: Emulator) -> None:
    converged(emulator)
    to_stream = {"name": FIRST, "pattern": "", "destination_arn": STREAM_ARN}
    assert "logs:PutSubscriptionFilter" in converged(emulator, subscription_filters=[to_stream])
    converged(emulator)
    rows = emulator.client("logs", HOME_REGION).describe_subscription_filters(logGroupName=GROUP)
    assert "roleArn" not in rows["subscriptionFilters"][0]


def test_streams_change_mode_and_shards(emulator: Emulator) -> None:
    """R16-36."""
    converged(emulator)
    provisioned = {"name": STREAM, "stream_mode": "PROVISIONED", "shard_count": 2, "retention_period_hours": 24}
    made = converged(emulator, stream=provisioned)
    assert made[0] == "kinesis:UpdateStreamMode" and made[-1] == "kinesis:DecreaseStreamRetentionPeriod"
    assert converged(emulator, stream={**provisioned, "kms_key_id": ""}) == ["kinesis:StopStreamEncryption"]


def test_what_needs_a_failed_part_is_not_attempted(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "lambda:CreateFunction"}])
    result = converge(emulator, MODULE, options())
    codes = {error["key"]: error["code"] for error in result["errors"]}
    assert codes[FUNCTION] == "AccessDeniedException"
    assert codes[f"{FUNCTION}|{case.STATEMENT}"] == codes[f"{GROUP}|{FIRST}"] == "PrerequisiteFailed"
    assert f"{GROUP}|{case.SECOND}" not in codes


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"log_group_name": "with space"}, "log_group_name"),
        ({"function": {"name": "with space"}}, "function.name"),
        ({"function": {"timeout": 901}}, "function.timeout"),
        ({"function": {"memory_size": 64}}, "function.memory_size"),
        ({"function": {"reserved_concurrent_executions": -2}}, "function.reserved_concurrent_executions"),
        ({"function": {"runtime": "python2.7"}}, "function.runtime"),
        ({"function": {"most_messages": 0}}, "function.most_messages"),
        ({"function": {"role_arn": "someone"}}, "function.role_arn"),
        ({"role": None}, "function.role_arn"),
        ({"function": {"dead_letter_target_arn": "queue"}}, "function.dead_letter_target_arn"),
        ({"function": {"description": "x" * 257}}, "function.description"),
        ({"function": {"alarms": [case.ROOT, case.ROOT]}}, "function.alarms[1].id"),
        ({"function": {"alarms": [case.alarm("a", "{ $.a = }")]}}, "function.alarms[0].patterns"),
        ({"function": {"alarms": [case.alarm("a", "{ $.a = 1 }", topics=["t"])]}}, "function.alarms[0].topics"),
        ({"function": {"alarms": [case.alarm("a", "{ $.a = 1 }", topics=[])]}}, "function.alarms[0].topics"),
        ({"subscription_filters": [{"name": "a:b", "pattern": ""}]}, "subscription_filters[0].name"),
        ({"subscription_filters": [{"name": "a"}]}, "subscription_filters[0].pattern"),
        ({"subscription_filters": [{"name": "a", "pattern": "{ x"}]}, "subscription_filters[0].pattern"),
        (
            {"subscription_filters": [{"name": "a", "pattern": "", "destination_arn": "x"}]},
            "subscription_filters[0].destination_arn",
        ),
        (
            {
                "subscription_filters": [{"name": "a", "pattern": "", "destination_arn": STREAM_ARN}],
                "stream_role": None,
            },
            "subscription_filters[0].role_arn",
        ),
        (
            {"subscription_filters": [{"name": "a", "pattern": "", "role_arn": "arn:aws:iam::123456789012:role/r"}]},
            "subscription_filters[0].role_arn",
        ),
        ({"stream": {"name": "a b"}}, "stream.name"),
        ({"stream": {"name": "a", "shard_count": 1}}, "stream.shard_count"),
        ({"stream": {"name": "a", "stream_mode": "PROVISIONED"}}, "stream.shard_count"),
        ({"stream": {"name": "a", "retention_period_hours": 23}}, "stream.retention_period_hours"),
        ({"stream": {"name": "a", "kms_key_id": "my key"}}, "stream.kms_key_id"),
        ({"wait_timeout": 0}, "wait_timeout"),
    ],
)
def test_wrong_options_are_refused_before_the_first_call(
    emulator: Emulator, changes: dict[str, t.Any], option: str
) -> None:
    emulator.clear_calls()
    result = converge(emulator, MODULE, options(**changes))
    assert result["failed"] and result["msg"].startswith(f"{option}: "), result["msg"]
    assert not emulator.calls()


# --- the role, from a record to a message ----------------------------------------------------------------------------

ROLES = ("cloudtrail", "alarms", "log_forwarding")
VARIABLES = {
    "account_id": ACCOUNT_ID,
    "aws_baseline_home_region": HOME_REGION,
    "aws_baseline_name_prefix": "acme",
    "alarms_infosec_emails": ["infosec@acme.example"],
    "alarms_devops_emails": ["devops@acme.example"],
    "alarms_infosec_sms_numbers": ["+12065550100"],
    "log_forwarding_mode": "lambda",
}
ROOT = {
    "eventID": "root-1",
    "eventSource": "ec2.amazonaws.com",
    "eventName": "StopInstances",
    "sourceIPAddress": "198.51.100.7",
    "userIdentity": {"type": "Root", "accountId": ACCOUNT_ID},
    "requestParameters": {"instancesSet": {"items": [{"instanceId": "i-0123456789abcdef0"}]}, "secret": "hunter2"},
}
READING = {"eventSource": "iam.amazonaws.com", "eventName": "GetUser", "userIdentity": {"type": "IAMUser"}}
EMAIL_TOPIC = f"arn:aws:sns:{HOME_REGION}:{ACCOUNT_ID}:Infosec-Email-Notification"
DEAD_LETTERS = "acme-log-forwarding-dead-letters"


class Account:
    """An account with roles of the baseline applied to it."""

    def __init__(self, emulator: Emulator, place: Path) -> None:
        self.emulator = emulator
        self.place = place

    def run(self, *arguments: str, roles: t.Sequence[str] = ROLES, **variables: t.Any) -> Run:
        defaults = {"account_id": "{{ account_id }}", "region": "{{ aws_baseline_home_region }}"}
        play = {
            "hosts": "all",
            "gather_facts": False,
            "module_defaults": {"group/secops.aws_baseline.baseline": defaults},
            "tasks": [{"import_role": {"name": f"secops.aws_baseline.{role}"}, "tags": [role]} for role in roles],
        }
        (self.place / "play.yml").write_text(yaml.safe_dump([play]))
        hosts = {"all": {"hosts": {"account": {"ansible_connection": "local"}}}}
        (self.place / "hosts.yml").write_text(yaml.safe_dump(hosts))
        python = {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}
        return ansible_playbook(
            self.emulator,
            self.place / "play.yml",
            self.place / "hosts.yml",
            *arguments,
            variables={**VARIABLES, **python, **variables},
        )

    def succeed(self, *arguments: str, **options: t.Any) -> Run:
        run = self.run(*arguments, **options)
        assert run.returncode == 0, run.messages() or run.stdout[-3000:] + run.stderr[-3000:]
        for message in self.emulator.confirmations():
            self.emulator.confirm_subscription(message["topic_arn"], message["endpoint"])
        return run

    def told(self, protocol: str = "email") -> list[str]:
        """What the function has told people, without what alarms say of themselves."""
        return [
            mail["message"]
            for mail in self.emulator.outbox()
            if mail["protocol"] == protocol and "AlarmName" not in mail["message"]
        ]


@pytest.fixture
def account(emulator: Emulator, tmp_path: Path) -> Account:
    emulator.reset()
    return Account(emulator, tmp_path)


def test_people_read_who_did_what(account: Account) -> None:
    """S004-38, R16-33..35: record, log group, subscription, function, topic; with encrypted topics and least rights."""
    plan = account.succeed("--check")
    assert not account.emulator.writes()
    assert account.succeed().changes() == plan.changes()
    pipeline.raise_event(account.emulator, READING)
    assert account.told() == []

    pipeline.raise_event(account.emulator, ROOT)
    infosec, devops = sorted(account.told(), key=lambda text: "srt-instance" in text)
    assert infosec.startswith("The root user did something.\n\nWho:        the root user of account")
    assert "What:       ec2:StopInstances\n" in infosec and "On:         i-0123456789abcdef0\n" in infosec
    assert "Alarm srt-instance" in devops and "root-access" not in devops
    assert "hunter2" not in "".join(account.told())
    (text,) = account.told("sms")
    assert len(text) <= 140 and "ec2:StopInstances by the root user" in text

    account.emulator.clear_calls()
    assert account.succeed("--tags", "log_forwarding").changes() == []
    assert not account.emulator.writes() and not account.emulator.lacking()


def test_a_batch_that_fails_is_kept_and_can_be_sent_again(account: Account) -> None:
    """Nothing is lost: dead-letter queue, alarm, replay as docs/operations.md says."""
    account.succeed()
    sns, sqs = (account.emulator.client(name, HOME_REGION) for name in ("sns", "sqs"))
    sns.delete_topic(TopicArn=EMAIL_TOPIC)
    pipeline.raise_event(account.emulator, ROOT)
    url = sqs.get_queue_url(QueueName=DEAD_LETTERS)["QueueUrl"]
    (message,) = sqs.receive_message(QueueUrl=url, MessageAttributeNames=["All"])["Messages"]
    assert "Infosec-Email-Notification" in message["MessageAttributes"]["ErrorMessage"]["StringValue"]
    # the text went out in spite of it
    assert account.told("sms")

    account.succeed("--tags", "alarms")
    before = len(account.told())
    answer = account.emulator.client("lambda", HOME_REGION).invoke(
        FunctionName="acme-log-forwarding", Payload=message["Body"].encode()
    )
    assert "FunctionError" not in answer and len(account.told()) > before


def test_two_filters_bring_an_event_once_and_networks_leave_selecting_to_the_function(account: Account) -> None:
    """T-22, S004-40: with real ids the aggregate is split; with net-access it is everything."""
    ids = [f"i-0{number:016x}" for number in range(3)]
    account.succeed(alarms_critical_instance_ids=ids)
    logs = account.emulator.client("logs", HOME_REGION)

    def patterns() -> list[str]:
        rows = logs.describe_subscription_filters(logGroupName="/aws/cloudtrail/baseline")["subscriptionFilters"]
        return [row["filterPattern"] for row in rows]

    assert len(patterns()) == 2 and all(len(pattern) <= 1024 and "%" not in pattern for pattern in patterns())
    # the root user's, and a start of instances: parts of both filters
    pipeline.raise_event(account.emulator, ROOT)
    assert len(account.told()) == 2

    account.succeed("--tags", "alarms,log_forwarding", alarms_office_cidrs=["203.0.113.0/24"])
    assert patterns() == [""]
    pipeline.raise_event(account.emulator, {**READING, "sourceIPAddress": "203.0.113.9"})
    assert len(account.told()) == 2
    pipeline.raise_event(account.emulator, {**READING, "sourceIPAddress": "198.51.100.7"})
    assert len(account.told()) == 3 and "net-access" in account.told()[-1]


def test_a_stream_gets_events_beside_the_function(account: Account) -> None:
    """S004-55, S004-58, R16-36, T-04."""
    account.succeed(log_forwarding_mode="both")
    pipeline.raise_event(account.emulator, ROOT)
    kinesis = account.emulator.client("kinesis", HOME_REGION)
    summary = kinesis.describe_stream_summary(StreamName="acme-security-events")["StreamDescriptionSummary"]
    assert summary["EncryptionType"] == "KMS" and summary["StreamModeDetails"] == {"StreamMode": "ON_DEMAND"}
    names = [json.loads(line)["eventName"] for batch in batches(kinesis) for line in batch]
    assert names == ["StopInstances"] and len(account.told()) == 2
    role = account.emulator.client("iam").get_role_policy(
        RoleName="acme-log-streaming", PolicyName="write-security-events"
    )["PolicyDocument"]
    assert role["Statement"][0]["Action"] == ["kinesis:PutRecord", "kinesis:PutRecords"]
    assert role["Statement"][0]["Resource"] == summary["StreamARN"]


def test_a_function_and_a_stream_that_are_there_are_used(account: Account) -> None:
    account.succeed(log_forwarding_mode="both")
    arns = {
        "log_forwarding_function_arn": f"arn:aws:lambda:{HOME_REGION}:{ACCOUNT_ID}:function:acme-log-forwarding",
        "log_forwarding_stream_arn": f"arn:aws:kinesis:{HOME_REGION}:{ACCOUNT_ID}:stream/acme-security-events",
    }
    account.emulator.client("logs", HOME_REGION).delete_subscription_filter(
        logGroupName="/aws/cloudtrail/baseline", filterName="acme--forwarding-1"
    )
    run = account.succeed("--tags", "log_forwarding", log_forwarding_mode="both", **arns)
    assert [change["key"] for change in run.changes()] == ["/aws/cloudtrail/baseline|acme--forwarding-1"]


def batches(kinesis: t.Any) -> t.Iterator[list[str]]:
    """Messages of CloudWatch Logs in the stream, without its trials."""
    for shard in kinesis.list_shards(StreamName="acme-security-events")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="acme-security-events", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        for record in kinesis.get_records(ShardIterator=iterator)["Records"]:
            batch = json.loads(gzip.decompress(record["Data"]))
            if batch["messageType"] == "DATA_MESSAGE":
                yield [event["message"] for event in batch["logEvents"]]


def test_health_is_watched(account: Account) -> None:
    account.succeed()
    alarms = account.emulator.client("cloudwatch", HOME_REGION).describe_alarms(AlarmNamePrefix="acme-log-forwarding")
    found = {alarm["AlarmName"]: alarm for alarm in alarms["MetricAlarms"]}
    assert set(found) == {"acme-log-forwarding-dead-letters", "acme-log-forwarding-errors"}
    assert all(alarm["AlarmActions"] == [EMAIL_TOPIC] for alarm in found.values())


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"log_forwarding_alarms": ["root-acces"]}, "did you mean root-access"),
        ({"log_forwarding_mode": "sqs"}, "log_forwarding_mode"),
        ({"log_forwarding_mode": "both", "log_forwarding_most_filters": 1}, "log_forwarding_most_filters"),
        ({"log_forwarding_health_topics": ["nobody"]}, "log_forwarding_health_topics"),
        ({"log_forwarding_timeout": 901}, "function.timeout"),
        ({"log_forwarding_stream_arn": "stream"}, "log_forwarding_stream_arn"),
    ],
    ids=str,
)
def test_bad_input_is_refused_before_any_change(account: Account, variables: dict[str, t.Any], named: str) -> None:
    run = account.run(roles=["log_forwarding"], **variables)
    assert run.returncode != 0 and named in run.messages(), run.stdout[-2000:]
    assert not account.emulator.writes()


def test_off_and_in_accounts_without_the_log_group_nothing_is_done(account: Account) -> None:
    assert account.succeed(roles=["log_forwarding"], log_forwarding_mode="skip").changes() == []
    assert account.succeed(roles=["log_forwarding"], alarms_mode="skip").changes() == []
    assert not account.emulator.calls()
