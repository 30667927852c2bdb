"""Goes through a timeline: which of its clips get new media, and what happens to the other retimes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from vfi_plugin.errors import InputError, VfiError
from vfi_plugin.media.open_clip import MOVIE_SUFFIXES, open_clip
from vfi_plugin.media.pattern import SequencePattern
from vfi_plugin.timeline.bake import Bake, plan_bake
from vfi_plugin.timeline.clip_speed import Speed, speed_of
from vfi_plugin.timeline.exact_time import FrameRate, record_start, seconds_of, span_of
from vfi_plugin.timeline.handles import Handles
from vfi_plugin.timeline.media_names import NamesInUse
from vfi_plugin.timeline.media_path import MediaPlaces, find_media
from vfi_plugin.timeline.options import TimelineOptions
from vfi_plugin.timeline.outcome import Outcome, State
from vfi_plugin.timeline.source_media import place_in_time

_FEWEST_DIGITS = 4  # what sequences have by custom
_MOVIE_NOTE = "its source is a movie: the new EXR files hold values encoded as in the movie, not linear ones"


@dataclass(frozen=True)
class Task:
    """New media to make for one clip.

    Attributes:
        clip: of the timeline.
        label: its name and place, for people.
        speed: of its effects together.
        bake: what its new media are.
        target: their files.
        notes: what somebody should know.
    """

    clip: Any
    label: str
    speed: Speed
    bake: Bake
    target: SequencePattern
    notes: tuple[str, ...]


def video_clips(timeline: Any) -> list[Any]:
    """Every clip on a video track, however deep."""
    return [clip for clip in timeline.find_clips() if not is_sound(clip)]


def survey(timeline: Any, options: TimelineOptions, places: MediaPlaces, rate: FrameRate) -> list[Task | Outcome]:
    """Every retime of the timeline, in order: a task where there is something to make, else what becomes of it."""
    return list(_Survey(timeline, options, places, rate).entries())


class _Survey:
    def __init__(self, timeline: Any, options: TimelineOptions, places: MediaPlaces, rate: FrameRate) -> None:
        self._timeline = timeline
        self._folder = options.media_folder
        self._places = places
        self._handles = Handles(rate, options.handles)
        start = timeline.global_start_time
        self._start = Fraction(0) if start is None else seconds_of(start)
        self._names = NamesInUse()
        self._targets: dict[Bake, SequencePattern] = {}

    def entries(self) -> Iterator[Task | Outcome]:
        for item in (self._timeline.tracks, *self._timeline.tracks.find_children()):
            speed = speed_of(item) if isinstance(item, otio.core.Item) else None
            if speed is not None:
                yield self._entry(item, speed)

    def _entry(self, item: Any, speed: Speed) -> Task | Outcome:
        try:
            label = f"{item.name or 'a clip without name'} at {self._record_timecode(item)} ({speed})"
            if why := _why_left(item, speed):
                return Outcome(label, State.LEFT, why)
        except InputError as error:
            return Outcome(item.name, State.FAILED, str(error), exit_code=error.exit_code)
        try:
            return self._task(item, label, speed)
        except VfiError as error:
            return Outcome(label, State.FAILED, f"left as it is: {error}", exit_code=error.exit_code)

    def _record_timecode(self, item: Any) -> str:
        return str(self._handles.rate.timecode(self._start + record_start(item)))

    def _task(self, clip: Any, label: str, speed: Speed) -> Task:
        assert speed.value is not None  # others are left
        text = find_media(clip.media_reference, self._places)
        with open_clip(text) as media:
            placed = place_in_time(media, clip.media_reference, text, span_of(clip))
            bake, notes = plan_bake(clip, speed.value, placed, text, self._handles)
            if media.path(media.numbers[0]).suffix.lower() in MOVIE_SUFFIXES:
                notes.append(_MOVIE_NOTE)
        return Task(clip, label, speed, bake, self._target(clip.name, bake), tuple(notes))

    def _target(self, clip_name: str, bake: Bake) -> SequencePattern:
        """A folder a clip inside the timeline's; clips that show the same share it."""
        if bake not in self._targets:
            name = self._names.free(clip_name)
            digits = max(_FEWEST_DIGITS, len(str(bake.time_map.last)))
            self._targets[bake] = SequencePattern(self._folder / name, f"{name}.", digits, ".exr")
        return self._targets[bake]


def _why_left(item: Any, speed: Speed) -> str:
    """Why a retime is not worked on; "" where it is."""
    if not isinstance(item, otio.schema.Clip):
        return "a nested sequence is not retimed as a whole; retime its clips, or render it"
    if is_sound(item):
        return "sound is left as it is"
    if not all(each.enabled for each in (item, *ancestors(item))):
        return "it is switched off"
    return "" if speed.value is not None else speed.why_not


def is_sound(item: Any) -> bool:
    """Whether an item lies on a track of sound, however deep."""
    tracks = (each for each in ancestors(item) if isinstance(each, otio.schema.Track))
    return any(track.kind == otio.schema.TrackKind.Audio for track in tracks)


def ancestors(item: Any) -> Iterator[Any]:
    """What an item is nested in, from the inside out."""
    while (item := item.parent()) is not None:
        yield item
