"""The network of Niklaus, Mai and Liu, "Video Frame Interpolation via Adaptive Convolution", CVPR 2017.

It looks at a window of both frames around one pixel and gives that pixel's kernel over both. The layers (sizes,
strides, which of them are normalised, no padding, one softmax over both frames) are those of the paper, as its
re-implementations agree on them. What is not known of it and chosen here: the order convolution, normalisation, ReLU
(theirs is convolution, ReLU, normalisation), the input's scale, and the order of the 3362 logits. Own code.
"""

from __future__ import annotations

import torch
from torch import nn

Tensor = torch.Tensor

TAPS = 41
"""Side of the kernels: they reach 20 px in every direction."""

STEP = 8
"""Three convolutions halve the size: dense rows and columns come in multiples of it."""

BEFORE, AFTER = 39, 38
"""What the network sees of a row or column before and after its pixel. The published window is one pixel longer, but
the first halving of its 73 rows and columns drops the last."""

# Kernel, stride, channels, normalised: the published layers but for the last, which is a matrix.
_LAYERS = (
    (7, 1, 32, True),
    (2, 2, 32, False),
    (5, 1, 64, True),
    (2, 2, 64, False),
    (5, 1, 128, True),
    (2, 2, 128, False),
    (3, 1, 256, True),
    (4, 1, 2048, False),
)


class AdaConvNet(nn.Module):
    """Windows of two frames to the logits of a kernel over both.

    Channel ``(f 41 + r) 41 + s`` of the 3362 is for the pixel of frame ``f`` that lies ``r - 20`` rows below and
    ``s - 20`` columns to the right.

    Args:
        width: factor on the numbers of channels, but for the logits; 1 is the published size, 15,927,394 parameters.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        layers, channels = [], 6
        for kernel, stride, published, normalised in _LAYERS:
            wider = max(1, round(published * width))
            norm = [nn.BatchNorm2d(wider)] if normalised else []
            layers.append(nn.Sequential(nn.Conv2d(channels, wider, kernel, stride), *norm, nn.ReLU(inplace=True)))
            channels = wider
        self.layers = nn.ModuleList(layers)
        self.halving = [stride == 2 for _, stride, _, _ in _LAYERS]
        self.head = nn.Conv2d(channels, 2 * TAPS * TAPS, 1)

    def of_windows(self, windows: Tensor) -> Tensor:
        """The logits of one pixel a window, as published.

        Args:
            windows: (N, 6, 79, 79) float32, both frames in RGB around pixel (39, 39), [0, 1] minus 0.5.

        Returns:
            (N, 3362).
        """
        for layer in self.layers:
            windows = layer(windows)
        logits: Tensor = self.head(windows)
        return logits.flatten(1)

    def forward(self, around: Tensor) -> Tensor:
        """The logits of every pixel of a block; the same numbers as window by window, for a tenth of the work.

        Args:
            around: (N, 6, H + 77, W + 77) float32, both frames in RGB, [0, 1] minus 0.5: the block, ``BEFORE`` pixels
                before it and ``AFTER`` after it. H and W are multiples of ``STEP``.

        Returns:
            (N, 3362, H, W).
        """
        return self.logits(self.features(around))

    def features(self, around: Tensor) -> Tensor:
        """All of ``forward`` but its last layer, which makes 3362 channels of 2048: (N, 2048, H, W).

        A convolution that halves is evaluated at all four places it can begin at. They become items of the batch, so
        that everything after it is an ordinary convolution again.
        """
        x = around
        for at, layer in enumerate(self.layers):
            if self.halving[at]:
                x = torch.cat([layer(x), layer(x[..., 1:]), layer(x[..., 1:, :]), layer(x[..., 1:, 1:])])
            else:
                x = layer(x)
        return _in_place(x, around.shape[0])

    def logits(self, features: Tensor) -> Tensor:
        """The last layer: (N, 2048, H, W) of any H and W to (N, 3362, H, W)."""
        logits: Tensor = self.head(features)
        return logits


def _in_place(phases: Tensor, n: int) -> Tensor:
    """Items (8 8 N, C, H / 8, W / 8) back to the pixels they are for, (N, C, H, W).

    The first halving decides the lowest bit of a row and column, and its place is the last but N in the batch.
    """
    _, channels, rows, columns = phases.shape
    # Row and column bit of the third halving, of the second, of the first.
    bits = phases.view(2, 2, 2, 2, 2, 2, n, channels, rows, columns)
    return bits.permute(6, 7, 8, 0, 2, 4, 9, 1, 3, 5).flatten(6, 9).flatten(2, 5)
