"""The VFIRepair group: how it is told from other nodes, and its knobs in the words of the core."""

from __future__ import annotations

from typing import Any

from .bad_frames import BadFrames, parse
from .errors import VfiNukeError
from .retime_node import METHODS, given, input_range

REPAIR_KNOBS = ("badFrames", "interpolation", "ends", "maxGap", "cuts", "model", "colorspace")
"""Knobs of the group on which the repaired pixels depend, besides the input range."""


def is_repair(node: Any) -> bool:
    """Whether a node is a VFIRepair, whatever it was renamed to."""
    return node.Class() == "Group" and node.node("State") is not None and node.knob("maxGap") is not None


def check_repair(node: Any) -> None:
    """Refuses a node that is no VFIRepair.

    Raises:
        VfiNukeError: says what the node is.
    """
    if node is None or not is_repair(node):
        got = "nothing" if node is None else f"{node.fullName()}, a {node.Class()}"
        raise VfiNukeError(f"a VFIRepair node is needed, got {got}; create one from the Time menu")


def listed(node: Any) -> BadFrames:
    """What the knob Bad Frames says. Raises VfiNukeError where it means nothing."""
    return parse(str(node["badFrames"].value() or ""))


def repair_options(node: Any) -> dict[str, Any]:
    """The core's options for a repair as the knobs stand; what is left empty has the core's default."""
    options: dict[str, Any] = {
        "method": METHODS[node["interpolation"].value()],
        "ends": node["ends"].value(),
        "max_gap": int(node["maxGap"].value()),
        "cuts": node["cuts"].value().strip() or "auto",
        "keep": "none",
    }
    if options["method"] == "motion":
        options.update(given(node, ("model",)))
    return {**options, **given(node, ("colorspace",))}


def scan_options(node: Any) -> dict[str, Any]:
    """The core's options for a scan."""
    first, last = input_range(node)
    options: dict[str, Any] = {"frames": f"{first}-{last}", **given(node, ("colorspace",))}
    kinds = node["kinds"].value().replace(",", " ").split()
    return {**options, "kinds": kinds} if kinds else options
