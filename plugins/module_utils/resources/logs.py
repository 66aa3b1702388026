# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""CloudWatch Logs: log groups, metric filters and subscription filters."""

from __future__ import annotations

import collections.abc as c
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import FilterPatternError, parse
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import ROLE_ARN, SAMPLE_SCOPE, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import kms
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""Days that C(logs:PutRetentionPolicy) accepts."""

FOREVER = 0
"""Retention of a log group whose events never expire."""

LOG_GROUP_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "existing"], "default": "present"},
    "retention_in_days": {"type": "int"},
    "kms_key_id": {"type": "str"},
    "tags": {"type": "dict"},
}
"""Suboptions of every option that declares a log group, documented in the fragment C(log_group)."""

LOG_GROUP_NAME = re.compile(r"[A-Za-z0-9._/#-]{1,512}")


def log_group(options: Fields, option: str = "log_group") -> Desired:
    """The log group that an option with LOG_GROUP_OPTIONS declares. option: its name. Raises OptionError."""
    name, days = options["name"], options["retention_in_days"]
    if not LOG_GROUP_NAME.fullmatch(SAMPLE_SCOPE.substitute(name)):
        raise OptionError(f"{option}.name", name, "1 to 512 letters, digits and characters of ._-/#")
    if days is not None and days not in (FOREVER, *RETENTION_DAYS):
        allowed = f"{', '.join(map(str, RETENTION_DAYS))} days, or {FOREVER} for ever"
        raise OptionError(f"{option}.retention_in_days", days, allowed)
    fields = fields_of(options)
    if "kms_key_id" in fields:
        fields["kms_key_id"] = kms.reference(f"{option}.kms_key_id", fields["kms_key_id"])
    return Desired(LogGroup.type, name, fields, options["state"])


@register
class LogGroup(ResourceType):
    """A log group. Key: its name. Fields: retention_in_days (0: forever), kms_key_id (key ARN), tags."""

    type = "AWS::Logs::LogGroup"
    service = "logs"
    after = ("AWS::KMS::Key",)
    # a key policy takes a moment until CloudWatch Logs sees it, and so does a new group
    propagation_errors = frozenset({"InvalidParameterException", "AccessDeniedException", "ResourceNotFoundException"})
    permissions = {
        "read": ("logs:DescribeLogGroups", "logs:ListTagsForResource"),
        "write": (
            "logs:CreateLogGroup",
            "logs:PutRetentionPolicy",
            "logs:DeleteRetentionPolicy",
            "logs:AssociateKmsKey",
            "logs:DisassociateKmsKey",
            "logs:TagResource",
            "logs:UntagResource",
            "logs:DeleteLogGroup",
        ),
    }

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": scope.arn("logs", f"log-group:{key}")}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = {}
        for key, fields in wanted.items():
            for group in client.pages("DescribeLogGroups", "logGroups", logGroupNamePrefix=key):
                if group["logGroupName"] == key:
                    found[key] = self._observed(client, group, "tags" in fields)
        return found

    def _observed(self, client: Client, group: Fields, with_tags: bool) -> Observed:
        arn = self.attributes(group["logGroupName"], client.scope)["arn"]
        fields = {"retention_in_days": group.get("retentionInDays", FOREVER), "kms_key_id": group.get("kmsKeyId")}
        if with_tags:
            fields["tags"] = own_tags(client.call("ListTagsForResource", resourceArn=arn)["tags"])
        return Observed(fields, {"arn": arn})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {"logGroupName": key}
        if fields.get("kms_key_id"):
            parameters["kmsKeyId"] = fields["kms_key_id"]
        if fields.get("tags"):
            parameters["tags"] = fields["tags"]
        calls = [Call("CreateLogGroup", parameters)]
        if fields.get("retention_in_days"):
            calls.append(self._retention(key, fields["retention_in_days"]))
        return calls

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        calls = []
        if "retention_in_days" in changed:
            calls.append(self._retention(key, after["retention_in_days"]))
        if "kms_key_id" in changed:
            if after["kms_key_id"]:
                calls.append(Call("AssociateKmsKey", {"logGroupName": key, "kmsKeyId": after["kms_key_id"]}))
            else:
                calls.append(Call("DisassociateKmsKey", {"logGroupName": key}))
        if "tags" in changed:
            arn = before.attributes["arn"]
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call("TagResource", {"resourceArn": arn, "tags": tags}),
                lambda names: Call("UntagResource", {"resourceArn": arn, "tagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteLogGroup", {"logGroupName": key})]

    @staticmethod
    def _retention(key: str, days: int) -> Call:
        if days == FOREVER:
            return Call("DeleteRetentionPolicy", {"logGroupName": key})
        return Call("PutRetentionPolicy", {"logGroupName": key, "retentionInDays": days})


def filter_key(log_group_name: str, filter_name: str) -> str:
    """Key of a metric filter, whose name is unique within its log group only."""
    return f"{log_group_name}|{filter_name}"


@register
class MetricFilter(ResourceType):
    """A metric filter. Key: C(filter_key).

    Fields: pattern, metric_name, metric_namespace, metric_value, default_value, unit; and restrictions, which can be
    declared empty only: what else keeps events from the metric, by AWS's name. A filter with dimensions counts into
    metrics of other dimensions than those that an alarm on the metric's name sees.
    """

    type = "AWS::Logs::MetricFilter"
    service = "logs"
    after = ("AWS::Logs::LogGroup",)
    permissions = {
        "read": ("logs:DescribeMetricFilters",),
        "write": ("logs:PutMetricFilter", "logs:DeleteMetricFilter"),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = {}
        for group in dict.fromkeys(key.split("|")[0] for key in [*wanted, *prefixes]):
            absent = {"ResourceNotFoundException"}
            filters = client.pages("DescribeMetricFilters", "metricFilters", absent, logGroupName=group)
            for item in filters:
                found[filter_key(group, item["filterName"])] = self._observed(item)
        return found

    RESTRICTIONS = ("applyOnTransformedLogs", "emitSystemFieldDimensions", "fieldSelectionCriteria")

    @classmethod
    def _observed(cls, item: Fields) -> Observed:
        transformation = item["metricTransformations"][0]
        restrictions = {name: item[name] for name in cls.RESTRICTIONS if item.get(name)}
        if transformation.get("dimensions"):
            restrictions["dimensions"] = transformation["dimensions"]
        return Observed(
            {
                "pattern": item.get("filterPattern", ""),
                "metric_name": transformation["metricName"],
                "metric_namespace": transformation["metricNamespace"],
                "metric_value": transformation["metricValue"],
                "default_value": transformation.get("defaultValue"),
                "unit": transformation.get("unit", "None"),
                "restrictions": restrictions,
            }
        )

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [self._put(key, fields)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return [self._put(key, after)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        group, name = key.split("|", 1)
        return [Call("DeleteMetricFilter", {"logGroupName": group, "filterName": name})]

    @staticmethod
    def _put(key: str, fields: Fields) -> Call:
        group, name = key.split("|", 1)
        transformation = {
            "metricName": fields["metric_name"],
            "metricNamespace": fields["metric_namespace"],
            "metricValue": fields["metric_value"],
        }
        if fields.get("default_value") is not None:
            transformation["defaultValue"] = fields["default_value"]
        if fields.get("unit"):
            transformation["unit"] = fields["unit"]
        return Call(
            "PutMetricFilter",
            {
                "logGroupName": group,
                "filterName": name,
                "filterPattern": fields["pattern"],
                "metricTransformations": [transformation],
            },
        )


SUBSCRIPTION_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "pattern": {"type": "str"},
    "destination_arn": {"type": "str"},
    "role_arn": {"type": "str"},
    "distribution": {"type": "str", "choices": ["ByLogStream", "Random"]},
}
"""Suboptions of every option that declares a subscription filter of a log group."""

SUBSCRIPTION_NAME = re.compile(r"[^:*]{1,512}")
DESTINATION_ARN = re.compile(r"arn:aws[a-z-]*:(lambda|kinesis|firehose|logs):[a-z0-9-]+:\d{12}:\S+")
PLAIN_DESTINATIONS = ("lambda", "logs")
"""Services that let CloudWatch Logs deliver by a policy of their own, not by a role."""


def destination_service(arn: str) -> str:
    """The service of a destination's ARN, which may have pseudo parameters."""
    return SAMPLE_SCOPE.substitute(arn).split(":")[2]


