# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a Lambda function's own code runs: in this process, but with modules, variables and credentials of its own.

Python functions only, always from a cold start. The function's boto3 is the real one; what its clients send is answered
by the emulator within the same thread, as the function's execution role, which must allow it. Sleeping costs no time
but counts against the function's timeout.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import logging
import os
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.handlers import BUILTIN_HANDLERS
from werkzeug.test import EnvironBuilder

from ..errors import LackingOperation
from ..registry import random_hex
from ..wire import Response
from . import delivery, sts
from .lambda_functions import VERSION, Function

#: Answers a request as the emulator does; the application sets it.
answer: Callable[[dict[str, Any], bytes], Response] | None = None

#: A function that neither sleeps nor ends is stopped after so many seconds.
_LONGEST_RUN = 60


@dataclass(frozen=True)
class Outcome:
    """What an invocation gave: JSON of the result or of the error, which error it is (None: it succeeded), output."""

    payload: str
    error: str | None
    request_id: str
    output: list[str]


class TimedOut(BaseException):
    """The function has used up its time. No Exception, so that the function's own handlers let it pass."""


@dataclass
class _Running:
    """The function that runs now. slept: seconds it has spent so far."""

    function: Function
    principal: str
    thread: int
    slept: float = 0.0
    deadline: float = field(default_factory=lambda: time.monotonic() + _LONGEST_RUN)

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        if self.slept >= self.function.settings["Timeout"]:
            raise TimedOut


_running: list[_Running] = []


def role_running_as(principal: str) -> Any | None:
    """The execution role that a caller acts with, if the caller is a function that runs now."""
    return next((delivery.find_role(r.function.settings["Role"]) for r in _running if r.principal == principal), None)


@dataclass(frozen=True)
class Context:
    """What a handler gets beside the event."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    aws_request_id: str
    log_group_name: str
    log_stream_name: str
    remaining: Callable[[], int]
    function_version: str = VERSION
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining()


def run(function: Function, payload: str, request_id: str, log_stream: str) -> Outcome:
    """Run a function once on an event."""
    if not function.settings["Runtime"].startswith("python"):
        raise LackingOperation("lambda", "Invoke", f"functions of runtime {function.settings['Runtime']}")
    principal = _principal(function)
    running = _Running(function, principal, threading.get_ident())
    output = io.StringIO()
    _running.append(running)
    try:
        with (
            tempfile.TemporaryDirectory() as directory,
            _modules_of(directory, function.code),
            _environment(function, log_stream, directory),
            _time_of(running, directory),
            _output_to(output, request_id),
        ):
            body, error = _call(running, payload, request_id, log_stream)
    finally:
        _running.pop()
    return Outcome(body, error, request_id, output.getvalue().splitlines())


def _principal(function: Function) -> str:
    role = function.settings["Role"].rsplit("/", 1)[-1]
    return function.scope.arn("sts", f"assumed-role/{role}/{function.name}", region="")


def _call(running: _Running, payload: str, request_id: str, log_stream: str) -> tuple[str, str | None]:
    """JSON of what the handler returns, or of the error, and the error's kind."""
    function, timeout = running.function, running.function.settings["Timeout"]
    context = Context(
        function.name, function.arn, str(function.settings["MemorySize"]), request_id, function.log_group, log_stream,
        lambda: max(0, int((timeout - running.slept) * 1000)),
    )  # fmt: skip
    try:
        handler = _handler(function.settings["Handler"])
    except TimedOut:
        return _timed_out(request_id, timeout)
    except BaseException as failure:
        return _failed(failure, request_id)
    try:
        result = handler(json.loads(payload), context)
    except TimedOut:
        return _timed_out(request_id, timeout)
    except BaseException as failure:
        return _failed(failure, request_id)
    try:
        return json.dumps(result), None
    except (TypeError, ValueError) as failure:
        return _error("Runtime.MarshalError", f"Unable to marshal response: {failure}", request_id)


