#!/usr/bin/python
# Copyright (c) 2026, The secops.aws_baseline authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: config_recorder
version_added: 0.1.0
short_description: Manage AWS Config's recording in all regions of an account
description:
  - Manages the configuration recorder, its delivery channel, whether it records, and the retention of its data in every
    enabled region, in parallel.
  - Can manage what they need in the same call, if O(state) is V(present). O(bucket), O(key), O(queue) and O(role) are
    made in the home region, and O(topic) in every region, because AWS Config cannot use a topic of another one. If
    O(topic) and O(queue) are given, the queue is subscribed to the topics of all regions.
  - AWS Config cannot use an encrypted topic.
  - AWS allows one recorder and one channel per region. Those that exist under another name are taken over and keep
    their name. Recorders of AWS services (service-linked recorders) are left alone.
  - Global resource types (IAM groups, policies, roles and users) are recorded in one region only.
author:
  - The secops.aws_baseline authors (@secops)
options:
  state:
    description:
      - V(present) makes sure that recorder and channel are as declared.
      - V(existing) verifies that there are a recorder and a channel, that it records, and what else is declared about
        them, and never changes anything. It is for recorders that somebody else manages, such as AWS Control Tower.
      - V(absent) stops the recorder and deletes it, the channel and the retention. What was delivered stays, and so do
        bucket, topic, queue, key and role.
    type: str
    choices: [present, existing, absent]
    default: present
  name:
    description: Name of a new recorder, 1 to 256 characters.
    type: str
    default: default
  recording:
    description: Whether the recorder is running.
    type: bool
    default: true
  role_arn:
    description:
      - ARN of the role by which AWS Config reads the account.
      - Exclusive with O(role), whose role is used.
      - When this and O(role) are omitted, the role is C(AWSServiceRoleForConfig), AWS Config's service-linked role,
        which is made if it does not exist.
    type: str
  recording_group:
    description:
      - What is recorded. When omitted, an existing recorder is left as it is, and a new one records all resource types
        but the global ones.
    type: dict
    suboptions:
      recording_strategy:
        description:
          - Whether all types that AWS Config supports are recorded, only O(recording_group.resource_types), or all but
            these.
          - With the two strategies that are not V(INCLUSION_BY_RESOURCE_TYPES) types that AWS adds later are recorded
            too.
        type: str
        choices: [ALL_SUPPORTED_RESOURCE_TYPES, INCLUSION_BY_RESOURCE_TYPES, EXCLUSION_BY_RESOURCE_TYPES]
        default: ALL_SUPPORTED_RESOURCE_TYPES
      resource_types:
        description:
          - Resource types, such as V(AWS::EC2::Instance). Accepted are all that the installed botocore knows.
          - Those that are recorded with V(INCLUSION_BY_RESOURCE_TYPES), and those that are not with
            V(EXCLUSION_BY_RESOURCE_TYPES).
        type: list
        elements: str
      global_resource_types_region:
        description:
          - The region in which IAM groups, policies, roles and users are recorded, if O(recording_group) lets them be
            recorded at all. All other regions leave them out.
          - It must be one in which AWS Config was available before February 2022.
          - The home region when omitted.
        type: str
  recording_mode:
    description:
      - How often is recorded. When omitted, an existing recorder is left as it is, and a new one records continuously.
    type: dict
    suboptions:
      recording_frequency:
        description: Whether every change is recorded, or once a day the state of what has changed.
        type: str
        choices: [CONTINUOUS, DAILY]
        default: CONTINUOUS
      recording_mode_overrides:
        description: Resource types with another frequency. AWS Config accepts one override so far.
        type: list
        elements: dict
        default: []
        suboptions:
          resource_types:
            description: The resource types.
            type: list
            elements: str
            required: true
          recording_frequency:
            description: Their frequency.
            type: str
            choices: [CONTINUOUS, DAILY]
            required: true
          description:
            description: Why, up to 256 characters.
            type: str
  delivery_channel:
    description: Where the recorder delivers to.
    type: dict
    suboptions:
      name:
        description: Name of a new channel, 1 to 256 characters.
        type: str
        default: default
      s3_bucket_name:
        description:
          - Name of the bucket, which may belong to another account or region. The bucket of O(bucket) when omitted.
          - A recorder that is V(present) needs one.
          - In the region C(cn-north-1) AWS Config can use buckets of that region only.
        type: str
      s3_key_prefix:
        description: What comes before C(AWSLogs) in the names of objects, without a slash at its end. May be empty.
        type: str
      s3_kms_key_arn:
        description:
          - ARN of the KMS key, or of its alias, that objects are encrypted with, in the region of the bucket. The key
            of O(key) when omitted. Empty for keys of S3.
        type: str
      sns_topic_arn:
        description:
          - ARN of the topic that is told of every change. The topic of O(topic) when omitted. Empty for none.
          - AWS Config needs a topic in the same region, so write C(${AWS::Region}) for the region.
        type: str
      delivery_frequency:
        description:
          - How often a snapshot of the whole configuration is delivered. Empty for never.
        type: str
        choices: ['', One_Hour, Three_Hours, Six_Hours, Twelve_Hours, TwentyFour_Hours]
  retention_period_in_days:
    description:
      - For how long AWS Config keeps what it recorded, 30 to 2557 days. Without this, AWS keeps it for 2557 days.
      - When given, it costs one more read per region.
    type: int
