# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules that declare resources: all of them are full citizens of check and diff mode."""

    DOCUMENTATION = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/secops.aws_baseline.baseline) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - secops.aws_baseline.baseline
  check_mode:
    description: Plans without writing. What it says is what a run with the same options would do.
    support: full
  diff_mode:
    description: Shows for every change which fields of which resource in which region change from what to what.
    support: full
  idempotent:
    description: A second run with the same options changes nothing.
    support: full
  connection:
    description: >-
      With a local connection the code runs inside the controller's worker, which is many times faster than a process
      of its own and returns the same. The variable C(aws_baseline_in_process) set to V(false) turns that off.
    support: full
"""

    INFO_MODULE = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/secops.aws_baseline.baseline) in C(module_defaults) to set defaults for this module.
    support: full
    membership:
      - secops.aws_baseline.baseline
  check_mode:
    description: Only reads, in check mode as otherwise.
    support: full
  diff_mode:
    description: Changes nothing, so there is nothing to show.
    support: N/A
  idempotent:
    description: Changes nothing.
    support: full
  connection:
    description: >-
      With a local connection the code runs inside the controller's worker, which is many times faster than a process
      of its own and returns the same. The variable C(aws_baseline_in_process) set to V(false) turns that off.
    support: full
"""
