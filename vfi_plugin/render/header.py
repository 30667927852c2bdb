"""Header entries of an output frame: what is carried from the source and what is counted anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from vfi_plugin.errors import UsageError
from vfi_plugin.image.frame import Attribute, Frame
from vfi_plugin.media.header import PartHeader
from vfi_plugin.timing.timecode import Timecode

_RATE_KEY = "framesPerSecond"
_TIMECODE_KEY = "timeCode"


@dataclass(frozen=True)
class Clock:
    """Counts timecode and tells the rate of the output.

    Attributes:
        rate: output frames a second; None where nobody said.
        start: timecode of output frame ``first``; None where the source has none.
        first: number of the first output frame.
    """

    rate: Fraction | None
    start: Timecode | None
    first: int

    @classmethod
    def of(
        cls, header: PartHeader, source_rate: Fraction | None, rate: Fraction | None, first: int, late: int = 0
    ) -> Clock:
        """The clock of an output that begins ``late`` source frames before the one with ``header``.

        Without a rate there is no telling which frame a timecode names, so the source's is then dropped.
        """
        found = header.attributes.get(_TIMECODE_KEY)
        if found is None or source_rate is None or rate is None:
            return cls(rate, None, first)
        try:
            told = Timecode.from_exr(int(found.value[0]), int(found.value[1]), source_rate)
            start = (told + -late).at_rate(rate)
        except UsageError:
            return cls(rate, None, first)  # no valid time of day: nothing to count on from
        return cls(rate, start, first)

    def entries(self, number: int) -> Mapping[str, Attribute | None]:
        """Rate and timecode of output frame ``number``; None removes an entry that would no longer be true."""
        rate = self.rate and Attribute("rational", (self.rate.numerator, self.rate.denominator))
        if self.start is None:
            return {_RATE_KEY: rate or None, _TIMECODE_KEY: None}
        timecode = self.start + (number - self.first)
        entry = Attribute("timecode", timecode.to_exr()) if timecode.fits_exr else None
        return {_RATE_KEY: rate or None, _TIMECODE_KEY: entry}


def with_header(frame: Frame, number: int, entries: Mapping[str, Attribute | None]) -> Frame:
    """The frame under its output number, with header entries set in every part.

    An entry that the file spells in other case (Blender writes FramesPerSecond) is replaced, not doubled. Every part
    gets the same entries: OpenEXR wants timecode and the like to be shared by all parts of a file.
    """
    parts = []
    for part in frame.parts:
        lower = {name.lower() for name in entries}
        spelled = {name: None for name in part.attributes if name.lower() in lower and name not in entries}
        parts.append(part.with_attributes({**spelled, **entries}))
    return replace(frame, parts=tuple(parts), number=number)
