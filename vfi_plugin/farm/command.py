"""The commands that a farm runs, as words with places which each engine fills in by its own means.

Every option is one word, ``--option=value``: so a value may begin with a minus, as in ``--speed=-100%``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from vfi_plugin.errors import UsageError
from vfi_plugin.render.options import RetimeOptions

DEFAULT_CHUNK_SIZE = 10
"""Starting takes two seconds and a 4K frame four to seven, or a minute by a network: little is lost by starting."""


@dataclass(frozen=True)
class Place:
    """Where an engine puts a value: a path that it may map to another machine's, or the frames of a task.

    Attributes:
        name: as job descriptions call it, such as "TimeMap".
    """

    name: str


EXECUTABLE, SOURCE, TARGET = Place("Executable"), Place("Source"), Place("Target")
FRAMES = Place("Frames")
"""All frames of the job."""
CHUNK = Place("Chunk")
"""The frames of one task."""
PROGRESS = Place("Progress")
"""The ``--progress`` whose lines the engine reads."""

OPTION_FILES = {
    "time_map": Place("TimeMap"),
    "channels_map": Place("ChannelsMap"),
    "weights": Place("Weights"),
    "config": Place("Config"),
    "vectors_from": Place("Vectors"),
}
"""Attributes of ``RetimeOptions`` that name a file, or a sequence of them."""

SEQUENCES = (SOURCE, TARGET, OPTION_FILES["vectors_from"])
"""Places of patterns: no file has that very name."""

Word = tuple[str | Place, ...]
"""One word of a command line, in pieces."""

# Frames are the task's, the source range and the digest are pinned by the job.
_LEFT_TO_THE_JOB = ("frames", "in_range", "expect")
_FLAGS = {"time_map": "map", "channel_rules": "channel"}


def render_words(options: RetimeOptions, source_range: str, digest: str) -> tuple[Word, ...]:
    """``vfi retime`` for one task: the frames of the chunk, out of the plan that has ``digest``."""
    own = ((f"--in-range={source_range}",), ("--frames=", CHUNK), (f"--expect={digest}",), ("--progress=", PROGRESS))
    return ((EXECUTABLE,), ("retime",), (SOURCE,), (TARGET,), *_option_words(options), *own)


def verify_words(digest: str) -> tuple[Word, ...]:
    """``vfi farm verify`` for all frames of the job."""
    return ((EXECUTABLE,), ("farm",), ("verify",), (TARGET,), ("--frames=", FRAMES), (f"--expect={digest}",))


def filled(words: Sequence[Word], values: Mapping[Place, str]) -> tuple[str, ...]:
    """The words with a value in every place."""
    return tuple("".join(part if isinstance(part, str) else values[part] for part in word) for word in words)


def files_of(options: RetimeOptions) -> dict[Place, str]:
    """The files that options name, by place.

    Raises:
        UsageError: a time map that is in no file.
    """
    if options.time_map is not None and not isinstance(options.time_map, str | Path):
        raise UsageError("a farm needs the time map as a file; save it with to_file, as ramp.csv, and give that")
    named = {name: getattr(options, name) for name in OPTION_FILES}
    return {OPTION_FILES[name]: str(value) for name, value in named.items() if _is_file(value)}


def _is_file(value: object) -> bool:
    """Built-in OCIO configs are names that hold on every machine."""
    return value is not None and not str(value).startswith("ocio://")


def _option_words(options: RetimeOptions) -> Iterator[Word]:
    for field in fields(options):
        value = getattr(options, field.name)
        if field.name not in _LEFT_TO_THE_JOB and value != field.default:
            yield from _words_of(field.name, value)


def _words_of(name: str, value: object) -> Iterator[Word]:
    flag = f"--{_FLAGS.get(name, name.replace('_', '-'))}"
    if name in OPTION_FILES and _is_file(value):
        yield (f"{flag}=", OPTION_FILES[name])
    elif value is True:
        yield (flag,)
    else:
        yield from ((f"{flag}={one}",) for one in (value if isinstance(value, tuple) else (value,)))
