"""What is known of BiPN without loading it: no torch here."""

from __future__ import annotations

from dataclasses import replace

from vfi_plugin.models.info import NOT_PUBLISHED, ModelInfo

MOST_FRAMES = 7
MULTISCALE = 4
"""Scales of the multi-scale form: 1/8, 1/4, 1/2, 1."""

HALVINGS = 3
"""At each scale."""

CHANNELS = (128, 256, 512)
"""Feature maps of the encoders, at the published size."""

_MULTISCALE = "-multiscale"
_REACH_PX = 44.0
"""One scale sees at least 22 px around every pixel, in both frames (measured by gradients: 22 to 29)."""

_MULTISCALE_OVERLAP_PX = 448
"""29 px at each of four scales, of 8, 4, 2 and 1 px: 435."""

VARIANT_NAMES = tuple(f"{frames}{form}" for form in ("", _MULTISCALE) for frames in range(1, MOST_FRAMES + 1))
"""One for each number of frames, at one scale and at four."""


def parse_variant(name: str) -> tuple[int, int]:
    """``"3"`` -> 3 frames at 1 scale; ``"7-multiscale"`` -> 7 frames at 4 scales."""
    frames = int(name.removesuffix(_MULTISCALE))
    return frames, MULTISCALE if name.endswith(_MULTISCALE) else 1


def size_multiple(scales: int) -> int:
    """What both sides of a frame must be multiples of: three halvings at the coarsest scale."""
    return 1 << (HALVINGS + scales - 1)


def multiply_adds(frames: int, scales: int) -> int:
    """Of the convolutions at the published size, a pixel of the full frame."""
    first, second, third = CHANNELS
    inner = 2 * 16 * (first * second / 16 + second * third / 64) + 9 * 2 * third * third / 64
    outer = 16 * (third * second / 64 + second * first / 16 + first * 3 * frames / 4)
    total = 0.0
    for scale in range(scales):
        inputs = 3 + 3 * ((frames + 1) // 2 if scale else 0)
        total += (inner + outer + 2 * 16 * inputs * first / 4) / 4 ** (scales - 1 - scale)
    return round(total)


def parameters(frames: int, scales: int) -> int:
    """Trained numbers at the published size; none is published, so they are counted off the layers."""
    first, second, third = CHANNELS
    total = 0
    for scale in range(scales):
        inputs = 3 + 3 * ((frames + 1) // 2 if scale else 0)
        encoder = 16 * (inputs * first + first * second + second * third) + first + 2 * (second + third)
        joining = 9 * 2 * third * third + 2 * third
        up = 16 * (third * second + second * first + first * 3 * frames) + 2 * (second + first) + 3 * frames
        total += 2 * encoder + joining + up
    return total


INFO = ModelInfo(
    name="bipn",
    title="BiPN",
    paper="Chen, Wang, Wang, Li, Chen: Long-Term Video Interpolation with Bidirectional Predictive Network, VCIP 2017",
    year=2017,
    any_time=False,
    extrapolates=False,
    size_multiple=size_multiple(1),
    reach_px=_REACH_PX,
    parameters=12_618_761,
    multiply_adds=multiply_adds(3, 1),
    licence=NOT_PUBLISHED,
    training_data=NOT_PUBLISHED,
    weights_sha256=None,
    frames_at_once=3,
    paints=True,
    overlap_px=64,
)


def info_of(variant: str) -> ModelInfo:
    """The facts about one form, such as "3" or "7-multiscale"; ``parameters`` are those at the published width."""
    frames, scales = parse_variant(variant)
    return replace(
        INFO,
        size_multiple=size_multiple(scales),
        reach_px=_REACH_PX * 2 ** (scales - 1),
        overlap_px=INFO.overlap_px if scales == 1 else _MULTISCALE_OVERLAP_PX,
        parameters=parameters(frames, scales),
        multiply_adds=multiply_adds(frames, scales),
        frames_at_once=frames,
    )
