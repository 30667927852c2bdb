"""The synthesis network: what must be added to the blend of both moved frames."""

from __future__ import annotations

from collections.abc import Iterable

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.dain.layers import ResidualBlock, same_size, scaled

Tensor = torch.Tensor


class RectifyNet(nn.Module):
    """Three residual blocks at full size, between a wide first look and a convolution to RGB."""

    def __init__(self, channels_in: int, width: float = 1.0) -> None:
        super().__init__()
        channels = scaled(128, width)
        self.first = same_size(channels_in, channels, 7)
        self.blocks = nn.Sequential(*(ResidualBlock(channels) for _ in range(3)))
        self.last = same_size(channels, 3)

    def forward(self, evidence: Iterable[Tensor]) -> Tensor:
        """What must be added.

        Args:
            evidence: tensors of (N, ..., H, W) that have ``channels_in`` channels together. Each is asked for when its
                turn comes and may then be freed: side by side they would take 4 GB for an HD frame.

        Returns:
            (N, 3, H, W), a difference in the frames' own scale, of any sign.
        """
        difference: Tensor = self.last(self.blocks(F.relu(self._first_look(evidence))))
        return difference

    def _first_look(self, evidence: Iterable[Tensor]) -> Tensor:
        """``first``, as a sum over parts of its input."""
        convolution, begin = self.first, 0
        total: Tensor | None = None
        for part in evidence:
            end = begin + part.shape[1]
            bias = convolution.bias if total is None else None
            found = F.conv2d(part, convolution.weight[:, begin:end], bias, padding=convolution.padding)
            total, begin = found if total is None else total + found, end
        assert total is not None
        assert begin == convolution.in_channels
        return total
