# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the alarms would have said of records, and the many shapes in which records come."""

from __future__ import annotations

import gzip
import itertools
import json
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.filter.alarm_matches import FilterModule
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_replay import _firings, principal_of, replay
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import alarm_ids, stories
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope
from ansible_collections.secops.aws_baseline.plugins.module_utils.trail_records import RecordsError, records_of

from .conftest import ENVIRONMENT, Compose

SCOPE = Scope("111122223333", "eu-central-1")
RECORD = stories("root-access", ENVIRONMENT)[0][1].record
OTHER = stories("cloudtrail-change", ENVIRONMENT)[0][0].record

Said = dict[str, dict[str, t.Any]]


def by_id(result: dict[str, t.Any]) -> Said:
    return {one["id"]: one for one in result["alarms"]}


def write(path: Path, content: str, compress: bool = False) -> str:
    path.write_bytes(gzip.compress(content.encode()) if compress else content.encode())
    return str(path)


SHAPES: dict[str, t.Callable[[Path], t.Any]] = {
    "a record": lambda folder: [RECORD, OTHER],
    "records of a trail": lambda folder: {"Records": [RECORD, OTHER]},
    "a file of a trail": lambda folder: write(folder / "x.json.gz", json.dumps({"Records": [RECORD, OTHER]}), True),
    "a plain list": lambda folder: write(folder / "x.json", json.dumps([RECORD, OTHER])),
    "lines": lambda folder: write(folder / "x.jsonl", f"{json.dumps(RECORD)}\n\n{json.dumps(OTHER)}\n"),
    "an export of a log group": lambda folder: write(
        folder / "000000.gz",
        "".join(f"2026-03-09T09:00:00.123Z {json.dumps(record)}\n" for record in (RECORD, OTHER)),
        True,
    ),
    "log events": lambda folder: write(
        folder / "x.json",
        json.dumps({"events": [{"timestamp": 1, "message": json.dumps(record)} for record in (RECORD, OTHER)]}),
    ),
    "a subscription": lambda folder: {
        "messageType": "DATA_MESSAGE",
        "logEvents": [{"id": "1", "message": json.dumps(record)} for record in (RECORD, OTHER)],
    },
    "the event history": lambda folder: {
        "Events": [{"EventName": "x", "CloudTrailEvent": json.dumps(record)} for record in (RECORD, OTHER)]
    },
    "events of EventBridge": lambda folder: [
        {"detail-type": "AWS API Call via CloudTrail", "detail": record} for record in (RECORD, OTHER)
    ],
}


@pytest.mark.parametrize("shape", SHAPES)
def test_records_are_found_whatever_holds_them(shape: str, tmp_path: Path) -> None:
    assert list(records_of(SHAPES[shape](tmp_path))) == [RECORD, OTHER]


