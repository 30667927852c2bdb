"""The pyramid against what its mathematics promises: nothing is lost, waves are told apart, and phase moves them."""

from __future__ import annotations

import math

import pytest
import torch

from vfi_plugin.models.steerable_pyramid import SteerablePyramid, level_count, pyramid_for, smooth_size

Tensor = torch.Tensor

DOUBLE = (torch.device("cpu"), torch.float64)
MEYER = (8, 2.0**0.25)
PHASENET = (4, 2.0**0.5)


def noise(*shape: int, seed: int = 0, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def waves(size: tuple[int, int], turns: tuple[int, int], moved: tuple[float, float] = (0.0, 0.0)) -> Tensor:
    """A wave of whole ``turns`` over the height and the width of a frame, moved by (y, x) px; float64."""
    rows, columns = (torch.arange(side, dtype=torch.float64) for side in size)
    along = turns[0] * (rows.unsqueeze(1) - moved[0]) / size[0] + turns[1] * (columns - moved[1]) / size[1]
    return torch.cos(2.0 * math.pi * along + 0.7)


@pytest.mark.parametrize("settings", [PHASENET, MEYER])
@pytest.mark.parametrize("size", [(256, 256), (255, 321), (480, 640), (16, 16), (17, 100), (97, 89)])
def test_a_picture_comes_back_from_its_parts(size: tuple[int, int], settings: tuple[int, float]) -> None:
    picture, pyramid = noise(2, *size), SteerablePyramid(size, *settings)
    assert float((pyramid.synthesise(pyramid.analyse(picture)) - picture).abs().max()) < 1e-5


def test_a_2k_picture_comes_back_from_its_parts() -> None:
    picture, pyramid = noise(1080, 2048), SteerablePyramid((1080, 2048))
    assert float((pyramid.synthesise(pyramid.analyse(picture)) - picture).abs().max()) < 1e-5


def test_in_double_precision_odd_sizes_come_back_as_exactly_as_even_ones() -> None:
    for size in ((255, 321), (64, 64), (101, 40)):
        picture, pyramid = noise(*size, dtype=torch.float64), SteerablePyramid(size, place=DOUBLE)
        assert float((pyramid.synthesise(pyramid.analyse(picture)) - picture).abs().max()) < 1e-13


@pytest.mark.parametrize("settings", [PHASENET, MEYER])
def test_no_energy_is_lost_or_made(settings: tuple[int, float]) -> None:
    picture, pyramid = noise(90, 123, dtype=torch.float64), SteerablePyramid((90, 123), *settings, place=DOUBLE)
    parts = pyramid.analyse(picture)
    energy = parts.high_pass.square().sum() + parts.low_pass.square().sum()
    energy += sum(0.5 * parts.amplitude(level).square().sum() for level in range(pyramid.levels))
    assert float(energy) == pytest.approx(float(picture.square().sum()), rel=1e-12)


def test_synthesis_is_the_adjoint_of_analysis_with_bands_halved() -> None:
    pyramid = SteerablePyramid((40, 51), place=DOUBLE)
    picture = noise(40, 51, dtype=torch.float64)
    parts, other = pyramid.analyse(picture), pyramid.analyse(noise(40, 51, seed=1, dtype=torch.float64))
    odd = type(other)(  # no picture has such parts
        other.high_pass.flip(0), tuple(band.flip(-1) * 1j for band in other.bands), other.low_pass.square()
    )
    across = (parts.high_pass * odd.high_pass).sum() + (parts.low_pass * odd.low_pass).sum()
    across += sum(0.5 * (a.conj() * b).real.sum() for a, b in zip(parts.bands, odd.bands, strict=True))
    assert float(across) == pytest.approx(float((picture * pyramid.synthesise(odd)).sum()), rel=1e-11)


@pytest.mark.parametrize("settings", [PHASENET, MEYER])
@pytest.mark.parametrize("turns", [(0, 9), (7, 3), (-11, 6), (20, 0), (5, -13)])
@pytest.mark.parametrize("moved", [(0.0, 0.4), (0.25, -1.7)])
def test_phase_alone_moves_a_wave_by_parts_of_a_pixel(
    turns: tuple[int, int], moved: tuple[float, float], settings: tuple[int, float]
) -> None:
    size = (80, 96)
    pyramid = SteerablePyramid(size, *settings, place=DOUBLE)
    parts = pyramid.analyse(waves(size, turns))
    turn = 2.0 * math.pi * (turns[0] * moved[0] / size[0] + turns[1] * moved[1] / size[1])
    angles = torch.arange(pyramid.orientations) * math.pi / pyramid.orientations
    # A band that looks the other way sees the wave run backwards.
    side = torch.sign(turns[0] / size[0] * angles.sin() + turns[1] / size[1] * angles.cos())
    factor = torch.polar(torch.ones(len(angles), dtype=torch.float64), -turn * side.double()).view(-1, 1, 1)
    made = pyramid.synthesise(type(parts)(parts.high_pass, tuple(b * factor for b in parts.bands), parts.low_pass))
    assert float(parts.high_pass.abs().max()) < 1e-12
    assert float((made - waves(size, turns, moved)).abs().max()) < 1e-12


def test_a_wave_has_the_same_amplitude_everywhere_and_a_phase_that_grows_along_it() -> None:
    pyramid = SteerablePyramid((64, 64), place=DOUBLE)
    parts = pyramid.analyse(waves((64, 64), (0, 8)))
    strongest = max(range(pyramid.levels), key=lambda level: float(parts.amplitude(level).max()))
    amplitude, phase = parts.amplitude(strongest)[0], parts.phase(strongest)[0]
    assert torch.allclose(amplitude, amplitude[0, 0].expand_as(amplitude), rtol=1e-9)
    step = 2.0 * math.pi * 8 / amplitude.shape[1]
    steps = torch.remainder(phase.diff(dim=1) - step + math.pi, 2.0 * math.pi) - math.pi
    assert float(steps.abs().max()) < 1e-9


@pytest.mark.parametrize("orientation", range(4))
def test_each_orientation_sees_waves_of_its_own_direction_most(orientation: int) -> None:
    turns = ((0, 12), (12, 12), (12, 0), (12, -12))[orientation]
    pyramid = SteerablePyramid((96, 96), place=DOUBLE)
    parts = pyramid.analyse(waves((96, 96), turns))
    seen = sum(band.abs().square().sum((-2, -1)) for band in parts.bands)
    assert isinstance(seen, Tensor)
    assert int(seen.argmax()) == orientation
    # Across it the cosine is 0; 45 degrees beside it its sixth power is an eighth.
    assert float(seen[(orientation + 2) % 4]) < 1e-20
    assert float(seen[(orientation + 1) % 4] / seen[orientation]) == pytest.approx(0.125, rel=1e-6)


def test_a_flat_picture_is_all_in_the_low_pass() -> None:
    pyramid = SteerablePyramid((48, 60), place=DOUBLE)
    parts = pyramid.analyse(torch.full((48, 60), 0.3, dtype=torch.float64))
    assert float(parts.high_pass.abs().max()) < 1e-14
    assert max(float(band.abs().max()) for band in parts.bands) < 1e-14
    assert torch.allclose(parts.low_pass, parts.low_pass[0, 0].expand_as(parts.low_pass))


def test_leading_axes_are_pictures_of_their_own() -> None:
    pyramid, pictures = SteerablePyramid((32, 40)), noise(2, 3, 32, 40)
    parts = pyramid.analyse(pictures)
    assert parts.bands[0].shape == (2, 3, 4, 32, 40)
    alone = pyramid.analyse(pictures[1, 2])
    for level, band in enumerate(alone.bands):
        torch.testing.assert_close(parts.bands[level][1, 2], band)
        single = pyramid.band(pyramid.spectrum(pictures[1, 2]), level, 3)
        torch.testing.assert_close(band[3], single)
    torch.testing.assert_close(pyramid.synthesise(parts), pictures, atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(32, 40), (33, 613)])
