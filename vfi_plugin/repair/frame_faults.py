"""Faults that a frame shows by itself, or against the frames around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.look import Look


def measure(look: Look) -> dict[str, float]:
    """What is kept of a frame: "non_finite", how many NaN and infinite values it has; "unreadable", 1 where it is."""
    return {"non_finite": float(look.non_finite), "unreadable": float(bool(look.fault))}


def findings(
    numbers: Sequence[int],
    measures: Sequence[Mapping[str, float]],
    pairs: Sequence[Mapping[str, float] | None],  # noqa: ARG001
    shot_of: Sequence[int],  # noqa: ARG001
) -> list[Finding]:
    """What is wrong with single frames.

    Args:
        numbers: of the frames, ascending.
        measures: of ``measure``, of each.
        pairs: of each frame and the one before it; see ``pair_measures``.
        shot_of: which shot each frame belongs to, counted from 0.
    """
    found = []
    for number, told in zip(numbers, measures, strict=True):
        if told["unreadable"]:
            found.append(Finding(Kind.UNREADABLE, (number,), 1.0, "the file cannot be read"))
        elif told["non_finite"]:
            why = f"{told['non_finite']:.0f} values of the colour are NaN or infinite"
            found.append(Finding(Kind.NOT_FINITE, (number,), 1.0, why))
    return found


def scores(
    numbers: Sequence[int],  # noqa: ARG001
    measures: Sequence[Mapping[str, float]],  # noqa: ARG001
    pairs: Sequence[Mapping[str, float] | None],  # noqa: ARG001
    shot_of: Sequence[int],  # noqa: ARG001
) -> dict[Kind, list[float | None]]:
    """How near each frame is to a finding, by kind: these kinds have no degrees, so none."""
    return {}