def test_a_folder_is_read_with_its_subfolders_and_without_digests(tmp_path: Path) -> None:
    (tmp_path / "09" / "10").mkdir(parents=True)
    write(tmp_path / "09" / "a.json.gz", json.dumps({"Records": [RECORD]}), True)
    write(tmp_path / "09" / "10" / "b.json.gz", json.dumps({"Records": [OTHER]}), True)
    write(tmp_path / "09" / "digest.json", json.dumps({"digestSignatureAlgorithm": "SHA256withRSA", "logFiles": []}))
    write(tmp_path / "README", "not read")
    assert sorted(one["eventName"] for one in records_of(str(tmp_path))) == ["CreateAccessKey", "StopLogging"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "line 1, is no JSON"),
        ('{"a": 1}', "no record of CloudTrail, but a dictionary with a"),
        ("[1]", "holds int"),
        ('{"Events": [{"CloudTrailEvent": "x"}]}', "a message that is no JSON"),
    ],
)
def test_what_holds_no_records_is_named(content: str, message: str, tmp_path: Path) -> None:
    path = write(tmp_path / "x.json", content)
    with pytest.raises(RecordsError, match=message) as caught:
        list(records_of(path))
    assert path in str(caught.value)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.gz").write_bytes(b"\x1f\x8bxx")
    for path, message in ((tmp_path / "none", "neither a file"), (tmp_path / "broken.gz", "cannot be read")):
        with pytest.raises(RecordsError, match=message):
            list(records_of(str(path)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(RecordsError, match="holds no file"):
        list(records_of(str(tmp_path / "empty")))


def test_every_story_raises_its_alarm(composed: Compose) -> None:
    plan = composed()
    for alarm_id in alarm_ids():
        raising, near_misses = stories(alarm_id, ENVIRONMENT)
        for story in raising:
            said = by_id(replay(story.events(), plan, SCOPE))
            assert said[alarm_id]["fires"], f"{alarm_id}: {story.title}"
            assert said[alarm_id]["events"] == story.times
        for story in near_misses:
            said = by_id(replay(story.events(), plan, SCOPE))
            assert not said.get(alarm_id, {"fires": False})["fires"], f"{alarm_id}: {story.title}"


def test_a_result_tells_what_a_person_needs(composed: Compose) -> None:
    result = replay([RECORD, *stories("unauthorised", ENVIRONMENT)[1][0].events()], composed(), SCOPE)
    assert (result["records"], result["first"], result["last"]) == (5, "2026-03-09T09:00:00Z", "2026-03-09T09:03:00Z")
    assert [one["id"] for one in result["alarms"]] == ["root-access", "iam-change", "iam-user-change", "unauthorised"]
    root, refused = result["alarms"][0], result["alarms"][-1]
    assert root["principals"] == {"arn:aws:iam::111122223333:root": 1}
    assert root["event_names"] == {"CreateAccessKey": 1}
    assert root["accounts"] == {"111122223333": 1}
    assert root["runbook"].startswith("Ask the holder")
    assert root["line"] == (
        "critical: root-access fires, 1 event, 2026-03-09T09:00:00Z, arn:aws:iam::111122223333:root. "
        "The root user did something."
    )
    assert (refused["fires"], refused["events"], refused["highest"], refused["threshold"]) == (False, 4, 4, 5)
    assert "does not fire, 4 events" in refused["line"]


def test_evidence_tells_nobody(composed: Compose) -> None:
    result = replay([RECORD], composed(cis_evidence=True), SCOPE)
    assert not [one for one in result["alarms"] if "CIS-" in one["alarm"]]


def test_overrides_count(composed: Compose) -> None:
    exclude = {"exclude": {"principals": ["*:user/alice"]}}
    events = stories("iam-user-change", ENVIRONMENT)[0][0].events()
    said = by_id(replay(events, composed(overrides={"iam-user-change": exclude}), SCOPE))
    assert "iam-user-change" not in said
    assert said["iam-change"]["fires"]


ALARM = {"period": 300, "threshold": 3, "comparison_operator": "GreaterThanOrEqualToThreshold"}


@given(st.dictionaries(st.integers(0, 40), st.integers(1, 4), min_size=1), st.integers(1, 10), st.integers(1, 6))
@settings(max_examples=100, deadline=None)
def test_an_alarm_looks_at_each_window(minutes: dict[int, float], length: int, threshold: int) -> None:
    """The sums of all windows, reckoned in the plainest way."""
    alarm = {**ALARM, "period": 60 * length, "threshold": threshold}
    sums = [sum(minutes.get(minute, 0) for minute in range(end - length + 1, end + 1)) for end in range(-1, 60)]
    states = [total >= threshold for total in sums]
    highest, firings = _firings(minutes, alarm)
    assert highest == max(sums)
    assert firings == sum(now and not before for before, now in itertools.pairwise(states))


def test_callers_are_named_as_well_as_can_be() -> None:
    kinds = [
        ({"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"}, "cloudtrail.amazonaws.com"),
        ({"type": "IAMUser", "userName": "alice"}, "alice"),
        ({"type": "AWSAccount", "principalId": "AIDA1", "accountId": "1"}, "AIDA1"),
        ({"type": "Unknown"}, "unknown".title()),
        (None, "unknown"),
    ]
    for identity, expected in kinds:
        assert principal_of({"userIdentity": identity}) == expected


def test_the_filter_plugin_reports_as_ansible_does(composed: Compose, tmp_path: Path) -> None:
    alarm_matches = FilterModule().filters()["alarm_matches"]
    assert alarm_matches(RECORD, composed())["records"] == 1
    for records, region, message in (
        (str(tmp_path / "none"), "eu-central-1", "neither a file nor a folder"),
        (RECORD, "mars-north-1", "mars-north-1"),
        ({**RECORD, "eventTime": "today"}, "eu-central-1", "the time of an event is 'today'"),
    ):
        with pytest.raises(AnsibleFilterError, match=message):
            alarm_matches(records, composed(), region=region)
