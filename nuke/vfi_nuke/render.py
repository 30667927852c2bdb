"""Rendering the frames of a VFIRetime and bringing them back into it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from . import background
from .bake import baked
from .core import render_files
from .display import TaskDisplay, TerminalDisplay, new_display
from .errors import VfiNukeError
from .guard import check_above
from .result import Wanted, hide_result, make_folder, missing_frames, present_frames, show_result, wanted_result
from .retime_node import check_retime, core_options, machine_options
from .source import filtered, for_view, views_in

@dataclass(frozen=True)
class _Job:
    """All that the core needs, read from the nodes once, so that another thread can go on without them."""

    title: str
    files: tuple[tuple[str, str], ...]
    options: Mapping[str, Any]

    def run(self, display: TaskDisplay | TerminalDisplay) -> list[Mapping[str, Any]]:
        return render_files(self.files, self.options, display) if self.files else []


def render(node: Any, frames: str = "") -> list[Mapping[str, Any]]:
    """Renders what is not there yet, and waits for it. Main thread only; for scripts, farms and ``nuke -t``.

    Args:
        node: a VFIRetime.
        frames: output frames, such as ``1001-1020``; empty: what the knob Render Frames says.

    Returns:
        The core's report for each view; none where every frame was there.

    Raises:
        VfiNukeError: one line that says what is wrong and what to do.
    """
    check_retime(node)
    try:
        with ExitStack() as stack:
            job = _prepare(node, stack, frames)
            return job.run(new_display(job.title))
    finally:
        update(node)


def start_render(node: Any) -> threading.Thread:
    """Renders in the background: the artist can go on working. Main thread only.

    Only the input is baked before this returns, where that is needed. When the frames are there, or something went
    wrong, the main thread is told: it alone touches nodes.

    Raises:
        VfiNukeError: nothing was started, and why.
    """
    check_retime(node)
    background.check_idle(node)
    with ExitStack() as stack:
        job = _prepare(node, stack, "")
        display = new_display(job.title)
        cleaning = stack.pop_all()
    work = background.Work(node, job.title, lambda: job.run(display), lambda _: update(node))
    return background.start(work, cleaning)


def update(node: Any) -> list[int]:
    """Looks which frames are there for the input and the knobs as they are, and shows them. Main thread only.

    Returns:
        The numbers of the frames.
    """
    check_retime(node)
    try:
        wanted = wanted_result(node)
    except VfiNukeError as error:
        hide_result(node, str(error))
        return []
    present = present_frames(wanted)
    show_result(node, wanted, present)
    return present


def _prepare(node: Any, stack: ExitStack, frames: str) -> _Job:
    check_above(node)
    wanted = wanted_result(node)
    options = {**core_options(node), **machine_options(node), "start": wanted.timing.start}
    options["positions"] = list(wanted.timing.positions)
    if frames:
        options["frames"] = frames
    title = f"VFIRetime {node.fullName()}"
    if "frames" not in options and not options["overwrite"]:
        missing = missing_frames(wanted)
        if not missing:
            return _Job(title, (), options)
        options["frames"] = " ".join(map(str, missing))
    if "weights" in options:
        options["weights"] = filtered(options["weights"])
    return _Job(title, _files(_source_files(node, wanted, stack, options), wanted), options)


def _source_files(node: Any, wanted: Wanted, stack: ExitStack, options: dict[str, Any]) -> str:
    make_folder(wanted)
    if wanted.source.is_read:
        return wanted.source.pattern
    # Made anew for each render under another name, which the core would take for other settings.
    options["overwrite"] = True
    return stack.enter_context(baked(node, wanted.folder))


def _files(source: str, wanted: Wanted) -> tuple[tuple[str, str], ...]:
    views = views_in(wanted.pattern)
    return tuple((filtered(for_view(source, view)), filtered(for_view(wanted.pattern, view))) for view in views)
