# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command, the control API, the call log, faults."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.emulator.client import Emulator
from tests.emulator.process import REPOSITORY, EmulatorProcess

from .support import ACCOUNT, OTHER_ACCOUNT, refused

#: One read of each service: client, method, its parameters.
READS: list[tuple[str, str, dict[str, Any]]] = [
    ("cloudtrail", "describe_trails", {}),
    ("cloudwatch", "describe_alarms", {}),
    ("config", "describe_configuration_recorders", {}),
    ("ec2", "describe_regions", {}),
    ("guardduty", "list_detectors", {}),
    ("iam", "list_groups", {}),
    ("kms", "list_keys", {}),
    ("logs", "describe_log_groups", {}),
    ("s3", "list_buckets", {}),
    ("sns", "list_topics", {}),
    ("sqs", "list_queues", {}),
    ("sts", "get_caller_identity", {}),
]
THROTTLED = {
    "ec2": "RequestLimitExceeded", "s3": "SlowDown", "sns": "Throttled", "iam": "Throttling", "sts": "Throttling",
    "sqs": "RequestThrottled",
}  # fmt: skip
DENIED = {
    "ec2": "UnauthorizedOperation", "s3": "AccessDenied", "sns": "AuthorizationError", "iam": "AccessDenied",
    "sts": "AccessDenied", "cloudwatch": "AccessDenied",
}  # fmt: skip


def call(emulator: Emulator, service: str, method: str, parameters: dict[str, Any], **where: str) -> Any:
    return getattr(emulator.client(service, **where), method)(**parameters)


def test_reset_forgets_state_calls_and_settings(emulator: Emulator) -> None:
    emulator.client("logs").create_log_group(logGroupName="a")
    emulator.client("sns").create_topic(Name="a")
    emulator.settings(latency_ms=1, denials=[{"action": "x:*"}])
    emulator.reset()
    assert emulator.calls() == []
    assert emulator.client("logs").describe_log_groups()["logGroups"] == []
    assert emulator.client("sns").list_topics()["Topics"] == []
    settings = emulator.settings()
    assert (settings["latency_ms"], settings["denials"]) == (0, [])


def test_reset_is_fast_and_repeats_identifiers(emulator: Emulator) -> None:
    def identifiers() -> tuple[str, str, str]:
        emulator.reset()
        key = emulator.client("kms").create_key()["KeyMetadata"]["KeyId"]
        detector = emulator.client("guardduty").create_detector(Enable=True)["DetectorId"]
        user = emulator.client("iam").create_user(UserName="u")["User"]["UserId"]
        return key, detector, user

    assert identifiers() == identifiers()
    started = time.perf_counter()
    for _ in range(5):
        emulator.reset()
    assert (time.perf_counter() - started) / 5 < 0.3


def test_calls_are_logged_with_account_region_and_access(emulator: Emulator) -> None:
    emulator.client("logs", "eu-west-1", OTHER_ACCOUNT).create_log_group(logGroupName="a")
    emulator.client("s3").list_buckets()
    with refused("ResourceAlreadyExistsException"):
        emulator.client("logs", "eu-west-1", OTHER_ACCOUNT).create_log_group(logGroupName="a")
    calls = emulator.calls()
    assert [(c.service, c.operation, c.account, c.region, c.access, c.status, c.error) for c in calls] == [
        ("logs", "CreateLogGroup", OTHER_ACCOUNT, "eu-west-1", "write", 200, None),
        ("s3", "ListBuckets", ACCOUNT, "us-east-1", "read", 200, None),
        ("logs", "CreateLogGroup", OTHER_ACCOUNT, "eu-west-1", "write", 400, "ResourceAlreadyExistsException"),
    ]
    assert emulator.calls(account=ACCOUNT) == calls[1:2]
    assert emulator.writes(region="eu-*") == [calls[0], calls[2]]
    emulator.clear_calls()
    assert emulator.calls() == []
    with pytest.raises(RuntimeError, match="unknown filters"):
        emulator.calls(nonsense="x")


@pytest.mark.parametrize(("service", "method", "parameters"), READS)
def test_faults_have_the_codes_of_the_service(
    emulator: Emulator, service: str, method: str, parameters: dict[str, Any]
) -> None:
    call(emulator, service, method, parameters)
    emulator.settings(fault_rate=1)
    with refused(THROTTLED.get(service, "ThrottlingException")):
        call(emulator, service, method, parameters)
    assert emulator.calls()[-1].injected
    emulator.settings(fault_rate=0, denials=[{"action": f"{service}:*"}])
    with refused(DENIED.get(service, "AccessDeniedException"), "is not authorized to perform"):
        call(emulator, service, method, parameters)
    emulator.settings(denials=[{"action": "*", "region": "eu-*"}, {"action": "*", "account": OTHER_ACCOUNT}])
    call(emulator, service, method, parameters)


def test_server_errors_are_retryable_statuses(emulator: Emulator) -> None:
    emulator.settings(fault_rate=1, fault_kind="error", seed=3)
    statuses = set()
    for service, method, parameters in READS:
        with pytest.raises(Exception, match=r"Internal|ServiceUnavailable"):
            call(emulator, service, method, parameters)
        statuses.add(emulator.calls()[-1].status)
    assert statuses == {500, 503}


