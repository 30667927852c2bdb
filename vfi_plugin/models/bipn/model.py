"""BiPN as a model: all frames that it knows of a pair from one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.models.bipn.info import info_of, parse_variant
from vfi_plugin.models.bipn.net import Bipn
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.painting import PaintingModel

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


class BipnModel(PaintingModel):
    """The network behind the interface of all models; frames are padded with their edge pixels."""

    net: Bipn

    def paint(self, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
        """(N, L, 3, H, W) float32 RGB, L as the weights are for."""
        padding = Padding.to_multiple(before.shape[2], before.shape[3], self.info.size_multiple)
        painted = BipnFrames(self.net)(padding.add(before), padding.add(after))
        return padding.remove(painted.float())

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """All frames as one module, and two frames that it can be traced with."""
        side = 2 * self.info.size_multiple
        frame = torch.zeros(1, 3, side, side, device=self.device)
        return BipnFrames(self.net), {"before": frame, "after": frame.clone()}


class BipnFrames(nn.Module):
    """The network for pictures in [0, 1]: two frames in, all frames between them out."""

    def __init__(self, net: Bipn) -> None:
        super().__init__()
        self.net = net

    def forward(self, before: torch.Tensor, after: torch.Tensor) -> torch.Tensor:
        """The frames between, (N, L, 3, H, W) float32 RGB in the order of time, evenly spaced, not clamped.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 RGB in [0, 1]. H and W are multiples of the model's
                size multiple; repeat the edge pixels at the right and bottom up to that, and cut them off again.
            after: the later one, the same size.
        """
        painted: torch.Tensor = self.net(2.0 * before - 1.0, 2.0 * after - 1.0)
        return 0.5 * (painted + 1.0)


def load(weights: Weights | None, device: torch.device) -> BipnModel:
    """BiPN on ``device``, in the form and width that the weights have."""
    assert weights is not None

    def build(variant: str, width: float) -> Bipn:
        frames, scales = parse_variant(variant)
        return Bipn(width, frames, scales)

    return BipnModel(info_of(weights.variant), build, weights, device)
