"""PhaseNet: the waves of the frame in the middle, predicted from those of both frames, coarse levels first.

Meyer, Djelouah, McWilliams, Sorkine-Hornung, Gross, Schroers: "PhaseNet for Video Frame Interpolation", CVPR 2018. The
layers are those that give the published number of parameters; the code is ours.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.steerable_pyramid import Decomposition, SteerablePyramid, level_count, pyramid_for

Tensor = torch.Tensor

ORIENTATIONS = 4
SCALE_FACTOR = math.sqrt(2.0)

_FEATURES = 64
_BLOCKS = 8  # the low-pass, two of single pixels, five of 3x3; the last serves all finer levels
_FIRST_OF_3X3 = 3
_SMALLEST_DIVISOR = 1e-5  # an empty level stays empty


@dataclass(frozen=True)
class Given:
    """Levels that are taken from a true frame instead of being predicted: how the network is trained step by step.

    Attributes:
        truth: the true frame's parts.
        predicted: how many levels the network does predict: the low-pass first, then bands, the coarsest first. At 0
            everything is given.
    """

    truth: Decomposition
    predicted: int


@dataclass(frozen=True)
class Painted:
    """What the network makes of a pair.

    Attributes:
        plane: (N, H, W), the frame in the middle.
        phases: (N, 4, h, w) in (-pi, pi) radians, of each level that was predicted, the coarsest first.
    """

    plane: Tensor
    phases: tuple[Tensor, ...]


class Block(nn.Module):
    """Two convolutions with ReLUs, then normalisation; one convolution alone at the low-pass."""

    def __init__(self, inputs: int, features: int, kernel: int, is_low_pass: bool) -> None:
        super().__init__()
        settings = {"padding": kernel // 2, "padding_mode": "reflect"}
        self.conv1 = nn.Conv2d(inputs, features, kernel, **settings)  # type: ignore[arg-type]
        self.conv2 = None if is_low_pass else nn.Conv2d(features, features, kernel, **settings)  # type: ignore[arg-type]
        self.norm = None if is_low_pass else nn.BatchNorm2d(features)

    def forward(self, inputs: Tensor) -> Tensor:
        """(N, C, h, w) -> (N, C', h, w)."""
        features = F.relu(self.conv1(inputs), inplace=True)
        if self.conv2 is None or self.norm is None:
            return features
        normalised: Tensor = self.norm(F.relu(self.conv2(features), inplace=True))
        return normalised


@dataclass(frozen=True)
class Coarser:
    """What a level hands to the next finer one: features (N, C, h, w) and its prediction (N, P, h, w) in (-1, 1)."""

    features: Tensor
    prediction: Tensor

    def enlarged(self, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Both at the size of the finer level."""
        features, prediction = (
            F.interpolate(values, size=size, mode="bilinear", align_corners=False)
            for values in (self.features, self.prediction)
        )
        return features, prediction


class PhaseNet(nn.Module):
    """The network for pictures of one channel; ``width`` scales the numbers of features, 1 is the published size.

    Attributes:
        blends_high_pass: whether the finest detail, which has no phase, is mixed from both frames by a mask that the
            network gives; the published network leaves it out.
    """

    def __init__(self, width: float = 1.0, blends_high_pass: bool = False) -> None:
        super().__init__()
        features = max(1, round(width * _FEATURES))
        predicted = [1] + [2 * ORIENTATIONS] * (_BLOCKS - 1)
        inputs = [2] + [features + 4 * ORIENTATIONS + coarser for coarser in predicted[:-1]]
        kernels = [3 if level >= _FIRST_OF_3X3 else 1 for level in range(_BLOCKS)]
        self.blocks = nn.ModuleList(
            Block(count, features, kernel, level == 0)
            for level, (count, kernel) in enumerate(zip(inputs, kernels, strict=True))
        )
        self.heads = nn.ModuleList(nn.Conv2d(features, count, 1) for count in predicted)
        self.blends_high_pass = blends_high_pass
        if blends_high_pass:
            self.detail = nn.Conv2d(features, 1, 1)

    def forward(self, before: Tensor, after: Tensor, given: Given | None = None) -> Painted:
        """The frame in the middle of two, (N, H, W) float, one channel each, any H and W from 16.

        One level is in hand at a time; without gradients no other is kept.
        """
        pyramid = pyramid_of(before)
        spectrum = pyramid.spectrum(torch.stack([before, after]))
        predicted = pyramid.levels + 1 if given is None else given.predicted
        low_pass, coarser = self.low_pass(pyramid.low_pass(spectrum))
        total = pyramid.low_pass_spectrum(low_pass if given is None or predicted > 0 else given.truth.low_pass)
        phases = []
        for step in range(1, pyramid.levels + 1):
            level = pyramid.levels - step
            if given is None or step < predicted:
                pair = pyramid.bands(pyramid.at_level(spectrum, level), level)
                bands, coarser = self.bands(step, pair, coarser.enlarged((pair.shape[3], pair.shape[4])))
                phases.append(math.pi * coarser.prediction[:, :ORIENTATIONS])
            else:
                bands = given.truth.bands[level]
            total = pyramid.enlarged(total, level) + pyramid.bands_spectrum(bands, level)
        if given is None or predicted > pyramid.levels:
            high_pass = self._high_pass(pyramid, spectrum, coarser.features)
        else:
            high_pass = given.truth.high_pass if self.blends_high_pass else torch.zeros_like(before)
        return Painted(pyramid.image(total, high_pass), tuple(phases))

    def low_pass(self, pair: Tensor) -> tuple[Tensor, Coarser]:
        """The frame's low-pass (N, h, w): both frames' (2, N, h, w) mixed pixel by pixel."""
        divisor = pair.abs().amax((0, 2, 3)).clamp(min=_SMALLEST_DIVISOR).view(-1, 1, 1, 1)
        found = self._level(0, pair.transpose(0, 1) / divisor)
        return torch.lerp(pair[1], pair[0], share_of(found.prediction[:, 0])), found

    def bands(
        self, step: int, pair: Tensor, enlarged: tuple[Tensor, Tensor], greatest: Tensor | None = None
    ) -> tuple[Tensor, Coarser]:
        """The frame's bands of a level, complex (N, 4, h, w), from both frames', (2, N, 4, h, w).

        ``enlarged`` is what ``Coarser.enlarged`` gives of the coarser level; ``greatest`` the greatest size of a wave
        of the level, where ``pair`` is a part of it.
        """
        amplitudes, phases = pair.abs(), pair.angle()
        found = self._level(step, _seen(amplitudes, phases, enlarged, greatest))
        phase, share = found.prediction.chunk(2, 1)
        amplitude = torch.lerp(amplitudes[0], amplitudes[1], share_of(share))
        return torch.polar(amplitude, math.pi * phase), found

    def _level(self, step: int, inputs: Tensor) -> Coarser:
        block = min(step, _BLOCKS - 1)
        features = self.blocks[block](inputs)
        # Phases are turned into pictures in float32, whatever the convolutions run in.
        return Coarser(
            features, torch.tanh(self.heads[block](features)).to(torch.promote_types(inputs.dtype, torch.float32))
        )

    def _high_pass(self, pyramid: SteerablePyramid, spectrum: Tensor, features: Tensor) -> Tensor:
        """Of the frame, (N, H, W)."""
        if not self.blends_high_pass:
            return spectrum.real.new_zeros(spectrum.shape[1:])
        share = share_of(torch.tanh(self.detail(features)[:, 0]).to(spectrum.real.dtype))
        first, second = pyramid.high_pass(spectrum)
        return torch.lerp(first, second, share)


def _seen(amplitudes: Tensor, phases: Tensor, enlarged: tuple[Tensor, Tensor], greatest: Tensor | None) -> Tensor:
    """What a block is given, (N, C + 16 + P, h, w): coarser features, both frames' waves, the coarser prediction."""
    # One number for both frames and all orientations: which of them has more of a wave must still be seen.
    greatest = amplitudes.amax((0, 2, 3, 4)) if greatest is None else greatest
    divisor = greatest.clamp(min=_SMALLEST_DIVISOR).view(-1, 1, 1, 1)
    waves = torch.cat([*(phases / math.pi), *(amplitudes / divisor)], 1)
    features, prediction = enlarged
    if features.is_contiguous(memory_format=torch.channels_last):
        waves = waves.contiguous(memory_format=torch.channels_last)  # mixed layouts are put together slowly
    return torch.cat([features, waves, prediction], 1)


def share_of(signed: Tensor) -> Tensor:
    """From (-1, 1) to (0, 1)."""
    return 0.5 * (signed + 1.0)


def pyramid_of(plane: Tensor) -> SteerablePyramid:
    """The pyramid that pictures of the size of (N, H, W), on its device, are taken apart by."""
    size = (plane.shape[1], plane.shape[2])
    levels = level_count(*size, SCALE_FACTOR)
    return pyramid_for(size, ORIENTATIONS, SCALE_FACTOR, levels, (plane.device, plane.dtype))
