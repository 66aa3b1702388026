# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Config across accounts: conformance packs, rules and packs of an organization, aggregators."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.emulator.services.config_organization import CONFORMS, MULTI_ACCOUNT, SETTLES_AFTER
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, NAMES, ORGANIZATION_ID, SECURITY, organization

from .support import REGION, document, refused, root, statement

CONFIG = "config.amazonaws.com"
RULE = {
    "OrganizationConfigRuleName": "SSH",
    "OrganizationManagedRuleMetadata": {"RuleIdentifier": "INCOMING_SSH_DISABLED", "Description": "restricted-ssh"},
}
TEMPLATE = """
Parameters:
  Age:
    Default: '90'
    Type: String
Conditions:
  hasAge: !Not [!Equals ['', !Ref Age]]
Resources:
  GuardDuty:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: guardduty-enabled
      Source:
        Owner: AWS
        SourceIdentifier: GUARDDUTY_ENABLED_CENTRALIZED
  Keys:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: keys
      InputParameters:
        maxAccessKeyAge: !If [hasAge, !Ref Age, !Ref AWS::NoValue]
      Source:
        Owner: AWS
        SourceIdentifier: ACCESS_KEYS_ROTATED
"""
BUCKET = "packs-of-ours"


def config(emulator: Emulator, account: str = SECURITY, region: str = REGION) -> Any:
    return emulator.client("config", region, account)


def record(emulator: Emulator, *accounts: str) -> None:
    """Give accounts a recorder."""
    for account in accounts:
        iam = emulator.client("iam", REGION, account)
        arn = iam.create_service_linked_role(AWSServiceName=CONFIG)["Role"]["Arn"]
        recorder = {"name": "default", "roleARN": arn}
        config(emulator, account).put_configuration_recorder(ConfigurationRecorder=recorder)


def delegate(emulator: Emulator, principal: str = MULTI_ACCOUNT) -> None:
    organizations = emulator.client("organizations", REGION, MANAGEMENT)
    organizations.enable_aws_service_access(ServicePrincipal=principal)
    organizations.register_delegated_administrator(AccountId=SECURITY, ServicePrincipal=principal)


@pytest.fixture
def delegated(emulator: Emulator) -> Any:
    """The client of the delegated administrator of an organization in which every account records."""
    organization(emulator)
    delegate(emulator)
    record(emulator, *NAMES)
    return config(emulator)


def rule_status(client: Any) -> dict[str, Any]:
    return client.describe_organization_config_rule_statuses(OrganizationConfigRuleNames=["SSH"])[
        "OrganizationConfigRuleStatuses"
    ][0]


def pack_status(client: Any) -> dict[str, Any]:
    return client.describe_organization_conformance_pack_statuses(OrganizationConformancePackNames=["Pack"])[
        "OrganizationConformancePackStatuses"
    ][0]


def settle(look: Any, client: Any) -> dict[str, Any]:
    for _look in range(SETTLES_AFTER - 1):
        look(client)
    return look(client)


def test_only_administrators_of_the_organization_may(emulator: Emulator) -> None:
    with refused("NoAvailableOrganizationException"):
        config(emulator).put_organization_config_rule(**RULE)
    organization(emulator)
    for account in (SECURITY, MEMBERS[0]):
        client = config(emulator, account)
        with refused("OrganizationAccessDeniedException", "registered delegated administrator"):
            client.put_organization_config_rule(**RULE)
        with refused("OrganizationAccessDeniedException"):
            client.put_organization_conformance_pack(OrganizationConformancePackName="Pack", TemplateBody=TEMPLATE)
        for read in (
            client.describe_organization_config_rules,
            client.describe_organization_config_rule_statuses,
            client.describe_organization_conformance_packs,
            client.describe_organization_conformance_pack_statuses,
        ):
            with refused("OrganizationAccessDeniedException"):
                read()
    # being trusted with aggregating is another thing
    delegate(emulator, CONFIG)
    with refused("OrganizationAccessDeniedException"):
        config(emulator).put_organization_config_rule(**RULE)
    delegate(emulator)
    config(emulator).put_organization_config_rule(**RULE)


