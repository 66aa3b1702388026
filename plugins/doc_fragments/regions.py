# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options of modules that work in many regions at once."""

    DOCUMENTATION = r"""
options:
  regions:
    description:
      - Region codes to work in, all in parallel.
      - When omitted, all regions that are enabled for the account. Regions that need to be opted in and are not, are
        left out.
      - The home region is O(region).
    type: list
    elements: str
  exclude_regions:
    description: Region codes to leave out.
    type: list
    elements: str
    default: []
"""
