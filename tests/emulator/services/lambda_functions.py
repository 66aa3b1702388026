# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lambda functions, wholly: moto loses settings, takes any runtime and package, and runs functions in containers only.

Here is what a function is and who may invoke it; how its code runs: `lambda_runtime`, what becomes of asynchronous
invocations: `lambda_invocations`. Versions, aliases, layers and images are not emulated.

https://docs.aws.amazon.com/lambda/latest/api/
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
import zipfile
from dataclasses import dataclass, field
from typing import Any

from .. import clock, policies
from ..errors import AwsError, LackingOperation
from ..registry import Scope, Service, page
from . import delivery, iam, notifications, s3

Params = dict[str, Any]

PRINCIPAL = "lambda.amazonaws.com"
VERSION = "$LATEST"
#: Runtimes with which AWS still creates functions.
RUNTIMES = frozenset({
    "python3.11", "python3.12", "python3.13", "python3.14", "python3.15", "nodejs22.x", "nodejs24.x", "nodejs26.x",
    "java17", "java21", "java25", "java8.al2023", "java11.al2023", "java17.al2023", "dotnet8", "dotnet10", "ruby3.3",
    "ruby3.4", "ruby4.0", "provided.al2023",
})  # fmt: skip
LONGEST_TIMEOUT, MOST_MEMORY, MOST_STORAGE = 900, 10_240, 10_240
POLICY_BYTES, ENVIRONMENT_BYTES, ZIP_BYTES, UNZIPPED_BYTES = 20_480, 4_096, 52_428_800, 262_144_000
_RESERVED_VARIABLES = frozenset({
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
})  # fmt: skip
_SETTINGS = (
    "Runtime", "Role", "Handler", "Description", "Timeout", "MemorySize", "VpcConfig", "DeadLetterConfig",
    "Environment", "KMSKeyArn", "TracingConfig", "EphemeralStorage", "LoggingConfig", "FileSystemConfigs",
)  # fmt: skip
_DEFAULTS = {
    "Description": "",
    "Timeout": 3,
    "MemorySize": 128,
    "TracingConfig": {"Mode": "PassThrough"},
    "EphemeralStorage": {"Size": 512},
}
_NAME = re.compile(
    r"(?:arn:aws[a-z-]*:lambda:)?(?:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):)?(?:(?P<account>\d{12}):)?(?:function:)?"
    r"(?P<name>[A-Za-z0-9_-]+)(?::(?P<qualifier>\$LATEST|[A-Za-z0-9_-]+))?"
)
_SENDING = {"sqs": ("sqs:SendMessage", "SendMessage on SQS"), "sns": ("sns:Publish", "Publish on SNS"),
            "lambda": ("lambda:InvokeFunction", "InvokeFunction on Lambda"),
            "events": ("events:PutEvents", "PutEvents on EventBridge"),
            "s3": ("s3:PutObject", "PutObject on S3")}  # fmt: skip


@dataclass(eq=False)
class Function:
    """A function. settling: it was written and nobody has looked since, so that AWS may still be busy with it."""

    name: str
    arn: str
    scope: Scope
    settings: Params
    code: bytes
    architectures: list[str]
    modified: str
    revision: str
    tags: dict[str, str] = field(default_factory=dict)
    statements: list[Params] = field(default_factory=list)
    policy_revision: str = ""
    concurrency: int | None = None
    asynchronous: Params | None = None
    new: bool = True
    settling: bool = True

    @property
    def log_group(self) -> str:
        return str(self.settings.get("LoggingConfig", {}).get("LogGroup") or f"/aws/lambda/{self.name}")

    def configuration(self) -> Params:
        row = {
            "FunctionName": self.name,
            "FunctionArn": self.arn,
            **{key: value for key, value in self.settings.items() if value not in ("", {}, None) or key in _DEFAULTS},
            "CodeSize": len(self.code),
            "CodeSha256": digest(self.code),
            "LastModified": self.modified,
            "Version": VERSION,
            "RevisionId": self.revision,
            "PackageType": "Zip",
            "Architectures": self.architectures,
            "SnapStart": {"ApplyOn": "None", "OptimizationStatus": "Off"},
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "LoggingConfig": _logging(self),
        }
        if self.settling and self.new:
            row |= {
                "State": "Pending",
                "StateReason": "The function is being created.",
                "StateReasonCode": "Creating",
            }
            del row["LastUpdateStatus"]
        elif self.settling:
            row |= {
                "LastUpdateStatus": "InProgress",
                "LastUpdateStatusReason": "The function is being created.",
                "LastUpdateStatusReasonCode": "Creating",
            }
        return row

    def settle(self) -> None:
        self.new = self.settling = False


