# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Importing this makes the checkout importable as ansible_collections.secops.aws_baseline, wherever it lies.

It is found by the link below collections/. ansible_collections is a namespace package, so that amazon.aws still comes
from the `ansible` package beside it. pytest needs no such import: pyproject.toml sets its pythonpath.
"""

from __future__ import annotations

import sys
from pathlib import Path

COLLECTIONS = str(Path(__file__).resolve().parents[2] / "collections")

if COLLECTIONS not in sys.path:
    sys.path.insert(0, COLLECTIONS)
