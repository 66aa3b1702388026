# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second opinion on filter patterns: evaluates while it reads, builds nothing, and shares no code.

Slow and short on purpose. It knows what the patterns that `generate` makes consist of, and trusts that they are valid.
"""

from __future__ import annotations

import json
from typing import Any

NOTHING = object()


def matches(pattern: str, message: str) -> bool:
    text = pattern.strip(" \t\r\n\f\v")
    if text[:1] == "{":
        try:
            record = json.loads(message, parse_constant=float.fromhex)
        except ValueError:
            return False
        return Json(text[1:-1], record).whole()
    if text[:1] == "[":
        return spaced(text[1:-1], message)
    return terms(text, message)


class Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.i = 0

    def blank(self) -> None:
        while self.i < len(self.text) and self.text[self.i] in " \t\r\n\f\v":
            self.i += 1

    def see(self, literal: str) -> bool:
        self.blank()
        if self.text[self.i : self.i + len(literal)] != literal:
            return False
        self.i += len(literal)
        return True

    def run(self, allowed: str) -> str:
        start = self.i
        while self.i < len(self.text) and (self.text[self.i].isalnum() or self.text[self.i] in allowed):
            self.i += 1
        return self.text[start : self.i]

    def quoted(self) -> str:
        """From behind an opening quote to behind the closing one."""
        result = ""
        while self.text[self.i] != '"':
            if self.text[self.i] == "\\":
                self.i += 1
            result += self.text[self.i]
            self.i += 1
        self.i += 1
        return result

    def operand(self) -> tuple[str, str]:
        """'text', 'number' or 'regex', and what it says."""
        self.blank()
        if self.see('"'):
            return "text", self.quoted()
        if self.see("%"):
            end = self.text.index("%", self.i)
            found = self.text[self.i : end]
            self.i = end + 1
            return "regex", found
        if self.text[self.i] in "+-" and self.text[self.i + 1 : self.i + 2].isdigit():
            sign = self.text[self.i]
            self.i += 1
            word = sign + self.run("_.*:/-+")
        else:
            word = self.run("_.*:/-+" if self.text[self.i].isdigit() else "_.*:/-")
        return ("number" if is_number(word) else "text"), word

    def operator(self) -> str:
        self.blank()
        for sign in ("!=", "<=", ">=", "=", "<", ">"):
            if self.see(sign):
                return sign
        raise AssertionError(self.text[self.i :])

    def whole(self) -> bool:
        result = self.conjunction()
        while self.see("||"):
            result = self.conjunction() or result
        return result

    def conjunction(self) -> bool:
        result = self.primary()
        while self.see("&&"):
            result = self.primary() and result
        return result

    def primary(self) -> bool:
        if self.see("("):
            result = self.whole()
            assert self.see(")")
            return result
        return self.condition()

    def condition(self) -> bool:
        raise NotImplementedError


def is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return word.strip("+-")[0].isdigit() and word[-1].isdigit() and "_" not in word


class Json(Scanner):
    def __init__(self, text: str, record: Any) -> None:
        super().__init__(text)
        self.record = record

    def condition(self) -> bool:
        assert self.see("$")
        found = [self.record]
        while self.i < len(self.text) and self.text[self.i] in ".[":
            if self.text.startswith(".*", self.i) or self.text.startswith("[*]", self.i):
                kind = dict if self.text[self.i] == "." else list
                self.i += 2 if kind is dict else 3
                found = [one for some in found if isinstance(some, kind) for one in elements(some)]
                continue
            step = self.step()
            found = [value for one in found if (value := at(one, step)) is not NOTHING]
        if self.see("NOT"):
            assert self.see("EXISTS")
            return found == []
        if self.see("IS"):
            for word, wanted in (("NULL", None), ("TRUE", True), ("FALSE", False)):
                if self.see(word):
                    return any(one is wanted for one in found)
        sign = self.operator()
        kind, operand = self.operand()
        return any(compare(one, sign, kind, operand) for one in found)

    def step(self) -> str | int:
        """A name or an index, and on to behind it."""
        here = self.i
        if self.text.startswith((".['", "['"), here):
            start = self.text.index("'", here) + 1
            end = self.text.index("'", start)
            self.i = end + 2
            return self.text[start:end]
        if self.text[here] == "[":
            self.i = self.text.index("]", here) + 1
            return int(self.text[here + 1 : self.i - 1])
        self.i += 1
        return self.run("_-")


def at(value: Any, step: str | int) -> Any:
    if isinstance(step, str):
        return value.get(step, NOTHING) if isinstance(value, dict) else NOTHING
    return value[step] if isinstance(value, list) and step < len(value) else NOTHING


def elements(value: Any) -> list[Any]:
    return list(value.values()) if isinstance(value, dict) else list(value)


def compare(value: Any, sign: str, kind: str, operand: str) -> bool:
    if value is True or value is False or value is None or isinstance(value, dict | list):
        return False
    numeric = not isinstance(value, str)
    if sign[0] in "<>":
        return numeric and ordered(value, sign, float(operand))
    if kind == "number":
        same = numeric and value == float(operand)
    elif kind == "regex":
        same = found(operand, repr(value) if numeric else value)
    elif operand[:1] == "*" or operand[-1:] == "*":
        same = like(operand, repr(value) if numeric else value)
    else:
        same = value == operand
    return same if sign == "=" else not same


def ordered(value: float, sign: str, limit: float) -> bool:
    if value == limit:
        return "=" in sign
    return (value < limit) == (sign[0] == "<")


def like(wildcard: str, text: str) -> bool:
    if set(wildcard) == {"*"}:
        return True
    if wildcard[:1] == "*":
        return any(like(wildcard[1:], text[i:]) for i in range(len(text) + 1))
    if wildcard[-1:] == "*":
        return text[: len(wildcard) - 1] == wildcard[:-1]
    return text == wildcard


def terms(text: str, message: str) -> bool:
    scanner = Scanner(text)
    results: dict[str, list[bool]] = {"": [], "?": [], "-": []}
    while True:
        scanner.blank()
        if scanner.i >= len(text):
            break
        sign = "?" if scanner.see("?") else "-" if scanner.see("-") else ""
        kind, word = ("text", "") if scanner.i >= len(text) else term(scanner)
        results[sign].append(found(word, message) if kind == "regex" else not word.strip() or word in message)
    if results["?"] and not results[""] and not results["-"]:
        return True in results["?"]
    return False not in results[""] and True not in results["-"]


def term(scanner: Scanner) -> tuple[str, str]:
    if scanner.see('"'):
        return "text", scanner.quoted()
    if scanner.see("%"):
        return Scanner(scanner.text[scanner.i - 1 :]).operand()[0], skip_regex(scanner)
    return "text", scanner.run("_")


def skip_regex(scanner: Scanner) -> str:
    end = scanner.text.index("%", scanner.i)
    result = scanner.text[scanner.i : end]
    scanner.i = end + 1
    return result


def spaced(text: str, message: str) -> bool:
    """Fields from the left until `...` or the end, and from the right until `...`."""
    fields = split_fields(text)
    if not text.strip():
        return True
    words = list(split_words(message))
    if "..." in fields:
        cut = fields.index("...")
        left, right = fields[:cut], fields[cut + 1 :]
        if len(words) < len(left) + len(right):
            return False
        pairs = list(zip(left, words, strict=False))
        pairs += zip(reversed(right), reversed(words), strict=False)
        return all(Word(field, word).holds() for field, (word, _rest) in pairs)
    if len(words) < len(fields):
        return False
    if len(words) > len(fields):
        words[len(fields) - 1] = (words[len(fields) - 1][1], "")
    return all(Word(field, word).holds() for field, (word, _rest) in zip(fields, words, strict=False))


def split_fields(text: str) -> list[str]:
    fields, start, quoted, regex, i = [], 0, False, False, 0
    while i < len(text):
        if quoted and text[i] == "\\":
            i += 1
        elif text[i] == '"' and not regex:
            quoted = not quoted
        elif text[i] == "%" and not quoted:
            regex = not regex
        elif text[i] == "," and not quoted and not regex:
            fields.append(text[start:i].strip())
            start = i + 1
        i += 1
    return [*fields, text[start:].strip()]


def split_words(message: str) -> Any:
    """Each word, and the message from its start on."""
    rest = message.strip(" \t\r\n\f\v")
    while rest:
        closing = {"[": "]", '"': '"'}.get(rest[0], "")
        inner, found_it, after = rest[1:].partition(closing) if closing else ("", "", "")
        if found_it and not after[:1].strip(" \t\r\n\f\v"):
            yield inner, rest
            rest = after.lstrip(" \t\r\n\f\v")
            continue
        end = next((i for i, character in enumerate(rest) if character in " \t\r\n\f\v"), len(rest))
        yield rest[:end], rest
        rest = rest[end:].lstrip(" \t\r\n\f\v")


class Word(Scanner):
    def __init__(self, text: str, word: str) -> None:
        super().__init__(text)
        self.word = word

    def holds(self) -> bool:
        conditional = any(sign in self.text for sign in "=<>")
        return self.whole() if conditional else True

    def condition(self) -> bool:
        self.blank()
        self.run("_-")
        sign = self.operator()
        kind, operand = self.operand()
        if sign[0] in "<>":
            return spells_number(self.word) and ordered(float(self.word), sign, float(operand))
        if kind == "number":
            same = spells_number(self.word) and float(self.word) == float(operand)
        elif kind == "regex":
            same = found(operand, self.word)
        else:
            same = like(operand, self.word)
        return same if sign == "=" else not same


def spells_number(word: str) -> bool:
    return word.isascii() and word[:1] != "." and is_number(word) if word.strip("+-") else False


# --- regular expressions: backtracking, character by character -------------------------------------------------------


def found(expression: str, text: str) -> bool:
    return any(here(alternative, text, i) for alternative in alternatives_of(expression) for i in range(len(text) + 1))


def alternatives_of(expression: str) -> list[str]:
    result, start, i, inside = [], 0, 0, False
    while i < len(expression):
        if expression[i] == "\\":
            i += 1
        elif expression[i] in "[]":
            inside = expression[i] == "["
        elif expression[i] == "|" and not inside:
            result.append(expression[start:i])
            start = i + 1
        i += 1
    return [*result, expression[start:]]


def here(expression: str, text: str, i: int) -> bool:
    if not expression:
        return True
    if expression[0] == "^":
        return i == 0 and here(expression[1:], text, i)
    if expression[0] == "$":
        return i == len(text) and here(expression[1:], text, i)
    size = atom_size(expression)
    atom, rest = expression[:size], expression[size:]
    least, most, rest = repeats(rest)
    count = 0
    while count < least:
        if i >= len(text) or not takes(atom, text[i]):
            return False
        i, count = i + 1, count + 1
    while True:
        if here(rest, text, i):
            return True
        if count >= most or i >= len(text) or not takes(atom, text[i]):
            return False
        i, count = i + 1, count + 1


def atom_size(expression: str) -> int:
    if expression[0] == "\\":
        return 4 if expression[1] == "x" else 2
    if expression[0] != "[":
        return 1
    i = 1
    while expression[i] != "]":
        i += 2 if expression[i] == "\\" else 1
    return i + 1


def repeats(rest: str) -> tuple[int, float, str]:
    many = float("inf")
    least, most = 1.0, 1.0
    if rest[:1] in ("*", "+", "?"):
        least, most = {"*": (0, many), "+": (1, many), "?": (0, 1)}[rest[0]]
        rest = rest[1:]
    elif rest[:1] == "{":
        low, comma, high = rest[1 : rest.index("}")].partition(",")
        least, most = int(low), float(high) if high else many if comma else int(low)
        rest = rest[rest.index("}") + 1 :]
    else:
        return 1, 1, rest
    return int(least), most, rest[1:] if rest[:1] == "?" else rest


def takes(atom: str, character: str) -> bool:
    if atom == ".":
        return True
    if atom[0] == "\\":
        return escape_takes(atom, character)
    if atom[0] != "[":
        return atom == character
    inner = atom[1:-1]
    negated = inner[0] == "^"
    inner = inner[negated:]
    hit = False
    while inner:
        size = atom_size(inner) if inner[0] == "\\" else 1
        first, inner = inner[:size], inner[size:]
        if len(inner) > 1 and inner[0] == "-":
            size = atom_size(inner[1:]) if inner[1] == "\\" else 1
            last, inner = inner[1 : 1 + size], inner[1 + size :]
            hit |= literal(first) <= character <= literal(last)
        else:
            hit |= escape_takes(first, character) if first[0] == "\\" else first == character
    return hit is not negated


def literal(atom: str) -> str:
    if atom[:2] == "\\x":
        return chr(int(atom[2:], 16))
    return atom[-1]


def escape_takes(atom: str, character: str) -> bool:
    sets = {
        "d": "0123456789",
        "s": " \t\n\r\f\v",
        "w": "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_",
    }
    members = sets.get(atom[1].lower())
    if members is None:
        return literal(atom) == character
    return (character in members) is atom[1].islower()
