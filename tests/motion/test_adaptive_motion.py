"""Motion by kernels that are made band by band, with kernels that are known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import torch

from vfi_plugin.kernels import adaptive_conv
from vfi_plugin.motion.adaptive import AdaptiveMotion
from vfi_plugin.motion.chain import ChainedMotion
from vfi_plugin.motion.flow import FlowMotion

TAPS = 9
REACH = TAPS // 2


@dataclass
class Known:
    """Logits that are there, in bands; counts how often they were asked for."""

    logits: torch.Tensor
    rows: int = 5
    asked: int = 0

    def __iter__(self) -> Iterator[torch.Tensor]:
        self.asked += 1
        yield from self.logits.split(self.rows, 2)


def shifting(size: tuple[int, int], *taps: tuple[int, int, int, float]) -> Known:
    """Logits that show pixels ``x`` to the right and ``y`` below, of frame ``f``, in these shares: (f, x, y, share)."""
    logits = torch.full((1, 2, TAPS, TAPS, *size), -torch.inf)
    for f, x, y, share in taps:
        logits[:, f, REACH + y, REACH + x] = torch.tensor(share).log()
    return Known(logits.view(1, -1, *size))


def random_motion(size: tuple[int, int] = (23, 30), batch: int = 1) -> tuple[AdaptiveMotion, Known]:
    made = torch.Generator().manual_seed(0)
    bands = Known(torch.randn(batch, 2 * TAPS**2, *size, generator=made) * 3)
    guides = torch.rand(2, batch, 3, *size, generator=made)
    return AdaptiveMotion(bands, *guides), bands


def moving_world(x: int, y: int, channels: int = 3, scale: float = 1.0) -> list[torch.Tensor]:
    """Frames before, between and after: from each to the next, content goes ``x`` px to the right and ``y`` down."""
    world = torch.rand(1, channels, 60, 70, generator=torch.Generator().manual_seed(1)) * scale
    return [world[..., 10 - n * y : 50 - n * y, 10 - n * x : 60 - n * x] for n in range(3)]


@pytest.mark.parametrize(("channels", "scale"), [(3, 1.0), (1, 3000.0), (7, -40.0)])
def test_a_known_translation_is_put_in_the_middle(channels: int, scale: float) -> None:
    bands = shifting((40, 50), (0, -3, -2, 0.5), (1, 3, 2, 0.5))
    before, between, after = moving_world(3, 2, channels, scale)
    guides = moving_world(3, 2)
    motion = AdaptiveMotion(bands, guides[0], guides[2])
    moved = motion.apply(before, after)
    inner = (..., slice(2, -2), slice(3, -3))
    torch.testing.assert_close(moved[inner], between[inner])
    torch.testing.assert_close(motion.guide_frame(guides[0], guides[2])[inner], guides[1][inner])


def test_the_flow_form_says_where_in_each_frame_the_content_is() -> None:
    bands = shifting((40, 50), (0, -3, -2, 0.25), (1, 3, 2, 0.75))
    before, between, after = moving_world(3, 2)
    flows = AdaptiveMotion(bands, before, after).flow_form()
    assert flows.flow_t_to_0[0, :, 20, 20].tolist() == pytest.approx([-3.0, -2.0], abs=1e-5)
    assert flows.flow_t_to_1[0, :, 20, 20].tolist() == pytest.approx([3.0, 2.0], abs=1e-5)
    torch.testing.assert_close(flows.weight_0, torch.full((1, 1, 40, 50), 0.25))
    inner = (..., slice(4, -4), slice(4, -4))
    torch.testing.assert_close(flows.apply(before, after)[inner], between[inner], atol=1e-4, rtol=0)
    assert torch.equal(flows.pick(before, after)[inner], between[inner])


def test_a_kernel_of_several_taps_leads_to_their_mean_place() -> None:
    bands = shifting((20, 1024), (0, -4, 0, 0.1), (0, 2, 1, 0.3), (1, 1, 1, 0.6))
    guides = torch.rand(2, 1, 3, 20, 1024)
    flows = AdaptiveMotion(bands, *guides).flow_form()
    for x in (10, 500, 1010):
        assert flows.flow_t_to_0[0, :, 9, x].tolist() == pytest.approx([0.5, 0.75], abs=1e-3)
        assert flows.flow_t_to_1[0, :, 9, x].tolist() == pytest.approx([1.0, 1.0], abs=1e-3)


@pytest.mark.parametrize("f", [0, 1])
def test_a_frame_that_nothing_comes_from_has_no_share_and_a_finite_flow(f: int) -> None:
    flows = AdaptiveMotion(shifting((20, 20), (f, 1, 0, 1.0)), *torch.rand(2, 1, 3, 20, 20)).flow_form()
    assert (flows.weight_0 == 1 - f).all()
    assert flows.flow_t_to_0.isfinite().all()
    assert flows.flow_t_to_1.isfinite().all()


def test_bands_give_what_the_whole_gives() -> None:
    motion, bands = random_motion()
    payload = torch.randn(2, 1, 5, 23, 30)
    whole = adaptive_conv(*payload, bands.logits)
    for rows in (1, 4, 8, 23):
        bands.rows = rows
        torch.testing.assert_close(motion.apply(*payload), whole, atol=1e-6, rtol=0)


def test_the_network_runs_once_for_payload_flows_and_guide() -> None:
    motion, bands = random_motion()
    motion.apply(*torch.rand(2, 1, 11, 23, 30))
    flows = motion.flow_form()
    guide = motion.guide_frame(motion.guide_0.clone(), motion.guide_1)
    assert bands.asked == 1
    torch.testing.assert_close(guide, adaptive_conv(motion.guide_0, motion.guide_1, bands.logits))
    assert motion.flow_form() is flows
    motion.apply(*torch.rand(2, 1, 2, 23, 30))
    assert bands.asked == 2


def test_what_comes_first_makes_no_difference() -> None:
    payload = torch.randn(2, 1, 4, 23, 30)
    first, second = random_motion()[0], random_motion()[0]
    flows = first.flow_form()
    torch.testing.assert_close(first.apply(*payload), second.apply(*payload), atol=1e-6, rtol=0)
    torch.testing.assert_close(flows.flow_t_to_1, second.flow_form().flow_t_to_1, atol=1e-4, rtol=0)
    torch.testing.assert_close(first.guide_frame(*payload[:, :, :3]), second.apply(*payload[:, :, :3]))


def test_a_constant_stays_and_no_value_lies_beyond_the_sources() -> None:
    motion, _ = random_motion()
    constant = torch.full((1, 2, 23, 30), 3000.0)
    torch.testing.assert_close(motion.apply(constant, constant), constant, rtol=2e-6, atol=0)
    payload = torch.randn(2, 1, 3, 23, 30) ** 5
    moved = motion.apply(*payload)
    slack = 1e-5 * float(payload.abs().max())
    assert payload.min() - slack <= moved.min()
    assert moved.max() <= payload.max() + slack


def test_nan_reaches_as_far_as_the_kernels_and_no_other_channel() -> None:
    motion, _ = random_motion()
    payload = torch.rand(2, 1, 2, 23, 30)
    payload[0, 0, 1, 11, 15] = torch.nan
    moved = motion.apply(*payload)
    reached = torch.zeros(23, 30, dtype=torch.bool)
    reached[11 - REACH : 12 + REACH, 15 - REACH : 16 + REACH] = True
    assert torch.equal(moved[0, 1].isnan(), reached)
    assert moved[0, 0].isfinite().all()
    assert motion.flow_form().weight_0.isfinite().all()


def test_a_batch_equals_its_items() -> None:
    motion, bands = random_motion(batch=2)
    payload = torch.rand(2, 2, 3, 23, 30)
    moved, flows = motion.apply(*payload), motion.flow_form()
    for item in (0, 1):
        one = slice(item, item + 1)
        alone = AdaptiveMotion(Known(bands.logits[one]), motion.guide_0[one], motion.guide_1[one])
        torch.testing.assert_close(moved[one], alone.apply(*payload[:, one]))
        torch.testing.assert_close(flows.flow_t_to_0[one], alone.flow_form().flow_t_to_0)


def test_a_chain_says_that_it_runs_a_network_and_where() -> None:
    motion, _ = random_motion()
    still = FlowMotion.still(motion.guide_0, 0.5)
    assert ChainedMotion(still, motion, True).runs_network
    assert ChainedMotion(motion, still, False).runs_network
    assert not ChainedMotion(still, still, False).runs_network
    assert ChainedMotion(still, motion, True).device == motion.device == torch.device("cpu")
