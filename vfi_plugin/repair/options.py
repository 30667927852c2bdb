"""What a repair is asked to do, checked once, here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from vfi_plugin.errors import UsageError
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.timing.ranges import parse_range

POLICIES = ("first", "centre")
DUPLICATES = ("fill", "remove", "hold")
DROPS = ("spread", "insert")
ENDS = ("extrapolate", "hold")
KEEPS = ("link", "copy", "none")
FALLBACKS = ("off", "blend", "nearest")

MAX_GAP = 6
"""Frames in a row that are made anew without being asked twice. It is what users know from DVO's Refill."""

FALLBACK_UNDER = 0.05
"""The confidence (``confidence.frame_confidence``) under which a fallback is taken where no other is told. Frames of
real clips that were taken out and made again by ``dis``: above it motion gained 4.2 dB over mixing both frames in the
mean, below it 1.6 dB, and there it lost on one in four."""


@dataclass(frozen=True)
class RepairPolicy:
    """What replaces what.

    Attributes:
        policy: where the one picture of a run of repeats belongs: "first" (a stream that lost frames: the first of the
            run is in its place) or "centre" (animation: the picture belongs to the middle of its hold).
        duplicates: "fill" makes repeats anew, "remove" takes them out and renumbers, "hold" leaves them.
        drops: "spread" keeps the clip's length and moves frames around a drop so that no jump is left, "insert" makes
            the lost frames and renumbers what follows.
        max_gap: frames in a row without a good one that are made at most.
        force: whether longer gaps are made, too.
        ends: where good frames lie on one side alone: "extrapolate" carries motion on, "hold" repeats the nearest.
    """

    policy: str = "first"
    duplicates: str = "fill"
    drops: str = "spread"
    max_gap: int = MAX_GAP
    force: bool = False
    ends: str = "extrapolate"

    def __post_init__(self) -> None:
        for name, allowed in (("policy", POLICIES), ("duplicates", DUPLICATES), ("drops", DROPS), ("ends", ENDS)):
            _check_choice(name, getattr(self, name), allowed)
        if self.max_gap < 1:
            raise UsageError(f"max gap must be 1 frame or more; got {self.max_gap}")


@dataclass(frozen=True)
class RepairOptions:
    """How to repair a clip; exactly one of report, frames and bad_list says what is wrong.

    Attributes:
        report: the JSON of a scan, or what it holds.
        frames: bad frames, as a Nuke frame range.
        bad_list: a text file of bad frames, ``frame,count`` a line.
        kinds: which kinds of findings are repaired (None: all); with frames or a list one kind, which says what they
            are.
        policy: what replaces what.
        part: first and last frame that the repaired clip has, as in "1001-1100"; None: all. Frames outside serve as
            good ones all the same.
        keep: untouched frames are hard links to the source's ("link"), copies ("copy"), or are not written ("none").
        in_place: bad frames are rewritten where they are.
        backup: folder for the originals that are rewritten in place; None for one beside them.
        no_backup: whether originals are not kept.
        strength: how much of what is made replaces a blurred frame, in (0, 1]; the rest is the frame as it was.
        confidence: whether repaired frames get a channel ``vfi.confidence``.
        fallback: what is taken for frames of low confidence: "off", "blend" (both frames mixed) or "nearest".
        fallback_under: how low, in [0, 1].
        report_out: where a JSON of what was done is written; None for nowhere.
        how: attributes of `RetimeOptions` on motion, channels, colour and overwriting.
    """

    report: str | Path | ScanReport | None = None
    frames: str | None = None
    bad_list: str | Path | None = None
    kinds: str | None = None
    policy: RepairPolicy = field(default_factory=RepairPolicy)
    part: str | None = None
    keep: str = "link"
    in_place: bool = False
    backup: str | Path | None = None
    no_backup: bool = False
    strength: float = 1.0
    confidence: bool = False
    fallback: str = "off"
    fallback_under: float = FALLBACK_UNDER
    report_out: str | Path | None = None
    how: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        given = [name for name in ("report", "frames", "bad_list") if getattr(self, name) is not None]
        if len(given) != 1:
            got = " and ".join(given) or "none of them"
            raise UsageError(f"say what is wrong by exactly one of a report, a list and frames; got {got}")
        _check_choice("keep", self.keep, KEEPS)
        _check_choice("fallback", self.fallback, FALLBACKS)
        if self.part is not None:
            asked = parse_range(self.part)
            if len(asked) != asked[-1] - asked[0] + 1:
                raise UsageError(f"the part {self.part!r} has gaps; give first and last frame, such as 1001-1100")
        if not 0.0 < self.strength <= 1.0:
            raise UsageError(f"strength must be above 0 and at most 1; got {self.strength:g}")
        if not 0.0 <= self.fallback_under <= 1.0:
            raise UsageError(f"the confidence to fall back under must be from 0 to 1; got {self.fallback_under:g}")
        if (self.backup is not None or self.no_backup) and not self.in_place:
            raise UsageError("a backup is for frames that are rewritten in place; leave it out, or repair in place")
        if self.keep == "none" and self.in_place:
            raise UsageError("keep 'none' is for a target; in place, untouched frames stay as they are anyway")
        if self.backup is not None and self.no_backup:
            raise UsageError("a folder for the backup was given, and that there be none; choose one")
        self.render_options()

    def render_options(self) -> RetimeOptions:
        """For the renderer. Cuts are dealt with by the plan. Raises UsageError where they are wrong."""
        return RetimeOptions(speed=1, **{**self.how, "cuts": "off"})

    @property
    def cuts(self) -> str:
        """How cuts are found, as in `RetimeOptions`."""
        return str(self.how.get("cuts", "auto"))

    @property
    def overwrite(self) -> bool:
        """Whether frames that were made with other settings are made again."""
        return bool(self.how.get("overwrite", False))


def repair_options(options: Mapping[str, Any]) -> RepairOptions:
    """Attributes of ``RepairOptions``, ``RepairPolicy`` and ``RetimeOptions``, all in one, as one object."""
    policy = {field.name: options[field.name] for field in fields(RepairPolicy) if field.name in options}
    options = {"bad_list" if name == "list" else name: value for name, value in options.items()}
    own = {field.name for field in fields(RepairOptions)} - {"policy", "how"}
    given = {name: options[name] for name in own if name in options}
    unknown = {name: value for name, value in options.items() if name not in own and name not in policy}
    try:
        return RepairOptions(**given, policy=RepairPolicy(**policy), how=unknown)
    except TypeError as error:
        raise UsageError(f"a repair has no such option: {error}") from None


def _check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UsageError(f"{name} {value!r} is unknown; use one of {', '.join(allowed)}")
