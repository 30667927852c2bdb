"""Flows that lead along a curve: the same in every part of a frame, and picture and payload follow."""

from __future__ import annotations

import pytest
import torch

from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.enlarged import EnlargedMotion
from vfi_plugin.motion.filtered import FilteredFlowMotion, Margins
from vfi_plugin.motion.flow import FlowMotion

ROWS, COLUMNS = 40, 56
FACTOR = 8


def ramp(factor: int = FACTOR) -> Bend:
    """A field that is linear over the frame: x is bent by 0.01 of the column, y by 0.02 of the row, in pixels."""
    y, x = (torch.arange(side // factor + 1) * factor + 0.5 * factor for side in (ROWS, COLUMNS))
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    return Bend(torch.stack([0.01 * columns, 0.02 * rows])[None], factor)


def still() -> FlowMotion:
    return FlowMotion.still(torch.zeros(1, 1, ROWS, COLUMNS), 0.5)


def test_between_the_middles_of_blocks_a_bend_is_linear() -> None:
    bend = ramp().over(slice(0, ROWS), slice(0, COLUMNS))
    inside = (slice(FACTOR // 2, ROWS), slice(FACTOR // 2, COLUMNS))
    columns, rows = torch.arange(COLUMNS) + 0.5, torch.arange(ROWS) + 0.5
    torch.testing.assert_close(bend[0, 0][inside], (0.01 * columns).expand(ROWS, -1)[inside])
    torch.testing.assert_close(bend[0, 1][inside], (0.02 * rows)[:, None].expand(-1, COLUMNS)[inside])


def test_a_part_of_a_frame_is_bent_as_it_is_in_the_whole() -> None:
    bend = ramp()
    rows, columns = slice(11, 29), slice(5, 50)
    assert torch.equal(bend.over(rows, columns), bend.over(slice(0, ROWS), slice(0, COLUMNS))[..., rows, columns])
    whole = still().bent(bend).part(rows, columns)
    part = still().part(rows, columns).bent(bend, rows.start, columns.start)
    assert torch.equal(part.flow_t_to_0, whole.flow_t_to_0)
    assert torch.equal(part.flow_t_to_1, whole.flow_t_to_1)


def test_the_frame_may_begin_beside_the_blocks() -> None:
    bend = ramp()
    moved = Bend(bend.field, FACTOR, origin=(16, -8))
    shown = moved.over(slice(8, 24), slice(0, 24))
    torch.testing.assert_close(shown, bend.over(slice(0, 16), slice(16, 40)))


def test_a_constant_bend_shows_what_lies_that_far_away_in_both_sources() -> None:
    picture = torch.rand(1, 2, ROWS, COLUMNS, generator=torch.Generator().manual_seed(1)) * 600 - 20
    bend = Bend(torch.tensor([3.0, -2.0]).view(1, 2, 1, 1), FACTOR)
    made = still().bent(bend).apply(picture, picture)
    assert torch.equal(made[..., 2:, :-3], picture[..., :-2, 3:])
    ids = picture.long()
    assert torch.equal(still().bent(bend).pick(ids, ids)[..., 2:, :-3], ids[..., :-2, 3:])


def test_flows_on_blocks_are_bent_as_those_of_pixels_are() -> None:
    flows = torch.randn(1, 2, ROWS // 4, COLUMNS // 4, generator=torch.Generator().manual_seed(2))
    weight = torch.full((1, 1, ROWS // 4, COLUMNS // 4), 0.5)
    enlarged = EnlargedMotion(FlowMotion(flows, -flows, weight), 4, ROWS, COLUMNS)
    on_blocks, on_pixels = enlarged.bent(ramp()).flow_form(), enlarged.flow_form().bent(ramp())
    # Near the edges one repeats what the other goes on with.
    inner = (..., slice(FACTOR, -FACTOR), slice(FACTOR, -FACTOR))
    torch.testing.assert_close(on_blocks.flow_t_to_0[inner], on_pixels.flow_t_to_0[inner])
    torch.testing.assert_close(on_blocks.flow_t_to_1[inner], on_pixels.flow_t_to_1[inner])


@pytest.mark.parametrize("margin", [0, 6])
def test_flows_with_filters_are_bent_by_their_place_in_the_frame(margin: int) -> None:
    """Margins lie outside of the frame: the frame's own corner is where the bend begins."""
    flow = torch.zeros(1, 2, ROWS + 2 * margin, COLUMNS + 2 * margin)
    taps = torch.zeros(1, 16, *flow.shape[2:])
    taps[:, [5, 6, 9, 10]] = 1.0
    margins = Margins(margin, margin, margin, margin)
    motion = FilteredFlowMotion(flow, flow, taps, taps, 0.5, margins=margins)
    bent = margins.remove(motion.bent(ramp()).flow_t_to_0)
    torch.testing.assert_close(bent, ramp().over(slice(0, ROWS), slice(0, COLUMNS)))
