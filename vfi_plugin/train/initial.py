"""Weights to start from, where torch's own start would let a deep narrow network learn next to nothing."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn


@torch.no_grad()
def he_normal(net: nn.Module, slope: float = 0.0) -> None:
    """Every convolution drawn so that variance passes through ReLUs unchanged, biases 0; the rest is left.

    He, Zhang, Ren, Sun: "Delving Deep into Rectifiers", ICCV 2015. Torch's own start shrinks it to a sixth a layer, so
    that after a dozen layers neither picture nor gradient is left.

    Args:
        net: changed in place, by torch's own chance.
        slope: of the leaky ReLUs.
    """
    for layer in _convolutions(net):
        nn.init.kaiming_normal_(layer.weight, slope)


@torch.no_grad()
def xavier_normal(net: nn.Module) -> None:
    """Every convolution drawn with half the variance of ``he_normal``, biases 0; the rest is left.

    Glorot and Bengio, AISTATS 2010. For networks whose skips add their levels up: there, variance grows by itself.
    """
    for layer in _convolutions(net):
        nn.init.xavier_normal_(layer.weight)


def _convolutions(net: nn.Module) -> Iterator[nn.Conv2d | nn.ConvTranspose2d]:
    """All of them, with biases of 0."""
    for layer in net.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
            yield layer


@torch.no_grad()
def quieten(layer: nn.Module, gain: float = 0.01) -> None:
    """Makes what a last layer gives small, so that a network starts near what it gives for nothing; bias untouched."""
    weight = layer.weight
    assert isinstance(weight, torch.Tensor)
    weight.mul_(gain)
