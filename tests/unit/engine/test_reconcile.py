# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The engine alone: toy resource types, and an AWS that is a dictionary."""

from __future__ import annotations

import collections
import collections.abc as c
import copy
import dataclasses
import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.secops.aws_baseline.plugins.module_utils import reconcile as engine
from ansible_collections.secops.aws_baseline.plugins.module_utils.errors import BaselineError, OperationError
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import base
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Failure,
    Fields,
    Observed,
    Purge,
    Ref,
    ResourceType,
    Settling,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope, Verbatim

ACCOUNT = "123456789012"
HOME, ABROAD = "eu-central-1", "us-east-1"
REGIONS = (HOME, ABROAD)
KEY, BUCKET, TRAIL, USER, PACK = "Toy::Key", "Toy::Bucket", "Toy::Trail", "Toy::User", "Toy::Pack"
BALE = "Toy::Bale"
MEMBER = "Toy::Member"

Address = tuple[str, str, str]


class FakeAws:
    """Resources as (region, type, key) -> fields, the calls that were made, and what is to go wrong.

    failures: (region, operation) -> error codes of the next calls, one each. The last one stays. refused: what answers
    to calls that succeed say was not done.
    """

    def __init__(self) -> None:
        self.resources: dict[Address, Fields] = {}
        self.reads: list[tuple[str, str]] = []
        self.writes: list[tuple[str, str]] = []
        self.parameters: list[Fields] = []
        self.failures: dict[tuple[str, str], list[str]] = {}
        self.managed: dict[str, str] = {}
        self.refused: list[str] = []

    @staticmethod
    def id_of(region: str, key: str) -> str:
        return f"id-{region}-{key}"

    def fail(self, region: str, operation: str) -> None:
        codes = self.failures.get((region, operation), [])
        if codes:
            code = codes.pop(0) if len(codes) > 1 else codes[0]
            if code:
                raise OperationError(ACCOUNT, region, f"toy:{operation}", code, "says AWS")


class FakeClient:
    def __init__(self, aws: FakeAws, scope: Scope) -> None:
        self.aws = aws
        self.scope = scope

    def listing(self, type_name: str) -> dict[str, Fields]:
        region = self.scope.region
        self.aws.reads.append((region, type_name))
        self.aws.fail(region, f"List{type_name}")
        return {
            key: copy.deepcopy(fields)
            for (where, name, key), fields in self.aws.resources.items()
            if (where, name) == (region, type_name)
        }

    def call(self, operation: str, **parameters: t.Any) -> dict[str, t.Any]:
        region = self.scope.region
        self.aws.fail(region, operation)
        self.aws.writes.append((region, f"toy:{operation}"))
        self.aws.parameters.append(copy.deepcopy(parameters))
        type_name, key = f"Toy::{operation.split('_')[1]}", parameters["Name"]
        address = (region, type_name, key)
        if operation.startswith("Create"):
            assert address not in self.aws.resources
            self.aws.resources[address] = parameters["Fields"]
        elif operation.startswith("Delete"):
            del self.aws.resources[address]
        else:
            self.aws.resources[address].update(parameters["Fields"])
        return {
            "Resource": {"Id": self.aws.id_of(region, key)},
            "Refused": [{"Reason": one} for one in self.aws.refused],
        }

    def failure(self, operation: str, code: str, message: str) -> OperationError:
        return OperationError(ACCOUNT, self.scope.region, f"toy:{operation}", code, message)


class FakeConnection:
    def __init__(self, aws: FakeAws) -> None:
        self.aws = aws
        self.home = self.scope(HOME)

    def scope(self, region: str) -> Scope:
        return Scope(ACCOUNT, region)

    def client(self, service: str, region: str) -> FakeClient:
        assert service == "toy"
        return FakeClient(self.aws, self.scope(region))

    def verify(self) -> None:
        """The credentials are those of the account."""


class Toy(ResourceType):
    """Writes the fields one after the other, so that a change has several calls."""

    service = "toy"
    sets = frozenset({"members"})
    policies = frozenset({"policy"})
    permissions: t.ClassVar = {"read": (), "write": ()}

    @property
    def short(self) -> str:
        return self.type.split("::")[1]

    def read(self, client: t.Any, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        # more than was asked for, as listings of AWS are
        scope = client.scope
        return {
            key: Observed(
                fields,
                {"id": client.aws.id_of(scope.region, key), **self.attributes(key, scope)},
                client.aws.managed.get(key),
            )
            for key, fields in client.listing(self.type).items()
        }

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        first = Call(f"Create_{self.short}", {"Name": key, "Fields": {}}, {"id": "Resource.Id"})
        return [first, *self._put(key, fields, sorted(fields))]

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        return self._put(key, after, sorted(changed))

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call(f"Delete_{self.short}", {"Name": key})]

    def _put(self, key: str, fields: Fields, names: list[str]) -> list[Call]:
        return [Call(f"Put_{self.short}", {"Name": key, "Fields": {name: fields[name]}}) for name in names]


