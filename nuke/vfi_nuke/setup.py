"""Hooking the adapter into the host, and taking it out again."""

from __future__ import annotations

from importlib.util import find_spec

import nuke

from .buttons import create_from_menu, create_repair_from_menu
from .guard import before_frame_render, before_render
from .watch import knob_changed

_MENU = "Time"
_ENTRIES = {"VFIRetime": create_from_menu, "VFIRepair": create_repair_from_menu}
_WATCHED_CLASSES = ("Group", "NoOp")


def setup() -> None:
    """For ``init.py``: callbacks that keep old frames out of renders. Creates no user interface."""
    teardown()  # twice in a row must not mean two of each
    nuke.addBeforeRender(before_render, nodeClass="Write")
    nuke.addBeforeFrameRender(before_frame_render, nodeClass="Write")
    for kind in _WATCHED_CLASSES:
        nuke.addKnobChanged(knob_changed, nodeClass=kind)
    if find_spec("vfi_client") is None:
        nuke.tprint(
            "vfi: vfi_client.py is missing beside the plug-in, so nothing can be rendered; run: vfi install nuke"
        )


def teardown() -> None:
    """Takes back what `setup` did."""
    nuke.removeBeforeRender(before_render, nodeClass="Write")
    nuke.removeBeforeFrameRender(before_frame_render, nodeClass="Write")
    for kind in _WATCHED_CLASSES:
        nuke.removeKnobChanged(knob_changed, nodeClass=kind)


def setup_menu() -> None:
    """For ``menu.py``: the entries in the Time menu of the node toolbar."""
    for name, make in _ENTRIES.items():
        nuke.menu("Nodes").addMenu(_MENU).addCommand(name, make)


def teardown_menu() -> None:
    """Takes back what `setup_menu` did."""
    time = nuke.menu("Nodes").findItem(_MENU)
    if time is not None:
        for name in _ENTRIES:
            time.removeItem(name)
