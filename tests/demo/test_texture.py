from __future__ import annotations

import numpy as np
import pytest

from vfi_plugin.demo.texture import Texture, TextureRecipe, coverage, random_texture, smooth_coverage

RECIPE = TextureRecipe(sinusoids=12, shortest_px=8, longest_px=60, patches=6, area_px=(0.0, 0.0, 80.0, 60.0))
X, Y = np.arange(64.0), np.arange(48.0)


def _point_value(texture: Texture, x: float, y: float) -> np.ndarray:
    """The texture at one point, term by term as it is described: no products, no means."""
    total = np.zeros(texture.amplitudes.shape[1])
    for (fx, fy), phase, amplitude in zip(texture.frequencies, texture.phases, texture.amplitudes, strict=True):
        total += amplitude * np.sin(2 * np.pi * (fx * x + fy * y) + phase)
    for (left, top), contrast in zip(texture.patches, texture.patch_contrasts, strict=True):
        u, v = x - left, y - top
        if 0 <= u < texture.patch_px and 0 <= v < texture.patch_px:
            total += contrast * (-1) ** (int(u / texture.check_px) + int(v / texture.check_px))
    return total


@pytest.mark.parametrize("box", [(1.0, 1.0), (9.0, 1.0)])
def test_a_pixel_is_the_mean_of_the_points_in_its_box(box: tuple[float, float]) -> None:
    texture = random_texture(RECIPE, seed=3)
    columns, rows = np.array([5.25, 30.0]), np.array([11.5, 40.0])
    sampled = texture.sample(columns, rows, box)
    steps = (np.arange(40) + 0.5) / 40 - 0.5
    for row, y in enumerate(rows):
        for column, x in enumerate(columns):
            points = [_point_value(texture, x + a * box[0], y + b * box[1]) for a in steps for b in steps]
            # 40 points across a checker's edge place it within 1/80 of the box; contrast is 0.1.
            np.testing.assert_allclose(sampled[row, column], np.mean(points, axis=0), atol=0.006)


def test_moving_by_whole_pixels_moves_the_picture() -> None:
    texture = random_texture(RECIPE, seed=4)
    still = texture.sample(X, Y)
    moved = texture.sample(X - 7, Y + 4)
    np.testing.assert_allclose(moved[:-4, 7:], still[4:, :-7], atol=2e-6)


def test_a_far_away_part_is_as_exact_as_a_near_one() -> None:
    plain = random_texture(TextureRecipe(sinusoids=1), seed=5)
    period = 1 / plain.frequencies[0, 0]
    far = plain.sample(X + 1000 * period, Y)
    np.testing.assert_allclose(far, plain.sample(X, Y), atol=2e-6)


def test_the_strength_asked_for_is_the_standard_deviation() -> None:
    texture = random_texture(TextureRecipe(sinusoids=200, strength=0.1), seed=6)
    # Each channel varies round the common pattern by up to 30 %, which adds 1.5 % to the deviation.
    assert texture.sample(np.arange(800.0), np.arange(800.0)).std() == pytest.approx(0.1, rel=0.05)


def test_one_seed_is_one_texture() -> None:
    first, again, other = (random_texture(RECIPE, seed).sample(X, Y) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.allclose(first, other, atol=0.02)


@pytest.mark.parametrize("degrees", [0, 15, 45, 80])
def test_coverage_is_near_the_area_of_a_pixel_inside_a_slanted_edge(degrees: float) -> None:
    normal = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    steps = (np.arange(200) + 0.5) / 200 - 0.5
    for distance in np.linspace(-1, 1, 21):
        inside = steps[:, None] * normal[0] + steps[None, :] * normal[1] + distance < 0
        assert abs(coverage(np.array(distance)) - inside.mean()) < 0.05


def test_a_soft_edge_ends_exactly_where_its_falloff_ends() -> None:
    assert smooth_coverage(np.array([-4.0, 0.0, 4.0, 4.1]), 8.0).tolist() == [1.0, 0.5, 0.0, 0.0]
