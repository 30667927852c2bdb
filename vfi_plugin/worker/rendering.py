"""The verbs that plan and make frames: ``plan``, ``render`` and ``preview``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.preview import PreviewRequest, preview
from vfi_plugin.render.retime import RetimeJob, RetimeReport, plan_retime
from vfi_plugin.render.run import run_job
from vfi_plugin.render.shrunk_clip import ShrunkFrames
from vfi_plugin.timing.exact import text_from_number
from vfi_plugin.timing.ranges import format_range
from vfi_plugin.worker.picture_place import PicturePlace
from vfi_plugin.worker.request_options import options_from, preview_options_from
from vfi_plugin.worker.warm_model import WarmModel

_NO_TARGET = Path(os.devnull, "preview.####.exr")
"""A retime needs a target. This one says that frames would be EXR files, and can be no source's name."""

Tell = Callable[[str, Mapping[str, Any]], None]
"""Sends an event of a request: its name and its fields."""


@dataclass(frozen=True)
class Session:
    """What a worker keeps from one request to the next."""

    model: WarmModel = field(default_factory=WarmModel)
    frames: ShrunkFrames = field(default_factory=ShrunkFrames)


def plan(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``plan``. Raises as ``plan_retime``."""
    job = plan_retime(fields["source"], fields["target"], options_from(fields["options"]))
    with job.clip:
        frames = job.plan.frames
        copied = sum(frame.is_copy for frame in frames)
        told = {
            "summary": job.plan.summary(),
            "description": list(job.description()),
            "first": frames[0].number,
            "last": frames[-1].number,
            "count": len(frames),
            "wanted": format_range(job.plan.wanted),
            "copied": copied,
            "in_between": len(frames) - copied,
            "rate": None if job.clock.rate is None else str(job.clock.rate),
            "timecode": None if job.clock.start is None else str(job.clock.start),
            "model": job.model.name if job.options.method == "motion" else None,
            "colorspace": job.transform.colorspace,
        }
        return {**told, "list": [_row(frame) for frame in frames]} if fields.get("list") else told


def _row(frame: OutputFrame) -> dict[str, Any]:
    return {
        "frame": frame.number,
        "source": text_from_number(frame.position),
        "earlier": frame.earlier,
        "later": frame.later,
        "t": str(frame.t),
        "note": frame.note,
    }


def render(fields: Mapping[str, Any], tell: Tell, cancellation: Cancellation, session: Session) -> dict[str, Any]:
    """Renders; the result of ``render``. Raises as ``retime``."""
    job = plan_retime(fields["source"], fields["target"], options_from(fields["options"]))
    with job.clip:
        cancellation.check()
        return _report(run_job(job, RenderEvents(job, tell), cancellation, session.model.of(job)))


def _report(report: RetimeReport) -> dict[str, Any]:
    return {
        "summary": report.summary(),
        "written": list(report.written),
        "skipped": list(report.skipped),
        "cuts": list(report.cuts),
        "non_finite": {str(number): count for number, count in report.non_finite.items()},
        "clipped_values": report.clipped_values,
    }


class RenderEvents:
    """A render's progress as events."""

    def __init__(self, job: RetimeJob, tell: Tell) -> None:
        self._job = job
        self._tell = tell
        self._skipped = 0

    def begin(self, total: int, summary: str) -> None:  # noqa: ARG002  (a plan tells the summary)
        """Nothing is done yet; of what is wanted, the rest was there already."""
        self._skipped = len(self._job.plan.wanted) - total
        self._progress(0, total, None, None)

    def frame_done(self, done: int, total: int, name: str) -> None:
        """One more frame is there."""
        pattern = self._job.target.pattern
        if pattern is None:  # a movie is written in order
            self._progress(done, total, self._job.plan.selected[done - 1].number, self._job.target.path.name)
        else:
            self._progress(done, total, pattern.number_in(name), name)

    def note(self, text: str) -> None:
        """Something worth knowing."""
        self._tell("note", {"text": text})

    def end(self, summary: str) -> None:
        """Nothing: the result tells it."""

    def _progress(self, done: int, total: int, frame: int | None, file: str | None) -> None:
        event = {"done": done, "total": total, "skipped": self._skipped, "frame": frame, "file": file}
        self._tell("progress", event)


def show(fields: Mapping[str, Any], cancellation: Cancellation, session: Session) -> dict[str, Any]:
    """Makes a small picture and puts it where the host said; the result of ``preview``."""
    place = PicturePlace.of(fields)
    options = preview_options_from(fields["options"])
    given = {name: fields[name] for name in ("longest_side", "view", "exact") if name in fields}
    job = plan_retime(fields["source"], _NO_TARGET, options)
    with job.clip:
        cancellation.check()
        request = PreviewRequest(fields["frame"], **given)
        made = preview(job, request, cancellation, session.model.of(job), session.frames)
    place.put(made.pixels)
    height, width, _ = made.pixels.shape
    return {
        "width": width,
        "height": height,
        "bytes": made.pixels.nbytes,
        "factor": made.factor,
        "source": text_from_number(made.output.position),
        "kind": made.output.note or ("copy" if made.output.is_copy else "in between"),
        "colorspace": job.transform.colorspace,
        **place.told(),
    }
