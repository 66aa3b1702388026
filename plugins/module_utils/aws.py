# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions, clients and calls: everything between this collection and botocore.

Building a boto3 session costs about 60 ms, a client from a shared session about 4 ms. So there is one session per
module call, and its service models come from one loader per process, which an action plugin fills before it forks.
"""

from __future__ import annotations

import collections.abc as c
import concurrent.futures
import contextlib
import dataclasses
import functools
import threading
import typing as t

try:
    import botocore.config
    import botocore.exceptions
    import botocore.loaders
    import botocore.session
    import jmespath
except ImportError:  # AnsibleAWSModule reports the missing library
    pass

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import (
    BaselineError,
    OperationError,
    OptionError,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

MAX_ATTEMPTS = 12
MAX_WORKERS = 32
MAX_CONNECTIONS = 32
WARM_DATA = ("service-2", "endpoint-rule-set-1", "paginators-1")

Result = t.TypeVar("Result")
Item = t.TypeVar("Item")


@functools.cache
def shared_loader() -> botocore.loaders.Loader:
    """The loader of service models that all sessions of this process share."""
    return botocore.session.Session().get_component("data_loader")


def warm(services: c.Iterable[str]) -> None:
    """Read the models of I(services) now, so that processes forked from this one need not. Opens no connection."""
    loader = shared_loader()
    for name in ("endpoints", "partitions", "sdk-default-configuration", "_retry"):
        loader.load_data(name)
    for service in {*services, "sts", "ec2"}:
        for kind in WARM_DATA:
            loader.load_service_model(service, kind)


def in_parallel(function: c.Callable[[Item], Result], items: c.Iterable[Item]) -> list[Result]:
    """C([function(item) for item in items]), side by side. The first exception is raised after all have ended."""
    items = list(items)
    if len(items) < 2:
        return [function(item) for item in items]
    with concurrent.futures.ThreadPoolExecutor(min(len(items), MAX_WORKERS)) as pool:
        return list(pool.map(function, items))


class Client:
    """One AWS service in one account and region. Failures are raised as OperationError."""

    def __init__(self, client: t.Any, service: str, scope: Scope) -> None:
        self.scope = scope
        self.service = service
        self._client = client
        self._methods = {operation: method for method, operation in client.meta.method_to_api_mapping.items()}
        self._lock = threading.Lock()
        self._asked: dict[str, tuple[threading.Lock, list[list[t.Any]]]] = {}

    def knows(self, operation: str) -> bool:
        """Whether the installed SDK has an operation, which it may be too old for."""
        return operation in self._methods

    def call(self, operation: str, **parameters: t.Any) -> dict[str, t.Any]:
        """Make one call. operation: the API's name, such as C(PutMetricFilter)."""
        with self._named_failure(operation):
            return getattr(self._client, self._methods[operation])(**parameters)

    def optional(self, operation: str, absent: c.Container[str], **parameters: t.Any) -> dict[str, t.Any] | None:
        """Make one call; None when AWS answers with one of the error codes in I(absent)."""
        try:
            return self.call(operation, **parameters)
        except OperationError as error:
            if error.code in absent:
                return None
            raise

    def pages(
        self, operation: str, items: str, absent: c.Container[str] = frozenset(), **parameters: t.Any
    ) -> list[t.Any]:
        """All pages of a listing. items: the response's member that is a list (JMESPath).

        Empty when AWS answers with one of the error codes in I(absent).
        """
        method = self._methods[operation]
        if not self._client.can_paginate(method):
            return extract(items, self.optional(operation, absent, **parameters) or {}) or []
        try:
            with self._named_failure(operation):
                pages = self._client.get_paginator(method).paginate(**parameters)
                return [item for page in pages for item in extract(items, page) or []]
        except OperationError as error:
            if error.code in absent:
                return []
            raise

    def pages_once(self, operation: str, items: str, **parameters: t.Any) -> list[t.Any]:
        """As C(pages), but AWS is asked only once: resource types that read side by side share the answer.

        A client lives for one module call, so what is read this way must be read before anything is written. Callers
        must not change the list or what is in it. A failure is not kept.
        """
        question = repr((operation, items, sorted(parameters.items())))
        with self._lock:
            lock, answers = self._asked.setdefault(question, (threading.Lock(), []))
        with lock:
            if not answers:
                answers.append(self.pages(operation, items, **parameters))
        return answers[0]

    @contextlib.contextmanager
    def _named_failure(self, operation: str) -> c.Iterator[None]:
        try:
            yield
        except botocore.exceptions.ClientError as error:
            details = error.response.get("Error", {})
            code, message = details.get("Code", "Unknown"), details.get("Message") or str(error)
            raise self.failure(operation, code, message) from error
        except botocore.exceptions.BotoCoreError as error:
            raise self.failure(operation, type(error).__name__, str(error)) from error

    def failure(self, operation: str, code: str, message: str) -> OperationError:
        """What to raise when AWS did not do an operation of this service here."""
        return OperationError(self.scope.account_id, self.scope.region, f"{self.service}:{operation}", code, message)


