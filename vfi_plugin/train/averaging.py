"""Averages of weights over the steps of a training: what is measured and kept, as it jumps about less."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

Tensor = torch.Tensor


class WeightAverage:
    """The exponential moving average of a network's parameters; its buffers, such as batch statistics, are copied.

    After step k = 1, 2, ... ``average = d average + (1 - d) weights`` with ``d = min(decay, (1 + k) / (10 + k))``: the
    random weights of the start would else be a share of it for thousands of steps.

    Attributes:
        tensors: the averaged state, by the network's own names and on its device.
    """

    def __init__(self, net: nn.Module, decay: float) -> None:
        own = net.state_dict(keep_vars=True)
        self.tensors = {name: tensor.detach().clone() for name, tensor in own.items()}
        self._decay = decay
        trained = [name for name in own if isinstance(own[name], nn.Parameter)]
        self._averages, self._weights = [self.tensors[name] for name in trained], [own[name] for name in trained]
        self._copied = [(self.tensors[name], own[name]) for name in own if not isinstance(own[name], nn.Parameter)]

    @torch.no_grad()
    def follow(self, steps: int) -> None:
        """Takes the network as it is after ``steps`` steps into the average."""
        kept = min(self._decay, (1.0 + steps) / (10.0 + steps))
        # One launch for all of them on a GPU, where one each would take as long as a small network's step.
        torch._foreach_lerp_(self._averages, self._weights, 1.0 - kept)
        for copy, buffer in self._copied:
            copy.copy_(buffer)

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Goes on from an average that was kept."""
        for name, average in self.tensors.items():
            average.copy_(tensors[name])
