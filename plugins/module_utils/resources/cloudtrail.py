# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS CloudTrail: trails."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible.module_utils.common.dict_transformations import camel_dict_to_snake_dict, snake_dict_to_camel_dict
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import kms
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    Ref,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

DEFAULT_EVENT_SELECTORS: list[Fields] = [{"include_management_events": True, "read_write_type": "All"}]
"""What a trail records unless told otherwise: all management events, nothing else."""

SETTINGS = {
    "s3_bucket_name": "S3BucketName",
    "s3_key_prefix": "S3KeyPrefix",
    "sns_topic_name": "SnsTopicName",
    "include_global_service_events": "IncludeGlobalServiceEvents",
    "is_multi_region_trail": "IsMultiRegionTrail",
    "enable_log_file_validation": "EnableLogFileValidation",
    "is_organization_trail": "IsOrganizationTrail",
    "cloud_watch_logs_log_group_arn": "CloudWatchLogsLogGroupArn",
    "cloud_watch_logs_role_arn": "CloudWatchLogsRoleArn",
    "kms_key_id": "KmsKeyId",
}
"""Fields that C(cloudtrail:CreateTrail) and C(cloudtrail:UpdateTrail) set, and their names there."""

OBSERVED_NAMES = {**SETTINGS, "sns_topic_name": "SnsTopicARN", "enable_log_file_validation": "LogFileValidationEnabled"}
"""The same fields' names in a C(cloudtrail:DescribeTrails) answer."""

SELECTORS = frozenset({"event_selectors", "advanced_event_selectors"})
"""Fields of which a trail has one or the other."""

CLOUD_WATCH_LOGS = frozenset({"cloud_watch_logs_log_group_arn", "cloud_watch_logs_role_arn"})
"""CloudTrail takes these together only."""

TRAIL_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "existing", "absent"], "default": "present"},
    "s3_bucket_name": {"type": "str"},
    "s3_key_prefix": {"type": "str", "no_log": False},
    "sns_topic_name": {"type": "str"},
    "include_global_service_events": {"type": "bool", "default": True},
    "is_multi_region_trail": {"type": "bool", "default": True},
    "enable_log_file_validation": {"type": "bool", "default": True},
    "is_organization_trail": {"type": "bool"},
    "is_logging": {"type": "bool", "default": True},
    "cloud_watch_logs_log_group_arn": {"type": "str"},
    "cloud_watch_logs_role_arn": {"type": "str"},
    "kms_key_id": {"type": "str"},
    "event_selectors": {
        "type": "list",
        "elements": "dict",
        "options": {
            "read_write_type": {"type": "str", "choices": ["All", "ReadOnly", "WriteOnly"], "default": "All"},
            "include_management_events": {"type": "bool", "default": True},
            "data_resources": {
                "type": "list",
                "elements": "dict",
                "options": {
                    "type": {"type": "str", "required": True},
                    "values": {"type": "list", "elements": "str", "required": True},
                },
            },
            "exclude_management_event_sources": {"type": "list", "elements": "str"},
        },
    },
    "advanced_event_selectors": {
        "type": "list",
        "elements": "dict",
        "options": {
            "name": {"type": "str"},
            "field_selectors": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "field": {"type": "str", "required": True},
                    "equals": {"type": "list", "elements": "str"},
                    "starts_with": {"type": "list", "elements": "str"},
                    "ends_with": {"type": "list", "elements": "str"},
                    "not_equals": {"type": "list", "elements": "str"},
                    "not_starts_with": {"type": "list", "elements": "str"},
                    "not_ends_with": {"type": "list", "elements": "str"},
                },
            },
        },
    },
    "insight_selectors": {
        "type": "list",
        "elements": "str",
        "choices": ["ApiCallRateInsight", "ApiErrorRateInsight"],
    },
    "tags": {"type": "dict"},
}
"""Suboptions of the option that declares a trail."""

NAME = re.compile(r"[A-Za-z0-9]([._-]?[A-Za-z0-9])+")
LONGEST_KEY_PREFIX = 200
TOPIC_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")


