# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What one would write without any tool: make the reads of a JSON file, in threads, with one boto3 session."""

from __future__ import annotations

import concurrent.futures
import contextlib
import json
import sys
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions


def main() -> None:
    reads = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    session = boto3.Session()
    config = botocore.config.Config(max_pool_connections=32)
    places = {(read["service"], read["region"]) for read in reads}
    clients = {place: session.client(place[0], region_name=place[1], config=config) for place in places}

    def make(read: dict) -> None:
        with contextlib.suppress(botocore.exceptions.ClientError):  # absence is an answer too
            getattr(clients[read["service"], read["region"]], read["method"])(**read["parameters"])

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        list(pool.map(make, reads))


if __name__ == "__main__":
    main()
