"""Tiny clips of a texture that moves steadily, for repairs: what was shot is known at every moment.

``picture(moment)`` is the frame that a camera would have shot at a moment in frames, whole or not; ``moment_of`` tells
which moment a frame shows, by comparison with that truth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import material
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT = 64, 48
SPEED = (2.0, 1.0)
"""Pixels a frame."""

Pixels = npt.NDArray[np.float32]

_GENERATOR = np.random.default_rng(7)
_WAVES = _GENERATOR.uniform(-0.55, 0.55, (14, 2))
"""Radians a pixel: periods of 8 px and more, so that tiny pictures hold some of each."""
_PHASES = _GENERATOR.uniform(0, 2 * np.pi, (14, 3))


def picture(moment: float, *, other: bool = False) -> Pixels:
    """(H, W, 3) around 0.4 at a moment; ``other`` is another scene that moves the other way."""
    sign = -1.0 if other else 1.0
    x = np.arange(WIDTH) - sign * SPEED[0] * moment
    y = np.arange(HEIGHT)[:, np.newaxis] - sign * SPEED[1] * moment
    waves = np.roll(_WAVES, 5, axis=1) * 0.8 if other else _WAVES
    angle = waves[:, 0, None, None, None] * x[..., None] + waves[:, 1, None, None, None] * y[..., None]
    return np.asarray(0.4 + 0.035 * np.sin(angle + _PHASES[:, None, None, :]).sum(0), np.float32)


def moment_of(frame: Pixels, near: float, *, margin: int = 8, other: bool = False) -> float:
    """The moment within a frame and a half of ``near`` whose truth is nearest to ``frame``, away from its edges."""
    inner = (slice(margin, -margin), slice(margin, -margin))

    def error(moment: float) -> float:
        return float(np.square(frame[inner] - picture(moment, other=other)[inner]).mean())

    roughly = min(np.linspace(near - 1.5, near + 1.5, 13), key=error)
    return float(min(np.linspace(roughly - 0.2, roughly + 0.2, 17), key=error))


def psnr(frame: Pixels, truth: Pixels, *, margin: int = 8) -> float:
    """Peak signal to noise of linear values, peak 1, away from the edges."""
    inner = (slice(margin, -margin), slice(margin, -margin))
    return float(-10 * np.log10(np.square(frame[inner] - truth[inner]).mean()))


def write(path: Path, pixels: Pixels, header: Mapping[str, Any] | None = None, **more: npt.NDArray[Any]) -> None:
    """One frame as half RGB, and more channels as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    planes = {name: pixels[..., axis].astype(np.float16) for axis, name in enumerate("RGB")}
    material.write_exr(path, {**planes, **more}, header)


def write_moments(folder: Path, moments: Iterable[float], *, first: int = 1001, **how: Any) -> str:
    """Frames that show these moments, in order, from number ``first`` on; returns the pattern."""
    for number, moment in enumerate(moments, first):
        write(folder / f"pan.{number:04d}.exr", picture(moment), **how)
    return str(folder / "pan.####.exr")


def read(path: Path) -> Pixels:
    """(H, W, 3) float32, with the OpenEXR module."""
    planes = material.read_exr(path)[1]
    return np.stack([np.asarray(planes[name], np.float32) for name in "RGB"], axis=-1)


def header_of(path: Path) -> dict[str, Any]:
    """A frame's header."""
    return material.read_exr(path)[0]


def bytes_of(folder: Path, pattern: str = "*.exr") -> dict[str, bytes]:
    """Content of the files of a folder by name."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob(pattern))}
