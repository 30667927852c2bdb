"""From what was read and estimated of a pair to a finished output frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from vfi_plugin.image.frame import Attribute, Frame
from vfi_plugin.models.times import reached_time
from vfi_plugin.render.canvas import composed
from vfi_plugin.render.estimator import ViewPair
from vfi_plugin.render.group_work import Moment, ViewMotion
from vfi_plugin.render.header import with_header
from vfi_plugin.render.large_guides import LargeGuides
from vfi_plugin.render.layout import Layout
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.retime import RetimeJob
from vfi_plugin.render.source import GuidePair
from vfi_plugin.render.stamp import frame_stamp


@dataclass(frozen=True)
class PairWork:
    """What a reader hands over: the output frames of one pair, or copies of one frame, and what they need."""

    outputs: tuple[OutputFrame, ...]
    frames: tuple[Frame, ...]
    guides: Mapping[str, GuidePair | LargeGuides] = field(default_factory=dict)


class FrameMaker:
    """Makes the output frames of a job, pixels and header; other jobs than a retime make theirs by a subclass."""

    def __init__(self, job: RetimeJob) -> None:
        self.job = job

    def made(self, output: OutputFrame, work: PairWork, pairs: Mapping[str, ViewPair]) -> Frame:
        """One frame of ``work``; ``pairs`` are its views, looked at."""
        return self.with_stamp(output, self.pixels(output, work, pairs))

    def pixels(self, output: OutputFrame, work: PairWork, pairs: Mapping[str, ViewPair]) -> Frame:
        """The frame without its header: a source frame as it is, or one between two."""
        if output.is_copy:
            return kept_channels(work.frames[0], self.job.layout)
        motions = {view: pair.at(float(output.t)) for view, pair in pairs.items()}
        return self.moved(output, work, motions)

    def moved(self, output: OutputFrame, work: PairWork, motions: Mapping[str, ViewMotion]) -> Frame:
        """Every channel between the two frames of ``work``, moved as what it is."""
        moment = Moment(output.t, output.speed_after, output.speed_before)
        return composed((work.frames[0], work.frames[1]), motions, self.job.layout, moment)

    def with_stamp(self, output: OutputFrame, frame: Frame) -> Frame:
        """The frame under its number, with rate, timecode and how it was made in its header."""
        options = self.job.options
        names = tuple(self.job.clip.path(number).name for number in output.source_frames)
        how = self.job.model.name if options.method == "motion" else options.method
        if output.is_copy and not options.vectors_only:
            how = "copy"
        stamp = frame_stamp(output, model=how, settings=self.job.settings, names=names, reached=self.reached(output))
        if output.exposure is not None:
            stamp = {**stamp, "vfi/shutter": Attribute("string", str(options.exposure))}
        return with_header(frame, output.number, {**self.job.clock.entries(output.number), **stamp})

    def reached(self, output: OutputFrame) -> Fraction | None:
        """The time that is made for a frame, where the model knows some times only."""
        sharp = output.exposure is None and not self.job.options.vectors_only
        if self.job.model.makes_any_time or self.job.options.method != "motion" or not (sharp and 0 < output.t < 1):
            return None
        return reached_time(float(output.t), self.job.model.frames_at_once)


def kept_channels(frame: Frame, layout: Layout) -> Frame:
    """The frame with the channels that are written; the very same object where that is all of them."""
    parts = []
    for index, part in enumerate(frame.parts):
        names = [layout.roles[place].channel for place in layout.kept_in_part(index)]
        if names and len(names) < len(part.planes):
            part = replace(part, planes={name: part.planes[name] for name in names})
        if names:
            parts.append(part)
    return replace(frame, parts=tuple(parts))