extends_documentation_fragment:
  - secops.aws_baseline.attributes
  - secops.aws_baseline.account
  - secops.aws_baseline.regions
  - secops.aws_baseline.bucket
  - secops.aws_baseline.key
  - secops.aws_baseline.topic
  - secops.aws_baseline.queue
  - secops.aws_baseline.role
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - amazon.aws.boto3
seealso:
  - module: secops.aws_baseline.config_rules
  - name: Working with the configuration recorder
    description: What is recorded, where, and how often.
    link: https://docs.aws.amazon.com/config/latest/developerguide/stop-start-recorder.html
"""

EXAMPLES = r"""
- name: Record everything in all enabled regions, IAM in the home region only
  secops.aws_baseline.config_recorder:
    region: eu-central-1
    recording_group: {}
    delivery_channel:
      s3_bucket_name: config-archive-123456789012
      delivery_frequency: One_Hour

- name: Record once a day, without network interfaces
  secops.aws_baseline.config_recorder:
    region: eu-central-1
    recording_group:
      recording_strategy: EXCLUSION_BY_RESOURCE_TYPES
      resource_types:
        - AWS::EC2::NetworkInterface
    recording_mode:
      recording_frequency: DAILY
    delivery_channel:
      s3_bucket_name: config-archive-123456789012

- name: Verify that Control Tower's recorders run, and change nothing
  secops.aws_baseline.config_recorder:
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
      type: AWS::Config::ConfigurationRecorderStatus
      key: default
      account_id: '123456789012'
      region: us-east-1
      before:
        recording: false
      after:
        recording: true
      operations:
        - config:StartConfigurationRecorder
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
        AWS::Config::ConfigurationRecorderStatus default: config:StartConfigurationRecorder in account
        123456789012, region us-east-1: AccessDeniedException: User is not authorized to perform
        config:StartConfigurationRecorder
      type: AWS::Config::ConfigurationRecorderStatus
      key: default
      operation: config:StartConfigurationRecorder
      permission: config:StartConfigurationRecorder
