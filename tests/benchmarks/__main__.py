# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How fast the baseline is, as ratios within one run against the emulator: C(make bench).

Each figure is the best of a few runs, so that other load on the machine counts least.
"""

from __future__ import annotations

import argparse
import collections
import contextlib
import json
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from scripts.emulated import environment
from tests.benchmarks import organization, patterns
from tests.benchmarks.reads import reads_of_tasks
from tests.emulator.client import Emulator
from tests.emulator.process import EmulatorProcess
from tests.support.cases import ACCOUNT_ID, HOME_REGION
from tests.support.playbook import Run, ansible_playbook

HERE = Path(__file__).resolve().parent
LATENCY_MS = 20
SIZES = (10, 25, 50)
"""Numbers of member accounts."""


class Bench:
    """One emulator and the ways to run playbooks against it."""

    def __init__(self, emulator: Emulator, runs: int) -> None:
        self.emulator = emulator
        self.runs = runs

    def playbook(self, name: str, *arguments: str, **variables: t.Any) -> Run:
        """Run one of the playbooks beside this file, or the project's C(baseline)."""
        path = HERE / f"{name}.yml" if (HERE / f"{name}.yml").exists() else f"{name}.yml"
        run = ansible_playbook(self.emulator, path, HERE / "inventory.yml", *arguments, variables=variables)
        if run.returncode:
            raise SystemExit(f"{name} {' '.join(arguments)} failed:\n{run.messages()}\n{run.stderr}")
        return run

    def best(self, action: t.Callable[[], t.Any]) -> float:
        """Seconds of the fastest of several runs."""
        return min(elapsed(action) for _run in range(self.runs))

    @contextlib.contextmanager
    def latency(self, milliseconds: int) -> t.Iterator[None]:
        self.emulator.settings(latency_ms=milliseconds)
        yield
        self.emulator.settings(latency_ms=0)


