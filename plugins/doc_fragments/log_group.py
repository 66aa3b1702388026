# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Option of modules that manage the log group that their service writes to."""

    DOCUMENTATION = r"""
options:
  log_group:
    description: A CloudWatch Logs log group. What is not given is left as it is. No log group is ever deleted.
    type: dict
    suboptions:
      name:
        description: Name of the log group, 1 to 512 letters, digits and characters of C(.-_/#).
        type: str
        required: true
      state:
        description:
          - Whether to bring the log group into line, or only to make sure that it is there as described.
          - V(existing) never changes anything, and fails when the log group is missing, in check mode too.
        type: str
        choices: [present, existing]
        default: present
      retention_in_days:
        description:
          - After how many days events expire. V(0) means never.
          - AWS accepts V(1), V(3), V(5), V(7), V(14), V(30), V(60), V(90), V(120), V(150), V(180), V(365), V(400),
            V(545), V(731), V(1096), V(1827), V(2192), V(2557), V(2922), V(3288) and V(3653).
            Any other value is refused before anything is done.
        type: int
      kms_key_id:
        description: KMS key to encrypt with, as alias, key id or ARN. Empty to encrypt with a key that AWS owns.
        type: str
      tags:
        description: Tags of the log group. Others are removed.
        type: dict
"""
