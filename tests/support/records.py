# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudTrail records as an account's everyday calls leave them, in any number, the same ones for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

ACCOUNT = "123456789012"

# How often, source, names. Reads outnumber writes by far, as they do in real accounts.
CALLS: list[tuple[int, str, list[str]]] = [
    (300, "ec2.amazonaws.com", ["DescribeInstances", "DescribeVolumes", "DescribeSecurityGroups", "DescribeVpcs"]),
    (200, "s3.amazonaws.com", ["GetBucketAcl", "ListBuckets", "GetBucketPolicy", "HeadBucket", "GetBucketLocation"]),
    (200, "sts.amazonaws.com", ["AssumeRole", "GetCallerIdentity", "AssumeRoleWithSAML"]),
    (150, "kms.amazonaws.com", ["Decrypt", "GenerateDataKey", "DescribeKey"]),
    (100, "logs.amazonaws.com", ["DescribeLogGroups", "CreateLogStream"]),
    (
        80,
        "iam.amazonaws.com",
        ["GetRole", "ListRoles", "GetUser", "GenerateCredentialReport"],
    ),
    (80, "config.amazonaws.com", ["DescribeConfigRules", "PutEvaluations"]),
    (60, "cloudtrail.amazonaws.com", ["DescribeTrails", "GetTrailStatus", "LookupEvents"]),
    (60, "rds.amazonaws.com", ["DescribeDBInstances", "DescribeDBSnapshots"]),
    (40, "cloudformation.amazonaws.com", ["DescribeStacks", "ListStacks"]),
    (20, "ec2.amazonaws.com", ["RunInstances", "TerminateInstances", "StopInstances", "StartInstances", "CreateTags"]),
    (10, "ec2.amazonaws.com", ["AuthorizeSecurityGroupIngress", "CreateRoute", "AllocateAddress", "DetachVolume"]),
    (10, "ec2.amazonaws.com", ["CreateVpc", "CreateNetworkAclEntry", "DeleteFlowLogs", "AttachInternetGateway"]),
    (10, "iam.amazonaws.com", ["CreateUser", "AttachRolePolicy", "CreateAccessKey", "PutRolePolicy"]),
    (5, "s3.amazonaws.com", ["PutBucketPolicy", "PutBucketAcl", "DeleteBucketPolicy"]),
    (5, "signin.amazonaws.com", ["ConsoleLogin", "SwitchRole"]),
    (3, "cloudtrail.amazonaws.com", ["StopLogging", "PutEventSelectors"]),
    (3, "rds.amazonaws.com", ["ModifyDBInstance", "DeleteDBSnapshot"]),
    (2, "kms.amazonaws.com", ["ScheduleKeyDeletion", "DisableKey"]),
    (2, "organizations.amazonaws.com", ["AttachPolicy", "LeaveOrganization"]),
]


def records(number: int, seed: int = 0) -> Iterator[dict[str, Any]]:
    """That many records, decoded."""
    chance = random.Random(seed)
    weights = [often for often, _source, _names in CALLS]
    for _record in range(number):
        _often, source, names = chance.choices(CALLS, weights)[0]
        yield _record_of(chance, source, chance.choice(names))


def _record_of(chance: random.Random, source: str, name: str) -> dict[str, Any]:
    record: dict[str, Any] = {
        "eventVersion": "1.11",
        "userIdentity": _identity(chance),
        "eventTime": f"2026-11-27T{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}Z",
        "eventSource": source,
        "eventName": name,
        "awsRegion": chance.choice(["eu-central-1", "us-east-1"]),
        "sourceIPAddress": chance.choice(
            ["203.0.113.7", "111.222.33.4", "config.amazonaws.com", "AWS Internal", "198.51.100.23", "2001:db8::1"]
        ),
        "userAgent": "aws-cli/2.31.0 md/Botocore#1.40.0 ua/2.1 os/linux#6.8 md/arch#x86_64 lang/python#3.13",
        "requestParameters": _parameters(chance, name),
        "responseElements": None,
        "requestID": f"{chance.getrandbits(128):032x}",
        "eventID": f"{chance.getrandbits(128):032x}",
        "readOnly": name.startswith(("Describe", "Get", "List", "Lookup", "Head")),
        "eventType": "AwsConsoleSignIn" if source.startswith("signin") else "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT,
        "eventCategory": "Management",
        "tlsDetails": {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": source.replace("amazonaws", "eu-central-1.amazonaws"),
        },
    }
    if chance.random() < 0.05:
        record["errorCode"] = chance.choice(["AccessDenied", "Client.UnauthorizedOperation", "NoSuchEntityException"])
        record["errorMessage"] = "User is not authorized to perform this action with an explicit deny"
    if name == "ConsoleLogin":
        record["responseElements"] = {"ConsoleLogin": chance.choice(["Success", "Success", "Failure"])}
        record["additionalEventData"] = {"MFAUsed": chance.choice(["Yes", "No"]), "MobileVersion": "No"}
    elif name == "RunInstances":
        record["responseElements"] = {"instancesSet": {"items": _instances(chance, chance.randint(1, 12))}}
    return record


def _identity(chance: random.Random) -> dict[str, Any]:
    kind = chance.random()
    if kind < 0.02:
        return {"type": "Root", "principalId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "accountId": ACCOUNT}
    if kind < 0.2:
        return {"type": "AWSService", "invokedBy": "config.amazonaws.com"}
    if kind < 0.4:
        user = chance.choice(["anna", "john", "deploy"])
        arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
        return {"type": "IAMUser", "arn": arn, "accountId": ACCOUNT, "accessKeyId": "AKIAEXAMPLE", "userName": user}
    role = chance.choice(["Admin", "ReadOnly", "elevated-security-role", "AWSServiceRoleForConfig"])
    return {
        "type": "AssumedRole",
        "principalId": "AROAEXAMPLE:session",
        "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/session",
        "accountId": ACCOUNT,
        "accessKeyId": "ASIAEXAMPLE",
        "sessionContext": {
            "sessionIssuer": {
                "type": "Role",
                "principalId": "AROAEXAMPLE",
                "arn": f"arn:aws:iam::{ACCOUNT}:role/{role}",
                "accountId": ACCOUNT,
                "userName": role,
            },
            "attributes": {"creationDate": "2026-11-27T07:00:00Z", "mfaAuthenticated": "false"},
        },
    }


def _instances(chance: random.Random, number: int) -> list[dict[str, Any]]:
    kind = chance.choice(["t3.micro", "m7i.xlarge", "m7i.8xlarge", "c7g.metal"])
    return [{"instanceId": f"i-{chance.getrandbits(68):017x}", "instanceType": kind} for _one in range(number)]


def _parameters(chance: random.Random, name: str) -> dict[str, Any] | None:
    if "Instances" in name:
        return {"instancesSet": {"items": _instances(chance, chance.randint(1, 12))}, "filterSet": {}}
    if "Volume" in name:
        return {"volumeId": f"vol-{chance.getrandbits(68):017x}", "force": chance.random() < 0.5}
    if name.startswith("AssumeRole"):
        role = chance.choice(["Admin", "elevated-security-role"])
        return {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/{role}", "roleSessionName": "session", "durationSeconds": 3600}
    if name.startswith("List"):
        return None
    return {"bucketName": "acme-logs", "Host": "acme-logs.s3.eu-central-1.amazonaws.com", "acl": "", "maxResults": 50}