class Key(Toy):
    type = KEY


class Bucket(Toy):
    type = BUCKET
    after = (KEY,)
    propagation_errors = frozenset({"NotYet"})
    busy_errors = frozenset({"PredecessorIsDeleted"})

    def attributes(self, key: str, scope: Scope) -> Fields:
        return {"arn": scope.arn("toy", key)}


class Trail(Toy):
    type = TRAIL
    after = (BUCKET, USER)
    propagation_errors = frozenset({"NotYet"})


class User(Toy):
    type = USER
    is_global = True


class Member(Toy):
    """Creating it succeeds, and says in the answer why it was not done."""

    type = MEMBER

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        refused = Call("Create_Member", {"Name": key, "Fields": {}}, refusals="Refused[].Reason")
        return [refused, Call("Put_Member", {"Name": key, "Fields": fields})]


class Pack(Toy):
    """Settles after as many looks as its field says, and then has the failures of its field."""

    type = PACK
    settles = True

    def settling(self, client: t.Any, keys: c.Sequence[str]) -> dict[str, Settling]:
        found = {}
        for key, fields in client.listing(PACK).items():
            if key in keys:
                address = (client.scope.region, PACK, key)
                looks = fields.get("looks", 0)
                client.aws.resources[address]["looks"] = looks - 1
                failures = tuple(Failure(account, "NoRecorder", "There is none.") for account in fields.get("bad", ()))
                found[key] = Settling("FAILED" if failures else "MAKING" if looks else "MADE", not looks, failures)
        return found


class Bale(Pack):
    """Is changed further only when it has settled."""

    type = BALE

    def _put(self, key: str, fields: Fields, names: list[str]) -> list[Call]:
        return [dataclasses.replace(call, settled=True) for call in super()._put(key, fields, names)]

    def settling(self, client: t.Any, keys: c.Sequence[str]) -> dict[str, Settling]:
        client.listing(BALE)
        looks = sum(name == BALE for _region, name in client.aws.reads)
        return {key: Settling("MAKING", looks > 3) for key in keys}


@pytest.fixture(autouse=True)
def toys(monkeypatch: pytest.MonkeyPatch) -> None:
    for toy in (Key(), Bucket(), Trail(), User(), Pack(), Bale(), Member()):
        monkeypatch.setitem(base._registry, toy.type, toy)


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(engine, "time", clock)
    return clock


@pytest.fixture
def aws() -> FakeAws:
    return FakeAws()


def reconcile(
    aws: FakeAws,
    *desired: Desired,
    purges: c.Iterable[Purge] = (),
    check_mode: bool = False,
    wait: engine.Wait | None = None,
) -> engine.Outcome:
    return engine.reconcile(FakeConnection(aws), desired, purges, check_mode, wait)  # type: ignore[arg-type]


def keys(outcome: engine.Outcome) -> list[tuple[str, str]]:
    return [(change["action"], change["key"]) for change in outcome.changes]


def codes(outcome: engine.Outcome) -> dict[str, str]:
    return {error.get("key", ""): error["code"] for error in outcome.errors}


# order


def test_what_comes_after_is_written_after_and_deleted_before(aws: FakeAws) -> None:
    reconcile(aws, Desired(TRAIL, "old"), Desired(BUCKET, "old"), Desired(KEY, "old"))
    aws.writes.clear()
    outcome = reconcile(
        aws,
        Desired(KEY, "old", state="absent"),
        Desired(TRAIL, "new"),
        Desired(TRAIL, "old", state="absent"),
        Desired(BUCKET, "new"),
        Desired(BUCKET, "old", state="absent"),
        Desired(KEY, "new"),
    )
    order = [operation.removeprefix("toy:") for _region, operation in aws.writes]
    assert order == ["Create_Key", "Create_Bucket", "Create_Trail", "Delete_Trail", "Delete_Bucket", "Delete_Key"]
    assert [change["operations"][0].removeprefix("toy:") for change in outcome.changes] == order


def test_types_know_all_that_comes_before_them() -> None:
    assert engine.prerequisites(TRAIL) == {BUCKET, USER, KEY}
    assert engine.rank(KEY) < engine.rank(BUCKET) < engine.rank(TRAIL)


# references


