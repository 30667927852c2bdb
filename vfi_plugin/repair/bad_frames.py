"""Which frames are to be repaired: from a scan's report, a list, or a frame range."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.timing.ranges import parse_range

_COUNTED = re.compile(r"(-?\d+)\s*,\s*(-?\d+)", re.ASCII)
_MOST_COUNTED = 1_000_000  # eleven hours at 24 fps; more is a slip of the finger


@dataclass(frozen=True)
class Drop:
    """Time that is lost between two frames: ``lost`` frames, just before frame ``before``."""

    before: int
    lost: int


@dataclass(frozen=True)
class BadFrames:
    """What is wrong where.

    Attributes:
        frames: number -> what is wrong with it; None where a person named it without saying.
        drops: where frames are lost, ascending.
        avoided: frames that are not to be repaired, but must not serve as good ones either.
        cuts: frames that begin a new shot; None where nobody has looked for any yet.
    """

    frames: Mapping[int, Kind | None] = field(default_factory=dict)
    drops: tuple[Drop, ...] = ()
    avoided: frozenset[int] = frozenset()
    cuts: tuple[int, ...] | None = None

    @classmethod
    def of_report(cls, report: ScanReport, kinds: Collection[Kind] | None = None) -> BadFrames:
        """The findings of ``kinds`` (None: of all); frames of other findings are avoided.

        A frame that several findings name is repaired as what is worst: whatever it is, a repeat is the least.
        """
        chosen = set(Kind) if kinds is None else set(kinds)
        frames: dict[int, Kind | None] = {}
        avoided: set[int] = set()
        for finding in report.findings:
            if finding.kind is Kind.DROPPED:
                continue
            if finding.kind not in chosen:
                avoided.update(finding.frames)
                continue
            for number in finding.frames:
                if frames.get(number) in (None, Kind.DUPLICATE):
                    frames[number] = finding.kind
        found = report.of_kind(Kind.DROPPED) if Kind.DROPPED in chosen else ()
        drops = tuple(Drop(finding.frames[1], finding.lost) for finding in found)
        # Numbers are there where a scan has looked at frames; a report written by hand says nothing about cuts.
        cuts = tuple(sorted(report.context.cuts)) if report.numbers or report.context.cuts else None
        return cls(dict(sorted(frames.items())), drops, frozenset(avoided - set(frames)), cuts)

    @classmethod
    def of_list(cls, text: str, where: str = "the list") -> BadFrames:
        """``frame,count`` a line, as AviSynth users write them; also a frame or a range a line.

        ``#`` begins a comment; blank lines are nothing.

        Raises:
            UsageError: a line that is none of these; it is named.
        """
        found: set[int] = set()
        for at, line in enumerate(text.splitlines(), 1):
            said = line.split("#", 1)[0].strip()
            if said:
                found.update(_numbers(said, f"line {at} of {where}"))
        if not found:
            raise UsageError(f'{where} names no frame; write "1040,1" (frame, count), "1040" or "1015-1017" a line')
        return cls(dict.fromkeys(sorted(found)))

    @classmethod
    def of_range(cls, text: str) -> BadFrames:
        """Frames as Nuke writes them: ``1005 1010 1015-1017``. Raises UsageError."""
        return cls(dict.fromkeys(parse_range(text)))

    @property
    def unusable(self) -> frozenset[int]:
        """Frames that no other may be made from."""
        return self.avoided | frozenset(self.frames)

    def said_to_be(self, kind: Kind) -> BadFrames:
        """The same, where nobody said what is wrong with a frame: this kind."""
        return replace(self, frames={number: found or kind for number, found in self.frames.items()})

    def with_cuts(self, cuts: Collection[int]) -> BadFrames:
        """The same with these cuts, whatever was known before."""
        return replace(self, cuts=tuple(sorted(cuts)))

    def with_missing(self, there: Collection[int]) -> BadFrames:
        """The same; frames that are not ``there`` are missing, whatever they were said to be."""
        present = frozenset(there)
        kinds = {number: kind if number in present else Kind.MISSING for number, kind in self.frames.items()}
        return replace(self, frames=kinds)

    def without(self, numbers: Collection[int]) -> BadFrames:
        """The same, some frames neither repaired nor avoided."""
        kept = {number: kind for number, kind in self.frames.items() if number not in numbers}
        return replace(self, frames=kept, avoided=self.avoided - frozenset(numbers))

    def avoiding(self, found: Mapping[int, Kind]) -> BadFrames:
        """The same, with frames that were found not to serve as good ones; a repeat is then more than that."""
        frames = {number: found.get(number, kind) for number, kind in self.frames.items()}
        return replace(self, frames=frames, avoided=self.avoided | (frozenset(found) - frozenset(frames)))


def read_list(path: str | Path) -> BadFrames:
    """The frames that a file lists, see ``BadFrames.of_list``.

    Raises:
        InputError: there is no such file, or it is no text.
        UsageError: a line that cannot be read.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot read the list {path}: {error.strerror}; give a text file of frames") from None
    except UnicodeDecodeError:
        raise InputError(f'the list {path} is no text; it must hold lines such as "1040,1" (frame, count)') from None
    return BadFrames.of_list(text, str(path))


def parse_kinds(text: str | Collection[str]) -> frozenset[Kind]:
    """``"duplicate,blurred"`` or such names one by one as kinds. Raises UsageError on names that are none."""
    names = text.replace(",", " ").split() if isinstance(text, str) else [str(name) for name in text]
    known = [kind.value for kind in Kind]
    unknown = [name for name in names if name not in known]
    if unknown or not names:
        raise UsageError(f"kinds are {', '.join(known)}; got {', '.join(unknown) or 'none'}")
    return frozenset(Kind(name) for name in names)


def _numbers(said: str, where: str) -> Collection[int]:
    counted = _COUNTED.fullmatch(said)
    if counted is None:
        how = f'{where} is no frame: {said!r}; write "1040,1" (frame, count), "1040" or "1015-1017"'
        if "," in said:  # a list of frames to a range, but a count too many here
            raise UsageError(how)
        try:
            return parse_range(said)
        except UsageError:
            raise UsageError(how) from None
    first, count = int(counted[1]), int(counted[2])
    if not 0 < count <= _MOST_COUNTED:
        raise UsageError(f"{where} counts {count} frames from {first} on; give 1 or more, such as {first},1")
    return range(first, first + count)
