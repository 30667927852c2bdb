"""What SepConv is trained to do, and SepConv++, whose network is used the same way.

Niklaus, Mai, Liu: "Video Frame Interpolation via Adaptive Separable Convolution", ICCV 2017: either L1 on colour, or
the squared distance of VGG-19's relu4_4 features (for which ``Perceptual.of_vgg19(path, "relu4_4", 1.0)``). Niklaus,
Mai, Wang: "Revisiting Adaptive Convolutions for Video Frame Interpolation", WACV 2021, divides by the kernels' sum.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from vfi_plugin.models.middle_frame import MiddleFrame
from vfi_plugin.train.initial import quieten, xavier_normal
from vfi_plugin.train.losses import absolute
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.perceptual import Perceptual

Tensor = torch.Tensor


@torch.no_grad()
def start_as_average(net: nn.Module) -> None:
    """Untrained weights with which a frame begins as the mean of both: one tap in the middle of each kernel.

    Kernels are products, so those that begin near 0 have next to no gradient either.
    """
    xavier_normal(net)
    for name in ("vertical_0", "horizontal_0", "vertical_1", "horizontal_1"):
        last = [layer for layer in net.get_submodule(name).modules() if isinstance(layer, nn.Conv2d)][-1]
        quieten(last)
        assert last.bias is not None
        last.bias[last.out_channels // 2] = 0.5**0.5


class SepConvObjective(Objective):
    """The convolved frame is to be like the true middle.

    Args:
        net: ``SepConvNet`` or ``SepConvPlusNet``; sides of frames are multiples of what it takes.
        normalised: whether frames are divided by the kernels' sum, as SepConv++ does.
        perceptual: compared instead of colour where it is given.
    """

    def __init__(self, net: nn.Module, *, normalised: bool, perceptual: Perceptual | None = None) -> None:
        super().__init__(net)
        self.frame = MiddleFrame(net, normalised=normalised)
        self.perceptual = perceptual

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """The term "colour", or "features"."""
        made, true = self.frame(batch.before, batch.after), batch.middle()
        if self.perceptual is not None:
            return {"features": self.perceptual(made, true)}
        return {"colour": absolute(made, true)}
