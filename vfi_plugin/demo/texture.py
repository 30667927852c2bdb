"""Surfaces that are known exactly at every position: sums of sinusoids, checker patches, soft shapes.

Convention: pixel (column i, row j) is the square of side 1 around the point ``(i, j)``; x runs right, y down. A texture
is averaged over that square in closed form, so moving it by any part of a pixel needs no resampling: the moved picture
is as exact as the first one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Texture:
    """An endless plane of sinusoids with square patches of checker pattern on it.

    Attributes:
        frequencies: ``(K, 2)``, cycles a pixel along x and y.
        phases: ``(K,)``, radians.
        amplitudes: ``(K, C)``, each sinusoid's strength in each of the C channels.
        patches: ``(P, 2)``, left and top edge of each patch, in pixels.
        patch_contrasts: ``(P, C)``, added on the bright squares of a patch and taken off the dark ones.
        patch_px: side of a patch, a whole and even number of checks.
        check_px: side of one check.
    """

    frequencies: Floats
    phases: Floats
    amplitudes: Floats
    patches: Floats
    patch_contrasts: Floats
    patch_px: float = 64.0
    check_px: float = 8.0

    def sample(self, x: Floats, y: Floats, box_px: tuple[float, float] = (1.0, 1.0)) -> Plane:
        """The texture over columns at ``x`` (W,) and rows at ``y`` (H,): ``(H, W, C)`` float32, mean 0.

        ``box_px`` is the width and height over which each value is the mean: 1 for a pixel, longer along the motion for
        the streak of an open shutter. Every term is a function of x times a function of y, so a picture is one matrix
        product a channel.
        """
        columns, rows = self._terms(x, y, box_px)
        weights = np.concatenate([self.amplitudes, self.amplitudes, self.patch_contrasts])
        picture = np.empty((len(y), len(x), weights.shape[1]), np.float32)
        for channel in range(weights.shape[1]):
            picture[..., channel] = (rows.T * weights[:, channel].astype(np.float32)) @ columns
        return picture

    def _terms(self, x: Floats, y: Floats, box_px: tuple[float, float]) -> tuple[Plane, Plane]:
        """The factors along x, ``(2K + P, W)``, and along y, ``(2K + P, H)``: sin(a + b) = sin a cos b + cos a sin b.

        The mean of a sinusoid over a box is the same sinusoid, weaker by sinc(frequency * width).
        """
        along_x = 2 * np.pi * np.outer(self.frequencies[:, 0], x) + self.phases[:, None]
        along_y = 2 * np.pi * np.outer(self.frequencies[:, 1], y)
        gain = np.sinc(self.frequencies[:, :1] * box_px[0]) * np.sinc(self.frequencies[:, 1:] * box_px[1])
        patch_x = self._patch_profile(x, self.patches[:, 0], box_px[0])
        patch_y = self._patch_profile(y, self.patches[:, 1], box_px[1])
        columns = np.concatenate([gain * np.sin(along_x), gain * np.cos(along_x), patch_x])
        rows = np.concatenate([np.cos(along_y), np.sin(along_y), patch_y])
        return columns.astype(np.float32), rows.astype(np.float32)

    def _patch_profile(self, position: Floats, starts: Floats, box_px: float) -> Floats:
        """``(P, N)``: +1 and -1 by turns inside each patch, 0 outside, averaged over ``box_px``."""

        def integral(offset: Floats) -> Floats:
            inside = np.clip(offset, 0.0, self.patch_px) % (2 * self.check_px)
            wave: Floats = np.minimum(inside, 2 * self.check_px - inside)
            return wave

        offset = position[None, :] - starts[:, None]
        return (integral(offset + box_px / 2) - integral(offset - box_px / 2)) / box_px


@dataclass(frozen=True)
class TextureRecipe:
    """What a random texture is made of; lengths in pixels, strengths in the units of the picture.

    Attributes:
        sinusoids: how many.
        shortest_px: the shortest wavelength; 10 stays well clear of the 2 px that a pixel grid can carry.
        longest_px: the longest wavelength.
        strength: standard deviation of the sum of sinusoids.
        tint: strength of each channel, relative; its length is the number of channels.
        patches: how many patches of checker.
        patch_contrast: contrast of the patches.
        area_px: left, top, width and height in which the patches lie.
    """

    sinusoids: int = 40
    shortest_px: float = 10.0
    longest_px: float = 160.0
    strength: float = 0.09
    tint: tuple[float, ...] = (1.0, 1.0, 1.0)
    patches: int = 0
    patch_contrast: float = 0.1
    area_px: tuple[float, float, float, float] = (0.0, 0.0, 1920.0, 1080.0)


def random_texture(recipe: TextureRecipe, seed: int) -> Texture:
    """The texture that ``recipe`` and ``seed`` describe, the same on every machine.

    Wavelengths are spread evenly over the octaves, directions over the circle. Each channel follows the common pattern
    with a variation of its own, so that the picture has colour and not only brightness.
    """
    random = np.random.default_rng(seed)
    wavelength = recipe.shortest_px * (recipe.longest_px / recipe.shortest_px) ** random.random(recipe.sinusoids)
    direction = 2 * np.pi * random.random(recipe.sinusoids)
    phases = 2 * np.pi * random.random(recipe.sinusoids)
    tint = np.asarray(recipe.tint)
    # A sinusoid of amplitude a has the standard deviation a / sqrt(2), and independent ones add in squares.
    amplitude = recipe.strength * np.sqrt(2 / max(recipe.sinusoids, 1))
    variation = 0.7 + 0.6 * random.random((recipe.sinusoids, len(tint)))
    left, top, width, height = recipe.area_px
    corners = random.random((recipe.patches, 2)) * [width, height] + [left, top]
    return Texture(
        frequencies=np.stack([np.cos(direction), np.sin(direction)], axis=1) / wavelength[:, None],
        phases=phases,
        amplitudes=amplitude * variation * tint,
        patches=corners,
        patch_contrasts=np.full((recipe.patches, len(tint)), recipe.patch_contrast) * tint,
    )


def coverage(distance_px: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """How much of a pixel a shape covers, from the distance of its centre to the edge (negative inside): [0, 1].

    Exact for a straight edge along the grid; within 0.05 for a slanted one.
    """
    return np.clip(0.5 - distance_px, 0.0, 1.0)


def smooth_coverage(distance_px: npt.NDArray[Any], falloff_px: float) -> npt.NDArray[Any]:
    """A soft edge: 1 from ``falloff_px / 2`` inside the shape, 0 from as much outside, a cubic between."""
    ramp = np.clip(0.5 - distance_px / falloff_px, 0.0, 1.0)
    return ramp * ramp * (3 - 2 * ramp)
