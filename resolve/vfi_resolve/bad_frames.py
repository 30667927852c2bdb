"""What is wrong with media that clips show, as the worker's scan tells it, and what a person makes of that."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from vfi_resolve.errors import WrongInputError
from vfi_resolve.timeline_clip import TimelineClip

Finding = dict[str, Any]
"""``kind``, ``frames``, ``score``, ``why``, and ``lost`` of a drop: see the worker's page."""

_RANGE = re.compile(r"(-?\d+)(?:-(-?\d+))?")

_MOST = 10_000
"""Frames in one range: more is a slip of the pen."""

BY_HAND = "torn"
"""What a frame counts as that a person adds: whatever it is, it is made anew whole."""


@dataclass
class Media:
    """Media of clips that are to be repaired.

    Attributes:
        path: as Resolve lists them.
        number: the worker's number of their first frame, which Resolve counts as 0.
        clips: that show them.
        report: of the scan, as the worker takes it back.
    """

    path: str
    number: int
    clips: list[TimelineClip] = field(default_factory=list)
    report: dict[str, Any] = field(default_factory=dict)

    @property
    def used(self) -> tuple[int, int]:
        """First and last frame that a clip shows."""
        ends = [self.shown(clip) for clip in self.clips]
        return min(first for first, _ in ends), max(last for _, last in ends)

    def shown(self, clip: TimelineClip) -> tuple[int, int]:
        """First and last frame that one of the clips shows."""
        return self.number + min(clip.span.ends), self.number + max(clip.span.ends)

    @property
    def findings(self) -> list[Finding]:
        """What the scan found."""
        return list(self.report.get("findings", []))

    def in_clip(self, clip: TimelineClip, findings: Iterable[Finding]) -> list[Finding]:
        """Those of the findings that can be seen in a clip."""
        first, last = self.shown(clip)
        return [finding for finding in findings if any(first <= frame <= last for frame in finding["frames"])]


@dataclass(frozen=True)
class Corrections:
    """What a person changes about what was found.

    Attributes:
        kinds: those that are repaired.
        leave: frames that are left as they are.
        add: frames that are bad, too.
    """

    kinds: frozenset[str]
    leave: frozenset[int] = frozenset()
    add: frozenset[int] = frozenset()

    def applied(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings that are to be repaired."""
        kept = [corrected for finding in findings if (corrected := self._corrected(finding)) is not None]
        if self.add:
            kept.append({"kind": BY_HAND, "frames": sorted(self.add), "score": 1.0, "why": "named by a person"})
        return kept

    def _corrected(self, finding: Finding) -> Finding | None:
        frames = [frame for frame in finding["frames"] if frame not in self.leave]
        whole = len(frames) == len(finding["frames"])
        # A drop is told by the two frames around it: without one of them there is none.
        if finding["kind"] not in self.kinds or not frames or (finding["kind"] == "dropped" and not whole):
            return None
        return {**finding, "frames": frames}


def parse_frames(text: str) -> frozenset[int]:
    """Frames as Nuke writes them: ``1010 1015-1017``; commas are taken, too.

    Raises:
        WrongInputError: they mean nothing.
    """
    found: set[int] = set()
    for word in text.replace(",", " ").split():
        match = _RANGE.fullmatch(word)
        first = int(match[1]) if match else 0
        last = int(match[2]) if match and match[2] is not None else first
        if match is None or not 0 <= last - first < _MOST:
            raise WrongInputError(f'"{word}" is no frame and no range; write 1010 1015-1017')
        found.update(range(first, last + 1))
    return frozenset(found)


def frames_text(frames: Iterable[int]) -> str:
    """``1010 1015-1017``."""
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs(sorted(set(frames))))


def runs(frames: Iterable[int]) -> Iterator[tuple[int, int]]:
    """First and last of each run of successive numbers, of ascending ones."""
    found: list[list[int]] = []
    for frame in frames:
        if found and frame == found[-1][1] + 1:
            found[-1][1] = frame
        else:
            found.append([frame, frame])
    return ((first, last) for first, last in found)
