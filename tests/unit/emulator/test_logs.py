# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""CloudWatch Logs: groups, keys, metric filters, resource policies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.client import Emulator

from .support import ACCOUNT, REGION, document, make_key, refused, root, statement

GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:trail"
SERVICE = f"logs.{REGION}.amazonaws.com"
METRIC: dict[str, Any] = {"metricName": "Count", "metricNamespace": "Trail", "metricValue": "1"}


@pytest.fixture
def logs(emulator: Emulator) -> Any:
    client = emulator.client("logs")
    client.create_log_group(logGroupName="trail", tags={"a": "1"})
    return client


def put(logs: Any, name: str = "one", pattern: str = '{ $.a = "b" }', **transformation: Any) -> None:
    logs.put_metric_filter(
        logGroupName="trail",
        filterName=name,
        filterPattern=pattern,
        metricTransformations=[METRIC | transformation],
    )


def test_group_is_described(logs: Any) -> None:
    logs.put_retention_policy(logGroupName="trail", retentionInDays=400)
    put(logs)
    group = logs.describe_log_groups(logGroupNamePrefix="tr")["logGroups"][0]
    expected = {
        "logGroupName": "trail",
        "arn": f"{GROUP_ARN}:*",
        "logGroupArn": GROUP_ARN,
        "retentionInDays": 400,
        "metricFilterCount": 1,
        "logGroupClass": "STANDARD",
    }
    assert expected.items() <= group.items()
    assert "kmsKeyId" not in group
    logs.delete_retention_policy(logGroupName="trail")
    assert "retentionInDays" not in logs.describe_log_groups()["logGroups"][0]
    with refused("ResourceAlreadyExistsException"):
        logs.create_log_group(logGroupName="trail")


@pytest.mark.parametrize("name", ["with blank", "x" * 513, "star*", "aws/reserved"])
def test_bad_group_names(logs: Any, name: str) -> None:
    with refused("InvalidParameterException"):
        logs.create_log_group(logGroupName=name)


@pytest.mark.parametrize("days", [0, 2, 42, 366, 3654])
def test_bad_retention(logs: Any, days: int) -> None:
    with refused("InvalidParameterException"):
        logs.put_retention_policy(logGroupName="trail", retentionInDays=days)


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("put_retention_policy", {"retentionInDays": 30}),
        ("delete_retention_policy", {}),
        ("delete_log_group", {}),
        ("associate_kms_key", {"kmsKeyId": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/x"}),
        ("disassociate_kms_key", {}),
        ("put_metric_filter", {"filterName": "f", "filterPattern": "x", "metricTransformations": [METRIC]}),
        ("describe_metric_filters", {}),
        ("delete_metric_filter", {"filterName": "f"}),
    ],
)
def test_missing_groups(logs: Any, method: str, parameters: dict[str, Any]) -> None:
    with refused("ResourceNotFoundException"):
        getattr(logs, method)(logGroupName="absent", **parameters)


def test_pages_of_groups(logs: Any) -> None:
    for number in range(55):
        logs.create_log_group(logGroupName=f"group-{number}")
    first = logs.describe_log_groups()
    assert len(first["logGroups"]) == 50
    assert len(logs.describe_log_groups(nextToken=first["nextToken"])["logGroups"]) == 6
    with refused("InvalidParameterException"):
        logs.describe_log_groups(limit=51)
    with refused("InvalidParameterException"):
        logs.describe_log_groups(nextToken="nonsense")


def test_keys(emulator: Emulator, logs: Any) -> None:
    good, closed, far = make_key(emulator, SERVICE), make_key(emulator), make_key(emulator, SERVICE, region="eu-west-1")
    for wrong in ("alias/x", good.rsplit("/", 1)[1], good[:-4] + "0000", far):
        with refused("InvalidParameterException"):
            logs.associate_kms_key(logGroupName="trail", kmsKeyId=wrong)
    with refused("AccessDeniedException"):
        logs.associate_kms_key(logGroupName="trail", kmsKeyId=closed)
    with refused("AccessDeniedException"):
        logs.create_log_group(logGroupName="other", kmsKeyId=closed)
    logs.associate_kms_key(logGroupName="trail", kmsKeyId=good)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == good
    logs.disassociate_kms_key(logGroupName="trail")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
    emulator.client("kms").disable_key(KeyId=good)
    with refused("InvalidParameterException"):
        logs.associate_kms_key(logGroupName="trail", kmsKeyId=good)


@pytest.mark.parametrize(("group", "allowed"), [("trail", True), ("other", False)])
def test_key_policy_may_name_the_group(emulator: Emulator, logs: Any, group: str, allowed: bool) -> None:
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}"
    policy = document(
        statement(root(), "kms:*", "*"),
        statement(
            SERVICE,
            ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            "*",
            Condition={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": arn}},
        ),
    )
    key = emulator.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]
    if allowed:
        logs.associate_kms_key(logGroupName="trail", kmsKeyId=key)
    else:
        with refused("AccessDeniedException"):
            logs.associate_kms_key(logGroupName="trail", kmsKeyId=key)


