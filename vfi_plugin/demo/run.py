"""The demo: render a clip whose in-betweens are known, retime it through files as anybody would, compare, show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from vfi_plugin.cancellation import Cancellation
from vfi_plugin.demo.contact_sheet import contact_sheet
from vfi_plugin.demo.folder import DemoFolder
from vfi_plugin.demo.observation import Observation, Witness
from vfi_plugin.demo.scene import FIRST_FRAME, DemoScene
from vfi_plugin.demo.verdict import Check, Score, check, score
from vfi_plugin.errors import UsageError
from vfi_plugin.evaluate.drawing import write_png
from vfi_plugin.image.frame import Part
from vfi_plugin.media.image_file import read_image
from vfi_plugin.media.pattern import parse_pattern
from vfi_plugin.media.writing import write_image
from vfi_plugin.render.options import RetimeOptions
from vfi_plugin.render.progress import Progress, Silent
from vfi_plugin.render.retime import retime_with

SLOWED = {"2x": Fraction(1, 2), "4x": Fraction(1, 4)}
"""The retimes of the demo: name and speed."""

FEWEST_FRAMES = 3
"""Two pairs: one of them is shown."""


@dataclass(frozen=True)
class DemoSize:
    """Width and height of the format in pixels, and how many source frames there are."""

    width: int = 640
    height: int = 360
    frames: int = 8


@dataclass(frozen=True)
class DemoReport:
    """What came of a demo.

    Attributes:
        size: of the clip.
        scores: how near the in-betweens are, for each retime.
        checks: what must hold.
        files: what it is -> where it is.
    """

    size: DemoSize
    scores: tuple[Score, ...]
    checks: tuple[Check, ...]
    files: dict[str, str]

    @property
    def holds(self) -> bool:
        """Whether every check does."""
        return all(found.holds for found in self.checks)


def run_demo(
    out: str | Path,
    size: DemoSize | None = None,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
) -> DemoReport:
    """Renders, retimes, compares; everything is left in the folder ``out``, which may be one of an earlier demo.

    Raises:
        UsageError: a size that is too small, or a folder that holds something else.
        WriteError: it cannot be written to.
        Cancelled: a stop was requested.
    """
    size = size or DemoSize()
    if size.frames < FEWEST_FRAMES:
        raise UsageError(f"the demo takes at least {FEWEST_FRAMES} source frames, got {size.frames}")
    scene = DemoScene(size.width, size.height)
    demo = _Demo(scene, size, DemoFolder(Path(out)), progress or Silent(), cancellation or Cancellation())
    demo.folder.prepare(tuple(SLOWED))
    demo.render()
    demo.retime()
    return demo.report()


@dataclass(frozen=True)
class _Demo:
    """One run; its steps in their order are ``render``, ``retime``, ``report``."""

    scene: DemoScene
    size: DemoSize
    folder: DemoFolder
    progress: Progress
    cancellation: Cancellation

    def render(self) -> None:
        """Writes the source clip."""
        numbers = range(FIRST_FRAME, FIRST_FRAME + self.size.frames)
        self.progress.begin(len(numbers), f"rendering the clip: {len(numbers)} frames, {self._size_text()}")
        for done, number in enumerate(numbers, 1):
            self.cancellation.check()
            path = _frame_path(self.folder.source, number)
            write_image(path, self.scene.frame(number - FIRST_FRAME))
            self.progress.frame_done(done, len(numbers), path.name)
        self.progress.end(f"the clip is in {self.folder.source.parent}")

    def retime(self) -> None:
        """Slows the clip down, and makes a movie of the slowest."""
        for name, speed in SLOWED.items():
            self._retime(self.folder.source, self.folder.slowed(name), speed, self.size.frames)
        self._retime(self.folder.slowed("4x"), self.folder.preview, Fraction(1), self._length("4x"))

    def _retime(self, source: Path, target: Path, speed: Fraction, length: int) -> None:
        # The range keeps out what a longer demo may have left in the folder.
        options = RetimeOptions(speed=speed, in_range=f"{FIRST_FRAME}-{FIRST_FRAME + length - 1}", overwrite=True)
        retime_with(source, target, options, self.progress, self.cancellation)

    def report(self) -> DemoReport:
        """Reads everything back, measures it, draws the sheet."""
        sources = [self._read(self.folder.source, offset) for offset in range(self.size.frames)]
        witness = Witness(self.scene, sources)
        seen: list[Observation] = []
        for name, speed in SLOWED.items():
            for offset in range(self._length(name)):
                self.cancellation.check()
                seen.append(witness.observe(name, offset * speed, self._read(self.folder.slowed(name), offset)))
        self._draw(witness)
        return DemoReport(self.size, score(seen), check(seen), self._files())

    def _draw(self, witness: Witness) -> None:
        middle = Fraction(self.size.frames // 2)
        rows = []
        for name, t, is_detail in _SHOWN:
            time = middle + t
            made = self._read(self.folder.slowed(name), int(time / SLOWED[name]))
            label = f"frame {FIRST_FRAME + float(time):.2f}, {name} slower"
            rows.append(witness.comparison(label, time, made, self.scene.ball_window(time) if is_detail else None))
        title = f"vfi demo: an HDR clip of {self.size.frames} frames, slowed down 2x and 4x by the default model"
        write_png(contact_sheet(rows, title), self.folder.contact_sheet)

    def _files(self) -> dict[str, str]:
        slowed = {f"{name} slower": str(self.folder.slowed(name)) for name in SLOWED}
        pictures = {"contact sheet": str(self.folder.contact_sheet), "preview of 4x": str(self.folder.preview)}
        return {"the clip": str(self.folder.source), **slowed, **pictures}

    def _length(self, name: str) -> int:
        return int((self.size.frames - 1) / SLOWED[name]) + 1

    def _size_text(self) -> str:
        return f"{self.scene.data_window} pixels in a format of {self.size.width}x{self.size.height}"

    def _read(self, pattern: Path, offset: int) -> Part:
        return read_image(_frame_path(pattern, FIRST_FRAME + offset)).parts[0]


_SHOWN: Sequence[tuple[str, Fraction, bool]] = (
    ("2x", Fraction(1, 2), False),
    ("2x", Fraction(1, 2), True),
    ("4x", Fraction(1, 4), True),
)
"""Rows of the contact sheet: clip, time after the middle source frame, whether to look closely."""


def _frame_path(pattern: Path, number: int) -> Path:
    parsed = parse_pattern(pattern)
    assert parsed is not None  # the demo's own patterns have a place for numbers
    return parsed.path(number)
