# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of CloudTrail's records: which properties are always there, of which type, with which values."""

from __future__ import annotations

from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.nodes import Selector


def selector_of(path: str) -> Selector:
    """The selector of a path with dots."""
    return Selector(tuple(path.split(".")))


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _selectors(text: str) -> frozenset[Selector]:
    return frozenset(map(selector_of, text.split()))


EVENT_NAME = selector_of("eventName")
EVENT_SOURCE = selector_of("eventSource")
SOURCE_ADDRESS = selector_of("sourceIPAddress")
ALWAYS_THERE = _selectors(
    "eventName eventSource eventTime eventVersion eventID eventType awsRegion sourceIPAddress userIdentity.type "
    "recipientAccountId"
)
TEXTS = ALWAYS_THERE | _selectors(
    "errorCode errorMessage userAgent requestID userIdentity.arn userIdentity.accountId userIdentity.principalId "
    "userIdentity.userName userIdentity.accessKeyId userIdentity.invokedBy apiVersion sharedEventID vpcEndpointId "
    "userIdentity.sessionContext.attributes.mfaAuthenticated userIdentity.sessionContext.sessionIssuer.arn "
    "userIdentity.sessionContext.sessionIssuer.accountId additionalEventData.MFAUsed "
    "responseElements.ConsoleLogin"
)
BOOLEANS = _selectors("readOnly managementEvent")
VALUES: dict[Selector, frozenset[str]] = {
    selector_of("userIdentity.type"): _words(
        "Root IAMUser AssumedRole Role FederatedUser Directory AWSAccount AWSService IdentityCenterUser Unknown "
        "SAMLUser WebIdentityUser"
    ),
    selector_of("eventType"): _words(
        "AwsApiCall AwsServiceEvent AWSServiceEvent AwsConsoleAction AwsConsoleSignIn AwsCloudTrailInsight AwsVpceEvent"
    ),
    selector_of("responseElements.ConsoleLogin"): frozenset(["Success", "Failure"]),
    selector_of("additionalEventData.MFAUsed"): frozenset(["Yes", "No", "YES", "NO"]),
    selector_of("userIdentity.sessionContext.attributes.mfaAuthenticated"): frozenset(["true", "false"]),
}
"""All values that a property takes."""

SPELLINGS: dict[Selector, frozenset[str]] = {
    selector_of("errorMessage"): frozenset(["Failed authentication", "No username found in supplied account"]),
    selector_of("errorCode"): _words(
        "AccessDenied AccessDeniedException UnauthorizedOperation Client.UnauthorizedOperation"
    ),
    EVENT_NAME: _words(
        "ConsoleLogin SwitchRole AssumeRole CheckMfa CreateVpc DeleteVpc ModifyVpcAttribute CreateVpcPeeringConnection "
        "AcceptVpcPeeringConnection DeleteVpcPeeringConnection RejectVpcPeeringConnection CreateNetworkAcl "
        "DeleteNetworkAcl CreateNetworkAclEntry DeleteNetworkAclEntry ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation CreateRoute DeleteRoute ReplaceRoute CreateRouteTable DeleteRouteTable "
        "AssociateRouteTable DisassociateRouteTable ReplaceRouteTableAssociation AuthorizeSecurityGroupIngress "
        "AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress RevokeSecurityGroupEgress CreateSecurityGroup "
        "DeleteSecurityGroup ModifySecurityGroupRules RunInstances StartInstances StopInstances RebootInstances "
        "TerminateInstances CreateFlowLogs DeleteFlowLogs AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway AttachVpnGateway CreateVpnGateway DeleteVpnGateway "
        "DetachVpnGateway CreateCustomerGateway DeleteCustomerGateway CreateNatGateway DeleteNatGateway CreateTrail "
        "UpdateTrail DeleteTrail StartLogging StopLogging PutEventSelectors DisableKey ScheduleKeyDeletion "
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication StopConfigurationRecorder "
        "DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder DeleteConfigurationRecorder "
        "CreateVirtualMFADevice DeactivateMFADevice EnableMFADevice CreateAccessKey DeleteAccessKey UpdateAccessKey "
        "CreateUser DeleteUser CreateLoginProfile UpdateLoginProfile DeleteLoginProfile ChangePassword CreatePolicy "
        "DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy AttachUserPolicy "
        "DetachUserPolicy AttachGroupPolicy DetachGroupPolicy PutGroupPolicy PutRolePolicy PutUserPolicy "
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy EnableAWSServiceAccess DisableAWSServiceAccess"
    ),
}
"""Some values that a property takes, to tell misspellings from."""

OF_ONE_SERVICE = _words("ConsoleLogin SwitchRole ExitRole RenewRole CheckMfa")
"""Events that one service has, in the console, whatever source CloudTrail names."""
