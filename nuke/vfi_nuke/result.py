"""Rendered frames on disk, and showing them in the group."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nuke

from .digest import content_digest, result_digest, settings_digest
from .errors import VfiNukeError
from .retime_node import inside, no_undo, state
from .source import Source, filtered, find_source, for_view, is_absolute, views_in
from .timing import Timing, sample_timing

# Knobs by which a Read turns file values into what the host shows. The result has the same values in the same colour
# space as the source's files, so it is read in the same way.
_COLOUR_KNOBS = ("raw", "colorspace", "premultiplied", "auto_alpha")


@dataclass(frozen=True)
class Wanted:
    """What a VFIRetime should show now, and where its frames are if they were rendered.

    Attributes:
        source: what is at the input.
        timing: position of each output frame.
        settings, content: digests of knobs and input.
        pattern: the frames' files, with `%04d` and, for several views, `%V`.
    """

    source: Source
    timing: Timing
    settings: str
    content: str
    pattern: str

    @property
    def folder(self) -> Path:
        """The folder of the frames, as this machine has it."""
        return Path(filtered(self.pattern)).parent


def wanted_result(node: Any) -> Wanted:
    """What the group should show with its knobs and input as they are.

    Raises:
        VfiNukeError: there is no input, no folder to write to, or the timing leads nowhere.
    """
    source, timing = find_source(node), sample_timing(node)
    settings, content = settings_digest(node, timing), content_digest(node, source)
    name = stem_of(source)
    is_stereo = len(views_in(source.pattern) if source.is_read else nuke.views()) > 1
    file = f"{name}.%V.%04d.exr" if is_stereo else f"{name}.%04d.exr"
    folder = f"{output_folder(node)}/{name}_{result_digest(settings, content)}"
    return Wanted(source, timing, settings, content, f"{folder}/{file}")


def stem_of(source: Source) -> str:
    """Start of the frames' names: that of the plate, else of the node. Not our node's, which may be renamed."""
    name = source.stem or source.node.name()
    return re.sub(r"[%#\[\]]", "_", name)


def output_folder(node: Any) -> str:
    """The folder in which each result has a folder of its own, as an absolute path with forward slashes.

    Raises:
        VfiNukeError: the knob is empty or relative while the script has no place yet.
    """
    given = node["outputFolder"].evaluate() or ""
    path = str(given).strip().replace("\\", "/").rstrip("/") or "vfi"
    if is_absolute(path):
        return path
    script = str(nuke.script_directory() or "").replace("\\", "/").rstrip("/")
    if not script:
        raise VfiNukeError("there is no folder for the frames: save the script first, or set Output Folder")
    return f"{script}/{path}"


def make_folder(wanted: Wanted) -> None:
    """Makes the folder of the frames.

    Raises:
        VfiNukeError: this machine may not write there.
    """
    try:
        wanted.folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VfiNukeError(
            f"the folder {wanted.folder} cannot be made: {error.strerror}; set Output Folder to one you may write to"
        ) from error


def present_frames(wanted: Wanted) -> list[int]:
    """Output frames whose files are there, in every view. A file under its final name is whole."""
    views = [numbers_there(Path(filtered(for_view(wanted.pattern, view)))) for view in views_in(wanted.pattern)]
    return sorted(set(wanted.timing.frames).intersection(*views))


def missing_frames(wanted: Wanted) -> list[int]:
    """Output frames that are not there, in any view."""
    present = set(present_frames(wanted))
    return [number for number in wanted.timing.frames if number not in present]


def show_result(node: Any, wanted: Wanted, present: Iterable[int]) -> None:
    """Lets the group show the frames that are there, and the preview for the others. Main thread only.

    What stands already is not set again: a script that is only looked at stays unmodified.
    """
    frames = set(present)
    status = _status(len(frames), len(wanted.timing.positions))
    with no_undo():
        _remember(node, wanted, frames)
        if frames:
            point_at(inside(node, "Result"), wanted, reload=node["status"].value() != status)
        set_knob(node["status"], status)


def _remember(node: Any, wanted: Wanted, frames: set[int]) -> None:
    facts = {
        "outputFirst": wanted.timing.start,
        "outputLast": wanted.timing.last,
        "settings": wanted.settings if frames else "",
        "content": wanted.content if frames else "",
    }
    for name, value in facts.items():
        set_knob(state(node, name), value)
    switch(state(node, "rendered"), {number: int(number in frames) for number in wanted.timing.frames})


def hide_result(node: Any, status: str) -> None:
    """Lets the group show the preview alone, and says why."""
    with no_undo():
        hold(state(node, "rendered"), 0)
        set_knob(node["status"], status)


def point_at(read: Any, wanted: Wanted, *, reload: bool) -> None:
    """Lets a Read of the group show the frames, as the source is read."""
    is_new = read["file"].value() != wanted.pattern
    set_knob(read["file"], wanted.pattern)
    for name, value in (("first", wanted.timing.start), ("last", wanted.timing.last)):
        # Together: with the original range left behind a Read cuts first and last down to it.
        set_knob(read[f"orig{name}"], value)
        set_knob(read[name], value)
    if wanted.source.is_read:
        _read_alike(read, wanted.source.node)
    else:
        set_knob(read["raw"], True)
    if is_new or reload:  # a frame that was not there is remembered as missing
        read["reload"].execute()


def _read_alike(read: Any, source: Any) -> None:
    for name in _COLOUR_KNOBS:
        if read.knob(name) is not None and source.knob(name) is not None:
            set_knob(read[name], source[name].value())


def set_knob(knob: Any, value: Any) -> None:
    """Sets what is not so already: else a script that is only looked at would count as modified."""
    if knob.value() != value:
        knob.setValue(value)


def switch(knob: Any, values: Mapping[int, int]) -> None:
    """A value for each frame, ascending. Before the first and behind the last key a curve goes on as it is there."""
    keys = list(values.items())
    changes = [keys[0], *[now for before, now in zip(keys, keys[1:]) if before[1] != now[1]]]
    if len(changes) == 1:
        hold(knob, changes[0][1])
        return
    curve = "{curve K " + " ".join(f"x{number} {value}" for number, value in changes) + "}"
    if knob.toScript() != curve:
        knob.fromScript(curve)


def hold(knob: Any, value: int) -> None:
    """One value at all times."""
    if knob.isAnimated():
        knob.clearAnimated()
    set_knob(knob, value)


def _status(present: int, total: int) -> str:
    if present == total:
        return f"rendered, {total} frames"
    return f"{present} of {total} frames rendered" if present else f"not rendered, {total} frames"


def numbers_there(pattern: Path) -> set[int]:
    """Numbers of the files of a pattern."""
    before, after = pattern.name.split("%04d")
    fits = re.compile(re.escape(before) + r"(-?\d{3,})" + re.escape(after))
    try:
        names = os.listdir(pattern.parent)  # noqa: PTH208
    except OSError:
        return set()
    return {int(found.group(1)) for found in map(fits.fullmatch, names) if found}
