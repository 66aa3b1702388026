# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Overrides, values of the environment and topics; what cannot work is refused with the variable's name."""

from __future__ import annotations

import ipaddress
import re
import typing as t

import pytest
import yaml
from ansible.errors import AnsibleFilterError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.filter.alarm_catalogue import FilterModule
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_catalogue import AlarmCatalogueError
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import parse

from .conftest import ENVIRONMENT, ROLE, TOPICS, Compose, topic

EXTRA = {"id": "secret-read", "title": "A secret was read", "notify": ["infosec_email"], "pattern": "{ $.a = 1 }"}
quick = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def alarm(plan: dict[str, t.Any], suffix: str) -> dict[str, t.Any]:
    return next(one for one in plan["alarms"] if one["name"] == f"acme--{suffix}")


def patterns(plan: dict[str, t.Any], metric: str) -> list[str]:
    return [one["pattern"] for one in plan["filters"] if one["metric_name"] == metric]


def test_the_purposes_are_switched_globally_and_per_alarm(composed: Compose) -> None:
    def suffixes(**given: t.Any) -> set[str]:
        return {one["name"].removeprefix("acme--") for one in composed(**given)["alarms"]}

    both = suffixes(cis_evidence=True)
    assert {"RootAccess", "CIS-4.3", "CIS-4.14"} <= both
    assert not {one for one in suffixes() if one.startswith("CIS-")}
    assert suffixes(detection=False, cis_evidence=True) == {f"CIS-4.{number}" for number in range(1, 15)}
    assert suffixes(overrides={"root-access": {"cis_evidence": True}}) == suffixes() | {"CIS-4.3"}
    assert suffixes(overrides={"root-access": {"detection": False}}) == suffixes() - {"RootAccess"}
    without = suffixes(cis_evidence=True, overrides={"root-access": {"enabled": False}})
    assert without == both - {"RootAccess", "CIS-4.3"}


def test_evidence_tells_nobody_twice(composed: Compose) -> None:
    plan = composed(cis_evidence=True)
    assert alarm(plan, "CIS-4.3")["alarm_actions"] == [
        "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:T-evidence"
    ]
    assert alarm(plan, "CIS-4.3")["namespace"] == "LogMetrics"
    assert not [one for one in plan["alarms"] if "CIS-" not in one["name"] and "T-evidence" in str(one)]


def test_an_override_changes_its_alarm_only(composed: Compose) -> None:
    change = {"threshold": 7, "period": "120", "notify": ["devops_sms"], "severity": "low", "pattern": "{ $.a = 1 }"}
    before, after = composed(), composed(overrides={"iam-change": change})
    changed = alarm(after, "CloudtrailIAMChanges")
    assert (changed["threshold"], changed["period"]) == (7, 120)
    assert changed["alarm_actions"] == ["arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:T-devops_sms"]
    assert "severity low" in changed["alarm_description"]
    assert patterns(after, "IAMEventCount") == ["{ $.a = 1 }"]
    others = [one for one in before["alarms"] if one["name"] != changed["name"]]
    assert [one for one in after["alarms"] if one["name"] != changed["name"]] == others


