"""What the fake host has besides nodes: progress bars, menus, the undo list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .nuke_session import FakeNuke


class ProgressTask:
    """Progress with a Cancel button; usable in any thread. A test may press Cancel after some percent."""

    def __init__(self, session: FakeNuke, title: str) -> None:
        self.session, self.title, self.percents, self.messages = session, title, list[int](), list[str]()

    def setProgress(self, percent: int) -> None:  # noqa: N802
        assert isinstance(percent, int)
        assert 0 <= percent <= 100
        self.percents.append(percent)

    def setMessage(self, text: str) -> None:  # noqa: N802
        self.messages.append(text)

    def isCancelled(self) -> bool:  # noqa: N802
        limit = self.session.cancel_after_percent
        return limit is not None and max(self.percents, default=-1) >= limit


class Menu:
    """A menu of the toolbar."""

    def __init__(self) -> None:
        self.entries: dict[str, Any] = {}

    def addMenu(self, name: str) -> Menu:  # noqa: N802
        return self.entries.setdefault(name, Menu())  # type: ignore[no-any-return]

    def addCommand(self, name: str, command: Callable[[], None]) -> None:  # noqa: N802
        self.entries[name] = command

    def findItem(self, name: str) -> Menu | None:  # noqa: N802
        return self.entries.get(name)

    def removeItem(self, name: str) -> None:  # noqa: N802
        del self.entries[name]


class Undo:
    """``nuke.Undo``."""

    def __init__(self, session: FakeNuke) -> None:
        self._session = session

    def disable(self) -> None:
        self._session.undo_depth += 1

    def enable(self) -> None:
        self._session.undo_depth -= 1
