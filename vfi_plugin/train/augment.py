"""Changes that leave the truth true: every frame of a pair, and those between, are changed alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch

Tensor = torch.Tensor

_MID_GREY = 0.5
"""What a change of contrast leaves as it is."""


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
class Augmented:
    """A source whose batches are changed by chance: a ``BatchSource`` again.

    Attributes:
        source: where the batches come from.
        augmentation: how they are changed.
        seed: of the changes.
    """

    source: BatchSource
    augmentation: Augmentation = Augmentation()
    seed: int = 0

    def batch(self, step: int) -> Batch:
        """The source's batch of that step, changed."""
        return augmented(self.source.batch(step), self.augmentation, np.random.default_rng((self.seed, step)))


def augmented(batch: Batch, how: Augmentation, rng: np.random.Generator) -> Batch:
    """A batch changed by what ``rng`` draws; on the batch's device, and the same draws there as anywhere.

    The noise alone is drawn by torch on the device, seeded by ``rng``: its bits are the device's own.
    """
    draws = _Draws(len(batch.before), rng, batch.before.device)
    # A copy, (N, T, 3, H, W), which is then changed where it lies: what a pair was not chosen for costs it nothing.
    frames = torch.cat([batch.before[:, None], batch.between, batch.after[:, None]], 1)
    times = batch.times.clone()
    _turn(frames, how, draws)
    _reverse(frames, times, how, draws)
    _recolour(frames, how, draws)
    _relight(frames, how, draws)
    _flicker(frames, times, how, draws)
    _add_noise(frames, how, draws)
    return Batch(frames[:, 0].contiguous(), frames[:, -1].contiguous(), frames[:, 1:-1].contiguous(), times)


class _Draws:
    """Draws for the pairs of a batch, made on the CPU so that every device sees the same."""

    def __init__(self, count: int, rng: np.random.Generator, device: torch.device) -> None:
        self._count = count
        self._rng = rng
        self._device = device

    def chosen(self, share: float) -> Tensor:
        """(k,) int64, numbers of about that share of the pairs."""
        return self._there(np.flatnonzero(self._rng.random(self._count) < share))

    def uniform(self, places: Tensor) -> Tensor:
        """(k, 1, 1, 1, 1) float32 in [0, 1), one for each chosen pair; fits (k, T, 3, H, W)."""
        return self._there(self._rng.random((len(places), 1, 1, 1, 1), np.float32))

    def factor(self, largest: float, places: Tensor) -> Tensor:
        """As ``uniform``, between 1 / largest and largest, evenly in the logarithm."""
        return torch.pow(largest, 2.0 * self.uniform(places) - 1.0)

    def orders(self, places: Tensor) -> Tensor:
        """(k, 3) int64, the three channels in some order for each chosen pair."""
        return self._there(self._rng.permuted(np.tile(np.arange(3), (len(places), 1)), axis=1))

    def noise(self, shape: torch.Size) -> Tensor:
        """Standard normal."""
        generator = torch.Generator(self._device).manual_seed(int(self._rng.integers(1 << 62)))
        return torch.randn(shape, generator=generator, device=self._device)

    def _there(self, values: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(values).to(self._device)


def _turn(frames: Tensor, how: Augmentation, draws: _Draws) -> None:
    for axis in (-1, -2):
        at = draws.chosen(how.turned)
        frames[at] = frames[at].flip(axis)
    at = draws.chosen(how.turned)
    if frames.shape[-1] == frames.shape[-2]:
        frames[at] = frames[at].transpose(-1, -2)


def _reverse(frames: Tensor, times: Tensor, how: Augmentation, draws: _Draws) -> None:
    at = draws.chosen(how.reversed_time)
    frames[at] = frames[at].flip(1)
    times[at] = 1.0 - times[at].flip(1)


def _recolour(frames: Tensor, how: Augmentation, draws: _Draws) -> None:
    at = draws.chosen(how.recoloured)
    order = draws.orders(at)[:, None, :, None, None]
    frames[at] = frames[at].gather(2, order.expand(-1, frames.shape[1], -1, *frames.shape[-2:]))


def _relight(frames: Tensor, how: Augmentation, draws: _Draws) -> None:
    at = draws.chosen(how.relit)
    gamma, gain, contrast = (draws.factor(largest, at) for largest in (how.gamma, how.gain, how.contrast))
    lit = gain * frames[at] ** gamma
    frames[at] = (_MID_GREY + contrast * (lit - _MID_GREY)).clamp(0.0, 1.0)


def _flicker(frames: Tensor, times: Tensor, how: Augmentation, draws: _Draws) -> None:
    at = draws.chosen(how.flickering)
    ends = torch.zeros_like(times[at][:, :1])
    when = torch.cat([ends, times[at], ends + 1.0], 1)
    frames[at] = frames[at] * draws.factor(how.flicker, at) ** when[:, :, None, None, None]


def _add_noise(frames: Tensor, how: Augmentation, draws: _Draws) -> None:
    at = draws.chosen(how.noisy)
    deviation = how.noise * draws.uniform(at)[:, 0]
    for end in (0, -1):
        frames[at, end] += deviation * draws.noise(frames[at, end].shape)
