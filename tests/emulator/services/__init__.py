# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file per AWS service: missing operations, repaired behaviour and refusals. Importing a file registers it."""

from __future__ import annotations

import importlib
import pkgutil


def load_services() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
