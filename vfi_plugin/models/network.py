"""What all models share that are torch networks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.coarser import CoarserModel
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.model import Model
from vfi_plugin.models.variant import load_state

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

BuildNet = Callable[[str, float], nn.Module]
"""Variant and width -> the network."""


class NetworkModel(Model):
    """A network with weights in it, ready to look at pairs on its device.

    Attributes:
        channels_last: whether its convolutions keep the channels of a pixel side by side. Time against planes, motion
            and its application included (one CPU thread with AVX-512, 384 x 256): Deep Voxel Flow 0.65, Super SloMo
            0.70, DAIN 0.78, SepConv++ 0.88, SepConv 0.93; RIFE, whose layers are many and small, 1.48;
            AdaConv's last layer alone, nearly half of its work, 1.6.
    """

    channels_last = True

    def __init__(self, info: ModelInfo, build: BuildNet, weights: Weights, device: torch.device) -> None:
        net = build(weights.variant, weights.width)
        load_state(net, weights.tensors, "num_batches_tracked", weights.source)
        layout = torch.channels_last if self.channels_last else torch.contiguous_format
        net.to(memory_format=layout)  # type: ignore[call-overload]  # a form that torch's own types leave out
        self.net = net.to(device).eval().requires_grad_(False)
        self.device = device
        self.info = info.with_weights(weights)

    def with_detail(self, detail: float) -> Model:
        """The network, shown smaller frames; see ``Model.with_detail``."""
        return CoarserModel(self, detail)

    def check(self, before: torch.Tensor, after: torch.Tensor, t: float) -> None:
        """As for every model, and that frames are where the network is."""
        super().check(before, after, t)
        places = {before.device.type, after.device.type}
        if places != {self.device.type}:
            raise UsageError(
                f"got frames on {' and '.join(sorted(places))} for a network on {self.device}; move them there, or load"
                " the model with another device"
            )
