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
import os
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from tests.benchmarks.reads import reads_of_tasks
from tests.emulator.client import Emulator
from tests.emulator.process import EmulatorProcess

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
ACCOUNT_ID = "123456789012"
HOME_REGION = "eu-central-1"
LATENCY_MS = 20


class Bench:
    """One emulator and the ways to run playbooks against it."""

    def __init__(self, emulator: Emulator, runs: int) -> None:
        self.emulator = emulator
        self.runs = runs
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ANSIBLE_"))}
        self.environment = inherited | emulator.environment(account_id=ACCOUNT_ID, region=HOME_REGION)

    def playbook(self, name: str, *arguments: str, **variables: t.Any) -> dict[str, t.Any]:
        """Run one of the playbooks beside this file (or the project's C(baseline)); its JSON result."""
        path = HERE / f"{name}.yml" if (HERE / f"{name}.yml").exists() else ROOT / f"{name}.yml"
        command = [str(Path(sys.executable).parent / "ansible-playbook"), str(path), "-i", str(HERE / "inventory.yml")]
        command += [*arguments, "-e", json.dumps(variables)]
        output = {"ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json", "ANSIBLE_DEPRECATION_WARNINGS": "false"}
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment | output, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-4000:]}\n{done.stderr[-2000:]}")
        return json.loads(done.stdout)

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


def changed(result: dict[str, t.Any]) -> int:
    return sum(stats["changed"] for stats in result["stats"].values())


def say(title: str, *rows: tuple[str, str]) -> None:
    print(f"\n{title}", flush=True)
    for label, value in rows:
        print(f"  {label:<58} {value}", flush=True)


def alarms_against_loops(bench: Bench, start: float) -> None:
    """The alarms role, unchanged and in check mode, against loops over amazon.aws's modules for as many objects."""
    bench.playbook("baseline", "--tags", "cloudtrail,alarms")
    calls = {}

    def role() -> None:
        assert changed(bench.playbook("baseline", "--check", "--tags", "alarms")) == 0

    role_seconds = bench.best(role)
    filters = bench.emulator.client("logs", HOME_REGION, ACCOUNT_ID).get_paginator("describe_metric_filters")
    found = [item for page in filters.paginate() for item in page["metricFilters"]]
    calls["metric_filters"] = found
    loop_seconds = elapsed(lambda: bench.playbook("upstream_loops", "--check", **calls))
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
        assert changed(bench.playbook("baseline", "--check", **variables)) == 0

    bench.playbook("baseline")
    with bench.latency(LATENCY_MS):
        all_regions = bench.best(run)
        one_region = bench.best(lambda: run(aws_baseline_regions=[HOME_REGION]))
        modules = elapsed(lambda: run(aws_baseline_in_process=False))
        bench.emulator.clear_calls()
        result = bench.playbook("baseline", "--check")
        calls = [call for call in bench.emulator.calls() if call.access == "read"]
        bare = bare_script(bench, result)
    regions = len(bench.emulator.client("ec2", HOME_REGION, ACCOUNT_ID).describe_regions()["Regions"])
    say(
        f"Whole baseline, unchanged, {LATENCY_MS} ms latency",
        ("1 region", f"{one_region:.1f} s"),
        (f"{regions} regions", f"{all_regions:.1f} s"),
        (f"{regions} regions : 1 region (aim: at most 1.3)", f"{all_regions / one_region:.2f}"),
        ("Ansible's own start", f"{start:.1f} s"),
        ("bare boto3 script making the same reads in threads", f"{bare:.1f} s"),
        ("this : bare script, Ansible's start left out (aim: at most 2)", f"{(all_regions - start) / bare:.2f}"),
        ("fast path off", f"{modules:.1f} s"),
        ("fast path off : on", f"{modules / all_regions:.2f}"),
    )
    reads_per_service(calls)


def bare_script(bench: Bench, result: dict[str, t.Any]) -> float:
    """Seconds of a script that makes, in threads, the reads that the tasks of a playbook's result make."""
    reads = reads_of_tasks(result, bench.emulator)
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(reads, file)
        file.flush()
        command = [sys.executable, str(HERE / "bare_reads.py"), file.name]
        return bench.best(lambda: subprocess.run(command, env=bench.environment, check=True))


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3, help="runs per figure, of which the best counts")
    arguments = parser.parse_args()
    with EmulatorProcess() as emulator:
        bench = Bench(emulator, arguments.runs)
        start = bench.best(lambda: bench.playbook("nothing"))
        alarms_against_loops(bench, start)
        emulator.reset()
        baseline_by_regions(bench, start)


if __name__ == "__main__":
    main()
