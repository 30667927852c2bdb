"""Frames between two by turning the waves that a frame is made of.

Meyer, Wang, Zimmer, Grosse, Sorkine-Hornung: "Phase-Based Frame Interpolation for Video", CVPR 2015.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from vfi_plugin.models.cielab import lab_from_rgb, rgb_from_lab
from vfi_plugin.models.part import WholeFrames
from vfi_plugin.models.periodic_padding import mirrored
from vfi_plugin.models.phase.correction import corrected, expected_from, nearest_turn
from vfi_plugin.models.steerable_pyramid import SteerablePyramid, level_count, pyramid_for
from vfi_plugin.models.whole_planes import BAND_ROWS, channel_pair, converted

Tensor = torch.Tensor

_NOTHING = 1e-15
"""Gives an empty coefficient a direction; its square is still a float, and what a frame has is never so small."""


@dataclass(frozen=True)
class PhaseSettings:
    """What the paper leaves to choose.

    Attributes:
        orientations: directions of waves.
        scale_factor: between the frequencies of neighbouring levels, and so between their movements in radians.
        smallest_px: levels go on until the shorter side of a frame is about this small.
        most_levels: even where it is not yet; waves of the 23rd are 90 px long, longer than what can be followed.
        limit: the share of half a wave by which the coarsest waves may move. The paper's is 0.2; over ten real clips
            0.4 was 0.4 dB better (33.64 to 33.25, and 31.61 for the mix of both frames), most of it in two fast
            ones, at the price of up to 0.06 dB in slow ones. At 0.6 the fast ones gain on, and more slow ones lose.
    """

    orientations: int = 8
    scale_factor: float = 2.0**0.25
    smallest_px: float = 15.0
    most_levels: int = 23
    limit: float = 0.4

    def levels(self, height: int, width: int) -> int:
        """Of bands, for a frame of a size."""
        return min(self.most_levels, level_count(height, width, self.scale_factor, self.smallest_px))


def painted_between(before: Tensor, after: Tensor, t: float, settings: PhaseSettings) -> Tensor:
    """The frame at ``t`` in [0, 1], (N, 3, H, W) RGB, not clamped; guides are (N, 3, H, W) RGB in [0, 1].

    The channels of L*a*b* are three pictures that know nothing of each other.
    """
    padding = mirrored(*before.shape[2:])
    pair = torch.stack([lab_from_rgb(padding.add(guide, "reflect")) for guide in (before, after)])
    pyramid = _pyramid_of(pair, settings)
    made = _between(pyramid, pyramid.spectrum(pair.flatten(1, 2)), t, settings.limit)
    return rgb_from_lab(padding.remove(made.view(pair.shape[1:])))


def painted_whole(frames: WholeFrames, t: float, settings: PhaseSettings) -> Tensor:
    """The same for frames that are too large to be painted at once: channel by channel, all of the frame.

    Parts of a frame would not do. Waves reach further than a part shows, and levels are sampled at places that hang on
    the size of the frame; a limit that is passed in one part and not in its neighbour is seen.
    """
    channels = []
    for channel in range(3):
        pair = channel_pair(frames, channel, lab_from_rgb)
        padding = mirrored(*pair.shape[1:])
        pair = padding.add(pair.unsqueeze(1), "reflect")
        pyramid = _pyramid_of(pair, settings)
        spectrum = pyramid.spectrum(pair)
        del pair
        # A copy: the picture is the real half of complex numbers.
        channels.append(padding.remove(_between(pyramid, spectrum, t, settings.limit)).clone())
        del spectrum
    return converted(torch.stack(channels, 1), rgb_from_lab)


def _pyramid_of(pair: Tensor, settings: PhaseSettings) -> SteerablePyramid:
    """The pyramid that frames of the size of (..., H, W) are taken apart by."""
    height, width = pair.shape[-2:]
    return pyramid_for(
        (height, width),
        settings.orientations,
        settings.scale_factor,
        settings.levels(height, width),
        (pair.device, pair.dtype),
    )


def _between(pyramid: SteerablePyramid, spectrum: Tensor, t: float, limit: float) -> Tensor:
    """The picture (N, H, W) at ``t`` between two, of which the spectrum (2, N, H, W) is given.

    One band of one level is in hand at a time, coarse levels first: all of them would be 27 times both frames.
    """
    low_passes = pyramid.low_pass(spectrum)
    total = pyramid.low_pass_spectrum(torch.lerp(low_passes[0], low_passes[1], t))
    moved: list[Tensor | None] = [None] * pyramid.orientations
    for level in reversed(range(pyramid.levels)):
        followed = limit * math.pi * pyramid.scale_factor ** (pyramid.levels - 1 - level)
        total = pyramid.enlarged(total, level)
        for b, coarser in enumerate(moved):
            first, second = (pyramid.band(part, level, b) for part in spectrum)
            size = pyramid.sizes[level]
            expected = None if coarser is None else expected_from(coarser, size, pyramid.scale_factor)
            moved[b] = _turn(first, second, t, (expected, followed))
            del second, expected
            total += pyramid.band_spectrum(first, level, b)
            if level == 0:
                moved[b] = None  # nobody is told
    # The finest detail has no phase; mixed from both frames it would be blurred, so the nearer one's is taken.
    return pyramid.image(total, pyramid.high_pass(spectrum[0 if t < 0.5 else 1]))


def _turn(first: Tensor, second: Tensor, t: float, told: tuple[Tensor | None, float]) -> Tensor:
    """Turns a band (N, h, w) in its place to what it is at ``t``; the movement that the next finer level is told of.

    Some rows at a time: between them lie a dozen tensors of their size.
    """
    expected, limit = told
    movement = torch.empty_like(first.real) if expected is None else expected
    for top in range(0, first.shape[1], BAND_ROWS):
        rows = slice(top, top + BAND_ROWS)
        of_rows = None if expected is None else expected[:, rows]
        first[:, rows], movement[:, rows] = _turned(first[:, rows], second[:, rows], t, (of_rows, limit))
    return movement


def _turned(first: Tensor, second: Tensor, t: float, told: tuple[Tensor | None, float]) -> tuple[Tensor, Tensor]:
    """One band (N, h, w) at ``t``, and the movement that the next finer level is told of."""
    first = first + _NOTHING
    size = first.abs()
    direction = first / size
    difference = torch.angle(second * direction.conj())
    movement = corrected(difference, *told)
    turn = nearest_turn(difference, movement).mul_(t)
    return direction * torch.polar(torch.lerp(size, second.abs(), t), turn), movement
