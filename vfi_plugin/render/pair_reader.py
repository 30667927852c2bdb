"""What there is to read for output frames: their source frames, guides, and whether a pair is a cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

import numpy as np

from vfi_plugin.image.frame import Frame
from vfi_plugin.render.compose import view_window
from vfi_plugin.render.curved_path import Curvature
from vfi_plugin.render.frame_maker import PairWork
from vfi_plugin.render.given_vectors import GivenVectors
from vfi_plugin.render.large_guides import LargeGuides
from vfi_plugin.render.path_look import PathLook
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.retime import RetimeJob
from vfi_plugin.render.source import FrameSource, GuidePair
from vfi_plugin.timing.ranges import parse_range


class PairReader:
    """Reads the pairs of a job; for one thread at a time."""

    def __init__(self, job: RetimeJob) -> None:
        self._job = job
        self._paths = PathLook(job.layout, job.transform) if job.bends_paths else None
        numbers = job.plan.source_numbers
        self._source = FrameSource(job.clip, numbers, job.layout, job.transform, job.tiling, self._paths)
        self._given = None if job.vectors is None else GivenVectors(job.vectors)
        self.cuts: dict[int, None] = {}
        """Source frames that begin a new shot, as far as somebody had to know."""

    @property
    def non_finite(self) -> dict[int, int]:
        """Source frame -> how many values of its colour are NaN or infinite."""
        return dict(self._source.non_finite)

    def works(self, todo: tuple[OutputFrame, ...]) -> Iterator[PairWork]:
        """Every output frame, in order, those of a pair together."""
        self.expect(todo)
        for (earlier, later), outputs in groupby(todo, key=lambda output: (output.earlier, output.later)):
            chosen = tuple(outputs)
            if earlier == later or all(_is_still(output, self._job.options.method) for output in chosen):
                yield from self._copies(chosen)
            elif self.is_cut(earlier, later):
                yield from self._copies(tuple(held_over_cut(output) for output in chosen))
            else:
                yield replace(self.pair(earlier, later), outputs=chosen)

    def expect(self, todo: tuple[OutputFrame, ...]) -> None:
        """Tells which source frames these take, so that several threads decode them ahead."""
        self._source.expect(number for output in todo for number in self._taken_by(output))

    def close(self) -> None:
        """Ends what is being read ahead; to be called when no more is wanted."""
        self._source.close()

    def _taken_by(self, output: OutputFrame) -> tuple[int, ...]:
        """The source frames of an output frame as far as they are known beforehand, in the order of their reading."""
        if output.earlier == output.later or _is_still(output, self._job.options.method):
            return (output.nearest,)
        asks = self._job.options.cuts == "auto" and self._job.layout.guides
        around = self._source.around(output.earlier) if asks else ()
        way = self._job.way(output.earlier, output.later)
        if way is None:
            return (*around, output.earlier, output.later)
        beside = (*self._source.around(way.frames[0]), *self._source.around(output.later)) if asks else ()
        return (*around, output.earlier, output.later, *beside, *way.frames)

    def frame(self, number: int) -> Frame:
        """A source frame. Raises as ``Clip.read``."""
        return self._source.frame(number)

    def pair(self, earlier: int, later: int) -> PairWork:
        """Two source frames and what motion is looked for in; no output frames yet."""
        frames = self._source.frame(earlier), self._source.frame(later)
        if self._job.options.method != "motion":
            return PairWork((), frames, self._no_guides(frames))
        guides, curved = self._guides(frames), self._curvatures(earlier, later)
        return PairWork((), frames, {view: replace(pair, curvature=curved.get(view)) for view, pair in guides.items()})

    def _curvatures(self, earlier: int, later: int) -> dict[str, Curvature]:
        """The way of each view between two frames; none where it is straight, or nobody can tell."""
        way = self._job.way(earlier, later)
        if self._paths is None or way is None:
            return {}
        if self._crosses_cut(way.frames[0], earlier) or self._crosses_cut(later, way.frames[3]):
            return {}
        return self._paths.curvatures(way, self._source.frame)

    def is_cut(self, earlier: int, later: int) -> bool:
        """Whether a new shot begins between two frames, by what was asked for."""
        found = self._crosses_cut(earlier, later)
        if found and later not in self.cuts:
            self.cuts[later] = None
        return found

    def _crosses_cut(self, earlier: int, later: int) -> bool:
        cuts = self._job.options.cuts
        if cuts == "off" or (cuts == "auto" and not self._job.layout.guides):
            return False
        return self._source.is_cut_after(earlier) if cuts == "auto" else _crosses(earlier, later, cuts)

    def _copies(self, outputs: tuple[OutputFrame, ...]) -> Iterator[PairWork]:
        for output in outputs:
            shown = output if output.is_copy else _nearest(output)
            yield PairWork((shown,), (self._source.frame(shown.earlier),))

    def _guides(self, frames: tuple[Frame, Frame]) -> dict[str, GuidePair | LargeGuides]:
        layout = self._job.layout
        found: dict[str, GuidePair | LargeGuides] = {}
        for guide in layout.guides:
            pair = self._source.guides(frames, guide, view_window(frames, layout, guide.view))
            if self._given is not None and isinstance(pair, GuidePair):  # with given vectors all frames are whole
                pair = replace(pair, flows=self._given.between(frames, guide.view, pair.window))
            found[guide.view] = pair
        return found

    def _no_guides(self, frames: tuple[Frame, Frame]) -> dict[str, GuidePair | LargeGuides]:
        """Windows alone, for the method that only mixes."""
        nothing = np.zeros((0, 0, 3), np.float32)
        windows = {view: view_window(frames, self._job.layout, view) for view in self._job.layout.views}
        return {view: GuidePair(nothing, nothing, 1.0, window) for view, window in windows.items()}


def held_over_cut(output: OutputFrame) -> OutputFrame:
    """Across a cut the earlier shot lasts until the later one begins; nothing is mixed or carried on."""
    shown = output.earlier if output.t < 1 else output.later
    return replace(output, earlier=shown, later=shown, t=output.t * 0, note="held over a cut")


def _crosses(earlier: int, later: int, cuts: str) -> bool:
    return any(earlier < first <= later for first in parse_range(cuts))


def _is_still(output: OutputFrame, method: str) -> bool:
    return output.is_copy or method == "frame"


def _nearest(output: OutputFrame) -> OutputFrame:
    return replace(output, earlier=output.nearest, later=output.nearest, t=output.t * 0)
