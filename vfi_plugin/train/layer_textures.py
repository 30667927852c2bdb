"""Surfaces of layers that no camera saw: clouds, camouflage, stripes, tiles, print, plain colours.

A texture is (3, C, C) float32 RGB in [0, 1], display-referred.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from vfi_plugin.train.layer_masks import text_mask
from vfi_plugin.train.spectrum import fractal_noise

Floats = npt.NDArray[np.float32]


def random_texture(side: int, rng: np.random.Generator) -> Floats:
    """Any of them, each as likely as another."""
    drawn = _TEXTURES[int(rng.integers(len(_TEXTURES)))](side, rng)
    return np.asarray(np.clip(drawn, 0.0, 1.0), np.float32)


def _colours(rng: np.random.Generator, count: int) -> Floats:
    """(count, 3, 1, 1): greys with a tint, as most of what is filmed; they differ more by light than by tint."""
    light = rng.uniform(0.15, 0.85) + rng.normal(0.0, 0.2, (count, 1))
    colours: Floats = np.clip(light + rng.normal(0.0, 0.1, (count, 3)), 0.02, 0.98).astype(np.float32)
    return colours[:, :, None, None]


def _mixed(share: Floats, first: Floats, second: Floats) -> Floats:
    """(C, C) in [0, 1] and two (3, 1, 1) -> (3, C, C)."""
    mixed: Floats = first + (second - first) * share
    return mixed


def _clouds(side: int, rng: np.random.Generator) -> Floats:
    """Noise from one colour to another, each channel with a little of its own."""
    falloff = rng.uniform(0.9, 2.2)
    first, second = _colours(rng, 2)
    common = fractal_noise(side, rng, falloff)
    own = np.stack([fractal_noise(side, rng, falloff) for _ in range(3)])
    picture: Floats = _mixed(0.5 + 0.3 * common, first, second) + 0.04 * own
    return picture


def _camouflage(side: int, rng: np.random.Generator) -> Floats:
    """Noise in steps: even patches with hard edges."""
    levels = int(rng.integers(3, 7))
    noise = fractal_noise(side, rng, rng.uniform(1.5, 2.5), longest=0.5)
    steps = np.searchsorted(np.quantile(noise, np.arange(1, levels) / levels), noise)
    return np.ascontiguousarray(_colours(rng, levels)[:, :, 0, 0][steps].transpose(2, 0, 1))


def _stripes(side: int, rng: np.random.Generator) -> Floats:
    """Waves in one direction or two, soft or hard: what has more than one match, as railings and windows have."""
    line = np.arange(side, dtype=np.float32)
    angle, length = rng.uniform(0, np.pi), rng.uniform(8.0, 0.25 * side)
    hardness = rng.uniform(1.0, 6.0)
    along = (line[None, :] * np.cos(angle) + line[:, None] * np.sin(angle)) * (2 * np.pi / length)
    across = (line[:, None] * np.cos(angle) - line[None, :] * np.sin(angle)) * (2 * np.pi / length)
    wave = np.clip(0.5 + 0.5 * hardness * np.sin(along), 0.0, 1.0)
    if rng.random() < 0.5:
        wave = wave * np.clip(0.5 + 0.5 * hardness * np.sin(across), 0.0, 1.0)
    first, second = _colours(rng, 2)
    return _mixed(wave, first, second)


def _tiles(side: int, rng: np.random.Generator) -> Floats:
    """A small piece of clouds over and over, with joints: a wall, a floor."""
    tile = int(rng.integers(side // 12, side // 4))
    piece = _clouds(tile, rng)
    joint = max(1, tile // 16)
    piece[:, :joint], piece[:, :, :joint] = _colours(rng, 1)[0], _colours(rng, 1)[0]
    times = -(-side // tile)
    return np.tile(piece, (1, times, times))[:, :side, :side]


def _print(side: int, rng: np.random.Generator) -> Floats:
    """Lines of made-up letters on an even ground."""
    first, second = _colours(rng, 2)
    return _mixed(text_mask(side, rng, int(rng.integers(3, 9))), first, second)


def _plain(side: int, rng: np.random.Generator) -> Floats:
    """One colour that fades into another: nothing to match by."""
    line = np.linspace(0.0, 1.0, side, dtype=np.float32)
    angle = rng.uniform(0, np.pi / 2)
    ramp = (line[None, :] * np.cos(angle) + line[:, None] * np.sin(angle)) / (np.cos(angle) + np.sin(angle))
    first, second = _colours(rng, 2)
    return _mixed(ramp, first, first + (second - first) * np.float32(rng.uniform(0.0, 0.6)))


_TEXTURES: tuple[Callable[[int, np.random.Generator], Floats], ...] = (
    _clouds, _clouds, _camouflage, _stripes, _tiles, _print, _plain,
)  # fmt: skip
