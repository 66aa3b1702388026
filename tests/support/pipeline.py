# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The way of an alarm in the emulator: something happens, and somebody is told.

record -> trail -> log group -> metric filter -> metric -> alarm -> topic -> queue or mail. Every link is the emulator's
as AWS has it; nothing here goes round one.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.emulator.client import Emulator
from tests.support.accounts import ACCOUNT_ID, HOME_REGION


@dataclass(frozen=True)
class Message:
    """What a queue got from a topic. body: the decoded message, or its text where that is no JSON."""

    subject: str | None
    topic: str | None
    body: Any


def raise_event(
    emulator: Emulator,
    record: dict[str, Any],
    account_id: str = ACCOUNT_ID,
    region: str = HOME_REGION,
    *,
    times: int = 1,
) -> list[str]:
    """Let something happen in an account and region, perhaps several times in the same moment.

    record: what CloudTrail tells of it, at least eventSource and eventName. The ARNs of the trails that brought it to a
    log group.
    """
    return emulator.cloudtrail_events([record] * times, account_id, region)


def messages(emulator: Emulator, queue: str, account_id: str = ACCOUNT_ID, region: str = HOME_REGION) -> list[Message]:
    """All that is in a queue, by its name or URL; the queue is empty afterwards."""
    sqs = emulator.client("sqs", region, account_id)
    url = queue if "/" in queue else sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    found = []
    while rows := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for row in rows:
            found.append(_message(row["Body"]))
            sqs.delete_message(QueueUrl=url, ReceiptHandle=row["ReceiptHandle"])
    return found


def _message(text: str) -> Message:
    envelope = _decoded(text)
    if isinstance(envelope, dict) and envelope.get("Type") == "Notification":
        return Message(envelope.get("Subject"), envelope["TopicArn"], _decoded(envelope["Message"]))
    return Message(None, None, envelope)


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def states(emulator: Emulator, account_id: str = ACCOUNT_ID, region: str = HOME_REGION) -> dict[str, str]:
    """The states of all alarms by name."""
    pages = emulator.client("cloudwatch", region, account_id).get_paginator("describe_alarms").paginate()
    return {alarm["AlarmName"]: alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"]}
