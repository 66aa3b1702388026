# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Config: recorder, delivery channel, rules, retention and their tags; the rest is moto's.

https://docs.aws.amazon.com/config/latest/APIReference/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.config.models import ConfigRule
from moto.core.exceptions import JsonRESTError, ServiceException

from ..errors import AwsError
from ..policies import Context
from ..registry import Scope, Service, page, random_hex
from . import contexts, delivery, s3

Params = dict[str, Any]
PRINCIPAL = "config.amazonaws.com"


@dataclass
class Recorder:
    """The configuration recorder of a region; row as DescribeConfigurationRecorders gives it."""

    row: Params
    tags: dict[str, str]
    recording: bool = False
    started: datetime | None = None
    stopped: datetime | None = None


@dataclass
class Rule:
    row: Params
    tags: dict[str, str]


@dataclass
class Pack:
    """A conformance pack of an account; row as DescribeConformancePacks gives it. See config_organization.py.

    template: its rules, by logical id. looks: how often somebody has looked since it was put.
    """

    row: Params
    tags: dict[str, str]
    template: dict[str, Params]
    status: str = "CREATE_IN_PROGRESS"
    reason: str = ""
    looks: int = 0


@dataclass
class Deployment:
    """An organization's rule or pack; row as it is described. See config_organization.py.

    content: the rule as PutConfigRule takes it, or the pack's rules by logical id. members: detailed status by account.
    """

    row: Params
    tags: dict[str, str]
    name: str
    suffix: str
    content: Params
    status: str = "CREATE_IN_PROGRESS"
    looks: int = 0
    members: dict[str, Params] = field(default_factory=dict)


@dataclass
class Aggregator:
    row: Params
    tags: dict[str, str]


@dataclass
class Region:
    """What a region's AWS Config holds; at most one recorder, one channel, one retention configuration."""

    recorder: Recorder | None = None
    channel: Params | None = None
    rules: dict[str, Rule] = field(default_factory=dict)
    retention: int | None = None
    packs: dict[str, Pack] = field(default_factory=dict)
    organization_rules: dict[str, Deployment] = field(default_factory=dict)
    organization_packs: dict[str, Deployment] = field(default_factory=dict)
    aggregators: dict[str, Aggregator] = field(default_factory=dict)
    authorizations: list[Params] = field(default_factory=list)


service = Service("config", state=Region)


def own_tags(tags: list[Params]) -> dict[str, str]:
    keys = [tag.get("Key", "") for tag in tags]
    if len(keys) != len(set(keys)):
        raise AwsError("ValidationException", "Duplicate tag keys found.")
    if any(key.lower().startswith("aws:") for key in keys):
        raise AwsError("ValidationException", "Tag keys must not begin with aws:")
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


# --- recorder -------------------------------------------------------------------------------------------------------


@service.operation("PutConfigurationRecorder")
def put_configuration_recorder(params: Params, scope: Scope, state: Region) -> None:
    declared = params["ConfigurationRecorder"]
    name = declared.get("name", "default")
    existing = state.recorder
    if existing is not None and existing.row["name"] != name:
        raise AwsError(
            "MaxNumberOfConfigurationRecordersExceededException",
            f"Failed to put configuration recorder '{name}' because the maximum number of configuration recorders: 1 "
            "is reached.",
        )
    role_arn = declared.get("roleARN") or (existing.row["roleARN"] if existing else "")
    _check_role(role_arn, scope)
    arn = existing.row["arn"] if existing else scope.arn("config", f"configuration-recorder/{name}/{random_hex(16)}")
    row = {
        "arn": arn,
        "name": name,
        "roleARN": role_arn,
        "recordingGroup": _recording_group(declared.get("recordingGroup")),
        "recordingMode": _recording_mode(declared.get("recordingMode")),
        "recordingScope": "PAID",
    }
    tags = own_tags(params.get("Tags", []))
    if existing is None:
        state.recorder = Recorder(row, tags)
    else:
        existing.row = row


def _check_role(arn: str, scope: Scope) -> None:
    if not re.fullmatch(rf"arn:{scope.partition}:iam::{scope.account}:role/.+", arn):
        raise AwsError("InvalidRoleException", "You have provided a null or empty role ARN, or one of another account.")
    role = delivery.find_role(arn)
    if role is None or not delivery.role_trusts(role, PRINCIPAL, contexts.of_service(scope)):
        raise AwsError("InvalidRoleException", f"AWS Config cannot assume the role {arn}.")


def _invalid_group(message: str) -> AwsError:
    return AwsError("InvalidRecordingGroupException", f"The recording group provided is not valid: {message}")


