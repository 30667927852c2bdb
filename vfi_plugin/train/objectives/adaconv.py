"""AdaConv: colour and gradient loss (Niklaus, Mai and Liu, "Video Frame Interpolation via Adaptive Convolution", 2017).

``E = sum |I(K) - truth| + lambda sum over k of |G^k(K) - truth's k-th difference|`` with lambda = 1. ``G^k`` are the
differences of each pixel to its eight neighbours, and ``(K)`` is the same adaptive convolution for colours and for
differences, which are 24 further channels.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch

from vfi_plugin.kernels.adaptive_conv import adaptive_conv
from vfi_plugin.models.adaconv.net import AFTER, BEFORE, STEP, TAPS, AdaConvNet
from vfi_plugin.train.objective import Batch, Objective

Tensor = torch.Tensor

_LAMBDA = 1.0
_REACH = TAPS // 2
_NEIGHBOURS = tuple((y, x) for y in (-1, 0, 1) for x in (-1, 0, 1) if (y, x) != (0, 0))


class AdaConvObjective(Objective):
    """The published loss, on a square of pixels of each frame.

    In the paper a sample is one pixel with its window. Here it is a square whose windows overlap, so that the early
    layers are evaluated once for all of them, as in the dense form; batch statistics count each of its places once.

    Args:
        net: to be trained.
        side: of the square, a multiple of 8. The smallest is the nearest to the paper, whose pixels are all from
            different places.
    """

    def __init__(self, net: AdaConvNet, side: int = STEP) -> None:
        super().__init__(net)
        self.side = side

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """``colour`` and ``gradient``, each summed over channels and its mean taken over pixels.

        The square lies at random in training (by torch's own generator), the same for the whole batch, and in the
        middle otherwise. All that its pixels' windows see is inside the frames.

        Raises:
            ValueError: frames are smaller than ``side`` + 77, or none is at t = 1/2.
        """
        row, column = self._place(*batch.before.shape[2:])
        frames, truth = (batch.before, batch.after), batch.middle()
        seen = torch.cat([_around(frame, row, column, BEFORE, self.side + AFTER) for frame in frames], 1)
        logits = self.net(seen - 0.5)
        margin = _REACH + 1  # for the outermost taps' neighbours
        sources = [_with_differences(_around(frame, row, column, margin, self.side + margin)) for frame in frames]
        made = adaptive_conv(sources[0], sources[1], logits, origin=(_REACH, _REACH))
        apart = (made - _with_differences(_around(truth, row, column, 1, self.side + 1))).abs()
        colour, gradient = apart[:, :3].sum(1).mean(), apart[:, 3:].sum(1).mean()
        return {"colour": colour, "gradient": _LAMBDA * gradient}

    def _place(self, height: int, width: int) -> tuple[int, int]:
        """Row and column of the square's first pixel."""
        room = height - self.side - BEFORE - AFTER, width - self.side - BEFORE - AFTER
        if min(room) < 0:
            least = self.side + BEFORE + AFTER
            raise ValueError(
                f"got frames of {width}x{height} px; a square of {self.side} px needs {least} on each side"
            )
        row, column = (int(torch.randint(free + 1, ())) if self.training else free // 2 for free in room)
        return BEFORE + row, BEFORE + column


def _around(frame: Tensor, row: int, column: int, before: int, after: int) -> Tensor:
    return frame[..., row - before : row + after, column - before : column + after]


def _with_differences(image: Tensor) -> Tensor:
    """(N, 3, H + 2, W + 2) to (N, 27, H, W): each inner pixel, then its eight neighbours minus itself."""
    height, width = image.shape[2] - 2, image.shape[3] - 2
    inner = image[..., 1:-1, 1:-1]
    moved = [image[..., 1 + y : 1 + y + height, 1 + x : 1 + x + width] for y, x in _NEIGHBOURS]
    return torch.cat([inner, *(neighbour - inner for neighbour in moved)], 1)
