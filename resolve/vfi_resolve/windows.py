"""Windows, drawn by Resolve's own UIManager: there is no Qt to import in Resolve's Python."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from vfi_resolve.host import Host

_LEFT, _TOP = 300, 200
"""Pixels from the corner of the screen."""


class Window:
    """A window of Resolve that is open while a ``with`` lasts.

    Attributes:
        ui: makes elements.
        items: element by ID, after ``show``.
    """

    def __init__(self, host: Host, identity: str, title: str, size: tuple[int, int]) -> None:
        self.ui: Any = host.fusion.UIManager
        self.items: dict[str, Any] = {}
        self._dispatcher: Any = host.bmd.UIDispatcher(self.ui)
        self._properties = {"ID": identity, "WindowTitle": title, "Geometry": [_LEFT, _TOP, *size]}
        self._window: Any = None

    def __enter__(self) -> Window:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._window is not None:
            self._window.Hide()

    def show(self, elements: list[Any]) -> None:
        """Open it, with the elements below each other."""
        self._window = self._dispatcher.AddWindow(self._properties, [self.ui.VGroup(elements)])
        self.items = self._window.GetItems()
        self._window.Show()

    def on(self, element: str, event: str, action: Callable[[], None]) -> None:
        """Call ``action`` when an event happens to an element; the window's own ID is one of them."""
        setattr(self._window.On[element], event, lambda _facts: action())

    def on_close(self, action: Callable[[], None]) -> None:
        """Call ``action`` when the window is closed by its frame."""
        self.on(str(self._properties["ID"]), "Close", action)

    def wait(self) -> None:
        """Handle events until ``leave`` is called by one of them."""
        self._dispatcher.RunLoop()

    def leave(self) -> None:
        """End ``wait``."""
        self._dispatcher.ExitLoop()

    def handle_events(self) -> None:
        """Handle what has happened since, and come back."""
        with suppress(KeyError):  # reported of Resolve 21: an event that nobody asked for
            self._dispatcher.StepLoop(False)


def show_message(host: Host, text: str, title: str = "VFI Retime") -> None:
    """A text, until it is read."""
    with Window(host, "VfiMessage", title, (520, 180)) as window:
        window.show(
            [
                window.ui.Label({"ID": "text", "Text": text, "WordWrap": True}),
                window.ui.Button({"ID": "ok", "Text": "OK", "Weight": 0}),
            ]
        )
        window.on("ok", "Clicked", window.leave)
        window.on_close(window.leave)
        window.wait()


class ProgressWindow(Window):
    """How far the work is, and a way to stop it."""

    def __init__(self, host: Host, title: str = "VFI Retime") -> None:
        super().__init__(host, "VfiProgress", title, (420, 120))
        self._cancelled = False

    def __enter__(self) -> ProgressWindow:
        self.show(
            [
                self.ui.Label({"ID": "text", "Text": "Reading the clip..."}),
                self.ui.Button({"ID": "cancel", "Text": "Cancel", "Weight": 0}),
            ]
        )
        self.on("cancel", "Clicked", self._cancel)
        self.on_close(self._cancel)
        return self

    def _cancel(self) -> None:
        self._cancelled = True

    def on_progress(self, progress: dict[str, Any]) -> None:
        """Show how many frames there are."""
        done, total = progress["done"], max(progress["total"], 1)
        self.items["text"].Text = f"{done} of {total} frames, {100 * done // total}%"

    def is_cancelled(self) -> bool:
        """Whether somebody wants it stopped; keeps the window alive, so it is to be asked often."""
        self.handle_events()
        return self._cancelled
