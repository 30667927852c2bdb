"""Steps that lower an objective."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.train.learner import Learner, held
from vfi_plugin.train.objective import Batch, Objective


def train_steps(
    objective: Objective,
    batches: Iterable[Batch],
    *,
    steps: int,
    learning_rate: float,
    critic_learning_rate: float | None = None,
    seed: int,
) -> list[float]:
    """Trains by plain Adam (Kingma and Ba, ICLR 2015), one batch a step; ``train.trainer`` can do more.

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
    network = _by_adam(objective.net, learning_rate)
    critic = objective.critic and _by_adam(objective.critic, critic_learning_rate or learning_rate)
    history: list[float] = []
    with torch.random.fork_rng(_gpus(objective)):
        torch.manual_seed(seed)
        for step, batch in enumerate(islice(batches, steps)):
            if critic:
                critic.lower({"critic": objective.critic_loss(batch)}, f"the critic in step {step}")
            with held(objective.critic):
                history.append(sum(network.lower(objective.losses(batch), f"step {step}").values()))
    if len(history) < steps:
        raise UsageError(f"got {len(history)} batches for {steps} steps; give one for each step")
    return history


def _by_adam(net: nn.Module, learning_rate: float) -> Learner:
    return Learner(net, torch.optim.Adam(net.parameters(), lr=learning_rate))


def _gpus(objective: Objective) -> list[torch.device]:
    return list({p.device for p in objective.net.parameters() if p.device.type == "cuda"})
