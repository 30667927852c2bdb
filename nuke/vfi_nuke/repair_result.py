"""Repaired frames on disk, and showing them in the group: only these, all others are the source's own."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nuke

from .bad_frames import BadFrames, frames_text
from .digest import content_digest, digest, result_digest
from .errors import VfiNukeError
from .repair_node import listed, repair_options
from .result import Wanted, hold, numbers_there, output_folder, point_at, set_knob, stem_of, switch
from .retime_node import inside, input_range, no_undo, state
from .source import filtered, find_source, for_view, views_in
from .timing import Timing

_DONE = "repaired.json"
"""Beside the frames: which ones the core made, told when all were there. A drop moves frames that no list names."""

SOURCE, REPAIRED, PREVIEW = 0, 1, 2
"""Inputs of the switch in the group."""


@dataclass(frozen=True)
class WantedRepair:
    """What a VFIRepair should show now.

    Attributes:
        result: source, digests and files; its timing is the input range.
        bad: what is listed.
    """

    result: Wanted
    bad: BadFrames

    @property
    def list_file(self) -> Path:
        """See ``_DONE``."""
        return self.result.folder / _DONE

    def to_be(self) -> frozenset[int]:
        """Frames that are to be shown repaired: those that the core made, else those that are listed."""
        try:
            return frozenset(json.loads(self.list_file.read_text("utf-8")))
        except (OSError, ValueError):
            return self.bad.frames


def wanted_repair(node: Any) -> WantedRepair:
    """What the group should show with its knobs and input as they are.

    Raises:
        VfiNukeError: there is no input or no folder to write to, or the list means nothing.
    """
    source, (first, last), bad = find_source(node), input_range(node), listed(node)
    timing = Timing(first, tuple(str(number) for number in range(first, last + 1)))
    settings, content = repair_settings(node, bad), content_digest(node, source)
    name = stem_of(source)
    is_stereo = len(views_in(source.pattern) if source.is_read else nuke.views()) > 1
    file = f"{name}.%V.%04d.exr" if is_stereo else f"{name}.%04d.exr"
    folder = f"{output_folder(node)}/{name}_repaired_{result_digest(settings, content)}"
    return WantedRepair(Wanted(source, timing, settings, content, f"{folder}/{file}"), bad)


def repair_settings(node: Any, bad: BadFrames) -> str:
    """Digest of the knobs of a VFIRepair."""
    return digest(["repair", *input_range(node), [dict(each) for each in bad.findings], repair_options(node)])


def remember_made(wanted: WantedRepair, frames: Iterable[int]) -> None:
    """Writes which frames the core made."""
    wanted.list_file.write_text(json.dumps(sorted(frames)), "utf-8")


def repaired_frames(wanted: WantedRepair) -> list[int]:
    """Repaired frames whose files are there, in every view."""
    return sorted(wanted.to_be() & _present(wanted.result))


def show_repair(node: Any, wanted: WantedRepair) -> list[int]:
    """Lets the group show the repaired frames that are there, and a held one for others. Main thread only.

    Returns:
        The numbers of those that are there.
    """
    to_be, present = wanted.to_be(), repaired_frames(wanted)
    status = _status(sorted(to_be), present)
    with no_undo():
        set_knob(state(node, "settings"), wanted.result.settings if present else "")
        set_knob(state(node, "content"), wanted.result.content if present else "")
        show_frames(node, to_be, frozenset(present))
        if present:
            point_at(inside(node, "Result"), wanted.result, reload=node["status"].value() != status)
        set_knob(node["status"], status)
    return present


def show_frames(node: Any, bad: frozenset[int], present: frozenset[int]) -> None:
    """Sets what is shown when: for bad frames the repaired one where it is there, else the good one before."""
    first, last = input_range(node)
    numbers = range(min([first, *bad]), max([last, *bad]) + 2)  # a key behind the last ends what it says
    choice = {number: REPAIRED if number in present else PREVIEW if number in bad else SOURCE for number in numbers}
    switch(state(node, "show"), choice)
    held, holds = numbers.start, {}
    for number in numbers:
        held = held if number in bad else number
        holds[number] = held
    if PREVIEW in choice.values():
        switch(state(node, "before"), holds)


def hide_repair(node: Any, status: str) -> None:
    """Shows no repaired frame, and says why. What is listed is shown held, where the list can be read."""
    with no_undo():
        try:
            show_frames(node, listed(node).frames, frozenset())
        except VfiNukeError:
            hold(state(node, "show"), SOURCE)
        set_knob(node["status"], status)


def _present(wanted: Wanted) -> frozenset[int]:
    """Repaired frames whose files are there, in every view. A file under its final name is whole."""
    views = [numbers_there(Path(filtered(for_view(wanted.pattern, view)))) for view in views_in(wanted.pattern)]
    return frozenset(views[0].intersection(*views[1:]))


def _status(to_be: list[int], present: list[int]) -> str:
    if not to_be:
        return "no bad frames are listed"
    if len(present) == len(to_be):
        return f"repaired: {frames_text(present)}"
    return f"{len(present)} of {len(to_be)} frames repaired" if present else f"not repaired: {frames_text(to_be)}"
