"""Training steps, on an objective small enough to be followed by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import count, pairwise

import pytest
import torch
from torch import nn

from vfi_plugin.errors import RenderError, UsageError
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.steps import train_steps

Tensor = torch.Tensor


class Number(nn.Module):
    """One trained number; noise, where it has some, is drawn anew each time."""

    def __init__(self, value: float, noise: float = 0.0) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))
        self.noise = noise

    def forward(self) -> Tensor:
        return self.value + self.noise * torch.randn(())


class Towards(Objective):
    """Both numbers are to reach what the batch shows; what was asked is kept in order."""

    def __init__(self, net: Number, critic: Number | None = None) -> None:
        super().__init__(net, critic)
        self.asked: list[str] = []

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        self.asked.append("net")
        own = (self.net() - batch.before.mean()).square()
        judged = self.critic() * self.net() if self.critic is not None else torch.zeros(())
        return {"own": own, "judged": 0.0 * judged}

    def critic_loss(self, batch: Batch) -> Tensor:
        assert self.critic is not None
        self.asked.append("critic")
        return (self.critic() - batch.after.mean()).square()


def batch(value: float) -> Batch:
    frame = torch.full((1, 3, 4, 4), value)
    return Batch(frame, frame, frame[:, None], torch.full((1, 1), 0.5))


def test_the_loss_of_each_step_comes_back_and_falls() -> None:
    history = train_steps(Towards(Number(1.0)), [batch(0.0)] * 20, steps=20, learning_rate=0.05, seed=0)
    assert len(history) == 20
    assert history[0] == 1.0
    assert history[1] == pytest.approx(0.95**2, rel=1e-5)  # Adam's first step is the rate itself
    assert all(later < earlier for earlier, later in pairwise(history))


def test_the_critic_learns_first_and_at_its_own_rate() -> None:
    objective = Towards(Number(1.0), Number(1.0))
    train_steps(objective, [batch(0.0)] * 2, steps=2, learning_rate=0.01, critic_learning_rate=0.1, seed=0)
    assert objective.asked == ["critic", "net"] * 2
    assert isinstance(objective.critic, Number)
    assert isinstance(objective.net, Number)
    assert objective.net.value.item() == pytest.approx(0.98, abs=1e-3)
    assert objective.critic.value.item() == pytest.approx(0.8, abs=1e-2)
    assert objective.critic.value.requires_grad


def test_the_critic_gets_no_gradient_from_the_networks_steps() -> None:
    objective = Towards(Number(1.0), Number(1.0))
    held: list[bool] = []
    assert objective.critic is not None
    objective.critic.register_forward_hook(lambda critic, *_: held.append(critic.value.requires_grad))
    train_steps(objective, [batch(0.0)], steps=1, learning_rate=0.01, seed=0)
    assert held == [True, False]


def test_no_more_batches_are_taken_than_there_are_steps() -> None:
    taken = []

    def endless() -> Iterator[Batch]:
        for number in count():
            taken.append(number)
            yield batch(0.0)

    train_steps(Towards(Number(1.0)), endless(), steps=3, learning_rate=0.01, seed=0)
    assert taken == [0, 1, 2]


def test_too_few_batches_are_told() -> None:
    with pytest.raises(UsageError, match="got 2 batches for 5 steps"):
        train_steps(Towards(Number(1.0)), [batch(0.0)] * 2, steps=5, learning_rate=0.01, seed=0)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_gradient_that_is_not_finite_stops_before_it_does_harm(bad: float) -> None:
    objective = Towards(Number(1.0))
    with pytest.raises(RenderError, match=r"step 1 gives a loss of (nan|inf)"):
        train_steps(objective, [batch(0.0), batch(bad)], steps=2, learning_rate=0.01, seed=0)
    assert isinstance(objective.net, Number)
    assert objective.net.value.item() == pytest.approx(0.99, abs=1e-6)


def test_the_same_seed_gives_the_same_history_and_leaves_chance_as_it_was() -> None:
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    histories = [
        train_steps(Towards(Number(1.0, noise=0.1)), [batch(0.0)] * 5, steps=5, learning_rate=0.01, seed=seed)
        for seed in (1, 1, 2)
    ]
    assert histories[0] == histories[1]
    assert histories[0] != histories[2]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_networks_are_in_training_mode() -> None:
    objective = Towards(Number(1.0), Number(1.0))
    objective.eval()
    train_steps(objective, [batch(0.0)], steps=1, learning_rate=0.01, seed=0)
    assert objective.critic is not None
    assert objective.net.training
    assert objective.critic.training
