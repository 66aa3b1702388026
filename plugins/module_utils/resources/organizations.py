# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS Organizations, as its management account sees it: trusted access, delegated administrators, policies."""

from __future__ import annotations

import collections.abc as c
import json
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel, shared_loader
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Fields,
    Observed,
    Ref,
    ResourceType,
    own_tags,
    register,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

THE_ORGANIZATION = "organization"
"""Key of the organization that an account belongs to."""
ALL_FEATURES = "ALL"
SERVICE_CONTROL_POLICY = "SERVICE_CONTROL_POLICY"
RESOURCE_CONTROL_POLICY = "RESOURCE_CONTROL_POLICY"

_NOT_DELEGATED = frozenset({"AccountNotRegisteredException", "AccountNotFoundException"})
_ENABLED = frozenset({"ENABLED", "PENDING_ENABLE"})


def policy_types() -> list[str]:
    """Names of the policy types that the installed SDK knows."""
    return shared_loader().load_service_model("organizations", "service-2")["shapes"]["PolicyType"]["enum"]


def delegation_key(principal: str, account_id: str) -> str:
    """Key of a delegated administrator."""
    return f"{principal}/{account_id}"


def policy_key(policy_type: str, name: str) -> str:
    """Key of a policy: names are unique among the policies of a type."""
    return f"{policy_type}/{name}"


class _OrganizationsType(ResourceType):
    """What the types of AWS Organizations have in common."""

    service = "organizations"
    is_global = True


@register
class Organization(_OrganizationsType):
    """The organization that the account belongs to. Key: THE_ORGANIZATION. It is looked up and never written.

    Fields: feature_set, management_account_id. Attributes: id, root_id (in the management account of an organization
    with all features).
    """

    type = "AWS::Organizations::Organization"
    permissions = {"read": ("organizations:DescribeOrganization", "organizations:ListRoots"), "write": ()}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        organization = client.call("DescribeOrganization")["Organization"]
        management, features = organization["MasterAccountId"], organization["FeatureSet"]
        attributes = {"id": organization["Id"]}
        if management == client.scope.account_id and features == ALL_FEATURES:
            attributes["root_id"] = _root(client)["Id"]
        return {THE_ORGANIZATION: Observed({"feature_set": features, "management_account_id": management}, attributes)}


@register
class ServiceAccess(_OrganizationsType):
    """Trusted access of a service. Key: the service principal, such as C(cloudtrail.amazonaws.com). No fields.

    CloudFormation has no such type; this is its style.
    """

    type = "AWS::Organizations::ServiceAccess"
    # services that are trusted make their role in the management account themselves, unless it is there
    after = ("AWS::IAM::ServiceLinkedRole",)
    permissions = {
        "read": ("organizations:ListAWSServiceAccessForOrganization",),
        "write": ("organizations:EnableAWSServiceAccess", "organizations:DisableAWSServiceAccess"),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        trusted = client.pages("ListAWSServiceAccessForOrganization", "EnabledServicePrincipals[].ServicePrincipal")
        return {principal: Observed({}) for principal in trusted if principal in wanted}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("EnableAWSServiceAccess", {"ServicePrincipal": key})]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DisableAWSServiceAccess", {"ServicePrincipal": key})]


@register
class DelegatedAdministrator(_OrganizationsType):
    """A member account that administers a service for the organization. Key: C(delegation_key). No fields.

    For services that are told by Organizations. CloudFormation has no such type; this is its style.
    """

    type = "AWS::Organizations::DelegatedAdministrator"
    after = (ServiceAccess.type,)
    permissions = {
        "read": ("organizations:ListDelegatedServicesForAccount",),
        "write": ("organizations:RegisterDelegatedAdministrator", "organizations:DeregisterDelegatedAdministrator"),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        accounts = {key.split("/")[1] for key in wanted}
        return {key: Observed({}) for key in _delegations(client, accounts) if key in wanted}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("RegisterDelegatedAdministrator", self._parameters(key))]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeregisterDelegatedAdministrator", self._parameters(key))]

    @staticmethod
    def _parameters(key: str) -> Fields:
        principal, account_id = key.split("/")
        return {"ServicePrincipal": principal, "AccountId": account_id}


