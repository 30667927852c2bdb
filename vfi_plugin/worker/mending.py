"""The verbs ``scan`` and ``repair``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.errors import ProtocolError
from vfi_plugin.render.target import Target
from vfi_plugin.repair.options import RepairOptions, repair_options
from vfi_plugin.repair.repair_report import RepairReport
from vfi_plugin.repair.run import repair_with
from vfi_plugin.repair.scan import scan_with
from vfi_plugin.repair.scan_options import ScanOptions
from vfi_plugin.repair.scan_report import ScanReport
from vfi_plugin.worker.fields import NUMBERED, SWITCH, TEXT, TEXTS, WHOLE, Kind, checked
from vfi_plugin.worker.rendering import Session, Tell

_COLOUR: Mapping[str, Kind] = {**dict.fromkeys(("channels_map", "colorspace", "config"), TEXT), "channel_rules": TEXTS}

_SCAN: Mapping[str, Kind] = {"frames": TEXT, "kinds": TEXTS, "thresholds": NUMBERED, "work": TEXT, **_COLOUR}

_PLAIN_NUMBER = Kind("a number", lambda value: type(value) in (int, float))

_REPAIR: Mapping[str, Kind] = {
    **dict.fromkeys(("frames", "part", "kinds", "policy", "duplicates", "drops", "ends", "keep", "fallback"), TEXT),
    **dict.fromkeys(("method", "filter", "model", "weights", "device", "path", "precision", "cuts", "channels"), TEXT),
    "max_gap": WHOLE,
    **dict.fromkeys(("force", "confidence", "overwrite"), SWITCH),
    **dict.fromkeys(("strength", "fallback_under", "detail"), _PLAIN_NUMBER),
    **_COLOUR,
}


def scan(fields: Mapping[str, Any], tell: Tell, cancellation: Cancellation) -> dict[str, Any]:
    """The result of ``scan``. Raises as ``vfi_plugin.scan``."""
    given = checked("options", fields["options"], _SCAN)
    listed: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    options = ScanOptions(**listed)
    report = scan_with(fields["source"], options, _Events(tell, None), cancellation)
    if "save" in fields:
        report.save(fields["save"])
    told = report.as_json()
    del told["scores"]  # a number for each frame and kind: the file has them
    return {"summary": f"{len(report.numbers)} frames looked at, {len(report.findings)} findings", "report": told}


def repair(fields: Mapping[str, Any], tell: Tell, cancellation: Cancellation, session: Session) -> dict[str, Any]:
    """Repairs; the result of ``repair``. Raises as ``vfi_plugin.repair_clip``."""
    report = repair_with(
        fields["source"],
        fields["target"],
        _repair_options(fields),
        _Events(tell, Target.parse(fields["target"])),
        cancellation,
        dry_run=bool(fields.get("dry_run")),
        model_of=session.model.of,
    )
    return _told(report)


def _repair_options(fields: Mapping[str, Any]) -> RepairOptions:
    options = checked("options", fields["options"], _REPAIR)
    if "channel_rules" in options:
        options["channel_rules"] = tuple(options["channel_rules"])
    if "report" in fields:
        options["report"] = ScanReport.of_json(fields["report"], "the report of the request")
    elif "frames" not in options:
        raise ProtocolError("repair needs the field 'report', as scan gives it, or the option 'frames'")
    return repair_options(options)


def _told(report: RepairReport) -> dict[str, Any]:
    told = report.as_json()
    return {
        "summary": report.summary(),
        **{name: told[name] for name in ("frames", "removed", "notes", "plan", "keep")},
        "written": list(report.written),
        "skipped": list(report.skipped),
        "count": len(report.frames) + len(report.kept),
    }


class _Events:
    """Progress as events; ``target`` is what is written, None where nothing is."""

    def __init__(self, tell: Tell, target: Target | None) -> None:
        self._tell = tell
        self._target = target

    def begin(self, total: int, summary: str) -> None:  # noqa: ARG002  (the result tells it)
        """Nothing is done yet."""
        self._progress(0, total, None, None)

    def frame_done(self, done: int, total: int, name: str) -> None:
        """One more frame was looked at, or is there."""
        pattern = None if self._target is None else self._target.pattern
        if pattern is not None:
            self._progress(done, total, pattern.number_in(name), name)
            return
        number = re.search(r"-?\d+$", name)  # "frame 1001"
        file = None if self._target is None else self._target.path.name
        self._progress(done, total, None if number is None else int(number[0]), file)

    def note(self, text: str) -> None:
        """Something worth knowing."""
        self._tell("note", {"text": text})

    def end(self, summary: str) -> None:
        """Nothing: the result tells it."""

    def _progress(self, done: int, total: int, frame: int | None, file: str | None) -> None:
        self._tell("progress", {"done": done, "total": total, "skipped": 0, "frame": frame, "file": file})
