"""``vfi scan``: which frames of a clip are wrong."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from vfi_plugin.cancellation import stop_on_signals
from vfi_plugin.cli.progress_display import STYLES, display, failure_told
from vfi_plugin.errors import UsageError
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.scan_options import ScanOptions
from vfi_plugin.repair.scan_report import Context, ScanReport
from vfi_plugin.timing.ranges import format_range

_EXAMPLES = """examples:
  vfi scan plate.####.exr                                     what is wrong, on the screen
  vfi scan plate.####.exr --report faults.json                and in a file to edit, for 'vfi repair'
  vfi scan movie.mov --html faults.html                       a page to look at in a browser
  vfi scan plate.####.exr --kinds duplicate,dropped           look for these alone
  vfi scan plate.####.exr --threshold duplicate=2             only duplicates that are twice as clear
  vfi scan long.mov --work measures                           stopped and started again, it goes on
"""


def add_parser(commands: Any, about: str) -> None:
    """Adds the command to the parser."""
    parser = commands.add_parser(
        "scan",
        help=about,
        description="Looks at every frame of a clip and says which are wrong; nothing is changed. Exit code 0 whether"
        " something is found or not.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("source", help="sequence (plate.####.exr, plate.%%04d.exr, one file of it) or movie")
    _add_reports(parser)
    _add_search(parser)
    _add_picture(parser)
    parser.add_argument("--progress", choices=STYLES, default="auto", help="how progress is shown")
    parser.set_defaults(run=run)


def _add_reports(parser: argparse.ArgumentParser) -> None:
    reports = parser.add_argument_group("reports")
    reports.add_argument("--report", metavar="FILE.json", type=Path, help="everything, for people and 'vfi repair'")
    reports.add_argument("--csv", metavar="FILE", type=Path, help="a finding a line, for spreadsheets")
    reports.add_argument("--list", metavar="FILE", type=Path, help="lines 'frame,count' with comments")
    reports.add_argument("--nuke-range", metavar="FILE", type=Path, help="the frames as a range that Nuke takes")
    reports.add_argument("--html", metavar="FILE", type=Path, help="a page with a timeline and pictures")


def _add_search(parser: argparse.ArgumentParser) -> None:
    search = parser.add_argument_group("what is looked for")
    kinds = ", ".join(kind.value for kind in Kind)
    search.add_argument("--kinds", metavar="LIST", help=f"some of {kinds}, separated by commas (default: all)")
    search.add_argument("--frames", metavar="A-B", help="the part of the clip to scan (default: all)")
    search.add_argument(
        "--threshold",
        action="append",
        default=[],
        metavar="KIND=FACTOR",
        help="what a finding takes, times the usual: 2 for fewer findings, 0.5 for more",
    )
    search.add_argument(
        "--work", metavar="FOLDER", type=Path, help="keep measures there, so that a scan that was stopped goes on"
    )


def _add_picture(parser: argparse.ArgumentParser) -> None:
    picture = parser.add_argument_group("channels and colour")
    picture.add_argument("--channel", action="append", default=[], metavar="RULE", help="as in 'vfi retime'")
    picture.add_argument("--channels-map", metavar="FILE", help="a YAML file of such rules")
    picture.add_argument(
        "--colorspace", metavar="NAME", help="of the source (default: from the file, else scene-linear)"
    )
    picture.add_argument("--config", metavar="FILE", help="OCIO config (default: $OCIO, else a pinned ACES one)")


def options_of(args: argparse.Namespace) -> ScanOptions:
    """What the arguments ask for. Raises UsageError."""
    return ScanOptions(
        frames=args.frames,
        kinds=None if args.kinds is None else tuple(args.kinds.replace(",", " ").split()),
        thresholds=dict(_threshold(text) for text in args.threshold),
        work=args.work,
        channel_rules=tuple(args.channel),
        channels_map=args.channels_map,
        colorspace=args.colorspace,
        config=args.config,
    )


def _threshold(text: str) -> tuple[str, float]:
    kind, _, factor = text.partition("=")
    try:
        return kind.strip(), float(factor)
    except ValueError:
        raise UsageError(f"--threshold {text!r} is no kind and factor; write it as duplicate=2") from None


def run(args: argparse.Namespace) -> int:
    """Scans, prints what was found, writes the reports."""
    from vfi_plugin.repair.scan import scan_with  # loads OpenCV, which no other command needs to start

    options = options_of(args)
    with failure_told(args.progress), stop_on_signals() as cancellation:
        report = scan_with(args.source, options, display(args.progress, "looking at"), cancellation)
        _write(report, args)
    if args.progress != "json":
        for line in lines(report):
            print(line)
    return 0


def _write(report: ScanReport, args: argparse.Namespace) -> None:
    """The reports that were asked for, each by the module that is loaded for it alone."""
    if args.report:
        report.save(args.report)
    if args.csv or args.list or args.nuke_range:
        from vfi_plugin.media.writing import write_file
        from vfi_plugin.repair import report_files

        if args.csv:
            report_files.save_csv(report, args.csv)
        if args.list:
            report_files.save_list(report, args.list)
        if args.nuke_range:
            write_file(args.nuke_range, f"{report_files.nuke_range(report, tuple(Kind))}\n".encode())
    if args.html:
        from vfi_plugin.repair.report_page import save_page

        save_page(report, args.html, args.source)


def lines(report: ScanReport) -> Iterator[str]:
    """The report for people: each finding, a summary by kind with frame ranges as in Nuke, and what is around them."""
    for finding in report.findings:
        yield str(finding)
    yield from _summary(report)
    yield from _context(report.context)


def _summary(report: ScanReport) -> Iterator[str]:
    yield f"{len(report.findings) or 'no'} findings in {len(report.numbers)} frames"
    for kind in Kind:
        found = report.of_kind(kind)
        if found:
            yield f"  {kind.value:<10} {len(found):>4}  {format_range(report.frames_of(kind))}"


def _context(context: Context) -> Iterator[str]:
    if context.cuts:
        yield f"shots begin at {format_range(context.cuts)}"
    if context.dissolves:
        yield "dissolves: " + ", ".join(f"{first}-{last}" for first, last in context.dissolves)
    for found in context.cadences:
        yield f"cadence {' '.join(map(str, found.pattern))} from {found.first} to {found.last}"
