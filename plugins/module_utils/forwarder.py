# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The function that tells people who did what: a batch of CloudTrail records from a log group becomes messages.

This file runs as an AWS Lambda function, with nothing but the runtime, the collection's filter patterns and
C(alarms.json) beside it (C(function_package) puts them together). For every record that an alarm of the catalogue looks
for, the topics of that alarm are told who did what, where, from where and when, what came of it, and what to do.

Alike records of a batch are one message, and what exceeds a batch's share of messages is one summary, so that a loop of
somebody's script is not a thousand mails. A record may have secrets in its parameters and in AWS's words about them, so
only names and ids leave the account. Nothing is lost: what cannot be published makes the whole batch fail, and Lambda
tries again and puts it into the dead-letter queue in the end. What was published before that is remembered as long as
the function's environment lives, and not repeated.
"""

from __future__ import annotations

import base64
import collections
import functools
import gzip
import hashlib
import json
import pkgutil
import re
import sys
import typing as t
from dataclasses import dataclass, field

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import Matcher, parse

Record = dict[str, t.Any]

SETTINGS = "alarms.json"
SEVERITIES = ("critical", "high", "medium", "low")
LONGEST_SUBJECT = 100
LONGEST_TEXT_MESSAGE = 140
LONGEST_VALUE = 200
MOST_RESOURCES = 10
MOST_LINES = 50
MOST_REMEMBERED = 5000


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Parameters of requests that name what a call is about. Others may be secrets, as passwords and user data are.
IDENTIFIERS = _words(
    """
    alarmName alias aliasName allocationId bucketName clusterName configurationRecorderName dBInstanceIdentifier
    dBSnapshotIdentifier deliveryChannelName detectorId distributionId functionName groupId groupName instanceId
    instanceProfileName internetGatewayId keyId logGroupName name networkAclId organizationalUnitId policyArn policyId
    policyName queueName queueUrl resourceArn resourceId roleArn roleName routeTableId secretId securityGroupId
    snapshotId stackName streamName subnetId targetId topicArn trailName trailNameList userName virtualMFADeviceName
    volumeId vpcId vpcPeeringConnectionId
    """
)
_SHOWN = re.compile(r"[\x20-\x7e\u00a0-\ud7ff\ue000-\uffef]")
_REDACTED = frozenset({"HIDDEN_DUE_TO_SECURITY_REASONS", "***"})


class UndeliveredError(Exception):
    """Some messages of a batch could not be published. Lambda invokes the function with the batch again."""


def handler(event: dict[str, t.Any], context: t.Any) -> dict[str, int]:
    """What Lambda calls. Raises UndeliveredError when not all of a batch's messages could be published."""
    batch = decode(event)
    if batch.get("messageType") != "DATA_MESSAGE":
        return {"records": 0, "selected": 0, "published": 0}
    messages, selected = _forwarder().messages(batch)
    published, failures = _publish(messages)
    told = {"records": len(batch["logEvents"]), "selected": selected, "published": published}
    sys.stdout.write(json.dumps({**told, "failed": len(failures)}) + "\n")
    if failures:
        causes = ", ".join(sorted(set(failures)))
        raise UndeliveredError(f"{len(failures)} of {len(messages)} messages were not published: {causes}")
    return told


def decode(event: dict[str, t.Any]) -> dict[str, t.Any]:
    """The batch that CloudWatch Logs sends, as its JSON."""
    return json.loads(gzip.decompress(base64.b64decode(event["awslogs"]["data"])))


@functools.cache
def _forwarder() -> Forwarder:
    return Forwarder(json.loads(pkgutil.get_data(__name__, SETTINGS) or b"{}"))