def test_alarms_of_ones_own(composed: Compose) -> None:
    plan = composed(extra=[EXTRA], overrides={"secret-read": {"threshold": 3}})
    assert alarm(plan, "SecretRead")["threshold"] == 3
    assert patterns(plan, "SecretReadEventCount") == ["{ $.a = 1 }"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"overrides": {"root-acess": {}}}, r"alarms_overrides has 'root-acess'.*did you mean root-access\?"),
        ({"overrides": {"root-access": {"treshold": 1}}}, r"'treshold', which is none of .*did you mean threshold\?"),
        ({"overrides": {"root-access": {"period": 10}}}, r"\['root-access'\]\.period is 10: .*multiple of 60"),
        ({"overrides": {"root-access": {"period": 90}}}, r"period is 90: .*multiple of 60"),
        ({"overrides": {"root-access": {"threshold": 0}}}, r"threshold is 0: a whole number from 1"),
        ({"overrides": {"root-access": {"enabled": "no"}}}, r"enabled is 'no': true or false"),
        ({"overrides": {"root-access": {"severity": "bad"}}}, r"severity is 'bad': one of critical, high"),
        ({"overrides": {"root-access": {"notify": ["email"]}}}, r"notify is 'email': one of infosec_email"),
        ({"overrides": {"root-access": {"notify": []}}}, r"notify is \[\]: a list with at least one"),
        ({"overrides": {"root-access": {"pattern": "{ $.a = \u201cb\u201d }"}}}, r"pattern is .*typographic quote"),
        ({"overrides": {"root-access": {"pattern": "{ $.a = 'b' }"}}}, r"single quotes do not delimit"),
        ({"overrides": {"root-access": {"pattern": '{ $.a = "' + "b" * 1024 + '" }'}}}, r"up to 1024"),
        ({"overrides": {"root-access": {"pattern": " "}}}, r"would match every event"),
        ({"overrides": {"srt-instance": {"cis_evidence": True}}}, r"cis_evidence is true: this alarm has no CIS text"),
        ({"overrides": {"root-access": ["x"]}}, r"a dictionary is needed"),
        ({"extra": [{"id": "x"}]}, r"alarms_extra\[0\] lacks title\n.*lacks notify\n.*lacks pattern"),
        ({"extra": [{**EXTRA, "id": "root-access"}]}, r"repeats the id root-access"),
        ({"extra": [{**EXTRA, "suffix": "RootAccess"}]}, r"two alarms have the name acme--RootAccess"),
        ({"extra": [{**EXTRA, "metric": "IAMEventCount"}]}, r"two alarms have the metric CloudTrailMetrics/IAMEvent"),
        ({"extra": [{**EXTRA, "why": "x" * 1100}]}, r"description of secret-read .* up to 1024"),
        ({"extra": [{**EXTRA, "patterns": ["{ $.a = 1 }"]}]}, r"both pattern and patterns"),
        (
            {"environment": {"critical_instance_ids": ["i-123"]}},
            r"alarms_critical_instance_ids is 'i-123': an instance",
        ),
        ({"environment": {"critical_volume_ids": ["i-12345678"]}}, r"alarms_critical_volume_ids is 'i-12345678'"),
        ({"environment": {"elevated_roles": ["role/x"]}}, r"alarms_elevated_roles is 'role/x'"),
        ({"environment": {"office_cidrs": ["203.0.113.1/24"]}}, r"alarms_office_cidrs is '203.0.113.1/24'"),
        ({"environment": {"office_cidrs": ["0.0.0.0/0"]}}, r"alarms_office_cidrs is '0.0.0.0/0'.*every address"),
        ({"environment": {"office_cidrs": ["2001:db8::/96"]}}, r"alarms_office_cidrs .*shortened spelling"),
        ({"name_prefix": "a:b"}, r"alarms_name_prefix is 'a:b'"),
        ({"topics": [topic("infosec_email", ("email", "nobody"))]}, r"'nobody': an e-mail address"),
        ({"topics": [topic("infosec_sms", ("sms", "030123456"))]}, r"'030123456': a phone number"),
    ],
)
def test_what_cannot_work_is_refused(composed: Compose, given: dict[str, t.Any], message: str) -> None:
    with pytest.raises(AlarmCatalogueError, match=f"(?s){message}"):
        composed(**given)


def test_all_problems_are_reported_at_once(composed: Compose) -> None:
    with pytest.raises(AlarmCatalogueError) as caught:
        composed(overrides={"x": {}, "root-access": {"period": 1, "threshold": 0}}, extra=[{"id": "y"}])
    assert len(caught.value.problems) == 6


def test_the_filter_plugin_reports_as_ansible_does(catalogue: list[dict[str, t.Any]]) -> None:
    compose = FilterModule().filters()["alarm_catalogue"]
    with pytest.raises(AnsibleFilterError, match="alarms_overrides has 'x'"):
        compose(catalogue, name_prefix="acme", metric_namespace="N", topics=[], overrides={"x": {}})


def test_alarms_without_their_values_are_left_out(composed: Compose) -> None:
    plan = composed(environment={})
    assert plan["left_out"] == [
        {"id": "switch-elevated-role", "variables": ["alarms_elevated_roles"]},
        {"id": "net-access", "variables": ["alarms_office_cidrs"]},
        {"id": "critical-instance", "variables": ["alarms_critical_instance_ids"]},
        {"id": "change-critical-ebs", "variables": ["alarms_critical_volume_ids"]},
    ]
    assert not patterns(plan, "EBSEventCount")


