"""The core, which lives in a process of its own: torch must never be loaded into the host's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .display import TaskDisplay, TerminalDisplay
from .errors import RenderStopped, VfiNukeError
from .retime_node import nuke_version


@contextmanager
def core_worker() -> Iterator[Any]:
    """A running worker, ended when the block is left. May be used in any thread.

    Raises:
        VfiNukeError: no core, one that cannot be talked to, or an error that it told.
    """
    try:
        import vfi_client
    except ImportError:
        raise VfiNukeError("vfi_client.py is missing beside the plug-in; run `vfi install nuke` again") from None
    try:
        with vfi_client.Worker(client=nuke_version()) as worker:
            yield worker
    except vfi_client.RequestCancelled as error:
        raise RenderStopped(str(error)) from error
    except vfi_client.VfiClientError as error:
        raise VfiNukeError(str(error)) from error


def scan_files(
    sources: Sequence[str], options: Mapping[str, Any], display: TaskDisplay | TerminalDisplay
) -> list[Mapping[str, Any]]:
    """Looks for bad frames in each source; returns the core's answers. Raises as ``render_files``."""
    with core_worker() as worker:
        return [worker.scan(source, dict(options), **_watching(display)) for source in sources]


def repair_files(
    jobs: Sequence[tuple[str, str]],
    options: Mapping[str, Any],
    report: Mapping[str, Any],
    display: TaskDisplay | TerminalDisplay,
) -> list[Mapping[str, Any]]:
    """Makes the bad frames of each (source, target) anew; returns the core's answers. Raises as ``render_files``."""
    with core_worker() as worker:
        return [
            worker.repair(source, target, dict(options), report=dict(report), **_watching(display))
            for source, target in jobs
        ]


def render_files(
    jobs: Sequence[tuple[str, str]], options: Mapping[str, Any], display: TaskDisplay | TerminalDisplay
) -> list[Mapping[str, Any]]:
    """Renders each (source, target), one after the other; returns the core's reports. Any thread; touches no node.

    Raises:
        VfiNukeError: what the core says. RenderStopped: Cancel was pressed.
    """
    with core_worker() as worker:
        return [worker.render(source, target, dict(options), **_watching(display)) for source, target in jobs]


def _watching(display: TaskDisplay | TerminalDisplay) -> dict[str, Any]:
    return {"on_progress": display.show, "on_note": display.note, "is_cancelled": display.is_cancelled}
