"""What BiPN lowers: pixels, features, and a critic of whole clips.

Chen et al., "Long-Term Video Interpolation with Bidirectional Predictive Network", VCIP 2017, trains by a loss in the
image, one in a feature space and an adversarial one. Its weights and norms were not to be had; ours are: mean absolute
difference with weight 1; mean squared difference of VGG features (relu3_3) with 0.01; the adversarial term with 0.05,
that of Mathieu, Couprie and LeCun, "Deep Multi-Scale Video Prediction beyond Mean Square Error", ICLR 2016, whose
scales the multi-scale form follows too: the image term is taken at every scale, the others at the full size.

The form of one frame at one scale starts as the mean of both frames where it is wide enough. Its batch normalisation
then is a scale and an offset that are learnt, with means and variances held at 0 and 1: those of a batch hang on what
else is in it, and would undo that start.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)
from torch import nn

from vfi_plugin.models.bipn.model import BipnFrames
from vfi_plugin.models.bipn.net import Bipn, Stage
from vfi_plugin.train.critic import StackCritic
from vfi_plugin.train.losses import absolute, not_passing, telling_apart
from vfi_plugin.train.objective import Batch, Objective
from vfi_plugin.train.perceptual import Perceptual

Tensor = torch.Tensor

_FEATURES, _ADVERSARIAL = 0.01, 0.05

_BENDS = (0.0, 0.0922, 0.2440, 0.8128)
_SLOPES = (10.8136, -7.2619, -1.4140, 3.4529)
_OFFSET = -2.0814
"""``offset + sum(slope * relu(v - bend))`` is the artanh(2 v - 1) that the last tanh undoes. Fitted for the least
squares after the tanh, half over all v alike and half as often as clips have them: 43 and 44 dB."""

_COLOURS, _PHASES = 3, tuple(product(range(2), range(2)))


def can_start_as_average(net: Bipn) -> bool:
    """Whether the form has one frame, one scale, and channels enough to carry every pixel through its halvings."""
    encoder = [layer for layer in net.stages[0].modules() if isinstance(layer, nn.Conv2d)][:3]
    needed = [_COLOURS * len(_PHASES) * len(_BENDS), _COLOURS * len(_PHASES) ** 2, _COLOURS * len(_PHASES) ** 3]
    is_wide = all(layer.out_channels >= count for layer, count in zip(encoder, needed, strict=True))
    return net.frames == 1 and len(net.stages) == 1 and is_wide


@torch.no_grad()
def start_as_average(net: Bipn) -> None:
    """Weights by which the frame is the mean of both at first; channels beyond those it takes stay as they were drawn.

    Each halving moves the pixels of a square of two into channels of their own, each doubling moves them back: what is
    painted from features of an eighth of the size is then as sharp as the frames are. Only for forms that
    ``can_start_as_average``.
    """
    stage = cast(Stage, net.stages[0])
    for encoder in (stage.forward_encoder, stage.reverse_encoder):
        _carry_down(encoder)
    _carry_up(stage.decoder)


def _carry_down(encoder: nn.Sequential) -> None:
    """Pixels of squares of 2, 4 and 8 px to channels of their own, as values from 0 to 1."""
    convolutions = [layer for layer in encoder if isinstance(layer, nn.Conv2d)]
    inputs = _COLOURS
    for layer in convolutions:
        gain = 0.5 if layer is convolutions[0] else 1.0  # from -1 to 1
        layer.weight[: len(_PHASES) * inputs].zero_()
        for phase, (row, column) in enumerate(_PHASES):
            for channel in range(inputs):
                layer.weight[phase * inputs + channel, channel, 1 + row, 1 + column] = gain
        if layer.bias is not None:
            layer.bias[: len(_PHASES) * inputs] = 0.5
        inputs *= len(_PHASES)


def _carry_up(decoder: nn.Sequential) -> None:
    """The mean of both encoders' values, and the way back; the last layers bend it as the tanh unbends it."""
    joining = cast(nn.Conv2d, decoder[0])
    carried = _COLOURS * len(_PHASES) ** 3
    joining.weight[:carried].zero_()
    for channel in range(carried):
        for encoder in range(2):
            joining.weight[channel, encoder * joining.out_channels + channel, 1, 1] = 0.5
    upwards = [layer for layer in decoder if isinstance(layer, nn.ConvTranspose2d)]
    for layer in upwards:
        outputs = carried // len(_PHASES)
        copies = len(_BENDS) if layer is upwards[-2] else 1
        gains = _SLOPES if layer is upwards[-1] else (1.0,)
        layer.weight[:, : copies * outputs].zero_()
        for phase, (row, column) in enumerate(_PHASES):
            for channel, copy, (source, gain) in product(range(outputs), range(copies), enumerate(gains)):
                place = source * carried + phase * outputs + channel
                layer.weight[place, copy * outputs + channel, 1 + row, 1 + column] = gain
        carried = outputs
    bends = cast(nn.BatchNorm2d, decoder[-4])
    for copy, bend in enumerate(_BENDS):
        bends.bias[copy * carried * len(_PHASES) : (copy + 1) * carried * len(_PHASES)] = -bend
    cast(torch.Tensor, upwards[-1].bias)[:] = _OFFSET


