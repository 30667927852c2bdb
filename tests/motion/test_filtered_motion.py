"""Flow with a filter for each pixel: what it does to payloads of any kind."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from vfi_plugin.motion.filtered import FilteredFlowMotion, Margins
from vfi_plugin.motion.flow import FlowMotion

SIZE = (20, 30)
INNER = (..., slice(6, -6), slice(6, -6))


def flow(dx: float, dy: float, size: tuple[int, int] = SIZE) -> torch.Tensor:
    return torch.tensor([float(dx), float(dy)]).view(1, 2, 1, 1).expand(1, 2, *size).contiguous()


def kernels(*taps: tuple[int, int], size: tuple[int, int] = SIZE) -> torch.Tensor:
    """1 at the given rows and columns of every filter."""
    values = torch.zeros(1, 16, *size)
    for row, column in taps:
        values[:, row * 4 + column] = 1.0
    return values


IDENTITY = kernels((1, 1))
BILINEAR = kernels((1, 1), (1, 2), (2, 1), (2, 2))


def wild_motion(t: float = 0.3) -> FilteredFlowMotion:
    """Kernels of both signs whose sums are anything, and flows of a few pixels, some of them leading outside."""
    generator = torch.Generator().manual_seed(5)
    flows = [torch.randn(1, 2, *SIZE, generator=generator) * 4 for _ in "ab"]
    filters = [torch.randn(1, 16, *SIZE, generator=generator) + 0.2 for _ in "ab"]
    filters[0][..., :5] = 0.0
    return FilteredFlowMotion(*flows, *filters, t)


def random_payload(channels: int = 3, seed: int = 1) -> torch.Tensor:
    return torch.rand(1, channels, *SIZE, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize(("dx", "dy"), [(0, 0), (3, -2), (-5, 4)])
@pytest.mark.parametrize("filters", [IDENTITY, BILINEAR])
def test_whole_pixel_flow_and_neutral_kernels_move_values_exactly(dx: int, dy: int, filters: torch.Tensor) -> None:
    payload = random_payload(7) * 5000 - 100
    motion = FilteredFlowMotion(flow(dx, dy), flow(0, 0), filters, filters, 0.0)
    moved = motion.apply(payload, torch.zeros_like(payload))
    assert torch.equal(moved[INNER], payload[..., 6 + dy : 14 + dy, 6 + dx : 24 + dx])
    assert torch.equal(motion.flow_form().flow_t_to_0[INNER], flow(dx, dy)[INNER])


def test_bilinear_kernels_are_a_bilinear_warp() -> None:
    payloads = random_payload(), random_payload(seed=2)
    filtered = FilteredFlowMotion(flow(1.3, -2.6), flow(-0.4, 0.7), BILINEAR, BILINEAR, 0.25)
    plain = FlowMotion(flow(1.3, -2.6), flow(-0.4, 0.7), torch.full((1, 1, *SIZE), 0.75))
    torch.testing.assert_close(filtered.apply(*payloads)[INNER], plain.apply(*payloads)[INNER])


@pytest.mark.parametrize("value", [0.0, 0.18, 500.0, -3.0])
def test_a_constant_payload_stays_constant_whatever_the_kernels_are(value: float) -> None:
    payload = torch.full((1, 2, *SIZE), value)
    assert torch.equal(wild_motion().apply(payload, payload), payload)


def test_no_channel_leaves_the_range_of_the_pixels_read() -> None:
    payload = torch.zeros(1, 1, *SIZE)
    payload[..., 8:11, 12:16] = 3000.0
    sharpening = BILINEAR * 1.5 - 0.125
    motion = FilteredFlowMotion(flow(0.4, 0.3), flow(0, 0), sharpening, BILINEAR, 0.0)
    moved = motion.apply(payload, payload)
    assert float(motion.guide_frame(payload, payload).max()) > 3100.0  # what these kernels do by themselves
    assert float(moved.min()) == 0.0
    assert float(moved.max()) == 3000.0
    far = moved.clone()
    far[..., 6:13, 10:18] = 0.0  # the highlight, and what has it in its window of four pixels
    assert not far.any()


def test_the_sum_of_a_filter_does_not_change_a_payload_but_does_the_published_frame() -> None:
    payloads = random_payload(), random_payload(seed=2)
    motion = FilteredFlowMotion(flow(1.3, 0.2), flow(-1, 0), BILINEAR, BILINEAR, 0.5)
    tripled = replace(motion, kernels_0=BILINEAR * 3, kernels_1=BILINEAR * 3)
    torch.testing.assert_close(tripled.apply(*payloads), motion.apply(*payloads))
    torch.testing.assert_close(tripled.guide_frame(*payloads)[INNER], 3 * motion.guide_frame(*payloads)[INNER])


def test_a_payload_in_another_scale_or_with_an_offset_is_moved_alike() -> None:
    payloads = random_payload(), random_payload(seed=2)
    motion = wild_motion()
    moved, brighter = motion.apply(*payloads), motion.apply(*(500 * payload - 100 for payload in payloads))
    # A sum of 0.01 is left of values that are 300 times as large together, which costs four of seven digits.
    torch.testing.assert_close(brighter, 500 * moved - 100, atol=0.5, rtol=0)
    assert float((brighter - (500 * moved - 100)).abs().median()) < 1e-4


def test_every_channel_is_moved_as_it_would_be_alone() -> None:
    payloads = random_payload(9), random_payload(9, seed=2)
    together = wild_motion().apply(*payloads)
    alone = [wild_motion().apply(payloads[0][:, c : c + 1], payloads[1][:, c : c + 1]) for c in range(9)]
    assert torch.equal(together, torch.cat(alone, 1))


def test_at_either_end_the_other_source_adds_nothing_not_even_nan() -> None:
    good, bad = random_payload(), torch.full((1, 3, *SIZE), torch.nan)
    still = FilteredFlowMotion(flow(0, 0), flow(0, 0), IDENTITY, IDENTITY, 0.0)
    assert torch.equal(still.apply(good, bad), good)
    assert torch.equal(replace(still, t=1.0).apply(bad, good), good)


def test_the_residual_is_seen_by_the_guide_alone() -> None:
    guide = random_payload()
    still = FilteredFlowMotion(flow(0, 0), flow(0, 0), IDENTITY, IDENTITY, 0.5, torch.full((1, 3, *SIZE), 0.1))
    torch.testing.assert_close(still.guide_frame(guide, guide), guide + 0.1)
    assert torch.equal(still.apply(guide, guide), guide)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1, 2), (3, 1)])
def test_the_flow_form_leads_to_the_pixels_that_the_kernel_reads(row: int, column: int) -> None:
    # Between pixels, since on a whole one only the upper left quadrant of a kernel has a share.
    motion = FilteredFlowMotion(flow(2.5, 0.5), flow(0, -1), kernels((row, column)) * 0.3, IDENTITY, 0.25)
    form = motion.flow_form()
    expected = flow(2 + column - 1, row - 1)
    torch.testing.assert_close(form.flow_t_to_0[INNER], expected[INNER])
    assert torch.equal(form.flow_t_to_1[INNER], flow(0, -1)[INNER])
    assert torch.equal(form.weight_0, torch.full((1, 1, *SIZE), 0.75))


def test_the_flow_form_moves_smooth_payloads_as_the_kernels_do() -> None:
    rows, columns = torch.meshgrid(torch.arange(20.0), torch.arange(30.0), indexing="ij")
    plane = (3 * columns - 2 * rows)[None, None]
    generator = torch.Generator().manual_seed(2)
    filters = [torch.rand(1, 16, *SIZE, generator=generator) for _ in "ab"]
    motion = FilteredFlowMotion(flow(1.6, -0.7), flow(-2.2, 0.9), *filters, 0.4)
    torch.testing.assert_close(
        motion.flow_form().apply(plane, plane)[INNER], motion.apply(plane, plane)[INNER], atol=2e-5, rtol=1e-5
    )


def test_a_flow_that_leads_outside_is_not_followed_in_either_form() -> None:
    payload = random_payload()
    away = FilteredFlowMotion(flow(-40, 0), flow(0, 0), IDENTITY * 0.3, IDENTITY, 0.0)
    assert torch.equal(away.apply(payload, payload), payload)
    assert torch.equal(away.flow_form().flow_t_to_0, flow(0, 0))


def test_margins_count_as_part_of_the_frame_with_its_edges_repeated() -> None:
    payload = random_payload()
    margins = Margins(left=8, right=4, top=2, bottom=6)
    size = SIZE[0] + 8, SIZE[1] + 12
    filters = kernels((1, 1), size=size)
    motion = FilteredFlowMotion(flow(-5, 0, size), flow(0, 0, size), filters, filters, 0.0, None, margins)
    moved = motion.apply(payload, payload)
    assert torch.equal(moved[..., 5:], payload[..., :-5])
    assert torch.equal(moved[..., :5], payload[..., :1].expand(1, 3, 20, 5))
    assert torch.equal(motion.guide_frame(payload, payload), moved)
    assert torch.equal(motion.flow_form().flow_t_to_0, flow(-5, 0))
    without = FilteredFlowMotion(flow(-5, 0), flow(0, 0), IDENTITY, IDENTITY, 0.0)
    assert torch.equal(without.apply(payload, payload)[..., :5], payload[..., :5])


def test_picked_values_are_input_values_bit_for_bit() -> None:
    ids = torch.arange(600, dtype=torch.int32).view(1, 1, *SIZE)
    picked = wild_motion().flow_form().pick(ids, ids + 1000)
    assert torch.isin(picked, ids).all()
