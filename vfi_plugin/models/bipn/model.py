"""BiPN as a model: all frames that it knows of a pair from one run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.models.bipn.checkpoint import parse_variant
from vfi_plugin.models.bipn.net import Bipn, multiply_adds, size_multiple
from vfi_plugin.models.model import NOT_PUBLISHED, ModelInfo
from vfi_plugin.models.padding import Padding
from vfi_plugin.models.painting import PaintingModel

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

_REACH_PX = 44.0
"""One scale sees at least 22 px around every pixel, in both frames (measured by gradients: 22 to 29)."""

INFO = ModelInfo(
    name="bipn",
    title="BiPN",
    paper="Chen, Wang, Wang, Li, Chen: Long-Term Video Interpolation with Bidirectional Predictive Network, VCIP 2017",
    year=2017,
    any_time=False,
    extrapolates=False,
    size_multiple=size_multiple(1),
    reach_px=_REACH_PX,
    parameters=12_618_761,
    multiply_adds=multiply_adds(3, 1),
    licence=NOT_PUBLISHED,
    training_data=NOT_PUBLISHED,
    weights_sha256=None,
    frames_at_once=3,
    paints=True,
    overlap_px=64,
)


def info_of(variant: str) -> ModelInfo:
    """The facts about one form, such as "3" or "7-multiscale"; ``parameters`` are those at the published width."""
    frames, scales = parse_variant(variant)
    with torch.device("meta"):
        parameters = sum(parameter.numel() for parameter in Bipn(frames=frames, scales=scales).parameters())
    return replace(
        INFO,
        size_multiple=size_multiple(scales),
        reach_px=_REACH_PX * 2 ** (scales - 1),
        parameters=parameters,
        multiply_adds=multiply_adds(frames, scales),
        frames_at_once=frames,
    )


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
