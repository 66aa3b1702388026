# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conformance packs of an organization, with a bucket for their templates, and of an account."""

from __future__ import annotations

import typing as t

from hypothesis import strategies as st

from tests.emulator.client import Emulator
from tests.support.cases import HOME_REGION, Case
from tests.support.config_organization import config, deployable, settle
from tests.support.organization import MEMBERS, SECURITY

PREFIX = "Test"
SERVICES, KEYS = f"{PREFIX}Services", f"{PREFIX}Keys"
BUCKET = "test-conformance-pack"
TEMPLATE_KEY = "security-services.yml"


def template(name: str, identifier: str, parameters: str = "") -> str:
    """A template with one rule."""
    return f"""{parameters}Resources:
  Rule:
    Type: AWS::Config::ConfigRule
    Properties:
      ConfigRuleName: {name}
      Source:
        Owner: AWS
        SourceIdentifier: {identifier}
"""


GUARDDUTY = template("guardduty", "GUARDDUTY_ENABLED_CENTRALIZED")
SECURITY_HUB = template("securityhub", "SECURITYHUB_ENABLED")
AGE = "Parameters:\n  Age:\n    Default: '90'\n    Type: String\n"
ACCESS_KEYS = (
    template("keys", "ACCESS_KEYS_ROTATED", AGE) + "      InputParameters:\n        maxAccessKeyAge: !Ref Age\n"
)

TAGS = st.dictionaries(st.sampled_from(["Team", "Env"]), st.sampled_from(["a", "b"]))
ORGANIZATION_PACK = st.fixed_dictionaries(
    {"name": st.just(SERVICES), "template_body": st.sampled_from([GUARDDUTY, SECURITY_HUB])},
    optional={
        "template_s3_key": st.just(TEMPLATE_KEY),
        "excluded_accounts": st.sampled_from([[], [MEMBERS[0]]]),
        "tags": TAGS,
    },
)
ACCOUNT_PACK = st.fixed_dictionaries(
    {"name": st.just(KEYS), "template_body": st.just(ACCESS_KEYS)},
    optional={"input_parameters": st.sampled_from([{}, {"Age": 45}, {"Age": "60"}]), "tags": TAGS},
)
ABSENT = st.fixed_dictionaries({"name": st.sampled_from([SERVICES, KEYS]), "state": st.just("absent")})


def of(scope: str, packs: st.SearchStrategy[dict[str, t.Any]]) -> st.SearchStrategy[dict[str, t.Any]]:
    bucket = {"bucket": st.just({"name": BUCKET})} if scope == "organization" else {}
    return st.fixed_dictionaries(
        {
            "regions": st.just([HOME_REGION]),
            "scope": st.just(scope),
            "packs": st.lists(packs | ABSENT, max_size=1),
            "purge": st.booleans(),
            "purge_prefix": st.just(PREFIX),
            "wait": st.just(False),
            **bucket,
        }
    )


TYPICAL = {
    "regions": [HOME_REGION],
    "scope": "organization",
    "bucket": {"name": BUCKET, "public_access_block": {}, "encryption": {"sse_algorithm": "AES256"}},
    "packs": [
        {
            "name": SERVICES,
            "template_body": GUARDDUTY,
            "template_s3_key": TEMPLATE_KEY,
            "excluded_accounts": [MEMBERS[0]],
            "tags": {"Team": "infosec"},
        },
        {"name": KEYS, "template_body": ACCESS_KEYS, "input_parameters": {"Age": 45}},
    ],
    "purge": True,
    "purge_prefix": PREFIX,
}


def _client(emulator: Emulator) -> t.Any:
    """The client of the delegated administrator, after AWS has done what it was told."""
    client = config(emulator)
    settle(client)
    return client


def _pack(emulator: Emulator, name: str) -> dict[str, t.Any] | None:
    packs = _client(emulator).describe_organization_conformance_packs()["OrganizationConformancePacks"]
    return next((pack for pack in packs if pack["OrganizationConformancePackName"] == name), None)


def template_edited(emulator: Emulator) -> None:
    s3 = emulator.client("s3", HOME_REGION, SECURITY)
    if any(bucket["Name"] == BUCKET for bucket in s3.list_buckets()["Buckets"]):
        s3.put_object(Bucket=BUCKET, Key=TEMPLATE_KEY, Body=SECURITY_HUB)


def template_deleted(emulator: Emulator) -> None:
    s3 = emulator.client("s3", HOME_REGION, SECURITY)
    if any(bucket["Name"] == BUCKET for bucket in s3.list_buckets()["Buckets"]):
        s3.delete_object(Bucket=BUCKET, Key=TEMPLATE_KEY)


def parameters_edited(emulator: Emulator) -> None:
    if _pack(emulator, KEYS):
        _put(emulator, KEYS, ACCESS_KEYS)


def accounts_excluded(emulator: Emulator) -> None:
    if _pack(emulator, SERVICES):
        _put(emulator, SERVICES, GUARDDUTY, ExcludedAccounts=list(MEMBERS))


def _put(emulator: Emulator, name: str, body: str, **more: t.Any) -> None:
    client = _client(emulator)
    client.put_organization_conformance_pack(OrganizationConformancePackName=name, TemplateBody=body, **more)
    settle(client)


def pack_deleted(emulator: Emulator) -> None:
    if _pack(emulator, SERVICES):
        _client(emulator).delete_organization_conformance_pack(OrganizationConformancePackName=SERVICES)


def tags_removed(emulator: Emulator) -> None:
    pack = _pack(emulator, SERVICES)
    if pack:
        arn = pack["OrganizationConformancePackArn"]
        names = [tag["Key"] for tag in _client(emulator).list_tags_for_resource(ResourceArn=arn)["Tags"]]
        _client(emulator).untag_resource(ResourceArn=arn, TagKeys=names or ["none"])


def pack_of_ours_left_over(emulator: Emulator) -> None:
    if not _pack(emulator, f"{PREFIX}LeftOver"):
        _put(emulator, f"{PREFIX}LeftOver", GUARDDUTY)


def foreign_pack_added(emulator: Emulator) -> None:
    if not _pack(emulator, "SomebodyElses"):
        _put(emulator, "SomebodyElses", GUARDDUTY)


CASES = [
    Case(
        module="config_conformance_packs",
        arguments=of("organization", ORGANIZATION_PACK) | of("account", ACCOUNT_PACK),
        typical=TYPICAL,
        types=frozenset(
            {
                "AWS::Config::ConformancePack",
                "AWS::Config::OrganizationConformancePack",
                "AWS::S3::Bucket",
                "AWS::S3::Object",
            }
        ),
        drifts=(
            template_edited,
            template_deleted,
            parameters_edited,
            accounts_excluded,
            pack_deleted,
            tags_removed,
            pack_of_ours_left_over,
            foreign_pack_added,
        ),
        prepare=deployable,
        account_id=SECURITY,
    ),
]
