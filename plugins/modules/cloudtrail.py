#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: cloudtrail
version_added: 0.1.0
short_description: Manage a CloudTrail trail and all that it writes to
description:
  - Manages a trail together with the bucket, the KMS key, the log group, the role, the topic and the queue that it
    needs. One task plans them together and writes them in the order in which they depend on each other.
  - Every part is optional. What is not given is not touched, so that a part may exist already or be managed elsewhere.
  - Parts refer to each other by name, so that check mode knows all of them before any exists.
  - When a part fails, the trail that needs it is not attempted.
author:
  - The secops.aws_baseline authors (@secops)
options:
  trail:
    description: The trail. What is not given is left as it is.
    type: dict
    suboptions:
      name:
        description:
          - Name of the trail, 3 to 128 letters and digits, with single dots, hyphens and underscores between them.
        type: str
        required: true
      state:
        description:
          - V(present) creates the trail or brings it into line.
          - V(existing) demands that the trail is there and as described, and never changes it. That is for trails of
            AWS Control Tower or of the organization. Only what is given and what has a default is compared.
          - V(absent) deletes the trail and keeps what it has written.
        type: str
        choices: [present, existing, absent]
        default: present
      s3_bucket_name:
        description:
          - Bucket that the trail writes to, which may be of another account. Required for a trail that is V(present).
          - When omitted, the name in O(bucket).
        type: str
      s3_key_prefix:
        description: What comes before C(AWSLogs) in the keys of log files, without a slash at the end. May be empty.
        type: str
      sns_topic_name:
        description:
          - SNS topic that is told of each new log file, as name or ARN. Empty for none.
          - When omitted, the topic of O(topic).
        type: str
      include_global_service_events:
        description: Whether to record events of global services such as IAM.
        type: bool
        default: true
      is_multi_region_trail:
        description: Whether to record the events of all regions.
        type: bool
        default: true
      enable_log_file_validation:
        description: Whether to write digests by which a change or a loss of log files can be detected.
        type: bool
        default: true
      is_organization_trail:
        description:
          - Whether to record the events of all accounts of the organization. Needs trusted access for CloudTrail.
          - Such a trail belongs to the management account. A delegated administrator for CloudTrail can make and change
            it, too; only the management account can turn it into a trail of its own account, and back.
          - There may be two trails of a name, the account's own and the organization's. V(false) means the former,
            V(true) the latter, if it is there. With O(trail.state=absent) and V(false), the organization's is kept.
        type: bool
      is_logging:
        description: Whether the trail records.
        type: bool
        default: true
      cloud_watch_logs_log_group_arn:
        description:
          - Log group that the trail writes to, as name or ARN. Empty for none.
          - It belongs to the account that makes the trail, also if that is a delegated administrator.
          - When omitted, the log group of O(log_group), if there is an O(role) too.
        type: str
      cloud_watch_logs_role_arn:
        description:
          - Role by which the trail writes to the log group, as ARN, or as name with its path, if it has one.
          - When omitted, the role of O(role), if there is an O(log_group) too.
        type: str
      kms_key_id:
        description:
          - KMS key that encrypts the log files, as alias, key id or ARN. Empty for none.
          - The key of another account is named by the ARN of its alias. Its policy must allow C(kms:DescribeKey). In
            check mode it need not be there yet.
          - When omitted, the key of O(key).
        type: str
      event_selectors:
        description:
          - What to record. An empty list means AWS's default, all management events.
          - Mutually exclusive with O(trail.advanced_event_selectors).
        type: list
        elements: dict
        suboptions:
          read_write_type:
            description: Whether to record events that read, that write, or both.
            type: str
            choices: [All, ReadOnly, WriteOnly]
            default: All
          include_management_events:
            description: Whether to record management events.
            type: bool
            default: true
          data_resources:
            description: Resources of which to record data events. These are often many, and AWS charges for each.
            type: list
            elements: dict
            suboptions:
              type:
                description: One of V(AWS::S3::Object), V(AWS::Lambda::Function) and V(AWS::DynamoDB::Table).
                type: str
                required: true
              values:
                description: What the ARNs of the resources start with.
                type: list
                elements: str
                required: true
          exclude_management_event_sources:
            description: Services to leave out, V(kms.amazonaws.com) or V(rdsdata.amazonaws.com).
            type: list
            elements: str
      advanced_event_selectors:
        description:
          - What to record, field by field. An empty list means AWS's default, all management events.
          - See the AdvancedFieldSelector type of the CloudTrail API for the fields.
        type: list
        elements: dict
        suboptions:
          name:
            description: What the selector is for.
            type: str
          field_selectors:
            description: Conditions, all of which must hold.
            type: list
            elements: dict
            required: true
            suboptions:
              field:
                description: Name of the field, such as V(eventCategory) or V(resources.type).
                type: str
                required: true
              equals:
                description: The field is one of these.
                type: list
                elements: str
              starts_with:
                description: The field starts with one of these.
                type: list
                elements: str
              ends_with:
                description: The field ends with one of these.
                type: list
                elements: str
              not_equals:
                description: The field is none of these.
                type: list
                elements: str
              not_starts_with:
                description: The field starts with none of these.
                type: list
                elements: str
              not_ends_with:
                description: The field ends with none of these.
                type: list
                elements: str
      insight_selectors:
        description: Kinds of unusual activity to look for. AWS charges for each analyzed event. Empty for none.
        type: list
        elements: str
        choices: [ApiCallRateInsight, ApiErrorRateInsight]
      tags:
        description: Tags of the trail. Others are removed.
        type: dict