def trail(options: Fields, option: str = "trail") -> Desired:
    """The trail that an option with TRAIL_OPTIONS declares. option: its name. Raises OptionError."""
    name = options["name"]
    actual = SAMPLE_SCOPE.substitute(name)
    if not 3 <= len(actual) <= 128 or not NAME.fullmatch(actual):
        allowed = "3 to 128 letters and digits, with single dots, hyphens and underscores between them"
        raise OptionError(f"{option}.name", name, allowed)
    if options["state"] == "absent":
        of_organization = options["is_organization_trail"]
        meant = {"only_of_account": True} if of_organization is False else {"is_organization_trail": of_organization}
        return Desired(Trail.type, name, meant, state="absent")
    fields = fields_of(options)
    if options["state"] == "present" and not fields.get("s3_bucket_name"):
        raise OptionError(f"{option}.s3_bucket_name", options["s3_bucket_name"], "the bucket that the trail writes to")
    if fields["is_multi_region_trail"] and not fields["include_global_service_events"]:
        allowed = "true, when is_multi_region_trail is true"
        raise OptionError(f"{option}.include_global_service_events", False, allowed)
    prefix = fields.get("s3_key_prefix", "")
    if len(prefix) > LONGEST_KEY_PREFIX or prefix.endswith("/"):
        allowed = f"up to {LONGEST_KEY_PREFIX} characters without a slash at the end"
        raise OptionError(f"{option}.s3_key_prefix", prefix, allowed)
    if fields.get("cloud_watch_logs_log_group_arn"):
        fields["cloud_watch_logs_log_group_arn"] = _log_group_arn(fields["cloud_watch_logs_log_group_arn"])
    if fields.get("cloud_watch_logs_role_arn"):
        fields["cloud_watch_logs_role_arn"] = _role_arn(fields["cloud_watch_logs_role_arn"])
    if bool(fields.get("cloud_watch_logs_log_group_arn")) != bool(fields.get("cloud_watch_logs_role_arn")):
        allowed = "both cloud_watch_logs_log_group_arn and cloud_watch_logs_role_arn, or neither"
        raise OptionError(option, sorted(CLOUD_WATCH_LOGS & set(fields)), allowed)
    if "kms_key_id" in fields:
        fields["kms_key_id"] = kms.reference(f"{option}.kms_key_id", fields["kms_key_id"])
    if fields.get("sns_topic_name"):
        fields["sns_topic_name"] = _topic_arn(fields["sns_topic_name"], f"{option}.sns_topic_name")
    fields.update(_declared_selectors(fields, option))
    return Desired(Trail.type, name, fields, options["state"])


def _topic_arn(name: str, option: str) -> str:
    if name.startswith("arn:"):
        return name
    if not TOPIC_NAME.fullmatch(SAMPLE_SCOPE.substitute(name)):
        raise OptionError(option, name, "the name or ARN of an SNS topic")
    return "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:" + name


def _log_group_arn(name: str) -> str:
    """CloudTrail's way to name a log group: its ARN with a star for all streams."""
    if not name.startswith("arn:"):
        name = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:" + name
    return name if name.endswith(":*") else f"{name}:*"


def _role_arn(name: str) -> str:
    return name if name.startswith("arn:") else "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/" + name


def _declared_selectors(fields: Fields, option: str) -> Fields:
    """The selectors of a trail, compared in one form. Explicitly none means AWS's default."""
    declared = {name: clean(fields.pop(name)) for name in sorted(SELECTORS) if name in fields}
    if all(declared.get(name) for name in SELECTORS):
        allowed = "nothing, when advanced_event_selectors is given: a trail has one or the other"
        raise OptionError(f"{option}.event_selectors", declared["event_selectors"], allowed)
    given = {name: selectors for name, selectors in declared.items() if selectors}
    return given or ({"event_selectors": DEFAULT_EVENT_SELECTORS} if declared else {})


def clean(value: t.Any) -> t.Any:
    """Selectors in the form in which they are compared: sorted, and without what says nothing."""
    if isinstance(value, dict):
        return {name: clean(item) for name, item in sorted(value.items()) if item not in (None, "", [])}
    if isinstance(value, list):
        return sorted((clean(item) for item in value), key=repr)
    return value


