"""How a render's progress is shown: a bar on a terminal, plain lines for logs, other lines for farms and programs."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from vfi_plugin.errors import VfiError
from vfi_plugin.render.progress import Progress

STYLES = ("auto", "plain", "json", "openjd", "farm")
_BAR_CHARACTERS = 32


def display(style: str, verb: str = "rendering") -> Progress:
    """The display for a ``--progress`` value; "auto" is a bar where standard output is a terminal, else plain.

    ``verb`` says what is done with frames, where a display has words for it.
    """
    if style == "auto":
        style = "bar" if sys.stdout.isatty() else "plain"
    makers: dict[str, Callable[[TextIO], Progress]] = {
        "bar": BarDisplay,
        "plain": lambda stream: PlainDisplay(stream, verb),
        "json": JsonDisplay,
        "openjd": lambda stream: OpenJdDisplay(stream, verb),
        "farm": lambda stream: FarmDisplay(stream, verb),
    }
    return makers[style](sys.stdout)


@contextmanager
def failure_told(style: str) -> Iterator[None]:
    """Says on standard output, too, why the work within failed, where a style has a line for that."""
    try:
        yield
    except VfiError as error:
        if style == "openjd":
            print(f"openjd_fail: {error}", flush=True)
        raise


class PlainDisplay:
    """One line a frame: ``12:30:05 progress: 25% (5/20) slow.1005.exr``."""

    def __init__(self, stream: TextIO, verb: str = "rendering") -> None:
        self._stream = stream
        self._verb = verb

    def _line(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", file=self._stream, flush=True)

    def begin(self, total: int, summary: str) -> None:
        """The plan, and how many frames this run renders."""
        self._line(summary)
        self._line(f"{self._verb} {total} frame{'s' if total != 1 else ''}")

    def frame_done(self, done: int, total: int, name: str) -> None:
        """The share done, rounded down: 100% means done."""
        self._line(f"progress: {done * 100 // total}% ({done}/{total}) {name}")

    def note(self, text: str) -> None:
        """A note on a line of its own."""
        self._line(f"note: {text}")

    def end(self, summary: str) -> None:
        """What was done."""
        self._line(summary)


class OpenJdDisplay(PlainDisplay):
    """Plain lines, and after each frame the one that Open Job Description sessions understand."""

    def frame_done(self, done: int, total: int, name: str) -> None:
        """``openjd_progress: 25``, then the plain line as ``openjd_status``."""
        print(f"openjd_progress: {done * 100 / total:.1f}", file=self._stream, flush=True)
        print(f"openjd_status: {done}/{total} {name}", file=self._stream, flush=True)


class FarmDisplay(PlainDisplay):
    """Plain lines whose percentage Deadline and OpenCue find: ``12:30:05 Progress: 025% (5/20) slow.1005.exr``.

    Deadline looks for "Progress: " and digits. CueGUI takes the three characters before the first percent sign of the
    last line that begins with a time, so the number has three digits and no name with such a sign comes before it.
    """

    def frame_done(self, done: int, total: int, name: str) -> None:
        """The share done, rounded down: 100% means done."""
        self._line(f"Progress: {done * 100 // total:03d}% ({done}/{total}) {name}")


class JsonDisplay:
    """One JSON object a line, with an ``event``: begin, frame, note or end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def _event(self, event: str, **facts: object) -> None:
        print(json.dumps({"event": event, **facts}), file=self._stream, flush=True)

    def begin(self, total: int, summary: str) -> None:
        """``total`` and the plan."""
        self._event("begin", total=total, plan=summary)

    def frame_done(self, done: int, total: int, name: str) -> None:
        """``done``, ``total`` and the newest ``file``."""
        self._event("frame", done=done, total=total, file=name)

    def note(self, text: str) -> None:
        """``text``."""
        self._event("note", text=text)

    def end(self, summary: str) -> None:
        """``summary``."""
        self._event("end", summary=summary)


class BarDisplay:
    """A bar that redraws its line on a terminal, with the time left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._started = time.monotonic()

    def begin(self, total: int, summary: str) -> None:
        """The plan, then an empty bar."""
        print(summary, file=self._stream)
        self._started = time.monotonic()
        if total:
            self._draw(0, total, "")

    def frame_done(self, done: int, total: int, name: str) -> None:
        """The bar, further on."""
        self._draw(done, total, name)

    def note(self, text: str) -> None:
        """A note above the bar."""
        print(f"\r\x1b[Knote: {text}", file=self._stream, flush=True)

    def end(self, summary: str) -> None:
        """What was done, in the bar's place."""
        print(f"\r\x1b[K{summary}", file=self._stream, flush=True)

    def _draw(self, done: int, total: int, name: str) -> None:
        filled = _BAR_CHARACTERS * done // total
        bar = "█" * filled + "░" * (_BAR_CHARACTERS - filled)
        left = ""
        if done:
            seconds = (time.monotonic() - self._started) / done * (total - done)
            left = f" {int(seconds) // 60}:{int(seconds) % 60:02d} left"
        print(f"\r\x1b[K{bar} {done}/{total}{left} {name}", end="", file=self._stream, flush=True)
