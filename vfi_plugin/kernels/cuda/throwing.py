"""Splat and flow projection on a GPU: an image at a time, in bands of output rows that keep what is added up small."""

from __future__ import annotations

from collections.abc import Iterator

import torch

from vfi_plugin.kernels.cuda.launching import PIXEL_BLOCK, grid_of, launch, launch_pixels
from vfi_plugin.kernels.cuda.sampling import Gradients, Wanted, result_like, sums_like

Tensor = torch.Tensor

# What an operation may hold beside its inputs and outputs: under 64 MB.
_SCRATCH_BYTES = 60 << 20

_SUM, _LINEAR, _EXPONENTIAL = 0, 1, 2

_CHANNELS_A_THREAD = 8


def _bands(height: int, width: int, bytes_a_pixel: int) -> Iterator[tuple[int, int]]:
    """First row and number of rows of each band, all but the last alike."""
    rows = min(height, max(1, _SCRATCH_BYTES // (bytes_a_pixel * width)))
    for first in range(0, height, rows):
        yield first, min(rows, height - first)


def _spare_bits(image: Tensor, adds_a_pixel: int) -> int:
    """Bits that a fixed-point value may have so that the sum of all pixels of an image stays below 2^62."""
    height, width = image.shape[2:]
    return 62 - (height * width * adds_a_pixel).bit_length()


def splat_sum(image: Tensor, flow: Tensor, *, deterministic: bool) -> tuple[Tensor]:
    """See ``kernels.splat_sum``."""
    return (_splat(image, flow, image, (_SUM, 0.0), deterministic),)


def splat_mean(
    image: Tensor, flow: Tensor, weight: Tensor, is_log: bool, epsilon: float, *, deterministic: bool
) -> Tensor:
    """The splatted mean weighted by ``weight`` or its exponential; see ``kernels.splat``."""
    return _splat(image, flow, weight, (_EXPONENTIAL if is_log else _LINEAR, epsilon), deterministic)


def _splat(image: Tensor, flow: Tensor, weight: Tensor, how: tuple[int, float], deterministic: bool) -> Tensor:
    """Every image, group of channels and band in turn. how: the weighting and the normaliser's epsilon."""
    out = result_like(image)
    one_group = _splat_fixed if deterministic else _splat_float
    for n in range(image.shape[0]):
        for channel in range(0, image.shape[1], 4 if how[0] == _SUM else 3):
            one_group(image, flow, weight, out, (n, channel, *how))
    return out


_Group = tuple[int, int, int, float]


def _splat_float(image: Tensor, flow: Tensor, weight: Tensor, out: Tensor, group: _Group) -> None:
    n, channel, weighting, epsilon = group
    height, width = image.shape[2:]
    scratch = _Scratch(image)
    for first, rows in _bands(height, width, 16):
        (total,) = scratch.cleared((torch.float32, 4 * rows * width))
        band = (n, channel, first, rows, weighting)
        launch("splat", image, grid_of(width, height), PIXEL_BLOCK, image, flow, weight, total, *band)
        launch("splat_write", image, grid_of(width, rows), PIXEL_BLOCK, total, out, *band, epsilon)


def _splat_fixed(image: Tensor, flow: Tensor, weight: Tensor, out: Tensor, group: _Group) -> None:
    n, channel, weighting, epsilon = group
    height, width = image.shape[2:]
    bits = _spare_bits(image, 1)
    everything, scratch = grid_of(width, height), _Scratch(image)
    for first, rows in _bands(height, width, 52):
        pixels = rows * width
        total, largest, special = scratch.cleared(
            (torch.int64, 4 * pixels), (torch.int32, 4 * pixels), (torch.int32, pixels)
        )
        band, sums = (n, channel, first, rows, weighting), (total, special, largest)
        launch("splat_largest", image, everything, PIXEL_BLOCK, image, flow, weight, largest, *band)
        launch("splat_fixed", image, everything, PIXEL_BLOCK, image, flow, weight, *sums, *band, bits)
        launch("splat_write_fixed", image, grid_of(width, rows), PIXEL_BLOCK, *sums, out, *band, bits, epsilon)


class _Scratch:
    """Memory that is used again from band to band; torch's own pool would hold that of two."""

    def __init__(self, like: Tensor) -> None:
        self._device = like.device
        self._kept: list[Tensor] = []

    def cleared(self, *wanted: tuple[torch.dtype, int]) -> list[Tensor]:
        """Zeros of these types and counts; never more of a count than in the call before."""
        if not self._kept:
            self._kept = [torch.empty(count, dtype=dtype, device=self._device) for dtype, count in wanted]
        return [kept[:count].zero_() for kept, (_, count) in zip(self._kept, wanted, strict=True)]


def splat_sum_backward(
    gradient: Tensor, image: Tensor, flow: Tensor, _out: Tensor, *, wanted: Wanted, **_options: bool
) -> Gradients:
    """Gradients of the summation splat."""
    to_image, to_flow = None, None
    if wanted[0]:
        to_image = result_like(image)
        values = (gradient, flow, to_image, _CHANNELS_A_THREAD)
        launch_pixels("splat_image_gradient", image, _CHANNELS_A_THREAD, *values)
    if wanted[1]:
        to_flow = result_like(flow)
        launch_pixels("splat_flow_gradient", image[:, :1], 1, gradient, image, flow, to_flow)
    return to_image, to_flow


def project_flow(flow: Tensor, depth: Tensor, *, fill_holes: bool) -> tuple[Tensor, Tensor]:
    """See ``kernels.project_flow``; also the summed weights (N, 1, H, W) float32."""
    out, count = result_like(flow), sums_like(depth)
    for n in range(flow.shape[0]):
        _project(flow, depth, out, count, n)
    if fill_holes:
        launch_pixels("project_flow_fill", count, 1, out, count)
    return out, count


def _project(flow: Tensor, depth: Tensor, out: Tensor, count: Tensor, n: int) -> None:
    height, width = flow.shape[2:]
    bits = _spare_bits(flow, 4)  # a pixel adds to four places, which may be one
    everything, scratch = grid_of(width, height), _Scratch(flow)
    for first, rows in _bands(height, width, 36):
        total, largest = scratch.cleared((torch.int64, 3 * rows * width), (torch.int32, 3 * rows * width))
        band = (n, first, rows)
        launch("project_flow_largest", depth, everything, PIXEL_BLOCK, flow, depth, largest, *band)
        launch("project_flow", depth, everything, PIXEL_BLOCK, flow, depth, total, largest, *band, bits)
        mean = (total, largest, out, count, *band, bits)
        launch("project_flow_mean", depth, grid_of(width, rows), PIXEL_BLOCK, *mean)


def project_flow_backward(
    gradient: Tensor, flow: Tensor, depth: Tensor, out: Tensor, count: Tensor, *, wanted: Wanted, **_options: bool
) -> Gradients:
    """Gradients of the flow projection; a filled hole passes none, so whether holes were filled does not matter."""
    to_flow, to_depth = result_like(flow), result_like(depth)
    launch_pixels("project_flow_gradients", depth, 1, gradient, flow, depth, out, count, to_flow, to_depth)
    return to_flow if wanted[0] else None, to_depth if wanted[1] else None
