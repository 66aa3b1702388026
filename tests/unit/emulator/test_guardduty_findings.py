# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GuardDuty's findings: the events they become, where they are archived, and the lists that decide about them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, OTHER_ACCOUNT, REGION, document, make_key, refused, statement

PRINCIPAL = "guardduty.amazonaws.com"
BUCKET = "findings"
BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"
CUSTOM = "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom"


@pytest.fixture
def guardduty(emulator: Emulator) -> Any:
    return emulator.client("guardduty")


@pytest.fixture
def identifier(guardduty: Any) -> str:
    return str(guardduty.create_detector(Enable=True)["DetectorId"])


# --- where findings are archived ------------------------------------------------------------------------------------


def bucket(emulator: Emulator, *, source: str | None = ACCOUNT, **more: Any) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    condition = {"StringEquals": {"aws:SourceAccount": source}} if source else None
    allowed = [
        statement(PRINCIPAL, "s3:GetBucketLocation", BUCKET_ARN, Condition=condition),
        statement(PRINCIPAL, "s3:PutObject", f"{BUCKET_ARN}/*", Condition=condition, **more),
    ]
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document(*allowed))


def destination(key: str, folder: str = "") -> dict[str, Any]:
    properties = {"DestinationArn": f"{BUCKET_ARN}{folder}", "KmsKeyArn": key}
    return {"DestinationType": "S3", "DestinationProperties": properties}


def test_a_destination_is_verified_and_then_publishes(emulator: Emulator, guardduty: Any, identifier: str) -> None:
    bucket(emulator)
    created = guardduty.create_publishing_destination(
        DetectorId=identifier, **destination(make_key(emulator, PRINCIPAL))
    )
    ids = {"DetectorId": identifier, "DestinationId": created["DestinationId"]}
    statuses = [guardduty.describe_publishing_destination(**ids)["Status"] for _look in range(2)]
    assert statuses == ["PENDING_VERIFICATION", "PUBLISHING"]
    with refused("BadRequestException", "already has a publishing destination"):
        guardduty.create_publishing_destination(DetectorId=identifier, **destination(make_key(emulator, PRINCIPAL)))
    emulator.client("s3").delete_bucket_policy(Bucket=BUCKET)
    guardduty.list_publishing_destinations(DetectorId=identifier)
    rows = guardduty.list_publishing_destinations(DetectorId=identifier)["Destinations"]
    assert [row["Status"] for row in rows] == ["UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"]
    with refused("BadRequestException", "required permissions"):
        guardduty.update_publishing_destination(**ids, DestinationProperties={"DestinationArn": BUCKET_ARN})
    guardduty.delete_publishing_destination(**ids)
    assert guardduty.list_publishing_destinations(DetectorId=identifier)["Destinations"] == []


@pytest.mark.parametrize("source", [OTHER_ACCOUNT, ACCOUNT])
def test_bucket_and_key_must_let_guardduty_write(
    emulator: Emulator, guardduty: Any, identifier: str, source: str
) -> None:
    with refused("BadRequestException", "required permissions"):
        guardduty.create_publishing_destination(DetectorId=identifier, **destination(make_key(emulator, PRINCIPAL)))
    bucket(emulator, source=source)
    # neither a bucket for another account's findings will do, nor a key that GuardDuty may not use
    key = make_key(emulator, *([PRINCIPAL] if source == OTHER_ACCOUNT else []))
    with refused("BadRequestException", "required permissions"):
        guardduty.create_publishing_destination(DetectorId=identifier, **destination(key))


def test_key_and_bucket_in_one_region_and_key_by_its_arn(emulator: Emulator, guardduty: Any, identifier: str) -> None:
    bucket(emulator)
    abroad = make_key(emulator, PRINCIPAL, region="eu-west-1")
    with refused("BadRequestException", "required permissions"):
        guardduty.create_publishing_destination(DetectorId=identifier, **destination(abroad))
    emulator.client("kms").create_alias(AliasName="alias/findings", TargetKeyId=make_key(emulator, PRINCIPAL))
    for wrong in ("alias/findings", f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/findings"):
        with refused("BadRequestException", "invalid or out-of-range"):
            guardduty.create_publishing_destination(DetectorId=identifier, **destination(wrong))


def test_an_opt_in_region_has_a_principal_of_its_own(emulator: Emulator) -> None:
    emulator.settings(opted_in_regions=["me-south-1"])
    bucket(emulator)
    abroad = emulator.client("guardduty", "me-south-1")
    identifier = abroad.create_detector(Enable=True)["DetectorId"]
    with refused("BadRequestException", "required permissions"):
        abroad.create_publishing_destination(DetectorId=identifier, **destination(make_key(emulator, PRINCIPAL)))
    own = "guardduty.me-south-1.amazonaws.com"
    allowed = [statement(own, "s3:GetBucketLocation", BUCKET_ARN), statement(own, "s3:PutObject", f"{BUCKET_ARN}/*")]
    emulator.client("s3").put_bucket_policy(Bucket=BUCKET, Policy=document(*allowed))
    abroad.create_publishing_destination(DetectorId=identifier, **destination(make_key(emulator, own)))


# --- lists of addresses ---------------------------------------------------------------------------------------------


def upload(emulator: Emulator, name: str = "addresses.txt") -> str:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=name, Body=b"192.0.2.0/24\n")
    return f"s3://{BUCKET}/{name}"


