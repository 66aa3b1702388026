#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guardduty_findings
version_added: 0.1.0
short_description: Manage where GuardDuty archives findings, and the lists of addresses that decide about them
description:
  - Has the findings of all regions archived in one bucket, and gives the detectors their trusted IP lists and threat
    lists, in all regions in parallel. What is not given is left alone.
  - The bucket and its key are in one region, and can belong to another account, such as the log archive. There the
    module makes them with O(key) and O(bucket), in the home region; here O(publishing_destination) uses them.
  - GuardDuty exports findings of an administrator's members too. A member cannot have lists of its own.
  - GuardDuty does not notice by itself that the object of a list was written anew. It reads it again when the list is
    changed here, or is activated in its console.
author:
  - The secops.aws_baseline authors (@secops)
options:
  publishing_destination:
    description:
      - The bucket to which findings are exported. AWS has one for each detector; one that exists is taken over.
      - When GuardDuty has given up on it, it is told to try again.
    type: dict
    suboptions:
      state:
        description: V(present) makes sure that findings are exported, V(absent) ends it.
        type: str
        choices: [present, absent]
        default: present
      bucket_name:
        description: The bucket, which may belong to another account. Required if state is V(present).
        type: str
      prefix:
        description:
          - A folder of the bucket, without slashes at its ends.
          - When empty, AWS makes folders of account and region, V(AWSLogs/123456789012/GuardDuty/eu-central-1/).
        type: str
        default: ''
      kms_key_id:
        description:
          - The customer managed key by which findings are encrypted, in the region of the bucket. Required if state is
            V(present).
          - The alias of a key in the home region, the ARN of such an alias, also of another account, whose key policy
            lets this one do C(kms:DescribeKey), or the id or ARN of a key.
        type: str
  ip_sets:
    description:
      - Trusted IP lists. GuardDuty makes no findings for their addresses. One can be active.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the list, as findings tell it. Letters, digits, spaces, dashes and underscores.
        type: str
        required: true
      state:
        description: V(present) makes sure that the list is as declared, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
      format:
        description: How the object is written. V(TXT) is one address or range a line. Changing it makes the list anew.
        type: str
        choices: [TXT, STIX, OTX_CSV, ALIEN_VAULT, PROOF_POINT, FIRE_EYE]
        default: TXT
      location:
        description:
          - The S3 object with the addresses, such as V(s3://bucket/addresses.txt). It must be there.
          - Required if state is V(present).
        type: str
      activate:
        description: Whether GuardDuty uses the list.
        type: bool
        default: true
      tags:
        description: Tags of the list. Others are removed.
        type: dict
  threat_intel_sets:
    description:
      - Threat lists. GuardDuty makes findings for all that has to do with their addresses. Six can be active.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The name of the list, as findings tell it. Letters, digits, spaces, dashes and underscores.
        type: str
        required: true
      state:
        description: V(present) makes sure that the list is as declared, V(absent) deletes it.
        type: str
        choices: [present, absent]
        default: present
      format:
        description: How the object is written. V(TXT) is one address or range a line. Changing it makes the list anew.
        type: str
        choices: [TXT, STIX, OTX_CSV, ALIEN_VAULT, PROOF_POINT, FIRE_EYE]
        default: TXT
      location:
        description:
          - The S3 object with the addresses, such as V(s3://bucket/addresses.txt). It must be there.
          - Required if state is V(present).
        type: str
      activate:
        description: Whether GuardDuty uses the list.
        type: bool
        default: true
      tags:
        description: Tags of the list. Others are removed.
        type: dict
  purge:
    description: Whether to delete lists of addresses whose names start with O(purge_prefix) and are not listed.
    type: bool
    default: false
  purge_prefix:
    description:
      - What names of lists start with that are ours.
      - Required if O(purge) is V(true), and must not be empty.
    type: str
extends_documentation_fragment:
  - secops.aws_baseline.key
  - secops.aws_baseline.bucket
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - secops.aws_baseline.wait
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.guardduty_detector
  - name: Exporting findings
    description: What bucket and key must allow.
    link: https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_exportfindings.html
"""

EXAMPLES = r"""
- name: Archive the findings of all regions in the log archive's account
  secops.aws_baseline.guardduty_findings:
    region: eu-central-1
    publishing_destination:
      bucket_name: example-guardduty-100000000002
      kms_key_id: arn:${AWS::Partition}:kms:eu-central-1:100000000002:alias/example-guardduty

- name: Trust the office, and be told of what comes from addresses that others warn of
  secops.aws_baseline.guardduty_findings:
    region: eu-central-1
    ip_sets:
      - name: office
        location: s3://example-lists/office.txt
    threat_intel_sets:
      - name: partners
        location: s3://example-lists/threats.txt
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
    - action: create
      type: AWS::GuardDuty::PublishingDestination
      key: S3
      account_id: '100000000003'
      region: us-east-1
      before: null
      after:
        destination_arn: arn:aws:s3:::example-guardduty-100000000002
        kms_key_arn: arn:aws:kms:eu-central-1:100000000002:key/0123abcd-0123-abcd-0123-0123456789ab
        status: PUBLISHING
      operations:
        - guardduty:CreatePublishingDestination
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
        - V(NotSettled) if AWS was not done in time.
        - GuardDuty's own word for a destination that it cannot write to.
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
    - account_id: '100000000003'
      region: us-east-1
      code: BadRequestException
      message: >-
        AWS::GuardDuty::PublishingDestination S3: guardduty:CreatePublishingDestination in account 100000000003, region
        us-east-1: BadRequestException: The request is rejected because GuardDuty does not have the required permissions
        for the S3 bucket or the KMS key of the publishing destination.
      type: AWS::GuardDuty::PublishingDestination
      key: S3
      operation: guardduty:CreatePublishingDestination
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    WAIT_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import check_purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import (
    guardduty,
    guardduty_findings,
    kms,
    s3,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Fields, Purge

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    **WAIT_OPTIONS,
    "key": {"type": "dict", "no_log": False, "options": kms.KEY_OPTIONS},
    "bucket": {"type": "dict", "options": s3.BUCKET_OPTIONS},
    "publishing_destination": {"type": "dict", "options": guardduty_findings.DESTINATION_OPTIONS},
    "ip_sets": {"type": "list", "elements": "dict", "default": [], "options": guardduty_findings.LIST_OPTIONS},
    "threat_intel_sets": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": guardduty_findings.LIST_OPTIONS,
    },
    "purge": {"type": "bool", "default": False},
    "purge_prefix": {"type": "str"},
}

LISTS = {
    "ip_sets": (guardduty_findings.IPSet.type, 1),
    "threat_intel_sets": (guardduty_findings.ThreatIntelSet.type, 6),
}
"""Options with lists of addresses: their type, and how many GuardDuty uses at a time."""


def converge(context: Context) -> dict[str, object]:
    """Bring bucket and key, and destination and lists of all regions, to the declared state."""
    params = context.params
    check_purge(params)
    at_home = _archive(params)
    regional = [item for option in LISTS for item in _lists(params, option)]
    if params["publishing_destination"]:
        known = {(item.type, item.key) for item in at_home}
        keys, destination = guardduty_findings.publishing_destination(
            params["publishing_destination"], context.home_region
        )
        at_home += [item for item in keys if (item.type, item.key) not in known]
        regional.append(destination)
    if not (regional or params["purge"]):
        # bucket and key alone have nothing to do with regions
        return context.result(context.reconcile(kms.with_referenced(at_home)))
    regions = context.regions()
    desired = [*kms.with_referenced(at_home), *guardduty.in_regions(regional, regions)]
    purges = [Purge(kind, params["purge_prefix"], region) for kind, _most in LISTS.values() for region in regions]
    return context.result(context.reconcile(desired, purges if params["purge"] else []))


def _archive(params: Fields) -> list[Desired]:
    """Key and bucket, which are in the home region."""
    desired = [kms.key(params["key"])] if params["key"] else []
    if params["bucket"]:
        desired.append(s3.bucket(params["bucket"]))
    return desired


def _lists(params: Fields, option: str) -> list[Desired]:
    """The lists of one kind. Raises OptionError."""
    kind, most = LISTS[option]
    items = params[option]
    names = [item["name"] for item in items]
    for name in names:
        if names.count(name) > 1:
            raise OptionError(option, name, "each name only once")
    active = [item["name"] for item in items if item["state"] == "present" and item["activate"]]
    if len(active) > most:
        raise OptionError(option, active, f"up to {most} active, which is what GuardDuty uses at a time")
    return [guardduty_findings.address_list(kind, item, f"{option}[{index}]") for index, item in enumerate(items)]


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
