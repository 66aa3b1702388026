# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a valid filter pattern probably gets wrong.

A finding says that AWS leaves something undefined, that a part can never hold or never matters, or that a part has
another meaning than it seems to have. What a CloudTrail record always has, and which values its properties take, is
known in ``records``; about other records only what the pattern itself says.
"""

from __future__ import annotations

import itertools
import math
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language import evaluation, regex
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.nodes import (
    MAXIMUM_LENGTH,
    And,
    Comparison,
    Condition,
    Expression,
    Field,
    Is,
    NotExists,
    Number,
    Or,
    Regex,
    Selector,
    String,
    Term,
    conditions_of,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.printing import (
    selector_text,
    value_text,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.records import (
    ALWAYS_THERE,
    BOOLEANS,
    EVENT_NAME,
    EVENT_SOURCE,
    OF_ONE_SERVICE,
    SOURCE_ADDRESS,
    SPELLINGS,
    TEXTS,
    VALUES,
)

NEAR_MAXIMUM_LENGTH = 1000

CODES = {
    "absent-field": "!= is false where the property is absent, and this one may be",
    "boolean-text": "a boolean is compared as if it were a text; IS TRUE and IS FALSE are for booleans",
    "contradiction": "conditions joined by && that never hold together",
    "duplicate": "the same condition twice",
    "first-element": "the index 0 sees the first element of an array only",
    "limit": "more than CloudWatch Logs takes",
    "matches-everything": "a part that every message fulfils",
    "middle-wildcard": "an asterisk that is neither at the start nor at the end of a value is not a wildcard",
    "mixed-operators": "&& and || without parentheses; && binds tighter",
    "near-limit": "almost more than CloudWatch Logs takes",
    "never-true": "IS TRUE or IS FALSE of a property that holds a text",
    "no-event-source": "an event's name without its source; calls of other services may have the same name",
    "number-of-text": "a number is compared with a property that holds a text; quotes are missing",
    "or-of-exclusions": "!= among alternatives, where nearly every message fulfils it",
    "part-of-number": "a prefix of an address that ends within a number of it",
    "quoted-regex": "a regular expression in quotes is a plain text",
    "subsumed": "a condition that another one makes superfluous",
    "syntax": "not a filter pattern",
    "unlikely-value": "a value that the property does not take",
    "unquoted": "characters that are documented within quotes only",
    "unused-term": "a term that changes nothing",
}
"""What the codes of findings mean. They stay what they are."""


@dataclass(frozen=True)
class Finding:
    """``code`` is one of CODES; ``position`` counts characters of the text from 0, if there was a text."""

    code: str
    message: str
    position: int | None = None


_SOURCE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com")
_OCTETS = re.compile(r"(?:[0-9]{1,3}\.){1,3}([0-9]{1,3})\*")
_LEADING_ZERO = re.compile(r"(?:[0-9]{1,3}\.)*0[0-9]+(?:\.[0-9]{1,3})*")
_PLAIN = re.compile(r"[A-Za-z0-9_.*]+")


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


# --- whole patterns --------------------------------------------------------------------------------------------------


def of_length(length: int) -> list[Finding]:
    """Findings about how long a text is."""
    if length < NEAR_MAXIMUM_LENGTH:
        return []
    return [Finding("near-limit", f"{length} characters; CloudWatch Logs takes up to {MAXIMUM_LENGTH}")]


def of_expression(expression: Expression) -> list[Finding]:
    """Findings about the expression of a JSON pattern."""
    linter = _Linter(selector_text)
    linter.structure(expression, frozenset())
    for condition in conditions_of(expression):
        linter.condition(condition)
        linter.record(condition)
    linter.sources(expression, False)
    return linter.ordered()


def of_fields(fields: tuple[Field, ...]) -> list[Finding]:
    """Findings about the fields of a space-delimited pattern."""
    linter = _Linter(lambda selector: str(selector.steps[0]), words=True)
    if not fields:
        linter.add("matches-everything", "[] matches every message", None)
    for field in fields:
        if field.condition is None:
            continue
        # a word is always there, so that != is what it seems to be
        linter.structure(field.condition, frozenset([Selector((field.name or "",))]))
        for condition in conditions_of(field.condition):
            linter.condition(condition)
    return linter.ordered()


def of_terms(terms: tuple[Term, ...]) -> list[Finding]:
    """Findings about the terms of a text pattern."""
    linter = _Linter(selector_text)
    blank = [term for term in terms if isinstance(term.value, String) and not term.value.text.strip()]
    if len(blank) == len(terms):
        linter.add("matches-everything", "a pattern without terms matches every message", None)
    either = [term for term in terms if term.kind == "any"]
    if len(either) < len(terms):
        for term in either:
            linter.add("unused-term", "terms with ? are ignored beside terms without", term.position)
    seen: set[tuple[str, t.Any]] = set()
    for term in terms:
        if term in blank and term.kind == "none":
            linter.add("contradiction", "every message contains this, so that none matches", term.position)
        if (term.kind, term.value) in seen:
            linter.add("duplicate", "this term is there before", term.position)
        seen.add((term.kind, term.value))
        linter.value(term.value, term.position)
        if isinstance(term.value, String) and "*" in term.value.text:
            linter.add("middle-wildcard", "terms have no wildcards, * is an asterisk here", term.position)
    return linter.ordered()


# --- parts -----------------------------------------------------------------------------------------------------------


class _Linter:
    """``words``: conditions are on words, which are texts and may spell numbers, instead of on JSON values."""

    def __init__(self, name: t.Callable[[Selector], str], words: bool = False) -> None:
        self.name = name
        self.words = words
        self.findings: list[Finding] = []

    def add(self, code: str, message: str, position: int | None) -> None:
        finding = Finding(code, message, position)
        if finding not in self.findings:
            self.findings.append(finding)

    def ordered(self) -> list[Finding]:
        return sorted(self.findings, key=lambda one: (one.position or 0, one.code))

    # Values

    def value(self, value: t.Any, position: int | None) -> None:
        if isinstance(value, Regex):
            if regex.matches_everything(value.text):
                self.add("matches-everything", f"%{value.text}% is found in every text", position)
        elif isinstance(value, String) and value.quoted and re.fullmatch(r"%.+%", value.text):
            self.add("quoted-regex", f'"{value.text}" is compared as it is written', position)

    def condition(self, condition: Condition) -> None:
        """Findings about one comparison, whatever its property."""
        if not isinstance(condition, Comparison):
            return
        value, position = condition.value, condition.position
        self.value(value, position)
        if not isinstance(value, String):
            return
        core = value.text.strip("*")
        if "*" in core:
            message = f"the * within {value.text} is an asterisk; a regular expression can say what is meant"
            self.add("middle-wildcard", message, position)
        octet = _OCTETS.fullmatch(value.text)
        if octet and len(octet[1]) < 3 and int(octet[1]) in range(1, 26):
            message = f"{value.text} also stands for {value.text[:-1]}0 and the like; end it with a dot"
            self.add("part-of-number", message, position)
        if not value.quoted and not _PLAIN.fullmatch(value.text):
            self.add("unquoted", f"{value.text} needs quotes", position)

    # CloudTrail's records

    def record(self, condition: Condition) -> None:
        """Findings about one condition on a property that is known."""
        selector, position = condition.selector, condition.position
        name = self.name(selector)
        anything = isinstance(condition, Comparison) and value_text(condition.value).strip('*"') == ""
        if 0 in selector.steps and not anything and not isinstance(condition, NotExists):
            self.add("first-element", f"{name} is the first element only; [*] stands for any", position)
        if isinstance(condition, Is) and condition.what != "NULL" and selector in TEXTS:
            text = condition.what.lower()
            self.add("never-true", f'{name} is a text, even if it is {text}: = "{text}"', position)
        if not isinstance(condition, Comparison):
            return
        value = condition.value
        if isinstance(value, Number) and selector in TEXTS:
            self.add("number-of-text", f'{name} is a text, which equals no number: "{value.text}"', position)
        if not isinstance(value, String):
            return
        if value.text in ("true", "false") and (selector in BOOLEANS or (not value.quoted and selector not in TEXTS)):
            self.add("boolean-text", f"{name} {condition.operator} {value.text}: IS {value.text.upper()}", position)
        if evaluation.is_exact(value):
            self._spelling(condition, value.text)

    def _spelling(self, condition: Comparison, text: str) -> None:
        selector, position, name = condition.selector, condition.position, self.name(condition.selector)
        values = VALUES.get(selector)
        if values and text not in values:
            self.add("unlikely-value", f"{name} is one of {', '.join(sorted(values))}, never {text}", position)
        known = SPELLINGS.get(selector, frozenset())
        meant = [one for one in known if one != text and _letters(one) == _letters(text)]
        if meant and text not in known:
            self.add("unlikely-value", f"{name} is {meant[0]}, never {text}", position)
        elif selector == EVENT_NAME and not re.fullmatch(r"[A-Za-z0-9_:.-]+", text):
            self.add("unlikely-value", f"no event is named {text!r}", position)
        elif selector == EVENT_SOURCE and not _SOURCE.fullmatch(text):
            self.add("unlikely-value", f"{name} is like ec2.amazonaws.com in every partition, never {text}", position)
        elif selector == SOURCE_ADDRESS and _LEADING_ZERO.fullmatch(text):
            self.add("unlikely-value", f"addresses have no leading zeros, as {text} has", position)

    def sources(self, expression: Expression, known: bool) -> None:
        """Events that are looked for by their names only."""
        if isinstance(expression, Or):
            for part in expression.parts:
                self.sources(part, known)
        elif isinstance(expression, And):
            known = known or any(
                one.selector == EVENT_SOURCE for part in expression.parts for one in conditions_of(part)
            )
            for part in expression.parts:
                self.sources(part, known)
        elif (
            not known
            and isinstance(expression, Comparison)
            and (expression.selector, expression.operator) == (EVENT_NAME, "=")
            and not (isinstance(expression.value, String) and expression.value.text in OF_ONE_SERVICE)
        ):
            message = f"{value_text(expression.value)} is any service's; name the {self.name(EVENT_SOURCE)} too"
            self.add("no-event-source", message, expression.position)

    # Conjunctions and alternatives

    def structure(self, expression: Expression, there: frozenset[Selector]) -> None:
        """Findings about how conditions are joined. ``there``: properties that are present, or cared for if not."""
        if isinstance(expression, And):
            self.conjunction(expression, there)
        elif isinstance(expression, Or):
            self.alternatives(expression, there)
        elif isinstance(expression, Comparison) and expression.operator == "!=":
            selector = expression.selector
            if selector not in there and selector not in ALWAYS_THERE:
                name = self.name(selector)
                message = f"{name} != is false where {name} is absent: ({name} NOT EXISTS) || (...)"
                self.add("absent-field", message, expression.position)

    def conjunction(self, expression: And, there: frozenset[Selector]) -> None:
        parts = list(_flat(expression, And))
        self.repetitions(parts, "!=")
        for part in parts:
            others = [other for other in parts if other is not part]
            self.structure(part, there.union(*map(_present, others)))
        simple = [part for part in parts if not isinstance(part, (And, Or))]
        problem = self.contradiction(simple)
        if problem:
            self.add("contradiction", problem, expression.position)
            return
        for part in parts:
            if not isinstance(part, Or):
                continue
            for one in part.parts:
                problem = self.contradiction([*simple, *_conditions(one)])
                if problem:
                    self.add("contradiction", problem, one.position)

    def alternatives(self, expression: Or, there: frozenset[Selector]) -> None:
        parts = list(_flat(expression, Or))
        self.repetitions(parts, "=")
        absent = frozenset(part.selector for part in parts if isinstance(part, NotExists))
        for part in parts:
            self.structure(part, there | absent)
            if isinstance(part, And) and not part.grouped and part.position is not None:
                message = "&& binds tighter than ||; parentheses would say which is meant"
                self.add("mixed-operators", message, part.position)
        exclusions = [part for part in parts if isinstance(part, Comparison) and part.operator == "!="]
        for part in exclusions:
            if absent == {part.selector}:
                continue
            if len(exclusions) > 1 or part.selector in ALWAYS_THERE:
                self.add(
                    "or-of-exclusions",
                    f"nearly every message fulfils {self.name(part.selector)} != {value_text(part.value)}; "
                    "exclusions are joined by &&",
                    part.position,
                )

    def contradiction(self, conditions: t.Sequence[Condition]) -> str | None:
        """Why conditions can never hold together, or None if they can, as far as can be told."""
        by_selector: dict[Selector, list[Condition]] = {}
        for condition in conditions:
            if not condition.selector.has_wildcard:
                by_selector.setdefault(condition.selector, []).append(condition)
        for selector, ones in by_selector.items():
            kinds = None if self.words else _kinds_differ(ones)
            problem = kinds or _texts_differ(ones) or _numbers_differ(ones)
            if problem:
                return f"{self.name(selector)} {problem}"
        absent = [one.selector for one in conditions if isinstance(one, NotExists)]
        for other in conditions:
            for length in range(1, len(other.selector.steps)):
                outer = Selector(other.selector.steps[:length])
                if outer in absent and not isinstance(other, NotExists):
                    return f"{self.name(outer)} does not exist, and so neither does {self.name(other.selector)}"
        return None

    def repetitions(self, parts: list[Expression], generous: str) -> None:
        """Parts that others make superfluous. generous: the operator with which the wider text is the one that counts.

        Joined by &&, a = b makes a = b* superfluous, but a != b* makes a != b so; joined by ||, the other way round.
        """
        seen: list[Expression] = []
        for part in parts:
            if part in seen:
                self.add("duplicate", "this condition is there before", part.position)
            seen.append(part)
        texts = [one for one in parts if isinstance(one, Comparison) and isinstance(one.value, String)]
        for one in texts:
            for other in texts:
                if one.selector != other.selector or one.operator != other.operator or one.value == other.value:
                    continue
                if one.selector.has_wildcard or not _covers(other.value.text, one.value.text):
                    continue
                # every text that is like one is like the other, too
                superfluous, cause = (one, other) if one.operator == generous else (other, one)
                message = f"{value_text(cause.value)} makes {value_text(superfluous.value)} superfluous"
                self.add("subsumed", message, superfluous.position)


def _flat(expression: Expression, kind: type) -> t.Iterator[Expression]:
    """The parts of nested conjunctions, or of nested alternatives."""
    if isinstance(expression, kind):
        for part in expression.parts:  # type: ignore[attr-defined]
            yield from _flat(part, kind)
    else:
        yield expression


def _conditions(expression: Expression) -> list[Condition]:
    """The conditions that hold whenever an expression does: of a conjunction all that are not alternatives."""
    return [part for part in _flat(expression, And) if not isinstance(part, Or)]  # type: ignore[misc]


def _present(expression: Expression) -> frozenset[Selector]:
    """The properties that are there whenever an expression holds."""
    if isinstance(expression, And):
        return frozenset().union(*map(_present, expression.parts))
    if isinstance(expression, Or):
        first, *others = map(_present, expression.parts)
        return first.intersection(*others)
    if isinstance(expression, NotExists) or (isinstance(expression, Comparison) and expression.operator == "!="):
        return frozenset()
    return frozenset([expression.selector])


def _covers(wide: str, narrow: str) -> bool:
    """Whether every text that a value with wildcards stands for is one that another value stands for."""
    if wide.strip("*") == narrow.strip("*") and "*" in narrow:
        both = wide.startswith("*") and wide.endswith("*")
        return both or (wide.startswith("*") >= narrow.startswith("*") and wide.endswith("*") >= narrow.endswith("*"))
    if not wide.strip("*"):
        return bool(wide)
    starts, ends = wide.startswith("*"), wide.endswith("*")
    core, other = wide.strip("*"), narrow.strip("*")
    if not (starts or ends):
        return wide == narrow
    if starts and ends:
        return core in other
    if starts:
        return other.endswith(core) and not narrow.endswith("*")
    return other.startswith(core) and not narrow.startswith("*")


# --- contradictions --------------------------------------------------------------------------------------------------


def _kind(condition: Condition) -> str:
    if isinstance(condition, NotExists):
        return "absent"
    if isinstance(condition, Is):
        return condition.what
    if isinstance(condition.value, Number):
        return "a number" if condition.operator != "!=" else "a text or a number"
    return "a text" if condition.operator == "=" and evaluation.is_exact(condition.value) else "a text or a number"


def _kinds_differ(conditions: t.Sequence[Condition]) -> str | None:
    kinds = {_kind(condition) for condition in conditions}
    if kinds & {"a text", "a number"}:
        kinds.discard("a text or a number")
    if len(kinds) < 2:
        return None
    return f"cannot be {' and '.join(sorted(kinds))} at once"


def _texts_differ(conditions: t.Sequence[Condition]) -> str | None:
    strings = [one for one in conditions if isinstance(one, Comparison) and isinstance(one.value, String)]
    wanted = [one.value.text for one in strings if one.operator == "="]
    unwanted = [one.value.text for one in strings if one.operator == "!="]
    for text in wanted:
        if any(_covers(other, text) for other in unwanted):
            return f"cannot be {text} and not be it"
    exact = [text for text in wanted if not (text.startswith("*") or text.endswith("*"))]
    for text in exact:
        for other in wanted:
            if not evaluation.glob(other)(text):
                return f"cannot be {text} and {other} at once"
    starts = sorted(text.rstrip("*") for text in wanted if text.endswith("*") and not text.startswith("*"))
    ends = sorted(text.lstrip("*")[::-1] for text in wanted if text.startswith("*") and not text.endswith("*"))
    for affixes, where in ((starts, "start with"), (ends, "end with")):
        for one, other in itertools.pairwise(affixes):
            if not other.startswith(one):
                shown = [text if where == "start with" else text[::-1] for text in (one, other)]
                return f"cannot {where} {shown[0]} and {shown[1]} at once"
    return None


def _numbers_differ(conditions: t.Sequence[Condition]) -> str | None:
    low, high = (-math.inf, True), (math.inf, True)  # the bound, and whether it is allowed itself
    excluded = set()
    for one in conditions:
        if not isinstance(one, Comparison) or not isinstance(one.value, Number):
            continue
        number = one.value.value
        if one.operator == "!=":
            excluded.add(number)
        if one.operator in ("=", ">", ">="):
            low = max(low, (number, one.operator != ">"), key=lambda bound: (bound[0], not bound[1]))
        if one.operator in ("=", "<", "<="):
            high = min(high, (number, one.operator != "<"), key=lambda bound: (bound[0], bound[1]))
    if low[0] > high[0] or (low[0] == high[0] and not (low[1] and high[1])):
        return "cannot be in all of these ranges"
    return "cannot be a number and not be it" if low[0] == high[0] and low[0] in excluded else None
