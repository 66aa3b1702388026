# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which events a trail takes, by its event selectors.

https://docs.aws.amazon.com/awscloudtrail/latest/userguide/logging-management-events-with-cloudtrail.html
"""

from __future__ import annotations

import typing as t

Record = t.Mapping[str, t.Any]

_OPERATORS: dict[str, t.Callable[[str, str], bool]] = {
    "Equals": lambda value, wanted: value == wanted,
    "StartsWith": str.startswith,
    "EndsWith": str.endswith,
}


def takes(selectors: t.Mapping[str, t.Any], record: Record) -> bool:
    """Whether a trail with such selectors records a management event. selectors: as C(GetEventSelectors) answers."""
    advanced = selectors.get("AdvancedEventSelectors")
    if advanced:
        return any(_all_fields(one["FieldSelectors"], record) for one in advanced)
    basic = selectors.get("EventSelectors")
    if basic:
        return any(_basic(one, record) for one in basic)
    return True


def _basic(selector: t.Mapping[str, t.Any], record: Record) -> bool:
    wanted = selector.get("ReadWriteType", "All")
    return (
        selector.get("IncludeManagementEvents", True)
        and wanted in ("All", "ReadOnly" if record.get("readOnly") else "WriteOnly")
        and record.get("eventSource") not in selector.get("ExcludeManagementEventSources", [])
    )


def _all_fields(fields: t.Sequence[t.Mapping[str, t.Any]], record: Record) -> bool:
    return all(_field(field, _value(field["Field"], record)) for field in fields)


def _value(field: str, record: Record) -> str | None:
    node: t.Any = {"eventCategory": "Management", **record}
    for name in field.split("."):
        node = node.get(name) if isinstance(node, dict) else None
    if isinstance(node, bool):
        return str(node).lower()
    return None if node is None else str(node)


def _field(field: t.Mapping[str, t.Any], value: str | None) -> bool:
    for operator, test in _OPERATORS.items():
        wanted, unwanted = field.get(operator), field.get(f"Not{operator}")
        if wanted and (value is None or not any(test(value, one) for one in wanted)):
            return False
        if unwanted and value is not None and any(test(value, one) for one in unwanted):
            return False
    return True
