"""Measures on disk, in parts of a fixed number of frames, so that a scan can go on where it was stopped.

Each part carries a key made of all that its measures depend on: the names, sizes and times of the files, the options,
and the version of the measures. A part with another key is stale, and is measured anew. Parts appear whole, so several
processes may work on one clip; where two measure the same part, both write the same.
"""

from __future__ import annotations

import json
import zipfile
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from vfi_plugin.media.clip import Clip
from vfi_plugin.media.writing import explained, written_whole
from vfi_plugin.repair.measuring import AFTER, BEFORE
from vfi_plugin.repair.series import Series

PART_FRAMES = 64
"""Frames of a part: some seconds of work to lose at most, and files that are not too many: 160 for 10,000 frames."""

VERSION = 5
"""Of the measures: any change of what is measured or how counts it up."""


@dataclass(frozen=True)
class MeasuresFolder:
    """The parts of one clip.

    Args:
        folder: made where there is none.
        clip: the source.
        settings: all options that the measures depend on, as text.
    """

    folder: Path
    clip: Clip
    settings: str

    def load(self, part: int) -> Series | None:
        """The part's measures; None where there are none, or stale ones (see ``is_stale``)."""
        found = self._read(part)
        return found[1] if found is not None and found[0] == self._key(part) else None

    def is_stale(self, part: int) -> bool:
        """Whether there are measures, but of other files or options."""
        return self._path(part).exists() and self.load(part) is None

    def save(self, part: int, series: Series) -> None:
        """Writes a part. Raises WriteError."""
        path = self._path(part)
        with explained(path):
            self.folder.mkdir(parents=True, exist_ok=True)
        with written_whole(path) as temporary:
            series.save(temporary, self._key(part))

    def _path(self, part: int) -> Path:
        return self.folder / f"measures.{part:06d}.npz"

    def _read(self, part: int) -> tuple[str, Series] | None:
        try:
            return Series.load(self._path(part))
        except (OSError, ValueError, KeyError, zipfile.BadZipFile):
            return None  # none, or no part of ours: measured anew, and written over

    def _key(self, part: int) -> str:
        span = part_span(part, len(self.clip.numbers))
        numbers = self.clip.numbers[max(span.start - BEFORE, 0) : span.stop + AFTER]
        told = [VERSION, self.settings, [self._file(number) for number in numbers]]
        return blake2b(json.dumps(told).encode(), digest_size=16).hexdigest()

    def _file(self, number: int) -> tuple[int, str, int, int]:
        path = self.clip.path(number)
        state = path.stat()
        return number, path.name, state.st_size, state.st_mtime_ns


def part_span(part: int, count: int) -> range:
    """Places in a clip of ``count`` frames that make up a part."""
    return range(part * PART_FRAMES, min((part + 1) * PART_FRAMES, count))
