"""RIFE on frames that are too large for it: coarse blocks over the whole frame, fine ones over parts of it.

A coarse block sees a thousand pixels far, and all it needs to give is small: 13 channels at 1/16, 1/8 and 1/4 of the
size. So these are made for the whole frame, their inputs part by part, and kept as they are. What a part is refined by
then is what it would be in the whole frame, and fine blocks see less than ``info.overlap_px`` far.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.kernels.warp import warp
from vfi_plugin.models.part import WholeFrames
from vfi_plugin.models.resizing import bilinear
from vfi_plugin.models.rife.net import IFNet, State, together

Tensor = torch.Tensor
Box = tuple[int, int, int, int]
"""Top, left, height, width of a part of the padded frame."""

COARSE_FROM = 4
"""Blocks that reduce their input by so much or more run over the whole frame: what they hold is 15 bytes a pixel."""

_INPUT_PX = 512  # a side of the parts that inputs of coarse blocks are made of; a multiple of every reduction
_ENCODED_AROUND_PX = 8  # the encoder of frames sees 7 px far
# A part may read this many times its own pixels; where motions differ so much that it would be more, it is cut up.
_MOST_READ, _SMALLEST_PX = 3.0, 64


@dataclass(frozen=True)
class Coarse:
    """What coarse blocks find in a whole frame at one time, and the way to what fine ones need.

    Attributes:
        net: the network.
        frames: the guides.
        t: the time.
        reduction: as in ``IFNet.states``.
        multiple: frames are padded to, with zeros at their right and bottom.
        founds: (1, C, H / s, W / s) of each block so far.
    """

    net: IFNet
    frames: WholeFrames
    t: float
    reduction: float
    multiple: int
    founds: list[Tensor] = field(default_factory=list)

    @classmethod
    def of(cls, net: IFNet, frames: WholeFrames, t: float, reduction: float, multiple: int) -> Coarse:
        """Runs the coarse blocks."""
        made = cls(net, frames, t, reduction, multiple)
        for index, scale in enumerate(net.layout.scales):
            if scale * reduction < COARSE_FROM:
                break
            made.founds.append(net.block(index).found(made._inputs(index, scale * reduction)))
        return made

    def refined(self, box: Box) -> State:
        """The state after the last block, over a part that begins and ends at multiples."""
        state = self._state(box)
        for index in range(len(self.founds), len(self.net.layout.scales)):
            block, scale = self.net.block(index), self.net.layout.scales[index] * self.reduction
            seen, flow = self._seen(box, state)
            state = self.net.advanced(state, block(seen, flow, scale))
        assert state is not None  # there are blocks
        return state

    @property
    def size(self) -> tuple[int, int]:
        """Height and width with the padding."""
        height, width = (side + -side % self.multiple for side in (self.frames.height, self.frames.width))
        return height, width

    def _inputs(self, index: int, scale: float) -> Tensor:
        """What a block sees of the whole frame, at its reduced size."""
        block, (height, width) = self.net.block(index), self.size
        whole: Tensor | None = None
        for box in self._boxes():
            made = block.inputs(*self._seen(box, self._state(box)), scale)
            if whole is None:
                whole = made.new_empty(1, made.shape[1], round(height / scale), round(width / scale))
            top, left = round(box[0] / scale), round(box[1] / scale)
            whole[..., top : top + made.shape[2], left : left + made.shape[3]] = made
        assert whole is not None  # no frame is empty
        return whole

    def _boxes(self) -> Iterator[Box]:
        height, width = self.size
        for top in range(0, height, _INPUT_PX):
            for left in range(0, width, _INPUT_PX):
                yield top, left, min(_INPUT_PX, height - top), min(_INPUT_PX, width - left)

    def _state(self, box: Box) -> State | None:
        """What is known after the blocks so far, enlarged over a part; None before the first."""
        state: State | None = None
        for found, scale in zip(self.founds, self.net.layout.scales, strict=False):
            enlarged = _enlarged(found, box, round(scale * self.reduction))
            state = self.net.advanced(
                state, torch.cat([enlarged[:, :4] * (scale * self.reduction), enlarged[:, 4:]], 1)
            )
        return state

    def _seen(self, box: Box, state: State | None) -> tuple[Tensor, Tensor | None]:
        """What the next block is shown over a part, and the flow so far."""
        if state is None:
            before, after = self._look(0, box), self._look(1, box)
            return together(before, after, before.new_full((1, 1, *box[2:]), self.t)), None
        moved = self._moved(0, box, state.flow[:, :2]), self._moved(1, box, state.flow[:, 2:])
        time = self.founds[0].new_full((1, 1, *box[2:]), self.t)
        return together(*moved, time, state.mask, state.features), state.flow

    def _moved(self, which: int, box: Box, flow: Tensor) -> Tensor:
        """A frame with its features, where a flow leads over a part."""
        read = self._read(box, flow)
        if read[2] * read[3] > _MOST_READ * box[2] * box[3] + _SMALLEST_PX**2 and max(box[2:]) > _SMALLEST_PX:
            axis = 2 if box[2] >= box[3] else 3
            return torch.cat([self._moved(which, half, part) for half, part in _halves(box, flow, axis)], axis)
        looked = self._look(which, read)
        offset = flow.new_tensor([box[1] - read[1], box[0] - read[0]]).view(1, 2, 1, 1)
        # The warp wants as many pixels of both; those that are added are not read, or cut off again.
        moved = warp(_at_least(looked, flow), _at_least(flow + offset, looked))
        return moved[..., : box[2], : box[3]]

    def _read(self, box: Box, flow: Tensor) -> Box:
        """What a flow reads of the padded frame: its edges are held there."""
        ends = []
        for channel, axis in ((1, 0), (0, 1)):
            along = torch.arange(box[2 + axis], device=flow.device, dtype=flow.dtype) + box[axis]
            places = (flow[:, channel] + (along.view(-1, 1) if axis == 0 else along)).nan_to_num(float(box[axis]))
            last = self.size[axis] - 1
            first = min(max(int(places.min().floor().item()), 0), last)
            end = min(max(int(places.max().floor().item()) + 1, first), last) + 1
            ends.append((first, end - first))
        (top, height), (left, width) = ends
        return top, left, max(height, 1), max(width, 1)

    def _look(self, which: int, box: Box) -> Tensor:
        """A frame with its features over a part, as ``IFNet.look`` gives them of the padded frame."""
        top, left = (max(start - _ENCODED_AROUND_PX, 0) // 2 * 2 for start in box[:2])
        bottom, right = (
            min(start + side + _ENCODED_AROUND_PX + 1, whole) // 2 * 2
            for start, side, whole in zip(box[:2], box[2:], self.size, strict=True)
        )
        guide = self.frames.crop(which, top, left, bottom - top, right - left)
        guide[..., max(self.frames.height - top, 0) :, :] = 0.0
        guide[..., max(self.frames.width - left, 0) :] = 0.0
        looked = self.net.look(guide)
        return looked[..., box[0] - top : box[0] - top + box[2], box[1] - left : box[1] - left + box[3]]


def _at_least(values: Tensor, other: Tensor) -> Tensor:
    """With its right and bottom edges repeated up to the sides of another one, where those are longer."""
    below, right = (max(long - side, 0) for long, side in zip(other.shape[2:], values.shape[2:], strict=True))
    return F.pad(values, (0, right, 0, below), mode="replicate")


def _enlarged(found: Tensor, box: Box, scale: int) -> Tensor:
    """(1, C, height, width) over a part: a crop of what a block found, enlarged as the whole of it would be."""
    top, left, bottom, right = box[0] // scale, box[1] // scale, (box[0] + box[2]) // scale, (box[1] + box[3]) // scale
    around = found[..., max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1]
    # One more on each side, as a bilinear sample needs; at the frame's edges the edge itself.
    sides = int(left == 0), int(right == found.shape[3]), int(top == 0), int(bottom == found.shape[2])
    enlarged = bilinear(F.pad(around, sides, mode="replicate"), scale)
    return enlarged[..., scale:-scale, scale:-scale]


def _halves(box: Box, flow: Tensor, axis: int) -> Iterator[tuple[Box, Tensor]]:
    """Both halves of a part and of the flow over it, along axis 2 or 3."""
    at = box[axis] // 2
    parts = flow.narrow(axis, 0, at), flow.narrow(axis, at, box[axis] - at)
    for start, part in zip((0, at), parts, strict=True):
        half = list(box)
        half[axis - 2], half[axis] = box[axis - 2] + start, part.shape[axis]
        yield (half[0], half[1], half[2], half[3]), part
