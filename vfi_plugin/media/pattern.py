"""Names of numbered files: ``shot.####.exr`` and its relatives.

Notations: ``####`` (one # a digit, as in Nuke), ``%04d``, ``$F4`` (Houdini), ``@@@@`` (RV), ``shot.[1001-1100].exr``
(Resolve), ``shot.####.exr 1001-1100`` (what Nuke pastes), and one file of the sequence. fileseq parses the marks.
Numbers are written as C's ``printf`` writes them: ``%04d`` gives 0007, 12345 and -003.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import fileseq

from vfi_plugin.errors import UsageError

_MARK = re.compile(r"#+|@+|%0?\d*d|\$F\d*")
_BRACKETS = re.compile(r"\[(?P<first>-?\d+)-(?P<last>-?\d+)\]")
_PASTED_RANGE = re.compile(r"(?P<path>.*\S)\s+(?P<frames>-?\d+(?:-+\d+)?(?:x\d+)?(?:[\s,]+-?\d+(?:-+\d+)?(?:x\d+)?)*)")
# The last number before the suffix. A minus is a sign only where it cannot be a dash between name and number.
_NUMBERED_FILE = re.compile(r"(?P<prefix>.*?)(?P<number>(?:(?<=[._ ])-|(?<=^)-)?\d+)(?P<suffix>\.[^.\d][^.]*)")
_VERSION_BEFORE = re.compile(r"(?:^|[^A-Za-z])[vV]$")  # comp_v002.exr is version 2, not frame 2


@dataclass(frozen=True)
class SequencePattern:
    """The names of a sequence: ``folder / (prefix + number + suffix)``.

    Attributes:
        folder: where the files are.
        prefix, suffix: what stands before and after the number, dots included.
        padding: digits the number is filled to with zeros; longer numbers stay whole.
        frames: the numbers asked for by a range in the text (``[1001-1100]``, a pasted ``1001-1100``), or ().
    """

    folder: Path
    prefix: str
    padding: int
    suffix: str
    frames: tuple[int, ...] = ()

    def path(self, number: int) -> Path:
        """The file of frame ``number``."""
        return self.folder / f"{self.prefix}{number:0{self.padding}d}{self.suffix}"

    @property
    def text(self) -> str:
        """The pattern with one # a digit, folder included."""
        return str(self.folder / f"{self.prefix}{'#' * self.padding}{self.suffix}")

    def number_in(self, name: str) -> int | None:
        """The frame number in a file name of this sequence; None for other names.

        A sign may stand before the zeros (-0003) or take the place of one (-003).
        """
        if not name.startswith(self.prefix) or not name.endswith(self.suffix):
            return None
        digits = name[len(self.prefix) : len(name) - len(self.suffix)]
        if not re.fullmatch(r"-?[0-9]+", digits):
            return None
        number = int(digits)
        spelled = {f"{number:0{self.padding}d}"}
        if digits.startswith("-"):
            spelled.add(f"-{-number:0{self.padding}d}")
        return number if digits in spelled else None

    def __str__(self) -> str:
        return self.text


def parse_frames(text: str) -> tuple[int, ...]:
    """Numbers of a range as Nuke writes it (``1001-1100``, ``1-10x3``, ``1 3 4-8``, ``-8--5``), sorted, each once.

    Raises:
        UsageError: the text is not a range.
    """
    joined = ",".join(text.replace(",", " ").split())
    try:
        numbers = {int(number) for number in fileseq.FrameSet(joined)}
    except (fileseq.exceptions.FileSeqException, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f'"{text}" is not a frame range; write it as 1001-1100, 1-10x3 or 1 3 4-8 ({reason})'
        ) from None
    if not numbers:
        raise UsageError(f'"{text}" holds no frame; write a range as 1001-1100, 1-10x3 or 1 3 4-8')
    return tuple(sorted(numbers))


def _of_mark(path: str) -> SequencePattern | None:
    name = os.path.basename(path)  # noqa: PTH119  (a trailing mark such as "#" is no path that pathlib knows more of)
    marks = list(_MARK.finditer(name))
    if not marks:
        return None
    if len(marks) > 1:
        raise UsageError(f'"{name}" has {len(marks)} places for a number; a sequence has one')
    # Only the mark is given to fileseq: names with digits and dashes in them could be taken for ranges.
    mark = fileseq.FileSequence(f"x.{marks[0].group()}.y", pad_style=fileseq.PAD_STYLE_HASH1)
    before, after = name[: marks[0].start()], name[marks[0].end() :]
    return SequencePattern(Path(path).parent, before, max(mark.zfill(), 1), after)


def _of_brackets(path: str) -> SequencePattern | None:
    name = Path(path).name
    match = _BRACKETS.search(name)
    if not match:
        return None
    frames = parse_frames(f"{match['first']}-{match['last']}")
    padding = len(match["first"].lstrip("-"))
    return SequencePattern(Path(path).parent, name[: match.start()], padding, name[match.end() :], frames)


def _of_file(path: str) -> SequencePattern | None:
    match = _NUMBERED_FILE.fullmatch(Path(path).name)
    if not match or _VERSION_BEFORE.search(match["prefix"]):
        return None
    return SequencePattern(Path(path).parent, match["prefix"], len(match["number"].lstrip("-")), match["suffix"])


def parse_pattern(text: str | Path) -> SequencePattern | None:
    """The sequence that ``text`` names, or None where it names one file without a number.

    A file that exists is taken as it is: ``shot.1001.exr`` is a frame of ``shot.####.exr``, whatever its name holds.

    Raises:
        UsageError: two marks in one name, or a range that is none.
    """
    path = os.path.expanduser(str(text).strip())  # noqa: PTH111  (pathlib would raise for an unknown user)
    if Path(path).is_file():
        return _of_file(path)
    pattern = _of_mark(path)
    pasted = _PASTED_RANGE.fullmatch(path)
    if pattern and pasted and _of_mark(pasted["path"]):
        found = _of_mark(pasted["path"])
        return replace(found, frames=parse_frames(pasted["frames"])) if found else None
    return pattern or _of_brackets(path) or _of_file(path)


def find_files(pattern: SequencePattern) -> Mapping[int, Path]:
    """Frame number -> file for every frame that is there, in numeric order; a missing folder has none."""
    found: dict[int, Path] = {}
    if not pattern.folder.is_dir():
        return found
    with os.scandir(pattern.folder) as entries:
        for entry in entries:
            number = pattern.number_in(entry.name)
            if number is not None and entry.is_file():
                found[number] = pattern.folder / entry.name
    return dict(sorted(found.items()))


def find_frames(pattern: SequencePattern) -> tuple[int, ...]:
    """Numbers of the frames that are there, in numeric order; all of them, whatever range the text asked for."""
    return tuple(find_files(pattern))
