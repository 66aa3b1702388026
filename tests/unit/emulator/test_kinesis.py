# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator adds to moto's streams."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.emulator.client import Emulator


def test_a_new_stream_has_its_tags(emulator: Emulator) -> None:
    kinesis = emulator.client("kinesis")
    kinesis.create_stream(StreamName="s", StreamModeDetails={"StreamMode": "ON_DEMAND"}, Tags={"Team": "infosec"})
    assert kinesis.list_tags_for_stream(StreamName="s")["Tags"] == [{"Key": "Team", "Value": "infosec"}]


@pytest.mark.parametrize("mode", [{"ShardCount": 1, "StreamModeDetails": {"StreamMode": "ON_DEMAND"}}, {}])
def test_shards_are_for_provisioned_streams(emulator: Emulator, mode: dict[str, object]) -> None:
    with pytest.raises(ClientError, match="ValidationException"):
        emulator.client("kinesis").create_stream(StreamName="s", **mode)


def test_a_key_has_to_be_there(emulator: Emulator) -> None:
    kinesis = emulator.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    encryption = {"StreamName": "s", "EncryptionType": "KMS"}
    with pytest.raises(ClientError, match="KMSNotFoundException"):
        kinesis.start_stream_encryption(**encryption, KeyId="alias/none")
    kms = emulator.client("kms")
    key = kms.create_key()["KeyMetadata"]
    kms.disable_key(KeyId=key["KeyId"])
    with pytest.raises(ClientError, match="KMSDisabledException"):
        kinesis.start_stream_encryption(**encryption, KeyId=key["Arn"])
    kms.enable_key(KeyId=key["KeyId"])
    kinesis.start_stream_encryption(**encryption, KeyId=key["Arn"])
