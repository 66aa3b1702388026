# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon EventBridge: rules and their targets."""

from __future__ import annotations

import collections.abc as c
import json
import os.path
import re
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils import event_pattern
from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import ROLE_ARN, SAMPLE_SCOPE, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

DEFAULT_BUS = "default"
RULE_STATES = ("ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
MOST_TARGETS = 5
DEFAULT_RETRIES = {"maximum_retry_attempts": 185, "maximum_event_age_in_seconds": 86400}
"""What EventBridge does for a target without a retry policy, and the most that it does."""
LEAST_RETRIES = {"maximum_retry_attempts": 0, "maximum_event_age_in_seconds": 60}

TARGET_OPTIONS: dict[str, t.Any] = {
    "id": {"type": "str", "required": True},
    "arn": {"type": "str", "required": True},
    "role_arn": {"type": "str"},
    "input": {"type": "json"},
    "input_path": {"type": "str"},
    "input_transformer": {
        "type": "dict",
        "options": {"input_paths_map": {"type": "dict"}, "input_template": {"type": "str", "required": True}},
    },
    "dead_letter_config": {"type": "dict", "options": {"arn": {"type": "str", "required": True}}},
    "retry_policy": {
        "type": "dict",
        "options": {name: {"type": "int", "default": value} for name, value in DEFAULT_RETRIES.items()},
    },
}
"""Suboptions of an option that declares a target."""

RULE_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "event_bus_name": {"type": "str", "default": DEFAULT_BUS},
    "description": {"type": "str"},
    "event_pattern": {"type": "dict"},
    "schedule_expression": {"type": "str"},
    "rule_state": {"type": "str", "choices": list(RULE_STATES), "default": "ENABLED"},
    "targets": {"type": "list", "elements": "dict", "options": TARGET_OPTIONS},
    "tags": {"type": "dict"},
}
"""Suboptions of an option that declares a rule."""

INPUT_OPTIONS = ("input", "input_path", "input_transformer")
"""What is sent in place of the whole event; one of them at most."""
NAME = re.compile(r"[.\-_A-Za-z0-9]{1,64}")
BUS_NAME = re.compile(r"[/.\-_A-Za-z0-9]{1,256}")
LONGEST_DESCRIPTION = 512
LONGEST_INPUT = 8192
ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]+:[a-z0-9-]*:(\d{12})?:\S+")
QUEUE_ARN = re.compile(r"arn:aws[a-z-]*:sqs:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,80}")
JSON_PATH = re.compile(r"\$(\.[\w-]+|\[\d+\])*")
INPUT_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
PLACEHOLDER = re.compile(r"<([\w.-]+)>")
OWN_PLACEHOLDERS = (
    *("aws.events.rule-arn", "aws.events.rule-name"),
    *("aws.events.event", "aws.events.event.json", "aws.events.event.ingestion-time"),
)
"""What EventBridge itself puts into templates."""
_COUNT = r"(?:[2-9]|[1-9]\d+)"
SCHEDULE = re.compile(rf"rate\((?:1 (?:minute|hour|day)|{_COUNT} (?:minutes|hours|days))\)|cron\(\S+(?: \S+){{5}}\)")


def rule_key(name: str, bus: str = DEFAULT_BUS) -> str:
    """Key of a rule: its name, on the default bus. bus: name of its event bus."""
    return name if bus == DEFAULT_BUS else f"{name}@{bus}"


def _name_and_bus(key: str) -> tuple[str, str]:
    """What C(rule_key) made a key of."""
    name, separator, bus = key.partition("@")
    return name, bus if separator else DEFAULT_BUS


def rule(options: Fields, option: str = "rule") -> Desired:
    """The rule that an option with RULE_OPTIONS declares. option: its name. Raises OptionError."""
    name, bus = options["name"], options["event_bus_name"]
    if not NAME.fullmatch(name):
        raise OptionError(f"{option}.name", name, "1 to 64 letters, digits and characters of . - _")
    if not BUS_NAME.fullmatch(bus):
        allowed = "the name of an event bus of the account: 1 to 256 letters, digits and characters of . - _ /"
        raise OptionError(f"{option}.event_bus_name", bus, allowed)
    if options["state"] == "absent":
        return Desired(Rule.type, rule_key(name, bus), {}, "absent")
    _check_trigger(options, option)
    if len(options["description"] or "") > LONGEST_DESCRIPTION:
        allowed = f"up to {LONGEST_DESCRIPTION} characters"
        raise OptionError(f"{option}.description", options["description"], allowed)
    fields = fields_of(options, "event_bus_name")
    if "targets" in fields:
        fields["targets"] = _targets(options["targets"], f"{option}.targets")
    return Desired(Rule.type, rule_key(name, bus), fields)


