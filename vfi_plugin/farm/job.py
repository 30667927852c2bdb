"""What there is to do on a farm, decided once and free of any engine: two commands, their files and their frames."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath

from vfi_plugin.errors import UsageError
from vfi_plugin.farm.command import (
    DEFAULT_CHUNK_SIZE,
    EXECUTABLE,
    OPTION_FILES,
    SEQUENCES,
    SOURCE,
    TARGET,
    Place,
    Word,
    files_of,
    render_words,
    verify_words,
)
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.retime import RetimeJob, plan_retime
from vfi_plugin.render.stamp import settings_digest

_TRAVELLING = (OPTION_FILES["time_map"], OPTION_FILES["channels_map"])
"""Small files that people go on editing: the job takes copies, so that all its tasks read the same."""

_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and bytes of a name that are no letters in UTF-8."""


@dataclass(frozen=True)
class FarmJob:
    """A planned retime, cut for a farm.

    Attributes:
        name: for lists of jobs.
        plan: what goes in and out, in one line.
        settings: the text that will be stamped into every frame.
        frames: output frames to render, ascending.
        chunk_size: how many a task renders.
        render: the command of a task.
        verify: the command after all tasks.
        values: what stands in the places of both: paths are absolute. The frames are up to the engine.
        copies: files that travel with the job, by the place that they are for.
        inputs: every file that is read and does not travel with the job.
        wants_gpu: whether a machine without a GPU would fail.
    """

    name: str
    plan: str
    settings: str
    frames: tuple[int, ...]
    chunk_size: int
    render: tuple[Word, ...]
    verify: tuple[Word, ...]
    values: Mapping[Place, str]
    copies: Mapping[Place, Path]
    inputs: tuple[str, ...]
    wants_gpu: bool = False

    @property
    def target_folder(self) -> str:
        """Where the frames go."""
        return split_path(self.values[TARGET])[0]

    @property
    def target_name(self) -> str:
        """The pattern of the frames' names."""
        return split_path(self.values[TARGET])[1]

    @property
    def is_gapless(self) -> bool:
        """Whether the frames follow each other without a step."""
        return self.frames[-1] - self.frames[0] + 1 == len(self.frames)

    def texts(self) -> Iterator[str]:
        """Everything that the user named, in the order of the commands."""
        yield from self.values.values()
        yield from (part for word in (*self.render, *self.verify) for part in word if isinstance(part, str))


def plan_farm_job(
    source: str | Path,
    target: str | Path,
    options: RetimeOptions,
    *,
    chunk_size: int = DEFAULT_CHUNK_SIZE,
    executable: str = "vfi",
) -> FarmJob:
    """Plans the retime here and now, so that every task of the job has the same plan.

    Args:
        source: as for ``retime``.
        target: an EXR sequence.
        options: as for ``retime``; their frames are those that the job renders.
        chunk_size: frames a task.
        executable: how ``vfi`` is called on the farm.

    Raises:
        VfiError: what is wrong with the retime, or why a farm cannot do it.
    """
    if chunk_size < 1:
        raise UsageError(f"got a chunk size of {chunk_size}; give 1 or more frames")
    files = files_of(options)
    planned = plan_retime(source, target, options)
    with planned.clip:
        if planned.target.is_movie:
            raise UsageError(f"{target}: a movie is written by one machine; give an EXR sequence (slow.####.exr)")
        job = _cut(planned, (str(source), str(target)), files, (chunk_size, executable))
    for text in job.texts():
        if _UNFIT.search(text):
            raise UsageError(f"{text!r} holds a character that job files cannot carry; use another name")
    return job


def _cut(planned: RetimeJob, ends: tuple[str, str], files: Mapping[Place, str], how: tuple[int, str]) -> FarmJob:
    numbers, digest = planned.plan.source_numbers, settings_digest(planned.settings)
    first, last = planned.plan.source_range
    bad = planned.plan.bad.intersection(planned.clip.numbers)  # not read, but a part of the range
    paths = {place: absolute_path(path) for place, path in {SOURCE: ends[0], TARGET: ends[1], **files}.items()}
    staying = {place: path for place, path in paths.items() if place not in _TRAVELLING}
    clips = [planned.clip] if planned.vectors is None else [planned.clip, planned.vectors.clip]
    read = [(clip, number) for clip in clips for number in numbers]
    read += [(planned.clip, number) for number in sorted(bad)]
    sources = dict.fromkeys(absolute_path(str(clip.path(number))) for clip, number in read)
    return FarmJob(
        name=f"retime {job_title(ends[1])}",
        plan=planned.plan.summary(),
        settings=planned.settings,
        frames=tuple(sorted(planned.plan.wanted)),
        chunk_size=how[0],
        render=render_words(planned.options, f"{first}-{last}", digest),
        verify=verify_words(digest),
        values={EXECUTABLE: how[1], **staying},
        copies={place: Path(paths[place]) for place in _TRAVELLING if place in paths},
        inputs=(*sources, *(path for place, path in staying.items() if place not in SEQUENCES)),
        wants_gpu=any(name.startswith("cuda") for name in planned.options.devices),
    )


def absolute_path(text: str) -> str:
    """``text`` as it is where it is absolute on any platform; a farm's machines have another working folder."""
    if PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute():
        return text
    return os.path.normpath(Path(text).expanduser().absolute())


def split_path(text: str) -> tuple[str, str]:
    """Folder and name of an absolute path of any platform."""
    path = PurePosixPath(text) if PurePosixPath(text).is_absolute() else PureWindowsPath(text)
    return str(path.parent), path.name


def job_title(target: str) -> str:
    """The name of a sequence without its number and suffix: ``slow`` for ``/out/slow.####.exr``."""
    name = split_path(absolute_path(target))[1]
    return re.split(r"[._ ]?(?:#|%\d*d|@|\$F|\[)", name)[0] or name
