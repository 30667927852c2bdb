"""Showing how far a render is: a dialogue with a Cancel button, or lines in a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import nuke


class TaskDisplay:
    """The host's own progress dialogue; it closes when this object goes. Any thread may use it."""

    def __init__(self, title: str) -> None:
        self._task: Any = nuke.ProgressTask(title)
        self._task.setMessage("starting vfi")

    def show(self, progress: Mapping[str, Any]) -> None:
        """Takes a progress event of the core."""
        self._task.setMessage(_line(progress))
        self._task.setProgress(_percent(progress))

    def note(self, text: str) -> None:
        """Takes a remark of the core."""
        self._task.setMessage(text)

    def is_cancelled(self) -> bool:
        """Whether the artist pressed Cancel."""
        return bool(self._task.isCancelled())


class TerminalDisplay:
    """Lines that a farm can read: ``progress: 40%``. An interrupt from the keyboard stops a render there."""

    def __init__(self, title: str) -> None:
        self._last = -1
        print(title, flush=True)

    def show(self, progress: Mapping[str, Any]) -> None:
        """Takes a progress event of the core."""
        percent = _percent(progress)
        if percent != self._last:
            print(f"progress: {percent}%  {_line(progress)}", flush=True)
            self._last = percent

    def note(self, text: str) -> None:
        """Takes a remark of the core."""
        print(text, flush=True)

    def is_cancelled(self) -> bool:
        """Never: see the class."""
        return False


def new_display(title: str) -> TaskDisplay | TerminalDisplay:
    """The one that fits how the host was started."""
    return TaskDisplay(title) if nuke.GUI else TerminalDisplay(title)


def tell(text: str) -> None:
    """Says one thing to whoever is there. Main thread only."""
    if nuke.GUI:
        nuke.message(text)
    else:
        nuke.tprint(text)


def _percent(progress: Mapping[str, Any]) -> int:
    total = int(progress["total"])
    return 100 if total == 0 else 100 * int(progress["done"]) // total


def _line(progress: Mapping[str, Any]) -> str:
    made = f"{progress['done']} of {progress['total']} frames"
    return made if progress.get("frame") is None else f"{made}, frame {progress['frame']} is there"
