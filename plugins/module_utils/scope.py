# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a resource lives: account, region and partition, and the names that follow from them."""

from __future__ import annotations

import dataclasses
import typing as t

PSEUDO_PARAMETERS = ("AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::URLSuffix")


@dataclasses.dataclass(frozen=True)
class Verbatim:
    """Text for others, such as a template: a pseudo parameter in it is not ours to replace."""

    text: str


@dataclasses.dataclass(frozen=True)
class Scope:
    """One account in one region.

    account_id: 12 digits. region: region code. partition: C(aws), C(aws-cn), C(aws-us-gov), ...
    url_suffix: DNS suffix of the partition, such as C(amazonaws.com).
    """

    account_id: str
    region: str
    partition: str = "aws"
    url_suffix: str = "amazonaws.com"

    def arn(self, service: str, resource: str, region: str | None = None) -> str:
        """ARN of a resource of this account. I(region) is an empty string for global services."""
        return (
            f"arn:{self.partition}:{service}:{self.region if region is None else region}:{self.account_id}:{resource}"
        )

    def substitute(self, value: t.Any) -> t.Any:
        """Replace CloudFormation's pseudo parameters, as in C(${AWS::AccountId}), in every string of I(value).

        I(value) may consist of dictionaries, lists and dataclasses such as C(Ref). Left alone are C(Verbatim), and IAM
        policy variables such as C(${aws:username}): their names are lower case.
        """
        if isinstance(value, str):
            for name, replacement in zip(PSEUDO_PARAMETERS, self._pseudo_values(), strict=True):
                value = value.replace("${" + name + "}", replacement)
            return value
        if isinstance(value, dict):
            return {self.substitute(key): self.substitute(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.substitute(item) for item in value]
        if dataclasses.is_dataclass(value) and not isinstance(value, (type, Verbatim)):
            items = {field.name: self.substitute(getattr(value, field.name)) for field in dataclasses.fields(value)}
            return dataclasses.replace(value, **items)
        return value

    def _pseudo_values(self) -> tuple[str, ...]:
        return (self.account_id, self.partition, self.region, self.url_suffix)
