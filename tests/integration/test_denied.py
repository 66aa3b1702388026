# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Any one action that is denied, for every module: the rest is done, the error says what is missing, and once the
action is allowed a run converges from where the first one stopped."""

from __future__ import annotations

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils import reconcile
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import iam_action
from tests.emulator.client import Emulator
from tests.integration.test_properties import assert_converges
from tests.support.cases import Case, all_cases
from tests.support.run import converge


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_any_one_write_may_be_denied(
    case: Case, emulator: Emulator, no_aws_environment: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what cannot succeed here need not be waited for
    monkeypatch.setattr(reconcile, "PROPAGATION_SECONDS", 1.0)
    case.prepare(emulator)
    plan = converge(emulator, case.module, case.typical, check_mode=True, credentials_of=case.account_id)
    places = {(change["region"], operation) for change in plan["changes"] for operation in change["operations"]}
    for operation in sorted({operation for _region, operation in places}):
        region = max(region for region, name in places if name == operation)
        emulator.reset()
        case.prepare(emulator)
        denial = {"action": operation} | ({} if region == "global" else {"region": region})
        emulator.settings(denials=[denial])

        result = converge(emulator, case.module, case.typical, credentials_of=case.account_id)

        assert result["failed"], operation
        denied = [error for error in result["errors"] if error.get("operation") == operation]
        assert denied, result["msg"]
        for error in denied:
            assert (error["account_id"], error["region"]) == (case.account_id, region)
            assert error["permission"] == iam_action(operation)
            assert operation in error["message"] and case.account_id in error["message"]
        done = {change["region"] for change in result["changes"]}
        # a region where everything needs what was denied
        blocked = {error["region"] for error in result["errors"] if error["code"] == "PrerequisiteFailed"}
        others = {name for name, _operation in places} - {region}
        assert others <= done | blocked, f"{operation} denied in {region} stopped other regions"

        emulator.settings(denials=[])
        assert_converges(emulator, case, case.typical)


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_any_one_read_may_be_denied(case: Case, emulator: Emulator, no_aws_environment: None) -> None:
    case.prepare(emulator)
    emulator.clear_calls()
    converge(emulator, case.module, case.typical, check_mode=True, credentials_of=case.account_id)
    reads = {(f"{call.service}:{call.operation}", call.region) for call in emulator.calls()}
    for operation, region in sorted(reads):
        if operation.startswith(("sts:", "ec2:")):
            continue  # without these nothing can be done anywhere
        emulator.settings(denials=[{"action": operation, "region": region}])
        result = converge(emulator, case.module, case.typical, check_mode=True, credentials_of=case.account_id)
        emulator.settings(denials=[])
        assert result["failed"], operation
        denied = [error for error in result["errors"] if error.get("operation") == operation]
        assert denied, result["msg"]
        assert {error["permission"] for error in denied} == {iam_action(operation)}
