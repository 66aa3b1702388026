# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""IAM: managed policies, groups, roles, instance profiles, service-linked roles, the password policy.

IAM's listing of everything (C(iam:GetAccountAuthorizationDetails)) gives in one call per 1000 entities what would be
four calls and more for every single role: its trust policy, inline and attached policies, instance profiles, boundary
and tags. All types here read from that one answer, so that a task costs one to three reads however much it declares.
"""

from __future__ import annotations

import collections.abc as c
import json
import re
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import (
    ansible_dict_to_boto3_tag_list,
    boto3_tag_list_to_ansible_dict,
)

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client, in_parallel
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OptionError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE, check_policy, fields_of
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

ROLE_OPTIONS: dict[str, t.Any] = {
    "name": {"type": "str", "required": True},
    "path": {"type": "str"},
    "description": {"type": "str"},
    "assume_role_policy": {"type": "dict"},
    "managed_policies": {"type": "list", "elements": "str"},
    "purge_managed_policies": {"type": "bool", "default": False},
    "inline_policies": {"type": "dict"},
    "purge_inline_policies": {"type": "bool", "default": False},
    "max_session_duration": {"type": "int"},
    "permissions_boundary": {"type": "str"},
    "tags": {"type": "dict"},
}
"""Options of a role, documented in the fragment C(role)."""

SESSION_SECONDS = range(3600, 43200 + 1)
"""What AWS accepts as C(max_session_duration)."""

MAX_POLICY_VERSIONS = 5
NEVER = 0
"""Password policy: passwords never expire, or none is remembered."""

_PAGE_SIZE = 1000
_PURGE = "purge_"
_ABSENT = frozenset({"NoSuchEntity"})
_NAME = re.compile(r"[\w+=,.@-]+", re.ASCII)
_PATH = re.compile(r"/|/[!-~]{1,510}/")


def check_name(option: str, name: str, longest: int = 128) -> None:
    """Refuse a name that IAM would refuse. longest: in characters."""
    if not _NAME.fullmatch(SAMPLE_SCOPE.substitute(name)) or len(SAMPLE_SCOPE.substitute(name)) > longest:
        raise OptionError(option, name, f"1 to {longest} letters, digits and characters of _+=,.@-")


def check_path(option: str, path: str | None) -> None:
    """Refuse a path that IAM would refuse."""
    if path is not None and not _PATH.fullmatch(SAMPLE_SCOPE.substitute(path)):
        raise OptionError(option, path, "a path that begins and ends with a slash, of up to 512 characters, no blanks")


def policy_arn(name: str, declared: c.Mapping[str, str] | None = None) -> str:
    """ARN of a managed policy. name: an ARN; a name in I(declared) (name -> path); or the name of one of AWS's own,
    with its path if it has one, such as C(service-role/AWS_ConfigRole)."""
    if name.startswith("arn:"):
        return name
    if declared and name in declared:
        return f"arn:${{AWS::Partition}}:iam::${{AWS::AccountId}}:policy{declared[name]}{name}"
    return f"arn:${{AWS::Partition}}:iam::aws:policy/{name}"


def policy_requirements(arns: c.Iterable[str], declared: c.Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """C(Desired.requires) of what needs the policies I(arns), as far as they are in I(declared) (name -> path)."""
    names = {policy_arn(name, declared): name for name in declared}
    return tuple((ManagedPolicy.type, names[arn]) for arn in arns if arn in names)


def declared_fields(options: Fields, *leave_out: str) -> Fields:
    """As C(fields_of), and without purges that are false: not to purge is what is done anyway."""
    fields = fields_of(options, *leave_out)
    return {name: value for name, value in fields.items() if value or not name.startswith(_PURGE)}


def role(options: Fields, option: str = "role", declared: c.Mapping[str, str] | None = None) -> list[Desired]:
    """A role as I(options) declare it: those of ROLE_OPTIONS, and C(state), which is C(present) unless given.

    option: its name in messages. declared: managed policies of the same call, name -> path.
    Raises OptionError or BaselineError for what AWS would refuse. Makes no call.
    """
    declared = declared or {}
    check_name(f"{option}.name", options["name"], longest=64)
    if options.get("state") == "absent":
        return [Desired(Role.type, options["name"], state="absent")]
    fields = declared_fields({name: value for name, value in options.items() if name in ROLE_OPTIONS})
    check_path(f"{option}.path", fields.get("path"))
    if not fields.get("assume_role_policy"):
        raise OptionError(f"{option}.assume_role_policy", None, "the trust policy, which a role cannot be without")
    check_policy(f"{option}.assume_role_policy", fields["assume_role_policy"], "trust", "trust_raised")
    for name, document in fields.get("inline_policies", {}).items():
        check_name(f"{option}.inline_policies", name)
        check_policy(f"{option}.inline_policies.{name}", document, "identity", "role_inline")
    if fields.get("max_session_duration", SESSION_SECONDS[0]) not in SESSION_SECONDS:
        raise OptionError(f"{option}.max_session_duration", fields["max_session_duration"], "3600 to 43200 seconds")
    needed = []
    if "managed_policies" in fields:
        needed += [policy_arn(name, declared) for name in fields["managed_policies"]]
        fields["managed_policies"] = needed[:]
    if fields.get("permissions_boundary"):
        fields["permissions_boundary"] = policy_arn(fields["permissions_boundary"], declared)
        needed.append(fields["permissions_boundary"])
    return [Desired(Role.type, options["name"], fields, requires=policy_requirements(needed, declared))]


class _IamType(ResourceType):
    """What IAM's types have in common."""

    service = "iam"
    is_global = True
    # IAM is eventually consistent: what was just created may be unknown for a moment
    propagation_errors = _ABSENT
    busy_errors = frozenset({"EntityTemporarilyUnmodifiable"})

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        # whether to purge is how a field is compared, see _owned, and nothing of its own
        return field.startswith(_PURGE) or super().same(field, before, after)

    def _refuse_other_path(self, key: str, before: Observed, after: Fields) -> None:
        if after["path"] != before.fields["path"]:
            raise OptionError(
                f"path of {self.type} {key}",
                after["path"],
                f"the one it has, {before.fields['path']}, because AWS cannot change it",
            )


