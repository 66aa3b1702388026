# Copyright (c) 2026, The secops.aws_baseline authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The emulator in the foreground: `python -m tests.emulator --port 5000`. Its state lives as long as it runs."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from pathlib import Path


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument("--port", type=int, default=5000, help="port on 127.0.0.1, 0 = a free one (default: 5000)")
    parser.add_argument("--latency-ms", type=float, default=0, help="wait this long before each answer")
    parser.add_argument("--fault-rate", type=float, default=0, help="share (0..1) of calls answered by a fault")
    parser.add_argument("--fault-kind", choices=("throttle", "error"), default="throttle")
    parser.add_argument("--seed", type=int, default=0, help="seed of identifiers and of faults (default: 0)")
    parser.add_argument("--call-log", type=Path, help="append one JSON object per call to this file")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    options = parse_arguments(arguments)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.pop("MOTO_ACCOUNT_ID", None)  # would put every call into one account
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # makes resets slow and memory large
    # the collection's evaluator of filter patterns is the emulator's
    sys.path.append(str(Path(__file__).resolve().parents[2] / "collections"))
    # moto reads its environment when it is imported, hence here and not above.
    from .app import Application
    from .client import environment
    from .faults import Settings
    from .server import Server

    settings = Settings(
        latency_ms=options.latency_ms,
        fault_rate=options.fault_rate,
        fault_kind=options.fault_kind,
        seed=options.seed,
    )
    application = Application(settings, options.call_log)
    server = Server(options.port, application)
    for number in (signal.SIGINT, signal.SIGTERM):
        # shutdown() waits for the serving loop, which this very thread runs.
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    for name, value in environment(server.url).items():
        print(f"export {name}={value}")
    print(f"emulator ready on {server.url}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    application.log.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
