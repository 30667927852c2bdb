"""Where shots begin and how they pass into each other, measured on a stream of small pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vfi_plugin.render.cuts import WINDOW, Signature, change_between, cut_between, signature
from vfi_plugin.repair.look import Look

DISSOLVE_REACH = 8
"""Frames on either side that a mix is looked for over: the two ends of a dissolve of a third of a second or more then
show clearly different shares of both shots, and one of four frames still lies between them."""

REACH = max(WINDOW, DISSOLVE_REACH)
"""Frames on either side of a frame that decide on it."""

_MIXED = 0.35
"""Part of the change over a dissolve's length that may be left when the mean of its ends is taken from its middle: in a
mix of two stills it is 0, and the shots' own motion adds to it. Motion alone leaves about 1."""

_ENDS_DIFFER = 0.25
"""Disagreement of the ends (``render.cuts``), aligned: two shots, and not one that moves. Two shots unmixed start at
0.42; the ends of a slow dissolve are mixes themselves, and agree more."""

_CHANGES = 0.02
"""Mean difference of the ends, 5 of 255; ends closer than that may be mixed without harm."""

_LEAST_FRAMES = 3
"""Successive frames that are mixes before a dissolve is told: a single one may be a coincidence."""


@dataclass(frozen=True)
class ShotMeasures:
    """Of a frame: whether a shot begins with it, and whether it is a mix of what is before and after it."""

    is_cut: bool
    is_mix: bool


def shot_measures(window: Sequence[Signature | None], place: int) -> ShotMeasures:
    """Of the frame ``place`` of a window of successive frames, None for those that cannot be read.

    REACH frames before and REACH after it decide, fewer only at the ends of a clip; more change nothing.
    """
    now = window[place]
    if now is None:
        return ShotMeasures(is_cut=False, is_mix=False)
    before = [kept for kept in window[max(0, place - WINDOW) : place] if kept is not None]
    after = [kept for kept in window[place + 1 : place + WINDOW] if kept is not None]
    is_cut = bool(before) and cut_between([*before, now, *after], len(before) - 1)
    return ShotMeasures(is_cut, _is_mix(window, place))


def signature_of(look: Look) -> Signature | None:
    """What is kept of a frame to find cuts; None where it cannot be read."""
    return None if look.fault else signature(look.rgb)


def dissolves(mixes: Sequence[bool], cuts: Sequence[bool]) -> list[tuple[int, int]]:
    """Runs of mixed frames, as places of the first and the last; no run holds a cut.

    Args:
        mixes: whether each frame is a mix.
        cuts: whether a shot begins with it.
    """
    found: list[tuple[int, int]] = []
    start: int | None = None
    for place, mixed in enumerate([*mixes, False]):
        ends = not mixed or (place < len(cuts) and cuts[place])
        if start is not None and ends:
            if place - start >= _LEAST_FRAMES:
                found.append((start, place - 1))
            start = None
        if mixed and start is None:
            start = place
    return found


def _is_mix(window: Sequence[Signature | None], place: int) -> bool:
    first, last = place - DISSOLVE_REACH, place + DISSOLVE_REACH
    if first < 0 or last >= len(window):
        return False
    ends, now = (window[first], window[last]), window[place]
    if ends[0] is None or ends[1] is None or now is None:
        return False
    a, b, middle = (_float(kept) for kept in (ends[0], ends[1], now))
    span = float(np.abs(b - a).mean())
    if span < _CHANGES or float(np.abs(middle - (a + b) / 2).mean()) > _MIXED * span / 2:
        return False
    return change_between(ends[0], ends[1]).disagreement >= _ENDS_DIFFER


def _float(kept: Signature) -> npt.NDArray[np.float32]:
    return kept.rgb.astype(np.float32) / np.float32(255)
