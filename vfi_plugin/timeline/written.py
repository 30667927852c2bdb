"""How every job on a timeline begins and ends: it is read and its targets are checked, then it is written."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from vfi_plugin.timeline.edl import edl_files, write_edls
from vfi_plugin.timeline.exact_time import FrameRate, timeline_rate
from vfi_plugin.timeline.media_path import MediaPlaces
from vfi_plugin.timeline.otio_file import METADATA, check_free, read_timeline, write_text
from vfi_plugin.timeline.resolve_shape import give_start
from vfi_plugin.timing.exact import Number


class FromAndTo(Protocol):
    """What the options of every job on timelines have."""

    @property
    def out(self) -> Path:
        """The timeline to write."""

    @property
    def edl(self) -> Path | None:
        """The EDL to write; None for none."""

    @property
    def drop_frame(self) -> bool:
        """Whether its timecode counts drop-frame."""

    @property
    def overwrite(self) -> bool:
        """Whether what is there already is written again."""

    @property
    def fps(self) -> Number | None:
        """The timeline's rate, where it does not say it."""

    @property
    def sources(self) -> Path | None:
        """Where to look for media that are not where the timeline says."""


@dataclass(frozen=True)
class Opened:
    """A timeline that a job works on, with its rate and the places where its media may be."""

    timeline: Any
    rate: FrameRate
    places: MediaPlaces


def opened(source: Path, options: FromAndTo) -> Opened:
    """Reads a timeline; what would fail when all frames are made fails here.

    Raises:
        UsageError: it says no rate, or what is to be written is there already. InputError: it cannot be read.
    """
    timeline = read_timeline(source)
    edls = [] if options.edl is None else [file for _, file in edl_files(timeline, options.edl)]
    for target in (options.out, *edls):
        check_free(target, source=source, overwrite=options.overwrite)
    rate = timeline_rate(timeline, options.fps)
    rate.timecode(Fraction(0), drop_frame=options.drop_frame)
    return Opened(timeline, rate, MediaPlaces(source.absolute().parent, options.sources))


def write_timeline(timeline: Any, source: Path, where: FromAndTo, rate: FrameRate, command: str) -> tuple[str, ...]:
    """Writes the timeline and the EDL; returns what the EDL could not hold. ``command`` is told in the metadata.

    Raises:
        WriteError: a file cannot be written.
    """
    give_start(timeline, rate)
    timeline.metadata[METADATA] = {"made_by": f"{command} {version('vfi-plugin')}", "source": str(source)}
    write_text(where.out, timeline.to_json_string() + "\n")
    if where.edl is None:
        return ()
    return write_edls(timeline, where.edl, rate, drop_frame=where.drop_frame)