def test_bands_made_and_added_in_some_rows_at_a_time_are_those_of_the_whole(size: tuple[int, int]) -> None:
    pyramid = SteerablePyramid(size, place=DOUBLE)
    spectrum = pyramid.spectrum(noise(2, *size, dtype=torch.float64))
    for level in range(pyramid.levels):
        band = pyramid.band(spectrum, level, 3)
        height = band.shape[-2]
        total, wanted = (pyramid.at_level(spectrum[0], level) for _ in range(2))
        wanted += pyramid.band_spectrum(band[0], level, 3)
        for rows in (slice(0, 5), slice(5, height)):
            part = pyramid.band_rows(spectrum, level, 3, rows)
            torch.testing.assert_close(part, band[:, rows], atol=1e-12, rtol=0)
            pyramid.add_band_rows(total, part[0], level, 3, rows)
        torch.testing.assert_close(total, wanted, atol=1e-12, rtol=0)


def test_gradients_are_those_of_the_formula() -> None:
    pyramid = SteerablePyramid((9, 12), 3, levels=2, place=DOUBLE)

    def there_and_back(picture: Tensor) -> Tensor:
        parts = pyramid.analyse(picture)
        changed = tuple(band * band.abs() for band in parts.bands)
        return pyramid.synthesise(type(parts)(parts.high_pass.square(), changed, parts.low_pass.sin()))

    assert torch.autograd.gradcheck(there_and_back, noise(9, 12, dtype=torch.float64).requires_grad_())


def test_masks_that_were_made_for_inference_serve_training_too() -> None:
    settings = ((24, 24), 4, 2.0**0.5, 2, (torch.device("cpu"), torch.float32))
    with torch.inference_mode():
        pyramid_for(*settings).analyse(noise(24, 24))
    picture = noise(24, 24).requires_grad_()
    pyramid_for(*settings).analyse(picture).low_pass.sum().backward()
    assert picture.grad is not None


def test_levels_and_their_sizes_are_those_of_the_papers_or_a_little_more() -> None:
    pyramid = SteerablePyramid((256, 256))
    published = (256, 181.02, 128, 90.51, 64, 45.25, 32, 22.63, 16, 11.31, 8)
    assert (pyramid.levels, level_count(1080, 1920, 2.0**0.5)) == (10, 15)
    for (height, width), side in zip(pyramid.sizes, published, strict=True):
        assert height == width
        assert side <= height <= 1.08 * side
    assert [smooth_size(least) for least in (7, 11, 13, 181, 1080)] == [8, 12, 15, 192, 1080]


def test_what_does_not_fit_is_refused_in_words() -> None:
    with pytest.raises(ValueError, match="give 1 to 6"):
        SteerablePyramid((16, 40), levels=7)
    with pytest.raises(ValueError, match="2 or more"):
        SteerablePyramid((16, 16), orientations=1)
    with pytest.raises(ValueError, match=r"for \(\.\.\., 16, 18\) torch.float32"):
        SteerablePyramid((16, 18)).analyse(noise(18, 16))
