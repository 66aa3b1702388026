# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must raise each alarm of the catalogue, and what looks like it and must not, as records of CloudTrail.

The stories lie in C(roles/alarms/files/stories), a file per alarm. A story names who calls (a base of
C(story_bases.yml)), the call, and what differs; here that becomes the whole record, the same one every time, with the
account, region and ids of an environment.
"""

from __future__ import annotations

import copy
import datetime
import functools
import ipaddress
import re
import typing as t
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from ansible.module_utils.common.yaml import yaml_load

FILES = Path(__file__).resolve().parents[2] / "roles" / "alarms" / "files"

ACCOUNT_ID = "111122223333"
MEMBER_ACCOUNT_ID = "444455556666"
REGION = "eu-central-1"
TIME = "2026-03-09T09:00:00Z"

_KINDS = ("raising", "near_misses")
_STORY_FIELDS = {"title", "base", "call", "record", "without", "also", "times", "within"}
_GLOBAL_SERVICES = {"iam": "us-east-1", "organizations": "us-east-1", "signin": "us-east-1"}
_READING = re.compile(r"(?:Get|List|Describe|Lookup|Head|Simulate|Generate|Estimate|Search|BatchGet|BatchDescribe)")
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_INSTANCES = re.compile(r"\$\{instances:([0-9]+)\}")
# Networks for documentation, and one that no network of an office holds when all of these are taken
_OUTSIDE = ("203.0.113.77", "198.51.100.77", "192.0.2.77", "100.24.77.7", "81.2.69.142", "45.83.12.7")
_NAMESPACE = uuid.UUID("6f0f5f0e-3c2b-5a55-9a3b-2d2a5a8f0c11")

Record = dict[str, t.Any]


class StoryError(ValueError):
    """A story that cannot be told: an unknown base or value, or a value that the environment does not give."""


@dataclass(frozen=True)
class Story:
    """Something that happened, and its record.

    times: how many such events it takes, C(within) so many seconds. also: other alarms whose patterns match the record.
    """

    alarm_id: str
    title: str
    record: Record = field(repr=False)
    also: tuple[str, ...] = ()
    times: int = 1
    within: int = 0

    def events(self) -> list[Record]:
        """The records of all the events, each with its own ids, evenly spread over the time."""
        if self.times == 1:
            return [self.record]
        start = parse_time(self.record["eventTime"])
        step = self.within / self.times
        return [self._event(number, start + datetime.timedelta(seconds=step * number)) for number in range(self.times)]

    def _event(self, number: int, time: datetime.datetime) -> Record:
        event = copy.deepcopy(self.record)
        event["eventTime"] = write_time(time)
        for name in ("eventID", "requestID"):
            if name in event:
                event[name] = str(uuid.uuid5(_NAMESPACE, f"{event[name]} {number}"))
        return event


def parse_time(text: str) -> datetime.datetime:
    """The time that CloudTrail writes as C(2026-03-09T09:00:00Z)."""
    return datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=datetime.UTC)


def write_time(time: datetime.datetime) -> str:
    """A time as CloudTrail writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def alarm_ids(folder: Path = FILES) -> list[str]:
    """The alarms that have stories."""
    return sorted(path.stem for path in (folder / "stories").glob("*.yml"))


def stories(
    alarm_id: str, environment: t.Mapping[str, t.Any] | None = None, folder: Path = FILES
) -> tuple[list[Story], list[Story]]:
    """What raises an alarm, and what must not.

    environment: the lists that the patterns are filled in with (C(critical_instance_ids) and so on, as for
    C(alarm_catalogue.compose)), and C(account_id), C(member_account_id), C(region), C(partition) and C(time).

    Raises StoryError when the alarm has no stories, or they need a value that the environment does not have.
    """
    path = folder / "stories" / f"{alarm_id}.yml"
    if not path.is_file():
        raise StoryError(f"{alarm_id!r} has no stories; known are {', '.join(alarm_ids(folder))}")
    return expand(alarm_id, _read(path), _read(folder / "story_bases.yml"), environment)


def expand(
    alarm_id: str,
    document: t.Mapping[str, t.Any],
    bases: t.Mapping[str, t.Any],
    environment: t.Mapping[str, t.Any] | None = None,
) -> tuple[list[Story], list[Story]]:
    """The stories of a document as in the files, without reading any."""
    if set(document) != set(_KINDS):
        raise StoryError(f"the stories of {alarm_id} need {' and '.join(_KINDS)}, and nothing else")
    values = _values(environment or {})
    raising, near_misses = (
        [
            _story(alarm_id, f"{alarm_id}/{kind}/{number}", fields, bases, values)
            for number, fields in enumerate(document[kind])
        ]
        for kind in _KINDS
    )
    return raising, near_misses


@functools.cache
def _read(path: Path) -> dict[str, t.Any]:
    return yaml_load(path.read_text(encoding="utf-8"))


# --- values of the environment ---------------------------------------------------------------------------------------


class _Values(dict[str, str]):
    """What placeholders stand for."""

    def __missing__(self, name: str) -> t.NoReturn:
        raise StoryError(f"{name}: the environment has no such value")


