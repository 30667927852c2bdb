"""What the measurements of a demo say: how near the made frames are, and whether what must hold does hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vfi_plugin.demo.observation import Observation
from vfi_plugin.evaluate.metrics import BORDER_PX

MEASURE = (
    f"PSNR of linear RGB inside the format after log2(1 + 16 max(x, 0)) / log2(17), without the outer {BORDER_PX} px;"
    " mean over the frames; higher is nearer to the truth"
)

_KEPT_SHARE = 0.99
"""Rounding to half floats takes at most 1 / 2048 of a value: far less than this leaves room for."""


@dataclass(frozen=True)
class Score:
    """How near the in-betweens of a clip come to the truth, in dB, beside the weighted mean of the source frames."""

    clip: str
    frames: int
    average_db: float
    made_db: float


@dataclass(frozen=True)
class Check:
    """Something that must hold, whether it does, and the numbers that say so."""

    statement: str
    holds: bool
    found: str


def score(seen: Sequence[Observation]) -> tuple[Score, ...]:
    """A score for each clip, over its in-betweens."""
    scores = []
    for clip in dict.fromkeys(frame.clip for frame in seen):
        made = [frame for frame in seen if frame.clip == clip and frame.is_between]
        means = (sum(values) / len(made) for values in zip(*((f.average_db, f.made_db) for f in made), strict=True))
        scores.append(Score(clip, len(made), *means))
    return tuple(scores)


def check(seen: Sequence[Observation]) -> tuple[Check, ...]:
    """Everything that the demo states of its frames."""
    copies = [frame for frame in seen if not frame.is_between]
    made = [frame for frame in seen if frame.is_between]
    same = sum(bool(frame.is_same) for frame in copies)
    kept = sum(frame.keeps_layout for frame in seen)
    nearer = sum(frame.made_db > frame.average_db for frame in made)
    strange = sum(frame.strange_values for frame in made)
    return (
        Check("source frames come through bit for bit", same == len(copies), f"{same} of {len(copies)}"),
        Check("windows, channels and their types stay", kept == len(seen), f"{kept} of {len(seen)} frames"),
        _highlight(copies, made),
        _negative(copies, made),
        _alpha(made),
        Check("depths and ids are never averaged", strange == 0, f"{strange} values that no source frame has"),
        _repeats(made),
        Check("in-betweens are nearer than the average", nearer == len(made), f"{nearer} of {len(made)}"),
    )


def _highlight(copies: Sequence[Observation], made: Sequence[Observation]) -> Check:
    source = max(frame.highest for frame in copies)
    low, high = min(frame.highest for frame in made), max(frame.highest for frame in made)
    holds = _KEPT_SHARE * source <= low and high <= source
    return Check("the highlight keeps its value", holds, f"{_range(low, high)} in between, {source:g} in the source")


def _negative(copies: Sequence[Observation], made: Sequence[Observation]) -> Check:
    source = min(frame.lowest for frame in copies)
    low, high = min(frame.lowest for frame in made), max(frame.lowest for frame in made)
    holds = source <= low and high <= _KEPT_SHARE * source
    return Check("the values below black stay", holds, f"{_range(low, high)} in between, {source:.4g} in the source")


def _alpha(made: Sequence[Observation]) -> Check:
    low, high = min(frame.alpha_range[0] for frame in made), max(frame.alpha_range[1] for frame in made)
    return Check("alpha stays within 0 and 1", low >= 0 and high <= 1, f"{low:g} to {high:g}")


def _repeats(made: Sequence[Observation]) -> Check:
    """Whether two jobs that need the same moment make the same frame."""
    moments = [{frame.fingerprint for frame in made if frame.time == time} for time in {frame.time for frame in made}]
    shared = len(made) - len(moments)
    differing = sum(len(prints) - 1 for prints in moments)
    found = f"{shared - differing} of {shared} frames"
    return Check("2x and 4x agree bit for bit where they meet", differing == 0, found)


def _range(low: float, high: float) -> str:
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
