# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Latency, throttling, server errors and denials, with the codes each service really uses."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from .actions import iam_action
from .errors import AwsError
from .wire import service_model

#: Commercial regions that are enabled in every account; any other has to be opted into.
DEFAULT_REGIONS = (
    "us-east-1", "us-east-2", "us-west-1", "us-west-2", "ap-south-1", "ap-northeast-1", "ap-northeast-2",
    "ap-northeast-3", "ap-southeast-1", "ap-southeast-2", "ca-central-1", "eu-central-1", "eu-west-1", "eu-west-2",
    "eu-west-3", "eu-north-1", "sa-east-1",
)  # fmt: skip

OPT_IN_REGIONS = (
    "af-south-1", "ap-east-1", "ap-east-2", "ap-south-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-6", "ap-southeast-7", "ca-west-1", "eu-central-2", "eu-south-1", "eu-south-2", "il-central-1",
    "me-central-1", "me-south-1", "mx-central-1",
)  # fmt: skip

_THROTTLE = {
    "ec2": ("RequestLimitExceeded", 503, "Request limit exceeded."),
    "s3": ("SlowDown", 503, "Please reduce your request rate."),
    "sns": ("Throttled", 429, "Rate exceeded"),
    "organizations": ("TooManyRequestsException", 400, "AWS Organizations can't complete your request right now."),
    "lambda": ("TooManyRequestsException", 429, "Rate exceeded"),
    "guardduty": ("ThrottlingException", 429, "Rate exceeded"),
    "sqs": ("RequestThrottled", 400, "Request is throttled."),
}
_DENIED = {
    "ec2": ("UnauthorizedOperation", 403),
    "s3": ("AccessDenied", 403),
    "s3control": ("AccessDenied", 403),
    "sns": ("AuthorizationError", 403),
    "cloudwatch": ("AccessDenied", 403),
    "guardduty": ("AccessDeniedException", 403),
    "lambda": ("AccessDeniedException", 403),
}
_NOT_ALLOWED = "because no identity-based policy allows the {action} action"
_QUERY_PROTOCOLS = ("query", "ec2", "rest-xml")


@dataclass
class Settings:
    """What the control API can set; `reset` of the emulator brings these defaults back."""

    latency_ms: float = 0.0
    fault_rate: float = 0.0
    fault_kind: str = "throttle"
    fault_action: str = "*"
    denials: list[dict[str, str]] = field(default_factory=list)
    seed: int = 0
    opted_in_regions: list[str] = field(default_factory=list)


class Faults:
    """Decides for each call whether it is answered by a fault instead of by the service."""

    KINDS = ("throttle", "error")

    def __init__(self, defaults: Settings) -> None:
        self._defaults = defaults
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        values = {**vars(self._defaults)}
        values["denials"] = list(self._defaults.denials)
        values["opted_in_regions"] = list(self._defaults.opted_in_regions)
        self.settings = Settings(**values)
        self._random = random.Random(self.settings.seed)

    def update(self, changes: dict[str, Any]) -> None:
        """Set some settings; ValueError names what is unknown or impossible."""
        unknown = set(changes) - set(vars(self.settings))
        if unknown:
            raise ValueError(f"unknown settings: {', '.join(sorted(unknown))}")
        if changes.get("fault_kind", "throttle") not in self.KINDS:
            raise ValueError(f"fault_kind is one of {', '.join(self.KINDS)}")
        if not 0 <= float(changes.get("fault_rate", 0)) <= 1:
            raise ValueError("fault_rate is a share between 0 and 1")
        for denial in changes.get("denials", []):
            if "action" not in denial or set(denial) - {"action", "region", "account", "code", "policy"}:
                raise ValueError("a denial has an action (glob) and perhaps region, account, code, policy")
        for name, value in changes.items():
            setattr(self.settings, name, value)
        if "seed" in changes:
            self._random = random.Random(self.settings.seed)

    def for_call(self, service: str, operation: str, account: str, region: str, principal: str) -> AwsError | None:
        """The fault to answer this call with, if any."""
        action = f"{service}:{operation}"
        for denial in self.settings.denials:
            if (
                fnmatchcase(action, denial["action"])
                and fnmatchcase(region, denial.get("region") or "*")
                and fnmatchcase(account, denial.get("account") or "*")
            ):
                reason = f"with an explicit deny in a {denial['policy']}" if denial.get("policy") else _NOT_ALLOWED
                return access_denied(service, operation, principal, denial.get("code"), reason=reason)
        rate = self.settings.fault_rate
        if rate <= 0 or not fnmatchcase(action, self.settings.fault_action):
            return None
        with self._lock:
            hit, unavailable = self._random.random() < rate, self._random.random() < 0.5
        if not hit:
            return None
        return throttled(service) if self.settings.fault_kind == "throttle" else server_error(service, unavailable)

    def region_enabled(self, region: str) -> bool:
        """Whether calls signed for a region are let in; the China and GovCloud partitions have none to opt into."""
        if region.startswith(("cn-", "us-gov-")):
            return True
        return region in DEFAULT_REGIONS or region in self.settings.opted_in_regions


def throttled(service: str) -> AwsError:
    if service in _THROTTLE:
        code, status, message = _THROTTLE[service]
        return AwsError(code, message, status)
    return AwsError("Throttling" if _speaks_query(service) else "ThrottlingException", "Rate exceeded", 400)


def server_error(service: str, unavailable: bool) -> AwsError:
    if unavailable:
        return AwsError("ServiceUnavailable", "The request has failed due to a temporary failure of the server.", 503)
    code = "InternalError" if service in ("s3", "ec2") else "InternalFailure"
    return AwsError(code, "We encountered an internal error. Please try again.", 500)


def access_denied(
    service: str,
    operation: str,
    principal: str,
    code: str | None = None,
    *,
    resource: str = "*",
    reason: str = _NOT_ALLOWED,
) -> AwsError:
    """What a service answers that may not do it. code: another than the service's own. reason: may name C({action})."""
    default, status = _DENIED.get(
        service, ("AccessDenied", 403) if _speaks_query(service) else ("AccessDeniedException", 400)
    )
    action = iam_action(service, operation)
    message = f"User: {principal} is not authorized to perform: {action} on resource: {resource}"
    message += f" {reason.format(action=action)}"
    if service == "ec2":
        message = f"You are not authorized to perform this operation. {message}"
    return AwsError(code or default, message, status)


def unknown_credentials(service: str) -> AwsError:
    """What a service answers to keys it does not know: in a region that is not enabled, or of a closed account."""
    if service == "ec2":
        return AwsError("AuthFailure", "AWS was not able to validate the provided access credentials", 401)
    if service == "s3":
        return AwsError("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records.", 403)
    code = "InvalidClientTokenId" if _speaks_query(service) else "UnrecognizedClientException"
    return AwsError(code, "The security token included in the request is invalid.", 403)


def _speaks_query(service: str) -> bool:
    return str(service_model(service).metadata.get("protocol")) in _QUERY_PROTOCOLS
