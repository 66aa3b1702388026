# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudTrail trails."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import (
    ACCOUNT,
    OTHER_ACCOUNT,
    REGION,
    document,
    make_bucket,
    make_key,
    make_role,
    make_topic,
    refused,
    root,
    statement,
)  # fmt: skip

SERVICE = "cloudtrail.amazonaws.com"
ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"


@pytest.fixture
def trail(emulator: Emulator) -> Any:
    """A CloudTrail client, and the bucket `trail-logs` that CloudTrail may write to."""
    make_bucket(emulator, "trail-logs", SERVICE)
    return emulator.client("cloudtrail")


def create(client: Any, name: str = "main", **settings: Any) -> Any:
    return client.create_trail(**{"Name": name, "S3BucketName": "trail-logs", **settings})


@pytest.mark.parametrize("name", ["ab", "-abc", "abc-", "a..b", "a b c", "192.168.1.1", "x" * 129])
def test_trail_names(trail: Any, name: str) -> None:
    with refused("InvalidTrailNameException"):
        create(trail, name)


def test_every_field_is_kept(emulator: Emulator, trail: Any) -> None:
    key, topic = make_key(emulator, SERVICE), make_topic(emulator, "trail-topic", SERVICE)
    role = make_role(emulator, "to-logs", SERVICE, "logs:CreateLogStream", "logs:PutLogEvents")
    emulator.client("logs").create_log_group(logGroupName="trail")
    emulator.client("kms").create_alias(AliasName="alias/trail", TargetKeyId=key)
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*"
    settings = {
        "S3KeyPrefix": "prefix",
        "IncludeGlobalServiceEvents": True,
        "IsMultiRegionTrail": True,
        "CloudWatchLogsLogGroupArn": group,
        "CloudWatchLogsRoleArn": role,
    }
    create(
        trail, SnsTopicName="trail-topic", EnableLogFileValidation=True, KmsKeyId="alias/trail",
        TagsList=[{"Key": "a", "Value": "b"}], **settings,
    )  # fmt: skip
    expected = settings | {
        "Name": "main",
        "S3BucketName": "trail-logs",
        "SnsTopicName": topic,
        "SnsTopicARN": topic,
        "HomeRegion": REGION,
        "TrailARN": ARN,
        "LogFileValidationEnabled": True,
        "KmsKeyId": key,
        "HasCustomEventSelectors": False,
        "HasInsightSelectors": False,
        "IsOrganizationTrail": False,
    }
    assert trail.describe_trails()["trailList"] == [expected]
    assert trail.get_trail(Name=ARN)["Trail"] == expected
    tags = trail.list_tags(ResourceIdList=[ARN])["ResourceTagList"]
    assert tags == [{"ResourceId": ARN, "TagsList": [{"Key": "a", "Value": "b"}]}]
    trail.update_trail(Name="main", KmsKeyId="", SnsTopicName="", CloudWatchLogsLogGroupArn="",
                       CloudWatchLogsRoleArn="", S3KeyPrefix="", EnableLogFileValidation=False)  # fmt: skip
    got = trail.get_trail(Name="main")["Trail"]
    assert not {"KmsKeyId", "SnsTopicARN", "CloudWatchLogsLogGroupArn", "S3KeyPrefix"} & set(got)
    assert (got["LogFileValidationEnabled"], got["IsMultiRegionTrail"]) == (False, True)


def test_five_trails_and_no_second_of_a_name(trail: Any) -> None:
    create(trail)
    with refused("TrailAlreadyExistsException"):
        create(trail)
    for number in range(4):
        create(trail, f"trail-{number}")
    with refused("MaximumNumberOfTrailsExceededException"):
        create(trail, "one-more")


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"S3BucketName": "absent-bucket"}, "S3BucketDoesNotExistException"),
        ({"S3BucketName": "BAD"}, "InvalidS3BucketNameException"),
        ({"S3KeyPrefix": "x" * 201}, "InvalidS3PrefixException"),
        ({"SnsTopicName": "absent"}, "InsufficientSnsTopicPolicyException"),
        ({"SnsTopicName": "not a name"}, "InvalidSnsTopicNameException"),
        ({"KmsKeyId": "alias/absent"}, "KmsKeyNotFoundException"),
        ({"KmsKeyId": "what?"}, "InvalidKmsKeyIdException"),
        ({"IsMultiRegionTrail": True, "IncludeGlobalServiceEvents": False}, "InvalidParameterCombinationException"),
        ({"CloudWatchLogsLogGroupArn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:x:*"},
         "InvalidCloudWatchLogsRoleArnException"),
        ({"CloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT}:role/x"}, "InvalidCloudWatchLogsLogGroupArnException"),
        ({"IsOrganizationTrail": True}, "OrganizationsNotInUseException"),
        ({"TagsList": [{"Key": "aws:x", "Value": "y"}]}, "InvalidTagParameterException"),
    ],
)  # fmt: skip
def test_bad_settings(trail: Any, settings: dict[str, Any], code: str) -> None:
    with refused(code):
        create(trail, **settings)