Functions = dict[str, Function]

service = Service("lambda", whole=True)


def _logging(function: Function) -> Params:
    declared = function.settings.get("LoggingConfig", {})
    levels = {"ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"} if declared.get("LogFormat") == "JSON" else {}
    return {"LogFormat": "Text", **levels, **declared, "LogGroup": function.log_group}


def digest(code: bytes) -> str:
    return base64.b64encode(hashlib.sha256(code).digest()).decode()


def invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


def _stamp() -> str:
    return f"{clock.moment():%Y-%m-%dT%H:%M:%S.000+0000}"


# --- finding --------------------------------------------------------------------------------------------------------


def find(reference: str, scope: Scope, qualifier: str | None = None) -> Function:
    """A function of the caller's account by its name, or by its ARN or a part of that."""
    parts = _NAME.fullmatch(reference)
    if parts is None:
        raise AwsError("ValidationException", f"{reference} is not the name of a function")
    arn = scope.arn("lambda", f"function:{parts['name']}", region=parts["region"], account=parts["account"])
    wanted = qualifier or parts["qualifier"]
    if parts["account"] not in (None, scope.account):
        raise AwsError(
            "AccessDeniedException",
            f"User: {scope.principal} is not authorized to perform this operation on resource: {arn}",
            403,
        )
    function = service.state(scope).get(parts["name"]) if parts["region"] in (None, scope.region) else None
    if function is None or wanted not in (None, VERSION):
        suffix = f":{wanted}" if wanted else ""
        raise AwsError("ResourceNotFoundException", f"Function not found: {arn}{suffix}", 404)
    return function


def at(arn: str) -> Function | None:
    """The function of that ARN, of whichever account."""
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "lambda" or parts[5] != "function" or parts[7:] not in ([], [VERSION]):
        return None
    found: Function | None = service.state(Scope(parts[4], parts[3])).get(parts[6])
    return found


def role_of(function: Function) -> Any | None:
    return delivery.find_role(function.settings["Role"])


def lets(function: Function, principal: str, context: policies.Context) -> bool:
    """Whether the function's policy lets a service invoke it."""
    document = {"Statement": function.statements}
    return policies.allows(document, principal, "lambda:InvokeFunction", function.arn, context)


def _writable(params: Params, scope: Scope) -> Function:
    function = find(params["FunctionName"], scope)
    if function.settling:
        what = (
            "The function is currently in the following state: Pending" if function.new else "An update is in progress"
        )
        raise AwsError(
            "ResourceConflictException",
            f"The operation cannot be performed at this time. {what} for resource: {function.arn}",
        )
    _check_revision(params, function.revision)
    return function


def _check_revision(params: Params, revision: str) -> None:
    if params.get("RevisionId") not in (None, revision):
        raise AwsError(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to "
            "retrieve the latest Revision Id",
        )


# --- checks ---------------------------------------------------------------------------------------------------------


def _check_settings(settings: Params, scope: Scope) -> None:
    runtime = settings.get("Runtime")
    if not runtime or not settings.get("Handler"):
        raise invalid("Runtime and Handler are mandatory parameters for functions created with deployment packages.")
    if runtime not in RUNTIMES:
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda functions. "
            "We recommend you use a supported runtime while creating or updating functions."
        )
    for name, value, most in (
        ("timeout", settings["Timeout"], LONGEST_TIMEOUT),
        ("memorySize", settings["MemorySize"], MOST_MEMORY),
        ("ephemeralStorage.size", settings["EphemeralStorage"]["Size"], MOST_STORAGE),
    ):
        if value > most:
            raise AwsError(
                "ValidationException",
                f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: Member must "
                f"have value less than or equal to {most}",
            )
    _check_environment(settings.get("Environment", {}).get("Variables", {}))
    role = delivery.find_role(settings["Role"])
    if role is None or role.arn.split(":")[4] != scope.account or not delivery.role_trusts(role, PRINCIPAL, {}):
        raise invalid("The role defined for the function cannot be assumed by Lambda.")
    target = settings.get("DeadLetterConfig", {}).get("TargetArn")
    if target:
        if target.split(":")[2] not in ("sqs", "sns"):
            raise invalid("The dead-letter target is neither a queue nor a topic.")
        _check_may_send(role, target)
    key_arn = settings.get("KMSKeyArn")
    if key_arn and delivery.find_key(key_arn, scope) is None:
        raise invalid(f"Lambda was unable to configure access to your environment variables: no key {key_arn}")


