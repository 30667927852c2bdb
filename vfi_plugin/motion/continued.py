"""Motion that goes on past a pair: frames before the earlier or after the later one."""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.project_flow import project_flow
from vfi_plugin.motion.flow import FlowMotion

# What comes in from beyond the edge moves as the edge does; from further out than this it is left to the filling of
# holes, so that one wild vector does not make a frame of any size.
_MOST_BEYOND_PX = 256


def continued(middle: FlowMotion, t: float) -> FlowMotion:
    """The motion at ``t`` outside [0, 1], everything going on straight and as fast as it did in the middle of the pair.

    The velocity that is known at the middle is thrown to where its content is at ``t``; where nothing arrives it is
    filled from beside. The picture is that of the nearer source alone: the other has nothing that this one lacks but
    what has gone out of sight.

    Args:
        middle: the motion at 1/2.
        t: below 0 or above 1, in lengths of the pair.
    """
    a_unit = continued_velocity(middle, t)
    weight = torch.full_like(middle.weight_0, 1.0 if t < 0.0 else 0.0)
    return FlowMotion(-t * a_unit, (1.0 - t) * a_unit, weight, taps=middle.taps)


def continued_velocity(middle: FlowMotion, t: float) -> torch.Tensor:
    """What moves at ``t``, (N, 2, H, W) px from the earlier frame to the later, known from the middle alone.

    Args:
        middle: the motion at 1/2.
        t: any, in lengths of the pair.
    """
    velocity = middle.flow_t_to_1 - middle.flow_t_to_0
    if t == 0.5:
        return velocity
    displacement = (t - 0.5) * velocity
    beyond = int(displacement.abs().nan_to_num(0.0).amax().clamp(max=_MOST_BEYOND_PX)) + 2
    wider = F.pad(displacement, (beyond, beyond, beyond, beyond), mode="replicate")
    to_middle = project_flow(wider)[..., beyond:-beyond, beyond:-beyond]
    return to_middle / (0.5 - t)
