"""Noise with a spectrum: what clouds, bark and gravel have in common."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_SHORTEST_PX = 3.0
"""The shortest wave: shown at half its size it is still carried by the pixels of a frame once they have averaged it."""


def fractal_noise(side: int, rng: np.random.Generator, falloff: float, longest: float = 1.0) -> Floats:
    """Gaussian noise whose waves are weaker the shorter they are, by frequency to the power ``-falloff``.

    Args:
        side: of the square, px; the noise goes on beyond it as a tile does.
        rng: of its phases.
        falloff: 0 is white, 1 rough as grass, 2 smooth as clouds.
        longest: the longest wave, as a share of the side.

    Returns:
        (side, side) float32 of mean 0 and standard deviation 1.
    """
    frequency = np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    kept = (frequency >= 1.0 / (longest * side)) & (frequency <= 1.0 / _SHORTEST_PX)
    strength = np.where(kept, np.maximum(frequency, 1.0 / side) ** -falloff, 0.0)
    noise = np.fft.irfft2(np.fft.rfft2(rng.standard_normal((side, side))) * strength, s=(side, side))
    scaled: Floats = (noise / noise.std()).astype(np.float32)
    return scaled