"""

import dataclasses
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import partition_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.context import (
    ACCOUNT_OPTIONS,
    REGIONS_OPTIONS,
    Context,
    run_module,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.reconcile import Purge
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import config, iam, kms, s3, sns, sqs
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Desired, Fields, Ref

ARGUMENT_SPEC = {
    **ACCOUNT_OPTIONS,
    **REGIONS_OPTIONS,
    "state": {"type": "str", "choices": ["present", "existing", "absent"], "default": "present"},
    "name": {"type": "str", "default": "default"},
    "recording": {"type": "bool", "default": True},
    "role_arn": {"type": "str"},
    "recording_group": {
        "type": "dict",
        "options": {
            "recording_strategy": {
                "type": "str",
                "choices": list(config.RECORDING_STRATEGIES),
                "default": config.ALL_SUPPORTED,
            },
            "resource_types": {"type": "list", "elements": "str"},
            "global_resource_types_region": {"type": "str"},
        },
        "required_if": [
            ("recording_strategy", config.INCLUSION, ["resource_types"]),
            ("recording_strategy", config.EXCLUSION, ["resource_types"]),
        ],
    },
    "recording_mode": {
        "type": "dict",
        "options": {
            "recording_frequency": {
                "type": "str",
                "choices": list(config.RECORDING_FREQUENCIES),
                "default": "CONTINUOUS",
            },
            "recording_mode_overrides": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "resource_types": {"type": "list", "elements": "str", "required": True},
                    "recording_frequency": {
                        "type": "str",
                        "choices": list(config.RECORDING_FREQUENCIES),
                        "required": True,
                    },
                    "description": {"type": "str"},
                },
            },
        },
    },
    "delivery_channel": {
        "type": "dict",
        "options": {
            "name": {"type": "str", "default": "default"},
            "s3_bucket_name": {"type": "str"},
            "s3_key_prefix": {"type": "str", "no_log": False},
            "s3_kms_key_arn": {"type": "str", "no_log": False},
            "sns_topic_arn": {"type": "str"},
            "delivery_frequency": {"type": "str", "choices": ["", *config.FREQUENCIES]},
        },
    },
    "retention_period_in_days": {"type": "int"},
    "bucket": {"type": "dict", "options": s3.BUCKET_OPTIONS},
    "key": {"type": "dict", "options": kms.KEY_OPTIONS, "no_log": False},
    "topic": {"type": "dict", "options": sns.TOPIC_OPTIONS},
    "queue": {"type": "dict", "options": sqs.QUEUE_OPTIONS},
    "role": {"type": "dict", "options": iam.ROLE_OPTIONS},
}

COMPANIONS = ("bucket", "key", "topic", "queue", "role")
"""Options that declare what recorder and channel need."""

MOST_NAME = 256
MOST_DESCRIPTION = 256
MOST_OVERRIDES = 1
"""What C(config:PutConfigurationRecorder) accepts so far, though it takes a list."""
TOPIC_ARN = re.compile(r"arn:[^:]+:sns:(?P<region>[^:]+):[^:]+:[\w-]{1,256}")
KMS_ARN = re.compile(r"arn:[^:]+:kms:[^:]+:[^:]+:(key|alias)/.+")
ROLE_ARN = re.compile(r"arn:[^:]+:iam::[^:]*:role/.+")


@dataclasses.dataclass
class Plan:
    """What the options mean before the account is known.

    companions: what is declared in the home region. topic: a topic and its subscriptions, and topic_purges what is to
    be purged of them, in every region. recorder, channel: fields, without what depends on the region.
    """

    params: dict[str, t.Any]
    companions: list[Desired]
    topic: list[Desired]
    topic_purges: list[Purge]
    recorder: Fields
    channel_name: str
    channel: Fields

    def needed(self, *types: str) -> tuple[tuple[str, str], ...]:
        """What is declared of these types."""
        declared = (*self.companions, *self.topic)
        return tuple((item.type, item.key) for item in declared if item.type in types and item.state == "present")


def checked(params: dict[str, t.Any]) -> Plan:
    """Refuse what AWS would refuse, and say what each option means. Raises OptionError."""
    _check_names(params)
    _check_group(params["recording_group"])
    _check_mode(params["recording_mode"])
    days = params["retention_period_in_days"]
    if days is not None and days not in config.RETENTION_DAYS:
        allowed = f"{config.RETENTION_DAYS.start} to {config.RETENTION_DAYS.stop - 1} days"
        raise OptionError("retention_period_in_days", days, allowed)
    if params["state"] != "present":
        given = [name for name in COMPANIONS if params[name]]
        if given:
            raise OptionError(given[0], params[given[0]]["name"], "nothing, unless state is present")
    recorder = _role(params)
    companions, topic, topic_purges = _companions(params)
    channel_options = params["delivery_channel"] or {"name": "default"}
    return Plan(
        params,
        companions,
        topic,
        topic_purges,
        recorder,
        channel_options["name"],
        _channel(channel_options, params),
    )


def _check_names(params: dict[str, t.Any]) -> None:
    names = {"name": params["name"], "delivery_channel.name": (params["delivery_channel"] or {}).get("name", "default")}
    for option, name in names.items():
        if not 0 < len(name) <= MOST_NAME:
            raise OptionError(option, name, f"1 to {MOST_NAME} characters")


def _check_group(group: dict[str, t.Any] | None) -> None:
    if not group:
        return
    strategy, types = group["recording_strategy"], group["resource_types"] or []
    _check_types("recording_group.resource_types", types)
    if bool(types) != (strategy != config.ALL_SUPPORTED):
        allowed = "none" if types else "at least one resource type"
        raise OptionError("recording_group.resource_types", types, f"{allowed}, for {strategy}")
    if group["global_resource_types_region"]:
        try:
            partition_of(group["global_resource_types_region"])
        except OptionError as error:
            option, region = "recording_group.global_resource_types_region", group["global_resource_types_region"]
            raise OptionError(option, region, "a region code") from error


def _check_types(option: str, types: list[str]) -> None:
    unknown = sorted(set(types) - config.known_resource_types())
    if unknown:
        raise OptionError(option, unknown, "resource types that AWS Config records, such as AWS::EC2::Instance")


def _check_mode(mode: dict[str, t.Any] | None) -> None:
    overrides = mode["recording_mode_overrides"] if mode else []
    if len(overrides) > MOST_OVERRIDES:
        allowed = f"up to {MOST_OVERRIDES} override, which may name many resource types"
        raise OptionError("recording_mode.recording_mode_overrides", overrides, allowed)
    for index, override in enumerate(overrides):
        option = f"recording_mode.recording_mode_overrides[{index}]"
        _check_types(f"{option}.resource_types", override["resource_types"])
        if not override["resource_types"]:
            raise OptionError(f"{option}.resource_types", [], "at least one resource type")
        if len(override["description"] or "") > MOST_DESCRIPTION:
            allowed = f"up to {MOST_DESCRIPTION} characters"
            raise OptionError(f"{option}.description", override["description"], allowed)


def _companions(params: dict[str, t.Any]) -> tuple[list[Desired], list[Desired], list[Purge]]:
    """What is declared beside recorder and channel: in the home region, in each region, and what to purge in each."""
    home: list[Desired] = []
    if params["key"]:
        home.append(kms.key(params["key"]))
    if params["bucket"]:
        home.append(s3.bucket(params["bucket"]))
    if params["queue"]:
        home.append(sqs.queue(params["queue"]))
    if params["role"]:
        home += iam.role(params["role"])
    elif params["state"] == "present" and not params["role_arn"]:
        home.append(Desired(iam.ServiceLinkedRole.type, config.SERVICE_PRINCIPAL))
    if not params["topic"]:
        return home, [], []
    if params["topic"]["kms_master_key_id"]:
        allowed = "no key: AWS Config cannot publish to an encrypted topic"
        raise OptionError("topic.kms_master_key_id", params["topic"]["kms_master_key_id"], allowed)
    return home, sns.topic(params["topic"]), sns.purges(params["topic"])


def _role(params: dict[str, t.Any]) -> Fields:
    """The field of the recorder that says which role it uses."""
    role_arn = params["role_arn"]
    if params["role"] and role_arn:
        raise OptionError("role_arn", role_arn, "nothing, because role is given")
    if params["role"]:
        return {"role_arn": Ref(iam.Role.type, params["role"]["name"])}
    if role_arn and not ROLE_ARN.fullmatch(SAMPLE_SCOPE.substitute(role_arn)):
        raise OptionError("role_arn", role_arn, "the ARN of an IAM role")
    if role_arn:
        return {"role_arn": role_arn}
    return {"role_arn": config.service_linked_role_arn()} if params["state"] == "present" else {}


def _channel(options: dict[str, t.Any], params: dict[str, t.Any]) -> Fields:
    """The fields of the channel. What the companions imply is left out as long as their region is not known."""
    fields = fields_of(options)
    if "s3_bucket_name" not in fields and params["bucket"]:
        fields["s3_bucket_name"] = params["bucket"]["name"]
    if params["state"] == "present" and not fields.get("s3_bucket_name"):
        raise OptionError("delivery_channel.s3_bucket_name", None, "the name of a bucket, unless bucket is given")
    prefix = fields.get("s3_key_prefix", "")
    if prefix.endswith("/") or "AWSLogs" in prefix:
        allowed = "a prefix without a slash at its end and without AWSLogs, which AWS Config adds"
        raise OptionError("delivery_channel.s3_key_prefix", prefix, allowed)
    if fields.get("s3_kms_key_arn") and not KMS_ARN.fullmatch(SAMPLE_SCOPE.substitute(fields["s3_kms_key_arn"])):
        raise OptionError("delivery_channel.s3_kms_key_arn", fields["s3_kms_key_arn"], "the ARN of a KMS key or alias")
    if fields.get("sns_topic_arn") and not TOPIC_ARN.fullmatch(fields["sns_topic_arn"]):
        raise OptionError("delivery_channel.sns_topic_arn", fields["sns_topic_arn"], "the ARN of a topic")
    if "sns_topic_arn" not in fields and params["topic"]:
        present = params["topic"]["state"] == "present"
        arn = "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + params["topic"]["name"]
        fields["sns_topic_arn"] = arn if present else ""
    return fields


def _regional(plan: Plan, region: str, home: str) -> list[Desired]:
    """Recorder, channel, status and retention of one region."""
    params, state = plan.params, plan.params["state"]
    recorder_key = (config.ConfigurationRecorder.type, params["name"])
    channel_key = (config.DeliveryChannel.type, plan.channel_name)
    status_key = (config.ConfigurationRecorderStatus.type, params["name"])
    if state == "absent":
        retention_key = (config.RetentionConfiguration.type, config.RETENTION_NAME)
        gone = (recorder_key, channel_key, status_key, retention_key)
        return [Desired(*key, state="absent", region=region) for key in gone]
    recorder = {**plan.recorder, **_recording(params, region, home)}
    role = plan.needed(iam.Role.type, iam.ServiceLinkedRole.type)
    targets = plan.needed(s3.Bucket.type, kms.Key.type, sns.Topic.type)
    desired = [
        Desired(*recorder_key, recorder, state, region, role),
        Desired(*channel_key, plan.channel, state, region, (recorder_key, *targets)),
        Desired(*status_key, {"recording": params["recording"]}, state, region, (recorder_key, channel_key)),
    ]
    if params["retention_period_in_days"] is not None:
        days = {"retention_period_in_days": params["retention_period_in_days"]}
        desired.append(Desired(config.RetentionConfiguration.type, config.RETENTION_NAME, days, state, region))
    return desired


def _recording(params: dict[str, t.Any], region: str, home: str) -> Fields:
    """The fields of a region's recorder that say what is recorded, and how often."""
    group, mode = params["recording_group"], params["recording_mode"]
    with_global_types = region == ((group or {}).get("global_resource_types_region") or home)
    fields: Fields = {}
    if group is not None:
        types = group["resource_types"] or []
        fields["recording_group"] = config.recording_group(group["recording_strategy"], types, with_global_types)
        if group["recording_strategy"] == config.INCLUSION and not fields["recording_group"]["resource_types"]:
            allowed = f"at least one type that is not global, for {region}; or leave this region out"
            raise OptionError("recording_group.resource_types", types, allowed)
    if mode is not None:
        overrides = mode["recording_mode_overrides"]
        fields["recording_mode"] = config.recording_mode(mode["recording_frequency"], overrides, with_global_types)
    return fields


