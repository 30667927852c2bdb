"""What is measured on each frame of a retimed demo clip."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.demo.contact_sheet import Comparison
from vfi_plugin.demo.scene import DemoScene
from vfi_plugin.evaluate.metrics import psnr_log
from vfi_plugin.image.frame import Part
from vfi_plugin.image.window import Window

DATA_CHANNELS = ("depth.Z", "id.r")
"""Channels whose values name things: a mean of two of them means nothing."""


@dataclass(frozen=True)
class Observation:
    """One frame of a retimed clip.

    Attributes:
        clip: which one, "2x" or "4x".
        time: when it is, in source frames after the first; whole for a source frame.
        is_same: whether it is, bit for bit in every channel, the source frame of its time; None for an in-between.
        keeps_layout: whether windows, channels and their types are those of the source.
        highest: of R, G and B; ``lowest`` is the other end.
        alpha_range: lowest and highest alpha.
        fingerprint: of every channel's bits.
        strange_values: how many different values of the data channels the two source frames around it do not have.
        average_db: PSNR of the weighted mean of those two frames against the truth; 0 for a source frame.
        made_db: PSNR of the frame itself.
    """

    clip: str
    time: Fraction
    is_same: bool | None
    keeps_layout: bool
    highest: float
    lowest: float
    alpha_range: tuple[float, float]
    fingerprint: str
    strange_values: int = 0
    average_db: float = 0.0
    made_db: float = 0.0

    @property
    def is_between(self) -> bool:
        """Whether it had to be made."""
        return self.is_same is None


class Witness:
    """Compares frames with the scene they should show, and with the source frames they were made of.

    Args:
        scene: knows the truth.
        sources: the source frames as read from disk, at times 0, 1, 2...
    """

    def __init__(self, scene: DemoScene, sources: Sequence[Part]) -> None:
        self._scene = scene
        self._sources = sources
        self._bits = [_fingerprint(part) for part in sources]
        self._truths: dict[Fraction, npt.NDArray[np.float32]] = {}

    def observe(self, clip: str, time: Fraction, made: Part) -> Observation:
        """Measures ``made``, the frame of ``clip`` at ``time``."""
        colour = np.stack([made.planes[name] for name in "RGB"])
        alpha = made.planes["A"]
        seen = Observation(
            clip=clip,
            time=time,
            is_same=_fingerprint(made) == self._bits[int(time)] if time.denominator == 1 else None,
            keeps_layout=_layout(made) == _layout(self._sources[0]),
            highest=float(colour.max()),
            lowest=float(colour.min()),
            alpha_range=(float(alpha.min()), float(alpha.max())),
            fingerprint=_fingerprint(made),
        )
        return seen if time.denominator == 1 else self._with_scores(seen, made)

    def _with_scores(self, seen: Observation, made: Part) -> Observation:
        around = self._around(seen.time)
        compared = self.comparison("", seen.time, made)
        strange = sum(self._strange(name, made, around) for name in DATA_CHANNELS)
        return replace(
            seen,
            strange_values=strange,
            average_db=psnr_log(compared.average, compared.truth),
            made_db=psnr_log(compared.result, compared.truth),
        )

    def comparison(self, label: str, time: Fraction, made: Part, detail: Window | None = None) -> Comparison:
        """``made`` beside the truth and the weighted mean of the source frames around it, inside the format."""
        before, after = (self._rgb(part) for part in self._around(time))
        t = np.float32(time % 1)
        return Comparison(
            label=label,
            earlier=before,
            average=(1 - t) * before + t * after,
            result=self._rgb(made),
            truth=self._truth(time),
            detail=detail,
        )

    def _strange(self, name: str, made: Part, around: tuple[Part, Part]) -> int:
        """How many different values of a channel are in neither of the frames around it."""
        known = np.concatenate([np.unique(part.planes[name]) for part in around])
        return int(np.count_nonzero(~np.isin(np.unique(made.planes[name]), known)))

    def _around(self, time: Fraction) -> tuple[Part, Part]:
        return self._sources[int(time)], self._sources[int(time) + 1]

    def _truth(self, time: Fraction) -> npt.NDArray[np.float32]:
        """Kept, because both clips have a frame at the middle of each pair."""
        if time not in self._truths:
            self._truths[time] = self._rgb(self._scene.frame(time).parts[0])
        return self._truths[time]

    def _rgb(self, part: Part) -> npt.NDArray[np.float32]:
        """(H, W, 3) float32 over the display window, scene-linear."""
        planes = [part.plane_over(name, self._scene.display_window) for name in "RGB"]
        return np.stack(planes, axis=-1).astype(np.float32)


def _layout(part: Part) -> tuple[Any, ...]:
    types = {name: plane.dtype for name, plane in part.planes.items()}
    return part.data_window, part.display_window, types


def _fingerprint(part: Part) -> str:
    bits = sha256()
    for name, plane in sorted(part.planes.items()):
        bits.update(name.encode() + plane.tobytes())
    return bits.hexdigest()
