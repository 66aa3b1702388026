# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""GuardDuty's findings: samples, the events they become, where they are archived, and lists of addresses.

https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings.html
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ..errors import AwsError
from ..faults import OPT_IN_REGIONS
from ..registry import Scope, page, random_hex
from . import contexts, delivery, events, s3
from .guardduty import PRINCIPAL, Params, State, administrator_of, bad_request, find_detector, iso, service

#: Findings that samples can be made of, with their severity.
FINDING_TYPES: dict[str, float] = {
    "Backdoor:EC2/C&CActivity.B!DNS": 8.0,
    "CryptoCurrency:EC2/BitcoinTool.B!DNS": 8.0,
    "Impact:EC2/PortSweep": 5.0,
    "Policy:IAMUser/RootCredentialUsage": 2.0,
    "Policy:S3/BucketAnonymousAccessGranted": 8.0,
    "Recon:EC2/PortProbeUnprotectedPort": 2.0,
    "Recon:IAMUser/MaliciousIPCaller.Custom": 5.0,
    "Stealth:IAMUser/CloudTrailLoggingDisabled": 2.0,
    "UnauthorizedAccess:EC2/MaliciousIPCaller.Custom": 5.0,
    "UnauthorizedAccess:IAMUser/ConsoleLoginSuccess.B": 5.0,
    "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS": 8.0,
}
_MOST_THREAT_LISTS = 6
_DESTINATION_ARN = re.compile(r"arn:aws[a-z-]*:s3:::(?P<bucket>[a-z0-9.-]{3,63})(?P<folder>/.*)?")
_KEY_ARN = re.compile(r"arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key/[\w-]+")


def _page(items: list[Any], params: Params) -> tuple[list[Any], str | None]:
    return page(items, params, token="NextToken", error="BadRequestException", limit="MaxResults", default=50)


def _principal(scope: Scope) -> str:
    """GuardDuty's name in the region: where accounts have to opt in, it has one of its own."""
    return f"guardduty.{scope.region}.amazonaws.com" if scope.region in OPT_IN_REGIONS else PRINCIPAL


# --- where findings are archived ------------------------------------------------------------------------------------


