"""The way of a repair: read, scan, ask, mark, make, import, place."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vfi_client import Worker

from vfi_resolve.bad_frames import Media, frames_text
from vfi_resolve.choices import TAKE
from vfi_resolve.errors import NothingToRetimeError, RetimeError
from vfi_resolve.finding_markers import mark_findings
from vfi_resolve.host import Host, current_timeline
from vfi_resolve.marker import add_record
from vfi_resolve.media_path import Frames, frames_beside
from vfi_resolve.media_pool import copy_colour, import_frames, set_rate
from vfi_resolve.placement import Arrival, on_new_track, place_as_take, place_on_new_track, place_on_track
from vfi_resolve.rates import parse_rate
from vfi_resolve.repair_window import TITLE, RepairChoices, ask
from vfi_resolve.retime_window import usable_models
from vfi_resolve.timeline_clip import TimelineClip, find_items, read_clip
from vfi_resolve.unchanged import check_unchanged
from vfi_resolve.windows import ProgressWindow

if TYPE_CHECKING:
    from fusionscript import Timeline, TimelineItem


@dataclass(frozen=True)
class _Repaired:
    """A clip that shows repaired frames.

    Attributes:
        clip: as it was read.
        frames: what it is to show.
        changed: those of them that were made anew.
        record: JSON for its marker.
    """

    clip: TimelineClip
    frames: Frames
    changed: tuple[int, ...]
    record: str


def repair(host: Host) -> str | None:
    """Find and repair bad frames of the selected clips. Returns what was done; None where the window was closed.

    Raises:
        RetimeError: it cannot be done, or Resolve does not do its part.
        VfiClientError: the frames cannot be looked at, or made.
    """
    _, timeline = current_timeline(host.resolve)
    clips, told = _read_all(timeline, find_items(timeline))
    with Worker(client=host.client_name) as worker:
        media = _scanned(host, worker, clips)
        if not any(each.findings for each in media):
            names = ", ".join(f'"{clip.name}"' for clip in clips)
            return "\n".join([*told, f"Nothing is wrong with the frames that {names} shows."])
        choices = ask(host, media, usable_models(worker.hello))
        if choices is None:
            return None
        if choices.marks:
            told += _marked(media, choices)
        if not choices.makes:
            return "\n".join(told)
        repaired = _made(host, worker, media, choices, told)
    return "\n".join([*told, *_put_on_timeline(host, timeline, repaired, choices)])


def _read_all(timeline: Timeline, items: Sequence[TimelineItem]) -> tuple[list[TimelineClip], list[str]]:
    """The clips that can be worked on, and a line for each of the others; an error where there is none."""
    clips: list[TimelineClip] = []
    told: list[str] = []
    for item in items:
        try:
            clips.append(read_clip(timeline, item))
        except RetimeError as error:
            told.append(str(error))
    if not clips:
        raise NothingToRetimeError("\n".join(told))
    return clips, told


def _scanned(host: Host, worker: Worker, clips: Sequence[TimelineClip]) -> list[Media]:
    """The media of the clips, each looked at once, as far as it is shown."""
    media: dict[str, Media] = {}
    for clip in clips:
        if clip.path not in media:
            number = int(worker.probe(clip.path)["first"]) if clip.first_file is None else clip.first_file
            media[clip.path] = Media(clip.path, number)
        media[clip.path].clips.append(clip)
    with ProgressWindow(host, TITLE) as window:
        for each in media.values():
            first, last = each.used
            told = worker.scan(
                each.path,
                {"frames": f"{first}-{last}"},
                on_progress=window.on_progress,
                is_cancelled=window.is_cancelled,
            )
            each.report = told["report"]
    return list(media.values())


def _marked(media: Sequence[Media], choices: RepairChoices) -> list[str]:
    """Mark what was found, corrected. Returns lines on that."""
    notes: list[str] = []
    count = 0
    for each in media:
        findings = choices.corrections.applied(each.findings)
        for clip in each.clips:
            seen = each.in_clip(clip, findings)
            count += len(seen)
            notes += mark_findings(each, clip, seen)
    return [f"Findings marked on the clips: {count}.", *notes]


def _made(
    host: Host, worker: Worker, media: Sequence[Media], choices: RepairChoices, told: list[str]
) -> list[_Repaired]:
    """Make the bad frames of all media anew; the clips that show some. Lines on what was made come to ``told``."""
    repaired: list[_Repaired] = []
    with ProgressWindow(host, TITLE) as window:
        for each in media:
            findings = choices.corrections.applied(each.findings)
            if not any(each.in_clip(clip, findings) for clip in each.clips):
                continue
            first, last = each.used
            report = worker.repair(
                each.path,
                _frames_of(each, first, last - first + 1).pattern,
                {"part": f"{first}-{last}", "model": choices.model, "overwrite": choices.overwrite},
                report={**each.report, "findings": findings},
                on_progress=window.on_progress,
                is_cancelled=window.is_cancelled,
            )
            told += [report["summary"], *report["notes"]]
            repaired += _showing(each, report, choices, told)
    return repaired


def _frames_of(media: Media, first: int, count: int) -> Frames:
    return frames_beside(media.path, "repaired", first, count)


def _showing(media: Media, report: dict[str, Any], choices: RepairChoices, told: list[str]) -> list[_Repaired]:
    """The clips that show a repaired frame, those aside that cannot be placed, which are told of."""
    found: list[_Repaired] = []
    for clip in media.clips:
        first, last = media.shown(clip)
        frames = _frames_of(media, first, int(-(-clip.span.frames // 1)))
        changed = tuple(row["number"] for row in report["frames"] if first <= row["number"] <= last)
        if not changed:
            continue
        if clip.span.speed != 1:
            told.append(
                f'"{clip.name}" is retimed, and scripts cannot retime the new frames in the same way: they are in'
                f" {frames.folder}; bring them in by hand, or use vfi timeline repair"
            )
            continue
        record = {"vfi": 1, "source": media.path, "target": frames.pattern, "repaired": frames_text(changed)}
        found.append(_Repaired(clip, frames, changed, json.dumps({**record, "model": choices.model})))
    return found


def _put_on_timeline(
    host: Host, timeline: Timeline, repaired: Sequence[_Repaired], choices: RepairChoices
) -> list[str]:
    """Import, place and mark. Returns lines on what was done and what is left to do."""
    if not repaired:
        return []
    project, now_open = current_timeline(host.resolve)
    for each in repaired:
        check_unchanged(timeline, now_open, each.clip)
    pool = project.GetMediaPool()
    tracks: dict[int, int] = {}
    told: list[str] = []
    # From the top down: a track that is put in moves those above it, and they are done by then.
    for each in sorted(repaired, key=lambda done: -done.clip.track):
        media, notes = import_frames(pool, each.frames, TITLE)
        rate = str(each.clip.media.GetClipProperty("FPS"))
        set_rate(media, parse_rate(rate, f'"{each.clip.name}"'), rate)
        notes += copy_colour(each.clip.media, media)
        arrival = Arrival(pool, timeline, each.clip, media, each.clip.span.duration, each.frames.count, TITLE)
        item, place = _placed(arrival, choices, tracks)
        note = f"repaired {frames_text(each.changed)}, {choices.model}"
        told += [f'"{each.clip.name}" with repaired frames is {place}.', *notes]
        told += add_record(item, TITLE, note, each.record)
    return [*told, f'The frames are in the folder "{TITLE}", from {repaired[0].frames.folder}']


def _placed(arrival: Arrival, choices: RepairChoices, tracks: dict[int, int]) -> tuple[TimelineItem, str]:
    """The placed clip, and where it is; clips of one track share the new one above it."""
    if choices.placement == TAKE:
        return place_as_take(arrival), "a take; the old one is another take of the clip"
    below = arrival.clip.track
    if below in tracks:
        return place_on_track(arrival, tracks[below]), f"on video track {tracks[below]}"
    item, tracks[below] = place_on_new_track(arrival)
    return item, on_new_track(arrival, tracks[below])
