"""Motion vectors of a renderer or an artist, read from a sequence, as flow between source frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vfi_plugin.errors import InputError, MismatchedFramesError, MissingFramesError
from vfi_plugin.image.channel_class import ChannelClass
from vfi_plugin.image.channel_groups import LayerGroup
from vfi_plugin.image.frame import Frame
from vfi_plugin.image.motion_vectors import (
    Direction,
    VectorConvention,
    convention_of,
    pixel_scale,
    vectors_to_pixels,
)
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip, check_uniform
from vfi_plugin.media.open_clip import open_clip
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.timing.ranges import format_range

Flow = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GivenFlows:
    """Flow from each frame of a pair to the other, (H, W, 2) float32 px, x then y, y down; one at most is None."""

    forward: Flow | None
    backward: Flow | None


@dataclass(frozen=True)
class VectorLayer:
    """A layer of vectors that lead one way in time.

    Attributes:
        group: its channels.
        convention: what their numbers mean.
        axis: which of its channels is x; y follows.
        sign: -1 where they lead here from there.
    """

    group: LayerGroup
    convention: VectorConvention
    axis: int = 0
    sign: float = 1.0


@dataclass(frozen=True)
class VectorSource:
    """Where vectors are read from.

    Attributes:
        clip: frames of the source's numbers.
        layout: what its channels are.
        layers: those that lead to the next frame and those that lead to the previous one, a view at a time; at least
            one of the two is there.
    """

    clip: Clip
    layout: Layout
    layers: dict[str, tuple[VectorLayer | None, VectorLayer | None]]

    @classmethod
    def opened(cls, path: str | Path, options: RetimeOptions, numbers: tuple[int, ...], source: Layout) -> VectorSource:
        """Looks at headers.

        Args:
            path: a sequence, which may be the source itself.
            options: whose rules for channels hold here too.
            numbers: source frames in use.
            source: the source's layout, whose views all need vectors.

        Raises:
            InputError: no vectors for a view. MissingFramesError: none for some frames. Else as ``open_clip``.
        """
        clip = open_clip(path)
        if lacking := sorted(set(numbers).difference(clip.numbers)):
            raise MissingFramesError(
                f"{clip.name} has no vectors for frames {format_range(lacking)} of the source; they are numbered as the"
                " source is",
                tuple(lacking),
            )
        check_uniform(clip, numbers)
        everything = RetimeOptions(speed=1, channel_rules=options.channel_rules, channels_map=options.channels_map)
        layout = Layout.of(clip.header(numbers[0]), everything)
        layers = {guide.view: _layers(layout, guide.view) for guide in source.guides}
        blind = next((view for view, found in layers.items() if found == (None, None)), None)
        if blind is not None:
            names = ", ".join(role.channel for role in layout.roles)
            where = f"{clip.name} for view {blind!r}" if blind else clip.name
            raise InputError(
                f"no motion vectors in {where}; it has {names}. Layers named forward and backward are known; tell of"
                " others with --channel 'vel.*=motion,direction=next'"
            )
        return cls(clip, layout, layers)

    def text(self) -> str:
        """Which layers are used, for people."""
        told = [
            f"{layer.group.layer or 'bare channels'} ({'to the next' if way == 0 else 'to the previous'} frame,"
            f" {layer.convention.units}, y {layer.convention.y})"
            for layers in self.layers.values()
            for way, layer in enumerate(layers)
            if layer is not None
        ]
        return f"motion from {self.clip.name}: {'; '.join(dict.fromkeys(told))}"


class GivenVectors:
    """Reads flow from a source of vectors; for one thread at a time."""

    def __init__(self, source: VectorSource) -> None:
        self._source = source
        self._last: list[Frame] = []

    def between(self, pair: tuple[Frame, Frame], view: str, window: Window) -> GivenFlows:
        """Flow between two frames of the source over ``window``; vectors lead one frame on, across holes further.

        Raises:
            MismatchedFramesError: vectors of another format. Else as ``Clip.read``.
        """
        apart = pair[1].number - pair[0].number
        flows = []
        for frame, layer in zip(pair, self._source.layers[view], strict=True):
            flow = None if layer is None else self._flow(frame, layer, window)
            flows.append(None if flow is None else np.float32(apart) * flow)
        return GivenFlows(flows[0], flows[1])

    def _flow(self, frame: Frame, layer: VectorLayer, window: Window) -> Flow:
        vectors = self._read(frame.number)
        roles = self._source.layout.roles
        part = vectors.parts[roles[layer.group.channels[0]].part]
        if part.display_window.shape != frame.parts[0].display_window.shape:
            raise MismatchedFramesError(
                f"vectors of frame {frame.number} are for a picture of {part.display_window}, not"
                f" {frame.parts[0].display_window}; give vectors of the source's format"
            )
        axes = layer.group.channels[layer.axis : layer.axis + 2]
        planes = [vectors.parts[roles[place].part].planes[roles[place].channel] for place in axes]
        alpha = None
        if layer.group.alpha is not None:
            role = roles[layer.group.alpha]
            alpha = vectors.parts[role.part].plane_over(role.channel, part.data_window).astype(np.float32)
        stored = np.stack(planes, axis=-1).astype(np.float32)
        flow = vectors_to_pixels(stored, layer.convention, part.display_window.shape, alpha=alpha)
        return _over(np.float32(layer.sign) * flow, part.data_window, window)

    def _read(self, number: int) -> Frame:
        for frame in self._last:
            if frame.number == number:
                return frame
        # The later frame of a pair is the earlier one of the next.
        self._last = [*self._last[-1:], self._source.clip.read(number)]
        return self._last[-1]


def _layers(layout: Layout, view: str) -> tuple[VectorLayer | None, VectorLayer | None]:
    """The layers to the next and to the previous frame; those whose names tell it go before those that may be it."""
    found: dict[Direction, list[VectorLayer]] = {Direction.NEXT: [], Direction.PREVIOUS: [], Direction.BOTH: []}
    for group in layout.groups:
        if group.channel_class is ChannelClass.MOTION and group.view == view and len(group.channels) >= 2:
            suffixes = frozenset(layout.roles[place].suffix.lower() for place in group.channels)
            convention = convention_of(layout.roles[group.channels[0]], suffixes)
            pixel_scale(convention, (1, 1))  # what cannot be read is said before work starts
            found[convention.direction].append(VectorLayer(group, convention))
    ways = [_best(found[way]) for way in (Direction.NEXT, Direction.PREVIOUS)]
    if ways == [None, None] and found[Direction.BOTH]:
        return _halves(found[Direction.BOTH][0])
    return ways[0], ways[1]


def _halves(layer: VectorLayer) -> tuple[VectorLayer, VectorLayer]:
    """Blender's four: x and y lead to the previous frame, z and w are where a pixel is less where it will be."""
    return replace(layer, axis=2, sign=-1.0), replace(layer, axis=0)


def _best(layers: Sequence[VectorLayer]) -> VectorLayer | None:
    return min(layers, key=lambda layer: layer.convention.is_assumed, default=None)


def _over(flow: Flow, data: Window, wanted: Window) -> Flow:
    """(H, W, 2) over the data window brought to ``wanted``, its edges repeated where it has nothing."""
    rows, columns = (
        np.clip(np.arange(length) + start, 0, size - 1)
        for length, start, size in (
            (wanted.height, wanted.y - data.y, data.height),
            (wanted.width, wanted.x - data.x, data.width),
        )
    )
    return np.ascontiguousarray(flow[rows][:, columns])
