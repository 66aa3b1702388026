# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control API: what tests and people set and ask, under /_emulator/. Bodies and answers are JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from . import calls, clock
from .errors import AwsError
from .registry import Scope
from .services import (
    alarm_evaluation,
    events,
    notifications,
    organization_tree,
    organizations,
    sns,
    trail_delivery,
)
from .wire import Response, json_response

if TYPE_CHECKING:
    from .app import Application

PREFIX = "/_emulator/"
LONGEST_ADVANCE = 7 * 86_400

_FILTERS = frozenset({"service", "operation", "action", "account", "region", "access"})


def answer(application: Application, environ: dict[str, Any], body: bytes) -> Response:
    """One of ROUTES; 400 when the payload is not what it should be, 404 when there is no such control."""
    name, method = environ["PATH_INFO"].removeprefix(PREFIX).strip("/"), environ["REQUEST_METHOD"]
    route = ROUTES.get((method, name))
    if route is None:
        return json_response({"error": f"no such control: {method} {name}"}, 404)
    try:
        payload = json.loads(body) if body else dict(parse_qsl(environ.get("QUERY_STRING", "")))
        return json_response(route(application, payload))
    except (ValueError, KeyError, TypeError, AwsError) as failure:
        return json_response({"error": str(failure)}, 400)


def _reset(application: Application, payload: dict[str, Any]) -> Any:
    application.reset()
    return {}


def _calls(application: Application, payload: dict[str, Any]) -> Any:
    if unknown := set(payload) - _FILTERS:
        raise ValueError(f"unknown filters: {', '.join(sorted(unknown))}")
    return calls.to_json(application.log.find(payload))


def _clear_calls(application: Application, payload: dict[str, Any]) -> Any:
    application.log.clear()
    return {}


def _settings(application: Application, payload: dict[str, Any]) -> Any:
    application.faults.update(payload)
    return application.settings_document()


def _confirm_subscription(application: Application, payload: dict[str, Any]) -> Any:
    return {"subscription_arn": sns.confirm(payload["topic_arn"], payload["endpoint"])}


def _managed_event_rule(application: Application, payload: dict[str, Any]) -> Any:
    """Make a rule of EventBridge as an AWS service does, which nobody else may change."""
    scope = Scope(payload["account_id"], payload["region"])
    events.manage(scope, payload["name"], payload["principal"], payload["pattern"])
    return {}


def _organization(application: Application, payload: dict[str, Any]) -> Any:
    """Make an organization of accounts with ids that are given, unless its management account has one; its id."""
    first, *others = payload["accounts"]
    scope = Scope(first["id"], payload.get("region", "us-east-1"))
    if existing := organizations.organization_of(scope):
        return {"organization_id": existing.id}
    organization = organizations.create(scope, first["name"], first["email"], payload["organization_id"])
    for account in others:
        organizations.join(organization, scope, account["id"], account["name"], account["email"])
        organizations.grant_access(scope, account["id"], payload.get("role_name", organizations.ACCESS_ROLE))
    for account in payload["accounts"]:
        joined = organization.accounts[account["id"]]
        joined.tags = dict(account.get("tags", {}))
        joined.parent = organization_tree.unit_at(organization, scope, account.get("ou", ""))
        organizations.set_state(joined.id, account.get("status", "ACTIVE"), scope)
    for kind in payload.get("policy_types", []):
        organizations.enable_policy_type(organization, kind)
    return {"organization_id": organization.id}


def _account(application: Application, payload: dict[str, Any]) -> Any:
    """Give an account of an organization another status."""
    scope = Scope(payload["id"], payload.get("region", "us-east-1"))
    organizations.set_state(payload["id"], payload["status"], scope)
    return {}


def _advance(application: Application, payload: dict[str, Any]) -> Any:
    """Let time pass for logs, metrics and alarms; alarms are evaluated at every minute on the way."""
    seconds = int(payload["seconds"])
    if not 0 < seconds <= LONGEST_ADVANCE:
        raise ValueError(f"seconds is between 1 and {LONGEST_ADVANCE}")
    alarm_evaluation.pass_time(seconds)
    return {"time": clock.now()}


def _cloudtrail_event(application: Application, payload: dict[str, Any]) -> Any:
    """Let a trail's records of what happened in an account and region reach their log groups, all at once."""
    scope = Scope(payload["account"], payload["region"])
    records = payload["records"] if "records" in payload else [payload["record"]]
    return {"trails": trail_delivery.record_events(scope, records)}


#: What tests and people may ask, and the function of application and payload that answers.
ROUTES: dict[tuple[str, str], Callable[[Application, dict[str, Any]], Any]] = {
    ("GET", "health"): lambda application, payload: {"status": "ready"},
    ("GET", "calls"): _calls,
    ("DELETE", "calls"): _clear_calls,
    ("GET", "lacking"): lambda application, payload: sorted(set(application.lacking)),
    ("GET", "settings"): lambda application, payload: application.settings_document(),
    ("POST", "settings"): _settings,
    ("POST", "reset"): _reset,
    ("POST", "confirm-subscription"): _confirm_subscription,
    ("GET", "confirmations"): lambda application, payload: sns.pending_confirmations(),
    ("POST", "managed-event-rule"): _managed_event_rule,
    ("POST", "organization"): _organization,
    ("POST", "account"): _account,
    ("POST", "advance"): _advance,
    ("POST", "cloudtrail-event"): _cloudtrail_event,
    ("GET", "outbox"): lambda application, payload: notifications.outbox(),
}
