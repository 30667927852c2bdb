"""A blurred frame put right halfway: what is made, mixed with the frame as it was.

Colour, alpha and mattes are mixed, colour in linear light. All else (depth, ids, normals, vectors, cryptomatte) is
never averaged: it comes whole from what has the larger part, from the made frame at one half.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.channel_class import ChannelClass, Treatment
from vfi_plugin.image.channel_groups import LayerGroup
from vfi_plugin.image.colour import GuideTransform
from vfi_plugin.image.colour_linear import MatrixToLinear
from vfi_plugin.image.frame import Frame, Plane
from vfi_plugin.render.layout import Layout

_MIXED = (Treatment.BLEND, Treatment.BLEND_PREMULTIPLIED)

Image = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Mixing:
    """Mixes frames of one clip.

    Attributes:
        share: of the made frame, in (0, 1]; the rest is of the frame as it was.
        layout: what the channels are.
        transform: tells linear light from the clip's colour.
    """

    share: float
    layout: Layout
    transform: GuideTransform

    def mixed(self, made: Frame, original: Frame) -> Frame:
        """``made`` with a part of ``original``; the windows and the header are those of ``made``.

        Where a value of the original is NaN or infinite, the made one stands.
        """
        # A made frame has only those parts that hold written channels.
        written = [index for index in range(len(original.parts)) if self.layout.kept_in_part(index)]
        parts = []
        for part, index in zip(made.parts, written, strict=True):
            old = original.parts[index]
            olds = {name: old.plane_over(name, part.data_window) for name in part.planes if name in old.planes}
            planes = dict(part.planes)
            for group in self.layout.groups:
                planes.update(self._group(group, index, part.planes, olds))
            parts.append(replace(part, planes=planes))
        return replace(made, parts=tuple(parts))

    def _group(
        self, group: LayerGroup, part: int, news: Mapping[str, Plane], olds: Mapping[str, Plane]
    ) -> dict[str, Plane]:
        """What becomes of a group's channels in a part; {} where the made ones stay."""
        roles = [self.layout.roles[place] for place in group.channels]
        roles = [role for role in roles if role.part == part and role.channel in news and role.channel in olds]
        names = [role.channel for role in sorted(roles, key=lambda role: "rgb".find(role.suffix[:1].lower()))]
        if not names:
            return {}
        if group.treatment not in _MIXED:
            return {name: olds[name] for name in names} if self.share < 0.5 else {}
        is_rgb = group.channel_class is ChannelClass.COLOR and len(names) == len("RGB")
        new, old = (np.stack([planes[name].astype(np.float32) for name in names], -1) for planes in (news, olds))
        known = np.isfinite(old)
        blend = self._blend(new, np.where(known, old, np.float32(0)), is_rgb)
        values = np.where(known, blend, new)
        return {name: values[..., axis].astype(news[name].dtype) for axis, name in enumerate(names)}

    def _blend(self, new: Image, old: Image, is_rgb: bool) -> Image:
        # A matrix is linear, so mixing before it and after it is the same.
        if not is_rgb or isinstance(self.transform.conversion, MatrixToLinear):
            return np.asarray(self.share * new + (1 - self.share) * old, np.float32)
        conversion = self.transform.conversion
        light = [conversion.linear(np.ascontiguousarray(values.reshape(-1, 3)), 1.0) for values in (new, old)]
        flat = np.asarray(self.share * light[0] + (1 - self.share) * light[1], np.float32)
        return conversion.source(flat, 1.0).reshape(new.shape)
