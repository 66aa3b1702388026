# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The links between an event and the person who is told of it, each with what holds it or breaks it.

Every function here judges one link of one alarm by what C(Facts) knows, in the order in which a message passes them.
"""

from __future__ import annotations

import datetime
import itertools
import json
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.secops.aws_baseline.plugins.module_utils import event_pattern, filter_pattern
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OperationError
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal import arithmetic
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal.facts import Facts, Row
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal.selectors import takes
from ansible_collections.secops.aws_baseline.plugins.module_utils.resource_policy import Question, decide
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import sns

CLOUDTRAIL, CLOUDWATCH, SNS = "cloudtrail.amazonaws.com", "cloudwatch.amazonaws.com", "sns.amazonaws.com"
QUIET_HOURS = 24
"""A trail that has delivered nothing for so long does not deliver; even asking how it is would be an event."""
STANDARD = "STANDARD"


class Broken(Exception):
    """A link does not hold; the text says why."""


@dataclass(frozen=True)
class Story:
    """An event that raises an alarm, or looks like one that does. times: so many events C(within) so many seconds."""

    title: str
    record: Row
    is_raising: bool
    times: int = 1
    within: float = 0


@dataclass(frozen=True)
class Subject:
    """An alarm as it is declared, with all that belongs to it, and what must hold for the whole account.

    filters: those that count into its metric. stories: what raises it, and what must not; none for an alarm without.
    """

    id: str
    alarm: Row
    filters: tuple[Row, ...]
    stories: tuple[Story, ...]
    runbook: str = ""
    is_multi_region: bool = True
    is_organization: bool = False
    organization_id: str | None = None
    asks_aws: bool = True

    @property
    def name(self) -> str:
        """The alarm's name."""
        return self.alarm["name"]

    @property
    def topics(self) -> list[str]:
        """ARNs of the topics that it tells."""
        return [arn for arn in self.alarm.get("alarm_actions") or [] if arn.split(":")[2] == "sns"]

    @property
    def raising(self) -> list[Story]:
        """The stories that raise it."""
        return [story for story in self.stories if story.is_raising]


# --- from the event to the log group ---------------------------------------------------------------------------------


def trail(facts: Facts, subject: Subject) -> str:
    """Whether a trail takes such events and has the log group as its destination."""
    reasons = []
    for one in facts.trails():
        try:
            return _trail(facts, subject, one)
        except Broken as broken:
            reasons.append(f"{one['Name']} {broken}")
    raise Broken("; ".join(reasons) or f"no trail delivers to {facts.log_group_arn}")


def _trail(facts: Facts, subject: Subject, one: Row) -> str:
    if not facts.status(one["TrailARN"]).get("IsLogging"):
        raise Broken("does not log: it was stopped, or never started")
    if subject.is_multi_region and not one.get("IsMultiRegionTrail"):
        raise Broken(f"records {one.get('HomeRegion')} only, and neither other regions nor global services")
    if subject.is_organization and not one.get("IsOrganizationTrail"):
        raise Broken("records its own account only, and not the organization")
    if not one.get("IncludeGlobalServiceEvents", True):
        raise Broken("leaves out global services such as IAM")
    selectors = facts.selectors(one["TrailARN"])
    not_taken = [story.title for story in subject.raising if not takes(selectors, story.record)]
    if not_taken:
        raise Broken(f"does not take such events: {'; '.join(not_taken)}")
    kinds = {"reads": {"readOnly": True}, "writes": {"readOnly": False}}
    taken = [name for name, record in kinds.items() if takes(selectors, record)]
    if not taken:
        raise Broken("takes no management events")
    missing = sorted(set(kinds) - set(taken))
    note = f", but no {missing[0]}" if missing else ""
    return f"{one['Name']} logs and takes management events{note}"


