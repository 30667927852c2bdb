"""What a repair did, as an object and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vfi_plugin.media.writing import write_file
from vfi_plugin.timing.ranges import format_range

FORMAT = "vfi repair 1"


@dataclass(frozen=True)
class RepairedFrame:
    """What became of one frame.

    Attributes:
        number: in the repaired clip.
        what: what was wrong: a kind's value, "listed", "hold", "spread" or "inserted"; see ``plan.Change``.
        how: "made from 1004 and 1006 at 1/2".
        sources: frames of the source that it was made from; one where it is a copy.
        t: how far between them, exact, as text; "0" of a copy.
        origin: the frame of the source in whose place it stands; None for one that was lost.
        original: the file of that, as it was before; "" where there is none.
        repaired: the file that was made; of a movie the movie.
        done: "made", "there already" or "planned".
        confidence: of the whole frame, from 0 to 1; None where it was not asked for, or nothing was moved.
        fallback: what was taken instead of moved pixels, "" where those were.
    """

    number: int
    what: str
    how: str
    sources: tuple[int, ...]
    t: str
    origin: int | None
    original: str
    repaired: str
    done: str
    confidence: float | None = None
    fallback: str = ""

    def __str__(self) -> str:
        """ "1005 duplicate: made from 1004 and 1006 at 1/2; confidence 0.93"."""
        told = f"{self.number} {self.what}: {self.how}"
        if self.confidence is not None:
            told += f"; confidence {self.confidence:.2f}"
        return told + (f", {self.fallback}" if self.fallback else "")


@dataclass(frozen=True)
class RepairReport:
    """What a repair did, or would do.

    Attributes:
        source: the clip, as it was named.
        target: where the repaired clip is.
        frames: every repaired frame, ascending.
        kept: number in the repaired clip -> frame of the source that is there as it was.
        keep: how: "link", "copy", "in place" or "written anew".
        removed: frames of the source that the repaired clip does without.
        notes: what else a person should know.
        backup: folder of originals that were rewritten in place, "" where there is none.
        plan: what was decided before work began, in lines for people.
    """

    source: str
    target: str
    frames: tuple[RepairedFrame, ...]
    kept: Mapping[int, int]
    keep: str
    removed: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    backup: str = ""
    plan: tuple[str, ...] = ()

    @property
    def written(self) -> tuple[int, ...]:
        """Repaired frames that this run made."""
        return tuple(frame.number for frame in self.frames if frame.done == "made")

    @property
    def skipped(self) -> tuple[int, ...]:
        """Repaired frames that were there already."""
        return tuple(frame.number for frame in self.frames if frame.done == "there already")

    def summary(self) -> str:
        """One line: "24 repaired, 0 already there, 96 untouched (link)"."""
        text = f"{len(self.written)} repaired, {len(self.skipped)} already there"
        text += f", {len(self.kept)} untouched ({self.keep})"
        if self.removed:
            text += f", {len(self.removed)} removed"
        fallen = [frame.number for frame in self.frames if frame.fallback]
        if fallen:
            text += f"; motion not trusted: {format_range(fallen)}"
        return text + (f"; originals in {self.backup}" if self.backup else "")

    def lines(self) -> Iterator[str]:
        """A line a frame where there is more to say than was planned: its confidence, and what was taken instead."""
        yield from (str(frame) for frame in self.frames if frame.confidence is not None)

    def as_json(self) -> dict[str, Any]:
        """For ``json.dumps``."""
        return {
            "format": FORMAT,
            "source": self.source,
            "target": self.target,
            "frames": [{**vars(frame), "sources": list(frame.sources)} for frame in self.frames],
            "kept": {str(number): origin for number, origin in self.kept.items()},
            "keep": self.keep,
            "removed": list(self.removed),
            "notes": list(self.notes),
            "backup": self.backup,
            "plan": list(self.plan),
        }

    def save(self, path: str | Path) -> None:
        """Writes the JSON. Raises WriteError."""
        write_file(Path(path), (json.dumps(self.as_json(), indent=1) + "\n").encode())