def test_the_management_account_enables_trusted_access_by_its_first_rule(emulator: Emulator) -> None:
    """PutOrganizationConfigRule enables organization service access and creates the service-linked role."""
    organization(emulator)
    config(emulator, MANAGEMENT).put_organization_config_rule(**RULE)
    trusted = emulator.client("organizations", REGION, MANAGEMENT).list_aws_service_access_for_organization()
    assert [one["ServicePrincipal"] for one in trusted["EnabledServicePrincipals"]] == [MULTI_ACCOUNT]
    emulator.client("iam", REGION, MANAGEMENT).get_role(RoleName="AWSServiceRoleForConfigMultiAccountSetup")
    # and administrators do not see each other's
    delegate(emulator)
    assert config(emulator).describe_organization_config_rules()["OrganizationConfigRules"] == []


def test_a_rule_reaches_all_accounts_after_a_while_and_is_theirs_to_see_only(
    emulator: Emulator, delegated: Any
) -> None:
    delegated.put_organization_config_rule(**RULE, ExcludedAccounts=[MEMBERS[0]])
    assert rule_status(delegated)["OrganizationRuleStatus"] == "CREATE_IN_PROGRESS"
    with refused("ResourceInUseException"):
        delegated.put_organization_config_rule(**RULE)
    assert settle(rule_status, delegated)["OrganizationRuleStatus"] == "CREATE_SUCCESSFUL"

    detailed = delegated.get_organization_config_rule_detailed_status(OrganizationConfigRuleName="SSH")
    rows = {row["AccountId"]: row for row in detailed["OrganizationConfigRuleDetailedStatus"]}
    assert set(rows) == set(NAMES) - {MEMBERS[0]}
    client = config(emulator, MEMBERS[1])
    (rule,) = client.describe_config_rules()["ConfigRules"]
    assert rule["ConfigRuleName"] == rows[MEMBERS[1]]["ConfigRuleName"]
    assert rule["ConfigRuleName"].startswith("OrgConfigRule-SSH-")
    assert rule["CreatedBy"] == MULTI_ACCOUNT and rule["Description"] == "restricted-ssh"
    with refused("AccessDeniedException", "An AWS service owns ServiceLinkedConfigRule"):
        client.delete_config_rule(ConfigRuleName=rule["ConfigRuleName"])
    with refused("AccessDeniedException"):
        client.put_config_rule(
            ConfigRule={"ConfigRuleName": rule["ConfigRuleName"], "Source": rule["Source"], "Description": "mine"}
        )
    assert config(emulator, MEMBERS[0]).describe_config_rules()["ConfigRules"] == []


def test_accounts_without_a_recorder_fail_and_may_be_tried_again(emulator: Emulator) -> None:
    organization(emulator)
    delegate(emulator)
    record(emulator, *(set(NAMES) - {MEMBERS[2]}))
    client = config(emulator)
    client.put_organization_config_rule(**RULE)
    status = settle(rule_status, client)
    assert (status["OrganizationRuleStatus"], status["ErrorCode"]) == (
        "CREATE_FAILED",
        "NoAvailableConfigurationRecorder",
    )
    failed = client.get_organization_config_rule_detailed_status(
        OrganizationConfigRuleName="SSH", Filters={"MemberAccountRuleStatus": "CREATE_FAILED"}
    )["OrganizationConfigRuleDetailedStatus"]
    assert [row["AccountId"] for row in failed] == [MEMBERS[2]]
    assert "recorder" in failed[0]["ErrorMessage"]

    record(emulator, MEMBERS[2])
    client.put_organization_config_rule(**RULE)
    assert settle(rule_status, client)["OrganizationRuleStatus"] == "UPDATE_SUCCESSFUL"


def test_deleting_takes_a_while_and_takes_the_rules_away(emulator: Emulator, delegated: Any) -> None:
    delegated.put_organization_config_rule(**RULE)
    settle(rule_status, delegated)
    delegated.delete_organization_config_rule(OrganizationConfigRuleName="SSH")
    assert rule_status(delegated)["OrganizationRuleStatus"] == "DELETE_IN_PROGRESS"
    with refused("ResourceInUseException"):
        delegated.put_organization_config_rule(**RULE)
    with refused("NoSuchOrganizationConfigRuleException"):
        rule_status(delegated)
    assert config(emulator, MEMBERS[0]).describe_config_rules()["ConfigRules"] == []


