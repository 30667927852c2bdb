"""What the worker is asked to make."""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from vfi_resolve.choices import Choices, percent
from vfi_resolve.media_path import Frames, frames_beside
from vfi_resolve.timeline_clip import TimelineClip

_FIRST_NUMBER = 1001
"""Of new frames, as compositors number them: there is room for handles before."""


@dataclass(frozen=True)
class Job:
    """Frames to make.

    Attributes:
        source: what they are made of, as the worker takes it.
        frames: where they go.
        positions: the source frame number that each of them shows; fractions lie between two.
        model: a name of the worker's list.
        overwrite: render again what is there.
        speed: for people.
    """

    source: str
    frames: Frames
    positions: tuple[Fraction, ...]
    model: str
    overwrite: bool
    speed: Fraction

    @property
    def options(self) -> dict[str, Any]:
        """As the worker takes them."""
        positions = [str(position) for position in self.positions]
        return {
            "positions": positions,
            "start": self.frames.first,
            "model": self.model,
            "overwrite": self.overwrite,
        }

    @property
    def record(self) -> str:
        """JSON for the marker on the clip: enough to make the frames again."""
        return json.dumps(
            {
                "vfi": 1,
                "source": self.source,
                "target": self.frames.pattern,
                "start": self.frames.first,
                "count": self.frames.count,
                "first": str(self.positions[0]),
                "last": str(self.positions[-1]),
                "speed": percent(self.speed),
                "model": self.model,
            }
        )


def make_job(clip: TimelineClip, choices: Choices, number: int) -> Job:
    """The frames that the choices ask for.

    Args:
        clip: what is retimed.
        choices: how.
        number: of the first frame of the media, as the worker counts.
    """
    begin, end = (number + frame for frame in choices.span.ends)
    tag = f"{begin}-{end}_{choices.length}f_{choices.model}"
    positions = choices.span.positions(choices.step, choices.length)
    return Job(
        source=clip.path,
        frames=frames_beside(clip.path, tag, _FIRST_NUMBER, choices.length),
        positions=tuple(number + position for position in positions),
        model=choices.model,
        overwrite=choices.overwrite,
        speed=choices.speed,
    )
