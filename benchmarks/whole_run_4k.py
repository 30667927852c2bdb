"""Whether the disk is hidden behind the computer: a 2x retime of 4K EXR beside each of its three stages alone.

The stages are those of a run: *read* is all that the readers do (decode, guides, cuts), *make* is motion and
composition, *write* is encoding and writing. Each is run alone over the whole clip, with the threads that it has in a
run, from and to memory where the other stages would be; the run does them at the same time.

A stage that keeps all cores busy when it is alone leaves none that another could be hidden on: no run is shorter than
the processor seconds of all three divided by the cores. So *make* is measured with one thread, where a second core is
there for the others, and with one a core; and the whole is put beside that bound as well.

Files lie in memory (``/dev/shm``) where there is such a place: the disk is not what is measured.
"""

from __future__ import annotations

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # as ``vfi`` does, before torch loads

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from measure import load_average
from stages import frame_of, picture

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.image.frame import Frame
from vfi_plugin.media.writing import write_image
from vfi_plugin.models.model import Model
from vfi_plugin.processors import usable_cores
from vfi_plugin.render.estimator import Estimator, load_job_model
from vfi_plugin.render.frame_maker import FrameMaker, PairWork
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.pair_reader import PairReader
from vfi_plugin.render.pipeline import WriteBehind, read_ahead
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.progress import Silent
from vfi_plugin.render.retime import RetimeJob, plan_retime
from vfi_plugin.render.run import run_job

FRAMES = 5
SHIFT_PX = 12
STAGES = ("read", "make", "write")

Cost = tuple[float, float]
"""Wall-clock and processor seconds."""


def cost_of(work: Callable[[], Any]) -> Cost:
    begin, busy = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - begin, time.process_time() - busy


@contextmanager
def clip(folder: Path, count: int) -> Iterator[str]:
    """The pattern of a panning clip."""
    for n in range(count):
        write_image(folder / f"in.{1001 + n}.exr", replace(frame_of(picture(SHIFT_PX * n)), number=1001 + n))
    yield str(folder / "in.####.exr")


class _Stages:
    """A job, and each of its stages over what the ones before it gave."""

    def __init__(self, job: RetimeJob, model: Model | None) -> None:
        self._job, self._model = job, model
        self._works: list[PairWork] = []
        self._made: list[tuple[OutputFrame, Frame]] = []

    def read(self) -> None:
        """All that the readers do, and nothing kept of it."""
        for _ in self._read_works():
            pass

    def make(self) -> None:
        maker, estimator = FrameMaker(self._job), Estimator.of(self._job, self._model)
        for work in self._works:
            pairs = estimator.prepare(work.guides)
            for output in work.outputs:
                maker.made(output, work, pairs)

    def write(self) -> None:
        paths = self._job.target.paths(self._job.plan)
        with WriteBehind(lambda _: None, self._job.tiling.writers) as writers:
            for output, frame in self._made:
                origin = self._job.clip.path(output.earlier) if output.is_copy else None
                writers.submit(str(output.number), self._writing(paths[output.number], frame, origin))

    def whole(self) -> None:
        run_job(self._job, Silent(), Cancellation(), self._model)

    def keep(self) -> None:
        """What the second and third stage begin with."""
        maker, estimator = FrameMaker(self._job), Estimator.of(self._job, self._model)
        for work in self._read_works():
            self._works.append(work)
            pairs = estimator.prepare(work.guides)
            self._made += [(output, maker.made(output, work, pairs)) for output in work.outputs]

    def _read_works(self) -> Iterator[PairWork]:
        reader = PairReader(self._job)
        return read_ahead(reader.works(self._job.plan.selected), lambda: None, self._job.tiling.read_ahead)

    @staticmethod
    def _writing(path: Path, frame: Frame, origin: Path | None) -> Callable[[], None]:
        return lambda: write_image(path, frame, pixels_of=origin)


def whole_run_4k(repeats: int = 3, frames: int = FRAMES) -> dict[str, Any]:
    """With one thread for motion and composition, and with one a core."""
    counts = sorted({1, usable_cores()})
    return {"runs": [{"make_threads": count, **run_with(count, repeats, frames)} for count in counts]}


def run_with(threads: int, repeats: int, frames: int) -> dict[str, Any]:
    """Medians of rounds, each of which runs all stages and the whole in turn."""
    torch.set_num_threads(threads)
    place = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=place if place.is_dir() else None) as name:
        folder = Path(name)
        with clip(folder, frames) as source:
            options = RetimeOptions(speed="0.5", overwrite=True, colorspace="ACEScg")
            job = plan_retime(source, folder / "out.####.exr", options)
            with job.clip:
                pools = {"readers": job.tiling.readers, "writers": job.tiling.writers}
                return {"source_frames": frames, **pools, **_measured(_Stages(job, load_job_model(job)), repeats)}


def _measured(stages: _Stages, repeats: int) -> dict[str, Any]:
    stages.keep()
    loads = [load_average()]
    rounds = []
    for _ in range(repeats):
        costs = {name: cost_of(getattr(stages, name)) for name in (*STAGES, "whole")}
        loads.append(load_average())
        rounds.append(costs)
        print("  ".join(f"{name} {wall:.2f} s ({busy:.2f})" for name, (wall, busy) in costs.items()), flush=True)
    share = usable_cores()
    return {
        "load_averages": loads,
        "repeats": repeats,
        **{
            name: {
                "seconds": statistics.median(costs[name][0] for costs in rounds),
                "processor_seconds": statistics.median(costs[name][1] for costs in rounds),
            }
            for name in (*STAGES, "whole")
        },
        "ratio_to_longest_stage": statistics.median(
            costs["whole"][0] / max(costs[name][0] for name in STAGES) for costs in rounds
        ),
        "ratio_to_all_cores_busy": statistics.median(
            costs["whole"][0] * share / sum(costs[name][1] for name in STAGES) for costs in rounds
        ),
    }