def _check_environment(variables: dict[str, str]) -> None:
    if reserved := sorted(_RESERVED_VARIABLES & set(variables)):
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided contains reserved keys that are currently not supported for modification. Reserved keys used in "
            f"this request: {', '.join(reserved)}"
        )
    for name in variables:
        if not re.fullmatch(r"[a-zA-Z][a-zA-Z0-9_]+", name):
            raise invalid(f"The name {name} is not one of an environment variable.")
    if len(json.dumps(variables, separators=(",", ":")).encode()) > ENVIRONMENT_BYTES:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you have "
            "provided exceeded the 4KB limit."
        )


def _check_may_send(role: Any, target: str) -> None:
    action, told = _SENDING[target.split(":")[2]]
    if not delivery.role_allows(role, action, target):
        raise invalid(f"The provided execution role does not have permissions to call {told}")


def _code(params: Params, scope: Scope) -> bytes:
    """The deployment package that is given, or named by bucket and key."""
    if params.get("ImageUri"):
        raise LackingOperation("lambda", "CreateFunction", "images")
    code = params.get("ZipFile")
    if "S3Bucket" in params:
        bucket = s3.find_bucket(params["S3Bucket"])
        key = None if bucket is None else bucket.keys.get(params.get("S3Key", ""))
        if key is None or bucket.region_name != scope.region:
            raise invalid("Error occurred while GetObject. S3 Error Code: NoSuchKey.")
        code = key.value
    if not code:
        raise invalid("Please provide a source for function code.")
    if len(code) > ZIP_BYTES:
        raise AwsError("RequestEntityTooLargeException", "Request must be smaller than 70167211 bytes", 413)
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as package:
            if package.testzip() is not None:
                raise zipfile.BadZipFile
            size = sum(one.file_size for one in package.infolist())
    except (zipfile.BadZipFile, OSError):
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.") from None
    if size > UNZIPPED_BYTES:
        raise invalid(f"Unzipped size must be smaller than {UNZIPPED_BYTES} bytes")
    return bytes(code)


# --- functions ------------------------------------------------------------------------------------------------------


@service.operation("CreateFunction")
def create_function(params: Params, scope: Scope, state: Functions) -> Params:
    name = _NAME.fullmatch(params["FunctionName"])
    if name is None or len(name["name"]) > 64:
        raise AwsError("ValidationException", f"{params['FunctionName']} is not the name of a function")
    if name["name"] in state:
        raise AwsError("ResourceConflictException", f"Function already exist: {name['name']}")
    for key in ("Layers", "ImageConfig", "Publish"):
        if params.get(key):
            raise LackingOperation("lambda", "CreateFunction", key)
    settings = {**_DEFAULTS, **{key: params[key] for key in _SETTINGS if key in params}}
    _check_settings(settings, scope)
    tags = _checked_tags(params.get("Tags", {}))
    function = Function(
        name["name"],
        scope.arn("lambda", f"function:{name['name']}"),
        scope,
        settings,
        _code(params["Code"], scope),
        params.get("Architectures", ["x86_64"]),
        _stamp(),
        notifications.random_uuid(),
        tags,
    )
    state[function.name] = function
    return function.configuration()


@service.operation("UpdateFunctionCode")
def update_function_code(params: Params, scope: Scope, state: Functions) -> Params:
    function = _writable(params, scope)
    code = _code(params, scope)
    if params.get("DryRun"):
        return {**function.configuration(), "CodeSha256": digest(code), "CodeSize": len(code)}
    function.code = code
    function.architectures = params.get("Architectures", function.architectures)
    return _written(function)


@service.operation("UpdateFunctionConfiguration")
def update_function_configuration(params: Params, scope: Scope, state: Functions) -> Params:
    function = _writable(params, scope)
    settings = {**function.settings, **{key: params[key] for key in _SETTINGS if key in params}}
    _check_settings(settings, scope)
    function.settings = settings
    return _written(function)


def _written(function: Function) -> Params:
    function.modified, function.revision, function.settling = _stamp(), notifications.random_uuid(), True
    return function.configuration()


@service.operation("GetFunctionConfiguration")
def get_function_configuration(params: Params, scope: Scope, state: Functions) -> Params:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    function.settle()
    return function.configuration()


