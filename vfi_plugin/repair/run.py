"""The repair itself: from a list of what is wrong to a clip whose bad frames are made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import UsageError
from vfi_plugin.media.pattern import find_frames
from vfi_plugin.media.writing import clean_leftovers
from vfi_plugin.render.progress import Progress, Silent
from vfi_plugin.repair.job import RepairJob, is_repaired
from vfi_plugin.repair.keeping import backup_folder, keep_files, put_aside, with_originals
from vfi_plugin.repair.maker import Made, RepairMaker
from vfi_plugin.repair.options import RepairOptions, repair_options
from vfi_plugin.repair.plan import Change
from vfi_plugin.repair.preparing import plan_repair
from vfi_plugin.repair.repair_report import RepairedFrame, RepairReport
from vfi_plugin.repair.standing import Standing, look_at_target
from vfi_plugin.timing.ranges import format_range

if TYPE_CHECKING:
    from vfi_plugin.models.model import Model  # loads torch, which a plan does without


def repair_clip(
    source: str | Path,
    target: str | Path | None = None,
    *,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
    dry_run: bool = False,
    **options: Any,
) -> RepairReport:
    """Repairs a clip: ``vfi.repair_clip("plate.####.exr", "good.####.exr", report="scan.json")``.

    Only bad frames are made anew, from the nearest good ones, every channel as what it is. All other files are linked,
    copied or left where they are, byte for byte.

    Args:
        source: a sequence (``####``, ``%04d``, one file of it) or a movie.
        target: an EXR sequence or a movie; None with ``in_place``.
        progress: told the plan and about each frame; None for silence.
        cancellation: asked between frames whether to stop.
        dry_run: only plans; nothing is written.
        **options: the attributes of ``RepairOptions``, of ``RepairPolicy`` and, on motion, channels, colour and
            overwriting, of ``RetimeOptions``; ``list`` is another name for ``bad_list``.

    Returns:
        What was done to each frame.

    Raises:
        UsageError: the request or the list is wrong. InputError: the source is. RenderError: something failed on the
            way. Cancelled: a stop was requested.
    """
    return repair_with(source, target, repair_options(options), progress, cancellation, dry_run=dry_run)


def repair_with(
    source: str | Path,
    target: str | Path | None,
    options: RepairOptions,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
    *,
    dry_run: bool = False,
    model_of: Callable[[RepairJob], Model | None] = lambda _: None,
) -> RepairReport:
    """Repairs a clip; see ``repair_clip`` for what is raised. ``model_of`` gives the job's model where it is loaded."""
    stop = cancellation or Cancellation()
    job = plan_repair(source, target, options, stop.check)
    with job.clip:
        run = _Run(job, progress or Silent(), stop, model_of)
        report = run.planned() if dry_run else run.done()
    if options.report_out is not None:
        report.save(options.report_out)
    return report


class _Run:
    """One run of a repair job."""

    def __init__(
        self,
        job: RepairJob,
        progress: Progress,
        cancellation: Cancellation,
        model_of: Callable[[RepairJob], Model | None],
    ) -> None:
        self._job = job
        self._model_of = model_of
        self._progress = progress
        self._cancellation = cancellation
        self._notes: list[str] = []
        self._is_copied = False  # though links were asked for
        self._backups = self._backup_names()

    def planned(self) -> RepairReport:
        """What would be done; an error where that would be refused."""
        standing = look_at_target(self._job)
        self._check_backup()
        return self._report(standing, {}, "planned")

    def done(self) -> RepairReport:
        """Does it all."""
        standing = look_at_target(self._job)
        self._check_backup()
        self._job.target.make_folder()
        if self._job.target.pattern is not None:
            clean_leftovers(self._job.target.pattern)
        aside = {number: path for number, path in self._backups.items() if number in standing.make}
        self._note(put_aside(self._job.clip, aside) if aside else "")
        self._note(self._keep(standing))
        self._note(self._strangers())
        found = self._render(standing)
        report = self._report(standing, found, "made")
        for line in report.lines():
            self._progress.note(line)
        self._progress.end(report.summary())
        return report

    def _render(self, standing: Standing) -> Mapping[int, Made]:
        from vfi_plugin.render.run import run_job

        plan = replace(self._job.plan, wanted=standing.make)
        clip = with_originals(self._job.clip, self._backups) if self._backups else self._job.clip
        # What stands there has been looked at, frame by frame.
        options = replace(self._job.options, overwrite=True)
        job = replace(self._job, plan=plan, clip=clip, options=options)
        if not standing.make:
            self._progress.begin(0, plan.summary())
            for remark in job.remarks():
                self._progress.note(remark)
            return {}
        maker = RepairMaker(job)
        run_job(job, _WithoutEnd(self._progress), self._cancellation, self._model_of(self._job), maker)
        return maker.found

    def _keep(self, standing: Standing) -> str:
        pattern = self._job.target.pattern
        if pattern is None:
            return ""
        files = {pattern.path(number): self._job.clip.path(self._job.plan.kept[number]) for number in standing.keep}
        note = keep_files(files, self._job.repair.keep, self._cancellation.check)
        self._is_copied = bool(note)
        return note

    def _strangers(self) -> str:
        """A word on files that read as frames of the repaired clip but are not: an earlier one was longer."""
        pattern = self._job.target.pattern
        if pattern is None or self._job.repair.in_place or self._job.repair.part or self._job.repair.keep == "none":
            return ""
        more = sorted(set(find_frames(pattern)) - set(self._job.plan.numbers))
        return f"the target has frames that are not of this clip, remove them: {format_range(more)}" if more else ""

    def _note(self, text: str) -> None:
        if text:
            self._notes.append(text)
            self._progress.note(text)

    def _backup_names(self) -> dict[int, Path]:
        job = self._job
        if not job.repair.in_place or job.repair.no_backup:
            return {}
        folder = backup_folder(job.clip, job.repair.backup)
        paths = {number: job.clip.path(number) for number in job.plan.changes if number in job.plan.there}
        return {number: folder / path.name for number, path in paths.items()}

    def _check_backup(self) -> None:
        """Without originals, frames that are rewritten cannot be what others, or a second run, are made from."""
        job = self._job
        if not job.repair.no_backup or not job.repair.in_place:
            return
        both = job.plan.sources & set(job.plan.changes)
        if both or any(change.mixes for change in job.plan.changes.values()):
            raise UsageError(
                "frames that are rewritten are also what others are made from, or a part of themselves;"
                " leave --no-backup out, or give a target"
            )

    def _report(self, standing: Standing, found: Mapping[int, Made], done: str) -> RepairReport:
        job = self._job
        frames = [
            self._frame(change, found.get(number, Made()), done if number in standing.make else "there already")
            for number, change in sorted(job.plan.changes.items())
        ]
        keep = "written anew" if job.rewrites else "in place" if job.repair.in_place else job.repair.keep
        if keep == "link" and self._is_copied:
            keep = "copy"
        backup = next((str(path.parent) for path in self._backups.values()), "")
        notes = (*job.plan.notes, *self._notes)
        return RepairReport(
            job.clip.name,
            str(job.target.path),
            tuple(frames),
            job.plan.kept,
            keep,
            job.plan.removed,
            notes,
            backup,
            tuple(job.description()),
        )

    def _frame(self, change: Change, found: Made, done: str) -> RepairedFrame:
        job, output = self._job, change.output
        pattern = job.target.pattern
        original = ""
        if change.origin in job.plan.there and change.origin is not None:
            original = self._original(change.origin)
        return RepairedFrame(
            number=output.number,
            what=change.what,
            how=change.how,
            sources=tuple(dict.fromkeys((output.earlier, output.later))),
            t=str(output.t),
            origin=change.origin,
            original=original,
            repaired=str(job.target.path if pattern is None else pattern.path(output.number)),
            done=done,
            confidence=found.confidence,
            fallback=found.fallback,
        )

    def _original(self, number: int) -> str:
        """Where a frame of the source is, as it was before; "" where it was rewritten and not kept."""
        path = self._job.clip.path(number)
        if not self._job.repair.in_place or not is_repaired(path):
            return str(path)
        backup = self._backups.get(number)
        return str(backup) if backup is not None and backup.exists() else ""


class _WithoutEnd:
    """Passes on what a render tells, but for its end: a repair has more to say."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.begin, self.frame_done, self.note = progress.begin, progress.frame_done, progress.note

    def end(self, summary: str) -> None:
        """Nothing yet."""
