"""What a network finds between two frames that a classic has moved to one place already."""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F  # noqa: N812  (its usual name)

from vfi_plugin.motion.bend import Bend
from vfi_plugin.motion.certainty import doubt_beside_light, opened, shown_by_both
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion

Tensor = torch.Tensor

_HIDDEN, _SHOWN = 0.1, 0.3
"""What ``certainty.shown_by_both`` tells, between which what one frame hides is shown by both: a network is given the
other frame's there, instead of having to match it with what covers it."""

MET_AROUND_PX = 4
"""How far around a pixel doubt looks."""


@dataclass(frozen=True)
class Met:
    """Two guides where flows bring them.

    Attributes:
        frames: (N, 3, H, W) each; where one hides what the other shows, both show that.
        sure: (N, 3, H, W), what the flows alone make of them.
        doubt: (N, 1, H, W) in [0, 1], how far somebody else is to be asked.
    """

    frames: tuple[Tensor, Tensor]
    sure: Tensor
    doubt: Tensor

    @classmethod
    def of(cls, flows: FlowMotion, guides: tuple[Tensor, Tensor], t: float | Tensor) -> Met:
        """Guides (N, 3, H, W) in [0, 1], over the pixels of the flows, at ``t`` or at (N, 1, 1, 1) times."""
        return cls.moved(flows.moved(*guides), flows, t)

    @classmethod
    def moved(cls, guides: tuple[Tensor, Tensor], flows: FlowMotion, t: float | Tensor) -> Met:
        """The same of guides that these flows have moved already."""
        by_both = shown_by_both(flows, t)
        return cls(_filled(guides, flows, by_both), flows.mix(*guides), doubt_beside_light(guides, by_both))

    def over(self, made: Tensor) -> Tensor:
        """What somebody else made of these frames, (N, 3, H, W), where the flows are in doubt."""
        return torch.lerp(self.sure, made, self.doubt)

    def part(self, rows: slice, columns: slice) -> Met:
        """The same of these rows and columns."""
        first, second, sure, doubt_there = (
            values[..., rows, columns].contiguous() for values in (*self.frames, self.sure, self.doubt)
        )
        return Met((first, second), sure, doubt_there)


def _filled(moved: tuple[Tensor, Tensor], flows: FlowMotion, by_both: Tensor) -> tuple[Tensor, Tensor]:
    """Two moved payloads (N, C, H, W), of which the one that hides a pixel shows the other's."""
    hidden = 1.0 - opened(by_both, _HIDDEN, _SHOWN)
    from_earlier = flows.from_earlier()
    first = replace(flows, weight_0=torch.where(from_earlier, 1.0, 1.0 - hidden)).mix(*moved)
    second = replace(flows, weight_0=torch.where(from_earlier, hidden, 0.0)).mix(*moved)
    return first, second


@dataclass(frozen=True)
class FollowedMotion(Motion):
    """Payloads are moved by flows, and where these are in doubt by what somebody found between frames that met by them.

    Attributes:
        flows: over the pixels of the payloads; what must be picked goes by them.
        then: what was found between ``Met.frames``.
        doubt: (N, 1, h, w), ``Met.doubt``, over the pixels of ``then``: the payloads' top left ones, where there are
            more of those. The rest is there to be read, and what comes out there repeats the edge.
        t: in [0, 1].
    """

    flows: FlowMotion
    then: Motion
    doubt: Tensor
    t: float

    @property
    def device(self) -> torch.device:
        """Where payloads have to be."""
        return self.flows.device

    @property
    def runs_network(self) -> bool:
        """Whether what comes second does."""
        return self.then.runs_network

    def with_taps(self, taps: str) -> FollowedMotion:
        """Both, each sampling by these taps."""
        return replace(self, flows=self.flows.with_taps(taps), then=self.then.with_taps(taps))

    def bent(self, bend: Bend, top: int = 0, left: int = 0) -> FollowedMotion:
        """Not to be bent: what was found holds where the frames have met."""
        raise NotImplementedError("bend the flows before anybody looks at the frames that meet by them")

    def apply(self, payload_0: Tensor, payload_1: Tensor) -> Tensor:
        """Both payloads (N, C, H, W) moved, met and mixed; what has no share adds nothing, not even Inf or NaN."""
        height, width = self.doubt.shape[2:]
        flows = self.flows.cropped(height, width)
        first, second = (moved[..., :height, :width] for moved in self.flows.moved(payload_0, payload_1))
        made = flows.mix(first, second)
        if bool(self.doubt.any()):
            ends = _filled((first, second), flows, shown_by_both(flows, self.t))
            found = self.then.apply(*(end.contiguous() for end in ends))
            made = replace(flows, weight_0=self.doubt).mix(found, made)
        rest = (0, payload_0.shape[3] - width, 0, payload_0.shape[2] - height)
        return F.pad(made, rest, mode="replicate") if any(rest) else made

    def flow_form(self) -> FlowMotion:
        """The flows that come first."""
        return self.flows
