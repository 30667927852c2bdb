"""Motion as several flows at once: each pixel is a mix of what they bring, sharp or softened."""

from __future__ import annotations

from collections.abc import Iterator
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
    """Pictures made of the payload, and the share of each.

    With k motions the pictures are both frames moved by the first, both by the second and so on (2 k), then the mean of
    the first two motions' mixes, softened in ``SOFT_STEPS_PX`` steps (3). What is softened is held, channel by channel,
    between the least and the greatest of what the first two motions bring to a pixel: a light of 500 has no halo.

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
        soft = _Softened() if bool((self._soft > 0).any()) else None
        for at, motion in enumerate(self.motions):
            first, second = (picture[..., :height, :width] for picture in motion.moved(payload_0, payload_1))
            _add(frame, self.shares[:, 2 * at].unsqueeze(1), first)
            _add(frame, self.shares[:, 2 * at + 1].unsqueeze(1), second)
            if soft is not None and at < _SOFTENED:
                soft.take(first, second, motion.part(slice(height), slice(width)).mix(first, second))
        if soft is not None:
            for at, picture in enumerate(soft.pictures(self.factor)):
                _add(frame, self._soft[:, at].unsqueeze(1), picture)
        rest = (0, payload_0.shape[3] - width, 0, payload_0.shape[2] - height)
        return F.pad(frame, rest, mode="replicate") if any(rest) else frame

    def flow_form(self) -> FlowMotion:
        """The first motion."""
        return self.motions[0]

    @property
    def _soft(self) -> Tensor:
        return self.shares[:, 2 * len(self.motions) :]


class _Softened:
    """What is softened: the mean of mixes, and the range of the pictures that they are of."""

    def __init__(self) -> None:
        self._taken: list[tuple[Tensor, Tensor, Tensor]] = []

    def take(self, first: Tensor, second: Tensor, mix: Tensor) -> None:
        """Both pictures of a motion and its mix of them."""
        self._taken.append((torch.minimum(first, second), torch.maximum(first, second), mix))

    def pictures(self, factor: int) -> Iterator[Tensor]:
        """From the sharpest to the softest."""
        least, most, picture = self._taken[0]
        for number, (low, high, mix) in enumerate(self._taken[1:], 2):
            least, most, picture = (
                torch.minimum(least, low),
                torch.maximum(most, high),
                torch.lerp(picture, mix, 1 / number),
            )
        for step in SOFT_STEPS_PX:
            picture = softened(picture, step * factor)
            yield picture.clamp(least, most)


def softened(picture: Tensor, step: int) -> Tensor:
    """The 5 x 5 binomial filter with its taps ``step`` pixels apart, edges repeated; (N, C, H, W) float32."""
    across = _along(picture, step, 3)
    return _along(across, step, 2)


def _along(picture: Tensor, step: int, axis: int) -> Tensor:
    """Sums of slices: torch's own convolution of few channels takes several times as long on a CPU."""
    margin, length = 2 * step, picture.shape[axis]
    sides = (margin, margin, 0, 0) if axis == 3 else (0, 0, margin, margin)
    padded = F.pad(picture, sides, mode="replicate")
    near, middle, far = (padded.narrow(axis, at * step, length) for at in (0, 2, 4))
    first, last = (padded.narrow(axis, at * step, length) for at in (1, 3))
    return (near + far + 4.0 * (first + last) + 6.0 * middle) / 16.0


def _add(frame: Tensor, share: Tensor, picture: Tensor) -> None:
    """Adds a share of a picture to the frame, in place: there are nine of them, each as large as the frame."""
    frame += torch.where(share > 0, picture, 0.0).mul_(share)
