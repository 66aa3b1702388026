# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GuardDuty detectors, wholly: one per region, features that merge, the default feature set.

What accounts are to each other is in `guardduty_accounts`, what a detector's owner adds to it in `guardduty_findings`.
https://docs.aws.amazon.com/guardduty/latest/APIReference/
"""

from __future__ import annotations

from dataclasses import dataclass, field
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


@dataclass
class Member:
    """An account as its administrator knows it: also one that has not accepted an invitation yet, or was removed."""

    account: str
    email: str
    status: str
    updated: datetime
    by_organization: bool = False
    invitation: str = ""
    invited: datetime | None = None

    @property
    def associated(self) -> bool:
        return self.status in ("Enabled", "Disabled")


@dataclass
class OrganizationConfiguration:
    """What an organization's administrator decides for members: NEW, ALL or NONE, by feature and by its parts."""

    members: str = "NONE"
    features: dict[str, tuple[str, dict[str, str]]] = field(
        default_factory=lambda: {name: ("NONE", dict.fromkeys(parts, "NONE")) for name, (_, parts) in _FEATURES.items()}
    )


@dataclass
class State:
    """What GuardDuty holds of an account in a region; of detectors at most one.

    administrator: whom this account, if it is an organization's management account, made GuardDuty's administrator.
    organization: what the account decides for its organization if it is that administrator.
    """

    detectors: dict[str, Detector] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    administrator: str | None = None
    organization: OrganizationConfiguration = field(default_factory=OrganizationConfiguration)
    destinations: dict[str, Params] = field(default_factory=dict)
    lists: dict[str, Params] = field(default_factory=dict)
    findings: dict[str, Params] = field(default_factory=dict)


service = Service("guardduty", state=State, whole=True)


def bad_request(reason: str) -> AwsError:
    return AwsError("BadRequestException", f"The request is rejected because {reason}")


def find_detector(params: Params, state: State) -> Detector:
    """The detector that a request names."""
    identifier = params["DetectorId"]
    if identifier not in state.detectors:
        raise bad_request("the input detectorId is not owned by the current account.")
    return state.detectors[identifier]


def administrator_of(scope: Scope) -> tuple[str, Member] | None:
    """The account that administers GuardDuty for the scope's account in its region, and what it knows of it."""
    for (account, region), state in service.states().items():
        member = state.members.get(scope.account)
        if region == scope.region and member is not None and member.associated:
            return account, member
    return None


def is_kept_enabled(scope: Scope) -> bool:
    """Whether the organization's administrator wants GuardDuty on in all accounts, of which this one is a member."""
    found = administrator_of(scope)
    return (
        found is not None
        and found[1].by_organization
        and service.state(scope.at(account=found[0])).organization.members == "ALL"
    )


def _status(enabled: bool) -> str:
    return "ENABLED" if enabled else "DISABLED"


def declared_features(params: Params) -> list[Params]:
    """Features of the request, whether given as features or as data sources."""
    if "DataSources" in params and "Features" in params:
        raise bad_request("the parameters dataSources and features can't be used together.")
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
        raise bad_request("a feature lacks its name or its status.")
    if len(names) != len(set(names)):
        raise bad_request("a feature is given twice.")
    return features


def merge_features(features: dict[str, dict[str, Any]], declared: list[Params]) -> dict[str, dict[str, Any]]:
    merged = {name: {**value, "additional": dict(value["additional"])} for name, value in features.items()}
    now = datetime.now(UTC)
    for one in declared:
        name = one["Name"]
        feature = merged.setdefault(name, {"additional": {}})
        feature |= {"enabled": one["Status"] == "ENABLED", "updated": now}
        allowed = _FEATURES.get(name, (False, ()))[1]
        for additional in one.get("AdditionalConfiguration", []):
            if additional.get("Name") not in allowed or "Status" not in additional:
                raise bad_request(f"an additional configuration of {name} is invalid.")
            feature["additional"][additional["Name"]] = additional["Status"] == "ENABLED"
        if not feature["enabled"]:
            feature["additional"] = dict.fromkeys(feature["additional"], False)
    if all(merged.get(name, {}).get("enabled") for name in ("EKS_RUNTIME_MONITORING", "RUNTIME_MONITORING")):
        raise bad_request("EKS_RUNTIME_MONITORING and RUNTIME_MONITORING can't be enabled together.")
    return merged


def new_detector(
    scope: Scope, *, enabled: bool = True, features: list[Params] | None = None, params: Params | None = None
) -> Detector:
    """The account's first detector in the region. features: those that differ from a new detector's."""
    params = params or {}
    now = datetime.now(UTC)
    default: dict[str, dict[str, Any]] = {
        name: {"enabled": on, "updated": now, "additional": dict.fromkeys(additional, False)}
        for name, (on, additional) in _FEATURES.items()
    }
    identifier = random_hex(32)
    detector = Detector(
        identifier,
        scope.arn("guardduty", f"detector/{identifier}"),
        enabled,
        params.get("FindingPublishingFrequency", "SIX_HOURS"),
        dict(params.get("Tags", {})),
        merge_features(default, features or []),
        now,
        now,
    )
    service.state(scope).detectors[identifier] = detector
    iam.ensure_service_linked_role(PRINCIPAL, scope)
    return detector


