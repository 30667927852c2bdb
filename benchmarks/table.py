"""The README's table of figures, made from the JSON files alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- benchmarks:begin -->", "<!-- benchmarks:end -->"


def load(name: str) -> dict[str, Any]:
    """One result file."""
    figures: dict[str, Any] = json.loads((HERE / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return figures


def table() -> str:
    """Markdown: a row a stage, then the whole run."""
    stages = load("stages_4k")
    machine = stages["machine"]
    lines = [
        f"Seconds a 4K frame ({stages['size']}; {machine['processor']}, median of"
        f" {stages['stages']['read']['repeats']}, taking turns with the peer):",
        "",
        "| stage | ours | peer | ours / peer | peer |",
        "|---|---|---|---|---|",
    ]
    for name, stage in stages["stages"].items():
        lines.append(
            f"| {name} | {stage['ours_s']:.2f} s | {stage['peer_s']:.2f} s | {stage['ratio']:.2f} | {stage['peer']} |"
        )
    write = stages["stages"]["write"]
    lines.append(
        f"| write, untouched frame | {write['untouched_frame_ours_s']:.2f} s | {write['peer_s']:.2f} s |"
        f" {write['untouched_frame_ratio']:.2f} | the same; its compressed pixels are copied |"
    )
    if not (HERE / "results" / "whole_run_hd.json").exists():  # not measured yet on this machine
        return "\n".join(lines)
    whole = load("whole_run_hd")
    short, long = whole["short"], whole["long"]
    lines += [
        "",
        f"A whole run ({whole['size']}, {machine['cores']} cores): {long['frames_per_second']:.2f} frames a second;"
        f" at most {long['peak_bytes'] / 2**30:.2f} GiB for {long['source_frames']} source frames,"
        f" {short['peak_bytes'] / 2**30:.2f} GiB for {short['source_frames']}.",
    ]
    return "\n".join(lines)


def fill_readme() -> None:
    """Replaces what stands between the marks."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    fill_readme()
