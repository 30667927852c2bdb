"""What came of an evaluation: a score for each frame and method, their means, and all that says how they were got."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from vfi_plugin.evaluate.item import LeftOut
from vfi_plugin.evaluate.measure import Measure
from vfi_plugin.models.info import ModelInfo


@dataclass(frozen=True)
class FrameScore:
    """One made frame by every method: ``values[method][measure]``, infinite where decibels are of equal pictures."""

    item: str
    group: str
    t: Fraction
    values: Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class MethodFacts:
    """A method and its cost: ``seconds`` for a frame, reading and measuring not counted; ``info`` None if no model."""

    name: str
    info: ModelInfo | None
    seconds: float


@dataclass(frozen=True)
class Mean:
    """Mean over frames of a measure; NaN where there are none.

    Attributes:
        value: of decibels, over the frames that no method made exactly, so that means of two methods can be compared.
        exact: how many frames the method itself made exactly.
    """

    value: float
    exact: int


@dataclass(frozen=True)
class Setting:
    """How it was measured.

    Attributes:
        protocol: its name.
        factor: parts that the time between two frames is cut into.
        rounding: of results to 8 bits, one of ``codes.ROUNDINGS``.
        source: the folder or file, as it was given.
        device: on which models ran.
        versions: of what computes.
        made_by: who made the frames, one of ``codes.MADE_BY``.
    """

    protocol: str
    factor: int
    rounding: str
    source: str
    device: str
    versions: Mapping[str, str]
    made_by: str = "model"


@dataclass(frozen=True)
class Evaluation:
    """The outcome.

    Attributes:
        setting: how it was measured.
        methods: the model that was asked for first, then frame averaging and the classics.
        measures: the first is the one by which frames are called the worst.
        frames: in the order of the data set.
        left_out: what is no item, and why.
        notes: for people: what keeps these numbers from standing beside published ones, and so on.
        files: what it is -> where it was written.
    """

    setting: Setting
    methods: tuple[MethodFacts, ...]
    measures: tuple[Measure, ...]
    frames: tuple[FrameScore, ...]
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    files: tuple[tuple[str, str], ...] = ()

    def mean(self, method: str, measure: str, group: str | None = None) -> Mean:
        """The mean of each frame's value, of all frames or those of a group."""
        chosen = [frame for frame in self.frames if group is None or frame.group == group]
        exact = sum(math.isinf(frame.values[method][measure]) for frame in chosen)
        common = [frame for frame in chosen if all(math.isfinite(values[measure]) for values in frame.values.values())]
        values = [frame.values[method][measure] for frame in common]
        return Mean(math.fsum(values) / len(values) if values else math.nan, exact)

    def as_json(self) -> dict[str, Any]:
        """Everything, fit for ``json.dumps``; infinite decibels and means of none are null."""
        return {
            "setting": asdict(self.setting),
            "measures": [_measure_facts(measure) for measure in self.measures],
            "methods": {method.name: _method_facts(method) for method in self.methods},
            "frame_count": len(self.frames),
            "mean": {method.name: self._means(method.name) for method in self.methods},
            "frames": [_frame_facts(frame) for frame in self.frames],
            "left_out": [asdict(entry) for entry in self.left_out],
            "notes": list(self.notes),
        }

    def _means(self, method: str) -> dict[str, Any]:
        means = {measure.name: self.mean(method, measure.name) for measure in self.measures}
        return {name: {"value": _plain(mean.value), "exact_frames": mean.exact} for name, mean in means.items()}


def _measure_facts(measure: Measure) -> dict[str, Any]:
    facts = asdict(measure)
    del facts["function"]
    return facts


def _method_facts(method: MethodFacts) -> dict[str, Any]:
    return {"seconds_per_frame": method.seconds, "model": None if method.info is None else asdict(method.info)}


def _frame_facts(frame: FrameScore) -> dict[str, Any]:
    values = {
        method: {name: _plain(value) for name, value in scores.items()} for method, scores in frame.values.items()
    }
    return {"item": frame.item, "group": frame.group, "t": str(frame.t), "values": values}


def _plain(value: float) -> float | None:
    return value if math.isfinite(value) else None
