# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module gives to have the always-true properties tested over many starting states."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import importlib
import pkgutil
import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.integration import cases
from tests.support.accounts import ACCOUNT_ID as ACCOUNT_ID
from tests.support.accounts import HOME_REGION as HOME_REGION


@dataclasses.dataclass(frozen=True)
class Case:
    """One module, the option values to try, and what may happen to its resources behind its back.

    module: its short name. arguments: a strategy of its options, without those of the connection; several drawn values
    should be about the same resources, so that one is a drifted state of the other. typical: options with everything in
    them. types: CloudFormation types covered. prepare: makes what must be there before. drifts: each does one thing by
    hand that a person might do in the console (delete, edit, disable, stop) and that a run with I(typical) puts right;
    it does nothing when its resource is not there. A drift whose name starts with C(foreign) adds what is not ours and
    must stay. account_id: the account that the module works on, with credentials of its own. Cases that need an
    organization all make the same one (C(tests.support.organization)) and work on one of its accounts.
    """

    module: str
    arguments: st.SearchStrategy[dict[str, t.Any]]
    typical: dict[str, t.Any]
    types: frozenset[str]
    drifts: tuple[c.Callable[[Emulator], None], ...] = ()
    prepare: c.Callable[[Emulator], None] = lambda emulator: None
    account_id: str = ACCOUNT_ID

    def __str__(self) -> str:
        return self.module


def all_cases() -> list[Case]:
    """The cases of all modules."""
    modules = (f"{cases.__name__}.{info.name}" for info in pkgutil.iter_modules(cases.__path__))
    return [case for name in modules for case in importlib.import_module(name).CASES]
