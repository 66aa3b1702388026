# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EventBridge's buses, rules and targets, wholly: moto accepts too much and fails on events that match a rule.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from .. import event_patterns, policies
from ..errors import AwsError
from ..registry import Scope, Service, page, random_hex
from . import contexts, delivery, event_delivery

Params = dict[str, Any]
Event = dict[str, Any]

DEFAULT_BUS = "default"
RULES_PER_BUS = 300
TARGETS_PER_RULE = 5
TAGS_PER_RESOURCE = 50
_SCHEDULE = re.compile(r"rate\((1 (minute|hour|day)|([2-9]|[1-9]\d+) (minutes|hours|days))\)|cron\(\S+( \S+){5}\)")
_INPUTS = ("Input", "InputPath", "InputTransformer")
_TARGET_ARN = re.compile(r"arn:aws[a-z-]*:(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>\d{12}|aws)?:\S+")
_QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:(?P<region>[a-z0-9-]+):\d{12}:[\w-]{1,80}")
_JSON_PATH = re.compile(r"\$(\.[\w-]+|\[\d+\])*")


@dataclass
class Rule:
    """A rule. managed_by: the service that made it and alone may change it."""

    name: str
    bus: str
    arn: str
    settings: Params
    tags: dict[str, str] = field(default_factory=dict)
    targets: dict[str, Params] = field(default_factory=dict)
    managed_by: str | None = None

    def row(self) -> Params:
        row = {"Name": self.name, "Arn": self.arn, "EventBusName": self.bus, **self.settings}
        return row | ({"ManagedBy": self.managed_by} if self.managed_by else {})

    def matches(self, event: Event) -> bool:
        pattern = self.settings.get("EventPattern")
        if self.settings["State"] == "DISABLED" or not pattern:
            return False
        return event_patterns.matches(event_patterns.parse(pattern), event)


@dataclass
class Bus:
    """An event bus. statements: of its policy, by Sid."""

    name: str
    arn: str
    description: str | None = None
    statements: dict[str, Params] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)

    def policy(self) -> str | None:
        statements = list(self.statements.values())
        return json.dumps({"Version": "2012-10-17", "Statement": statements}) if statements else None

    def row(self) -> Params:
        row = {"Name": self.name, "Arn": self.arn, "Description": self.description, "Policy": self.policy()}
        return {key: value for key, value in row.items() if value is not None}


Buses = dict[str, Bus]

service = Service("events", state=dict, whole=True)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _missing(message: str) -> AwsError:
    return AwsError("ResourceNotFoundException", message)


def _limit() -> AwsError:
    return AwsError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")


def _page(items: list[Any], params: Params) -> tuple[list[Any], str | None]:
    return page(items, params, token="NextToken", error="ValidationException", limit="Limit", default=100)


def _buses(scope: Scope) -> Buses:
    """The buses of an account and region, which always has a default one."""
    buses: Buses = service.state(scope)
    buses.setdefault(DEFAULT_BUS, Bus(DEFAULT_BUS, scope.arn("events", f"event-bus/{DEFAULT_BUS}")))
    return buses


def _bus(name: str | None, scope: Scope) -> Bus:
    """The bus with a name or an ARN, of the scope's account."""
    name = name or DEFAULT_BUS
    if name.startswith("arn:"):
        if not name.startswith(scope.arn("events", "event-bus/")):
            raise AwsError("AccessDeniedException", f"User: {scope.principal} is not authorized to access {name}")
        name = name.split("event-bus/", 1)[1]
    bus = _buses(scope).get(name)
    if bus is None:
        raise _missing(f"Event bus {name} does not exist.")
    return bus


def _rule(name: str, params: Params, scope: Scope) -> Rule:
    bus = _bus(params.get("EventBusName"), scope)
    if name not in bus.rules:
        raise _missing(f"Rule {name} does not exist on EventBus {bus.name}.")
    return bus.rules[name]


def _check_managed(rule: Rule, params: Params | None = None) -> None:
    """Refuse to change a rule of an AWS service, unless it is forced."""
    if rule.managed_by and not (params or {}).get("Force"):
        raise AwsError(
            "ManagedRuleException", f"Rule {rule.name} is a managed rule and can only be modified by {rule.managed_by}."
        )


# --- buses ----------------------------------------------------------------------------------------------------------