@service.operation("GetFunction")
def get_function(params: Params, scope: Scope, state: Functions) -> Params:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    function.settle()
    answer: Params = {
        "Configuration": function.configuration(),
        "Code": {"RepositoryType": "S3", "Location": f"{scope.endpoint}/functions/{function.name}"},
    }
    if function.tags:
        answer["Tags"] = function.tags
    if function.concurrency is not None:
        answer["Concurrency"] = {"ReservedConcurrentExecutions": function.concurrency}
    return answer


@service.operation("ListFunctions")
def list_functions(params: Params, scope: Scope, state: Functions) -> Params:
    for function in state.values():
        function.settle()
    rows = [function.configuration() for _, function in sorted(state.items())]
    return _marker_page("Functions", rows, params)


@service.operation("ListVersionsByFunction")
def list_versions_by_function(params: Params, scope: Scope, state: Functions) -> Params:
    function = find(params["FunctionName"], scope)
    row = function.configuration()
    return _marker_page("Versions", [{**row, "FunctionArn": f"{function.arn}:{VERSION}"}], params)


def _marker_page(name: str, rows: list[Params], params: Params) -> Params:
    chosen, token = page(
        rows, params, token="Marker", error="InvalidParameterValueException", limit="MaxItems", default=50
    )
    return {name: chosen, "NextMarker": token}


@service.operation("DeleteFunction")
def delete_function(params: Params, scope: Scope, state: Functions) -> None:
    function = find(params["FunctionName"], scope)
    if params.get("Qualifier"):
        raise LackingOperation("lambda", "DeleteFunction", "versions")
    del state[function.name]


# --- policy ---------------------------------------------------------------------------------------------------------


@service.operation("AddPermission")
def add_permission(params: Params, scope: Scope, state: Functions) -> Params:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    _check_revision(params, function.policy_revision)
    identifier = params["StatementId"]
    if any(one["Sid"] == identifier for one in function.statements):
        raise AwsError(
            "ResourceConflictException",
            f"The statement id ({identifier}) provided already exists. Please provide a new statement id, or remove "
            "the existing statement.",
        )
    statement: Params = {
        "Sid": identifier,
        "Effect": "Allow",
        "Principal": _principal(params["Principal"], scope),
        "Action": params["Action"],
        "Resource": function.arn,
    }
    equal = {
        key: params[name]
        for name, key in (
            ("SourceAccount", "AWS:SourceAccount"),
            ("EventSourceToken", "lambda:EventSourceToken"),
            ("FunctionUrlAuthType", "lambda:FunctionUrlAuthType"),
            ("PrincipalOrgID", "aws:PrincipalOrgID"),
        )
        if name in params
    }
    condition = {"StringEquals": equal} if equal else {}
    if "SourceArn" in params:
        condition["ArnLike"] = {"AWS:SourceArn": params["SourceArn"]}
    if condition:
        statement["Condition"] = condition
    statements = [*function.statements, statement]
    if len(_policy(statements)) > POLICY_BYTES:
        raise AwsError(
            "PolicyLengthExceededException", f"The final policy size is bigger than the limit ({POLICY_BYTES})."
        )
    function.statements, function.policy_revision = statements, notifications.random_uuid()
    return {"Statement": json.dumps(statement, separators=(",", ":"))}


def _policy(statements: list[Params]) -> str:
    document = {"Version": "2012-10-17", "Id": "default", "Statement": statements}
    return json.dumps(document, separators=(",", ":"))


def _principal(given: str, scope: Scope) -> Any:
    if given == "*":
        return "*"
    if re.fullmatch(r"\d{12}", given):
        return {"AWS": f"arn:{scope.partition}:iam::{given}:root"}
    if given.startswith("arn:") and iam.principal_exists(given, scope):
        return {"AWS": given}
    if re.fullmatch(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)", given):
        return {"Service": given}
    raise invalid("The provided principal was invalid. Please check the principal and try again.")


@service.operation("RemovePermission")
def remove_permission(params: Params, scope: Scope, state: Functions) -> None:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    _check_revision(params, function.policy_revision)
    kept = [one for one in function.statements if one["Sid"] != params["StatementId"]]
    if len(kept) == len(function.statements):
        raise AwsError(
            "ResourceNotFoundException",
            f"Statement {params['StatementId']} is not found in resource policy.",
            404,
        )
    function.statements, function.policy_revision = kept, notifications.random_uuid()


