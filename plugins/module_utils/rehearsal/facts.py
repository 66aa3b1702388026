# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What AWS says of everything on the way from an event to a person. Only reads, and asks nothing twice."""

from __future__ import annotations

import contextlib
import datetime
import json
import threading
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Connection, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OperationError
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import sns, sqs
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.cloudwatch import Alarm
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

Row = dict[str, t.Any]

READS = (
    *("cloudtrail:DescribeTrails", "cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"),
    *("cloudwatch:DescribeAlarms", "cloudwatch:ListAlarmMuteRules", "cloudwatch:GetAlarmMuteRule"),
    *("iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy"),
    *("iam:ListAttachedRolePolicies", "iam:GetPolicy", "iam:GetPolicyVersion"),
    *("kms:DescribeKey", "kms:GetKeyPolicy"),
    "lambda:GetPolicy",
    *("logs:DescribeLogGroups", "logs:DescribeMetricFilters", "logs:TestMetricFilter"),
    *("sns:GetTopicAttributes", "sns:ListSubscriptionsByTopic", "sns:GetSubscriptionAttributes"),
    *("sqs:GetQueueUrl", "sqs:GetQueueAttributes"),
)
"""API operations that a rehearsal uses, with botocore's client names."""

MOST_TEST_MESSAGES = 50
UNKNOWN_OPERATION = frozenset({"InvalidAction", "UnknownOperation", "UnknownOperationException"})
NOT_FOUND = frozenset({"ResourceNotFoundException"})


