# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The catalogue of AWS Config rules against AWS's own list of managed rules, as moto carries it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import moto.config
import pytest
import yaml

RULES_FILE = Path(__file__).resolve().parents[3] / "roles" / "config" / "vars" / "main" / "rules.yml"
RULES: list[dict[str, Any]] = yaml.safe_load(RULES_FILE.read_text())["__config_rule_catalogue"]
BY_NAME = {rule["name"]: rule for rule in RULES}
FREQUENCIES = {"One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours"}


@pytest.fixture(scope="module")
def managed_rules() -> dict[str, dict[str, Any]]:
    file = Path(moto.config.__file__).parent / "resources" / "aws_managed_rules.json.gz"
    return json.loads(gzip.decompress(file.read_bytes()))["ManagedRules"]


@pytest.mark.parametrize("rule", RULES, ids=list(BY_NAME))
def test_rule_is_one_of_awss(rule: dict[str, Any], managed_rules: dict[str, dict[str, Any]]) -> None:
    known = managed_rules[rule["identifier"]]
    parameters = {parameter["Name"]: parameter for parameter in known["Parameters"]}
    assert rule["input_parameters"].keys() <= parameters.keys()
    required = {name for name, parameter in parameters.items() if not parameter["Optional"]}
    assert required <= rule["input_parameters"].keys()
    assert all(isinstance(value, str) for value in rule["input_parameters"].values())
    assert ("maximum_execution_frequency" in rule) == ("Periodic" in known["Trigger type"])


@pytest.mark.parametrize("rule", RULES, ids=list(BY_NAME))
def test_rule_has_its_shape(rule: dict[str, Any]) -> None:
    optional = {"maximum_execution_frequency"}
    assert (
        rule.keys() | optional == {"name", "identifier", "description", "scope", "input_parameters", "cis"} | optional
    )
    assert re.fullmatch(r"[a-z0-9-]{1,128}", rule["name"])
    assert len(rule["description"]) <= 256
    assert rule["scope"] in ("all", "home")
    assert rule.get("maximum_execution_frequency", "One_Hour") in FREQUENCIES
    assert all(re.fullmatch(r"(1\.2|1\.4|3\.0|5\.0|7\.0):\d+(\.\d+)+", item) for item in rule["cis"])


def test_names_and_identifiers_are_unique() -> None:
    assert len(BY_NAME) == len(RULES)
    assert len({rule["identifier"] for rule in RULES}) == len(RULES)


def test_identities_are_judged_once() -> None:
    """Users, policies and the root user exist once: a rule in every region would repeat every finding (T-12)."""
    regional = {rule["name"] for rule in RULES if rule["scope"] == "all"}
    assert not {name for name in regional if name.startswith(("iam-user", "iam-p", "iam-root", "root-", "access-keys"))}


def test_the_six_rules_of_the_source() -> None:
    """R18-05."""
    assert {
        "iam-user-no-policies-check",
        "root-account-mfa-enabled",
        "s3-bucket-public-read-prohibited",
        "s3-bucket-public-write-prohibited",
        "restricted-ssh",
        "iam-password-policy",
    } <= BY_NAME.keys()
    assert BY_NAME["restricted-ssh"]["identifier"] == "INCOMING_SSH_DISABLED"
    for name in ("root-account-mfa-enabled", "iam-password-policy"):
        assert BY_NAME[name]["maximum_execution_frequency"] == "One_Hour"
    assert BY_NAME["iam-password-policy"]["input_parameters"] == {
        "RequireUppercaseCharacters": "true",
        "RequireLowercaseCharacters": "true",
        "RequireSymbols": "true",
        "RequireNumbers": "true",
        "MinimumPasswordLength": "14",
        "PasswordReusePrevention": "24",
        "MaxPasswordAge": "90",
    }


def test_the_management_ports() -> None:
    """S003-28, with RDP."""
    ports = BY_NAME["restricted-management-ports"]["input_parameters"]
    assert set(ports.values()) == {"22", "5500", "1433", "3306", "3389"}
