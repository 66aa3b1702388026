# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the properties of organization cannot show."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import Observed
from ansible_collections.secops.aws_baseline.plugins.modules import organization as module
from tests.emulator.client import Emulator
from tests.integration.cases import organization as case
from tests.integration.cases.organization import (
    CLOUDTRAIL,
    CONFIG,
    GUARDDUTY,
    OTHER_REGION,
    SECURITYHUB,
    administrators,
    deny,
    policy,
    trusted,
)
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.organization import MANAGEMENT, MEMBERS, ORGANIZATION_ID, SECURITY, organization
from tests.support.run import converge

pytestmark = pytest.mark.usefixtures("no_aws_environment")

REGIONS = {"regions": [HOME_REGION]}


@pytest.fixture
def in_organization(emulator: Emulator) -> Emulator:
    organization(emulator)
    return emulator


def run(emulator: Emulator, check_mode: bool = False, **arguments: t.Any) -> dict[str, t.Any]:
    """The module in the management account."""
    return converge(emulator, "organization", {**REGIONS, **arguments}, check_mode, credentials_of=MANAGEMENT)


def done(emulator: Emulator, **arguments: t.Any) -> list[tuple[str, str, list[str]]]:
    """What a run that succeeds changed: action, key, operations."""
    result = run(emulator, **arguments)
    assert not result.get("failed"), result["msg"]
    return [(change["action"], change["key"], change["operations"]) for change in result["changes"]]


def codes(result: dict[str, t.Any]) -> list[str]:
    return [error["code"] for error in result["errors"]]


def targets(emulator: Emulator) -> list[str]:
    found = case.client(emulator).list_targets_for_policy(PolicyId=case.guard(emulator))["Targets"]
    return sorted(target["TargetId"] for target in found)


# --- what is done, and in which order --------------------------------------------------------------------------------


def test_everything_is_planned_and_made_in_the_order_in_which_aws_needs_it(in_organization: Emulator) -> None:
    """S001-02, S001-04, S001-05, S001-45: roles, trusted access, administrators; policy types before policies."""
    plan = run(in_organization, check_mode=True, **case.TYPICAL)
    assert not in_organization.writes()
    result = run(in_organization, **case.TYPICAL)
    assert plan["changes"] == result["changes"]
    planned = [(change["region"], change["key"], change["operations"]) for change in result["changes"]]
    assert sorted(planned) == sorted(
        [
            *(("global", name, ["iam:CreateServiceLinkedRole"]) for name in (CLOUDTRAIL, SECURITYHUB)),
            *(
                ("global", name, ["organizations:EnableAWSServiceAccess"])
                for name in (CLOUDTRAIL, CONFIG, GUARDDUTY, SECURITYHUB)
            ),
            ("global", f"{CONFIG}/{SECURITY}", ["organizations:RegisterDelegatedAdministrator"]),
            (HOME_REGION, SECURITY, ["cloudtrail:RegisterOrganizationDelegatedAdmin"]),
            *(
                (region, SECURITY, [f"{service}:EnableOrganizationAdminAccount"])
                for region in (HOME_REGION, OTHER_REGION)
                for service in ("guardduty", "securityhub")
            ),
            ("global", "organization", ["organizations:PutResourcePolicy"]),
            ("global", case.SCP, ["organizations:EnablePolicyType"]),
            (
                "global",
                f"{case.SCP}/guard",
                ["organizations:CreatePolicy", "organizations:AttachPolicy"],
            ),
        ]
    )
    made = [call.operation for call in in_organization.writes()]
    last_of = {name: len(made) - 1 - made[::-1].index(name) for name in made}
    assert last_of["CreateServiceLinkedRole"] < made.index("EnableAWSServiceAccess")
    for delegation in (
        "RegisterDelegatedAdministrator",
        "RegisterOrganizationDelegatedAdmin",
        "EnableOrganizationAdminAccount",
    ):
        assert last_of["EnableAWSServiceAccess"] < made.index(delegation)
    assert last_of["EnablePolicyType"] < made.index("CreatePolicy")


def test_results_name_the_organization(in_organization: Emulator) -> None:
    result = run(in_organization)
    assert not result["changed"]
    roots = case.client(in_organization).list_roots()["Roots"]
    assert result["organization_id"] == ORGANIZATION_ID
    assert result["management_account_id"] == MANAGEMENT
    assert result["root_id"] == roots[0]["Id"]


def test_an_unchanged_run_is_cheap(in_organization: Emulator) -> None:
    run(in_organization, **case.TYPICAL)
    in_organization.clear_calls()
    assert not run(in_organization, **case.TYPICAL)["changed"]
    reads = sorted(call.operation for call in in_organization.calls(service="organizations"))
    assert reads == [
        "DescribeOrganization",
        "DescribePolicy",
        "DescribeResourcePolicy",
        "ListAWSServiceAccessForOrganization",
        "ListDelegatedServicesForAccount",
        "ListPolicies",
        "ListRoots",
        "ListTagsForResource",
        "ListTargetsForPolicy",
    ]


