"""How near the frames of a network come to true ones that it is not trained on, beside simpler ways to make them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import torch

from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.objective import Batch

Tensor = torch.Tensor
FrameMaker = Callable[[Tensor, Tensor, float], Tensor]
"""The earlier and the later frame, (1, 3, H, W) RGB in [0, 1], and t -> the frame at t, the same shape."""

MakerOf = Callable[[Mapping[str, Tensor]], FrameMaker]
"""The state of a network -> how it makes frames."""

_LEAST_ERROR = 1.0 / (12.0 * 255.0**2)
"""The mean square of what rounding to 8 bits changes. Less is not seen, and a still clip, whose average is the truth
itself, would make a mean infinite. So no frame counts for more than 58.9 dB."""

_SHOWN_PAIRS = 4
"""Rows of a validation's picture: enough to see more than a lucky case, few enough for one screen."""


def averaged(before: Tensor, after: Tensor, t: float) -> Tensor:
    """What needs no network: both frames mixed, each by how near it is."""
    return (1.0 - t) * before + t * after


def psnr_db(made: Tensor, true: Tensor) -> float:
    """PSNR of a frame in dB, peak 1, over all pixels and channels, at most 58.9.

    ``made`` is limited to [0, 1] first, as a screen would.
    """
    error = float((made.clamp(0.0, 1.0) - true).square().mean())
    return -10.0 * math.log10(max(error, _LEAST_ERROR))


def held_out(source: BatchSource, count: int) -> list[Batch]:
    """The first batches of a source, to be measured on again and again."""
    return [source.batch(step) for step in range(count)]


@dataclass(frozen=True)
class Shown:
    """What a validation's picture shows of a pair: (3, H, W) RGB in [0, 1] each, on the CPU."""

    before: Tensor
    made: Tensor
    true: Tensor


@dataclass(frozen=True)
class Scores:
    """What a validation found.

    Attributes:
        network: mean PSNR over all frames, dB.
        others: the same for each of the other ways, by name.
        shown: some of the frames.
    """

    network: float
    others: Mapping[str, float]
    shown: Sequence[Shown]


class Validation:
    """Frames that are kept apart, and what a network is held against.

    Args:
        batches: pairs and the true frames between them, on the network's device.
        maker_of: the state of a network -> how it makes frames.
        others: further ways to make them, by name; frame averaging is always there.
    """

    def __init__(
        self, batches: Sequence[Batch], maker_of: MakerOf, others: Mapping[str, FrameMaker] | None = None
    ) -> None:
        self._batches = batches
        self._maker_of = maker_of
        self._others = {"average": averaged, **(others or {})}

    @cached_property
    def fingerprint(self) -> str:
        """Of the frames: where two are the same, what was measured can be compared."""
        digest = sha256()
        for batch in self._batches:
            for tensor in (batch.before, batch.after, batch.between, batch.times):
                digest.update(f"{tuple(tensor.shape)}".encode() + tensor.cpu().numpy().tobytes())
        return digest.hexdigest()

    @cached_property
    def others(self) -> Mapping[str, float]:
        """Mean PSNR of the other ways, dB; they do not change, so they are measured once."""
        return {name: self._mean(maker) for name, maker in self._others.items()}

    @torch.no_grad()
    def scores(self, state: Mapping[str, Tensor]) -> Scores:
        """Measures a network with these weights."""
        maker = self._maker_of(state)
        return Scores(self._mean(maker), self.others, [self._shown(maker, pair) for pair in self._some_pairs()])

    def _mean(self, maker: FrameMaker) -> float:
        found = [value for batch in self._batches for value in _of_batch(maker, batch)]
        return sum(found) / len(found)

    def _some_pairs(self) -> list[tuple[Batch, int]]:
        pairs = [(batch, row) for batch in self._batches for row in range(len(batch.before))]
        return pairs[:: max(1, len(pairs) // _SHOWN_PAIRS)][:_SHOWN_PAIRS]

    def _shown(self, maker: FrameMaker, pair: tuple[Batch, int]) -> Shown:
        batch, row = pair
        at = batch.times.shape[1] // 2
        before, after = batch.before[row : row + 1], batch.after[row : row + 1]
        made = maker(before, after, float(batch.times[row, at]))
        frames = before[0], made[0].clamp(0.0, 1.0), batch.between[row, at]
        return Shown(*(frame.float().cpu() for frame in frames))


def _of_batch(maker: FrameMaker, batch: Batch) -> list[float]:
    found = []
    for row, times in enumerate(batch.times.tolist()):
        before, after = batch.before[row : row + 1], batch.after[row : row + 1]
        found += [psnr_db(maker(before, after, t), batch.between[row : row + 1, at]) for at, t in enumerate(times)]
    return found