@service.operation("CreateDetector")
def create_detector(params: Params, scope: Scope, state: State) -> Params:
    if state.detectors:
        raise bad_request("a detector already exists for the current account.")
    features = declared_features(params)
    return {"DetectorId": new_detector(scope, enabled=params["Enable"], features=features, params=params).identifier}


@service.operation("ListDetectors")
def list_detectors(params: Params, scope: Scope, state: State) -> Params:
    chosen, token = page(
        list(state.detectors), params, token="NextToken", error="BadRequestException", limit="MaxResults", default=50
    )
    return {"DetectorIds": chosen, "NextToken": token}


@service.operation("GetDetector")
def get_detector(params: Params, scope: Scope, state: State) -> Params:
    detector = find_detector(params, state)
    foundational: list[Params] = [
        {"Name": name, "Status": "ENABLED", "UpdatedAt": detector.created} for name in _FOUNDATIONAL
    ]
    return {
        "CreatedAt": iso(detector.created),
        "UpdatedAt": iso(detector.updated),
        "FindingPublishingFrequency": _frequency(detector, scope),
        "ServiceRole": iam.service_linked_role_arn(PRINCIPAL, scope),
        "Status": _status(detector.enabled),
        "DataSources": data_sources(detector),
        "Tags": detector.tags,
        "Features": foundational + feature_rows(detector),
    }


def _frequency(detector: Detector, scope: Scope) -> str:
    """How often the detector publishes: as the account's administrator does, if it has one."""
    found = administrator_of(scope)
    if found is not None:
        detector = next(iter(service.state(scope.at(account=found[0])).detectors.values()), detector)
    return detector.frequency


def feature_rows(detector: Detector) -> list[Params]:
    rows = []
    for name, feature in detector.features.items():
        row = {"Name": name, "Status": _status(feature["enabled"]), "UpdatedAt": feature["updated"]}
        if feature["additional"]:
            row["AdditionalConfiguration"] = [
                {"Name": key, "Status": _status(enabled), "UpdatedAt": feature["updated"]}
                for key, enabled in feature["additional"].items()
            ]
        rows.append(row)
    return rows


def iso(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def data_sources(detector: Detector) -> Params:
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
def update_detector(params: Params, scope: Scope, state: State) -> None:
    detector = find_detector(params, state)
    features = declared_features(params)
    _check_administration(params, features, scope)
    detector.features = merge_features(detector.features, features)
    detector.enabled = params.get("Enable", detector.enabled)
    detector.frequency = params.get("FindingPublishingFrequency", detector.frequency)
    detector.updated = datetime.now(UTC)


def _check_administration(params: Params, features: list[Params], scope: Scope) -> None:
    """Refuse what a member's administrator decides (Relationship between administrator and member accounts)."""
    found = administrator_of(scope)
    if found is None:
        return
    if "FindingPublishingFrequency" in params:
        raise bad_request("a member account can't change the finding publishing frequency of its administrator.")
    if features and found[1].by_organization:
        raise bad_request("a member account of an organization can't change its protection plans.")
    if params.get("Enable") is False and is_kept_enabled(scope):
        raise bad_request("GuardDuty is auto-enabled for all accounts of the organization.")


@service.operation("DeleteDetector")
def delete_detector(params: Params, scope: Scope, state: State) -> None:
    detector = find_detector(params, state)
    if any(member.associated or member.status == "Invited" for member in state.members.values()):
        raise bad_request("the current account cannot delete detector while it has invited or associated members.")
    if is_kept_enabled(scope):
        raise bad_request("GuardDuty is auto-enabled for all accounts of the organization.")
    if found := administrator_of(scope):
        found[1].status = "Resigned"
    del state.detectors[detector.identifier]
    for kept in (state.members, state.destinations, state.lists, state.findings):
        kept.clear()


def _tags(params: Params, state: State) -> dict[str, str]:
    """The tags of the detector, or of the list that belongs to it, whose ARN the request names."""
    for detector in state.detectors.values():
        if params["ResourceArn"] == detector.arn:
            return detector.tags
        for identifier, one in state.lists.items():
            if params["ResourceArn"] == f"{detector.arn}/{one['Kind'].lower()}/{identifier}":
                return one["Tags"]
    raise bad_request("the resource ARN does not name a resource of the current account.")


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: State) -> None:
    tags = _tags(params, state)
    if len({**tags, **params["Tags"]}) > 50:
        raise bad_request("a resource can have up to 50 tags.")
    tags.update(params["Tags"])


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: State) -> None:
    tags = _tags(params, state)
    for key in params["TagKeys"]:
        tags.pop(key, None)


@service.operation("ListTagsForResource")
def list_tags_for_resource(params: Params, scope: Scope, state: State) -> Params:
    return {"Tags": _tags(params, state)}