@service.operation("CreateEventBus")
def create_event_bus(params: Params, scope: Scope, state: Buses) -> Params:
    name = params["Name"]
    if "/" in name:
        raise _invalid(f"Event bus name {name} is not valid: only partner event buses have a slash in their names.")
    if name in _buses(scope):
        raise AwsError("ResourceAlreadyExistsException", f"Event bus {name} already exists.")
    bus = Bus(name, scope.arn("events", f"event-bus/{name}"), params.get("Description"), tags=_tags(params))
    state[name] = bus
    return {"EventBusArn": bus.arn}


@service.operation("DeleteEventBus")
def delete_event_bus(params: Params, scope: Scope, state: Buses) -> None:
    name = params["Name"]
    if name == DEFAULT_BUS:
        raise _invalid("Cannot delete event bus default.")
    bus = _buses(scope).get(name)
    if bus is not None and bus.rules:
        raise _invalid("Event bus can't be deleted since it has rules.")
    state.pop(name, None)


@service.operation("DescribeEventBus")
def describe_event_bus(params: Params, scope: Scope, state: Buses) -> Params:
    return _bus(params.get("Name"), scope).row()


@service.operation("ListEventBuses")
def list_event_buses(params: Params, scope: Scope, state: Buses) -> Params:
    prefix = params.get("NamePrefix", "")
    rows = [bus.row() for name, bus in sorted(_buses(scope).items()) if name.startswith(prefix)]
    chosen, token = _page(rows, params)
    return {"EventBuses": chosen, "NextToken": token}


@service.operation("PutPermission")
def put_permission(params: Params, scope: Scope, state: Buses) -> None:
    bus = _bus(params.get("EventBusName"), scope)
    if "Policy" in params:
        try:
            document = policies.validate(params["Policy"], principal=True, resource=True, services=("events",))
        except policies.MalformedPolicy as failure:
            raise _invalid(f"Policy is not valid: {failure}") from None
        statements = policies.as_list(document["Statement"])
        bus.statements = {one.get("Sid", f"statement-{number}"): one for number, one in enumerate(statements)}
        return
    if not {"Action", "Principal", "StatementId"} <= set(params):
        raise _invalid("Action, Principal and StatementId are needed, or Policy.")
    principal = params["Principal"]
    statement: Params = {
        "Sid": params["StatementId"],
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": scope.arn("iam", "root", region="", account=principal)},
        "Action": params["Action"],
        "Resource": bus.arn,
    }
    if "Condition" in params:
        condition = params["Condition"]
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    bus.statements[params["StatementId"]] = statement


@service.operation("RemovePermission")
def remove_permission(params: Params, scope: Scope, state: Buses) -> None:
    bus = _bus(params.get("EventBusName"), scope)
    if params.get("RemoveAllPermissions"):
        bus.statements.clear()
    elif bus.statements.pop(params.get("StatementId", ""), None) is None:
        raise _missing("Statement with the provided id does not exist.")


# --- rules ----------------------------------------------------------------------------------------------------------


@service.operation("PutRule")
def put_rule(params: Params, scope: Scope, state: Buses) -> Params:
    bus = _bus(params.get("EventBusName"), scope)
    name, pattern, schedule = params["Name"], params.get("EventPattern"), params.get("ScheduleExpression")
    if not pattern and not schedule:
        raise _invalid("Parameter(s) EventPattern or ScheduleExpression must be specified.")
    if pattern:
        _parsed(pattern)
    if schedule and bus.name != DEFAULT_BUS:
        raise _invalid("ScheduleExpression is supported only on the default event bus.")
    if schedule and not _SCHEDULE.fullmatch(schedule):
        raise _invalid("Parameter ScheduleExpression is not valid.")
    tags = _tags(params)
    settings = {key: params[key] for key in ("Description", "RoleArn") if params.get(key)}
    settings |= {key: value for key, value in (("EventPattern", pattern), ("ScheduleExpression", schedule)) if value}
    settings["State"] = params.get("State", "ENABLED")
    rule = bus.rules.get(name)
    if rule is None:
        if len(bus.rules) >= RULES_PER_BUS:
            raise _limit()
        path = name if bus.name == DEFAULT_BUS else f"{bus.name}/{name}"
        rule = bus.rules[name] = Rule(name, bus.name, scope.arn("events", f"rule/{path}"), settings, tags)
    else:
        _check_managed(rule)
        rule.settings = settings  # what is not named is gone; tags of a rule that exists are ignored
    return {"RuleArn": rule.arn}


