#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_archive
version_added: 0.1.0
short_description: Manage the bucket that AWS Config of many accounts delivers to
description:
  - Manages a bucket, and the KMS key that encrypts what is in it, in the home region, O(region). It is for the account
    that keeps what AWS Config of other accounts delivers, such as a log archive account.
  - Recorders and channels are a matter of M(secops.aws_baseline.config_recorder), in each account.
  - Neither the bucket nor the key is ever deleted.
author:
  - The secops.aws_baseline authors (@secops)
options:
  bucket:
    required: true
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.bucket
  - secops.aws_baseline.key
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.config_recorder
  - name: Permissions for the Amazon S3 bucket of a delivery channel
    description: What the policy of the bucket has to allow.
    link: https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-policy.html
"""

EXAMPLES = r"""
- name: Keep what AWS Config of all accounts of the organization delivers
  secops.aws_baseline.config_archive:
    region: eu-central-1
    bucket:
      name: acme-config-100000000002
      public_access_block: {}
      versioning: Enabled
      policy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal:
              Service: config.amazonaws.com
            Action: [s3:GetBucketAcl, s3:ListBucket]
            Resource: arn:${AWS::Partition}:s3:::acme-config-100000000002
            Condition:
              StringEquals:
                aws:SourceOrgID: o-a1b2c3d4e5
          - Effect: Allow
            Principal:
              Service: config.amazonaws.com
            Action: s3:PutObject
            Resource: arn:${AWS::Partition}:s3:::acme-config-100000000002/AWSLogs/*/Config/*
            Condition:
              StringEquals:
                aws:SourceOrgID: o-a1b2c3d4e5
                s3:x-amz-acl: bucket-owner-full-control
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
      type: AWS::S3::Bucket
      key: acme-config-100000000002
      account_id: '123456789012'
      region: eu-central-1
      before:
        versioning: null
      after:
        versioning: Enabled
      operations:
        - s3:PutBucketVersioning
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
      region: eu-central-1
      code: AccessDenied
      message: >-
        AWS::S3::Bucket acme-config-100000000002: s3:PutBucketVersioning in account 123456789012, region eu-central-1:
        AccessDenied: User is not authorized to perform s3:PutBucketVersioning
      type: AWS::S3::Bucket
      key: acme-config-100000000002
      operation: s3:PutBucketVersioning
      permission: s3:PutBucketVersioning
"""

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import kms, s3

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "bucket": {"type": "dict", "options": s3.BUCKET_OPTIONS, "required": True},
    "key": {"type": "dict", "options": kms.KEY_OPTIONS, "no_log": False},
}


def converge(context: Context) -> dict[str, object]:
    """Bring the bucket and its key to the declared state."""
    params = context.params
    desired = [kms.key(params["key"])] if params["key"] else []
    desired.append(s3.bucket(params["bucket"]))
    return context.result(context.reconcile(kms.with_referenced(desired)))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