def test_what_aws_chooses_is_shown_as_unknown_and_then_used(aws: FakeAws) -> None:
    desired = (Desired(KEY, "k"), Desired(BUCKET, "b", {"key_id": Ref(KEY, "k", "id")}))
    plan = reconcile(aws, *desired, check_mode=True)
    assert plan.changes[1]["after"] == {"key_id": "(id of Toy::Key k, known after it is created)"}
    assert reconcile(aws, *desired).changes == plan.changes
    assert aws.resources[(HOME, BUCKET, "b")] == {"key_id": aws.id_of(HOME, "k")}
    assert not reconcile(aws, *desired).changes


def test_a_reference_to_what_exists_is_resolved_in_the_plan(aws: FakeAws) -> None:
    aws.resources[(HOME, KEY, "k")] = {}
    plan = reconcile(
        aws, Desired(KEY, "k"), Desired(BUCKET, "b", {"of": [{"id": Ref(KEY, "k", "id")}]}), check_mode=True
    )
    assert plan.changes[0]["after"] == {"of": [{"id": aws.id_of(HOME, "k")}]}


def test_attributes_that_follow_from_the_name_are_known_before(aws: FakeAws) -> None:
    desired = (Desired(BUCKET, "b"), Desired(TRAIL, "t", {"bucket": Ref(BUCKET, "b", "arn")}))
    plan = reconcile(aws, *desired, check_mode=True)
    assert plan.changes[1]["after"] == {"bucket": f"arn:aws:toy:{HOME}:{ACCOUNT}:b"}


def test_references_stay_within_the_region_unless_global(aws: FakeAws) -> None:
    desired = [
        Desired(USER, "u", region=ABROAD),
        *(Desired(BUCKET, "b", region=region) for region in REGIONS),
        *(
            Desired(TRAIL, "t", {"bucket": Ref(BUCKET, "b"), "user": Ref(USER, "u", "id")}, region=region)
            for region in REGIONS
        ),
    ]
    assert not reconcile(aws, *desired).errors
    for region in REGIONS:
        bucket, user = f"arn:aws:toy:{region}:{ACCOUNT}:b", aws.id_of(HOME, "u")
        assert aws.resources[(region, TRAIL, "t")] == {"bucket": bucket, "user": user}


def test_a_reference_may_name_another_region(aws: FakeAws) -> None:
    aws.resources[(ABROAD, KEY, "k")] = {}
    key = Ref(KEY, "k", "id", HOME)
    desired = (Desired(KEY, "k"), Desired(KEY, "k", region=ABROAD), Desired(BUCKET, "b", {"key": key}, region=ABROAD))
    plan = reconcile(aws, *desired, check_mode=True)
    assert plan.changes[1]["after"] == {"key": "(id of Toy::Key k, known after it is created)"}
    assert not reconcile(aws, *desired).errors
    assert aws.resources[(ABROAD, BUCKET, "b")] == {"key": aws.id_of(HOME, "k")}


# regions and names


def test_what_is_global_lives_in_the_home_region_and_says_so(aws: FakeAws) -> None:
    outcome = reconcile(aws, Desired(USER, "u", region=ABROAD))
    assert aws.writes == [(HOME, "toy:Create_User")]
    assert outcome.changes[0]["region"] == "global"


def test_pseudo_parameters_are_replaced_everywhere(aws: FakeAws) -> None:
    aws.resources[(ABROAD, TRAIL, f"ours-{ABROAD}-old")] = {}
    desired = (
        Desired(BUCKET, "b-${AWS::Region}", {"policy": {"${AWS::AccountId}": ["${aws:username}"]}}, region=ABROAD),
        Desired(TRAIL, "t", {"none": None}, region=ABROAD, requires=((BUCKET, "b-${AWS::Region}"),)),
    )
    aws.failures[(ABROAD, "Create_Bucket")] = ["Refused"]
    outcome = reconcile(aws, *desired, purges=[Purge(TRAIL, "ours-${AWS::Region}-", ABROAD)])
    assert codes(outcome) == {f"b-{ABROAD}": "Refused", "t": "PrerequisiteFailed"}
    assert keys(outcome) == [("delete", f"ours-{ABROAD}-old")]
    aws.failures.clear()
    reconcile(aws, *desired)
    assert aws.resources[(ABROAD, BUCKET, f"b-{ABROAD}")] == {"policy": {ACCOUNT: ["${aws:username}"]}}
    assert aws.resources[(ABROAD, TRAIL, "t")] == {}


@pytest.mark.parametrize(
    "twice",
    [
        (Desired(KEY, "k", {"a": 1}), Desired(KEY, "k", region=HOME)),
        (Desired(USER, "u"), Desired(USER, "u", region=ABROAD)),
        (Desired(KEY, "k-${AWS::Region}"), Desired(KEY, f"k-{HOME}", state="absent")),
    ],
)
def test_what_is_declared_twice_is_refused(aws: FakeAws, twice: tuple[Desired, ...]) -> None:
    with pytest.raises(BaselineError, match="declared twice"):
        reconcile(aws, *twice)
    assert not aws.reads
    assert not aws.writes