def _recording_group(declared: Params | None) -> Params:
    group = declared or {"allSupported": True}
    types = group.get("resourceTypes", [])
    excluded = group.get("exclusionByResourceTypes", {}).get("resourceTypes", [])
    every, global_types = group.get("allSupported", False), group.get("includeGlobalResourceTypes", False)
    strategy = group.get("recordingStrategy", {}).get("useOnly")
    if strategy is None:
        strategy = (
            "ALL_SUPPORTED_RESOURCE_TYPES"
            if every
            else "EXCLUSION_BY_RESOURCE_TYPES"
            if excluded
            else "INCLUSION_BY_RESOURCE_TYPES"
        )
    if every != (strategy == "ALL_SUPPORTED_RESOURCE_TYPES"):
        raise _invalid_group("allSupported and recordingStrategy contradict each other")
    if bool(types) != (strategy == "INCLUSION_BY_RESOURCE_TYPES"):
        raise _invalid_group("resourceTypes are for, and needed by, the strategy INCLUSION_BY_RESOURCE_TYPES")
    if bool(excluded) != (strategy == "EXCLUSION_BY_RESOURCE_TYPES"):
        raise _invalid_group("exclusionByResourceTypes is for, and needed by, the strategy EXCLUSION_BY_RESOURCE_TYPES")
    if global_types and not every:
        raise _invalid_group("includeGlobalResourceTypes needs allSupported")
    return {
        "allSupported": every,
        "includeGlobalResourceTypes": global_types,
        "resourceTypes": types,
        "exclusionByResourceTypes": {"resourceTypes": excluded},
        "recordingStrategy": {"useOnly": strategy},
    }


def _recording_mode(declared: Params | None) -> Params:
    mode = declared or {"recordingFrequency": "CONTINUOUS"}
    if len(mode.get("recordingModeOverrides", [])) > 1:
        raise AwsError("ValidationException", "recordingModeOverrides: Member must have length less than or equal to 1")
    types = [one for override in mode.get("recordingModeOverrides", []) for one in override["resourceTypes"]]
    if len(types) != len(set(types)):
        raise AwsError("ValidationException", "A resource type occurs twice in the override of the recording mode")
    return {"recordingModeOverrides": [], **mode}


def _recorder(name: str | None, state: Region) -> Recorder:
    if state.recorder is None or name not in (None, state.recorder.row["name"]):
        raise AwsError(
            "NoSuchConfigurationRecorderException",
            f"Cannot find configuration recorder with the specified name '{name}'.",
        )
    return state.recorder


def _recorders(params: Params, state: Region) -> list[Recorder]:
    names = params.get("ConfigurationRecorderNames") or []
    if names:
        return [_recorder(name, state) for name in names]
    if "Arn" in params and (state.recorder is None or state.recorder.row["arn"] != params["Arn"]):
        raise AwsError("NoSuchConfigurationRecorderException", f"There is no configuration recorder {params['Arn']}.")
    return [state.recorder] if state.recorder else []


@service.operation("DescribeConfigurationRecorders")
def describe_configuration_recorders(params: Params, scope: Scope, state: Region) -> Params:
    return {"ConfigurationRecorders": [one.row for one in _recorders(params, state)]}


@service.operation("ListConfigurationRecorders")
def list_configuration_recorders(params: Params, scope: Scope, state: Region) -> Params:
    keys = ("arn", "name", "recordingScope")
    return {"ConfigurationRecorderSummaries": [{key: one.row[key] for key in keys} for one in _recorders({}, state)]}


@service.operation("DescribeConfigurationRecorderStatus")
def describe_configuration_recorder_status(params: Params, scope: Scope, state: Region) -> Params:
    rows = []
    for one in _recorders(params, state):
        row = {"arn": one.row["arn"], "name": one.row["name"], "recording": one.recording}
        if one.started:
            row |= {"lastStartTime": one.started, "lastStatus": "SUCCESS", "lastStatusChangeTime": one.started}
        if one.stopped:
            row["lastStopTime"] = one.stopped
        rows.append(row)
    return {"ConfigurationRecordersStatus": rows}


@service.operation("StartConfigurationRecorder")
def start_configuration_recorder(params: Params, scope: Scope, state: Region) -> None:
    recorder = _recorder(params["ConfigurationRecorderName"], state)
    if state.channel is None:
        raise AwsError(
            "NoAvailableDeliveryChannelException", "Delivery channel is not available to start configuration recorder."
        )
    if not recorder.recording:
        recorder.recording, recorder.started = True, datetime.now(UTC)