@register
class TrailAdministrator(ResourceType):
    """A member account that administers CloudTrail for the organization. Key: the account's id. No fields.

    CloudTrail wants to be told itself: it then makes the service-linked roles without which the administrator cannot
    make trails of the organization. CloudFormation has no such type; this is its style.
    """

    type = "AWS::CloudTrail::OrganizationDelegatedAdmin"
    service = "organizations"
    after = (ServiceAccess.type,)
    propagation_errors = frozenset({"CloudTrailAccessNotEnabledException"})
    busy_errors = frozenset({"ConflictException"})
    permissions = {
        "read": ("organizations:ListDelegatedServicesForAccount",),
        "write": (
            "cloudtrail:RegisterOrganizationDelegatedAdmin",
            "cloudtrail:DeregisterOrganizationDelegatedAdmin",
            # what CloudTrail does with the caller's rights
            "iam:CreateServiceLinkedRole",
            "iam:GetRole",
            "organizations:ListAWSServiceAccessForOrganization",
            "organizations:RegisterDelegatedAdministrator",
            "organizations:DeregisterDelegatedAdministrator",
        ),
    }

    PRINCIPAL = "cloudtrail.amazonaws.com"

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = _delegations(client, wanted)
        return {
            account_id: Observed({}) for account_id in wanted if delegation_key(self.PRINCIPAL, account_id) in found
        }

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("RegisterOrganizationDelegatedAdmin", {"MemberAccountId": key}, service="cloudtrail")]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeregisterOrganizationDelegatedAdmin", {"DelegatedAdminAccountId": key}, service="cloudtrail")]


@register
class PolicyType(_OrganizationsType):
    """A type of policies that is switched on for the root. Key: its name, such as C(SERVICE_CONTROL_POLICY).

    Fields: root_id. It is never switched off, which would detach all policies of the type. CloudFormation has no such
    type; this is its style.
    """

    type = "AWS::Organizations::PolicyType"
    busy_errors = frozenset({"PolicyChangesInProgressException"})
    permissions = {"read": ("organizations:ListRoots",), "write": ("organizations:EnablePolicyType",)}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        root = _root(client)
        enabled = {item["Type"] for item in root["PolicyTypes"] if item["Status"] in _ENABLED}
        return {name: Observed({"root_id": root["Id"]}) for name in wanted if name in enabled}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("EnablePolicyType", {"RootId": fields["root_id"], "PolicyType": key})]


