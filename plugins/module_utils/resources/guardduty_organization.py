# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GuardDuty for an organization: who administers it."""

from __future__ import annotations

import collections.abc as c
import typing as t

from ansible_collections.secops.aws_baseline.plugins.module_utils.aws import Client
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources.base import (
    Call,
    Desired,
    Fields,
    Observed,
    ResourceType,
    register,
)
from ansible_collections.secops.aws_baseline.plugins.module_utils.scope import Scope

BAD_REQUEST = frozenset({"BadRequestException"})
"""GuardDuty's only code for what an account may not ask, or not yet."""


def organization_admin(account_id: str, region: str | None = None) -> Desired:
    """That an account administers GuardDuty for the organization in a region. For the management account."""
    return Desired(OrganizationAdminAccount.type, account_id, region=region)


@register
class OrganizationAdminAccount(ResourceType):
    """The account that administers GuardDuty for the organization in a region. Key: its id. No fields.

    AWS gives GuardDuty trusted access on the way, registers the account as delegated administrator, and makes its
    detector if there is none. An organization has one such account, the same in all regions; AWS refuses another.
    """

    type = "AWS::GuardDuty::OrganizationAdminAccount"
    service = "guardduty"
    after = ("AWS::Organizations::ServiceAccess",)
    permissions: t.ClassVar[dict[str, tuple[str, ...]]] = {
        "read": ("guardduty:ListOrganizationAdminAccounts",),
        "write": (
            "guardduty:EnableOrganizationAdminAccount",
            "guardduty:DisableOrganizationAdminAccount",
            # GuardDuty asks and tells AWS Organizations in the name of the caller
            "organizations:DescribeAccount",
            "organizations:DescribeOrganization",
            "organizations:DescribeOrganizationalUnit",
            "organizations:EnableAWSServiceAccess",
            "organizations:ListAWSServiceAccessForOrganization",
            "organizations:ListDelegatedAdministrators",
            "organizations:RegisterDelegatedAdministrator",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        accounts = client.pages("ListOrganizationAdminAccounts", "AdminAccounts", BAD_REQUEST)
        return {item["AdminAccountId"]: Observed({}) for item in accounts if item["AdminStatus"] == "ENABLED"}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("EnableOrganizationAdminAccount", {"AdminAccountId": key})]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DisableOrganizationAdminAccount", {"AdminAccountId": key})]
