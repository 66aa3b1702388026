# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: what tests and people set and ask, under /_emulator/. Bodies and answers are JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from . import calls
from .errors import AwsError
from .services import sns
from .wire import Response, json_response

if TYPE_CHECKING:
    from .app import Application

PREFIX = "/_emulator/"

_FILTERS = frozenset({"service", "operation", "action", "account", "region", "access"})


def answer(application: Application, environ: dict[str, Any], body: bytes) -> Response:
    """GET health, calls, lacking, settings, confirmations; POST reset, settings, confirm-subscription; DELETE calls."""
    name, method = environ["PATH_INFO"].removeprefix(PREFIX).strip("/"), environ["REQUEST_METHOD"]
    try:
        payload = json.loads(body) if body else {}
        if (method, name) == ("GET", "health"):
            return json_response({"status": "ready"})
        if (method, name) == ("POST", "reset"):
            application.reset()
            return json_response({})
        if (method, name) == ("GET", "calls"):
            filters = dict(parse_qsl(environ.get("QUERY_STRING", "")))
            if unknown := set(filters) - _FILTERS:
                raise ValueError(f"unknown filters: {', '.join(sorted(unknown))}")
            return json_response(calls.to_json(application.log.find(filters)))
        if (method, name) == ("DELETE", "calls"):
            application.log.clear()
            return json_response({})
        if (method, name) == ("GET", "lacking"):
            return json_response(sorted(set(application.lacking)))
        if name == "settings" and method in ("GET", "POST"):
            if method == "POST":
                application.faults.update(payload)
            return json_response(application.settings_document())
        if (method, name) == ("POST", "confirm-subscription"):
            return json_response({"subscription_arn": sns.confirm(payload["topic_arn"], payload["endpoint"])})
        if (method, name) == ("GET", "confirmations"):
            return json_response(sns.pending_confirmations())
    except (ValueError, KeyError, TypeError, AwsError) as failure:
        return json_response({"error": str(failure)}, 400)
    return json_response({"error": f"no such control: {method} {name}"}, 404)
