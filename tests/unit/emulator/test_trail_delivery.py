# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which trails take a record, and where in their log group it lands."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator
from tests.support import pipeline
from tests.support.organization import MANAGEMENT, MEMBERS, ORGANIZATION_ID, SECURITY, organization

from .support import OTHER_ACCOUNT, document, statement

HOME, ELSEWHERE = "us-east-1", "eu-west-1"
READ = {"eventSource": "s3.amazonaws.com", "eventName": "GetBucketAcl"}
WRITE = {"eventSource": "s3.amazonaws.com", "eventName": "PutBucketAcl"}
OF_KEY = {"eventSource": "kms.amazonaws.com", "eventName": "DisableKey"}
GLOBAL = {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"}
DATA = {
    "eventSource": "s3.amazonaws.com", "eventName": "GetObject", "eventCategory": "Data", "managementEvent": False,
    "resources": [{"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::secret/file"}],
}  # fmt: skip


def make_trail(emulator: Emulator, account: str = MANAGEMENT, **settings: Any) -> Any:
    """A trail that logs into the group `trail`; the client of CloudTrail."""

    def client(service: str) -> Any:
        return emulator.client(service, HOME, account)

    principal = "cloudtrail.amazonaws.com"
    client("s3").create_bucket(Bucket="trail-bucket")
    bucket = "arn:aws:s3:::trail-bucket"
    allowed = [statement(principal, "s3:GetBucketAcl", bucket), statement(principal, "s3:PutObject", f"{bucket}/*")]
    client("s3").put_bucket_policy(Bucket="trail-bucket", Policy=document(*allowed))
    client("logs").create_log_group(logGroupName="trail")
    role = client("iam").create_role(
        RoleName="to-logs", AssumeRolePolicyDocument=document(statement(principal, "sts:AssumeRole"))
    )["Role"]["Arn"]
    policy = document(statement(None, ["logs:CreateLogStream", "logs:PutLogEvents"], "*"))
    client("iam").put_role_policy(RoleName="to-logs", PolicyName="logs", PolicyDocument=policy)
    group = f"arn:aws:logs:{HOME}:{account}:log-group:trail:*"
    client("cloudtrail").create_trail(
        Name="main", S3BucketName="trail-bucket", CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role,
        **settings,
    )  # fmt: skip
    client("cloudtrail").start_logging(Name="main")
    return client("cloudtrail")


def logged(emulator: Emulator, account: str = MANAGEMENT) -> list[tuple[str, dict[str, Any]]]:
    """Stream and record of all events in the group."""
    events = emulator.client("logs", HOME, account).filter_log_events(logGroupName="trail")["events"]
    return [(event["logStreamName"], json.loads(event["message"])) for event in events]


def test_a_record_is_completed(emulator: Emulator) -> None:
    trail = make_trail(emulator)
    emulator.cloudtrail_events([{**WRITE, "errorCode": "AccessDenied"}], MANAGEMENT, HOME)
    [(stream, record)] = logged(emulator)
    assert stream == f"{MANAGEMENT}_CloudTrail_{HOME}"
    assert record["recipientAccountId"] == MANAGEMENT
    assert (record["awsRegion"], record["readOnly"], record["errorCode"]) == (HOME, False, "AccessDenied")
    assert "LatestCloudWatchLogsDeliveryTime" in trail.get_trail_status(Name="main")
    emulator.client("iam", HOME, MANAGEMENT).delete_role_policy(RoleName="to-logs", PolicyName="logs")
    assert emulator.cloudtrail_events([WRITE], MANAGEMENT, HOME) == []
    status = trail.get_trail_status(Name="main")
    assert "logs:CreateLogStream" in status["LatestCloudWatchLogsDeliveryError"]


@pytest.mark.parametrize(("everywhere", "count"), [(False, 1), (True, 2)])
def test_regions(emulator: Emulator, everywhere: bool, count: int) -> None:
    make_trail(emulator, IsMultiRegionTrail=everywhere, IncludeGlobalServiceEvents=everywhere)
    for region in (HOME, ELSEWHERE):
        emulator.cloudtrail_events([WRITE], MANAGEMENT, region)
    emulator.cloudtrail_events([GLOBAL], MANAGEMENT, HOME)
    emulator.cloudtrail_events([WRITE], OTHER_ACCOUNT, HOME)
    assert len(logged(emulator)) == count + everywhere
    assert {stream for stream, _ in logged(emulator)} == {f"{MANAGEMENT}_CloudTrail_{HOME}"}


def _where(field: str, **operator: list[str]) -> dict[str, Any]:
    return {"Field": field, **operator}


MANAGEMENT_EVENTS = _where("eventCategory", Equals=["Management"])


@pytest.mark.parametrize(
    ("selectors", "taken"),
    [
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly"}]}, [WRITE, OF_KEY]),
        ({"EventSelectors": [{"ReadWriteType": "ReadOnly"}]}, [READ]),
        ({"EventSelectors": [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]}, [READ, WRITE]),
        (
            {
                "EventSelectors": [
                    {
                        "IncludeManagementEvents": False,
                        "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::secret/"]}],
                    }
                ]
            },
            [DATA],
        ),
        (
            {"AdvancedEventSelectors": [{"FieldSelectors": [MANAGEMENT_EVENTS, _where("readOnly", Equals=["false"])]}]},
            [WRITE, OF_KEY],
        ),
        (
            {
                "AdvancedEventSelectors": [
                    {"FieldSelectors": [MANAGEMENT_EVENTS, _where("eventSource", NotEquals=["kms.amazonaws.com"])]},
                    {
                        "FieldSelectors": [
                            _where("eventCategory", Equals=["Data"]),
                            _where("resources.type", Equals=["AWS::S3::Object"]),
                            _where("resources.ARN", StartsWith=["arn:aws:s3:::secret/"]),
                        ]
                    },
                ]
            },
            [READ, WRITE, DATA],
        ),
        (None, [READ, WRITE, OF_KEY]),
    ],
)
def test_selectors(emulator: Emulator, selectors: dict[str, Any] | None, taken: list[dict[str, Any]]) -> None:
    trail = make_trail(emulator)
    if selectors:
        trail.put_event_selectors(TrailName="main", **selectors)
    emulator.cloudtrail_events([READ, WRITE, OF_KEY, DATA], MANAGEMENT, HOME)
    assert [record["eventName"] for _, record in logged(emulator)] == [one["eventName"] for one in taken]


