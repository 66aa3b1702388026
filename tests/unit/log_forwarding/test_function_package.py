# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The deployment package: the same bytes of the same code, complete without the collection (S004-65, S004-66)."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import time
import typing as t
import zipfile
from pathlib import Path

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils import forwarder
from ansible_collections.secops.aws_baseline.plugins.module_utils.function_package import imported, package
from ansible_collections.secops.aws_baseline.plugins.module_utils.reconcile import plain

from .conftest import IAM, event, record

RUN = """
import json, sys, types
sys.modules["boto3"] = types.SimpleNamespace(client=lambda service, region_name: Topics())
class Topics:
    def publish(self, **parameters):
        print(parameters["Subject"])
import forwarder
print(json.dumps(forwarder.handler(json.load(open(sys.argv[1])), None)))
print([name for name in sys.modules if name.startswith("ansible.")])
"""


def files(settings: dict[str, t.Any]) -> dict[str, str]:
    return {forwarder.SETTINGS: json.dumps(settings)}


def test_the_same_code_is_the_same_package(settings: dict[str, t.Any], monkeypatch: pytest.MonkeyPatch) -> None:
    one = package(forwarder, files(settings))
    monkeypatch.setattr(time, "time", lambda: 2e9)
    assert package(forwarder, files(settings)) == one
    assert package(forwarder, files({**settings, "most_messages": 4})).text != one.text
    assert base64.b64decode(one.text) == hashlib.sha256(one.content).digest()


def test_entries_have_no_time_and_an_order(settings: dict[str, t.Any]) -> None:
    with zipfile.ZipFile(io.BytesIO(package(forwarder, files(settings)).content)) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}


def test_results_show_the_hash_in_place_of_the_code(settings: dict[str, t.Any]) -> None:
    found = package(forwarder, files(settings))
    assert plain({"code": found}) == {"code": found.text} and "content" not in repr(found)


def test_only_filter_patterns_are_taken_along() -> None:
    names = {name.split(".module_utils.")[1].split(".")[0] for name in imported(forwarder)}
    assert names == {"filter_pattern", "pattern_language"}


def test_the_package_runs_without_collection_and_ansible(settings: dict[str, t.Any], tmp_path: Path) -> None:
    # Lambda unpacks it, too
    with zipfile.ZipFile(io.BytesIO(package(forwarder, files(settings)).content)) as archive:
        archive.extractall(tmp_path / "task")
    (tmp_path / "event.json").write_text(json.dumps(event(record(), subscriptionFilters=[])))
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "task")}
    done = subprocess.run(
        [sys.executable, "-S", "-c", RUN, str(tmp_path / "event.json")],
        env=environment,
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    )
    subject, _told, result, modules = done.stdout.splitlines()
    assert subject.startswith("[high] iam:CreateAccessKey") and IAM["title"] in subject
    assert json.loads(result) == {"records": 1, "selected": 1, "published": 1}
    assert modules == "[]"
