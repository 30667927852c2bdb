"""Made-up scenes: their flow and their frames between are what geometry says."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels.warp import warp
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.layer_draw import LayerDrawer, MotionRange
from vfi_plugin.train.layer_masks import bounded_mask, endless_mask
from vfi_plugin.train.layer_motion import LayerMotion
from vfi_plugin.train.layer_scene import LayerScene
from vfi_plugin.train.layer_textures import random_texture
from vfi_plugin.train.spectrum import fractal_noise
from vfi_plugin.train.synthetic import CameraRange, SyntheticMotion

Tensor = torch.Tensor
SIDE = 64
ALONE = MotionRange(layers=(1.0,))
PERFECT = CameraRange.perfect()


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


def test_frames_are_equally_sharp_at_all_times() -> None:
    source = SyntheticMotion(64, 64, frames_between=3, camera=PERFECT, stock=24)
    batch = source.batch(0)
    frames = torch.cat([batch.before[:, None], batch.between, batch.after[:, None]], 1)
    energy = frames.diff(dim=-1).square().mean((0, 2, 3, 4)) + frames.diff(dim=-2).square().mean((0, 2, 3, 4))
    assert float(energy.max() / energy.min()) < 1.05


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


def test_a_batch_depends_on_seed_and_step_alone_and_flow_changes_nothing() -> None:
    source = SyntheticMotion(48, 4, frames_between=2, random_times=True, stock=8, seed=3)
    first = source.batch(6)
    source.batch(1)
    again = SyntheticMotion(48, 4, frames_between=2, random_times=True, stock=8, seed=3).with_flow(6).batch
    assert torch.equal(first.before, again.before)
    assert torch.equal(first.between, again.between)
    assert torch.equal(first.times, again.times)
    assert not torch.equal(first.before, source.batch(7).before)
    assert not torch.equal(first.before, SyntheticMotion(48, 4, stock=8, seed=4).batch(6).before)


def test_shapes_ranges_and_times_are_as_told() -> None:
    whole = SyntheticMotion(48, 5, frames_between=3, stock=8).with_flow(2)
    batch = whole.batch
    assert batch.before.shape == batch.after.shape == (5, 3, 48, 48)
    assert batch.between.shape == (5, 3, 3, 48, 48)
    assert batch.times.tolist() == [[0.25, 0.5, 0.75]] * 5
    assert batch.middle().shape == (5, 3, 48, 48)
    assert whole.flow_to_0.shape == whole.flow_to_1.shape == (5, 3, 2, 48, 48)
    assert whole.visible_0.shape == whole.visible_1.shape == (5, 3, 1, 48, 48)
    for values in (batch.before, batch.between, whole.visible_0, whole.visible_1):
        assert values.dtype == torch.float32
        assert float(values.min()) >= 0.0
        assert float(values.max()) <= 1.0 + 1e-6
    drawn = SyntheticMotion(48, 5, frames_between=3, random_times=True, stock=8).batch(2).times
    assert (drawn.diff(dim=1) > 0).all()
    assert (drawn > 0.04).all()
    assert (drawn < 0.96).all()
    assert len(drawn.unique()) == 15


def test_grain_is_another_in_each_frame() -> None:
    camera = replace(PERFECT, grainy=1.0, grain=0.02)
    still = MotionRange(layers=(1.0,), filmed=0.0, turning=0.0, growing=0.0, tilting=0.0, waving=0.0)
    clean = SyntheticMotion(48, 6, motion=still, camera=PERFECT, stock=8).batch(0)
    grainy = SyntheticMotion(48, 6, motion=still, camera=camera, stock=8).batch(0)
    assert torch.equal(clean.before, clean.between[:, 0])  # at rest, frames are equal to the last bit
    inner = (clean.before > 0.1) & (clean.before < 0.9)  # elsewhere black and white hold grain back, in all frames
    first, second = (grainy.before - clean.before)[inner], (grainy.between[:, 0] - clean.before)[inner]
    assert 0.004 < float(first.std()) < 0.02
    assert abs(float((first * second).mean())) < 0.05 * float(first.square().mean())


def test_exposure_changes_steadily_and_a_flash_lights_one_end() -> None:
    still = MotionRange(layers=(1.0,), filmed=0.0, turning=0.0, growing=0.0, tilting=0.0, waving=0.0)
    clean = SyntheticMotion(48, 8, motion=still, camera=PERFECT, stock=8).batch(0)
    relit = SyntheticMotion(48, 8, motion=still, camera=replace(PERFECT, relit=1.0), stock=8).batch(0)
    dark = (clean.before * 1.2 < 1.0) & (clean.before > 0.1)  # where nothing is held at white
    factors = [(frame / clean.before)[dark] for frame in (relit.before, relit.between[:, 0], relit.after)]
    assert torch.allclose(factors[0] * factors[2], torch.ones(()), atol=1e-3)
    assert torch.allclose(factors[1], torch.ones(()), atol=1e-3)
    flashed = SyntheticMotion(48, 8, motion=still, camera=replace(PERFECT, flashed=1.0), stock=8).batch(0)
    assert torch.equal(flashed.between, clean.between)
    lit = torch.stack([(end - clean.before).mean((1, 2, 3)) > 0 for end in (flashed.before, flashed.after)])
    assert (lit.sum(0) == 1).all()


def test_surfaces_come_from_the_bank() -> None:
    red = np.zeros((2, 3, 3, 128, 128), np.uint8)
    red[:, :, 0] = 200
    bank = CropBank(red, np.zeros((2, 4), np.int64), ("red",))
    batch = SyntheticMotion(48, 8, bank, motion=ALONE, camera=PERFECT, filmed_share=1.0, stock=4).batch(0)
    assert float(batch.before[:, 1:].max()) == 0.0
    assert float(batch.before[:, 0].min()) > 0.4
    mixed = SyntheticMotion(48, 32, bank, motion=ALONE, camera=PERFECT, filmed_share=0.5, stock=4).batch(0)
    filmed = (mixed.before[:, 1:].amax((1, 2, 3)) == 0).float().mean()
    assert 0.2 < float(filmed) < 0.8


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


@pytest.mark.parametrize("settings", [{"side": 0}, {"size": 0}, {"frames_between": 0}, {"filmed_share": 1.5}])
def test_scenes_that_cannot_be_are_refused(settings: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="give"):
        SyntheticMotion(**settings)


def test_motion_and_cameras_that_cannot_be_are_refused() -> None:
    for settings in ({"reach": -1.0}, {"bend": 0.3}, {"turning": 1.2}, {"layers": ()}):
        with pytest.raises(UsageError, match="give"):
            MotionRange(**settings)  # type: ignore[arg-type]
    for camera in ({"blurred": 2.0}, {"exposure": 0.5}, {"grain": -0.1}):
        with pytest.raises(UsageError, match="give"):
            CameraRange(**camera)
