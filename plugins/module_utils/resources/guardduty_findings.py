# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty: where findings are archived, and the lists of addresses that decide about findings."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import kms, s3
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Failure,
    Fields,
    Observed,
    Ref,
    ResourceType,
    Settling,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.guardduty import (
    DETECTOR_ID,
    Detector,
    detector_id,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

DESTINATION_KEY = "S3"
"""Key of a region's publishing destination: its type, of each of which there is at most one."""

DESTINATION_OPTIONS: dict[str, t.Any] = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "bucket_name": {"type": "str"},
    "prefix": {"type": "str", "default": ""},
    "kms_key_id": {"type": "str", "no_log": False},
}
"""Suboptions of an option that declares a publishing destination."""

LIST_FORMATS = ("TXT", "STIX", "OTX_CSV", "ALIEN_VAULT", "PROOF_POINT", "FIRE_EYE")

LIST_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "format": {"type": "str", "choices": list(LIST_FORMATS), "default": "TXT"},
    "location": {"type": "str"},
    "activate": {"type": "bool", "default": True},
    "tags": {"type": "dict"},
}
"""Suboptions of every option that declares lists of addresses."""

LIST_NAME = re.compile(r"[A-Za-z0-9 _-]{1,300}")
LOCATION = re.compile(r"(s3|https)://[^/]+/.{1,280}")

PUBLISHING, PENDING = "PUBLISHING", "PENDING_VERIFICATION"
IN_USE = frozenset({"ACTIVE", "ACTIVATING"})
GONE = frozenset({"DELETE_PENDING", "DELETED"})


def publishing_destination(
    options: Fields, home: str, option: str = "publishing_destination"
) -> tuple[list[Desired], Desired]:
    """What an option with DESTINATION_OPTIONS declares: keys that must be there, and the destination of every region.

    home: the home region's code. Raises OptionError.
    """
    name, key_id = options["bucket_name"], options["kms_key_id"]
    if options["state"] == "absent":
        return [], Desired(PublishingDestination.type, DESTINATION_KEY, state="absent")
    if not name:
        raise OptionError(f"{option}.bucket_name", name, "the name of a bucket, unless state is absent")
    s3.check_name(f"{option}.bucket_name", name)
    if options["prefix"].startswith("/") or options["prefix"].endswith("/"):
        raise OptionError(f"{option}.prefix", options["prefix"], "a prefix without a slash at either end")
    keys, key_arn = _key(f"{option}.kms_key_id", key_id, home)
    prefix = f"/{options['prefix']}/" if options["prefix"] else ""
    fields = {
        "destination_arn": f"arn:${{AWS::Partition}}:s3:::{name}{prefix}",
        "kms_key_arn": key_arn,
        "status": PUBLISHING,
    }
    needs = ((s3.Bucket.type, name), *((item.type, item.key) for item in keys))
    return keys, Desired(PublishingDestination.type, DESTINATION_KEY, fields, requires=needs)


def _key(option: str, key_id: str | None, home: str) -> tuple[list[Desired], str | Ref]:
    """The key that must be there, if it is named by an alias, and its ARN."""
    found = kms.reference(option, key_id)
    if not found or str(key_id).startswith(kms.AWS_ALIAS):
        raise OptionError(option, key_id, "a customer managed key: its alias in the home region, its id, or its ARN")
    # asked for by its name: only the account that makes the key knows its id
    alias = (found.key if isinstance(found, Ref) else found).replace("${AWS::Region}", home)
    if ":key/" in alias:
        return [], alias
    return [Desired(kms.Key.type, alias, state="expected")], Ref(kms.Key.type, alias, "arn", home)


def address_list(type_name: str, options: Fields, option: str) -> Desired:
    """The list that an option with LIST_OPTIONS declares. type_name: of which kind. Raises OptionError."""
    name, location = options["name"], options["location"]
    if not LIST_NAME.fullmatch(name):
        raise OptionError(f"{option}.name", name, "up to 300 letters, digits, spaces, dashes and underscores")
    if options["state"] == "absent":
        return Desired(type_name, name, state="absent")
    if not location or not LOCATION.fullmatch(SAMPLE_SCOPE.substitute(location)):
        raise OptionError(f"{option}.location", location, "the URI of an S3 object, such as s3://bucket/addresses.txt")
    return Desired(type_name, name, fields_of(options))


