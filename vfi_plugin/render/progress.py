"""What a render tells while it runs; who listens decides how it looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Progress(Protocol):
    """Listens to a render. Calls come from the thread that renders, in order."""

    def begin(self, total: int, summary: str) -> None:
        """``total`` frames will be rendered now; ``summary`` is the plan in one line."""

    def frame_done(self, done: int, total: int, name: str) -> None:
        """``done`` of ``total`` frames are written; ``name`` is the newest."""

    def note(self, text: str) -> None:
        """Something worth knowing happened: a cut was held, NaN were found."""

    def end(self, summary: str) -> None:
        """All is done."""


@dataclass(frozen=True)
class Silent:
    """Tells nothing."""

    def begin(self, total: int, summary: str) -> None:
        """Nothing."""

    def frame_done(self, done: int, total: int, name: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def end(self, summary: str) -> None:
        """Nothing."""