extends_documentation_fragment:
  - secops.aws_baseline.key
  - secops.aws_baseline.bucket
  - secops.aws_baseline.log_group
  - secops.aws_baseline.role
  - secops.aws_baseline.topic
  - secops.aws_baseline.queue
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.metric_filters
  - module: amazon.aws.cloudtrail
"""

EXAMPLES = r"""
- name: Record all management events of the account in all regions
  secops.aws_baseline.cloudtrail:
    region: eu-central-1
    bucket:
      name: example-cloudtrail-${AWS::AccountId}
      public_access_block: {}
      versioning: Enabled
      policy:
        Version: '2012-10-17'
        Statement:
          - Sid: AclCheck
            Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action: s3:GetBucketAcl
            Resource: arn:${AWS::Partition}:s3:::example-cloudtrail-${AWS::AccountId}
            Condition:
              StringEquals:
                aws:SourceArn: arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/baseline
          - Sid: Write
            Effect: Allow
            Principal:
              Service: cloudtrail.amazonaws.com
            Action: s3:PutObject
            Resource: arn:${AWS::Partition}:s3:::example-cloudtrail-${AWS::AccountId}/AWSLogs/${AWS::AccountId}/*
            Condition:
              StringEquals:
                aws:SourceArn: arn:${AWS::Partition}:cloudtrail:${AWS::Region}:${AWS::AccountId}:trail/baseline
                s3:x-amz-acl: bucket-owner-full-control
    trail:
      name: baseline

- name: Record the events of the whole organization in the log archive account
  secops.aws_baseline.cloudtrail:
    region: eu-central-1
    trail:
      name: baseline
      is_organization_trail: true
      s3_bucket_name: example-cloudtrail-222222222222
      kms_key_id: arn:${AWS::Partition}:kms:${AWS::Region}:222222222222:alias/cloudtrail

- name: Verify that Control Tower's trail records
  secops.aws_baseline.cloudtrail:
    region: eu-central-1
    trail:
      name: aws-controltower-BaselineCloudTrail
      state: existing
      is_organization_trail: true

- name: Keep what the trail writes to CloudWatch Logs for a year, and leave all else alone
  secops.aws_baseline.cloudtrail:
    region: eu-central-1
    log_group:
      name: /aws/cloudtrail/baseline
      retention_in_days: 365
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
      type: AWS::CloudTrail::Trail
      key: baseline
      account_id: '123456789012'
      region: eu-central-1
      before:
        enable_log_file_validation: false
        is_logging: false
      after:
        enable_log_file_validation: true
        is_logging: true
      operations:
        - cloudtrail:UpdateTrail
        - cloudtrail:StartLogging
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
      code: AccessDeniedException
      message: >-
        AWS::CloudTrail::Trail baseline: cloudtrail:StartLogging in account 123456789012, region eu-central-1:
        AccessDeniedException: User is not authorized to perform cloudtrail:StartLogging
      type: AWS::CloudTrail::Trail
      key: baseline
      operation: cloudtrail:StartLogging
      permission: cloudtrail:StartLogging
trail_arn:
  description:
    - ARN of the trail. In check mode also of one that is yet to be created, unless it is the organization's, which may
      be made by another account than its owner.
  returned: when O(trail) is given, the credentials were accepted and the ARN is known
  type: str
  sample: arn:aws:cloudtrail:eu-central-1:123456789012:trail/baseline
s3_bucket_name:
  description: Name of the bucket.
  returned: when O(bucket) is given and the credentials were accepted
  type: str
  sample: example-cloudtrail-123456789012
kms_key_alias:
  description: Alias of the key.
  returned: when O(key) is given and the credentials were accepted
  type: str
  sample: alias/cloudtrail
log_group_name:
  description: Name of the log group.
  returned: when O(log_group) is given and the credentials were accepted
  type: str
  sample: /aws/cloudtrail/baseline
role_arn:
  description: ARN of the role.
  returned: when O(role) is given and the credentials were accepted
  type: str
  sample: arn:aws:iam::123456789012:role/baseline-cloudtrail
topic_arn:
  description: ARN of the topic.
  returned: when O(topic) is given and the credentials were accepted
  type: str
  sample: arn:aws:sns:eu-central-1:123456789012:baseline-cloudtrail
queue_arn:
  description: ARN of the queue.
  returned: when O(queue) is given and the credentials were accepted
  type: str
  sample: arn:aws:sqs:eu-central-1:123456789012:baseline-cloudtrail
"""

import dataclasses

from ansible_collections.secops.aws_baseline.plugins.module_utils.context import ACCOUNT_OPTIONS, Context, run_module
from ansible_collections.secops.aws_baseline.plugins.module_utils.reconcile import Outcome
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import (
    cloudtrail,
    iam,
    kms,
    logs,
    s3,
    sns,
    sqs,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    "key": {"type": "dict", "no_log": False, "options": kms.KEY_OPTIONS},
    "bucket": {"type": "dict", "options": s3.BUCKET_OPTIONS},
    "log_group": {"type": "dict", "options": logs.LOG_GROUP_OPTIONS},
    "role": {"type": "dict", "options": iam.ROLE_OPTIONS},
    "topic": {"type": "dict", "options": sns.TOPIC_OPTIONS},
    "queue": {"type": "dict", "options": sqs.QUEUE_OPTIONS},
    "trail": {"type": "dict", "options": cloudtrail.TRAIL_OPTIONS},
}

Options = dict[str, object]


def converge(context: Context) -> dict[str, object]:
    """Bring the trail and all that it writes to, as far as given, to the declared state."""
    params = context.params
    desired = kms.with_referenced(declared(params))
    purges = sns.purges(params["topic"]) if params["topic"] else []
    outcome = context.reconcile(desired, purges)
    return context.result(outcome, **returned(params, outcome, context.connection.home))


def declared(params: Options) -> list[Desired]:
    """All resources that the options declare. The trail needs all others. Raises OptionError and BaselineError."""
    parts: list[Desired] = []
    if params["key"]:
        parts.append(kms.key(params["key"]))
    if params["bucket"]:
        parts.append(s3.bucket(params["bucket"]))
    if params["log_group"]:
        parts.append(logs.log_group(params["log_group"]))
    if params["role"]:
        parts.extend(iam.role(params["role"]))
    if params["topic"]:
        parts.extend(sns.topic(params["topic"]))
    if params["queue"]:
        parts.append(sqs.queue(params["queue"]))
    if params["trail"]:
        needs = tuple((part.type, part.key) for part in parts if part.state == "present" and part.type in NEEDED)
        parts.append(dataclasses.replace(cloudtrail.trail(trail_options(params)), requires=needs))
    return parts


NEEDED = cloudtrail.Trail.after
"""Types without which a trail cannot be written."""


def trail_options(params: Options) -> Options:
    """The trail's options, completed by the names of what else is declared."""
    trail = dict(params["trail"])
    known = {}
    if trail["state"] == "present":
        known = names(params)
    return {**trail, **{name: value for name, value in known.items() if trail[name] is None}}


def names(params: Options) -> dict[str, str]:
    """What a trail's options are when only the other parts are given."""
    known = {}
    if params["bucket"]:
        known["s3_bucket_name"] = params["bucket"]["name"]
    if params["key"]:
        known["kms_key_id"] = params["key"]["name"]
    if params["topic"]:
        known["sns_topic_name"] = params["topic"]["name"] if params["topic"]["state"] == "present" else ""
    if params["log_group"] and params["role"]:
        known["cloud_watch_logs_log_group_arn"] = params["log_group"]["name"]
        known["cloud_watch_logs_role_arn"] = (params["role"]["path"] or "/").lstrip("/") + params["role"]["name"]
    return known


def returned(params: Options, outcome: Outcome, home: Scope) -> dict[str, str]:
    """The module's own return values, for those parts that are given."""
    values = {}
    if params["trail"]:
        address = (home.region, cloudtrail.Trail.type, home.substitute(params["trail"]["name"]))
        arn = outcome.attributes.get(address, {}).get("arn")
        if arn is None and not params["trail"]["is_organization_trail"]:
            arn = home.arn("cloudtrail", f"trail/{address[2]}")
        if arn:
            values["trail_arn"] = arn
    if params["bucket"]:
        values["s3_bucket_name"] = params["bucket"]["name"]
    if params["key"]:
        values["kms_key_alias"] = params["key"]["name"]
    if params["log_group"]:
        values["log_group_name"] = params["log_group"]["name"]
    if params["role"]:
        path = params["role"]["path"] or "/"
        values["role_arn"] = home.arn("iam", f"role{path}{params['role']['name']}", region="")
    if params["topic"]:
        values["topic_arn"] = home.arn("sns", params["topic"]["name"])
    if params["queue"]:
        values["queue_arn"] = home.arn("sqs", params["queue"]["name"])
    return home.substitute(values)


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