# --- publishing ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Message:
    """What one topic is told. identity: the same for the same records, whichever batch brings them."""

    topic: str
    subject: str
    text: str
    short: str
    severity: str
    identity: str

    def parameters(self) -> dict[str, t.Any]:
        """As C(sns:Publish) takes it: a short text for mobile numbers, the whole for everybody else."""
        return {
            "TopicArn": self.topic,
            "Subject": self.subject,
            "Message": json.dumps({"default": self.text, "sms": self.short}),
            "MessageStructure": "json",
            "MessageAttributes": {"severity": {"DataType": "String", "StringValue": self.severity}},
        }


@functools.cache
def _topics(region: str) -> t.Any:
    """The client for topics of a region. The runtime has boto3, whoever only reads this file may not."""
    import boto3

    return boto3.client("sns", region_name=region)


# Messages of batches that Lambda may bring again. Kept by the environment, which serves the next attempt, too.
_published: collections.OrderedDict[str, None] = collections.OrderedDict()


def _publish(messages: t.Sequence[Message]) -> tuple[int, list[str]]:
    """Publish what has not been yet. How many were, and why others were not; one failure keeps no other back."""
    published, failures = 0, []
    for message in messages:
        if message.identity in _published:
            continue
        try:
            _topics(message.topic.split(":")[3]).publish(**message.parameters())
        except Exception as error:  # whatever it is, the others are tried, and then the batch fails
            response = getattr(error, "response", {})
            failures.append(f"{message.topic} {response.get('Error', {}).get('Code') or type(error).__name__}")
            continue
        published += 1
        _published[message.identity] = None
        if len(_published) > MOST_REMEMBERED:
            _published.popitem(last=False)
    return published, failures


# --- selecting -------------------------------------------------------------------------------------------------------


@dataclass
class Sighting:
    """Alike records: the first of them, how many there are, and what they were about."""

    record: Record
    alarms: tuple[str, ...]
    event_ids: list[str] = field(default_factory=list)
    resources: dict[str, None] = field(default_factory=dict)
    last: str = ""

    def add(self, record: Record) -> None:
        self.event_ids.append(str(record.get("eventID", "")))
        self.resources.update(dict.fromkeys(resources_of(record)))
        self.last = max(self.last, str(record.get("eventTime", "")))


class Forwarder:
    """From batches to messages.

    settings: C(alarms), each with C(id), C(title), C(severity), C(why), C(runbook), C(topics) (ARNs) and C(patterns);
    C(filters), the patterns of the subscription filters that invoke this function, by name and in order; and
    C(most_messages) for one topic and batch.
    """

    def __init__(self, settings: dict[str, t.Any]) -> None:
        self.alarms = {alarm["id"]: alarm for alarm in settings["alarms"]}
        self.most = settings["most_messages"]
        numbered = [(name, text) for name, alarm in self.alarms.items() for text in alarm["patterns"]]
        self._alarm_of = {str(number): name for number, (name, _text) in enumerate(numbered)}
        self._matcher = Matcher({str(number): text for number, (_name, text) in enumerate(numbered)})
        self._filters = {name: parse(text) for name, text in settings["filters"].items()}

    def messages(self, batch: dict[str, t.Any]) -> tuple[list[Message], int]:
        """What is to be published of a batch, and how many of its records that is about."""
        sightings: dict[t.Any, Sighting] = {}
        selected = 0
        before = self._filters_before(batch.get("subscriptionFilters", []))
        for event in batch["logEvents"]:
            record = _record(event["message"])
            if record is None or any(one.matches(record) for one in before):
                continue
            alarms = tuple(dict.fromkeys(self._alarm_of[number] for number in self._matcher.matching(record)))
            if alarms:
                selected += 1
                sightings.setdefault(_likeness(record, alarms), Sighting(record, alarms)).add(record)
        return self._told(list(sightings.values()), str(batch.get("logGroup", ""))), selected

    def _filters_before(self, names: t.Sequence[str]) -> list[t.Any]:
        """The filters that come before the one that brought a batch: what they match, they bring themselves."""
        order = list(self._filters)
        places = [order.index(name) for name in names if name in self._filters]
        return [self._filters[name] for name in order[: min(places)]] if places else []

    def _told(self, sightings: list[Sighting], log_group: str) -> list[Message]:
        by_topic: dict[str, list[tuple[Sighting, list[dict[str, t.Any]]]]] = {}
        for sighting in sightings:
            for topic in dict.fromkeys(topic for name in sighting.alarms for topic in self.alarms[name]["topics"]):
                alarms = [self.alarms[name] for name in sighting.alarms if topic in self.alarms[name]["topics"]]
                alarms.sort(key=lambda alarm: SEVERITIES.index(alarm["severity"]))
                by_topic.setdefault(topic, []).append((sighting, alarms))
        messages = []
        for topic, told in by_topic.items():
            told.sort(key=lambda item: SEVERITIES.index(item[1][0]["severity"]))
            alone, rest = told[: self.most], told[self.most :]
            messages += [_message(topic, *item) for item in alone]
            if rest:
                messages.append(_summary(topic, rest, log_group))
        return messages


