"""Work that goes on while the artist does, and comes back to the main thread: it alone touches nodes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import nuke

from .display import tell
from .errors import RenderStopped, VfiNukeError

# Nodes that a thread is at work for.
_busy: set[str] = set()


@dataclass(frozen=True)
class Work:
    """What is done for a node.

    Attributes:
        node: for which.
        title: for people.
        run: does it; touches no node.
        finish: given what ``run`` returned, or None where it failed or was stopped; in the main thread.
    """

    node: Any
    title: str
    run: Callable[[], Any]
    finish: Callable[[Any], object]


def check_idle(node: Any) -> None:
    """Refuses a node that something is done for already.

    Raises:
        VfiNukeError: it is; says what to do.
    """
    name = node.fullName()
    if name in _busy:
        raise VfiNukeError(f"{name} is being rendered already; wait for it, or press Cancel in its progress bar")


def start(work: Work, cleaning: ExitStack) -> threading.Thread:
    """Does some work in a thread; ``cleaning`` is closed when it is done. Main thread only."""
    name = work.node.fullName()
    _busy.add(name)
    # A daemon: an artist who quits does not wait for it, and the core stops by itself when the host is gone.
    thread = threading.Thread(target=_do, args=(work, name, cleaning), name=work.title, daemon=True)
    thread.start()
    return thread


def _do(work: Work, name: str, cleaning: ExitStack) -> None:
    """The thread. Whatever happens, the main thread hears of it."""
    problem, result = "", None
    try:
        with cleaning:
            result = work.run()
    except RenderStopped:
        problem = ""
    except VfiNukeError as error:
        problem = str(error)
    except Exception as error:  # a fault of ours must not end in silence
        problem = f"{name} could not be rendered: {type(error).__name__}: {error}"
    nuke.executeInMainThread(_finish, args=(work, name, result, problem))


def _finish(work: Work, name: str, result: Any, problem: str) -> None:
    _busy.discard(name)
    try:
        work.node.fullName()
    except ValueError:  # the host's answer where the node was deleted meanwhile
        return
    try:
        work.finish(result)
    except VfiNukeError as error:
        problem = problem or str(error)
    if problem:
        tell(problem)