def log_group(facts: Facts, subject: Subject) -> str:
    """Whether the log group is there and can be written to."""
    group = facts.log_group()
    if group is None:
        raise Broken(f"{facts.log_group_name} does not exist")
    kind = group.get("logGroupClass", STANDARD)
    if kind != STANDARD:
        raise Broken(f"{facts.log_group_name} is of the class {kind}, which has no metric filters")
    days = group.get("retentionInDays")
    kept = f"keeps events for {days} days" if days else "keeps events for ever"
    if not group.get("kmsKeyId"):
        return f"{facts.log_group_name} {kept}"
    scope = facts.scope
    context = {"kms:EncryptionContext:aws:logs:arn": facts.log_group_arn, "aws:SourceAccount": scope.account_id}
    context["aws:SourceArn"] = facts.log_group_arn
    _usable_key(facts, group["kmsKeyId"], f"logs.{scope.region}.{scope.url_suffix}", context, "CloudWatch Logs")
    return f"{facts.log_group_name} {kept}, encrypted"


def delivery(facts: Facts, subject: Subject) -> str:
    """Whether the trail may write to the log group, and does."""
    found = facts.trails()
    if not found:
        raise Broken("there is no trail to deliver")
    reasons = []
    for one in found:
        try:
            return _delivery(facts, subject, one)
        except Broken as broken:
            reasons.append(str(broken))
    raise Broken("; ".join(reasons))


def _delivery(facts: Facts, subject: Subject, one: Row) -> str:
    _writer(facts, subject, one)
    status = facts.status(one["TrailARN"])
    failure = status.get("LatestCloudWatchLogsDeliveryError")
    if failure:
        raise Broken(f"{one['Name']} could not deliver: {failure}")
    last, started = status.get("LatestCloudWatchLogsDeliveryTime"), status.get("StartLoggingTime")
    since = last or started
    if not isinstance(since, datetime.datetime):
        return f"{one['Name']} has delivered nothing yet"
    hours = (facts.now - since).total_seconds() / 3600
    if hours > QUIET_HOURS:
        what = "delivered last" if last else "has never delivered, though it logs since"
        raise Broken(f"{one['Name']} {what} {since:%Y-%m-%d %H:%M} UTC")
    return f"{one['Name']} delivered {since:%Y-%m-%d %H:%M} UTC" if last else f"{one['Name']} has delivered nothing yet"


def _writer(facts: Facts, subject: Subject, one: Row) -> None:
    arn = one.get("CloudWatchLogsRoleArn", "")
    if not arn:
        raise Broken(f"{one['Name']} has no role to write to the log group")
    if arn.split(":")[4] != facts.scope.account_id:
        return  # another account's, of which nothing can be seen but that it delivers
    role = facts.role(arn)
    if role is None:
        raise Broken(f"the role {arn} of {one['Name']} does not exist")
    context = {"aws:SourceAccount": one["TrailARN"].split(":")[4], "aws:SourceArn": one["TrailARN"]}
    if not decide(role["AssumeRolePolicyDocument"], Question(CLOUDTRAIL, "sts:AssumeRole", arn, context)):
        raise Broken(f"the role {arn} does not trust CloudTrail")
    owner, region = one["TrailARN"].split(":")[4], one.get("HomeRegion", facts.scope.region)
    streams = [f"{owner}_CloudTrail_{region}"]
    if subject.organization_id:  # events of its other accounts
        streams.append(f"{subject.organization_id}_{streams[0]}")
    for action, stream in itertools.product(("logs:CreateLogStream", "logs:PutLogEvents"), streams):
        question = Question(arn, action, f"{facts.log_group_arn}:log-stream:{stream}", {})
        if not decide(facts.role_policies(arn), question, of_identity=True):
            raise Broken(f"the role {arn} may not {action} for the stream {stream}")


# --- from the log group to the alarm ---------------------------------------------------------------------------------


def live_filters(facts: Facts, subject: Subject) -> list[Row]:
    """The declared filters that are there, as they are."""
    return [facts.filters()[one["name"]] for one in subject.filters if one["name"] in facts.filters()]


