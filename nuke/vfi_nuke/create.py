"""Making a VFIRetime node."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nuke

from .errors import VfiNukeError
from .render import update
from .retime_node import check_retime, state

GROUP_FILE = Path(__file__).with_name("VFIRetime.nk")
"""The group as script text. It is pasted, so that scripts hold all of it and open without the plug-in."""


def create(above: Any = None) -> Any:
    """A new VFIRetime behind a node, with that clip's range.

    Args:
        above: what to retime; None: the node that is selected, if one is.

    Returns:
        The group.
    """
    chosen = nuke.selectedNodes()
    above = above if above is not None else (chosen[0] if chosen else None)
    for node in chosen:
        node.setSelected(False)
    nuke.nodePaste(GROUP_FILE.as_posix())
    made = nuke.selectedNode()
    check_retime(made)
    made.setInput(0, above)
    if above is not None:
        reset_range(made)
    if nuke.GUI:
        made.showControlPanel()
    return made


def reset_range(node: Any) -> None:
    """Sets the input range of a VFIRetime to that of what is connected.

    Raises:
        VfiNukeError: nothing is.
    """
    above = node.input(0)
    if above is None:
        raise VfiNukeError(f"{node.fullName()} has no input to take a range from; connect a clip")
    state(node, "inputFirst").setValue(int(above.firstFrame()))
    state(node, "inputLast").setValue(int(above.lastFrame()))
    update(node)
