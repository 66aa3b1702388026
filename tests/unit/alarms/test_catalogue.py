# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shipped catalogue: complete, well formed, routed as agreed, accepted by what judges CIS alarms."""

from __future__ import annotations

import re
import typing as t

import botocore.session
import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import SEVERITIES
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import parse, validate

from .conftest import TOPICS, Compose

Entries = list[dict[str, t.Any]]

IE, DE, IS, DS = "infosec_email", "devops_email", "infosec_sms", "devops_sms"

# Acceptance ids R16-01 to R16-23: suffix, metric, period, threshold, who is told. Corrected: R16-06 has the period of
# its text (T-15), R16-18 a threshold above noise (T-21), R16-23 somebody to tell (T-16).
ASKED = {
    "rds-change": ("RDSChanges", "RDSChangesEventCount", 300, 1, {IE}),
    "iam-change": ("CloudtrailIAMChanges", "IAMEventCount", 300, 1, {IE}),
    "srt-instance": ("SRTInstances", "SRTInstancesEventCount", 300, 1, {DE}),
    "large-instance": ("LargeInstance", "LargeInstanceEventCount", 300, 1, {DE}),
    "massive-operations": ("MassiveOperations", "MassiveOptEventCount", 300, 10, {DS, IS, IE}),
    "massive-terminations": ("MassiveTermination", "MassiveTerminationEventCount", 300, 10, {IS, IE, DS}),
    "detach-force-ebs": ("EBSForceDetach", "VolumeForceDetachEventCount", 300, 1, {DE}),
    "change-critical-ebs": ("EBSChange", "EBSEventCount", 300, 1, {IS, IE, DS}),
    "change-secgroup": ("SecurityGroupChange", "SecurityGroupChangeEventCount", 300, 1, {IE}),
    "create-delete-secgroup": ("SecurityGroupCreateDel", "SecurityGroupCreateDelEventCount", 300, 1, {IE}),
    "secgroup-instance": ("InstanceSecGroupChange", "InstanceSecGroupChangeEventCount", 300, 1, {IE}),
    "route-change": ("RouteTableChange", "RouteTableEventCount", 300, 1, {IE, DE}),
    "create-delete-vpc": ("VPCCreateDel", "VPCCreateDelEventCount", 300, 1, {IE, DE}),
    "netacl-change": ("NetworkACLChange", "NetworkACLEventCount", 300, 1, {IE, DE}),
    "cloudtrail-change": ("CloudtrailChange", "CloudtrailEventCount", 300, 1, {IS, IE}),
    "cloudformation-change": ("CloudFormationChange", "CloudFormationEventCount", 300, 1, {DE, IE}),
    "root-access": ("RootAccess", "RootAccessEventCount", 300, 1, {IS, IE}),
    "unauthorised": ("UnauthorisedCallAccess", "UnauthorisedAccess-CallEventCount", 300, 5, {IE}),
    "igw-change": ("InternetGWVPN", "IGW-VPNEventCount", 300, 1, {IS, IE, DS}),
    "vpc-flow-logs": ("VPCTrafficFlowCreateDel", "VPCTrafficFlowEventCount", 300, 1, {IE}),
    "critical-instance": ("CriticalInstanceOne", "CriticalOneEventCount", 300, 1, {IE, DE}),
    "eip-change": ("ElasticIPChange", "ElasticIPEventCount", 300, 1, {IE, DE}),
    "net-access": ("NetworkIPAccess", "NetworkIPAccessEventCount", 300, 1, {IE}),
    # S000-21 to S000-23
    "iam-user-change": ("iam_user_changes", "IAMPolicyEventCount", 300, 1, {IE}),
}

# Acceptance id R18-02, by the control's number in CIS 1.4; 4.15 came after it.
ROUTED = {
    "4.1": {IE},
    "4.2": {IE},
    "4.3": {IS, IE},
    "4.4": {IE},
    "4.5": {IS, IE},
    "4.6": {IS, IE},
    "4.7": {IS, IE},
    "4.8": {IS, IE},
    "4.9": {IS, IE},
    "4.10": {IE},
    "4.11": {IE, DE},
    "4.12": {IS, IE, DS},
    "4.13": {IE, DE},
    "4.14": {IE, DE},
    "4.15": {IE},
}


def name(event: str) -> str:
    return rf"(?=.*\$\.eventName\s*=\s*.?{event}\b)"


def names(events: str, source: str = "") -> str:
    """As the scanner has it: every event name in any order, and the source where it asks for one."""
    where = rf"(?=.*\$\.eventSource\s*=\s*.?{source}\.amazonaws\.com)" if source else ""
    return where + "".join(map(name, events.split()))


