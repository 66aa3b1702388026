# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random patterns and messages: two evaluators agree, and nothing but the parser's own error is ever raised.

C(PATTERN_FUZZ=100000) in the environment makes it as many patterns; C(PATTERN_FUZZ_SEED) other ones.
"""

from __future__ import annotations

import os

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import (
    FilterPatternError,
    Matcher,
    lint,
    parse,
)
from tests.unit.patterns import oracle
from tests.unit.patterns.generate import Generator

NUMBER = int(os.environ.get("PATTERN_FUZZ", "1000"))
SEED = int(os.environ.get("PATTERN_FUZZ_SEED", "1"))
MESSAGES = 4


def test_two_evaluators_agree() -> None:
    matched = 0
    for seed in range(SEED, SEED + NUMBER):
        generator = Generator(seed)
        text = generator.pattern()
        pattern = parse(text)
        assert parse(str(pattern)) == pattern, (seed, text)
        for _message in range(MESSAGES):
            message = generator.message()
            answer = pattern.matches(message)
            assert answer is oracle.matches(text, message), (seed, text, message)
            assert (pattern.extract(message) is not None) is answer
            matched += answer
    # a comparison of evaluators that nearly always say no would be worth little
    assert 0.15 < matched / NUMBER / MESSAGES < 0.85


def test_only_the_parser_complains() -> None:
    accepted = 0
    for seed in range(SEED, SEED + NUMBER):
        generator = Generator(seed)
        text = generator.mutated(generator.pattern())
        for finding in lint(text):
            assert finding.position is None or 0 <= finding.position <= len(text), (seed, text)
        try:
            pattern = parse(text)
        except FilterPatternError as error:
            assert error.position is None or 0 <= error.position <= len(text), (seed, text)
            continue
        accepted += 1
        assert parse(str(pattern)) == pattern, (seed, text)
        pattern.matches(generator.message())
        pattern.matches(generator.json_value(0))
    assert accepted > NUMBER / 20


def test_all_at_once_is_one_after_another() -> None:
    for seed in range(SEED, SEED + NUMBER, 20):
        generator = Generator(seed)
        patterns = {str(number): parse(generator.pattern()) for number in range(20)}
        matcher = Matcher(patterns)
        for _message in range(10):
            message = generator.message()
            naive = [name for name, pattern in patterns.items() if pattern.matches(message)]
            assert matcher.matching(message) == naive, (seed, message)
