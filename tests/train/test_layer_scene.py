"""Layers in front of each other: their flow, and what they hide, are what geometry says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.warp import warp
from vfi_plugin.train.layer_draw import LayerDrawer, MotionRange
from vfi_plugin.train.layer_masks import bounded_mask, endless_mask
from vfi_plugin.train.layer_motion import LayerMotion
from vfi_plugin.train.layer_scene import LayerScene
from vfi_plugin.train.layer_textures import random_texture
from vfi_plugin.train.spectrum import fractal_noise

Tensor = torch.Tensor
SIDE = 64


def smooth_canvas(seed: int, side: int = 128) -> Tensor:
    """(3, side, side) in [0, 1]: no wave so short that sampling a frame between its pixels would dull it."""
    rng = np.random.default_rng(seed)
    noise = np.stack([fractal_noise(side, rng, 3.0, longest=0.3) for _ in range(3)])
    return torch.from_numpy(0.5 + 0.12 * noise).clamp(0, 1)


def scene_of(seed: int, count: int, how: MotionRange) -> LayerScene:
    """Scenes as the source draws them, but of smooth surfaces."""
    draw = LayerDrawer(SIDE, 128, how, np.random.default_rng(seed)).draw(count, 0.0)
    alpha = torch.ones(len(draw.depths), 1, 128, 128)
    rng = np.random.default_rng(seed)
    for layer in range(count, len(alpha)):
        alpha[layer, 0] = torch.from_numpy(bounded_mask(128, rng))
    colour = torch.stack([smooth_canvas(seed + layer) for layer in range(len(alpha))]) * alpha
    canvases = torch.cat([colour, alpha], 1)
    shutter = np.zeros(count)
    parts = canvases[: draw.endless], canvases[draw.endless :]
    return LayerScene(*parts, draw.motion, draw.scenes, draw.depths, SIDE, shutter)


def square_before_a_wall(wall: float, square: float) -> LayerScene:
    """A white square of 20 px over a black wall; they move by so many px to the right from time 0 to 1."""
    canvas = torch.zeros(2, 4, 65, 65)
    canvas[0, 3] = 1.0
    canvas[1, :, 22:42, 22:42] = 1.0
    motion = replace(LayerMotion.still(2), travel=np.array([[wall, 0.0], [square, 0.0]]))
    return LayerScene(canvas[:1], canvas[1:], motion, np.zeros(2, int), np.arange(2), 65, np.zeros(1))


def times(value: float, count: int = 1) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.full(count, value)


def psnr(made: Tensor, true: Tensor, where: Tensor) -> float:
    squared = (made - true).square().mean(1, keepdim=True)
    return -10 * math.log10(float(squared[where].mean()))


def test_flow_brings_each_end_to_the_frame_between_where_it_is_visible() -> None:
    at, count = 0.37, 12
    how = MotionRange(reach=0.5, turning=0.7, growing=0.7, tilting=0.7, waving=0.7, bending=0.7)
    scene = scene_of(3, count, how)
    middle = scene.frames(times(at, count))
    for to in (0.0, 1.0):
        seen = scene.seen(times(at, count), times(to, count))
        moved = warp(scene.frames(times(to, count)), seen.flow, taps="cubic")
        # At the edges of layers a pixel holds two contents, and no flow brings both.
        hidden = (seen.visible < 0.999).float() + (edges(seen.flow) > 1.0).float()
        clear = F.max_pool2d(hidden, 5, 1, 2) == 0
        assert float(clear.float().mean()) > 0.4
        assert psnr(moved, middle, clear) > 45
        assert float(seen.flow.abs().max()) > 8.0


def edges(flow: Tensor) -> Tensor:
    """(N, 1, H, W): the largest difference of the flow to a pixel's neighbours, px."""
    right = F.pad((flow[..., 1:] - flow[..., :-1]).abs().amax(1, keepdim=True), (0, 1))
    down = F.pad((flow[..., 1:, :] - flow[..., :-1, :]).abs().amax(1, keepdim=True), (0, 0, 0, 1))
    return torch.maximum(right, down)