def elapsed(action: t.Callable[[], t.Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def unchanged(run: Run) -> None:
    """Make sure that what was measured is a run that had nothing to do."""
    if any(stats["changed"] for stats in run.stats.values()):
        raise SystemExit(f"Not an unchanged run: {run.stats}")


def say(title: str, *rows: tuple[str, str]) -> None:
    print(f"\n{title}", flush=True)
    for label, value in rows:
        print(f"  {label:<58} {value}", flush=True)


def alarms_against_loops(bench: Bench, start: float) -> None:
    """The alarms role, unchanged and in check mode, against loops over amazon.aws's modules for as many objects."""
    bench.playbook("baseline", "--tags", "cloudtrail,alarms")
    role_seconds = bench.best(lambda: unchanged(bench.playbook("alarms", "--check")))
    pages = bench.emulator.client("logs", HOME_REGION, ACCOUNT_ID).get_paginator("describe_metric_filters").paginate()
    found = [item for page in pages for item in page["metricFilters"]]
    loop_seconds = elapsed(lambda: bench.playbook("upstream_loops", "--check", metric_filters=found))
    say(
        f"Alarms role, unchanged, check mode ({len(found)} filters and alarms)",
        ("this collection", f"{role_seconds:.1f} s"),
        ("the same as loops over amazon.aws modules", f"{loop_seconds:.1f} s"),
        ("times faster", f"{loop_seconds / role_seconds:.1f}"),
        ("times faster, Ansible's own start left out", f"{(loop_seconds - start) / (role_seconds - start):.1f}"),
    )


def baseline_by_regions(bench: Bench, start: float) -> None:
    """The whole baseline unchanged, with one region and with all, at a realistic latency."""

    def run(**variables: t.Any) -> None:
        unchanged(bench.playbook("baseline", "--check", **variables))

    bench.playbook("baseline")
    with bench.latency(LATENCY_MS):
        all_regions = bench.best(run)
        one_region = bench.best(lambda: run(aws_baseline_regions=[HOME_REGION]))
        validation = bench.best(lambda: bench.playbook("validate"))
        modules = elapsed(lambda: run(aws_baseline_in_process=False))
        bench.emulator.clear_calls()
        tasks = tasks_of_baseline(bench)
        calls = [call for call in bench.emulator.calls() if call.access == "read"]
        bare = bare_script(bench, tasks)
    regions = len(bench.emulator.client("ec2", HOME_REGION, ACCOUNT_ID).describe_regions()["Regions"])
    say(
        f"Whole baseline, unchanged, {LATENCY_MS} ms latency",
        ("1 region", f"{one_region:.1f} s"),
        (f"{regions} regions", f"{all_regions:.1f} s"),
        (f"{regions} regions : 1 region (aim: at most 1.3)", f"{all_regions / one_region:.2f}"),
        ("Ansible's own start", f"{start:.1f} s"),
        ("refusing bad input of all roles first, without a call", f"{validation - start:.1f} s"),
        ("bare boto3 script making the same reads in threads", f"{bare:.1f} s"),
        ("this : bare script, Ansible's start left out (aim: at most 2)", f"{(all_regions - start) / bare:.2f}"),
        ("the same without refusing bad input first", f"{(all_regions - validation) / bare:.2f}"),
        ("fast path off", f"{modules:.1f} s"),
        ("fast path off : on", f"{modules / all_regions:.2f}"),
    )
    reads_per_service(calls)


def tasks_of_baseline(bench: Bench) -> list[dict[str, t.Any]]:
    """C(action) and C(arguments) of the tasks of an unchanged run."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as file:
        callback = {
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback"),
            "ANSIBLE_CALLBACKS_ENABLED": "task_arguments",
            "ANSIBLE_INJECT_INVOCATION": "true",
            "TASK_ARGUMENTS": file.name,
        }
        ansible_playbook(bench.emulator, "baseline.yml", HERE / "inventory.yml", "--check", extra_environment=callback)
        return [json.loads(line) for line in file]


def bare_script(bench: Bench, tasks: list[dict[str, t.Any]]) -> float:
    """Seconds of a script that makes, in threads, the reads that tasks make."""
    reads = reads_of_tasks(tasks, bench.emulator)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(reads, file)
        file.flush()
        command = [sys.executable, str(HERE / "bare_reads.py"), file.name]
        variables = environment(bench.emulator, account_id=ACCOUNT_ID, region=HOME_REGION)
        return bench.best(lambda: subprocess.run(command, env=variables, check=True))


def reads_per_service(calls: list[t.Any]) -> None:
    """Reads of an unchanged run by service: in the home region, and the most in any other region."""
    counts = collections.Counter((call.service, call.region) for call in calls)
    services = sorted({service for service, _region in counts})
    rows = []
    for service in services:
        away = [count for (name, region), count in counts.items() if name == service and region != HOME_REGION]
        rows.append((service, f"{counts[service, HOME_REGION]:>4}   {max(away, default=0):>4}"))
    pairs = sorted(counts.values())
    at_most_three = sum(count <= 3 for count in pairs)
    rows.append(("pairs of region and service with at most 3 reads", f"{at_most_three} of {len(pairs)}"))
    say(f"Reads of an unchanged run ({len(calls)} in all): home region, most in another region", *rows)


def rehearsal(bench: Bench, start: float) -> None:
    """What it takes to find out whether all alarms fire, without and with asking AWS about their patterns."""
    topics = {
        "alarms_infosec_emails": ["infosec@acme.example"],
        "alarms_devops_emails": ["devops@acme.example"],
        "alarms_evidence_subscriptions": [{"protocol": "email", "endpoint": "auditor@acme.example"}],
        "alarms_cis_evidence": True,
    }
    bench.playbook("baseline", "--tags", "cloudtrail,alarms", **topics)
    for message in bench.emulator.confirmations():
        bench.emulator.confirm_subscription(message["topic_arn"], message["endpoint"])
    rows = []
    for title, asks_aws in (("own evaluator only", False), ("patterns tested by AWS as well", True)):
        options = {**topics, "alarms_rehearse_test_metric_filter": asks_aws}
        bench.emulator.clear_calls()
        tasks = bench.playbook("rehearse", **options).tasks()
        alarms = sum(len(task.get("rehearsal", ())) for task in tasks)
        calls = bench.emulator.calls()
        if bench.emulator.writes():
            raise SystemExit(f"Not a rehearsal that only reads: {bench.emulator.writes()}")
        with bench.latency(LATENCY_MS):
            seconds = bench.best(lambda options=options: bench.playbook("rehearse", **options))
        rows.append((f"{title}: calls", f"{len(calls)}"))
        rows.append((f"{title}: time without Ansible's own start", f"{seconds - start:.1f} s"))
    say(f"Rehearsal of {alarms} alarms, {LATENCY_MS} ms latency", *rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--only", choices=["account", "organization", "patterns", "rehearsal"], help="measure this part only"
    )
    parser.add_argument("--runs", type=int, default=3, help="runs per figure, of which the best counts")
    arguments = parser.parse_args()
    if arguments.only in (None, "patterns"):
        say("Patterns of the alarms against CloudTrail's records, one core", *patterns.measure(arguments.runs))
    if arguments.only == "patterns":
        return
    with EmulatorProcess() as emulator:
        bench = Bench(emulator, arguments.runs)
        if arguments.only != "organization":
            start = bench.best(lambda: bench.playbook("nothing"))
        if arguments.only in (None, "account"):
            alarms_against_loops(bench, start)
            emulator.reset()
            baseline_by_regions(bench, start)
            emulator.reset()
        if arguments.only in (None, "rehearsal"):
            rehearsal(bench, start)
        if arguments.only in (None, "organization"):
            say("Organization, unchanged, 4 regions", *organization.measure(emulator, SIZES))


if __name__ == "__main__":
    main()