def _record(line: str) -> Record | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return record if isinstance(record, dict) else None


def _likeness(record: Record, alarms: tuple[str, ...]) -> t.Any:
    """What alike records have in common."""
    names = ("recipientAccountId", "awsRegion", "eventSource", "eventName", "errorCode", "sourceIPAddress")
    return (alarms, who(record), *(str(record.get(name)) for name in names))


# --- words -----------------------------------------------------------------------------------------------------------


def clean(value: t.Any, longest: int = LONGEST_VALUE) -> str:
    """A value as one short line: whoever makes a call chooses some of its words, and must not write our message."""
    text = " ".join("".join(_SHOWN.findall(re.sub(r"\s", " ", str(value)))).split())
    return text if len(text) <= longest else text[: longest - 3] + "..."


def who(record: Record) -> str:
    """Who called: the name that people know, and in which role or by which service."""
    identity = _dictionary(record.get("userIdentity"))
    kind, arn = str(identity.get("type", "")), str(identity.get("arn") or "")
    if kind == "Root":
        return f"the root user of account {clean(identity.get('accountId') or record.get('recipientAccountId'))}"
    found = re.search(r":assumed-role/(.+)/([^/]+)$", arn)
    if found:
        return f"{clean(found.group(2))} in role {clean(found.group(1))}"
    name = (
        identity.get("userName") or (arn.rsplit("/", maxsplit=1)[-1] if "/" in arn else "") or identity.get("invokedBy")
    )
    name = "an unnamed caller" if not name or name in _REDACTED else name
    name = name if name != "an unnamed caller" else (identity.get("principalId") or name)
    return f"{clean(name)} ({clean(kind or 'unknown identity')})"


def resources_of(record: Record) -> list[str]:
    """Names and ids of what a call is about, and nothing else of its parameters."""
    found = [str(one.get("ARN")) for one in _list(record.get("resources")) if isinstance(one, dict) and one.get("ARN")]
    parameters = _dictionary(record.get("requestParameters"))
    found += [value for name, value in sorted(parameters.items()) if name in IDENTIFIERS and isinstance(value, str)]
    for item in _list(_dictionary(parameters.get("instancesSet")).get("items")):
        found += [item["instanceId"]] if isinstance(item, dict) and isinstance(item.get("instanceId"), str) else []
    found += [value for value in _list(parameters.get("instanceIds")) if isinstance(value, str)]
    return [clean(value) for value in dict.fromkeys(found) if value and value not in _REDACTED]


def _dictionary(value: t.Any) -> dict[str, t.Any]:
    return value if isinstance(value, dict) else {}


def _list(value: t.Any) -> list[t.Any]:
    return value if isinstance(value, list) else []


def _what(record: Record) -> str:
    source = clean(record.get("eventSource", "")).removesuffix(".amazonaws.com").removesuffix(".amazonaws.com.cn")
    return f"{source}:{clean(record.get('eventName', ''))}"


