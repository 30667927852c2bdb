"""Batches made ahead on a GPU: in a stream of their own, that the training waits for. Streams are played here."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from vfi_plugin.train.ahead import Ahead

PARTS = ("before", "after", "between", "times", "flows")


class Played:
    """A stream that writes down what is asked of it."""

    def __init__(self, name: str, said: list[tuple[str, ...]]) -> None:
        self.name = name
        self.said = said

    def record_event(self) -> str:
        self.said.append(("recorded", self.name))
        return "made"

    def wait_event(self, event: str) -> None:
        self.said.append(("waits", self.name, event))


def test_on_a_gpu_batches_are_made_in_a_stream_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[tuple[str, ...]] = []
    inside = threading.local()

    @contextmanager
    def stream(played: Played) -> Iterator[None]:
        inside.name = played.name
        yield
        inside.name = ""

    class Part:
        device = torch.device("cuda")

        def record_stream(self, played: Played) -> None:
            said.append(("kept for", played.name))

    class Source:
        def batch(self, step: int) -> Any:
            said.append(("made in", inside.name))
            return SimpleNamespace(**{name: Part() for name in PARTS})

    monkeypatch.setattr(torch.cuda, "Stream", lambda device: Played("batches", said))
    monkeypatch.setattr(torch.cuda, "stream", stream)
    monkeypatch.setattr(torch.cuda, "current_stream", lambda device: Played("training", said))
    ahead = Ahead(Source(), "cuda")
    ahead.batch(0)
    ahead.close()
    handed_over = [("kept for", "training")] * len(PARTS)
    assert said == [("made in", "batches"), ("recorded", "batches"), ("waits", "training", "made"), *handed_over]
