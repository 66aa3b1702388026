# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a module's C(converge) works with, and the way from there to a result, in a module process or in process."""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.botocore import get_aws_connection_info, get_aws_region
from ansible_collections.amazon.aws.plugins.module_utils.modules import AnsibleAWSModule

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import (
    Connection,
    known_regions,
    partition_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.diff import ansible_diff
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError, OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import ACCOUNT_ID, role_to_assume
from ansible_collections.secops.aws_baseline.plugins.module_utils.reconcile import Outcome, Purge, Wait, reconcile
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired

ACCOUNT_OPTIONS: dict[str, t.Any] = {
    "account_id": {"type": "str"},
    "assume_role_arn": {"type": "str"},
    "assume_role_external_id": {"type": "str"},
    "assume_role_session_name": {"type": "str"},
    "validate_only": {"type": "bool", "default": False},
}
"""Options of every module, documented in the fragment C(account)."""

WAIT_OPTIONS: dict[str, t.Any] = {
    "wait": {"type": "bool", "default": True},
    "wait_timeout": {"type": "int", "default": 1800},
}
"""Options of modules whose service goes on working after it has answered, documented in the fragment C(wait)."""

REGIONS_OPTIONS: dict[str, t.Any] = {
    "regions": {"type": "list", "elements": "str"},
    "exclude_regions": {"type": "list", "elements": "str", "default": []},
}
"""Options of modules that work in many regions, documented in the fragment C(regions)."""


class Module(t.Protocol):
    """What C(converge) needs of a module: AnsibleAWSModule has it, and so has its stand-in in process."""

    params: dict[str, t.Any]
    check_mode: bool
    _diff: bool

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn: ...


def silent(message: str) -> None:
    """Progress of a module process, which cannot show anything before it ends."""


class OptionsAccepted(Exception):
    """All options are valid, and with C(validate_only) that is all there is to do."""


@dataclasses.dataclass
class Context:
    """The options of one call, and the account that they lead to."""

    module: Module
    _connection: Connection | None = None
    warnings: list[str] = dataclasses.field(default_factory=list)
    """What the user should know although it is no failure; part of every result."""

    @property
    def params(self) -> dict[str, t.Any]:
        """The module's options, validated."""
        return self.module.params

    @property
    def connection(self) -> Connection:
        """The account; the first use makes the first AWS call. All options must have been checked before.

        Raises OptionsAccepted instead when the options are to be validated only.
        """
        if self._connection is None:
            self._check_account_options()
            if self.params["validate_only"]:
                raise OptionsAccepted
            info = get_aws_connection_info(self.module)
            self._connection = Connection(info, role_to_assume(self.params), self.params["account_id"])
        return self._connection

    @property
    def home_region(self) -> str:
        """The account's home region. Makes no AWS call. Raises OptionError."""
        self._check_account_options()
        return str(get_aws_region(self.module))

    def regions(self) -> list[str]:
        """The regions to work in: I(regions), or all that the account has enabled, less I(exclude_regions)."""
        self._check_region_options()
        wanted, excluded = self.params["regions"], set(self.params["exclude_regions"])
        enabled = self.connection.enabled_regions
        self.connection.verify()
        disabled = sorted(set(wanted or ()) - set(enabled))
        if disabled:
            raise OptionError("regions", disabled, f"regions enabled for the account: {', '.join(enabled)}")
        return [region for region in enabled if region not in excluded and (not wanted or region in wanted)]

    def reconcile(self, desired: c.Iterable[Desired], purges: c.Iterable[Purge] = ()) -> Outcome:
        """Bring the account to the desired state, or in check mode only plan it. Waits as C(WAIT_OPTIONS) say."""
        wait = None
        if self.params.get("wait"):
            wait = Wait(self.params["wait_timeout"], getattr(self.module, "tell", silent))
        return reconcile(self.connection, desired, purges, self.module.check_mode, wait)

    def result(self, outcome: Outcome, **returned: t.Any) -> dict[str, t.Any]:
        """A module's result. Failed when there were errors; what was done all the same is in C(changes)."""
        result: dict[str, t.Any] = {
            "changed": bool(outcome.changes),
            "account_id": self.connection.home.account_id,
            "changes": outcome.changes,
            "errors": outcome.errors,
            **returned,
        }
        if self.module._diff:
            result["diff"] = [ansible_diff(change) for change in outcome.changes]
        if outcome.errors:
            messages = [error["message"] for error in outcome.errors]
            result.update(failed=True, msg="\n".join(dict.fromkeys(messages)))
        return result

    def _check_account_options(self) -> None:
        account_id = self.params["account_id"]
        if account_id and not ACCOUNT_ID.fullmatch(account_id):
            raise OptionError("account_id", account_id, "12 digits, quoted in YAML")
        role_to_assume(self.params)
        region = get_aws_region(self.module)
        if not region:
            raise OptionError("region", region, "the region code of the account's home region, such as eu-central-1")
        partition_of(region)

    def _check_region_options(self) -> None:
        for option in ("regions", "exclude_regions"):
            unknown = sorted(set(self.params[option] or ()) - set(known_regions()))
            if unknown:
                raise OptionError(option, unknown, f"region codes: {', '.join(known_regions())}")


Converge = c.Callable[[Context], dict[str, t.Any]]


def converged(converge: Converge, module: Module) -> dict[str, t.Any]:
    """Run I(converge); a failure becomes a result with C(failed) and C(msg)."""
    context = Context(module)
    try:
        result = converge(context)
    except OptionsAccepted:
        result = {"changed": False}
    except BaselineError as error:
        result = {"failed": True, "changed": False, "msg": str(error)}
    if context.warnings:
        result["warnings"] = context.warnings
    return result


def run_module(converge: Converge, argument_spec: dict[str, t.Any], **conditions: t.Any) -> None:
    """C(main) of every module. conditions: C(required_if) and the like."""
    module = AnsibleAWSModule(argument_spec=argument_spec, supports_check_mode=True, **conditions)
    result = converged(converge, module)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
