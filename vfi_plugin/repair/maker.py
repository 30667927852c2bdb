"""Makes the frames of a repair: as a retime does, and then what only a repair asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import numpy.typing as npt
import torch

from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.motion.flow import FlowMotion
from vfi_plugin.render.estimator import ViewPair
from vfi_plugin.render.frame_maker import FrameMaker, PairWork, kept_channels
from vfi_plugin.render.group_work import ViewMotion
from vfi_plugin.render.header import Clock, with_header
from vfi_plugin.render.layout import GuideSource
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.stamp import frame_stamp
from vfi_plugin.repair.confidence import Plane, confidence_map, frame_confidence
from vfi_plugin.repair.job import REPAIR, RepairJob
from vfi_plugin.repair.mixing import Mixing

CONFIDENCE = "vfi.confidence"
_TIMECODE = "timeCode"


@dataclass(frozen=True)
class Made:
    """What was found while a frame was made.

    Attributes:
        confidence: see ``confidence.frame_confidence``; the least of all views. None where it was not asked for, or
            nothing was moved.
        fallback: what was done instead of moving, "" where the motion was taken.
        method: for ``vfi/model``: "blend" or "copy" where a fallback was taken, else "".
    """

    confidence: float | None = None
    fallback: str = ""
    method: str = ""

    @property
    def text(self) -> str:
        """For the header and for people; "" where there is nothing to say."""
        told = "" if self.confidence is None else f"confidence {self.confidence:.2f}"
        return ", ".join(part for part in (told, self.fallback) if part)


class RepairMaker(FrameMaker):
    """Makes the frames of a repair job.

    Attributes:
        found: number of a frame in the repaired clip -> what was found while it was made.
    """

    job: RepairJob

    def __init__(self, job: RepairJob) -> None:
        super().__init__(job)
        self.found: dict[int, Made] = {}

    def made(self, output: OutputFrame, work: PairWork, pairs: Mapping[str, ViewPair]) -> Frame:
        """See ``FrameMaker.made``. An untouched frame of a clip that is written anew comes as it is."""
        change = self.job.plan.changes.get(output.number)
        if change is None:
            return self.with_stamp(output, self.pixels(output, work, pairs))
        frame, trust = self._repaired(output, work, pairs)
        if change.mixes and change.origin is not None:
            original = self.job.clip.read(change.origin)
            frame = Mixing(self.job.repair.strength, self.job.layout, self.job.transform).mixed(frame, original)
        if self.job.repair.confidence:
            frame = self._with_confidence(frame, trust)
        return self.with_stamp(output, frame)

    def _repaired(
        self, output: OutputFrame, work: PairWork, pairs: Mapping[str, ViewPair]
    ) -> tuple[Frame, Mapping[str, tuple[Plane, ViewMotion]]]:
        """The pixels, and for each view how far they can be trusted, where that is asked for."""
        if output.is_copy or not self.job.asks_for_trust:
            self.found[output.number] = Made()
            return self.pixels(output, work, pairs), {}
        motions = {view: pair.at(float(output.t)) for view, pair in pairs.items()}
        trust = {
            view: (self._trust(work, view, moved), moved) for view, moved in motions.items() if view in work.guides
        }
        confidence = min((frame_confidence(seen) for seen, _ in trust.values()), default=None)
        if confidence is None or self.job.repair.fallback == "off" or confidence >= self.job.repair.fallback_under:
            self.found[output.number] = Made(confidence)
            return self.moved(output, work, motions), trust
        return self._fallen_back(output, work, motions, confidence), trust

    @staticmethod
    def _trust(work: PairWork, view: str, moved: ViewMotion) -> Plane:
        pair = work.guides[view]
        return confidence_map(pair.before, pair.after, moved.motion.flow_form())

    def _fallen_back(
        self, output: OutputFrame, work: PairWork, motions: Mapping[str, ViewMotion], confidence: float
    ) -> Frame:
        """What is taken where motion cannot be trusted. Past an end there is no second frame to mix in."""
        if self.job.repair.fallback == "blend" and 0 < output.t < 1:
            self.found[output.number] = Made(confidence, "so both frames are mixed", "blend")
            return self.moved(output, work, {view: _still(moved, output.t) for view, moved in motions.items()})
        shown = 0 if output.t <= Fraction(1, 2) else 1
        name = output.later if shown else output.earlier
        self.found[output.number] = Made(confidence, f"so {name} is copied", "copy")
        return kept_channels(work.frames[shown], self.job.layout)

    def _with_confidence(self, frame: Frame, trust: Mapping[str, tuple[Plane, ViewMotion]]) -> Frame:
        """A channel more in the part that each view's guide is in; 0 in a frame that is a copy, as nothing vouches."""
        parts = list(frame.parts)
        layout = self.job.layout
        written = [part for part in sorted({role.part for role in layout.roles}) if layout.kept_in_part(part)]
        for guide in layout.guides:
            at = written.index(layout.roles[guide.places[0]].part)
            name = self._channel_name(guide, parts[at])
            plane = _over(parts[at], trust.get(guide.view))
            parts[at] = replace(parts[at], planes={**parts[at].planes, name: plane})
        return replace(frame, parts=tuple(parts))

    @staticmethod
    def _channel_name(guide: GuideSource, part: Part) -> str:
        """The view is the last but one component where several views share a part, as OpenEXR has it."""
        return CONFIDENCE if CONFIDENCE not in part.planes else f"vfi.{guide.view}.confidence"

    def with_stamp(self, output: OutputFrame, frame: Frame) -> Frame:
        """The frame under its number; timecode goes on from that of the good frame whose header it has."""
        names = tuple(self.job.clip.path(number).name for number in (output.earlier, output.later))
        how = self.job.model.name if self.job.options.method == "motion" else self.job.options.method
        settings = self.job.settings_of(output)
        stamp = dict(
            frame_stamp(output, model=how, settings=settings, names=(names[0], names[1]), reached=self.reached(output))
        )
        change = self.job.plan.changes.get(output.number)
        if change is not None:
            found = self.found.get(output.number, Made())
            text = f"{change.what}: {change.how}" + (f"; {found.text}" if found.text else "")
            stamp[REPAIR] = Attribute("string", text)
            if found.method:
                stamp["vfi/model"] = Attribute("string", found.method)
        return with_header(frame, output.number, {**self._timecode(output), **stamp})

    def _timecode(self, output: OutputFrame) -> Mapping[str, Attribute | None]:
        header = self.job.clip.header(output.nearest)[0]
        if _TIMECODE not in header.attributes:
            return {}
        rate = self.job.clock.rate
        clock = Clock.of(header, rate, rate, self.job.plan.homes[output.nearest])
        return {_TIMECODE: clock.entries(output.number)[_TIMECODE]}


def _still(moved: ViewMotion, t: Fraction) -> ViewMotion:
    """The plain mix of both frames."""
    return ViewMotion(FlowMotion.still(torch.zeros(1, 1, *moved.window.shape), float(t)), moved.window)


def _over(part: Part, trust: tuple[Plane, ViewMotion] | None) -> npt.NDArray[np.float16]:
    """Confidence over a part's data window, as half; 0 where nothing is known."""
    placed = np.zeros(part.data_window.shape, np.float16)
    if trust is None:
        return placed
    plane, moved = trust
    shared = part.data_window.intersection(moved.window)
    placed[shared.slices_in(part.data_window)] = plane[shared.slices_in(moved.window)]
    return placed
