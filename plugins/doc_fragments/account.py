# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Options by which every module of the collection finds its account, beside those of amazon.aws."""

    DOCUMENTATION = r"""
options:
  account_id:
    description:
      - The account that the credentials must belong to, 12 digits.
      - Checked before anything else is done. With other credentials the module fails and changes nothing.
      - When omitted, the account of the credentials is accepted whatever it is.
    type: str
  assume_role_arn:
    description:
      - ARN of an IAM role to assume first, by C(sts:AssumeRole) with the credentials at hand.
      - The role's credentials never leave the module, and are used in check mode too.
    type: str
  assume_role_external_id:
    description: External id that the role's trust policy asks for.
    type: str
  assume_role_session_name:
    description:
      - Name of the session, by which CloudTrail shows who acted.
      - The default is C(secops.aws_baseline@) and the name of the user who runs the module.
    type: str
  validate_only:
    description:
      - Check the options and stop before the first AWS call, without a result other than failure or success.
      - Needs no credentials. The playbook C(secops.aws_baseline.validate) does this for a whole inventory.
    type: bool
    default: false
notes:
  - Option values may contain CloudFormation's pseudo parameters C(${AWS::AccountId}), C(${AWS::Partition}),
    C(${AWS::Region}) and C(${AWS::URLSuffix}). They are replaced for each account and region, so that names, ARNs and
    policies hold in every partition.
"""
