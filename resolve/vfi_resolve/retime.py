"""The way of a clip: read, ask, render, import, place, mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vfi_client import Worker

from vfi_resolve.choices import TAKE, Choices
from vfi_resolve.host import Host, current_timeline
from vfi_resolve.job import Job, make_job
from vfi_resolve.marker import add_marker
from vfi_resolve.media_pool import BIN, copy_colour, import_frames, set_rate
from vfi_resolve.placement import Arrival, on_new_track, place_as_take, place_on_new_track
from vfi_resolve.retime_window import ask, usable_models
from vfi_resolve.timeline_clip import TimelineClip, find_item, read_clip
from vfi_resolve.unchanged import check_unchanged
from vfi_resolve.windows import ProgressWindow

if TYPE_CHECKING:
    from fusionscript import Timeline


def retime(host: Host) -> str | None:
    """Retime the selected clip as the artist asks. Returns what was done; None where the window was closed.

    Raises:
        RetimeError: it cannot be done, or Resolve does not do its part.
        VfiClientError: the frames cannot be made.
    """
    _, timeline = current_timeline(host.resolve)
    clip = read_clip(timeline, find_item(timeline))
    with Worker(client=host.client_name) as worker:
        choices = ask(host, clip, usable_models(worker.hello))
        if choices is None:
            return None
        job = make_job(clip, choices, _first_number(worker, clip))
        told = _render(host, worker, job)
    return "\n".join([*told, *_put_on_timeline(host, timeline, clip, choices, job)])


def _first_number(worker: Worker, clip: TimelineClip) -> int:
    """The worker's number of the first frame of the media, by which it takes positions."""
    return int(worker.probe(clip.path)["first"]) if clip.first_file is None else clip.first_file


def _render(host: Host, worker: Worker, job: Job) -> list[str]:
    """Make the frames. Returns lines on what was made."""
    notes: list[str] = []
    with ProgressWindow(host) as window:
        report = worker.render(
            job.source,
            job.frames.pattern,
            job.options,
            on_progress=window.on_progress,
            on_note=notes.append,
            is_cancelled=window.is_cancelled,
        )
    return [report["summary"], *notes]


def _put_on_timeline(host: Host, timeline: Timeline, clip: TimelineClip, choices: Choices, job: Job) -> list[str]:
    """Import, place and mark rendered frames. Returns lines on what was done and what is left to do."""
    project, now_open = current_timeline(host.resolve)
    check_unchanged(timeline, now_open, clip)
    pool = project.GetMediaPool()
    media, notes = import_frames(pool, job.frames)
    set_rate(media, clip.timeline_rate, str(timeline.GetSetting("timelineFrameRate")))
    notes += copy_colour(clip.media, media)
    arrival = Arrival(pool, timeline, clip, media, choices.length)
    if choices.placement == TAKE:
        item, place = place_as_take(arrival), "as a take; the old one is another take of the clip"
    else:
        item, track = place_on_new_track(arrival)
        place = on_new_track(arrival, track)
    done = f'{choices.length} frames are {place}. They are in the folder "{BIN}", from {job.frames.folder}'
    return [done, *notes, *add_marker(item, job)]
