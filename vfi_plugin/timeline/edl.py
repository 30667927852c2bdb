"""EDLs (CMX3600) as Resolve writes them.

::

    TITLE: cut
    FCM: NON-DROP FRAME

    001  AX       V     C        00:00:04:00 00:00:06:00 01:00:00:00 01:00:02:00
    M2   AX       012.0                00:00:04:00
    * FROM CLIP NAME: plate.[1001-1100].exr

The number in an M2 line is the speed in frames a second, negative backwards. Such a line says a retime that is still to
be done; clips with new media have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from vfi_plugin.timeline.edl_events import BLACK, NO_REEL, EdlClock, Event, events_of
from vfi_plugin.timeline.exact_time import FrameRate, seconds_of
from vfi_plugin.timeline.otio_file import EDL_MARK, write_text

_DECIMALS = 3  # the format shows one; a speed that needs more would change with fewer


def edl_files(timeline: Any, path: Path) -> list[tuple[Any, Path]]:
    """The video tracks that have clips, and an EDL for each: the format has one video track, so others get a file more.

    The first is ``path``; further ones are named after their place, ``cut_V2.edl``.
    """
    tracks = [
        (number, track)
        for number, track in enumerate(timeline.video_tracks(), 1)
        if track.enabled and track.find_clips()
    ]
    return [(track, _named(path, number if at else 0)) for at, (number, track) in enumerate(tracks)]


def _named(path: Path, number: int) -> Path:
    return path.with_name(f"{path.stem}_V{number}{path.suffix}") if number else path


def write_edls(timeline: Any, path: Path, rate: FrameRate, *, drop_frame: bool) -> tuple[str, ...]:
    """Writes the EDLs of a timeline; returns what they cannot tell.

    Raises:
        UsageError: drop-frame at a rate that has none. WriteError: a file cannot be written.
    """
    start = timeline.global_start_time
    clock = EdlClock(rate, drop_frame, Fraction(0) if start is None else seconds_of(start))
    notes: list[str] = []
    for track, file in edl_files(timeline, path):
        events, left_out = events_of(track, clock)
        write_text(file, edl_text(timeline.name or path.stem, events, clock))
        notes += left_out
        if file != path:
            notes.append(f"the track {track.name!r} is in {file.name}: an EDL holds one video track")
    return tuple(notes)


def edl_text(title: str, events: Sequence[Event], clock: EdlClock) -> str:
    """The whole EDL."""
    lines = [f"TITLE: {' '.join(title.split())}", f"FCM: {'' if clock.drop_frame else 'NON-'}DROP FRAME", ""]
    before: Event | None = None
    for number, event in enumerate(events, 1):
        lines += [*_lines(number, event, before, clock), ""]
        before = event
    return "\n".join([*lines, EDL_MARK, ""])


def _lines(number: int, event: Event, before: Event | None, clock: EdlClock) -> Iterator[str]:
    if not event.dissolve:
        yield _edit(number, event, "C", event.length)
        yield from _speed(event, clock)
        yield f"* FROM CLIP NAME: {event.name}"
        return
    earlier = _end_of(event, before, clock)
    yield _edit(number, earlier, "C", 0)
    yield _edit(number, event, f"D    {event.dissolve:03d}", event.length)
    for side, each in (("FROM", earlier), ("TO", event)):
        yield from _speed(each, clock)
        if each.name:
            yield f"* {side} CLIP NAME: {each.name}"


def _end_of(event: Event, before: Event | None, clock: EdlClock) -> Event:
    """What a dissolve begins from: the event that ends where it begins, or black."""
    if before is None or before.record + before.length != event.record:
        return Event("", BLACK, clock.record(-clock.start), event.record, 0)
    return Event(before.name, before.reel, before.source + before.length, event.record, 0, before.speed)


def _edit(number: int, event: Event, kind: str, length: int) -> str:
    times = (event.source, event.source + length, event.record, event.record + length)
    return f"{number:03d}  {event.reel or NO_REEL:<8} V     {kind:<8} {' '.join(str(time) for time in times)}"


def _speed(event: Event, clock: EdlClock) -> Iterator[str]:
    if event.speed != 1:
        yield f"M2   {event.reel:<8} {_number(event.speed * clock.rate.exact):<20} {event.source}"


def _number(rate: Fraction) -> str:
    """Three digits before the point and at least one behind it: 012.0, -024.0, 008.333."""
    digits = f"{float(abs(rate)):0{_DECIMALS + 4}.{_DECIMALS}f}".rstrip("0")
    return f"{'-' if rate < 0 else ''}{digits}{'0' if digits.endswith('.') else ''}"
