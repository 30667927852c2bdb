"""Do the values of a channel fit the class that its name gave? Advice for a person; no class is changed by it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vfi_plugin.image.channel_class import FLOAT_TYPES, ChannelClass, ChannelRole

# Rounding and ringing of a renderer's filter may leave coverage this far outside [0, 1].
_COVERAGE_SLACK = 0.01
# Counts of passes and flags have few values; more different whole numbers than this are names of things.
_MANY_IDS = 32
# Antialiased edges are made of values between those of their sides; among IDs such values are coincidence.
_COINCIDENCE = 0.01
# Encoded vectors rest at 0.5; half floats and filters move that by less than this.
_REST_TOLERANCE = 2e-3

Plane = npt.NDArray[Any]


def value_warnings(roles: Sequence[ChannelRole], planes: Sequence[Plane]) -> tuple[tuple[str, ...], ...]:
    """For each role what its plane ``(H, W)`` says against its class; infinite and NaN values are left aside."""
    return tuple(_warnings(role, plane) for role, plane in zip(roles, planes, strict=True))


def _warnings(role: ChannelRole, plane: Plane) -> tuple[str, ...]:
    finite = plane[np.isfinite(plane)]
    if not finite.size:
        return ()
    if role.channel_class in (ChannelClass.MATTE, ChannelClass.ALPHA) and _is_outside(finite):
        kind = role.channel_class.value
        return (
            f"{kind} with values from {finite.min():.4g} to {finite.max():.4g}, not 0 to 1: class data may fit better",
        )
    if role.channel_class is ChannelClass.COLOR and role.pixel_type in FLOAT_TYPES and _looks_like_ids(plane, finite):
        return ("color made of many whole numbers with hard edges: class id may fit better",)
    if role.channel_class is ChannelClass.MOTION and "offset" not in role.options and _rests_at_half(finite):
        return ("vectors that rest at 0.5 and stay in 0 to 1: option offset=0.5 may be needed",)
    return ()


def _is_outside(values: Plane) -> bool:
    return bool(values.min() < -_COVERAGE_SLACK or values.max() > 1 + _COVERAGE_SLACK)


def _looks_like_ids(plane: Plane, finite: Plane) -> bool:
    if (finite != np.rint(finite)).any() or len(np.unique(finite)) <= _MANY_IDS:
        return False
    left, middle, right = plane[:, :-2], plane[:, 1:-1], plane[:, 2:]
    is_edge = left != right
    is_between = (np.minimum(left, right) < middle) & (middle < np.maximum(left, right))
    return bool(is_edge.any() and is_between[is_edge].mean() < _COINCIDENCE)


def _rests_at_half(values: Plane) -> bool:
    is_at_rest = np.abs(values - 0.5) < _REST_TOLERANCE
    return bool(not _is_outside(values) and is_at_rest.mean() > 0.25)
