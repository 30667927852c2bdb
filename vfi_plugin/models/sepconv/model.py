"""SepConv: two pairs of one-dimensional kernels for each pixel of the frame in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.models.middle_frame import MiddleFrame, example_frames
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.part import Part
from vfi_plugin.models.recursion import MidpointModel
from vfi_plugin.models.sepconv.info import INFO
from vfi_plugin.models.sepconv.net import SepConvNet
from vfi_plugin.motion.separable import SeparableMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


class SepConvModel(NetworkModel, MidpointModel):
    """The published network behind the interface of all models."""

    def middle(self, before: torch.Tensor, after: torch.Tensor, part: Part | None = None) -> SeparableMotion:
        """Kernels for the middle of two guides (N, 3, H, W) float32 RGB in [0, 1]."""
        padding = Padding.to_multiple(before.shape[2], before.shape[3], INFO.size_multiple)
        # The released weights take blue first.
        kernels = self.net(
            *(padding.add(guide.flip(1)) for guide in (before, after)),
            None if part is None else part.padded(INFO.size_multiple),
        )
        return SeparableMotion(*(padding.remove(kernel).contiguous() for kernel in kernels), normalised=False)

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """The frame in the middle as one module, ``MiddleFrame``, and two frames that it can be traced with."""
        return MiddleFrame(self.net, normalised=False), example_frames(self.device)


def load(weights: Weights | None, device: torch.device) -> SepConvModel:
    """SepConv on ``device``, in the width that the weights have."""
    assert weights is not None
    return SepConvModel(INFO, lambda _, width: SepConvNet(width), weights, device)
