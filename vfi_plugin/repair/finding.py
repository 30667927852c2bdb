"""What can be wrong with frames of a clip, in the words of reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from vfi_plugin.timing.ranges import format_range


class Kind(str, Enum):
    """What is wrong. The values are those of reports and of the command line."""

    DUPLICATE = "duplicate"
    """A frame that shows again what the one before it shows, in a shot that moves."""

    DROPPED = "dropped"
    """Between two frames with successive numbers lies more time than one frame."""

    MISSING = "missing"
    """A hole in the numbering: there is no such file."""

    BLURRED = "blurred"
    """A frame lost fine structure that its neighbours have and that motion does not account for."""

    FLASH = "flash"
    """The light of one or a few frames jumps and comes back."""

    BLACK = "black"
    """One or a few frames without a picture within a shot."""

    TORN = "torn"
    """A part of the frame, such as its lower half or a band, is not of this picture."""

    FROZEN = "frozen"
    """A part of the frame stands still for a moment while it moves before and after."""

    NOT_FINITE = "nan"
    """The colour holds NaN or infinite values."""

    UNREADABLE = "unreadable"
    """The file is damaged."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes:
        kind: what.
        frames: numbers of the frames concerned, ascending. Of DROPPED the two between which time is lost; of all
            others those that are to be made anew, so for DUPLICATE not the one that they repeat.
        score: how clear it is, as a multiple of what it takes to be a finding: 1 and more. Where there is nothing to
            doubt (a missing file), 1.
        why: one sentence for people, with the numbers that it was decided by.
        lost: of DROPPED, how many frames lie in the gap; 0 of all others.
    """

    kind: Kind
    frames: tuple[int, ...]
    score: float
    why: str
    lost: int = 0

    @property
    def order(self) -> tuple[tuple[int, ...], str]:
        """By which reports list findings: frames, then kind."""
        return self.frames, self.kind.value

    def __str__(self) -> str:
        """ "duplicate 1005: ..." """
        return f"{self.kind.value} {format_range(self.frames)}: {self.why}"
