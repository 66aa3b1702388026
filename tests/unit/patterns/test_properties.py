# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for all filter patterns and all messages."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import (
    And,
    AnyIndex,
    AnyKey,
    Comparison,
    Expression,
    Is,
    JsonPattern,
    Matcher,
    NotExists,
    Number,
    Or,
    Regex,
    Selector,
    String,
    lint,
    parse,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language import regex as regular
from tests.support.records import records

few = settings(max_examples=50, deadline=None)

names = st.sampled_from(["a", "b", "c", "eventName"])
odd_names = st.text(st.characters(exclude_characters="'", exclude_categories=["Cs"]), min_size=1, max_size=4)
texts = st.text(st.sampled_from('ab*."\\ %{}()|&=é'), max_size=6) | st.text(max_size=4)
strings = st.builds(String, texts, st.just(True)) | st.builds(
    String, st.from_regex(r"\*?[a-z_]{1,5}(\.[a-z]+)?\*?", fullmatch=True), st.just(False)
)
numbers = st.builds(Number, st.from_regex(r"[+-]?(0|[1-9][0-9]?)(\.[0-9])?(e[+-]?[0-9])?", fullmatch=True))
selectors = st.lists(names | odd_names | st.integers(0, 3), min_size=1, max_size=3).map(
    lambda steps: Selector(tuple(steps))
)
comparisons = st.builds(Comparison, selectors, st.sampled_from(["=", "!="]), strings | numbers) | st.builds(
    Comparison, selectors, st.sampled_from(["<", "<=", ">", ">="]), numbers
)
conditions = comparisons | st.builds(Is, selectors, st.sampled_from(["NULL", "TRUE", "FALSE"]))
conditions = conditions | st.builds(NotExists, selectors)


def joined(parts: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    several = st.lists(parts, min_size=2, max_size=4).map(tuple)
    return st.builds(And, several) | st.builds(Or, several)


expressions = st.recursive(conditions, joined, max_leaves=12)
scalars = st.none() | st.booleans() | st.integers(-5, 20) | st.floats(-9, 9).map(lambda x: round(x, 1)) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)
messages = st.dictionaries(names, values, max_size=4)


@few
@given(expressions)
def test_what_is_printed_reads_the_same(expression: Expression) -> None:
    pattern = JsonPattern(expression)
    printed = str(pattern)
    if len(printed) <= 1024:
        assert parse(printed) == pattern


@few
@given(expressions, messages)
def test_whatever_is_read_can_be_asked_and_looked_over(expression: Expression, message: Any) -> None:
    pattern = JsonPattern(expression)
    lint(pattern)
    assert pattern.matches(message) is pattern.matches(json.dumps(message))


def opposite(expression: Expression) -> Expression:
    """By De Morgan, of an expression of = and !=."""
    if isinstance(expression, And):
        return Or(tuple(map(opposite, expression.parts)))
    if isinstance(expression, Or):
        return And(tuple(map(opposite, expression.parts)))
    return dataclasses.replace(expression, operator="=" if expression.operator == "!=" else "!=")


simple = st.builds(
    Comparison, names.map(lambda name: Selector((name,))), st.sampled_from(["=", "!="]), strings | numbers
)
present = st.fixed_dictionaries(dict.fromkeys(["a", "b", "c", "eventName"], texts | st.integers(-5, 20)))


@few
@given(st.recursive(simple, joined, max_leaves=8), present)
def test_opposites_exclude_each_other_where_all_is_there(expression: Expression, message: Any) -> None:
    assert JsonPattern(expression).matches(message) is not JsonPattern(opposite(expression)).matches(message)


@few
@given(st.recursive(simple, joined, max_leaves=8))
def test_neither_of_opposites_holds_where_nothing_is_there(expression: Expression) -> None:
    assert not JsonPattern(expression).matches({})
    assert not JsonPattern(opposite(expression)).matches({})


@few
@given(expressions, messages)
def test_a_contradiction_never_matches(expression: Expression, message: Any) -> None:
    """When the linter says of a whole conjunction that it never holds, it never does."""
    alone = JsonPattern(expression)
    whole = isinstance(expression, And) and not any(isinstance(part, (And, Or)) for part in expression.parts)
    if whole and any(finding.code == "contradiction" for finding in lint(alone)):
        assert not alone.matches(message)


@few
@given(st.lists(expressions, min_size=1, max_size=8), st.lists(messages, min_size=1, max_size=4))
def test_all_at_once_is_one_after_another(several: list[Expression], asked: list[Any]) -> None:
    patterns = {str(number): JsonPattern(expression) for number, expression in enumerate(several)}
    matcher = Matcher(patterns)
    for message in asked:
        assert matcher.matching(message) == [name for name, one in patterns.items() if one.matches(message)]


def test_the_catalogue_at_once_is_one_after_another(shipped: dict[str, str]) -> None:
    matcher = Matcher(shipped)
    parsed = {name: parse(text) for name, text in shipped.items()}
    found = set()
    for record in records(500):
        matching = matcher.matching(record)
        assert matching == [name for name, pattern in parsed.items() if pattern.matches(record)]
        assert matching == matcher.matching(json.dumps(record))
        found.update(matching)
    assert len(found) > 15


wildcards = st.builds(
    Comparison,
    st.sampled_from([Selector(("a", AnyIndex())), Selector((AnyKey(),)), Selector(("a", AnyIndex(), "b"))]),
    st.sampled_from(["=", "!="]),
    strings | numbers | st.just(Regex("a+")),
)


@few
@given(wildcards, messages)
def test_wildcards_ask_for_any(comparison: Comparison, message: Any) -> None:
    steps = comparison.selector.steps
    if isinstance(steps[0], AnyKey):
        ways = [(name,) for name in message]
    else:
        length = len(message["a"]) if isinstance(message.get("a"), list) else 0
        ways = [("a", index, *steps[2:]) for index in range(length)]
    each = [JsonPattern(dataclasses.replace(comparison, selector=Selector(way))).matches(message) for way in ways]
    assert JsonPattern(comparison).matches(message) is any(each)


atoms = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\w", r"\.", "c"])
quantified = st.tuples(atoms, st.sampled_from(["", "", "*", "+", "?", "{2}", "{0,3}", "{1,}", "{0,1}"])).map("".join)
sequences = st.tuples(
    st.sampled_from(["", "^"]), st.lists(quantified, max_size=6).map("".join), st.sampled_from(["", "$"])
).map("".join)


@few
@given(
    st.lists(sequences, min_size=1, max_size=3).map("|".join).filter(bool),
    st.text(st.sampled_from("abc.é\n"), max_size=12),
)
def test_both_ways_of_searching_find_the_same(expression: str, text: str) -> None:
    alternatives = regular.parse(expression)
    patient = any(regular._Paths(one).search(text) for one in alternatives)
    assert regular.searcher(expression)(text) is patient