@pytest.mark.parametrize("end", [0.0, 1.0])
def test_at_an_end_nothing_has_moved_and_all_is_visible(end: float) -> None:
    scene = scene_of(5, 6, MotionRange(tilting=1.0, waving=1.0))
    seen = scene.seen(times(end, 6), times(end, 6))
    assert float(seen.flow.abs().max()) < 1e-3
    opaque = seen.visible[F.max_pool2d((seen.visible < 0.9).float(), 3, 1, 1) == 0]
    assert float(opaque.min()) > 0.9
    assert float((seen.visible > 0.99).float().mean()) > 0.9


def test_the_way_to_the_canvas_and_back_is_exact() -> None:
    draw = LayerDrawer(128, 256, MotionRange(waving=1.0, tilting=1.0), np.random.default_rng(2)).draw(20, 0.3)
    line = torch.linspace(-63.5, 63.5, 9)
    x, y = line[None, :], line[:, None]
    when = np.random.default_rng(1).random(len(draw.depths))
    back = draw.motion.to_frame(draw.motion.to_canvas(x, y, when), when)
    there = torch.stack(torch.broadcast_tensors(x, y), -1)
    assert float((back - there).abs().max()) < 2e-3


def test_what_a_square_hides_and_uncovers_is_known() -> None:
    scene = square_before_a_wall(0.0, 12.0)
    rows, columns = torch.nonzero(scene.frames(times(0.5))[0, 0] > 0.5).unbind(1)
    assert (int(columns.min()), int(columns.max()), int(rows.min())) == (22, 41, 22)
    to_0, to_1 = scene.seen(times(0.5), times(0.0)), scene.seen(times(0.5), times(1.0))
    assert torch.equal(to_0.flow[0, :, 30, 30], torch.tensor([-6.0, 0.0]))
    assert torch.equal(to_1.flow[0, :, 30, 30], torch.tensor([6.0, 0.0]))
    assert torch.equal(to_0.flow[0, :, 10, 10], torch.zeros(2))
    # It was at 16 to 35, is at 22 to 41 and will be at 28 to 47.
    assert columns_hidden(to_0.visible) == list(range(16, 22))
    assert columns_hidden(to_1.visible) == list(range(42, 48))


def columns_hidden(visible: Tensor) -> list[int]:
    return torch.nonzero(visible[0, 0, 32] < 0.5).flatten().tolist()


def test_what_leaves_the_frame_is_not_visible() -> None:
    seen = square_before_a_wall(10.0, 0.0).seen(times(0.5), times(0.0))
    assert columns_hidden(seen.visible) == [0, 1, 2, 3, 4, *range(42, 47)]  # out at the left, and behind the square


def test_half_covered_pixels_are_mixed() -> None:
    frame = square_before_a_wall(0.0, 1.0).frames(times(1.0))[0, 0]  # half a pixel to the right
    assert frame[30, 21].item() < frame[30, 22].item() < frame[30, 23].item()
    assert frame[30, 22].item() + frame[30, 42].item() == pytest.approx(1.0, abs=0.02)
    assert float(frame.sum()) == pytest.approx(400.0, rel=1e-3)


def test_a_layer_speeds_up_by_a_parabola_and_bends_by_another() -> None:
    eased = replace(LayerMotion.still(1), travel=np.array([[40.0, 0.0]]), ease=np.array([0.2]))
    bent = replace(LayerMotion.still(1), travel=np.array([[40.0, 0.0]]), detour=np.array([[0.0, 5.0]]))
    zero = torch.zeros(1, 1, 1, 2)
    moments = [0.0, 0.25, 0.5, 0.75, 1.0]
    along = [float(eased.to_frame(zero, times(t))[..., 0]) for t in moments]
    aside = [float(bent.to_frame(zero, times(t))[..., 1]) for t in moments]
    assert along == pytest.approx([-20.0, -4.0, 8.0, 16.0, 20.0])
    assert np.diff(along, 3) == pytest.approx([0.0, 0.0], abs=1e-4)
    assert aside == pytest.approx([0.0, 3.75, 5.0, 3.75, 0.0])


