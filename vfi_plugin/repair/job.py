"""A repair as a render job."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from vfi_plugin.errors import InputError
from vfi_plugin.media.image_file import read_header
from vfi_plugin.render.method_text import method_text
from vfi_plugin.render.plan import OutputFrame
from vfi_plugin.render.retime import RetimeJob
from vfi_plugin.render.stamp import picture_facts
from vfi_plugin.render.way import Way
from vfi_plugin.repair.options import RepairOptions
from vfi_plugin.repair.plan import RepairPlan

REPAIR = "vfi/repair"
"""Header entry of repaired frames: what was wrong, and how the frame was made."""


@dataclass(frozen=True)
class RepairJob(RetimeJob):
    """A render job whose plan is what a repair changes.

    Attributes:
        plan: of the repair.
        repair: as it was asked for.
        rewrites: whether all frames are rendered, untouched ones as copies, because the target cannot take the
            source's files: a movie is read or written, or the source's images are no EXR files.
    """

    plan: RepairPlan
    repair: RepairOptions
    rewrites: bool

    @property
    def asks_for_trust(self) -> bool:
        """Whether it is wanted to know how far the motion can be trusted that frames are made by."""
        is_wanted = self.repair.confidence or self.repair.fallback != "off"
        return is_wanted and self.options.method == "motion"

    @property
    def wants_whole_motion(self) -> bool:
        """See ``RetimeJob``: trust is in the motion that is taken."""
        return super().wants_whole_motion or self.asks_for_trust

    def way(self, earlier: int, later: int) -> Way | None:
        """See ``RetimeJob``: through the good frames of the shot, at the instants that they show."""
        return self.plan.ways.get((earlier, later)) if self.bends_paths else None

    def description(self) -> Iterator[str]:
        """The plan in lines for a person."""
        yield self.plan.summary()
        yield f"source {self.clip.name}, target {self.target.path}, colour space {self.transform.colorspace}"
        yield f"made frames: {method_text(self.options.method, self.model)}"
        yield from self.remarks()

    def remarks(self) -> Iterator[str]:
        """A line a changed frame, and what a person should know."""
        yield from self.plan.lines()
        if self.rewrites:
            yield "untouched frames are written anew as they are: the target cannot take the source's files"
        yield from super().remarks()

    def settings_of(self, output: OutputFrame) -> str:
        """Everything that one frame depends on, as JSON with sorted keys; other frames and findings do not matter.

        So a list that grew leaves the frames as they are that are made as before.
        """
        change = self.plan.changes.get(output.number)
        facts = {
            "vfi": version("vfi-plugin"),
            "job": "repair",
            "source": Path(self.clip.name).name,
            "from": f"{output.earlier} {output.later}",
            "t": str(output.t),
            "speeds": f"{output.speed_before} {output.speed_after}",
            **picture_facts(self.options, self.model),
            "way": str(self.way(output.earlier, output.later) or "straight"),
            "strength": self.repair.strength if change is not None and change.mixes else 1.0,
            "confidence": self.repair.confidence,
            "fallback": self._fallback_text(),
        }
        return json.dumps(facts, sort_keys=True)

    def _fallback_text(self) -> str:
        fallback = self.repair.fallback
        return fallback if fallback == "off" else f"{fallback} under {self.repair.fallback_under:g}"


def is_repaired(path: Path) -> bool:
    """Whether a file's header says that a repair made it; a damaged file says nothing."""
    try:
        return any(REPAIR in part.attributes for part in read_header(path))
    except InputError:
        return False