def _check_trigger(options: Fields, option: str) -> None:
    pattern, schedule = options["event_pattern"], options["schedule_expression"]
    if pattern is None and not schedule:
        raise OptionError(f"{option}.event_pattern", pattern, "a pattern of events, unless there is a schedule")
    if pattern is not None:
        try:
            event_pattern.validate(SAMPLE_SCOPE.substitute(pattern))
        except event_pattern.EventPatternError as error:
            raise OptionError(f"{option}.event_pattern ({options['name']})", pattern, str(error)) from error
    if schedule:
        if not SCHEDULE.fullmatch(schedule):
            raise OptionError(f"{option}.schedule_expression", schedule, "such as rate(5 minutes) or cron(0 8 * * ? *)")
        if options["event_bus_name"] != DEFAULT_BUS:
            raise OptionError(f"{option}.schedule_expression", schedule, "none, but on the default event bus")


def _targets(targets: list[Fields], option: str) -> list[Fields]:
    """The field that a list of options with TARGET_OPTIONS declares."""
    ids = [target["id"] for target in targets]
    if len(targets) > MOST_TARGETS or len(ids) != len(set(ids)):
        raise OptionError(option, ids, f"up to {MOST_TARGETS} targets, each with an id of its own")
    declared = []
    for index, target in enumerate(targets):
        _check_target(target, f"{option}[{index}]")
        fields = {name: value for name, value in target.items() if value is not None}
        if "input_transformer" in fields:
            transformer = fields["input_transformer"]
            fields["input_transformer"] = {name: value for name, value in transformer.items() if value is not None}
        declared.append(fields)
    return declared


def _check_target(target: Fields, option: str) -> None:
    sample = SAMPLE_SCOPE.substitute(target)
    if not NAME.fullmatch(sample["id"]):
        raise OptionError(f"{option}.id", target["id"], "1 to 64 letters, digits and characters of . - _")
    if not ARN.fullmatch(sample["arn"]):
        raise OptionError(f"{option}.arn", target["arn"], "an ARN, such as that of an SNS topic")
    if sample["role_arn"] is not None and not ROLE_ARN.fullmatch(sample["role_arn"]):
        raise OptionError(f"{option}.role_arn", target["role_arn"], "the ARN of an IAM role")
    if sample["dead_letter_config"] and not QUEUE_ARN.fullmatch(sample["dead_letter_config"]["arn"]):
        allowed = "the ARN of an SQS queue that is not FIFO"
        raise OptionError(f"{option}.dead_letter_config.arn", target["dead_letter_config"]["arn"], allowed)
    for name, value in (target["retry_policy"] or {}).items():
        if not LEAST_RETRIES[name] <= value <= DEFAULT_RETRIES[name]:
            allowed = f"{LEAST_RETRIES[name]} to {DEFAULT_RETRIES[name]}"
            raise OptionError(f"{option}.retry_policy.{name}", value, allowed)
    _check_input(target, option)


def _check_input(target: Fields, option: str) -> None:
    # not left to the argument spec, which takes a target that two rules share for one with all options
    given = [name for name in INPUT_OPTIONS if target[name] is not None]
    if len(given) > 1:
        raise OptionError(f"{option}.{given[1]}", target[given[1]], f"none beside {given[0]}")
    if target["input"] is not None:
        try:
            json.loads(target["input"])
        except ValueError as error:
            raise OptionError(f"{option}.input", target["input"], f"JSON ({error})") from error
    transformer = target["input_transformer"] or {"input_paths_map": {}, "input_template": "-"}
    paths = {f"{option}.input_path": target["input_path"]}
    for name, path in (transformer["input_paths_map"] or {}).items():
        if not INPUT_NAME.fullmatch(str(name)) or str(name).startswith("AWS"):
            allowed = "names of letters, digits, - and _ that do not start with AWS"
            raise OptionError(f"{option}.input_transformer.input_paths_map", name, allowed)
        paths[f"{option}.input_transformer.input_paths_map.{name}"] = path
    for place, path in paths.items():
        if path is not None and not JSON_PATH.fullmatch(str(path)):
            raise OptionError(place, path, "a JSONPath into the event, such as $.detail.severity")
    template = transformer["input_template"]
    for place, text in (("input", target["input"]), ("input_transformer.input_template", template)):
        if text is not None and not 1 <= len(text) <= LONGEST_INPUT:
            raise OptionError(f"{option}.{place}", text, f"1 to {LONGEST_INPUT} characters")
    known = {*(transformer["input_paths_map"] or {}), *OWN_PLACEHOLDERS}
    unknown = sorted(set(PLACEHOLDER.findall(template)) - known)
    if unknown:
        allowed = f"one of {', '.join(sorted(known))}"
        raise OptionError(f"{option}.input_transformer.input_template", f"<{unknown[0]}>", allowed)


