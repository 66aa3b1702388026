# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patterns in playbooks: the test matched_by, the filter lint_filter_pattern, and the warnings of metric_filters."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest
import yaml
from ansible.errors import AnsibleFilterError

from ansible_collections.secops.aws_baseline.plugins.filter.lint_filter_pattern import RETURN, FilterModule
from ansible_collections.secops.aws_baseline.plugins.module_utils.context import converged
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import CODES
from ansible_collections.secops.aws_baseline.plugins.modules import metric_filters
from ansible_collections.secops.aws_baseline.plugins.plugin_utils.in_process import InProcessModule
from ansible_collections.secops.aws_baseline.plugins.test.matched_by import matched_by

ROOT = Path(__file__).resolve().parents[3]

lint_filter_pattern = FilterModule().filters()["lint_filter_pattern"]

EVENT = {"source": "aws.guardduty", "detail": {"severity": 8}}
RULE = {"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">", 6]}]}}


@pytest.mark.parametrize("pattern", [RULE, json.dumps(RULE), "{ $.detail.severity > 6 }", "guardduty"])
def test_events_are_matched_by_patterns_of_both_kinds(pattern: t.Any) -> None:
    assert matched_by(EVENT, pattern)
    assert matched_by(json.dumps(EVENT), pattern)
    assert not matched_by({"source": "aws.ec2", "detail": {"severity": 1}}, pattern)


@pytest.mark.parametrize("pattern", ["{ $.x ", '{"source": "x"}', {"source": "x"}, {}, None, "{ $.a = \u201cx\u201d }"])
def test_what_is_no_pattern_is_an_error(pattern: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="matched_by: "):
        matched_by(EVENT, pattern)


def test_the_filter_tells_findings() -> None:
    assert lint_filter_pattern('{ $.errorCode = "x" }') == []
    (finding,) = lint_filter_pattern('{ $.errorCode != "x" }')
    assert (finding["code"], finding["position"]) == ("absent-field", 2)
    documented = yaml.safe_load(RETURN)["_value"]["contains"]["code"]["description"]
    assert [code for code in CODES if f"V({code})" not in " ".join(documented)] == []


def test_both_work_in_a_playbook() -> None:
    pattern = '{ ($.eventName = "GetSecretValue") && ($.requestParameters.secretId = "prod/*") }'
    variables = {
        "name": "GetSecretValue",
        "event": {"eventName": "{{ name }}", "requestParameters": {"secretId": "prod/{{ name }}"}},
        "pattern": pattern,
    }
    that = [
        "event is secops.aws_baseline.matched_by(pattern)",
        "event | to_json is secops.aws_baseline.matched_by(pattern)",
        "event | combine({'eventName': 'ListSecrets'}) is not secops.aws_baseline.matched_by(pattern)",
        "pattern | secops.aws_baseline.lint_filter_pattern | map(attribute='code') == ['no-event-source']",
    ]
    command = [ROOT / ".venv/bin/ansible", "localhost", "-c", "local", "-m", "ansible.builtin.assert"]
    arguments = ["-a", json.dumps({"that": that}), "-e", json.dumps(variables)]
    result = subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def validated(**fields: t.Any) -> dict[str, t.Any]:
    """What metric_filters says of one filter without calling AWS."""
    item = {"name": "f", "state": "present", "metric_name": "m", "metric_namespace": "n", "metric_value": "1"}
    item |= {"default_value": None, "unit": None, "accepted_findings": [], **fields}
    params = dict.fromkeys(metric_filters.ARGUMENT_SPEC) | {"region": "eu-central-1", "validate_only": True}
    params |= {"log_group_name": "g", "filters": [item], "purge": False}
    return converged(metric_filters.converge, InProcessModule(params, check_mode=False, diff=False))


def test_findings_are_warnings_before_aws_is_asked() -> None:
    result = validated(pattern='{ $.errorCode != "x" }')
    assert not result.get("failed")
    (warning,) = result["warnings"]
    assert warning.startswith("Pattern of f: $.errorCode != is false where")
    assert warning.endswith("[absent-field]")


def test_accepted_findings_are_no_warnings() -> None:
    assert "warnings" not in validated(pattern='{ $.errorCode != "x" }', accepted_findings=["absent-field"])
    assert "warnings" not in validated(pattern='{ $.errorCode = "x" }')
    result = validated(pattern='{ $.errorCode = "x" }', accepted_findings=["absent"])
    assert result["failed"]
    assert "filters[0].accepted_findings" in result["msg"]
