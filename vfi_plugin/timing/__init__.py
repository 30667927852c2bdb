"""Time: which source position an output frame shows, frame ranges, frame rates and timecode. No pixels."""

from vfi_plugin.timing.curve import Curve, Segment
from vfi_plugin.timing.exact import exact, number_from_text, text_from_number
from vfi_plugin.timing.keys import Interpolation, Key
from vfi_plugin.timing.ranges import format_range, parse_range
from vfi_plugin.timing.time_map import TimeMap
from vfi_plugin.timing.timecode import Timecode, parse_rate

__all__ = [
    "Curve",
    "Interpolation",
    "Key",
    "Segment",
    "TimeMap",
    "Timecode",
    "exact",
    "format_range",
    "number_from_text",
    "parse_range",
    "parse_rate",
    "text_from_number",
]
