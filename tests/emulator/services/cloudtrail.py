# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudTrail trails, wholly: moto overwrites trails, appends insight selectors and checks no destination.

https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..errors import AwsError
from ..registry import Scope, Service, page
from . import contexts, delivery, iam, organizations, s3

Params = dict[str, Any]

PRINCIPAL = "cloudtrail.amazonaws.com"
TRAILS_PER_REGION = 5
ADMINISTRATORS = 3
_DEFAULT_SELECTORS = [
    {
        "ReadWriteType": "All",
        "IncludeManagementEvents": True,
        "DataResources": [],
        "ExcludeManagementEventSources": [],
    }
]
_DATA_RESOURCE_VALUES = {
    "AWS::S3::Object": re.compile(r"arn:aws[a-z-]*:s3(:::[a-z0-9.-]+/.*|:::|)"),
    "AWS::Lambda::Function": re.compile(r"arn:aws[a-z-]*:lambda(:[a-z0-9-]+:\d{12}:function:.+|)"),
    "AWS::DynamoDB::Table": re.compile(r"arn:aws[a-z-]*:dynamodb(:[a-z0-9-]+:\d{12}:table/.+|)"),
}
_EXCLUDABLE_SOURCES = frozenset({"kms.amazonaws.com", "rdsdata.amazonaws.com"})
_EVENT_CATEGORIES = frozenset({"Management", "Data", "NetworkActivity"})
_OPERATORS = ("Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith")


