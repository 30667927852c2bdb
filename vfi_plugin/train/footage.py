"""Real footage to train on: movies and lists of image files, read frame by frame as 8-bit RGB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from vfi_plugin.train.numbering import frame_numbers, unbroken

if TYPE_CHECKING:
    from vfi_plugin.media.clip import Clip
    from vfi_plugin.media.header import PartHeader

Picture = npt.NDArray[np.uint8]
"""(H, W, 3) uint8, R G B, as a guide shows it: display-referred, 255 for 1."""

_Shown = Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Footage:
    """One take, or several that are cut together.

    Its frames count as evenly spaced in time, in their order, whatever times a movie's file gives them. Where numbers
    of a sequence are missing, it is two takes.

    Attributes:
        name: text for people.
        source: what ``media.open_clip`` understands; not asked where ``files`` are given.
        files: image files of one sequence in the order of time; () for all frames of ``source``.
        step: every ``step``-th frame is used; 10 makes footage of 240 frames a second into 24.
        one_shot: known to hold no cut, so none is looked for.
    """

    name: str
    source: str = ""
    files: tuple[Path, ...] = ()
    step: int = 1
    one_shot: bool = False

    def paths(self) -> tuple[Path, ...]:
        """The files that it is read from; one for a movie. Raises UsageError where a pattern cannot be read."""
        from vfi_plugin.media.pattern import find_files, parse_pattern

        if self.files:
            return self.files
        path = Path(self.source).expanduser()
        pattern = None if path.is_file() else parse_pattern(self.source)
        if pattern is None:
            return (path,)
        found = dict(find_files(pattern))
        return tuple(found[number] for number in pattern.frames or found if number in found)

    @contextmanager
    def opened(self) -> Iterator[Reel]:
        """Its frames, until the block ends. Raises as ``media.open_clip``."""
        from vfi_plugin.media.clip import SequenceClip
        from vfi_plugin.media.open_clip import open_clip

        numbered = dict(zip(frame_numbers(self.files), self.files, strict=True))
        with SequenceClip(self.name, numbered) if self.files else open_clip(self.source) as clip:
            yield Reel(clip, self.step)


class Reel:
    """The frames of opened footage that are used, in order.

    Attributes:
        before_holes: which of them, counted from 0, are the last before a hole in the numbers.
    """

    def __init__(self, clip: Clip, step: int) -> None:
        self._clip = clip
        parts = [part[::step] for part in unbroken(clip.numbers)]
        self._numbers = tuple(number for part in parts for number in part)
        self.before_holes = frozenset(last - 1 for last in accumulate(len(part) for part in parts))

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the first picture, px."""
        window = self._clip.header(self._numbers[0])[0].display_window
        return window.width, window.height

    def pictures(self) -> Iterator[Picture]:
        """Each frame, read when it is asked for.

        Movies and whole numbers are taken as they are, and held to [0, 1] as a screen does. Floats are shown as
        ``GuideTransform`` shows them, all with the exposure of the first: one of each frame's own would make frames
        differ that do not.

        Raises:
            InputError: a frame is damaged, has no channels that show a picture, or is not like the first in size and
                channels.
        """
        from vfi_plugin.media.clip import check_uniform
        from vfi_plugin.render.layout import Layout
        from vfi_plugin.render.options import RetimeOptions

        check_uniform(self._clip, self._numbers)
        headers = self._clip.header(self._numbers[0])
        layout = Layout.of(headers, RetimeOptions(speed=1))
        layout.require_guides()
        shown: _Shown | None = None
        for number in self._numbers:
            frame = self._clip.read(number)
            rgb = layout.guide_rgb(frame, layout.guides[0], frame.parts[0].display_window)
            shown = shown or _way_to_a_screen(headers, rgb)
            yield np.rint(np.clip(shown(rgb), 0.0, 1.0) * 255.0).astype(np.uint8)


def _way_to_a_screen(headers: Sequence[PartHeader], first: npt.NDArray[np.float32]) -> _Shown:
    """From the clip's colour space to the guide; ``first`` (H, W, 3) sets the exposure of light."""
    from vfi_plugin.image.colour import GuideTransform
    from vfi_plugin.image.colour_config import choose_space, load_config
    from vfi_plugin.media.header import SOURCE_FORMAT

    attributes = headers[0].attributes
    stored = attributes.get(SOURCE_FORMAT)
    if "movie/codec" in attributes or (stored is not None and "uint" in str(stored.value)):
        return lambda rgb: rgb
    transform = GuideTransform.for_space(choose_space(load_config(None), None, attributes))
    gain = transform.exposure_gain(first, first)
    return lambda rgb: transform.to_guide(rgb, gain)