def _parsed(pattern: str) -> Params:
    try:
        return event_patterns.parse(pattern)
    except event_patterns.InvalidEventPattern as failure:
        message = f"Event pattern is not valid. Reason: {failure}"
        raise AwsError("InvalidEventPatternException", message) from None


def manage(scope: Scope, name: str, principal: str, pattern: str) -> None:
    """Make a rule on the default bus as the service with that principal does: nobody else may change it."""
    put_rule({"Name": name, "EventPattern": pattern}, scope, service.state(scope))
    _buses(scope)[DEFAULT_BUS].rules[name].managed_by = principal


@service.operation("DescribeRule")
def describe_rule(params: Params, scope: Scope, state: Buses) -> Params:
    return _rule(params["Name"], params, scope).row() | {"CreatedBy": scope.account}


@service.operation("ListRules")
def list_rules(params: Params, scope: Scope, state: Buses) -> Params:
    rules = _bus(params.get("EventBusName"), scope).rules
    rows = [rule.row() for name, rule in sorted(rules.items()) if name.startswith(params.get("NamePrefix", ""))]
    chosen, token = _page(rows, params)
    return {"Rules": chosen, "NextToken": token}


@service.operation("DeleteRule")
def delete_rule(params: Params, scope: Scope, state: Buses) -> None:
    bus = _bus(params.get("EventBusName"), scope)
    rule = bus.rules.get(params["Name"])
    if rule is None:
        return
    _check_managed(rule, params)
    if rule.targets:
        raise _invalid("Rule can't be deleted since it has targets.")
    del bus.rules[rule.name]


@service.operation("EnableRule")
def enable_rule(params: Params, scope: Scope, state: Buses) -> None:
    _switch(params, scope, "ENABLED")


@service.operation("DisableRule")
def disable_rule(params: Params, scope: Scope, state: Buses) -> None:
    _switch(params, scope, "DISABLED")


def _switch(params: Params, scope: Scope, wanted: str) -> None:
    rule = _rule(params["Name"], params, scope)
    _check_managed(rule)
    rule.settings["State"] = wanted


# --- targets --------------------------------------------------------------------------------------------------------


@service.operation("PutTargets")
def put_targets(params: Params, scope: Scope, state: Buses) -> Params:
    rule = _rule(params["Rule"], params, scope)
    _check_managed(rule)
    identifiers = [target["Id"] for target in params["Targets"]]
    if len(identifiers) != len(set(identifiers)):
        raise _invalid("Target IDs must be unique within a request.")
    for target in params["Targets"]:
        _check_target(target, scope)
    if len(rule.targets.keys() | set(identifiers)) > TARGETS_PER_RULE:
        raise _limit()
    rule.targets |= {target["Id"]: target for target in params["Targets"]}
    return {"FailedEntryCount": 0, "FailedEntries": []}


def _check_target(target: Params, scope: Scope) -> None:
    arn = target["Arn"]
    parts = _TARGET_ARN.fullmatch(arn)
    if parts is None or (parts["region"] not in ("", scope.region) and parts["service"] != "events"):
        raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")
    _check_input(target)
    dead_letters = target.get("DeadLetterConfig", {}).get("Arn")
    if dead_letters is not None:
        queue = _QUEUE_ARN.fullmatch(dead_letters)
        if queue is None or queue["region"] != scope.region:
            raise _invalid(f"Parameter {dead_letters} is not valid. Reason: It is no standard queue of this region.")
    role = target.get("RoleArn")
    if role is None and parts["service"] == "events" and parts["account"] != scope.account:
        raise _invalid(f"RoleArn is required for target {arn}.")
    if role is not None:
        found = delivery.find_role(role)
        if found is None or not delivery.role_trusts(found, event_delivery.PRINCIPAL, contexts.of_service(scope)):
            raise _invalid(f"Provided role '{role}' cannot be assumed by principal '{event_delivery.PRINCIPAL}'.")