def bucket_policy(**condition: str) -> str:
    arn, met = "arn:aws:s3:::trail-logs", {"Condition": {"StringEquals": condition}} if condition else {}
    return document(
        statement(SERVICE, "s3:GetBucketAcl", arn, **met),
        statement(SERVICE, "s3:PutObject", f"{arn}/AWSLogs/{ACCOUNT}/*", **met),
    )


@pytest.mark.parametrize(
    ("policy", "allowed"),
    [
        (bucket_policy(), True),
        (bucket_policy(**{"aws:SourceArn": ARN}), True),
        (bucket_policy(**{"aws:SourceArn": ARN + "-other"}), False),
        (bucket_policy(**{"AWS:SourceAccount": ACCOUNT}), True),
        (bucket_policy(**{"AWS:SourceAccount": OTHER_ACCOUNT}), False),
        (bucket_policy().replace(f"AWSLogs/{ACCOUNT}", f"AWSLogs/{OTHER_ACCOUNT}"), False),
        (bucket_policy().replace("s3:GetBucketAcl", "s3:GetBucketPolicy"), False),
        (bucket_policy().replace("cloudtrail", "config"), False),
    ],
)
def test_bucket_policy_must_let_cloudtrail_write(emulator: Emulator, trail: Any, policy: str, allowed: bool) -> None:
    emulator.client("s3").put_bucket_policy(Bucket="trail-logs", Policy=policy)
    if allowed:
        create(trail)
        with refused("InsufficientS3BucketPolicyException"):
            create(trail, "other", S3KeyPrefix="elsewhere")
    else:
        with refused("InsufficientS3BucketPolicyException"):
            create(trail)


def test_key_must_be_usable(emulator: Emulator, trail: Any) -> None:
    kms = emulator.client("kms")
    with refused("InsufficientEncryptionPolicyException"):
        create(trail, KmsKeyId=make_key(emulator))
    condition = {"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{ACCOUNT}:trail/*"}}
    policy = document(
        statement(root(), "kms:*", "*"),
        statement(SERVICE, "kms:GenerateDataKey*", "*", Condition=condition),
        statement(SERVICE, "kms:DescribeKey", "*"),
    )
    key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    create(trail, KmsKeyId=key)
    kms.disable_key(KeyId=key)
    with refused("KmsException"):
        create(trail, "other", KmsKeyId=key)
    with refused("KmsKeyNotFoundException"):
        create(trail, "other", KmsKeyId=make_key(emulator, SERVICE, region="eu-west-1"))


def test_role_must_be_trusted_and_allowed(emulator: Emulator, trail: Any) -> None:
    emulator.client("logs").create_log_group(logGroupName="trail")
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail:*"
    actions = ("logs:CreateLogStream", "logs:PutLogEvents")
    bad = [
        f"arn:aws:iam::{ACCOUNT}:role/absent",
        make_role(emulator, "untrusting", "config.amazonaws.com", *actions),
        make_role(emulator, "powerless", SERVICE, "logs:CreateLogStream"),
    ]
    for role in bad:
        with refused("InvalidCloudWatchLogsRoleArnException"):
            create(trail, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)
    good = make_role(emulator, "good", SERVICE, *actions)
    for wrong in (group.removesuffix(":*"), group.replace(":trail:", ":absent:"), group.replace(REGION, "eu-west-1")):
        with refused("InvalidCloudWatchLogsLogGroupArnException"):
            create(trail, CloudWatchLogsLogGroupArn=wrong, CloudWatchLogsRoleArn=good)
    create(trail, CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=good)


def test_topic_policy_must_let_cloudtrail_publish(emulator: Emulator, trail: Any) -> None:
    with refused("InsufficientSnsTopicPolicyException"):
        create(trail, SnsTopicName=make_topic(emulator, "closed"))
    create(trail, SnsTopicName=make_topic(emulator, "open", SERVICE))


