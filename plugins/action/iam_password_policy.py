# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.secops.aws_baseline.plugins.modules import iam_password_policy
from ansible_collections.secops.aws_baseline.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction, services=["iam"]):
    """Runs the module of this name in process."""

    converge = staticmethod(iam_password_policy.converge)
    argument_spec = iam_password_policy.ARGUMENT_SPEC