@service.operation("CreatePublishingDestination")
def create_publishing_destination(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    kind = params["DestinationType"]
    if any(one["DestinationType"] == kind for one in state.destinations.values()):
        raise bad_request(f"the detector already has a publishing destination of type {kind}.")
    properties = params["DestinationProperties"]
    _check_destination(properties, params["DetectorId"], scope)
    identifier = random_hex(32)
    state.destinations[identifier] = {
        "DestinationId": identifier,
        "DestinationType": kind,
        "Status": "PENDING_VERIFICATION",
        "PublishingFailureStartTimestamp": 0,
        "DestinationProperties": properties,
        "Tags": params.get("Tags", {}),
    }
    return {"DestinationId": identifier}


def _check_destination(properties: Params, detector: str, scope: Scope) -> None:
    """Refuse a destination that GuardDuty may not write to with the key (Exporting findings)."""
    destination = _DESTINATION_ARN.fullmatch(properties.get("DestinationArn", ""))
    if destination is None or not _KEY_ARN.fullmatch(properties.get("KmsKeyArn", "")):
        raise bad_request("an invalid or out-of-range value is specified as an input parameter.")
    if not _is_writable(properties, detector, scope):
        raise bad_request(
            "GuardDuty does not have the required permissions for the S3 bucket or the KMS key of the publishing "
            "destination."
        )


def _is_writable(properties: Params, detector: str, scope: Scope) -> bool:
    destination = _DESTINATION_ARN.fullmatch(properties["DestinationArn"])
    assert destination is not None
    bucket = s3.find_bucket(destination["bucket"])
    key = delivery.find_key(properties["KmsKeyArn"], scope)
    if bucket is None or key is None or key.key_state not in delivery.USABLE_KEY_STATES:
        return False
    if key.region != bucket.region_name or not _may_go_to(bucket.region_name, scope):
        return False
    principal = _principal(scope)
    context = contexts.of_service(scope, scope.arn("guardduty", f"detector/{detector}"))
    encrypted = {
        "s3:x-amz-server-side-encryption": "aws:kms",
        "s3:x-amz-server-side-encryption-aws-kms-key-id": key.arn,
    }
    folder = destination["folder"] or f"/AWSLogs/{scope.account}/GuardDuty/{scope.region}/"
    sample = f"{bucket.arn}{folder.rstrip('/')}/findings.jsonl.gz"
    return (
        delivery.bucket_allows(bucket, principal, "s3:GetBucketLocation", bucket.arn, context)
        and delivery.bucket_allows(bucket, principal, "s3:PutObject", sample, context | encrypted)
        and delivery.key_allows(key, principal, ("kms:GenerateDataKey",), context)
    )


def _may_go_to(region: str, scope: Scope) -> bool:
    """Whether findings may leave their region for that one: never for one that accounts have to opt into."""
    return region == scope.region or region not in OPT_IN_REGIONS


def _destination(params: Params, state: State) -> Params:
    find_detector(params, state)
    if params["DestinationId"] not in state.destinations:
        raise bad_request("the input destinationId is not owned by the current account.")
    return state.destinations[params["DestinationId"]]


@service.operation("DescribePublishingDestination")
def describe_publishing_destination(params: Params, scope: Scope, state: State) -> Params:
    """The destination; GuardDuty looks whether it can write, so that the next answer tells what it found."""
    destination = _destination(params, state)
    answer = dict(destination)
    _verify(destination, params["DetectorId"], scope)
    return answer


def _verify(destination: Params, detector: str, scope: Scope) -> None:
    writable = _is_writable(destination["DestinationProperties"], detector, scope)
    destination["Status"] = "PUBLISHING" if writable else "UNABLE_TO_PUBLISH_FIX_DESTINATION_PROPERTY"


@service.operation("ListPublishingDestinations")
def list_publishing_destinations(params: Params, scope: Scope, state: State) -> Params:
    detector = find_detector(params, state).identifier
    names = ("DestinationId", "DestinationType", "Status")
    rows = [{name: one[name] for name in names} for one in state.destinations.values()]
    chosen, token = _page(rows, params)
    for destination in state.destinations.values():
        _verify(destination, detector, scope)
    return {"Destinations": chosen, "NextToken": token}


@service.operation("UpdatePublishingDestination")
def update_publishing_destination(params: Params, scope: Scope, state: State) -> None:
    destination = _destination(params, state)
    properties = destination["DestinationProperties"] | params.get("DestinationProperties", {})
    _check_destination(properties, params["DetectorId"], scope)
    destination |= {"DestinationProperties": properties, "Status": "PENDING_VERIFICATION"}


@service.operation("DeletePublishingDestination")
def delete_publishing_destination(params: Params, scope: Scope, state: State) -> None:
    del state.destinations[_destination(params, state)["DestinationId"]]


# --- lists of addresses ---------------------------------------------------------------------------------------------


def _lists(kind: str, state: State) -> dict[str, Params]:
    return {identifier: one for identifier, one in state.lists.items() if one["Kind"] == kind}


def _check_location(location: str) -> None:
    """Refuse a list that is not there (Working with trusted IP lists and threat lists)."""
    parts = urlsplit(location)
    path = parts.path.lstrip("/")
    if parts.scheme == "s3":
        name, key = parts.netloc, path
    elif re.fullmatch(r"s3[.-][a-z0-9.-]*amazonaws\.com(\.cn)?", parts.netloc):
        name, _, key = path.partition("/")
    else:
        name, key = re.split(r"\.s3[.-]", parts.netloc)[0], path
    bucket = s3.find_bucket(name)
    if parts.scheme not in ("s3", "https") or bucket is None or key not in bucket.keys:
        raise bad_request("the parameter location has an invalid value.")


def _check_may_manage(scope: Scope) -> None:
    if administrator_of(scope) is not None:
        raise bad_request("member accounts cannot manage IPSets or ThreatIntelSets.")


def _check_room(kind: str, others: list[Params]) -> None:
    """Refuse more lists than a detector may have in use (quotas of GuardDuty)."""
    most = 1 if kind == "IPSet" else _MOST_THREAT_LISTS
    if sum(one["Status"] == "ACTIVE" for one in others) >= most:
        raise bad_request(f"the current account already has {most} active lists of the kind {kind}.")


def _create(kind: str, params: Params, scope: Scope, state: State) -> str:
    find_detector(params, state)
    _check_may_manage(scope)
    others = list(_lists(kind, state).values())
    if any(one["Name"] == params["Name"] for one in others):
        raise bad_request(f"a list with the name {params['Name']} already exists.")
    if not re.fullmatch(r"[A-Za-z0-9 _-]{1,300}", params["Name"]):
        raise bad_request("the parameter name has an invalid value.")
    _check_location(params["Location"])
    if params["Activate"]:
        _check_room(kind, others)
    identifier = random_hex(32)
    names = ("Name", "Format", "Location", "ExpectedBucketOwner")
    state.lists[identifier] = {
        "Kind": kind,
        "Status": "ACTIVE" if params["Activate"] else "INACTIVE",
        "Tags": dict(params.get("Tags", {})),
        **{name: params[name] for name in names if name in params},
    }
    return identifier


def _list(kind: str, params: Params, state: State) -> Params:
    find_detector(params, state)
    found = _lists(kind, state).get(params["IpSetId" if kind == "IPSet" else "ThreatIntelSetId"])
    if found is None:
        raise bad_request("the input list is not owned by the current account.")
    return found


def _update(kind: str, params: Params, scope: Scope, state: State) -> None:
    found = _list(kind, params, state)
    _check_may_manage(scope)
    _check_location(params.get("Location", found["Location"]))
    activate = params.get("Activate", found["Status"] == "ACTIVE")
    if activate:
        _check_room(kind, [one for one in _lists(kind, state).values() if one is not found])
    found |= {name: params[name] for name in ("Name", "Location", "ExpectedBucketOwner") if name in params}
    found["Status"] = "ACTIVE" if activate else "INACTIVE"


def _delete(kind: str, params: Params, scope: Scope, state: State) -> None:
    found = _list(kind, params, state)
    _check_may_manage(scope)
    state.lists = {identifier: one for identifier, one in state.lists.items() if one is not found}


def _list_ids(kind: str, params: Params, scope: Scope, state: State) -> tuple[list[str], str | None]:
    """Ids of the account's lists; a member is told those of its administrator."""
    find_detector(params, state)
    found = administrator_of(scope)
    if found is not None:
        state = service.state(scope.at(account=found[0]))
    return _page(list(_lists(kind, state)), params)


def _readable(kind: str, params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    found = administrator_of(scope)
    if found is None:
        return _list(kind, params, state)
    theirs: State = service.state(scope.at(account=found[0]))
    return _list(kind, params | {"DetectorId": next(iter(theirs.detectors))}, theirs)


@service.operation("CreateIPSet")
def create_ip_set(params: Params, scope: Scope, state: State) -> Params:
    return {"IpSetId": _create("IPSet", params, scope, state)}


@service.operation("GetIPSet")
def get_ip_set(params: Params, scope: Scope, state: State) -> Params:
    return _readable("IPSet", params, scope, state)


@service.operation("ListIPSets")
def list_ip_sets(params: Params, scope: Scope, state: State) -> Params:
    chosen, token = _list_ids("IPSet", params, scope, state)
    return {"IpSetIds": chosen, "NextToken": token}


@service.operation("UpdateIPSet")
def update_ip_set(params: Params, scope: Scope, state: State) -> None:
    _update("IPSet", params, scope, state)


@service.operation("DeleteIPSet")
def delete_ip_set(params: Params, scope: Scope, state: State) -> None:
    _delete("IPSet", params, scope, state)


@service.operation("CreateThreatIntelSet")
def create_threat_intel_set(params: Params, scope: Scope, state: State) -> Params:
    return {"ThreatIntelSetId": _create("ThreatIntelSet", params, scope, state)}


@service.operation("GetThreatIntelSet")
def get_threat_intel_set(params: Params, scope: Scope, state: State) -> Params:
    return _readable("ThreatIntelSet", params, scope, state)


@service.operation("ListThreatIntelSets")
def list_threat_intel_sets(params: Params, scope: Scope, state: State) -> Params:
    chosen, token = _list_ids("ThreatIntelSet", params, scope, state)
    return {"ThreatIntelSetIds": chosen, "NextToken": token}


@service.operation("UpdateThreatIntelSet")
def update_threat_intel_set(params: Params, scope: Scope, state: State) -> None:
    _update("ThreatIntelSet", params, scope, state)


@service.operation("DeleteThreatIntelSet")
def delete_threat_intel_set(params: Params, scope: Scope, state: State) -> None:
    _delete("ThreatIntelSet", params, scope, state)


# --- findings -------------------------------------------------------------------------------------------------------


@service.operation("CreateSampleFindings")
def create_sample_findings(params: Params, scope: Scope, state: State) -> None:
    """Samples of the types, of all when none is named. Each becomes an event, here and with the administrator."""
    detector = find_detector(params, state)
    if not detector.enabled:
        raise bad_request("the detector is suspended.")
    types = params.get("FindingTypes") or list(FINDING_TYPES)
    unknown = [one for one in types if one not in FINDING_TYPES]
    if unknown:
        raise bad_request(f"the finding types {', '.join(unknown)} are invalid.")
    found = administrator_of(scope)
    places = [scope, *([scope.at(account=found[0])] if found else [])]
    for kind in types:
        finding = _sample(kind, detector.identifier, scope)
        for place in places:
            service.state(place).findings[finding["Id"]] = finding
            detail = _in_event_case(finding)
            events.emit(place, {"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": detail})


def _sample(kind: str, detector: str, scope: Scope) -> Params:
    identifier = random_hex(32)
    now = iso(datetime.now(UTC))
    return {
        "SchemaVersion": "2.0",
        "AccountId": scope.account,
        "Region": scope.region,
        "Partition": scope.partition,
        "Id": identifier,
        "Arn": scope.arn("guardduty", f"detector/{detector}/finding/{identifier}"),
        "Type": kind,
        "Severity": FINDING_TYPES[kind],
        "Title": f"[SAMPLE] {kind}",
        "Description": "A sample, made to see where findings go.",
        "CreatedAt": now,
        "UpdatedAt": now,
        "Resource": {"ResourceType": "AccessKey" if ":IAMUser/" in kind else "Instance"},
        "Service": {
            "ServiceName": "guardduty",
            "DetectorId": detector,
            "Archived": False,
            "Count": 1,
            "EventFirstSeen": now,
            "EventLastSeen": now,
            "AdditionalInfo": {"Value": '{"sample":true}', "Type": "default"},
        },
    }


def _in_event_case(value: Any) -> Any:
    """As events spell it: names begin with a small letter."""
    if isinstance(value, dict):
        return {f"{key[0].lower()}{key[1:]}": _in_event_case(item) for key, item in value.items()}
    return value


def _matches(finding: Params, criteria: dict[str, Params]) -> bool:
    """Whether a finding meets all criteria; the emulator knows those of the finding itself, and equality."""
    values = {"id": "Id", "type": "Type", "severity": "Severity", "accountId": "AccountId", "region": "Region"}
    for name, condition in criteria.items():
        if name not in values:
            raise bad_request(f"the criterion {name} is not valid.")
        value = finding[values[name]]
        wanted = condition.get("Equals") or condition.get("Eq")
        least = condition.get("GreaterThanOrEqual", condition.get("Gte"))
        if wanted is not None and str(value) not in wanted:
            return False
        if least is not None and float(value) < float(least):
            return False
    return True


@service.operation("ListFindings")
def list_findings(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    criteria = params.get("FindingCriteria", {}).get("Criterion", {})
    found = [identifier for identifier, one in state.findings.items() if _matches(one, criteria)]
    chosen, token = _page(found, params)
    return {"FindingIds": chosen, "NextToken": token}


@service.operation("GetFindings")
def get_findings(params: Params, scope: Scope, state: State) -> Params:
    find_detector(params, state)
    unknown = [one for one in params["FindingIds"] if one not in state.findings]
    if unknown:
        raise AwsError("BadRequestException", "The request is rejected because a finding does not exist.")
    return {"Findings": [state.findings[one] for one in params["FindingIds"]]}
