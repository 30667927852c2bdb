"""What lies at the input: a Read whose files can be used as they are, or a picture that must be baked first."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

import nuke

from .errors import VfiNukeError
from .graph import outside

_FRAME_TOKEN = re.compile(r"%0?\d*d|#+")
_VIEW_TOKEN = re.compile(r"%V|%v")

# Pass-through nodes: nothing happens to the picture in them.
_TRANSPARENT = ("Dot", "NoOp", "Input")


@dataclass(frozen=True)
class Source:
    """Where the frames come from.

    Attributes:
        node: the Read, or whatever is connected to the input.
        pattern: the Read's file with everything evaluated but frame and view; empty where a bake is needed.
    """

    node: Any
    pattern: str

    @property
    def stem(self) -> str:
        """The part of the files' names before frame and view; empty without a pattern."""
        name = PurePosixPath(self.pattern).name
        return _FRAME_TOKEN.split(_VIEW_TOKEN.sub("", name))[0].rstrip("._-")

    @property
    def is_read(self) -> bool:
        """Whether the core can read the very files that the host reads."""
        return bool(self.pattern)


def find_source(node: Any) -> Source:
    """Follows the input of a VFIRetime up to a Read of an EXR sequence, through whatever changes nothing.

    Raises:
        VfiNukeError: nothing is connected.
    """
    above = node.input(0)
    if above is None:
        raise VfiNukeError(f"{node.fullName()} has no input; connect a clip")
    found: Any = above
    while found is not None and _changes_nothing(found):
        found = outside(found) or found.input(0)
    if found is not None and found.Class() == "Read" and _files_are_the_picture(found):
        return Source(found, read_pattern(found))
    return Source(above, "")


def read_pattern(read: Any) -> str:
    """The file of a Read as an absolute pattern, without the site's filename filters."""
    # Neither nuke.filename, which gives the proxy file while proxies are on, nor evaluate(), which fills in the frame.
    text = str(read["file"].value() or "")
    path = str(read["file"].getEvaluatedValue() or "") if "[" in text else text
    path = path.replace("\\", "/")
    if not path or is_absolute(path):
        return path
    root: Any = nuke.root()
    folder = root["project_directory"].evaluate() or os.getcwd()  # noqa: PTH109
    return f"{str(folder).rstrip('/')}/{path}"


def is_absolute(path: str) -> bool:
    """Whether a path begins at a root: `/mnt/q`, `Q:/` or `//server/share`, on whatever system it is asked."""
    return PurePosixPath(path).is_absolute() or PureWindowsPath(path).is_absolute()


def filtered(path: str) -> str:
    """A path as this machine has it: a site's filename filters turn one system's drives into another's."""
    return str(nuke.filenameFilter(path) or path)


def views_in(pattern: str) -> list[str]:
    """The views a pattern has files for: all of the script's, or one without a name."""
    return list(nuke.views()) if _VIEW_TOKEN.search(pattern) else [""]


def for_view(pattern: str, view: str) -> str:
    """A pattern with its view filled in: %V is the name, %v its first letter."""
    return pattern.replace("%V", view).replace("%v", view[:1])


def for_frame(pattern: str, frame: int) -> str:
    """A pattern with its frame filled in, as the host does it: a minus counts as a digit."""
    return _FRAME_TOKEN.sub(lambda token: f"{frame:0{_digits(token.group())}d}", pattern)


def _digits(token: str) -> int:
    return len(token) if token.startswith("#") else int(token[1:-1] or 0)


def _changes_nothing(node: Any) -> bool:
    disable = node.knob("disable")
    is_off = disable is not None and not disable.hasExpression() and not disable.isAnimated() and disable.value()
    return node.Class() != "Read" and (node.Class() in _TRANSPARENT or (is_off and node.inputs() > 0))


def _files_are_the_picture(read: Any) -> bool:
    """Whether what is in the files is what the Read shows but for colour, which the result's Read repeats."""
    path = read_pattern(read)
    shifted = str(read["frame"].value()).strip() or (read["frame_mode"].value() != "expression")
    return (
        path.lower().endswith(".exr")
        and _FRAME_TOKEN.search(PurePosixPath(path).name) is not None
        and not shifted
        and not read["disable"].value()
        and read["on_error"].value() == "error"
    )
