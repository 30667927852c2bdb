"""The job: new media for every clip of constant speed, and a timeline that uses them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import Cancelled, ColourError, DeviceError, UnknownModelError, VfiError, WeightsError
from vfi_plugin.media.pattern import SequencePattern
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.progress import Progress, Silent
from vfi_plugin.render.retime import RetimeJob, plan_retime
from vfi_plugin.timeline.exact_time import FrameRate
from vfi_plugin.timeline.options import TimelineOptions
from vfi_plugin.timeline.outcome import Outcome, State, TimelineReport
from vfi_plugin.timeline.resolve_shape import point_to_new_media, sequence_path, write_found_path
from vfi_plugin.timeline.survey import Task, survey, video_clips
from vfi_plugin.timeline.timeline_progress import TimelineProgress
from vfi_plugin.timeline.written import opened, write_timeline

WRONG_FOR_ALL = (Cancelled, UnknownModelError, WeightsError, ColourError, DeviceError)
"""What stops the whole run: the next clip would fail in the same way."""


def retime_timeline(
    source: str | Path,
    options: TimelineOptions,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
    *,
    dry_run: bool = False,
) -> TimelineReport:
    """Makes media for the retimed clips of a timeline and writes one that uses them.

    Every clip of constant speed, backwards and freezes included, gets an EXR sequence with one frame for each that the
    clip lasts. A clip that cannot be done stays as it is, is told in the report, and stops no other. Frames that are
    there already are not made again.

    Args:
        source: an ``.otio`` file.
        options: where to write, and how.
        progress: told about each frame; None for silence.
        cancellation: asked between frames whether to stop; nothing is written for the timeline then.
        dry_run: plan and check everything, and write nothing.

    Returns:
        What became of each retime; its ``exit_code`` is that of the first failure.

    Raises:
        UsageError: the request is wrong. InputError: the timeline cannot be read. WriteError: it cannot be written.
    """
    path = Path(source)
    job = opened(path, options)
    timeline, rate, places = job.timeline, job.rate, job.places
    entries = survey(timeline, options, places, rate)
    if dry_run:
        return TimelineReport(tuple(_planned(entry, options, rate) for entry in entries), len(video_clips(timeline)))
    outcomes = _Rendering(options, rate, progress or Silent(), cancellation or Cancellation()).of(entries)
    for clip in timeline.find_clips():
        write_found_path(clip, places)
    notes = write_timeline(timeline, path, options, rate, "vfi timeline retime")
    return TimelineReport(tuple(outcomes), len(video_clips(timeline)), notes)


def _planned(entry: Task | Outcome, options: TimelineOptions, rate: FrameRate) -> Outcome:
    """What would be made, after every check that needs no pixels."""
    if isinstance(entry, Outcome):
        return entry
    try:
        with closing(_job(entry, options, rate).clip):
            return Outcome(entry.label, State.PLANNED, _new_path(entry), entry.notes)
    except WRONG_FOR_ALL:
        raise
    except VfiError as error:
        return _failed(entry, error)


class _Rendering:
    """Renders the media of tasks, each once, and links the clips to them."""

    def __init__(
        self, options: TimelineOptions, rate: FrameRate, listener: Progress, cancellation: Cancellation
    ) -> None:
        self._options = options
        self._rate = rate
        self._listener = listener
        self._cancellation = cancellation
        self._done: dict[SequencePattern, str | VfiError] = {}

    def of(self, entries: Sequence[Task | Outcome]) -> list[Outcome]:
        """What becomes of each entry, in order."""
        tasks = [entry for entry in entries if isinstance(entry, Task)]
        total = sum({task.target: task.bake.frames for task in tasks}.values())
        summary = f"clips to make: {len(tasks)}, with {total} frames at {float(self._rate.exact):.5g} fps"
        progress = TimelineProgress(self._listener, total, summary)
        outcomes = [entry if isinstance(entry, Outcome) else self._made(entry, progress) for entry in entries]
        made = sum(outcome.state is State.MADE for outcome in outcomes)
        progress.finish(f"clips made: {made} of {len(tasks)}")
        return outcomes

    def _made(self, task: Task, progress: TimelineProgress) -> Outcome:
        if task.target not in self._done:
            self._done[task.target] = self._render(task, progress)
        done = self._done[task.target]
        if isinstance(done, VfiError):
            return _failed(task, done)
        point_to_new_media(task.clip, task.bake, _new_path(task), done, self._rate)
        return Outcome(task.label, State.MADE, _new_path(task), task.notes)

    def _render(self, task: Task, progress: TimelineProgress) -> str | VfiError:
        """The settings that are stamped into the frames, or what went wrong."""
        from vfi_plugin.render.run import run_job  # loads torch, which a dry run does without

        progress.next_clip(f"{task.label}: {_new_path(task)}", task.bake.frames)
        try:
            job = _job(task, self._options, self._rate)
            with job.clip:
                run_job(job, progress, self._cancellation)
            return job.settings
        except WRONG_FOR_ALL:
            raise
        except VfiError as error:
            return error


def _failed(task: Task, error: VfiError) -> Outcome:
    return Outcome(task.label, State.FAILED, f"left as it is: {error}", exit_code=error.exit_code)


def _job(task: Task, options: TimelineOptions, rate: FrameRate) -> RetimeJob:
    bake = task.bake
    first, last = bake.source_frames
    how = RetimeOptions(
        time_map=bake.time_map,
        in_range=f"{first}-{last}",
        rate=rate.exact,
        source_fps=bake.source_rate,
        **options.how,
    )
    return plan_retime(bake.source, task.target.text, how)


def _new_path(task: Task) -> str:
    return sequence_path(task.target, *task.bake.time_map.output_range)
