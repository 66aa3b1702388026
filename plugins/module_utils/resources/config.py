# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Config: recorder, delivery channel, whether it records, retention, and rules.

AWS allows one recorder and one channel per region. So a key is the name that one gets when it is made, and one that
exists under any other name is taken for it and keeps its name. Recorders that belong to an AWS service (they have a
service principal) are none of these.
"""

from __future__ import annotations

import collections.abc as c
import json
import re
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel, shared_loader
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Fields,
    Observed,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

FREQUENCIES = ("One_Hour", "Three_Hours", "Six_Hours", "Twelve_Hours", "TwentyFour_Hours")
"""Intervals that AWS Config knows, for snapshots and for periodic rules."""

RECORDING_FREQUENCIES = ("CONTINUOUS", "DAILY")

ALL_SUPPORTED = "ALL_SUPPORTED_RESOURCE_TYPES"
INCLUSION = "INCLUSION_BY_RESOURCE_TYPES"
EXCLUSION = "EXCLUSION_BY_RESOURCE_TYPES"
RECORDING_STRATEGIES = (ALL_SUPPORTED, INCLUSION, EXCLUSION)

GLOBAL_RESOURCE_TYPES = ("AWS::IAM::Group", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::User")
"""Types that every region would record again, unless told not to."""

RETENTION_DAYS = range(30, 2558)
RETENTION_NAME = "default"
"""Key of a region's retention configuration; AWS gives it this name."""

SERVICE_PRINCIPAL = "config.amazonaws.com"

IDENTIFIER = re.compile(r"[A-Z0-9][A-Z0-9_]{0,255}")
MOST_DESCRIPTION = 256
MOST_PARAMETERS = 1024
"""What a managed rule may have."""


def known_resource_types() -> frozenset[str]:
    """Resource types that AWS Config can record, as far as the installed SDK knows."""
    shapes = shared_loader().load_service_model("config", "service-2")["shapes"]
    return frozenset(shapes["ResourceType"]["enum"])


def service_linked_role_arn() -> str:
    """ARN of AWS Config's service-linked role, with pseudo parameters."""
    role = f"aws-service-role/{SERVICE_PRINCIPAL}/AWSServiceRoleForConfig"
    return "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/" + role


