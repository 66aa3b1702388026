# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What always holds, for every module, over random starting states.

1. Check mode makes no write call. 2. Its changes are the run's changes, and these are the writes in the call log.
3. The second run changes nothing. 4. From any drifted state one run converges.

Beside these: every call is among the permissions that the resource types declare.
"""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    all_resource_types,
    resource_type,
)
from tests.emulator.client import Emulator
from tests.support.cases import Case, all_cases
from tests.support.log import planned_writes, writes
from tests.support.run import converge

STATES = 25
"""Starting states per case."""

MOST_DRIFTS = 3


CONNECTION_OPERATIONS = {"sts:GetCallerIdentity", "sts:AssumeRole", "ec2:DescribeRegions"}


def declared_operations(types: t.Iterable[str]) -> set[str]:
    """The operations that resource types say they use."""
    permissions = [resource_type(name).permissions for name in types]
    return {operation for purposes in permissions for operations in purposes.values() for operation in operations}


def assert_converges(emulator: Emulator, case: Case, arguments: dict[str, t.Any]) -> dict[str, t.Any]:
    """Plan, run and run again from whatever state there is; the run's result."""
    module = case.module
    emulator.clear_calls()
    plan = converge(emulator, module, arguments, check_mode=True, credentials_of=case.account_id)
    assert not plan.get("failed"), plan["msg"]
    assert not emulator.writes(), "check mode writes"

    result = converge(emulator, module, arguments, credentials_of=case.account_id)
    assert not result.get("failed"), result["msg"]
    assert plan["changes"] == result["changes"], "check mode plans something else than a run does"
    assert planned_writes(result["changes"]) == writes(emulator), "a run's changes are not what it wrote"
    assert result["changed"] == bool(emulator.writes())
    used = {f"{call.service}:{call.operation}" for call in emulator.calls()}
    assert used <= declared_operations(case.types) | CONNECTION_OPERATIONS, "calls that permissions do not declare"

    emulator.clear_calls()
    again = converge(emulator, module, arguments, credentials_of=case.account_id)
    assert not again.get("failed"), again["msg"]
    assert again["changes"] == [] and not again["changed"], "the second run changes something"
    assert not emulator.writes(), "the second run writes"
    return result


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_always_true(case: Case, emulator: Emulator, no_aws_environment: None) -> None:
    @settings(
        max_examples=STATES,
        deadline=None,
        derandomize=True,
        database=None,
        # a failing state is told as it was found: making it smaller takes minutes
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    @given(
        before=st.none() | case.arguments,
        wanted=case.arguments,
        drifts=st.lists(st.sampled_from(case.drifts), max_size=MOST_DRIFTS) if case.drifts else st.just([]),
    )
    def from_any_state(before: dict[str, t.Any] | None, wanted: dict[str, t.Any], drifts: list[t.Any]) -> None:
        emulator.reset()
        case.prepare(emulator)
        if before is not None:
            started = converge(emulator, case.module, before, credentials_of=case.account_id)
            assert not started.get("failed"), started["msg"]
        for drift in drifts:
            drift(emulator)
        assert_converges(emulator, case, wanted)
        assert not emulator.lacking(), emulator.lacking()

    from_any_state()


@pytest.mark.parametrize(
    ("case", "drift"),
    [(case, drift) for case in all_cases() for drift in case.drifts],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_every_drift_is_put_right(
    case: Case, drift: t.Callable[[Emulator], None], emulator: Emulator, no_aws_environment: None
) -> None:
    """Each drift by itself, from the state with everything in it."""
    case.prepare(emulator)
    started = converge(emulator, case.module, case.typical, credentials_of=case.account_id)
    assert not started.get("failed"), started["msg"]
    emulator.clear_calls()
    drift(emulator)
    assert emulator.writes(), f"{drift.__name__} does nothing to the typical state"
    result = assert_converges(emulator, case, case.typical)
    assert result["changed"] != drift.__name__.startswith("foreign")


def test_every_resource_type_is_covered() -> None:
    covered = {name for case in all_cases() for name in case.types}
    assert covered == {kind.type for kind in all_resource_types()}
