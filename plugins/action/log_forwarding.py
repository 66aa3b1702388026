# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.secops.aws_baseline.plugins.modules import log_forwarding
from ansible_collections.secops.aws_baseline.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction, services=["iam", "kinesis", "kms", "lambda", "logs", "sqs"]):
    """Runs the module of this name in process."""

    converge = staticmethod(log_forwarding.converge)
    argument_spec = log_forwarding.ARGUMENT_SPEC
