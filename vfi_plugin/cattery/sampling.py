"""How exported networks read pixels, in the part of Python that TorchScript compiles.

Flow here is (N, 2, H, W) float32 pixels, x then y, y down. Coordinates are float32 whatever the picture's type is: half
floats have steps of a pixel beyond column 1024 and of two beyond 2048.
"""

from __future__ import annotations

import torch

Tensor = torch.Tensor


def positions(flow: Tensor) -> tuple[Tensor, Tensor]:
    """Where a flow leads, x and y (N, H, W) float32 pixels; one that is not finite leads nowhere."""
    height, width = flow.shape[2], flow.shape[3]
    columns = torch.arange(width, device=flow.device, dtype=torch.float32).view(1, 1, width)
    rows = torch.arange(height, device=flow.device, dtype=torch.float32).view(1, height, 1)
    x, y = columns + flow[:, 0], rows + flow[:, 1]
    # A network in half precision may overflow, and an index made of NaN would stop the GPU.
    finite = torch.isfinite(x) & torch.isfinite(y)
    return torch.where(finite, x, torch.zeros_like(x) + columns), torch.where(finite, y, torch.zeros_like(y) + rows)


def seen_moved(picture: Tensor, flow: Tensor, border: str) -> Tensor:
    """What a network sees moved by a flow, bilinear, (N, C, H, W) in the picture's type.

    By ``grid_sample``, which is fast. Its normalised coordinates are 1e-4 px off on a 4K frame: nothing to a network,
    but a ten-thousandth of a highlight of 500 is seen beside it, so payloads go through ``moved``.

    Args:
        picture: (N, C, H, W) float32 or float16.
        flow: see above.
        border: "border" reads the nearest edge pixel outside, "zeros" reads 0.
    """
    height, width = picture.shape[2], picture.shape[3]
    x, y = positions(flow)
    # Two frames away there is nothing more to read, and numbers as large as a wild flow's would be inexact.
    x, y = x.clamp(-1.0 * width, 2.0 * width), y.clamp(-1.0 * height, 2.0 * height)
    grid = torch.stack([2.0 * x / max(width - 1, 1) - 1.0, 2.0 * y / max(height - 1, 1) - 1.0], 3)
    moved_picture = torch.nn.functional.grid_sample(picture.float(), grid, "bilinear", border, True)
    return moved_picture.to(picture.dtype)


def moved(payload: Tensor, flow: Tensor) -> Tensor:
    """Scene values moved by a flow: bilinear, edges held, a flow of 0 gives the very same values.

    Args:
        payload: (N, C, H, W) float32, unbounded. Inf and NaN reach only pixels that read them.
        flow: see above.
    """
    height, width = payload.shape[2], payload.shape[3]
    x, y = positions(flow)
    x, y = x.clamp(0.0, width - 1.0), y.clamp(0.0, height - 1.0)
    left, top = x.floor(), y.floor()
    right_share, lower_share = (x - left).unsqueeze(1), (y - top).unsqueeze(1)
    total = part((1 - lower_share) * (1 - right_share), payload, top, left)
    total = total + part((1 - lower_share) * right_share, payload, top, left + 1)
    total = total + part(lower_share * (1 - right_share), payload, top + 1, left)
    return total + part(lower_share * right_share, payload, top + 1, left + 1)


def part(share: Tensor, payload: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """One of the four pixels that a position lies between, times its share (N, 1, H, W); a share of 0 silences Inf."""
    count, channels, height, width = payload.shape[0], payload.shape[1], payload.shape[2], payload.shape[3]
    index = row.long().clamp(0, height - 1) * width + column.long().clamp(0, width - 1)
    index = index.view(count, 1, height * width).expand(count, channels, height * width)
    values = payload.reshape(count, channels, height * width).gather(2, index).view(count, channels, height, width)
    return torch.where(share == 0.0, torch.zeros_like(values), share * values)


def mixed(moved_0: Tensor, moved_1: Tensor, weight_0: Tensor) -> Tensor:
    """Both payloads by the earlier frame's share (N, 1, H, W); at a share of 0 or 1 the other adds not even Inf."""
    both = moved_1 + weight_0 * (moved_0 - moved_1)
    both = torch.where(weight_0 >= 1.0, moved_0, both)
    return torch.where(weight_0 <= 0.0, moved_1, both)


def padded(picture: Tensor, multiple: int, mode: str) -> Tensor:
    """(N, C, H, W) made larger at the right and the bottom, to the next multiple: "replicate" or "constant" zeros."""
    below, right = -picture.shape[2] % multiple, -picture.shape[3] % multiple
    return torch.nn.functional.pad(picture, [0, right, 0, below], mode)
