"""Making our nodes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nuke

from .errors import VfiNukeError
from .render import update
from .repair import update_repair
from .repair_node import check_repair, is_repair
from .retime_node import check_retime, state

GROUP_FILE = Path(__file__).with_name("VFIRetime.nk")
"""The group as script text. It is pasted, so that scripts hold all of it and open without the plug-in."""

REPAIR_FILE = Path(__file__).with_name("VFIRepair.nk")
"""The same of the VFIRepair."""


def create(above: Any = None) -> Any:
    """A new VFIRetime behind a node, with that clip's range.

    Args:
        above: what to retime; None: the node that is selected, if one is.

    Returns:
        The group.
    """
    return _paste(GROUP_FILE, above, check_retime)


def create_repair(above: Any = None) -> Any:
    """A new VFIRepair behind a node, as ``create`` makes a VFIRetime."""
    return _paste(REPAIR_FILE, above, check_repair)


def _paste(file: Path, above: Any, check: Callable[[Any], None]) -> Any:
    chosen = nuke.selectedNodes()
    above = above if above is not None else (chosen[0] if chosen else None)
    for node in chosen:
        node.setSelected(False)
    nuke.nodePaste(file.as_posix())
    made = nuke.selectedNode()
    check(made)
    made.setInput(0, above)
    if above is not None:
        reset_range(made)
    if nuke.GUI:
        made.showControlPanel()
    return made


def reset_range(node: Any) -> None:
    """Sets the input range of one of our nodes to that of what is connected.

    Raises:
        VfiNukeError: nothing is.
    """
    above = node.input(0)
    if above is None:
        raise VfiNukeError(f"{node.fullName()} has no input to take a range from; connect a clip")
    state(node, "inputFirst").setValue(int(above.firstFrame()))
    state(node, "inputLast").setValue(int(above.lastFrame()))
    (update_repair if is_repair(node) else update)(node)
