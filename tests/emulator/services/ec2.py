# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""EC2: the regions of an account."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

from ..errors import AwsError
from ..faults import DEFAULT_REGIONS, OPT_IN_REGIONS
from ..registry import Scope, Service

Params = dict[str, Any]

service = Service("ec2")

_OTHER_PARTITIONS = {"aws-cn": ("cn-north-1", "cn-northwest-1"), "aws-us-gov": ("us-gov-east-1", "us-gov-west-1")}


@service.operation("DescribeRegions")
def describe_regions(params: Params, scope: Scope, state: Any) -> Params:
    suffix = "amazonaws.com.cn" if scope.partition == "aws-cn" else "amazonaws.com"
    rows = []
    for name in _OTHER_PARTITIONS.get(scope.partition, DEFAULT_REGIONS + OPT_IN_REGIONS):
        status = "opt-in-not-required"
        if name in OPT_IN_REGIONS:
            status = "opted-in" if name in scope.opted_in_regions else "not-opted-in"
        rows.append({"RegionName": name, "Endpoint": f"ec2.{name}.{suffix}", "OptInStatus": status})
    names = params.get("RegionNames", [])
    unknown = sorted(set(names) - {row["RegionName"] for row in rows})
    if unknown:
        raise AwsError("InvalidParameterValue", f"Invalid region names: [{', '.join(unknown)}]")
    if not params.get("AllRegions") and not names:
        rows = [row for row in rows if row["OptInStatus"] != "not-opted-in"]
    rows = [row for row in rows if not names or row["RegionName"] in names]
    for condition in params.get("Filters", []):
        rows = [row for row in rows if _matches(row, condition)]
    return {"Regions": rows}


def _matches(row: Params, condition: Params) -> bool:
    keys = {"region-name": "RegionName", "endpoint": "Endpoint", "opt-in-status": "OptInStatus"}
    if condition.get("Name") not in keys:
        raise AwsError("InvalidParameterValue", f"The filter '{condition.get('Name')}' is invalid")
    return any(fnmatchcase(row[keys[condition["Name"]]], value) for value in condition.get("Values", []))