def test_a_new_account_gets_the_rules(emulator: Emulator, delegated: Any) -> None:
    delegated.put_organization_config_rule(**RULE)
    settle(rule_status, delegated)
    created = emulator.client("organizations", REGION, MANAGEMENT).create_account(
        AccountName="n", Email="n@acme.example"
    )
    account = created["CreateAccountStatus"]["AccountId"]
    assert rule_status(delegated)["OrganizationRuleStatus"] == "UPDATE_FAILED"
    detailed = delegated.get_organization_config_rule_detailed_status(
        OrganizationConfigRuleName="SSH", Filters={"AccountId": account}
    )["OrganizationConfigRuleDetailedStatus"]
    assert detailed[0]["ErrorCode"] == "NoAvailableConfigurationRecorder"


def test_a_pack_of_the_organization_brings_its_rules(emulator: Emulator, delegated: Any) -> None:
    parameters = [{"ParameterName": "Age", "ParameterValue": "45"}]
    delegated.put_organization_conformance_pack(
        OrganizationConformancePackName="Pack", TemplateBody=TEMPLATE, ConformancePackInputParameters=parameters
    )
    assert settle(pack_status, delegated)["Status"] == "CREATE_SUCCESSFUL"
    client = config(emulator, MEMBERS[0])
    (pack,) = client.describe_conformance_packs()["ConformancePackDetails"]
    assert pack["ConformancePackName"].startswith("OrgConformsPack-Pack-")
    assert pack["CreatedBy"] == MULTI_ACCOUNT
    with refused("AccessDeniedException"):
        client.delete_conformance_pack(ConformancePackName=pack["ConformancePackName"])
    rules = {rule["ConfigRuleName"].partition("-conformance-pack-")[0]: rule for rule in rules_of(client)}
    assert set(rules) == {"guardduty-enabled", "keys"}
    assert json.loads(rules["keys"]["InputParameters"]) == {"maxAccessKeyAge": "45"}
    assert rules["keys"]["CreatedBy"] == CONFORMS

    delegated.delete_organization_conformance_pack(OrganizationConformancePackName="Pack")
    delegated.describe_organization_conformance_pack_statuses()
    delegated.describe_organization_conformance_pack_statuses()
    assert rules_of(client) == []
    assert client.describe_conformance_packs()["ConformancePackDetails"] == []


def rules_of(client: Any) -> list[dict[str, Any]]:
    return client.describe_config_rules()["ConfigRules"]


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Resources: [", "Template format error"),
        ("Parameters: {}", "At least one Resources member"),
        ("Resources: {B: {Type: AWS::S3::Bucket}}", "unsupported resource type AWS::S3::Bucket"),
        ("Resources: {R: {Type: AWS::Config::ConfigRule, Properties: {}}}", "Property Source of R"),
        (TEMPLATE.replace("    Default: '90'\n", ""), "must have values"),
        (TEMPLATE.replace("!Ref Age,", "!Ref Aeg,"), "Unresolved resource dependencies [Aeg]"),
    ],
)
def test_what_is_no_template_is_refused(emulator: Emulator, delegated: Any, template: str, text: str) -> None:
    with refused("OrganizationConformancePackTemplateValidationException", text):
        delegated.put_organization_conformance_pack(OrganizationConformancePackName="Pack", TemplateBody=template)
    with refused("ConformancePackTemplateValidationException", text):
        delegated.put_conformance_pack(ConformancePackName="Pack", TemplateBody=template)


