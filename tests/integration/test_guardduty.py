# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the properties of guardduty_detector cannot show."""

from __future__ import annotations

import collections
import typing as t

import pytest

from tests.emulator.client import Emulator
from tests.integration.cases import guardduty_detector as case
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")

LEAST_REGIONS = 17
READS = 2


def detector(emulator: Emulator, region: str = HOME_REGION) -> dict[str, t.Any]:
    client = emulator.client("guardduty", region, ACCOUNT_ID)
    return client.get_detector(DetectorId=client.list_detectors()["DetectorIds"][0])


def features(emulator: Emulator, region: str = HOME_REGION) -> dict[str, str]:
    return {feature["Name"]: feature["Status"] for feature in detector(emulator, region)["Features"]}


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"S3": {"status": "ENABLED"}}, "features: 'S3'"),
        ({"S3_DATA_EVENTS": {"status": "ON"}}, "features.S3_DATA_EVENTS.status: 'ON'"),
        ({"S3_DATA_EVENTS": "ENABLED"}, "features.S3_DATA_EVENTS: 'ENABLED'"),
        ({"S3_DATA_EVENTS": {"state": "ENABLED"}}, "features.S3_DATA_EVENTS"),
        (
            {"RUNTIME_MONITORING": {"status": "ENABLED", "additional_configuration": ["EC2_AGENT_MANAGEMENT"]}},
            "features.RUNTIME_MONITORING.additional_configuration",
        ),
        (
            {"RUNTIME_MONITORING": {"status": "ENABLED", "additional_configuration": {"EC2": "ENABLED"}}},
            "features.RUNTIME_MONITORING.additional_configuration: 'EC2'",
        ),
        (
            {
                "RUNTIME_MONITORING": {
                    "status": "DISABLED",
                    "additional_configuration": {"EC2_AGENT_MANAGEMENT": "ENABLED"},
                }
            },
            "DISABLED, because the feature is DISABLED",
        ),
        (
            {"RUNTIME_MONITORING": {"status": "ENABLED"}, "EKS_RUNTIME_MONITORING": {"status": "ENABLED"}},
            "only one of them",
        ),
    ],
)
def test_bad_features_are_refused_before_the_first_call(
    emulator: Emulator, declared: dict[str, t.Any], message: str
) -> None:
    result = converge(emulator, "guardduty_detector", {"features": declared})
    assert result["failed"]
    assert message in result["msg"]
    assert emulator.calls() == []


def test_every_region_has_a_detector_and_an_unchanged_run_is_cheap(emulator: Emulator) -> None:
    """S001-50, T-29: fifteen minutes, in all regions."""
    arguments = {"finding_publishing_frequency": "FIFTEEN_MINUTES"}
    assert not converge(emulator, "guardduty_detector", arguments).get("failed")
    emulator.clear_calls()
    assert not converge(emulator, "guardduty_detector", arguments)["changed"]
    reads = collections.Counter(call.region for call in emulator.calls(service="guardduty", access="read"))
    assert len(reads) >= LEAST_REGIONS
    assert set(reads.values()) == {READS}
    assert not emulator.writes()
    for region in reads:
        found = detector(emulator, region)
        assert (found["Status"], found["FindingPublishingFrequency"]) == ("ENABLED", "FIFTEEN_MINUTES")


def test_an_update_names_only_the_features_that_change(emulator: Emulator) -> None:
    regions = {"regions": [HOME_REGION]}
    converge(emulator, "guardduty_detector", regions)
    before = features(emulator)
    declared = {"S3_DATA_EVENTS": {"status": "DISABLED"}, "EKS_AUDIT_LOGS": {"status": "ENABLED"}}
    result = converge(emulator, "guardduty_detector", {**regions, "features": declared})
    assert result["changes"][0]["before"] == {"features.S3_DATA_EVENTS": "ENABLED"}
    assert result["changes"][0]["after"] == {"features.S3_DATA_EVENTS": "DISABLED"}
    assert features(emulator) == {**before, "S3_DATA_EVENTS": "DISABLED"}


def test_additional_configurations_that_are_not_declared_are_kept(emulator: Emulator) -> None:
    def declare(**additional: str) -> None:
        feature = {"status": "ENABLED", "additional_configuration": additional}
        arguments = {"regions": [HOME_REGION], "features": {"RUNTIME_MONITORING": feature}}
        assert not converge(emulator, "guardduty_detector", arguments).get("failed")

    declare(EC2_AGENT_MANAGEMENT="ENABLED")
    declare(EKS_ADDON_MANAGEMENT="ENABLED")
    monitoring = next(item for item in detector(emulator)["Features"] if item["Name"] == "RUNTIME_MONITORING")
    assert {part["Name"]: part["Status"] for part in monitoring["AdditionalConfiguration"]} == {
        "EC2_AGENT_MANAGEMENT": "ENABLED",
        "ECS_FARGATE_AGENT_MANAGEMENT": "DISABLED",
        "EKS_ADDON_MANAGEMENT": "ENABLED",
    }


def test_existing_verifies_and_never_writes(emulator: Emulator) -> None:
    existing = {"state": "existing", "regions": [HOME_REGION, case.OTHER_REGION]}
    missing = converge(emulator, "guardduty_detector", existing)
    assert [error["code"] for error in missing["errors"]] == ["NotAsRequired"] * 2
    assert not emulator.writes()

    converge(emulator, "guardduty_detector", case.TYPICAL)
    assert not converge(emulator, "guardduty_detector", existing).get("failed")

    case.detector_disabled(emulator)
    emulator.clear_calls()
    disabled = converge(emulator, "guardduty_detector", existing)
    assert "enable is False, must be True" in disabled["msg"]
    assert not emulator.writes()


def test_a_region_that_is_denied_keeps_no_other_from_converging(emulator: Emulator) -> None:
    emulator.settings(denials=[{"action": "guardduty:CreateDetector", "region": "eu-west-1"}])
    result = converge(emulator, "guardduty_detector", {})
    assert [(error["account_id"], error["region"], error["permission"]) for error in result["errors"]] == [
        (ACCOUNT_ID, "eu-west-1", "guardduty:CreateDetector")
    ]
    assert len(result["changes"]) >= LEAST_REGIONS - 1
    assert "eu-west-1" not in {change["region"] for change in result["changes"]}
