# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times at which an alarm tells nobody: from C(mute) of an override to rules of CloudWatch."""

from __future__ import annotations

import re
import typing as t

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIELDS = ("days", "from", "to", "time_zone")
_DAY = 24 * 60
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_ZONE = re.compile(r"UTC|[A-Z][A-Za-z_]+(?:/[A-Z][A-Za-z0-9_+-]+)+")

Window = t.Mapping[str, t.Any]


def problems_of(where: str, mute: t.Any) -> list[str]:
    """What is wrong with mute windows; ``where`` is what they are called."""
    if not isinstance(mute, list) or not mute:
        return [
            f"{where} is {mute!r}: a list of windows is needed, each with from, to and, if need be, days and time_zone"
        ]
    found = [
        problem for number, window in enumerate(mute) for problem in _window_problems(f"{where}[{number}]", window)
    ]
    if not found and _covers_the_week(mute):
        found.append(f"{where} leaves no minute of the week in which the alarm tells somebody: set enabled to false")
    return found


def _window_problems(where: str, window: t.Any) -> list[str]:
    if not isinstance(window, dict):
        return [f"{where} is {window!r}: a dictionary is needed, with any of {', '.join(FIELDS)}"]
    found = [f"{where} has {name!r}, which is none of {', '.join(FIELDS)}" for name in window if name not in FIELDS]
    for name in ("from", "to"):
        if not isinstance(window.get(name), str) or not _TIME.fullmatch(window[name]):
            found.append(f'{where}.{name} is {window.get(name)!r}: a time such as "22:00", quoted in YAML, is needed')
    days = window.get("days", list(DAYS))
    if not isinstance(days, list) or not days or not set(map(str, days)) <= set(DAYS):
        found.append(f"{where}.days is {days!r}: a list of {', '.join(DAYS)} is needed")
    zone = window.get("time_zone", "UTC")
    if not isinstance(zone, str) or not _ZONE.fullmatch(zone):
        found.append(f"{where}.time_zone is {zone!r}: a name such as Europe/Berlin is needed")
    return found


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _length(window: Window) -> int:
    """Minutes from C(from) to C(to), over midnight if need be; a day when they are the same."""
    return (_minutes(window["to"]) - _minutes(window["from"])) % _DAY or _DAY


def _covers_the_week(mute: t.Sequence[Window]) -> bool:
    """Whether nothing is left. Windows of different time zones may overlap or not: each is taken as of one zone."""
    covered = set()
    for window in mute:
        for day in window.get("days", DAYS):
            start = DAYS.index(day) * _DAY + _minutes(window["from"])
            covered.update(minute % (7 * _DAY) for minute in range(start, start + _length(window)))
    return len(covered) == 7 * _DAY


def rules(alarm: str, mute: t.Sequence[Window], title: str) -> list[dict[str, t.Any]]:
    """What the module alarm_mute_rules is to bring about for one alarm."""
    return [
        {
            "name": alarm if number == 1 else f"{alarm}-{number}",
            "description": f"Tells nobody then: {title}",
            "expression": _expression(window),
            "duration": _duration(_length(window)),
            "timezone": window.get("time_zone", "UTC"),
            "alarm_names": [alarm],
        }
        for number, window in enumerate(mute, start=1)
    ]


def _expression(window: Window) -> str:
    hours, minutes = (int(part) for part in window["from"].split(":"))
    days = [day for day in DAYS if day in window.get("days", DAYS)]
    return f"cron({minutes} {hours} * * {'*' if len(days) == len(DAYS) else ','.join(days).upper()})"


def _duration(minutes: int) -> str:
    """A whole number of hours and minutes, in ISO 8601."""
    hours, rest = divmod(minutes, 60)
    return "PT" + (f"{hours}H" if hours else "") + (f"{rest}M" if rest else "")
