# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Security Hub: who administers it for an organization."""

from __future__ import annotations

import collections.abc as c

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

_MAY_NOT_ASK = frozenset({"InvalidAccessException"})


def organization_admin(account_id: str, region: str | None = None) -> Desired:
    """That an account administers Security Hub for the organization in a region. For the management account."""
    return Desired(DelegatedAdmin.type, account_id, region=region)


@register
class DelegatedAdmin(ResourceType):
    """The account that administers Security Hub for the organization in a region. Key: its id. No fields.

    There is one, the same in all regions. Designating it enables Security Hub there for that account.
    """

    type = "AWS::SecurityHub::DelegatedAdmin"
    service = "securityhub"
    after = ("AWS::Organizations::ServiceAccess",)
    permissions = {
        "read": ("securityhub:ListOrganizationAdminAccounts",),
        "write": (
            "securityhub:EnableOrganizationAdminAccount",
            "securityhub:DisableOrganizationAdminAccount",
            # what Security Hub does with the caller's rights
            "organizations:DescribeOrganization",
            "organizations:EnableAWSServiceAccess",
            "organizations:RegisterDelegatedAdministrator",
            "organizations:DeregisterDelegatedAdministrator",
        ),
    }

    def read(self, client: Client, wanted: c.Mapping[str, Fields], prefixes: c.Sequence[str]) -> dict[str, Observed]:
        accounts = client.pages("ListOrganizationAdminAccounts", "AdminAccounts", _MAY_NOT_ASK)
        return {item["AccountId"]: Observed({}) for item in accounts if item["Status"] == "ENABLED"}

    def create(self, key: str, fields: Fields, scope: Scope) -> list[Call]:
        return [Call("EnableOrganizationAdminAccount", {"AdminAccountId": key})]

    def delete(self, key: str, before: Observed, scope: Scope) -> list[Call]:
        return [Call("DisableOrganizationAdminAccount", {"AdminAccountId": key})]
