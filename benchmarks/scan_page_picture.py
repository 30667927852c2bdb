"""Makes a small clip with faults in it, draws what it would be without, and writes the page of docs/scan-page.md.

    python benchmarks/scan_page_picture.py FOLDER                   # FOLDER/page.html
    python benchmarks/scan_page_picture.py FOLDER --picture out.png # and a screenshot, by chromium

The report is written by hand, so that the page shows most kinds of findings; neither a scan nor a repair is run.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from vfi_plugin.demo.scene import DemoScene
from vfi_plugin.image.frame import Attribute, Frame, Part
from vfi_plugin.image.window import Window
from vfi_plugin.media.writing import write_image
from vfi_plugin.repair.finding import Finding, Kind
from vfi_plugin.repair.report_page import save_page
from vfi_plugin.repair.scan_report import Cadence, Context, ScanReport

SIZE = (480, 270)
FIRST, LAST, CUT = 1001, 1060, 1049
MISSING = (1022, 1023, 1024)
FINDINGS = (
    Finding(Kind.DUPLICATE, (1005,), 2.41, "shows 1004 again: differs by 0.4 of the noise and moves 6.1 px a frame"),
    Finding(Kind.DUPLICATE, (1010,), 2.18, "shows 1009 again: differs by 0.5 of the noise and moves 6.1 px a frame"),
    Finding(Kind.FLASH, (1016,), 4.2, "4.0 times the light of its neighbours, which agree within 1 %"),
    Finding(Kind.MISSING, MISSING, 1.0, "there are no such files"),
    Finding(Kind.DROPPED, (1029, 1030), 1.52, "moves 12.2 px here, its neighbours 6.1 px: one frame is lost", lost=1),
    Finding(Kind.NOT_FINITE, (1035,), 1.0, "312 values of the colour are NaN"),
    Finding(Kind.BLURRED, (1040,), 1.87, "0.31 of its neighbours' fine structure, at the same motion"),
    Finding(Kind.TORN, (1055,), 3.3, "its lower half agrees 0.04 with its neighbours, its upper half 0.99"),
)  # fmt: skip


def picture(position: float) -> npt.NDArray[np.float32]:
    """(H, W, 3) of the demo's scene; another one after the cut."""
    scene = DemoScene(*SIZE, seed=7 if position < CUT else 11)
    part = scene.frame(position - FIRST if position < CUT else position - CUT).parts[0]
    return np.stack([part.plane_over(name, part.display_window) for name in "RGB"], axis=-1).astype(np.float32)


def faulty(number: int) -> npt.NDArray[np.float32]:
    """The frame as the clip has it."""
    rgb = picture({1005: 1004, 1010: 1009}.get(number, number + (1 if 1030 <= number < CUT else 0)))
    if number == 1016:
        rgb = rgb * 4
    if number == 1035:
        rgb[100:113, 200:208] = np.nan
    if number == 1040:
        rgb = cv2.GaussianBlur(rgb, (0, 0), 5)
    if number == 1055:
        rgb[150:] = picture(1012)[150:]
    grain = np.random.default_rng(number).normal(0, 0.004, rgb.shape)
    return np.asarray(rgb + grain, np.float32)


def write(folder: Path, number: int, rgb: npt.NDArray[np.float32], told: dict[str, str]) -> None:
    window = Window(0, 0, SIZE[0], SIZE[1])
    planes = {name: rgb[..., axis].astype(np.float16) for axis, name in enumerate("RGB")}
    attributes = {name: Attribute("string", text) for name, text in told.items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_image(folder / f"plate.{number}.exr", Frame((Part(planes, window, window, attributes=attributes),), number))


def write_clips(folder: Path) -> None:
    bad = {frame for finding in FINDINGS if finding.kind is not Kind.DROPPED for frame in finding.frames}
    for number in range(FIRST, LAST + 1):
        if number not in MISSING:
            write(folder / "source", number, faulty(number), {})
        rgb = picture(number + (1 if 1030 <= number < CUT else 0)) if number in bad else faulty(number)
        told = {
            "vfi/repair": "drawn in place of the faulty frame",
            "vfi/source": str(float(number)),
            "vfi/model": "none: the scene drawn anew",
        }
        write(folder / "repaired", number, rgb, told if number in bad else {})


def scores(kind: Kind, numbers: tuple[int, ...], seed: int) -> list[float | None]:
    """What a scan may give: noise well below the threshold, and the findings' own scores."""
    base = np.random.default_rng(seed).gamma(4, 0.05, len(numbers))
    known = {frame: finding.score for finding in FINDINGS if finding.kind is kind for frame in finding.frames}
    return [
        None if number == FIRST else float(known.get(number, low)) for number, low in zip(numbers, base, strict=True)
    ]


def report() -> ScanReport:
    numbers = tuple(number for number in range(FIRST, LAST + 1) if number not in MISSING)
    scored = (Kind.DUPLICATE, Kind.DROPPED, Kind.BLURRED, Kind.FLASH, Kind.TORN)
    context = Context((CUT,), (), (Cadence((1, 1, 1, 1, 2), 1001, 1015),))
    of_kind = {kind: scores(kind, numbers, seed) for seed, kind in enumerate(scored)}
    return ScanReport("plate.####.exr", numbers, FINDINGS, context, of_kind, Fraction(24), SIZE)


def screenshot(page: Path, target: Path, size: str = "1200,1190") -> None:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        raise SystemExit("no chromium here; install it, or leave --picture out")
    options = ("--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={size}")
    subprocess.run([browser, *options, f"--screenshot={target}", page.as_uri()], check=True, capture_output=True)
    cv2.imwrite(str(target), in_few_colours(cv2.imread(str(target))), [cv2.IMWRITE_PNG_COMPRESSION, 9])


def in_few_colours(shot: npt.NDArray[np.uint8], colours: int = 128) -> npt.NDArray[np.uint8]:
    """The same in so many colours that stand for all: a quarter of the bytes, and text stays sharp."""
    pixels = shot.reshape(-1, 3).astype(np.float32)
    cv2.setRNGSeed(1)
    ends = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    _, _, centres = cv2.kmeans(pixels[::37], colours, None, ends, 1, cv2.KMEANS_PP_CENTERS)
    squares = (centres * centres).sum(axis=1)
    nearest = np.concatenate([(squares - 2 * part @ centres.T).argmin(axis=1) for part in np.array_split(pixels, 50)])
    return np.asarray(np.rint(centres)[nearest].reshape(shot.shape), np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()
    write_clips(args.folder)
    page = (args.folder / "page.html").resolve()
    save_page(report(), page, args.folder / "source/plate.####.exr", args.folder / "repaired/plate.####.exr")
    if args.picture:
        screenshot(page, args.picture)


if __name__ == "__main__":
    main()