def subscription(group: str, options: Fields, option: str) -> Desired:
    """The subscription filter that an option with SUBSCRIPTION_OPTIONS declares. option: its name.

    Raises OptionError.
    """
    name = options["name"]
    if not SUBSCRIPTION_NAME.fullmatch(name):
        raise OptionError(f"{option}.name", name, "1 to 512 characters without : and *")
    key = filter_key(group, name)
    if options["state"] == "absent":
        return Desired(SubscriptionFilter.type, key, state="absent")
    fields = {field: options[field] for field in options if field not in ("name", "state")}
    if fields["pattern"] is None:
        raise OptionError(f"{option}.pattern", None, "a filter pattern; an empty one forwards everything")
    try:
        parse(fields["pattern"])
    except FilterPatternError as error:
        raise OptionError(f"{option}.pattern", fields["pattern"], f"a filter pattern: {error}") from error
    arn, role = fields["destination_arn"], fields["role_arn"]
    if not arn or not DESTINATION_ARN.fullmatch(SAMPLE_SCOPE.substitute(arn)):
        allowed = "the ARN of a function, a stream, a delivery stream or a destination"
        raise OptionError(f"{option}.destination_arn", arn, allowed)
    if bool(role) == (destination_service(arn) in PLAIN_DESTINATIONS):
        allowed = "nothing for a function or a destination" if role else "the role that may write to the stream"
        raise OptionError(f"{option}.role_arn", role, allowed)
    if role and not ROLE_ARN.fullmatch(SAMPLE_SCOPE.substitute(role)):
        raise OptionError(f"{option}.role_arn", role, "the ARN of an IAM role")
    # said, so that a filter that went to a stream before forgets its role
    fields["role_arn"] = role or ""
    return Desired(SubscriptionFilter.type, key, fields)


