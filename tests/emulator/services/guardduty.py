# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GuardDuty detectors, wholly: one per region, features that merge, the default feature set.

https://docs.aws.amazon.com/guardduty/latest/APIReference/
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..errors import AwsError
from ..registry import Scope, Service, page, random_hex
from . import iam

Params = dict[str, Any]
PRINCIPAL = "guardduty.amazonaws.com"

_FOUNDATIONAL = ("CLOUD_TRAIL", "DNS_LOGS", "FLOW_LOGS")
#: Feature -> (enabled in a new detector, its additional configurations), as the documentation of CreateDetector says.
_FEATURES: dict[str, tuple[bool, tuple[str, ...]]] = {
    "S3_DATA_EVENTS": (True, ()),
    "EKS_AUDIT_LOGS": (True, ()),
    "EBS_MALWARE_PROTECTION": (True, ()),
    "RDS_LOGIN_EVENTS": (True, ()),
    "EKS_RUNTIME_MONITORING": (False, ("EKS_ADDON_MANAGEMENT",)),
    "LAMBDA_NETWORK_LOGS": (True, ()),
    "RUNTIME_MONITORING": (
        False,
        ("EKS_ADDON_MANAGEMENT", "ECS_FARGATE_AGENT_MANAGEMENT", "EC2_AGENT_MANAGEMENT"),
    ),
}
#: The older way to say the same: data source -> feature.
_DATA_SOURCES = {
    ("S3Logs",): "S3_DATA_EVENTS",
    ("Kubernetes", "AuditLogs"): "EKS_AUDIT_LOGS",
    ("MalwareProtection", "ScanEc2InstanceWithFindings"): "EBS_MALWARE_PROTECTION",
}


@dataclass
class Detector:
    """A detector; features by name: {status: bool, updated: datetime, additional: {name: bool}}."""

    identifier: str
    arn: str
    enabled: bool
    frequency: str
    tags: dict[str, str]
    features: dict[str, dict[str, Any]]
    created: datetime
    updated: datetime


Detectors = dict[str, Detector]

service = Service("guardduty", whole=True)


def _bad_request(reason: str) -> AwsError:
    return AwsError("BadRequestException", f"The request is rejected because {reason}")


def _find(identifier: str, state: Detectors) -> Detector:
    if identifier not in state:
        raise _bad_request("the input detectorId is not owned by the current account.")
    return state[identifier]


def _status(enabled: bool) -> str:
    return "ENABLED" if enabled else "DISABLED"


def _declared_features(params: Params) -> list[Params]:
    """Features of the request, whether given as features or as data sources."""
    if "DataSources" in params and "Features" in params:
        raise _bad_request("the parameters dataSources and features can't be used together.")
    features = list(params.get("Features", []))
    for path, name in _DATA_SOURCES.items():
        source = params.get("DataSources", {})
        for step in path:
            source = source.get(step, {})
        enabled = source.get("EbsVolumes" if name == "EBS_MALWARE_PROTECTION" else "Enable")
        if enabled is not None:
            features.append({"Name": name, "Status": _status(enabled)})
    names = [feature.get("Name") for feature in features]
    if None in names or any("Status" not in feature for feature in features):
        raise _bad_request("a feature lacks its name or its status.")
    if len(names) != len(set(names)):
        raise _bad_request("a feature is given twice.")
    return features


