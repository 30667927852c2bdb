"""Refusing to render a comp with frames of a retime that are missing or out of date."""

from __future__ import annotations

from typing import Any

import nuke

from .errors import StaleResultError
from .graph import retimes_above
from .result import wanted_result
from .retime_node import state


def check_above(node: Any) -> None:
    """Checks every VFIRetime above a node.

    Raises:
        StaleResultError: one was never rendered, or its input or knobs changed since.
    """
    for retime in retimes_above(node):
        _check_current(retime)


def before_render() -> None:
    """For the host's callback of that name: an exception from here stops the Write before its first frame."""
    check_above(nuke.thisNode())


def before_frame_render() -> None:
    """For the host's callback of that name: stops at a frame that is not rendered, rather than write a preview.

    Raises:
        StaleResultError: names the frame.
    """
    frame = nuke.frame()
    for retime in retimes_above(nuke.thisNode()):
        if not state(retime, "rendered").getValueAt(frame):
            raise StaleResultError(f"frame {frame} of {retime.fullName()} is not rendered; press Render in it")


def _check_current(retime: Any) -> None:
    wanted = wanted_result(retime)
    stands = state(retime, "settings").value(), state(retime, "content").value()
    if stands == (wanted.settings, wanted.content):
        return
    why = "its knobs" if stands[0] != wanted.settings else "its input"
    found = f"was rendered before {why} changed" if stands[0] else "is not rendered"
    raise StaleResultError(f"{retime.fullName()} {found}; press Render in it, or Update if its frames are there")