class _InitializationError(Exception):
    """The function's handler cannot be found; kind is what Lambda calls it."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def _handler(declared: str) -> Callable[[Any, Context], Any]:
    module, _, name = declared.rpartition(".")
    try:
        loaded = importlib.import_module(module.replace("/", "."))
    except ImportError as failure:
        message = f"Unable to import module '{module}': {failure}"
        raise _InitializationError("Runtime.ImportModuleError", message) from None
    except SyntaxError as failure:
        message = f"Syntax error in module '{module}': {failure}"
        raise _InitializationError("Runtime.UserCodeSyntaxError", message) from None
    if not hasattr(loaded, name):
        message = f"Handler '{name}' missing on module '{module}'"
        raise _InitializationError("Runtime.HandlerNotFound", message)
    handler: Callable[[Any, Context], Any] = getattr(loaded, name)
    return handler


def _failed(failure: BaseException, request_id: str) -> tuple[str, str | None]:
    if isinstance(failure, _InitializationError):
        return _error(failure.kind, str(failure), request_id)
    if isinstance(failure, SystemExit):
        return _error("Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited", request_id)
    trace = traceback.format_tb(failure.__traceback__)[1:]
    print(f"[ERROR] {type(failure).__name__}: {failure}\nTraceback (most recent call last):\n{''.join(trace)}")
    return _error(type(failure).__name__, str(failure), request_id, trace)


def _timed_out(request_id: str, timeout: int) -> tuple[str, str | None]:
    message = f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"
    print(message)
    return _error("Sandbox.Timedout", message, request_id)


def _error(kind: str, message: str, request_id: str, trace: list[str] | None = None) -> tuple[str, str | None]:
    told: dict[str, Any] = {"errorMessage": message, "errorType": kind, "requestId": request_id}
    return json.dumps(told | ({"stackTrace": trace} if trace is not None else {})), kind


# --- surroundings ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _modules_of(directory: str, code: bytes) -> Iterator[None]:
    """Import from the package first, and forget afterwards what came from there."""
    with zipfile.ZipFile(io.BytesIO(code)) as package:
        package.extractall(directory)
    own = {path.stem if path.is_file() else path.name for path in Path(directory).iterdir()}
    hidden = {name: module for name, module in sys.modules.items() if name.split(".")[0] in own}
    for name in hidden:
        del sys.modules[name]
    sys.path.insert(0, directory)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(directory)
        for name in [name for name in sys.modules if name.split(".")[0] in own]:
            del sys.modules[name]
        sys.modules.update(hidden)


@contextlib.contextmanager
def _environment(function: Function, log_stream: str, directory: str) -> Iterator[None]:
    """The function's variables and credentials, and a boto3 that has not looked for others yet."""
    region = function.scope.region
    key = sts.issue(function.scope.account, _principal(function))
    variables = {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": random_hex(40),
        "AWS_SESSION_TOKEN": random_hex(64),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ENDPOINT_URL": function.scope.endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.settings['Runtime']}",
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": VERSION,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.settings["MemorySize"]),
        "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
        "AWS_LAMBDA_LOG_STREAM_NAME": log_stream,
        "LAMBDA_TASK_ROOT": directory,
        "_HANDLER": function.settings["Handler"],
        "TZ": ":UTC",
        **function.settings.get("Environment", {}).get("Variables", {}),
    }
    before, session = dict(os.environ), boto3.DEFAULT_SESSION
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(variables)
    boto3.DEFAULT_SESSION = None
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        boto3.DEFAULT_SESSION = session


@contextlib.contextmanager
def _time_of(running: _Running, directory: str) -> Iterator[None]:
    """Sleeping only counts, and the function's own lines are not executed for ever."""

    def line(frame: Any, event: str, argument: Any) -> Any:
        if time.monotonic() > running.deadline:
            raise TimedOut
        return line

    def call(frame: Any, event: str, argument: Any) -> Any:
        return line if frame.f_code.co_filename.startswith(directory) else None

    sleep, trace = time.sleep, sys.gettrace()
    time.sleep = running.sleep
    sys.settrace(call)
    try:
        yield
    finally:
        sys.settrace(trace)
        time.sleep = sleep


@contextlib.contextmanager
def _output_to(output: io.StringIO, request_id: str) -> Iterator[None]:
    """What the function prints and logs, as Lambda writes it down."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    handler = logging.StreamHandler(output)
    handler.setFormatter(logging.Formatter(f"[%(levelname)s]\t%(asctime)s\t{request_id}\t%(message)s"))
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    try:
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
            yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)


# --- what the function's clients send -------------------------------------------------------------------------------


class _Body(io.BytesIO):
    """A body as botocore reads it from urllib3."""

    def stream(self, **_options: Any) -> Iterator[bytes]:
        yield self.read()


def _answered(request: AWSPreparedRequest, **_more: Any) -> AWSResponse | None:
    """The emulator's answer to what a running function sends; None leaves it to botocore to send."""
    if not _running or answer is None:
        return None
    if _running[-1].thread != threading.get_ident():
        raise RuntimeError("the emulator runs a function in one thread: call AWS from that of the handler")
    body = request.body or b""
    content: bytes = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    host = "/".join(request.url.split("/", 3)[:3])
    headers = [
        (name, value.decode() if isinstance(value, bytes) else str(value)) for name, value in request.headers.items()
    ]
    environ = EnvironBuilder(method=request.method, base_url=host, headers=headers).get_environ()
    path, _, query = request.url.removeprefix(host).partition("?")
    environ |= {
        "PATH_INFO": unquote(path or "/", "latin-1"),
        "QUERY_STRING": query,
        "RAW_URI": path,
        "REQUEST_URI": path,
        "CONTENT_LENGTH": str(len(content)),
    }
    got = answer(environ, content)
    return AWSResponse(request.url, got.status, dict(got.headers), _Body(got.body))


BUILTIN_HANDLERS.append(("before-send", _answered))
