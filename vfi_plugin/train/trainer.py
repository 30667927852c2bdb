"""Training proper: one step after another, from any step on, and all that must be kept to go on as if never stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn

from vfi_plugin.errors import UsageError
from vfi_plugin.train.averaging import WeightAverage
from vfi_plugin.train.batch_source import BatchSource
from vfi_plugin.train.learner import Learner, held
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.processes import Processes
from vfi_plugin.train.schedule import rate_factor
from vfi_plugin.train.settings import TrainingSettings

Tensor = torch.Tensor

_AVERAGE = "average."
"""Before the names of averaged weights in a state."""

CRITIC_TERM = "critic"
"""What the critic's own loss is called beside the terms of the network."""


@dataclass(frozen=True)
class State:
    """All that a training is at a step.

    Attributes:
        step: how many are done.
        tensors: of the network, its average, optimisers and the critic, by names such as "network.net.conv.weight".
        values: plain ones, fit for JSON.
    """

    step: int
    tensors: Mapping[str, Tensor]
    values: Mapping[str, Any]


class Trainer:
    """An objective that is lowered, batch by batch.

    What a step does depends on the state before it, the settings, the step's number and the progress it is told, and on
    nothing else: batches and chance belong to the step. So a training that goes on from ``state`` is the one that was
    never stopped: to the last bit on a CPU; on a GPU, where libraries sum in an order of their own, but for rounding. A
    ``light`` state is less: the averaged weights alone. Who goes on from that begins with them, and with fresh moments.

    With several processes, each takes every ``count``-th batch of the source, and gradients are averaged: a step is one
    on the batches ``count * step`` to ``count * step + count - 1`` together.

    Attributes:
        step: how many steps are done.
        samples: how many pairs were seen, by all processes together.
        seconds: that all runs took so far; whoever runs it has the clock.
        learning_rate: of the network in the last step.
        average: of the network's weights.
        fresh_since: the step at which moments began anew from a light state; 0 where they never did.
    """

    def __init__(
        self,
        objective: Objective,
        source: BatchSource,
        settings: TrainingSettings,
        processes: Processes | None = None,
    ) -> None:
        self.step = self.samples = self.fresh_since = 0
        self.seconds = self.learning_rate = 0.0
        self.settings = settings
        self._processes = processes or Processes(next(objective.net.parameters()).device)
        self._source = source
        self._objective = objective.to(self._processes.device).train()
        self._network, self._critic = self._learner(objective.net), None
        if objective.critic is not None:
            self._critic = self._learner(objective.critic)
        with held(objective.critic):
            self._losses = self._processes.together(_Call(objective, objective.losses))
        with held(objective.net):
            self._critic_loss = objective.critic and self._processes.together(
                _Call(objective, _critic_terms(objective))
            )
        self.average = WeightAverage(objective.net, settings.average_decay)

    def advance(self, progress: float) -> dict[str, float]:
        """Does one step; where there is a critic, it learns first, from the same batch.

        Args:
            progress: 0 at the start of the training, 1 at its end: the learning rate goes by it.

        Returns:
            The terms before the step, of this process's batch; with a critic its loss as "critic".

        Raises:
            RenderError: a term or a gradient is not finite; the step is named.
            UsageError: the batch does not suit the network.
        """
        batch = self._source.batch(self.step * self._processes.count + self._processes.rank)
        # Fresh moments need a warm-up of their own, wherever the schedule is.
        factor = rate_factor(progress, self.step - self.fresh_since, self.settings.warm_up_steps)
        self._objective.begin_step(progress)
        with _chance(self._processes.device, (self.settings.seed, self.step, self._processes.rank)):
            terms = self._lower(batch, factor)
        self.step += 1
        self.samples += len(batch.before) * self._processes.count
        self.average.follow(self.step)
        return terms

    def state(self, *, light: bool = False) -> State:
        """As it is now; tensors are those in use, so write or copy them before the next step.

        Args:
            light: leaves out moments and the weights that are averaged over, a quarter of the size: what goes on from
                it is not the training that was never stopped. A critic's weights have no average, and are kept.
        """
        tensors = {f"{_AVERAGE}{name}": tensor for name, tensor in self.average.tensors.items()}
        values: dict[str, Any] = {"samples": self.samples, "seconds": self.seconds, "light": light}
        values["fresh_since"] = self.fresh_since
        for name, learner in self._learners():
            own, values[name] = learner.state(moments=not light)
            if not light or learner is not self._network:
                tensors |= {f"{name}.{key}": tensor for key, tensor in own.items()}
        return State(self.step, tensors, values)

    def restore(self, state: State) -> None:
        """Goes on from a state of the same objective and optimiser.

        Raises:
            UsageError: it is of another network, or with or without a critic.
        """
        light, average = bool(state.values.get("light")), averaged_weights(state)
        try:
            for name, learner in self._learners():
                own = _under(f"{name}.", state.tensors)
                if light and learner is self._network:
                    own = {f"net.{key}": tensor for key, tensor in average.items()}
                learner.restore(own, state.values[name])
            self.average.restore(average)
        except (RuntimeError, KeyError, ValueError) as error:
            reason = " ".join(str(error).split())[:200]
            raise UsageError(
                f"the state is of another network, optimiser or objective ({reason}); go on with the options it began"
                " with, or begin anew in another folder"
            ) from error
        self.step, self.samples = state.step, int(state.values["samples"])
        self.seconds = float(state.values["seconds"])
        self.fresh_since = state.step if light else int(state.values.get("fresh_since", 0))

    def _lower(self, batch: Batch, factor: float) -> dict[str, float]:
        critic, rate = {}, self.settings.learning_rate
        if self._critic is not None and self._critic_loss is not None:
            self._critic.set_rate(factor * (self.settings.critic_learning_rate or rate))
            critic = self._critic.lower(self._cast(self._critic_loss, batch), f"the critic in step {self.step}")
        self.learning_rate = factor * rate
        self._network.set_rate(self.learning_rate)
        with held(self._objective.critic):
            terms = self._network.lower(self._cast(self._losses, batch), f"step {self.step}")
        return terms | critic

    def _cast(self, call: nn.Module, batch: Batch) -> Mapping[str, Tensor]:
        cast_to = self.settings.cast_to
        with torch.autocast(self._processes.device.type, cast_to, enabled=cast_to is not None):
            try:
                terms: Mapping[str, Tensor] = call(batch)
            except ValueError as error:  # what objectives raise where a batch does not suit the network
                raise UsageError(str(error)) from error
        return {name: term.float() for name, term in terms.items()}

    def _learner(self, net: nn.Module) -> Learner:
        optimiser = self.settings.optimiser.make(net.parameters(), self.settings.learning_rate)
        return Learner(net, optimiser, clip=self.settings.clip, scaled=self.settings.precision == "float16")

    def _learners(self) -> Iterator[tuple[str, Learner]]:
        yield "network", self._network
        if self._critic is not None:
            yield "critic", self._critic


