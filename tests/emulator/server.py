# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A threaded HTTP/1.1 server with keep-alive for the application; one write per response."""

from __future__ import annotations

import http
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from moto.moto_server.werkzeug_app import MotoRequestHandler
from werkzeug.serving import DechunkedInput

from .app import Application

HOST = "127.0.0.1"


class Handler(MotoRequestHandler):
    """Turns one HTTP request into a WSGI environ, and the application's answer into one packet."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server  # type: ignore[assignment]

    def handle_one_request(self) -> None:
        BaseHTTPRequestHandler.handle_one_request(self)

    def handle(self) -> None:
        try:
            BaseHTTPRequestHandler.handle(self)
        except (TimeoutError, ConnectionError):
            self.close_connection = True

    def run_wsgi(self) -> None:
        environ: dict[str, Any] = dict(self.make_environ())
        body = environ["wsgi.input"]
        if isinstance(body, DechunkedInput):
            content = body.read()
        else:
            content = self.rfile.read(int(environ.get("CONTENT_LENGTH") or 0))
        response = self.server.application.handle(environ, content)
        head = self.command == "HEAD"
        lines = [f"HTTP/1.1 {response.status} {_reason(response.status)}"]
        lines += [
            f"{key}: {value}"
            for key, value in response.headers
            if key.lower() not in ("content-length", "connection", "transfer-encoding")
        ]
        declared = next((v for k, v in response.headers if k.lower() == "content-length"), str(len(response.body)))
        length = declared if head else str(len(response.body))
        if response.status != 204:
            lines.append(f"Content-Length: {length}")
        lines.append(f"Connection: {'close' if self.close_connection else 'keep-alive'}")
        payload = b"" if head or response.status == 204 else response.body
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1", "replace") + payload)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self.run_wsgi
        raise AttributeError(name)

    def log_message(self, *args: Any) -> None:
        """Nothing: the call log tells it better."""


def _reason(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


class Server(ThreadingHTTPServer):
    """Listens on loopback; port 0 picks a free one."""

    daemon_threads = True
    request_queue_size = 256
    ssl_context = None
    multithread = True
    multiprocess = False
    _server_version = "emulator"

    def __init__(self, port: int, application: Application) -> None:
        self.application = application
        super().__init__((HOST, port), Handler)

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_address[1]}"
