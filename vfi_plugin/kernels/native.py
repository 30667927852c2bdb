"""The native backend: C++ on the CPU, on torch's own memory, with as many threads as torch has.

Each function takes checked tensors of any strides and returns its result first, then what its backward needs too.
A backward takes the gradient, the inputs and all results, and returns a gradient or None for each input.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.kernels.backend import native_module

Tensor = torch.Tensor
Wanted = tuple[bool, ...]


def _array(tensor: Tensor) -> npt.NDArray[Any]:
    """The tensor's memory as an array; nothing is copied."""
    array: npt.NDArray[Any] = tensor.detach().numpy()
    return array


def _run(name: str, *arguments: Any) -> None:
    """Calls a native function; tensors become arrays, None stays."""
    plain = [_array(each) if isinstance(each, Tensor) else each for each in arguments]
    getattr(native_module(), name)(*plain, torch.get_num_threads())


_LARGE_BYTES = 4 << 20  # from here on numpy asks the system for large pages
_CACHE_LINE_BYTES = 64  # a vector store that straddles two lines costs two


def room(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Memory for a result, contiguous, its values not set.

    A large one comes from numpy, which asks Linux for large pages where torch does not: the first touch of a 4K frame's
    24 thousand small pages takes as long as warping it.
    """
    size_bytes = prod(shape) * dtype.itemsize
    if size_bytes < _LARGE_BYTES:
        return torch.empty(shape, dtype=dtype)
    memory = np.empty(size_bytes + _CACHE_LINE_BYTES, np.uint8)
    start = -memory.ctypes.data % _CACHE_LINE_BYTES
    return torch.from_numpy(memory[start : start + size_bytes]).view(dtype).view(shape)


def room_like(tensor: Tensor, channels: int | None = None) -> Tensor:
    """Room for a result, contiguous; of other channels where told."""
    n, c, height, width = tensor.shape
    return room((n, channels or c, height, width), tensor.dtype)


def _gradients(tensors: tuple[Tensor, ...], wanted: Wanted) -> tuple[Tensor | None, ...]:
    return tuple(room_like(tensor) if want else None for tensor, want in zip(tensors, wanted, strict=True))


def _result_like(image: Tensor) -> Tensor:
    """Room for a moved image, its channels side by side where the image's are."""
    if image.is_contiguous(memory_format=torch.channels_last):
        n, c, height, width = image.shape
        return room((n, height, width, c), image.dtype).permute(0, 3, 1, 2)
    return room_like(image)


def _warp(image: Tensor, flow: Tensor, border: str, taps: int) -> tuple[Tensor]:
    out = _result_like(image)
    _run("warp", image, flow, out, border == "zero", taps)
    return (out,)


def warp(image: Tensor, flow: Tensor, *, border: str) -> tuple[Tensor]:
    """See ``kernels.warp``."""
    return _warp(image, flow, border, 2)


def warp_cubic(image: Tensor, flow: Tensor, *, border: str) -> tuple[Tensor]:
    """See ``kernels.warp``."""
    return _warp(image, flow, border, 4)


def warp_backward(
    gradient: Tensor, image: Tensor, flow: Tensor, _out: Tensor, *, wanted: Wanted, border: str
) -> tuple[Tensor | None, ...]:
    """Gradients of the bilinear warp."""
    found = _gradients((image, flow), wanted)
    _run("warp_backward", gradient, image, flow, *found, border == "zero")
    return found


def separable_conv(image: Tensor, vertical: Tensor, horizontal: Tensor) -> tuple[Tensor]:
    """See ``kernels.separable_conv``."""
    n, _, height, width = vertical.shape
    out = torch.empty(n, image.shape[1], height, width, dtype=image.dtype)
    _run("separable_conv", image, vertical, horizontal, out)
    return (out,)


def separable_conv_backward(
    gradient: Tensor, image: Tensor, vertical: Tensor, horizontal: Tensor, _out: Tensor, *, wanted: Wanted
) -> tuple[Tensor | None, ...]:
    """Gradients of the separable convolution."""
    found = _gradients((image, vertical, horizontal), wanted)
    _run("separable_conv_backward", gradient, image, vertical, horizontal, *found)
    return found


def adaptive_conv(
    image_0: Tensor, image_1: Tensor, logits: Tensor, *, size: int, origin: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """See ``kernels.adaptive_conv``; also the logarithm of the sum of exponentials (N, 1, H, W) float32."""
    out, log_sum = room_like(logits, image_0.shape[1]), room_like(logits, 1).float()
    _run("adaptive_conv", image_0, image_1, logits, out, log_sum, size, *origin)
    return out, log_sum


def adaptive_conv_backward(
    gradient: Tensor,
    image_0: Tensor,
    image_1: Tensor,
    logits: Tensor,
    out: Tensor,
    log_sum: Tensor,
    *,
    wanted: Wanted,
    size: int,
    origin: tuple[int, int],
) -> tuple[Tensor | None, ...]:
    """Gradients of the adaptive convolution."""
    found = _gradients((image_0, image_1, logits), wanted)
    _run("adaptive_conv_backward", gradient, image_0, image_1, logits, out, log_sum, *found, size, *origin)
    return found


def filter_warp(image: Tensor, flow: Tensor, kernels: Tensor) -> tuple[Tensor]:
    """See ``kernels.filter_warp``."""
    out = room_like(image)
    _run("filter_warp", image, flow, kernels, out)
    return (out,)


def filter_warp_backward(
    gradient: Tensor, image: Tensor, flow: Tensor, kernels: Tensor, _out: Tensor, *, wanted: Wanted
) -> tuple[Tensor | None, ...]:
    """Gradients of the adaptive warp."""
    found = _gradients((image, flow, kernels), wanted)
    _run("filter_warp_backward", gradient, image, flow, kernels, *found)
    return found


def splat_sum(image: Tensor, flow: Tensor, **_options: bool) -> tuple[Tensor]:
    """See ``kernels.splat_sum``; always deterministic."""
    out = room_like(image)
    _run("splat_sum", image, flow, out)
    return (out,)


def splat_sum_backward(
    gradient: Tensor, image: Tensor, flow: Tensor, _out: Tensor, *, wanted: Wanted, **_options: bool
) -> tuple[Tensor | None, ...]:
    """Gradients of the summation splat."""
    found = _gradients((image, flow), wanted)
    _run("splat_sum_backward", gradient, image, flow, *found)
    return found


def splat_mean(image: Tensor, flow: Tensor, weight: Tensor, is_log: bool, epsilon: float, **_options: bool) -> Tensor:
    """The splatted mean weighted by ``weight`` or its exponential, in one pass; see ``kernels.splat``."""
    out = room_like(image)
    _run("splat_mean", image, flow, weight, out, is_log, epsilon)
    return out


def project_flow(flow: Tensor, depth: Tensor, *, fill_holes: bool) -> tuple[Tensor, Tensor]:
    """See ``kernels.project_flow``; also the summed weights (N, 1, H, W)."""
    out, count = room_like(flow), room_like(flow, 1)
    _run("project_flow", flow, depth, out, count, fill_holes)
    return out, count


def project_flow_backward(
    gradient: Tensor, flow: Tensor, depth: Tensor, out: Tensor, count: Tensor, *, wanted: Wanted, **_options: bool
) -> tuple[Tensor | None, ...]:
    """Gradients of the flow projection; a filled hole passes none, so whether holes were filled does not matter."""
    found = _gradients((flow, depth), wanted)
    _run("project_flow_backward", gradient, flow, depth, out, count, *found)
    return found


def correlation(a: Tensor, b: Tensor, *, radius: int) -> tuple[Tensor]:
    """See ``kernels.correlation``."""
    out = room_like(a, (2 * radius + 1) ** 2)
    _run("correlation", a, b, out, radius)
    return (out,)


def correlation_backward(
    gradient: Tensor, a: Tensor, b: Tensor, _out: Tensor, *, wanted: Wanted, radius: int
) -> tuple[Tensor | None, ...]:
    """Gradients of the correlation."""
    found = _gradients((a, b), wanted)
    _run("correlation_backward", gradient, a, b, *found, radius)
    return found