class BipnObjective(Objective):
    """BiPN together with its losses; batches have as many frames between, evenly spaced, as the network paints.

    Args:
        net: what is trained.
        perceptual: by which features, or None to leave that term out.
        adversarial: whether a critic looks at whole clips, ends included.
        critic_width: scales its numbers of channels.
    """

    net: Bipn

    def __init__(
        self, net: Bipn, *, perceptual: Perceptual | None = None, adversarial: bool = False, critic_width: float = 1.0
    ) -> None:
        super().__init__(net, StackCritic(net.frames + 2, critic_width) if adversarial else None)
        self.perceptual = perceptual
        self._starts_as_average = can_start_as_average(net)

    def train(self, mode: bool = True) -> BipnObjective:
        """As of any module, but for the normalisation of a network that started as a mean of both frames."""
        super().train(mode)
        for layer in self.net.modules():
            if self._starts_as_average and isinstance(layer, nn.BatchNorm2d):
                layer.eval()
        return self

    def losses(self, batch: Batch) -> Mapping[str, Tensor]:
        """``image``, and ``features`` and ``adversarial`` where they are wanted.

        Raises:
            ValueError: the batch has another number of frames between than the network paints.
        """
        if batch.between.shape[1] != self.net.frames:
            raise ValueError(
                f"got {batch.between.shape[1]} frames between for a network that paints {self.net.frames}; give as many"
            )
        scales = [0.5 * (made + 1.0) for made in self.net.by_scale(2.0 * batch.before - 1.0, 2.0 * batch.after - 1.0)]
        terms = {"image": torch.stack([absolute(made, _reduced(batch.between, made)) for made in scales]).mean()}
        made = scales[-1]
        if self.perceptual is not None:
            terms["features"] = _FEATURES * self.perceptual(made.flatten(0, 1), batch.between.flatten(0, 1))
        if self.critic is not None:
            terms["adversarial"] = _ADVERSARIAL * not_passing(self.critic(_clip(batch, made)))
        return terms

    def critic_loss(self, batch: Batch) -> Tensor:
        """How badly the critic tells painted clips from true ones."""
        if self.critic is None:
            return super().critic_loss(batch)
        with torch.no_grad():
            made = BipnFrames(self.net)(batch.before, batch.after)
        return telling_apart(self.critic(_clip(batch, batch.between)), self.critic(_clip(batch, made)))


def _clip(batch: Batch, between: Tensor) -> Tensor:
    """(N, L + 2, 3, H, W) in the order of time."""
    return torch.cat([batch.before[:, None], between, batch.after[:, None]], 1)


def _reduced(true: Tensor, made: Tensor) -> Tensor:
    """True frames (N, L, 3, H, W) averaged to the size of what was made at a scale."""
    factor = true.shape[-1] // made.shape[-1]
    reduced = F.avg_pool2d(true.flatten(0, 1), factor)
    return reduced.view(*true.shape[:3], *reduced.shape[2:])
