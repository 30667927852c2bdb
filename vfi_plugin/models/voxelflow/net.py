"""The network of Deep Voxel Flow: one straight motion and one blending mask for a pair of frames.

Liu, Yeh, Tang, Liu, Agarwala: "Video Frame Synthesis using Deep Voxel Flow", ICCV 2017. Layers and their order are
those of the PyTorch weights that a co-author trained, which have skip connections that the first code lacked; the code
is ours.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.kernels.checking import flow_under_autocast
from vfi_plugin.models.part import Part
from vfi_plugin.models.resizing import bilinear

Tensor = torch.Tensor

SIZE_MULTIPLE = 8
"""Three halvings."""

VARIANTS_SIDE_PX = {"": None, "192px": 192}
"""Variant -> the side of the frame whose share its motion is, px; None for that of the frame at hand, as published.

A network sees some 88 px, and not how large the frame is. Weights that were trained on pieces of 192 px find motion in
shares of those, and would move an HD frame ten times too far if they were taken for shares of that."""

_CHANNELS = (64, 128, 256)  # at full size, 1/2, 1/4; 1/8 has the last one's
_KERNELS = (5, 5, 3)


class Layer(nn.Module):
    """Convolution, normalisation by the statistics of the training, ReLU."""

    def __init__(self, inputs: int, outputs: int, kernel: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs, eps=1e-5)

    def forward(self, features: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, C', h, w)."""
        return F.relu(self.norm(self.conv(features)))


@dataclass(frozen=True)
class VoxelFlow:
    """What the network finds for a pair.

    Attributes:
        flow: (N, 2, H, W) pixels, x then y, at most a quarter of the variant's frame: where content goes from the
            earlier frame to the one that is made between (interpolation), or from one frame to the next
            (extrapolation).
        mask: (N, 1, H, W) in [0, 1], the earlier frame's share.
    """

    flow: Tensor
    mask: Tensor


class VoxelFlowNet(nn.Module):
    """An hourglass of four levels.

    Args:
        width: scales the numbers of channels, 1 is the published size.
        variant: of which frame motion is a share, see ``VARIANTS_SIDE_PX``.
    """

    def __init__(self, width: float = 1.0, variant: str = "") -> None:
        super().__init__()
        self.side_px = VARIANTS_SIDE_PX[variant]
        channels = [max(1, round(width * count)) for count in _CHANNELS]
        self.down = nn.ModuleList(
            Layer(inputs, outputs, kernel)
            for inputs, outputs, kernel in zip([6, *channels], channels, _KERNELS, strict=False)
        )
        self.bottleneck = Layer(channels[-1], channels[-1], 3)
        fed = zip([channels[-1], *reversed(channels)], reversed(channels), reversed(_KERNELS), strict=False)
        self.up = nn.ModuleList(Layer(coarse + fine, fine, kernel) for coarse, fine, kernel in fed)
        self.head = nn.Conv2d(channels[0], 3, 5, padding=2)

    def forward(self, before: Tensor, after: Tensor, part: Part | None = None) -> VoxelFlow:
        """Looks at two frames, (N, 3, H, W) float32 BGR in [-1, 1], H and W multiples of 8.

        ``part`` says of which larger frames, padded ones, they are a part; None where they are whole.
        """
        # In half precision a flow is off by a quarter of a pixel from 256 px on.
        x, y, mask = torch.tanh(flow_under_autocast(self.layers(torch.cat([before, after], 1)))).split(1, 1)
        # Half of what tanh gives is motion in units where the frame, from first to last pixel centre, measures 2.
        height, width = self.unit_px(before, part)
        flow = torch.cat([x * (0.25 * (width - 1)), y * (0.25 * (height - 1))], 1)
        return VoxelFlow(flow, 0.5 * (1.0 + mask))

    def layers(self, frames: Tensor) -> Tensor:
        """All convolutions, over both frames (N, 6, H, W): (N, 3, H, W), of which tanh makes motion and mask."""
        features = frames
        levels = []
        for down in self.down:
            levels.append(down(features))
            features = F.max_pool2d(levels[-1], 2)
        features = self.bottleneck(features)
        for up in self.up:
            enlarged = bilinear(features, 2)
            features = up(torch.cat([enlarged, levels.pop()], 1))
        motion_and_mask: Tensor = self.head(features)
        return motion_and_mask

    def unit_px(self, frame: Tensor, part: Part | None = None) -> tuple[int, int]:
        """Height and width of the frame whose share motion is: those of the whole of ``frame``, or the variant's."""
        if self.side_px is not None:
            return self.side_px, self.side_px
        if part is not None:
            return part.height, part.width
        return frame.shape[2], frame.shape[3]
