# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The organization's trail through the module: who may make and change it, and where it writes to."""

from __future__ import annotations

import typing as t

import pytest

from tests.emulator.client import Emulator
from tests.integration.cases.cloudtrail import (
    ALIAS,
    ARCHIVE,
    ARCHIVE_ALIAS,
    ORGANIZATION_TRAIL_ARN,
    TRAIL,
    make_archive,
    organization_trail,
    prepare_organization,
    trust_cloudtrail,
)
from tests.integration.test_cloudtrail import operations, succeeded
from tests.support.cases import HOME_REGION
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, MEMBERS, SECURITY, organization
from tests.support.run import converge

MEMBER = MEMBERS[0]
TRAIL_OPTIONS = organization_trail(kms_key_id=ARCHIVE_ALIAS)

pytestmark = pytest.mark.usefixtures("no_aws_environment")


def manage(emulator: Emulator, account: str, options: dict[str, t.Any], **how: t.Any) -> dict[str, t.Any]:
    return converge(emulator, "cloudtrail", options, credentials_of=account, account_id=account, **how)


def archive_key(emulator: Emulator) -> str:
    kms = emulator.client("kms", HOME_REGION, LOG_ARCHIVE)
    return str(kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["Arn"])


@pytest.mark.parametrize("account", [MANAGEMENT, SECURITY], ids=["management", "delegated administrator"])
def test_bucket_and_key_of_the_log_archive_account(emulator: Emulator, account: str) -> None:
    """S001-02, S001-06, S001-14, S001-18, S001-24. What it owns is the management account's, whoever makes it."""
    prepare_organization(emulator)
    emulator.clear_calls()
    result = succeeded(manage(emulator, account, TRAIL_OPTIONS))
    assert operations(result) == ["cloudtrail:CreateTrail", "cloudtrail:StartLogging"]
    assert result["trail_arn"] == ORGANIZATION_TRAIL_ARN
    cloudtrail = emulator.client("cloudtrail", HOME_REGION, MANAGEMENT)
    trail = cloudtrail.get_trail(Name=TRAIL)["Trail"]
    assert trail["KmsKeyId"] == archive_key(emulator)
    settings = {
        "S3BucketName": ARCHIVE,
        "IsOrganizationTrail": True,
        "IsMultiRegionTrail": True,
        "IncludeGlobalServiceEvents": True,
        "LogFileValidationEnabled": True,
    }
    assert settings.items() <= trail.items()
    assert cloudtrail.get_trail_status(Name=TRAIL)["IsLogging"]
    assert not succeeded(manage(emulator, account, TRAIL_OPTIONS))["changed"]
    assert {call.account for call in emulator.writes()} == {account}


def test_plan_before_anything_is_there(emulator: Emulator) -> None:
    """Neither trusted access nor delegated administrator, bucket or key: what others make first is expected."""
    organization(emulator)
    plan = succeeded(manage(emulator, SECURITY, TRAIL_OPTIONS, check_mode=True))
    assert operations(plan) == ["cloudtrail:CreateTrail", "cloudtrail:StartLogging"]
    assert "known after it is created" in plan["changes"][0]["after"]["kms_key_id"]
    assert "trail_arn" not in plan
    trust_cloudtrail(emulator)
    make_archive(emulator)
    assert operations(succeeded(manage(emulator, SECURITY, TRAIL_OPTIONS))) == operations(plan)


def test_a_key_that_nobody_made_is_an_error_in_a_run(emulator: Emulator) -> None:
    organization(emulator)
    trust_cloudtrail(emulator)
    result = manage(emulator, MANAGEMENT, TRAIL_OPTIONS)
    assert [error["code"] for error in result["errors"]] == ["PrerequisiteFailed", "NotAsRequired"]
    assert f"arn:aws:kms:{HOME_REGION}:{LOG_ARCHIVE}:{ALIAS}: must exist, but does not" in result["msg"]
    assert not emulator.writes(service="cloudtrail", operation="CreateTrail")


def test_a_key_that_may_not_be_looked_up_is_named(emulator: Emulator) -> None:
    """Its policy lets only the manager of the trail ask."""
    prepare_organization(emulator)
    result = manage(emulator, MEMBER, TRAIL_OPTIONS, check_mode=True)
    errors = {error["type"]: error for error in result["errors"]}
    assert errors["AWS::KMS::Key"]["permission"] == "kms:DescribeKey"
    assert "resource-based policy" in errors["AWS::KMS::Key"]["message"]


