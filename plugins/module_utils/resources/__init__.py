# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One module per AWS service. All are imported here, so that order and permissions are known across all of them."""

from __future__ import annotations

from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import cloudtrail  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import cloudwatch  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import config  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import guardduty  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import iam  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import kms  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import logs  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import s3  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import sns  # noqa: F401
from ansible_collections.secops.aws_baseline.plugins.module_utils.resources import sqs  # noqa: F401
