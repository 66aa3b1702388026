# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sessions."""

from __future__ import annotations

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Connection
from ansible_collections.secops.aws_baseline.plugins.module_utils.options import session_name


def test_roles_are_assumed_where_the_token_is_good_in_every_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    session = Connection._new_session(None, "key", "secret", None)
    # what the global endpoint gives out is refused by regions that have to be opted in
    assert "sts.eu-central-1." in session.create_client("sts", "eu-central-1").meta.endpoint_url
    assert session.get_config_variable("sts_regional_endpoints") == "regional"


@pytest.mark.parametrize(
    ("user", "name"),
    [("alice", "secops.aws_baseline@alice"), ("ACME\\älice smith", "secops.aws_baseline@ACME--lice-smith")],
)
def test_sessions_show_who_runs(monkeypatch: pytest.MonkeyPatch, user: str, name: str) -> None:
    """S001-31: CloudTrail leads from what a session did to the person behind it."""
    monkeypatch.setenv("LOGNAME", user)
    assert session_name() == name


def test_session_names_are_short_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "a" * 100)
    assert len(session_name()) == 64
