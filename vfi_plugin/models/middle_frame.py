"""Networks of separable kernels in the form that other programs want: two frames in, the frame between them out."""

from __future__ import annotations

import torch
from torch import nn

from vfi_plugin.motion.separable import SeparableMotion

_TRACED_SIDE_PX = 64
"""Of the shorter side of the frames that a network is traced with: enough for every level of it."""


class MiddleFrame(nn.Module):
    """A network that gives kernels, with the convolution by them.

    Args:
        net: two frames, BGR, to the four kernels of a ``SeparableMotion``.
        normalised: as in ``SeparableMotion``.
    """

    def __init__(self, net: nn.Module, *, normalised: bool) -> None:
        super().__init__()
        self.net = net
        self.normalised = normalised

    def forward(self, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
        """The frame in the middle of two, (N, 3, H, W) float32 RGB as published, not clamped.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 RGB in [0, 1]. H and W are multiples of the model's
                size multiple; repeat the edge pixels at the right and bottom up to that, and cut them off again.
            after: the later one, the same size.
        """
        kernels = self.net(before.flip(1), after.flip(1))
        return SeparableMotion(*kernels, normalised=self.normalised).guide_frame(before, after)


def example_frames(device: torch.device) -> dict[str, torch.Tensor]:
    """Inputs that ``MiddleFrame`` can be traced with."""
    frame = torch.zeros(1, 3, _TRACED_SIDE_PX, 2 * _TRACED_SIDE_PX, device=device)
    return {"before": frame, "after": frame.clone()}