@register
class Policy(_OrganizationsType):
    """A policy of the organization. Key: C(policy_key).

    Fields: description, content (document), targets (ids of roots, organizational units and accounts), purge_targets,
    tags. Attributes: id, arn, targets (all of them).
    """

    type = "AWS::Organizations::Policy"
    after = (PolicyType.type,)
    sets = frozenset({"targets"})
    policies = frozenset({"content"})
    # a type of policies is switched on in the background
    propagation_errors = frozenset({"PolicyTypeNotEnabledException"})
    busy_errors = frozenset({"PolicyChangesInProgressException"})
    permissions = {
        "read": (
            "organizations:ListPolicies",
            "organizations:DescribePolicy",
            "organizations:ListTargetsForPolicy",
            "organizations:ListTagsForResource",
        ),
        "write": (
            "organizations:CreatePolicy",
            "organizations:UpdatePolicy",
            "organizations:AttachPolicy",
            "organizations:DetachPolicy",
            "organizations:TagResource",
            "organizations:UntagResource",
            "organizations:DeletePolicy",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        def listed(policy_type: str) -> dict[str, Fields]:
            found = client.pages("ListPolicies", "Policies", Filter=policy_type)
            return {policy_key(policy_type, item["Name"]): item for item in found}

        summaries: dict[str, Fields] = {}
        for found in in_parallel(listed, sorted({key.split("/")[0] for key in wanted})):
            summaries.update(found)
        keys = [key for key in wanted if key in summaries]
        observed = in_parallel(lambda key: self._observed(client, summaries[key], wanted[key]), keys)
        return dict(zip(keys, observed, strict=True))

    @staticmethod
    def _observed(client: Client, summary: Fields, declared: Fields) -> Observed:
        """What is declared of a policy. Of one that is to be deleted nothing is, and its targets must be known."""
        identifier = summary["Id"]
        fields: Fields = {"description": summary.get("Description", "")}
        targets: list[str] = []
        if "content" in declared:
            fields["content"] = json.loads(client.call("DescribePolicy", PolicyId=identifier)["Policy"]["Content"])
        if "targets" in declared or not declared:
            targets = sorted(client.pages("ListTargetsForPolicy", "Targets[].TargetId", PolicyId=identifier))
            wanted = declared.get("targets", ())
            fields["targets"] = targets if declared.get("purge_targets") else [one for one in targets if one in wanted]
        if "tags" in declared:
            tags = client.pages("ListTagsForResource", "Tags", ResourceId=identifier)
            fields["tags"] = own_tags(boto3_tag_list_to_ansible_dict(tags))
        return Observed(fields, {"id": identifier, "arn": summary["Arn"], "targets": targets})

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        # whether to purge is how targets are compared, and nothing of its own
        return field == "purge_targets" or super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        policy_type, name = key.split("/", 1)
        parameters = {
            "Type": policy_type,
            "Name": name,
            "Description": fields.get("description", ""),
            "Content": _json(fields["content"]),
        }
        if fields.get("tags"):
            parameters["Tags"] = ansible_dict_to_boto3_tag_list(fields["tags"])
        returns = {"id": "Policy.PolicySummary.Id", "arn": "Policy.PolicySummary.Arn"}
        return [
            Call("CreatePolicy", parameters, returns),
            *self._target_calls(Ref(self.type, key, "id"), (), fields.get("targets", ())),
        ]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        identifier = before.attributes["id"]
        calls = []
        parameters = {}
        if "description" in changed:
            parameters["Description"] = after["description"]
        if "content" in changed:
            parameters["Content"] = _json(after["content"])
        if parameters:
            calls.append(Call("UpdatePolicy", {"PolicyId": identifier, **parameters}))
        if "targets" in changed:
            calls += self._target_calls(identifier, before.fields["targets"], after["targets"])
        if "tags" in changed:
            calls += tag_calls(
                before.fields["tags"],
                after["tags"],
                lambda tags: Call(
                    "TagResource", {"ResourceId": identifier, "Tags": ansible_dict_to_boto3_tag_list(tags)}
                ),
                lambda names: Call("UntagResource", {"ResourceId": identifier, "TagKeys": names}),
            )
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        identifier = before.attributes["id"]
        return [
            *self._target_calls(identifier, before.attributes["targets"], ()),
            Call("DeletePolicy", {"PolicyId": identifier}),
        ]

    @staticmethod
    def _target_calls(policy: str | Ref, before: c.Iterable[str], after: c.Iterable[str]) -> list[Call]:
        """Attaches before it detaches, so that nothing is unprotected in between."""
        added, removed = sorted(set(after) - set(before)), sorted(set(before) - set(after))
        return [
            *(Call("AttachPolicy", {"PolicyId": policy, "TargetId": target}) for target in added),
            *(Call("DetachPolicy", {"PolicyId": policy, "TargetId": target}) for target in removed),
        ]


@register
class ResourcePolicy(_OrganizationsType):
    """What the organization lets member accounts do in AWS Organizations itself. Key: THE_ORGANIZATION.

    There is one such policy, in which others may have their say too. Fields: statements (Sid -> statement),
    purge_statements. Attributes: others (statements that are not declared and stay).
    """

    type = "AWS::Organizations::ResourcePolicy"
    permissions = {
        "read": ("organizations:DescribeResourcePolicy",),
        "write": ("organizations:PutResourcePolicy", "organizations:DeleteResourcePolicy"),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        answer = client.optional("DescribeResourcePolicy", frozenset({"ResourcePolicyNotFoundException"}))
        if answer is None:
            return {}
        declared = wanted[THE_ORGANIZATION]
        found = json.loads(answer["ResourcePolicy"]["Content"])["Statement"]
        mine, others = {}, []
        for index, statement in enumerate([found] if isinstance(found, dict) else found):
            name = statement.get("Sid") or f"Statement[{index}]"
            if name in declared.get("statements", ()) or declared.get("purge_statements"):
                mine[name] = statement
            else:
                others.append(statement)
        return {THE_ORGANIZATION: Observed({"statements": mine}, {"others": others})}

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        if field == "statements":
            return before.keys() == after.keys() and not any(
                compare_policies(_document([before[name]]), _document([after[name]])) for name in after
            )
        return field == "purge_statements" or super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [self._put([], fields)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return [self._put(before.attributes["others"], after)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteResourcePolicy")]

    @staticmethod
    def _put(others: list[Fields], fields: Fields) -> Call:
        return Call("PutResourcePolicy", {"Content": _json(_document([*others, *fields["statements"].values()]))})


def _document(statements: list[Fields]) -> Fields:
    return {"Version": "2012-10-17", "Statement": statements}


def _root(client: Client) -> Fields:
    """The organization's root, of which there is one."""
    return client.pages_once("ListRoots", "Roots")[0]


def _delegations(client: Client, accounts: c.Iterable[str]) -> set[str]:
    """Keys of all that accounts are delegated administrators for, whichever API told so."""

    def principals(account_id: str) -> list[str]:
        return client.pages_once(
            "ListDelegatedServicesForAccount",
            "DelegatedServices[].ServicePrincipal",
            absent=_NOT_DELEGATED,
            AccountId=account_id,
        )

    accounts = sorted(accounts)
    found = zip(accounts, in_parallel(principals, accounts), strict=True)
    return {delegation_key(name, account_id) for account_id, names in found for name in names}


def _json(document: Fields) -> str:
    return json.dumps(document, separators=(",", ":"))
