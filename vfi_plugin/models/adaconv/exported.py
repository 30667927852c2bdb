"""AdaConv in the form that other programs want: two frames in, the frame between them out."""

from __future__ import annotations

import warnings

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.adaconv.net import AFTER, BEFORE, STEP, TAPS, AdaConvNet

Tensor = torch.Tensor


class _BandLoop(nn.Module):
    """The frame in bands of as few rows as the network makes; a loop over bands that scripting keeps as a loop."""

    def __init__(self, net: AdaConvNet) -> None:
        super().__init__()
        self.net = net
        # Scripts see no globals.
        self.taps, self.rows, self.before, self.after = TAPS, STEP, BEFORE, AFTER

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        reach = [self.taps // 2] * 4
        images = [F.pad(frame, reach, mode="replicate") for frame in (before, after)]
        seen = F.pad(torch.cat([before, after], 1) - 0.5, [self.before, self.after] * 2, mode="replicate")
        bands: list[Tensor] = []
        for top in range(0, before.shape[2], self.rows):
            logits = self.net(seen[:, :, top : top + self.rows + self.before + self.after])
            bands.append(self.filtered(images, top, logits))
        return torch.cat(bands, 2)

    def filtered(self, images: list[Tensor], top: int, logits: Tensor) -> Tensor:
        """``kernels.adaptive_conv`` of one band, a row of kernels at a time."""
        n, _, rows, width = logits.shape
        weights = logits.softmax(1).view(n, 2, self.taps, self.taps, rows, width)
        total = images[0].new_zeros([n, 3, rows, width])
        for f in range(2):
            for row in range(self.taps):
                pixels = images[f][:, :, top + row : top + row + rows].unfold(3, self.taps, 1)
                total += torch.einsum("ncyxk,nkyx->ncyx", pixels, weights[:, f, row])
        return total


class AdaConvFrame(nn.Module):
    """The network with the convolution by its kernels, band by band at any size."""

    def __init__(self, net: AdaConvNet) -> None:
        super().__init__()
        with warnings.catch_warnings():
            # torch advises torch.export, whose files C++ and hosts' own loaders do not read.
            warnings.simplefilter("ignore", DeprecationWarning)
            self.loop = torch.jit.script(_BandLoop(net))

    def forward(self, before: Tensor, after: Tensor) -> Tensor:
        """The frame in the middle of two, (N, 3, H, W) float32 RGB as published.

        Args:
            before: the earlier frame, (N, 3, H, W) float32 RGB in [0, 1]. H and W are multiples of 8; repeat the edge
                pixels at the right and bottom up to that, and cut them off again.
            after: the later one, the same size.
        """
        frame: Tensor = self.loop(before, after)
        return frame
