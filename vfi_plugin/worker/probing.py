"""What a clip is, told from its headers: the verb ``probe``."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from vfi_plugin.errors import UsageError
from vfi_plugin.image.channel_class import ChannelRole, PartDescription
from vfi_plugin.image.channel_classify import classify
from vfi_plugin.image.channel_overrides import ChannelMap
from vfi_plugin.image.window import Window
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.header import PartHeader
from vfi_plugin.media.open_clip import open_clip
from vfi_plugin.render.clip_colour import clip_space
from vfi_plugin.timing.ranges import format_range
from vfi_plugin.timing.timecode import Timecode


def probe(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The result of ``probe``.

    Raises:
        InputError: no such clip, or one that cannot be read.
        ColourError: a config or colour space that is not there.
    """
    with open_clip(fields["source"]) as clip:
        headers = clip.header(clip.numbers[0])
        roles = classify([_description(header) for header in headers], ChannelMap())
        return {
            **_numbering(clip),
            **_picture(headers),
            "parts": [_part(header) for header in headers],
            "channels": [_channel(role, headers) for role in roles],
            "views": list(dict.fromkeys(role.view for role in roles)),
            "rate": None if clip.rate is None else str(clip.rate),
            "timecode": _timecode(headers[0], clip.rate),
            "colorspace": clip_space(headers, fields.get("colorspace"), fields.get("config")),
        }


def _description(header: PartHeader) -> PartDescription:
    return PartDescription(header.channels, header.name, header.view, header.attributes, header.is_deep)


def _numbering(clip: Clip) -> dict[str, Any]:
    return {
        "source": clip.name,
        "first": clip.numbers[0],
        "last": clip.numbers[-1],
        "count": len(clip.numbers),
        "frames": format_range(clip.numbers),
        "missing": list(clip.missing),
    }


def _picture(headers: Sequence[PartHeader]) -> dict[str, Any]:
    first = headers[0]
    aspect = first.attributes.get("pixelAspectRatio")
    value = 1.0 if aspect is None else float(aspect.value)
    return {
        "width": first.display_window.width,
        "height": first.display_window.height,
        "pixel_aspect": value if math.isfinite(value) and value > 0 else 1.0,
        "display_window": _window(first.display_window),
        "data_window": _window(first.data_window),
    }


def _window(window: Window) -> list[int]:
    return [window.x, window.y, window.width, window.height]


def _part(header: PartHeader) -> dict[str, Any]:
    return {
        "name": header.name,
        "view": header.view,
        "display_window": _window(header.display_window),
        "data_window": _window(header.data_window),
        "channels": [name for name, _ in header.channels],
    }


def _channel(role: ChannelRole, headers: Sequence[PartHeader]) -> dict[str, Any]:
    return {
        "name": role.channel,
        "part": role.part,
        "view": role.view,
        "layer": role.layer,
        "type": dict(headers[role.part].channels)[role.channel],
        "class": role.channel_class.value,
        "treatment": role.treatment.value,
    }


def _timecode(header: PartHeader, rate: Fraction | None) -> str | None:
    """Without a rate there is no telling which frame a timecode names."""
    found = header.attributes.get("timeCode")
    if found is None or rate is None:
        movie = header.attributes.get("movie/timecode")
        return None if movie is None else str(movie.value)
    try:
        return str(Timecode.from_exr(int(found.value[0]), int(found.value[1]), rate))
    except UsageError:
        return None  # no time of day
