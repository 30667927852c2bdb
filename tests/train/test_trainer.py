"""Training from any step on: what a stop, a restart, chance, averages and several processes change, and what not."""

from __future__ import annotations

import subprocess
import sys
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from toy_training import SETTINGS, Mixer, ToySource, toy, trained

from vfi_plugin.errors import RenderError, UsageError
from vfi_plugin.train.ahead import Ahead
from vfi_plugin.train.averaging import WeightAverage
from vfi_plugin.train.checkpoint import Checkpoint, read_checkpoint, write_checkpoint
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.settings import Optimiser, TrainingSettings
from vfi_plugin.train.trainer import Trainer

Tensor = torch.Tensor
TOY = Path(__file__).resolve().parent.parent / "toy_training.py"


def toy_trainer(settings: TrainingSettings = SETTINGS, **kind: float) -> Trainer:
    return Trainer(toy(**kind), ToySource(), settings)  # type: ignore[arg-type]


def copied(trainer: Trainer) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in trainer.state().tensors.items()}


def same(first: dict[str, Tensor], second: dict[str, Tensor]) -> bool:
    return first.keys() == second.keys() and all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("name", ["adam", "adamw", "adamax"])
def test_a_stopped_training_goes_on_to_the_very_weights_of_one_that_was_not(name: str, tmp_path: Path) -> None:
    settings = replace(SETTINGS, optimiser=Optimiser(name))
    kind = {"critic": True, "noise": 0.1, "normalised": True}
    whole = trained(toy_trainer(settings, **kind), 12)
    stopped = trained(toy_trainer(settings, **kind), 5)
    write_checkpoint(tmp_path, Checkpoint(stopped.state(), {}))
    resumed = toy_trainer(settings, **kind)
    torch.rand(100)  # whatever else chance was asked for must not matter
    resumed.restore(read_checkpoint(tmp_path).state)
    assert (resumed.step, resumed.samples) == (5, 10)
    trained(resumed, 7)
    assert same(copied(whole), copied(resumed))
    assert not same(copied(whole), copied(stopped))


@pytest.mark.parametrize("critic", [False, True])
def test_a_light_state_is_the_averaged_weights_and_goes_on_with_fresh_moments(critic: bool, tmp_path: Path) -> None:
    stopped = trained(toy_trainer(critic=critic, normalised=True), 9)
    light, full = stopped.state(light=True), stopped.state()
    assert {name for name in light.tensors if not name.startswith("critic.")} == {
        f"average.{name}" for name in stopped.average.tensors
    }
    assert not any("optimiser" in name for name in light.tensors)
    write_checkpoint(tmp_path, Checkpoint(light, {}))
    resumed = toy_trainer(critic=critic, normalised=True)
    resumed.restore(read_checkpoint(tmp_path).state)
    assert (resumed.step, resumed.samples, resumed.fresh_since) == (9, 18, 9)
    now = copied(resumed)
    for name, average in stopped.average.tensors.items():
        assert torch.equal(now[f"network.net.{name}"], average)
        assert torch.equal(now[f"average.{name}"], average)
    assert all(torch.equal(now[name], full.tensors[name]) for name in light.tensors)
    assert len(now) < len(full.tensors)  # no moments yet


def test_fresh_moments_are_warmed_up_again_and_that_is_kept() -> None:
    resumed, again = toy_trainer(), toy_trainer()
    resumed.restore(trained(toy_trainer(), 9).state(light=True))
    resumed.advance(0.0)
    assert resumed.learning_rate == pytest.approx(SETTINGS.learning_rate / (SETTINGS.warm_up_steps + 1))
    again.restore(deepcopy(resumed.state()))
    resumed.advance(0.0)
    again.advance(0.0)
    assert again.learning_rate == resumed.learning_rate == pytest.approx(SETTINGS.learning_rate / 2)
    assert same(copied(again), copied(resumed))


def test_an_objective_is_told_the_progress_of_each_step() -> None:
    told: list[float] = []
    trainer = toy_trainer()
    trainer._objective.begin_step = told.append  # type: ignore[method-assign]
    trained(trainer, 3)
    assert told == [0.0, 0.05, 0.1]


def test_chance_belongs_to_seed_and_step_and_leaves_that_of_others_alone() -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    first, again, other = (
        copied(trained(toy_trainer(replace(SETTINGS, seed=seed), noise=0.1), 3)) for seed in (1, 1, 2)
    )
    assert same(first, again)
    assert not same(first, other)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_making_batches_ahead_changes_nothing() -> None:
    ahead = Ahead(ToySource())
    made = Trainer(toy(), ahead, SETTINGS)
    assert same(copied(trained(made, 4)), copied(trained(toy_trainer(), 4)))
    ahead.close()


def test_batches_are_made_ahead_at_the_distance_they_are_asked_for() -> None:
    asked: list[int] = []

    class Listening(ToySource):
        def batch(self, step: int) -> Batch:
            asked.append(step)
            return super().batch(step)

    ahead = Ahead(Listening())
    for step in (1, 4, 7):
        assert torch.equal(ahead.batch(step).before, ToySource().batch(step).before)
    ahead.close()
    assert asked[:4] == [1, 4, 7, 10]


