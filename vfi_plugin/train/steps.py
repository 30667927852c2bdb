"""Steps that lower an objective."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

import torch
from torch import nn

from vfi_plugin.errors import RenderError, UsageError
from vfi_plugin.train.objective import Batch, Objective

Tensor = torch.Tensor


def train_steps(
    objective: Objective,
    batches: Iterable[Batch],
    *,
    steps: int,
    learning_rate: float,
    critic_learning_rate: float | None = None,
    seed: int,
) -> list[float]:
    """Trains by plain Adam (Kingma and Ba, ICLR 2015), one batch a step.

    Where there is a critic, it learns first in each step, from the same batch, and is held still while the network
    learns. Both are in training mode from here on.

    Args:
        objective: what is lowered; what it holds besides ``net`` and ``critic`` stays as it is.
        batches: at least ``steps``, on the network's device; more are not asked for.
        steps: how many.
        learning_rate: of the network.
        critic_learning_rate: of the critic; None for the network's.
        seed: of the chance in networks, such as noise; torch's own state is as before afterwards.

    Returns:
        The sum of the objective's terms before each step, without the critic's.

    Raises:
        UsageError: there are fewer batches than steps.
        RenderError: a loss or a gradient is not finite; the step is named, and the weights of what it was found in are
            those before it. A critic may have learned from that batch already.
    """
    objective.train()
    network = _Learner(objective.net, learning_rate)
    critic = objective.critic and _Learner(objective.critic, critic_learning_rate or learning_rate)
    history: list[float] = []
    with torch.random.fork_rng(_gpus(objective)):
        torch.manual_seed(seed)
        for step, batch in enumerate(islice(batches, steps)):
            if critic:
                critic.lower(objective.critic_loss(batch), f"the critic in step {step}")
            with _held(objective.critic):
                total = torch.stack(list(objective.losses(batch).values())).sum()
                history.append(network.lower(total, f"step {step}"))
    if len(history) < steps:
        raise UsageError(f"got {len(history)} batches for {steps} steps; give one for each step")
    return history


@contextmanager
def _held(critic: nn.Module | None) -> Iterator[None]:
    """Keeps a critic from gathering gradients while the network learns against it."""
    if critic is not None:
        critic.requires_grad_(False)
    try:
        yield
    finally:
        if critic is not None:
            critic.requires_grad_(True)


class _Learner:
    """A network and its optimiser."""

    def __init__(self, net: nn.Module, learning_rate: float) -> None:
        self.net = net
        self._optimiser = torch.optim.Adam(net.parameters(), lr=learning_rate)

    def lower(self, loss: Tensor, what: str) -> float:
        """Goes one step down; gives the loss as it was."""
        self._optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        value = float(loss.detach())
        gradients = [p.grad for p in self.net.parameters() if p.grad is not None]
        if not (math.isfinite(value) and all(bool(torch.isfinite(gradient).all()) for gradient in gradients)):
            raise RenderError(
                f"{what} gives a loss of {value:g} and gradients that are not all finite; look at the batch it had, or"
                " train with a smaller learning rate"
            )
        self._optimiser.step()
        return value


def _gpus(objective: Objective) -> list[torch.device]:
    return list({p.device for p in objective.net.parameters() if p.device.type == "cuda"})
