# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped catalogue, and a way to compose it as the role does."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import compose

ROLE = Path(__file__).resolve().parents[3] / "roles" / "alarms"
ENVIRONMENT = {
    "critical_instance_ids": ["i-0123456789abcdef0", "i-12345678"],
    "critical_volume_ids": ["vol-0123456789abcdef0"],
    "elevated_roles": ["elevated-security-role"],
    "office_cidrs": ["111.222.32.0/20"],
}
TOPICS = {
    "infosec_email": ("email", "infosec@example.com"),
    "devops_email": ("email", "devops@example.com"),
    "infosec_sms": ("sms", "+4930123456"),
    "devops_sms": ("sms", "+4930123457"),
    "evidence": ("sqs", "arn:aws:sqs:eu-central-1:111122223333:evidence"),
}

Compose = t.Callable[..., dict[str, t.Any]]


@pytest.fixture(scope="session")
def catalogue() -> list[dict[str, t.Any]]:
    return yaml.safe_load((ROLE / "vars" / "main" / "catalogue.yml").read_text())["__alarms_catalogue"]


@pytest.fixture(scope="session")
def shipped_topics() -> list[dict[str, t.Any]]:
    return yaml.safe_load((ROLE / "vars" / "main" / "topics.yml").read_text())["__alarms_topics"]


def topic(key: str, *subscribers: tuple[str, str], always: bool = True) -> dict[str, t.Any]:
    subscriptions = [{"protocol": protocol, "endpoint": endpoint} for protocol, endpoint in subscribers]
    return {"key": key, "name": f"T-{key}", "display_name": key, "subscriptions": subscriptions, "always": always}


@pytest.fixture
def composed(catalogue: list[dict[str, t.Any]]) -> Compose:
    def call(**settings: t.Any) -> dict[str, t.Any]:
        given = {
            "name_prefix": "acme",
            "metric_namespace": "CloudTrailMetrics",
            "topics": [topic(key, subscriber) for key, subscriber in TOPICS.items()],
            "environment": ENVIRONMENT,
        }
        return compose(catalogue, **{**given, **settings})

    return call
