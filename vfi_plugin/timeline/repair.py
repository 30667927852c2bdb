"""The job: what is wrong with the frames that a timeline shows, marked on its clips and made anew."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import VfiError
from vfi_plugin.render.progress import Progress, Silent
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.repair_report import RepairReport
from vfi_plugin.repair.scan import scan_with
from vfi_plugin.repair.scan_report import Context, ScanReport
from vfi_plugin.timeline.exact_time import FrameRate
from vfi_plugin.timeline.fault_survey import ShownClip, UsedMedia, survey_media
from vfi_plugin.timeline.finding_markers import findings_in, mark
from vfi_plugin.timeline.outcome import Outcome, State, TimelineReport
from vfi_plugin.timeline.repair_options import TimelineRepairOptions
from vfi_plugin.timeline.repaired_media import Places, RepairedMedia, point_to_repaired
from vfi_plugin.timeline.resolve_shape import write_found_path
from vfi_plugin.timeline.retime import WRONG_FOR_ALL
from vfi_plugin.timeline.survey import video_clips
from vfi_plugin.timeline.timeline_progress import TimelineProgress
from vfi_plugin.timeline.written import opened, write_timeline

_MOVIE_NOTE = (
    "its source is a movie, so what is shown of it is encoded anew, and the new one has no timecode and no sound"
)


def repair_timeline(
    source: str | Path,
    options: TimelineRepairOptions,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
    *,
    dry_run: bool = False,
) -> TimelineReport:
    """Scans what a timeline shows, marks what is wrong, and writes a timeline that shows repaired media.

    Media that several clips show are scanned and repaired once. Clips with nothing wrong stay as they are; so does one
    whose media cannot be read or repaired, which is told and stops no other. No clip changes its length.

    Args:
        source: an ``.otio`` file.
        options: where to write, and how.
        progress: told about each frame; None for silence.
        cancellation: asked between frames whether to stop; nothing is written for the timeline then.
        dry_run: scan, plan and check everything, and write nothing.

    Returns:
        What became of each clip with a finding; its ``exit_code`` is that of the first failure.

    Raises:
        UsageError: the request is wrong. InputError: the timeline cannot be read. WriteError: it cannot be written.
    """
    path = Path(source)
    job = opened(path, options)
    timeline, rate, places = job.timeline, job.rate, job.places
    media, left = survey_media(timeline, places, rate)
    run = _Run(options, rate, progress or Silent(), cancellation or Cancellation())
    outcomes = run.of(media, dry_run=dry_run)
    told = {id(clip): outcome for clip, outcome in left} | outcomes
    notes: tuple[str, ...] = tuple(_clean(media, outcomes))
    clips = video_clips(timeline)
    if not dry_run:
        for clip in timeline.find_clips():
            write_found_path(clip, places)
        notes += write_timeline(timeline, path, options, rate, "vfi timeline repair")
    in_order = tuple(told[id(clip)] for clip in clips if id(clip) in told)
    return TimelineReport(in_order, len(clips), notes, "repairs")


def _clean(media: Sequence[UsedMedia], outcomes: dict[int, Outcome]) -> list[str]:
    clean = sum(id(shown.clip) not in outcomes for used in media for shown in used.clips)
    return [f"clips with nothing wrong: {clean}"] if clean else []


@dataclass(frozen=True)
class _Found:
    """What is wrong with media, and what is to be done; ``made`` is None where nothing is, ``plan`` then too."""

    used: UsedMedia
    report: ScanReport
    made: RepairedMedia | None = None
    plan: RepairReport | None = None


class _Run:
    """Scans media, then repairs them, each once, and links the clips."""

    def __init__(
        self, options: TimelineRepairOptions, rate: FrameRate, listener: Progress, cancellation: Cancellation
    ) -> None:
        self._options = options
        self._rate = rate
        self._listener = listener
        self._cancellation = cancellation
        self._outcomes: dict[int, Outcome] = {}
        self._places = Places(options.media)

    def of(self, media: Sequence[UsedMedia], *, dry_run: bool) -> dict[int, Outcome]:
        """What becomes of the clips with findings, by the identity of the clip."""
        found = [each for each in self._scanned(media) if each.report.findings]
        if self._options.markers_only:
            for each in found:
                self._tell(each, None)
        else:
            self._repair([plan for each in found if (plan := self._planned(each)) is not None], dry_run=dry_run)
        return self._outcomes

    def _scanned(self, media: Sequence[UsedMedia]) -> list[_Found]:
        total = sum(last - first + 1 for used in media for first, last in used.spans)
        progress = TimelineProgress(self._listener, total, f"media to look at: {len(media)}, with {total} frames")
        found = []
        for used in media:
            try:
                found.append(_Found(used, self._scan(used, progress)))
            except WRONG_FOR_ALL:
                raise
            except VfiError as error:
                self._fail(used, error)
        count = sum(len(each.report.findings) for each in found)
        progress.finish(f"media looked at: {len(found)} of {len(media)}, findings: {count}")
        return found

    def _scan(self, used: UsedMedia, progress: TimelineProgress) -> ScanReport:
        """What is wrong in all that is shown."""
        reports = []
        for first, last in used.spans:
            progress.next_clip(f"looking at {first}-{last} of {used.text}", last - first + 1)
            reports.append(scan_with(used.text, self._options.scan(first, last), progress, self._cancellation))
        report = _joined(reports)
        return replace(report, findings=tuple(each for each in report.findings if used.shows(each.frames)))

    def _planned(self, found: _Found) -> _Found | None:
        """The repair of media, checked as far as can be without pixels; None where that fails, which is told."""
        report = found.report
        if self._options.how.get("duplicates") == "hold":
            report = replace(
                report, findings=tuple(each for each in report.findings if each.kind is not Kind.DUPLICATE)
            )
        if not report.findings:
            self._tell(found, None)
            return None
        made = self._places.of(found.used)
        try:
            plan = self._run(replace(found, report=report, made=made), None)
        except WRONG_FOR_ALL:
            raise
        except VfiError as error:
            self._fail(found.used, error, found.report)
            return None
        return replace(found, made=made, plan=plan)

    def _repair(self, planned: Sequence[_Found], *, dry_run: bool) -> None:
        if dry_run:
            for each in planned:
                self._tell(each, each.plan, planned=True)
            return
        total = sum(_frames_to_make(each) for each in planned)
        summary = f"media to repair: {len(planned)}, with {total} frames to make"
        progress = TimelineProgress(self._listener, total, summary)
        done = 0
        for each in planned:
            done += self._is_made(each, progress)
        progress.finish(f"media repaired: {done} of {len(planned)}")

    def _is_made(self, found: _Found, progress: TimelineProgress) -> bool:
        assert found.made is not None  # what is not to be made was told before
        progress.next_clip(f"repairing {found.used.text}: {found.made.text}", _frames_to_make(found))
        try:
            report = self._run(found, progress)
        except WRONG_FOR_ALL:
            raise
        except VfiError as error:
            self._fail(found.used, error, found.report)
            return False
        self._tell(found, report)
        return True

    def _run(self, found: _Found, progress: TimelineProgress | None) -> RepairReport:
        """Repairs, or plans where nobody listens."""
        from vfi_plugin.repair.run import repair_with  # loads torch, which a retime's plan does without

        assert found.made is not None
        options = self._options.repair(found.report, found.used.part, self._counted_at(found.used))
        source, target = found.used.text, found.made.text
        return repair_with(source, target, options, progress, self._cancellation, dry_run=progress is None)

    @staticmethod
    def _counted_at(used: UsedMedia) -> Fraction | None:
        """The rate that timecode is counted at, as the timeline has it, where the files do not say one."""
        media = used.clips[0].media
        return media.rate if media.clip.rate is None else None

    # What becomes of the clips.

    def _tell(self, found: _Found, report: RepairReport | None, *, planned: bool = False) -> None:
        """Marks the clips, links those that show a repaired frame, and tells of both."""
        for shown in found.used.clips:
            seen = self._marked(shown, found.report)
            repaired = [] if report is None else [frame for frame in report.frames if _shows(shown, frame.number)]
            notes = [str(each) for each in [*seen, *repaired]]
            if repaired and report is not None and found.made is not None:
                notes += [*report.notes, *([_MOVIE_NOTE] if found.used.is_movie else [])]
                path = found.made.text if planned else point_to_repaired(shown, found.made, found.used, self._rate)
                state = State.PLANNED if planned else State.MADE
                self._outcomes[id(shown.clip)] = Outcome(shown.label, state, path, tuple(notes))
            elif seen:
                self._outcomes[id(shown.clip)] = Outcome(shown.label, State.MARKED, _count(seen), tuple(notes))

    def _marked(self, shown: ShownClip, report: ScanReport) -> list[Finding]:
        seen = findings_in(shown, report.findings)
        mark(shown, seen, self._rate)
        return seen

    def _fail(self, used: UsedMedia, error: VfiError, report: ScanReport | None = None) -> None:
        """Clips of media that cannot be repaired are marked all the same; those with nothing wrong are not told of."""
        for shown in used.clips:
            seen = [] if report is None else self._marked(shown, report)
            if report is not None and not seen:
                continue
            notes = tuple(str(each) for each in seen)
            text = f"left as it is: {error}"
            self._outcomes[id(shown.clip)] = Outcome(shown.label, State.FAILED, text, notes, error.exit_code)


def _joined(reports: Sequence[ScanReport]) -> ScanReport:
    """Reports on stretches of one clip as one."""
    contexts = [report.context for report in reports]
    context = Context(
        tuple(cut for each in contexts for cut in each.cuts),
        tuple(span for each in contexts for span in each.dissolves),
        tuple(cadence for each in contexts for cadence in each.cadences),
    )
    numbers = tuple(number for report in reports for number in report.numbers)
    findings = tuple(finding for report in reports for finding in report.findings)
    return replace(reports[0], numbers=numbers, findings=findings, context=context, scores={})


def _frames_to_make(found: _Found) -> int:
    plan = found.plan
    if plan is None:
        return 0
    return len(plan.frames) + (len(plan.kept) if plan.keep == "written anew" else 0)


def _shows(shown: ShownClip, number: int) -> bool:
    return shown.usage.first <= number <= shown.usage.last


def _count(seen: Sequence[Finding]) -> str:
    return f"{len(seen)} finding{'' if len(seen) == 1 else 's'}"
