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

_SOFTENED = 2
"""Motions whose mixes are softened: the first ones; the others do not follow what moves."""

SOFT_REACH_PX = 2 * sum(SOFT_STEPS_PX)
"""How far the softest picture reads."""


@dataclass(frozen=True)
class MixedMotion(Motion):
    """Pictures that are linear in the payload, and the share of each.

    With k motions the pictures are both frames moved by the first, both by the second and so on (2 k), then the mean of
    the first two motions' mixes, softened in ``SOFT_STEPS_PX`` steps (3).

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
        frame = payload_0.new_zeros(*payload_0.shape[:2], height, width)
        is_finite = all(bool(payload.isfinite().all()) for payload in (payload_0, payload_1))

        def add(at: int, picture: Tensor) -> None:
            share = self.shares[:, at : at + 1]
            frame.addcmul_(share, picture if is_finite else _only_where(share, picture))

        softens, soft = bool((self._soft > 0).any()), torch.zeros_like(frame)
        for at, motion in enumerate(self.motions):
            first, second = (picture[..., :height, :width] for picture in motion.moved(payload_0, payload_1))
            add(2 * at, first)
            add(2 * at + 1, second)
            if softens and at < _SOFTENED:
                mix = motion.part(slice(height), slice(width)).mix(first, second)
                soft = torch.lerp(soft, mix, 1.0 / (at + 1))
        for at, step in enumerate(SOFT_STEPS_PX if softens else (), 2 * len(self.motions)):
            soft = softened(soft, step * self.factor)
            add(at, soft)
        rest = (0, payload_0.shape[3] - width, 0, payload_0.shape[2] - height)
        return F.pad(frame, rest, mode="replicate") if any(rest) else frame

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


def _only_where(share: Tensor, picture: Tensor) -> Tensor:
    """A picture with 0 where it has no share: 0 times Inf or NaN is not 0."""
    return torch.where(share > 0, picture, 0.0)
