# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""SQS queues."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, OTHER_ACCOUNT, REGION, document, refused, statement

ARN = f"arn:aws:sqs:{REGION}:{ACCOUNT}:main"


@pytest.fixture
def sqs(emulator: Emulator) -> Any:
    return emulator.client("sqs")


def attributes(sqs: Any, url: str) -> dict[str, str]:
    return dict(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"])


def test_attributes_are_kept(sqs: Any) -> None:
    sqs.create_queue(QueueName="dead")
    wanted = {
        "DelaySeconds": "5",
        "MessageRetentionPeriod": "1209600",
        "VisibilityTimeout": "60",
        "KmsMasterKeyId": "alias/x",
        "RedriveAllowPolicy": '{"redrivePermission":"denyAll"}',
        "Policy": document(statement("sns.amazonaws.com", "sqs:SendMessage", ARN)),
    }
    redrive = {"deadLetterTargetArn": ARN.replace("main", "dead"), "maxReceiveCount": 3}
    url = sqs.create_queue(QueueName="main", Attributes={**wanted, "RedrivePolicy": json.dumps(redrive)})["QueueUrl"]
    got = attributes(sqs, url)
    assert wanted.items() <= got.items()
    assert json.loads(got["RedrivePolicy"]) == redrive
    assert (got["QueueArn"], got["SqsManagedSseEnabled"]) == (ARN, "false")
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "30"})
    assert {**wanted, "VisibilityTimeout": "30"}.items() <= attributes(sqs, url).items()
    sqs.set_queue_attributes(
        QueueUrl=url, Attributes={"Policy": "", "RedrivePolicy": "", "RedriveAllowPolicy": "", "KmsMasterKeyId": ""}
    )
    got = attributes(sqs, url)
    assert not {"Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"} & set(got)


def test_sse_is_on_by_default(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="main")["QueueUrl"]
    assert attributes(sqs, url)["SqsManagedSseEnabled"] == "true"


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("DelaySeconds", "901", "InvalidAttributeValue"),
        ("DelaySeconds", "many", "InvalidAttributeValue"),
        ("VisibilityTimeout", "43201", "InvalidAttributeValue"),
        ("MessageRetentionPeriod", "59", "InvalidAttributeValue"),
        ("MaximumMessageSize", "1023", "InvalidAttributeValue"),
        ("ReceiveMessageWaitTimeSeconds", "21", "InvalidAttributeValue"),
        ("SqsManagedSseEnabled", "yes", "InvalidAttributeValue"),
        ("Policy", "nonsense", "InvalidAttributeValue"),
        ("Policy", document(statement("sns.amazonaws.com", "s3:GetObject", ARN)), "InvalidAttributeValue"),
        ("RedrivePolicy", "nonsense", "InvalidAttributeValue"),
        ("RedrivePolicy", '{"maxReceiveCount": 3}', "InvalidAttributeValue"),
        ("RedriveAllowPolicy", '{"redrivePermission":"byQueue"}', "InvalidAttributeValue"),
        ("Nonsense", "1", "InvalidAttributeName"),
        ("ContentBasedDeduplication", "true", "InvalidAttributeName"),
    ],
)
def test_bad_attributes(sqs: Any, name: str, value: str, code: str) -> None:
    with refused(code):
        sqs.create_queue(QueueName="main", Attributes={name: value})
    url = sqs.create_queue(QueueName="main")["QueueUrl"]
    with refused(code):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={name: value})


@pytest.mark.parametrize("name", ["with blank", "x" * 81, "dot.ted", "fifo.fifo"])
def test_bad_names(sqs: Any, name: str) -> None:
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName=name)


def test_create_again(sqs: Any) -> None:
    policy = document(statement("sns.amazonaws.com", "sqs:SendMessage", ARN))
    first = sqs.create_queue(QueueName="main", Attributes={"DelaySeconds": "5", "Policy": policy})["QueueUrl"]
    spaced = json.dumps(json.loads(policy), indent=2)
    assert sqs.create_queue(QueueName="main", Attributes={"DelaySeconds": "5", "Policy": spaced})["QueueUrl"] == first
    with refused("QueueAlreadyExists"):
        sqs.create_queue(QueueName="main", Attributes={"DelaySeconds": "6"})


def test_missing_and_foreign_queues(emulator: Emulator, sqs: Any) -> None:
    code = "AWS.SimpleQueueService.NonExistentQueue"
    url = sqs.create_queue(QueueName="main")["QueueUrl"]
    with refused(code):
        sqs.get_queue_url(QueueName="absent")
    with refused(code):
        sqs.get_queue_attributes(QueueUrl=url + "-absent", AttributeNames=["All"])
    other = emulator.client("sqs", account_id=OTHER_ACCOUNT)
    other.create_queue(QueueName="main")
    for method, more in (("get_queue_attributes", {}), ("list_queue_tags", {}), ("delete_queue", {})):
        with refused(code):
            getattr(other, method)(QueueUrl=url, **more)
    sqs.delete_queue(QueueUrl=url)
    assert "QueueUrls" not in sqs.list_queues()


def test_tags(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="main", tags={"a": "1"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
