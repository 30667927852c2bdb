"""``vfi worker``: serves a host over standard input and output."""

from __future__ import annotations

import argparse
from typing import Any

from vfi_plugin.cancellation import stop_on_signals


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "worker",
        help=about,
        description="Takes requests as lines of JSON on standard input and answers on standard output, until the input"
        " is closed or the host is gone. docs/worker.md describes the protocol; hosts use vfi_client.py.",
    )
    parser.add_argument("--parent", type=int, metavar="PID", help="the host's process (default: who started this one)")
    parser.add_argument("--log", metavar="FILE", help="where to log (default: $VFI_LOG, else a file of the user's)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serves."""
    from vfi_plugin.worker.channel import LineChannel
    from vfi_plugin.worker.lifeline import Parent
    from vfi_plugin.worker.log import Log
    from vfi_plugin.worker.service import Service

    log = Log.open(args.log)
    channel = LineChannel.over_standard_streams(log.descriptor)
    with stop_on_signals() as stop:
        Service(channel, log, Parent(args.parent), stop).run()
    return 0
