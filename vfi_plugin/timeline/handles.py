"""Frames that are needed before and after a clip: transitions show them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import opentimelineio as otio

from vfi_plugin.timeline.exact_time import FrameRate, seconds_of


@dataclass(frozen=True)
class Handles:
    """How many frames beyond its cuts a clip should have.

    Attributes:
        rate: of the timeline.
        least: frames on either side, whether or not a transition needs them.
    """

    rate: FrameRate
    least: int = 0

    def around(self, clip: Any) -> tuple[int, int]:
        """Frames wanted before and after a clip.

        A transition runs from ``in_offset`` before a cut to ``out_offset`` after it: the later clip is seen
        ``in_offset`` before it begins, the earlier one until ``out_offset`` after its end.
        """
        before = after = 0
        track = clip.parent()
        if isinstance(track, otio.schema.Track):
            earlier, later = track.neighbors_of(clip)
            if isinstance(earlier, otio.schema.Transition):
                before = self.rate.frames_needed(seconds_of(earlier.in_offset))
            if isinstance(later, otio.schema.Transition):
                after = self.rate.frames_needed(seconds_of(later.out_offset))
        return max(before, self.least), max(after, self.least)
