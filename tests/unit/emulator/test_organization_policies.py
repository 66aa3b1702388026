# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Policies of an organization: documents, types and attachments.

https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies.html
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support.organization import MANAGEMENT, MEMBERS, NAMES, ORGANIZATION_ID, organization

from .support import ACCOUNT, OTHER_ACCOUNT, document, refused, statement
from .support import root as root_of

SCP, RCP, TAGS = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY", "TAG_POLICY"
FULL_ACCESS = "p-FullAWSAccess"
DENY = document({"Effect": "Deny", "Action": "cloudtrail:StopLogging", "Resource": "*"})


@pytest.fixture
def client(emulator: Emulator) -> Any:
    organization(emulator, details={MEMBERS[0]: {"ou": "Workloads"}}, policy_types=[SCP])
    return emulator.client("organizations", account_id=MANAGEMENT)


@pytest.fixture
def root(client: Any) -> str:
    return str(client.list_roots()["Roots"][0]["Id"])


def make(client: Any, name: str = "guard", content: str = DENY, kind: str = SCP, **more: Any) -> str:
    policy = client.create_policy(Name=name, Description="", Type=kind, Content=content, **more)["Policy"]
    return str(policy["PolicySummary"]["Id"])


def attached(client: Any, target: str, kind: str = SCP) -> list[str]:
    return [row["Id"] for row in client.list_policies_for_target(TargetId=target, Filter=kind)["Policies"]]


def test_policy(client: Any) -> None:
    identifier = make(client)
    summary = {
        "Id": identifier,
        "Arn": f"arn:aws:organizations::{MANAGEMENT}:policy/{ORGANIZATION_ID}/service_control_policy/{identifier}",
        "Name": "guard",
        "Description": "",
        "Type": SCP,
        "AwsManaged": False,
    }
    assert client.describe_policy(PolicyId=identifier)["Policy"] == {"PolicySummary": summary, "Content": DENY}
    with refused("DuplicatePolicyException"):
        make(client)
    make(client, kind=TAGS, content="{}")
    other = make(client, "other")
    with refused("DuplicatePolicyException"):
        client.update_policy(PolicyId=other, Name="guard")
    changed = client.update_policy(PolicyId=other, Name="third", Description="d", Content=DENY + " ")["Policy"]
    assert (changed["PolicySummary"]["Name"], changed["PolicySummary"]["Description"]) == ("third", "d")
    assert changed["Content"] == DENY + " "
    assert [one["Id"] for one in client.list_policies(Filter=SCP)["Policies"]] == [FULL_ACCESS, identifier, other]
    client.delete_policy(PolicyId=other)
    for call in (client.describe_policy, client.delete_policy, client.update_policy):
        with refused("PolicyNotFoundException"):
            call(PolicyId=other)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (SCP, "nonsense"),
        (SCP, "{}"),
        (SCP, document(statement("*", "s3:*", "*"))),
        (SCP, document({"Effect": "Deny", "Action": "s3:*"})),
        (SCP, document({"Effect": "deny", "Action": "s3:*", "Resource": "*"})),
        (SCP, document({"Effect": "Deny", "Action": "s3", "Resource": "*"})),
        (SCP, document({"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Condition": {"Equals": {"a:b": "c"}}})),
        (RCP, document(statement("*", "s3:*", "*"))),
        (RCP, document({"Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"})),
        (RCP, document({"Effect": "Deny", "Principal": "*", "Action": "ec2:*", "Resource": "*"})),
        (TAGS, "[]"),
    ],
)
def test_bad_documents(client: Any, kind: str, content: str) -> None:
    with refused("MalformedPolicyDocumentException"):
        make(client, kind=kind, content=content)