def _check_input(target: Params) -> None:
    identifier = target["Id"]
    if sum(name in target for name in _INPUTS) > 1:
        raise _invalid(f"Only one of Input, InputPath, or InputTransformer must be provided for target {identifier}.")
    if "Input" in target:
        try:
            json.loads(target["Input"])
        except ValueError as failure:
            raise _invalid(f"JSON syntax error in input for target {identifier} : {failure}") from None
    transformer = target.get("InputTransformer", {})
    for path in [target.get("InputPath", "$"), *transformer.get("InputPathsMap", {}).values()]:
        if not _JSON_PATH.fullmatch(path):
            raise _invalid(f"Parameter {path} is not valid. Reason: Invalid JSONPath of target {identifier}.")
    known = set(transformer.get("InputPathsMap", {}))
    for name in re.findall(r"<([\w.-]+)>", transformer.get("InputTemplate", "")):
        if name not in known and not name.startswith("aws.events."):
            raise _invalid(f"Invalid InputTemplate for target {identifier} : [Template placeholder {name} is unknown]")


@service.operation("RemoveTargets")
def remove_targets(params: Params, scope: Scope, state: Buses) -> Params:
    rule = _rule(params["Rule"], params, scope)
    _check_managed(rule, params)
    failed = [
        {
            "TargetId": identifier,
            "ErrorCode": "ResourceNotFoundException",
            "ErrorMessage": f"Target {identifier} does not exist on rule {rule.name}.",
        }
        for identifier in params["Ids"]
        if rule.targets.pop(identifier, None) is None
    ]
    return {"FailedEntryCount": len(failed), "FailedEntries": failed}


@service.operation("ListTargetsByRule")
def list_targets_by_rule(params: Params, scope: Scope, state: Buses) -> Params:
    chosen, token = _page(list(_rule(params["Rule"], params, scope).targets.values()), params)
    return {"Targets": chosen, "NextToken": token}


@service.operation("ListRuleNamesByTarget")
def list_rule_names_by_target(params: Params, scope: Scope, state: Buses) -> Params:
    rules = _bus(params.get("EventBusName"), scope).rules
    arn = params["TargetArn"]
    names = [name for name, rule in sorted(rules.items()) if any(one["Arn"] == arn for one in rule.targets.values())]
    chosen, token = _page(names, params)
    return {"RuleNames": chosen, "NextToken": token}


# --- tags -----------------------------------------------------------------------------------------------------------


def _tags(params: Params) -> dict[str, str]:
    keys = [tag["Key"] for tag in params.get("Tags", [])]
    if len(keys) != len(set(keys)):
        raise _invalid("Tag keys must be unique.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise _invalid("aws: prefixed tag keys are not allowed.")
    if len(keys) > TAGS_PER_RESOURCE:
        raise _invalid("A resource has at most 50 tags.")
    return {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}


def _tagged(arn: str, scope: Scope) -> Rule | Bus:
    if arn.startswith(scope.arn("events", "rule/")):
        *bus, name = arn.split(":rule/", 1)[1].split("/")
        return _rule(name, {"EventBusName": "/".join(bus) or DEFAULT_BUS}, scope)
    if arn.startswith(scope.arn("events", "event-bus/")):
        return _bus(arn, scope)
    raise _invalid(f"Parameter {arn} is not valid. Reason: Provided Arn is not in correct format.")


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: Buses) -> None:
    tagged = _tagged(params["ResourceARN"], scope)
    if isinstance(tagged, Rule):
        _check_managed(tagged)
    merged = tagged.tags | _tags(params)
    if len(merged) > TAGS_PER_RESOURCE:
        raise _invalid("A resource has at most 50 tags.")
    tagged.tags = merged


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: Buses) -> None:
    tagged = _tagged(params["ResourceARN"], scope)
    if isinstance(tagged, Rule):
        _check_managed(tagged)
    tagged.tags = {key: value for key, value in tagged.tags.items() if key not in params["TagKeys"]}


@service.operation("ListTagsForResource")
def list_tags_for_resource(params: Params, scope: Scope, state: Buses) -> Params:
    tags = _tagged(params["ResourceARN"], scope).tags
    return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


# --- events ---------------------------------------------------------------------------------------------------------


