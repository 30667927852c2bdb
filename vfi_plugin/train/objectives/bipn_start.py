"""How BiPN begins: as the mean of both frames, where it has channels enough to carry them through its halvings.

Each halving moves the pixels of a square of two into channels of their own, each doubling moves them back: what is
painted from features of an eighth of the size is then nearly as sharp as the frames are.
"""

from __future__ import annotations

from itertools import product
from typing import NamedTuple, cast

import torch
from torch import nn

from vfi_plugin.models.bipn.net import Bipn, Stage

Tensor = torch.Tensor

_COLOURS, _PHASES = 3, tuple(product(range(2), range(2)))

_LUMA = (0.299, 0.587, 0.114)
"""Of red, green and blue (ITU-R BT.601)."""

_HALF = 0.5
"""What a difference of colours, from -1 to 1 at most, is lifted and divided by: features are never negative."""


class _Form(NamedTuple):
    """What a width leaves room for.

    Attributes:
        needed: channels after each halving.
        bends, slopes, offset: ``offset + sum(slope * relu(v - bend))`` is about the artanh(2 v - 1) that the last tanh
            undoes.
        full_colour: whether each pixel keeps its colour, or each square of 2 x 2 px has one.
    """

    needed: tuple[int, int, int]
    bends: tuple[float, ...]
    slopes: tuple[float, ...]
    offset: float
    full_colour: bool


# Fitted for the least squares after the tanh, half over all v alike and half as often as clips have them: 43 and 44 dB.
_WIDE = _Form((48, 48, 192), (0.0, 0.0922, 0.2440, 0.8128), (10.8136, -7.2619, -1.4140, 3.4529), -2.0814, True)

# With half as many bends: 33 dB over all v alike, which is the least that a training begins with.
_NARROW = _Form((24, 48, 96), (0.0, 0.1429), (7.1709, -4.8047), -1.8596, False)


def can_start_as_average(net: Bipn) -> bool:
    """Whether the form has one frame, one scale, and channels enough."""
    return _form_of(net) is not None


@torch.no_grad()
def start_as_average(net: Bipn) -> None:
    """Weights by which the frame is the mean of both at first; channels beyond those it takes stay as they were drawn.

    Only for forms that ``can_start_as_average``.
    """
    stage, form = cast(Stage, net.stages[0]), _form_of(net)
    assert form is not None
    for encoder in (stage.forward_encoder, stage.reverse_encoder):
        _carry_down(encoder, form)
    _carry_up(stage.decoder, form)


def _form_of(net: Bipn) -> _Form | None:
    encoder = [layer for layer in net.stages[0].modules() if isinstance(layer, nn.Conv2d)][:3]
    if net.frames != 1 or len(net.stages) != 1:
        return None
    for form in (_WIDE, _NARROW):
        if all(layer.out_channels >= count for layer, count in zip(encoder, form.needed, strict=True)):
            return form
    return None


def _carry_down(encoder: nn.Sequential, form: _Form) -> None:
    """Pixels of squares of 2, 4 and 8 px to channels of their own, as values from 0 to 1."""
    first, second, third = (layer for layer in encoder if isinstance(layer, nn.Conv2d))
    _split(first, _COLOURS, gain=0.5)  # from -1 to 1
    cast(Tensor, first.bias)[: _COLOURS * 4] = 0.5
    _split(second, _COLOURS * 4)
    if form.full_colour:
        _split(third, _COLOURS * 16)
        return
    third.weight[: form.needed[2]].zero_()
    for place, (row, column), taps in _luma_and_colour():
        for channel, weight in taps:
            third.weight[place, channel, 1 + row, 1 + column] = weight
    cast(nn.BatchNorm2d, encoder[-2]).bias[64:96] = 0.5


def _split(layer: nn.Conv2d, inputs: int, gain: float = 1.0) -> None:
    """Each of four pixels to channels of its own, in the order of the pixels, then of the channels."""
    layer.weight[: 4 * inputs].zero_()
    for phase, (row, column) in enumerate(_PHASES):
        for channel in range(inputs):
            layer.weight[phase * inputs + channel, channel, 1 + row, 1 + column] = gain


