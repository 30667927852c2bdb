"""Movies for the comparison with peers: decoded frames, as RGB and as they come out of the decoder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt

_MOVIES = (".mp4", ".mov", ".mkv")


@dataclass(frozen=True)
class Movie:
    """Some frames of a movie.

    Attributes:
        name: of its file.
        yuv: as decoded, yuv420p.
        rgb: the same frames, (H, W, 3) uint8.
    """

    name: str
    yuv: list[av.VideoFrame]
    rgb: list[npt.NDArray[np.uint8]]


def clips_in(folder: Path, licence: str) -> list[Path]:
    """The movies of a folder, by name; those of a licence class where a manifest tells it."""
    manifest = folder / "manifest.json"
    if not manifest.exists():
        return sorted(path for path in folder.iterdir() if path.suffix in _MOVIES)
    clips = json.loads(manifest.read_text(encoding="utf-8"))["clips"]
    return sorted(folder / clip["file"] for clip in clips if clip["licence_class"] == licence)


def movie(path: Path, most: int) -> Movie:
    """The first ``most`` frames."""
    with av.open(str(path)) as container:
        pairs = zip(container.decode(video=0), range(most), strict=False)
        yuv = [frame.reformat(format="yuv420p") for frame, _ in pairs]
    return Movie(path.name, yuv, [frame.to_ndarray(format="rgb24") for frame in yuv])


def resized(clip: Movie, size: tuple[int, int]) -> Movie:
    """The same at another width and height."""
    width, height = size
    yuv = [frame.reformat(width, height, format="yuv420p", interpolation="BICUBIC") for frame in clip.yuv]
    return Movie(clip.name, yuv, [frame.to_ndarray(format="rgb24") for frame in yuv])
