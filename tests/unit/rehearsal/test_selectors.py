# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which management events a trail takes."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.rehearsal.selectors import takes

WRITE = {"eventSource": "kms.amazonaws.com", "eventName": "DisableKey", "readOnly": False}
READ = {"eventSource": "iam.amazonaws.com", "eventName": "ListUsers", "readOnly": True}


def advanced(*fields: dict[str, t.Any]) -> dict[str, t.Any]:
    management = {"Field": "eventCategory", "Equals": ["Management"]}
    return {"AdvancedEventSelectors": [{"FieldSelectors": [management, *fields]}]}


@pytest.mark.parametrize(
    ("selectors", "write", "read"),
    [
        ({}, True, True),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": True}]}, True, True),
        ({"EventSelectors": [{"ReadWriteType": "WriteOnly", "IncludeManagementEvents": True}]}, True, False),
        ({"EventSelectors": [{"ReadWriteType": "ReadOnly"}, {"ReadWriteType": "WriteOnly"}]}, True, True),
        ({"EventSelectors": [{"ReadWriteType": "All", "IncludeManagementEvents": False}]}, False, False),
        ({"EventSelectors": [{"ExcludeManagementEventSources": ["kms.amazonaws.com"]}]}, False, True),
        (advanced(), True, True),
        (advanced({"Field": "readOnly", "Equals": ["false"]}), True, False),
        (advanced({"Field": "eventSource", "NotEquals": ["kms.amazonaws.com"]}), False, True),
        (advanced({"Field": "eventSource", "NotStartsWith": ["iam."]}), True, False),
        (advanced({"Field": "userIdentity.arn", "EndsWith": [":user/x"]}), False, False),
        (
            {"AdvancedEventSelectors": [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Data"]}]}]},
            False,
            False,
        ),
    ],
    ids=str,
)
def test_a_trail_takes(selectors: dict[str, t.Any], write: bool, read: bool) -> None:
    assert (takes(selectors, WRITE), takes(selectors, READ)) == (write, read)
