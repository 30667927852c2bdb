"""One group of channels between two frames: its planes, and what its treatment needs of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from math import isqrt

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.image.channel_groups import LayerGroup
from vfi_plugin.image.frame import Frame, Plane
from vfi_plugin.image.window import Window
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.motion.motion import Motion
from vfi_plugin.render.device_copies import floats_on_device, on_device, planes_of
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.painted_colour import PaintedColour

# As many pixels tell how normals are stored as all of an UHD frame do; beyond that some are left out.
_SPARSE_PIXELS = 4096 * 2304


@dataclass(frozen=True)
class ViewMotion:
    """The motion of one stereo view over a window that holds all its parts' data in both frames, or over a part of it.

    Attributes:
        painted: colour that a network painted for the channels that its guide was made of, or None.
        offsets: how far right and down of ``window`` its pixels lie in the earlier and in the later frame; what the
            motion tells comes on top of it.
        whole: the view's own window, whose edges are repeated outside of it; None where that is ``window``.
    """

    motion: Motion
    window: Window
    painted: PaintedColour | None = None
    offsets: tuple[tuple[int, int], tuple[int, int]] = ((0, 0), (0, 0))
    whole: Window | None = None

    def for_exposure(self) -> ViewMotion:
        """See ``Motion.for_exposure``."""
        return replace(self, motion=self.motion.for_exposure())

    def source_window(self, which: int) -> Window:
        """The pixels of the earlier (0) or later (1) frame that the motion is over."""
        return self.window.moved(*self.offsets[which])


@dataclass(frozen=True)
class Moment:
    """When the new frame is: ``t`` between its sources, and source frames per output frame after and before it."""

    t: Fraction
    speed_after: Fraction
    speed_before: Fraction


@dataclass(frozen=True)
class GroupWork:
    """One group of channels of one frame, and what its treatment needs."""

    pair: tuple[Frame, Frame]
    view: ViewMotion
    layout: Layout
    group: LayerGroup
    moment: Moment

    @property
    def flows(self) -> FlowMotion:
        """The motion as flows and weights, for what is picked."""
        return self.view.motion.flow_form()

    def planes(self, which: int) -> list[Plane]:
        """The group's channels in the earlier (0) or later (1) frame, over the view's window."""
        return [self.plane(which, place) for place in self.group.channels]

    def plane(self, which: int, place: int) -> Plane:
        """One channel of the earlier (0) or later (1) frame, over the view's window, in the file's type."""
        return self._plane_over(which, place, self.view.source_window(which))

    def unmoved(self, which: int) -> list[Plane]:
        """The group's channels in the earlier (0) or later (1) frame, where they are."""
        return [self._plane_over(which, place, self.view.window) for place in self.group.channels]

    def sparse(self, which: int) -> npt.NDArray[np.float32]:
        """(H, W, C) float32 of the group over the whole view, of large frames a pixel of every few."""
        whole = self.view.whole or self.view.window
        step = max(1, isqrt(whole.width * whole.height // _SPARSE_PIXELS))
        planes = [self._plane_over(which, place, whole)[::step, ::step] for place in self.group.channels]
        return np.stack([plane.astype(np.float32, copy=False) for plane in planes], axis=-1)

    def _plane_over(self, which: int, place: int, window: Window) -> Plane:
        """One channel in the file's type; outside the view its edges are repeated."""
        role = self.layout.roles[place]
        part, whole = self.pair[which].parts[role.part], self.view.whole
        if whole is None or whole.intersection(window) == window:
            return part.plane_over(role.channel, window)
        inside = window.nearest_inside(whole)
        return inside.padded_to(part.plane_over(role.channel, inside), window)

    def stacked(self, which: int) -> npt.NDArray[np.float32]:
        """(H, W, C) float32 of the group."""
        return np.stack([plane.astype(np.float32, copy=False) for plane in self.planes(which)], axis=-1)

    def alpha(self, which: int) -> npt.NDArray[np.float32] | None:
        """(H, W) float32 of the alpha that belongs to the group, or None."""
        if self.group.alpha is None:
            return None
        return self.plane(which, self.group.alpha).astype(np.float32, copy=False)

    def floats(self, which: int) -> torch.Tensor:
        """(1, C, H, W) float32 of the group."""
        return floats_on_device(self.planes(which), self.view.motion.device)

    def tensor(self, values: npt.NDArray[np.float32]) -> torch.Tensor:
        """(H, W, C) as (1, C, H, W), where the motion is."""
        planes = torch.from_numpy(np.ascontiguousarray(values.transpose(2, 0, 1)))
        return on_device(planes[None], self.view.motion.device)

    def to_types(self, values: torch.Tensor | npt.NDArray[np.float32]) -> list[Plane]:
        """(C, H, W) or (1, C, H, W) float32 as planes in the types of the file."""
        made = values if isinstance(values, torch.Tensor) else torch.from_numpy(np.ascontiguousarray(values))
        kinds = [self._type(place) for place in self.group.channels]
        return planes_of(made.reshape(len(kinds), *self.view.window.shape), kinds)

    def _type(self, place: int) -> np.dtype[np.generic]:
        role = self.layout.roles[place]
        return self.pair[0].parts[role.part].planes[role.channel].dtype

    def moved(self, plane_0: Plane, plane_1: Plane) -> npt.NDArray[np.float32]:
        """A plane (H, W) of both frames, moved and blended by the flows alone."""
        payloads = [self.tensor(plane.astype(np.float32, copy=False)[..., np.newaxis]) for plane in (plane_0, plane_1)]
        moved: npt.NDArray[np.float32] = self.flows.apply(*payloads)[0, 0].cpu().numpy()
        return moved
