# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every AWS resource type has in common.

A resource type knows how to read its resources and which API calls create, update and delete one. It returns these
calls as data and never makes them: whether they are made, when, and what is shown is decided in C(reconcile.py).
"""

from __future__ import annotations

import collections.abc as c
import dataclasses
import typing as t

from ansible_collections.amazon.aws.plugins.module_utils.policy import compare_policies
from ansible_collections.amazon.aws.plugins.module_utils.tagging import compare_aws_tags

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

Fields = dict[str, t.Any]

EMPTY = (None, "", [], {})


@dataclasses.dataclass(frozen=True)
class Ref:
    """A value that AWS chooses: an attribute of another resource, known once that resource exists.

    type and key name the resource as in Desired; attribute is a key of its Observed.attributes, such as C(arn).
    region: where the resource is, or None for the region of what refers to it.
    """

    type: str
    key: str
    attribute: str = "arn"
    region: str | None = None

    def __str__(self) -> str:
        return f"({self.attribute} of {self.type} {self.key}, known after it is created)"


@dataclasses.dataclass(frozen=True)
class Call:
    """One write to an AWS API.

    operation: the API's name, such as C(PutMetricFilter). parameters: as botocore takes them; may contain Ref.
    returns: attribute name -> JMESPath into the response, for values that AWS chooses and later calls need.
    service: botocore's client name where it is not the resource type's own.
    refusals: JMESPath into a response that AWS calls a success, to the reasons for which nothing was done all the same.
    settled: whether AWS must first have done what the calls before it wrote, as C(settling) of the type tells.
    """

    operation: str
    parameters: Fields = dataclasses.field(default_factory=dict)
    returns: c.Mapping[str, str] = dataclasses.field(default_factory=dict)
    service: str | None = None
    refusals: str | None = None
    settled: bool = False


@dataclasses.dataclass(frozen=True)
class Observed:
    """A resource as it is. fields: comparable with declared ones. attributes: what AWS chose (arn, id, real name).

    managed_by: the AWS service that made it for itself and alone may change it.
    """

    fields: Fields
    attributes: Fields = dataclasses.field(default_factory=dict)
    managed_by: str | None = None


@dataclasses.dataclass(frozen=True)
class Failure:
    """Why AWS could not do what was written, in one account. code and message: as AWS says them."""

    account_id: str
    code: str
    message: str


@dataclasses.dataclass(frozen=True)
class Settling:
    """How far AWS is with what was written.

    status: in AWS's words, such as C(CREATE_IN_PROGRESS). is_done: whether AWS has stopped working on it.
    failures: what it could not do, known when it is done.
    """

    status: str
    is_done: bool
    failures: tuple[Failure, ...] = ()


@dataclasses.dataclass(frozen=True)
class Desired:
    """A resource as it should be.

    type: CloudFormation's type name. key: what identifies it within a region (usually its name).
    fields: the declared ones; what is not declared is left alone.
    state: C(present); C(absent); C(existing): must be there with these fields, is never changed; or C(expected): the
    same for what another account makes earlier in the same run, so that a plan may be made before it is there.
    region: where, or None for the home region. requires: C((type, key)) pairs without which trying is pointless.
    """

    type: str
    key: str
    fields: Fields = dataclasses.field(default_factory=dict)
    state: str = "present"
    region: str | None = None
    requires: tuple[tuple[str, str], ...] = ()


@dataclasses.dataclass(frozen=True)
class Purge:
    """Delete what we own but no longer declare: resources of I(type) whose key starts with I(prefix)."""

    type: str
    prefix: str
    region: str | None = None


def own_tags(tags: c.Mapping[str, str]) -> dict[str, str]:
    """I(tags) without those of AWS itself, which nobody else can change."""
    return {name: value for name, value in tags.items() if not name.startswith("aws:")}


def tag_calls(
    before: c.Mapping[str, str],
    after: c.Mapping[str, str],
    tag: c.Callable[[dict[str, str]], Call],
    untag: c.Callable[[list[str]], Call],
) -> list[Call]:
    """Calls that turn the tags I(before) into I(after), at most one of each kind.

    tag and untag: make the service's call out of tags, and out of names of tags. Removes first, because AWS limits how
    many tags there may be.
    """
    put, removed = compare_aws_tags(before, after)
    return [*([untag(sorted(removed))] if removed else []), *([tag(put)] if put else [])]


class ResourceType:
    """Base of all resource types. One subclass per CloudFormation type, found by its I(type)."""

    type: t.ClassVar[str]
    """CloudFormation's type name, such as C(AWS::Logs::MetricFilter)."""
    service: t.ClassVar[str]
    """botocore's client name, such as C(logs)."""
    is_global: t.ClassVar[bool] = False
    """True for what exists once per account (IAM). Such resources are read and written in the home region only."""
    after: t.ClassVar[tuple[str, ...]] = ()
    """Types whose resources must be in place before those of this type are written."""
    sets: t.ClassVar[frozenset[str]] = frozenset()
    """Fields that are lists whose order means nothing."""
    policies: t.ClassVar[frozenset[str]] = frozenset()
    """Fields that are policy documents, compared by meaning."""
    propagation_errors: t.ClassVar[frozenset[str]] = frozenset()
    """Error codes that AWS returns for a while after the resource was created or a prerequisite of it was written."""
    busy_errors: t.ClassVar[frozenset[str]] = frozenset()
    """Error codes by which AWS asks to come back later, such as while it deletes a predecessor of the same name."""
    settles: t.ClassVar[bool] = False
    """True when AWS goes on working after it has answered a write, which C(settling) tells about."""
    permissions: t.ClassVar[dict[str, tuple[str, ...]]]
    """API operations that the type uses, by purpose: C(read) to plan, C(write) to apply, with botocore's client name as
    prefix. C(write) also has actions that AWS checks on top, such as C(iam:PassRole)."""

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        """Resources that exist, by key: the wanted ones, and all whose key starts with one of I(prefixes)."""
        raise NotImplementedError

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        """Calls that create a resource with I(fields)."""
        raise NotImplementedError

    def update(self, key: str, before: Observed, after: Fields, changed: c.Set[str], scope: Scope) -> list[Call]:
        """Calls that turn I(before) into I(after). after: all fields; changed: the names of those that differ."""
        raise NotImplementedError

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        """Calls that delete a resource."""
        raise NotImplementedError

    def attributes(self, key: str, scope: Scope) -> Fields:
        """Attributes that follow from the name, so that they are known before the resource exists."""
        return {}

    def settling(self, client: Client, keys: c.Sequence[str]) -> dict[str, Settling]:
        """How far AWS is with the resources I(keys), which were written. One that is gone is left out."""
        raise NotImplementedError

    def same(self, field: str, before: t.Any, after: t.Any) -> bool:
        """Whether an observed and a declared value mean the same to AWS. Nothing and empty are the same."""
        if before in EMPTY and after in EMPTY:
            return True
        if field in self.policies:
            return bool(before) == bool(after) and not compare_policies(before, after)
        if field in self.sets:
            return before is not None and sorted(map(repr, before)) == sorted(map(repr, after))
        return before == after


_registry: dict[str, ResourceType] = {}


def register(resource_type: type[ResourceType]) -> type[ResourceType]:
    """Class decorator: make a resource type known by its CloudFormation type name."""
    _registry[resource_type.type] = resource_type()
    return resource_type


def resource_type(name: str) -> ResourceType:
    """The resource type with a CloudFormation type name. Raises KeyError if its module was not imported."""
    return _registry[name]


def all_resource_types() -> list[ResourceType]:
    """Every registered type, by name."""
    return [_registry[name] for name in sorted(_registry)]