def test_a_pan_by_parts_of_a_pixel_keeps_its_sharpness() -> None:
    rng = np.random.default_rng(4)
    canvas = torch.from_numpy(np.stack([random_texture(256, rng) for _ in range(12)]))
    canvas = torch.cat([canvas, torch.ones(12, 1, 256, 256)], 1)
    motion = replace(LayerMotion.still(12, 0.6), travel=np.tile([[1.0, 0.4]], (12, 1)))
    motion = replace(motion, centre=rng.uniform(-5, 5, (12, 2)))
    scene = LayerScene(canvas, canvas[:0], motion, np.arange(12), np.zeros(12, int), SIDE, np.zeros(12))
    frames = [scene.frames(times(t, 12)) for t in (0.0, 0.3, 0.5, 0.8, 1.0)]
    energy = [float(frame.diff(dim=-1).square().mean()) for frame in frames]
    assert max(energy) / min(energy) < 1.05


def test_an_open_shutter_is_the_mean_of_what_passes() -> None:
    scene = square_before_a_wall(0.0, 16.0)
    blurred = replace(scene, shutter=times(0.5), looks=8).frames(times(0.5))
    moments = (np.arange(64) + 0.5) / 64 * 0.5 + 0.25
    mean = torch.stack([scene.frames(times(t)) for t in moments]).mean(0)
    assert float((blurred - mean).abs().max()) < 0.13  # one look in eight
    assert float((blurred - mean).abs().mean()) < 0.005
    assert float((blurred - scene.frames(times(0.5))).abs().max()) > 0.3


def test_the_reach_is_kept_and_most_motion_is_far_below_it() -> None:
    drawer = LayerDrawer(128, 256, MotionRange(reach=0.25), np.random.default_rng(0))
    travel = np.hypot(*drawer.draw(400, 0.3).motion.travel.T)
    assert travel.max() <= 32.0 + 1e-9
    assert travel.max() > 28.0
    assert np.median(travel) < 8.0
    assert (travel == 0).mean() > 0.02
    still = LayerDrawer(128, 256, MotionRange(filmed=0.0, moving=0.0), np.random.default_rng(0)).draw(50, 0.3)
    assert not still.motion.travel.any()


def test_there_are_scenes_of_each_number_of_layers_and_one_lies_at_the_back_of_each() -> None:
    draw = LayerDrawer(128, 256, MotionRange(), np.random.default_rng(0)).draw(200, 0.3)
    assert np.array_equal(draw.scenes[:200], np.arange(200))
    assert not draw.depths[:200].any()
    assert draw.depths[200:].all()
    layers = np.bincount(np.bincount(draw.scenes), minlength=5)[1:]
    assert layers.tolist() == pytest.approx([30, 70, 60, 40], abs=16)


def test_outlines_are_neither_empty_nor_full_and_bounded_ones_end_before_the_border() -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        bounded, endless = bounded_mask(128, rng), endless_mask(128, rng)
        assert max(bounded[0].max(), bounded[-1].max(), bounded[:, 0].max(), bounded[:, -1].max()) == 0.0
        assert 0.002 < bounded.mean() < 0.8
        assert 0.002 < endless.mean() < 0.95
        assert bounded.max() == endless.max() == 1.0
        assert min(bounded.min(), endless.min()) == 0.0


def test_surfaces_are_pictures() -> None:
    rng = np.random.default_rng(0)
    textures = np.stack([random_texture(128, rng) for _ in range(40)])
    assert textures.shape == (40, 3, 128, 128)
    assert textures.min() >= 0.0
    assert textures.max() <= 1.0
    assert 0.3 < textures.mean() < 0.7
    assert (textures.std((2, 3)).max(1) > 0.02).mean() > 0.8
