# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The baseline on an emulated, empty account: apply it, see that a plan finds nothing more to do, show what stands."""

from __future__ import annotations

import signal
import sys
import time
from collections import Counter
from typing import Any

from scripts.emulated import playbook
from tests.emulator.client import Emulator
from tests.emulator.process import EmulatorProcess

INVENTORY = "inventories/demo"
COLUMNS = ("Region", "Trail", "Log groups", "Filters", "Alarms", "Topics", "Recorder", "Rules", "Detector")


def everything(client: Any, operation: str, key: str, **arguments: Any) -> list[Any]:
    """What all pages of an operation list under a key."""
    return client.get_paginator(operation).paginate(**arguments).build_full_result().get(key, [])


def trails(emulator: Emulator, region: str) -> list[str]:
    """Trails at home in a region, each with whether it logs."""
    client = emulator.client("cloudtrail", region)
    return [
        f"{trail['Name']} ({'logging' if client.get_trail_status(Name=trail['TrailARN'])['IsLogging'] else 'stopped'})"
        for trail in client.describe_trails(includeShadowTrails=False)["trailList"]
    ]


def log_groups(emulator: Emulator, region: str) -> list[str]:
    """Log groups, each with its retention in days."""
    groups = everything(emulator.client("logs", region), "describe_log_groups", "logGroups")
    return [f"{group['logGroupName']} ({group.get('retentionInDays', 'for ever')} d)" for group in groups]


def topics(emulator: Emulator, region: str) -> list[str]:
    """Topics, each with how many of its subscriptions nobody has confirmed yet."""
    client = emulator.client("sns", region)
    shown = []
    for topic in everything(client, "list_topics", "Topics"):
        arns = [
            subscription["SubscriptionArn"]
            for subscription in everything(
                client, "list_subscriptions_by_topic", "Subscriptions", TopicArn=topic["TopicArn"]
            )
        ]
        pending = arns.count("PendingConfirmation")
        shown.append(f"{topic['TopicArn'].rpartition(':')[2]} ({len(arns)} subscribed, {pending} of them pending)")
    return shown


def recorders(emulator: Emulator, region: str) -> list[str]:
    """Configuration recorders, each with whether it records."""
    statuses = emulator.client("config", region).describe_configuration_recorder_status()
    return [
        f"{status['name']} ({'recording' if status['recording'] else 'stopped'})"
        for status in statuses["ConfigurationRecordersStatus"]
    ]


def detectors(emulator: Emulator, region: str) -> list[str]:
    """Status of each GuardDuty detector."""
    client = emulator.client("guardduty", region)
    return [
        client.get_detector(DetectorId=detector)["Status"].lower()
        for detector in everything(client, "list_detectors", "DetectorIds")
    ]


def counted(items: list[Any]) -> str:
    return str(len(items) or "-")


def row(emulator: Emulator, region: str) -> tuple[str, ...]:
    """What stands in a region, one cell for each of COLUMNS."""
    return (
        region,
        ", ".join(trails(emulator, region)) or "-",
        counted(log_groups(emulator, region)),
        counted(everything(emulator.client("logs", region), "describe_metric_filters", "metricFilters")),
        counted(everything(emulator.client("cloudwatch", region), "describe_alarms", "MetricAlarms")),
        counted(topics(emulator, region)),
        ", ".join(recorders(emulator, region)) or "-",
        counted(everything(emulator.client("config", region), "describe_config_rules", "ConfigRules")),
        ", ".join(detectors(emulator, region)) or "-",
    )


def table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in rows]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])


def standing(emulator: Emulator) -> str:
    """What the emulator holds, read by boto3 and not by the collection."""
    regions = sorted(region["RegionName"] for region in emulator.client("ec2").describe_regions()["Regions"])
    parts = [table([COLUMNS, *(row(emulator, region) for region in regions)])]
    found = {
        "Log groups": [name for region in regions for name in log_groups(emulator, region)],
        "Topics": [name for region in regions for name in topics(emulator, region)],
        "IAM groups": [group["GroupName"] for group in everything(emulator.client("iam"), "list_groups", "Groups")],
    }
    for title, names in found.items():
        lines = [name if times == 1 else f"{name} in {times} regions" for name, times in Counter(names).items()]
        parts.append(f"{title}:\n  " + ("\n  ".join(lines) or "none"))
    return "\n\n".join(parts)


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the emulator is stopped, too
    started = time.monotonic()
    with EmulatorProcess() as emulator:
        changed = playbook(emulator, "baseline.yml", "-i", INVENTORY)
        if not changed:
            raise SystemExit("The baseline changed nothing in an empty account.")
        planned = playbook(emulator, "baseline.yml", "-i", INVENTORY, "--check", "--diff")
        print(f"What stands now in account {emulator.environment()['AWS_ACCESS_KEY_ID'][-12:]}:\n")
        print(standing(emulator))
    if planned:
        raise SystemExit(f"\nThe plan after the run would change {planned} more tasks.")
    print(
        f"\n{changed} tasks changed something, the plan after that finds nothing: {time.monotonic() - started:.0f} s."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