# --- values ----------------------------------------------------------------------------------------------------------


@quick
@given(st.lists(st.integers(0, 16**17 - 1), min_size=1, max_size=60, unique=True))
def test_no_id_is_lost_or_in_two_filters(composed: Compose, numbers: list[int]) -> None:
    ids = [f"vol-{number:017x}" for number in numbers]
    found = patterns(composed(environment={"critical_volume_ids": [*ids, ids[0]]}), "EBSEventCount")
    assert all(len(pattern) <= 1024 for pattern in found)
    for one in ids:
        assert [pattern.count(f'volumeId = "{one}"') for pattern in found].count(1) == 1
        assert sum(pattern.count(f'.VolumeId = "{one}"') for pattern in found) == 1
    assert sum(len(re.findall("vol-", pattern)) for pattern in found) == 2 * len(ids)


@quick
@given(st.integers(1, 60))
def test_critical_instances_in_lists_and_alone(composed: Compose, count: int) -> None:
    ids = [f"i-{number:017x}" for number in range(count)]
    found = patterns(composed(environment={"critical_instance_ids": ids}), "CriticalOneEventCount")
    lists = [pattern for pattern in found if "items[*]" in pattern]
    alone = [pattern for pattern in found if ".target" in pattern]
    wrapped = [pattern for pattern in found if "Request." in pattern]
    assert len(found) == len(lists) + len(alone) + len(wrapped)
    assert all("instancesSet NOT EXISTS" in pattern and "instanceIds NOT EXISTS" in pattern for pattern in alone)
    for one in ids:
        assert sum(f"^{one}$" in pattern for pattern in lists) == 1
        assert sum(f'.instanceId = "{one}"' in pattern for pattern in alone) == 1
        assert sum(f'.target = "{one}"' in pattern for pattern in alone) == 1
        assert [pattern.count(f'InstanceId = "{one}"') for pattern in wrapped].count(3) == 1


def test_limits_of_a_log_group(composed: Compose) -> None:
    with pytest.raises(AlarmCatalogueError, match=r"with a regular expression are needed .* takes 5"):
        composed(environment={"critical_instance_ids": [f"i-{number:017x}" for number in range(120)]})
    with pytest.raises(AlarmCatalogueError, match="metric filters are needed, a log group takes 100"):
        composed(environment={"critical_volume_ids": [f"vol-{number:017x}" for number in range(600)]})


def is_outside(pattern: str, source: str) -> bool:
    """What the pattern of net-access says of a source address, read by means of its own."""
    address, known = re.fullmatch(
        r"\{ \(\$\.sourceIPAddress = %(.+?)%\) && \(\$\.sourceIPAddress != %(.+)%\) \}", pattern
    ).groups()
    return re.search(address, source) is not None and re.search(known, source) is None


NETWORKS = st.lists(
    st.builds(
        lambda address, length: ipaddress.IPv4Network((address, length), strict=False),
        st.integers(0, 2**32 - 1),
        st.integers(4, 32),
    ),
    min_size=1,
    max_size=6,
)


@quick
@given(NETWORKS, st.integers(0, 2**32 - 1), st.integers(0, 31))
def test_only_what_is_outside_the_known_networks_matches(
    composed: Compose, networks: list[ipaddress.IPv4Network], number: int, bit: int
) -> None:
    [pattern] = patterns(
        composed(environment={"office_cidrs": [str(network) for network in networks]}), "NetworkIPAccessEventCount"
    )
    near = [ipaddress.IPv4Address(int(network[0]) ^ (1 << bit)) for network in networks]
    edges = [edge for network in networks for edge in (network[0], network[-1])]
    for address in [ipaddress.IPv4Address(number), *near, *edges]:
        assert is_outside(pattern, str(address)) == (not any(address in network for network in networks))