def test_an_organization_trail_needs_trusted_access_for_cloudtrail(in_organization: Emulator) -> None:
    """S001-03, S001-04, S001-06: AWS's message without it, and the way on with it."""
    trail = {"Name": "central-orgtrail", "S3BucketName": "acme-orgtrail", "IsOrganizationTrail": True}
    trails = case.client(in_organization, "cloudtrail")
    message = "hasn't enabled CloudTrail service access. Enable service access for CloudTrail, and then try again."
    with pytest.raises(trails.exceptions.CloudTrailAccessNotEnabledException, match=message):
        trails.create_trail(**trail)
    assert done(in_organization, trusted_services=trusted(CLOUDTRAIL)) == [
        ("create", CLOUDTRAIL, ["organizations:EnableAWSServiceAccess"])
    ]
    with pytest.raises(trails.exceptions.S3BucketDoesNotExistException):
        trails.create_trail(**trail)


def test_cloudtrail_is_told_itself_and_makes_its_role(in_organization: Emulator) -> None:
    """S001-05: by way of Organizations the administrator would have no role to make trails with."""
    arguments = {"trusted_services": trusted(CLOUDTRAIL), "delegated_administrators": administrators(CLOUDTRAIL)}
    assert done(in_organization, **arguments)[1:] == [
        ("create", SECURITY, ["cloudtrail:RegisterOrganizationDelegatedAdmin"])
    ]
    role = case.client(in_organization, "iam").get_role(RoleName="AWSServiceRoleForCloudTrail")["Role"]
    assert role["Path"] == f"/aws-service-role/{CLOUDTRAIL}/"
    found = case.client(in_organization).list_delegated_administrators(ServicePrincipal=CLOUDTRAIL)
    assert [account["Id"] for account in found["DelegatedAdministrators"]] == [SECURITY]


def test_config_has_trusted_access_and_an_administrator(in_organization: Emulator) -> None:
    """S001-44, S001-45."""
    assert done(in_organization, trusted_services=trusted(CONFIG), delegated_administrators=administrators(CONFIG)) == [
        ("create", CONFIG, ["organizations:EnableAWSServiceAccess"]),
        ("create", f"{CONFIG}/{SECURITY}", ["organizations:RegisterDelegatedAdministrator"]),
    ]


def test_a_service_may_have_several_administrators(in_organization: Emulator) -> None:
    both = administrators(CONFIG) + administrators(CONFIG, account_id=MEMBERS[0])
    run(in_organization, trusted_services=trusted(CONFIG), delegated_administrators=both[:1])
    assert done(in_organization, delegated_administrators=both) == [
        ("create", f"{CONFIG}/{MEMBERS[0]}", ["organizations:RegisterDelegatedAdministrator"])
    ]


def test_administrators_go_before_trusted_access(in_organization: Emulator) -> None:
    run(in_organization, **case.TYPICAL)
    assert done(
        in_organization,
        regions=[HOME_REGION, OTHER_REGION],
        trusted_services=trusted(CLOUDTRAIL, CONFIG, state="absent"),
        delegated_administrators=administrators(CLOUDTRAIL, CONFIG, GUARDDUTY, SECURITYHUB, state="absent"),
    )[-2:] == [
        ("delete", CLOUDTRAIL, ["organizations:DisableAWSServiceAccess"]),
        ("delete", CONFIG, ["organizations:DisableAWSServiceAccess"]),
    ]
    assert case.client(in_organization).list_delegated_administrators()["DelegatedAdministrators"] == []


def test_existing_verifies_and_never_writes(in_organization: Emulator) -> None:
    existing = {
        "trusted_services": trusted(CLOUDTRAIL, state="existing"),
        "delegated_administrators": administrators(CLOUDTRAIL, CONFIG, GUARDDUTY, state="existing"),
        "policies": [policy(state="existing")],
    }
    missing = run(in_organization, **existing)
    assert codes(missing) == ["NotAsRequired"] * 5
    assert f"AWS::Organizations::ServiceAccess {CLOUDTRAIL}: must exist, but does not." in missing["msg"]
    assert not in_organization.writes()

    run(in_organization, **case.TYPICAL)
    in_organization.clear_calls()
    assert not run(in_organization, **existing).get("failed")
    assert not in_organization.writes()


# --- policies --------------------------------------------------------------------------------------------------------


