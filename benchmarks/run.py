"""``make bench``: measures everything, writes ``results/<name>.json`` and puts the table into the README."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from measure import machine
from stages import stages
from table import fill_readme
from whole_run import whole_runs

RESULTS = Path(__file__).parent / "results"


def save(name: str, figures: dict[str, Any]) -> None:
    """Writes one result with the machine it was measured on."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"machine": machine(), **figures}, indent=2) + "\n", encoding="utf-8")
    print(f"wrote {path}")


def main() -> int:
    """Runs all benchmarks; no arguments."""
    save("stages_4k", {"size": "3840x2160 half RGBA, one thread", "stages": stages()})
    save("whole_run_hd", {"size": "1920x1080 half RGB, speed 0.5", **whole_runs()})
    fill_readme()
    return 0


if __name__ == "__main__":
    sys.exit(main())
