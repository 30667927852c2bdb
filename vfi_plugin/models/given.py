"""Motion that nobody has to find: vectors of a renderer or an artist in the place of a model."""

from __future__ import annotations

import torch

from vfi_plugin.models.model import Pair
from vfi_plugin.motion.both_ways import BothWays
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.projection import Direction, project

Tensor = torch.Tensor


class GivenPair(Pair):
    """Two guides, (N, 3, H, W) float32 in [0, 1], and flow between them, (N, 2, H, W) px, y down.

    Where flow is given in one direction only, the other is what it looks like from its other end.
    """

    def __init__(self, guides: tuple[Tensor, Tensor], forward: Tensor | None, backward: Tensor | None) -> None:
        if forward is None:
            assert backward is not None
            forward = _from_other_end(guides[::-1], backward)
        elif backward is None:
            backward = _from_other_end(guides, forward)
        self._both = BothWays.between(guides, forward, backward)

    def motion(self, t: float) -> FlowMotion:
        """The flows projected to ``t``."""
        return self._both.motion(t)

    def velocity(self, t: float) -> Tensor:
        """See ``Pair.velocity``; at 0 and 1 exactly what was given."""
        return self._both.velocity(t)


def _from_other_end(guides: tuple[Tensor, Tensor], flow: Tensor) -> Tensor:
    """Flow from the second frame to the first, where ``flow`` leads from the first to the second."""
    return -project(Direction.between(guides[0], guides[1], flow), 1.0)