def test_a_template_must_be_readable_by_who_names_it(emulator: Emulator, delegated: Any) -> None:
    uri = f"s3://{BUCKET}/pack.yml"

    def put() -> None:
        delegated.put_organization_conformance_pack(OrganizationConformancePackName="Pack", TemplateS3Uri=uri)

    with refused("OrganizationConformancePackTemplateValidationException", "bucket does not exist"):
        put()
    s3 = emulator.client("s3", REGION, LOG_ARCHIVE)
    s3.create_bucket(Bucket=BUCKET)
    with refused("InsufficientPermissionsException", uri):
        put()
    arn = f"arn:aws:s3:::{BUCKET}"
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(statement(root(SECURITY), "s3:GetObject", f"{arn}/*")))
    with refused("OrganizationConformancePackTemplateValidationException", "key does not exist"):
        put()
    s3.put_object(Bucket=BUCKET, Key="pack.yml", Body=TEMPLATE)
    put()
    with refused("OrganizationConformancePackTemplateValidationException", "not in the Region eu-west-1"):
        config(emulator, region="eu-west-1").put_organization_conformance_pack(
            OrganizationConformancePackName="Pack", TemplateS3Uri=uri
        )


def test_a_delivery_bucket_must_let_the_role_of_every_account(emulator: Emulator, delegated: Any) -> None:
    with refused("ValidationException", "awsconfigconforms"):
        delegated.put_organization_conformance_pack(
            OrganizationConformancePackName="Pack", TemplateBody=TEMPLATE, DeliveryS3Bucket="mine"
        )
    bucket = "awsconfigconforms-acme"
    s3 = emulator.client("s3", REGION, SECURITY)
    s3.create_bucket(Bucket=bucket)
    pack = {"OrganizationConformancePackName": "Pack", "TemplateBody": TEMPLATE, "DeliveryS3Bucket": bucket}
    delegated.put_organization_conformance_pack(**pack)
    assert settle(pack_status, delegated)["ErrorCode"] == "InsufficientPermissions"

    arn = f"arn:aws:s3:::{bucket}"
    condition = {
        "StringEquals": {"aws:PrincipalOrgID": ORGANIZATION_ID},
        "ArnLike": {
            "aws:PrincipalArn": f"arn:aws:iam::*:role/aws-service-role/{CONFORMS}/AWSServiceRoleForConfigConforms"
        },
    }
    actions = ["s3:GetObject", "s3:PutObject", "s3:GetBucketAcl"]
    allowed = statement({"AWS": "*"}, actions, [arn, f"{arn}/*"], Condition=condition)
    s3.put_bucket_policy(Bucket=bucket, Policy=document(allowed))
    delegated.put_organization_conformance_pack(**pack)
    assert settle(pack_status, delegated)["Status"] == "UPDATE_SUCCESSFUL"


def test_packs_of_an_account_tell_why_they_failed(emulator: Emulator) -> None:
    client = config(emulator)

    def status() -> dict[str, Any]:
        return client.describe_conformance_pack_status()["ConformancePackStatusDetails"][0]

    client.put_conformance_pack(ConformancePackName="Pack", TemplateBody=TEMPLATE)
    assert status()["ConformancePackState"] == "CREATE_IN_PROGRESS"
    failed = status()
    assert failed["ConformancePackState"] == "CREATE_FAILED"
    assert "NoAvailableConfigurationRecorder" in failed["ConformancePackStatusReason"]

    record(emulator, SECURITY)
    client.put_conformance_pack(ConformancePackName="Pack", TemplateBody=TEMPLATE)
    with refused("ResourceInUseException"):
        client.delete_conformance_pack(ConformancePackName="Pack")
    assert status()["ConformancePackState"] == "UPDATE_COMPLETE"
    assert len(rules_of(client)) == 2
    with refused("NoSuchConformancePackException"):
        client.describe_conformance_packs(ConformancePackNames=["other"])


def test_a_rule_that_aws_does_not_have_fails_in_the_status(emulator: Emulator) -> None:
    record(emulator, SECURITY)
    client = config(emulator)
    client.put_conformance_pack(
        ConformancePackName="Pack", TemplateBody=TEMPLATE.replace("ACCESS_KEYS_ROTATED", "NONE")
    )
    client.describe_conformance_pack_status()
    reason = client.describe_conformance_pack_status()["ConformancePackStatusDetails"][0]["ConformancePackStatusReason"]
    assert "keys" in reason and "NONE" in reason


# aggregators


def make_role(emulator: Emulator, service: str = CONFIG, policy: str | None = "AWSConfigRoleForOrganizations") -> str:
    iam = emulator.client("iam", REGION, SECURITY)
    trust = document(statement(service, "sts:AssumeRole"))
    name = f"aggregator-{service.split('.')[0]}-{bool(policy)}"
    arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    if policy:
        iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/service-role/{policy}")
    return str(arn)


