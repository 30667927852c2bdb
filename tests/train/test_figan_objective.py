"""What FIGAN is trained to do, by frames whose losses are known, and that training it does lower them."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.models.figan.net import FiganNet
from vfi_plugin.train.critic import FiganCritic
from vfi_plugin.train.objective import Batch
from vfi_plugin.train.objectives.figan import FiganObjective
from vfi_plugin.train.perceptual import Perceptual
from vfi_plugin.train.shapes import MovingShapes
from vfi_plugin.train.steps import train_steps

Tensor = torch.Tensor


def batch_of(before: Tensor, true: Tensor, after: Tensor) -> Batch:
    return Batch(before, after, true[:, None], torch.full((len(before), 1), 0.5))


def even(value: float) -> Tensor:
    return torch.full((2, 3, 32, 32), value)


def averaging(residual: float = 0.0) -> FiganNet:
    """A network that gives the plain average, and adds an even residual, in its own range, to the full-size one."""
    net = FiganNet(0.125)
    for module in (net.coarse, *net.finer, net.correction):
        nn.init.zeros_(module.layers[-1].weight)
        nn.init.zeros_(module.layers[-1].bias)
    nn.init.constant_(net.correction.layers[-1].bias, residual)
    return net


def by_pixels() -> Perceptual:
    """Features that are the frame itself, so that their distance is known."""
    return Perceptual("pixels", nn.Identity())


def sure(logit: float) -> FiganCritic:
    """A critic that says the same of every frame."""
    critic = FiganCritic(0.125)
    nn.init.zeros_(critic.head.weight)
    nn.init.constant_(critic.head.bias, logit)
    return critic


def test_a_still_pair_is_right_already_with_no_motion() -> None:
    frame = torch.rand(2, 3, 64, 64)
    terms = FiganObjective(averaging(), Perceptual.stand_in()).losses(batch_of(frame, frame, frame))
    # No more than rounding of [0, 1] to [-1, 1] and back.
    assert all(float(term.detach()) < 1e-6 for term in terms.values())


def test_terms_have_the_published_weights() -> None:
    batch = batch_of(even(0.2), even(0.5), even(0.4))  # the average is 0.2 off
    terms = FiganObjective(averaging(residual=0.2), by_pixels()).losses(batch)
    synthesised = 0.2 + 1e-3 * 0.2**2
    refined = 0.1 + 1e-3 * 0.1**2  # 0.2 of 2 is 0.1 of 1
    expected = {"x4": 0.5 * synthesised, "x2": 0.5 * synthesised, "x1": synthesised, "refined": refined}
    assert {name: float(term.detach()) for name, term in terms.items()} == pytest.approx(expected, rel=1e-5)


def test_truth_is_made_smaller_by_the_mean_for_smaller_frames() -> None:
    board = ((torch.arange(32)[:, None] + torch.arange(32)[None]) % 2).float().expand(2, 3, 32, 32)
    terms = FiganObjective(averaging(), by_pixels()).losses(batch_of(even(0.5), board, even(0.5)))
    assert float(terms["x4"].detach()) == float(terms["x2"].detach()) == 0.0
    assert float(terms["x1"].detach()) == pytest.approx(0.5 + 1e-3 * 0.25, rel=1e-5)


def test_the_critics_opinion_counts_a_ten_thousandth() -> None:
    batch = batch_of(even(0.2), even(0.3), even(0.4))
    objective = FiganObjective(averaging(), by_pixels(), sure(1.5))
    terms = objective.losses(batch)
    assert float(terms["adversarial"].detach()) == pytest.approx(-1e-4 * math.log1p(math.exp(1.5)), rel=1e-5)
    both = math.log1p(math.exp(-1.5)) + math.log1p(math.exp(1.5))
    assert float(objective.critic_loss(batch).detach()) == pytest.approx(both, rel=1e-5)


def test_the_critic_is_judged_without_a_gradient_for_the_network() -> None:
    objective = FiganObjective(FiganNet(0.125), by_pixels(), FiganCritic(0.125))
    frames = torch.rand(3, 2, 3, 32, 32)
    objective.critic_loss(batch_of(*frames)).backward()
    assert all(parameter.grad is None for parameter in objective.net.parameters())
    assert objective.critic is not None
    assert all(parameter.grad is not None for parameter in objective.critic.parameters())


def test_every_layer_of_the_network_gets_a_gradient() -> None:
    torch.manual_seed(2)
    objective = FiganObjective(FiganNet(0.25), by_pixels(), FiganCritic(0.125))
    sum(objective.losses(batch_of(*torch.rand(3, 2, 3, 32, 32))).values()).backward()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in objective.net.parameters())


def test_without_a_critic_there_is_no_adversarial_part() -> None:
    objective = FiganObjective(averaging(), by_pixels())
    batch = batch_of(even(0.2), even(0.3), even(0.4))
    assert list(objective.losses(batch)) == ["x4", "x2", "x1", "refined"]
    with pytest.raises(NotImplementedError, match="no critic"):
        objective.critic_loss(batch)


def test_sides_that_cannot_be_halved_twice_are_refused() -> None:
    frames = torch.rand(3, 1, 3, 30, 32)
    with pytest.raises(UsageError, match=r"32x30 px; crop them to multiples of 4"):
        FiganObjective(averaging(), by_pixels()).losses(batch_of(*frames))


def test_training_on_moving_shapes_halves_the_loss() -> None:
    torch.manual_seed(4)
    batch = MovingShapes(6, frames_between=1).batch(range(1))
    objective = FiganObjective(FiganNet(0.5), Perceptual.stand_in())
    history = train_steps(objective, [batch] * 16, steps=16, learning_rate=2e-3, seed=0)
    assert history[-1] < 0.5 * history[0]


def test_training_with_a_critic_lowers_the_loss_too() -> None:
    torch.manual_seed(4)
    batch = MovingShapes(6, frames_between=1).batch(range(2))
    objective = FiganObjective(FiganNet(0.25), Perceptual.stand_in(), FiganCritic(0.125))
    history = train_steps(objective, [batch] * 8, steps=8, learning_rate=1e-3, seed=0)
    assert history[-1] < history[0]