def test_a_policy_of_the_same_name_is_taken_over(in_organization: Emulator) -> None:
    client = case.client(in_organization)
    run(in_organization, policy_types=[case.SCP])
    made = client.create_policy(Name="guard", Type=case.SCP, Description="by hand", Content=case.ALLOW_ALL)
    identifier = made["Policy"]["PolicySummary"]["Id"]
    client.attach_policy(PolicyId=identifier, TargetId=MEMBERS[2])
    assert done(in_organization, policies=[policy(targets=[MEMBERS[0]])]) == [
        ("update", f"{case.SCP}/guard", ["organizations:UpdatePolicy", "organizations:AttachPolicy"])
    ]
    assert case.guard(in_organization) == identifier
    assert targets(in_organization) == [MEMBERS[0], MEMBERS[2]]
    summary = client.describe_policy(PolicyId=identifier)["Policy"]["PolicySummary"]
    assert summary["Description"] == "by hand"


def test_targets_are_detached_on_request_only_and_after_new_ones_are_attached(in_organization: Emulator) -> None:
    run(in_organization, policy_types=[case.SCP], policies=[policy(targets=[MEMBERS[0], MEMBERS[1]])])
    assert done(in_organization, policies=[policy(targets=[MEMBERS[0]])]) == []
    assert done(in_organization, policies=[policy(targets=["root"], purge_targets=True)]) == [
        (
            "update",
            f"{case.SCP}/guard",
            ["organizations:AttachPolicy", "organizations:DetachPolicy", "organizations:DetachPolicy"],
        )
    ]
    assert len(targets(in_organization)) == 1


def test_the_same_document_written_differently_is_no_change(in_organization: Emulator) -> None:
    one = {"Effect": "Deny", "Action": "s3:DeleteBucket", "Resource": "*"}
    other = {"Resource": ["*"], "Action": ["s3:DeleteBucket"], "Effect": "Deny"}
    for statements in (one, [other]):
        content = {"Version": "2012-10-17", "Statement": statements}
        result = run(in_organization, policy_types=[case.SCP], policies=[policy(content=content)])
        assert not result.get("failed"), result["msg"]
    assert not result["changed"]


def test_a_policy_is_detached_from_everything_before_it_is_deleted(in_organization: Emulator) -> None:
    run(in_organization, policy_types=[case.SCP], policies=[policy(targets=[MEMBERS[0], "root"])])
    assert done(in_organization, policies=[{"name": "guard", "state": "absent"}]) == [
        (
            "delete",
            f"{case.SCP}/guard",
            ["organizations:DetachPolicy", "organizations:DetachPolicy", "organizations:DeletePolicy"],
        )
    ]


def test_policies_of_other_types_are_kept_too(in_organization: Emulator) -> None:
    content = {"tags": {"owner": {"tag_key": {"@@assign": "Owner"}}}}
    tagging = {"name": "guard", "type": "TAG_POLICY", "content": content, "targets": ["root"]}
    arguments = {"policy_types": ["TAG_POLICY", case.SCP], "policies": [tagging, policy(targets=["root"])]}
    assert len(done(in_organization, **arguments)) == len(arguments["policy_types"]) + len(arguments["policies"])
    assert done(in_organization, **arguments) == []


def test_delegation_keeps_the_statements_of_others(in_organization: Emulator) -> None:
    """CIS 7.0, 2.1.5."""
    case.foreign_delegation_added(in_organization)
    edited = {"statements": [case.delegation("SecurityReads", "organizations:ListRoots")]}
    assert done(in_organization, resource_policy=edited) == [
        ("update", "organization", ["organizations:PutResourcePolicy"])
    ]
    content = case.client(in_organization).describe_resource_policy()["ResourcePolicy"]["Content"]
    assert [one["Sid"] for one in json.loads(content)["Statement"]] == ["Other", "SecurityReads"]
    assert done(in_organization, resource_policy=edited) == []
    assert done(in_organization, resource_policy=edited | {"purge_statements": True}) == [
        ("update", "organization", ["organizations:PutResourcePolicy"])
    ]
    assert done(in_organization, resource_policy={"state": "absent"}) == [
        ("delete", "organization", ["organizations:DeleteResourcePolicy"])
    ]


# --- what cannot be --------------------------------------------------------------------------------------------------


def test_an_account_without_an_organization_is_told_so(emulator: Emulator) -> None:
    result = run(emulator, service_linked_roles=[CLOUDTRAIL], trusted_services=trusted(CLOUDTRAIL))
    assert codes(result) == ["AWSOrganizationsNotInUseException"]
    assert "Your account is not a member of an organization." in result["msg"]
    assert not emulator.writes()


