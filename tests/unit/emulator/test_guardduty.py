# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GuardDuty detectors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, REGION, refused


@pytest.fixture
def guardduty(emulator: Emulator) -> Any:
    return emulator.client("guardduty")


def statuses(detector: dict[str, Any]) -> dict[str, str]:
    return {feature["Name"]: feature["Status"] for feature in detector["Features"]}


def test_new_detector_has_the_default_features(emulator: Emulator, guardduty: Any) -> None:
    identifier = guardduty.create_detector(Enable=True, Tags={"a": "b"})["DetectorId"]
    assert guardduty.list_detectors()["DetectorIds"] == [identifier]
    detector = guardduty.get_detector(DetectorId=identifier)
    assert (detector["Status"], detector["FindingPublishingFrequency"]) == ("ENABLED", "SIX_HOURS")
    assert detector["Tags"] == {"a": "b"}
    found = statuses(detector)
    assert {name for name, status in found.items() if status == "DISABLED"} == {
        "EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING",
    }  # fmt: skip
    assert {"CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS", "S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"} <= set(found)
    role = emulator.client("iam").get_role(RoleName="AWSServiceRoleForAmazonGuardDuty")["Role"]
    assert detector["ServiceRole"] == role["Arn"]


def test_one_detector_per_region(emulator: Emulator, guardduty: Any) -> None:
    guardduty.create_detector(Enable=True)
    with refused("BadRequestException", "already exists"):
        guardduty.create_detector(Enable=True)
    emulator.client("guardduty", "eu-west-1").create_detector(Enable=False)


def test_features_merge(guardduty: Any) -> None:
    off = [{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}]
    identifier = guardduty.create_detector(Enable=True, Features=off)["DetectorId"]
    before = statuses(guardduty.get_detector(DetectorId=identifier))
    assert before["S3_DATA_EVENTS"] == "DISABLED"
    runtime = {
        "Name": "RUNTIME_MONITORING",
        "Status": "ENABLED",
        "AdditionalConfiguration": [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}],
    }
    guardduty.update_detector(DetectorId=identifier, Features=[runtime], FindingPublishingFrequency="ONE_HOUR")
    detector = guardduty.get_detector(DetectorId=identifier)
    assert statuses(detector) == {**before, "RUNTIME_MONITORING": "ENABLED"}
    assert detector["FindingPublishingFrequency"] == "ONE_HOUR"
    feature = next(one for one in detector["Features"] if one["Name"] == "RUNTIME_MONITORING")
    additional = {one["Name"]: one["Status"] for one in feature["AdditionalConfiguration"]}
    assert additional["EC2_AGENT_MANAGEMENT"] == "ENABLED"
    assert additional["EKS_ADDON_MANAGEMENT"] == "DISABLED"


def test_data_sources_are_features(guardduty: Any) -> None:
    identifier = guardduty.create_detector(Enable=True, DataSources={"S3Logs": {"Enable": False}})["DetectorId"]
    detector = guardduty.get_detector(DetectorId=identifier)
    assert statuses(detector)["S3_DATA_EVENTS"] == "DISABLED"
    assert detector["DataSources"]["S3Logs"] == {"Status": "DISABLED"}


@pytest.mark.parametrize(
    "changes",
    [
        {"FindingPublishingFrequency": "DAILY"},
        {"Features": [{"Name": "NONSENSE", "Status": "ENABLED"}]},
        {"Features": [{"Name": "S3_DATA_EVENTS", "Status": "ON"}]},
        {"Features": [{"Name": "S3_DATA_EVENTS"}]},
        {"Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}] * 2},
        {"Features": [{"Name": one, "Status": "ENABLED"} for one in ("RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING")]},
        {"Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED"}], "DataSources": {"S3Logs": {"Enable": True}}},
        {"Features": [{"Name": "S3_DATA_EVENTS", "Status": "ENABLED", "AdditionalConfiguration": [
            {"Name": "EC2_AGENT_MANAGEMENT", "Status": "ENABLED"}]}]},
    ],
)  # fmt: skip
def test_bad_values(guardduty: Any, changes: dict[str, Any]) -> None:
    with refused("BadRequestException"):
        guardduty.create_detector(Enable=True, **changes)
    identifier = guardduty.create_detector(Enable=True)["DetectorId"]
    with refused("BadRequestException"):
        guardduty.update_detector(DetectorId=identifier, **changes)


def test_unknown_detectors(guardduty: Any) -> None:
    for method in ("get_detector", "update_detector", "delete_detector"):
        with refused("BadRequestException"):
            getattr(guardduty, method)(DetectorId="0" * 32)


def test_switching_off_and_deleting(guardduty: Any) -> None:
    identifier = guardduty.create_detector(Enable=True)["DetectorId"]
    guardduty.update_detector(DetectorId=identifier, Enable=False)
    assert guardduty.get_detector(DetectorId=identifier)["Status"] == "DISABLED"
    guardduty.delete_detector(DetectorId=identifier)
    assert guardduty.list_detectors()["DetectorIds"] == []


def test_tags(guardduty: Any) -> None:
    identifier = guardduty.create_detector(Enable=True, Tags={"a": "1"})["DetectorId"]
    arn = f"arn:aws:guardduty:{REGION}:{ACCOUNT}:detector/{identifier}"
    guardduty.tag_resource(ResourceArn=arn, Tags={"b": "2"})
    guardduty.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert guardduty.list_tags_for_resource(ResourceArn=arn)["Tags"] == {"b": "2"}
    assert guardduty.get_detector(DetectorId=identifier)["Tags"] == {"b": "2"}
    with refused("BadRequestException"):
        guardduty.tag_resource(ResourceArn=arn[:-1] + "x", Tags={"b": "2"})