def _merge(features: dict[str, dict[str, Any]], declared: list[Params]) -> dict[str, dict[str, Any]]:
    merged = {name: {**value, "additional": dict(value["additional"])} for name, value in features.items()}
    now = datetime.now(UTC)
    for one in declared:
        name = one["Name"]
        feature = merged.setdefault(name, {"additional": {}})
        feature |= {"enabled": one["Status"] == "ENABLED", "updated": now}
        allowed = _FEATURES.get(name, (False, ()))[1]
        for additional in one.get("AdditionalConfiguration", []):
            if additional.get("Name") not in allowed or "Status" not in additional:
                raise _bad_request(f"an additional configuration of {name} is invalid.")
            feature["additional"][additional["Name"]] = additional["Status"] == "ENABLED"
        if not feature["enabled"]:
            feature["additional"] = dict.fromkeys(feature["additional"], False)
    if all(merged.get(name, {}).get("enabled") for name in ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")):
        raise _bad_request("EKS_RUNTIME_MONITORING and RUNTIME_MONITORING can't be enabled together.")
    return merged


@service.operation("CreateDetector")
def create_detector(params: Params, scope: Scope, state: Detectors) -> Params:
    if state:
        raise _bad_request("a detector already exists for the current account.")
    now = datetime.now(UTC)
    features: dict[str, dict[str, Any]] = {
        name: {"enabled": enabled, "updated": now, "additional": dict.fromkeys(additional, False)}
        for name, (enabled, additional) in _FEATURES.items()
    }
    features = _merge(features, _declared_features(params))
    identifier = random_hex(32)
    state[identifier] = Detector(
        identifier,
        scope.arn("guardduty", f"detector/{identifier}"),
        params["Enable"],
        params.get("FindingPublishingFrequency", "SIX_HOURS"),
        dict(params.get("Tags", {})),
        features,
        now,
        now,
    )
    iam.ensure_service_linked_role(PRINCIPAL, scope)
    return {"DetectorId": identifier}


@service.operation("ListDetectors")
def list_detectors(params: Params, scope: Scope, state: Detectors) -> Params:
    chosen, token = page(
        list(state), params, token="NextToken", error="BadRequestException", limit="MaxResults", default=50
    )
    return {"DetectorIds": chosen, "NextToken": token}


@service.operation("GetDetector")
def get_detector(params: Params, scope: Scope, state: Detectors) -> Params:
    detector = _find(params["DetectorId"], state)
    features: list[Params] = [
        {"Name": name, "Status": "ENABLED", "UpdatedAt": detector.created} for name in _FOUNDATIONAL
    ]
    for name, feature in detector.features.items():
        row = {"Name": name, "Status": _status(feature["enabled"]), "UpdatedAt": feature["updated"]}
        if feature["additional"]:
            row["AdditionalConfiguration"] = [
                {"Name": key, "Status": _status(enabled), "UpdatedAt": feature["updated"]}
                for key, enabled in feature["additional"].items()
            ]
        features.append(row)
    return {
        "CreatedAt": _iso(detector.created),
        "UpdatedAt": _iso(detector.updated),
        "FindingPublishingFrequency": detector.frequency,
        "ServiceRole": iam.service_linked_role_arn(PRINCIPAL, scope),
        "Status": _status(detector.enabled),
        "DataSources": _data_sources(detector),
        "Tags": detector.tags,
        "Features": features,
    }


def _iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def _data_sources(detector: Detector) -> Params:
    status = {name: _status(feature["enabled"]) for name, feature in detector.features.items()}
    return {
        "CloudTrail": {"Status": "ENABLED"},
        "DNSLogs": {"Status": "ENABLED"},
        "FlowLogs": {"Status": "ENABLED"},
        "S3Logs": {"Status": status["S3_DATA_EVENTS"]},
        "Kubernetes": {"AuditLogs": {"Status": status["EKS_AUDIT_LOGS"]}},
        "MalwareProtection": {
            "ScanEc2InstanceWithFindings": {"EbsVolumes": {"Status": status["EBS_MALWARE_PROTECTION"]}},
            "ServiceRole": "",
        },
    }


@service.operation("UpdateDetector")
def update_detector(params: Params, scope: Scope, state: Detectors) -> None:
    detector = _find(params["DetectorId"], state)
    detector.features = _merge(detector.features, _declared_features(params))
    detector.enabled = params.get("Enable", detector.enabled)
    detector.frequency = params.get("FindingPublishingFrequency", detector.frequency)
    detector.updated = datetime.now(UTC)


@service.operation("DeleteDetector")
def delete_detector(params: Params, scope: Scope, state: Detectors) -> None:
    del state[_find(params["DetectorId"], state).identifier]


def _tagged(params: Params, state: Detectors) -> Detector:
    detector = next((one for one in state.values() if one.arn == params["ResourceArn"]), None)
    if detector is None:
        raise _bad_request("the resource ARN does not name a resource of the current account.")
    return detector


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: Detectors) -> None:
    detector = _tagged(params, state)
    merged = {**detector.tags, **params["Tags"]}
    if len(merged) > 50:
        raise _bad_request("a resource can have up to 50 tags.")
    detector.tags = merged


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: Detectors) -> None:
    detector = _tagged(params, state)
    detector.tags = {key: value for key, value in detector.tags.items() if key not in params["TagKeys"]}


@service.operation("ListTagsForResource")
def list_tags_for_resource(params: Params, scope: Scope, state: Detectors) -> Params:
    return {"Tags": _tagged(params, state).tags}
