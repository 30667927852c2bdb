"""The flow projection, in every implementation."""

from __future__ import annotations

import pytest
import torch

from vfi_plugin.kernels import project_flow

from .cases import Backend, assert_agree, eighths

Tensor = torch.Tensor


def literal(flow: Tensor, depth: Tensor | None, fill_holes: bool) -> Tensor:
    """Pixel by pixel, in float64: everyone throws at four cells, then every hole walks to its neighbours."""
    n, _, height, width = flow.shape
    out = torch.zeros(n, 2, height, width, dtype=torch.float64)
    for b in range(n):
        count = torch.zeros(height, width, dtype=torch.float64)
        for y in range(height):
            for x in range(width):
                fx, fy = float(flow[b, 0, y, x]), float(flow[b, 1, y, x])
                if not (0 <= x + fx <= width - 1 and 0 <= y + fy <= height - 1):
                    continue
                weight = 1.0 if depth is None else float(depth[b, 0, y, x])
                left, top = int(x + fx), int(y + fy)
                right, bottom = min(left + 1, width - 1), min(top + 1, height - 1)
                for row, column in ((top, left), (top, right), (bottom, left), (bottom, right)):
                    out[b, 0, row, column] -= weight * fx
                    out[b, 1, row, column] -= weight * fy
                    count[row, column] += weight
        out[b, :, count > 0] /= count[count > 0]
        if fill_holes:
            fill(out[b], count)
    return out


def fill(projected: Tensor, count: Tensor) -> None:
    """Each cell that nothing reached takes the mean of the first reached cell to its left, right, top and bottom."""
    height, width = count.shape
    reached = projected.clone()
    for y in range(height):
        for x in range(width):
            if count[y, x] > 0:
                continue
            met = []
            for step_y, step_x in ((0, -1), (0, 1), (-1, 0), (1, 0)):
                row, column = y + step_y, x + step_x
                while 0 <= row < height and 0 <= column < width and count[row, column] <= 0:
                    row, column = row + step_y, column + step_x
                if 0 <= row < height and 0 <= column < width:
                    met.append(reached[:, row, column])
            if met:
                projected[:, y, x] = torch.stack(met).mean(0)


def sparse_flow(size: tuple[int, int], n: int = 2) -> Tensor:
    """Most pixels lead outside, so that holes are wide."""
    generator = torch.Generator().manual_seed(0)
    flow = eighths(generator, n, *size, reach_px=2)
    gone = torch.rand(n, 1, *size, generator=generator) < 0.8
    return torch.where(gone, torch.tensor(1000.0), flow)


@pytest.mark.parametrize("fill_holes", [True, False])
@pytest.mark.parametrize("with_depth", [True, False])
@pytest.mark.parametrize("size", [(6, 9), (13, 7), (1, 12), (12, 1)])
def test_it_is_what_the_published_loop_gives(
    backend: Backend, size: tuple[int, int], with_depth: bool, fill_holes: bool
) -> None:
    generator = torch.Generator().manual_seed(1)
    depth = torch.rand(2, 1, *size, generator=generator) + 0.1 if with_depth else None
    dense = eighths(generator, 2, *size, reach_px=2)
    dense[0, 0, 0, 0] = torch.nan
    for flow in (dense, sparse_flow(size)):
        expected = literal(flow, depth, fill_holes).float()
        assert_agree(backend(project_flow, flow, depth, fill_holes=fill_holes), expected, f"{size}")


def test_a_near_pixel_outweighs_far_ones_by_its_depth(backend: Backend) -> None:
    """By hand: one pixel of inverse depth 3 moves by 1 over still ones of 1; where it meets three, 3 of 6 are its."""
    flow, depth = torch.zeros(1, 2, 3, 4), torch.ones(1, 1, 3, 4)
    flow[0, 0, 1, 1], depth[0, 0, 1, 1] = 1.0, 3.0
    found = backend(project_flow, flow, depth)
    expected = torch.tensor([[0, 0, 0, 0], [0, 0, -3 / 6, -3 / 9], [0, 0, -3 / 8, -3 / 12]])
    torch.testing.assert_close(found[0, 0], expected, rtol=1e-6, atol=0)
    assert not found[0, 1].any()


