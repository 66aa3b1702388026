# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Desired x actual -> plan -> apply, for all regions at once.

The only place that knows check mode, order, waits and errors. A plan consists of the very API calls that apply makes,
so that check mode cannot say anything else than what a run does.
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import time
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Connection, extract, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError, OperationError
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    Purge,
    Ref,
    ResourceType,
    Settling,
    resource_type,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Verbatim

CONFLICTS = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "OperationAborted",
        "OperationAbortedException",
    }
)
"""What AWS answers, in any service, when somebody else is writing the same resource."""
REFUSED = "NotProcessed"
"""Code of the error when AWS answers with success and says in the answer that it did not do it."""
PROPAGATION_SECONDS = 90.0
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 8.0
PROGRESS_SECONDS = 60.0
"""How often what is being waited for is told again, although nothing is new."""

# (region, type, key)
Address = tuple[str, str, str]


@dataclasses.dataclass(frozen=True)
class Change:
    """One resource that is not as declared, and the calls that put it right."""

    action: str
    address: Address
    before: Fields | None
    after: Fields | None
    calls: tuple[Call, ...]
    requires: tuple[tuple[str, str], ...] = ()

    @property
    def type(self) -> ResourceType:
        return resource_type(self.address[1])

    def service_of(self, call: Call) -> str:
        return call.service or self.type.service

    def describe(self, account_id: str, calls: c.Sequence[Call]) -> dict[str, t.Any]:
        """The change as a result's C(changes) shows it. calls: those that are, or were, made."""
        region, type_name, key = self.address
        return {
            "action": self.action,
            "type": type_name,
            "key": key,
            "account_id": account_id,
            "region": shown_region(type_name, region),
            "before": plain(self.before),
            "after": plain(self.after),
            "operations": [f"{self.service_of(call)}:{call.operation}" for call in calls],
        }


@dataclasses.dataclass(frozen=True)
class Wait:
    """How long to wait for AWS, which goes on working on some types after it has answered. tell: gets the progress."""

    seconds: float
    tell: c.Callable[[str], None] = lambda message: None


@dataclasses.dataclass
class Outcome:
    """What a reconciliation found and did. Items of changes and errors are plain dictionaries."""

    changes: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    errors: list[dict[str, t.Any]] = dataclasses.field(default_factory=list)
    observed: dict[Address, Observed] = dataclasses.field(default_factory=dict)
    """Everything as it was before."""
    attributes: dict[Address, Fields] = dataclasses.field(default_factory=dict)
    """What AWS chose, as it is known in the end."""


def reconcile(
    connection: Connection,
    desired: c.Iterable[Desired],
    purges: c.Iterable[Purge] = (),
    check_mode: bool = False,
    wait: Wait | None = None,
) -> Outcome:
    """Bring an account to the desired state; with check_mode, only say what that would do.

    wait: whether, after the last write, to wait until AWS has done what was written.
    """
    return _Reconciliation(connection, desired, purges, check_mode).run(wait)


