# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens to one request: control API, or identify -> latency -> faults -> region and account -> guardrails ->
validation -> answer -> log.

An answer comes from a handler under `services/`, else from moto. What neither can serve is answered by one clear error
that no client retries, and remembered, so that the test that caused it fails.
"""

from __future__ import annotations

import io
import json
import threading
import time
import traceback
from pathlib import Path
from typing import Any

from moto.core.base_backend import BackendDict
from moto.core.exceptions import ServiceException
from moto.core.model_instances import reset_model_data
from moto.core.request import Request
from moto.moto_api._internal import mock_random
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.test import run_wsgi_app

from . import calls, clock, constraints, control, execution_roles, guardrails, identify, wire
from .errors import AwsError, LackingOperation
from .faults import Faults, Settings, unknown_credentials
from .registry import SERVICES, Scope
from .services import lambda_runtime, load_services, sts
from .wire import Response


class Application:
    """The emulator without its HTTP server; `handle` may be called from many threads."""

    def __init__(self, settings: Settings | None = None, call_log: Path | None = None) -> None:
        load_services()
        self.faults = Faults(settings or Settings())
        self.log = calls.CallLog(call_log)
        self.lacking: list[str] = []
        self._moto = DomainDispatcherApplication(create_backend_app)
        # One lock around every answer: a check and the change it guards belong together, and Python runs one at a time.
        self.lock = threading.RLock()
        lambda_runtime.answer = self.handle
        mock_random.seed(self.faults.settings.seed)

    def reset(self) -> None:
        """Forget all state, settings and calls; the next identifiers repeat those after any other reset."""
        with self.lock:
            _forget_moto_state()
            for service in SERVICES.values():
                service.reset()
            self.faults.reset()
            clock.reset()
            self.log.clear()
            self.lacking.clear()
            mock_random.seed(self.faults.settings.seed)

    def handle(self, environ: dict[str, Any], body: bytes) -> Response:
        path = environ["PATH_INFO"]
        if path.startswith(control.PREFIX):
            with self.lock:
                return control.answer(self, environ, body)
        environ["wsgi.input"] = io.BytesIO(body)
        request = Request(environ)
        identity = identify.identify(environ, body, request)
        if identity is None:
            return self._ask_moto(environ, body)
        started = time.perf_counter()
        account = sts.account_of(identity.access_key)
        principal = sts.principal_of(identity.access_key, account, identity.region)
        opted_in = tuple(self.faults.settings.opted_in_regions)
        scope = Scope(account, identity.region, principal, opted_in, f"http://{environ.get('HTTP_HOST', 'localhost')}")
        response, injected = self._answer(identity, scope, environ, request, body)
        error = wire.error_code(
            identity.service, self._protocol(identity, request), response, head=request.method == "HEAD"
        )
        self.log.add(
            calls.Call(
                identity.service, identity.operation, account, identity.region,
                calls.access(identity.service, identity.operation), response.status, error, injected,
                round((time.perf_counter() - started) * 1e3, 1), calls.now(),
            )
        )  # fmt: skip
        return response

    @staticmethod
    def _protocol(identity: identify.Identity, request: Request) -> str:
        return wire.protocol_of(identity.service, request.content_type) if identity.model is not None else "json"

    def _answer(
        self, identity: identify.Identity, scope: Scope, environ: dict[str, Any], request: Request, body: bytes
    ) -> tuple[Response, bool]:
        service, operation = identity.service, identity.operation
        if identity.model is None:
            self.lacking.append(f"{service}:{operation}")
            failure = LackingOperation(service, operation)
            return wire.json_response(
                {"__type": failure.code, "message": failure.message}, failure.status or 501
            ), False
        protocol = self._protocol(identity, request)
        head = request.method == "HEAD"
        if self.faults.settings.latency_ms:
            time.sleep(self.faults.settings.latency_ms / 1e3)
        fault = self.faults.for_call(service, operation, scope.account, scope.region, scope.principal)
        if fault is not None:
            return wire.error(service, protocol, fault, head=head), True
        try:
            if not self.faults.region_enabled(scope.region) or guardrails.is_closed(scope):
                raise unknown_credentials(service)
            with self.lock:
                return self._serve(identity, scope, environ, request, body, protocol), False
        except LackingOperation as failure:
            self.lacking.append(failure.message)
            return wire.error(service, protocol, failure, head=head), False
        except AwsError as failure:
            return wire.error(service, protocol, failure, head=head), False
        except ServiceException as failure:  # of a moto backend that a handler called
            return wire.error(service, protocol, AwsError(failure.code, failure.message), head=head), False

    def _serve(
        self,
        identity: identify.Identity,
        scope: Scope,
        environ: dict[str, Any],
        request: Request,
        body: bytes,
        protocol: str,
    ) -> Response:
        assert identity.model is not None
        name, operation = identity.service, identity.operation
        service = SERVICES.get(name)
        governed, by_function = guardrails.applies(scope), execution_roles.applies(scope)
        if service is None and not governed and not by_function:
            return self._ask_moto_for(identity, environ, body, scope)
        params = wire.parse(identity.model, request, identity.uri_params)
        if governed:
            guardrails.check(name, operation, params, scope)
        if by_function:
            execution_roles.check(name, operation, params, scope)
        if service is None:
            return self._ask_moto_for(identity, environ, body, scope)
        constraints.check(name, identity.model, params)
        handler = service.operations.get(operation)
        if handler is not None:
            return wire.result(identity.model, protocol, handler(params, scope, service.state(scope)))
        if service.whole:
            raise LackingOperation(name, operation)
        for check in service.checks.get(operation, ()):
            check(params, scope, service.state(scope))
        response = self._ask_moto_for(identity, environ, body, scope)
        if response.status < 400:
            for after in service.afters.get(operation, ()):
                after(params, scope, service.state(scope))
        return response

    def _ask_moto_for(
        self, identity: identify.Identity, environ: dict[str, Any], body: bytes, scope: Scope
    ) -> Response:
        """moto's answer; what it cannot do (an exception, or a page of HTML) becomes LackingOperation."""
        environ["HTTP_X_MOTO_ACCOUNT_ID"] = scope.account
        try:
            response = self._ask_moto(environ, body)
        except NotImplementedError:
            raise LackingOperation(identity.service, identity.operation) from None
        except Exception as failure:
            traceback.print_exc()
            detail = f"moto failed: {type(failure).__name__}: {failure}"
            raise LackingOperation(identity.service, identity.operation, detail) from failure
        content_type = next((value for key, value in response.headers if key.lower() == "content-type"), "")
        unserved = (
            response.status >= 404 and "html" in content_type and b"<!doctype html" in response.body[:200].lower()
        )
        if unserved:
            raise LackingOperation(identity.service, identity.operation)
        return response

    def _ask_moto(self, environ: dict[str, Any], body: bytes) -> Response:
        environ = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        try:
            application = self._moto.get_application(environ)
        except AttributeError:  # moto looked for the backend None
            raise NotImplementedError("moto has no such service") from None
        chunks, status, headers = run_wsgi_app(application, environ, buffered=True)
        return Response(int(status.split()[0]), list(headers), b"".join(chunks))

    def settings_document(self) -> dict[str, Any]:
        return json.loads(json.dumps(vars(self.faults.settings)))


def _forget_moto_state() -> None:
    """Drop every backend of moto. (Its own reset builds each of them anew before it drops them: ten times slower.)"""
    instances: list[Any] = vars(BackendDict)["_instances"]
    for backends in list(instances):
        if backends.service_name == "s3":  # holds open files, and the namespace of all accounts
            for of_account in backends.values():
                of_account.reset()
        backends.clear()
    instances.clear()
    reset_model_data()
