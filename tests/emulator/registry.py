# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the emulator adds to moto, by service: state, whole operations, checks before moto and work after it.

A service file creates one `Service` and registers functions on it:

    service = Service("guardduty", state=Detectors)

    @service.operation("CreateDetector")          # served here, moto never sees it
    def create_detector(params, scope, state): return {...}

    @service.check("CreateBucket")                # refuses (raises AwsError), then moto serves it
    @service.after("CreateBucket")                # runs when moto has answered without an error

`params` are the request's parameters under their API names, `state` the service's state of this account and region.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from moto.backends import get_backend
from moto.moto_api._internal import mock_random
from moto.utilities.utils import get_partition

from .errors import AwsError

Handler = Callable[[dict[str, Any], "Scope", Any], Any]

#: Services without regions: one state per account and partition, signed for the partition's first region.
GLOBAL_SERVICES = frozenset({"iam", "organizations", "s3", "budgets", "ce", "account"})

SERVICES: dict[str, Service] = {}

_partition = functools.cache(get_partition)


@dataclass(frozen=True)
class Scope:
    """Who calls, and where: account id (12 digits), region name, ARN of the calling principal.

    opted_in_regions are those the settings opt into, endpoint is the emulator's address as the caller sees it.
    """

    account: str
    region: str
    principal: str = ""
    opted_in_regions: tuple[str, ...] = ()
    endpoint: str = ""

    @property
    def partition(self) -> str:
        return _partition(self.region)

    def arn(self, service: str, resource: str, *, region: str | None = None, account: str | None = None) -> str:
        where = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{where}:{self.account if account is None else account}:{resource}"

    def at(self, *, account: str | None = None, region: str | None = None) -> Scope:
        return replace(self, account=account or self.account, region=region or self.region)

    def moto(self, service: str) -> Any:
        """moto's backend of a service for this account and region."""
        of_account = get_backend(service)[self.account]  # type: ignore[call-overload]
        return of_account[self.partition if service in GLOBAL_SERVICES else self.region]


class Service:
    """Handlers and state the emulator holds for one service (named as its botocore client)."""

    def __init__(self, name: str, state: Callable[[], Any] = dict, *, whole: bool = False) -> None:
        """whole: everything of this service is served here, so moto (which has other state) is never asked."""
        self.name = name
        self.whole = whole
        self.operations: dict[str, Handler] = {}
        self.checks: dict[str, list[Handler]] = {}
        self.afters: dict[str, list[Handler]] = {}
        self._new_state = state
        self._states: dict[tuple[str, str], Any] = {}
        SERVICES[name] = self

    def operation(self, *names: str) -> Callable[[Handler], Handler]:
        return functools.partial(self._serve, names)

    def check(self, *names: str) -> Callable[[Handler], Handler]:
        return functools.partial(self._append, self.checks, names)

    def after(self, *names: str) -> Callable[[Handler], Handler]:
        return functools.partial(self._append, self.afters, names)

    def _serve(self, names: tuple[str, ...], handler: Handler) -> Handler:
        for name in names:
            if name in self.operations:
                raise ValueError(f"{self.name}:{name} has two handlers")
            self.operations[name] = handler
        return handler

    @staticmethod
    def _append(hooks: dict[str, list[Handler]], names: tuple[str, ...], handler: Handler) -> Handler:
        for name in names:
            hooks.setdefault(name, []).append(handler)
        return handler

    def state(self, scope: Scope) -> Any:
        """The service's state in the scope's account and region, created when first asked for."""
        key = (scope.account, scope.partition if self.name in GLOBAL_SERVICES else scope.region)
        if key not in self._states:
            self._states[key] = self._new_state()
        return self._states[key]

    def states(self) -> dict[tuple[str, str], Any]:
        """Every state that exists, by account and region."""
        return self._states

    def reset(self) -> None:
        self._states.clear()


def page(
    items: list[Any], params: dict[str, Any], *, token: str, error: str, default: int, limit: str | None = None
) -> tuple[list[Any], str | None]:
    """One page of items and the token of the next one.

    token and limit name the parameters that carry them; tokens are positions, an unreadable one raises error (a code).
    """
    start = params.get(token)
    try:
        position = int(start) if start else 0
    except ValueError:
        raise AwsError(error, "The specified token is not valid.") from None
    size = int((limit and params.get(limit)) or default)
    following = position + size
    return items[position:following], str(following) if following < len(items) else None


def random_hex(length: int) -> str:
    """Random hexadecimal digits out of moto's generator, so that seeded runs repeat."""
    return "".join(mock_random.choice("0123456789abcdef") for _ in range(length))
