#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: iam_password_policy
version_added: 0.1.0
short_description: Manage the password policy of an AWS account
description:
  - Sets what passwords of IAM users must be like. Root users and users of IAM Identity Center are not concerned.
  - Options that are not given keep the values that the policy has. If there is no policy yet, they are as AWS has them
    by default.
  - Values are checked before the first AWS call.
author:
  - The secops.aws_baseline authors (@secops)
options:
  state:
    description: Whether the account should have a password policy of its own. Without one AWS's default policy applies.
    type: str
    choices: [present, absent]
    default: present
  minimum_password_length:
    description: Minimum number of characters, 6 to 128.
    type: int
  require_symbols:
    description: Whether passwords must have a character other than letters and digits.
    type: bool
  require_numbers:
    description: Whether passwords must have a digit.
    type: bool
  require_uppercase_characters:
    description: Whether passwords must have a letter from A to Z.
    type: bool
  require_lowercase_characters:
    description: Whether passwords must have a letter from a to z.
    type: bool
  allow_users_to_change_password:
    description: Whether users may change their own passwords.
    type: bool
  max_password_age:
    description: After how many days a password expires, 1 to 1095. V(0) for never.
    type: int
  password_reuse_prevention:
    description: How many former passwords cannot be used again, 1 to 24. V(0) for none.
    type: int
  hard_expiry:
    description:
      - Whether users whose password has expired need an administrator to set a new one.
      - V(true) only means something with O(max_password_age), which must be given as well.
    type: bool
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.iam_identities
"""

EXAMPLES = r"""
- name: Ask for good passwords
  secops.aws_baseline.iam_password_policy:
    region: eu-central-1
    minimum_password_length: 14
    require_symbols: true
    require_numbers: true
    require_uppercase_characters: true
    require_lowercase_characters: true
    allow_users_to_change_password: true
    max_password_age: 90
    password_reuse_prevention: 24

- name: Go back to AWS's default policy
  secops.aws_baseline.iam_password_policy:
    region: eu-central-1
    state: absent
"""

RETURN = r"""
account_id:
  description: The account that was worked on.
  returned: when the credentials were accepted
  type: str
  sample: '123456789012'
changes:
  description:
    - What is not as declared, in the order in which it is put right.
    - In check mode what a run would do. Otherwise what was done, even if the module failed later.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    action:
      description: What happens to the resource, one of V(create), V(update) and V(delete).
      type: str
    type:
      description: CloudFormation's name of the resource type.
      type: str
    key:
      description: What identifies the resource among those of its type in the region, usually its name.
      type: str
    account_id:
      description: The account that the resource belongs to.
      type: str
    region:
      description: The region of the resource, or V(global) for services without regions.
      type: str
    before:
      description: The values that change, as they were. All fields for V(delete), null for V(create).
      type: dict
    after:
      description: The values as declared. Null for V(delete).
      type: dict
    operations:
      description: The writing API calls, by service and operation.
      type: list
      elements: str
  sample:
    - action: update
      type: AWS::IAM::AccountPasswordPolicy
      key: account
      account_id: '123456789012'
      region: global
      before:
        minimum_password_length: 8
      after:
        minimum_password_length: 14
      operations:
        - iam:UpdateAccountPasswordPolicy
errors:
  description: What failed. One failure does not keep other regions and resources from being put right.
  returned: when the credentials were accepted
  type: list
  elements: dict
  contains:
    account_id:
      description: The account in which it failed.
      type: str
    region:
      description: The region in which it failed.
      type: str
    code:
      description:
        - The error code as AWS returned it.
        - V(PrerequisiteFailed) if it was not tried because something that it needs failed before.
        - V(NotAsRequired) if something that must be there already is missing or different.
      type: str
    message:
      description: What failed, in words.
      type: str
    type:
      description: CloudFormation's name of the resource type.
      type: str
    key:
      description: What identifies the resource.
      returned: when one resource failed, not the reading of all
      type: str
    operation:
      description: The API call that failed, by service and operation.
      returned: when AWS refused a call
      type: str
    permission:
      description: The IAM action that was denied.
      returned: when access was denied
      type: str
    denied_by:
      description:
        - The kind of policy that denied it, such as V(service control policy), as far as AWS says so.
        - A permission that is merely missing is denied by none.
      returned: when a policy denied access
      type: str
  sample:
    - account_id: '123456789012'
      region: global
      code: AccessDenied
      message: >-
        AWS::IAM::AccountPasswordPolicy: iam:GetAccountPasswordPolicy in account 123456789012, region eu-central-1:
        AccessDenied: User is not authorized to perform iam:GetAccountPasswordPolicy
      type: AWS::IAM::AccountPasswordPolicy
      operation: iam:GetAccountPasswordPolicy
      permission: iam:GetAccountPasswordPolicy
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import iam
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired

# with password in its name an option counts as secret unless said otherwise
FIELDS = {
    "minimum_password_length": {"type": "int", "no_log": False},
    "require_symbols": {"type": "bool"},
    "require_numbers": {"type": "bool"},
    "require_uppercase_characters": {"type": "bool"},
    "require_lowercase_characters": {"type": "bool"},
    "allow_users_to_change_password": {"type": "bool", "no_log": False},
    "max_password_age": {"type": "int", "no_log": False},
    "password_reuse_prevention": {"type": "int", "no_log": False},
    "hard_expiry": {"type": "bool"},
}

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    **FIELDS,
}

RANGES = {
    "minimum_password_length": (range(6, 129), "6 to 128 characters"),
    "max_password_age": (range(iam.NEVER, 1096), "1 to 1095 days, or 0 for passwords that never expire"),
    "password_reuse_prevention": (range(iam.NEVER, 25), "1 to 24 passwords, or 0 for none"),
}


def converge(context: Context) -> dict[str, object]:
    """Bring the password policy to the declared state."""
    params = context.params
    fields = fields_of({name: params[name] for name in FIELDS})
    for name, (allowed, words) in RANGES.items():
        if name in fields and fields[name] not in allowed:
            raise OptionError(name, fields[name], words)
    if fields.get("hard_expiry") and not fields.get("max_password_age"):
        # AWS neither keeps nor shows it for passwords that never expire
        raise OptionError("hard_expiry", True, "true only together with max_password_age")
    if params["state"] == "absent":
        fields = {}
    desired = Desired(iam.AccountPasswordPolicy.type, iam.THE_ACCOUNT, fields, params["state"])
    return context.result(context.reconcile([desired]))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
