"""Changes that leave the truth true: every frame of a pair, and those between, are changed alike."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch

from vfi_plugin.train.augment_draws import Augmentation, Draws, drawn
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch

Tensor = torch.Tensor

_MID_GREY = 0.5
"""What a change of contrast leaves as it is."""


@dataclass(frozen=True)
class Augmented:
    """A source whose batches are changed by chance: a ``BatchSource`` again.

    Attributes:
        source: where the batches come from.
        augmentation: how they are changed.
        seed: of the changes.
    """

    source: BatchSource
    augmentation: Augmentation = field(default_factory=Augmentation)
    seed: int = 0

    def batch(self, step: int) -> Batch:
        """The source's batch of that step, changed."""
        return augmented(self.source.batch(step), self.augmentation, np.random.default_rng((self.seed, step)))


def augmented(batch: Batch, how: Augmentation, rng: np.random.Generator) -> Batch:
    """A batch changed by what ``rng`` draws; on the batch's device, and the same draws there as anywhere.

    The noise alone is drawn by torch on the device, seeded by ``rng``: its bits are the device's own.
    """
    # All is drawn before anything is changed, so that the draws go to the device together.
    draws = drawn(len(batch.before), how, rng, batch.before.device)
    # A copy, (N, T, 3, H, W), which is then changed where it lies: what a pair was not chosen for costs it nothing.
    frames = torch.cat([batch.before[:, None], batch.between, batch.after[:, None]], 1)
    times = batch.times.clone()
    _turn(frames, draws)
    _reverse(frames, times, draws)
    _recolour(frames, draws)
    _relight(frames, draws)
    _flicker(frames, times, draws)
    _add_noise(frames, draws)
    return Batch(frames[:, 0].contiguous(), frames[:, -1].contiguous(), frames[:, 1:-1].contiguous(), times)


def _turn(frames: Tensor, draws: Draws) -> None:
    for axis, at in zip((-1, -2), draws.turned, strict=False):
        if len(at):
            frames[at] = frames[at].flip(axis)
    at = draws.turned[-1]
    if len(at) and frames.shape[-1] == frames.shape[-2]:
        frames[at] = frames[at].transpose(-1, -2)


def _reverse(frames: Tensor, times: Tensor, draws: Draws) -> None:
    at = draws.reversed
    if len(at):
        frames[at] = frames[at].flip(1)
        times[at] = 1.0 - times[at].flip(1)


def _recolour(frames: Tensor, draws: Draws) -> None:
    at = draws.recoloured
    if len(at):
        order = draws.orders[:, None, :, None, None]
        frames[at] = frames[at].gather(2, order.expand(-1, frames.shape[1], -1, *frames.shape[-2:]))


def _relight(frames: Tensor, draws: Draws) -> None:
    at = draws.relit
    if len(at):
        lit = draws.gain * frames[at] ** draws.gamma
        frames[at] = (_MID_GREY + draws.contrast * (lit - _MID_GREY)).clamp(0.0, 1.0)


def _flicker(frames: Tensor, times: Tensor, draws: Draws) -> None:
    at = draws.flickering
    if len(at):
        ends = torch.zeros_like(times[at][:, :1])
        when = torch.cat([ends, times[at], ends + 1.0], 1)
        frames[at] = frames[at] * draws.flicker ** when[:, :, None, None, None]


def _add_noise(frames: Tensor, draws: Draws) -> None:
    at = draws.noisy
    if len(at):
        for end, seed in zip((0, -1), draws.seeds, strict=True):
            generator = torch.Generator(frames.device).manual_seed(seed)
            noise = torch.randn((len(at), *frames.shape[2:]), generator=generator, device=frames.device)
            frames[at, end] += draws.deviation * noise
