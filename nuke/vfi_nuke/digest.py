"""Short digests of what a result depends on: the knobs, and what is at the input.

A result is current while both are what they were when it was rendered. They are the same in every session and on
every machine that sees the same files, so a farm and an artist find each other's frames.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from typing import Any

from .graph import EVERYTHING, walk_up
from .retime_node import core_options, input_range
from .source import Source, filtered, for_frame, for_view, read_pattern, views_in
from .timing import Timing

# Part of every digest: raise it when results of older versions of the adapter must not be used any more.
_VERSION = 1

# 48 bits: with a thousand results in a folder two share a name once in 500 million folders.
_LETTERS = 12

# Knobs that change how a node looks in the graph, or where it stands, and no pixel.
_LOOKS = {
    *("name", "label", "xpos", "ypos", "selected", "hide_input", "tile_color", "gl_color", "icon", "bookmark"),
    *("note_font", "note_font_size", "note_font_color", "postage_stamp", "postage_stamp_frame", "dope_sheet"),
    *("indicators", "cached", "lifetimeStart", "lifetimeEnd", "help", "panel", "process_mask", "knobChanged"),
}


def settings_digest(node: Any, timing: Timing) -> str:
    """Of the knobs of a VFIRetime."""
    return digest([_VERSION, timing.start, timing.positions, core_options(node)])


def content_digest(node: Any, source: Source) -> str:
    """Of what is at the input: nodes with their knobs, and names, sizes and dates of the files they read.

    A node that only an expression in a file name or in Python refers to is not seen.
    """
    if source.is_read:
        return digest([source.pattern, list(_files(source.node, node))])
    own = node.fullName()  # an expression above may look at our knobs, which other digests tell of
    found = [each for each in walk_up(source.node, EVERYTHING) if not f"{each.fullName()}.".startswith(f"{own}.")]
    return digest([_described(each, node) for each in found])


def result_digest(settings: str, content: str) -> str:
    """Of both, for the name of a folder."""
    return digest([settings, content])


def digest(facts: Any) -> str:
    """Of whatever JSON can tell."""
    text = json.dumps(facts, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_LETTERS]


def _described(found: Any, node: Any) -> list[Any]:
    knobs = {name: knob.toScript() for name, knob in found.knobs().items() if name not in _LOOKS}
    inputs = [found.input(number) for number in range(found.inputs())]
    names = [above.fullName() if above is not None else None for above in inputs]
    files = list(_files(found, node)) if found.Class() == "Read" else []
    return [found.Class(), found.fullName(), names, knobs, files]


def _files(read: Any, node: Any) -> Iterator[tuple[int, str, int, int]]:
    """Frame, view, size in bytes and date in seconds of each file; a plate that was published anew is another one."""
    first, last = input_range(node)
    pattern = read_pattern(read)
    for view in views_in(pattern):
        for frame in range(first, last + 1):
            path = filtered(for_frame(for_view(pattern, view), frame))
            try:
                found = os.stat(path)  # noqa: PTH116
            except OSError:
                continue
            yield frame, view, found.st_size, int(found.st_mtime)
