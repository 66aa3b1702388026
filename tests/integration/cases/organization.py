# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An organization, seen from its management account, with administrators in two regions."""

from __future__ import annotations

import contextlib
import json
import typing as t

from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.module_utils.options import SAMPLE_SCOPE
from tests.emulator.client import Emulator
from tests.support.cases import HOME_REGION, Case
from tests.support.organization import MANAGEMENT, MEMBERS, SECURITY, organization

OTHER_REGION = "us-east-1"
SCP = "SERVICE_CONTROL_POLICY"

CLOUDTRAIL = "cloudtrail.amazonaws.com"
CONFIG = "config.amazonaws.com"
GUARDDUTY = "guardduty.amazonaws.com"
SECURITYHUB = "securityhub.amazonaws.com"

ALLOW_ALL = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def deny(*actions: str) -> dict[str, t.Any]:
    """A service control policy."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": list(actions), "Resource": "*"}]}


def trusted(*principals: str, **item: str) -> list[dict[str, str]]:
    return [{"service_principal": principal, **item} for principal in principals]


def administrators(*principals: str, account_id: str = SECURITY, **item: str) -> list[dict[str, str]]:
    return [{"service_principal": principal, "account_id": account_id, **item} for principal in principals]


def policy(**options: t.Any) -> dict[str, t.Any]:
    return {"name": "guard", "content": deny("organizations:LeaveOrganization"), **options}


def delegation(name: str = "SecurityReads", *actions: str) -> dict[str, t.Any]:
    """A statement of the resource-based policy, about the security account."""
    return {
        "Sid": name,
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:${{AWS::Partition}}:iam::{SECURITY}:root"},
        "Action": list(actions or ("organizations:Describe*", "organizations:List*")),
        "Resource": "*",
    }


POLICIES = st.fixed_dictionaries(
    {"name": st.just("guard"), "content": st.sampled_from([deny("s3:DeleteBucket"), deny("s3:*", "iam:*")])},
    optional={
        "description": st.sampled_from(["", "Guards"]),
        "targets": st.sampled_from([[], ["root"], ["root", MEMBERS[0]], [MEMBERS[1]]]),
        "tags": st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"])),
    },
) | st.fixed_dictionaries(
    {
        "name": st.just("guard"),
        "content": st.just(deny("s3:DeleteBucket")),
        "targets": st.sampled_from([["root"], [MEMBERS[1], MEMBERS[0]]]),
        "purge_targets": st.just(True),
    }
)

REGIONS = st.sampled_from([[HOME_REGION], [HOME_REGION, OTHER_REGION]])

ARGUMENTS = st.fixed_dictionaries(
    {"regions": REGIONS, "policy_types": st.just([SCP])},
    optional={
        "service_linked_roles": st.sampled_from([[CLOUDTRAIL], [CLOUDTRAIL, SECURITYHUB]]),
        "trusted_services": st.sampled_from([trusted(CONFIG), trusted(CLOUDTRAIL, SECURITYHUB)]),
        "policies": st.lists(POLICIES, max_size=1),
        "resource_policy": st.sampled_from(
            [
                {"statements": [delegation()]},
                {"statements": [delegation("Other"), delegation("SecurityReads", "organizations:List*")]},
                {"statements": [delegation()], "purge_statements": True},
                {"state": "absent"},
            ]
        ),
    },
) | st.fixed_dictionaries(
    {
        "regions": REGIONS,
        "trusted_services": st.just(trusted(CONFIG, CLOUDTRAIL)),
        "delegated_administrators": st.sampled_from(
            [
                administrators(CONFIG, GUARDDUTY),
                administrators(CONFIG) + administrators(CLOUDTRAIL, account_id=MEMBERS[0]),
                administrators(CLOUDTRAIL, SECURITYHUB),
                administrators(CLOUDTRAIL, CONFIG, state="absent"),
                administrators(GUARDDUTY, SECURITYHUB, state="absent"),
            ]
        ),
        "policies": st.just([{"name": "guard", "state": "absent"}]),
    }
)

TYPICAL: dict[str, t.Any] = {
    "regions": [HOME_REGION, OTHER_REGION],
    "service_linked_roles": [CLOUDTRAIL, SECURITYHUB],
    "trusted_services": trusted(CLOUDTRAIL, CONFIG, GUARDDUTY, SECURITYHUB),
    "delegated_administrators": administrators(CLOUDTRAIL, CONFIG, GUARDDUTY, SECURITYHUB),
    "policy_types": [SCP],
    "policies": [policy(description="Guards", targets=["root"], purge_targets=True, tags={"Team": "infosec"})],
    "resource_policy": {"statements": [delegation()]},
}


def client(emulator: Emulator, service: str = "organizations", region: str = HOME_REGION) -> t.Any:
    return emulator.client(service, region, MANAGEMENT)


def guard(emulator: Emulator) -> str | None:
    """The id of the policy."""
    policies = client(emulator).list_policies(Filter=SCP)["Policies"]
    return next((item["Id"] for item in policies if item["Name"] == "guard"), None)


def prepare(emulator: Emulator) -> None:
    organization(emulator)


def access_disabled(emulator: Emulator) -> None:
    names = client(emulator).list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    if CONFIG in [item["ServicePrincipal"] for item in names]:
        administrator_deregistered(emulator)
        client(emulator).disable_aws_service_access(ServicePrincipal=CONFIG)


def administrator_deregistered(emulator: Emulator) -> None:
    found = client(emulator).list_delegated_administrators(ServicePrincipal=CONFIG)["DelegatedAdministrators"]
    for account in found:
        client(emulator).deregister_delegated_administrator(ServicePrincipal=CONFIG, AccountId=account["Id"])


def trail_administrator_deregistered(emulator: Emulator) -> None:
    found = client(emulator).list_delegated_administrators(ServicePrincipal=CLOUDTRAIL)["DelegatedAdministrators"]
    for account in found:
        trails = client(emulator, "cloudtrail")
        trails.deregister_organization_delegated_admin(DelegatedAdminAccountId=account["Id"])


def hub_administrator_removed(emulator: Emulator) -> None:
    hub = client(emulator, "securityhub", OTHER_REGION)
    for account in hub.list_organization_admin_accounts()["AdminAccounts"]:
        hub.disable_organization_admin_account(AdminAccountId=account["AccountId"])


def policy_edited(emulator: Emulator) -> None:
    if identifier := guard(emulator):
        client(emulator).update_policy(PolicyId=identifier, Content=ALLOW_ALL, Description="-")


def policy_detached(emulator: Emulator) -> None:
    if identifier := guard(emulator):
        for target in client(emulator).list_targets_for_policy(PolicyId=identifier)["Targets"]:
            client(emulator).detach_policy(PolicyId=identifier, TargetId=target["TargetId"])


def policy_deleted(emulator: Emulator) -> None:
    policy_detached(emulator)
    if identifier := guard(emulator):
        client(emulator).delete_policy(PolicyId=identifier)


def tags_edited(emulator: Emulator) -> None:
    if identifier := guard(emulator):
        client(emulator).untag_resource(ResourceId=identifier, TagKeys=["Team"])
        client(emulator).tag_resource(ResourceId=identifier, Tags=[{"Key": "Other", "Value": "tag"}])


def _put_resource_policy(emulator: Emulator, *statements: dict[str, t.Any]) -> None:
    content = json.dumps({"Version": "2012-10-17", "Statement": SAMPLE_SCOPE.substitute(statements)})
    client(emulator).put_resource_policy(Content=content)


def delegation_edited(emulator: Emulator) -> None:
    _put_resource_policy(emulator, delegation("SecurityReads", "organizations:*"), delegation("Other"))


def delegation_deleted(emulator: Emulator) -> None:
    with contextlib.suppress(client(emulator).exceptions.ResourcePolicyNotFoundException):
        client(emulator).delete_resource_policy()


def foreign_delegation_added(emulator: Emulator) -> None:
    _put_resource_policy(emulator, delegation("Other"), delegation())


def foreign_access_enabled(emulator: Emulator) -> None:
    client(emulator).enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")


def foreign_administrator_registered(emulator: Emulator) -> None:
    names = client(emulator).list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    found = client(emulator).list_delegated_administrators(ServicePrincipal=CONFIG)["DelegatedAdministrators"]
    trusts = CONFIG in [item["ServicePrincipal"] for item in names]
    if trusts and MEMBERS[2] not in [account["Id"] for account in found]:
        client(emulator).register_delegated_administrator(ServicePrincipal=CONFIG, AccountId=MEMBERS[2])


CASES = [
    Case(
        module="organization",
        account_id=MANAGEMENT,
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset(
            {
                "AWS::CloudTrail::OrganizationDelegatedAdmin",
                "AWS::GuardDuty::OrganizationAdminAccount",
                "AWS::IAM::ServiceLinkedRole",
                "AWS::Organizations::DelegatedAdministrator",
                "AWS::Organizations::Organization",
                "AWS::Organizations::Policy",
                "AWS::Organizations::PolicyType",
                "AWS::Organizations::ResourcePolicy",
                "AWS::Organizations::ServiceAccess",
                "AWS::SecurityHub::DelegatedAdmin",
            }
        ),
        drifts=(
            access_disabled,
            administrator_deregistered,
            trail_administrator_deregistered,
            hub_administrator_removed,
            policy_edited,
            policy_detached,
            policy_deleted,
            tags_edited,
            delegation_edited,
            delegation_deleted,
            foreign_delegation_added,
            foreign_access_enabled,
            foreign_administrator_registered,
        ),
        prepare=prepare,
    ),
]