def test_the_published_networks_and_service_callers(composed: Compose) -> None:
    given = {"office_cidrs": ["111.222.32.0/20", "11.22.33.0/31", "2001:db8:12::/48"]}
    [pattern] = patterns(composed(environment=given), "NetworkIPAccessEventCount")
    for known in ("111.222.32.1", "111.222.47.255", "11.22.33.1", "2001:db8:12::5", "config.amazonaws.com"):
        assert not is_outside(pattern, known)
    for unknown in ("111.222.3.1", "111.222.48.0", "111.222.31.255", "11.22.33.2", "2001:db8:13::5"):
        assert is_outside(pattern, unknown)


def test_networks_that_do_not_fit_are_refused_by_name(composed: Compose) -> None:
    many = [f"203.0.{number}.0/24" for number in range(0, 200, 2)]
    with pytest.raises(AlarmCatalogueError, match=r"alarms_office_cidrs makes the pattern .* fewer or larger networks"):
        composed(environment={"office_cidrs": many})
    joined = [f"203.0.{number}.0/24" for number in range(256)]
    assert r"%^203\.0\.%" in patterns(composed(environment={"office_cidrs": joined}), "NetworkIPAccessEventCount")[0]


def test_a_role_may_be_named_or_pinned(composed: Compose) -> None:
    roles = ["breakglass", "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/ops/elevated"]
    [pattern] = patterns(composed(environment={"elevated_roles": roles}), "SwitchElevatedRoleEventCount")
    for part in (
        'userIdentity.arn = "*:assumed-role/breakglass/*"',
        'roleArn = "*/breakglass"',
        'userIdentity.arn = "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/elevated/*"',
        'roleArn = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/ops/elevated"',
    ):
        assert part in pattern


def test_an_alarm_says_which_roles_it_watches(composed: Compose) -> None:
    """S001-27, T-07: not any role of that name, but the one of the account that the alarm is about."""
    role = "arn:aws:iam::111122223333:role/elevated-security-role"
    plan = composed(
        environment={"elevated_roles": [role]},
        overrides={"switch-elevated-role": {"title": "Security switched to Elevated Role in Prod"}},
    )
    description = alarm(plan, "SwitchElevatedRole")["alarm_description"]
    assert description.startswith("Security switched to Elevated Role in Prod. ")
    assert description.endswith(f"Watched: {role}.")
    many = composed(environment={"elevated_roles": [f"{role}-{number}" for number in range(20)]})
    assert "Watched" not in alarm(many, "SwitchElevatedRole")["alarm_description"]


PROD, OTHER = "111122223333", "444455556666"


@pytest.mark.parametrize("account", [PROD, OTHER])
def test_a_role_is_watched_in_its_account_however_it_is_assumed(composed: Compose, account: str) -> None:
    """S001-26, S001-29, S001-31, T-07: in the console and by a program, from another account, this very role."""
    environment = {"elevated_roles": [f"arn:aws:iam::{PROD}:role/elevated-security-role"]}
    pattern = parse(patterns(composed(environment=environment), "SwitchElevatedRoleEventCount")[0])
    switched = {
        "eventSource": "signin.amazonaws.com",
        "eventName": "SwitchRole",
        "userIdentity": {"arn": f"arn:aws:sts::{account}:assumed-role/elevated-security-role/jane"},
        "recipientAccountId": account,
    }
    assumed = {
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRole",
        "userIdentity": {"arn": "arn:aws:iam::777788889999:user/jane"},
        "requestParameters": {"roleArn": f"arn:aws:iam::{account}:role/elevated-security-role"},
        "recipientAccountId": account,
    }
    for event in (switched, assumed):
        assert pattern.matches(event) is (account == PROD)


@pytest.mark.parametrize("account", [PROD, OTHER])
def test_root_is_watched_in_every_account(composed: Compose, account: str) -> None:
    """S002-03, S002-08, S002-13, S002-16: one pattern, tried with the login of any account's root user."""
    pattern = parse(patterns(composed(), "RootAccessEventCount")[0])
    login = {
        "eventName": "ConsoleLogin",
        "eventType": "AwsConsoleSignIn",
        "userIdentity": {"type": "Root", "arn": f"arn:aws:iam::{account}:root"},
        "recipientAccountId": account,
    }
    by_aws = login | {"eventType": "AwsServiceEvent"}
    assert pattern.matches(login)
    assert not pattern.matches(by_aws)


