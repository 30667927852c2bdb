"""A frame that a network paints, beside a motion, found otherwise, for everything that cannot be painted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch

from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion


@dataclass(frozen=True)
class PaintedMotion(Motion):
    """What networks give that make pixels, not motion.

    A painted frame is a picture in guide space: it says nothing about alpha, depth or a light of 500. Payloads go by
    ``carried``. Whoever has the way back from the guide may put ``painted`` in its place where a payload is plain
    colour; ``render.painted_colour`` does.

    Attributes:
        painted: (N, 3, H, W) float32 RGB in guide space, [0, 1] but for what the network adds; not clamped.
        carried: the motion that a classic method finds at the same time.
    """

    painted: torch.Tensor
    carried: FlowMotion

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.carried.device

    def with_taps(self, taps: str) -> PaintedMotion:
        """The same painted frame, all else sampled by these taps."""
        return replace(self, carried=self.carried.with_taps(taps))

    def apply(self, payload_0: torch.Tensor, payload_1: torch.Tensor) -> torch.Tensor:
        """Both payloads moved and blended by ``carried``; (N, C, H, W), nothing painted."""
        return self.carried.apply(payload_0, payload_1)

    def guide_frame(self, guide_0: torch.Tensor, guide_1: torch.Tensor) -> torch.Tensor:  # noqa: ARG002
        """The painted frame."""
        return self.painted

    def flow_form(self) -> FlowMotion:
        """``carried``."""
        return self.carried

    def cropped(self, height: int, width: int) -> PaintedMotion:
        """The motion of the top left ``height`` x ``width`` pixels: undoes padding at the bottom and right."""
        return PaintedMotion(self.painted[..., :height, :width], self.carried.cropped(height, width))
