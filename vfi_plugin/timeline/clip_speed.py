"""How fast a clip runs, from the effects on it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from vfi_plugin.timing.exact import exact

_OURS = "vfi"
_CURVE = "keys"
"""Where `vfi_plugin.timing.otio_map` keeps a curve, beside its average speed for other readers."""


@dataclass(frozen=True)
class Speed:
    """What the time effects of an item come to.

    Attributes:
        value: source seconds a second, negative backwards, 0 a freeze; None where it is not constant, or not told.
        why_not: why there is no ``value``.
    """

    value: Fraction | None
    why_not: str = ""

    def __str__(self) -> str:
        if self.value is None:
            return "varying"
        return f"{float(self.value * 100):.6g}%" if self.value else "freeze"


def speed_of(item: Any) -> Speed | None:
    """The speed of a clip, stack or track; None where nothing changes it. Several effects multiply."""
    effects = time_effects(item)
    if not effects:
        return None
    speed = Fraction(1)
    for effect in effects:
        if not isinstance(effect, otio.schema.LinearTimeWarp):
            return Speed(
                None, f"{effect.effect_name or effect.name or 'its time effect'!r} is a curve that OTIO cannot tell"
            )
        if _CURVE in effect.metadata.get(_OURS, {}):
            return Speed(None, "its speed varies; use vfi retime --map with this file and --map-node with its name")
        try:
            speed *= exact(effect.time_scalar)
        except ValueError:
            return Speed(None, f"its speed {effect.time_scalar} is no number; set it again")
    return Speed(speed) if speed != 1 else None


def time_effects(item: Any) -> list[Any]:
    """The effects on an item that change its time and are switched on."""
    return [effect for effect in item.effects if isinstance(effect, otio.schema.TimeEffect) and effect.enabled]
