# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS Config: aggregators of an organization or of a list of accounts, and what accounts authorize.

https://docs.aws.amazon.com/config/latest/developerguide/aggregate-data.html
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ..errors import AwsError
from ..registry import Scope, page, random_hex
from . import delivery
from .config import PRINCIPAL, Aggregator, Region, own_tags, service
from .config_organization import changed
from .organizations import organization_of

Params = dict[str, Any]

_MOST_AGGREGATORS = 50
_MOST_ACCOUNTS = 10000
_ROLE_ACTIONS = (
    "organizations:DescribeOrganization",
    "organizations:ListAccounts",
    "organizations:ListAWSServiceAccessForOrganization",
    "organizations:ListDelegatedAdministrators",
)


def _page(rows: list[Any], params: Params) -> tuple[list[Any], str | None]:
    return page(rows, params, token="NextToken", error="InvalidNextTokenException", limit="Limit", default=100)


@service.operation("PutConfigurationAggregator")
def put_configuration_aggregator(params: Params, scope: Scope, state: Region) -> Params:
    name = params["ConfigurationAggregatorName"]
    accounts, organization = params.get("AccountAggregationSources", []), params.get("OrganizationAggregationSource")
    if bool(accounts) == bool(organization):
        raise AwsError("InvalidParameterValueException", "Specify one kind of source: accounts or the organization.")
    for source in [organization] if organization else accounts:
        if bool(source.get("AwsRegions")) == bool(source.get("AllAwsRegions")):
            raise AwsError("InvalidParameterValueException", "Your request must specify AllAwsRegions or AwsRegions.")
        if len(source.get("AccountIds", ())) > _MOST_ACCOUNTS:
            raise AwsError("LimitExceededException", f"An aggregator has up to {_MOST_ACCOUNTS} accounts.")
    if organization:
        _check_aggregator_role(organization["RoleArn"], scope)
        changed(scope, PRINCIPAL)
    now = datetime.now(UTC)
    existing = state.aggregators.get(name)
    if existing is None and len(state.aggregators) >= _MOST_AGGREGATORS:
        raise AwsError("LimitExceededException", f"There are {_MOST_AGGREGATORS} aggregators already.")
    arn = scope.arn("config", f"config-aggregator/config-aggregator-{random_hex(8)}")
    row = {
        "ConfigurationAggregatorName": name,
        "ConfigurationAggregatorArn": existing.row["ConfigurationAggregatorArn"] if existing else arn,
        "AccountAggregationSources": accounts,
        "OrganizationAggregationSource": organization,
        "CreationTime": existing.row["CreationTime"] if existing else now,
        "LastUpdatedTime": now,
    }
    if existing is None:
        state.aggregators[name] = Aggregator(row, own_tags(params.get("Tags", [])))
    else:
        existing.row = row
    return {"ConfigurationAggregator": row}


def _check_aggregator_role(arn: str, scope: Scope) -> None:
    role = delivery.find_role(arn)
    own = arn.startswith(scope.arn("iam", "role/", region=""))
    if not own or role is None or not delivery.role_trusts(role, PRINCIPAL, {}):
        raise AwsError("InvalidRoleException", f"AWS Config cannot assume the role {arn}.")
    if lacking := [action for action in _ROLE_ACTIONS if not delivery.role_allows(role, action, "*")]:
        raise AwsError("InvalidRoleException", f"The role {arn} may not {', '.join(lacking)}.")


def _aggregator(name: str, state: Region) -> Aggregator:
    if name not in state.aggregators:
        raise AwsError("NoSuchConfigurationAggregatorException", f"The configuration aggregator {name} does not exist.")
    return state.aggregators[name]


@service.operation("DescribeConfigurationAggregators")
def describe_configuration_aggregators(params: Params, scope: Scope, state: Region) -> Params:
    names = params.get("ConfigurationAggregatorNames") or sorted(state.aggregators)
    chosen, token = _page([_aggregator(name, state).row for name in names], params)
    return {"ConfigurationAggregators": chosen, "NextToken": token}


@service.operation("DescribeConfigurationAggregatorSourcesStatus")
def describe_configuration_aggregator_sources_status(params: Params, scope: Scope, state: Region) -> Params:
    row = _aggregator(params["ConfigurationAggregatorName"], state).row
    organization = row["OrganizationAggregationSource"]
    if organization:
        members = organization_of(scope)
        accounts = members.active() if members and members.may_administer(scope.account, PRINCIPAL) else []
        regions = organization.get("AwsRegions")
    else:
        accounts = [account for source in row["AccountAggregationSources"] for account in source["AccountIds"]]
        regions = row["AccountAggregationSources"][0].get("AwsRegions")
    recording = {place for place, other in service.states().items() if other.recorder and other.recorder.recording}
    rows = []
    for account in accounts:
        for region in regions or sorted({region for who, region in recording if who == account}):
            authorized = organization or account == scope.account or _is_authorized(account, region, scope)
            rows.append(
                {
                    "SourceId": account,
                    "SourceType": "ACCOUNT",
                    "AwsRegion": region,
                    "LastUpdateStatus": "SUCCEEDED" if authorized and (account, region) in recording else "FAILED",
                    "LastUpdateTime": datetime.now(UTC),
                }
            )
    wanted = params.get("UpdateStatus")
    chosen, token = _page([one for one in rows if not wanted or one["LastUpdateStatus"] in wanted], params)
    return {"AggregatedSourceStatusList": chosen, "NextToken": token}


def _is_authorized(account: str, region: str, scope: Scope) -> bool:
    wanted = {"AuthorizedAccountId": scope.account, "AuthorizedAwsRegion": scope.region}
    granted = service.state(scope.at(account=account, region=region)).authorizations
    return any(wanted.items() <= one.items() for one in granted)


@service.operation("PutAggregationAuthorization")
def put_aggregation_authorization(params: Params, scope: Scope, state: Region) -> Params:
    account, region = params["AuthorizedAccountId"], params["AuthorizedAwsRegion"]
    arn = scope.arn("config", f"aggregation-authorization/{account}/{region}")
    row = {"AggregationAuthorizationArn": arn, "AuthorizedAccountId": account, "AuthorizedAwsRegion": region}
    if all(one["AggregationAuthorizationArn"] != arn for one in state.authorizations):
        state.authorizations.append(row | {"CreationTime": datetime.now(UTC)})
    return {"AggregationAuthorization": row}


@service.operation("DescribeAggregationAuthorizations")
def describe_aggregation_authorizations(params: Params, scope: Scope, state: Region) -> Params:
    chosen, token = _page(state.authorizations, params)
    return {"AggregationAuthorizations": chosen, "NextToken": token}


@service.operation("DeleteConfigurationAggregator")
def delete_configuration_aggregator(params: Params, scope: Scope, state: Region) -> None:
    _aggregator(params["ConfigurationAggregatorName"], state)
    del state.aggregators[params["ConfigurationAggregatorName"]]