@service.operation("GetPolicy")
def get_policy(params: Params, scope: Scope, state: Functions) -> Params:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    if not function.statements:
        raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
    return {"Policy": _policy(function.statements), "RevisionId": function.policy_revision}


# --- asynchronous invocations, concurrency --------------------------------------------------------------------------


@service.operation("PutFunctionEventInvokeConfig")
def put_event_invoke_config(params: Params, scope: Scope, state: Functions) -> Params:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    return _set_asynchronous(function, {}, params)


@service.operation("UpdateFunctionEventInvokeConfig")
def update_event_invoke_config(params: Params, scope: Scope, state: Functions) -> Params:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    return _set_asynchronous(function, _asynchronous(function), params)


def _set_asynchronous(function: Function, before: Params, params: Params) -> Params:
    names = ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")
    declared = {key: params[key] for key in names if key in params}
    if not declared:
        raise invalid("You must specify at least one of the settings of asynchronous invocations.")
    role = role_of(function)
    for destination in declared.get("DestinationConfig", {}).values():
        target = destination.get("Destination")
        if target and (target.split(":")[2] not in _SENDING or role is None):
            raise invalid(f"The destination ARN {target} is invalid.")
        if target:
            action, told = _SENDING[target.split(":")[2]]
            if not delivery.role_allows(role, action, target):
                raise invalid(
                    f"The function {function.name}'s execution role does not have permissions to call "
                    f"{told.split()[0]} on {target}"
                )
    function.asynchronous = {
        "FunctionArn": f"{function.arn}:{VERSION}",
        "DestinationConfig": {"OnSuccess": {}, "OnFailure": {}},
        **before,
        **declared,
        "LastModified": clock.moment(),
    }
    return function.asynchronous


def _asynchronous(function: Function) -> Params:
    if function.asynchronous is None:
        raise AwsError(
            "ResourceNotFoundException", f"The function {function.arn} doesn't have an EventInvokeConfig", 404
        )
    return function.asynchronous


@service.operation("GetFunctionEventInvokeConfig")
def get_event_invoke_config(params: Params, scope: Scope, state: Functions) -> Params:
    return _asynchronous(find(params["FunctionName"], scope, params.get("Qualifier")))


@service.operation("ListFunctionEventInvokeConfigs")
def list_event_invoke_configs(params: Params, scope: Scope, state: Functions) -> Params:
    found = find(params["FunctionName"], scope).asynchronous
    return {"FunctionEventInvokeConfigs": [found] if found else []}


@service.operation("DeleteFunctionEventInvokeConfig")
def delete_event_invoke_config(params: Params, scope: Scope, state: Functions) -> None:
    function = find(params["FunctionName"], scope, params.get("Qualifier"))
    _asynchronous(function)
    function.asynchronous = None


@service.operation("PutFunctionConcurrency")
def put_function_concurrency(params: Params, scope: Scope, state: Functions) -> Params:
    function, wanted = find(params["FunctionName"], scope), params["ReservedConcurrentExecutions"]
    reserved = sum(one.concurrency or 0 for one in state.values() if one is not function)
    if reserved + wanted > 900:
        raise invalid(
            "Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution "
            "below its minimum value of [100]."
        )
    function.concurrency = wanted
    return {"ReservedConcurrentExecutions": wanted}


@service.operation("GetFunctionConcurrency")
def get_function_concurrency(params: Params, scope: Scope, state: Functions) -> Params:
    found = find(params["FunctionName"], scope).concurrency
    return {} if found is None else {"ReservedConcurrentExecutions": found}


@service.operation("DeleteFunctionConcurrency")
def delete_function_concurrency(params: Params, scope: Scope, state: Functions) -> None:
    find(params["FunctionName"], scope).concurrency = None


# --- tags -----------------------------------------------------------------------------------------------------------


def _checked_tags(tags: dict[str, str]) -> dict[str, str]:
    if any(key.lower().startswith("aws:") for key in tags):
        raise invalid("Tag keys must not begin with aws:")
    if len(tags) > 50:
        raise invalid("A function has up to 50 tags.")
    return dict(tags)


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: Functions) -> None:
    function = find(params["Resource"], scope)
    function.tags = _checked_tags({**function.tags, **_checked_tags(params["Tags"])})


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: Functions) -> None:
    function = find(params["Resource"], scope)
    function.tags = {key: value for key, value in function.tags.items() if key not in params["TagKeys"]}


@service.operation("ListTags")
def list_tags(params: Params, scope: Scope, state: Functions) -> Params:
    return {"Tags": find(params["Resource"], scope).tags}