# comparison


def test_only_declared_fields_are_compared_and_written(aws: FakeAws) -> None:
    aws.resources[(HOME, KEY, "k")] = {"a": 1, "b": 2, "other": 4}
    (change,) = reconcile(aws, Desired(KEY, "k", {"a": 3, "b": 2, "c": None})).changes
    assert (change["before"], change["after"]) == ({"a": 1}, {"a": 3})
    assert aws.parameters == [{"Name": "k", "Fields": {"a": 3}}]
    assert aws.resources[(HOME, KEY, "k")] == {"a": 3, "b": 2, "other": 4}


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("members", ["a", "b"], ["b", "a"]),
        ("text", None, ""),
        ("tags", {}, None),
        ("policy", {"Statement": {"Action": ["s3:*"]}}, {"Statement": [{"Action": "s3:*"}]}),
    ],
)
def test_what_means_the_same_is_no_change(aws: FakeAws, name: str, before: t.Any, after: t.Any) -> None:
    aws.resources[(HOME, KEY, "k")] = {name: before}
    assert not reconcile(aws, Desired(KEY, "k", {name: after})).changes


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("list", ["a", "b"], ["b", "a"]),
        ("members", ["a"], []),
        ("flag", None, False),
        ("policy", None, {"Statement": []}),
    ],
)
def test_what_means_something_else_is_a_change(aws: FakeAws, name: str, before: t.Any, after: t.Any) -> None:
    aws.resources[(HOME, KEY, "k")] = {name: before}
    assert keys(reconcile(aws, Desired(KEY, "k", {name: after}))) == [("update", "k")]


# failures


def test_what_needs_something_that_failed_is_not_tried(aws: FakeAws) -> None:
    aws.failures[(HOME, "Create_Key")] = ["AccessDeniedException"]
    outcome = reconcile(
        aws,
        Desired(KEY, "k"),
        Desired(BUCKET, "required", requires=((KEY, "k"),)),
        Desired(BUCKET, "referred", {"key_id": Ref(KEY, "k", "id")}),
        Desired(TRAIL, "farther", requires=((BUCKET, "required"),)),
        Desired(BUCKET, "free"),
    )
    assert keys(outcome) == [("create", "free")]
    failed = dict.fromkeys(["required", "referred", "farther"], "PrerequisiteFailed")
    assert codes(outcome) == {"k": "AccessDeniedException", **failed}
    refused = next(error for error in outcome.errors if error["key"] == "k")
    assert refused["permission"] == refused["operation"] == "toy:Create_Key"
    waiting = next(error for error in outcome.errors if error["key"] == "farther")
    assert "Toy::Bucket required failed" in waiting["message"]


def test_calls_made_before_the_one_that_failed_are_told(aws: FakeAws) -> None:
    aws.failures[(HOME, "Put_Key")] = ["", "Refused"]
    outcome = reconcile(aws, Desired(KEY, "k", {"a": 1, "b": 2}))
    assert outcome.changes[0]["operations"] == ["toy:Create_Key", "toy:Put_Key"]
    assert codes(outcome) == {"k": "Refused"}
    assert aws.resources[(HOME, KEY, "k")] == {"a": 1}


def test_a_region_that_cannot_be_read_stops_only_what_is_there(aws: FakeAws) -> None:
    aws.failures[(ABROAD, f"List{KEY}")] = ["AccessDenied"]
    desired = [
        item
        for region in REGIONS
        for item in (
            Desired(KEY, "k", region=region),
            Desired(BUCKET, "needs", {"key_id": Ref(KEY, "k", "id")}, region=region),
            Desired(BUCKET, "free", region=region),
        )
    ]
    plan = reconcile(aws, *desired, check_mode=True)
    outcome = reconcile(aws, *desired)
    assert plan.changes == outcome.changes
    assert plan.errors == outcome.errors
    made = {(change["region"], change["key"]) for change in outcome.changes}
    assert made == {(HOME, "k"), (HOME, "needs"), (HOME, "free"), (ABROAD, "free")}
    assert codes(outcome) == {"": "AccessDenied", "needs": "PrerequisiteFailed"}
    assert {error["region"] for error in outcome.errors} == {ABROAD}


def test_what_cannot_be_read_is_not_purged(aws: FakeAws) -> None:
    aws.resources[(HOME, KEY, "ours-1")] = {}
    aws.failures[(HOME, f"List{KEY}")] = ["AccessDenied"]
    outcome = reconcile(aws, purges=[Purge(KEY, "ours-")])
    assert codes(outcome) == {"": "AccessDenied"}
    assert not aws.writes


