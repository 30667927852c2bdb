"""``vfi doctor``: is this machine set up, and what is in this file?"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from vfi_plugin.errors import EXIT_FAILED, EXIT_INPUT, UsageError

_EXAMPLES = """examples:
  vfi doctor                                       is everything installed, and which GPU is used?
  vfi doctor shot.1001.exr                         what each channel is taken for
  vfi doctor shot.1001.exr --channel 'fw.*=motion' the same, with a rule of yours
"""


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "doctor",
        help=about,
        description="Without a file: is everything there that is needed? Exit code 1 where something is not. With a"
        " file: its parts, what each channel is taken for and what is done with it. Exit code 3 where it cannot be"
        " retimed.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", nargs="?", help="an image, a sequence (its first frame is looked at) or a movie")
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.add_argument(
        "--channel", action="append", default=[], metavar="RULE", help="what channels are, as in 'vfi retime'"
    )
    parser.add_argument("--channels-map", metavar="FILE", help="a YAML file of such rules")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Reports on the machine, or on a file."""
    if args.file is not None:
        return _report_file(args)
    if args.channel or args.channels_map:
        raise UsageError("channel rules go with a file, which was not given")
    return _report_machine(args.json)


def _report_machine(as_json: bool) -> int:
    from vfi_plugin.cli.machine_report import State, machine_facts

    facts = list(machine_facts())
    works = all(fact.state is not State.BROKEN for fact in facts)
    if as_json:
        print(json.dumps({"ok": works, "facts": [asdict(fact) for fact in facts]}, indent=2))
        return 0 if works else EXIT_FAILED
    for fact in facts:
        print(f"{fact.state.value:<7} {fact.name:<15} {fact.found}")
    print("everything that is needed works" if works else "something that is needed does not work: see 'broken'")
    return 0 if works else EXIT_FAILED


def _report_file(args: argparse.Namespace) -> int:
    from vfi_plugin.cli.file_report import report_on
    from vfi_plugin.image.channel_overrides import ChannelMap, parse_channel_rule
    from vfi_plugin.image.channel_rules_file import load_channel_rules

    given = load_channel_rules(Path(args.channels_map)) if args.channels_map else ChannelMap()
    report = report_on(args.file, given.with_rules_first([parse_channel_rule(rule) for rule in args.channel]))
    print(json.dumps(asdict(report), indent=2) if args.json else _printable("\n".join(report.lines())))
    if report.unreadable:
        print(f"vfi doctor: {report.unreadable}", file=sys.stderr)
        return EXIT_INPUT
    return 0


def _printable(text: str) -> str:
    """Names in a header may hold bytes of another encoding, which no terminal takes: shown as question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
