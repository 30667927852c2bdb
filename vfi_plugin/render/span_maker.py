"""From all that spans more than a pair to a finished output frame: exposed, with vectors, or both."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping

from vfi_plugin.image.frame import Frame
from vfi_plugin.render.estimator import Estimator, ExposedPair, ViewPair
from vfi_plugin.render.exposing import Exposing, Seen
from vfi_plugin.render.frame_maker import FrameMaker, PairWork
from vfi_plugin.render.plan import Sample
from vfi_plugin.render.spans import KEPT_PAIRS, Key, SpanWork
from vfi_plugin.render.vectors import Vectors


class SpanMaker:
    """Makes output frames that take several pairs; each pair is looked at once while it is in reach."""

    def __init__(self, maker: FrameMaker, estimate: Estimator) -> None:
        self._maker = maker
        self._estimate = estimate
        self._looked: OrderedDict[Key, Mapping[str, ViewPair]] = OrderedDict()
        self._vectors = Vectors(maker.job)
        self._exposing = Exposing(maker.job.layout, maker.job.transform.conversion)

    def made(self, work: SpanWork) -> Frame:
        """The frame, with its header."""
        options = self._maker.job.options
        if options.vectors_only:
            [frame] = work.frames.values()
            made = self._vectors.alone(frame)
        else:
            made = self._picture(work)
        if options.writes_vectors:
            pairs = {step.pair: self._look(work, step.pair) for step in (*work.ahead, *work.back)}
            made = self._vectors.added(made, (work.ahead, work.back), pairs)
        return self._maker.with_stamp(work.output, made)

    def _picture(self, work: SpanWork) -> Frame:
        exposure = work.output.exposure
        if exposure is None:
            return self._sharp(work, work.output.own_time)
        seen = (self._seen(work, sample) for sample in exposure.samples)
        return self._exposing.exposed(self._sharp(work, exposure.centre, exposed=True), seen, _frames_of(work))

    def _sharp(self, work: SpanWork, sample: Sample, *, exposed: bool = False) -> Frame:
        """All channels at one moment; of an exposure, which puts its mean in the place of all that may be mixed."""
        output = work.output.at(sample)
        if sample.t == 0:
            return self._maker.pixels(output, PairWork((), (work.frames[sample.earlier],)), {})
        views = self._look(work, sample.frames)
        if exposed:
            views = {view: ExposedPair(pair) for view, pair in views.items()}
        return self._maker.pixels(output, work.pairs[sample.frames], views)

    def _seen(self, work: SpanWork, sample: Sample) -> Seen:
        if sample.t == 0:
            return Seen(sample, (work.frames[sample.earlier],), {})
        frames = work.pairs[sample.frames].frames
        views = self._look(work, sample.frames)
        return Seen(sample, frames, {view: ExposedPair(pair).at(float(sample.t)) for view, pair in views.items()})

    def _look(self, work: SpanWork, key: Key) -> Mapping[str, ViewPair]:
        if key not in self._looked:
            self._looked[key] = self._estimate.prepare(work.pairs[key].guides)
        self._looked.move_to_end(key)
        found = self._looked[key]
        while len(self._looked) > KEPT_PAIRS:
            self._looked.popitem(last=False)
        return found


def _frames_of(work: SpanWork) -> list[Frame]:
    """The source frames that an output frame is made of."""
    there = {frame.number: frame for pair in work.pairs.values() for frame in pair.frames} | work.frames
    return [there[number] for number in work.output.source_frames]