class _Reconciliation:
    def __init__(
        self, connection: Connection, desired: c.Iterable[Desired], purges: c.Iterable[Purge], check_mode: bool
    ) -> None:
        self.connection = connection
        self.home = connection.home.region
        self.wanted: dict[Address, Desired] = {}
        for item in desired:
            region = self._region(item.type, item.region)
            substitute = connection.scope(region).substitute
            key = substitute(item.key)
            fields = {name: substitute(value) for name, value in item.fields.items() if value is not None}
            # a list that is a set has one spelling, or plans would differ without a difference
            fields |= {name: sorted(fields[name], key=repr) for name in resource_type(item.type).sets & fields.keys()}
            requires = tuple((name, substitute(needed)) for name, needed in item.requires)
            address = (region, item.type, key)
            if address in self.wanted:
                raise BaselineError(f"{item.type} {key} is declared twice in {region}.")
            self.wanted[address] = dataclasses.replace(item, key=key, fields=fields, region=region, requires=requires)
        self.prefixes: dict[tuple[str, str], list[str]] = {}
        for purge in purges:
            region = self._region(purge.type, purge.region)
            prefix = connection.scope(region).substitute(purge.prefix)
            self.prefixes.setdefault((region, purge.type), []).append(prefix)
        self.outcome = Outcome()
        self.unreadable: set[tuple[str, str]] = set()
        self.attributes = self.outcome.attributes
        # what another account makes earlier in the same run was perhaps written a moment ago
        self.written_types = {item.type for item in self.wanted.values() if item.state == "expected"}
        self.failed: set[Address] = set()
        self.check_mode = check_mode

    def run(self, wait: Wait | None) -> Outcome:
        self._read()
        self.connection.verify()
        changes = self._plan()
        if self.check_mode:
            self.outcome.changes = [self._describe(change, change.calls) for change in changes]
        else:
            self._apply(changes)
            if wait:
                self._settle(changes, wait)
        self.outcome.errors.sort(key=lambda error: (error["region"], error["type"], error.get("key", "")))
        return self.outcome

    # read

    def _read(self) -> None:
        places = {(region, name): {} for region, name in self.prefixes}
        for (region, name, key), item in self.wanted.items():
            places.setdefault((region, name), {})[key] = item.fields
        for place, found in zip(places, in_parallel(self._read_place, places.items()), strict=True):
            if isinstance(found, OperationError):
                self.unreadable.add(place)
                self._record(found, place[1], None)
                continue
            for key, observed in found.items():
                self.outcome.observed[(*place, key)] = observed
                self.attributes[(*place, key)] = observed.attributes

    def _read_place(self, place: tuple[tuple[str, str], dict[str, Fields]]) -> dict[str, Observed] | OperationError:
        (region, name), wanted = place
        kind = resource_type(name)
        try:
            return kind.read(
                self.connection.client(kind.service, region), wanted, self.prefixes.get((region, name), ())
            )
        except OperationError as error:
            return error

    # plan

    def _plan(self) -> list[Change]:
        changes, deletions = [], []
        for address in sorted(self.wanted, key=lambda address: rank(address[1])):
            if address[:2] in self.unreadable:
                self.failed.add(address)
                continue
            change = self._compare(address, self.wanted[address])
            if change and not self._is_foreign(address):
                (deletions if change.action == "delete" else changes).append(change)
        for (region, name), prefixes in self.prefixes.items():
            for address in sorted(self.outcome.observed):
                owned = address[:2] == (region, name) and address[2].startswith(tuple(prefixes))
                if owned and address not in self.wanted and not self.outcome.observed[address].managed_by:
                    deletions.append(self._deletion(address))
        deletions.sort(key=lambda change: -rank(change.address[1]))
        return changes + deletions

    def _compare(self, address: Address, item: Desired) -> Change | None:
        kind, scope = resource_type(item.type), self.connection.scope(address[0])
        before = self.outcome.observed.get(address)
        if item.state == "absent":
            return self._deletion(address) if before else None
        requires = (*item.requires, *((ref.type, ref.key) for ref in references(item.fields)))
        if self._blocked(address, requires):
            return None
        fields = {name: self._resolve(value, address[0]) for name, value in item.fields.items()}
        if item.state in ("existing", "expected"):
            self._verify(address, kind, before, fields, item.state == "expected" and self.check_mode)
            return None
        if before is None:
            self.attributes.setdefault(address, kind.attributes(item.key, scope))
            calls = kind.create(item.key, fields, scope)
            return Change("create", address, None, fields, tuple(calls), requires)
        changed = {name for name, value in fields.items() if not kind.same(name, before.fields.get(name), value)}
        if not changed:
            return None
        calls = kind.update(item.key, before, {**before.fields, **fields}, changed, scope)
        return Change(
            "update",
            address,
            {name: before.fields.get(name) for name in sorted(changed)},
            {name: fields[name] for name in sorted(changed)},
            tuple(calls),
            requires,
        )

    def _verify(
        self, address: Address, kind: ResourceType, before: Observed | None, fields: Fields, may_be_absent: bool
    ) -> None:
        if before is None:
            if may_be_absent:
                return
            message = "must exist, but does not."
        else:
            wrong = [name for name, value in fields.items() if not kind.same(name, before.fields.get(name), value)]
            if not wrong:
                return
            message = "; ".join(f"{name} is {before.fields.get(name)!r}, must be {fields[name]!r}" for name in wrong)
        self.failed.add(address)
        self._error(address, "NotAsRequired", f"{address[1]} {address[2]}: {message}")

    def _deletion(self, address: Address) -> Change:
        before = self.outcome.observed[address]
        calls = resource_type(address[1]).delete(address[2], before, self.connection.scope(address[0]))
        return Change("delete", address, before.fields, None, tuple(calls))

    def _is_foreign(self, address: Address) -> bool:
        """Whether a resource that is to change belongs to an AWS service. If so, that is recorded."""
        before = self.outcome.observed.get(address)
        if before is None or not before.managed_by:
            return False
        self.failed.add(address)
        message = f"{address[1]} {address[2]}: {before.managed_by} manages it for itself. Choose another name."
        self._error(address, "ManagedByService", message)
        return True

    def _resolve(self, value: t.Any, region: str) -> t.Any:
        """Replace each Ref whose value is known by that value."""
        if isinstance(value, Ref):
            place = self._region(value.type, value.region or region)
            return self.attributes.get((place, value.type, value.key), {}).get(value.attribute, value)
        if isinstance(value, dict):
            return {key: self._resolve(item, region) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._resolve(item, region) for item in value]
        return value

    # apply

    def _apply(self, changes: list[Change]) -> None:
        """Stage by stage; within a stage, regions and types side by side and one type's resources in turn."""
        done: dict[int, list[Call]] = {}
        stages: dict[tuple[bool, int], dict[tuple[str, str], list[int]]] = {}
        for index, change in enumerate(changes):
            deletes = change.action == "delete"
            order = rank(change.address[1])
            stage = stages.setdefault((deletes, -order if deletes else order), {})
            stage.setdefault(change.address[:2], []).append(index)

        def work(indexes: list[int]) -> None:
            for index in indexes:
                done[index] = self._make(changes[index])

        for _order, stage in sorted(stages.items()):
            in_parallel(work, stage.values())
            self.written_types.update(changes[index].address[1] for part in stage.values() for index in part)
        self.outcome.changes = [self._describe(changes[index], done[index]) for index in sorted(done) if done[index]]

    def _make(self, change: Change) -> list[Call]:
        """Make a change's calls; returns those that succeeded."""
        made: list[Call] = []
        region, name, key = change.address
        if self._blocked(change.address, change.requires):
            return made
        try:
            for call in change.calls:
                parameters = self._resolve(call.parameters, region)
                if unknown := ", ".join(str(ref) for ref in references(parameters)):
                    self.failed.add(change.address)
                    self._error(
                        change.address, "PrerequisiteFailed", f"{name} {key}: {call.operation} needs {unknown}."
                    )
                    break
                if call.settled and made:
                    self._await_settled(change)
                response = self._send(change, call, parameters, bool(made))
                known = {attribute: extract(path, response) for attribute, path in call.returns.items()}
                self.attributes[change.address] = {**self.attributes.get(change.address, {}), **known}
                made.append(call)
        except OperationError as error:
            self.failed.add(change.address)
            self._record(error, name, key)
        return made

    def _send(self, change: Change, call: Call, parameters: Fields, is_continued: bool) -> dict[str, t.Any]:
        """Make a call, again and again while AWS is busy or has not seen what was written before.

        is_continued: whether it follows another call of the same change.
        """
        client = self.connection.client(change.service_of(call), change.address[0])
        retried = CONFLICTS | change.type.busy_errors
        just_created = is_continued and change.action == "create"
        if just_created or self.written_types.intersection(prerequisites(change.address[1])):
            retried |= change.type.propagation_errors
        deadline = time.monotonic() + PROPAGATION_SECONDS
        pause = FIRST_PAUSE_SECONDS
        while True:
            try:
                response = client.call(call.operation, **parameters)
                if reasons := call.refusals and extract(call.refusals, response):
                    raise client.failure(call.operation, REFUSED, "; ".join(reasons))
                return response
            except OperationError as error:
                if error.code not in retried or error.is_final or time.monotonic() + pause > deadline:
                    raise
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _await_settled(self, change: Change) -> None:
        """Wait, for a bounded time, until AWS has done what a change has written so far. Whether it did well, the end
        tells."""
        region, _name, key = change.address
        client = self.connection.client(change.type.service, region)
        deadline = time.monotonic() + PROPAGATION_SECONDS
        pause = FIRST_PAUSE_SECONDS
        while True:
            found = change.type.settling(client, [key]).get(key)
            if found is None or found.is_done or time.monotonic() + pause > deadline:
                return
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    # settle

    def _settle(self, changes: list[Change], wait: Wait) -> None:
        """Wait, side by side, until AWS has done what was written. Only reads."""
        places: dict[tuple[str, str], list[str]] = {}
        for change in changes:
            if change.type.settles and change.address not in self.failed:
                places.setdefault(change.address[:2], []).append(change.address[2])
        deadline = time.monotonic() + wait.seconds
        in_parallel(lambda place: self._settle_place(*place, deadline, wait.tell), places.items())

    def _settle_place(
        self, place: tuple[str, str], keys: list[str], deadline: float, tell: c.Callable[[str], None]
    ) -> None:
        (region, name), pending, pause = place, sorted(keys), FIRST_PAUSE_SECONDS
        kind = resource_type(name)
        client = self.connection.client(kind.service, region)
        told, told_at = "", 0.0
        while True:
            try:
                found = kind.settling(client, pending)
            except OperationError as error:
                self._record(error, name, None)
                return
            for key in sorted(found):
                if found[key].is_done:
                    self._record_failures((region, name, key), found.pop(key))
            pending = sorted(found)
            if not pending:
                return
            progress = "; ".join(f"{key} is {found[key].status}" for key in pending)
            if time.monotonic() + pause > deadline:
                for key in pending:
                    message = f"{name} {key}: waited long enough, is still {found[key].status}."
                    self._error((region, name, key), "NotSettled", message)
                return
            if progress != told or time.monotonic() - told_at >= PROGRESS_SECONDS:
                told, told_at = progress, time.monotonic()
                tell(f"{name} in {shown_region(name, region)}: {progress}")
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    def _record_failures(self, address: Address, settling: Settling) -> None:
        for failure in settling.failures:
            where = f"{settling.status} in account {failure.account_id}, region {address[0]}"
            message = f"{address[1]} {address[2]}: {where}: {failure.code}: {failure.message}"
            self._error(address, failure.code, message, failure.account_id)

    # helpers

    def _blocked(self, address: Address, requires: c.Iterable[tuple[str, str]]) -> bool:
        """Whether something failed that a resource needs, in its region or at home. If so, that is recorded."""
        failed = [
            f"{name} {key}"
            for name, key in dict.fromkeys(requires)
            if not self.failed.isdisjoint({(self._region(name, address[0]), name, key), (self.home, name, key)})
        ]
        if not failed:
            return False
        self.failed.add(address)
        message = f"{address[1]} {address[2]}: not attempted, because {', '.join(failed)} failed."
        self._error(address, "PrerequisiteFailed", message)
        return True

    def _region(self, type_name: str, region: str | None) -> str:
        return self.home if region is None or resource_type(type_name).is_global else region

    def _describe(self, change: Change, calls: c.Sequence[Call]) -> dict[str, t.Any]:
        return change.describe(self.connection.home.account_id, calls)

    def _record(self, error: OperationError, type_name: str, key: str | None) -> None:
        details = {
            "type": type_name,
            "key": key,
            "operation": error.operation,
            "permission": error.permission,
            "denied_by": error.denied_by,
        }
        self.outcome.errors.append(
            {
                "account_id": error.account_id,
                "region": shown_region(type_name, error.region),
                "code": error.code,
                "message": f"{type_name}{f' {key}' if key else ''}: {error}",
                **{name: value for name, value in details.items() if value},
            }
        )

    def _error(self, address: Address, code: str, message: str, account_id: str | None = None) -> None:
        region, type_name, key = address
        self.outcome.errors.append(
            {
                "account_id": account_id or self.connection.home.account_id,
                "region": shown_region(type_name, region),
                "code": code,
                "message": message,
                "type": type_name,
                "key": key,
            }
        )


def rank(type_name: str) -> int:
    """Position of a type in the order of writing: after all that its C(after) names."""
    return 1 + max((rank(name) for name in resource_type(type_name).after), default=-1)


def shown_region(type_name: str, region: str) -> str:
    """What results say of a resource's region: AWS calls it C(global) for what exists once per account."""
    return "global" if resource_type(type_name).is_global else region


def prerequisites(type_name: str) -> set[str]:
    """Types that a type comes after, directly or not."""
    direct = resource_type(type_name).after
    return {*direct, *(name for needed in direct for name in prerequisites(needed))}


def references(value: t.Any) -> c.Iterator[Ref]:
    """All Refs within a value."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from references(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from references(item)


def plain(value: t.Any) -> t.Any:
    """A value as JSON can carry it; a Ref becomes its description, and Verbatim text."""
    if isinstance(value, Ref):
        return str(value)
    if isinstance(value, Verbatim):
        return value.text
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    return value
