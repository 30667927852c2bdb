"""The pictures that a fused frame is a mix of, and by how much each may be in it.

Nine of them: both frames as the classic moves them, both as the fast classic does, both unmoved, and the mean of the
moved ones softened in three steps. A mix by shares is a picture of any range; but a network has seen the guide alone,
and a share of a hundredth that nobody sees there is a ghost of 5 where a lamp of 500 stood. So what is unmoved or
softened is held to what is moved (``motion.mixed``), and shares are closed where the guide cannot tell:

* all but the classic's, where its two pictures agree, or it is certain that one frame hides what the other shows, and
  where it alone has found something in flight: there a frame is as it was without a network;
* what the fast classic moves, and what is unmoved, near light that the guide cannot tell from brighter light; unmoved
  frames also where they differ so much that a double image shows;
* any motion whose share is under a fiftieth.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.models.padding import Padding
from vfi_plugin.motion.certainty import doubt, opened, shown_by_both
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.mixed import SOFT_STEPS_PX

Tensor = torch.Tensor

COUNT = 6 + len(SOFT_STEPS_PX)
"""Pictures: moved by the classic (2), by the fast classic (2), unmoved (2), softened (3)."""

SEEN = 24
"""Channels of ``Sources.seen``."""

_MOVED, _UNMOVED, _SOFT = 0.4, 0.08, 0.04
"""Shares where the network asks for nothing: of each classic, of both frames unmoved, of each softened picture."""

_LEAST_SHARE = 0.02
"""Under a fiftieth nothing is left: five grey levels at white, and half of what softened pictures begin with."""

_HEARD_FROM = 0.25
"""Nearer to a frame than a quarter of the way wishes count less and less, and at the frame nothing: time alone then
leads to the frame itself, without a jump. Filmed pairs teach no nearer time."""

_BRIGHT, _TOO_BRIGHT = 0.95, 0.97
"""Guide values between which light becomes too bright to be told apart: 2.0 and 3.7 times white in a linear plate."""

_UNTIED, _TIED = 0.6, 0.9
"""The classic's lesser weight, as a part of its time, from which what is wished for is wished for both frames alike: a
fade, which differs everywhere and hides nothing, would come out blotched and bent."""

_TINY = 1e-6  # keeps what is divided by it finite

_GHOST, _TOO_MUCH = 0.3, 0.5
"""Guide differences between which what is unmoved becomes a double image that nobody takes for texture."""

_FLOW_UNIT_PX = 16.0
"""What a flow of 1 stands for in what the network sees; a typical motion then is about as large as a colour."""


@dataclass(frozen=True)
class Sources:
    """Both classics' motions of a pair at a time, and the guides that they were found in.

    Attributes:
        classic: over the pixels of the guides.
        fast: the same by the fast classic.
        guides: of the earlier and the later frame, (N, 3, H, W) float32 in [0, 1].
        t: in [0, 1]; or (N, 1, 1, 1), a time for each pair.
        lights: (N, 1, H, W) each, how bright the brightest is that a pixel of either guide is the mean of; None where
            guides have the frame's own size.
        things: (N, 1, H, W) of each guide, 1 in what the classic alone has found flying in front of all else, or None.
    """

    classic: FlowMotion
    fast: FlowMotion
    guides: tuple[Tensor, Tensor]
    t: float | Tensor
    lights: tuple[Tensor, Tensor] | None = None
    things: tuple[Tensor, Tensor] | None = None

    @property
    def motions(self) -> tuple[FlowMotion, FlowMotion, FlowMotion]:
        """In the order of the shares: the classic's, the fast classic's, and none."""
        still = torch.zeros_like(self.classic.flow_t_to_0)
        return self.classic, self.fast, FlowMotion(still, still, self._times(1.0))

    def shifted(self, by: Tensor) -> Sources:
        """Both motions with (1, 2, H, W) px added to their flows, as those of a curved way are."""
        classic, fast = (
            replace(each, flow_t_to_0=each.flow_t_to_0 + by, flow_t_to_1=each.flow_t_to_1 + by)
            for each in (self.classic, self.fast)
        )
        return replace(self, classic=classic, fast=fast)

    @cached_property
    def moved(self) -> list[Tensor]:
        """The first four pictures of the guides, (N, 3, H, W) each."""
        return [*self.classic.moved(*self.guides), *self.fast.moved(*self.guides)]

    def seen(self, padding: Padding) -> Tensor:
        """What the network looks at, (N, 24, H, W): pictures, shares of the earlier frame, motion, and time.

        Channels of a pixel lie side by side, and what is added at the right and the bottom repeats the edge: written in
        place, as each copy of it all would be a hundred bytes a pixel.
        """
        ways = [(each.flow_t_to_1 - each.flow_t_to_0) / _FLOW_UNIT_PX for each in (self.classic, self.fast)]
        apart = (ways[0] - ways[1]).abs().sum(1, keepdim=True)
        weights = self.classic.weight_0, self.fast.weight_0
        parts = [*self.moved, *self.guides, *weights, ways[0], apart, self._times(self.t)]
        (count, _, height, width), like = self.guides[0].shape, self.guides[0]
        size = count, SEEN, height + padding.bottom, width + padding.right
        seen = torch.empty(size, dtype=like.dtype, device=like.device, memory_format=torch.channels_last)
        at = 0
        for part in parts:
            seen[:, at : at + part.shape[1], :height, :width] = part
            at += part.shape[1]
        seen[..., height:, :width] = seen[..., height - 1 : height, :width]
        seen[..., width:] = seen[..., width - 1 : width]
        return seen

    def shares(self, asked: Tensor) -> Tensor:
        """The share of each picture, (N, 9, H, W), 1 in all.

        Where the classic is not certain, a motion or a softened picture that would have a fiftieth or less has none.

        Args:
            asked: (N, 9, H, W), what the network gave for ``seen``.
        """
        t = self._times(self.t)
        heard = self._unsure * (torch.minimum(t, 1.0 - t) / _HEARD_FROM).clamp(max=1.0)
        wishes = torch.where(heard > 0, heard * self._tied(asked), 0.0)
        wanted = torch.cat(self._usual(), 1) * wishes.exp()
        wanted = wanted / wanted.sum(1, keepdim=True)
        # Both pictures of a motion are cut together: cut each, the lesser would lose more, and fades would bend.
        count, _, height, width = wanted.shape
        together = torch.cat([wanted[:, :6].view(count, 3, 2, height, width).sum(2), wanted[:, 6:]], 1)
        kept = (1.0 - _LEAST_SHARE * self._unsure / together.clamp(min=_TINY)).clamp(min=0.0)
        shares = wanted * torch.cat([kept[:, :3].repeat_interleave(2, 1), kept[:, 3:]], 1)
        return shares / shares.sum(1, keepdim=True)

    def _tied(self, asked: Tensor) -> Tensor:
        """One wish for both pictures of a motion where both frames show what is there: time alone parts them then."""
        (count, _, height, width), tie = asked.shape, opened(self._by_both, _UNTIED, _TIED)
        pairs = asked[:, :6].reshape(count, 3, 2, height, width)
        both = pairs.mean(2, keepdim=True).expand_as(pairs)
        return torch.cat([torch.lerp(pairs, both, tie.unsqueeze(1)).flatten(1, 2), asked[:, 6:]], 1)

    def _usual(self) -> list[Tensor]:
        """Shares where nothing is asked for, closed where the guide cannot tell."""
        t, unsure = self._times(self.t), self._unsure
        soft = 4.0 * t * (1.0 - t) * unsure * _SOFT
        unmoved = unsure * self._may_stay() * _UNMOVED
        weights, fast = (self.classic.weight_0, self.fast.weight_0), unsure * _dim(self._brightest) * _MOVED
        return [
            *(weights[0] * _MOVED, (1.0 - weights[0]) * _MOVED),
            *(weights[1] * fast, (1.0 - weights[1]) * fast),
            *(unmoved * (1.0 - t), unmoved * t),
            *(soft, soft, soft),
        ]

    @cached_property
    def _unsure(self) -> Tensor:
        """See ``certainty.doubt``, of the classic; none of what it alone has found, and of what that uncovers."""
        unsure = doubt((self.moved[0], self.moved[1]), self._by_both)
        if self.things is None:
            return unsure
        first, second = replace(self.classic, taps="linear").moved(*self.things)
        return torch.where(torch.maximum(first, second) > 0, 0.0, unsure)

    @cached_property
    def _by_both(self) -> Tensor:
        """See ``certainty.shown_by_both``, of the classic."""
        return shown_by_both(self.classic, self.t)

    @cached_property
    def _around(self) -> tuple[Tensor, Tensor]:
        """How bright each frame is at a pixel and beside it, where sampling between pixels and enlarging read too."""
        first, second = self.lights or [guide.amax(1, keepdim=True) for guide in self.guides]
        return _beside(first), _beside(second)

    @cached_property
    def _brightest(self) -> Tensor:
        """The same of all that is moved."""
        moved = [light for motion in (self.classic, self.fast) for light in motion.moved(*self._around)]
        return _beside(torch.stack(moved).amax(0))

    def _may_stay(self) -> Tensor:
        """1 where what is unmoved may be in a frame: where both frames are alike, and not bright."""
        first, second = self.guides
        dim = _dim(_beside(torch.maximum(*self._around)))
        return dim * opened((first - second).abs().amax(1, keepdim=True), _TOO_MUCH, _GHOST)

    def _times(self, value: float | Tensor) -> Tensor:
        return torch.ones_like(self.classic.weight_0) * value


def _beside(values: Tensor) -> Tensor:
    """The largest value of a pixel and the eight beside it."""
    return F.max_pool2d(values, 3, 1, 1)


def _dim(value: Tensor) -> Tensor:
    """1 where the guide shows well how bright it is, 0 where it does not."""
    return opened(value, _TOO_BRIGHT, _BRIGHT)
