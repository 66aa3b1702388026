# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a module's options to declared fields, and checks that several modules make before the first AWS call."""

from __future__ import annotations

import getpass
import os
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError, OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.policy_document import PolicyDocumentError, validate
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

IDENTITY_OPTIONS = frozenset({"name", "state"})
"""Options that say which resource is meant, not how it should be."""

ACCOUNT_ID = re.compile(r"\d{12}")

ROLE_ARN = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")
"""ARN of an IAM role, without pseudo parameters."""

SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)

SAMPLE_SCOPE = Scope("123456789012", "us-east-1")
"""Stands for any account, to check values with pseudo parameters before the account is known. Its names are as short as
such names can be, so that a value is refused for its length only if AWS will refuse it."""


def role_to_assume(params: t.Mapping[str, t.Any]) -> dict[str, str] | None:
    """The parameters of C(sts:AssumeRole) that the options C(assume_role_*) mean, or None. Raises OptionError."""
    role, external_id = params["assume_role_arn"], params["assume_role_external_id"]
    name = params["assume_role_session_name"] or session_name()
    if not SESSION_NAME.fullmatch(name):
        raise OptionError("assume_role_session_name", name, "2 to 64 letters, digits and characters of _+=,.@-")
    if not role:
        return None
    if not ROLE_ARN.fullmatch(role):
        raise OptionError("assume_role_arn", role, "the ARN of an IAM role")
    return {"RoleArn": role, "RoleSessionName": name, **({"ExternalId": external_id} if external_id else {})}


def session_name() -> str:
    """The name of an assumed role's session unless another one is given: this collection, and who runs it."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        user = str(os.getuid())
    return re.sub(r"[^\w+=,.@-]", "-", f"secops.aws_baseline@{user}", flags=re.ASCII)[:64]


def fields_of(options: dict[str, t.Any], *leave_out: str) -> dict[str, t.Any]:
    """The declared fields among a resource's options: those with a value, but not I(leave_out) and its identity.

    C(tags) become text, as AWS keeps them.
    """
    fields = {
        name: value
        for name, value in options.items()
        if value is not None and name not in IDENTITY_OPTIONS and name not in leave_out
    }
    if "tags" in fields:
        fields["tags"] = {str(name): str(value) for name, value in fields["tags"].items()}
    return fields


def check_policy(option: str, document: t.Any, kind: str, limit: str | None = None) -> None:
    """Refuse a policy document that AWS would refuse. kind and limit: as C(policy_document.validate) takes them.

    Raises BaselineError, which names the option and the place in the document.
    """
    try:
        validate(SAMPLE_SCOPE.substitute(document), kind, limit)
    except PolicyDocumentError as error:
        raise BaselineError(f"{option}: {error}") from error


def check_purge(params: dict[str, t.Any]) -> None:
    """Refuse to purge without a prefix, which would delete what is not ours."""
    if params["purge"] and not params["purge_prefix"]:
        raise OptionError("purge_prefix", params["purge_prefix"], "a non-empty prefix of names, when purge is true")


def check_account_ids(option: str, account_ids: list[str] | None) -> None:
    """Refuse what is no account id, such as a number that YAML has shortened."""
    wrong = [one for one in account_ids or () if not ACCOUNT_ID.fullmatch(one)]
    if wrong:
        raise OptionError(option, wrong, "account ids of 12 digits, quoted in YAML")


def check_wait(params: dict[str, t.Any]) -> None:
    """Refuse to wait for no time, of options as C(WAIT_OPTIONS) of C(context)."""
    if params["wait_timeout"] < 1:
        raise OptionError("wait_timeout", params["wait_timeout"], "1 or more seconds")
