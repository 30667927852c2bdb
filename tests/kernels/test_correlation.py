"""The correlation of two feature maps, in every implementation."""

from __future__ import annotations

import pytest
import torch

from vfi_plugin.kernels import correlation

from .cases import Backend, assert_agree


def maps(channels: int, size: tuple[int, int], seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(2, channels, *size, generator=generator), torch.randn(2, channels, *size, generator=generator)


@pytest.mark.parametrize(("radius", "size"), [(0, (4, 5)), (1, (4, 5)), (2, (1, 6)), (4, (6, 3))])
def test_it_is_what_loops_over_displacements_give(backend: Backend, radius: int, size: tuple[int, int]) -> None:
    a, b = maps(3, size)
    height, width = size
    expected = torch.zeros(2, (2 * radius + 1) ** 2, *size, dtype=torch.float64)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            plane = (dy + radius) * (2 * radius + 1) + (dx + radius)
            for y in range(height):
                for x in range(width):
                    if 0 <= y + dy < height and 0 <= x + dx < width:
                        both = a[:, :, y, x].double() * b[:, :, y + dy, x + dx].double()
                        expected[:, plane, y, x] = both.sum(1) / 3
    assert_agree(backend(correlation, a, b, radius=radius), expected.float(), "loops")


def test_with_itself_and_no_displacement_it_is_the_mean_square(backend: Backend) -> None:
    a, _ = maps(40, (9, 33))
    found = backend(correlation, a, a, radius=3)
    torch.testing.assert_close(found[:, 24], a.square().mean(1), rtol=1e-5, atol=0)


def test_the_largest_value_stands_where_the_second_map_was_moved_to(backend: Backend) -> None:
    a, _ = maps(64, (20, 40))
    moved = torch.roll(a, (2, -3), (2, 3))  # a[y, x] is found at moved[y + 2, x - 3]
    best = backend(correlation, a, moved, radius=4).argmax(1)
    assert (best[:, 4:-4, 4:-4] == (2 + 4) * 9 + (-3 + 4)).all()


def test_what_lies_outside_the_second_map_counts_as_nothing(backend: Backend) -> None:
    ones = torch.ones(1, 2, 5, 20)
    found = backend(correlation, ones, ones, radius=1)
    upwards = found[0, 1]  # dy = -1, dx = 0
    assert torch.equal(upwards[0], torch.zeros(20))
    assert torch.equal(upwards[1:], torch.ones(4, 20))


def test_a_value_that_is_not_a_number_reaches_only_the_pixels_that_meet_it(backend: Backend) -> None:
    a, b = maps(3, (9, 33))
    b[0, 1, 4, 20] = torch.nan
    found = backend(correlation, a, b, radius=1).isnan()
    assert int(found.sum()) == 9
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            assert found[0, (dy + 1) * 3 + dx + 1, 4 - dy, 20 - dx]
