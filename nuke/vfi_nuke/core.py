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


def render_files(
    jobs: Sequence[tuple[str, str]], options: Mapping[str, Any], display: TaskDisplay | TerminalDisplay
) -> list[Mapping[str, Any]]:
    """Renders each (source, target), one after the other; returns the core's reports. Any thread; touches no node.

    Raises:
        VfiNukeError: what the core says. RenderStopped: Cancel was pressed.
    """
    reports = []
    with core_worker() as worker:
        for source, target in jobs:
            report = worker.render(
                source,
                target,
                dict(options),
                on_progress=display.show,
                on_note=display.note,
                is_cancelled=display.is_cancelled,
            )
            reports.append(report)
    return reports
