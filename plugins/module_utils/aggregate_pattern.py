# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many filter patterns as few: what a log group has to forward so that none of their events is missed.

A log group takes two subscription filters of 1024 characters, a dozen patterns need more. Who receives the events asks
the patterns themselves again, so a filter may forward too much, never too little. It is made of the patterns'
alternatives. What others say already is left out, which changes something for records without a property at most.
Regular expressions, of which a log group takes five, become what their matches start with. Only if that is too long
still, conditions are dropped, those first that cost least: ids become what they have in common, then exceptions go,
then conditions beside others. If nothing helps, everything is forwarded.
"""

from __future__ import annotations

import os
import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import (
    MAXIMUM_LENGTH,
    MAXIMUM_WILDCARD_SELECTORS,
    And,
    Comparison,
    Expression,
    JsonPattern,
    NotExists,
    Or,
    Regex,
    String,
    parse,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.evaluation import (
    is_exact,
    value_test,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.nodes import conditions_of
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.printing import write_closely

EVERYTHING = ""
"""The filter pattern that every event matches."""

ANYTHING = String("*", quoted=True)
SHORTEST_PREFIX = 2

# The conditions of one alternative, all of which must hold.
Conjunction = tuple[Expression, ...]


def aggregate(patterns: t.Sequence[str], most: int) -> list[str]:
    """Up to I(most) filter patterns, without regular expressions, one of which every event matches that one of
    I(patterns) matches. Raises FilterPatternError for what is no pattern."""
    parsed = [parse(pattern) for pattern in patterns]
    if not all(isinstance(pattern, JsonPattern) for pattern in parsed):
        return [EVERYTHING]
    alternatives = [
        alternative
        for pattern in parsed
        for alternative in _alternatives(_without_regex(t.cast(JsonPattern, pattern).expression))
    ]
    for relax in (None, _shorten_ids, _drop_exceptions, _drop_longest):
        while True:
            alternatives = _without_needless(alternatives)
            if any(all(map(_says_nothing, one)) for one in alternatives):
                return [EVERYTHING]
            packed = _packed(alternatives, most)
            if packed is not None:
                return packed
            relaxed = _relaxed(alternatives, relax) if relax else None
            if relaxed is None:
                break
            alternatives = relaxed
    return [EVERYTHING]


# --- parts -----------------------------------------------------------------------------------------------------------


def _alternatives(expression: Expression) -> list[Conjunction]:
    if isinstance(expression, Or):
        return [one for part in expression.parts for one in _alternatives(part)]
    return [tuple(_conditions(expression))]


def _conditions(expression: Expression) -> t.Iterator[Expression]:
    if isinstance(expression, And):
        for part in expression.parts:
            yield from _conditions(part)
    else:
        yield expression


def _without_regex(expression: Expression) -> Expression:
    """The expression, or one that holds whenever it does, without regular expressions."""
    if isinstance(expression, (And, Or)):
        return type(expression)(tuple(map(_without_regex, expression.parts)))
    if isinstance(expression, Comparison) and isinstance(expression.value, Regex):
        # unequal or not, there must be something to compare
        value = _start_of(expression.value.text) if expression.operator == "=" else ANYTHING
        return Comparison(expression.selector, "=", value)
    return expression


def _start_of(regex: str) -> String:
    """What all that a regular expression matches starts with, if its alternatives are as simple as those of ids."""
    literals = [re.fullmatch(r"\^([\w-]+)\$", part, re.ASCII) for part in regex.split("|")]
    texts = [literal.group(1) for literal in literals if literal]
    if len(texts) != len(literals):
        return ANYTHING
    if len(set(texts)) == 1:
        return String(texts[0], quoted=True)
    return String(_common_start(texts) + "*", quoted=True)


def _common_start(texts: t.Sequence[str]) -> str:
    return os.path.commonprefix(list(texts))  # noqa: RUF071  (characters in common is what is meant)


# --- what follows from what ------------------------------------------------------------------------------------------


def _implies(one: Expression, other: Expression) -> bool:
    """Whether the second condition certainly holds when the first does."""
    if one == other:
        return True
    if isinstance(one, Or):
        return all(_implies(part, other) for part in one.parts)
    if isinstance(other, Or):
        return any(_implies(one, part) for part in other.parts)
    if isinstance(other, And):
        return all(_implies(one, part) for part in other.parts)
    if isinstance(one, And):
        return any(_implies(part, other) for part in one.parts)
    if not isinstance(one, Comparison) or not isinstance(other, Comparison) or one.selector != other.selector:
        return False
    if other.operator == "=" and other.value == ANYTHING:
        return True
    if one.operator != "=" or not isinstance(one.value, String) or not isinstance(other.value, String):
        return False
    if is_exact(one.value):
        return value_test(other.operator, other.value)(one.value.text)
    start, _star, rest = other.value.text.partition("*")
    return other.operator == "=" and bool(start) and not rest and one.value.text.startswith(start)


def _all_imply(conditions: t.Sequence[Expression], others: t.Sequence[Expression]) -> bool:
    return all(any(_implies(one, other) for one in conditions) for other in others)


def _without_needless(alternatives: list[Conjunction]) -> list[Conjunction]:
    """The same events in fewer words: without exceptions that another alternative takes back, and without alternatives
    that are part of others."""
    result = [
        _without_needless_conditions(one, [*alternatives[:number], *alternatives[number + 1 :]])
        for number, one in enumerate(alternatives)
    ]
    kept: list[Conjunction] = []
    for number, one in enumerate(result):
        others = [*kept, *result[number + 1 :]]
        if not any(_all_imply(one, other) for other in others):
            kept.append(one)
    return kept


def _without_needless_conditions(one: Conjunction, others: t.Sequence[Conjunction]) -> Conjunction:
    for condition in one:
        if isinstance(condition, Comparison) and condition.operator == "!=" and is_exact(condition.value):
            rest = tuple(part for part in one if part is not condition)
            excepted = (*rest, Comparison(condition.selector, "=", condition.value))
            if rest and any(_all_imply(excepted, other) for other in others):
                return _without_needless_conditions(rest, others)
    return one


def _says_nothing(condition: Expression) -> bool:
    return isinstance(condition, Comparison) and condition.operator == "=" and condition.value == ANYTHING


# --- packing ---------------------------------------------------------------------------------------------------------


def _text(alternative: Conjunction) -> str:
    return write_closely(alternative[0] if len(alternative) == 1 else And(alternative))


def _joined(alternatives: t.Sequence[Conjunction]) -> str:
    texts = [_text(one) for one in alternatives]
    return "{" + (texts[0] if len(texts) == 1 else "||".join(f"({text})" for text in texts)) + "}"


def _wildcards(alternatives: t.Sequence[Conjunction]) -> int:
    conditions = (condition for one in alternatives for part in one for condition in conditions_of(part))
    return sum(condition.selector.has_wildcard for condition in conditions)


def _packed(alternatives: list[Conjunction], most: int) -> list[str] | None:
    """The alternatives spread over up to I(most) patterns; None if they do not fit."""
    bins: list[list[int]] = [[] for _number in range(most)]
    for index in sorted(range(len(alternatives)), key=lambda index: -len(_text(alternatives[index]))):
        for found in bins:
            together = [alternatives[one] for one in [*found, index]]
            if len(_joined(together)) <= MAXIMUM_LENGTH and _wildcards(together) <= MAXIMUM_WILDCARD_SELECTORS:
                found.append(index)
                break
        else:
            return None
    return [_joined([alternatives[index] for index in sorted(found)]) for found in bins if found]


# --- relaxing --------------------------------------------------------------------------------------------------------


def _relaxed(
    alternatives: list[Conjunction], relax: t.Callable[[Conjunction], Conjunction]
) -> list[Conjunction] | None:
    """The alternatives with the one relaxed that becomes shortest by it; None if none does."""
    savings = [len(_text(one)) - len(_text(relax(one))) for one in alternatives]
    best = max(range(len(savings)), key=lambda index: savings[index], default=None)
    if best is None or savings[best] <= 0:
        return None
    return [relax(one) if index == best else one for index, one in enumerate(alternatives)]


def _shorten_ids(alternative: Conjunction) -> Conjunction:
    """Ids that one property may have become what they all start with."""
    return tuple(_shortened(condition) for condition in alternative)


def _shortened(condition: Expression) -> Expression:
    if not isinstance(condition, Or):
        return condition
    texts: dict[t.Any, list[str]] = {}
    for part in condition.parts:
        if isinstance(part, Comparison) and part.operator == "=" and is_exact(part.value):
            texts.setdefault(part.selector, []).append(t.cast(String, part.value).text)
    starts = {selector: _common_start(found) for selector, found in texts.items() if len(found) > 1}
    starts = {selector: start for selector, start in starts.items() if len(start) >= SHORTEST_PREFIX}
    parts = [
        Comparison(part.selector, "=", String(starts[part.selector] + "*", quoted=True))
        if isinstance(part, Comparison) and part.operator == "=" and is_exact(part.value) and part.selector in starts
        else part
        for part in condition.parts
    ]
    unique = tuple(dict.fromkeys(parts))
    return unique[0] if len(unique) == 1 else Or(unique)


def _is_selective(condition: Expression) -> bool:
    """Whether a condition asks for something, rather than for its absence."""
    if isinstance(condition, (And, Or)):
        return all(map(_is_selective, condition.parts))
    return isinstance(condition, Comparison) and condition.operator == "=" and condition.value != ANYTHING


def _drop_exceptions(alternative: Conjunction) -> Conjunction:
    """Only what is asked for, without what must not be, if that leaves something."""
    kept = tuple(
        part
        for part in alternative
        if not (isinstance(part, NotExists) or (isinstance(part, Comparison) and part.operator == "!="))
    )
    return kept if any(map(_is_selective, kept)) else alternative


def _drop_longest(alternative: Conjunction) -> Conjunction:
    """One condition less, the longest, if another one remains that asks for something."""
    for part in sorted(alternative, key=lambda part: -len(write_closely(part))):
        rest = tuple(one for one in alternative if one is not part)
        if any(map(_is_selective, rest)):
            return rest
    return alternative
