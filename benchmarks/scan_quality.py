"""How well a scan finds what is wrong: labelled clips, made up and real, and clean ones on which it must find nothing.

    python benchmarks/scan_quality.py --clips MOVIES --sequences SEQUENCES [--seeds 150] [--real 64]

MOVIES is a folder of clean movies (no cut, no repeat, nothing lost): each is scanned as it is, and defects are put into
it. SEQUENCES is a folder with folders of clean EXR sequences. Without them made-up shots alone are measured. It writes
``results/scan_quality.json`` and puts the tables into docs/scan-quality.md. Exit code 1 where a goal is missed.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

# One process a core, so each must keep to one thread; read where the libraries load.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from defect_clips import DefectClip, made_up_clips, real_clips
from defect_footage import movies_in
from measure import save
from scan_page import fill_page
from scan_scores import Tally

SEEDS, REAL_SEEDS = 150, 64
NAME = "scan_quality"
REAL_FROM = 1000
"""First seed of real clips, so that none has the defects of a made-up one."""


def _scan(source: str | Path) -> Any:
    import vfi_plugin

    return vfi_plugin.scan(str(source))


def made_up(seed: int) -> tuple[Tally, int]:
    """One made-up clip: what was found, and how many frames were looked at."""
    return _counted(next(made_up_clips(range(seed, seed + 1))), f"made up {seed}")


def real(folder: Path, seed: int) -> tuple[Tally, int]:
    """The same of a movie of the folder."""
    return _counted(next(real_clips(folder, range(seed, seed + 1))), f"footage {seed}")


def clean(source: Path) -> dict[str, Any]:
    """Findings in a clip that has no defect."""
    from vfi_plugin.errors import VfiError

    try:
        report = _scan(source)
    except VfiError as error:
        return {"clip": source.parent.name, "frames": 0, "findings": [f"not scanned: {error}"]}
    name = source.parent.name if "#" in source.name else source.stem
    return {"clip": name, "frames": len(report.numbers), "findings": [str(each) for each in report.findings]}


def _counted(clip: DefectClip, called: str) -> tuple[Tally, int]:
    from vfi_plugin.errors import VfiError

    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        pattern = clip.write(Path(folder))
        try:
            findings = _scan(pattern).findings
        except VfiError as error:
            findings = ()
            tally.examples.append(f"{called} {clip.name}: not scanned: {error}".replace(folder, ""))
    tally.add(f"{called} {clip.name}", clip.plan, findings)
    return tally, len(clip.numbers)


def _sequences(folder: Path) -> list[Path]:
    """The patterns of the sequences below: one a folder."""
    first = {path.parent: path for path in sorted(folder.glob("*/*.exr"), reverse=True)}
    return sorted(path.with_name(f"{path.name.split('.')[0]}.####.exr") for path in first.values())


def _summed(counted: Iterator[tuple[Tally, int]]) -> tuple[Tally, int]:
    total, frames = Tally(), 0
    for tally, looked in counted:
        total.join(tally)
        frames += looked
    return total, frames


def scan_quality(clips: Path | None, sequences: Path | None, seeds: int = SEEDS, real_seeds: int = REAL_SEEDS) -> bool:
    """Measures, writes the result and the page; returns whether all goals are met."""
    begin = time.perf_counter()
    sources = [*(movies_in(clips) if clips else []), *(_sequences(sequences) if sequences else [])]
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        run: Callable[..., Iterator[Any]] = pool.map
        footage = run(real, [clips] * real_seeds, range(REAL_FROM, REAL_FROM + real_seeds)) if clips else iter(())
        untouched, drawn = run(clean, sources), run(made_up, range(seeds))
        (in_made_up, made_up_frames), (in_footage, footage_frames) = _summed(drawn), _summed(footage)
        found_in_clean = list(untouched)
    total = Tally()
    total.join(in_made_up)
    total.join(in_footage)
    figures = {
        "clips": {"made_up": seeds, "footage": real_seeds if clips else 0},
        "frames": {"made_up": made_up_frames, "footage": footage_frames},
        "all": total.as_json(),
        "made_up": in_made_up.as_json(),
        "footage": in_footage.as_json(),
        "clean": found_in_clean,
        "seconds": round(time.perf_counter() - begin),
    }
    save(NAME, figures)
    fill_page()
    return all(kind["met"] for kind in figures["all"]["kinds"].values()) and not any(
        each["findings"] for each in found_in_clean
    )


def main(words: Sequence[str] | None = None) -> int:
    """See the top of this file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=Path, metavar="MOVIES")
    parser.add_argument("--sequences", type=Path, metavar="SEQUENCES")
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"made-up clips (default: {SEEDS})")
    parser.add_argument("--real", type=int, default=REAL_SEEDS, help=f"clips of real material (default: {REAL_SEEDS})")
    asked = parser.parse_args(words)
    for folder in (asked.clips, asked.sequences):
        if folder and not folder.is_dir():
            parser.error(f"{folder} is no folder; give one, or leave it out")
    return 0 if scan_quality(asked.clips, asked.sequences, asked.seeds, asked.real) else 1


if __name__ == "__main__":
    sys.exit(main())