def filter_(facts: Facts, subject: Subject) -> str:
    """Whether the filters are there and as declared."""
    wrong, notes = [], []
    for declared in subject.filters:
        actual = facts.filters().get(declared["name"])
        if actual is None:
            wrong.append(f"{declared['name']} does not exist")
        else:
            found = _differences(declared, actual)
            wrong += [f"{declared['name']}: {one}" for one in found]
            accepted = declared.get("accepted_findings") or []
            findings = filter_pattern.lint(actual.get("filterPattern", ""))
            notes += [f"{one.message} [{one.code}]" for one in findings if one.code not in accepted]
    if wrong:
        raise Broken("; ".join(wrong))
    names = ", ".join(one["name"] for one in subject.filters)
    return f"{names} as declared" + (f"; note: {'; '.join(notes)}" if notes else "")


def _differences(declared: Row, actual: Row) -> t.Iterator[str]:
    pattern = actual.get("filterPattern", "")
    if not _same_pattern(declared["pattern"], pattern):
        yield f"its pattern is {pattern!r}, declared is {declared['pattern']!r}"
    transformation = actual["metricTransformations"][0]
    value = transformation["metricValue"]
    if not _same_number(declared.get("metric_value") or "1", value):
        yield f"each event counts {value}, declared is {declared.get('metric_value') or '1'}"
    default = transformation.get("defaultValue")
    if default and not _same_number(declared.get("default_value") or 0, default):
        yield f"it publishes {default:g} when nothing matches, declared is {declared.get('default_value') or 0}"
    for name in ("applyOnTransformedLogs", "emitSystemFieldDimensions", "fieldSelectionCriteria"):
        if actual.get(name):
            yield f"{name} keeps events from it: {actual[name]!r}"


def _same_pattern(one: str, other: str) -> bool:
    """Whether two patterns are the same, blanks aside."""
    if one == other:
        return True
    try:
        return str(filter_pattern.parse(one)) == str(filter_pattern.parse(other))
    except filter_pattern.FilterPatternError:
        return False


def _same_number(one: t.Any, other: t.Any) -> bool:
    try:
        return float(one) == float(other)
    except (TypeError, ValueError):
        return one == other


def events(facts: Facts, subject: Subject) -> str:
    """Whether what should raise the alarm matches, by our evaluator and by AWS's."""
    filters = live_filters(facts, subject)
    if not filters:
        raise Broken("no filter is there to match anything")
    if not subject.stories:
        return "no story tells what raises it; only the pattern's text was compared"
    patterns = [one.get("filterPattern", "") for one in filters]
    ours = [_ours(patterns, story) for story in subject.stories]
    told, notes = ours, []
    if subject.asks_aws:
        try:
            told = _theirs(facts, patterns, subject.stories)
        except OperationError as error:
            notes.append(f"AWS was not asked: {error.code}")
    for story, one, other in zip(subject.stories, ours, told, strict=True):
        if one != other:
            notes.append(f"AWS says {_says(other)} where our evaluator says {_says(one)}: {story.title}")
    judged = list(zip(subject.stories, told, strict=True))
    missed = [story.title for story, matches in judged if story.is_raising and not matches]
    taken = [
        story.title for story, matches in judged if not story.is_raising and matches and _is_enough(subject, story)
    ]
    raising = len(subject.raising)
    if taken:
        notes.append(f"matches as well: {'; '.join(taken)}")
    if raising and len(missed) == raising:
        raise Broken("; ".join([f"nothing that should raise it matches: {'; '.join(missed)}", *notes]))
    if missed:
        notes.append(f"does not match: {'; '.join(missed)}")
    asked = "by AWS as well" if subject.asks_aws and told is not ours else "by our evaluator"
    result = f"{raising - len(missed)} of {raising} events that raise it match, {asked}"
    return f"{result}; note: {'; '.join(notes)}" if notes else result


def _is_enough(subject: Subject, story: Story) -> bool:
    """Whether there are as many events in a story as the declared alarm asks for. Some near misses are too few."""
    values = [_number(one.get("metric_value") or "1") for one in subject.filters if _ours([one["pattern"]], story)]
    burst = arithmetic.Burst(story.times, story.within, sum(values) or 1.0)
    return arithmetic.obstacle({"treat_missing_data": "missing", **subject.alarm}, burst, True) is None


def _says(matches: bool) -> str:
    return "that it matches" if matches else "that it does not match"


