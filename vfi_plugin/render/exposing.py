"""The mean of what an open shutter sees, in linear light.

Only what may be mixed at all is averaged: colour, alpha and mattes. What is picked, ranked, turned or scaled (depth,
ids, cryptomatte, normals, vectors) stays as it is in the middle of the time that the shutter is open.

The sum is one picture in float32, whatever the number of samples: the roundings of 32 additions are at most two
millionths of the value, a hundredth of what half floats tell apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.channel_class import ChannelClass, Treatment
from vfi_plugin.image.colour_linear import MatrixToLinear, ToLinear
from vfi_plugin.image.frame import Frame, Part, Plane
from vfi_plugin.image.window import Window, union_of
from vfi_plugin.render.compose import compose
from vfi_plugin.render.frame_maker import kept_channels
from vfi_plugin.render.group_work import Moment, ViewMotion
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.plan import Sample

Values = npt.NDArray[np.float32]

_AVERAGED = (Treatment.BLEND, Treatment.BLEND_PREMULTIPLIED)


@dataclass(frozen=True)
class Seen:
    """One sample: when, the frame or the two frames around it, and the motion of each view there."""

    sample: Sample
    frames: tuple[Frame, ...]
    motions: Mapping[str, ViewMotion]


class Exposing:
    """Averages the samples of an exposure.

    Args:
        layout: what the channels are.
        conversion: from the clip's colour space to linear light, and back. Values that are linear already are averaged
            as they are; others on the way to light, premultiplied as they are stored.
    """

    def __init__(self, layout: Layout, conversion: ToLinear) -> None:
        averaged = [group for group in layout.groups if group.treatment in _AVERAGED]
        self._places = tuple(place for group in averaged for place in group.channels)
        self._layout = layout
        self._averaged = layout.limited_to(self._places)
        self._light = None if isinstance(conversion, MatrixToLinear) else _Light(layout, conversion)

    def exposed(self, centre: Frame, seen: Iterable[Seen], sources: Sequence[Frame]) -> Frame:
        """The frame ``centre`` with the mean of all samples in what is averaged; ``sources`` are all their frames."""
        if not self._places:
            return centre
        parts = {self._layout.roles[place].part for place in self._places}
        windows = {part: union_of(frame.parts[part].data_window for frame in sources) for part in parts}
        sums: dict[int, Values] = {}
        count = 0
        for each in seen:
            planes = self._over(self._sharp(each), windows)
            if self._light is not None:
                planes.update(self._light.linear(planes))
            for place, plane in planes.items():
                sums[place] = sums[place] + plane if place in sums else plane.astype(np.float32)
            count += 1
        means = {place: plane / np.float32(count) for place, plane in sums.items()}
        if self._light is not None:
            means.update(self._light.source(means))
        return self._put(centre, means, windows)

    def _sharp(self, seen: Seen) -> Frame:
        """What is averaged at one moment, in float32: types of the file would round each sample."""
        frames = tuple(self._as_floats(frame) for frame in seen.frames)
        if seen.sample.t == 0:
            return kept_channels(frames[0], self._averaged)
        still = seen.sample.t * 0
        return compose((frames[0], frames[1]), seen.motions, self._averaged, Moment(seen.sample.t, still, still))

    def _as_floats(self, frame: Frame) -> Frame:
        wanted = {(self._layout.roles[place].part, self._layout.roles[place].channel) for place in self._places}
        parts = [
            replace(part, planes={name: _as(plane, (index, name) in wanted) for name, plane in part.planes.items()})
            for index, part in enumerate(frame.parts)
        ]
        return replace(frame, parts=tuple(parts))

    def _over(self, frame: Frame, windows: Mapping[int, Window]) -> dict[int, Plane]:
        """The planes of a frame that has the averaged channels alone, by place, over one window a part."""
        return {
            place: frame.parts[at].plane_over(self._layout.roles[place].channel, windows[part])
            for at, part in enumerate(self._averaged.kept_parts)
            for place in self._averaged.kept_in_part(part)
        }

    def _put(self, centre: Frame, means: Mapping[int, Values], windows: Mapping[int, Window]) -> Frame:
        parts = []
        for at, part in enumerate(self._layout.kept_parts):
            made = centre.parts[at]
            parts.append(self._part(made, part, means, windows[part]) if part in windows else made)
        return replace(centre, parts=tuple(parts))

    def _part(self, made: Part, index: int, means: Mapping[int, Values], window: Window) -> Part:
        planes = {}
        for place in self._layout.kept_in_part(index):
            name = self._layout.roles[place].channel
            if place in means:
                planes[name] = means[place].astype(made.planes[name].dtype, copy=False)
            else:
                planes[name] = made.plane_over(name, window)
        return replace(made, planes=planes, data_window=window)


class _Light:
    """Colour by its places, to linear light and back."""

    def __init__(self, layout: Layout, conversion: ToLinear) -> None:
        self._conversion = conversion
        self._triples: list[tuple[int, ...]] = []
        for group in layout.groups:
            if group.channel_class is ChannelClass.COLOR and group.treatment in _AVERAGED:
                triple = layout.rgb_of(group.channels)
                # What is not red, green and blue is taken as grey, each channel by itself.
                self._triples += [(place,) * 3 for place in group.channels if place not in (triple or ())]
                self._triples += [triple] if triple else []

    def linear(self, planes: Mapping[int, Plane]) -> dict[int, Plane]:
        """Colour in linear light, by place."""
        return self._changed(planes, lambda pixels: self._conversion.linear(pixels, 1.0))

    def source(self, planes: Mapping[int, Values]) -> dict[int, Values]:
        """Linear light in the clip's colour space, by place."""
        return self._changed(planes, lambda pixels: self._conversion.source(pixels, 1.0))

    def _changed(self, planes: Mapping[int, Plane], change: Callable[[Values], Values]) -> dict[int, Plane]:
        made: dict[int, Plane] = {}
        for triple in self._triples:
            values = np.stack([planes[place] for place in triple], axis=-1).astype(np.float32, copy=False)
            pixels = values.reshape(-1, len(triple))
            finite = np.isfinite(pixels)
            # NaN and infinity stay what they are; no conversion is asked about them.
            changed = np.where(finite, change(np.where(finite, pixels, np.float32(0))), pixels).reshape(values.shape)
            made.update({place: changed[..., axis] for axis, place in enumerate(triple)})
        return made


def _as(plane: Plane, floating: bool) -> Plane:
    return plane.astype(np.float32, copy=False) if floating else plane
