# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What filter patterns match, by the examples of the CloudWatch Logs user guide and what users observed.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html; its history, which says more in
places, is in https://github.com/awsdocs/amazon-cloudwatch-logs-user-guide.
"""

from __future__ import annotations

import json
import pickle
import time
from typing import Any

import pytest

from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import Matcher, parse

TRAIL = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "ThisFlag": True,
    "NoFlag": False,
    "flagText": "true",
    "latency": 50,
    "ratio": -0.0015,
    "status": 404,
    "statusText": "404",
    "odd name": {"x.y": 1},
    "nested": {"one": {"v": "1"}, "two": {"v": "2"}},
    "path": 'C:\\dir "x"',
}
USERS = {
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
    "actions": ["GET", "PUT", "DELETE"],
    "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
}


@pytest.mark.parametrize(
    "condition",
    [
        '$.eventType = "UpdateTrail"',
        "$.eventType = UpdateTrail",
        "$.sourceIPAddress != 123.123.*",
        '$.arrayKey[0] = "value"',
        "$.objectList[1].id = 2",
        "$.SomeObject IS NULL",
        "$.SomeOtherObject NOT EXISTS",
        "$.SomeObject.below NOT EXISTS",
        "$.arrayKey[2] NOT EXISTS",
        "$.ThisFlag IS TRUE",
        "$.NoFlag IS FALSE",
        "$.latency = *",
        '$.latency = "*"',
        "$.eventType = *",
        "$.latency > 49",
        "$.latency >= +50",
        "$.latency < 1e2",
        "$.latency <= 5.0e1",
        "$.latency = 50.0",
        "$.latency != 51",
        "$.ratio = -1.5e-3",
        "$.status = 4*",
        "$.status = %^4[0-9]{2}$%",
        '$.eventType = "*Trail"',
        '$.eventType = "Update*"',
        '$.eventType = "*dateTr*"',
        '$.eventType = "UpdateTrail*"',
        '$.eventType != "Get*"',
        "$.eventType = %Trail%",
        "$.eventType != %^Trail%",
        '$.arrayKey[*] = "another value"',
        "$.objectList[*].id = 2",
        "$.objectList[*].id != 2",
        '$.nested.*.v = "2"',
        "$.nested[*].v NOT EXISTS",
        "$.['odd name'].['x.y'] = 1",
        r'$.path = "C:\\dir \"x\""',
        "$.status != 404.5",
        '$.status != "404"',
        "$.statusText != 404",
    ],
)
def test_holds(condition: str) -> None:
    pattern = parse(f"{{ {condition} }}")
    assert pattern.matches(TRAIL)
    assert pattern.matches(json.dumps(TRAIL))
    assert pattern.matches(json.dumps(TRAIL, indent=1).encode() + b"\n")


@pytest.mark.parametrize(
    "condition",
    [
        # observed: DataBiosphere/azul#5884
        '$.absent != "x"',
        '$.eventType.below != "x"',
        "$.absent != 1",
        "$.absent = *",
        "$.absent < 1",
        "$.absent IS NULL",
        "$.absent IS FALSE",
        "$.absent != %x%",
        "$.objectList[7].id != 1",
        # documented: a selector must point to a string or a number
        "$.arrayKey = 1",
        "$.arrayKey != 1",
        "$.nested != 1",
        '$.arrayKey != "value"',
        "$.arrayKey = *",
        "$.arrayKey NOT EXISTS",
        "$.SomeObject NOT EXISTS",
        # not documented, so that nothing holds
        "$.SomeObject = *",
        '$.SomeObject != "x"',
        "$.ThisFlag = true",
        '$.ThisFlag = "true"',
        '$.ThisFlag != "x"',
        "$.ThisFlag = 1",
        "$.ThisFlag > 0",
        "$.flagText IS TRUE",
        '$.status = "404"',
        "$.statusText = 404",
        "$.statusText > 1",
        "$.ThisFlag IS FALSE",
        "$.eventType IS NULL",
        "$.eventType = updatetrail",
        "$.eventtype = UpdateTrail",
        '$.eventType = "Up*Trail"',
        '$.sourceIPAddress != "111.*"',
        "$.latency < 50",
        "$.latency > 50",
        "$.latency != 5e1",
        "$.latency != *",
        "$.arrayKey[0] = another*",
        '$.arrayKey.* = "value"',
        "$.nested[0] = *",
        "$.objectList[*].id NOT EXISTS",
        "$.objectList.id = 1",
    ],
)
def test_does_not_hold(condition: str) -> None:
    assert not parse(f"{{ {condition} }}").matches(TRAIL)


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('($.user.id = 1) && ($.users[0].email = "John.Doe@example.com")', True),
        ('($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET"', False),
        (
            '$.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch && $.actions[2] = nomatch',
            True,
        ),
        (
            '($.user.email = "John.Stiles@example.com" || $.coordinates[0][1] = nonmatch) && $.actions[2] = nomatch',
            False,
        ),
        ("$.users = 1", False),
        ("$.users != 1", False),
        ("$.users != 1 || $.user.id = 1", True),
        ("$.coordinates[1][2] = 6", True),
        ("$.users[*].id = 3 && $.users[*].id = 2", True),
    ],
)
def test_compound_conditions(condition: str, expected: bool) -> None:
    assert parse(f"{{ {condition} }}").matches(USERS) is expected


def test_an_asterisk_in_the_middle_is_one() -> None:
    pattern = parse('{ $.a = "Ev*ent" }')
    assert pattern.matches({"a": "Ev*ent"})
    assert not pattern.matches({"a": "EvSomeent"})


@pytest.mark.parametrize(
    "line", ["", "not JSON", "x {}", '{"a": NaN}', '{"a":', "[" * 100_000, '"a"', "1", "null", "[]"]
)
def test_a_line_that_is_no_object_matches_no_condition(line: str) -> None:
    for condition in ("$.a = *", '$.a != "x"', "$.a IS NULL", "$.a > 0"):
        assert not parse(f"{{ {condition} }}").matches(line)


@pytest.mark.parametrize("line", ["", "text", "{", '{"a": NaN}'])
def test_a_line_that_is_no_json_lacks_nothing(line: str) -> None:
    assert not parse("{ $.a NOT EXISTS }").matches(line)
    assert Matcher({"absent": "{ $.a NOT EXISTS }"}).matching(line) == []


def test_numbers_of_any_length() -> None:
    long = "9" * 5000
    assert parse("{ $.a > 1e300 }").matches(f'{{"a": {long}}}')
    assert parse("{ $.a = 9* || $.a = %inf% }").matches({"a": int("9" * 4000) ** 2})
    assert parse("{ $.a = 12345678901234567890 }").matches('{"a": 12345678901234567890}')
    assert not parse("{ $.a = 12345678901234567890 }").matches('{"a": 12345678901234567891}')
    assert not parse("[a > 1, b]").matches(f"x {long}")
    assert parse("[a > 1]").matches(long)


# --- text patterns ---------------------------------------------------------------------------------------------------

BOTH, ERROR, WARN = "ERROR WARN message", "ERROR message", "WARN message"


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("", [BOTH, "", "anything"], []),
        ('""', [BOTH, ""], []),
        ('" "', [BOTH, "x"], []),
        ("ERROR", ["[ERROR] A fatal exception", "Exiting with ERRORCODE: -1"], ["error"]),
        ('"ERROR" - "Exiting"', ["[ERROR] A fatal exception"], ["Exiting with ERRORCODE: -1"]),
        ("ERROR -WARN", [ERROR], [BOTH, WARN]),
        ("ERROR Exception", ["[ERROR] Caught IllegalArgumentException"], ["ERROR", "Exception"]),
        ('"Failed to process the request"', ["[WARN] Failed to process the request"], ["the request Failed"]),
        ("?ERROR ?WARN", [BOTH, ERROR, WARN], ["INFO"]),
        ("ERROR WARN", [BOTH, "WARN ERROR"], [ERROR, WARN]),
        ("WARN ?ERROR ?INFO", [WARN, BOTH], [ERROR]),
        ("-WARN ?ERROR", ["INFO", ERROR], [WARN, BOTH]),
        ("%AUTHORIZED%", ["[ERROR 401] UNAUTHORIZED REQUEST", "[SUCCESS 200] AUTHORIZED REQUEST"], ["authorized"]),
        ("%colou?r%", ["color", "colour"], ["colouur"]),
        ("%gray|grey%", ["a grey day", "gray"], ["gry"]),
        (r"%\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}%", ["at 10.0.0.1:80"], ["10.0.0", "\u0661.1.1.1"]),
        ("%^[hc]at%", ["hat", "cats"], ["a hat", "that"]),
        ("%[hc]at$%", ["a hat"], ["hat\n", "hats"]),
        (r"%\x28a\x29%", ["(a)"], ["a"]),
        ('"10*"', ["10*"], ["100"]),
    ],
)
def test_text_patterns(pattern: str, matching: list[str], others: list[str]) -> None:
    parsed = parse(pattern)
    assert [line for line in matching if not parsed.matches(line)] == []
    assert [line for line in others if parsed.matches(line)] == []


def test_a_decoded_record_counts_as_its_line() -> None:
    assert parse('"\\"eventName\\":\\"X\\""').matches({"eventName": "X"})
    assert parse("?nothing ?UpdateTrail").matches(TRAIL)


# --- space-delimited patterns ----------------------------------------------------------------------------------------

ACCESS = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534'


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("[]", True),
        ("[ip, user, username, timestamp, request, status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1000]", True),
        ("[ip, user, username, timestamp, request, status_code, bytes > 1534]", False),
        ("[ip, user, username, timestamp, request, status_code = 404, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code = 4*, bytes]", True),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4*, bytes]", True),
        ("[ip, user, username, timestamp, request = *html*, status_code = 4* && status_code != 404, bytes]", False),
        ("[ip, user, username, timestamp, request, status_code = 403 || status_code = 404, bytes]", True),
        ("[ip = %127.0.0.[0-9]%, ...]", True),
        ("[..., status_code = 4*, bytes]", True),
        ("[ip, user, ..., status_code = 404, bytes]", True),
        ("[ip=127.0.0.1, user, ...]", True),
        ("[..., request =*.html*, status_code = 4*,]", True),
        ('[..., request = "GET /index.html HTTP/1.0", status_code, bytes]', True),
        ("[..., timestamp = 10/Oct*, request, status_code, bytes]", True),
        ("[ip, user, username, timestamp, request, status_code, bytes, more]", False),
        ("[a, b, c, d, e, f, g, ...]", True),
        ("[a, b, c, d, e, f, g, h, ...]", False),
        ("[..., user != frank, t, r, s, b]", False),
        ("[ip, user < 5, ...]", False),
        ("[ip, user != 5, ...]", True),
    ],
)
def test_space_delimited_patterns(pattern: str, expected: bool) -> None:
    assert parse(pattern).matches(ACCESS) is expected


@pytest.mark.parametrize(
    ("pattern", "matching", "others"),
    [
        ("[w1=ERROR, w2]", [BOTH, ERROR, "ERROR a b c d e f"], [WARN, "ERROR"]),
        ("[w1=ERROR || w1=WARN, w2]", [BOTH, ERROR, WARN], ["INFO message"]),
        ("[w1!=ERROR&&w1!=WARN, w2]", ["INFO message"], [BOTH, ERROR, WARN]),
        ("[a, rest = *d]", ["a b c d", "a d"], ["a b c"]),
        ("[a, rest = b]", ["a b", "a [b]"], ["a b c"]),
        ("[a = x, b]", ["[x] y", '"x" y', " x  y "], ["[x]: y", "[x y"]),
    ],
)
def test_words_of_a_line(pattern: str, matching: list[str], others: list[str]) -> None:
    parsed = parse(pattern)
    assert [line for line in matching if not parsed.matches(line)] == []
    assert [line for line in others if parsed.matches(line)] == []


def test_extraction() -> None:
    """As the user guide shows it, its mixed-up request apart."""
    assert parse("[..., request=*.html*, status_code=4*,]").extract(ACCESS) == {
        "$status_code": "404",
        "$request": "GET /index.html HTTP/1.0",
        "$7": "1534",
        "$4": "10/Oct/2000:13:25:15 -0700",
        "$3": "frank",
        "$2": "-",
        "$1": "127.0.0.1",
    }
    assert parse("[]").extract("a [b c]") == {"$1": "a", "$2": "b c"}
    assert parse("[first, , last]").extract("a b c d") == {"$first": "a", "$2": "b", "$last": "c d"}
    assert parse("[first, ...]").extract("a b") == {"$first": "a", "$2": "b"}
    assert parse("[x > 5]").extract("4") is None
    assert parse("{ $.a = 1 }").extract({"a": 1}) == {}
    assert parse("{ $.a = 1 }").extract({"a": 2}) is None
    assert parse("x").extract("x") == {}


# --- the rest --------------------------------------------------------------------------------------------------------


def test_patterns_can_be_copied_after_use() -> None:
    pattern = parse("{ $.a = 1 }")
    assert pattern.matches({"a": 1})
    copy = pickle.loads(pickle.dumps(pattern))
    assert copy == pattern
    assert copy.matches({"a": 1})


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("{ $.a = %" + "a*" * 200 + "b% }", json.dumps({"a": "a" * 20_000})),
        ("%" + "[a-z]+" * 100 + "!".replace("!", "0") + "%", "x" * 20_000),
        ("%x.*y.*z.*%", "xy" * 50_000),
        ("[a, b]", '"x ' * 50_000),
        ("[a, b]", "[x " * 50_000),
    ],
    ids=["stars", "pluses", "dots", "quotes", "brackets"],
)
def test_no_message_takes_forever(pattern: str, message: Any) -> None:
    started = time.perf_counter()
    parse(pattern).matches(message)
    assert time.perf_counter() - started < 3