def _ours(patterns: t.Sequence[str], story: Story) -> bool:
    for pattern in patterns:
        try:
            if filter_pattern.parse(pattern).matches(story.record):
                return True
        except filter_pattern.FilterPatternError:
            continue
    return False


def _theirs(facts: Facts, patterns: t.Sequence[str], stories: t.Sequence[Story]) -> list[bool]:
    messages = [json.dumps(story.record) for story in stories]
    found = [facts.matched(pattern, messages) for pattern in patterns]
    return [any(column) for column in zip(*found, strict=True)]


def alarm(facts: Facts, subject: Subject) -> str:
    """Whether the alarm is there."""
    actual = _live_alarm(facts, subject)
    return f"{subject.name} exists, its state is {actual['state']}"


def _live_alarm(facts: Facts, subject: Subject) -> Row:
    actual = facts.alarms().get(subject.name)
    if actual is None:
        raise Broken(f"{subject.name} does not exist")
    return actual


def metric(facts: Facts, subject: Subject) -> str:
    """Whether the filters count into the very metric that the alarm watches."""
    actual = _live_alarm(facts, subject)
    watched = (actual["namespace"], actual["metric_name"])
    if None in watched:
        raise Broken(f"{subject.name} watches an expression, not one metric")
    for one in live_filters(facts, subject):
        transformation = one["metricTransformations"][0]
        counted = (transformation["metricNamespace"], transformation["metricName"])
        if counted != watched:
            raise Broken(f"{one['filterName']} counts into {'/'.join(counted)}, the alarm watches {'/'.join(watched)}")
        dimensions = sorted(transformation.get("dimensions") or {})
        if dimensions != sorted(actual["dimensions"]):
            ours, theirs = (", ".join(names) or "none" for names in (dimensions, sorted(actual["dimensions"])))
            raise Broken(f"{one['filterName']} counts by the dimensions {ours}, the alarm has {theirs}")
        unit = transformation.get("unit", "None")
        if actual["unit"] and actual["unit"] != unit:
            raise Broken(f"{one['filterName']} counts in the unit {unit}, the alarm watches the unit {actual['unit']}")
    return "/".join(watched)


def threshold(facts: Facts, subject: Subject) -> str:
    """Whether what happens then can set the alarm off."""
    actual = _live_alarm(facts, subject)
    filters = live_filters(facts, subject)
    has_default = any(one["metricTransformations"][0].get("defaultValue") is not None for one in filters)
    bursts = list(_bursts(subject, filters))
    reasons = [arithmetic.obstacle(actual, burst, has_default) for burst in bursts]
    if all(reasons):
        raise Broken(str(reasons[0]))
    burst = bursts[reasons.index(None)]
    events_needed = "1 event" if burst.times == 1 else f"{burst.times} events"
    return f"{events_needed} within {actual['period']} seconds set it off"


def _bursts(subject: Subject, filters: t.Sequence[Row]) -> t.Iterator[arithmetic.Burst]:
    """What is to set the alarm off: what its stories tell, or where these are too little, what the declaration asks."""
    declared = {"treat_missing_data": "missing", **subject.alarm}
    told = []
    for story in subject.raising:
        value = sum(_value(one) for one in filters if _ours([one.get("filterPattern", "")], story))
        if value:
            told.append(arithmetic.Burst(story.times, story.within, value))
    enough = [burst for burst in told if arithmetic.obstacle(declared, burst, True) is None]
    if enough:
        yield from enough
    else:
        for one in filters or [{}]:
            yield arithmetic.burst_for(declared, _value(one))


def _value(actual: Row) -> float:
    """What one event counts."""
    return next((_number(one["metricValue"]) for one in actual.get("metricTransformations", [])), 1.0)


def _number(text: str) -> float:
    """What an event counts by a metric value; 1 where that is taken from the event."""
    try:
        return float(text)
    except ValueError:
        return 1.0


# --- from the alarm to a person --------------------------------------------------------------------------------------


