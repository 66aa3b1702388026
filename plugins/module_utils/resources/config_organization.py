# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Config across accounts: conformance packs, rules and packs of an organization, and aggregators.

Rules and packs are accepted at once and deployed afterwards, which C(settling) tells about. One that failed is written
again by the next run, because what it lacked, such as a recorder, may be there by now. That is what the field C(status)
is for: declared is C(SUCCESSFUL), observed the failure, or C(SUCCESSFUL) if there is none, or none yet.
"""

from __future__ import annotations

import collections.abc as c
import hashlib
import json
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Failure,
    Fields,
    Observed,
    ResourceType,
    Settling,
    own_tags,
    register,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.config import (
    config_tag_calls,
    input_parameters,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

SUCCESSFUL = "SUCCESSFUL"

FINGERPRINT_TAG = "secops.aws_baseline/template-sha256"
"""Tag of a pack that tells its template, which AWS Config keeps to itself."""

UNKNOWN = "DeploymentFailed"
"""Code of a failure to which AWS gives none."""
NO_REASON = "AWS does not say why."

# What an account is told that does not administer the organization (yet): there is nothing of its own.
NOT_ADMINISTRATOR = frozenset({"OrganizationAccessDeniedException", "NoAvailableOrganizationException"})

ADMINISTRATION = (
    "iam:CreateServiceLinkedRole",
    "iam:GetRole",
    "organizations:EnableAWSServiceAccess",
    "organizations:ListDelegatedAdministrators",
)
"""Actions that AWS checks on top when the organization's rules and packs are written."""


