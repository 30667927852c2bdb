"""Where frames go: an EXR sequence or a movie."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from vfi_plugin.errors import SettingsMismatchError, UsageError, WriteError
from vfi_plugin.media.clip import Clip
from vfi_plugin.media.pattern import SequencePattern, parse_pattern
from vfi_plugin.media.writing import EXR_SUFFIXES
from vfi_plugin.render.plan import RetimePlan

MOVIE_TARGETS = (".mov", ".mp4", ".mkv")
"""What ``media.movie_writer`` has a format for; named here so that FFmpeg is loaded for movies alone."""


@dataclass(frozen=True)
class Target:
    """Where frames go.

    Attributes:
        path: a movie's file, or a sequence's folder and pattern as text.
        pattern: of a sequence; None for a movie.
    """

    path: Path
    pattern: SequencePattern | None

    @classmethod
    def parse(cls, text: str | Path) -> Target:
        """Reads a target: ``slow.####.exr``, ``slow.%04d.exr``, ``slow.mov``. Raises UsageError on anything else."""
        path = Path(text)
        suffix = path.suffix.lower()
        if suffix in MOVIE_TARGETS:
            return cls(path, None)
        if suffix not in EXR_SUFFIXES:
            raise UsageError(
                f"cannot write {path.name}: a target is an EXR sequence (slow.####.exr) or a movie"
                f" ({', '.join(MOVIE_TARGETS)})"
            )
        pattern = parse_pattern(text)
        if pattern is None:
            raise UsageError(f"the target {path.name} has no place for frame numbers; write it as {path.stem}.####.exr")
        return cls(path, pattern)

    @property
    def is_movie(self) -> bool:
        """Whether all frames go into one file."""
        return self.pattern is None

    def paths(self, plan: RetimePlan) -> Mapping[int, Path]:
        """The file of each frame of the whole output; empty for a movie."""
        if self.pattern is None:
            return {}
        return {frame.number: self.pattern.path(frame.number) for frame in plan.frames}

    def check(self, clip: Clip, plan: RetimePlan) -> None:
        """Raises UsageError where the target would be written over the source."""
        there = {*plan.source_numbers, *plan.bad}.intersection(clip.numbers)
        sources = {_resolved(clip.path(number)) for number in there}
        targets = [self.path] if self.pattern is None else [self.pattern.path(f.number) for f in plan.frames]
        over = next((path for path in targets if _resolved(path) in sources), None)
        if over is not None:
            raise UsageError(f"the target {over} is a frame of the source; choose another name or folder")

    def check_free(self, overwrite: bool) -> None:
        """Raises SettingsMismatchError where a movie stands already and may not be replaced."""
        if self.path.exists() and not overwrite:
            raise SettingsMismatchError(f"{self.path} is already there; choose another target or use --overwrite")

    def make_folder(self) -> None:
        """Makes the folder where it is missing and checks that files can be made there. Raises WriteError."""
        folder = self.path.parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Tried, not asked: os.access says yes to root and on many network shares where writing fails.
            handle, name = tempfile.mkstemp(prefix=".vfi-", suffix=".tmp", dir=folder)
            os.close(handle)
            Path(name).unlink()
        except OSError as error:
            raise WriteError(f"cannot write to {folder}: {error.strerror}; choose another target") from None


def _resolved(path: Path) -> str:
    return os.path.normcase(path.resolve())
