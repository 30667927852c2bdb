"""Motion as several flows at once: each pixel is a mix of what they bring, sharp or softened."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

Tensor = torch.Tensor

SOFT_STEPS_PX = (1, 2, 4)
"""How far apart the taps of the softening filter are, one pass after another: deviations of 1, 2.2 and 4.6 px."""

_FOLLOWING = 2
"""Motions that follow what moves: the first ones. Their mixes are softened, and all else is held to what they bring."""

_LEAST_TOTAL = 1e-6  # of shares so far: no share is that small, and 0 / 0 is no number

SOFT_REACH_PX = 2 * sum(SOFT_STEPS_PX)
"""How far the softest picture reads."""


@dataclass(frozen=True)
class MixedMotion(Motion):
    """Pictures made of the payload, and the share of each.

    With k motions the pictures are both frames moved by the first, both by the second and so on (2 k), then the mean of
    the first two motions' mixes, softened in ``SOFT_STEPS_PX`` steps (3). All beyond the first four are held, channel
    by channel, between the least and the greatest of those: however bright a payload is beside its guide, a share of
    them makes no ghost and no halo.

    Attributes:
        motions: at least two, over the pixels of the payloads; what must be picked goes by the first.
        shares: (N, 2 k + 3, h, w), none negative, 1 in all; of the payloads' top left pixels, where they are fewer.
            The rest is there to be read, and what comes out there repeats the edge.
        factor: by which the steps are longer, for frames that were looked at in a smaller size.
    """

    motions: tuple[FlowMotion, ...]
    shares: Tensor
    factor: int = 1

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.shares.device

    def with_taps(self, taps: str) -> MixedMotion:
        """The same flows, sampled by other taps."""
        return replace(self, motions=tuple(each.with_taps(taps) for each in self.motions))

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """The mix; a picture without a share adds nothing, not even Inf or NaN."""
        height, width = self.shares.shape[2:]
        is_finite = all(bool(payload.isfinite().all()) for payload in (payload_0, payload_1))
        mean = _Mean(payload_0[..., :height, :width], is_finite=is_finite)
        softens, soft = bool((self._soft > 0).any()), payload_0
        for at, motion in enumerate(self.motions):
            first, second = (picture[..., :height, :width] for picture in motion.moved(payload_0, payload_1))
            mean.take(self.shares[:, 2 * at : 2 * at + 1], first, held=at >= _FOLLOWING)
            mean.take(self.shares[:, 2 * at + 1 : 2 * at + 2], second, held=at >= _FOLLOWING)
            if softens and at < _FOLLOWING:
                mix = motion.part(slice(height), slice(width)).mix(first, second)
                soft = torch.lerp(soft, mix, 1.0 / (at + 1)) if at else mix
        for at, step in enumerate(SOFT_STEPS_PX if softens else ()):
            softer = softened(soft, step * self.factor)
            # What is no number is left where it is, and not spread as far as softening reads.
            soft = softer if is_finite else torch.where(softer.isfinite(), softer, soft)
            mean.take(self._soft[:, at : at + 1], soft, held=True)
        rest = (0, payload_0.shape[3] - width, 0, payload_0.shape[2] - height)
        return F.pad(mean.value, rest, mode="replicate") if any(rest) else mean.value

    def without_idle(self) -> MixedMotion:
        """The same without further motions that have no share anywhere, which would be read for nothing."""
        first = 2 * _FOLLOWING
        idle = [not bool(pair.any()) for pair in torch.split(self.shares[:, first : 2 * len(self.motions)], 2, 1)]
        kept = [*range(_FOLLOWING), *(_FOLLOWING + at for at, is_idle in enumerate(idle) if not is_idle)]
        channels = [channel for at in kept for channel in (2 * at, 2 * at + 1)]
        sharp = self.shares[:, channels]
        return replace(self, motions=tuple(self.motions[at] for at in kept), shares=torch.cat([sharp, self._soft], 1))

    def flow_form(self) -> FlowMotion:
        """The first motion."""
        return self.motions[0]

    @property
    def _soft(self) -> Tensor:
        return self.shares[:, 2 * len(self.motions) :]


def softened(picture: Tensor, step: int) -> Tensor:
    """The 5 x 5 binomial filter with its taps ``step`` pixels apart, edges repeated; (N, C, H, W) float32."""
    across = _along(picture, step, 3)
    return _along(across, step, 2)


def _along(picture: Tensor, step: int, axis: int) -> Tensor:
    """Sums of slices: torch's own convolution of few channels takes several times as long on a CPU."""
    margin, length = 2 * step, picture.shape[axis]
    sides = (margin, margin, 0, 0) if axis == 3 else (0, 0, margin, margin)
    padded = F.pad(picture, sides, mode="replicate")
    near, first, middle, last, far = (padded.narrow(axis, at * step, length) for at in range(5))
    total = 6.0 * middle
    return total.add_(first, alpha=4.0).add_(last, alpha=4.0).add_(near).add_(far).mul_(1.0 / 16.0)


class _Mean:
    """A weighted mean that grows picture by picture: where all are of one value it is that value, to the bit.

    Args:
        like: a picture.
        is_finite: whether there is neither Inf nor NaN in any of them.
    """

    def __init__(self, like: Tensor, *, is_finite: bool) -> None:
        self.value = torch.zeros_like(like)
        self._total = torch.zeros_like(like[:, :1])
        self._least: Tensor | None = None
        self._most: Tensor | None = None
        self._is_finite = is_finite

    def take(self, share: Tensor, picture: Tensor, *, held: bool) -> None:
        """One more picture (N, C, H, W), by its share (N, 1, H, W) of all; without one it adds nothing.

        ``held``: whether it is held between the least and the greatest of those that were not.
        """
        if held:
            assert self._least is not None
            assert self._most is not None
            picture = torch.minimum(torch.maximum(picture, self._least), self._most)
        else:
            # Of what is no number there is no range: the others' holds.
            self._least = picture if self._least is None else torch.fmin(self._least, picture)
            self._most = picture if self._most is None else torch.fmax(self._most, picture)
        self._total = self._total + share
        part = share / self._total.clamp(min=_LEAST_TOTAL)
        value = torch.lerp(self.value, picture, part)
        if not self._is_finite:  # 0 times Inf is no number
            value = torch.where(part >= 1.0, picture, torch.where(part > 0.0, value, self.value))
        self.value = value