def test_a_list_is_read_from_an_object_that_exists(emulator: Emulator, guardduty: Any, identifier: str) -> None:
    location = upload(emulator)
    declared = {"DetectorId": identifier, "Format": "TXT", "Activate": True}
    for wrong in (f"s3://{BUCKET}/none.txt", "https://example.com/addresses.txt"):
        with refused("BadRequestException", "location"):
            guardduty.create_ip_set(Name="office", Location=wrong, **declared)
    created = guardduty.create_ip_set(Name="office", Location=location, Tags={"a": "b"}, **declared)["IpSetId"]
    found = guardduty.get_ip_set(DetectorId=identifier, IpSetId=created)
    assert (found["Name"], found["Location"], found["Status"], found["Tags"]) == (
        "office", location, "ACTIVE", {"a": "b"},
    )  # fmt: skip
    with refused("BadRequestException", "1 active lists"):
        guardduty.create_ip_set(Name="partners", Location=location, **declared)
    other = guardduty.create_ip_set(Name="partners", Location=location, **declared | {"Activate": False})["IpSetId"]
    guardduty.update_ip_set(DetectorId=identifier, IpSetId=created, Activate=False)
    guardduty.update_ip_set(DetectorId=identifier, IpSetId=other, Activate=True)
    guardduty.delete_ip_set(DetectorId=identifier, IpSetId=created)
    assert guardduty.list_ip_sets(DetectorId=identifier)["IpSetIds"] == [other]
    uris = (f"https://s3.amazonaws.com/{BUCKET}/addresses.txt", f"https://{BUCKET}.s3.amazonaws.com/addresses.txt")
    for number, uri in enumerate(uris):
        guardduty.create_threat_intel_set(Name=f"threats-{number}", Location=uri, **declared)
    assert len(guardduty.list_threat_intel_sets(DetectorId=identifier)["ThreatIntelSetIds"]) == 2


def test_members_have_the_lists_of_their_administrator(emulator: Emulator, guardduty: Any, identifier: str) -> None:
    location = upload(emulator)
    declared = {"Format": "TXT", "Activate": True, "Name": "office", "Location": location}
    created = guardduty.create_ip_set(DetectorId=identifier, **declared)["IpSetId"]
    member = emulator.client("guardduty", account_id=OTHER_ACCOUNT)
    own = member.create_detector(Enable=True)["DetectorId"]
    details = [{"AccountId": OTHER_ACCOUNT, "Email": "other@acme.example"}]
    guardduty.create_members(DetectorId=identifier, AccountDetails=details)
    guardduty.invite_members(DetectorId=identifier, AccountIds=[OTHER_ACCOUNT])
    invitation = member.list_invitations()["Invitations"][0]["InvitationId"]
    member.accept_administrator_invitation(DetectorId=own, AdministratorId=ACCOUNT, InvitationId=invitation)
    assert member.list_ip_sets(DetectorId=own)["IpSetIds"] == [created]
    assert member.get_ip_set(DetectorId=own, IpSetId=created)["Name"] == "office"
    with refused("BadRequestException", "cannot manage IPSets"):
        member.create_ip_set(DetectorId=own, **declared | {"Name": "own"})


# --- findings -------------------------------------------------------------------------------------------------------


def test_a_finding_becomes_an_event(emulator: Emulator, guardduty: Any, identifier: str) -> None:
    """S001-54 to S001-56, S001-58, T-11: all findings, those of a type, and those above a severity, a number."""
    events, sqs = emulator.client("events"), emulator.client("sqs")
    patterns: dict[str, dict[str, Any]] = {
        "all": {},
        "custom": {"type": [CUSTOM]},
        "high": {"severity": [{"numeric": [">", 6]}]},
    }
    queues = {}
    for name, detail in patterns.items():
        queues[name] = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
        policy = document(statement("events.amazonaws.com", "sqs:SendMessage", arn))
        sqs.set_queue_attributes(QueueUrl=queues[name], Attributes={"Policy": policy})
        pattern = {"source": ["aws.guardduty"], **({"detail": detail} if detail else {})}
        events.put_rule(Name=name, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, Targets=[{"Id": "queue", "Arn": arn}])
    types = [CUSTOM, "Policy:IAMUser/RootCredentialUsage", "CryptoCurrency:EC2/BitcoinTool.B!DNS"]
    guardduty.create_sample_findings(DetectorId=identifier, FindingTypes=types)

    def received(name: str) -> list[str]:
        messages = sqs.receive_message(QueueUrl=queues[name], MaxNumberOfMessages=10).get("Messages", [])
        return sorted(json.loads(message["Body"])["detail"]["type"] for message in messages)

    assert received("all") == sorted(types)
    assert received("custom") == [CUSTOM]
    assert received("high") == [types[2]]
    with refused("BadRequestException", "invalid"):
        guardduty.create_sample_findings(DetectorId=identifier, FindingTypes=["No:Such/Type"])


def test_findings_are_listed_and_the_administrator_has_them_too(
    emulator: Emulator, guardduty: Any, identifier: str
) -> None:
    guardduty.create_sample_findings(DetectorId=identifier)
    criteria = {"Criterion": {"severity": {"GreaterThanOrEqual": 8}}}
    ids = guardduty.list_findings(DetectorId=identifier, FindingCriteria=criteria)["FindingIds"]
    found = guardduty.get_findings(DetectorId=identifier, FindingIds=ids)["Findings"]
    assert found and {one["Severity"] for one in found} == {8.0}
    assert {one["AccountId"] for one in found} == {ACCOUNT}
    with refused("BadRequestException"):
        guardduty.get_findings(DetectorId=identifier, FindingIds=["none"])
