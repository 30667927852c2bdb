"""The list of bad frames, as artists write it and as the core takes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .errors import VfiNukeError

KINDS = (
    *("duplicate", "dropped", "missing", "blurred", "flash", "black", "torn", "frozen", "nan", "unreadable"),
)
"""What the core can find; it checks them itself."""

# What a frame counts as where nobody said what is wrong: whatever it is, it is made anew whole.
_UNSAID = "torn"

_RANGE = re.compile(r"(-?\d+)(?:-(-?\d+)(?:x(\d+))?)?")

# Frames in one range: more is a slip of the pen.
_MOST = 100_000


@dataclass(frozen=True)
class BadFrames:
    """What is listed.

    Attributes:
        findings: as the core takes them: ``kind`` and ``frames``.
    """

    findings: tuple[Mapping[str, Any], ...]

    @property
    def frames(self) -> frozenset[int]:
        """All that will surely be made anew. Of a drop that is what lies around it, which the core decides."""
        listed = [each["frames"] for each in self.findings if each["kind"] != "dropped"]
        return frozenset(frame for frames in listed for frame in frames)


def parse(text: str) -> BadFrames:
    """Reads the knob: lines of frames, a kind behind them or none, and remarks behind ``#``.

    Raises:
        VfiNukeError: a line that means nothing; it is named.
    """
    findings = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].replace(",", " ").split()
        if not words:
            continue
        kind = words.pop() if words[-1][:1].isalpha() else _UNSAID
        if kind not in KINDS or not words:
            raise VfiNukeError(
                f'the line "{line.strip()}" of Bad Frames is no list of frames; write 1005 1010-1012, and behind it'
                f" what is wrong if you like: {', '.join(KINDS)}"
            )
        findings.append({"kind": kind, "frames": sorted({frame for word in words for frame in _frames(word, line)})})
        if kind == "dropped" and len(findings[-1]["frames"]) != 2:
            raise VfiNukeError(f'the line "{line.strip()}" of Bad Frames must name the two frames around the drop')
    return BadFrames(tuple(findings))


def with_found(text: str, findings: Sequence[Mapping[str, Any]]) -> str:
    """The list after a scan: lines that name no kind are the artist's and stay, the others are what was found."""
    kept = [line for line in text.splitlines() if line.strip() and not _names_a_kind(line)]
    found = [f"{frames_text(each['frames'])} {each['kind']}  # {_plain(each.get('why', ''))}" for each in findings]
    return "\n".join([*kept, *found])


def frames_text(frames: Iterable[int]) -> str:
    """``1010 1015-1017``."""
    runs: list[list[int]] = []
    for frame in sorted(set(frames)):
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return " ".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def _names_a_kind(line: str) -> bool:
    words = line.split("#", 1)[0].split()
    return bool(words) and words[-1] in KINDS


def _plain(text: str) -> str:
    # The host would take what stands in brackets, or behind a dollar sign, for Tcl.
    return re.sub(r"[\[\]$\\]", " ", text)


def _frames(word: str, line: str) -> range:
    found = _RANGE.fullmatch(word)
    first = int(found.group(1)) if found else 0
    last = int(found.group(2)) if found and found.group(2) else first
    step = int(found.group(3)) if found and found.group(3) else 1
    if found is None or not 0 <= last - first < _MOST or step < 1:
        raise VfiNukeError(f'"{word}" in the line "{line.strip()}" of Bad Frames is no frame; write 1005 or 1010-1012')
    return range(first, last + 1, step)