# waiting


def test_propagation_is_waited_for_after_an_own_write(aws: FakeAws, clock: Clock) -> None:
    aws.failures[(HOME, "Create_Trail")] = ["NotYet", "NotYet", "NotYet", ""]
    outcome = reconcile(aws, Desired(KEY, "k"), Desired(TRAIL, "t"))
    assert not outcome.errors
    assert clock.pauses == [0.5, 1.0, 2.0]


def test_propagation_is_waited_for_after_a_write_of_another_account(aws: FakeAws, clock: Clock) -> None:
    aws.resources[(HOME, KEY, "theirs")] = {}
    aws.failures[(HOME, "Create_Trail")] = ["NotYet", ""]
    outcome = reconcile(aws, Desired(KEY, "theirs", state="expected"), Desired(TRAIL, "t"))
    assert not outcome.errors
    assert clock.pauses == [0.5]


def test_nothing_is_waited_for_without_an_own_write(aws: FakeAws, clock: Clock) -> None:
    aws.resources[(HOME, KEY, "k")] = {}
    aws.failures[(HOME, "Create_Trail")] = ["NotYet", ""]
    outcome = reconcile(aws, Desired(KEY, "k"), Desired(TRAIL, "t"))
    assert codes(outcome) == {"t": "NotYet"}
    assert not clock.pauses


def test_what_was_just_created_is_waited_for(aws: FakeAws, clock: Clock) -> None:
    aws.failures[(HOME, "Put_Bucket")] = ["NotYet", ""]
    outcome = reconcile(aws, Desired(BUCKET, "b", {"a": 1, "b": 2}))
    assert not outcome.errors
    assert clock.pauses == [0.5]


def test_what_was_there_before_is_not_waited_for(aws: FakeAws, clock: Clock) -> None:
    aws.resources[(HOME, BUCKET, "b")] = {"a": 0, "b": 0}
    aws.failures[(HOME, "Put_Bucket")] = ["", "NotYet", ""]
    outcome = reconcile(aws, Desired(BUCKET, "b", {"a": 1, "b": 2}))
    assert codes(outcome) == {"b": "NotYet"}
    assert not clock.pauses


def test_a_busy_service_is_asked_again(aws: FakeAws, clock: Clock) -> None:
    aws.failures[(HOME, "Create_Bucket")] = ["PredecessorIsDeleted", ""]
    aws.failures[(HOME, "Create_Key")] = ["PredecessorIsDeleted", ""]
    outcome = reconcile(aws, Desired(KEY, "k"), Desired(BUCKET, "b"))
    assert keys(outcome) == [("create", "b")]
    assert codes(outcome) == {"k": "PredecessorIsDeleted"}
    assert clock.pauses == [0.5]


def test_waiting_ends(aws: FakeAws, clock: Clock) -> None:
    aws.failures[(HOME, "Create_Bucket")] = ["NotYet"]
    outcome = reconcile(aws, Desired(KEY, "k"), Desired(BUCKET, "b"))
    assert codes(outcome) == {"b": "NotYet"}
    assert engine.PROPAGATION_SECONDS - engine.LONGEST_PAUSE_SECONDS < clock.now <= engine.PROPAGATION_SECONDS
    assert max(clock.pauses) == engine.LONGEST_PAUSE_SECONDS


def test_conflicts_are_always_tried_again_and_other_errors_never(aws: FakeAws, clock: Clock) -> None:
    aws.failures[(HOME, "Create_Key")] = ["ConcurrentModification", ""]
    aws.failures[(HOME, "Create_Bucket")] = ["Refused", ""]
    outcome = reconcile(aws, Desired(KEY, "k"), Desired(BUCKET, "b"))
    assert keys(outcome) == [("create", "k")]
    assert codes(outcome) == {"b": "Refused"}
    assert clock.pauses == [0.5]


# purge


def test_only_what_starts_with_the_prefix_is_purged(aws: FakeAws) -> None:
    for region in REGIONS:
        for key in ("ours-kept", "ours-stale", "theirs", "our"):
            aws.resources[(region, KEY, key)] = {}
    outcome = reconcile(aws, Desired(KEY, "ours-kept"), Desired(KEY, "ours-new"), purges=[Purge(KEY, "ours-")])
    assert keys(outcome) == [("create", "ours-new"), ("delete", "ours-stale")]
    left = {key for region, _type, key in aws.resources if region == HOME}
    assert left == {"ours-kept", "ours-new", "theirs", "our"}
    assert len([region for region, _type, _key in aws.resources if region == ABROAD]) == 4