@register
class ConfigurationRecorder(ResourceType):
    """The customer managed recorder of a region. Key: its name when it is made.

    Fields: role_arn; recording_group (C(recording_group)); recording_mode (C(recording_mode)).
    Attributes: name, which is another one than the key when the recorder was there already.
    """

    type = "AWS::Config::ConfigurationRecorder"
    service = "config"
    after = ("AWS::IAM::Role", "AWS::IAM::ServiceLinkedRole")
    # a new role takes a moment until AWS Config can assume it
    propagation_errors = frozenset({"InvalidRoleException"})
    permissions = {
        "read": ("config:DescribeConfigurationRecorders",),
        # a recorder is handed its role
        "write": ("config:PutConfigurationRecorder", "config:DeleteConfigurationRecorder", "iam:PassRole"),
    }

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"name": key}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        recorders = client.pages("DescribeConfigurationRecorders", "ConfigurationRecorders")
        own = next((item for item in recorders if not item.get("servicePrincipal")), None)
        if own is None:
            return {}
        fields = {
            "role_arn": own.get("roleARN"),
            "recording_group": _observed_group(own.get("recordingGroup", {})),
            "recording_mode": _observed_mode(own.get("recordingMode", {})),
        }
        return {key: Observed(fields, {"name": own["name"]}) for key in wanted}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [self._put(key, fields)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return [self._put(before.attributes["name"], after)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteConfigurationRecorder", {"ConfigurationRecorderName": before.attributes["name"]})]

    @staticmethod
    def _put(name: str, fields: Fields) -> Call:
        recorder = {"name": name, "roleARN": fields["role_arn"]}
        if "recording_group" in fields:
            recorder["recordingGroup"] = _group_parameters(fields["recording_group"])
        if "recording_mode" in fields:
            recorder["recordingMode"] = _mode_parameters(fields["recording_mode"])
        return Call("PutConfigurationRecorder", {"ConfigurationRecorder": recorder})


def recording_group(strategy: str, resource_types: c.Iterable[str], with_global_types: bool) -> Fields:
    """What a recorder records, in the one form in which equal groups are equal.

    strategy: one of C(RECORDING_STRATEGIES). resource_types: those to include or to exclude, by strategy.
    with_global_types: whether C(GLOBAL_RESOURCE_TYPES) may be recorded here; when not, they are left out or excluded.
    """
    types = set(resource_types)
    if not with_global_types:
        if strategy == INCLUSION:
            types.difference_update(GLOBAL_RESOURCE_TYPES)
        elif strategy == EXCLUSION:
            types.update(GLOBAL_RESOURCE_TYPES)
    return {
        "recording_strategy": strategy,
        "include_global_resource_types": strategy == ALL_SUPPORTED and with_global_types,
        "resource_types": [] if strategy == ALL_SUPPORTED else sorted(types),
    }


def recording_mode(frequency: str, overrides: c.Iterable[Fields] = (), with_global_types: bool = True) -> Fields:
    """How often a recorder records, in the one form in which equal modes are equal.

    overrides: each with resource_types, recording_frequency and, optionally, description. with_global_types: as in
    C(recording_group); what is not recorded here needs no frequency.
    """
    left_out = frozenset() if with_global_types else frozenset(GLOBAL_RESOURCE_TYPES)
    clean = [
        {
            "description": item.get("description") or "",
            "recording_frequency": item["recording_frequency"],
            "resource_types": sorted(set(item["resource_types"]) - left_out),
        }
        for item in overrides
    ]
    kept = sorted((item for item in clean if item["resource_types"]), key=lambda item: item["resource_types"])
    return {"recording_frequency": frequency, "recording_mode_overrides": kept}


def _observed_group(group: Fields) -> Fields:
    # recorders from before there were strategies do not name theirs
    legacy = ALL_SUPPORTED if group.get("allSupported") else INCLUSION
    strategy = group.get("recordingStrategy", {}).get("useOnly", legacy)
    excluded = group.get("exclusionByResourceTypes", {}).get("resourceTypes", [])
    types = excluded if strategy == EXCLUSION else group.get("resourceTypes", [])
    return {
        "recording_strategy": strategy,
        "include_global_resource_types": strategy == ALL_SUPPORTED and group.get("includeGlobalResourceTypes", False),
        "resource_types": sorted(types),
    }


def _group_parameters(group: Fields) -> Fields:
    strategy = group["recording_strategy"]
    parameters: Fields = {"recordingStrategy": {"useOnly": strategy}, "allSupported": strategy == ALL_SUPPORTED}
    if strategy == ALL_SUPPORTED:
        parameters["includeGlobalResourceTypes"] = group["include_global_resource_types"]
    elif strategy == INCLUSION:
        parameters["resourceTypes"] = group["resource_types"]
    else:
        parameters["exclusionByResourceTypes"] = {"resourceTypes": group["resource_types"]}
    return parameters


def _observed_mode(mode: Fields) -> Fields:
    return recording_mode(
        mode.get("recordingFrequency", "CONTINUOUS"),
        [
            {
                "description": item.get("description"),
                "recording_frequency": item["recordingFrequency"],
                "resource_types": item["resourceTypes"],
            }
            for item in mode.get("recordingModeOverrides", [])
        ],
    )


def _mode_parameters(mode: Fields) -> Fields:
    overrides = [
        {
            **({"description": item["description"]} if item["description"] else {}),
            "resourceTypes": item["resource_types"],
            "recordingFrequency": item["recording_frequency"],
        }
        for item in mode["recording_mode_overrides"]
    ]
    parameters: Fields = {"recordingFrequency": mode["recording_frequency"]}
    if overrides:
        parameters["recordingModeOverrides"] = overrides
    return parameters


@register
class DeliveryChannel(ResourceType):
    """Where a region's recorder delivers to. Key: its name when it is made.

    Fields: s3_bucket_name, s3_key_prefix, s3_kms_key_arn, sns_topic_arn (of a topic in the same region),
    delivery_frequency (of snapshots, C(FREQUENCIES); empty: none are delivered).
    """

    type = "AWS::Config::DeliveryChannel"
    service = "config"
    after = ("AWS::Config::ConfigurationRecorder", "AWS::KMS::Key", "AWS::S3::Bucket", "AWS::SNS::Topic")
    # AWS Config tries to write to the bucket and the topic, whose policies take a moment to be seen
    propagation_errors = frozenset(
        {
            "InsufficientDeliveryPolicyException",
            "InvalidS3KmsKeyArnException",
            "InvalidSNSTopicARNException",
            "NoAvailableConfigurationRecorderException",
            "NoSuchBucketException",
        }
    )
    permissions = {
        "read": ("config:DescribeDeliveryChannels",),
        "write": ("config:PutDeliveryChannel", "config:DeleteDeliveryChannel"),
    }
    _members: t.ClassVar[dict[str, str]] = {
        "s3_bucket_name": "s3BucketName",
        "s3_key_prefix": "s3KeyPrefix",
        "s3_kms_key_arn": "s3KmsKeyArn",
        "sns_topic_arn": "snsTopicARN",
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        channels = client.pages("DescribeDeliveryChannels", "DeliveryChannels")
        if not channels:
            return {}
        channel = channels[0]
        fields = {field: channel.get(member) for field, member in self._members.items()}
        fields["delivery_frequency"] = channel.get("configSnapshotDeliveryProperties", {}).get("deliveryFrequency")
        return {key: Observed(fields, {"name": channel["name"]}) for key in wanted}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [self._put(key, fields)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return [self._put(before.attributes["name"], after)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteDeliveryChannel", {"DeliveryChannelName": before.attributes["name"]})]

    def _put(self, name: str, fields: Fields) -> Call:
        channel = {member: fields[field] for field, member in self._members.items() if fields.get(field)}
        if fields.get("delivery_frequency"):
            channel["configSnapshotDeliveryProperties"] = {"deliveryFrequency": fields["delivery_frequency"]}
        return Call("PutDeliveryChannel", {"DeliveryChannel": {"name": name, **channel}})


@register
class ConfigurationRecorderStatus(ResourceType):
    """Whether a region's recorder is running. Key: that of the recorder. Fields: recording.

    Not a type of CloudFormation, which starts a recorder by itself; named in its style after the API's words. It is a
    type of its own because a recorder can be made before there is a channel, but started only after.
    """

    type = "AWS::Config::ConfigurationRecorderStatus"
    service = "config"
    after = ("AWS::Config::DeliveryChannel",)
    propagation_errors = frozenset({"NoAvailableDeliveryChannelException", "NoSuchConfigurationRecorderException"})
    permissions = {
        "read": ("config:DescribeConfigurationRecorderStatus",),
        "write": ("config:StartConfigurationRecorder", "config:StopConfigurationRecorder"),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        statuses = client.pages("DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus")
        own = next((item for item in statuses if not item.get("servicePrincipal")), {})
        recording = own.get("recording", False)
        # what does not record is as good as absent, and a recorder that is not there yet does not record
        return {
            key: Observed({"recording": recording}, {"name": own.get("name", key)})
            for key, fields in wanted.items()
            if recording or "recording" in fields
        }

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [self._call("Start", key)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return [self._call("Start" if after["recording"] else "Stop", before.attributes["name"])]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [self._call("Stop", before.attributes["name"])]

    @staticmethod
    def _call(verb: str, name: str) -> Call:
        return Call(f"{verb}ConfigurationRecorder", {"ConfigurationRecorderName": name})


@register
class RetentionConfiguration(ResourceType):
    """How long a region keeps configuration items. Key: C(RETENTION_NAME). Fields: retention_period_in_days.

    Not a type of CloudFormation; named in its style after the API's words.
    """

    type = "AWS::Config::RetentionConfiguration"
    service = "config"
    permissions = {
        "read": ("config:DescribeRetentionConfigurations",),
        "write": ("config:PutRetentionConfiguration", "config:DeleteRetentionConfiguration"),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        return {
            item["Name"]: Observed({"retention_period_in_days": item["RetentionPeriodInDays"]})
            for item in client.pages("DescribeRetentionConfigurations", "RetentionConfigurations")
        }

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("PutRetentionConfiguration", {"RetentionPeriodInDays": fields["retention_period_in_days"]})]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return self.create(key, after, scope)

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteRetentionConfiguration", {"RetentionConfigurationName": key})]


def config_tag_calls(arn: str, before: c.Mapping[str, str], after: c.Mapping[str, str]) -> list[Call]:
    """The calls by which AWS Config changes the tags of any of its resources."""
    return tag_calls(
        before,
        after,
        lambda tags: Call("TagResource", {"ResourceArn": arn, "Tags": ansible_dict_to_boto3_tag_list(tags)}),
        lambda names: Call("UntagResource", {"ResourceArn": arn, "TagKeys": names}),
    )


def input_parameters(values: c.Mapping[str, t.Any]) -> dict[str, str]:
    """A rule's parameters as AWS Config keeps them: every value is text."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }


def check_managed_rule(fields: Fields, option: str) -> None:
    """Refuse what AWS Config would refuse in I(fields) of a managed rule, and put its parameters as AWS keeps them.

    option: full name of the rule's option. Raises OptionError.
    """
    if not IDENTIFIER.fullmatch(fields["identifier"]):
        allowed = "the identifier of a managed rule, such as IAM_PASSWORD_POLICY: capital letters, digits, underscores"
        raise OptionError(f"{option}.identifier", fields["identifier"], allowed)
    if len(fields.get("description", "")) > MOST_DESCRIPTION:
        raise OptionError(f"{option}.description", fields["description"], f"up to {MOST_DESCRIPTION} characters")
    if "input_parameters" in fields:
        declared = fields["input_parameters"]
        nested = [name for name, value in declared.items() if isinstance(value, (dict, list))]
        if nested:
            allowed = "text, numbers and truth values; join lists with commas"
            raise OptionError(f"{option}.input_parameters.{nested[0]}", declared[nested[0]], allowed)
        fields["input_parameters"] = input_parameters(declared)
        if len(json.dumps(fields["input_parameters"])) > MOST_PARAMETERS:
            raise OptionError(f"{option}.input_parameters", declared, f"up to {MOST_PARAMETERS} characters as JSON")


@register
class ConfigRule(ResourceType):
    """An AWS managed rule. Key: its name.

    Fields: identifier (such as C(IAM_PASSWORD_POLICY)), description, input_parameters (names to text),
    maximum_execution_frequency (C(FREQUENCIES)), tags, and what the rule looks at: compliance_resource_types,
    compliance_resource_id, tag_key, tag_value. Attributes: arn, evaluation_modes.
    Rules that an AWS service made for itself are never purged.
    """

    type = "AWS::Config::ConfigRule"
    service = "config"
    after = ("AWS::Config::ConfigurationRecorder",)
    sets = frozenset({"compliance_resource_types"})
    propagation_errors = frozenset({"NoAvailableConfigurationRecorderException"})
    # a rule that is being deleted is in the way of its successor
    busy_errors = frozenset({"ResourceInUseException"})
    permissions = {
        "read": ("config:DescribeConfigRules", "config:ListTagsForResource"),
        "write": (
            "config:PutConfigRule",
            "config:TagResource",
            "config:UntagResource",
            "config:DeleteConfigRule",
        ),
    }
    _scope_members: t.ClassVar[dict[str, str]] = {
        "compliance_resource_types": "ComplianceResourceTypes",
        "compliance_resource_id": "ComplianceResourceId",
        "tag_key": "TagKey",
        "tag_value": "TagValue",
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        listed = client.pages("DescribeConfigRules", "ConfigRules")
        rules = [rule for rule in listed if self._is_ours(rule, wanted, prefixes)]

        def observe(rule: Fields) -> Observed:
            return self._observed(client, rule, "tags" in wanted.get(rule["ConfigRuleName"], {}))

        return {rule["ConfigRuleName"]: found for rule, found in zip(rules, in_parallel(observe, rules), strict=True)}

    @staticmethod
    def _is_ours(rule: Fields, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> bool:
        # a rule that is being deleted is listed for a while
        if rule.get("ConfigRuleState") in ("DELETING", "DELETING_RESULTS"):
            return False
        name = rule["ConfigRuleName"]
        return name in wanted or (name.startswith(tuple(prefixes)) and not rule.get("CreatedBy"))

    def _observed(self, client: Client, rule: Fields, with_tags: bool) -> Observed:
        scope = rule.get("Scope", {})
        fields = {
            "identifier": rule["Source"].get("SourceIdentifier"),
            "description": rule.get("Description"),
            "input_parameters": input_parameters(json.loads(rule.get("InputParameters") or "{}")),
            "maximum_execution_frequency": rule.get("MaximumExecutionFrequency"),
            **{field: scope.get(member) for field, member in self._scope_members.items()},
        }
        if with_tags:
            tags = client.pages("ListTagsForResource", "Tags", ResourceArn=rule["ConfigRuleArn"])
            fields["tags"] = own_tags(boto3_tag_list_to_ansible_dict(tags))
        modes = rule.get("EvaluationModes")
        return Observed(fields, {"arn": rule["ConfigRuleArn"], "evaluation_modes": modes})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {"ConfigRule": self._rule(key, fields)}
        if fields.get("tags"):
            parameters["Tags"] = ansible_dict_to_boto3_tag_list(fields["tags"])
        return [Call("PutConfigRule", parameters)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        calls = []
        if changed - {"tags"}:
            rule = self._rule(key, after)
            # left out, they would be reset
            if before.attributes["evaluation_modes"]:
                rule["EvaluationModes"] = before.attributes["evaluation_modes"]
            calls.append(Call("PutConfigRule", {"ConfigRule": rule}))
        if "tags" in changed:
            calls += config_tag_calls(before.attributes["arn"], before.fields["tags"], after["tags"])
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteConfigRule", {"ConfigRuleName": key})]

    def _rule(self, key: str, fields: Fields) -> Fields:
        rule = {"ConfigRuleName": key, "Source": {"Owner": "AWS", "SourceIdentifier": fields["identifier"]}}
        if fields.get("description"):
            rule["Description"] = fields["description"]
        if fields.get("input_parameters"):
            rule["InputParameters"] = json.dumps(fields["input_parameters"], sort_keys=True)
        if fields.get("maximum_execution_frequency"):
            rule["MaximumExecutionFrequency"] = fields["maximum_execution_frequency"]
        scope = {member: fields[field] for field, member in self._scope_members.items() if fields.get(field)}
        if scope:
            rule["Scope"] = scope
        return rule
