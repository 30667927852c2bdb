"""Finding bad frames, making them anew and bringing them back into a VFIRepair."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from . import background
from .bad_frames import with_found
from .bake import baked
from .core import repair_files, scan_files
from .display import new_display, tell
from .errors import VfiNukeError
from .guard import check_above
from .repair_node import check_repair, repair_options, scan_options
from .repair_result import WantedRepair, hide_repair, remember_made, show_repair, wanted_repair
from .result import make_folder
from .source import filtered, for_view, views_in



@dataclass(frozen=True)
class _Job:
    """All that the core needs, read from the nodes once, so that another thread can go on without them."""

    title: str
    run: Callable[[Any], Any]


def scan(node: Any) -> int:
    """Lists what is wrong with the input, and waits for it. Main thread only; for scripts and ``nuke -t``.

    Returns:
        How many findings there are.

    Raises:
        VfiNukeError: one line that says what is wrong and what to do.
    """
    check_repair(node)
    with ExitStack() as stack:
        job = _scan_job(node, stack)
        return _list(node, job.run(new_display(job.title)))


def start_scan(node: Any) -> threading.Thread:
    """The same in the background. Raises VfiNukeError where nothing was started."""
    return _start(node, _scan_job, lambda found: _take(node, found))


def repair(node: Any) -> list[int]:
    """Makes the bad frames that are not there, and waits for it. Main thread only; for scripts, farms, ``nuke -t``.

    Returns:
        The numbers of the repaired frames.

    Raises:
        VfiNukeError: one line that says what is wrong and what to do.
    """
    check_repair(node)
    try:
        with ExitStack() as stack:
            job = _repair_job(node, stack)
            job.run(new_display(job.title))
    finally:
        present = update_repair(node)
    return present


def start_repair(node: Any) -> threading.Thread:
    """The same in the background. Raises VfiNukeError where nothing was started."""
    return _start(node, _repair_job, lambda _: update_repair(node))


def update_repair(node: Any) -> list[int]:
    """Looks which frames are there for the input and the knobs as they are, and shows them. Main thread only.

    Returns:
        The numbers of the repaired frames.
    """
    check_repair(node)
    try:
        wanted = wanted_repair(node)
    except VfiNukeError as error:
        hide_repair(node, str(error))
        return []
    return show_repair(node, wanted)


def _start(node: Any, prepare: Callable[[Any, ExitStack], _Job], finish: Callable[[Any], object]) -> threading.Thread:
    check_repair(node)
    background.check_idle(node)
    with ExitStack() as stack:
        job = prepare(node, stack)
        display = new_display(job.title)
        cleaning = stack.pop_all()
    return background.start(background.Work(node, job.title, lambda: job.run(display), finish), cleaning)


def _scan_job(node: Any, stack: ExitStack) -> _Job:
    check_above(node)
    wanted, options = wanted_repair(node), scan_options(node)
    sources = _sources(node, wanted, stack)
    return _Job(f"VFIRepair {node.fullName()}: scan", lambda display: scan_files(sources, options, display))


def _repair_job(node: Any, stack: ExitStack) -> _Job:
    check_above(node)
    wanted = wanted_repair(node)
    if not wanted.bad.findings:
        raise VfiNukeError(f"{node.fullName()} lists no bad frames; press Scan, or write them into Bad Frames")
    device = node["device"].value().strip() or "auto"
    options = {**repair_options(node), "device": device, "overwrite": bool(node["overwrite"].value())}
    report = {"findings": [dict(each) for each in wanted.bad.findings]}
    targets = [filtered(for_view(wanted.result.pattern, view)) for view in views_in(wanted.result.pattern)]
    jobs = tuple(zip(_sources(node, wanted, stack), targets))

    def run(display: Any) -> None:
        make_folder(wanted.result)
        made = repair_files(jobs, options, report, display)
        remember_made(wanted, {row["number"] for told in made for row in told["frames"]})

    return _Job(f"VFIRepair {node.fullName()}", run)


def _sources(node: Any, wanted: WantedRepair, stack: ExitStack) -> tuple[str, ...]:
    """The files of each view, baked where they are not a Read's own."""
    source = wanted.result.source.pattern
    if not wanted.result.source.is_read:
        make_folder(wanted.result)
        source = stack.enter_context(baked(node, wanted.result.folder))
    return tuple(filtered(for_view(source, view)) for view in views_in(source))


def _list(node: Any, reports: list[Mapping[str, Any]]) -> int:
    """Writes what was found into the knob; of several views, all that any of them has."""
    found: dict[tuple[str, tuple[int, ...]], Mapping[str, Any]] = {}
    for report in reports:
        for finding in report["report"]["findings"]:
            found.setdefault((finding["kind"], tuple(finding["frames"])), finding)
    node["badFrames"].setValue(with_found(str(node["badFrames"].value() or ""), list(found.values())))
    update_repair(node)
    return len(found)


def _take(node: Any, found: list[Mapping[str, Any]] | None) -> None:
    """Lists what a scan in the background found; None where it was stopped."""
    if found is not None and not _list(node, found):
        tell(f"nothing is wrong with the frames that {node.fullName()} looked at")
