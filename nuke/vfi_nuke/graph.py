"""Going up the node graph, out of and into groups."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import nuke

from .repair_node import is_repair
from .retime_node import is_retime

PIPES = nuke.INPUTS | nuke.HIDDEN_INPUTS
"""What a picture flows through."""

EVERYTHING = PIPES | nuke.EXPRESSIONS
"""Also the nodes that a knob's expression looks at."""


def outside(node: Any) -> Any:
    """What is connected to the group's input that an Input node stands for; None for any other node."""
    if node.Class() != "Input":
        return None
    group = node.parent()
    return None if group is None or group.Class() == "Root" else group.input(int(node["number"].value()))


def walk_up(node: Any, what: int) -> Iterator[Any]:
    """The node and all it depends on, each once, in an order that does not change; groups with what is in them."""
    seen: set[str] = set()
    waiting = [node]
    while waiting:
        found = waiting.pop()
        if found.fullName() in seen or found.Class() in ("Root", "Viewer"):
            continue
        seen.add(found.fullName())
        yield found
        beyond = outside(found)
        waiting.extend([beyond] if beyond is not None else [])
        waiting.extend(found.dependencies(what))
        waiting.extend(found.nodes() if isinstance(found, nuke.Group) else ())


def retimes_above(node: Any) -> Iterator[Any]:
    """Every VFIRetime that a picture at this node may come from, the node itself left out."""
    return _above(node, is_retime)


def repairs_above(node: Any) -> Iterator[Any]:
    """The same for every VFIRepair."""
    return _above(node, is_repair)


def highest_first(node: Any) -> list[Any]:
    """Both, each behind all that are above it."""
    return sorted(_ours_above(node), key=lambda found: len(list(_ours_above(found))))


def _ours_above(node: Any) -> Iterator[Any]:
    return _above(node, lambda found: is_retime(found) or is_repair(found))


def _above(node: Any, is_it: Callable[[Any], bool]) -> Iterator[Any]:
    own = node.fullName()
    for found in walk_up(node, PIPES):
        if found.fullName() != own and is_it(found) and not found["disable"].value():
            yield found