@service.operation("StopConfigurationRecorder")
def stop_configuration_recorder(params: Params, scope: Scope, state: Region) -> None:
    recorder = _recorder(params["ConfigurationRecorderName"], state)
    if recorder.recording:
        recorder.recording, recorder.stopped = False, datetime.now(UTC)


@service.operation("DeleteConfigurationRecorder")
def delete_configuration_recorder(params: Params, scope: Scope, state: Region) -> None:
    _recorder(params["ConfigurationRecorderName"], state)
    state.recorder = None


# --- delivery channel -----------------------------------------------------------------------------------------------


@service.operation("PutDeliveryChannel")
def put_delivery_channel(params: Params, scope: Scope, state: Region) -> None:
    channel = {key: value for key, value in params["DeliveryChannel"].items() if value != ""}
    channel.setdefault("name", "default")
    if state.recorder is None:
        raise AwsError(
            "NoAvailableConfigurationRecorderException",
            "Configuration recorder is not available to put delivery channel.",
        )
    if state.channel is not None and state.channel["name"] != channel["name"]:
        raise AwsError(
            "MaxNumberOfDeliveryChannelsExceededException",
            f"Failed to put delivery channel '{channel['name']}' because the maximum number of delivery channels: 1 "
            "is reached.",
        )
    role = delivery.find_role(state.recorder.row["roleARN"])
    _check_channel_bucket(channel, role, scope)
    _check_channel_key(channel, role, scope)
    _check_channel_topic(channel, role, scope)
    state.channel = channel


def _context(scope: Scope) -> Context:
    return contexts.of_service(scope, more={"s3:x-amz-acl": "bucket-owner-full-control"})


def _check_channel_bucket(channel: Params, role: Any, scope: Scope) -> None:
    name, prefix = channel.get("s3BucketName", ""), channel.get("s3KeyPrefix", "")
    if prefix.endswith("/") or "AWSLogs" in prefix:
        raise AwsError("InvalidS3KeyPrefixException", f"The s3 key prefix '{prefix}' is not valid.")
    bucket = s3.find_bucket(name)
    if bucket is None:
        raise AwsError("NoSuchBucketException", f"Cannot find a S3 bucket with name '{name}'.")
    folder = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    resource = f"{bucket.arn}/{folder}/{scope.account}/Config/ConfigWritabilityCheckFile"
    by_role = role is not None and delivery.role_allows(role, "s3:PutObject", resource)
    if by_role and bucket.account_id != scope.account:
        by_role = delivery.bucket_allows(bucket, role.arn, "s3:PutObject", resource, _context(scope))
    by_service = delivery.bucket_allows(
        bucket, PRINCIPAL, "s3:PutObject", resource, _context(scope)
    ) and delivery.bucket_allows(bucket, PRINCIPAL, "s3:GetBucketAcl", bucket.arn, _context(scope))
    if not by_role and not by_service:
        raise AwsError(
            "InsufficientDeliveryPolicyException",
            f"Insufficient delivery policy to s3 bucket: {name}, unable to write to bucket, provided s3 key prefix is "
            f"'{prefix or 'null'}'.",
        )


def _check_channel_key(channel: Params, role: Any, scope: Scope) -> None:
    arn = channel.get("s3KmsKeyArn")
    if not arn:
        return
    key = delivery.find_key(arn, scope) if re.fullmatch(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:\S+", arn) else None
    if key is None:
        raise AwsError("InvalidS3KmsKeyArnException", f"The arn '{arn}' is not a valid kms key or alias arn.")
    actions = ("kms:GenerateDataKey", "kms:Decrypt")
    allowed = delivery.key_allows(key, PRINCIPAL, actions, _context(scope)) or (
        role is not None
        and delivery.key_allows(key, role.arn, actions, {})
        and all(delivery.role_allows(role, action, key.arn) for action in actions)
    )
    if not allowed or key.key_state not in delivery.USABLE_KEY_STATES:
        raise AwsError(
            "InsufficientDeliveryPolicyException", f"Insufficient delivery policy to use the kms key {key.arn}."
        )


def _check_channel_topic(channel: Params, role: Any, scope: Scope) -> None:
    arn = channel.get("snsTopicARN")
    if not arn:
        return
    if not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]+", arn):
        raise AwsError("InvalidSNSTopicARNException", f"The sns topic arn '{arn}' is not valid.")
    by_service = delivery.topic_allows(arn, PRINCIPAL, contexts.of_service(scope))
    by_role = role is not None and delivery.topic_exists(arn) and delivery.role_allows(role, "sns:Publish", arn)
    if not by_service and not by_role:
        raise AwsError(
            "InsufficientDeliveryPolicyException",
            f"Insufficient delivery policy to sns topic: {arn}, unable to publish.",
        )


