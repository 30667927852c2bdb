"""Frames as ``vfi retime`` makes them of 8-bit pictures: colour, alignment, paths and sampling included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import MissingFramesError
from vfi_plugin.evaluate.codes import WHITE, Codes
from vfi_plugin.evaluate.method import Beside, Frames
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.header import SOURCE_FORMAT, PartHeader
from vfi_plugin.models.following import as_weights_ask
from vfi_plugin.models.info import ModelInfo
from vfi_plugin.models.model import Model
from vfi_plugin.render.clip_colour import clip_transform
from vfi_plugin.render.header import Clock
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.plan import build_plan
from vfi_plugin.render.retime import RetimeJob
from vfi_plugin.render.run import made_frames
from vfi_plugin.render.target import Target
from vfi_plugin.render.tiling import Tiling
from vfi_plugin.timing.time_map import TimeMap

_BEFORE, _AFTER = 1, 2


class RetimedMethod:
    """A model at work in a retime.

    Pictures are looked at as ones in sRGB, moved by cubic taps where there are flows, along a curve where those at
    t = -1 and t = 2 are known; networks are shown them laid over each other as far as most of them moves. What a
    network alone gives is ``ModelMethod``'s.
    """

    def __init__(self, model: Model) -> None:
        self._model = as_weights_ask(model)
        self.name = model.info.name
        self.info: ModelInfo | None = model.info

    def frames(self, before: Codes, after: Codes, times: Sequence[Fraction], beside: Beside = None) -> Iterator[Frames]:
        """See ``Method.frames``; at a time that the model does not know the nearest that it does."""
        around = {} if beside is None else {_BEFORE - 1: beside[0], _AFTER + 1: beside[1]}
        job = self._job(_Pictures({**around, _BEFORE: before, _AFTER: after}), times)
        for _, frame in made_frames(job, Cancellation(), self._model):
            planes = frame.parts[0].planes
            yield np.stack([planes[name] for name in "RGB"], axis=-1)

    def _job(self, clip: Clip, times: Sequence[Fraction]) -> RetimeJob:
        headers = clip.header(_BEFORE)
        time_map = TimeMap.from_positions([_BEFORE + t for t in times], start=1)
        options = RetimeOptions(time_map=time_map, model=self.name, cuts="off")
        return RetimeJob(
            clip=clip,
            target=Target.parse("not_written.####.exr"),
            plan=build_plan(time_map, clip.numbers, wanted=None, ends="error", missing="error"),
            layout=Layout.of(headers, options),
            transform=clip_transform(headers),
            clock=Clock(None, None, 1),
            model=self._model.info,
            options=options,
            settings="",
            tiling=Tiling.of(headers, options, self._model.info),
        )


class _Pictures(Clip):
    """Pictures of 8-bit codes, by their numbers, as a clip."""

    def __init__(self, codes: Mapping[int, Codes]) -> None:
        self.name, self.numbers, self.rate = "pictures", tuple(sorted(codes)), None
        self._codes = codes

    def read(self, number: int) -> Frame:
        """See ``Clip.read``."""
        codes = self._picture(number)
        planes = {name: codes[..., axis].astype(np.float32) / WHITE for axis, name in enumerate("RGB")}
        header = self.header(number)[0]
        return Frame((Part(planes, header.data_window, header.display_window, attributes=header.attributes),), number)

    def header(self, number: int) -> tuple[PartHeader, ...]:
        """See ``Clip.header``; whole numbers count as sRGB."""
        height, width = self._picture(number).shape[:2]
        window = Window(0, 0, width, height)
        attributes = {SOURCE_FORMAT: Attribute("string", "png uint8")}
        channels = tuple((name, "float") for name in "RGB")
        return (PartHeader(channels, window, window, attributes=attributes),)

    def path(self, number: int) -> Path:
        """See ``Clip.path``."""
        self._picture(number)
        return Path(f"picture.{number}.png")

    def _picture(self, number: int) -> Codes:
        if number not in self._codes:
            known = ", ".join(map(str, self.numbers))
            raise MissingFramesError(f"there is no picture {number}; ask for one of {known}", (number,))
        return self._codes[number]