@service.operation("TestEventPattern")
def test_event_pattern(params: Params, scope: Scope, state: Buses) -> Params:
    pattern = _parsed(params["EventPattern"])
    try:
        event = json.loads(params["Event"])
    except ValueError:
        event = None
    needed = ("id", "account", "source", "time", "region", "resources", "detail-type")
    if not isinstance(event, dict) or any(name not in event for name in needed):
        raise _invalid(f"Parameter Event is not valid. Reason: it is a JSON object with {', '.join(needed)}.")
    return {"Result": event_patterns.matches(pattern, event)}


@service.operation("PutEvents")
def put_events(params: Params, scope: Scope, state: Buses) -> Params:
    results = [_put_event(entry, scope) for entry in params["Entries"]]
    return {"FailedEntryCount": sum("ErrorCode" in one for one in results), "Entries": results}


def _put_event(entry: Params, scope: Scope) -> Params:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            message = f"Parameter {name} is not valid. Reason: {name} is a required argument."
            return {"ErrorCode": "InvalidArgument", "ErrorMessage": message}
    if entry["Source"].startswith("aws."):
        return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": "Not authorized for the source."}
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        detail = None
    if not isinstance(detail, dict):
        return {"ErrorCode": "MalformedDetail", "ErrorMessage": "Detail is malformed."}
    event: Event = {
        "source": entry["Source"],
        "detail-type": entry["DetailType"],
        "resources": entry.get("Resources", []),
        "detail": detail,
    }
    if "Time" in entry:
        event["time"] = _timestamp(entry["Time"])
    complete = _envelope(scope, event)
    name = entry.get("EventBusName") or DEFAULT_BUS
    arn = name if name.startswith("arn:") else scope.arn("events", f"event-bus/{name}")
    if not _may_put(arn, scope):
        message = f"User: {scope.principal} is not authorized to perform: events:PutEvents on resource: {arn}"
        raise AwsError("AccessDeniedException", message)
    _route(arn, complete)
    return {"EventId": complete["id"]}


def emit(scope: Scope, event: Event) -> Event:
    """Put an event of an AWS service on the default bus of the scope's account and region; the event as it went out.

    event: source, detail-type and detail, optionally resources (ARNs) and time; the rest of the envelope is added.
    """
    complete = _envelope(scope, event)
    _route(scope.arn("events", f"event-bus/{DEFAULT_BUS}"), complete)
    return complete


def _envelope(scope: Scope, event: Event) -> Event:
    digits = random_hex(32)
    return {
        "version": "0",
        "id": "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])),
        "detail-type": event["detail-type"],
        "source": event["source"],
        "account": scope.account,
        "time": event.get("time") or _timestamp(datetime.now(UTC)),
        "region": scope.region,
        "resources": event.get("resources", []),
        "detail": event["detail"],
    }


def _timestamp(moment: Any) -> str:
    if isinstance(moment, int | float):
        moment = datetime.fromtimestamp(moment, UTC)
    return moment if isinstance(moment, str) else moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _may_put(arn: str, scope: Scope) -> bool:
    """Whether the scope's account may put events on a bus: its own, or one whose policy lets it."""
    _, _, _, region, account, resource = arn.split(":", 5)
    if account == scope.account:
        return True
    bus = _buses(Scope(account, region)).get(resource.removeprefix("event-bus/"))
    context = contexts.of_caller(scope)
    return bus is not None and policies.allows(bus.policy(), scope.account, "events:PutEvents", arn, context)


def _route(arn: str, event: Event, *, forwarded: bool = False) -> None:
    """Send an event to the targets of all rules of a bus that match it. What came from another bus goes to no third."""
    _, _, _, region, account, resource = arn.split(":", 5)
    here = Scope(account, region)
    bus = _buses(here).get(resource.removeprefix("event-bus/"))
    for rule in list(bus.rules.values()) if bus else ():
        if not rule.matches(event):
            continue
        sender = event_delivery.Sender(here, rule.arn, rule.name)
        for target in list(rule.targets.values()):
            event_delivery.send(sender, target, event, lambda bus_arn, sent: _forward(bus_arn, sent, here, forwarded))


def _forward(arn: str, event: Event, here: Scope, forwarded: bool) -> None:
    if forwarded:
        return
    if not _may_put(arn, here):
        raise event_delivery.Undelivered("NO_PERMISSIONS", f"events:PutEvents is not allowed on {arn}")
    _route(arn, event, forwarded=True)
