"""What can be chosen about how a network is trained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vfi_plugin.errors import UsageError

if TYPE_CHECKING:
    import torch
    from torch import nn

OPTIMISERS = ("adam", "adamw", "adamax")
PRECISIONS = ("float32", "bfloat16", "float16")


@dataclass(frozen=True)
class Optimiser:
    """Which member of Adam's family goes down, and its constants.

    Attributes:
        name: "adam" and "adamax" (Kingma and Ba, ICLR 2015), or "adamw" (Loshchilov and Hutter, ICLR 2019).
        betas: how much of the first and second moments is kept from step to step.
        weight_decay: what "adamw" takes off the weights in each step, as a share of the learning rate; the others none.
    """

    name: str = "adamw"
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in OPTIMISERS:
            raise UsageError(f"optimiser {self.name!r} is unknown; use one of {', '.join(OPTIMISERS)}")
        if not all(0.0 <= beta < 1.0 for beta in self.betas) or self.weight_decay < 0.0:
            raise UsageError(
                f"got betas of {self.betas} and a weight decay of {self.weight_decay}; betas lie from 0 to below 1, and"
                " the decay is 0 or more"
            )
        if self.weight_decay and self.name != "adamw":
            raise UsageError(f"got a weight decay for {self.name}; only adamw has one")

    def make(self, parameters: Iterable[nn.Parameter], learning_rate: float) -> torch.optim.Optimizer:
        """The optimiser for a network's parameters, at its first step."""
        import torch  # only now: the command line, which shows what can be chosen, has no need of it

        makers = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "adamax": torch.optim.Adamax}
        decay = {"weight_decay": self.weight_decay} if self.name == "adamw" else {}
        made: torch.optim.Optimizer = makers[self.name](parameters, lr=learning_rate, betas=self.betas, **decay)
        return made


@dataclass(frozen=True)
class TrainingSettings:
    """How a network is trained, but for what is lowered, on what, and for how long.

    Attributes:
        learning_rate: of the network, before the schedule.
        critic_learning_rate: of the critic; None for the network's.
        optimiser: of both.
        seed: of the chance in networks, such as noise. In each step chance begins anew from the seed and the step.
        warm_up_steps: before the learning rate is whole.
        clip: the longest a gradient may be (the norm over all parameters); longer ones are shortened to it. None for no
            limit.
        average_decay: how much of the averaged weights is kept from step to step; 0 keeps the newest alone.
        precision: of convolutions and the like: "float32", or by torch's autocast "bfloat16", or "float16", whose loss
            is scaled so that small gradients are not lost. Weights and moments are float32 always.
    """

    learning_rate: float
    critic_learning_rate: float | None = None
    optimiser: Optimiser = Optimiser()
    seed: int = 0
    warm_up_steps: int = 0
    clip: float | None = None
    average_decay: float = 0.999
    precision: str = "float32"

    def __post_init__(self) -> None:
        rates = [rate for rate in (self.learning_rate, self.critic_learning_rate) if rate is not None]
        if not all(0.0 < rate < math.inf for rate in rates):
            raise UsageError(f"got learning rates of {', '.join(f'{rate:g}' for rate in rates)}; give numbers above 0")
        if self.precision not in PRECISIONS:
            raise UsageError(f"precision {self.precision!r} is unknown; use one of {', '.join(PRECISIONS)}")
        if self.warm_up_steps < 0 or self.seed < 0:
            raise UsageError(
                f"got {self.warm_up_steps} steps of warm-up and the seed {self.seed}; give whole numbers from 0"
            )
        if self.clip is not None and not self.clip > 0.0:
            raise UsageError(f"got {self.clip:g} as the longest gradient; give a number above 0, or None for no limit")
        if not 0.0 <= self.average_decay < 1.0:
            raise UsageError(f"got a decay of {self.average_decay:g}; averaged weights need one from 0 to below 1")

    @property
    def cast_to(self) -> torch.dtype | None:
        """What autocast computes in, or None where it is off."""
        import torch

        return {"float32": None, "bfloat16": torch.bfloat16, "float16": torch.float16}[self.precision]
