# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes are told apart for every operation."""

from __future__ import annotations

import botocore.session
import pytest

from tests.emulator.calls import access

#: First words of operations that change something; every operation of the services below has one, or is a read.
WRITE_WORDS = (
    "Create", "Put", "Update", "Delete", "Set", "Start", "Stop", "Enable", "Disable", "Tag", "Untag", "Add", "Remove",
    "Attach", "Detach", "Schedule", "Cancel", "Associate", "Disassociate", "Subscribe", "Unsubscribe", "Confirm",
    "Publish", "Register", "Deregister", "Upload", "Restore", "Import", "Connect", "Disconnect", "Replicate", "Revoke",
    "Retire", "Rotate", "Synchronize", "Deliver", "Opt", "Send", "Receive", "Change", "Purge", "Accept", "Decline",
    "Archive", "Unarchive", "Invite", "Reset", "Resync", "Deactivate", "Copy", "Write", "Abort", "Complete",
    "Rename", "Move", "Reject", "Delegate", "Acquire", "Close", "Leave", "Terminate", "Dissociate", "Submit",
)  # fmt: skip


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("s3:HeadBucket", "read"),
        ("s3:GetBucketPolicy", "read"),
        ("s3:PutBucketPolicy", "write"),
        ("config:SelectResourceConfig", "read"),
        ("config:BatchGetResourceConfig", "read"),
        ("config:DeliverConfigSnapshot", "write"),
        ("config:StartConfigRulesEvaluation", "write"),
        ("cloudtrail:LookupEvents", "read"),
        ("logs:TestMetricFilter", "read"),
        ("logs:FilterLogEvents", "read"),
        ("logs:PutMetricFilter", "write"),
        ("iam:SimulatePrincipalPolicy", "read"),
        ("iam:GenerateCredentialReport", "read"),
        ("iam:GenerateServiceLastAccessedDetails", "read"),
        ("iam:ChangePassword", "write"),
        ("sts:AssumeRole", "read"),
        ("sts:DecodeAuthorizationMessage", "read"),
        ("kms:GenerateDataKey", "read"),
        ("kms:ReplicateKey", "write"),
        ("sqs:ReceiveMessage", "write"),
        ("ec2:GetEbsEncryptionByDefault", "read"),
        ("ec2:EnableEbsEncryptionByDefault", "write"),
        ("dynamodb:BatchWriteItem", "write"),
        ("sns:ListTopics", "read"),
        ("sns:CheckIfPhoneNumberIsOptedOut", "read"),
        ("guardduty:GetDetector", "read"),
        ("guardduty:InviteMembers", "write"),
        ("whatever:GET /path", "write"),
    ],
)
def test_access(action: str, expected: str) -> None:
    assert access(*action.split(":", 1)) == expected


@pytest.mark.parametrize(
    "service",
    [
        "cloudtrail",
        "cloudwatch",
        "config",
        "guardduty",
        "iam",
        "kms",
        "logs",
        "organizations",
        "s3",
        "s3control",
        "sns",
        "sqs",
        "sts",
    ],
)  # fmt: skip
def test_every_write_begins_with_a_word_that_changes_something(service: str) -> None:
    model = botocore.session.get_session().get_service_model(service)
    odd = [
        name for name in model.operation_names if access(service, name) == "write" and not name.startswith(WRITE_WORDS)
    ]
    assert odd == []
    reads = [name for name in model.operation_names if access(service, name) == "read"]
    changing = ("Create", "Put", "Update", "Delete", "Set", "Tag", "Untag", "Attach", "Detach", "Add", "Remove")
    assert [name for name in reads if name.startswith(changing) and name != "CreateSession"] == []
