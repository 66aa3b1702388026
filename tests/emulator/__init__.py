# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""An AWS for tests and demonstrations: moto's server plus what moto lacks, in one process on loopback."""
