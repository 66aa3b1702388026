# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped catalogue's patterns."""

from __future__ import annotations

import pytest

from tests.support.catalogue import shipped_patterns


@pytest.fixture(scope="session")
def shipped() -> dict[str, str]:
    return shipped_patterns()
