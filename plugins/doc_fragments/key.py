# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Option of modules that manage the KMS key by which their service encrypts."""

    DOCUMENTATION = r"""
options:
  key:
    description:
      - A symmetric customer managed KMS key, known by its alias. What is not given is left as it is.
      - A key that is missing is created, one that is scheduled for deletion is saved. No key is ever deleted.
    type: dict
    suboptions:
      name:
        description: The key's alias, such as V(alias/cloudtrail). Aliases of AWS's own keys are not accepted.
        type: str
        required: true
      description:
        description: What the key is for. Empty to have none.
        type: str
      policy:
        description: Key policy, a policy document. A new key without one lets IAM policies of the account decide.
        type: dict
      enabled:
        description: Whether the key can be used.
        type: bool
        default: true
      enable_key_rotation:
        description: Whether AWS replaces the key material regularly.
        type: bool
        default: true
      rotation_period_in_days:
        description:
          - How often the key material is replaced, 90 to 2560 days. Only if O(key.enable_key_rotation) is V(true).
          - When omitted, a new key is rotated every 365 days.
        type: int
      tags:
        description: Tags of the key. Others are removed.
        type: dict
"""
