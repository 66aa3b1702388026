# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter patterns are read as CloudWatch Logs documents them, and faults are named with their place."""

from __future__ import annotations

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import (
    And,
    AnyIndex,
    Comparison,
    Field,
    FilterPatternError,
    Is,
    JsonPattern,
    NotExists,
    Number,
    Or,
    Regex,
    Selector,
    SpacePattern,
    String,
    Term,
    TextPattern,
    has_regex,
    parse,
    validate,
)

A = Comparison(Selector(("a",)), "=", Number("1"))
B = Comparison(Selector(("b",)), "!=", String("x y", quoted=True))
C = NotExists(Selector(("c", "d")))


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("{ $.a = 1 }", A),
        ('{($.a=1)||$.b != "x y"&&$.c.d NOT EXISTS}', Or((A, And((B, C))))),
        ('{ ($.a = 1 || $.b != "x y") && $.c.d NOT EXISTS }', And((Or((A, B)), C))),
        ("{ $.a IS TRUE }", Is(Selector(("a",)), "TRUE")),
        ("{ $.a IS NULL }", Is(Selector(("a",)), "NULL")),
        ("{ $.a[*].b = *x }", Comparison(Selector(("a", AnyIndex(), "b")), "=", String("*x", quoted=False))),
        ("{ $.a[10].b = %^i-[0-9a-f]+$% }", Comparison(Selector(("a", 10, "b")), "=", Regex("^i-[0-9a-f]+$"))),
        ("{ $.['a b'] >= -1.5e3 }", Comparison(Selector(("a b",)), ">=", Number("-1.5e3"))),
        (
            "{ $.s = kms.amazonaws.com }",
            Comparison(Selector(("s",)), "=", String("kms.amazonaws.com", quoted=False)),
        ),
        ("{ $.ip = 10.0.* }", Comparison(Selector(("ip",)), "=", String("10.0.*", quoted=False))),
        (r'{ $.a = "say \"hi\" && \\" }', Comparison(Selector(("a",)), "=", String('say "hi" && \\', quoted=True))),
    ],
)
def test_json_patterns(text: str, expression: object) -> None:
    assert parse(text) == JsonPattern(expression)  # type: ignore[arg-type]


def test_space_delimited_patterns() -> None:
    condition = Or(
        (
            Comparison(Selector(("code",)), "=", String("4*", quoted=False)),
            Comparison(Selector(("code",)), ">", Number("500")),
        )
    )
    assert parse("[ip, ..., code = 4* || code > 500, ]") == SpacePattern(
        (Field("ip"), Field(ellipsis=True), Field("code", condition), Field())
    )
    assert parse("[]") == SpacePattern(())


def test_text_patterns() -> None:
    assert parse('ERROR -"not this" ?maybe %[0-9]+%') == TextPattern(
        (
            Term("all", String("ERROR", quoted=False)),
            Term("none", String("not this", quoted=True)),
            Term("any", String("maybe", quoted=False)),
            Term("all", Regex("[0-9]+")),
        )
    )


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("{ $.userIdentity.type = \u201cRoot\u201d }", "typographic quote", 24),
        ("{ $.a = \u2018x\u2019 }", "typographic quote", 8),
        ("{ $.a = 'x' }", "single quotes", 8),
        ('{ $.a = "x }', "not closed", 8),
        ("{ ($.a = 1 }", "parenthesis is not closed", 2),
        ("{ $.a = 1) }", "closed that was not opened", 9),
        ("{ $.a = 1", "brace is not closed", 0),
        ("[a, b", "bracket is not closed", 0),
        ("{ }", "no condition", 2),
        ("{ $.a = 1 $.b = 2 }", "expected && or ||", 10),
        ("{ $.a = 1 & $.b = 2 }", "expected && or ||", 10),
        ("{ a = 1 }", "expected a property", 2),
        ("{ $ = 1 }", "expected a property", 2),
        ("{ $.a == 1 }", "expected a value", 7),
        ("{ $.a EXISTS }", "expected =", 6),
        ("{ $.a IS NOT NULL }", "expected =", 6),
        ("{ $.a > x }", "compares numbers only", 8),
        ("{ $.a = %(x)% }", "not a character that a regular expression", 9),
        ("{ $.a = %x% || $.a = %y% || $.a = %z% }", "more than 2 regular", 34),
        ("{ $.a[*].b[*] = 1 }", "more than one wildcard", 2),
        ("{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }", "more than 3 wildcard", 44),
        ("[a = 1 && b = 2]", "may only name that field", 1),
        ("[..., a, ...]", "may occur once", 12),
        ("user.name", "needs double quotes", 4),
        ('a"b"', "needs double quotes", 1),
        ("[a NOT EXISTS]", "expected =", 3),
        ("{ $.a.[0] = 1 }", "expected a property name", 6),
        ("{ $.a\u00a0= 1 }", "expected =", 5),
        ("{ $.a = %a**% }", "cannot follow another", 11),
        ("{ $.a = %*a% }", "nothing before", 9),
        ("{ $.a = %[a% }", "class is not closed", 9),
        ("{ $.a = %[z-a]% }", "end comes before", 11),
        ("{ $.a = %a{2% }", "expected {n}", 10),
        (r"{ $.a = %\b% }", "after a backslash", 9),
        ("{ $.a = %x!% }", "not a character that a regular expression", 10),
    ],
)
def test_faults_are_named_with_their_place(text: str, message: str, position: int) -> None:
    with pytest.raises(FilterPatternError, match=message.replace("|", r"\|")) as caught:
        validate(text)
    assert caught.value.position == position


@pytest.mark.parametrize("text", [None, 1, b"x", ["{ $.a = 1 }"]])
def test_what_is_no_text_is_no_pattern(text: object) -> None:
    with pytest.raises(FilterPatternError, match="a text is needed"):
        parse(text)  # type: ignore[arg-type]


def test_parentheses_may_be_deep() -> None:
    assert parse("{" + "(" * 500 + "$.a=1" + ")" * 500 + "}") == JsonPattern(A)
    deep = "{" + "($.a=1||($.a=1&&" * 55 + "$.a=1" + "))" * 55 + "}"
    assert parse(str(parse(deep))) == parse(deep)
    assert parse(deep).matches({"a": 1})


def test_length_and_emptiness() -> None:
    fits = '{ $.a = "' + "x" * (1024 - 12) + '" }'
    validate(fits)
    with pytest.raises(FilterPatternError, match="1025 characters"):
        validate(fits.replace("xx", "xxx", 1))
    assert parse("") == TextPattern(())
    for empty in ("", "  "):
        with pytest.raises(FilterPatternError, match="empty"):
            validate(empty)


def test_text_patterns_may_have_many_regexes() -> None:
    assert parse("%a% ?%b% -%c%").matches("a")


def test_typographic_quotes_are_letters_within_quotes() -> None:
    pattern = parse('{ $.message = "*can\u2019t*" }')
    assert pattern.matches({"message": "we can\u2019t"})


def test_regexes_are_told_from_quoted_percent_signs() -> None:
    assert has_regex("{ $.a = %x% }")
    assert not has_regex('{ $.a = "%x%" }')