def _outcome(record: Record) -> str:
    login = _dictionary(record.get("responseElements")).get("ConsoleLogin")
    return f"refused or failed: {clean(record['errorCode'])}" if record.get("errorCode") else clean(login or "done")


def _where(record: Record) -> str:
    return f"account {clean(record.get('recipientAccountId', 'unknown'))}, {clean(record.get('awsRegion', 'unknown'))}"


def _ascii(text: str, longest: int) -> str:
    return clean(text.encode("ascii", "replace").decode(), longest)


def _message(topic: str, sighting: Sighting, alarms: t.Sequence[dict[str, t.Any]]) -> Message:
    record, first, count = sighting.record, alarms[0], len(sighting.event_ids)
    times = f" ({count} times)" if count > 1 else ""
    resources = list(sighting.resources)
    more = f" and {len(resources) - MOST_RESOURCES} more" if len(resources) > MOST_RESOURCES else ""
    when = clean(record.get("eventTime", "unknown"))
    lines = [
        f"{first['title']}.",
        "",
        f"Who:        {who(record)}",
        f"What:       {_what(record)}{times}",
        f"Outcome:    {_outcome(record)}",
        f"Where:      {_where(record)}",
        f"From where: {clean(record.get('sourceIPAddress', 'unknown'))}, {clean(record.get('userAgent', 'unknown'))}",
        f"When:       {when}" + (f" to {clean(sighting.last)}" if count > 1 and sighting.last != when else ""),
    ]
    if resources:
        lines.append(f"On:         {', '.join(resources[:MOST_RESOURCES])}{more}")
    lines += ["", f"Event id:   {clean(sighting.event_ids[0])}"]
    for alarm in alarms:
        lines += ["", f"Alarm {alarm['id']} ({alarm['severity']}): {alarm['title']}."]
        lines += [" ".join(alarm["why"].split())] if alarm.get("why") else []
        lines += ["What to do: " + " ".join(alarm["runbook"].split())] if alarm.get("runbook") else []
    return Message(
        topic,
        _ascii(f"[{first['severity']}] {_what(record)} by {who(record)}: {first['title']}", LONGEST_SUBJECT),
        "\n".join(lines),
        _ascii(f"{first['title']}: {_what(record)}{times} by {who(record)}, {_where(record)}", LONGEST_TEXT_MESSAGE),
        first["severity"],
        _identity(topic, sighting.event_ids),
    )


def _summary(topic: str, told: list[tuple[Sighting, list[dict[str, t.Any]]]], log_group: str) -> Message:
    """One message of all that exceeds a topic's share."""
    records = sum(len(sighting.event_ids) for sighting, _alarms in told)
    severity = told[0][1][0]["severity"]
    head = f"{records} more events in the same minutes"
    lines = [f"{head}, beside those that have a message each.", ""]
    for sighting, alarms in told[:MOST_LINES]:
        record = sighting.record
        lines.append(
            f"{len(sighting.event_ids)} x {_what(record)} by {who(record)}, {_where(record)}, from "
            f"{clean(record.get('sourceIPAddress', 'unknown'))}, {_outcome(record)}: "
            f"{', '.join(alarm['id'] for alarm in alarms)}"
        )
    if len(told) > MOST_LINES:
        lines.append(f"and {len(told) - MOST_LINES} more kinds of events")
    lines += ["", f"All of them are in the log group {clean(log_group)}."]
    event_ids = [one for sighting, _alarms in told for one in sighting.event_ids]
    return Message(
        topic,
        _ascii(f"[{severity}] {head}", LONGEST_SUBJECT),
        "\n".join(lines),
        _ascii(f"{head}: {_what(told[0][0].record)} and others", LONGEST_TEXT_MESSAGE),
        severity,
        _identity(topic, event_ids),
    )


def _identity(topic: str, event_ids: t.Iterable[str]) -> str:
    return hashlib.sha256("\n".join([topic, *sorted(event_ids)]).encode()).hexdigest()