# existing


def test_what_a_service_manages_is_neither_changed_nor_purged(aws: FakeAws) -> None:
    for key in ("ours-same", "ours-edited", "ours-unwanted", "ours-stale"):
        aws.resources[(HOME, KEY, key)] = {"size": 1}
        aws.managed[key] = "inspector2.amazonaws.com"
    outcome = reconcile(
        aws,
        Desired(KEY, "ours-same", {"size": 1}),
        Desired(KEY, "ours-edited", {"size": 2}),
        Desired(KEY, "ours-unwanted", state="absent"),
        purges=[Purge(KEY, "ours-")],
    )
    assert not outcome.changes
    assert not aws.writes
    assert codes(outcome) == {"ours-edited": "ManagedByService", "ours-unwanted": "ManagedByService"}
    assert "inspector2.amazonaws.com manages it" in outcome.errors[0]["message"]


def test_what_must_exist_is_verified_and_never_written(aws: FakeAws) -> None:
    aws.resources[(HOME, KEY, "right")] = {"a": 1, "b": 2}
    aws.resources[(HOME, KEY, "wrong")] = {"a": 1}
    desired = [
        Desired(KEY, "right", {"a": 1}, "existing"),
        Desired(KEY, "wrong", {"a": 2}, "existing"),
        Desired(KEY, "missing", state="existing"),
        Desired(BUCKET, "uses-right", {"key_id": Ref(KEY, "right", "id")}),
        Desired(BUCKET, "uses-wrong", requires=((KEY, "wrong"),)),
    ]
    plan = reconcile(aws, *desired, check_mode=True)
    outcome = reconcile(aws, *desired)
    assert plan.errors == outcome.errors
    assert keys(outcome) == [("create", "uses-right")]
    assert codes(outcome) == {
        "wrong": "NotAsRequired",
        "missing": "NotAsRequired",
        "uses-wrong": "PrerequisiteFailed",
    }
    messages = {error["key"]: error["message"] for error in outcome.errors}
    assert messages["wrong"] == "Toy::Key wrong: a is 1, must be 2"
    assert messages["missing"] == "Toy::Key missing: must exist, but does not."


def test_everything_found_is_told(aws: FakeAws) -> None:
    aws.resources[(HOME, KEY, "k")] = {"a": 1}
    outcome = reconcile(aws, Desired(KEY, "k", {"a": 2}))
    assert outcome.observed[(HOME, KEY, "k")].fields == {"a": 1}


# what always holds

NAMES = ("ours-1", "ours-2", "theirs")
values = st.fixed_dictionaries(
    {},
    optional={
        "number": st.integers(0, 2),
        "text": st.sampled_from(["", "x"]),
        "members": st.lists(st.sampled_from("abc"), unique=True),
        "policy": st.sampled_from(
            [{"Statement": [{"Action": "s3:*"}]}, {"Statement": {"Action": ["s3:*"]}}, {"Statement": [{"Action": "*"}]}]
        ),
    },
)
names = st.sampled_from(NAMES)
regional = st.tuples(st.sampled_from(REGIONS), st.sampled_from([KEY, BUCKET, TRAIL]), names)
addresses = regional | st.tuples(st.just(HOME), st.just(USER), names)
actual_states = st.dictionaries(addresses, values)


@st.composite
def desired_states(draw: st.DrawFn) -> list[Desired]:
    """Any resources, some of which refer to a key, or to a bucket, that is declared as well."""
    present = draw(st.dictionaries(addresses, values))
    absent = draw(st.sets(addresses)) - set(present)
    desired = [Desired(name, key, state="absent", region=region) for region, name, key in sorted(absent)]
    for (region, name, key), fields in present.items():
        reference = {}
        if name == BUCKET and (region, KEY, key) in present:
            reference = {"key_id": Ref(KEY, key, "id")}
        elif name == TRAIL and (region, BUCKET, key) in present:
            reference = {"bucket": {"arns": [Ref(BUCKET, key)]}}
        desired.append(Desired(name, key, fields | reference, region=region))
    return draw(st.permutations(desired))


purges_of_ours = st.builds(
    Purge, st.sampled_from([KEY, BUCKET, TRAIL]), st.sampled_from(["ours-", "ours-1"]), st.sampled_from(REGIONS)
)


def promised(outcome: engine.Outcome) -> collections.Counter[tuple[str, str]]:
    return collections.Counter(
        (HOME if change["region"] == "global" else change["region"], operation)
        for change in outcome.changes
        for operation in change["operations"]
    )


def is_purged(address: Address, purges: list[Purge]) -> bool:
    region, name, key = address
    return any((purge.region, purge.type) == (region, name) and key.startswith(purge.prefix) for purge in purges)


