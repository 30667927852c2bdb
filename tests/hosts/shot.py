"""A small plate on disk, and nodes that read it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import material
import numpy as np

from .fake_nuke import FakeNuke

WIDTH, HEIGHT, STEP_PX = 48, 40, 2


@dataclass(frozen=True)
class Shot:
    """Frames that pan to the right, with alpha, depth, a data window beyond the format, and a film rate."""

    folder: Path
    first: int = 1001
    count: int = 4
    name: str = "plate"
    gain: float = 1.0

    @property
    def pattern(self) -> str:
        return f"{self.folder.as_posix()}/{self.name}.%04d.exr"

    @property
    def last(self) -> int:
        return self.first + self.count - 1

    def write(self) -> Shot:
        self.folder.mkdir(parents=True, exist_ok=True)
        for frame in range(self.first, self.last + 1):
            material.write_exr(Path(self.pattern % frame), self._planes(frame), _header())
        return self

    def _planes(self, frame: int) -> dict[str, Any]:
        columns = np.arange(WIDTH) - STEP_PX * (frame - self.first)
        rows = np.arange(HEIGHT)[:, None]
        wave = (
            0.5
            + 0.3 * np.sin(columns * 0.45)[None, :] * np.cos(rows * 0.35)
            + 0.2 * np.sin(columns * 0.13 + rows * 0.2)
        )
        colours = {"R": wave * 4, "G": wave * 0.5, "B": wave * 0.2 - 0.05}
        planes = {name: (plane * self.gain).astype(np.float16) for name, plane in colours.items()}
        ones = np.ones((HEIGHT, WIDTH))
        return {**planes, "A": ones.astype(np.float16), "depth.Z": (wave * 100).astype(np.float32)}


def _header() -> dict[str, Any]:
    data = (np.array([-4, -4], np.int32), np.array([WIDTH - 5, HEIGHT - 5], np.int32))
    display = (np.array([0, 0], np.int32), np.array([WIDTH - 9, HEIGHT - 9], np.int32))
    rate = Fraction(24000, 1001)
    return {"dataWindow": data, "displayWindow": display, "framesPerSecond": rate}


def read_node(nuke: FakeNuke, shot: Shot, **knobs: Any) -> Any:
    """A Read of the plate."""
    numbers = {"first": shot.first, "last": shot.last, "origfirst": shot.first, "origlast": shot.last}
    return nuke.nodes.Read(file=shot.pattern, file_type="exr", **numbers, **knobs)