def _details(client: Client, member: str) -> list[Fields]:
    """One of the lists of C(iam:GetAccountAuthorizationDetails).

    All but users are asked for together, so that types of one call share the answer; users, which a large account has
    thousands of, only where group members are declared.
    """
    kinds = ["User"] if member == "UserDetailList" else ["Group", "LocalManagedPolicy", "Role"]
    pages = client.pages_once("GetAccountAuthorizationDetails", "[@]", Filter=kinds, MaxItems=_PAGE_SIZE)
    return [item for page in pages for item in page.get(member, [])]


def _is_asked_for(key: str, wanted: c.Container[str], prefixes: c.Sequence[str]) -> bool:
    return key in wanted or key.startswith(tuple(prefixes))


def _owned(fields: Fields, name: str, found: list[str]) -> list[str]:
    """Those of the values found that are compared: all when they are to be purged, else those that are declared."""
    if name not in fields or fields.get(_PURGE + name):
        return found
    return [value for value in found if value in fields[name]]


def _attached(item: Fields) -> list[str]:
    return sorted(policy["PolicyArn"] for policy in item.get("AttachedManagedPolicies", []))


def _inline(items: list[Fields]) -> dict[str, Fields]:
    return {item["PolicyName"]: item["PolicyDocument"] for item in items}


def _tags(items: list[Fields] | None) -> dict[str, str]:
    return own_tags(boto3_tag_list_to_ansible_dict(items or []))


def _json(document: Fields) -> str:
    return json.dumps(document, separators=(",", ":"))


def _tag_calls(kind: str, identity: Fields, before: Fields, after: Fields) -> list[Call]:
    """kind: as in the operation's name, such as C(Role)."""
    return tag_calls(
        before,
        after,
        lambda tags: Call(f"Tag{kind}", {**identity, "Tags": ansible_dict_to_boto3_tag_list(tags)}),
        lambda names: Call(f"Untag{kind}", {**identity, "TagKeys": names}),
    )


def _attachment_calls(kind: str, key: str, before: c.Iterable[str], after: c.Iterable[str]) -> list[Call]:
    """Detaches first, because AWS limits how many policies may be attached."""
    identity = {f"{kind}Name": key}
    detached, attached = sorted(set(before) - set(after)), sorted(set(after) - set(before))
    return [
        *(Call(f"Detach{kind}Policy", {**identity, "PolicyArn": arn}) for arn in detached),
        *(Call(f"Attach{kind}Policy", {**identity, "PolicyArn": arn}) for arn in attached),
    ]


