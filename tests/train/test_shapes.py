"""Moving 2D Shapes: what is drawn is what geometry says, at any time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels.warp import warp
from vfi_plugin.train.shapes import AXES, MovingShapes
from vfi_plugin.train.shapes_clip import Shape, ShapesClip

Tensor = torch.Tensor
RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)
GREY = (0.5, 0.5, 0.5)
AREAS = {"circle": math.pi, "square": 4.0, "triangle": 2.0}  # in squared radii


def clip_of(*shapes: Shape) -> ShapesClip:
    return ShapesClip(64, GREY, shapes)


def centroid(coverage: Tensor) -> Tensor:
    """(H, W) -> (2,), x and y."""
    y, x = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    return torch.stack([(x * coverage).sum(), (y * coverage).sum()]) / coverage.sum()


@pytest.mark.parametrize("radius", [5.0, 7.3, 11.0])
@pytest.mark.parametrize("kind", AREAS)
def test_areas_are_those_of_geometry(kind: str, radius: float) -> None:
    clip = clip_of(Shape(kind, radius, RED, (31.3, 30.8), (0.0, 0.0)))
    assert float(clip.coverage([0.0]).sum()) == pytest.approx(AREAS[kind] * radius**2, rel=0.01)


@pytest.mark.parametrize("kind", ["circle", "square", "triangle"])
def test_the_centroid_moves_by_the_travel(kind: str) -> None:
    clip = clip_of(Shape(kind, 8.0, RED, (20.0, 40.0), (12.0, -10.0)))
    first, third, middle, last = (centroid(seen[0]) for seen in clip.coverage([0.0, 1 / 3, 0.5, 1.0]))
    # By whole pixels exactly, as far as sums of float32 go; by parts of one within 1/32, as pixels are looked at.
    assert torch.allclose(last - first, torch.tensor([12.0, -10.0]), atol=1e-4)
    assert torch.allclose(middle - first, torch.tensor([6.0, -5.0]), atol=1e-4)
    assert torch.allclose(third - first, torch.tensor([4.0, -10 / 3]), atol=1 / 32)


@pytest.mark.parametrize(("kind", "lower"), [("circle", 0.0), ("square", 0.0), ("triangle", 8.0 / 3)])
def test_a_shape_lies_around_its_place(kind: str, lower: float) -> None:
    found = centroid(clip_of(Shape(kind, 8.0, RED, (20.25, 40.5), (0.0, 0.0))).coverage([0.0])[0, 0])
    assert torch.allclose(found, torch.tensor([20.25, 40.5 + lower]), atol=0.05)


def test_a_frame_between_is_that_of_the_same_clip_at_any_rate() -> None:
    clip = MovingShapes(3)[4]
    assert torch.equal(clip.frames([0.0, 0.25, 0.5, 0.75, 1.0])[2], clip.frames([0.0, 0.5, 1.0])[1])
    moved = [replace(shape, start=tuple(shape.centres([0.5])[0]), travel=(0.0, 0.0)) for shape in clip.shapes]
    assert torch.equal(clip.frames([0.5]), replace(clip, shapes=tuple(moved)).frames([0.0]))


def test_colours_are_those_of_shapes_and_background() -> None:
    frame = clip_of(Shape("square", 6.0, RED, (30.0, 30.0), (0.0, 0.0))).frames([0.0])[0]
    assert frame[:, 30, 30].tolist() == [1.0, 0.0, 0.0]
    assert frame[:, 5, 5].tolist() == [0.5, 0.5, 0.5]
    assert frame[:, 30, 36].tolist() == [0.75, 0.25, 0.25]  # its edge runs through the middle of this pixel


def test_the_last_shape_is_in_front() -> None:
    ends = (30.0, 30.0), (0.0, 0.0)
    clip = clip_of(Shape("square", 8.0, RED, *ends), Shape("circle", 5.0, BLUE, *ends))
    visible, covered = clip.visible([0.0])[0], clip.coverage([0.0])[0]
    assert torch.equal(visible[1], covered[1])
    assert torch.equal(visible.sum(0), covered[0])  # the circle lies in the square
    assert clip.frames([0.0])[0, :, 30, 30].tolist() == [0.0, 0.0, 1.0]


def test_visible_parts_add_up_to_what_is_covered() -> None:
    for index in range(20):
        clip = MovingShapes(11)[index]
        visible, covered = clip.visible([0.0, 0.4, 1.0]), clip.coverage([0.0, 0.4, 1.0])
        assert (visible <= covered).all()
        assert torch.equal(visible[:, -1], covered[:, -1])
        assert (visible.sum(1) <= 1.0).all()
        assert (visible.sum(1) >= covered.amax(1)).all()


def test_flow_brings_what_is_seen_to_where_it_is_seen_at_another_time() -> None:
    clip = clip_of(
        Shape("square", 9.0, RED, (20.0, 30.0), (12.0, 0.0)), Shape("circle", 6.0, BLUE, (44.0, 20.0), (0.0, 8.0))
    )
    flow = clip.flow(0.5, 0.0)
    assert flow[:, 30, 26].tolist() == [-6.0, 0.0]
    assert flow[:, 24, 44].tolist() == [0.0, -4.0]
    assert flow[:, 5, 5].tolist() == [0.0, 0.0]
    first, middle = clip.frames([0.0, 0.5])
    inside = (clip.visible([0.5])[0] == 1.0).any(0)
    assert torch.allclose(warp(first[None], flow[None])[0][:, inside], middle[:, inside], atol=1e-6)


def test_a_detour_bends_the_path_and_leaves_its_ends() -> None:
    straight = Shape("circle", 6.0, RED, (20.0, 30.0), (16.0, 0.0))
    bent = replace(straight, detour=(0.0, 5.0))
    difference = bent.centres([0.0, 0.25, 0.5, 1.0]) - straight.centres([0.0, 0.25, 0.5, 1.0])
    assert np.allclose(difference, [[0, 0], [0, 3.75], [0, 5], [0, 0]])
    clips = MovingShapes(2, detour=True)
    lengths = [math.hypot(*shape.detour) for index in range(30) for shape in clips[index].shapes]
    assert 2.0 <= min(lengths) < max(lengths) <= 8.0


def test_each_kind_keeps_to_its_axis_at_1_to_4_px_a_frame() -> None:
    seen: dict[str, set[bool]] = {kind: set() for kind in AXES}
    for index in range(60):
        for shape in MovingShapes(1, frames_between=5)[index].shapes:
            travel = np.array(shape.travel) / 6
            assert 1.0 <= np.linalg.norm(travel) <= 4.0
            x, y = AXES[shape.kind]
            assert travel[0] * y == pytest.approx(travel[1] * x, abs=1e-9)
            seen[shape.kind].add(bool(travel.sum() > 0))
            assert 5.0 <= shape.radius <= 11.0
            assert max(shape.colour) == 1.0
            assert min(shape.colour) == 0.0
    assert seen == {kind: {True, False} for kind in ("circle", "square", "triangle")}  # there and back
    assert AXES["circle"][0] == AXES["square"][1] == 0.0
    assert AXES["triangle"][0] == AXES["triangle"][1]


@pytest.mark.parametrize("detour", [False, True])
def test_at_least_half_of_each_shapes_box_stays_in_the_frame(detour: bool) -> None:
    clips = MovingShapes(5, frames_between=7, detour=detour)
    for index in range(60):
        clip = clips[index]
        for shape in clip.shapes:
            inside = ShapesClip(64, GREY, (shape,)).coverage(clips.times).sum((1, 2, 3))
            area = AREAS[shape.kind] * shape.radius**2
            assert float(inside[0]) == pytest.approx(area, rel=0.02)  # it starts inside
            # The upper half of a triangle's box holds a quarter of it.
            assert float(inside.min()) > (0.2 if shape.kind == "triangle" else 0.48) * area


def test_a_clip_is_the_same_whatever_was_asked_before() -> None:
    clips = MovingShapes(8)
    assert clips[6] == MovingShapes(8)[6]
    assert [clips[index] for index in (6, 2, 6)] == [clips[6], MovingShapes(8)[2], clips[6]]
    assert clips[6] != clips[7]
    assert clips[6] != MovingShapes(9)[6]


def test_a_batch_holds_ends_frames_between_and_times() -> None:
    clips = MovingShapes(4, frames_between=3)
    batch = clips.batch([5, 0])
    assert batch.before.shape == batch.after.shape == (2, 3, 64, 64)
    assert batch.between.shape == (2, 3, 3, 64, 64)
    assert batch.times.tolist() == [[0.25, 0.5, 0.75]] * 2
    assert batch.before.dtype == batch.between.dtype == batch.times.dtype == torch.float32
    assert torch.equal(batch.middle(), torch.cat([clips[index].frames([0.5]) for index in (5, 0)]))
    assert torch.equal(batch.after[1], clips[0].frames([1.0])[0])
    assert float(batch.between.min()) >= 0.0
    assert float(batch.between.max()) <= 1.0


@pytest.mark.parametrize("settings", [{"frames_between": 0}, {"side_px": 31}, {"frames_between": 32}])
def test_clips_that_cannot_be_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="give"):
        MovingShapes(0, **settings)


def test_a_clip_before_the_first_is_refused() -> None:
    with pytest.raises(UsageError, match="numbered from 0"):
        MovingShapes(0)[-1]