def actions(facts: Facts, subject: Subject) -> str:
    """Whether the alarm acts, and tells the declared topics."""
    actual = _live_alarm(facts, subject)
    if not actual["actions_enabled"]:
        raise Broken("its actions are switched off")
    declared, has = subject.alarm.get("alarm_actions") or [], actual["alarm_actions"] or []
    missing = [arn for arn in declared if arn not in has]
    if missing or not has:
        raise Broken(f"it does not tell {', '.join(missing) or 'anybody'}")
    try:
        rule = facts.muted().get(subject.name)
    except OperationError as error:
        note = f"; note: mute rules were not looked at: {error.code}"
    else:
        note = ""
        if rule:
            raise Broken(f"the mute rule {rule} silences it now")
    added = [arn for arn in has if arn not in declared]
    return (
        f"tells {', '.join(map(_short, has))}" + (f"; note: not declared: {', '.join(added)}" if added else "") + note
    )


def _short(arn: str) -> str:
    return arn.rpartition(":")[2]


def topic(facts: Facts, subject: Subject) -> str:
    """Whether the topics are there and let CloudWatch publish for this alarm."""
    for arn in subject.topics:
        attributes = _topic(facts, arn)
        question = Question(CLOUDWATCH, "sns:Publish", arn, _alarm_context(facts, subject))
        decision = decide(json.loads(attributes.get("Policy") or "{}"), question)
        if decision.denied_by:
            raise Broken(f"the policy of {_short(arn)} denies it to CloudWatch ({decision.denied_by})")
        if not decision:
            raise Broken(f"the policy of {_short(arn)} does not let CloudWatch publish for this alarm")
    return f"{', '.join(map(_short, subject.topics)) or 'no topic'}: CloudWatch may publish"


def _topic(facts: Facts, arn: str) -> Row:
    attributes = facts.topic(arn)
    if attributes is None:
        raise Broken(f"{_short(arn)} does not exist")
    return attributes


def _alarm_context(facts: Facts, subject: Subject) -> Row:
    """What CloudWatch tells of an alarm for which it acts."""
    scope = facts.scope
    context = {
        "aws:SourceAccount": scope.account_id,
        "aws:SourceArn": scope.arn("cloudwatch", f"alarm:{subject.name}"),
        "aws:SourceOwner": scope.account_id,
        "aws:PrincipalIsAWSService": "true",
        "aws:SecureTransport": "true",
    }
    return {**context, "aws:SourceOrgID": subject.organization_id} if subject.organization_id else context


def key(facts: Facts, subject: Subject) -> str:
    """Whether the keys of encrypted topics can be used for this alarm."""
    encrypted = []
    for arn in subject.topics:
        reference = _topic(facts, arn).get("KmsMasterKeyId")
        if reference:
            context = {**_alarm_context(facts, subject), "kms:EncryptionContext:aws:sns:topicArn": arn}
            _usable_key(facts, reference, CLOUDWATCH, context, "CloudWatch")
            encrypted.append(_short(arn))
    return f"CloudWatch may encrypt for {', '.join(encrypted)}" if encrypted else "not encrypted with a key"


def _usable_key(facts: Facts, reference: str, principal: str, context: Row, who: str) -> None:
    found = facts.key(reference)
    if found is None:
        raise Broken(f"the key {reference} does not exist")
    if found["KeyState"] != "Enabled":
        raise Broken(f"the key {reference} is {found['KeyState']}")
    if found.get("KeyManager") == "AWS":
        raise Broken(f"{reference} is a key that AWS manages, which lets no other service use it: take one of your own")
    for action in ("kms:GenerateDataKey", "kms:Decrypt"):
        if not decide(found["Policy"], Question(principal, action, found["Arn"], context)):
            raise Broken(f"the policy of the key {reference} does not let {who} do {action}")


def subscribers(facts: Facts, subject: Subject) -> str:
    """Whether each topic reaches somebody who has confirmed."""
    return "; ".join(f"{_short(arn)}: {_subscribers(facts, subject, arn)}" for arn in subject.topics) or "no topic"