SCANNER = {
    "4.1": r"\$\.errorCode\s*=\s*.?\*UnauthorizedOperation.+\$\.errorCode\s*=\s*.?AccessDenied\*.?",
    "4.2": name("ConsoleLogin") + r"(?=.*\$\.additionalEventData\.MFAUsed\s*!=\s*.?Yes)",
    "4.3": (
        r"\$\.userIdentity\.type\s*=\s*.?Root.+\$\.userIdentity\.invokedBy NOT EXISTS.+"
        r"\$\.eventType\s*!=\s*.?AwsServiceEvent.?"
    ),
    "4.4": names(
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy PutUserPolicy CreatePolicy "
        "DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy "
        "DetachUserPolicy AttachGroupPolicy DetachGroupPolicy"
    ),
    "4.5": names("CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"),
    "4.6": name("ConsoleLogin") + r"(?=.*\$\.errorMessage\s*=\s*.?Failed\ authentication)",
    "4.7": names("DisableKey ScheduleKeyDeletion", "kms"),
    "4.8": names(
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
        "s3",
    ),
    "4.9": names(
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder", "config"
    ),
    "4.10": names(
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup"
    ),
    "4.11": names(
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation"
    ),
    "4.12": names(
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway"
    ),
    "4.13": names(
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable DeleteRoute "
        "DisassociateRouteTable",
        "ec2",
    ),
    "4.14": names(
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection AttachClassicLinkVpc DetachClassicLinkVpc "
        "DisableVpcClassicLink EnableVpcClassicLink"
    ),
    "4.15": names(
        "AcceptHandshake AttachPolicy CancelHandshake CreateAccount CreateOrganization CreateOrganizationalUnit "
        "CreatePolicy DeclineHandshake DeleteOrganization DeleteOrganizationalUnit DeletePolicy EnableAllFeatures "
        "EnablePolicyType InviteAccountToOrganization LeaveOrganization DetachPolicy DisablePolicyType MoveAccount "
        "RemoveAccountFromOrganization UpdateOrganizationalUnit UpdatePolicy",
        "organizations",
    ),
}

# What Security Hub compares with: CloudWatch.n -> CIS control, source it asks for, events.
SECURITY_HUB_EVENTS = {
    "CloudWatch.4": ("4.4", "iam"),
    "CloudWatch.5": ("4.5", ""),
    "CloudWatch.7": ("4.7", "kms"),
    "CloudWatch.8": ("4.8", "s3"),
    "CloudWatch.9": ("4.9", "config"),
    "CloudWatch.10": ("4.10", ""),
    "CloudWatch.11": ("4.11", ""),
    "CloudWatch.12": ("4.12", ""),
    "CloudWatch.13": ("4.13", "ec2"),
    "CloudWatch.14": ("4.14", ""),
}
SECURITY_HUB_TEXTS = {
    "CloudWatch.1": (
        '{$.userIdentity.type="Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType !="AwsServiceEvent"}'
    ),
    "CloudWatch.2": '{($.errorCode="*UnauthorizedOperation") || ($.errorCode="AccessDenied*")}',
    "CloudWatch.3": (
        '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") && '
        '($.userIdentity.type = "IAMUser") && ($.responseElements.ConsoleLogin = "Success") }'
    ),
    "CloudWatch.6": '{($.eventName=ConsoleLogin) && ($.errorMessage="Failed authentication")}',
}
for control, (cis, source) in SECURITY_HUB_EVENTS.items():
    events = " || ".join(f"($.eventName={event})" for event in re.findall(r"=\\s\*\.\?(\w+)\\b", SCANNER[cis]))
    SECURITY_HUB_TEXTS[control] = (
        f"{{($.eventSource={source}.amazonaws.com) && ({events})}}" if source else f"{{{events}}}"
    )


def test_entries_are_complete(catalogue: Entries) -> None:
    required = {"id", "suffix", "metric", "title", "why", "runbook", "references", "severity", "notify", "period"}
    required |= {"threshold", "detection"}
    for entry in catalogue:
        assert required <= set(entry), entry["id"]
        assert set(entry) - required <= {"cis", "comparison_operator", "cis_evidence"}, entry["id"]
        assert re.fullmatch(r"[a-z0-9-]+", entry["id"])
        assert entry["severity"] in SEVERITIES
        assert set(entry["notify"]) <= set(TOPICS) - {"evidence"}
        assert entry["period"] in (60, 300)
        assert entry["runbook"].count(".") >= 1
        for item in entry["detection"]:
            assert set(item) <= {"pattern", "metric_value", "each", "conditions", "accepted_findings"}
    for field in ("id", "suffix", "metric"):
        values = [entry[field] for entry in catalogue]
        assert len(values) == len(set(values)), field


