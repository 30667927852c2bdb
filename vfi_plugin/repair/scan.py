"""The scan: looks at every frame of a clip once, and says which are wrong."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import InputError, UnreadableImageError, UsageError
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.header import PartHeader
from vfi_plugin.media.open_clip import open_clip
from vfi_plugin.render.clip_colour import clip_transform
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.progress import Progress, Silent
from vfi_plugin.repair.decisions import DECISION_REACH, decide
from vfi_plugin.repair.joined_report import joined
from vfi_plugin.repair.look import Looker
from vfi_plugin.repair.measures_folder import PART_FRAMES, MeasuresFolder, part_span
from vfi_plugin.repair.measuring import measured
from vfi_plugin.repair.scan_options import ScanOptions
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.repair.series import Series
from vfi_plugin.timing.ranges import format_range, parse_range

DECIDED_FRAMES = 1024
"""Frames that are decided on at once: some megabytes of measures, and those on either side that have to be looked at
twice are an eighth of them."""

_STEPS = 100
"""Times that progress is told at most: each percent."""


def scan(
    source: str | Path,
    *,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
    **options: Any,
) -> ScanReport:
    """Looks for frames that are wrong: ``vfi.scan("plate.####.exr").save("faults.json")``.

    A few frames are in memory at a time, whatever the length. Every decision is made from a fixed number of frames
    around it, so a part of a clip is judged as it is in the whole.

    Args:
        source: a sequence (``####``, ``%04d``, one file of it) or a movie.
        progress: told how many frames have been looked at; None for silence.
        cancellation: asked between frames whether to stop.
        **options: the attributes of ``ScanOptions``.

    Returns:
        What was found. Files that are damaged or of another size are findings; they stop nothing.

    Raises:
        UsageError: the request is wrong.
        InputError: there is no such clip, or none of its frames can be read.
        WriteError: the measures cannot be kept in the folder ``work``.
        Cancelled: a stop was requested; with ``work``, the next scan goes on where this one was.
    """
    return scan_with(source, ScanOptions(**options), progress or Silent(), cancellation or Cancellation())


def scan_with(source: str | Path, options: ScanOptions, progress: Progress, cancellation: Cancellation) -> ScanReport:
    """Scans a clip; see ``scan``."""
    with open_clip(source) as clip:
        wanted = _wanted(clip, options)
        looker = _looker(clip, options)
        folder = None
        if options.work is not None:
            folder = MeasuresFolder(Path(options.work), clip, options.measuring_settings())
        parts = _Run(clip, looker, folder, progress, cancellation).parts(_around(clip, wanted))
        report = joined(decided(parts, clip, wanted, options))
        height, width = looker.size or (0, 0)
        report = replace(report, source=str(source), rate=clip.rate, size=(width, height))
        progress.end(f"{len(report.numbers)} frames looked at, {len(report.findings)} findings")
        return report


def _wanted(clip: Clip, options: ScanOptions) -> range:
    """Places in the clip of the frames that were asked for."""
    if options.frames is None:
        return range(len(clip.numbers))
    asked = parse_range(options.frames)
    places = [place for place, number in enumerate(clip.numbers) if asked[0] <= number <= asked[-1]]
    if not places:
        raise UsageError(f"frames {options.frames} are not in {clip.name}, which has {format_range(clip.numbers)}")
    return range(places[0], places[-1] + 1)


def _around(clip: Clip, wanted: range) -> range:
    """With the frames on either side that decisions look at."""
    return range(max(wanted.start - DECISION_REACH, 0), min(wanted.stop + DECISION_REACH, len(clip.numbers)))


def decided(parts: Iterator[Series], clip: Clip, wanted: range, options: ScanOptions) -> Iterator[ScanReport]:
    """Reports on spans of the clip in turn, each as soon as all is measured that decides on it.

    Measures that no later span looks at are forgotten, so that their memory does not grow with the clip.
    """
    held: list[Series] = []
    for start in range(wanted.start, wanted.stop, DECIDED_FRAMES):
        span = range(start, min(start + DECIDED_FRAMES, wanted.stop))
        around = _around(clip, span)
        first, last = clip.numbers[around.start], clip.numbers[around.stop - 1]
        held = [part for part in held if part.numbers[-1] >= first]
        while not held or held[-1].numbers[-1] < last:
            held.append(next(parts))
        report = decide(Series.joined(held).between(first, last), options)
        # A hole in the numbering belongs to the span before it.
        end = clip.numbers[span.stop] - 1 if span.stop < wanted.stop else clip.numbers[span.stop - 1]
        yield report.between(clip.numbers[span.start], end)


def _looker(clip: Clip, options: ScanOptions) -> Looker:
    headers = _first_header(clip)
    channels = RetimeOptions(speed=1, channel_rules=options.channel_rules, channels_map=options.channels_map)
    layout = Layout.of(headers, channels)
    if not layout.guides:
        raise InputError(f"{clip.name} has no channel that can be looked at; add R, G and B")
    transform = clip_transform(headers, options.colorspace, options.config)
    return Looker(clip, layout, transform, headers[0].display_window.shape)


def _first_header(clip: Clip) -> tuple[PartHeader, ...]:
    """Of the first frame whose header can be read: a damaged one is what a scan is there to find."""
    why: UnreadableImageError | None = None
    for number in clip.numbers:
        try:
            return clip.header(number)
        except UnreadableImageError as error:
            why = why or error
    raise InputError(f"no frame of {clip.name} can be read: {why}")


@dataclass(frozen=True)
class _Run:
    """One pass over a clip; ``folder`` is where measures are kept, if anywhere."""

    clip: Clip
    looker: Looker
    folder: MeasuresFolder | None
    progress: Progress
    cancellation: Cancellation

    def parts(self, span: range) -> Iterator[Series]:
        """The measures of the frames at these places and perhaps some beside them, part by part.

        Those that are kept already are read from the folder.
        """
        parts = self._parts(span)
        to_do = [part for part in parts if self._load(part) is None]
        self._say_stale(to_do)
        self.progress.begin(sum(len(parts[part]) for part in to_do), self._summary(span))
        measured = self._measured({part: parts[part] for part in to_do})
        for part, places in parts.items():
            if part in to_do:
                yield self._saved(*next(measured))
            else:  # another scan with other options may have written over it in the meantime
                yield self._load(part) or self._saved(*next(self._measured({part: places})))

    def _load(self, part: int) -> Series | None:
        return self.folder.load(part) if self.folder else None

    def _saved(self, part: int, series: Series) -> Series:
        if self.folder:
            self.folder.save(part, series)
        return series

    def _parts(self, span: range) -> dict[int, range]:
        """Spans of PART_FRAMES by number; those of a folder lie on a fixed grid."""
        if self.folder is None:
            return {n: span[n * PART_FRAMES :][:PART_FRAMES] for n in range(-(-len(span) // PART_FRAMES))}
        first, last = span.start // PART_FRAMES, (span.stop - 1) // PART_FRAMES
        return {part: part_span(part, len(self.clip.numbers)) for part in range(first, last + 1)}

    def _say_stale(self, parts: Iterable[int]) -> None:
        if self.folder is None:
            return
        stale = sum(self.folder.is_stale(part) for part in parts)
        if stale:
            self.progress.note(
                f"{stale} of the parts in {self.folder.folder} were measured of other files or with other options; "
                "they are measured anew"
            )

    def _summary(self, span: range) -> str:
        numbers = self.clip.numbers[span.start : span.stop]
        return f"looking at {len(numbers)} frames of {self.clip.name}, {format_range(numbers)}"

    def _measured(self, parts: dict[int, range]) -> Iterator[tuple[int, Series]]:
        """The parts' measures; parts that follow each other are read in one go."""
        total, done = sum(map(len, parts.values())), 0
        told = max(total // _STEPS, 1)
        for run in _runs(parts):
            span = range(parts[run[0]].start, parts[run[-1]].stop)
            frames = measured(self.looker, self.clip.numbers, span, self.cancellation.check)
            for part in run:
                found = []
                for frame in islice(frames, len(parts[part])):
                    found.append(frame)
                    done += 1
                    if done % told == 0 or done == total:
                        self.progress.frame_done(done, total, f"frame {frame.number}")
                yield part, Series.of(found)


def _runs(parts: Iterable[int]) -> list[list[int]]:
    """Numbers of parts, those that follow each other together."""
    runs: list[list[int]] = []
    for part in parts:
        if runs and part == runs[-1][-1] + 1:
            runs[-1].append(part)
        else:
            runs.append([part])
    return runs
