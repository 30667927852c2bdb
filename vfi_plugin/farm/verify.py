"""Are all frames of a job there, whole, and made by one plan?"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from vfi_plugin.errors import InputError, MissingFramesError, RenderError, UnreadableImageError, UsageError
from vfi_plugin.media.exr_whole import is_whole
from vfi_plugin.media.image_file import read_header
from vfi_plugin.media.pattern import SequencePattern, find_files
from vfi_plugin.render.stamp import SETTINGS, settings_digest
from vfi_plugin.render.target import Target
from vfi_plugin.timing.ranges import format_range, parse_range


@dataclass(frozen=True)
class Verified:
    """What was found to be right.

    Attributes:
        frames: the frames that were looked at, ascending.
        digest: of the settings that all of them were made with.
    """

    frames: tuple[int, ...]
    digest: str

    def summary(self) -> str:
        """One line: "1001-1019, 19 in all, are whole and of one plan (3f1c...)"."""
        return f"{format_range(self.frames)}, {len(self.frames)} in all, are whole and of one plan ({self.digest})"


def verify_frames(target: str | Path, frames: str | None = None, expect: str | None = None) -> Verified:
    """Looks at every frame of a retime by its header.

    Args:
        target: the sequence, as it was given to ``retime``.
        frames: which frames there must be; None: those that the frames which are there name as the whole output.
        expect: the digest their settings must have; None: any, but all the same.

    Raises:
        MissingFramesError: frames are missing. UnreadableImageError: none are, but some are broken.
        RenderError: all are whole, but not of one plan. UsageError: the target is no EXR sequence.
    """
    pattern = Target.parse(target).pattern
    if pattern is None:
        raise UsageError(f"{target}: a movie is whole or not there; give an EXR sequence (slow.####.exr)")
    asked = None if frames is None else parse_range(frames)
    numbers = asked or _promised(pattern)
    missing = tuple(number for number in numbers if not pattern.path(number).exists())
    there = [number for number in numbers if number not in set(missing)]
    broken = tuple(number for number in there if not is_whole(pattern.path(number)))
    digests = {number: _digest_in(pattern.path(number)) for number in there if number not in set(broken)}
    wanted = expect or next(iter(Counter(filter(None, digests.values())).most_common(1)), ("",))[0]
    strangers = {number: digest for number, digest in digests.items() if digest != wanted}
    _raise_faults(pattern, (missing, broken), strangers, wanted)
    return Verified(tuple(numbers), wanted)


def _raise_faults(
    pattern: SequencePattern,
    lacking: tuple[tuple[int, ...], tuple[int, ...]],
    strangers: Mapping[int, str | None],
    wanted: str,
) -> None:
    missing, broken = lacking
    faults = [f"frames {format_range(missing)} are missing"] if missing else []
    faults += [f"frames {format_range(broken)} are broken"] if broken else []
    faults += _strange(strangers, wanted)
    if not faults:
        return
    message = f"{pattern.text} is not complete: {'; '.join(faults)}; render these frames again"
    if missing:
        raise MissingFramesError(message, missing)
    raise UnreadableImageError(message) if broken else RenderError(message)


def _strange(strangers: Mapping[int, str | None], wanted: str) -> Iterator[str]:
    for digest in sorted({digest or "" for digest in strangers.values()}):
        frames = format_range(number for number, found in strangers.items() if (found or "") == digest)
        if digest:
            yield f"frames {frames} were made with settings {digest}, not {wanted}"
        else:
            yield f"frames {frames} were not made by vfi retime"


def _promised(pattern: SequencePattern) -> tuple[int, ...]:
    """The whole output, as the first frame that tells of it has it."""
    for path in find_files(pattern).values():
        output = _output_in(_settings_in(path) or "") if is_whole(path) else None
        if output is not None:
            return parse_range(output)
    raise InputError(f"{pattern.text}: there is no frame made by vfi retime; name those there must be by --frames")


def _output_in(settings: str) -> str | None:
    try:
        return str(json.loads(settings)["output"])
    except (ValueError, KeyError, TypeError):
        return None  # of another program, or none at all


def _digest_in(path: Path) -> str | None:
    settings = _settings_in(path)
    return None if settings is None else settings_digest(settings)


def _settings_in(path: Path) -> str | None:
    attributes = read_header(path)[0].attributes
    return str(attributes[SETTINGS].value) if SETTINGS in attributes else None
