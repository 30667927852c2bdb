"""From a time map to a list of frames to make: pure arithmetic on frame numbers, no pixels."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable
from dataclasses import dataclass, field, replace
from fractions import Fraction

from vfi_plugin.errors import MissingFramesError, TimeMapError, UsageError
from vfi_plugin.render.shutter import Shutter
from vfi_plugin.timing.ranges import format_range
from vfi_plugin.timing.time_map import TimeMap


@dataclass(frozen=True)
class Sample:
    """One moment of the source: ``earlier``, ``later`` and ``t`` as in `OutputFrame`; at ``t`` = 0 a frame of it."""

    earlier: int
    later: int
    t: Fraction

    @property
    def frames(self) -> tuple[int, int]:
        """Both source frames."""
        return self.earlier, self.later

    @property
    def nearest(self) -> int:
        """The source frame closer in time, the earlier one at a tie."""
        return self.earlier if self.t <= Fraction(1, 2) else self.later

    def held(self, number: int) -> Sample:
        """The source frame ``number`` in its place."""
        return Sample(number, number, Fraction(0))


@dataclass(frozen=True)
class Exposure:
    """What an open shutter sees: the mean of ``samples``; what must not be averaged is as at ``centre``."""

    centre: Sample
    samples: tuple[Sample, ...]

    @property
    def is_still(self) -> bool:
        """Whether it is one source frame all the time."""
        return len({self.centre, *self.samples}) == 1 and self.centre.t == 0


@dataclass(frozen=True)
class OutputFrame:
    """One frame to write.

    Attributes:
        number: its frame number in the output.
        position: where in the source it lies, exactly, in source frame numbers; unheld, as the map says.
        earlier: the source frame at or before it that is used.
        later: the one after it; the same as ``earlier`` where the frame is a copy.
        t: how far between the two, 0 <= t < 1; 0 is a copy of ``earlier``. Past an end that is extrapolated it is
            below 0 or above 1, counted from the two frames at that end.
        speed_after: source frames moved to the next output frame; what vectors to the next frame scale by.
        speed_before: source frames moved from the previous output frame.
        note: "" or why the frame is not simply what the map says, such as "held at the end".
        exposure: what it is made of instead where its shutter is open; None where it is sharp, or nothing changes.
    """

    number: int
    position: Fraction
    earlier: int
    later: int
    t: Fraction
    speed_after: Fraction
    speed_before: Fraction
    note: str = ""
    exposure: Exposure | None = None

    @property
    def is_copy(self) -> bool:
        """Whether it is a source frame, untouched."""
        return self.t == 0 and self.exposure is None

    @property
    def own_time(self) -> Sample:
        """The moment of the frame itself, whatever its shutter sees besides."""
        return Sample(self.earlier, self.later, self.t)

    def at(self, sample: Sample) -> OutputFrame:
        """The same frame, sharp, at another moment."""
        return replace(self, earlier=sample.earlier, later=sample.later, t=sample.t, exposure=None)

    @property
    def source_frames(self) -> tuple[int, ...]:
        """Every source frame that it is made of, in order of time."""
        moments = () if self.exposure is None else (self.exposure.centre, *self.exposure.samples)
        found = {number for moment in moments for number in moment.frames} or {self.earlier, self.later}
        return tuple(sorted(found))

    @property
    def nearest(self) -> int:
        """The source frame closer in time, the earlier one at a tie; header entries come from it."""
        return self.earlier if self.t <= Fraction(1, 2) else self.later


@dataclass(frozen=True)
class RetimePlan:
    """What a retime will do, before it does it.

    Attributes:
        source_numbers: source frames that are there, within the range in use.
        frames: every frame of the whole output, in order.
        wanted: numbers of those to render in this run.
        bad: source frames within the range in use that are not used, whether they are there or not.
    """

    source_numbers: tuple[int, ...]
    frames: tuple[OutputFrame, ...]
    wanted: frozenset[int]
    bad: frozenset[int] = field(default=frozenset(), kw_only=True)

    @property
    def source_range(self) -> tuple[int, int]:
        """First and last source frame of the range in use, good or bad."""
        numbers = {*self.source_numbers, *self.bad}
        return min(numbers), max(numbers)

    @property
    def selected(self) -> tuple[OutputFrame, ...]:
        """The frames to render in this run, in output order."""
        return tuple(frame for frame in self.frames if frame.number in self.wanted)

    def summary(self) -> str:
        """One line: "10 in, 19 out, 1001-1019 (10 copied, 9 in between)", and what is held."""
        outputs = [frame.number for frame in self.frames]
        copies = sum(frame.is_copy for frame in self.frames)
        exposed = sum(frame.exposure is not None for frame in self.frames)
        between = f"{exposed} exposed" if exposed else f"{len(outputs) - copies} in between"
        text = (
            f"{len(self.source_numbers)} in, {len(outputs)} out, {format_range(outputs)} ({copies} copied, {between})"
        )
        notes: dict[str, list[int]] = {}
        for frame in self.frames:
            if frame.note:
                notes.setdefault(frame.note, []).append(frame.number)
        held = "".join(f"; {note}: {format_range(numbers)}" for note, numbers in notes.items())
        part = f"; rendering {format_range(sorted(self.wanted))}" if len(self.wanted) != len(outputs) else ""
        return text + held + part


class Placement:
    """Finds the source frames around a position, with holes and ends treated as asked.

    Args:
        numbers: source frames that are used, ascending.
        ends: policy past the first and last of them.
        missing: policy for holes.
        bad: frames that are not used; motion goes across them, whatever the policy is. Beside missing frames, in one
            hole, they count as missing.
    """

    def __init__(self, numbers: tuple[int, ...], *, ends: str, missing: str, bad: Container[int] = ()) -> None:
        self._numbers = numbers
        self._bad = bad
        self._ends = ends
        self._interpolates_holes = missing == "interpolate"

    def place(self, number: int, position: Fraction) -> tuple[int, int, Fraction, str]:
        """``(earlier, later, t, note)`` for a position; raises TimeMapError past an end where that is an error."""
        first, last = self._numbers[0], self._numbers[-1]
        if not first <= position <= last:
            return self._past_an_end(number, position)
        at = bisect_right(self._numbers, position) - 1
        earlier = self._numbers[at]
        if position == earlier:
            return earlier, earlier, Fraction(0), ""
        later = self._numbers[at + 1]
        t = (position - earlier) / (later - earlier)
        if later == earlier + 1:
            return earlier, later, t, ""
        if all(number in self._bad for number in range(earlier + 1, later)):
            return earlier, later, t, "made across bad frames"
        if self._interpolates_holes:
            return earlier, later, t, "interpolated across a hole"
        return self._in_held_hole(position, earlier, later)

    def _in_held_hole(self, position: Fraction, earlier: int, later: int) -> tuple[int, int, Fraction, str]:
        """The frame before a hole stands in for every frame in it."""
        if position <= later - 1:
            return earlier, earlier, Fraction(0), "held in a hole"
        return earlier, later, position - (later - 1), "held in a hole"

    def _past_an_end(self, number: int, position: Fraction) -> tuple[int, int, Fraction, str]:
        first, last = self._numbers[0], self._numbers[-1]
        if self._ends == "error":
            raise TimeMapError(
                f"output frame {number} asks for source frame {float(position):g}, outside {first}-{last};"
                " change the map or use --ends hold"
            )
        if self._ends == "extrapolate":
            return self._extrapolated(number, position)
        end = first if position < first else last
        return end, end, Fraction(0), "held at the end"

    def _extrapolated(self, number: int, position: Fraction) -> tuple[int, int, Fraction, str]:
        """Counted from the two frames at that end, no further past it than they lie apart."""
        if len(self._numbers) < 2:
            raise TimeMapError("one frame shows no motion to go on with; use --ends hold")
        earlier, later = self._numbers[:2] if position < self._numbers[0] else self._numbers[-2:]
        t = (position - earlier) / (later - earlier)
        if not -1 <= t <= 2:
            raise TimeMapError(
                f"output frame {number} asks for source frame {float(position):g}, more than {later - earlier} past"
                f" {self._numbers[0]}-{self._numbers[-1]}, which is as far as motion is carried on; change the map or"
                " use --ends hold"
            )
        return earlier, later, t, "extrapolated past the end"


def build_plan(
    time_map: TimeMap,
    numbers: tuple[int, ...],
    *,
    wanted: Iterable[int] | None,
    ends: str,
    missing: str,
    shutter: Shutter | None = None,
    bad: frozenset[int] = frozenset(),
) -> RetimePlan:
    """Lists every output frame.

    Args:
        time_map: output frame -> source position.
        numbers: source frames that are there, ascending, at least one.
        wanted: output frames to render; None for all.
        ends: policy past the first and last source frame.
        missing: policy for holes in ``numbers``.
        shutter: of every output frame; None for sharp ones. What it sees past an end is held where ``ends`` is
            "error": only a frame's own time can be an error.
        bad: frames within the range in use that are not in ``numbers``, across which motion goes.

    Raises:
        MissingFramesError: holes beside those, and the policy is "error".
        TimeMapError: the map never touches the source, or leaves it where that is an error.
        UsageError: a frame is wanted that the output does not have.
    """
    _check_holes(numbers, missing, bad)
    first, last = time_map.output_range
    positions = {number: time_map.position(number) for number in range(first - 1, last + 2)}
    if not any(numbers[0] <= positions[number] <= numbers[-1] for number in time_map.frames):
        raise TimeMapError(
            f"the map asks for source frames {float(positions[first]):g} to {float(positions[last]):g}, but the source"
            f" has {numbers[0]}-{numbers[-1]}; check that the map counts frames as the source does"
        )
    placement = Placement(numbers, ends=ends, missing=missing, bad=bad)
    past = "hold" if ends == "error" else ends
    seen = None if shutter is None else _Seen(shutter, Placement(numbers, ends=past, missing=missing, bad=bad))
    frames = [_output_frame(time_map, number, placement, seen) for number in time_map.frames]
    chosen = frozenset(time_map.frames) if wanted is None else frozenset(wanted)
    if beyond := sorted(chosen.difference(time_map.frames)):
        raise UsageError(
            f"output frames {format_range(beyond)} were asked for, but the output is {first}-{last};"
            " ask for frames inside it"
        )
    return RetimePlan(numbers, tuple(frames), chosen, bad=bad)


class _Seen:
    """What an open shutter sees of a source."""

    def __init__(self, shutter: Shutter, placement: Placement) -> None:
        self._shutter = shutter
        self._placement = placement

    def exposure(self, time_map: TimeMap, number: int) -> Exposure:
        """At one output frame."""

        def sample(moment: Fraction) -> Sample:
            return Sample(*self._placement.place(number, time_map.position_at(number + moment))[:3])

        return Exposure(sample(self._shutter.centre), tuple(map(sample, self._shutter.moments)))


def _output_frame(time_map: TimeMap, number: int, placement: Placement, seen: _Seen | None) -> OutputFrame:
    position = time_map.position(number)
    earlier, later, t, note = placement.place(number, position)
    exposure = None if seen is None else seen.exposure(time_map, number)
    if exposure is not None and exposure.is_still and exposure.centre == Sample(earlier, later, t):
        exposure = None
    speeds = time_map.speed_after(number), time_map.speed_before(number)
    return OutputFrame(number, position, earlier, later, t, *speeds, note, exposure)


def _check_holes(numbers: tuple[int, ...], missing: str, bad: Container[int]) -> None:
    within = range(numbers[0], numbers[-1] + 1)
    holes = [number for number in within if _absent(numbers, number) and number not in bad]
    if holes and missing == "error":
        raise MissingFramesError(
            f"the source has no frames {format_range(holes)}; render them, or use --missing hold or"
            " --missing interpolate",
            tuple(holes),
        )


def _absent(numbers: tuple[int, ...], number: int) -> bool:
    at = bisect_left(numbers, number)
    return at == len(numbers) or numbers[at] != number