def test_fault_rate_repeats_with_its_seed(emulator: Emulator) -> None:
    def pattern() -> list[bool]:
        emulator.clear_calls()
        emulator.settings(fault_rate=0.5, seed=7)
        client = boto3.client(
            "sqs", endpoint_url=emulator.url, region_name="us-east-1", aws_access_key_id="AKIAEMULATOR123456789012",
            aws_secret_access_key="x", config=Config(retries={"total_max_attempts": 1}),
        )  # fmt: skip
        for _ in range(20):
            try:
                client.list_queues()
            except client.exceptions.ClientError:
                continue
        return [one.injected for one in emulator.calls()]

    first = pattern()
    assert first == pattern()
    assert {True, False} == set(first)


def test_denial_names_the_action_and_may_have_a_code_of_its_own(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "s3:HeadBucket"}, {"action": "iam:List*", "code": "ExpiredToken"}])
    with refused("403"):
        emulator.client("s3").head_bucket(Bucket="any-bucket")
    with refused("ExpiredToken"):
        emulator.client("iam").list_groups()


def test_denial_may_be_that_of_a_policy(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "iam:ListGroups", "policy": "service control policy"}])
    with refused("AccessDenied", "with an explicit deny in a service control policy"):
        emulator.client("iam").list_groups()


def test_latency_delays_every_answer(emulator: Emulator) -> None:
    emulator.client("sqs").list_queues()
    emulator.settings(latency_ms=50)
    started = time.perf_counter()
    emulator.client("sqs").list_queues()
    assert time.perf_counter() - started >= 0.05


@pytest.mark.parametrize(
    "changes",
    [{"nonsense": 1}, {"fault_kind": "x"}, {"fault_rate": 2}, {"denials": [{"region": "x"}]}],
)
def test_impossible_settings_are_refused(emulator: Emulator, changes: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError):
        emulator.settings(**changes)


@pytest.mark.parametrize(
    ("service", "method", "parameters"),
    [
        ("guardduty", "list_malware_protection_plans", {}),
        ("accessanalyzer", "list_analyzers", {}),
        ("organizations", "describe_effective_policy", {"PolicyType": "TAG_POLICY"}),
        ("cloudwatch", "list_metric_streams", {}),
    ],
)
def test_what_is_lacking_fails_once_and_is_remembered(
    emulator_process: Emulator, service: str, method: str, parameters: dict[str, Any]
) -> None:
    emulator = emulator_process
    emulator.reset()
    client = boto3.client(
        service, endpoint_url=emulator.url, region_name="us-east-1", aws_access_key_id="AKIAEMULATOR123456789012",
        aws_secret_access_key="x",
    )  # fmt: skip
    with refused("EmulatorLacksOperation", f"the emulator lacks {service}:"):
        getattr(client, method)(**parameters)
    assert len(emulator.calls()) == 1, "it was retried"
    assert len(emulator.lacking()) == 1
    emulator.reset()
    assert emulator.lacking() == []


def test_many_threads_lose_nothing(emulator: Emulator) -> None:
    regions = ("us-east-1", "eu-west-1", "sa-east-1", "ap-south-1")

    def work(number: int) -> None:
        region = regions[number % len(regions)]
        emulator.client("logs", region).create_log_group(logGroupName=f"group-{number}")
        emulator.client("sns", region).create_topic(Name=f"topic-{number}")

    for region in regions:  # clients are made by one thread, as boto3 wants it
        emulator.client("logs", region)
        emulator.client("sns", region)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(work, range(60)))
    assert len(emulator.writes()) == 120
    topics = sum(len(emulator.client("sns", region).list_topics()["Topics"]) for region in regions)
    groups = sum(len(emulator.client("logs", region).describe_log_groups()["logGroups"]) for region in regions)
    assert (topics, groups) == (60, 60)


def test_connections_are_kept_alive(emulator: Emulator) -> None:
    emulator.client("s3").create_bucket(Bucket="kept-alive")
    answer = emulator.client("s3").head_bucket(Bucket="kept-alive")
    assert answer["ResponseMetadata"]["HTTPHeaders"]["connection"] == "keep-alive"


def test_requests_without_a_signature_are_left_to_moto(emulator: Emulator) -> None:
    with urllib.request.urlopen(f"{emulator.url}/moto-api/data.json") as response:
        assert response.status == 200
    assert emulator.calls() == []


def test_command_prints_variables_logs_calls_and_ends_cleanly(tmp_path: Path) -> None:
    log = tmp_path / "calls.jsonl"
    command = [sys.executable, "-m", "tests.emulator", "--port", "0", "--latency-ms", "0", "--fault-rate", "0"]
    environment = {"PATH": os.environ["PATH"], "AWS_PROFILE": "nobody", "MOTO_ACCOUNT_ID": "1"}
    with subprocess.Popen(
        [*command, "--call-log", str(log)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout is not None
        variables = {}
        for line in process.stdout:
            if line.startswith("emulator ready on "):
                break
            name, _, value = line.removeprefix("export ").strip().partition("=")
            variables[name] = value
        emulator = Emulator(variables["AWS_ENDPOINT_URL"])
        assert variables == emulator.environment()
        assert variables["AWS_ACCESS_KEY_ID"].endswith(ACCOUNT)
        emulator.client("sts").get_caller_identity()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    assert [(row["service"], row["operation"], row["access"]) for row in rows] == [("sts", "GetCallerIdentity", "read")]


def test_process_reports_why_it_does_not_start() -> None:
    with pytest.raises(RuntimeError, match="exit code 2"):
        EmulatorProcess("--no-such-option").start()
