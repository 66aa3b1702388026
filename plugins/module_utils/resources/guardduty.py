# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty: the detector of a region."""

from __future__ import annotations

import collections.abc as c

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, shared_loader
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Fields,
    Observed,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

DETECTOR_KEY = "detector"
"""Key of a region's detector, of which there is at most one and which has no name."""

PUBLISHING_FREQUENCIES = ("FIFTEEN_MINUTES", "ONE_HOUR", "SIX_HOURS")

FEATURE_PREFIX = "features."


def known_features() -> tuple[list[str], list[str]]:
    """Names of features, and of features' additional configurations, that the installed SDK knows."""
    shapes = shared_loader().load_service_model("guardduty", "service-2")["shapes"]
    return shapes["DetectorFeature"]["enum"], shapes["FeatureAdditionalConfiguration"]["enum"]


def feature_fields(features: c.Mapping[str, Fields]) -> Fields:
    """Fields of a detector that declare its features.

    features: name to status (C(ENABLED) or C(DISABLED)) and, optionally, additional_configuration (name to status).
    Every status is a field of its own, C(features.NAME) or C(features.NAME.ADDITIONAL), so that what is not declared is
    left alone.
    """
    fields = {}
    for name, feature in features.items():
        fields[f"{FEATURE_PREFIX}{name}"] = feature["status"]
        for additional, status in (feature.get("additional_configuration") or {}).items():
            fields[f"{FEATURE_PREFIX}{name}.{additional}"] = status
    return fields


@register
class Detector(ResourceType):
    """The detector of a region. Key: C(DETECTOR_KEY).

    Fields: enable, finding_publishing_frequency, tags, and those of C(feature_fields). Attributes: id, arn.
    """

    type = "AWS::GuardDuty::Detector"
    service = "guardduty"
    permissions = {
        "read": ("guardduty:ListDetectors", "guardduty:GetDetector"),
        "write": (
            "guardduty:CreateDetector",
            "guardduty:UpdateDetector",
            "guardduty:TagResource",
            "guardduty:UntagResource",
            "guardduty:DeleteDetector",
            # GuardDuty makes its service-linked role when the first detector is made
            "iam:CreateServiceLinkedRole",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        detectors = client.pages("ListDetectors", "DetectorIds")
        if not detectors:
            return {}
        detector = client.call("GetDetector", DetectorId=detectors[0])
        fields = {
            "enable": detector["Status"] == "ENABLED",
            "finding_publishing_frequency": detector.get("FindingPublishingFrequency"),
            "tags": own_tags(detector.get("Tags", {})),
            **feature_fields({item["Name"]: _observed_feature(item) for item in detector.get("Features", [])}),
        }
        arn = client.scope.arn("guardduty", f"detector/{detectors[0]}")
        return {DETECTOR_KEY: Observed(fields, {"id": detectors[0], "arn": arn})}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {"Enable": fields.get("enable", True)}
        if fields.get("finding_publishing_frequency"):
            parameters["FindingPublishingFrequency"] = fields["finding_publishing_frequency"]
        features = _feature_parameters(fields, fields.keys())
        if features:
            parameters["Features"] = features
        if fields.get("tags"):
            parameters["Tags"] = fields["tags"]
        return [Call("CreateDetector", parameters, {"id": "DetectorId"})]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        parameters = {}
        if "enable" in changed:
            parameters["Enable"] = after["enable"]
        if "finding_publishing_frequency" in changed:
            parameters["FindingPublishingFrequency"] = after["finding_publishing_frequency"]
        features = _feature_parameters(after, changed)
        if features:
            parameters["Features"] = features
        calls = []
        if parameters:
            calls.append(Call("UpdateDetector", {"DetectorId": before.attributes["id"], **parameters}))
        if "tags" in changed:
            arn = before.attributes["arn"]
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("TagResource", {"ResourceArn": arn, "Tags": tags}),
                lambda names: Call("UntagResource", {"ResourceArn": arn, "TagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteDetector", {"DetectorId": before.attributes["id"]})]


def _observed_feature(item: Fields) -> Fields:
    additional = {part["Name"]: part["Status"] for part in item.get("AdditionalConfiguration", [])}
    return {"status": item["Status"], "additional_configuration": additional}


def _feature_parameters(fields: Fields, changed: c.Set[str]) -> list[Fields]:
    """The features among I(changed), each with its status and, when it is on, its additional configurations.

    What is known of a feature's additional configurations is sent, whether changed or not, so that none is reset. Those
    of a feature that is off are off too.
    """
    features = []
    for name in sorted({field.split(".")[1] for field in changed if field.startswith(FEATURE_PREFIX)}):
        prefix = f"{FEATURE_PREFIX}{name}."
        feature = {"Name": name, "Status": fields[f"{FEATURE_PREFIX}{name}"]}
        additional = [
            {"Name": field.removeprefix(prefix), "Status": status}
            for field, status in sorted(fields.items())
            if field.startswith(prefix) and (feature["Status"] == "ENABLED" or field in changed)
        ]
        if additional:
            feature["AdditionalConfiguration"] = additional
        features.append(feature)
    return features
