"""FIGAN as a model of the middle frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.models.figan.info import INFO
from vfi_plugin.models.figan.net import FiganNet, Middle
from vfi_plugin.models.middle_frame import example_frames
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.part import Part
from vfi_plugin.models.recursion import MidpointModel
from vfi_plugin.motion.flow import FlowMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


class FiganModel(NetworkModel, MidpointModel):
    """The network behind the interface of all models."""

    net: FiganNet

    def middle(
        self,
        before: torch.Tensor,
        after: torch.Tensor,
        part: Part | None = None,  # noqa: ARG002  (it does not matter where in the frame it is)
    ) -> FlowMotion:
        """The motion to the middle of two guides (N, 3, H, W) float32 RGB in [0, 1].

        What the last module adds stays in guide space: a payload is moved and mixed, nothing is painted into it.
        """
        padding = Padding.to_multiple(before.shape[2], before.shape[3], INFO.size_multiple)
        found = self.net(*(2.0 * padding.add(guide) - 1.0 for guide in (before, after)))
        return _motion(found).cropped(*before.shape[2:])

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """The frame in the middle as one module, and two frames that it can be traced with."""
        return FiganFrame(self.net), example_frames(self.device)


class FiganFrame(nn.Module):
    """The network with the motion by what it finds: two frames in, the frame between them out."""

    def __init__(self, net: FiganNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
        """The frame in the middle of two, (N, 3, H, W) float32 RGB, not clamped.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 RGB in [0, 1]. H and W are multiples of 4; repeat the edge
                pixels at the right and bottom up to that, and cut them off again.
            after: the later one, the same size.
        """
        return _motion(self.net(2.0 * before - 1.0, 2.0 * after - 1.0)).guide_frame(before, after)


def _motion(found: Middle) -> FlowMotion:
    """What the network finds in [-1, 1] as a motion of frames in [0, 1]; half the residual is as much there."""
    finest = found.levels[-1]
    return FlowMotion(-finest.flow, finest.flow, finest.weight_0, 0.5 * found.residual)


def load(weights: Weights | None, device: torch.device) -> FiganModel:
    """FIGAN on ``device``, in the width that the weights have."""
    assert weights is not None
    return FiganModel(INFO, lambda _, width: FiganNet(width), weights, device)
