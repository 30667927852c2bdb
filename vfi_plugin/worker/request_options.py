"""From the options of a request to those of a retime."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from vfi_plugin.errors import ProtocolError, UsageError
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.timing.time_map import TimeMap
from vfi_plugin.worker.fields import NUMBER, NUMBERS, SWITCH, TEXT, TEXTS, WHOLE, Kind, checked

_FLOATS = ("memory_gb", "detail")
"""Numbers that options hold as floats."""

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("speed", "fps", "source_fps", "rate", "shutter", "shutter_offset"), NUMBER),
    **dict.fromkeys(_FLOATS, NUMBER),
    **dict.fromkeys(("length", "start", "samples"), WHOLE),
    "positions": NUMBERS,
    **dict.fromkeys(("time_map", "map_node", "in_range", "frames", "bad_frames"), TEXT),
    **dict.fromkeys(("method", "filter", "ends", "missing", "path", "precision"), TEXT),
    **dict.fromkeys(("model", "weights", "device", "cuts", "expect"), TEXT),
    **dict.fromkeys(("channels", "channels_map", "colorspace", "config", "vectors_from"), TEXT),
    "channel_rules": TEXTS,
    **dict.fromkeys(("overwrite", "vectors", "vectors_only"), SWITCH),
}

_MEANINGLESS_IN_A_PREVIEW = ("frames", "overwrite", "channels", "expect", "vectors", "vectors_only", "vectors_from")


def options_from(given: Mapping[str, Any]) -> RetimeOptions:
    """The options of a plan or a render.

    Raises:
        ProtocolError: an option that there is not, or one of another kind.
        UsageError: options that do not go together.
    """
    options = checked("options", given, _KINDS)
    positions = options.pop("positions", None)
    if positions is not None:
        options["time_map"] = _sampled(positions, options)
    if "channel_rules" in options:
        options["channel_rules"] = tuple(options["channel_rules"])
    options.update({name: float(Fraction(options[name])) for name in _FLOATS if options.get(name) is not None})
    return RetimeOptions(**options)


def preview_options_from(given: Mapping[str, Any]) -> RetimeOptions:
    """The options of a preview, which shows one frame's colour and writes no frames. Raises as ``options_from``."""
    for name in _MEANINGLESS_IN_A_PREVIEW:
        if given.get(name) is not None:
            raise ProtocolError(f"option {name!r} means nothing for a preview; leave it out")
    return options_from(given)


def _sampled(positions: list[Any], options: Mapping[str, Any]) -> TimeMap:
    if "time_map" in options:
        raise UsageError("give exactly one of speed, fps, length, time_map and positions; got time_map and positions")
    if "start" not in options:
        raise UsageError("positions need the option 'start', the number of the first output frame")
    return TimeMap.from_positions(positions, start=options["start"])
