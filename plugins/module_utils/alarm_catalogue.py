# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a catalogue of alarms to metric filters, alarms and topics.

An entry of the catalogue says what is looked for (``detection``, one or more patterns on one metric), how often it must
happen, who is told and what they should do. Overrides change entries, environment values fill their patterns in, and
everything that AWS would refuse, or that would silently never fire, is refused here with the name of the variable.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
import typing as t
from dataclasses import dataclass

from ansible_collections.secops.aws_baseline.plugins.module_utils import alarm_mutes
from ansible_collections.secops.aws_baseline.plugins.module_utils.address_regex import (
    AddressRegexError,
    network_alternatives,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.aggregate_pattern import EVERYTHING, aggregate
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_exclusions import (
    FINDINGS_OF_EXCLUSIONS,
    TOO_LONG,
    conditions,
    narrowed,
    problems_of,
    with_conditions,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.alarm_stories import StoryError, stories
from ansible_collections.secops.aws_baseline.plugins.module_utils.filter_pattern import (
    CODES,
    MAXIMUM_LENGTH,
    FilterPatternError,
    has_regex,
    parse,
    validate,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

MAXIMUM_FILTERS = 100
MAXIMUM_REGEX_FILTERS = 5
MAXIMUM_SUBSCRIPTION_FILTERS = 2
MAXIMUM_DESCRIPTION = 1024

SEVERITIES = ("critical", "high", "medium", "low")
COMPARISON_OPERATORS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
)
EVIDENCE_TOPIC = "evidence"
EVIDENCE_NAMESPACE = "LogMetrics"
FINDINGS_OF_EVIDENCE = ("absent-field", "no-event-source")
"""What a linter finds in CIS texts, which must be literal. The alarms that people are told by do it right."""

_DEFAULTS: dict[str, t.Any] = {
    "enabled": True,
    "cis": [],
    "why": "",
    "runbook": "",
    "severity": "medium",
    "period": 300,
    "threshold": 1,
    "comparison_operator": "GreaterThanOrEqualToThreshold",
    "exclude": {},
    "mute": [],
}

_SAMPLE = Scope("111122223333", "eu-central-1")
"""Stands for any account and region, to try patterns on stories."""

Entry = dict[str, t.Any]


class AlarmCatalogueError(ValueError):
    """Something declared that cannot be an alarm; the message names the variable, the value and what is allowed."""

    def __init__(self, problems: t.Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


def _bad(where: str, value: t.Any, allowed: str) -> AlarmCatalogueError:
    return AlarmCatalogueError([f"{where} is {value!r}: {allowed}"])


# --- values of the environment ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _EnvironmentValue:
    """How values of one kind enter patterns.

    ``forms`` turns one value into the texts that the placeholders of a pattern stand for, or raises ValueError. A value
    may need several forms. ``splittable``: whether values may be spread over several filters.
    """

    variable: str
    allowed: str
    forms: t.Callable[[str], list[dict[str, str]]]
    splittable: bool = True


def _resource_id(kind: str) -> t.Callable[[str], list[dict[str, str]]]:
    expression = re.compile(rf"{kind}-(?:[0-9a-f]{{8}}|[0-9a-f]{{17}})")

    def forms(value: str) -> list[dict[str, str]]:
        if not expression.fullmatch(value):
            raise ValueError
        return [{"value": value, "expression": f"^{value}$"}]

    return forms


def _role(value: str) -> list[dict[str, str]]:
    """A role's name stands for the role in any account, its ARN for that one role."""
    if re.fullmatch(r"[\w+=,.@-]{1,64}", value, re.ASCII):
        return [{"role": f"*/{value}", "session": f"*:assumed-role/{value}/*"}]
    arn = re.fullmatch(
        r"(arn:(?:[a-z-]+|\$\{AWS::Partition\})):iam::([0-9]{12}|\$\{AWS::AccountId\}):role/([!-~]*/)?([\w+=,.@-]{1,64})",
        value,
        re.ASCII,
    )
    if not arn:
        raise ValueError
    return [{"role": value, "session": f"{arn.group(1)}:sts::{arn.group(2)}:assumed-role/{arn.group(4)}/*"}]


def _network(value: str) -> list[dict[str, str]]:
    try:
        return [{"expression": part} for part in network_alternatives(ipaddress.ip_network(value))]
    except AddressRegexError as error:
        raise ValueError(f"it cannot be told from its neighbours in a filter pattern: {error}") from error


def _merged_networks(values: list[str]) -> list[str]:
    """Networks without those that lie in others, neighbours joined; what is no network is left for the check."""
    networks: list[t.Any] = []
    for value in values:
        try:
            networks.append(ipaddress.ip_network(value))
        except ValueError:
            return values
    by_version = ([network for network in networks if network.version == version] for version in (4, 6))
    return [str(network) for same in by_version for network in ipaddress.collapse_addresses(same)]


ENVIRONMENT_VALUES = {
    "critical_instance_ids": _EnvironmentValue(
        "alarms_critical_instance_ids", "an instance id such as i-0123456789abcdef0 is needed", _resource_id("i")
    ),
    "critical_volume_ids": _EnvironmentValue(
        "alarms_critical_volume_ids", "a volume id such as vol-0123456789abcdef0 is needed", _resource_id("vol")
    ),
    "elevated_roles": _EnvironmentValue("alarms_elevated_roles", "the name or the ARN of a role is needed", _role),
    "office_cidrs": _EnvironmentValue(
        "alarms_office_cidrs",
        "a network such as 203.0.113.0/24 or 2001:db8:12::/48 is needed, without host bits and not the whole internet",
        _network,
        splittable=False,
    ),
}


def _forms(key: str, values: t.Sequence[str]) -> list[dict[str, str]]:
    kind = ENVIRONMENT_VALUES[key]
    unique = list(dict.fromkeys(str(value) for value in values))
    if kind.forms is _network:
        unique = _merged_networks(unique)
    result = []
    for value in unique:
        try:
            result += kind.forms(value)
        except ValueError as error:
            reason = f" ({error})" if isinstance(error.__cause__, AddressRegexError) else ""
            raise _bad(kind.variable, value, kind.allowed + reason) from error
    return result


def _fill(item: Entry, forms: t.Sequence[dict[str, str]]) -> str:
    """One pattern that looks for all the given values.

    ``<values>`` becomes the values' expressions as alternatives. ``<any>`` becomes the item's conditions, joined: one
    with ``<values>`` once, the others once per value, their placeholders filled with the forms of the value.
    """
    expressions = "|".join(form.get("expression", "") for form in forms)
    conditions = []
    for condition in item.get("conditions", []):
        if "<values>" in condition:
            conditions.append(condition)
            continue
        for form in forms:
            conditions.append(re.sub(r"<(\w+)>", lambda found, form=form: form[found.group(1)], condition))
    return str(item["pattern"]).replace("<any>", " || ".join(conditions)).replace("<values>", expressions)


def _patterns_of(item: Entry, environment: t.Mapping[str, t.Sequence[str]], where: str) -> list[str]:
    """The patterns of one detection item: one, or as many as the values need, no value in two of them."""
    key = item.get("each")
    if key is None:
        return [str(item["pattern"])]
    forms = _forms(key, environment.get(key, ()))
    kind = ENVIRONMENT_VALUES[key]
    whole = _fill(item, forms)
    if not kind.splittable or len(whole) <= MAXIMUM_LENGTH:
        if len(whole) > MAXIMUM_LENGTH:
            raise AlarmCatalogueError(
                [
                    f"{kind.variable} makes the pattern of {where} {len(whole)} characters long, CloudWatch Logs takes "
                    f"up to {MAXIMUM_LENGTH}: name fewer or larger networks, or exclude less"
                ]
            )
        return [whole]
    result, group = [], forms[:1]
    for form in forms[1:]:
        if len(_fill(item, [*group, form])) > MAXIMUM_LENGTH:
            result.append(_fill(item, group))
            group = []
        group = [*group, form]
    return [*result, _fill(item, group)]


# --- checks ----------------------------------------------------------------------------------------------------------


def _number(value: t.Any) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int) or (isinstance(value, str) and value.isdecimal()):
        return int(value)
    return None


def _check_bool(where: str, value: t.Any) -> None:
    if not isinstance(value, bool):
        raise _bad(where, value, "true or false is needed")


def _check_threshold(where: str, value: t.Any) -> None:
    if (_number(value) or 0) < 1:
        raise _bad(where, value, "a whole number from 1 is needed")


def _check_period(where: str, value: t.Any) -> None:
    seconds = _number(value) or 0
    if seconds < 60 or seconds % 60 or seconds > 86400:
        raise _bad(
            where, value, "seconds in a multiple of 60, up to 86400, are needed: metric filters publish once a minute"
        )


def _check_text(where: str, value: t.Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise _bad(where, value, "a text is needed")


def _check_name(where: str, value: t.Any) -> None:
    if not isinstance(value, str) or not re.fullmatch(r"[\w.-]{1,200}", value, re.ASCII):
        raise _bad(where, value, "letters, digits, '-', '_' and '.' are allowed, up to 200 of them")


def _check_pattern(where: str, value: t.Any) -> None:
    if not isinstance(value, str):
        raise _bad(where, value, "a filter pattern is needed")
    try:
        validate(value)
    except FilterPatternError as error:
        raise AlarmCatalogueError([f"{where} is {value!r}: {error}"]) from error


def _check_patterns(where: str, value: t.Any) -> None:
    if not isinstance(value, list) or not value:
        raise _bad(where, value, "a list of filter patterns is needed")
    for number, pattern in enumerate(value):
        _check_pattern(f"{where}[{number}]", pattern)


def _check_findings(where: str, value: t.Any) -> None:
    unknown = [code for code in value if code not in CODES] if isinstance(value, list) else [value]
    if unknown:
        raise _bad(where, value, f"a list with any of {', '.join(CODES)} is needed")


def _check_list(where: str, value: t.Any) -> None:
    if not isinstance(value, list):
        raise _bad(where, value, "a list is needed")


def _one_of(choices: t.Sequence[str]) -> t.Callable[[str, t.Any], None]:
    def check(where: str, value: t.Any) -> None:
        if value not in choices:
            raise _bad(where, value, f"one of {', '.join(choices)} is needed")

    return check


_CHECKS: dict[str, t.Callable[[str, t.Any], None]] = {
    "id": _check_name,
    "suffix": _check_name,
    "metric": _check_name,
    "title": _check_text,
    "why": _check_text,
    "runbook": _check_text,
    "cis": _check_list,
    "references": _check_list,
    "enabled": _check_bool,
    "detection": _check_bool,
    "cis_evidence": _check_bool,
    "threshold": _check_threshold,
    "period": _check_period,
    "comparison_operator": _one_of(COMPARISON_OPERATORS),
    "severity": _one_of(SEVERITIES),
    "pattern": _check_pattern,
    "patterns": _check_patterns,
    "accepted_findings": _check_findings,
}
_CHANGEABLE = [
    "enabled",
    "detection",
    "cis_evidence",
    "title",
    "why",
    "runbook",
    "severity",
    "notify",
    "period",
    "threshold",
    "comparison_operator",
    "exclude",
    "mute",
    "pattern",
    "patterns",
    "accepted_findings",
]
_EXTRA = [name for name in _CHANGEABLE if name not in ("detection", "cis_evidence")]
_EXTRA += ["id", "suffix", "metric", "cis", "references"]


def _check_fields(where: str, fields: t.Any, allowed: t.Sequence[str], topics: t.Sequence[str]) -> list[str]:
    if not isinstance(fields, dict):
        return [f"{where} is {fields!r}: a dictionary is needed, with any of {', '.join(allowed)}"]
    problems = []
    for name, value in fields.items():
        if name not in allowed:
            problems.append(f"{where} has {name!r}, which is none of {', '.join(allowed)}{_near(name, allowed)}")
            continue
        try:
            if name == "notify":
                _check_notify(f"{where}.notify", value, topics)
            elif name == "exclude":
                problems += problems_of(f"{where}.exclude", value)
            elif name == "mute":
                problems += alarm_mutes.problems_of(f"{where}.mute", value)
            else:
                _CHECKS[name](f"{where}.{name}", value)
        except AlarmCatalogueError as error:
            problems += error.problems
    if "pattern" in fields and "patterns" in fields:
        problems.append(f"{where} has both pattern and patterns: one of them is needed")
    return problems


def _check_notify(where: str, value: t.Any, topics: t.Sequence[str]) -> None:
    if not isinstance(value, list) or not value:
        raise _bad(where, value, f"a list with at least one of {', '.join(topics)} is needed")
    for key in value:
        if key not in topics:
            raise _bad(where, key, f"one of {', '.join(topics)} is needed{_near(key, topics)}")


def _near(name: t.Any, choices: t.Sequence[str]) -> str:
    close = difflib.get_close_matches(str(name), choices, n=1)
    return f" (did you mean {close[0]}?)" if close else ""


# --- entries ---------------------------------------------------------------------------------------------------------


def _own_patterns(entry: Entry, fields: Entry) -> None:
    """Patterns that a user gave in place of the shipped detection."""
    patterns = fields.get("patterns") or ([fields["pattern"]] if "pattern" in fields else None)
    if patterns:
        accepted = fields.get("accepted_findings", [])
        entry["detection"] = [{"pattern": pattern, "accepted_findings": accepted} for pattern in patterns]
        entry["own_patterns"] = True


def _extra_entry(fields: Entry) -> Entry:
    detection = ("pattern", "patterns", "accepted_findings")
    entry = {name: value for name, value in fields.items() if name not in detection}
    _own_patterns(entry, fields)
    name = "".join(part.capitalize() for part in re.split(r"[^A-Za-z0-9]+", entry["id"]))
    entry.setdefault("suffix", name)
    entry.setdefault("metric", f"{name}EventCount")
    return entry


def _overridden(entry: Entry, fields: Entry, detection: bool, evidence: bool) -> Entry:
    """The entry with an override; ``detect`` and ``prove`` say which of its two purposes are on."""
    result = {**_DEFAULTS, **entry}
    result.update({name: value for name, value in fields.items() if name in _DEFAULTS or name in ("title", "notify")})
    _own_patterns(result, fields)
    result["detect"] = fields.get("detection", detection)
    result["prove"] = fields.get("cis_evidence", evidence and bool(entry.get("cis_evidence")))
    return result


def merge(
    catalogue: t.Sequence[Entry],
    overrides: t.Mapping[str, t.Any],
    extra: t.Sequence[t.Any],
    topics: t.Sequence[str],
    detection: bool,
    evidence: bool,
) -> list[Entry]:
    """The entries that are on, complete: shipped ones with their overrides, then the user's own.

    Raises AlarmCatalogueError with everything that is wrong in overrides and extra.
    """
    problems: list[str] = []
    entries = list(catalogue)
    for number, fields in enumerate(extra):
        where = f"alarms_extra[{number}]"
        found = _check_fields(where, fields, _EXTRA, topics)
        if not found:
            missing = [name for name in ("id", "title", "notify") if name not in fields]
            found = [f"{where} lacks {name}" for name in missing]
            if "pattern" not in fields and "patterns" not in fields:
                found.append(f"{where} lacks pattern")
        problems += found
        if not found:
            entries.append(_extra_entry(fields))
    known = [entry["id"] for entry in entries]
    problems += [f"alarms_extra repeats the id {name}" for name in sorted({n for n in known if known.count(n) > 1})]
    by_id = {entry["id"]: entry for entry in entries}
    for name, fields in overrides.items():
        if name not in by_id:
            problems.append(f"alarms_overrides has {name!r}, which is none of {', '.join(known)}{_near(name, known)}")
            continue
        where = f"alarms_overrides[{name!r}]"
        found = _check_fields(where, fields, _CHANGEABLE, topics)
        if not found and fields.get("cis_evidence") and not by_id[name].get("cis_evidence"):
            found.append(f"{where}.cis_evidence is true: this alarm has no CIS text")
        problems += found
    if problems:
        raise AlarmCatalogueError(problems)
    merged = (_overridden(entry, overrides.get(entry["id"], {}), detection, evidence) for entry in entries)
    return [entry for entry in merged if entry["enabled"]]


# --- composing -------------------------------------------------------------------------------------------------------


def describe(entry: Entry, watched: t.Sequence[str] = ()) -> str:
    """What the alarm's message carries: what happened, why it matters, what to do.

    watched: values of the environment that it is about, named as long as there is room for them.
    """
    facts = [f"severity {entry['severity']}"]
    if entry["cis"]:
        facts.append("CIS " + ", ".join(entry["cis"]))
    parts = [f"{entry['title']}.", entry["why"], f"What to do: {entry['runbook']}" if entry["runbook"] else ""]
    text = " ".join(" ".join(part.split()) for part in [*parts, f"({'; '.join(facts)})"] if part)
    named = f"{text} Watched: {', '.join(watched)}."
    return named if watched and len(named) <= MAXIMUM_DESCRIPTION else text


def topic_arn(name: str) -> str:
    """The ARN of a topic of this account and region, with pseudo parameters for what the module knows."""
    return f"arn:${{AWS::Partition}}:sns:${{AWS::Region}}:${{AWS::AccountId}}:{name}"


class _Plan:
    """Filters and alarms as they are put together."""

    def __init__(self, name_prefix: str, namespace: str, topics: t.Mapping[str, str]) -> None:
        self.name_prefix = name_prefix
        self.namespace = namespace
        self.topics = topics
        self.filters: list[dict[str, t.Any]] = []
        self.alarms: list[dict[str, t.Any]] = []
        self.entries: list[dict[str, t.Any]] = []
        self.mute_rules: list[dict[str, t.Any]] = []

    def arns(self, keys: t.Iterable[str]) -> list[str]:
        """The ARNs of those topics that are there."""
        return [topic_arn(self.topics[key]) for key in keys if key in self.topics]

    def add(self, suffix: str, metric: str, patterns: t.Sequence[Entry], alarm: Entry) -> None:
        """Adds an alarm and the filters of its metric; ``patterns`` are what the filters differ in."""
        name = f"{self.name_prefix}--{suffix}"
        namespace = alarm.get("namespace", self.namespace)
        for number, fields in enumerate(patterns, start=1):
            self.filters.append(
                {
                    "name": name if number == 1 else f"{name}-{number}",
                    "metric_name": metric,
                    "metric_namespace": namespace,
                    "metric_value": "1",
                    "default_value": 0,
                    **fields,
                }
            )
        self.alarms.append(
            {
                "name": name,
                "alarm_description": alarm["alarm_description"],
                "metric_name": metric,
                "namespace": namespace,
                "statistic": "Sum",
                "period": int(alarm["period"]),
                "evaluation_periods": 1,
                "threshold": int(alarm["threshold"]),
                "comparison_operator": alarm["comparison_operator"],
                "treat_missing_data": "notBreaching",
                "alarm_actions": self.arns(alarm["notify"]),
            }
        )


def _watched(entry: Entry, environment: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    """The values that an alarm looks for. Known networks are not among them: it looks for all others."""
    keys = dict.fromkeys(item["each"] for item in entry["detection"] if item.get("each"))
    return [str(value) for key in keys if ENVIRONMENT_VALUES[key].splittable for value in environment[key]]


def _narrowed_patterns(
    item: Entry, entry: Entry, environment: t.Mapping[str, t.Sequence[str]], further: list[str]
) -> list[str]:
    """The patterns of one detection item, without what the entry excludes."""
    if not further:
        return _patterns_of(item, environment, entry["id"])
    once = (int(entry["threshold"]), entry["comparison_operator"]) != (1, _DEFAULTS["comparison_operator"])
    try:
        if item.get("each"):
            item = {**item, "pattern": with_conditions(item["pattern"], further)}
            result = _patterns_of(item, environment, entry["id"])
            if max(map(len, result)) > MAXIMUM_LENGTH:
                raise FilterPatternError(TOO_LONG)
            return result
        return narrowed(item["pattern"], further, once)
    except FilterPatternError as error:
        raise AlarmCatalogueError([f"alarms_overrides[{entry['id']!r}].exclude makes no pattern: {error}"]) from error


def _check_fires(entry: Entry, patterns: t.Sequence[Entry], environment: t.Mapping[str, t.Sequence[str]]) -> None:
    """Refuse exclusions after which nothing raises an alarm that its stories say must."""
    try:
        raising, _near_misses = stories(entry["id"], {**environment, "account_id": _SAMPLE.account_id})
    except StoryError:  # an alarm of one's own
        return
    parsed = [parse(_SAMPLE.substitute(fields["pattern"])) for fields in patterns]
    if not any(pattern.matches(story.record) for story in raising for pattern in parsed):
        raise _bad(
            f"alarms_overrides[{entry['id']!r}].exclude",
            entry["exclude"],
            "the alarm would never fire. Exclude less, or set enabled to false",
        )


def _detect(plan: _Plan, entry: Entry, environment: t.Mapping[str, t.Sequence[str]]) -> None:
    patterns = []
    further = conditions(entry["exclude"])
    for item in entry["detection"]:
        for pattern in _narrowed_patterns(item, entry, environment, further):
            _check_pattern(f"the pattern of {entry['id']}", pattern)
            fields = {name: item[name] for name in ("metric_value", "accepted_findings") if name in item}
            if further:
                fields["accepted_findings"] = [*fields.get("accepted_findings", ()), *FINDINGS_OF_EXCLUSIONS]
            patterns.append({"pattern": pattern, **fields})
    if further and not entry.get("own_patterns"):
        _check_fires(entry, patterns, environment)
    description = describe(entry, _watched(entry, environment))
    if len(description) > MAXIMUM_DESCRIPTION:
        raise AlarmCatalogueError(
            [
                f"the description of {entry['id']} (title, why and runbook) has {len(description)} characters, "
                f"CloudWatch takes up to {MAXIMUM_DESCRIPTION}"
            ]
        )
    if not any(key in plan.topics for key in entry["notify"]):
        raise AlarmCatalogueError(
            [
                f"{entry['id']} would tell nobody: its topics {', '.join(entry['notify'])} have no subscriber. Give "
                f"them some, or name another topic in alarms_overrides[{entry['id']!r}].notify"
            ]
        )
    plan.add(entry["suffix"], entry["metric"], patterns, {**entry, "alarm_description": description})
    plan.entries.append(
        {
            **{name: entry[name] for name in ("id", "title", "severity", "why", "runbook", "cis")},
            "alarm": plan.alarms[-1]["name"],
            "patterns": [item["pattern"] for item in patterns],
            "topics": plan.arns(entry["notify"]),
        }
    )
    plan.mute_rules += alarm_mutes.rules(plan.alarms[-1]["name"], entry["mute"], entry["title"])


def _prove(plan: _Plan, entry: Entry) -> None:
    evidence = entry["cis_evidence"]
    control = evidence["control"]
    _check_pattern(f"the CIS text of {entry['id']}", evidence["pattern"])
    alarm = {
        **_DEFAULTS,
        "namespace": EVIDENCE_NAMESPACE,
        "notify": [EVIDENCE_TOPIC],
        "alarm_description": (
            f"Evidence for CIS {control} (Security Hub {evidence['security_hub']}): holds the filter text that the "
            f"control compares literally. People are told by the alarm for {entry['id']}."
        ),
    }
    metric = f"CIS-{control}-EventCount"
    fields = {"pattern": evidence["pattern"], "accepted_findings": list(FINDINGS_OF_EVIDENCE)}
    plan.add(f"CIS-{control}", metric, [fields], alarm)


def _controls(
    catalogue: t.Sequence[Entry], entries: t.Sequence[Entry], overrides: t.Mapping[str, t.Any]
) -> list[dict[str, t.Any]]:
    """For each CIS control which purpose of its alarm stands for it, and what keeps the alarm from doing so."""
    chosen = {entry["id"]: entry for entry in entries}
    result = []
    for shipped in catalogue:
        entry = chosen.get(shipped["id"])
        narrowed_by = ["enabled"] if entry is None else _narrowed_by(entry, {**_DEFAULTS, **shipped}, overrides)
        kept_by = [] if narrowed_by else ["detection"]
        if entry is not None and entry["prove"]:
            kept_by.append("evidence")
        for control in shipped.get("cis", ()):
            result.append({"control": control, "id": shipped["id"], "kept_by": kept_by, "narrowed_by": narrowed_by})
    return sorted(result, key=lambda row: [int(part) for part in row["control"].split(".")])


def _narrowed_by(entry: Entry, shipped: Entry, overrides: t.Mapping[str, t.Any]) -> list[str]:
    """What an override changes so that people are not told of everything that CIS asks for."""
    found = [] if entry["detect"] else ["detection"]
    found += ["exclude"] if conditions(entry["exclude"]) else []
    found += [name for name in ("pattern", "patterns") if name in overrides.get(entry["id"], {})]
    found += ["threshold"] if int(entry["threshold"]) > int(shipped["threshold"]) else []
    found += ["comparison_operator"] if entry["comparison_operator"] != shipped["comparison_operator"] else []
    return found


def _missing_values(entry: Entry, environment: t.Mapping[str, t.Sequence[str]]) -> list[str]:
    keys = dict.fromkeys(item["each"] for item in entry["detection"] if item.get("each"))
    return [ENVIRONMENT_VALUES[key].variable for key in keys if not environment.get(key)]


def _check_plan(plan: _Plan) -> list[str]:
    problems = []
    if len(plan.filters) > MAXIMUM_FILTERS:
        problems.append(
            f"{len(plan.filters)} metric filters are needed, a log group takes {MAXIMUM_FILTERS}: name fewer ids in "
            "alarms_critical_instance_ids and alarms_critical_volume_ids, or fewer alarms_extra"
        )
    regexes = [item["name"] for item in plan.filters if has_regex(item["pattern"])]
    if len(regexes) > MAXIMUM_REGEX_FILTERS:
        problems.append(
            f"{len(regexes)} filters with a regular expression are needed ({', '.join(regexes)}), a log group takes "
            f"{MAXIMUM_REGEX_FILTERS}: name fewer ids in alarms_critical_instance_ids or avoid regular expressions in "
            "alarms_extra and alarms_overrides"
        )
    for what, values in (
        ("name", [alarm["name"] for alarm in plan.alarms]),
        ("metric", [f"{alarm['namespace']}/{alarm['metric_name']}" for alarm in plan.alarms]),
        ("filter name", [item["name"] for item in plan.filters]),
    ):
        twice = sorted({value for value in values if values.count(value) > 1})
        problems += [f"two alarms have the {what} {value}: give the one in alarms_extra another" for value in twice]
    return problems


def compose(
    catalogue: t.Sequence[Entry],
    *,
    name_prefix: str,
    metric_namespace: str,
    topics: t.Sequence[Entry],
    topic_policy: t.Any = None,
    topics_exist: bool = False,
    environment: t.Mapping[str, t.Sequence[str]] | None = None,
    overrides: t.Mapping[str, t.Any] | None = None,
    extra: t.Sequence[t.Any] | None = None,
    detection: bool = True,
    cis_evidence: bool = False,
) -> dict[str, t.Any]:
    """The desired filters, alarms and topics.

    ``topics`` are dictionaries with ``key``, ``name``, ``display_name``, either ``subscriptions`` (``protocol``,
    ``endpoint``) or ``protocol`` and ``endpoints``, ``variable`` (where the endpoints come from) and ``always``
    (whether the topic is created without subscriptions, too). With ``topics_exist`` every topic counts as there.
    ``topic_policy`` is the document each topic gets, with ``${TopicName}`` for its name.

    Returns ``filters``, ``alarms``, ``mute_rules`` and ``topics`` as the modules metric_filters, metric_alarms,
    alarm_mute_rules and notification_topics take them, ``entries`` (of each alarm that tells people ``id``, ``alarm``,
    ``title``, ``severity``, ``why``, ``runbook``, ``cis``, ``patterns`` and ``topics``, which are ARNs), ``left_out``
    (``id``, ``variables``: alarms without their environment values), ``without_subscriber`` (names of topics that
    reach nobody yet) and ``controls`` (``control``, ``id``, ``kept_by``, ``narrowed_by``: which purpose of an alarm
    stands for a CIS control, and what an override takes away from it).

    Raises AlarmCatalogueError with all problems at once.
    """
    environment = environment or {}
    topics = [_with_subscriptions(topic) for topic in topics]
    problems = check_topics(topics)
    if not re.fullmatch(r"[\w.-]+(?:[\w. -]*[\w.-])?", name_prefix, re.ASCII):
        problems.append(f"alarms_name_prefix is {name_prefix!r}: letters, digits, blanks, '-', '_' and '.' are allowed")
    keys = [topic["key"] for topic in topics]
    try:
        entries = merge(catalogue, overrides or {}, extra or [], keys, detection, cis_evidence)
    except AlarmCatalogueError as error:
        raise AlarmCatalogueError(problems + error.problems) from error
    evidence_wanted = any(entry["prove"] for entry in entries)
    created = [
        topic
        for topic in topics
        if topics_exist
        or topic["subscriptions"]
        or (topic.get("always") and (topic["key"] != EVIDENCE_TOPIC or evidence_wanted))
    ]
    plan = _Plan(name_prefix, metric_namespace, {topic["key"]: topic["name"] for topic in created})
    left_out = []
    for entry in entries:
        missing = _missing_values(entry, environment)
        try:
            if entry["detect"] and missing:
                left_out.append({"id": entry["id"], "variables": missing})
            elif entry["detect"]:
                _detect(plan, entry, environment)
            if entry["prove"]:
                _prove(plan, entry)
        except AlarmCatalogueError as error:
            problems += error.problems
    problems += _check_plan(plan)
    if problems:
        raise AlarmCatalogueError(problems)
    return {
        "filters": plan.filters,
        "alarms": plan.alarms,
        "mute_rules": plan.mute_rules,
        "entries": plan.entries,
        "controls": _controls(catalogue, entries, overrides or {}),
        "topics": [_topic(topic, topic_policy) for topic in created],
        "left_out": left_out,
        "without_subscriber": [topic["name"] for topic in created if not topic["subscriptions"]],
    }


# --- forwarding -----------------------------------------------------------------------------------------------------


def forward(
    entries: t.Sequence[Entry],
    *,
    alarms: t.Sequence[str],
    known: t.Sequence[str],
    destinations: t.Sequence[Entry],
    name_prefix: str,
    most_filters: int = MAXIMUM_SUBSCRIPTION_FILTERS,
) -> dict[str, t.Any]:
    """What is to be forwarded for the alarms with the ids ``alarms``, of all that ``compose`` has as ``entries``.

    ``known`` are the ids of all alarms there could be. ``destinations`` share the subscription filters, of which there
    may be ``most_filters``; each has ``destination_arn``, perhaps ``role_arn``, and ``events``: ``all``, or
    ``selected`` ones, of which some may be more than is wanted.

    Returns ``alarms`` and ``subscription_filters`` as options of the module log_forwarding, ``topics`` (ARNs) and
    ``left_out`` (ids of alarms that are off or lack their values of the environment).
    """
    problems = [
        f"log_forwarding_alarms has {name!r}, which is none of {', '.join(known)}{_near(name, known)}"
        for name in alarms
        if name not in known
    ]
    room = most_filters // max(len(destinations), 1)
    if not room:
        problems.append(f"log_forwarding_most_filters is {most_filters}: {len(destinations)} destinations need as many")
    if problems:
        raise AlarmCatalogueError(problems)
    wanted = ("id", "title", "severity", "why", "runbook", "patterns", "topics")
    chosen = [{name: entry[name] for name in wanted} for entry in entries if entry["id"] in alarms]
    found = [entry["id"] for entry in chosen]
    patterns = [pattern for entry in chosen for pattern in entry["patterns"]]
    selected = aggregate(patterns, room) if patterns else []
    filters = [
        {"pattern": pattern, **{name: one[name] for name in ("destination_arn", "role_arn") if one.get(name)}}
        for one in destinations
        for pattern in ([EVERYTHING] if one["events"] == "all" else selected)
    ]
    # always the same names, wherever they lead: there is no room for new filters beside old ones
    names = [f"{name_prefix}--forwarding-{number}" for number in range(1, MAXIMUM_SUBSCRIPTION_FILTERS + 1)]
    return {
        "alarms": chosen,
        "subscription_filters": [
            {"name": name, **(filters[index] if index < len(filters) else {"state": "absent"})}
            for index, name in enumerate(names)
        ],
        "topics": list(dict.fromkeys(topic for entry in chosen for topic in entry["topics"])),
        "left_out": [name for name in alarms if name not in found],
    }


# --- topics ----------------------------------------------------------------------------------------------------------

_ENDPOINTS = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+"), "an e-mail address is needed"),
    "sms": (re.compile(r"\+[1-9][0-9]{6,14}"), "a phone number such as +4930123456 is needed"),
}


def _with_subscriptions(topic: Entry) -> Entry:
    given = [{"protocol": topic["protocol"], "endpoint": one} for one in topic.get("endpoints", [])]
    return {**topic, "subscriptions": given or topic.get("subscriptions") or []}


def check_topics(topics: t.Sequence[Entry]) -> list[str]:
    """What is wrong with topics: keys and names given twice, addresses that cannot be addresses."""
    problems = []
    for what in ("key", "name"):
        values = [topic[what] for topic in topics]
        twice = sorted({value for value in values if values.count(value) > 1})
        problems += [f"alarms_extra_topics: two topics have the {what} {value}" for value in twice]
    for topic in topics:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,256}", topic["name"]):
            problems.append(f"the topic name {topic['name']!r} may only have letters, digits, '-' and '_'")
        for subscription in topic["subscriptions"]:
            expression, allowed = _ENDPOINTS.get(subscription["protocol"], (None, ""))
            if expression and not expression.fullmatch(str(subscription["endpoint"])):
                where = topic.get("variable", "alarms_extra_topics")
                problems.append(f"{where} has {subscription['endpoint']!r}: {allowed}")
    return problems


def _topic(topic: Entry, policy: t.Any) -> dict[str, t.Any]:
    return {
        "name": topic["name"],
        "display_name": topic["display_name"],
        "policy": _with_name(policy, topic["name"]),
        "subscriptions": [dict(subscription) for subscription in topic["subscriptions"]],
    }


def _with_name(document: t.Any, name: str) -> t.Any:
    if isinstance(document, dict):
        return {key: _with_name(value, name) for key, value in document.items()}
    if isinstance(document, list):
        return [_with_name(value, name) for value in document]
    return document.replace("${TopicName}", name) if isinstance(document, str) else document
