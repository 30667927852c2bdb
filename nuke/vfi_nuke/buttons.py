"""What the buttons of our nodes and the menu entries do; errors become the host's own message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nuke

from .core import core_worker
from .create import create, create_repair, reset_range
from .display import tell
from .errors import VfiNukeError
from .render import render, start_render, update
from .repair import repair, scan, start_repair, start_scan, update_repair
from .repair_node import is_repair


def press(action: str) -> None:
    """Runs a button of the node at hand: ``reset``, ``model``, ``device``, ``scan``, ``render`` or ``update``."""
    _said_in_a_dialogue(lambda: _ACTIONS[action](nuke.thisNode()))


def create_from_menu() -> None:
    """The entry VFIRetime in the Time menu."""
    _create(create)


def create_repair_from_menu() -> None:
    """The entry VFIRepair in the Time menu."""
    _create(create_repair)


def _create(make: Callable[[], Any]) -> None:
    # The graph that the artist looks at; the stubs and older hosts do not know it.
    with getattr(nuke, "lastHitGroup", nuke.root)():
        _said_in_a_dialogue(make)


def choose_model(node: Any) -> None:
    """Asks which of the core's models to use."""
    with core_worker() as worker:
        models = worker.hello["models"]
    titles = [f"{model['name']}: {model['title']} (weights: {model['weights']})" for model in models]
    chosen = nuke.choice("Model", "Which model finds the motion?", titles)
    if chosen is not None:
        node["model"].setValue(models[chosen]["name"])


def choose_device(node: Any) -> None:
    """Asks on which of this machine's devices to work."""
    with core_worker() as worker:
        devices = [{"name": "auto", "title": "the fastest there is"}, *worker.hello["devices"]]
    chosen = nuke.choice("Device", "Where to work?", [f"{device['name']}: {device['title']}" for device in devices])
    if chosen is not None:
        node["device"].setValue(devices[chosen]["name"])


def _render(node: Any) -> None:
    waits, starts = (repair, start_repair) if is_repair(node) else (render, start_render)
    (starts if nuke.GUI else waits)(node)


def _scan(node: Any) -> None:
    (start_scan if nuke.GUI else scan)(node)


def _update(node: Any) -> None:
    (update_repair if is_repair(node) else update)(node)


def _said_in_a_dialogue(run: Callable[[], Any]) -> None:
    try:
        run()
    except VfiNukeError as error:
        if not nuke.GUI:
            raise
        tell(str(error))


_ACTIONS: dict[str, Callable[[Any], Any]] = {
    "reset": reset_range,
    "model": choose_model,
    "device": choose_device,
    "scan": _scan,
    "render": _render,
    "update": _update,
}
