# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules whose service goes on working after it has answered."""

    DOCUMENTATION = r"""
options:
  wait:
    description:
      - Whether to wait until AWS has done what was written, and to fail with what it could not do.
      - Nothing is waited for in check mode, nor when nothing was written.
    type: bool
    default: true
  wait_timeout:
    description: After how many seconds to give up. AWS goes on all the same.
    type: int
    default: 1800
"""