# --- topics ----------------------------------------------------------------------------------------------------------


def test_a_topic_that_reaches_nobody_is_not_a_route(composed: Compose) -> None:
    mail = [topic(key, TOPICS[key]) for key in ("infosec_email",)] + [topic("devops_email")]
    numbers = [topic(key, always=False) for key in ("infosec_sms", "devops_sms")]
    plan = composed(topics=[*mail, *numbers, topic("evidence")])
    assert [one["name"] for one in plan["topics"]] == ["T-infosec_email", "T-devops_email"]
    assert plan["without_subscriber"] == ["T-devops_email"]
    assert alarm(plan, "RootAccess")["alarm_actions"] == [
        "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:T-infosec_email"
    ]
    with pytest.raises(AlarmCatalogueError, match="root-access would tell nobody"):
        composed(topics=[*mail, *numbers], overrides={"root-access": {"notify": ["infosec_sms"]}})
    assert len(composed(topics=[*mail, *numbers], topics_exist=True)["topics"]) == 4


def test_the_evidence_topic_comes_with_the_evidence(composed: Compose) -> None:
    topics = [topic(key, TOPICS[key]) for key in TOPICS if key != "evidence"] + [topic("evidence")]
    assert "T-evidence" not in str(composed(topics=topics))
    assert "T-evidence" in composed(topics=topics, cis_evidence=True)["without_subscriber"]


def test_shipped_topics_and_their_policy(shipped_topics: list[dict[str, t.Any]], composed: Compose) -> None:
    assert [one["name"].split("}} ")[-1].split("}}")[-1] for one in shipped_topics] == [
        "Infosec-Email-Notification",
        "DevOps-Email-Notification",
        "Infosec-SMS-Critical",
        "DevOps-SMS-Critical",
        "CIS-Evidence",
    ]
    documents = yaml.safe_load((ROLE / "vars" / "main" / "topics.yml").read_text())
    plan = composed(topic_policy=documents["__alarms_topic_policy"])
    statements = plan["topics"][0]["policy"]["Statement"]
    assert {one["Resource"].rsplit(":", 1)[1] for one in statements} == {"T-infosec_email"}
    allow, deny = statements
    assert allow["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert allow["Condition"]["StringEquals"] == {"aws:SourceAccount": "${AWS::AccountId}"}
    assert (deny["Effect"], deny["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})
    _administration, publishers, events = documents["__alarms_key_policy"]["Statement"]
    assert set(publishers["Action"]) == set(events["Action"]) == {"kms:GenerateDataKey*", "kms:Decrypt"}
    assert publishers["Condition"] == {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}}
    # for encrypted topics, EventBridge supports none of the keys that say for whom it acts
    assert events["Principal"] == {"Service": "events.amazonaws.com"}
    assert [key for keys in events["Condition"].values() for key in keys] == ["kms:EncryptionContext:aws:sns:topicArn"]


def test_several_addresses_become_several_subscriptions(composed: Compose) -> None:
    given = [topic(key, TOPICS[key]) for key in TOPICS if key != "infosec_email"]
    mail = {"key": "infosec_email", "name": "M", "display_name": "M", "protocol": "email", "always": True}
    plan = composed(topics=[{**mail, "endpoints": ["a@example.com", "b@example.com"]}, *given], environment=ENVIRONMENT)
    assert plan["topics"][0]["subscriptions"] == [
        {"protocol": "email", "endpoint": "a@example.com"},
        {"protocol": "email", "endpoint": "b@example.com"},
    ]


def test_findings_that_are_meant_go_with_own_patterns(composed: Compose) -> None:
    extra = {
        "id": "own",
        "title": "Own",
        "notify": ["infosec_email"],
        "pattern": '{ $.x != "y" }',
        "accepted_findings": ["absent-field"],
    }
    (own,) = (item for item in composed(extra=[extra])["filters"] if item["name"] == "acme--Own")
    assert own["accepted_findings"] == ["absent-field"]
    with pytest.raises(
        AlarmCatalogueError, match=r"alarms_extra\[0\].accepted_findings is \['absent'\]: a list with any of"
    ):
        composed(extra=[{**extra, "accepted_findings": ["absent"]}])
