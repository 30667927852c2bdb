"""A mix of several motions, against sums written out and against what a mix has to keep."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch

from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.mixed import SOFT_REACH_PX, SOFT_STEPS_PX, MixedMotion, softened

HEIGHT, WIDTH = 24, 31
PICTURES = 9


def flows(seed: int, longest_px: float = 3.0) -> FlowMotion:
    generator = torch.Generator().manual_seed(seed)
    first, second = (longest_px * (2 * torch.rand(1, 2, HEIGHT, WIDTH, generator=generator) - 1) for _ in range(2))
    return FlowMotion(first, second, torch.rand(1, 1, HEIGHT, WIDTH, generator=generator))


def motions() -> tuple[FlowMotion, ...]:
    return flows(1), flows(2), FlowMotion.still(torch.zeros(1, 1, HEIGHT, WIDTH), 0.4)


def only(picture: int) -> torch.Tensor:
    shares = torch.zeros(1, PICTURES, HEIGHT, WIDTH)
    shares[:, picture] = 1.0
    return shares


def some_shares() -> torch.Tensor:
    shares = torch.rand(1, PICTURES, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(3))
    return shares / shares.sum(1, keepdim=True)


def payloads(channels: int = 4, scale: float = 500.0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    first, second = (scale * torch.rand(1, channels, HEIGHT, WIDTH, generator=generator) for _ in range(2))
    return first, second


def binomial_mean(picture: npt.NDArray[np.float64], step: int) -> npt.NDArray[np.float64]:
    """Each of the 25 taps looked up where it is, edges held."""
    weights = [math.comb(4, tap) / 16 for tap in range(5)]
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    total = np.zeros_like(picture)
    for down, by_row in enumerate(weights):
        for right, by_column in enumerate(weights):
            y = np.clip(rows + (down - 2) * step, 0, HEIGHT - 1)
            x = np.clip(columns + (right - 2) * step, 0, WIDTH - 1)
            total += by_row * by_column * picture[:, y, x]
    return total


@pytest.mark.parametrize("taps", ["linear", "cubic"])
@pytest.mark.parametrize("picture", range(4))
def test_a_whole_share_is_that_picture_to_the_bit(picture: int, taps: str) -> None:
    both = payloads()
    moved = motions()[picture // 2].with_taps(taps).moved(*both)
    assert torch.equal(MixedMotion(motions(), only(picture)).with_taps(taps).apply(*both), moved[picture % 2])


def brought(both: tuple[torch.Tensor, torch.Tensor]) -> npt.NDArray[np.float32]:
    """What the first two motions bring to each pixel, (4, C, H, W)."""
    return np.stack([each[0].numpy() for seed in (1, 2) for each in flows(seed).moved(*both)])


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_softened_pictures_are_binomial_means_held_inside_what_is_moved(passes: int) -> None:
    both = payloads(scale=1.0)
    picture = (0.5 * (flows(1).apply(*both) + flows(2).apply(*both)))[0].double().numpy()
    for step in SOFT_STEPS_PX[:passes]:
        picture = binomial_mean(picture, step)
    made = MixedMotion(motions(), only(5 + passes)).apply(*both)[0].numpy()
    assert np.abs(made - np.clip(picture, brought(both).min(0), brought(both).max(0))).max() < 1e-5


@pytest.mark.parametrize("which", [0, 1])
def test_unmoved_pictures_are_held_inside_what_is_moved(which: int) -> None:
    both = payloads()
    made = MixedMotion(motions(), only(4 + which)).apply(*both)[0].numpy()
    wanted = np.clip(both[which][0].numpy(), brought(both).min(0), brought(both).max(0))
    np.testing.assert_array_equal(made, wanted)


def test_a_light_has_neither_halo_nor_ghost() -> None:
    """Of what is 500 in one place and moves 9 px, half goes to what is softened and unmoved, and the light is whole."""
    before, after, there = (torch.zeros(1, 1, HEIGHT, WIDTH) for _ in range(3))
    for frame, column in ((before, 3), (after, 21), (there, 12)):
        frame[..., 10:13, column : column + 3] = 500.0
    way = torch.zeros(1, 2, HEIGHT, WIDTH)
    way[:, 0] = 9.0
    moved = FlowMotion(-way, way, torch.full((1, 1, HEIGHT, WIDTH), 0.5))
    shares = 0.25 * (only(0) + only(1)) + 0.1 * (only(4) + only(5) + only(6) + only(7) + only(8))
    still = FlowMotion.still(before, 0.5)
    assert torch.equal(MixedMotion((moved, moved, still), shares).apply(before, after), there)


def test_a_mix_is_the_sum_of_its_parts_and_scales_with_the_payload() -> None:
    mix, both = MixedMotion(motions(), some_shares()), payloads()
    whole = mix.apply(*both)
    parts = sum(MixedMotion(motions(), only(n)).apply(*both) * some_shares()[:, n : n + 1] for n in range(PICTURES))
    assert torch.allclose(whole, torch.as_tensor(parts), rtol=1e-5)
    assert torch.allclose(mix.apply(*(3.0 * each for each in both)), 3.0 * whole, rtol=1e-5)


def test_a_constant_stays_and_nothing_leaves_the_range_of_the_payload() -> None:
    mix = MixedMotion(motions(), some_shares()).with_taps("cubic")
    for value in (0.3, 1.0, 65504.0):
        flat = torch.full((1, 2, HEIGHT, WIDTH), value)
        sharp = replace(mix, shares=torch.cat([mix.shares[:, :6], 0 * mix.shares[:, 6:]], 1))
        assert torch.equal(sharp.apply(flat, flat), flat)
        assert (mix.apply(flat, flat) - value).abs().max() <= 1e-6 * value
    opaque = torch.ones(1, 1, HEIGHT, WIDTH)
    assert torch.equal(mix.apply(opaque, opaque), opaque)
    made, both = mix.apply(*payloads()), torch.cat(payloads())
    assert made.min() >= both.min() - 1e-3
    assert made.max() <= both.max() + 1e-3


def test_a_picture_without_a_share_adds_nothing_not_even_nan() -> None:
    first, second = payloads()
    shares = some_shares()
    shares[:, [1, 3, 5, 6, 7, 8]] = 0.0
    made = MixedMotion(motions(), shares).apply(first, torch.full_like(second, torch.nan))
    assert made.isfinite().all()


def test_softening_reaches_as_far_as_it_says() -> None:
    point = torch.zeros(1, 1, 61, 61)
    point[..., 30, 30] = 1.0
    for step in SOFT_STEPS_PX:
        point = softened(point, step)
    rows = torch.nonzero(point[0, 0].sum(1))
    assert int(rows.min()) == 30 - SOFT_REACH_PX
    assert int(rows.max()) == 30 + SOFT_REACH_PX
    assert abs(float(point.sum()) - 1.0) < 1e-6


def test_payloads_larger_than_the_shares_are_read_beyond_them() -> None:
    both, sharp = payloads(), some_shares()
    sharp[:, 6:] = 0.0
    height, width = 15, 20
    part = MixedMotion(motions(), sharp[..., :height, :width]).apply(*both)
    assert part.shape == both[0].shape
    assert torch.equal(part[..., :height, :width], MixedMotion(motions(), sharp).apply(*both)[..., :height, :width])


def test_what_is_picked_goes_by_the_first_motion() -> None:
    first, *others = motions()
    assert MixedMotion((first, *others), some_shares()).flow_form() is first


def test_gradients_reach_the_shares() -> None:
    """Of a mean, the gradient of a share is how far the picture that it is of lies from that mean."""
    both, shares = payloads(1), some_shares().requires_grad_()
    frame = MixedMotion(motions(), shares).apply(*both)
    frame.sum().backward()  # type: ignore[no-untyped-call]
    assert shares.grad is not None
    for picture in range(PICTURES):
        alone = MixedMotion(motions(), only(picture)).apply(*both)
        assert torch.allclose(shares.grad[:, picture], (alone - frame.detach())[:, 0], rtol=1e-3, atol=0.02)