def _channel(name: str, state: Region) -> Params:
    if state.channel is None or state.channel["name"] != name:
        raise AwsError("NoSuchDeliveryChannelException", f"Cannot find delivery channel with specified name '{name}'.")
    return state.channel


@service.operation("DescribeDeliveryChannels")
def describe_delivery_channels(params: Params, scope: Scope, state: Region) -> Params:
    names = params.get("DeliveryChannelNames")
    if names:
        return {"DeliveryChannels": [_channel(name, state) for name in names]}
    return {"DeliveryChannels": [state.channel] if state.channel else []}


@service.operation("DescribeDeliveryChannelStatus")
def describe_delivery_channel_status(params: Params, scope: Scope, state: Region) -> Params:
    channels = describe_delivery_channels(params, scope, state)["DeliveryChannels"]
    return {"DeliveryChannelsStatus": [{"name": channel["name"]} for channel in channels]}


@service.operation("DeleteDeliveryChannel")
def delete_delivery_channel(params: Params, scope: Scope, state: Region) -> None:
    name = params["DeliveryChannelName"]
    _channel(name, state)
    if state.recorder is not None and state.recorder.recording:
        raise AwsError(
            "LastDeliveryChannelDeleteFailedException",
            f"Failed to delete last specified delivery channel with name '{name}', because there is a "
            "running configuration recorder.",
        )
    state.channel = None


@service.operation("DeliverConfigSnapshot")
def deliver_config_snapshot(params: Params, scope: Scope, state: Region) -> Params:
    if state.recorder is None:
        raise AwsError("NoAvailableConfigurationRecorderException", "There is no configuration recorder.")
    _channel(params["deliveryChannelName"], state)
    if not state.recorder.recording:
        raise AwsError("NoRunningConfigurationRecorderException", "There is no configuration recorder running.")
    return {"configSnapshotId": random_hex(32)}


# --- rules ----------------------------------------------------------------------------------------------------------


@service.operation("PutConfigRule")
def put_config_rule(params: Params, scope: Scope, state: Region) -> None:
    declared = dict(params["ConfigRule"])
    tags = own_tags(params.get("Tags", []))
    if state.recorder is None:
        raise AwsError(
            "NoAvailableConfigurationRecorderException", "Configuration recorder is not available to put config rule."
        )
    existing = _named_rule(declared, state)
    name = declared.get("ConfigRuleName") or (existing.row["ConfigRuleName"] if existing else "")
    for key in ("ConfigRuleArn", "ConfigRuleId"):
        given = declared.pop(key, None)
        if given is not None and (existing is None or existing.row[key] != given):
            raise AwsError("InvalidParameterValueException", f"{key} can not be chosen or changed.")
    declared["ConfigRuleName"] = name
    check_rule(declared, scope)
    _refuse_rule_of_a_service(existing)
    if existing is None:
        identifier = f"config-rule-{random_hex(6)}"
        identity = {"ConfigRuleId": identifier, "ConfigRuleArn": scope.arn("config", f"config-rule/{identifier}")}
    else:
        identity = {key: existing.row[key] for key in ("ConfigRuleId", "ConfigRuleArn")}
    row = {"ConfigRuleState": "ACTIVE", "EvaluationModes": [{"Mode": "DETECTIVE"}], **declared, **identity}
    if existing is None:
        state.rules[name] = Rule(row, tags)
    else:
        existing.row = row


def _named_rule(declared: Params, state: Region) -> Rule | None:
    if "ConfigRuleName" in declared:
        return state.rules.get(declared["ConfigRuleName"])
    for key in ("ConfigRuleArn", "ConfigRuleId"):
        if key in declared:
            return next((rule for rule in state.rules.values() if rule.row[key] == declared[key]), None)
    raise AwsError("InvalidParameterValueException", "One or more identifiers needs to be provided: Name or Id or Arn")


def _refuse_rule_of_a_service(rule: Rule | None) -> None:
    if rule is not None and rule.row.get("CreatedBy"):
        raise AwsError(
            "AccessDeniedException",
            "An AWS service owns ServiceLinkedConfigRule. You do not have permissions to take action on this rule.",
        )


