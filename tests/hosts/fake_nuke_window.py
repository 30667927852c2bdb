"""What the fake host has besides nodes: progress bars, menus, the undo list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .fake_nuke import FakeNuke


class ProgressTask:
    """Progress with a Cancel button; usable in any thread. A test may press Cancel after some percent."""

    def __init__(self, session: FakeNuke, title: str) -> None:
        self.session, self.title, self.percents, self.messages = session, title, list[int](), list[str]()

    def setProgress(self, percent: int) -> None:
        assert isinstance(percent, int)
        assert 0 <= percent <= 100
        self.percents.append(percent)

    def setMessage(self, text: str) -> None:
        self.messages.append(text)

    def isCancelled(self) -> bool:
        limit = self.session.cancel_after_percent
        return limit is not None and max(self.percents, default=-1) >= limit


class Menu:
    """A menu of the toolbar."""

    def __init__(self) -> None:
        self.entries: dict[str, Any] = {}

    def addMenu(self, name: str) -> Menu:
        return self.entries.setdefault(name, Menu())  # type: ignore[no-any-return]

    def addCommand(self, name: str, command: Callable[[], None]) -> None:
        self.entries[name] = command

    def findItem(self, name: str) -> Menu | None:
        return self.entries.get(name)

    def removeItem(self, name: str) -> None:
        del self.entries[name]


class Undo:
    """``nuke.Undo``."""

    def __init__(self, session: FakeNuke) -> None:
        self._session = session

    def disable(self) -> None:
        self._session.undo_depth += 1

    def enable(self) -> None:
        self._session.undo_depth -= 1
