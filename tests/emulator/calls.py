# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A call, whether it reads or writes, and the log of all of them. (Free of moto: tests import it, too.)"""

from __future__ import annotations

import functools
import json
import re
import threading
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TextIO

DEFAULT_ACCOUNT = "123456789012"
#: Followed by 12 digits it is an access key id of that account.
ACCOUNT_KEY_PREFIX = "AKIAEMULATOR"

#: Operations that change nothing, by the first word of their name.
_READ_WORDS = frozenset({
    "Get", "List", "Describe", "Head", "Select", "Lookup", "Search", "Query", "Scan", "Filter", "Test", "Simulate",
    "Preview", "Check", "Validate", "Verify", "Estimate", "Evaluate", "Decode", "Download", "View", "Count", "Detect",
    "Predict", "Calculate", "Compare", "Resolve", "Has", "Is", "Can",
})  # fmt: skip
_READ_SECOND_WORDS = frozenset(["Get", "Describe", "Check", "Detect", "Is"])
_READS = frozenset(
    {
        "iam:GenerateCredentialReport",
        "iam:GenerateServiceLastAccessedDetails",
        "iam:GenerateOrganizationsAccessReport",
        "cloudtrail:GenerateQuery",
        "cloudtrail:StartQuery",
        "logs:StartQuery",
        "logs:StopQuery",
        "logs:StartLiveTail",
        "s3:CreateSession",
    }
)
_CRYPTOGRAPHIC = frozenset({
    "Decrypt", "Encrypt", "ReEncrypt", "Decapsulate", "Encapsulate", "GenerateDataKey", "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext", "GenerateDataKeyWithoutPlaintext", "GenerateMac", "GenerateRandom", "Sign",
    "Verify", "VerifyMac", "DeriveSharedSecret",
})  # fmt: skip
_WORD = re.compile(r"[A-Z][a-z0-9]*|[A-Z]+(?![a-z])")


@dataclass(frozen=True)
class Call:
    """One API call: botocore client name, operation, 12-digit account, region, 'read' or 'write', status, error code.

    `error` is None for a call that succeeded, `injected` tells a fault of the emulator's settings from an answer.
    """

    service: str
    operation: str
    account: str
    region: str
    access: str
    status: int
    error: str | None = None
    injected: bool = False
    milliseconds: float = 0.0
    time: float = 0.0

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"


@functools.cache
def access(service: str, operation: str) -> str:
    """'read' for operations that change nothing, 'write' for all others (and for unknown ones)."""
    action = f"{service}:{operation}"
    if action in _READS or service == "sts":
        return "read"
    if service == "kms" and operation in _CRYPTOGRAPHIC:
        return "read"
    words = _WORD.findall(operation)
    if not words:
        return "write"
    if words[0] == "Batch" and len(words) > 1:
        return "read" if words[1] in _READ_SECOND_WORDS else "write"
    return "read" if words[0] in _READ_WORDS else "write"


class CallLog:
    """All calls since the last reset, in memory and (one JSON object per line) in a file; safe across threads."""

    def __init__(self, path: Path | None = None) -> None:
        self._calls: list[Call] = []
        self._lock = threading.Lock()
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None

    def add(self, call: Call) -> None:
        with self._lock:
            self._calls.append(call)
            if self._file:
                self._file.write(json.dumps(asdict(call)) + "\n")
                self._file.flush()

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()

    def find(self, filters: dict[str, str]) -> list[Call]:
        """Calls whose fields match every filter (field name -> glob); `action` is service:operation."""
        with self._lock:
            calls = list(self._calls)
        return [call for call in calls if all(fnmatchcase(str(getattr(call, k)), v) for k, v in filters.items())]

    def close(self) -> None:
        if self._file:
            self._file.close()


def to_json(calls: Iterable[Call]) -> list[dict[str, Any]]:
    return [asdict(call) for call in calls]


def now() -> float:
    return round(time.time(), 3)
