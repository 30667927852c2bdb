"""Jobs that convolve: a kernel of its own for every pixel, and correlation."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from kernel_work import Place, Tensor, Work, size_bytes

from vfi_plugin import kernels

CHANNELS = 3  # RGB
SEPARABLE_TAPS = 51  # the published network's
ADAPTIVE_SIZE = 41  # the published network's
RADIUS = 4  # PWC-Net's


def _factored_loop(image: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    """K * K + K multiply-adds a pixel, in place; the product form needs three times as many operations."""
    height, width = vertical.shape[2:]
    total = image.new_zeros(1, image.shape[1], height, width, dtype=torch.float32)
    line = torch.empty_like(total)
    for i in range(vertical.shape[1]):
        line.zero_()
        for j in range(horizontal.shape[1]):
            line.addcmul_(horizontal[:, j : j + 1], image[..., i : i + height, j : j + width])
        total.addcmul_(vertical[:, i : i + 1], line)
    return total.to(image.dtype)


def _unfold(image: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    taps, (height, width) = vertical.shape[1], vertical.shape[2:]
    patches = F.unfold(image, taps).view(CHANNELS, taps, taps, height * width)
    lines = torch.einsum("cijp,jp->cip", patches, horizontal[0].flatten(1))
    return torch.einsum("cip,ip->cp", lines, vertical[0].flatten(1)).view(1, CHANNELS, height, width)


def _separable(place: Place, height: int, width: int, frames: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    taps = SEPARABLE_TAPS
    return [
        (
            place.uniform(1, CHANNELS, height + taps - 1, width + taps - 1),
            place.uniform(1, taps, height, width) / taps,
            place.uniform(1, taps, height, width) / taps,
        )
        for _ in range(frames)
    ]


def _separable_flops(height: int, width: int) -> int:
    return 2 * CHANNELS * (SEPARABLE_TAPS**2 + SEPARABLE_TAPS) * height * width


def separable(place: Place, height: int, width: int, frames: int = 1) -> Work:
    """Separable convolution, 51 taps, of one or two frames into one, beside a loop over the taps."""
    inputs = _separable(place, height, width, frames)

    def ours() -> Tensor:
        return sum_of([kernels.separable_conv(*each, backend=place.backend) for each in inputs])

    return Work(
        ours,
        lambda: sum_of([_factored_loop(*each) for each in inputs]),
        "loop of addcmul over 51 x 51 taps",
        sum(size_bytes(*each) for each in inputs) + size_bytes(inputs[0][0][..., :height, :width]),
        frames * _separable_flops(height, width),
    )


def sum_of(results: Sequence[Tensor]) -> Tensor:
    total = results[0]
    for each in results[1:]:
        total = total.add_(each)
    return total


def separable_unfold(place: Place, height: int, width: int) -> Work:
    """The same beside unfold and einsum, which needs 31 kB a pixel."""
    (inputs,) = _separable(place, height, width, 1)
    return Work(
        lambda: kernels.separable_conv(*inputs, backend=place.backend),
        lambda: _unfold(*inputs),
        "unfold, then einsum",
        size_bytes(*inputs, inputs[0][..., :height, :width]),
        _separable_flops(height, width),
    )


def _padded(image: Tensor) -> Tensor:
    return F.pad(image, (ADAPTIVE_SIZE // 2,) * 4, mode="replicate")


def _adaptive_loop(images: Sequence[Tensor], logits: Tensor) -> Tensor:
    height, width = logits.shape[2:]
    weights = logits.softmax(1)
    total = torch.zeros_like(images[0], dtype=torch.float32)  # thousands of additions are too many for half
    plane = 0
    for padded in map(_padded, images):
        for tap in range(ADAPTIVE_SIZE**2):
            row, column = divmod(tap, ADAPTIVE_SIZE)
            total.addcmul_(weights[:, plane : plane + 1], padded[..., row : row + height, column : column + width])
            plane += 1
    return total.to(logits.dtype)


def _adaptive_unfold(images: Sequence[Tensor], logits: Tensor) -> Tensor:
    weights = logits[0].softmax(0).view(2, ADAPTIVE_SIZE**2, -1)
    patches = [F.unfold(_padded(image), ADAPTIVE_SIZE).view(CHANNELS, ADAPTIVE_SIZE**2, -1) for image in images]
    moved = [torch.einsum("ckp,kp->cp", patch, weight) for patch, weight in zip(patches, weights, strict=True)]
    return sum_of(moved).view_as(images[0])


def _adaptive(place: Place, height: int, width: int, peer_form: str) -> Work:
    images = [place.uniform(1, CHANNELS, height, width) for _ in range(2)]
    logits = place.normal(1, 2 * ADAPTIVE_SIZE**2, height, width)
    peers = {"loop": _adaptive_loop, "unfold": _adaptive_unfold}
    return Work(
        lambda: kernels.adaptive_conv(*images, logits, backend=place.backend),
        lambda: peers[peer_form](images, logits),
        f"softmax, then {'unfold and einsum' if peer_form == 'unfold' else 'a loop of addcmul'}",
        size_bytes(*images, logits, images[0]),
        2 * CHANNELS * logits.numel(),
    )


def adaptive(place: Place, height: int, width: int) -> Work:
    """Adaptive convolution, 41 x 41 over both frames with its softmax, beside a loop over the taps."""
    return _adaptive(place, height, width, "loop")


def adaptive_unfold(place: Place, height: int, width: int) -> Work:
    """The same beside unfold and einsum, which needs 20 kB a pixel and frame."""
    return _adaptive(place, height, width, "unfold")


def correlation(place: Place, channels: int, height: int, width: int) -> Work:
    """Correlation over 81 displacements beside a loop over them."""
    a, b = place.normal(1, channels, height, width), place.normal(1, channels, height, width)
    side = 2 * RADIUS + 1

    def peer() -> Tensor:
        padded = F.pad(b, (RADIUS,) * 4)
        found = a.new_empty(1, side * side, height, width)
        for plane in range(side * side):
            dy, dx = divmod(plane, side)
            torch.mean(a * padded[..., dy : dy + height, dx : dx + width], 1, out=found[:, plane])
        return found

    return Work(
        lambda: kernels.correlation(a, b, radius=RADIUS, backend=place.backend),
        peer,
        "loop of multiply and mean over 81 displacements",
        size_bytes(a, b) + side * side * height * width * a.element_size(),
        2 * side * side * channels * height * width,
    )
