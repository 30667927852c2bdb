"""The separable convolution, in every implementation."""

from __future__ import annotations

import pytest
import torch

from vfi_plugin.kernels import separable_conv

from .cases import Backend, assert_agree


@pytest.mark.parametrize(("taps", "size"), [(1, (4, 5)), (3, (4, 5)), (4, (1, 6)), (5, (6, 1))])
def test_it_is_what_loops_over_taps_give(backend: Backend, taps: int, size: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(taps)
    height, width = size
    image = torch.randn(2, 2, height + taps - 1, width + taps - 1, generator=generator)
    vertical = torch.randn(2, taps, *size, generator=generator)
    horizontal = torch.randn(2, taps, *size, generator=generator)
    pixels, down, across = (tensor.double().numpy() for tensor in (image, vertical, horizontal))
    expected = torch.zeros(2, 2, *size, dtype=torch.float64)
    for n in range(2):
        for c in range(2):
            for y in range(height):
                for x in range(width):
                    expected[n, c, y, x] = sum(
                        pixels[n, c, y + i, x + j] * down[n, i, y, x] * across[n, j, y, x]
                        for i in range(taps)
                        for j in range(taps)
                    )
    assert_agree(backend(separable_conv, image, vertical, horizontal), expected.float(), "loops")


@pytest.mark.parametrize(("i", "j"), [(0, 0), (2, 4), (4, 1)])
def test_kernels_of_one_tap_shift_the_image_exactly(backend: Backend, i: int, j: int) -> None:
    image = torch.randn(1, 3, 14, 26, generator=torch.Generator().manual_seed(0))
    vertical, horizontal = torch.zeros(1, 5, 10, 22), torch.zeros(1, 5, 10, 22)
    vertical[:, i], horizontal[:, j] = 1.0, 1.0
    found = backend(separable_conv, image, vertical, horizontal)
    assert torch.equal(found, image[..., i : i + 10, j : j + 22])


def test_kernels_are_not_normalised(backend: Backend) -> None:
    found = backend(separable_conv, torch.ones(1, 1, 6, 7), torch.full((1, 3, 4, 5), 2.0), torch.ones(1, 3, 4, 5))
    assert torch.equal(found, torch.full((1, 1, 4, 5), 18.0))


def test_every_pixel_has_kernels_of_its_own(backend: Backend) -> None:
    """The sum of kernels is the pixel's own row number times its column number."""
    rows, columns = torch.arange(6.0).view(1, 1, 6, 1), torch.arange(35.0)
    vertical = (rows / 3).expand(1, 3, 6, 35)
    horizontal = (columns / 3).expand(1, 3, 6, 35)
    found = backend(separable_conv, torch.ones(1, 4, 8, 37), vertical, horizontal)
    torch.testing.assert_close(found, (rows * columns).expand(1, 4, 6, 35), rtol=1e-6, atol=0)


def test_a_pixel_that_is_not_a_number_reaches_only_the_pixels_under_whose_kernel_it_lies(backend: Backend) -> None:
    image = torch.zeros(1, 1, 12, 40)
    image[0, 0, 5, 20] = torch.nan
    found = backend(separable_conv, image, torch.ones(1, 3, 10, 38), torch.ones(1, 3, 10, 38))
    expected = torch.zeros(1, 1, 10, 38, dtype=torch.bool)
    expected[..., 3:6, 18:21] = True
    assert torch.equal(found.isnan(), expected)


def test_halves_are_summed_in_float32(backend: Backend) -> None:
    """2048 and 51 times 51 ones: in half precision 2048 + 1 is 2048."""
    image = torch.ones(1, 1, 51, 51, dtype=torch.float16)
    image[0, 0, 0, 0] = 2048.0
    ones = torch.ones(1, 51, 1, 1, dtype=torch.float16)
    assert backend(separable_conv, image, ones, ones).item() == 2048 + 51 * 51 - 1
