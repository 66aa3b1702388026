# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which service, operation, account and region a request is for."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from moto.core.model import OperationModel
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.iam.models import iam_backends
from werkzeug.exceptions import NotFound

from . import wire
from .calls import ACCOUNT_KEY_PREFIX, DEFAULT_ACCOUNT
from .registry import GLOBAL_SERVICES

#: Names services sign with, where the botocore client is called otherwise.
_SIGNING_NAMES = {
    "monitoring": "cloudwatch",
    "access-analyzer": "accessanalyzer",
    "email": "ses",
    "states": "stepfunctions",
    "elasticloadbalancing": "elbv2",
    "tagging": "resourcegroupstaggingapi",
}

_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d+/([^/]*)/([^/]+)/aws4_request")


@dataclass(frozen=True)
class Identity:
    """What a request is before anything is done with it; model and uri_params are None/empty for unknown operations."""

    service: str
    operation: str
    access_key: str
    region: str
    model: OperationModel | None
    uri_params: dict[str, Any]


def identify(environ: dict[str, Any], body: bytes, request: Request) -> Identity | None:
    """The signed AWS request in environ, or None when it carries no SigV4 credential scope."""
    scope = _CREDENTIAL.search(environ.get("HTTP_AUTHORIZATION", "")) or _presigned(environ)
    if scope is None:
        return None
    access_key, region, signing_name = scope.groups()
    service = _SIGNING_NAMES.get(signing_name, signing_name)
    path = environ["PATH_INFO"]
    if service == "s3" and (path.startswith("/v20180820/") or "x-amz-account-id" in request.headers):
        service = "s3control"
    elif service == "ses" and path.startswith("/v2/"):
        service = "sesv2"
    if service in GLOBAL_SERVICES and service != "s3":
        region = _global_region(region)
    model: OperationModel | None = None
    uri_params: dict[str, Any] = {}
    operation = _operation_name(environ, body)
    try:
        if operation is None or service == "sqs":
            model, uri_params = get_service_router(service).match(request)
        else:
            model = _operation_model(service, operation)
    except (NotFound, NotImplementedError):
        model = None
    except Exception as failure:  # botocore's loader: a service it does not know
        if type(failure).__name__ not in ("UnknownServiceError", "DataNotFoundError", "OperationNotFoundError"):
            raise
    name = model.name if model is not None else operation or f"{environ['REQUEST_METHOD']} {path}"
    return Identity(service, name, access_key, region, model, uri_params)


@functools.cache
def _operation_model(service: str, operation: str) -> OperationModel | None:
    model = wire.service_model(service)
    return model.operation_model(operation) if operation in model.operation_names else None


def _operation_name(environ: dict[str, Any], body: bytes) -> str | None:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rsplit(".", 1)[-1]
    if environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = re.search(rb"(?:^|&)Action=([A-Za-z0-9]+)", body)
        if action:
            return action[1].decode()
    return None


def _presigned(environ: dict[str, Any]) -> re.Match[str] | None:
    credential = parse_qs(environ.get("QUERY_STRING", "")).get("X-Amz-Credential")
    return _CREDENTIAL.search(f"Credential={credential[0]}") if credential else None


def _global_region(region: str) -> str:
    if region.startswith("us-gov-"):
        return "us-gov-west-1"
    return "cn-north-1" if region.startswith("cn-") else "us-east-1"


def account_of(access_key: str) -> str:
    """The account an access key belongs to: its last 12 digits, or the account in which IAM has made it."""
    digits = access_key.removeprefix(ACCOUNT_KEY_PREFIX)
    if digits != access_key and re.fullmatch(r"\d{12}", digits):
        return digits
    for account, partitions in list(iam_backends.items()):
        if any(access_key in backend.access_keys for backend in list(partitions.values())):
            return account
    return DEFAULT_ACCOUNT
