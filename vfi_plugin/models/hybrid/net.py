"""The network that refines: IFNet's blocks, begun with a motion instead of nothing.

The first blocks of IFNet look for large motion at a sixteenth of the size, which takes long to learn. Dense inverse
search finds it without learning; what it cannot do is to see motion's boundaries, and which source shows what it hides.
That is what the blocks are for here. With their last layers at zero they leave the motion as it is.
"""

from __future__ import annotations

import torch
from torch import nn

from vfi_plugin.models.rife.net import IFBlock, IFNet, Layout, State
from vfi_plugin.motion.flow import FlowMotion

Tensor = torch.Tensor

LAYOUT = Layout((160, 128, 96, 64), (8, 4, 2, 1), (16, 4), 8, 0, adds_mask=True, size_multiple=32, refines=True)
"""One block fewer than RIFE 4.25, whose widths the others have but for the coarsest."""

_LEAST_SHARE = 1e-3
"""Of a source, before its logarithm is taken; 7 on the scale of logits, which a block can still turn round."""


def build(_: str = "", width: float = 1.0) -> IFNet:
    """The network, which leaves motion as it is until it is trained; ``width`` scales its numbers of channels."""
    net = IFNet(LAYOUT, width)
    for block in (part for part in net.modules() if isinstance(part, IFBlock)):
        last = block.lastconv[0]
        assert isinstance(last, nn.ConvTranspose2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
    return net


def start_from(motion: FlowMotion) -> Tensor:
    """What the network begins with, (N, 5, H, W): both flows in pixels, and the logit of the earlier frame's share."""
    share = motion.weight_0.clamp(_LEAST_SHARE, 1.0 - _LEAST_SHARE)
    return torch.cat([motion.flow_t_to_0, motion.flow_t_to_1, torch.logit(share)], 1)


def state_of(start: Tensor) -> State:
    """The same as a state of the network; there are no features yet."""
    nothing = start.new_zeros((start.shape[0], LAYOUT.features, *start.shape[2:]))
    return State(start[:, :4], start[:, 4:], nothing)