def test_metric_filter_is_replaced_and_deleted(logs: Any) -> None:
    put(logs)
    put(logs, pattern='{ $.a = "c" }', defaultValue=0, unit="Count")
    filters = logs.describe_metric_filters(logGroupName="trail")["metricFilters"]
    assert [one["filterPattern"] for one in filters] == ['{ $.a = "c" }']
    assert filters[0]["metricTransformations"] == [METRIC | {"defaultValue": 0, "unit": "Count"}]
    assert filters[0]["applyOnTransformedLogs"] is False
    logs.delete_metric_filter(logGroupName="trail", filterName="one")
    assert logs.describe_metric_filters()["metricFilters"] == []
    with refused("ResourceNotFoundException"):
        logs.delete_metric_filter(logGroupName="trail", filterName="one")
    put(logs)
    logs.delete_log_group(logGroupName="trail")
    logs.create_log_group(logGroupName="trail")
    assert logs.describe_metric_filters(logGroupName="trail")["metricFilters"] == []


@pytest.mark.parametrize(
    ("pattern", "transformation"),
    [
        ('{ ($.a = "b" }', {}),
        ("{ $.a = \u2018b\u2019 }", {}),
        ("x" * 1025, {}),
        ('{ $.a = "b" }', {"defaultValue": 0, "dimensions": {"d": "$.d"}}),
        ("ERROR", {"dimensions": {"d": "$.d"}}),
        ('{ $.a = "b" }', {"dimensions": dict.fromkeys("abcd", "$.d")}),
        ('{ $.a = "b" }', {"dimensions": {"d": "constant"}}),
        ('{ $.a = "b" }', {"metricValue": "many"}),
        ("ERROR", {"metricValue": "$.size"}),
        ('{ $.a = "b" }', {"unit": "Furlongs"}),
        ('{ $.a = "b" }', {"metricName": "a:b"}),
        ('{ $.a = "b" }', {"metricNamespace": "x" * 256}),
    ],
)
def test_bad_metric_filters(logs: Any, pattern: str, transformation: dict[str, Any]) -> None:
    with refused("InvalidParameterException"):
        put(logs, pattern=pattern, **transformation)
    with refused("InvalidParameterException"):
        put(logs, name="with:colon")


def test_metric_values_from_fields(logs: Any) -> None:
    put(logs, metricValue="$.size", dimensions={"d": "$.d"})
    put(logs, name="two", pattern="[ip, size]", metricValue="$size", dimensions={"d": "$ip"})


def test_hundred_filters_in_pages(logs: Any) -> None:
    for number in range(100):
        put(logs, name=f"filter-{number:03}", metricName=f"Count{number}")
    with refused("LimitExceededException"):
        put(logs, name="one-more")
    put(logs, name="filter-007", metricName="Count7")
    first = logs.describe_metric_filters(logGroupName="trail")
    assert len(first["metricFilters"]) == 50
    second = logs.describe_metric_filters(logGroupName="trail", nextToken=first["nextToken"])
    assert "nextToken" not in second
    names = [one["filterName"] for one in first["metricFilters"] + second["metricFilters"]]
    assert names == [f"filter-{number:03}" for number in range(100)]
    assert len(logs.describe_metric_filters(logGroupName="trail", limit=3)["metricFilters"]) == 3
    some = logs.describe_metric_filters(logGroupName="trail", filterNamePrefix="filter-01")["metricFilters"]
    assert len(some) == 10
    one = logs.describe_metric_filters(metricName="Count42", metricNamespace="Trail")["metricFilters"]
    assert [row["filterName"] for row in one] == ["filter-042"]
    with refused("InvalidParameterException"):
        logs.describe_metric_filters(metricName="Count42")


def test_tags(logs: Any) -> None:
    logs.tag_resource(resourceArn=GROUP_ARN, tags={"b": "2"})
    logs.untag_resource(resourceArn=GROUP_ARN, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=GROUP_ARN)["tags"] == {"b": "2"}
    with refused("ResourceNotFoundException"):
        logs.tag_resource(resourceArn=GROUP_ARN + "-absent", tags={"b": "2"})
    with refused("InvalidParameterException"):
        logs.list_tags_for_resource(resourceArn=GROUP_ARN + ":*")


def test_resource_policies(logs: Any) -> None:
    policy = document(statement("delivery.logs.amazonaws.com", "logs:PutLogEvents", "*"))
    for number in range(10):
        logs.put_resource_policy(policyName=f"p{number}", policyDocument=policy)
    logs.put_resource_policy(policyName="p0", policyDocument=policy)
    with refused("LimitExceededException"):
        logs.put_resource_policy(policyName="p10", policyDocument=policy)
    with refused("InvalidParameterException"):
        logs.put_resource_policy(policyName="p0", policyDocument="nonsense")
    rows = logs.describe_resource_policies()["resourcePolicies"]
    assert [(row["policyName"], row["policyDocument"]) for row in rows] == [(f"p{n}", policy) for n in range(10)]
    logs.delete_resource_policy(policyName="p0")
    with refused("ResourceNotFoundException"):
        logs.delete_resource_policy(policyName="p0")
