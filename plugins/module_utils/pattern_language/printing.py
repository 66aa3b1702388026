# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a filter pattern's parts to its text, which reads back as the same parts."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.pattern_language.nodes import (
    MAXIMUM_LENGTH,
    And,
    AnyIndex,
    AnyKey,
    Comparison,
    Expression,
    Field,
    Is,
    NotExists,
    Number,
    Or,
    Regex,
    Selector,
    Term,
    Value,
)

_NAME = re.compile(r"[A-Za-z0-9_-]+")
_SIGNS = {"all": "", "any": "?", "none": "-"}

Whole = t.TypeVar("Whole")


def _fitting(whole: Whole, write: t.Callable[[Whole, str], str]) -> str:
    """With blanks around operators, unless only the shorter form is one that CloudWatch Logs takes."""
    text = write(whole, " ")
    return text if len(text) <= MAXIMUM_LENGTH else write(whole, "")


def write_json(expression: Expression) -> str:
    return _fitting(expression, lambda whole, blank: f"{{{blank}{_expression(whole, blank, selector_text)}{blank}}}")


def write_closely(expression: Expression) -> str:
    """An expression without braces, blanks and needless parentheses, as part of a longer one."""
    return _expression(expression, "", selector_text)


def write_fields(fields: tuple[Field, ...]) -> str:
    return _fitting(fields, lambda whole, blank: f"[{f',{blank}'.join(_field(one, blank) for one in whole)}]")


def write_terms(terms: tuple[Term, ...]) -> str:
    return " ".join(_SIGNS[term.kind] + value_text(term.value) for term in terms)


def selector_text(selector: Selector) -> str:
    """A selector of a JSON pattern as one writes it."""
    text = "$"
    for step in selector.steps:
        if isinstance(step, AnyKey):
            text += ".*"
        elif isinstance(step, AnyIndex):
            text += "[*]"
        elif isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if _NAME.fullmatch(step) else f".['{step}']"
    return text


def value_text(value: Value) -> str:
    if isinstance(value, Number):
        return value.text
    if isinstance(value, Regex):
        return f"%{value.text}%"
    if not value.quoted:
        return value.text
    escaped = value.text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _field(field: Field, blank: str) -> str:
    if field.ellipsis:
        return "..."
    if field.condition is not None:
        return _expression(field.condition, blank, lambda selector: str(selector.steps[0]))
    return field.name or ""


def _expression(expression: Expression, blank: str, name: t.Callable[[Selector], str]) -> str:
    if isinstance(expression, Comparison):
        return f"{name(expression.selector)}{blank}{expression.operator}{blank}{value_text(expression.value)}"
    if isinstance(expression, Is):
        return f"{name(expression.selector)} IS {expression.what}"
    if isinstance(expression, NotExists):
        return f"{name(expression.selector)} NOT EXISTS"
    sign = "&&" if isinstance(expression, And) else "||"
    parts = []
    for part in expression.parts:
        text = _expression(part, blank, name)
        # spaciously, all that is joined stands in parentheses; closely, only what would be read otherwise without
        needed = isinstance(part, (And, Or)) and not (isinstance(part, And) and isinstance(expression, Or))
        parts.append(f"({text})" if needed or blank else text)
    return f"{blank}{sign}{blank}".join(parts)
