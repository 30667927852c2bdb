"""``vfi demo``: a clip with known in-betweens, slowed down and held against the truth."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from vfi_plugin.cancellation import stop_on_signals
from vfi_plugin.cli.progress_display import STYLES, display
from vfi_plugin.errors import EXIT_FAILED

if TYPE_CHECKING:
    from vfi_plugin.demo.run import DemoReport, DemoSize

_DEFAULT_OUT = "vfi_demo"


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "demo",
        help=about,
        description="Renders a small HDR EXR clip whose in-betweens are known, slows it down 2x and 4x, prints how near"
        " the made frames are beside frame averaging, checks what must hold, and writes a contact sheet and a movie."
        " Exit code 1 where a check fails.",
    )
    parser.add_argument("--out", metavar="DIR", default=_DEFAULT_OUT, help=f"where (default: {_DEFAULT_OUT})")
    parser.add_argument("--size", type=_size, metavar="WxH", default="640x360", help="format (default: 640x360)")
    parser.add_argument("--progress", choices=STYLES, default="auto", help="how progress is shown")
    parser.set_defaults(run=run)


def _size(text: str) -> DemoSize:
    from vfi_plugin.demo.run import DemoSize

    found = re.fullmatch(r"(\d+)x(\d+)", text)
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it as 640x360")
    if int(found[1]) % 2 or int(found[2]) % 2:
        raise argparse.ArgumentTypeError(f"{text} is odd; the preview movie needs an even width and height")
    return DemoSize(int(found[1]), int(found[2]))


def run(args: argparse.Namespace) -> int:
    """Runs the demo and prints what came of it."""
    from vfi_plugin.demo.run import run_demo
    from vfi_plugin.demo.verdict import MEASURE

    with stop_on_signals() as cancellation:
        report = run_demo(args.out, args.size, display(args.progress), cancellation)
    if args.progress == "json":
        print(json.dumps({"event": "report", "holds": report.holds, "measure": MEASURE, **asdict(report)}))
    else:
        print("\n".join(report_lines(report)))
    return 0 if report.holds else EXIT_FAILED


def report_lines(report: DemoReport) -> Iterator[str]:
    """The report for a person."""
    from vfi_plugin.demo.verdict import MEASURE

    yield ""
    yield f"{'in-betweens':<14}{'frames':>7}{'frame average':>16}{'this retime':>14}{'gain':>8}   dB"
    for score in report.scores:
        gain = score.made_db - score.average_db
        yield (
            f"{score.clip + ' slower':<14}{score.frames:>7}{score.average_db:>16.2f}{score.made_db:>14.2f}{gain:>+8.2f}"
        )
    yield f"({MEASURE})"
    yield ""
    for check in report.checks:
        yield f"{'holds' if check.holds else 'FAILS'}  {check.statement}: {check.found}"
    yield ""
    for what, where in report.files.items():
        yield f"{what + ':':<16}{where}"
