# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, Case

FOREIGN_POLICY = f"arn:aws:iam::{ACCOUNT_ID}:policy/Foreign"
POLICY = f"arn:aws:iam::{ACCOUNT_ID}:policy/infosec/Policy"
GROUP, TEAM, ROLE = "Group", "Team", "Role"
INLINE = "inline"
POLICY_VERSIONS = 5


def document(*actions: str) -> dict[str, t.Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*"}]}


def trust(service: str) -> dict[str, t.Any]:
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    return {"Version": "2012-10-17", "Statement": [statement]}


def prepare(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    for name in ("alice", "bob", "mallory"):
        iam.create_user(UserName=name)
    iam.create_policy(PolicyName="Foreign", PolicyDocument=json.dumps(document("sqs:ListQueues")))


def exists(emulator: Emulator, kind: str, name: str) -> bool:
    iam = emulator.client("iam")
    read, argument = {
        "group": (iam.get_group, "GroupName"),
        "role": (iam.get_role, "RoleName"),
        "profile": (iam.get_instance_profile, "InstanceProfileName"),
        "policy": (iam.get_policy, "PolicyArn"),
    }[kind]
    try:
        read(**{argument: name})
    except iam.exceptions.NoSuchEntityException:
        return False
    return True


def group_policies(emulator: Emulator, name: str) -> list[str]:
    attached = emulator.client("iam").list_attached_group_policies(GroupName=name)["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in attached]


def role_policies(emulator: Emulator, name: str) -> list[str]:
    attached = emulator.client("iam").list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    return [policy["PolicyArn"] for policy in attached]


def members(emulator: Emulator, name: str) -> list[str]:
    return [user["UserName"] for user in emulator.client("iam").get_group(GroupName=name)["Users"]]


def inline_policies(emulator: Emulator, name: str) -> list[str]:
    return emulator.client("iam").list_role_policies(RoleName=name)["PolicyNames"]


def group_deleted(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    if exists(emulator, "group", GROUP):
        for name in members(emulator, GROUP):
            iam.remove_user_from_group(GroupName=GROUP, UserName=name)
        for arn in group_policies(emulator, GROUP):
            iam.detach_group_policy(GroupName=GROUP, PolicyArn=arn)
        iam.delete_group(GroupName=GROUP)


def group_policy_detached(emulator: Emulator) -> None:
    if exists(emulator, "group", GROUP):
        for arn in group_policies(emulator, GROUP)[:1]:
            emulator.client("iam").detach_group_policy(GroupName=GROUP, PolicyArn=arn)


def group_moved(emulator: Emulator) -> None:
    if exists(emulator, "group", GROUP):
        emulator.client("iam").update_group(GroupName=GROUP, NewPath="/elsewhere/")


def member_removed(emulator: Emulator) -> None:
    if exists(emulator, "group", GROUP):
        for name in members(emulator, GROUP)[:1]:
            emulator.client("iam").remove_user_from_group(GroupName=GROUP, UserName=name)


def stranger_added_to_purged_group(emulator: Emulator) -> None:
    if exists(emulator, "group", TEAM):
        emulator.client("iam").add_user_to_group(GroupName=TEAM, UserName="mallory")


def policy_attached_to_purged_group(emulator: Emulator) -> None:
    if exists(emulator, "group", TEAM):
        emulator.client("iam").attach_group_policy(GroupName=TEAM, PolicyArn=FOREIGN_POLICY)


def policy_edited(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    if not exists(emulator, "policy", POLICY):
        return
    versions = iam.list_policy_versions(PolicyArn=POLICY)["Versions"]
    if len(versions) == POLICY_VERSIONS:
        spare = next(version["VersionId"] for version in versions if not version["IsDefaultVersion"])
        iam.delete_policy_version(PolicyArn=POLICY, VersionId=spare)
    edited = json.dumps(document("iam:CreateUser"))
    iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=edited, SetAsDefault=True)


def policy_edited_until_versions_are_full(emulator: Emulator) -> None:
    for _edit in range(POLICY_VERSIONS):
        policy_edited(emulator)


def policy_rolled_back(emulator: Emulator) -> None:
    """Another version is the default, newer ones are there."""
    iam = emulator.client("iam")
    policy_edited(emulator)
    if exists(emulator, "policy", POLICY):
        iam.create_policy_version(PolicyArn=POLICY, PolicyDocument=json.dumps(document("ec2:*")), SetAsDefault=False)


def policy_tags_changed(emulator: Emulator) -> None:
    if exists(emulator, "policy", POLICY):
        emulator.client("iam").tag_policy(PolicyArn=POLICY, Tags=[{"Key": "owner", "Value": "somebody"}])


def role_deleted(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    if exists(emulator, "role", ROLE):
        for profile in iam.list_instance_profiles_for_role(RoleName=ROLE)["InstanceProfiles"]:
            name = profile["InstanceProfileName"]
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=ROLE)
        for arn in role_policies(emulator, ROLE):
            iam.detach_role_policy(RoleName=ROLE, PolicyArn=arn)
        for name in inline_policies(emulator, ROLE):
            iam.delete_role_policy(RoleName=ROLE, PolicyName=name)
        iam.delete_role(RoleName=ROLE)


def trust_edited(emulator: Emulator) -> None:
    if exists(emulator, "role", ROLE):
        policy = json.dumps(trust("lambda.amazonaws.com"))
        emulator.client("iam").update_assume_role_policy(RoleName=ROLE, PolicyDocument=policy)


def role_policy_detached(emulator: Emulator) -> None:
    if exists(emulator, "role", ROLE):
        for arn in role_policies(emulator, ROLE)[:1]:
            emulator.client("iam").detach_role_policy(RoleName=ROLE, PolicyArn=arn)


def inline_policy_edited(emulator: Emulator) -> None:
    if exists(emulator, "role", ROLE) and INLINE in inline_policies(emulator, ROLE):
        edited = json.dumps(document("iam:CreateUser"))
        emulator.client("iam").put_role_policy(RoleName=ROLE, PolicyName=INLINE, PolicyDocument=edited)


def inline_policy_deleted(emulator: Emulator) -> None:
    if exists(emulator, "role", ROLE) and INLINE in inline_policies(emulator, ROLE):
        emulator.client("iam").delete_role_policy(RoleName=ROLE, PolicyName=INLINE)


def role_settings_changed(emulator: Emulator) -> None:
    if exists(emulator, "role", ROLE):
        emulator.client("iam").update_role(RoleName=ROLE, Description="changed", MaxSessionDuration=43200)


def boundary_removed(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    if exists(emulator, "role", ROLE) and "PermissionsBoundary" in iam.get_role(RoleName=ROLE)["Role"]:
        iam.delete_role_permissions_boundary(RoleName=ROLE)


def role_tag_added(emulator: Emulator) -> None:
    if exists(emulator, "role", ROLE):
        emulator.client("iam").tag_role(RoleName=ROLE, Tags=[{"Key": "stray", "Value": "yes"}])


def role_taken_out_of_profile(emulator: Emulator) -> None:
    iam = emulator.client("iam")
    if exists(emulator, "profile", ROLE):
        profile = iam.get_instance_profile(InstanceProfileName=ROLE)["InstanceProfile"]
        for role in profile["Roles"]:
            iam.remove_role_from_instance_profile(InstanceProfileName=ROLE, RoleName=role["RoleName"])


def profile_deleted(emulator: Emulator) -> None:
    if exists(emulator, "profile", ROLE):
        role_taken_out_of_profile(emulator)
        emulator.client("iam").delete_instance_profile(InstanceProfileName=ROLE)


def foreign_policy_attached(emulator: Emulator) -> None:
    if exists(emulator, "group", GROUP):
        emulator.client("iam").attach_group_policy(GroupName=GROUP, PolicyArn=FOREIGN_POLICY)
    if exists(emulator, "role", ROLE):
        emulator.client("iam").attach_role_policy(RoleName=ROLE, PolicyArn=FOREIGN_POLICY)


def foreign_member_added(emulator: Emulator) -> None:
    if exists(emulator, "group", GROUP):
        emulator.client("iam").add_user_to_group(GroupName=GROUP, UserName="mallory")


def foreign_inline_policies_added(emulator: Emulator) -> None:
    policy = {"PolicyName": "foreign", "PolicyDocument": json.dumps(document("sqs:ListQueues"))}
    if exists(emulator, "role", ROLE):
        emulator.client("iam").put_role_policy(RoleName=ROLE, **policy)


def foreign_group_with_member_created(emulator: Emulator) -> None:
    if not exists(emulator, "group", "Foreign"):
        emulator.client("iam").create_group(GroupName="Foreign")
    emulator.client("iam").add_user_to_group(GroupName="Foreign", UserName="alice")


documents = st.sampled_from([document("s3:ListAllMyBuckets"), document("s3:ListAllMyBuckets", "sns:ListTopics")])
tags = st.dictionaries(st.sampled_from(["owner", "stage"]), st.sampled_from(["infosec", "devops"]))
attachable = st.lists(
    st.sampled_from(["Policy", "SecurityAudit", f"arn:aws:iam::{ACCOUNT_ID}:policy/Foreign"]), unique=True
)

policy = st.fixed_dictionaries(
    {"name": st.just("Policy"), "path": st.just("/infosec/"), "document": documents},
    optional={"description": st.just("Fixed once it exists"), "tags": tags},
)
group = st.fixed_dictionaries(
    {"name": st.just(GROUP)},
    optional={
        "path": st.sampled_from(["/", "/infosec/"]),
        "managed_policies": attachable,
        "purge_managed_policies": st.booleans(),
        "members": st.lists(st.sampled_from(["alice", "bob"]), unique=True),
        "purge_members": st.booleans(),
    },
) | st.just({"name": GROUP, "state": "absent"})
role = st.fixed_dictionaries(
    {
        "name": st.just(ROLE),
        "path": st.just("/infosec/"),
        "assume_role_policy": st.sampled_from([trust("ec2.amazonaws.com"), trust("config.amazonaws.com")]),
    },
    optional={
        "description": st.sampled_from(["", "A role"]),
        "managed_policies": attachable,
        "purge_managed_policies": st.booleans(),
        "inline_policies": st.dictionaries(st.sampled_from([INLINE, "other"]), documents),
        "purge_inline_policies": st.booleans(),
        "max_session_duration": st.sampled_from([3600, 7200]),
        "permissions_boundary": st.sampled_from(["", "Policy", "PowerUserAccess"]),
        "tags": tags,
        "instance_profile": st.booleans(),
    },
) | st.just({"name": ROLE, "state": "absent"})
# a policy goes only after all that it is attached to, so these two go together
team = st.sampled_from(["present", "absent"]).map(
    lambda state: {
        "managed_policies": [{"name": "TeamPolicy", "state": state, "document": document("ec2:Describe*")}],
        "groups": [
            {
                "name": TEAM,
                "state": state,
                "managed_policies": ["TeamPolicy"],
                "purge_managed_policies": True,
                "members": ["bob"],
                "purge_members": True,
            }
        ],
    }
)

CASES = [
    Case(
        module="iam_identities",
        arguments=st.builds(
            lambda policy, group, team, role: {
                "managed_policies": [policy, *team["managed_policies"]],
                "groups": [group, *team["groups"]],
                "roles": [role],
            },
            policy,
            group,
            team,
            role,
        ),
        typical={
            "managed_policies": [
                {
                    "name": "Policy",
                    "path": "/infosec/",
                    "description": "A policy",
                    "document": document("s3:ListAllMyBuckets"),
                    "tags": {"owner": "infosec"},
                }
            ],
            "groups": [
                {
                    "name": GROUP,
                    "path": "/infosec/",
                    "managed_policies": ["Policy", "SecurityAudit"],
                    "members": ["alice", "bob"],
                },
                {
                    "name": TEAM,
                    "managed_policies": ["Policy"],
                    "purge_managed_policies": True,
                    "members": ["alice"],
                    "purge_members": True,
                },
            ],
            "roles": [
                {
                    "name": ROLE,
                    "path": "/infosec/",
                    "description": "A role",
                    "assume_role_policy": trust("ec2.amazonaws.com"),
                    "managed_policies": ["Policy", "SecurityAudit"],
                    "inline_policies": {INLINE: document("ec2:Describe*")},
                    "max_session_duration": 7200,
                    "permissions_boundary": "Policy",
                    "tags": {"owner": "infosec"},
                    "instance_profile": True,
                }
            ],
        },
        types=frozenset({"AWS::IAM::ManagedPolicy", "AWS::IAM::Group", "AWS::IAM::Role", "AWS::IAM::InstanceProfile"}),
        prepare=prepare,
        drifts=(
            group_deleted,
            group_policy_detached,
            group_moved,
            member_removed,
            stranger_added_to_purged_group,
            policy_attached_to_purged_group,
            policy_edited,
            policy_edited_until_versions_are_full,
            policy_rolled_back,
            policy_tags_changed,
            role_deleted,
            trust_edited,
            role_policy_detached,
            inline_policy_edited,
            inline_policy_deleted,
            role_settings_changed,
            boundary_removed,
            role_tag_added,
            role_taken_out_of_profile,
            profile_deleted,
            foreign_policy_attached,
            foreign_member_added,
            foreign_inline_policies_added,
            foreign_group_with_member_created,
        ),
    )
]
