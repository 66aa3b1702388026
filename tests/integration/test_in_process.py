# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module both ways, within the controller's worker and as a process of its own, must give the same."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import typing as t

import pytest
from botocore.exceptions import ClientError

from tests.emulator.client import Emulator, environment
from tests.support.cases import ACCOUNT_ID, HOME_REGION, all_cases
from tests.support.playbook import ROOT, Run, ansible_playbook

OTHER_REGION = "us-east-1"
DENIED_REGION = "eu-west-1"
UNSEEN = "not-to-be-seen"
SECRET = "a-secret-access-key"
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "action").glob("*.py") if path.stem != "__init__")
MODULE = "metric_alarms"
"""Stands for all where it is not about the module."""

ALARM = {
    "name": "both-ways",
    "metric_name": "RootAccessEventCount",
    "namespace": "CloudTrailMetrics",
    "statistic": "Sum",
    "period": 60,
    "evaluation_periods": 1,
    "threshold": 1,
    "comparison_operator": "GreaterThanOrEqualToThreshold",
}


def task(module: str, arguments: dict[str, t.Any], name: str | None = None, **keywords: t.Any) -> dict[str, t.Any]:
    return {"name": name or module, f"secops.aws_baseline.{module}": arguments, **keywords}


def tasks() -> list[dict[str, t.Any]]:
    """Each module with all its options, and what may happen to a task, with one of them."""
    arguments = {case.module: case.typical | credentials(case.account_id) for case in all_cases()}
    one = {"alarms": [ALARM]}
    return [
        *(task(name, arguments.get(name, {}), diff=True) for name in MODULES),
        task(MODULE, one, "check mode", check_mode=True, diff=True),
        task(MODULE, one, "another region", environment={"AWS_REGION": OTHER_REGION}),
        task(MODULE, {"alarms": [{**ALARM, "alarm_description": f"({SECRET})"}]}, "a secret that is echoed"),
        task(MODULE, {"alarms": [{**ALARM, "name": UNSEEN}]}, "no_log", no_log=True),
        # the second one too, which is refused no more after the first
        task("notification_topics", {"topics": [topic_with_password("one"), topic_with_password("two")]}, "passwords"),
        *(task(MODULE, options, name, **keywords) for name, (options, keywords, _message) in failures().items()),
    ]


def credentials(account_id: str) -> dict[str, t.Any]:
    """The connection's options for an account."""
    access_key = environment("", account_id)["AWS_ACCESS_KEY_ID"]
    return {"account_id": account_id, "access_key": access_key, "secret_key": SECRET}


def topic_with_password(name: str) -> dict[str, t.Any]:
    endpoint = f"https://user:{UNSEEN}@siem.example.com"
    return {"name": name, "subscriptions": [{"protocol": "https", "endpoint": endpoint}]}


def failures() -> dict[str, tuple[dict[str, t.Any], dict[str, t.Any], str]]:
    """Tasks that fail, by name: options, keywords of the task, and part of the message."""
    one = {"alarms": [ALARM]}
    denied = {"environment": {"AWS_REGION": DENIED_REGION}}
    return {
        "an unknown option": (
            {**one, "unknown": 1},
            {},
            "Unsupported parameters for (secops.aws",
        ),
        "no required option": ({}, {}, "missing required arguments: alarms"),
        "a value of another type": ({"alarms": [{**ALARM, "period": "often"}]}, {}, "we were unable to convert to int"),
        "a value that AWS refuses": ({"alarms": [{**ALARM, "period": 7}]}, {}, "alarms[0].period: 7 is not accepted"),
        "credentials of another account": ({**one, "account_id": "9" * 12}, {}, f"belong to account {ACCOUNT_ID}"),
        "access denied": (one, denied, "is not authorized to perform: cloudwatch:PutMetricAlarm"),
    }


