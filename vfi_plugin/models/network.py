"""What all models share that are torch networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.model import Model, ModelInfo
from vfi_plugin.models.variant import load_state

if TYPE_CHECKING:
    from vfi_plugin.models.weights import Weights

BuildNet = Callable[[str, float], nn.Module]
"""Variant and width -> the network."""


class NetworkModel(Model):
    """A network with weights in it, ready to look at pairs on its device."""

    def __init__(self, info: ModelInfo, build: BuildNet, weights: Weights, device: torch.device) -> None:
        net = build(weights.variant, weights.width)
        load_state(net, weights.tensors, "num_batches_tracked", weights.source)
        self.net = net.to(device).eval().requires_grad_(False)
        self.device = device
        self.info = replace(
            info,
            parameters=sum(parameter.numel() for parameter in net.parameters()),
            licence=weights.licence or info.licence,
            training_data=weights.training_data or info.training_data,
            weights_sha256=weights.sha256,
        )

    def check(self, before: torch.Tensor, after: torch.Tensor, t: float) -> None:
        """As for every model, and that frames are where the network is."""
        super().check(before, after, t)
        places = {before.device.type, after.device.type}
        if places != {self.device.type}:
            raise UsageError(
                f"got frames on {' and '.join(sorted(places))} for a network on {self.device}; move them there, or load"
                " the model with another device"
            )
