"""Data sets of published layouts, a few small pictures each: textures that move evenly, so every time is known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 64, 48
SPEED_PX = 1.5
"""Rightwards a frame."""


def picture(position: float, look: int = 0) -> Picture:
    """(48, 64, 3) uint8 R G B: the texture of ``look`` after ``position`` frames."""
    rng = np.random.default_rng(look)
    x, y = np.meshgrid(np.arange(WIDTH) - SPEED_PX * position, np.arange(HEIGHT))
    light = np.zeros((HEIGHT, WIDTH, 3))
    for _ in range(30):  # enough waves that no motion takes one look into another: a cut is seen
        across, down = rng.uniform(-0.9, 0.9, 2)
        light += np.sin((across * x + down * y)[..., None] + rng.uniform(0, 2 * np.pi, 3))
    return np.clip(np.rint(127.5 + 12 * light), 0, 255).astype(np.uint8)


def write_picture(path: Path, pixels: npt.NDArray[np.uint8]) -> None:
    """Any format that OpenCV writes, its folder made if needed; (H, W, 3) R G B or (H, W)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels[..., ::-1] if pixels.ndim == 3 else pixels)


def read_picture(path: Path) -> Picture:
    """(H, W, 3) R G B."""
    return cv2.imread(str(path))[..., ::-1]


def write_middlebury(root: Path, names: Sequence[str], *, flat: bool = False) -> None:
    for look, name in enumerate(names):
        data, truth = (root / name,) * 2 if flat else (root / "other-data" / name, root / "other-gt-interp" / name)
        write_picture(data / "frame10.png", picture(0, look))
        write_picture(data / "frame11.png", picture(1, look))
        write_picture(truth / "frame10i11.png", picture(0.5, look))


def write_ucf101(root: Path, numbers: Iterable[int]) -> None:
    for number in numbers:
        for name, position in (("frame_00", 0), ("frame_01_gt", 0.5), ("frame_02", 1)):
            write_picture(root / str(number) / f"{name}.png", picture(position, number))


def write_mask(path: Path, rows: slice) -> None:
    """White in some rows, black elsewhere."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[rows] = 255
    write_picture(path, mask)


def write_vimeo(root: Path, names: Sequence[str], *, frames: int) -> None:
    """3 frames: triplets; 7: septuplets. The list ends in a blank line, as the published ones do."""
    for look, name in enumerate(names):
        for number in range(1, frames + 1):
            write_picture(root / "sequences" / name / f"im{number}.png", picture(number - 1, look))
    listing = {3: "tri_testlist.txt", 7: "sep_testlist.txt"}[frames]
    (root / listing).write_text("\n".join(names) + "\n\n")


def write_frames(folder: Path, numbers: Iterable[int], *, name: str = "{:04d}.png", look: int = 0) -> None:
    """Frame n is the texture after n frames."""
    for number in numbers:
        write_picture(folder / name.format(number), picture(number, look))
