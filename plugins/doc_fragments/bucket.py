# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """Option of modules that manage the bucket that their service delivers to."""

    DOCUMENTATION = r"""
options:
  bucket:
    description:
      - An S3 bucket of the account, in the home region. What is not given is left as it is. No bucket is ever deleted.
      - If a bucket of that name belongs to another account or lies in another region, the module fails and changes
        nothing in it.
    type: dict
    suboptions:
      name:
        description: Name of the bucket, unique worldwide.
        type: str
        required: true
      public_access_block:
        description: Settings of S3 Block Public Access. Those that are not listed are V(true).
        type: dict
        suboptions:
          block_public_acls:
            description: Whether to refuse ACLs that grant public access.
            type: bool
            default: true
          ignore_public_acls:
            description: Whether to ignore ACLs that grant public access.
            type: bool
            default: true
          block_public_policy:
            description: Whether to refuse bucket policies that grant public access.
            type: bool
            default: true
          restrict_public_buckets:
            description: Whether a public policy is of use within the account only.
            type: bool
            default: true
      encryption:
        description: How objects are encrypted that are put without saying so.
        type: dict
        suboptions:
          sse_algorithm:
            description: Encryption with keys of S3, or with a KMS key in one or two layers.
            type: str
            required: true
            choices: ['AES256', 'aws:kms', 'aws:kms:dsse']
          kms_master_key_id:
            description:
              - KMS key to encrypt with, as alias, key id or ARN.
              - When omitted with V(aws:kms), S3 takes the key C(alias/aws/s3) of the account.
            type: str
          bucket_key_enabled:
            description: Whether to make fewer requests to KMS with a key per bucket. Counts as V(false) when omitted.
            type: bool
      versioning:
        description: Whether to keep former versions of objects.
        type: str
        choices: [Enabled, Suspended]
      object_ownership:
        description: Who owns objects that other accounts put. V(BucketOwnerEnforced) switches ACLs off.
        type: str
        choices: [BucketOwnerEnforced, BucketOwnerPreferred, ObjectWriter]
      policy:
        description: Bucket policy, a policy document. Empty to have none.
        type: dict
      lifecycle_rules:
        description: Lifecycle rules. Others are removed.
        type: list
        elements: dict
        suboptions:
          id:
            description: Name of the rule, up to 255 characters, unique within the bucket.
            type: str
            required: true
          status:
            description: Whether the rule is applied.
            type: str
            choices: [Enabled, Disabled]
            default: Enabled
          prefix:
            description: What the keys of the objects start with that the rule is about. Empty for all objects.
            type: str
            default: ''
          transitions:
            description: When to move objects to which storage class.
            type: list
            elements: dict
            suboptions:
              days:
                description: Days after creation. At least 30 for V(STANDARD_IA) and V(ONEZONE_IA).
                type: int
                required: true
              storage_class:
                description: Storage class to move to.
                type: str
                choices: [STANDARD_IA, INTELLIGENT_TIERING, ONEZONE_IA, GLACIER_IR, GLACIER, DEEP_ARCHIVE]
                required: true
          expiration:
            description: When objects are deleted, or in a bucket with versions become former versions.
            type: dict
            suboptions:
              days:
                description: Days after creation.
                type: int
              expired_object_delete_marker:
                description: Whether to remove delete markers that no version is left of.
                type: bool
          noncurrent_version_transitions:
            description: When to move former versions to which storage class.
            type: list
            elements: dict
            suboptions:
              noncurrent_days:
                description: Days after a version was replaced.
                type: int
                required: true
              newer_noncurrent_versions:
                description: How many newer former versions to keep where they are.
                type: int
              storage_class:
                description: Storage class to move to.
                type: str
                choices: [STANDARD_IA, INTELLIGENT_TIERING, ONEZONE_IA, GLACIER_IR, GLACIER, DEEP_ARCHIVE]
                required: true
          noncurrent_version_expiration:
            description: When former versions are deleted.
            type: dict
            suboptions:
              noncurrent_days:
                description: Days after a version was replaced.
                type: int
                required: true
              newer_noncurrent_versions:
                description: How many newer former versions to keep all the same.
                type: int
          abort_incomplete_multipart_upload:
            description: When uploads are given up that were not completed.
            type: dict
            suboptions:
              days_after_initiation:
                description: Days after the upload began.
                type: int
                required: true
      logging:
        description: Server access logging. Empty to have none.
        type: dict
        suboptions:
          target_bucket:
            description: Bucket to write access logs to, of the same account and region, whose policy lets S3 log.
            type: str
          target_prefix:
            description: What the keys of the log objects start with.
            type: str
            default: ''
      tags:
        description: Tags of the bucket. Others are removed.
        type: dict
"""
