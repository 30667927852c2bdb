"""The VFIRetime group: how it is told from other nodes, and its knobs in the words of the core."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import nuke

from .bad_frames import frames_text, parse
from .errors import VfiNukeError

METHODS = {"Motion": "motion", "Blend": "blend", "Frame": "frame"}
"""The names of Kronos on the left, those of the core's options on the right."""

_FILTERS = {"Cubic": "cubic", "Bilinear": "linear"}

_DETAILS = {"Full": 1.0, "Half": 0.5, "Quarter": 0.25}

_PATHS = {"Curved": "curved", "Straight": "straight"}

SETTING_KNOBS = (
    *("timing2", "timingOutputSpeed", "timingFrame2", "retimedChannels", "interpolation", "ends"),
    *("model", "weights", "detail", "motionPath", "resampleType", "cuts", "missing", "badFrames", "colorspace"),
    *("shutterSamples", "shutterTime"),
)
"""Knobs of the group on which the rendered pixels depend, besides the input range."""


def is_retime(node: Any) -> bool:
    """Whether a node is a VFIRetime, whatever it was renamed to."""
    return node.Class() == "Group" and node.node("State") is not None and node.knob("timingOutputSpeed") is not None


def check_retime(node: Any) -> None:
    """Refuses a node that is no VFIRetime.

    Raises:
        VfiNukeError: says what the node is.
    """
    if node is None or not is_retime(node):
        got = "nothing" if node is None else f"{node.fullName()}, a {node.Class()}"
        raise VfiNukeError(f"a VFIRetime node is needed, got {got}; create one from the Time menu")


def inside(node: Any, name: str) -> Any:
    """A node of the group, such as State.

    Raises:
        VfiNukeError: somebody deleted it.
    """
    found = node.node(name)
    if found is None:
        raise VfiNukeError(f"{node.fullName()} has lost its inner node {name}; replace it by a new VFIRetime")
    return found


def state(node: Any, name: str) -> Any:
    """A knob of the group's State node."""
    return inside(node, "State")[name]


def input_range(node: Any) -> tuple[int, int]:
    """First and last source frame to use.

    Raises:
        VfiNukeError: the range is upside down.
    """
    first, last = int(state(node, "inputFirst").value()), int(state(node, "inputLast").value())
    if first > last:
        raise VfiNukeError(f"the input range {first}-{last} is empty; press Reset, or give its first frame first")
    return first, last


def core_options(node: Any) -> dict[str, Any]:
    """The core's options as the knobs stand, without timing; what is left empty has the core's default."""
    first, last = input_range(node)
    options: dict[str, Any] = {
        "in_range": f"{first}-{last}",
        "method": METHODS[node["interpolation"].value()],
        "filter": _FILTERS[node["resampleType"].value()],
        "channels": node["retimedChannels"].value(),
        "ends": node["ends"].value(),
        "missing": node["missing"].value(),
        "cuts": node["cuts"].value().strip() or "auto",
    }
    if options["method"] == "motion":
        options.update({**given(node, ("model", "weights")), **_detail(node), **_path(node)})
    return {**options, **_bad_frames(node), **_shutter(node), **given(node, ("colorspace",))}


def _text(node: Any, name: str) -> str:
    """Of a knob that nodes of older scripts lack, which is empty then."""
    knob = node.knob(name)
    return "" if knob is None else str(knob.value() or "")


def _detail(node: Any) -> dict[str, float]:
    chosen = _text(node, "detail")
    return {"detail": _DETAILS[chosen]} if chosen in _DETAILS else {}


def _path(node: Any) -> dict[str, str]:
    chosen = _text(node, "motionPath")
    return {"path": _PATHS[chosen]} if chosen in _PATHS else {}


def _bad_frames(node: Any) -> dict[str, str]:
    """The list, as artists and a VFIRepair write it.

    Raises:
        VfiNukeError: a line that means nothing, or lost time, which no frame stands for.
    """
    listed = parse(_text(node, "badFrames"))
    if any(each["kind"] == "dropped" for each in listed.findings):
        raise VfiNukeError("Bad Frames lists a dropped frame, which is lost time; put a VFIRepair above for it")
    first, last = input_range(node)
    bad = [frame for frame in listed.frames if first <= frame <= last]
    return {"bad_frames": frames_text(bad)} if bad else {}


def _shutter(node: Any) -> dict[str, Any]:
    """As in Kronos one sample, or no time, is a sharp frame.

    Raises:
        VfiNukeError: knobs that cannot be.
    """
    samples, time = int(node["shutterSamples"].value()), float(node["shutterTime"].value())
    if samples < 1 or time < 0:
        raise VfiNukeError(
            f"{samples} shutter samples over a shutter time of {time:g} cannot be; give 1 or more, and 0 or more"
        )
    return {"shutter": time, "samples": samples} if samples > 1 and time > 0 else {}


def machine_options(node: Any) -> dict[str, Any]:
    """Options that change how and what is rendered now, but no pixel: device and frames."""
    options = {"device": node["device"].value().strip() or "auto", "overwrite": bool(node["overwrite"].value())}
    frames = node["renderFrames"].value().strip()
    return {**options, "frames": frames} if frames else options


def given(node: Any, names: tuple[str, ...]) -> dict[str, str]:
    """The texts of knobs that are not empty."""
    texts = {name: node[name].value().strip() for name in names}
    return {name: text for name, text in texts.items() if text}


@contextmanager
def no_undo() -> Iterator[None]:
    """Changes in this block cannot be undone by the artist, who did not make them."""
    nuke.Undo.disable()
    try:
        yield
    finally:
        nuke.Undo.enable()


def nuke_version() -> str:
    """How the adapter introduces itself to the core."""
    return f"nuke {nuke.NUKE_VERSION_STRING}"
