# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module's converge against the emulator, within the test's process."""

from __future__ import annotations

import importlib
import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import converged
from ansible_collections.secops.aws_baseline.plugins.plugin_utils.in_process import InProcessModule
from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION


def converge(
    emulator: Emulator,
    module: str,
    arguments: dict[str, t.Any],
    check_mode: bool = False,
    *,
    credentials_of: str = ACCOUNT_ID,
    **connection: t.Any,
) -> dict[str, t.Any]:
    """The result of a module.

    credentials_of: the account whose credentials it has. connection: overrides of the connection's options, such as
    region or account_id.
    """
    implementation = importlib.import_module(f"ansible_collections.secops.aws_baseline.plugins.modules.{module}")
    environment = emulator.environment(account_id=credentials_of, region=HOME_REGION)
    options = {
        "access_key": environment["AWS_ACCESS_KEY_ID"],
        "secret_key": environment["AWS_SECRET_ACCESS_KEY"],
        "endpoint_url": environment["AWS_ENDPOINT_URL"],
        "region": HOME_REGION,
        **connection,
        **arguments,
    }
    validation = ArgumentSpecValidator(aws_argument_spec() | implementation.ARGUMENT_SPEC).validate(options)
    if validation.error_messages:
        return {"failed": True, "changed": False, "msg": "; ".join(validation.error_messages)}
    return converged(implementation.converge, InProcessModule(validation.validated_parameters, check_mode, True))
