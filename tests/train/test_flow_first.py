"""Flow that is taught first: what is shown is true however it is changed, and a step learns from it."""

from __future__ import annotations

import numpy as np
import torch
from flow_first import FlowStep, KeptScenes

from vfi_plugin.kernels import warp
from vfi_plugin.models.dain.net import Dain
from vfi_plugin.train.recipes import recipe_of
from vfi_plugin.train.synthetic import CameraRange, SyntheticMotion

SIDE = 128


def kept() -> KeptScenes:
    scenes = KeptScenes(SyntheticMotion(side=SIDE, size=4, flows=True, camera=CameraRange.perfect(), seed=3), room=6)
    scenes.add()
    scenes.add()
    return scenes


def test_flow_leads_to_what_is_seen_in_the_other_frame_however_scenes_are_changed() -> None:
    """Of most of it, as some is hidden; with x and y in the wrong order, or a wrong sign, it would be further off."""
    scenes, rng = kept(), np.random.default_rng(1)
    for _ in range(12):
        frames, flows = scenes.shown(16, 64, rng)
        for way in (0, 1):
            apart = (warp(frames[:, 1 - way], flows[:, way]) - frames[:, way]).abs().mean()
            still = (frames[:, 1 - way] - frames[:, way]).abs().mean()
            assert apart < 0.75 * still


def test_new_scenes_take_the_places_of_the_oldest() -> None:
    """Of eight scenes six are there: told apart by their contrast, which no change of what is shown changes."""
    scenes = kept()
    assert scenes.drawn == 8
    frames, _ = scenes.shown(64, SIDE, np.random.default_rng(2))
    first = frames[:, 0].double()
    contrast = first.std((1, 2, 3)) / first.mean((1, 2, 3))
    assert len(torch.unique((1e4 * contrast).round())) == 6


def test_a_step_changes_flow_alone_and_learns() -> None:
    torch.manual_seed(0)
    net = recipe_of("dain").build("", 0.125)
    assert isinstance(net, Dain)
    before = {name: value.clone() for name, value in net.state_dict().items()}
    step = FlowStep(net, torch.tensor(2e-3), torch.tensor(0.5), batch=2)
    step.prepare(SIDE)
    shown = kept().shown(2, SIDE, np.random.default_rng(1))
    losses = []
    for _ in range(12):
        step(*shown)
        losses.append(float(step.loss))
        step.loss.zero_()
    assert losses[-1] < 0.95 * losses[0]
    changed = {name for name, value in net.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert all(name.startswith("optical_flow.") for name in changed)