def _subscribers(facts: Facts, subject: Subject, arn: str) -> str:
    rows = facts.subscriptions(arn)
    pending = [_who(row) for row in rows if row["SubscriptionArn"] == sns.PENDING]
    reached, lost = [], []
    for row in rows:
        if row["SubscriptionArn"] == sns.PENDING:
            continue
        reason = _lost(facts, subject, arn, row)
        if reason:
            lost.append(f"{_who(row)}: {reason}")
        else:
            reached.append(_who(row))
    notes = [f"not confirmed yet, which AWS waits two days for: {', '.join(pending)}"] if pending else []
    notes += lost
    if not reached:
        raise Broken(f"{_short(arn)} reaches nobody" + (f": {'; '.join(notes)}" if notes else ", it has no subscriber"))
    return f"{', '.join(reached)}" + (f" (note: {'; '.join(notes)})" if notes else "")


def _who(row: Row) -> str:
    endpoint = sns.USER_INFO.sub(r"\1***@", row["Endpoint"])
    return f"{row['Protocol']} {endpoint}"


def _lost(facts: Facts, subject: Subject, arn: str, row: Row) -> str | None:
    """Why a subscriber who has confirmed gets no message; None when they do, as far as can be known from here."""
    policy, is_of_body = facts.filter_policy(row["SubscriptionArn"])
    if policy and not _passes(facts, subject, policy, is_of_body):
        return "its filter policy lets no message of this alarm through"
    endpoint = row["Endpoint"]
    if row["Protocol"] not in ("sqs", "lambda") or endpoint.split(":")[4] != facts.scope.account_id:
        return None
    if endpoint.split(":")[3] != facts.scope.region:
        return None
    context = {"aws:SourceArn": arn, "aws:SourceAccount": arn.split(":")[4], "aws:SecureTransport": "true"}
    context["aws:PrincipalIsAWSService"] = "true"
    if row["Protocol"] == "lambda":
        document = facts.function_policy(endpoint)
        question = Question(SNS, "lambda:InvokeFunction", endpoint, context)
        return None if decide(document, question) else "the function is not there, or does not let SNS call it"
    queue = facts.queue(_short(endpoint))
    if queue is None:
        return "the queue does not exist"
    if not decide(json.loads(queue.get("Policy") or "{}"), Question(SNS, "sqs:SendMessage", endpoint, context)):
        return "the policy of the queue does not let the topic send"
    if queue.get("KmsMasterKeyId"):
        try:
            _usable_key(facts, queue["KmsMasterKeyId"], SNS, context, "SNS")
        except Broken as broken:
            return str(broken)
    return None


def _passes(facts: Facts, subject: Subject, policy: str, is_of_body: bool) -> bool:
    """Whether a filter policy lets an alarm's message through. Such messages have no attributes."""
    body = {
        "AlarmName": subject.name,
        "AlarmDescription": subject.alarm.get("alarm_description"),
        "AWSAccountId": facts.scope.account_id,
        "NewStateValue": "ALARM",
        "OldStateValue": "OK",
        "AlarmArn": facts.scope.arn("cloudwatch", f"alarm:{subject.name}"),
        "Trigger": {"MetricName": subject.alarm["metric_name"], "Namespace": subject.alarm["namespace"]},
    }
    try:
        return event_pattern.parse(policy).matches(body if is_of_body else {})
    except event_pattern.EventPatternError:
        return True  # more than is known here of filter policies


LINKS: dict[str, t.Callable[[Facts, Subject], str]] = {
    "trail": trail,
    "log_group": log_group,
    "delivery": delivery,
    "filter": filter_,
    "events": events,
    "alarm": alarm,
    "metric": metric,
    "threshold": threshold,
    "actions": actions,
    "topic": topic,
    "key": key,
    "subscribers": subscribers,
}
"""In the order in which a message passes them. The keys of an encrypted path are part of what they lock."""

_BLANKS = re.compile(r"\s+")


def judge(facts: Facts, subject: Subject) -> list[Row]:
    """C(link), C(ok) and C(detail) of every link of an alarm. A link that could not be looked at does not hold."""
    found = []
    for name, link in LINKS.items():
        try:
            holds, detail = True, link(facts, subject)
        except Broken as broken:
            holds, detail = False, str(broken)
        except OperationError as error:
            holds, detail = False, f"could not be looked at: {error}"
        found.append({"link": name, "ok": holds, "detail": _BLANKS.sub(" ", detail)})
    return found
