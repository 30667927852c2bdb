"""Frames of a retime into a movie: shown as on a screen, cropped to the display window."""

from __future__ import annotations

from dataclasses import replace
from types import TracebackType

import numpy as np

from vfi_plugin.image.colour import Encoding
from vfi_plugin.image.colour_view import display_view
from vfi_plugin.image.frame import Frame, Part
from vfi_plugin.media.movie_writer import MovieWriter
from vfi_plugin.render.retime import RetimeJob


class MovieTarget:
    """A movie being written; a context manager, because an exception inside must leave no file.

    Scene-linear sources go through the config's default view, as a viewer would show them; sources made for a screen
    are written as they are. Channels other than the main colour are left out.
    """

    def __init__(self, job: RetimeJob) -> None:
        display = job.clip.header(job.plan.source_numbers[0])[0].display_window
        self._layout = job.layout
        self._display = display
        self._view = None
        if job.transform.encoding is Encoding.SCENE:
            self._view = display_view(job.transform.colorspace, job.options.config)
        assert job.clock.rate is not None  # checked when the job was planned
        self._writer = MovieWriter(job.target.path, job.clock.rate, display.width, display.height)

    @property
    def clipped_values(self) -> int:
        """Samples so far that did not fit in [0, 1]."""
        return self._writer.clipped_values

    def write(self, frame: Frame) -> None:
        """Adds a frame. Raises WriteError."""
        rgb = self._layout.guide_rgb(frame, self._layout.guides[0], self._display)
        if self._view is not None:
            rgb = self._view(rgb)
        planes = {name: np.ascontiguousarray(rgb[..., axis]) for axis, name in enumerate("RGB")}
        self._writer.write(replace(frame, parts=(Part(planes, self._display, self._display),)))

    def __enter__(self) -> MovieTarget:
        self._writer.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.__exit__(kind, error, trace)
