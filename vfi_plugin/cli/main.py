"""``vfi``: reads the arguments, calls one command, turns exceptions into one line and an exit code.

Exit codes: 0 done, 1 failed while running, 2 wrong use, 3 input missing or unreadable, 130 or 143 stopped by a signal.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection, Sequence
from importlib import import_module
from importlib.metadata import version

# Idle OpenMP threads of torch and OpenCV would spin and keep a core from whoever has work (reading, writing, another
# farm task): on two busy cores a run took three times as long. Read when OpenMP loads, so it comes before the imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

from vfi_plugin.errors import EXIT_FAILED, VfiError

COMMANDS = {
    "retime": "make slow motion, ramps, rate changes",
    "scan": "find dropped, duplicated and broken frames",
    "repair": "make bad frames anew: dropped, repeated, missing, blurred, broken",
    "timeline": "make media for the retimed clips of a timeline, or repair what it shows",
    "farm": "write jobs for render farms, check their frames",
    "models": "list the models, import weights",
    "train": "train a network's weights",
    "doctor": "check the installation, or explain a file's channels",
    "evaluate": "measure a model on a data set or on clips",
    "demo": "retime a made-up HDR clip and compare with the truth",
    "install": "put the adapter into Nuke or Resolve",
    "worker": "serve a host, such as Nuke or Resolve (they start it themselves)",
}
"""In the order of ``vfi --help``: the name, which is that of the module too, and what stands beside it there."""


def build_parser(wanted: Collection[str] = tuple(COMMANDS)) -> argparse.ArgumentParser:
    """The parser; each command's module adds its own part.

    Args:
        wanted: the commands whose modules are loaded. Of the others the parser knows the names alone.
    """
    parser = argparse.ArgumentParser(
        prog="vfi",
        description="Retime for compositing: frames that were never shot, on scene-linear EXR, every channel kept.",
        epilog="Each command explains itself: vfi retime --help",
    )
    parser.add_argument("--version", action="version", version=f"vfi {version('vfi-plugin')}")
    parser.add_argument("--traceback", action="store_true", help="show where in the code an error arose (for reports)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, about in COMMANDS.items():
        if name in wanted:
            import_module(f"vfi_plugin.cli.{name}").add_parser(commands, about)
        else:
            commands.add_parser(name, help=about)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit code. Wrong arguments leave through SystemExit(2), as argparse does."""
    given = sys.argv[1:] if arguments is None else arguments
    # One command is run, so one is loaded: the first word, as no option before a command takes a value.
    args = build_parser([word for word in given if not word.startswith("-")][:1]).parse_args(given)
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
