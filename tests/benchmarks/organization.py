# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What an unchanged organization costs, and whether that grows faster than the number of its accounts."""

from __future__ import annotations

import contextlib
import json
import tempfile
import threading
import time
import typing as t
from pathlib import Path

from tests.emulator.client import DEFAULT_ORGANIZATION, Emulator
from tests.support.organization import LOG_ARCHIVE, MANAGEMENT, NAMES, SECURITY
from tests.support.playbook import Run, ansible_playbook

REGIONS = ["eu-central-1", "eu-north-1", "eu-west-1", "us-east-1"]
CENTRAL = {"management": MANAGEMENT, "log_archive": LOG_ARCHIVE, "security": SECURITY}
ROLE = "arn:aws:iam::{{ account_id }}:role/OrganizationAccountAccessRole"


def members(size: int) -> list[str]:
    """Ids of that many member accounts."""
    return [f"2{number:011d}" for number in range(1, size + 1)]


def create(emulator: Emulator, size: int) -> None:
    """An organization with that many members beside its three central accounts."""
    ids = [*CENTRAL.values(), *members(size)]
    names = {one: NAMES.get(one, f"member-{one}") for one in ids}
    accounts = [{"id": one, "name": name, "email": f"{name}@acme.example"} for one, name in names.items()]
    emulator.create_organization(accounts)


def inventory(size: int) -> dict[str, t.Any]:
    """A static inventory of the organization."""
    groups: dict[str, t.Any] = {
        group: {"hosts": {group.replace("_", "-"): {"account_id": one}}} for group, one in CENTRAL.items()
    }
    groups["workload"] = {"hosts": {f"member-{one}": {"account_id": one} for one in members(size)}}
    groups["management"]["vars"] = {"aws_baseline_assume_role_arn": ""}
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "aws_baseline_home_region": REGIONS[0],
        "aws_baseline_regions": REGIONS,
        "aws_baseline_name_prefix": "bench",
        "aws_baseline_organization_id": DEFAULT_ORGANIZATION,
        "aws_baseline_management_account_id": MANAGEMENT,
        "aws_baseline_log_archive_account_id": LOG_ARCHIVE,
        "aws_baseline_security_account_id": SECURITY,
        "aws_baseline_assume_role_arn": ROLE,
    }
    return {"aws_accounts": {"children": groups, "vars": variables}}


class Memory:
    """The most memory that ansible-playbook and its workers held at one time, in MiB: the sum of their PSS."""

    def __init__(self) -> None:
        self.peak = 0.0
        self._stopped = threading.Event()

    def __enter__(self) -> Memory:
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stopped.wait(0.2):
            self.peak = max(self.peak, sum(map(self._held, Path("/proc").glob("[0-9]*"))))

    @staticmethod
    def _held(process: Path) -> float:
        # processes come and go while they are looked at
        with contextlib.suppress(OSError, StopIteration):
            if b"ansible-playbook" in (process / "cmdline").read_bytes():
                lines = (process / "smaps_rollup").read_text().splitlines()
                return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) / 1024
        return 0.0


class Measured(t.NamedTuple):
    """A plan that found nothing to do: seconds, reads, MiB."""

    seconds: float
    reads: int
    memory: float


class Organization:
    """An organization of a size, brought to the baseline once."""

    def __init__(self, emulator: Emulator, size: int, directory: Path) -> None:
        self.emulator = emulator
        self.accounts = size + len(CENTRAL)
        self.path = directory / f"organization-{size}.json"
        self.path.write_text(json.dumps(inventory(size)), encoding="utf-8")
        emulator.reset()
        create(emulator, size)
        self.playbook()

    def playbook(self, *arguments: str) -> Run:
        run = ansible_playbook(self.emulator, "baseline.yml", self.path, *arguments, account_id=MANAGEMENT)
        if run.returncode:
            raise SystemExit(f"The baseline failed:\n{run.messages()}\n{run.stderr}")
        return run

    def plan(self, *arguments: str) -> Measured:
        """Plan what has nothing to be done."""
        self.emulator.clear_calls()
        started = time.perf_counter()
        with Memory() as memory:
            run = self.playbook("--check", *arguments)
        seconds = time.perf_counter() - started
        if any(stats["changed"] for stats in run.stats.values()):
            raise SystemExit(f"Not an unchanged run: {run.stats}")
        return Measured(seconds, len(self.emulator.calls()), memory.peak)


def measure(emulator: Emulator, sizes: t.Sequence[int]) -> list[tuple[str, str]]:
    """Rows to show: what a plan of each size costs, and the largest one in two slices."""
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        for size in sizes:
            organization = Organization(emulator, size, Path(directory))
            whole = organization.plan()
            rows.append(
                (
                    f"{size} members and {len(CENTRAL)} central accounts",
                    f"{whole.seconds:.1f} s, {whole.seconds / organization.accounts:.2f} s an account; "
                    f"{whole.reads} reads, {whole.reads / organization.accounts:.0f} an account; "
                    f"{whole.memory:.0f} MiB at most",
                )
            )
        half = organization.accounts // 2
        slices = [organization.plan("--limit", f"aws_accounts[{part}]") for part in (f"0:{half - 1}", f"{half}:")]
    reads = [part.reads for part in slices]
    rows.append(("the last one in 2 slices, one after the other", f"{sum(part.seconds for part in slices):.1f} s"))
    rows.append(("reads of the slices : reads of the whole", f"{sum(reads) / whole.reads:.3f} ({reads})"))
    return rows
