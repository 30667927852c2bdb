"""Writes a timeline, and its EDL where one is asked for."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

from vfi_plugin.timeline.edl import write_edls
from vfi_plugin.timeline.exact_time import FrameRate
from vfi_plugin.timeline.otio_file import METADATA, write_text
from vfi_plugin.timeline.resolve_shape import give_start


class WhereTo(Protocol):
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


def write_timeline(timeline: Any, source: Path, where: WhereTo, rate: FrameRate, command: str) -> tuple[str, ...]:
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
