# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which texts are filter patterns."""

from __future__ import annotations

import pytest

from tests.emulator import patterns


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("", "text"),
        (" ", "text"),
        ("ERROR", "text"),
        ('ERROR -"not this" ?maybe', "text"),
        ("%5[0-9][0-9]%", "text"),
        ('{ $.eventName = "ConsoleLogin" }', "json"),
        ("{$.eventName=ConsoleLogin}", "json"),
        ("{ $.eventSource = kms.amazonaws.com }", "json"),
        ('{ ($.a = 1) && (($.b != "x") || ($.c NOT EXISTS)) }', "json"),
        ("{ $.a IS TRUE && $.b IS NULL || $.c = * }", "json"),
        ("{ $.a > 1.5e3 && $.b <= -4 }", "json"),
        ("{ $.items[*].id = %^i-[0-9a-f]+$% }", "json"),
        ('{ $.[\'odd name\'][0].x = "quote \\" inside" }', "json"),
        ("{ $.volumeId = vol-123 }", "json"),
        ("[ip, user, ..., status=4*, size > 1000]", "space"),
        ("[w1=ERROR || w1=FATAL, w2]", "space"),
        ("[]", "space"),
        ("[, , x]", "space"),
    ],
)
def test_patterns(pattern: str, kind: str) -> None:
    assert patterns.check(pattern).kind == kind


@pytest.mark.parametrize(
    "pattern",
    [
        '{ $.a = "b"',
        '{ ($.a = "b" }',
        '{ $.a = "b") }',
        '{ $.a = "b }',
        "{ $.a = 'b' }",
        "{ $.a = \u2018b\u2019 }",
        "{ $.a = \u201cb\u201d }",
        "{ }",
        "{ $.a }",
        "{ $.a = }",
        "{ a = 1 }",
        '{ $.a == "b" }',
        '{ $.a = "b" && }',
        '{ $.a = "b" & $.b = "c" }',
        '{ $.a = "b" AND $.b = "c" }',
        "{ $.a > high }",
        "{ $.a EXISTS }",
        "{ $.a IS NOT NULL }",
        '{ !($.a = "b") }',
        "{ $.a = %(x)% }",
        "{ $.a = %a% || $.b = %b% || $.c = %c% }",
        "[a, b",
        "[..., a, ...]",
        "[status = 4* && bytes > 1000]",
        "error: something",
        "'error'",
        '"open',
    ],
)
def test_other_texts_are_refused(pattern: str) -> None:
    with pytest.raises(patterns.InvalidPattern):
        patterns.check(pattern)