@register
class SubscriptionFilter(ResourceType):
    """A subscription filter of a log group, which has room for two. Key: C(filter_key).

    Fields: pattern, destination_arn, role_arn, distribution.
    """

    type = "AWS::Logs::SubscriptionFilter"
    service = "logs"
    after = ("AWS::Logs::LogGroup", "AWS::IAM::Role", "AWS::Kinesis::Stream", "AWS::Lambda::Permission")
    # CloudWatch Logs tries the destination, which takes a moment to be there and to let it in
    propagation_errors = frozenset({"InvalidParameterException"})
    permissions = {
        "read": ("logs:DescribeSubscriptionFilters",),
        "write": ("logs:PutSubscriptionFilter", "logs:DeleteSubscriptionFilter", "iam:PassRole"),
    }

    NAMES: t.ClassVar[dict[str, str]] = {
        "pattern": "filterPattern",
        "destination_arn": "destinationArn",
        "role_arn": "roleArn",
        "distribution": "distribution",
    }
    """The fields, and what the API calls them."""

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = {}
        absent = {"ResourceNotFoundException"}
        for group in dict.fromkeys(key.split("|")[0] for key in [*wanted, *prefixes]):
            for item in client.pages("DescribeSubscriptionFilters", "subscriptionFilters", absent, logGroupName=group):
                fields = {field: item.get(name) for field, name in self.NAMES.items()}
                found[filter_key(group, item["filterName"])] = Observed(fields)
        return found

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        group, name = key.split("|", 1)
        parameters = {parameter: fields[field] for field, parameter in self.NAMES.items() if fields.get(field)}
        return [
            Call(
                "PutSubscriptionFilter",
                {"logGroupName": group, "filterName": name, "filterPattern": fields["pattern"], **parameters},
            )
        ]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return self.create(key, after, scope)

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        group, name = key.split("|", 1)
        return [Call("DeleteSubscriptionFilter", {"logGroupName": group, "filterName": name})]
