"""What a network is trained on, and what its training lowers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import nn

Tensor = torch.Tensor


@dataclass(frozen=True)
class Batch:
    """Pairs of frames and the true frames between them, all on one device.

    Attributes:
        before: (N, 3, H, W) float32 RGB in [0, 1], the earlier frames.
        after: the same for the later ones.
        between: (N, L, 3, H, W), the frames between them, in the order of time.
        times: (N, L) float32, when they are, 0 < t < 1.
        flows: (N, 2, 2, H, W) float32 px, x then y: exact flow from ``before`` to ``after``, then the way back; None
            where nobody knows it, as of filmed pairs.
    """

    before: Tensor
    after: Tensor
    between: Tensor
    times: Tensor
    flows: Tensor | None = None

    def middle(self) -> Tensor:
        """(N, 3, H, W), the frame in the middle, for networks that know no other.

        Raises:
            ValueError: there is an even number of frames between, or the middle one is not at 1/2.
        """
        at, odd = divmod(self.between.shape[1], 2)
        if not odd or not bool((self.times[:, at] == 0.5).all()):
            raise ValueError(
                "got frames between the pair of which none is at t = 0.5; give an odd number, evenly spaced"
            )
        return self.between[:, at]


class Objective(nn.Module, ABC):
    """A network together with what it is to lower; ``net`` is in training mode while it does.

    Attributes:
        net: what is trained.
        critic: a second network that learns to tell made frames from true ones, or None where the paper has none. It
            is trained in turns with ``net``, by its own optimiser, to lower ``critic_loss``.
    """

    def __init__(self, net: nn.Module, critic: nn.Module | None = None) -> None:
        super().__init__()
        self.net = net
        self.critic = critic

    def begin_step(self, progress: float) -> None:
        """Told before each step how far along its training is, 0 to 1; what changes by that is a function of it alone.

        So a training that goes on has what it would have had. Most objectives are the same all along.
        """

    @abstractmethod
    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """The terms, each a scalar with its published weight in it; their sum is lowered."""

    def critic_loss(self, batch: Batch) -> Tensor:
        """What the critic lowers, a scalar; frames that ``net`` makes for it carry no gradient.

        Raises:
            NotImplementedError: there is no critic.
        """
        raise NotImplementedError(f"{type(self).__name__} has no critic")
