# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From options to fields and calls: what all resource types share."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import check_policy, fields_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import guardduty, logs, sqs
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    ResourceType,
    own_tags,
    tag_calls,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

TAGS = {"aws:cloudformation:stack-name": "stack", "owner": "security"}

ANSWERS: dict[str, t.Any] = {
    "DescribeLogGroups": [{"logGroupName": "name"}],
    "ListTagsForResource": {"tags": TAGS},
    "GetQueueUrl": {"QueueUrl": "url"},
    "GetQueueAttributes": {"Attributes": {}},
    "ListQueueTags": {"Tags": TAGS},
    "ListDetectors": ["1"],
    "GetDetector": {"Status": "ENABLED", "Tags": TAGS},
}


class Client:
    """Answers every question in the same way."""

    scope = Scope("123456789012", "eu-central-1")

    def call(self, operation: str, *_absent: t.Any, **_parameters: t.Any) -> t.Any:
        return ANSWERS[operation]

    optional = pages = pages_once = call


@pytest.mark.parametrize("kind", [logs.LogGroup, sqs.Queue, guardduty.Detector])
def test_tags_of_aws_itself_are_not_ours_to_change(kind: type[ResourceType]) -> None:
    found = kind().read(t.cast(t.Any, Client()), {"name": {"tags": {}}}, ())
    assert [observed.fields["tags"] for observed in found.values()] == [{"owner": "security"}]


def test_tags_are_removed_before_others_are_put() -> None:
    def changed(before: dict[str, str], after: dict[str, str]) -> list[Call]:
        return tag_calls(before, after, lambda tags: Call("Tag", tags), lambda names: Call("Untag", {"names": names}))

    assert changed({"b": "1", "a": "1", "kept": "1"}, {"kept": "1", "c": "2"}) == [
        Call("Untag", {"names": ["a", "b"]}),
        Call("Tag", {"c": "2"}),
    ]
    assert changed({"a": "1"}, {"a": "2"}) == [Call("Tag", {"a": "2"})]
    assert changed({"a": "1"}, {}) == [Call("Untag", {"names": ["a"]})]
    assert changed(own_tags(TAGS), {"owner": "security"}) == []


def test_tags_are_text() -> None:
    options = {"name": "n", "tags": {"cost center": 4711, 1: True}, "policy": None}
    assert fields_of(options) == {"tags": {"cost center": "4711", "1": "True"}}


def test_a_policy_is_refused_with_the_name_of_its_option() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:${AWS::Partition}:s3:::bucket/*"}
    check_policy("role.policy", {"Version": "2012-10-17", "Statement": [statement]}, "identity")
    with pytest.raises(BaselineError, match=r"role\.policy: .*Version"):
        check_policy("role.policy", {"Statement": [statement]}, "identity")
    with pytest.raises(BaselineError, match=r"role\.policy"):
        check_policy("role.policy", {}, "identity")
