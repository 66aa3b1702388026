# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What AWS Config needs in an organization before rules and packs can be deployed to it."""

from __future__ import annotations

import contextlib
import typing as t

from botocore.exceptions import ClientError

from tests.emulator.client import Emulator
from tests.emulator.services.config_organization import SETTLES_AFTER
from tests.support.cases import HOME_REGION
from tests.support.organization import MANAGEMENT, NAMES, SECURITY, organization

CONFIG = "config.amazonaws.com"
MULTI_ACCOUNT = "config-multiaccountsetup.amazonaws.com"


def config(emulator: Emulator, account: str = SECURITY, region: str = HOME_REGION) -> t.Any:
    return emulator.client("config", region, account)


def delegate(emulator: Emulator, *principals: str) -> None:
    """Make the security account the delegated administrator for services, which are trusted."""
    client = emulator.client("organizations", HOME_REGION, MANAGEMENT)
    for principal in principals:
        client.enable_aws_service_access(ServicePrincipal=principal)
        with contextlib.suppress(client.exceptions.AccountAlreadyRegisteredException):
            client.register_delegated_administrator(AccountId=SECURITY, ServicePrincipal=principal)


def record(emulator: Emulator, *accounts: str, regions: t.Sequence[str] = (HOME_REGION,)) -> None:
    """Give accounts recorders."""
    for account in accounts:
        with contextlib.suppress(ClientError):
            emulator.client("iam", HOME_REGION, account).create_service_linked_role(AWSServiceName=CONFIG)
        role = f"arn:aws:iam::{account}:role/aws-service-role/{CONFIG}/AWSServiceRoleForConfig"
        for region in regions:
            recorder = {"name": "default", "roleARN": role}
            config(emulator, account, region).put_configuration_recorder(ConfigurationRecorder=recorder)


def deployable(emulator: Emulator, regions: t.Sequence[str] = (HOME_REGION,)) -> None:
    """An organization whose security account may deploy and aggregate, and whose accounts all record."""
    organization(emulator)
    delegate(emulator, CONFIG, MULTI_ACCOUNT)
    record(emulator, *NAMES, regions=regions)


def settle(client: t.Any) -> None:
    """Look at everything that is being deployed until it is."""
    for _look in range(SETTLES_AFTER):
        client.describe_conformance_pack_status()
        client.describe_organization_config_rule_statuses()
        client.describe_organization_conformance_pack_statuses()
