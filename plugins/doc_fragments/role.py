# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

SUBOPTIONS = r"""
      name:
        description: Name of the role, 1 to 64 characters.
        type: str
        required: true
      path:
        description:
          - Path of the role, with a slash at both ends.
          - AWS cannot change the path of a role. For a role that has another one the module fails and changes nothing.
        type: str
      description:
        description: Description of the role, up to 1000 characters. Empty to have none.
        type: str
      assume_role_policy:
        description: Trust policy, which says who may assume the role. A role cannot be without one.
        type: dict
      managed_policies:
        description:
          - Managed policies to attach, as ARNs or names.
          - A name means one of AWS's own policies, with its path if it has one, such as
            V(service-role/AWS_ConfigRole).
        type: list
        elements: str
      purge_managed_policies:
        description: Whether to detach policies that are not in O(role.managed_policies), if that is given.
        type: bool
        default: false
      inline_policies:
        description: Inline policies, by name. Each is a policy document.
        type: dict
      purge_inline_policies:
        description: Whether to delete inline policies that are not in O(role.inline_policies), if that is given.
        type: bool
        default: false
      max_session_duration:
        description: For how long the role may be assumed at once, 3600 to 43200 seconds.
        type: int
      permissions_boundary:
        description: Managed policy that limits what the role can do, as ARN or name. Empty to have none.
        type: str
      tags:
        description: Tags of the role. Others are removed.
        type: dict
"""


class ModuleDocFragment:
    """Options of modules that manage the IAM roles that their service needs, each by its name."""

    # Annotated, because ansible-test's yamllint reads each plain assignment here as a string constant.
    DOCUMENTATION: str = f"""
options:
  role:
    description: An IAM role. What is not given is left as it is.
    type: dict
    suboptions:{SUBOPTIONS}"""

    STREAM_ROLE: str = f"""
options:
  stream_role:
    description: The IAM role with which CloudWatch Logs writes to a stream. What is not given is left as it is.
    type: dict
    suboptions:{SUBOPTIONS.replace("O(role.", "O(stream_role.")}"""
