"""``vfi repair``: a clip's bad frames made anew."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from vfi_plugin.cancellation import stop_on_signals
from vfi_plugin.cli.progress_display import STYLES, display, failure_told
from vfi_plugin.cli.retime import add_motion, add_picture, motion_and_picture
from vfi_plugin.errors import UsageError
from vfi_plugin.repair.options import (
    DROPS,
    DUPLICATES,
    ENDS,
    FALLBACK_UNDER,
    FALLBACKS,
    KEEPS,
    MAX_GAP,
    POLICIES,
    RepairOptions,
    RepairPolicy,
)

_EXAMPLES = """examples:
  vfi repair plate.####.exr good.####.exr --report scan.json             what a scan found
  vfi repair plate.####.exr good.####.exr --frames "1005 1015-1017"      these frames
  vfi repair plate.####.exr good.####.exr --list bad.txt                 lines of frame,count
  vfi repair plate.####.exr --in-place --report scan.json                originals go to plate_originals/
  vfi repair pulled.####.exr film.####.exr --report scan.json --duplicates remove   30 back to 24
  vfi repair twos.####.exr ones.####.exr --report scan.json --policy centre         animation
"""


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "repair",
        help=about,
        description="Makes bad frames anew from the good ones around them. All other files stay byte for byte.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="SRC", help="sequence (plate.####.exr, one file of it) or movie")
    parser.add_argument("target", metavar="DST", nargs="?", help="EXR sequence or movie; none with --in-place")
    _add_what(parser)
    add_how(parser)
    _add_files(parser)
    add_trust(parser)
    add_motion(parser)
    add_picture(parser)
    _add_run(parser)
    parser.set_defaults(run=run)


def _add_what(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is wrong (one of --report, --list, --frames)")
    group.add_argument("--report", metavar="R.json", help="the report of vfi scan, edited or not")
    group.add_argument("--list", metavar="FILE", help="a text file, a line 'frame,count', 'frame' or 'first-last'")
    group.add_argument("--frames", metavar="RANGE", help="bad frames, such as '1005 1010 1015-1017'")
    group.add_argument(
        "--kinds", metavar="KINDS", help="repair these findings alone, such as duplicate,blurred; of a list: what it is"
    )


def add_how(parser: argparse.ArgumentParser) -> None:
    """Adds what replaces what."""
    group = parser.add_argument_group("what replaces what")
    group.add_argument(
        "--policy", choices=POLICIES, default="first", help="where the picture of a run of repeats belongs"
    )
    group.add_argument("--duplicates", choices=DUPLICATES, default="fill", help="make repeats anew, remove, leave them")
    group.add_argument(
        "--drops", choices=DROPS, default="spread", help="keep the length and even out the jump, or insert frames"
    )
    group.add_argument("--max-gap", type=int, default=MAX_GAP, metavar="N", help="make N frames in a row at most (6)")
    group.add_argument("--force", action="store_true", help="make longer runs, too")
    group.add_argument("--ends", choices=ENDS, default="extrapolate", help="where good frames are on one side alone")
    group.add_argument(
        "--strength", type=float, default=1.0, metavar="S", help="share of the new in blurred frames, above 0 to 1"
    )


def _add_files(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("files")
    group.add_argument(
        "--keep", choices=KEEPS, default="link", help="untouched files: hard links (default), copies, or not written"
    )
    group.add_argument("--part", metavar="A-B", help="the part of the clip that is written (default: all of it)")
    group.add_argument("--in-place", action="store_true", help="rewrite bad frames where they are")
    group.add_argument("--backup", metavar="DIR", help="where the originals go (default: NAME_originals beside them)")
    group.add_argument("--no-backup", action="store_true", help="do not keep the originals")
    group.add_argument("--overwrite", action="store_true", help="make again what was made with other settings")


def add_trust(parser: argparse.ArgumentParser) -> None:
    """Adds what is done where motion may be wrong."""
    group = parser.add_argument_group("trust")
    group.add_argument("--confidence", action="store_true", help="add a channel vfi.confidence to repaired frames")
    group.add_argument("--fallback", choices=FALLBACKS, default="off", help="what to take where motion is not trusted")
    group.add_argument(
        "--fallback-under", type=float, default=FALLBACK_UNDER, metavar="X", help=f"confidence, 0-1 ({FALLBACK_UNDER})"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("run")
    group.add_argument("--progress", choices=STYLES, default="auto", help="how progress is shown")
    group.add_argument("--dry-run", action="store_true", help="print the plan and stop")
    group.add_argument("--report-out", metavar="FILE.json", help="write what was done to each frame")
    group.add_argument(
        "--html", metavar="FILE", type=Path, help="a page with before and after, of --report and a target"
    )


POLICY = ("policy", "duplicates", "drops", "max_gap", "force", "ends")
"""What ``add_how`` says of policies, as attributes of `RepairPolicy`."""


def options_of(args: argparse.Namespace) -> RepairOptions:
    """What the arguments ask for. Raises UsageError."""
    policy = RepairPolicy(**{name: getattr(args, name) for name in POLICY})
    names = ("report", "frames", "kinds", "part", "keep", "in_place", "backup", "no_backup", "strength", "confidence")
    given = {name: getattr(args, name) for name in (*names, "fallback", "fallback_under", "report_out")}
    return RepairOptions(bad_list=args.list, policy=policy, how=motion_and_picture(args), **given)


def run(args: argparse.Namespace) -> int:
    """Plans, prints the plan, repairs."""
    from vfi_plugin.repair.run import repair_with

    options = options_of(args)
    if args.html and not (args.report and args.target):
        raise UsageError("--html shows what a scan found and what became of it: give --report FILE.json and a target")
    with failure_told(args.progress), stop_on_signals() as cancellation:
        report = repair_with(
            args.source, args.target, options, display(args.progress), cancellation, dry_run=args.dry_run
        )
    if args.html and not args.dry_run:
        _save_page(args)
    if args.dry_run and args.progress != "json":
        print("\n".join(report.plan))
    if args.progress == "json":
        print(json.dumps({"event": "report", **report.as_json()}))
    return 0


def _save_page(args: argparse.Namespace) -> None:
    from vfi_plugin.repair.report_page import save_page
    from vfi_plugin.repair.scan_report import ScanReport

    found = ScanReport.load(args.report)
    save_page(found, args.html, args.source, args.target, colorspace=args.colorspace, config=args.config)
