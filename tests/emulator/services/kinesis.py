# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinesis data streams are moto's, which forgets the tags of a new one and takes every key and retention.

https://docs.aws.amazon.com/kinesis/latest/APIReference/
"""

from __future__ import annotations

from typing import Any

from ..errors import AwsError
from ..registry import Scope, Service
from . import delivery

Params = dict[str, Any]

service = Service("kinesis")


def _stream(params: Params, scope: Scope) -> Any:
    """The stream that a call names, if it is there; moto refuses what is not."""
    name = params.get("StreamName") or params.get("StreamARN", "").rsplit("/", 1)[-1]
    return scope.moto("kinesis").streams.get(name)


@service.check("CreateStream")
def check_create_stream(params: Params, scope: Scope, state: Any) -> None:
    mode = params.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
    if (mode == "PROVISIONED") != ("ShardCount" in params):
        raise AwsError("ValidationException", "ShardCount is for streams of the mode PROVISIONED, which need it.")


@service.after("CreateStream")
def keep_tags(params: Params, scope: Scope, state: Any) -> None:
    _stream(params, scope).tags.update(params.get("Tags", {}))


@service.check("StartStreamEncryption")
def check_key(params: Params, scope: Scope, state: Any) -> None:
    stream = _stream(params, scope)
    if stream is not None and stream.status != "ACTIVE":
        raise AwsError("ResourceInUseException", f"Stream {stream.stream_name} is not ACTIVE.")
    if "alias/aws/kinesis" in params["KeyId"]:
        return
    key = delivery.find_key(params["KeyId"], scope)
    if key is None:
        raise AwsError("KMSNotFoundException", f"Key {params['KeyId']} does not exist")
    if key.key_state not in delivery.USABLE_KEY_STATES:
        raise AwsError("KMSDisabledException", f"{key.arn} is disabled.")
