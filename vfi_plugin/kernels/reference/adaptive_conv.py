"""Convolution of two frames with one kernel over both, its own for every pixel; see ``kernels.adaptive_conv``."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.reference.sampling import wide

Tensor = torch.Tensor


def adaptive_conv(image_0: Tensor, image_1: Tensor, logits: Tensor, size: int, origin: tuple[int, int]) -> Tensor:
    """``sum over f, row, column of softmax(logits)[f, row, column] * image_f`` around each pixel from ``origin`` on."""
    height, width = logits.shape[-2:]
    weights = wide(logits).softmax(1)
    total = wide(image_0).new_zeros(*image_0.shape[:2], height, width)
    reach = size // 2
    for f, image in enumerate((image_0, image_1)):
        padded = F.pad(wide(image), (reach, reach, reach, reach), mode="replicate")[..., origin[0] :, origin[1] :]
        for row in range(size):
            for column in range(size):
                weight = weights[:, (f * size + row) * size + column].unsqueeze(1)
                total = total + weight * padded[..., row : row + height, column : column + width]
    return total.to(image_0.dtype)
