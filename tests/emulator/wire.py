# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests into parameters, results and errors into responses, for every protocol AWS services speak.

Parsing and results use moto's own (model driven) parsers and serializers; errors are written here because their shape
is what clients look at first: each protocol has its own, and S3 and EC2 each have another.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape

from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.serialize import get_serializer_class
from moto.core.utils import get_service_model

from .errors import AwsError

REQUEST_ID = "00000000-0000-4000-8000-000000000000"


@dataclass
class Response:
    """An HTTP response: status, headers, body bytes."""

    status: int
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: bytes = b""


def json_response(value: Any, status: int = 200) -> Response:
    return Response(status, [("Content-Type", "application/json")], json.dumps(value).encode())


def protocol_of(service: str, content_type: str | None) -> str:
    return determine_request_protocol(get_service_model(service), content_type)


def parse(operation: OperationModel, request: Request, uri_params: dict[str, Any]) -> dict[str, Any]:
    """The request's parameters under their API names."""
    protocol = determine_request_protocol(operation.service_model, request.content_type)
    parsed = PROTOCOL_PARSERS[protocol](operation).parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": request.data,
            "url_path": request.path,
            "url_params": uri_params,
        }
    )
    return parsed or {}


def result(operation: OperationModel, protocol: str, value: dict[str, Any] | None) -> Response:
    """The answer of a handler in the operation's wire shape."""
    model = operation.service_model
    serialized = get_serializer_class(model.service_name, protocol)(operation_model=operation).serialize(value or {})
    body = serialized["body"]
    headers = [(key, str(content)) for key, content in serialized["headers"].items()]
    return Response(serialized["status_code"], headers, body if isinstance(body, bytes) else (body or "").encode())


@functools.cache
def _error_table(service: str) -> dict[str, tuple[str, str, int]]:
    """Error name or code -> (shape name, code on the wire, HTTP status), from the service's model."""
    table = {}
    for shape in get_service_model(service).error_shapes:
        error = shape.metadata.get("error", {})
        status = error.get("httpStatusCode") or (500 if shape.metadata.get("fault") else 400)
        row = (shape.name, str(error.get("code") or shape.name), int(status))
        table[shape.name] = row
        table.setdefault(row[1], row)
    return table


#: S3 and EC2 models name hardly any errors; the statuses AWS documents for the ones used here.
_STATUS = {
    "AccessDenied": 403, "AllAccessDisabled": 403, "InvalidAccessKeyId": 403, "AuthFailure": 401,
    "UnauthorizedOperation": 403, "UnrecognizedClientException": 403, "InvalidClientTokenId": 403,
    "NoSuchBucket": 404, "NoSuchBucketPolicy": 404, "NoSuchLifecycleConfiguration": 404, "NoSuchTagSet": 404,
    "NoSuchPublicAccessBlockConfiguration": 404, "ServerSideEncryptionConfigurationNotFoundError": 404,
    "OwnershipControlsNotFoundError": 404, "BucketAlreadyExists": 409, "BucketAlreadyOwnedByYou": 409,
    "InvalidBucketState": 409, "BucketNotEmpty": 409, "MethodNotAllowed": 405, "NotImplemented": 501,
}  # fmt: skip


def error(service: str, protocol: str, failure: AwsError, *, head: bool = False) -> Response:
    """The error in the shape the service's protocol gives errors."""
    name, code, status = _error_table(service).get(failure.code, (failure.code, failure.code, 0))
    status = failure.status or status or _STATUS.get(failure.code, 400)
    message = failure.message
    if head:
        return Response(status, [("Content-Type", "application/xml")])
    if protocol in ("json", "rest-json"):
        headers = [("Content-Type", "application/x-amz-json-1.1"), ("x-amzn-RequestId", REQUEST_ID)]
        if get_service_model(service).is_query_compatible:
            headers.append(("x-amzn-query-error", f"{code};{'Receiver' if status >= 500 else 'Sender'}"))
        if protocol == "rest-json":
            headers.append(("x-amzn-ErrorType", name))
        return Response(status, headers, json.dumps({"__type": name, "message": message}).encode())
    fault = "Receiver" if status >= 500 else "Sender"
    text = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if protocol == "ec2":
        xml = f"<Response><Errors><Error>{text}</Error></Errors><RequestID>{REQUEST_ID}</RequestID></Response>"
    elif service == "s3":
        xml = f"<Error>{text}<RequestId>{REQUEST_ID}</RequestId></Error>"
    else:
        xml = (
            f"<ErrorResponse><Error><Type>{fault}</Type>{text}</Error>"
            f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>"
        )
    body = f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}'.encode()
    return Response(status, [("Content-Type", "text/xml"), ("x-amzn-RequestId", REQUEST_ID)], body)


def service_model(service: str) -> ServiceModel:
    return get_service_model(service)


def error_code(service: str, protocol: str, answer: Response, *, head: bool = False) -> str | None:
    """The error code a client would read out of an answer (None below status 400)."""
    if answer.status < 400:
        return None
    if head:
        return str(answer.status)
    headers = {key.lower(): value for key, value in answer.headers}
    if "x-amzn-query-error" in headers:
        return headers["x-amzn-query-error"].split(";")[0]
    if protocol in ("json", "rest-json"):
        try:
            kind = json.loads(answer.body or b"{}").get("__type") or headers.get("x-amzn-errortype", "")
        except ValueError:
            kind = ""
        return kind.split("#")[-1].split(":")[0] or str(answer.status)
    text = answer.body.decode(errors="replace")
    start = text.find("<Code>")
    return text[start + 6 : text.find("</Code>", start)] if start >= 0 else str(answer.status)
