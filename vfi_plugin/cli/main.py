"""``vfi``: reads the arguments, calls one command, turns exceptions into one line and an exit code.

Exit codes: 0 done, 1 failed while running, 2 wrong use, 3 input missing or unreadable, 130 or 143 stopped by a signal.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import version

# Idle OpenMP threads of torch and OpenCV would spin and keep a core from whoever has work (reading, writing, another
# farm task): on two busy cores a run took three times as long. Read when OpenMP loads, so it comes before the imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from vfi_plugin.cli import demo, doctor, evaluate, farm, install, models, repair, retime, scan, timeline, train, worker
from vfi_plugin.errors import EXIT_FAILED, VfiError

_COMMANDS = (retime, scan, repair, timeline, farm, models, train, doctor, evaluate, demo, install, worker)


def build_parser() -> argparse.ArgumentParser:
    """The parser with every command; each command's module adds its own part."""
    parser = argparse.ArgumentParser(
        prog="vfi",
        description="Retime for compositing: frames that were never shot, on scene-linear EXR, every channel kept.",
        epilog="Each command explains itself: vfi retime --help",
    )
    parser.add_argument("--version", action="version", version=f"vfi {version('vfi-plugin')}")
    parser.add_argument("--traceback", action="store_true", help="show where in the code an error arose (for reports)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for command in _COMMANDS:
        command.add_parser(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code. Wrong arguments leave through SystemExit(2), as argparse does."""
    args = build_parser().parse_args(arguments)
    try:
        code: int = args.run(args)
    except VfiError as error:
        if args.traceback:
            raise
        print(f"vfi {args.command}: {error}", file=sys.stderr)
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output went away (a pager, head): nobody is left to tell.
        sys.stderr.close()
        return EXIT_FAILED
    except MemoryError:
        print(f"vfi {args.command}: out of memory; render fewer channels, or smaller frames", file=sys.stderr)
        return EXIT_FAILED
    return code


if __name__ == "__main__":
    sys.exit(main())
