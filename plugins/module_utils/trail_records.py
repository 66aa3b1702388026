# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records of CloudTrail out of whatever holds them: files of a trail, exports, answers of AWS, single records."""

from __future__ import annotations

import gzip
import json
import re
import typing as t
from pathlib import Path

Record = dict[str, t.Any]

# A line of a log group that was exported to S3: the time, a blank, the message
_EXPORTED = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z\s+(?=\{)")
_GZIP = b"\x1f\x8b"
_SUFFIXES = (".json", ".json.gz", ".jsonl", ".jsonl.gz", ".gz", ".log")
_LISTS = ("Records", "events", "Events", "logEvents")
"""Files of a trail, ``aws logs filter-log-events``, ``aws cloudtrail lookup-events``, what a subscription delivers."""
_TEXTS = ("message", "CloudTrailEvent")


class RecordsError(ValueError):
    """Something that holds no records, or cannot be read; the message names it."""


def records_of(source: t.Any) -> t.Iterator[Record]:
    """The records of a source: a record, a list or a dictionary that holds some, or the path of a file or folder.

    A list may mix all of them. Files may be compressed; they hold JSON, or a line of JSON per record, with the time
    before it as in exports of log groups. In folders all files with a usual suffix are read, sorted by their paths.

    Raises RecordsError.
    """
    if isinstance(source, str):
        for path in _files(Path(source).expanduser()):
            yield from _in_file(path)
    elif isinstance(source, (list, tuple)):
        for one in source:
            yield from records_of(one)
    else:
        yield from _in_value(source, "the given value")


def _files(path: Path) -> list[Path]:
    if path.is_dir():
        files = sorted(one for one in path.rglob("*") if one.is_file() and one.name.endswith(_SUFFIXES))
        if not files:
            raise RecordsError(f"{path} holds no file that ends with one of {', '.join(_SUFFIXES)}")
        return files
    if not path.is_file():
        raise RecordsError(f"{path} is neither a file nor a folder")
    return [path]


def _in_file(path: Path) -> t.Iterator[Record]:
    try:
        data = path.read_bytes()
        text = (gzip.decompress(data) if data.startswith(_GZIP) else data).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise RecordsError(f"{path} cannot be read: {error}") from error
    try:
        whole = json.loads(text)
    except ValueError:
        yield from _in_lines(text, path)
    else:
        yield from _in_value(whole, str(path))


def _in_lines(text: str, path: Path) -> t.Iterator[Record]:
    lines = (_EXPORTED.sub("", line.strip()) for line in text.split("\n"))
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        try:
            value = json.loads(line)
        except ValueError as error:
            raise RecordsError(f"{path}, line {number}, is no JSON: {error}") from error
        yield from _in_value(value, f"{path}, line {number}")


def _in_value(value: t.Any, where: str) -> t.Iterator[Record]:
    if isinstance(value, list):
        for one in value:
            yield from _in_value(one, where)
        return
    if not isinstance(value, dict):
        raise RecordsError(f"{where} holds {type(value).__name__}, where a record of CloudTrail is needed")
    if "eventName" in value and "eventSource" in value and "userIdentity" in value:
        yield value
        return
    for name in _LISTS:
        if isinstance(value.get(name), list):
            yield from _in_value(value[name], where)
            return
    for name in _TEXTS:
        if isinstance(value.get(name), str):
            yield from _in_message(value[name], where)
            return
    if isinstance(value.get("detail"), dict):  # what EventBridge delivers
        yield from _in_value(value["detail"], where)
        return
    if "digestSignatureAlgorithm" in value:  # the digest files that lie beside those of a trail
        return
    raise RecordsError(f"{where} holds no record of CloudTrail, but a dictionary with {', '.join(sorted(value)[:6])}")


def _in_message(message: str, where: str) -> t.Iterator[Record]:
    try:
        value = json.loads(message)
    except ValueError as error:
        raise RecordsError(f"{where} holds a message that is no JSON: {error}") from error
    yield from _in_value(value, where)
