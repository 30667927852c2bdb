"""The complex steerable pyramid: a picture as local waves of a few sizes and directions, and the picture from them.

Simoncelli and Freeman: "The Steerable Pyramid", ICIP 1995; Portilla and Simoncelli: "A Parametric Texture Model Based
on Joint Statistics of Complex Wavelet Coefficients", IJCV 2000. The size of a complex coefficient says how much of a
wave there is in a place, its angle where the wave's crests lie: a small movement of the picture turns the angles.

Frequencies are relative: 1 is half a wave a pixel, along each axis. All transforms are scaled to keep energy, so that
the pyramid is a tight frame: the sum of squares of the picture is that of the high-pass, plus that of the low-pass,
plus half that of the bands; what ``synthesise`` does is the adjoint of what ``analyse`` does, with the bands halved. In
return a wave of height a that lies in one band alone has coefficients of a times the root of (pixels of the frame / of
its level).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import torch

Tensor = torch.Tensor

_SMALLEST_LOW_PASS_PX = 8.0
"""Levels go on until the shorter side of what is left would be shorter: a wave of a whole frame has no place in it."""

_KEPT_PYRAMIDS = 4
"""Masks of a 4K frame take 70 to 120 MB. One job looks at one size; training, or a second model, at one more each."""

_BLOCK_COLUMNS = 64
"""Columns that are transformed together for some rows of a band: so few that what they take is kept for the next ones
(see ``render.freed_memory``), which saves a tenth of the time of PhaseNet on a large frame."""


@dataclass(frozen=True)
class Decomposition:
    """A picture (*, H, W) in parts; ``*`` is any number of leading axes.

    Attributes:
        high_pass: (*, H, W) real, what is finer than every band.
        bands: complex (*, K, h, w) for each level, the finest (at full size) first; K is the number of orientations.
        low_pass: (*, h, w) real, what is coarser than every band.
    """

    high_pass: Tensor
    bands: tuple[Tensor, ...]
    low_pass: Tensor

    def amplitude(self, level: int) -> Tensor:
        """How much of each wave there is, (*, K, h, w) >= 0; level 0 is the finest."""
        return self.bands[level].abs()

    def phase(self, level: int) -> Tensor:
        """Where in its wave each place lies, (*, K, h, w) in [-pi, pi] radians; level 0 is the finest."""
        return self.bands[level].angle()


def level_count(height: int, width: int, scale_factor: float, smallest_px: float = _SMALLEST_LOW_PASS_PX) -> int:
    """How many times a frame can be divided by ``scale_factor`` until its shorter side is ``smallest_px`` or less."""
    steps = math.log(min(height, width) / smallest_px) / math.log(scale_factor)
    return max(1, math.ceil(steps - 1e-9))  # a hair less, or rounding would add a level to sides that are powers of 2


def smooth_size(least: int) -> int:
    """The smallest number from ``least`` without a prime factor above 5: fast to transform."""
    size = least
    while not _is_smooth(size):
        size += 1
    return size


def _is_smooth(size: int) -> bool:
    for prime in (2, 3, 5):
        while size % prime == 0:
            size //= prime
    return size == 1


class SteerablePyramid:
    """The pyramid for frames of one size, with its masks.

    Level ``k`` holds frequencies under ``scale_factor ** -k``. It is stored at the next 5-smooth size that holds all of
    them, at most at the frame's: nothing that a mask lets through is ever cut off, so pictures of any size, odd ones
    too, come back up to rounding.

    Attributes:
        size: height and width of the frame.
        orientations: K directions; waves of number ``b`` vary along the angle ``pi * b / K``, from x towards y (down).
        scale_factor: between the frequencies of one level and the next.
        levels: of bands.
        sizes: (h, w) of each level of bands, the frame's own first, and of the low-pass last.
    """

    def __init__(
        self,
        size: tuple[int, int],
        orientations: int = 4,
        scale_factor: float = math.sqrt(2.0),
        levels: int | None = None,
        place: tuple[torch.device, torch.dtype] = (torch.device("cpu"), torch.float32),
    ) -> None:
        if orientations < 2 or scale_factor <= 1.0:
            raise ValueError(
                f"got {orientations} orientations and a scale factor of {scale_factor}; give 2 or more, and more than 1"
            )
        self.size = size
        self.orientations = orientations
        self.scale_factor = scale_factor
        self.levels = level_count(*size, scale_factor) if levels is None else levels
        self.sizes = [(_level_side(size[0], shrink), _level_side(size[1], shrink)) for shrink in self._shrinks()]
        most = int(math.log(min(size) / 2) / math.log(scale_factor) + 1e-9)  # until less than 2 px are left
        if not 1 <= self.levels <= most:
            raise ValueError(f"got {self.levels} levels for a frame of {size[1]}x{size[0]} px; give 1 to {most}")
        # Also where a caller only infers: the next one may be training, and takes no tensors that were made so.
        with torch.inference_mode(False), torch.no_grad():
            self._build_masks(*place)

    def analyse(self, image: Tensor) -> Decomposition:
        """Takes a picture (*, H, W) of the pyramid's type apart."""
        spectrum = self.spectrum(image)
        bands = tuple(self.bands(self.at_level(spectrum, level), level) for level in range(self.levels))
        return Decomposition(self.high_pass(spectrum), bands, self.low_pass(spectrum))

    def synthesise(self, parts: Decomposition) -> Tensor:
        """The picture (*, H, W) from its parts, of which all may have been changed.

        What a band has gained outside of its own frequencies, and on the other side of its direction, is left out.
        """
        total = self.low_pass_spectrum(parts.low_pass)
        for level in reversed(range(self.levels)):
            total = self.enlarged(total, level) + self.bands_spectrum(parts.bands[level], level)
        return self.image(total, parts.high_pass)

    # The steps of both, for callers that hold one level at a time. A spectrum has its zero first, as torch gives it.

    def spectrum(self, image: Tensor) -> Tensor:
        """(*, H, W) -> complex (*, H, W)."""
        if image.shape[-2:] != self.size or image.dtype != self._high.dtype:
            raise ValueError(
                f"got a picture of {tuple(image.shape)} {image.dtype}; this pyramid is for (..., {self.size[0]},"
                f" {self.size[1]}) {self._high.dtype}"
            )
        return _transform(image)

    def high_pass(self, spectrum: Tensor) -> Tensor:
        """What is finer than every band, (*, H, W)."""
        return _inverse(spectrum * self._high).real

    def low_pass(self, spectrum: Tensor) -> Tensor:
        """What is coarser than every band, (*, h, w)."""
        return _inverse(cropped(spectrum, self.sizes[-1]) * self._low).real

    def at_level(self, spectrum: Tensor, level: int) -> Tensor:
        """The part (*, h, w) of a frame's spectrum (*, H, W) that bands of a level are made from."""
        return cropped(spectrum, self.sizes[level]) * self._turn

    def bands(self, part: Tensor, level: int) -> Tensor:
        """All bands of a level, complex (*, K, h, w), from what ``at_level`` gave."""
        return _inverse(part.unsqueeze(-3) * (2.0 * self._masks(level)))

    def band(self, spectrum: Tensor, level: int, orientation: int) -> Tensor:
        """One of them, complex (*, h, w), from a frame's spectrum (*, H, W); with as little beside it as can be."""
        part = self.at_level(spectrum, level)
        part *= self.mask(level, orientation).mul_(2.0)
        return _inverse(part)

    def band_rows(self, spectrum: Tensor, level: int, orientation: int, rows: slice) -> Tensor:
        """Some rows of what ``band`` gives, complex (*, R, w); beside them little more than the rows is held."""
        part = cropped(spectrum, self.sizes[level])
        found = part.new_empty(*part.shape[:-2], rows.stop - rows.start, part.shape[-1])
        for columns in _blocks(part.shape[-1]):
            masked = part[..., columns] * self.mask(level, orientation, columns).mul_(2.0)
            found[..., columns] = torch.fft.ifft(masked, dim=-2, norm="ortho")[..., rows, :]
        found *= self._turn
        values: Tensor = torch.fft.ifft(found, dim=-1, norm="ortho")
        return values

    def add_band_rows(self, total: Tensor, band: Tensor, level: int, orientation: int, rows: slice) -> None:
        """Adds to a level's spectrum (h, w) what some rows (R, w) of a band add to it, the band being 0 elsewhere."""
        along = torch.fft.fft(band, dim=-1, norm="ortho") * self._turn.conj()
        for columns in _blocks(total.shape[1]):
            block = along.new_zeros(total[:, columns].shape)
            block[rows] = along[:, columns]
            total[:, columns] += torch.fft.fft(block, dim=-2, norm="ortho") * self.mask(level, orientation, columns)

    def bands_spectrum(self, bands: Tensor, level: int) -> Tensor:
        """What all bands (*, K, h, w) of a level add to the picture's spectrum, (*, h, w)."""
        return (_transform(bands) * self._masks(level)).sum(-3) * self._turn.conj()

    def band_spectrum(self, band: Tensor, level: int, orientation: int) -> Tensor:
        """What one of them, (*, h, w), adds."""
        spectrum = _transform(band)
        spectrum *= self.mask(level, orientation)
        spectrum *= self._turn.conj()
        return spectrum

    def low_pass_spectrum(self, low_pass: Tensor) -> Tensor:
        """What the low-pass (*, h, w) adds to the picture's spectrum, (*, h, w)."""
        return _transform(low_pass) * self._low

    def enlarged(self, spectrum: Tensor, level: int) -> Tensor:
        """A spectrum of a coarser level with zeros around it, at the size of ``level``."""
        return _embedded(spectrum, self.sizes[level])

    def image(self, spectrum: Tensor, high_pass: Tensor) -> Tensor:
        """The picture (*, H, W) from what all levels add up to (*, H, W), and the high-pass (*, H, W)."""
        total = spectrum + _transform(high_pass) * self._high
        return _inverse(total).real

    def mask(self, level: int, orientation: int, within: slice = slice(None)) -> Tensor:
        """Of one band, (h, w) >= 0: a wedge of one ring of frequencies; its squares, all bands', add up to the ring's.

        A wedge is a power of the cosine of the angle to the band's direction, on the one side where that is positive.
        ``within`` are the columns that are wanted.
        """
        rows, columns = self._frequencies[level]
        angle = math.pi * orientation / self.orientations
        along = (columns[:, within] * math.cos(angle) + rows * math.sin(angle)).clamp_(min=0.0)
        return along.pow_(self.orientations - 1).mul_(self._rings[level][:, within])

    def _masks(self, level: int) -> Tensor:
        return torch.stack([self.mask(level, orientation) for orientation in range(self.orientations)])

    def _shrinks(self) -> list[float]:
        return [self.scale_factor**-level for level in range(self.levels + 1)]

    def _build_masks(self, device: torch.device, dtype: torch.dtype) -> None:
        """Masks are made in float64; those of a level hold all that came before it, from the frame's spectrum on."""
        k = self.orientations
        # The wedge's squares, of all directions on both sides, add up to 1.
        share = 2.0 ** (k - 1) * math.factorial(k - 1) / math.sqrt(k * math.factorial(2 * k - 2))
        turn = (-1j) ** (
            k - 1
        )  # even waves become even parts of the coefficients, as those who follow the paper have it
        self._turn = torch.tensor(turn, device=device, dtype=torch.promote_types(dtype, torch.complex64))
        self._rings, self._frequencies = [], []
        passed = [_low_mask(torch.hypot(*self._grid(self.size, 1.0, device)))]
        self._high = (1.0 - passed[0].square()).clamp(min=0.0).sqrt().to(dtype)
        for level, size in enumerate(self.sizes[:-1]):
            # Relative to the level's own cut-off, so that no power of them gets out of a float's range.
            scale = self.scale_factor ** (level + 1)
            rows, columns = self._grid(size, scale, device)
            radius = torch.hypot(rows, columns)
            low = _low_mask(radius)
            before = cropped(passed[-1], size)
            ring = before * (1.0 - low.square()).clamp(min=0.0).sqrt()
            powered = radius.clamp(min=torch.finfo(torch.float64).tiny ** (0.5 / k)).pow(k - 1)
            self._rings.append((share * ring / powered).to(dtype))
            self._frequencies.append((rows.to(dtype), columns.to(dtype)))
            passed.append(before * low)
        self._low = cropped(passed[-1], self.sizes[-1]).to(dtype)

    def _grid(self, size: tuple[int, int], scale: float, device: torch.device) -> tuple[Tensor, Tensor]:
        """Frequencies of rows (h, 1) and columns (1, w), times ``scale``."""
        rows, columns = (
            torch.fft.fftfreq(side, 1.0 / side, dtype=torch.float64, device=device) * (2.0 * scale / whole)
            for side, whole in zip(size, self.size, strict=True)
        )
        return rows.unsqueeze(1), columns.unsqueeze(0)


