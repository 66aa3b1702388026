# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What C(filter_pattern) is made of: how filter patterns are read, evaluated, indexed, printed and linted."""
