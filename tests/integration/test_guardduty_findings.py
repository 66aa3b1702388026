# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty's archive and lists: what is called, what is refused, and an archive in another account."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils import reconcile
from tests.emulator.client import Emulator
from tests.integration.cases import guardduty_findings as case
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.run import converge

ARCHIVE = "210987654321"
KEY_ARN = f"arn:${{AWS::Partition}}:kms:${{AWS::Region}}:{ARCHIVE}:alias/findings"


@pytest.fixture(autouse=True)
def impatient(no_aws_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """What cannot succeed here need not be waited for."""
    monkeypatch.setattr(reconcile, "PROPAGATION_SECONDS", 0.0)


def run(emulator: Emulator, check_mode: bool = False, **arguments: t.Any) -> dict[str, t.Any]:
    return converge(emulator, "guardduty_findings", {"regions": case.REGIONS, **arguments}, check_mode)


def operations(result: dict[str, t.Any], region: str = HOME_REGION) -> list[tuple[str, str, list[str]]]:
    assert not result.get("failed"), result["msg"]
    found = [change for change in result["changes"] if change["region"] == region]
    return [(change["type"].split("::")[-1], change["action"], change["operations"]) for change in found]


def make_archive(emulator: Emulator, *, lookup: bool = True) -> None:
    """Key and bucket in another account, for findings of ours, made by the module there."""
    key, bucket = copy.deepcopy(case.KEY), copy.deepcopy(case.BUCKET)
    for statement in (key["policy"]["Statement"][1], *bucket["policy"]["Statement"]):
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": ACCOUNT_ID}}
    if lookup:
        ours = {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}
        key["policy"]["Statement"].append(
            {"Sid": "Lookup", "Effect": "Allow", "Principal": ours, "Action": "kms:DescribeKey", "Resource": "*"}
        )
    arguments = {"key": key, "bucket": bucket}
    result = converge(emulator, "guardduty_findings", arguments, credentials_of=ARCHIVE)
    assert not result.get("failed"), result["msg"]
    # what has nothing to do with regions asks for none
    assert not emulator.calls(service="ec2")


def test_an_archive_of_another_account_may_be_missing_from_a_plan_only(emulator: Emulator) -> None:
    case.detectors_and_lists(emulator)
    destination = {"bucket_name": "findings", "kms_key_id": KEY_ARN}
    plan = run(emulator, True, publishing_destination=destination)
    assert operations(plan) == operations(plan, case.OTHER_REGION)
    assert operations(plan) == [("PublishingDestination", "create", ["guardduty:CreatePublishingDestination"])]
    arn = f"arn:aws:kms:{HOME_REGION}:{ARCHIVE}:alias/findings"
    assert plan["changes"][0]["after"]["kms_key_arn"] == (f"(arn of AWS::KMS::Key {arn}, known after it is created)")
    missing = run(emulator, publishing_destination=destination)
    assert {error["code"] for error in missing["errors"]} == {"NotAsRequired", "PrerequisiteFailed"}

    emulator.clear_calls()
    make_archive(emulator)
    assert len(operations(run(emulator, publishing_destination=destination))) == 1
    for region in case.REGIONS:
        client = case.client(emulator, region)
        identifier = case.detector(emulator, region)
        listed = client.list_publishing_destinations(DetectorId=identifier)["Destinations"]
        assert [item["Status"] for item in listed] == ["PUBLISHING"]
    assert not run(emulator, publishing_destination=destination)["changed"]


def test_a_key_that_does_not_let_us_look_it_up_is_named(emulator: Emulator) -> None:
    case.detectors_and_lists(emulator)
    make_archive(emulator, lookup=False)
    result = run(emulator, publishing_destination={"bucket_name": "findings", "kms_key_id": KEY_ARN})
    assert "kms:DescribeKey" in result["msg"] and "not authorized" in result["msg"]


def test_policies_that_do_not_let_guardduty_write_are_told(emulator: Emulator) -> None:
    case.detectors_and_lists(emulator)
    key = {"name": "alias/findings"}
    arguments = {"key": key, "bucket": case.BUCKET, "publishing_destination": case.DESTINATION}
    result = run(emulator, **arguments)
    assert "required permissions for the S3 bucket or the KMS key" in result["msg"]
    assert not run(emulator, **{**arguments, "key": case.KEY}).get("failed")


def test_a_destination_that_is_there_is_taken_over(emulator: Emulator) -> None:
    case.detectors_and_lists(emulator)
    run(emulator, key=case.KEY, bucket=case.BUCKET, publishing_destination=case.DESTINATION)
    case.destination_moved(emulator)
    result = run(emulator, publishing_destination=case.DESTINATION)
    assert operations(result, case.OTHER_REGION) == [
        ("PublishingDestination", "update", ["guardduty:UpdatePublishingDestination"])
    ]
    assert operations(result) == []


def test_lists_are_changed_by_the_least_calls(emulator: Emulator) -> None:
    case.detectors_and_lists(emulator)
    home = {"regions": [HOME_REGION]}
    made = run(emulator, **home, ip_sets=[{**case.OFFICE, "tags": {"a": "b"}}], threat_intel_sets=[case.THREATS])
    assert operations(made) == [
        ("IPSet", "create", ["guardduty:CreateIPSet"]),
        ("ThreatIntelSet", "create", ["guardduty:CreateThreatIntelSet"]),
    ]
    tagged = run(emulator, **home, ip_sets=[{**case.OFFICE, "tags": {"c": "d"}}])
    assert operations(tagged) == [("IPSet", "update", ["guardduty:UntagResource", "guardduty:TagResource"])]
    moved = run(emulator, **home, ip_sets=[{**case.OFFICE, "location": case.THREATS["location"]}])
    assert operations(moved) == [("IPSet", "update", ["guardduty:UpdateIPSet"])]
    anew = run(emulator, **home, threat_intel_sets=[{**case.THREATS, "format": "STIX"}])
    assert operations(anew) == [
        ("ThreatIntelSet", "update", ["guardduty:DeleteThreatIntelSet", "guardduty:CreateThreatIntelSet"])
    ]


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"publishing_destination": {"kms_key_id": "alias/findings"}}, "publishing_destination.bucket_name"),
        ({"publishing_destination": {"bucket_name": "findings"}}, "publishing_destination.kms_key_id"),
        ({"publishing_destination": {**case.DESTINATION, "kms_key_id": "alias/aws/s3"}}, "a customer managed key"),
        ({"publishing_destination": {**case.DESTINATION, "prefix": "/all"}}, "without a slash"),
        ({"ip_sets": [{**case.OFFICE, "name": "office/home"}]}, "ip_sets[0].name"),
        ({"ip_sets": [{"name": "office"}]}, "ip_sets[0].location"),
        ({"ip_sets": [{**case.OFFICE, "location": "/tmp/office.txt"}]}, "ip_sets[0].location"),
        ({"ip_sets": [case.OFFICE, {**case.OFFICE, "name": "home"}]}, "up to 1 active"),
        ({"threat_intel_sets": [case.THREATS, case.THREATS]}, "each name only once"),
        ({"purge": True}, "purge_prefix"),
    ],
)
def test_bad_input_is_refused_before_any_call(emulator: Emulator, arguments: dict[str, t.Any], named: str) -> None:
    result = run(emulator, **arguments, validate_only=True)
    assert result["failed"] and named in result["msg"]
    assert not emulator.calls()
