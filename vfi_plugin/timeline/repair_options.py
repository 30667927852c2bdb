"""What a repair of a timeline is asked for, checked once, here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

from vfi_plugin.errors import UsageError
from vfi_plugin.repair.bad_frames import parse_kinds
from vfi_plugin.repair.finding import Kind
from vfi_plugin.repair.options import RepairOptions, repair_options
from vfi_plugin.repair.scan_options import ScanOptions
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.timeline.options import check_names
from vfi_plugin.timing.exact import Number

_OF_SCANS = ("channel_rules", "channels_map", "colorspace", "config")
"""Attributes that a scan and a repair have both."""

_LENGTH_CHANGES = {"duplicates": "remove", "drops": "insert"}


@dataclass(frozen=True)
class TimelineRepairOptions:
    """How to repair the media of a timeline's clips.

    Attributes:
        out: the timeline to write.
        media: the folder for repaired media; None for folders beside the originals.
        edl: an EDL to write as well; None for none.
        sources: where to look, by file name, for media that are not where the timeline says; None for nowhere.
        fps: the timeline's rate, where it does not say it, or says it wrongly.
        drop_frame: whether timecode in the EDL counts drop-frame.
        markers_only: only mark what is found; no media are made.
        kinds: kinds of findings to look for, such as "duplicate,torn"; None for all.
        how: attributes of `RepairOptions`, `RepairPolicy` and `RetimeOptions` that hold for every clip.
    """

    out: Path
    media: Path | None = None
    edl: Path | None = None
    sources: Path | None = None
    fps: Number | None = None
    drop_frame: bool = False
    markers_only: bool = False
    kinds: str | None = None
    how: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_names(self.out, self.edl, drop_frame=self.drop_frame)
        for name, value in _LENGTH_CHANGES.items():
            if self.how.get(name) == value:
                raise UsageError(
                    f"{name} {value!r} changes how long a clip is, and the cut would not fit it any more;"
                    " leave it out, or repair that clip by itself with vfi repair"
                )
        if self.how.get("keep") == "none":
            raise UsageError("keep 'none' would leave holes in the media of the cut; give 'link' or 'copy'")
        for name in ("in_place", "backup", "no_backup", "report", "frames", "bad_list", "list", "report_out"):
            if self.how.get(name):
                raise UsageError(f"{name} is for the repair of one clip; leave it out, or use vfi repair")
        _ = self.looked_for
        self.repair(ScanReport("", (), ()))  # what is wrong for one clip is wrong for all, and known now

    @property
    def looked_for(self) -> frozenset[Kind]:
        """The kinds that are looked for and repaired."""
        return frozenset(Kind) if self.kinds is None else parse_kinds(self.kinds)

    @property
    def overwrite(self) -> bool:
        """Whether what is there already is made again."""
        return bool(self.how.get("overwrite", False))

    def scan(self, first: int, last: int) -> ScanOptions:
        """For frames ``first`` to ``last`` of one clip's media."""
        given = {name: self.how[name] for name in _OF_SCANS if name in self.how}
        kinds = None if self.kinds is None else tuple(sorted(kind.value for kind in self.looked_for))
        return ScanOptions(frames=f"{first}-{last}", kinds=kinds, **given)

    def repair(self, found: ScanReport, part: str | None = None, rate: Fraction | None = None) -> RepairOptions:
        """For one clip's media. Raises UsageError where the options are wrong.

        Args:
            found: what is wrong with them.
            part: what is written of them, as a range; None for all.
            rate: frames a second, where the files do not say it.
        """
        rates = {} if rate is None else {"rate": rate, "source_fps": rate}
        return repair_options({**self.how, **rates, "report": found, "part": part})