@pytest.mark.parametrize(
    "content",
    [
        document({"Sid": "S", "Effect": "Deny", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::*"}),
        document({"Effect": "Allow", "Action": ["s3:Get*", "ec2:*Instances"], "Resource": "*"}),
    ],
)
def test_good_documents(client: Any, content: str) -> None:
    make(client, content=content)


@pytest.mark.parametrize(("kind", "limit"), [(SCP, 10_240), (RCP, 5120), (TAGS, 10_000)])
def test_size(client: Any, kind: str, limit: int) -> None:
    """White space counts: what comes through the API is kept as it is."""
    rcp = document({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"})
    content = {SCP: DENY, RCP: rcp, TAGS: "{}"}[kind]
    make(client, kind=kind, content=content.ljust(limit))
    with refused("ConstraintViolationException", "POLICY_CONTENT_LIMIT_EXCEEDED"):
        make(client, "longer", kind=kind, content=content.ljust(limit + 1))


def test_full_access_is_attached_to_everything(client: Any, root: str) -> None:
    unit = client.list_parents(ChildId=MEMBERS[0])["Parents"][0]["Id"]
    new = client.create_organizational_unit(ParentId=root, Name="new")["OrganizationalUnit"]["Id"]
    account = client.create_account(AccountName="new", Email="new@acme.example")["CreateAccountStatus"]["AccountId"]
    for target in (root, unit, new, account, *NAMES):
        assert attached(client, target) == [FULL_ACCESS]
    targets = client.get_paginator("list_targets_for_policy").paginate(PolicyId=FULL_ACCESS).build_full_result()
    kinds = sorted(row["Type"] for row in targets["Targets"])
    assert kinds == ["ACCOUNT"] * (len(NAMES) + 1) + ["ORGANIZATIONAL_UNIT"] * 2 + ["ROOT"]
    for call in (lambda: client.update_policy(PolicyId=FULL_ACCESS, Name="x"),
                 lambda: client.delete_policy(PolicyId=FULL_ACCESS)):  # fmt: skip
        with refused("InvalidInputException", "IMMUTABLE_POLICY"):
            call()


def test_attaching(client: Any, root: str) -> None:
    policy = make(client)
    client.attach_policy(PolicyId=policy, TargetId=root)
    with refused("DuplicatePolicyAttachmentException"):
        client.attach_policy(PolicyId=policy, TargetId=root)
    assert attached(client, root) == [FULL_ACCESS, policy]
    assert client.list_targets_for_policy(PolicyId=policy)["Targets"] == [
        {
            "TargetId": root,
            "Arn": f"arn:aws:organizations::{MANAGEMENT}:root/{ORGANIZATION_ID}/{root}",
            "Name": "Root",
            "Type": "ROOT",
        }
    ]
    with refused("PolicyInUseException"):
        client.delete_policy(PolicyId=policy)
    client.detach_policy(PolicyId=FULL_ACCESS, TargetId=root)
    with refused("ConstraintViolationException", "MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"):
        client.detach_policy(PolicyId=policy, TargetId=root)
    client.attach_policy(PolicyId=FULL_ACCESS, TargetId=root)
    client.detach_policy(PolicyId=policy, TargetId=root)
    with refused("PolicyNotAttachedException"):
        client.detach_policy(PolicyId=policy, TargetId=root)
    for method in (client.attach_policy, client.detach_policy):
        with refused("TargetNotFoundException"):
            method(PolicyId=policy, TargetId=ACCOUNT)
        with refused("PolicyNotFoundException"):
            method(PolicyId="p-00000000", TargetId=root)


def test_ten_service_control_policies_at_most(client: Any, root: str) -> None:
    for number in range(9):
        client.attach_policy(PolicyId=make(client, f"n{number}"), TargetId=root)
    with refused("ConstraintViolationException", "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"):
        client.attach_policy(PolicyId=make(client, "eleventh"), TargetId=root)


def test_policy_types(client: Any, root: str) -> None:
    with refused("PolicyTypeAlreadyEnabledException"):
        client.enable_policy_type(RootId=root, PolicyType=SCP)
    policy = make(client, kind=TAGS, content="{}")
    with refused("PolicyTypeNotEnabledException"):
        client.attach_policy(PolicyId=policy, TargetId=root)
    types = client.enable_policy_type(RootId=root, PolicyType=TAGS)["Root"]["PolicyTypes"]
    assert types == [{"Type": SCP, "Status": "ENABLED"}, {"Type": TAGS, "Status": "ENABLED"}]
    client.attach_policy(PolicyId=policy, TargetId=root)
    client.detach_policy(PolicyId=policy, TargetId=root)
    guard = make(client)
    client.attach_policy(PolicyId=guard, TargetId=root)
    client.disable_policy_type(RootId=root, PolicyType=SCP)
    assert attached(client, root) == attached(client, MEMBERS[0]) == []
    with refused("PolicyTypeNotEnabledException"):
        client.disable_policy_type(RootId=root, PolicyType=SCP)
    client.delete_policy(PolicyId=guard)
    client.enable_policy_type(RootId=root, PolicyType=SCP)
    assert attached(client, root) == [FULL_ACCESS]
    with refused("RootNotFoundException"):
        client.enable_policy_type(RootId="r-none", PolicyType=RCP)
    with refused("ConstraintViolationException", "SERVICE_ACCESS_NOT_ENABLED"):
        client.enable_policy_type(RootId=root, PolicyType="DECLARATIVE_POLICY_EC2")
    client.enable_policy_type(RootId=root, PolicyType=RCP)
    with refused("InvalidInputException", "NON_DETACHABLE_POLICY"):
        client.detach_policy(PolicyId="p-RCPFullAWSAccess", TargetId=root)


def test_organizations_made_by_the_api_have_service_control_policies(emulator: Emulator) -> None:
    client = emulator.client("organizations")
    client.create_organization(FeatureSet="ALL")
    root = client.list_roots()["Roots"][0]
    assert root["PolicyTypes"] == [{"Type": SCP, "Status": "ENABLED"}]
    assert json.loads(client.describe_policy(PolicyId=FULL_ACCESS)["Policy"]["Content"])["Statement"] == [
        {"Effect": "Allow", "Action": "*", "Resource": "*"}
    ]


# --- delegation -----------------------------------------------------------------------------------------------------


def delegation(account: str, *actions: str) -> str:
    return document({"Effect": "Allow", "Principal": root_of(account), "Action": list(actions), "Resource": "*"})


def test_member_accounts_manage_policies_as_far_as_they_may(client: Any, emulator: Emulator, root: str) -> None:
    member = emulator.client("organizations", account_id=MEMBERS[0])
    with refused("ResourcePolicyNotFoundException"):
        client.describe_resource_policy()
    with refused("AccessDeniedException"):
        make(member)
    client.put_resource_policy(
        Content=delegation(MEMBERS[0], "organizations:CreatePolicy", "organizations:ListPolicies")
    )
    policy = make(member)
    assert policy in [row["Id"] for row in member.list_policies(Filter=SCP)["Policies"]]
    with refused("AccessDeniedException"):
        member.attach_policy(PolicyId=policy, TargetId=root)
    client.delete_resource_policy()
    with refused("AccessDeniedException"):
        member.list_policies(Filter=SCP)


def test_only_member_accounts_are_delegated_to(client: Any) -> None:
    for account in (MANAGEMENT, OTHER_ACCOUNT):
        with refused("InvalidInputException", "INVALID_PRINCIPAL"):
            client.put_resource_policy(Content=delegation(account, "organizations:ListPolicies"))
    with refused("InvalidInputException", "INVALID_RESOURCE_POLICY_JSON"):
        client.put_resource_policy(Content=delegation(MEMBERS[0], "s3:GetObject"))
