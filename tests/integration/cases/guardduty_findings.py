# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What belongs to GuardDuty's detectors in two regions: an archive of findings, and lists of addresses."""

from __future__ import annotations

import json
import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import ACCOUNT_ID, HOME_REGION, Case

OTHER_REGION = "us-east-1"
REGIONS = [HOME_REGION, OTHER_REGION]
LISTS = "lists"
GUARDDUTY = {"Service": "guardduty.amazonaws.com"}
OWN_FINDINGS = {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}}
KEY = {
    "name": "alias/findings",
    "policy": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Administration",
                "Effect": "Allow",
                "Principal": {"AWS": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"},
                "Action": "kms:*",
                "Resource": "*",
            },
            {
                "Sid": "Encryption",
                "Effect": "Allow",
                "Principal": GUARDDUTY,
                "Action": "kms:GenerateDataKey",
                "Resource": "*",
                "Condition": OWN_FINDINGS,
            },
        ],
    },
}
BUCKET = {
    "name": "findings",
    "policy": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Location",
                "Effect": "Allow",
                "Principal": GUARDDUTY,
                "Action": "s3:GetBucketLocation",
                "Resource": "arn:${AWS::Partition}:s3:::findings",
                "Condition": OWN_FINDINGS,
            },
            {
                "Sid": "Write",
                "Effect": "Allow",
                "Principal": GUARDDUTY,
                "Action": "s3:PutObject",
                "Resource": "arn:${AWS::Partition}:s3:::findings/*",
                "Condition": OWN_FINDINGS,
            },
        ],
    },
}
DESTINATION = {"bucket_name": "findings", "kms_key_id": "alias/findings"}
OFFICE = {"name": "baseline--office", "location": f"s3://{LISTS}/office.txt"}
THREATS = {"name": "baseline--threats", "location": f"s3://{LISTS}/threats.txt"}

ARGUMENTS = st.fixed_dictionaries(
    {"regions": st.sampled_from([[HOME_REGION], REGIONS]), "key": st.just(KEY), "bucket": st.just(BUCKET)},
    optional={
        "publishing_destination": st.sampled_from([DESTINATION, {**DESTINATION, "prefix": "all"}, {"state": "absent"}]),
        "ip_sets": st.sampled_from(
            [
                [OFFICE],
                [{**OFFICE, "location": f"s3://{LISTS}/threats.txt", "tags": {"Team": "a"}}],
                [{**OFFICE, "activate": False, "tags": {}}],
                [{**OFFICE, "state": "absent"}],
            ]
        ),
        "threat_intel_sets": st.sampled_from([[THREATS], [{**THREATS, "format": "STIX"}]]),
    },
) | st.just({"regions": REGIONS, "purge": True, "purge_prefix": "baseline--"})

TYPICAL = {
    "regions": REGIONS,
    "key": KEY,
    "bucket": BUCKET,
    "publishing_destination": DESTINATION,
    "ip_sets": [{**OFFICE, "tags": {"Team": "infosec"}}],
    "threat_intel_sets": [{**THREATS, "tags": {"Team": "infosec"}}],
    "purge": True,
    "purge_prefix": "baseline--",
}


def client(emulator: Emulator, region: str = OTHER_REGION) -> t.Any:
    return emulator.client("guardduty", region, ACCOUNT_ID)


def detector(emulator: Emulator, region: str = OTHER_REGION) -> str:
    return client(emulator, region).list_detectors()["DetectorIds"][0]


def detectors_and_lists(emulator: Emulator) -> None:
    """A detector in each region, and the objects of the lists."""
    for region in REGIONS:
        client(emulator, region).create_detector(Enable=True)
    s3 = emulator.client("s3", HOME_REGION, ACCOUNT_ID)
    s3.create_bucket(Bucket=LISTS, CreateBucketConfiguration={"LocationConstraint": HOME_REGION})
    for name in ("office.txt", "threats.txt"):
        s3.put_object(Bucket=LISTS, Key=name, Body=b"192.0.2.0/24\n")