def test_a_member_account_is_refused(in_organization: Emulator) -> None:
    arguments = {**REGIONS, "service_linked_roles": [CLOUDTRAIL], "trusted_services": trusted(CLOUDTRAIL)}
    result = converge(in_organization, "organization", arguments, credentials_of=MEMBERS[0])
    assert f"Account {MEMBERS[0]} is a member of organization {ORGANIZATION_ID}" in result["msg"]
    assert f"its management account, {MANAGEMENT}" in result["msg"]
    assert not in_organization.writes()


def test_consolidated_billing_is_not_enough() -> None:
    found = Observed(
        {"feature_set": "CONSOLIDATED_BILLING", "management_account_id": ACCOUNT_ID}, {"id": ORGANIZATION_ID}
    )
    with pytest.raises(BaselineError, match="consolidated billing only"):
        module._check_organization(found, ACCOUNT_ID)


def test_an_administrator_without_trusted_access_is_awss_error(in_organization: Emulator) -> None:
    result = run(in_organization, delegated_administrators=administrators(CONFIG))
    assert codes(result) == ["ConstraintViolationException"]
    assert "enable service access" in result["msg"]
    result = run(in_organization, delegated_administrators=administrators(CLOUDTRAIL))
    assert codes(result) == ["CloudTrailAccessNotEnabledException"]


def test_an_account_outside_of_the_organization_cannot_administer(in_organization: Emulator) -> None:
    outside = administrators(CONFIG, account_id="999999999999")
    result = run(in_organization, trusted_services=trusted(CONFIG), delegated_administrators=outside)
    assert codes(result) == ["AccountNotFoundException"]


def test_another_administrator_of_security_hub_is_refused(in_organization: Emulator) -> None:
    run(in_organization, delegated_administrators=administrators(SECURITYHUB))
    other = administrators(SECURITYHUB, account_id=MEMBERS[0])
    result = run(in_organization, regions=[OTHER_REGION], delegated_administrators=other)
    assert codes(result) == ["InvalidInputException"]


BAD: list[tuple[dict[str, t.Any], str]] = [
    ({"service_linked_roles": ["cloudtrail"]}, "service_linked_roles[0]: 'cloudtrail'"),
    ({"trusted_services": trusted("cloudtrail")}, "trusted_services[0].service_principal: 'cloudtrail'"),
    ({"trusted_services": trusted("ec2.example.com")}, "trusted_services[0].service_principal"),
    ({"trusted_services": trusted(CONFIG, CONFIG)}, "each service principal once"),
    ({"delegated_administrators": administrators(CONFIG, account_id="12345")}, "administrators[0].account_id: '12345'"),
    ({"delegated_administrators": administrators("macie.amazonaws.com")}, "services that are told by AWS"),
    ({"delegated_administrators": administrators(CONFIG, CONFIG)}, "each service principal and account once"),
    (
        {"delegated_administrators": administrators(GUARDDUTY) + administrators(GUARDDUTY, account_id=MEMBERS[0])},
        "each service that has one administrator once",
    ),
    ({"account_id": MANAGEMENT, "delegated_administrators": administrators(CONFIG, account_id=MANAGEMENT)}, "member"),
    ({"policy_types": ["SCP"]}, "policy_types[0]: 'SCP'"),
    ({"policies": [{"name": "guard"}]}, "content"),
    ({"policies": [policy(name="")]}, "policies[0].name: ''"),
    ({"policies": [policy(type="SCP")]}, "policies[0].type: 'SCP'"),
    ({"policies": [policy(targets=["the root"])]}, "policies[0].targets: 'the root'"),
    ({"policies": [policy(purge_targets=True)]}, "only together with targets"),
    ({"policies": [policy(description="x" * 513)]}, "policies[0].description"),
    ({"policies": [policy(), policy()]}, "each type and name once"),
    ({"policies": [policy(content={"Version": "2012-10-17"})]}, "policies[0].content: Statement"),
    ({"policies": [policy(content=deny("s3:" + "x" * 10240))]}, "policies[0].content: document"),
    (
        {
            "policies": [
                policy(
                    content={
                        "Version": "2012-10-17",
                        "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
                    }
                )
            ]
        },
        "a service control policy applies to whole accounts",
    ),
    ({"policies": [policy(type="TAG_POLICY", content={"x": "y" * 10001})]}, "more than the 10000 characters"),
    ({"resource_policy": {}}, "statements"),
    ({"resource_policy": {"statements": [case.delegation("")]}}, "resource_policy.statements[0].Sid"),
    ({"resource_policy": {"statements": [case.delegation(), case.delegation()]}}, "is already used by"),
    ({"regions": ["eu-central-99"]}, "regions: ['eu-central-99']"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_options_are_refused_before_the_first_call(
    emulator: Emulator, arguments: dict[str, t.Any], message: str
) -> None:
    result = run(emulator, validate_only=True, **arguments)
    assert result["failed"]
    assert message in result["msg"]
    assert emulator.calls() == []
