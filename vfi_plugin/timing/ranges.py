"""Frame ranges as typed in Nuke: ``1001-1019``, ``1-10x3``, ``1 3 4-8``, negative numbers too."""

from __future__ import annotations

import re
from collections.abc import Iterable

from vfi_plugin.errors import UsageError

_PART = re.compile(r"(-?\d+)(?:-(-?\d+)(?:[x:](\d+))?)?", re.ASCII)
_EXAMPLE = "expected ranges such as 1001-1100, 1-10x3 or 1 3 4-8"
# Ten million frames are 115 hours at 24 fps: more is a slip of the finger, and would fill the memory.
_MOST_FRAMES = 10_000_000


def parse_range(text: str) -> tuple[int, ...]:
    """The frames named by ``text``, each once, in rising order.

    Parts are separated by blanks or commas: ``3``, ``-3``, ``1-10``, ``-8--5``, ``1-10x3`` (1 4 7 10). The step may
    also be written as in OpenJD, ``1-100:10``. Source: the frame range table of Nuke's user guide.

    Raises:
        UsageError: nothing named, a part that is no range, a range that falls, a step of 0.
    """
    parts = text.replace(",", " ").split()
    if not parts:
        raise UsageError(f"an empty frame range {text!r}; {_EXAMPLE}")
    frames: set[int] = set()
    for part in parts:
        frames.update(_frames_of(part))
        if len(frames) > _MOST_FRAMES:
            raise UsageError(_too_long(text))
    return tuple(sorted(frames))


def format_range(numbers: Iterable[int]) -> str:
    """The shortest usual way to write these frames: ``1001-1019``, ``1-10x3``, ``1 3 8-10``; "" for none."""
    frames = sorted(set(numbers))
    parts: list[str] = []
    at = 0
    while at < len(frames):
        length = _run_length(frames, at)
        step = frames[at + 1] - frames[at] if length > 1 else 1
        # Two frames apart are clearer as two numbers than as a range with a step.
        if length == 2 and step > 1:
            length = 1
        parts.append(_part(frames[at], frames[at + length - 1], step))
        at += length
    return " ".join(parts)


def _frames_of(part: str) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise UsageError(f"{part!r} is no frame range; {_EXAMPLE}")
    first = int(match[1])
    last = first if match[2] is None else int(match[2])
    step = 1 if match[3] is None else int(match[3])
    if last < first:
        raise UsageError(f"the frame range {part!r} falls; write {last}-{first}")
    if step == 0:
        raise UsageError(f"the frame range {part!r} has a step of 0; {_EXAMPLE}")
    if (last - first) // step >= _MOST_FRAMES:
        raise UsageError(_too_long(part))
    return range(first, last + 1, step)


def _too_long(text: str) -> str:
    return f"the frame range {text!r} names more than {_MOST_FRAMES} frames; give a shorter one"


def _run_length(frames: list[int], at: int) -> int:
    """How many frames from ``at`` on follow each other with the same step."""
    end = at + 1
    while end < len(frames) and frames[end] - frames[end - 1] == frames[at + 1] - frames[at]:
        end += 1
    return end - at


def _part(first: int, last: int, step: int) -> str:
    if first == last:
        return str(first)
    return f"{first}-{last}" if step == 1 else f"{first}-{last}x{step}"
