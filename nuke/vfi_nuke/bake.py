"""Writing what is at the input to disk, where the core cannot read the files behind it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nuke

from .errors import VfiNukeError
from .retime_node import input_range, inside, no_undo

# Spellings of these differ between versions of the host: the first offered value that contains the text is taken.
# Full floats, because that is what flows in the host: a frame that is not moved must come back as the same bits.
_EXR_KNOBS = {"datatype": "32 bit", "compression": "zip (1 ", "metadata": "all metadata"}


def choose(knob: Any, wanted: str) -> None:
    """Sets an enumeration to the offered value that is, or else contains, a text; small and large letters are one.

    Raises:
        VfiNukeError: there is none; the message lists what is offered.
    """
    offered = [str(value).split("\t")[0] for value in knob.values()]
    fits = sorted((value for value in offered if wanted.lower() in value.lower()), key=len)
    if not fits:
        raise VfiNukeError(
            f"this Nuke offers no {wanted!r} in the knob {knob.name()}, but {', '.join(offered)}; report it, please"
        )
    knob.setValue(fits[0])


@contextmanager
def baked(node: Any, folder: Path) -> Iterator[str]:
    """The input of a VFIRetime as raw EXR files in a folder that exists, gone again afterwards; yields their pattern.

    All channels in full floats, the bounding box kept, never at proxy size. A folder of its own for each bake: two
    sessions may work on one script. Only the main thread may enter and leave.

    Raises:
        VfiNukeError: the host could not render the input, or was told to stop.
    """
    place = Path(tempfile.mkdtemp(prefix="baking_", dir=folder))
    try:
        yield _bake(node, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _bake(node: Any, place: Path) -> str:
    first, last = input_range(node)
    views = list(nuke.views())
    # One file for each view: then each is an ordinary EXR, which every reader understands.
    name = "source.%V.%04d.exr" if len(views) > 1 else "source.%04d.exr"
    pattern = f"{place.as_posix()}/{name}"
    with _scratch_write(node, pattern) as write, _full_size():
        try:
            nuke.execute(write, first, last, 1, views)
        except RuntimeError as error:
            raise VfiNukeError(f"the input of {node.fullName()} could not be rendered: {error}") from error
    return pattern


@contextmanager
def _scratch_write(node: Any, pattern: str) -> Iterator[Any]:
    """A Write at the group's inner input, which leaves no trace in the script or its undo list."""
    with no_undo():
        with node:
            write = nuke.nodes.Write(inputs=[inside(node, "Source")])
        try:
            _set_up(write, pattern)
            yield write
        finally:
            nuke.delete(write)


def _set_up(write: Any, pattern: str) -> None:
    write["file"].setValue(pattern)
    choose(write["file_type"], "exr")  # the knobs below exist only from here on
    write["raw"].setValue(True)
    write["channels"].setValue("all")
    for name, wanted in _EXR_KNOBS.items():
        choose(write[name], wanted)
    if write.knob("autocrop") is not None:
        write["autocrop"].setValue(False)


@contextmanager
def _full_size() -> Iterator[None]:
    root = nuke.root()
    was_proxy = bool(root["proxy"].value())
    root.setProxy(False)
    try:
        yield
    finally:
        root.setProxy(was_proxy)
