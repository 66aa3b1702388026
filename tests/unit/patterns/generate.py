# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random filter patterns as people write them, and messages near enough for both answers to be common."""

from __future__ import annotations

import json
import random
from typing import Any

NAMES = ["a", "b", "c", "eventName", "x-y", "_z"]
ODD_NAMES = ["odd name", "a.b", "ö", "$", "a]b"]
WORDS = [
    "x",
    "xy",
    "xyx",
    "yx",
    "aab",
    "Get",
    "GetUser",
    "PutUser",
    "10.0.0.1",
    "10.0.1.1",
    "true",
    "",
    "x y",
    "4",
    "404",
]
NUMBERS = ["0", "4", "40", "404", "-1", "+3", "1.5", "1e2", "4.0e-1", "007", "10.25"]
ATOMS = ["a", "x", "y", ".", "4", "0", "[xy]", "[^x]", "[a-z]", r"\d", r"\w", r"\.", r"\x78", "[0-9.]", r"[\d_]", r"\S"]
QUANTIFIERS = ["", "", "", "*", "+", "?", "{2}", "{1,2}", "{0,}", "*?"]


class Generator:
    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.regexes = 0
        self.wildcards = 0

    def choice(self, values: Any) -> Any:
        return self.random.choice(values)

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # patterns

    def pattern(self) -> str:
        """A pattern within the limits of CloudWatch Logs."""
        text = self.any_pattern()
        return text if len(text) <= 1024 else self.pattern()

    def any_pattern(self) -> str:
        self.regexes = self.wildcards = 0
        kind = self.random.random()
        if kind < 0.7:
            return f"{{{self.blank()}{self.expression(self.condition)}{self.blank()}}}"
        return self.spaced() if kind < 0.85 else self.terms()

    def blank(self) -> str:
        return self.choice(["", " ", " ", "  ", "\t", "\n"])

    def expression(self, condition: Any, depth: int = 0) -> str:
        if depth > 3 or self.chance(0.4):
            text = condition()
            return f"({text})" if self.chance(0.3) else text
        parts = [self.expression(condition, depth + 1) for _part in range(self.random.randint(2, 3))]
        joined = parts[0]
        for part in parts[1:]:
            joined += f"{self.blank()}{self.choice(['&&', '||'])}{self.blank()}{part}"
        return f"({joined})" if self.chance(0.6) else joined

    def selector(self) -> str:
        text = "$"
        wildcard = False
        for depth in range(self.choice([1, 1, 1, 2, 2, 3])):
            if depth and self.chance(0.2):
                text += f"[{self.random.randint(0, 2)}]"
            elif self.wildcards < 3 and not wildcard and self.chance(0.1):
                wildcard = True
                self.wildcards += 1
                text += self.choice([".*", "[*]"])
            elif self.chance(0.05):
                text += self.choice([".['", "['"]) + self.choice(ODD_NAMES) + "']"
            else:
                text += "." + self.choice(NAMES)
        return text

    def condition(self) -> str:
        selector = self.selector()
        kind = self.random.random()
        if kind < 0.1:
            return f"{selector} NOT EXISTS"
        if kind < 0.2:
            return f"{selector} IS {self.choice(['NULL', 'TRUE', 'FALSE'])}"
        return selector + self.comparison()

    def comparison(self) -> str:
        kind = self.random.random()
        if kind < 0.2:
            return f"{self.blank()}{self.choice(['<', '>', '<=', '>='])}{self.blank()}{self.choice(NUMBERS)}"
        return f"{self.blank()}{self.choice(['=', '!='])}{self.blank()}{self.value()}"

    def value(self) -> str:
        kind = self.random.random()
        if kind < 0.25:
            return self.choice(NUMBERS)
        if kind < 0.4 and self.regexes < 2:
            self.regexes += 1
            return f"%{self.regex()}%"
        word = self.choice(WORDS)
        if self.chance(0.3):
            word += "*"
        if self.chance(0.2):
            word = "*" + word
        if self.chance(0.03):
            word = self.choice(["a*b", 'say "x"', "back\\slash", "*x*y*", "**"])
        if word and all(letter.isalnum() or letter in "._*" for letter in word) and self.chance(0.5):
            return word
        return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def regex(self) -> str:
        alternatives = []
        for _alternative in range(self.choice([1, 1, 1, 2])):
            items = [self.choice(ATOMS) + self.choice(QUANTIFIERS) for _item in range(self.random.randint(1, 4))]
            text = "".join(items)
            alternatives.append(self.choice(["", "", "^"]) + text + self.choice(["", "", "$"]))
        return "|".join(alternatives)

    def spaced(self) -> str:
        fields = []
        for number in range(self.random.randint(0, 4)):
            name = f"w{number}"
            if self.chance(0.5):
                fields.append(self.expression(lambda name=name: name + self.comparison(), depth=2))
            else:
                fields.append(self.choice([name, name, ""]))
        if len(fields) == 1 and not fields[0]:
            fields = ["w0"]
        if self.chance(0.3):
            fields.insert(self.random.randint(0, len(fields)), "...")
        return f"[{self.blank()}{(',' + self.blank()).join(fields)}{self.blank()}]"

    def terms(self) -> str:
        terms = []
        for _term in range(self.random.randint(0, 3)):
            sign = self.choice(["", "", "?", "-"])
            word = self.choice(WORDS)
            if self.chance(0.2) and self.regexes < 2:
                self.regexes += 1
                terms.append(f"{sign}%{self.regex()}%")
            elif word.isalnum() and self.chance(0.7):
                terms.append(sign + word)
            else:
                terms.append(f'{sign}"{word}"')
        return " ".join(terms)

    # messages

    def message(self) -> str:
        kind = self.random.random()
        if kind < 0.65:
            return json.dumps(self.object(), ensure_ascii=self.chance(0.5))
        if kind < 0.7:
            return json.dumps(self.json_value(0))
        return self.line()

    def object(self, depth: int = 0) -> dict[str, Any]:
        names = self.random.sample(NAMES, self.random.randint(1, 5)) + (
            [self.choice(ODD_NAMES)] if self.chance(0.2) else []
        )
        return {name: self.json_value(depth + 1) for name in names}

    def json_value(self, depth: int) -> Any:
        kind = self.random.random()
        if kind < 0.4:
            return self.choice(WORDS)
        if kind < 0.65:
            return self.choice([0, 4, 40, 404, 100, -1, 3, 1.5, 0.4, 10.25, 1e2, 7])
        if kind < 0.75 or depth > 3:
            return self.choice([None, True, False])
        if kind < 0.9:
            return self.object(depth)
        return [self.json_value(depth + 1) for _element in range(self.random.randint(0, 3))]

    def line(self) -> str:
        words = []
        for _word in range(self.random.randint(0, 6)):
            word = self.choice([*WORDS, *NUMBERS, "[x", '"y', "x]", "-"])
            words.append(self.choice([word, word, f"[{word}]", f'"{word}"', f"[{word}]:"]))
        return self.choice([" ", " ", "  ", "\t"]).join(words)

    # texts that are no patterns

    def mutated(self, text: str) -> str:
        for _edit in range(self.random.randint(1, 3)):
            place = self.random.randint(0, len(text))
            if self.chance(0.5):
                text = text[:place] + text[place + self.random.randint(1, 3) :]
            else:
                text = text[:place] + self.choice(list("{}[]()$.*%\"'\\|&=!<>?-+,0a \u201c\u00a0\u0661")) + text[place:]
        return text
