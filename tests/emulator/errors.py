# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception by which handlers answer with an AWS error."""

from __future__ import annotations


class AwsError(Exception):
    """An AWS error response: code as the API's documentation names it, message, HTTP status (None = the model's)."""

    def __init__(self, code: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class LackingOperation(AwsError):
    """The emulator cannot serve this operation; 501 is a status no AWS client retries."""

    CODE = "EmulatorLacksOperation"

    def __init__(self, service: str, operation: str, detail: str = "") -> None:
        text = f"the emulator lacks {service}:{operation}"
        super().__init__(self.CODE, f"{text} ({detail})" if detail else text, 501)
