"""Motion as separable kernels: what it does to payloads of any kind."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812

from vfi_plugin.motion.separable import SeparableMotion, window_maximum

TAPS = 7
SIZE = (20, 30)


def delta(offset: int, value: float = 1.0, size: tuple[int, int] = SIZE) -> torch.Tensor:
    kernel = torch.zeros(1, TAPS, *size)
    kernel[:, TAPS // 2 + offset] = value
    return kernel


def same_everywhere(*taps: float) -> torch.Tensor:
    return torch.tensor(taps).view(1, -1, 1, 1).expand(1, len(taps), *SIZE).contiguous()


def noisy(total: float = 0.9, seed: int = 0, batch: int = 1) -> SeparableMotion:
    """Kernels as networks predict them: a bump, taps of both signs around it, and a total that is not 1."""
    generator = torch.Generator().manual_seed(seed)
    bump = torch.exp(-0.5 * (torch.arange(TAPS) - TAPS // 2) ** 2.0).view(1, TAPS, 1, 1)
    kernels = [bump / bump.sum() + 0.05 * torch.randn(batch, TAPS, *SIZE, generator=generator) for _ in range(4)]
    return SeparableMotion(*(kernel * (total / 2) ** 0.5 for kernel in kernels), normalised=False)


def shifted(payload: torch.Tensor, x: int, y: int) -> torch.Tensor:
    """The payload as seen ``(x, y)`` px away, its edges repeated."""
    rows = (torch.arange(payload.shape[2]) + y).clamp(0, payload.shape[2] - 1)
    columns = (torch.arange(payload.shape[3]) + x).clamp(0, payload.shape[3] - 1)
    return payload[..., rows, :][..., columns]


@pytest.mark.parametrize("normalised", [False, True])
def test_single_taps_shift_by_whole_pixels_and_the_flow_form_says_so(normalised: bool) -> None:
    motion = SeparableMotion(delta(-3, 0.25), delta(2), delta(1, 0.75), delta(-1), normalised=normalised)
    before, after = torch.randn(1, 5, *SIZE) * 100, torch.randn(1, 5, *SIZE) * 100
    expected = 0.25 * shifted(before, 2, -3) + 0.75 * shifted(after, -1, 1)
    torch.testing.assert_close(motion.apply(before, after), expected)
    torch.testing.assert_close(motion.guide_frame(before[:, :3], after[:, :3]), expected[:, :3])
    flow = motion.flow_form()
    assert flow.flow_t_to_0.unique(dim=-1).unique(dim=-2).flatten().tolist() == [2.0, -3.0]
    assert flow.flow_t_to_1.unique(dim=-1).unique(dim=-2).flatten().tolist() == [-1.0, 1.0]
    assert flow.weight_0.unique().tolist() == [0.25]


def test_the_flow_form_picks_the_pixel_that_single_taps_show() -> None:
    motion = SeparableMotion(delta(-3), delta(2), delta(0, 0.0), delta(0), normalised=False)
    ids = torch.randint(0, 1000, (1, 2, *SIZE))
    assert torch.equal(motion.flow_form().pick(ids, ids + 1), shifted(ids, 2, -3))


@pytest.mark.parametrize("constant", [0.18, 3000.0, -7.5, 0.0])
def test_a_constant_payload_stays_the_same_constant(constant: float) -> None:
    payload = torch.full((1, 4, *SIZE), constant)
    assert torch.equal(noisy(total=0.9).apply(payload, payload), payload)


def test_exposure_of_a_payload_does_not_follow_the_kernels_total() -> None:
    before, after = torch.rand(1, 3, *SIZE), torch.rand(1, 3, *SIZE)
    dark, bright = noisy(total=0.8).apply(before, after), noisy(total=1.2).apply(before, after)
    torch.testing.assert_close(dark, bright)


def test_the_guide_is_the_plain_sum_or_divided_as_published() -> None:
    ones = torch.ones(1, 3, *SIZE)
    kernels = delta(0, 0.3), delta(1), delta(-1, 0.6), delta(0)
    torch.testing.assert_close(SeparableMotion(*kernels, normalised=False).guide_frame(ones, ones), ones * 0.9)
    torch.testing.assert_close(SeparableMotion(*kernels, normalised=True).guide_frame(ones, ones), ones)


@pytest.mark.parametrize(("total", "shown"), [(0.009, 0.009), (-0.009, -0.009), (0.011, 1.0), (-0.5, 1.0)])
def test_a_published_divisor_near_zero_counts_as_one(total: float, shown: float) -> None:
    motion = SeparableMotion(delta(0, total), delta(0), delta(0, 0.0), delta(0), normalised=True)
    ones = torch.ones(1, 3, *SIZE)
    torch.testing.assert_close(motion.guide_frame(ones, ones), ones * shown)


def test_a_highlight_gets_no_negative_ring_and_no_brighter_core() -> None:
    sharpening = same_everywhere(0.0, 0.0, -0.25, 1.5, -0.25, 0.0, 0.0)
    motion = SeparableMotion(sharpening * 0.5, sharpening, sharpening * 0.5, sharpening, normalised=False)
    light = torch.zeros(1, 1, *SIZE)
    light[..., 9:12, 14:17] = 3000.0
    published = motion.guide_frame(light, light)
    assert published.min() < -500.0  # or the next lines would prove nothing
    assert published.max() > 3500.0
    moved = motion.apply(light, light)
    assert moved.min() == 0.0
    assert moved.max() == 3000.0


def test_a_payload_stays_within_the_source_pixels_that_its_kernels_reach() -> None:
    motion = noisy()
    before, after = torch.randn(1, 2, *SIZE) * 50, torch.randn(1, 2, *SIZE) * 50
    moved = motion.apply(before, after)
    reach = {"kernel_size": TAPS, "stride": 1, "padding": TAPS // 2}
    assert (moved <= F.max_pool2d(torch.cat([before, after]), **reach).amax(0)).all()
    assert (moved >= -F.max_pool2d(-torch.cat([before, after]), **reach).amax(0)).all()


def test_alpha_stays_alpha() -> None:
    before, after = torch.rand(1, 1, *SIZE).round(), torch.rand(1, 1, *SIZE).round()
    alpha = noisy(seed=3).apply(before, after)
    assert alpha.min() >= 0.0
    assert alpha.max() <= 1.0


def test_channels_do_not_see_each_other() -> None:
    motion = noisy()
    before, after = torch.randn(1, 7, *SIZE) * 50, torch.randn(1, 7, *SIZE) * 50
    alone = torch.cat([motion.apply(before[:, i : i + 1], after[:, i : i + 1]) for i in range(7)], 1)
    torch.testing.assert_close(motion.apply(before, after), alone)


@pytest.mark.parametrize("bad", [torch.inf, torch.nan])
def test_inf_and_nan_reach_as_far_as_the_kernels(bad: float) -> None:
    motion = noisy()
    before, after = torch.rand(1, 2, *SIZE), torch.rand(1, 2, *SIZE)
    clean = motion.apply(before, after)
    before[0, 0, 8, 12] = bad
    spoilt = motion.apply(before, after)
    within = torch.zeros(SIZE, dtype=torch.bool)
    within[8 - 3 : 8 + 4, 12 - 3 : 12 + 4] = True
    assert torch.equal(spoilt[0, 0][~within], clean[0, 0][~within])
    assert torch.equal(spoilt[0, 1], clean[0, 1])


def test_the_flow_form_follows_kernels_with_negative_taps() -> None:
    """Cubic interpolation (Keys, a = -1/2) a quarter of a pixel to the right; sizes of taps alone would say 0.17."""
    quarter = same_everywhere(0.0, 0.0, -0.0703125, 0.8671875, 0.2265625, -0.0234375, 0.0)
    motion = SeparableMotion(delta(0), quarter, -delta(0), -quarter, normalised=False)
    flow = motion.flow_form()
    expected = torch.zeros(1, 2, *SIZE)
    expected[:, 0] = 0.25
    torch.testing.assert_close(flow.flow_t_to_0, expected)
    torch.testing.assert_close(flow.flow_t_to_1, expected)  # two signs that cancel change nothing
    torch.testing.assert_close(flow.weight_0, torch.full((1, 1, *SIZE), 0.5))


def test_taps_that_cancel_point_no_further_than_the_kernel_reaches() -> None:
    generator = torch.Generator().manual_seed(1)
    kernels = [torch.randn(1, TAPS, *SIZE, generator=generator) for _ in range(4)]
    motion = SeparableMotion(*kernels, normalised=True)
    flow = motion.flow_form()
    for way in (flow.flow_t_to_0, flow.flow_t_to_1):
        assert way.abs().max() <= TAPS // 2
    assert flow.weight_0.min() >= 0.0
    assert flow.weight_0.max() <= 1.0
    assert torch.isfinite(motion.apply(torch.rand(1, 2, *SIZE), torch.rand(1, 2, *SIZE))).all()


def test_kernels_of_nothing_show_both_frames_as_they_are() -> None:
    motion = SeparableMotion(*(torch.zeros(1, TAPS, *SIZE) for _ in range(4)), normalised=True)
    before, after = torch.rand(1, 2, *SIZE), torch.rand(1, 2, *SIZE)
    torch.testing.assert_close(motion.apply(before, after), (before + after) / 2)
    assert motion.flow_form().flow_t_to_0.abs().max() == 0.0


def test_a_frame_that_is_subtracted_has_no_share() -> None:
    motion = SeparableMotion(delta(0, 1.2), delta(0), delta(0, -0.2), delta(0), normalised=False)
    assert motion.flow_form().weight_0.unique().tolist() == [1.0]


def test_a_part_of_larger_kernels_is_used_as_it_lies() -> None:
    whole = noisy(batch=2)
    kernels = whole.vertical_0, whole.horizontal_0, whole.vertical_1, whole.horizontal_1
    part = [kernel[..., :17, :23] for kernel in kernels]
    before, after = torch.rand(2, 3, 17, 23), torch.rand(2, 3, 17, 23)
    as_it_lies = SeparableMotion(*part, normalised=False).guide_frame(before, after)
    copied = SeparableMotion(*(kernel.contiguous() for kernel in part), normalised=False).guide_frame(before, after)
    assert torch.equal(as_it_lies, copied)


@pytest.mark.parametrize("taps", [1, 2, 3, 8, 51])
def test_the_greatest_of_a_window_is_that_of_a_pooling_layer(taps: int) -> None:
    values = torch.randn(2, 3, 57, 60)
    assert torch.equal(window_maximum(values, taps), F.max_pool2d(values, taps, stride=1))