@dataclass
class Trail:
    """A trail in its home region; settings as CreateTrail names them. home: the owner's account, not who made it."""

    name: str
    arn: str
    home: Scope
    settings: Params
    tags: dict[str, str] = field(default_factory=dict)
    logging: bool = False
    started: datetime | None = None
    stopped: datetime | None = None
    selectors: list[Params] | None = None
    advanced_selectors: list[Params] | None = None
    insight_selectors: list[Params] = field(default_factory=list)
    #: what GetTrailStatus tells of the last delivery to the log group
    log_delivery: Params = field(default_factory=dict)

    def public(self) -> Params:
        """The fields CreateTrail and UpdateTrail answer with."""
        kept = ("S3BucketName", "S3KeyPrefix", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KmsKeyId")
        answer = {"Name": self.name, "TrailARN": self.arn}
        answer |= {key: self.settings[key] for key in kept if self.settings.get(key)}
        if topic := self.settings.get("SnsTopicARN"):
            answer |= {"SnsTopicName": topic, "SnsTopicARN": topic}
        for key in ("IncludeGlobalServiceEvents", "IsMultiRegionTrail", "IsOrganizationTrail"):
            answer[key] = self.settings[key]
        answer["LogFileValidationEnabled"] = self.settings["EnableLogFileValidation"]
        return answer

    def description(self) -> Params:
        """The fields DescribeTrails and GetTrail answer with."""
        custom = self.advanced_selectors is not None or self.selectors not in (None, _DEFAULT_SELECTORS)
        return {
            **self.public(),
            "HomeRegion": self.home.region,
            "HasCustomEventSelectors": custom,
            "HasInsightSelectors": bool(self.insight_selectors),
        }


Trails = dict[str, Trail]

service = Service("cloudtrail", whole=True)

_DEFAULTS = {
    "IncludeGlobalServiceEvents": True,
    "IsMultiRegionTrail": False,
    "EnableLogFileValidation": False,
    "IsOrganizationTrail": False,
}
_CLEARABLE = ("S3KeyPrefix", "SnsTopicName", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn", "KmsKeyId")


# --- finding --------------------------------------------------------------------------------------------------------


def _visible(scope: Scope) -> list[Trail]:
    """Trails of this region, then shadows: multi-region trails of others, and the organization's."""
    own = list(service.state(scope).values())
    organization = organizations.organization_of(scope)
    shadows = []
    for (account, region), trails in service.states().items():
        if scope.at(region=region).partition != scope.partition:
            continue
        for trail in trails.values():
            same_account = account == scope.account
            from_organization = (
                trail.settings["IsOrganizationTrail"]
                and organization is not None
                and organization.management == account
            )
            reaches = region == scope.region or trail.settings["IsMultiRegionTrail"]
            if reaches and (same_account or from_organization) and trail not in own:
                shadows.append(trail)
    return own + shadows


def _check_name(name: str) -> None:
    problem = None
    if not 3 <= len(name) <= 128:
        problem = "Trail name must be between 3 and 128 characters."
    elif not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        problem = "Trail name or ARN can only contain letters, numbers, periods, hyphens, and underscores."
    elif not re.fullmatch(r"[A-Za-z0-9].*[A-Za-z0-9]", name):
        problem = "Trail name must start and end with a letter or number."
    elif re.search(r"[._-]{2}", name):
        problem = "Trail name cannot have adjacent periods, underscores or dashes."
    elif re.fullmatch(r"\d+\.\d+\.\d+\.\d+", name):
        problem = "Trail name cannot be in IP address format."
    if problem:
        raise AwsError("InvalidTrailNameException", problem)


def _find(reference: str, scope: Scope) -> Trail:
    """A trail by name (of this region) or by ARN (also a shadow)."""
    if reference.startswith("arn:"):
        if not re.fullmatch(r"arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:\d{12}:trail/.+", reference):
            raise AwsError("CloudTrailARNInvalidException", f"{reference} is not a valid trail ARN")
        found = next((trail for trail in _visible(scope) if trail.arn == reference), None)
    else:
        _check_name(reference)
        found = service.state(scope).get(reference)
    if found is None:
        raise AwsError("TrailNotFoundException", f"Unknown trail: {reference} for the user: {scope.account}")
    return found


def _find_home(reference: str, scope: Scope) -> Trail:
    """A trail that may be changed from here: only from its home region, and only by its own account or, if it is the
    organization's, by a delegated administrator, who has to name it by its ARN.
    """
    if not reference.startswith("arn:"):
        _check_name(reference)
        shadow = any(trail.name == reference and trail.home.account == scope.account for trail in _visible(scope))
        if shadow and reference not in service.state(scope):
            raise AwsError("InvalidHomeRegionException", f"Trail {reference} must be changed in its home region")
    trail = _find(reference, scope)
    if trail.home.region != scope.region:
        raise AwsError("InvalidHomeRegionException", f"Trail {trail.name} must be changed in {trail.home.region}")
    if trail.home.account != scope.account and not _may_administer(scope):
        raise _not_management("Only the management account or a delegated administrator can change this trail.")
    return trail


def _may_administer(scope: Scope) -> bool:
    organization = organizations.organization_of(scope)
    return organization is not None and organization.may_administer(scope.account, PRINCIPAL)


def _not_management(message: str) -> AwsError:
    return AwsError("NotOrganizationMasterAccountException", message)


# --- checks ---------------------------------------------------------------------------------------------------------


def _check_settings(name: str, settings: Params, owner: Scope, caller: Scope, holder: Scope | None = None) -> Params:
    """The settings with names resolved to ARNs; raises what CreateTrail and UpdateTrail raise.

    owner: where the trail lives. caller: whose topics and keys are meant by a name. holder: the account that log group
    and role must belong to, if it is not the caller, because the caller leaves them as they are.
    """
    settings = dict(settings)
    arn = owner.arn("cloudtrail", f"trail/{name}")
    if settings["IsMultiRegionTrail"] and not settings["IncludeGlobalServiceEvents"]:
        raise AwsError("InvalidParameterCombinationException", "Multi-Region trail must include global service events.")
    organization = _check_organization(caller) if settings["IsOrganizationTrail"] else None
    organization_id = organization.id if organization else None
    _check_topic(settings, arn, owner, caller)
    key = _check_key_exists(settings, caller)
    _check_bucket(settings, arn, organization_id, key, owner)
    if key is not None:
        _check_key_policy(key, arn, settings, owner)
    _check_log_group(settings, organization_id, owner, holder or caller)
    if organization is not None:
        for account in organization.active():
            iam.ensure_service_linked_role(PRINCIPAL, owner.at(account=account))
    return settings


def _check_organization(caller: Scope) -> organizations.Organization:
    organization = _trusting_organization(caller)
    if not organization.may_administer(caller.account, PRINCIPAL):
        raise _not_management("You are neither the management account nor a delegated administrator for CloudTrail.")
    if caller.account != organization.management and not _has_service_linked_role(organization, caller):
        raise AwsError(
            "NoManagementAccountSLRExistsException",
            "The management account has no service-linked role for CloudTrail. It is created when the management "
            "account registers the delegated administrator with CloudTrail.",
        )
    return organization


def _trusting_organization(caller: Scope) -> organizations.Organization:
    organization = organizations.organization_of(caller)
    if organization is None:
        raise AwsError("OrganizationsNotInUseException", "Your account is not a member of an organization.")
    if not organization.trusts(PRINCIPAL):
        raise AwsError(
            "CloudTrailAccessNotEnabledException",
            "The request could not be processed because your organization hasn't enabled CloudTrail service access. "
            "Enable service access for CloudTrail, and then try again.",
        )
    return organization


def _has_service_linked_role(organization: organizations.Organization, scope: Scope) -> bool:
    arn = iam.service_linked_role_arn(PRINCIPAL, scope.at(account=organization.management))
    return delivery.find_role(arn) is not None


def _check_bucket(settings: Params, arn: str, organization_id: str | None, key: Any | None, owner: Scope) -> None:
    name = settings["S3BucketName"]
    if not re.fullmatch(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]", name):
        raise AwsError("InvalidS3BucketNameException", f"The bucket name {name} is not valid.")
    prefix = settings.get("S3KeyPrefix") or ""
    if len(prefix) > 200 or prefix.endswith("/"):
        raise AwsError("InvalidS3PrefixException", "The S3 prefix is longer than 200 characters or ends with a slash.")
    bucket = s3.find_bucket(name)
    if bucket is None:
        raise AwsError("S3BucketDoesNotExistException", f"S3 bucket {name} does not exist!")
    if key is not None and key.region != bucket.region_name:
        raise AwsError("KmsKeyNotFoundException", "The KMS key and the S3 bucket are not in the same Region.")
    context = contexts.of_service(owner, arn, {"s3:x-amz-acl": "bucket-owner-full-control"})
    base = f"{bucket.arn}/{prefix + '/' if prefix else ''}AWSLogs"
    folders = [f"{base}/{owner.account}/CloudTrail/{owner.region}/log.json.gz"]
    if organization_id:
        folders.append(f"{base}/{organization_id}/{owner.account}/CloudTrail/{owner.region}/log.json.gz")
    writable = all(delivery.bucket_allows(bucket, PRINCIPAL, "s3:PutObject", one, context) for one in folders)
    if not writable or not delivery.bucket_allows(bucket, PRINCIPAL, "s3:GetBucketAcl", bucket.arn, context):
        raise AwsError(
            "InsufficientS3BucketPolicyException", f"Incorrect S3 bucket policy is detected for bucket: {name}"
        )


def _check_key_exists(settings: Params, scope: Scope) -> Any | None:
    reference = settings.get("KmsKeyId")
    if not reference:
        return None
    if not re.fullmatch(r"alias/[\w/-]+|(mrk-)?[0-9a-f-]{32,36}|arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:.+", reference):
        raise AwsError("InvalidKmsKeyIdException", f"{reference} is not a KMS key id, alias or ARN")
    key = delivery.find_key(reference, scope)
    if key is None:
        raise AwsError("KmsKeyNotFoundException", f"KMS key {reference} does not exist")
    if key.key_state not in delivery.USABLE_KEY_STATES:
        raise AwsError("KmsException", f"KMS key {key.arn} is {key.key_state}")
    settings["KmsKeyId"] = key.arn
    return key


def _check_key_policy(key: Any, arn: str, settings: Params, owner: Scope) -> None:
    context = contexts.of_service(owner, arn, {"kms:EncryptionContext:aws:cloudtrail:arn": arn})
    if not delivery.key_allows(key, PRINCIPAL, ("kms:GenerateDataKey", "kms:DescribeKey"), context):
        raise AwsError(
            "InsufficientEncryptionPolicyException",
            f"Insufficient permissions to access S3 bucket {settings['S3BucketName']} or KMS key {key.arn}.",
        )


def _check_topic(settings: Params, arn: str, owner: Scope, caller: Scope) -> None:
    name = settings.pop("SnsTopicName", None)
    if not name:
        return
    topic = name if name.startswith("arn:") else caller.arn("sns", name)
    if not re.fullmatch(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(\.fifo)?", topic):
        raise AwsError("InvalidSnsTopicNameException", f"Invalid SNS topic name: {name}")
    if not delivery.topic_allows(topic, PRINCIPAL, contexts.of_service(owner, arn)):
        raise AwsError(
            "InsufficientSnsTopicPolicyException",
            "SNS Topic does not exist or the topic policy is incorrect!",
        )
    settings["SnsTopicARN"] = topic


def _check_log_group(settings: Params, organization_id: str | None, owner: Scope, holder: Scope) -> None:
    """Log group and role belong to the account that names them, which may be the delegated administrator's."""
    group, role_arn = settings.get("CloudWatchLogsLogGroupArn"), settings.get("CloudWatchLogsRoleArn")
    if role_arn and not group:
        raise AwsError(
            "InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN."
        )
    if group and not role_arn:
        raise AwsError("InvalidCloudWatchLogsRoleArnException", "You must specify a role ARN as well as a log group.")
    if not group or not role_arn:
        return
    prefix = holder.arn("logs", "log-group:")
    name = group.removeprefix(prefix).removesuffix(":*")
    if not group.startswith(prefix) or not group.endswith(":*") or not delivery.log_group_exists(name, holder):
        raise AwsError(
            "InvalidCloudWatchLogsLogGroupArnException",
            f"CloudTrail cannot validate the specified log group ARN: {group}",
        )
    role = delivery.find_role(role_arn)
    if role is None or role_arn.split(":")[4] != holder.account:
        raise AwsError("InvalidCloudWatchLogsRoleArnException", f"The role {role_arn} does not exist.")
    stream = f"{owner.account}_CloudTrail_{owner.region}"
    streams = [stream, f"{organization_id}_{stream}"] if organization_id else [stream]
    allowed = all(
        delivery.role_allows(role, action, f"{prefix}{name}:log-stream:{one}")
        for action in ("logs:CreateLogStream", "logs:PutLogEvents")
        for one in streams
    )
    # for this role, CloudTrail supports neither aws:SourceArn nor aws:SourceAccount
    if not allowed or not delivery.role_trusts(role, PRINCIPAL, {}):
        raise AwsError(
            "InvalidCloudWatchLogsRoleArnException",
            "Access denied. Verify that the trust relationship of the role lets CloudTrail assume it and that its "
            "policy allows logs:CreateLogStream and logs:PutLogEvents on the log group.",
        )


# --- trails ---------------------------------------------------------------------------------------------------------


@service.operation("CreateTrail")
def create_trail(params: Params, scope: Scope, state: Trails) -> Params:
    name = params["Name"]
    if name.startswith("arn:"):
        raise AwsError("InvalidTrailNameException", "A new trail takes a name, not an ARN.")
    _check_name(name)
    declared = {key: value for key, value in params.items() if key not in ("Name", "TagsList") and value != ""}
    # whoever makes it, an organization trail belongs to the management account
    owner = scope
    if declared.get("IsOrganizationTrail"):
        owner = scope.at(account=_check_organization(scope).management)
    trails = service.state(owner)
    if name in trails:
        raise AwsError("TrailAlreadyExistsException", f"Trail {name} already exists for customer: {owner.account}")
    if len(_visible(owner)) >= TRAILS_PER_REGION:
        raise AwsError(
            "MaximumNumberOfTrailsExceededException",
            f"User: {owner.account} already has {TRAILS_PER_REGION} trails in {owner.region}.",
        )
    tags = _tags(params.get("TagsList", []))
    settings = _check_settings(name, {**_DEFAULTS, **declared}, owner, scope)
    trails[name] = Trail(name, owner.arn("cloudtrail", f"trail/{name}"), owner, settings, tags)
    return trails[name].public()


@service.operation("UpdateTrail")
def update_trail(params: Params, scope: Scope, state: Trails) -> Params:
    trail = _find_home(params["Name"], scope)
    changed = {key: value for key, value in params.items() if key != "Name"}
    settings = {**trail.settings}
    if topic := settings.pop("SnsTopicARN", None):
        settings["SnsTopicName"] = topic
    settings |= changed
    for key in _CLEARABLE:
        if settings.get(key) == "":
            del settings[key]
    if settings["IsOrganizationTrail"] != trail.settings["IsOrganizationTrail"]:
        _check_conversion(trail, scope)
    group = settings.get("CloudWatchLogsLogGroupArn", "")
    given = "CloudWatchLogsLogGroupArn" in changed or "CloudWatchLogsRoleArn" in changed
    holder = scope if given or not group else scope.at(account=group.split(":")[4])
    trail.settings = _check_settings(trail.name, settings, trail.home, scope, holder)
    return trail.public()


def _check_conversion(trail: Trail, scope: Scope) -> None:
    if scope.account != trail.home.account:
        raise _not_management("Only the management account can convert a trail to or from an organization trail.")


@service.operation("DeleteTrail")
def delete_trail(params: Params, scope: Scope, state: Trails) -> None:
    trail = _find_home(params["Name"], scope)
    del service.state(trail.home)[trail.name]


@service.operation("DescribeTrails")
def describe_trails(params: Params, scope: Scope, state: Trails) -> Params:
    visible = _visible(scope)
    wanted = params.get("trailNameList")
    if wanted:
        chosen = []
        for reference in wanted:
            if not reference.startswith("arn:"):
                _check_name(reference)
            by_name = [trail for trail in state.values() if trail.name == reference]
            chosen += by_name or [trail for trail in visible if trail.arn == reference]
    elif params.get("includeShadowTrails", True):
        chosen = visible
    else:
        chosen = list(state.values())
    return {"trailList": [trail.description() for trail in chosen]}


@service.operation("GetTrail")
def get_trail(params: Params, scope: Scope, state: Trails) -> Params:
    return {"Trail": _find(params["Name"], scope).description()}


@service.operation("ListTrails")
def list_trails(params: Params, scope: Scope, state: Trails) -> Params:
    trails = []
    for trail in {id(one): one for region in _regions_of(scope) for one in service.state(region).values()}.values():
        trails.append({"TrailARN": trail.arn, "Name": trail.name, "HomeRegion": trail.home.region})
    return {"Trails": trails}


def _regions_of(scope: Scope) -> list[Scope]:
    return [scope.at(region=region) for account, region in list(service.states()) if account == scope.account]


@service.operation("GetTrailStatus")
def get_trail_status(params: Params, scope: Scope, state: Trails) -> Params:
    trail = _find(params["Name"], scope)
    answer: Params = {
        "IsLogging": trail.logging,
        "LatestDeliveryAttemptTime": "",
        "LatestDeliveryAttemptSucceeded": "",
        "LatestNotificationAttemptTime": "",
        "LatestNotificationAttemptSucceeded": "",
        "TimeLoggingStarted": trail.started.strftime("%Y-%m-%dT%H:%M:%SZ") if trail.started else "",
        "TimeLoggingStopped": trail.stopped.strftime("%Y-%m-%dT%H:%M:%SZ") if trail.stopped else "",
    }
    if trail.started:
        answer["StartLoggingTime"] = trail.started
    if trail.stopped:
        answer["StopLoggingTime"] = trail.stopped
    return answer | trail.log_delivery


@service.operation("StartLogging")
def start_logging(params: Params, scope: Scope, state: Trails) -> None:
    trail = _find_home(params["Name"], scope)
    if not trail.logging:
        trail.logging, trail.started = True, datetime.now(UTC)


@service.operation("StopLogging")
def stop_logging(params: Params, scope: Scope, state: Trails) -> None:
    trail = _find_home(params["Name"], scope)
    if trail.logging:
        trail.logging, trail.stopped = False, datetime.now(UTC)


# --- selectors ------------------------------------------------------------------------------------------------------


@service.operation("GetEventSelectors")
def get_event_selectors(params: Params, scope: Scope, state: Trails) -> Params:
    trail = _find(params["TrailName"], scope)
    if trail.advanced_selectors is not None:
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": trail.advanced_selectors}
    return {"TrailARN": trail.arn, "EventSelectors": trail.selectors or _DEFAULT_SELECTORS}


@service.operation("PutEventSelectors")
def put_event_selectors(params: Params, scope: Scope, state: Trails) -> Params:
    trail = _find_home(params["TrailName"], scope)
    basic, advanced = params.get("EventSelectors"), params.get("AdvancedEventSelectors")
    if bool(basic) == bool(advanced):
        raise _invalid_selectors("Specify either event selectors or advanced event selectors.")
    if advanced:
        _check_advanced(advanced)
        trail.selectors, trail.advanced_selectors = None, advanced
        return {"TrailARN": trail.arn, "AdvancedEventSelectors": advanced}
    trail.selectors, trail.advanced_selectors = _checked_basic(basic or []), None
    return {"TrailARN": trail.arn, "EventSelectors": trail.selectors}


def _invalid_selectors(message: str) -> AwsError:
    return AwsError("InvalidEventSelectorsException", message)


def _checked_basic(selectors: list[Params]) -> list[Params]:
    if len(selectors) > 5:
        raise _invalid_selectors("A trail can have up to 5 event selectors.")
    checked, count = [], 0
    for one in selectors:
        selector = {**_DEFAULT_SELECTORS[0], **one}
        for resource in selector["DataResources"]:
            allowed = _DATA_RESOURCE_VALUES.get(resource.get("Type", ""))
            values = resource.get("Values", [])
            count += len(values)
            if allowed is None or not values or not all(allowed.fullmatch(value) for value in values):
                raise _invalid_selectors(f"Invalid data resource: {resource}")
        if set(selector["ExcludeManagementEventSources"]) - _EXCLUDABLE_SOURCES:
            raise _invalid_selectors("Only kms.amazonaws.com and rdsdata.amazonaws.com can be excluded.")
        if selector["ExcludeManagementEventSources"] and not selector["IncludeManagementEvents"]:
            raise _invalid_selectors("Sources can only be excluded from management events.")
        if not selector["IncludeManagementEvents"] and not selector["DataResources"]:
            raise _invalid_selectors("An event selector selects management events or data resources.")
        checked.append(selector)
    if count > 250:
        raise _invalid_selectors("A trail can have up to 250 data resources.")
    return checked


def _check_advanced(selectors: list[Params]) -> None:
    conditions = 0
    for selector in selectors:
        fields = selector["FieldSelectors"]
        names = [one["Field"] for one in fields]
        category: Params = next((one for one in fields if one["Field"] == "eventCategory"), {})
        if len(names) != len(set(names)):
            raise _invalid_selectors("A field occurs twice in an advanced event selector.")
        if len(category.get("Equals", [])) != 1 or category["Equals"][0] not in _EVENT_CATEGORIES:
            raise _invalid_selectors(
                "An advanced event selector has one eventCategory: Management, Data, NetworkActivity."
            )
        if category["Equals"] == ["Data"]:
            types: Params = next((one for one in fields if one["Field"] == "resources.type"), {})
            if len(types.get("Equals", [])) != 1:
                raise _invalid_selectors("A selector of data events has exactly one resources.type.")
        for one in fields:
            if not any(one.get(operator) for operator in _OPERATORS):
                raise _invalid_selectors(f"Field {one['Field']} has no operator.")
            conditions += sum(len(one.get(operator, [])) for operator in _OPERATORS)
    if conditions > 500:
        raise _invalid_selectors("A trail can have up to 500 values in advanced event selectors.")


@service.operation("GetInsightSelectors")
def get_insight_selectors(params: Params, scope: Scope, state: Trails) -> Params:
    trail = _find(_trail_name(params), scope)
    if not trail.insight_selectors:
        raise AwsError("InsightNotEnabledException", f"Trail {trail.arn} does not have Insights enabled.")
    return {"TrailARN": trail.arn, "InsightSelectors": trail.insight_selectors}


@service.operation("PutInsightSelectors")
def put_insight_selectors(params: Params, scope: Scope, state: Trails) -> Params:
    trail = _find_home(_trail_name(params), scope)
    selectors = params["InsightSelectors"]
    kinds = [one.get("InsightType") for one in selectors]
    if None in kinds or len(kinds) != len(set(kinds)):
        raise AwsError("InvalidInsightSelectorsException", "Each insight selector names an InsightType, once.")
    trail.insight_selectors = selectors
    return {"TrailARN": trail.arn, "InsightSelectors": selectors}


def _trail_name(params: Params) -> str:
    if "TrailName" not in params:
        raise AwsError("InvalidParameterCombinationException", "Specify a trail (event data stores are not emulated).")
    return str(params["TrailName"])


# --- tags -----------------------------------------------------------------------------------------------------------


def _tags(tags: list[Params]) -> dict[str, str]:
    keys = [tag["Key"] for tag in tags]
    if len(keys) != len(set(keys)):
        raise AwsError("InvalidTagParameterException", "Duplicate tag keys")
    if any(key.lower().startswith("aws:") for key in keys):
        raise AwsError("InvalidTagParameterException", "Tag keys must not begin with aws:")
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def _tagged(arn: str, scope: Scope) -> Trail:
    if not re.fullmatch(r"arn:aws[a-z-]*:cloudtrail:[a-z0-9-]+:\d{12}:trail/.+", arn):
        raise AwsError("CloudTrailARNInvalidException", f"{arn} is not a valid trail ARN")
    account = arn.split(":")[4]
    if account != scope.account and not _may_administer(scope):
        raise AwsError(
            "CloudTrailARNInvalidException",
            f"AccountID in ARN is wrong, you can only access resources with AccountID {scope.account}.",
        )
    visible = (one for one in _visible(scope) if one.home.region == scope.region)
    trail = next((one for one in visible if one.arn == arn), None)
    if trail is None:
        raise AwsError("ResourceNotFoundException", f"{arn} does not exist in {scope.region}")
    return trail


@service.operation("AddTags")
def add_tags(params: Params, scope: Scope, state: Trails) -> None:
    trail = _tagged(params["ResourceId"], scope)
    merged = {**trail.tags, **_tags(params["TagsList"])}
    if len(merged) > 50:
        raise AwsError("TagsLimitExceededException", "A trail can have up to 50 tags")
    trail.tags = merged


@service.operation("RemoveTags")
def remove_tags(params: Params, scope: Scope, state: Trails) -> None:
    trail = _tagged(params["ResourceId"], scope)
    for tag in params["TagsList"]:
        if trail.tags.get(tag["Key"]) == tag.get("Value", trail.tags.get(tag["Key"])):
            trail.tags.pop(tag["Key"], None)


@service.operation("ListTags")
def list_tags(params: Params, scope: Scope, state: Trails) -> Params:
    rows = []
    for arn in params["ResourceIdList"]:
        tags = [{"Key": key, "Value": value} for key, value in _tagged(arn, scope).tags.items()]
        rows.append({"ResourceId": arn, "TagsList": tags})
    chosen, token = page(rows, params, token="NextToken", error="InvalidTokenException", default=20)
    return {"ResourceTagList": chosen, "NextToken": token}


# --- delegated administrators ---------------------------------------------------------------------------------------


def _managed_organization(scope: Scope) -> organizations.Organization:
    organization = _trusting_organization(scope)
    if scope.account != organization.management:
        raise AwsError(
            "NotOrganizationManagementAccountException",
            "The account making the request is not the organization's management account.",
        )
    return organization


@service.operation("RegisterOrganizationDelegatedAdmin")
def register_organization_delegated_admin(params: Params, scope: Scope, state: Trails) -> None:
    organization = _managed_organization(scope)
    account, administrators = params["MemberAccountId"], organization.administrators(PRINCIPAL)
    if account == organization.management:
        raise AwsError(
            "CannotDelegateManagementAccountException", "The management account cannot be a delegated administrator."
        )
    if account not in organization.active():
        raise AwsError("AccountNotFoundException", f"Account {account} is not part of the organization.")
    if account in administrators:
        raise AwsError("AccountRegisteredException", f"Account {account} is a delegated administrator already.")
    if len(administrators) >= ADMINISTRATORS:
        raise AwsError(
            "DelegatedAdminAccountLimitExceededException",
            f"An organization can have up to {ADMINISTRATORS} delegated administrators for CloudTrail.",
        )
    organizations.delegate(organization, account, PRINCIPAL)
    iam.ensure_service_linked_role(PRINCIPAL, scope)


@service.operation("DeregisterOrganizationDelegatedAdmin")
def deregister_organization_delegated_admin(params: Params, scope: Scope, state: Trails) -> None:
    organization = _managed_organization(scope)
    account = params["DelegatedAdminAccountId"]
    if account not in organization.accounts:
        raise AwsError("AccountNotFoundException", f"Account {account} is not part of the organization.")
    if account not in organization.administrators(PRINCIPAL):
        raise AwsError("AccountNotRegisteredException", f"Account {account} is not a delegated administrator.")
    del organization.delegated[PRINCIPAL][account]
