"""Every method's frames of an item, held against the true ones."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from vfi_plugin.errors import RenderError, UsageError
from vfi_plugin.evaluate.codes import Codes, to_codes
from vfi_plugin.evaluate.evaluation import FrameScore, MethodFacts
from vfi_plugin.evaluate.item import Item, LeftOut, LoadedItem
from vfi_plugin.evaluate.measure import Measure
from vfi_plugin.evaluate.method import Method
from vfi_plugin.evaluate.worst_page import Shown, WorstPage


@dataclass
class Scorer:
    """Measures items one by one, and keeps count.

    Attributes:
        methods: the one that matters first; the page of the worst frames is of it.
        measures: what is measured.
        rounding: of results to 8 bits.
        worst: is offered every frame.
        frames: what was measured so far.
        left_out: items that were not.
    """

    methods: Sequence[Method]
    measures: Sequence[Measure]
    rounding: str
    worst: WorstPage
    frames: list[FrameScore] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    _seconds: dict[str, float] = field(default_factory=dict)

    def measure(self, item: Item) -> None:
        """The item's frames by every method; an item whose mask is empty is left out, as DVF's script does.

        Raises:
            InputError: a picture cannot be read, or is not of the size of the others.
            UsageError: frames too small for a model or measure.
            RenderError: a method made NaN.
        """
        loaded = item.load()
        if loaded.mask is not None and not loaded.mask.any():
            self.left_out.append(LeftOut(item.name, item.group, "its motion mask is empty"))
            return
        made = {method.name: self._made(method, item, loaded) for method in self.methods}
        for index, between in enumerate(item.between):
            results = {name: frames[index] for name, frames in made.items()}
            self._add(item, between.t, results, (loaded, loaded.truths[index]))

    def facts(self) -> tuple[MethodFacts, ...]:
        """The methods, with the mean time they took for a frame."""
        count = max(len(self.frames), 1)
        return tuple(MethodFacts(m.name, m.info, self._seconds.get(m.name, 0.0) / count) for m in self.methods)

    def _made(self, method: Method, item: Item, loaded: LoadedItem) -> list[Codes]:
        times = [between.t for between in item.between]
        begun = time.perf_counter()
        frames = list(method.frames(loaded.before, loaded.after, times, loaded.beside))
        self._seconds[method.name] = self._seconds.get(method.name, 0.0) + time.perf_counter() - begun
        try:
            return [to_codes(frame, self.rounding) for frame in frames]
        except UsageError as error:
            raise RenderError(f"{method.name} on {item.name}: {error}") from None

    def _add(self, item: Item, t: Fraction, results: dict[str, Codes], true: tuple[LoadedItem, Codes]) -> None:
        loaded, truth = true
        values = {
            name: {measure.name: measure.of(result, truth, loaded.mask) for measure in self.measures}
            for name, result in results.items()
        }
        self.frames.append(FrameScore(item.name, item.group, t, values))
        self.worst.consider(self.frames[-1], Shown(loaded.before, results[self.methods[0].name], truth))
