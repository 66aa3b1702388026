# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter patterns that the alarms role brings about, all of its environment values given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import compose

CATALOGUE = Path(__file__).resolve().parents[2] / "roles" / "alarms" / "vars" / "main" / "catalogue.yml"
ENVIRONMENT = {
    "critical_instance_ids": ["i-0123456789abcdef0", "i-12345678"],
    "critical_volume_ids": ["vol-0123456789abcdef0"],
    "elevated_roles": ["elevated-security-role"],
    "office_cidrs": ["111.222.32.0/20"],
}


def catalogue() -> list[dict[str, Any]]:
    """The entries of the catalogue, as they are shipped."""
    entries: list[dict[str, Any]] = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))["__alarms_catalogue"]
    return entries


def shipped_patterns() -> dict[str, str]:
    """By the names of their filters, those that prove CIS controls included."""
    return {item["name"]: item["pattern"] for item in shipped_filters()}


def shipped_filters() -> list[dict[str, Any]]:
    """All filters, by names without a prefix."""
    entries = catalogue()
    keys = sorted({key for entry in entries for key in entry["notify"]} | {"evidence"})
    topics = [
        {
            "key": key,
            "name": key,
            "display_name": key,
            "subscriptions": [{"protocol": "email", "endpoint": "infosec@example.com"}],
            "always": True,
        }
        for key in keys
    ]
    plan = compose(
        entries,
        name_prefix="acme",
        metric_namespace="CloudTrailMetrics",
        topics=topics,
        environment=ENVIRONMENT,
        cis_evidence=True,
    )
    return [{**item, "name": item["name"].removeprefix("acme--")} for item in plan["filters"]]
