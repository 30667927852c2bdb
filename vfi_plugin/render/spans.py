"""Output frames that take more than one pair: what an open shutter sees, and where the way to the next frame leads."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from vfi_plugin.image.frame import Frame
from vfi_plugin.render.frame_maker import PairWork
from vfi_plugin.render.pair_reader import PairReader, held_over_cut
from vfi_plugin.render.plan import Exposure, OutputFrame, Placement, Sample
from vfi_plugin.render.retime import RetimeJob

KEPT_PAIRS = 3
"""Pairs that are kept, their guides and what was found in them: at full speed a frame takes two, of which the next one
takes the later again; one more is for time that runs back."""

Key = tuple[int, int]
"""Earlier and later source frame of a pair."""


@dataclass(frozen=True)
class Step:
    """A part of a way through time: from ``begin`` to ``end`` within one pair, in lengths of the pair."""

    pair: Key
    begin: Fraction
    end: Fraction


@dataclass(frozen=True)
class SpanWork:
    """One output frame and all that it takes.

    Attributes:
        output: with cuts seen to: what lies across one is held.
        pairs: by earlier and later frame.
        frames: single source frames, by number.
        ahead: the way to the next output frame; empty where nothing moves on.
        back: the way back to the previous one.
    """

    output: OutputFrame
    pairs: dict[Key, PairWork]
    frames: dict[int, Frame]
    ahead: tuple[Step, ...] = ()
    back: tuple[Step, ...] = ()


class SpanReader:
    """Reads what spans of a job take; for one thread at a time."""

    def __init__(self, job: RetimeJob, reader: PairReader) -> None:
        self._job = job
        self._reader = reader
        self._kept: OrderedDict[Key, PairWork] = OrderedDict()

    def works(self, todo: tuple[OutputFrame, ...]) -> Iterator[SpanWork]:
        """Every output frame, in order."""
        self._reader.expect(todo)
        for output in todo:
            resolved = self._resolved(output)
            ahead, back = self._ways(output) if self._job.options.writes_vectors else ((), ())
            keys = {step.pair for step in (*ahead, *back)}
            moments = self._moments(resolved)
            keys |= {moment.frames for moment in moments if moment.t}
            singles = {moment.earlier for moment in moments if not moment.t}
            frames = {number: self._reader.frame(number) for number in sorted(singles)}
            yield SpanWork(resolved, {key: self._pair(key) for key in sorted(keys)}, frames, ahead, back)

    def _pair(self, key: Key) -> PairWork:
        if key not in self._kept:
            self._kept[key] = self._reader.pair(*key)
        self._kept.move_to_end(key)
        found = self._kept[key]
        while len(self._kept) > KEPT_PAIRS:
            self._kept.popitem(last=False)
        return found

    def _moments(self, output: OutputFrame) -> tuple[Sample, ...]:
        if self._job.options.vectors_only:
            return (Sample(output.nearest, output.nearest, Fraction(0)),)
        if output.exposure is None:
            return (output.own_time,)
        return output.exposure.centre, *output.exposure.samples

    def _resolved(self, output: OutputFrame) -> OutputFrame:
        """The frame with cuts held and, for the method that takes frames, with frames in the place of times."""
        if output.exposure is None:
            shown = self._shown(output.own_time)
            if shown == output.own_time:
                return output
            return output.at(shown) if self._job.options.method == "frame" else held_over_cut(output)
        seen = output.exposure
        exposure = Exposure(self._shown(seen.centre), tuple(map(self._shown, seen.samples)))
        if not exposure.is_still:
            return replace(output, exposure=exposure)
        return output.at(exposure.centre)

    def _shown(self, sample: Sample) -> Sample:
        """A moment, or the frame that is shown in its place."""
        if sample.t == 0:
            return sample
        if self._job.options.method == "frame":
            return sample.held(sample.nearest)
        if self._reader.is_cut(*sample.frames):
            return sample.held(sample.earlier if sample.t < 1 else sample.later)
        return sample

    def _ways(self, output: OutputFrame) -> tuple[tuple[Step, ...], tuple[Step, ...]]:
        plan, options = self._job.plan, self._job.options
        numbers = plan.source_numbers
        ends = "hold" if options.ends == "error" else options.ends
        placement = Placement(numbers, ends=ends, missing=options.missing, bad=plan.bad)

        def turn(position: Fraction) -> Fraction:
            """Frames count from 0 on, whatever holes their numbers have, so that each pair is one long."""
            earlier, _, t, _ = placement.place(output.number, position)
            return numbers.index(earlier) + t

        here = turn(output.position)
        ways = turn(output.position + output.speed_after), turn(output.position - output.speed_before)
        return tuple(self._way(here, ways[0])), tuple(self._way(here, ways[1]))

    def _way(self, begin: Fraction, end: Fraction) -> Iterator[Step]:
        """From one turn to another, pair by pair; it ends at a cut, where what moves is not there any more."""
        numbers = self._job.plan.source_numbers
        forward = end > begin
        while begin != end:
            first = math.floor(begin) if forward else math.ceil(begin) - 1
            first = min(max(first, 0), len(numbers) - 2)
            pair = numbers[first], numbers[first + 1]
            limit = Fraction(first + 1 if forward else first)
            if self._reader.is_cut(*pair):
                if forward or begin >= limit + 1:
                    return
                begin = limit  # what is shown within a cut is the frame before it, held
                continue
            # Past either end there is no further pair: the one there goes on.
            beyond = (forward and first == len(numbers) - 2) or (not forward and first == 0)
            reached = end if beyond else (min(end, limit) if forward else max(end, limit))
            yield Step(pair, begin - first, reached - first)
            begin = reached
