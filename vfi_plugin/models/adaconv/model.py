"""AdaConv: one kernel over both frames for each pixel of the frame in the middle."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from vfi_plugin.models.adaconv.bands import LogitBands
from vfi_plugin.models.adaconv.exported import AdaConvFrame
from vfi_plugin.models.adaconv.info import INFO
from vfi_plugin.models.adaconv.net import STEP, AdaConvNet
from vfi_plugin.models.network import NetworkModel
from vfi_plugin.models.part import Part
from vfi_plugin.models.recursion import MidpointModel
from vfi_plugin.motion.adaptive import AdaptiveMotion

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights


class AdaConvModel(NetworkModel, MidpointModel):
    """The published network behind the interface of all models."""

    channels_last = False  # see there

    def middle(
        self,
        before: torch.Tensor,
        after: torch.Tensor,
        part: Part | None = None,  # noqa: ARG002  (it does not matter where in the frame it is)
    ) -> AdaptiveMotion:
        """Kernels for the middle of two guides (N, 3, H, W) float32 RGB in [0, 1]; they are made when they are used."""
        return AdaptiveMotion(LogitBands.of_pair(cast(AdaConvNet, self.net), before, after), before, after)

    def export_form(self) -> tuple[nn.Module, dict[str, torch.Tensor]]:
        """The frame in the middle as one module, ``AdaConvFrame``, and two frames that it can be traced with."""
        frame = torch.zeros(1, 3, STEP, STEP, device=self.device)
        return AdaConvFrame(cast(AdaConvNet, self.net)), {"before": frame, "after": frame.clone()}


def load(weights: Weights | None, device: torch.device) -> AdaConvModel:
    """AdaConv on ``device``, in the width that the weights have."""
    assert weights is not None
    return AdaConvModel(INFO, lambda _, width: AdaConvNet(width), weights, device)
