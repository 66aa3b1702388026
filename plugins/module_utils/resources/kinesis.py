# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Amazon Kinesis: data streams."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    ResourceType,
    Settling,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.kms import reference
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.sqs import expanded_key
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

ON_DEMAND = "ON_DEMAND"
PROVISIONED = "PROVISIONED"

STREAM_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "stream_mode": {"type": "str", "choices": [ON_DEMAND, PROVISIONED], "default": ON_DEMAND},
    "shard_count": {"type": "int"},
    "retention_period_hours": {"type": "int"},
    "kms_key_id": {"type": "str"},
    "tags": {"type": "dict"},
}
"""Suboptions of every option that declares a stream."""

NAME = re.compile(r"[A-Za-z0-9_.-]{1,128}")
STREAM_ARN = re.compile(r"arn:aws[a-z-]*:kinesis:[a-z0-9-]+:\d{12}:stream/[A-Za-z0-9_.-]{1,128}")
RETENTION_HOURS = range(24, 8761)
SHARDS = range(1, 501)
NEW_RETENTION = 24

NOT_FOUND = frozenset({"ResourceNotFoundException"})


def stream(options: Fields, option: str = "stream") -> Desired:
    """The stream that an option with STREAM_OPTIONS declares. option: its name. Raises OptionError."""
    if not NAME.fullmatch(options["name"]):
        raise OptionError(f"{option}.name", options["name"], "1 to 128 letters, digits, hyphens, dots and underscores")
    hours, shards = options["retention_period_hours"], options["shard_count"]
    if hours is not None and hours not in RETENTION_HOURS:
        raise OptionError(
            f"{option}.retention_period_hours", hours, f"{RETENTION_HOURS.start} to {RETENTION_HOURS.stop - 1} hours"
        )
    if shards is not None and options["stream_mode"] == ON_DEMAND:
        raise OptionError(f"{option}.shard_count", shards, "nothing, unless stream_mode is PROVISIONED")
    if options["stream_mode"] == PROVISIONED and shards not in SHARDS:
        allowed = f"{SHARDS.start} to {SHARDS.stop - 1} shards when stream_mode is PROVISIONED"
        raise OptionError(f"{option}.shard_count", shards, allowed)
    fields = fields_of(options)
    if options["kms_key_id"]:
        key = reference(f"{option}.kms_key_id", options["kms_key_id"])
        fields["kms_key_id"] = expanded_key(key) if isinstance(key, str) else key
    return Desired(Stream.type, options["name"], fields)


@register
class Stream(ResourceType):
    """A data stream. Key: its name.

    Fields: stream_mode, shard_count (of a provisioned one), retention_period_hours, kms_key_id (ARN; empty: none),
    tags.
    """

    type = "AWS::Kinesis::Stream"
    service = "kinesis"
    after = ("AWS::KMS::Key",)
    settles = True
    propagation_errors = NOT_FOUND | {"KMSAccessDeniedException", "KMSNotFoundException"}
    # what AWS answers while the stream is being made or changed
    busy_errors = frozenset({"ResourceInUseException"})
    permissions = {
        "read": ("kinesis:DescribeStreamSummary", "kinesis:ListTagsForStream"),
        "write": (
            "kinesis:CreateStream",
            "kinesis:UpdateStreamMode",
            "kinesis:UpdateShardCount",
            "kinesis:IncreaseStreamRetentionPeriod",
            "kinesis:DecreaseStreamRetentionPeriod",
            "kinesis:StartStreamEncryption",
            "kinesis:StopStreamEncryption",
            "kinesis:AddTagsToStream",
            "kinesis:RemoveTagsFromStream",
            "kinesis:DeleteStream",
        ),
    }

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": scope.arn("kinesis", f"stream/{key}")}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = in_parallel(lambda item: self._read_one(client, *item), wanted.items())
        return {name: observed for name, observed in zip(wanted, found, strict=True) if observed}

    def _read_one(self, client: Client, name: str, declared: Fields) -> Observed | None:
        answer = client.optional("DescribeStreamSummary", NOT_FOUND, StreamName=name)
        if answer is None:
            return None
        summary = answer["StreamDescriptionSummary"]
        fields: Fields = {
            "stream_mode": summary.get("StreamModeDetails", {}).get("StreamMode", PROVISIONED),
            "shard_count": summary["OpenShardCount"],
            "retention_period_hours": summary["RetentionPeriodHours"],
            "kms_key_id": client.scope.substitute(expanded_key(summary.get("KeyId"))),
        }
        if "tags" in declared:
            tags = client.pages("ListTagsForStream", "Tags", StreamName=name)
            fields["tags"] = own_tags({tag["Key"]: tag.get("Value", "") for tag in tags})
        return Observed(fields, {"arn": summary["StreamARN"]})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters: Fields = {"StreamName": key, "StreamModeDetails": {"StreamMode": fields["stream_mode"]}}
        if fields.get("shard_count"):
            parameters["ShardCount"] = fields["shard_count"]
        if fields.get("tags"):
            parameters["Tags"] = fields["tags"]
        calls = [Call("CreateStream", parameters)]
        if fields.get("retention_period_hours", NEW_RETENTION) != NEW_RETENTION:
            calls.append(self._retention(key, NEW_RETENTION, fields["retention_period_hours"]))
        if fields.get("kms_key_id"):
            calls.append(self._encryption(key, "Start", fields["kms_key_id"]))
        return calls

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        calls = []
        if "stream_mode" in changed:
            mode = {"StreamMode": after["stream_mode"]}
            calls.append(Call("UpdateStreamMode", {"StreamARN": before.attributes["arn"], "StreamModeDetails": mode}))
        if "shard_count" in changed:
            parameters = {"StreamName": key, "TargetShardCount": after["shard_count"], "ScalingType": "UNIFORM_SCALING"}
            calls.append(Call("UpdateShardCount", parameters, settled=True))
        if "retention_period_hours" in changed:
            calls.append(self._retention(key, before.fields["retention_period_hours"], after["retention_period_hours"]))
        if "kms_key_id" in changed:
            if after["kms_key_id"]:
                calls.append(self._encryption(key, "Start", after["kms_key_id"]))
            else:
                calls.append(self._encryption(key, "Stop", before.fields["kms_key_id"]))
        if "tags" in changed:
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("AddTagsToStream", {"StreamName": key, "Tags": tags}),
                lambda names: Call("RemoveTagsFromStream", {"StreamName": key, "TagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteStream", {"StreamName": key})]

    def settling(self, client: Client, keys: c.Sequence[str]) -> dict[str, Settling]:
        answers = in_parallel(lambda name: client.optional("DescribeStreamSummary", NOT_FOUND, StreamName=name), keys)
        status = {
            name: answer["StreamDescriptionSummary"]["StreamStatus"]
            for name, answer in zip(keys, answers, strict=True)
            if answer
        }
        return {name: Settling(found, found not in ("CREATING", "UPDATING")) for name, found in status.items()}

    @staticmethod
    def _retention(key: str, before: int, after: int) -> Call:
        direction = "Increase" if after > before else "Decrease"
        parameters = {"StreamName": key, "RetentionPeriodHours": after}
        return Call(f"{direction}StreamRetentionPeriod", parameters, settled=True)

    @staticmethod
    def _encryption(key: str, what: str, key_id: str) -> Call:
        parameters = {"StreamName": key, "EncryptionType": "KMS", "KeyId": key_id}
        return Call(f"{what}StreamEncryption", parameters, settled=True)