def playbook(emulator: Emulator) -> list[dict[str, t.Any]]:
    """Credentials come by module_defaults and environment only; the process itself has none that work."""
    return [
        {
            "hosts": "localhost",
            "gather_facts": False,
            "environment": {"AWS_ENDPOINT_URL": emulator.url, "AWS_REGION": HOME_REGION},
            "vars": {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "module_defaults": {"group/secops.aws_baseline.baseline": credentials(ACCOUNT_ID)},
            "ignore_errors": True,
            "tasks": tasks(),
        }
    ]


def prepare(emulator: Emulator) -> None:
    emulator.reset()
    for case in all_cases():
        # several modules need the same thing
        with contextlib.suppress(ClientError):
            case.prepare(emulator)
    emulator.settings(denials=[{"action": "cloudwatch:PutMetricAlarm", "region": DENIED_REGION}])
    emulator.clear_calls()


@dataclasses.dataclass(frozen=True)
class Way:
    """One of the two ways. left: names of the files that module processes were made of."""

    run: Run
    left: frozenset[str]

    @property
    def results(self) -> dict[str, dict[str, t.Any]]:
        """By name of the task."""
        assert self.run.output, self.run.stdout[-3000:] + self.run.stderr[-3000:]
        return {result["task"]: result for result in self.run.tasks()}


@pytest.fixture(scope="module")
def ways(emulator_process: Emulator, tmp_path_factory: pytest.TempPathFactory) -> tuple[Way, Way]:
    """Within the controller's workers, and as module processes."""
    directory = tmp_path_factory.mktemp("ways")
    path = directory / "playbook.yml"
    path.write_text(json.dumps(playbook(emulator_process)), encoding="utf-8")
    found = []
    for in_process in (True, False):
        prepare(emulator_process)
        remote = directory / str(in_process)
        variables = {"aws_baseline_in_process": in_process}
        steer = {
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ACCESS_KEY_ID": "none",
            "AWS_REGION": OTHER_REGION,
            "ANSIBLE_REMOTE_TEMP": str(remote),
            "ANSIBLE_KEEP_REMOTE_FILES": "true",
            "ANSIBLE_INJECT_INVOCATION": "true",
        }
        run = ansible_playbook(emulator_process, path, "localhost,", variables=variables, extra_environment=steer)
        found.append(Way(run, frozenset(file.name for file in remote.rglob("AnsiballZ_*.py"))))
    return found[0], found[1]


@pytest.mark.parametrize("name", [item["name"] for item in tasks()])
def test_both_ways_give_the_same(ways: tuple[Way, Way], name: str) -> None:
    in_process, module = (way.results[name] for way in ways)
    assert in_process == module


def test_both_ways_are_taken(ways: tuple[Way, Way]) -> None:
    in_process, module = ways
    assert not in_process.left
    assert module.left == {f"AnsiballZ_{name}.py" for name in MODULES}


@pytest.mark.parametrize("name", [case.module for case in all_cases()])
def test_every_module_has_something_to_do(ways: tuple[Way, Way], name: str) -> None:
    result = ways[0].results[name]
    assert not result.get("failed"), result["msg"]
    assert result["changed"]


@pytest.mark.parametrize(("name", "message"), [(name, item[2]) for name, item in failures().items()])
def test_failures_say_why(ways: tuple[Way, Way], name: str, message: str) -> None:
    result = ways[0].results[name]
    assert result["failed"] and message in result["msg"]


def test_keywords_of_the_task_are_honoured(ways: tuple[Way, Way]) -> None:
    results = ways[0].results
    assert results["check mode"]["changed"] and results["check mode"]["diff"]
    # created again: check mode had not
    assert [change["region"] for change in results["another region"]["changes"]] == [OTHER_REGION]
    assert [change["region"] for change in results["a secret that is echoed"]["changes"]] == [HOME_REGION]
    assert "censored" in results["no_log"]


def test_no_secret_is_shown(ways: tuple[Way, Way]) -> None:
    for way in ways:
        assert way.results["a secret that is echoed"]["invocation"]["module_args"]["secret_key"]
        assert SECRET not in way.run.stdout + way.run.stderr
        assert UNSEEN not in way.run.stdout + way.run.stderr