def _queue_subscription(plan: Plan, home: str) -> list[Desired]:
    """The subscription of the queue, which is in the home region, to a region's topic."""
    topic, queue = plan.params["topic"], plan.params["queue"]
    if not topic or not queue or "absent" in (topic["state"], queue["state"]):
        return []
    endpoint = f"arn:${{AWS::Partition}}:sqs:{home}:${{AWS::AccountId}}:{queue['name']}"
    key = sns.subscription_key(topic["name"], "sqs", endpoint)
    if any(item.key == key for item in plan.topic):
        return []
    return [Desired(sns.Subscription.type, key, requires=((sns.Topic.type, topic["name"]),))]


def _check_topic_region(arn: str, regions: list[str]) -> None:
    match = TOPIC_ARN.fullmatch(arn)
    if match and match["region"] != "${AWS::Region}" and set(regions) != {match["region"]}:
        allowed = "a topic in every region: AWS Config needs one in its own; write ${AWS::Region} for the region"
        raise OptionError("delivery_channel.sns_topic_arn", arn, allowed)


def converge(context: Context) -> dict[str, object]:
    """Bring recorders, channels and what they need to the declared state."""
    plan = checked(context.params)
    regions = context.regions()
    home = context.connection.home.region
    _check_topic_region(plan.channel.get("sns_topic_arn", ""), regions)
    if context.params["key"]:
        alias_arn = f"arn:${{AWS::Partition}}:kms:{home}:${{AWS::AccountId}}:{context.params['key']['name']}"
        plan.channel.setdefault("s3_kms_key_arn", alias_arn)
    desired, purges = list(plan.companions), []
    for region in regions:
        desired += _regional(plan, region, home)
        topic = [*plan.topic, *_queue_subscription(plan, home)]
        desired += [dataclasses.replace(item, region=region) for item in topic]
        purges += [dataclasses.replace(purge, region=region) for purge in plan.topic_purges]
    return context.result(context.reconcile(kms.with_referenced(desired), purges))


def main() -> None:
    run_module(converge, ARGUMENT_SPEC)


if __name__ == "__main__":
    main()
