# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of conformance packs: YAML with rules and parameters, a small part of CloudFormation's language.

https://docs.aws.amazon.com/config/latest/developerguide/custom-conformance-pack.html
"""

from __future__ import annotations

from typing import Any

import yaml

Params = dict[str, Any]

_SECTIONS = {"AWSTemplateFormatVersion", "Conditions", "Description", "Metadata", "Parameters", "Resources"}
_TYPES = ("AWS::Config::ConfigRule", "AWS::Config::RemediationConfiguration")
_MOST_RULES = 130
_NO_VALUE = "AWS::NoValue"


class TemplateError(Exception):
    """Why a template is not one of a conformance pack."""


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms, such as !Ref."""


def _short_form(loader: _Loader, suffix: str, node: yaml.Node) -> Params:
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def parse(text: str, values: dict[str, str]) -> dict[str, Params]:
    """The rules of a template, by logical id, as PutConfigRule takes them. values: the pack's input parameters."""
    try:
        template = yaml.load(text, _Loader)
    except yaml.YAMLError as error:
        raise TemplateError(f"Template format error: {error}") from None
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict) or not template["Resources"]:
        raise TemplateError("Template format error: At least one Resources member must be defined.")
    if unknown := set(template) - _SECTIONS:
        raise TemplateError(f"Invalid template property or properties {sorted(unknown)}")
    known = _parameters(template.get("Parameters") or {}, values)
    conditions = {name: _evaluate(test, known, {}) for name, test in (template.get("Conditions") or {}).items()}
    rules = {}
    for name, resource in template["Resources"].items():
        kind = resource.get("Type") if isinstance(resource, dict) else None
        if kind not in _TYPES:
            raise TemplateError(f"Template contains unsupported resource type {kind} ({name}).")
        if kind != _TYPES[0] or not conditions.get(resource.get("Condition"), True):
            continue
        rule = _resolve(resource.get("Properties") or {}, known, conditions)
        if not isinstance(rule.get("Source"), dict) or not rule["Source"].get("Owner"):
            raise TemplateError(f"Property Source of {name} is missing or incomplete.")
        rules[name] = rule | {"ConfigRuleName": rule.get("ConfigRuleName", name)}
    if not 0 < len(rules) <= _MOST_RULES:
        raise TemplateError(f"A conformance pack has 1 to {_MOST_RULES} rules.")
    return rules


def _parameters(declared: dict[str, Params], values: dict[str, str]) -> dict[str, str]:
    if unknown := set(values) - set(declared):
        raise TemplateError(f"Parameters: {sorted(unknown)} do not exist in the template")
    known = {name: str(one["Default"]) for name, one in declared.items() if "Default" in one} | values
    if missing := set(declared) - set(known):
        raise TemplateError(f"Parameters: {sorted(missing)} must have values")
    return known


def _resolve(value: Any, known: dict[str, str], conditions: dict[str, Any]) -> Any:
    if isinstance(value, list):
        items = [_resolve(item, known, conditions) for item in value]
        return [item for item in items if item != _NO_VALUE]
    if not isinstance(value, dict):
        return value
    if len(value) == 1 and (set(value) == {"Ref"} or next(iter(value)).startswith("Fn::")):
        return _evaluate(value, known, conditions)
    items = {name: _resolve(item, known, conditions) for name, item in value.items()}
    return {name: item for name, item in items.items() if item != _NO_VALUE}


def _evaluate(function: Params, known: dict[str, str], conditions: dict[str, Any]) -> Any:
    ((name, argument),) = function.items()
    if name == "Ref":
        if argument not in known and argument != _NO_VALUE:
            raise TemplateError(f"Unresolved resource dependencies [{argument}]")
        return known.get(argument, argument)
    if name == "Fn::If":
        return _resolve(argument[1 if conditions[argument[0]] else 2], known, conditions)
    if name == "Fn::Not":
        return not _evaluate(argument[0], known, conditions)
    if name == "Fn::Equals":
        left, right = (_resolve(item, known, conditions) for item in argument)
        return left == right
    raise TemplateError(f"Template contains unsupported function {name}.")
