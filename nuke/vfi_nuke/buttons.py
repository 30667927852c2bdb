"""What the buttons of a VFIRetime and its menu entry do; errors become the host's own message."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nuke

from .core import core_worker
from .create import create, reset_range
from .display import tell
from .errors import VfiNukeError
from .render import render, start_render, update


def press(action: str) -> None:
    """Runs a button of the node at hand: ``reset``, ``model``, ``device``, ``render`` or ``update``."""
    _said_in_a_dialogue(lambda: _ACTIONS[action](nuke.thisNode()))


def create_from_menu() -> None:
    """The entry in the Time menu."""
    # The graph that the artist looks at; the stubs and older hosts do not know it.
    with getattr(nuke, "lastHitGroup", nuke.root)():
        _said_in_a_dialogue(create)


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
    if nuke.GUI:
        start_render(node)
    else:
        render(node)


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
    "render": _render,
    "update": update,
}
