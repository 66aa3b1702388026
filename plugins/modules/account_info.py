#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: account_info
version_added: 0.1.0
short_description: Say which AWS account the credentials belong to, and which regions it has
description:
  - Makes sure that the credentials lead to the account that is meant, and that the regions to work in are regions of
    that account, before other tasks of a play do anything.
  - Only reads.
author:
  - The secops.aws_baseline authors (@secops)
extends_documentation_fragment:
  - secops.aws_baseline.attributes.info_module
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
"""

EXAMPLES = r"""
- name: Stop here if this is not the account of the inventory
  secops.aws_baseline.account_info:
    region: eu-central-1
    account_id: '123456789012'

- name: Find out the regions to work in
  secops.aws_baseline.account_info:
    region: eu-central-1
    exclude_regions:
      - us-west-1
  register: account
"""

RETURN = r"""
account_id:
  description: The account that the credentials belong to.
  returned: success
  type: str
  sample: '123456789012'
arn:
  description: Who the credentials are, after O(assume_role_arn) was assumed.
  returned: success
  type: str
  sample: arn:aws:sts::123456789012:assumed-role/Baseline/secops.aws_baseline
partition:
  description: The partition of the account's regions, such as V(aws), V(aws-cn) or V(aws-us-gov).
  returned: success
  type: str
  sample: aws
home_region:
  description: The region of what exists once per account.
  returned: success
  type: str
  sample: eu-central-1
enabled_regions:
  description: Regions that are enabled for the account, sorted.
  returned: success
  type: list
  elements: str
  sample:
    - eu-central-1
    - us-east-1
    - us-west-1
regions:
  description: Those of RV(enabled_regions) that O(regions) and O(exclude_regions) leave to work in, sorted.
  returned: success
  type: list
  elements: str
  sample:
    - eu-central-1
    - us-east-1
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    Context,
    run_module,
)

ARGUMENT_SPEC = {**ACCOUNT_OPTIONS, **REGIONS_OPTIONS}


def converge(context: Context) -> dict[str, object]:
    """Read what the account is; changes nothing."""
    regions = context.regions()
    home = context.connection.home
    return {
        "changed": False,
        "account_id": home.account_id,
        "arn": context.connection.identity,
        "partition": home.partition,
        "home_region": home.region,
        "enabled_regions": context.connection.enabled_regions,
        "regions": regions,
    }


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