def test_shadow_trails(emulator: Emulator, trail: Any) -> None:
    create(trail, IsMultiRegionTrail=True)
    create(trail, "local")
    ireland = emulator.client("cloudtrail", "eu-west-1")
    shadows = ireland.describe_trails()["trailList"]
    assert [(row["Name"], row["HomeRegion"]) for row in shadows] == [("main", REGION)]
    assert ireland.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert ireland.describe_trails(trailNameList=["main"])["trailList"] == []
    assert len(ireland.describe_trails(trailNameList=[ARN])["trailList"]) == 1
    assert ireland.get_trail_status(Name=ARN)["IsLogging"] is False
    with refused("TrailNotFoundException"):
        ireland.get_trail(Name="main")
    with refused("TrailNotFoundException"):
        ireland.get_trail(Name=ARN.replace("main", "local"))
    for reference in ("main", ARN):
        with refused("InvalidHomeRegionException"):
            ireland.start_logging(Name=reference)
    assert {row["Name"] for row in ireland.list_trails()["Trails"]} == {"main", "local"}


def test_logging_starts_and_stops(trail: Any) -> None:
    create(trail)
    assert trail.get_trail_status(Name="main")["IsLogging"] is False
    trail.start_logging(Name=ARN)
    assert trail.get_trail_status(Name="main")["IsLogging"] is True
    trail.stop_logging(Name="main")
    status = trail.get_trail_status(Name="main")
    assert status["IsLogging"] is False
    assert status["StopLoggingTime"] >= status["StartLoggingTime"]


@pytest.mark.parametrize("reference", ["main", ARN])
def test_delete(trail: Any, reference: str) -> None:
    create(trail)
    trail.delete_trail(Name=reference)
    assert trail.describe_trails()["trailList"] == []
    with refused("TrailNotFoundException"):
        trail.delete_trail(Name=reference)


@pytest.mark.parametrize("reference", ["absent", ARN.replace("main", "absent")])
@pytest.mark.parametrize("method", ["get_trail", "get_trail_status", "start_logging", "stop_logging", "update_trail"])
def test_unknown_trails(trail: Any, method: str, reference: str) -> None:
    with refused("TrailNotFoundException"):
        getattr(trail, method)(Name=reference)
    with refused("CloudTrailARNInvalidException"):
        getattr(trail, method)(Name="arn:aws:cloudtrail:nonsense")


DEFAULT = {
    "ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [], "ExcludeManagementEventSources": [],
}  # fmt: skip
ADVANCED = [{"Name": "management", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}]


def test_event_selectors(trail: Any) -> None:
    create(trail)
    assert trail.get_event_selectors(TrailName="main")["EventSelectors"] == [DEFAULT]
    data = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}]
    trail.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "WriteOnly", "DataResources": data}])
    expected = [{**DEFAULT, "ReadWriteType": "WriteOnly", "DataResources": data}]
    assert trail.get_event_selectors(TrailName=ARN)["EventSelectors"] == expected
    assert trail.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is True
    trail.put_event_selectors(TrailName="main", AdvancedEventSelectors=ADVANCED)
    got = trail.get_event_selectors(TrailName="main")
    assert "EventSelectors" not in got
    assert got["AdvancedEventSelectors"] == ADVANCED
    trail.put_event_selectors(TrailName="main", EventSelectors=[DEFAULT])
    got = trail.get_event_selectors(TrailName="main")
    assert "AdvancedEventSelectors" not in got
    assert trail.get_trail(Name="main")["Trail"]["HasCustomEventSelectors"] is False


