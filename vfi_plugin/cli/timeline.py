"""``vfi timeline``: the retimes of an editorial timeline made into media, and its media repaired."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfi_plugin.cancellation import stop_on_signals
from vfi_plugin.cli.progress_display import STYLES, display, failure_told
from vfi_plugin.cli.repair import POLICY, add_how, add_trust
from vfi_plugin.cli.retime import add_gaps, add_motion, add_picture, given_options, motion_and_picture
from vfi_plugin.repair.options import KEEPS

if TYPE_CHECKING:
    from vfi_plugin.timeline.outcome import TimelineReport

_EXAMPLES = """examples:
  vfi timeline retime cut.otio --out cut_retimed.otio --dry-run     which clips, and what would be made
  vfi timeline retime cut.otio --out cut_retimed.otio               makes their media, and a timeline that uses them
  vfi timeline retime cut.otio --out a.otio --edl a.edl             and an EDL
  vfi timeline retime cut.otio --out a.otio --sources /mnt/plates   media were moved since the export
"""

_REPAIR_EXAMPLES = """examples:
  vfi timeline repair cut.otio --out cut_repaired.otio --dry-run        what is wrong, and what would be made
  vfi timeline repair cut.otio --out cut_marked.otio --markers-only     markers on the clips, and no media
  vfi timeline repair cut.otio --out cut_repaired.otio                  markers, repaired media, a cut that shows them
  vfi timeline repair cut.otio --out a.otio --kinds duplicate,dropped   these faults alone
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
    _add_repair(actions)


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
    files = _add_files(parser, "folder for the new media (default: OUT_media, beside OUT.otio)")
    files.add_argument(
        "--handles", type=int, default=0, metavar="N", help="frames more at either end; transitions get theirs anyway"
    )
    add_gaps(parser.add_argument_group("where the source has no frame"))
    add_motion(parser)
    add_picture(parser)
    _add_run(parser)
    parser.set_defaults(run=run_retime)


def _add_repair(actions: Any) -> None:
    parser = actions.add_parser(
        "repair",
        help="mark bad frames in a cut, make them anew, and write a timeline that shows the repaired media",
        description="Scans the frames that each clip shows and marks what is wrong on it. Bad frames are made anew in\n"
        "media beside the originals, and a timeline is written that shows these. No clip changes its\n"
        "length; what cannot be done is told and left as it is.",
        epilog=_REPAIR_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", metavar="IN.otio", help="the timeline, exported as OpenTimelineIO")
    group = _add_files(parser, "folder for the repaired media (default: beside the originals)")
    group.add_argument("--keep", choices=KEEPS[:2], default="link", help="untouched files: hard links or copies")
    what = parser.add_argument_group("what is looked for")
    what.add_argument("--kinds", metavar="KINDS", help="these kinds of findings alone, such as duplicate,torn")
    what.add_argument("--markers-only", action="store_true", help="mark what is found; make no media")
    add_how(parser)
    add_trust(parser)
    add_motion(parser)
    add_picture(parser)
    _add_run(parser)
    parser.set_defaults(run=run_repair)


def _add_files(parser: argparse.ArgumentParser, media: str) -> Any:
    """Adds the files of every job on timelines; returns the group. ``media`` is the help on --media."""
    files = parser.add_argument_group("timeline and media")
    files.add_argument("--out", required=True, metavar="OUT.otio", help="the timeline to write")
    files.add_argument("--media", metavar="DIR", help=media)
    files.add_argument("--edl", metavar="FILE.edl", help="write an EDL as well")
    files.add_argument("--drop-frame", action="store_true", help="timecode of the EDL counts drop-frame (29.97, 59.94)")
    files.add_argument(
        "--sources", metavar="DIR", help="look here, by file name, for media that are not where the timeline says"
    )
    files.add_argument("--fps", help="the timeline's rate, where it does not say it, or says it wrongly")
    return files


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

    options = TimelineOptions(**_files(args), handles=args.handles, how=given_options(args))
    with failure_told(args.progress), stop_on_signals() as cancellation:
        report = retime_timeline(args.source, options, display(args.progress), cancellation, dry_run=args.dry_run)
    return _told(report, args.progress)


def run_repair(args: argparse.Namespace) -> int:
    """Scans, repairs, writes the timeline, prints what became of each clip."""
    from vfi_plugin.timeline.repair import repair_timeline
    from vfi_plugin.timeline.repair_options import TimelineRepairOptions

    names = (*POLICY, "keep", "strength", "confidence", "fallback", "fallback_under")
    how = {**{name: getattr(args, name) for name in names}, **motion_and_picture(args)}
    options = TimelineRepairOptions(**_files(args), markers_only=args.markers_only, kinds=args.kinds, how=how)
    with failure_told(args.progress), stop_on_signals() as cancellation:
        shown = display(args.progress, "going through")
        report = repair_timeline(args.source, options, shown, cancellation, dry_run=args.dry_run)
    return _told(report, args.progress)


def _files(args: argparse.Namespace) -> dict[str, Any]:
    """What ``_add_files`` says, as attributes of the options of both jobs."""
    paths = {name: _path(getattr(args, name)) for name in ("media", "edl", "sources")}
    return {"out": Path(args.out), **paths, "fps": args.fps, "drop_frame": args.drop_frame}


def _told(report: TimelineReport, style: str) -> int:
    """Prints the report; returns the exit code."""
    if style == "json":
        print(json.dumps({"event": "report", **report.as_json()}))
    else:
        print("\n".join(report.lines()))
    if report.failed:
        print(f"vfi timeline: clips that could not be made: {report.failed}; see 'failed' above", file=sys.stderr)
    return report.exit_code


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text).expanduser()
