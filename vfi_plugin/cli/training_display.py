"""How a training's progress is shown: a line for each report, as ``vfi retime`` has them for logs, or JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import TextIO

from vfi_plugin.train.watching import Report, Watcher

STYLES = ("plain", "json")


def display(style: str) -> Watcher:
    """The display for a ``--progress`` value, on standard output."""
    return TrainingLines(sys.stdout) if style == "plain" else TrainingEvents(sys.stdout)


class TrainingLines:
    """One line a report: ``12:30:05 step 400 (20%): loss 0.0312, 85.2 pairs/s, 4:10 left``."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def _line(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", file=self._stream, flush=True)

    def begin(self, text: str) -> None:
        """What is to be done."""
        self._line(text)

    def trained(self, report: Report) -> None:
        """Step, share of the plan, mean losses, pace and the time left."""
        total = report.losses["loss"]
        terms = ", ".join(f"{name} {value:.4g}" for name, value in report.losses.items() if name != "loss")
        left = "" if report.seconds_left is None else f", {_clock(report.seconds_left)} left"
        self._line(
            f"step {report.step} ({report.progress:.0%}): loss {total:.4g} ({terms}),"
            f" {report.samples_a_second:.1f} pairs/s{left}"
        )

    def validated(self, step: int, network_db: float, others_db: Mapping[str, float], best: bool) -> None:
        """The network's PSNR beside that of the other ways."""
        others = ", ".join(f"{name} {value:.2f} dB" for name, value in others_db.items())
        self._line(f"step {step}: validation {network_db:.2f} dB, {others}{' - the best so far, kept' if best else ''}")

    def note(self, text: str) -> None:
        """A note on a line of its own."""
        self._line(f"note: {text}")

    def end(self, text: str) -> None:
        """What came of it."""
        self._line(text)


class TrainingEvents:
    """One JSON object a line, with an ``event``: begin, trained, validated, note or end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def _event(self, event: str, **facts: object) -> None:
        print(json.dumps({"event": event, **facts}), file=self._stream, flush=True)

    def begin(self, text: str) -> None:
        """``plan``."""
        self._event("begin", plan=text)

    def trained(self, report: Report) -> None:
        """All of the report."""
        self._event("trained", **asdict(report))

    def validated(self, step: int, network_db: float, others_db: Mapping[str, float], best: bool) -> None:
        """``step``, ``network_db``, ``others_db``, ``best``."""
        self._event("validated", step=step, network_db=network_db, others_db=dict(others_db), best=best)

    def note(self, text: str) -> None:
        """``text``."""
        self._event("note", text=text)

    def end(self, text: str) -> None:
        """``summary``."""
        self._event("end", summary=text)


def _clock(seconds: float) -> str:
    """``4:10``, or ``2:04:10`` from an hour on."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
