# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Talks to a running emulator: control API, environment variables, boto3 clients of any account."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
from botocore.config import Config

from .calls import ACCOUNT_KEY_PREFIX, DEFAULT_ACCOUNT, Call

DEFAULT_REGION = "us-east-1"
DEFAULT_ORGANIZATION = "o-emulator01"


def environment(url: str, account_id: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION) -> dict[str, str]:
    """The variables with which any AWS SDK talks to the emulator at url as the given account."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": f"{ACCOUNT_KEY_PREFIX}{account_id}",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


class Emulator:
    """Control of the emulator at url; RuntimeError carries what the control API refuses."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._clients: dict[tuple[str, str, str], Any] = {}
        self._session: boto3.Session | None = None

    def reset(self) -> None:
        """Forget all state, settings and calls."""
        self._request("POST", "reset")

    def calls(self, **filters: str | None) -> list[Call]:
        """Calls since the last reset; filters (globs): service, operation, action, account, region, access."""
        query = urlencode({key: value for key, value in filters.items() if value is not None})
        return [Call(**call) for call in self._request("GET", f"calls?{query}" if query else "calls")]

    def writes(self, **filters: str | None) -> list[Call]:
        return self.calls(access="write", **filters)

    def clear_calls(self) -> None:
        self._request("DELETE", "calls")

    def lacking(self) -> list[str]:
        """Operations that were asked for and that the emulator cannot serve."""
        return list(self._request("GET", "lacking"))

    def settings(self, **changes: Any) -> dict[str, Any]:
        """Change settings and return all of them.

        latency_ms, fault_rate (0..1), fault_kind ('throttle' or 'error'), fault_action (glob of service:Operation),
        denials (list of {action: glob, region?, account?, code?, policy?}), seed, opted_in_regions. policy is the kind
        of policy that denies, such as C(service control policy); without it a permission is missing.
        """
        return dict(self._request("POST", "settings", changes))

    def confirm_subscription(self, topic_arn: str, endpoint: str) -> str:
        """Do what the subscriber does who follows the link in the confirmation message; the subscription's ARN."""
        payload = {"topic_arn": topic_arn, "endpoint": endpoint}
        return str(self._request("POST", "confirm-subscription", payload)["subscription_arn"])

    def confirmations(self) -> list[dict[str, str]]:
        """The confirmation messages nobody has answered yet: topic_arn, protocol, endpoint, token."""
        return list(self._request("GET", "confirmations"))

    def create_managed_rule(
        self, name: str, principal: str, pattern: dict[str, Any], account_id: str = DEFAULT_ACCOUNT,
        region: str = DEFAULT_REGION,
    ) -> None:  # fmt: skip
        """Make an EventBridge rule as the AWS service with that principal does: nobody else may change it."""
        payload = {"name": name, "principal": principal, "pattern": json.dumps(pattern)}
        self._request("POST", "managed-event-rule", {**payload, "account_id": account_id, "region": region})

    def create_organization(
        self, accounts: list[dict[str, Any]], organization_id: str = DEFAULT_ORGANIZATION, **options: Any
    ) -> str:
        """An organization with all features of accounts with fixed ids; its id.

        accounts: id (12 digits), name and email of each, the management account first; perhaps ou (the path of an
        organizational unit below the root, as C(Workloads/Production)), tags (by key) and status. options: role_name,
        of the role that the management account may assume in the others (default C(OrganizationAccountAccessRole));
        policy_types, to be enabled in the root (default none, as in organizations that were made in the console;
        C(CreateOrganization) enables service control policies); region, for another partition.
        """
        payload = {"organization_id": organization_id, "accounts": accounts, **options}
        return str(self._request("POST", "organization", payload)["organization_id"])

    def set_account_status(self, account_id: str, status: str, region: str = DEFAULT_REGION) -> None:
        """Make an account of an organization ACTIVE, PENDING_CLOSURE, CLOSED (by its owner) or SUSPENDED (by AWS).

        region, for another partition.
        """
        self._request("POST", "account", {"id": account_id, "status": status, "region": region})

    def advance(self, seconds: int) -> datetime:
        """Let time pass for logs, metrics and alarms, up to a week at once; what time it is there then.

        Alarms are evaluated at every minute on the way.
        """
        return datetime.fromtimestamp(self._request("POST", "advance", {"seconds": seconds})["time"], UTC)

    def cloudtrail_events(
        self, records: list[dict[str, Any]], account_id: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION
    ) -> list[str]:
        """Let CloudTrail record what happened in an account and region, all at once.

        A record needs eventSource and eventName; what else every record has is added. The ARNs of the trails that
        delivered something to their log group.
        """
        payload = {"account": account_id, "region": region, "records": records}
        return list(self._request("POST", "cloudtrail-event", payload)["trails"])

    def outbox(self) -> list[dict[str, Any]]:
        """What topics sent to mail addresses, telephones and web hooks: topic, protocol, endpoint, subject, message."""
        return list(self._request("GET", "outbox"))

    def environment(self, account_id: str = DEFAULT_ACCOUNT, region: str = DEFAULT_REGION) -> dict[str, str]:
        return environment(self.url, account_id, region)

    def client(self, service: str, region: str = DEFAULT_REGION, account_id: str = DEFAULT_ACCOUNT) -> Any:
        """A boto3 client without retries (kept, so that asking again is cheap)."""
        key = (service, region, account_id)
        if key not in self._clients:
            if self._session is None:
                self._session = boto3.Session()
            self._clients[key] = self._session.client(
                service,
                region_name=region,
                endpoint_url=self.url,
                aws_access_key_id=f"{ACCOUNT_KEY_PREFIX}{account_id}",
                aws_secret_access_key="emulator",
                config=Config(retries={"total_max_attempts": 1}, max_pool_connections=32),
            )
        return self._clients[key]

    def _request(self, method: str, name: str, payload: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            body = json.dumps(payload) if payload is not None else None
            connection.request(method, f"/_emulator/{name}", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status >= 400:
            raise RuntimeError(answer["error"])
        return answer
