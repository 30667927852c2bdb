"""The kernels' logits of a pair of frames, a few rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from vfi_plugin.models.adaconv.net import AFTER, BEFORE, STEP, AdaConvNet
from vfi_plugin.models.padding import Padding

Tensor = torch.Tensor

# What the network holds of a band before its last layer is twice this at most, while it puts pixels in place. Higher
# bands repeat less of its early layers at their seams: this makes 32 rows of HD at once, and on one CPU thread 16 take
# 1.17 of their time, 8 take 1.25.
_FEATURE_BYTES = 512 << 20

# Rows of logits at once: 207 MB at HD.
_LOGIT_ROWS = 8


@dataclass(frozen=True)
class LogitBands:
    """Runs the network each time it is iterated over.

    Attributes:
        net: in evaluation mode.
        around: (N, 6, H' + 77, W' + 77) float32, both guides minus 0.5 as ``AdaConvNet.forward`` takes them, H' and W'
            being the frame's sides up to the next multiple of ``STEP``.
        height: of the frame.
        width: of the frame.
        half: whether convolutions run in float16.
    """

    net: AdaConvNet
    around: Tensor
    height: int
    width: int
    half: bool

    @classmethod
    def of_pair(cls, net: AdaConvNet, before: Tensor, after: Tensor) -> LogitBands:
        """Bands for two guides (N, 3, H, W) float32 RGB in [0, 1], with the precision that is on now.

        Edges are repeated around the frames, as they are where the kernels read: zeros would darken the borders.
        """
        height, width = before.shape[2:]
        padding = Padding(BEFORE, BEFORE, AFTER + -width % STEP, AFTER + -height % STEP)
        # Centred for the network alone. How the authors scaled its input is not known.
        around = padding.add(torch.cat([before, after], 1) - 0.5)
        return cls(net, around, height, width, torch.is_autocast_enabled(before.device.type))

    def __iter__(self) -> Iterator[Tensor]:
        """(N, 3362, rows, W) float32, top to bottom."""
        rows = self._band_rows()
        for top in range(0, self.height, rows):
            # In a frame of its own, so that one band's features are gone before the next ones are made.
            yield from self._band(top, rows)

    def _band(self, top: int, rows: int) -> Iterator[Tensor]:
        features = self._features(top, rows)
        for first in range(0, features.shape[2], _LOGIT_ROWS):
            yield self._logits(features[:, :, first : first + _LOGIT_ROWS])

    def _band_rows(self) -> int:
        channels = self.net.head.in_channels
        row_bytes = self.around.shape[0] * self.around.shape[3] * channels * self.around.element_size()
        return max(STEP, _FEATURE_BYTES // row_bytes // STEP * STEP)

    # Autocast is set for each step alone: between them the reader of the bands works in its own precision.
    def _features(self, top: int, rows: int) -> Tensor:
        with torch.autocast(self.around.device.type, torch.float16, enabled=self.half):
            features = self.net.features(self.around[:, :, top : top + rows + BEFORE + AFTER])
        return features[:, :, : self.height - top, : self.width]

    def _logits(self, features: Tensor) -> Tensor:
        with torch.autocast(self.around.device.type, torch.float16, enabled=self.half):
            logits = self.net.logits(features)
        return logits.float() if self.half else logits
