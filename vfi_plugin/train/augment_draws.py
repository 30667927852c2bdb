"""Which pairs of a batch are changed and by how much: chosen on the CPU, so that every device sees the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.uploads import uploaded

Tensor = torch.Tensor
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Augmentation:
    """How often and how much; each pair of a batch has a draw of its own.

    Applied in this order. Where nothing else is said, to both ends and all frames between alike:

    1. mirrored left to right, mirrored top to bottom, rows and columns exchanged (square frames alone): each in
       ``turned`` of the pairs;
    2. time reversed in ``reversed_time``: the ends change places, frames between change order, t becomes 1 - t;
    3. channels in another order, in ``recoloured``: one of the six at random;
    4. light, in ``relit``: x -> clamp(0.5 + contrast * (gain * x^gamma - 0.5), 0, 1), with a gamma and a gain that are
       as often above 1 as below by their logarithm, and a contrast likewise. What leaves [0, 1] is held there, as a
       camera does, in all frames alike;
    5. brightness of the later end alone, in ``flickering``: a factor; the truth at t has that factor to the power t,
       as if light had changed steadily. Off by default: what a frame between should be is then a matter of taste;
    6. noise, in ``noisy``: Gaussian, of one strength a pair, added to the two ends alone and not clamped. The truth
       stays clean, so a network learns to average it and not to copy it.

    Attributes:
        turned, reversed_time, recoloured, relit, flickering, noisy: shares of the pairs, 0 to 1.
        gamma, gain, contrast, flicker: the largest factor of each, at least 1.
        noise: the largest standard deviation, in units of the picture.
    """

    turned: float = 0.5
    reversed_time: float = 0.5
    recoloured: float = 0.25
    relit: float = 0.5
    flickering: float = 0.0
    noisy: float = 0.2
    gamma: float = 1.4
    gain: float = 1.2
    contrast: float = 1.2
    flicker: float = 1.1
    noise: float = 0.015

    def __post_init__(self) -> None:
        shares = (self.turned, self.reversed_time, self.recoloured, self.relit, self.flickering, self.noisy)
        factors = (self.gamma, self.gain, self.contrast, self.flicker)
        if not all(0 <= share <= 1 for share in shares) or min(factors) < 1 or self.noise < 0:
            raise UsageError(
                f"got shares {shares}, factors {factors} and noise {self.noise:g}; give shares in [0, 1], factors of 1"
                " or more, and noise of 0 or more"
            )


@dataclass(frozen=True)
class Draws:
    """What is drawn for the pairs of a batch, on its device. Places are (k,) int64, numbers of the pairs chosen.

    Factors, (k, 1, 1, 1, 1) float32, are one for each pair chosen; they fit (k, T, 3, H, W).

    Attributes:
        turned: places that are mirrored left to right, top to bottom, and whose rows and columns are exchanged.
        seeds: of the noise in both ends.
        reversed, recoloured, relit, flickering, noisy: places.
        orders: (k, 3) int64, the channels of those recoloured.
        gamma, gain, contrast, flicker: factors.
        deviation: (k, 1, 1, 1), the standard deviation of those noisy.
    """

    turned: Sequence[Tensor]
    seeds: tuple[int, int]
    reversed: Tensor
    recoloured: Tensor
    orders: Tensor
    relit: Tensor
    gamma: Tensor
    gain: Tensor
    contrast: Tensor
    flickering: Tensor
    flicker: Tensor
    noisy: Tensor
    deviation: Tensor


def drawn(count: int, how: Augmentation, rng: np.random.Generator, device: torch.device) -> Draws:
    """Draws for ``count`` pairs, brought to the device in one copy."""

    def chosen(share: float) -> Integers:
        return np.flatnonzero(rng.random(count) < share)

    turned = [chosen(how.turned) for _ in range(3)]
    backward, recoloured = chosen(how.reversed_time), chosen(how.recoloured)
    orders = rng.permuted(np.tile(np.arange(3), (len(recoloured), 1)), axis=1)
    relit = chosen(how.relit)
    light = [_factor(largest, len(relit), rng) for largest in (how.gamma, how.gain, how.contrast)]
    flickering = chosen(how.flickering)
    flicker = _factor(how.flicker, len(flickering), rng)
    noisy = chosen(how.noisy)
    deviation = np.float32(how.noise) * _uniform(len(noisy), rng)[:, 0]
    arrays = *turned, backward, recoloured, orders, relit, *light, flickering, flicker, noisy, deviation
    first, second, third, *others = uploaded(device, *arrays)
    seeds = int(rng.integers(1 << 62)), int(rng.integers(1 << 62))
    return Draws((first, second, third), seeds, *others)


def _uniform(count: int, rng: np.random.Generator) -> Floats:
    return rng.random((count, 1, 1, 1, 1), np.float32)


def _factor(largest: float, count: int, rng: np.random.Generator) -> Floats:
    """Between 1 / largest and largest, evenly in the logarithm."""
    # By torch, whose powers are the same here as they were where frames are changed.
    factors: Floats = torch.pow(largest, 2.0 * torch.from_numpy(_uniform(count, rng)) - 1.0).numpy()
    return factors
