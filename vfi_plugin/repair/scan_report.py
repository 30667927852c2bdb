"""What a scan found, as an object and as the JSON that people edit and ``vfi repair`` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from vfi_plugin.errors import InputError, UsageError
from vfi_plugin.media.writing import write_file
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.timing.ranges import format_range, parse_range

FORMAT = "vfi scan 1"


@dataclass(frozen=True)
class Cadence:
    """A pattern of repeats, or of frames left out, that whoever made the clip meant.

    Attributes:
        pattern: how many times each picture is shown, in turn: (2,) on twos, (1, 1, 1, 2) 24 in 30, (2, 3) pulldown,
            (1, 1, 1, 1, 0) 30 in 24.
        first: number of the first frame it holds for; there the pattern begins.
        last: the last one.
    """

    pattern: tuple[int, ...]
    first: int
    last: int


@dataclass(frozen=True)
class Context:
    """What is no fault, but has to be known to find and mend faults.

    Attributes:
        cuts: frames that begin a new shot.
        dissolves: (first, last) frames of slow changes from one shot to the next, both mixed.
        cadences: meant patterns of repeats.
    """

    cuts: tuple[int, ...] = ()
    dissolves: tuple[tuple[int, int], ...] = ()
    cadences: tuple[Cadence, ...] = ()


@dataclass(frozen=True)
class ScanReport:
    """What a scan found.

    Attributes:
        source: the clip, as it was named.
        numbers: the frames that are there and were looked at, ascending.
        findings: by first frame.
        context: cuts, dissolves and cadence.
        scores: for kinds that have one for each frame, how near that is to a finding: 1 and more is one. As many as
            ``numbers``; None where there was nothing to compare with.
        rate: frames a second, or None.
        size: width and height of the display window, px.
    """

    source: str
    numbers: tuple[int, ...]
    findings: tuple[Finding, ...]
    context: Context = Context()
    scores: Mapping[Kind, Sequence[float | None]] = field(default_factory=dict)
    rate: Fraction | None = None
    size: tuple[int, int] = (0, 0)

    def of_kind(self, *kinds: Kind) -> tuple[Finding, ...]:
        """The findings of these kinds."""
        return tuple(finding for finding in self.findings if finding.kind in kinds)

    def frames_of(self, *kinds: Kind) -> tuple[int, ...]:
        """All frames that findings of these kinds name (of all kinds where none is given), ascending."""
        chosen = self.of_kind(*kinds) if kinds else self.findings
        return tuple(sorted({frame for finding in chosen for frame in finding.frames}))

    def between(self, first: int, last: int) -> ScanReport:
        """The part of the report that concerns the frames with numbers from ``first`` to ``last``."""
        places = [place for place, number in enumerate(self.numbers) if first <= number <= last]
        chosen = slice(places[0], places[-1] + 1) if places else slice(0, 0)
        context = self.context
        return replace(
            self,
            numbers=self.numbers[chosen],
            findings=tuple(found for found in self.findings if any(first <= n <= last for n in found.frames)),
            context=Context(
                tuple(cut for cut in context.cuts if first <= cut <= last),
                tuple((max(a, first), min(b, last)) for a, b in context.dissolves if b >= first and a <= last),
                tuple(found for found in context.cadences if found.last >= first and found.first <= last),
            ),
            scores={kind: tuple(scores[chosen]) for kind, scores in self.scores.items()},
        )

    def as_json(self) -> dict[str, Any]:
        """For ``json.dumps``."""
        return {
            "format": FORMAT,
            "source": self.source,
            "frames": format_range(self.numbers),
            "rate": None if self.rate is None else str(self.rate),
            "size": list(self.size),
            "findings": [_finding_json(finding) for finding in self.findings],
            "context": {
                "cuts": list(self.context.cuts),
                "dissolves": [list(span) for span in self.context.dissolves],
                "cadences": [
                    {"pattern": list(found.pattern), "first": found.first, "last": found.last}
                    for found in self.context.cadences
                ],
            },
            "scores": {kind.value: [_rounded(score) for score in scores] for kind, scores in self.scores.items()},
        }

    def save(self, path: str | Path) -> None:
        """Writes the JSON, a finding a line. Raises WriteError."""
        told = self.as_json()
        findings = ",\n".join(f"    {json.dumps(finding)}" for finding in told.pop("findings"))
        head = json.dumps({name: told[name] for name in ("format", "source", "frames", "rate", "size")}, indent=1)
        rest = json.dumps({name: told[name] for name in ("context", "scores")})
        listed = f"[\n{findings}\n]" if findings else "[]"
        write_file(Path(path), f'{head[:-2]},\n "findings": {listed},\n {rest[1:]}\n'.encode())

    @classmethod
    def load(cls, path: str | Path) -> ScanReport:
        """Reads what ``save`` wrote, edited or not: findings may be removed, added and changed.

        Of a finding only "kind" and "frames" must be there; of the rest only "findings".

        Raises:
            InputError: there is no such file, or it is not JSON.
            UsageError: it is no report, or a finding is not as it must be; it is named.
        """
        try:
            told = json.loads(Path(path).read_text("utf-8"))
        except OSError as error:
            raise InputError(f"cannot read the report {path}: {error.strerror}; give the file of vfi scan") from None
        except ValueError as error:
            raise InputError(f"the report {path} is not JSON ({error}); mend it, or scan again") from None
        return cls.of_json(told, str(path))

    @classmethod
    def of_json(cls, told: Any, where: str) -> ScanReport:
        """What ``as_json`` gave, edited or not; ``where`` names it in messages. Raises UsageError as ``load``."""
        if not isinstance(told, dict) or not isinstance(told.get("findings"), list):
            raise UsageError(f'{where} is no report of vfi scan: it has no list "findings"; give the file of --report')
        findings = [_finding_of(entry, f"finding {n} of {where}") for n, entry in enumerate(told["findings"], 1)]
        context = told.get("context", {})
        return cls(
            source=str(told.get("source", "")),
            numbers=parse_range(told["frames"]) if told.get("frames") else (),
            findings=tuple(sorted(findings, key=lambda finding: finding.frames)),
            context=Context(
                cuts=tuple(context.get("cuts", ())),
                dissolves=tuple((first, last) for first, last in context.get("dissolves", ())),
                cadences=tuple(
                    Cadence(tuple(found["pattern"]), found["first"], found["last"])
                    for found in context.get("cadences", ())
                ),
            ),
            scores={Kind(kind): tuple(scores) for kind, scores in told.get("scores", {}).items()},
            rate=Fraction(told["rate"]) if told.get("rate") else None,
            size=(int(told["size"][0]), int(told["size"][1])) if told.get("size") else (0, 0),
        )


def _finding_json(finding: Finding) -> dict[str, Any]:
    told = {"kind": finding.kind.value, "frames": list(finding.frames), "score": _rounded(finding.score)}
    return {**told, "why": finding.why, **({"lost": finding.lost} if finding.lost else {})}


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, 3)


def _finding_of(entry: Any, where: str) -> Finding:
    kinds = [kind.value for kind in Kind]
    if not isinstance(entry, dict) or entry.get("kind") not in kinds:
        raise UsageError(f'{where} must have a "kind", one of {", ".join(kinds)}; got {json.dumps(entry)[:80]}')
    frames = entry.get("frames")
    if isinstance(frames, str):
        frames = list(parse_range(frames))
    if not isinstance(frames, list) or not frames or not all(type(frame) is int for frame in frames):
        raise UsageError(f'{where} must have "frames", such as [1005, 1006] or "1005-1006"; got {frames!r}')
    score, lost = entry.get("score", 1.0), entry.get("lost", 0)
    if not isinstance(score, int | float) or type(lost) is not int:
        raise UsageError(f'{where} must have a number as "score" and a whole one as "lost"; got {score!r}, {lost!r}')
    kind = Kind(entry["kind"])
    if kind is Kind.DROPPED and len(frames) != 2:
        raise UsageError(f'{where} is a drop, so "frames" must be the two that time is lost between; got {frames}')
    lost = lost or int(kind is Kind.DROPPED)
    return Finding(kind, tuple(sorted(set(frames))), float(score), str(entry.get("why", "told in the report")), lost)
