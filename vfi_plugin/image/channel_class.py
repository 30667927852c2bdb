"""The vocabulary of channel meaning: what a channel can be, how each kind is retimed, and what is known of a part.

OpenEXR stores names, types and windows; it does not say what a channel means. The classes below are the answers that
matter when a frame is made between two others, and ``TREATMENTS`` says what is done with each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from vfi_plugin.image.frame import Attribute, Part

OptionValue = str | float | bool
"""What an option of an override may hold."""

LOW_CONFIDENCE = 0.6
"""Below this a class is a guess that a person should see: a bare suffix, a single letter, no known name."""

HALF_TYPES = frozenset({"half", "float16"})
FLOAT_TYPES = frozenset({"float", "float32"})
UINT_TYPES = frozenset({"uint", "uint32"})


class ChannelClass(str, Enum):
    """What the numbers of a channel are. ``COPY`` and ``DROP`` are never found, only asked for."""

    COLOR = "color"
    ALPHA = "alpha"
    MATTE = "matte"
    DEPTH = "depth"
    POSITION = "position"
    NORMAL = "normal"
    MOTION = "motion"
    DISPARITY = "disparity"
    UV = "uv"
    STMAP = "stmap"
    ID = "id"
    CRYPTO = "crypto"
    COUNT = "count"
    VARIANCE = "variance"
    DATA = "data"
    DEEP = "deep"
    COPY = "copy"
    DROP = "drop"


class Treatment(str, Enum):
    """What is done with a channel in a frame between two others; the value is the sentence a person reads."""

    BLEND = "warp both frames, blend by weight"
    BLEND_PREMULTIPLIED = "warp both frames, blend by weight, premultiplied"
    NORMALISE = "warp and blend the vectors, restore the blended length"
    RESCALE = "pick one frame's vectors, scale them to the new frame time"
    MERGE = "merge the ranked lists of both frames by weight"
    PICK = "pick one frame's value, never average"
    SQUARED = "blend with squared weights"
    STAY = "take the nearest frame, do not warp"
    COPY = "copy the nearest frame"
    REFUSE = "refuse the frame"
    DROP = "leave out of the output"


TREATMENTS: Mapping[ChannelClass, Treatment] = {
    ChannelClass.COLOR: Treatment.BLEND_PREMULTIPLIED,
    ChannelClass.ALPHA: Treatment.BLEND,
    ChannelClass.MATTE: Treatment.BLEND,
    ChannelClass.DEPTH: Treatment.PICK,
    ChannelClass.POSITION: Treatment.PICK,
    ChannelClass.NORMAL: Treatment.NORMALISE,
    ChannelClass.MOTION: Treatment.RESCALE,
    ChannelClass.DISPARITY: Treatment.PICK,
    ChannelClass.UV: Treatment.PICK,
    # A lens grid belongs to the screen and not to the scene, so it must not move with the scene.
    ChannelClass.STMAP: Treatment.STAY,
    ChannelClass.ID: Treatment.PICK,
    ChannelClass.CRYPTO: Treatment.MERGE,
    ChannelClass.COUNT: Treatment.PICK,
    # The variance of w0 a + w1 b is w0^2 var(a) + w1^2 var(b) where a and b are independent estimates.
    ChannelClass.VARIANCE: Treatment.SQUARED,
    ChannelClass.DATA: Treatment.PICK,
    ChannelClass.DEEP: Treatment.COPY,
    ChannelClass.COPY: Treatment.COPY,
    ChannelClass.DROP: Treatment.DROP,
}
"""How each class is treated where nothing else was asked for."""


@dataclass(frozen=True)
class PartDescription:
    """What a header says about a part; no pixels.

    Attributes:
        channels: ``(name, pixel type)`` in file order; types by OpenEXR's names (``half``, ``float``, ``uint``) or
            numpy's (``float16``, ``float32``, ``uint32``). Other types count as normalised integers.
        name: the part's name, or "".
        view: the stereo view of the whole part, or "".
        attributes: header entries by name.
        is_deep: samples with depth instead of one value a pixel.
    """

    channels: tuple[tuple[str, str], ...]
    name: str = ""
    view: str = ""
    attributes: Mapping[str, Attribute] = field(default_factory=dict)
    is_deep: bool = False

    @classmethod
    def of(cls, part: Part) -> PartDescription:
        """The description of a part that has been read."""
        channels = tuple((name, plane.dtype.name) for name, plane in part.planes.items())
        return cls(channels, part.name, part.view, part.attributes)

    def text(self, attribute: str) -> str:
        """A header entry as text, or "" where there is none."""
        entry = self.attributes.get(attribute)
        return "" if entry is None else str(entry.value)


@dataclass(frozen=True)
class ChannelRole:
    """What one channel was found to be, and why.

    Attributes:
        part: index of the part in the file.
        channel: the name as in the file.
        pixel_type: the type as it was described.
        view: stereo view, or "".
        layer: the layer without the view; from the part's name where the channels have no layer; or "".
        suffix: the name's last piece.
        channel_class: what it is.
        rule: number and words of the rule that decided.
        confidence: 0 (a guess) to 1 (told by a person or by metadata).
        treatment: what is done with it.
        warnings: what a person should know, without the channel's name.
        options: what an override said about units, signs and encodings.
        crypto_name: the cryptomatte that the channel belongs to; what follows it in ``layer`` is the layer's number,
            and nothing follows it in the preview.
    """

    part: int
    channel: str
    pixel_type: str
    view: str
    layer: str
    suffix: str
    channel_class: ChannelClass
    rule: str
    confidence: float
    treatment: Treatment
    warnings: tuple[str, ...] = ()
    options: Mapping[str, OptionValue] = field(default_factory=dict)
    crypto_name: str = ""

    @property
    def is_certain(self) -> bool:
        """Whether the class is more than a guess."""
        return self.confidence >= LOW_CONFIDENCE


def warning_lines(roles: Iterable[ChannelRole]) -> tuple[str, ...]:
    """Every warning once a layer, each a line that names the layer (or the channel where there is no layer)."""
    lines = (f"{role.layer or role.channel}: {warning}" for role in roles for warning in role.warnings)
    return tuple(dict.fromkeys(lines))