def put_aggregator(emulator: Emulator, role: str, **source: Any) -> None:
    config(emulator).put_configuration_aggregator(
        ConfigurationAggregatorName="All",
        OrganizationAggregationSource={"RoleArn": role, **(source or {"AllAwsRegions": True})},
    )


def test_an_aggregator_of_the_organization_needs_its_role_and_the_delegation(emulator: Emulator) -> None:
    organization(emulator)
    role = make_role(emulator)
    with refused("OrganizationAccessDeniedException"):
        put_aggregator(emulator, role)
    delegate(emulator)
    with refused("OrganizationAccessDeniedException"):
        put_aggregator(emulator, role)
    delegate(emulator, CONFIG)
    for bad in (f"{role}-2", make_role(emulator, service="ec2.amazonaws.com"), make_role(emulator, policy=None)):
        with refused("InvalidRoleException"):
            put_aggregator(emulator, bad)
    with refused("InvalidParameterValueException"):
        put_aggregator(emulator, role, AllAwsRegions=False)
    put_aggregator(emulator, role)


def test_sources_tell_whether_they_were_reached(emulator: Emulator) -> None:
    organization(emulator)
    delegate(emulator, CONFIG)
    put_aggregator(emulator, make_role(emulator), AwsRegions=[REGION])
    status = config(emulator).describe_configuration_aggregator_sources_status(ConfigurationAggregatorName="All")
    rows = status["AggregatedSourceStatusList"]
    assert {row["SourceId"] for row in rows} == set(NAMES)
    assert {row["LastUpdateStatus"] for row in rows} == {"FAILED"}


def test_accounts_of_a_list_must_authorize(emulator: Emulator) -> None:
    client, account = config(emulator), MEMBERS[0]
    client.put_configuration_aggregator(
        ConfigurationAggregatorName="Some",
        AccountAggregationSources=[{"AccountIds": [account], "AwsRegions": [REGION]}],
    )
    record(emulator, account)
    bucket = emulator.client("s3", REGION, account)
    bucket.create_bucket(Bucket="member-config")
    policy = [
        statement(CONFIG, "s3:GetBucketAcl", "arn:aws:s3:::member-config"),
        statement(CONFIG, "s3:PutObject", "arn:aws:s3:::member-config/*"),
    ]
    bucket.put_bucket_policy(Bucket="member-config", Policy=document(*policy))
    member = config(emulator, account)
    member.put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "member-config"})
    member.start_configuration_recorder(ConfigurationRecorderName="default")

    def status() -> str:
        answer = client.describe_configuration_aggregator_sources_status(ConfigurationAggregatorName="Some")
        return str(answer["AggregatedSourceStatusList"][0]["LastUpdateStatus"])

    assert status() == "FAILED"
    member.put_aggregation_authorization(AuthorizedAccountId=SECURITY, AuthorizedAwsRegion=REGION)
    assert status() == "SUCCEEDED"


def test_a_central_bucket_may_let_the_organization_deliver(emulator: Emulator) -> None:
    """aws:SourceOrgID is in the context of services that act for an account of an organization."""
    organization(emulator)
    record(emulator, MEMBERS[0])
    s3 = emulator.client("s3", REGION, LOG_ARCHIVE)
    s3.create_bucket(Bucket="central")

    def allow(organization_id: str) -> None:
        condition = {"StringEquals": {"aws:SourceOrgID": organization_id}}
        policy = [
            statement(CONFIG, "s3:GetBucketAcl", "arn:aws:s3:::central", Condition=condition),
            statement(CONFIG, "s3:PutObject", "arn:aws:s3:::central/*", Condition=condition),
        ]
        s3.put_bucket_policy(Bucket="central", Policy=document(*policy))

    channel = {"name": "default", "s3BucketName": "central"}
    allow("o-other00001")
    with refused("InsufficientDeliveryPolicyException"):
        config(emulator, MEMBERS[0]).put_delivery_channel(DeliveryChannel=channel)
    allow(ORGANIZATION_ID)
    config(emulator, MEMBERS[0]).put_delivery_channel(DeliveryChannel=channel)
