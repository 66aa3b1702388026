# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What no emulator shows: that AWS and the collection's evaluator may disagree, and trails that fall silent."""

from __future__ import annotations

import datetime
import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import OperationError
from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal import Story, Subject, links, table
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

NOW = datetime.datetime(2026, 3, 9, 12, tzinfo=datetime.UTC)
FILTER = {"name": "f", "pattern": "{ $.a = 1 }", "metric_name": "m", "metric_namespace": "n"}
STORIES = (Story("it happens", {"a": 1}, True), Story("it does not", {"a": 2}, False))
ALARM = {
    "name": "alarm",
    "statistic": "Sum",
    "period": 300,
    "evaluation_periods": 1,
    "threshold": 1,
    "comparison_operator": "GreaterThanOrEqualToThreshold",
}
SUBJECT = Subject("id", ALARM, (FILTER,), STORIES)
TRAIL = {"Name": "trail", "TrailARN": "arn:aws:cloudtrail:eu-central-1:999999999999:trail/trail"}
TRAIL["CloudWatchLogsRoleArn"] = "arn:aws:iam::999999999999:role/of-another-account"


class Facts:
    """What AWS says, given by the test."""

    scope = Scope("123456789012", "eu-central-1")
    now = NOW

    def __init__(self, **answers: t.Any) -> None:
        self.answers = {
            "trails": [TRAIL],
            "filters": {"f": {"filterName": "f", "filterPattern": "{ $.a = 1 }"}},
            **answers,
        }

    def __getattr__(self, name: str) -> t.Callable[..., t.Any]:
        def answer(*_arguments: t.Any) -> t.Any:
            if isinstance(self.answers[name], Exception):
                raise self.answers[name]
            return self.answers[name]

        return answer


def test_a_disagreement_with_aws_is_told_and_its_word_counts() -> None:
    detail = links.events(Facts(matched=[True, True]), SUBJECT)
    assert "AWS says that it matches where our evaluator says that it does not match: it does not" in detail
    assert "matches as well: it does not" in detail
    with pytest.raises(links.Broken, match="nothing that should raise it matches: it happens; AWS says"):
        links.events(Facts(matched=[False, False]), SUBJECT)


def test_events_that_are_too_few_to_raise_it_may_match() -> None:
    few = Subject("id", {**ALARM, "threshold": 5}, (FILTER,), (STORIES[0], Story("four times", {"a": 1}, False, 4, 60)))
    assert "matches as well" not in links.events(Facts(matched=[True, True]), few)


@pytest.mark.parametrize(
    ("status", "why"),
    [
        ({"LatestCloudWatchLogsDeliveryError": "Access denied."}, "could not deliver: Access denied."),
        ({"LatestCloudWatchLogsDeliveryTime": NOW - datetime.timedelta(days=3)}, "delivered last 2026-03-06 12:00"),
        ({"StartLoggingTime": NOW - datetime.timedelta(days=2)}, "has never delivered"),
    ],
    ids=str,
)
def test_a_trail_that_does_not_deliver(status: dict[str, t.Any], why: str) -> None:
    with pytest.raises(links.Broken, match=why):
        links.delivery(Facts(status=status), SUBJECT)


@pytest.mark.parametrize("status", [{}, {"LatestCloudWatchLogsDeliveryTime": NOW}, {"StartLoggingTime": NOW}], ids=str)
def test_a_trail_that_delivers_or_has_had_no_time_to(status: dict[str, t.Any]) -> None:
    assert "deliver" in links.delivery(Facts(status=status), SUBJECT)


def test_an_organization_is_covered_by_its_own_trail_only() -> None:
    selectors: dict[str, t.Any] = {}
    trail = {**TRAIL, "IsMultiRegionTrail": True}
    wanted = Subject("id", ALARM, (FILTER,), (), is_organization=True)
    with pytest.raises(links.Broken, match="its own account only"):
        links.trail(Facts(trails=[trail], status={"IsLogging": True}, selectors=selectors), wanted)
    trail["IsOrganizationTrail"] = True
    assert "logs" in links.trail(Facts(trails=[trail], status={"IsLogging": True}, selectors=selectors), wanted)


def test_what_could_not_be_looked_at_does_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    denied = OperationError("123456789012", "eu-central-1", "cloudtrail:DescribeTrails", "AccessDenied", "No.")
    monkeypatch.setattr(links, "LINKS", {"trail": links.trail, "events": links.events})
    first, second = links.judge(Facts(trails=denied, matched=[True, False]), SUBJECT)
    assert first["link"] == "trail" and not first["ok"] and "could not be looked at" in first["detail"]
    assert second["ok"]


def test_the_table_begins_with_what_is_broken() -> None:
    holds = {"alarm": "a", "fires": True, "links": [{"link": "filter", "detail": "as declared; note: odd"}]}
    broken = {"alarm": "long-name", "fires": False, "because": "topic: t does not exist", "links": []}
    assert table([holds, broken]) == [
        "CANNOT FIRE  long-name  because topic: t does not exist",
        "fires        a          (filter: as declared; note: odd)",
    ]
