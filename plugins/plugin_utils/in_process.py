# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module's C(converge) inside the controller's worker instead of in a new Python process.

Most of a task's time is Python and boto3 starting again. When the connection is local anyway, the same code runs here,
with the SDK and its service models loaded once, before the workers fork. In every other case the module is executed.
"""

from __future__ import annotations

import collections.abc as c
import contextlib
import json
import os
import sys
import typing as t

from ansible import constants
from ansible.errors import AnsibleActionFail
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.module_utils.errors import UnsupportedError
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible.utils.display import Display
from ansible_collections.amazon.aws.plugins.module_utils.botocore import HAS_BOTO3
from ansible_collections.amazon.aws.plugins.module_utils.modules import aws_argument_spec

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import warm
from ansible_collections.secops.aws_baseline.plugins.module_utils.context import Converge, converged

SWITCH = "aws_baseline_in_process"
"""Variable that turns the fast path off when it is false."""


class InProcessModule:
    """Stands in for AnsibleAWSModule within C(converge)."""

    def __init__(self, params: dict[str, t.Any], check_mode: bool, diff: bool, host: str = "") -> None:
        self.params = params
        self.check_mode = check_mode
        self._diff = diff
        self._host = host

    def fail_json(self, msg: str, **kwargs: t.Any) -> t.NoReturn:
        raise AnsibleActionFail(msg, result=kwargs)

    def tell(self, message: str) -> None:
        """Show what is being waited for on the terminal, apart from the output that others may parse."""
        Display().display(f"[{self._host}] {message}", stderr=True)


class InProcessAction(ActionBase):
    """Base of the action plugins that stand before the modules of the same name."""

    _supports_check_mode = True
    _supports_async = True

    converge: t.ClassVar[Converge]
    argument_spec: t.ClassVar[dict[str, t.Any]]

    def __init_subclass__(cls, services: c.Iterable[str] = (), **kwargs: t.Any) -> None:
        """services: botocore's client names whose models the module needs; they are read when the plugin is loaded."""
        super().__init_subclass__(**kwargs)
        if HAS_BOTO3:
            warm(services)

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        if not self._is_possible(task_vars):
            return self._execute_module(task_vars=task_vars, wrap_async=bool(self._task.async_val))
        environment: dict[str, str] = {}
        self._compute_environment_string(environment)
        with environment_of(environment):
            return self._run_here(task_vars)

    def _is_possible(self, task_vars: dict[str, t.Any]) -> bool:
        interpreter = self._templar.template(task_vars.get("ansible_python_interpreter", sys.executable))
        return (
            HAS_BOTO3
            and boolean(self._templar.template(task_vars.get(SWITCH, True)))
            and self._connection.transport in ("local", "ansible.builtin.local")
            and not self._task.async_val
            and not self._connection.become
            and (interpreter.startswith("auto") or os.path.realpath(interpreter) == os.path.realpath(sys.executable))
        )

    def _run_here(self, task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        validation = ArgumentSpecValidator(aws_argument_spec() | self.argument_spec).validate(self._task.args)
        if validation.error_messages:
            # the very words of a module process
            result: dict[str, t.Any] = {"failed": True, "msg": validation.errors.msg}
            if isinstance(validation.errors[0], UnsupportedError):
                result["msg"] = f"Unsupported parameters for ({self._task.action}) module: {result['msg']}"
        else:
            host = task_vars.get("inventory_hostname", "")
            module = InProcessModule(validation.validated_parameters, self._task.check_mode, self._task.diff, host)
            result = converged(type(self).converge, module)
        if injects_invocation(task_vars):
            result["invocation"] = {"module_args": validation.validated_parameters}
        # ansible-core offers no public way to the values of no_log options
        censored = remove_values(result, validation._no_log_values)
        # as a module's output: plain, and so without the origins that Ansible tags values with, which are slow to send
        return json.loads(json.dumps(censored))


def injects_invocation(task_vars: dict[str, t.Any]) -> bool:
    """Whether results tell the options of their task: as configured since ansible-core 2.21, and always before."""
    if not hasattr(constants, "INJECT_INVOCATION"):
        return True
    return constants.config.get_config_value("INJECT_INVOCATION", variables=task_vars)


@contextlib.contextmanager
def environment_of(variables: dict[str, str]) -> c.Iterator[None]:
    """The task's C(environment) while the task runs."""
    before = dict(os.environ)
    os.environ.update({name: str(value) for name, value in variables.items()})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