@register
class Trail(ResourceType):
    """A trail. Key: its name.

    Fields: those in SETTINGS (C(sns_topic_name) and C(kms_key_id) as ARNs), is_logging, event_selectors or
    advanced_event_selectors in the form of C(clean), insight_selectors (list of insight types), tags.
    A trail of another region that shows here is found as well, and AWS refuses to change it. So is the organization's,
    unless C(is_organization_trail) is declared false: it belongs to the management account, which may change it like a
    delegated administrator. There may be one of that name and a trail of the account's own: what is declared decides.
    C(only_of_account), for what is to be absent, means none that is the organization's, not even in the account that
    owns it.
    """

    type = "AWS::CloudTrail::Trail"
    service = "cloudtrail"
    after = ("AWS::IAM::Role", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SNS::Topic")
    sets = frozenset({"event_selectors", "advanced_event_selectors", "insight_selectors"})
    # policies of bucket, key, topic and role take a moment until CloudTrail sees them
    propagation_errors = frozenset(
        {
            "CloudWatchLogsDeliveryUnavailableException",
            "InsufficientEncryptionPolicyException",
            "InsufficientS3BucketPolicyException",
            "InsufficientSnsTopicPolicyException",
            "InvalidCloudWatchLogsLogGroupArnException",
            "InvalidCloudWatchLogsRoleArnException",
            "KmsKeyNotFoundException",
            "S3BucketDoesNotExistException",
            "TrailNotFoundException",
        }
    )
    # CloudTrail has not finished with the trail yet
    busy_errors = frozenset({"ConflictException"})
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": (
            "cloudtrail:DescribeTrails",
            "cloudtrail:GetTrailStatus",
            "cloudtrail:GetEventSelectors",
            "cloudtrail:GetInsightSelectors",
            "cloudtrail:ListTags",
        ),
        "write": (
            "cloudtrail:CreateTrail",
            "cloudtrail:UpdateTrail",
            "cloudtrail:StartLogging",
            "cloudtrail:StopLogging",
            "cloudtrail:PutEventSelectors",
            "cloudtrail:PutInsightSelectors",
            "cloudtrail:AddTags",
            "cloudtrail:RemoveTags",
            "cloudtrail:DeleteTrail",
            # a trail is handed the role with which it writes to its log group
            "iam:PassRole",
            # for an organization trail, CloudTrail asks and makes its service-linked role on the caller's behalf
            "iam:CreateServiceLinkedRole",
            "iam:GetRole",
            "organizations:DescribeOrganization",
            "organizations:ListAWSServiceAccessForOrganization",
        ),
    }

    # read

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        # asked for by name, AWS would keep trails of other regions and of the organization to itself
        trails = client.call("DescribeTrails", includeShadowTrails=True)["trailList"]
        meant = {name: self._meant(trails, name, declared, client.scope) for name, declared in wanted.items()}
        found = {name: trail for name, trail in meant.items() if trail}
        observed = in_parallel(lambda name: self._observed(client, found[name], wanted[name]), found)
        return dict(zip(found, observed, strict=True))

    @staticmethod
    def _meant(trails: list[Fields], name: str, declared: Fields, scope: Scope) -> Fields | None:
        """The one among trails of a name that the declaration is about."""
        named = [trail for trail in trails if trail["Name"] == name]
        of_organization = declared.get("is_organization_trail")
        if of_organization is False or declared.get("only_of_account"):
            named = [trail for trail in named if f":{scope.account_id}:" in trail["TrailARN"]]
        if declared.get("only_of_account"):
            named = [trail for trail in named if not trail.get("IsOrganizationTrail")]

        def preference(trail: Fields) -> tuple[bool, bool]:
            here = f":{scope.region}:{scope.account_id}:" in trail["TrailARN"]
            return bool(of_organization and trail.get("IsOrganizationTrail")), here

        return max(named, key=preference, default=None)

    def _observed(self, client: Client, trail: Fields, declared: Fields) -> Observed:
        arn = trail["TrailARN"]
        fields = {name: trail.get(member) for name, member in OBSERVED_NAMES.items()}
        readers: list[c.Callable[[], Fields]] = []
        if "is_logging" in declared:
            readers.append(lambda: {"is_logging": client.call("GetTrailStatus", Name=arn)["IsLogging"]})
        if SELECTORS & set(declared):
            if trail.get("HasCustomEventSelectors"):
                readers.append(lambda: self._selectors(client.call("GetEventSelectors", TrailName=arn)))
            else:
                fields.update(event_selectors=DEFAULT_EVENT_SELECTORS, advanced_event_selectors=[])
        if "insight_selectors" in declared:
            if trail.get("HasInsightSelectors"):
                readers.append(lambda: self._insights(client, arn))
            else:
                fields["insight_selectors"] = []
        if "tags" in declared:
            readers.append(lambda: self._tags(client, arn))
        for part in in_parallel(lambda reader: reader(), readers):
            fields.update(part)
        return Observed(fields, {"arn": arn})

    @staticmethod
    def _selectors(answer: Fields) -> Fields:
        selectors = {name: clean(camel_dict_to_snake_dict(answer).get(name) or []) for name in SELECTORS}
        return selectors if any(selectors.values()) else {**selectors, "event_selectors": DEFAULT_EVENT_SELECTORS}

    @staticmethod
    def _insights(client: Client, arn: str) -> Fields:
        answer = client.optional("GetInsightSelectors", {"InsightNotEnabledException"}, TrailName=arn) or {}
        return {"insight_selectors": [selector["InsightType"] for selector in answer.get("InsightSelectors", [])]}

    @staticmethod
    def _tags(client: Client, arn: str) -> Fields:
        tags = client.pages("ListTags", "ResourceTagList[0].TagsList", ResourceIdList=[arn])
        return {"tags": own_tags(boto3_tag_list_to_ansible_dict(tags))}

    # write

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {
            "Name": key,
            **{member: fields[name] for name, member in SETTINGS.items() if fields.get(name) not in (None, "")},
        }
        if fields.get("tags"):
            parameters["TagsList"] = ansible_dict_to_boto3_tag_list(fields["tags"])
        # by the name only its owner would find it, who is not the delegated administrator that made it
        arn = Ref(self.type, key)
        calls = [Call("CreateTrail", parameters, {"arn": "TrailARN"})]
        if fields.get("is_logging"):
            calls.append(Call("StartLogging", {"Name": arn}))
        selectors = {name: fields[name] for name in SELECTORS if fields.get(name)}
        if selectors and selectors != {"event_selectors": DEFAULT_EVENT_SELECTORS}:
            calls.append(self._put_selectors(arn, selectors))
        if fields.get("insight_selectors"):
            calls.append(self._put_insights(arn, fields["insight_selectors"]))
        return calls

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        arn = before.attributes["arn"]
        calls = []
        written = set(changed)
        if changed & CLOUD_WATCH_LOGS:
            written |= CLOUD_WATCH_LOGS
        settings = {
            member: "" if after.get(name) is None else after[name]
            for name, member in SETTINGS.items()
            if name in written
        }
        if settings:
            calls.append(Call("UpdateTrail", {"Name": arn, **settings}))
        if "is_logging" in changed:
            calls.append(Call("StartLogging" if after["is_logging"] else "StopLogging", {"Name": arn}))
        if changed & SELECTORS:
            calls.append(self._put_selectors(arn, {name: after[name] for name in changed & SELECTORS}))
        if "insight_selectors" in changed:
            calls.append(self._put_insights(arn, after["insight_selectors"]))
        if "tags" in changed:
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("AddTags", {"ResourceId": arn, "TagsList": ansible_dict_to_boto3_tag_list(tags)}),
                lambda names: Call("RemoveTags", {"ResourceId": arn, "TagsList": [{"Key": name} for name in names]}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteTrail", {"Name": before.attributes["arn"]})]

    @staticmethod
    def _put_selectors(trail: str | Ref, selectors: Fields) -> Call:
        return Call("PutEventSelectors", {"TrailName": trail, **snake_dict_to_camel_dict(selectors, True)})

    @staticmethod
    def _put_insights(trail: str | Ref, types: list[str]) -> Call:
        selectors = [{"InsightType": kind} for kind in types]
        return Call("PutInsightSelectors", {"TrailName": trail, "InsightSelectors": selectors})
