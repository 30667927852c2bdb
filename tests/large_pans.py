"""Pairs of a texture that pans, made whole or in small pieces, for the tests of large frames at a small size."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import material
import numpy as np
import numpy.typing as npt
import pytest

import vfi_plugin.render.large_motion as large_motion
from vfi_plugin.cancellation import Cancellation
from vfi_plugin.image.guide_curve import encode
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.progress import Progress, Silent
from vfi_plugin.render.retime import plan_retime, retime_with
from vfi_plugin.render.run import made_frames
from vfi_plugin.render.tiling import Tiling

WHOLE = Tiling(1 << 40, 1 << 40, None)
Planes = dict[str, npt.NDArray[Any]]

__all__ = ["WHOLE", "Cancellation", "Pan", "Progress", "Silent", "guide_of", "in_pieces", "retime_with"]


class Pan:
    """Noise of all scales that moves by whole even steps; ``picture`` is the truth at a time of halves.

    Args:
        size: width and height.
        step: pixels right and down from one frame to the next.
    """

    def __init__(self, size: tuple[int, int], step: tuple[int, int] = (0, 0)) -> None:
        self.size, self.step = size, step
        self._margin = 2 * max(abs(step[0]), abs(step[1]))
        width, height = (side + 2 * self._margin for side in size)
        rng = np.random.default_rng(3)
        total = np.zeros((height, width, 3), np.float32)
        for cell in (6, 12, 24, 48, 96):
            coarse = rng.random((height // cell + 3, width // cell + 3, 3), dtype=np.float32)
            total += cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        self._texture = 0.05 + 0.8 * (total - total.min()) / np.ptp(total)

    def picture(self, time: float) -> npt.NDArray[np.float32]:
        """(H, W, 3) at a time."""
        x, y = (self._margin - round(step * time) for step in self.step)
        return np.ascontiguousarray(self._texture[y : y + self.size[1], x : x + self.size[0]], np.float32)

    def write(self, folder: Path, count: int = 2, **more: Callable[[npt.NDArray[np.float32]], Any]) -> str:
        """EXR frames from 1 on, float RGB, and a channel ``more`` of what its function makes of the picture."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in range(count):
            picture = self.picture(float(number))
            planes = {name: np.ascontiguousarray(picture[..., axis]) for axis, name in enumerate("RGB")}
            planes |= {name.replace("_", "."): made(picture) for name, made in more.items()}
            material.write_exr(folder / f"pan.{1 + number}.exr", planes)
        return str(folder / "pan.#.exr")


def in_pieces(
    source: str, tiling: Tiling, monkeypatch: pytest.MonkeyPatch | None = None, block_px: int = 64, **options: Any
) -> Planes:
    """The planes of output frame 2 at half speed, the first new one; blocks have ``block_px`` a side."""
    if monkeypatch is not None:
        monkeypatch.setattr(large_motion, "BLOCK_PX", block_px)
    how = RetimeOptions(**{"speed": 0.5, "frames": "2", "device": "cpu", "cuts": "off", **options})
    job = plan_retime(source, Path(source).parent / "out" / "x.#.exr", how)
    with job.clip:
        [(_, frame)] = made_frames(replace(job, tiling=tiling), Cancellation())
    return dict(frame.parts[0].planes)


def guide_of(planes: Planes) -> npt.NDArray[np.float32]:
    """(H, W, 3): the colour in the units of a guide."""
    return np.stack([encode(planes[name].astype(np.float32)) for name in "RGB"], axis=-1)