@pytest.mark.parametrize(
    "selectors",
    [
        {"EventSelectors": []},
        {"EventSelectors": [DEFAULT], "AdvancedEventSelectors": ADVANCED},
        {"EventSelectors": [DEFAULT] * 6},
        {"EventSelectors": [{**DEFAULT, "IncludeManagementEvents": False}]},
        {"EventSelectors": [{**DEFAULT, "DataResources": [{"Type": "AWS::X::Y", "Values": ["arn:aws:x"]}]}]},
        {"EventSelectors": [{**DEFAULT, "DataResources": [{"Type": "AWS::S3::Object", "Values": ["bucket"]}]}]},
        {"EventSelectors": [{**DEFAULT, "ExcludeManagementEventSources": ["iam.amazonaws.com"]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "readOnly", "Equals": ["true"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]},
        {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Nonsense"]}]}]},
    ],
)
def test_bad_event_selectors(trail: Any, selectors: dict[str, Any]) -> None:
    create(trail)
    with refused("InvalidEventSelectorsException"):
        trail.put_event_selectors(TrailName="main", **selectors)


def test_insight_selectors_replace(trail: Any) -> None:
    create(trail)
    with refused("InsightNotEnabledException"):
        trail.get_insight_selectors(TrailName="main")
    for kinds in (["ApiCallRateInsight", "ApiErrorRateInsight"], ["ApiErrorRateInsight"]):
        selectors = [{"InsightType": kind} for kind in kinds]
        trail.put_insight_selectors(TrailName="main", InsightSelectors=selectors)
        assert trail.get_insight_selectors(TrailName=ARN)["InsightSelectors"] == selectors
    assert trail.get_trail(Name="main")["Trail"]["HasInsightSelectors"] is True
    with refused("ValidationException"):
        trail.put_insight_selectors(TrailName="main", InsightSelectors=[{"InsightType": "Nonsense"}])
    trail.put_insight_selectors(TrailName="main", InsightSelectors=[])
    with refused("InsightNotEnabledException"):
        trail.get_insight_selectors(TrailName="main")


def test_tags(trail: Any) -> None:
    create(trail)
    trail.add_tags(ResourceId=ARN, TagsList=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    trail.remove_tags(ResourceId=ARN, TagsList=[{"Key": "a"}])
    got = trail.list_tags(ResourceIdList=[ARN])["ResourceTagList"][0]["TagsList"]
    assert got == [{"Key": "b", "Value": "2"}]
    with refused("CloudTrailARNInvalidException"):
        trail.add_tags(ResourceId="main", TagsList=[])
    with refused("ResourceNotFoundException"):
        trail.list_tags(ResourceIdList=[ARN + "-absent"])


# --- organization trails --------------------------------------------------------------------------------------------

MEMBER, ADMINISTRATOR = "111111111111", "222222222222"
ORGANIZATION_TRAIL = {"IsOrganizationTrail": True, "IsMultiRegionTrail": True}


@pytest.fixture
def organization(emulator: Emulator) -> str:
    """An organization that ACCOUNT manages and that trusts CloudTrail; its id."""
    accounts = [{"id": one, "name": one, "email": f"{one}@example.com"} for one in (ACCOUNT, MEMBER, ADMINISTRATOR)]
    identifier = emulator.create_organization(accounts)
    emulator.client("organizations").enable_aws_service_access(ServicePrincipal=SERVICE)
    return identifier


def roles_of(emulator: Emulator, account: str) -> list[str]:
    return [role["RoleName"] for role in emulator.client("iam", account_id=account).list_roles()["Roles"]]


def test_organization_trail_is_seen_by_members(emulator: Emulator, trail: Any, organization: str) -> None:
    """S001-05, S001-23."""
    create(trail, **ORGANIZATION_TRAIL)
    for account in (ACCOUNT, MEMBER):
        assert "AWSServiceRoleForCloudTrail" in roles_of(emulator, account)
    theirs = emulator.client("cloudtrail", "eu-west-1", MEMBER)
    assert [row["TrailARN"] for row in theirs.describe_trails()["trailList"]] == [ARN]
    assert theirs.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert theirs.get_trail_status(Name=ARN)["IsLogging"] is False
    assert theirs.get_event_selectors(TrailName=ARN)["EventSelectors"] == [DEFAULT]
    theirs = emulator.client("cloudtrail", account_id=MEMBER)
    with refused("CloudTrailARNInvalidException", MEMBER):
        theirs.list_tags(ResourceIdList=[ARN])
    for call in ("stop_logging", "update_trail", "delete_trail"):
        with refused("NotOrganizationMasterAccountException"):
            getattr(theirs, call)(Name=ARN)
        with refused("TrailNotFoundException"):
            getattr(theirs, call)(Name="main")
    with refused("NotOrganizationMasterAccountException"):
        create(theirs, "other", **ORGANIZATION_TRAIL)
    assert emulator.client("cloudtrail", account_id=OTHER_ACCOUNT).describe_trails()["trailList"] == []


def test_organization_must_trust(emulator: Emulator, trail: Any, organization: str) -> None:
    """S001-03."""
    emulator.client("organizations").disable_aws_service_access(ServicePrincipal=SERVICE)
    with refused("CloudTrailAccessNotEnabledException", "hasn't enabled CloudTrail service access"):
        create(trail, **ORGANIZATION_TRAIL)
    with refused("CloudTrailAccessNotEnabledException"):
        trail.register_organization_delegated_admin(MemberAccountId=ADMINISTRATOR)


def test_delegated_administrators(emulator: Emulator, trail: Any, organization: str) -> None:
    trail.register_organization_delegated_admin(MemberAccountId=ADMINISTRATOR)
    assert "AWSServiceRoleForCloudTrail" in roles_of(emulator, ACCOUNT)
    organizations = emulator.client("organizations")
    listed = organizations.list_delegated_administrators(ServicePrincipal=SERVICE)["DelegatedAdministrators"]
    assert [row["Id"] for row in listed] == [ADMINISTRATOR]
    for account, code in (
        (ADMINISTRATOR, "AccountRegisteredException"),
        (ACCOUNT, "CannotDelegateManagementAccountException"),
        (OTHER_ACCOUNT, "AccountNotFoundException"),
    ):
        with refused(code):
            trail.register_organization_delegated_admin(MemberAccountId=account)
    with refused("NotOrganizationManagementAccountException"):
        emulator.client("cloudtrail", account_id=ADMINISTRATOR).register_organization_delegated_admin(
            MemberAccountId=MEMBER
        )
    with refused("OrganizationsNotInUseException"):
        emulator.client("cloudtrail", account_id=OTHER_ACCOUNT).register_organization_delegated_admin(
            MemberAccountId=MEMBER
        )
    with refused("AccountNotRegisteredException"):
        trail.deregister_organization_delegated_admin(DelegatedAdminAccountId=MEMBER)
    trail.deregister_organization_delegated_admin(DelegatedAdminAccountId=ADMINISTRATOR)
    assert not organizations.list_delegated_administrators(ServicePrincipal=SERVICE)["DelegatedAdministrators"]


def test_trail_of_a_delegated_administrator_belongs_to_the_management_account(
    emulator: Emulator, trail: Any, organization: str
) -> None:
    trail.register_organization_delegated_admin(MemberAccountId=ADMINISTRATOR)
    theirs = emulator.client("cloudtrail", account_id=ADMINISTRATOR)
    assert create(theirs, **ORGANIZATION_TRAIL)["TrailARN"] == ARN
    with refused("TrailAlreadyExistsException", ACCOUNT):
        create(theirs, **ORGANIZATION_TRAIL)
    with refused("TrailNotFoundException"):
        theirs.start_logging(Name="main")
    theirs.start_logging(Name=ARN)
    theirs.add_tags(ResourceId=ARN, TagsList=[{"Key": "a", "Value": "1"}])
    assert theirs.list_tags(ResourceIdList=[ARN])["ResourceTagList"][0]["TagsList"] == [{"Key": "a", "Value": "1"}]
    assert trail.get_trail_status(Name="main")["IsLogging"] is True
    with refused("NotOrganizationMasterAccountException", "convert"):
        theirs.update_trail(Name=ARN, IsOrganizationTrail=False)
    trail.update_trail(Name="main", IsOrganizationTrail=False)
    with refused("TrailNotFoundException"):
        theirs.stop_logging(Name=ARN)
    trail.update_trail(Name="main", IsOrganizationTrail=True)
    theirs.delete_trail(Name=ARN)
    assert trail.describe_trails()["trailList"] == []


def test_log_group_of_a_delegated_administrator(emulator: Emulator, trail: Any, organization: str) -> None:
    """The account that names log group and role has them; the role may write the streams of the whole organization."""
    trail.register_organization_delegated_admin(MemberAccountId=ADMINISTRATOR)
    theirs = emulator.client("cloudtrail", account_id=ADMINISTRATOR)
    emulator.client("logs", account_id=ADMINISTRATOR).create_log_group(logGroupName="trail")
    group = f"arn:aws:logs:{REGION}:{ADMINISTRATOR}:log-group:trail:*"
    iam = emulator.client("iam", account_id=ADMINISTRATOR)
    trust = document(statement(SERVICE, "sts:AssumeRole"))
    role = iam.create_role(RoleName="to-logs", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    settings = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role, **ORGANIZATION_TRAIL}

    def allow(*streams: str) -> None:
        resources = [group.replace(":*", f":log-stream:{one}") for one in streams]
        policy = document(statement(None, ["logs:CreateLogStream", "logs:PutLogEvents"], resources))
        iam.put_role_policy(RoleName="to-logs", PolicyName="write", PolicyDocument=policy)

    own = f"{ACCOUNT}_CloudTrail_{REGION}*"
    allow(own)
    with refused("InvalidCloudWatchLogsRoleArnException"):
        create(theirs, **settings)
    allow(own, f"{organization}_*")
    create(theirs, **settings)
    trail.update_trail(Name="main", EnableLogFileValidation=True)
    with refused("InvalidCloudWatchLogsLogGroupArnException"):
        trail.update_trail(Name="main", CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)


def test_a_delegated_administrator_needs_the_service_linked_role(
    emulator: Emulator, trail: Any, organization: str
) -> None:
    """Registered with Organizations instead of CloudTrail, nobody has made the role."""
    emulator.client("organizations").register_delegated_administrator(AccountId=ADMINISTRATOR, ServicePrincipal=SERVICE)
    theirs = emulator.client("cloudtrail", account_id=ADMINISTRATOR)
    with refused("NoManagementAccountSLRExistsException"):
        create(theirs, **ORGANIZATION_TRAIL)
    emulator.client("iam").create_service_linked_role(AWSServiceName=SERVICE)
    create(theirs, **ORGANIZATION_TRAIL)


@pytest.mark.parametrize(("folder", "allowed"), [("{account}", False), ("{organization}", False), ("*", True)])
def test_bucket_policy_needs_both_folders(
    emulator: Emulator, trail: Any, organization: str, folder: str, allowed: bool
) -> None:
    """S001-13."""
    folder = folder.format(account=ACCOUNT, organization=organization)
    policy = bucket_policy(**{"aws:SourceArn": ARN}).replace(f"AWSLogs/{ACCOUNT}", f"AWSLogs/{folder}")
    emulator.client("s3").put_bucket_policy(Bucket="trail-logs", Policy=policy)
    if allowed:
        create(trail, **ORGANIZATION_TRAIL)
        return
    with refused("InsufficientS3BucketPolicyException"):
        create(trail, **ORGANIZATION_TRAIL)


def test_bucket_and_key_of_another_account(emulator: Emulator, organization: str) -> None:
    """S001-14: the trail's ARN is what their policies are asked about."""
    archive, mine = {"account_id": MEMBER}, emulator.client("cloudtrail")
    emulator.client("s3", **archive).create_bucket(Bucket="archive")
    arn = "arn:aws:s3:::archive"
    condition = {"Condition": {"StringEquals": {"aws:SourceArn": ARN}}}
    policy = document(
        statement(SERVICE, "s3:GetBucketAcl", arn, **condition),
        statement(SERVICE, "s3:PutObject", [f"{arn}/AWSLogs/{ACCOUNT}/*", f"{arn}/AWSLogs/{organization}/*"],
                  **condition),
    )  # fmt: skip
    emulator.client("s3", **archive).put_bucket_policy(Bucket="archive", Policy=policy)
    kms = emulator.client("kms", **archive)
    statements = [statement(root(MEMBER), "kms:*", "*")]
    key = kms.create_key(Policy=document(*statements))["KeyMetadata"]["Arn"]
    kms.create_alias(AliasName="alias/archive", TargetKeyId=key)
    alias = f"arn:aws:kms:{REGION}:{MEMBER}:alias/archive"
    settings = {"S3BucketName": "archive", "KmsKeyId": alias, **ORGANIZATION_TRAIL}
    with refused("InsufficientEncryptionPolicyException"):
        create(mine, **settings)
    ours = emulator.client("kms")
    with refused("AccessDeniedException", "not authorized to perform"):
        ours.describe_key(KeyId=alias)
    statements.append(statement(SERVICE, ["kms:GenerateDataKey*", "kms:DescribeKey"], "*", **condition))
    statements.append(statement(root(), "kms:DescribeKey", "*"))
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(*statements))
    assert ours.describe_key(KeyId=alias)["KeyMetadata"]["Arn"] == key
    assert create(mine, **settings)["KmsKeyId"] == key
    with refused("NotFoundException"):
        ours.describe_key(KeyId=alias + "-absent")
    with refused("NotFoundException"):
        emulator.client("kms", "eu-west-1").describe_key(KeyId=alias)
