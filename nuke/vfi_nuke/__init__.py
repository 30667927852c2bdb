"""vfi-plugin in Nuke: the nodes VFIRetime and VFIRepair, rendered by the core in a process of its own."""

from .buttons import create_from_menu, create_repair_from_menu, press
from .create import create, create_repair, reset_range
from .errors import RenderStopped, StaleResultError, VfiNukeError
from .graph import repairs_above, retimes_above
from .render import render, start_render, update
from .repair import repair, scan, start_repair, start_scan, update_repair
from .setup import setup, setup_menu, teardown, teardown_menu

__all__ = [
    "RenderStopped",
    "StaleResultError",
    "VfiNukeError",
    "create",
    "create_from_menu",
    "create_repair",
    "create_repair_from_menu",
    "press",
    "render",
    "repair",
    "repairs_above",
    "reset_range",
    "retimes_above",
    "scan",
    "setup",
    "setup_menu",
    "start_render",
    "start_repair",
    "start_scan",
    "teardown",
    "teardown_menu",
    "update",
    "update_repair",
]