def _values(environment: t.Mapping[str, t.Any]) -> _Values:
    account_id = environment.get("account_id") or ACCOUNT_ID
    partition = environment.get("partition") or "aws"
    time = environment.get("time") or TIME
    values = _Values(
        account_id=account_id,
        member_account_id=environment.get("member_account_id") or MEMBER_ACCOUNT_ID,
        region=environment.get("region") or REGION,
        partition=partition,
        time=time,
        session_time=write_time(parse_time(time) - datetime.timedelta(minutes=20)),
        other_instance="i-0fffffffffffffff7",
        other_volume="vol-0fffffffffffffff7",
    )
    for name, key in (("critical_instance", "critical_instance_ids"), ("critical_volume", "critical_volume_ids")):
        if environment.get(key):
            values[name] = str(environment[key][0])
            values[f"last_{name}"] = str(environment[key][-1])
    if environment.get("elevated_roles"):
        values.update(_role(str(environment["elevated_roles"][0]), account_id, partition))
    networks = [ipaddress.ip_network(str(one)) for one in environment.get("office_cidrs") or ()]
    values["office_address"] = str(networks[0][min(10, networks[0].num_addresses - 1)]) if networks else "192.0.2.10"
    outside = (one for one in _OUTSIDE if not any(ipaddress.ip_address(one) in network for network in networks))
    address = next(outside, None)
    if address:
        values["outside_address"] = address
    return values


def _role(value: str, account_id: str, partition: str) -> dict[str, str]:
    """Of a role's name or ARN: how its account, its ARN and a session of it are written."""
    value = value.replace("${AWS::Partition}", partition).replace("${AWS::AccountId}", account_id)
    if value.startswith("arn:"):
        account_id = value.split(":")[4]
    else:
        value = f"arn:{partition}:iam::{account_id}:role/{value}"
    name = value.rpartition("/")[2]
    return {
        "elevated_role": name,
        "elevated_role_arn": value,
        "elevated_account_id": account_id,
        "elevated_session": f"arn:{partition}:sts::{account_id}:assumed-role/{name}/alice",
    }


# --- records ---------------------------------------------------------------------------------------------------------


def _story(
    alarm_id: str, place: str, fields: t.Mapping[str, t.Any], bases: t.Mapping[str, t.Any], values: _Values
) -> Story:
    unknown = sorted(set(fields) - _STORY_FIELDS)
    if unknown or "title" not in fields:
        raise StoryError(f"{place}: {', '.join(unknown) or 'title'} is none of, or missing in, {sorted(_STORY_FIELDS)}")
    try:
        record = _record(fields, bases, values, place)
    except StoryError as error:
        raise StoryError(f"{place} ({fields['title']}): {error}") from error
    return Story(
        alarm_id=alarm_id,
        title=" ".join(fields["title"].split()),
        record=record,
        also=tuple(fields.get("also", ())),
        times=fields.get("times", 1),
        within=fields.get("within", 0),
    )


def _record(fields: t.Mapping[str, t.Any], bases: t.Mapping[str, t.Any], values: _Values, place: str) -> Record:
    record = _base(fields.get("base", "iam_user"), bases)
    service = "signin"
    if "call" in fields:
        service, _colon, name = fields["call"].partition(":")
        record["eventSource"] = f"{service}.amazonaws.com"
        record["eventName"] = name
        record["readOnly"] = bool(_READING.match(name))
        if service in _GLOBAL_SERVICES:
            record["awsRegion"] = _GLOBAL_SERVICES[service]
            if "tlsDetails" in record:
                record["tlsDetails"]["clientProvidedHostHeader"] = f"{service}.amazonaws.com"
    record = merged(record, fields.get("record", {}))
    for path in fields.get("without", ()):
        _remove(record, path)
    record["eventTime"] = values["time"]
    return _filled(record, _Values(values, service=service), place)


def _base(name: str, bases: t.Mapping[str, t.Any]) -> Record:
    if name not in bases:
        raise StoryError(f"there is no base {name!r}")
    base = dict(bases[name])
    parent, without = base.pop("extends", None), base.pop("without", ())
    record = merged(_base(parent, bases) if parent else {}, base)
    for path in without:
        _remove(record, path)
    return record


def merged(old: t.Any, new: t.Any) -> t.Any:
    """``new`` over ``old``: dictionaries by their keys, everything else as a whole."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return copy.deepcopy(new)
    result = dict(old)
    for key, value in new.items():
        result[key] = merged(old.get(key), value)
    return result


def _remove(record: Record, path: str) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        record = record[parent]
    if name not in record:
        raise StoryError(f"there is no {path} to leave out")
    del record[name]


def _filled(value: t.Any, values: _Values, place: str) -> t.Any:
    if isinstance(value, dict):
        return {key: _filled(item, values, f"{place}/{key}") for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, values, f"{place}/{number}") for number, item in enumerate(value)]
    if not isinstance(value, str):
        return value
    many = _INSTANCES.fullmatch(value)
    if many:
        return [{"instanceId": f"i-0fffffffffffff{number:03x}"} for number in range(int(many.group(1)))]
    if value == "${id}":
        return str(uuid.uuid5(_NAMESPACE, f"{values['account_id']}/{place}"))
    return _PLACEHOLDER.sub(lambda found: values[found.group(1)], value)