@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(actual=actual_states, desired=desired_states(), purges=st.lists(purges_of_ours, max_size=2))
def test_a_plan_is_what_a_run_does_and_a_run_suffices(
    actual: dict[Address, Fields], desired: list[Desired], purges: list[Purge]
) -> None:
    aws = FakeAws()
    aws.resources = copy.deepcopy(actual)

    plan = reconcile(aws, *desired, purges=purges, check_mode=True)
    assert not aws.writes
    assert aws.resources == actual

    outcome = reconcile(aws, *desired, purges=purges)
    assert not plan.errors
    assert not outcome.errors
    assert outcome.changes == plan.changes
    assert promised(outcome) == collections.Counter(aws.writes)

    wanted = {(item.region, item.type, item.key): item for item in desired}
    for address, item in wanted.items():
        assert (address in aws.resources) == (item.state == "present")
    for address, fields in actual.items():
        if address not in wanted:
            assert aws.resources.get(address) == (None if is_purged(address, purges) else fields)
    assert set(aws.resources) <= {*actual, *wanted}

    aws.writes.clear()
    again = reconcile(aws, *desired, purges=purges)
    assert not again.changes
    assert not aws.writes


operations = st.sampled_from(
    [f"{verb}_{name}" for verb in ("Create", "Put", "Delete") for name in ("Key", "Bucket", "Trail", "User")]
)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(actual=actual_states, desired=desired_states(), failing=st.sets(st.tuples(st.sampled_from(REGIONS), operations)))
def test_a_run_tells_what_it_did_despite_failures_and_the_next_one_completes_it(
    actual: dict[Address, Fields], desired: list[Desired], failing: set[tuple[str, str]]
) -> None:
    aws = FakeAws()
    aws.resources = copy.deepcopy(actual)
    aws.failures = {place: ["Refused"] for place in failing}
    outcome = reconcile(aws, *desired)
    assert promised(outcome) == collections.Counter(aws.writes)

    aws.failures.clear()
    assert not reconcile(aws, *desired).errors
    assert not reconcile(aws, *desired).changes


def test_a_reference_within_a_change_is_plain_data() -> None:
    shown = engine.plain({"refs": (Ref(KEY, "k"),), "set": frozenset({1}), 2: None})
    assert shown == {"refs": ["(arn of Toy::Key k, known after it is created)"], "set": [1], "2": None}


def test_what_another_account_makes_may_be_absent_from_a_plan_only(aws: FakeAws) -> None:
    """S001-59: the first plan of an organization fails nowhere, although nothing is there yet."""
    wanted = [
        Desired(Key.type, "theirs", {"size": 1}, state="expected"),
        Desired(Bucket.type, "ours", {"key": Ref(Key.type, "theirs", "id")}),
    ]
    plan = reconcile(aws, *wanted, check_mode=True)
    assert not plan.errors and keys(plan) == [("create", "ours")]

    run = reconcile(aws, *wanted)
    assert codes(run) == {"theirs": "NotAsRequired", "ours": "PrerequisiteFailed"}
    assert not aws.writes

    aws.resources[(HOME, Key.type, "theirs")] = {"size": 1}
    assert keys(reconcile(aws, *wanted)) == [("create", "ours")]
    aws.resources[(HOME, Key.type, "theirs")] = {"size": 2}
    assert codes(reconcile(aws, *wanted, check_mode=True))["theirs"] == "NotAsRequired"


def test_a_call_that_needs_what_is_unknown_is_not_made(aws: FakeAws) -> None:
    run = reconcile(aws, Desired(Bucket.type, "ours", {"key": Ref(Key.type, "nobody's", "id")}))
    assert codes(run) == {"ours": "PrerequisiteFailed"}
    assert "nobody's" in run.errors[0]["message"]
    # the one before it was made, and is told
    assert aws.writes == [(HOME, "toy:Create_Bucket")]
    assert run.changes[0]["operations"] == ["toy:Create_Bucket"]


def test_what_aws_says_it_did_not_do_is_a_failure(aws: FakeAws) -> None:
    assert not reconcile(aws, Desired(MEMBER, "friend", {"email": "a"})).errors
    aws.refused = ["because it is ours.", "because it is theirs."]
    run = reconcile(aws, Desired(MEMBER, "stranger", {"email": "b"}))
    assert codes(run) == {"stranger": engine.REFUSED}
    assert "because it is ours.; because it is theirs." in run.errors[0]["message"]
    assert not run.changes