def test_a_flow_of_one_vector_everywhere_is_reversed(backend: Backend) -> None:
    """Holes included: whatever they take, it is the same vector. Only a corner sees nothing in its row and column."""
    flow = torch.tensor([3.0, -2.0]).view(1, 2, 1, 1).expand(1, 2, 17, 40).contiguous()
    expected = -flow
    expected[:, :, 16:, :3] = 0  # nothing lands left of column 3, nor below row 15: that is 14 and its lower neighbour
    assert torch.equal(backend(project_flow, flow), expected)


def one_reached(size: tuple[int, int], places: list[tuple[int, int, float]]) -> Tensor:
    """A flow of which only pixels at the given places (row, column, flow in x) land; each reaches four cells."""
    flow = torch.full((1, 2, *size), 1000.0)
    for row, column, value in places:
        flow[0, :, row, column] = torch.tensor([value, 0.0])
    return flow


def test_where_nothing_lands_all_is_zero(backend: Backend) -> None:
    for value in (1000.0, torch.nan, torch.inf):
        assert not backend(project_flow, torch.full((2, 2, 9, 33), value)).any()


def test_a_hole_takes_the_mean_of_what_its_row_and_column_offer(backend: Backend) -> None:
    # Reached: rows 3 and 4 in columns 2, 3 (flow 1) and 8, 9 (flow 2), rows 8 and 9 in columns 5, 6 (flow 4).
    flow = one_reached((12, 12), [(3, 1, 1.0), (3, 6, 2.0), (8, 1, 4.0)])
    found = backend(project_flow, flow)[0, 0]
    assert found[3, 2] == -1.0
    assert found[3, 5] == (-1.0 - 2.0 - 4.0) / 3  # left, right and below
    assert found[3, 4] == (-1.0 - 2.0) / 2  # left and right
    assert found[3, 0] == -1.0  # right alone
    assert found[3, 11] == -2.0  # left alone
    assert found[0, 5] == -4.0  # below alone


def test_a_filled_hole_never_feeds_another(backend: Backend) -> None:
    found = backend(project_flow, one_reached((9, 9), [(4, 3, 1.0)]))[0, 0]
    cross = torch.zeros(9, 9)
    cross[4:6], cross[:, 4:6] = -1.0, -1.0
    assert torch.equal(found, cross)  # beside the cross nothing is seen, though filled cells are


def test_holes_stay_zero_where_they_are_not_to_be_filled(backend: Backend) -> None:
    found = backend(project_flow, one_reached((9, 9), [(4, 3, 1.0)]), fill_holes=False)[0, 0]
    assert found.nonzero().tolist() == [[4, 4], [4, 5], [5, 4], [5, 5]]


def test_a_weight_that_is_not_positive_leaves_a_hole_like_any_other(backend: Backend) -> None:
    flow = one_reached((9, 9), [(4, 1, 1.0), (4, 5, 2.0)])
    depth = torch.ones(1, 1, 9, 9)
    depth[0, 0, 4, 5] = -1.0
    found = backend(project_flow, flow, depth)[0, 0]
    assert torch.equal(found[4], torch.full((9,), -1.0))
    assert found[0].tolist() == [0.0, 0.0, -1.0, -1.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def test_a_filled_hole_passes_no_gradient(backend: Backend) -> None:
    flow = sparse_flow((12, 19)).requires_grad_()
    depth = torch.rand(2, 1, 12, 19, generator=torch.Generator().manual_seed(2)).add(0.1).requires_grad_()
    weights = torch.randn(2, 2, 12, 19, generator=torch.Generator().manual_seed(3))
    found = []
    for fill_holes in (True, False):
        result = backend(project_flow, flow, depth, fill_holes=fill_holes)
        found.append(torch.autograd.grad((result * weights).sum(), (flow, depth)))
    for filled, plain in zip(*found, strict=True):
        assert plain.any()
        assert_agree(filled, plain, "gradient")


def test_the_bits_are_the_same_in_every_run(compiled: Backend) -> None:
    """Many pixels that land on few: whoever adds them in another order shows."""
    generator = torch.Generator().manual_seed(4)
    flow = torch.randn(1, 2, 200, 301, generator=generator) * 40
    depth = torch.rand(1, 1, 200, 301, generator=generator) + 0.01
    first = compiled(project_flow, flow, depth)
    for _ in range(4):
        assert torch.equal(compiled(project_flow, flow, depth), first)
