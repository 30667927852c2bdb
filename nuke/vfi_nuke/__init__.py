"""vfi-plugin in Nuke: the node VFIRetime, and rendering it by the core in a process of its own."""

from .buttons import create_from_menu, press
from .create import create, reset_range
from .errors import RenderStopped, StaleResultError, VfiNukeError
from .graph import retimes_above
from .render import render, start_render, update
from .setup import setup, setup_menu, teardown, teardown_menu

__all__ = [
    "RenderStopped",
    "StaleResultError",
    "VfiNukeError",
    "create",
    "create_from_menu",
    "press",
    "render",
    "reset_range",
    "retimes_above",
    "setup",
    "setup_menu",
    "start_render",
    "teardown",
    "teardown_menu",
    "update",
]
