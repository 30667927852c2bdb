"""Jobs that move pixels: warps, splats, the projection of a flow. All are bound by memory."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812
from kernel_work import Place, Tensor, Work, size_bytes, smooth_flow

from vfi_plugin import kernels

CHANNELS = 3  # RGB


def _identity_grid(height: int, width: int, device: str) -> Tensor:
    """(1, H, W, 2), in grid_sample's units: -1 and 1 are the centres of the first and the last pixel."""
    x = torch.linspace(-1, 1, width, device=device).expand(height, width)
    y = torch.linspace(-1, 1, height, device=device)[:, None].expand(height, width)
    return torch.stack([x, y], -1)[None]


def _grid(base: Tensor, flow: Tensor) -> Tensor:
    """As networks build it: flow in units of half a frame, added to a grid that is kept."""
    height, width = flow.shape[2:]
    scaled = torch.cat([flow[:, :1] / ((width - 1) / 2), flow[:, 1:] / ((height - 1) / 2)], 1)
    return base + scaled.permute(0, 2, 3, 1)


def _sample(image: Tensor, grid: Tensor) -> Tensor:
    """In float32: a half grid, which grid_sample asks for with a half image, is off by pixels."""
    moved = F.grid_sample(image.float(), grid, mode="bilinear", padding_mode="border", align_corners=True)
    return moved.to(image.dtype)


def warp(place: Place, height: int, width: int) -> Work:
    """The backward warp beside grid_sample alone, its grid given as a present."""
    image, flow = place.uniform(1, CHANNELS, height, width), smooth_flow(height, width, place.device)
    grid = _grid(_identity_grid(height, width, place.device), flow)
    return Work(
        lambda: kernels.warp(image, flow, backend=place.backend),
        lambda: _sample(image, grid),
        "grid_sample, grid prebuilt",
        size_bytes(image, flow, image),
        0,
    )


def warp_from_flow(place: Place, height: int, width: int) -> Work:
    """The same, where the peer builds the grid from the flow: what a network must really do."""
    image, flow = place.uniform(1, CHANNELS, height, width), smooth_flow(height, width, place.device)
    base = _identity_grid(height, width, place.device)
    return Work(
        lambda: kernels.warp(image, flow, backend=place.backend),
        lambda: _sample(image, _grid(base, flow)),
        "grid from flow, then grid_sample",
        size_bytes(image, flow, image),
        0,
    )


def warp_interleaved(place: Place, height: int, width: int) -> Work:
    """Channels side by side, as hosts have them, beside OpenCV with its maps prebuilt. CPU only."""
    import cv2  # here, because a machine for the GPU benchmarks need not have it

    cv2.setNumThreads(1)
    image = place.uniform(1, CHANNELS, height, width).contiguous(memory_format=torch.channels_last)
    flow = smooth_flow(height, width, place.device)
    map_x = (flow[0, 0] + torch.arange(width)).numpy()
    map_y = (flow[0, 1] + torch.arange(height)[:, None]).numpy()
    pixels = image[0].permute(1, 2, 0).numpy()

    def peer() -> Tensor:
        moved = cv2.remap(pixels, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return torch.from_numpy(moved).permute(2, 0, 1)[None]

    return Work(
        lambda: kernels.warp(image, flow, backend=place.backend),
        peer,
        "cv2.remap, maps prebuilt",
        size_bytes(image, flow, image),
        0,
    )


def _corners(flow: Tensor) -> list[tuple[Tensor, Tensor]]:
    """For each of the four pixels around a destination its index (N, 1, H * W) and its bilinear share, 0 outside."""
    height, width = flow.shape[2:]
    x = flow[:, 0] + torch.arange(width, device=flow.device)
    y = flow[:, 1] + torch.arange(height, device=flow.device)[:, None]
    left, top = x.floor(), y.floor()
    fx, fy = x - left, y - top
    column, row = left.long(), top.long()
    corners = []
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        inside = (row + down >= 0) & (row + down < height) & (column + right >= 0) & (column + right < width)
        share = (fy if down else 1 - fy) * (fx if right else 1 - fx) * inside
        index = (row + down).clamp(0, height - 1) * width + (column + right).clamp(0, width - 1)
        corners.append((index.flatten(1)[:, None], share.flatten(1)[:, None]))
    return corners


def _scatter_splat(image: Tensor, flow: Tensor, metric: Tensor) -> Tensor:
    weight = metric.exp()
    thrown = torch.cat([image * weight, weight], 1).flatten(2)
    total = torch.zeros_like(thrown)
    for index, share in _corners(flow):
        total.scatter_add_(2, index.expand_as(thrown), thrown * share.to(thrown.dtype))
    return (total[:, :-1] / (total[:, -1:] + 1e-7)).view_as(image)  # the published operation's epsilon


def splat(place: Place, height: int, width: int) -> Work:
    """The softmax splat beside scatter_add."""
    image, flow = place.uniform(1, CHANNELS, height, width), smooth_flow(height, width, place.device)
    metric = place.normal(1, 1, height, width)
    return Work(
        lambda: kernels.splat(image, flow, metric, backend=place.backend),
        lambda: _scatter_splat(image, flow, metric),
        "exp, cat, four scatter_add, division",
        size_bytes(image, flow, metric, image),
        0,
    )


def project_flow(place: Place, height: int, width: int) -> Work:
    """The projection of a flow to another time beside our own plain torch form: there is no other in torch."""
    flow = smooth_flow(height, width, place.device)
    return Work(
        lambda: kernels.project_flow(flow, backend=place.backend),
        lambda: kernels.project_flow(flow, backend="torch"),
        "our torch form, scatter_add",
        size_bytes(flow, flow),
        0,
    )


def filter_warp(place: Place, channels: int, height: int, width: int) -> Work:
    """The adaptive warp of 4 x 4 pixels beside our own plain torch form."""
    image, flow = place.uniform(1, channels, height, width), smooth_flow(height, width, place.device)
    taps = place.uniform(1, 16, height, width)
    return Work(
        lambda: kernels.filter_warp(image, flow, taps, backend=place.backend),
        lambda: kernels.filter_warp(image, flow, taps, backend="torch"),
        "our torch form, sixteen gathers",
        size_bytes(image, flow, taps, image),
        2 * 16 * channels * height * width,
    )