class Facts:
    """What is there, each asked for at most once. A failure is remembered, and raised again whenever it matters.

    log_group_name and the names of alarms and topics: what the path consists of.
    """

    def __init__(
        self,
        connection: Connection,
        log_group_name: str,
        alarm_names: t.Sequence[str],
        topic_arns: t.Sequence[str],
    ) -> None:
        self.connection = connection
        self.scope: Scope = connection.home
        self.log_group_name = log_group_name
        self.alarm_names = list(alarm_names)
        self.topic_arns = list(topic_arns)
        self.now = datetime.datetime.now(datetime.UTC)
        self._lock = threading.Lock()
        self._known: dict[t.Any, tuple[threading.Lock, list[t.Any]]] = {}

    def prepare(self) -> None:
        """Ask side by side for all that will be needed; the second round needs answers of the first."""
        self._ask(
            [
                self.trails,
                self.log_group,
                self.filters,
                self.alarms,
                self.muted,
                *(lambda arn=arn: self.topic(arn) for arn in self.topic_arns),
                *(lambda arn=arn: self.subscriptions(arn) for arn in self.topic_arns),
            ]
        )
        later: list[t.Callable[[], t.Any]] = []
        for trail in self._if_known(self.trails) or []:
            arn, role = trail["TrailARN"], trail.get("CloudWatchLogsRoleArn")
            later += [lambda arn=arn: self.status(arn), lambda arn=arn: self.selectors(arn)]
            if role:
                later += [lambda role=role: self.role(role), lambda role=role: self.role_policies(role)]
        keys = [(self._if_known(self.log_group) or {}).get("kmsKeyId")]
        for arn in self.topic_arns:
            keys.append((self._if_known(lambda arn=arn: self.topic(arn)) or {}).get("KmsMasterKeyId"))
            later += [
                lambda row=row: self.filter_policy(row["SubscriptionArn"])
                for row in self._if_known(lambda arn=arn: self.subscriptions(arn)) or []
                if row["SubscriptionArn"].startswith("arn:")
            ]
        later += [lambda key=key: self.key(key) for key in dict.fromkeys(keys) if key]
        self._ask(later)

    @staticmethod
    def _ask(questions: t.Sequence[t.Callable[[], t.Any]]) -> None:
        def quietly(question: t.Callable[[], t.Any]) -> None:
            with contextlib.suppress(OperationError):
                question()

        in_parallel(quietly, questions)

    @staticmethod
    def _if_known(question: t.Callable[[], t.Any]) -> t.Any:
        try:
            return question()
        except OperationError:
            return None

    def _once(self, key: t.Any, read: t.Callable[[], t.Any]) -> t.Any:
        with self._lock:
            lock, answers = self._known.setdefault(key, (threading.Lock(), []))
        with lock:
            if not answers:
                try:
                    answers.append(read())
                except OperationError as error:
                    answers.append(error)
        if isinstance(answers[0], OperationError):
            raise answers[0]
        return answers[0]

    def _client(self, service: str) -> t.Any:
        return self.connection.client(service, self.scope.region)

    # from the event to the log group

    @property
    def log_group_arn(self) -> str:
        """The ARN of the log group, without the asterisk that CloudTrail ends it with."""
        return self.scope.arn("logs", f"log-group:{self.log_group_name}")

    def trails(self) -> list[Row]:
        """Trails of this account or its organization that deliver to the log group, the likeliest first."""

        def read() -> list[Row]:
            found = self._client("cloudtrail").call("DescribeTrails", includeShadowTrails=True)["trailList"]
            mine = [one for one in found if one.get("CloudWatchLogsLogGroupArn", "").rstrip(":*") == self.log_group_arn]
            return sorted(mine, key=lambda one: (not one.get("IsOrganizationTrail"), not one["IsMultiRegionTrail"]))

        return self._once("trails", read)

    def status(self, arn: str) -> Row:
        """How a trail is doing."""
        return self._once(("status", arn), lambda: self._client("cloudtrail").call("GetTrailStatus", Name=arn))

    def selectors(self, arn: str) -> Row:
        """Which events a trail takes."""
        return self._once(
            ("selectors", arn), lambda: self._client("cloudtrail").call("GetEventSelectors", TrailName=arn)
        )

    def log_group(self) -> Row | None:
        """The log group, if there is one."""

        def read() -> Row | None:
            found = self._client("logs").pages("DescribeLogGroups", "logGroups", logGroupNamePrefix=self.log_group_name)
            return next((one for one in found if one["logGroupName"] == self.log_group_name), None)

        return self._once("log group", read)

    def role(self, arn: str) -> Row | None:
        """The role of an ARN, if there is one."""

        def read() -> Row | None:
            answer = self._client("iam").optional("GetRole", {"NoSuchEntity"}, RoleName=arn.rpartition("/")[2])
            return answer["Role"] if answer and answer["Role"]["Arn"] == arn else None

        return self._once(("role", arn), read)

    def role_policies(self, arn: str) -> Row:
        """All statements of the policies that a role has, as one document."""
        name, client = arn.rpartition("/")[2], self._client("iam")

        def inline(policy: str) -> Row:
            return client.call("GetRolePolicy", RoleName=name, PolicyName=policy)["PolicyDocument"]

        def attached(policy: Row) -> Row:
            version = client.call("GetPolicy", PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"]
            answer = client.call("GetPolicyVersion", PolicyArn=policy["PolicyArn"], VersionId=version)
            return answer["PolicyVersion"]["Document"]

        def read() -> Row:
            absent = {"NoSuchEntity"}
            documents = [
                *in_parallel(inline, client.pages("ListRolePolicies", "PolicyNames", absent, RoleName=name)),
                *in_parallel(
                    attached, client.pages("ListAttachedRolePolicies", "AttachedPolicies", absent, RoleName=name)
                ),
            ]
            statements: list[t.Any] = []
            for document in documents:
                found = document.get("Statement", [])
                statements += found if isinstance(found, list) else [found]
            return {"Statement": statements}

        return self._once(("role policies", arn), read)

    # from the log group to the alarm

    def filters(self) -> dict[str, Row]:
        """The metric filters of the log group by name."""

        def read() -> dict[str, Row]:
            found = self._client("logs").pages(
                "DescribeMetricFilters", "metricFilters", NOT_FOUND, logGroupName=self.log_group_name
            )
            return {one["filterName"]: one for one in found}

        return self._once("filters", read)

    def matched(self, pattern: str, messages: t.Sequence[str]) -> list[bool]:
        """For each message, whether AWS says that a pattern matches it."""

        def read() -> list[bool]:
            found: list[bool] = []
            for start in range(0, len(messages), MOST_TEST_MESSAGES):
                part = list(messages[start : start + MOST_TEST_MESSAGES])
                answer = self._client("logs").call("TestMetricFilter", filterPattern=pattern, logEventMessages=part)
                numbers = {one["eventNumber"] for one in answer["matches"]}
                found += [number in numbers for number in range(1, len(part) + 1)]
            return found

        return self._once(("matched", pattern, tuple(messages)), read)

    def alarms(self) -> dict[str, Row]:
        """The alarms by name, as AWS describes them, with C(fields) as the resource type has them."""
        return self._once("alarms", lambda: read_alarms(self.connection, self.alarm_names))

    def muted(self) -> dict[str, str]:
        """Alarms whose actions are muted now, and the mute rule that does it."""

        def read() -> dict[str, str]:
            client = self._client("cloudwatch")
            if not client.knows("ListAlarmMuteRules"):
                return {}
            try:
                rules = client.pages("ListAlarmMuteRules", "AlarmMuteRuleSummaries", Statuses=["ACTIVE"])
            except OperationError as error:
                if error.code in UNKNOWN_OPERATION:  # a partition that has no mute rules yet
                    return {}
                raise
            found: dict[str, str] = {}
            for rule in rules:
                name = rule["AlarmMuteRuleArn"].rpartition(":")[2]
                targets = client.call("GetAlarmMuteRule", AlarmMuteRuleName=name).get("MuteTargets") or {}
                found.update(dict.fromkeys(targets.get("AlarmNames", []), name))
            return found

        return self._once("muted", read)

    # from the alarm to a person

    def topic(self, arn: str) -> Row | None:
        """The attributes of a topic, if there is one."""

        def read() -> Row | None:
            answer = self._client("sns").optional("GetTopicAttributes", sns.NOT_FOUND, TopicArn=arn)
            return answer["Attributes"] if answer else None

        return self._once(("topic", arn), read)

    def subscriptions(self, arn: str) -> list[Row]:
        """The subscriptions of a topic, those that wait for a confirmation included."""

        def read() -> list[Row]:
            found = self._client("sns").pages("ListSubscriptionsByTopic", "Subscriptions", sns.NOT_FOUND, TopicArn=arn)
            return [one for one in found if one["SubscriptionArn"] != sns.DELETED]

        return self._once(("subscriptions", arn), read)

    def filter_policy(self, arn: str) -> tuple[str, bool]:
        """The filter policy of a subscription, empty when it has none, and whether it is about the message's body."""

        def read() -> tuple[str, bool]:
            answer = self._client("sns").optional("GetSubscriptionAttributes", sns.NOT_FOUND, SubscriptionArn=arn)
            attributes = (answer or {}).get("Attributes", {})
            return attributes.get("FilterPolicy", ""), attributes.get("FilterPolicyScope") == "MessageBody"

        return self._once(("filter policy", arn), read)

    def key(self, reference: str) -> Row | None:
        """The metadata of a key by alias, id or ARN, with C(Policy) as a document; None when there is none."""

        def read() -> Row | None:
            if "alias/aws/" in reference:  # to ask for it would make it, if nobody has needed it yet
                return {"KeyManager": "AWS", "KeyState": "Enabled"}
            client = self._client("kms")
            answer = client.optional("DescribeKey", {"NotFoundException"}, KeyId=reference)
            if answer is None:
                return None
            metadata = answer["KeyMetadata"]
            if metadata.get("KeyManager") == "AWS":
                return metadata
            policy = client.call("GetKeyPolicy", KeyId=metadata["Arn"], PolicyName="default")["Policy"]
            return {**metadata, "Policy": json.loads(policy)}

        return self._once(("key", reference), read)

    def queue(self, name: str) -> Row | None:
        """The attributes of a queue of this account, with C(url); None when there is none."""

        def read() -> Row | None:
            client = self._client("sqs")
            answer = client.optional("GetQueueUrl", sqs.NOT_FOUND, QueueName=name)
            if answer is None:
                return None
            url = answer["QueueUrl"]
            names = ["Policy", "KmsMasterKeyId"]
            found = client.optional("GetQueueAttributes", sqs.NOT_FOUND, QueueUrl=url, AttributeNames=names)
            return None if found is None else {**found.get("Attributes", {}), "url": url}

        return self._once(("queue", name), read)

    def function_policy(self, arn: str) -> Row | None:
        """The policy of a function; None when there is no function, or it has no policy, which is the same to SNS."""

        def read() -> Row | None:
            answer = self._client("lambda").optional("GetPolicy", NOT_FOUND, FunctionName=arn)
            return json.loads(answer["Policy"]) if answer else None

        return self._once(("function", arn), read)


def read_alarms(connection: Connection, names: t.Sequence[str]) -> dict[str, Row]:
    """Alarms by name: the fields of the resource type, and C(state), C(is_simple): it watches a single metric."""
    client = connection.client("cloudwatch", connection.home.region)
    found: dict[str, Row] = {}
    for start in range(0, len(names), 100):
        part = list(names[start : start + 100])
        for row in client.pages("DescribeAlarms", "MetricAlarms", AlarmNames=part, AlarmTypes=["MetricAlarm"]):
            fields = Alarm.observed(row).fields
            found[row["AlarmName"]] = {**fields, "arn": row["AlarmArn"], "state": row["StateValue"]}
    return found
