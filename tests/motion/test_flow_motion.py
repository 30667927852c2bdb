"""Motion as flows and weights: what it does to payloads of any kind."""

from __future__ import annotations

import numpy as np
import torch

from vfi_plugin.motion import FlowMotion


def shift(dx: float, weight_0: float = 0.5, size: tuple[int, int] = (20, 30)) -> FlowMotion:
    flow = torch.zeros(1, 2, *size)
    flow[:, 0] = dx
    return FlowMotion(flow, -flow, torch.full((1, 1, *size), weight_0))


def test_a_payload_of_any_range_and_channel_count_is_moved() -> None:
    before = torch.rand(1, 7, 20, 30) * 5000 - 100
    moved = shift(2.0, weight_0=1.0).apply(before, torch.zeros_like(before))
    assert torch.equal(moved[..., :26], before[..., 2:28])


def test_a_source_of_weight_zero_adds_nothing_not_even_nan() -> None:
    good, bad = torch.rand(1, 3, 20, 30), torch.full((1, 3, 20, 30), torch.nan)
    assert torch.equal(shift(0.0, weight_0=1.0).apply(good, bad), good)
    assert torch.equal(shift(0.0, weight_0=0.0).apply(bad, good), good)


def test_premultiplied_colour_keeps_its_ratio_to_alpha() -> None:
    alpha = torch.rand(1, 1, 20, 30)
    payload = torch.cat([alpha * 0.9, alpha * 0.4, alpha], 1)
    out = shift(0.37).apply(payload, payload.flip(3))
    torch.testing.assert_close(out[:, 0], out[:, 2] * 0.9, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(out[:, 1], out[:, 2] * 0.4, atol=1e-6, rtol=1e-5)


def test_picked_values_are_input_values_bit_for_bit() -> None:
    ids = torch.from_numpy(np.random.default_rng(0).integers(0, 2**32, (1, 2, 20, 30), dtype=np.uint32).view(np.int32))
    other = ids + 1
    weights = torch.rand(1, 1, 20, 30)
    motion = FlowMotion(torch.randn(1, 2, 20, 30), torch.randn(1, 2, 20, 30), weights)
    picked = motion.pick(ids, other)
    from_before = weights >= 0.5
    for source, where in ((ids, from_before), (other, ~from_before)):
        assert torch.isin(picked[where.expand_as(picked)], source).all()


def test_all_picked_channels_of_a_pixel_come_from_one_place() -> None:
    places = torch.arange(600).view(1, 1, 20, 30)
    motion = FlowMotion(torch.randn(1, 2, 20, 30) * 3, torch.randn(1, 2, 20, 30) * 3, torch.rand(1, 1, 20, 30))
    together = motion.pick(torch.cat([places, places * 2], 1), torch.cat([places + 1000, places * 2 + 2000], 1))
    alone = motion.pick(places, places + 1000)
    assert torch.equal(together[:, :1], alone)
    assert torch.equal(together[:, 1:], alone * 2)


def test_the_residual_is_seen_by_the_guide_alone() -> None:
    guide = torch.rand(1, 3, 20, 30)
    base = shift(0.0)
    motion = FlowMotion(base.flow_t_to_0, base.flow_t_to_1, base.weight_0, residual=torch.full((1, 3, 20, 30), 0.1))
    torch.testing.assert_close(motion.guide_frame(guide, guide), guide + 0.1)
    assert torch.equal(motion.apply(guide, guide), guide)