class _Deployed(ResourceType):
    """What AWS Config deploys after it has answered. Key: its name. Attributes: arn.

    Of each subclass: the names of the listing's operation and member and of the status's, the members of a row with
    name, ARN and status, and the parameter that names one to be deleted.
    """

    service = "config"
    settles = True
    # one that is still being worked on
    busy_errors = frozenset({"ResourceInUseException"})
    hidden: t.ClassVar[frozenset[str]] = frozenset()
    """Fields that AWS never tells."""
    read_by_tags: t.ClassVar[frozenset[str]] = frozenset({"tags"})
    """Fields whose reading needs a call for the tags."""
    _listing: t.ClassVar[tuple[str, str]]
    _statuses: t.ClassVar[tuple[str, str]]
    _word: t.ClassVar[str]
    _status: t.ClassVar[str]

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        listed = client.pages(*self._listing, absent=NOT_ADMINISTRATOR)
        ours = [row for row in listed if self._is_ours(row, wanted, prefixes)]
        if not ours:
            return {}
        statuses = self._rows_of_statuses(client)
        # one that is being deleted is listed for a while, and may have gone since it was
        staying = {name for name, row in statuses.items() if row[self._status] != "DELETE_IN_PROGRESS"}
        rows = [row for row in ours if row[f"{self._word}Name"] in staying]

        def observe(row: Fields) -> Observed:
            name = row[f"{self._word}Name"]
            status = statuses[name][self._status]
            fields = {**self._observed(row), "status": status if status.endswith("_FAILED") else SUCCESSFUL}
            if self.read_by_tags & wanted.get(name, {}).keys():
                tags = client.pages("ListTagsForResource", "Tags", ResourceArn=row[f"{self._word}Arn"])
                fields |= self._observed_tags(boto3_tag_list_to_ansible_dict(tags))
            return Observed(fields, {"arn": row[f"{self._word}Arn"]})

        return {row[f"{self._word}Name"]: seen for row, seen in zip(rows, in_parallel(observe, rows), strict=True)}

    def _is_ours(self, row: Fields, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> bool:
        name = row[f"{self._word}Name"]
        return name in wanted or (name.startswith(tuple(prefixes)) and not row.get("CreatedBy"))

    def _rows_of_statuses(self, client: Client) -> dict[str, Fields]:
        rows = client.pages(*self._statuses, absent=NOT_ADMINISTRATOR)
        return {row[f"{self._word}Name"]: row for row in rows}

    def settling(self, client: Client, keys: c.Sequence[str]) -> dict[str, Settling]:
        rows = {name: row for name, row in self._rows_of_statuses(client).items() if name in keys}
        found = {}
        for name, row in rows.items():
            status = row[self._status]
            failures = self._failures(client, name, row) if status.endswith("_FAILED") else ()
            found[name] = Settling(status, not status.endswith("_IN_PROGRESS"), tuple(failures))
        return found

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        return field in self.hidden or super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        call = self._put(key, fields)
        if tags := self._tags(fields):
            call.parameters["Tags"] = ansible_dict_to_boto3_tag_list(tags)
        return [call]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        calls = [self._put(key, after)] if changed - {"tags"} else []
        if self.read_by_tags & changed:
            calls += config_tag_calls(
                before.attributes["arn"],
                self._tags({name: before.fields.get(name) for name in changed}),
                self._tags({name: after[name] for name in changed}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call(f"Delete{self._word}", {f"{self._word}Name": key})]

    def _observed(self, row: Fields) -> Fields:
        """Fields of a row of the listing."""
        raise NotImplementedError

    def _observed_tags(self, tags: dict[str, str]) -> Fields:
        """Fields that are kept in tags."""
        return {"tags": own_tags(tags)}

    def _tags(self, fields: Fields) -> dict[str, str]:
        """The tags that keep I(fields)."""
        return fields.get("tags") or {}

    def _put(self, key: str, fields: Fields) -> Call:
        """The call that creates and updates, without tags, which it would take at creation only."""
        raise NotImplementedError

    def _failures(self, client: Client, name: str, row: Fields) -> list[Failure]:
        """What went wrong with one whose status, in I(row), is that it failed."""
        raise NotImplementedError


class _OrganizationWide(_Deployed):
    """What is deployed to all accounts of the organization but I(excluded_accounts).

    Of each subclass: operation, member and member's status of the listing that tells of one account each.
    """

    sets = frozenset({"excluded_accounts"})
    _details: t.ClassVar[tuple[str, str]]
    _detail_status: t.ClassVar[str]

    def _failures(self, client: Client, name: str, row: Fields) -> list[Failure]:
        details = client.pages(*self._details, **{f"{self._word}Name": name})
        failed = [one for one in details if one[self._detail_status].endswith("_FAILED")]
        return [
            Failure(
                one.get("AccountId", client.scope.account_id),
                one.get("ErrorCode") or UNKNOWN,
                one.get("ErrorMessage") or NO_REASON,
            )
            for one in failed or [row]
        ]


@register
class OrganizationConfigRule(_OrganizationWide):
    """An AWS managed rule in all accounts of the organization. Key: its name.

    Fields: identifier, description, input_parameters (names to text), maximum_execution_frequency, excluded_accounts,
    tags, status, and what the rule looks at: resource_types_scope, resource_id_scope, tag_key_scope, tag_value_scope.
    """

    type = "AWS::Config::OrganizationConfigRule"
    after = ("AWS::Config::ConfigurationRecorder",)
    sets = frozenset({"excluded_accounts", "resource_types_scope"})
    permissions: t.ClassVar = {
        "read": (
            "config:DescribeOrganizationConfigRules",
            "config:DescribeOrganizationConfigRuleStatuses",
            "config:ListTagsForResource",
        ),
        "write": (
            "config:PutOrganizationConfigRule",
            "config:TagResource",
            "config:UntagResource",
            "config:DeleteOrganizationConfigRule",
            "config:GetOrganizationConfigRuleDetailedStatus",
            *ADMINISTRATION,
        ),
    }
    _word = "OrganizationConfigRule"
    _listing = ("DescribeOrganizationConfigRules", "OrganizationConfigRules")
    _statuses = ("DescribeOrganizationConfigRuleStatuses", "OrganizationConfigRuleStatuses")
    _status = "OrganizationRuleStatus"
    _details = ("GetOrganizationConfigRuleDetailedStatus", "OrganizationConfigRuleDetailedStatus")
    _detail_status = "MemberAccountRuleStatus"
    _members: t.ClassVar[dict[str, str]] = {
        "identifier": "RuleIdentifier",
        "description": "Description",
        "maximum_execution_frequency": "MaximumExecutionFrequency",
        "resource_types_scope": "ResourceTypesScope",
        "resource_id_scope": "ResourceIdScope",
        "tag_key_scope": "TagKeyScope",
        "tag_value_scope": "TagValueScope",
    }

    def _observed(self, row: Fields) -> Fields:
        metadata = row.get("OrganizationManagedRuleMetadata", {})
        return {
            **{field: metadata.get(member) for field, member in self._members.items()},
            "input_parameters": input_parameters(json.loads(metadata.get("InputParameters") or "{}")),
            "excluded_accounts": row.get("ExcludedAccounts", []),
        }

    def _put(self, key: str, fields: Fields) -> Call:
        metadata = {member: fields[field] for field, member in self._members.items() if fields.get(field)}
        if fields.get("input_parameters"):
            metadata["InputParameters"] = json.dumps(fields["input_parameters"], sort_keys=True)
        parameters = {"OrganizationConfigRuleName": key, "OrganizationManagedRuleMetadata": metadata}
        if fields.get("excluded_accounts"):
            parameters["ExcludedAccounts"] = fields["excluded_accounts"]
        return Call("PutOrganizationConfigRule", parameters)


def fingerprint(text: str) -> str:
    """What is compared of a template, because AWS Config does not tell it."""
    return hashlib.sha256(text.encode()).hexdigest()


class _Pack(_Deployed):
    """What conformance packs of an account and of an organization have in common.

    Fields: template_body (Verbatim) or template_s3_uri, which are written and cannot be read, template_sha256 (see
    C(fingerprint), kept in a tag) by which they are compared, input_parameters (names to text), delivery_s3_bucket,
    delivery_s3_key_prefix, tags, status.
    """

    after = ("AWS::Config::ConfigurationRecorder", "AWS::S3::Bucket", "AWS::S3::Object")
    hidden = frozenset({"template_body", "template_s3_uri"})
    read_by_tags = frozenset({"tags", "template_sha256"})
    _members: t.ClassVar[dict[str, str]] = {
        "delivery_s3_bucket": "DeliveryS3Bucket",
        "delivery_s3_key_prefix": "DeliveryS3KeyPrefix",
        "template_s3_uri": "TemplateS3Uri",
        "excluded_accounts": "ExcludedAccounts",
    }

    def _observed(self, row: Fields) -> Fields:
        parameters = row.get("ConformancePackInputParameters", [])
        return {
            **{field: row.get(member) for field, member in self._members.items() if field not in self.hidden},
            "input_parameters": {one["ParameterName"]: one["ParameterValue"] for one in parameters},
        }

    def _observed_tags(self, tags: dict[str, str]) -> Fields:
        others = {name: value for name, value in own_tags(tags).items() if name != FINGERPRINT_TAG}
        return {"tags": others, "template_sha256": tags.get(FINGERPRINT_TAG)}

    def _tags(self, fields: Fields) -> dict[str, str]:
        sha256 = fields.get("template_sha256")
        return {**super()._tags(fields), **({FINGERPRINT_TAG: sha256} if sha256 else {})}

    def _put(self, key: str, fields: Fields) -> Call:
        parameters = {member: fields[field] for field, member in self._members.items() if fields.get(field)}
        if fields.get("template_body"):
            parameters["TemplateBody"] = fields["template_body"].text
        if fields.get("input_parameters"):
            parameters["ConformancePackInputParameters"] = [
                {"ParameterName": name, "ParameterValue": value}
                for name, value in sorted(fields["input_parameters"].items())
            ]
        return Call(f"Put{self._word}", {f"{self._word}Name": key, **parameters})


@register
class ConformancePack(_Pack):
    """A conformance pack of this account and region. Fields: those of all packs. Packs of AWS are never purged."""

    type = "AWS::Config::ConformancePack"
    permissions: t.ClassVar = {
        "read": (
            "config:DescribeConformancePacks",
            "config:DescribeConformancePackStatus",
            "config:ListTagsForResource",
        ),
        "write": (
            "config:PutConformancePack",
            "config:TagResource",
            "config:UntagResource",
            "config:DeleteConformancePack",
            "iam:CreateServiceLinkedRole",
            "iam:GetRole",
            # AWS Config reads a template as whoever names it
            "s3:GetObject",
        ),
    }
    _word = "ConformancePack"
    _listing = ("DescribeConformancePacks", "ConformancePackDetails")
    _statuses = ("DescribeConformancePackStatus", "ConformancePackStatusDetails")
    _status = "ConformancePackState"

    def _failures(self, client: Client, name: str, row: Fields) -> list[Failure]:
        reason = row.get("ConformancePackStatusReason") or NO_REASON
        return [Failure(client.scope.account_id, UNKNOWN, reason)]


@register
class OrganizationConformancePack(_Pack, _OrganizationWide):
    """A conformance pack in all accounts of the organization. Fields: those of all packs, and excluded_accounts."""

    type = "AWS::Config::OrganizationConformancePack"
    permissions: t.ClassVar = {
        "read": (
            "config:DescribeOrganizationConformancePacks",
            "config:DescribeOrganizationConformancePackStatuses",
            "config:ListTagsForResource",
        ),
        "write": (
            "config:PutOrganizationConformancePack",
            "config:TagResource",
            "config:UntagResource",
            "config:DeleteOrganizationConformancePack",
            "config:GetOrganizationConformancePackDetailedStatus",
            # AWS Config reads a template as whoever names it
            "s3:GetObject",
            *ADMINISTRATION,
        ),
    }
    _word = "OrganizationConformancePack"
    _listing = ("DescribeOrganizationConformancePacks", "OrganizationConformancePacks")
    _statuses = ("DescribeOrganizationConformancePackStatuses", "OrganizationConformancePackStatuses")
    _status = "Status"
    _details = ("GetOrganizationConformancePackDetailedStatus", "OrganizationConformancePackDetailedStatuses")
    _detail_status = "Status"


@register
class ConfigurationAggregator(ResourceType):
    """Collects what AWS Config knows of many accounts and regions. Key: its name.

    Fields: account_ids, or role_arn of the role by which AWS Config reads which accounts the organization has;
    aws_regions (empty: all, future ones too); tags. Attributes: arn.
    """

    type = "AWS::Config::ConfigurationAggregator"
    service = "config"
    after = ("AWS::IAM::Role",)
    sets = frozenset({"account_ids", "aws_regions"})
    # a new role takes a moment until AWS Config can assume it
    propagation_errors = frozenset({"InvalidRoleException"})
    permissions: t.ClassVar = {
        "read": ("config:DescribeConfigurationAggregators", "config:ListTagsForResource"),
        "write": (
            "config:PutConfigurationAggregator",
            "config:TagResource",
            "config:UntagResource",
            "config:DeleteConfigurationAggregator",
            "iam:PassRole",
            "organizations:EnableAWSServiceAccess",
            "organizations:ListDelegatedAdministrators",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        rows = client.pages("DescribeConfigurationAggregators", "ConfigurationAggregators")
        found = {row["ConfigurationAggregatorName"]: row for row in rows}
        return {
            name: self._observed(client, found[name], "tags" in fields)
            for name, fields in wanted.items()
            if name in found
        }

    @staticmethod
    def _observed(client: Client, row: Fields, with_tags: bool) -> Observed:
        organization = row.get("OrganizationAggregationSource") or {}
        accounts = next(iter(row.get("AccountAggregationSources") or ()), {})
        arn = row["ConfigurationAggregatorArn"]
        fields = {
            "account_ids": accounts.get("AccountIds", []),
            "role_arn": organization.get("RoleArn"),
            "aws_regions": (organization or accounts).get("AwsRegions", []),
        }
        if with_tags:
            tags = client.pages("ListTagsForResource", "Tags", ResourceArn=arn)
            fields["tags"] = own_tags(boto3_tag_list_to_ansible_dict(tags))
        return Observed(fields, {"arn": arn})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        call = self._put(key, fields)
        if fields.get("tags"):
            call.parameters["Tags"] = ansible_dict_to_boto3_tag_list(fields["tags"])
        return [call]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        calls = [self._put(key, after)] if changed - {"tags"} else []
        if "tags" in changed:
            calls += config_tag_calls(before.attributes["arn"], before.fields["tags"], after["tags"])
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteConfigurationAggregator", {"ConfigurationAggregatorName": key})]

    @staticmethod
    def _put(key: str, fields: Fields) -> Call:
        regions = {"AwsRegions": fields["aws_regions"]} if fields.get("aws_regions") else {"AllAwsRegions": True}
        if fields.get("role_arn"):
            source = {"OrganizationAggregationSource": {"RoleArn": fields["role_arn"], **regions}}
        else:
            source = {"AccountAggregationSources": [{"AccountIds": fields["account_ids"], **regions}]}
        return Call("PutConfigurationAggregator", {"ConfigurationAggregatorName": key, **source})
