"""Goes through a timeline: which media its clips show, and which frames of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from vfi_plugin.errors import VfiError
from vfi_plugin.media.open_clip import MOVIE_SUFFIXES, open_clip
from vfi_plugin.repair.decisions import DECISION_REACH
from vfi_plugin.timeline.bake import Usage, usage_of
from vfi_plugin.timeline.clip_speed import Speed, speed_of
from vfi_plugin.timeline.exact_time import FrameRate, record_start, seconds_of, span_of
from vfi_plugin.timeline.handles import Handles
from vfi_plugin.timeline.media_path import MediaPlaces, find_media
from vfi_plugin.timeline.outcome import Outcome, State
from vfi_plugin.timeline.source_media import SourceMedia, place_in_time
from vfi_plugin.timeline.survey import ancestors, is_sound


@dataclass(frozen=True)
class ShownClip:
    """A clip, and what it shows.

    Attributes:
        clip: of the timeline.
        label: its name and place, for people.
        usage: which frames of its media it shows, when.
        media: these, closed again; only how their frames lie in time is of use.
    """

    clip: Any
    label: str
    usage: Usage
    media: SourceMedia


@dataclass(frozen=True)
class UsedMedia:
    """Media that clips of the timeline show.

    Attributes:
        text: what they are opened by.
        is_movie: whether all frames are in one file.
        clips: that show them.
    """

    text: str
    is_movie: bool
    clips: list[ShownClip] = field(default_factory=list)

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """First and last frame of each stretch to look at, ascending.

        Those are one between which there are only frames that a scan of either reads anyway.
        """
        joined: list[tuple[int, int]] = []
        for first, last in sorted((shown.usage.first, shown.usage.last) for shown in self.clips):
            if joined and first <= joined[-1][1] + 2 * DECISION_REACH + 1:
                joined[-1] = joined[-1][0], max(joined[-1][1], last)
            else:
                joined.append((first, last))
        return tuple(joined)

    @property
    def part(self) -> str | None:
        """What is written of them, as a range: of a movie what is shown, as all of it is written anew; else all."""
        return f"{self.spans[0][0]}-{self.spans[-1][1]}" if self.is_movie else None

    def shows(self, frames: Iterable[int]) -> bool:
        """Whether a clip shows one of these frames."""
        usages = [shown.usage for shown in self.clips]
        return any(usage.first <= frame <= usage.last for frame in frames for usage in usages)


def survey_media(
    timeline: Any, places: MediaPlaces, rate: FrameRate
) -> tuple[list[UsedMedia], list[tuple[Any, Outcome]]]:
    """All media that are shown, each once, and the clips that cannot be looked at, with why."""
    start = timeline.global_start_time
    looking = _Survey(places, Handles(rate), Fraction(0) if start is None else seconds_of(start))
    for clip in timeline.find_clips():
        if not is_sound(clip):
            looking.add(clip)
    return list(looking.media.values()), looking.left


class _Survey:
    def __init__(self, places: MediaPlaces, handles: Handles, start: Fraction) -> None:
        self._places = places
        self._handles = handles
        self._start = start
        self.media: dict[str, UsedMedia] = {}
        self.left: list[tuple[Any, Outcome]] = []

    def add(self, clip: Any) -> None:
        label = clip.name or "a clip without name"
        try:
            label += f" at {self._handles.rate.timecode(self._start + record_start(clip))}"
            speed = speed_of(clip) or Speed(Fraction(1))
            if why := _why_left(clip, speed):
                self.left.append((clip, Outcome(label, State.LEFT, why)))
                return
            text, is_movie, shown = self._shown(clip, label, speed)
        except VfiError as error:
            told = Outcome(label, State.FAILED, f"left as it is: {error}", exit_code=error.exit_code)
            self.left.append((clip, told))
            return
        self.media.setdefault(text, UsedMedia(text, is_movie)).clips.append(shown)

    def _shown(self, clip: Any, label: str, speed: Speed) -> tuple[str, bool, ShownClip]:
        assert speed.value is not None  # others are left
        text = find_media(clip.media_reference, self._places)
        with open_clip(text) as media:
            placed = place_in_time(media, clip.media_reference, text, span_of(clip))
            usage = usage_of(clip, speed.value, placed, self._handles)
            is_movie = media.path(media.numbers[0]).suffix.lower() in MOVIE_SUFFIXES
        return text, is_movie, ShownClip(clip, label, usage, placed)


def _why_left(clip: Any, speed: Speed) -> str:
    """Why a clip is not looked at; "" where it is."""
    if not all(each.enabled for each in (clip, *_with_switch(clip))):
        return "it is switched off"
    return "" if speed.value is not None else f"which frames it shows is not told: {speed.why_not}"


def _with_switch(clip: Any) -> Iterator[Any]:
    return (each for each in ancestors(clip) if hasattr(each, "enabled"))
