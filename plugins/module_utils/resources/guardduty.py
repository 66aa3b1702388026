# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty: the detector of a region, and how its features are declared."""

from __future__ import annotations

import collections.abc as c
import dataclasses

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, shared_loader
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    Ref,
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


@dataclasses.dataclass(frozen=True)
class FeatureOption:
    """An option that says of each feature, and of each of its additional configurations, one of a few words.

    name: of the suboption that holds a feature's word, and parameter: of GuardDuty's parameter for it. off: the word of
    a feature that is off. features and parts: the SDK's shapes with the names that there are.
    """

    name: str
    parameter: str
    words: tuple[str, ...]
    off: str
    features: str
    parts: str

    def fields(self, features: c.Mapping[str, Fields]) -> Fields:
        """Fields that declare I(features), which map a name to the suboption and optional additional_configuration.

        Every word is a field of its own, C(features.NAME) or C(features.NAME.ADDITIONAL), so that what is not declared
        is left alone.
        """
        fields = {}
        for name, feature in features.items():
            fields[f"{FEATURE_PREFIX}{name}"] = feature[self.name]
            for part, word in (feature.get("additional_configuration") or {}).items():
                fields[f"{FEATURE_PREFIX}{name}.{part}"] = word
        return fields

    def checked(self, features: Fields) -> Fields:
        """Fields that declare I(features). Raises OptionError for features that GuardDuty cannot have."""
        names, parts = self.known()
        for name, feature in features.items():
            option = f"features.{name}"
            if name not in names:
                raise OptionError("features", name, f"one of {', '.join(sorted(names))}")
            if not isinstance(feature, dict) or not {self.name} <= set(feature) <= {
                self.name,
                "additional_configuration",
            }:
                allowed = f"a dictionary of {self.name} and, optionally, additional_configuration"
                raise OptionError(option, feature, allowed)
            self._check_word(f"{option}.{self.name}", feature[self.name])
            additional = feature.get("additional_configuration", {})
            if not isinstance(additional, dict):
                allowed = f"a dictionary of names to {' or '.join(self.words)}"
                raise OptionError(f"{option}.additional_configuration", additional, allowed)
            for part, word in additional.items():
                if part not in parts:
                    raise OptionError(f"{option}.additional_configuration", part, f"one of {', '.join(sorted(parts))}")
                self._check_word(f"{option}.additional_configuration.{part}", word)
                if word != self.off and feature[self.name] == self.off:
                    allowed = f"{self.off}, because the feature is {self.off}"
                    raise OptionError(f"{option}.additional_configuration.{part}", word, allowed)
        if set(features) >= EXCLUSIVE_FEATURES:
            allowed = "only one of them: GuardDuty refuses both together"
            raise OptionError("features", sorted(EXCLUSIVE_FEATURES), allowed)
        return self.fields(features)

    def known(self) -> tuple[list[str], list[str]]:
        """Names of features, and of additional configurations, that the installed SDK knows."""
        shapes = shared_loader().load_service_model("guardduty", "service-2")["shapes"]
        return shapes[self.features]["enum"], shapes[self.parts]["enum"]

    def observed(self, items: c.Iterable[Fields]) -> Fields:
        """Fields of features as GuardDuty tells them."""
        features = {}
        for item in items:
            parts = {part["Name"]: part[self.parameter] for part in item.get("AdditionalConfiguration", [])}
            features[item["Name"]] = {self.name: item[self.parameter], "additional_configuration": parts}
        return self.fields(features)

    def parameters(self, fields: Fields, changed: c.Set[str]) -> list[Fields]:
        """The features among I(changed), each with its word and, when it is on, its additional configurations.

        What is known of a feature's additional configurations is sent, whether changed or not, so that none is reset.
        Those of a feature that is off are off too.
        """
        features = []
        for name in sorted({field.split(".")[1] for field in changed if field.startswith(FEATURE_PREFIX)}):
            prefix = f"{FEATURE_PREFIX}{name}."
            feature = {"Name": name, self.parameter: fields[f"{FEATURE_PREFIX}{name}"]}
            additional = [
                {"Name": field.removeprefix(prefix), self.parameter: word}
                for field, word in sorted(fields.items())
                if field.startswith(prefix) and (feature[self.parameter] != self.off or field in changed)
            ]
            if additional:
                feature["AdditionalConfiguration"] = additional
            features.append(feature)
        return features

    def _check_word(self, option: str, word: object) -> None:
        if word not in self.words:
            raise OptionError(option, word, " or ".join(self.words))


EXCLUSIVE_FEATURES = {"RUNTIME_MONITORING", "EKS_RUNTIME_MONITORING"}

DETECTOR_FEATURES = FeatureOption(
    "status", "Status", ("ENABLED", "DISABLED"), "DISABLED", "DetectorFeature", "FeatureAdditionalConfiguration"
)
"""Features of a detector."""


def detector_id(client: Client) -> str | None:
    """The id of the region's detector, or None. Asked only once, for all resource types that need it."""
    detectors = client.pages_once("ListDetectors", "DetectorIds")
    return detectors[0] if detectors else None


@register
class Detector(ResourceType):
    """The detector of a region. Key: C(DETECTOR_KEY).

    Fields: enable, finding_publishing_frequency, tags, and those of C(DETECTOR_FEATURES). Attributes: id, arn.
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
        identifier = detector_id(client)
        if identifier is None:
            return {}
        detector = client.call("GetDetector", DetectorId=identifier)
        fields = {
            "enable": detector["Status"] == "ENABLED",
            "finding_publishing_frequency": detector.get("FindingPublishingFrequency"),
            "tags": own_tags(detector.get("Tags", {})),
            **DETECTOR_FEATURES.observed(detector.get("Features", [])),
        }
        arn = client.scope.arn("guardduty", f"detector/{identifier}")
        return {DETECTOR_KEY: Observed(fields, {"id": identifier, "arn": arn})}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {"Enable": fields.get("enable", True)}
        if fields.get("finding_publishing_frequency"):
            parameters["FindingPublishingFrequency"] = fields["finding_publishing_frequency"]
        features = DETECTOR_FEATURES.parameters(fields, fields.keys())
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
        features = DETECTOR_FEATURES.parameters(after, changed)
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


DETECTOR_ID = Ref(Detector.type, DETECTOR_KEY, "id")
"""The region's detector, in calls of what belongs to it."""


def in_regions(desired: c.Iterable[Desired], regions: c.Iterable[str]) -> list[Desired]:
    """I(desired), which belong to a detector, in all regions, each of which must have one by then."""
    desired = list(desired)
    needed = (Detector.type, DETECTOR_KEY)
    present = any(item.state == "present" for item in desired)
    everywhere = []
    for region in regions:
        if present:
            everywhere.append(Desired(*needed, state="expected", region=region))
        for item in desired:
            requires = (*item.requires, needed) if item.state == "present" else ()
            everywhere.append(dataclasses.replace(item, region=region, requires=requires))
    return everywhere
