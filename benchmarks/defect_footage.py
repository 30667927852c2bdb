"""Real clips as shots for clips with defects: decoded, made small, taken to linear light."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
from defect_shots import HEIGHT, WIDTH, Picture, Shot

MOVIES = (".mp4", ".mov", ".mkv")


def movies_in(folder: Path) -> list[Path]:
    """The movies of a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix in MOVIES)


def footage(path: Path, most: int, longer_side: int = WIDTH) -> Shot:
    """The first ``most`` frames of a movie (all where it has fewer), its longer side brought down to ``longer_side``.

    Clips that are given here must be clean: no cut, no repeat, nothing lost.
    """
    with av.open(str(path)) as movie:
        frames = [
            _linear(frame.to_ndarray(format="rgb24"), longer_side)
            for frame, _ in zip(movie.decode(video=0), range(most), strict=False)
        ]
    return Shot(path.stem, lambda time: frames[round(time)], len(frames), footage=True)


def _linear(codes: np.ndarray, longer_side: int) -> Picture:
    """(H, W, 3) uint8 -> float32 in linear light by sRGB's curve: what a scan of EXR files gets to see."""
    height, width = codes.shape[:2]
    limit = longer_side if width >= height else longer_side * HEIGHT // WIDTH
    scale = min(1.0, limit / width)
    size = round(width * scale), round(height * scale)
    small = cv2.resize(codes, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    return from_display(small)


def from_display(code: Picture) -> Picture:
    """sRGB's curve, [0, 1] -> linear light (IEC 61966-2-1)."""
    return np.where(code <= 0.04045, code / 12.92, ((np.maximum(code, 0) + 0.055) / 1.055) ** 2.4).astype(np.float32)


def to_display(linear: Picture) -> Picture:
    """The inverse of :func:`from_display`; what is below 0 or above 1 is cut off, as an 8-bit file does."""
    light = np.clip(linear, 0, 1)
    return np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055).astype(np.float32)
