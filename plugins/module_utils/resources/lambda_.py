# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Lambda: functions, and who may invoke them."""

from __future__ import annotations

import collections.abc as c
import json
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Failure,
    Fields,
    Observed,
    ResourceType,
    Settling,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

ARCHITECTURES = ("arm64", "x86_64")
UNRESERVED = -1
"""Value of reserved_concurrent_executions when a function shares what the account has."""

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
FUNCTION_ARN = re.compile(r"arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64}(:[A-Za-z0-9_$-]+)?")
TIMEOUTS = range(1, 901)
MEMORY_SIZES = range(128, 10241)
CONCURRENCIES = range(UNRESERVED, 1001)
MOST_DESCRIPTION = 256

NOT_FOUND = frozenset({"ResourceNotFoundException"})


def check_function(options: Fields, option: str = "function") -> None:
    """Refuse names and numbers that Lambda would refuse. Raises OptionError."""
    if not NAME.fullmatch(SAMPLE_SCOPE.substitute(options["name"])):
        raise OptionError(f"{option}.name", options["name"], "1 to 64 letters, digits, hyphens and underscores")
    for name, allowed, unit in (
        ("timeout", TIMEOUTS, "seconds"),
        ("memory_size", MEMORY_SIZES, "MB"),
        ("reserved_concurrent_executions", CONCURRENCIES, "executions, -1 for no share of its own"),
    ):
        if options[name] is not None and options[name] not in allowed:
            raise OptionError(f"{option}.{name}", options[name], f"{allowed.start} to {allowed.stop - 1} {unit}")
    if len(options["description"] or "") > MOST_DESCRIPTION:
        raise OptionError(f"{option}.description", options["description"], f"up to {MOST_DESCRIPTION} characters")


