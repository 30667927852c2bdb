"""From options to the plan of a clip: which source frames are used, and the time map that they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.media.clip import Clip
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.plan import RetimePlan, build_plan
from vfi_plugin.timing.ranges import format_range, parse_range
from vfi_plugin.timing.time_map import TimeMap


def plan_of_clip(clip: Clip, options: RetimeOptions, source_rate: Fraction | None) -> RetimePlan:
    """Lists every frame of the output.

    Args:
        clip: the source.
        options: what is asked for.
        source_rate: frames a second of the source; None where nothing tells.

    Raises:
        UsageError: frames that there are not, or a rate that is not known. Otherwise as ``build_plan``.
    """
    numbers = _numbers_in_use(clip, options)
    bad = _bad_frames(clip, options)
    good = tuple(number for number in numbers if number not in bad)
    if not good:
        raise UsageError(f"all source frames, {format_range(numbers)}, are named as bad; leave good ones to use")
    return build_plan(
        _time_map(options, numbers, source_rate),
        good,
        bad=frozenset(number for number in bad if numbers[0] <= number <= numbers[-1]),
        wanted=None if options.frames is None else parse_range(options.frames),
        ends=options.ends,
        missing=options.missing,
        shutter=options.exposure,
    )


def _bad_frames(clip: Clip, options: RetimeOptions) -> frozenset[int]:
    if options.bad_frames is None:
        return frozenset()
    bad = parse_range(options.bad_frames)
    if beyond := [number for number in bad if not clip.numbers[0] <= number <= clip.numbers[-1]]:
        raise UsageError(
            f"bad frames {format_range(beyond)} lie outside the source, which has {format_range(clip.numbers)}; they"
            " are numbers of source frames, not of the output"
        )
    return frozenset(bad)


def _numbers_in_use(clip: Clip, options: RetimeOptions) -> tuple[int, ...]:
    if options.in_range is None:
        return clip.numbers
    asked = parse_range(options.in_range)
    first, last = min(asked), max(asked)
    if len(asked) != last - first + 1:
        raise UsageError(f"the source range {options.in_range!r} has gaps; give first and last, such as 1001-1100")
    inside = tuple(number for number in clip.numbers if first <= number <= last)
    if not inside or first < clip.numbers[0] or last > clip.numbers[-1]:
        raise UsageError(
            f"the source range {options.in_range} leaves the source, which has {format_range(clip.numbers)}"
        )
    return inside


def _time_map(options: RetimeOptions, numbers: Sequence[int], source_rate: Fraction | None) -> TimeMap:
    first, last, start = numbers[0], numbers[-1], options.start
    if options.speed is not None:
        return TimeMap.constant(options.speed, first=first, last=last, start=start)
    if options.length is not None:
        return TimeMap.from_length(options.length, first=first, last=last, start=start)
    if options.fps is not None:
        if source_rate is None:
            raise UsageError("the source does not say its frame rate; give it with --source-fps, such as 24")
        return TimeMap.from_rates(source_rate, options.fps, first=first, last=last, start=start)
    given = options.time_map
    if isinstance(given, str | Path):
        given = TimeMap.from_file(given, node=options.map_node, source=(first, last))
    if given is None:
        raise UsageError("give a speed, a time map, fps or length")
    return given if start is None else given.shifted(start)
