"""How different two frames look: the distance of their features, where pixel differences count too little or too much.

Which features is the caller's choice, and there is no way from one to the other: ``Perceptual.of_vgg19`` takes the
network that papers mean, from the user's own file; ``Perceptual.stand_in`` needs no weights and says so by its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from vfi_plugin.train.losses import squared
from vfi_plugin.train.oriented_filters import OrientedFilters
from vfi_plugin.train.vgg import Vgg19Features, read_vgg19

Tensor = torch.Tensor

SRGAN_DIVISOR = 12.75
"""Features of VGG are divided by this, as in SRGAN (Ledig et al., CVPR 2017), so that their squared distance is about
as large as that of pixels; the weights in papers that take its loss over only make sense with it."""


class Perceptual(nn.Module):
    """The mean squared distance of the features of two frames; nothing in it is trained.

    Attributes:
        name: what is compared, for logs and model cards.
        features: frames (N, 3, H, W) RGB in [0, 1] -> one or several tensors of features.
    """

    def __init__(self, name: str, features: nn.Module, divisor: float = 1.0) -> None:
        super().__init__()
        self.name = name
        self.features = features.requires_grad_(False)
        self._divisor = divisor

    @classmethod
    def of_vgg19(cls, path: str | Path, layer: str = "conv5_4", divisor: float = SRGAN_DIVISOR) -> Perceptual:
        """By one layer of VGG-19 (Simonyan and Zisserman, ICLR 2015) as trained on ImageNet.

        Args:
            path: torchvision's weights, as ``torch.save`` or safetensors; tensors are called ``features.N.weight``.
            layer: "conv5_4" is that layer before its ReLU, "relu3_3" is one after it.
            divisor: of the features; 1 for papers that compare them as they are.

        Raises:
            UsageError: no such layer.
            WeightsError: the file is not there, damaged, or of another network.
        """
        features = Vgg19Features(layer)
        features.load(read_vgg19(path))
        return cls(f"VGG-19 {layer}", features, divisor)

    @classmethod
    def stand_in(cls) -> Perceptual:
        """By ``OrientedFilters``, for those who have no weights of VGG-19: a stand-in, not what the papers used."""
        return cls("stand-in for VGG-19: oriented filters without weights", OrientedFilters())

    def forward(self, made: Tensor, true: Tensor) -> Tensor:
        """The mean over all features of (made - true)^2, averaged over the tensors of features; a scalar.

        Args:
            made: (N, 3, H, W) RGB in [0, 1]; values beyond are taken as they are.
            true: the same shape.
        """
        pairs = zip(self._of(made), self._of(true), strict=True)
        return torch.stack([squared(a, b) for a, b in pairs]).mean() / self._divisor**2

    def _of(self, frames: Tensor) -> Sequence[Tensor]:
        found: Tensor | Sequence[Tensor] = self.features(frames)
        return [found] if isinstance(found, Tensor) else found