@register
class PublishingDestination(ResourceType):
    """Where findings of a region are archived. Key: C(DESTINATION_KEY).

    Fields: destination_arn, of a bucket or a folder in it, kms_key_arn, and status, which is to be C(PUBLISHING).
    """

    type = "AWS::GuardDuty::PublishingDestination"
    service = "guardduty"
    after = (Detector.type, s3.Bucket.type, kms.Key.type)
    # new policies of bucket and key take a moment, and GuardDuty has one code for everything
    propagation_errors = frozenset({"BadRequestException"})
    settles = True
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": (
            "guardduty:ListDetectors",
            "guardduty:ListPublishingDestinations",
            "guardduty:DescribePublishingDestination",
        ),
        "write": (
            "guardduty:CreatePublishingDestination",
            "guardduty:UpdatePublishingDestination",
            "guardduty:DeletePublishingDestination",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        identifier = detector_id(client)
        if identifier is None:
            return {}
        found = self._describe(client, identifier)
        if found is None:
            return {}
        properties = found["DestinationProperties"]
        fields = {
            "destination_arn": properties.get("DestinationArn"),
            "kms_key_arn": properties.get("KmsKeyArn"),
            "status": found["Status"],
        }
        return {DESTINATION_KEY: Observed(fields, {"detector_id": identifier, "id": found["DestinationId"]})}

    @staticmethod
    def _describe(client: Client, identifier: str) -> Fields | None:
        destinations = client.pages("ListPublishingDestinations", "Destinations", DetectorId=identifier)
        for item in destinations:
            if item["DestinationType"] == DESTINATION_KEY:
                ids = {"DetectorId": identifier, "DestinationId": item["DestinationId"]}
                return client.call("DescribePublishingDestination", **ids)
        return None

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        if field == "status" and before == PENDING:
            return True
        return super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {
            "DetectorId": DETECTOR_ID,
            "DestinationType": key,
            "DestinationProperties": self._properties(fields),
        }
        return [Call("CreatePublishingDestination", parameters)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        # GuardDuty tries again when it is told the same once more
        parameters = {**self._ids(before), "DestinationProperties": self._properties(after)}
        return [Call("UpdatePublishingDestination", parameters)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeletePublishingDestination", self._ids(before))]

    def settling(self, client: Client, keys: c.Sequence[str]) -> dict[str, Settling]:
        identifier = detector_id(client)
        found = self._describe(client, identifier) if identifier else None
        if found is None:
            return {}
        status = found["Status"]
        failures: tuple[Failure, ...] = ()
        if status not in (PUBLISHING, PENDING):
            message = "GuardDuty cannot write to the bucket: see the policies of bucket and key."
            failures = (Failure(client.scope.account_id, status, message),)
        return {DESTINATION_KEY: Settling(status, status != PENDING, failures)}

    @staticmethod
    def _properties(fields: Fields) -> Fields:
        return {"DestinationArn": fields["destination_arn"], "KmsKeyArn": fields["kms_key_arn"]}

    @staticmethod
    def _ids(before: Observed) -> Fields:
        return {"DetectorId": before.attributes["detector_id"], "DestinationId": before.attributes["id"]}


class AddressList(ResourceType):
    """A list of addresses in an S3 object, of either kind. Key: its name.

    Fields: format, location, activate, tags. Attributes: id. A list whose format changes is made anew.
    """

    service = "guardduty"
    after = (Detector.type,)
    noun: t.ClassVar[str]
    """What operations call it."""
    id_name: t.ClassVar[str]
    """The parameter with its id."""
    path: t.ClassVar[str]
    """What it is called in ARNs."""

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        detector = detector_id(client)
        if detector is None:
            return {}
        ids = client.pages(f"List{self.noun}s", f"{self.id_name}s", DetectorId=detector)
        get = f"Get{self.noun}"
        lists = in_parallel(lambda item: client.call(get, DetectorId=detector, **{self.id_name: item}), ids)
        return {
            found["Name"]: Observed(
                {
                    "format": found["Format"],
                    "location": found["Location"],
                    "activate": found["Status"] in IN_USE,
                    "tags": own_tags(found.get("Tags", {})),
                },
                {"id": identifier, "detector_id": detector},
            )
            for identifier, found in zip(ids, lists, strict=True)
            if found["Status"] not in GONE
        }

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {
            "DetectorId": DETECTOR_ID,
            "Name": key,
            "Format": fields["format"],
            "Location": fields["location"],
            "Activate": fields["activate"],
        }
        if fields.get("tags"):
            parameters["Tags"] = fields["tags"]
        return [Call(f"Create{self.noun}", parameters)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        if "format" in changed:
            return [*self.delete(key, before, scope), *self.create(key, after, scope)]
        calls = []
        parameters = {"location": "Location", "activate": "Activate"}
        if changed & parameters.keys():
            # a list that is used is read anew only when it is told so
            values = {parameters[name]: after[name] for name in sorted({*changed, "activate"} & parameters.keys())}
            calls.append(Call(f"Update{self.noun}", {**self._ids(before), **values}))
        if "tags" in changed:
            ids = f"{before.attributes['detector_id']}/{self.path}/{before.attributes['id']}"
            arn = scope.arn("guardduty", f"detector/{ids}")
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("TagResource", {"ResourceArn": arn, "Tags": tags}),
                lambda names: Call("UntagResource", {"ResourceArn": arn, "TagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call(f"Delete{self.noun}", self._ids(before))]

    def _ids(self, before: Observed) -> Fields:
        return {"DetectorId": before.attributes["detector_id"], self.id_name: before.attributes["id"]}


def _list_permissions(noun: str) -> dict[str, tuple[str, ...]]:
    return {
        "read": ("guardduty:ListDetectors", f"guardduty:List{noun}s", f"guardduty:Get{noun}"),
        "write": (
            f"guardduty:Create{noun}",
            f"guardduty:Update{noun}",
            f"guardduty:Delete{noun}",
            "guardduty:TagResource",
            "guardduty:UntagResource",
            # GuardDuty lets its service-linked role read the object, in the name of the caller
            "iam:PutRolePolicy",
            "iam:DeleteRolePolicy",
        ),
    }


@register
class IPSet(AddressList):
    """A trusted IP list: no findings for its addresses. A detector has one in use."""

    type = "AWS::GuardDuty::IPSet"
    noun, id_name, path = "IPSet", "IpSetId", "ipset"
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = _list_permissions("IPSet")


@register
class ThreatIntelSet(AddressList):
    """A threat list: findings for all that has to do with its addresses. A detector has six."""

    type = "AWS::GuardDuty::ThreatIntelSet"
    noun, id_name, path = "ThreatIntelSet", "ThreatIntelSetId", "threatintelset"
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = _list_permissions("ThreatIntelSet")