@register
class ManagedPolicy(_IamType):
    """A customer managed policy. Key: its name, unique in the account whatever its path.

    Fields: path (fixed at creation), description (fixed at creation: AWS cannot change it, so it is used then and not
    compared later), document, tags.
    """

    type = "AWS::IAM::ManagedPolicy"
    policies = frozenset({"document"})
    permissions = {
        "read": ("iam:GetAccountAuthorizationDetails", "iam:ListPolicyTags"),
        "write": (
            "iam:CreatePolicy",
            "iam:CreatePolicyVersion",
            "iam:DeletePolicyVersion",
            "iam:DeletePolicy",
            "iam:TagPolicy",
            "iam:UntagPolicy",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        policies = {
            policy["PolicyName"]: policy
            for policy in _details(client, "Policies")
            if _is_asked_for(policy["PolicyName"], wanted, prefixes)
        }
        tagged = [name for name in policies if "tags" in wanted.get(name, {})]
        tags = in_parallel(lambda name: client.pages("ListPolicyTags", "Tags", PolicyArn=policies[name]["Arn"]), tagged)
        found = {name: self._observed(policy) for name, policy in policies.items()}
        for name, items in zip(tagged, tags, strict=True):
            found[name].fields["tags"] = _tags(items)
        return found

    @staticmethod
    def _observed(policy: Fields) -> Observed:
        versions = {version["VersionId"]: version for version in policy["PolicyVersionList"]}
        current = versions.pop(policy["DefaultVersionId"])
        fields = {
            "path": policy["Path"],
            "description": policy.get("Description", ""),
            "document": current["Document"],
        }
        others = sorted(versions, key=lambda version: int(version[1:]))
        return Observed(fields, {"arn": policy["Arn"], "other_versions": others})

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        return field == "description" or super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {"PolicyName": key, "PolicyDocument": _json(fields["document"])}
        if fields.get("path"):
            parameters["Path"] = fields["path"]
        if fields.get("description"):
            parameters["Description"] = fields["description"]
        if fields.get("tags"):
            parameters["Tags"] = ansible_dict_to_boto3_tag_list(fields["tags"])
        return [Call("CreatePolicy", parameters, {"arn": "Policy.Arn"})]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        self._refuse_other_path(key, before, after)
        identity = {"PolicyArn": before.attributes["arn"]}
        calls = []
        if "document" in changed:
            others = before.attributes["other_versions"]
            if len(others) + 1 >= MAX_POLICY_VERSIONS:
                calls.append(Call("DeletePolicyVersion", {**identity, "VersionId": others[0]}))
            version = {"PolicyDocument": _json(after["document"]), "SetAsDefault": True}
            calls.append(Call("CreatePolicyVersion", {**identity, **version}))
        if "tags" in changed:
            calls += _tag_calls("Policy", identity, before.fields["tags"], after["tags"])
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        # what is still attached to somebody is not detached: AWS refuses to delete it and says so
        identity = {"PolicyArn": before.attributes["arn"]}
        versions = before.attributes["other_versions"]
        return [
            *(Call("DeletePolicyVersion", {**identity, "VersionId": version}) for version in versions),
            Call("DeletePolicy", identity),
        ]


@register
class Group(_IamType):
    """A group. Key: its name. Fields: path, managed_policies (ARNs), purge_managed_policies, members (names of users
    that exist), purge_members."""

    type = "AWS::IAM::Group"
    after = ("AWS::IAM::ManagedPolicy",)
    sets = frozenset({"managed_policies", "members"})
    permissions = {
        "read": ("iam:GetAccountAuthorizationDetails",),
        "write": (
            "iam:CreateGroup",
            "iam:UpdateGroup",
            "iam:AttachGroupPolicy",
            "iam:DetachGroupPolicy",
            "iam:AddUserToGroup",
            "iam:RemoveUserFromGroup",
            "iam:DeleteGroupPolicy",
            "iam:DeleteGroup",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        users = None
        # a group of which nothing is declared may be there to be deleted, for which it must have no members
        if prefixes or any("members" in fields or not fields for fields in wanted.values()):
            users = {user["UserName"]: user.get("GroupList", []) for user in _details(client, "UserDetailList")}
        for key, fields in wanted.items():
            unknown = sorted(set(fields.get("members", ())) - set(users or ()))
            if unknown:
                raise OptionError(f"members of group {key}", unknown, "names of IAM users that exist in the account")
        return {
            group["GroupName"]: self._observed(group, users, wanted.get(group["GroupName"], {}))
            for group in _details(client, "GroupDetailList")
            if _is_asked_for(group["GroupName"], wanted, prefixes)
        }

    @staticmethod
    def _observed(group: Fields, users: dict[str, list[str]] | None, declared: Fields) -> Observed:
        name = group["GroupName"]
        attached = _attached(group)
        members = sorted(user for user, groups in (users or {}).items() if name in groups)
        fields = {"path": group["Path"], "managed_policies": _owned(declared, "managed_policies", attached)}
        if users is not None:
            fields["members"] = _owned(declared, "members", members)
        inline = sorted(_inline(group.get("GroupPolicyList", [])))
        attributes = {"arn": group["Arn"], "managed_policies": attached, "members": members, "inline_policies": inline}
        return Observed(fields, attributes)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        path = {"Path": fields["path"]} if fields.get("path") else {}
        return [
            Call("CreateGroup", {"GroupName": key, **path}, {"arn": "Group.Arn"}),
            *_attachment_calls("Group", key, (), fields.get("managed_policies", ())),
            *self._member_calls(key, (), fields.get("members", ())),
        ]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        calls = []
        if "path" in changed:
            calls.append(Call("UpdateGroup", {"GroupName": key, "NewPath": after["path"]}))
        if "managed_policies" in changed:
            calls += _attachment_calls("Group", key, before.fields["managed_policies"], after["managed_policies"])
        if "members" in changed:
            calls += self._member_calls(key, before.fields["members"], after["members"])
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        inline = before.attributes["inline_policies"]
        return [
            *self._member_calls(key, before.attributes["members"], ()),
            *_attachment_calls("Group", key, before.attributes["managed_policies"], ()),
            *(Call("DeleteGroupPolicy", {"GroupName": key, "PolicyName": name}) for name in inline),
            Call("DeleteGroup", {"GroupName": key}),
        ]

    @staticmethod
    def _member_calls(key: str, before: c.Iterable[str], after: c.Iterable[str]) -> list[Call]:
        removed, added = sorted(set(before) - set(after)), sorted(set(after) - set(before))
        return [
            *(Call("RemoveUserFromGroup", {"GroupName": key, "UserName": name}) for name in removed),
            *(Call("AddUserToGroup", {"GroupName": key, "UserName": name}) for name in added),
        ]


@register
class Role(_IamType):
    """A role. Key: its name.

    Fields: path (fixed at creation), description, assume_role_policy, managed_policies (ARNs), purge_managed_policies,
    inline_policies (name -> document), purge_inline_policies, max_session_duration (seconds), permissions_boundary
    (ARN), tags.
    """

    type = "AWS::IAM::Role"
    after = ("AWS::IAM::ManagedPolicy",)
    sets = frozenset({"managed_policies"})
    policies = frozenset({"assume_role_policy"})
    permissions = {
        "read": ("iam:GetAccountAuthorizationDetails", "iam:ListRoles"),
        "write": (
            "iam:CreateRole",
            "iam:UpdateRole",
            "iam:UpdateAssumeRolePolicy",
            "iam:PutRolePermissionsBoundary",
            "iam:DeleteRolePermissionsBoundary",
            "iam:AttachRolePolicy",
            "iam:DetachRolePolicy",
            "iam:PutRolePolicy",
            "iam:DeleteRolePolicy",
            "iam:TagRole",
            "iam:UntagRole",
            "iam:DeleteRole",
        ),
    }

    _LISTED = frozenset({"description", "max_session_duration"})

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        found = {
            item["RoleName"]: self._observed(item, wanted.get(item["RoleName"], {}))
            for item in _details(client, "RoleDetailList")
            if _is_asked_for(item["RoleName"], wanted, prefixes)
        }
        # the only two fields that IAM's listing of everything lacks
        if any(self._LISTED.intersection(wanted.get(name, ())) for name in found):
            for item in client.pages_once("ListRoles", "Roles", MaxItems=_PAGE_SIZE):
                if item["RoleName"] in found:
                    found[item["RoleName"]].fields.update(
                        description=item.get("Description", ""),
                        max_session_duration=item.get("MaxSessionDuration", SESSION_SECONDS[0]),
                    )
        return found

    @staticmethod
    def _observed(item: Fields, declared: Fields) -> Observed:
        attached, inline = _attached(item), _inline(item.get("RolePolicyList", []))
        fields = {
            "path": item["Path"],
            "assume_role_policy": item["AssumeRolePolicyDocument"],
            "managed_policies": _owned(declared, "managed_policies", attached),
            "inline_policies": {name: inline[name] for name in _owned(declared, "inline_policies", sorted(inline))},
            "permissions_boundary": item.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            "tags": _tags(item.get("Tags")),
        }
        return Observed(fields, {"arn": item["Arn"], "managed_policies": attached, "inline_policies": sorted(inline)})

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        if field == "inline_policies":
            return not self._inline_calls("", before or {}, after or {})
        return super().same(field, before, after)

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        parameters = {"RoleName": key, "AssumeRolePolicyDocument": _json(fields["assume_role_policy"])}
        for name, parameter in (
            ("path", "Path"),
            ("description", "Description"),
            ("max_session_duration", "MaxSessionDuration"),
            ("permissions_boundary", "PermissionsBoundary"),
        ):
            if fields.get(name):
                parameters[parameter] = fields[name]
        if fields.get("tags"):
            parameters["Tags"] = ansible_dict_to_boto3_tag_list(fields["tags"])
        return [
            Call("CreateRole", parameters, {"arn": "Role.Arn"}),
            *_attachment_calls("Role", key, (), fields.get("managed_policies", ())),
            *self._inline_calls(key, {}, fields.get("inline_policies", {})),
        ]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        self._refuse_other_path(key, before, after)
        identity = {"RoleName": key}
        calls = []
        if self._LISTED & changed:
            # both at once: AWS puts the one that is omitted back to its default
            both = {"Description": after["description"], "MaxSessionDuration": after["max_session_duration"]}
            calls.append(Call("UpdateRole", {**identity, **both}))
        if "assume_role_policy" in changed:
            document = {"PolicyDocument": _json(after["assume_role_policy"])}
            calls.append(Call("UpdateAssumeRolePolicy", {**identity, **document}))
        if "permissions_boundary" in changed:
            if after["permissions_boundary"]:
                boundary = {"PermissionsBoundary": after["permissions_boundary"]}
                calls.append(Call("PutRolePermissionsBoundary", {**identity, **boundary}))
            else:
                calls.append(Call("DeleteRolePermissionsBoundary", identity))
        if "managed_policies" in changed:
            calls += _attachment_calls("Role", key, before.fields["managed_policies"], after["managed_policies"])
        if "inline_policies" in changed:
            calls += self._inline_calls(key, before.fields["inline_policies"], after["inline_policies"])
        if "tags" in changed:
            calls += _tag_calls("Role", identity, before.fields["tags"], after["tags"])
        return calls

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        # an instance profile with the role is a resource of its own, without whose deletion AWS refuses this one
        inline = before.attributes["inline_policies"]
        return [
            *_attachment_calls("Role", key, before.attributes["managed_policies"], ()),
            *(Call("DeleteRolePolicy", {"RoleName": key, "PolicyName": name}) for name in inline),
            Call("DeleteRole", {"RoleName": key}),
        ]

    @staticmethod
    def _inline_calls(key: str, before: c.Mapping[str, Fields], after: c.Mapping[str, Fields]) -> list[Call]:
        identity = {"RoleName": key}
        removed = sorted(set(before) - set(after))
        put = [name for name in sorted(after) if name not in before or compare_policies(before[name], after[name])]
        return [
            *(Call("DeleteRolePolicy", {**identity, "PolicyName": name}) for name in removed),
            *(
                Call("PutRolePolicy", {**identity, "PolicyName": name, "PolicyDocument": _json(after[name])})
                for name in put
            ),
        ]


@register
class InstanceProfile(_IamType):
    """An instance profile. Key: its name. Fields: path (fixed at creation), role (name of the one role in it)."""

    type = "AWS::IAM::InstanceProfile"
    after = ("AWS::IAM::Role",)
    permissions = {
        "read": ("iam:GetAccountAuthorizationDetails", "iam:ListInstanceProfiles"),
        "write": (
            "iam:CreateInstanceProfile",
            "iam:AddRoleToInstanceProfile",
            "iam:PassRole",
            "iam:RemoveRoleFromInstanceProfile",
            "iam:DeleteInstanceProfile",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        profiles = [
            profile for item in _details(client, "RoleDetailList") for profile in item.get("InstanceProfileList", [])
        ]
        # profiles without a role are in no other listing
        if prefixes or not set(wanted) <= {profile["InstanceProfileName"] for profile in profiles}:
            profiles = client.pages_once("ListInstanceProfiles", "InstanceProfiles", MaxItems=_PAGE_SIZE)
        return {
            profile["InstanceProfileName"]: self._observed(profile)
            for profile in profiles
            if _is_asked_for(profile["InstanceProfileName"], wanted, prefixes)
        }

    @staticmethod
    def _observed(profile: Fields) -> Observed:
        roles = [item["RoleName"] for item in profile["Roles"]]
        return Observed({"path": profile["Path"], "role": roles[0] if roles else ""}, {"arn": profile["Arn"]})

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        path = {"Path": fields["path"]} if fields.get("path") else {}
        return [
            Call("CreateInstanceProfile", {"InstanceProfileName": key, **path}, {"arn": "InstanceProfile.Arn"}),
            *self._role_calls(key, "", fields.get("role", "")),
        ]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        self._refuse_other_path(key, before, after)
        return self._role_calls(key, before.fields["role"], after["role"])

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [
            *self._role_calls(key, before.fields["role"], ""),
            Call("DeleteInstanceProfile", {"InstanceProfileName": key}),
        ]

    @staticmethod
    def _role_calls(key: str, before: str, after: str) -> list[Call]:
        calls = []
        if before:
            calls.append(Call("RemoveRoleFromInstanceProfile", {"InstanceProfileName": key, "RoleName": before}))
        if after:
            calls.append(Call("AddRoleToInstanceProfile", {"InstanceProfileName": key, "RoleName": after}))
        return calls


@register
class ServiceLinkedRole(_IamType):
    """The role that a service uses in its own name. Key: the service principal, such as C(config.amazonaws.com).

    No fields. One that exists is accepted. Its name is up to the service, so it is found by its path, which AWS derives
    from the service principal.
    """

    type = "AWS::IAM::ServiceLinkedRole"
    permissions = {
        "read": ("iam:ListRoles",),
        "write": ("iam:CreateServiceLinkedRole", "iam:DeleteServiceLinkedRole"),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        def roles(principal: str) -> list[Fields]:
            return client.pages("ListRoles", "Roles", PathPrefix=f"/aws-service-role/{principal}/")

        return {
            principal: Observed({}, {"arn": found[0]["Arn"], "role_name": found[0]["RoleName"]})
            for principal, found in zip(wanted, in_parallel(roles, wanted), strict=True)
            if found
        }

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("CreateServiceLinkedRole", {"AWSServiceName": key}, {"arn": "Role.Arn"})]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteServiceLinkedRole", {"RoleName": before.attributes["role_name"]})]


THE_ACCOUNT = "account"
"""Key of what an account has one of, or none."""


@register
class AccountPasswordPolicy(_IamType):
    """The account's password policy. Key: THE_ACCOUNT. CloudFormation has no such type; this is its style.

    Fields: those of C(iam:UpdateAccountPasswordPolicy) in snake_case. max_password_age (days) and
    password_reuse_prevention may be NEVER.
    """

    type = "AWS::IAM::AccountPasswordPolicy"
    permissions = {
        "read": ("iam:GetAccountPasswordPolicy",),
        "write": ("iam:UpdateAccountPasswordPolicy", "iam:DeleteAccountPasswordPolicy"),
    }

    _PARAMETERS: t.ClassVar[dict[str, str]] = {
        "minimum_password_length": "MinimumPasswordLength",
        "require_symbols": "RequireSymbols",
        "require_numbers": "RequireNumbers",
        "require_uppercase_characters": "RequireUppercaseCharacters",
        "require_lowercase_characters": "RequireLowercaseCharacters",
        "allow_users_to_change_password": "AllowUsersToChangePassword",
        "max_password_age": "MaxPasswordAge",
        "password_reuse_prevention": "PasswordReusePrevention",
        "hard_expiry": "HardExpiry",
    }
    # what AWS leaves out of its answer when it is off
    _OFF: t.ClassVar[Fields] = {"max_password_age": NEVER, "password_reuse_prevention": NEVER, "hard_expiry": False}

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        answer = client.optional("GetAccountPasswordPolicy", _ABSENT)
        if answer is None:
            return {}
        policy = answer["PasswordPolicy"]
        fields = {name: policy.get(api, self._OFF.get(name)) for name, api in self._PARAMETERS.items()}
        return {THE_ACCOUNT: Observed(fields)}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [self._put(fields)]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        # everything, because AWS puts what is omitted back to its default
        return [self._put(after)]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DeleteAccountPasswordPolicy")]

    def _put(self, fields: Fields) -> Call:
        on = {name: value for name, value in fields.items() if value is not None and value != self._OFF.get(name)}
        return Call("UpdateAccountPasswordPolicy", {self._PARAMETERS[name]: value for name, value in on.items()})
