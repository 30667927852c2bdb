"""Batches of made-up scenes: drawn by seed and step, and filmed as told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from vfi_plugin.errors import UsageError
from vfi_plugin.kernels import warp
from vfi_plugin.train.crop_bank import CropBank
from vfi_plugin.train.layer_draw import MotionRange
from vfi_plugin.train.synthetic import CameraRange, SyntheticMotion

ALONE = MotionRange(layers=(1.0,))
PERFECT = CameraRange.perfect()


def test_frames_are_equally_sharp_at_all_times() -> None:
    source = SyntheticMotion(64, 64, frames_between=3, camera=PERFECT, stock=24)
    batch = source.batch(0)
    frames = torch.cat([batch.before[:, None], batch.between, batch.after[:, None]], 1)
    energy = frames.diff(dim=-1).square().mean((0, 2, 3, 4)) + frames.diff(dim=-2).square().mean((0, 2, 3, 4))
    assert float(energy.max() / energy.min()) < 1.05


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


def test_the_flow_from_end_to_end_leads_to_the_same_content() -> None:
    source = SyntheticMotion(64, 6, motion=ALONE, camera=PERFECT, flows=True, stock=8)
    batch = source.batch(0)
    assert batch.flows is not None
    assert batch.flows.shape == (6, 2, 2, 64, 64)
    assert torch.equal(batch.before, replace(source, flows=False).batch(0).before)
    ends = (batch.before, batch.after)
    for way, (end, other) in enumerate((ends, ends[::-1])):
        moved = warp(other, batch.flows[:, way].contiguous(), border="zero")
        inside = warp(torch.ones_like(other), batch.flows[:, way].contiguous(), border="zero") > 0.99
        apart, at_rest = (moved - end)[inside].square().mean(), (other - end)[inside].square().mean()
        assert float(apart) < 0.1 * float(at_rest)


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
