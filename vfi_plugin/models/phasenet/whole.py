"""PhaseNet on frames that are too large for it: transforms of the whole frame, and all else in tiles.

A part of a frame would not do: how many levels there are, where each is sampled and what its waves are divided by all
hang on the whole frame. What is held of it are spectra, masks, and what the fourth finest level hands on: the third
and the second, which would take two and four times as much, are made again for each tile of a finer one. Waves are held
in a row of tiles alone. At UHD and the published width all that takes 130 bytes a pixel; holding everything takes 300.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from vfi_plugin.models.phasenet.net import ORIENTATIONS, Coarser, PhaseNet, share_of
from vfi_plugin.models.resizing import at_places
from vfi_plugin.models.steerable_pyramid import SteerablePyramid

Tensor = torch.Tensor

TILE_PX = 120
"""The side of a tile: 64 float32 features of it and of what is around are just under the 4 MiB from which blocks are
the system's again as soon as they are freed. Tiles of 256 px took an eighth more time, for getting them back."""

_AROUND_PX = 2  # two convolutions of 3x3
_FINEST_HELD = 3  # the level with an eighth of the frame's pixels


def painted_plane(net: PhaseNet, pyramid: SteerablePyramid, spectrum: Tensor, tile_px: int = TILE_PX) -> Tensor:
    """The frame in the middle (H, W) of a pair of one channel, as ``PhaseNet.forward`` gives it.

    ``spectrum``, (2, H, W), is what ``pyramid_of`` the pair makes of it.
    """
    low_pass, lowest = net.low_pass(pyramid.low_pass(spectrum).unsqueeze(1))
    total = pyramid.low_pass_spectrum(low_pass[0])
    coarser: _Held | _Level = _Held(lowest)
    detail: Tensor | None = None
    for step in range(1, pyramid.levels + 1):
        level = _Level(net, pyramid, spectrum, step, coarser)
        total = pyramid.enlarged(total, level.number)
        kept = level.add_to(total, tile_px)
        detail = kept.detail
        coarser = level if kept.coarser is None else _Held(kept.coarser)
        del level, kept  # or what they were made of would be held until the next one has been made
    del coarser
    if detail is None:
        return pyramid.image(total, spectrum.real.new_zeros(spectrum.shape[1:]))
    first, second = pyramid.high_pass(spectrum)
    return pyramid.image(total, torch.lerp(first, second, detail))


@dataclass(frozen=True)
class _Held:
    """What a level hands on, all of it."""

    coarser: Coarser

    @property
    def size(self) -> tuple[int, int]:
        height, width = self.coarser.features.shape[2:]
        return height, width

    def handed_on(self, rows: slice, columns: slice) -> Coarser:
        return _part(self.coarser, rows, columns)


