"""The README's tables of figures, made from JSON files and the weights that ship; nothing is measured for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from marks import between_marks
from models_table import models_table

HERE = Path(__file__).parent
README = HERE.parent / "README.md"


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


def kernels_table() -> str:
    """Markdown: a row a kernel and size."""
    figures = load("kernels_cpu")
    machine, limits = figures["machine"], figures["limits"]
    lines = [
        f"One thread of {machine['processor']} ({figures['level']}), load average {machine['load_average']:g};"
        " medians of runs that take turns, in processor time. The limits, measured in the same run:"
        f" copying {limits['copy_bytes_per_s'] / 1e9:.1f} GB/s, a float32 matrix product"
        f" {limits['flops_per_s'] / 1e9:.0f} GFLOP/s.",
        "",
        "| kernel | ours | peer | times as fast (goal) | share of the limit | peer |",
        "|---|---|---|---|---|---|",
    ]
    for row in figures["rows"]:
        goal = "" if row["gate"] is None else f" ({row['gate']:g}{'' if row['met'] else ', missed'})"
        lines.append(
            f"| {row['name']} | {row['ours_s'] * 1e3:.1f} ms | {row['peer_s'] * 1e3:.1f} ms |"
            f" {row['speedup']:.1f}{goal} | {row['fraction_of_limit']:.0%} of {row['limit']} | {row['peer']} |"
        )
    return "\n".join(lines)


TABLES = {
    "benchmarks": (table, "stages_4k"),
    "kernels": (kernels_table, "kernels_cpu"),
    "models": (models_table, "models_cpu"),
}
"""By the marks between which each stands in the README: how it is made, and the result that must be there."""


def fill_readme() -> None:
    """Replaces what stands between each pair of marks."""
    text = README.read_text(encoding="utf-8")
    for mark, (make, result) in TABLES.items():
        if (HERE / "results" / f"{result}.json").exists():
            text = between_marks(text, mark, make()) or text
    README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    fill_readme()
