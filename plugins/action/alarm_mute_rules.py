# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.secops.aws_baseline.plugins.modules import alarm_mute_rules
from ansible_collections.secops.aws_baseline.plugins.plugin_utils.in_process import InProcessAction


class ActionModule(InProcessAction, services=["cloudwatch"]):
    """Runs the module of this name in process."""

    converge = staticmethod(alarm_mute_rules.converge)
    argument_spec = alarm_mute_rules.ARGUMENT_SPEC
