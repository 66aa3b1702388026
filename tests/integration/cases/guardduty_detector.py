# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty detectors in two regions."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

OTHER_REGION = "us-east-1"

STATUS = st.sampled_from(["ENABLED", "DISABLED"])


@st.composite
def runtime_monitoring(draw: st.DrawFn) -> dict[str, t.Any]:
    names = draw(st.sets(st.sampled_from(["EC2_AGENT_MANAGEMENT", "EKS_ADDON_MANAGEMENT"])))
    status = draw(STATUS)
    parts = {name: draw(STATUS) if status == "ENABLED" else "DISABLED" for name in sorted(names)}
    return {"status": status, "additional_configuration": parts} if parts else {"status": status}


FEATURES = st.fixed_dictionaries(
    {},
    optional={
        "S3_DATA_EVENTS": st.fixed_dictionaries({"status": STATUS}),
        "EKS_AUDIT_LOGS": st.fixed_dictionaries({"status": STATUS}),
        "RUNTIME_MONITORING": runtime_monitoring(),
    },
)

REGIONS = st.sampled_from([[HOME_REGION], [HOME_REGION, OTHER_REGION]])

ARGUMENTS = st.fixed_dictionaries(
    {"regions": REGIONS},
    optional={
        "enable": st.booleans(),
        "finding_publishing_frequency": st.sampled_from(["FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS"]),
        "features": FEATURES,
        "tags": st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"])),
    },
) | st.fixed_dictionaries({"regions": REGIONS, "state": st.just("absent")})

TYPICAL = {
    "regions": [HOME_REGION, OTHER_REGION],
    "finding_publishing_frequency": "FIFTEEN_MINUTES",
    "features": {
        "S3_DATA_EVENTS": {"status": "ENABLED"},
        "RUNTIME_MONITORING": {
            "status": "ENABLED",
            "additional_configuration": {"EC2_AGENT_MANAGEMENT": "ENABLED", "EKS_ADDON_MANAGEMENT": "DISABLED"},
        },
    },
    "tags": {"Team": "infosec"},
}


def _update(emulator: Emulator, **parameters: t.Any) -> None:
    client = emulator.client("guardduty", OTHER_REGION, ACCOUNT_ID)
    for detector in client.list_detectors()["DetectorIds"]:
        client.update_detector(DetectorId=detector, **parameters)


def detector_disabled(emulator: Emulator) -> None:
    _update(emulator, Enable=False)


def frequency_edited(emulator: Emulator) -> None:
    _update(emulator, FindingPublishingFrequency="SIX_HOURS")


def feature_disabled(emulator: Emulator) -> None:
    _update(emulator, Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])


def agent_management_disabled(emulator: Emulator) -> None:
    parts = [{"Name": "EC2_AGENT_MANAGEMENT", "Status": "DISABLED"}]
    feature = {"Name": "RUNTIME_MONITORING", "Status": "ENABLED", "AdditionalConfiguration": parts}
    _update(emulator, Features=[feature])


def foreign_feature_switched(emulator: Emulator) -> None:
    _update(emulator, Features=[{"Name": "RDS_LOGIN_EVENTS", "Status": "DISABLED"}])


def detector_deleted(emulator: Emulator) -> None:
    client = emulator.client("guardduty", OTHER_REGION, ACCOUNT_ID)
    for detector in client.list_detectors()["DetectorIds"]:
        client.delete_detector(DetectorId=detector)


def tags_edited(emulator: Emulator) -> None:
    client = emulator.client("guardduty", OTHER_REGION, ACCOUNT_ID)
    for detector in client.list_detectors()["DetectorIds"]:
        arn = f"arn:aws:guardduty:{OTHER_REGION}:{ACCOUNT_ID}:detector/{detector}"
        client.untag_resource(ResourceArn=arn, TagKeys=["Team"])
        client.tag_resource(ResourceArn=arn, Tags={"Other": "tag"})


CASES = [
    Case(
        module="guardduty_detector",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset({"AWS::GuardDuty::Detector"}),
        drifts=(
            detector_disabled,
            detector_deleted,
            frequency_edited,
            feature_disabled,
            agent_management_disabled,
            tags_edited,
            foreign_feature_switched,
        ),
    ),
]
