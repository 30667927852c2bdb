"""What of a repaired clip is there already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vfi_plugin.errors import InputError, SettingsMismatchError
from vfi_plugin.media.exr_whole import is_whole
from vfi_plugin.media.image_file import read_header
from vfi_plugin.render.stamp import SETTINGS, settings_difference
from vfi_plugin.repair.job import REPAIR, RepairJob
from vfi_plugin.repair.keeping import is_same_file
from vfi_plugin.timing.ranges import format_range


@dataclass(frozen=True)
class Standing:
    """What has to be done yet.

    Attributes:
        make: frames to be made.
        keep: frames to be linked or copied.
        done: made frames that are there as they are to be.
    """

    make: frozenset[int]
    keep: frozenset[int]
    done: frozenset[int]


def look_at_target(job: RepairJob) -> Standing:
    """Looks at what stands under the names of the repaired clip.

    Untouched files of the source may be replaced by repaired frames, and whole files of nobody by nothing.

    Raises:
        SettingsMismatchError: frames are there that were made with other settings, or not by a repair of this clip;
            or a movie is there.
    """
    plan, pattern = job.plan, job.target.pattern
    files = {} if job.rewrites or job.repair.in_place or job.repair.keep == "none" else plan.kept
    wanted = frozenset(frame.number for frame in plan.frames)
    if pattern is None:
        job.target.check_free(job.repair.overwrite)
        return Standing(wanted, frozenset(), frozenset())
    foreign: dict[int, str] = {}
    settings = {frame.number: job.settings_of(frame) for frame in plan.frames}
    done = set()
    for number in sorted(wanted | set(files)):
        path = pattern.path(number)
        if not path.exists():
            continue
        why = _why_not(path, settings[number]) if number in wanted else _why_no_copy(path, job.clip.path(files[number]))
        if not why:
            done.add(number)
        elif not _may_be_replaced(job, number, path):
            foreign[number] = why
    if foreign and not job.repair.overwrite:
        raise SettingsMismatchError(_told(foreign, pattern.path(next(iter(foreign)))))
    make = wanted if job.repair.overwrite else wanted - done
    return Standing(frozenset(make), frozenset(files) - done, frozenset(wanted - make))


def _why_not(path: Path, settings: str) -> str:
    """Nothing where a file is the frame that would be made; else in what it differs."""
    try:
        attributes = read_header(path)[0].attributes if is_whole(path) else {}
    except InputError:
        attributes = {}
    if SETTINGS not in attributes:
        return "were not made by a repair"
    found = str(attributes[SETTINGS].value)
    if found == settings:
        return ""
    return f"were made with other settings ({settings_difference(found, settings)})"


def _why_no_copy(path: Path, origin: Path) -> str:
    return "" if is_same_file(path, origin) else "are no copies of the source's"


def _may_be_replaced(job: RepairJob, number: int, path: Path) -> bool:
    """Whether a file is what a repair leaves alone or has left half done: nothing is lost with it."""
    if not is_whole(path):
        return not job.repair.in_place or number in job.plan.changes
    if job.repair.in_place:
        return REPAIR not in read_header(path)[0].attributes
    origins: Mapping[int, int] = {home: origin for origin, home in job.plan.homes.items()}
    origin = origins.get(number)
    return origin in job.plan.there and is_same_file(path, job.clip.path(origin or 0))


def _told(foreign: Mapping[int, str], example: Path) -> str:
    why = next(iter(foreign.values()))
    return (
        f"frames {format_range(foreign)} of the target are already there and {why}, such as {example};"
        " choose another target, remove them, or use --overwrite"
    )
