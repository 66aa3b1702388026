# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's options to declared fields, and checks that several modules make before the first AWS call."""

from __future__ import annotations

import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError

IDENTITY_OPTIONS = frozenset({"name", "state"})
"""Options that say which resource is meant, not how it should be."""


def fields_of(options: dict[str, t.Any], *leave_out: str) -> dict[str, t.Any]:
    """The declared fields among a resource's options: those with a value, but not I(leave_out) and its identity."""
    return {
        name: value
        for name, value in options.items()
        if value is not None and name not in IDENTITY_OPTIONS and name not in leave_out
    }


def check_purge(params: dict[str, t.Any]) -> None:
    """Refuse to purge without a prefix, which would delete what is not ours."""
    if params["purge"] and not params["purge_prefix"]:
        raise OptionError("purge_prefix", params["purge_prefix"], "a non-empty prefix of names, when purge is true")
