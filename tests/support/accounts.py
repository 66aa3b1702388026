# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account that most tests are about. (Free of what only tests need: the demonstration imports it, too.)"""

from __future__ import annotations

ACCOUNT_ID = "123456789012"
HOME_REGION = "eu-central-1"
