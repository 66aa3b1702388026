#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: guardduty_detector
version_added: 0.1.0
short_description: Manage GuardDuty in all regions of an account
description:
  - Creates the GuardDuty detector of every enabled region, switches it on, and sets its publishing frequency, features
    and tags, in all regions in parallel.
  - AWS allows one detector per region. One that exists is taken over.
  - Only declared features are changed. A new detector has those features on that GuardDuty turns on by itself.
  - A feature that GuardDuty does not offer in a region is an error there, and keeps no other region from being put
    right.
author:
  - The secops.aws_baseline authors (@secops)
options:
  state:
    description:
      - V(present) makes sure that the detectors are as declared.
      - V(existing) verifies the same and never changes anything, for detectors that somebody else manages.
      - V(absent) deletes the detectors, and with them the findings.
    type: str
    choices: [present, existing, absent]
    default: present
  enable:
    description: Whether the detectors are active. V(false) suspends them.
    type: bool
    default: true
  finding_publishing_frequency:
    description:
      - How often new occurrences of a known finding are published.
      - When omitted, what is set is left alone, and a new detector gets the default of GuardDuty, V(SIX_HOURS).
    type: str
    choices: [FIFTEEN_MINUTES, ONE_HOUR, SIX_HOURS]
  features:
    description:
      - The features to switch on or off, by name. Features that are not given are left alone.
      - Every feature has a C(status), V(ENABLED) or V(DISABLED), and optionally C(additional_configuration), a
        dictionary of names to V(ENABLED) or V(DISABLED).
      - Names are those of the GuardDuty API, such as V(S3_DATA_EVENTS), V(EKS_AUDIT_LOGS), V(EBS_MALWARE_PROTECTION),
        V(RDS_LOGIN_EVENTS), V(LAMBDA_NETWORK_LOGS) and V(RUNTIME_MONITORING). Accepted are all that the installed
        botocore knows.
      - GuardDuty does not take V(RUNTIME_MONITORING) and V(EKS_RUNTIME_MONITORING) together.
    type: dict
  tags:
    description: Tags of the detectors. Others are removed.
    type: dict
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - name: GuardDuty API Reference
    description: What CreateDetector and UpdateDetector do.
    link: https://docs.aws.amazon.com/guardduty/latest/APIReference/API_UpdateDetector.html
"""

EXAMPLES = r"""
- name: Switch GuardDuty on in all enabled regions
  secops.aws_baseline.guardduty_detector:
    region: eu-central-1
    finding_publishing_frequency: FIFTEEN_MINUTES

- name: Watch S3 and running workloads too, with the agent managed by GuardDuty on EC2 only
  secops.aws_baseline.guardduty_detector:
    region: eu-central-1
    features:
      S3_DATA_EVENTS:
        status: ENABLED
      RUNTIME_MONITORING:
        status: ENABLED
        additional_configuration:
          EC2_AGENT_MANAGEMENT: ENABLED

- name: Verify that the security team's detectors are active, and change nothing
  secops.aws_baseline.guardduty_detector:
    region: eu-central-1
    state: existing
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
      type: AWS::GuardDuty::Detector
      key: detector
      account_id: '123456789012'
      region: us-east-1
      before:
        enable: false
      after:
        enable: true
      operations:
        - guardduty:UpdateDetector
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
      region: us-east-1
      code: AccessDeniedException
      message: >-
        AWS::GuardDuty::Detector detector: guardduty:UpdateDetector in account
        123456789012, region us-east-1: AccessDeniedException: User is not authorized to perform
        guardduty:UpdateDetector
      type: AWS::GuardDuty::Detector
      key: detector
      operation: guardduty:UpdateDetector
      permission: guardduty:UpdateDetector
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import guardduty
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "existing", "absent"], "default": "present"},
    "enable": {"type": "bool", "default": True},
    "finding_publishing_frequency": {"type": "str", "choices": list(guardduty.PUBLISHING_FREQUENCIES)},
    "features": {"type": "dict"},
    "tags": {"type": "dict"},
}


def converge(context: Context) -> dict[str, object]:
    """Bring the detectors of all regions to the declared state."""
    params = context.params
    features = guardduty.DETECTOR_FEATURES.checked(params["features"] or {})
    options = {name: params[name] for name in ("enable", "finding_publishing_frequency", "tags")}
    fields = {**fields_of(options), **features}
    state = params["state"]
    desired = [
        Desired(
            guardduty.Detector.type,
            guardduty.DETECTOR_KEY,
            {} if state == "absent" else fields,
            state,
            region,
        )
        for region in context.regions()
    ]
    return context.result(context.reconcile(desired))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