@register
class Function(ResourceType):
    """A function whose code is a package of ours. Key: its name.

    Fields: code (C(Package); its SHA-256), architecture, handler, runtime, role_arn, description, timeout,
    memory_size, dead_letter_target_arn (empty: none), reserved_concurrent_executions (UNRESERVED: none of its own),
    tags.
    """

    type = "AWS::Lambda::Function"
    service = "lambda"
    after = ("AWS::IAM::Role", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::SQS::Queue")
    settles = True
    # a role takes a moment until Lambda can assume it, and so does what it may do
    propagation_errors = frozenset({"InvalidParameterValueException", "AccessDeniedException"})
    # what AWS answers while it works on the last change
    busy_errors = frozenset({"ResourceConflictException"})
    permissions = {
        "read": ("lambda:GetFunction",),
        "write": (
            "lambda:CreateFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:PutFunctionConcurrency",
            "lambda:DeleteFunctionConcurrency",
            "lambda:TagResource",
            "lambda:UntagResource",
            "lambda:DeleteFunction",
            "iam:PassRole",
        ),
    }

    NAMES: t.ClassVar[dict[str, str]] = {
        "handler": "Handler",
        "runtime": "Runtime",
        "role_arn": "Role",
        "description": "Description",
        "timeout": "Timeout",
        "memory_size": "MemorySize",
    }
    """The fields that are parameters of C(lambda:UpdateFunctionConfiguration), and what the API calls them."""

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": scope.arn("lambda", f"function:{key}")}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = in_parallel(lambda name: client.optional("GetFunction", NOT_FOUND, FunctionName=name), wanted)
        return {name: self._observed(answer) for name, answer in zip(wanted, found, strict=True) if answer}

    def _observed(self, answer: Fields) -> Observed:
        configuration = answer["Configuration"]
        fields = {field: configuration.get(name) for field, name in self.NAMES.items()}
        fields["code"] = configuration["CodeSha256"]
        fields["architecture"] = configuration["Architectures"][0]
        fields["dead_letter_target_arn"] = configuration.get("DeadLetterConfig", {}).get("TargetArn")
        concurrency = answer.get("Concurrency", {})
        fields["reserved_concurrent_executions"] = concurrency.get("ReservedConcurrentExecutions", UNRESERVED)
        fields["tags"] = own_tags(answer.get("Tags", {}))
        return Observed(fields, {"arn": configuration["FunctionArn"]})

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        if field == "code":
            return before == after.text
        return super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {"FunctionName": key, "PackageType": "Zip", **self._configuration(fields, fields.keys())}
        parameters["Code"] = {"ZipFile": fields["code"].content}
        if fields.get("architecture"):
            parameters["Architectures"] = [fields["architecture"]]
        if not fields.get("dead_letter_target_arn"):
            parameters.pop("DeadLetterConfig", None)
        if fields.get("tags"):
            parameters["Tags"] = fields["tags"]
        calls = [Call("CreateFunction", parameters)]
        if fields.get("reserved_concurrent_executions", UNRESERVED) != UNRESERVED:
            calls.append(self._concurrency(key, fields["reserved_concurrent_executions"]))
        return calls

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        calls = []
        if changed & {"code", "architecture"}:
            parameters = {"FunctionName": key, "ZipFile": after["code"].content}
            if after.get("architecture"):
                parameters["Architectures"] = [after["architecture"]]
            calls.append(Call("UpdateFunctionCode", parameters))
        if configuration := self._configuration(after, changed):
            calls.append(Call("UpdateFunctionConfiguration", {"FunctionName": key, **configuration}, settled=True))
        if "reserved_concurrent_executions" in changed:
            calls.append(self._concurrency(key, after["reserved_concurrent_executions"]))
        if "tags" in changed:
            arn = before.attributes["arn"]
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("TagResource", {"Resource": arn, "Tags": tags}),
                lambda names: Call("UntagResource", {"Resource": arn, "TagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteFunction", {"FunctionName": key})]

    def settling(self, client: Client, keys: c.Sequence[str]) -> dict[str, Settling]:
        found = in_parallel(lambda name: client.optional("GetFunction", NOT_FOUND, FunctionName=name), keys)
        account_id = client.scope.account_id
        return {
            name: _settling(answer["Configuration"], account_id)
            for name, answer in zip(keys, found, strict=True)
            if answer
        }

    def _configuration(self, fields: Fields, chosen: c.Set[str]) -> Fields:
        """Parameters for those fields that are chosen."""
        parameters = {name: fields[field] for field, name in self.NAMES.items() if field in chosen}
        if "dead_letter_target_arn" in chosen:
            parameters["DeadLetterConfig"] = {"TargetArn": fields["dead_letter_target_arn"]}
        return parameters

    @staticmethod
    def _concurrency(key: str, share: int) -> Call:
        if share == UNRESERVED:
            return Call("DeleteFunctionConcurrency", {"FunctionName": key}, settled=True)
        parameters = {"FunctionName": key, "ReservedConcurrentExecutions": share}
        return Call("PutFunctionConcurrency", parameters, settled=True)


def _settling(configuration: Fields, account_id: str) -> Settling:
    """How far AWS is with a function."""
    state, update = configuration.get("State", "Active"), configuration.get("LastUpdateStatus", "Successful")
    failures = []
    for status, prefix in ((state, "State"), (update, "LastUpdateStatus")):
        if status == "Failed":
            code, reason = configuration.get(f"{prefix}ReasonCode", status), configuration.get(f"{prefix}Reason", "")
            failures.append(Failure(account_id, code, reason))
    return Settling(f"{state}, {update}", state != "Pending" and update != "InProgress", tuple(failures))


def permission_key(function_name: str, statement_id: str) -> str:
    """Key of a permission, whose name is unique within its function only."""
    return f"{function_name}|{statement_id}"


@register
class Permission(ResourceType):
    """A statement of a function's policy. Key: C(permission_key). Fields: principal, source_arn, source_account.

    Always for C(lambda:InvokeFunction). Other statements are left alone.
    """

    type = "AWS::Lambda::Permission"
    service = "lambda"
    after = ("AWS::Lambda::Function",)
    propagation_errors = NOT_FOUND
    busy_errors = frozenset({"ResourceConflictException"})
    permissions = {
        "read": ("lambda:GetPolicy",),
        "write": ("lambda:AddPermission", "lambda:RemovePermission"),
    }

    ACTION = "lambda:InvokeFunction"
    CONDITIONS: t.ClassVar[dict[tuple[str, str], str]] = {
        ("StringEquals", "aws:sourceaccount"): "source_account",
        ("ArnLike", "aws:sourcearn"): "source_arn",
    }
    """What C(lambda:AddPermission) makes of its parameters."""

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        functions = list(dict.fromkeys(key.split("|")[0] for key in wanted))
        answers = in_parallel(lambda name: client.optional("GetPolicy", NOT_FOUND, FunctionName=name), functions)
        found = {}
        for function, answer in zip(functions, answers, strict=True):
            for statement in json.loads(answer["Policy"])["Statement"] if answer else []:
                found[permission_key(function, statement["Sid"])] = self._observed(statement)
        return {key: observed for key, observed in found.items() if key in wanted}

    def _observed(self, statement: Fields) -> Observed:
        principal = statement["Principal"]
        fields = {"principal": principal if isinstance(principal, str) else next(iter(principal.values()))}
        if statement["Effect"] != "Allow" or statement["Action"] != self.ACTION:
            fields["action"] = f"{statement['Effect']} {statement['Action']}"
        for operator, values in statement.get("Condition", {}).items():
            for name, value in values.items():
                fields[self.CONDITIONS.get((operator, name.lower()), f"{operator} {name}")] = value
        return Observed(fields)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        function, statement_id = key.split("|", 1)
        parameters = {
            "FunctionName": function,
            "StatementId": statement_id,
            "Action": self.ACTION,
            "Principal": fields["principal"],
            "SourceArn": fields["source_arn"],
            "SourceAccount": fields["source_account"],
        }
        return [Call("AddPermission", parameters)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return [*self.delete(key, before, scope), *self.create(key, after, scope)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        function, statement_id = key.split("|", 1)
        return [Call("RemovePermission", {"FunctionName": function, "StatementId": statement_id})]
