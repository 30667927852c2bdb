"""What is known of a picture before its pixels are read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import isfinite

from vfi_plugin.image.frame import Attribute
from vfi_plugin.image.window import Window

SOURCE_FORMAT = "vfi/sourceFormat"
"""Attribute with the original file type and sample type, such as "png uint8": integers are read as [0, 1] floats."""


@dataclass(frozen=True)
class PartHeader:
    """The header of one part of a file.

    Attributes:
        channels: ``(name, type)`` in file order; the type is "half", "float" or "uint" (of the planes that are read).
        data_window, display_window, name, view, attributes: as in ``image.frame.Part``.
        is_deep: several samples a pixel; such parts can be looked at, not read.
        tiled: stored in tiles rather than scan lines.
        subsampled: names of channels stored at a lower resolution than the data window.
    """

    channels: tuple[tuple[str, str], ...]
    data_window: Window
    display_window: Window
    name: str = ""
    view: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    is_deep: bool = False
    tiled: bool = False
    subsampled: tuple[str, ...] = ()


# NTSC rates are 24, 30, 60... times 1000/1001, and files often carry them as a number of two or three decimals.
_NTSC = Fraction(1000, 1001)
# "23.98" is 0.004 from 24000/1001; 24 is 0.024 from it.
_ROUNDING = 0.005


def exact_rate(frames_per_second: float) -> Fraction | None:
    """The rate a decimal number stands for (23.976 -> 24000/1001), or None where it is not a rate."""
    if not isfinite(frames_per_second) or frames_per_second <= 0:
        return None
    whole = round(frames_per_second)
    if abs(frames_per_second - whole) > _ROUNDING:
        ntsc = round(frames_per_second / float(_NTSC)) * _NTSC
        if ntsc and abs(frames_per_second - float(ntsc)) <= _ROUNDING:
            return ntsc
    return Fraction(frames_per_second).limit_denominator(1001)


def rate_of(attributes: Mapping[str, Attribute]) -> Fraction | None:
    """Frames per second from ``framesPerSecond``, exact; None where it is absent or makes no sense.

    The name counts in any case of letters: Blender writes ``FramesPerSecond``.
    """
    attribute = next((value for name, value in attributes.items() if name.lower() == "framespersecond"), None)
    if attribute is None:
        return None
    if isinstance(attribute.value, Fraction):
        return attribute.value if attribute.value > 0 else None
    if attribute.type == "rational":
        numerator, denominator = attribute.value
        return Fraction(numerator, denominator) if numerator > 0 and denominator else None
    if attribute.type in ("float", "double", "int"):
        return exact_rate(float(attribute.value))
    return None
