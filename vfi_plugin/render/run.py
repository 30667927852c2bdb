"""Renders a planned job: read ahead, estimate each pair once, compose, write behind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import RenderError
from vfi_plugin.image.frame import Frame
from vfi_plugin.media.writing import clean_leftovers, write_image
from vfi_plugin.models.model import Model
from vfi_plugin.models.registry import resolve_device
from vfi_plugin.render.estimator import Estimator
from vfi_plugin.render.frame_maker import FrameMaker, PairWork
from vfi_plugin.render.freed_memory import give_back_freed
from vfi_plugin.render.large_motion import is_out_of_memory
from vfi_plugin.render.pair_reader import PairReader
from vfi_plugin.render.pipeline import WriteBehind, read_ahead
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.progress import Progress, Silent
from vfi_plugin.render.retime import RetimeJob, RetimeReport
from vfi_plugin.render.several_devices import made_in_order
from vfi_plugin.render.span_maker import SpanMaker
from vfi_plugin.render.spans import SpanReader
from vfi_plugin.render.stamp import frames_standing
from vfi_plugin.timing.ranges import format_range


def run_job(
    job: RetimeJob,
    progress: Progress,
    cancellation: Cancellation,
    model: Model | None = None,
    maker: FrameMaker | None = None,
) -> RetimeReport:
    """Renders what is wanted and not there yet; see ``retime`` for what is raised.

    Args:
        job: what to render.
        progress: told about each frame.
        cancellation: asked between frames whether to stop.
        model: one that ``load_job_model`` gave for a job of the same model; None: it is loaded.
        maker: makes the frames from what is read and estimated; None for that of a retime.
    """
    return _Run(job, progress, cancellation, model, maker).report()


def made_frames(
    job: RetimeJob, cancellation: Cancellation, model: Model | None = None
) -> Iterator[tuple[OutputFrame, Frame]]:
    """The frames that ``run_job`` would write, in order, whether they are there already or not; writes nothing.

    An output frame comes as it was made: one that is held over a cut is a copy and says so.
    """
    return _Run(job, Silent(), cancellation, model).frames()


class _Run:
    """One run of a job."""

    def __init__(
        self,
        job: RetimeJob,
        progress: Progress,
        cancellation: Cancellation,
        model: Model | None,
        maker: FrameMaker | None = None,
    ) -> None:
        self._job = job
        self._maker = maker or FrameMaker(job)
        self._progress = progress
        self._check = cancellation.check
        self._reader = PairReader(job)
        self._estimate = Estimator.of(job, model, progress.note)

    def report(self) -> RetimeReport:
        """Does it all."""
        todo, skipped = self._outstanding()
        summary = self._job.plan.summary()
        if skipped:
            summary += f"; {len(skipped)} already there"
        self._progress.begin(len(todo), summary)
        for remark in self._job.remarks():
            self._progress.note(remark)
        written: list[int] = []
        clipped = 0
        if todo and self._job.target.is_movie:
            clipped = self._to_movie(todo, written)
        elif todo:
            self._to_sequence(todo, written)
        report = RetimeReport(
            tuple(sorted(written)), skipped, tuple(sorted(self._reader.cuts)), self._reader.non_finite, clipped
        )
        self._progress.end(report.summary())
        return report

    def frames(self) -> Iterator[tuple[OutputFrame, Frame]]:
        """All that is wanted, without a look at the target."""
        return self._rendered(self._job.plan.selected)

    def _outstanding(self) -> tuple[tuple[OutputFrame, ...], tuple[int, ...]]:
        """Frames to render and frames that are there already; makes the folder."""
        target, plan = self._job.target, self._job.plan
        overwrite = self._job.options.overwrite
        if target.is_movie:
            target.check_free(overwrite)
            target.make_folder()
            return plan.selected, ()
        standing = frames_standing({} if overwrite else target.paths(plan), self._job.settings)
        target.make_folder()
        if target.pattern is not None:
            clean_leftovers(target.pattern)
        broken = standing.unreadable & plan.wanted
        if broken:
            frames = format_range(sorted(broken))
            self._progress.note(f"output frames {frames} were there but cannot be read; they are rendered again")
        todo = tuple(frame for frame in plan.selected if frame.number not in standing.done)
        return todo, tuple(sorted(standing.done & plan.wanted))

    def _to_sequence(self, todo: tuple[OutputFrame, ...], written: list[int]) -> None:
        paths, vectors = self._job.target.paths(self._job.plan), self._job.options.writes_vectors

        def on_done(name: str) -> None:
            written.append(int(name))
            self._progress.frame_done(len(written), len(todo), paths[int(name)].name)

        with WriteBehind(on_done, self._job.tiling.writers) as writers:
            for output, frame in self._rendered(todo):
                origin = self._job.clip.path(output.earlier) if output.is_copy and not vectors else None
                writers.submit(str(output.number), _writing(paths[output.number], frame, origin))

    def _to_movie(self, todo: tuple[OutputFrame, ...], written: list[int]) -> int:
        from vfi_plugin.render.movie_target import MovieTarget  # loads FFmpeg, which EXR sequences do without

        with MovieTarget(self._job) as movie:
            for output, frame in self._rendered(todo):
                movie.write(frame)
                written.append(output.number)
                self._progress.frame_done(len(written), len(todo), f"frame {output.number}")
            return movie.clipped_values

    def _rendered(self, todo: tuple[OutputFrame, ...]) -> Iterator[tuple[OutputFrame, Frame]]:
        """Every frame of ``todo``, in order, with its pixels and header."""
        if self._job.tiling.pieces:
            give_back_freed()
        try:
            yield from self._in_spans(todo) if self._job.spans else self._in_pairs(todo)
        except (MemoryError, RuntimeError) as error:
            if not is_out_of_memory(error):
                raise
            raise RenderError(_TOO_LITTLE.format(devices=self._job.options.device)) from error
        finally:
            self._reader.close()

    def _in_spans(self, todo: tuple[OutputFrame, ...]) -> Iterator[tuple[OutputFrame, Frame]]:
        spans, ahead = SpanReader(self._job, self._reader).works(todo), self._job.tiling.read_ahead
        maker = SpanMaker(self._maker, self._estimate)
        for span in read_ahead(spans, self._check, ahead):
            self._check()
            yield span.output, maker.made(span)

    def _in_pairs(self, todo: tuple[OutputFrame, ...]) -> Iterator[tuple[OutputFrame, Frame]]:
        works = read_ahead(self._reader.works(todo), self._check, self._job.tiling.read_ahead)
        makers = [partial(self._of_pair, estimate) for estimate in (self._estimate, *self._others(todo))]
        if len(makers) > 1:
            yield from made_in_order(works, makers, self._check)
            return
        for work in works:
            yield from self._of_pair(self._estimate, work)

    def _others(self, todo: tuple[OutputFrame, ...]) -> list[Estimator]:
        """On the job's other devices, as far as there are pairs for them."""
        pairs = {(output.earlier, output.later) for output in todo if not output.is_copy}
        others = self._job.options.devices[1:]
        for device in others:
            resolve_device(device)  # one that is not there is told of, needed or not
        others = others[: max(len(pairs), 1) - 1]
        return [Estimator.of(self._job, None, self._progress.note, device) for device in others]

    def _of_pair(self, estimate: Estimator, work: PairWork) -> Iterator[tuple[OutputFrame, Frame]]:
        motions = estimate.prepare(work.guides)
        for output in work.outputs:
            self._check()
            yield output, self._maker.made(output, work, motions)


_TOO_LITTLE = (
    "the memory did not suffice (device {devices}); give a smaller --memory-gb, with which frames are made in smaller"
    " pieces, fewer --channels, or another --device"
)


def _writing(path: Path, frame: Frame, origin: Path | None) -> Callable[[], None]:
    """``origin`` is the file of an untouched frame: its compressed pixels are copied, exact for lossy codecs too."""
    return lambda: write_image(path, frame, pixels_of=origin)