class _Level:
    """One level of bands, made in tiles.

    Attributes:
        number: 0 is the finest.
        size: (h, w).
    """

    def __init__(
        self, net: PhaseNet, pyramid: SteerablePyramid, spectrum: Tensor, step: int, coarser: _Held | _Level
    ) -> None:
        self.number = pyramid.levels - step
        self.size = pyramid.sizes[self.number]
        self._net, self._pyramid, self._spectrum, self._step, self._coarser = net, pyramid, spectrum, step, coarser
        self._divisor = self._greatest()
        self._waves: tuple[slice, Tensor] | None = None  # of the row of tiles in hand

    def add_to(self, total: Tensor, tile_px: int) -> _Kept:
        """Adds the frame's bands to the spectrum (h, w) of the level; what of the level is held from there on."""
        height, width = self.size
        kept = _Kept(self._net, self.number, self.size)
        for rows in _spans(height, tile_px):
            bands = self._spectrum.new_empty(ORIENTATIONS, rows.stop - rows.start, width)
            for columns in _spans(width, tile_px):
                bands[:, :, columns], found = self._made(rows, columns)
                kept.take(found, rows, columns)
            for orientation, band in enumerate(bands):
                self._pyramid.add_band_rows(total, band, self.number, orientation, rows)
        self._waves = None
        return kept

    def handed_on(self, rows: slice, columns: slice) -> Coarser:
        """What a tile hands on to the finer level."""
        return self._made(rows, columns)[1]

    def _made(self, rows: slice, columns: slice) -> tuple[Tensor, Coarser]:
        """The frame's bands, complex (K, r, c), in a tile, and what that hands on."""
        around = _grown(rows, self.size[0]), _grown(columns, self.size[1])
        pair = self._waves_in(around[0])[..., around[1]].unsqueeze(1)
        made, found = self._net.bands(self._step, pair, self._enlarged(*around), self._divisor)
        inner = _within(rows, around[0]), _within(columns, around[1])
        return made[0, :, inner[0], inner[1]], _part(found, *inner)

    def _waves_in(self, rows: slice) -> Tensor:
        """Both frames' bands in some rows, complex (2, K, r, w)."""
        if self._waves is None or self._waves[0] != rows:
            self._waves = None  # let go first
            found = self._spectrum.new_empty(2, ORIENTATIONS, rows.stop - rows.start, self.size[1])
            for orientation in range(ORIENTATIONS):
                found[:, orientation] = self._pyramid.band_rows(self._spectrum, self.number, orientation, rows)
            self._waves = rows, found
        return self._waves[1]

    def _greatest(self) -> Tensor:
        """The size of the greatest wave of both frames."""
        greatest = self._spectrum.real.new_zeros(())
        for part in self._spectrum:
            for orientation in range(ORIENTATIONS):
                band = self._pyramid.band(part, self.number, orientation)
                greatest = torch.maximum(greatest, band.abs().max())
        return greatest

    def _enlarged(self, rows: slice, columns: slice) -> tuple[Tensor, Tensor]:
        """Features and prediction of the coarser level in a tile of this one, bilinear as of the whole."""
        coarse = self._coarser.size
        down, rows_there = _places(rows, self.size[0], coarse[0])
        across, columns_there = _places(columns, self.size[1], coarse[1])
        near = self._coarser.handed_on(rows_there, columns_there)
        features, prediction = (
            at_places(at_places(part, 2, down), 3, across) for part in (near.features, near.prediction)
        )
        return features, prediction


class _Kept:
    """What is held of a level once its bands are made.

    Attributes:
        coarser: what it hands on; None where that is made again when it is wanted.
        detail: of the finest level, the share of the later frame's detail, (h, w); None where that is not mixed.
    """

    def __init__(self, net: PhaseNet, level: int, size: tuple[int, int]) -> None:
        self._net, self._level, self._size = net, level, size
        self.coarser: Coarser | None = None
        self.detail: Tensor | None = None

    def take(self, found: Coarser, rows: slice, columns: slice) -> None:
        """What one tile hands on."""
        if self._level >= _FINEST_HELD:
            if self.coarser is None:
                empty = (part.new_empty(*part.shape[:2], *self._size) for part in (found.features, found.prediction))
                self.coarser = Coarser(*empty)
            self.coarser.features[:, :, rows, columns] = found.features
            self.coarser.prediction[:, :, rows, columns] = found.prediction
        elif self._level == 0 and self._net.blends_high_pass:
            if self.detail is None:
                self.detail = found.prediction.new_empty(self._size)
            self.detail[rows, columns] = share_of(torch.tanh(self._net.detail(found.features)[0, 0]).float())


def _places(pixels: slice, fine: int, coarse: int) -> tuple[Tensor, slice]:
    """Where pixels lie on a coarser axis, counted from the first coarse pixel that they need, and the pixels needed."""
    places = (torch.arange(pixels.start, pixels.stop, dtype=torch.float64) + 0.5) * (coarse / fine) - 0.5
    places = places.clamp(0, coarse - 1)
    first = int(places[0])
    return places - first, slice(first, min(int(places[-1]) + 2, coarse))


def _part(coarser: Coarser, rows: slice, columns: slice) -> Coarser:
    return Coarser(coarser.features[:, :, rows, columns], coarser.prediction[:, :, rows, columns])


def _spans(side: int, most: int) -> Iterator[slice]:
    return (slice(first, min(first + most, side)) for first in range(0, side, most))


def _grown(span: slice, side: int) -> slice:
    return slice(max(span.start - _AROUND_PX, 0), min(span.stop + _AROUND_PX, side))


def _within(span: slice, around: slice) -> slice:
    return slice(span.start - around.start, span.stop - around.start)
