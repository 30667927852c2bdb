"""Refusing to render a comp with frames of a retime or a repair that are missing or out of date."""

from __future__ import annotations

from typing import Any

import nuke

from .errors import StaleResultError
from .graph import highest_first, repairs_above, retimes_above
from .repair_node import is_repair
from .repair_result import PREVIEW, repaired_frames, show_repair, wanted_repair
from .result import Wanted, present_frames, show_result, wanted_result
from .retime_node import state


def check_above(node: Any) -> None:
    """Checks every VFIRetime and VFIRepair above a node.

    Without a window nobody can press Update, so what a farm rendered in the meantime is looked for first.

    Raises:
        StaleResultError: one was never rendered, or its input or knobs changed since.
    """
    # What is shown further up is part of the digest of what is behind it.
    for found in highest_first(node):
        (_check_repair if is_repair(found) else _check_retime)(found)


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
    for repair in repairs_above(nuke.thisNode()):
        if state(repair, "show").getValueAt(frame) == PREVIEW:
            raise StaleResultError(f"frame {frame} of {repair.fullName()} is not repaired; press Repair in it")


def _check_retime(node: Any) -> None:
    wanted = wanted_result(node)
    present = [] if nuke.GUI else present_frames(wanted)
    if present:  # else it stays known whether something older was rendered
        show_result(node, wanted, present)
    _check_current(node, wanted, "rendered")


def _check_repair(node: Any) -> None:
    wanted = wanted_repair(node)
    if not wanted.bad.findings:
        return
    if not nuke.GUI and repaired_frames(wanted):
        show_repair(node, wanted)
    _check_current(node, wanted.result, "repaired")


def _check_current(node: Any, wanted: Wanted, done: str) -> None:
    stands = state(node, "settings").value(), state(node, "content").value()
    if stands == (wanted.settings, wanted.content):
        return
    why = "its knobs" if stands[0] != wanted.settings else "its input"
    found = f"was {done} before {why} changed" if stands[0] else f"is not {done}"
    button = "Render" if done == "rendered" else "Repair"
    raise StaleResultError(f"{node.fullName()} {found}; press {button} in it, or Update if its frames are there")
