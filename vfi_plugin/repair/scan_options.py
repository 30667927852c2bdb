"""What a scan is asked to do, checked once, here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.repair.finding import Kind
from vfi_plugin.timing.ranges import parse_range


@dataclass(frozen=True)
class ScanOptions:
    """How to scan.

    Attributes:
        frames: the part of the clip to scan, first and last as in "1001-1100"; None for all.
        kinds: what to look for, values of ``Kind``; None for all.
        thresholds: by kind, what it takes to be a finding, as a multiple of the usual: 2 finds only what is twice as
            clear, 0.5 also what is half as clear.
        work: folder that measures are kept in, so that a scan that was stopped goes on; None: nowhere.
        channel_rules: what channels are, rules as in ``RetimeOptions``.
        channels_map: a YAML file of such rules.
        colorspace: of the source; None to tell from the file.
        config: OCIO config, a path or an ``ocio://`` name; None for $OCIO or the pinned one.
    """

    frames: str | None = None
    kinds: tuple[str, ...] | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    work: str | Path | None = None
    channel_rules: tuple[str, ...] = ()
    channels_map: str | None = None
    colorspace: str | None = None
    config: str | None = None

    def __post_init__(self) -> None:
        allowed = [kind.value for kind in Kind]
        for name in (*(self.kinds or ()), *self.thresholds):
            if name not in allowed:
                raise UsageError(f"there is no kind {name!r}; use {', '.join(allowed)}")
        for name, factor in self.thresholds.items():
            if not (math.isfinite(factor) and factor > 0):
                raise UsageError(f"the threshold of {name} must be a number above 0, such as 0.5 or 2; got {factor}")
        if self.frames is not None:
            asked = parse_range(self.frames)
            if len(asked) != asked[-1] - asked[0] + 1:
                raise UsageError(f"the frames {self.frames!r} have gaps; give first and last, such as 1001-1100")

    @property
    def wanted(self) -> frozenset[Kind]:
        """The kinds that are looked for."""
        return frozenset(Kind if self.kinds is None else map(Kind, self.kinds))

    def threshold(self, kind: Kind) -> float:
        """The factor for a kind."""
        return float(self.thresholds.get(kind.value, 1.0))

    def measuring_settings(self) -> str:
        """All that the measures depend on, as text."""
        rules = "" if self.channels_map is None else Path(self.channels_map).read_text("utf-8", "replace")
        return json.dumps([list(self.channel_rules), rules, self.colorspace, self.config])
