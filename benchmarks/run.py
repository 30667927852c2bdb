"""``make bench``: measures, writes ``results/<name>.json`` and puts the tables into the README.

python benchmarks/run.py [stages] [whole_run] [whole_run_4k] [kernels] [models] [peers] [scan] [repair]

All of them by default. Scan and repair also measure footage where the environment names a folder of clean movies,
VFI_CLIPS, which peers needs; scan, sequences, VFI_SEQUENCES. Tables of scan and repair go into docs/scan-quality.md.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from measure import save
from table import fill_readme

SUITES = ("stages", "whole_run", "whole_run_4k", "kernels", "models", "peers", "scan", "repair")


def run(suite: str) -> None:
    """Imports a suite only where it is wanted: each needs other libraries."""
    if suite == "stages":
        from stages import stages

        save("stages_4k", {"size": "3840x2160 half RGBA, one thread", "stages": stages()})
    elif suite == "whole_run":
        from whole_run import whole_runs

        save("whole_run_hd", {"size": "1920x1080 half RGB, speed 0.5", **whole_runs()})
    elif suite == "whole_run_4k":
        from whole_run_4k import whole_run_4k

        save("whole_run_4k", whole_run_4k())
    elif suite == "peers":
        _peers(_folder("VFI_CLIPS"))
    elif suite == "models":
        from models import models_cpu

        save("models_cpu", models_cpu())
    elif suite == "scan":
        from scan_quality import scan_quality

        scan_quality(_folder("VFI_CLIPS"), _folder("VFI_SEQUENCES"))
    elif suite == "repair":
        from repair_quality import repair_quality

        repair_quality(_folder("VFI_CLIPS"))
    else:
        from kernels import kernels_cpu

        save("kernels_cpu", kernels_cpu())


def _peers(clips: Path | None) -> None:
    if clips is None:
        print("peers: no clips; name a folder of clean movies in VFI_CLIPS")
        return
    from peers import peers

    save("peers_cpu", peers(clips, "B"))


def _folder(variable: str) -> Path | None:
    named = os.environ.get(variable)
    return Path(named) if named else None


def main() -> int:
    """Runs the suites that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("suites", nargs="*", metavar="suite", help=f"one of {', '.join(SUITES)}; default: all")
    asked = parser.parse_args().suites or SUITES
    if unknown := set(asked) - set(SUITES):
        parser.error(f"there is no suite {', '.join(sorted(unknown))}; use {', '.join(SUITES)}")
    for suite in asked:
        run(suite)
    fill_readme()
    return 0


if __name__ == "__main__":
    sys.exit(main())