def _carry_up(decoder: nn.Sequential, form: _Form) -> None:
    """The mean of both encoders' values, and the way back; the last layers bend it as the tanh unbends it."""
    joining = cast(nn.Conv2d, decoder[0])
    carried = form.needed[2]
    joining.weight[:carried].zero_()
    for channel in range(carried):
        for encoder in range(2):
            joining.weight[channel, encoder * joining.out_channels + channel, 1, 1] = 0.5
    third, second, first = (layer for layer in decoder if isinstance(layer, nn.ConvTranspose2d))
    if form.full_colour:
        _put_back(third, _COLOURS * 16)
    else:
        _put_colour_back(third, cast(nn.BatchNorm2d, decoder[4]))
    _put_back(second, _COLOURS * 4, copies=len(form.bends))
    _put_back(first, _COLOURS, gains=form.slopes)
    bends = cast(nn.BatchNorm2d, decoder[-4])
    for copy, bend in enumerate(form.bends):
        bends.bias[copy * 12 : (copy + 1) * 12] = -bend
    cast(Tensor, first.bias)[:] = form.offset


def _put_back(layer: nn.ConvTranspose2d, outputs: int, copies: int = 1, gains: tuple[float, ...] = (1.0,)) -> None:
    """What ``_split`` parted; of several copies the sum by ``gains``, or several copies of it."""
    layer.weight[:, : copies * outputs].zero_()
    for phase, (row, column) in enumerate(_PHASES):
        for channel, copy, (source, gain) in product(range(outputs), range(copies), enumerate(gains)):
            place = source * 4 * outputs + phase * outputs + channel
            layer.weight[place, copy * outputs + channel, 1 + row, 1 + column] = gain


def _luma_and_colour() -> list[tuple[int, tuple[int, int], list[tuple[int, float]]]]:
    """The 96 channels that a square of 8 px is carried in: what each is a sum of, at which of four pixels."""
    made = []
    for phase, at in enumerate(_PHASES):
        for pixel in range(16):  # of a square of 4 px, in the order that two halvings give
            made.append((16 * phase + pixel, at, [(3 * pixel + n, _LUMA[n]) for n in range(3)]))
        for block, colour in product(range(4), (0, 1)):
            taps = []
            for pixel in _pixels_of(block):
                taps += [(3 * pixel + n, _difference(colour, n) / 4) for n in range(3)]
            made.append((64 + 16 * colour + 4 * phase + block, at, taps))
    return made


def _pixels_of(block: int) -> list[int]:
    """The four pixels of a square of 2 px in one of 4 px: the first halving parts its pixels, the second squares."""
    return [4 * block + pixel for pixel in range(4)]


def _difference(colour: int, channel: int) -> float:
    """Blue (0) or red (1) less luma, halved, as a sum of red, green and blue."""
    own = 2 if colour == 0 else 0
    return _HALF * ((channel == own) - _LUMA[channel])


def _put_colour_back(layer: nn.ConvTranspose2d, norm: nn.BatchNorm2d) -> None:
    """Luma and two differences of colour to red, green and blue."""
    layer.weight[:, :48].zero_()
    for (phase, (row, column)), block, channel in product(enumerate(_PHASES), range(4), range(3)):
        for pixel in _pixels_of(block):
            to = (3 * pixel + channel, 1 + row, 1 + column)
            layer.weight[(16 * phase + pixel, *to)] = 1.0
            layer.weight[(64 + 4 * phase + block, *to)] = _share_of(0, channel)
            layer.weight[(80 + 4 * phase + block, *to)] = _share_of(1, channel)
    for pixel, channel in product(range(16), range(3)):
        norm.bias[3 * pixel + channel] = -_HALF * sum(_share_of(colour, channel) for colour in (0, 1))


def _share_of(colour: int, channel: int) -> float:
    """How much of a carried difference red, green or blue has above luma: the way back from ``_difference``."""
    if channel == 1:
        return -_LUMA[2 if colour == 0 else 0] / (_HALF * _LUMA[1])
    return 1.0 / _HALF if channel == (2 if colour == 0 else 0) else 0.0
