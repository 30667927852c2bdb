"""What PhaseNet is trained to lower: the terms against known errors, and a toy training that lowers them."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from vfi_plugin.models.phasenet.net import Given, PhaseNet, pyramid_of
from vfi_plugin.models.phasenet.planes import planes_from_rgb
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.objectives.phasenet import PhaseNetObjective
from vfi_plugin.train.recipes import RECIPES, Extras
from vfi_plugin.train.steps import train_steps

Tensor = torch.Tensor

SIZE = (32, 40)


def moving(pairs: int = 2, seed: int = 0) -> Batch:
    """Pictures of a few waves that move by 2 px from frame to frame, and the frames in the middle."""
    generator = torch.Generator().manual_seed(seed)
    columns, rows = torch.arange(SIZE[1]).view(1, -1), torch.arange(SIZE[0]).view(-1, 1)
    frames = torch.full((3, pairs, 3, *SIZE), 0.5)
    for _ in range(6):
        across, down, phase = torch.rand(3, pairs, 1, 1, 1, generator=generator)
        strength = 0.12 * torch.rand(pairs, 3, 1, 1, generator=generator)
        for n, frame in enumerate(frames):
            frame += strength * torch.sin(0.8 * across * (columns - n) + 0.8 * (down - 0.5) * rows + 6.28 * phase)
    return Batch(frames[0], frames[2], frames[1].unsqueeze(1), torch.full((pairs, 1), 0.5))


def still(pairs: int = 1) -> Batch:
    frame = moving(pairs).before
    return Batch(frame, frame, frame.unsqueeze(1), torch.full((pairs, 1), 0.5))


def test_where_only_the_low_pass_of_a_still_pair_is_predicted_nothing_but_the_finest_detail_is_wrong() -> None:
    batch = still()
    losses = PhaseNetObjective(PhaseNet(0.125), levels=1).losses(batch)
    planes = planes_from_rgb(batch.before)[0]
    pyramid = pyramid_of(planes)
    parts = pyramid.analyse(planes)
    lost = (planes - pyramid.synthesise(replace(parts, high_pass=torch.zeros_like(planes)))).abs().mean()
    assert float(losses["phase"].detach()) == 0.0
    assert float(losses["image"].detach()) == pytest.approx(float(lost), abs=1e-6)
    improved = PhaseNetObjective(PhaseNet(0.125, blends_high_pass=True), levels=1).losses(batch)
    assert float(improved["image"].detach()) < 1e-6


@pytest.mark.parametrize("phase", [0.0, -3.0, 3.0])
def test_the_phase_term_is_the_short_way_round_summed_over_coefficients_for_each_pixel(phase: float) -> None:
    batch, net = moving(1), PhaseNet(0.125)
    for head in net.heads[1:]:
        torch.nn.init.zeros_(head.weight)
        torch.nn.init.constant_(head.bias, math.atanh(phase / math.pi))
    found = float(PhaseNetObjective(net, phase_weight=0.5).losses(batch)["phase"].detach())
    planes = planes_from_rgb(batch.middle())[0]
    bands = pyramid_of(planes).analyse(planes).bands
    apart = sum(torch.angle(band * torch.polar(torch.ones(()), torch.tensor(-phase))).abs().sum() for band in bands)
    assert found == pytest.approx(0.5 * float(apart) / planes.numel(), rel=1e-4)


def test_finer_levels_than_those_that_are_learnt_are_the_true_frames_own() -> None:
    batch, net = moving(1), PhaseNet(0.125).eval()
    planes = [planes_from_rgb(frame)[0] for frame in (batch.before, batch.after, batch.middle())]
    truth = pyramid_of(planes[2]).analyse(planes[2])
    made = net(planes[0], planes[1], Given(truth, 3)).plane
    losses = PhaseNetObjective(net, levels=3).losses(batch)
    assert float(losses["image"].detach()) == pytest.approx(float((made - planes[2]).abs().mean().detach()), rel=1e-4)
    errors = [float(PhaseNetObjective(net, levels=n).losses(batch)["image"].detach()) for n in (1, 2, 3, 5)]
    assert errors == sorted(errors)  # random weights: each level that is given makes the frame better


@pytest.mark.parametrize("blends_high_pass", [False, True])
def test_both_terms_reach_what_makes_them(blends_high_pass: bool) -> None:
    torch.manual_seed(0)
    # Eight features that are all off in some block would stop what comes before it.
    objective = PhaseNetObjective(PhaseNet(0.25, blends_high_pass)).train()
    batch = moving(2)
    losses = objective.losses(batch)
    assert set(losses) == {"image", "phase"}
    torch.stack(list(losses.values())).sum().backward()
    used = {0, 1, 2, 3, 4}  # frames of 32 px have four levels of bands
    for name, parameter in objective.net.named_parameters():
        reached = parameter.grad is not None and bool(torch.isfinite(parameter.grad).all())
        assert reached == (name.startswith("detail") or int(name.split(".")[1]) in used), name
    detail = [parameter.grad for name, parameter in objective.net.named_parameters() if name.startswith("detail")]
    assert all(grad is not None and float(grad.abs().max()) > 0 for grad in detail)
    assert len(detail) == (2 if blends_high_pass else 0)


def test_some_dozen_steps_lower_the_error_level_by_level() -> None:
    torch.manual_seed(1)
    objective, batch = PhaseNetObjective(PhaseNet(0.25), levels=3), moving(2)
    stages = []
    for levels in (3, None):
        objective.levels = levels
        history = train_steps(objective, [batch] * 30, steps=30, learning_rate=1e-2, seed=1)
        stages.append(sum(history[-5:]) / 5 / history[0])
    assert stages[0] < 0.5
    assert stages[1] < 0.55


def test_levels_are_taken_in_as_training_goes_on() -> None:
    batch, net = moving(1), PhaseNet(0.125).eval()
    scheduled = RECIPES["phasenet"].objective(net, Extras())

    def at(progress: float) -> float:
        scheduled.begin_step(progress)
        return float(scheduled.losses(batch)["phase"].detach())

    # Frames of 32 px have four levels of bands: five stages, in the first half of the plan.
    expected = [float(PhaseNetObjective(net, levels=n).losses(batch)["phase"].detach()) for n in (1, 2, 3, 4, 5)]
    assert [at(progress) for progress in (0.0, 0.1, 0.2, 0.3, 0.4)] == pytest.approx(expected)
    assert at(0.0) == 0.0
    assert at(0.5) == at(1.0) == pytest.approx(float(PhaseNetObjective(net).losses(batch)["phase"].detach()))


def test_a_number_of_levels_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="give 1 or more, or None for all"):
        PhaseNetObjective(PhaseNet(0.125), levels=0)


def test_pairs_without_a_true_middle_are_refused() -> None:
    batch = moving(1)
    with pytest.raises(ValueError, match=r"none is at t = 0\.5"):
        PhaseNetObjective(PhaseNet(0.125)).losses(
            Batch(batch.before, batch.after, batch.between, 0.4 + 0 * batch.times)
        )
