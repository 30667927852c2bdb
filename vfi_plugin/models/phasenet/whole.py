"""PhaseNet on frames that are too large for it: transforms of the whole frame, and convolutions in strips of rows.

A part of a frame would not do: how many levels there are, where each is sampled and what its waves are divided by all
hang on the whole frame. What is held of it are the features of one level, the waves of the next and its prediction.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.phasenet.net import ORIENTATIONS, Coarser, PhaseNet, share_of
from vfi_plugin.models.steerable_pyramid import SteerablePyramid

Tensor = torch.Tensor

STRIP_PIXELS = 1 << 17
"""Of a strip: what lies between the layers takes 200 MB at the published width."""

_AROUND_ROWS = 2  # two convolutions of 3x3


def painted_plane(
    net: PhaseNet, pyramid: SteerablePyramid, spectrum: Tensor, strip_pixels: int = STRIP_PIXELS
) -> Tensor:
    """The frame in the middle (H, W) of a pair of one channel, as ``PhaseNet.forward`` gives it.

    ``spectrum``, (2, H, W), is what ``pyramid_of`` the pair makes of it.
    """
    low_pass, coarser = net.low_pass(pyramid.low_pass(spectrum).unsqueeze(1))
    total = pyramid.low_pass_spectrum(low_pass[0])
    detail: Tensor | None = None
    for step in range(1, pyramid.levels + 1):
        level = pyramid.levels - step
        waves = _Waves.of(pyramid, spectrum, level)
        bands, coarser, detail = _made(net, step, waves, coarser, strip_pixels, is_finest=level == 0)
        del waves
        total = pyramid.enlarged(total, level)
        for orientation, band in enumerate(bands):
            total += pyramid.band_spectrum(band, level, orientation)
        del bands
    if detail is None:
        return pyramid.image(total, spectrum.real.new_zeros(spectrum.shape[1:]))
    first, second = pyramid.high_pass(spectrum)
    return pyramid.image(total, torch.lerp(first, second, detail))


@dataclass(frozen=True)
class _Waves:
    """Both frames' bands of one level.

    Attributes:
        bands: complex (2, K, h, w).
        divisor: what their sizes are divided by.
    """

    bands: Tensor
    divisor: Tensor

    @classmethod
    def of(cls, pyramid: SteerablePyramid, spectrum: Tensor, level: int) -> _Waves:
        bands = spectrum.new_empty(2, ORIENTATIONS, *pyramid.sizes[level])
        greatest = spectrum.real.new_zeros(())
        for which, part in enumerate(spectrum):
            for orientation in range(ORIENTATIONS):
                bands[which, orientation] = pyramid.band(part, level, orientation)
                greatest = torch.maximum(greatest, bands[which, orientation].abs().max())
        return cls(bands, greatest)


def _made(
    net: PhaseNet, step: int, waves: _Waves, coarser: Coarser, strip_pixels: int, *, is_finest: bool
) -> tuple[Tensor, Coarser, Tensor | None]:
    """The frame's bands, complex (K, h, w), what is handed on, and the share of the later frame's detail, (h, w)."""
    height, width = waves.bands.shape[2:]
    bands = torch.empty_like(waves.bands[0])
    features: Tensor | None = None
    prediction: Tensor | None = None
    detail = bands.real.new_empty(height, width) if is_finest and net.blends_high_pass else None
    rows = max(strip_pixels // width, 1)
    for top in range(0, height, rows):
        strip = slice(top, min(top + rows, height))
        around = slice(max(top - _AROUND_ROWS, 0), min(strip.stop + _AROUND_ROWS, height))
        inner = slice(strip.start - around.start, strip.stop - around.start)
        pair = waves.bands[:, :, around].unsqueeze(1)
        made, found = net.bands(step, pair, _enlarged_rows(coarser, around, (height, width)), waves.divisor)
        bands[:, strip] = made[0, :, inner]
        if detail is not None:
            detail[strip] = share_of(torch.tanh(net.detail(found.features[:, :, inner])[0, 0]).float())
        if is_finest:
            continue
        if features is None or prediction is None:
            features, prediction = (
                part.new_empty(1, part.shape[1], height, width) for part in (found.features, found.prediction)
            )
        features[:, :, strip], prediction[:, :, strip] = found.features[:, :, inner], found.prediction[:, :, inner]
    handed_on = coarser if features is None or prediction is None else Coarser(features, prediction)
    return bands, handed_on, detail


def _enlarged_rows(coarser: Coarser, rows: slice, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Features and prediction of a coarser level at some rows of a finer one of ``size``, bilinear as of the whole."""
    coarse = coarser.features.shape[2]
    places = (torch.arange(rows.start, rows.stop, dtype=torch.float64) + 0.5) * (coarse / size[0]) - 0.5
    places = places.clamp(0, coarse - 1)
    lower = places.floor().long()
    share = (places - lower).float().view(-1, 1).to(coarser.prediction.device)
    upper = (lower + 1).clamp(max=coarse - 1)
    first, last = int(lower[0]), int(upper[-1]) + 1
    enlarged = []
    for values in (coarser.features, coarser.prediction):
        near = values[:, :, first:last]
        mixed = torch.lerp(
            near[:, :, (lower - first).to(near.device)],
            near[:, :, (upper - first).to(near.device)],
            share.to(near.dtype),
        )
        enlarged.append(F.interpolate(mixed, size=(len(lower), size[1]), mode="bilinear", align_corners=False))
    return enlarged[0], enlarged[1]