def test_the_average_follows_its_formula() -> None:
    net = Mixer(0.0, True)
    average = WeightAverage(net, 0.5)
    expected = net.conv.weight.detach().clone()
    for steps in range(1, 12):
        with torch.no_grad():
            net.conv.weight += 1.0
            net.get_buffer("norm.running_mean").add_(1.0)
        average.follow(steps)
        kept = min(0.5, (1 + steps) / (10 + steps))
        expected = kept * expected + (1 - kept) * net.conv.weight.detach()
    assert kept == 0.5  # or its limit was never reached
    assert torch.allclose(average.tensors["conv.weight"], expected, atol=1e-5)
    assert torch.equal(average.tensors["norm.running_mean"], net.get_buffer("norm.running_mean"))


def test_a_long_gradient_is_shortened_and_a_short_one_left_alone() -> None:
    def moved(clip: float | None) -> Tensor:
        # Adam ignores the length of its first gradient but for its epsilon; so the first moment is looked at.
        trainer = trained(toy_trainer(replace(SETTINGS, clip=clip)), 1)
        moments = [t for name, t in trainer.state().tensors.items() if name.endswith("exp_avg")]
        return torch.cat([moment.flatten() for moment in moments]) / 0.1

    free, wide, tight = moved(None), moved(1e3), moved(1e-2)
    assert torch.equal(free, wide)
    assert free.norm() > 0.02
    assert float(tight.norm()) == pytest.approx(1e-2, rel=1e-3)
    assert torch.allclose(tight / tight.norm(), free / free.norm(), atol=1e-5)


@pytest.mark.parametrize("precision", ["bfloat16", "float16"])
def test_half_precision_lowers_the_loss_with_weights_in_float32(precision: str) -> None:
    trainer = toy_trainer(replace(SETTINGS, precision=precision, warm_up_steps=0, clip=None))
    losses = [trainer.advance(0.0)["image"] for _ in range(40)]
    assert losses[-1] < 0.5 * losses[0]
    assert {tensor.dtype for tensor in trainer.state().tensors.values()} == {torch.float32}
    plain = toy_trainer(replace(SETTINGS, warm_up_steps=0, clip=None)).advance(0.0)["image"]
    assert losses[0] == pytest.approx(plain, rel=2e-2)
    assert losses[0] != plain  # or nothing ran in half precision


def test_the_scale_of_float16_losses_goes_on_too() -> None:
    settings = replace(SETTINGS, precision="float16")
    whole, stopped, resumed = (toy_trainer(settings) for _ in range(3))
    trained(whole, 6)
    resumed.restore(trained(stopped, 3).state())
    assert same(copied(trained(resumed, 3)), copied(whole))
    assert resumed.state().values["network"] == whole.state().values["network"] != {}


def test_a_loss_that_is_not_finite_stops_before_it_does_harm() -> None:
    class Broken(ToySource):
        def batch(self, step: int) -> Batch:
            batch = super().batch(step)
            return replace(batch, before=batch.before * torch.nan) if step == 2 else batch

    trainer = trained(Trainer(toy(), Broken(), SETTINGS), 2)
    before = copied(trainer)
    with pytest.raises(RenderError, match=r"step 2 gives a loss of nan \(image nan\)"):
        trainer.advance(0.1)
    assert same(before, copied(trainer))
    assert trainer.step == 2


def test_the_critic_is_trained_again_after_an_error() -> None:
    objective = toy(critic=True)
    trainer = Trainer(objective, ToySource(), SETTINGS)
    with torch.no_grad():
        next(objective.net.parameters()).fill_(torch.inf)
    with pytest.raises(RenderError):
        trainer.advance(0.0)
    assert all(parameter.requires_grad for parameter in objective.parameters())


def test_a_state_of_another_network_is_refused() -> None:
    with pytest.raises(UsageError, match="another network, optimiser or objective"):
        toy_trainer(critic=True).restore(toy_trainer().state())
    with pytest.raises(UsageError, match="another network"):
        toy_trainer(normalised=True).restore(toy_trainer().state())


def test_a_state_of_another_optimiser_is_refused() -> None:
    other = trained(toy_trainer(replace(SETTINGS, optimiser=Optimiser("adamax"))), 1)
    with pytest.raises(UsageError, match="another network, optimiser"):
        toy_trainer().restore(other.state())


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"learning_rate": 0.0}, "learning rates of 0"),
        ({"precision": "int8"}, "'int8' is unknown"),
        ({"clip": 0.0}, "longest gradient"),
        ({"average_decay": 1.0}, "decay of 1"),
        ({"warm_up_steps": -1}, "-1 steps of warm-up"),
    ],
)
def test_settings_without_sense_are_refused(wrong: dict[str, float], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        replace(SETTINGS, **wrong)  # type: ignore[arg-type]


def test_optimisers_without_sense_are_refused() -> None:
    for wrong in (("sgd",), ("adam", (0.9, 1.0)), ("adam", (0.9, 0.99), 0.1)):
        with pytest.raises(UsageError, match=r"'sgd' is unknown|betas|only adamw"):
            Optimiser(*wrong)  # type: ignore[arg-type]


def test_two_processes_have_the_same_weights_and_are_one_with_the_joint_batch(tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", str(TOY)]
    done = subprocess.run([*launch, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in (0, 1))
    assert same(first, second)
    joint = copied(trained(Trainer(toy(critic=True), ToySource(joined=2), SETTINGS), 4))
    assert first.keys() == joint.keys()
    assert all(torch.allclose(first[name], joint[name], atol=1e-6) for name in joint)
    alone = copied(trained(Trainer(toy(critic=True), ToySource(), SETTINGS), 4))
    assert not all(torch.allclose(first[name], alone[name], atol=1e-4) for name in joint)