def test_missing_trusted_access_is_told_in_aws_s_words(emulator: Emulator) -> None:
    """S001-03."""
    organization(emulator)
    make_archive(emulator)
    result = manage(emulator, MANAGEMENT, organization_trail())
    assert "Enable service access for CloudTrail, and then try again" in result["msg"]
    assert result["errors"][0]["code"] == "CloudTrailAccessNotEnabledException"


def test_members_see_it_and_cannot_change_it(emulator: Emulator) -> None:
    """S001-23."""
    prepare_organization(emulator)
    succeeded(manage(emulator, MANAGEMENT, TRAIL_OPTIONS))
    emulator.clear_calls()
    seen = {"trail": {"name": TRAIL, "state": "existing", "is_organization_trail": True}}
    assert succeeded(manage(emulator, MEMBER, seen))["trail_arn"] == ORGANIZATION_TRAIL_ARN
    assert not emulator.writes()
    refused = manage(emulator, MEMBER, organization_trail(is_logging=False))
    assert [error["code"] for error in refused["errors"]] == ["NotOrganizationMasterAccountException"]
    refused = manage(emulator, MEMBER, {"trail": {"name": TRAIL, "state": "absent"}})
    assert [error["code"] for error in refused["errors"]] == ["NotOrganizationMasterAccountException"]
    assert emulator.client("cloudtrail", HOME_REGION, MANAGEMENT).get_trail_status(Name=TRAIL)["IsLogging"]


def test_a_trail_of_its_own_beside_the_organization_s(emulator: Emulator) -> None:
    """S001-13: falling back to a trail per account, of the same name, and forward again."""
    prepare_organization(emulator)
    succeeded(manage(emulator, MANAGEMENT, TRAIL_OPTIONS))
    own_bucket = {
        "name": "audit-${AWS::AccountId}",
        "policy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudtrail.amazonaws.com"},
                    "Action": ["s3:GetBucketAcl", "s3:PutObject"],
                    "Resource": ["arn:aws:s3:::audit-${AWS::AccountId}", "arn:aws:s3:::audit-${AWS::AccountId}/*"],
                }
            ],
        },
    }
    own = {"trail": {"name": TRAIL, "is_organization_trail": False}, "bucket": own_bucket}
    result = succeeded(manage(emulator, MEMBER, own))
    assert "cloudtrail:CreateTrail" in operations(result)
    assert result["trail_arn"] == ORGANIZATION_TRAIL_ARN.replace(MANAGEMENT, MEMBER)
    assert not succeeded(manage(emulator, MEMBER, own))["changed"]

    back = organization_trail(kms_key_id=ARCHIVE_ALIAS, is_organization_trail=False)
    assert operations(succeeded(manage(emulator, MANAGEMENT, back))) == ["cloudtrail:UpdateTrail"]
    forward = succeeded(manage(emulator, MANAGEMENT, TRAIL_OPTIONS))
    assert operations(forward) == ["cloudtrail:UpdateTrail"] and forward["trail_arn"] == ORGANIZATION_TRAIL_ARN

    gone = {"trail": {"name": TRAIL, "state": "absent", "is_organization_trail": False}}
    result = succeeded(manage(emulator, MEMBER, gone))
    assert operations(result) == ["cloudtrail:DeleteTrail"]
    # what is left is the organization's, which is not meant
    for account in (MEMBER, MANAGEMENT):
        assert not succeeded(manage(emulator, account, gone))["changed"]
    assert emulator.client("cloudtrail", HOME_REGION, MANAGEMENT).get_trail_status(Name=TRAIL)["IsLogging"]


def test_only_the_management_account_converts(emulator: Emulator) -> None:
    prepare_organization(emulator)
    succeeded(manage(emulator, MANAGEMENT, organization_trail(is_organization_trail=False)))
    result = manage(emulator, SECURITY, TRAIL_OPTIONS)
    assert [error["code"] for error in result["errors"]] == ["TrailAlreadyExistsException"]


def test_a_service_control_policy_is_named(emulator: Emulator) -> None:
    """Control Tower's and others' guardrails hold for the delegated administrator like for any member."""
    prepare_organization(emulator)
    succeeded(manage(emulator, SECURITY, TRAIL_OPTIONS))
    emulator.settings(denials=[{"action": "cloudtrail:StopLogging", "policy": "service control policy"}])
    result = manage(emulator, SECURITY, organization_trail(kms_key_id=ARCHIVE_ALIAS, is_logging=False))
    assert "A service control policy of the organization denies it" in result["msg"]