@register
class Rule(ResourceType):
    """A rule of an event bus of the account. Key: C(rule_key). Attributes: arn, bus, name, role_arn, target_ids.

    Fields: description, event_pattern (dictionary), schedule_expression, rule_state, targets (items as TARGET_OPTIONS,
    all of the rule's), tags. Rules that an AWS service made are its own.
    """

    type = "AWS::Events::Rule"
    service = "events"
    after = ("AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::IAM::Role")
    # a new role takes a moment until EventBridge can assume it
    propagation_errors = frozenset({"ValidationException"})
    permissions = {
        "read": ("events:ListRules", "events:ListTargetsByRule", "events:ListTagsForResource"),
        "write": (
            "events:PutRule",
            "events:PutTargets",
            "events:RemoveTargets",
            "events:DeleteRule",
            "events:TagResource",
            "events:UntagResource",
            # a target may be handed a role
            "iam:PassRole",
        ),
    }

    NAMES: t.ClassVar[dict[str, str]] = {
        "description": "Description",
        "event_pattern": "EventPattern",
        "schedule_expression": "ScheduleExpression",
        "rule_state": "State",
    }
    """The fields that are parameters of C(events:PutRule), and what the API calls them."""

    def attributes(self, key: str, scope: Scope) -> Fields:
        name, bus = _name_and_bus(key)
        return {"arn": scope.arn("events", f"rule/{name}" if bus == DEFAULT_BUS else f"rule/{bus}/{name}")}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        buses: dict[str, list[str]] = {}
        for key in wanted:
            name, bus = _name_and_bus(key)
            buses.setdefault(bus, []).append(name)
        if prefixes:
            buses.setdefault(DEFAULT_BUS, [])
        listed = in_parallel(lambda item: self._of_bus(client, item[0], [*item[1], *prefixes]), buses.items())
        rules = {rule_key(row["Name"], bus): row for bus, rows in zip(buses, listed, strict=True) for row in rows}
        chosen = [key for key in rules if key in wanted or key.startswith(tuple(prefixes))]
        observed = in_parallel(lambda key: self._observed(client, rules[key], wanted.get(key, {})), chosen)
        return dict(zip(chosen, observed, strict=True))

    @staticmethod
    def _of_bus(client: Client, bus: str, names: list[str]) -> list[Fields]:
        """The rules of a bus that begin as all of I(names) do. None on a bus that is not there (yet)."""
        common = os.path.commonprefix(names)  # noqa: RUF071  (characters in common is what is meant)
        query = {"NamePrefix": common} if common else {}
        return client.pages("ListRules", "Rules", frozenset({"ResourceNotFoundException"}), EventBusName=bus, **query)

    def _observed(self, client: Client, row: Fields, declared: Fields) -> Observed:
        bus, name = row["EventBusName"], row["Name"]
        fields = {field: row.get(parameter) for field, parameter in self.NAMES.items()}
        fields["event_pattern"] = json.loads(row["EventPattern"]) if row.get("EventPattern") else None
        attributes = {"arn": row["Arn"], "bus": bus, "name": name, "role_arn": row.get("RoleArn")}
        if "targets" in declared or not declared:
            targets = client.pages("ListTargetsByRule", "Targets", Rule=name, EventBusName=bus)
            fields["targets"] = [_observed_target(target) for target in targets]
            attributes["target_ids"] = [target["Id"] for target in targets]
        if "tags" in declared:
            tags = client.call("ListTagsForResource", ResourceARN=row["Arn"])["Tags"]
            fields["tags"] = own_tags(boto3_tag_list_to_ansible_dict(tags))
        return Observed(fields, attributes, row.get("ManagedBy"))

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        if field == "event_pattern" and before and after:
            return event_pattern.same(before, after)
        if field == "targets":
            return _by_id(before or []) == _by_id(after or [])
        return super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        name, bus = _name_and_bus(key)
        tags = {"Tags": ansible_dict_to_boto3_tag_list(fields["tags"])} if fields.get("tags") else {}
        calls = [self._put(name, bus, fields, tags)]
        if fields.get("targets"):
            calls.append(self._put_targets(name, bus, fields["targets"]))
        return calls

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        name, bus, arn = (before.attributes[attribute] for attribute in ("name", "bus", "arn"))
        calls = []
        if changed & self.NAMES.keys():
            role = before.attributes["role_arn"]
            calls.append(self._put(name, bus, after, {"RoleArn": role} if role else {}))
        if "targets" in changed:
            had, wanted = _by_id(before.fields["targets"]), _by_id(after["targets"])
            calls += self._remove_targets(name, bus, sorted(had.keys() - wanted.keys()))
            put = [target for target in after["targets"] if had.get(target["id"]) != wanted[target["id"]]]
            calls += [self._put_targets(name, bus, put)] if put else []
        if "tags" in changed:
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("TagResource", {"ResourceARN": arn, "Tags": ansible_dict_to_boto3_tag_list(tags)}),
                lambda names: Call("UntagResource", {"ResourceARN": arn, "TagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        name, bus = before.attributes["name"], before.attributes["bus"]
        return [
            *self._remove_targets(name, bus, before.attributes["target_ids"]),
            Call("DeleteRule", {"Name": name, "EventBusName": bus}),
        ]

    def _put(self, name: str, bus: str, fields: Fields, more: Fields) -> Call:
        """The call that makes or replaces a rule; parameters that it does not have are reset. more: other ones."""
        parameters = {"Name": name, "EventBusName": bus, **more}
        for field, parameter in self.NAMES.items():
            if fields.get(field):
                value = fields[field]
                parameters[parameter] = event_pattern.as_json(value) if field == "event_pattern" else value
        return Call("PutRule", parameters)

    @staticmethod
    def _put_targets(name: str, bus: str, targets: list[Fields]) -> Call:
        parameters = [_target_parameters(target) for target in targets]
        return Call("PutTargets", {"Rule": name, "EventBusName": bus, "Targets": parameters}, refusals=REFUSALS)

    @staticmethod
    def _remove_targets(name: str, bus: str, ids: list[str]) -> list[Call]:
        parameters = {"Rule": name, "EventBusName": bus, "Ids": ids}
        return [Call("RemoveTargets", parameters, refusals=REFUSALS)] if ids else []


REFUSALS = "FailedEntries[].ErrorMessage"

TARGET_NAMES = {
    "id": "Id",
    "arn": "Arn",
    "role_arn": "RoleArn",
    "input": "Input",
    "input_path": "InputPath",
    "input_transformer": "InputTransformer",
    "dead_letter_config": "DeadLetterConfig",
    "retry_policy": "RetryPolicy",
}
"""The fields of a target, and what the API calls them."""
_NESTED_NAMES = {
    "input_paths_map": "InputPathsMap",
    "input_template": "InputTemplate",
    "arn": "Arn",
    "maximum_retry_attempts": "MaximumRetryAttempts",
    "maximum_event_age_in_seconds": "MaximumEventAgeInSeconds",
}


def _target_parameters(target: Fields) -> Fields:
    """A target as C(events:PutTargets) takes it."""
    parameters: Fields = {}
    for field, value in target.items():
        nested = isinstance(value, dict)
        parameters[TARGET_NAMES[field]] = {_NESTED_NAMES[name]: value[name] for name in value} if nested else value
    return parameters


def _observed_target(target: Fields) -> Fields:
    """A target as it is declared. What cannot be declared keeps the API's name, so that it is seen as a difference."""
    fields: Fields = {}
    names = {parameter: field for field, parameter in TARGET_NAMES.items()}
    nested = {parameter: name for name, parameter in _NESTED_NAMES.items()}
    for parameter, value in target.items():
        field = names.get(parameter, parameter)
        is_nested = field in names.values() and isinstance(value, dict)
        fields[field] = {nested[name]: item for name, item in value.items()} if is_nested else value
    return fields


def _by_id(targets: list[Fields]) -> dict[str, Fields]:
    """Targets by id, in one spelling: with AWS's retry policy where there is none, and JSON text as its value."""
    found = {}
    for target in targets:
        one = {**target, "retry_policy": {**DEFAULT_RETRIES, **(target.get("retry_policy") or {})}}
        if isinstance(one.get("input"), str):
            one["input"] = json.loads(one["input"])
        transformer = one.get("input_transformer")
        if transformer:
            one["input_transformer"] = {**transformer, "input_paths_map": transformer.get("input_paths_map") or {}}
        found[target["id"]] = one
    return found
