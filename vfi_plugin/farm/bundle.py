"""A folder with one job in it, in the words of each engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.farm.command import Place
from vfi_plugin.farm.deadline import deadline_files
from vfi_plugin.farm.job import FarmJob, absolute_path
from vfi_plugin.farm.opencue import opencue_files
from vfi_plugin.farm.openjd import openjd_files
from vfi_plugin.media.writing import write_file
from vfi_plugin.render.stamp import settings_digest

SETTINGS_FILE = "settings.json"
"""For people: what the digest in the commands stands for."""

_COPIES = "files"


def write_bundle(job: FarmJob, folder: str | Path) -> tuple[Path, ...]:
    """Writes a job into ``folder``, in place of an earlier one; the same job gives the same bytes.

    Nothing in it is of this machine but the paths that were named, made absolute.

    Returns:
        The files, copies of the time map and of the channel rules last.

    Raises:
        UsageError: an engine has no way to say what the job needs, or two copies would have one name.
        WriteError: a file cannot be written.
    """
    where = Path(absolute_path(str(folder)))
    inside = _names_inside(job)
    here = {place: str(where / name) for place, name in inside.items()}
    settings = {"digest": settings_digest(job.settings), "plan": job.plan, "settings": json.loads(job.settings)}
    texts = (
        openjd_files(job, inside) | opencue_files(job, here) | {SETTINGS_FILE: json.dumps(settings, indent=2) + "\n"}
    )
    contents = {name: text.encode("ascii") for name, text in texts.items()} | deadline_files(job, here)
    contents |= {inside[place]: path.read_bytes() for place, path in job.copies.items()}
    for name, content in contents.items():
        write_file(where / name, content)
    return tuple(where / name for name in contents)


def _names_inside(job: FarmJob) -> Mapping[Place, str]:
    """Copies keep their names, which the settings tell of."""
    names = {place: f"{_COPIES}/{path.name}" for place, path in job.copies.items()}
    if len(set(names.values())) < len(names):
        raise UsageError(f"the time map and the channel rules are both called {Path(*names.values()).name}; rename one")
    return names
