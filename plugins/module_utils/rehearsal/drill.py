# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Setting an alarm off on purpose, following it to its topics, and putting it back.

Whoever is subscribed gets the message: that is the point of it, and they should know before.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import json
import time
import typing as t
import uuid

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Connection
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OperationError
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal.facts import Row, read_alarms
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import sns, sqs
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.cloudwatch import Alarm

READS = (
    "cloudwatch:DescribeAlarms",
    "cloudwatch:DescribeAlarmHistory",
    "sns:ListSubscriptionsByTopic",
    "sqs:GetQueueUrl",
)
WRITES = ("cloudwatch:SetAlarmState", "sqs:ReceiveMessage")
"""API operations that a drill uses, with botocore's client names; the last only to look into queues."""

ALARM, PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = "ALARM", 0.5, 5.0
HISTORY_PAGE = 100
LOOKS = 5
"""How often a queue is looked into for a message."""


class Drill:
    """One drill of some alarms.

    who: the identity that drills, which the message names. seconds: how long to wait for the actions of each alarm.
    looks_into_queues: whether to look for the message in queues of this account that are subscribed.
    """

    def __init__(
        self,
        connection: Connection,
        who: str,
        seconds: float,
        looks_into_queues: bool = False,
        tell: c.Callable[[str], None] = lambda message: None,
    ) -> None:
        self.connection = connection
        self.seconds = seconds
        self.looks_into_queues = looks_into_queues
        self.tell = tell
        self.number = uuid.uuid4().hex[:12]
        self.reason = f"DRILL {self.number}: {who} tries out whether this alarm tells anybody. Nothing has happened."
        self._cloudwatch = connection.client("cloudwatch", connection.home.region)

    def plan(self, names: t.Sequence[str]) -> list[Row]:
        """What a drill would do: C(alarm), C(state_before), C(problem) when it would not do anything."""
        found = read_alarms(self.connection, names)
        return [self._planned(name, found.get(name)) for name in names]

    @staticmethod
    def _planned(name: str, alarm: Row | None) -> Row:
        row: Row = {"alarm": name, "state_before": None, "actions": [], "problem": None}
        if alarm is None:
            return {**row, "problem": "it does not exist"}
        row.update(state_before=alarm["state"], actions=list(alarm["alarm_actions"] or []))
        if alarm["state"] == ALARM:
            row["problem"] = "it is in the state ALARM already, and tells of changes only"
        elif not alarm["actions_enabled"]:
            row["problem"] = "its actions are switched off"
        elif not row["actions"]:
            row["problem"] = "it has no actions"
        return row

    def run(self, planned: Row) -> Row:
        """Drill one alarm of the plan. Adds C(told) by action, C(received) by queue, C(is_put_back), C(problem)."""
        if planned["problem"]:
            return planned
        name, before = planned["alarm"], planned["state_before"]
        result = {**planned, "told": [], "received": [], "is_put_back": False, "operations": []}
        try:
            known = {self._identity(item) for item in self._history(name)}
            self.tell(f"DRILL: {name} is set to ALARM. Whoever is subscribed gets a message.")
            self._set(name, ALARM, self.reason)
        except OperationError as error:
            return {**result, "problem": str(error)}
        result["operations"].append("cloudwatch:SetAlarmState")
        problem = None
        try:
            result["told"] = self._follow(name, planned["actions"], known)
            if self.looks_into_queues:
                result["received"] = self._received(planned["actions"])
        except OperationError as error:
            problem = str(error)
        try:
            self._set(name, before, f"DRILL {self.number} is over.")
            result["operations"].append("cloudwatch:SetAlarmState")
            result["is_put_back"] = True
            self.tell(f"DRILL: {name} is {before} again.")
        except OperationError as error:
            problem = f"it could not be put back to {before}: {error}"
        silent = [f"{one['action']}: {one['detail']}" for one in result["told"] if not one["ok"]]
        lost = [f"{one['queue']}: {one['detail']}" for one in result["received"] if not one["ok"]]
        result["problem"] = problem or "; ".join([*silent, *lost]) or None
        return result

    def _set(self, name: str, state: str, reason: str) -> None:
        self._cloudwatch.call("SetAlarmState", AlarmName=name, StateValue=state, StateReason=reason)

    def _history(self, name: str) -> list[Row]:
        answer = self._cloudwatch.call(
            "DescribeAlarmHistory",
            AlarmName=name,
            HistoryItemType="Action",
            ScanBy="TimestampDescending",
            MaxRecords=HISTORY_PAGE,
        )
        return answer.get("AlarmHistoryItems", [])

    @staticmethod
    def _identity(item: Row) -> tuple[t.Any, ...]:
        return item["Timestamp"], item.get("HistorySummary"), item.get("HistoryData")

    def _follow(self, name: str, actions: t.Sequence[str], known: t.Container[t.Any]) -> list[Row]:
        """What became of each action. Only new items of the history count, whatever clocks say."""
        deadline, pause = time.monotonic() + self.seconds, PAUSE_SECONDS
        while True:
            new = [item for item in self._history(name) if self._identity(item) not in known]
            told = [self._told(action, new) for action in actions]
            if all(one["detail"] for one in told) or time.monotonic() + pause > deadline:
                break
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        return [{**one, "detail": one["detail"] or f"nothing was heard in {self.seconds:g} seconds"} for one in told]

    @staticmethod
    def _told(action: str, items: t.Sequence[Row]) -> Row:
        for item in items:
            summary = item.get("HistorySummary", "")
            if action in summary:
                with contextlib.suppress(ValueError):
                    state = json.loads(item.get("HistoryData") or "{}").get("actionState")
                    if state:
                        return {"action": action, "ok": state == "Succeeded", "detail": summary}
                return {"action": action, "ok": summary.startswith("Successfully"), "detail": summary}
        return {"action": action, "ok": False, "detail": ""}

    def _received(self, actions: t.Sequence[str]) -> list[Row]:
        scope = self.connection.home
        client = self.connection.client("sns", scope.region)
        found = []
        for arn in (one for one in actions if one.split(":")[2] == "sns"):
            rows = client.pages("ListSubscriptionsByTopic", "Subscriptions", sns.NOT_FOUND, TopicArn=arn)
            queues = [row["Endpoint"] for row in rows if row["Protocol"] == "sqs"]
            found += [
                self._look_into(queue) for queue in queues if queue.split(":")[3:5] == [scope.region, scope.account_id]
            ]
        return found

    def _look_into(self, arn: str) -> Row:
        """Whether the message is in a queue. It stays there, for whom it is meant, and can be received at once."""
        client = self.connection.client("sqs", self.connection.home.region)
        row = {"queue": arn, "ok": False, "detail": "the message was not found"}
        try:
            answer = client.optional("GetQueueUrl", sqs.NOT_FOUND, QueueName=arn.rpartition(":")[2])
            if answer is None:
                return {**row, "detail": "the queue does not exist"}
            for _look in range(LOOKS):
                messages = client.call(
                    "ReceiveMessage",
                    QueueUrl=answer["QueueUrl"],
                    MaxNumberOfMessages=10,
                    VisibilityTimeout=0,
                    WaitTimeSeconds=1,
                ).get("Messages", [])
                if any(self.number in message["Body"] for message in messages):
                    return {**row, "ok": True, "detail": "the message has arrived"}
        except OperationError as error:
            return {**row, "detail": str(error)}
        return row


def change(row: Row, account_id: str, region: str) -> Row:
    """An alarm's drill as a module reports changes. The state is the former one afterwards, unless that failed."""
    operations = row.get("operations", ["cloudwatch:SetAlarmState"] * 2)
    states = [ALARM, row["state_before"]][: len(operations)]
    return {
        "action": "update",
        "type": Alarm.type,
        "key": row["alarm"],
        "account_id": account_id,
        "region": region,
        "before": {"state": row["state_before"]},
        "after": {"state": " and then ".join(states)},
        "operations": operations,
    }
