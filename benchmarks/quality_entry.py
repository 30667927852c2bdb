"""What of an evaluation's JSON goes into ``quality.json``: means, and PSNR by clip; no folder of any machine."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from vfi_plugin.models.quality import AVERAGE, DIS, MODEL, PSNR, Quality

RETIMED = ", retimed"
"""Behind the name of a data set whose frames `vfi retime` made, and no model alone."""

DIGITS = 6
"""After the point: two more than tables show, or what is rounded twice would come out other than an evaluation's."""


def entries(path: Path, data: str, *, classics: bool) -> list[Quality]:
    """What an evaluation says of the model that was asked for; with ``classics`` of those beside it too.

    Raises:
        ValueError: it is no evaluation, or one whose numbers may not stand beside the others'.
    """
    try:
        facts = json.loads(path.read_text(encoding="utf-8"))
        models = [name for name, method in facts["methods"].items() if method["model"] is not None]
        _check(path, facts)
        return [_entry(facts, name, data) for name in (models if classics else models[:1])]
    except OSError as error:
        raise ValueError(
            f"{path} cannot be read: {error.strerror}; give files that vfi evaluate --json wrote"
        ) from None
    except (KeyError, TypeError, AttributeError, json.JSONDecodeError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ValueError(f"{path} is no evaluation ({reason}); give what vfi evaluate --json wrote") from None


def _check(path: Path, facts: Mapping[str, Any]) -> None:
    rounding = facts["setting"]["rounding"]
    if rounding != "nearest":
        raise ValueError(f"{path}: results were rounded {rounding}, all others to the nearest; leave --rounding out")
    gaps = [measure for values in facts["mean"].values() for measure, mean in values.items() if mean["value"] is None]
    if gaps:
        raise ValueError(f"{path} has no mean of {gaps[0]}, as some method made every frame exactly; take other clips")


def _entry(facts: Mapping[str, Any], name: str, data: str) -> Quality:
    methods = {MODEL: name, AVERAGE: AVERAGE} | ({DIS: DIS} if DIS in facts["methods"] and name != DIS else {})
    frames, setting = facts["frames"], facts["setting"]
    if setting.get("made_by", "model") == "retime":
        data += RETIMED
    groups = list(dict.fromkeys(frame["group"] for frame in frames))
    return Quality(
        network=name,
        weights_sha256=facts["methods"][name]["model"]["weights_sha256"],
        protocol=setting["protocol"],
        factor=setting["factor"],
        data=data,
        frames=len(frames),
        clips=len(groups),
        means={
            kind: {measure: round(mean["value"], DIGITS) for measure, mean in facts["mean"][method].items()}
            for kind, method in methods.items()
        },
        clip_psnr=_clip_psnr(frames, groups, methods),
        versions=setting["versions"],
    )


def _clip_psnr(
    frames: Sequence[Mapping[str, Any]], groups: Sequence[str], methods: Mapping[str, str]
) -> dict[str, dict[str, float]]:
    """As an evaluation's means: over the frames that no method made exactly."""
    found = {}
    for clip, group in zip(_without_folders(groups), groups, strict=True):
        scores = [frame["values"] for frame in frames if frame["group"] == group]
        common = [each for each in scores if all(values.get(PSNR) is not None for values in each.values())]
        if common:
            found[clip] = {
                kind: round(math.fsum(each[method][PSNR] for each in common) / len(common), DIGITS)
                for kind, method in methods.items()
            }
    return dict(sorted(found.items()))


def _without_folders(groups: Sequence[str]) -> list[str]:
    """Names alone; those that are then the same are numbered."""
    names: list[str] = []
    for group in groups:
        name = PurePosixPath(group.replace("\\", "/")).name
        same = sum(each == name or each.startswith(f"{name} (") for each in names)
        names.append(f"{name} ({same + 1})" if same else name)
    return names