def test_what_was_asked_for_is_there(catalogue: Entries) -> None:
    shipped = {
        entry["id"]: (entry["suffix"], entry["metric"], entry["period"], entry["threshold"], set(entry["notify"]))
        for entry in catalogue
        if entry["id"] in ASKED
    }
    assert shipped == ASKED
    assert {"switch-elevated-role", "console-auth-failure", "console-mfa-failure"} <= {e["id"] for e in catalogue}


def test_more_than_ten_means_eleven(catalogue: Entries) -> None:
    strict = {entry["id"] for entry in catalogue if entry.get("comparison_operator") == "GreaterThanThreshold"}
    assert strict == {"massive-operations", "massive-terminations"}


def test_each_cis_control_has_one_alarm_with_its_route(catalogue: Entries) -> None:
    claims = [(control, set(entry["notify"])) for entry in catalogue for control in entry.get("cis", [])]
    assert len(claims) == len(ROUTED)
    assert dict(claims) == ROUTED


@pytest.mark.parametrize("control", SCANNER)
def test_the_scanner_accepts_what_people_are_told_by(control: str, catalogue: Entries) -> None:
    entry = next(entry for entry in catalogue if control in entry.get("cis", []))
    assert any(re.search(SCANNER[control], item["pattern"], re.DOTALL) for item in entry["detection"])


def test_security_hub_finds_its_text(catalogue: Entries) -> None:
    evidence = [(entry["cis"], entry["cis_evidence"]) for entry in catalogue if "cis_evidence" in entry]
    assert {one["security_hub"]: one["pattern"] for _, one in evidence} == SECURITY_HUB_TEXTS
    for cis, one in evidence:
        assert [one["control"]] == cis
        assert re.search(SCANNER[one["control"]], one["pattern"], re.DOTALL)


def test_every_rendered_pattern_is_valid(composed: Compose) -> None:
    plan = composed(cis_evidence=True)
    for item in plan["filters"]:
        validate(item["pattern"])
        assert "<" not in item["pattern"]
        assert item["default_value"] == 0
    assert plan["left_out"] == []


def test_alarms_are_never_without_data_or_somebody_to_tell(composed: Compose) -> None:
    plan = composed(cis_evidence=True)
    metrics = {(item["metric_namespace"], item["metric_name"]) for item in plan["filters"]}
    for alarm in plan["alarms"]:
        assert (alarm["namespace"], alarm["metric_name"]) in metrics
        assert (alarm["statistic"], alarm["evaluation_periods"]) == ("Sum", 1)
        assert alarm["treat_missing_data"] == "notBreaching"
        assert alarm["alarm_actions"]
        assert len(alarm["alarm_description"]) <= 1024
    assert len(metrics) == len(plan["alarms"])


@pytest.mark.parametrize(
    ("alarm_id", "service", "reading"),
    [
        ("iam-change", "iam", ("Get", "List", "Generate", "Simulate")),
        ("org-change", "organizations", ("Describe", "List")),
    ],
)
def test_every_write_is_in_one_of_two_patterns(
    catalogue: Entries, alarm_id: str, service: str, reading: tuple[str, ...]
) -> None:
    """All operations that botocore knows: the calls that scanners look for in one pattern, others in the other."""
    detection = next(entry["detection"] for entry in catalogue if entry["id"] == alarm_id)
    patterns = [parse(item["pattern"]) for item in detection]
    model = botocore.session.get_session().get_service_model(service)
    assert len(model.operation_names) > 50
    for name in model.operation_names:
        record = {"eventSource": f"{service}.amazonaws.com", "eventName": name}
        matching = sum(pattern.matches(record) for pattern in patterns)
        assert matching == (0 if name.startswith(reading) else 1), name


def test_traps_are_not_fallen_into(composed: Compose) -> None:
    by_name: dict[str, str] = {}
    for item in composed()["filters"]:
        suffix = re.sub(r"-\d+$", "", item["name"].removeprefix("acme--"))
        by_name[suffix] = by_name.get(suffix, "") + item["pattern"]
    expected = {
        "RouteTableChange": ["CreateRoute", "ReplaceRoute", "DeleteRoute", "AssociateRouteTable"],  # T-20
        "ElasticIPChange": ["AllocateAddress"],
        "InternetGWVPN": ["*CustomerGateway".strip("*"), "*NatGateway", "*TransitGateway*"],
        "CriticalInstanceOne": ["instancesSet.items[*].instanceId"],  # T-17
        "SRTInstances": ["StartInstances", "StopInstances"],  # T-18
        "LargeInstance": ["*xlarge", "*.metal*"],  # T-19
        "SwitchElevatedRole": ["SwitchRole", "AssumeRole*"],  # T-07
    }
    for suffix, parts in expected.items():
        assert [part for part in parts if part not in by_name[suffix]] == [], suffix
    for suffix, pattern in by_name.items():
        values = re.findall(r'"([^"]*)"', pattern)
        assert [value for value in values if "*" in value[1:-1]] == [], suffix