def check_rule(declared: Params, scope: Scope) -> None:
    source = declared["Source"]
    if source["Owner"] == "CUSTOM_POLICY":
        details = source.get("SourceDetails", [])
        if "CustomPolicyDetails" not in source or not details or "SourceIdentifier" in source:
            raise AwsError(
                "InvalidParameterValueException", "A custom policy rule has CustomPolicyDetails and SourceDetails only."
            )
        return
    if "CustomPolicyDetails" in source:
        raise AwsError("InvalidParameterValueException", "CustomPolicyDetails is for rules of owner CUSTOM_POLICY.")
    plain = {key: value for key, value in declared.items() if key != "EvaluationModes"}
    try:
        ConfigRule(scope.account, scope.region, plain, {})  # moto knows the managed rules and their parameters
    except ServiceException as failure:
        raise AwsError(failure.code, failure.message) from None
    except JsonRESTError as failure:
        raise AwsError(failure.error_type, failure.message) from None


def _rule(name: str, state: Region) -> Rule:
    if name not in state.rules:
        raise AwsError("NoSuchConfigRuleException", f"The ConfigRule '{name}' provided in the request is invalid.")
    return state.rules[name]


@service.operation("DescribeConfigRules")
def describe_config_rules(params: Params, scope: Scope, state: Region) -> Params:
    names = params.get("ConfigRuleNames") or sorted(state.rules)
    rows = [_rule(name, state).row for name in names]
    mode = params.get("Filters", {}).get("EvaluationMode")
    if mode:
        rows = [row for row in rows if {"Mode": mode} in row["EvaluationModes"]]
    chosen, token = page(rows, params, token="NextToken", error="InvalidNextTokenException", default=25)
    return {"ConfigRules": chosen, "NextToken": token}


@service.operation("DeleteConfigRule")
def delete_config_rule(params: Params, scope: Scope, state: Region) -> None:
    _refuse_rule_of_a_service(_rule(params["ConfigRuleName"], state))
    del state.rules[params["ConfigRuleName"]]


# --- retention ------------------------------------------------------------------------------------------------------

_RETENTION_NAME = "default"


@service.operation("PutRetentionConfiguration")
def put_retention_configuration(params: Params, scope: Scope, state: Region) -> Params:
    state.retention = params["RetentionPeriodInDays"]
    return {"RetentionConfiguration": _retention_row(state)}


def _retention_row(state: Region) -> Params:
    return {"Name": _RETENTION_NAME, "RetentionPeriodInDays": state.retention}


def _check_retention(name: str, state: Region) -> None:
    if state.retention is None or name != _RETENTION_NAME:
        raise AwsError(
            "NoSuchRetentionConfigurationException",
            f"Cannot find retention configuration with the specified name '{name}'.",
        )


@service.operation("DescribeRetentionConfigurations")
def describe_retention_configurations(params: Params, scope: Scope, state: Region) -> Params:
    for name in params.get("RetentionConfigurationNames", []):
        _check_retention(name, state)
    return {"RetentionConfigurations": [] if state.retention is None else [_retention_row(state)]}


@service.operation("DeleteRetentionConfiguration")
def delete_retention_configuration(params: Params, scope: Scope, state: Region) -> None:
    _check_retention(params["RetentionConfigurationName"], state)
    state.retention = None


# --- tags -----------------------------------------------------------------------------------------------------------


def _tagged(params: Params, state: Region) -> Recorder | Rule | Pack | Deployment | Aggregator:
    arn = params["ResourceArn"]
    if state.recorder is not None and state.recorder.row["arn"] == arn:
        return state.recorder
    kinds = {
        "ConfigRuleArn": state.rules,
        "ConformancePackArn": state.packs,
        "OrganizationConfigRuleArn": state.organization_rules,
        "OrganizationConformancePackArn": state.organization_packs,
        "ConfigurationAggregatorArn": state.aggregators,
    }
    found = [one for member, items in kinds.items() for one in items.values() if one.row[member] == arn]  # type: ignore[attr-defined]
    if not found:
        raise AwsError("ResourceNotFoundException", f"ResourceArn '{arn}' does not exist")
    return found[0]


@service.operation("TagResource")
def tag_resource(params: Params, scope: Scope, state: Region) -> None:
    resource = _tagged(params, state)
    merged = resource.tags | own_tags(params["Tags"])
    if len(merged) > 50:
        raise AwsError("TooManyTagsException", "A resource can have up to 50 tags")
    resource.tags = merged


@service.operation("UntagResource")
def untag_resource(params: Params, scope: Scope, state: Region) -> None:
    resource = _tagged(params, state)
    resource.tags = {key: value for key, value in resource.tags.items() if key not in params["TagKeys"]}


@service.operation("ListTagsForResource")
def list_tags_for_resource(params: Params, scope: Scope, state: Region) -> Params:
    rows = [{"Key": key, "Value": value} for key, value in _tagged(params, state).tags.items()]
    chosen, token = page(rows, params, token="NextToken", error="InvalidNextTokenException", limit="Limit", default=50)
    return {"Tags": chosen, "NextToken": token}