def _destinations(emulator: Emulator) -> list[dict[str, str]]:
    found = client(emulator).list_publishing_destinations(DetectorId=detector(emulator))["Destinations"]
    return [{"DetectorId": detector(emulator), "DestinationId": item["DestinationId"]} for item in found]


def destination_deleted(emulator: Emulator) -> None:
    for ids in _destinations(emulator):
        client(emulator).delete_publishing_destination(**ids)


def destination_moved(emulator: Emulator) -> None:
    for ids in _destinations(emulator):
        properties = {"DestinationArn": "arn:aws:s3:::findings/elsewhere/"}
        client(emulator).update_publishing_destination(**ids, DestinationProperties=properties)


def destination_closed_for_a_while(emulator: Emulator) -> None:
    """GuardDuty notices that it cannot write, and gives up."""
    s3 = emulator.client("s3", HOME_REGION, ACCOUNT_ID)
    if _destinations(emulator):
        s3.put_bucket_policy(Bucket="findings", Policy=json.dumps(_closed()))
        client(emulator).describe_publishing_destination(**_destinations(emulator)[0])


def _closed() -> dict[str, t.Any]:
    deny = {"Sid": "Closed", "Effect": "Deny", "Principal": "*", "Action": "s3:PutObject"}
    return {"Version": "2012-10-17", "Statement": [deny | {"Resource": "arn:aws:s3:::findings/*"}]}


def _ip_sets(emulator: Emulator) -> list[dict[str, str]]:
    ids = client(emulator).list_ip_sets(DetectorId=detector(emulator))["IpSetIds"]
    return [{"DetectorId": detector(emulator), "IpSetId": item} for item in ids]


def list_deactivated(emulator: Emulator) -> None:
    for ids in _ip_sets(emulator):
        client(emulator).update_ip_set(**ids, Activate=False)


def list_moved_and_tagged(emulator: Emulator) -> None:
    for ids in _ip_sets(emulator):
        client(emulator).update_ip_set(**ids, Location=f"s3://{LISTS}/threats.txt")
        arn = f"arn:aws:guardduty:{OTHER_REGION}:{ACCOUNT_ID}:detector/{ids['DetectorId']}/ipset/{ids['IpSetId']}"
        client(emulator).tag_resource(ResourceArn=arn, Tags={"Other": "tag"})


def list_deleted(emulator: Emulator) -> None:
    identifier = detector(emulator)
    for item in client(emulator).list_threat_intel_sets(DetectorId=identifier)["ThreatIntelSetIds"]:
        client(emulator).delete_threat_intel_set(DetectorId=identifier, ThreatIntelSetId=item)


def _add_threats(emulator: Emulator, name: str) -> None:
    client(emulator).create_threat_intel_set(
        DetectorId=detector(emulator),
        Name=name,
        Format="TXT",
        Location=f"s3://{LISTS}/threats.txt",
        Activate=True,
        ClientToken=name,
    )


def stale_list_left(emulator: Emulator) -> None:
    _once(emulator, "baseline--stale")


def foreign_list_added(emulator: Emulator) -> None:
    _once(emulator, "theirs")


def _once(emulator: Emulator, name: str) -> None:
    identifier = detector(emulator)
    ids = client(emulator).list_threat_intel_sets(DetectorId=identifier)["ThreatIntelSetIds"]
    known = [client(emulator).get_threat_intel_set(DetectorId=identifier, ThreatIntelSetId=item) for item in ids]
    if name not in [item["Name"] for item in known]:
        _add_threats(emulator, name)


CASES = [
    Case(
        module="guardduty_findings",
        arguments=ARGUMENTS,
        typical=TYPICAL,
        types=frozenset(
            {
                "AWS::GuardDuty::Detector",
                "AWS::GuardDuty::IPSet",
                "AWS::GuardDuty::PublishingDestination",
                "AWS::GuardDuty::ThreatIntelSet",
                "AWS::KMS::Key",
                "AWS::S3::Bucket",
            }
        ),
        drifts=(
            destination_deleted,
            destination_moved,
            destination_closed_for_a_while,
            list_deactivated,
            list_moved_and_tagged,
            list_deleted,
            stale_list_left,
            foreign_list_added,
        ),
        prepare=detectors_and_lists,
    ),
]
