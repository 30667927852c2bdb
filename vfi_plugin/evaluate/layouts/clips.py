"""Any clips: frames are dropped, made again, and held against those that were dropped.

The frames kept are every ``factor``-th of a shot; no item crosses a cut or a hole in the numbering. An item in which
two successive frames are the same to the last bit is left out and listed: there the clip was held or slowed by
repeating frames, so its dropped frames are not at the times that t says. In lossy movies a repeated frame is seldom the
same to the last bit; such clips are to be sorted out by eye.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from vfi_plugin.errors import MismatchedFramesError
from vfi_plugin.evaluate.codes import WHITE, Codes
from vfi_plugin.evaluate.item import Entries, Found, Group, Item, LeftOut
from vfi_plugin.evaluate.layouts.clip_source import ClipPicture, ClipSource, OneOpenClip, clip_sources
from vfi_plugin.evaluate.layouts.spacing import Numbered, one_item
from vfi_plugin.evaluate.picture import frame_codes
from vfi_plugin.media.clip import Clip
from vfi_plugin.render.cuts import WINDOW, Signature, cut_between, signature


def clips(source: str | Path, factor: int) -> Found:
    """Each clip of ``source`` is a group; see ``clip_source.clip_sources`` for what may be named.

    Listing a group reads its frames, which finding cuts needs.

    Raises:
        InputError: there are no clips.
    """
    reader = OneOpenClip()
    return Found(tuple(Group(clip.name, _entries(clip, factor, reader)) for clip in clip_sources(source)))


def _entries(source: ClipSource, factor: int, reader: OneOpenClip) -> Callable[[], Entries]:
    def entries() -> Entries:
        with source.open() as clip:
            for before, stretch, after in _with_neighbours(_stretches(clip, factor)):
                entry = _entry(source, stretch, reader)
                if isinstance(entry, Item) and before is not None and after is not None:
                    ends = before.frames[0].number, after.frames[-1].number
                    first, last = (ClipPicture(source, number, reader) for number in ends)
                    entry = replace(entry, beside=(first, last))
                yield entry

    return entries


@dataclass(frozen=True)
class _Seen:
    """A frame that was looked at; ``digest`` is of its codes."""

    number: int
    small: Signature
    digest: bytes


@dataclass(frozen=True)
class _Stretch:
    """Successive frames from one kept frame to the next; ``ended_by`` says what came between, if anything did."""

    frames: tuple[_Seen, ...]
    ended_by: str = ""


def _entry(source: ClipSource, stretch: _Stretch, reader: OneOpenClip) -> Item | LeftOut:
    numbers = [frame.number for frame in stretch.frames]
    name = f"{source.name} {numbers[0]}-{numbers[-1]}"
    if stretch.ended_by:
        return LeftOut(name, source.name, stretch.ended_by)
    for earlier, later in pairwise(stretch.frames):
        if earlier.digest == later.digest:
            return LeftOut(name, source.name, f"frame {later.number} is frame {earlier.number} again, bit for bit")
    row = [Numbered(number, ClipPicture(source, number, reader)) for number in numbers]
    return one_item(name, source.name, row)


def _with_neighbours(stretches: Iterator[_Stretch]) -> Iterator[tuple[_Stretch | None, _Stretch, _Stretch | None]]:
    """Each with the one that ends where it begins, and the one that begins where it ends; None where there is none."""
    before: _Stretch | None = None
    stretch = next(stretches, None)
    while stretch is not None:
        after = next(stretches, None)
        goes_on = after is not None and not stretch.ended_by and not after.ended_by
        yield before, stretch, after if goes_on else None
        before, stretch = stretch if goes_on else None, after


def _stretches(clip: Clip, factor: int) -> Iterator[_Stretch]:
    """Stretches of ``factor`` + 1 frames, each beginning with the last frame of the one before, and shorter ones that
    a cut or hole has ended. What is left at the end of the clip is no stretch.
    """
    frames: list[_Seen] = []
    for frame, break_before in _with_breaks(clip):
        if break_before:
            if len(frames) > 1:
                yield _Stretch(tuple(frames), break_before)
            frames = []
        frames.append(frame)
        if len(frames) == factor + 1:
            yield _Stretch(tuple(frames))
            frames = [frame]


def _with_breaks(clip: Clip) -> Iterator[tuple[_Seen, str]]:
    """Frames in order, each with what separates it from the one before, or "".

    The cut detector wants WINDOW frames on both sides of a gap, so reading is that far ahead of telling.
    """
    window: list[_Seen] = []
    at = 0
    for frame in _looked_at(clip):
        window.append(frame)
        if len(window) < at + WINDOW:
            continue
        yield window[at], _break_before(window, at)
        at += 1
        if at > WINDOW:
            del window[0]
            at -= 1
    for index in range(at, len(window)):
        yield window[index], _break_before(window, index)


def _looked_at(clip: Clip) -> Iterator[_Seen]:
    first_size: tuple[int, ...] = ()
    for number in clip.numbers:
        codes = frame_codes(clip.read(number), f"frame {number} of {clip.name}")
        first_size = first_size or codes.shape
        if codes.shape != first_size:
            sizes = [f"{size[1]}x{size[0]}" for size in (codes.shape, first_size)]
            raise MismatchedFramesError(f"frame {number} of {clip.name} has {sizes[0]} pixels, those before {sizes[1]}")
        yield _seen(number, codes)


def _seen(number: int, codes: Codes) -> _Seen:
    guide = codes.astype(np.float32) / np.float32(WHITE)
    return _Seen(number, signature(guide), hashlib.blake2b(codes.tobytes(), digest_size=16).digest())


def _break_before(window: Sequence[_Seen], at: int) -> str:
    if at == 0:
        return ""
    earlier, later = window[at - 1], window[at]
    if later.number != earlier.number + 1:
        return f"frame {earlier.number + 1} is missing"
    if cut_between([frame.small for frame in window], at - 1):
        return f"frame {later.number} begins another shot"
    return ""
