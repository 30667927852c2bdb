"""What A7 and A8 share: moving pictures whose place is known at any time, how they are told to the product, measured.

A picture is a texture's (``vfi_plugin.demo.texture``) at a place, (H, W, 3) float32, scene-linear; a place is how far
it has moved, px along x and y from where it began.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import material
import numpy as np
import numpy.typing as npt

from vfi_plugin.cli.main import main
from vfi_plugin.demo.texture import Texture, TextureRecipe, random_texture

WIDTH, HEIGHT = 320, 180
VELOCITY = (4.0, -1.5)
"""Of every pan here, px a frame."""

INNER = np.s_[44:-44:3, 80:-80:3]
"""Where places are measured: 1,700 values of the picture's middle. At the edges content enters that no frame shows."""

Picture = npt.NDArray[np.float32]
Place = tuple[float, float]


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


def command(*words: object) -> Done:
    """The command line in this process: it takes seconds to start one of its own."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main([str(word) for word in words])
        except SystemExit as left:  # argparse's way
            code = left.code if isinstance(left.code, int) else 1
    return Done(code, out.getvalue(), err.getvalue())


def surface(seed: int) -> Texture:
    """40 sinusoids and checks of 8 px, endless but for the checks."""
    area = (-800.0, -600.0, WIDTH + 1600.0, HEIGHT + 1200.0)
    return random_texture(TextureRecipe(40, 10, 160, 0.07, (1.0, 0.95, 0.85), 80, 0.05, area), seed)


def moved(texture: Texture, place: Place, streak: Place = (0.0, 0.0)) -> Picture:
    """The texture at ``place``, each pixel the mean over its square, or over that and ``streak`` px."""
    box = (1.0 + abs(streak[0]), 1.0 + abs(streak[1]))
    shown = texture.sample(np.arange(WIDTH) - place[0], np.arange(HEIGHT) - place[1], box)
    return np.asarray(shown + np.float32(0.4), np.float32)


def after(frames: float) -> Place:
    """How far a pan has come after so many frames."""
    return VELOCITY[0] * frames, VELOCITY[1] * frames


def write(folder: Path, pictures: Mapping[int, Picture]) -> str:
    """Half RGB; returns the pattern."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, picture in pictures.items():
        planes = {name: picture[..., n].astype(np.float16) for n, name in enumerate("RGB")}
        material.write_exr(file_of(folder, number), planes)
    return str(folder / "clip.####.exr")


def file_of(folder: Path, number: int) -> Path:
    return folder / f"clip.{number:04d}.exr"


def read(folder: Path, number: int) -> Picture:
    channels = material.read_exr(file_of(folder, number))[1]
    return np.stack([channels[name].astype(np.float32) for name in "RGB"], axis=-1)


def header(folder: Path, number: int) -> dict[str, Any]:
    return material.read_exr(file_of(folder, number))[0]


def digests(folder: Path) -> dict[int, str]:
    """Frame number -> digest of the file, of all files of a folder. Any that is no frame under its final name fails."""
    files = sorted(folder.iterdir())
    assert all(path.name.startswith("clip.") and path.suffix == ".exr" for path in files), files
    return {int(path.name.split(".")[1]): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def changed(source: Path, target: Path) -> set[int]:
    """Numbers of those frames of ``target`` that are not, byte for byte, the file of that number in ``source``."""
    before = digests(source)
    return {number for number, digest in digests(target).items() if before.get(number) != digest}


def place_of(picture: Picture, texture: Texture, guess: Place) -> Place:
    """Where the texture is in the picture, by Gauss's and Newton's least squares on the gradient from ``guess`` on.

    The pictures it is compared with are the texture's own closed form, so they need no resampling.
    """
    x, y = np.arange(WIDTH, dtype=np.float64)[INNER[1]], np.arange(HEIGHT, dtype=np.float64)[INNER[0]]
    seen = picture[INNER].mean(axis=2) - 0.4
    at = np.array(guess, np.float64)
    # Wide means first: the checks are 8 px, and a start half of that away must not lock on to the wrong one.
    for width in (9.0, 3.0, 1.0, 1.0):
        own = _luma(texture, x - at[0], y - at[1], width)
        along_x = _luma(texture, x - at[0] + 0.5, y - at[1], width) - _luma(texture, x - at[0] - 0.5, y - at[1], width)
        along_y = _luma(texture, x - at[0], y - at[1] + 0.5, width) - _luma(texture, x - at[0], y - at[1] - 0.5, width)
        slopes = np.stack([-along_x.ravel(), -along_y.ravel()], axis=1).astype(np.float64)
        at += np.linalg.lstsq(slopes, (seen - own).ravel().astype(np.float64), rcond=None)[0]
    return float(at[0]), float(at[1])


def _luma(texture: Texture, x: npt.NDArray[Any], y: npt.NDArray[Any], width: float) -> npt.NDArray[Any]:
    return texture.sample(x, y, (width, width)).mean(axis=2)


def steps(places: Sequence[Place]) -> npt.NDArray[np.float64]:
    """(N - 1, 2): from each place to the next."""
    return np.diff(np.array(places), axis=0)


def findings(report: Path) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = json.loads(report.read_text("utf-8"))["findings"]
    return told


def frames_named(report: Path, kind: str) -> set[int]:
    """By findings of this kind."""
    return {frame for found in findings(report) if found["kind"] == kind for frame in found["frames"]}


def noisy(pictures: Mapping[int, Picture], sigma: float, seed: int = 7) -> dict[int, Picture]:
    """Noise of its own on every frame."""
    random = np.random.default_rng(seed)
    return {
        number: picture + np.float32(sigma) * random.standard_normal(picture.shape, np.float32)
        for number, picture in pictures.items()
    }