class _Call(nn.Module):
    """A method of an objective as a module, which is what torch can share among processes."""

    def __init__(self, objective: Objective, method: Callable[[Batch], Mapping[str, Tensor]]) -> None:
        super().__init__()
        self.objective = objective
        self._method = method

    def forward(self, batch: Batch) -> Mapping[str, Tensor]:
        return self._method(batch)


def _critic_terms(objective: Objective) -> Callable[[Batch], Mapping[str, Tensor]]:
    return lambda batch: {CRITIC_TERM: objective.critic_loss(batch)}


def averaged_weights(state: State) -> dict[str, Tensor]:
    """What is measured and used, out of a state, by the network's own names."""
    return _under(_AVERAGE, state.tensors)


def weights_alone(step: int, weights: Mapping[str, Tensor]) -> State:
    """The averaged weights of a step as a state that holds nothing else, and that no training goes on from."""
    return State(step, {f"{_AVERAGE}{name}": tensor for name, tensor in weights.items()}, {})


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}


@contextmanager
def _chance(device: torch.device, of: tuple[int, ...]) -> Iterator[None]:
    """Torch's own chance begins at a number of its own for each step, and is as before afterwards."""
    with torch.random.fork_rng([device] if device.type == "cuda" else []):
        torch.manual_seed(int(np.random.SeedSequence(of).generate_state(1)[0]))
        yield
