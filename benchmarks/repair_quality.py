"""How near repaired frames come to the truth, beside holding the last good frame and blending the good neighbours.

    python benchmarks/repair_quality.py [--clips MOVIES] [--count 24]

From each clip 1, 2 and 3 frames in a row are taken (their content spoilt, their files named in a report), made anew by
``vfi repair`` with the default model, and compared. MOVIES is a folder of clean movies. It writes
``results/repair_quality.json`` and the table in docs/scan-quality.md. Exit code 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import OpenEXR
from defect_clips import write_picture
from defect_footage import footage, movies_in
from defect_plan import FIRST
from defect_shots import Picture, Shot, made_up
from measure import save
from scan_page import fill_page

NAME = "repair_quality"
COUNT = 24
FRAMES = 24
SIDE_PX = 480
"""Longer side of footage here: more than the 320 px of scans, as large motion is what repair is hard by."""

RUNS = {6: 1, 11: 2, 17: 3}
"""First bad frame's time -> how many in a row; three good frames at least between them."""

ALL_RUNS = "1-3"
"""How the rows with the mean over all runs are called."""

GOALS_DB = {"blend": 1.0, "hold": 3.0}
"""What the repair must gain over each, in the mean over made-up clips and in that over footage."""

MADE_UP_SHOTS = (
    "pan",
    "layers",
    "accelerated",
    "object on a tripod's picture",
    "exposure",
    "streaked",
    "handheld",
    "zoom",
)
"""Those that move all the time and have one picture: in a cut or a still there is nothing to make."""


@dataclass(frozen=True)
class Score:
    """Of one frame made anew, PSNR in dB."""

    material: str
    run: int
    repaired: float
    blend: float
    hold: float


def _made_up(seed: int) -> list[Score]:
    return _scores(made_up(seed, FRAMES), "made up")


def _real(path: Path) -> list[Score]:
    return _scores(footage(path, FRAMES, SIDE_PX), "footage")


def _scores(shot: Shot, material: str) -> list[Score]:
    """Of all runs that fit into the shot."""
    runs = {first: length for first, length in RUNS.items() if first + length + 2 <= shot.count}
    pictures = [_half(shot.picture(float(time))) for time in range(shot.count)]
    spoilt = {first + each for first, length in runs.items() for each in range(length)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "in").mkdir()
        for at, picture in enumerate(pictures):
            write_picture(_file(folder / "in", at), picture * 0 if at in spoilt else picture)
        made = _repaired(folder, sorted(spoilt))
    found = []
    for first, length in runs.items():
        before, after = pictures[first - 1], pictures[first + length]
        for each in range(length):
            truth, share = pictures[first + each], np.float32((each + 1) / (length + 1))
            peers = _psnr((1 - share) * before + share * after, truth), _psnr(before, truth)
            found.append(Score(material, length, _psnr(made[first + each], truth), *peers))
    return found


def _repaired(folder: Path, spoilt: list[int]) -> dict[int, Picture]:
    from vfi_plugin.cli.main import main
    from vfi_plugin.repair.finding import Finding, Kind
    from vfi_plugin.repair.scan_report import ScanReport

    pattern = str(folder / "in" / "clip.####.exr")
    findings = tuple(Finding(Kind.BLACK, (FIRST + at,), 1.0, "spoilt by the benchmark") for at in spoilt)
    ScanReport(pattern, (), findings).save(folder / "report.json")
    words = ["repair", pattern, str(folder / "out" / "clip.####.exr"), "--report", str(folder / "report.json")]
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        code = main(words)
    if code:
        raise RuntimeError(f"vfi {' '.join(words)} ended with {code}: {said.getvalue()}")
    return {at: _read(_file(folder / "out", at)) for at in spoilt}


def _file(folder: Path, time: int) -> Path:
    return folder / f"clip.{FIRST + time:04d}.exr"


def _read(path: Path) -> Picture:
    with OpenEXR.File(str(path), separate_channels=True) as file:
        return np.stack([file.channels()[name].pixels.astype(np.float32) for name in "RGB"], axis=-1)


def _half(picture: Picture) -> Picture:
    """What a half EXR holds of it: the peers see what the repair sees."""
    return picture.astype(np.float16).astype(np.float32)


def _psnr(picture: Picture, truth: Picture) -> float:
    from vfi_plugin.evaluate.metrics import psnr_log

    # Beyond 60 dB (half a 9-bit step) nothing is seen, and a frame that stands still would outweigh all others.
    return min(psnr_log(picture, truth), 60.0)


def _rows(scores: Sequence[Score]) -> list[dict[str, Any]]:
    """Means by material and run."""
    rows = []
    for material in ("made up", "footage"):
        for run in (*sorted(set(RUNS.values())), None):
            chosen = [each for each in scores if each.material == material and run in (None, each.run)]
            if chosen:
                means = {name: fmean(getattr(each, name) for each in chosen) for name in ("repaired", "blend", "hold")}
                rows.append({"material": material, "run": run or ALL_RUNS, "frames": len(chosen), **means})
    return rows


def repair_quality(clips: Path | None, count: int = COUNT) -> bool:
    """Measures, writes the result and the page; returns whether the goals are met."""
    begin = time.perf_counter()
    seeds = [seed for seed in range(8 * count) if made_up(seed, FRAMES).name in MADE_UP_SHOTS][:count]
    movies = movies_in(clips) if clips else []
    chosen = movies[:: max(1, len(movies) // count)][:count]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = [*pool.map(_made_up, seeds), *pool.map(_real, chosen)]
    from vfi_plugin.models.registry import default_model  # torch comes with it: not before processes are forked

    rows = _rows([score for scores in found for score in scores])
    clips_told = {"made_up": len(seeds), "footage": [path.stem for path in chosen]}
    seconds = round(time.perf_counter() - begin)
    told = {"model": default_model(), "clips": clips_told, "goals_db": GOALS_DB, "rows": rows, "seconds": seconds}
    save(NAME, told)
    fill_page()
    means = [row for row in rows if row["run"] == ALL_RUNS]
    return all(row["repaired"] - row[peer] >= goal for row in means for peer, goal in GOALS_DB.items())


def main(words: Sequence[str] | None = None) -> int:
    """See the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, metavar="MOVIES")
    parser.add_argument("--count", type=int, default=COUNT, help=f"clips of each sort (default: {COUNT})")
    asked = parser.parse_args(words)
    if asked.clips and not asked.clips.is_dir():
        parser.error(f"{asked.clips} is no folder; give one, or leave it out")
    return 0 if repair_quality(asked.clips, asked.count) else 1


if __name__ == "__main__":
    sys.exit(main())