class Connection:
    """An identity at AWS, and clients for every service and region with it.

    connection_info: region, endpoint URL and boto parameters as amazon.aws's C(get_aws_connection_info) returns them.
    assume_role: parameters of C(sts:AssumeRole), or None to stay who we are.
    account_id: the account that the identity must belong to, or None to accept any. While AWS is being asked for whom
    the credentials are, reading may begin: call C(verify) before anything is written or told.
    """

    def __init__(
        self,
        connection_info: tuple[str, str | None, dict[str, t.Any]],
        assume_role: dict[str, str] | None = None,
        account_id: str | None = None,
    ) -> None:
        region, self._endpoint_url, parameters = connection_info
        self._certificates = parameters.get("verify")
        self._config = botocore.config.Config(
            # "adaptive" slows down to a call in two seconds when others use up the account's rate
            retries={"mode": "standard", "total_max_attempts": MAX_ATTEMPTS},
            user_agent_extra="secops.aws_baseline",
            max_pool_connections=MAX_CONNECTIONS,
        )
        if parameters.get("aws_config"):
            self._config = self._config.merge(parameters["aws_config"])
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Client] = {}
        self._session = self._new_session(
            parameters.get("profile_name"),
            parameters.get("aws_access_key_id"),
            parameters.get("aws_secret_access_key"),
            parameters.get("aws_session_token"),
        )
        self.home = Scope(account_id or "unknown", region, *partition_of(region))
        self._expected = account_id
        self._identity: c.Callable[[], str]
        if assume_role:
            identity = self._assume(assume_role)
            self._identity = lambda: identity
        else:
            asking = concurrent.futures.ThreadPoolExecutor(1)
            self._identity = asking.submit(self._ask_identity).result
            asking.shutdown(wait=False)
        if not account_id or assume_role:
            self.verify()
            self.home = dataclasses.replace(self.home, account_id=self.identity.split(":")[4])
            self._clients.clear()

    @property
    def identity(self) -> str:
        """ARN of who we are."""
        return self._identity()

    def verify(self) -> None:
        """Make sure that the credentials belong to the expected account. Raises BaselineError."""
        actual = self.identity.split(":")[4]
        if self._expected and actual != self._expected:
            raise BaselineError(
                f"The credentials belong to account {actual} ({self.identity}), but account_id says {self._expected}. "
                "Nothing was changed."
            )

    def client(self, service: str, region: str) -> Client:
        """The client of a service in a region; made on first use, safe to ask for from many threads."""
        with self._lock:
            key = (service, region)
            if key not in self._clients:
                client = self._session.create_client(
                    service,
                    region_name=region,
                    endpoint_url=self._endpoint_url,
                    config=self._config,
                    verify=self._certificates,
                )
                self._clients[key] = Client(client, service, self.scope(region))
            return self._clients[key]

    def scope(self, region: str) -> Scope:
        """The account in another of its regions."""
        return dataclasses.replace(self.home, region=region)

    @functools.cached_property
    def enabled_regions(self) -> list[str]:
        """Region codes that are enabled for the account, sorted (C(ec2:DescribeRegions))."""
        answer = self.client("ec2", self.home.region).call("DescribeRegions", AllRegions=False)
        return sorted(region["RegionName"] for region in answer["Regions"])

    def _assume(self, parameters: dict[str, str]) -> str:
        answer = self.client("sts", self.home.region).call("AssumeRole", **parameters)
        keys = answer["Credentials"]
        self._session = self._new_session(None, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
        self._clients.clear()
        return answer["AssumedRoleUser"]["Arn"]

    def _ask_identity(self) -> str:
        return self.client("sts", self.home.region).call("GetCallerIdentity")["Arn"]

    @staticmethod
    def _new_session(
        profile: str | None, access_key: str | None, secret_key: str | None, token: str | None
    ) -> botocore.session.Session:
        session = botocore.session.Session(profile=profile)
        session.register_component("data_loader", shared_loader())
        # regions that have to be opted in refuse the tokens of the global endpoint, which older SDKs take
        session.set_config_variable("sts_regional_endpoints", "regional")
        if access_key:
            session.set_credentials(access_key, secret_key, token)
        return session


@functools.cache
def known_regions(partition: str | None = None) -> tuple[str, ...]:
    """Region codes that botocore knows, of one partition or of all."""
    data = shared_loader().load_data("partitions")["partitions"]
    return tuple(
        sorted(
            region
            for entry in data
            if partition in (None, entry["id"])
            for region in entry["regions"]
            if not region.endswith("-global")
        )
    )


def partition_of(region: str) -> tuple[str, str]:
    """The partition of a region code and its DNS suffix. Raises OptionError for a region that does not exist."""
    for entry in shared_loader().load_data("partitions")["partitions"]:
        if region in entry["regions"]:
            return entry["id"], entry["outputs"]["dnsSuffix"]
    raise OptionError("region", region, f"one of {', '.join(known_regions())}")


def extract(path: str, response: dict[str, t.Any]) -> t.Any:
    """The part of a response that a JMESPath names."""
    return jmespath.search(path, response)