def _blocks(width: int) -> Iterator[slice]:
    return (slice(left, min(left + _BLOCK_COLUMNS, width)) for left in range(0, width, _BLOCK_COLUMNS))


def _transform(values: Tensor) -> Tensor:
    spectrum: Tensor = torch.fft.fft2(values, norm="ortho")
    return spectrum


def _inverse(spectrum: Tensor) -> Tensor:
    values: Tensor = torch.fft.ifft2(spectrum, norm="ortho")
    return values


def _level_side(side: int, shrink: float) -> int:
    return min(side, smooth_size(math.ceil(side * shrink - 1e-6)))  # powers of 2 as they are, in spite of rounding


def _low_mask(radius: Tensor) -> Tensor:
    """1 up to an octave below ``radius`` 1, 0 from there on, and a quarter of a cosine wave between them."""
    return torch.cos(0.5 * math.pi * (radius.log2().clamp(-1.0, 0.0) + 1.0))


def cropped(spectrum: Tensor, size: Sequence[int]) -> Tensor:
    """The lowest ``size`` frequencies of a spectrum (*, H, W) that has its zero first."""
    for axis, side in ((-2, size[0]), (-1, size[1])):
        whole = spectrum.shape[axis]
        if side < whole:
            ends = (spectrum.narrow(axis, 0, (side + 1) // 2), spectrum.narrow(axis, whole - side // 2, side // 2))
            spectrum = torch.cat(ends, axis)
    return spectrum


def _embedded(spectrum: Tensor, size: Sequence[int]) -> Tensor:
    """The other way: a spectrum with zeros for the higher frequencies of a larger ``size``."""
    for axis, whole in ((-1, size[1]), (-2, size[0])):
        side = spectrum.shape[axis]
        if side < whole:
            shape = list(spectrum.shape)
            shape[axis] = whole - side
            ends = spectrum.narrow(axis, 0, (side + 1) // 2), spectrum.narrow(axis, (side + 1) // 2, side // 2)
            spectrum = torch.cat([ends[0], spectrum.new_zeros(shape), ends[1]], axis)
    return spectrum


@lru_cache(maxsize=_KEPT_PYRAMIDS)
def pyramid_for(
    size: tuple[int, int],
    orientations: int,
    scale_factor: float,
    levels: int,
    place: tuple[torch.device, torch.dtype],
) -> SteerablePyramid:
    """A pyramid whose masks are kept for the next picture of the same size; arguments as of ``SteerablePyramid``."""
    return SteerablePyramid(size, orientations, scale_factor, levels, place)
