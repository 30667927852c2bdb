"""What a scan found as files for other programs: a table, a list of frames, a frame range.

The list is what AviSynth users write by hand to have frames made anew: ``frame,count`` a line, ``#`` begins a comment.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path

from vfi_plugin.media.writing import write_file
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.timing.ranges import format_range

COLUMNS = ("kind", "first", "last", "frames", "count", "score", "why", "lost")
"""Of the table. "frames" is a range as Nuke writes it, for findings with holes between their frames."""

_EVERYTHING_TO_MAKE = tuple(kind for kind in Kind if kind is not Kind.DROPPED)
"""A drop names two good frames with time lost between them; all other kinds name frames to be made anew."""


def save_csv(report: ScanReport, path: str | Path) -> None:
    """Writes a row a finding under a row of ``COLUMNS``, UTF-8. Raises WriteError."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_row(finding) for finding in report.findings)
    write_file(Path(path), table.getvalue().encode())


def save_list(report: ScanReport, path: str | Path, kinds: Collection[Kind] | None = None) -> None:
    """Writes the frames to be made anew: ``first,count`` for each run, under a comment that says what and why.

    A frame that several findings name is listed under the first of them. A drop has no frame to list: it is a comment.

    Args:
        report: what was found.
        path: of the text file, UTF-8.
        kinds: which kinds are written; None for all.

    Raises:
        WriteError: it cannot be written.
    """
    found = report.findings if kinds is None else report.of_kind(*kinds)
    lines = [f"# {_one_line(report.source)}: first frame, count"]
    listed: set[int] = set()
    for finding in found:
        lines += _listed(finding, listed)
        listed.update(() if finding.kind is Kind.DROPPED else finding.frames)
    write_file(Path(path), ("\n".join(lines) + "\n").encode())


def nuke_range(report: ScanReport, kinds: Collection[Kind] | None = None) -> str:
    """The frames that findings name, as Nuke reads them: ``1005 1010 1015-1017``; "" for none.

    Args:
        report: what was found.
        kinds: of which kinds. None for all that name frames to be made anew; the two good frames on either side of a
            drop are named only where ``kinds`` has DROPPED.
    """
    chosen = _EVERYTHING_TO_MAKE if kinds is None else tuple(kinds)
    return format_range(report.frames_of(*chosen)) if chosen else ""


def _row(finding: Finding) -> tuple[object, ...]:
    frames = finding.frames
    counted = (frames[0], frames[-1], format_range(frames), len(frames))
    return (finding.kind.value, *counted, f"{finding.score:.3f}", _one_line(finding.why), finding.lost)


def _listed(finding: Finding, before: Collection[int]) -> Iterator[str]:
    """A comment, and a line for each run of frames that were not listed ``before``."""
    said = f"# {finding.kind.value} {format_range(finding.frames)}: {_one_line(finding.why)}"
    if finding.kind is Kind.DROPPED:
        yield f"{said} ({finding.lost} lost between these two)"
        return
    frames = [frame for frame in finding.frames if frame not in before]
    yield said if len(frames) == len(finding.frames) else f"{said} (what is not below is above)"
    for run in runs_of(frames):
        yield f"{run[0]},{len(run)}"


def runs_of(frames: Collection[int]) -> list[list[int]]:
    """Ascending frame numbers parted where one does not follow the one before it."""
    runs: list[list[int]] = [[frame] for frame in list(frames)[:1]]
    for before, frame in pairwise(frames):
        if frame == before + 1:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    return runs


def _one_line(text: str) -> str:
    """Reports are edited by people, and a line break would make a list's entry of what follows it."""
    return " ".join(text.split())
