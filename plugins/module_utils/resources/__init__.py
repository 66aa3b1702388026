# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One module per AWS service. All are imported here, so that order and permissions are known across all of them."""

from __future__ import annotations

from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import (
    cloudtrail,  # noqa: F401
    cloudwatch,  # noqa: F401
    config,  # noqa: F401
    config_organization,  # noqa: F401
    events,  # noqa: F401
    guardduty,  # noqa: F401
    guardduty_findings,  # noqa: F401
    guardduty_organization,  # noqa: F401
    iam,  # noqa: F401
    kinesis,  # noqa: F401
    kms,  # noqa: F401
    lambda_,  # noqa: F401
    logs,  # noqa: F401
    organizations,  # noqa: F401
    s3,  # noqa: F401
    securityhub,  # noqa: F401
    sns,  # noqa: F401
    sqs,  # noqa: F401
)
