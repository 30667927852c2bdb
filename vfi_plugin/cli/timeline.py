"""``vfi timeline``: the retimes of an editorial timeline, made into media."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from vfi_plugin.cancellation import stop_on_signals
from vfi_plugin.cli.progress_display import STYLES, display, failure_told
from vfi_plugin.cli.retime import add_gaps, add_motion, add_picture, given_options

_EXAMPLES = """examples:
  vfi timeline retime cut.otio --out cut_retimed.otio --dry-run     which clips, and what would be made
  vfi timeline retime cut.otio --out cut_retimed.otio               makes their media, and a timeline that uses them
  vfi timeline retime cut.otio --out a.otio --edl a.edl             and an EDL
  vfi timeline retime cut.otio --out a.otio --sources /mnt/plates   media were moved since the export
"""


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser; ``about`` stands beside its name in ``vfi --help``."""
    parser = commands.add_parser(
        "timeline",
        help=about,
        description="Works on timelines that an editing system exports as OpenTimelineIO.",
    )
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    _add_retime(actions)


def _add_retime(actions: Any) -> None:
    parser = actions.add_parser(
        "retime",
        help="new media for every clip of constant speed, and a timeline that uses them",
        description="Makes an EXR sequence for every clip that runs at a constant speed, backwards or frozen, and\n"
        "writes a timeline with the same cut that shows these without an effect. What cannot be done is\n"
        "told and left as it is; the exit code is then that of the first failure.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="IN.otio", help="the timeline, exported as OpenTimelineIO")
    _add_files(parser)
    add_gaps(parser.add_argument_group("where the source has no frame"))
    add_motion(parser)
    add_picture(parser)
    _add_run(parser)
    parser.set_defaults(run=run_retime)


def _add_files(parser: argparse.ArgumentParser) -> None:
    files = parser.add_argument_group("timeline and media")
    files.add_argument("--out", required=True, metavar="OUT.otio", help="the timeline to write")
    files.add_argument("--media", metavar="DIR", help="folder for the new media (default: OUT_media, beside OUT.otio)")
    files.add_argument("--edl", metavar="FILE.edl", help="write an EDL as well")
    files.add_argument("--drop-frame", action="store_true", help="timecode of the EDL counts drop-frame (29.97, 59.94)")
    files.add_argument(
        "--sources", metavar="DIR", help="look here, by file name, for media that are not where the timeline says"
    )
    files.add_argument("--fps", help="the timeline's rate, where it does not say it, or says it wrongly")
    files.add_argument(
        "--handles", type=int, default=0, metavar="N", help="frames more at either end; transitions get theirs anyway"
    )


def _add_run(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("run")
    group.add_argument("--overwrite", action="store_true", help="make again what is already there")
    group.add_argument("--progress", choices=STYLES, default="auto", help="how progress is shown")
    group.add_argument("--dry-run", action="store_true", help="print what would be made and stop")


def run_retime(args: argparse.Namespace) -> int:
    """Makes the media, writes the timeline, prints what became of each clip."""
    # Only here: OpenTimelineIO takes a while to load, and other commands need none of it.
    from vfi_plugin.timeline.options import TimelineOptions
    from vfi_plugin.timeline.retime import retime_timeline

    options = TimelineOptions(
        out=Path(args.out),
        media=_path(args.media),
        edl=_path(args.edl),
        sources=_path(args.sources),
        fps=args.fps,
        handles=args.handles,
        drop_frame=args.drop_frame,
        how=given_options(args),
    )
    with failure_told(args.progress), stop_on_signals() as cancellation:
        report = retime_timeline(args.source, options, display(args.progress), cancellation, dry_run=args.dry_run)
    if args.progress == "json":
        print(json.dumps({"event": "report", **report.as_json()}))
    else:
        print("\n".join(report.lines()))
    if report.failed:
        print(f"vfi timeline: clips that could not be made: {report.failed}; see 'failed' above", file=sys.stderr)
    return report.exit_code


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text).expanduser()