def test_an_organization_trail_takes_what_happens_in_its_accounts(emulator: Emulator) -> None:
    organization(emulator)
    organizations = emulator.client("organizations", HOME, MANAGEMENT)
    organizations.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    make_trail(emulator, IsOrganizationTrail=True, IsMultiRegionTrail=True)
    for account in (MANAGEMENT, SECURITY, OTHER_ACCOUNT):
        emulator.cloudtrail_events([WRITE], account, ELSEWHERE)
    emulator.set_account_status(MEMBERS[0], "SUSPENDED")
    emulator.cloudtrail_events([WRITE], MEMBERS[0], ELSEWHERE)
    assert [(stream, record["recipientAccountId"]) for stream, record in logged(emulator)] == [
        (f"{MANAGEMENT}_CloudTrail_{HOME}", MANAGEMENT),
        (f"{ORGANIZATION_ID}_{SECURITY}_CloudTrail_{HOME}", SECURITY),
    ]


def test_what_a_trail_takes_is_an_event_unless_it_is_a_read(emulator: Emulator) -> None:
    queue = f"arn:aws:sqs:{HOME}:{MANAGEMENT}:events"
    policy = document(statement("events.amazonaws.com", "sqs:SendMessage", queue))
    emulator.client("sqs", HOME, MANAGEMENT).create_queue(QueueName="events", Attributes={"Policy": policy})
    events = emulator.client("events", HOME, MANAGEMENT)
    events.put_rule(Name="writes", EventPattern=json.dumps({"source": ["aws.s3", "aws.signin"]}))
    events.put_targets(Rule="writes", Targets=[{"Id": "q", "Arn": queue}])
    emulator.cloudtrail_events([WRITE], MANAGEMENT, HOME)
    assert pipeline.messages(emulator, "events", MANAGEMENT, HOME) == []
    make_trail(emulator)
    login = {"eventSource": "signin.amazonaws.com", "eventName": "ConsoleLogin"}
    emulator.cloudtrail_events([READ, WRITE, login], MANAGEMENT, HOME)
    told = [one.body for one in pipeline.messages(emulator, "events", MANAGEMENT, HOME)]
    assert [(one["detail-type"], one["detail"]["eventName"]) for one in told] == [
        ("AWS API Call via CloudTrail", "PutBucketAcl"),
        ("AWS Console Sign In via CloudTrail", "ConsoleLogin"),
    ]