def test_text_for_others_keeps_its_pseudo_parameters(aws: FakeAws) -> None:
    text = Verbatim("${AWS::AccountId}")
    run = reconcile(aws, Desired(KEY, "k-${AWS::AccountId}", {"ours": "${AWS::AccountId}", "theirs": text}))
    assert aws.resources[(HOME, KEY, f"k-{ACCOUNT}")] == {"ours": ACCOUNT, "theirs": text}
    assert run.changes[0]["after"]["theirs"] == "${AWS::AccountId}"


# settling


def looks(aws: FakeAws) -> int:
    """How often packs were looked at, beside the one reading of each region before the plan."""
    read = [region for region, name in aws.reads if name == PACK]
    return len(read) - len(set(read))


def test_what_was_written_is_waited_for_side_by_side_and_progress_is_told(aws: FakeAws, clock: Clock) -> None:
    told: list[str] = []
    packs = [Desired(PACK, "slow", {"looks": 2}), Desired(PACK, "quick", {"looks": 0}), Desired(KEY, "k")]
    run = reconcile(aws, *packs, wait=engine.Wait(60, told.append))
    assert not run.errors and len(run.changes) == 3
    assert told == ["Toy::Pack in eu-central-1: slow is MAKING"]
    assert clock.pauses == [0.5, 1.0]
    # one look for both, then two for the slow one
    assert looks(aws) == 3


def test_a_call_can_wait_until_what_was_written_before_is_done(aws: FakeAws, clock: Clock) -> None:
    run = reconcile(aws, Desired(BALE, "b", {"size": 1}))
    assert not run.errors and aws.writes == [(HOME, "toy:Create_Bale"), (HOME, "toy:Put_Bale")]
    # read once, looked at three times
    assert clock.pauses == [0.5, 1.0]


def test_a_call_does_not_wait_for_ever(aws: FakeAws, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Bale, "settling", lambda self, client, keys: {"b": Settling("MAKING", False)})
    run = reconcile(aws, Desired(BALE, "b", {"size": 1}))
    assert not run.errors and aws.writes[-1] == (HOME, "toy:Put_Bale")
    assert clock.now <= engine.PROPAGATION_SECONDS


def test_nothing_is_waited_for_when_nothing_is_written(aws: FakeAws, clock: Clock) -> None:
    pack = Desired(PACK, "p", {"size": 1})
    wait = engine.Wait(60)
    assert reconcile(aws, pack, check_mode=True, wait=wait).changes
    assert reconcile(aws, pack).changes
    assert not reconcile(aws, pack, wait=wait).changes
    assert looks(aws) == 2 and not clock.pauses


def test_failures_name_the_account_and_what_aws_said(aws: FakeAws, clock: Clock) -> None:
    pack = Desired(PACK, "p", {"looks": 1, "bad": ["111111111111", "222222222222"]}, region=ABROAD)
    run = reconcile(aws, pack, wait=engine.Wait(60))
    assert [(error["account_id"], error["region"], error["code"]) for error in run.errors] == [
        ("111111111111", ABROAD, "NoRecorder"),
        ("222222222222", ABROAD, "NoRecorder"),
    ]
    assert run.errors[0]["message"] == (
        "Toy::Pack p: FAILED in account 111111111111, region us-east-1: NoRecorder: There is none."
    )
    # what was done is told all the same
    assert keys(run) == [("create", "p")]


def test_waiting_for_what_does_not_settle_ends(aws: FakeAws, clock: Clock) -> None:
    told: list[float] = []
    wait = engine.Wait(200, lambda message: told.append(clock.now))
    run = reconcile(aws, Desired(PACK, "p", {"looks": 1000}), wait=wait)
    assert codes(run) == {"p": "NotSettled"}
    assert "is still MAKING" in run.errors[0]["message"]
    assert clock.now <= 200
    # now and then, so that nobody thinks that it hangs
    assert 3 <= len(told) <= 4


def test_what_failed_or_is_gone_is_not_waited_for(aws: FakeAws, clock: Clock) -> None:
    aws.resources = {(HOME, PACK, "old"): {"looks": 9}}
    aws.failures = {(HOME, "Create_Pack"): ["Refused"]}
    run = reconcile(aws, Desired(PACK, "old", state="absent"), Desired(PACK, "new"), wait=engine.Wait(60))
    assert codes(run) == {"new": "Refused"} and keys(run) == [("delete", "old")]
    assert looks(aws) == 1 and not clock.pauses


def test_a_look_that_is_refused_is_an_error(aws: FakeAws, clock: Clock) -> None:
    aws.failures = {(HOME, f"List{PACK}"): ["", "AccessDenied"]}
    run = reconcile(aws, Desired(PACK, "p"), wait=engine.Wait(60))
    assert [error["code"] for error in run.errors] == ["AccessDenied"]
    assert keys(run) == [("create", "p")]
