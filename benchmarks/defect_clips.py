"""Labelled clips with defects, as files: shots, made up or real, with known faults, grain, and the codes of a file.

    for clip in made_up_clips(range(10)):
        clip.write(folder)                      # EXR, half, at most 320 x 180
        clip.plan.labels                        # what a scan must find

The same seed gives the same files on every machine (JPEG codes may differ with the version of OpenCV).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import OpenEXR
from defect_footage import footage, from_display, movies_in, to_display
from defect_makers import MAKERS
from defect_places import compared
from defect_plan import FIRST, Plan, plan_defects
from defect_shots import Picture, Shot, made_up

from vfi_plugin.repair.finding import Kind

MOST_DEFECTS = 4
FRAMES = (44, 60)
"""Of a clip, before frames are lost or put in."""

_SHARES = {
    **dict.fromkeys((Kind.DROPPED, Kind.FROZEN, Kind.DUPLICATE, Kind.BLURRED), 3),
    **dict.fromkeys((Kind.FLASH, Kind.BLACK, Kind.TORN, Kind.MISSING, Kind.NOT_FINITE, Kind.UNREADABLE), 2),
}
"""How often each kind is drawn: those that find no place in many shots more often, and first."""

MOST_GRAIN = 0.01
"""On the curve of ``compared``: 2.5 of 255 steps."""


@dataclass(frozen=True)
class Finish:
    """What happens to all frames alike.

    Attributes:
        grain: standard deviation of noise of each frame's own, on the curve of ``compared``.
        codes: whether values are rounded to 8 bits (sRGB's curve), and so cut off above 1.
        jpeg: quality of a JPEG that each frame goes through; 0 for none.
    """

    grain: float = 0.0
    codes: bool = False
    jpeg: int = 0


@dataclass(frozen=True)
class DefectClip:
    """One clip with its truth.

    ``number`` of slot k is FIRST + k; ``plan.slots[k].time`` is the time of the shot that it shows.
    """

    name: str
    seed: int
    shot: Shot
    plan: Plan
    finish: Finish

    @property
    def numbers(self) -> tuple[int, ...]:
        """Of the frames that there are files of."""
        return tuple(FIRST + at for at, slot in enumerate(self.plan.slots) if slot.fate != "missing")

    def truth(self, number: int) -> Picture:
        """What the frame shows of the shot: without defect, grain and codes."""
        return self.shot.picture(float(self.plan.slots[number - FIRST].time))

    def picture(self, number: int) -> Picture:
        """What is written: (H, W, 3) float32, not yet rounded to half."""
        slot = self.plan.slots[number - FIRST]
        picture = self.truth(number)
        for edit in slot.edits:
            picture = edit(picture)
        picture = self._finished(picture, number)
        for edit in slot.late:
            picture = edit(picture)
        return picture

    def write(self, folder: Path) -> str:
        """Writes the files; returns the sequence's pattern."""
        folder.mkdir(parents=True, exist_ok=True)
        for number in self.numbers:
            path = folder / f"clip.{number:04d}.exr"
            write_picture(path, self.picture(number))
            if self.plan.slots[number - FIRST].fate == "cut short":
                whole = path.read_bytes()
                path.write_bytes(whole[: len(whole) // 2])
        return str(folder / "clip.####.exr")

    def _finished(self, picture: Picture, number: int) -> Picture:
        if self.finish.grain:
            random = np.random.default_rng([self.seed, number])
            noise = random.standard_normal(picture.shape, np.float32) * np.float32(self.finish.grain)
            # Grain is laid on the curve and taken back to light: as much of it in shadows as in lights.
            picture = (np.exp2((compared(picture) + noise) * np.float32(np.log2(17))) - 1) / 16
        if self.finish.codes or self.finish.jpeg:
            codes = np.rint(255 * to_display(picture)).astype(np.uint8)
            picture = from_display(_jpeg(codes, self.finish.jpeg).astype(np.float32) / 255)
        return picture


def _jpeg(codes: np.ndarray, quality: int) -> np.ndarray:
    if not quality:
        return codes
    _, data = cv2.imencode(".jpg", codes[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1])


def write_picture(path: Path, picture: Picture) -> None:
    """One EXR, half RGB, with the OpenEXR module: nothing of what is measured has a hand in it."""
    with np.errstate(over="ignore"):  # infinite values are wanted
        planes = {name: np.ascontiguousarray(picture[..., n].astype(np.float16)) for n, name in enumerate("RGB")}
    header = {"type": OpenEXR.scanlineimage, "compression": OpenEXR.NO_COMPRESSION}
    with OpenEXR.File(header, planes) as file:
        file.write(str(path))


def with_defects(shot: Shot, seed: int, kinds: list[Kind] | None = None, finish: Finish | None = None) -> DefectClip:
    """A shot with 0 to 4 defects of random kinds, or those of ``kinds``."""
    random = np.random.default_rng([seed, 2])
    if kinds is None:
        how_many = int(random.integers(MOST_DEFECTS + 1))
        drawn = random.choice(len(MAKERS), size=how_many, p=np.array(list(_SHARES.values())) / sum(_SHARES.values()))
        kinds = [list(_SHARES)[int(each)] for each in sorted(drawn)]
    finish = finish or _drawn_finish(random)
    return DefectClip(shot.name, seed, shot, plan_defects(shot, random, finish.grain, kinds), finish)


def _drawn_finish(random: np.random.Generator) -> Finish:
    grain = MOST_GRAIN * float(random.random()) * (random.random() < 0.75)
    jpeg = int(random.integers(75, 98)) * (random.random() < 0.2)
    return Finish(grain, bool(random.random() < 0.3), int(jpeg))


def made_up_clips(seeds: range) -> Iterator[DefectClip]:
    """A clip a seed, of made-up shots; kinds of shots take turns."""
    for seed in seeds:
        random = np.random.default_rng([seed, 3])
        yield with_defects(made_up(seed, int(random.integers(*FRAMES))), seed)


def real_clips(folder: Path, seeds: range) -> Iterator[DefectClip]:
    """A clip a seed, of the movies in ``folder`` in turn. They must be clean."""
    movies = movies_in(folder)
    for seed in seeds:
        random = np.random.default_rng([seed, 4])
        yield with_defects(footage(movies[seed % len(movies)], int(random.integers(*FRAMES))), seed)
